//! The document, in the layout of GB/T 9704—2012.

use std::io::Cursor;

use docx_rs::{
    AlignmentType, BorderType, BreakType, DocGrid, DocGridType, Docx, Footer, LineSpacing, LineSpacingType, PageMargin, PageNum,
    Paragraph, ParagraphBorder, ParagraphBorderPosition, ParagraphBorders, Run, RunFonts, Shading, SpecialIndentType,
    Table, TableAlignmentType, TableCell, TableCellBorder, TableCellBorderPosition, TableCellBorders, TableCellMargins, TableLayoutType,
    TablePositionProperty, TableRow, VAlignType, WidthType,
};
use unicode_width::UnicodeWidthStr;

use super::{Paper, WriteError, chinese, number, widths};
use crate::api::dto::{BulletinAnnex, BulletinParagraph, BulletinTable, BulletinText};

/// Twentieths of a point in a millimetre, times 100.
const MM_100: usize = 5669;
/// 版心 156 mm wide.
const TEXT_WIDTH: usize = 156 * MM_100 / 100;
/// 22 lines on 225 mm.
const LINE: i32 = (225 * MM_100 / 100 / 22) as i32;
/// A character of 三号: 28 of them on a line.
const CHARACTER: usize = TEXT_WIDTH / 28;
/// 28 characters of 16 points are a little wider than the line: each is set closer by a quarter point.
const CLOSER: i32 = -5;

/// Sizes in half points: 二号, 三号, 四号, 小五.
const TITLE: usize = 44;
const BODY: usize = 32;
const SMALL: usize = 28;
const CELL: usize = 18;

const SONG: &str = "仿宋_GB2312";
const TITLE_FONT: &str = "方正小标宋简体";
const RED: &str = "FF0000";

fn fonts(name: &str) -> RunFonts {
    RunFonts::new().east_asia(name).ascii("Times New Roman").hi_ansi("Times New Roman")
}

fn run(of: impl Into<String>, font: &str, size: usize) -> Run {
    Run::new().add_text(of).size(size).fonts(fonts(font))
}

/// Words of the body, 28 to the line.
fn words_of(of: impl Into<String>, font: &str) -> Run {
    run(of, font, BODY).character_spacing(CLOSER)
}

fn lines() -> LineSpacing {
    LineSpacing::new().line_rule(LineSpacingType::Exact).line(LINE)
}

/// A paragraph of the body: two characters in, both edges straight.
fn body() -> Paragraph {
    Paragraph::new()
        .indent(None, Some(SpecialIndentType::FirstLine(2 * CHARACTER as i32)), None, None)
        .align(AlignmentType::Both)
        .line_spacing(lines())
}

fn blank() -> Paragraph {
    Paragraph::new().add_run(run("", SONG, BODY)).line_spacing(lines())
}

fn heading(of: &str) -> Paragraph {
    body().add_run(words_of(of, "黑体")).outline_lvl(0).keep_next(true)
}

fn words(texts: &[BulletinText]) -> String {
    texts.iter().map(|text| text.text.as_str()).collect()
}

fn paragraph(of: &BulletinParagraph) -> Paragraph {
    let mut paragraph = body();
    if !of.lead.is_empty() {
        paragraph = paragraph.add_run(words_of(of.lead.as_str(), "楷体_GB2312"));
    }
    paragraph.add_run(words_of(words(&of.texts), SONG))
}

fn title(of: &str) -> Paragraph {
    let spacing = LineSpacing::new().line_rule(LineSpacingType::Exact).line(LINE * 6 / 5);
    let mut lines = of.lines();
    let mut title = run(lines.next().unwrap_or_default(), TITLE_FONT, TITLE);
    for line in lines {
        title = title.add_break(BreakType::TextWrapping).add_text(line);
    }
    Paragraph::new().add_run(title).align(AlignmentType::Center).line_spacing(spacing).snap_to_grid(false).keep_next(true)
}

fn cell(of: &str, width: usize, font: &str, align: AlignmentType) -> TableCell {
    let spacing = LineSpacing::new().line_rule(LineSpacingType::AtLeast).line(260).before(20).after(20);
    let paragraph = Paragraph::new().add_run(run(of, font, CELL)).align(align).line_spacing(spacing).snap_to_grid(false);
    TableCell::new().add_paragraph(paragraph).width(width, WidthType::Dxa).vertical_align(VAlignType::Center)
}

fn table(of: &BulletinTable) -> Table {
    // A half character of 9 points, and the cell's edges.
    let (half, edges) = (90, 230);
    let halves = (TEXT_WIDTH - edges * of.columns.len()) / half;
    let widths: Vec<usize> = widths(of, halves).into_iter().map(|halves| halves * half + edges).collect();
    let width = |column: usize| widths.get(column).copied().unwrap_or_default();
    let header = of.columns.iter().enumerate().map(|(at, title)| {
        cell(title, width(at), "黑体", AlignmentType::Center).shading(Shading::new().fill("EDEDED"))
    });
    // Only the header's row may not be split: by that it is known again in `repeat_headers`.
    let mut rows = vec![TableRow::new(header.collect()).cant_split()];
    for row in &of.rows {
        let cells = row.cells.iter().enumerate().map(|(at, text)| {
            let align = match text.text.as_str() {
                text if at > 0 && number(text).is_some() => AlignmentType::Right,
                text if text.width() <= 10 => AlignmentType::Center,
                _ => AlignmentType::Left,
            };
            cell(&text.text, width(at), SONG, align)
        });
        rows.push(TableRow::new(cells.collect()));
    }
    Table::new(rows)
        .set_grid(widths)
        .layout(TableLayoutType::Fixed)
        .width(TEXT_WIDTH, WidthType::Dxa)
        .margins(TableCellMargins::new().margin(0, 80, 0, 80))
        .align(TableAlignmentType::Center)
}

/// What stands above a table in the text.
fn caption(of: &str) -> Paragraph {
    Paragraph::new().add_run(run(of, "黑体", 24)).align(AlignmentType::Center).line_spacing(lines()).snap_to_grid(false).keep_next(true)
}

fn note(of: &str) -> Paragraph {
    let spacing = LineSpacing::new().line_rule(LineSpacingType::AtLeast).line(300).before(60);
    Paragraph::new().add_run(run(of, "楷体_GB2312", 21)).align(AlignmentType::Left).line_spacing(spacing).snap_to_grid(false)
}

/// The red head: mark, document number, line.
fn head(mut docx: Docx, paper: &Paper<'_>) -> Docx {
    let mark = &paper.content.mark;
    // As large as fits the line, at most 22 mm high (62 points).
    let points = (TEXT_WIDTH / 20 / mark.chars().count().max(1)).min(62);
    let mark = Paragraph::new()
        .add_run(run(mark.as_str(), TITLE_FONT, points * 2).color(RED))
        .align(AlignmentType::Center)
        .snap_to_grid(false)
        .line_spacing(LineSpacing::new().before((35 * MM_100 / 100) as u32));
    let mut number = Paragraph::new()
        .add_run(run(paper.number_line(), SONG, BODY))
        .align(AlignmentType::Center)
        .line_spacing(lines().before(LINE as u32 * 2));
    let red = ParagraphBorder::new(ParagraphBorderPosition::Bottom).val(BorderType::Single).size(18).space(11).color(RED);
    number.property = number.property.set_borders(ParagraphBorders::with_empty().set(red));
    docx = docx.add_paragraph(mark).add_paragraph(number).add_paragraph(blank()).add_paragraph(blank());
    docx
}

/// 附件说明: two characters in, numbers below each other.
fn annex_list(mut docx: Docx, annexes: &[BulletinAnnex]) -> Docx {
    // The signature does not stand alone on a page: what is before it goes with it.
    docx = docx.add_paragraph(blank().keep_next(true));
    for (number, annex) in (1..).zip(annexes) {
        let lead = if number == 1 { "附件：" } else { "" };
        let hang = if number == 1 { 5 } else { 2 };
        let left = 7 * CHARACTER as i32;
        docx = docx.add_paragraph(
            Paragraph::new()
                .add_run(words_of(format!("{lead}{number}．{}", annex.name), SONG))
                .indent(Some(left), Some(SpecialIndentType::Hanging(hang * CHARACTER as i32)), None, None)
                .line_spacing(lines())
                .keep_next(true),
        );
    }
    docx
}

/// 署名 above 成文日期, which ends four characters before the edge; one is centred on the other.
fn signature(docx: Docx, paper: &Paper<'_>) -> Docx {
    let date = paper.date();
    let issuer = paper.content.issuer.as_str();
    // In half characters, as the widths are.
    let (of_date, of_issuer) = (date.width(), issuer.width());
    let shift = |own: usize, other: usize| (8 + other.saturating_sub(own) / 2).saturating_sub(own.saturating_sub(other) / 2);
    let (right, date_right) = if of_issuer > of_date && shift(of_issuer, of_date) < 4 {
        (4, 4 + (of_issuer - of_date) / 2)
    } else {
        (shift(of_issuer, of_date), 8)
    };
    let signed = |of: &str, right: usize| {
        Paragraph::new()
            .add_run(run(of, SONG, BODY))
            .align(AlignmentType::Right)
            .indent(None, None, Some((right * CHARACTER / 2) as i32), None)
            .line_spacing(lines())
    };
    docx.add_paragraph(blank().keep_next(true)).add_paragraph(blank().keep_next(true)).add_paragraph(signed(issuer, right).keep_next(true)).add_paragraph(signed(&date, date_right))
}

/// 版记, at the foot of the last page.
fn imprint(paper: &Paper<'_>) -> Table {
    let border = |position, thick: bool| {
        TableCellBorder::new(position).border_type(BorderType::Single).size(if thick { 8 } else { 4 }).color("000000")
    };
    let cell = |of: String, width: usize, align: AlignmentType, (top, bottom): (Option<bool>, Option<bool>)| {
        let indent = (CHARACTER * 7 / 8) as i32;
        let paragraph = Paragraph::new()
            .add_run(run(of, SONG, SMALL))
            .align(align)
            .indent(Some(indent), None, Some(indent), None)
            .line_spacing(LineSpacing::new().line_rule(LineSpacingType::Exact).line(LINE))
            .snap_to_grid(false);
        let mut borders = TableCellBorders::with_empty();
        if let Some(thick) = top {
            borders = borders.set(border(TableCellBorderPosition::Top, thick));
        }
        if let Some(thick) = bottom {
            borders = borders.set(border(TableCellBorderPosition::Bottom, thick));
        }
        TableCell::new().add_paragraph(paragraph).width(width, WidthType::Dxa).set_borders(borders)
    };
    let copy = &paper.content.copy_to;
    let mut rows = Vec::new();
    if !copy.is_empty() {
        let of = cell(format!("抄送：{copy}。"), TEXT_WIDTH, AlignmentType::Left, (Some(true), Some(false)));
        rows.push(TableRow::new(vec![of.grid_span(2)]));
    }
    let top = if copy.is_empty() { Some(true) } else { None };
    let printed = paper.issued_on.map_or_else(|| paper.date(), chinese);
    rows.push(TableRow::new(vec![
        cell(paper.content.printed_by.clone(), TEXT_WIDTH / 2, AlignmentType::Left, (top, Some(true))),
        cell(format!("{printed}印发"), TEXT_WIDTH - TEXT_WIDTH / 2, AlignmentType::Right, (top, Some(true))),
    ]));
    Table::without_borders(rows)
        .set_grid(vec![TEXT_WIDTH / 2, TEXT_WIDTH - TEXT_WIDTH / 2])
        .layout(TableLayoutType::Fixed)
        .width(TEXT_WIDTH, WidthType::Dxa)
        .position(
            TablePositionProperty::new()
                .vertical_anchor("margin")
                .horizontal_anchor("margin")
                .position_x_alignment("center")
                .position_y_alignment("bottom"),
        )
}

/// A page's number: — 1 —, one character from the outer edge.
fn page_number(align: AlignmentType) -> Footer {
    let (left, right) = if matches!(align, AlignmentType::Left) { (Some(280), None) } else { (None, Some(280)) };
    Footer::new().add_paragraph(
        Paragraph::new()
            .add_run(run("— ", "宋体", SMALL))
            .add_page_num(PageNum::new())
            .add_run(run(" —", "宋体", SMALL))
            .indent(left, None, right, None)
            .align(align),
    )
}

/// Takes out the paragraphs' numbers, which are counted over all documents that the program writes.
fn without_numbers(part: Vec<u8>) -> Result<String, WriteError> {
    const MARK: &str = " w14:paraId=\"";
    let text = String::from_utf8(part).map_err(|error| WriteError::Docx(error.to_string()))?;
    let mut pieces = text.split(MARK);
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out += piece.split_once('"').map_or("", |(_, rest)| rest);
    }
    Ok(out)
}

/// A table's header stands again on each page. The library cannot say so; it can say that a row is
/// not split, which only headers are.
fn repeat_headers(document: &str) -> String {
    document.replace("<w:cantSplit />", "<w:cantSplit /><w:tblHeader />")
}

/// The bulletin as a document.
///
/// # Errors
/// When it cannot be written.
pub fn docx(paper: &Paper<'_>) -> Result<Vec<u8>, WriteError> {
    let content = paper.content;
    let margin = |mm: usize| (mm * MM_100 / 100) as i32;
    let mut docx = Docx::new()
        .page_size(11906, 16838)
        .page_margin(PageMargin {
            top: margin(37),
            left: margin(28),
            bottom: margin(35),
            right: 11906 - margin(28) - TEXT_WIDTH as i32,
            header: margin(15),
            footer: margin(24),
            gutter: 0,
        })
        .default_fonts(fonts(SONG))
        .default_size(BODY)
        .footer(page_number(AlignmentType::Right))
        .even_footer(page_number(AlignmentType::Left));
    docx.document =
        docx.document.doc_grid(DocGrid::new().grid_type(DocGridType::Lines).line_pitch(LINE as usize));
    docx = head(docx, paper).add_paragraph(title(&content.title)).add_paragraph(blank());
    let to = Paragraph::new().add_run(words_of(format!("{}：", content.main_to), SONG)).line_spacing(lines());
    docx = docx.add_paragraph(to).add_paragraph(body().add_run(words_of(paper.opening, SONG)));
    for texts in &content.overall {
        docx = docx.add_paragraph(body().add_run(words_of(words(texts), SONG)));
    }
    let mut tables = 0;
    for section in &content.sections {
        docx = docx.add_paragraph(heading(&section.heading));
        for of in &section.paragraphs {
            docx = docx.add_paragraph(paragraph(of));
        }
        if let Some(of) = &section.table {
            tables += 1;
            // Two tables that touch would be one; a line apart also breathes.
            docx = docx.add_paragraph(caption(&format!("表{tables}　{}", of.name))).add_table(table(of)).add_paragraph(note(&of.note));
        }
    }
    docx = docx.add_paragraph(heading("五、有关要求"));
    for (at, demand) in paper.demands.lines().enumerate() {
        docx = docx.add_paragraph(body().add_run(words_of(format!("{}{demand}", ordinal(at)), SONG)));
    }
    docx = signature(annex_list(docx, &content.annexes), paper);
    for (at, annex) in content.annexes.iter().enumerate() {
        let lead = Paragraph::new().add_run(run(format!("附件{}", at + 1), "黑体", BODY)).line_spacing(lines());
        docx = docx.add_paragraph(lead.page_break_before(true)).add_paragraph(blank()).add_paragraph(title(&annex.name)).add_paragraph(blank());
        if at + 1 == content.annexes.len() {
            for source in paper.sources() {
                docx = docx.add_paragraph(note(&source));
            }
            docx = docx.add_paragraph(Paragraph::new());
        }
        for of in &annex.tables {
            if annex.tables.len() > 1 {
                docx = docx.add_paragraph(caption(&of.name));
            }
            docx = if of.rows.is_empty() { docx.add_paragraph(note("（无）")) } else { docx.add_table(table(of)) };
            docx = docx.add_paragraph(note(&of.note));
        }
        if !annex.note.is_empty() {
            docx = docx.add_paragraph(note(&annex.note));
        }
    }
    docx = docx.add_table(imprint(paper)).add_paragraph(Paragraph::new().line_spacing(LineSpacing::new().line_rule(LineSpacingType::Exact).line(20)));
    let mut xml = docx.build();
    xml.document = repeat_headers(&without_numbers(xml.document)?).into_bytes();
    xml.footers = xml.footers.into_iter().map(|footer| Ok(without_numbers(footer)?.into_bytes())).collect::<Result<_, WriteError>>()?;
    let mut bytes = Cursor::new(Vec::new());
    xml.pack(&mut bytes).map_err(|error| WriteError::Docx(error.to_string()))?;
    Ok(bytes.into_inner())
}

/// （一）, （二） …; nothing beyond （十）.
fn ordinal(at: usize) -> String {
    const ORDINALS: [&str; 10] = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
    ORDINALS.get(at).map_or_else(String::new, |word| format!("（{word}）"))
}
