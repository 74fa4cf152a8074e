//! Which row is the header, and what each column holds.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use yizheng_pack::dataset::{Cell, Dataset, FieldIx, Layout, Target, ValueMap, header_key};

use super::book::{Book, Kind, Row, Table, beyond};
use super::sheet::Merges;
use crate::Limits;
use crate::catalogue::{COLUMN_TWICE, COLUMNS_MISSING, TOO_MANY_COLUMNS};
use crate::finding::FileFinding;

/// A header is looked for in this many rows: exports put a title or two above it.
const HEADER_WITHIN: usize = 10;

/// A column of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Header as in the file.
    pub header: String,
    /// Element that it holds; `None` when it is not taken.
    pub element: Option<String>,
    /// Why a known column is not taken.
    pub ignored: Option<String>,
    /// Cells that hold something, of a column that is not taken.
    pub filled: u64,
}

/// A table of the file with its header understood.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    /// Row of the header, the lower one of two, as a spreadsheet numbers it; 0 of names that stand
    /// in no row.
    pub row: u32,
    /// Non-blank rows above it.
    pub above: u32,
    /// Id and name of the layout.
    pub layout: (String, String),
    pub compact_dates: bool,
    pub columns: Vec<Column>,
    /// What each column holds.
    pub targets: Vec<Option<Target>>,
    /// What a row that only says the header again would hold in each column: its text, the code and
    /// the name of the element.
    pub again: Vec<Vec<String>>,
    /// By column, what the layout's own spellings stand for.
    pub values: Vec<Option<Arc<ValueMap>>>,
    /// Of a header of two rows, how its columns were put together.
    pub two_rows: Option<Vec<String>>,
    /// Columns that say to which period a row belongs.
    pub period: Vec<usize>,
}

/// First words of rows that sum up the rows above.
const SUMS: [&str; 4] = ["合计", "总计", "小计", "共计"];

/// Beginnings of rows by which a table is signed or explained.
const SIGNATURES: [&str; 13] = [
    "填报人", "填表人", "制表人", "审核人", "复核人", "负责人", "单位负责人", "统计负责人", "填报日期", "报出日期", "联系电话",
    "备注：", "注：",
];

impl Header {
    /// The columns of a cell, in the order of the file.
    pub fn sources(&self) -> HashMap<Cell, Vec<(usize, Target)>> {
        let mut sources: HashMap<Cell, Vec<(usize, Target)>> = HashMap::new();
        for (column, target) in self.targets.iter().enumerate() {
            if let Some(target) = target {
                sources.entry(target.cell).or_default().push((column, *target));
            }
        }
        sources
    }

    /// Whether no row below could be a better header: every column is known, none that is required
    /// is missing, and together they make up most of the dataset.
    pub fn is_unmistakable(&self, dataset: &Dataset) -> bool {
        let known = self.targets.iter().flatten().count();
        known == self.targets.len() && known * 2 > dataset.fields.len() && self.faults(dataset).is_empty()
    }

    /// Whether a row below only says the header again: templates have a row of codes and one of
    /// names. It has to say most of it: a department may be called like its column.
    pub fn says_again(&self, row: &Row) -> bool {
        let mut scratch = String::new();
        let mut said = 0;
        for column in 0..row.record.len() {
            let cell = clean(row.text(column, &mut scratch));
            if cell.is_empty() {
                continue;
            }
            if !self.again.get(column).is_some_and(|texts| texts.contains(&cell)) {
                return false;
            }
            said += usize::from(self.targets.get(column).is_some_and(Option::is_some));
        }
        said * 2 > self.targets.iter().flatten().count()
    }

    /// Whether a row sums up others or signs the table: it says so in its first words and belongs to
    /// no period.
    pub fn is_no_data(&self, row: &Row) -> bool {
        let mut scratch = String::new();
        let first = (0..row.record.len()).find(|column| !row.raw(*column).trim_ascii().is_empty());
        let Some(first) = first.filter(|column| !row.raw(*column).is_ascii()) else { return false };
        let text: String =
            row.text(first, &mut scratch).chars().filter(|c| !c.is_whitespace()).collect();
        let text = text.replace(':', "：");
        let says = SUMS.contains(&text.as_str()) || SIGNATURES.iter().any(|word| text.starts_with(word));
        says && self.period.iter().all(|column| *column == first || row.raw(*column).trim_ascii().is_empty())
    }

    /// Where the header stands; nowhere when it stands in no row.
    fn place(&self) -> Option<String> {
        (self.row > 0).then(|| format!("第 {} 行（表头）", self.row))
    }

    /// Whether another table has the same columns in the same order.
    pub fn is_same(&self, other: &Self) -> bool {
        let names = |header: &Self| header.columns.iter().map(|column| clean(&column.header)).collect::<Vec<_>>();
        self.layout.0 == other.layout.0 && names(self) == names(other)
    }

    /// Ids and names of the required columns that are missing.
    pub fn missing(&self, dataset: &Dataset) -> Vec<String> {
        let sources = self.sources();
        let fields = dataset.fields.iter().enumerate();
        fields
            .filter(|(at, field)| field.column_required && !sources.contains_key(&Cell::Field(FieldIx(*at))))
            .map(|(_, field)| format!("{} {}", field.id, field.name))
            .collect()
    }

    /// Required columns that are missing, and columns that stand twice.
    pub fn faults(&self, dataset: &Dataset) -> Vec<FileFinding> {
        let mut faults = Vec::new();
        let missing = self.missing(dataset);
        if !missing.is_empty() {
            faults.push(FileFinding::fault(
                &COLUMNS_MISSING,
                self.place(),
                &[("columns", &missing.join("、"))],
            ));
        }
        let mut named: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, (column, target)) in self.columns.iter().zip(&self.targets).enumerate() {
            if target.is_some() {
                named.entry(clean(&column.header)).or_default().push(at + 1);
            }
        }
        let twice: Vec<String> = named
            .into_iter()
            .filter(|(_, at)| at.len() > 1)
            .map(|(name, at)| {
                let at: Vec<String> = at.iter().map(|column| format!("第 {column} 列")).collect();
                format!("{name}（{}）", at.join("、"))
            })
            .collect();
        if !twice.is_empty() {
            faults.push(FileFinding::fault(
                &COLUMN_TWICE,
                self.place(),
                &[("columns", &twice.join("；"))],
            ));
        }
        faults
    }
}

/// A header text without what cannot be seen, trimmed, half-width, upper case.
fn clean(header: &str) -> String {
    let text: String = header
        .chars()
        .filter(|c| !matches!(c, '\u{FEFF}' | '\u{200B}'..='\u{200F}' | '\u{2060}') && !c.is_control())
        .collect();
    header_key(&text)
}

/// A row read as a header in the layout that knows most of it.
struct Reading<'d> {
    layout: &'d Layout,
    known: usize,
}

/// How many rows were looked at, and the header among them with the number of its known columns.
pub(super) fn header_of(
    book: &mut Book<'_>,
    table: &Table,
    dataset: &Dataset,
    limits: &Limits,
) -> Result<(usize, Option<(usize, Header)>), FileFinding> {
    let merges = book.merges(table)?;
    let mut seen = 0;
    let mut best: Option<(usize, Header)> = None;
    let mut above: Option<(u32, Vec<String>)> = None;
    let read_to_end = book.rows(table, limits, &mut |row: &Row| {
        if row.is_blank() {
            return Ok(true);
        }
        if row.record.len() > limits.columns {
            let (found, limit) = (row.record.len().to_string(), limits.columns.to_string());
            return Err(beyond(&TOO_MANY_COLUMNS, Some(format!("第 {} 行", row.number)), &found, &limit));
        }
        let mut scratch = String::new();
        let texts: Vec<String> =
            (0..row.record.len()).map(|column| row.text(column, &mut scratch).trim().to_owned()).collect();
        let mut unmistakable = false;
        if let Some(reading) = read(dataset, &texts)
            && best.as_ref().is_none_or(|(known, _)| reading.known > *known)
        {
            let header = understood(row.number, seen, dataset, reading.layout, texts.clone());
            unmistakable = header.is_unmistakable(dataset);
            best = Some((reading.known, header));
        }
        // A row that is tied to the one above by merged cells: both together may be the header. They
        // win over the lower row only if they say more, over the upper one also if they say as much,
        // for else the lower one would be taken for data.
        if let Some((upper, texts_above)) = &above
            && upper + 1 == row.number
            && merges.tie(upper - 1)
        {
            let lower = texts.iter().enumerate();
            let lower = lower.map(|(at, text)| if row.kind(at) == Kind::Merged { "" } else { text.as_str() });
            let joined = joined(dataset, &merges, *upper, texts_above, &lower.collect::<Vec<_>>());
            if let Some(reading) = read(dataset, &joined.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>())
                && best.as_ref().is_none_or(|(known, header)| {
                    reading.known > *known || (reading.known == *known && header.row == *upper)
                })
            {
                let (texts, lines): (Vec<String>, Vec<Option<String>>) = joined.into_iter().unzip();
                let header = understood(row.number, seen - 1, dataset, reading.layout, texts);
                let lines = lines.into_iter().flatten().collect();
                best = Some((reading.known, Header { two_rows: Some(lines), ..header }));
            }
        }
        above = Some((row.number, texts)).filter(|(number, _)| *number > 0);
        seen += 1;
        Ok(!unmistakable && (seen as usize) < HEADER_WITHIN)
    });
    // A fault below the header is met again when the rows are read.
    if best.is_none() {
        read_to_end?;
    }
    Ok((seen as usize, best))
}

/// The columns of a header of two rows: a group's text joined with the one under it where the
/// dataset knows that name, else the lower text, else the upper one. Beside each column whose text
/// is not all there is, both.
fn joined(
    dataset: &Dataset,
    merges: &Merges,
    upper: u32,
    above: &[String],
    below: &[&str],
) -> Vec<(String, Option<String>)> {
    let is_known = |text: &str| {
        let key = clean(text);
        dataset.layouts.iter().any(|layout| layout.columns.contains_key(&key))
    };
    let width = above.len().max(below.len());
    let mut columns = Vec::with_capacity(width);
    for (at, column) in (0..width).zip(0_u32..) {
        let own = above.get(at).filter(|text| !text.is_empty());
        let group = || merges.group(upper.saturating_sub(1), column).and_then(|first| above.get(first as usize));
        let top = own.or_else(group).map(String::as_str).unwrap_or_default();
        let bottom = below.get(at).copied().unwrap_or_default();
        let text = match (top, bottom) {
            (top, "") => top.to_owned(),
            ("", bottom) => bottom.to_owned(),
            (top, bottom) => {
                let both = format!("{top}{bottom}");
                if !is_known(&both) && is_known(bottom) { bottom.to_owned() } else { both }
            }
        };
        let lines = (!top.is_empty() && !bottom.is_empty()).then(|| format!("{top}/{bottom} 读作“{text}”"));
        columns.push((text, lines));
    }
    columns
}

/// The layout that knows most of the headers, the official one among equals. One known name among
/// many is chance.
fn read<'d>(dataset: &'d Dataset, headers: &[String]) -> Option<Reading<'d>> {
    let official = dataset.layouts.first()?;
    let keys: Vec<String> = headers.iter().map(|header| clean(header)).collect();
    let known = |layout: &Layout| {
        keys.iter().filter(|key| official.columns.contains_key(*key) || layout.columns.contains_key(*key)).count()
    };
    let mut best = Reading { layout: official, known: known(official) };
    for layout in &dataset.layouts {
        let known = known(layout);
        if known > best.known {
            best = Reading { layout, known };
        }
    }
    let columns = keys.iter().filter(|key| !key.is_empty()).count();
    // A single name may stand in any table; a single code hardly.
    let coded = best.layout.id != Layout::NAMES;
    (best.known >= 2 || (best.known == 1 && columns <= 2 && coded)).then_some(best)
}

fn understood(
    row: u32,
    above: u32,
    dataset: &Dataset,
    layout: &Layout,
    mut headers: Vec<String>,
) -> Header {
    // Empty columns at the end come from sheets and trailing commas.
    while headers.last().is_some_and(String::is_empty) {
        headers.pop();
    }
    let official = dataset.layouts.first();
    let mut columns = Vec::with_capacity(headers.len());
    let mut targets = Vec::with_capacity(headers.len());
    let mut again = Vec::with_capacity(headers.len());
    let mut values = Vec::with_capacity(headers.len());
    for header in headers {
        let key = clean(&header);
        // Official names win, whatever the layout.
        let target = official.and_then(|o| o.columns.get(&key)).or_else(|| layout.columns.get(&key)).copied();
        let texts = target.map(|target: Target| [dataset.element(target.cell), dataset.cell_name(target.cell)]);
        values.push(layout.values.get(&key).cloned());
        again.push(texts.into_iter().flatten().map(|text| header_key(&text)).chain([key.clone()]).collect());
        columns.push(Column {
            element: target.map(|target| dataset.element(target.cell)),
            ignored: if target.is_none() { layout.ignored.get(&key).cloned() } else { None },
            header,
            filled: 0,
        });
        targets.push(target);
    }
    let period = targets
        .iter()
        .enumerate()
        .filter(|(_, target)| target.is_some_and(|target| target.cell == Cell::Field(dataset.period)))
        .map(|(column, _)| column)
        .collect();
    Header {
        period,
        row,
        above,
        layout: (layout.id.clone(), layout.name.clone()),
        compact_dates: layout.compact_dates,
        columns,
        targets,
        again,
        values,
        two_rows: None,
    }
}
