//! Findings as csv, json and xlsx.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::io::{Cursor, Read as _};
use std::ops::ControlFlow;

use calamine::{Data, Reader, Xlsx};
use common::*;
use expect_test::expect;
use yizheng_intake::write::{Filter, Finding, Findings, findings_csv, findings_json, findings_xlsx};
use yizheng_intake::{Checked, Limits, Submitted};
use yizheng_pack::dataset::Severity;

fn findings<'a>(bytes: &'a [u8], checked: &'a Checked, personal: bool) -> Findings<'a> {
    Findings {
        file: Submitted { bytes, name: "file" },
        dataset: front_page(),
        report: &checked.report,
        file_findings: &checked.file_findings,
        repairs: &checked.repairs,
        personal,
        limits: Limits::default(),
    }
}

/// Three rows with findings among ten, below a title.
fn file() -> String {
    let table = Texts::good(10)
        .all("A20", "99000119900307001X")
        .set(2, "A12C", "7")
        .set(4, "D01", "")
        .set(4, "A20", "9.9E+17")
        .set(5, "B12", "2024/3/1 9:00")
        .set(9, "A12C", "-");
    format!("三月首页\n{}", table.csv())
}

fn csv(bytes: &[u8], checked: &Checked, personal: bool) -> String {
    let mut out = Vec::new();
    findings_csv(&mut out, &findings(bytes, checked, personal)).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn as_csv() {
    let text = file();
    let checked = run(text.as_bytes(), &context());
    expect![[r#"
        check,severity,row,key,element,value,message,sheet
        F0401,error,,,,,有错误的行占 30%（3/10 行），超过上限 20%。请先改正问题清单中级别为“错误”的问题；错误多集中在少数几项规则，从行数最多的改起。,
        FP015,error,4,1002/1,A12C,7,性别取值应在RC001内，不得为“-”：A12C 性别 填的是“7”。填 1（男）、2（女）、0（未知）或 9（未说明），不能留空，也不能填“-”。,
        FP044,error,4,1002/1,A12C,7,居民身份证号码第17位的奇偶应与性别一致：A12C 性别 填的是“7”。对照证件核对号码和性别：第17位单数为男，双数为女。,
        YZ003,error,6,1004/1,A20,9.9E+17,应填项的内容应能读取：A20 证件号码 填的是“9.9E+17”。号码被 Excel 改成科学计数法（如 1.10105E+17），原号码已丢失，不能还原。请从病案系统重新导出；导出前先把整列设为“文本”，或直接导出 CSV，不经 Excel 打开保存。,
        FP109,error,6,1004/1,D01,,总费用应大于0：D01 住院总费用 为空。填住院总费用，单位元，大于0，不能留空，也不能填“-”。,
        FP015,error,11,1009/1,A12C,-,性别取值应在RC001内，不得为“-”：A12C 性别 填的是“-”。填 1（男）、2（女）、0（未知）或 9（未说明），不能留空，也不能填“-”。,
    "#]].assert_eq(&csv(text.as_bytes(), &checked, true));
    let masked = csv(text.as_bytes(), &checked, false);
    assert!(!masked.contains("9.9E+17") && masked.contains("9.9**17"), "{masked}");
}

#[test]
fn as_json_the_same() {
    let text = file();
    let checked = run(text.as_bytes(), &context());
    let mut out = Vec::new();
    findings_json(&mut out, &findings(text.as_bytes(), &checked, true)).unwrap();
    let list: Vec<serde_json::Value> = serde_json::from_slice(&out).unwrap();
    let text = csv(text.as_bytes(), &checked, true);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(list.len(), rows.len());
    for (object, row) in list.iter().zip(&rows) {
        for (key, cell) in ["check", "severity", "row", "key", "element", "value", "message", "sheet"].iter().zip(row) {
            let found = match &object[*key] {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Null => String::new(),
                other => other.to_string(),
            };
            assert_eq!(found, cell, "{key}");
        }
    }
    let clean = Texts::good(1).csv();
    let checked = run(clean.as_bytes(), &context());
    let mut out = Vec::new();
    findings_json(&mut out, &findings(clean.as_bytes(), &checked, true)).unwrap();
    assert_eq!(serde_json::from_slice::<Vec<serde_json::Value>>(&out).unwrap().len() as u64, {
        findings(clean.as_bytes(), &checked, true).count(&Filter::default())
    });
}

#[test]
fn a_file_that_was_returned_says_why() {
    let checked = run(b"", &context());
    let text = csv(b"", &checked, false);
    assert!(text.starts_with("check,severity,row,key,element,value,message,sheet\nF0101,error,,,,,文件是空的。"), "{text}");
    let mut out = Cursor::new(Vec::new());
    findings_xlsx(&mut out, &findings(b"", &checked, false)).unwrap();
    let mut book: Xlsx<_> = Xlsx::new(out).unwrap();
    assert_eq!(book.sheet_names(), ["文件说明"]);
    let range = book.worksheet_range("文件说明").unwrap();
    assert_eq!(range.get_value((1, 0)), Some(&Data::String("F0101".into())));
    assert_eq!(range.get_value((1, 1)), Some(&Data::String("退回".into())));
}

fn part(book: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn as_a_workbook() {
    let text = file();
    let checked = run(text.as_bytes(), &context());
    let mut out = Cursor::new(Vec::new());
    findings_xlsx(&mut out, &findings(text.as_bytes(), &checked, true)).unwrap();
    let bytes = out.into_inner();
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(&bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["问题行", "规则汇总", "问题清单", "文件说明"]);
    let rows = book.worksheet_range("问题行").unwrap();
    let line = |row: u32| -> Vec<String> {
        (0..14).map(|column| rows.get_value((row, column)).map(ToString::to_string).unwrap_or_default()).collect()
    };
    // The original header and rows, behind the row's number in the file and its checks.
    assert_eq!(line(0)[..6], ["原文件行号", "问题", "A01", "A48", "A49", "B12"]);
    assert_eq!((line(1)[0].as_str(), line(1)[3].as_str(), line(1)[7].as_str()), ("4", "1002", "7"));
    assert_eq!((line(2)[0].as_str(), line(2)[3].as_str(), line(2)[12].as_str()), ("6", "1004", ""));
    assert_eq!((line(3)[0].as_str(), line(3)[7].as_str()), ("11", "-"));
    assert!(line(1)[1].contains("FP015"));
    assert_eq!(rows.height(), 4);
    // The cell is commented: F2 of the sheet is row 2, H is 性别.
    let comments = part(&bytes, "xl/comments1.xml");
    assert!(comments.contains("ref=\"H2\"") && comments.contains("FP015"), "{comments}");
    let summary = book.worksheet_range("规则汇总").unwrap();
    assert_eq!(summary.height(), checked.report.checks.len() + 1);
    let list = book.worksheet_range("问题清单").unwrap();
    let count = findings(text.as_bytes(), &checked, true).count(&Filter::default());
    assert_eq!(list.height() as u64, count + 1);
    let about = book.worksheet_range("文件说明").unwrap();
    let numbers: Vec<String> = about.rows().map(|row| row[0].to_string()).collect();
    assert!(numbers.contains(&"N0104".to_owned()) && numbers.contains(&"R0105".to_owned()), "{numbers:?}");
}

#[test]
fn personal_values_stay_hidden() {
    let table = Texts::good(3)
        .all("A11", "欧阳无忌")
        .all("A20", "99000119900307001X")
        .all("A13", "1990-03-07")
        .all("院内备注", "复诊患者")
        .set(2, "A12C", "7");
    let text = table.csv();
    let checked = run(text.as_bytes(), &context());
    for personal in [false, true] {
        let mut out = Cursor::new(Vec::new());
        findings_xlsx(&mut out, &findings(text.as_bytes(), &checked, personal)).unwrap();
        let sheet = part(&out.into_inner(), "xl/worksheets/sheet1.xml");
        for secret in ["欧阳无忌", "99000119900307001X", "1990-03-07", "复诊患者"] {
            assert_eq!(sheet.contains(secret), personal, "{secret}");
        }
        assert!(sheet.contains("2024-03-05 10:00:00"));
    }
}

#[test]
fn filters_and_windows() {
    let text = file();
    let checked = run(text.as_bytes(), &context());
    let findings = findings(text.as_bytes(), &checked, true);
    let take = |filter: &Filter<'_>| {
        let mut all: Vec<Finding> = Vec::new();
        findings
            .each(filter, |finding| {
                all.push(finding);
                Ok(ControlFlow::Continue(()))
            })
            .unwrap();
        all
    };
    let all = take(&Filter::default());
    assert_eq!(all.len() as u64, findings.count(&Filter::default()));
    assert!(all.windows(2).all(|pair| pair[0].row <= pair[1].row));
    let sex = take(&Filter { element: Some("A12C"), severity: Some(Severity::Error), ..Filter::default() });
    assert!(!sex.is_empty() && sex.iter().all(|finding| finding.element.as_deref() == Some("A12C")));
    assert_eq!((sex[0].row, sex[0].id, sex[0].column, sex[0].key.as_str()), (4, 2, Some(6), "1002/1"));
    let keyed = take(&Filter { key: Some("1009"), ..Filter::default() });
    assert!(!keyed.is_empty() && keyed.iter().all(|finding| finding.key == "1009/1"));
    let mut first = 0;
    findings
        .each(&Filter::default(), |_| {
            first += 1;
            Ok(ControlFlow::Break(()))
        })
        .unwrap();
    assert_eq!(first, 1);
}
