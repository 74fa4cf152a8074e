//! A file as rows of raw cells, whatever its form. Text is streamed over its bytes, sheets over
//! their XML; one row is held at a time.

use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, DataType, Reader as _, Xls, XlsError, Xlsx, XlsxError};
use csv::ByteRecord;

use super::sniff::{self, Encoding, Form};
use crate::Limits;
use crate::catalogue::{DAMAGED, LIMIT, OPEN_QUOTE, PASSWORD, UNPACKS_TOO_LARGE};
use crate::finding::FileFinding;

/// What a sheet says about a cell beside its text. Cells of text files are `Text`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// A number of at most 15 digits, which a sheet keeps exactly.
    Number,
    /// A number of more digits: those after the 15th are gone.
    LostDigits,
    /// A date or a date and time.
    Date,
    /// `#N/A` and its like.
    Error,
}

/// One row of raw cells.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub record: ByteRecord,
    /// By cell; those beyond the end are `Text`.
    pub kinds: Vec<Kind>,
    /// The row as a spreadsheet numbers it, from 1.
    pub number: u32,
    /// The file ends in this row, without a line break.
    pub unfinished: bool,
}

impl Row {
    pub fn raw(&self, column: usize) -> &[u8] {
        self.record.get(column).unwrap_or_default()
    }

    pub fn kind(&self, column: usize) -> Kind {
        self.kinds.get(column).copied().unwrap_or(Kind::Text)
    }

    pub fn is_blank(&self) -> bool {
        self.record.as_slice().iter().all(u8::is_ascii_whitespace)
    }
}

/// Where the rows of a table are within the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Table {
    /// A text file read with this delimiter.
    Delimited(u8),
    /// A sheet of a workbook.
    Sheet(String),
}

/// An opened file.
pub(crate) enum Book<'a> {
    Text { bytes: &'a [u8], encoding: Encoding },
    Xlsx(Box<Xlsx<Cursor<&'a [u8]>>>),
    Xls(Box<Xls<Cursor<&'a [u8]>>>),
}

/// Whether to go on.
pub(crate) type Visit<'v> = dyn FnMut(&Row) -> Result<bool, FileFinding> + 'v;

impl<'a> Book<'a> {
    pub fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, FileFinding> {
        let size = bytes.len() as u64;
        if size > limits.bytes {
            return Err(over("文件大小", &megabytes(size), &megabytes(limits.bytes)));
        }
        let book = match sniff::form(bytes)? {
            Form::Csv => {
                let bytes = sniff::strip_bom(bytes);
                // The end mark of DOS.
                let bytes = bytes.strip_suffix(b"\x1A").unwrap_or(bytes);
                Book::Text { bytes, encoding: sniff::encoding(bytes)? }
            }
            Form::Xlsx => {
                guard_unpacking(bytes, limits)?;
                Book::Xlsx(Box::new(guarded(|| Xlsx::new(Cursor::new(bytes)).map_err(|e| xlsx_fault(&e)))?))
            }
            Form::Xls => Book::Xls(Box::new(guarded(|| Xls::new(Cursor::new(bytes)).map_err(|e| xls_fault(&e)))?)),
        };
        let sheets = book.sheets().len();
        if sheets > limits.sheets {
            return Err(over("工作表", &format!("{sheets} 个"), &format!("{} 个", limits.sheets)));
        }
        Ok(book)
    }

    pub fn form(&self) -> Form {
        match self {
            Self::Text { .. } => Form::Csv,
            Self::Xlsx(_) => Form::Xlsx,
            Self::Xls(_) => Form::Xls,
        }
    }

    pub fn encoding(&self) -> Encoding {
        match self {
            Self::Text { encoding, .. } => *encoding,
            // Libraries hand out the texts of sheets as UTF-8.
            Self::Xlsx(_) | Self::Xls(_) => Encoding::Utf8,
        }
    }

    /// Names of the sheets; none of a text file.
    pub fn sheets(&self) -> Vec<String> {
        match self {
            Self::Text { .. } => Vec::new(),
            Self::Xlsx(book) => book.sheet_names(),
            Self::Xls(book) => book.sheet_names(),
        }
    }

    /// Hands out the rows of a table in order, blank ones included, until there are no more or
    /// `visit` says so.
    pub fn rows(&mut self, table: &Table, limits: &Limits, visit: &mut Visit<'_>) -> Result<(), FileFinding> {
        match (self, table) {
            (Self::Text { bytes, .. }, Table::Delimited(delimiter)) => text_rows(bytes, *delimiter, limits, visit),
            (Self::Xlsx(book), Table::Sheet(name)) => guarded(|| xlsx_rows(book, name, limits, visit)),
            (Self::Xls(book), Table::Sheet(name)) => guarded(|| xls_rows(book, name, limits, visit)),
            _ => Ok(()),
        }
    }
}

pub(super) fn over(what: &str, found: &str, limit: &str) -> FileFinding {
    FileFinding::fault(&LIMIT, None, &[("what", what), ("found", found), ("limit", limit)])
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1024 * 1024))
}

fn damaged(detail: &str) -> FileFinding {
    FileFinding::fault(&DAMAGED, None, &[("detail", detail)])
}

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

/// The workbook library indexes into what the file says; a file that lies makes it panic, which
/// is a damaged file and not the end of the program.
fn guarded<T>(work: impl FnOnce() -> Result<T, FileFinding>) -> Result<T, FileFinding> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(damaged("内部结构前后矛盾")))
}

/// Adds up what the parts of the archive really unpack to, without keeping it: what its directory
/// says may be a lie.
fn guard_unpacking(bytes: &[u8], limits: &Limits) -> Result<(), FileFinding> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| damaged(&e.to_string()))?;
    let packed = (bytes.len() as u64).max(1);
    let mut unpacked: u64 = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|e| damaged(&e.to_string()))?;
        let room = limits.unpacked_bytes.saturating_sub(unpacked).saturating_add(1);
        // A part that cannot be unpacked is reported by the library that needs it, if it does.
        unpacked += io::copy(&mut entry.take(room), &mut io::sink()).unwrap_or_default();
        let ratio = unpacked / packed;
        if unpacked > limits.unpacked_bytes || (ratio > limits.unpack_ratio && unpacked > RATIO_MATTERS_FROM) {
            let at_least = format!("至少 {}", megabytes(unpacked));
            return Err(FileFinding::fault(
                &UNPACKS_TOO_LARGE,
                None,
                &[("unpacked", &at_least), ("ratio", &ratio.to_string())],
            ));
        }
    }
    Ok(())
}

/// Small files may be packed ever so well.
const RATIO_MATTERS_FROM: u64 = 32 * 1024 * 1024;

/// Ends every text. A quote that is not closed swallows it.
const SENTINEL: &[u8] = b"\n\x1Eend\x1E\n";

/// The bytes of a text and then the sentinel; refuses to feed more than a budget between two rows.
struct Feed<'a> {
    bytes: &'a [u8],
    sentinel: &'a [u8],
    budget: usize,
}

impl Read for Feed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.budget == 0 {
            return Err(io::Error::other("row too long"));
        }
        let source = if self.bytes.is_empty() { &mut self.sentinel } else { &mut self.bytes };
        let read = source.read(buffer)?;
        self.budget = self.budget.saturating_sub(read);
        Ok(read)
    }
}

fn text_rows(bytes: &[u8], delimiter: u8, limits: &Limits, visit: &mut Visit<'_>) -> Result<(), FileFinding> {
    let end = bytes.len() as u64;
    let feed = Feed { bytes, sentinel: SENTINEL, budget: limits.row_bytes };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(64 * 1024)
        .from_reader(feed);
    let mut row = Row::default();
    let mut last = 0;
    let mut start = 0;
    loop {
        reader.get_mut().budget = limits.row_bytes;
        if reader.read_byte_record(&mut row.record).is_err() {
            let place = u64::from(last) + 1;
            return Err(FileFinding {
                place: Some(format!("第 {place} 行")),
                ..over("一行的长度", &format!("（第 {place} 行，多因双引号没有闭合）"), &megabytes(limits.row_bytes as u64))
            });
        }
        let ends = reader.position().byte();
        // Blank lines are skipped by the library, but a spreadsheet counts them.
        let skipped = blank_lines(bytes, start);
        start = usize::try_from(ends).unwrap_or(usize::MAX);
        if row.record.len() == 1 && ends > end && row.raw(0) == SENTINEL.trim_ascii() {
            return Ok(());
        }
        row.number = number(u64::from(last) + 1 + skipped)?;
        last = row.number;
        if ends > end + 1 {
            let at = row.number.to_string();
            return Err(FileFinding::fault(&OPEN_QUOTE, Some(format!("第 {at} 行")), &[("row", &at)]));
        }
        row.unfinished = ends > end;
        if !visit(&row)? {
            return Ok(());
        }
    }
}

/// Line ends from `start` on, before anything else. A line feed that ends the row before with its
/// carriage return is none of them.
fn blank_lines(bytes: &[u8], start: usize) -> u64 {
    let mut rest = bytes.get(start..).unwrap_or_default();
    if start > 0 && bytes.get(start - 1) == Some(&b'\r') {
        rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    }
    let mut lines = 0;
    while let Some(after) = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).or_else(|| rest.strip_prefix(b"\r")) {
        lines += 1;
        rest = after;
    }
    lines
}

fn number(row: u64) -> Result<u32, FileFinding> {
    u32::try_from(row).map_err(|_| over("行数", &row.to_string(), &u32::MAX.to_string()))
}

fn xlsx_rows(
    book: &mut Xlsx<Cursor<&[u8]>>,
    name: &str,
    limits: &Limits,
    visit: &mut Visit<'_>,
) -> Result<(), FileFinding> {
    let mut cells = book.worksheet_cells_reader(name).map_err(|e| xlsx_fault(&e))?;
    let mut rows = SheetRows::new(limits);
    while let Some(cell) = cells.next_cell().map_err(|e| xlsx_fault(&e))? {
        if !rows.cell(cell.get_position(), cell.get_value(), visit)? {
            return Ok(());
        }
    }
    rows.end(visit)
}

fn xls_rows(
    book: &mut Xls<Cursor<&[u8]>>,
    name: &str,
    limits: &Limits,
    visit: &mut Visit<'_>,
) -> Result<(), FileFinding> {
    let range = book.worksheet_range(name).map_err(|e| xls_fault(&e))?;
    let (top, left) = range.start().unwrap_or_default();
    let mut rows = SheetRows::new(limits);
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
}

impl<'l> SheetRows<'l> {
    fn new(limits: &'l Limits) -> Self {
        Self { row: Row::default(), limits, text: String::new() }
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
            return Err(over("列数", &format!("{} 列", column + 1), &format!("{} 列", self.limits.columns)));
        }
        // Cells in disorder or twice in one place do not occur in files that a program wrote.
        if number < self.row.number || column < self.row.record.len() {
            return Err(damaged("单元格次序混乱"));
        }
        while self.row.record.len() < column {
            self.row.record.push_field(b"");
            self.row.kinds.push(Kind::Text);
        }
        self.text.clear();
        let kind = write_cell(value, &mut self.text);
        self.row.record.push_field(self.text.as_bytes());
        self.row.kinds.push(kind);
        Ok(true)
    }

    fn hand_out(&mut self, visit: &mut Visit<'_>) -> Result<bool, FileFinding> {
        if self.row.record.is_empty() {
            return Ok(true);
        }
        let more = visit(&self.row)?;
        self.row.record.clear();
        self.row.kinds.clear();
        Ok(more)
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
fn write_number(number: f64, text: &mut String) -> Kind {
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

    fn read(text: &str) -> Result<Vec<(u32, Vec<String>)>, String> {
        let mut rows = Vec::new();
        let limits = Limits { row_bytes: 1 << 20, ..Limits::default() };
        text_rows(text.as_bytes(), b',', &limits, &mut |row| {
            let cells = row.record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
            rows.push((row.number, cells));
            Ok(true)
        })
        .map(|()| rows)
        .map_err(|fault| format!("{} {}", fault.number, fault.place.unwrap_or_default()))
    }

    #[test]
    fn rows_are_numbered_as_a_spreadsheet_does() {
        let numbers = |text: &str| read(text).unwrap().iter().map(|(number, _)| *number).collect::<Vec<u32>>();
        assert_eq!(numbers("a,b\r\n1,x\r\n\r\n2,y\r\n"), [1, 2, 4]);
        assert_eq!(numbers("a,b\r1,x\r\r2,y"), [1, 2, 4]);
        assert_eq!(numbers("\n\na,b\n1,x\n"), [3, 4]);
        let text = "a,b\n1,\"x\ny\"\n\n\n2,z\r\n3,w";
        assert_eq!(numbers(text), [1, 2, 5, 6]);
        let rows = read(text).unwrap();
        assert_eq!(rows.get(1).unwrap().1, ["1", "x\ny"]);
    }

    #[test]
    fn an_open_quote_is_found() {
        assert_eq!(read("a,b\n1,\"x\n2,y\n").unwrap_err(), "F0202 第 2 行");
        assert_eq!(read("a,b\n1,\"x").unwrap_err(), "F0202 第 2 行");
        assert!(read("a,b\n1,\"x\"").is_ok());
        assert!(read("a,b\n1,5\" nail\n").is_ok());
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn a_row_beyond_the_limit_stops_the_reading() {
        let text = format!("a,b\n1,\"{}\n", "x\n".repeat(1 << 20));
        assert_eq!(read(&text).unwrap_err(), "F0109 第 2 行");
    }

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
