//! Workbooks of Excel 97–2003, put together byte by byte: no library writes them any more.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::*;
use yizheng_intake::{Form, Verdict};
use yizheng_pack::types::Value;

/// A cell of a sheet.
enum Xls {
    Text(String),
    Number(f64),
}

fn record(out: &mut Vec<u8>, kind: u16, data: &[u8]) {
    out.extend(kind.to_le_bytes());
    out.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
    out.extend(data);
}

/// Length in characters, then UTF-16.
fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut out = u16::try_from(units.len()).unwrap().to_le_bytes().to_vec();
    out.push(1);
    out.extend(units.into_iter().flat_map(u16::to_le_bytes));
    out
}

/// The records of a workbook with one sheet (MS-XLS 2.4: BOF, BoundSheet8, Label, Number, EOF).
fn workbook_stream(rows: &[Vec<Xls>]) -> Vec<u8> {
    const BOF: u16 = 0x0809;
    const EOF: u16 = 0x000A;
    let bof = |kind: u16| [0x0600_u16.to_le_bytes(), kind.to_le_bytes(), [0, 0], [0, 0]].concat();
    let mut sheet = Vec::new();
    record(&mut sheet, BOF, &bof(0x0010));
    for (row, cells) in (0_u16..).zip(rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            let at = [row.to_le_bytes(), column.to_le_bytes(), [0, 0]].concat();
            match cell {
                Xls::Text(text) => record(&mut sheet, 0x0204, &[at, wide(text)].concat()),
                Xls::Number(number) => record(&mut sheet, 0x0203, &[at, number.to_le_bytes().to_vec()].concat()),
            }
        }
    }
    record(&mut sheet, EOF, &[]);
    let name = "首页";
    let mut globals = Vec::new();
    record(&mut globals, BOF, &bof(0x0005));
    // Its own record, and the end of the globals, come before the sheet.
    let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let begins = globals.len() + 4 + 8 + name.len() + 4;
    let mut bound = u32::try_from(begins).unwrap().to_le_bytes().to_vec();
    bound.extend([0, 0, u8::try_from(name.len() / 2).unwrap(), 1]);
    bound.extend(name);
    record(&mut globals, 0x0085, &bound);
    record(&mut globals, EOF, &[]);
    assert_eq!(globals.len(), begins);
    [globals, sheet].concat()
}

/// A compound file (MS-CFB) with the stream as its only one.
fn xls(rows: &[Vec<Xls>]) -> Vec<u8> {
    const SECTOR: usize = 512;
    const FREE: u32 = 0xFFFF_FFFF;
    const END: u32 = 0xFFFF_FFFE;
    let mut stream = workbook_stream(rows);
    // Shorter streams would live in another place.
    stream.resize(stream.len().max(4096).next_multiple_of(SECTOR), 0);
    let sectors = u32::try_from(stream.len() / SECTOR).unwrap();
    assert!(sectors < 120);

    let mut header = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    header.extend([0; 16]);
    for word in [0x003E_u16, 3, 0xFFFE, 9, 6, 0, 0, 0] {
        header.extend(word.to_le_bytes());
    }
    for number in [0_u32, 1, 1, 0, 4096, END, 0, END, 0, 0] {
        header.extend(number.to_le_bytes());
    }
    header.resize(SECTOR, 0xFF);

    let mut fat: Vec<u32> = vec![0xFFFF_FFFD, END];
    fat.extend((3..).take(sectors as usize - 1));
    fat.push(END);
    fat.resize(SECTOR / 4, FREE);
    let fat: Vec<u8> = fat.into_iter().flat_map(u32::to_le_bytes).collect();

    let entry = |name: &str, kind: u8, child: u32, start: u32, size: usize| {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = u16::try_from(entry.len() + 2).unwrap();
        entry.resize(64, 0);
        entry.extend(length.to_le_bytes());
        entry.extend([kind, 1]);
        for number in [FREE, FREE, child] {
            entry.extend(number.to_le_bytes());
        }
        entry.extend([0; 36]);
        entry.extend(start.to_le_bytes());
        entry.extend((size as u64).to_le_bytes());
        entry
    };
    let mut directory = entry("Root Entry", 5, 1, END, 0);
    directory.extend(entry("Workbook", 2, FREE, 2, stream.len()));
    directory.resize(SECTOR, 0);
    [header, fat, directory, stream].concat()
}

#[test]
fn an_old_workbook_is_read() {
    let mut rows: Vec<Vec<Xls>> = vec![
        GOOD.iter().map(|(name, _)| Xls::Text((*name).to_owned())).collect(),
        GOOD.iter().map(|(_, cell)| Xls::Text((*cell).to_owned())).collect(),
    ];
    rows[0].push(Xls::Text("A11".to_owned()));
    rows[1].push(Xls::Text("张三".to_owned()));
    rows[0].push(Xls::Text("A20".to_owned()));
    rows[1].push(Xls::Number(990_001_199_003_070_011.0));
    rows[1][2] = Xls::Number(1.0);
    // 45352.375 is 9 o'clock on 1 March 2024.
    rows[1][3] = Xls::Number(45_352.375);
    let checked = run(&xls(&rows), &context());
    let facts = checked.file.as_ref().unwrap_or_else(|| panic!("{:?}", checked.file_findings));
    assert_eq!((facts.form, facts.sheet.as_deref()), (Form::Xls, Some("首页")));
    assert_eq!(value(&checked, 0, "A11"), Value::text("张三"));
    assert_eq!(value(&checked, 0, "A49"), Value::integer(1));
    assert_eq!(value(&checked, 0, "B12"), Value::DateTime(at("2024-03-01 09:00:00")));
    assert_eq!(repaired(&checked, "R0108", "B12"), [1]);
    assert_eq!(repaired(&checked, "R0202", "A20"), [1]);
}

#[test]
fn a_damaged_one_is_told() {
    let rows = vec![vec![Xls::Text("A01".to_owned())]];
    let whole = xls(&rows);
    // Cut off within the stream; a name of a sheet beyond its record.
    for bytes in [whole[..1800].to_vec(), {
        let mut bytes = whole.clone();
        bytes[1536 + 12 + 10] = 200;
        bytes
    }] {
        let checked = run(&bytes, &context());
        assert_eq!(checked.verdict, Verdict::Returned);
        assert!(numbers(&checked).iter().all(|number| number.starts_with('F')), "{:?}", checked.file_findings);
    }
}
