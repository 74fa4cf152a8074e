//! Reads and checks a generated file of many rows, to see speed and memory:
//! `cargo run --release -p yizheng-intake --example million -- PACK_FOLDER ROWS BAD_PERCENT`

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use yizheng_intake::{Context, Submitted, check};
use yizheng_pack::dataset::Dataset;
use yizheng_pack::load::{Layer, load};

fn read(folder: &Path, root: &Path, layer: &mut Layer) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read(&path, root, layer);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let within = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            layer.files.push((within, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// A file of all official columns: most of them `-`, as most are in life.
fn file(dataset: &Dataset, rows: usize, bad: usize) -> String {
    let mut header: Vec<String> = dataset.fields.iter().map(|field| field.id.to_string()).collect();
    for group in &dataset.groups {
        for slot in 1..=group.last_slot {
            header.extend(group.members.iter().map(|member| member.element_code(slot)));
        }
    }
    let mut text = header.join(",") + "\n";
    for row in 0..rows {
        let wrong = row % 100 < bad;
        for (at, element) in header.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            let _ = match element.as_str() {
                "A01" => write!(text, "99900001399000111A1001"),
                "A02" => write!(text, "云澜市第一人民医院"),
                "A48" => write!(text, "{}", 1_000_000 + row),
                "A49" => write!(text, "1"),
                "B12" => write!(text, "2024-03-01 09:00:00"),
                "B15" => write!(text, "2024-03-{:02} 10:00:00", 5 + row % 20),
                "B20" => write!(text, "{}", if wrong { 99 } else { 4 + row % 20 }),
                "A11" | "A32" => write!(text, "张三"),
                "A12C" => write!(text, "{}", if wrong { 7 } else { 1 }),
                "A13" => write!(text, "1990-03-07"),
                "A14" => write!(text, "{}", if wrong { 7 } else { 33 }),
                "A26" | "A22" | "A24" => write!(text, "云澜市中山路三号{}室", row % 999),
                "A27" | "A35" => write!(text, "1380000{:04}", row % 10_000),
                "B11C" | "B34C" | "C24C" | "B36C" => write!(text, "1"),
                "B13C" | "B16C" => write!(text, "0304"),
                "C03C" => write!(text, "I10.x00"),
                "C04N" => write!(text, "原发性高血压"),
                "C06x01C" => write!(text, "E11.900"),
                "C07x01N" => write!(text, "2型糖尿病"),
                "C06x02C" => write!(text, "N18.900"),
                "C07x02N" => write!(text, "慢性肾脏病"),
                "D01" => write!(text, "{}.50", 1000 + row % 9000),
                "D11" | "D13" | "D16" | "D23" => write!(text, "{}.00", 100 + row % 100),
                _ => write!(text, "-"),
            };
        }
        text.push('\n');
    }
    text
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let root = PathBuf::from(arguments.next().expect("PACK_FOLDER ROWS BAD_PERCENT"));
    let rows: usize = arguments.next().map_or(1_000_000, |rows| rows.parse().expect("a number of rows"));
    let bad: usize = arguments.next().map_or(0, |bad| bad.parse().expect("a percentage"));
    let mut layer = Layer::default();
    read(&root, &root, &mut layer);
    let pack = load(&[layer]).unwrap_or_else(|diagnostics| panic!("{}", diagnostics[0]));
    let dataset = &pack.datasets["inpatient_front_page"];
    let text = file(dataset, rows, bad);
    let start = Instant::now();
    let read = std::cell::Cell::new(start.elapsed());
    let progress = |_| read.set(start.elapsed());
    let context = Context { progress: &progress, ..Context::new(&pack, dataset) };
    let checked = check(Submitted { bytes: text.as_bytes(), name: "file" }, &context);
    let seconds = start.elapsed().as_secs_f64();
    let megabytes = text.len() as f64 / 1e6;
    let findings: u64 = checked.report.checks.iter().map(|check| check.findings()).sum();
    println!(
        "{rows} rows, {megabytes:.0} MB, {bad} % bad: {seconds:.1} s ({:.1} s reading), {:.0} rows/s, {:.0} MB/s, {} held, {findings} findings, {:?}",
        read.get().as_secs_f64(),
        rows as f64 / seconds,
        megabytes / seconds,
        checked.held.len(),
        checked.verdict,
    );
    let peak = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    println!("{}", peak.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
}
