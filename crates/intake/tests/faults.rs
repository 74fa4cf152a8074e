//! Every fault for which a file is returned, each with its number and what it says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::io::{Cursor, Write as _};

use common::*;
use encoding_rs::GB18030;
use rust_xlsxwriter::Workbook;
use yizheng_intake::{Checked, Context, Limits, Verdict};

/// Asserts that the file is returned for one fault, and gives its message and remedy.
#[track_caller]
fn returned(bytes: &[u8], context: &Context<'_>, number: &str) -> String {
    let checked = run(bytes, context);
    let faults: Vec<_> = checked.file_findings.iter().filter(|finding| finding.returns).collect();
    assert_eq!(checked.verdict, Verdict::Returned);
    assert_eq!(faults.iter().map(|fault| fault.number.as_str()).collect::<Vec<_>>(), [number]);
    assert!(!faults[0].message.contains(['{', '}']), "{}", faults[0].message);
    assert!(!faults[0].remedy.contains(['{', '}']), "{}", faults[0].remedy);
    faults[0].message.clone()
}

#[test]
fn bytes_that_are_no_table() {
    let utf16: Vec<u8> = Texts::good(2).csv().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_bom = [b"\xFF\xFE".as_slice(), &utf16].concat();
    let mut docx = zip::ZipWriter::new(Cursor::new(Vec::new()));
    docx.start_file("word/document.xml", zip::write::SimpleFileOptions::default()).unwrap();
    docx.write_all(b"<w:document/>").unwrap();
    let docx = docx.finish().unwrap().into_inner();
    let mixed = [Texts::good(1).set(1, "A11", "张三丰").csv().as_bytes(), &GB18030.encode("李四,王五,赵六").0].concat();
    for (bytes, number) in [
        (b"".as_slice(), "F0101"),
        (b" \r\n\r\n", "F0101"),
        (b"%PDF-1.4\n%\xE2\xE3", "F0102"),
        (&docx, "F0102"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "F0102"),
        (b"<html><table><tr><td>A01</td></tr></table></html>", "F0102"),
        (b"A01,A48\n\0\0\0\0", "F0102"),
        (&with_bom, "F0103"),
        (&utf16, "F0103"),
        (&mixed, "F0104"),
    ] {
        returned(bytes, &context(), number);
    }
    assert_eq!(returned(&docx, &context(), "F0102"), "这不是可以读取的表格文件，而是Word 文档（docx）。");
}

#[test]
fn text_that_was_decoded_wrongly() {
    let text = Texts::good(6).all("A02", "云澜市第一人民医院").csv();
    let (as_gbk, _) = GB18030.decode_without_bom_handling(text.as_bytes());
    returned(as_gbk.as_bytes(), &context(), "F0105");
    let as_latin: String = GB18030.encode(&text).0.iter().map(|byte| char::from(*byte)).collect();
    let message = returned(as_latin.as_bytes(), &context(), "F0105");
    assert!(message.contains("6 个含汉字的单元格中有 6 个是乱码，第一个在第 2 行"), "{message}");
}

#[test]
fn workbooks_that_cannot_be_opened() {
    let whole = Texts::good(50).xlsx();
    returned(&whole[..whole.len() / 2], &context(), "F0107");
    returned(b"PK\x03\x04 xl/workbook.xml", &context(), "F0107");
    returned(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and nothing more", &context(), "F0107");
    let encrypted: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    returned(&[b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".as_slice(), &encrypted].concat(), &context(), "F0106");
}

/// A workbook whose sheet unpacks to 40 MiB of blanks.
fn bomb() -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file("xl/workbook.xml", options).unwrap();
    archive.write_all(b"<workbook/>").unwrap();
    archive.start_file("xl/worksheets/sheet1.xml", options).unwrap();
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..40 {
        archive.write_all(&blanks).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn a_zip_bomb_is_not_unpacked() {
    let bomb = bomb();
    assert!(bomb.len() < 100_000);
    returned(&bomb, &context(), "F0108");
    let few = Limits { unpacked_bytes: 1 << 20, ..Limits::default() };
    returned(&bomb, &Context { limits: few, ..context() }, "F0108");
}

#[test]
fn files_beyond_a_limit() {
    let text = Texts::good(5).csv();
    let with = |limits: Limits| Context { limits, ..context() };
    let limits = Limits::default();
    for (limits, number, says) in [
        (Limits { bytes: 100, ..limits }, "F0109", "文件超过上限：文件大小 1 MB，上限 1 MB。"),
        (Limits { rows: 4, ..limits }, "F0110", "数据行太多：多于 4 行，上限 4 行。"),
        (Limits { cells: 54, ..limits }, "F0111", "单元格太多：多于 54 个，上限 54 个。"),
        (Limits { columns: 10, ..limits }, "F0113", "列太多：11 列，上限 10 列。"),
        (Limits { cell_bytes: 20, ..limits }, "F0114", "单元格太长：22 字节，上限 20 字节。"),
    ] {
        assert_eq!(returned(text.as_bytes(), &with(limits), number), says);
    }
    let cell = run(text.as_bytes(), &with(Limits { cell_bytes: 20, ..limits }));
    assert_eq!(cell.file_findings[0].place.as_deref(), Some("第 2 行第 1 列"));
    // 5 rows of 11 cells.
    assert_eq!(run(text.as_bytes(), &with(Limits { cells: 55, rows: 5, columns: 11, ..limits })).verdict, Verdict::Accepted);
    let open = format!("{text}\"{}", "x\n".repeat(1 << 17));
    let message = returned(open.as_bytes(), &with(Limits { row_bytes: 1 << 16, ..limits }), "F0115");
    assert_eq!(message, "一行太长：第 7 行超过上限 1 MB，多因双引号没有闭合。");
    let mut book = Workbook::new();
    for _ in 0..3 {
        Texts::good(1).sheet(book.add_worksheet());
    }
    let message = returned(&book.save_to_buffer().unwrap(), &with(Limits { sheets: 2, ..limits }), "F0112");
    assert_eq!(message, "工作表太多：3 个，上限 2 个。");
}

#[test]
fn tables_without_the_right_shape() {
    let good = Texts::good(3).csv();
    returned(b"1001,1,2024-03-01\n1002,1,2024-03-02\n", &context(), "F0201");
    returned("姓名,科室\n张三,内科\n".as_bytes(), &context(), "F0201");
    // Cut off within quotes, and within a row.
    let quoted = Texts::good(3).set(3, "A26", "中山路3号,\"北院\"").csv();
    let open = &quoted[..quoted.rfind("北院").unwrap()];
    assert!(returned(open.as_bytes(), &context(), "F0202").contains("从第 4 行开始"));
    let cut = &good[..good.rfind("I10").unwrap() - 1];
    let message = returned(cut.as_bytes(), &context(), "F0203");
    assert!(message.contains("最后一行（第 4 行）只有 8 列，表头有 11 列"), "{message}");
    let header = good.lines().next().unwrap();
    returned(header.as_bytes(), &context(), "F0204");
    returned(format!("{header}\n\n,,,\n").as_bytes(), &context(), "F0204");
    let message = returned(Texts::good(1).without("B15").without("D01").csv().as_bytes(), &context(), "F0205");
    assert!(message.contains("B15 出院时间、D01 住院总费用"), "{message}");
    let mut twice = Texts::good(1);
    for (row, cell) in twice.0.iter_mut().zip([" b12 ", "2024-03-01 09:00:00"]) {
        row.push(cell.to_owned());
    }
    let message = returned(twice.csv().as_bytes(), &context(), "F0206");
    assert!(message.contains("B12（第 4 列、第 12 列）"), "{message}");
    let mut book = Workbook::new();
    Texts::good(1).sheet(book.add_worksheet().set_name("三月").unwrap());
    Texts::good(1).set(1, "A11", "张三").sheet(book.add_worksheet().set_name("四月").unwrap());
    let message = returned(&book.save_to_buffer().unwrap(), &context(), "F0207");
    assert!(message.contains("但表头不同：三月（11 列）、四月（12 列）"), "{message}");
}

#[test]
fn somebody_elses_file() {
    let own = institution();
    let names = |code: &str| (code == OTHER).then(|| format!("云澜市南山镇卫生院（登记号 {OTHER}）"));
    let context = Context { resolve: Some(&names), ..submission(&own) };
    let message = returned(Texts::good(4).all("A01", OTHER).csv().as_bytes(), &context, "F0301");
    assert!(message.contains("4 行中有 4 行的A01 组织机构代码是"), "{message}");
    assert!(message.contains("属于另一家机构 云澜市南山镇卫生院"), "{message}");
    let message = returned(Texts::good(4).all("A01", "H99000100001").csv().as_bytes(), &context, "F0301");
    assert!(message.contains("不在机构登记中"), "{message}");
    // A few rows are the rows' own fault.
    let few = run(Texts::good(10).set(3, "A01", OTHER).csv().as_bytes(), &context);
    assert_eq!(few.verdict, Verdict::Accepted);
    assert_eq!(found(&few, "YZ002", "A01"), [3]);
    // An alias of the register, with or without hyphen, is the institution's own.
    let alias = yizheng_intake::InstitutionFacts {
        codes: [OWN, "H99000100001"].map(str::to_owned).into(),
        ..institution()
    };
    for code in ["H99000100001", "99900001-399000111a1001"] {
        let checked = run(Texts::good(4).all("A01", code).csv().as_bytes(), &submission(&alias));
        assert_eq!(checked.report.check("YZ002").unwrap().passed, 4, "{code}");
    }
}

#[test]
fn another_periods_file() {
    let own = institution();
    let april = Texts::good(4).all("B12", "2024-04-01 09:00:00").all("B15", "2024-04-05 10:00:00");
    let message = returned(april.csv().as_bytes(), &submission(&own), "F0302");
    assert!(message.contains("这不是2024年3月的文件：4 行中有 4 行的B15 出院时间不在本报告期，其中最多的是2024年4月（4 行）"), "{message}");
    let mut one: Checked = run(
        Texts::good(10).set(10, "B15", "2024-04-01 00:00:00").set(10, "B20", "31").csv().as_bytes(),
        &submission(&own),
    );
    assert_eq!(one.verdict, Verdict::Accepted);
    assert_eq!(found(&one, "YZ001", "B15"), [10]);
    assert!(one.held.contains(10));
    // Nobody said which period: the file decides.
    one = run(april.csv().as_bytes(), &context());
    assert_eq!(one.period.unwrap().to_string(), "2024-04");
    assert_eq!(one.report.check("YZ001").unwrap().not_evaluable, 4);
}

#[test]
fn too_many_rows_with_an_error() {
    let own = institution();
    let bad = |rows: usize| {
        (1..=rows).fold(Texts::good(10), |table, row| table.set(row, "A12C", "7"))
    };
    let two = run(bad(2).csv().as_bytes(), &submission(&own));
    assert_eq!((two.verdict, two.held.len()), (Verdict::Accepted, 2));
    let three = run(bad(3).csv().as_bytes(), &submission(&own));
    assert_eq!((three.verdict, three.held.len()), (Verdict::Returned, 3));
    assert_eq!(numbers(&three)[0], "F0401");
    assert!(three.file_findings[0].message.contains("有错误的行占 30%（3/10 行），超过上限 20%"));
    // The checks ran all the same.
    assert_eq!(found(&three, "FP015", "A12C"), [1, 2, 3]);
}
