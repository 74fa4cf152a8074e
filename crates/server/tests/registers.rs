//! Registers as definitions have them: a whole file is compared, shown and taken.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use chrono::{DateTime, NaiveDate, Utc};
use common::{HOSPITAL, SmallRegion};
use yizheng::app::Region;
use yizheng_casework::entries::Comparison;
use yizheng_pack::scope::Scope;

const HEADER: &str = "护士执业证书编号,姓名,居民身份证号码,执业机构,专业技术职务,有效期起,有效期止,联系电话,状态,状态日期\n";

fn nurse(number: u32, title: &str, phone: &str, state: &str) -> String {
    format!("2020990000{number:02},甲{number},-,{HOSPITAL},{title},2021-03-01,2026-02-28,{phone},{state}\n")
}

fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

#[test]
fn a_whole_file_is_compared_shown_and_taken() {
    let small = SmallRegion::new();
    let region = Region::open(&small.dir()).unwrap();
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let first: String = (1..=20).map(|number| nurse(number, "师级", "-", "有效,-")).collect();
    let first = small.write("nurses-1.csv", format!("{HEADER}{first}").as_bytes());
    let may = at("2024-05-01T01:00:00Z");
    let import = |file: &std::path::Path, on: &str, confirm, now| region.import_register("nurse", file, day(on), confirm, now, "测试").unwrap();
    let list = |on: &str, known, scope: &Scope| region.entries_of("nurse", day(on), known, scope).unwrap();
    let whole = Scope::whole_region("测试");

    // Shown first: nothing is taken.
    let shown = import(&first, "2024-05-01", false, may);
    assert_eq!((shown.rows, shown.refused, shown.faults.len(), shown.taken), (20, 0, 0, None));
    assert_eq!((shown.comparison.new.len(), shown.called["202099000001"].as_str()), (20, "甲1"));
    assert!(list("2024-05-01", None, &whole).is_empty());
    let taken = import(&first, "2024-05-01", true, may);
    assert_eq!(taken.taken, Some(20));
    // In force from the day of the certificate, of the hospital, with the code of the title.
    let entries = list("2021-03-01", None, &whole);
    assert_eq!(entries.len(), 20);
    assert!(list("2021-02-28", None, &whole).is_empty());
    assert_eq!((entries[0].held.institution.as_deref(), entries[0].held.state.as_str()), (Some(HOSPITAL), "in_force"));
    assert_eq!(entries[0].held.fields["TITLE"], "4");
    let known_first = entries[0].known_from;
    assert_eq!(list("2024-05-01", None, &Scope::institutions("院", [HOSPITAL.to_owned()])).len(), 20);
    assert!(list("2024-05-01", None, &Scope::nothing("谁")).is_empty());

    // The next month: one has a phone now, one is cancelled, one is not in the file, one is wrong.
    let mut second: Vec<String> = (1..=19).map(|number| nurse(number, "师级", "-", "有效,-")).collect();
    second[0] = nurse(1, "师级", "13900000000", "有效,-");
    second[1] = nurse(2, "师级", "-", "注销,2024-05-20");
    second[2] = nurse(3, "师级", "-", ",-");
    let second = small.write("nurses-2.csv", format!("{HEADER}{}", second.concat()).as_bytes());
    let june = at("2024-06-01T01:00:00Z");
    let taken = import(&second, "2024-06-01", true, june);
    let changed = |number: u32, fields: &[&str]| {
        (format!("2020990000{number:02}"), fields.iter().map(|&field| field.to_owned()).collect::<Vec<_>>())
    };
    let expected = Comparison {
        new: Vec::new(),
        changed: vec![changed(1, &["sealed"]), changed(2, &["STATE", "STATE_FROM", "state"])],
        gone: vec!["202099000020".to_owned()],
        // The wrong one stays as it is.
        unchanged: 17,
    };
    assert_eq!((taken.comparison, taken.refused, taken.taken), (expected, 1, Some(3)));
    // A phone is personal: it is in no field, and only who may see it gets it, sealed.
    let entries = list("2024-06-01", None, &whole);
    assert!(!format!("{entries:?}").contains("13900000000"));
    assert!(entries[0].held.sealed.is_none());
    assert!(list("2024-06-01", None, &whole.clone().with_personal_fields())[0].held.sealed.is_some());
    // In law and as known.
    assert_eq!(entries.len(), 19);
    assert_eq!(entries[1].held.state, "cancelled");
    assert_eq!(list("2024-06-01", Some(known_first), &whole).len(), 20);
    assert_eq!(list("2024-05-31", None, &whole)[1].held.state, "in_force");
    // The same file again changes nothing.
    let again = import(&second, "2024-06-02", true, at("2024-06-02T01:00:00Z"));
    assert_eq!((again.taken, again.comparison.unchanged), (Some(0), 19));

    // A file that is none, and a register that is none.
    let broken = small.write("nurses-3.csv", "姓名,性别\n甲,1\n".as_bytes());
    let returned = import(&broken, "2024-06-02", true, june);
    assert!(returned.faults[0].starts_with("F0205"), "{:?}", returned.faults);
    assert_eq!(returned.taken, None);
    let error = region.import_register("nurses", &broken, day("2024-06-02"), true, june, "测试").unwrap_err();
    assert!(error.to_string().contains("没有登记簿“nurses”") && error.to_string().contains("nurse（"), "{error}");
}

/// On the command line: a preview that says what to do next, then the list.
#[test]
fn on_the_command_line() {
    let small = SmallRegion::new();
    let rows: String = (1..=3).map(|number| nurse(number, "师级", "-", "注销,2022-01-01")).collect();
    let file = small.write("nurses.csv", format!("{HEADER}{rows}").as_bytes());
    let file = file.to_str().unwrap();
    let shown = small.command(&["register", "import", "nurse", file, "--on", "2024-05-01", "--format", "csv"]).success();
    assert_eq!(shown.stdout().lines().count(), 4);
    assert!(shown.stderr().contains("这是预览，没有导入"), "{}", shown.stderr());
    let taken = small.command(&["register", "import", "nurse", file, "--on", "2024-05-01", "--confirm"]).success();
    assert!(taken.stderr().contains("已导入，3 条"), "{}", taken.stderr());
    let listed = small.csv(&["register", "list", "nurse", "--on", "2024-05-01"]);
    assert_eq!(listed.len(), 3);
    assert_eq!((listed[0]["key"].as_str(), listed[0]["state"].as_str()), ("202099000001", "cancelled"));
    small.command(&["register", "list", "nurses"]).exits(2);
}
