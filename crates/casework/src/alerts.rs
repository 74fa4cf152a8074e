//! 预警: what the computation found, and what people made of it.
//!
//! The caller judges (which rule, which unit, which months) and hands over all judgements together;
//! [`Desk::settle_alerts`] brings the alerts into line with them in one write, or does nothing when
//! they are in line already. From then on an alert belongs to people: it is acknowledged, explained
//! and closed by somebody, each an event. The computation only ever withdraws what no longer holds.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr,
    EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
};
use yizheng_pack::period::Month;
use yizheng_pack::scope::Scope;

pub use crate::entity::AlertState;
use crate::entity::{Action, alert, alert_evidence};
use crate::events::{self, Event};
use crate::stamp::Stamp;
use crate::store::{Desk, StoreError, Write, within};

/// What a rule watches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// An indicator's value.
    Indicator(String),
    /// Whether a dataset is submitted.
    Dataset(String),
}

impl About {
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Indicator(id) => ("indicator", id),
            Self::Dataset(id) => ("dataset", id),
        }
    }
}

/// What there is at most one active alert for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlertKey {
    /// Rule's id.
    pub rule: String,
    /// Licence number of the institution, or the region's code.
    pub unit: String,
    /// Whether the unit is the region as a whole.
    pub whole_region: bool,
    /// What the rule watches there.
    pub about: About,
}

/// What a month shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The month that breaks the rule.
    pub month: Month,
    /// One Chinese sentence with the numbers in it.
    pub sentence: String,
    /// Text that is the same exactly as long as the evidence says the same.
    pub mark: String,
    /// Fingerprint of the definitions it was found with.
    pub pack: String,
    /// Their layers with versions; not known of evidence from before these were kept.
    pub pack_version: Option<String>,
    /// Version of the program that found it; not known of evidence from before these were kept.
    pub program: Option<String>,
    /// The series, limits and values, as the caller keeps them.
    pub body: serde_json::Value,
}

/// What the computation says of one key now. Months that it does not name were not judged: nothing
/// follows from them.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// Of what.
    pub key: AlertKey,
    /// How grave, should an alert be opened.
    pub severity: String,
    /// Until when it must be answered, should it be opened now.
    pub due: NaiveDate,
    /// Months that break the rule.
    pub alarms: Vec<Found>,
    /// Months that do not, with the reason for which an alert over them would be withdrawn.
    pub clear: Vec<(Month, String)>,
}

/// What [`Desk::settle_alerts`] changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    /// Alerts opened.
    pub opened: u32,
    /// Active alerts whose evidence grew or changed.
    pub extended: u32,
    /// Alerts withdrawn.
    pub withdrawn: u32,
}

/// An alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    /// Number, such as `A000012`; never used again.
    pub id: String,
    /// What it is for.
    pub key: AlertKey,
    /// How grave.
    pub severity: String,
    /// Where it is in its life.
    pub state: AlertState,
    /// When the computation opened it.
    pub opened_at: DateTime<Utc>,
    /// Last day to answer.
    pub due: NaiveDate,
    /// First month that broke the rule.
    pub first_month: Month,
    /// Newest month that did.
    pub last_month: Month,
    /// What the newest evidence says.
    pub sentence: String,
    /// The institution's answer, the newest.
    pub explanation: Option<Said>,
    /// How it ended: who closed it and why; or why the computation withdrew it.
    pub ending: Option<Said>,
}

/// Something said by somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What.
    pub text: String,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub actor: String,
}

/// A month's evidence as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// What was found.
    pub found: Found,
    /// When.
    pub found_at: DateTime<Utc>,
    /// Since when it no longer holds, and why.
    pub withdrawn: Option<(DateTime<Utc>, String)>,
}

/// Which alerts.
#[derive(Debug, Clone, Default)]
pub struct AlertFilter {
    /// Only in one of these states; in any when empty.
    pub states: Vec<AlertState>,
    /// Only of this institution.
    pub institution: Option<String>,
    /// Only of this rule.
    pub rule: Option<String>,
    /// Only about this indicator or dataset.
    pub about: Option<String>,
}

/// What somebody does with an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Handling {
    /// 签收
    Acknowledge,
    /// 说明; needs a text.
    Explain,
    /// 办结; needs a text, and the regulator.
    Close,
    /// 退回重办 of what was explained or closed; needs a text, and the regulator.
    Reopen,
}

impl Handling {
    /// All of them, in the order of an alert's life.
    pub const ALL: [Self; 4] = [Self::Acknowledge, Self::Explain, Self::Close, Self::Reopen];

    /// Whether it can be done from a state.
    pub fn fits(self, state: AlertState) -> bool {
        use AlertState::{Acknowledged, Closed, Explained, Open};
        match self {
            Self::Acknowledge => state == Open,
            Self::Explain | Self::Close => matches!(state, Open | Acknowledged | Explained),
            Self::Reopen => matches!(state, Explained | Closed),
        }
    }

    /// Whether only who sees the whole region may do it.
    pub fn is_for_the_regulator(self) -> bool {
        matches!(self, Self::Close | Self::Reopen)
    }

    /// Whether it needs a text.
    pub fn needs_text(self) -> bool {
        self != Self::Acknowledge
    }
}

/// Why an alert was not handled.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// There is no such alert, or the scope does not show it.
    #[error("there is no alert `{0}`")]
    Unknown(String),
    /// It is in a state from which that cannot be done.
    #[error("the alert is {0:?}")]
    NotNow(AlertState),
    /// A text is needed.
    #[error("the text is empty")]
    Empty,
    /// Only the regulator may.
    #[error("only who sees the whole region may do that")]
    NotAllowed,
    /// A newer alert for the same rule, unit and subject is active.
    #[error("alert `{0}` is active for the same")]
    Newer(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for HandleError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

/// Why alerts were not settled.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// Judgements are about the whole region: who sees less cannot know what is there already.
    #[error("`{0}` does not see the whole region and cannot settle its alerts")]
    PartOfTheRegion(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for SettleError {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

fn month(text: &str) -> Result<Month, StoreError> {
    let unreadable = || StoreError::Unreadable { what: "a month", value: text.to_owned() };
    text.parse::<yizheng_pack::period::Period>().map(|period| period.first()).map_err(|_| unreadable())
}

fn said(text: Option<String>, at: Option<Stamp>, actor: Option<String>) -> Option<Said> {
    Some(Said { text: text?, at: at?.at(), actor: actor? })
}

impl TryFrom<alert::Model> for Alert {
    type Error = StoreError;

    fn try_from(row: alert::Model) -> Result<Self, StoreError> {
        let about = match row.kind.as_str() {
            "indicator" => About::Indicator(row.about),
            "dataset" => About::Dataset(row.about),
            _ => return Err(StoreError::Unreadable { what: "what an alert is about", value: row.kind }),
        };
        Ok(Self {
            id: row.id,
            key: AlertKey { rule: row.rule, whole_region: row.institution.is_none(), unit: row.unit, about },
            severity: row.severity,
            state: row.state,
            opened_at: row.opened_at.at(),
            due: row.due,
            first_month: month(&row.first_month)?,
            last_month: month(&row.last_month)?,
            sentence: row.sentence,
            explanation: said(row.explanation, row.explained_at, row.explained_by),
            ending: said(row.reason, row.ended_at, row.ended_by),
        })
    }
}

impl TryFrom<alert_evidence::Model> for Evidence {
    type Error = StoreError;

    fn try_from(row: alert_evidence::Model) -> Result<Self, StoreError> {
        Ok(Self {
            found: Found {
                month: month(&row.month)?,
                sentence: row.sentence,
                mark: row.mark,
                pack: row.pack,
                pack_version: row.pack_version,
                program: row.program,
                body: row.body,
            },
            found_at: row.found_at.at(),
            withdrawn: row.withdrawn_at.map(|at| (at.at(), row.withdrawn_because.unwrap_or_default())),
        })
    }
}

fn is_active(state: AlertState) -> bool {
    matches!(state, AlertState::Open | AlertState::Acknowledged | AlertState::Explained)
}

/// What is kept for one key.
#[derive(Default)]
struct Kept {
    /// The active alert and its evidence in force, by month: number of the row and its mark.
    active: Option<(alert::Model, BTreeMap<Month, (i64, String)>)>,
    /// Months over which somebody has already decided.
    decided: BTreeSet<Month>,
}

/// What is to be done for one key.
#[derive(Default)]
struct Plan {
    /// Evidence that no longer holds, with the reason.
    drop: Vec<(i64, Month, String)>,
    /// Evidence to be added.
    add: Vec<Found>,
}

impl Plan {
    fn of(judgement: &Judgement, kept: &Kept) -> Self {
        let mut plan = Self::default();
        let none = BTreeMap::new();
        let held = kept.active.as_ref().map_or(&none, |(_, held)| held);
        for (month, reason) in &judgement.clear {
            if let Some((row, _)) = held.get(month) {
                plan.drop.push((*row, *month, reason.clone()));
            }
        }
        for found in &judgement.alarms {
            match held.get(&found.month) {
                Some((_, mark)) if *mark == found.mark => {}
                Some((row, _)) => {
                    plan.drop.push((*row, found.month, "数据更正后重新计算".to_owned()));
                    plan.add.push(found.clone());
                }
                None if kept.decided.contains(&found.month) => {}
                None => plan.add.push(found.clone()),
            }
        }
        plan.add.sort_by_key(|found| found.month);
        plan
    }

    fn is_empty(&self) -> bool {
        self.drop.is_empty() && self.add.is_empty()
    }
}

fn key_of(row: &alert::Model) -> (String, String, String, String) {
    (row.rule.clone(), row.unit.clone(), row.kind.clone(), row.about.clone())
}

fn key_text(key: &AlertKey) -> (String, String, String, String) {
    let (kind, about) = key.about.parts();
    (key.rule.clone(), key.unit.clone(), kind.to_owned(), about.to_owned())
}

/// Everything kept, by key.
async fn kept(connection: &impl ConnectionTrait) -> Result<BTreeMap<(String, String, String, String), Kept>, StoreError> {
    let alerts = alert::Entity::find()
        .filter(alert::Column::State.ne(AlertState::Withdrawn))
        .order_by_asc(alert::Column::Id)
        .all(connection)
        .await?;
    let mut evidence: BTreeMap<String, Vec<alert_evidence::Model>> = BTreeMap::new();
    let in_force = alert_evidence::Entity::find().filter(alert_evidence::Column::WithdrawnAt.is_null());
    for row in in_force.all(connection).await? {
        evidence.entry(row.alert.clone()).or_default().push(row);
    }
    let mut all: BTreeMap<_, Kept> = BTreeMap::new();
    for alert in alerts {
        let kept = all.entry(key_of(&alert)).or_default();
        let rows = evidence.remove(&alert.id).unwrap_or_default();
        if is_active(alert.state) {
            let rows = rows.into_iter().map(|row| Ok((month(&row.month)?, (row.id, row.mark))));
            kept.active = Some((alert, rows.collect::<Result<_, StoreError>>()?));
        } else {
            for row in rows {
                kept.decided.insert(month(&row.month)?);
            }
        }
    }
    Ok(all)
}

impl Desk {
    /// Brings the alerts into line with what the computation says now: opens one where there is
    /// none active and the month was not decided on before, adds further months to the active one,
    /// renews evidence that says something else, and withdraws what no longer holds. Nothing is
    /// written when all is in line.
    ///
    /// # Errors
    /// When the scope is not the whole region, or the store fails; then nothing is changed.
    pub async fn settle_alerts(
        &self,
        judgements: &[Judgement],
        now: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<Settled, SettleError> {
        if scope.filter().is_some() {
            return Err(SettleError::PartOfTheRegion(scope.actor().to_owned()));
        }
        let none = Kept::default();
        let plans = |all: &BTreeMap<_, Kept>| -> Vec<(usize, Plan)> {
            let plan = |judgement: &Judgement| Plan::of(judgement, all.get(&key_text(&judgement.key)).unwrap_or(&none));
            judgements.iter().map(plan).enumerate().filter(|(_, plan)| !plan.is_empty()).collect()
        };
        if plans(&kept(&self.pool).await?).is_empty() {
            return Ok(Settled::default());
        }
        let write = self.begin_write(now).await?;
        // Meanwhile somebody may have closed one: what counts is what stands there now.
        let mut all = kept(&write.txn).await?;
        let mut number = alert::Entity::find().count(&write.txn).await?;
        let mut settled = Settled::default();
        let mut events = Vec::new();
        for (at, plan) in plans(&all) {
            let Some(judgement) = judgements.get(at) else { continue };
            let active = all.get_mut(&key_text(&judgement.key)).and_then(|kept| kept.active.take());
            match active {
                Some((row, held)) => events.push(extend(&write, scope, row, &held, plan, &mut settled).await?),
                None => {
                    number += 1;
                    let id = format!("A{number:06}");
                    events.push(open(&write, scope, id, judgement, plan.add, &mut settled).await?);
                }
            }
        }
        events::append(&write, events).await?;
        write.commit().await?;
        Ok(settled)
    }

    /// Alerts, the newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn alerts(&self, filter: &AlertFilter, scope: &Scope) -> Result<Vec<Alert>, StoreError> {
        let mut which = Condition::all();
        if !filter.states.is_empty() {
            which = which.add(alert::Column::State.is_in(filter.states.iter().copied()));
        }
        if let Some(institution) = &filter.institution {
            which = which.add(alert::Column::Institution.eq(institution));
        }
        if let Some(rule) = &filter.rule {
            which = which.add(alert::Column::Rule.eq(rule));
        }
        if let Some(about) = &filter.about {
            which = which.add(alert::Column::About.eq(about));
        }
        read(&self.pool, which, scope).await
    }

    /// One alert; `None` when there is none or the scope does not show it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn alert(&self, id: &str, scope: &Scope) -> Result<Option<Alert>, StoreError> {
        Ok(read(&self.pool, Condition::all().add(alert::Column::Id.eq(id)), scope).await?.pop())
    }

    /// What an alert rests on, in the order in which it was found; what no longer holds included.
    /// Nothing when the scope does not show the alert.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn alert_evidence(&self, id: &str, scope: &Scope) -> Result<Vec<Evidence>, StoreError> {
        if self.alert(id, scope).await?.is_none() {
            return Ok(Vec::new());
        }
        let rows = alert_evidence::Entity::find()
            .filter(alert_evidence::Column::Alert.eq(id))
            .order_by_asc(alert_evidence::Column::Id)
            .all(&self.pool)
            .await?;
        rows.into_iter().map(Evidence::try_from).collect()
    }

    /// Months in force of every active alert, by key: the computation judges them again, however
    /// old they are.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn alert_months(&self, scope: &Scope) -> Result<BTreeMap<AlertKey, BTreeSet<Month>>, StoreError> {
        let states = vec![AlertState::Open, AlertState::Acknowledged, AlertState::Explained];
        let active = self.alerts(&AlertFilter { states, ..AlertFilter::default() }, scope).await?;
        let mut keys: BTreeMap<String, AlertKey> = active.into_iter().map(|alert| (alert.id, alert.key)).collect();
        let rows = alert_evidence::Entity::find()
            .filter(alert_evidence::Column::WithdrawnAt.is_null())
            .order_by_asc(alert_evidence::Column::Alert)
            .all(&self.pool)
            .await?;
        let mut months: BTreeMap<String, BTreeSet<Month>> = BTreeMap::new();
        for row in rows.iter().filter(|row| keys.contains_key(&row.alert)) {
            months.entry(row.alert.clone()).or_default().insert(month(&row.month)?);
        }
        Ok(months.into_iter().filter_map(|(id, months)| Some((keys.remove(&id)?, months))).collect())
    }

    /// Does something with an alert in the name of the scope's actor. `due` is the new last day to
    /// answer when it is reopened.
    ///
    /// # Errors
    /// When it is not to be seen, cannot be done now or by this actor, lacks a text, or the store
    /// fails.
    pub async fn handle_alert(
        &self,
        id: &str,
        handling: Handling,
        text: &str,
        due: NaiveDate,
        now: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<Alert, HandleError> {
        let text = text.trim();
        let write = self.begin_write(now).await?;
        let row = alert::Entity::find()
            .filter(within(scope, alert::Column::Institution))
            .filter(alert::Column::Id.eq(id))
            .one(&write.txn)
            .await?
            .ok_or_else(|| HandleError::Unknown(id.to_owned()))?;
        if handling.is_for_the_regulator() && scope.filter().is_some() {
            return Err(HandleError::NotAllowed);
        }
        if !handling.fits(row.state) {
            return Err(HandleError::NotNow(row.state));
        }
        if handling.needs_text() && text.is_empty() {
            return Err(HandleError::Empty);
        }
        let before = Alert::try_from(row.clone())?;
        let key = key_of(&row);
        let mut change = row.into_active_model();
        let (at, actor) = (Some(write.at), Some(scope.actor().to_owned()));
        let action = match handling {
            Handling::Acknowledge => {
                change.state = Set(AlertState::Acknowledged);
                Action::AlertAcknowledged
            }
            Handling::Explain => {
                change.state = Set(AlertState::Explained);
                change.explanation = Set(Some(text.to_owned()));
                change.explained_at = Set(at);
                change.explained_by = Set(actor);
                Action::AlertExplained
            }
            Handling::Close => {
                change.state = Set(AlertState::Closed);
                change.reason = Set(Some(text.to_owned()));
                change.ended_at = Set(at);
                change.ended_by = Set(actor);
                Action::AlertClosed
            }
            Handling::Reopen => {
                if let Some((newer, _)) = kept(&write.txn).await?.remove(&key).and_then(|kept| kept.active)
                    && newer.id != id
                {
                    return Err(HandleError::Newer(newer.id));
                }
                change.state = Set(AlertState::Open);
                change.due = Set(due);
                change.reason = Set(None);
                change.ended_at = Set(None);
                change.ended_by = Set(None);
                Action::AlertReopened
            }
        };
        let after = Alert::try_from(change.update(&write.txn).await?)?;
        let seen = |alert: &Alert, text: Option<&str>| serde_json::json!({ "state": alert.state, "text": text });
        let institution = (!after.key.whole_region).then_some(after.key.unit.as_str());
        let (old, new) = (seen(&before, None), seen(&after, Some(text).filter(|text| !text.is_empty())));
        let event = Event::new(action, scope.actor(), institution, id, Some(&old), Some(&new))?;
        events::append(&write, vec![event]).await?;
        write.commit().await?;
        Ok(after)
    }
}

async fn read(connection: &impl ConnectionTrait, which: Condition, scope: &Scope) -> Result<Vec<Alert>, StoreError> {
    let rows = alert::Entity::find()
        .filter(within(scope, alert::Column::Institution))
        .filter(which)
        .order_by_desc(alert::Column::OpenedAt)
        .order_by_desc(alert::Column::Id)
        .all(connection)
        .await?;
    rows.into_iter().map(Alert::try_from).collect()
}

async fn add(write: &Write, alert: &str, found: Found) -> Result<(), DbErr> {
    let row = alert_evidence::ActiveModel {
        id: NotSet,
        alert: Set(alert.to_owned()),
        month: Set(found.month.to_string()),
        found_at: Set(write.at),
        pack: Set(found.pack),
        pack_version: Set(found.pack_version),
        program: Set(found.program),
        mark: Set(found.mark),
        sentence: Set(found.sentence),
        body: Set(found.body),
        withdrawn_at: Set(None),
        withdrawn_because: Set(None),
    };
    alert_evidence::Entity::insert(row).exec_without_returning(&write.txn).await?;
    Ok(())
}

async fn open(
    write: &Write,
    scope: &Scope,
    id: String,
    judgement: &Judgement,
    found: Vec<Found>,
    settled: &mut Settled,
) -> Result<Event, DbErr> {
    let key = &judgement.key;
    let (kind, about) = key.about.parts();
    let institution = (!key.whole_region).then(|| key.unit.clone());
    let month = |found: Option<&Found>| found.map(|found| found.month.to_string()).unwrap_or_default();
    let sentence = found.last().map(|found| found.sentence.clone()).unwrap_or_default();
    let row = alert::ActiveModel {
        id: Set(id.clone()),
        rule: Set(key.rule.clone()),
        unit: Set(key.unit.clone()),
        institution: Set(institution.clone()),
        kind: Set(kind.to_owned()),
        about: Set(about.to_owned()),
        severity: Set(judgement.severity.clone()),
        state: Set(AlertState::Open),
        opened_at: Set(write.at),
        due: Set(judgement.due),
        first_month: Set(month(found.first())),
        last_month: Set(month(found.last())),
        sentence: Set(sentence),
        ..Default::default()
    };
    alert::Entity::insert(row).exec_without_returning(&write.txn).await?;
    let seen = evidence_seen(AlertState::Open, &found, &[]);
    for found in found {
        add(write, &id, found).await?;
    }
    settled.opened += 1;
    Event::new(Action::AlertOpened, scope.actor(), institution.as_deref(), &id, None::<&()>, Some(&seen))
}

/// What an event tells of evidence.
fn evidence_seen(state: AlertState, added: &[Found], dropped: &[(i64, Month, String)]) -> serde_json::Value {
    let added: Vec<_> = added
        .iter()
        .map(|found| serde_json::json!({ "month": found.month.to_string(), "sentence": found.sentence, "pack": found.pack }))
        .collect();
    let dropped: Vec<_> = dropped
        .iter()
        .map(|(_, month, reason)| serde_json::json!({ "month": month.to_string(), "reason": reason }))
        .collect();
    serde_json::json!({ "state": state, "added": added, "withdrawn": dropped })
}

async fn extend(
    write: &Write,
    scope: &Scope,
    row: alert::Model,
    held: &BTreeMap<Month, (i64, String)>,
    plan: Plan,
    settled: &mut Settled,
) -> Result<Event, StoreError> {
    for (evidence, _, reason) in &plan.drop {
        let change = alert_evidence::ActiveModel {
            id: Set(*evidence),
            withdrawn_at: Set(Some(write.at)),
            withdrawn_because: Set(Some(reason.clone())),
            ..Default::default()
        };
        alert_evidence::Entity::update(change).exec(&write.txn).await?;
    }
    let mut months: BTreeSet<Month> = held.keys().copied().collect();
    for (_, month, _) in &plan.drop {
        months.remove(month);
    }
    months.extend(plan.add.iter().map(|found| found.month));
    let (id, institution, state) = (row.id.clone(), row.institution.clone(), row.state);
    let mut change = row.into_active_model();
    let (action, after) = match (months.first(), months.last()) {
        (Some(first), Some(last)) => {
            change.first_month = Set(first.to_string());
            change.last_month = Set(last.to_string());
            settled.extended += 1;
            (Action::AlertExtended, state)
        }
        _ => {
            let reasons: BTreeSet<&str> = plan.drop.iter().map(|(_, _, reason)| reason.as_str()).collect();
            change.state = Set(AlertState::Withdrawn);
            change.ended_at = Set(Some(write.at));
            change.ended_by = Set(Some(scope.actor().to_owned()));
            change.reason = Set(Some(reasons.into_iter().collect::<Vec<_>>().join("；")));
            settled.withdrawn += 1;
            (Action::AlertWithdrawn, AlertState::Withdrawn)
        }
    };
    let seen = evidence_seen(after, &plan.add, &plan.drop);
    for found in plan.add {
        add(write, &id, found).await?;
    }
    if let Some(last) = months.last() {
        let newest = alert_evidence::Entity::find()
            .filter(alert_evidence::Column::Alert.eq(&id))
            .filter(alert_evidence::Column::Month.eq(last.to_string()))
            .filter(alert_evidence::Column::WithdrawnAt.is_null())
            .one(&write.txn)
            .await?;
        if let Some(newest) = newest {
            change.sentence = Set(newest.sentence);
        }
    }
    change.update(&write.txn).await?;
    let before = serde_json::json!({ "state": state });
    Ok(Event::new(action, scope.actor(), institution.as_deref(), &id, Some(&before), Some(&seen))?)
}
