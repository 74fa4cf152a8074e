//! Checks over whole files: the four counts, absent columns, earlier rows, and the pack's own cases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;


use common::*;
use yizheng_eval::Frame;
use yizheng_intake::{Context, Earlier, InstitutionFacts, Report, frame_of, try_out};
use yizheng_pack::dataset::FieldIx;
use yizheng_pack::testcase::{Cases, Table};

#[test]
fn the_cases_beside_the_checks_hold() {
    let mut failures = Vec::new();
    let mut expectations = 0;
    for file in &pack().tests {
        let Cases::Check(cases) = &file.cases else { continue };
        let dataset = pack().table(file.dataset.as_ref().unwrap()).unwrap();
        let check = dataset.checks.iter().find(|check| check.meta.id == file.id).unwrap();
        for case in cases {
            let pack = pack().with_codes(&case.codelists);
            let facts = case.institution.as_ref().map(InstitutionFacts::from);
            let context = Context {
                institution: facts.as_ref(),
                period: case.period,
                received_at: case.received_at,
                known: Some(&case.known),
                ..Context::new(&pack, dataset)
            };
            let tried = try_out(check, &case.rows, &case.earlier, &context).unwrap();
            assert_eq!(tried.len(), case.expect.len(), "{} {}", file.id, case.name);
            for (row, (tried, expect)) in tried.iter().zip(&case.expect).enumerate() {
                expectations += 1;
                let pointed = expect.at.is_none_or(|at| tried.at.contains(&at));
                if tried.outcome != expect.outcome || !pointed {
                    let at: Vec<String> = tried.at.iter().map(|cell| dataset.element(*cell)).collect();
                    failures.push(format!(
                        "{} {} row {}: {:?} {at:?} {:?}, expected {:?}",
                        file.id, case.name, row + 1, tried.outcome, tried.reasons, expect
                    ));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{} of {expectations}\n{}", failures.len(), failures.join("\n"));
    assert!(expectations > 300, "{expectations}");
}

#[test]
fn four_counts_add_up_and_reasons_are_given() {
    let own = institution();
    let checked = run(Texts::good(7).set(2, "A12C", "7").csv().as_bytes(), &submission(&own));
    assert!(checked.report.checks.len() > 80);
    for check in &checked.report.checks {
        let sum = check.passed + check.violated + check.not_applicable + check.not_evaluable;
        assert_eq!(sum, 7, "{}", check.id);
        assert_eq!(check.not_evaluable > 0, check.reason.is_some(), "{} {:?}", check.id, check.reason);
        assert_eq!(check.violated, check.rows().len(), "{}", check.id);
    }
    // A column that the file does not have decides nothing, and says so.
    let there = checked.report.check("FP005").unwrap();
    assert_eq!((there.passed, there.violated), (7, 0));
    let absent = checked.report.check("FP014").unwrap();
    assert_eq!((absent.passed, absent.not_evaluable), (0, 7));
    assert!(absent.reason.as_ref().unwrap().contains("文件中没有 A46C 医疗付费方式 列"), "{:?}", absent.reason);
    // A dictionary that nobody imported decides nothing either.
    let dictionary = checked.report.check("FP060").unwrap();
    assert_eq!(dictionary.not_evaluable, 7);
    assert!(dictionary.reason.as_ref().unwrap().contains("ICD10"), "{:?}", dictionary.reason);
}

#[test]
fn a_report_is_stored_as_it_is() {
    let checked = run(Texts::good(20).set(2, "A12C", "7").set(9, "A12C", "7").csv().as_bytes(), &context());
    let text = serde_json::to_string(&checked.report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), checked.report);
}

fn table(of: &Texts) -> Table {
    Table { header: of.0[0].clone(), rows: of.0[1..].to_vec() }
}

#[test]
fn earlier_rows_count_and_their_lack_is_told() {
    let own = institution();
    let text = Texts::good(4).csv();
    let alone = run(text.as_bytes(), &submission(&own));
    let unique = alone.report.check("FP006").unwrap();
    assert_eq!((unique.passed, unique.not_evaluable), (0, 4));
    assert!(unique.reason.as_ref().unwrap().contains("没有连接已报数据"));

    let none = Frame::empty(front_page().clone());
    let with = run(text.as_bytes(), &Context { earlier: Some(&none), ..submission(&own) });
    assert_eq!(with.report.check("FP006").unwrap().passed, 4);

    let february = Texts::of(
        "A48  | A49 | B12                 | B15
         1002 | 1   | 2024-02-20 09:00:00 | 2024-02-25 10:00:00
         1003 | 5   | 2024-02-20 09:00:00 | 2024-02-25 10:00:00
         1004 | 0   | 2024-02-20 09:00:00 | 2024-03-02 10:00:00",
    );
    let earlier = frame_of(&table(&february), &context()).unwrap();
    let with = run(text.as_bytes(), &Context { earlier: Some(&earlier), ..submission(&own) });
    assert_eq!(found(&with, "FP006", "A48"), [2]);
    assert_eq!(found(&with, "FP007", "A49"), [2, 3]);
    assert_eq!(found(&with, "FP008", "B12"), [4]);

    struct Broken;
    impl Earlier for Broken {
        fn rows(&self, _: &[FieldIx]) -> Result<Frame, String> {
            Err("磁盘".to_owned())
        }
    }
    let broken = run(text.as_bytes(), &Context { earlier: Some(&Broken), ..submission(&own) });
    assert!(broken.report.check("FP006").unwrap().reason.as_ref().unwrap().contains("磁盘"));
}

#[test]
fn a_late_month_is_held_against_the_one_after_it() {
    let own = institution();
    let april = Texts::of(
        "A48  | A49 | B12                 | B15
         1001 | 1   | 2024-04-20 09:00:00 | 2024-04-25 10:00:00",
    );
    let earlier = frame_of(&table(&april), &context()).unwrap();
    let text = Texts::good(1).set(1, "A49", "2").csv();
    let checked = run(text.as_bytes(), &Context { earlier: Some(&earlier), ..submission(&own) });
    assert_eq!(found(&checked, "FP007", "A49"), [1]);
}

#[test]
fn a_share_is_measured_and_its_rows_are_named() {
    // 2 of 30 is 6.67 %, above 5 %; 1 of 30 is not.
    let table = Texts::good(30).all("A27", "13800000000").all("A35", "13800000000");
    let table = table.set(3, "A27", "-").set(30, "A27", "-").set(7, "A35", "-");
    let checked = run(table.csv().as_bytes(), &context());
    assert_eq!(found(&checked, "FP010", "A27"), [3, 30]);
    assert_eq!(found(&checked, "FP010", "A35"), [] as [u32; 0]);
    let check = checked.report.check("FP010").unwrap();
    let share = check.shares.iter().find(|share| share.element == "A27").unwrap();
    assert_eq!((share.hits, share.rows, share.at_most.as_str()), (2, 30, "5%"));
}

#[test]
fn elements_are_pointed_at() {
    let table = Texts::good(2).set(1, "C06x01C", "E11.900").set(1, "C06x02C", "糖尿病").set(2, "C06x01C", "E11.900");
    let checked = run(table.csv().as_bytes(), &context());
    assert_eq!(found(&checked, "FP061", "C06x02C"), [1]);
    assert_eq!(found(&checked, "FP061", "C06x01C"), [] as [u32; 0]);
}

#[test]
fn many_rows_come_out_as_few_do() {
    // More rows than one slice; findings on both sides of its border.
    let bad: Vec<u32> = vec![1, 16_383, 16_384, 16_385, 16_386, 40_000];
    let mut table = Texts::good(40_000);
    for row in &bad {
        table = table.set(*row as usize, "A12C", "7");
    }
    let checked = run(table.csv().as_bytes(), &context());
    assert_eq!(found(&checked, "FP015", "A12C"), bad);
    assert_eq!(checked.held.iter().collect::<Vec<_>>(), bad);
    let unique = checked.report.check("FP006").unwrap();
    assert_eq!(unique.violated, 0);
}
