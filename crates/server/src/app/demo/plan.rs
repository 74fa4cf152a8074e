//! What the offices of the demo's city did about its plan this year: assignments, progress,
//! supervision, a judgement and a closing, entered as a user would.

use chrono::{NaiveDate, NaiveTime};
use serde::Deserialize;
use yizheng_pack::scope::Scope;

use super::AppError;
use crate::api::dto::{NewPlanAssignment, NewPlanProgress, PlanItem, ProgressKind, Withdrawal};
use crate::api::error::ApiError;
use crate::app::region::Region;

/// The entries in the order in which they are made.
const WORK: &str = include_str!("plan.csv");

#[derive(Deserialize)]
struct Row {
    item: String,
    /// `assign`, `withdraw` or a kind of entry.
    kind: String,
    on: NaiveDate,
    milestone: Option<u32>,
    person: String,
    text: String,
    evidence: String,
}

/// Enters everything; gives how many entries.
pub(super) fn work(region: &Region) -> Result<u32, AppError> {
    let scope = Scope::whole_region("demo");
    let Some(plan) = region.plan_in_force(region.today()).cloned() else { return Ok(0) };
    let id = &plan.meta.id;
    let mut last: Option<PlanItem> = None;
    let mut entered = 0;
    let refused = |item: &str, error: ApiError| {
        AppError::Refused(format!("{id} {item}: {} {}", error.problem().message, error.problem().help))
    };
    for row in csv::Reader::from_reader(WORK.as_bytes()).deserialize::<Row>() {
        let row = row.map_err(|error| AppError::Refused(error.to_string()))?;
        let Some(item) = plan.item(&row.item) else {
            return Err(AppError::Refused(format!("{id} has no item {}", row.item)));
        };
        let morning = row.on.and_time(NaiveTime::from_hms_opt(2, 0, 0).unwrap_or_default()).and_utc();
        let done = match row.kind.as_str() {
            "assign" => {
                let new = NewPlanAssignment {
                    lead: item.lead.clone().unwrap_or_default(),
                    with: item.with.clone(),
                    person: row.person,
                    deadline: None,
                    note: String::new(),
                };
                region.assign(&scope, id, &row.item, &new, morning)
            }
            // The newest entry of the item just written to was a mistake.
            "withdraw" => {
                let newest = last.as_ref().and_then(|item| item.progress.first()).map(|entry| entry.id.clone()).unwrap_or_default();
                region.withdraw_at(&scope, id, &row.item, &newest, &Withdrawal { reason: row.text }, morning)
            }
            kind => {
                let kind: ProgressKind =
                    serde_json::from_value(kind.into()).map_err(|error| AppError::Refused(format!("{kind}: {error}")))?;
                let new = NewPlanProgress {
                    on: row.on,
                    kind,
                    milestone: row.milestone,
                    person: row.person,
                    text: row.text,
                    evidence: row.evidence,
                };
                region.add_progress(&scope, id, &row.item, &new, morning)
            }
        };
        last = Some(done.map_err(|error| refused(&row.item, error))?);
        entered += 1;
    }
    Ok(entered)
}
