//! Entries of registers, in law and as known.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use yizheng_casework::entries::{Comparison, Edit, EntryError, EntryFilter, Held, Origin, Version};
use yizheng_casework::events::{Action, EventFilter};
use yizheng_casework::store::Desk;
use yizheng_pack::scope::Scope;

use crate::world::{CLINIC, HOSPITAL, at, day, now, only, region, region_of_three};

const NURSES: &str = "nurse";

fn held(state: &str, org: &str, title: &str) -> Held {
    Held {
        institution: Some(org.to_owned()),
        called: "丁七".to_owned(),
        state: state.to_owned(),
        fields: BTreeMap::from([("TITLE".to_owned(), title.to_owned())]),
        sealed: Some(b"sealed".to_vec()),
    }
}

fn edit(key: &str, seen: Option<i64>, from: &str, until: Option<&str>, held: Option<Held>) -> Edit {
    Edit { key: key.to_owned(), seen, from: day(from), until: until.map(day), held }
}

async fn apply(desk: &Desk, edits: &[Edit], when: DateTime<Utc>) -> Result<u64, EntryError> {
    desk.edit_entries(NURSES, edits, (Origin::Hand, "test"), when, &region()).await
}

async fn seen(desk: &Desk, key: &str) -> Option<i64> {
    let history = desk.entry_history(NURSES, key, &region()).await.unwrap();
    history.iter().filter(|version| version.known_to.is_none()).map(|version| version.id).max()
}

async fn state(desk: &Desk, key: &str, on: NaiveDate, known: Option<DateTime<Utc>>) -> Option<String> {
    let filter = EntryFilter { key: Some(key.to_owned()), ..EntryFilter::default() };
    let found = desk.entries(NURSES, &filter, on, known, &region()).await.unwrap();
    assert!(found.len() <= 1, "{found:?}");
    found.into_iter().next().map(|version| version.held.state)
}

/// Known on the 1st of May: in force since 2020. Known on the 1st of June: suspended for the summer.
/// Known on the 1st of July: revoked from October on, which nobody has to come back for.
pub async fn what_holds_is_dated_twice(url: &str) {
    let desk = region_of_three(url).await;
    let [may, june, july] = ["2024-05-01T01:00:00Z", "2024-06-01T01:00:00Z", "2024-07-01T01:00:00Z"].map(at);
    let first = edit("N1", None, "2020-01-01", None, Some(held("in_force", HOSPITAL, "护师")));
    assert_eq!(apply(&desk, &[first.clone()], may).await.unwrap(), 1);
    let summer = edit("N1", seen(&desk, "N1").await, "2024-06-15", Some("2024-09-01"), Some(held("suspended", HOSPITAL, "护师")));
    assert_eq!(apply(&desk, &[summer], june).await.unwrap(), 1);
    let autumn = edit("N1", seen(&desk, "N1").await, "2024-10-01", None, Some(held("revoked", HOSPITAL, "护师")));
    assert_eq!(apply(&desk, &[autumn], july).await.unwrap(), 1);

    let cases = [
        ("2019-12-31", None, None),
        ("2020-01-01", None, Some("in_force")),
        ("2024-06-14", None, Some("in_force")),
        ("2024-06-15", None, Some("suspended")),
        ("2024-08-31", None, Some("suspended")),
        ("2024-09-01", None, Some("in_force")),
        ("2024-10-01", None, Some("revoked")),
        ("2030-01-01", None, Some("revoked")),
        // As it was known then.
        ("2024-07-01", Some("2024-05-15T00:00:00Z"), Some("in_force")),
        ("2024-07-01", Some("2024-06-15T00:00:00Z"), Some("suspended")),
        ("2024-11-01", Some("2024-06-15T00:00:00Z"), Some("in_force")),
        ("2024-07-01", Some("2024-04-30T00:00:00Z"), None),
    ];
    for (on, known, expected) in cases {
        assert_eq!(state(&desk, "N1", day(on), known.map(at)).await.as_deref(), expected, "{on} {known:?}");
    }

    // Saying it again changes nothing and leaves no event.
    let events = desk.events(&EventFilter::default(), &region()).await.unwrap().len();
    let again = edit("N1", seen(&desk, "N1").await, "2024-10-01", None, Some(held("revoked", HOSPITAL, "护师")));
    assert_eq!(apply(&desk, &[again], july).await.unwrap(), 0);
    assert_eq!(desk.events(&EventFilter::default(), &region()).await.unwrap().len(), events);
    // Personal fields are in no event.
    let changed = EventFilter { action: Some(Action::EntryChanged), ..EventFilter::default() };
    let changed = desk.events(&changed, &region().with_personal_fields()).await.unwrap();
    assert_eq!(changed.len(), 2);
    assert_eq!(changed[0].subject, "nurse/N1");
    assert_eq!(changed[0].after.as_ref().unwrap()[1]["state"], "suspended");
    assert!(!changed[0].after.as_ref().unwrap().to_string().contains("sealed"));
    assert!(desk.audit(&[]).await.unwrap().faults.is_empty());
}

pub async fn of_two_at_once_one_is_told(url: &str) {
    let desk = region_of_three(url).await;
    let new = edit("N1", None, "2020-01-01", None, Some(held("in_force", HOSPITAL, "护师")));
    apply(&desk, &[new.clone()], now()).await.unwrap();
    // Both looked at the same version.
    let looked = seen(&desk, "N1").await;
    let one = edit("N1", looked, "2024-06-01", None, Some(held("suspended", HOSPITAL, "护师")));
    let other = edit("N1", looked, "2024-06-01", None, Some(held("cancelled", HOSPITAL, "护师")));
    let fresh = edit("N2", None, "2024-06-01", None, Some(held("in_force", CLINIC, "护士")));
    apply(&desk, &[one], now()).await.unwrap();
    let error = apply(&desk, &[fresh.clone(), other], now()).await.unwrap_err();
    assert!(matches!(error, EntryError::Changed(key) if key == "N1"));
    // Nothing of the second change is there, not even what nobody contests.
    assert_eq!(seen(&desk, "N2").await, None);
    assert_eq!(state(&desk, "N1", day("2024-07-01"), None).await.unwrap(), "suspended");
    let error = apply(&desk, &[new], now()).await.unwrap_err();
    assert!(matches!(error, EntryError::Changed(_)));
    let error = apply(&desk, &[fresh.clone(), fresh.clone()], now()).await.unwrap_err();
    assert!(matches!(error, EntryError::Twice(_)));
    let backwards = Edit { until: Some(fresh.from), ..fresh };
    assert!(matches!(apply(&desk, &[backwards], now()).await.unwrap_err(), EntryError::Backwards(_)));
}

pub async fn a_whole_file_is_compared_before_it_is_taken(url: &str) {
    let desk = region_of_three(url).await;
    let start = |key, held| edit(key, None, "2020-01-01", None, Some(held));
    let edits = [
        start("N1", held("in_force", HOSPITAL, "护师")),
        start("N2", held("in_force", HOSPITAL, "护士")),
        start("N3", held("in_force", CLINIC, "护士")),
    ];
    apply(&desk, &edits, now()).await.unwrap();
    let on = day("2024-05-01");
    let known = desk.entries(NURSES, &EntryFilter::default(), on, None, &region().with_personal_fields()).await.unwrap();
    let file = BTreeMap::from([
        ("N1".to_owned(), held("in_force", HOSPITAL, "护师")),
        ("N2".to_owned(), held("cancelled", CLINIC, "护师")),
        ("N4".to_owned(), held("in_force", CLINIC, "护士")),
    ]);
    let comparison = Comparison::of(&known, &file);
    let differs = ["TITLE", "institution", "state"].map(str::to_owned).to_vec();
    let expected = Comparison {
        new: vec!["N4".to_owned()],
        changed: vec![("N2".to_owned(), differs)],
        gone: vec!["N3".to_owned()],
        unchanged: 1,
    };
    assert_eq!(comparison, expected);

    let newest = |key: &str| known.iter().find(|version| version.key == key).map(|version| version.id);
    let edits = [
        edit("N2", newest("N2"), "2024-05-01", None, file.get("N2").cloned()),
        edit("N3", newest("N3"), "2024-05-01", None, None),
        edit("N4", None, "2024-05-01", None, file.get("N4").cloned()),
    ];
    assert_eq!(apply(&desk, &edits, now()).await.unwrap(), 3);
    let known = desk.entries(NURSES, &EntryFilter::default(), on, None, &region().with_personal_fields()).await.unwrap();
    assert_eq!(Comparison::of(&known, &file), Comparison { unchanged: 3, ..Comparison::default() });
    // What is gone held until then, and its history stays.
    assert_eq!(state(&desk, "N3", day("2024-04-30"), None).await.as_deref(), Some("in_force"));
    assert_eq!(desk.entry_history(NURSES, "N3", &region()).await.unwrap().len(), 2);
}

pub async fn a_scope_sees_its_own_entries(url: &str) {
    let desk = region_of_three(url).await;
    let nobody = Held { institution: None, ..held("in_force", HOSPITAL, "护师") };
    let edits = [
        edit("N1", None, "2020-01-01", None, Some(held("in_force", HOSPITAL, "护师"))),
        edit("N2", None, "2020-01-01", None, Some(held("suspended", CLINIC, "护士"))),
        edit("N3", None, "2020-01-01", None, Some(nobody)),
    ];
    apply(&desk, &edits, now()).await.unwrap();
    let keys = async |filter: EntryFilter, scope: &Scope| -> Vec<String> {
        let found = desk.entries(NURSES, &filter, day("2024-05-01"), None, scope).await.unwrap();
        assert_eq!(found.iter().any(|version| version.held.sealed.is_some()), scope.sees_personal_fields());
        found.into_iter().map(|version| version.key).collect()
    };
    assert_eq!(keys(EntryFilter::default(), &region()).await, ["N1", "N2", "N3"]);
    assert_eq!(keys(EntryFilter::default(), &region().with_personal_fields()).await, ["N1", "N2", "N3"]);
    assert_eq!(keys(EntryFilter::default(), &only(HOSPITAL)).await, ["N1"]);
    assert_eq!(keys(EntryFilter::default(), &Scope::nothing("谁")).await, Vec::<String>::new());
    let suspended = EntryFilter { state: Some("suspended".to_owned()), ..EntryFilter::default() };
    assert_eq!(keys(suspended.clone(), &region()).await, ["N2"]);
    assert_eq!(keys(suspended, &only(HOSPITAL)).await, Vec::<String>::new());
    let of_clinic = EntryFilter { institution: Some(CLINIC.to_owned()), ..EntryFilter::default() };
    assert_eq!(keys(of_clinic, &region()).await, ["N2"]);
    assert_eq!(desk.entry_history(NURSES, "N2", &only(HOSPITAL)).await.unwrap(), Vec::<Version>::new());
    let error = desk.edit_entries(NURSES, &[], (Origin::Hand, "t"), now(), &only(HOSPITAL)).await.unwrap_err();
    assert!(matches!(error, EntryError::PartOfTheRegion(_)));
}

/// Random changes against a calendar that is simply painted over, day by day and moment by moment.
pub async fn random_changes_leave_what_a_painted_calendar_has(url: &str) {
    const DAYS: u64 = 24;
    let desk = region_of_three(url).await;
    let first = day("2024-01-01");
    let date = |at: u64| first.checked_add_days(Days::new(at)).unwrap();
    let mut seed = 20_240_501_u64;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let mut painted: Vec<Option<String>> = vec![None; DAYS as usize];
    let mut moments = Vec::new();
    for round in 0..40_i64 {
        let (from, length) = (random(DAYS - 2), 1 + random(8));
        let until = (random(4) > 0).then_some(from + length);
        let says = (random(5) > 0).then(|| format!("s{}", random(4)));
        let new = Edit {
            key: "K".to_owned(),
            seen: seen(&desk, "K").await,
            from: date(from),
            until: until.map(&date),
            held: says.as_ref().map(|state| held(state, HOSPITAL, "护师")),
        };
        let when = now() + TimeDelta::minutes(round);
        apply(&desk, &[new], when).await.unwrap();
        let end = until.unwrap_or(DAYS).min(DAYS);
        painted[from as usize..end as usize].fill(says);
        moments.push((when + TimeDelta::seconds(30), painted.clone()));
    }
    let wanted = moments.iter().enumerate().filter(|(at, _)| at % 7 == 0 || *at == 39);
    for (_, (moment, painted)) in wanted {
        for at in 0..DAYS {
            let found = state(&desk, "K", date(at), Some(*moment)).await;
            assert_eq!(found, painted[at as usize], "{} known at {moment}", date(at));
        }
    }
}
