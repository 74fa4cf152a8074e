//! Measured values: a figure with everything a reader compares it with, a series, an explanation.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{InstitutionRef, NamedCode};

/// Over what a value is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The whole region.
    Region,
    /// Each alliance (医联体).
    Alliance,
    /// Each institution.
    Institution,
    /// Each department (科室) of an institution.
    Department,
}

/// Length of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grain {
    /// 月
    Month,
    /// 季度
    Quarter,
    /// 年
    Year,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Higher is better (监测导向：逐步提高).
    Up,
    /// Lower is better (监测导向：逐步降低).
    Down,
    /// Within a range (控制在合理范围).
    Range,
    /// Watched, without a better side (监测比较).
    Watch,
}

/// Which figures.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FiguresQuery {
    /// Indicator ids, comma-separated; every measured one when not given.
    pub indicator: Option<String>,
    /// Period: `2024-03`, `2024-Q1` or `2024`; the newest complete month when not given.
    pub period: Option<String>,
    /// Over what to sum; the region when not given.
    #[param(inline)]
    pub by: Option<By>,
    /// Only this institution's.
    pub institution: Option<String>,
    /// Only institutions of this level (医院级别), in words as answered in `institution.level`.
    pub level: Option<String>,
}

/// One indicator's value with what a reader compares it with.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Figure {
    /// Indicator's id, e.g. `EFF01`.
    pub indicator: String,
    /// Its name.
    pub name: String,
    /// Its domain (领域).
    pub domain: String,
    /// Unit of `value`: `%`, `天`, `元` …
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// What the value is summed over.
    pub by: By,
    /// Institution, alliance or region.
    pub institution: Option<InstitutionRef>,
    /// Department, with `by=department`.
    pub department: Option<NamedCode>,
    /// The period measured.
    pub period: String,
    /// Numerator; null when not measured.
    pub numerator: Option<f64>,
    /// Denominator; null when not measured or when the indicator has none (a plain count).
    pub denominator: Option<f64>,
    /// The value in `unit` (12.3 with unit `%` is 12.3 %); null is not measured, see the reason.
    pub value: Option<f64>,
    /// The value rounded for print, with thousands separators, without unit; `—` when null.
    pub display: String,
    /// How sure the value is, where the kind of indicator has an interval.
    pub interval: Option<Interval>,
    /// Against the period before (环比).
    pub previous: Option<Comparison>,
    /// Against the same period a year ago (同比).
    pub year_ago: Option<Comparison>,
    /// The target in force for this class of institution in this period.
    pub target: Option<Target>,
    /// Value less target, in `unit` (目标差).
    pub target_gap: Option<f64>,
    /// The gap for print, with its sign, without unit.
    pub target_gap_display: Option<String>,
    /// Whether the target is met; null without target or value.
    pub target_met: Option<bool>,
    /// Place among its peers (同级排名).
    pub rank: Option<Rank>,
    /// Institution-months that have reported.
    pub reported: u32,
    /// Institution-months that are due.
    pub due: u32,
    /// True while a month that it needs is not in, or its follow-up window is open.
    pub provisional: bool,
    /// True while its follow-up window is open (观察期未满): then it is neither judged, compared nor
    /// ranked.
    pub observing: bool,
    /// Why there is no value, in plain Chinese; null when there is one.
    pub not_measured_reason: Option<String>,
}

/// An interval around a value, in the value's unit.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Confidence level, e.g. 0.95.
    pub level: f64,
    /// Method in words, e.g. `Wilson`.
    pub method: String,
    /// For print: `5.1～7.3`.
    pub display: String,
}

/// Another period's value and the change against it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Comparison {
    /// The other period.
    pub period: String,
    /// Its value; null when not measured.
    pub value: Option<f64>,
    /// That value for print.
    pub display: String,
    /// For shares in percentage points, otherwise relative in per cent; null when either is missing
    /// or the other value is 0.
    pub change: Option<f64>,
    /// The change for print with sign and unit: `+1.2个百分点`, `-3.4%`; `—` when null.
    pub change_display: String,
}

/// A dated target for a class of institution.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Target {
    /// On which side it bounds.
    pub operator: TargetOperator,
    /// The bound in the indicator's unit; of a range the lower one.
    pub value: f64,
    /// Of a range the upper bound, else null.
    pub high: Option<f64>,
    /// For print with unit: `≤ 8 天`, `1～2 ‰`.
    pub display: String,
    /// For which class or level of institution, in words; all when null.
    pub applies_to: Option<String>,
    /// In force from this day.
    pub from: chrono::NaiveDate,
    /// Last day in force; open when null.
    pub to: Option<chrono::NaiveDate>,
    /// The document that sets it.
    pub source: String,
    /// The layer of definitions that sets it, by name.
    pub layer: String,
}

/// The side on which a target bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetOperator {
    /// 不高于 (≤)
    AtMost,
    /// 不低于 (≥)
    AtLeast,
    /// 在两个数之间 (含)
    Between,
}

/// Place among institutions of the same level that have a value, best first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Rank {
    /// Place from 1; equal values share a place.
    pub rank: u32,
    /// Of how many.
    pub of: u32,
    /// Name of the peer group, e.g. `二级综合医院`.
    pub peers: String,
}

/// Which series.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ValuesQuery {
    /// Indicator ids, comma-separated; every measured one when not given.
    pub indicator: Option<String>,
    /// First period; the first month of data when not given.
    pub from: Option<String>,
    /// Last period, included; the newest month of data when not given.
    pub to: Option<String>,
    /// Length of each period; month when not given.
    #[param(inline)]
    pub grain: Option<Grain>,
    /// Over what to sum; the region when not given.
    #[param(inline)]
    pub by: Option<By>,
    /// Only this institution's.
    pub institution: Option<String>,
}

/// One row of `yizheng values`, with names.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ValueRow {
    /// Indicator's id.
    pub indicator: String,
    /// Its name.
    pub name: String,
    /// Institution, alliance or region.
    pub institution: Option<InstitutionRef>,
    /// Department.
    pub department: Option<NamedCode>,
    /// Period.
    pub period: String,
    /// Numerator.
    pub numerator: Option<f64>,
    /// Denominator.
    pub denominator: Option<f64>,
    /// Value in `unit`; null is not measured.
    pub value: Option<f64>,
    /// The value for print.
    pub display: String,
    /// Interval around the value.
    pub interval: Option<Interval>,
    /// Unit.
    pub unit: String,
    /// Target in force in that period.
    pub target: Option<Target>,
    /// `met`, `missed`, `no_target` or `not_measured`.
    pub status: TargetStatus,
    /// Institution-months reported.
    pub reported: u32,
    /// Institution-months due.
    pub due: u32,
    /// Whether the value may still change.
    pub provisional: bool,
    /// True while its follow-up window is open (观察期未满): then it is neither judged, compared nor
    /// ranked.
    pub observing: bool,
    /// Why there is no value.
    pub not_measured_reason: Option<String>,
}

/// A value against its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetStatus {
    /// 达标
    Met,
    /// 未达标
    Missed,
    /// 无目标值
    NoTarget,
    /// 未测量
    NotMeasured,
    /// 观察期未满
    Observing,
}

/// Of which value an explanation is wanted.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExplainQuery {
    /// Period; the newest complete month when not given.
    pub period: Option<String>,
    /// Over what; the region when not given.
    #[param(inline)]
    pub by: Option<By>,
    /// Institution, or alliance's code with `by=alliance`.
    pub institution: Option<String>,
    /// Department's code, with `by=department`.
    pub department: Option<String>,
    /// As the data were known at this moment; now when not given.
    pub known_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// Where a value comes from.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// The value itself.
    pub figure: Figure,
    /// How the definition reads, population first.
    pub reading: Vec<ReadingLine>,
    /// The sums that made numerator and denominator.
    pub parts: Vec<ExplainPart>,
    /// The files that the rows come from.
    pub files: Vec<SourceFile>,
    /// Each month of the period: who has reported, who has not.
    pub months: Vec<MonthReported>,
    /// Documents that the definition rests on.
    pub legal_basis: Vec<String>,
    /// The definition's file in its pack, e.g. `national/indicators/EFF01.toml`.
    pub definition_file: String,
}

/// One clause of a definition.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReadingLine {
    /// Which clause.
    pub clause: Clause,
    /// The clause in Chinese.
    pub text: String,
    /// The clause as the expression that is evaluated.
    pub expression: String,
}

/// A clause of an indicator's definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Clause {
    /// 初始人群
    Population,
    /// 分母
    Denominator,
    /// 排除
    Exclusion,
    /// 分子
    Numerator,
}

/// One sum behind a value.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExplainPart {
    /// Which clause it belongs to.
    pub clause: Clause,
    /// What was summed, in Chinese: `出院人数`, `总费用合计`.
    pub name: String,
    /// Rows that entered.
    pub rows: u64,
    /// The sum in `unit`.
    pub sum: f64,
    /// The sum for print with unit.
    pub display: String,
}

/// One submission that a value rests on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SourceFile {
    /// Submission's id.
    pub submission: String,
    /// Whose.
    pub institution: InstitutionRef,
    /// Month.
    pub period: String,
    /// Version within institution, dataset and month, from 1.
    pub version: u32,
    /// When it came.
    pub received_at: chrono::DateTime<chrono::Utc>,
    /// Name of the file; null for 零报告.
    pub file_name: Option<String>,
    /// Rows of the file.
    pub rows: u64,
    /// Rows of it that count (without rows held apart for errors).
    pub counted_rows: u64,
    /// SM3 of the bytes, hexadecimal.
    pub hash: String,
}

/// Who has reported in a month.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MonthReported {
    /// Month.
    pub period: String,
    /// Institutions that have.
    pub reported: u32,
    /// Institutions that must.
    pub due: u32,
    /// Those that have not.
    pub missing: Vec<InstitutionRef>,
    /// Those whose rows cannot be used for the indicator, with the reason.
    pub gaps: Vec<MonthGap>,
}

/// A month of an institution that is in and yet does not count.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MonthGap {
    /// Whose; the region, where its own report does not count.
    pub institution: InstitutionRef,
    /// Why, in plain Chinese.
    pub reason: String,
}

/// Which rows behind a value.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExplainRowsQuery {
    /// Period; the newest complete month when not given.
    pub period: Option<String>,
    /// Over what; the region when not given.
    #[param(inline)]
    pub by: Option<By>,
    /// Institution, or alliance's code with `by=alliance`.
    pub institution: Option<String>,
    /// Department's code, with `by=department`.
    pub department: Option<String>,
    /// As the data were known at this moment; now when not given.
    pub known_at: Option<chrono::DateTime<chrono::Utc>>,
    /// Rows of the numerator or of the denominator; the numerator when not given.
    #[param(inline)]
    pub part: Option<Part>,
}

/// Side of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// 分子
    Numerator,
    /// 分母
    Denominator,
}

/// One page of the rows behind a value. Identity (name, ID number, address, phone) is never here.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExplainRows {
    /// What `cells` of each row hold, in order: the dataset's listed fields (病案号, 住院次数,
    /// 入院/出院日期, 科别, 主要诊断 …), then those that the definition reads.
    pub columns: Vec<ExplainColumn>,
    /// Rows on all pages together.
    pub total: u64,
    /// This page's number, from 1.
    pub page: u32,
    /// Rows per page.
    pub size: u32,
    /// The rows.
    pub rows: Vec<ExplainRow>,
}

/// A column of the rows behind a value.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExplainColumn {
    /// Element's code; the key to sort by.
    pub code: String,
    /// Its name.
    pub name: String,
    /// True when its cells are numbers.
    pub numeric: bool,
    /// True when the definition reads it; false when it only helps to find the record.
    pub by_definition: bool,
}

/// One row behind a value.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ExplainRow {
    /// Institution.
    pub institution: InstitutionRef,
    /// Submission that brought it.
    pub submission: String,
    /// Sheet of a workbook, or file of an archive.
    pub sheet: Option<String>,
    /// Row in that sheet or file as a spreadsheet counts it (the header is 1).
    pub row: u64,
    /// What it adds to the asked part, for print.
    pub adds: String,
    /// The values, in the order of `columns`; null is not known.
    pub cells: Vec<Option<String>>,
}
