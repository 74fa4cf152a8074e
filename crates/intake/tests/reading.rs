//! The same rows in every form, encoding and layout; what is repaired and what is not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use encoding_rs::GB18030;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use yizheng_intake::{Checked, Encoding, Form, Verdict};
use yizheng_pack::types::Value;

/// Everything that a frame says, in a form that compares.
fn contents(checked: &Checked) -> (String, Vec<String>) {
    let batch = checked.frame.to_batch(|_| true).unwrap();
    let mut states: Vec<String> = Vec::new();
    for (state, cells) in [("dash", &checked.frame.states.dash), ("malformed", &checked.frame.states.malformed)] {
        for (cell, bits) in cells {
            let rows: Vec<usize> = bits.set_indices().collect();
            states.push(format!("{} {state} {rows:?}", front_page().element(*cell)));
        }
    }
    states.sort();
    (format!("{batch:?}"), states)
}

fn with_chinese() -> Texts {
    Texts::good(3)
        .all("A02", "云澜市第一人民医院")
        .set(1, "A11", "张三")
        .set(2, "A11", "李四")
        .set(1, "C06x01C", "E11.900")
        .set(1, "C07x01N", "2型糖尿病")
        .set(2, "A26", "中山路3号\n二单元,\"北院\"")
}

#[test]
fn encodings_and_delimiters_change_nothing() {
    let text = with_chinese().csv();
    let plain = run(text.as_bytes(), &context());
    assert_eq!(plain.verdict, Verdict::Accepted);
    let facts = plain.file.as_ref().unwrap();
    assert_eq!((facts.form, facts.encoding, facts.layout.as_str()), (Form::Csv, Some(Encoding::Utf8), "official"));
    let bom = format!("\u{FEFF}{text}");
    let gb = GB18030.encode(&text).0.into_owned();
    let dos = format!("{}\u{1A}", text.replace("\n1", "\r\n1").replace("\n9", "\r\n9"));
    let unended = text.trim_end().to_owned();
    for bytes in [
        bom.as_bytes(),
        &gb,
        dos.as_bytes(),
        unended.as_bytes(),
        with_chinese().delimited(b'\t').as_bytes(),
        with_chinese().delimited(b';').as_bytes(),
        &with_chinese().xlsx(),
    ] {
        let other = run(bytes, &context());
        assert_eq!(contents(&other), contents(&plain), "{:?}", other.file.map(|file| (file.form, file.encoding)));
    }
    assert_eq!(run(&gb, &context()).file.unwrap().encoding, Some(Encoding::Gb18030));
    assert_eq!(value(&plain, 1, "A26"), Value::text("中山路3号\n二单元,\"北院\""));
}

#[test]
fn groups_keep_their_slots_and_only_elements_that_are_there() {
    let checked = run(
        Texts::good(2)
            .set(1, "C06x01C", "E11.900")
            .set(1, "C06x03C", "N18.900")
            .set(1, "C08x03C", "1")
            .set(1, "C14x01C", "")
            .set(1, "C35x02C", "45.2300")
            .set(1, "C37x02", "someday")
            .csv()
            .as_bytes(),
        &context(),
    );
    let (diagnosis, _) = front_page().group("diagnosis").unwrap();
    let group = checked.frame.group(diagnosis).unwrap();
    assert_eq!(group.offsets.as_ref(), [0, 3, 4]);
    assert_eq!(group.slots.values().as_ref(), [0, 1, 3, 0]);
    assert_eq!(value(&checked, 0, "C06x03C"), Value::text("N18.900"));
    assert_eq!(value(&checked, 0, "C08x03C"), Value::text("1"));
    assert_eq!(value(&checked, 0, "C06x02C"), Value::Null);
    let (operation, _) = front_page().group("operation").unwrap();
    let group = checked.frame.group(operation).unwrap();
    assert_eq!((group.offsets.as_ref(), group.slots.values().as_ref()), ([0, 1, 1].as_slice(), [2].as_slice()));
    // Unreadable is not blank, and is said once.
    assert_eq!(value(&checked, 0, "C37x02"), Value::Null);
    assert!(checked.frame.states.malformed[&cell("C37x02")].value(0));
    // `-` is not blank.
    assert!(checked.frame.states.dash[&cell("C14x01C")].value(1));
    assert!(!checked.frame.states.dash[&cell("C14x01C")].value(0));
}

#[test]
fn what_is_read_in_another_form_is_reported_with_its_rows() {
    let checked = run(
        Texts::good(9)
            .set(1, "B12", "2024/3/1 9:00")
            .set(2, "B12", "2024-03-01T09:00:00")
            .set(3, "B12", "20240301090000")
            .set(4, "B12", "2024-03-01")
            .set(5, "B20", "4.0")
            .set(6, "D01", "1,200.50")
            .set(7, "B16C", "304")
            .set(8, "A19C", "1")
            .set(9, "A12C", " １ ")
            .csv()
            .as_bytes(),
        &context(),
    );
    for row in [0, 1, 2] {
        assert_eq!(value(&checked, row, "B12"), Value::DateTime(at("2024-03-01 09:00:00")));
    }
    assert_eq!(value(&checked, 3, "B12"), Value::DateTime(at("2024-03-01 00:00:00")));
    assert_eq!(value(&checked, 4, "B20"), Value::integer(4));
    assert_eq!(value(&checked, 5, "D01"), Value::fen(120_050));
    assert_eq!(value(&checked, 6, "B16C"), Value::text("0304"));
    assert_eq!(value(&checked, 7, "A19C"), Value::text("01"));
    assert_eq!(value(&checked, 8, "A12C"), Value::text("1"));
    for (number, element, rows) in [
        ("R0105", "B12", &[1, 2, 3][..]),
        ("R0106", "B12", &[4]),
        ("R0104", "B20", &[5]),
        ("R0103", "D01", &[6]),
        ("R0109", "B16C", &[7]),
        ("R0110", "A19C", &[8]),
        ("R0101", "A12C", &[9]),
        ("R0102", "A12C", &[9]),
    ] {
        assert_eq!(repaired(&checked, number, element), rows, "{number}");
    }
    assert_eq!(checked.repairs.iter().map(|repair| repair.cells).sum::<u64>(), 10);
    assert!(run(Texts::good(3).csv().as_bytes(), &context()).repairs.is_empty());
}

#[test]
fn what_excel_destroyed_is_not_guessed() {
    let checked = run(
        Texts::good(3).set(1, "A20", "9.9E+17").set(2, "A20", "99000119900307001X").set(3, "D01", "1.2E+03").csv().as_bytes(),
        &context(),
    );
    assert_eq!(value(&checked, 0, "A20"), Value::Null);
    assert!(checked.frame.states.malformed[&cell("A20")].value(0));
    assert_eq!(repaired(&checked, "R0201", "A20"), [1]);
    assert_eq!(repaired(&checked, "R0201", "D01"), [3]);
    assert_eq!(found(&checked, "YZ003", "A20"), [1]);
    assert!(checked.held.contains(1) && !checked.held.contains(2) && checked.held.contains(3));
}

#[test]
fn native_cells_of_a_sheet() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("首页").unwrap();
    sheet.write_string(0, 0, "云澜市第一人民医院住院病案首页").unwrap();
    for (column, (name, cell)) in (0..).zip(GOOD) {
        sheet.write_string(2, column, *name).unwrap();
        sheet.write_string(3, column, *cell).unwrap();
        sheet.write_string(5, column, *cell).unwrap();
    }
    let long = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    let time = ExcelDateTime::from_ymd(2024, 3, 1).unwrap().and_hms(9, 0, 30).unwrap();
    sheet.write_number(3, 1, 1001.0).unwrap();
    sheet.write_number(3, 2, 1.0).unwrap();
    sheet.write_datetime_with_format(3, 3, &time, &long).unwrap();
    sheet.write_number(3, 7, 4.0).unwrap();
    // 45352 is 1 March 2024; the number shows no sign of being a date.
    sheet.write_number(5, 3, 45352.0).unwrap();
    sheet.write_number(5, 10, 1200.1 + 0.2).unwrap();
    for (column, name) in [(11, "A20"), (12, "A13"), (13, "A47"), (14, "院内备注")] {
        sheet.write_string(2, column, name).unwrap();
    }
    sheet.write_number(3, 11, 990_001_199_003_070_011.0).unwrap();
    let short = Format::new().set_num_format("yyyy/m/d");
    sheet.write_datetime_with_format(3, 12, ExcelDateTime::from_ymd(1990, 3, 7).unwrap(), &short).unwrap();
    sheet.write_datetime_with_format(3, 13, ExcelDateTime::from_ymd(2024, 1, 5).unwrap(), &short).unwrap();
    sheet.write_string(3, 14, "复诊").unwrap();
    book.add_worksheet().set_name("说明").unwrap().write_string(0, 0, "填表说明").unwrap();
    let checked = run(&book.save_to_buffer().unwrap(), &context());

    let facts = checked.file.as_ref().unwrap();
    assert_eq!((facts.form, facts.sheet.as_deref(), facts.header_row), (Form::Xlsx, Some("首页"), 3));
    // Rows 4 and 6 of the sheet; row 5 is blank and was never written.
    assert_eq!(checked.frame.row.values().as_ref(), [1, 3]);
    assert_eq!(value(&checked, 0, "A48"), Value::text("1001"));
    assert_eq!(repaired(&checked, "R0112", "A48"), [1]);
    assert_eq!(value(&checked, 0, "A49"), Value::integer(1));
    assert_eq!(value(&checked, 0, "B12"), Value::DateTime(at("2024-03-01 09:00:30")));
    assert_eq!(value(&checked, 1, "B12"), Value::DateTime(at("2024-03-01 00:00:00")));
    assert_eq!(repaired(&checked, "R0108", "B12"), [3]);
    assert_eq!(value(&checked, 1, "D01"), Value::fen(120_030));
    assert_eq!(value(&checked, 0, "A20"), Value::Null);
    assert_eq!(repaired(&checked, "R0202", "A20"), [1]);
    assert_eq!(value(&checked, 0, "A13"), Value::Date(day("1990-03-07")));
    assert_eq!(value(&checked, 0, "A47"), Value::Null);
    assert_eq!(repaired(&checked, "R0203", "A47"), [1]);
    let said = numbers(&checked);
    for number in ["N0101", "N0102", "N0103", "N0104"] {
        assert!(said.contains(&number), "{said:?}");
    }
    let unknown: Vec<_> = facts.unknown_columns().map(|column| (column.header.as_str(), column.filled)).collect();
    assert_eq!(unknown, [("院内备注", 1)]);
}

#[test]
fn layouts_of_other_days() {
    // 卫统4: compact dates, hours of their own, incision and healing apart, operations from 2.
    let wt4 = run(
        Texts::of(
            "BAH | ZYCS | XB | RYSJ | RYSJS | CYSJ | CYSJS | RYTJ | SJZYTS | JBDM | LYFS | ZFY | JBDM1 | SSJCZBM1 | QKDJ1 | QKYHLB1 | SSJCZBM2 | QKDJ2 | QKYHLB2 | BZYZSNL
             1001 | 1 | 1 | 20240301 | 9 | 20240305 | 10 | 1 | 4 | I10.x00 | 1 | 1200.5 | E11.900 | 47.0100 | 1 | 1 | 45.2300 | 2 | 9 | 3",
        )
        .csv()
        .as_bytes(),
        &context(),
    );
    assert_eq!(wt4.file.as_ref().unwrap().layout, "wt4", "{:?}", wt4.file_findings);
    assert_eq!(wt4.verdict, Verdict::Accepted, "{:?}", wt4.file_findings);
    assert_eq!(value(&wt4, 0, "B12"), Value::DateTime(at("2024-03-01 09:00:00")));
    assert_eq!(value(&wt4, 0, "B15"), Value::DateTime(at("2024-03-05 10:00:00")));
    assert_eq!(value(&wt4, 0, "C06x01C"), Value::text("E11.900"));
    assert_eq!(value(&wt4, 0, "C21x01C"), Value::text("1"));
    assert_eq!(value(&wt4, 0, "C35x01C"), Value::text("45.2300"));
    assert_eq!(value(&wt4, 0, "C42x01C"), Value::text("20"));
    assert!(wt4.repairs.is_empty(), "{:?}", wt4.repairs);
    assert!(numbers(&wt4).contains(&"N0106"));

    // TCM page: hours again, another spelling of the same headers.
    let tcm = run(
        Texts::of(
            "ZZJGDM | BAH | ZYCS | XB | RYSJ | RYSJ_S | CYSJ | CYSJ_S | RYTJ | SJZY | ZYZD_JBBM | ZYZD_JBBM1 | ZYZD_JBBM40 | LYFS | ZFY | YZZY_JGMC | WSY_JGMC | ZB
             1 | 1001 | 1 | 2 | 2024-03-01 | 9 | 2024-03-05 | 10 | 1 | 4 | I10.x00 | E11.900 | N18.900 | 3 | 1200.5 | - | 云澜街道社区卫生服务中心 | 眩晕",
        )
        .csv()
        .as_bytes(),
        &context(),
    );
    assert_eq!(tcm.file.as_ref().unwrap().layout, "tcm168", "{:?}", tcm.file_findings);
    assert_eq!(value(&tcm, 0, "C03C"), Value::text("I10.x00"));
    assert_eq!(value(&tcm, 0, "C06x40C"), Value::text("N18.900"));
    assert_eq!(value(&tcm, 0, "B15"), Value::DateTime(at("2024-03-05 10:00:00")));
    assert_eq!(value(&tcm, 0, "B35"), Value::text("云澜街道社区卫生服务中心"));

    // P codes, one column under its present name.
    let old = run(
        Texts::of(
            "P900 | P3 | P2 | P22 | P25 | P5 | P804 | P27 | P321 | B34C | P782 | P7
             1 | 1001 | 1 | 2024-03-01 09:00:00 | 2024-03-05 10:00:00 | 1 | 1 | 4 | I10.x00 | 1 | 99.00 | 54",
        )
        .csv()
        .as_bytes(),
        &context(),
    );
    assert_eq!(old.file.as_ref().unwrap().layout, "hqms_old", "{:?}", old.file_findings);
    assert_eq!(value(&old, 0, "A48"), Value::text("1001"));
    assert_eq!(value(&old, 0, "A14"), Value::integer(54));
    assert_eq!(value(&old, 0, "B34C"), Value::text("1"));
}

#[test]
fn headers_as_people_write_them() {
    let header = " a48 ,\u{FEFF}A49,Ｂ12,b15,A12C,B11C,B20,c03c,B34C,D01,C06X01c";
    let row = "1001,1,2024-03-01 09:00:00,2024-03-05 10:00:00,1,1,4,I10.x00,1,5,E11.900";
    let checked = run(format!("{header}\n{row}\n").as_bytes(), &context());
    assert_eq!(value(&checked, 0, "C06x01C"), Value::text("E11.900"), "{:?}", checked.file_findings);
}

#[test]
fn rows_of_another_length_are_held() {
    let text = Texts::good(6).csv();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines[2] += ",left over";
    lines[3] += ",,";
    lines[4] = lines[4].rsplit_once(',').unwrap().0.to_owned();
    let checked = run((lines.join("\n") + "\n").as_bytes(), &context());
    assert_eq!(found(&checked, "YZ006", ""), [2, 4]);
    assert_eq!(checked.rows, 6);
}

#[test]
fn half_a_character_is_a_finding_of_its_row() {
    let text = Texts::good(40).all("A26", "云澜市中山路三号").csv();
    let mut bytes = GB18030.encode(&text).0.into_owned();
    let end = bytes.len() - 2;
    bytes.remove(end);
    let checked = run(&bytes, &context());
    assert_eq!(checked.file.as_ref().unwrap().encoding, Some(Encoding::Gb18030));
    assert_eq!(found(&checked, "YZ007", "A26"), [40]);
}

#[test]
fn texts_too_long_are_told() {
    let checked = run(Texts::good(2).set(2, "A20", "99000119900307001X0").csv().as_bytes(), &context());
    assert_eq!(found(&checked, "YZ005", "A20"), [2]);
}

#[test]
fn sums_and_signatures_are_no_rows() {
    let good = Texts::good(3).csv();
    let foot = format!("{good}合 计,,\n填报人：张三,,审核人：李四\n");
    let plain = run(good.as_bytes(), &context());
    let checked = run(foot.as_bytes(), &context());
    assert_eq!(checked.verdict, Verdict::Accepted);
    assert_eq!(contents(&checked), contents(&plain));
    let notice = checked.file_findings.iter().find(|finding| finding.number == "N0110").unwrap();
    assert!(notice.message.contains("第 5、6 行"), "{}", notice.message);
    assert!(plain.file_findings.iter().all(|finding| finding.number != "N0110"));
    // A row that says when it was is a row, whatever it is called.
    let named = run(Texts::good(3).set(1, "A01", "合计").csv().as_bytes(), &context());
    assert_eq!(named.rows, 3);
}
