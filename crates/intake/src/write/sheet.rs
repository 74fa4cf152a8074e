//! As a workbook, for the person who mends the file: the original rows that have findings, the
//! cells marked and commented; every check's counts; every finding; what there is to say about the
//! file.

use std::collections::BTreeMap;
use std::io::{Seek, Write};
use std::ops::ControlFlow;

use rust_xlsxwriter::{Color, Format, Note, Workbook, Worksheet};
use yizheng_pack::dataset::Severity;

use super::{Cells, Filter, Finding, Findings, WriteError, masked};
use crate::read::Opened;
use crate::read::book::Row;
use crate::report::CheckResult;

/// Rows that a sheet can hold.
const SHEET_ROWS: u32 = 1_048_576;
/// Characters that a cell can hold.
const CELL_CHARACTERS: usize = 32_767;
/// Columns before those of the file: its row number, and the checks that the row violates.
const LEAD: [&str; 2] = ["原文件行号", "问题"];

/// Writes the workbook. Where a sheet is full the next one goes on; nothing is left out.
///
/// # Errors
/// [`WriteError`].
pub fn findings_xlsx(out: impl Write + Seek + Send, findings: &Findings<'_>) -> Result<(), WriteError> {
    write(out, findings, SHEET_ROWS)
}

fn write(out: impl Write + Seek + Send, findings: &Findings<'_>, sheet_rows: u32) -> Result<(), WriteError> {
    let mut workbook = Workbook::new();
    let formats = Formats::new();
    let mut rows = Sheets::new("问题行", sheet_rows);
    let mut list = Sheets::new("问题清单", sheet_rows);
    if findings.count(&Filter::default()) > 0 {
        let opened = Opened::open(findings.file.bytes, findings.dataset, &findings.limits)?;
        rows.header = LEAD.iter().map(|text| (*text).to_owned()).collect();
        rows.header.extend(opened.header.columns.iter().map(|column| column.header.clone()));
        let several = !findings.report.origins.further.is_empty();
        let shown = Columns::new(&opened, &Cells::new(&opened, findings), several);
        drop(opened);
        list.header = ["规则", "级别", "原文件行号", "病案", "数据项", "名称", "内容", "说明", "改正办法"]
            .map(ToOwned::to_owned)
            .to_vec();
        list.widths = vec![9.0, 6.0, 10.0, 16.0, 10.0, 22.0, 22.0, 60.0, 60.0];
        rows.widths = vec![10.0, 40.0];
        findings.each_row(&Filter::default(), |cells, row, of_row| {
            for finding in &of_row {
                write_line(&mut list, &mut workbook, &formats, finding, several)?;
            }
            write_row(&mut rows, &mut workbook, &formats, &shown, cells, row, &of_row)?;
            Ok(ControlFlow::Continue(()))
        })?;
    }
    let mut summary = Sheets::new("规则汇总", sheet_rows);
    summary.header = ["规则", "名称", "级别", "通过", "不通过", "不适用", "无法判断", "无法判断的原因", "改正办法", "出处"]
        .map(ToOwned::to_owned)
        .to_vec();
    summary.widths = vec![9.0, 40.0, 6.0, 9.0, 9.0, 9.0, 9.0, 40.0, 60.0, 40.0];
    for check in &findings.report.checks {
        write_check(&mut summary, &mut workbook, &formats, check)?;
    }
    let mut about = Sheets::new("文件说明", sheet_rows);
    about.header = ["编号", "作用", "位置", "说明", "处理办法"].map(ToOwned::to_owned).to_vec();
    about.widths = vec![9.0, 10.0, 24.0, 80.0, 80.0];
    for finding in findings.file_findings {
        let effect = if finding.returns { "退回" } else { "提示" };
        let place = finding.place.as_deref().unwrap_or("整个文件");
        let (sheet, line) = about.next(&mut workbook, &formats)?;
        for (column, text) in (0..).zip([finding.number.as_str(), effect, place, &finding.message, &finding.remedy]) {
            sheet.write_string(line, column, fitting(text))?;
        }
    }
    for repair in findings.repairs {
        let at: Vec<String> = repair.at.iter().map(|(element, rows)| format!("{element} {} 处", rows.len())).collect();
        let message = format!("{}共 {} 处：{}。", repair.message, repair.cells, at.join("，"));
        let effect = if repair.number.starts_with("R02") { "内容作废" } else { "已换算" };
        let (sheet, line) = about.next(&mut workbook, &formats)?;
        for (column, text) in (0..).zip([repair.number.as_str(), effect, "", &message, &repair.remedy]) {
            sheet.write_string(line, column, fitting(text))?;
        }
    }
    for sheets in [rows, summary, list, about] {
        sheets.finish(&mut workbook);
    }
    if workbook.worksheets().is_empty() {
        workbook.add_worksheet().set_name("没有问题")?.write_string(0, 0, "没有发现问题。")?;
    }
    workbook.save_to_writer(out)?;
    Ok(())
}

struct Formats {
    header: Format,
    error: Format,
    warning: Format,
}

impl Formats {
    fn new() -> Self {
        let marked = |color: u32| Format::new().set_background_color(Color::RGB(color));
        Self {
            header: Format::new().set_bold().set_background_color(Color::RGB(0x00D9_E1F2)),
            error: marked(0x00FF_C7CE),
            warning: marked(0x00FF_EB9C),
        }
    }

    fn of(&self, severity: Severity) -> &Format {
        match severity {
            Severity::Error => &self.error,
            Severity::Warning => &self.warning,
        }
    }
}

/// Sheets of one kind, one after the other as they fill.
struct Sheets {
    name: &'static str,
    capacity: u32,
    header: Vec<String>,
    widths: Vec<f64>,
    full: Vec<Worksheet>,
    current: Option<(Worksheet, u32)>,
}

impl Sheets {
    fn new(name: &'static str, capacity: u32) -> Self {
        Self { name, capacity, header: Vec::new(), widths: Vec::new(), full: Vec::new(), current: None }
    }

    /// The sheet and line for the next row.
    fn next(&mut self, workbook: &mut Workbook, formats: &Formats) -> Result<(&mut Worksheet, u32), WriteError> {
        if let Some((sheet, line)) = self.current.take() {
            if line + 1 < self.capacity {
                self.current = Some((sheet, line + 1));
            } else {
                self.full.push(sheet);
            }
        }
        let (sheet, line) = match &mut self.current {
            Some((sheet, line)) => (sheet, *line),
            empty => {
                let mut sheet = workbook.new_worksheet_with_constant_memory()?;
                match self.full.len() {
                    0 => sheet.set_name(self.name)?,
                    before => sheet.set_name(format!("{}{}", self.name, before + 1))?,
                };
                sheet.set_freeze_panes(1, 0)?;
                for (column, width) in (0..).zip(&self.widths) {
                    sheet.set_column_width(column, *width)?;
                }
                for (column, text) in (0..).zip(&self.header) {
                    sheet.write_string_with_format(0, column, fitting(text), &formats.header)?;
                }
                let (sheet, line) = empty.insert((sheet, 1));
                (sheet, *line)
            }
        };
        Ok((sheet, line))
    }

    fn finish(self, workbook: &mut Workbook) {
        for sheet in self.full.into_iter().chain(self.current.map(|(sheet, _)| sheet)) {
            workbook.push_worksheet(sheet);
        }
    }
}

/// What a cell can hold of a text.
fn fitting(text: &str) -> String {
    if text.len() <= CELL_CHARACTERS || text.chars().count() <= CELL_CHARACTERS {
        return text.to_owned();
    }
    let said = "…（过长，全文见原文件）";
    text.chars().take(CELL_CHARACTERS - said.chars().count()).chain(said.chars()).collect()
}

/// Which columns of the file are shown as they are.
struct Columns {
    /// By column: whether it may be shown unmasked.
    open: Vec<bool>,
    /// Whether rows come from several sheets or files.
    several: bool,
}

impl Columns {
    fn new(opened: &Opened<'_>, cells: &Cells<'_>, several: bool) -> Self {
        // Nobody knows what a column that nobody knows holds.
        let open = opened.header.targets.iter().map(|target| {
            cells.personal || target.is_some_and(|target| !cells.is_personal(target.cell))
        });
        Self { open: open.collect(), several }
    }
}

fn write_row(
    sheets: &mut Sheets,
    workbook: &mut Workbook,
    formats: &Formats,
    shown: &Columns,
    cells: &Cells<'_>,
    row: &Row,
    findings: &[Finding],
) -> Result<(), WriteError> {
    // By column of the sheet, what there is to say. A finding without a column is about the row.
    let lead = LEAD.len() as u16;
    let mut said: BTreeMap<u16, (Severity, Vec<String>)> = BTreeMap::new();
    for finding in findings {
        let column = finding.column.and_then(|column| u16::try_from(column).ok());
        let column = column.map_or(0, |column| (column - 1).saturating_add(lead));
        let (severity, messages) = said.entry(column).or_insert((finding.severity, Vec::new()));
        *severity = finding.severity.min(*severity);
        messages.push(format!("{} {}{}", finding.check, finding.message, finding.remedy));
    }
    let mut checks: Vec<&str> = findings.iter().map(|finding| finding.check.as_str()).collect();
    checks.dedup();
    let (sheet, line) = sheets.next(workbook, formats)?;
    let mut put = |column: u16, text: &str| -> Result<(), WriteError> {
        match said.get(&column) {
            Some((severity, _)) => sheet.write_string_with_format(line, column, text, formats.of(*severity))?,
            None if text.is_empty() => return Ok(()),
            None => sheet.write_string(line, column, text)?,
        };
        Ok(())
    };
    put(0, &findings.first().map_or_else(|| row.number.to_string(), |finding| place(finding, shown.several)))?;
    put(1, &fitting(&checks.join("、")))?;
    // A sheet is written from left to right; a marked cell may be empty.
    let width = row.record.len().max(cells.width);
    for (column, at) in (lead..).zip(0..width) {
        let text = cells.raw(row, at);
        let open = shown.open.get(at).copied().unwrap_or(cells.personal);
        let text = if open || matches!(text.as_str(), "" | "-") { text } else { masked(&text) };
        put(column, &fitting(&text))?;
    }
    for (column, (_, messages)) in said {
        let note = Note::new(fitting(&messages.join("\n"))).add_author_prefix(false).set_width(360).set_height(120);
        sheet.insert_note(line, column, &note)?;
    }
    Ok(())
}

/// The row, with its sheet or file where there are several.
fn place(finding: &Finding, several: bool) -> String {
    match finding.sheet.as_deref().filter(|_| several) {
        Some(sheet) => format!("{sheet} {}", finding.row),
        None => finding.row.to_string(),
    }
}

fn write_line(
    sheets: &mut Sheets,
    workbook: &mut Workbook,
    formats: &Formats,
    finding: &Finding,
    several: bool,
) -> Result<(), WriteError> {
    let (sheet, line) = sheets.next(workbook, formats)?;
    sheet.write_string(line, 0, &finding.check)?;
    sheet.write_string_with_format(line, 1, in_chinese(finding.severity), formats.of(finding.severity))?;
    match several {
        true => sheet.write_string(line, 2, fitting(&place(finding, several)))?,
        false => sheet.write_number(line, 2, finding.row)?,
    };
    let texts = [
        finding.key.as_str(),
        finding.element.as_deref().unwrap_or_default(),
        finding.element_name.as_deref().unwrap_or_default(),
        &finding.value,
        &finding.message,
        &finding.remedy,
    ];
    for (column, text) in (3..).zip(texts) {
        sheet.write_string(line, column, fitting(text))?;
    }
    Ok(())
}

fn write_check(
    sheets: &mut Sheets,
    workbook: &mut Workbook,
    formats: &Formats,
    check: &CheckResult,
) -> Result<(), WriteError> {
    let (sheet, line) = sheets.next(workbook, formats)?;
    sheet.write_string(line, 0, &check.id)?;
    sheet.write_string(line, 1, fitting(&check.name))?;
    if check.violated > 0 {
        sheet.write_string_with_format(line, 2, in_chinese(check.severity), formats.of(check.severity))?;
    } else {
        sheet.write_string(line, 2, in_chinese(check.severity))?;
    }
    for (column, rows) in (3..).zip([check.passed, check.violated, check.not_applicable, check.not_evaluable]) {
        sheet.write_number(line, column, rows as f64)?;
    }
    for (column, text) in (7..).zip([check.reason.as_deref().unwrap_or_default(), &check.remedy, &check.source]) {
        sheet.write_string(line, column, fitting(text))?;
    }
    Ok(())
}

fn in_chinese(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "错误",
        Severity::Warning => "提示",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_full_sheet_is_followed_by_another() {
        let mut workbook = Workbook::new();
        let mut sheets = Sheets::new("问题清单", 3);
        sheets.header = vec!["行".to_owned()];
        let places: Vec<u32> =
            (0..5).map(|_| sheets.next(&mut workbook, &Formats::new()).map(|(_, line)| line).unwrap()).collect();
        sheets.finish(&mut workbook);
        assert_eq!(places, [1, 2, 1, 2, 1]);
        let names: Vec<String> = workbook.worksheets().iter().map(Worksheet::name).collect();
        assert_eq!(names, ["问题清单", "问题清单2", "问题清单3"]);
    }

    #[test]
    fn a_text_beyond_a_cell_says_so() {
        let long = "长".repeat(CELL_CHARACTERS + 1);
        let fitted = fitting(&long);
        assert_eq!(fitted.chars().count(), CELL_CHARACTERS);
        assert!(fitted.ends_with("全文见原文件）"));
        assert_eq!(fitting("短"), "短");
    }
}
