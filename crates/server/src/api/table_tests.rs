#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::Read;

use super::*;

/// A row with a text, a number that may be missing, and a state.
#[derive(Serialize)]
struct Thing {
    name: &'static str,
    size: Option<f64>,
    state: &'static str,
}

impl Row for Thing {
    fn columns() -> Vec<Column<Self>> {
        vec![
            Column::new("name", "名称", |r: &Self| r.name),
            Column::new("size", "大小", |r: &Self| r.size),
            Column::new("state", "状态", |r: &Self| r.state).facet(),
        ]
    }
}

fn things() -> Vec<Thing> {
    vec![
        Thing { name: "甲", size: Some(10.0), state: "好" },
        Thing { name: "乙", size: None, state: "坏" },
        Thing { name: "丙A", size: Some(9.5), state: "好" },
        Thing { name: "丁a", size: Some(100.0), state: "" },
    ]
}

fn origin() -> Origin {
    Origin { pack: "national 9 + yunlan 3".to_owned(), fingerprint: "f00d".repeat(16), program: "1.2.3".to_owned() }
}

fn title<'a>(name: &'a str, origin: &'a Origin) -> Title<'a> {
    Title { name, origin }
}

fn page(query: &TableQuery) -> serde_json::Value {
    match from_list(&title("东西", &origin()), query, things()).unwrap() {
        Reply::Json(bytes) => serde_json::from_slice(&bytes).unwrap(),
        Reply::File(_) => panic!("a file"),
    }
}

fn names(query: &TableQuery) -> Vec<String> {
    page(query)["rows"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect()
}

/// A file inside a workbook.
fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

fn file(reply: Answer<Reply>) -> (String, Vec<u8>) {
    let Ok(Reply::File(Download { file_name, content: Content::Temporary(path), .. })) = reply else { panic!("no file") };
    let mut bytes = Vec::new();
    std::fs::File::open(&path).unwrap().read_to_end(&mut bytes).unwrap();
    (file_name, bytes)
}

#[test]
fn sorts_numbers_as_numbers_and_the_missing_last_both_ways() {
    for (sort, expected) in [
        (None, ["甲", "乙", "丙A", "丁a"]),
        (Some("size"), ["丙A", "甲", "丁a", "乙"]),
        (Some("-size"), ["丁a", "甲", "丙A", "乙"]),
    ] {
        assert_eq!(names(&TableQuery { sort: sort.map(str::to_owned), ..TableQuery::default() }), expected, "{sort:?}");
    }
}

#[test]
fn filters_by_printed_values_and_searches_every_column() {
    for (filter, search, expected) in [
        (Some(r#"{"state":["好"]}"#), None, vec!["甲", "丙A"]),
        (Some(r#"{"state":["好","坏"],"name":["乙"]}"#), None, vec!["乙"]),
        (Some(r#"{"state":[""]}"#), None, vec!["丁a"]),
        (None, Some("A"), vec!["丙A", "丁a"]),
        (None, Some("9.5"), vec!["丙A"]),
        (Some(r#"{"state":["好"]}"#), Some("没有"), vec![]),
    ] {
        let query = TableQuery { filter: filter.map(str::to_owned), search: search.map(str::to_owned), ..TableQuery::default() };
        assert_eq!(names(&query), expected, "{filter:?} {search:?}");
    }
}

#[test]
fn pages_count_what_passes_and_facets_count_everything() {
    let query = TableQuery { page: Some(2), size: Some(1), filter: Some(r#"{"state":["好"]}"#.into()), ..TableQuery::default() };
    let page = page(&query);
    assert_eq!((page["total"].as_u64(), page["page"].as_u64(), page["size"].as_u64()), (Some(2), Some(2), Some(1)));
    assert_eq!(page["rows"][0]["name"], "丙A");
    let facets = serde_json::json!([{"value": "", "rows": 1}, {"value": "坏", "rows": 1}, {"value": "好", "rows": 2}]);
    assert_eq!(page["facets"], serde_json::json!({ "state": facets }));
}

#[test]
fn refuses_what_it_does_not_understand() {
    let all = TableQuery::default;
    for query in [
        TableQuery { page: Some(0), ..all() },
        TableQuery { size: Some(0), ..all() },
        TableQuery { size: Some(1001), ..all() },
        TableQuery { sort: Some("colour".into()), ..all() },
        TableQuery { filter: Some("state=好".into()), ..all() },
        TableQuery { filter: Some(r#"{"colour":["red"]}"#.into()), ..all() },
        TableQuery { columns: Some("name,colour".into()), format: Some(Format::Csv), ..all() },
    ] {
        let refusal = from_list(&title("东西", &origin()), &query, things()).err().unwrap();
        assert_eq!(refusal.problem().code, "E0400", "{query:?}");
    }
}

#[test]
fn a_csv_holds_all_rows_that_pass_in_order_and_chosen_columns() {
    let query = TableQuery {
        page: Some(9),
        sort: Some("-size".into()),
        filter: Some(r#"{"state":["好"]}"#.into()),
        columns: Some("size,name".into()),
        format: Some(Format::Csv),
        ..TableQuery::default()
    };
    let (name, bytes) = file(from_list(&title("东西", &origin()), &query, things()));
    assert_eq!(name, "东西.csv");
    assert_eq!(String::from_utf8(bytes).unwrap(), "\u{feff}大小,名称\n10,甲\n9.5,丙A\n");
}

#[test]
fn a_csv_cell_is_never_a_formula() {
    for (text, expected) in [
        ("=1+1", "'=1+1"),
        ("@cmd", "'@cmd"),
        ("-2+3", "'-2+3"),
        ("-", "-"),
        ("-3.5", "-3.5"),
        ("+1.2%", "+1.2%"),
        ("普通", "普通"),
    ] {
        assert_eq!(csv_text(&Cell::from(text)), expected);
    }
    assert_eq!(csv_text(&Cell::Number(-2.5)), "-2.5");
}

#[test]
fn a_moment_is_printed_in_chinas_zone() {
    let moment: DateTime<Utc> = "2024-03-31T16:30:00Z".parse().unwrap();
    assert_eq!(Cell::from(moment).text(), "2024-04-01 00:30:00");
}

#[test]
fn a_workbook_keeps_types_and_a_long_text_says_that_it_was_cut() {
    let query = TableQuery { format: Some(Format::Xlsx), ..TableQuery::default() };
    let (name, bytes) = file(from_list(&title("东西", &origin()), &query, things()));
    assert_eq!(name, "东西.xlsx");
    assert_eq!(bytes.get(..2), Some(b"PK".as_slice()));
    assert!(part(&bytes, "xl/workbook.xml").contains(r#"name="说明""#));
    let notes = part(&bytes, "xl/worksheets/sheet2.xml");
    for text in ["东西", "national 9 + yunlan 3", &"f00d".repeat(16), "1.2.3"] {
        assert!(notes.contains(text), "{text}: {notes}");
    }
    let long = within_cell("长".repeat(40_000));
    assert_eq!(long.chars().count(), 32_767);
    assert!(long.ends_with("（内容过长，完整内容请导出CSV）"));
    assert_eq!(within_cell("短".into()), "短");
}

#[test]
fn a_long_list_is_read_in_stretches_and_exported_whole() {
    let of = |at: u64| Thing { name: "行", size: Some(at as f64), state: "" };
    let total = EXPORT_STRETCH * 2 + 5;
    let mut windows = Vec::new();
    let mut fetch = |window: &Window| {
        windows.push((window.offset, window.limit));
        let rows = (window.offset..total.min(window.offset + window.limit)).map(of).collect();
        Ok(Stretch { total, rows })
    };
    let query = TableQuery { page: Some(3), size: Some(10), ..TableQuery::default() };
    let Reply::Json(bytes) = from_stretches(&title("行", &origin()), &query, &mut fetch).unwrap() else { panic!("a file") };
    let page: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!((page["total"].as_u64(), page["rows"][0]["size"].as_f64()), (Some(total), Some(20.0)));

    let query = TableQuery { columns: Some("size".into()), format: Some(Format::Csv), ..TableQuery::default() };
    let (_, bytes) = file(from_stretches(&title("行", &origin()), &query, &mut fetch));
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(text.lines().count() as u64, total + 1);
    assert_eq!(text.lines().last(), Some("40004"));
    assert_eq!(windows, [(20, 10), (0, 20_000), (20_000, 20_000), (40_000, 20_000), (40_005, 20_000)]);
}
