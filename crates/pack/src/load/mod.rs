//! From the texts of a pack's files to a [`crate::Pack`], or diagnostics with file, line and column.

use std::sync::Arc;

/// The head that every definition carries.
#[derive(Debug, Clone)]
pub struct Meta {
    /// Id, never reused; the file's stem.
    pub id: Arc<str>,
    /// Chinese name.
    pub name: String,
    /// Where it is in its life.
    pub status: Status,
    /// What it is for.
    pub purpose: String,
    /// The document it stands on.
    pub legal_basis: String,
    /// What it cannot show, and why a draft is a draft.
    pub limits: String,
    /// An example in words.
    pub example: String,
    /// The file it stands in, within its pack.
    pub file: String,
}

/// Life of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Present with what it waits for; never runs.
    Draft,
    /// Runs, its results marked as trial.
    Trial,
    /// Runs.
    Active,
    /// Ended; the id stays known.
    Retired,
}

impl Status {
    /// Whether it is evaluated.
    pub fn runs(self) -> bool {
        matches!(self, Self::Trial | Self::Active)
    }
}
