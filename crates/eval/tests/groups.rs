//! Quantifiers over repeated groups: tables worked by hand, and a plain count row by row.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use proptest::prelude::*;
use support::*;
use yizheng_eval::Evaluator;
use yizheng_pack::expr::functions::CodeRange;
use yizheng_pack::expr::{Comparison, Function, Quantifier};
use yizheng_pack::types::Value;

const ROWS: &str = "
    n | d          | t     | operation
    1 | 2024-03-01 | 36.06 | 0 36.06 4 2024-03-02 100.00; 1 47.09 2 2024-03-01 20.50
    2 | 2024-03-01 | 36.06 | 1 51.23 . 2024-02-29; 2 51.23 3
    3 |            | x     |
    4 | 2024-03-05 |       | 3 . 4 2024-03-05 -0.01
    5 | 2024-03-05 | 47.09 | 0 47.09 . . ; 2 47.09 .; 9 36.06 .
";

#[test]
fn each_quantifier() {
    use Quantifier::{All, Any, Count, Max, Min, Repeats, Sum};
    let frame = frame(ROWS);
    let code = || of("operation.code");
    let level = |is: &str| eq(of("operation.level"), text(is));
    let on_or_after = cmp(Comparison::GreaterOrEqual, of("operation.day"), f("d"));
    let appendix = CodeRange { low: "47".to_owned(), high: "47".to_owned() };
    for (expr, expected) in [
        (over(Any, OPERATION, level("4")), "T?FT?"),
        (over(Any, OPERATION, level("3")), "FTFF?"),
        (over(All, OPERATION, level("4")), "FFTT?"),
        (over(All, OPERATION, gt(of("operation.level"), text("1"))), "T?TT?"),
        // The row's own fields inside the body.
        (over(All, OPERATION, on_or_after), "TFTT?"),
        (over(Any, OPERATION, eq(code(), f("t"))), "TFF?T"),
        (over(Any, OPERATION, gt(f("n"), int(2))), "FFFTT"),
        (over(Any, OPERATION, and([level("4"), gt(f("n"), int(2))])), "FFFT?"),
        (over(Any, OPERATION, test(Function::Operation([appendix].into()), vec![code()])), "TFF?T"),
        (over(Any, OPERATION, is_in(code(), &[Value::text("51.23")])), "FTF?F"),
        (over(Any, OPERATION, truth(true)), "TTFTT"),
        (over(All, OPERATION, truth(false)), "FFTFF"),
        (over(Any, OPERATION, eq(of("operation.slot"), int(0))), "TFFFT"),
        (over(Repeats, OPERATION, code()), "FTFFT"),
        (over(Repeats, OPERATION, of("operation.level")), "FFFFF"),
        (over(Repeats, OPERATION, of("operation.day")), "FFFFF"),
        (over(Repeats, OPERATION, of("operation.surgeon")), "FFFFF"),
        // Two values together: the same code, but not at the same level or not on a known day.
        (over(Repeats, OPERATION, pair(code(), code())), "FTFFT"),
        (over(Repeats, OPERATION, pair(code(), of("operation.level"))), "FFFFF"),
        (over(Repeats, OPERATION, pair(code(), f("n"))), "FTFFT"),
        (over(Repeats, OPERATION, pair(f("n"), f("n"))), "TTFFT"),
        // A group that the file does not have.
        (over(Any, STAY, gt(of("stay.hours"), int(1))), "FFFFF"),
        (over(All, STAY, gt(of("stay.hours"), int(1))), "TTTTT"),
        (over(Repeats, STAY, of("stay.hours")), "FFFFF"),
    ] {
        assert_eq!(truths(&expr, &frame, &environment()), expected, "{expr:?}");
    }
    for (expr, expected) in [
        (over(Count, OPERATION, level("4")), ["1", "0", "0", "1", "0"]),
        (over(Count, OPERATION, truth(true)), ["2", "2", "0", "1", "3"]),
        (over(Sum, OPERATION, of("operation.cost")), ["120.50", "0.00", "0.00", "-0.01", "0.00"]),
        (over(Sum, OPERATION, f("n")), ["2", "4", "0", "4", "15"]),
        (over(Max, OPERATION, of("operation.slot")), ["1", "2", "null", "3", "9"]),
        (over(Min, OPERATION, of("operation.slot")), ["0", "1", "null", "3", "0"]),
        (over(Max, OPERATION, of("operation.day")), ["2024-03-02", "2024-02-29", "null", "2024-03-05", "null"]),
        (over(Min, OPERATION, of("operation.day")), ["2024-03-01", "2024-02-29", "null", "2024-03-05", "null"]),
        (over(Max, OPERATION, of("operation.cost")), ["100.00", "null", "null", "-0.01", "null"]),
        (over(Count, STAY, truth(true)), ["0"; 5]),
        (over(Sum, STAY, of("stay.hours")), ["0"; 5]),
        (over(Max, STAY, of("stay.hours")), ["null"; 5]),
    ] {
        assert_eq!(values(&expr, &frame, &environment()), expected, "{expr:?}");
    }
}

#[test]
fn a_sum_that_does_not_fit_is_not_known() {
    let frame = frame("stay\n1 9223372036854775807; 2 1\n1 9223372036854775807; 2 1; 3 -1");
    let sum = over(Quantifier::Sum, STAY, of("stay.hours"));
    assert_eq!(values(&sum, &frame, &environment()), ["null", "9223372036854775807"]);
}

#[test]
fn conditions_of_each_element() {
    let frame = frame(ROWS);
    let environment = environment();
    let evaluator = Evaluator::new(&frame, &environment);
    let each = |expr| letters(&evaluator.condition_each(&expr, OPERATION).unwrap());
    assert_eq!(each(eq(of("operation.level"), text("4"))), "TF?FT???");
    assert_eq!(each(gt(f("n"), int(1))), "FFTTTTTT");
    // Within an element another quantifier asks about the row's other elements.
    let several = gt(over(Quantifier::Count, OPERATION, truth(true)), int(1));
    assert_eq!(each(and([several, eq(of("operation.slot"), int(0))])), "TFFFFTFF");
    let of_stays = evaluator.condition_each(&gt(of("stay.hours"), int(1)), STAY).unwrap();
    assert_eq!(letters(&of_stays), "");
}

/// What a quantifier means, said plainly.
fn plainly(quantifier: Quantifier, row: &[Option<i64>]) -> String {
    let is = |v: &Option<i64>| v.map(|v| v > 1);
    let known = row.iter().flatten();
    let show = |b: Option<bool>| b.map_or("null".to_owned(), |b| b.to_string());
    match quantifier {
        Quantifier::Any if row.iter().any(|v| is(v) == Some(true)) => show(Some(true)),
        Quantifier::Any => show(row.iter().all(|v| v.is_some()).then_some(false)),
        Quantifier::All if row.iter().any(|v| is(v) == Some(false)) => show(Some(false)),
        Quantifier::All => show(row.iter().all(|v| v.is_some()).then_some(true)),
        Quantifier::Count => row.iter().filter(|v| is(v) == Some(true)).count().to_string(),
        Quantifier::Sum => known.sum::<i64>().to_string(),
        Quantifier::Max => known.max().map_or("null".to_owned(), i64::to_string),
        Quantifier::Min => known.min().map_or("null".to_owned(), i64::to_string),
        Quantifier::Repeats => {
            let distinct: std::collections::BTreeSet<&i64> = known.clone().collect();
            (distinct.len() < known.count()).to_string()
        }
    }
}

proptest! {
    #[test]
    fn quantifiers_are_what_a_plain_count_says(
        rows in prop::collection::vec(prop::collection::vec(prop::option::of(0_i64..4), 0..5), 1..12)
    ) {
        let lines = rows.iter().map(|row| {
            let stay = |(slot, hours): (usize, &Option<i64>)| {
                format!("{} {}", slot + 1, hours.map_or(".".to_owned(), |h| h.to_string()))
            };
            format!("x | {}\n", row.iter().enumerate().map(stay).collect::<Vec<_>>().join("; "))
        });
        let frame = frame(&format!("t | stay\n{}", lines.collect::<String>()));
        let hours = || of("stay.hours");
        for (quantifier, body) in [
            (Quantifier::Any, gt(hours(), int(1))),
            (Quantifier::All, gt(hours(), int(1))),
            (Quantifier::Count, gt(hours(), int(1))),
            (Quantifier::Sum, hours()),
            (Quantifier::Max, hours()),
            (Quantifier::Min, hours()),
            (Quantifier::Repeats, hours()),
        ] {
            let found = values(&over(quantifier, STAY, body), &frame, &environment());
            let expected: Vec<String> = rows.iter().map(|row| plainly(quantifier, row)).collect();
            prop_assert_eq!(found, expected, "{:?}", quantifier);
        }
    }
}
