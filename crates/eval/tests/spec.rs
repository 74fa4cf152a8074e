//! The language's manual, `spec/*.md`, as cases: every table runs on both evaluators.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::collections::BTreeSet;

use support::manual::{asked, refused};
use support::{Language, rows};
use yizheng_pack::types::Value;

#[test]
fn both_evaluators_do_what_the_manual_says() {
    let language = Language::new();
    let (files, tables) = asked(&language);
    let (mut cases, mut wrong, mut used) = (0, Vec::new(), BTreeSet::new());
    for table in &tables {
        let plain_rows = rows(&table.frame);
        for question in &table.questions {
            question.expr.walk(&mut |expr| {
                used.insert(support::kind(expr));
            });
            let fast = language.fast(&question.expr, &table.frame);
            let plain = language.plain(&question.expr, &plain_rows);
            for (row, expected) in question.expected.iter().enumerate() {
                cases += 1;
                let told = |value: &Value| value.to_string();
                if told(&fast[row]) != *expected || told(&plain[row]) != *expected {
                    let (fast, plain, text, place) = (&fast[row], &plain[row], &question.text, &table.place);
                    wrong.push(format!("{place}, row {}: {text}: expected {expected}, fast {fast}, reference {plain}", row + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let lacking: Vec<&str> = support::kinds().into_iter().filter(|kind| !used.contains(*kind)).collect();
    assert!(lacking.is_empty(), "the manual does not show {lacking:?}");
    println!("spec: {files} files, {cases} cases on both evaluators");
}

#[test]
fn what_the_manual_refuses_is_refused() {
    let language = Language::new();
    let refused = refused();
    assert!(!refused.is_empty());
    for (place, text, message, remedy) in refused {
        let error = language.read(&text).map(|expr| expr.ty.to_string()).expect_err(&format!("{place}: {text}"));
        assert_eq!((error.message, error.help.unwrap_or_default()), (message, remedy), "{place}: {text}");
    }
}
