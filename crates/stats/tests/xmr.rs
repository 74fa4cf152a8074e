//! XmR charts against numbers that other programs computed: the golden cases of `YIZHENG_SHARED`.
//! Without that variable the tests say so and are skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use yizheng_stats::xmr::{Baseline, Chart, Flag, Options, Rule, Side, chart, rule_set};

type Row = BTreeMap<String, String>;

const CASES: [&str; 3] = ["xmr_ae_RJZ_breaches", "xmr_ae_RR1_attendances", "xmr_ons_deaths_2017"];

fn rows(file: &str) -> Option<Vec<Row>> {
    let Some(shared) = std::env::var_os("YIZHENG_SHARED") else {
        println!("skipped: YIZHENG_SHARED is not set, so there are no golden numbers to compare with");
        return None;
    };
    let path = PathBuf::from(shared).join("golden/04_spc").join(file);
    let rows: Vec<Row> = csv::Reader::from_path(path).unwrap().deserialize().map(|row| row.unwrap()).collect();
    assert!(!rows.is_empty(), "{file} has no rows");
    Some(rows)
}

fn number(row: &Row, column: &str) -> f64 {
    row[column].parse().unwrap_or_else(|_| panic!("{column}: `{}`", row[column]))
}

fn assert_close(got: f64, expected: f64, place: &str) {
    assert!((got - expected).abs() <= 1e-9 * expected.abs() + 1e-12, "{place}: {got} is not {expected}");
}

fn values(rows: &[&Row]) -> Vec<f64> {
    rows.iter().map(|row| number(row, "value")).collect()
}

fn side_of(chart: &Chart, at: usize, rule: Rule) -> &'static str {
    match chart.points[at].flags.iter().find(|flag| flag.rule == rule) {
        Some(Flag { side: Some(Side::Upper), .. }) => "upper",
        Some(Flag { side: Some(Side::Lower), .. }) => "lower",
        _ => "none",
    }
}

/// Limits and the NHS rules, with outlying ranges screened or not, limits fixed after twelve points,
/// and rebased, where each part is a chart of its own.
#[test]
fn limits_and_nhs_rules() {
    let mut compared = 0;
    for case in CASES {
        let Some(rows) = rows(&format!("{case}_expected_x.csv")) else { return };
        let mut parts: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
        for row in &rows {
            parts.entry((&row["run"], &row["rebase_group"])).or_default().push(row);
        }
        for ((run, _), part) in parts {
            let options = Options {
                baseline: if run == "fix12" { Baseline::First(12) } else { Baseline::All },
                screen: run != "noscreen",
                rules: rule_set("nhs").unwrap(),
            };
            let chart = chart(&values(&part), &options).unwrap();
            for (at, row) in part.iter().enumerate() {
                let place = format!("{case} {run} {}", row["date"]);
                assert_close(chart.limits.centre, number(row, "mean"), &place);
                assert_close(chart.limits.lower, number(row, "lpl"), &place);
                assert_close(chart.limits.upper, number(row, "upl"), &place);
                for (column, rule) in [
                    ("outside_limits", Rule::Beyond),
                    ("rule_shift7", Rule::Shift(7)),
                    ("rule_trend7", Rule::Trend(7)),
                    ("rule_2in3", Rule::TwoOfThreeWithin),
                ] {
                    let flagged = side_of(&chart, at, rule) != "none";
                    assert_eq!(flagged, row[column] == "1", "{place}: {column}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 1000, "{compared}");
}

/// Single rules with their sides, as another program flags them over the same limits.
#[test]
fn single_rules_and_sides() {
    for case in CASES {
        let Some(rows) = rows(&format!("{case}_expected_rules.csv")) else { return };
        let rules: Vec<(String, Rule)> = [
            ("astronomical".to_owned(), Rule::Beyond),
            ("two_in_three".to_owned(), Rule::TwoOfThree),
            ("two_in_three_series".to_owned(), Rule::TwoOfThreeSeries),
        ]
        .into_iter()
        .chain((6..=9).map(|n| (format!("shift_{n}"), Rule::Shift(n))))
        .chain((5..=7).map(|n| (format!("trend_{n}"), Rule::Trend(n))))
        .collect();
        let options = Options {
            baseline: Baseline::All,
            screen: true,
            rules: rules.iter().map(|(_, rule)| *rule).collect::<BTreeSet<_>>(),
        };
        let chart = chart(&values(&rows.iter().collect::<Vec<_>>()), &options).unwrap();
        for (at, row) in rows.iter().enumerate() {
            for (column, rule) in &rules {
                assert_eq!(side_of(&chart, at, *rule), row[column], "{case} {}: {column}", row["date"]);
            }
        }
    }
}

/// qcc takes 3/1.128 where this crate has the customary 2.66: the limits differ by that ratio.
#[test]
fn individuals_of_another_program() {
    for case in ["ewma_cdi_rate", "ewma_ae_RJZ_attend"] {
        let Some(rows) = rows(&format!("{case}_expected_individuals.csv")) else { return };
        let values: Vec<f64> = rows.iter().map(|row| number(row, "x")).collect();
        let limits = yizheng_stats::xmr::limits(&values, false).unwrap();
        let first = &rows[0];
        assert_close(limits.centre, number(first, "center"), case);
        assert_close(limits.mean_range / 1.128, number(first, "std_dev"), case);
        let ratio = 2.66 * 1.128 / 3.0;
        assert_close((limits.upper - limits.centre) / ratio, number(first, "ucl") - number(first, "center"), case);
    }
}
