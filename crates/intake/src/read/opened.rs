//! A file whose tables are found: which of its sheets and files hold the dataset, and their rows
//! one after another.

use std::borrow::Cow;

use yizheng_pack::dataset::Dataset;

use super::book::{Book, Row, Table};
use super::header::{Header, header_of};
use super::sniff::{self, Encoding, Form};
use super::archive;
use crate::Limits;
use crate::catalogue::{
    EMPTY, HIDDEN_SHEET, HIDDEN_SHEETS, Message, NESTED_ARCHIVE, NO_HEADER, NO_TABLE_FITS, NOT_A_TABLE,
    NOTHING_READABLE, OTHER_FILES, OTHER_SHEETS, SAME_HEADER, SEVERAL_FILES, SEVERAL_SHEETS,
};
use crate::finding::FileFinding;
use crate::report::{FurtherTable, Origins};

/// Rows below the header that are not taken as data, and where rows came from.
#[derive(Debug, Default)]
pub(crate) struct LeftOut {
    /// How many are blank.
    pub blank: u64,
    /// Sums and signatures, as a spreadsheet numbers them.
    pub no_data: Vec<String>,
    pub origins: Origins,
}

/// Told the sheet or file, the row and its id; whether to go on.
type VisitData<'v> = dyn FnMut(Option<&str>, &Row, u32) -> Result<bool, FileFinding> + 'v;

/// A file, or one of an archive.
struct Source<'a> {
    /// Its name in the archive.
    name: Option<String>,
    book: Book<'a>,
}

/// A table that is read.
struct Placed {
    source: usize,
    table: Table,
    /// Sheet or file; `None` where the file is one table.
    name: Option<String>,
    header_row: u32,
}

/// An opened file whose header is understood.
pub(crate) struct Opened<'a> {
    pub form: Form,
    /// The header of the first table; the others say the same.
    pub header: Header,
    /// What there is to say about the tables that are there.
    pub notices: Vec<FileFinding>,
    sources: Vec<Source<'a>>,
    tables: Vec<Placed>,
}

/// A table with a header.
struct Candidate {
    placed: Placed,
    known: usize,
    header: Header,
    fits: bool,
}

impl Candidate {
    fn name(&self) -> String {
        self.placed.name.clone().unwrap_or_default()
    }
}

/// What was found by looking for headers.
#[derive(Default)]
struct Looked {
    candidates: Vec<Candidate>,
    hidden: Vec<Candidate>,
    /// Tables without a header.
    others: Vec<String>,
    /// Names of all hidden sheets.
    hidden_sheets: Vec<String>,
    /// How many tables there are.
    tables: usize,
    /// Rows of the longest search.
    rows: usize,
    /// Why a table could not be looked at. It counts only if no table has a header: a file of notes
    /// is a text too.
    fault: Option<FileFinding>,
}

impl<'a> Opened<'a> {
    pub fn open(bytes: &'a [u8], dataset: &Dataset, limits: &Limits) -> Result<Self, FileFinding> {
        let size = bytes.len() as u64;
        let form = if size > limits.bytes { Form::Csv } else { sniff::form(bytes)? };
        let (mut sources, unread) = match form {
            Form::Zip => unpack(bytes, limits)?,
            _ => (vec![Source { name: None, book: Book::open(Cow::Borrowed(bytes), limits)? }], Vec::new()),
        };
        let mut looked = Looked::default();
        for (at, source) in sources.iter_mut().enumerate() {
            looked.look(at, source, dataset, limits);
        }
        let hidden_sheets = std::mem::take(&mut looked.hidden_sheets);
        let mut others = std::mem::take(&mut looked.others);
        let chosen = looked.choose(form, dataset, &mut others)?;
        let mut notices = Vec::new();
        let mut say = |message: &Message, values: &[(&str, &str)]| {
            notices.push(FileFinding::notice(message, None, values));
        };
        let read: Vec<String> = chosen.iter().map(Candidate::name).collect();
        if chosen.len() > 1 {
            say(&SAME_HEADER, &[("count", &read.len().to_string()), ("tables", &read.join("、"))]);
        }
        if form == Form::Zip {
            let others: Vec<String> = unread.into_iter().chain(others).collect();
            if !others.is_empty() {
                say(&OTHER_FILES, &[("files", &others.join("、"))]);
            }
        } else if !others.is_empty() {
            say(&OTHER_SHEETS, &[("sheet", &read.join("”“")), ("others", &others.join("、"))]);
        }
        if !hidden_sheets.is_empty() {
            say(&HIDDEN_SHEETS, &[("sheets", &hidden_sheets.join("、"))]);
        }
        let mut header = None;
        let mut tables = Vec::new();
        for candidate in chosen {
            tables.push(candidate.placed);
            header.get_or_insert(candidate.header);
        }
        match header {
            Some(header) => Ok(Self { form, header, notices, sources, tables }),
            None => Err(FileFinding::fault(&NO_HEADER, None, &[("rows", "0")])),
        }
    }

    /// Names of the sheets or files that are read; `None` where the file is one table.
    pub fn sheet(&self) -> Option<String> {
        let names: Vec<&str> = self.tables.iter().filter_map(|table| table.name.as_deref()).collect();
        (!names.is_empty()).then(|| names.join("、"))
    }

    /// Encoding of the text that is read.
    pub fn encoding(&self) -> Option<Encoding> {
        let first = self.tables.first()?;
        self.sources.get(first.source)?.book.encoding()
    }

    /// The data rows with the sheet or file and under their ids: the row as a spreadsheet numbers it,
    /// less that of the header; those of a further table go on where the one before ended. Blank
    /// rows, rows that only say the header again, sums and signatures are left out.
    pub fn data_rows(
        &mut self,
        limits: &Limits,
        visit: &mut VisitData<'_>,
    ) -> Result<LeftOut, FileFinding> {
        let Self { header, sources, tables, .. } = self;
        let mut left_out = LeftOut {
            origins: Origins {
                header_row: header.row,
                sheet: tables.first().and_then(|table| table.name.clone()),
                further: Vec::new(),
            },
            ..LeftOut::default()
        };
        let (mut before, mut last, mut stopped) = (0_u32, 0_u32, false);
        let several = tables.len() > 1;
        for (at, placed) in tables.iter().enumerate() {
            let Some(source) = sources.get_mut(placed.source) else { continue };
            if at > 0 {
                before = last;
                left_out.origins.further.push(FurtherTable {
                    sheet: placed.name.clone(),
                    before,
                    header_row: placed.header_row,
                });
            }
            let name = placed.name.as_deref();
            let within = |place: String| match name.filter(|_| several || source.name.is_some()) {
                Some(name) => format!("{name} {place}"),
                None => place,
            };
            let mut begun = false;
            let read = source.book.rows(&placed.table, limits, &mut |row| {
                let Some(id) = row.number.checked_sub(placed.header_row).filter(|id| *id > 0) else { return Ok(true) };
                let id = super::book::number(u64::from(before) + u64::from(id))?;
                last = id;
                if row.is_blank() {
                    left_out.blank += 1;
                    return Ok(true);
                }
                if header.is_no_data(row) {
                    left_out.no_data.push(within(row.number.to_string()));
                    return Ok(true);
                }
                if !begun && header.says_again(row) {
                    return Ok(true);
                }
                begun = true;
                let more = visit(name, row, id)?;
                stopped = !more;
                Ok(more)
            });
            read.map_err(|fault| FileFinding { place: fault.place.map(within), ..fault })?;
            if stopped {
                break;
            }
        }
        Ok(left_out)
    }
}

/// The files of an archive that are tables, and the names of the others with the reason.
fn unpack<'a>(bytes: &[u8], limits: &Limits) -> Result<(Vec<Source<'a>>, Vec<String>), FileFinding> {
    let entries = archive::entries(bytes, limits)?;
    let unpacked: u64 = entries.iter().map(|entry| entry.bytes.len() as u64).sum();
    // What the archive has unpacked to leaves that much less for the workbooks in it.
    let limits = Limits { unpacked_bytes: limits.unpacked_bytes.saturating_sub(unpacked), ..*limits };
    let (mut sources, mut others) = (Vec::new(), Vec::new());
    for entry in entries {
        if matches!(sniff::form(&entry.bytes), Ok(Form::Zip)) {
            return Err(FileFinding::fault(&NESTED_ARCHIVE, Some(entry.name.clone()), &[("file", &entry.name)]));
        }
        match Book::open(Cow::Owned(entry.bytes), &limits) {
            Ok(book) => sources.push(Source { name: Some(entry.name), book }),
            Err(fault) if [NOT_A_TABLE.number, EMPTY.number].contains(&fault.number.as_str()) => {
                others.push(format!("{}（{}）", entry.name, fault.message.trim_end_matches('。')));
            }
            // A table that cannot be read may be part of what is sent.
            Err(fault) => {
                let place = match fault.place {
                    Some(place) => format!("{} {place}", entry.name),
                    None => entry.name,
                };
                return Err(FileFinding { place: Some(place), ..fault });
            }
        }
    }
    if sources.is_empty() {
        let files = if others.is_empty() { "没有文件".to_owned() } else { others.join("、") };
        return Err(FileFinding::fault(&NOTHING_READABLE, None, &[("files", &files)]));
    }
    Ok((sources, others))
}

impl Looked {
    /// Looks for headers in one file.
    fn look(&mut self, at: usize, source: &mut Source<'_>, dataset: &Dataset, limits: &Limits) {
        let is_text = source.book.form() == Form::Csv;
        let tables = source.book.tables();
        let hidden = source.book.sheets(false);
        let several = tables.len() + hidden.len() > 1 && !is_text;
        let name = |table: &Table| match (&source.name, table) {
            (Some(file), Table::Sheet(sheet)) if several => Some(format!("{file}/{sheet}")),
            (Some(file), _) => Some(file.clone()),
            (None, Table::Sheet(sheet)) => Some(sheet.clone()),
            (None, _) => None,
        };
        self.tables += if is_text { 1 } else { tables.len() };
        let mut found: Vec<Candidate> = Vec::new();
        let mut without = Vec::new();
        for table in tables {
            match header_of(&mut source.book, &table, dataset, limits) {
                Ok((rows, header)) => {
                    self.rows = self.rows.max(rows);
                    match header {
                        Some(header) => found.push(candidate(at, name(&table), table, header, dataset)),
                        None => without.extend(name(&table)),
                    }
                }
                Err(fault) => {
                    without.extend(name(&table));
                    self.fault.get_or_insert(fault);
                }
            }
            // No other delimiter would make more of a text file known.
            if is_text && found.last().is_some_and(|of| of.header.is_unmistakable(dataset)) {
                break;
            }
        }
        if is_text {
            // A text file has one table, and the delimiter that makes most of its header known is its
            // own, the usual one among equals.
            let best = found.iter().map(|of| of.known).max();
            found.retain(|of| Some(of.known) == best);
            found.truncate(1);
            without = if found.is_empty() { source.name.clone().into_iter().collect() } else { Vec::new() };
        }
        self.candidates.extend(found);
        self.others.extend(without);
        for sheet in hidden {
            let table = Table::Sheet(sheet);
            let name = name(&table);
            self.hidden_sheets.extend(name.clone());
            if let Ok((_, Some(header))) = header_of(&mut source.book, &table, dataset, limits) {
                self.hidden.push(candidate(at, name, table, header, dataset));
            }
        }
    }

    /// The tables to read: those whose header fits, if all of them say the same; else the only one
    /// that has a header at all. The names of the others go to `others`.
    fn choose(self, form: Form, dataset: &Dataset, others: &mut Vec<String>) -> Result<Vec<Candidate>, FileFinding> {
        let Self { candidates, hidden, tables, rows, fault, .. } = self;
        let (fitting, mut partial): (Vec<Candidate>, Vec<Candidate>) = candidates.into_iter().partition(|of| of.fits);
        if let Some(first) = fitting.first() {
            if !fitting.iter().all(|of| of.header.is_same(&first.header)) {
                let count = fitting.len().to_string();
                let list: Vec<String> =
                    fitting.iter().map(|of| format!("{}（{} 列）", of.name(), of.header.columns.len())).collect();
                let list = list.join("、");
                return Err(if form == Form::Zip {
                    FileFinding::fault(&SEVERAL_FILES, None, &[("count", &count), ("tables", &list)])
                } else {
                    FileFinding::fault(&SEVERAL_SHEETS, None, &[("count", &count), ("sheets", &list)])
                });
            }
            others.extend(partial.iter().map(Candidate::name));
            return Ok(fitting);
        }
        if let Some(of) = hidden.iter().find(|of| of.fits) {
            return Err(FileFinding::fault(&HIDDEN_SHEET, None, &[("sheet", &of.name())]));
        }
        if partial.len() == 1 {
            return Ok(partial);
        }
        if tables <= 1 {
            return Err(fault.unwrap_or_else(|| FileFinding::fault(&NO_HEADER, None, &[("rows", &rows.to_string())])));
        }
        partial.sort_by_key(|of| std::cmp::Reverse(of.known));
        let guess = partial.first().map(|of| {
            let missing = of.header.missing(dataset);
            let lacks = if missing.is_empty() { String::new() } else { format!("，缺少 {}", missing.join("、")) };
            format!("最接近的是“{}”：认识其中 {} 列{lacks}", of.name(), of.known)
        });
        let guess = guess.unwrap_or_else(|| "其中没有可以识别的列名".to_owned());
        let names: Vec<String> = partial.iter().map(Candidate::name).chain(others.iter().cloned()).collect();
        let values = [("count", tables.to_string()), ("tables", names.join("、")), ("guess", guess)];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        match fault {
            Some(fault) if partial.is_empty() => Err(fault),
            _ => Err(FileFinding::fault(&NO_TABLE_FITS, None, &values)),
        }
    }
}

fn candidate(
    source: usize,
    name: Option<String>,
    table: Table,
    (known, header): (usize, Header),
    dataset: &Dataset,
) -> Candidate {
    let placed = Placed { source, table, name, header_row: header.row };
    Candidate { fits: header.faults(dataset).is_empty(), placed, known, header }
}
