//! What holds for all files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use proptest::prelude::*;
use yizheng_intake::{Checked, Verdict};

/// A row with something in every kind of column.
fn rich() -> Texts {
    Texts::good(4)
        .all("A02", "云澜市第一人民医院")
        .set(1, "A13", "1990-03-07")
        .set(2, "A13", "1990/3/7")
        .set(1, "C06x01C", "E11.900")
        .set(2, "C06x02C", "N18.900")
        .set(3, "C07x02N", "慢性肾衰竭")
        .set(1, "C14x01C", "47.0100")
        .set(2, "C35x01C", "45.2300")
        .set(2, "C37x01", "2024-03-02 10:00:00")
        .set(3, "C49x01", "soon")
        .set(4, "A18x02", "3200")
        .set(1, "院内号", "x")
}

fn said(checked: &Checked) -> (String, Vec<String>, Vec<String>) {
    let batch = format!("{:?}", checked.frame.to_batch(|_| true).unwrap());
    let checks = checked.report.checks.iter();
    let checks = checks
        .map(|c| format!("{} {} {} {} {}", c.id, c.passed, c.violated, c.not_applicable, c.not_evaluable))
        .collect();
    (batch, checks, checked.repairs.iter().map(|r| format!("{} {}", r.number, r.cells)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_columns_changes_nothing(seed in any::<u64>()) {
        let table = rich();
        let width = table.0[0].len();
        let mut order: Vec<usize> = (0..width).collect();
        // A permutation by repeated drawing.
        let mut state = seed;
        for at in (1..width).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(at, (state >> 33) as usize % (at + 1));
        }
        let permuted = Texts(table.0.iter().map(|row| order.iter().map(|at| row[*at].clone()).collect()).collect());
        let plain = run(table.csv().as_bytes(), &context());
        prop_assert_eq!(said(&run(permuted.csv().as_bytes(), &context())), said(&plain));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_have_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let checked = run(&bytes, &context());
        prop_assert_eq!(checked.verdict, Verdict::Returned);
        prop_assert!(checked.file_findings.iter().any(|finding| finding.returns));
    }

    #[test]
    fn any_cells_have_an_answer(cells in proptest::collection::vec(".{0,30}", 11 * 3)) {
        let mut table = Texts::good(3);
        for (at, cell) in cells.into_iter().enumerate() {
            table.0[1 + at / 11][at % 11] = cell;
        }
        let checked = run(table.csv().as_bytes(), &context());
        let rows = checked.frame.len as u64;
        for check in &checked.report.checks {
            prop_assert_eq!(check.passed + check.violated + check.not_applicable + check.not_evaluable, rows);
        }
    }

    #[test]
    fn a_damaged_file_has_an_answer(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        for mut bytes in [rich().csv().into_bytes(), rich().xlsx()] {
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = run(&bytes, &context());
            bytes.truncate(cut.index(bytes.len()));
            let _ = run(&bytes, &context());
        }
    }
}
