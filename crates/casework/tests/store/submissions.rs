//! Submissions and the manifest.

use std::future::Future;

use chrono::TimeDelta;
use sea_orm::prelude::Json;
use yizheng_casework::explanations::ExplanationError;
use yizheng_casework::store::Desk;
use yizheng_casework::submissions::{
    Begun, Content, Counts, FileRow, Message, Mode, NewSubmission, RecordError, Recorded, Status, SubmissionFilter,
};
use yizheng_pack::scope::Scope;

use crate::world::{
    CLINIC, HOSPITAL, TOWNSHIP, at, basis, check, file, month, now, only, record, record_at, region, region_of_three,
    returned, submission, target,
};

fn ids(files: &[FileRow]) -> Vec<&str> {
    files.iter().map(|file| file.id.as_str()).collect()
}

async fn live(desk: &Desk) -> Vec<String> {
    desk.manifest(None, &region()).await.unwrap().into_iter().map(|file| file.id).collect()
}

pub async fn versions_replace_each_other_and_the_past_can_be_read(url: &str) {
    let desk = region_of_three(url).await;
    // Moments of different precision, and a clock that stands still: text that is compared as text.
    let first = record_at(&desk, submission("s1", HOSPITAL, "2024-03", "one"), at("2024-06-05T00:00:00Z")).await;
    let second = record_at(&desk, submission("s2", HOSPITAL, "2024-03", "two"), at("2024-06-05T00:00:00.5Z")).await;
    let third = record_at(&desk, submission("s3", HOSPITAL, "2024-03", "three"), at("2024-06-05T00:00:00.5Z")).await;
    record_at(&desk, submission("s4", TOWNSHIP, "2024-03", "other"), at("2024-06-01T00:00:00Z")).await;
    assert_eq!((first.version, second.version, third.version), (1, 2, 3));
    assert_eq!(first.decided_at, at("2024-06-05T00:00:00Z"));
    assert_eq!(third.decided_at, at("2024-06-05T00:00:00.500001Z"));

    assert_eq!(live(&desk).await, ["s4/2024-03", "s3/2024-03"]);
    for (moment, files) in [
        ("2024-06-04T23:59:59Z", vec![]),
        ("2024-06-05T00:00:00Z", vec!["s1/2024-03"]),
        ("2024-06-05T08:00:00.499999+08:00", vec!["s1/2024-03"]),
        ("2024-06-05T00:00:00.500Z", vec!["s2/2024-03"]),
        ("2024-06-05T00:00:00.500001Z", vec!["s3/2024-03"]),
        // The township's came with an earlier clock and was written later all the same.
        ("2024-06-05T00:00:00.500002Z", vec!["s4/2024-03", "s3/2024-03"]),
    ] {
        let then = desk.manifest(Some(at(moment)), &region()).await.unwrap();
        assert_eq!(ids(&then), files, "{moment}");
    }
    assert_eq!(desk.files_ever(&region()).await.unwrap().len(), 4);

    let row = &desk.files_of("s1", &region()).await.unwrap()[0];
    assert_eq!((row.rows, row.held_rows, row.bytes, row.month), (97, 3, 4_096, month("2024-03")));
    assert_eq!((row.sm3.as_str(), &row.entry), ("sm3 of s1/2024-03", &Json::from("data/s1/2024-03.parquet")));
    assert_eq!(row.superseded_by.as_deref(), Some("s2"));
    assert_eq!(row.superseded_at, Some(second.decided_at));

    let history = desk.versions(&target(HOSPITAL, "2024-03"), &region()).await.unwrap();
    let states: Vec<_> =
        history.iter().map(|s| (s.id.as_str(), s.status, s.superseded_by.as_deref())).collect();
    assert_eq!(states, [
        ("s3", Status::Accepted, None),
        ("s2", Status::Superseded, Some("s3")),
        ("s1", Status::Superseded, Some("s2")),
    ]);
    assert_eq!(desk.in_force(&target(HOSPITAL, "2024-03"), &region()).await.unwrap().unwrap().id, "s3");
}

pub async fn the_same_bytes_are_one_submission(url: &str) {
    let desk = region_of_three(url).await;
    let early = basis(&desk, &submission("s2", HOSPITAL, "2024-03", "one")).await;
    record(&desk, submission("s1", HOSPITAL, "2024-03", "one")).await;
    let again = submission("s2", HOSPITAL, "2024-03", "one");
    match desk.begin(&again.target, Mode::Full, &again.content, &region()).await.unwrap() {
        Begun::AlreadyHeld(held) => assert_eq!((held.id.as_str(), held.version), ("s1", 1)),
        open => panic!("{open:?}"),
    }
    // Also when it was begun before the first was there.
    match desk.record(again, early, now(), &region()).await.unwrap() {
        Recorded::AlreadyHeld(held) => assert_eq!(held.id, "s1"),
        other => panic!("{other:?}"),
    }
    assert_eq!(desk.submissions(&SubmissionFilter::default(), &region()).await.unwrap().len(), 1);
    // The same bytes for another month or another institution are something else.
    record(&desk, submission("s3", HOSPITAL, "2024-02", "one")).await;
    record(&desk, submission("s4", TOWNSHIP, "2024-03", "one")).await;
    // Bytes that were replaced are no longer in force: sending them again brings them back.
    record(&desk, submission("s5", HOSPITAL, "2024-03", "two")).await;
    assert_eq!(record(&desk, submission("s6", HOSPITAL, "2024-03", "one")).await.version, 3);
}

pub async fn a_returned_one_never_makes_the_next_a_duplicate(url: &str) {
    let desk = region_of_three(url).await;
    let mut bad = returned("s1", HOSPITAL, "2024-03", "one");
    bad.messages = vec![Message {
        number: "F0203".to_owned(),
        place: Some("第1行".to_owned()),
        message: "缺少出院时间(B15)列".to_owned(),
        remedy: "补上B15列后重新报送".to_owned(),
    }];
    let stored = record(&desk, bad).await;
    assert_eq!((stored.status, stored.counts), (Status::Returned, None));
    assert_eq!(stored.messages[0].message, "缺少出院时间(B15)列");
    assert_eq!(live(&desk).await, Vec::<String>::new());
    // The same bytes again are looked at again: the definitions may have changed meanwhile.
    let accepted = record(&desk, submission("s2", HOSPITAL, "2024-03", "one")).await;
    assert_eq!((accepted.status, accepted.version), (Status::Accepted, 2));
    // What is in force stays in force when a later file is returned.
    let later = record(&desk, returned("s3", HOSPITAL, "2024-03", "two")).await;
    assert_eq!(later.version, 3);
    assert_eq!(live(&desk).await, ["s2/2024-03"]);
    assert_eq!(desk.in_force(&target(HOSPITAL, "2024-03"), &region()).await.unwrap().unwrap().id, "s2");
    // Neither does a return stand in the way of what was begun before it.
    let basis = basis(&desk, &submission("s5", HOSPITAL, "2024-03", "four")).await;
    record(&desk, returned("s4", HOSPITAL, "2024-03", "three")).await;
    let five = submission("s5", HOSPITAL, "2024-03", "four");
    assert!(matches!(desk.record(five, basis, now(), &region()).await.unwrap(), Recorded::Stored(_)));
}

fn zero(id: &str, institution: &str, period: &str) -> NewSubmission {
    NewSubmission { content: Content::Zero, counts: None, files: Vec::new(), ..submission(id, institution, period, "") }
}

pub async fn nothing_happened_is_a_submission(url: &str) {
    let desk = region_of_three(url).await;
    let none = record(&desk, zero("s1", HOSPITAL, "2024-03")).await;
    assert_eq!((none.content.clone(), none.status), (Content::Zero, Status::Accepted));
    assert_eq!(none.counts, Some(Counts { rows: 0, counted: 0, held: 0, warned: 0 }));
    assert_eq!(live(&desk).await, Vec::<String>::new());
    let again = zero("s2", HOSPITAL, "2024-03");
    let begun = desk.begin(&again.target, again.mode, &again.content, &region()).await.unwrap();
    assert!(matches!(begun, Begun::AlreadyHeld(held) if held.id == "s1"));
    // A file takes its place, and it takes the place of a file.
    record(&desk, submission("s3", HOSPITAL, "2024-03", "one")).await;
    assert_eq!(live(&desk).await, ["s3/2024-03"]);
    record(&desk, zero("s4", HOSPITAL, "2024-03")).await;
    assert_eq!(live(&desk).await, Vec::<String>::new());
}

pub async fn a_patch_and_a_whole_file_of_the_same_bytes(url: &str) {
    let desk = region_of_three(url).await;
    let patch = |id: &str| NewSubmission { mode: Mode::Patch, ..submission(id, HOSPITAL, "2024-03", "part") };
    record(&desk, submission("s1", HOSPITAL, "2024-03", "whole")).await;
    record(&desk, patch("s2")).await;
    assert_eq!(live(&desk).await, ["s2/2024-03"]);
    // The same patch twice is one.
    let again = patch("s3");
    let begun = desk.begin(&again.target, again.mode, &again.content, &region()).await.unwrap();
    assert!(matches!(begun, Begun::AlreadyHeld(_)));
    // The same bytes as the whole of the month are not: the rows that the patch left would go.
    record(&desk, submission("s4", HOSPITAL, "2024-03", "part")).await;
    // And on top of that whole the patch says nothing new.
    let begun = desk.begin(&again.target, again.mode, &again.content, &region()).await.unwrap();
    assert!(matches!(begun, Begun::AlreadyHeld(held) if held.id == "s4"));
}

pub async fn a_quarter_takes_the_place_of_its_months(url: &str) {
    let desk = region_of_three(url).await;
    record(&desk, submission("jan", HOSPITAL, "2024-01", "1")).await;
    record(&desk, submission("mar", HOSPITAL, "2024-03", "3")).await;
    record(&desk, submission("apr", HOSPITAL, "2024-04", "4")).await;
    let mut quarter = submission("q1", HOSPITAL, "2024-Q1", "q");
    // Nothing was discharged in March, it now turns out.
    quarter.files.pop();
    record(&desk, quarter).await;
    assert_eq!(live(&desk).await, ["q1/2024-01", "q1/2024-02", "apr/2024-04"]);
    let status = async |id: &str| desk.submission(id, &region()).await.unwrap().unwrap().status;
    assert_eq!(status("jan").await, Status::Superseded);
    assert_eq!(status("mar").await, Status::Superseded);
    assert_eq!(status("apr").await, Status::Accepted);
    // A month within the quarter replaces that month only; the rest of the quarter is in force.
    record(&desk, submission("feb", HOSPITAL, "2024-02", "2")).await;
    assert_eq!(live(&desk).await, ["q1/2024-01", "feb/2024-02", "apr/2024-04"]);
    assert_eq!(status("q1").await, Status::Accepted);
}

pub async fn what_it_rests_on_must_still_hold(url: &str) {
    let desk = region_of_three(url).await;
    let (march, april) = (submission("mar", HOSPITAL, "2024-03", "3"), submission("apr", HOSPITAL, "2024-04", "4"));
    let (for_march, for_april) = (basis(&desk, &march).await, basis(&desk, &april).await);
    assert!(matches!(desk.record(march, for_march, now(), &region()).await.unwrap(), Recorded::Stored(_)));
    // April's checks looked at the institution's other months, and those have changed.
    assert_eq!(desk.record(april.clone(), for_april, now(), &region()).await.unwrap(), Recorded::Overtaken);
    assert_eq!(live(&desk).await, ["mar/2024-03"]);
    assert_eq!(desk.submission("apr", &region()).await.unwrap(), None);
    record(&desk, april).await;
    assert_eq!(live(&desk).await, ["mar/2024-03", "apr/2024-04"]);
    // Another institution's have nothing to do with it.
    let clinic = submission("c", CLINIC, "2024-03", "3");
    let for_clinic = basis(&desk, &clinic).await;
    record(&desk, submission("t", TOWNSHIP, "2024-03", "3")).await;
    assert!(matches!(desk.record(clinic, for_clinic, now(), &region()).await.unwrap(), Recorded::Stored(_)));
    let open = desk.begin(&target(HOSPITAL, "2024-03"), Mode::Full, &file("new"), &region()).await.unwrap();
    assert!(matches!(open, Begun::Open { in_force: Some(live), .. } if live.id == "mar"));
}

pub async fn checks_and_explanations_follow(url: &str) {
    let desk = region_of_three(url).await;
    let mut first = submission("s1", HOSPITAL, "2024-03", "one");
    first.checks = vec![check("FP030", 7), check("FP001", 0)];
    first.details = serde_json::json!({ "unknown_columns": ["备注"] });
    let stored = record(&desk, first).await;
    assert_eq!(stored.details, serde_json::json!({ "unknown_columns": ["备注"] }));
    assert_eq!(desk.check_summaries("s1", &region()).await.unwrap(), [check("FP001", 0), check("FP030", 7)]);

    let scope = only(HOSPITAL);
    let give = async |id: &str, check: &str, text: &str| {
        desk.give_explanation(id, check, "2024000123|1", text, now(), &scope).await
    };
    let given = give("s1", "FP030", " 年龄按入院证登记,已核实 ").await.unwrap();
    assert_eq!((given.text.as_str(), given.actor.as_str()), ("年龄按入院证登记,已核实", "病案室"));
    assert!(matches!(give("s1", "FP030", "  ").await, Err(ExplanationError::Empty)));
    assert!(matches!(give("none", "FP030", "x").await, Err(ExplanationError::UnknownSubmission(_))));

    record(&desk, submission("s2", HOSPITAL, "2024-03", "two")).await;
    give("s2", "FP044", "住院超过60天,系康复期").await.unwrap();
    give("s2", "FP030", "已改正").await.unwrap();
    let texts = async |id: &str, scope: &Scope| -> Vec<(String, String)> {
        let explanations = desk.explanations(id, scope).await.unwrap();
        explanations.into_iter().map(|given| (given.check, given.text)).collect()
    };
    let both = [("FP030", "已改正"), ("FP044", "住院超过60天,系康复期")]
        .map(|(check, text)| (check.to_owned(), text.to_owned()));
    assert_eq!(texts("s2", &scope).await, both);
    assert_eq!(texts("s1", &scope).await, both);
    // Another month has its own.
    record(&desk, submission("s3", HOSPITAL, "2024-04", "three")).await;
    assert_eq!(texts("s3", &scope).await, []);
    assert_eq!(texts("s2", &only(CLINIC)).await, []);
    let other = desk.give_explanation("s2", "FP030", "k", "x", now(), &only(CLINIC)).await;
    assert!(matches!(other, Err(ExplanationError::UnknownSubmission(_))));
}

pub async fn filters(url: &str) {
    let desk = region_of_three(url).await;
    record(&desk, submission("h1", HOSPITAL, "2024-01", "1")).await;
    record(&desk, submission("h2", HOSPITAL, "2024-02", "2")).await;
    record(&desk, submission("h3", HOSPITAL, "2024-02", "3")).await;
    record(&desk, returned("t1", TOWNSHIP, "2024-02", "4")).await;
    let mut beds = submission("b1", TOWNSHIP, "2024-Q1", "5");
    beds.target.dataset = "beds".to_owned();
    record(&desk, beds).await;
    let found = async |filter: SubmissionFilter| -> Vec<String> {
        desk.submissions(&filter, &region()).await.unwrap().into_iter().map(|found| found.id).collect()
    };
    let any = SubmissionFilter::default;
    assert_eq!(found(any()).await, ["b1", "t1", "h3", "h2", "h1"]);
    assert_eq!(found(SubmissionFilter { institution: Some(TOWNSHIP.to_owned()), ..any() }).await, ["b1", "t1"]);
    assert_eq!(found(SubmissionFilter { dataset: Some("beds".to_owned()), ..any() }).await, ["b1"]);
    assert_eq!(found(SubmissionFilter { period: Some("2024-02".parse().unwrap()), ..any() }).await, ["t1", "h3", "h2"]);
    assert_eq!(found(SubmissionFilter { from: Some(month("2024-02")), ..any() }).await, ["b1", "t1", "h3", "h2"]);
    assert_eq!(found(SubmissionFilter { to: Some(month("2024-01")), ..any() }).await, ["b1", "h1"]);
    assert_eq!(found(SubmissionFilter { status: Some(Status::Superseded), ..any() }).await, ["h2"]);
    assert_eq!(found(SubmissionFilter { status: Some(Status::Returned), ..any() }).await, ["t1"]);
}

pub async fn a_scope_sees_its_own(url: &str) {
    let desk = region_of_three(url).await;
    let mut one = submission("h1", HOSPITAL, "2024-03", "1");
    one.checks = vec![check("FP001", 0)];
    record(&desk, one).await;
    record(&desk, submission("c1", CLINIC, "2024-03", "1")).await;
    desk.give_explanation("h1", "FP001", "k", "说明", now(), &region()).await.unwrap();
    for (scope, hospital, clinic) in [
        (region(), true, true),
        (only(HOSPITAL), true, false),
        (only(CLINIC), false, true),
        (only(CLINIC).narrowed_to(HOSPITAL), false, false),
        (Scope::nothing("谁"), false, false),
    ] {
        let all = usize::from(hospital) + usize::from(clinic);
        assert_eq!(desk.manifest(None, &scope).await.unwrap().len(), all);
        assert_eq!(desk.manifest(Some(at("2030-01-01T00:00:00Z")), &scope).await.unwrap().len(), all);
        assert_eq!(desk.files_ever(&scope).await.unwrap().len(), all);
        assert_eq!(desk.submissions(&SubmissionFilter::default(), &scope).await.unwrap().len(), all);
        assert_eq!(desk.submission("h1", &scope).await.unwrap().is_some(), hospital);
        assert_eq!(desk.files_of("h1", &scope).await.unwrap().len(), usize::from(hospital));
        assert_eq!(desk.versions(&target(HOSPITAL, "2024-03"), &scope).await.unwrap().len(), usize::from(hospital));
        assert_eq!(desk.in_force(&target(HOSPITAL, "2024-03"), &scope).await.unwrap().is_some(), hospital);
        assert_eq!(desk.check_summaries("h1", &scope).await.unwrap().len(), usize::from(hospital));
        assert_eq!(desk.explanations("h1", &scope).await.unwrap().len(), usize::from(hospital));
    }
    // Nobody submits for another.
    let new = submission("h2", HOSPITAL, "2024-03", "2");
    let basis = basis(&desk, &new).await;
    let begun = desk.begin(&new.target, new.mode, &new.content, &only(CLINIC)).await;
    assert!(matches!(begun, Err(RecordError::OutsideScope { institution, .. }) if institution == HOSPITAL));
    let recorded = desk.record(new, basis, now(), &only(CLINIC)).await;
    assert!(matches!(recorded, Err(RecordError::OutsideScope { actor, .. }) if actor == "病案室"));
    assert_eq!(live(&desk).await, ["c1/2024-03", "h1/2024-03"]);
}

pub async fn what_does_not_fit_is_refused(url: &str) {
    let desk = region_of_three(url).await;
    let good = || submission("s1", HOSPITAL, "2024-03", "one");
    let basis = basis(&desk, &good()).await;
    let mut twice = good();
    twice.files.push(twice.files[0].clone());
    let mut outside = good();
    outside.files[0].month = month("2024-04");
    let mut sums = good();
    sums.counts = Some(Counts { rows: 100, counted: 97, held: 2, warned: 0 });
    let cases = [
        (twice, "two files for one month"),
        (outside, "a file of a month outside its period"),
        (NewSubmission { accepted: false, ..good() }, "files though it is returned"),
        (NewSubmission { content: Content::Zero, ..good() }, "rows though nothing happened"),
        (NewSubmission { mode: Mode::Patch, ..zero("s1", HOSPITAL, "2024-03") }, "nothing happened, as a patch"),
        (sums, "rows that count and rows held apart do not add up"),
    ];
    for (new, expected) in cases {
        match desk.record(new, basis, now(), &region()).await {
            Err(RecordError::Inconsistent { id, why }) => assert_eq!((id.as_str(), why), ("s1", expected)),
            other => panic!("{expected}: {other:?}"),
        }
    }
    let stranger = target("99900001344060611A1001", "2024-03");
    let unknown = desk.begin(&stranger, Mode::Full, &file("x"), &region()).await;
    assert!(matches!(unknown, Err(RecordError::UnknownInstitution(_))));
    let unknown = desk.record(NewSubmission { target: stranger, ..good() }, basis, now(), &region()).await;
    assert!(matches!(unknown, Err(RecordError::UnknownInstitution(_))));
    assert_eq!(desk.submissions(&SubmissionFilter::default(), &region()).await.unwrap(), []);
}

pub async fn a_write_that_fails_leaves_nothing(url: &str) {
    let desk = region_of_three(url).await;
    record(&desk, submission("s1", HOSPITAL, "2024-03", "one")).await;
    let mut clash = submission("s2", HOSPITAL, "2024-03", "two");
    // The last statement of the write fails: this file's id is another's.
    clash.files[0].id = "s1/2024-03".to_owned();
    let basis = basis(&desk, &clash).await;
    assert!(matches!(desk.record(clash, basis, now(), &region()).await, Err(RecordError::Store(_))));
    assert_eq!(live(&desk).await, ["s1/2024-03"]);
    assert_eq!(desk.submission("s2", &region()).await.unwrap(), None);
    assert_eq!(desk.submission("s1", &region()).await.unwrap().unwrap().status, Status::Accepted);
    // And the next write goes through.
    assert_eq!(record(&desk, submission("s3", HOSPITAL, "2024-03", "three")).await.version, 2);
}

/// Lets `work` run for so many turns of the scheduler and drops it then.
async fn cut_off<T>(work: impl Future<Output = T>, turns: usize) -> Option<T> {
    let patience = async {
        for _ in 0..turns {
            tokio::task::yield_now().await;
            std::thread::sleep(std::time::Duration::from_micros(50));
        }
    };
    tokio::select! {
        biased;
        done = work => Some(done),
        () = patience => None,
    }
}

pub async fn a_write_that_is_dropped_leaves_all_or_nothing(url: &str) {
    let desk = region_of_three(url).await;
    record(&desk, submission("start", HOSPITAL, "2024-03", "start")).await;
    let (mut held, mut cut) = ("start".to_owned(), 0);
    for turns in 0..120 {
        let id = format!("s{turns}");
        let mut new = submission(&id, HOSPITAL, "2024-03", &id);
        new.checks = vec![check("FP001", 1)];
        let basis = basis(&desk, &new).await;
        let done = cut_off(desk.record(new, basis, now() + TimeDelta::seconds(1), &region()), turns).await;
        cut += usize::from(done.is_none());
        // A commit that was on its way when its caller went may still arrive; a write comes after it.
        desk.note_personal_read(None, "settled", now(), &region()).await.unwrap();
        let files = desk.manifest(None, &region()).await.unwrap();
        let stored = desk.submission(&id, &region()).await.unwrap();
        match stored {
            Some(stored) => {
                assert_eq!((stored.status, ids(&files)), (Status::Accepted, vec![format!("{id}/2024-03").as_str()]));
                assert_eq!(desk.check_summaries(&id, &region()).await.unwrap().len(), 1);
                assert_eq!(desk.submission(&held, &region()).await.unwrap().unwrap().status, Status::Superseded);
                held = id;
            }
            None => {
                assert!(done.is_none());
                assert_eq!(ids(&files), [format!("{held}/2024-03")]);
                assert_eq!(desk.submission(&held, &region()).await.unwrap().unwrap().status, Status::Accepted);
            }
        }
    }
    assert!(cut > 0, "no write was cut off");
    record(&desk, submission("end", HOSPITAL, "2024-03", "end")).await;
    assert_eq!(live(&desk).await, ["end/2024-03"]);
}
