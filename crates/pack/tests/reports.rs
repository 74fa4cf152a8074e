//! Monthly reports: stocks and flows, ratios of two datasets, indicators of reporting, ranges as
//! targets; and what is refused with which words.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{head, loaded, refused, with};
use yizheng_pack::Pack;
use yizheng_pack::dataset::{Over, Subject};
use yizheng_pack::indicator::{Formula, Reported, Share};
use yizheng_pack::testcase::Cases;
use yizheng_pack::types::Value;

const FIELDS: &str = r#"
  { id = "BEDS", name = "床位", type = "integer", unit = "张", section = "床位", hint = "月末数", nature = "stock", over = "mean", required = "must", privacy = "plain" },
  { id = "DOCTORS", name = "医师", type = "integer", nature = "stock", over = "last", required = "must", privacy = "plain" },
  { id = "VISITS", name = "诊疗人次", type = "integer", nature = "flow", required = "must", privacy = "plain" },
"#;

fn report(id: &str, more: &str, fields: &str) -> String {
    head(id, "active")
        + more
        + "institution = \"ORG\"\nperiod = \"MONTH\"\nkey = [\"ORG\", \"MONTH\"]\ndue = { days = 10 }\nfield = [\n  { id = \"ORG\", name = \"机构\", type = \"text\", required = \"must\", privacy = \"plain\" },\n  { id = \"MONTH\", name = \"报告期\", type = \"date\", required = \"must\", privacy = \"plain\" },"
        + fields
        + "]\n"
}

fn indicator(id: &str, body: &str) -> String {
    head(id, "trial")
        + "domain = \"运行效率\"\ndigits = 2\ndirection = \"down\"\n"
        + body
        + "\n[words]\nnumerator = \"分子\"\ndenominator = \"分母\"\n"
}

fn pack(indicators: &[(&str, &str)]) -> Pack {
    let (report, region) = (report("report", "", FIELDS), report("region", "subject = \"region\"\n", FIELDS));
    let texts: Vec<(String, String)> =
        indicators.iter().map(|(id, body)| (format!("indicators/{id}.toml"), indicator(id, body))).collect();
    let mut files =
        vec![("datasets/report/dataset.toml", report.as_str()), ("datasets/region/dataset.toml", region.as_str())];
    files.extend(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    loaded(&[with(&files)])
}

/// What is said of one wrong indicator.
fn wrong(body: &str) -> String {
    let report = report("report", "", FIELDS);
    let text = indicator("M1", body);
    let got = refused(&[with(&[("datasets/report/dataset.toml", &report), ("indicators/M1.toml", &text)])]);
    got.strip_prefix("p/indicators/M1.toml:").unwrap_or_else(|| panic!("{got}")).to_owned()
}

#[test]
fn fields_say_what_they_are() {
    let pack = pack(&[]);
    let dataset = &pack.datasets["report"];
    assert_eq!((dataset.subject, dataset.department), (Subject::Institution, None));
    assert_eq!(pack.datasets["region"].subject, Subject::Region);
    let over: Vec<Over> = dataset.fields.iter().map(|field| field.over).collect();
    assert_eq!(over, [Over::Sum, Over::Sum, Over::Mean, Over::Last, Over::Sum]);
    let beds = &dataset.fields[2];
    assert_eq!((beds.unit.as_str(), beds.section.as_str(), beds.hint.as_str()), ("张", "床位", "月末数"));
}

#[test]
fn parts_know_their_dataset_and_how_months_join() {
    let pack = pack(&[
        ("M1", "dataset = \"report\"\nkind = \"total\"\nvalue = \"BEDS * 2\""),
        ("M2", "dataset = \"report\"\nkind = \"ratio\"\nnumerator = \"DOCTORS\"\ndenominator = \"BEDS\""),
        ("M3", "dataset = \"report\"\nkind = \"proportion\"\nnumerator = \"BEDS > 5\"\nover = \"last\""),
        // The condition of a branch is no part of the sum.
        ("M4", "dataset = \"report\"\nkind = \"total\"\nvalue = \"case when BEDS > 5 then VISITS else 0 end\""),
        (
            "M5",
            "dataset = \"report\"\nkind = \"ratio\"\nnumerator = \"VISITS\"\npopulation = \"VISITS > 1\"\ndenominator_dataset = \"region\"\ndenominator = \"BEDS\"\ndenominator_population = \"BEDS > 2\"",
        ),
        ("M6", "kind = \"reporting\"\nshare = \"timely\"\ndatasets = [\"report\"]\nunit = \"%\""),
        ("M7", "kind = \"reporting\"\nshare = \"complete\""),
    ]);
    let parts = |id: &str| -> Vec<(String, Over)> {
        pack.indicators[id].parts().iter().map(|part| (part.key.to_string(), part.over)).collect()
    };
    let both = "where (BEDS is not null) and (DOCTORS is not null)";
    assert_eq!(parts("M1"), [("report: sum (BEDS * 2)".to_owned(), Over::Mean)]);
    assert_eq!(
        parts("M2"),
        [(format!("report: sum DOCTORS {both}"), Over::Last), (format!("report: sum BEDS {both}"), Over::Mean)]
    );
    assert_eq!(parts("M3").iter().map(|(_, over)| *over).collect::<Vec<_>>(), [Over::Last, Over::Last]);
    assert_eq!(parts("M4")[0].1, Over::Sum);
    assert_eq!(
        parts("M5"),
        [
            ("report: sum VISITS where (VISITS > 1)".to_owned(), Over::Sum),
            ("region: sum BEDS where (BEDS > 2)".to_owned(), Over::Mean)
        ]
    );
    assert_eq!(&*pack.indicators["M5"].parts()[1].dataset, "region");
    let reporting = |id: &str| match &pack.indicators[id].formula {
        Formula::Reporting { share, datasets, factor } => (*share, datasets.len(), *factor),
        _ => panic!("{id}"),
    };
    assert_eq!((reporting("M6"), reporting("M7")), ((Share::Timely, 1, 100), (Share::Complete, 0, 1)));
    assert!(pack.indicators["M7"].dataset.is_none());
}

#[test]
fn what_does_not_add_up_is_refused() {
    for (body, expected) in [
        (
            "dataset = \"report\"\nkind = \"total\"\nvalue = \"BEDS + VISITS\"",
            "12:9: “BEDS”是存量（各月平均），“VISITS”是流量（各月相加），不能合在一起求和",
        ),
        (
            "dataset = \"report\"\nkind = \"total\"\nvalue = \"BEDS + DOCTORS\"",
            "12:9: “BEDS”是存量（各月平均），“DOCTORS”是存量（取最近一个月），不能合在一起求和",
        ),
        (
            "dataset = \"report\"\nkind = \"mean\"\nvalue = \"BEDS\"",
            "11:8: 均值的取值（value）是各月平均的存量：同一机构每月一行，几个月会重复计算\n    提示：写 over = \"last\"(只取最近一个已报月)，或改用 ratio",
        ),
        (
            "dataset = \"report\"\nkind = \"ratio\"\nnumerator = \"VISITS\"\ndenominator = \"BEDS\"\ndenominator_dataset = \"reports\"",
            "14:23: 没有数据集“reports”\n    提示：是不是“report”？",
        ),
        ("kind = \"total\"\nvalue = \"BEDS\"", "10:8: “total”指标缺少“dataset”"),
        (
            "kind = \"reporting\"",
            "10:8: “reporting”指标缺少“share”\n    提示：可以写：complete(完整率)、timely(及时率)、errors(错误率)",
        ),
        (
            "dataset = \"report\"\nkind = \"reporting\"\nshare = \"timely\"",
            "10:11: “reporting”指标不读数据行，不写 dataset、shown",
        ),
        (
            "dataset = \"report\"\nkind = \"total\"\nvalue = \"BEDS\"\ntarget = [ { from = 2020-01-01, between = [\"2\", \"1.5\"], source = \"甲\" } ]",
            "13:43: between 的下限应小于上限",
        ),
        (
            "dataset = \"report\"\nkind = \"total\"\nvalue = \"BEDS\"\ntarget = [ { from = 2020-01-01, between = [\"2\"], source = \"甲\" } ]",
            "13:43: between 要写两个数：下限和上限，如 [\"1\", \"2\"]",
        ),
    ] {
        assert_eq!(wrong(body), expected, "{body}");
    }
    // An exclusion of a joined ratio would be of one side or the other.
    let got = wrong(
        "dataset = \"report\"\nkind = \"ratio\"\nnumerator = \"VISITS\"\nexclusion = \"BEDS > 1\"\ndenominator = \"BEDS\"\ndenominator_dataset = \"report\"",
    );
    assert!(got.starts_with("13:13: “ratio”指标不用“exclusion”"), "{got}");

    for (field, expected) in [
        ("type = \"integer\", nature = \"stock\"", "存量“X”没有写明多个月怎样合并（over）\n    提示：可以写：mean(已报各月的平均)、last(最近一个已报月)"),
        ("type = \"integer\", over = \"last\"", "over 只用于存量（nature = \"stock\"）：流量各月相加"),
        ("type = \"text\", nature = \"stock\", over = \"last\"", "“X”不是数字，不能是存量（nature = \"stock\"）"),
        ("type = \"integer\", nature = \"stok\"", "不认识的值“stok”\n    提示：是不是“stock”？"),
    ] {
        let fields = format!("\n  {{ id = \"X\", name = \"甲\", {field}, required = \"must\", privacy = \"plain\" }},\n");
        let got = refused(&[with(&[("datasets/report/dataset.toml", &report("report", "", &fields))])]);
        assert!(got.ends_with(expected), "{got}");
    }
}

#[test]
fn a_range_is_a_target_with_two_bounds() {
    let target = |bounds: &str| {
        let body = format!(
            "dataset = \"report\"\nkind = \"total\"\nvalue = \"BEDS\"\ntarget = [ {{ from = 2020-01-01, {bounds}, source = \"甲\" }} ]"
        );
        let target = pack(&[("M1", &body)]).indicators["M1"].targets[0].clone();
        (target.low, target.high)
    };
    let number = |units, scale| Some(Value::Number { units, scale });
    assert_eq!(target("between = [\"1\", \"2.5\"]"), (number(1, 0), number(25, 1)));
    assert_eq!(target("at_most = \"2\""), (None, number(2, 0)));
    assert_eq!(target("at_least = \"-2\""), (number(-2, 0), None));
}

#[test]
fn cases_of_two_datasets_and_of_reporting() {
    let report = report("report", "", FIELDS);
    let other = report.replace("id = \"report\"", "id = \"other\"");
    let m1 = indicator(
        "M1",
        "dataset = \"report\"\nkind = \"ratio\"\nnumerator = \"VISITS\"\ndenominator_dataset = \"other\"\ndenominator = \"BEDS\"",
    );
    let m2 = indicator("M2", "kind = \"reporting\"\nshare = \"errors\"");
    let joined = "[[case]]\nname = \"甲\"\nperiod = \"2024-Q1\"\nrows = \"\"\"\nORG | VISITS\nA | 3\n\"\"\"\ndenominator_rows = \"\"\"\nBEDS\n4\n\"\"\"\nvalue = \"0.75\"\n";
    let due = "[[case]]\nname = \"乙\"\ndue = \"\"\"\ninstitution | month | standing | rows | held\nA | 2024-01 | late | 4 | 1\nB | 2024-02 | open | |\n\"\"\"\nvalue = \"0.25\"\n";
    let files = |joined: &str, due: &str| {
        with(&[
            ("datasets/report/dataset.toml", &report),
            ("datasets/other/dataset.toml", &other),
            ("indicators/M1.toml", &m1),
            ("indicators/M1.test.toml", joined),
            ("indicators/M2.toml", &m2),
            ("indicators/M2.test.toml", due),
        ])
    };
    let pack = loaded(&[files(joined, due)]);
    let cases = |at: usize| match &pack.tests[at].cases {
        Cases::Indicator(cases) => cases[0].clone(),
        Cases::Check(_) => panic!("indicator"),
    };
    assert_eq!(cases(0).rows.rows, [["A", "3"]]);
    assert_eq!(cases(0).denominator_rows.unwrap().rows, [["4"]]);
    let due_rows: Vec<(String, Reported, u64, u64)> =
        cases(1).due.into_iter().map(|due| (due.institution, due.standing, due.rows, due.held)).collect();
    assert_eq!(
        due_rows,
        [("A".to_owned(), Reported::Late, 4, 1), ("B".to_owned(), Reported::Open, 0, 0)]
    );
    let without = joined.split("denominator_rows").next().unwrap().to_owned() + "value = \"1\"\n";
    assert_eq!(refused(&[files(&without, due)]), "p/indicators/M1.test.toml:2:8: 缺少“denominator_rows”");
    let got = refused(&[files(joined, &due.replace("late", "later"))]);
    assert_eq!(
        got,
        "p/indicators/M2.test.toml:5:1: 这一行写得不对\n    提示：month 写作 2024-03；standing 可以写：timely、late、missing、open；rows、held 为整数"
    );
}
