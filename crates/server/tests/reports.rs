//! Monthly reports end to end: a workbook to fill, a form on the web, the checks beside other data,
//! reports of the region itself, and who is urged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::{HOSPITAL, SmallRegion, TOWNSHIP};
use yizheng::api::desk::Desk;
use yizheng::api::dto;
use yizheng::app::Region;
use yizheng_pack::scope::Scope;

fn whole() -> Scope {
    Scope::whole_region("regulator")
}

fn row(cells: &[(&str, &str)]) -> BTreeMap<String, String> {
    cells.iter().map(|(id, value)| ((*id).to_owned(), (*value).to_owned())).collect()
}

fn filled(institution: &str, period: &str, rows: &[&[(&str, &str)]]) -> dto::FilledForm {
    dto::FilledForm {
        institution: institution.to_owned(),
        period: period.to_owned(),
        rows: rows.iter().map(|cells| row(cells)).collect(),
        confirm_disappearing: false,
    }
}

fn asked(institution: &str, period: &str) -> dto::FormQuery {
    dto::FormQuery { institution: institution.to_owned(), period: period.to_owned() }
}

/// Passed, violated, not evaluable, and the reason.
fn check(outcome: &dto::Outcome, id: &str) -> (u64, u64, u64, Option<String>) {
    let check = outcome.checks.iter().find(|check| check.id == id).unwrap();
    (check.passed, check.violated, check.not_evaluable, check.reason.clone())
}

#[test]
fn a_workbook_to_fill_in_is_read_back() {
    let region = SmallRegion::with_reports();
    let out = region.dir().join("../t.xlsx");
    let out = out.to_str().unwrap();
    region
        .command(&["template", "--dataset", "t_sexes", "--institution", "云澜一院", "--period", "2024-03", "--out", out])
        .success();
    let bytes = std::fs::read(out).unwrap();
    let table = yizheng_intake::read_table(&bytes).unwrap();
    assert_eq!(table.header, ["ORG", "MONTH", "SEX", "VISITS"]);
    let texts = |cells: &[&str]| cells.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
    // Names in the second row; in the third what is known already.
    assert_eq!(table.rows, [(2, texts(&["机构编码", "报告期", "性别", "诊疗人次数"])), (3, texts(&[HOSPITAL, "2024-03", "", ""]))]);
    // The program reads its own workbook: one row, no other sheet taken for it.
    let checked = region.command(&["check", "--dataset", "t_sexes", "--institution", HOSPITAL, "--period", "2024-03", out]);
    assert!(checked.stderr().contains("共 1 行"), "{}", checked.stderr());
    // Of the national pack alone, the largest dataset.
    let alone = common::run(&["template", "--dataset", "inpatient_front_page", "--out", out]);
    alone.success();
    assert_eq!(yizheng_intake::read_table(&std::fs::read(out).unwrap()).unwrap().header.len(), 811);
}

#[test]
fn a_form_goes_the_way_of_every_file() {
    let small = SmallRegion::with_reports();
    let region = Region::open(&small.dir()).unwrap();
    let form = region.form(&whole(), "t_service", &asked("云澜一院", "2024-03")).unwrap();
    assert!(form.single && form.due && form.rows.is_empty() && form.last_month.is_empty());
    assert_eq!((form.institution.code.as_str(), form.deadline.to_string().as_str()), (HOSPITAL, "2024-04-10"));
    // Sections in the order in which they first stand; institution and month are not asked for.
    let fields: Vec<(&str, Vec<&str>)> =
        form.sections.iter().map(|s| (s.name.as_str(), s.fields.iter().map(|f| f.id.as_str()).collect())).collect();
    assert_eq!(fields, [("门急诊", vec!["VISITS", "COST"]), ("住院", vec!["OUT"])]);
    let visits = &form.sections[0].fields[0];
    assert_eq!((visits.unit.as_str(), visits.hint.as_str(), visits.input, visits.digits, visits.required), ("人次", "含急诊", dto::FormInput::Number, Some(0), true));

    // February: 100 visits, 30 discharges. Nothing is known of January, nor of front pages.
    let february = filled(HOSPITAL, "2024-02", &[&[("VISITS", "100"), ("OUT", " 30 "), ("COST", "12.50")]]);
    let tried = region.check_form(&whole(), "t_service", february.clone()).unwrap();
    assert!(tried.dry_run && tried.token.is_some());
    assert_eq!(check(&tried, "T001").3.unwrap(), "没有上月（2024年1月）的数据，不能比较");
    assert!(check(&tried, "T002").3.unwrap().contains("所依据的数据还没有报送"));
    assert!(small.csv(&["submissions"]).is_empty());
    let sent = region.submit_form(&whole(), "t_service", february).unwrap();
    assert_eq!((sent.verdict, sent.rows, sent.error_rows), (dto::Verdict::Accepted, Some(1), Some(0)));
    let stored = sent.submission.unwrap();
    assert_eq!((stored.file_name.as_deref(), stored.institution.code.as_str()), (Some("服务月报-2024-02-网上填报.csv"), HOSPITAL));

    // March: half of 100 more is 150, which passes; the front pages say 20, half more is 30.
    let pages = small.front_pages("march.csv", 20, "2024-03");
    small.submit(&pages, "2024-03").success();
    let march = |visits: &str, out: &str| filled(HOSPITAL, "2024-03", &[&[("VISITS", visits), ("OUT", out)]]);
    let right = region.check_form(&whole(), "t_service", march("150", "30")).unwrap();
    assert_eq!((check(&right, "T001").0, check(&right, "T002").0, check(&right, "T003").0), (1, 1, 1));
    let wrong = region.check_form(&whole(), "t_service", march("151", "31")).unwrap();
    assert_eq!((check(&wrong, "T001").1, check(&wrong, "T002").1), (1, 1));
    let window = yizheng::api::desk::Window { offset: 0, limit: 10, sort: None };
    let query = dto::FindingsQuery { check: None, element: None, severity: None, key: None };
    let found = region.check_findings(&whole(), &wrong.token.unwrap(), &query, &window).unwrap();
    let messages: Vec<&str> = found.rows.iter().map(|finding| finding.message.as_str()).collect();
    assert!(messages[0].contains("填的是“151”，上月（2024年2月）填的是“100”。"), "{messages:?}");
    assert!(messages[1].contains("填的是“31”，平台按已报数据算出的“") && messages[1].contains("”是“20”。"), "{messages:?}");
    // Eight hundred licensed beds times ten are 8000. The only row is wrong: the report is returned.
    let sent = region.submit_form(&whole(), "t_service", march("150", "8001")).unwrap();
    assert_eq!((sent.verdict, sent.error_rows), (dto::Verdict::Returned, Some(1)));
    let form = region.form(&whole(), "t_service", &asked(HOSPITAL, "2024-03")).unwrap();
    assert_eq!((form.status, form.rows.len()), (Some(dto::ReportingStatus::Returned), 0));
    let sent = region.submit_form(&whole(), "t_service", march("150", "30")).unwrap();
    assert_eq!(sent.verdict, dto::Verdict::Accepted);

    let form = region.form(&whole(), "t_service", &asked(HOSPITAL, "2024-03")).unwrap();
    assert_eq!(form.rows, [row(&[("VISITS", "150"), ("OUT", "30")])]);
    assert_eq!(form.last_month, [row(&[("VISITS", "100"), ("OUT", "30"), ("COST", "12.50")])]);
    let later = region.form(&whole(), "t_service", &asked(HOSPITAL, "2025-02")).unwrap();
    assert_eq!((later.year_ago_period.as_str(), later.year_ago.len(), later.last_month.len()), ("2024-02", 1, 0));

    // What a form does not take.
    let refused = |dataset: &str, form: dto::FilledForm| {
        region.submit_form(&whole(), dataset, form).unwrap_err().problem().code.clone()
    };
    assert_eq!(refused("inpatient_front_page", march("1", "1")), "E0422");
    assert_eq!(refused("t_service", filled(HOSPITAL, "2024-03", &[])), "E0422");
    assert_eq!(refused("t_service", filled(HOSPITAL, "2024-03", &[&[("VISITS", "1")], &[("VISITS", "2")]])), "E0422");
    assert_eq!(refused("t_service", filled(HOSPITAL, "2024-03", &[&[("VISIT", "1")]])), "E0400");
    assert_eq!(refused("t_service", filled(HOSPITAL, "2024-Q1", &[&[("VISITS", "1")]])), "E0400");
    assert_eq!(refused("t_service", filled("云澜市青石镇卫生院分院", "2024-03", &[&[("VISITS", "1")]])), "E0404");
    let township = Scope::institutions("township", [TOWNSHIP.to_owned()]);
    let foreign = region.submit_form(&township, "t_service", march("1", "1")).unwrap_err();
    assert_eq!(foreign.problem().code, "E0404");
}

#[test]
fn a_table_on_the_web() {
    let small = SmallRegion::with_reports();
    let region = Region::open(&small.dir()).unwrap();
    let form = region.form(&whole(), "t_sexes", &asked(HOSPITAL, "2024-03")).unwrap();
    let sex = &form.sections[0].fields[0];
    assert!(!form.single && sex.key && sex.input == dto::FormInput::Code);
    let options: Vec<&str> = sex.options.as_ref().unwrap().iter().map(|option| option.code.as_str()).collect();
    assert!(options.starts_with(&["0", "1"]) || options.starts_with(&["1", "2"]), "{options:?}");
    // The township has no level and owes nothing.
    assert!(!region.form(&whole(), "t_sexes", &asked(TOWNSHIP, "2024-03")).unwrap().due);

    let both: &[&[(&str, &str)]] = &[&[("SEX", "1"), ("VISITS", "7")], &[("SEX", "2"), ("VISITS", "8")]];
    region.submit_form(&whole(), "t_sexes", filled(HOSPITAL, "2024-03", both)).unwrap();
    let form = region.form(&whole(), "t_sexes", &asked(HOSPITAL, "2024-04")).unwrap();
    assert_eq!(form.last_month, [row(both[0]), row(both[1])]);
    // A row less: it would disappear, and that is asked first.
    let mut one = filled(HOSPITAL, "2024-03", &both[..1]);
    let error = region.submit_form(&whole(), "t_sexes", one.clone()).unwrap_err();
    assert_eq!((error.problem().code.as_str(), error.problem().disappearing.as_ref().unwrap().count), ("E0409", 1));
    one.confirm_disappearing = true;
    region.submit_form(&whole(), "t_sexes", one).unwrap();
    assert_eq!(region.form(&whole(), "t_sexes", &asked(HOSPITAL, "2024-03")).unwrap().rows, [row(both[0])]);
}

#[test]
fn the_region_sends_its_own_report() {
    let small = SmallRegion::with_reports();
    let file = small.write("people.csv", "行政区划代码,报告期,常住人口\n990001,2024年3月,620123\n".as_bytes());
    let file = file.to_str().unwrap();
    let submit = |dataset: &str, who: &str| {
        small.command(&["submit", "--dataset", dataset, "--institution", who, "--period", "2024-03", file])
    };
    // Not for an institution, and a report of institutions not for the region.
    let refused = submit("t_region", HOSPITAL).exits(2).stderr();
    assert!(refused.contains("《区域人口月报》由云澜市统一报送"), "{refused}");
    let refused = submit("t_service", "990001").exits(2).stderr();
    assert!(refused.contains("《服务月报》由医疗机构各自报送"), "{refused}");
    submit("t_region", "990001").success();
    // By its name the region is known too, and the same again is the same.
    submit("t_region", "云澜市").success();
    let stored = small.csv(&["submissions"]);
    assert_eq!(stored.len(), 1);
    assert_eq!((stored[0]["institution"].as_str(), stored[0]["name"].as_str(), stored[0]["rows"].as_str()), ("990001", "云澜市", "1"));
    // Nothing happened cannot be said of people, nor of any report of one row.
    for (dataset, who) in [("t_region", "990001"), ("t_service", HOSPITAL)] {
        let zero = small.command(&["submit", "--zero", "--dataset", dataset, "--institution", who, "--period", "2024-04"]);
        let said = zero.exits(2).stderr();
        assert!(said.contains("不能零报告"), "{said}");
    }

    let region = Region::open(&small.dir()).unwrap();
    let hospital = Scope::institutions("hospital", [HOSPITAL.to_owned()]);
    assert!(region.form(&hospital, "t_region", &asked("990001", "2024-03")).is_err());
    let form = region.form(&whole(), "t_region", &asked("990001", "2024-03")).unwrap();
    assert_eq!((form.institution.name.as_str(), form.deadline.to_string().as_str()), ("云澜市", "2024-04-20"));
    assert_eq!((form.due, form.status), (true, Some(dto::ReportingStatus::Late)));
    // It is no institution.
    assert_eq!(region.institutions(&whole()).unwrap().len(), 2);
}

#[test]
fn who_is_urged() {
    let small = SmallRegion::with_reports();
    let region = Region::open(&small.dir()).unwrap();
    // The hospital has sent its report of services; its front pages were returned (no such columns).
    region.submit_form(&whole(), "t_service", filled(HOSPITAL, "2024-03", &[&[("VISITS", "1"), ("OUT", "1")]])).unwrap();
    region.submit_form(&whole(), "t_service", filled(TOWNSHIP, "2024-01", &[&[("VISITS", "1"), ("OUT", "1")]])).unwrap();
    let broken = small.write("broken.csv", b"A48,A49\n1,1\n");
    small.submit(&broken, "2024-03").exits(1);

    let query = dto::UrgingQuery { period: Some("2024-03".to_owned()) };
    let rows = region.urging(&whole(), &query).unwrap();
    let of = |code: &str| -> Vec<(&str, dto::ReportingStatus)> {
        let rows = rows.iter().filter(|row| row.institution.code == code);
        rows.filter(|row| row.dataset.code.starts_with("t_") || row.dataset.code == "inpatient_front_page")
            .map(|row| (row.dataset.code.as_str(), row.status))
            .collect()
    };
    // By level the township owes no report by sex; both owe front pages, as both have beds.
    let (missing, returned) = (dto::ReportingStatus::Missing, dto::ReportingStatus::Returned);
    assert_eq!(of(HOSPITAL), [("inpatient_front_page", returned), ("t_sexes", missing)]);
    assert_eq!(of(TOWNSHIP), [("inpatient_front_page", missing), ("t_service", missing)]);
    assert_eq!(of("990001"), [("t_region", missing)]);
    let township = rows.iter().find(|row| row.institution.code == TOWNSHIP && row.dataset.code == "t_service").unwrap();
    assert_eq!((township.contact.as_deref(), township.phone.as_deref()), (Some("吴芳"), Some("0990-7654321")));
    assert_eq!((township.last_period.as_deref(), township.deadline.to_string().as_str()), (Some("2024-01"), "2024-04-10"));
    assert!(township.days_overdue > 365);
    // One notice for all that an institution owes.
    let notices: std::collections::BTreeSet<&str> =
        rows.iter().filter(|row| row.institution.code == TOWNSHIP).map(|row| row.notice.as_str()).collect();
    assert_eq!(notices.len(), 1);
    let notice = notices.first().unwrap();
    assert!(notice.contains("《住院病案首页》") && notice.contains("《服务月报》") && notice.contains("医政科 0990-2200000"), "{notice}");
    let back = rows.iter().find(|row| row.status == dto::ReportingStatus::Returned).unwrap();
    assert!(back.returned_reason.as_ref().unwrap().starts_with("F0205"), "{:?}", back.returned_reason);

    // Within one's own scope only, and from the command line.
    let mine = region.urging(&Scope::institutions("township", [TOWNSHIP.to_owned()]), &query).unwrap();
    assert!(!mine.is_empty() && mine.iter().all(|row| row.institution.code == TOWNSHIP));
    let printed = small.csv(&["urging", "--period", "2024-03"]);
    assert_eq!(printed.len(), rows.len());
    assert!(printed[0]["notice"].contains("通知"));
}
