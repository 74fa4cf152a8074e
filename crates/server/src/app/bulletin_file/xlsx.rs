//! The tables as a workbook: one sheet for each, and a first sheet that says where each number comes
//! from.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use unicode_width::UnicodeWidthStr;

use super::{Paper, WriteError, command, moment, number, page};
use crate::api::dto::BulletinAnnex;

/// Of an institution or the region, for a value's line in the first sheet.
const COLUMNS: [(&str, f64); 11] = [
    ("序号", 6.0),
    ("指标编号", 16.0),
    ("指标", 26.0),
    ("机构", 28.0),
    ("报告期", 10.0),
    ("数值", 14.0),
    ("分子", 14.0),
    ("分母", 14.0),
    ("备注", 24.0),
    ("查看命令", 60.0),
    ("平台页面", 60.0),
];

/// The formats of cells.
struct Formats {
    head: Format,
    plain: Format,
    wrapped: Format,
}

impl Formats {
    fn new() -> Self {
        let cell = || Format::new().set_border(FormatBorder::Thin).set_align(FormatAlign::VerticalCenter);
        Self {
            head: cell().set_bold().set_background_color("#EDEDED").set_align(FormatAlign::Center).set_text_wrap(),
            plain: cell().set_text_wrap(),
            wrapped: Format::new().set_text_wrap(),
        }
    }
}

fn sheet<'a>(book: &'a mut Workbook, name: &str, title: &str) -> Result<&'a mut Worksheet, XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(name.chars().take(31).collect::<String>())?;
    // A4, across.
    sheet.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0);
    sheet.set_footer("&C第 &P 页，共 &N 页");
    sheet.set_header(format!("&C{}", title.replace('&', "&&")));
    Ok(sheet)
}

/// Writes a number as a number, so that it can be counted on.
fn write(sheet: &mut Worksheet, (row, column): (u32, u16), text: &str, format: &Format) -> Result<(), XlsxError> {
    match number(text) {
        Some((value, 0)) => sheet.write_number_with_format(row, column, value, &format.clone().set_num_format("#,##0"))?,
        Some((value, digits)) => {
            let printed = format!("#,##0.{}", "0".repeat(digits));
            sheet.write_number_with_format(row, column, value, &format.clone().set_num_format(printed))?
        }
        None => sheet.write_string_with_format(row, column, text, format)?,
    };
    Ok(())
}

/// One sheet; of several tables the first column says which a row is of, so that they can be filtered
/// and counted together.
fn annex_sheet(book: &mut Workbook, name: &str, annex: &BulletinAnnex, title: &str, formats: &Formats) -> Result<(), XlsxError> {
    let sheet = sheet(book, name, title)?;
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    let several = annex.tables.len() > 1;
    let mut columns: Vec<&str> = if several { vec!["指标"] } else { Vec::new() };
    for column in annex.tables.iter().flat_map(|table| &table.columns) {
        if !columns.contains(&column.as_str()) {
            columns.push(column);
        }
    }
    for (column, name) in (0..).zip(&columns) {
        sheet.write_string_with_format(0, column, *name, &formats.head)?;
    }
    let mut row = 0;
    for table in &annex.tables {
        for line in &table.rows {
            row += 1;
            for (column, name) in (0..).zip(&columns) {
                let of = table.columns.iter().position(|own| own == name).and_then(|at| line.cells.get(at));
                let words = match of {
                    Some(cell) => cell.text.as_str(),
                    None if several && column == 0 => table.name.as_str(),
                    None => "",
                };
                write(sheet, (row, column), words, &formats.plain)?;
            }
        }
    }
    for (column, width) in (0..).zip(sheet_widths(annex, &columns)) {
        sheet.set_column_width(column, width)?;
    }
    for note in annex.tables.iter().map(|table| &table.note).chain([&annex.note]).filter(|note| !note.is_empty()) {
        row += 2;
        sheet.write_string(row, 0, note)?;
    }
    Ok(())
}

/// Widths by what stands in the columns, at most 60.
fn sheet_widths(annex: &BulletinAnnex, columns: &[&str]) -> Vec<f64> {
    let longest = |name: &str| {
        let cells = annex.tables.iter().flat_map(|table| {
            let at = table.columns.iter().position(|own| own == name);
            table.rows.iter().map(move |line| match at {
                Some(at) => line.cells.get(at).map_or(0, |cell| cell.text.width()),
                None => table.name.width(),
            })
        });
        cells.chain([name.width()]).max().unwrap_or(0).clamp(6, 60)
    };
    columns.iter().map(|name| longest(name) as f64 + 2.0).collect()
}

/// The bulletin's tables as a workbook.
///
/// # Errors
/// When it cannot be written.
pub fn xlsx(paper: &Paper<'_>) -> Result<Vec<u8>, WriteError> {
    let content = paper.content;
    let (formats, title) = (Formats::new(), paper.title());
    let mut book = Workbook::new();
    // The library would write the time of the clock.
    let created = ExcelDateTime::parse_from_str(&content.known_at.format("%Y-%m-%dT%H:%M:%S").to_string())?;
    book.set_properties(&DocProperties::new().set_title(&title).set_author(&content.issuer).set_creation_datetime(&created));
    let first = sheet(&mut book, "说明", &title)?;
    for (column, (_, width)) in (0..).zip(COLUMNS) {
        first.set_column_width(column, width)?;
    }
    let mut words = vec![title.clone(), format!("发文字号：{}　成文日期：{}", paper.number_line(), paper.date().trim_start_matches('　'))];
    words.extend(paper.sources());
    words.push("下表列出通报中每个指标数值的编号、报告期、数据时间，以及查看其分子、分母、来源文件和明细的命令和页面；机构名次由同一指标各机构数值排列得出，应报、已报份数见“完整率”的分母和分子。".to_owned());
    words.push(format!("数据时间：{}", moment(content.known_at)));
    let last = u16::try_from(COLUMNS.len() - 1).unwrap_or(0);
    let mut row = 0;
    for line in &words {
        first.merge_range(row, 0, row, last, line, &formats.wrapped)?;
        if line.chars().count() > 120 {
            first.set_row_height(row, 32)?;
        }
        row += 1;
    }
    for (column, (title, _)) in (0..).zip(COLUMNS) {
        first.write_string_with_format(row, column, title, &formats.head)?;
    }
    first.set_repeat_rows(row, row)?;
    for (at, figure) in (1_u32..).zip(&content.figures) {
        let remark = match (figure.not_measured.as_str(), figure.provisional) {
            ("", true) => "暂定",
            (reason, _) => reason,
        };
        let cells = [
            at.to_string(),
            figure.indicator.clone(),
            figure.name.clone(),
            figure.unit.name.clone(),
            figure.period.clone(),
            figure.display.clone(),
            figure.numerator.clone(),
            figure.denominator.clone(),
            remark.to_owned(),
            command(figure, content.known_at),
            page(figure, content.known_at),
        ];
        for (column, text) in (0_u16..).zip(&cells) {
            // A period such as 2025 is a name, not a number.
            if column == 4 {
                first.write_string_with_format(row + at, column, text, &formats.plain)?;
            } else {
                write(first, (row + at, column), text, &formats.plain)?;
            }
        }
    }
    for section in &content.sections {
        if let Some(of) = &section.table {
            let of = BulletinAnnex { name: of.name.clone(), tables: vec![of.clone()], note: String::new() };
            annex_sheet(&mut book, &of.name, &of, &title, &formats)?;
        }
    }
    for (number, annex) in (1..).zip(&content.annexes) {
        annex_sheet(&mut book, &format!("附件{number} {}", annex.name), annex, &title, &formats)?;
    }
    Ok(book.save_to_buffer()?)
}
