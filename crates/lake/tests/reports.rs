//! Monthly reports: stocks over months, ratios of two datasets, the region's own report, and how
//! well institutions report. All against numbers worked out by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeMap;
use std::sync::Arc;

use common::{frame, head, keys, month, period, register, submit};
use proptest::collection::vec;
use proptest::prelude::*;
use yizheng_lake::explain::{Explanation, Role, RowsQuery};
use yizheng_lake::measure::Unit;
use yizheng_lake::register::{Register, Report};
use yizheng_lake::values::{By, Figure, Query, Status};
use yizheng_lake::{Cube, Exact, Lake, Manifest, Replaces};
use yizheng_pack::Pack;
use yizheng_pack::indicator::Reported;
use yizheng_pack::load::{Layer, load};
use yizheng_pack::scope::Scope;

const REGION: &str = "990001";

/// `beds`: stocks. `visits`: flows. `people`: the region's own report.
const DATASETS: [(&str, &str); 3] = [
    (
        "beds",
        r#"
  { id = "BEDS", name = "床位", type = "integer", nature = "stock", over = "mean", unit = "张", required = "must", privacy = "plain" },
  { id = "DOCTORS", name = "医师", type = "integer", nature = "stock", over = "last", required = "must", privacy = "plain" },
  { id = "MONEY", name = "资产", type = "money", nature = "stock", over = "mean", required = "must", privacy = "plain" },
  { id = "SYSTEM", name = "信息系统", type = "text", required = "must", privacy = "plain" },
"#,
    ),
    (
        "visits",
        r#"
  { id = "VISITS", name = "诊疗人次", type = "integer", required = "must", privacy = "plain" },
  { id = "BEDDAYS", name = "实际占用床日", type = "integer", required = "must", privacy = "plain" },
"#,
    ),
    (
        "people",
        r#"
  { id = "PEOPLE", name = "常住人口", type = "integer", nature = "stock", over = "mean", required = "must", privacy = "plain" },
  { id = "INSIDE", name = "县域内就诊", type = "integer", required = "must", privacy = "plain" },
  { id = "ALL", name = "全部就诊", type = "integer", required = "must", privacy = "plain" },
"#,
    ),
];

/// Id, dataset and what differs.
const INDICATORS: [(&str, &str, &str); 13] = [
    ("BEDS", "beds", "unit = \"张\"\ndigits = 2\nkind = \"total\"\nvalue = \"BEDS\""),
    ("DOCTORS", "beds", "unit = \"人\"\ndigits = 0\nkind = \"total\"\nvalue = \"DOCTORS\""),
    ("SMALL", "beds", "unit = \"张\"\ndigits = 0\nkind = \"total\"\nvalue = \"BEDS\"\npopulation = \"BEDS < 50\""),
    ("MONEY", "beds", "unit = \"元\"\ndigits = 2\nkind = \"total\"\nvalue = \"MONEY\""),
    ("DOCTORSBEDS", "beds", "unit = \"\"\ndigits = 3\nkind = \"ratio\"\nnumerator = \"DOCTORS\"\ndenominator = \"BEDS\""),
    ("SYSTEM", "beds", "unit = \"%\"\ndigits = 2\nkind = \"proportion\"\nnumerator = \"SYSTEM = '1'\"\nover = \"last\""),
    ("SYSTEMALL", "beds", "unit = \"%\"\ndigits = 2\nkind = \"proportion\"\nnumerator = \"SYSTEM = '1'\""),
    (
        "PERDOCTOR",
        "visits",
        "unit = \"人次\"\ndigits = 2\nkind = \"ratio\"\nnumerator = \"VISITS\"\ndenominator_dataset = \"beds\"\ndenominator = \"DOCTORS\"\ndenominator_population = \"DOCTORS > 0\"\nshown = [\"VISITS\"]",
    ),
    (
        "BEDUSE",
        "visits",
        "unit = \"‰\"\ndigits = 1\nkind = \"ratio\"\nnumerator = \"BEDDAYS\"\ndenominator_dataset = \"beds\"\ndenominator = \"BEDS\"\n\n[[target]]\nfrom = 2020-01-01\nbetween = [\"100\", \"200.5\"]\nsource = \"甲\"\n",
    ),
    ("INSIDE", "people", "unit = \"%\"\ndigits = 2\nkind = \"ratio\"\nnumerator = \"INSIDE\"\ndenominator = \"ALL\""),
    (
        "BEDS1000",
        "beds",
        "unit = \"张\"\ndigits = 2\nfactor = 1000\nkind = \"ratio\"\nnumerator = \"BEDS\"\ndenominator_dataset = \"people\"\ndenominator = \"PEOPLE\"",
    ),
    (
        "PEOPLEBED",
        "people",
        "unit = \"人\"\ndigits = 2\nkind = \"ratio\"\nnumerator = \"PEOPLE\"\ndenominator_dataset = \"beds\"\ndenominator = \"BEDS\"",
    ),
    ("GROWTH", "beds", "unit = \"%\"\ndigits = 2\nkind = \"growth\"\nof = \"BEDS\""),
];

const REPORTING: [(&str, &str); 3] = [
    ("COMPLETE", "share = \"complete\""),
    ("TIMELY", "share = \"timely\"\ndatasets = [\"visits\"]"),
    ("ERRORS", "share = \"errors\""),
];

fn pack() -> Arc<Pack> {
    let mut files =
        vec![("pack.toml".to_owned(), "id = \"r\"\nversion = \"1\"\nname = \"报\"\npurpose = \"测试\"\n".to_owned())];
    for (id, fields) in DATASETS {
        let subject = if id == "people" { "subject = \"region\"\n" } else { "" };
        let shape = format!(
            "{subject}institution = \"ORG\"\nperiod = \"MONTH\"\nkey = [\"ORG\", \"MONTH\"]\nlisted = [\"MONTH\"]\ndue = {{ days = 10 }}\nfield = [\n  {{ id = \"ORG\", name = \"机构\", type = \"text\", required = \"must\", privacy = \"plain\" }},\n  {{ id = \"MONTH\", name = \"报告期\", type = \"month\", required = \"must\", privacy = \"plain\" }},{fields}]\n"
        );
        files.push((format!("datasets/{id}/dataset.toml"), head(id) + &shape));
    }
    let words = "\n[words]\nnumerator = \"分子\"\ndenominator = \"分母\"\n";
    for (id, dataset, rest) in INDICATORS {
        let (rest, target) = rest.split_once("\n\n").unwrap_or((rest, ""));
        let text = format!("domain = \"领域\"\ndirection = \"range\"\ndataset = \"{dataset}\"\n{rest}\n{words}{target}");
        files.push((format!("indicators/{id}.toml"), head(id) + &text));
    }
    for (id, rest) in REPORTING {
        let text = format!("domain = \"领域\"\ndirection = \"up\"\nunit = \"%\"\ndigits = 2\nkind = \"reporting\"\n{rest}\n{words}");
        files.push((format!("indicators/{id}.toml"), head(id) + &text));
    }
    let layer = Layer { name: "packs/r".to_owned(), files };
    Arc::new(load(&[layer]).unwrap_or_else(|diagnostics| panic!("{diagnostics:#?}")))
}

struct Region {
    _dir: tempfile::TempDir,
    lake: Lake,
    pack: Arc<Pack>,
    manifest: Manifest,
    register: Register,
    cube: Cube,
    /// Corrections so far.
    sent: usize,
}

impl Region {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let pack = pack();
        Self {
            lake: Lake::open(dir.path(), &keys()).unwrap(),
            _dir: dir,
            manifest: Manifest::default(),
            register: register(&[("H1", "32", Some("M1"), 100), ("H2", "20", Some("M1"), 40)]),
            cube: Cube::new(pack.clone()),
            pack,
            sent: 0,
        }
    }

    /// One row of one institution's month: fields as `BEDS=100 DOCTORS=10`; none for a file without
    /// rows.
    fn send(&mut self, dataset: &str, institution: &str, month: &str, cells: &str) {
        let of = self.pack.datasets[dataset].clone();
        let cells: Vec<(&str, &str)> = cells.split_whitespace().map(|cell| cell.split_once('=').unwrap()).collect();
        let names: Vec<&str> = cells.iter().map(|(name, _)| *name).collect();
        let values: Vec<&str> = cells.iter().map(|(_, value)| *value).collect();
        let mut table = format!("MONTH | {}", names.join(" | "));
        if !cells.is_empty() {
            table += &format!("\n{month}-01 | {}", values.join(" | "));
        }
        let rows = frame(&of, table.trim_end_matches([' ', '|']));
        let again = self.manifest.within(&all()).of(dataset, institution, period(month)).len();
        self.sent += again;
        let mut name = format!("{dataset}-{institution}-{month}");
        if again > 0 {
            // A file's id is never used twice.
            name += &format!("-{}", self.sent);
        }
        let entries = submit(&self.lake, institution, &name, month, &rows, Replaces::Period);
        self.manifest = std::mem::take(&mut self.manifest).with(entries);
        self.cube.refresh(&self.lake, self.manifest.within(&all()), &|_, _| {}).unwrap();
    }

    fn values(&self, indicator: &str, period_text: &str, by: By, code: Option<&str>) -> Vec<Figure> {
        let (indicators, periods) = ([indicator.to_owned()], [period(period_text)]);
        let query = Query { indicators: &indicators, periods: &periods, by, code, department: None };
        self.cube.values(&query, &self.register, &all()).unwrap()
    }

    fn region(&self, indicator: &str, period: &str) -> Figure {
        self.values(indicator, period, By::Region, None).remove(0)
    }

    fn of(&self, institution: &str, indicator: &str, period: &str) -> Figure {
        self.values(indicator, period, By::Institution, Some(institution)).remove(0)
    }

    fn explain(&self, indicator: &str, period_text: &str) -> Explanation {
        let scope = all();
        let view = self.manifest.within(&scope);
        let explained = self.cube.explain(&self.lake, view, &self.register, indicator, Unit::Region, period(period_text));
        explained.unwrap()
    }

    /// What the rows behind a sum add, by institution and month; and the sum of them all.
    fn rows(&self, indicator: &str, period_text: &str, role: Role) -> (Vec<String>, String) {
        let (unit, period) = (Unit::Region, period(period_text));
        let query = RowsQuery { indicator, unit, period, role, order: None, skip: 0, take: 100 };
        let page = self.cube.rows(&self.lake, self.manifest.within(&all()), &self.register, &query).unwrap();
        let row = |row: &yizheng_lake::explain::ListedRow| format!("{} {} {}", row.institution, row.cells[0], row.adds);
        (page.rows.iter().map(row).collect(), page.sum.to_string())
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

fn text(cells: [&str; 3]) -> [String; 3] {
    cells.map(str::to_owned)
}

fn counts(figure: &Figure) -> (u32, u32, u32, bool) {
    (figure.reported, figure.due, figure.gaps, figure.provisional)
}

#[test]
fn a_hundred_beds_over_twelve_months_are_a_hundred() {
    let mut region = Region::new();
    for month in 1..=12 {
        region.send("beds", "H1", &format!("2024-{month:02}"), "BEDS=100 DOCTORS=10");
        region.send("beds", "H2", &format!("2024-{month:02}"), "BEDS=40 DOCTORS=5");
    }
    assert_eq!(line(&region.of("H1", "BEDS", "2024")), text(["100", "—", "100.00"]));
    for period in ["2024", "2024-Q2", "2024-07"] {
        // Institutions are added: 100 + 40; 10 + 5.
        assert_eq!(line(&region.region("BEDS", period)), text(["140", "—", "140.00"]), "{period}");
        assert_eq!(line(&region.region("DOCTORS", period)), text(["15", "—", "15"]), "{period}");
        // 15 / 140 = 0.10714…
        assert_eq!(line(&region.region("DOCTORSBEDS", period)), text(["15", "140", "0.107"]), "{period}");
    }
    assert_eq!(counts(&region.region("BEDS", "2024")), (24, 24, 0, false));
    // An alliance is its institutions too.
    assert_eq!(line(&region.values("BEDS", "2024", By::Alliance, None)[0]), text(["140", "—", "140.00"]));
    // Not by department: the report is of the whole institution.
    assert!(region.values("BEDS", "2024", By::Department, None).is_empty());
}

#[test]
fn months_that_are_not_in_are_no_nought() {
    let mut region = Region::new();
    // H1: January 100, February 110, March missing. H2: March 45 only.
    region.send("beds", "H1", "2024-01", "BEDS=100 DOCTORS=10 MONEY=1.00");
    region.send("beds", "H1", "2024-02", "BEDS=111 DOCTORS=12 MONEY=2.01");
    region.send("beds", "H2", "2024-03", "BEDS=45 DOCTORS=7 MONEY=3.00");
    // (100 + 111) / 2 + 45 / 1 = 105.5 + 45 = 150.5; the newest: 12 + 7 = 19.
    let beds = region.region("BEDS", "2024-Q1");
    assert_eq!(line(&beds), text(["150.50", "—", "150.50"]));
    assert_eq!(counts(&beds), (3, 6, 0, true));
    assert_eq!(line(&region.region("DOCTORS", "2024-Q1")), text(["19", "—", "19"]));
    // (1.00 + 2.01) / 2 + 3.00 = 4.505.
    assert_eq!(line(&region.region("MONEY", "2024-Q1")), text(["4.5050", "—", "4.51"]));
    // A month alone is that month.
    assert_eq!(line(&region.region("BEDS", "2024-02")), text(["111", "—", "111.00"]));
    assert_eq!(region.of("H2", "BEDS", "2024-02").not_measured.as_deref(), Some("本期没有收到报送"));
    // A condition on the row does not shorten the mean: H1's months have no such row and add 0.
    assert_eq!(line(&region.region("SMALL", "2024-Q1")), text(["45", "—", "45"]));
    // A file without rows says nothing of what stands: not 0 beds, but a month that does not count.
    region.send("beds", "H1", "2024-03", "");
    let beds = region.region("BEDS", "2024-Q1");
    assert_eq!((line(&beds), counts(&beds)), (text(["150.50", "—", "150.50"]), (3, 6, 1, true)));
    let gap = &region.explain("BEDS", "2024-Q1").months[2].gaps;
    assert_eq!(*gap, [("H1".to_owned(), "本月报送中没有可计算的数据行".to_owned())]);

    // What each row adds makes up the sum: 100/2, 111/2, 45/1.
    let (rows, sum) = region.rows("BEDS", "2024-Q1", Role::Numerator);
    assert_eq!(rows, ["H1 2024-01-01 50", "H1 2024-02-01 55.50", "H2 2024-03-01 45"]);
    assert_eq!(sum, "150.50");
    let explained = region.explain("BEDS", "2024-Q1");
    assert_eq!((explained.parts[0].rows, explained.parts[0].sum.to_string()), (3, "150.50".to_owned()));
    // Of the newest only the newest months' rows and files.
    let (rows, sum) = region.rows("DOCTORS", "2024-Q1", Role::Numerator);
    assert_eq!((rows, sum.as_str()), (vec!["H1 2024-02-01 12".to_owned(), "H2 2024-03-01 7".to_owned()], "19"));
    let files = region.explain("DOCTORS", "2024-Q1").files;
    let files: Vec<String> = files.iter().map(|file| format!("{} {}", file.institution, file.month)).collect();
    assert_eq!(files, ["H1 2024-02", "H2 2024-03"]);
}

#[test]
fn growth_of_a_stock() {
    let mut region = Region::new();
    for month in ["2023-01", "2023-02"] {
        region.send("beds", "H1", month, "BEDS=80");
    }
    for month in ["2024-01", "2024-02", "2024-03"] {
        region.send("beds", "H1", month, "BEDS=100");
    }
    // 100 / 80 - 1 = 25 %, though three months are in of one year and two of the other.
    assert_eq!(line(&region.of("H1", "GROWTH", "2024")), text(["100.00", "80.00", "25.00"]));
}

#[test]
fn a_share_of_institutions_counts_each_once_or_each_month() {
    let mut region = Region::new();
    region.send("beds", "H1", "2024-01", "BEDS=1 SYSTEM=0");
    region.send("beds", "H1", "2024-02", "BEDS=1 SYSTEM=1");
    region.send("beds", "H2", "2024-01", "BEDS=1 SYSTEM=0");
    // Of two institutions one has it in its newest month; of three institution-months one.
    assert_eq!(line(&region.region("SYSTEM", "2024-Q1")), text(["1", "2", "50.00"]));
    assert_eq!(line(&region.region("SYSTEMALL", "2024-Q1")), text(["1", "3", "33.33"]));
    assert!(region.region("SYSTEM", "2024-Q1").interval.is_some());
}

#[test]
fn two_datasets_are_joined_by_institution_and_month() {
    let mut region = Region::new();
    region.send("visits", "H1", "2024-01", "VISITS=300 BEDDAYS=10");
    region.send("visits", "H1", "2024-02", "VISITS=500 BEDDAYS=20");
    region.send("visits", "H2", "2024-01", "VISITS=70 BEDDAYS=9");
    region.send("beds", "H1", "2024-01", "BEDS=100 DOCTORS=10");
    region.send("beds", "H2", "2024-01", "BEDS=40 DOCTORS=4");
    region.send("beds", "H2", "2024-02", "BEDS=40 DOCTORS=9");
    // January: (300 + 70) / (10 + 4).
    let january = region.region("PERDOCTOR", "2024-01");
    assert_eq!((line(&january), counts(&january)), (text(["370", "14", "26.43"]), (2, 2, 0, false)));
    // February: H1's visits have no beds beside them, H2's beds no visits.
    let february = region.region("PERDOCTOR", "2024-02");
    assert_eq!((line(&february), counts(&february)), (text(["—", "—", "—"]), (0, 2, 1, true)));
    assert_eq!(february.not_measured.as_deref(), Some("H1 2024-02：同月没有收到名beds"));
    // The quarter has January's only: the newest month of which both are in.
    let quarter = region.region("PERDOCTOR", "2024-Q1");
    assert_eq!((line(&quarter), counts(&quarter)), (text(["370", "14", "26.43"]), (2, 6, 1, true)));
    let explained = region.explain("PERDOCTOR", "2024-Q1");
    let files: Vec<&str> = explained.files.iter().map(|file| file.submission.as_str()).collect();
    assert_eq!(files, ["beds-H1-2024-01", "visits-H1-2024-01", "beds-H2-2024-01", "visits-H2-2024-01"]);
    let sums: Vec<(u64, String)> = explained.parts.iter().map(|part| (part.rows, part.sum.to_string())).collect();
    assert_eq!(sums, [(2, "370".to_owned()), (2, "14".to_owned())]);
    assert_eq!(explained.months[1].missing, ["H2"]);
    assert_eq!(explained.months[1].gaps, [("H1".to_owned(), "同月没有收到名beds".to_owned())]);
    // The rows of either side are its own dataset's.
    let (rows, sum) = region.rows("PERDOCTOR", "2024-Q1", Role::Denominator);
    assert_eq!((rows, sum.as_str()), (vec!["H1 2024-01-01 10".to_owned(), "H2 2024-01-01 4".to_owned()], "14"));
    // Both in: H1 alone, 500 visits of February to 12 doctors, 800 of both months to the newest 12.
    region.send("beds", "H1", "2024-02", "BEDS=120 DOCTORS=12");
    assert_eq!(line(&region.of("H1", "PERDOCTOR", "2024-Q1")), text(["800", "12", "66.67"]));
    // 30 bed-days to the mean of 100 and 120.
    assert_eq!(line(&region.of("H1", "BEDUSE", "2024-Q1")), text(["30", "110", "272.7"]));
}

#[test]
fn a_range_takes_its_bounds_in() {
    let mut region = Region::new();
    let cases = [
        ("2024-01", 99, Status::Missed, "-1.0"),
        ("2024-02", 100, Status::Met, "0.0"),
        ("2024-03", 150, Status::Met, "0.0"),
        ("2024-04", 201, Status::Missed, "0.5"),
    ];
    for (month, days, status, gap) in cases {
        region.send("beds", "H1", month, "BEDS=1000");
        region.send("visits", "H1", month, &format!("BEDDAYS={days}"));
        let figure = region.of("H1", "BEDUSE", month);
        let target = figure.target.as_ref().unwrap();
        assert_eq!((printed(target.low), printed(target.high)), ("100".to_owned(), "200.5".to_owned()));
        assert_eq!((figure.status, printed(target.gap).as_str()), (status, gap), "{days}");
    }
}

#[test]
fn the_regions_own_report_stands_for_the_region_only() {
    let mut region = Region::new();
    region.send("people", REGION, "2024-01", "PEOPLE=20000 INSIDE=90 ALL=100");
    region.send("people", REGION, "2024-02", "PEOPLE=20100 INSIDE=80 ALL=100");
    // 170 / 200.
    let inside = region.region("INSIDE", "2024-Q1");
    assert_eq!((line(&inside), counts(&inside)), (text(["170", "200", "85.00"]), (2, 3, 0, true)));
    assert!(region.values("INSIDE", "2024-Q1", By::Institution, None).is_empty());
    for by in [By::Institution, By::Alliance] {
        let code = (by == By::Institution).then_some("H1");
        let figure = region.values("INSIDE", "2024-Q1", by, code).remove(0);
        assert_eq!(figure.not_measured.as_deref(), Some("本指标只按区域计算"));
    }
    // Nobody but the region's regulator sees it.
    let h1 = Scope::institutions("t", ["H1".to_owned()]);
    let (indicators, periods) = (["INSIDE".to_owned()], [period("2024-01")]);
    let query = Query { indicators: &indicators, periods: &periods, by: By::Region, code: None, department: None };
    let hidden = region.cube.values(&query, &region.register, &h1).unwrap().remove(0);
    assert_eq!((hidden.value, hidden.not_measured.as_deref()), (None, Some("超出查看范围")));
}

#[test]
fn institutions_to_the_regions_report() {
    let mut region = Region::new();
    region.send("beds", "H1", "2024-01", "BEDS=100");
    region.send("beds", "H2", "2024-01", "BEDS=40");
    region.send("beds", "H1", "2024-02", "BEDS=130");
    region.send("people", REGION, "2024-01", "PEOPLE=20000");
    // 1000 × 140 / 20000 = 7.
    let january = region.region("BEDS1000", "2024-01");
    assert_eq!((line(&january), counts(&january)), (text(["140", "20000", "7.00"]), (2, 2, 0, false)));
    // Without the region's report February does not count, and says so.
    let february = region.region("BEDS1000", "2024-02");
    assert_eq!((february.value, counts(&february)), (None, (0, 2, 1, true)));
    assert_eq!(february.not_measured.as_deref(), Some("H1 2024-02：同月没有收到名people"));
    assert_eq!(line(&region.region("BEDS1000", "2024-Q1")), text(["140", "20000", "7.00"]));
    // With it: beds (100 + 130)/2 + 40/1 = 155, people (20000 + 20200)/2 = 20100; 1000 × 155 / 20100.
    region.send("people", REGION, "2024-02", "PEOPLE=20200");
    assert_eq!(line(&region.region("BEDS1000", "2024-Q1")), text(["155", "20100", "7.71"]));
    let (rows, sum) = region.rows("BEDS1000", "2024-Q1", Role::Denominator);
    assert_eq!(rows, ["990001 2024-01-01 10000", "990001 2024-02-01 10100"]);
    assert_eq!(sum, "20100");
    assert_eq!(region.of("H1", "BEDS1000", "2024-01").not_measured.as_deref(), Some("本指标只按区域计算"));
    // A month of which the region has reported and no institution: nothing above, so it does not count.
    region.send("people", REGION, "2024-03", "PEOPLE=99999");
    assert_eq!(line(&region.region("BEDS1000", "2024-Q1")), text(["155", "20100", "7.71"]));

    // The other way round the region's report is what is due; H2's missing February leaves it provisional.
    let january = region.region("PEOPLEBED", "2024-01");
    assert_eq!((line(&january), counts(&january)), (text(["20000", "140", "142.86"]), (1, 1, 0, false)));
    // 20200 / 130.
    let february = region.region("PEOPLEBED", "2024-02");
    assert_eq!((line(&february), counts(&february)), (text(["20200", "130", "155.38"]), (1, 1, 0, true)));
    let march = region.region("PEOPLEBED", "2024-03");
    assert_eq!((march.value, counts(&march)), (None, (0, 1, 1, true)));
    assert_eq!(march.not_measured.as_deref(), Some("990001 2024-03：同月没有收到名beds"));
    // With a gap it is no value of the region, but of its months that count it is.
    assert_eq!(line(&region.region("PEOPLEBED", "2024-Q1")), text(["20100", "155", "129.68"]));
}

#[test]
fn how_well_institutions_report() {
    let mut region = Region::new();
    let mut put = |dataset: &str, institution: &str, month_text: &str, due: Option<Reported>, rows, held| {
        let of_dataset: &mut BTreeMap<_, BTreeMap<_, _>> =
            region.register.reporting.entry(dataset.to_owned()).or_default();
        let months = of_dataset.entry(institution.to_owned()).or_default();
        months.insert(month(month_text), Report { due, rows, held });
    };
    put("visits", "H1", "2024-01", Some(Reported::Timely), 10, 1);
    put("visits", "H2", "2024-01", Some(Reported::Late), 10, 0);
    put("visits", "H1", "2024-02", Some(Reported::Missing), 0, 0);
    put("visits", "H2", "2024-02", Some(Reported::Timely), 20, 2);
    // In already, but the deadline has not passed: it does not count yet.
    put("visits", "H1", "2024-03", Some(Reported::Open), 5, 0);
    put("beds", "H1", "2024-01", Some(Reported::Timely), 1, 0);
    // Sent without being due: its rows count, it is nobody's duty.
    put("beds", "H2", "2024-01", None, 4, 2);
    put("people", REGION, "2024-01", Some(Reported::Missing), 0, 0);

    // Due and closed: four of visits, one of beds, one of people; in: three and one.
    assert_eq!(line(&region.region("COMPLETE", "2024-Q1")), text(["4", "6", "66.67"]));
    // Of visits alone: two of four in time.
    assert_eq!(line(&region.region("TIMELY", "2024-Q1")), text(["2", "4", "50.00"]));
    // Rows: 10 + 10 + 20 + 5 + 1 + 4; held: 1 + 2 + 2.
    assert_eq!(line(&region.region("ERRORS", "2024-Q1")), text(["5", "50", "10.00"]));
    // Seven are due, four of them in; March is open.
    assert_eq!(counts(&region.region("COMPLETE", "2024-Q1")), (4, 7, 0, true));
    assert_eq!(counts(&region.region("COMPLETE", "2024-01")), (3, 4, 0, false));
    assert_eq!(line(&region.of("H1", "COMPLETE", "2024-Q1")), text(["2", "3", "66.67"]));
    let open = region.region("TIMELY", "2024-03");
    assert_eq!((open.value, open.not_measured.as_deref()), (None, Some("本期报送期限未到")));
    let nothing = region.region("TIMELY", "2023-03");
    assert_eq!(nothing.not_measured.as_deref(), Some("本期没有应报的数据"));
    // The region's own report is the region's, not an institution's.
    let units: Vec<Unit> =
        region.values("COMPLETE", "2024-Q1", By::Institution, None).into_iter().map(|figure| figure.unit).collect();
    assert_eq!(units, [Unit::Institution("H1".to_owned()), Unit::Institution("H2".to_owned())]);
    let explained = region.explain("COMPLETE", "2024-Q1");
    let months: Vec<(u32, u32, Vec<String>)> =
        explained.months.iter().map(|month| (month.reported, month.due, month.missing.clone())).collect();
    assert_eq!(
        months,
        [(3, 4, vec![REGION.to_owned()]), (1, 2, vec!["H1".to_owned()]), (0, 1, Vec::new())]
    );
    assert_eq!(explained.parts[1].sum.to_string(), "6");

    let h1 = Scope::institutions("t", ["H1".to_owned()]);
    let (indicators, periods) = (["COMPLETE".to_owned()], [period("2024-Q1")]);
    let ask = |by| {
        let query = Query { indicators: &indicators, periods: &periods, by, code: None, department: None };
        region.cube.values(&query, &region.register, &h1).unwrap()
    };
    assert_eq!(ask(By::Region)[0].not_measured.as_deref(), Some("超出查看范围"));
    assert_eq!(ask(By::Institution).len(), 1);
}

/// Dataset, institution, month and the number in its one row; none for a file without rows.
type Sent = (bool, usize, u32, Option<i64>);

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes in whatever order, and is corrected: the cube that is kept up to date equals
    /// the one from scratch, and both equal plain arithmetic over what came last.
    #[test]
    fn any_order(sent in vec((any::<bool>(), 0_usize..2, 1_u32..4, prop::option::weighted(0.8, 1_i64..200)), 1..10)) {
        let sent: Vec<Sent> = sent;
        let codes = ["H1", "H2"];
        let mut region = Region::new();
        let mut model: BTreeMap<(bool, usize, u32), Option<i64>> = BTreeMap::new();
        for (beds, institution, month, number) in sent {
            let (dataset, field) = if beds { ("beds", "DOCTORS") } else { ("visits", "VISITS") };
            let cells = number.map(|number| if beds { format!("BEDS={number} {field}={number}") } else { format!("{field}={number}") });
            region.send(dataset, codes[institution], &format!("2024-{month:02}"), &cells.unwrap_or_default());
            model.insert((beds, institution, month), number);
        }
        let rebuilt = Cube::build(&region.lake, region.pack.clone(), region.manifest.within(&all())).unwrap();
        prop_assert!(rebuilt == region.cube);

        // Six is divided by one, two and three months alike.
        let (mut beds, mut known, mut visits, mut doctors, mut joined) = (0_i128, false, 0_i128, 0_i128, false);
        for institution in 0..2 {
            let of = |month| model.get(&(true, institution, month)).copied().flatten();
            let months: Vec<i64> = (1..4).filter_map(of).collect();
            if !months.is_empty() {
                known = true;
                beds += i128::from(months.iter().sum::<i64>()) * 6 / months.len() as i128;
            }
            let both: Vec<u32> = (1..4).filter(|month| of(*month).is_some() && model.contains_key(&(false, institution, *month))).collect();
            for month in &both {
                visits += i128::from(model[&(false, institution, *month)].unwrap_or(0));
            }
            if let Some(last) = both.last() {
                joined = true;
                doctors += i128::from(of(*last).unwrap());
            }
        }
        let figure = region.region("BEDS", "2024-Q1");
        prop_assert_eq!(figure.numerator, Exact::new(beds, 6, 0).filter(|_| known));
        let figure = region.region("PERDOCTOR", "2024-Q1");
        prop_assert_eq!(figure.numerator, Exact::new(visits, 1, 0).filter(|_| joined));
        prop_assert_eq!(figure.denominator, Exact::new(doctors, 1, 0).filter(|_| joined));
        let (_, sum) = region.rows("BEDS", "2024-Q1", Role::Numerator);
        prop_assert_eq!(sum, figure_sum(&region));
    }
}

/// The numerator of the beds as printed; nothing adds up to 0.
fn figure_sum(region: &Region) -> String {
    region.region("BEDS", "2024-Q1").numerator.map_or("0".to_owned(), |number| number.to_string())
}
