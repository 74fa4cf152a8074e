//! Test cases beside checks and indicators (`<id>.test.toml`): small tables in, expected result
//! out. They are read and validated here and run by whoever has the whole way, intake to value.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDateTime;

use crate::codelist::Entry;
use crate::dataset::Cell;
use crate::indicator::Reported;
use crate::period::{Month, Period};
use crate::types::Value;

/// The test cases of one check or indicator.
#[derive(Debug, Clone)]
pub struct TestFile {
    /// The file they stand in, as diagnostics name it.
    pub file: String,
    /// Dataset of the rows; `None` for an indicator of reporting, whose cases have none.
    pub dataset: Option<Arc<str>>,
    /// Id of the check or indicator.
    pub id: Arc<str>,
    /// The cases.
    pub cases: Cases,
}

/// Cases by what they test.
#[derive(Debug, Clone)]
pub enum Cases {
    /// Of a check.
    Check(Vec<CheckCase>),
    /// Of an indicator.
    Indicator(Vec<IndicatorCase>),
}

/// One submission checked by one check.
#[derive(Debug, Clone)]
pub struct CheckCase {
    /// What it shows.
    pub name: String,
    /// Line of the first row of `rows` in its file, from 1.
    pub line: u32,
    /// The submitting institution; without it its facts are not known.
    pub institution: Option<Institution>,
    /// When the file came in.
    pub received_at: Option<NaiveDateTime>,
    /// Its period.
    pub period: Option<Period>,
    /// Rows of the institution that are stored already.
    pub earlier: Table,
    /// The value of the indicator that the check holds the rows against; without it the indicator
    /// has no value.
    pub known: Option<Value>,
    /// Codes that a region's pack lays on, by list.
    pub codelists: BTreeMap<String, Vec<Entry>>,
    /// The submitted rows.
    pub rows: Table,
    /// What is expected of each row.
    pub expect: Vec<Expect>,
}

/// What a check must say of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// The outcome.
    pub outcome: Outcome,
    /// The cell that the finding must point at, where the case names one.
    pub at: Option<Cell>,
}

/// Outcome of a check for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It does not.
    Violated,
    /// It does not concern the row.
    NotApplicable,
    /// It cannot be decided.
    NotEvaluable,
}

/// Facts about the submitting institution; one that is not given is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Institution {
    /// Licence number, credit code, aliases.
    pub codes: Option<Vec<String>>,
    /// Licensed name and former names.
    pub names: Option<Vec<String>>,
    /// WS 218 category.
    pub class: Option<String>,
    /// Level code.
    pub level: Option<String>,
    /// Registered 诊疗科目, without dots.
    pub subjects: Option<Vec<String>>,
    /// Beds by the licence.
    pub registered_beds: Option<i64>,
}

/// One set of rows measured by one indicator.
#[derive(Debug, Clone)]
pub struct IndicatorCase {
    /// What it shows.
    pub name: String,
    /// Line of the first row of its first table in its file, from 1.
    pub line: u32,
    /// The rows of the indicator's dataset, of one institution or, where its column is there, of
    /// several, and of any months.
    pub rows: Table,
    /// The rows of the denominator's dataset, where that is another one.
    pub denominator_rows: Option<Table>,
    /// What institutions owed and sent, for an indicator of reporting.
    pub due: Vec<DueRow>,
    /// WS 218 category and level of its institutions, for a share by class.
    pub institutions: BTreeMap<String, (String, String)>,
    /// Codes that a region's pack lays on, by list.
    pub codelists: BTreeMap<String, Vec<Entry>>,
    /// The period to measure; without one the rows' month, or the last one's year where they lie in
    /// several.
    pub period: Option<Period>,
    /// Expected numerator, as printed.
    pub numerator: Option<String>,
    /// Expected denominator, as printed.
    pub denominator: Option<String>,
    /// Expected value, as printed; `null` for none.
    pub value: String,
}

/// An institution's month of a dataset that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueRow {
    /// Dataset; the indicator's first where the table does not say.
    pub dataset: Option<String>,
    /// The institution's code, or any other name for it.
    pub institution: String,
    /// Month.
    pub month: Month,
    /// How it stands.
    pub standing: Reported,
    /// Rows received, those held apart included.
    pub rows: u64,
    /// Rows held apart because of an error.
    pub held: u64,
}

/// A table of raw cells, as a submitted file holds them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Element codes.
    pub header: Vec<String>,
    /// Rows, each as long as the header.
    pub rows: Vec<Vec<String>>,
}
