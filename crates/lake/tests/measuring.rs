//! Values against tables worked out by hand, and explanations against values.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::fs;
use std::sync::Arc;

use common::{bits, checked, frame, keys, month, pack, period, register, rng, stays, submit};
use yizheng_eval::frame::Frame;
use yizheng_lake::cube::{Cube, Refreshed};
use yizheng_lake::explain::{ExplainError, Order, OrderBy, Role, RowsQuery};
use yizheng_lake::measure::{Method, Unit};
use yizheng_lake::register::Register;
use yizheng_lake::values::{By, Change, Figure, Query, Rank, Status, ValuesError};
use yizheng_lake::{CheckedRows, Delivery, Exact, FileEntry, Lake, Manifest, Replaces};
use yizheng_pack::dataset::Dataset;
use yizheng_pack::scope::Scope;
use yizheng_pack::types::Value;

/// H1: nothing in January, three stays in February, one in March, one a year before.
/// H2: one stay in February. H3 owes and sends nothing; H4 has no beds and owes nothing.
const H1_FEBRUARY: &str = "
RECORD | TIMES | LEFT       | DEPT | NAME | STAY | COST    | DRUGS  | EXIT | operation.1.level | operation.2.level
R1     | 1     | 2024-02-03 | 03   | 张三 | 4    | 1000.00 | 250.00 | 1    | 2                 | 3
R2     | 1     | 2024-02-10 | 03   | 李四 | 7    | 500.00  | 100.00 | 5    |                   |
R3     | 1     | 2024-02-29 | 04   | 王五 | 40   | 2000.00 |        | 1    | 2                 |
";
const H1_MARCH: &str = "
RECORD | TIMES | LEFT       | DEPT | STAY | COST   | DRUGS | EXIT
R4     | 1     | 2024-03-31 | 03   | 45   | 700.00 | 70.00 | 1
";
const H1_YEAR_AGO: &str = "
RECORD | TIMES | LEFT       | DEPT | STAY | COST    | DRUGS | EXIT
R0     | 1     | 2023-02-01 | 03   | 40   | 2800.00 | 70.00 | 1
";
const H2_FEBRUARY: &str = "
RECORD | TIMES | LEFT       | DEPT | STAY | COST   | DRUGS | EXIT
S1     | 1     | 2024-02-03 |      | 10   | 100.00 | 10.00 | 1
";

struct Region {
    _dir: tempfile::TempDir,
    lake: Lake,
    dataset: Arc<Dataset>,
    manifest: Manifest,
    register: Register,
    cube: Cube,
}

impl Region {
    fn new() -> Self {
        let mut region = Self::empty();
        let nothing = Frame::empty(region.dataset.clone());
        let table = |text| frame(&region.dataset, text);
        let sent = [
            ("H1", "s1", "2024-01", nothing),
            ("H1", "s2", "2024-02", table(H1_FEBRUARY)),
            ("H1", "s3", "2024-03", table(H1_MARCH)),
            ("H1", "s0", "2023-02", table(H1_YEAR_AGO)),
            ("H2", "s4", "2024-02", table(H2_FEBRUARY)),
        ];
        for (institution, submission, period, frame) in sent {
            let entries = submit(&region.lake, institution, submission, period, &frame, Replaces::Period);
            region.commit(entries);
        }
        region
    }

    fn empty() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let pack = pack();
        Self {
            lake: Lake::open(dir.path(), &keys()).unwrap(),
            _dir: dir,
            dataset: stays(&pack),
            manifest: Manifest::default(),
            register: register(&[
                ("H1", "32", Some("M1"), 100),
                ("H2", "33", Some("M1"), 50),
                ("H3", "20", None, 20),
                ("H4", "30", None, 0),
            ]),
            cube: Cube::new(pack),
        }
    }

    fn commit(&mut self, entries: Vec<FileEntry>) -> Refreshed {
        self.manifest = std::mem::take(&mut self.manifest).with(entries);
        self.cube.refresh(&self.lake, self.manifest.within(&all()), &|_, _| {}).unwrap()
    }

    fn values(&self, indicator: &str, period_text: &str, by: By) -> Vec<Figure> {
        let (indicators, periods) = ([indicator.to_owned()], [period(period_text)]);
        let query = Query { indicators: &indicators, periods: &periods, by, code: None, department: None };
        self.cube.values(&query, &self.register, &all()).unwrap()
    }

    fn value(&self, indicator: &str, period: &str, institution: &str) -> Figure {
        let unit = Unit::Institution(institution.to_owned());
        self.values(indicator, period, By::Institution).into_iter().find(|f| f.unit == unit).unwrap()
    }

    fn rows(&self, query: &RowsQuery<'_>) -> yizheng_lake::explain::RowsPage {
        self.cube.rows(&self.lake, self.manifest.within(&all()), &self.register, query).unwrap()
    }
}

fn all() -> Scope {
    Scope::whole_region("t")
}

fn printed(number: Option<Exact>) -> String {
    number.map_or("—".to_owned(), |number| number.to_string())
}

/// Numerator, denominator, value.
fn line(figure: &Figure) -> [String; 3] {
    [printed(figure.numerator), printed(figure.denominator), printed(figure.value)]
}

fn institution(code: &str) -> Unit {
    Unit::Institution(code.to_owned())
}

#[test]
fn every_kind_of_indicator_by_hand() {
    let region = Region::new();
    for (indicator, period, expected) in [
        ("STAY", "2024-02", ["51", "3", "17.00"]),
        ("DEATHS", "2024-02", ["1", "3", "33.33"]),
        // The dead are excluded; of R1 and R3 one stayed longer than 30 days.
        ("LONG", "2024-02", ["1", "2", "50.0"]),
        // From March on 60 days count.
        ("LONG", "2024-03", ["0", "1", "0.0"]),
        // R3's drugs are not known, so its costs do not count either: 350 / 1500.
        ("DRUGSHARE", "2024-02", ["350.00", "1500.00", "23.33"]),
        ("DEATHRATE", "2024-02", ["1", "51", "19.61"]),
        ("COSTS", "2024-02", ["3500.00", "—", "3500.00"]),
        ("CASES", "2024-02", ["3", "—", "3"]),
        ("SURGERY", "2024-02", ["1", "3", "33.33"]),
        ("CLEAN", "2024-02", ["3", "3", "100.00"]),
        // 3500 / 2800 - 1.
        ("GROWTH", "2024-02", ["3500.00", "2800.00", "25.00"]),
        // The quarter adds its months' parts: (51 + 45) / (3 + 1), (1 + 0) / (2 + 1).
        ("STAY", "2024-Q1", ["96", "4", "24.00"]),
        ("LONG", "2024-Q1", ["1", "3", "33.3"]),
        ("COSTS", "2024", ["4200.00", "—", "4200.00"]),
    ] {
        assert_eq!(line(&region.value(indicator, period, "H1")), expected, "{indicator} {period}");
    }
}

#[test]
fn wider_and_narrower_units() {
    let region = Region::new();
    let lines = |by| -> Vec<(Unit, [String; 3])> {
        region.values("STAY", "2024-02", by).into_iter().map(|f| (f.unit.clone(), line(&f))).collect()
    };
    let text = |cells: [&str; 3]| cells.map(str::to_owned);
    assert_eq!(lines(By::Region), [(Unit::Region, text(["61", "4", "15.25"]))]);
    assert_eq!(lines(By::Alliance), [(Unit::Alliance("M1".to_owned()), text(["61", "4", "15.25"]))]);
    let department = |institution: &str, department: &str| Unit::Department {
        institution: institution.to_owned(),
        department: department.to_owned(),
    };
    assert_eq!(
        lines(By::Department),
        [
            (department("H1", "03"), text(["11", "2", "5.50"])),
            (department("H1", "04"), text(["40", "1", "40.00"])),
            (department("H2", ""), text(["10", "1", "10.00"])),
        ]
    );
    assert_eq!(
        lines(By::Institution),
        [
            (institution("H1"), text(["51", "3", "17.00"])),
            (institution("H2"), text(["10", "1", "10.00"])),
            (institution("H3"), text(["—", "—", "—"])),
        ]
    );
}

#[test]
fn who_has_reported() {
    let region = Region::new();
    let counts = |f: &Figure| (f.reported, f.due, f.provisional);
    let of = |indicator, period, by| counts(&region.values(indicator, period, by)[0]);
    // H1, H2 and H3 are due each month; H4 has no beds.
    assert_eq!(of("STAY", "2024-02", By::Region), (2, 3, true));
    assert_eq!(of("STAY", "2024-02", By::Alliance), (2, 2, false));
    assert_eq!(of("STAY", "2024-Q1", By::Alliance), (4, 6, true));
    assert_eq!(of("STAY", "2024-Q1", By::Institution), (3, 3, false));
    assert_eq!(of("STAY", "2024", By::Institution), (3, 12, true));
    // February is whole, but not the February before.
    assert_eq!(of("GROWTH", "2024-02", By::Alliance), (2, 2, true));
    let missing = region.value("STAY", "2024-02", "H3");
    assert_eq!((missing.value, missing.not_measured.as_deref()), (None, Some("本期没有收到报送")));
    assert_eq!((counts(&missing), missing.status), ((0, 1, true), Status::NotMeasured));
}

#[test]
fn no_value_is_never_nought() {
    let region = Region::new();
    let nothing_happened = region.value("STAY", "2024-01", "H1");
    assert_eq!(line(&nothing_happened), ["0", "0", "—"]);
    assert_eq!(nothing_happened.not_measured.as_deref(), Some("分母为0，本期没有可计算的数据"));
    assert!(!nothing_happened.provisional);
    assert_eq!(line(&region.value("CASES", "2024-01", "H1")), ["0", "—", "0"]);
    assert_eq!(line(&region.value("CLEAN", "2024-01", "H1")), ["0", "0", "—"]);
    let growth = region.value("GROWTH", "2024-03", "H1");
    assert_eq!(growth.not_measured.as_deref(), Some("没有上年同期的数值，不能计算增长率"));
    // The parameter has its first value from July 2023 on.
    let before = region.value("LONG", "2023-02", "H1");
    assert_eq!(before.not_measured.as_deref(), Some("H1 2023-02：参数 long_days 在本期没有取值"));
    assert_eq!((before.reported, before.due, before.gaps, before.provisional), (0, 1, 1, true));
    // A year with a month that cannot be measured leaves that month out of both sides, and says so.
    let year = region.value("LONG", "2023", "H1");
    assert_eq!((year.value, year.gaps), (None, 1));
}

#[test]
fn intervals() {
    let region = Region::new();
    let interval = |indicator| region.value(indicator, "2024-02", "H1").interval.unwrap();
    let close = |left: f64, right: f64| assert!((left - right).abs() < 1e-6, "{left} {right}");
    // 4, 7, 40: mean 17, variance 399; t of 2 degrees of freedom.
    let t = 0.95 * (2.0_f64 / (4.0 * 0.975 * 0.025)).sqrt();
    let stay = interval("STAY");
    assert_eq!(stay.method, Method::StudentT);
    close(stay.low, 17.0 - t * (399.0_f64 / 3.0).sqrt());
    close(stay.high, 17.0 + t * (399.0_f64 / 3.0).sqrt());
    // 1 of 3 by Wilson, in per cent: (x + z²/2 ∓ z√(x(n-x)/n + z²/4)) / (n + z²).
    let (z, z2) = (1.959_963_984_540_054, 3.841_458_820_694_124);
    let deaths = interval("DEATHS");
    assert_eq!(deaths.method, Method::Wilson);
    close(deaths.low, 100.0 * (1.0 + z2 / 2.0 - z * (2.0 / 3.0 + z2 / 4.0_f64).sqrt()) / (3.0 + z2));
    // One event: the lower exact limit is -ln(0.975); per thousand of 51 days.
    let rate = interval("DEATHRATE");
    assert_eq!(rate.method, Method::Byar);
    close(rate.low, -(0.975_f64.ln()) / 51.0 * 1000.0);
    for indicator in ["DRUGSHARE", "COSTS", "GROWTH"] {
        assert!(region.value(indicator, "2024-02", "H1").interval.is_none(), "{indicator}");
    }
}

#[test]
fn targets_by_level_and_date() {
    let region = Region::new();
    let target = |figure: &Figure| {
        let target = figure.target.as_ref().unwrap();
        (printed(target.low.or(target.high)), printed(target.gap), target.source.clone(), figure.status)
    };
    let owned = |value: &str, gap: &str, source: &str, status| (value.to_owned(), gap.to_owned(), source.to_owned(), status);
    assert_eq!(target(&region.value("STAY", "2024-02", "H1")), owned("8", "9.00", "三级", Status::Missed));
    assert_eq!(target(&region.value("STAY", "2024-03", "H1")), owned("6.00", "39.00", "三级新", Status::Missed));
    // The one in force on the period's last day.
    assert_eq!(target(&region.value("STAY", "2024-Q1", "H1")).2, "三级新");
    // A level that no target names, and a region, have the one for all.
    assert_eq!(target(&region.value("STAY", "2024-02", "H3")), owned("9.5", "—", "全部机构", Status::NotMeasured));
    assert_eq!(target(&region.values("STAY", "2024-02", By::Region)[0]).2, "全部机构");
    assert_eq!(region.value("CASES", "2024-02", "H1").status, Status::NoTarget);
}

/// A value exactly on the bound meets it: 8.00 days against at most 8.
#[test]
fn a_bound_takes_its_own_value_in() {
    let mut region = Region::empty();
    let table = |stays: [&str; 2]| {
        let rows = stays.map(|stay| format!("R{stay} | 1 | 2024-02-03 | 03 | {stay}"));
        frame(&region.dataset, &format!("RECORD | TIMES | LEFT | DEPT | STAY\n{}", rows.join("\n")))
    };
    let (on, above) = (table(["7", "9"]), table(["7", "10"]));
    let entries = submit(&region.lake, "H1", "s1", "2024-02", &on, Replaces::Period);
    region.commit(entries);
    assert_eq!(region.value("STAY", "2024-02", "H1").status, Status::Met);
    let entries = submit(&region.lake, "H1", "s2", "2024-02", &above, Replaces::Period);
    region.commit(entries);
    assert_eq!(region.value("STAY", "2024-02", "H1").status, Status::Missed);
}

#[test]
fn compared_with_other_periods() {
    let region = Region::new();
    let march = region.value("STAY", "2024-03", "H1");
    assert_eq!(march.previous.period, period("2024-02"));
    assert_eq!(printed(march.previous.value), "17.00");
    // (45 - 17) / 17.
    assert!(matches!(march.previous.change, Some(Change::Percent(change)) if change.to_string() == "164.7"));
    assert_eq!((march.year_ago.period, march.year_ago.value), (period("2023-03"), None));
    let deaths = region.value("DEATHS", "2024-03", "H1");
    assert!(matches!(deaths.previous.change, Some(Change::Points(change)) if change.to_string() == "-33.33"));
    let february = region.value("STAY", "2024-02", "H1");
    assert_eq!(printed(february.year_ago.value), "40.00");
    assert!(matches!(february.year_ago.change, Some(Change::Percent(change)) if change.to_string() == "-57.5"));
    assert_eq!(february.previous.value, None);
}

#[test]
fn ranked_among_the_same_level() {
    let region = Region::new();
    let rank = |indicator, institution| region.value(indicator, "2024-02", institution).rank;
    let place = |place| Some(Rank { place, of: 2, level: '3' });
    // Lower is better: 0 % before 33.33 %.
    assert_eq!((rank("DEATHS", "H1"), rank("DEATHS", "H2")), (place(2), place(1)));
    // Only watched: the highest first.
    assert_eq!((rank("COSTS", "H1"), rank("COSTS", "H2")), (place(1), place(2)));
    // Equal values share a place.
    assert_eq!((rank("CLEAN", "H1"), rank("CLEAN", "H2")), (place(1), place(1)));
    assert_eq!(rank("STAY", "H3"), None);
    assert!(region.values("STAY", "2024-02", By::Department).iter().all(|f| f.rank.is_none()));
}

#[test]
fn a_scope_shows_its_institutions_and_no_partial_sums() {
    let region = Region::new();
    let h1 = Scope::institutions("t", ["H1".to_owned()]);
    let (indicators, periods) = (["STAY".to_owned()], [period("2024-02")]);
    let values = |by, scope: &Scope| {
        let query = Query { indicators: &indicators, periods: &periods, by, code: None, department: None };
        region.cube.values(&query, &region.register, scope).unwrap()
    };
    let own = values(By::Institution, &h1);
    assert_eq!(own.len(), 1);
    assert_eq!((own[0].unit.clone(), printed(own[0].value), own[0].rank.clone()), (institution("H1"), "17.00".to_owned(), None));
    for by in [By::Region, By::Alliance] {
        let wide = values(by, &h1);
        assert_eq!((wide[0].value, wide[0].not_measured.as_deref()), (None, Some("超出查看范围")));
    }
    assert_eq!(values(By::Department, &h1).len(), 2);
    let both = Scope::institutions("t", ["H1".to_owned(), "H2".to_owned()]);
    assert_eq!(printed(values(By::Alliance, &both)[0].value), "15.25");
    assert!(values(By::Institution, &Scope::nothing("t")).is_empty());
    assert!(values(By::Department, &Scope::nothing("t")).is_empty());

    let view = region.manifest.within(&h1);
    let query = |unit: Unit| RowsQuery {
        indicator: "STAY",
        unit,
        period: period("2024-02"),
        role: Role::Denominator,
        order: None,
        skip: 0,
        take: 10,
    };
    let rows = |unit: Unit| region.cube.rows(&region.lake, view, &region.register, &query(unit)).unwrap();
    assert_eq!(rows(institution("H1")).total, 3);
    assert_eq!(rows(institution("H2")).total, 0);
    let hidden = region.cube.explain(&region.lake, view, &region.register, "STAY", institution("H2"), period("2024-02"));
    let hidden = hidden.unwrap();
    assert_eq!((hidden.figure.value, hidden.files.len(), hidden.months.len(), hidden.parts.len()), (None, 0, 0, 0));
}

#[test]
fn a_query_may_name_one_institution_or_department() {
    let region = Region::new();
    let ask = |by, code, department| {
        let (indicators, periods) = (["STAY".to_owned()], [period("2024-02"), period("2024-03")]);
        let query = Query { indicators: &indicators, periods: &periods, by, code, department };
        let figures = region.cube.values(&query, &region.register, &all()).unwrap();
        figures.into_iter().map(|f| (f.unit, f.period.to_string(), printed(f.value))).collect::<Vec<_>>()
    };
    let of = |unit: Unit, period: &str, value: &str| (unit, period.to_owned(), value.to_owned());
    assert_eq!(
        ask(By::Institution, Some("H4"), None),
        [of(institution("H4"), "2024-02", "—"), of(institution("H4"), "2024-03", "—")]
    );
    let d = Unit::Department { institution: "H1".to_owned(), department: "03".to_owned() };
    assert_eq!(
        ask(By::Department, Some("H1"), Some("03")),
        [of(d.clone(), "2024-02", "5.50"), of(d, "2024-03", "45.00")]
    );
    assert!(ask(By::Alliance, Some("M2"), None).is_empty());
    let unknown = ["NONE".to_owned()];
    let query = Query { indicators: &unknown, periods: &[], by: By::Region, code: None, department: None };
    let error = region.cube.values(&query, &region.register, &all()).unwrap_err();
    assert_eq!(error, ValuesError::NoIndicator("NONE".to_owned()));
    let query = Query { indicators: &[], periods: &[period("2024-02")], by: By::Region, code: None, department: None };
    assert_eq!(region.cube.values(&query, &region.register, &all()).unwrap().len(), 10);
    assert_eq!(region.cube.months("stays"), Some((month("2023-02"), month("2024-03"))));
}

/// Four rows received, one of them held apart; C1 fails on two, C2 on one of these.
fn quality(region: &mut Region, checks: &CheckedRows) {
    let table = "
        RECORD | TIMES | LEFT       | DEPT | STAY | COST | EXIT
        R1     | 1     | 2024-02-01 | 03   | 1    | 1.00 | 1
        R2     | 1     | 2024-02-02 | 03   | 2    | 1.00 | 1
        R3     | 1     | 2024-02-03 | 04   | 3    | 1.00 | 1
        R4     | 1     | 2024-02-04 | 04   | 4    | 1.00 | 1
    ";
    let delivery = Delivery {
        institution: "H1",
        submission: "s1",
        period: period("2024-02"),
        frame: &frame(&region.dataset, table),
        held: &bits(&[2]),
        checks,
        replaces: Replaces::Period,
    };
    let entries = region.lake.write(&delivery, &mut rng(9)).unwrap();
    region.commit(entries);
}

#[test]
fn quality_is_over_all_rows_received() {
    let mut region = Region::empty();
    quality(&mut region, &checked(&[2, 3], &[3]));
    assert_eq!(line(&region.value("CLEAN", "2024-02", "H1")), ["2", "4", "50.00"]);
    assert_eq!(line(&region.value("STAY", "2024-02", "H1")), ["8", "3", "2.67"]);
    let departments: Vec<_> = region.values("CLEAN", "2024-02", By::Department).iter().map(line).collect();
    assert_eq!(departments, [["1", "2", "50.00"], ["1", "2", "50.00"]]);
    let query = RowsQuery {
        indicator: "CLEAN",
        unit: institution("H1"),
        period: period("2024-02"),
        role: Role::Denominator,
        order: None,
        skip: 0,
        take: 10,
    };
    let rows = region.rows(&query);
    assert_eq!((rows.total, rows.rows.iter().map(|r| r.row).collect::<Vec<_>>()), (4, vec![1, 3, 4, 2]));
    let clean = region.rows(&RowsQuery { role: Role::Numerator, ..query });
    assert_eq!(clean.rows.iter().map(|r| r.row).collect::<Vec<_>>(), [1, 4]);
}

#[test]
fn a_check_that_did_not_run_is_never_a_pass() {
    let mut region = Region::empty();
    let mut checks = checked(&[2, 3], &[]);
    checks.violated.remove("C2");
    checks.not_run.insert("C2".to_owned(), "文件中没有STAY列".to_owned());
    quality(&mut region, &checks);
    let figure = region.value("CLEAN", "2024-02", "H1");
    assert_eq!(figure.not_measured.as_deref(), Some("H1 2024-02：校验C2未能执行：文件中没有STAY列"));
    assert_eq!((figure.gaps, figure.reported, figure.due), (1, 0, 1));
    // The same rows measure everything else.
    assert_eq!(line(&region.value("CASES", "2024-02", "H1")), ["3", "—", "3"]);
    let explained = region.cube.explain(
        &region.lake,
        region.manifest.within(&all()),
        &region.register,
        "CLEAN",
        Unit::Region,
        period("2024-02"),
    );
    let months = explained.unwrap().months;
    assert_eq!(months[0].gaps, [("H1".to_owned(), "校验C2未能执行：文件中没有STAY列".to_owned())]);
    assert_eq!(months[0].missing, ["H2", "H3"]);

    let mut region = Region::empty();
    let mut checks = checked(&[], &[]);
    checks.violated.remove("C2");
    quality(&mut region, &checks);
    let figure = region.value("CLEAN", "2024-02", "H1");
    assert_eq!(figure.not_measured.as_deref(), Some("H1 2024-02：校验C2在报送时尚未启用"));
}

#[test]
fn an_explanation_adds_up_to_the_value() {
    let region = Region::new();
    let view_scope = all();
    let view = region.manifest.within(&view_scope);
    let units = [
        Unit::Region,
        Unit::Alliance("M1".to_owned()),
        institution("H1"),
        Unit::Department { institution: "H1".to_owned(), department: "03".to_owned() },
    ];
    let indicators = ["STAY", "DEATHS", "LONG", "DRUGSHARE", "DEATHRATE", "COSTS", "CASES", "SURGERY", "CLEAN"];
    for unit in units {
        for indicator in indicators {
            for text in ["2024-02", "2024-Q1", "2024"] {
                let place = format!("{indicator} {unit:?} {text}");
                let why = region
                    .cube
                    .explain(&region.lake, view, &region.register, indicator, unit.clone(), period(text))
                    .unwrap();
                let sums: Vec<Option<Exact>> = why.parts.iter().map(|part| Some(part.sum)).collect();
                let expected = [why.figure.numerator, why.figure.denominator];
                assert_eq!(sums, expected.into_iter().filter(Option::is_some).collect::<Vec<_>>(), "{place}");
                for part in &why.parts {
                    let page = region.rows(&RowsQuery {
                        indicator,
                        unit: unit.clone(),
                        period: period(text),
                        role: part.role,
                        order: None,
                        skip: 0,
                        take: usize::MAX,
                    });
                    assert_eq!((page.total, page.sum), (part.rows, part.sum), "{place}");
                    assert_eq!(page.rows.len() as u64, part.rows, "{place}");
                }
            }
        }
    }
}

#[test]
fn an_explanation_names_files_months_and_rows() {
    let region = Region::new();
    let scope = all();
    let view = region.manifest.within(&scope);
    let why = region.cube.explain(&region.lake, view, &region.register, "STAY", Unit::Region, period("2024-02")).unwrap();
    let parts: Vec<_> = why.parts.iter().map(|p| (p.role, p.rows, p.sum.to_string())).collect();
    assert_eq!(parts, [(Role::Numerator, 4, "61".to_owned()), (Role::Denominator, 4, "4".to_owned())]);
    let files: Vec<_> = why.files.iter().map(|f| (f.institution.as_str(), f.submission.as_str())).collect();
    assert_eq!(files, [("H1", "s2"), ("H2", "s4")]);
    assert_eq!((why.months[0].reported, why.months[0].due, why.months[0].missing.clone()), (2, 3, vec!["H3".to_owned()]));

    let one = region.cube.explain(&region.lake, view, &region.register, "DEATHS", institution("H2"), period("2024-02"));
    assert_eq!(one.unwrap().figure, region.value("DEATHS", "2024-02", "H2"));

    let growth = region.cube.explain(&region.lake, view, &region.register, "GROWTH", institution("H1"), period("2024-02"));
    let growth = growth.unwrap();
    let read: Vec<_> = growth.of.iter().map(|of| (of.figure.period.to_string(), printed(of.figure.value))).collect();
    assert_eq!(read, [("2024-02".to_owned(), "3500.00".to_owned()), ("2023-02".to_owned(), "2800.00".to_owned())]);

    let by = |id: &str| OrderBy::Field(region.dataset.field(id).unwrap().0);
    let query = RowsQuery {
        indicator: "STAY",
        unit: Unit::Region,
        period: period("2024-02"),
        role: Role::Numerator,
        order: Some(Order { by: by("STAY"), descending: true }),
        skip: 1,
        take: 2,
    };
    let page = region.rows(&query);
    // Listed fields, then shown ones; the name is listed and shown, and never there.
    let columns: Vec<_> =
        page.columns.iter().map(|c| (&*region.dataset.fields[c.field.0].id, c.by_definition)).collect();
    assert_eq!(columns, [("RECORD", false), ("LEFT", false), ("STAY", true)]);
    assert_eq!((page.total, page.sum.to_string()), (4, "61".to_owned()));
    let rows: Vec<_> = page
        .rows
        .iter()
        .map(|r| (r.institution.as_str(), r.submission.as_str(), r.row, r.adds.to_string(), r.cells[0].clone()))
        .collect();
    assert_eq!(
        rows,
        [
            ("H2", "s4", 1, "10".to_owned(), Value::text("S1")),
            ("H1", "s2", 2, "7".to_owned(), Value::text("R2")),
        ]
    );
    let natural = region.rows(&RowsQuery { order: None, skip: 0, take: 1, ..query.clone() });
    assert_eq!((natural.rows[0].institution.as_str(), natural.rows[0].row), ("H1", 1));
    let cheap = region.rows(&RowsQuery { order: Some(Order { by: OrderBy::Adds, descending: false }), skip: 0, take: 1, ..query });
    assert_eq!(cheap.rows[0].adds.to_string(), "4");
}

#[test]
fn what_cannot_be_explained_says_why() {
    let mut region = Region::new();
    let scope = all();
    let query = |indicator, role| RowsQuery {
        indicator,
        unit: Unit::Region,
        period: period("2024-02"),
        role,
        order: None,
        skip: 0,
        take: 1,
    };
    let rows = |region: &Region, indicator, role| {
        region.cube.rows(&region.lake, region.manifest.within(&scope), &region.register, &query(indicator, role))
    };
    assert!(matches!(rows(&region, "NONE", Role::Numerator), Err(ExplainError::NoIndicator(id)) if id == "NONE"));
    assert!(matches!(rows(&region, "CASES", Role::Denominator), Err(ExplainError::NoPart(_))));
    assert!(matches!(rows(&region, "GROWTH", Role::Numerator), Err(ExplainError::NoPart(_))));
    // The data went on, the cube did not.
    let again = submit(&region.lake, "H1", "s9", "2024-02", &frame(&region.dataset, H1_FEBRUARY), Replaces::Period);
    region.manifest = region.manifest.clone().with(again);
    assert!(matches!(rows(&region, "STAY", Role::Numerator), Err(ExplainError::OtherState(_))));
}

#[test]
fn slices_are_computed_once_and_a_torn_one_is_made_again() {
    let mut region = Region::new();
    let scope = all();
    let refreshed = |cube: &mut Cube| cube.refresh(&region.lake, region.manifest.within(&scope), &|_, _| {}).unwrap();
    let none = Refreshed::default();
    assert_eq!(refreshed(&mut region.cube), Refreshed { kept: 5, ..none });
    let mut again = Cube::new(pack());
    assert_eq!(refreshed(&mut again), Refreshed { cached: 5, ..none });
    assert!(again == region.cube);
    let slices: Vec<_> = fs::read_dir(region._dir.path().join("slices"))
        .unwrap()
        .flat_map(|folder| fs::read_dir(folder.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(slices.len(), 5);
    let bytes = fs::read(&slices[0]).unwrap();
    fs::write(&slices[0], &bytes[..bytes.len() - 1]).unwrap();
    fs::write(&slices[1], b"").unwrap();
    let mut changed = fs::read(&slices[2]).unwrap();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    fs::write(&slices[2], changed).unwrap();
    let mut again = Cube::new(pack());
    assert_eq!(refreshed(&mut again), Refreshed { computed: 3, cached: 2, ..none });
    assert!(again == region.cube);
    fs::remove_dir_all(region._dir.path().join("slices")).unwrap();
    let mut again = Cube::new(pack());
    assert_eq!(refreshed(&mut again), Refreshed { computed: 5, ..none });
    assert!(again == region.cube);
}

#[test]
fn a_correction_takes_the_old_rows_out() {
    let mut region = Region::new();
    let entries = submit(&region.lake, "H1", "s8", "2024-02", &frame(&region.dataset, H1_MARCH), Replaces::Period);
    // The only row is of March, so it is held apart.
    assert_eq!((entries[0].rows, entries[0].held_rows), (0, 1));
    let done = region.commit(entries);
    assert_eq!(done, Refreshed { computed: 1, kept: 4, dropped: 1, cached: 0 });
    assert_eq!(line(&region.value("CASES", "2024-02", "H1")), ["0", "—", "0"]);
    assert_eq!(line(&region.value("CASES", "2024-03", "H1")), ["1", "—", "1"]);
}
