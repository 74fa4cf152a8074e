//! 通报: what a bulletin says, frozen when it was drafted, and its life: 草稿, 审核通过, 定稿, 撤回.
//!
//! The content is a text that the caller made of the numbers of one moment; the store seals it and
//! never looks inside. Whoever changes a bulletin says which revision of it they have seen: of two at
//! once one is kept and the other is told. A final bulletin keeps its files, and nothing of it changes
//! any more; it can only be withdrawn, with a reason. A bulletin is the region's: whoever sees only
//! some institutions reads nothing of it and writes nothing to it.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder,
};
use serde::Serialize;
use yizheng_pack::period::Period;
use yizheng_pack::scope::Scope;

pub use crate::entity::BulletinState;
use crate::entity::{Action, bulletin, bulletin_file};
use crate::events::{self, Event};
use crate::stamp::Stamp;
use crate::store::{Desk, StoreError, Write};

/// What a bulletin says, made at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// Title.
    pub title: String,
    /// The state of the data it rests on: as known at this moment.
    pub known_at: DateTime<Utc>,
    /// All numbers, tables and words that are computed, as one text.
    pub content: String,
    /// SM3 of that text, hexadecimal.
    pub sm3: String,
}

/// The paragraphs that a person may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Prose {
    /// First paragraph.
    pub opening: String,
    /// 有关要求, one paragraph for each line.
    pub demands: String,
}

/// A form in which a final bulletin is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// The document.
    Docx,
    /// Its tables as a workbook.
    Xlsx,
}

impl Form {
    fn word(self) -> &'static str {
        match self {
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
        }
    }
}

/// A file of a final bulletin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulletinFile {
    /// SM3 of the bytes, hexadecimal.
    pub sm3: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// What was done by whom and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: String,
}

/// A bulletin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bulletin {
    /// Number in the store, such as `B0012`; never used again.
    pub id: String,
    /// Id of its kind in the definitions.
    pub kind: String,
    /// What it is about.
    pub period: Period,
    /// Where it is in its life.
    pub state: BulletinState,
    /// Rises with every change.
    pub revision: i32,
    /// What it says.
    pub frozen: Frozen,
    /// What a person made of the words.
    pub prose: Prose,
    /// Document number (发文字号); with a final one, and kept when that is withdrawn.
    pub number: Option<String>,
    /// Date of the document (成文日期).
    pub issued_on: Option<NaiveDate>,
    /// Who drafted it.
    pub drafted: Signed,
    /// Who approved it; `None` while a draft.
    pub approved: Option<Signed>,
    /// Who made it final.
    pub finalised: Option<Signed>,
    /// Who withdrew it.
    pub withdrawn: Option<Signed>,
    /// Why.
    pub withdrawn_because: Option<String>,
}

/// A step in a bulletin's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// 审核通过 of a draft.
    Approve {
        /// The named person who approves.
        person: String,
        /// A remark; may be empty.
        remark: String,
    },
    /// 退回修改: back to draft.
    Return {
        /// The named person who returns it.
        person: String,
        /// Why.
        reason: String,
    },
    /// 定稿 of what is approved.
    Finalise {
        /// The named person who issues it.
        person: String,
        /// Document number.
        number: String,
        /// Date of the document.
        issued_on: NaiveDate,
        /// The document with that number and date.
        docx: BulletinFile,
        /// The workbook.
        xlsx: BulletinFile,
        /// A remark; may be empty.
        remark: String,
    },
    /// 撤回, from any state.
    Withdraw {
        /// The named person who withdraws it.
        person: String,
        /// Why.
        reason: String,
    },
}

impl Step {
    /// Whether it can be done from a state.
    fn fits(&self, state: BulletinState) -> bool {
        match self {
            Self::Approve { .. } => state == BulletinState::Draft,
            Self::Return { .. } | Self::Finalise { .. } => state == BulletinState::Approved,
            Self::Withdraw { .. } => state != BulletinState::Withdrawn,
        }
    }
}

/// Why a bulletin was not kept or changed.
#[derive(Debug, thiserror::Error)]
pub enum BulletinError {
    /// Bulletins are the region's: who sees less may not write to them.
    #[error("`{0}` does not see the whole region and cannot write its bulletins")]
    PartOfTheRegion(String),
    /// There is no such bulletin.
    #[error("there is no bulletin `{0}`")]
    Unknown(String),
    /// There is one of this kind and period that is not withdrawn.
    #[error("bulletin `{0}` is of the same kind and period")]
    Exists(String),
    /// It is in a state from which that cannot be done.
    #[error("the bulletin is {0:?}")]
    NotNow(BulletinState),
    /// Somebody has changed it since; this is its revision now.
    #[error("the bulletin has changed: its revision is {0}")]
    Changed(i32),
    /// Another bulletin has the number.
    #[error("bulletin `{0}` has that number")]
    NumberTaken(String),
    /// A text is needed.
    #[error("`{0}` is empty")]
    Empty(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for BulletinError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

fn signed(at: Option<Stamp>, by: Option<String>) -> Option<Signed> {
    Some(Signed { at: at?.at(), by: by? })
}

impl TryFrom<bulletin::Model> for Bulletin {
    type Error = StoreError;

    fn try_from(row: bulletin::Model) -> Result<Self, StoreError> {
        let period = row
            .period
            .parse()
            .map_err(|_| StoreError::Unreadable { what: "a bulletin's period", value: row.period.clone() })?;
        Ok(Self {
            id: row.id,
            kind: row.kind,
            period,
            state: row.state,
            revision: row.revision,
            frozen: Frozen { title: row.title, known_at: row.known_at.at(), content: row.content, sm3: row.sm3 },
            prose: Prose { opening: row.opening, demands: row.demands },
            number: row.number,
            issued_on: row.issued_on,
            drafted: Signed { at: row.drafted_at.at(), by: row.drafted_by },
            approved: signed(row.approved_at, row.approved_by),
            finalised: signed(row.final_at, row.final_by),
            withdrawn: signed(row.withdrawn_at, row.withdrawn_by),
            withdrawn_because: row.withdrawn_because,
        })
    }
}

fn whole_region(scope: &Scope) -> Result<(), BulletinError> {
    match scope.filter() {
        None => Ok(()),
        Some(_) => Err(BulletinError::PartOfTheRegion(scope.actor().to_owned())),
    }
}

fn not_empty(text: &str, what: &'static str) -> Result<String, BulletinError> {
    let text = text.trim();
    if text.is_empty() { Err(BulletinError::Empty(what)) } else { Ok(text.to_owned()) }
}

/// The bulletin as it was seen, within a write.
async fn seen(write: &Write, id: &str, revision: i32) -> Result<bulletin::Model, BulletinError> {
    let row = bulletin::Entity::find_by_id(id.to_owned())
        .one(&write.txn)
        .await?
        .ok_or_else(|| BulletinError::Unknown(id.to_owned()))?;
    if row.revision != revision {
        return Err(BulletinError::Changed(row.revision));
    }
    Ok(row)
}

/// What an event tells of a bulletin.
fn told(state: BulletinState, person: Option<&str>, remark: &str, more: serde_json::Value) -> serde_json::Value {
    serde_json::json!({ "state": state, "person": person, "remark": remark, "more": more })
}

async fn file(connection: &impl ConnectionTrait, id: &str, form: Form, file: BulletinFile) -> Result<(), DbErr> {
    let row = bulletin_file::ActiveModel {
        bulletin: Set(id.to_owned()),
        form: Set(form.word().to_owned()),
        sm3: Set(file.sm3),
        bytes: Set(file.bytes),
    };
    bulletin_file::Entity::insert(row).exec_without_returning(connection).await?;
    Ok(())
}

impl Desk {
    /// Keeps a new draft.
    ///
    /// # Errors
    /// When the scope is not the whole region, one of the kind and period is there that is not
    /// withdrawn, or the store fails.
    pub async fn draft_bulletin(
        &self,
        kind: &str,
        period: Period,
        frozen: Frozen,
        prose: Prose,
        now: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<Bulletin, BulletinError> {
        whole_region(scope)?;
        let write = self.begin_note(now).await?;
        let other = bulletin::Entity::find()
            .filter(bulletin::Column::Kind.eq(kind))
            .filter(bulletin::Column::Period.eq(period.to_string()))
            .filter(bulletin::Column::State.ne(BulletinState::Withdrawn))
            .one(&write.txn)
            .await?;
        if let Some(other) = other {
            return Err(BulletinError::Exists(other.id));
        }
        // Rows are never removed, so their count gives the next number.
        let id = format!("B{:04}", bulletin::Entity::find().count(&write.txn).await? + 1);
        let row = bulletin::ActiveModel {
            id: Set(id.clone()),
            kind: Set(kind.to_owned()),
            period: Set(period.to_string()),
            state: Set(BulletinState::Draft),
            revision: Set(1),
            title: Set(frozen.title),
            known_at: Set(Stamp::new(frozen.known_at)),
            content: Set(frozen.content),
            sm3: Set(frozen.sm3.clone()),
            opening: Set(prose.opening),
            demands: Set(prose.demands),
            drafted_at: Set(write.at),
            drafted_by: Set(scope.actor().to_owned()),
            ..Default::default()
        };
        let after = Bulletin::try_from(row.insert(&write.txn).await?)?;
        let more = serde_json::json!({ "period": after.period.to_string(), "content": frozen.sm3 });
        let told = told(BulletinState::Draft, None, "", more);
        let event = Event::new(Action::BulletinDrafted, scope.actor(), None, &id, None::<&()>, Some(&told))?;
        events::append(&write, vec![event]).await?;
        write.commit().await?;
        Ok(after)
    }

    /// Puts what is measured now in place of what a draft says; the person's words stay.
    ///
    /// # Errors
    /// When the scope is not the whole region, it is no draft, it has changed since it was seen, or the
    /// store fails.
    pub async fn renew_bulletin(
        &self,
        id: &str,
        revision: i32,
        frozen: Frozen,
        now: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<Bulletin, BulletinError> {
        let more = serde_json::json!({ "content": frozen.sm3 });
        self.change_draft(id, revision, Action::BulletinRenewed, more, now, scope, |change| {
            change.title = Set(frozen.title);
            change.known_at = Set(Stamp::new(frozen.known_at));
            change.content = Set(frozen.content);
            change.sm3 = Set(frozen.sm3);
        })
        .await
    }

    /// Changes the words of a draft that are a person's.
    ///
    /// # Errors
    /// When the scope is not the whole region, it is no draft, it has changed since it was seen, a text
    /// is empty, or the store fails.
    pub async fn edit_bulletin(
        &self,
        id: &str,
        revision: i32,
        prose: Prose,
        now: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<Bulletin, BulletinError> {
        let opening = not_empty(&prose.opening, "opening")?;
        let demands = not_empty(&prose.demands, "demands")?;
        let more = serde_json::json!({ "opening": opening, "demands": demands });
        self.change_draft(id, revision, Action::BulletinEdited, more, now, scope, |change| {
            change.opening = Set(opening);
            change.demands = Set(demands);
        })
        .await
    }

    #[allow(clippy::too_many_arguments, reason = "the common part of two methods")]
    async fn change_draft(
        &self,
        id: &str,
        revision: i32,
        action: Action,
        more: serde_json::Value,
        now: DateTime<Utc>,
        scope: &Scope,
        change: impl FnOnce(&mut bulletin::ActiveModel),
    ) -> Result<Bulletin, BulletinError> {
        whole_region(scope)?;
        let write = self.begin_note(now).await?;
        let row = seen(&write, id, revision).await?;
        if row.state != BulletinState::Draft {
            return Err(BulletinError::NotNow(row.state));
        }
        let before = serde_json::json!({ "opening": row.opening, "demands": row.demands, "content": row.sm3 });
        let mut changed = row.into_active_model();
        change(&mut changed);
        changed.revision = Set(revision.saturating_add(1));
        let after = Bulletin::try_from(changed.update(&write.txn).await?)?;
        let told = told(after.state, None, "", more);
        let event = Event::new(action, scope.actor(), None, id, Some(&before), Some(&told))?;
        events::append(&write, vec![event]).await?;
        write.commit().await?;
        Ok(after)
    }

    /// Takes a bulletin a step further in its life.
    ///
    /// # Errors
    /// When the scope is not the whole region, the step does not fit its state, it has changed since it
    /// was seen, a name, number or reason is missing, the number is taken, or the store fails.
    pub async fn step_bulletin(
        &self,
        id: &str,
        revision: i32,
        step: Step,
        now: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<Bulletin, BulletinError> {
        whole_region(scope)?;
        let write = self.begin_note(now).await?;
        let row = seen(&write, id, revision).await?;
        if !step.fits(row.state) {
            return Err(BulletinError::NotNow(row.state));
        }
        let before = serde_json::json!({ "state": row.state });
        let mut change = row.into_active_model();
        change.revision = Set(revision.saturating_add(1));
        let (action, person, remark, more) = match step {
            Step::Approve { person, remark } => {
                let person = not_empty(&person, "person")?;
                change.state = Set(BulletinState::Approved);
                change.approved_at = Set(Some(write.at));
                change.approved_by = Set(Some(person.clone()));
                (Action::BulletinApproved, person, remark, serde_json::Value::Null)
            }
            Step::Return { person, reason } => {
                let (person, reason) = (not_empty(&person, "person")?, not_empty(&reason, "reason")?);
                change.state = Set(BulletinState::Draft);
                change.approved_at = Set(None);
                change.approved_by = Set(None);
                (Action::BulletinReturned, person, reason, serde_json::Value::Null)
            }
            Step::Finalise { person, number, issued_on, docx, xlsx, remark } => {
                let (person, number) = (not_empty(&person, "person")?, not_empty(&number, "number")?);
                let taken = bulletin::Entity::find().filter(bulletin::Column::Number.eq(&number)).one(&write.txn).await?;
                if let Some(other) = taken {
                    return Err(BulletinError::NumberTaken(other.id));
                }
                change.state = Set(BulletinState::Final);
                change.number = Set(Some(number.clone()));
                change.issued_on = Set(Some(issued_on));
                change.final_at = Set(Some(write.at));
                change.final_by = Set(Some(person.clone()));
                let more = serde_json::json!({
                    "number": number, "issued_on": issued_on, "docx": docx.sm3, "xlsx": xlsx.sm3,
                });
                file(&write.txn, id, Form::Docx, docx).await?;
                file(&write.txn, id, Form::Xlsx, xlsx).await?;
                (Action::BulletinFinalised, person, remark, more)
            }
            Step::Withdraw { person, reason } => {
                let (person, reason) = (not_empty(&person, "person")?, not_empty(&reason, "reason")?);
                change.state = Set(BulletinState::Withdrawn);
                change.withdrawn_at = Set(Some(write.at));
                change.withdrawn_by = Set(Some(person.clone()));
                change.withdrawn_because = Set(Some(reason.clone()));
                (Action::BulletinWithdrawn, person, reason, serde_json::Value::Null)
            }
        };
        let after = Bulletin::try_from(change.update(&write.txn).await?)?;
        let told = told(after.state, Some(&person), remark.trim(), more);
        let event = Event::new(action, scope.actor(), None, id, Some(&before), Some(&told))?;
        events::append(&write, vec![event]).await?;
        write.commit().await?;
        Ok(after)
    }

    /// Every bulletin, the newest period first, of one period the newest first. Nothing for who does
    /// not see the whole region.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn bulletins(&self, scope: &Scope) -> Result<Vec<Bulletin>, StoreError> {
        if scope.filter().is_some() {
            return Ok(Vec::new());
        }
        let rows = bulletin::Entity::find().order_by_desc(bulletin::Column::Id).all(&self.pool).await?;
        let mut all = rows.into_iter().map(Bulletin::try_from).collect::<Result<Vec<_>, _>>()?;
        all.sort_by_key(|one| std::cmp::Reverse(one.period.last()));
        Ok(all)
    }

    /// One bulletin; `None` when there is none or the scope is not the whole region.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn bulletin(&self, id: &str, scope: &Scope) -> Result<Option<Bulletin>, StoreError> {
        if scope.filter().is_some() {
            return Ok(None);
        }
        let row = bulletin::Entity::find_by_id(id.to_owned()).one(&self.pool).await?;
        row.map(Bulletin::try_from).transpose()
    }

    /// A file of a bulletin that is or was final; `None` when there is none or the scope is not the
    /// whole region.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn bulletin_file(&self, id: &str, form: Form, scope: &Scope) -> Result<Option<BulletinFile>, StoreError> {
        if scope.filter().is_some() {
            return Ok(None);
        }
        let key = (id.to_owned(), form.word().to_owned());
        let row = bulletin_file::Entity::find_by_id(key).one(&self.pool).await?;
        Ok(row.map(|row| BulletinFile { sm3: row.sm3, bytes: row.bytes }))
    }
}
