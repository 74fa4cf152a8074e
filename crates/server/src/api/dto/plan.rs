//! Work plans (工作要点): how far each item has really got, and what people have done about it.
//!
//! Two things stand side by side and are never mixed: the computed status of an item, read from
//! indicators, registers, procedures and milestones; and its handling (责任分解、督办、销号), which
//! named persons enter.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Figure, InstitutionRef, NamedCode};

/// How an item or target stands by computation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanStatus {
    /// 逾期: the deadline is past and it is not met.
    Overdue,
    /// 滞后: not met, and by its course it will not be in time.
    Behind,
    /// 未测量: nothing says how it stands; the reason stands beside it.
    NotMeasured,
    /// 待人工判定: a person has to judge (the text gives ≈ without a tolerance, or no measurable demand).
    Judgement,
    /// 正常推进: not met yet, in time by its course.
    OnCourse,
    /// 已完成（达标）
    Met,
    /// 不纳入自动评价: recorded, deliberately not automated, with the reason.
    Excluded,
}

/// As of which day a plan is read.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AsOfQuery {
    /// Day; today when not given.
    pub as_of: Option<NaiveDate>,
}

/// How many items stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlanCounts {
    /// All items.
    pub items: u32,
    /// 已完成
    pub met: u32,
    /// 正常推进
    pub on_course: u32,
    /// 滞后
    pub behind: u32,
    /// 逾期
    pub overdue: u32,
    /// 待人工判定
    pub judgement: u32,
    /// 未测量
    pub not_measured: u32,
    /// 不纳入自动评价
    pub excluded: u32,
}

/// A plan in the list of plans.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanRow {
    /// Id.
    pub id: String,
    /// Title.
    pub name: String,
    /// Whose place; `未写明` where the text does not say.
    pub place: String,
    /// Who published it.
    pub publisher: String,
    /// Plan year.
    pub year: i32,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// Whether it is the region's own plan in force today.
    pub current: bool,
    /// How its items stand.
    pub counts: PlanCounts,
}

/// A plan with its lights.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Plan {
    /// Its line in the list.
    pub head: PlanRow,
    /// What it is.
    pub purpose: String,
    /// The document.
    pub legal_basis: String,
    /// What is lost or uncertain in its text.
    pub limits: String,
    /// As of which day it is read.
    pub as_of: NaiveDate,
    /// Share of the plan's time that is over, in per cent.
    pub elapsed: f64,
    /// Its chapters, in order.
    pub chapters: Vec<PlanChapter>,
    /// Where its definition stands, e.g. `yunlan/plans/yunlan-2026.toml`.
    pub definition_file: String,
}

/// A chapter with its light.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanChapter {
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// The worst status among its items that says something: the chapter's light.
    pub light: PlanStatus,
    /// How its items stand.
    pub counts: PlanCounts,
}

/// An item in the list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanItemRow {
    /// Number within the plan.
    pub number: String,
    /// Number of its chapter.
    pub chapter: String,
    /// Title of its chapter.
    pub chapter_title: String,
    /// Short heading.
    pub title: String,
    /// Lead office (牵头科室).
    pub lead: Option<String>,
    /// Co-offices (配合科室).
    pub with: Vec<String>,
    /// Who answers for it (责任人).
    pub person: Option<String>,
    /// Deadline.
    pub deadline: NaiveDate,
    /// Days until the deadline; negative when past.
    pub days_left: i64,
    /// How it stands by computation.
    pub status: PlanStatus,
    /// Why, in one Chinese sentence with the numbers in it.
    pub reason: String,
    /// Its first target for print: `县域内就诊率 ≥ 90 %`.
    pub target: Option<String>,
    /// The value against that target for print, with unit.
    pub value: Option<String>,
    /// The year's end by forecast for print: `88.1（86.9–89.3）%`.
    pub forecast: Option<String>,
    /// Newest entry about it.
    pub last_progress: Option<NaiveDate>,
    /// What people say of it.
    pub handling: PlanHandling,
    /// Capability it belongs to (C01 … C14, TK, PH, XL-…), with its name.
    pub capability: NamedCode,
}

/// How an item is handled by people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanHandling {
    /// 未分解: nobody answers for it.
    Unassigned,
    /// 推进中
    Running,
    /// 督办中
    Supervised,
    /// 已销号
    Closed,
}

/// An item with everything known of it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanItem {
    /// Plan's id and name.
    pub plan: NamedCode,
    /// Its line in the list.
    pub row: PlanItemRow,
    /// What it demands.
    pub demand: String,
    /// Who acts.
    pub actors: Vec<String>,
    /// Further capabilities it serves.
    pub also: Vec<NamedCode>,
    /// How its status is found, in Chinese.
    pub status_by: String,
    /// What it is bound to beside its targets.
    pub bindings: Vec<PlanBinding>,
    /// Its targets, each with where it stands.
    pub targets: Vec<PlanTarget>,
    /// Its milestones, by date.
    pub milestones: Vec<PlanMilestone>,
    /// Why it is not automated; null when it is.
    pub excluded: Option<String>,
    /// Every entry about it, newest first; withdrawn ones stay visible.
    pub progress: Vec<PlanProgress>,
    /// Who was made to answer for it, newest first.
    pub assignments: Vec<PlanAssignment>,
    /// Numbers of the items before and after it.
    pub previous: Option<String>,
    /// The one after it.
    pub next: Option<String>,
}

/// Something an item is bound to.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanBinding {
    /// 指标, 登记簿, 办理事项, 里程碑, 一般任务.
    pub kind: String,
    /// Id.
    pub id: String,
    /// Name, where it is known.
    pub name: String,
    /// Whether the program has it today.
    pub available: bool,
    /// The page that shows it.
    pub link: Option<String>,
    /// Its value, for an indicator.
    pub figure: Option<Figure>,
}

/// A target of the plan: its own, of its place and year.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanTarget {
    /// What it measures.
    pub measures: String,
    /// Of whom.
    pub subject: String,
    /// For print: `≥ 90 %`, `≈ 30 %（力争）`, `全部`, `未给出数值`.
    pub display: String,
    /// The words of the text that carry it.
    pub quote: String,
    /// Deadline.
    pub by: NaiveDate,
    /// The indicator that measures it.
    pub indicator: Option<NamedCode>,
    /// How it stands.
    pub status: PlanStatus,
    /// Why, in one Chinese sentence with the numbers in it.
    pub reason: String,
    /// The value now, in the indicator's unit.
    pub value: Option<f64>,
    /// For print, with unit.
    pub value_display: Option<String>,
    /// Of which period the value is.
    pub period: Option<String>,
    /// Whether that value may still change.
    pub provisional: bool,
    /// Months of the plan's time, for the chart.
    pub series: Vec<PlanPoint>,
    /// The target's value, for the chart.
    pub line: Option<f64>,
    /// Upper end of a range, for the chart.
    pub line_high: Option<f64>,
    /// What the end of the plan's time will bring by the trend.
    pub forecast: Option<PlanForecast>,
    /// Why there is no forecast.
    pub no_forecast: Option<String>,
    /// Institutions that do not meet it, where it holds for each.
    pub missed_by: Vec<PlanMissed>,
    /// The page that shows the value.
    pub link: Option<String>,
}

/// An institution that misses a target.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanMissed {
    /// Who.
    pub institution: InstitutionRef,
    /// Its value for print, with unit.
    pub display: String,
}

/// A month of a target's series.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanPoint {
    /// Month.
    pub period: String,
    /// The month's own value; null when not measured.
    pub value: Option<f64>,
    /// The value of the plan's time up to this month's end.
    pub cumulative: Option<f64>,
    /// Whether it may still change.
    pub provisional: bool,
}

/// A forecast of the end of the plan's time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanForecast {
    /// Expected value.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Confidence, 0.8 for 80 %.
    pub level: f64,
    /// For print, with unit.
    pub display: String,
    /// How it is computed, in Chinese.
    pub method: String,
    /// Months it rests on.
    pub months: u32,
}

/// A milestone of an item.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanMilestone {
    /// Its place among the item's milestones, from 1.
    pub number: u32,
    /// By when.
    pub by: NaiveDate,
    /// What must be there.
    pub title: String,
    /// When it was reported done; null when not.
    pub done_on: Option<NaiveDate>,
    /// By whom.
    pub done_by: Option<String>,
    /// Past its day and not done.
    pub overdue: bool,
}

/// What an entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProgressKind {
    /// 进展
    Progress,
    /// 里程碑完成
    MilestoneDone,
    /// 督办
    Supervision,
    /// 人工判定：完成
    JudgedMet,
    /// 人工判定：未完成
    JudgedNotMet,
    /// 销号
    Closed,
    /// 恢复（撤销销号）
    Reopened,
}

/// An entry about an item.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanProgress {
    /// Id.
    pub id: String,
    /// Its day.
    pub on: NaiveDate,
    /// When it was entered.
    pub entered_at: DateTime<Utc>,
    /// What it says.
    pub kind: ProgressKind,
    /// Which milestone, by number.
    pub milestone: Option<u32>,
    /// Named person who answers for the entry.
    pub person: String,
    /// What was done.
    pub text: String,
    /// What shows it: document number, link, file name.
    pub evidence: String,
    /// Who entered it.
    pub actor: String,
    /// Why it was withdrawn; null while it stands.
    pub withdrawn: Option<String>,
}

/// A new entry.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewPlanProgress {
    /// Its day, not in the future.
    pub on: NaiveDate,
    /// What it says.
    pub kind: ProgressKind,
    /// Which milestone, for `milestone_done`.
    pub milestone: Option<u32>,
    /// Named person who answers for it.
    pub person: String,
    /// What was done.
    pub text: String,
    /// What shows it; required to close an item and to judge one.
    #[serde(default)]
    pub evidence: String,
}

/// Why an entry is withdrawn.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Withdrawal {
    /// The reason.
    pub reason: String,
}

/// Who answers for an item (责任分解).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanAssignment {
    /// Lead office.
    pub lead: String,
    /// Co-offices.
    pub with: Vec<String>,
    /// Named person.
    pub person: String,
    /// Deadline, when it was set apart from the plan's.
    pub deadline: Option<NaiveDate>,
    /// A note.
    pub note: String,
    /// Who entered it.
    pub actor: String,
    /// When.
    pub entered_at: DateTime<Utc>,
}

/// A new assignment.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewPlanAssignment {
    /// Lead office.
    pub lead: String,
    /// Co-offices.
    #[serde(default)]
    pub with: Vec<String>,
    /// Named person.
    pub person: String,
    /// Deadline, when other than the plan's.
    pub deadline: Option<NaiveDate>,
    /// A note.
    #[serde(default)]
    pub note: String,
}

/// A target in the table of all targets of a plan.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanTargetRow {
    /// Item's number.
    pub item: String,
    /// Item's heading.
    pub title: String,
    /// What it measures.
    pub measures: String,
    /// Of whom.
    pub subject: String,
    /// For print.
    pub display: String,
    /// Deadline.
    pub by: NaiveDate,
    /// The indicator that measures it.
    pub indicator: Option<NamedCode>,
    /// How it stands.
    pub status: PlanStatus,
    /// The value for print, with unit.
    pub value: Option<String>,
    /// The forecast for print, with unit.
    pub forecast: Option<String>,
    /// Why.
    pub reason: String,
}

/// A reminder (提醒) that is due.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlanReminder {
    /// Item's number.
    pub item: String,
    /// Item's heading.
    pub title: String,
    /// 提醒, 督办, 通报: how far it has escalated.
    pub level: String,
    /// To whom: office and person.
    pub to: String,
    /// Why, in one sentence.
    pub reason: String,
    /// Deadline it is about.
    pub deadline: NaiveDate,
    /// A notice ready to copy.
    pub notice: String,
}
