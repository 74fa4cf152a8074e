//! The same rows in every form; what only some forms can say; which of several tables is read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Float32Array, Float64Array, Int32Array,
    Int64Array, LargeStringArray, ListArray, RecordBatch, StringArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampSecondArray,
};
use arrow::datatypes::{Int32Type, Int64Type};
use common::*;
use proptest::prelude::*;
use yizheng_intake::write::{Filter, Findings};
use yizheng_intake::{Checked, Context, Encoding, Form, Limits, Submitted, Verdict};
use yizheng_pack::types::Value;

/// The number and message of the only fault.
#[track_caller]
fn fault(bytes: &[u8], context: &Context<'_>) -> (String, String) {
    let checked = run(bytes, context);
    let faults: Vec<_> = checked.file_findings.iter().filter(|finding| finding.returns).collect();
    assert_eq!(faults.len(), 1, "{:?}", checked.file_findings);
    assert!(!faults[0].message.contains(['{', '}']) && !faults[0].remedy.contains(['{', '}']), "{:?}", faults[0]);
    (faults[0].number.clone(), faults[0].message.clone())
}

fn message(checked: &Checked, number: &str) -> String {
    let found = checked.file_findings.iter().find(|finding| finding.number == number);
    found.unwrap_or_else(|| panic!("no {number} in {:?}", checked.file_findings)).message.clone()
}

/// Sheet or file and row of each finding of a check.
fn places(bytes: &[u8], checked: &Checked, check: &str) -> Vec<(Option<String>, u32)> {
    let findings = Findings {
        file: Submitted { bytes, name: "file" },
        dataset: front_page(),
        report: &checked.report,
        file_findings: &checked.file_findings,
        repairs: &checked.repairs,
        personal: true,
        limits: Limits::default(),
    };
    let mut places = Vec::new();
    findings
        .each(&Filter { check: Some(check), ..Filter::default() }, |finding| {
            assert_eq!(checked.report.origins.of(finding.id), (finding.sheet.as_deref(), finding.row));
            places.push((finding.sheet, finding.row));
            Ok(std::ops::ControlFlow::Continue(()))
        })
        .unwrap();
    places
}

/// Cells of generated rows: good ones, and what hospitals make of them.
const CELLS: &[(&str, &[&str])] = &[
    ("A49", &["1", "2", "1.0", "", "-"]),
    ("B12", &["2024-03-01 09:00:00", "2024/3/1 9:00", "2024-03-01", "20240301090000", "", "昨天"]),
    ("B15", &["2024-03-05 10:00:00", "2024-03-05T10:00:00", "2024-02-28 10:00:00"]),
    ("A12C", &["1", "2", "7", "-", "１", ""]),
    ("B20", &["4", "4.0", "-1", "", "四"]),
    ("D01", &["1200.50", "1,200.50", "0", "0.1", "9.9E+17", ""]),
    ("A13", &["1990-03-07", "1990/3/7", "1990-02-30", "-"]),
    ("A19C", &["01", "1", "99"]),
    ("A26", &["中山路3号", "中山路3号\n二单元,\"北院\"", " 前后有空格 ", "—", "'0304", "𠮷祥里"]),
    ("C06x01C", &["E11.900", "", "-"]),
    ("C06x03C", &["N18.900", ""]),
    ("院内备注", &["", "复诊"]),
];

fn table() -> impl Strategy<Value = Texts> {
    let row = CELLS.iter().map(|(_, cells)| 0..cells.len()).collect::<Vec<_>>();
    prop::collection::vec(row, 1..12).prop_map(|rows| {
        let mut table = Texts::good(rows.len());
        for (row, picks) in rows.iter().enumerate() {
            for ((column, cells), pick) in CELLS.iter().zip(picks) {
                table = table.set(row + 1, column, cells[*pick]);
            }
        }
        table
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_form_says_the_same(table in table()) {
        let own = institution();
        let context = submission(&own);
        let csv = table.csv();
        let plain = run(csv.as_bytes(), &context);
        let expected = (rows_of(&plain), plain.verdict, plain.repairs.clone());
        let (lines, xlsx, parquet) = (table.objects(), table.xlsx(), table.parquet());
        let jsonl = lines.join("\n");
        let array = format!("[{}]", lines.join(",\n"));
        let gb = encoding_rs::GB18030.encode(&jsonl).0.into_owned();
        let zipped = zip_of(&[("说明.txt", "三月的首页".as_bytes()), ("三月.csv", csv.as_bytes())]);
        let zipped_book = zip_of(&[("三月.xlsx", &xlsx)]);
        let zipped_columns = zip_of(&[("三月.parquet", &parquet)]);
        for (form, bytes) in [
            (Form::Xlsx, xlsx.as_slice()),
            (Form::Parquet, &parquet),
            (Form::Json, jsonl.as_bytes()),
            (Form::Json, array.as_bytes()),
            (Form::Json, &gb),
            (Form::Zip, &zipped),
            (Form::Zip, &zipped_book),
            (Form::Zip, &zipped_columns),
        ] {
            let other = run(bytes, &context);
            prop_assert_eq!(other.file.as_ref().map(|file| file.form), Some(form), "{:?}", other.file_findings);
            prop_assert_eq!(&(rows_of(&other), other.verdict, other.repairs.clone()), &expected, "{}", form);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_to_the_bytes_there_is_an_answer(
        which in 0..3_usize,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let table = Texts::good(30).set(3, "A26", "中山路3号");
        let mut bytes = match which {
            0 => table.parquet(),
            1 => zip_of(&[("a.csv", table.csv().as_bytes()), ("b.xlsx", &table.xlsx())]),
            _ => table.objects().join("\n").into_bytes(),
        };
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let checked = run(&bytes, &context());
        prop_assert!(checked.verdict == Verdict::Accepted || checked.file_findings.iter().any(|finding| finding.returns));
    }
}

/// A table in which half of the rows stand in one file and half in another.
fn halves() -> (Texts, Texts) {
    let all = Texts::good(6).set(2, "A12C", "7").set(5, "A12C", "7");
    let (mut first, mut second) = (all.clone(), all);
    first.0.drain(4..);
    second.0.drain(1..4);
    (first, second)
}

#[test]
fn types_of_columns() {
    let texts = |cells: [&str; 2]| Arc::new(StringArray::from(cells.to_vec())) as ArrayRef;
    let seconds = |text: &str| at(text).and_utc().timestamp();
    let (b12, b15) = (seconds("2024-03-01 09:00:30"), seconds("2024-03-05 10:00:00"));
    let own: DictionaryArray<Int32Type> = [OWN, OWN].into_iter().collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("A01", Arc::new(own)),
        ("A48", Arc::new(Int64Array::from(vec![1001, 1002]))),
        ("住院次数", Arc::new(Int32Array::from(vec![1, 1]))),
        ("B12", Arc::new(TimestampMillisecondArray::from(vec![b12 * 1000, b12 * 1000]))),
        ("B15", Arc::new(TimestampSecondArray::from(vec![b15, b15]))),
        ("A12C", Arc::new(LargeStringArray::from(vec!["1", "2"]))),
        ("B11C", texts(["1", "1"])),
        ("B20", Arc::new(Float64Array::from(vec![4.0, 5.0]))),
        ("C03C", texts(["I10.x00", "I10.x00"])),
        ("B34C", texts(["1", "1"])),
        ("D01", Arc::new(Decimal128Array::from(vec![120_050, 9_900]).with_precision_and_scale(10, 2).unwrap())),
        ("D09", Arc::new(Float64Array::from(vec![Some(0.1 + 0.2), None]))),
        ("A18x01", Arc::new(Float32Array::from(vec![3200.0, 3100.5]))),
        // 7370 days after 1970-01-01 is 1990-03-07.
        ("A13", Arc::new(Date32Array::from(vec![7370, 7370]))),
        ("C37x01", Arc::new(TimestampMicrosecondArray::from(vec![Some(b12 * 1_000_000), None]))),
    ];
    let bytes = parquet(&RecordBatch::try_from_iter(columns).unwrap());
    let checked = run(&bytes, &context());
    let facts = checked.file.as_ref().unwrap();
    assert_eq!((facts.form, facts.encoding, facts.header_row), (Form::Parquet, None, 0), "{:?}", checked.file_findings);
    assert_eq!(checked.frame.row.values().as_ref(), [1, 2]);
    for (row, element, expected) in [
        (0, "A01", Value::text(OWN)),
        (1, "A48", Value::text("1002")),
        (0, "A49", Value::integer(1)),
        (0, "B12", Value::DateTime(at("2024-03-01 09:00:30"))),
        (1, "B15", Value::DateTime(at("2024-03-05 10:00:00"))),
        (1, "A12C", Value::text("2")),
        (0, "B20", Value::integer(4)),
        (0, "D01", Value::fen(120_050)),
        (1, "D01", Value::fen(9_900)),
        (0, "D09", Value::fen(30)),
        (1, "D09", Value::Null),
        (0, "A13", Value::Date(day("1990-03-07"))),
        (0, "C37x01", Value::DateTime(at("2024-03-01 09:00:30"))),
    ] {
        assert_eq!(value(&checked, row, element), expected, "{element}");
    }
    assert_eq!(repaired(&checked, "R0112", "A48"), [1, 2]);
    assert!(!checked.repairs.iter().any(|repair| repair.number == "R0105"), "{:?}", checked.repairs);
    // The float with half a gram is no whole number, and is not rounded.
    assert!(checked.frame.states.malformed[&cell("A18x01")].value(1));
}

#[test]
fn truth_values_are_yes_and_no() {
    let dataset = &pack().datasets["microbiology_isolate"];
    let icu: ArrayRef = Arc::new(BooleanArray::from(vec![Some(true), Some(false), None]));
    let text = |cell: &str| Arc::new(StringArray::from(vec![cell; 3])) as ArrayRef;
    let columns = ["ORG", "SPECIMEN_NO", "ISOLATE", "SAMPLED", "ORGANISM", "MDRO", "ROLE", "FIRST"]
        .map(|name| (name, text(if name == "SAMPLED" { "2024-03-01 08:00:00" } else { "1" })));
    let batch = RecordBatch::try_from_iter(columns.into_iter().chain([("ICU", icu)])).unwrap();
    let json = (1..=3).map(|row| {
        let icu = ["true", "false", "null"][row - 1];
        format!("{{\"ORG\":\"1\",\"SPECIMEN_NO\":\"1\",\"ISOLATE\":1,\"SAMPLED\":\"2024-03-01 08:00:00\",\"ORGANISM\":\"1\",\"MDRO\":\"1\",\"ROLE\":\"1\",\"FIRST\":\"1\",\"ICU\":{icu}}}")
    });
    let json = json.collect::<Vec<_>>().join("\n");
    for bytes in [parquet(&batch).as_slice(), json.as_bytes()] {
        let checked = run(bytes, &Context::new(pack(), dataset));
        let icu = dataset.cell("ICU").unwrap();
        let found: Vec<Value> = (0..3).map(|row| checked.frame.value(row, icu)).collect();
        assert_eq!(found, [Value::text("1"), Value::text("0"), Value::Null], "{:?}", checked.file_findings);
    }
}

#[test]
fn columns_that_cannot_be_cells() {
    let lists = ListArray::from_iter_primitive::<Int64Type, _, _>([Some(vec![Some(1)])]);
    let zoned = TimestampMillisecondArray::from(vec![0]).with_timezone("UTC");
    let text: ArrayRef = Arc::new(StringArray::from(vec!["1001"]));
    let batch = RecordBatch::try_from_iter([
        ("A48", text),
        ("诊断", Arc::new(lists) as ArrayRef),
        ("B12", Arc::new(zoned) as ArrayRef),
    ])
    .unwrap();
    let (number, said) = fault(&parquet(&batch), &context());
    assert_eq!(number, "F0123");
    assert_eq!(said, "有的列的类型不能读取：第 2 列“诊断”是列表；第 3 列“B12”是带时区的时间。");
    // Cut off, and not what it begins like.
    let whole = Texts::good(20).parquet();
    assert_eq!(fault(&whole[..whole.len() / 2], &context()).0, "F0107");
    assert_eq!(fault(b"PAR1", &context()).0, "F0107");
    let mut broken = whole.clone();
    for byte in &mut broken[8..200] {
        *byte ^= 0x55;
    }
    assert_eq!(fault(&broken, &context()).0, "F0107");
    let few = Limits { unpacked_bytes: 100, ..Limits::default() };
    assert_eq!(fault(&whole, &Context { limits: few, ..context() }).0, "F0108");
    let few = Limits { columns: 10, ..Limits::default() };
    assert_eq!(fault(&whole, &Context { limits: few, ..context() }).0, "F0113");
}

#[test]
fn a_long_text_that_stands_once_for_many_rows() {
    // 100 rows of one text of 256 KiB, which the file holds once.
    let rows = 100;
    let long = "x".repeat(256 << 10);
    let columns = GOOD.iter().map(|(name, cell)| (*name, vec![*cell; rows])).chain([("A26", vec![long.as_str(); rows])]);
    let columns = columns.map(|(name, cells)| (name, Arc::new(StringArray::from(cells)) as ArrayRef));
    let bytes = parquet(&RecordBatch::try_from_iter(columns).unwrap());
    assert!(bytes.len() < 1 << 20);
    assert_eq!(fault(&bytes, &context()), ("F0114".to_owned(), "单元格太长：262144 字节，上限 65536 字节。".to_owned()));
}

#[test]
fn numbers_of_objects_keep_their_digits() {
    let line = |id: &str, money: &str| {
        format!("{{\"A48\":{id},\"A49\":1,\"B12\":\"2024-03-01 09:00:00\",\"B15\":\"2024-03-05 10:00:00\",\"A12C\":1,\"B11C\":\"1\",\"B20\":4,\"C03C\":\"I10.x00\",\"B34C\":\"1\",\"D01\":{money},\"A20\":{id}}}")
    };
    let text = [line("990001199003070018", "1200.50"), String::new(), line("1", "45352")].join("\n");
    let checked = run(text.as_bytes(), &context());
    assert_eq!(value(&checked, 0, "A48"), Value::text("990001199003070018"), "{:?}", checked.file_findings);
    assert_eq!(value(&checked, 0, "D01"), Value::fen(120_050));
    assert_eq!(value(&checked, 1, "D01"), Value::fen(4_535_200));
    // Lines keep their numbers, and there is no header row among them.
    assert_eq!(checked.frame.row.values().as_ref(), [1, 3]);
    assert_eq!(checked.report.origins.of(3), (None, 3));
    let (number, said) = fault("{\"A48\": 1, \"A49\": {\"次\": 1}}\n".as_bytes(), &context());
    assert_eq!((number.as_str(), said.as_str()), ("F0121", "第 1 行的“A49”里还有对象：一个对象是一行，只能有一层，上限 1 层。"));
    assert_eq!(fault(format!("{}\n{{\"A48\"", line("1", "1")).as_bytes(), &context()).0, "F0120");
    // A required key that no object has.
    let (number, said) = fault(b"{\"A48\": \"1\", \"A49\": 1, \"B12\": \"2024-03-01 09:00:00\"}", &context());
    assert_eq!(number, "F0205", "{said}");
}

#[test]
fn several_files_of_one_header_are_one_submission() {
    let (first, second) = halves();
    let second = encoding_rs::GB18030.encode(&second.set(1, "A02", "云澜市第一人民医院").csv()).0.into_owned();
    let first = first.set(1, "A02", "云澜市第一人民医院").csv();
    let bytes = zip_of(&[
        ("首页/三月上旬.csv", first.as_bytes()),
        ("首页/三月下旬.csv", &second),
        ("读我.txt", "上旬、下旬各一个文件".as_bytes()),
        ("现场.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
    ]);
    let checked = run(&bytes, &context());
    assert_eq!(checked.rows, 6, "{:?}", checked.file_findings);
    assert_eq!(checked.frame.row.values().as_ref(), [1, 2, 3, 4, 5, 6]);
    let facts = checked.file.as_ref().unwrap();
    assert_eq!((facts.form, facts.encoding), (Form::Zip, Some(Encoding::Utf8)));
    assert_eq!(message(&checked, "N0111"), "有 2 个表的表头相同，已依次读取：首页/三月上旬.csv、首页/三月下旬.csv。");
    assert_eq!(message(&checked, "N0113"), "压缩包里没有读取的文件：现场.png（这不是可以读取的表格文件，而是PNG 图片）、读我.txt。");
    assert_eq!(found(&checked, "FP015", "A12C"), [2, 5]);
    let place = |file: &str, row| (Some(file.to_owned()), row);
    assert_eq!(places(&bytes, &checked, "FP015"), [place("首页/三月上旬.csv", 3), place("首页/三月下旬.csv", 3)]);
    // Rows of both encodings are read.
    assert_eq!(value(&checked, 3, "A02"), Value::text("云澜市第一人民医院"));
    let names = |checked: &Checked| checked.repairs.len();
    assert_eq!(names(&checked), 0);
    // A key that stands in both files stands twice.
    let (all, again) = (halves().0.csv(), halves().0.csv());
    let twice = run(&zip_of(&[("a.csv", all.as_bytes()), ("b.csv", again.as_bytes())]), &context());
    assert_eq!(twice.rows, 6);
    assert!(twice.report.checks.iter().any(|check| check.rows().contains(1) && check.rows().contains(4)));
}

#[test]
fn archives_that_are_returned() {
    let good = Texts::good(2).csv();
    let other = Texts::good(2).set(1, "A11", "张三").csv();
    let zip = |files: &[(&str, &[u8])]| fault(&zip_of(files), &context());
    let (number, said) = zip(&[("a.csv", good.as_bytes()), ("b.csv", other.as_bytes())]);
    assert_eq!((number.as_str(), said.as_str()), ("F0210", "压缩包里有 2 个表都像是数据，但表头不同：a.csv（11 列）、b.csv（12 列）。"));
    let inner = zip_of(&[("a.csv", good.as_bytes())]);
    let (number, said) = zip(&[("a.csv", good.as_bytes()), ("里面.zip", &inner)]);
    assert_eq!((number.as_str(), said.as_str()), ("F0117", "压缩包里还有压缩包：里面.zip。"));
    let (number, said) = zip(&[("图.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")]);
    assert_eq!(number, "F0125", "{said}");
    assert_eq!(zip(&[]).0, "F0125");
    // A table that is broken may be part of what is sent.
    assert_eq!(zip(&[("a.csv", good.as_bytes()), ("b.parquet", b"PAR1")]).0, "F0107");
    assert_eq!(zip(&[("说明.txt", "没有数据".as_bytes())]).0, "F0201");
    let (number, said) = zip(&[("说明.txt", "没有数据".as_bytes()), ("b.csv", "姓名,科室\n张三,内科\n".as_bytes())]);
    assert_eq!((number.as_str(), said.as_str()), ("F0209", "2 个表中没有一个的表头符合本数据集：说明.txt、b.csv；其中没有可以识别的列名。"));
    let some = Texts::good(1).without("B15").csv();
    let (number, said) = zip(&[("a.csv", some.as_bytes()), ("b.csv", Texts::good(1).without("D01").without("B12").csv().as_bytes())]);
    assert_eq!(number, "F0209");
    assert!(said.contains("最接近的是“a.csv”：认识其中 10 列，缺少 B15 出院时间。"), "{said}");
    // Places within say which file.
    let cut = &good[..good.rfind("I10").unwrap() - 1];
    let checked = run(&zip_of(&[("a.csv", cut.as_bytes())]), &context());
    assert_eq!(checked.file_findings[0].place.as_deref(), Some("a.csv 第 3 行"));
    // An encrypted entry: the flag of its headers.
    let mut locked = zip_of(&[("a.csv", good.as_bytes())]);
    for (signature, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = locked.windows(4).position(|bytes| bytes == signature).unwrap();
        locked[at + flags] |= 1;
    }
    let (number, said) = fault(&locked, &context());
    assert_eq!((number.as_str(), said.as_str()), ("F0118", "压缩包设有密码，a.csv 不能解压。"));
    // A method that is not built in: 12 is bzip2.
    let mut packed = zip_of(&[("a.csv", good.as_bytes())]);
    for (signature, method) in [(b"PK\x03\x04", 8), (b"PK\x01\x02", 10)] {
        let at = packed.windows(4).position(|bytes| bytes == signature).unwrap();
        packed[at + method] = 12;
    }
    assert_eq!(fault(&packed, &context()).0, "F0119");
    let many = zip_of(&[("a.csv", good.as_bytes()), ("b.csv", good.as_bytes()), ("c.csv", good.as_bytes())]);
    let few = Limits { files: 2, ..Limits::default() };
    let (number, said) = fault(&many, &Context { limits: few, ..context() });
    assert_eq!((number.as_str(), said.as_str()), ("F0116", "压缩包里的文件太多：3 个，上限 2 个。"));
    let few = Limits { unpacked_bytes: 400, ..Limits::default() };
    assert_eq!(fault(&many, &Context { limits: few, ..context() }).0, "F0108");
    let blanks = vec![b' '; 40 << 20];
    assert_eq!(zip(&[("a.csv", &blanks)]).0, "F0108");
    assert_eq!(fault(&many[..many.len() / 2], &context()).0, "F0107");
}

#[test]
fn names_of_chinese_windows() {
    let good = Texts::good(1).csv();
    let mut bytes = zip_of(&[("abcd.csv", good.as_bytes())]);
    let name = encoding_rs::GB18030.encode("三月").0.into_owned();
    for at in (0..bytes.len() - 4).filter(|at| &bytes[*at..at + 4] == b"abcd").collect::<Vec<_>>() {
        bytes[at..at + 4].copy_from_slice(&name);
    }
    assert_eq!(run(&bytes, &context()).file.unwrap().sheet.as_deref(), Some("三月.csv"));
}

#[test]
fn a_whonet_export() {
    let dataset = &pack().datasets["microbiology_isolate"];
    let text = "\
COUNTRY_A,LABORATORY,ORIGIN,PATIENT_ID,LAST_NAME,FIRST_NAME,SEX,AGE,DEPARTMENT,SPEC_NUM,SPEC_DATE,SPEC_TYPE,ISOL_NUM,ORGANISM,ESBL,MDRO,ROLE,FIRST,AMP_ND10,MEM_NM
CHN,YL1,h,1001,张,三,m,54,med,S1,2024-03-01,ur,1,eco,+,NONE,1,1,6,.25
CHN,YL1,h,1002,李,四,F,61,icu,S2,2024-03-02,sp,1,sma,,NONE,1,1,,
CHN,YL1,h,1003,王,五,m,40,med,S3,2024-03-03,bl,1,zzz,,NONE,1,1,,
CHN,YL1,h,1004,赵,六,x,40,med,S4,2024-03-04,bl,0,xxx,,-,-,-,,
";
    let checked = run(text.as_bytes(), &Context::new(pack(), dataset));
    let facts = checked.file.as_ref().unwrap();
    assert_eq!((facts.layout.as_str(), checked.rows), ("whonet", 4), "{:?}", checked.file_findings);
    let of = |row: usize, element: &str| checked.frame.value(row, dataset.cell(element).unwrap());
    for (row, element, expected) in [
        (0, "ORG", "YL1"),
        (0, "SEX", "1"),
        (0, "SPECIMEN_TYPE", "3"),
        (0, "ORGANISM", "ECO"),
        (1, "SEX", "2"),
        (1, "SPECIMEN_TYPE", "2"),
        // Serratia, which our list has among the other Enterobacterales, not our SMA.
        (1, "ORGANISM", "ETB"),
        (2, "SPECIMEN_TYPE", "1"),
        // What the layout does not know stands for itself.
        (2, "ORGANISM", "zzz"),
        (3, "SEX", "x"),
    ] {
        assert_eq!(of(row, element), Value::text(expected), "{row} {element}");
    }
    assert_eq!(of(3, "ORGANISM"), Value::Null);
    assert_eq!(of(0, "SAMPLED"), Value::DateTime(at("2024-03-01 00:00:00")));
    assert!(message(&checked, "N0101").contains("AMP_ND10（1 行有内容）"));
    assert!(message(&checked, "N0106").contains("MEM_NM（测量值"));
    // The dataset's own codes are no WHONET codes: its own header is read as it is.
    let own = "ORG,SPECIMEN_NO,ISOLATE,SAMPLED,ORGANISM,MDRO,ROLE,FIRST\n1,S1,1,2024-03-01 08:00:00,SMA,NONE,1,1\n";
    let checked = run(own.as_bytes(), &Context::new(pack(), dataset));
    assert_eq!(checked.file.as_ref().unwrap().layout, "official");
    assert_eq!(checked.frame.value(0, dataset.cell("ORGANISM").unwrap()), Value::text("SMA"));
    assert_eq!(checked.verdict, Verdict::Accepted);
}
