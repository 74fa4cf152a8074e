//! Sums of parts by department.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::collections::BTreeMap;

use proptest::prelude::*;
use support::*;
use yizheng_eval::{Environment, Evaluator, Frame, SumError, rows_counted, sum_parts};
use yizheng_pack::dataset::{FieldIx, Over};
use yizheng_pack::expr::{Comparison, Expr, Quantifier};
use yizheng_pack::indicator::{Part, Summand};
use yizheng_pack::types::Value;

fn part(key: &str, conditions: Vec<Expr>, sum: Option<Expr>, squared: bool) -> Part {
    Part { key: key.into(), dataset: "test".into(), over: Over::Sum, of: Summand::Rows { conditions, sum, squared } }
}

fn ward() -> Option<FieldIx> {
    Some(dataset().field("ward").unwrap().0)
}

fn sums(parts: &[Part], frame: &Frame) -> BTreeMap<String, Vec<i128>> {
    sum_parts(&parts.iter().collect::<Vec<_>>(), frame, &environment(), ward()).unwrap()
}

/// Deaths among those over 60, their stays and costs: conditions that are shared, not known, or
/// about a group.
fn parts() -> Vec<Part> {
    let old = gt(f("n"), int(60));
    let died = eq(f("t"), text("5"));
    let operated = over(Quantifier::Any, OPERATION, cmp(Comparison::GreaterOrEqual, of("operation.level"), text("3")));
    vec![
        part("all", vec![], None, false),
        part("old", vec![old.clone()], None, false),
        part("old died", vec![old.clone(), died], None, false),
        part("stay of old", vec![old], Some(f("k")), false),
        part("stay squared", vec![], Some(f("k")), true),
        part("cost of operated", vec![operated], Some(f("m")), false),
    ]
}

const ROWS: &str = "
    ward | n  | t | k  | m      | operation
    a    | 61 | 5 | 3  | 10.01  | 0 36.06 4
    a    | 60 | 5 | 4  | 20.00  |
    b    | 70 |   | 5  |        | 1 47.09 3
    b    | 80 | 1 |    | 30.00  | 1 47.09 2; 2 51.23 4
         |    | 5 | 7  | 40.00  | 1 47.09 .
    a    | 90 | 5 | -2 | 0.99   | 2 51.23 3; 3 . .
    c    | 1  | 1 |    |        |
";

#[test]
fn by_department() {
    let expected = [
        //          all old died stay  squares      fen
        ("", vec![1, 0, 0, 0, 49, 0]),
        ("a", vec![3, 2, 2, 1, 9 + 16 + 4, 1001 + 99]),
        ("b", vec![2, 2, 0, 5, 25, 3000]),
        ("c", vec![1, 0, 0, 0, 0, 0]),
    ];
    let expected: BTreeMap<String, Vec<i128>> = expected.into_iter().map(|(w, s)| (w.to_owned(), s)).collect();
    assert_eq!(sums(&parts(), &frame(ROWS)), expected);
    // Alone and in any order the sums are the same.
    for (at, part) in parts().into_iter().enumerate() {
        for (ward, sums) in sums(&[part], &frame(ROWS)) {
            assert_eq!(sums, [expected[&ward][at]], "part {at} of {ward}");
        }
    }
}

#[test]
fn the_rows_behind_a_sum_are_those_it_counts() {
    let frame = frame(ROWS);
    let rows = |at: usize| -> Vec<usize> {
        rows_counted(&parts()[at], &frame, &environment()).unwrap().set_indices().collect()
    };
    assert_eq!(rows(0), [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(rows(1), [0, 2, 3, 5]);
    assert_eq!(rows(2), [0, 5]);
    assert_eq!(rows(3), [0, 2, 5]);
    assert_eq!(rows(5), [0, 3, 5]);
}

#[test]
fn no_department_column_and_no_rows() {
    assert_eq!(sums(&parts()[..2], &frame("n\n61\n1")), BTreeMap::from([(String::new(), vec![2, 1])]));
    assert_eq!(sums(&parts(), &Frame::empty(dataset())), BTreeMap::new());
    assert_eq!(sums(&[], &frame("ward\na")), BTreeMap::from([("a".to_owned(), vec![])]));
}

/// A dataset without departments has its sums under the empty name; no rows make no department.
#[test]
fn without_departments() {
    let rows = frame("n\n3\n4");
    let all = part("n", vec![], Some(f("n")), false);
    let sums = sum_parts(&[&all], &rows, &environment(), None).unwrap();
    assert_eq!(sums, BTreeMap::from([(String::new(), vec![7])]));
    assert!(sum_parts(&[&all], &frame("n"), &environment(), None).unwrap().is_empty());
}

#[test]
fn an_empty_name_and_none_are_one_department() {
    let mut frame = frame("ward | n\na | 1\na | 2\na | 3");
    let wards = arrow::array::StringArray::from(vec![Some(""), None, Some("a")]);
    frame.columns[ward().unwrap().0] = Some(std::sync::Arc::new(wards));
    let expected = BTreeMap::from([(String::new(), vec![2]), ("a".to_owned(), vec![1])]);
    assert_eq!(sums(&[part("all", vec![], None, false)], &frame), expected);
}

#[test]
fn sums_are_exact_beyond_64_bits() {
    let large = frame("ward | k\na | 9223372036854775807\na | 9223372036854775807");
    let max = i128::from(i64::MAX);
    assert_eq!(sums(&[part("sum", vec![], Some(f("k")), false)], &large)["a"], [2 * max]);
    let squared = [part("squares", vec![], Some(f("k")), true)];
    assert_eq!(sums(&squared, &large.slice(0, 1).unwrap())["a"], [max * max]);
    let refs: Vec<&Part> = squared.iter().collect();
    let three = Frame::concat(dataset(), &[large.clone(), large]).unwrap();
    assert!(matches!(sum_parts(&refs, &three, &environment(), ward()), Err(SumError::TooLarge(key)) if &*key == "squares"));
}

#[test]
fn a_part_that_lacks_something_is_not_summed() {
    let asks = part("long", vec![gt(f("k"), parameter("long"))], None, false);
    let frame = frame(ROWS);
    let none = Environment::default();
    let error = sum_parts(&[&asks], &frame, &none, ward()).unwrap_err();
    assert_eq!(error.to_string(), "the part `long` lacks 参数 long 在本期没有取值");
    let short = Environment { parameters: BTreeMap::from([("long".into(), Value::integer(4))]), ..none };
    assert_eq!(sum_parts(&[&asks], &frame, &short, ward()).unwrap()["b"], [1]);
    let quality = Part { key: "q".into(), dataset: "test".into(), over: Over::Sum, of: Summand::Quality { without: vec![] } };
    assert!(matches!(
        sum_parts(&[&quality], &frame, &environment(), ward()),
        Err(SumError::NotOverRows(key)) if &*key == "q"
    ));
}

fn tables() -> impl Strategy<Value = String> {
    let row = (
        prop_oneof!["", "[a-c]"],
        prop_oneof!["", "[5-7][0-9]"],
        prop_oneof!["", "[15]"],
        prop_oneof!["", "-?[0-9]{1,3}"],
        prop_oneof!["", "[0-9]{1,5}\\.[0-9]{2}"],
        prop_oneof!["", "0 36\\.06 [1-4]", "1 47\\.09 [1-4]; 4 51\\.23 [1-4]"],
    );
    prop::collection::vec(row, 1..40).prop_map(|rows| {
        let line = |(ward, n, t, k, m, operation): (String, String, String, String, String, String)| {
            let k = if k == "-" { String::new() } else { k };
            format!("x | {ward} | {n} | {t} | {k} | {m} | {operation}\n")
        };
        format!("u | ward | n | t | k | m | operation\n{}", rows.into_iter().map(line).collect::<String>())
    })
}

proptest! {
    #[test]
    fn the_sums_of_the_pieces_are_the_sums_of_the_whole(table in tables(), cuts in prop::collection::vec(0..40_usize, 3)) {
        let whole = frame(&table);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(whole.len)).chain([0, whole.len]).collect();
        cuts.sort_unstable();
        let mut added: BTreeMap<String, Vec<i128>> = BTreeMap::new();
        for bounds in cuts.windows(2) {
            let piece = whole.slice(bounds[0], bounds[1] - bounds[0]).unwrap();
            for (ward, sums) in sums(&parts(), &piece) {
                let total = added.entry(ward).or_insert_with(|| vec![0; sums.len()]);
                total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
            }
        }
        prop_assert_eq!(added, sums(&parts(), &whole));
    }

    #[test]
    fn a_sum_is_a_plain_loop(table in tables()) {
        let frame = frame(&table);
        let (conditions, values, wards) = (
            values(&gt(f("n"), int(60)), &frame, &environment()),
            values(&f("k"), &frame, &environment()),
            values(&f("ward"), &frame, &environment()),
        );
        let mut expected: BTreeMap<String, Vec<i128>> = BTreeMap::new();
        for ((condition, value), ward) in conditions.iter().zip(&values).zip(&wards) {
            let ward = if ward == "null" { "" } else { ward };
            let sums = expected.entry(ward.to_owned()).or_insert_with(|| vec![0, 0]);
            if condition == "true" && value != "null" {
                let value: i128 = value.parse().unwrap();
                sums[0] += value;
                sums[1] += value * value;
            }
        }
        let old = || vec![gt(f("n"), int(60))];
        let parts = [part("sum", old(), Some(f("k")), false), part("squares", old(), Some(f("k")), true)];
        prop_assert_eq!(sums(&parts, &frame), expected);
    }
}

#[test]
fn one_evaluator_gives_the_same_answers_twice() {
    let frame = frame(ROWS);
    let environment = environment();
    let evaluator = Evaluator::new(&frame, &environment);
    let expr = is_in(of("operation.code"), &[Value::text("47.09")]);
    let first = evaluator.condition_each(&expr, OPERATION).unwrap();
    assert_eq!(first, evaluator.condition_each(&expr, OPERATION).unwrap());
    assert_eq!(letters(&first), "FTTFTF?");
}
