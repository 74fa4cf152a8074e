//! From the bytes of a file to typed columns.
//!
//! `sniff` says what the bytes are, `archive` unpacks, `book` hands out raw rows (of `sheet`,
//! `objects`, `parquet` and text), `header` says what their columns hold, `opened` which tables are
//! read, `value` and `compose` read cells, `typing` fills `columns`.

mod archive;
mod columns;
mod compose;
mod garbled;
mod header;
mod objects;
mod opened;
mod parquet;
mod sheet;
mod sniff;
mod typing;
mod value;

pub(crate) mod book;

use std::sync::Arc;

use yizheng_pack::Pack;
use yizheng_pack::dataset::{Dataset, Required};

pub use header::Column;
pub use sniff::{Encoding, Form};

pub(crate) use header::Header;
pub(crate) use opened::Opened;
pub(crate) use typing::{Typed, Typer, present};
pub(crate) use value::{MARKS, days, is_scientific};

use crate::Limits;
use crate::catalogue::{
    ABOVE_HEADER, ABSENT_COLUMNS, BLANK_ROWS, CELL_TOO_LONG, CUT_OFF, IGNORED_COLUMNS, LIMIT, MOJIBAKE, NO_ROWS,
    NOT_DATA, TOO_MANY_CELLS, TOO_MANY_ROWS, TWO_ROW_HEADER, UNKNOWN_COLUMNS,
};
use crate::finding::FileFinding;
use crate::report::Origins;
use book::Row;

/// Types all rows of an opened file. The second value is what is worth knowing about the file, the
/// third where its rows stand.
pub(crate) fn typed(
    opened: &mut Opened<'_>,
    dataset: &Arc<Dataset>,
    pack: &Pack,
    limits: &Limits,
    progress: &dyn Fn(u64),
) -> Result<(Typed, Vec<FileFinding>, Origins), FileFinding> {
    let mut typer = Typer::new(dataset, pack, &opened.header);
    let width = opened.header.columns.len();
    let (mut short, mut cells): (usize, u64) = (0, 0);
    let left_out = opened.data_rows(limits, &mut |_, row, id| {
        let rows = typer.len();
        if rows as u64 >= limits.rows {
            let found = format!("多于 {rows}");
            return Err(book::beyond(&TOO_MANY_ROWS, None, &found, &limits.rows.to_string()));
        }
        cells += row.record.len() as u64;
        if cells > limits.cells {
            let place = Some(format!("第 {} 行", row.number));
            let found = format!("多于 {}", limits.cells);
            return Err(book::beyond(&TOO_MANY_CELLS, place, &found, &limits.cells.to_string()));
        }
        if let Some(cell) = too_long_cell(row, limits) {
            let place = Some(format!("第 {} 行第 {} 列", row.number, cell + 1));
            let found = row.raw(cell).len().to_string();
            return Err(book::beyond(&CELL_TOO_LONG, place, &found, &limits.cell_bytes.to_string()));
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
        let (sheet, row) = left_out.origins.of(typed.sample.first);
        let row = row.to_string();
        let sheet = sheet.map(|sheet| format!("{sheet} ")).unwrap_or_default();
        return Err(FileFinding::fault(
            &MOJIBAKE,
            Some(format!("{sheet}第 {row} 行")),
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
        notices.push(FileFinding::notice(&NOT_DATA, None, &[("rows", &left_out.no_data.join("、"))]));
    }
    let header = &mut opened.header;
    for (column, filled) in header.columns.iter_mut().zip(&typed.filled) {
        column.filled = *filled;
    }
    notices.extend(header_notices(header, dataset));
    notices.append(&mut opened.notices);
    Ok((typed, notices, left_out.origins))
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
    if let Some(columns) = &header.two_rows {
        notices.push(FileFinding::notice(
            &TWO_ROW_HEADER,
            None,
            &[
                ("upper", &header.row.saturating_sub(1).to_string()),
                ("row", &header.row.to_string()),
                ("columns", &columns.join("、")),
            ],
        ));
    }
    notices
}
