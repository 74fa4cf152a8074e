//! Submissions (报送) and the manifest of the lake's files.
//!
//! A submission enters the store with its verdict and its files in one write: [`Desk::begin`] says
//! whether the same bytes are in force already and what the checks will rest on, the caller checks
//! the file and writes the lake's files, [`Desk::record`] commits. Cut off before that, nothing of
//! it exists.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use yizheng_pack::period::{Month, Period};
use yizheng_pack::scope::Scope;

pub use crate::entity::{Mode, Status};
use crate::entity::{check_result, file, submission};
use crate::stamp::Stamp;
use crate::store::{Desk, StoreError, within};

mod record;

pub use record::{Basis, Begun, NewFile, NewSubmission, RecordError, Recorded};

/// What a submission is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Licence number.
    pub institution: String,
    /// Dataset's id.
    pub dataset: String,
    /// Period, mostly a month.
    pub period: Period,
}

/// A file as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedFile {
    /// Its name.
    pub name: String,
    /// SM3 of its bytes, hexadecimal.
    pub sm3: String,
    /// How many bytes.
    pub bytes: u64,
    /// Layout that was recognised.
    pub layout: Option<String>,
    /// Encoding of text.
    pub encoding: Option<String>,
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A file.
    File(ReceivedFile),
    /// 零报告: nothing happened.
    Zero,
}

/// Rows of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Rows of the file.
    pub rows: u64,
    /// Rows that count.
    pub counted: u64,
    /// Rows held apart for an error.
    pub held: u64,
    /// Rows that count, with a warning.
    pub warned: u64,
}

/// A message about a submission as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Number, such as `F0203`.
    pub number: String,
    /// Where; `None` for the file as a whole.
    pub place: Option<String>,
    /// What is wrong, in Chinese.
    pub message: String,
    /// What to do, in Chinese.
    pub remedy: String,
}

/// How one check came out over a submission. The four counts add up to the cases looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckSummary {
    /// Check's id.
    pub check: String,
    /// Severity by its word: `error`, `warning`.
    pub severity: String,
    /// Passed.
    pub passed: u64,
    /// Violated.
    pub violated: u64,
    /// Not applicable.
    pub not_applicable: u64,
    /// Not evaluable: never a pass.
    pub not_evaluable: u64,
    /// Why not evaluable.
    pub reason: Option<String>,
}

/// A submission as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// Id.
    pub id: String,
    /// What it is for.
    pub target: Target,
    /// Number within its target, from 1, returned ones included.
    pub version: u32,
    /// How it met what was there.
    pub mode: Mode,
    /// Where it is in its life.
    pub status: Status,
    /// What was sent.
    pub content: Content,
    /// Its rows; `None` when it could not be read as rows. All 0 for 零报告.
    pub counts: Option<Counts>,
    /// Messages about it as a whole.
    pub messages: Vec<Message>,
    /// What the caller keeps with it (columns, repairs); the store does not look inside.
    pub details: serde_json::Value,
    /// Who sent it.
    pub actor: String,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// When it was accepted or returned.
    pub decided_at: DateTime<Utc>,
    /// When a later one took its place.
    pub superseded_at: Option<DateTime<Utc>>,
    /// Id of that.
    pub superseded_by: Option<String>,
}

/// A file of the lake: all rows of one dataset, institution and month.
#[derive(Debug, Clone, PartialEq)]
pub struct FileRow {
    /// Id.
    pub id: String,
    /// The submission that it came with.
    pub submission: String,
    /// Licence number.
    pub institution: String,
    /// Dataset's id.
    pub dataset: String,
    /// Month.
    pub month: Month,
    /// Rows that count.
    pub rows: u64,
    /// Rows held apart.
    pub held_rows: u64,
    /// Bytes of the data file.
    pub bytes: u64,
    /// SM3 of the data file, hexadecimal.
    pub sm3: String,
    /// What the lake knows of it; the store does not look inside.
    pub entry: serde_json::Value,
    /// Part of the data since.
    pub committed_at: DateTime<Utc>,
    /// No longer part of the data since; `None` while live.
    pub superseded_at: Option<DateTime<Utc>>,
    /// The submission that took its place.
    pub superseded_by: Option<String>,
}

/// Which submissions.
#[derive(Debug, Clone, Default)]
pub struct SubmissionFilter {
    /// Only this institution's.
    pub institution: Option<String>,
    /// Only of this dataset.
    pub dataset: Option<String>,
    /// Only for exactly this period.
    pub period: Option<Period>,
    /// Only for periods that have this month or a later one.
    pub from: Option<Month>,
    /// Only for periods that have this month or an earlier one.
    pub to: Option<Month>,
    /// Only in this state.
    pub status: Option<Status>,
}

fn unreadable(what: &'static str, value: impl ToString) -> StoreError {
    StoreError::Unreadable { what, value: value.to_string() }
}

fn count(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| unreadable("a count", value))
}

pub(crate) fn period(text: &str) -> Result<Period, StoreError> {
    Period::from_str(text).map_err(|_| unreadable("a period", text))
}

fn month(text: &str) -> Result<Month, StoreError> {
    Ok(period(text)?.first())
}

impl TryFrom<submission::Model> for Submission {
    type Error = StoreError;

    fn try_from(row: submission::Model) -> Result<Self, StoreError> {
        let content = match (row.zero, row.file_name, row.sm3, row.bytes) {
            (true, ..) => Content::Zero,
            (false, Some(name), Some(sm3), Some(bytes)) => Content::File(ReceivedFile {
                name,
                sm3,
                bytes: count(bytes)?,
                layout: row.layout,
                encoding: row.encoding,
            }),
            _ => return Err(unreadable("the content of a submission", row.id)),
        };
        let counts = match (row.rows, row.counted_rows, row.held_rows, row.warned_rows) {
            (Some(rows), Some(counted), Some(held), Some(warned)) => Some(Counts {
                rows: count(rows)?,
                counted: count(counted)?,
                held: count(held)?,
                warned: count(warned)?,
            }),
            _ => None,
        };
        let messages = row.messages.to_string();
        Ok(Self {
            id: row.id,
            target: Target { institution: row.institution, dataset: row.dataset, period: period(&row.period)? },
            version: u32::try_from(row.version).map_err(|_| unreadable("a version", row.version))?,
            mode: row.mode,
            status: row.status,
            content,
            counts,
            messages: serde_json::from_value(row.messages).map_err(|_| unreadable("messages", messages))?,
            details: row.details,
            actor: row.actor,
            received_at: row.received_at.at(),
            decided_at: row.decided_at.at(),
            superseded_at: row.superseded_at.map(Stamp::at),
            superseded_by: row.superseded_by,
        })
    }
}

impl TryFrom<file::Model> for FileRow {
    type Error = StoreError;

    fn try_from(row: file::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            submission: row.submission,
            institution: row.institution,
            dataset: row.dataset,
            month: month(&row.month)?,
            rows: count(row.rows)?,
            held_rows: count(row.held_rows)?,
            bytes: count(row.bytes)?,
            sm3: row.sm3,
            entry: row.entry,
            committed_at: row.committed_at.at(),
            superseded_at: row.superseded_at.map(Stamp::at),
            superseded_by: row.superseded_by,
        })
    }
}

/// The submissions that a condition leaves of those the scope may see, the newest first.
pub(crate) async fn read(
    connection: &impl ConnectionTrait,
    which: Condition,
    scope: &Scope,
) -> Result<Vec<Submission>, StoreError> {
    let rows = submission::Entity::find()
        .filter(within(scope, submission::Column::Institution))
        .filter(which)
        .order_by_desc(submission::Column::DecidedAt)
        .all(connection)
        .await?;
    rows.into_iter().map(Submission::try_from).collect()
}

/// The files that a condition leaves of those the scope may see, in an order that is always the
/// same.
async fn files(connection: &impl ConnectionTrait, which: Condition, scope: &Scope) -> Result<Vec<FileRow>, StoreError> {
    let rows = file::Entity::find()
        .filter(within(scope, file::Column::Institution))
        .filter(which)
        .order_by_asc(file::Column::Dataset)
        .order_by_asc(file::Column::Month)
        .order_by_asc(file::Column::Institution)
        .order_by_asc(file::Column::CommittedAt)
        .all(connection)
        .await?;
    rows.into_iter().map(FileRow::try_from).collect()
}

impl Target {
    fn condition(&self) -> Condition {
        Condition::all()
            .add(submission::Column::Institution.eq(&self.institution))
            .add(submission::Column::Dataset.eq(&self.dataset))
            .add(submission::Column::Period.eq(self.period.to_string()))
    }
}

impl Desk {
    /// The files that make up the data: now, or as they did at a past moment. A submission is in it
    /// whole or not at all.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn manifest(&self, as_of: Option<DateTime<Utc>>, scope: &Scope) -> Result<Vec<FileRow>, StoreError> {
        let which = match as_of.map(Stamp::new) {
            None => Condition::all().add(file::Column::SupersededAt.is_null()),
            Some(at) => Condition::all()
                .add(file::Column::CommittedAt.lte(at))
                .add(file::Column::SupersededAt.is_null().or(file::Column::SupersededAt.gt(at))),
        };
        files(&self.pool, which, scope).await
    }

    /// The files in force now of one dataset or of one month, or of both.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn live_files(
        &self,
        dataset: Option<&str>,
        month: Option<Month>,
        scope: &Scope,
    ) -> Result<Vec<FileRow>, StoreError> {
        let which = Condition::all()
            .add(file::Column::SupersededAt.is_null())
            .add_option(dataset.map(|dataset| file::Column::Dataset.eq(dataset)))
            .add_option(month.map(|month| file::Column::Month.eq(month.to_string())));
        files(&self.pool, which, scope).await
    }

    /// Every file that is or ever was part of the data: what a clearing of the lake must keep.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn files_ever(&self, scope: &Scope) -> Result<Vec<FileRow>, StoreError> {
        files(&self.pool, Condition::all(), scope).await
    }

    /// The files that came with a submission.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn files_of(&self, submission: &str, scope: &Scope) -> Result<Vec<FileRow>, StoreError> {
        files(&self.pool, Condition::all().add(file::Column::Submission.eq(submission)), scope).await
    }

    /// Submissions, the newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn submissions(&self, filter: &SubmissionFilter, scope: &Scope) -> Result<Vec<Submission>, StoreError> {
        let mut which = Condition::all();
        if let Some(institution) = &filter.institution {
            which = which.add(submission::Column::Institution.eq(institution));
        }
        if let Some(dataset) = &filter.dataset {
            which = which.add(submission::Column::Dataset.eq(dataset));
        }
        if let Some(period) = filter.period {
            which = which.add(submission::Column::Period.eq(period.to_string()));
        }
        if let Some(from) = filter.from {
            which = which.add(submission::Column::LastMonth.gte(from.to_string()));
        }
        if let Some(to) = filter.to {
            which = which.add(submission::Column::FirstMonth.lte(to.to_string()));
        }
        if let Some(status) = filter.status {
            which = which.add(submission::Column::Status.eq(status));
        }
        read(&self.pool, which, scope).await
    }

    /// One submission; `None` when there is none or the scope does not show it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn submission(&self, id: &str, scope: &Scope) -> Result<Option<Submission>, StoreError> {
        Ok(read(&self.pool, Condition::all().add(submission::Column::Id.eq(id)), scope).await?.pop())
    }

    /// Every submission for a target, the newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn versions(&self, target: &Target, scope: &Scope) -> Result<Vec<Submission>, StoreError> {
        read(&self.pool, target.condition(), scope).await
    }

    /// The submission in force for a target.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn in_force(&self, target: &Target, scope: &Scope) -> Result<Option<Submission>, StoreError> {
        let which = target.condition().add(submission::Column::Status.eq(Status::Accepted));
        Ok(read(&self.pool, which, scope).await?.pop())
    }

    /// How each check came out over a submission, by check.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn check_summaries(&self, submission: &str, scope: &Scope) -> Result<Vec<CheckSummary>, StoreError> {
        let visible = submission::Entity::find()
            .select_only()
            .column(submission::Column::Id)
            .filter(submission::Column::Id.eq(submission))
            .filter(within(scope, submission::Column::Institution));
        let rows = check_result::Entity::find()
            .filter(check_result::Column::Submission.in_subquery(sea_orm::QueryTrait::into_query(visible)))
            .order_by_asc(check_result::Column::Check)
            .all(&self.pool)
            .await?;
        rows.into_iter()
            .map(|row| {
                Ok(CheckSummary {
                    check: row.check,
                    severity: row.severity,
                    passed: count(row.passed)?,
                    violated: count(row.violated)?,
                    not_applicable: count(row.not_applicable)?,
                    not_evaluable: count(row.not_evaluable)?,
                    reason: row.reason,
                })
            })
            .collect()
    }
}
