//! Web forms (网上填报): a dataset's fields to fill in, and what was filled in.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{InstitutionRef, NamedCode, ReportingStatus};

/// Whose form, and of which month.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FormQuery {
    /// Licence number, credit code, alias or name; the region's own code for a report of the region.
    pub institution: String,
    /// Month, `2024-03`.
    pub period: String,
}

/// Whose template, and of which month, where that is to be filled in already.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TemplateQuery {
    /// Licence number, credit code, alias or name.
    pub institution: Option<String>,
    /// Month, `2024-03`.
    pub period: Option<String>,
}

/// A dataset as a form, for one institution and month.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DatasetForm {
    /// Dataset.
    pub dataset: NamedCode,
    /// What it is for.
    pub purpose: String,
    /// Whose.
    pub institution: InstitutionRef,
    /// Month.
    pub period: String,
    /// Whether the institution must report this month.
    pub due: bool,
    /// Last day to report in time.
    pub deadline: NaiveDate,
    /// How the month stands; null when nothing is due and nothing was sent.
    pub status: Option<ReportingStatus>,
    /// The submission in force, or the newest one that was returned.
    pub submission: Option<String>,
    /// True: exactly one row a month, to be shown as a form. False: a table of rows.
    pub single: bool,
    /// The fields to fill in, by section; institution and month are not among them.
    pub sections: Vec<FormSection>,
    /// This month's live rows by field id, as the official file writes values, a field without one
    /// left out; those held apart because of an error included. Empty when none.
    pub rows: Vec<BTreeMap<String, String>>,
    /// Rows of the month before, to compare with and, in a table, to begin from.
    pub last_month: Vec<BTreeMap<String, String>>,
    /// That month.
    pub last_month_period: String,
    /// Rows of the same month a year before.
    pub year_ago: Vec<BTreeMap<String, String>>,
    /// That month.
    pub year_ago_period: String,
}

/// Fields that stand together.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FormSection {
    /// Heading; empty for fields without one.
    pub name: String,
    /// Fields, in official order.
    pub fields: Vec<FormField>,
}

/// How a field is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormInput {
    /// Free text.
    Text,
    /// A code.
    Code,
    /// A number with `digits` after the point.
    Number,
    /// A month, `2024-03`.
    Month,
    /// A day, `2024-03-01`.
    Date,
    /// A time, `2024-03-01 09:30:00`.
    DateTime,
}

/// A field of a form.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FormField {
    /// Id, under which its value stands in a row.
    pub id: String,
    /// Name.
    pub name: String,
    /// Unit; empty for none.
    pub unit: String,
    /// How to fill it; empty where the name says it all.
    pub hint: String,
    /// How it is filled in.
    pub input: FormInput,
    /// Digits after the point, of a number.
    pub digits: Option<u8>,
    /// Most characters, of a text.
    pub max_length: Option<u32>,
    /// Whether it must be filled.
    pub required: bool,
    /// The same in words: `必填`, `必填，无法取得填“-”` …
    pub required_words: String,
    /// Whether it belongs to what names the row.
    pub key: bool,
    /// Codes to choose from; null when the list is too long to choose from, or the field is no code.
    pub options: Option<Vec<NamedCode>>,
    /// The code list, of a code.
    pub code_list: Option<NamedCode>,
}

/// A form as it was filled in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FilledForm {
    /// Whose.
    pub institution: String,
    /// Month, `2024-03`.
    pub period: String,
    /// Rows by field id; a blank value is the same as none.
    pub rows: Vec<BTreeMap<String, String>>,
    /// Whether the user has seen which rows disappear.
    #[serde(default)]
    pub confirm_disappearing: bool,
}
