//! The monthly reports as forms: which cells they have, who fills them in, and how the file of a
//! clerk looks. The forms are the national pack's own datasets, so that there is one list of cells.

use std::fmt::Display;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format as CellFormat, Workbook};
use serde::Deserialize;
use yizheng_pack::period::Month;

use crate::GenerateError;
use crate::file::encoded;
use crate::region::{Format, Institution};

/// A form.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Form {
    pub id: String,
    pub name: String,
    #[serde(rename = "field")]
    pub fields: Vec<Field>,
    due: Due,
    #[serde(default)]
    subject: Subject,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Subject {
    #[default]
    Institution,
    Region,
}

/// Who must send it.
#[derive(Debug, Clone, Deserialize)]
struct Due {
    #[serde(default)]
    min_beds: u32,
    #[serde(default)]
    classes: Vec<String>,
    #[serde(default)]
    levels: Vec<String>,
}

/// A cell of a form.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Field {
    pub id: String,
    pub name: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Field {
    fn is_number(&self) -> bool {
        matches!(self.kind.as_str(), "integer" | "money" | "percent") || self.kind.starts_with("decimal")
    }
}

macro_rules! definitions {
    ($($id:literal)*) => {
        [$(include_str!(concat!("../../../packs/national/datasets/", $id, "/dataset.toml"))),*]
    };
}

/// The forms, in the order in which a clerk sends them.
pub(crate) fn forms() -> Result<Vec<Form>, GenerateError> {
    definitions! {
        "resource_report" "service_report" "finance_report" "quality_report"
        "antimicrobial_report" "blood_report" "family_doctor_report" "region_report"
    }
    .into_iter()
    .map(|text| {
        toml::from_str(text).map_err(|source| GenerateError::Table {
            name: "monthly reports",
            source: source.into(),
        })
    })
    .collect()
}

impl Form {
    /// Is it the authority's own, about the whole region?
    pub(crate) fn is_regional(&self) -> bool {
        self.subject == Subject::Region
    }

    /// Must the institution send it in this month of the region's?
    pub(crate) fn is_due(&self, institution: &Institution, month: usize) -> bool {
        let begins = |wanted: &[String], own: &str| {
            wanted.is_empty() || wanted.iter().any(|start| own.starts_with(start.as_str()))
        };
        !self.is_regional()
            && institution.beds_in(month) >= self.due.min_beds
            && begins(&self.due.classes, &institution.class)
            && begins(&self.due.levels, institution.level_in(month))
    }
}

/// A line of a form: cells by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Line {
    cells: Vec<(&'static str, String)>,
}

impl Line {
    pub(crate) fn set(&mut self, id: &'static str, value: impl Display) {
        let text = value.to_string();
        match self.cells.iter_mut().find(|(known, _)| *known == id) {
            Some((_, cell)) => *cell = text,
            None => self.cells.push((id, text)),
        }
    }

    /// Money in 分, written in 元.
    pub(crate) fn money(&mut self, id: &'static str, fen: i64) {
        self.set(id, format_args!("{}.{:02}", fen / 100, fen % 100));
    }

    pub(crate) fn get(&self, id: &str) -> &str {
        self.cells
            .iter()
            .find(|(known, _)| *known == id)
            .map_or("", |(_, cell)| cell.as_str())
    }

    /// The number in a cell; 0 where there is none.
    pub(crate) fn number(&self, id: &str) -> f64 {
        self.get(id).parse().unwrap_or(0.0)
    }
}

/// What stands above the columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    /// The cells' ids.
    Codes,
    /// Their Chinese names.
    Names,
    /// A row of ids and one of names, as in the empty form.
    Both,
}

/// How somebody writes a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    /// 2024-03
    Dash,
    /// 2024年3月
    Chinese,
    /// 202403
    Compact,
    /// 2024/3; a native date in a spreadsheet.
    Slash,
}

/// How a clerk's files look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habit {
    pub format: Format,
    pub header: Header,
    pub month: Written,
}

impl Habit {
    /// The habit of an institution's clerks. Hospitals export from a system, small places fill in
    /// the form by hand.
    pub(crate) fn of(at: usize, institution: &Institution) -> Self {
        let pick = |of: &[Format]| of.get(at % of.len().max(1)).copied();
        let format = if institution.tier >= 2 {
            pick(&[Format::Csv, Format::Xlsx, institution.format])
        } else {
            pick(&[Format::Xlsx, Format::Gb18030, Format::CsvBom])
        };
        let header = match (institution.tier, at % 4) {
            (2.., 0..=2) => Header::Codes,
            (_, 3) => Header::Both,
            _ => Header::Names,
        };
        let month = match at % 5 {
            0 | 1 => Written::Dash,
            2 => Written::Chinese,
            3 => Written::Slash,
            _ => Written::Compact,
        };
        Self {
            format: format.unwrap_or(Format::Csv),
            header,
            month,
        }
    }

    /// The authority's own.
    pub(crate) const OFFICE: Self = Self {
        format: Format::Xlsx,
        header: Header::Both,
        month: Written::Dash,
    };

    pub(crate) fn extension(self) -> &'static str {
        if self.format == Format::Xlsx {
            "xlsx"
        } else {
            "csv"
        }
    }

    /// The file of a form's lines.
    pub(crate) fn file(self, form: &Form, lines: &[Line]) -> Result<Vec<u8>, GenerateError> {
        if self.format == Format::Xlsx {
            self.spreadsheet(form, lines).map_err(GenerateError::Xlsx)
        } else {
            self.text(form, lines)
        }
    }

    fn headers<'a>(self, form: &'a Form) -> Vec<Vec<&'a str>> {
        let codes = || form.fields.iter().map(|field| field.id.as_str()).collect();
        let names = || {
            form.fields
                .iter()
                .map(|field| field.name.as_str())
                .collect()
        };
        match self.header {
            Header::Codes => vec![codes()],
            Header::Names => vec![names()],
            Header::Both => vec![codes(), names()],
        }
    }

    /// A cell as it is written.
    fn cell(self, field: &Field, line: &Line) -> String {
        let text = line.get(&field.id);
        let month = if field.kind == "month" {
            month(text)
        } else {
            None
        };
        match (month, self.month) {
            (None, _) | (_, Written::Dash) => text.to_owned(),
            (Some(month), Written::Chinese) => format!("{}年{}月", month.year(), month.month()),
            (Some(month), Written::Compact) => format!("{}{:02}", month.year(), month.month()),
            (Some(month), Written::Slash) => format!("{}/{}", month.year(), month.month()),
        }
    }

    fn text(self, form: &Form, lines: &[Line]) -> Result<Vec<u8>, GenerateError> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for header in self.headers(form) {
            writer.write_record(header).map_err(GenerateError::Csv)?;
        }
        for line in lines {
            writer
                .write_record(form.fields.iter().map(|field| self.cell(field, line)))
                .map_err(GenerateError::Csv)?;
        }
        let bytes = writer
            .into_inner()
            .map_err(|error| GenerateError::Csv(error.into_error().into()))?;
        Ok(encoded(bytes, self.format))
    }

    fn spreadsheet(
        self,
        form: &Form,
        lines: &[Line],
    ) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
        let mut book = Workbook::new();
        // The same bytes every time: a workbook says when it was made.
        let made = ExcelDateTime::from_ymd(2024, 1, 1)?;
        book.set_properties(
            &DocProperties::new()
                .set_author("统计室")
                .set_creation_datetime(&made),
        );
        let date = CellFormat::new().set_num_format("yyyy\"年\"m\"月\"");
        let sheet = book.add_worksheet();
        sheet.set_name(&form.name)?;
        let headers = self.headers(form);
        for (row, header) in headers.iter().enumerate() {
            for (column, text) in header.iter().enumerate() {
                sheet.write_string(row as u32, column as u16, *text)?;
            }
        }
        for (row, line) in lines.iter().enumerate() {
            let row = (row + headers.len()) as u32;
            for (column, field) in form.fields.iter().enumerate() {
                let column = column as u16;
                let native = (field.kind == "month" && self.month == Written::Slash)
                    .then(|| month(line.get(&field.id)))
                    .flatten();
                let text = self.cell(field, line);
                match (native, text.parse::<f64>()) {
                    (Some(month), _) => {
                        let first =
                            ExcelDateTime::from_ymd(month.year() as u16, month.month() as u8, 1)?;
                        sheet.write_datetime_with_format(row, column, &first, &date)?;
                    }
                    (None, Ok(number)) if field.is_number() => {
                        sheet.write_number(row, column, number)?;
                    }
                    _ => {
                        sheet.write_string(row, column, text)?;
                    }
                }
            }
        }
        book.save_to_buffer()
    }
}

fn month(text: &str) -> Option<Month> {
    let (year, month) = text.split_once('-')?;
    Month::new(year.parse().ok()?, month.parse().ok()?)
}
