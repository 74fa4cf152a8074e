//! What the HTTP contract carries: one plain type per thing, and no behaviour.
//!
//! The doc comments become the descriptions of the OpenAPI document, from which the pages' typed
//! client is generated. Nouns are those of `docs/glossary.md`. Times are UTC, printed as RFC 3339;
//! dates are civil dates (`yyyy-MM-dd`); a period is `2024-03`, `2024-Q1` or `2024`. A number that
//! could not be measured is `null` with a reason beside it, never 0.

mod briefing;
mod alert;
mod bulletin;
mod dataset;
mod definition;
mod figure;
mod form;
mod indicator;
mod institution;
mod overview;
mod plan;
mod submission;
mod urging;

pub use briefing::*;
pub use alert::*;
pub use bulletin::*;
pub use dataset::*;
pub use definition::*;
pub use figure::*;
pub use form::*;
pub use indicator::*;
pub use institution::*;
pub use overview::*;
pub use plan::*;
pub use submission::*;
pub use urging::*;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// One page of a table, after its filters and in its order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// Rows that pass the filters, on all pages together.
    pub total: u64,
    /// This page's number, from 1.
    pub page: u32,
    /// Rows per page that were asked for.
    pub size: u32,
    /// Values that the page offers as filters, by column key; over all rows, before any filter.
    pub facets: BTreeMap<String, Vec<Facet>>,
    /// The rows of this page.
    pub rows: Vec<T>,
}

/// A value of a column and how often it stands there.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Facet {
    /// The value as printed; empty for no value.
    pub value: String,
    /// Rows that have it.
    pub rows: u64,
}

/// Which part of a table to answer, in which order and in which form. Every table takes these.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TableQuery {
    /// Page number from 1; 1 when not given. An export ignores it and holds every row.
    pub page: Option<u32>,
    /// Rows per page, 1 to 1000; 50 when not given.
    pub size: Option<u32>,
    /// A column's key, with `-` before it for descending; the table's own order when not given.
    pub sort: Option<String>,
    /// JSON object: column key → list of accepted values (as printed), e.g. `{"status":["已退回"]}`.
    pub filter: Option<String>,
    /// Keep rows of which any column contains this text, upper and lower case alike.
    pub search: Option<String>,
    /// Column keys of an export, comma-separated, in that order; every column when not given.
    pub columns: Option<String>,
    /// Answer as a page of JSON (the default) or export the whole table as a file.
    #[param(inline)]
    pub format: Option<Format>,
}

/// Form of a table's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// One page, for the screen.
    Json,
    /// All rows, UTF-8 with a byte order mark so that Excel reads Chinese.
    Csv,
    /// All rows as a workbook.
    Xlsx,
}

/// The envelope of every refusal.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Number of the message, e.g. `E0404`.
    pub code: String,
    /// What happened, in plain Chinese.
    pub message: String,
    /// What to do now, in plain Chinese.
    pub help: String,
    /// Only with `E0409`: the rows that a full replacement would remove.
    pub disappearing: Option<Disappearing>,
}

/// Rows of the version in force that a new `full` file no longer has.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Disappearing {
    /// How many rows.
    pub count: u64,
    /// The business key of each of them, all of them.
    pub keys: Vec<String>,
}

/// What this service holds: region, months, versions.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Meta {
    /// Division code of the region (行政区划代码).
    pub region_code: String,
    /// Name of the region.
    pub region: String,
    /// True when the data are invented; the pages then say so.
    pub demo: bool,
    /// Today; of a demo the day on which it stands still.
    pub today: chrono::NaiveDate,
    /// Program version.
    pub program_version: String,
    /// Packs in force, lowest layer first.
    pub packs: Vec<PackVersion>,
    /// Every month from the first to the last that holds a submission, e.g. `2024-03`.
    pub months: Vec<String>,
    /// The newest month that every due institution has reported; the pages' default period.
    pub newest_complete: Option<String>,
    /// Datasets that institutions report.
    pub datasets: Vec<NamedCode>,
    /// Domains of the indicators (领域), in the order in which pages list them.
    pub domains: Vec<NamedCode>,
    /// Alliances (医联体) of the region.
    pub alliances: Vec<NamedCode>,
    /// Institutions that the caller's scope allows: for the pages' pickers.
    pub institutions: Vec<InstitutionRef>,
}

/// A pack and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PackVersion {
    /// Pack's id, e.g. `national`.
    pub id: String,
    /// Its name in Chinese.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// A code with its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NamedCode {
    /// The code.
    pub code: String,
    /// The name in Chinese; the code again when no code table has a name.
    pub name: String,
}

/// An institution as it stands beside a figure or a submission, with the attributes in force then.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstitutionRef {
    /// Licence number (登记号); with `by=region` or `by=alliance` the region's or alliance's code.
    pub code: String,
    /// Name; with `by=region` or `by=alliance` that of the region or alliance.
    pub name: String,
    /// Hospital level (医院级别) in words, when it has one.
    pub level: Option<String>,
    /// Class (机构类别) in words.
    pub class: Option<String>,
}

/// What the user can do next.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NextStep {
    /// One sentence, an instruction.
    pub sentence: String,
    /// Page to open, as a path of the pages with its filters; none when there is nothing to open.
    pub link: Option<String>,
}
