//! Entries of registers (登记事项): what holds of each, dated twice. It is in force in law from a day
//! to a day, and known here from a moment to a moment, so that "as it was" and "as we knew it then"
//! both have an answer, and what begins in the future takes effect by itself.
//!
//! A change says from which day, and for good or until which day, something holds. What was known
//! before is never overwritten: the versions that it meets are closed, and what stays of them is
//! written anew beside it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use yizheng_pack::scope::Scope;

pub use crate::entity::Origin;
use crate::entity::{Action, entry_version as version};
use crate::events::{self, Event};
use crate::stamp::Stamp;
use crate::store::{Desk, StoreError, within};

/// What holds of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Licence number of the institution that it belongs to.
    pub institution: Option<String>,
    /// What people call it by.
    pub called: String,
    /// Its state, a code of `ENTRY_STATES`.
    pub state: String,
    /// Fields that are not personal, by id, as they are written.
    pub fields: BTreeMap<String, String>,
    /// Personal fields, sealed by the caller; `None` where there are none or the scope does not show
    /// them.
    #[serde(skip)]
    pub sealed: Option<Vec<u8>>,
}

/// What held of an entry during some time, as known during some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Number in the store.
    pub id: i64,
    /// Id of the register.
    pub register: String,
    /// Its key within the register.
    pub key: String,
    /// What holds.
    pub held: Held,
    /// In force from this day.
    pub from: NaiveDate,
    /// To this day (exclusive); open when `None`.
    pub until: Option<NaiveDate>,
    /// Known from this moment.
    pub known_from: DateTime<Utc>,
    /// To this moment; known still when `None`.
    pub known_to: Option<DateTime<Utc>>,
    /// How it came here.
    pub origin: Origin,
    /// From what: the file's hash, the case's number.
    pub source: String,
    /// Who answers for it.
    pub actor: String,
}

/// A change of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Key of the entry.
    pub key: String,
    /// The newest version of it that the caller has seen; `None` for one that is new to him.
    pub seen: Option<i64>,
    /// First day.
    pub from: NaiveDate,
    /// Day on which what held before holds again; for good when `None`.
    pub until: Option<NaiveDate>,
    /// What holds; nothing when the entry is gone.
    pub held: Option<Held>,
}

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct EntryFilter {
    /// Only this one.
    pub key: Option<String>,
    /// Only of this institution.
    pub institution: Option<String>,
    /// Only in this state.
    pub state: Option<String>,
}

/// What a whole file of a register, as the national system exports it, changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Keys that are not here yet.
    pub new: Vec<String>,
    /// Keys of which something differs, with the ids of the fields; `state`, `called` and
    /// `institution` under these names, personal fields as `sealed`.
    pub changed: Vec<(String, Vec<String>)>,
    /// Keys that are here and not in the file.
    pub gone: Vec<String>,
    /// Keys of which nothing differs.
    pub unchanged: u64,
}

impl Comparison {
    /// Compares what a file holds with what is known.
    pub fn of(known: &[Version], file: &BTreeMap<String, Held>) -> Self {
        let known: BTreeMap<&String, &Held> = known.iter().map(|version| (&version.key, &version.held)).collect();
        let mut comparison = Self::default();
        for (key, held) in file {
            match known.get(key) {
                None => comparison.new.push(key.clone()),
                Some(before) => match differences(before, held) {
                    none if none.is_empty() => comparison.unchanged += 1,
                    some => comparison.changed.push((key.clone(), some)),
                },
            }
        }
        comparison.gone = known.into_keys().filter(|key| !file.contains_key(*key)).cloned().collect();
        comparison
    }
}

fn differences(before: &Held, after: &Held) -> Vec<String> {
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    let all = before.fields.keys().chain(after.fields.keys());
    ids.extend(all.filter(|id| before.fields.get(*id) != after.fields.get(*id)).map(String::as_str));
    let beside = [
        ("institution", before.institution != after.institution),
        ("called", before.called != after.called),
        ("state", before.state != after.state),
        ("sealed", before.sealed != after.sealed),
    ];
    ids.extend(beside.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name));
    ids.into_iter().map(str::to_owned).collect()
}

/// Why entries were not changed. Then nothing was.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// Registers are the region's: who sees less may not write to them.
    #[error("`{0}` does not see the whole region and cannot write its registers")]
    PartOfTheRegion(String),
    /// Somebody has changed the entry since it was seen.
    #[error("the entry `{0}` has changed since")]
    Changed(String),
    /// An end that is not after its beginning.
    #[error("the entry `{0}` would end before it begins")]
    Backwards(String),
    /// The same entry twice in one change.
    #[error("the entry `{0}` stands twice")]
    Twice(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for EntryError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// A stretch of an entry's time and what holds in it.
#[derive(Debug, Clone, PartialEq)]
struct Piece {
    from: NaiveDate,
    until: Option<NaiveDate>,
    held: Held,
}

/// Whether a stretch ends before a day, or on it.
fn ends_by(until: Option<NaiveDate>, day: NaiveDate) -> bool {
    until.is_some_and(|until| until <= day)
}

/// What an edit makes of the versions known now: those that it closes, and the pieces that take their
/// place. Nothing of both when it says what is known already.
fn laid<'a>(known: &'a [Version], edit: &Edit) -> (Vec<&'a Version>, Vec<Piece>) {
    let meets = |version: &&Version| {
        !ends_by(version.until, edit.from) && !edit.until.is_some_and(|until| until <= version.from)
    };
    let met: Vec<&Version> = known.iter().filter(meets).collect();
    let said = |version: &&Version| {
        Some(&version.held) == edit.held.as_ref()
            && version.from <= edit.from
            && (version.until.is_none() || edit.until.is_some_and(|until| !ends_by(version.until, until) || version.until == Some(until)))
    };
    match (met.as_slice(), &edit.held) {
        ([], None) => return (Vec::new(), Vec::new()),
        ([only], Some(_)) if said(only) => return (Vec::new(), Vec::new()),
        _ => {}
    }
    let mut pieces = Vec::new();
    for version in &met {
        if version.from < edit.from {
            pieces.push(Piece { from: version.from, until: Some(edit.from), held: version.held.clone() });
        }
        if let Some(until) = edit.until.filter(|until| !ends_by(version.until, *until)) {
            pieces.push(Piece { from: until, until: version.until, held: version.held.clone() });
        }
    }
    pieces.extend(edit.held.clone().map(|held| Piece { from: edit.from, until: edit.until, held }));
    pieces.sort_by_key(|piece| piece.from);
    (met, pieces)
}

/// What an event tells of a version; personal fields are not in it.
#[derive(Serialize)]
struct Told<'a> {
    from: NaiveDate,
    until: Option<NaiveDate>,
    #[serde(flatten)]
    held: &'a Held,
}

fn version_of(row: version::Model) -> Result<Version, StoreError> {
    let fields = serde_json::from_value(row.fields.clone())
        .map_err(|_| StoreError::Unreadable { what: "fields of an entry", value: row.fields.to_string() })?;
    Ok(Version {
        id: row.id,
        register: row.register,
        key: row.key,
        held: Held { institution: row.institution, called: row.called, state: row.state, fields, sealed: row.sealed },
        from: row.valid_from,
        until: row.valid_to,
        known_from: row.known_from.at(),
        known_to: row.known_to.map(Stamp::at),
        origin: row.origin,
        source: row.source,
        actor: row.actor,
    })
}

async fn read(connection: &impl ConnectionTrait, of: Condition) -> Result<Vec<Version>, StoreError> {
    let query = version::Entity::find().filter(of);
    let query = query.order_by_asc(version::Column::Key).order_by_asc(version::Column::ValidFrom).order_by_asc(version::Column::Id);
    query.all(connection).await?.into_iter().map(version_of).collect()
}

fn shown(scope: &Scope, mut version: Version) -> Version {
    if !scope.sees_personal_fields() {
        version.held.sealed = None;
    }
    version
}

impl Desk {
    /// The entries of a register that are in force on a day, by key: as they are known now, or as they
    /// were known at a moment. Entries of no institution are shown only to who may see the whole
    /// region.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn entries(
        &self,
        register: &str,
        filter: &EntryFilter,
        on: NaiveDate,
        known: Option<DateTime<Utc>>,
        scope: &Scope,
    ) -> Result<Vec<Version>, StoreError> {
        let open_or_after = |column: version::Column, day: NaiveDate| Condition::any().add(column.is_null()).add(column.gt(day));
        let mut of = Condition::all()
            .add(version::Column::Register.eq(register))
            .add(version::Column::ValidFrom.lte(on))
            .add(open_or_after(version::Column::ValidTo, on))
            .add(within(scope, version::Column::Institution));
        of = match known.map(Stamp::new) {
            None => of.add(version::Column::KnownTo.is_null()),
            Some(at) => of
                .add(version::Column::KnownFrom.lte(at))
                .add(Condition::any().add(version::Column::KnownTo.is_null()).add(version::Column::KnownTo.gt(at))),
        };
        let wanted = [
            (version::Column::Key, &filter.key),
            (version::Column::Institution, &filter.institution),
            (version::Column::State, &filter.state),
        ];
        for (column, value) in wanted {
            if let Some(value) = value {
                of = of.add(column.eq(value));
            }
        }
        Ok(read(&self.pool, of).await?.into_iter().map(|version| shown(scope, version)).collect())
    }

    /// All that was ever known of an entry, by day, then as it became known.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn entry_history(&self, register: &str, key: &str, scope: &Scope) -> Result<Vec<Version>, StoreError> {
        let of = Condition::all()
            .add(version::Column::Register.eq(register))
            .add(version::Column::Key.eq(key))
            .add(within(scope, version::Column::Institution));
        Ok(read(&self.pool, of).await?.into_iter().map(|version| shown(scope, version)).collect())
    }

    /// Changes entries of a register, all or none. Gives how many were changed; one that already says
    /// what the edit says is left alone.
    ///
    /// # Errors
    /// When the scope is not the whole region, an entry has changed since it was seen, an edit is
    /// backwards, or the store fails.
    pub async fn edit_entries(
        &self,
        register: &str,
        edits: &[Edit],
        (origin, source): (Origin, &str),
        now: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<u64, EntryError> {
        if !scope.is_whole_region() {
            return Err(EntryError::PartOfTheRegion(scope.actor().to_owned()));
        }
        let mut keys: BTreeSet<&str> = BTreeSet::new();
        for edit in edits {
            if ends_by(edit.until, edit.from) {
                return Err(EntryError::Backwards(edit.key.clone()));
            }
            if !keys.insert(&edit.key) {
                return Err(EntryError::Twice(edit.key.clone()));
            }
        }
        let write = self.begin_write(now).await?;
        let of = Condition::all()
            .add(version::Column::Register.eq(register))
            .add(version::Column::Key.is_in(keys))
            .add(version::Column::KnownTo.is_null());
        let mut known: BTreeMap<String, Vec<Version>> = BTreeMap::new();
        for version in read(&write.txn, of).await? {
            known.entry(version.key.clone()).or_default().push(version);
        }
        let (mut closed, mut rows, mut told, mut changed) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for edit in edits {
            let own = known.get(&edit.key).map(Vec::as_slice).unwrap_or_default();
            if own.iter().map(|version| version.id).max() != edit.seen {
                return Err(EntryError::Changed(edit.key.clone()));
            }
            let (met, pieces) = laid(own, edit);
            if met.is_empty() && pieces.is_empty() {
                continue;
            }
            changed += 1;
            let action = match (own, &edit.held) {
                ([], _) => Action::EntryAdded,
                (_, Some(_)) => Action::EntryChanged,
                (_, None) => Action::EntryEnded,
            };
            let before: Vec<Told<'_>> =
                met.iter().map(|version| Told { from: version.from, until: version.until, held: &version.held }).collect();
            let after: Vec<Told<'_>> =
                pieces.iter().map(|piece| Told { from: piece.from, until: piece.until, held: &piece.held }).collect();
            let institution = edit.held.as_ref().or_else(|| own.last().map(|version| &version.held));
            let institution = institution.and_then(|held| held.institution.as_deref());
            let subject = format!("{register}/{}", edit.key);
            told.push(Event::new(action, scope.actor(), institution, &subject, Some(&before), Some(&after))?);
            closed.extend(met.iter().map(|version| version.id));
            for piece in pieces {
                rows.push(version::ActiveModel {
                    id: NotSet,
                    register: Set(register.to_owned()),
                    key: Set(edit.key.clone()),
                    institution: Set(piece.held.institution),
                    called: Set(piece.held.called),
                    state: Set(piece.held.state),
                    valid_from: Set(piece.from),
                    valid_to: Set(piece.until),
                    fields: Set(events::json(&piece.held.fields)?),
                    sealed: Set(piece.held.sealed),
                    known_from: Set(write.at),
                    known_to: Set(None),
                    origin: Set(origin),
                    source: Set(source.to_owned()),
                    actor: Set(scope.actor().to_owned()),
                });
            }
        }
        for ids in closed.chunks(500) {
            version::Entity::update_many()
                .col_expr(version::Column::KnownTo, Expr::value(write.at))
                .filter(version::Column::Id.is_in(ids.iter().copied()))
                .exec(&write.txn)
                .await?;
        }
        for rows in rows.chunks(200) {
            version::Entity::insert_many(rows.to_vec()).exec_without_returning(&write.txn).await?;
        }
        events::append(&write, told).await?;
        write.commit().await?;
        Ok(changed)
    }
}
