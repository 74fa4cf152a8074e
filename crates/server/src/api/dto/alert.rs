//! Alerts: what the computation found, and what people made of it.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{AttentionSeverity, By, DefinitionStatus, InstitutionRef, NamedCode, Target};

/// Where an alert is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// 待签收
    Open,
    /// 已签收
    Acknowledged,
    /// 已说明: answered, to be judged by the regulator.
    Explained,
    /// 已办结: closed by a person, with a reason.
    Closed,
    /// 已撤销: withdrawn by computation, because the data were corrected or the submission came.
    Withdrawn,
}

/// How a rule finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// 未达目标: the target was missed in several months.
    Target,
    /// 逾期未报: a submission is overdue.
    Overdue,
    /// 统计控制图: a control chart (XmR) shows a special cause.
    Control,
}

/// Which alerts.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AlertsQuery {
    /// Only in this state.
    #[param(inline)]
    pub state: Option<AlertState>,
    /// `true`: only those that still wait for somebody (open, acknowledged, explained); `false`: only
    /// those that ended.
    pub active: Option<bool>,
    /// Only of this institution.
    pub institution: Option<String>,
    /// Only about this indicator.
    pub indicator: Option<String>,
    /// Only about this dataset.
    pub dataset: Option<String>,
    /// Only of this rule.
    pub rule: Option<String>,
}

/// One alert in the list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AlertRow {
    /// Number, e.g. `A000012`.
    pub id: String,
    /// Rule.
    pub rule: NamedCode,
    /// How the rule finds; null when the rule is no longer defined.
    pub kind: Option<AlertKind>,
    /// How grave.
    pub severity: AttentionSeverity,
    /// Where it is in its life.
    pub state: AlertState,
    /// Over what: `region` or `institution`.
    pub by: By,
    /// About whom; with `by=region` the region.
    pub institution: InstitutionRef,
    /// About which indicator; null when about a dataset.
    pub indicator: Option<NamedCode>,
    /// About which dataset; null when about an indicator.
    pub dataset: Option<NamedCode>,
    /// One Chinese sentence with the numbers of the newest month in it.
    pub sentence: String,
    /// First month that broke the rule.
    pub first_period: String,
    /// Newest month that did.
    pub last_period: String,
    /// When the computation opened it.
    pub opened_at: chrono::DateTime<chrono::Utc>,
    /// Last day to answer.
    pub due: chrono::NaiveDate,
    /// Whether it waits for an answer beyond that day.
    pub overdue: bool,
    /// The institution's answer, the newest.
    pub explanation: Option<String>,
    /// When it was closed or withdrawn.
    pub ended_at: Option<chrono::DateTime<chrono::Utc>>,
    /// Who closed it.
    pub ended_by: Option<String>,
    /// Why it was closed or withdrawn.
    pub reason: Option<String>,
    /// Page that shows the numbers, as a path of the pages with its filters.
    pub link: String,
}

/// One alert with all that it rests on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    /// As in the list.
    pub alert: AlertRow,
    /// How it was found, in plain Chinese; null when the rule is no longer defined.
    pub method: Option<String>,
    /// What the rule is for.
    pub purpose: Option<String>,
    /// What the rule cannot show.
    pub limits: Option<String>,
    /// The documents it stands on, one for each.
    pub legal_basis: Vec<String>,
    /// The series as it was when the newest evidence was found; null for an overdue submission.
    pub series: Option<AlertSeries>,
    /// What each month showed, in the order in which it was found.
    pub evidence: Vec<AlertEvidence>,
    /// What was done, oldest first.
    pub history: Vec<AlertStep>,
    /// What the caller can do now.
    pub actions: Vec<AlertAction>,
}

/// A series, drawn as a chart and listed as a table.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AlertSeries {
    /// Unit of the values.
    pub unit: String,
    /// Digits after the point when printed.
    pub digits: u8,
    /// Mean of the baseline (中心线); null without a control chart.
    pub centre: Option<f64>,
    /// Lower limit (控制下限).
    pub lower: Option<f64>,
    /// Upper limit (控制上限).
    pub upper: Option<f64>,
    /// The worse side, where there is one.
    pub worse: Option<AlertSide>,
    /// The target in force in the newest month.
    pub target: Option<Target>,
    /// The months, oldest first.
    pub points: Vec<AlertPoint>,
}

/// A side of the centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertSide {
    /// 偏高
    High,
    /// 偏低
    Low,
}

/// A month of a series.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AlertPoint {
    /// Month.
    pub period: String,
    /// Value; null when there is none or it does not count.
    pub value: Option<f64>,
    /// Value for print, without unit; `—` for none.
    pub display: String,
    /// Denominator behind it; null where there is none.
    pub denominator: Option<f64>,
    /// Whether centre and limits come from it.
    pub baseline: bool,
    /// Whether the target was met; null without a target or value.
    pub met: Option<bool>,
    /// What it breaks, in Chinese, e.g. `超出控制限`; of a control chart.
    pub broken: Vec<String>,
    /// Whether it is the month that alarmed.
    pub alarm: bool,
    /// Why it does not count, e.g. `分母 12 小于 30`.
    pub reason: Option<String>,
}

/// What a month showed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AlertEvidence {
    /// Month.
    pub period: String,
    /// One Chinese sentence with its numbers.
    pub sentence: String,
    /// When it was found.
    pub found_at: chrono::DateTime<chrono::Utc>,
    /// Fingerprint of the definitions it was found with.
    pub pack: String,
    /// Their layers with versions, e.g. `national 0.2.0 + yunlan 0.1.0`; null where it was not kept.
    pub pack_version: Option<String>,
    /// Version of the program that found it; null where it was not kept.
    pub program: Option<String>,
    /// Since when it no longer holds.
    pub withdrawn_at: Option<chrono::DateTime<chrono::Utc>>,
    /// Why it no longer holds.
    pub withdrawn_because: Option<String>,
}

/// A step in an alert's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertStepKind {
    /// 产生
    Opened,
    /// 新增证据
    Extended,
    /// 撤销
    Withdrawn,
    /// 签收
    Acknowledged,
    /// 说明
    Explained,
    /// 办结
    Closed,
    /// 退回重办
    Reopened,
}

/// Something that was done with an alert.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AlertStep {
    /// When.
    pub at: chrono::DateTime<chrono::Utc>,
    /// Who; the computation for what it did itself.
    pub actor: String,
    /// What.
    pub kind: AlertStepKind,
    /// What was said, or which months it concerned.
    pub text: Option<String>,
}

/// What somebody does with an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertAction {
    /// 签收
    Acknowledge,
    /// 说明; needs a text.
    Explain,
    /// 办结; needs a text; for the regulator.
    Close,
    /// 退回重办; needs a text; for the regulator.
    Reopen,
}

/// Something to be done with an alert.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewAlertAction {
    /// What.
    pub action: AlertAction,
    /// The answer, the reason, what is still wanted; not needed to acknowledge.
    pub text: Option<String>,
}

/// An alert rule with how it came out when the region was last watched.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AlertRuleRow {
    /// Rule's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it is in its life.
    pub status: DefinitionStatus,
    /// How it finds.
    pub kind: AlertKind,
    /// Over what a series is taken: `region` or `institution`.
    pub by: By,
    /// How grave a breach is.
    pub severity: AttentionSeverity,
    /// How it finds, in plain Chinese.
    pub method: String,
    /// What it watches: indicators or datasets.
    pub watches: Vec<NamedCode>,
    /// Calendar days within which an alert must be answered.
    pub answer_within: u32,
    /// What it is for.
    pub purpose: String,
    /// Documents.
    pub legal_basis: String,
    /// What it cannot show.
    pub limits: String,
    /// Months of series that break it now.
    pub alarms: u64,
    /// Months of series that do not.
    pub clear: u64,
    /// Months of series that could not be judged.
    pub not_judged: u64,
    /// Why not, with how many.
    pub reasons: Vec<AlertReason>,
    /// Its alerts that still wait for somebody.
    pub active: u64,
}

/// Why months could not be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertReason {
    /// The reason, in plain Chinese.
    pub reason: String,
    /// Months of series.
    pub count: u64,
}
