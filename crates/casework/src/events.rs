//! What was done and by whom: a closed list of kinds, rows that are only ever added.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use yizheng_pack::scope::Scope;

pub use crate::entity::Action;
use crate::entity::event;
use crate::audit;
use crate::stamp::Stamp;
use crate::store::{Desk, StoreError, Write, within};

/// Something that was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Number, rising; 0 before it is stored.
    pub id: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: String,
    /// What.
    pub action: Action,
    /// The institution concerned (licence number); `None` when it concerns the region.
    pub institution: Option<String>,
    /// The thing concerned: an id or a code.
    pub subject: String,
    /// What stood there before.
    pub before: Option<serde_json::Value>,
    /// What stands there since.
    pub after: Option<serde_json::Value>,
}

/// Which events.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Only of this kind.
    pub action: Option<Action>,
    /// Only about this institution.
    pub institution: Option<String>,
    /// Only about this thing.
    pub subject: Option<String>,
    /// Only from this moment on.
    pub from: Option<DateTime<Utc>>,
    /// Only before this moment.
    pub to: Option<DateTime<Utc>>,
}

impl Event {
    /// As it is stored.
    pub(crate) fn of(row: event::Model) -> Self {
        Self {
            id: row.id,
            at: row.at.at(),
            actor: row.actor,
            action: row.action,
            institution: row.institution,
            subject: row.subject,
            before: row.before,
            after: row.after,
        }
    }

    /// An event to be [appended](append).
    pub(crate) fn new(
        action: Action,
        actor: &str,
        institution: Option<&str>,
        subject: &str,
        before: Option<&impl Serialize>,
        after: Option<&impl Serialize>,
    ) -> Result<Self, DbErr> {
        Ok(Self {
            id: 0,
            at: DateTime::UNIX_EPOCH,
            actor: actor.to_owned(),
            action,
            institution: institution.map(str::to_owned),
            subject: subject.to_owned(),
            before: before.map(json).transpose()?,
            after: after.map(json).transpose()?,
        })
    }
}

/// Plain data as the store keeps it where nothing is filtered by it.
pub(crate) fn json(value: &impl Serialize) -> Result<serde_json::Value, DbErr> {
    serde_json::to_value(value).map_err(|error| DbErr::Json(error.to_string()))
}

/// Leaves out who is to be called, at any depth.
fn without_contacts(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Array(items) => items.into_iter().map(without_contacts).collect(),
        serde_json::Value::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| name != "contact" && name != "phone")
            .map(|(name, value)| (name, without_contacts(value)))
            .collect(),
        plain => plain,
    }
}

/// Adds events within a write, at the write's moment, each bound to all before it.
pub(crate) async fn append(write: &Write, mut events: Vec<Event>) -> Result<(), DbErr> {
    let head = audit::end(&write.txn).await?;
    // Writes take turns, so the numbers are this write's alone; one that was added behind the program's
    // back stays where it is, to be found.
    let newest = event::Entity::find().order_by_desc(event::Column::Id).one(&write.txn).await?.map(|last| last.id);
    let first = head.as_ref().map(|head| head.event).max(newest).unwrap_or(0) + 1;
    for (id, event) in (first..).zip(&mut events) {
        (event.id, event.at) = (id, write.at.at());
    }
    let links = audit::links(head, &events)?;
    let rows: Vec<_> = events
        .into_iter()
        .map(|new| event::ActiveModel {
            id: Set(new.id),
            at: Set(write.at),
            actor: Set(new.actor),
            action: Set(new.action),
            institution: Set(new.institution),
            subject: Set(new.subject),
            before: Set(new.before),
            after: Set(new.after),
        })
        .collect();
    for batch in rows.chunks(500) {
        event::Entity::insert_many(batch.to_vec()).exec_without_returning(&write.txn).await?;
    }
    audit::add(&write.txn, links).await
}

impl Desk {
    /// Notes that something was done outside the store: a read of personal fields.
    ///
    /// # Errors
    /// When the store fails; then what is to be noted must not be done.
    pub async fn note_personal_read(
        &self,
        institution: Option<&str>,
        subject: &str,
        now: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<(), StoreError> {
        let write = self.begin_write(now).await?;
        let event = Event::new(Action::PersonalRead, scope.actor(), institution, subject, None::<&()>, None::<&()>)?;
        append(&write, vec![event]).await?;
        Ok(write.commit().await?)
    }

    /// Events in the order in which they happened. Those about the region as a whole are shown only
    /// to who may see all of it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn events(&self, filter: &EventFilter, scope: &Scope) -> Result<Vec<Event>, StoreError> {
        let mut query = event::Entity::find().filter(within(scope, event::Column::Institution));
        if let Some(action) = filter.action {
            query = query.filter(event::Column::Action.eq(action));
        }
        if let Some(institution) = &filter.institution {
            query = query.filter(event::Column::Institution.eq(institution));
        }
        if let Some(subject) = &filter.subject {
            query = query.filter(event::Column::Subject.eq(subject));
        }
        if let Some(from) = filter.from {
            query = query.filter(event::Column::At.gte(Stamp::new(from)));
        }
        if let Some(to) = filter.to {
            query = query.filter(event::Column::At.lt(Stamp::new(to)));
        }
        let rows = query.order_by_asc(event::Column::Id).all(&self.pool).await?;
        let shown = |value| if scope.sees_personal_fields() { value } else { without_contacts(value) };
        Ok(rows
            .into_iter()
            .map(Event::of)
            .map(|event| Event { before: event.before.map(shown), after: event.after.map(shown), ..event })
            .collect())
    }
}
