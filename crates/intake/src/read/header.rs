//! Which row is the header, and what each column holds.

use std::collections::{BTreeMap, HashMap};

use encoding_rs::GB18030;
use serde::{Deserialize, Serialize};
use yizheng_pack::dataset::{Cell, Dataset, FieldIx, Layout, Target, header_key};

use super::book::{Book, Row, Table};
use super::sniff::Encoding;
use crate::Limits;
use crate::catalogue::{COLUMN_TWICE, COLUMNS_MISSING, NO_HEADER, SEVERAL_SHEETS};
use crate::finding::FileFinding;

/// A header is looked for in this many rows: exports put a title or two above it.
const HEADER_WITHIN: usize = 10;

/// Delimiters of text files, the usual one first.
const DELIMITERS: [u8; 3] = [b',', b'\t', b';'];

/// A column of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Header as in the file.
    pub header: String,
    /// Element that it holds; `None` when it is not taken.
    pub element: Option<String>,
    /// Why a known column is not taken.
    pub ignored: Option<String>,
    /// Cells that hold something, of a column that is not taken.
    pub filled: u64,
}

/// A table of the file with its header understood.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub table: Table,
    /// Row of the header, as a spreadsheet numbers it.
    pub row: u32,
    /// Non-blank rows above it.
    pub above: u32,
    /// Id and name of the layout.
    pub layout: (String, String),
    pub compact_dates: bool,
    pub columns: Vec<Column>,
    /// What each column holds.
    pub targets: Vec<Option<Target>>,
    /// What a row that only says the header again would hold in each column: its text, the code and
    /// the name of the element.
    pub again: Vec<Vec<String>>,
    /// Sheets without a header.
    pub other_sheets: Vec<String>,
    /// Columns that say to which period a row belongs.
    pub period: Vec<usize>,
}

/// First words of rows that sum up the rows above.
const SUMS: [&str; 4] = ["合计", "总计", "小计", "共计"];

/// Beginnings of rows by which a table is signed or explained.
const SIGNATURES: [&str; 13] = [
    "填报人", "填表人", "制表人", "审核人", "复核人", "负责人", "单位负责人", "统计负责人", "填报日期", "报出日期", "联系电话",
    "备注：", "注：",
];

impl Header {
    /// The columns of a cell, in the order of the file.
    pub fn sources(&self) -> HashMap<Cell, Vec<(usize, Target)>> {
        let mut sources: HashMap<Cell, Vec<(usize, Target)>> = HashMap::new();
        for (column, target) in self.targets.iter().enumerate() {
            if let Some(target) = target {
                sources.entry(target.cell).or_default().push((column, *target));
            }
        }
        sources
    }

    /// Whether no row below could be a better header: every column is known, none that is required
    /// is missing, and together they make up most of the dataset.
    fn is_unmistakable(&self, dataset: &Dataset) -> bool {
        let known = self.targets.iter().flatten().count();
        known == self.targets.len() && known * 2 > dataset.fields.len() && self.faults(dataset).is_empty()
    }

    /// Whether a row below only says the header again: templates have a row of codes and one of
    /// names. It has to say most of it: a department may be called like its column.
    pub fn says_again(&self, row: &Row, encoding: Encoding) -> bool {
        let mut scratch = String::new();
        let mut said = 0;
        for column in 0..row.record.len() {
            let cell = clean(decode(row.raw(column), encoding, &mut scratch));
            if cell.is_empty() {
                continue;
            }
            if !self.again.get(column).is_some_and(|texts| texts.contains(&cell)) {
                return false;
            }
            said += usize::from(self.targets.get(column).is_some_and(Option::is_some));
        }
        said * 2 > self.targets.iter().flatten().count()
    }

    /// Whether a row sums up others or signs the table: it says so in its first words and belongs to
    /// no period.
    pub fn is_no_data(&self, row: &Row, encoding: Encoding) -> bool {
        let mut scratch = String::new();
        let first = (0..row.record.len()).find(|column| !row.raw(*column).trim_ascii().is_empty());
        let Some(first) = first.filter(|column| !row.raw(*column).is_ascii()) else { return false };
        let text: String =
            decode(row.raw(first), encoding, &mut scratch).chars().filter(|c| !c.is_whitespace()).collect();
        let text = text.replace(':', "：");
        let says = SUMS.contains(&text.as_str()) || SIGNATURES.iter().any(|word| text.starts_with(word));
        says && self.period.iter().all(|column| *column == first || row.raw(*column).trim_ascii().is_empty())
    }

    /// Required columns that are missing, and columns that stand twice.
    pub fn faults(&self, dataset: &Dataset) -> Vec<FileFinding> {
        let sources = self.sources();
        let mut faults = Vec::new();
        let missing: Vec<String> = dataset
            .fields
            .iter()
            .enumerate()
            .filter(|(at, field)| field.column_required && !sources.contains_key(&Cell::Field(FieldIx(*at))))
            .map(|(_, field)| format!("{} {}", field.id, field.name))
            .collect();
        if !missing.is_empty() {
            faults.push(FileFinding::fault(
                &COLUMNS_MISSING,
                Some(format!("第 {} 行（表头）", self.row)),
                &[("columns", &missing.join("、"))],
            ));
        }
        let mut named: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, (column, target)) in self.columns.iter().zip(&self.targets).enumerate() {
            if target.is_some() {
                named.entry(clean(&column.header)).or_default().push(at + 1);
            }
        }
        let twice: Vec<String> = named
            .into_iter()
            .filter(|(_, at)| at.len() > 1)
            .map(|(name, at)| {
                let at: Vec<String> = at.iter().map(|column| format!("第 {column} 列")).collect();
                format!("{name}（{}）", at.join("、"))
            })
            .collect();
        if !twice.is_empty() {
            faults.push(FileFinding::fault(
                &COLUMN_TWICE,
                Some(format!("第 {} 行（表头）", self.row)),
                &[("columns", &twice.join("；"))],
            ));
        }
        faults
    }
}

/// A header text without what cannot be seen, trimmed, half-width, upper case.
fn clean(header: &str) -> String {
    let text: String = header
        .chars()
        .filter(|c| !matches!(c, '\u{FEFF}' | '\u{200B}'..='\u{200F}' | '\u{2060}') && !c.is_control())
        .collect();
    header_key(&text)
}

/// Decodes a raw cell; what cannot be decoded becomes U+FFFD.
pub(crate) fn decode<'a>(raw: &'a [u8], encoding: Encoding, scratch: &'a mut String) -> &'a str {
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

/// A row read as a header in the layout that knows most of it.
struct Reading<'d> {
    layout: &'d Layout,
    known: usize,
}

/// Finds the table and its header.
pub(crate) fn find(book: &mut Book<'_>, dataset: &Dataset, limits: &Limits) -> Result<Header, FileFinding> {
    let sheets = book.sheets();
    let tables: Vec<Table> = if sheets.is_empty() {
        DELIMITERS.into_iter().map(Table::Delimited).collect()
    } else {
        sheets.iter().cloned().map(Table::Sheet).collect()
    };
    let mut found: Vec<(usize, Header)> = Vec::new();
    let mut seen = 0;
    let mut fault = None;
    for table in tables {
        // A fault counts only if no table has a header: a chart is a sheet too, and with another
        // delimiter quotes mean something else.
        match header_of(book, &table, dataset, limits) {
            Ok((rows, header)) => {
                seen = seen.max(rows);
                let unmistakable = header.as_ref().is_some_and(|(_, header)| header.is_unmistakable(dataset));
                found.extend(header);
                // No other delimiter would make more of a text file known.
                if unmistakable && sheets.is_empty() {
                    break;
                }
            }
            Err(found) => fault = fault.or(Some(found)),
        }
    }
    // A text file has one table, and the delimiter that makes most of its header known is its own.
    if sheets.is_empty() {
        let best = found.iter().map(|(known, _)| *known).max();
        found.retain(|(known, _)| Some(*known) == best);
        found.truncate(1);
    }
    let with_header: Vec<String> = found
        .iter()
        .filter_map(|(_, header)| match &header.table {
            Table::Sheet(name) => Some(name.clone()),
            Table::Delimited(_) => None,
        })
        .collect();
    if with_header.len() > 1 {
        return Err(FileFinding::fault(
            &SEVERAL_SHEETS,
            None,
            &[("count", &with_header.len().to_string()), ("sheets", &with_header.join("、"))],
        ));
    }
    let Some((_, mut header)) = found.pop() else {
        return Err(fault.unwrap_or_else(|| FileFinding::fault(&NO_HEADER, None, &[("rows", &seen.to_string())])));
    };
    header.other_sheets = sheets.into_iter().filter(|name| !with_header.contains(name)).collect();
    Ok(header)
}

/// How many rows were looked at, and the header among them with the number of its known columns.
fn header_of(
    book: &mut Book<'_>,
    table: &Table,
    dataset: &Dataset,
    limits: &Limits,
) -> Result<(usize, Option<(usize, Header)>), FileFinding> {
    let encoding = book.encoding();
    let mut seen = 0;
    let mut best: Option<(usize, Header)> = None;
    let read_to_end = book.rows(table, limits, &mut |row: &Row| {
        if row.is_blank() {
            return Ok(true);
        }
        if row.record.len() > limits.columns {
            let found = format!("{} 列", row.record.len());
            return Err(super::book::over("列数", &found, &format!("{} 列", limits.columns)));
        }
        let mut scratch = String::new();
        let headers: Vec<String> =
            row.record.iter().map(|raw| decode(raw, encoding, &mut scratch).trim().to_owned()).collect();
        let mut unmistakable = false;
        if let Some(reading) = read(dataset, &headers)
            && best.as_ref().is_none_or(|(known, _)| reading.known > *known)
        {
            let header = understood(table.clone(), row.number, seen, dataset, reading.layout, headers);
            unmistakable = header.is_unmistakable(dataset);
            best = Some((reading.known, header));
        }
        seen += 1;
        Ok(!unmistakable && (seen as usize) < HEADER_WITHIN)
    });
    // A fault below the header is met again when the rows are read.
    if best.is_none() {
        read_to_end?;
    }
    Ok((seen as usize, best))
}

/// The layout that knows most of the headers, the official one among equals. One known name among
/// many is chance.
fn read<'d>(dataset: &'d Dataset, headers: &[String]) -> Option<Reading<'d>> {
    let official = dataset.layouts.first()?;
    let keys: Vec<String> = headers.iter().map(|header| clean(header)).collect();
    let known = |layout: &Layout| {
        keys.iter().filter(|key| official.columns.contains_key(*key) || layout.columns.contains_key(*key)).count()
    };
    let mut best = Reading { layout: official, known: known(official) };
    for layout in &dataset.layouts {
        let known = known(layout);
        if known > best.known {
            best = Reading { layout, known };
        }
    }
    let columns = keys.iter().filter(|key| !key.is_empty()).count();
    // A single name may stand in any table; a single code hardly.
    let coded = best.layout.id != Layout::NAMES;
    (best.known >= 2 || (best.known == 1 && columns <= 2 && coded)).then_some(best)
}

fn understood(
    table: Table,
    row: u32,
    above: u32,
    dataset: &Dataset,
    layout: &Layout,
    mut headers: Vec<String>,
) -> Header {
    // Empty columns at the end come from sheets and trailing commas.
    while headers.last().is_some_and(String::is_empty) {
        headers.pop();
    }
    let official = dataset.layouts.first();
    let mut columns = Vec::with_capacity(headers.len());
    let mut targets = Vec::with_capacity(headers.len());
    let mut again = Vec::with_capacity(headers.len());
    for header in headers {
        let key = clean(&header);
        // Official names win, whatever the layout.
        let target = official.and_then(|o| o.columns.get(&key)).or_else(|| layout.columns.get(&key)).copied();
        let texts = target.map(|target: Target| [dataset.element(target.cell), dataset.cell_name(target.cell)]);
        again.push(texts.into_iter().flatten().map(|text| header_key(&text)).chain([key.clone()]).collect());
        columns.push(Column {
            element: target.map(|target| dataset.element(target.cell)),
            ignored: if target.is_none() { layout.ignored.get(&key).cloned() } else { None },
            header,
            filled: 0,
        });
        targets.push(target);
    }
    let period = targets
        .iter()
        .enumerate()
        .filter(|(_, target)| target.is_some_and(|target| target.cell == Cell::Field(dataset.period)))
        .map(|(column, _)| column)
        .collect();
    Header {
        period,
        table,
        row,
        above,
        layout: (layout.id.clone(), layout.name.clone()),
        compact_dates: layout.compact_dates,
        columns,
        targets,
        again,
        other_sheets: Vec::new(),
    }
}
