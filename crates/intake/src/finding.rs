//! Findings about the file as a whole, and repairs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Message, fill};
use crate::rows::Rows;

/// Something about the file as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFinding {
    /// Number in the [catalogue](crate::catalogue).
    pub number: String,
    /// Whether the file is returned for it.
    pub returns: bool,
    /// Where: sheet, row, column; `None` for the file as a whole.
    pub place: Option<String>,
    /// What is the matter.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl FileFinding {
    /// For which the file is returned.
    pub(crate) fn fault(message: &Message, place: Option<String>, values: &[(&str, &str)]) -> Self {
        Self { returns: true, ..Self::notice(message, place, values) }
    }

    /// Worth knowing, without effect.
    pub(crate) fn notice(message: &Message, place: Option<String>, values: &[(&str, &str)]) -> Self {
        Self {
            number: message.number.to_owned(),
            returns: false,
            place,
            message: fill(message.what, values),
            remedy: fill(message.remedy, values),
        }
    }
}

/// Values that were read in another form than the official one (`R01xx`), or that a program
/// destroyed before they came here (`R02xx`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// Number in the [catalogue](crate::catalogue).
    pub number: String,
    /// What is the matter.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// How many cells.
    pub cells: u64,
    /// Rows by element code.
    pub at: BTreeMap<String, Rows>,
}
