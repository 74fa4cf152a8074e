//! The laws of three-valued logic on random rows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use proptest::prelude::*;
use support::*;
use yizheng_pack::expr::{Comparison, Expr, Quantifier};
use yizheng_pack::types::{Type, Value};

fn cell(value: Option<i64>) -> String {
    value.map_or(String::new(), |v| v.to_string())
}

/// Rows of `n`, `k` and `m`, each of them not known every now and then.
fn rows() -> impl Strategy<Value = String> {
    let row = (prop::option::of(0_i64..3), prop::option::of(0_i64..3), prop::option::of(0_i64..3));
    prop::collection::vec(row, 1..40).prop_map(|rows| {
        let line = |(n, k, m)| format!("x | {} | {} | {}\n", cell(n), cell(k), cell(m));
        format!("t | n | k | m\n{}", rows.into_iter().map(line).collect::<String>())
    })
}

fn conditions() -> [Expr; 3] {
    [gt(f("n"), int(0)), eq(f("k"), f("n")), cmp(Comparison::Less, f("m"), yuan(200))]
}

proptest! {
    #[test]
    fn and_or_not(table in rows()) {
        let frame = frame(&table);
        let [a, b, c] = conditions();
        let same = |one: Expr, other: Expr| {
            prop_assert_eq!(
                truths(&one, &frame, &environment()), truths(&other, &frame, &environment()), "{:?} {:?}", one, other
            );
            Ok(())
        };
        let (a, b, c) = (|| a.clone(), || b.clone(), || c.clone());
        same(not(not(a())), a())?;
        same(not(and([a(), b()])), or([not(a()), not(b())]))?;
        same(not(or([a(), b()])), and([not(a()), not(b())]))?;
        same(and([a(), b()]), and([b(), a()]))?;
        same(or([a(), b()]), or([b(), a()]))?;
        same(and([a(), and([b(), c()])]), and([a(), b(), c()]))?;
        same(or([or([a(), b()]), c()]), or([a(), b(), c()]))?;
        same(and([a(), or([b(), c()])]), or([and([a(), b()]), and([a(), c()])]))?;
        same(or([a(), and([a(), b()])]), a())?;
        same(and([a(), truth(true)]), a())?;
        same(or([a(), truth(false)]), a())?;
        same(and([a(), truth(false)]), truth(false))?;
        same(or([a(), truth(true)]), truth(true))?;
        // There is no excluded middle, but `is null` always knows.
        same(or([a(), not(a()), is_null(a())]), truth(true))?;
        same(is_null(is_null(a())), truth(false))?;
        same(is_null(a()), is_null(not(a())))?;
    }

    #[test]
    fn one_thing_said_in_two_ways(table in rows()) {
        let frame = frame(&table);
        let same = |one: Expr, other: Expr| {
            prop_assert_eq!(
                truths(&one, &frame, &environment()), truths(&other, &frame, &environment()), "{:?} {:?}", one, other
            );
            Ok(())
        };
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        for (by, opposite, swapped) in [
            (Equal, NotEqual, Equal), (Less, GreaterOrEqual, Greater), (LessOrEqual, Greater, GreaterOrEqual),
        ] {
            same(cmp(by, f("n"), f("k")), not(cmp(opposite, f("n"), f("k"))))?;
            same(cmp(by, f("n"), f("k")), cmp(swapped, f("k"), f("n")))?;
            same(cmp(by, f("n"), int(1)), cmp(swapped, int(1), f("n")))?;
        }
        same(is_in(f("n"), &[Value::integer(0), Value::integer(2)]), or([eq(f("n"), int(0)), eq(f("n"), int(2))]))?;
        let [a, b, _] = conditions();
        let chosen = case(vec![(a.clone(), b.clone())], Some(truth(false)), Type::Bool);
        same(is_null(chosen), and([a.clone(), is_null(b.clone()), not(is_null(a))]))?;
        // A condition on the row alone is the same for every element, if there is one.
        let some = over(Quantifier::Any, STAY, truth(true));
        same(over(Quantifier::Any, STAY, b.clone()), and([some, b]))?;
    }
}
