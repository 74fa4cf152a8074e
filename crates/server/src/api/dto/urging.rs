//! Urging (催报): who has not reported, whom to call and what to write.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{InstitutionRef, NamedCode, ReportingStatus};

/// Which months are urged.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UrgingQuery {
    /// Month, quarter or year; the newest month of data when not given.
    pub period: Option<String>,
}

/// One dataset that one institution owes for a month: nothing has come, or what came was returned.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct UrgingRow {
    /// Who owes it.
    pub institution: InstitutionRef,
    /// Who to call there, from the register.
    pub contact: Option<String>,
    /// Their phone.
    pub phone: Option<String>,
    /// What is owed.
    pub dataset: NamedCode,
    /// Month.
    pub period: String,
    /// 未报 or 已退回.
    pub status: ReportingStatus,
    /// Last day to report in time.
    pub deadline: NaiveDate,
    /// Days since the deadline; 0 while it is not past.
    pub days_overdue: i64,
    /// The submission that was returned.
    pub submission: Option<String>,
    /// Why it was returned.
    pub returned_reason: Option<String>,
    /// Month of the last submission of this dataset that was accepted; null when there was none.
    pub last_period: Option<String>,
    /// When that came.
    pub last_received_at: Option<DateTime<Utc>>,
    /// The notice to the institution, ready to copy: one for all that it owes.
    pub notice: String,
}
