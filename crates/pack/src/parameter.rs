//! Parameters: dated values, each with the document it stands in. No threshold stands elsewhere.

use chrono::NaiveDate;

use crate::load::Meta;
use crate::types::{Type, Value};

/// A named value that changes with time.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Common head of every definition.
    pub meta: Meta,
    /// Type of the value.
    pub ty: Type,
    /// Unit, in Chinese; empty when none.
    pub unit: String,
    /// Values by the day from which they hold, oldest first.
    pub values: Vec<Dated>,
}

/// A value from a day on.
#[derive(Debug, Clone)]
pub struct Dated {
    /// First day in force.
    pub from: NaiveDate,
    /// The value.
    pub value: Value,
    /// Document, article.
    pub source: String,
}

impl Parameter {
    /// The value in force on a day; `None` before the first.
    pub fn on(&self, day: NaiveDate) -> Option<&Dated> {
        self.values.iter().rev().find(|dated| dated.from <= day)
    }
}
