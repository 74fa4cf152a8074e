//! Every kind of link and every kind of indicator over random stays that are corrected afterwards,
//! against the reference and the cube.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use yizheng_lake::{FileEntry, Lake, Manifest, Replaces};
use yizheng_pack::Pack;
use yizheng_pack::load::{Layer, load};
use yizheng_pack::period::Month;
use yizheng_pack::scope::Scope;

use crate::common::{LINKED, frame, head, submit};
use crate::made_up::Samples;
use crate::national::{compare, compare_whole};

const INDICATORS: [(&str, &str); 14] = [
    ("BACK", "kind = \"proportion\"\nnumerator = \"linked('back')\""),
    ("ANYWHERE", "kind = \"proportion\"\npopulation = \"DIED = '0'\"\nnumerator = \"linked('back_anywhere')\""),
    ("FIRST", "kind = \"total\"\nvalue = \"DAYS\"\nexclusion = \"linked('seen_before')\""),
    ("NOT-FIRST", "kind = \"total\"\nvalue = \"COST\"\npopulation = \"linked('seen_before')\""),
    ("BUSY", "kind = \"proportion\"\nnumerator = \"linked('doctor_elsewhere') and not linked('back')\""),
    ("COSTS", "kind = \"total\"\nvalue = \"COST\""),
    ("COST", "kind = \"mean\"\nvalue = \"COST\"\npopulation = \"not linked('back')\""),
    ("LOW", "kind = \"quantile\"\npercent = 25\nvalue = \"COST\""),
    ("MIDDLE", "kind = \"quantile\"\npercent = 50\nvalue = \"DAYS\""),
    ("ILLNESSES", "kind = \"distinct\"\nvalue = \"ILLNESS\""),
    ("GROWTH", "kind = \"growth\"\nof = \"COSTS\""),
    ("SLOWER", "kind = \"growth\"\nof = \"MIDDLE\""),
    ("TWICE", "kind = \"quotient\"\nof = \"BUSY\"\nby = \"BACK\"\nfactor = 10"),
    ("ALL", "kind = \"composite\"\n[[term]]\nof = \"BACK\"\nweight = \"0.25\"\n[[term]]\nof = \"LOW\"\nweight = \"-1\"\n[[term]]\nof = \"ILLNESSES\"\nweight = \"3\""),
];

fn pack() -> Arc<Pack> {
    let mut files = vec![
        ("pack.toml".to_owned(), "id = \"l\"\nversion = \"1\"\nname = \"链\"\npurpose = \"测试\"\n".to_owned()),
        ("datasets/stays/dataset.toml".to_owned(), head("stays") + LINKED),
    ];
    for (id, rest) in INDICATORS {
        // Tables come last in TOML.
        let (rest, terms) = rest.split_once("[[").map_or((rest, String::new()), |(rest, terms)| (rest, format!("[[{terms}")));
        let text = format!(
            "domain = \"例\"\ndirection = \"watch\"\nunit = \"\"\ndigits = 3\ndataset = \"stays\"\n{rest}\n[words]\nnumerator = \"上\"\ndenominator = \"下\"\n{terms}\n"
        );
        files.push((format!("indicators/{id}.toml"), head(id) + &text));
    }
    Arc::new(load(&[Layer { name: "packs/l".to_owned(), files }]).unwrap_or_else(|faults| panic!("{faults:#?}")))
}

/// Lakes of random stays.
const SEEDS: u64 = 12;

const MONTHS: [(i32, u32); 4] = [(2023, 3), (2024, 2), (2024, 3), (2024, 4)];

/// A table of stays that end in a month, often at one moment.
fn table(institution: &str, month: Month, rng: &mut StdRng) -> String {
    let mut lines = vec!["ORG|ENTERED|LEFT|WARD|ID|RECORD|ILLNESS|DAYS|COST|DIED|DOCTOR".to_owned()];
    for _ in 0..rng.random_range(2..14) {
        let one = |rng: &mut StdRng, of: &[&str]| of[rng.random_range(0..of.len())].to_owned();
        let left = month.start().and_hms_opt(8, 0, 0).unwrap() + chrono::TimeDelta::hours(40 * rng.random_range(0..6));
        // Sometimes it ends before it begins.
        let entered = left - chrono::TimeDelta::hours(rng.random_range(-5..900));
        let entered = if rng.random_range(0..9) == 0 { String::new() } else { entered.format("%Y-%m-%d %H:%M:%S").to_string() };
        lines.push(format!(
            "{institution}|{entered}|{left}|{}|{}|{}|{}|{}|{}|{}|{}",
            one(rng, &["01", "02", ""]),
            one(rng, &["P1", "P2", "P3", "P4", "P5", "P6", "P7", ""]),
            one(rng, &["R1", "R2", ""]),
            one(rng, &["I1", "I2", ""]),
            one(rng, &["", "1", "4", "9", "30"]),
            rng.random_range(0..5000) * 25 / 10,
            one(rng, &["0", "0", "1"]),
            one(rng, &["D1", "D2", ""]),
            left = left.format("%Y-%m-%d %H:%M:%S"),
        ));
    }
    lines.join("\n")
}

/// Every month of two institutions, some of them corrected row by row.
fn write(pack: &Pack, lake: &Lake, rng: &mut StdRng) -> Vec<FileEntry> {
    let (dataset, scope) = (&pack.datasets["stays"], Scope::whole_region("t"));
    let mut manifest = Manifest::default();
    for round in 0..3 {
        for institution in ["H1", "H2"] {
            for (year, month) in MONTHS {
                let month = Month::new(year, month).unwrap();
                if round > 0 && rng.random_range(0..2) == 0 {
                    continue;
                }
                let frame = frame(dataset, &table(institution, month, rng));
                // Names do not stand in the order of time.
                let submission = format!("s{}-{institution}-{month}-{round}", rng.random_range(100..999));
                let before = manifest.clone();
                let own = before.within(&scope).files().filter(|file| file.entry().institution == institution);
                let replaces = if round == 0 { Replaces::Period } else { Replaces::Keys(own.collect()) };
                manifest = manifest.with(submit(lake, institution, &submission, &month.to_string(), &frame, replaces));
            }
        }
    }
    manifest.within(&scope).files().map(|file| file.entry().clone()).collect()
}

#[test]
fn links_and_what_does_not_add_up_equal_the_reference() {
    let pack = pack();
    let months = MONTHS.map(|(year, month)| Month::new(year, month).unwrap());
    let (mut figures, mut departments, mut sums) = (0, 0, 0);
    let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for seed in 0..SEEDS {
        let samples = Samples::of(pack.clone(), |lake, _| write(&pack, lake, &mut StdRng::seed_from_u64(seed)));
        sums += compare(&samples.files).sums;
        let whole = compare_whole(&samples, &["H1", "H2"], &months, true);
        figures += whole.figures;
        departments += whole.departments;
        for (kind, (ids, values)) in whole.kinds {
            let before = kinds.get(kind).map_or(0, |(_, before)| *before);
            kinds.insert(kind, (ids.len(), before + values));
        }
    }
    println!("random stays: {sums} sums of files, {figures} figures and {departments} sums of departments equal");
    for (kind, (ids, values)) in &kinds {
        println!("  {kind}: {ids} indicators, {values} values");
        assert!(*values > 10, "hardly any {kind} has a value");
    }
    assert!(["with links", "quantile", "growth", "quotient", "composite"].iter().all(|kind| kinds.contains_key(kind)));
}
