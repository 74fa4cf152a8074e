//! 责任分解、进展、督办、判定与销号: what people do about the items of a work plan.
//!
//! Rows are only ever added. Who answers for an item is said by the newest assignment; an entry that
//! was wrong is withdrawn and stays visible with the reason. How an item stands is computed
//! elsewhere; nothing here changes it. A plan is the region's: whoever sees only some institutions
//! reads nothing of it and writes nothing to it.

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder,
};
use serde::Serialize;
use yizheng_pack::scope::Scope;

pub use crate::entity::ProgressKind;
use crate::entity::{Action, plan_assignment, plan_progress};
use crate::events::{self, Event};
use crate::store::{Desk, StoreError};

/// Who is to answer for an item (责任分解).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewAssignment {
    /// Lead office (牵头科室).
    pub lead: String,
    /// Co-offices (配合科室).
    pub with: Vec<String>,
    /// Named person.
    pub person: String,
    /// Deadline, when it is set apart from the plan's.
    pub deadline: Option<NaiveDate>,
    /// A note.
    pub note: String,
}

/// Who answers for an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Number, rising.
    pub id: i64,
    /// Plan's id.
    pub plan: String,
    /// Item's number.
    pub item: String,
    /// Who.
    pub says: NewAssignment,
    /// Who entered it.
    pub actor: String,
    /// When.
    pub entered_at: DateTime<Utc>,
}

/// What is said about an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewProgress {
    /// Its day.
    pub on: NaiveDate,
    /// What kind of entry it is.
    pub kind: ProgressKind,
    /// Which milestone of the item, from 1, where it is about one.
    pub milestone: Option<u32>,
    /// Named person who answers for it.
    pub person: String,
    /// What was done.
    pub text: String,
    /// What shows it; may be empty.
    pub evidence: String,
}

/// An entry about an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Number, rising; never used again.
    pub id: i64,
    /// Plan's id.
    pub plan: String,
    /// Item's number.
    pub item: String,
    /// What it says.
    pub says: NewProgress,
    /// Who entered it.
    pub actor: String,
    /// When.
    pub entered_at: DateTime<Utc>,
    /// When, by whom and why it was withdrawn; `None` while it stands.
    pub withdrawn: Option<Withdrawn>,
}

/// How an entry was withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// Why something about a plan was not kept.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Plans are the region's: who sees less may not write to them.
    #[error("`{0}` does not see the whole region and cannot write to its plans")]
    PartOfTheRegion(String),
    /// There is no such entry of this item.
    #[error("there is no entry `{0}`")]
    Unknown(i64),
    /// It was withdrawn already.
    #[error("entry `{0}` is withdrawn already")]
    Withdrawn(i64),
    /// A text is needed.
    #[error("`{0}` is empty")]
    Empty(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for PlanError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

fn unreadable(what: &'static str, value: &impl ToString) -> StoreError {
    StoreError::Unreadable { what, value: value.to_string() }
}

impl TryFrom<plan_assignment::Model> for Assignment {
    type Error = StoreError;

    fn try_from(row: plan_assignment::Model) -> Result<Self, StoreError> {
        let with = serde_json::from_value(row.offices.clone()).map_err(|_| unreadable("a list of offices", &row.offices))?;
        Ok(Self {
            id: row.id,
            plan: row.plan,
            item: row.item,
            says: NewAssignment { lead: row.lead, with, person: row.person, deadline: row.deadline, note: row.note },
            actor: row.actor,
            entered_at: row.entered_at.at(),
        })
    }
}

impl TryFrom<plan_progress::Model> for Progress {
    type Error = StoreError;

    fn try_from(row: plan_progress::Model) -> Result<Self, StoreError> {
        let milestone = row.milestone.map(|number| u32::try_from(number).map_err(|_| unreadable("a milestone", &number)));
        let withdrawn = row.withdrawn_at.map(|at| Withdrawn {
            at: at.at(),
            actor: row.withdrawn_by.unwrap_or_default(),
            reason: row.withdrawn_because.unwrap_or_default(),
        });
        Ok(Self {
            id: row.id,
            plan: row.plan,
            item: row.item,
            says: NewProgress {
                on: row.day,
                kind: row.kind,
                milestone: milestone.transpose()?,
                person: row.person,
                text: row.text,
                evidence: row.evidence,
            },
            actor: row.actor,
            entered_at: row.entered_at.at(),
            withdrawn,
        })
    }
}

fn whole_region(scope: &Scope) -> Result<(), PlanError> {
    match scope.filter() {
        None => Ok(()),
        Some(_) => Err(PlanError::PartOfTheRegion(scope.actor().to_owned())),
    }
}

/// As an event names an item.
fn subject(plan: &str, item: &str) -> String {
    format!("{plan}/{item}")
}

impl Desk {
    /// Says who answers for an item. A later one stands in front of the earlier; none is removed.
    ///
    /// # Errors
    /// When the scope is not the whole region, office or person is empty, or the store fails.
    pub async fn assign_plan_item(
        &self,
        plan: &str,
        item: &str,
        new: NewAssignment,
        now: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<Assignment, PlanError> {
        whole_region(scope)?;
        for (text, what) in [(&new.lead, "lead"), (&new.person, "person")] {
            if text.trim().is_empty() {
                return Err(PlanError::Empty(what));
            }
        }
        let write = self.begin_note(now).await?;
        let before = plan_assignment::Entity::find()
            .filter(plan_assignment::Column::Plan.eq(plan))
            .filter(plan_assignment::Column::Item.eq(item))
            .order_by_desc(plan_assignment::Column::Id)
            .one(&write.txn)
            .await?
            .map(Assignment::try_from)
            .transpose()?;
        let row = plan_assignment::ActiveModel {
            id: NotSet,
            plan: Set(plan.to_owned()),
            item: Set(item.to_owned()),
            lead: Set(new.lead.clone()),
            offices: Set(events::json(&new.with)?),
            person: Set(new.person.clone()),
            deadline: Set(new.deadline),
            note: Set(new.note.clone()),
            actor: Set(scope.actor().to_owned()),
            entered_at: Set(write.at),
        };
        let after = Assignment::try_from(row.insert(&write.txn).await?)?;
        let before = before.map(|before| before.says);
        let event =
            Event::new(Action::PlanAssigned, scope.actor(), None, &subject(plan, item), before.as_ref(), Some(&after.says))?;
        events::append(&write, vec![event]).await?;
        write.commit().await?;
        Ok(after)
    }

    /// Enters something about an item.
    ///
    /// # Errors
    /// When the scope is not the whole region, person or text is empty, or the store fails.
    pub async fn add_plan_progress(
        &self,
        plan: &str,
        item: &str,
        new: NewProgress,
        now: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<Progress, PlanError> {
        whole_region(scope)?;
        for (text, what) in [(&new.person, "person"), (&new.text, "text")] {
            if text.trim().is_empty() {
                return Err(PlanError::Empty(what));
            }
        }
        let write = self.begin_note(now).await?;
        let row = plan_progress::ActiveModel {
            id: NotSet,
            plan: Set(plan.to_owned()),
            item: Set(item.to_owned()),
            day: Set(new.on),
            kind: Set(new.kind),
            milestone: Set(new.milestone.and_then(|number| i32::try_from(number).ok())),
            person: Set(new.person.clone()),
            text: Set(new.text.clone()),
            evidence: Set(new.evidence.clone()),
            actor: Set(scope.actor().to_owned()),
            entered_at: Set(write.at),
            withdrawn_at: Set(None),
            withdrawn_by: Set(None),
            withdrawn_because: Set(None),
        };
        let after = Progress::try_from(row.insert(&write.txn).await?)?;
        let seen = serde_json::json!({ "entry": after.id, "says": after.says });
        let event = Event::new(Action::PlanProgress, scope.actor(), None, &subject(plan, item), None::<&()>, Some(&seen))?;
        events::append(&write, vec![event]).await?;
        write.commit().await?;
        Ok(after)
    }

    /// Withdraws an entry; it stays with the reason.
    ///
    /// # Errors
    /// When the scope is not the whole region, there is no such entry of the item, it is withdrawn
    /// already, the reason is empty, or the store fails.
    pub async fn withdraw_plan_progress(
        &self,
        plan: &str,
        item: &str,
        entry: i64,
        reason: &str,
        now: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<Progress, PlanError> {
        whole_region(scope)?;
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(PlanError::Empty("reason"));
        }
        let write = self.begin_note(now).await?;
        let row = plan_progress::Entity::find_by_id(entry)
            .filter(plan_progress::Column::Plan.eq(plan))
            .filter(plan_progress::Column::Item.eq(item))
            .one(&write.txn)
            .await?
            .ok_or(PlanError::Unknown(entry))?;
        if row.withdrawn_at.is_some() {
            return Err(PlanError::Withdrawn(entry));
        }
        let mut change = row.into_active_model();
        change.withdrawn_at = Set(Some(write.at));
        change.withdrawn_by = Set(Some(scope.actor().to_owned()));
        change.withdrawn_because = Set(Some(reason.to_owned()));
        let after = Progress::try_from(change.update(&write.txn).await?)?;
        let before = serde_json::json!({ "entry": entry, "says": after.says });
        let seen = serde_json::json!({ "entry": entry, "reason": reason });
        let event = Event::new(Action::PlanWithdrawn, scope.actor(), None, &subject(plan, item), Some(&before), Some(&seen))?;
        events::append(&write, vec![event]).await?;
        write.commit().await?;
        Ok(after)
    }

    /// Every assignment of a plan, or of all plans, in the order of entering. Nothing for who does
    /// not see the whole region.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn plan_assignments(&self, plan: Option<&str>, scope: &Scope) -> Result<Vec<Assignment>, StoreError> {
        if scope.filter().is_some() {
            return Ok(Vec::new());
        }
        let mut query = plan_assignment::Entity::find();
        if let Some(plan) = plan {
            query = query.filter(plan_assignment::Column::Plan.eq(plan));
        }
        let rows = query.order_by_asc(plan_assignment::Column::Id).all(&self.pool).await?;
        rows.into_iter().map(Assignment::try_from).collect()
    }

    /// Every entry about a plan, or about all plans, in the order of entering; withdrawn ones
    /// included. Nothing for who does not see the whole region.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn plan_progress(&self, plan: Option<&str>, scope: &Scope) -> Result<Vec<Progress>, StoreError> {
        if scope.filter().is_some() {
            return Ok(Vec::new());
        }
        let mut query = plan_progress::Entity::find();
        if let Some(plan) = plan {
            query = query.filter(plan_progress::Column::Plan.eq(plan));
        }
        let rows = query.order_by_asc(plan_progress::Column::Id).all(&self.pool).await?;
        rows.into_iter().map(Progress::try_from).collect()
    }
}
