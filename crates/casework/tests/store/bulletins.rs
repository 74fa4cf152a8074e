//! 通报: the order of its life, one of two at once, and what is final stays.

use yizheng_casework::bulletins::{Bulletin, BulletinError, BulletinFile, BulletinState, Form, Frozen, Prose, Step};
use yizheng_casework::events::{Action, EventFilter};
use yizheng_casework::store::Desk;
use yizheng_pack::period::Period;
use yizheng_pack::scope::Scope;

use crate::world::{HOSPITAL, at, day, now, only, region, region_of_three};

fn frozen(content: &str) -> Frozen {
    Frozen { title: "通报".to_owned(), known_at: now(), content: content.to_owned(), sm3: format!("sm3 of {content}") }
}

fn prose() -> Prose {
    Prose { opening: "现通报如下。".to_owned(), demands: "一\n二".to_owned() }
}

fn march() -> Period {
    "2024-03".parse().unwrap()
}

async fn draft(desk: &Desk, period: Period) -> Bulletin {
    desk.draft_bulletin("quality-core", period, frozen("{}"), prose(), now(), &region()).await.unwrap()
}

fn approve() -> Step {
    Step::Approve { person: "沈明川".to_owned(), remark: "同意".to_owned() }
}

fn send_back(reason: &str) -> Step {
    Step::Return { person: "沈明川".to_owned(), reason: reason.to_owned() }
}

fn finalise(number: &str) -> Step {
    let file = |form: &str| BulletinFile { sm3: format!("sm3 of {form}"), bytes: format!("{form}\0").into_bytes() };
    Step::Finalise {
        person: "许知远".to_owned(),
        number: number.to_owned(),
        issued_on: day("2024-05-15"),
        docx: file("docx"),
        xlsx: file("xlsx"),
        remark: String::new(),
    }
}

fn withdraw(reason: &str) -> Step {
    Step::Withdraw { person: "许知远".to_owned(), reason: reason.to_owned() }
}

async fn step(desk: &Desk, of: &Bulletin, step: Step) -> Result<Bulletin, BulletinError> {
    desk.step_bulletin(&of.id, of.revision, step, now(), &region()).await
}

pub async fn from_draft_to_final_and_no_further(url: &str) {
    let desk = region_of_three(url).await;
    let writes = desk.writes().await.unwrap();
    let drafted = draft(&desk, march()).await;
    assert_eq!((drafted.id.as_str(), drafted.state, drafted.revision), ("B0001", BulletinState::Draft, 1));
    assert_eq!((drafted.frozen.clone(), drafted.prose.clone(), drafted.drafted.by.as_str()), (frozen("{}"), prose(), "监管员"));

    let new = Prose { opening: " 现将情况通报如下。 ".to_owned(), demands: "抓好整改。".to_owned() };
    let edited = desk.edit_bulletin("B0001", 1, new, now(), &region()).await.unwrap();
    assert_eq!((edited.prose.opening.as_str(), edited.revision), ("现将情况通报如下。", 2));
    let later = Frozen { known_at: at("2024-05-02T00:00:00Z"), ..frozen("{\"a\":1}") };
    let renewed = desk.renew_bulletin("B0001", 2, later.clone(), now(), &region()).await.unwrap();
    assert_eq!((renewed.frozen.clone(), renewed.prose.clone()), (later.clone(), edited.prose.clone()));

    assert!(matches!(step(&desk, &renewed, finalise("云卫医〔2024〕1号")).await.unwrap_err(), BulletinError::NotNow(BulletinState::Draft)));
    let approved = step(&desk, &renewed, approve()).await.unwrap();
    assert_eq!((approved.state, approved.approved.as_ref().unwrap().by.as_str()), (BulletinState::Approved, "沈明川"));
    let refused = desk.edit_bulletin("B0001", 4, prose(), now(), &region()).await.unwrap_err();
    assert!(matches!(refused, BulletinError::NotNow(BulletinState::Approved)));
    assert!(matches!(step(&desk, &approved, send_back(" ")).await.unwrap_err(), BulletinError::Empty("reason")));
    let back = step(&desk, &approved, send_back("数据待核")).await.unwrap();
    assert_eq!((back.state, back.approved.clone()), (BulletinState::Draft, None));
    let approved = step(&desk, &back, approve()).await.unwrap();

    assert!(desk.bulletin_file("B0001", Form::Docx, &region()).await.unwrap().is_none());
    let done = step(&desk, &approved, finalise(" 云卫医〔2024〕1号 ")).await.unwrap();
    assert_eq!((done.state, done.number.as_deref(), done.issued_on), (BulletinState::Final, Some("云卫医〔2024〕1号"), Some(day("2024-05-15"))));
    assert_eq!(desk.bulletin_file("B0001", Form::Docx, &region()).await.unwrap().unwrap().bytes, b"docx\0");
    assert_eq!(desk.bulletin_file("B0001", Form::Xlsx, &region()).await.unwrap().unwrap().sm3, "sm3 of xlsx");

    // What is final changes no more; it can be withdrawn, and its files and number stay.
    for refused in [
        desk.renew_bulletin("B0001", done.revision, frozen("x"), now(), &region()).await.unwrap_err(),
        desk.edit_bulletin("B0001", done.revision, prose(), now(), &region()).await.unwrap_err(),
        step(&desk, &done, approve()).await.unwrap_err(),
        step(&desk, &done, send_back("x")).await.unwrap_err(),
        step(&desk, &done, finalise("云卫医〔2024〕2号")).await.unwrap_err(),
    ] {
        assert!(matches!(refused, BulletinError::NotNow(BulletinState::Final)), "{refused}");
    }
    let gone = step(&desk, &done, withdraw("表2有误")).await.unwrap();
    assert_eq!((gone.state, gone.withdrawn_because.as_deref()), (BulletinState::Withdrawn, Some("表2有误")));
    assert_eq!((gone.frozen.clone(), gone.number.clone()), (later, done.number.clone()));
    assert!(matches!(step(&desk, &gone, withdraw("再")).await.unwrap_err(), BulletinError::NotNow(BulletinState::Withdrawn)));
    assert!(desk.bulletin_file("B0001", Form::Docx, &region()).await.unwrap().is_some());

    let events = desk.events(&EventFilter { subject: Some("B0001".to_owned()), ..EventFilter::default() }, &region()).await.unwrap();
    let kinds = [
        Action::BulletinDrafted,
        Action::BulletinEdited,
        Action::BulletinRenewed,
        Action::BulletinApproved,
        Action::BulletinReturned,
        Action::BulletinApproved,
        Action::BulletinFinalised,
        Action::BulletinWithdrawn,
    ];
    assert_eq!(events.iter().map(|event| event.action).collect::<Vec<_>>(), kinds);
    let says = |at: usize, what: &str| events[at].after.as_ref().unwrap()[what].clone();
    assert_eq!((says(3, "person"), says(3, "remark"), says(4, "remark")), ("沈明川".into(), "同意".into(), "数据待核".into()));
    assert_eq!(says(6, "more")["docx"], "sm3 of docx");
    assert_eq!(desk.writes().await.unwrap(), writes, "no value rests on a bulletin");
}

pub async fn one_of_a_kind_and_period(url: &str) {
    let desk = region_of_three(url).await;
    let first = draft(&desk, march()).await;
    let again = desk.draft_bulletin("quality-core", march(), frozen("{}"), prose(), now(), &region()).await.unwrap_err();
    assert!(matches!(again, BulletinError::Exists(id) if id == first.id));
    let quarter = draft(&desk, "2024-Q1".parse().unwrap()).await;
    let old = draft(&desk, "2024-01".parse().unwrap()).await;
    step(&desk, &first, withdraw("重新起草")).await.unwrap();
    let second = draft(&desk, march()).await;
    assert_eq!((quarter.id.as_str(), old.id.as_str(), second.id.as_str()), ("B0002", "B0003", "B0004"));
    let all = desk.bulletins(&region()).await.unwrap();
    assert_eq!(all.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["B0004", "B0002", "B0001", "B0003"]);

    // A number is given once, also when the one that had it is withdrawn.
    let approved = step(&desk, &second, approve()).await.unwrap();
    let done = step(&desk, &approved, finalise("云卫医〔2024〕1号")).await.unwrap();
    step(&desk, &done, withdraw("有误")).await.unwrap();
    let approved = step(&desk, &quarter, approve()).await.unwrap();
    let taken = step(&desk, &approved, finalise("云卫医〔2024〕1号")).await.unwrap_err();
    assert!(matches!(taken, BulletinError::NumberTaken(id) if id == "B0004"));
    assert!(desk.bulletin_file("B0002", Form::Docx, &region()).await.unwrap().is_none(), "nothing of it is kept");
    let unnamed = Step::Approve { person: " ".to_owned(), remark: String::new() };
    assert!(matches!(step(&desk, &old, unnamed).await.unwrap_err(), BulletinError::Empty("person")));
    assert!(matches!(desk.step_bulletin("B0099", 1, approve(), now(), &region()).await.unwrap_err(), BulletinError::Unknown(_)));
}

pub async fn of_two_at_once_one_is_told(url: &str) {
    let desk = region_of_three(url).await;
    let drafted = draft(&desk, march()).await;
    let (one, other) = tokio::join!(step(&desk, &drafted, approve()), step(&desk, &drafted, withdraw("不发了")));
    let told = [one, other].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert_eq!(told.len(), 1);
    assert!(matches!(told[0], BulletinError::Changed(2)), "{}", told[0]);
    let events = EventFilter { subject: Some(drafted.id), ..EventFilter::default() };
    assert_eq!(desk.events(&events, &region()).await.unwrap().len(), 2, "the draft, and one step");

    let april: Period = "2024-04".parse().unwrap();
    let scope = region();
    let new = || desk.draft_bulletin("quality-core", april, frozen("{}"), prose(), now(), &scope);
    let (one, other) = tokio::join!(new(), new());
    let told = [one, other].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(matches!(told.as_slice(), [BulletinError::Exists(_)]));
}

pub async fn only_the_whole_region_reads_and_writes(url: &str) {
    let desk = region_of_three(url).await;
    let drafted = draft(&desk, march()).await;
    for scope in [only(HOSPITAL), Scope::nothing("谁")] {
        let refused = [
            desk.draft_bulletin("quality-core", "2024-04".parse().unwrap(), frozen("{}"), prose(), now(), &scope).await.unwrap_err(),
            desk.edit_bulletin(&drafted.id, 1, prose(), now(), &scope).await.unwrap_err(),
            desk.renew_bulletin(&drafted.id, 1, frozen("x"), now(), &scope).await.unwrap_err(),
            desk.step_bulletin(&drafted.id, 1, approve(), now(), &scope).await.unwrap_err(),
        ];
        assert!(refused.iter().all(|error| matches!(error, BulletinError::PartOfTheRegion(_))));
        assert!(desk.bulletins(&scope).await.unwrap().is_empty());
        assert!(desk.bulletin(&drafted.id, &scope).await.unwrap().is_none());
        assert!(desk.bulletin_file(&drafted.id, Form::Docx, &scope).await.unwrap().is_none());
    }
    assert_eq!(desk.bulletin(&drafted.id, &region()).await.unwrap(), Some(drafted));
}
