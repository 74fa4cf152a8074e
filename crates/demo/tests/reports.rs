//! The region's monthly reports as a reader finds them on disk: read again with the csv and calamine
//! crates alone, beside the front pages of the same institution and month.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::LazyLock;

use calamine::{Data, Reader, Xlsx, open_workbook};
use chrono::NaiveDate;
use tempfile::TempDir;
use yizheng_demo::{Delivery, Effect, Event, Options, Region, Truth, generate, read_truth};

struct Made {
    _folder: TempDir,
    region: Region,
    truth: Truth,
    /// Fields by dataset: id, name, type, required.
    forms: BTreeMap<String, Vec<[String; 4]>>,
}

const REPORTS: [&str; 8] = [
    "resource_report",
    "service_report",
    "finance_report",
    "quality_report",
    "antimicrobial_report",
    "blood_report",
    "family_doctor_report",
    "region_report",
];

/// All 24 months at a sixth of the size, so that even rare things happen.
static MADE: LazyLock<Made> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        seed: 7,
        discharges: 50_000,
        first_month: (2024, 1),
        months: 24,
    };
    let region = generate(folder.path(), &options, &|_| ()).unwrap();
    let truth = read_truth(&region.truth_file).unwrap();
    let forms = REPORTS.map(|id| (id.to_owned(), form(id)));
    Made {
        _folder: folder,
        region,
        truth,
        forms: forms.into(),
    }
});

/// The fields of a dataset as the national pack has them.
fn form(id: &str) -> Vec<[String; 4]> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../packs/national/datasets")
        .join(id)
        .join("dataset.toml");
    let table: toml::Table = std::fs::read_to_string(path).unwrap().parse().unwrap();
    let text = |field: &toml::Value, key: &str| field[key].as_str().unwrap().to_owned();
    table["field"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| ["id", "name", "type", "required"].map(|key| text(field, key)))
        .collect()
}

/// The cells of a file.
fn cells(path: &Path) -> Vec<Vec<String>> {
    let bytes = std::fs::read(path).unwrap();
    if bytes.starts_with(b"PK") {
        let mut book: Xlsx<_> = open_workbook(path).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        let text = |cell: &Data| match cell {
            Data::DateTime(date) => {
                let (year, month, ..) = date.to_ymd_hms_milli();
                format!("{year}-{month:02}")
            }
            cell => cell.to_string(),
        };
        return sheet
            .rows()
            .map(|row| row.iter().map(text).collect())
            .collect();
    }
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => encoding_rs::GB18030.decode(&bytes).0.into_owned(),
    };
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes())
        .into_records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

/// The lines of a report by field id, whatever stands above its columns; none for 零报告.
fn lines(delivery: &Delivery) -> Vec<HashMap<String, String>> {
    let Some(path) = &delivery.file else {
        return Vec::new();
    };
    let form = &MADE.forms[&delivery.dataset];
    let mut rows = cells(path).into_iter().peekable();
    let is =
        |row: &Vec<String>, which: usize| row.iter().eq(form.iter().map(|field| &field[which]));
    let header = rows.next().unwrap();
    assert!(is(&header, 0) || is(&header, 1), "{}", path.display());
    // A row of ids may be followed by one of names.
    if rows.peek().is_some_and(|row| is(row, 1)) {
        rows.next();
    }
    rows.map(|row| {
        let cell = |(field, cell): (&[String; 4], String)| (field[0].clone(), cell);
        form.iter().zip(row).map(cell).collect()
    })
    .collect()
}

impl Made {
    fn institution(&self, key: &str) -> &str {
        let name = |delivery: &&Delivery| {
            let file = delivery.file.as_ref();
            file.is_some_and(|file| file.file_name().unwrap().to_string_lossy().starts_with(key))
        };
        &self
            .region
            .deliveries
            .iter()
            .find(name)
            .unwrap()
            .institution
    }

    fn sent(&self, institution: &str, dataset: &str, period: &str) -> Vec<&Delivery> {
        self.region
            .deliveries
            .iter()
            .filter(|delivery| {
                delivery.institution == institution
                    && delivery.dataset == dataset
                    && delivery.period == period
            })
            .collect()
    }

    /// What was last sent for a month; empty where nothing was, or nothing happened.
    fn report(
        &self,
        institution: &str,
        dataset: &str,
        period: &str,
    ) -> Vec<HashMap<String, String>> {
        self.sent(institution, dataset, period)
            .last()
            .map(|last| lines(last))
            .unwrap_or_default()
    }
}

fn months(from: &str, to: &str) -> Vec<String> {
    let place = |period: &str| {
        period[..4].parse::<i32>().unwrap() * 12 + period[5..].parse::<i32>().unwrap() - 1
    };
    (place(from)..=place(to))
        .map(|at| format!("{}-{:02}", at.div_euclid(12), at.rem_euclid(12) + 1))
        .collect()
}

fn number(line: &HashMap<String, String>, id: &str) -> f64 {
    line[id]
        .parse()
        .unwrap_or_else(|_| panic!("{id}: {line:?}"))
}

fn first_of(period: &str) -> NaiveDate {
    NaiveDate::parse_from_str(&format!("{period}-01"), "%Y-%m-%d").unwrap()
}

/// Deliveries on which nothing special is noted.
fn plain() -> impl Iterator<Item = &'static Delivery> {
    MADE.region
        .deliveries
        .iter()
        .filter(|delivery| MADE.forms.contains_key(&delivery.dataset))
        .filter(|delivery| ["", "迟报", "更正后重报"].contains(&delivery.note.as_str()))
}

#[test]
fn everybody_sends_what_is_due() {
    let mut sent: BTreeMap<&str, HashSet<(&str, &str)>> = BTreeMap::new();
    for delivery in &MADE.region.deliveries {
        sent.entry(&delivery.dataset)
            .or_default()
            .insert((&delivery.institution, &delivery.period));
    }
    // 45 institutions; 15 hospitals of the second and third level; 26 of primary care; the
    // authority. In the newest month a few have not sent yet.
    for (dataset, senders) in [
        ("resource_report", 45),
        ("service_report", 45),
        ("quality_report", 15),
        ("antimicrobial_report", 15),
        ("blood_report", 15),
        ("family_doctor_report", 26),
        ("region_report", 1),
    ] {
        let newest = sent[dataset]
            .iter()
            .filter(|(_, period)| *period == "2025-12")
            .count();
        assert_eq!(sent[dataset].len() - newest, senders * 23, "{dataset}");
        assert!(
            newest <= senders && newest * 5 >= senders * 4,
            "{dataset}: {newest}"
        );
    }
    // One hospital never sends it.
    let finance: HashSet<&str> = sent["finance_report"].iter().map(|(who, _)| *who).collect();
    assert_eq!(finance.len(), 44);
    let all: usize = sent.values().map(HashSet::len).sum();
    assert!((5_900..6_100).contains(&all), "{all}");
}

#[test]
fn some_are_late_wrong_or_corrected_but_few() {
    let reports = MADE
        .region
        .deliveries
        .iter()
        .filter(|delivery| MADE.forms.contains_key(&delivery.dataset));
    let (mut all, mut late, mut notes) = (0, 0, BTreeMap::<&str, u32>::new());
    for delivery in reports {
        all += 1;
        let due = first_of(&months(&delivery.period, "2026-01")[1]) + chrono::TimeDelta::days(9);
        late += u32::from(delivery.sent_on > due && delivery.dataset != "region_report");
        *notes.entry(&delivery.note).or_default() += 1;
    }
    let share = f64::from(late) / f64::from(all);
    assert!((0.015..0.06).contains(&share), "{share}");
    for note in [
        "误填上月数",
        "误报上月文件",
        "分项大于合计",
        "多录一位",
        "更正后重报",
        "迟报",
        "零报告",
    ] {
        assert!(notes.contains_key(note), "{note}: {notes:?}");
    }
    let wrong = ["误填上月数", "误报上月文件", "分项大于合计", "多录一位"];
    let wrong: u32 = wrong.iter().map(|note| notes[note]).sum();
    let share = f64::from(wrong) / f64::from(all);
    assert!((0.01..0.04).contains(&share), "{share}");
}

#[test]
fn clerks_write_in_their_own_ways() {
    let (mut starts, mut months) = (HashSet::new(), HashSet::new());
    for delivery in plain().filter(|delivery| delivery.period == "2024-03") {
        let Some(file) = &delivery.file else { continue };
        let bytes = std::fs::read(file).unwrap();
        let text = std::str::from_utf8(&bytes);
        starts.insert(match (bytes.starts_with(b"PK"), text) {
            (true, _) => "xlsx",
            (_, Err(_)) => "GB18030",
            (_, Ok(text)) if text.starts_with('\u{feff}') => "UTF-8 with mark",
            (_, Ok(text)) if text.starts_with("ORG,") => "ids",
            _ => "names",
        });
        for line in lines(delivery) {
            months.insert(line["MONTH"].clone());
        }
    }
    assert_eq!(starts.len(), 4, "{starts:?}");
    let written = ["2024-03", "2024年3月", "202403", "2024/3"].map(str::to_owned);
    assert_eq!(months, HashSet::from(written));
}

#[test]
fn every_cell_that_must_be_filled_is() {
    let mut seen = BTreeMap::<&str, u32>::new();
    for delivery in plain() {
        let form = &MADE.forms[&delivery.dataset];
        for line in lines(delivery) {
            *seen.entry(&delivery.dataset).or_default() += 1;
            for [id, _, kind, required] in form {
                let cell = line[id].as_str();
                let place = || format!("{} {id}: {cell:?}", delivery.dataset);
                assert!(!cell.is_empty(), "{}", place());
                if cell == "-" {
                    assert_eq!(required, "dash", "{}", place());
                    continue;
                }
                match kind.as_str() {
                    "integer" => assert!(cell.parse::<u64>().is_ok(), "{}", place()),
                    "money" => {
                        // A spreadsheet drops trailing zeros.
                        let (yuan, fen) = cell.split_once('.').unwrap_or((cell, ""));
                        assert!(yuan.parse::<u64>().is_ok() && fen.len() <= 2, "{}", place());
                    }
                    kind if kind.starts_with("decimal") => {
                        assert!(cell.parse::<f64>().unwrap() >= 0.0, "{}", place());
                    }
                    _ => {}
                }
            }
        }
    }
    assert_eq!(seen.len(), 8, "{seen:?}");
}

/// Parts and what they must not exceed together.
const PARTS: &[(&str, &[&str], &str)] = &[
    (
        "resource_report",
        &["BEDS_ICU", "BEDS_NEGATIVE", "BEDS_ELDER", "BEDS_HOSPICE"],
        "BEDS_OPEN",
    ),
    (
        "resource_report",
        &["FEVER_CLINICS_STANDARD"],
        "FEVER_CLINICS",
    ),
    (
        "resource_report",
        &[
            "PHYSICIANS",
            "ASSISTANTS",
            "NURSES",
            "PHARMACISTS",
            "TECHNICIANS",
        ],
        "HEALTH_STAFF",
    ),
    ("resource_report", &["HEALTH_STAFF"], "STAFF"),
    ("resource_report", &["CLINICAL_PHARMACISTS"], "PHARMACISTS"),
    (
        "service_report",
        &["OUTPATIENT", "EMERGENCY", "HOME_VISITS"],
        "VISITS",
    ),
    ("service_report", &["BOOKED"], "OUTPATIENT"),
    ("service_report", &["REAL_NAME"], "VISITS"),
    ("service_report", &["RESCUE_DEATHS"], "RESCUED"),
    ("service_report", &["OBSERVED_OVER_72H"], "OBSERVED"),
    ("service_report", &["DEATHS"], "DISCHARGES"),
    ("service_report", &["SURGERIES"], "DISCHARGES"),
    (
        "finance_report",
        &["INCOME_OUTPATIENT", "INCOME_INPATIENT"],
        "INCOME_MEDICAL",
    ),
    (
        "finance_report",
        &[
            "INCOME_DRUG",
            "INCOME_EXAM",
            "INCOME_LAB",
            "INCOME_MATERIAL",
            "INCOME_SERVICE",
        ],
        "INCOME_MEDICAL",
    ),
    ("finance_report", &["INCOME_HERBAL"], "INCOME_DRUG"),
    ("finance_report", &["INCOME_DRUG_OUTPATIENT"], "INCOME_DRUG"),
    (
        "finance_report",
        &["COST_STAFF", "COST_DRUG", "COST_MATERIAL"],
        "COST_MEDICAL",
    ),
    ("finance_report", &["PURCHASE_ESSENTIAL"], "PURCHASE_DRUG"),
    (
        "finance_report",
        &["PURCHASE_ESSENTIAL_ONLINE"],
        "PURCHASE_ESSENTIAL",
    ),
    ("quality_report", &["WARDS_QUALITY"], "WARDS"),
    ("quality_report", &["PATHWAY_ENTERED"], "PATHWAY_ELIGIBLE"),
    ("quality_report", &["PATHWAY_COMPLETED"], "PATHWAY_ENTERED"),
    ("quality_report", &["REVIEWED"], "PRESCRIPTIONS"),
    (
        "quality_report",
        &["RATIONAL", "IRREGULAR", "UNSUITABLE", "ABNORMAL"],
        "REVIEWED",
    ),
    ("quality_report", &["CLEAN_PROPHYLAXIS"], "CLEAN_SURGERIES"),
    ("quality_report", &["ABX_TREATED"], "ABX_INPATIENT"),
    ("quality_report", &["ABX_SPECIMEN"], "ABX_TREATED"),
    ("quality_report", &["HYGIENE_DONE"], "HYGIENE_DUE"),
    ("quality_report", &["TRANSFUSED_TESTED"], "TRANSFUSED"),
    ("family_doctor_report", &["CONTRACTS"], "POPULATION"),
    ("family_doctor_report", &["KEY_CONTRACTS"], "KEY_POPULATION"),
    ("family_doctor_report", &["KEY_CONTRACTS"], "CONTRACTS"),
    (
        "family_doctor_report",
        &["ELDERLY_CONTRACTS"],
        "KEY_CONTRACTS",
    ),
    ("family_doctor_report", &["SERVED"], "CONTRACTS"),
    ("family_doctor_report", &["SERVED"], "CONTRACT_VISITS"),
];

#[test]
fn no_part_exceeds_its_whole() {
    for delivery in plain() {
        for line in lines(delivery) {
            let own = PARTS
                .iter()
                .filter(|(dataset, ..)| *dataset == delivery.dataset);
            for (_, parts, whole) in own {
                let sum: f64 = parts.iter().map(|part| number(&line, part)).sum();
                assert!(
                    sum <= number(&line, whole) + 0.001,
                    "{parts:?} {whole}: {line:?}"
                );
            }
            if delivery.dataset == "antimicrobial_report" {
                // 累计DDD数 = 消耗量 ÷ DDD值, to two decimals.
                let ddds = number(&line, "AMOUNT") / number(&line, "DDD");
                assert!((ddds - number(&line, "DDDS")).abs() < 0.0051, "{line:?}");
            }
        }
    }
}

#[test]
fn reports_say_what_the_front_pages_say() {
    let made = &*MADE;
    // Both write CSV in the official layout, and their bills are in 元 with two decimals.
    for (key, period) in [("h01", "2024-05"), ("h13", "2024-08"), ("h01", "2025-02")] {
        let own = made.institution(key);
        let file = made.sent(own, "inpatient_front_page", period)[0]
            .file
            .clone();
        let bytes = std::fs::read(file.unwrap()).unwrap();
        let text = match std::str::from_utf8(&bytes) {
            Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
            Err(_) => encoding_rs::GB18030.decode(&bytes).0.into_owned(),
        };
        let pages: Vec<HashMap<String, String>> = csv::Reader::from_reader(text.as_bytes())
            .into_deserialize()
            .map(Result::unwrap)
            .collect();
        let sum = |id: &str| {
            pages
                .iter()
                .filter_map(|page| page[id].parse::<f64>().ok())
                .sum::<f64>()
        };
        let count =
            |id: &str, value: &str| pages.iter().filter(|page| page[id] == value).count() as f64;
        let service = &made.report(own, "service_report", period)[0];
        assert_eq!(
            number(service, "DISCHARGES"),
            pages.len() as f64,
            "{key} {period}"
        );
        assert_eq!(number(service, "DEATHS"), count("B34C", "5"));
        // Everyday faults of the pages are not in the report: a stay of the wrong length, a total
        // below its parts.
        let close = |a: f64, b: f64| (a - b).abs() <= 0.02 * b;
        assert!(close(number(service, "BED_DAYS_DISCHARGED"), sum("B20")));
        let operated = pages
            .iter()
            .filter(|page| {
                (["C17x01".to_owned()].into_iter())
                    .chain((1..=40).map(|slot| format!("C38x{slot:02}")))
                    .any(|level| ["1", "2", "3", "4"].contains(&page[&level].as_str()))
            })
            .count();
        assert!(close(number(service, "SURGERIES"), operated as f64));
        let finance = &made.report(own, "finance_report", period)[0];
        assert!(close(number(finance, "INCOME_INPATIENT"), sum("D01")));
        let drugs = number(finance, "INCOME_DRUG") - number(finance, "INCOME_DRUG_OUTPATIENT");
        assert!(close(drugs, sum("D23") + sum("D24") + sum("D25")));
    }
}

#[test]
fn every_resident_is_served_once() {
    let of = |dataset: &str| -> f64 {
        plain()
            .filter(|delivery| delivery.dataset == dataset && delivery.period == "2024-03")
            .flat_map(lines)
            .map(|line| number(&line, "POPULATION"))
            .sum()
    };
    // 168300 + 152700 + 128900 + 121600 + 104200 + 110700 = 786400 residents of six areas; each of
    // 26 institutions loses less than one by rounding.
    assert_eq!(of("region_report"), 786_400.0);
    let served = of("family_doctor_report");
    assert!((786_400.0 - 26.0..=786_400.0).contains(&served), "{served}");
}

#[test]
fn the_region_is_a_plausible_one() {
    let sum = |dataset: &str, id: &str| -> f64 {
        plain()
            .filter(|delivery| delivery.dataset == dataset && delivery.period == "2024-05")
            .flat_map(lines)
            .map(|line| number(&line, id))
            .sum()
    };
    // For each thousand of 786400 residents.
    let doctors = sum("resource_report", "PHYSICIANS") + sum("resource_report", "ASSISTANTS");
    for (what, number, low, high) in [
        ("doctors", doctors / 786.4, 2.4, 4.0),
        ("nurses", sum("resource_report", "NURSES") / 786.4, 3.0, 5.0),
        (
            "drugs",
            sum("finance_report", "INCOME_DRUG") / sum("finance_report", "INCOME_MEDICAL"),
            0.25,
            0.42,
        ),
        (
            "contracts",
            sum("family_doctor_report", "CONTRACTS") / 786_400.0,
            0.35,
            0.5,
        ),
        (
            "outpatients for a discharge",
            sum("service_report", "VISITS") / sum("service_report", "DISCHARGES"),
            15.0,
            35.0,
        ),
    ] {
        assert!((low..high).contains(&number), "{what}: {number}");
    }
}

/// What an event changes, as a share or a sum over the lines of the months.
fn measure(event: &Event, lines: &[HashMap<String, String>]) -> f64 {
    let sum = |id: &str| lines.iter().map(|line| number(line, id)).sum::<f64>();
    match event.kind {
        Effect::OutpatientDrugs => {
            (sum("INCOME_DRUG") - sum("INCOME_HERBAL")) / sum("INCOME_MEDICAL")
        }
        Effect::InfectionControl => sum("INFECTION_STAFF") / sum("BEDS_OPEN"),
        Effect::BloodSource => {
            let stations = lines
                .iter()
                .filter(|line| ["1", "2"].contains(&line["SOURCE"].as_str()));
            stations.map(|line| number(line, "UNITS")).sum::<f64>() / sum("UNITS")
        }
        Effect::Contracts => sum("CONTRACTS") / sum("POPULATION"),
        Effect::ReferredDown => sum("REFERRED_DOWN") / sum("VISITS"),
        Effect::NursingWards => sum("WARDS_QUALITY") / sum("WARDS"),
        Effect::Antibacterials => sum("DDDS") / lines.len() as f64,
        Effect::Outside => {
            sum("DISCHARGES_INSIDE") / (sum("DISCHARGES_INSIDE") + sum("DISCHARGES_OUTSIDE"))
        }
        Effect::RealName => sum("REAL_NAME") / (sum("OUTPATIENT") + sum("EMERGENCY")),
        kind => panic!("nothing measures {kind:?}"),
    }
}

#[test]
fn every_planted_event_shows_in_the_files() {
    let made = &*MADE;
    let events: Vec<&Event> = made
        .truth
        .event
        .iter()
        .filter(|event| made.forms.contains_key(&event.dataset))
        .collect();
    assert_eq!(events.len(), 15);
    for event in events {
        let (id, own, dataset) = (
            event.id.as_str(),
            event.institution.as_str(),
            event.dataset.as_str(),
        );
        let first = made.sent(own, dataset, &event.from);
        match event.kind {
            Effect::Missing => {
                let all = made.region.deliveries.iter();
                assert!(
                    !all.clone()
                        .any(|d| d.institution == own && d.dataset == dataset),
                    "{id}"
                );
            }
            Effect::Late => {
                let due = first_of(&months(&event.from, "2026-01")[1]) + chrono::TimeDelta::days(9);
                assert!(
                    first.len() == 1 && (first[0].sent_on - due).num_days() > 20,
                    "{id}"
                );
            }
            Effect::WrongPeriod | Effect::PartAboveWhole => {
                assert_eq!(
                    (first.len(), first[1].note.as_str()),
                    (2, "更正后重报"),
                    "{id}"
                );
                let bad = &lines(first[0])[0];
                let wrong = match event.kind {
                    Effect::WrongPeriod => {
                        *bad == made.report(own, dataset, &months("2024-01", &event.from)[4])[0]
                    }
                    _ => number(bad, "OUTPATIENT") > number(bad, "VISITS"),
                };
                assert!(wrong, "{id}");
            }
            Effect::Copied | Effect::Slip => {
                assert_eq!(first.len(), 1, "{id}");
                assert!(!first[0].note.is_empty(), "{id}");
            }
            _ => {
                let all = months("2024-01", &event.from);
                let over = |months: &[String]| -> Vec<_> {
                    months
                        .iter()
                        .flat_map(|month| made.report(own, dataset, month))
                        .collect()
                };
                let usual = measure(event, &over(&all[..all.len() - 1]));
                let value = measure(event, &over(&months(&event.from, &event.to)));
                let shows = match event.direction {
                    yizheng_demo::Direction::Up => value > 1.2 * usual,
                    _ => value < 0.93 * usual,
                };
                assert!(shows, "{id}: {value} after {usual}");
            }
        }
    }
}
