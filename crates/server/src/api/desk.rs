//! What the handlers ask for: one method per endpoint, answered by the application.
//!
//! The trait keeps HTTP and the application apart. Its methods are synchronous (they read files
//! and compute) and run on the blocking pool. Every one takes a [`Scope`]; there is no way to ask
//! without one. Lists that fit in memory come whole, and [`super::table`] filters, sorts, pages and
//! exports them alike; rows and findings come in [`Window`]s.

use std::path::PathBuf;

use yizheng_pack::scope::Scope;

use super::dto::*;
use super::error::ApiError;

/// Answer of a desk.
pub type Answer<T> = Result<T, ApiError>;

/// Which stretch of a long list is wanted, and in which order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Rows to skip.
    pub offset: u64,
    /// Rows wanted at most.
    pub limit: u64,
    /// Column to sort by; the list's own order when `None`. Refuse an unknown one with
    /// [`ApiError::unknown_column`].
    pub sort: Option<Sort>,
}

/// Column and direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// Column's key.
    pub column: String,
    /// Largest first.
    pub descending: bool,
}

/// A stretch of a long list.
#[derive(Debug, Clone)]
pub struct Stretch<T> {
    /// Rows of the whole list.
    pub total: u64,
    /// The rows wanted.
    pub rows: Vec<T>,
}

/// A file that was sent, already on disk.
#[derive(Debug)]
pub struct Upload {
    /// Its name, without directories.
    pub file_name: String,
    /// Where its bytes are; removed when the request ends.
    pub path: PathBuf,
    /// How many bytes.
    pub bytes: u64,
}

/// A file to be sent back.
#[derive(Debug)]
pub struct Download {
    /// Name under which the browser stores it.
    pub file_name: String,
    /// Media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub content: Content,
}

/// Where a download's bytes are.
#[derive(Debug)]
pub enum Content {
    /// In memory.
    Bytes(Vec<u8>),
    /// In a file that stays.
    Kept(PathBuf),
    /// In a file that is removed after it is sent.
    Temporary(tempfile::TempPath),
}

/// Form of a findings file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingsForm {
    /// The original rows with the cells marked and commented.
    Xlsx,
    /// `check,severity,row,key,element,value,message,sheet`
    Csv,
    /// The same as a list of objects.
    Json,
}

/// Form of a paper: a bulletin, the monthly report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaperForm {
    /// A document to send round and print.
    Docx,
    /// Its tables as a workbook.
    Xlsx,
}

/// What a dry run is about.
#[derive(Debug)]
pub struct CheckRequest {
    /// Dataset's id.
    pub dataset: String,
    /// Whose, when said.
    pub institution: Option<String>,
    /// Which month, when said.
    pub period: Option<String>,
    /// The file.
    pub upload: Upload,
}

/// What a submission is about.
#[derive(Debug)]
pub struct SubmitRequest {
    /// Dataset's id.
    pub dataset: String,
    /// Whose.
    pub institution: String,
    /// Which month.
    pub period: String,
    /// How it meets what is there.
    pub mode: Mode,
    /// Whether the user has seen which rows disappear. When false and some would, answer
    /// [`ApiError::disappearing`].
    pub confirm_disappearing: bool,
    /// The file.
    pub upload: Upload,
}

/// The application behind the HTTP contract.
pub trait Desk: Send + Sync + 'static {
    /// `GET /api/meta`
    fn meta(&self, scope: &Scope) -> Answer<Meta>;
    /// `GET /api/overview`; its attention, quality and trend are tables of their own too.
    fn overview(&self, scope: &Scope, query: &PeriodQuery) -> Answer<Overview>;
    /// `GET /api/reporting`
    fn reporting(&self, scope: &Scope, query: &ReportingQuery) -> Answer<Vec<ReportingRow>>;

    /// `GET /api/indicators`
    fn indicators(&self, scope: &Scope) -> Answer<Vec<IndicatorRow>>;
    /// `GET /api/indicators/{id}`
    fn indicator(&self, scope: &Scope, id: &str) -> Answer<Indicator>;
    /// `GET /api/figures`
    fn figures(&self, scope: &Scope, query: &FiguresQuery) -> Answer<Vec<Figure>>;
    /// `GET /api/values`
    fn values(&self, scope: &Scope, query: &ValuesQuery) -> Answer<Vec<ValueRow>>;
    /// `GET /api/explain/{indicator}`; its files are a table of their own too.
    fn explain(&self, scope: &Scope, indicator: &str, query: &ExplainQuery) -> Answer<Explanation>;
    /// `GET /api/explain/{indicator}/rows`: the columns and a window of the rows. Every column can
    /// be sorted by.
    fn explain_rows(
        &self,
        scope: &Scope,
        indicator: &str,
        query: &ExplainRowsQuery,
        window: &Window,
    ) -> Answer<(Vec<ExplainColumn>, Stretch<ExplainRow>)>;

    /// `GET /api/institutions`
    fn institutions(&self, scope: &Scope) -> Answer<Vec<InstitutionRow>>;
    /// `GET /api/institutions/{code}`; its versions are a table of their own too.
    fn institution(&self, scope: &Scope, code: &str) -> Answer<Institution>;

    /// `GET /api/submissions`, newest first
    fn submissions(&self, scope: &Scope, query: &SubmissionsQuery) -> Answer<Vec<SubmissionRow>>;
    /// `GET /api/submissions/{id}`
    fn submission(&self, scope: &Scope, id: &str) -> Answer<Submission>;
    /// `GET /api/submissions/{id}/checks`
    fn submission_checks(&self, scope: &Scope, id: &str) -> Answer<Vec<CheckResult>>;
    /// `GET /api/submissions/{id}/findings`, in the file's order
    fn findings(&self, scope: &Scope, id: &str, query: &FindingsQuery, window: &Window) -> Answer<Stretch<Finding>>;
    /// `GET /api/submissions/{id}/findings.{xlsx|csv|json}`
    fn findings_file(&self, scope: &Scope, id: &str, form: FindingsForm) -> Answer<Download>;
    /// `GET /api/submissions/{id}/changes/summary`
    fn change_summary(&self, scope: &Scope, id: &str) -> Answer<ChangeSummary>;
    /// `GET /api/submissions/{id}/changes`: removed, then changed, then added
    fn changes(&self, scope: &Scope, id: &str, window: &Window) -> Answer<Stretch<Change>>;
    /// `POST /api/submissions/{id}/explanations`
    fn explain_finding(&self, scope: &Scope, id: &str, explanation: NewExplanation) -> Answer<GivenExplanation>;

    /// `POST /api/checks`: a dry run; keep its findings for a while under a token.
    fn check(&self, scope: &Scope, request: CheckRequest) -> Answer<Outcome>;
    /// `GET /api/checks/{token}`; its checks are a table of their own too.
    fn check_outcome(&self, scope: &Scope, token: &str) -> Answer<Outcome>;
    /// `GET /api/checks/{token}/findings`
    fn check_findings(&self, scope: &Scope, token: &str, query: &FindingsQuery, window: &Window) -> Answer<Stretch<Finding>>;
    /// `GET /api/checks/{token}/findings.{xlsx|csv|json}`
    fn check_findings_file(&self, scope: &Scope, token: &str, form: FindingsForm) -> Answer<Download>;
    /// `POST /api/submissions`
    fn submit(&self, scope: &Scope, request: SubmitRequest) -> Answer<Outcome>;
    /// `POST /api/submissions/zero`
    fn submit_zero(&self, scope: &Scope, request: ZeroReport) -> Answer<Outcome>;

    /// `GET /api/datasets`
    fn datasets(&self, scope: &Scope) -> Answer<Vec<DatasetRow>>;
    /// `GET /api/datasets/{id}`; its fields and checks are tables of their own too.
    fn dataset(&self, scope: &Scope, id: &str) -> Answer<Dataset>;
    /// `GET /api/definition-changes`
    fn definition_changes(&self, scope: &Scope) -> Answer<Vec<DefinitionChange>>;
    /// `GET /api/definitions`
    fn definitions(&self, scope: &Scope, query: &DefinitionsQuery) -> Answer<Vec<DefinitionRow>>;
    /// `GET /api/definitions/{kind}/{id}`
    fn definition(&self, scope: &Scope, to: &DefinitionRef) -> Answer<DefinitionPage>;
    /// `GET /api/datasets/{id}/template.csv`: a file with the headers and no rows
    fn dataset_template(&self, scope: &Scope, id: &str) -> Answer<Download>;
    /// `GET /api/datasets/{id}/template.xlsx`: a workbook to fill in
    fn dataset_workbook(&self, scope: &Scope, id: &str, query: &TemplateQuery) -> Answer<Download>;
    /// `GET /api/datasets/{id}/form`
    fn form(&self, scope: &Scope, id: &str, query: &FormQuery) -> Answer<DatasetForm>;
    /// `POST /api/datasets/{id}/form`
    fn submit_form(&self, scope: &Scope, id: &str, form: FilledForm) -> Answer<Outcome>;
    /// `POST /api/datasets/{id}/form/check`
    fn check_form(&self, scope: &Scope, id: &str, form: FilledForm) -> Answer<Outcome>;
    /// `GET /api/urging`
    fn urging(&self, scope: &Scope, query: &UrgingQuery) -> Answer<Vec<UrgingRow>>;

    /// `GET /api/alerts`, newest first
    fn alerts(&self, scope: &Scope, query: &AlertsQuery) -> Answer<Vec<AlertRow>>;
    /// `GET /api/alerts/{alert}`; its points and its history are tables of their own too.
    fn alert(&self, scope: &Scope, alert: &str) -> Answer<Alert>;
    /// `POST /api/alerts/{alert}/actions`
    fn handle_alert(&self, scope: &Scope, alert: &str, action: NewAlertAction) -> Answer<Alert>;
    /// `GET /api/alert-rules`
    fn alert_rules(&self, scope: &Scope) -> Answer<Vec<AlertRuleRow>>;

    /// `GET /api/briefing`
    fn briefing(&self, scope: &Scope, query: &PeriodQuery) -> Answer<Briefing>;
    /// `GET /api/plans`
    fn plans(&self, scope: &Scope, query: &AsOfQuery) -> Answer<Vec<PlanRow>>;
    /// `GET /api/plans/{plan}`
    fn plan(&self, scope: &Scope, plan: &str, query: &AsOfQuery) -> Answer<Plan>;
    /// `GET /api/plans/{plan}/items`
    fn plan_items(&self, scope: &Scope, plan: &str, query: &AsOfQuery) -> Answer<Vec<PlanItemRow>>;
    /// `GET /api/plans/{plan}/targets`
    fn plan_targets(&self, scope: &Scope, plan: &str, query: &AsOfQuery) -> Answer<Vec<PlanTargetRow>>;
    /// `GET /api/plans/{plan}/reminders`
    fn plan_reminders(&self, scope: &Scope, plan: &str, query: &AsOfQuery) -> Answer<Vec<PlanReminder>>;
    /// `GET /api/plans/{plan}/items/{item}`
    fn plan_item(&self, scope: &Scope, plan: &str, item: &str, query: &AsOfQuery) -> Answer<PlanItem>;
    /// `POST /api/plans/{plan}/items/{item}/assignments`
    fn assign_plan_item(&self, scope: &Scope, plan: &str, item: &str, new: NewPlanAssignment) -> Answer<PlanItem>;
    /// `POST /api/plans/{plan}/items/{item}/progress`
    fn add_plan_progress(&self, scope: &Scope, plan: &str, item: &str, new: NewPlanProgress) -> Answer<PlanItem>;
    /// `POST /api/plans/{plan}/items/{item}/progress/{entry}/withdrawal`
    fn withdraw_plan_progress(
        &self,
        scope: &Scope,
        plan: &str,
        item: &str,
        entry: &str,
        reason: Withdrawal,
    ) -> Answer<PlanItem>;
    /// `GET /api/bulletin-kinds`
    fn bulletin_kinds(&self, scope: &Scope) -> Answer<Vec<BulletinKindRow>>;
    /// `GET /api/bulletins`, newest period first
    fn bulletins(&self, scope: &Scope) -> Answer<Vec<BulletinRow>>;
    /// `GET /api/bulletins/{bulletin}`
    fn bulletin(&self, scope: &Scope, bulletin: &str) -> Answer<Bulletin>;
    /// `POST /api/bulletins`
    fn draft_bulletin(&self, scope: &Scope, new: NewBulletin) -> Answer<Bulletin>;
    /// `POST /api/bulletins/{bulletin}/renewal`
    fn renew_bulletin(&self, scope: &Scope, bulletin: &str, seen: BulletinSeen) -> Answer<Bulletin>;
    /// `POST /api/bulletins/{bulletin}/prose`
    fn edit_bulletin(&self, scope: &Scope, bulletin: &str, prose: BulletinProse) -> Answer<Bulletin>;
    /// `POST /api/bulletins/{bulletin}/actions`
    fn handle_bulletin(&self, scope: &Scope, bulletin: &str, action: NewBulletinAction) -> Answer<Bulletin>;
    /// `GET /api/bulletins/{bulletin}/check`
    fn bulletin_check(&self, scope: &Scope, bulletin: &str) -> Answer<BulletinCheck>;
    /// `GET /api/bulletins/{bulletin}/file.docx`, `GET /api/bulletins/{bulletin}/file.xlsx`
    fn bulletin_file(&self, scope: &Scope, bulletin: &str, form: PaperForm) -> Answer<Download>;

    /// `GET /api/meeting`
    fn meeting(&self, scope: &Scope, query: &MeetingQuery) -> Answer<Meeting>;
    /// `GET /api/meeting.docx`, `GET /api/meeting.xlsx`
    fn meeting_file(&self, scope: &Scope, query: &MeetingQuery, form: PaperForm) -> Answer<Download>;
}
