//! What people do about the items of a work plan.

use yizheng_casework::events::{Action, EventFilter};
use yizheng_casework::plans::{NewAssignment, NewProgress, PlanError, Progress, ProgressKind};
use yizheng_casework::store::Desk;
use yizheng_pack::scope::Scope;

use crate::world::{HOSPITAL, at, day, now, only, region, region_of_three};

const PLAN: &str = "yunlan-2026";

fn assignment(person: &str) -> NewAssignment {
    NewAssignment {
        lead: "医政科".to_owned(),
        with: vec!["规划信息科".to_owned(), "药政科".to_owned()],
        person: person.to_owned(),
        deadline: Some(day("2026-11-30")),
        note: String::new(),
    }
}

fn progress(kind: ProgressKind, on: &str, text: &str) -> NewProgress {
    NewProgress {
        on: day(on),
        kind,
        milestone: (kind == ProgressKind::MilestoneDone).then_some(2),
        person: "张三".to_owned(),
        text: text.to_owned(),
        evidence: "云卫医〔2026〕12号".to_owned(),
    }
}

async fn entries(desk: &Desk) -> Vec<Progress> {
    desk.plan_progress(Some(PLAN), &region()).await.unwrap()
}

pub async fn nothing_entered_is_ever_lost(url: &str) {
    let desk = region_of_three(url).await;
    let first = desk.assign_plan_item(PLAN, "1", assignment("张三"), now(), &region()).await.unwrap();
    assert_eq!((first.says.clone(), first.actor.as_str(), first.plan.as_str()), (assignment("张三"), "监管员", PLAN));
    assert!(first.entered_at >= now());
    let without = NewAssignment { deadline: None, with: Vec::new(), ..assignment("李四") };
    desk.assign_plan_item(PLAN, "1", without.clone(), now(), &region()).await.unwrap();
    desk.assign_plan_item("other-2026", "1", assignment("王五"), now(), &region()).await.unwrap();
    let all = desk.plan_assignments(Some(PLAN), &region()).await.unwrap();
    assert_eq!(all.iter().map(|one| one.says.clone()).collect::<Vec<_>>(), [assignment("张三"), without]);
    assert_eq!(desk.plan_assignments(None, &region()).await.unwrap().len(), 3);

    let kinds = [
        ProgressKind::Progress,
        ProgressKind::MilestoneDone,
        ProgressKind::Supervision,
        ProgressKind::JudgedNotMet,
        ProgressKind::JudgedMet,
        ProgressKind::Closed,
        ProgressKind::Reopened,
    ];
    for kind in kinds {
        desk.add_plan_progress(PLAN, "2", progress(kind, "2026-06-30", "做了"), now(), &region()).await.unwrap();
    }
    let stored = entries(&desk).await;
    assert_eq!(stored.iter().map(|one| one.says.kind).collect::<Vec<_>>(), kinds);
    assert_eq!(stored[1].says, progress(ProgressKind::MilestoneDone, "2026-06-30", "做了"));
    assert!(stored.windows(2).all(|pair| pair[0].id < pair[1].id && pair[0].entered_at < pair[1].entered_at));

    let events = EventFilter { subject: Some(format!("{PLAN}/1")), ..EventFilter::default() };
    let events = desk.events(&events, &region()).await.unwrap();
    assert_eq!(events.iter().map(|event| event.action).collect::<Vec<_>>(), [Action::PlanAssigned; 2]);
    assert_eq!(events[1].before.as_ref().unwrap()["person"], "张三");
    assert_eq!(events[1].after.as_ref().unwrap()["person"], "李四");
}

pub async fn withdrawn_stays_with_its_reason(url: &str) {
    let desk = region_of_three(url).await;
    let entry = desk.add_plan_progress(PLAN, "2", progress(ProgressKind::Closed, "2026-06-30", "完成"), now(), &region()).await.unwrap();
    let withdraw = async |item: &str, id: i64, reason: &str| {
        desk.withdraw_plan_progress(PLAN, item, id, reason, at("2026-07-01T00:00:00Z"), &region()).await
    };
    assert!(matches!(withdraw("2", entry.id, " ").await.unwrap_err(), PlanError::Empty("reason")));
    assert!(matches!(withdraw("3", entry.id, "错").await.unwrap_err(), PlanError::Unknown(id) if id == entry.id));
    assert!(matches!(withdraw("2", 99, "错").await.unwrap_err(), PlanError::Unknown(99)));
    let gone = withdraw("2", entry.id, " 录错事项 ").await.unwrap();
    let withdrawn = gone.withdrawn.clone().unwrap();
    assert_eq!((withdrawn.reason.as_str(), withdrawn.actor.as_str()), ("录错事项", "监管员"));
    assert!(withdrawn.at >= at("2026-07-01T00:00:00Z"));
    assert!(matches!(withdraw("2", entry.id, "再").await.unwrap_err(), PlanError::Withdrawn(_)));
    assert_eq!(entries(&desk).await, [gone]);
    let events = desk.events(&EventFilter { action: Some(Action::PlanWithdrawn), ..EventFilter::default() }, &region()).await.unwrap();
    assert_eq!((events.len(), events[0].after.as_ref().unwrap()["reason"].as_str()), (1, Some("录错事项")));
}

pub async fn only_the_whole_region_reads_and_writes(url: &str) {
    let desk = region_of_three(url).await;
    desk.assign_plan_item(PLAN, "1", assignment("张三"), now(), &region()).await.unwrap();
    let entry = desk.add_plan_progress(PLAN, "1", progress(ProgressKind::Progress, "2026-06-30", "做了"), now(), &region()).await.unwrap();
    for scope in [only(HOSPITAL), Scope::nothing("谁")] {
        let refused = [
            desk.assign_plan_item(PLAN, "1", assignment("李四"), now(), &scope).await.map(|_| ()).unwrap_err(),
            desk.add_plan_progress(PLAN, "1", progress(ProgressKind::Progress, "2026-06-30", "x"), now(), &scope).await.map(|_| ()).unwrap_err(),
            desk.withdraw_plan_progress(PLAN, "1", entry.id, "x", now(), &scope).await.map(|_| ()).unwrap_err(),
        ];
        assert!(refused.iter().all(|error| matches!(error, PlanError::PartOfTheRegion(_))));
        assert!(desk.plan_assignments(None, &scope).await.unwrap().is_empty());
        assert!(desk.plan_progress(Some(PLAN), &scope).await.unwrap().is_empty());
        let events = desk.events(&EventFilter::default(), &scope).await.unwrap();
        assert!(!events.iter().any(|event| event.subject.starts_with(PLAN)));
    }
    let empty = NewAssignment { person: "  ".to_owned(), ..assignment("") };
    assert!(matches!(desk.assign_plan_item(PLAN, "1", empty, now(), &region()).await.unwrap_err(), PlanError::Empty("person")));
    let silent = progress(ProgressKind::Progress, "2026-06-30", " ");
    assert!(matches!(desk.add_plan_progress(PLAN, "1", silent, now(), &region()).await.unwrap_err(), PlanError::Empty("text")));
    assert_eq!(entries(&desk).await, [entry]);
}
