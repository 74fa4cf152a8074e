//! The demo's bulletins: the one of the month before last, issued when it was new, and a draft of the
//! newest month.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Utc};
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::scope::Scope;

use super::AppError;
use crate::api::dto::{BulletinAction, NewBulletin, NewBulletinAction};
use crate::api::error::ApiError;
use crate::app::region::Region;

/// Day of the month after it on which a month's bulletin was issued: most reports are in.
const ISSUED: u32 = 24;

fn refused(error: ApiError) -> AppError {
    AppError::Refused(format!("{} {}", error.problem().message, error.problem().help))
}

fn about(month: Month) -> NewBulletin {
    NewBulletin { period: Some(Period::containing(month, Grain::Month).to_string()), kind: None }
}

/// The day on which a month's bulletin was issued.
pub(super) fn issued_on(month: Month) -> NaiveDate {
    let first = month.plus(1).start();
    first.with_day(ISSUED).unwrap_or(first)
}

fn at(day: NaiveDate, hour: u32) -> DateTime<Utc> {
    day.and_time(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default()).and_utc()
}

/// Drafts, approves and issues a month's bulletin, on the day on which that was.
pub(super) fn issue(region: &Region, month: Month) -> Result<(), AppError> {
    let scope = Scope::whole_region("demo");
    let day = issued_on(month);
    let made = region.draft_at(&scope, &about(month), at(day, 2)).map_err(refused)?;
    let step = |action, person: &str, remark: &str| NewBulletinAction {
        revision: 0,
        action,
        person: person.to_owned(),
        remark: Some(remark.to_owned()),
        number: None,
        issued_on: None,
    };
    let approve = NewBulletinAction { revision: made.revision, ..step(BulletinAction::Approve, "许知远", "数据已与各机构核对。") };
    let approved = region.act_at(&scope, &made.row.id, &approve, at(day, 6)).map_err(refused)?;
    let finalise = NewBulletinAction {
        revision: approved.revision,
        number: Some(format!("{}〔{}〕36号", made.number_head, day.format("%Y"))),
        issued_on: Some(day),
        ..step(BulletinAction::Finalise, "沈明川", "同意印发。")
    };
    region.act_at(&scope, &made.row.id, &finalise, at(day, 8)).map(|_| ()).map_err(refused)
}

/// Drafts the newest month's.
pub(super) fn draft(region: &Region, month: Month) -> Result<(), AppError> {
    region.draft_at(&Scope::whole_region("demo"), &about(month), region.now()).map(|_| ()).map_err(refused)
}
