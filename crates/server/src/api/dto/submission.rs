//! Submissions, their checks and findings, dry runs.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{InstitutionRef, NamedCode, NextStep};

/// Severity of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// 错误: the row is held apart and does not count.
    Error,
    /// 提示: the row counts; it may be explained.
    Warning,
}

/// State of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubmissionStatus {
    /// 已收: arrived, not checked yet.
    Received,
    /// 已接收: in force.
    Accepted,
    /// 已退回: nothing of it counts.
    Returned,
    /// 已替换: a newer version is in force.
    Superseded,
}

/// How a submission meets what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// 全量: replaces the month.
    #[default]
    Full,
    /// 按业务主键增补: replaces and adds by key.
    Patch,
}

/// Which submissions.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SubmissionsQuery {
    /// Only this institution's.
    pub institution: Option<String>,
    /// Only of this dataset.
    pub dataset: Option<String>,
    /// Only of this month.
    pub period: Option<String>,
    /// Only in this state.
    #[param(inline)]
    pub status: Option<SubmissionStatus>,
}

/// A submission in the list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SubmissionRow {
    /// Id.
    pub id: String,
    /// Whose.
    pub institution: InstitutionRef,
    /// Dataset.
    pub dataset: NamedCode,
    /// Month.
    pub period: String,
    /// Version within institution, dataset and month, from 1.
    pub version: u32,
    /// How it met what was there.
    pub mode: Mode,
    /// State.
    pub status: SubmissionStatus,
    /// True for 零报告 (nothing happened).
    pub zero: bool,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// True when it came after the deadline.
    pub late: bool,
    /// Name of the file; null for 零报告.
    pub file_name: Option<String>,
    /// Rows of the file; null when it could not be read as rows.
    pub rows: Option<u64>,
    /// Rows that count.
    pub counted_rows: Option<u64>,
    /// Rows held apart for an error.
    pub error_rows: Option<u64>,
    /// Rows with a warning only.
    pub warning_rows: Option<u64>,
    /// `error_rows` of `rows` in per cent; null without rows.
    pub error_rate: Option<f64>,
    /// Why it was returned, one sentence; null otherwise.
    pub returned_reason: Option<String>,
}

/// One submission.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Submission {
    /// As in the list.
    pub submission: SubmissionRow,
    /// The file as it was read; null for 零报告.
    pub file: Option<FileFacts>,
    /// Why the file as a whole was returned; empty otherwise.
    pub faults: Vec<Fault>,
    /// Worth knowing about how the file was read, values repaired or destroyed by a spreadsheet
    /// included; none of it returns the file.
    pub notices: Vec<Fault>,
    /// Every version of this institution, dataset and month, newest first, this one included.
    pub history: Vec<SubmissionRow>,
    /// Explanations (情况说明) given to its findings.
    pub explanations: Vec<GivenExplanation>,
    /// What to do next.
    pub next_steps: Vec<NextStep>,
}

/// How a file was read.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct FileFacts {
    /// Name.
    pub name: String,
    /// Bytes.
    pub bytes: u64,
    /// Form: `CSV`, `XLSX` …
    pub form: String,
    /// Encoding of text: `UTF-8`, `GB18030` …; null where there is none.
    pub encoding: Option<String>,
    /// Layout recognised, in words: `2020版811项`; null when none was.
    pub layout: Option<String>,
    /// SM3 of the bytes, hexadecimal.
    pub hash: String,
    /// Columns that were recognised.
    pub known_columns: u32,
    /// Columns that no field knows; kept apart.
    pub unknown_columns: Vec<String>,
    /// Columns known under another name: the file's header and the element that it stands for.
    pub renamed_columns: Vec<RenamedColumn>,
    /// Elements that the file does not have.
    pub absent_elements: Vec<NamedCode>,
}

/// A header that was read as an element.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RenamedColumn {
    /// Header in the file.
    pub header: String,
    /// Element's code.
    pub element: String,
}

/// A fault for which a file as a whole is returned.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// Number of the message, e.g. `F0203`.
    pub code: String,
    /// Where: sheet, line, column; null for the file as a whole.
    pub place: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// How a check came out over a file. The four counts add up to the rows.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CheckResult {
    /// Id, e.g. `FP001`.
    pub id: String,
    /// Severity.
    pub severity: Severity,
    /// The rule in Chinese.
    pub name: String,
    /// Elements that it reads.
    pub elements: Vec<NamedCode>,
    /// Rows that passed.
    pub passed: u64,
    /// Rows that violate it.
    pub violated: u64,
    /// Rows that it does not concern.
    pub not_applicable: u64,
    /// Rows on which it could not be decided. Not a pass.
    pub not_evaluable: u64,
    /// Why it could not be decided.
    pub reason: Option<String>,
    /// The document that it comes from.
    pub source: String,
}

/// Which findings.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FindingsQuery {
    /// Only of this check.
    pub check: Option<String>,
    /// Only on this element.
    pub element: Option<String>,
    /// Only of this severity.
    #[param(inline)]
    pub severity: Option<Severity>,
    /// Only where the row's business key contains this text.
    pub key: Option<String>,
}

/// One row against one check. Findings stand in the order of the file.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// Check's id.
    pub check: String,
    /// Its severity.
    pub severity: Severity,
    /// Sheet, in a workbook.
    pub sheet: Option<String>,
    /// Row in the file as a spreadsheet counts it (the header is 1); null when about the whole file.
    pub row: Option<u64>,
    /// Column in the file, from 1.
    pub column: Option<u32>,
    /// The row's business key (病案号 and so on), masked where it identifies a person.
    pub key: String,
    /// Element's code, when about one.
    pub element: Option<String>,
    /// Element's name.
    pub element_name: Option<String>,
    /// The value found, masked when personal.
    pub value: Option<String>,
    /// True when `value` is masked.
    pub masked: bool,
    /// What is wrong and why.
    pub message: String,
    /// What a good value looks like, what to do.
    pub help: Option<String>,
    /// Explanation given (情况说明).
    pub explanation: Option<String>,
}

/// What happened to a row between two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// 新增
    Added,
    /// 删除
    Removed,
    /// 修改
    Changed,
}

/// One row that differs from the version before.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// The row's business key.
    pub key: String,
    /// Values that differ; empty for added and removed rows.
    pub values: Vec<ValueChange>,
}

/// One value that differs.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ValueChange {
    /// Element's code.
    pub element: String,
    /// Element's name.
    pub element_name: String,
    /// Before, masked when personal.
    pub before: Option<String>,
    /// After, masked when personal.
    pub after: Option<String>,
}

/// A submission against the version before it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ChangeSummary {
    /// Id of the version before; null when this is the first, and then there are no changes.
    pub before: Option<String>,
    /// Its version.
    pub before_version: Option<u32>,
    /// Rows that are new.
    pub added: u64,
    /// Rows that are gone.
    pub removed: u64,
    /// Rows with another value.
    pub changed: u64,
    /// Rows that are the same.
    pub unchanged: u64,
}

/// An explanation to give (情况说明) to a warning: it follows its key into the next version.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewExplanation {
    /// Check's id.
    pub check: String,
    /// The row's business key as the finding has it.
    pub key: String,
    /// The explanation.
    pub text: String,
}

/// An explanation that was given.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct GivenExplanation {
    /// Check's id.
    pub check: String,
    /// The row's business key.
    pub key: String,
    /// The explanation.
    pub text: String,
    /// When.
    pub given_at: DateTime<Utc>,
}

/// Fields of the form that carries a file to a dry run (预检).
#[derive(Debug, ToSchema)]
pub struct CheckForm {
    /// Dataset's id.
    pub dataset: String,
    /// Whose file; when not given only what the file decides is checked.
    pub institution: Option<String>,
    /// Which month; when not given the file's own discharges decide.
    pub period: Option<String>,
    /// The file.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    pub file: Vec<u8>,
}

/// Fields of the form that carries a file in (报送).
#[derive(Debug, ToSchema)]
pub struct SubmissionForm {
    /// Dataset's id.
    pub dataset: String,
    /// Whose file.
    pub institution: String,
    /// Which month.
    pub period: String,
    /// How it meets what is there; `full` when not given.
    pub mode: Option<Mode>,
    /// True once the user has seen which rows disappear.
    pub confirm_disappearing: Option<bool>,
    /// The file.
    #[schema(value_type = String, format = Binary, content_media_type = "application/octet-stream")]
    pub file: Vec<u8>,
}

/// "Nothing happened" (零报告).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ZeroReport {
    /// Dataset's id.
    pub dataset: String,
    /// Whose.
    pub institution: String,
    /// Which month.
    pub period: String,
    /// True once the user has seen which rows disappear.
    #[serde(default)]
    pub confirm_disappearing: bool,
}

/// How a file came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 接受 (or, in a dry run, would be).
    Accepted,
    /// 退回 (or, in a dry run, would be).
    Returned,
    /// 与已报送文件完全相同: nothing was done.
    Duplicate,
}

/// What came of a file, sent or only tried.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Outcome {
    /// How it came out.
    pub verdict: Verdict,
    /// True for a dry run: nothing was kept.
    pub dry_run: bool,
    /// One sentence that says so.
    pub sentence: String,
    /// The submission that was made or, for a duplicate, is already there; null for a dry run.
    pub submission: Option<SubmissionRow>,
    /// Dry run: under this token `/api/checks/{token}` answers the findings for a while.
    pub token: Option<String>,
    /// The file as it was read; null for 零报告.
    pub file: Option<FileFacts>,
    /// Whose it is, given or found in the file.
    pub institution: Option<InstitutionRef>,
    /// Month, given or found in the file.
    pub period: Option<String>,
    /// Faults of the file as a whole.
    pub faults: Vec<Fault>,
    /// Worth knowing about how the file was read, values repaired or destroyed by a spreadsheet
    /// included; none of it returns the file.
    pub notices: Vec<Fault>,
    /// Rows; null when the file could not be read as rows.
    pub rows: Option<u64>,
    /// Rows without any finding.
    pub clean_rows: Option<u64>,
    /// Rows with an error.
    pub error_rows: Option<u64>,
    /// Rows with a warning only.
    pub warning_rows: Option<u64>,
    /// `error_rows` of `rows` in per cent.
    pub error_rate: Option<f64>,
    /// Each check; empty when the file could not be read as rows.
    pub checks: Vec<CheckResult>,
    /// What to do next.
    pub next_steps: Vec<NextStep>,
}
