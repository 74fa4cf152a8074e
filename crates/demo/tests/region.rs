//! The region's front pages as a reader finds them on disk: read again with the csv crate alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Index;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use tempfile::TempDir;
use yizheng_demo::{
    Compare, Delivery, Direction, Effect, Event, Mode, Options, Progress, Region, Truth, generate,
    make_file, read_truth,
};
use yizheng_pack::identifiers::{Sex, gb11643_birth, gb11643_ok, gb11643_sex};

struct Made {
    _folder: TempDir,
    dir: PathBuf,
    region: Region,
    truth: Truth,
}

/// All 24 months, small: a year and more of each institution.
static SMALL: LazyLock<Made> = LazyLock::new(|| made(12_000));

/// All 24 months at a sixth of the size, so that shares can be told apart.
static LARGE: LazyLock<Made> = LazyLock::new(|| made(50_000));

fn made(discharges: u32) -> Made {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_owned();
    let mut region = generate(&dir, &options(discharges, 24), &|_| ()).unwrap();
    let mut truth = read_truth(&region.truth_file).unwrap();
    // The monthly reports have a test of their own.
    region.deliveries.retain(front_pages);
    truth.event.retain(|event| event.dataset == FRONT_PAGES);
    Made { _folder: folder, dir, region, truth }
}

const FRONT_PAGES: &str = "inpatient_front_page";

fn front_pages(delivery: &Delivery) -> bool {
    delivery.dataset == FRONT_PAGES
}

fn options(discharges: u32, months: u32) -> Options {
    Options {
        seed: 7,
        discharges,
        first_month: (2024, 1),
        months,
    }
}

/// The items of a bill that lie in no other item.
const PARTS: &str = "D11 D12 D13 D14 D15 D16 D17 D18 D19 D20 D21 D22 D23 D24 D25 D26 D27 D28 D29 D30 D31 D32 D33 D34";

/// A page, by header.
struct Page {
    places: Arc<HashMap<String, usize>>,
    cells: csv::StringRecord,
}

impl Page {
    fn get(&self, header: &str) -> Option<&str> {
        self.cells.get(*self.places.get(header)?)
    }
}

impl Index<&str> for Page {
    type Output = str;

    fn index(&self, header: &str) -> &str {
        self.get(header).unwrap()
    }
}

fn read(path: &Path) -> Vec<Page> {
    let bytes = std::fs::read(path).unwrap();
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text.trim_start_matches('\u{feff}').to_owned(),
        Err(_) => {
            let (text, _, wrong) = encoding_rs::GB18030.decode(&bytes);
            assert!(!wrong, "{}", path.display());
            text.into_owned()
        }
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().unwrap().clone();
    let places = Arc::new(
        headers
            .iter()
            .enumerate()
            .map(|(at, header)| (header.to_owned(), at))
            .collect(),
    );
    reader
        .records()
        .map(|record| Page {
            places: Arc::clone(&places),
            cells: record.unwrap(),
        })
        .collect()
}

impl Made {
    fn institution(&self, key: &str) -> &str {
        let own = |delivery: &&Delivery| {
            delivery
                .file
                .as_ref()
                .is_some_and(|file| file.file_name().unwrap().to_string_lossy().starts_with(key))
        };
        // The first file of an institution is its own.
        &self.region.deliveries.iter().find(own).unwrap().institution
    }

    /// The deliveries of an institution for a month, in the order of the days.
    fn sent(&self, institution: &str, period: &str) -> Vec<&Delivery> {
        self.region
            .deliveries
            .iter()
            .filter(|delivery| delivery.institution == institution && delivery.period == period)
            .collect()
    }

    /// The last full file of an institution for each of these months.
    fn pages(&self, institution: &str, months: &[String]) -> Vec<Page> {
        let last = |period: &String| {
            self.sent(institution, period)
                .into_iter()
                .filter(|delivery| delivery.mode == Mode::Full)
                .filter_map(|delivery| delivery.file.as_deref())
                .next_back()
        };
        months.iter().filter_map(last).flat_map(read).collect()
    }

    /// The files of the official layout as they count in the end, those with planted mistakes of
    /// writing left out.
    fn official(&self) -> Vec<(&'static str, Vec<Page>)> {
        let written: HashSet<(&str, String)> = self
            .truth
            .event
            .iter()
            .filter(|event| event.compare == Compare::Finding)
            .flat_map(|event| {
                months(&event.from, &event.to)
                    .into_iter()
                    .map(|month| (event.institution.as_str(), month))
            })
            .collect();
        let mut files = Vec::new();
        for key in [
            "h01", "h02", "h04", "h06", "h07", "h10", "h12", "h13", "h14", "h15", "f01", "t01",
            "t07", "c03",
        ] {
            let own = self.institution(key);
            for period in months("2024-01", "2025-12") {
                if !written.contains(&(own, period.clone())) {
                    files.push((key, self.pages(own, &[period])));
                }
            }
        }
        files
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

fn number(page: &Page, column: &str) -> f64 {
    page[column].parse().unwrap_or(0.0)
}

fn time(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap()
}

fn date(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

#[test]
fn an_earlier_region_is_not_overwritten() {
    let again = generate(&SMALL.dir, &options(100, 1), &|_| ());
    assert!(matches!(
        again,
        Err(yizheng_demo::GenerateError::NotEmpty(_))
    ));
    let folder = tempfile::tempdir().unwrap();
    let thirteenth = Options {
        first_month: (2024, 13),
        ..options(100, 1)
    };
    assert!(matches!(
        generate(folder.path(), &thirteenth, &|_| ()),
        Err(yizheng_demo::GenerateError::FirstMonth)
    ));
}

#[test]
fn every_discharge_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let seen = std::sync::Mutex::new(Vec::new());
    let mut region = generate(folder.path(), &options(5_000, 2), &|progress: Progress| {
        seen.lock().unwrap().push(progress)
    })
    .unwrap();
    region.deliveries.retain(front_pages);
    // Two months hold no event but the two that last the whole time or begin at once.
    let mut rows = 0;
    for delivery in &region.deliveries {
        let file = delivery.file.as_ref().unwrap();
        if file.extension().is_some_and(|extension| extension == "csv") {
            rows += read(file).len();
        }
    }
    // Four institutions send spreadsheets: 3.8 % of the discharges.
    let share = rows as f64 / 5_000.0;
    assert!((0.955..0.97).contains(&share), "{share}");
    let last = seen
        .into_inner()
        .unwrap()
        .into_iter()
        .map(|progress| progress.rows)
        .max();
    assert_eq!(last, Some(5_000));
    assert_eq!(region.deliveries.len(), 45 * 2);
}

#[test]
fn layouts_have_their_columns() {
    let made = &*SMALL;
    let page = |key: &str| {
        made.pages(made.institution(key), &["2024-02".to_owned()])
            .swap_remove(0)
    };
    // 811 columns in 2020, 643 in 2019; three columns of its own beside the official ones; 卫统4 and
    // the TCM page with their repeats written out.
    for (key, count) in [
        ("h01", 811),
        ("h02", 811),
        ("h03", 643),
        ("h04", 814),
        ("h05", 732),
        ("h06", 811),
        ("h08", 811),
        ("h09", 233),
        ("t01", 811),
    ] {
        assert_eq!(page(key).cells.len(), count, "{key}");
    }
    assert!(
        page("h08").get("P900").is_some()
            && page("h05").get("ZZJGDM").is_some()
            && page("h09").get("RYSJS").is_some()
    );
    assert!(page("h12")["A01"].starts_with("H990001"));
    assert_eq!(&page("h01")["A01"], made.institution("h01"));
    let first = |key: &str| {
        let file = made.sent(made.institution(key), "2024-02")[0]
            .file
            .clone()
            .unwrap();
        std::fs::read(file).unwrap()[..4].to_vec()
    };
    assert_eq!(
        (first("h01").as_slice(), &first("t09")[..2]),
        (&b"\xef\xbb\xbfA"[..], &b"PK"[..])
    );
    let shuffled = csv::Reader::from_path(
        made.sent(made.institution("h06"), "2024-02")[0]
            .file
            .clone()
            .unwrap(),
    )
    .unwrap()
    .headers()
    .unwrap()
    .clone();
    assert_ne!(shuffled.get(1), Some("A02"));
}

#[test]
fn pages_hold_together() {
    let (mut rows, mut wrong) = (0, BTreeMap::<&str, u32>::new());
    for (key, pages) in SMALL.official() {
        for page in pages {
            rows += 1;
            let mut expect = |holds: bool, what: &'static str| {
                if !holds {
                    *wrong.entry(what).or_default() += 1;
                }
            };
            let (admission, discharge, birth) =
                (time(&page["B12"]), time(&page["B15"]), date(&page["A13"]));
            expect(admission <= discharge, "admission after discharge");
            let stay = (discharge.date() - admission.date()).num_days().max(1);
            expect(page["B20"] == *stay.to_string(), "stay");
            let birthday = (admission.month(), admission.day()) >= (birth.month(), birth.day());
            let age = admission.year() - birth.year() - i32::from(!birthday);
            expect(page["A14"] == *age.to_string(), "age");
            if &page["A20N"] == "1" {
                let number = &page["A20"];
                let sex = if &page["A12C"] == "1" {
                    Sex::Male
                } else {
                    Sex::Female
                };
                expect(gb11643_ok(number), "citizen number");
                expect(
                    gb11643_birth(number) == Some(birth) && gb11643_sex(number) == Some(sex),
                    "birth or sex in citizen number",
                );
                expect(number.starts_with("9900"), "division of citizen number");
            }
            let fen = |column: &str| (number(&page, column) * 100.0).round() as i64;
            let parts: i64 = PARTS.split(' ').map(&fen).sum();
            expect(fen("D01") == parts, "total");
            expect(
                fen("D20") >= fen("D20x01") + fen("D20x02")
                    && fen("D23") >= fen("D23x01")
                    && fen("D19") >= fen("D19x01"),
                "part inside",
            );
            expect(fen("D09") <= fen("D01"), "own share");
            let principal = &page["C03C"];
            let others: Vec<&str> = (1..=40)
                .map(|slot| &page[format!("C06x{slot:02}C").as_str()])
                .collect();
            let filled = others.iter().take_while(|code| **code != "-").count();
            expect(
                others[filled..].iter().all(|code| *code == "-"),
                "gap in diagnoses",
            );
            let distinct: HashSet<&&str> = others[..filled].iter().chain([&principal]).collect();
            expect(distinct.len() == filled + 1, "diagnosis twice");
            expect(
                !principal.starts_with('O') || &page["A12C"] == "2",
                "sex and diagnosis",
            );
            expect(
                !principal.starts_with('P')
                    || (age == 0 && number(&page, "A16") <= 28.0 && number(&page, "A17") >= 100.0),
                "newborn",
            );
            expect(
                !others.contains(&"Z37.000") || number(&page, "A18x01") >= 100.0,
                "weight of a newborn",
            );
            expect(
                !others.iter().any(|code| code.starts_with("Z37.2"))
                    || number(&page, "A18x02") >= 100.0,
                "weight of twins",
            );
            let tumour =
                principal.starts_with('C') || (principal.starts_with('D') && principal < "D49");
            expect(!tumour || page["C09C"].starts_with('M'), "pathology");
            expect(
                !principal.starts_with(['S', 'T'])
                    || page["C12C"].starts_with(['V', 'W', 'X', 'Y']),
                "external cause",
            );
            expect((&page["C24C"] == "2") == (&page["C25"] != "-"), "allergy");
            expect(
                ["2", "3"].contains(&&page["B34C"]) == (&page["B35"] != "-"),
                "receiver",
            );
            expect(
                (&page["B34C"] == "5") == (&page["C34C"] != "-")
                    && (&page["B34C"] == "5") == (&page["F05"] == "4"),
                "death",
            );
            let operated = &page["C14x01C"] != "-";
            expect(
                operated == (&page["C15x01N"] != "-") && operated == (&page["C16x01"] != "-"),
                "operation half filled",
            );
            if operated {
                let day = time(&page["C16x01"]).date();
                expect(
                    (admission.date()..=discharge.date()).contains(&day),
                    "day of operation",
                );
                expect(
                    &page["C22x01C"] == "-" || fen("D20x01") > 0,
                    "fee of anaesthesia",
                );
                expect(fen("D20x02") > 0, "fee of operation");
            }
            expect(
                &page["B38"] == "0" || (operated && (discharge - admission).num_hours() <= 48),
                "day surgery",
            );
            expect(
                fen("D26") == 0 || (&page["F22"] != "-" && "1234".contains(&page["C26C"])),
                "blood",
            );
            expect(
                stay == 1
                    || (fen("D11") > 0
                        && fen("D13") > 0
                        && fen("D31") + fen("D32") + fen("D33") > 0),
                "usual fees",
            );
            expect(
                &page["A46C"] != "7" || fen("D09") == fen("D01"),
                "self-payer",
            );
            if &page["C48x01C"] != "-" {
                let (begin, end) = (time(&page["C49x01"]), time(&page["C50x01"]));
                expect(
                    admission <= begin && begin <= end && end <= discharge,
                    "intensive care",
                );
            }
            expect(page["A02"].starts_with("云澜"), "name");
            assert!(!page.cells.iter().any(|cell| cell.contains('\n')), "{key}");
        }
    }
    // Everyday faults: those that this test sees are a third to a half of the 0.5–1.4 % of rows that
    // have one.
    assert!(rows > 6_000, "{rows}");
    let faults: u32 = wrong.values().sum();
    let share = f64::from(faults) / f64::from(rows);
    assert!((0.002..0.012).contains(&share), "{share} {wrong:?}");
    for never in [
        "admission after discharge",
        "gap in diagnoses",
        "part inside",
        "own share",
        "birth or sex in citizen number",
        "death",
        "intensive care",
        "day surgery",
        "newborn",
        "weight of a newborn",
        "weight of twins",
        "blood",
        "usual fees",
        "fee of anaesthesia",
        "fee of operation",
        "name",
        "sex and diagnosis",
    ] {
        assert_eq!(wrong.get(never), None, "{never}");
    }
    for sometimes in ["age", "stay", "citizen number", "total"] {
        assert!(wrong.contains_key(sometimes), "{sometimes}: {wrong:?}");
    }
}

#[test]
fn a_person_comes_back_under_the_same_number() {
    let mut stays: HashMap<String, Vec<Page>> = HashMap::new();
    let mut where_seen: HashMap<String, HashSet<&str>> = HashMap::new();
    for (key, pages) in SMALL.official() {
        for page in pages {
            if &page["A20"] != "-" {
                where_seen
                    .entry(page["A20"].to_owned())
                    .or_default()
                    .insert(key);
            }
            if key == "h01" {
                stays.entry(page["A48"].to_owned()).or_default().push(page);
            }
        }
    }
    let again: Vec<&Vec<Page>> = stays.values().filter(|stays| stays.len() > 1).collect();
    assert!(again.len() > 60, "{}", again.len());
    let (mut changed, mut disorder) = (0, 0);
    for stays in again {
        for pair in stays.windows(2) {
            changed += u32::from(
                pair[0]["A11"] != pair[1]["A11"]
                    || pair[0]["A13"] != pair[1]["A13"]
                    || pair[0]["A12C"] != pair[1]["A12C"],
            );
            disorder += u32::from(
                time(&pair[1]["B12"]) < time(&pair[0]["B15"])
                    || number(&pair[1], "A49") <= number(&pair[0], "A49"),
            );
        }
    }
    assert_eq!((changed, disorder), (0, 0));
    assert!(
        where_seen
            .values()
            .filter(|institutions| institutions.len() > 1)
            .count()
            > 10
    );
}

#[test]
fn deliveries_come_in_order_after_their_month() {
    let made = &*SMALL;
    let deliveries = &made.region.deliveries;
    assert!(
        deliveries
            .windows(2)
            .all(|pair| pair[0].sent_on <= pair[1].sent_on)
    );
    for delivery in deliveries {
        let month = date(&format!("{}-01", delivery.period));
        let days = (delivery.sent_on - month).num_days();
        assert!((31..100).contains(&days), "{delivery:?}");
        assert!(
            delivery.file.as_ref().is_none_or(|file| file.exists()),
            "{delivery:?}"
        );
    }
    let listed = csv::Reader::from_path(made.dir.join("deliveries.csv"))
        .unwrap()
        .into_records()
        .filter(|record| &record.as_ref().unwrap()[3] == FRONT_PAGES)
        .count();
    assert_eq!(listed, deliveries.len());
    // All months of all institutions, less the missing one; the returned ones and the patch beside.
    let firsts: HashSet<(&str, &str)> = deliveries
        .iter()
        .map(|delivery| (delivery.institution.as_str(), delivery.period.as_str()))
        .collect();
    assert_eq!(firsts.len(), 45 * 24 - 1);
}

/// Sums over pages: a share or a mean.
fn ratio(pages: &[Page], over: impl Fn(&Page) -> f64, of: impl Fn(&Page) -> f64) -> f64 {
    pages.iter().map(over).sum::<f64>() / pages.iter().map(of).sum::<f64>()
}

fn is(page: &Page, column: &str, values: &[&str]) -> f64 {
    f64::from(u8::from(values.contains(&&page[column])))
}

/// What an event changes, measured on pages; `None` where files and not figures tell.
fn measure(event: &Event, pages: &[Page]) -> Option<f64> {
    let operated = |page: &Page| is(page, "C17x01", &["1", "2", "3", "4"]);
    let all = |_: &Page| 1.0;
    Some(match event.kind {
        Effect::Stay => ratio(pages, |page| number(page, "B20"), all),
        Effect::Mortality => ratio(pages, |page| is(page, "B34C", &["5"]), all),
        // 卫统4 names.
        Effect::Materials => ratio(
            pages,
            |page| number(page, "HCYYCLF") + number(page, "YYCLF") + number(page, "YCXYYCLF"),
            all,
        ),
        Effect::Antibacterial => ratio(
            pages,
            |page| number(page, "D23x01"),
            |page| number(page, "D23") + number(page, "D24") + number(page, "D25"),
        ),
        Effect::LevelFour => ratio(pages, |page| is(page, "C17x01", &["4"]), operated),
        Effect::LongStays => ratio(
            pages,
            |page| f64::from(u8::from(number(page, "B20") > 30.0)),
            all,
        ),
        Effect::Incision => ratio(
            pages,
            |page| is(page, "C21x01C", &["3"]),
            |page| is(page, "C21x01C", &["1", "2", "3", "10"]),
        ),
        Effect::SelfPay => ratio(pages, |page| number(page, "D09"), |page| number(page, "D01")),
        Effect::DaySurgery => ratio(pages, |page| is(page, "B38", &["1"]), operated),
        Effect::Readmission => ratio(
            pages,
            |page| f64::from(u8::from(number(page, "A49") > 1.0)),
            all,
        ),
        Effect::Incomplete => ratio(pages, |page| is(page, "A32", &[""]), all),
        Effect::WrongAge => ratio(
            pages,
            |page| {
                let (seen, birth) = (time(&page["B12"]).date(), date(&page["A13"]));
                let age = seen.year()
                    - birth.year()
                    - i32::from((seen.month(), seen.day()) < (birth.month(), birth.day()));
                f64::from(u8::from(page["A14"] != *age.to_string()))
            },
            all,
        ),
        Effect::Department => ratio(pages, |page| is(page, "B16C", &["21"]), all),
        _ => return None,
    })
}

/// How many times stronger the figure must be than what it is compared with. Months are few at
/// this size, so the bounds are wide; the event's own amount is wider.
fn at_least(kind: Effect) -> f64 {
    match kind {
        Effect::Stay => 1.2,
        Effect::Materials | Effect::SelfPay => 1.5,
        Effect::Antibacterial | Effect::Mortality | Effect::DaySurgery => 1.6,
        Effect::LevelFour => 2.0,
        _ => 3.0,
    }
}

#[test]
fn every_planted_event_shows_in_the_files() {
    let made = &*LARGE;
    let truth = &made.truth;
    assert_eq!(truth.event.len(), 24);
    let distinct: HashSet<&str> = truth.event.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(distinct.len(), 24);
    for event in &truth.event {
        let check = |shown: &String| shown.len() == 5 && shown[2..].parse::<u32>().is_ok();
        let fits = event.shows.iter().all(|shown| match event.compare {
            Compare::Finding => check(shown),
            Compare::Submission => shown == "returned" || shown == "reported",
            _ => !check(shown),
        });
        assert!(fits && !event.shows.is_empty(), "{event:?}");
    }
    for event in &truth.event {
        let id = event.id.as_str();
        let own = event.institution.as_str();
        let during = if event.kind == Effect::Excel {
            Vec::new()
        } else {
            made.pages(own, &months(&event.from, &event.to))
        };
        if let Some(value) = measure(event, &during) {
            let others = match event.compare {
                // The hospital is compared with its peers, or with its own earlier months.
                Compare::Peers => ["h02", "h04", "h06"]
                    .iter()
                    .flat_map(|key| {
                        made.pages(made.institution(key), &months(&event.from, &event.to))
                    })
                    .collect(),
                _ => {
                    let all = months("2024-01", &event.from);
                    made.pages(own, &all[..all.len() - 1])
                }
            };
            let usual = measure(event, &others).unwrap();
            assert!(
                value >= usual * at_least(event.kind) && value > 0.0,
                "{id}: {value} beside {usual}"
            );
            continue;
        }
        let deliveries = made.sent(own, &event.from);
        let bytes = |at: usize| std::fs::read(deliveries[at].file.as_ref().unwrap()).unwrap();
        let rows = |at: usize| read(deliveries[at].file.as_ref().unwrap());
        match event.kind {
            Effect::Missing => assert!(deliveries.is_empty(), "{id}"),
            Effect::Late => {
                let due = date(&format!("{}-01", event.from));
                assert!(
                    deliveries.len() == 1 && (deliveries[0].sent_on - due).num_days() > 31 + 40,
                    "{id}"
                );
            }
            Effect::ZeroReport => assert!(
                deliveries.len() == 1 && deliveries[0].file.is_none(),
                "{id}"
            ),
            Effect::Truncated => {
                let (cut, whole) = (bytes(0), bytes(1));
                assert!(cut.len() < whole.len(), "{id}");
                // An odd number of quotes: the last field never closes.
                assert!(
                    !cut.iter()
                        .filter(|byte| **byte == b'"')
                        .count()
                        .is_multiple_of(2),
                    "{id}"
                );
            }
            Effect::MixedEncoding => {
                assert!(std::str::from_utf8(&bytes(0)).is_err(), "{id}");
                assert!(
                    encoding_rs::GB18030.decode(&bytes(0)).0
                        != encoding_rs::GB18030.decode(&bytes(1)).0,
                    "{id}"
                );
            }
            Effect::OtherInstitution => {
                let other = made.institution("t08");
                assert!(
                    rows(0).iter().all(|page| &page["A01"] == other)
                        && rows(1).iter().all(|page| &page["A01"] == own),
                    "{id}"
                );
            }
            Effect::WrongPeriod => {
                assert!(
                    rows(0)
                        .iter()
                        .all(|page| !page["B15"].starts_with(&event.from)),
                    "{id}"
                );
                assert!(
                    rows(1)
                        .iter()
                        .all(|page| page["B15"].starts_with(&event.from)),
                    "{id}"
                );
            }
            Effect::Excel => assert!(
                deliveries.len() == 2 && bytes(0) != bytes(1) && bytes(0).starts_with(b"PK"),
                "{id}"
            ),
            Effect::Duplicated => {
                let mut seen = HashSet::new();
                let twice = during
                    .iter()
                    .filter(|page| !seen.insert((&page["A48"], &page["A49"])))
                    .count();
                let once = during.len() - twice;
                assert!(
                    twice > 0 && twice == (once as f64 * 0.07).ceil() as usize,
                    "{id}: {twice} of {once}"
                );
            }
            Effect::Overlap => {
                let mut stays: HashMap<&str, Vec<(&str, &str)>> = HashMap::new();
                for page in &during {
                    stays
                        .entry(&page["A48"])
                        .or_default()
                        .push((&page["B12"], &page["B15"]));
                }
                let overlaps = stays.values_mut().map(|stays| {
                    stays.sort_unstable();
                    stays
                        .windows(2)
                        .filter(|pair| pair[1].0 < pair[0].1)
                        .count()
                });
                assert!(overlaps.sum::<usize>() >= 6, "{id}");
            }
            Effect::Patch => {
                let (whole, patch) = (rows(0), rows(1));
                let share = (whole.len() as f64 * 0.02).ceil() as usize;
                assert_eq!(
                    (deliveries[1].mode, patch.len()),
                    (Mode::Patch, share),
                    "{id}"
                );
                for page in &patch {
                    let old = whole
                        .iter()
                        .find(|old| old["A48"] == page["A48"] && old["A49"] == page["A49"])
                        .unwrap();
                    assert!(number(old, "D01") < number(page, "D01"), "{id}");
                }
            }
            kind => panic!("{id}: nothing measures {kind:?}"),
        }
    }
}

#[test]
fn few_months_keep_the_events_that_fit() {
    let folder = tempfile::tempdir().unwrap();
    let region = generate(folder.path(), &options(3_000, 5), &|_| ()).unwrap();
    let truth = read_truth(&region.truth_file).unwrap();
    let ids: Vec<&str> = truth.event.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["E02", "E21", "E23", "E32"]);
    assert_eq!(
        (truth.event[0].from.as_str(), truth.event[0].to.as_str()),
        ("2024-01", "2024-05")
    );
    assert_eq!(truth.event[2].direction, Direction::Returned);
}

#[test]
fn one_file_for_measuring() {
    let folder = tempfile::tempdir().unwrap();
    let errors = |bad: f64| {
        let path = folder.path().join("one.csv");
        make_file(&path, 5, 400, bad).unwrap();
        let pages = read(&path);
        assert_eq!((pages.len(), pages[0].cells.len()), (400, 811));
        let wrong = |page: &&Page| {
            let sum: f64 = PARTS.split(' ').map(|column| number(page, column)).sum();
            (number(page, "D01") - sum).abs() > 0.02
        };
        pages.iter().filter(wrong).count()
    };
    assert_eq!(errors(0.0), 0);
    assert!(errors(1.0) > 20);
}
