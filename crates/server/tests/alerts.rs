//! Alerts from the command line to the last word over them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{HOSPITAL, SmallRegion, TOWNSHIP, csv_rows, run};
use yizheng::api::desk::Desk;
use yizheng::api::dto;
use yizheng::app::Region;
use yizheng_pack::scope::Scope;

fn zero(region: &SmallRegion, institution: &str, month: &str) {
    region
        .command(&["submit", "--zero", "--dataset", "inpatient_front_page", "--institution", institution, "--period", month])
        .success();
}

/// Institution, first and last month, state of every alert about an overdue submission.
fn overdue(region: &SmallRegion) -> Vec<(String, String, String, String)> {
    let rows = region.csv(&["alerts", "--rule", "AL-OVERDUE"]);
    let mut rows: Vec<_> = rows
        .into_iter()
        .map(|row| {
            let of = |column: &str| row[column].clone();
            (of("institution"), of("first_period"), of("last_period"), of("status"))
        })
        .collect();
    rows.sort();
    rows
}

fn row(institution: &str, first: &str, last: &str, state: &str) -> (String, String, String, String) {
    (institution.to_owned(), first.to_owned(), last.to_owned(), state.to_owned())
}

fn act(region: &Region, id: &str, action: dto::AlertAction, text: &str) -> Result<dto::Alert, String> {
    let text = (!text.is_empty()).then(|| text.to_owned());
    region
        .handle_alert(&Scope::whole_region("监管员"), id, dto::NewAlertAction { action, text })
        .map_err(|error| error.problem().message.clone())
}

/// January to March: the hospital sends January and March, the township only February. Deadlines
/// are long past.
#[test]
fn overdue_submissions_come_and_go() {
    let region = SmallRegion::new();
    zero(&region, HOSPITAL, "2024-01");
    zero(&region, TOWNSHIP, "2024-02");
    zero(&region, HOSPITAL, "2024-03");
    let expected = [row(TOWNSHIP, "2024-01", "2024-03", "open"), row(HOSPITAL, "2024-02", "2024-02", "open")];
    assert_eq!(overdue(&region), expected);
    // Asked again, nothing is different: not the numbers, not the times.
    let first = region.csv(&["alerts"]);
    region.command(&["watch"]).success();
    assert_eq!(region.csv(&["alerts"]), first);
    assert!(first.iter().any(|alert| alert["sentence"].contains("2024年2月住院病案首页尚未报送，期限为2024年3月10日")));

    // What arrives late takes away its month; all of it, the alert.
    zero(&region, TOWNSHIP, "2024-01");
    assert_eq!(overdue(&region)[0], row(TOWNSHIP, "2024-03", "2024-03", "open"));
    zero(&region, TOWNSHIP, "2024-03");
    let rows = region.csv(&["alerts", "--status", "withdrawn"]);
    assert_eq!((rows.len(), rows[0]["institution"].as_str(), rows[0]["reason"].as_str()), (1, TOWNSHIP, "该月报送已被接收"));

    // The hospital's is handled by people.
    let id = region.csv(&["alerts", "--institution", HOSPITAL])[0]["id"].clone();
    let open = Region::open(&region.dir()).unwrap();
    let alert = act(&open, &id, dto::AlertAction::Acknowledge, "").unwrap();
    assert_eq!(alert.alert.state, dto::AlertState::Acknowledged);
    assert!(alert.series.is_none());
    assert_eq!(act(&open, &id, dto::AlertAction::Close, " ").unwrap_err(), "办结理由不能为空。");
    let alert = act(&open, &id, dto::AlertAction::Explain, "系统切换").unwrap();
    assert_eq!(alert.actions, [dto::AlertAction::Explain, dto::AlertAction::Close, dto::AlertAction::Reopen]);
    // An institution answers; it does not close.
    let own = Scope::institutions("病案室", [HOSPITAL.to_owned()]);
    let seen = open.alert(&own, &id).unwrap();
    assert_eq!(seen.actions, [dto::AlertAction::Explain]);
    let close = dto::NewAlertAction { action: dto::AlertAction::Close, text: Some("好了".to_owned()) };
    assert_eq!(open.handle_alert(&own, &id, close).unwrap_err().status().as_u16(), 422);
    let alert = act(&open, &id, dto::AlertAction::Close, "已现场核实").unwrap();
    let kinds: Vec<dto::AlertStepKind> = alert.history.iter().map(|step| step.kind).collect();
    use dto::AlertStepKind::{Acknowledged, Closed, Explained, Opened};
    assert_eq!(kinds, [Opened, Acknowledged, Explained, Closed]);
    assert_eq!(alert.history[3].text.as_deref(), Some("已现场核实"));
    assert_eq!(alert.history[0].actor, "预警计算");
    // Decided is decided, though February is still not there.
    assert_eq!(overdue(&region).last().unwrap().3, "closed");
    assert_eq!(overdue(&region).len(), 2);
}

#[test]
fn rules_say_what_they_could_not_judge() {
    let region = SmallRegion::new();
    region.submit(&region.front_pages("march.csv", 20, "2024-03"), "2024-03").success();
    let open = Region::open(&region.dir()).unwrap();
    let rules = open.alert_rules(&Scope::whole_region("监管员")).unwrap();
    let rule = rules.iter().find(|rule| rule.id == "AL-EFFICIENCY").unwrap();
    // Two institutions and one month for each indicator: the hospital's has too few cases, the
    // township's none.
    let judged = 2 * rule.watches.len() as u64;
    assert_eq!((rule.alarms, rule.clear, rule.not_judged), (0, 0, judged));
    assert!(rule.reasons.iter().any(|reason| reason.reason == "分母小于 50"), "{:?}", rule.reasons);
    assert!(rules.iter().any(|rule| rule.id == "AL-OVERDUE" && rule.alarms == 1), "the township has not sent March");
}

/// 10, 12, 11, 15: ranges 2, 1, 4; mean 7/3; centre 12; upper 12 + 2.66 × 7/3 = 18.20666….
#[test]
fn one_series_by_one_method() {
    let region = SmallRegion::new();
    let file = region.write("series.csv", b"t,observed\n1,10\n2,12\n3,11\n4,15\n");
    let file = file.to_str().unwrap();
    let rows = csv_rows(&run(&["stats", "xmr", "--param", "rules=nhs", file, "--format", "csv"]).success().stdout());
    assert_eq!((rows.len(), rows[3]["centre"].as_str(), rows[3]["moving_range"].as_str()), (4, "12", "4"));
    assert!((rows[0]["upper"].parse::<f64>().unwrap() - (12.0 + 2.66 * 7.0 / 3.0)).abs() < 1e-12);
    // Limits of the first three, 11 and 1.5: 11 ± 3.99; 15 is beyond 14.99.
    let rows = csv_rows(&run(&["stats", "xmr", "--param", "baseline=3", file, "--format", "csv"]).success().stdout());
    let flags: Vec<&str> = rows.iter().map(|row| row["flags"].as_str()).collect();
    assert_eq!(flags, ["", "", "", "beyond:upper"]);
    run(&["stats", "xmr", "--param", "rules=best", file]).exits(2);
    run(&["stats", "xmr", "--param", "window=3", file]).exits(2);
}
