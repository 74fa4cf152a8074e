//! The audit chain (审计链): each event is bound to all before it by an SM3 hash (GB/T 32905), so that
//! changing, removing, inserting or exchanging one is found by reading the chain again.
//!
//! Who can write the database can also write the whole chain anew, or cut its end. Against that a
//! head ([`Head`]) is kept outside the database from time to time: the chain must still pass through
//! every head that was kept.

use std::collections::BTreeMap;

use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, ColumnTrait};
use serde_json::Value;
use sm3::{Digest as _, Sm3};

use crate::entity::{event, event_link};
use crate::events::Event;
use crate::store::{Desk, StoreError};

/// How many events are read at a time.
const PAGE: u64 = 2_000;

/// The end of the chain at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of the newest event.
    pub event: i64,
    /// Its link, in hexadecimal.
    pub sm3: String,
}

/// What reading the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// Events read.
    pub events: u64,
    /// The end of the chain; `None` when nothing has happened yet.
    pub head: Option<Head>,
    /// What is wrong, in the order of the chain, then by head.
    pub faults: Vec<Fault>,
}

/// Something that nobody can have done through the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// An event is not what its link was made of: changed, exchanged with another, or its link was.
    Changed {
        /// Its number.
        event: i64,
    },
    /// Events are missing.
    Missing {
        /// The first that is missing.
        from: i64,
        /// The last.
        to: i64,
    },
    /// An event has no link: it was not added through the program.
    Unlinked {
        /// Its number.
        event: i64,
    },
    /// The chain ends before a head that was kept.
    Cut {
        /// The head's event.
        event: i64,
    },
    /// The chain does not pass through a head that was kept: it was written anew.
    Rewritten {
        /// The head's event.
        event: i64,
    },
}

/// A value with the keys of its objects in order, whatever order a database gives them.
fn ordered(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(ordered).collect(),
        Value::Object(fields) => {
            let fields: BTreeMap<&String, Value> = fields.iter().map(|(name, value)| (name, ordered(value))).collect();
            fields.into_iter().map(|(name, value)| (name.clone(), value)).collect()
        }
        plain => plain.clone(),
    }
}

/// The link of an event: SM3 over the link before it and all that the event says, as a JSON array,
/// in which no two different events are the same text.
fn link(before: &str, event: &Event) -> Result<String, DbErr> {
    let action = serde_json::to_value(event.action).map_err(|error| DbErr::Json(error.to_string()))?;
    let said = Value::Array(vec![
        before.into(),
        event.id.into(),
        event.at.timestamp_micros().into(),
        event.actor.as_str().into(),
        action,
        event.institution.clone().into(),
        event.subject.as_str().into(),
        event.before.as_ref().map(ordered).into(),
        event.after.as_ref().map(ordered).into(),
    ]);
    let text = serde_json::to_string(&said).map_err(|error| DbErr::Json(error.to_string()))?;
    Ok(Sm3::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The end of the chain as a transaction sees it.
pub(crate) async fn end(connection: &impl ConnectionTrait) -> Result<Option<Head>, DbErr> {
    let last = event_link::Entity::find().order_by_desc(event_link::Column::Event).one(connection).await?;
    Ok(last.map(|last| Head { event: last.event, sm3: last.sm3 }))
}

/// The links of events that follow a head, in their order.
pub(crate) fn links(mut head: Option<Head>, events: &[Event]) -> Result<Vec<event_link::ActiveModel>, DbErr> {
    let mut links = Vec::with_capacity(events.len());
    for event in events {
        let sm3 = link(head.as_ref().map_or("", |head| &head.sm3), event)?;
        links.push(event_link::ActiveModel { event: Set(event.id), sm3: Set(sm3.clone()) });
        head = Some(Head { event: event.id, sm3 });
    }
    Ok(links)
}

/// Adds links.
pub(crate) async fn add(connection: &impl ConnectionTrait, links: Vec<event_link::ActiveModel>) -> Result<(), DbErr> {
    for batch in links.chunks(500) {
        event_link::Entity::insert_many(batch.to_vec()).exec_without_returning(connection).await?;
    }
    Ok(())
}

/// Events behind one, by number.
async fn page(connection: &impl ConnectionTrait, behind: i64) -> Result<Vec<Event>, DbErr> {
    let rows = event::Entity::find()
        .filter(event::Column::Id.gt(behind))
        .order_by_asc(event::Column::Id)
        .limit(PAGE)
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(Event::of).collect())
}

/// Links what happened before there was a chain; does nothing where there is one.
pub(crate) async fn begin(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    if end(connection).await?.is_some() {
        return Ok(());
    }
    let mut behind = i64::MIN;
    loop {
        let events = page(connection, behind).await?;
        let Some(last) = events.last() else { return Ok(()) };
        behind = last.id;
        add(connection, links(end(connection).await?, &events)?).await?;
    }
}

impl Desk {
    /// The end of the chain, to be kept outside the database.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn audit_head(&self) -> Result<Option<Head>, StoreError> {
        Ok(end(&self.pool).await?)
    }

    /// Reads the whole chain again, and compares it with heads that were kept. It tells nothing of
    /// what the events say.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn audit(&self, heads: &[Head]) -> Result<Audit, StoreError> {
        let mut audit = Audit { events: 0, head: self.audit_head().await?, faults: Vec::new() };
        let mut kept: BTreeMap<i64, &Head> = heads.iter().map(|head| (head.event, head)).collect();
        // The link before the event that comes next, and the number that it should have.
        let (mut before, mut next) = (String::new(), None::<i64>);
        let mut behind = i64::MIN;
        loop {
            let events = page(&self.pool, behind).await?;
            let Some(last) = events.last().map(|event| event.id) else { break };
            // Links of events that are missing tell what the next was bound to.
            let links = event_link::Entity::find()
                .filter(event_link::Column::Event.gt(behind))
                .filter(event_link::Column::Event.lte(last))
                .all(&self.pool)
                .await?;
            let links: BTreeMap<i64, String> = links.into_iter().map(|row| (row.event, row.sm3)).collect();
            for event in &events {
                audit.events += 1;
                if let Some(expected) = next.filter(|expected| *expected < event.id) {
                    audit.faults.push(Fault::Missing { from: expected, to: event.id - 1 });
                    if let Some(sm3) = links.get(&(event.id - 1)) {
                        before.clone_from(sm3);
                    }
                }
                match links.get(&event.id) {
                    None => audit.faults.push(Fault::Unlinked { event: event.id }),
                    Some(sm3) => {
                        if *sm3 != link(&before, event)? {
                            audit.faults.push(Fault::Changed { event: event.id });
                        }
                        before.clone_from(sm3);
                    }
                }
                if let Some(head) = kept.remove(&event.id)
                    && links.get(&event.id) != Some(&head.sm3)
                {
                    audit.faults.push(Fault::Rewritten { event: event.id });
                }
                next = Some(event.id + 1);
            }
            behind = last;
        }
        // Links whose events are gone: the end was cut from one table only.
        if let Some(head) = audit.head.as_ref().filter(|head| head.event > behind) {
            audit.faults.push(Fault::Missing { from: next.unwrap_or(head.event), to: head.event });
        }
        audit.faults.extend(kept.into_keys().filter(|event| *event > behind).map(|event| Fault::Cut { event }));
        Ok(audit)
    }
}
