//! How well plans are read: invented plans of other shapes with trees and targets worked out by
//! hand, and the five published files of `YIZHENG_SHARED` against the inventory. Without that
//! variable the second test says so and is skipped.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use yizheng_plan::{Document, Target};

#[derive(Deserialize)]
struct Fixture {
    document: Vec<Expected>,
}

#[derive(Deserialize)]
struct Expected {
    title: String,
    year: Option<i32>,
    place: Option<String>,
    publisher: Option<String>,
    items: Vec<String>,
    targets: Vec<Wanted>,
}

#[derive(Deserialize, Clone, Default)]
#[serde(default)]
struct Wanted {
    item: String,
    operator: String,
    value: String,
    high: String,
    unit: String,
    per: Option<String>,
    deadline: Option<String>,
    aspirational: Option<bool>,
    kind: String,
    note: String,
}

impl Wanted {
    /// The same demand: item, operator and numbers; unit, per, deadline and hope where stated.
    fn is(&self, target: &Target) -> bool {
        self.item == target.item
            && self.operator == target.operator.word()
            && self.value == target.value.clone().unwrap_or_default()
            && self.high == target.high.clone().unwrap_or_default()
            && (self.unit == target.unit || (self.unit.is_empty() && self.value.is_empty()))
            && self.per.as_ref().is_none_or(|per| *per == target.per)
            && self.deadline.as_ref().is_none_or(|day| Some(day.clone()) == target.deadline.map(|day| day.to_string()))
            && self.aspirational.is_none_or(|hope| hope == target.aspirational)
    }
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn docx(xml: &str) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("word/document.xml", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(xml.as_bytes()).unwrap();
    archive.finish().unwrap().into_inner()
}

/// Pairs wanted and found, each used once; prints what has no partner.
fn pair(name: &str, wanted: &[Wanted], document: &Document) -> (Vec<bool>, Vec<bool>) {
    let mut hit = vec![false; wanted.len()];
    let mut right = vec![false; document.targets.len()];
    for (at, target) in document.targets.iter().enumerate() {
        if let Some(which) = (0..wanted.len()).find(|which| !hit[*which] && wanted[*which].is(target)) {
            (hit[which], right[at]) = (true, true);
        }
    }
    for (wanted, _) in wanted.iter().zip(&hit).filter(|(_, hit)| !**hit) {
        println!("  missed {name} {} [{}] {} {} {} {} {}", wanted.item, wanted.kind, wanted.operator, wanted.value, wanted.high, wanted.unit, wanted.note);
    }
    for (target, _) in document.targets.iter().zip(&right).filter(|(_, right)| !**right) {
        println!(
            "  beyond {name} {} {} {} {} per {} by {:?} hope {}: {} | {}",
            target.item,
            target.operator.word(),
            target.value.clone().unwrap_or_default(),
            target.unit,
            target.per,
            target.deadline,
            target.aspirational,
            target.quote,
            target.measures
        );
    }
    (hit, right)
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

#[test]
fn invented_plans_of_other_shapes() {
    read_all("unseen plans", &["tcm-county", "tables", "traditional", "pasted", "two-on-a-page"], 0.95, 0.90);
}

/// Written after the rules were finished on the first set: what to expect of the next plan.
#[test]
fn a_second_set_held_out() {
    read_all("held-out plans", &["held-out-reform", "held-out-blood"], 0.85, 0.85);
}

fn read_all(set: &str, names: &[&str], least_recall: f64, least_precision: f64) {
    let (mut wanted_all, mut hit_all, mut found_all, mut right_all) = (0, 0, 0, 0);
    let mut wrong_trees = Vec::new();
    for name in names.iter().copied() {
        let (bytes, file) = if name == "tables" {
            (docx(&std::fs::read_to_string(fixtures().join("tables.xml")).unwrap()), format!("{name}.docx"))
        } else {
            let text = std::fs::read_to_string(fixtures().join(format!("{name}.txt"))).unwrap();
            let bytes = if name == "pasted" { encoding_rs::GB18030.encode(&text).0.into_owned() } else { text.into_bytes() };
            (bytes, format!("{name}.txt"))
        };
        let expected: Fixture = toml::from_str(&std::fs::read_to_string(fixtures().join(format!("{name}.toml"))).unwrap()).unwrap();
        let documents = yizheng_plan::read(&bytes, &file).unwrap();
        if documents.len() != expected.document.len() {
            wrong_trees.push(format!("{name}: {} documents", documents.len()));
        }
        for (expected, document) in expected.document.iter().zip(&documents) {
            let paths: Vec<String> = document.leaves().iter().map(|item| item.path.clone()).collect();
            if paths != expected.items {
                wrong_trees.push(format!("{name}: {paths:?}"));
            }
            let head = (&document.title, document.year, &document.place, expected.publisher.as_ref().map(|_| &document.publisher));
            let right = (&expected.title, expected.year, &expected.place, expected.publisher.as_ref().map(|_| &expected.publisher));
            if head != right {
                wrong_trees.push(format!("{name}: {head:?}"));
            }
            let (hit, right) = pair(name, &expected.targets, document);
            let count = |list: &[bool]| list.iter().filter(|b| **b).count();
            println!("{name}: recall {}/{}, precision {}/{}", count(&hit), hit.len(), count(&right), right.len());
            wanted_all += hit.len();
            hit_all += count(&hit);
            found_all += right.len();
            right_all += count(&right);
        }
    }
    println!("{set}: recall {hit_all}/{wanted_all}, precision {right_all}/{found_all}");
    assert!(wrong_trees.is_empty(), "{wrong_trees:#?}");
    assert!(share(hit_all, wanted_all) >= least_recall, "recall");
    assert!(share(right_all, found_all) >= least_precision, "precision");
}

/// The published files with the number of items of each document, counted by hand.
const FILES: [(&str, &[usize]); 5] = [
    ("haidian-2012", &[26]),
    ("district-13th-five-year", &[21]),
    ("shanghai-2014-bundle", &[40, 36, 28, 16, 16]),
    ("huarong-2014", &[24]),
    ("wuzhong-2021", &[36]),
];

#[derive(Deserialize)]
struct Row {
    file: String,
    document: usize,
    item: String,
    kind: String,
    operator: String,
    value: String,
    high: String,
    unit: String,
    note: String,
}

#[test]
fn the_published_plans() {
    let Some(shared) = std::env::var_os("YIZHENG_SHARED") else {
        println!("skipped: YIZHENG_SHARED is not set, so there are no published plans to read");
        return;
    };
    let folder = PathBuf::from(shared).join("plans");
    assert!(folder.is_dir(), "YIZHENG_SHARED is set, but {} is no folder", folder.display());
    let mut reader = csv::Reader::from_path(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inventory.csv")).unwrap();
    let rows: Vec<Row> = reader.deserialize().map(Result::unwrap).collect();
    let mut kinds: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let (mut found_all, mut right_all) = (0, 0);
    for (name, items) in FILES {
        let documents = yizheng_plan::read(&std::fs::read(folder.join(format!("{name}.txt"))).unwrap(), name).unwrap();
        let counts: Vec<usize> = documents.iter().map(|document| document.leaves().len()).collect();
        println!("{name}: items {counts:?} of {items:?}");
        for (at, document) in documents.iter().enumerate() {
            println!("  {} | {:?} | {:?} | {:?}", document.title, document.place, document.publisher, document.year);
            let wanted: Vec<Wanted> = rows
                .iter()
                .filter(|row| row.file == name && row.document == at + 1)
                .map(|row| Wanted {
                    item: row.item.clone(),
                    operator: row.operator.clone(),
                    value: row.value.clone(),
                    high: row.high.clone(),
                    unit: row.unit.clone(),
                    kind: row.kind.clone(),
                    note: row.note.clone(),
                    ..Wanted::default()
                })
                .collect();
            let (hit, right) = pair(&format!("{name}/{}", at + 1), &wanted, document);
            let (mut in_document, mut hit_in_document) = (0, 0);
            for (wanted, hit) in wanted.iter().zip(&hit) {
                let entry = kinds.entry(wanted.kind.clone()).or_default();
                entry.0 += usize::from(*hit);
                entry.1 += 1;
                if wanted.kind == "T" {
                    in_document += 1;
                    hit_in_document += usize::from(*hit);
                }
            }
            let right_here = right.iter().filter(|right| **right).count();
            println!("  3T recall {hit_in_document}/{in_document}, precision {right_here}/{}", right.len());
            found_all += right.len();
            right_all += right_here;
        }
        assert_eq!(counts, items, "{name}");
    }
    for (kind, (hit, all)) in &kinds {
        println!("kind {kind}: recall {hit}/{all} = {:.3}", share(*hit, *all));
    }
    println!("precision {right_all}/{found_all} = {:.3}", share(right_all, found_all));
    let (hit, all) = kinds["T"];
    assert_eq!(all, 33, "the table has 33 rows");
    assert!(share(hit, all) >= 0.95, "recall of the numeric targets");
    assert!(share(right_all, found_all) >= 0.85, "precision");
}
