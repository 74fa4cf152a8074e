//! The language's manual, `spec/*.md`, as cases: every table runs on both evaluators.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use support::{Language, frame, rows};
use yizheng_pack::types::Value;

/// A table: columns in backticks are expressions with what they give, the others are cells.
struct Table {
    line: usize,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(|cell| cell.trim().to_owned()).collect())
}

fn tables(text: &str) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut open = false;
    for (at, line) in text.lines().enumerate() {
        match cells(line) {
            None => open = false,
            Some(header) if !open => {
                open = true;
                tables.push(Table { line: at + 1, header, rows: Vec::new() });
            }
            Some(row) if row.iter().all(|cell| cell.chars().all(|c| c == '-' || c == ':') && !cell.is_empty()) && tables.last().unwrap().rows.is_empty() => {}
            Some(row) => tables.last_mut().unwrap().rows.push(row),
        }
    }
    tables.retain(|table| table.header.iter().any(|name| name.starts_with('`')));
    tables
}

fn expression(name: &str) -> Option<&str> {
    name.strip_prefix('`')?.strip_suffix('`')
}

#[test]
fn both_evaluators_do_what_the_manual_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec");
    let language = Language::new();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "md"));
    files.sort();
    let (mut cases, mut wrong, mut used) = (0, Vec::new(), BTreeSet::new());
    for path in &files {
        let name = path.file_name().unwrap().to_string_lossy();
        for table in tables(&std::fs::read_to_string(path).unwrap()) {
            let place = format!("spec/{name}:{}", table.line);
            let inputs: Vec<usize> = (0..table.header.len()).filter(|at| expression(&table.header[*at]).is_none()).collect();
            let pick = |row: &[String]| inputs.iter().map(|at| row[*at].clone()).collect::<Vec<_>>().join("|");
            // Without input columns a row is one of no known cells.
            let (mut head, mut body) = (pick(&table.header), table.rows.iter().map(|row| pick(row)).collect::<Vec<_>>());
            if inputs.is_empty() {
                head = "t|u".to_owned();
                body = vec!["|".to_owned(); table.rows.len()];
            } else if inputs.len() == 1 {
                // A line with one empty cell would be no line.
                head += "|ward";
                body = body.into_iter().map(|row| row + "|-").collect();
            }
            let frame = frame(&format!("{head}\n{}", body.join("\n")));
            let plain_rows = rows(&frame);
            for (column, text) in table.header.iter().enumerate().filter_map(|(at, name)| Some((at, expression(name)?))) {
                let expr = language.read(text).unwrap_or_else(|error| panic!("{place}: {text}: {error}"));
                expr.walk(&mut |expr| {
                    used.insert(support::kind(expr));
                });
                let fast = language.fast(&expr, &frame);
                let plain = language.plain(&expr, &plain_rows);
                for (row, expected) in table.rows.iter().map(|row| &row[column]).enumerate() {
                    cases += 1;
                    let told = |value: &Value| value.to_string();
                    if told(&fast[row]) != *expected || told(&plain[row]) != *expected {
                        let (fast, plain) = (&fast[row], &plain[row]);
                        wrong.push(format!("{place}, row {}: {text}: expected {expected}, fast {fast}, reference {plain}", row + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let lacking: Vec<&str> = support::kinds().into_iter().filter(|kind| !used.contains(*kind)).collect();
    assert!(lacking.is_empty(), "the manual does not show {lacking:?}");
    println!("spec: {} files, {cases} cases on both evaluators", files.len());
}
