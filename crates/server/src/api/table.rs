//! Every table alike: filter, sort, page, and export to csv or xlsx.
//!
//! A type that stands in a table says its columns once ([`Row`]); the screen's filters and the
//! exports use the same ones, so that a file holds what the page shows, under the page's filters
//! and within the caller's scope. A cell without a value sorts last in both directions: not
//! measured is not 0.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io::Write;

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Timelike, Utc};
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook, Worksheet, XlsxError};
use serde::Serialize;

use yizheng_pack::pack::Origin;

use super::desk::{Answer, Content, Download, Sort, Stretch, Window};
use super::dto::{Facet, Format, Page, TableQuery};
use super::error::ApiError;

/// Rows per page when the query does not say.
pub const DEFAULT_SIZE: u32 = 50;
/// Rows per page at most; a larger wish is refused, not cut.
pub const MAX_SIZE: u32 = 1000;
/// Rows fetched at once while a long list is exported.
const EXPORT_STRETCH: u64 = 20_000;
/// Rows of a worksheet below its header (Excel's limit).
const SHEET_ROWS: u32 = 1_048_575;
/// Characters of a cell in a workbook (Excel's limit).
const CELL_CHARACTERS: usize = 32_767;
const CSV_TYPE: &str = "text/csv; charset=utf-8";
const XLSX_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A printed value.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// No value.
    Empty,
    /// Text.
    Text(String),
    /// A number, with the digits to print after the point when they are fixed.
    Number(f64),
    /// A civil date.
    Date(NaiveDate),
    /// A moment, printed in China's one zone.
    Time(DateTime<Utc>),
}

impl Cell {
    /// As printed in csv, and as filters compare it.
    pub fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Date(date) => date.format("%Y-%m-%d").to_string(),
            Self::Time(time) => local(*time).format("%Y-%m-%d %H:%M:%S").to_string(),
        }
    }

    fn order(&self, other: &Self, descending: bool) -> Ordering {
        let ordering = match (self, other) {
            (Self::Empty, Self::Empty) => return Ordering::Equal,
            (Self::Empty, _) => return Ordering::Greater,
            (_, Self::Empty) => return Ordering::Less,
            (Self::Number(a), Self::Number(b)) => a.total_cmp(b),
            (Self::Date(a), Self::Date(b)) => a.cmp(b),
            (Self::Time(a), Self::Time(b)) => a.cmp(b),
            (a, b) => a.text().cmp(&b.text()),
        };
        if descending { ordering.reverse() } else { ordering }
    }
}

/// China has one zone, UTC+8.
fn local(time: DateTime<Utc>) -> chrono::NaiveDateTime {
    FixedOffset::east_opt(8 * 3600).map_or(time.naive_utc(), |zone| time.with_timezone(&zone).naive_local())
}

macro_rules! cell_from {
    ($($from:ty => |$value:ident| $cell:expr;)*) => { $(
        impl From<$from> for Cell {
            fn from($value: $from) -> Self { $cell }
        }
    )* };
}
cell_from! {
    &str => |value| Cell::Text(value.to_owned());
    String => |value| Cell::Text(value);
    &String => |value| Cell::Text(value.clone());
    f64 => |value| Cell::Number(value);
    u64 => |value| Cell::Number(value as f64);
    i64 => |value| Cell::Number(value as f64);
    u32 => |value| Cell::Number(f64::from(value));
    NaiveDate => |value| Cell::Date(value);
    DateTime<Utc> => |value| Cell::Time(value);
    bool => |value| Cell::Text(if value { "是" } else { "否" }.to_owned());
}
impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Empty, Into::into)
    }
}

/// A column of a table.
pub struct Column<R> {
    key: String,
    title: String,
    facet: bool,
    cell: Box<dyn Fn(&R) -> Cell + Send + Sync>,
}

impl<R> Column<R> {
    /// A column: its key in the queries, its Chinese title, its cell of a row.
    pub fn new<C: Into<Cell>>(
        key: impl Into<String>,
        title: impl Into<String>,
        cell: impl Fn(&R) -> C + Send + Sync + 'static,
    ) -> Self {
        Self { key: key.into(), title: title.into(), facet: false, cell: Box::new(move |row| cell(row).into()) }
    }

    /// The same, whose few distinct values the page offers as a filter.
    #[must_use]
    pub fn facet(mut self) -> Self {
        self.facet = true;
        self
    }
}

/// A thing that stands in a table.
pub trait Row: Serialize + Send + Sized + 'static {
    /// Its columns, in the order of the page.
    fn columns() -> Vec<Column<Self>>;
}

/// What a table query gives.
pub enum Reply {
    /// A page, as JSON.
    Json(Vec<u8>),
    /// The whole table, as a file.
    File(Download),
}

/// What a file says of itself: its name, and what its numbers come from.
pub struct Title<'a> {
    /// Name, without extension.
    pub name: &'a str,
    /// Definitions and program; a csv has no place for them, its answer's headers have.
    pub origin: &'a Origin,
}

/// Answers a query from a list that is whole in memory.
pub fn from_list<R: Row>(title: &Title<'_>, query: &TableQuery, mut rows: Vec<R>) -> Answer<Reply> {
    let columns = R::columns();
    let filter = parse_filter(query, &columns)?;
    let facets = if is_export(query) { BTreeMap::new() } else { facets(&columns, &rows) };
    let search = query.search.as_deref().map(str::trim).unwrap_or_default().to_lowercase();
    rows.retain(|row| {
        let accepted = filter.iter().all(|(column, values)| values.contains(&(column.cell)(row).text()));
        accepted && (search.is_empty() || columns.iter().any(|c| (c.cell)(row).text().to_lowercase().contains(&search)))
    });
    if let Some(sort) = parse_sort(query) {
        let column = find(&columns, &sort.column)?;
        rows.sort_by(|a, b| (column.cell)(a).order(&(column.cell)(b), sort.descending));
    }
    if is_export(query) {
        let chosen = chosen(query, &columns)?;
        let mut rows = Some(rows);
        return export(title, query, &chosen, |_| Ok(rows.take().unwrap_or_default()));
    }
    let (page, size) = page_and_size(query)?;
    let total = rows.len() as u64;
    let skip = (page as usize - 1).saturating_mul(size as usize);
    let rows: Vec<R> = rows.into_iter().skip(skip).take(size as usize).collect();
    json(&Page { total, page, size, facets, rows })
}

/// Answers a query from a long list that is read in stretches.
pub fn from_stretches<R: Row>(
    title: &Title<'_>,
    query: &TableQuery,
    mut fetch: impl FnMut(&Window) -> Answer<Stretch<R>>,
) -> Answer<Reply> {
    let window = first_window(query)?;
    let first = fetch(&window)?;
    if is_export(query) {
        return export_stretches(title, query, R::columns(), window, first, fetch);
    }
    let (page, size) = page_and_size(query)?;
    json(&Page { total: first.total, page, size, facets: BTreeMap::new(), rows: first.rows })
}

/// The window that a query asks for first: its page, or an export's first stretch.
pub fn first_window(query: &TableQuery) -> Answer<Window> {
    if query.filter.is_some() || query.search.is_some() {
        return Err(ApiError::bad_request(
            "这张表不支持按列筛选或全文查找。",
            "请使用页面上方的筛选条件。",
        ));
    }
    let (page, size) = page_and_size(query)?;
    let sort = parse_sort(query);
    Ok(if is_export(query) {
        Window { offset: 0, limit: EXPORT_STRETCH, sort }
    } else {
        Window { offset: u64::from(page - 1) * u64::from(size), limit: u64::from(size), sort }
    })
}

/// Exports a long list whose first stretch is there already.
pub fn export_stretches<R: 'static>(
    title: &Title<'_>,
    query: &TableQuery,
    columns: Vec<Column<R>>,
    mut window: Window,
    first: Stretch<R>,
    mut fetch: impl FnMut(&Window) -> Answer<Stretch<R>>,
) -> Answer<Reply> {
    let chosen = chosen(query, &columns)?;
    let mut first = Some(first.rows);
    export(title, query, &chosen, move |_| {
        let rows = match first.take() {
            Some(rows) => rows,
            None => fetch(&window)?.rows,
        };
        window.offset += rows.len() as u64;
        Ok(rows)
    })
}

/// Whether a file is asked for.
pub fn is_export(query: &TableQuery) -> bool {
    matches!(query.format, Some(Format::Csv | Format::Xlsx))
}

/// A page as JSON.
pub fn json<T: Serialize>(page: &T) -> Answer<Reply> {
    serde_json::to_vec(page).map(Reply::Json).map_err(ApiError::internal)
}

/// Page and size of a query, within their limits.
pub fn page_and_size(query: &TableQuery) -> Answer<(u32, u32)> {
    let (page, size) = (query.page.unwrap_or(1), query.size.unwrap_or(DEFAULT_SIZE));
    if page == 0 || size == 0 || size > MAX_SIZE {
        return Err(ApiError::bad_request(
            format!("页码从1开始，每页为1至{MAX_SIZE}条。"),
            "需要全部记录时请使用导出。",
        ));
    }
    Ok((page, size))
}

fn parse_sort(query: &TableQuery) -> Option<Sort> {
    let text = query.sort.as_deref()?;
    Some(match text.strip_prefix('-') {
        Some(column) => Sort { column: column.to_owned(), descending: true },
        None => Sort { column: text.to_owned(), descending: false },
    })
}

fn find<'a, R>(columns: &'a [Column<R>], key: &str) -> Answer<&'a Column<R>> {
    columns.iter().find(|column| column.key == key).ok_or_else(|| ApiError::unknown_column(key))
}

fn parse_filter<'a, R>(query: &TableQuery, columns: &'a [Column<R>]) -> Answer<Vec<(&'a Column<R>, Vec<String>)>> {
    let Some(text) = &query.filter else { return Ok(Vec::new()) };
    let wanted: BTreeMap<String, Vec<String>> = serde_json::from_str(text).map_err(|_| {
        ApiError::bad_request(
            "筛选条件的格式不正确。",
            r#"筛选条件是JSON对象，例如 {"status":["已退回"]}。"#,
        )
    })?;
    wanted.into_iter().map(|(key, values)| Ok((find(columns, &key)?, values))).collect()
}

fn chosen<'a, R>(query: &TableQuery, columns: &'a [Column<R>]) -> Answer<Vec<&'a Column<R>>> {
    match query.columns.as_deref() {
        None => Ok(columns.iter().collect()),
        Some(keys) => keys.split(',').map(|key| find(columns, key.trim())).collect(),
    }
}

fn facets<R>(columns: &[Column<R>], rows: &[R]) -> BTreeMap<String, Vec<Facet>> {
    let count = |column: &Column<R>| {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for row in rows {
            *counts.entry((column.cell)(row).text()).or_default() += 1;
        }
        counts.into_iter().map(|(value, rows)| Facet { value, rows }).collect()
    };
    columns.iter().filter(|column| column.facet).map(|column| (column.key.clone(), count(column))).collect()
}

/// Writes stretches until an empty one comes.
fn export<R>(
    Title { name, origin }: &Title<'_>,
    query: &TableQuery,
    columns: &[&Column<R>],
    mut next: impl FnMut(u64) -> Answer<Vec<R>>,
) -> Answer<Reply> {
    let file = tempfile::NamedTempFile::new().map_err(ApiError::from_io)?;
    let mut written = 0;
    let (extension, media_type) = if query.format == Some(Format::Xlsx) {
        let mut book = Book::new(columns.iter().map(|column| column.title.as_str()).collect()).map_err(ApiError::internal)?;
        loop {
            let rows = next(written)?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let cells = columns.iter().map(|column| (column.cell)(row));
                book.write(cells).map_err(ApiError::internal)?;
            }
            written += rows.len() as u64;
        }
        book.explain(name, origin).map_err(ApiError::internal)?;
        book.workbook.save(file.path()).map_err(ApiError::internal)?;
        ("xlsx", XLSX_TYPE)
    } else {
        let mut out = std::io::BufWriter::new(file.as_file());
        out.write_all("\u{feff}".as_bytes()).map_err(ApiError::from_io)?;
        let mut csv = csv::Writer::from_writer(out);
        csv.write_record(columns.iter().map(|column| column.title.as_str())).map_err(ApiError::internal)?;
        loop {
            let rows = next(written)?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                let cells = columns.iter().map(|column| csv_text(&(column.cell)(row)));
                csv.write_record(cells).map_err(ApiError::internal)?;
            }
            written += rows.len() as u64;
        }
        csv.flush().map_err(ApiError::from_io)?;
        ("csv", CSV_TYPE)
    };
    Ok(Reply::File(Download {
        file_name: format!("{name}.{extension}"),
        media_type,
        content: Content::Temporary(file.into_temp_path()),
    }))
}

/// Text of a csv cell. A text that a spreadsheet would run as a formula gets an apostrophe before
/// it: values come from other people's files.
fn csv_text(cell: &Cell) -> String {
    let text = cell.text();
    let is_number = || text.trim_end_matches('%').parse::<f64>().is_ok();
    let is_formula = matches!(cell, Cell::Text(_))
        && text.starts_with(['=', '+', '-', '@', '\t', '\r'])
        && text != "-"
        && !is_number();
    if is_formula { format!("'{text}") } else { text }
}

/// A workbook written row by row in constant memory; it goes on in a new sheet when one is full.
struct Book<'a> {
    workbook: Workbook,
    titles: Vec<&'a str>,
    sheet: usize,
    row: u32,
    header: CellFormat,
    date: CellFormat,
    time: CellFormat,
}

impl<'a> Book<'a> {
    fn new(titles: Vec<&'a str>) -> Result<Self, XlsxError> {
        let mut book = Self {
            workbook: Workbook::new(),
            titles,
            sheet: 0,
            row: 0,
            header: CellFormat::new().set_bold().set_background_color("EAF1FB"),
            date: CellFormat::new().set_num_format("yyyy-mm-dd"),
            time: CellFormat::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        };
        book.start_sheet()?;
        Ok(book)
    }

    fn start_sheet(&mut self) -> Result<(), XlsxError> {
        self.sheet += 1;
        let worksheet = self.workbook.add_worksheet_with_constant_memory()?;
        worksheet.set_name(format!("数据{}", self.sheet))?;
        worksheet.set_freeze_panes(1, 0)?;
        for (column, title) in (0u16..).zip(&self.titles) {
            let width = title.chars().count() as f64 * 2.0 + 4.0;
            worksheet.set_column_width(column, width.max(12.0))?;
        }
        for (column, title) in (0u16..).zip(&self.titles) {
            worksheet.write_string_with_format(0, column, *title, &self.header)?;
        }
        self.row = 1;
        Ok(())
    }

    fn write(&mut self, cells: impl Iterator<Item = Cell>) -> Result<(), XlsxError> {
        if self.row > SHEET_ROWS {
            self.start_sheet()?;
        }
        let worksheet: &mut Worksheet = self.workbook.worksheet_from_index(self.sheet - 1)?;
        for (column, cell) in (0u16..).zip(cells) {
            match cell {
                Cell::Empty => continue,
                Cell::Number(number) => worksheet.write_number(self.row, column, number)?,
                Cell::Date(date) => worksheet.write_datetime_with_format(self.row, column, excel_date(date)?, &self.date)?,
                Cell::Time(time) => {
                    let time = local(time);
                    let (hour, minute, second) = (time.hour() as u16, time.minute() as u8, f64::from(time.second()));
                    let moment = excel_date(time.date())?.and_hms(hour, minute, second)?;
                    worksheet.write_datetime_with_format(self.row, column, moment, &self.time)?
                }
                Cell::Text(text) => worksheet.write_string(self.row, column, within_cell(text))?,
            };
        }
        self.row += 1;
        Ok(())
    }
}

impl Book<'_> {
    /// A last sheet that says what the table is and what its numbers come from.
    fn explain(&mut self, name: &str, origin: &Origin) -> Result<(), XlsxError> {
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name("说明")?;
        sheet.set_column_width(0, 20)?;
        sheet.set_column_width(1, 80)?;
        for (row, (what, text)) in (0u32..).zip([("表名", name)].into_iter().chain(origin.lines())) {
            sheet.write_string_with_format(row, 0, what, &self.header)?;
            sheet.write_string(row, 1, text)?;
        }
        Ok(())
    }
}

fn excel_date(date: NaiveDate) -> Result<ExcelDateTime, XlsxError> {
    ExcelDateTime::from_ymd(date.year().unsigned_abs() as u16, date.month() as u8, date.day() as u8)
}

/// A text that fits a workbook's cell; one that does not says so at its end.
fn within_cell(text: String) -> String {
    const NOTE: &str = "……（内容过长，完整内容请导出CSV）";
    if text.chars().count() <= CELL_CHARACTERS {
        return text;
    }
    let kept: String = text.chars().take(CELL_CHARACTERS - NOTE.chars().count()).collect();
    kept + NOTE
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod tests;
