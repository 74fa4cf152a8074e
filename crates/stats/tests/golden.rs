//! Against numbers that other programs computed: the golden cases of `YIZHENG_SHARED`. Without
//! that variable the test says so and is skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::PathBuf;

use yizheng_stats::interval;

fn folder() -> Option<PathBuf> {
    let Some(shared) = std::env::var_os("YIZHENG_SHARED") else {
        println!("skipped: YIZHENG_SHARED is not set, so there are no golden numbers to compare with");
        return None;
    };
    let folder = PathBuf::from(shared).join("golden/06_ci");
    assert!(folder.is_dir(), "YIZHENG_SHARED is set, but {} is no folder", folder.display());
    Some(folder)
}

/// The rows of a file, each as a function from a column's name to its number.
fn rows(file: &str, mut each: impl FnMut(&dyn Fn(&str) -> f64)) {
    let Some(folder) = folder() else { return };
    let mut reader = csv::Reader::from_path(folder.join(file)).unwrap();
    let header = reader.headers().unwrap().clone();
    let mut seen = 0;
    for record in reader.records() {
        let record = record.unwrap();
        each(&|name| {
            let at = header.iter().position(|h| h == name).unwrap_or_else(|| panic!("no column {name}"));
            record[at].parse().unwrap()
        });
        seen += 1;
    }
    assert!(seen > 0, "{file} has no rows");
}

fn assert_close(got: f64, expected: f64, place: &str) {
    let off = (got - expected).abs();
    assert!(off <= 1e-8 * expected.abs() + 1e-12, "{place}: {got} is not {expected}");
}

#[test]
fn wilson() {
    for file in ["ci_prop_cabg_expected.csv", "ci_prop_edge_expected.csv"] {
        rows(file, |of| {
            let got = interval::proportion(of("x") as u64, of("n") as u64, of("conf")).unwrap();
            let place = format!("{file}: {} of {}", of("x"), of("n"));
            assert_close(got.low, of("wilson_lo"), &place);
            assert_close(got.high, of("wilson_hi"), &place);
        });
    }
}

#[test]
fn byar_and_exact() {
    for file in ["ci_rate_infections_expected.csv", "ci_rate_edge_expected.csv"] {
        rows(file, |of| {
            let got = interval::rate(of("x") as u64, of("pt"), of("conf")).unwrap().times(of("multiplier"));
            let place = format!("{file}: {} in {}", of("x"), of("pt"));
            assert_close(got.low, of("phe_lo"), &place);
            assert_close(got.high, of("phe_hi"), &place);
        });
    }
}
