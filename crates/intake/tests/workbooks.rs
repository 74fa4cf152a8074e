//! Workbooks of several sheets, hidden sheets, merged cells.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::io::Cursor;

use calamine::{Reader as _, Xlsx};
use common::*;
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use yizheng_intake::write::{Findings, findings_csv, findings_xlsx};
use yizheng_intake::{Checked, Limits, Submitted, Verdict};
use yizheng_pack::types::Value;

fn message(checked: &Checked, number: &str) -> String {
    let found = checked.file_findings.iter().find(|finding| finding.number == number);
    found.unwrap_or_else(|| panic!("no {number} in {:?}", checked.file_findings)).message.clone()
}

fn book(sheets: &[(&str, &Texts)]) -> Workbook {
    let mut book = Workbook::new();
    for (name, table) in sheets {
        table.sheet(book.add_worksheet().set_name(*name).unwrap());
    }
    book
}

fn merge(sheet: &mut Worksheet, from: (u32, u16), to: (u32, u16), text: &str) {
    sheet.merge_range(from.0, from.1, to.0, to.1, text, &Format::new()).unwrap();
}

#[test]
fn sheets_of_one_header_are_read_one_after_another() {
    let mut first = Texts::good(3).set(2, "A12C", "7");
    let mut second = first.clone();
    second.0[1][1] = "2001".to_owned();
    second.0[2][1] = "2002".to_owned();
    second.0[3][1] = "2003".to_owned();
    first.0.insert(0, vec!["云澜市第一人民医院首页".to_owned()]);
    let notes = Texts::of("填表说明\n第一张表是上旬");
    let mut workbook = book(&[("上旬", &first), ("说明", &notes), ("下旬", &second)]);
    let bytes = workbook.save_to_buffer().unwrap();
    let checked = run(&bytes, &context());
    assert_eq!((checked.verdict, checked.rows), (Verdict::Returned, 6), "{:?}", checked.file_findings);
    assert_eq!(message(&checked, "N0111"), "有 2 个表的表头相同，已依次读取：上旬、下旬。");
    assert_eq!(message(&checked, "N0103"), "只读取了工作表“上旬”“下旬”，没有读取：说明。");
    assert_eq!(checked.file.as_ref().unwrap().sheet.as_deref(), Some("上旬、下旬"));
    assert_eq!(found(&checked, "FP015", "A12C"), [2, 5]);
    // The first sheet has a title above its header, so that its second row is the sheet's fourth.
    assert_eq!(checked.report.origins.of(2), (Some("上旬"), 4));
    assert_eq!(checked.report.origins.of(5), (Some("下旬"), 3));
    // Whoever mends the file is told the sheet beside the row.
    let findings = Findings {
        file: Submitted { bytes: &bytes, name: "首页.xlsx" },
        dataset: front_page(),
        report: &checked.report,
        file_findings: &checked.file_findings,
        repairs: &checked.repairs,
        personal: true,
        limits: Limits::default(),
    };
    let mut text = Vec::new();
    findings_csv(&mut text, &findings).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let lines: Vec<_> = reader.records().map(Result::unwrap).filter(|line| &line[0] == "FP015").collect();
    let places: Vec<_> = lines.iter().map(|line| (line[7].to_owned(), line[2].to_owned(), line[3].to_owned())).collect();
    let place = |sheet: &str, row: &str, key: &str| (sheet.to_owned(), row.to_owned(), key.to_owned());
    assert_eq!(places, [place("上旬", "4", "1002/1"), place("下旬", "3", "2002/1")]);
    let mut out = Cursor::new(Vec::new());
    findings_xlsx(&mut out, &findings).unwrap();
    let mut marked: Xlsx<_> = Xlsx::new(out).unwrap();
    let list = marked.worksheet_range("问题清单").unwrap();
    let rows: Vec<String> = list.rows().skip(1).filter(|row| row[0] == "FP015").map(|row| row[2].to_string()).collect();
    assert_eq!(rows, ["上旬 4", "下旬 3"]);
}

#[test]
fn the_sheet_that_fits_is_read() {
    // The other sheet knows some of the columns, but not those that the dataset needs.
    let codes = Texts::of("A12C | 性别 | A48\n1 | 男 | -\n2 | 女 | -");
    let mut workbook = book(&[("代码", &codes), ("首页", &Texts::good(2))]);
    let checked = run(&workbook.save_to_buffer().unwrap(), &context());
    assert_eq!((checked.verdict, checked.rows), (Verdict::Accepted, 2), "{:?}", checked.file_findings);
    assert_eq!(message(&checked, "N0103"), "只读取了工作表“首页”，没有读取：代码。");
    let mut none = book(&[("代码", &codes), ("缺列", &Texts::good(2).without("D01"))]);
    let checked = run(&none.save_to_buffer().unwrap(), &context());
    assert_eq!(
        message(&checked, "F0209"),
        "2 个表中没有一个的表头符合本数据集：缺列、代码；最接近的是“缺列”：认识其中 10 列，缺少 D01 住院总费用。"
    );
}

#[test]
fn hidden_sheets_are_named_and_not_read() {
    let mut workbook = book(&[("首页", &Texts::good(2)), ("旧数据", &Texts::good(5))]);
    workbook.worksheet_from_name("旧数据").unwrap().set_hidden(true);
    let checked = run(&workbook.save_to_buffer().unwrap(), &context());
    assert_eq!((checked.verdict, checked.rows), (Verdict::Accepted, 2), "{:?}", checked.file_findings);
    assert_eq!(message(&checked, "N0112"), "没有读取隐藏的工作表：旧数据。");
    let mut workbook = book(&[("封面", &Texts::of("云澜市第一人民医院")), ("首页", &Texts::good(2))]);
    workbook.worksheet_from_name("首页").unwrap().set_very_hidden(true);
    let checked = run(&workbook.save_to_buffer().unwrap(), &context());
    assert_eq!(message(&checked, "F0208"), "符合本数据集的是隐藏的工作表“首页”，隐藏的工作表不读取。");
}

#[test]
fn a_header_of_two_rows() {
    // Title, groups and names; the names of the dataset are those of its fields.
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    merge(sheet, (0, 0), (0, 10), "云澜市第一人民医院住院病案首页");
    for (column, name) in [(0, "A01"), (1, "A48"), (2, "A49"), (10, "D01")] {
        merge(sheet, (1, column), (2, column), name);
    }
    merge(sheet, (1, 3), (1, 4), "时间");
    sheet.write_string(2, 3, "B12").unwrap();
    sheet.write_string(2, 4, "B15").unwrap();
    merge(sheet, (1, 5), (1, 7), "B");
    sheet.write_string(2, 5, "11C").unwrap();
    sheet.write_string(2, 6, "20").unwrap();
    sheet.write_string(2, 7, "34C").unwrap();
    merge(sheet, (1, 8), (1, 9), "其他");
    sheet.write_string(2, 8, "C03C").unwrap();
    sheet.write_string(2, 9, "A12C").unwrap();
    let cells = [OWN, "1001", "1", "2024-03-01 09:00:00", "2024-03-05 10:00:00", "1", "4", "1", "I10.x00", "1", "1200.50"];
    for (column, cell) in (0..).zip(cells) {
        sheet.write_string(3, column, cell).unwrap();
    }
    let checked = run(&workbook.save_to_buffer().unwrap(), &context());
    assert_eq!((checked.verdict, checked.rows), (Verdict::Accepted, 1), "{:?}", checked.file_findings);
    assert_eq!(checked.file.as_ref().unwrap().header_row, 3);
    assert_eq!(rows_of(&checked), rows_of(&run(Texts::good(1).csv().as_bytes(), &context())));
    let said = message(&checked, "N0114");
    assert!(said.starts_with("表头占第 2、3 两行"), "{said}");
    assert!(said.contains("B/20 读作“B20”") && said.contains("时间/B12 读作“B12”"), "{said}");
    assert_eq!(message(&checked, "N0104"), "表头在第 3 行，其上的 1 行没有取用。");
}

#[test]
fn a_merged_title_is_no_part_of_the_header() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let mut table = Texts::good(2);
    table.0.insert(0, Vec::new());
    table.sheet(sheet);
    merge(sheet, (0, 0), (0, 10), "2024年3月");
    let checked = run(&workbook.save_to_buffer().unwrap(), &context());
    assert_eq!((checked.verdict, checked.rows), (Verdict::Accepted, 2), "{:?}", checked.file_findings);
    assert!(!numbers(&checked).contains(&"N0114"));
    assert!(checked.repairs.is_empty());
}

#[test]
fn merged_cells_among_the_data() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    Texts::good(4).set(1, "A26", "中山路3号").set(1, "A27", "1").sheet(sheet);
    // Column 1 is the key A48, 2 the key A49, 10 the costs D01, 11 a text, 12 the text beside it.
    merge(sheet, (1, 2), (2, 2), "1");
    merge(sheet, (1, 10), (2, 10), "1200.50");
    merge(sheet, (1, 11), (3, 11), "中山路3号");
    merge(sheet, (4, 11), (4, 12), "北院");
    let checked = run(&workbook.save_to_buffer().unwrap(), &context());
    assert_eq!(checked.rows, 4, "{:?}", checked.file_findings);
    // A key and a text stand for every row that they span, and this is said.
    assert_eq!(value(&checked, 1, "A49"), Value::integer(1));
    assert_eq!(repaired(&checked, "R0114", "A49"), [2]);
    assert_eq!(value(&checked, 2, "A26"), Value::text("中山路3号"));
    assert_eq!(repaired(&checked, "R0114", "A26"), [2, 3]);
    // An amount may be the sum of the rows: it is not copied, and the row is held.
    assert_eq!((value(&checked, 0, "D01"), value(&checked, 1, "D01")), (Value::fen(120_050), Value::Null));
    assert_eq!(repaired(&checked, "R0205", "D01"), [2]);
    assert!(checked.frame.states.malformed[&cell("D01")].value(1));
    assert!(checked.held.contains(2) && !checked.held.contains(1));
    // Nor does a merge over columns say what the second one holds.
    assert_eq!(value(&checked, 3, "A26"), Value::text("北院"));
    assert_eq!(value(&checked, 3, "A27"), Value::Null);
    assert_eq!(repaired(&checked, "R0205", "A27"), [4]);
    assert!(checked.frame.states.malformed[&cell("A27")].value(3));
}
