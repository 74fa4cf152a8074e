//! Links by person, across months, institutions and late corrections: what is kept up step by step
//! is what a rebuild gives, and both are what the reference says row by row.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use common::{LINKED, frame, head, keys, month, period, register, submit};
use proptest::collection::vec;
use proptest::prelude::*;
use yizheng_lake::explain::{Role, RowsQuery};
use yizheng_lake::measure::Unit;
use yizheng_lake::values::{By, Query};
use yizheng_lake::{Cube, Lake, Manifest, Replaces};
use yizheng_pack::Pack;
use yizheng_pack::load::{Layer, load};
use yizheng_pack::measure::{Ground, Sent};
use yizheng_pack::period::Month;
use yizheng_pack::scope::Scope;

const INDICATORS: [(&str, &str); 4] = [
    ("BACK", "linked('back')"),
    ("ANYWHERE", "DIED = '0' and linked('back_anywhere')"),
    ("BEFORE", "not linked('seen_before')"),
    ("BUSY", "linked('doctor_elsewhere')"),
];

fn pack() -> Arc<Pack> {
    let mut files = vec![
        ("pack.toml".to_owned(), "id = \"l\"\nversion = \"1\"\nname = \"链\"\npurpose = \"测试\"\n".to_owned()),
        ("datasets/stays/dataset.toml".to_owned(), head("stays") + LINKED),
    ];
    for (id, numerator) in INDICATORS {
        let text = format!(
            "domain = \"例\"\ndirection = \"watch\"\nunit = \"%\"\ndigits = 2\ndataset = \"stays\"\nkind = \"proportion\"\nnumerator = \"{numerator}\"\n[words]\nnumerator = \"上\"\ndenominator = \"下\"\n"
        );
        files.push((format!("indicators/{id}.toml"), head(id) + &text));
    }
    Arc::new(load(&[Layer { name: "packs/l".to_owned(), files }]).unwrap_or_else(|faults| panic!("{faults:#?}")))
}

/// One stay: person (0 none), illness, day of entry in the year, length in hours, died, doctor.
type Stay = (u8, u8, u16, u16, bool, u8);

const FIRST_DAY: &str = "2024-01-01 00:00:00";

fn line(stay: &Stay, record: usize, of: Month) -> String {
    let (person, illness, entered, hours, died, doctor) = *stay;
    let start = chrono::NaiveDateTime::parse_from_str(FIRST_DAY, "%Y-%m-%d %H:%M:%S").unwrap();
    // It ends in its month, whenever it began.
    let left = of.start().and_hms_opt(8, 0, 0).unwrap() + chrono::TimeDelta::hours(i64::from(entered) % 28 * 24);
    let entered = (left - chrono::TimeDelta::hours(i64::from(hours))).max(start);
    let id = if person == 0 { String::new() } else { format!("P{person}") };
    let doctor = if doctor == 0 { String::new() } else { format!("D{doctor}") };
    let text = |time: chrono::NaiveDateTime| time.format("%Y-%m-%d %H:%M:%S").to_string();
    format!("{}|{}|{id}|R{record}|I{illness}|{}|{doctor}", text(entered), text(left), i32::from(died))
}

fn table(stays: &[Stay], of: Month) -> String {
    let lines: Vec<String> = stays.iter().enumerate().map(|(record, stay)| line(stay, record % 3, of)).collect();
    format!("ENTERED|LEFT|ID|RECORD|ILLNESS|DIED|DOCTOR\n{}", lines.join("\n"))
}

fn stay() -> impl Strategy<Value = Stay> {
    (0..4_u8, 0..2_u8, 0..28_u16, 1..700_u16, any::<bool>(), 0..3_u8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn step_by_step_is_a_rebuild_and_both_are_the_reference(
        deliveries in vec((0..2_usize, 1..4_u32, vec(stay(), 0..6)), 1..7)
    ) {
        let pack = pack();
        let dataset = pack.datasets["stays"].clone();
        let dir = tempfile::tempdir().unwrap();
        let lake = Lake::open(dir.path(), &keys()).unwrap();
        let scope = Scope::whole_region("t");
        let register = register(&[("H1", "3", None, 100), ("H2", "2", None, 100)]);
        let mut manifest = Manifest::default();
        let mut kept = Cube::new(pack.clone());
        let mut live: BTreeMap<(String, Month), Vec<Sent>> = BTreeMap::new();
        for (number, (institution, of, stays)) in deliveries.iter().enumerate() {
            let institution = ["H1", "H2"][*institution];
            let of = format!("2024-0{of}");
            let frame = frame(&dataset, &table(stays, month(&of)));
            manifest = manifest.with(submit(&lake, institution, &format!("s{number}"), &of, &frame, Replaces::Period));
            kept.refresh(&lake, manifest.within(&scope), &|_, _| {}).unwrap();
            let sent = (0..frame.len).map(|at| {
                let (person, ..) = stays[at];
                Sent {
                    dataset: dataset.meta.id.clone(),
                    institution: institution.to_owned(),
                    month: month(&of),
                    person: Some(match person {
                        0 => format!("{institution} R{}", at % 3),
                        person => format!("P{person}"),
                    }),
                    row: frame.plain(at),
                    held: false,
                    violates: BTreeSet::new(),
                }
            });
            live.insert((institution.to_owned(), month(&of)), sent.collect());
        }
        let rebuilt = Cube::build(&lake, pack.clone(), manifest.within(&scope)).unwrap();
        prop_assert!(kept == rebuilt, "kept up step by step is not a rebuild");
        // And from nothing but the files: no slice is taken from the cache.
        std::fs::remove_dir_all(dir.path().join("slices")).unwrap();
        let afresh = Cube::build(&lake, pack.clone(), manifest.within(&scope)).unwrap();
        prop_assert!(kept == afresh, "the cache is not what the files give");

        let ground = Ground {
            pack: &pack,
            rows: live.values().flatten().cloned().collect(),
            sent: live.keys().map(|(institution, of)| (dataset.meta.id.clone(), institution.clone(), *of)).collect(),
            due: Vec::new(),
            within: &|_, _| true,
            class: &|_, _| Default::default(),
        };
        for (id, _) in INDICATORS {
            for when in ["2024-01", "2024-02", "2024-03", "2024"] {
                let figures = kept.series(id, &Unit::Region, &[period(when)], &register, &scope).unwrap();
                let print = |value: Option<yizheng_lake::Exact>| value.map_or("null".to_owned(), |value| value.to_string());
                let fast = [print(figures[0].numerator), print(figures[0].denominator), print(figures[0].value)];
                let plain = ground.measure(&pack.indicators[id], period(when)).unwrap().printed(&pack.indicators[id], &pack);
                prop_assert_eq!(&fast, &plain, "{} {}", id, when);
                if figures[0].numerator.is_some() {
                    let query = RowsQuery {
                        indicator: id,
                        unit: Unit::Region,
                        period: period(when),
                        role: Role::Numerator,
                        order: None,
                        skip: 0,
                        take: 100,
                    };
                    let rows = kept.rows(&lake, manifest.within(&scope), &register, &query).unwrap();
                    prop_assert_eq!(rows.total.to_string(), fast[0].clone(), "rows behind {} {}", id, when);
                }
            }
        }
    }
}

/// A late correction in one hospital changes the value of another's earlier month.
#[test]
fn a_correction_reaches_back() {
    let pack = pack();
    let dataset = pack.datasets["stays"].clone();
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path(), &keys()).unwrap();
    let scope = Scope::whole_region("t");
    let register = register(&[("H1", "3", None, 100), ("H2", "2", None, 100)]);
    let header = "ENTERED|LEFT|ID|RECORD|ILLNESS|DIED|DOCTOR";
    let send = |manifest: Manifest, institution: &str, submission: &str, of: &str, rows: &str| {
        let frame = frame(&dataset, &format!("{header}\n{rows}"));
        manifest.with(submit(&lake, institution, submission, of, &frame, Replaces::Period))
    };
    let value = |cube: &Cube, of: &str| {
        let figures = cube.series("ANYWHERE", &Unit::Institution("H1".to_owned()), &[period(of)], &register, &scope).unwrap();
        (figures[0].value.unwrap().to_string(), figures[0].provisional)
    };
    let mut cube = Cube::new(pack.clone());
    let manifest = send(Manifest::default(), "H1", "a", "2024-03", "2024-03-01 08:00:00|2024-03-30 08:00:00|P1|1|I21|0|");
    cube.refresh(&lake, manifest.within(&scope), &|_, _| {}).unwrap();
    // April is not in: the window of those who left on 31 March is open until 1 May.
    assert_eq!(value(&cube, "2024-03"), ("0.00".to_owned(), true));
    // Until then it is what was counted so far: not judged, not compared, not ranked.
    let seen = |cube: &Cube| {
        let (indicators, periods) = (["ANYWHERE".to_owned()], [period("2024-03"), period("2024-04")]);
        let query = Query { indicators: &indicators, periods: &periods, by: By::Institution, code: Some("H1"), department: None };
        let figures = cube.values(&query, &register, &scope).unwrap();
        figures.iter().map(|f| (f.observing, f.rank.is_some(), f.previous.change.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(seen(&cube)[0], (true, false, false));
    let manifest = send(manifest, "H2", "b", "2024-04", "2024-04-10 08:00:00|2024-04-12 08:00:00|P1|9|I21|0|");
    cube.refresh(&lake, manifest.within(&scope), &|_, _| {}).unwrap();
    assert_eq!(value(&cube, "2024-03"), ("100.00".to_owned(), true));
    // H1's own April and both Mays close the window.
    let mut manifest = send(manifest, "H1", "c", "2024-04", "");
    for (institution, submission) in [("H1", "d"), ("H2", "e")] {
        manifest = send(manifest, institution, submission, "2024-05", "");
    }
    cube.refresh(&lake, manifest.within(&scope), &|_, _| {}).unwrap();
    assert_eq!(value(&cube, "2024-03"), ("100.00".to_owned(), false));
    assert_eq!(seen(&cube)[0], (false, true, false));
    // The correction says that it was somebody else.
    let manifest = send(manifest, "H2", "f", "2024-04", "2024-04-10 08:00:00|2024-04-12 08:00:00|P2|9|I21|0|");
    let done = cube.refresh(&lake, manifest.within(&scope), &|_, _| {}).unwrap();
    assert_eq!(value(&cube, "2024-03"), ("0.00".to_owned(), false));
    // Only the corrected file was measured; the other's sums of links were, without reading the rest.
    assert_eq!((done.computed + done.cached, done.kept), (1, 4));
}
