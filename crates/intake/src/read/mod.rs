//! From the bytes of a file to typed columns.
//!
//! `sniff` says what the bytes are, `book` hands out raw rows, `header` says what their columns
//! hold, `value` and `compose` read cells, `typing` fills `columns`.

mod columns;
mod compose;
mod garbled;
mod header;
mod sniff;
mod typing;
mod value;

pub(crate) mod book;

use std::sync::Arc;

use yizheng_pack::Pack;
use yizheng_pack::dataset::{Dataset, Required};

pub use header::Column;
pub use sniff::{Encoding, Form};

pub(crate) use header::{Header, decode};
pub(crate) use typing::{Typed, Typer, present};
pub(crate) use value::{MARKS, days, is_scientific};

use crate::Limits;
use crate::catalogue::{
    ABOVE_HEADER, ABSENT_COLUMNS, BLANK_ROWS, CUT_OFF, IGNORED_COLUMNS, LIMIT, MOJIBAKE, NO_ROWS, NOT_DATA, OTHER_SHEETS,
    UNKNOWN_COLUMNS,
};
use crate::finding::FileFinding;
use book::{Book, Row, Table};

/// Rows below the header that are not taken as data.
#[derive(Debug, Default)]
pub(crate) struct LeftOut {
    /// How many are blank.
    pub blank: u64,
    /// Sums and signatures, as a spreadsheet numbers them.
    pub no_data: Vec<u32>,
}

/// An opened file whose header is understood.
pub(crate) struct Opened<'a> {
    pub book: Book<'a>,
    pub header: Header,
}

impl<'a> Opened<'a> {
    pub fn open(bytes: &'a [u8], dataset: &Dataset, limits: &Limits) -> Result<Self, FileFinding> {
        let mut book = Book::open(bytes, limits)?;
        let header = header::find(&mut book, dataset, limits)?;
        Ok(Self { book, header })
    }

    /// The sheet that is read.
    pub fn sheet(&self) -> Option<&str> {
        match &self.header.table {
            Table::Sheet(name) => Some(name),
            Table::Delimited(_) => None,
        }
    }

    /// The data rows under their ids: the row as a spreadsheet numbers it, less that of the header.
    /// Blank rows, rows that only say the header again, sums and signatures are left out.
    pub fn data_rows(
        &mut self,
        limits: &Limits,
        visit: &mut dyn FnMut(&Row, u32) -> Result<bool, FileFinding>,
    ) -> Result<LeftOut, FileFinding> {
        let (header_row, table) = (self.header.row, self.header.table.clone());
        let encoding = self.book.encoding();
        let header = &self.header;
        let (mut left_out, mut begun) = (LeftOut::default(), false);
        self.book.rows(&table, limits, &mut |row| {
            let Some(id) = row.number.checked_sub(header_row).filter(|id| *id > 0) else { return Ok(true) };
            if row.is_blank() {
                left_out.blank += 1;
                return Ok(true);
            }
            if header.is_no_data(row, encoding) {
                left_out.no_data.push(row.number);
                return Ok(true);
            }
            if !begun && header.says_again(row, encoding) {
                return Ok(true);
            }
            begun = true;
            visit(row, id)
        })?;
        Ok(left_out)
    }
}

/// Types all rows of an opened file. The second value is what is worth knowing about the file.
pub(crate) fn typed(
    opened: &mut Opened<'_>,
    dataset: &Arc<Dataset>,
    pack: &Pack,
    limits: &Limits,
    progress: &dyn Fn(u64),
) -> Result<(Typed, Vec<FileFinding>), FileFinding> {
    let mut typer = Typer::new(dataset, pack, &opened.header, opened.book.encoding());
    let width = opened.header.columns.len();
    let mut short: usize = 0;
    let left_out = opened.data_rows(limits, &mut |row, id| {
        let rows = typer.len();
        if rows as u64 >= limits.rows {
            return Err(book::over("行数", &format!("多于 {rows} 行"), &format!("{} 行", limits.rows)));
        }
        if let Some(cell) = too_long_cell(row, limits) {
            let place = format!("第 {} 行第 {} 列", row.number, cell + 1);
            let found = format!("{} 字节（{place}）", row.raw(cell).len());
            return Err(FileFinding {
                place: Some(place),
                ..book::over("单元格长度", &found, &format!("{} 字节", limits.cell_bytes))
            });
        }
        let found = row.record.len();
        if found < width && row.kinds.is_empty() {
            // The last row of a file whose other rows are whole was cut off.
            if row.unfinished && short * 2 <= rows {
                let number = row.number.to_string();
                return Err(FileFinding::fault(
                    &CUT_OFF,
                    Some(format!("第 {number} 行")),
                    &[("row", &number), ("found", &found.to_string()), ("expected", &width.to_string())],
                ));
            }
            short += 1;
        }
        typer.push(row, id).map_err(|_| book::over("一列文字的总长", "2 GB 以上", "2 GB"))?;
        if rows % 4096 == 4095 {
            progress(rows as u64 + 1);
        }
        Ok(true)
    })?;
    let rows = typer.len();
    progress(rows as u64);
    if rows == 0 {
        return Err(FileFinding::fault(&NO_ROWS, None, &[]));
    }
    let typed = typer.finish().map_err(|error| {
        FileFinding::fault(&LIMIT, None, &[("what", "内存列"), ("found", &error.to_string()), ("limit", "2 GB")])
    })?;
    if typed.sample.is_ruined() {
        let row = (typed.sample.first + opened.header.row).to_string();
        return Err(FileFinding::fault(
            &MOJIBAKE,
            Some(format!("第 {row} 行")),
            &[
                ("sampled", &typed.sample.texts.to_string()),
                ("garbled", &typed.sample.garbled.to_string()),
                ("row", &row),
            ],
        ));
    }
    let mut notices = Vec::new();
    if left_out.blank > 0 {
        notices.push(FileFinding::notice(&BLANK_ROWS, None, &[("count", &left_out.blank.to_string())]));
    }
    if !left_out.no_data.is_empty() {
        let rows: Vec<String> = left_out.no_data.iter().map(u32::to_string).collect();
        notices.push(FileFinding::notice(&NOT_DATA, None, &[("rows", &rows.join("、"))]));
    }
    let header = &mut opened.header;
    for (column, filled) in header.columns.iter_mut().zip(&typed.filled) {
        column.filled = *filled;
    }
    notices.extend(header_notices(header, dataset));
    Ok((typed, notices))
}

/// The first cell beyond the limit. Whole rows are seldom as long.
fn too_long_cell(row: &Row, limits: &Limits) -> Option<usize> {
    if row.record.as_slice().len() <= limits.cell_bytes {
        return None;
    }
    row.record.iter().position(|cell| cell.len() > limits.cell_bytes)
}

/// What is worth knowing about the header and what stands around the table.
fn header_notices(header: &Header, dataset: &Dataset) -> Vec<FileFinding> {
    let mut notices = Vec::new();
    let mut say = |message, list: Vec<String>| {
        if !list.is_empty() {
            notices.push(FileFinding::notice(
                message,
                None,
                &[("count", &list.len().to_string()), ("columns", &list.join("、"))],
            ));
        }
    };
    let unknown = header.columns.iter().enumerate().filter(|(_, c)| c.element.is_none() && c.ignored.is_none());
    say(
        &UNKNOWN_COLUMNS,
        unknown
            .filter(|(_, column)| !column.header.is_empty() || column.filled > 0)
            .map(|(at, column)| match column.header.as_str() {
                "" => format!("第 {} 列（无列名，{} 行有内容）", at + 1, column.filled),
                name => format!("{name}（{} 行有内容）", column.filled),
            })
            .collect(),
    );
    say(
        &IGNORED_COLUMNS,
        header
            .columns
            .iter()
            .filter_map(|column| Some(format!("{}（{}）", column.header, column.ignored.as_ref()?)))
            .collect(),
    );
    let there = present(header);
    let absent = dataset.fields.iter().enumerate().filter(|(at, field)| {
        matches!(field.required, Required::Must | Required::Dash)
            && !field.column_required
            && !there.contains_key(&yizheng_pack::dataset::Cell::Field(yizheng_pack::dataset::FieldIx(*at)))
    });
    say(&ABSENT_COLUMNS, absent.map(|(_, field)| format!("{} {}", field.id, field.name)).collect());
    if header.above > 0 {
        notices.push(FileFinding::notice(
            &ABOVE_HEADER,
            None,
            &[("row", &header.row.to_string()), ("count", &header.above.to_string())],
        ));
    }
    if let (Table::Sheet(sheet), false) = (&header.table, header.other_sheets.is_empty()) {
        notices.push(FileFinding::notice(
            &OTHER_SHEETS,
            None,
            &[("sheet", sheet), ("others", &header.other_sheets.join("、"))],
        ));
    }
    notices
}
