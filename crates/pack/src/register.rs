//! Registers (登记簿): the fields, keys, validity and states of what is licensed, filed or listed:
//! institutions, practitioners, technologies, equipment, catalogues.
//!
//! A register's rows are read and checked as a dataset's are; what makes it a register stands beside
//! its table.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::dataset::{Dataset, FieldIx};
use crate::term::Term;

/// A register.
#[derive(Debug, Clone)]
pub struct Register {
    /// Its fields, key, layouts and checks. The table's `period` is the day from which an entry is in
    /// force.
    pub table: Arc<Dataset>,
    /// What an entry is.
    pub entry: EntryKind,
    /// The national system that keeps it (电子化注册): then it is mirrored by import and never typed.
    pub kept_by: Option<String>,
    /// The field that people call an entry by.
    pub called: FieldIx,
    /// The field with the licence number of the institution that an entry belongs to; `None` where
    /// entries belong to none, as inspectors.
    pub institution: Option<FieldIx>,
    /// The field with the entry's state, a code of [`STATES`].
    pub state: FieldIx,
    /// The codes of [`STATES`] that it uses.
    pub states: Vec<Arc<str>>,
    /// Last day in force; `None` where entries do not expire.
    pub to: Option<FieldIx>,
    /// How long an entry is in force, dated; empty where the law sets no time.
    pub validity: Vec<DatedTerm>,
    /// Fields that name entries of other registers.
    pub refers: Vec<Reference>,
}

/// The code list of the states of entries, with the attributes `practises` and `final`.
pub const STATES: &str = "ENTRY_STATES";

/// What an entry of a register is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// 机构
    Institution,
    /// 人员
    Person,
    /// 设备、技术、目录、证件
    Thing,
}

/// A field that names an entry of another register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The field.
    pub field: FieldIx,
    /// Id of the other register.
    pub register: Arc<str>,
}

/// A length of time that holds from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatedTerm {
    /// First day in force.
    pub from: NaiveDate,
    /// The time.
    pub term: Term,
    /// Document, article.
    pub source: String,
}

impl DatedTerm {
    /// Of several, by day, the one in force on a day.
    pub fn on(of: &[Self], day: NaiveDate) -> Option<&Self> {
        of.iter().rev().find(|dated| dated.from <= day)
    }
}
