//! The monthly report as a document to send round and print (in the look of official papers, GB/T
//! 9704) and its tables as a workbook.

use std::io::Cursor;

use docx_rs::{
    AlignmentType, Docx, Footer, LineSpacing, LineSpacingType, PageMargin, PageNum, Paragraph, Run, RunFonts, Shading,
    SpecialIndentType, Table, TableAlignmentType, TableCell, TableLayoutType, TableRow, WidthType,
};
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};
use unicode_width::UnicodeWidthStr;

use crate::api::dto::{Meeting, MeetingSection, MeetingTable, PlanStatus};
use crate::api::labels::Label;

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The document.
    #[error("the document cannot be written: {0}")]
    Docx(String),
    /// The workbook.
    #[error("the workbook cannot be written")]
    Xlsx(#[from] XlsxError),
}

/// Text of an A4 page with the margins of official papers, in twentieths of a point: 21 cm less 2.8
/// and 2.6 cm.
const TEXT_WIDTH: usize = 8844;
/// Sizes in half points: title 二号, body 三号, tables 小五 and notes.
const TITLE: usize = 44;
const BODY: usize = 32;
const CELL: usize = 18;
const NOTE: usize = 20;

fn fonts(name: &str) -> RunFonts {
    RunFonts::new().east_asia(name).ascii("Times New Roman").hi_ansi("Times New Roman")
}

fn text(of: &str, font: &str, size: usize) -> Run {
    Run::new().add_text(of).size(size).fonts(fonts(font))
}

/// Lines of 28 points, as official papers have them.
fn lines() -> LineSpacing {
    LineSpacing::new().line_rule(LineSpacingType::Exact).line(560)
}

/// A paragraph of the body: two characters in, both edges straight.
fn body(of: &str) -> Paragraph {
    Paragraph::new()
        .add_run(text(of, "仿宋", BODY))
        .indent(None, Some(SpecialIndentType::FirstLine(640)), None, None)
        .align(AlignmentType::Both)
        .line_spacing(lines())
}

fn heading(of: &str) -> Paragraph {
    Paragraph::new()
        .add_run(text(of, "黑体", BODY))
        .indent(None, Some(SpecialIndentType::FirstLine(640)), None, None)
        .line_spacing(lines())
        .outline_lvl(0)
        .keep_next(true)
}

/// The colour behind a status, light enough to be printed in grey.
fn shade(light: PlanStatus) -> Option<&'static str> {
    match light {
        PlanStatus::Overdue => Some("F8D7DA"),
        PlanStatus::Behind => Some("FDE8CF"),
        PlanStatus::Met => Some("DFF0D8"),
        PlanStatus::NotMeasured | PlanStatus::Judgement | PlanStatus::OnCourse | PlanStatus::Excluded => None,
    }
}

/// Widths of columns that add up to the page's, by what stands in them: short columns get what they
/// need, long ones share the rest.
fn widths(table: &MeetingTable, whole: usize) -> Vec<usize> {
    let longest = |column: usize| {
        let cells = table.rows.iter().filter_map(|row| row.get(column)).map(|cell| UnicodeWidthStr::width(cell.as_str()));
        let title = table.columns.get(column).map_or(0, |title| UnicodeWidthStr::width(title.as_str()));
        cells.chain([title]).max().unwrap_or(0).clamp(4, 60)
    };
    // A root keeps one long sentence from taking the whole page.
    let weights: Vec<f64> = (0..table.columns.len()).map(|column| (longest(column) as f64).powf(0.7)).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| (whole as f64 * weight / sum) as usize).collect()
}

fn cell(of: &str, width: usize, font: &str, align: AlignmentType, fill: Option<&str>) -> TableCell {
    let paragraph = Paragraph::new().add_run(text(of, font, CELL)).align(align);
    let cell = TableCell::new().add_paragraph(paragraph).width(width, WidthType::Dxa);
    match fill {
        Some(fill) => cell.shading(Shading::new().fill(fill)),
        None => cell,
    }
}

fn table(of: &MeetingTable) -> Table {
    let widths = widths(of, TEXT_WIDTH);
    let width = |column: usize| widths.get(column).copied().unwrap_or_default();
    let header = of.columns.iter().enumerate().map(|(at, title)| cell(title, width(at), "黑体", AlignmentType::Center, Some("EDEDED")));
    // Only the header's row may not be split: by that it is known again in `repeat_headers`.
    let mut rows = vec![TableRow::new(header.collect()).cant_split()];
    for (row, light) in of.rows.iter().zip(&of.lights) {
        let status = light.map(|light| light.label());
        let cells = row.iter().enumerate().map(|(at, words)| {
            let is_light = status.is_some_and(|status| status == words);
            let fill = light.filter(|_| is_light).and_then(shade);
            let short = UnicodeWidthStr::width(words.as_str()) <= 12;
            let align = if short { AlignmentType::Center } else { AlignmentType::Left };
            cell(words, width(at), "仿宋", align, fill)
        });
        rows.push(TableRow::new(cells.collect()));
    }
    Table::new(rows)
        .set_grid(widths)
        .layout(TableLayoutType::Fixed)
        .width(TEXT_WIDTH, WidthType::Dxa)
        .align(TableAlignmentType::Center)
}

/// A table's header stands again on each page. The library cannot say so; it can say that a row is
/// not split, which only headers are.
fn repeat_headers(document: Vec<u8>) -> Result<Vec<u8>, WriteError> {
    let text = String::from_utf8(document).map_err(|error| WriteError::Docx(error.to_string()))?;
    Ok(text.replace("<w:cantSplit />", "<w:cantSplit /><w:tblHeader />").into_bytes())
}

/// The report as a document.
///
/// # Errors
/// When it cannot be written.
pub fn docx(meeting: &Meeting) -> Result<Vec<u8>, WriteError> {
    let page = Paragraph::new()
        .add_run(text("— ", "宋体", 28))
        .add_page_num(PageNum::new())
        .add_run(text(" —", "宋体", 28))
        .align(AlignmentType::Center);
    let mut docx = Docx::new()
        .page_size(11906, 16838)
        .page_margin(PageMargin { top: 2098, left: 1588, bottom: 1984, right: 1474, header: 851, footer: 992, gutter: 0 })
        .default_fonts(fonts("仿宋"))
        .default_size(BODY)
        .footer(Footer::new().add_paragraph(page))
        .add_paragraph(
            Paragraph::new()
                .add_run(text(&meeting.title, "方正小标宋简体", TITLE))
                .align(AlignmentType::Center)
                .line_spacing(LineSpacing::new().before(240).after(480)),
        )
        .add_paragraph(body(&meeting.summary));
    for section in &meeting.sections {
        docx = docx.add_paragraph(heading(&section.heading));
        for paragraph in &section.paragraphs {
            docx = docx.add_paragraph(body(paragraph));
        }
        if let Some(of) = &section.table {
            // Two tables that touch would be one; a line apart also breathes.
            docx = docx.add_table(table(of)).add_paragraph(Paragraph::new().line_spacing(LineSpacing::new().before(0).after(120)));
        }
    }
    let signed = |of: &str| {
        Paragraph::new()
            .add_run(text(of, "仿宋", BODY))
            .align(AlignmentType::Right)
            .indent(None, None, Some(1280), None)
            .line_spacing(lines())
    };
    docx = docx.add_paragraph(Paragraph::new()).add_paragraph(signed(&meeting.issuer));
    docx = docx.add_paragraph(signed(&meeting.made_on.format("%Y年%-m月%-d日").to_string())).add_paragraph(Paragraph::new());
    for source in &meeting.sources {
        docx = docx.add_paragraph(Paragraph::new().add_run(text(source, "楷体", NOTE)));
    }
    let mut xml = docx.build();
    xml.document = repeat_headers(xml.document)?;
    let mut bytes = Cursor::new(Vec::new());
    xml.pack(&mut bytes).map_err(|error| WriteError::Docx(error.to_string()))?;
    Ok(bytes.into_inner())
}

/// A sheet's name: the section's without its number; Excel allows 31 characters.
fn sheet_name(section: &MeetingSection) -> String {
    let name = section.heading.split_once('、').map_or(section.heading.as_str(), |(_, name)| name);
    name.chars().take(31).collect()
}

fn sheet<'a>(book: &'a mut Workbook, name: &str, title: &str) -> Result<&'a mut Worksheet, XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(name)?;
    // A4, across.
    sheet.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0);
    sheet.set_footer("&C第 &P 页，共 &N 页");
    sheet.set_header(format!("&C{}", title.replace('&', "&&")));
    Ok(sheet)
}

/// Its tables as a workbook, one sheet for each; the first sheet holds the summary and the sources.
///
/// # Errors
/// When it cannot be written.
pub fn xlsx(meeting: &Meeting) -> Result<Vec<u8>, WriteError> {
    let mut book = Workbook::new();
    let head = Format::new().set_bold().set_background_color("#EDEDED").set_border(FormatBorder::Thin).set_align(FormatAlign::Center).set_text_wrap();
    let plain = Format::new().set_border(FormatBorder::Thin).set_text_wrap().set_align(FormatAlign::VerticalCenter);
    let wrapped = Format::new().set_text_wrap();
    let first = sheet(&mut book, "说明", &meeting.title)?;
    first.set_column_width(0, 110)?;
    let mut words = vec![meeting.title.clone(), meeting.summary.clone()];
    for section in &meeting.sections {
        words.push(format!("{}：{}", section.heading, section.paragraphs.join("")));
    }
    words.push(format!("{}　{}", meeting.issuer, meeting.made_on.format("%Y年%-m月%-d日")));
    words.extend(meeting.sources.iter().cloned());
    for (row, line) in (0..).zip(words) {
        first.write_string_with_format(row, 0, line, &wrapped)?;
    }
    for section in &meeting.sections {
        let Some(of) = &section.table else { continue };
        let sheet = sheet(&mut book, &sheet_name(section), &meeting.title)?;
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_repeat_rows(0, 0)?;
        for (column, (title, width)) in (0..).zip(of.columns.iter().zip(widths(of, 130))) {
            sheet.set_column_width(column, width.max(6) as f64)?;
            sheet.write_string_with_format(0, column, title, &head)?;
        }
        for (row, (cells, light)) in (1..).zip(of.rows.iter().zip(&of.lights)) {
            let status = light.map(|light| light.label());
            for (column, words) in (0..).zip(cells) {
                let is_light = status.is_some_and(|status| status == words);
                let fill = light.filter(|_| is_light).and_then(shade);
                let format = match fill {
                    Some(fill) => plain.clone().set_background_color(format!("#{fill}").as_str()),
                    None => plain.clone(),
                };
                match words.parse::<f64>() {
                    Ok(number) if !words.starts_with('+') => sheet.write_number_with_format(row, column, number, &format)?,
                    _ => sheet.write_string_with_format(row, column, words, &format)?,
                };
            }
        }
    }
    Ok(book.save_to_buffer()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
    use std::io::Read;

    use super::*;
    use crate::api::dto::{BriefingPlan, PlanCounts};

    fn meeting() -> Meeting {
        let table = MeetingTable {
            columns: vec!["序号".into(), "事项".into(), "状态".into()],
            rows: vec![vec!["1".into(), "县域内就诊率 <90% & 其他".into(), "滞后".into()], vec!["2".into(), "签约".into(), "已完成".into()]],
            lights: vec![Some(PlanStatus::Behind), Some(PlanStatus::Met)],
            links: vec![None, None],
        };
        let section = |heading: &str, table| MeetingSection {
            heading: heading.to_owned(),
            paragraphs: vec!["滞后 1 项。".to_owned()],
            table,
        };
        Meeting {
            title: "某市2026年医政工作要点进展情况报告（2026年10月）".to_owned(),
            issuer: "某市卫生健康委员会".to_owned(),
            period: "2026-10".to_owned(),
            made_on: "2026-11-20".parse().unwrap(),
            plan: BriefingPlan { id: "p".to_owned(), name: "要点".to_owned(), elapsed: 83.3, counts: PlanCounts::default(), chapters: Vec::new() },
            summary: "全年时间已过 83%。".to_owned(),
            headline: Vec::new(),
            sections: vec![section("一、总体进展", Some(table.clone())), section("二、滞后与逾期事项", None), section("三、主要指标", Some(table))],
            sources: vec!["数据：各机构报送的数据。".to_owned()],
        }
    }

    fn part(bytes: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn the_document_holds_all_of_it() {
        let bytes = docx(&meeting()).unwrap();
        let document = part(&bytes, "word/document.xml");
        for words in ["某市2026年医政工作要点进展情况报告（2026年10月）", "一、总体进展", "滞后 1 项。", "县域内就诊率 &lt;90% &amp; 其他", "某市卫生健康委员会", "2026年11月20日"] {
            assert!(document.contains(words), "{words}");
        }
        // Two tables, each with a header that stands again on every page; rows below are not headers.
        assert_eq!((document.matches("<w:tbl>").count(), document.matches("<w:tblHeader />").count()), (2, 2));
        assert!(document.contains(r#"w:eastAsia="方正小标宋简体""#) && document.contains(r#"w:eastAsia="黑体""#));
        assert!(part(&bytes, "word/footer1.xml").contains("PAGE"));
    }

    #[test]
    fn the_workbook_has_a_sheet_for_each_table() {
        let bytes = xlsx(&meeting()).unwrap();
        let book = part(&bytes, "xl/workbook.xml");
        for name in ["说明", "总体进展", "主要指标"] {
            assert!(book.contains(&format!(r#"name="{name}""#)), "{name} {book}");
        }
        assert!(!book.contains("滞后与逾期事项"));
        let sheet = part(&bytes, "xl/worksheets/sheet2.xml");
        assert!(sheet.contains(r#"orientation="landscape""#) && sheet.contains(r#"state="frozen""#), "{sheet}");
    }

    #[test]
    fn columns_share_the_page() {
        let table = meeting().sections.remove(0).table.unwrap();
        let widths = widths(&table, 1000);
        // Weights: 4, 24 and 6 wide, each to the power 0.7: 2.639, 9.251, 3.505, together 15.395.
        assert_eq!(widths, [171, 600, 227]);
    }
}
