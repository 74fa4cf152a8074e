//! Submissions, corrections and patches in any order: the cube that is kept up to date equals the
//! one made from scratch, and both equal plain arithmetic over plain rows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::fs;

use common::{frame, keys, pack, period, register, stays, submit};
use proptest::collection::vec;
use proptest::prelude::*;
use yizheng_lake::values::{By, Query};
use yizheng_lake::measure::Unit;
use yizheng_lake::{Cube, Lake, Manifest, Replaces};
use yizheng_pack::scope::Scope;

#[derive(Debug, Clone, PartialEq)]
struct Row {
    record: u8,
    day: u32,
    department: u8,
    stay: Option<i64>,
}

#[derive(Debug, Clone)]
struct Submission {
    institution: usize,
    month: u32,
    patch: bool,
    rows: Vec<Row>,
}

fn row() -> impl Strategy<Value = Row> {
    (0_u8..5, 1_u32..29, 0_u8..3, prop::option::weighted(0.8, 0_i64..90)).prop_map(|(record, day, department, stay)| Row {
        record,
        day,
        department,
        stay,
    })
}

fn submission() -> impl Strategy<Value = Submission> {
    (0_usize..2, 1_u32..3, any::<bool>(), vec(row(), 0..5))
        .prop_map(|(institution, month, patch, rows)| Submission { institution, month, patch, rows })
}

const CODES: [&str; 2] = ["H1", "H2"];

/// Rows by institution and month, kept by the plainest means.
type Model = BTreeMap<(usize, u32), Vec<Row>>;

fn apply(model: &mut Model, submission: &Submission) {
    let place = (submission.institution, submission.month);
    if submission.patch && submission.rows.is_empty() {
        return;
    }
    let kept: Vec<Row> = match model.get(&place) {
        Some(rows) if submission.patch => {
            rows.iter().filter(|old| submission.rows.iter().all(|new| new.record != old.record)).cloned().collect()
        }
        _ => Vec::new(),
    };
    model.insert(place, [kept, submission.rows.clone()].concat());
}

fn table(submission: &Submission) -> String {
    let row = |row: &Row| {
        let Row { record, day, department, stay } = row;
        let stay = stay.map(|stay| stay.to_string()).unwrap_or_default();
        format!("R{record} | 1 | 2024-{:02}-{day:02} | {department} | {stay}", submission.month)
    };
    let rows: Vec<String> = submission.rows.iter().map(row).collect();
    format!("RECORD | TIMES | LEFT | DEPT | STAY\n{}", rows.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn kept_equals_rebuilt_equals_arithmetic(submissions in vec(submission(), 1..7)) {
        let dir = tempfile::tempdir().unwrap();
        let (pack, scope) = (pack(), Scope::whole_region("t"));
        let lake = Lake::open(dir.path(), &keys()).unwrap();
        let dataset = stays(&pack);
        let mut manifest = Manifest::default();
        let mut cube = Cube::new(pack.clone());
        let mut model = Model::new();
        for (at, submission) in submissions.iter().enumerate() {
            let month = format!("2024-{:02}", submission.month);
            let code = CODES[submission.institution];
            let replaces = match submission.patch {
                true => Replaces::Keys(manifest.within(&scope).of("stays", code, period(&month))),
                false => Replaces::Period,
            };
            let rows = frame(&dataset, &table(submission));
            let entries = submit(&lake, code, &format!("s{at}"), &month, &rows, replaces);
            manifest = manifest.clone().with(entries);
            cube.refresh(&lake, manifest.within(&scope), &|_, _| {}).unwrap();
            apply(&mut model, submission);
        }

        let _ = fs::remove_dir_all(dir.path().join("slices"));
        let rebuilt = Cube::build(&lake, pack, manifest.within(&scope)).unwrap();
        prop_assert!(rebuilt == cube);

        let institutions = register(&[("H1", "32", None, 1), ("H2", "20", None, 1)]);
        for text in ["2024-01", "2024-02", "2024-Q1"] {
            let indicators = ["STAY".to_owned()];
            let query = Query { indicators: &indicators, periods: &[period(text)], by: By::Department, code: None, department: None };
            let mut measured: BTreeMap<(String, String), (String, String)> = BTreeMap::new();
            for figure in cube.values(&query, &institutions, &scope).unwrap() {
                let Unit::Department { institution, department } = figure.unit else { panic!("not a department") };
                let sums = (figure.numerator.unwrap().to_string(), figure.denominator.unwrap().to_string());
                measured.insert((institution, department), sums);
            }
            let mut expected: BTreeMap<(String, String), (i64, i64)> = BTreeMap::new();
            for ((institution, month), rows) in &model {
                if text != "2024-Q1" && text != format!("2024-{month:02}") {
                    continue;
                }
                for row in rows {
                    let place = (CODES[*institution].to_owned(), row.department.to_string());
                    let sums = expected.entry(place).or_default();
                    sums.0 += row.stay.unwrap_or_default();
                    sums.1 += i64::from(row.stay.is_some());
                }
            }
            let expected: BTreeMap<_, _> =
                expected.into_iter().map(|(place, (sum, count))| (place, (sum.to_string(), count.to_string()))).collect();
            prop_assert_eq!(measured, expected, "{}", text);
        }
    }
}
