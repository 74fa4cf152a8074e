//! What the section chief must know in ten seconds, and the monthly meeting's report of it.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Figure, InstitutionRef, PlanChapter, PlanCounts, PlanStatus};

/// The four questions of the section chief, each with its answers, gravest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Briefing {
    /// The period it is about.
    pub period: String,
    /// The region's plan in force; null when there is none.
    pub plan: Option<BriefingPlan>,
    /// 谁落后: items of the plan that are behind or overdue.
    pub behind: Vec<BriefingLine>,
    /// 谁没报: institutions that are late, with what they owe.
    pub late: Vec<BriefingLate>,
    /// 什么变了: what has changed since the period before (status of items, alerts opened or closed,
    /// corrected submissions).
    pub changed: Vec<BriefingLine>,
    /// 要拿主意的: what waits for a decision (judgement, closing, alerts not answered, items nobody
    /// answers for).
    pub decide: Vec<BriefingLine>,
}

/// The plan's lights.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BriefingPlan {
    /// Plan's id.
    pub id: String,
    /// Its title.
    pub name: String,
    /// Share of its time that is over, in per cent.
    pub elapsed: f64,
    /// How its items stand.
    pub counts: PlanCounts,
    /// Lights by chapter.
    pub chapters: Vec<PlanChapter>,
}

/// One line that leads to a page.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BriefingLine {
    /// A few words in front: the item's number, `预警`, `更正`.
    pub label: String,
    /// One Chinese sentence with the numbers in it.
    pub sentence: String,
    /// Who has to act, if somebody is named.
    pub who: Option<String>,
    /// Light, where it is about the plan.
    pub status: Option<PlanStatus>,
    /// Page that shows it.
    pub link: String,
}

/// An institution that owes reports.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BriefingLate {
    /// Who.
    pub institution: InstitutionRef,
    /// Names of the datasets it owes, with how: `住院病案首页（未报）`.
    pub owes: Vec<String>,
    /// Days since the oldest deadline.
    pub days: i64,
    /// Page that shows it.
    pub link: String,
}

/// Which meeting report.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MeetingQuery {
    /// Month; the newest complete month when not given.
    pub period: Option<String>,
    /// Plan; the region's plan in force when not given.
    pub plan: Option<String>,
}

/// The monthly report on the plan (月度进展报告), as page, docx and xlsx hold it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Meeting {
    /// Title: `云澜市2026年医政工作要点进展情况报告（2026年10月）`.
    pub title: String,
    /// Who issues it.
    pub issuer: String,
    /// Period it is about.
    pub period: String,
    /// Day it is made.
    pub made_on: chrono::NaiveDate,
    /// Plan and its lights.
    pub plan: BriefingPlan,
    /// One paragraph of summary.
    pub summary: String,
    /// Headline figures.
    pub headline: Vec<Figure>,
    /// Sections, in order.
    pub sections: Vec<MeetingSection>,
    /// Where the numbers come from: data as of, definitions, files, reported n of due n.
    pub sources: Vec<String>,
}

/// A section of the report: words, then a table.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MeetingSection {
    /// `一、总体进展`
    pub heading: String,
    /// Paragraphs.
    pub paragraphs: Vec<String>,
    /// A table, if the section has one.
    pub table: Option<MeetingTable>,
}

/// A table of the report.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MeetingTable {
    /// Column titles.
    pub columns: Vec<String>,
    /// Cells as printed, by row.
    pub rows: Vec<Vec<String>>,
    /// Light of each row, where it is about an item.
    pub lights: Vec<Option<PlanStatus>>,
    /// Page of each row.
    pub links: Vec<Option<String>>,
}
