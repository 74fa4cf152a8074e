//! The national pack, and files made of it.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeSet;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use chrono::{NaiveDate, NaiveDateTime};
use parquet::arrow::ArrowWriter;
use rust_xlsxwriter::{Workbook, Worksheet};
use yizheng_intake::{Checked, Context, InstitutionFacts, Submitted, check};
use yizheng_pack::Pack;
use yizheng_pack::dataset::{Cell, Dataset};
use yizheng_pack::load::{Layer, load};
use yizheng_pack::types::Value;

/// Licence number of the invented institution that submits.
pub const OWN: &str = "99900001399000111A1001";
/// Licence number of another one.
pub const OTHER: &str = "12345678899000311C2201";

fn read(folder: &Path, root: &Path, layer: &mut Layer) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read(&path, root, layer);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let within = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            layer.files.push((within, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The national pack of this repository.
pub fn pack() -> &'static Pack {
    static PACK: OnceLock<Pack> = OnceLock::new();
    PACK.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/national");
        let mut layer = Layer { name: "packs/national".to_owned(), files: Vec::new() };
        read(&root, &root, &mut layer);
        load(&[layer]).unwrap_or_else(|diagnostics| panic!("{}", diagnostics[0]))
    })
}

pub fn front_page() -> &'static Arc<Dataset> {
    &pack().datasets["inpatient_front_page"]
}

/// What the file decides by itself.
pub fn context() -> Context<'static> {
    Context::new(pack(), front_page())
}

/// A submission of March 2024 by the invented institution.
pub fn submission(institution: &InstitutionFacts) -> Context<'_> {
    Context {
        institution: Some(institution),
        period: Some("2024-03".parse().unwrap()),
        received_at: Some(at("2024-04-05 00:00:00")),
        ..context()
    }
}

pub fn institution() -> InstitutionFacts {
    InstitutionFacts { codes: BTreeSet::from([OWN.to_owned()]), ..InstitutionFacts::default() }
}

pub fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap()
}

pub fn day(text: &str) -> NaiveDate {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
}

/// A row without any finding, as columns and cells.
pub const GOOD: &[(&str, &str)] = &[
    ("A01", OWN),
    ("A48", "1001"),
    ("A49", "1"),
    ("B12", "2024-03-01 09:00:00"),
    ("B15", "2024-03-05 10:00:00"),
    ("A12C", "1"),
    ("B11C", "1"),
    ("B20", "4"),
    ("C03C", "I10.x00"),
    ("B34C", "1"),
    ("D01", "1200.50"),
];

/// A table of texts, the header first.
#[derive(Debug, Clone)]
pub struct Texts(pub Vec<Vec<String>>);

impl Texts {
    /// `rows` good rows with record numbers of their own.
    pub fn good(rows: usize) -> Self {
        let mut table = vec![GOOD.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>()];
        for row in 0..rows {
            table.push(GOOD.iter().map(|(_, cell)| (*cell).to_owned()).collect());
            let last = table.last_mut().unwrap();
            last[1] = format!("{}", 1001 + row);
        }
        Self(table)
    }

    /// A table written as in a definition's test: lines, cells parted by `|`.
    pub fn of(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        Self(lines.map(|line| line.split('|').map(|cell| cell.trim().to_owned()).collect()).collect())
    }

    /// Sets a cell of a data row, from 1; adds the column when there is none.
    pub fn set(mut self, row: usize, column: &str, cell: &str) -> Self {
        let at = match self.0[0].iter().position(|name| name == column) {
            Some(at) => at,
            None => {
                self.0[0].push(column.to_owned());
                for row in &mut self.0[1..] {
                    row.push("-".to_owned());
                }
                self.0[0].len() - 1
            }
        };
        self.0[row][at] = cell.to_owned();
        self
    }

    /// Sets a column of all data rows.
    pub fn all(mut self, column: &str, cell: &str) -> Self {
        for row in 1..self.0.len() {
            self = self.set(row, column, cell);
        }
        self
    }

    /// Without a column.
    pub fn without(mut self, column: &str) -> Self {
        let at = self.0[0].iter().position(|name| name == column).unwrap();
        for row in &mut self.0 {
            row.remove(at);
        }
        self
    }

    pub fn csv(&self) -> String {
        self.delimited(b',')
    }

    pub fn delimited(&self, delimiter: u8) -> String {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).flexible(true).from_writer(Vec::new());
        for row in &self.0 {
            writer.write_record(row).unwrap();
        }
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    }

    /// As a sheet of texts.
    pub fn sheet(&self, sheet: &mut Worksheet) {
        for (row, cells) in (0..).zip(&self.0) {
            for (column, cell) in (0..).zip(cells) {
                sheet.write_string(row, column, cell).unwrap();
            }
        }
    }

    /// As Parquet whose columns are all texts; a blank is null.
    pub fn parquet(&self) -> Vec<u8> {
        let columns = self.0[0].iter().enumerate().map(|(at, name)| {
            let cells = self.0[1..].iter().map(|row| Some(row[at].as_str()).filter(|cell| !cell.is_empty()));
            (name.as_str(), Arc::new(StringArray::from_iter(cells)) as ArrayRef, true)
        });
        parquet(&RecordBatch::try_from_iter_with_nullable(columns).unwrap())
    }

    /// Each row as an object of texts; blanks are left out of every second row and null in the others.
    pub fn objects(&self) -> Vec<String> {
        let objects = self.0[1..].iter().enumerate().map(|(number, row)| {
            let pairs = self.0[0].iter().zip(row).filter(|(_, cell)| number % 2 == 0 || !cell.is_empty());
            let pairs = pairs.map(|(name, cell)| {
                let cell = if cell.is_empty() { "null".to_owned() } else { serde_json::to_string(cell).unwrap() };
                format!("{}: {cell}", serde_json::to_string(name).unwrap())
            });
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        });
        objects.collect()
    }

    pub fn xlsx(&self) -> Vec<u8> {
        let mut book = Workbook::new();
        self.sheet(book.add_worksheet());
        book.save_to_buffer().unwrap()
    }
}

/// A batch as a Parquet file.
pub fn parquet(batch: &RecordBatch) -> Vec<u8> {
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.into_inner().unwrap()
}

/// An archive of files.
pub fn zip_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Everything that a checked file says about its rows: values, cell states, findings, those held.
pub fn rows_of(checked: &Checked) -> (String, Vec<String>, Vec<String>, Vec<u32>) {
    let batch = checked.frame.to_batch(|_| true).unwrap();
    let dataset = &checked.frame.dataset;
    let mut states: Vec<String> = Vec::new();
    for (state, cells) in [("dash", &checked.frame.states.dash), ("malformed", &checked.frame.states.malformed)] {
        for (cell, bits) in cells {
            let rows: Vec<usize> = bits.set_indices().collect();
            states.push(format!("{} {state} {rows:?}", dataset.element(*cell)));
        }
    }
    states.sort();
    let checks = checked.report.checks.iter().map(|check| {
        let at: Vec<String> =
            check.at.iter().map(|(element, rows)| format!("{element} {:?}", rows.iter().collect::<Vec<_>>())).collect();
        format!("{} {} {} {} {at:?}", check.id, check.passed, check.violated, check.not_evaluable)
    });
    (format!("{batch:?}"), states, checks.collect(), checked.held.iter().collect())
}

pub fn run(bytes: &[u8], context: &Context<'_>) -> Checked {
    check(Submitted { bytes, name: "file" }, context)
}

/// Numbers of what is said about the file as a whole.
pub fn numbers(checked: &Checked) -> Vec<&str> {
    checked.file_findings.iter().map(|finding| finding.number.as_str()).collect()
}

/// A value by element code; `row` from 0.
pub fn value(checked: &Checked, row: usize, element: &str) -> Value {
    checked.frame.value(row, cell(element))
}

pub fn cell(element: &str) -> Cell {
    front_page().cell(element).unwrap_or_else(|| panic!("no element {element}"))
}

/// Ids of the rows that a check finds at an element.
pub fn found(checked: &Checked, check: &str, element: &str) -> Vec<u32> {
    let result = checked.report.check(check).unwrap_or_else(|| panic!("no check {check}"));
    result.at.get(element).map(|rows| rows.iter().collect()).unwrap_or_default()
}

/// Ids of the rows that a repair names at an element.
pub fn repaired(checked: &Checked, number: &str, element: &str) -> Vec<u32> {
    let repair = checked.repairs.iter().find(|repair| repair.number == number);
    repair.and_then(|repair| repair.at.get(element)).map(|rows| rows.iter().collect()).unwrap_or_default()
}
