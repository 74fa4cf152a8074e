//! Loading: layouts, checks, indicators and test cases, and what is refused with which
//! words.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{check, head, indicator, loaded, refused, with};
use yizheng_pack::dataset::{At, Cell, CheckKind, FieldIx, GroupIx, MemberIx, Part, Target};
use yizheng_pack::indicator::{Formula, Summand};
use yizheng_pack::testcase::{Cases, Expect, Outcome};
use yizheng_pack::types::Value;

#[test]
fn a_dataset_is_resolved() {
    let pack = loaded(&[with(&[])]);
    let dataset = &pack.datasets["stays"];
    assert_eq!(dataset.period, FieldIx(8));
    assert_eq!(dataset.key, [FieldIx(1), FieldIx(2)]);
    assert_eq!(dataset.fields[13].main_of, Some((GroupIx(0), MemberIx(0))));
    assert_eq!(dataset.cell(" c06X07c "), Some(Cell::Member(GroupIx(0), MemberIx(0), 7)));
    assert_eq!(dataset.cell("C06x41C"), None);
    assert_eq!(dataset.cell("A14"), Some(Cell::Field(FieldIx(5))));
    // 16 fields, 40 × 1 diagnoses, 40 × 3 operations.
    assert_eq!(dataset.layouts[0].columns.len(), 16 + 40 + 120);
    assert!(pack.awaited.contains_key("ICD10"));
    assert!(!pack.codelists.contains_key("ICD10"));
}

#[test]
fn layouts_expand() {
    let layout = r#"id = "wt4"
name = "卫统4"
compact_dates = true
[columns]
"BAH" = "A48"
"RYSJ" = "B12.date"
"RYSJS" = "B12.hour"
"JBDM{1..15}" = "C06x{}C"
"SSJCZBM{1..7}" = "C35x{-1}C"
"SSJCZRQ{1..2}" = "C37x{-1}"
[ignored]
"YL{1..2}" = "没有对应的数据项"
"#;
    let pack = loaded(&[with(&[("datasets/stays/layouts/wt4.toml", layout)])]);
    let dataset = &pack.datasets["stays"];
    let wt4 = &dataset.layouts[1];
    assert!(wt4.compact_dates);
    let element = |header: &str| wt4.columns.get(header).map(|t| (dataset.element(t.cell), t.part));
    assert_eq!(element("BAH"), Some(("A48".to_owned(), Part::Whole)));
    assert_eq!(element("RYSJ"), Some(("B12".to_owned(), Part::Date)));
    assert_eq!(element("RYSJS"), Some(("B12".to_owned(), Part::Hour)));
    assert_eq!(element("JBDM15"), Some(("C06x15C".to_owned(), Part::Whole)));
    assert_eq!(element("JBDM16"), None);
    // The first operation is the main one.
    assert_eq!(wt4.columns["SSJCZBM1"], Target { cell: Cell::Field(FieldIx(14)), part: Part::Whole });
    assert_eq!(element("SSJCZBM7"), Some(("C35x06C".to_owned(), Part::Whole)));
    assert_eq!(wt4.columns.len(), 3 + 15 + 7 + 2);
    assert_eq!(wt4.ignored["YL2"], "没有对应的数据项");
}

#[test]
fn wrong_layouts_are_refused() {
    let layout = r#"id = "wt4"
name = "卫统4"
[columns]
"A" = "A99"
"B{1..2}" = "A48"
"C" = "C06x{}C"
"D{1..41}" = "C06x{}C"
"E{0..1}" = "C38x{}"
"F" = "A48.hour"
"G" = "A48.part"
"H{1-2}" = "C06x{}C"
"I{1..2}" = "C99x{}C"
"J" = "A48"
"j " = "A48"
[ignored]
"J" = "重复"
"#;
    assert_eq!(
        refused(&[with(&[("datasets/stays/layouts/wt4.toml", layout)])]),
        "\
p/datasets/stays/layouts/wt4.toml:4:7: 没有数据项“A99”
p/datasets/stays/layouts/wt4.toml:5:13: 列名有序号，“A48”却没有 {}
p/datasets/stays/layouts/wt4.toml:6:7: “C06x{}C”有序号，列名却没有 {1..15}
p/datasets/stays/layouts/wt4.toml:7:14: “C06x{}C”没有第 41 项（最多 40 项）
p/datasets/stays/layouts/wt4.toml:8:13: “C38x{}”没有第 0 项（最多 40 项）
p/datasets/stays/layouts/wt4.toml:9:7: “A48”的类型没有“A48.hour”所说的部分
p/datasets/stays/layouts/wt4.toml:10:7: 不认识的部分“.part”：可以写 .date、.hour、.incision、.healing
p/datasets/stays/layouts/wt4.toml:11:12: 列名“H{1-2}”的序号应写作 {1..15}
p/datasets/stays/layouts/wt4.toml:12:13: 没有数据项“C99x{}C”
p/datasets/stays/layouts/wt4.toml:14:8: 列名“j ”重复
p/datasets/stays/layouts/wt4.toml:16:7: 列名“J”重复"
    );
}

#[test]
fn checks_are_resolved() {
    let pack = loaded(&[with(&[
        (
            "datasets/stays/checks/T1.toml",
            &check("T1", "trial", "elements = [\"A14\"]\nwhen = \"A13 is not null\"\nrequire = \"A14 >= 0\"\n"),
        ),
        (
            "datasets/stays/checks/T2.toml",
            &check(
                "T2",
                "trial",
                "elements = [\"C06x{}C\"]\nover = \"diagnosis\"\nat = \"code\"\nrequire = \"length(it) > 2\"\n",
            ),
        ),
        (
            "datasets/stays/checks/T3.toml",
            &check(
                "T3",
                "trial",
                "elements = [\"A48\", \"C06x01C\"]\n[[case]]\neach = [\"A48\", \"A01\"]\nrequire = \"not empty(it)\"\n[[case]]\nat = \"C06x01C\"\nrequire = \"any(diagnosis, slot = 1)\"\n",
            ),
        ),
        (
            "datasets/stays/checks/T4.toml",
            &check(
                "T4",
                "trial",
                "elements = [\"A48\"]\nkind = \"unique\"\nkeys = [[\"A48\", \"A49\"], [\"A48\", \"B15\"]]\n",
            ),
        ),
        (
            "datasets/stays/checks/T5.toml",
            &check(
                "T5",
                "trial",
                "elements = [\"B12\"]\nkind = \"overlap\"\nby = [\"A48\"]\nfrom = \"B12\"\nto = \"B15\"\n",
            ),
        ),
        (
            "datasets/stays/checks/T6.toml",
            &check(
                "T6",
                "trial",
                "elements = [\"A49\"]\nkind = \"sequence\"\nby = [\"A48\"]\norder = \"B12\"\nvalue = \"A49\"\n",
            ),
        ),
        (
            "datasets/stays/checks/T7.toml",
            &check(
                "T7",
                "trial",
                "elements = [\"A20\"]\nkind = \"rate\"\neach = [\"A20\", \"A13\"]\nof = \"dash(it)\"\nat_most = \"dash_rate\"\n",
            ),
        ),
        ("datasets/stays/checks/T8.toml", &check("T8", "draft", "elements = [\"A20\"]\n")),
    ])]);
    let checks = &pack.datasets["stays"].checks;
    let at = |n: usize| match &checks[n].kind {
        Some(CheckKind::Row(cases) | CheckKind::Rate { of: cases, .. }) => cases.iter().map(|case| case.at).collect(),
        _ => Vec::new(),
    };
    let field = |n| At::Cell(Cell::Field(FieldIx(n)));
    assert_eq!(at(0), [field(5)]);
    assert_eq!(at(1), [At::Each(GroupIx(0), MemberIx(0))]);
    assert_eq!(at(2), [field(1), field(0), At::Cell(Cell::Member(GroupIx(0), MemberIx(0), 1))]);
    assert_eq!(at(6), [field(6), field(4)]);
    let Some(CheckKind::Unique(keys)) = &checks[3].kind else { panic!("unique") };
    assert_eq!(*keys, [vec![FieldIx(1), FieldIx(2)], vec![FieldIx(1), FieldIx(8)]]);
    assert!(matches!(&checks[4].kind, Some(CheckKind::Overlap { from: FieldIx(7), to: FieldIx(8), .. })));
    assert!(matches!(&checks[5].kind, Some(CheckKind::Sequence { order: FieldIx(7), value: FieldIx(2), .. })));
    assert!(checks[7].kind.is_none());
}

#[test]
fn wrong_checks_are_refused_at_their_place() {
    let cases = [
        (
            check("T1", "trial", "elements = [\"A144\"]\nrequire = \"A14 >= 0\"\n"),
            "10:13: 没有数据项“A144”\n    提示：是不是“A14”？",
        ),
        (
            check("T1", "trial", "elements = [\"C06x{}C\"]\nrequire = \"A14 >= 0\"\n"),
            "10:13: “C06x{}C”不是一个数据项，规则不知道指向哪一格\n    提示：对重复组逐项检查写 over = \"组\" 和 at = \"组内数据项\"；否则写 at = \"数据项\"",
        ),
        (
            check("T1", "trial", "elements = [\"A14\"]\nrequire = \"A14 >= A15\"\n"),
            "11:19: 没有数据项“A15”\n    提示：是不是“A13”？",
        ),
        (
            check("T1", "trial", "elements = [\"A14\"]\nrequire = \"\"\"\nA14 >= 0\n  and 年龄 < 3\"\"\"\n"),
            "13:7: 此处应为表达式，实际是“年”",
        ),
        // A value with escapes has no place of its own within the text; its start is given.
        (
            check("T1", "trial", "elements = [\"A14\"]\nrequire = \"matches(A01, '\\\\d') and A15 = 1\"\n"),
            "11:11: 没有数据项“A15”\n    提示：是不是“A13”？",
        ),
        (
            check("T1", "trial", "elements = [\"A14\"]\nrequire = \"A14\"\n"),
            "11:12: 此处应为条件（真或假），实际是整数",
        ),
        (
            check("T1", "trial", "elements = [\"A14\"]\n"),
            "1:1: 缺少 require：要运行的规则必须写明条件；不能判定的写 status = \"draft\"",
        ),
        (
            check("T1", "trial", "elements = [\"A48\"]\nkind = \"unique\"\nrequire = \"true\"\n"),
            "11:8: 缺少“keys”\np/datasets/stays/checks/T1.toml:12:11: “unique”规则不用“require”\n    提示：可以写：keys",
        ),
        (
            check("T1", "trial", "elements = [\"A48\"]\nkind = \"uniq\"\n"),
            "11:8: 没有规则种类“uniq”\n    提示：是不是“unique”？",
        ),
        (
            check("T1", "trial", "elements = [\"A48\"]\nover = \"diagnoses\"\nat = \"code\"\nrequire = \"true\"\n"),
            "11:8: 没有重复组“diagnoses”\n    提示：是不是“diagnosis”？",
        ),
        (
            check(
                "T1",
                "trial",
                "elements = [\"A48\"]\nkind = \"rate\"\neach = [\"A20\"]\nof = \"dash(it)\"\nat_most = \"dash_rat\"\n",
            ),
            "14:11: 没有参数“dash_rat”\n    提示：是不是“dash_rate”？",
        ),
        (
            check("T1", "trial", "elements = [\"A48\"]\nrequire = \"true\"\nremedi = \"x\"\n"),
            "12:1: 不认识的键“remedi”\n    提示：是不是“remedy”？",
        ),
        (
            check("T1", "running", "elements = [\"A48\"]\nrequire = \"true\"\n"),
            "3:10: 不认识的值“running”\n    提示：可以写：draft、trial、active、retired",
        ),
        (check("T2", "trial", "elements = [\"A48\"]\nrequire = \"true\"\n"), "1:6: 编号“T2”应与文件名一致：T1"),
        (
            check("T1", "active", "elements = [\"A48\"]\nrequire = \"true\"\n"),
            "1:1: 启用（active）的定义旁边要有测试文件（.test.toml）",
        ),
    ];
    for (text, expected) in cases {
        let got = refused(&[with(&[("datasets/stays/checks/T1.toml", &text)])]);
        assert_eq!(got, format!("p/datasets/stays/checks/T1.toml:{expected}"), "{text}");
    }
}

#[test]
fn indicators_become_parts() {
    let pack = loaded(&[with(&[
        (
            "indicators/M1.toml",
            &indicator("M1", "kind = \"mean\"\nunit = \"天\"\npopulation = \"A14 >= 18\"\nvalue = \"B20\""),
        ),
        (
            "indicators/M2.toml",
            &indicator(
                "M2",
                "kind = \"proportion\"\nunit = \"%\"\npopulation = \"A14 >= 18 and A12C = '1'\"\nexclusion = \"B20 > 60\"\nnumerator = \"B20 > param('long_stay_days')\"",
            ),
        ),
        (
            "indicators/M3.toml",
            &indicator("M3", "kind = \"ratio\"\nunit = \"元\"\nnumerator = \"D11\"\ndenominator = \"1\""),
        ),
        ("indicators/M4.toml", &indicator("M4", "kind = \"total\"\nnumerator = \"A12C = '1' and A14 >= 18\"")),
        ("indicators/M5.toml", &indicator("M5", "kind = \"growth\"\nunit = \"%\"\nof = \"M1\"")),
        (
            "indicators/M6.toml",
            &indicator("M6", "kind = \"ratio\"\nunit = \"%\"\nnumerator = \"D11\"\ndenominator = \"D01\""),
        ),
        (
            "indicators/M7.toml",
            &indicator("M7", "kind = \"proportion\"\nunit = \"%\"\nquality = { without = [\"T1\"] }"),
        ),
        ("datasets/stays/checks/T1.toml", &check("T1", "trial", "elements = [\"A14\"]\nrequire = \"A14 >= 0\"\n")),
    ])]);
    let keys = |id: &str| pack.indicators[id].parts().iter().map(|part| part.key.to_string()).collect::<Vec<_>>();
    assert_eq!(
        keys("M1"),
        [
            "stays: sum B20 where (A14 >= 18)",
            "stays: count where (A14 >= 18) and (B20 is not null)",
            "stays: sum of squares B20 where (A14 >= 18)",
        ]
    );
    assert_eq!(
        keys("M2"),
        [
            "stays: count where (A12C = '1') and (A14 >= 18) and (B20 > param('long_stay_days')) and not coalesce((B20 > 60), false)",
            "stays: count where (A12C = '1') and (A14 >= 18) and not coalesce((B20 > 60), false)",
        ]
    );
    assert_eq!(keys("M3"), ["stays: sum D11 where (D11 is not null)", "stays: count where (D11 is not null)"]);
    assert_eq!(keys("M4"), ["stays: count where (A12C = '1') and (A14 >= 18)"]);
    assert!(keys("M5").is_empty());
    assert_eq!(
        keys("M6"),
        [
            "stays: sum D11 where (D01 is not null) and (D11 is not null)",
            "stays: sum D01 where (D01 is not null) and (D11 is not null)",
        ]
    );
    assert_eq!(keys("M7"), ["stays: received without T1", "stays: received"]);
    let factor = |id: &str| match &pack.indicators[id].formula {
        Formula::Proportion { factor, .. } | Formula::Ratio { factor, .. } => *factor,
        _ => 0,
    };
    assert_eq!((factor("M2"), factor("M3"), factor("M6")), (100, 1, 100));
    let Summand::Rows { conditions, .. } = &pack.indicators["M2"].parts()[0].of else { panic!("rows") };
    assert_eq!(conditions.len(), 4);
}

#[test]
fn wrong_indicators_are_refused() {
    let cases = [
        (indicator("M1", "kind = \"mean\""), "11:8: “mean”指标缺少“value”"),
        (indicator("M1", "kind = \"average\"\nvalue = \"B20\""), "11:8: 没有指标种类“average”"),
        (
            indicator("M1", "kind = \"mean\"\nvalue = \"B20\"\nnumerator = \"true\""),
            "13:13: “mean”指标不用“numerator”\n    提示：可以写：population、exclusion、value、over",
        ),
        (
            indicator("M1", "kind = \"mean\"\nvalue = \"dash(B20)\""),
            "12:15: dash 只能用在校验规则中：指标所用的数据不再保留单元格的写法\n    提示：判断没有值写作 x is null",
        ),
        (
            indicator("M1", "kind = \"proportion\"\nunit = \"%\"\nnumerator = \"true\"\nfactor = 1"),
            "14:10: factor = 1 与单位“%”不符",
        ),
        (indicator("M1", "kind = \"growth\"\nof = \"M2\""), "12:6: 没有指标“M2”\n    提示：是不是“M1”？"),
        (indicator("M1", "kind = \"growth\"\nof = \"M1\""), "1:1: 不能取自另一个由指标值算出的指标：M1"),
        (indicator("M1", "kind = \"proportion\"\nquality = { without = [\"T9\"] }"), "12:24: 没有校验规则“T9”"),
        (
            indicator("M1", "kind = \"mean\"\nvalue = \"B20\"\ntarget = [ { from = 2020-01-01, source = \"甲\" } ]"),
            "13:12: 目标值要写 at_most、at_least、between 之一",
        ),
        (
            indicator("M1", "kind = \"mean\"\nvalue = \"B20\"\nshown = [\"B2\"]"),
            "13:10: 没有数据项“B2”\n    提示：是不是“B20”？",
        ),
    ];
    for (text, expected) in cases {
        let got = refused(&[with(&[("indicators/M1.toml", &text)])]);
        assert_eq!(got, format!("p/indicators/M1.toml:{expected}"), "{text}");
    }
}

#[test]
fn all_diagnostics_come_at_once() {
    let got = refused(&[with(&[
        (
            "codelists/RC001.toml",
            &(head("RC001", "active")
                + "version = \"1\"\nentries = [ { code = \"1\", name = \"男\" }, { code = \"1\", name = \"女\" } ]\n"),
        ),
        (
            "parameters/dash_rate.toml",
            &(head("dash_rate", "active")
                + "type = \"decimal(2)\"\nvalues = [ { from = 2020-01-01, value = \"5%\", source = \"\" } ]\n"),
        ),
        ("parameters/bad.toml", "id = "),
        ("somewhere/x.toml", ""),
        ("datasets/other/checks/T1.toml", ""),
    ])]);
    assert_eq!(
        got,
        "\
p/codelists/RC001.toml:8:41: 代码“1”重复
p/datasets/other/checks/T1.toml:1:1: “other”没有 dataset.toml 或 register.toml
p/parameters/bad.toml:1:6: TOML 写法有误：string values must be quoted, expected literal string
p/parameters/dash_rate.toml:8:41: “5%”不是小数（2位）
p/parameters/dash_rate.toml:8:56: “source”不能为空
p/somewhere/x.toml:1:1: 这个位置不放定义文件：应在 codelists/、parameters/、indicators/、alerts/、plans/、bulletins/ 或 datasets/<编号>/ 下"
    );
}

#[test]
fn a_wrong_dataset_says_all_that_is_wrong() {
    let text = common::stays()
        .replace("code(RC001)", "code(RC002)")
        .replace("department = \"B16C\"", "department = \"B16\"")
        .replace("type = \"date\", main = \"C16x01\"", "type = \"datetime\", main = \"C16x01\"")
        .replace("C38x{}", "C38x01");
    assert_eq!(
        refused(&[with(&[("datasets/stays/dataset.toml", &text)])]),
        "\
p/datasets/stays/dataset.toml:9:14: 没有数据项“B16”
    提示：是不是“B16C”？
p/datasets/stays/dataset.toml:18:38: 没有代码表“RC002”
    提示：是不是“RC001”？
p/datasets/stays/dataset.toml:47:61: “C16x01”是日期，与组内数据项的类型（日期时间）不同
p/datasets/stays/dataset.toml:48:64: element 中应有一处 {}，代表两位序号，如 C06x{}C
p/datasets/stays/dataset.toml:48:64: 代码“C38x01”与其他数据项或组内数据项重复"
    );
}

#[test]
fn test_tables_are_read() {
    let t1 = check("T1", "active", "elements = [\"A14\"]\nrequire = \"A14 >= 0\"\n");
    let tests = r#"
[[case]]
name = "年龄"
institution = { codes = ["X"], level = "32" }
received_at = "2024-04-05 08:00:00"
period = "2024-03"
earlier = """
A48 | B15
7   | 2024-02-01 00:00:00
"""
rows = """
A14 | a48 | expect
0   |     | passed
-1  | -   | violated@A14
"""
"#;
    let m1 = indicator("M1", "kind = \"mean\"\nunit = \"天\"\nvalue = \"B20\"");
    let figures = "[[case]]\nname = \"均数\"\nrows = \"\"\"\nB20\n4\n7\n\"\"\"\nnumerator = \"11\"\ndenominator = \"2\"\nvalue = \"5.50\"\n";
    let pack = loaded(&[with(&[
        ("datasets/stays/checks/T1.toml", &t1),
        ("datasets/stays/checks/T1.test.toml", tests),
        ("indicators/M1.toml", &m1),
        ("indicators/M1.test.toml", figures),
    ])]);
    let Cases::Check(cases) = &pack.tests[0].cases else { panic!("check") };
    let case = &cases[0];
    assert_eq!(pack.tests[0].file, "p/datasets/stays/checks/T1.test.toml");
    assert_eq!(case.line, 13);
    assert_eq!(case.rows.header, ["A14", "A48"]);
    assert_eq!(case.rows.rows, [["0", ""], ["-1", "-"]]);
    assert_eq!(case.earlier.rows, [["7", "2024-02-01 00:00:00"]]);
    assert_eq!(
        case.expect,
        [
            Expect { outcome: Outcome::Passed, at: None },
            Expect { outcome: Outcome::Violated, at: Some(Cell::Field(FieldIx(5))) },
        ]
    );
    assert_eq!(case.institution.as_ref().unwrap().level.as_deref(), Some("32"));
    let Cases::Indicator(cases) = &pack.tests[1].cases else { panic!("indicator") };
    assert_eq!(cases[0].rows.rows, [["4"], ["7"]]);
    assert_eq!((cases[0].numerator.as_deref(), cases[0].value.as_str()), (Some("11"), "5.50"));
}

#[test]
fn wrong_test_tables_are_refused() {
    let t1 = check("T1", "active", "elements = [\"A14\"]\nrequire = \"A14 >= 0\"\n");
    let table = |rows: &str| format!("[[case]]\nname = \"年龄\"\nrows = \"\"\"\n{rows}\"\"\"\n");
    for (rows, expected) in [
        ("A14\n0\n", "4:1: 最后一列应为 expect"),
        ("A144 | expect\n0 | passed\n-1 | violated\n", "4:1: 没有数据项“A144”\n    提示：是不是“A14”？"),
        ("A14 | expect\n0 | 1 | passed\n-1 | violated\n", "5:1: 这一行有 2 格，表头有 1 格"),
        ("A14 | expect\n0 | pass\n-1 | violated\n", "5:1: 不认识的预期结果“pass”\n    提示：是不是“passed”？"),
        ("A14 | expect\n0 | passed\n", "1:1: 启用（active）的规则至少要有一行 violated"),
        ("", "3:8: 表格为空"),
    ] {
        let got = refused(&[with(&[
            ("datasets/stays/checks/T1.toml", &t1),
            ("datasets/stays/checks/T1.test.toml", &table(rows)),
        ])]);
        assert_eq!(got, format!("p/datasets/stays/checks/T1.test.toml:{expected}"), "{rows}");
    }
    // Where the code list is yet to come, all there is to show is that nothing can be said.
    let t1 = check("T1", "active", "elements = [\"C03C\"]\nrequire = \"listed(C03C, 'ICD10')\"\n");
    let files = [
        ("datasets/stays/checks/T1.toml", t1.as_str()),
        ("datasets/stays/checks/T1.test.toml", &table("C03C | expect\nA01 | not_evaluable\n")),
    ];
    assert_eq!(loaded(&[with(&files)]).tests.len(), 1);
    assert_eq!(
        refused(&[with(&[("datasets/stays/checks/T9.test.toml", "")])]),
        "p/datasets/stays/checks/T9.test.toml:1:1: 没有规则 T9，测试无所依附"
    );
}

#[test]
fn a_layer_says_what_it_is() {
    let mut layer = with(&[]);
    layer.files.retain(|(path, _)| path != "pack.toml");
    assert_eq!(refused(&[layer]), "p/pack.toml:1:1: 缺少 pack.toml(写明 id、version、name、purpose)");
}

/// A monthly report: institution and month name its only row.
fn report() -> String {
    head("service", "active")
        + r#"institution = "ORG"
period = "MONTH"
department = "WARD"
key = ["ORG", "MONTH"]
due = { min_beds = 20, classes = ["A", "B1"], levels = ["2", "3"], days = 10 }
form = true
field = [
  { id = "ORG", name = "机构编码", type = "text", required = "must", privacy = "plain" },
  { id = "MONTH", name = "报告期", type = "month", required = "must", privacy = "plain" },
  { id = "WARD", name = "科室", type = "text", required = "optional", privacy = "plain" },
  { id = "VISITS", name = "总诊疗人次数（人次）", type = "integer", required = "must", privacy = "plain" },
  { id = "OUT", name = "出院人数", type = "integer", required = "must", privacy = "plain" },
  { id = "NOTE1", name = "备注", type = "text", required = "optional", privacy = "plain" },
  { id = "NOTE2", name = "备注", type = "text", required = "optional", privacy = "plain" },
]
"#
}

#[test]
fn monthly_reports_load() {
    let dataset = |body: &str| format!("datasets/service/{body}");
    let change = check("R1", "trial", "elements = [\"VISITS\"]\nkind = \"change\"\neach = [\"VISITS\", \"OUT\"]\nwhen = \"OUT > 0\"\nat_most = \"dash_rate\"\n");
    let against = check("R2", "trial", "elements = [\"OUT\"]\nkind = \"against\"\nat = \"OUT\"\nindicator = \"M1\"\nwithin = \"dash_rate\"\n");
    let beds = check("R3", "trial", "elements = [\"OUT\"]\nrequire = \"OUT <= institution.registered_beds\"\n");
    let tests = "[[case]]\nname = \"甲\"\nknown = \"12.50\"\nperiod = \"2024-03\"\nrows = \"\"\"\nMONTH | OUT | expect\n2024-03 | 12 | passed\n\"\"\"\n";
    let pack = loaded(&[with(&[
        (&dataset("dataset.toml"), &report()),
        (&dataset("checks/R1.toml"), &change),
        (&dataset("checks/R2.toml"), &against),
        (&dataset("checks/R2.test.toml"), tests),
        (&dataset("checks/R3.toml"), &beds),
        ("indicators/M1.toml", &indicator("M1", "kind = \"mean\"\nunit = \"天\"\nvalue = \"B20\"")),
    ])]);
    let service = &pack.datasets["service"];
    assert!(service.form && service.fields[1].month && !service.fields[0].month);
    assert_eq!(service.fields[1].ty, yizheng_pack::types::Type::Date);
    assert!(matches!(&service.checks[0].kind,
        Some(CheckKind::Change { when: Some(_), of, at_most }) if *of == [FieldIx(3), FieldIx(4)] && &**at_most == "dash_rate"));
    assert!(matches!(&service.checks[1].kind,
        Some(CheckKind::Against { when: None, at: FieldIx(4), indicator, .. }) if &**indicator == "M1"));
    let Cases::Check(cases) = &pack.tests[0].cases else { panic!("cases of a check") };
    assert_eq!(cases[0].known, Some(Value::Number { units: 1250, scale: 2 }));

    // Twenty beds, of class A or B1, of level 2 or 3: all three.
    let asks = |class: &str, level: &str, beds| service.due.asks(class, level, beds);
    assert_eq!(
        [asks("A100", "32", Some(20)), asks("B120", "20", Some(99)), asks("A100", "32", Some(19)), asks("A100", "32", None)],
        [true, true, false, false]
    );
    assert_eq!([asks("B200", "32", Some(20)), asks("A100", "12", Some(20)), asks("A100", "", Some(20))], [false; 3]);
    // Nobody has to send what is voluntary, whoever it would fit.
    let voluntary = yizheng_pack::dataset::Due { voluntary: true, ..service.due.clone() };
    assert!(!voluntary.asks("A100", "32", Some(20)));

    // The layout of names: full-width brackets as half-width ones; a name of two fields says nothing.
    let names = service.layouts.last().unwrap();
    assert_eq!(names.id, yizheng_pack::dataset::Layout::NAMES);
    assert_eq!(names.columns["总诊疗人次数(人次)"].cell, Cell::Field(FieldIx(3)));
    assert_eq!(names.columns.len(), 5);
}

#[test]
fn wrong_monthly_reports_are_refused() {
    let refused_as = |dataset: &str, body: &str| {
        let check = check("R1", "trial", &format!("elements = [\"OUT\"]\n{body}"));
        let files = [("datasets/service/dataset.toml", dataset), ("datasets/service/checks/R1.toml", &check)];
        refused(&[with(&files)])
    };
    let dated = report().replace("type = \"month\"", "type = \"date\"");
    let at = "p/datasets/service/checks/R1.toml";
    for (dataset, body, expected) in [
        (&dated, "kind = \"change\"\neach = [\"OUT\"]\nat_most = \"dash_rate\"\n", format!("{at}:11:8: “change”规则只用于月报：数据集的报告期（period）应是类型为 month 的数据项")),
        (&report(), "kind = \"change\"\neach = [\"ORG\"]\nat_most = \"dash_rate\"\n", format!("{at}:12:9: “each”应为数字，“ORG”是文本")),
        (&report(), "kind = \"change\"\neach = [\"OUT\"]\n", format!("{at}:11:8: “change”规则要写 each（比较的数据项）和 at_most（参数）")),
        (&report(), "kind = \"against\"\nat = \"OUT\"\nindicator = \"M2\"\nwithin = \"dash_rat\"\n", format!("{at}:13:13: 没有指标“M2”\n{at}:14:10: 没有参数“dash_rat”\n    提示：是不是“dash_rate”？")),
        (&report(), "kind = \"against\"\nat = \"OUT\"\nwithin = \"dash_rate\"\nkeys = [[\"ORG\"]]\nindicator = \"M2\"\n", format!("{at}:14:10: “against”规则不用“keys”\n    提示：可以写：at、when、indicator、within\n{at}:15:13: 没有指标“M2”")),
    ] {
        assert_eq!(refused_as(dataset, body), expected, "{body}");
    }
}

#[test]
fn indicators_known_by_name_say_why_they_are_not_computed() {
    let entry = |id: &str, why: &str| format!("[[indicator]]\nid = \"{id}\"\nname = \"甲\"\ndomain = \"乙\"\n{why}\n");
    let m1 = indicator("M1", "kind = \"total\"\nnumerator = \"B20 > 1\"\n");
    let of = |text: &str| with(&[("named.toml", text), ("indicators/M1.toml", &m1)]);
    let text = entry("N1", "same_as = \"M1\"") + &entry("N2", "waits_for = \"按人追踪\"");
    let pack = loaded(&[of(&text)]);
    let words: Vec<String> = pack.named.values().map(|named| format!("{} {}", named.id, named.in_words())).collect();
    assert_eq!(words, ["N1 与 M1 口径相同，请看 M1", "N2 尚不能计算：按人追踪"]);
    for (text, expected) in [
        (entry("M1", "waits_for = \"数据\""), "p/named.toml:2:6: “M1”已有定义"),
        (entry("N1", "same_as = \"M9\""), "p/named.toml:5:11: 没有指标“M9”"),
        (entry("N1", ""), "p/named.toml:2:6: same_as（同哪个指标）和 waits_for（在等什么）写且只写一项"),
        (entry("N1", "same_as = \"M1\"\nwaits_for = \"数据\""), "p/named.toml:2:6: same_as（同哪个指标）和 waits_for（在等什么）写且只写一项"),
    ] {
        let said = refused(&[of(&text)]);
        assert!(said.starts_with(expected), "{text}: {said}");
    }
}

#[test]
fn layouts_may_spell_values_their_own_way() {
    let layout = |values: &str| {
        format!("id = \"lab\"\nname = \"检验\"\n[columns]\n\"SEX\" = \"A12C\"\n\"JBDM{{1..2}}\" = \"C06x{{}}C\"\n{values}")
    };
    let good = layout("[values.SEX]\nm = \"1\"\nＦ = \"2\"\n[values.\"JBDM{1..2}\"]\nfever = \"R50.900\"\n");
    let good = good.replace("Ｆ = ", "\"Ｆ\" = ");
    let pack = loaded(&[with(&[("datasets/stays/layouts/lab.toml", &good)])]);
    let values = &pack.datasets["stays"].layouts[1].values;
    assert_eq!(values.len(), 3);
    assert_eq!(values["SEX"].get(" M "), Some("1"));
    assert_eq!(values["SEX"].get("f"), Some("2"));
    assert_eq!(values["SEX"].get("x"), None);
    assert_eq!(values["JBDM2"].get("Fever"), Some("R50.900"));
    let wrong = layout("[values.SEX]\nm = \"1\"\nM = \"1\"\nf = \"3\"\nu = \"-\"\n[values.SEXE]\nm = \"1\"\n");
    assert_eq!(
        refused(&[with(&[("datasets/stays/layouts/lab.toml", &wrong)])]),
        "\
p/datasets/stays/layouts/lab.toml:8:5: “M”重复：不分大小写和全角半角
p/datasets/stays/layouts/lab.toml:9:5: 没有代码表 RC001 的代码“3”
    提示：是不是“1”？
p/datasets/stays/layouts/lab.toml:11:1: 没有列“SEXE”
    提示：是不是“SEX”？"
    );
}

#[test]
fn two_datasets_may_not_use_one_id_for_a_check() {
    let check = head("T1", "draft") + "severity = \"error\"\nelements = [\"B20\"]\nsource = \"甲\"\nremedy = \"\"\n";
    let other = common::stays().replace("id = \"stays\"", "id = \"visits\"");
    let got = refused(&[with(&[
        ("datasets/stays/checks/T1.toml", &check),
        ("datasets/visits/dataset.toml", &other),
        ("datasets/visits/checks/T1.toml", &check),
    ])]);
    assert_eq!(got, "p/datasets/visits/checks/T1.toml:1:1: 编号“T1”已用于数据集 stays 的规则：编号不得重复");
}

#[test]
fn type_and_unit_name_one_quantity() {
    let parameter = |ty: &str, unit: &str| {
        let values = "values = [ { from = 2020-01-01, value = \"5\", source = \"甲\" } ]";
        head("limit", "active") + &format!("type = \"{ty}\"\nunit = \"{unit}\"\n{values}\n")
    };
    let help = "    提示：单位“元”写 type = \"money\"，“%”写 type = \"percent\"，其他单位写 integer 或 decimal(1–6)";
    for (ty, unit, fits) in [
        ("money", "元", true),
        ("money", "", true),
        ("money", "万元", false),
        ("money", "%", false),
        ("percent", "%", true),
        ("percent", "", true),
        ("percent", "元", false),
        ("decimal(2)", "万元", true),
        ("decimal(2)", "元", false),
        ("integer", "%", false),
        ("integer", "天", true),
        ("text", "%", true),
    ] {
        let got = refused(&[with(&[("parameters/limit.toml", &parameter(ty, unit))])]);
        let expected = match fits {
            true => "nothing is wrong".to_owned(),
            false => format!("p/parameters/limit.toml:7:8: 类型 {ty} 与单位“{unit}”不符\n{help}"),
        };
        assert_eq!(got, expected, "{ty} {unit}");
    }
    let field = common::stays().replace("type = \"money\"", "type = \"money\", unit = \"千元\"");
    let got = refused(&[with(&[("datasets/stays/dataset.toml", &field)])]);
    let at = |place| format!("p/datasets/stays/dataset.toml:{place}: 类型 money 与单位“千元”不符\n{help}");
    assert_eq!(got, [at("26:38"), at("27:42")].join("\n"));
}

#[test]
fn the_unit_of_an_indicator_fits_what_it_measures() {
    for (body, wrong) in [
        ("kind = \"mean\"\nvalue = \"D01\"", &[("元", ""), ("元/人次", ""), ("", ""), ("%", "取值是金额"), ("天", "取值是金额")][..]),
        ("kind = \"mean\"\nvalue = \"B20\"", &[("天", ""), ("元", "取值是一般数字"), ("%", "取值是一般数字")]),
        ("kind = \"quantile\"\nvalue = \"D01 - D11\"", &[("元", ""), ("千元", "取值是金额")]),
        ("kind = \"total\"\nvalue = \"D01 * 2\"", &[("元", ""), ("人次", "取值是金额")]),
        ("kind = \"total\"\nnumerator = \"D01 > 100\"", &[("人次", ""), ("元", "取值是一般数字")]),
        ("kind = \"distinct\"\nvalue = \"D01\"", &[("种", ""), ("元", "去重计数得出的是个数")]),
        // 百元收入消耗 of one amount for another is said in 元 too.
        ("kind = \"ratio\"\nnumerator = \"D11\"\ndenominator = \"D01\"", &[("%", ""), ("元", ""), ("", "")]),
        (
            "kind = \"ratio\"\nnumerator = \"D01\"\ndenominator = \"B20\"",
            &[("元/床日", ""), ("%", "分子是金额、分母是一般数字"), ("天", "分子是金额、分母是一般数字")],
        ),
        (
            "kind = \"ratio\"\nnumerator = \"B20\"\ndenominator = \"D01\"",
            &[("天/万元", ""), ("元", "分子是一般数字、分母是金额"), ("%", "分子是一般数字、分母是金额")],
        ),
    ] {
        for (unit, what) in wrong {
            let text = indicator("M1", &format!("unit = \"{unit}\"\n{body}"));
            let got = refused(&[with(&[("indicators/M1.toml", &text)])]);
            let expected = match *what {
                "" => "nothing is wrong".to_owned(),
                what => format!(
                    "p/indicators/M1.toml:12:8: {what}，与单位“{unit}”不符\n    提示：金额的单位写“元”，百分数的写“%”；两个同类的数相比才用“%”"
                ),
            };
            assert_eq!(got, expected, "{body} {unit}");
        }
    }
}

#[test]
fn a_tolerance_is_a_proportion_and_no_percent() {
    let percent = head("dash_rate", "active")
        + "type = \"percent\"\nvalues = [ { from = 2020-01-01, value = \"5\", source = \"甲\" } ]\n";
    let rate = check("T1", "trial", "elements = [\"A20\"]\nkind = \"rate\"\neach = [\"A20\"]\nof = \"dash(it)\"\nat_most = \"dash_rate\"\n");
    let got = refused(&[with(&[("parameters/dash_rate.toml", &percent), ("datasets/stays/checks/T1.toml", &rate)])]);
    assert_eq!(got, "p/datasets/stays/checks/T1.toml:14:11: at_most 的参数应为比例，如 0.05");
}
