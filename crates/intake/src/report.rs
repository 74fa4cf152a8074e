//! What the checks found: stored as it is, and read back by whoever shows or counts it.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use yizheng_pack::dataset::Severity;

use crate::rows::Rows;

/// How every check came out over a file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Report {
    /// Data rows of the file.
    pub rows: u64,
    /// Where the rows stand.
    #[serde(flatten)]
    pub origins: Origins,
    /// The program's own checks and then those of the dataset, each by id.
    pub checks: Vec<CheckResult>,
}

/// Where the rows of a file stand, by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origins {
    /// Row of the header as a spreadsheet numbers it: a row id plus this is the row that a person
    /// sees. 0 of a file whose columns have names that stand in no row.
    pub header_row: u32,
    /// Sheet, or file of an archive; `None` of a file that is one table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// Tables read after the first one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<FurtherTable>,
}

/// A table whose rows go on where another one ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FurtherTable {
    /// Sheet, or file of an archive.
    pub sheet: Option<String>,
    /// Greatest id of the tables before.
    pub before: u32,
    /// Row of its header.
    pub header_row: u32,
}

impl Origins {
    /// The sheet or file of a row, and the row in it as a person sees it.
    pub fn of(&self, id: u32) -> (Option<&str>, u32) {
        match self.further.iter().rev().find(|table| id > table.before) {
            Some(table) => (table.sheet.as_deref(), (id - table.before).saturating_add(table.header_row)),
            None => (self.sheet.as_deref(), id.saturating_add(self.header_row)),
        }
    }
}

/// How one check came out. The four counts are of rows and add up to all rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// Id.
    pub id: String,
    /// Name in Chinese.
    pub name: String,
    /// How grave a violation is.
    pub severity: Severity,
    /// Whether it is on trial.
    pub trial: bool,
    /// Element codes that it is about.
    pub elements: Vec<String>,
    /// What a good value looks like.
    pub remedy: String,
    /// Where the rule stands.
    pub source: String,
    /// Rows for which it holds.
    pub passed: u64,
    /// Rows for which it does not.
    pub violated: u64,
    /// Rows that it does not concern.
    pub not_applicable: u64,
    /// Rows for which it cannot be decided; never a pass.
    pub not_evaluable: u64,
    /// Why it cannot be decided; `None` when it always can.
    pub reason: Option<String>,
    /// The rows of its findings, by the element code pointed at; under the empty text the row as a
    /// whole. One row may stand under several.
    pub at: BTreeMap<String, Rows>,
    /// Of a check of a share: what was measured.
    pub shares: Vec<Share>,
    /// Of a check against what was reported before or measured elsewhere: what a finding was held
    /// against, by element code and row.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub beside: BTreeMap<String, BTreeMap<u32, String>>,
}

/// A share over the file, of one element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Element code.
    pub element: String,
    /// Rows that count.
    pub hits: u64,
    /// Rows that could.
    pub rows: u64,
    /// The highest share allowed, in per cent, as printed.
    pub at_most: String,
}

impl CheckResult {
    /// The rows with a finding.
    pub fn rows(&self) -> RoaringBitmap {
        self.at.values().fold(RoaringBitmap::new(), |all, rows| all | &rows.0)
    }

    /// How many findings: a row with two elements that violate the check has two.
    pub fn findings(&self) -> u64 {
        self.at.values().map(|rows| rows.len()).sum()
    }
}

impl Report {
    /// The rows with a finding of this severity.
    pub fn rows_with(&self, severity: Severity) -> RoaringBitmap {
        let checks = self.checks.iter().filter(|check| check.severity == severity);
        checks.fold(RoaringBitmap::new(), |all, check| all | check.rows())
    }

    /// A check's result.
    pub fn check(&self, id: &str) -> Option<&CheckResult> {
        self.checks.iter().find(|check| check.id == id)
    }
}
