//! Expressions: the manual's cases, and random ones against the reference evaluator.

use std::collections::BTreeMap;

use tokio::runtime::Runtime;
use yizheng_eval::Frame;
use yizheng_pack::expr::reference::Row;
use yizheng_pack::expr::sql::{Dialect, SqlError, expression};
use yizheng_pack::expr::{Expr, Node};
use yizheng_pack::types::Value;

use crate::engine::{answers, runtime};
use crate::support::made::{alone, maker};
use crate::support::manual::asked;
use crate::support::{Language, frame, kind, kinds, rows};

/// What no file of the lake keeps: how a cell was written.
const NOT_KEPT: [&str; 3] = ["empty", "dash", "malformed"];

#[test]
fn the_engine_does_what_the_manual_says() {
    let (language, runtime) = (Language::new(), runtime());
    let (files, tables) = asked(&language);
    let (mut cases, mut refused, mut wrong) = (0, Vec::new(), Vec::new());
    for table in &tables {
        let said = |expr: &Expr| expression(expr, &language.dataset, &language.environment, Dialect::DataFusion);
        let (sayable, not): (Vec<_>, Vec<_>) = table.questions.iter().partition(|question| said(&question.expr).is_ok());
        refused.extend(not.iter().map(|question| match said(&question.expr) {
            Err(SqlError::CellState(name)) => name,
            other => panic!("{}: {}: {other:?}", table.place, question.text),
        }));
        if sayable.is_empty() {
            continue;
        }
        let exprs: Vec<&Expr> = sayable.iter().map(|question| &question.expr).collect();
        let found = answers(&runtime, &exprs, &table.frame, &language.environment);
        let found = found.unwrap_or_else(|error| panic!("{}: {error}", table.place));
        for (question, found) in sayable.iter().zip(found) {
            for (row, expected) in question.expected.iter().enumerate() {
                cases += 1;
                if found[row].to_string() != *expected {
                    wrong.push(format!("{}, row {}: {}: expected {expected}, SQL {}", table.place, row + 1, question.text, found[row]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(refused, NOT_KEPT, "SQL says everything else");
    println!("manual: {files} files, {cases} cases on DataFusion; refused: {refused:?}");
}

const BATCHES: u64 = 24;
const IN_A_BATCH: u64 = 20;

#[test]
fn the_engine_agrees_on_random_expressions() {
    let (language, runtime) = (Language::new(), runtime());
    let mut times: BTreeMap<&str, usize> = kinds().into_iter().map(|kind| (kind, 0)).collect();
    let (mut compared, mut not_read, mut not_kept, mut longest) = (0, 0, 0, 0);
    let mut wrong = Vec::new();
    for batch in 0..BATCHES {
        let frame = frame(&maker(1_000_000 + batch).rows());
        let plain_rows = rows(&frame);
        let mut exprs = Vec::new();
        for seed in batch * IN_A_BATCH..(batch + 1) * IN_A_BATCH {
            let Some((_, expr)) = maker(seed).expression(&language) else {
                not_read += 1;
                continue;
            };
            match expression(&expr, &language.dataset, &language.environment, Dialect::DataFusion) {
                Ok(sql) => {
                    longest = longest.max(sql.len());
                    exprs.push(expr);
                }
                Err(SqlError::CellState(_)) => not_kept += 1,
                Err(error) => panic!("seed {seed}: {error}: {:?}", expr.canonical(&language.dataset).to_string()),
            }
        }
        for expr in &exprs {
            expr.walk(&mut |part| *times.entry(kind(part)).or_default() += 1);
        }
        compared += exprs.len();
        let asked: Vec<&Expr> = exprs.iter().collect();
        let found = answers(&runtime, &asked, &frame, &language.environment);
        for (at, expr) in exprs.iter().enumerate() {
            let plain = language.plain(expr, &plain_rows);
            if found.as_ref().is_ok_and(|found| found[at] == plain) {
                continue;
            }
            wrong.extend(difference(&runtime, &language, expr, &frame, &plain_rows));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    println!("{compared} random expressions on DataFusion, {not_read} refused by the loader, {not_kept} about the states of cells; longest SQL {longest} characters");
    let never: Vec<_> = times.iter().filter(|(kind, times)| **times < 2 && !NOT_KEPT.contains(kind)).collect();
    assert!(never.is_empty(), "hardly tried: {never:?}");
}

/// The smallest part of an expression that differs when it stands alone; `None` when nothing does,
/// which is so where another expression of the same statement failed.
fn difference(runtime: &Runtime, language: &Language, expr: &Expr, frame: &Frame, rows: &[Row]) -> Option<String> {
    let mut parts = Vec::new();
    alone(expr, &mut parts);
    parts.reverse();
    parts.into_iter().filter(|part| !matches!(part.node, Node::Literal(_))).find_map(|part| {
        let plain: Vec<Value> = language.plain(part, rows);
        let told = |found: &str, row: usize| {
            let canonical = part.canonical(&language.dataset);
            let sql = expression(part, &language.dataset, &language.environment, Dialect::DataFusion);
            format!("{canonical}: SQL {found}, reference {} on {:?}\n  {}", plain[row], rows[row], sql.unwrap_or_default())
        };
        match answers(runtime, &[part], frame, &language.environment) {
            Err(error) => Some(told(&error, 0)),
            Ok(found) => {
                let row = found[0].iter().zip(&plain).position(|(found, plain)| found != plain)?;
                Some(told(&found[0][row].to_string(), row))
            }
        }
    })
}
