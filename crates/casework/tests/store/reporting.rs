//! Who had to report, and how each month stands.

use yizheng_casework::reporting::{Standing, deadline};
use yizheng_casework::submissions::Status;
use yizheng_pack::dataset::{Due, DueChange};
use yizheng_pack::scope::Scope;

use crate::world::{
    CLINIC, HOSPITAL, TOWNSHIP, at, day, import, month, only, record, record_at, region, region_of_three, returned, submission, three,
};

pub async fn every_month_of_every_institution_stands_somewhere(url: &str) {
    let desk = region_of_three(url).await;
    let due = Due { min_beds: 1, days: 10, ..Due::default() };
    assert_eq!(deadline(&due, month("2024-03")), day("2024-04-10"));
    assert_eq!(deadline(&due, month("2023-12")), day("2024-01-10"));
    // From 15 March on a region asks for it within five days: March follows, February does not.
    let sooner = DueChange { from: day("2024-03-15"), due: Due { days: 5, ..due.clone() }, source: "甲".to_owned(), layer: 1 };
    let changed = Due { changes: vec![sooner], ..due.clone() };
    assert_eq!(deadline(&changed, month("2024-02")), day("2024-03-10"));
    assert_eq!(deadline(&changed, month("2024-03")), day("2024-04-05"));

    // The township closes within March: that month is still due, April is not.
    let mut closing = three().remove(2);
    closing.cells.insert("失效日期".to_owned(), "2024-03-20".to_owned());
    assert_eq!(import(&desk, &[closing]).await.changed, 1);

    let received = |id, institution, period, moment| {
        let mut new = submission(id, institution, period, id);
        new.received_at = at(moment);
        new
    };
    // 23:59 in China on the last day is in time, a correction after that makes nothing late.
    record(&desk, received("h1", HOSPITAL, "2024-01", "2024-02-10T15:59:00Z")).await;
    record(&desk, received("h2", HOSPITAL, "2024-01", "2024-03-01T00:00:00Z")).await;
    // 00:00 in China on the day after is late.
    record(&desk, received("h3", HOSPITAL, "2024-02", "2024-03-10T16:00:00Z")).await;
    // Returned in time and accepted too late is late; only returned is returned.
    record(&desk, returned("t1", TOWNSHIP, "2024-01", "t1")).await;
    record(&desk, received("t2", TOWNSHIP, "2024-01", "2024-02-20T00:00:00Z")).await;
    record(&desk, returned("t3", TOWNSHIP, "2024-02", "t3")).await;
    // The clinic has no beds and need not, but did.
    record(&desk, received("c1", CLINIC, "2024-02", "2024-03-01T00:00:00Z")).await;

    let standing = async |now: &str, scope: &Scope| -> Vec<(String, String, bool, Standing, Option<String>)> {
        let rows = desk
            .reporting("inpatient_front_page", &due, None, month("2024-01"), month("2024-04"), at(now), scope)
            .await
            .unwrap();
        rows.into_iter()
            .map(|row| (row.month.to_string(), row.institution, row.due, row.standing, row.submission.map(|s| s.id)))
            .collect()
    };
    let row = |month: &str, institution: &str, due, standing, submission: Option<&str>| {
        (month.to_owned(), institution.to_owned(), due, standing, submission.map(str::to_owned))
    };
    // 23:59 on 10 April: March is not overdue yet.
    assert_eq!(standing("2024-04-10T15:59:59Z", &region()).await, [
        row("2024-01", TOWNSHIP, true, Standing::Late, Some("t2")),
        row("2024-01", HOSPITAL, true, Standing::Reported, Some("h2")),
        row("2024-02", TOWNSHIP, true, Standing::Returned, Some("t3")),
        row("2024-02", CLINIC, false, Standing::Reported, Some("c1")),
        row("2024-02", HOSPITAL, true, Standing::Late, Some("h3")),
        row("2024-03", TOWNSHIP, true, Standing::NotDue, None),
        row("2024-03", HOSPITAL, true, Standing::NotDue, None),
        row("2024-04", HOSPITAL, true, Standing::NotDue, None),
    ]);
    let later = standing("2024-04-10T16:00:00Z", &only(HOSPITAL)).await;
    assert_eq!(later, [
        row("2024-01", HOSPITAL, true, Standing::Reported, Some("h2")),
        row("2024-02", HOSPITAL, true, Standing::Late, Some("h3")),
        row("2024-03", HOSPITAL, true, Standing::Missing, None),
        row("2024-04", HOSPITAL, true, Standing::NotDue, None),
    ]);
    assert_eq!(standing("2024-04-10T16:00:00Z", &Scope::nothing("谁")).await, []);
}

pub async fn who_owes_by_class_and_level(url: &str) {
    let desk = region_of_three(url).await;
    let owing = async |due: Due| -> Vec<String> {
        let (of, now, scope) = (month("2024-03"), at("2024-04-01T00:00:00Z"), region());
        let rows = desk.reporting("resource_report", &due, None, of, of, now, &scope).await;
        rows.unwrap().into_iter().map(|row| row.institution).collect()
    };
    let list = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>();
    let all = Due { days: 10, ..Due::default() };
    assert_eq!(owing(all.clone()).await, list(&[TOWNSHIP, CLINIC, HOSPITAL]));
    // The hospital is A100 of level 32, the township C220 of level 10, the clinic D215 of none.
    assert_eq!(owing(Due { classes: list(&["A", "C2"]), ..all.clone() }).await, list(&[TOWNSHIP, HOSPITAL]));
    assert_eq!(owing(Due { levels: list(&["3"]), ..all.clone() }).await, list(&[HOSPITAL]));
    assert_eq!(owing(Due { classes: list(&["C"]), levels: list(&["3"]), ..all.clone() }).await, list(&[]));
    assert_eq!(owing(Due { classes: list(&["C"]), min_beds: 41, ..all }).await, list(&[]));
}

pub async fn the_region_owes_its_own(url: &str) {
    let desk = region_of_three(url).await;
    let due = Due { days: 10, ..Due::default() };
    let mut new = submission("r1", "990001", "2024-02", "r1");
    new.received_at = at("2024-03-05T00:00:00Z");
    new.target.dataset = "region_report".to_owned();
    // Not for an institution, nor for a division that nobody knows.
    assert!(desk.begin(&new.target, new.mode, &new.content, &only(HOSPITAL)).await.is_err());
    let mut unknown = new.target.clone();
    unknown.institution = "990009".to_owned();
    assert!(desk.begin(&unknown, new.mode, &new.content, &region()).await.is_err());
    record(&desk, new).await;
    let standing = async |scope: &Scope| -> Vec<(String, String, bool, Standing)> {
        let rows = desk.reporting(
            "region_report",
            &due,
            Some("990001"),
            month("2024-02"),
            month("2024-03"),
            at("2024-04-11T00:00:00Z"),
            scope,
        );
        let rows = rows.await.unwrap().into_iter();
        rows.map(|row| (row.month.to_string(), row.institution, row.due, row.standing)).collect()
    };
    let row = |month: &str, standing| (month.to_owned(), "990001".to_owned(), true, standing);
    assert_eq!(standing(&region()).await, [row("2024-02", Standing::Reported), row("2024-03", Standing::Missing)]);
    assert_eq!(standing(&only(HOSPITAL)).await, []);
    // It has sent, and is still no institution.
    assert_eq!(desk.institutions_at(day("2024-03-01"), &region()).await.unwrap().len(), 3);
    let register = desk.register(&region()).await.unwrap().with_region("990001", "东城区");
    assert_eq!(register.resolve("990001", day("2024-03-01")).as_deref(), Some("990001"));
    assert_eq!(register.resolve("东城区", day("2024-03-01")).as_deref(), Some("990001"));
    assert_eq!(register.region_name("990001"), Some("东城区"));
    assert_eq!(register.region_name(HOSPITAL), None);
}

pub async fn the_past_can_be_read(url: &str) {
    let desk = region_of_three(url).await;
    let due = Due { min_beds: 1, days: 10, ..Due::default() };
    for (id, moment, is_returned) in
        [("h1", "2024-05-02T00:00:00Z", true), ("h2", "2024-05-05T00:00:00Z", false), ("h3", "2024-05-20T00:00:00Z", false)]
    {
        let make = if is_returned { returned } else { submission };
        let mut new = make(id, HOSPITAL, "2024-04", id);
        new.received_at = at(moment);
        record_at(&desk, new, at(moment)).await;
    }
    let scope = only(HOSPITAL);
    let april = month("2024-04");
    let as_of = async |moment: &str| -> (Standing, Option<(String, Status)>) {
        let rows = desk.reporting_as_of("inpatient_front_page", &due, None, april, april, at(moment), &scope).await;
        let row = rows.unwrap().remove(0);
        (row.standing, row.submission.map(|of| (of.id, of.status)))
    };
    let of = |id: &str, status| Some((id.to_owned(), status));
    assert_eq!(as_of("2024-05-01T12:00:00Z").await, (Standing::NotDue, None));
    assert_eq!(as_of("2024-05-03T00:00:00Z").await, (Standing::Returned, of("h1", Status::Returned)));
    // The correction had not come: what it took the place of was in force.
    assert_eq!(as_of("2024-05-06T00:00:00Z").await, (Standing::Reported, of("h2", Status::Accepted)));
    assert_eq!(as_of("2024-05-21T00:00:00Z").await, (Standing::Reported, of("h3", Status::Accepted)));
    // Nothing of March ever came, and its deadline was 10 April.
    let march = month("2024-03");
    let march = desk.reporting_as_of("inpatient_front_page", &due, None, march, march, at("2024-05-06T00:00:00Z"), &scope).await;
    assert_eq!(march.unwrap()[0].standing, Standing::Missing);
}
