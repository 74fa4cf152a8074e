//! Monthly reports: months in every writing, headers by name, the month before, and values measured
//! elsewhere.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use common::{OTHER, OWN, Texts, numbers, run};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use yizheng_eval::Frame;
use yizheng_intake::{Checked, Context, Earlier, InstitutionFacts, Known, Verdict, frame_of};
use yizheng_pack::Pack;
use yizheng_pack::dataset::{Cell, Dataset, Severity};
use yizheng_pack::load::{Layer, load};
use yizheng_pack::testcase::Table;
use yizheng_pack::types::Value;

fn head(id: &str, status: &str) -> String {
    format!("id = \"{id}\"\nname = \"规则{id}\"\nstatus = \"{status}\"\npurpose = \"用途\"\nlegal_basis = \"依据\"\nlimits = \"限制\"\n")
}

fn check(id: &str, body: &str) -> (String, String) {
    let text = head(id, "trial") + "severity = \"warning\"\nsource = \"甲\"\nremedy = \"请核对\"\n" + body;
    (format!("datasets/service/checks/{id}.toml"), text)
}

/// A report of one row, and one of drugs with a row each.
fn pack() -> &'static Pack {
    static PACK: OnceLock<Pack> = OnceLock::new();
    PACK.get_or_init(|| {
        let parameter = |id: &str, value: &str| {
            let text = head(id, "active")
                + &format!("type = \"decimal(2)\"\nvalues = [ {{ from = 2020-01-01, value = \"{value}\", source = \"甲\" }} ]\n");
            (format!("parameters/{id}.toml"), text)
        };
        let service = head("service", "active")
            + r#"institution = "ORG"
period = "MONTH"
department = "WARD"
key = ["ORG", "MONTH"]
due = { days = 10 }
field = [
  { id = "ORG", name = "机构编码", type = "text", required = "must", privacy = "plain", column_required = true },
  { id = "MONTH", name = "报告期", type = "month", required = "must", privacy = "plain", column_required = true },
  { id = "WARD", name = "科室", type = "text", required = "optional", privacy = "plain" },
  { id = "VISITS", name = "总诊疗人次数（含急诊）", type = "integer", required = "must", privacy = "plain" },
  { id = "OUT", name = "出院人数", type = "integer", required = "must", privacy = "plain" },
  { id = "COST", name = "药品收入", type = "money", required = "optional", privacy = "plain" },
  { id = "NOTE", name = "备注", type = "text", required = "optional", privacy = "plain" },
  { id = "NOTE2", name = "备注", type = "text", required = "optional", privacy = "plain" },
]
"#;
        let drugs = head("drugs", "active")
            + r#"institution = "ORG"
period = "MONTH"
department = "WARD"
key = ["ORG", "MONTH", "DRUG"]
due = { days = 10 }
field = [
  { id = "ORG", name = "机构编码", type = "text", required = "must", privacy = "plain", column_required = true },
  { id = "MONTH", name = "报告期", type = "month", required = "must", privacy = "plain", column_required = true },
  { id = "WARD", name = "科室", type = "text", required = "optional", privacy = "plain" },
  { id = "DRUG", name = "药品", type = "text", required = "must", privacy = "plain" },
  { id = "DDDS", name = "使用量", type = "decimal(1)", required = "must", privacy = "plain" },
]
"#;
        let drug_check = head("D1", "trial")
            + "severity = \"warning\"\nsource = \"甲\"\nremedy = \"请核对\"\nelements = [\"DDDS\"]\nkind = \"change\"\neach = [\"DDDS\"]\nat_most = \"half\"\n";
        let indicator = head("OUT-MEASURED", "trial")
            + "domain = \"甲\"\ndataset = \"service\"\ndigits = 0\ndirection = \"watch\"\nkind = \"total\"\nunit = \"人\"\nvalue = \"OUT\"\n\n[words]\nnumerator = \"出院人数\"\n";
        let mut files = vec![
            ("pack.toml".to_owned(), "id = \"small\"\nversion = \"1\"\nname = \"小\"\npurpose = \"测试\"\n".to_owned()),
            ("datasets/service/dataset.toml".to_owned(), service),
            ("datasets/drugs/dataset.toml".to_owned(), drugs),
            ("datasets/drugs/checks/D1.toml".to_owned(), drug_check),
            ("indicators/OUT-MEASURED.toml".to_owned(), indicator),
            parameter("half", "0.50"),
            parameter("tenth", "0.10"),
        ];
        files.push(check("C1", "elements = [\"VISITS\"]\nkind = \"change\"\neach = [\"VISITS\", \"OUT\"]\nat_most = \"half\"\n"));
        files.push(check("A1", "elements = [\"OUT\"]\nkind = \"against\"\nat = \"OUT\"\nindicator = \"OUT-MEASURED\"\nwithin = \"tenth\"\n"));
        files.push(check("B1", "elements = [\"OUT\"]\nrequire = \"OUT <= institution.registered_beds * 10\"\n"));
        load(&[Layer { name: "p".to_owned(), files }]).unwrap_or_else(|diagnostics| panic!("{}", diagnostics[0]))
    })
}

fn dataset(id: &str) -> &'static Arc<Dataset> {
    &pack().datasets[id]
}

fn facts() -> InstitutionFacts {
    InstitutionFacts { codes: BTreeSet::from([OWN.to_owned()]), registered_beds: Some(20), ..InstitutionFacts::default() }
}

/// March 2024 of the invented institution.
fn march<'a>(id: &str, facts: &'a InstitutionFacts) -> Context<'a> {
    Context { institution: Some(facts), period: Some("2024-03".parse().unwrap()), ..Context::new(pack(), dataset(id)) }
}

fn table(text: &str) -> Table {
    let Texts(mut rows) = Texts::of(text);
    let header = rows.remove(0);
    Table { header, rows }
}

fn at(id: &str, element: &str) -> Cell {
    dataset(id).cell(element).unwrap()
}

/// Passed, violated, not applicable, not evaluable.
fn counts(checked: &Checked, check: &str) -> [u64; 4] {
    let of = checked.report.check(check).unwrap();
    [of.passed, of.violated, of.not_applicable, of.not_evaluable]
}

#[test]
fn a_month_in_every_writing() {
    let first = Value::Date("2024-03-01".parse().unwrap());
    for (text, read, repaired) in [
        ("2024-03", true, false),
        ("2024-3", true, true),
        ("2024/3", true, true),
        ("2024/03", true, true),
        ("2024.03", true, true),
        ("2024年3月", true, true),
        ("2024年03月份", true, true),
        ("202403", true, true),
        ("２０２４年３月", true, true),
        ("2024-03-01", true, true),
        ("2024/3/31", true, true),
        ("20240315", true, true),
        ("2024-13", false, false),
        ("202413", false, false),
        // 2024.1 is January, or October as a sheet shows it: nobody knows.
        ("2024.1", false, false),
        ("3月", false, false),
        ("24-03", false, false),
        ("2024-03-32", false, false),
    ] {
        let csv = format!("ORG,MONTH,VISITS,OUT\n{OWN},{text},10,2\n");
        let facts = facts();
        let checked = run(csv.as_bytes(), &march("service", &facts));
        assert_eq!(checked.verdict, Verdict::Accepted, "{text}");
        let value = checked.frame.value(0, at("service", "MONTH"));
        assert_eq!(value, if read { first.clone() } else { Value::Null }, "{text}");
        let said = checked.repairs.iter().any(|repair| repair.number == "R0113");
        assert_eq!(said, repaired, "{text}: {:?}", checked.repairs);
        // What cannot be read is an error of a field that must be there.
        assert_eq!(counts(&checked, "YZ003")[1], u64::from(!read), "{text}");
    }
}

#[test]
fn a_month_of_another_period_returns_the_file() {
    let facts = facts();
    let csv = format!("ORG,MONTH,VISITS,OUT\n{OWN},2024年2月,10,2\n");
    let checked = run(csv.as_bytes(), &march("service", &facts));
    assert_eq!((checked.verdict, numbers(&checked)), (Verdict::Returned, vec!["F0302"]));
    let finding = &checked.file_findings[0];
    assert!(finding.message.contains("2024年3月") && finding.message.contains("2024年2月"), "{}", finding.message);
}

#[test]
fn a_sheet_keeps_a_month_as_a_date() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, text) in (0..).zip(["机构编码", "报告期", "总诊疗人次数(含急诊)", "出院人数"]) {
        sheet.write_string(0, column, text).unwrap();
    }
    let month = Format::new().set_num_format("yyyy\"年\"m\"月\"");
    sheet.write_string(1, 0, OWN).unwrap();
    sheet.write_with_format(1, 1, &ExcelDateTime::from_ymd(2024, 3, 1).unwrap(), &month).unwrap();
    sheet.write_number(1, 2, 10.0).unwrap();
    sheet.write_number(1, 3, 2.0).unwrap();
    // The same as a plain number: the sheet's serial of that day, and the six digits of the month.
    for (row, number) in [(2, 45_352.0), (3, 202_403.0)] {
        sheet.write_string(row, 0, OWN).unwrap();
        sheet.write_number(row, 1, number).unwrap();
        sheet.write_number(row, 2, 10.0).unwrap();
        sheet.write_number(row, 3, 2.0).unwrap();
    }
    let facts = facts();
    let checked = run(&book.save_to_buffer().unwrap(), &march("service", &facts));
    assert_eq!(checked.verdict, Verdict::Accepted, "{:?}", checked.file_findings);
    for row in 0..3 {
        assert_eq!(checked.frame.value(row, at("service", "MONTH")).to_string(), "2024-03-01", "row {row}");
    }
    let said: Vec<&str> = checked.repairs.iter().map(|repair| repair.number.as_str()).collect();
    assert_eq!(said, ["R0108", "R0113"]);
}

/// A file as a clerk keeps it: Chinese names, a title above, brackets of both widths, the codes in a
/// second row, and a column of its own.
#[test]
fn headers_by_name_and_in_two_rows() {
    let kept = include_bytes!("kept/names.csv");
    let facts = facts();
    let checked = run(kept, &march("service", &facts));
    assert_eq!(checked.verdict, Verdict::Accepted, "{:?}", checked.file_findings);
    let file = checked.file.as_ref().unwrap();
    assert_eq!((file.layout.as_str(), file.layout_name.as_str()), ("names", "数据项名称"));
    assert_eq!(file.header_row, 2);
    assert_eq!(checked.rows, 1);
    // The spreadsheet's fourth row is the second below the header.
    assert_eq!(checked.frame.row.values().to_vec(), [2]);
    let value = |element| checked.frame.value(0, at("service", element)).to_string();
    assert_eq!([value("VISITS"), value("OUT"), value("COST")], ["1204", "35", "88.50"].map(str::to_owned));
    // Two fields are called 备注: the name alone says neither.
    let unknown: Vec<&str> = file.unknown_columns().map(|column| column.header.as_str()).collect();
    assert_eq!(unknown, ["备注", "填表人"]);

    // Codes first, names below them: the codes are the header, the names no row.
    let both = format!("ORG,MONTH,VISITS,OUT\n机构编码,报告期,总诊疗人次数（含急诊）,出院人数\n{OWN},2024-03,10,2\n");
    let checked = run(both.as_bytes(), &march("service", &facts));
    assert_eq!((checked.rows, checked.file.unwrap().layout.as_str()), (1, "official"));
    // A row that is called like its column is still a row.
    let department = format!("ORG,MONTH,WARD,VISITS,OUT\n{OWN},2024-03,科室,10,2\n");
    assert_eq!(run(department.as_bytes(), &march("service", &facts)).rows, 1);
}

#[test]
fn the_month_before_is_held_against() {
    let facts = facts();
    let earlier = frame_of(
        &table("ORG | MONTH | VISITS | OUT\nX | 2024-01 | 9 | 9\nX | 2024-02 | 100 | 0\n"),
        &Context::new(pack(), dataset("service")),
    )
    .unwrap();
    let with = |csv: &str| {
        let text = format!("ORG,MONTH,VISITS,OUT\n{csv}");
        run(text.as_bytes(), &Context { earlier: Some(&earlier as &dyn Earlier), ..march("service", &facts) })
    };
    // Half of 100 is 50: 150 passes and 151 does not; of 0 and 0 nothing is said.
    assert_eq!(counts(&with(&format!("{OWN},2024-03,150,0\n")), "C1"), [1, 0, 0, 0]);
    let checked = with(&format!("{OWN},2024-03,151,0\n"));
    assert_eq!(counts(&checked, "C1"), [0, 1, 0, 0]);
    let result = checked.report.check("C1").unwrap();
    assert_eq!(result.at.keys().collect::<Vec<_>>(), ["VISITS"]);
    assert_eq!(result.beside["VISITS"][&1], "上月（2024年2月）填的是“100”");
    // From 0 to 1 is more than any share of 0.
    assert_eq!(counts(&with(&format!("{OWN},2024-03,100,1\n")), "C1"), [0, 1, 0, 0]);
    // Nothing is known of a blank.
    let checked = with(&format!("{OWN},2024-03,,0\n"));
    assert_eq!(counts(&checked, "C1"), [0, 0, 0, 1]);

    // Without any month before, and without earlier rows at all.
    let none = Frame::empty(dataset("service").clone());
    let text = format!("ORG,MONTH,VISITS,OUT\n{OWN},2024-03,150,0\n");
    let checked = run(text.as_bytes(), &Context { earlier: Some(&none as &dyn Earlier), ..march("service", &facts) });
    assert_eq!(counts(&checked, "C1"), [0, 0, 0, 1]);
    assert_eq!(checked.report.check("C1").unwrap().reason.as_deref(), Some("没有上月（2024年2月）的数据，不能比较"));
    let checked = run(text.as_bytes(), &march("service", &facts));
    assert_eq!(checked.report.check("C1").unwrap().reason.as_deref(), Some("没有连接已报数据，不能与上月比较"));
}

#[test]
fn rows_of_a_table_are_held_against_their_own_key() {
    let facts = facts();
    let earlier = frame_of(
        &table("ORG | MONTH | DRUG | DDDS\nX | 2024-02 | 甲 | 10.0\nX | 2024-02 | 乙 | 40.0\n"),
        &Context::new(pack(), dataset("drugs")),
    )
    .unwrap();
    // 甲: 10.0 to 15.0 is half, passes; 乙: 40.0 to 61.0 is more than half of it; 丙 is new.
    let text = format!("ORG,MONTH,DRUG,DDDS\n{OWN},2024-03,甲,15.0\n{OWN},2024-03,乙,61.0\n{OTHER},2024-03,丙,1\n");
    let facts_of_both = InstitutionFacts { codes: BTreeSet::from([OWN.to_owned(), OTHER.to_owned()]), ..facts.clone() };
    let context = Context { earlier: Some(&earlier as &dyn Earlier), ..march("drugs", &facts_of_both) };
    let checked = run(text.as_bytes(), &context);
    assert_eq!(counts(&checked, "D1"), [1, 1, 0, 1]);
    assert_eq!(checked.report.check("D1").unwrap().beside["DDDS"][&2], "上月（2024年2月）填的是“40.0”");

    // A quarter holds its own months before: March against February of the same file.
    let quarter = Context { period: Some("2024-Q1".parse().unwrap()), ..context };
    let text = format!("ORG,MONTH,DRUG,DDDS\n{OWN},2024-02,丁,2.0\n{OWN},2024-03,丁,3.0\n");
    let checked = run(text.as_bytes(), &quarter);
    assert_eq!(counts(&checked, "D1"), [1, 0, 0, 1]);
}

#[test]
fn a_measured_value_is_held_against() {
    let facts = facts();
    let with = |out: &str, known: &dyn Known| {
        let text = format!("ORG,MONTH,VISITS,OUT\n{OWN},2024-03,1000,{out}\n");
        run(text.as_bytes(), &Context { known: Some(known), ..march("service", &facts) })
    };
    // A tenth of 200 is 20: 180 and 220 agree, 221 does not.
    let two_hundred = Some(Value::integer(200));
    for (out, expected) in [("180", [1, 0, 0, 0]), ("220", [1, 0, 0, 0]), ("221", [0, 1, 0, 0]), ("", [0, 0, 0, 1])] {
        assert_eq!(counts(&with(out, &two_hundred), "A1"), expected, "{out}");
    }
    let checked = with("221", &two_hundred);
    assert_eq!(checked.report.check("A1").unwrap().beside["OUT"][&1], "平台按已报数据算出的“规则OUT-MEASURED”是“200”");
    // Digits of the value do not matter: 200.00 ± 20.
    let exact = Some(Value::Number { units: 20_000, scale: 2 });
    assert_eq!(counts(&with("220", &exact), "A1"), [1, 0, 0, 0]);
    assert_eq!(counts(&with("221", &exact), "A1"), [0, 1, 0, 0]);
    let checked = with("200", &None::<Value>);
    assert_eq!(counts(&checked, "A1"), [0, 0, 0, 1]);
    assert_eq!(checked.report.check("A1").unwrap().reason.as_deref(), Some("指标“规则OUT-MEASURED”本月没有值，不能比对：没有给出"));
    assert_eq!(checked.report.check("A1").unwrap().severity, Severity::Warning);
}

#[test]
fn licensed_beds_are_a_fact() {
    let text = format!("ORG,MONTH,VISITS,OUT\n{OWN},2024-03,1000,201\n{OWN},2024-03,1000,200\n");
    // Twenty beds times ten are 200.
    let twenty = facts();
    assert_eq!(counts(&run(text.as_bytes(), &march("service", &twenty)), "B1"), [1, 1, 0, 0]);
    let unknown = InstitutionFacts { registered_beds: None, ..facts() };
    let checked = run(text.as_bytes(), &march("service", &unknown));
    assert_eq!(counts(&checked, "B1"), [0, 0, 0, 2]);
    assert_eq!(checked.report.check("B1").unwrap().reason.as_deref(), Some("没有填报机构登记的床位数"));
}
