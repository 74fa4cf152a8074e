//! The findings of a checked file, written out. The file is read again beside its report, so that
//! the report need not keep any value, and findings cost something only when somebody wants them.

mod sheet;
mod text;

use std::io;
use std::ops::ControlFlow;

use serde::Serialize;
use yizheng_pack::dataset::{Cell, Dataset, FieldIx, Privacy, Severity};

use crate::catalogue::{COLUMN_COUNT, LOST_DIGITS, MERGED_UNSURE, SCIENTIFIC, SHEET_ERROR, UNREADABLE, UNREADABLE_OTHER};
use crate::check::percent;
use crate::finding::{FileFinding, Repair};
use crate::read::book::{Kind, Row};
use crate::read::{self, Opened, is_scientific};
use crate::report::{CheckResult, Report};
use crate::{Limits, Submitted};

pub use sheet::findings_xlsx;
pub use text::{findings_csv, findings_json};

/// What is written out.
#[derive(Debug, Clone, Copy)]
pub struct Findings<'a> {
    /// The file that was checked.
    pub file: Submitted<'a>,
    /// Its dataset.
    pub dataset: &'a Dataset,
    /// How the checks came out.
    pub report: &'a Report,
    /// About the file as a whole.
    pub file_findings: &'a [FileFinding],
    /// How values were read.
    pub repairs: &'a [Repair],
    /// Whether personal values may be shown; else they are masked.
    pub personal: bool,
    /// As when it was checked.
    pub limits: Limits,
}

/// Which findings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Only of this check.
    pub check: Option<&'a str>,
    /// Only on this element.
    pub element: Option<&'a str>,
    /// Only of this severity.
    pub severity: Option<Severity>,
    /// Only where the business key contains this text.
    pub key: Option<&'a str>,
}

/// One violation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Check's id.
    pub check: String,
    /// Its severity.
    pub severity: Severity,
    /// Sheet of a workbook, or file of an archive.
    pub sheet: Option<String>,
    /// Row id.
    pub id: u32,
    /// Row in the file as a spreadsheet numbers it.
    pub row: u32,
    /// Column in the file, from 1.
    pub column: Option<u32>,
    /// The row's business key, its fields parted by `/`.
    pub key: String,
    /// Element's code; `None` when the row as a whole is meant.
    pub element: Option<String>,
    /// Element's name.
    pub element_name: Option<String>,
    /// The value as the file has it, or masked.
    pub value: String,
    /// Whether `value` is masked.
    pub masked: bool,
    /// What is wrong: the check's name and the value.
    pub message: String,
    /// What a good value looks like.
    pub remedy: String,
}

/// Why findings could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The place written to refused.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// As delimited text.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// As JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// As a workbook.
    #[error(transparent)]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    /// The bytes are not those that were checked.
    #[error("the file cannot be read again: {0}")]
    Unreadable(String),
}

impl From<FileFinding> for WriteError {
    fn from(fault: FileFinding) -> Self {
        Self::Unreadable(fault.message)
    }
}

/// One check at one element, with the rows.
struct Pair<'a> {
    check: &'a CheckResult,
    element: &'a str,
    rows: &'a roaring::RoaringBitmap,
}

/// The findings of rows, row by row in the order of the file.
struct ByRow<'a> {
    pairs: Vec<Pair<'a>>,
    /// Row ids with places in `pairs`, sorted, of the stretch at hand.
    stretch: Vec<(u32, usize)>,
    /// First row id beyond the stretch.
    end: u32,
}

/// Rows of a stretch.
const STRETCH: u32 = 8192;

impl<'a> ByRow<'a> {
    fn new(report: &'a Report, filter: &Filter<'a>) -> Self {
        let wanted = |check: &&CheckResult| {
            filter.check.is_none_or(|id| check.id == id) && filter.severity.is_none_or(|s| check.severity == s)
        };
        let pairs = report.checks.iter().filter(wanted).flat_map(|check| {
            let at = check.at.iter().filter(|(element, _)| filter.element.is_none_or(|wanted| *element == wanted));
            at.map(move |(element, rows)| Pair { check, element, rows })
        });
        Self { pairs: pairs.collect(), stretch: Vec::new(), end: 0 }
    }

    fn count(&self) -> u64 {
        self.pairs.iter().map(|pair| pair.rows.len()).sum()
    }

    /// The findings of a row; ids must not go down.
    fn of(&mut self, id: u32) -> &[(u32, usize)] {
        if id >= self.end {
            let start = id - id % STRETCH;
            self.end = start.saturating_add(STRETCH);
            self.stretch.clear();
            for (at, pair) in self.pairs.iter().enumerate() {
                self.stretch.extend(pair.rows.range(start..self.end).map(|row| (row, at)));
            }
            self.stretch.sort_unstable();
        }
        let from = self.stretch.partition_point(|(row, _)| *row < id);
        let to = self.stretch.partition_point(|(row, _)| *row <= id);
        self.stretch.get(from..to).unwrap_or_default()
    }
}

/// What it takes to read cells of the file again.
struct Cells<'a> {
    dataset: &'a Dataset,
    width: usize,
    present: std::collections::HashMap<Cell, Vec<usize>>,
    personal: bool,
}

impl<'a> Cells<'a> {
    fn new(opened: &Opened<'_>, findings: &Findings<'a>) -> Self {
        Self {
            dataset: findings.dataset,
            width: opened.header.columns.len(),
            present: read::present(&opened.header),
            personal: findings.personal,
        }
    }

    fn columns(&self, cell: Cell) -> &[usize] {
        self.present.get(&cell).map(Vec::as_slice).unwrap_or_default()
    }

    fn raw(&self, row: &Row, column: usize) -> String {
        let mut scratch = String::new();
        row.text(column, &mut scratch).trim().to_owned()
    }

    fn text(&self, row: &Row, cell: Cell) -> String {
        let texts: Vec<String> =
            self.columns(cell).iter().map(|column| self.raw(row, *column)).filter(|text| !text.is_empty()).collect();
        texts.join(" ")
    }

    fn is_personal(&self, cell: Cell) -> bool {
        let privacy = match cell {
            Cell::Field(field) => self.dataset.fields.get(field.0).map(|field| field.privacy),
            Cell::Member(group, member, _) => {
                self.dataset.groups.get(group.0).and_then(|g| g.members.get(member.0)).map(|m| m.privacy)
            }
        };
        privacy != Some(Privacy::Plain)
    }

    /// The text of a cell as it may be shown, and whether it is masked.
    fn shown(&self, row: &Row, cell: Cell) -> (String, bool) {
        let text = self.text(row, cell);
        if self.personal || !self.is_personal(cell) || matches!(text.as_str(), "" | "-") {
            return (text, false);
        }
        (masked(&text), true)
    }

    fn key(&self, row: &Row) -> String {
        let key = |field: &FieldIx| self.shown(row, Cell::Field(*field)).0;
        self.dataset.key.iter().map(key).collect::<Vec<_>>().join("/")
    }

    fn finding(&self, sheet: Option<&str>, (row, id): (&Row, u32), key: &str, pair: &Pair<'_>) -> Finding {
        let cell = self.dataset.cell(pair.element);
        let (value, masked) = cell.map(|cell| self.shown(row, cell)).unwrap_or_default();
        let column = cell.and_then(|cell| self.columns(cell).first().copied());
        let (message, remedy) = self.message((row, id), pair, cell, column, &value);
        Finding {
            check: pair.check.id.clone(),
            severity: pair.check.severity,
            sheet: sheet.map(ToOwned::to_owned),
            id,
            row: row.number,
            column: column.and_then(|column| u32::try_from(column + 1).ok()),
            key: key.to_owned(),
            element: cell.map(|_| pair.element.to_owned()),
            element_name: cell.map(|cell| self.dataset.cell_name(cell)),
            message,
            value,
            masked,
            remedy,
        }
    }

    /// What is wrong, and what a good value looks like.
    fn message(
        &self,
        (row, id): (&Row, u32),
        pair: &Pair<'_>,
        cell: Option<Cell>,
        column: Option<usize>,
        value: &str,
    ) -> (String, String) {
        let check = pair.check;
        let mut remedy = check.remedy.clone();
        let Some(cell) = cell else {
            let message = if check.id == COLUMN_COUNT.id {
                format!("{}：本行 {} 列，表头 {} 列。", check.name, row.record.len(), self.width)
            } else {
                format!("{}。", check.name)
            };
            return (message, remedy);
        };
        let state = match value {
            "" => "为空".to_owned(),
            "-" => "填的是“-”".to_owned(),
            value => format!("填的是“{value}”"),
        };
        let mut message = format!("{}：{} {} {state}", check.name, pair.element, self.dataset.cell_name(cell));
        if let Some(share) = check.shares.iter().find(|share| share.element == pair.element) {
            let measured = percent(share.hits.into(), share.rows.into());
            message += &format!("，这样的行占 {measured}（{}/{}），上限 {}", share.hits, share.rows, share.at_most);
        }
        if let Some(beside) = check.beside.get(pair.element).and_then(|texts| texts.get(&id)) {
            message += "，";
            message += beside;
        }
        message.push('。');
        if check.id == UNREADABLE.id || check.id == UNREADABLE_OTHER.id {
            let kind = column.map_or(Kind::Text, |column| row.kind(column));
            let raw = self.text(row, cell);
            let damage = match kind {
                Kind::LostDigits => Some(&LOST_DIGITS),
                Kind::Error => Some(&SHEET_ERROR),
                Kind::Merged | Kind::Covered => Some(&MERGED_UNSURE),
                _ if is_scientific(&raw) => Some(&SCIENTIFIC),
                _ => None,
            };
            if let Some(damage) = damage {
                message += damage.what;
                remedy = damage.remedy.to_owned();
            }
        }
        (message, remedy)
    }
}

/// Enough of a personal value to find it in the file, not enough to know the person.
fn masked(text: &str) -> String {
    let length = text.chars().count();
    let (head, tail) = match length {
        0..=2 => (length.min(1), 0),
        3..=6 => (1, 1),
        _ => (3, 2),
    };
    text.chars()
        .enumerate()
        .map(|(at, c)| if at < head.min(length - 1) || (length > 2 && at >= length - tail) { c } else { '*' })
        .collect()
}

impl<'a> Findings<'a> {
    /// How many findings the filter leaves, its text for the key not counted.
    pub fn count(&self, filter: &Filter<'_>) -> u64 {
        ByRow::new(self.report, filter).count()
    }

    /// Hands out the findings of rows in the order of the file, those of a row by check, until
    /// there are no more or `visit` breaks off.
    ///
    /// # Errors
    /// What `visit` answers; [`WriteError::Unreadable`] when the bytes are not those checked.
    pub fn each(
        &self,
        filter: &Filter<'_>,
        mut visit: impl FnMut(Finding) -> Result<ControlFlow<()>, WriteError>,
    ) -> Result<(), WriteError> {
        self.each_row(filter, |_, _, findings| {
            for finding in findings {
                if visit(finding)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// The rows with findings, each with all that the filter leaves.
    fn each_row(
        &self,
        filter: &Filter<'_>,
        mut visit: impl FnMut(&Cells<'a>, &Row, Vec<Finding>) -> Result<ControlFlow<()>, WriteError>,
    ) -> Result<(), WriteError> {
        let mut by_row = ByRow::new(self.report, filter);
        let mut left = by_row.count();
        if left == 0 {
            return Ok(());
        }
        let mut opened = Opened::open(self.file.bytes, self.dataset, &self.limits)?;
        let cells = Cells::new(&opened, self);
        let mut failed = None;
        opened.data_rows(&self.limits, &mut |sheet, row, id| {
            let found: Vec<usize> = by_row.of(id).iter().map(|(_, pair)| *pair).collect();
            if found.is_empty() {
                return Ok(true);
            }
            left = left.saturating_sub(found.len() as u64);
            let key = cells.key(row);
            if filter.key.is_some_and(|wanted| !key.contains(wanted)) {
                return Ok(left > 0);
            }
            let findings = found
                .into_iter()
                .filter_map(|pair| by_row.pairs.get(pair))
                .map(|pair| cells.finding(sheet, (row, id), &key, pair))
                .collect();
            match visit(&cells, row, findings) {
                Ok(ControlFlow::Continue(())) => Ok(left > 0),
                Ok(ControlFlow::Break(())) => Ok(false),
                Err(error) => {
                    failed = Some(error);
                    Ok(false)
                }
            }
        })?;
        failed.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_values_are_masked() {
        for (text, shown) in [
            ("张", "*"),
            ("张三", "张*"),
            ("欧阳修", "欧*修"),
            ("99000119900307001X", "990*************1X"),
            ("13800000000", "138******00"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }
}
