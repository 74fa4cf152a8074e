//! Every form of expression on tables worked by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use support::*;
use yizheng_eval::{Environment, Evaluator, Missing, missing};
use yizheng_pack::Pack;
use yizheng_pack::codelist::{CodeList, Entry};
use yizheng_pack::expr::{Arithmetic, Comparison, Expr, Fact, Function, Node, Quantifier};
use yizheng_pack::load::{Meta, Status};
use yizheng_pack::parameter::{Dated, Parameter};
use yizheng_pack::types::{Type, Value};

/// All nine pairs of true (1), false (0) and not known.
const PAIRS: &str = "
    n | k
    1 | 1
    1 | 0
    1 |
    0 | 1
    0 | 0
    0 |
      | 1
      | 0
      |
";

#[test]
fn three_valued_logic() {
    let frame = frame(PAIRS);
    let (a, b) = (eq(f("n"), int(1)), eq(f("k"), int(1)));
    for (expr, expected) in [
        (and([a.clone(), b.clone()]), "TF?FFF?F?"),
        (or([a.clone(), b.clone()]), "TTTTF?T??"),
        (not(a.clone()), "FFFTTT???"),
        (is_null(a.clone()), "FFFFFFTTT"),
        (and([]), "TTTTTTTTT"),
        (or([]), "FFFFFFFFF"),
        (and([a.clone()]), "TTTFFF???"),
        (and([truth(false), a.clone()]), "FFFFFFFFF"),
        (or([a.clone(), truth(true)]), "TTTTTTTTT"),
        (and([a, null(Type::Bool), b]), "?F?FFF?F?"),
    ] {
        assert_eq!(truths(&expr, &frame, &environment()), expected, "{expr:?}");
    }
}

#[test]
fn comparisons_of_every_type() {
    use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
    let frame = frame(
        "
        n | m     | t  | u | d          | e          | s                   | z
        1 | 9.99  | a  | b | 2024-02-29 | 2024-03-01 | 2024-03-01 00:00:00 | 2024-03-01 00:00:01
        2 | 10.00 | b  | b | 2024-03-01 | 2024-03-01 | 2024-03-01 00:00:00 | 2024-03-01 00:00:00
        3 | 10.01 | ba | b | 2024-03-02 | 2024-03-01 | 2024-03-02 00:00:00 | 2024-03-01 23:59:59
          |       |    | b |            | 2024-03-01 |                     | 2024-03-01 00:00:00
    ",
    );
    for (by, expected) in [
        (Equal, "FTF?"),
        (NotEqual, "TFT?"),
        (Less, "TFF?"),
        (LessOrEqual, "TTF?"),
        (Greater, "FFT?"),
        (GreaterOrEqual, "FTT?"),
    ] {
        for (left, right) in [
            (f("n"), int(2)),
            (f("m"), yuan(1000)),
            (f("t"), text("b")),
            (f("t"), f("u")),
            (f("d"), date("2024-03-01")),
            (f("d"), f("e")),
            (f("s"), f("z")),
        ] {
            let expr = cmp(by, left, right);
            assert_eq!(truths(&expr, &frame, &environment()), expected, "{expr:?}");
        }
    }
    // The constant on the left, truth values, two constants, an absent column.
    for (expr, expected) in [
        (cmp(Less, int(2), f("n")), "FFT?"),
        (cmp(Less, text("b"), f("t")), "FFT?"),
        (eq(eq(f("n"), int(1)), truth(true)), "TFF?"),
        (eq(int(1), int(1)), "TTTT"),
        (eq(text("a"), text("b")), "FFFF"),
        (eq(f("k"), int(1)), "????"),
        (eq(f("c"), text("1")), "????"),
        (eq(f("t"), f("c")), "????"),
        (eq(f("n"), null(Type::INTEGER)), "????"),
    ] {
        assert_eq!(truths(&expr, &frame, &environment()), expected, "{expr:?}");
    }
}

#[test]
fn arithmetic_is_exact_and_overflow_is_not_known() {
    let frame = frame(
        "
        n                    | k  | m
        7                    | 3  | 0.10
        -7                   | 3  | -0.01
        9223372036854775807  | 1  | 92233720368547758.07
        -9223372036854775808 | -1 |
                             | 1  | 1.00
    ",
    );
    for (expr, expected) in [
        (calc(Arithmetic::Add, f("n"), f("k")), ["10", "-4", "null", "null", "null"]),
        (
            calc(Arithmetic::Subtract, f("n"), f("k")),
            ["4", "-10", "9223372036854775806", "-9223372036854775807", "null"],
        ),
        (calc(Arithmetic::Multiply, f("n"), f("k")), ["21", "-21", "9223372036854775807", "null", "null"]),
        (calc(Arithmetic::Add, f("m"), yuan(20)), ["0.30", "0.19", "null", "null", "1.20"]),
        (calc(Arithmetic::Multiply, f("m"), f("k")), ["0.30", "-0.03", "92233720368547758.07", "null", "1.00"]),
        (calc(Arithmetic::Multiply, f("m"), yuan(150)), ["0.1500", "-0.0150", "null", "null", "1.5000"]),
        (calc(Arithmetic::Subtract, int(10), f("k")), ["7", "7", "9", "11", "9"]),
        (calc(Arithmetic::Add, int(2), int(3)), ["5", "5", "5", "5", "5"]),
        (calc(Arithmetic::Add, int(2), null(Type::INTEGER)), ["null"; 5]),
    ] {
        assert_eq!(values(&expr, &frame, &environment()), expected, "{expr:?}");
    }
}

#[test]
fn membership() {
    let frame = frame(
        "
        t  | n | m    | d
        a  | 1 | 1.00 | 2024-01-01
        b  | 2 | 2.50 | 2024-01-02
        aa | 3 | 3.00 | 2024-01-03
           |   |      |
    ",
    );
    for (expr, expected) in [
        (is_in(f("t"), &[Value::text("a"), Value::text("c")]), "TFF?"),
        (is_in(f("n"), &[Value::integer(3), Value::integer(1)]), "TFT?"),
        (is_in(f("m"), &[Value::fen(250)]), "FTF?"),
        (is_in(f("d"), &[Value::Date(day("2024-01-02")), Value::Date(day("2024-01-03"))]), "FTT?"),
        // A list that holds null never says no.
        (is_in(f("t"), &[Value::text("a"), Value::Null]), "T???"),
        (is_in(f("n"), &[Value::integer(1), Value::Null]), "T???"),
        (is_in(f("u"), &[Value::text("a")]), "????"),
        (is_in(text("a"), &[Value::text("a")]), "TTTT"),
        (is_in(int(4), &[Value::integer(1)]), "FFFF"),
    ] {
        assert_eq!(truths(&expr, &frame, &environment()), expected, "{expr:?}");
    }
}

#[test]
fn null_absent_and_constant() {
    let frame = frame(
        "
        t | n
        a | 1
          |
        - | ?x
    ",
    );
    for (expr, expected) in [
        (is_null(f("t")), "FTT"),
        (is_null(f("n")), "FTT"),
        (is_null(f("k")), "TTT"),
        (is_null(text("a")), "FFF"),
        (is_null(null(Type::Date)), "TTT"),
        (truth(true), "TTT"),
        (null(Type::Bool), "???"),
    ] {
        assert_eq!(truths(&expr, &frame, &environment()), expected, "{expr:?}");
    }
    assert_eq!(values(&f("d"), &frame, &environment()), ["null", "null", "null"]);
    assert_eq!(values(&yuan(-5), &frame, &environment()), ["-0.05", "-0.05", "-0.05"]);
    assert_eq!(values(&date("2024-02-29"), &frame, &environment()), ["2024-02-29"; 3]);
    assert_eq!(values(&text("是"), &frame, &environment()), ["是"; 3]);
}

#[test]
fn case_takes_the_first_true_branch() {
    let frame = frame(
        "
        n | k | t | m    | d
        1 | 5 | a | 1.50 | 2024-01-01
        2 | 6 | b | 2.50 |
          | 7 | c |      | 2024-01-03
        3 |   |   | 4.00 | 2024-01-04
    ",
    );
    let one = eq(f("n"), int(1));
    let below_three = cmp(Comparison::Less, f("n"), int(3));
    let branches = |a: Expr, b: Expr| vec![(one.clone(), a), (below_three.clone(), b)];
    for (expr, expected) in [
        (case(branches(int(10), f("k")), Some(int(0)), Type::INTEGER), ["10", "6", "0", "0"]),
        (case(branches(int(10), f("k")), None, Type::INTEGER), ["10", "6", "null", "null"]),
        (case(branches(f("t"), text("x")), Some(f("t")), Type::Text), ["a", "x", "c", "null"]),
        (case(branches(f("m"), null(Type::MONEY)), Some(yuan(7)), Type::MONEY), ["1.50", "null", "0.07", "0.07"]),
        (case(branches(truth(true), truth(false)), Some(null(Type::Bool)), Type::Bool), [
            "true", "false", "null", "null",
        ]),
        (case(branches(f("d"), f("d")), Some(date("2000-01-01")), Type::Date), [
            "2024-01-01", "null", "2000-01-01", "2000-01-01",
        ]),
        (case(vec![(truth(true), int(1))], None, Type::INTEGER), ["1", "1", "1", "1"]),
    ] {
        assert_eq!(values(&expr, &frame, &environment()), expected, "{expr:?}");
    }
}

#[test]
fn facts_and_parameters() {
    let frame = frame(
        "
        n  | d          | t
        29 | 2024-03-31 | 32
        31 | 2024-04-01 | 31
    ",
    );
    let known = environment()
        .with(Fact::PeriodEnd, Value::Date(day("2024-04-01")))
        .with(Fact::InstitutionLevel, Value::text("32"));
    let before_end = cmp(Comparison::Less, f("d"), fact(Fact::PeriodEnd));
    let at_level = eq(f("t"), fact(Fact::InstitutionLevel));
    for (expr, environment, expected) in [
        (gt(f("n"), parameter("long")), &environment(), "FT"),
        (gt(f("n"), parameter("other")), &environment(), "??"),
        (before_end.clone(), &known, "TF"),
        (before_end.clone(), &environment(), "??"),
        (at_level.clone(), &known, "TF"),
        (at_level, &environment(), "??"),
    ] {
        assert_eq!(truths(&expr, &frame, environment), expected, "{expr:?}");
    }
}

#[test]
fn missing_names_what_is_not_to_be_had() {
    let asks = and([
        cmp(Comparison::Less, f("d"), fact(Fact::PeriodEnd)),
        gt(f("n"), parameter("long")),
        gt(f("n"), parameter("other")),
        over(Quantifier::Any, OPERATION, test(Function::Listed("ICD".into()), vec![of("operation.code")])),
        test(Function::Listed("SEX".into()), vec![f("c")]),
    ]);
    let reasons = |environment: &Environment| -> Vec<String> {
        missing(&asks, environment).iter().map(ToString::to_string).collect()
    };
    assert_eq!(reasons(&environment()), ["没有报告期", "参数 other 在本期没有取值", "没有值域代码表 ICD"]);
    let more = environment().with(Fact::PeriodEnd, Value::Date(day("2024-04-01")));
    assert_eq!(reasons(&more), ["参数 other 在本期没有取值", "没有值域代码表 ICD"]);
    // A fact that is there but not known is as good as none.
    assert_eq!(reasons(&more.with(Fact::PeriodEnd, Value::Null)).len(), 3);
    assert!(missing(&f("n"), &Environment::default()).is_empty());
    assert!(missing(&asks, &environment()).contains(&Missing::CodeList("ICD".into())));
}

#[test]
fn what_is_in_force_on_a_day() {
    let mut pack = Pack::default();
    let dated = |from: &str, days| Dated { from: day(from), value: Value::integer(days), source: String::new() };
    for (id, status) in [("long", Status::Active), ("waiting", Status::Draft)] {
        let parameter = Parameter {
            meta: Meta { status, ..meta(id) },
            ty: Type::INTEGER,
            unit: "天".to_owned(),
            values: vec![dated("2011-01-01", 30), dated("2024-01-01", 35)],
        };
        pack.parameters.insert(id.into(), Arc::new(parameter));
    }
    let codes = |n: usize| {
        let code = |n: usize| Entry { code: n.to_string(), name: String::new(), attributes: BTreeMap::new(), also: vec![] };
        (0..n).map(code).collect()
    };
    for (id, status, n) in [("full", Status::Active, 2), ("empty", Status::Active, 0), ("waiting", Status::Draft, 2)] {
        let list = CodeList::new(Meta { status, ..meta(id) }, String::new(), codes(n));
        pack.codelists.insert(id.into(), Arc::new(list));
    }
    for (on, expected) in [("2010-12-31", None), ("2023-12-31", Some(30)), ("2024-01-01", Some(35))] {
        let environment = Environment::on(&pack, day(on));
        let expected: Vec<Value> = expected.into_iter().map(Value::integer).collect();
        assert_eq!(environment.parameters.into_values().collect::<Vec<_>>(), expected, "{on}");
        assert_eq!(environment.codelists.keys().map(|id| &**id).collect::<Vec<_>>(), ["full"]);
        assert!(environment.facts.is_empty());
    }
}

#[test]
fn what_the_loader_never_lets_through_is_an_error() {
    let frame = frame("n | t | m\n1 | a | 1.00");
    let environment = environment();
    let evaluator = Evaluator::new(&frame, &environment);
    for expr in [
        eq(f("n"), f("m")),
        eq(f("t"), int(1)),
        not(f("n")),
        and([f("t")]),
        of("operation.code"),
        is_in(f("n"), &[]),
        is_in(f("t"), &[]),
        is_in(f("m"), &[Value::integer(1)]),
        over(Quantifier::Any, OPERATION, over(Quantifier::Any, STAY, eq(of("operation.slot"), int(1)))),
        over(Quantifier::Any, OPERATION, eq(of("stay.hours"), int(1))),
        test(Function::Dash, vec![int(1)]),
        call(Function::Length, vec![], Type::INTEGER),
        Expr { node: Node::Arithmetic(Arithmetic::Add, Box::new(f("n")), Box::new(f("m"))), ty: Type::MONEY },
        Expr { node: Node::Literal(Value::fen(1)), ty: Type::INTEGER },
    ] {
        assert!(evaluator.evaluate(&expr).is_err(), "{expr:?}");
    }
    assert!(evaluator.condition(&f("n")).is_err());
}

#[test]
fn no_rows() {
    let frame = yizheng_eval::Frame::empty(dataset());
    for expr in [
        and([eq(f("n"), int(1)), eq(f("t"), text("a"))]),
        over(Quantifier::All, OPERATION, eq(of("operation.level"), text("4"))),
        case(vec![(truth(true), eq(f("n"), int(1)))], None, Type::Bool),
        truth(true),
    ] {
        assert_eq!(truths(&expr, &frame, &environment()), "", "{expr:?}");
    }
}
