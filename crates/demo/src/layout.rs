//! How an institution's export lays out the front page: which columns, under which headers, in
//! which order, and what each column takes from the row.

use rand::seq::SliceRandom;

use crate::columns::{self as c, Block, COLUMNS, OTHER_DIAGNOSES, OTHER_OPERATIONS, SINGLES};
use crate::random::Random;
use crate::row::{MISSING, Row};

/// The layouts that hospitals of the region use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The official one of 2020, 811 columns.
    Hqms2020,
    /// The one before it, 643 columns: without the columns that came in 2020.
    Hqms2019,
    /// The columns of 2020 under the codes of the older HQMS client where they have one.
    HqmsOld,
    /// 卫统4 (N041): Chinese initials, dates without separators, the hour apart.
    Wt4,
    /// The TCM page (N042), 168 items.
    Tcm168,
    /// The official one without the slots that a small institution never fills.
    Compact,
}

/// What a column takes from the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Take {
    Whole(usize),
    /// The date of a date or time, as it stands.
    Date(usize),
    /// The date without separators.
    CompactDate(usize),
    Hour(usize),
    IncisionClass(usize),
    Healing(usize),
    /// The receiving institution when the discharge disposition is this code.
    Receiving(&'static [u8]),
    /// The same for every row.
    Always(&'static str),
    /// The TCM name of the principal disease.
    TcmDisease,
}

/// One column of the export.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub header: String,
    take: Take,
}

/// The columns of an export, in its order.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub columns: Vec<Column>,
}

/// What a row knows beside the official columns.
pub(crate) struct Beside<'a> {
    pub tcm_disease: &'a str,
}

impl Layout {
    pub(crate) fn new(kind: Kind) -> Self {
        let columns = match kind {
            Kind::Hqms2020 => official(|_| true),
            Kind::Hqms2019 => official(|code| !came_in_2020(code)),
            Kind::HqmsOld => hqms_old(),
            Kind::Wt4 => older(&|single| single.wt4, true, &slots_wt4),
            Kind::Tcm168 => tcm(),
            Kind::Compact => official(|code| {
                slot(code).is_none_or(|slot| {
                    slot <= if code.starts_with("C0") || code.starts_with("F06") {
                        10
                    } else {
                        3
                    }
                })
            }),
        };
        Self { columns }
    }

    /// The same columns in an order of the institution's own.
    pub(crate) fn shuffle(&mut self, random: &mut Random) {
        self.columns.shuffle(random);
    }

    /// Columns of the institution's own that no standard knows.
    pub(crate) fn add_unknown(&mut self) {
        for (header, value) in [
            ("YNBQBM", "华康"),
            ("SJPCH", "V5.2"),
            ("病案扫描状态", "已扫描"),
        ] {
            self.columns.push(Column {
                header: header.to_owned(),
                take: Take::Always(value),
            });
        }
    }

    /// The cells of a row in this layout.
    pub(crate) fn cells<'a>(
        &'a self,
        row: &'a Row,
        beside: &'a Beside<'a>,
        scratch: &'a mut Scratch,
    ) -> impl Iterator<Item = &'a [u8]> {
        scratch.fill(self, row);
        let scratch: &'a Scratch = scratch;
        let mut compact = scratch.dates.iter();
        self.columns.iter().map(move |column| match column.take {
            Take::Whole(at) => row.get(at),
            Take::Date(at) => row.get(at).get(..10).unwrap_or(MISSING),
            Take::CompactDate(_) => compact.next().map_or(MISSING, Vec::as_slice),
            Take::Hour(at) => row.get(at).get(11..13).unwrap_or(MISSING),
            Take::IncisionClass(at) => match row.get(at) {
                b"0" => b"0",
                b"1" | b"2" | b"3" | b"10" => b"1",
                b"4" | b"5" | b"6" | b"20" => b"2",
                b"7" | b"8" | b"9" | b"30" => b"3",
                _ => MISSING,
            },
            Take::Healing(at) => match row.get(at) {
                b"1" | b"4" | b"7" => b"1",
                b"2" | b"5" | b"8" => b"2",
                b"3" | b"6" | b"9" => b"3",
                b"10" | b"20" | b"30" => b"9",
                _ => MISSING,
            },
            Take::Receiving(disposition) if row.get(c::B34C) == disposition => row.get(c::B35),
            Take::Receiving(_) => MISSING,
            Take::Always(value) => value.as_bytes(),
            Take::TcmDisease => beside.tcm_disease.as_bytes(),
        })
    }

    /// Is the column a number, for a spreadsheet?
    pub(crate) fn is_number(column: &Column) -> bool {
        matches!(column.take, Take::Whole(at) if (c::D01..=c::D34).contains(&at) || at == c::A14 || at == c::A49 || at == c::B20)
    }

    /// The official column that a column takes whole.
    pub(crate) fn official(column: &Column) -> Option<usize> {
        match column.take {
            Take::Whole(at) => Some(at),
            _ => None,
        }
    }
}

/// Room for the cells that stand nowhere in the row: dates without separators.
#[derive(Default)]
pub(crate) struct Scratch {
    dates: Vec<Vec<u8>>,
}

impl Scratch {
    fn fill(&mut self, layout: &Layout, row: &Row) {
        let mut used = 0;
        for column in &layout.columns {
            let Take::CompactDate(at) = column.take else {
                continue;
            };
            if self.dates.len() == used {
                self.dates.push(Vec::with_capacity(8));
            }
            let Some(date) = self.dates.get_mut(used) else {
                continue;
            };
            date.clear();
            match row.get(at).get(..10) {
                Some(text) => date.extend(text.iter().filter(|byte| **byte != b'-')),
                None => date.extend_from_slice(MISSING),
            }
            used += 1;
        }
    }
}

/// The official columns that `keep` keeps.
fn official(keep: impl Fn(&str) -> bool) -> Vec<Column> {
    let mut codes: Vec<(usize, String)> = SINGLES
        .iter()
        .map(|single| (single.at, single.code.to_owned()))
        .collect();
    for block in [&OTHER_DIAGNOSES, &OTHER_OPERATIONS] {
        for slot in 1..=block.slots {
            for (column, names) in block.columns.iter().enumerate() {
                codes.push((
                    block.column(slot, column),
                    names.0.replace("{}", &format!("{slot:02}")),
                ));
            }
        }
    }
    codes.sort_unstable();
    debug_assert_eq!(codes.len(), COLUMNS);
    codes
        .into_iter()
        .filter(|(_, code)| keep(code))
        .map(|(at, header)| Column {
            header,
            take: Take::Whole(at),
        })
        .collect()
}

/// The columns that the layout of 2020 added: condition and outcome fields (F…), kind of document,
/// day surgery, certificates of the staff, and the stays in intensive care.
fn came_in_2020(code: &str) -> bool {
    code.starts_with('F')
        || matches!(
            code,
            "A20N" | "B38" | "B22C" | "B23C" | "B24C" | "B25C" | "B26C"
        )
        || ["C48x", "C49x", "C50x"]
            .iter()
            .any(|icu| code.starts_with(icu))
}

/// The number of the slot in the code of a repeated column.
fn slot(code: &str) -> Option<usize> {
    let repeated = [
        "C06x", "C07x", "C08x", "F06x", "C35x", "C36x", "C37x", "C38x", "F14x", "C39x", "C40x",
        "C41x", "C42x", "C43x", "F16x", "C44x",
    ];
    repeated
        .iter()
        .find_map(|start| code.strip_prefix(start))?
        .get(..2)?
        .parse()
        .ok()
}

fn hqms_old() -> Vec<Column> {
    let mut columns = official(|_| true);
    let main_diagnosis = OTHER_DIAGNOSES
        .columns
        .iter()
        .enumerate()
        .map(|(column, names)| (OTHER_DIAGNOSES.column(1, column), names.3));
    let renamed: Vec<(usize, &str)> = SINGLES
        .iter()
        .map(|single| (single.at, single.hqms_old))
        .chain(main_diagnosis)
        .collect();
    for (at, name) in renamed {
        let column = columns.get_mut(at).filter(|_| !name.is_empty());
        if let Some(column) = column {
            name.clone_into(&mut column.header);
        }
    }
    columns
}

/// The columns that one name of an older layout stands for. A `+` joins two.
fn spread(at: usize, name: &str, compact: bool) -> Vec<Column> {
    let date = if compact {
        Take::CompactDate
    } else {
        Take::Date
    };
    let column = |header: &str, take| Column {
        header: header.to_owned(),
        take,
    };
    let (first, second) = match name.split_once('+') {
        Some(names) => names,
        None if name.is_empty() => return Vec::new(),
        None if is_date(at) => return vec![column(name, date(at))],
        None => return vec![column(name, Take::Whole(at))],
    };
    match at {
        c::B12 | c::B15 => vec![column(first, date(at)), column(second, Take::Hour(at))],
        c::B35 => vec![
            column(first, Take::Receiving(b"2")),
            column(second, Take::Receiving(b"3")),
        ],
        _ => vec![
            column(first, Take::IncisionClass(at)),
            column(second, Take::Healing(at)),
        ],
    }
}

/// Does the column hold a date that older layouts write without its time?
fn is_date(at: usize) -> bool {
    let operation_time = OTHER_OPERATIONS
        .columns
        .iter()
        .position(|names| names.0 == "C37x{}");
    let (first, width) = (OTHER_OPERATIONS.at, OTHER_OPERATIONS.columns.len());
    let in_block = (first..first + width * OTHER_OPERATIONS.slots).contains(&at);
    matches!(at, c::A13 | c::B33 | c::C16x01)
        || (in_block && Some((at - first) % width) == operation_time)
}

type Slots<'a> = &'a dyn Fn(&Block) -> usize;

fn slots_wt4(block: &Block) -> usize {
    block.wt4_slots
}

/// An older layout with names of its own, in the order of the official columns.
fn older(
    name: &dyn Fn(&c::Single) -> &'static str,
    compact: bool,
    slots: Slots<'_>,
) -> Vec<Column> {
    let mut columns: Vec<(usize, Vec<Column>)> = SINGLES
        .iter()
        .map(|single| (single.at, spread(single.at, name(single), compact)))
        .collect();
    for block in [&OTHER_DIAGNOSES, &OTHER_OPERATIONS] {
        for slot in 1..=slots(block) {
            columns.push((block.column(slot, 0), repeated(block, slot, false, compact)));
        }
    }
    columns.sort_by_key(|(at, _)| *at);
    columns
        .into_iter()
        .flat_map(|(_, columns)| columns)
        .collect()
}

/// The columns of one slot under their 卫统4 or TCM names.
fn repeated(block: &Block, slot: usize, tcm: bool, compact: bool) -> Vec<Column> {
    let number = (slot + block.ahead).to_string();
    let names = block.columns.iter().enumerate().map(|(column, names)| {
        (
            block.column(slot, column),
            if tcm { names.2 } else { names.1 },
        )
    });
    names
        .flat_map(|(at, name)| spread(at, &name.replace("{}", &number), compact))
        .collect()
}

/// The TCM page: the columns of the front page under N042 names and, where they stand in the page,
/// the items that only it has.
fn tcm() -> Vec<Column> {
    let own = |header: &str, take| Column {
        header: header.to_owned(),
        take,
    };
    let name = |at: usize| {
        SINGLES
            .iter()
            .find(|single| single.at == at)
            .map_or("", |single| single.tcm)
    };
    let mut columns = older(&|single| single.tcm, false, &|_| 0);
    let after = |columns: &mut Vec<Column>, header: &str, more: Vec<Column>| {
        let at = columns
            .iter()
            .position(|column| column.header == header)
            .map_or(columns.len(), |at| at + 1);
        columns.splice(at..at, more);
    };
    after(
        &mut columns,
        name(c::A02),
        vec![own("USERNAME", Take::Always("ylszyy"))],
    );
    after(
        &mut columns,
        name(c::B11C),
        vec![own("ZLLB", Take::Always("2"))],
    );
    after(
        &mut columns,
        name(c::B20),
        vec![
            own("MZD_ZYZD", Take::TcmDisease),
            own("JBDM", Take::Always("-")),
        ],
    );
    let mut page = vec![
        own("SSLCLJ", Take::Always("3")),
        own("ZYYJ", Take::Always("1")),
        own("ZYZLSB", Take::Always("1")),
        own("ZYZLJS", Take::Always("1")),
        own("BZSH", Take::Always("1")),
        own("ZB", Take::TcmDisease),
        own("ZB_JBBM", Take::Always("-")),
        own("ZB_RYBQ", Take::Whole(c::C05C)),
    ];
    after(&mut columns, name(c::C02N), std::mem::take(&mut page));
    for number in 1..=7 {
        for item in ["ZZ", "ZZ_JBBM", "ZZ_RYBQ"] {
            page.push(own(&format!("{item}{number}"), Take::Always("-")));
        }
    }
    page.extend(
        (1..=OTHER_DIAGNOSES.slots).flat_map(|slot| repeated(&OTHER_DIAGNOSES, slot, true, false)),
    );
    after(&mut columns, name(c::C05C), page);
    let operations = (1..=OTHER_OPERATIONS.slots)
        .flat_map(|slot| repeated(&OTHER_OPERATIONS, slot, true, false))
        .collect();
    after(&mut columns, name(c::C23x01), operations);
    let nothing = |names: &[&str]| {
        names
            .iter()
            .map(|name| own(name, Take::Always("0.00")))
            .collect::<Vec<_>>()
    };
    after(&mut columns, name(c::D11), nothing(&["BZLZF", "ZYBLZHZF"]));
    after(&mut columns, name(c::D21), nothing(&["ZYL_ZYZD"]));
    after(
        &mut columns,
        name(c::D22),
        nothing(&[
            "ZYWZ", "ZYGS", "ZCYJF", "ZYTNZL", "ZYGCZL", "ZYTSZL", "ZYQT", "ZYTSTPJG", "BZSS",
        ]),
    );
    after(&mut columns, name(c::D24), nothing(&["ZYZJF"]));
    columns
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use std::collections::HashSet;

    use super::*;

    fn headers(kind: Kind) -> Vec<String> {
        Layout::new(kind)
            .columns
            .into_iter()
            .map(|column| column.header)
            .collect()
    }

    #[test]
    fn each_layout_has_its_columns_once() {
        // 811 and 643 are the official counts. 卫统4 names 118 single columns, four of them over two
        // columns, 15 × 3 of diagnoses and 6 × 11 of operations. The TCM page has 168 items: 64 up
        // to the principal diagnosis, 21 for the TCM patterns, 40 × 3 diagnoses, 33 up to the main
        // operation, 40 × 11 operations and 54 after them.
        for (kind, count) in [
            (Kind::Hqms2020, 811),
            (Kind::Hqms2019, 643),
            (Kind::HqmsOld, 811),
            (Kind::Wt4, 118 + 4 + 45 + 66),
            (Kind::Tcm168, 732),
            (Kind::Compact, 811 - 30 * 4 - 37 * 12),
        ] {
            let headers = headers(kind);
            let distinct: HashSet<&String> = headers.iter().collect();
            assert_eq!(distinct.len(), headers.len(), "{kind:?}");
            assert_eq!(headers.len(), count, "{kind:?}");
        }
    }

    #[test]
    fn official_columns_stand_where_the_standard_puts_them() {
        let headers = headers(Kind::Hqms2020);
        for (seq, code) in [
            (1, "A01"),
            (50, "F05"),
            (51, "C06x01C"),
            (210, "F06x40"),
            (211, "C09C"),
            (247, "C14x01C"),
            (258, "C23x01"),
            (259, "C35x01C"),
            (738, "C44x40"),
            (739, "F17"),
            (763, "C48x01C"),
            (811, "D34"),
        ] {
            assert_eq!(headers[seq - 1], code);
        }
    }

    #[test]
    fn older_names_and_parts() {
        let old = headers(Kind::HqmsOld);
        assert_eq!(
            (
                old[0].as_str(),
                old[46].as_str(),
                old[50].as_str(),
                old[54].as_str(),
                old[781].as_str()
            ),
            ("P900", "P321", "P324", "C06x02C", "P782")
        );
        let mut row = Row::new();
        row.set(c::B12, "2024-03-05 14:30:00");
        row.set(c::C21x01C, "20");
        row.set(c::B34C, "3");
        row.set(c::B35, "甲院");
        let wt4 = Layout::new(Kind::Wt4);
        let mut scratch = Scratch::default();
        let beside = Beside {
            tcm_disease: "中风病",
        };
        let cells: Vec<String> = wt4
            .cells(&row, &beside, &mut scratch)
            .map(|cell| String::from_utf8(cell.to_vec()).unwrap())
            .collect();
        let cell = |header: &str| {
            cells[wt4
                .columns
                .iter()
                .position(|column| column.header == header)
                .unwrap()]
            .as_str()
        };
        assert_eq!(
            (cell("RYSJ"), cell("RYSJS"), cell("CYSJ"), cell("CYSJS")),
            ("20240305", "14", "-", "-")
        );
        assert_eq!(
            (cell("QKDJ1"), cell("QKYHLB1"), cell("QKDJ2")),
            ("2", "9", "-")
        );
        assert_eq!((cell("YZZY_YLJG"), cell("WSY_YLJG")), ("-", "甲院"));
        let tcm = headers(Kind::Tcm168);
        assert_eq!(
            &tcm[..9],
            &[
                "ZZJGDM", "JGMC", "USERNAME", "BAH", "ZYCS", "RYSJ", "RYSJ_S", "CYSJ", "CYSJ_S"
            ]
        );
        let at = |header: &str| tcm.iter().position(|other| other == header).unwrap();
        assert_eq!(at("SSJCZBM2"), at("MZYS1") + 1);
        assert_eq!(at("BZLZF"), at("YLFWF") + 1);
    }
}
