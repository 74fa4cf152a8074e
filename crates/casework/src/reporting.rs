//! Who had to report, and how each month of each institution stands.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, FixedOffset, NaiveDate, Utc};
use sea_orm::{ColumnTrait, Condition};
use serde::{Deserialize, Serialize};
use yizheng_pack::dataset::Due;
use yizheng_pack::period::Month;
use yizheng_pack::scope::Scope;

use crate::entity::submission;
use crate::institutions::Institution;
use crate::store::{Desk, StoreError};
use crate::submissions::{Status, Submission, read};

/// How a month of one institution stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// 已报: accepted; the first accepted version came in time.
    Reported,
    /// 迟报: accepted; the first accepted version came after the deadline.
    Late,
    /// 已退回: nothing is accepted, and what came was returned.
    Returned,
    /// 未报: nothing has come and the deadline is past.
    Missing,
    /// 未到期: nothing has come yet and there is still time.
    NotDue,
}

/// One month of one institution and dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Reporting {
    /// Licence number.
    pub institution: String,
    /// Month.
    pub month: Month,
    /// Whether it has to report; those that need not and did report are listed too.
    pub due: bool,
    /// Last day to report in time.
    pub deadline: NaiveDate,
    /// How it stands.
    pub standing: Standing,
    /// The submission in force, or the newest that was returned.
    pub submission: Option<Submission>,
}

/// Whether an institution has to report a month: on some day of it, it was in force with the class,
/// level and beds that are asked for.
fn is_due(due: &Due, versions: &[&Institution], month: Month) -> bool {
    let due = due.of(month);
    versions.iter().any(|version| {
        version.valid_from < month.end()
            && version.valid_to.is_none_or(|to| month.start() < to)
            && due.asks(
                &version.attributes.class,
                version.attributes.level.as_deref().unwrap_or_default(),
                version.attributes.beds,
            )
    })
}

/// The last day to report a month in time.
pub fn deadline(due: &Due, month: Month) -> NaiveDate {
    let last_day = month.end().pred_opt().unwrap_or(month.end());
    last_day.checked_add_days(Days::new(due.of(month).days.into())).unwrap_or(NaiveDate::MAX)
}

/// Whether a moment lies after a day, as the clocks in China have it.
fn is_after(moment: DateTime<Utc>, day: NaiveDate) -> bool {
    FixedOffset::east_opt(8 * 3600).is_some_and(|zone| moment.with_timezone(&zone).date_naive() > day)
}

/// A submission as it was at a past moment; `None` while it was not there.
fn then(mut submission: Submission, moment: DateTime<Utc>) -> Option<Submission> {
    if submission.decided_at > moment {
        return None;
    }
    if submission.superseded_at.is_some_and(|at| at > moment) {
        submission.status = Status::Accepted;
        submission.superseded_at = None;
        submission.superseded_by = None;
    }
    Some(submission)
}

fn stand(covering: &[&Submission], deadline: NaiveDate, now: DateTime<Utc>) -> (Standing, Option<Submission>) {
    let accepted = covering.iter().find(|submission| submission.status == Status::Accepted);
    if let Some(accepted) = accepted {
        let first = covering
            .iter()
            .filter(|submission| submission.status != Status::Returned)
            .map(|submission| submission.received_at)
            .min();
        let late = first.is_some_and(|first| is_after(first, deadline));
        return (if late { Standing::Late } else { Standing::Reported }, Some((*accepted).clone()));
    }
    match covering.iter().max_by_key(|submission| submission.decided_at) {
        Some(returned) => (Standing::Returned, Some((*returned).clone())),
        None if is_after(now, deadline) => (Standing::Missing, None),
        None => (Standing::NotDue, None),
    }
}

impl Desk {
    /// How the months from `first` to `last` (both included) stand for a dataset, by month and
    /// institution. Listed are the institutions that have to report and those that did; of a dataset
    /// that the region itself sends, its code is given and it alone has to, every month.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reporting(
        &self,
        dataset: &str,
        due: &Due,
        region: Option<&str>,
        first: Month,
        last: Month,
        now: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<Vec<Reporting>, StoreError> {
        self.reporting_with(dataset, due, region, (first, last), (now, None), scope).await
    }

    /// The same as it stood at a past moment: what was decided later is not there. The register is
    /// the one of today.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn reporting_as_of(
        &self,
        dataset: &str,
        due: &Due,
        region: Option<&str>,
        first: Month,
        last: Month,
        moment: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<Vec<Reporting>, StoreError> {
        self.reporting_with(dataset, due, region, (first, last), (moment, Some(moment)), scope).await
    }

    async fn reporting_with(
        &self,
        dataset: &str,
        due: &Due,
        region: Option<&str>,
        (first, last): (Month, Month),
        (now, as_of): (DateTime<Utc>, Option<DateTime<Utc>>),
        scope: &Scope,
    ) -> Result<Vec<Reporting>, StoreError> {
        let institutions = self.institutions_between(first.start(), last.end(), scope).await?;
        let mut versions: BTreeMap<&str, Vec<&Institution>> = BTreeMap::new();
        for institution in &institutions {
            versions.entry(&institution.code).or_default().push(institution);
        }
        let which = Condition::all()
            .add(submission::Column::Dataset.eq(dataset))
            .add(submission::Column::FirstMonth.lte(last.to_string()))
            .add(submission::Column::LastMonth.gte(first.to_string()));
        let mut submissions = read(&self.pool, which, scope).await?;
        if let Some(moment) = as_of {
            submissions = submissions.into_iter().filter_map(|submission| then(submission, moment)).collect();
        }
        let mut sent: BTreeMap<&str, Vec<&Submission>> = BTreeMap::new();
        for submission in &submissions {
            sent.entry(&submission.target.institution).or_default().push(submission);
        }
        let codes: BTreeSet<&str> = match region {
            Some(region) => scope.allows(region).then_some(region).into_iter().collect(),
            None => versions.keys().chain(sent.keys()).copied().collect(),
        };

        let mut reporting = Vec::new();
        for month in (0..=last.since(first)).map(|n| first.plus(n)) {
            let deadline = deadline(due, month);
            for &code in &codes {
                let covering: Vec<&Submission> = sent
                    .get(code)
                    .into_iter()
                    .flatten()
                    .filter(|sent| sent.target.period.first() <= month && month <= sent.target.period.last())
                    .copied()
                    .collect();
                let due = !due.of(month).voluntary && region.is_some() || versions.get(code).is_some_and(|versions| is_due(due, versions, month));
                if due || !covering.is_empty() {
                    let (standing, submission) = stand(&covering, deadline, now);
                    reporting.push(Reporting { institution: code.to_owned(), month, due, deadline, standing, submission });
                }
            }
        }
        Ok(reporting)
    }
}
