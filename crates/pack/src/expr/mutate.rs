//! Small changes of an expression that change what it says: what test cases must notice.
//!
//! Comparisons are flipped at their boundary, constants and parameters shifted by their smallest
//! step, clauses dropped, codes deleted from lists and ranges, negations taken away.

use std::sync::Arc;

use super::{Arithmetic, Comparison, Expr, Function, Node, Quantifier};
use crate::types::{Type, Value};

/// A changed expression and what was changed, as a path of words.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// What was done.
    pub change: String,
    /// The expression after it.
    pub expr: Expr,
}

/// All small changes of an expression, one at a time. Expressions of one shape have their changes in
/// one order.
pub fn mutants(expr: &Expr) -> Vec<Mutant> {
    let mut all = own(expr);
    for (at, child) in children(expr).into_iter().enumerate() {
        if is_scaling(expr, child) {
            continue;
        }
        all.extend(mutants(child).into_iter().map(|mutant| Mutant {
            change: mutant.change,
            expr: with_child(expr, at, mutant.expr),
        }));
    }
    all
}

fn own(expr: &Expr) -> Vec<Mutant> {
    let same = |node: Node| Expr { node, ty: expr.ty.clone() };
    let mut all = Vec::new();
    let mut add = |change: String, expr: Expr| all.push(Mutant { change, expr });
    match &expr.node {
        Node::Compare(by, left, right) => {
            let other = match by {
                Comparison::Equal => Comparison::NotEqual,
                Comparison::NotEqual => Comparison::Equal,
                Comparison::Less => Comparison::LessOrEqual,
                Comparison::LessOrEqual => Comparison::Less,
                Comparison::Greater => Comparison::GreaterOrEqual,
                Comparison::GreaterOrEqual => Comparison::Greater,
            };
            add(format!("{} → {}", by.sign(), other.sign()), same(Node::Compare(other, left.clone(), right.clone())));
        }
        Node::Literal(Value::Number { units, scale }) => {
            for step in [1, -1] {
                if let Some(units) = units.checked_add(step) {
                    let value = Value::Number { units, scale: *scale };
                    add(format!("{} → {value}", Value::Number { units: units - step, scale: *scale }), same(Node::Literal(value)));
                }
            }
        }
        Node::Parameter(id) => {
            if let Type::Number { scale, .. } = expr.ty {
                for (by, sign) in [(Arithmetic::Add, "+"), (Arithmetic::Subtract, "-")] {
                    let step = Expr { node: Node::Literal(Value::Number { units: 1, scale }), ty: expr.ty.clone() };
                    let node = Node::Arithmetic(by, Box::new(expr.clone()), Box::new(step));
                    add(format!("param('{id}') {sign} {}", Value::Number { units: 1, scale }), same(node));
                }
            }
        }
        Node::And(clauses) | Node::Or(clauses) => {
            let word = if matches!(expr.node, Node::And(_)) { "and" } else { "or" };
            for at in 0..clauses.len() {
                let rest: Vec<Expr> = without(clauses, at);
                let node = match (rest.as_slice(), &expr.node) {
                    ([one], _) => one.node.clone(),
                    (_, Node::And(_)) => Node::And(rest),
                    _ => Node::Or(rest),
                };
                add(format!("{word}: clause {} dropped", at + 1), same(node));
            }
        }
        Node::In(x, list) if list.len() > 1 => {
            for (at, value) in list.iter().enumerate() {
                add(format!("in: {value} deleted"), same(Node::In(x.clone(), without(list, at))));
            }
        }
        Node::Not(inner) => add("not taken away".to_owned(), (**inner).clone()),
        Node::IsNull(_) => add("is null → is not null".to_owned(), same(Node::Not(Box::new(expr.clone())))),
        Node::Case(branches, otherwise) if branches.len() > 1 => {
            for at in 0..branches.len() {
                add(format!("case: branch {} dropped", at + 1), same(Node::Case(without(branches, at), otherwise.clone())));
            }
        }
        Node::Over(Quantifier::Any, group, body) => {
            add("any → all".to_owned(), same(Node::Over(Quantifier::All, *group, body.clone())));
        }
        Node::Over(Quantifier::All, group, body) => {
            add("all → any".to_owned(), same(Node::Over(Quantifier::Any, *group, body.clone())));
        }
        Node::Call(Function::Icd(ranges), x) if ranges.len() > 1 => {
            for (at, range) in ranges.iter().enumerate() {
                let function = Function::Icd(Arc::from(without(ranges, at)));
                add(format!("icd: {}-{} deleted", range.low, range.high), same(Node::Call(function, x.clone())));
            }
        }
        Node::Call(Function::Operation(ranges), x) if ranges.len() > 1 => {
            for (at, range) in ranges.iter().enumerate() {
                let function = Function::Operation(Arc::from(without(ranges, at)));
                add(format!("operation: {}-{} deleted", range.low, range.high), same(Node::Call(function, x.clone())));
            }
        }
        Node::Call(Function::StartsWith(heads), x) if heads.len() > 1 => {
            for (at, head) in heads.iter().enumerate() {
                let function = Function::StartsWith(Arc::from(without(heads, at)));
                add(format!("starts_with: {head} deleted"), same(Node::Call(function, x.clone())));
            }
        }
        Node::Call(Function::Coalesce, parts) => {
            if let Some(first) = parts.first() {
                add("coalesce: second value dropped".to_owned(), first.clone());
            }
        }
        _ => {}
    }
    all
}

/// Whether a child is the 1 by which the loader brings a number to the digits of another.
fn is_scaling(expr: &Expr, child: &Expr) -> bool {
    let one = |value: &Value| matches!(value, Value::Number { units, scale } if Some(*units) == 10_i64.checked_pow((*scale).into()));
    matches!(&expr.node, Node::Arithmetic(Arithmetic::Multiply, ..)) && matches!(&child.node, Node::Literal(value) if one(value))
}

fn without<T: Clone>(list: &[T], at: usize) -> Vec<T> {
    list.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, one)| one.clone()).collect()
}

fn children(expr: &Expr) -> Vec<&Expr> {
    match &expr.node {
        Node::Literal(_) | Node::Field(_) | Node::Member(..) | Node::Slot(_) | Node::Linked(_) | Node::Fact(_) | Node::Parameter(_) => Vec::new(),
        Node::Not(x) | Node::In(x, _) | Node::IsNull(x) | Node::Over(_, _, x) => vec![x],
        Node::And(list) | Node::Or(list) | Node::Call(_, list) => list.iter().collect(),
        Node::Compare(_, left, right) | Node::Arithmetic(_, left, right) => vec![left, right],
        Node::Case(branches, otherwise) => {
            branches.iter().flat_map(|(when, then)| [when, then]).chain(otherwise.as_deref()).collect()
        }
    }
}

/// The same with its child at a place of [`children`] replaced.
fn with_child(expr: &Expr, place: usize, child: Expr) -> Expr {
    let mut new = expr.clone();
    let old: Option<&mut Expr> = match &mut new.node {
        Node::Literal(_) | Node::Field(_) | Node::Member(..) | Node::Slot(_) | Node::Linked(_) | Node::Fact(_) | Node::Parameter(_) => None,
        Node::Not(x) | Node::In(x, _) | Node::IsNull(x) | Node::Over(_, _, x) => Some(x),
        Node::And(list) | Node::Or(list) | Node::Call(_, list) => list.get_mut(place),
        Node::Compare(_, left, right) | Node::Arithmetic(_, left, right) => Some(if place == 0 { left } else { right }),
        Node::Case(branches, otherwise) => {
            let last = branches.len() * 2;
            match branches.get_mut(place / 2) {
                Some((when, _)) if place % 2 == 0 => Some(when),
                Some((_, then)) => Some(then),
                None if place == last => otherwise.as_deref_mut(),
                None => None,
            }
        }
    };
    if let Some(old) = old {
        *old = child;
    }
    new
}
