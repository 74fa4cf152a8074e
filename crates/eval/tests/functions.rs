//! Every function on tables worked by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::Arc;

use support::*;
use yizheng_eval::Evaluator;
use yizheng_pack::expr::functions::{CodeRange, Pattern};
use yizheng_pack::expr::{Expr, Fact, Function, Quantifier};
use yizheng_pack::types::Type;

fn ranges(list: &[(&str, &str)]) -> Arc<[CodeRange]> {
    list.iter().map(|(low, high)| CodeRange { low: (*low).to_owned(), high: (*high).to_owned() }).collect()
}

/// A function of one text on several texts, the last row without one: the answer of each as text.
fn on_texts(function: Function, ty: Type, cases: &[(&str, &str)]) {
    let rows: String = cases.iter().map(|(given, _)| format!("{given} | x\n")).collect();
    let frame = frame(&format!("t | u\n{rows} | x"));
    let expr = call(function, vec![f("t")], ty.clone());
    let answers = values(&expr, &frame, &environment());
    for ((given, expected), answer) in cases.iter().zip(&answers) {
        assert_eq!(answer, expected, "{expr:?} of {given}");
    }
    assert_eq!(answers.last().unwrap(), "null", "{expr:?} of null");
    // The same of a value that is not a column: case … end, which is not looked up by distinct text.
    let computed = case(vec![(truth(true), f("t"))], None, Type::Text);
    let expr = Expr { ty, ..call(expr_function(&expr), vec![computed], Type::Bool) };
    assert_eq!(values(&expr, &frame, &environment()), answers, "{expr:?}");
}

fn expr_function(expr: &Expr) -> Function {
    match &expr.node {
        yizheng_pack::expr::Node::Call(function, _) => function.clone(),
        _ => panic!("no call"),
    }
}

#[test]
fn code_ranges() {
    on_texts(Function::Icd(ranges(&[("C00", "C97"), ("D25", "D25"), ("N99.2", "N99.3")])), Type::Bool, &[
        ("C00", "true"),
        ("C00.0", "true"),
        ("C97.9x001", "true"),
        ("c50.900", "true"),
        ("B99.x00", "false"),
        ("D00.0", "false"),
        ("D25.9", "true"),
        ("D26.0", "false"),
        ("N99.301", "true"),
        ("N99.4", "false"),
        ("C", "false"),
    ]);
    on_texts(Function::Operation(ranges(&[("60", "64"), ("98.16", "98.17")])), Type::Bool, &[
        ("60.0x00", "true"),
        ("64.9800", "true"),
        ("65.0100", "false"),
        ("59.9", "false"),
        ("98.1700x001", "true"),
        ("98.18", "false"),
    ]);
}

#[test]
fn patterns_and_beginnings() {
    on_texts(Function::Matches(Pattern::new("[A-Z][0-9]{2}|是").unwrap()), Type::Bool, &[
        ("A01", "true"),
        ("A012", "false"),
        ("xA01", "false"),
        ("是", "true"),
        ("是否", "false"),
    ]);
    on_texts(Function::StartsWith(Arc::from(["Z".to_owned(), "V0".to_owned()])), Type::Bool, &[
        ("Z37", "true"),
        ("V01", "true"),
        ("V1", "false"),
        ("z37", "false"),
    ]);
}

#[test]
fn code_lists() {
    on_texts(Function::Listed("SEX".into()), Type::Bool, &[("1", "true"), ("M", "true"), ("3", "false")]);
    on_texts(Function::Listed("ICD".into()), Type::Bool, &[("1", "null")]);
    on_texts(Function::ListedAll("CITY".into(), ','), Type::Bool, &[
        ("a", "true"),
        ("a,b", "true"),
        ("a,c", "false"),
        ("a,", "false"),
        ("a;b", "false"),
    ]);
    on_texts(Function::ListedAll("ICD".into(), ','), Type::Bool, &[("a", "null")]);
    on_texts(Function::ListAttribute("SEX".into(), "side".into()), Type::Text, &[
        ("1", "left"),
        ("M", "left"),
        ("2", "null"),
        ("3", "null"),
    ]);
    on_texts(Function::ListAttribute("ICD".into(), "side".into()), Type::Text, &[("1", "null")]);
}

#[test]
fn sets() {
    let frame = frame("t\n0304\n03\n05.01\n儿科门诊\n-");
    let contains = test(Function::Contains, vec![fact(Fact::InstitutionSubjects), f("t")]);
    let shares = |n| test(Function::ContainsPrefix(n), vec![fact(Fact::InstitutionSubjects), f("t")]);
    let known = environment().with(Fact::InstitutionSubjects, set(&["0304", "儿科病房", "5"]));
    for (expr, expected) in [
        (contains.clone(), "TFFF?"),
        (shares(2), "TTFT?"),
        (shares(3), "TFFF?"),
        (shares(4), "TFFF?"),
    ] {
        assert_eq!(truths(&expr, &frame, &known), expected, "{expr:?}");
    }
    assert_eq!(truths(&contains, &frame, &environment()), "?????");
    assert_eq!(truths(&contains, &frame, &environment().with(Fact::InstitutionSubjects, set(&[]))), "FFFF?");
}

#[test]
fn texts() {
    on_texts(Function::Length, Type::INTEGER, &[("a", "1"), ("北京", "2"), ("𠮷a", "2")]);
    on_texts(Function::Substring(2, 2), Type::Text, &[
        ("abcd", "bc"),
        ("abc", "bc"),
        ("ab", "null"),
        ("北京市", "京市"),
        ("北京", "null"),
    ]);
    on_texts(Function::Substring(1, 3), Type::Text, &[("304", "304"), ("30", "null")]);
}

#[test]
fn citizen_numbers() {
    let cases = |answers: [&'static str; 8]| {
        let numbers = [
            "99000119900307001X",
            "99000119900307001x",
            "990001198512120025",
            "990001198512120026",
            "990001900307001",
            "99000190030700A",
            "990001200002300032",
            "12345",
        ];
        numbers.into_iter().zip(answers).collect::<Vec<_>>()
    };
    on_texts(
        Function::IdValid,
        Type::Bool,
        &cases(["true", "true", "true", "false", "true", "false", "false", "false"]),
    );
    on_texts(
        Function::IdBirth,
        Type::Date,
        &cases(["1990-03-07", "1990-03-07", "1985-12-12", "1985-12-12", "1990-03-07", "1990-03-07", "null", "null"]),
    );
    on_texts(Function::IdSex, Type::Text, &cases(["1", "1", "2", "2", "1", "null", "1", "null"]));
}

#[test]
fn dates_and_times() {
    let frame = frame(
        "
        d          | e          | s                   | z
        2000-02-29 | 2023-02-28 | 2024-03-01 23:59:59 | 2024-03-02 00:00:00
        2000-02-29 | 2023-03-01 | 2024-03-01 00:00:00 | 2024-03-01 00:00:36
        2000-02-29 | 2024-02-29 | 2024-03-01 00:00:00 | 2024-03-01 00:00:35
        1990-03-07 | 2024-03-06 | 2024-03-01 10:00:00 | 2024-03-01 09:59:59
        1990-03-07 | 2024-03-07 | 2024-02-28 12:00:00 | 2024-03-01 13:30:00
        2024-03-01 | 2024-02-28 | 1969-12-31 23:00:00 | 1970-01-01 01:00:00
        2024-05-05 | 2024-05-05 | 2024-03-01 08:00:00 |
                   | 2024-01-01 |                     | 2024-03-01 08:00:00
    ",
    );
    let two = |function, a: &str, b: &str, ty| call(function, vec![f(a), f(b)], ty);
    for (expr, expected) in [
        (two(Function::FullYears, "d", "e", Type::INTEGER), ["22", "23", "24", "33", "34", "null", "0", "null"]),
        (two(Function::Days, "d", "e", Type::INTEGER), ["8400", "8401", "8766", "12418", "12419", "-2", "0", "null"]),
        (two(Function::Hours, "s", "z", Type::decimal(2)), [
            "0.00", "0.01", "0.00", "-0.01", "49.50", "2.00", "null", "null",
        ]),
        (call(Function::Date, vec![f("s")], Type::Date), [
            "2024-03-01", "2024-03-01", "2024-03-01", "2024-03-01", "2024-02-28", "1969-12-31", "2024-03-01", "null",
        ]),
        (call(Function::Year, vec![f("d")], Type::INTEGER), [
            "2000", "2000", "2000", "1990", "1990", "2024", "2024", "null",
        ]),
    ] {
        assert_eq!(values(&expr, &frame, &environment()), expected, "{expr:?}");
    }
    // One side constant.
    let to = call(Function::Days, vec![f("e"), date("2024-03-01")], Type::INTEGER);
    assert_eq!(values(&to, &frame, &environment())[3..6], ["-5", "-6", "2"]);
    let from = call(Function::FullYears, vec![date("2006-02-28"), f("e")], Type::INTEGER);
    assert_eq!(values(&from, &frame, &environment())[..3], ["17", "17", "18"]);
}

#[test]
fn numbers() {
    let frame = frame(
        "
        n                    | k | m
        -3                   | 2 | -0.05
        3                    | 3 | 0.05
        -9223372036854775808 | 0 | 1.00
                             | 1 |
        4                    |   | 9.99
    ",
    );
    let two = |function, a, b, ty| call(function, vec![a, b], ty);
    for (expr, expected) in [
        (call(Function::Abs, vec![f("n")], Type::INTEGER), ["3", "3", "null", "null", "4"]),
        (call(Function::Abs, vec![f("m")], Type::MONEY), ["0.05", "0.05", "1.00", "null", "9.99"]),
        (two(Function::Greatest, f("n"), f("k"), Type::INTEGER), ["2", "3", "0", "null", "null"]),
        (two(Function::Least, f("n"), f("k"), Type::INTEGER), ["-3", "3", "-9223372036854775808", "null", "null"]),
        (two(Function::Greatest, f("m"), yuan(50), Type::MONEY), ["0.50", "0.50", "1.00", "null", "9.99"]),
        (two(Function::Least, int(1), int(2), Type::INTEGER), ["1", "1", "1", "1", "1"]),
        (two(Function::Coalesce, f("n"), f("k"), Type::INTEGER), ["-3", "3", "-9223372036854775808", "1", "4"]),
        (two(Function::Coalesce, f("m"), yuan(0), Type::MONEY), ["-0.05", "0.05", "1.00", "0.00", "9.99"]),
        (two(Function::Coalesce, int(5), f("n"), Type::INTEGER), ["5", "5", "5", "5", "5"]),
        (two(Function::Coalesce, null(Type::INTEGER), f("k"), Type::INTEGER), ["2", "3", "0", "1", "null"]),
    ] {
        assert_eq!(values(&expr, &frame, &environment()), expected, "{expr:?}");
    }
}

#[test]
fn states_of_cells() {
    let frame = frame(
        "
        t | n  | operation
        a | 1  | 0 36.06 4; 1 - .; 2 47.09 ?x
        - | ?x | 1 51.23 .; 3 . ?y
          |    | 0 ?? 4
        b | -  |
    ",
    );
    for (expr, expected) in [
        (test(Function::Empty, vec![f("t")]), "FFTF"),
        (test(Function::Dash, vec![f("t")]), "FTFF"),
        (test(Function::Malformed, vec![f("t")]), "FFFF"),
        (test(Function::Empty, vec![f("n")]), "FFTF"),
        (test(Function::Dash, vec![f("n")]), "FFFT"),
        (test(Function::Malformed, vec![f("n")]), "FTFF"),
        // A column that the file does not have.
        (test(Function::Empty, vec![f("k")]), "TTTT"),
        (test(Function::Dash, vec![f("k")]), "FFFF"),
        (test(Function::Malformed, vec![f("k")]), "FFFF"),
        // The same inside a quantifier.
        (over(Quantifier::Any, OPERATION, test(Function::Malformed, vec![of("operation.level")])), "TTFF"),
        (over(Quantifier::Any, OPERATION, test(Function::Malformed, vec![f("n")])), "FTFF"),
    ] {
        assert_eq!(truths(&expr, &frame, &environment()), expected, "{expr:?}");
    }
    let environment = environment();
    let evaluator = Evaluator::new(&frame, &environment);
    let each = |function, member: &str| {
        let expr = test(function, vec![of(member)]);
        letters(&evaluator.condition_each(&expr, OPERATION).unwrap())
    };
    // Elements: 0 1 2 of the first row, 1 3 of the second, 0 of the third. The code of slot 0 is
    // the field `main`, whose state says what the element's is.
    assert_eq!(each(Function::Dash, "operation.code"), "FTFFFF");
    assert_eq!(each(Function::Malformed, "operation.code"), "FFFFFT");
    assert_eq!(each(Function::Empty, "operation.code"), "FFFFTF");
    assert_eq!(each(Function::Malformed, "operation.level"), "FFTFTF");
    assert_eq!(each(Function::Empty, "operation.level"), "FTFTFF");
    assert_eq!(each(Function::Empty, "operation.day"), "TTTTTT");
    assert_eq!(evaluator.rows_of(OPERATION).unwrap().values(), &[0, 0, 0, 1, 1, 2]);
}
