//! Datasets: what a file must look like and how it is checked.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DefinitionStatus, NamedCode, Severity};

/// A dataset in the list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DatasetRow {
    /// Id, e.g. `frontpage`.
    pub id: String,
    /// Name.
    pub name: String,
    /// State.
    pub status: DefinitionStatus,
    /// What it is for.
    pub purpose: String,
    /// Number of fields.
    pub fields: u32,
    /// Number of checks that run.
    pub checks: u32,
    /// Number of checks that do not run yet, each with its reason in the list of checks.
    pub draft_checks: u32,
}

/// A dataset's fields and checks; the whole of its definition stands on its reference page.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Dataset {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// State.
    pub status: DefinitionStatus,
    /// What it is for.
    pub purpose: String,
    /// Fields, in the official order.
    pub fields: Vec<DatasetField>,
    /// Checks, by id.
    pub checks: Vec<CheckDefinition>,
}

/// A field of a dataset.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DatasetField {
    /// Place in the official order, from 1.
    pub seq: u32,
    /// Element code, e.g. `C06x07C`.
    pub code: String,
    /// Name.
    pub name: String,
    /// Type in words, with a number's unit and how a stock's months are joined: `字符`, `整数，张`.
    pub type_name: String,
    /// Section of the form in which it stands; empty when there are none.
    pub section: String,
    /// How to fill it; empty where the name says it all.
    pub hint: String,
    /// Whether it must be filled, in words.
    pub required: String,
    /// Code table, when its values come from one.
    pub code_list: Option<String>,
    /// True when it identifies a person: its values are masked and kept apart.
    pub personal: bool,
    /// Headers under which other layouts know it.
    pub other_names: Vec<String>,
}

/// A check's definition.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CheckDefinition {
    /// Id, e.g. `FP001`.
    pub id: String,
    /// Severity.
    pub severity: Severity,
    /// The rule in Chinese.
    pub name: String,
    /// Elements that it reads.
    pub elements: Vec<NamedCode>,
    /// The rule as an expression; null while it is a draft without one.
    pub expression: Option<String>,
    /// State; a draft does not run.
    pub status: DefinitionStatus,
    /// Why it does not run yet.
    pub reason: Option<String>,
    /// The document that it comes from.
    pub source: String,
}
