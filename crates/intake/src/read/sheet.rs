//! Sheets of workbooks: their rows out of cells, and what is merged in them.

use std::io::{self, Read as _, Seek, Write};

use calamine::{
    Data, DataType, Dimensions, Reader as _, SheetType, SheetVisible, Xls, XlsError, Xlsx, XlsxError,
};
use memchr::memmem;

use super::book::{Kind, Row, Visit, beyond, damaged, megabytes};
use crate::Limits;
use crate::catalogue::{PASSWORD, TOO_MANY_COLUMNS, UNPACKS_TOO_LARGE};
use crate::finding::FileFinding;

fn xlsx_fault(error: &XlsxError) -> FileFinding {
    match error {
        XlsxError::Password => FileFinding::fault(&PASSWORD, None, &[]),
        other => damaged(&other.to_string()),
    }
}

fn xls_fault(error: &XlsError) -> FileFinding {
    match error {
        XlsError::Password => FileFinding::fault(&PASSWORD, None, &[]),
        other => damaged(&other.to_string()),
    }
}

pub(super) fn open_xlsx<R: io::Read + Seek>(bytes: R) -> Result<Xlsx<R>, FileFinding> {
    Xlsx::new(bytes).map_err(|error| xlsx_fault(&error))
}

pub(super) fn open_xls<R: io::Read + Seek>(bytes: R) -> Result<Xls<R>, FileFinding> {
    Xls::new(bytes).map_err(|error| xls_fault(&error))
}

/// Names of the sheets with cells that are shown, or of those that are hidden.
pub(super) fn names<R: io::Read + Seek, B: calamine::Reader<R>>(book: &B, shown: bool) -> Vec<String> {
    let sheets = book.sheets_metadata().iter();
    let sheets = sheets.filter(|sheet| {
        sheet.typ == SheetType::WorkSheet && (sheet.visible == SheetVisible::Visible) == shown
    });
    sheets.map(|sheet| sheet.name.clone()).collect()
}

/// Adds up what the parts of the archive really unpack to, without keeping it: what its directory
/// says may be a lie. Also whether any sheet has merged cells: they are written behind the rows, and
/// looking for them costs another reading.
pub(super) fn guard_unpacking(bytes: &[u8], limits: &Limits) -> Result<bool, FileFinding> {
    let mut archive = zip::ZipArchive::new(io::Cursor::new(bytes)).map_err(|e| damaged(&e.to_string()))?;
    let mut unpacked = Unpacked::new(bytes, limits);
    let mut merged = Seen::new(b"mergeCell ");
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|e| damaged(&e.to_string()))?;
        // A part that cannot be unpacked is reported by the library that needs it, if it does.
        let part = io::copy(&mut entry.take(unpacked.room()), &mut merged).unwrap_or_default();
        unpacked.add(part)?;
    }
    Ok(merged.found)
}

/// What an archive has unpacked to so far.
pub(super) struct Unpacked<'l> {
    packed: u64,
    pub bytes: u64,
    limits: &'l Limits,
}

impl<'l> Unpacked<'l> {
    pub fn new(packed: &[u8], limits: &'l Limits) -> Self {
        Self { packed: (packed.len() as u64).max(1), bytes: 0, limits }
    }

    /// How much the next part may be at most; one byte more than is allowed shows that it is more.
    pub fn room(&self) -> u64 {
        self.limits.unpacked_bytes.saturating_sub(self.bytes).saturating_add(1)
    }

    pub fn add(&mut self, part: u64) -> Result<(), FileFinding> {
        self.bytes += part;
        let ratio = self.bytes / self.packed;
        let limits = self.limits;
        if self.bytes > limits.unpacked_bytes || (ratio > limits.unpack_ratio && self.bytes > RATIO_MATTERS_FROM) {
            let limit = format!("{}、{} 倍", megabytes(limits.unpacked_bytes), limits.unpack_ratio);
            return Err(FileFinding::fault(
                &UNPACKS_TOO_LARGE,
                None,
                &[
                    ("unpacked", &format!("至少 {}", megabytes(self.bytes))),
                    ("ratio", &ratio.to_string()),
                    ("limit", &limit),
                ],
            ));
        }
        Ok(())
    }
}

/// Looks for a word in what is written to it.
struct Seen {
    word: memmem::Finder<'static>,
    /// The end of what came before, shorter than the word.
    tail: Vec<u8>,
    found: bool,
}

impl Seen {
    fn new(word: &'static [u8]) -> Self {
        Self { word: memmem::Finder::new(word), tail: Vec::new(), found: false }
    }
}

impl Write for Seen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.found {
            let keep = self.word.needle().len() - 1;
            self.tail.extend(bytes.iter().take(keep));
            self.found = self.word.find(&self.tail).is_some() || self.word.find(bytes).is_some();
            // What is left over of a short write and of the one before.
            if bytes.len() >= keep {
                self.tail.clear();
                self.tail.extend(bytes.iter().skip(bytes.len() - keep));
            } else {
                let over = self.tail.len().saturating_sub(keep);
                self.tail.drain(..over);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Small files may be packed ever so well.
const RATIO_MATTERS_FROM: u64 = 32 * 1024 * 1024;

/// Regions of merged cells of a sheet, by first row; rows and columns from 0.
#[derive(Debug, Default)]
pub(crate) struct Merges(Vec<Dimensions>);

impl Merges {
    fn new(mut regions: Vec<Dimensions>) -> Self {
        regions.retain(|region| region.start != region.end);
        regions.sort_by_key(|region| (region.start, region.end));
        Self(regions)
    }

    /// The merge of several columns within one row that holds a column; its first column.
    pub fn group(&self, row: u32, column: u32) -> Option<u32> {
        let within = |region: &&Dimensions| {
            region.start.0 == row && region.end.0 == row && region.start.1 <= column && column <= region.end.1
        };
        self.0.iter().find(within).map(|region| region.start.1)
    }

    /// Whether two rows, one below the other, are tied together: some cell of the upper one spans
    /// columns or reaches into the lower one.
    pub fn tie(&self, upper: u32) -> bool {
        let from = self.0.partition_point(|region| region.start.0 < upper);
        let of_row = self.0.get(from..).unwrap_or_default().iter().take_while(|region| region.start.0 == upper);
        of_row.into_iter().any(|region| region.end.0 == upper || region.end.0 == upper + 1)
    }
}

pub(super) fn xlsx_merges<R: io::Read + Seek>(book: &mut Xlsx<R>, name: &str) -> Result<Merges, FileFinding> {
    book.merge_cells_by_sheet_name(name).map(Merges::new).map_err(|error| xlsx_fault(&error))
}

pub(super) fn xls_merges<R: io::Read + Seek>(book: &mut Xls<R>, name: &str) -> Result<Merges, FileFinding> {
    book.merge_cells_by_sheet_name(name).map(Merges::new).map_err(|error| xls_fault(&error))
}

pub(super) fn xlsx_rows<R: io::Read + Seek>(
    book: &mut Xlsx<R>,
    name: &str,
    merges: &Merges,
    limits: &Limits,
    visit: &mut Visit<'_>,
) -> Result<(), FileFinding> {
    let mut cells = book.worksheet_cells_reader(name).map_err(|e| xlsx_fault(&e))?;
    let mut rows = SheetRows::new(limits, merges);
    while let Some(cell) = cells.next_cell().map_err(|e| xlsx_fault(&e))? {
        if !rows.cell(cell.get_position(), cell.get_value(), visit)? {
            return Ok(());
        }
    }
    rows.end(visit)
}

pub(super) fn xls_rows<R: io::Read + Seek>(
    book: &mut Xls<R>,
    name: &str,
    merges: &Merges,
    limits: &Limits,
    visit: &mut Visit<'_>,
) -> Result<(), FileFinding> {
    let range = book.worksheet_range(name).map_err(|e| xls_fault(&e))?;
    let (top, left) = range.start().unwrap_or_default();
    let mut rows = SheetRows::new(limits, merges);
    for (down, cells) in (top..).zip(range.rows()) {
        for (column, value) in (left..).zip(cells) {
            if *value != Data::Empty && !rows.cell((down, column), value, visit)? {
                return Ok(());
            }
        }
    }
    rows.end(visit)
}

/// Gathers the cells of a sheet, which come in order of rows and columns, to rows.
struct SheetRows<'l> {
    row: Row,
    limits: &'l Limits,
    text: String,
    /// Merges that begin below.
    ahead: std::iter::Peekable<std::slice::Iter<'l, Dimensions>>,
    /// Merges that began at or above the row at hand and reach it, with their text.
    open: Vec<(Dimensions, String)>,
}

impl<'l> SheetRows<'l> {
    fn new(limits: &'l Limits, merges: &'l Merges) -> Self {
        let ahead = merges.0.iter().peekable();
        Self { row: Row::default(), limits, text: String::new(), ahead, open: Vec::new() }
    }

    fn cell(&mut self, at: (u32, u32), value: &impl DataType, visit: &mut Visit<'_>) -> Result<bool, FileFinding> {
        let (number, column) = (at.0.saturating_add(1), at.1 as usize);
        if number > self.row.number {
            if !self.hand_out(visit)? {
                return Ok(false);
            }
            self.row.number = number;
        }
        if column >= self.limits.columns {
            let (found, limit) = ((column + 1).to_string(), self.limits.columns.to_string());
            return Err(beyond(&TOO_MANY_COLUMNS, Some(format!("第 {number} 行")), &found, &limit));
        }
        // Cells in disorder or twice in one place do not occur in files that a program wrote.
        if number < self.row.number || column < self.row.record.len() {
            return Err(damaged("单元格次序混乱"));
        }
        while self.row.record.len() < column {
            self.row.push("", Kind::Text);
        }
        self.text.clear();
        let kind = write_cell(value, &mut self.text);
        self.row.push(&self.text, kind);
        Ok(true)
    }

    fn hand_out(&mut self, visit: &mut Visit<'_>) -> Result<bool, FileFinding> {
        if self.row.record.is_empty() {
            return Ok(true);
        }
        self.merge()?;
        let more = visit(&self.row)?;
        self.row.clear();
        Ok(more)
    }

    /// Marks the cells of the row that lie in a merge without being its first cell, and gives those
    /// below the first cell of a merge of one column its text. A row without anything of its own
    /// stays blank.
    fn merge(&mut self) -> Result<(), FileFinding> {
        let Some(row) = self.row.number.checked_sub(1) else { return Ok(()) };
        while let Some(region) = self.ahead.next_if(|region| region.start.0 <= row) {
            let text = if region.start.0 == row { self.row.raw(region.start.1 as usize) } else { b"" };
            // Sheets hand out UTF-8.
            let text = std::str::from_utf8(text).unwrap_or_default();
            if !text.trim().is_empty() {
                self.open.push((*region, text.to_owned()));
            }
        }
        self.open.retain(|(region, _)| region.end.0 >= row);
        if self.open.is_empty() || self.row.is_blank() {
            return Ok(());
        }
        if self.open.len() > self.limits.columns {
            return Err(damaged("合并单元格互相重叠"));
        }
        let mut cells: Vec<String> =
            self.row.record.iter().map(|raw| String::from_utf8_lossy(raw).into_owned()).collect();
        for (region, text) in &self.open {
            let one_column = region.start.1 == region.end.1;
            for column in (region.start.1..=region.end.1).map(|column| column as usize).take_while(|c| *c < self.limits.columns) {
                let first = region.start == (row, column as u32);
                // A text that stands in the file under a merge counts as what it is.
                if first || cells.get(column).is_some_and(|own| !own.trim().is_empty()) {
                    continue;
                }
                if cells.len() <= column {
                    cells.resize(column + 1, String::new());
                    self.row.kinds.resize(column + 1, Kind::Text);
                }
                if let (Some(cell), Some(kind)) = (cells.get_mut(column), self.row.kinds.get_mut(column)) {
                    *kind = if one_column { Kind::Merged } else { Kind::Covered };
                    if one_column {
                        cell.clone_from(text);
                    }
                }
            }
        }
        self.row.record.clear();
        for cell in &cells {
            self.row.record.push_field(cell.as_bytes());
        }
        Ok(())
    }

    fn end(&mut self, visit: &mut Visit<'_>) -> Result<(), FileFinding> {
        self.hand_out(visit).map(|_| ())
    }
}

/// Writes a sheet's cell as it would stand in a text file.
fn write_cell(value: &impl DataType, text: &mut String) -> Kind {
    if let Some(string) = value.get_string() {
        text.push_str(string);
        return Kind::Text;
    }
    if let Some(number) = value.get_int() {
        text.push_str(&number.to_string());
        return if number.unsigned_abs() < EXACT { Kind::Number } else { Kind::LostDigits };
    }
    if let Some(number) = value.get_float() {
        return write_number(number, text);
    }
    if let Some(date) = value.get_datetime() {
        let serial = date.as_f64();
        // A time of day or a duration is neither a date nor a number of hours.
        if date.is_duration() || serial < 1.0 {
            let seconds = (serial * 86_400.0).round() as i64;
            text.push_str(&format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
            return Kind::Text;
        }
        text.push_str(&civil(date));
        return Kind::Date;
    }
    if let Some(iso) = value.get_datetime_iso().or_else(|| value.get_duration_iso()) {
        text.push_str(iso.as_ref());
        return Kind::Date;
    }
    if let Some(truth) = value.get_bool() {
        text.push_str(if truth { "TRUE" } else { "FALSE" });
        return Kind::Text;
    }
    if let Some(error) = value.get_error() {
        text.push_str(&error.to_string());
        return Kind::Error;
    }
    Kind::Text
}

/// A sheet keeps 15 digits.
const EXACT: u64 = 1_000_000_000_000_000;

/// A number as a sheet shows it: 15 digits, without an exponent. 0.1 + 0.2 is 0.3.
pub(super) fn write_number(number: f64, text: &mut String) -> Kind {
    let shown = format!("{number:.14e}").parse().unwrap_or(number);
    text.push_str(&shown.to_string());
    if shown.abs() < EXACT as f64 { Kind::Number } else { Kind::LostDigits }
}

/// A day number of a sheet as `yyyy-MM-dd`, with its time unless that is midnight.
pub(super) fn civil(serial: calamine::ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, millis) = serial.to_ymd_hms_milli();
    let time = chrono::NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())
        .and_then(|date| date.and_hms_milli_opt(hour.into(), minute.into(), second.into(), millis.into()))
        // Fractions of a day do not hit whole seconds.
        .and_then(|time| time.checked_add_signed(chrono::TimeDelta::milliseconds(500)));
    match time {
        Some(time) if time.time().format("%H%M%S").to_string() == "000000" => time.format("%Y-%m-%d").to_string(),
        Some(time) => time.format("%Y-%m-%d %H:%M:%S").to_string(),
        // 29 February 1900, which only Excel knows.
        None => format!("{year:04}-{month:02}-{day:02}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use calamine::{DataRef, ExcelDateTime, ExcelDateTimeType};

    use super::*;

    #[test]
    fn cells_of_sheets_become_text() {
        let date = |serial| DataRef::DateTime(ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, false));
        let span = |serial| DataRef::DateTime(ExcelDateTime::new(serial, ExcelDateTimeType::TimeDelta, false));
        for (value, text, kind) in [
            (DataRef::Float(33.0), "33", Kind::Number),
            (DataRef::Float(0.1 + 0.2), "0.3", Kind::Number),
            (DataRef::Float(1_234_567.89), "1234567.89", Kind::Number),
            (DataRef::Float(999_999_999_999_999.0), "999999999999999", Kind::Number),
            (DataRef::Float(110_105_194_912_310_000.0), "110105194912310000", Kind::LostDigits),
            (DataRef::Float(-0.05), "-0.05", Kind::Number),
            (DataRef::Int(7), "7", Kind::Number),
            (DataRef::SharedString("张三"), "张三", Kind::Text),
            // 45352 is 1 March 2024; 0.378125 of a day is 9:04:30.
            (date(45352.0), "2024-03-01", Kind::Date),
            (date(45_352.378_125), "2024-03-01 09:04:30", Kind::Date),
            (date(0.5), "12:00:00", Kind::Text),
            (span(1.25), "30:00:00", Kind::Text),
            (DataRef::Bool(true), "TRUE", Kind::Text),
        ] {
            let mut found = String::new();
            assert_eq!((write_cell(&value, &mut found), found.as_str()), (kind, text), "{value:?}");
        }
    }
}
