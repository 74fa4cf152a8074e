//! A kill at any moment of a submission leaves the old state or the new one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{SmallRegion, yizheng};

/// Kills spread over the length of a submission, and a little beyond it.
const KILLS: u32 = 60;

/// What a reader sees: the month's discharges, and how many versions are in force.
fn state(region: &SmallRegion) -> (String, usize) {
    let values = region.csv(&["values", "--indicator", "EFF01", "--from", "2024-03", "--to", "2024-03", "--by", "institution", "--institution", common::HOSPITAL]);
    assert_eq!(values.len(), 1, "{values:?}");
    let submissions = region.csv(&["submissions", "--institution", common::HOSPITAL, "--period", "2024-03", "--status", "accepted"]);
    (values[0]["denominator"].clone(), submissions.len())
}

#[test]
fn old_state_or_new_state() {
    let region = SmallRegion::new();
    let old = region.front_pages("old.csv", 60, "2024-03");
    let new = region.front_pages("new.csv", 75, "2024-03");
    region.submit(&old, "2024-03").success();
    assert_eq!(state(&region), ("60".to_owned(), 1));

    let start = Instant::now();
    region.submit(&new, "2024-03").success();
    let whole = start.elapsed();
    assert_eq!(state(&region), ("75".to_owned(), 1));

    let (mut seen_old, mut seen_new) = (0, 0);
    for kill in 0..KILLS {
        // Alternate so that every submission really changes something.
        let (before, after, file) = if state(&region).0 == "75" { ("75", "60", &old) } else { ("60", "75", &new) };
        let mut child = Command::new(yizheng())
            .args(["submit", "--confirm", "--dataset", "inpatient_front_page", "--period", "2024-03"])
            .args(["--institution", common::HOSPITAL, "--data"])
            .arg(region.dir())
            .arg(file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole.mul_f64(f64::from(kill) * 1.1 / f64::from(KILLS)).max(Duration::from_millis(1)));
        // May have ended already.
        let _ = child.kill();
        child.wait().unwrap();
        let (discharges, in_force) = state(&region);
        assert_eq!(in_force, 1, "after kill {kill}");
        match discharges {
            found if found == before => seen_old += 1,
            found if found == after => seen_new += 1,
            found => panic!("kill {kill}: {found} discharges, neither {before} nor {after}"),
        }
    }
    println!("{KILLS} kills over {whole:?}: {seen_old} left the old state, {seen_new} the new one");
    assert!(seen_old > 0, "no kill came before the commit");

    // What the kills left behind is cleared away, and the region still takes a submission.
    region.submit(&old, "2024-03");
    region.submit(&new, "2024-03").success();
    assert_eq!(state(&region), ("75".to_owned(), 1));
}
