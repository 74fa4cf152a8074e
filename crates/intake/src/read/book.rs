//! A file as rows of raw cells, whatever its form. Text is streamed over its bytes, sheets over
//! their XML, objects over their text, column files in batches; one row is held at a time.

use std::borrow::Cow;
use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Xls, Xlsx};
use csv::ByteRecord;
use encoding_rs::GB18030;

use super::objects::Objects;
use super::parquet::ColumnFile;
use super::sheet::{self, Merges};
use super::sniff::{self, Encoding, Form};
use crate::Limits;
use crate::catalogue::{DAMAGED, LIMIT, Message, OPEN_QUOTE, ROW_TOO_LONG, TOO_MANY_SHEETS};
use crate::finding::FileFinding;

/// What a file says about a cell beside its text. Cells of text files are `Text`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// A number of at most 15 digits, which a sheet keeps exactly.
    Number,
    /// A number of a form that keeps every digit and counts no days.
    Exact,
    /// A number of more digits: those after the 15th are gone.
    LostDigits,
    /// A date or a date and time.
    Date,
    /// `#N/A` and its like.
    Error,
    /// Below the first cell of a merge of one column, whose text it is given.
    Merged,
    /// Within a merge over several columns, whose text only its first cell has.
    Covered,
}

/// One row of raw cells.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub record: ByteRecord,
    /// By cell; those beyond the end are `Text`. Empty for text files, whose rows may be cut off.
    pub kinds: Vec<Kind>,
    /// The row as a spreadsheet numbers it, from 1; 0 of a header that stands in no row.
    pub number: u32,
    pub encoding: Encoding,
    /// The file ends in this row, without a line break.
    pub unfinished: bool,
}

impl Row {
    pub fn raw(&self, column: usize) -> &[u8] {
        self.record.get(column).unwrap_or_default()
    }

    /// A cell's text; what cannot be decoded becomes U+FFFD.
    pub fn text<'a>(&'a self, column: usize, scratch: &'a mut String) -> &'a str {
        decode(self.raw(column), self.encoding, scratch)
    }

    pub fn kind(&self, column: usize) -> Kind {
        self.kinds.get(column).copied().unwrap_or(Kind::Text)
    }

    pub fn is_blank(&self) -> bool {
        self.record.as_slice().iter().all(u8::is_ascii_whitespace)
    }

    /// Empties the row for the next one.
    pub fn clear(&mut self) {
        self.record.clear();
        self.kinds.clear();
    }

    pub fn push(&mut self, text: &str, kind: Kind) {
        self.record.push_field(text.as_bytes());
        self.kinds.push(kind);
    }
}

fn decode<'a>(raw: &'a [u8], encoding: Encoding, scratch: &'a mut String) -> &'a str {
    if encoding == Encoding::Utf8 || raw.is_ascii() {
        if let Ok(text) = std::str::from_utf8(raw) {
            return text;
        }
        scratch.clear();
        scratch.push_str(&String::from_utf8_lossy(raw));
        return scratch;
    }
    scratch.clear();
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    scratch.reserve(decoder.max_utf8_buffer_length(raw.len()).unwrap_or(raw.len() * 3));
    let _ = decoder.decode_to_string(raw, scratch, true);
    scratch
}

/// Where the rows of a table are within the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Table {
    /// A text file read with this delimiter.
    Delimited(u8),
    /// A sheet of a workbook.
    Sheet(String),
    /// All of a file that holds one table.
    Whole,
}

/// Delimiters of text files, the usual one first.
const DELIMITERS: [u8; 3] = [b',', b'\t', b';'];

/// An opened file.
pub(crate) enum Book<'a> {
    Text { bytes: Cow<'a, [u8]>, encoding: Encoding },
    /// `merged`: whether any sheet has merged cells.
    Xlsx { book: Box<Xlsx<Bytes<'a>>>, merged: bool },
    Xls(Box<Xls<Bytes<'a>>>),
    Objects(Objects<'a>),
    Columns(ColumnFile),
}

type Bytes<'a> = Cursor<Cow<'a, [u8]>>;

/// Whether to go on.
pub(crate) type Visit<'v> = dyn FnMut(&Row) -> Result<bool, FileFinding> + 'v;

impl<'a> Book<'a> {
    pub fn open(bytes: Cow<'a, [u8]>, limits: &Limits) -> Result<Self, FileFinding> {
        let size = bytes.len() as u64;
        if size > limits.bytes {
            return Err(over("文件大小", &megabytes(size), &megabytes(limits.bytes)));
        }
        let book = match sniff::form(&bytes)? {
            Form::Csv => {
                let bytes = trimmed(bytes);
                let encoding = sniff::encoding(&bytes)?;
                Book::Text { bytes, encoding }
            }
            Form::Json => Book::Objects(Objects::open(text(trimmed(bytes))?, limits)?),
            Form::Parquet => Book::Columns(guarded(|| ColumnFile::open(bytes, limits))?),
            Form::Xlsx => {
                let merged = sheet::guard_unpacking(&bytes, limits)?;
                let book = guarded(|| sheet::open_xlsx(Cursor::new(bytes)))?;
                Book::Xlsx { book: Box::new(book), merged }
            }
            Form::Xls => Book::Xls(Box::new(guarded(|| sheet::open_xls(Cursor::new(bytes)))?)),
            Form::Zip => return Err(sniff::not_a_table("ZIP 压缩包")),
        };
        let sheets = book.sheets(true).len() + book.sheets(false).len();
        if sheets > limits.sheets {
            let (found, limit) = (sheets.to_string(), limits.sheets.to_string());
            return Err(beyond(&TOO_MANY_SHEETS, None, &found, &limit));
        }
        Ok(book)
    }

    pub fn form(&self) -> Form {
        match self {
            Self::Text { .. } => Form::Csv,
            Self::Xlsx { .. } => Form::Xlsx,
            Self::Xls(_) => Form::Xls,
            Self::Objects(_) => Form::Json,
            Self::Columns(_) => Form::Parquet,
        }
    }

    /// Encoding of a text file.
    pub fn encoding(&self) -> Option<Encoding> {
        match self {
            Self::Text { encoding, .. } => Some(*encoding),
            _ => None,
        }
    }

    /// Names of the sheets that are shown, or of those that are hidden; none of a file without.
    pub fn sheets(&self, shown: bool) -> Vec<String> {
        match self {
            Self::Xlsx { book, .. } => sheet::names(book.as_ref(), shown),
            Self::Xls(book) => sheet::names(book.as_ref(), shown),
            Self::Text { .. } | Self::Objects(_) | Self::Columns(_) => Vec::new(),
        }
    }

    /// The tables to look at, those of hidden sheets left out. Those of a text file are one table
    /// under different delimiters.
    pub fn tables(&self) -> Vec<Table> {
        match self {
            Self::Text { .. } => DELIMITERS.into_iter().map(Table::Delimited).collect(),
            Self::Xlsx { .. } | Self::Xls(_) => self.sheets(true).into_iter().map(Table::Sheet).collect(),
            Self::Objects(_) | Self::Columns(_) => vec![Table::Whole],
        }
    }

    /// The merged cells of a table.
    pub fn merges(&mut self, table: &Table) -> Result<Merges, FileFinding> {
        match (self, table) {
            (Self::Xlsx { book, merged: true }, Table::Sheet(name)) => guarded(|| sheet::xlsx_merges(book, name)),
            (Self::Xls(book), Table::Sheet(name)) => guarded(|| sheet::xls_merges(book, name)),
            _ => Ok(Merges::default()),
        }
    }

    /// Hands out the rows of a table in order, blank ones included, until there are no more or
    /// `visit` says so. Of a file whose columns have names and stand in no row these come first, as
    /// row 0.
    pub fn rows(&mut self, table: &Table, limits: &Limits, visit: &mut Visit<'_>) -> Result<(), FileFinding> {
        let merges = self.merges(table)?;
        match (self, table) {
            (Self::Text { bytes, encoding }, Table::Delimited(delimiter)) => {
                text_rows(bytes, *encoding, *delimiter, limits, visit)
            }
            (Self::Xlsx { book, .. }, Table::Sheet(name)) => {
                guarded(|| sheet::xlsx_rows(book, name, &merges, limits, visit))
            }
            (Self::Xls(book), Table::Sheet(name)) => guarded(|| sheet::xls_rows(book, name, &merges, limits, visit)),
            (Self::Objects(objects), Table::Whole) => objects.rows(visit),
            (Self::Columns(file), Table::Whole) => guarded(|| file.rows(visit)),
            _ => Ok(()),
        }
    }
}

/// A text without its byte order mark and the end mark of DOS.
fn trimmed(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    let cut = |bytes: &[u8]| {
        let start = bytes.len() - sniff::strip_bom(bytes).len();
        start..bytes.len() - usize::from(bytes.ends_with(b"\x1A"))
    };
    match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(bytes.get(cut(bytes)).unwrap_or(bytes)),
        Cow::Owned(mut bytes) => {
            let kept = cut(&bytes);
            bytes.truncate(kept.end);
            bytes.drain(..kept.start);
            Cow::Owned(bytes)
        }
    }
}

/// A text in whichever encoding, decoded as a whole.
fn text(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, str>, FileFinding> {
    let encoding = sniff::encoding(&bytes)?;
    let mut scratch = String::new();
    Ok(match bytes {
        Cow::Borrowed(bytes) if encoding == Encoding::Utf8 => String::from_utf8_lossy(bytes),
        bytes => Cow::Owned(decode(&bytes, encoding, &mut scratch).to_owned()),
    })
}

/// A limit that has no message of its own.
pub(super) fn over(what: &str, found: &str, limit: &str) -> FileFinding {
    FileFinding::fault(&LIMIT, None, &[("what", what), ("found", found), ("limit", limit)])
}

/// Beyond a limit.
pub(super) fn beyond(message: &Message, place: Option<String>, found: &str, limit: &str) -> FileFinding {
    FileFinding::fault(message, place, &[("found", found), ("limit", limit)])
}

pub(super) fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1024 * 1024))
}

pub(super) fn damaged(detail: &str) -> FileFinding {
    FileFinding::fault(&DAMAGED, None, &[("detail", detail)])
}

/// The libraries index into what the file says; a file that lies makes them panic, which is a
/// damaged file and not the end of the program.
fn guarded<T>(work: impl FnOnce() -> Result<T, FileFinding>) -> Result<T, FileFinding> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(damaged("内部结构前后矛盾")))
}

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

fn text_rows(
    bytes: &[u8],
    encoding: Encoding,
    delimiter: u8,
    limits: &Limits,
    visit: &mut Visit<'_>,
) -> Result<(), FileFinding> {
    let end = bytes.len() as u64;
    let feed = Feed { bytes, sentinel: SENTINEL, budget: limits.row_bytes };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .buffer_capacity(64 * 1024)
        .from_reader(feed);
    let mut row = Row { encoding, ..Row::default() };
    let mut last = 0;
    let mut start = 0;
    loop {
        reader.get_mut().budget = limits.row_bytes;
        if reader.read_byte_record(&mut row.record).is_err() {
            let place = format!("第 {} 行", u64::from(last) + 1);
            return Err(beyond(&ROW_TOO_LONG, Some(place.clone()), &place, &megabytes(limits.row_bytes as u64)));
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

/// A row's number.
pub(super) fn number(row: u64) -> Result<u32, FileFinding> {
    u32::try_from(row).map_err(|_| over("行数", &row.to_string(), &u32::MAX.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Result<Vec<(u32, Vec<String>)>, String> {
        let mut rows = Vec::new();
        let limits = Limits { row_bytes: 1 << 20, ..Limits::default() };
        text_rows(text.as_bytes(), Encoding::Utf8, b',', &limits, &mut |row| {
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
        assert_eq!(read(&text).unwrap_err(), "F0115 第 2 行");
    }
}
