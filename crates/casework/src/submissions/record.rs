//! The one write by which a submission enters the store.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter,
    QuerySelect,
};
use yizheng_pack::period::Month;
use yizheng_pack::scope::Scope;

use super::{CheckSummary, Content, Counts, Message, Mode, Status, Submission, Target, read};
use crate::entity::{Action, check_result, file, institution, submission};
use crate::events::{self, Event, json};
use crate::institutions::{is_region, is_registered};
use crate::stamp::Stamp;
use crate::store::{Desk, StoreError, Write};

/// What the checks of a submission rest on: the state of its institution's dataset when they began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis(Option<Stamp>);

/// What [`Desk::begin`] found.
#[derive(Debug, Clone, PartialEq)]
pub enum Begun {
    /// The same is in force already; nothing is to be done.
    AlreadyHeld(Box<Submission>),
    /// Check it and [record](Desk::record) it on this basis.
    Open {
        /// To be handed to [`Desk::record`].
        basis: Basis,
        /// What is in force for the target now and would be replaced.
        in_force: Option<Box<Submission>>,
    },
}

/// A submission with its verdict, to be stored.
#[derive(Debug, Clone)]
pub struct NewSubmission {
    /// Its id, never used before.
    pub id: String,
    /// What it is for.
    pub target: Target,
    /// How it meets what is there.
    pub mode: Mode,
    /// What was sent.
    pub content: Content,
    /// Whether it is accepted; else it is returned.
    pub accepted: bool,
    /// Its rows; `None` when it could not be read as rows.
    pub counts: Option<Counts>,
    /// Messages about it as a whole.
    pub messages: Vec<Message>,
    /// What the caller keeps with it.
    pub details: serde_json::Value,
    /// How each check came out.
    pub checks: Vec<CheckSummary>,
    /// The files in the lake, at most one for each month of the period; none when returned.
    pub files: Vec<NewFile>,
    /// When it came.
    pub received_at: DateTime<Utc>,
}

/// A file of the lake that becomes part of the data. It holds all rows of its month, those that a
/// patch leaves as they were included.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// Its id, never used before.
    pub id: String,
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
    /// What the lake knows of it.
    pub entry: serde_json::Value,
}

/// What [`Desk::record`] did.
#[derive(Debug, Clone, PartialEq)]
pub enum Recorded {
    /// It is stored, accepted or returned.
    Stored(Box<Submission>),
    /// Meanwhile the same came into force; nothing was stored.
    AlreadyHeld(Box<Submission>),
    /// Meanwhile something else of the institution's dataset was accepted, on which the checks
    /// would have to rest. Nothing was stored: begin again.
    Overtaken,
}

/// Why a submission cannot be recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The scope does not allow the institution.
    #[error("`{actor}` may not submit for institution `{institution}`")]
    OutsideScope {
        /// Who asked.
        actor: String,
        /// Licence number.
        institution: String,
    },
    /// The register does not know the institution.
    #[error("institution `{0}` is not registered")]
    UnknownInstitution(String),
    /// What is handed in does not fit together.
    #[error("submission `{id}` cannot be stored: {why}")]
    Inconsistent {
        /// Submission's id.
        id: String,
        /// What does not fit.
        why: &'static str,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for RecordError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// Whether what is in force already says the same. What came as `full` is the whole of its bytes,
/// so the same bytes again change nothing; what came as a patch does so only as a patch.
fn says_the_same(live: &Submission, mode: Mode, content: &Content) -> bool {
    match (&live.content, content) {
        (Content::Zero, Content::Zero) => true,
        (Content::File(held), Content::File(sent)) => {
            held.sm3 == sent.sm3 && (live.mode == mode || live.mode == Mode::Full)
        }
        _ => false,
    }
}

#[derive(FromQueryResult)]
struct Newest {
    decided_at: Option<Stamp>,
}

#[derive(FromQueryResult)]
struct LastVersion {
    version: Option<i32>,
}

async fn basis(connection: &impl ConnectionTrait, target: &Target) -> Result<Basis, DbErr> {
    let newest = submission::Entity::find()
        .select_only()
        .column_as(submission::Column::DecidedAt.max(), "decided_at")
        .filter(submission::Column::Institution.eq(&target.institution))
        .filter(submission::Column::Dataset.eq(&target.dataset))
        .filter(submission::Column::Status.ne(Status::Returned))
        .into_model::<Newest>()
        .one(connection)
        .await?;
    Ok(Basis(newest.and_then(|newest| newest.decided_at)))
}

async fn in_force(connection: &impl ConnectionTrait, target: &Target, scope: &Scope) -> Result<Option<Submission>, StoreError> {
    let which = target.condition().add(submission::Column::Status.eq(Status::Accepted));
    Ok(read(connection, which, scope).await?.pop())
}

async fn may_submit(connection: &impl ConnectionTrait, target: &Target, scope: &Scope) -> Result<(), RecordError> {
    if !scope.allows(&target.institution) {
        let (actor, institution) = (scope.actor().to_owned(), target.institution.clone());
        return Err(RecordError::OutsideScope { actor, institution });
    }
    // A report of the region itself comes from who may see all of it.
    let known = is_registered(connection, &target.institution).await?
        || (scope.is_whole_region() && is_region(connection, &target.institution).await?);
    if !known {
        return Err(RecordError::UnknownInstitution(target.institution.clone()));
    }
    Ok(())
}

impl NewSubmission {
    fn consistent(&self) -> Result<(), &'static str> {
        let period = self.target.period;
        let mut months: Vec<Month> = self.files.iter().map(|file| file.month).collect();
        months.sort();
        if months.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err("two files for one month");
        }
        if months.iter().any(|month| *month < period.first() || *month > period.last()) {
            return Err("a file of a month outside its period");
        }
        if !self.accepted && !self.files.is_empty() {
            return Err("files though it is returned");
        }
        // A month in which nothing happened has its file too, without rows: it counts as reported.
        if self.content == Content::Zero && self.files.iter().any(|file| file.rows + file.held_rows > 0) {
            return Err("rows though nothing happened");
        }
        if self.content == Content::Zero && self.mode == Mode::Patch {
            return Err("nothing happened, as a patch");
        }
        if self.counts.is_some_and(|counts| counts.counted.checked_add(counts.held) != Some(counts.rows)) && self.accepted {
            return Err("rows that count and rows held apart do not add up");
        }
        Ok(())
    }
}

/// Numbers beyond 2^63 do not occur in files.
fn number(value: u64) -> Result<i64, DbErr> {
    i64::try_from(value).map_err(|_| DbErr::Type(format!("{value} is beyond what the store counts")))
}

fn optional(value: Option<u64>) -> Result<Option<i64>, DbErr> {
    value.map(number).transpose()
}

async fn insert(write: &Write, new: &NewSubmission, version: i32, actor: &str) -> Result<(), DbErr> {
    let file = match &new.content {
        Content::File(file) => Some(file),
        Content::Zero => None,
    };
    let counts = match new.content {
        Content::Zero => Some(Counts { rows: 0, counted: 0, held: 0, warned: 0 }),
        Content::File(_) => new.counts,
    };
    let row = submission::ActiveModel {
        id: Set(new.id.clone()),
        institution: Set(new.target.institution.clone()),
        dataset: Set(new.target.dataset.clone()),
        period: Set(new.target.period.to_string()),
        first_month: Set(new.target.period.first().to_string()),
        last_month: Set(new.target.period.last().to_string()),
        version: Set(version),
        mode: Set(new.mode),
        zero: Set(new.content == Content::Zero),
        status: Set(if new.accepted { Status::Accepted } else { Status::Returned }),
        received_at: Set(Stamp::new(new.received_at)),
        decided_at: Set(write.at),
        superseded_at: Set(None),
        superseded_by: Set(None),
        actor: Set(actor.to_owned()),
        file_name: Set(file.map(|file| file.name.clone())),
        sm3: Set(file.map(|file| file.sm3.clone())),
        bytes: Set(optional(file.map(|file| file.bytes))?),
        layout: Set(file.and_then(|file| file.layout.clone())),
        encoding: Set(file.and_then(|file| file.encoding.clone())),
        rows: Set(optional(counts.map(|counts| counts.rows))?),
        counted_rows: Set(optional(counts.map(|counts| counts.counted))?),
        held_rows: Set(optional(counts.map(|counts| counts.held))?),
        warned_rows: Set(optional(counts.map(|counts| counts.warned))?),
        messages: Set(json(&new.messages)?),
        details: Set(new.details.clone()),
    };
    submission::Entity::insert(row).exec_without_returning(&write.txn).await?;

    let mut checks = Vec::new();
    for check in &new.checks {
        checks.push(check_result::ActiveModel {
            submission: Set(new.id.clone()),
            check: Set(check.check.clone()),
            severity: Set(check.severity.clone()),
            passed: Set(number(check.passed)?),
            violated: Set(number(check.violated)?),
            not_applicable: Set(number(check.not_applicable)?),
            not_evaluable: Set(number(check.not_evaluable)?),
            reason: Set(check.reason.clone()),
        });
    }
    for batch in checks.chunks(500) {
        check_result::Entity::insert_many(batch.to_vec()).exec_without_returning(&write.txn).await?;
    }
    Ok(())
}

/// Takes the place of what was in force for the months of the period.
async fn supersede(write: &Write, new: &NewSubmission) -> Result<(), DbErr> {
    let (first, last) = (new.target.period.first().to_string(), new.target.period.last().to_string());
    submission::Entity::update_many()
        .col_expr(submission::Column::Status, Expr::value(Status::Superseded))
        .col_expr(submission::Column::SupersededAt, Expr::value(write.at))
        .col_expr(submission::Column::SupersededBy, Expr::value(new.id.clone()))
        .filter(
            Condition::all()
                .add(submission::Column::Institution.eq(&new.target.institution))
                .add(submission::Column::Dataset.eq(&new.target.dataset))
                .add(submission::Column::Status.eq(Status::Accepted))
                .add(submission::Column::FirstMonth.gte(&first))
                .add(submission::Column::LastMonth.lte(&last)),
        )
        .exec(&write.txn)
        .await?;
    file::Entity::update_many()
        .col_expr(file::Column::SupersededAt, Expr::value(write.at))
        .col_expr(file::Column::SupersededBy, Expr::value(new.id.clone()))
        .filter(
            Condition::all()
                .add(file::Column::Institution.eq(&new.target.institution))
                .add(file::Column::Dataset.eq(&new.target.dataset))
                .add(file::Column::SupersededAt.is_null())
                .add(file::Column::Month.gte(&first))
                .add(file::Column::Month.lte(&last)),
        )
        .exec(&write.txn)
        .await?;
    Ok(())
}

async fn add_files(write: &Write, new: &NewSubmission) -> Result<(), DbErr> {
    let mut files = Vec::new();
    for file in &new.files {
        files.push(file::ActiveModel {
            id: Set(file.id.clone()),
            submission: Set(new.id.clone()),
            institution: Set(new.target.institution.clone()),
            dataset: Set(new.target.dataset.clone()),
            month: Set(file.month.to_string()),
            rows: Set(number(file.rows)?),
            held_rows: Set(number(file.held_rows)?),
            bytes: Set(number(file.bytes)?),
            sm3: Set(file.sm3.clone()),
            entry: Set(file.entry.clone()),
            committed_at: Set(write.at),
            superseded_at: Set(None),
            superseded_by: Set(None),
        });
    }
    if !files.is_empty() {
        file::Entity::insert_many(files).exec_without_returning(&write.txn).await?;
    }
    Ok(())
}

impl Desk {
    /// Before the checks: is the same in force already, and what will the checks rest on?
    ///
    /// # Errors
    /// When the scope does not allow the institution, the register does not know it, or the store
    /// fails.
    pub async fn begin(
        &self,
        target: &Target,
        mode: Mode,
        content: &Content,
        scope: &Scope,
    ) -> Result<Begun, RecordError> {
        may_submit(&self.pool, target, scope).await?;
        // The basis first: what comes into force between the two reads is then found by `record`.
        let basis = basis(&self.pool, target).await?;
        Ok(match in_force(&self.pool, target, scope).await? {
            Some(live) if says_the_same(&live, mode, content) => Begun::AlreadyHeld(Box::new(live)),
            live => Begun::Open { basis, in_force: live.map(Box::new) },
        })
    }

    /// Stores a submission with its verdict: its version number, its files, what it takes the place
    /// of, its checks and the event, all in one write or not at all.
    ///
    /// # Errors
    /// When the scope does not allow the institution, the register does not know it, what is handed
    /// in does not fit together, or the store fails; then nothing is stored.
    pub async fn record(
        &self,
        new: NewSubmission,
        basis_then: Basis,
        now: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<Recorded, RecordError> {
        new.consistent().map_err(|why| RecordError::Inconsistent { id: new.id.clone(), why })?;
        let write = self.begin_write(now).await?;
        may_submit(&write.txn, &new.target, scope).await?;
        if let Some(live) = in_force(&write.txn, &new.target, scope).await?
            && says_the_same(&live, new.mode, &new.content)
        {
            return Ok(Recorded::AlreadyHeld(Box::new(live)));
        }
        if new.accepted && basis(&write.txn, &new.target).await? != basis_then {
            return Ok(Recorded::Overtaken);
        }
        let last = submission::Entity::find()
            .select_only()
            .column_as(submission::Column::Version.max(), "version")
            .filter(new.target.condition())
            .into_model::<LastVersion>()
            .one(&write.txn)
            .await?;
        let version = last.and_then(|last| last.version).unwrap_or(0) + 1;
        if !is_registered(&write.txn, &new.target.institution).await? {
            let region = institution::ActiveModel {
                code: Set(new.target.institution.clone()),
                registered_at: Set(write.at),
            };
            institution::Entity::insert(region).exec_without_returning(&write.txn).await?;
        }
        // What was in force ends before the new one begins: at most one may be in force.
        if new.accepted {
            supersede(&write, &new).await?;
        }
        insert(&write, &new, version, scope.actor()).await?;
        add_files(&write, &new).await?;
        let action = if new.accepted { Action::SubmissionAccepted } else { Action::SubmissionReturned };
        let after = serde_json::json!({
            "dataset": new.target.dataset,
            "period": new.target.period,
            "version": version,
            "mode": new.mode,
            "zero": new.content == Content::Zero,
            "files": new.files.iter().map(|file| &file.id).collect::<Vec<_>>(),
        });
        let institution = Some(new.target.institution.as_str());
        let event = Event::new(action, scope.actor(), institution, &new.id, None::<&()>, Some(&after))?;
        events::append(&write, vec![event]).await?;
        let which = Condition::all().add(submission::Column::Id.eq(&new.id));
        let stored = read(&write.txn, which, scope).await?.pop();
        let stored = stored.ok_or_else(|| DbErr::RecordNotInserted)?;
        write.commit().await?;
        Ok(Recorded::Stored(Box::new(stored)))
    }
}
