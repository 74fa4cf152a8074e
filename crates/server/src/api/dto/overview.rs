//! The first page: what the head of a section must know in ten seconds.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Figure, InstitutionRef, NamedCode};

/// Of which period.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// Period; the newest complete month when not given.
    pub period: Option<String>,
}

/// The first page.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Overview {
    /// The period shown.
    pub period: String,
    /// The headline figures of the region, most important first.
    pub headline: Vec<Figure>,
    /// Reporting of the period, one per dataset.
    pub reporting: Vec<ReportingSummary>,
    /// Rows of the period's submissions in force.
    pub quality: QualitySummary,
    /// What needs attention, gravest first; complete.
    pub attention: Vec<Attention>,
    /// Discharges of the region by month, up to the period.
    pub trend: Vec<TrendPoint>,
}

/// How a dataset's reporting stands in a period.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReportingSummary {
    /// Dataset.
    pub dataset: NamedCode,
    /// Institution-months due.
    pub due: u32,
    /// Of them accepted in time.
    pub reported: u32,
    /// Of them accepted after the deadline.
    pub late: u32,
    /// Of them returned, nothing accepted yet.
    pub returned: u32,
    /// Last day to report in time (of the period's last month).
    pub deadline: Option<chrono::NaiveDate>,
    /// Who has sent nothing.
    pub missing: Vec<InstitutionRef>,
    /// Whose newest file was returned.
    pub returned_institutions: Vec<InstitutionRef>,
    /// Who came late.
    pub late_institutions: Vec<InstitutionRef>,
}

/// How clean a period's rows are.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct QualitySummary {
    /// Rows.
    pub rows: u64,
    /// Rows with an error, held apart.
    pub error_rows: u64,
    /// Rows with a warning only.
    pub warning_rows: u64,
    /// `error_rows` of `rows` in per cent; null without rows.
    pub error_rate: Option<f64>,
    /// Institutions with the highest error rates first, all of them.
    pub institutions: Vec<InstitutionQuality>,
}

/// How clean an institution's rows are.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstitutionQuality {
    /// Whose.
    pub institution: InstitutionRef,
    /// Rows.
    pub rows: u64,
    /// Rows with an error.
    pub error_rows: u64,
    /// Rows with a warning only.
    pub warning_rows: u64,
    /// In per cent; null without rows.
    pub error_rate: Option<f64>,
}

/// Why something is on the list of things that need attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttentionKind {
    /// 未报送
    Missing,
    /// 退回待改
    Returned,
    /// 数据质量
    Quality,
    /// 未达目标
    Target,
    /// 变化异常
    Change,
    /// 同级离群
    Outlier,
}

/// How grave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttentionSeverity {
    /// 严重
    High,
    /// 一般
    Medium,
    /// 留意
    Low,
}

/// One thing that needs attention.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Attention {
    /// Why.
    pub kind: AttentionKind,
    /// How grave.
    pub severity: AttentionSeverity,
    /// About whom; null when about the region.
    pub institution: Option<InstitutionRef>,
    /// About which indicator.
    pub indicator: Option<NamedCode>,
    /// About which check.
    pub check: Option<NamedCode>,
    /// Period.
    pub period: String,
    /// One Chinese sentence with the numbers in it.
    pub sentence: String,
    /// Page that shows it, as a path of the pages with its filters, e.g.
    /// `/indicators/EFF01?period=2024-03&institution=…`, `/submissions/{id}?tab=findings&check=FP030`,
    /// `/submissions?tab=reporting&period=2024-03`, `/submit?institution=…&period=2024-03`.
    pub link: String,
}

/// A month's discharges.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TrendPoint {
    /// Month.
    pub period: String,
    /// Discharges counted; null when nobody has reported.
    pub discharges: Option<u64>,
    /// Institutions that have reported.
    pub reported: u32,
    /// Institutions that must.
    pub due: u32,
    /// Whether the number may still change.
    pub provisional: bool,
}
