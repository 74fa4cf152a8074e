//! Institutions, as the register has them on a day.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{InstitutionRef, NamedCode};

/// An institution in the list, with the attributes in force today and how it reports.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstitutionRow {
    /// Licence number (登记号).
    pub code: String,
    /// Name.
    pub name: String,
    /// Class (机构类别).
    pub class: NamedCode,
    /// Level (医院级别), when it has one.
    pub level: Option<NamedCode>,
    /// Ownership (所有制) in words.
    pub ownership: String,
    /// Registered beds (床位数).
    pub beds: Option<i64>,
    /// Division (行政区划).
    pub region: NamedCode,
    /// Alliance (医联体).
    pub alliance: Option<NamedCode>,
    /// Newest month with an accepted submission.
    pub last_reported: Option<String>,
    /// Months with an accepted submission, of `months_due`.
    pub months_reported: u32,
    /// Months that it had to report.
    pub months_due: u32,
    /// Rows with an error in the submissions in force, in per cent; null without rows.
    pub error_rate: Option<f64>,
}

/// One institution.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Institution {
    /// Licence number (登记号).
    pub code: String,
    /// Name in force.
    pub name: String,
    /// Unified social credit code (统一社会信用代码).
    pub credit_code: Option<String>,
    /// Other names and codes that files may use for it.
    pub aliases: Vec<String>,
    /// Attributes, newest first; each version holds from its day on.
    pub versions: Vec<InstitutionVersion>,
    /// What the licence number itself says.
    pub licence: Vec<LicencePart>,
    /// Months, newest first: reported, late, returned, missing.
    pub reporting: Vec<ReportingRow>,
}

/// The attributes of an institution during some time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct InstitutionVersion {
    /// In force from this day.
    pub from: NaiveDate,
    /// To this day (exclusive); open when null.
    pub to: Option<NaiveDate>,
    /// Name.
    pub name: String,
    /// Class (机构类别).
    pub class: NamedCode,
    /// Level (医院级别).
    pub level: Option<NamedCode>,
    /// Ownership in words.
    pub ownership: String,
    /// Registered beds.
    pub beds: Option<i64>,
    /// Division.
    pub region: NamedCode,
    /// Alliance.
    pub alliance: Option<NamedCode>,
    /// Registered subjects (诊疗科目).
    pub subjects: Vec<NamedCode>,
    /// Contact person for data; null where the scope does not show it.
    pub contact: Option<String>,
    /// Their phone; null where the scope does not show it.
    pub phone: Option<String>,
}

/// A piece of the licence number and its meaning.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LicencePart {
    /// Which piece: `行政区划`, `经济类型`, `机构类别` …
    pub name: String,
    /// The digits.
    pub code: String,
    /// What they mean; null when no table knows them.
    pub meaning: Option<String>,
}

/// How a month of one institution and dataset stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportingStatus {
    /// 已报: accepted in time.
    Reported,
    /// 迟报: accepted after the deadline.
    Late,
    /// 已退回: the newest file was returned and none is accepted.
    Returned,
    /// 未报: due, nothing accepted.
    Missing,
    /// 未到期: the deadline is still to come and nothing has arrived.
    NotDue,
}

/// Which months' reporting.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportingQuery {
    /// Month; the newest month of data when not given.
    pub period: Option<String>,
    /// Dataset; all when not given.
    pub dataset: Option<String>,
    /// Only this institution's.
    pub institution: Option<String>,
}

/// One month of one institution and dataset: whether it reported, and how clean.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ReportingRow {
    /// Whose.
    pub institution: InstitutionRef,
    /// Dataset's name.
    pub dataset: NamedCode,
    /// Whether it can be filled in on a page.
    pub form: bool,
    /// Month.
    pub period: String,
    /// How it stands.
    pub status: ReportingStatus,
    /// Last day to report in time.
    pub deadline: Option<NaiveDate>,
    /// The submission in force, or the newest one that was returned.
    pub submission: Option<String>,
    /// When that came.
    pub received_at: Option<DateTime<Utc>>,
    /// Its version.
    pub version: Option<u32>,
    /// Rows; null without submission, 0 for 零报告.
    pub rows: Option<u64>,
    /// Rows with an error, held apart.
    pub error_rows: Option<u64>,
    /// Rows with a warning only.
    pub warning_rows: Option<u64>,
    /// `error_rows` of `rows` in per cent; null without rows.
    pub error_rate: Option<f64>,
}
