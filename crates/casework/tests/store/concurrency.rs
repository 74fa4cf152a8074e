//! Many at once: several tasks of two programs.

use std::collections::BTreeSet;

use tokio::task::JoinSet;
use yizheng_casework::events::{Action, EventFilter};
use yizheng_casework::store::Desk;
use yizheng_casework::submissions::{Recorded, SubmissionFilter};

use crate::world::{CLINIC, HOSPITAL, TOWNSHIP, basis, now, region, region_of_three, submission, target};

/// As a program does: when overtaken, begin again.
async fn submit(desk: Desk, id: String, institution: &str, period: &str) -> u32 {
    loop {
        let new = submission(&id, institution, period, &id);
        let basis = basis(&desk, &new).await;
        match desk.record(new, basis, now(), &region()).await.unwrap() {
            Recorded::Stored(stored) => return stored.version,
            Recorded::Overtaken => {}
            Recorded::AlreadyHeld(held) => panic!("{id} is held as {}", held.id),
        }
    }
}

pub async fn none_lost_none_doubled(url: &str) {
    let one = region_of_three(url).await;
    // Another program: its own connections and its own queue.
    let other = Desk::open(url).await.unwrap();
    let mut tasks = JoinSet::new();
    for n in 0..120_usize {
        let desk = if n % 2 == 0 { one.clone() } else { other.clone() };
        let institution = [HOSPITAL, CLINIC, TOWNSHIP][n % 3];
        let period = ["2024-01", "2024-02"][n % 2];
        tasks.spawn(async move { submit(desk, format!("s{n}"), institution, period).await });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let all = one.submissions(&SubmissionFilter::default(), &region()).await.unwrap();
    assert_eq!(all.len(), 120);
    // 120 over three institutions and two months: 20 versions of each, numbered without a gap.
    for institution in [HOSPITAL, CLINIC, TOWNSHIP] {
        for period in ["2024-01", "2024-02"] {
            let versions = one.versions(&target(institution, period), &region()).await.unwrap();
            let numbers: Vec<u32> = versions.iter().rev().map(|version| version.version).collect();
            assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
        }
    }
    assert_eq!(one.manifest(None, &region()).await.unwrap().len(), 6);
    // Every write had a moment of its own, though the clock stood still.
    let moments: BTreeSet<_> = all.iter().map(|submission| submission.decided_at).collect();
    assert_eq!(moments.len(), 120);
    let accepted = EventFilter { action: Some(Action::SubmissionAccepted), ..EventFilter::default() };
    assert_eq!(one.events(&accepted, &region()).await.unwrap().len(), 120);
}

pub async fn one_wins_and_the_others_are_told(url: &str) {
    let desk = region_of_three(url).await;
    let other = Desk::open(url).await.unwrap();
    let basis = basis(&desk, &submission("s", HOSPITAL, "2024-03", "s")).await;
    let mut tasks = JoinSet::new();
    for n in 0..20_usize {
        let desk = if n % 2 == 0 { desk.clone() } else { other.clone() };
        let new = submission(&format!("s{n}"), HOSPITAL, "2024-03", &format!("s{n}"));
        tasks.spawn(async move { desk.record(new, basis, now(), &region()).await.unwrap() });
    }
    let results = tasks.join_all().await;
    assert_eq!(results.iter().filter(|result| matches!(result, Recorded::Stored(_))).count(), 1);
    assert_eq!(results.iter().filter(|result| matches!(result, Recorded::Overtaken)).count(), 19);
    assert_eq!(desk.submissions(&SubmissionFilter::default(), &region()).await.unwrap().len(), 1);
}

pub async fn the_same_bytes_at_once_are_one_submission(url: &str) {
    let desk = region_of_three(url).await;
    let basis = basis(&desk, &submission("s", HOSPITAL, "2024-03", "the same")).await;
    let mut tasks = JoinSet::new();
    for n in 0..20_usize {
        let desk = desk.clone();
        let new = submission(&format!("s{n}"), HOSPITAL, "2024-03", "the same");
        tasks.spawn(async move { desk.record(new, basis, now(), &region()).await.unwrap() });
    }
    let results = tasks.join_all().await;
    let stored = results.iter().filter(|result| matches!(result, Recorded::Stored(_))).count();
    let held = results.iter().filter(|result| matches!(result, Recorded::AlreadyHeld(_))).count();
    assert_eq!((stored, held), (1, 19));
    assert_eq!(desk.manifest(None, &region()).await.unwrap().len(), 1);
}
