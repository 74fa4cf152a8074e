//! A month's file: rows in the institution's layout, written as CSV or as a spreadsheet, and what
//! can go wrong with the bytes on the way.

use std::io::Write;

use encoding_rs::GB18030;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};

use crate::GenerateError;
use crate::columns as c;
use crate::layout::{Beside, Column, Layout, Scratch};
use crate::region::Format;
use crate::row::Row;

/// Takes rows.
pub(crate) enum Sink<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Xlsx(Box<Spreadsheet>),
}

/// A spreadsheet in the making.
pub(crate) struct Spreadsheet {
    book: Workbook,
    rows: u32,
    /// Does the spreadsheet take codes for numbers, as when a CSV is opened and saved?
    careless: bool,
}

const BOM: &[u8] = b"\xef\xbb\xbf";

impl<W: Write> Sink<W> {
    /// A CSV file with its header.
    pub(crate) fn csv(writer: W, layout: &Layout) -> Result<Self, GenerateError> {
        let mut writer = csv::WriterBuilder::new()
            .buffer_capacity(1 << 16)
            .from_writer(writer);
        writer
            .write_record(layout.columns.iter().map(|column| &column.header))
            .map_err(GenerateError::Csv)?;
        Ok(Self::Csv(Box::new(writer)))
    }

    /// A spreadsheet with its header.
    pub(crate) fn xlsx(layout: &Layout, careless: bool) -> Result<Self, GenerateError> {
        let mut book = Workbook::new();
        // The same bytes every time: a workbook says when it was made.
        let made = ExcelDateTime::from_ymd(2024, 1, 1).map_err(GenerateError::Xlsx)?;
        book.set_properties(
            &DocProperties::new()
                .set_author("病案室")
                .set_creation_datetime(&made),
        );
        let sheet = book.add_worksheet();
        sheet.set_name("病案首页").map_err(GenerateError::Xlsx)?;
        for (at, column) in layout.columns.iter().enumerate() {
            sheet
                .write_string(0, at as u16, &column.header)
                .map_err(GenerateError::Xlsx)?;
        }
        Ok(Self::Xlsx(Box::new(Spreadsheet {
            book,
            rows: 0,
            careless,
        })))
    }

    /// Appends a row.
    pub(crate) fn row(
        &mut self,
        layout: &Layout,
        row: &Row,
        beside: &Beside<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), GenerateError> {
        match self {
            Self::Csv(writer) => {
                for cell in layout.cells(row, beside, scratch) {
                    writer.write_field(cell).map_err(GenerateError::Csv)?;
                }
                writer
                    .write_record(None::<&[u8]>)
                    .map_err(GenerateError::Csv)
            }
            Self::Xlsx(spreadsheet) => spreadsheet.row(layout, row, beside, scratch),
        }
    }
}

impl Sink<Vec<u8>> {
    /// The file's bytes.
    pub(crate) fn finish(self, format: Format) -> Result<Vec<u8>, GenerateError> {
        let text = match self {
            Self::Xlsx(mut spreadsheet) => {
                return spreadsheet
                    .book
                    .save_to_buffer()
                    .map_err(GenerateError::Xlsx);
            }
            Self::Csv(writer) => writer
                .into_inner()
                .map_err(|error| GenerateError::Csv(error.into_error().into()))?,
        };
        Ok(encoded(text, format))
    }
}

/// Text in UTF-8 in the encoding of a format.
pub(crate) fn encoded(text: Vec<u8>, format: Format) -> Vec<u8> {
    match format {
        Format::CsvBom => [BOM, &text].concat(),
        Format::Gb18030 => gb18030(&text),
        Format::Csv | Format::Xlsx => text,
    }
}

impl Spreadsheet {
    fn row(
        &mut self,
        layout: &Layout,
        row: &Row,
        beside: &Beside<'_>,
        scratch: &mut Scratch,
    ) -> Result<(), GenerateError> {
        self.rows += 1;
        let careless = self.careless;
        let sheet = self
            .book
            .worksheet_from_index(0)
            .map_err(GenerateError::Xlsx)?;
        for ((at, column), cell) in layout
            .columns
            .iter()
            .enumerate()
            .zip(layout.cells(row, beside, scratch))
        {
            let text = String::from_utf8_lossy(cell);
            let number = text
                .parse::<f64>()
                .ok()
                .filter(|_| Layout::is_number(column) || (careless && looks_like_number(column)));
            let written = match (number, careless.then(|| careless_date(&text)).flatten()) {
                (Some(number), _) => sheet.write_number(self.rows, at as u16, number),
                (None, Some(date)) => sheet.write_string(self.rows, at as u16, date),
                (None, None) => sheet.write_string(self.rows, at as u16, text),
            };
            written.map_err(GenerateError::Xlsx)?;
        }
        Ok(())
    }
}

/// Codes that a spreadsheet takes for numbers: they lose leading zeros, and long ones digits.
fn looks_like_number(column: &Column) -> bool {
    let codes = [c::A48, c::A20, c::B13C, c::B16C, c::A19C, c::C22x01C];
    Layout::official(column).is_some_and(|at| codes.contains(&at))
}

/// `2024-03-01 08:05:00` as a spreadsheet shows it: `2024/3/1 8:05`.
fn careless_date(text: &str) -> Option<String> {
    let (date, time) = match text.split_once(' ') {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 {
        return None;
    }
    let short = |part: &str| part.parse::<u32>().ok();
    let date = format!("{}/{}/{}", short(year)?, short(month)?, short(day)?);
    Some(match time {
        None => date,
        Some(time) => format!("{date} {}:{}", short(time.get(..2)?)?, time.get(3..5)?),
    })
}

fn gb18030(text: &[u8]) -> Vec<u8> {
    GB18030
        .encode(&String::from_utf8_lossy(text))
        .0
        .into_owned()
}

/// The file cut off inside a quoted field, as when the disk or the line breaks.
pub(crate) fn truncated(bytes: &[u8]) -> Vec<u8> {
    let from = bytes.len() * 3 / 5;
    let quoted = bytes
        .get(from..)
        .and_then(|rest| rest.windows(2).position(|pair| pair == b",\""));
    let mut cut = bytes
        .get(..quoted.map_or(from, |at| from + at + 4))
        .unwrap_or(bytes)
        .to_vec();
    if quoted.is_none() {
        // No field needs quotes: end inside one all the same.
        let comma = cut
            .iter()
            .rposition(|byte| *byte == b',')
            .unwrap_or(cut.len());
        cut.truncate(comma);
        cut.extend_from_slice(b",\"28,");
    }
    cut
}

/// The first half in UTF-8 and the second in GB18030, as when two exports are pasted together.
pub(crate) fn mixed_encoding(utf8: &[u8]) -> Vec<u8> {
    let middle = utf8.len() / 2;
    let line = utf8
        .get(middle..)
        .and_then(|rest| rest.iter().position(|byte| *byte == b'\n'))
        .map_or(middle, |at| middle + at + 1);
    let (first, second) = utf8.split_at(line);
    [first, &gb18030(second)].concat()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn what_a_spreadsheet_makes_of_dates() {
        for (text, shown) in [
            ("2024-03-01 08:05:00", Some("2024/3/1 8:05")),
            ("1990-12-07", Some("1990/12/7")),
            ("0301", None),
            ("-", None),
            ("S82.201", None),
        ] {
            assert_eq!(careless_date(text).as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn broken_bytes() {
        let text = b"A,B\n1,2\n3,\"x,y\"\n5,6\n".to_vec();
        assert_eq!(truncated(&text), b"A,B\n1,2\n3,\"28,".to_vec());
        let text = b"A,B\n1,2\n3,4\n5,\"x,y,zz\"\n".to_vec();
        assert_eq!(truncated(&text), b"A,B\n1,2\n3,4\n5,\"x,".to_vec());
        let mixed = mixed_encoding("甲\n乙\n丙\n".as_bytes());
        assert!(std::str::from_utf8(&mixed).is_err());
        assert!(mixed.starts_with("甲\n乙\n".as_bytes()));
    }
}
