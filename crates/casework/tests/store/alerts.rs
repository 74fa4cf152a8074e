//! What the computation opens and withdraws, and what people do with it.

use yizheng_casework::alerts::{
    About, Alert, AlertFilter, AlertKey, AlertState, Evidence, Found, HandleError, Handling, Judgement, SettleError, Settled,
};
use yizheng_casework::events::{Action, EventFilter};
use yizheng_casework::store::Desk;
use yizheng_pack::scope::Scope;

use crate::world::{CLINIC, HOSPITAL, at, day, month, now, only, region, region_of_three};

const REGION: &str = "990000";

fn key(unit: &str) -> AlertKey {
    AlertKey {
        rule: "AL01".to_owned(),
        unit: unit.to_owned(),
        whole_region: unit == REGION,
        about: About::Indicator("EFF01".to_owned()),
    }
}

/// A judgement whose alarms are `2024-03=mark` and whose clear months are plain.
fn judged(unit: &str, alarms: &[(&str, &str)], clear: &[&str]) -> Judgement {
    Judgement {
        key: key(unit),
        severity: "medium".to_owned(),
        due: day("2024-05-11"),
        alarms: alarms
            .iter()
            .map(|(of, mark)| Found {
                month: month(of),
                sentence: format!("{of} {mark}"),
                mark: (*mark).to_owned(),
                pack: "f00d".to_owned(),
                pack_version: Some("national 0.2.0 + yunlan 0.1.0".to_owned()),
                program: Some("0.1.0".to_owned()),
                body: serde_json::json!({ "limits": [6.5, 9.25], "value": 10.0 }),
            })
            .collect(),
        clear: clear.iter().map(|of| (month(of), "更正后不再超限".to_owned())).collect(),
    }
}

async fn settle(desk: &Desk, judgements: &[Judgement]) -> (u32, u32, u32) {
    let Settled { opened, extended, withdrawn } = desk.settle_alerts(judgements, now(), &watch()).await.unwrap();
    (opened, extended, withdrawn)
}

fn watch() -> Scope {
    Scope::whole_region("预警计算")
}

async fn all(desk: &Desk) -> Vec<Alert> {
    desk.alerts(&AlertFilter::default(), &region()).await.unwrap()
}

async fn evidence(desk: &Desk, id: &str) -> Vec<(String, String, bool)> {
    let row = |row: Evidence| (row.found.month.to_string(), row.found.mark, row.withdrawn.is_some());
    desk.alert_evidence(id, &region()).await.unwrap().into_iter().map(row).collect()
}

fn row(month: &str, mark: &str, withdrawn: bool) -> (String, String, bool) {
    (month.to_owned(), mark.to_owned(), withdrawn)
}

async fn handle(desk: &Desk, id: &str, handling: Handling, text: &str) -> Result<Alert, HandleError> {
    desk.handle_alert(id, handling, text, day("2024-06-30"), at("2024-05-02T00:00:00Z"), &region()).await
}

pub async fn open_once_and_grow(url: &str) {
    let desk = region_of_three(url).await;
    let first = [judged(HOSPITAL, &[("2024-02", "a"), ("2024-03", "b")], &["2024-01"]), judged(REGION, &[], &["2024-03"])];
    assert_eq!(settle(&desk, &first).await, (1, 0, 0));
    let alerts = all(&desk).await;
    assert_eq!(alerts.len(), 1);
    let alert = &alerts[0];
    assert_eq!((alert.id.as_str(), alert.state, alert.severity.as_str()), ("A000001", AlertState::Open, "medium"));
    assert_eq!((alert.first_month, alert.last_month), (month("2024-02"), month("2024-03")));
    assert_eq!((alert.sentence.as_str(), alert.due), ("2024-03 b", day("2024-05-11")));
    assert_eq!((alert.key.clone(), alert.opened_at >= now()), (key(HOSPITAL), true));

    // Again the same: nothing is written at all.
    let writes = desk.writes().await.unwrap();
    assert_eq!(settle(&desk, &first).await, (0, 0, 0));
    assert_eq!(desk.writes().await.unwrap(), writes);

    // A further month joins the open alert; a month whose numbers changed is renewed.
    assert_eq!(settle(&desk, &[judged(HOSPITAL, &[("2024-03", "b2"), ("2024-04", "c")], &[])]).await, (0, 1, 0));
    let alert = all(&desk).await.remove(0);
    assert_eq!((alert.first_month, alert.last_month), (month("2024-02"), month("2024-04")));
    assert_eq!(alert.sentence, "2024-04 c");
    assert_eq!(evidence(&desk, "A000001").await, [
        row("2024-02", "a", false),
        row("2024-03", "b", true),
        row("2024-03", "b2", false),
        row("2024-04", "c", false),
    ]);
    let months = desk.alert_months(&watch()).await.unwrap();
    let expected = [month("2024-02"), month("2024-03"), month("2024-04")];
    assert_eq!(months, [(key(HOSPITAL), expected.into())].into());
    // What was kept comes back as it was.
    let kept = &desk.alert_evidence("A000001", &region()).await.unwrap()[0];
    assert_eq!(kept.found.body, serde_json::json!({ "limits": [6.5, 9.25], "value": 10.0 }));
    assert_eq!(kept.found.pack, "f00d");
    let versions = (kept.found.pack_version.as_deref(), kept.found.program.as_deref());
    assert_eq!(versions, (Some("national 0.2.0 + yunlan 0.1.0"), Some("0.1.0")));

    // Another unit has an alert of its own.
    assert_eq!(settle(&desk, &[judged(REGION, &[("2024-03", "r")], &[])]).await, (1, 0, 0));
    assert_eq!(all(&desk).await[0].id, "A000002");

    let events = desk.events(&EventFilter { subject: Some("A000001".to_owned()), ..EventFilter::default() }, &region()).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.action, event.actor.as_str())).collect();
    assert_eq!(told, [(Action::AlertOpened, "预警计算"), (Action::AlertExtended, "预警计算")]);
    assert_eq!(events[1].after.as_ref().unwrap()["withdrawn"][0]["month"], "2024-03");
}

pub async fn what_was_decided_stays_decided(url: &str) {
    let desk = region_of_three(url).await;
    let march = judged(HOSPITAL, &[("2024-03", "b")], &[]);
    settle(&desk, std::slice::from_ref(&march)).await;
    handle(&desk, "A000001", Handling::Close, "已约谈，系收治重症所致").await.unwrap();
    // The same month does not come again, whatever its numbers are now; the next one does.
    assert_eq!(settle(&desk, &[march]).await, (0, 0, 0));
    assert_eq!(settle(&desk, &[judged(HOSPITAL, &[("2024-03", "b2")], &[])]).await, (0, 0, 0));
    assert_eq!(settle(&desk, &[judged(HOSPITAL, &[], &["2024-03"])]).await, (0, 0, 0));
    assert_eq!(settle(&desk, &[judged(HOSPITAL, &[("2024-03", "b"), ("2024-04", "c")], &[])]).await, (1, 0, 0));
    assert_eq!(evidence(&desk, "A000002").await, [row("2024-04", "c", false)]);
    // And then the old one cannot be reopened beside it.
    let error = handle(&desk, "A000001", Handling::Reopen, "再查").await.unwrap_err();
    assert!(matches!(error, HandleError::Newer(id) if id == "A000002"));
}

pub async fn corrected_data_withdraw(url: &str) {
    let desk = region_of_three(url).await;
    settle(&desk, &[judged(HOSPITAL, &[("2024-02", "a"), ("2024-03", "b")], &[])]).await;
    // A month that is not judged says nothing.
    assert_eq!(settle(&desk, &[judged(HOSPITAL, &[], &[])]).await, (0, 0, 0));
    assert_eq!(settle(&desk, &[judged(HOSPITAL, &[], &["2024-03"])]).await, (0, 1, 0));
    let alert = all(&desk).await.remove(0);
    assert_eq!((alert.state, alert.last_month, alert.sentence.as_str()), (AlertState::Open, month("2024-02"), "2024-02 a"));
    handle(&desk, "A000001", Handling::Explain, "重新核对中").await.unwrap();
    assert_eq!(settle(&desk, &[judged(HOSPITAL, &[], &["2024-02"])]).await, (0, 0, 1));
    let alert = all(&desk).await.remove(0);
    assert_eq!(alert.state, AlertState::Withdrawn);
    let ending = alert.ending.unwrap();
    assert_eq!((ending.text.as_str(), ending.actor.as_str()), ("更正后不再超限", "预警计算"));
    assert_eq!(alert.explanation.unwrap().text, "重新核对中");
    assert_eq!(evidence(&desk, "A000001").await, [row("2024-02", "a", true), row("2024-03", "b", true)]);
    // Nobody decided on those months: if they break the rule again, a new alert says so.
    assert_eq!(settle(&desk, &[judged(HOSPITAL, &[("2024-02", "a")], &[])]).await, (1, 0, 0));
    for handling in Handling::ALL {
        let error = handle(&desk, "A000001", handling, "x").await.unwrap_err();
        assert!(matches!(error, HandleError::NotNow(AlertState::Withdrawn)), "{error}");
    }
}

pub async fn pass_through_hands(url: &str) {
    let desk = region_of_three(url).await;
    settle(&desk, &[judged(HOSPITAL, &[("2024-03", "b")], &[])]).await;
    let id = "A000001";
    assert!(matches!(handle(&desk, id, Handling::Reopen, "x").await.unwrap_err(), HandleError::NotNow(AlertState::Open)));
    assert!(matches!(handle(&desk, id, Handling::Explain, " \n").await.unwrap_err(), HandleError::Empty));
    assert!(matches!(handle(&desk, id, Handling::Close, "").await.unwrap_err(), HandleError::Empty));
    assert!(matches!(handle(&desk, "A9", Handling::Close, "x").await.unwrap_err(), HandleError::Unknown(_)));
    assert_eq!(handle(&desk, id, Handling::Acknowledge, "").await.unwrap().state, AlertState::Acknowledged);
    assert!(matches!(
        handle(&desk, id, Handling::Acknowledge, "").await.unwrap_err(),
        HandleError::NotNow(AlertState::Acknowledged)
    ));
    let explained = handle(&desk, id, Handling::Explain, " 床位调整 ").await.unwrap();
    assert_eq!((explained.state, explained.explanation.unwrap().text.as_str()), (AlertState::Explained, "床位调整"));
    // The answer does not convince: it goes back with a new last day.
    let reopened = handle(&desk, id, Handling::Reopen, "请附床位批复").await.unwrap();
    assert_eq!((reopened.state, reopened.due), (AlertState::Open, day("2024-06-30")));
    handle(&desk, id, Handling::Explain, "批复见附件").await.unwrap();
    let closed = handle(&desk, id, Handling::Close, "情况属实").await.unwrap();
    let ending = closed.ending.unwrap();
    assert_eq!((closed.state, ending.text.as_str(), ending.actor.as_str()), (AlertState::Closed, "情况属实", "监管员"));
    assert_eq!(closed.explanation.unwrap().text, "批复见附件");
    let reopened = handle(&desk, id, Handling::Reopen, "举报称不实").await.unwrap();
    assert_eq!((reopened.state, reopened.ending), (AlertState::Open, None));

    let events = desk.events(&EventFilter { subject: Some(id.to_owned()), ..EventFilter::default() }, &region()).await.unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|event| (event.action, event.after.as_ref().unwrap()["text"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(told, [
        (Action::AlertOpened, ""),
        (Action::AlertAcknowledged, ""),
        (Action::AlertExplained, "床位调整"),
        (Action::AlertReopened, "请附床位批复"),
        (Action::AlertExplained, "批复见附件"),
        (Action::AlertClosed, "情况属实"),
        (Action::AlertReopened, "举报称不实"),
    ]);
}

pub async fn a_scope_sees_and_handles_its_own(url: &str) {
    let desk = region_of_three(url).await;
    let both = [judged(HOSPITAL, &[("2024-03", "b")], &[]), judged(REGION, &[("2024-03", "r")], &[])];
    settle(&desk, &both).await;
    let ids = async |filter: AlertFilter, scope: &Scope| -> Vec<String> {
        desk.alerts(&filter, scope).await.unwrap().into_iter().map(|alert| alert.id).collect()
    };
    assert_eq!(ids(AlertFilter::default(), &region()).await, ["A000002", "A000001"]);
    // What concerns the region as a whole is for those who see the whole of it.
    assert_eq!(ids(AlertFilter::default(), &only(HOSPITAL)).await, ["A000001"]);
    assert_eq!(ids(AlertFilter::default(), &only(CLINIC)).await, [""; 0]);
    assert_eq!(ids(AlertFilter::default(), &Scope::nothing("谁")).await, [""; 0]);
    let of = |institution: &str| AlertFilter { institution: Some(institution.to_owned()), ..AlertFilter::default() };
    assert_eq!(ids(of(HOSPITAL), &region()).await, ["A000001"]);
    assert_eq!(ids(of(HOSPITAL), &only(CLINIC)).await, [""; 0]);
    let closed = AlertFilter { states: vec![AlertState::Closed], ..AlertFilter::default() };
    assert_eq!(ids(closed, &region()).await, [""; 0]);
    let about = |id: &str| AlertFilter { about: Some(id.to_owned()), rule: Some("AL01".to_owned()), ..AlertFilter::default() };
    assert_eq!(ids(about("EFF01"), &only(HOSPITAL)).await, ["A000001"]);
    assert_eq!(ids(about("EFF02"), &only(HOSPITAL)).await, [""; 0]);
    assert!(desk.alert("A000001", &only(CLINIC)).await.unwrap().is_none());
    assert!(desk.alert_evidence("A000001", &only(CLINIC)).await.unwrap().is_empty());
    assert_eq!(desk.alert_evidence("A000001", &only(HOSPITAL)).await.unwrap().len(), 1);

    let by = async |id: &str, handling, scope: &Scope| {
        desk.handle_alert(id, handling, "说明", day("2024-06-30"), now(), scope).await
    };
    assert!(matches!(by("A000001", Handling::Explain, &only(CLINIC)).await.unwrap_err(), HandleError::Unknown(_)));
    assert!(matches!(by("A000002", Handling::Explain, &only(HOSPITAL)).await.unwrap_err(), HandleError::Unknown(_)));
    assert!(matches!(by("A000001", Handling::Close, &only(HOSPITAL)).await.unwrap_err(), HandleError::NotAllowed));
    assert_eq!(by("A000001", Handling::Explain, &only(HOSPITAL)).await.unwrap().state, AlertState::Explained);
    assert!(matches!(by("A000001", Handling::Reopen, &only(HOSPITAL)).await.unwrap_err(), HandleError::NotAllowed));
    let error = desk.settle_alerts(&both, now(), &only(HOSPITAL)).await.unwrap_err();
    assert!(matches!(error, SettleError::PartOfTheRegion(_)));
}

pub async fn settled_at_once_by_two_are_settled_once(url: &str) {
    let desk = region_of_three(url).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let desk = desk.clone();
        tasks.spawn(async move { settle(&desk, &[judged(HOSPITAL, &[("2024-03", "b")], &[])]).await.0 });
    }
    assert_eq!(tasks.join_all().await.into_iter().sum::<u32>(), 1);
    assert_eq!(all(&desk).await.len(), 1);
}
