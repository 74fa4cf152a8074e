//! What was done and by whom.

use sea_orm::{ConnectionTrait, Database};
use yizheng_casework::events::{Action, EventFilter};
use yizheng_pack::scope::Scope;

use crate::world::{CLINIC, HOSPITAL, at, import, now, only, record, region, region_of_three, returned, submission, three};

pub async fn are_only_ever_added(url: &str) {
    let desk = region_of_three(url).await;
    let before = desk.events(&EventFilter::default(), &region()).await.unwrap();
    assert_eq!(before.len(), 4 + 3);
    let direct = Database::connect(url).await.unwrap();
    for statement in ["UPDATE event SET actor = 'x'", "DELETE FROM event", "DELETE FROM event WHERE id = 1"] {
        let error = direct.execute_unprepared(statement).await.unwrap_err();
        assert!(error.to_string().contains("events are never"), "{statement}: {error}");
    }
    direct.close().await.unwrap();
    assert_eq!(desk.events(&EventFilter::default(), &region()).await.unwrap(), before);
}

pub async fn are_seen_within_the_scope(url: &str) {
    let desk = region_of_three(url).await;
    let mut beds = three().remove(0);
    beds.cells.insert("床位数".to_owned(), "801".to_owned());
    import(&desk, &[beds]).await;
    record(&desk, submission("s1", HOSPITAL, "2024-03", "one")).await;
    record(&desk, returned("s2", CLINIC, "2024-03", "two")).await;
    desk.give_explanation("s1", "FP001", "k", "说明", now(), &only(HOSPITAL)).await.unwrap();
    desk.note_personal_read(Some(HOSPITAL), "submission s1, row 3", at("2024-06-01T00:00:00Z"), &only(HOSPITAL))
        .await
        .unwrap();

    let actions = async |scope: &Scope| -> Vec<Action> {
        desk.events(&EventFilter::default(), scope).await.unwrap().iter().map(|event| event.action).collect()
    };
    assert_eq!(actions(&only(CLINIC)).await, [Action::InstitutionAdded, Action::SubmissionReturned]);
    let hospital = [
        Action::InstitutionAdded,
        Action::InstitutionChanged,
        Action::SubmissionAccepted,
        Action::ExplanationGiven,
        Action::PersonalRead,
    ];
    assert_eq!(actions(&only(HOSPITAL)).await, hospital);
    assert_eq!(actions(&Scope::nothing("谁")).await, []);
    assert_eq!(actions(&region()).await.len(), 4 + 2 + 1 + hospital.len());

    let only_this = |action| EventFilter { action: Some(action), ..EventFilter::default() };
    let changed = &desk.events(&only_this(Action::InstitutionChanged), &region()).await.unwrap()[0];
    assert_eq!(changed.before.as_ref().unwrap()[0]["beds"], 800);
    assert_eq!(changed.after.as_ref().unwrap()[0]["beds"], 801);
    assert!(changed.after.as_ref().unwrap()[0].get("phone").is_none());
    let open = desk.events(&only_this(Action::InstitutionChanged), &region().with_personal_fields()).await.unwrap();
    assert_eq!(open[0].after.as_ref().unwrap()[0]["phone"], "0990-1001");

    let late = EventFilter { from: Some(at("2024-06-01T00:00:00Z")), ..EventFilter::default() };
    let late = desk.events(&late, &region()).await.unwrap();
    assert_eq!(late.len(), 1);
    assert_eq!((late[0].actor.as_str(), late[0].subject.as_str()), ("病案室", "submission s1, row 3"));
    let about = EventFilter { subject: Some("s2".to_owned()), ..EventFilter::default() };
    assert_eq!(desk.events(&about, &region()).await.unwrap()[0].action, Action::SubmissionReturned);
}
