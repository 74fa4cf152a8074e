//! Random typed expressions over random rows: the fast evaluator against the reference one.
//!
//! Expressions are made as text and read by the loader, so that what is compared is what a pack
//! can say. Whatever the two differ in is cut down to the smallest part that still differs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::collections::BTreeMap;

use support::made::{ROWS, alone, made};
use support::{Language, kind, kinds};
use yizheng_eval::Frame;
use yizheng_pack::expr::reference::Row;
use yizheng_pack::expr::{Arithmetic, Comparison, Expr, Function, Node, Quantifier};
use yizheng_pack::types::{Type, Value};

/// Expressions made, each over [`ROWS`] rows.
const EXPRESSIONS: usize = 4_000;

/// The smallest part of an expression, standing alone, in which the two differ.
fn smallest<'e>(language: &Language, expr: &'e Expr, frame: &Frame, rows: &[Row]) -> Option<(&'e Expr, usize)> {
    let mut parts = Vec::new();
    alone(expr, &mut parts);
    parts.reverse();
    parts.into_iter().find_map(|part| {
        let (fast, plain) = (language.fast(part, frame), language.plain(part, rows));
        let row = fast.iter().zip(&plain).position(|(fast, plain)| fast != plain)?;
        Some((part, row))
    })
}

#[test]
fn both_evaluators_agree_and_everything_is_tried() {
    let language = Language::new();
    let mut times: BTreeMap<&str, usize> = kinds().into_iter().map(|kind| (kind, 0)).collect();
    let (mut read, mut refused) = (0, 0);
    for seed in 0..EXPRESSIONS as u64 {
        let Some((text, expr, frame, rows)) = made(&language, seed) else {
            refused += 1;
            continue;
        };
        read += 1;
        expr.walk(&mut |part| *times.entry(kind(part)).or_default() += 1);
        if language.fast(&expr, &frame) != language.plain(&expr, &rows) {
            let (part, row) = smallest(&language, &expr, &frame, &rows).unwrap_or((&expr, 0));
            let fast = &language.fast(part, &frame)[row];
            let plain = &language.plain(part, &rows)[row];
            panic!(
                "seed {seed}: {}: fast {fast}, reference {plain}, on {:?}\nwithin {text}",
                part.canonical(&language.dataset),
                rows[row]
            );
        }
    }
    println!("{read} expressions over {ROWS} rows each, {refused} refused by the loader");
    for (kind, times) in &times {
        println!("  {times:>6}  {kind}");
    }
    assert!(refused * 10 < EXPRESSIONS, "{refused} of {EXPRESSIONS} are no expressions");
    let never: Vec<_> = times.iter().filter(|(_, times)| **times < 10).collect();
    assert!(never.is_empty(), "hardly tried: {never:?}");
}

/// An expression in which every node of a kind means something else: what an evaluator with that
/// fault would compute.
fn with_fault(expr: &Expr, faulty: &str) -> Expr {
    let below = |expr: &Expr| with_fault(expr, faulty);
    let node = match &expr.node {
        Node::Not(x) => Node::Not(Box::new(below(x))),
        Node::And(xs) => Node::And(xs.iter().map(below).collect()),
        Node::Or(xs) => Node::Or(xs.iter().map(below).collect()),
        Node::Compare(by, l, r) => Node::Compare(*by, Box::new(below(l)), Box::new(below(r))),
        Node::Arithmetic(by, l, r) => Node::Arithmetic(*by, Box::new(below(l)), Box::new(below(r))),
        Node::In(x, list) => Node::In(Box::new(below(x)), list.clone()),
        Node::IsNull(x) => Node::IsNull(Box::new(below(x))),
        Node::Case(branches, otherwise) => Node::Case(
            branches.iter().map(|(when, then)| (below(when), below(then))).collect(),
            otherwise.as_ref().map(|otherwise| Box::new(below(otherwise))),
        ),
        // These ask about a cell, not about its value.
        Node::Call(Function::Empty | Function::Dash | Function::Malformed, _) => expr.node.clone(),
        Node::Call(function, arguments) => Node::Call(function.clone(), arguments.iter().map(below).collect()),
        Node::Over(quantifier, group, body) => Node::Over(*quantifier, *group, Box::new(below(body))),
        leaf => leaf.clone(),
    };
    let right = Expr { node, ty: expr.ty.clone() };
    if kind(expr) != faulty { right } else { wrong(right) }
}

fn wrong(expr: Expr) -> Expr {
    let ty = expr.ty.clone();
    let node = match expr.node {
        Node::Not(x) => return *x,
        Node::And(xs) => Node::Or(xs),
        Node::Or(xs) => Node::And(xs),
        Node::Compare(by, l, r) => {
            let other = match by {
                Comparison::Equal => Comparison::GreaterOrEqual,
                Comparison::NotEqual => Comparison::Less,
                Comparison::Less => Comparison::LessOrEqual,
                Comparison::LessOrEqual => Comparison::Less,
                Comparison::Greater => Comparison::GreaterOrEqual,
                Comparison::GreaterOrEqual => Comparison::Greater,
            };
            Node::Compare(other, l, r)
        }
        Node::Arithmetic(Arithmetic::Add, l, r) => Node::Arithmetic(Arithmetic::Subtract, l, r),
        Node::Arithmetic(Arithmetic::Subtract, l, r) => Node::Arithmetic(Arithmetic::Add, l, r),
        // Squares the left side, of the type of the right one where that is the same.
        Node::Arithmetic(Arithmetic::Multiply, l, r) if l.ty == r.ty => Node::Arithmetic(Arithmetic::Multiply, l.clone(), l),
        Node::In(x, list) => Node::In(x, list.into_iter().skip(1).collect()),
        Node::Case(mut branches, otherwise) => {
            branches.reverse();
            if branches.len() == 1 { return otherwise.map_or(Expr { node: Node::Literal(Value::Null), ty }, |o| *o) }
            Node::Case(branches, otherwise)
        }
        Node::Over(Quantifier::Any, group, body) => Node::Over(Quantifier::All, group, body),
        Node::Over(Quantifier::All, group, body) => Node::Over(Quantifier::Any, group, body),
        Node::Over(Quantifier::Max, group, body) => Node::Over(Quantifier::Min, group, body),
        Node::Over(Quantifier::Min, group, body) => Node::Over(Quantifier::Max, group, body),
        Node::Call(Function::Greatest, arguments) => Node::Call(Function::Least, arguments),
        Node::Call(Function::Least, arguments) => Node::Call(Function::Greatest, arguments),
        Node::Call(Function::Coalesce, mut arguments) => {
            arguments.reverse();
            Node::Call(Function::Coalesce, arguments)
        }
        // Of everything else: not known where it was known, and so on.
        node => {
            let right = Expr { node, ty: ty.clone() };
            match &ty {
                Type::Bool => Node::Not(Box::new(right)),
                _ => Node::Literal(Value::Null),
            }
        }
    };
    Expr { node, ty }
}

#[test]
fn a_fault_in_either_evaluator_is_found() {
    let language = Language::new();
    let cases: Vec<_> = (0..EXPRESSIONS as u64 / 2).filter_map(|seed| made(&language, seed)).collect();
    let mut missed = Vec::new();
    // `pair` is no value of its own; the sets only stand inside `contains`.
    let apart = ["pair", "institution.codes", "institution.names", "institution.subjects"];
    for faulty in kinds().into_iter().filter(|kind| !apart.contains(kind)) {
        let having = |expr: &Expr| { let mut has = false; expr.walk(&mut |part| has |= kind(part) == faulty); has };
        let mut differs = [false; 2];
        for (_, expr, frame, rows) in cases.iter().filter(|(_, expr, ..)| having(expr)) {
            let fault = with_fault(expr, faulty);
            differs[0] |= language.fast(&fault, frame) != language.plain(expr, rows);
            differs[1] |= language.fast(expr, frame) != language.plain(&fault, rows);
            if differs == [true; 2] {
                break;
            }
        }
        if differs != [true; 2] {
            missed.push(faulty);
        }
    }
    assert!(missed.is_empty(), "a fault in {missed:?} would not be found");
}

