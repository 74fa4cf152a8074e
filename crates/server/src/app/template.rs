//! A workbook to fill in: a row of codes, a row of names, choices for short code lists, and a sheet
//! that explains every field and check. What is sent in is read by the row of codes; the row of
//! names below it is passed over.

use std::collections::BTreeMap;
use std::sync::Arc;

use rust_xlsxwriter::{Color, DataValidation, DataValidationErrorStyle, Format, FormatAlign, Formula, Workbook, Worksheet, XlsxError};
use yizheng_pack::Pack;
use yizheng_pack::codelist::CodeList;
use yizheng_pack::dataset::{Cell, Dataset, FieldIx, Required, Severity};
use yizheng_pack::period::Month;
use yizheng_pack::types::Type;

use super::reference::words;

/// A code list with more codes than this is not offered cell by cell.
const CHOICES: usize = 200;
/// Rows below the header for which choices are offered.
const ROWS: u32 = 2000;
/// Rows of the header: codes and names.
const HEADER: u32 = 2;
/// Characters of a validation's message (Excel's limit).
const MESSAGE: usize = 255;

/// The workbook of a dataset, with the institution and month filled in where they are given.
///
/// # Errors
/// When a text is beyond what a workbook can hold.
pub fn workbook(
    pack: &Pack,
    dataset: &Dataset,
    institution: Option<&str>,
    month: Option<Month>,
) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let lists = lists(pack, dataset);
    let mut sheet = Worksheet::new();
    sheet.set_name("填报")?;
    fill(&mut sheet, dataset, &lists, institution, month)?;
    book.push_worksheet(sheet);
    book.push_worksheet(explained(pack, dataset)?);
    if !lists.is_empty() {
        book.push_worksheet(choices(&lists)?);
    }
    book.save_to_buffer()
}

/// The short code lists of a dataset, each with its column on the sheet of choices.
fn lists<'p>(pack: &'p Pack, dataset: &Dataset) -> BTreeMap<Arc<str>, (u16, &'p CodeList)> {
    let mut lists = BTreeMap::new();
    let fields = dataset.fields.iter().map(|field| &field.ty);
    for ty in fields.chain(dataset.groups.iter().flat_map(|group| &group.members).map(|member| &member.ty)) {
        if let Type::Code(id) = ty
            && let Some(list) = pack.codelists.get(id)
            && list.entries.len() <= CHOICES
        {
            let next = u16::try_from(lists.len() * 2).unwrap_or(u16::MAX);
            lists.entry(Arc::clone(id)).or_insert((next, &**list));
        }
    }
    lists
}

/// Every column of the official layout: fields in order, then the slots of the groups.
fn cells(dataset: &Dataset) -> Vec<(Cell, &Type, bool)> {
    use yizheng_pack::dataset::{GroupIx, MemberIx};
    let must = |required: Required| matches!(required, Required::Must | Required::Dash);
    let mut all: Vec<(Cell, &Type, bool)> = dataset
        .fields
        .iter()
        .enumerate()
        .map(|(at, field)| (Cell::Field(FieldIx(at)), &field.ty, must(field.required)))
        .collect();
    for (g, group) in dataset.groups.iter().enumerate() {
        for slot in 1..=group.last_slot {
            let members = group.members.iter().enumerate();
            all.extend(members.map(|(m, member)| (Cell::Member(GroupIx(g), MemberIx(m), slot), &member.ty, false)));
        }
    }
    all
}

fn fill(
    sheet: &mut Worksheet,
    dataset: &Dataset,
    lists: &BTreeMap<Arc<str>, (u16, &CodeList)>,
    institution: Option<&str>,
    month: Option<Month>,
) -> Result<(), XlsxError> {
    let code = Format::new().set_font_color(Color::RGB(0x0080_8080)).set_align(FormatAlign::Center);
    let name = Format::new()
        .set_bold()
        .set_text_wrap()
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_background_color(Color::RGB(0x00D9_E1F2));
    let must = name.clone().set_background_color(Color::RGB(0x00FC_E4D6));
    // Excel makes dates and numbers of what looks like them, unless the column is text.
    let text = Format::new().set_num_format("@");
    for (column, (cell, ty, required)) in (0..).zip(cells(dataset)) {
        let title = titled(dataset, cell);
        sheet.write_string_with_format(0, column, dataset.element(cell), &code)?;
        sheet.write_string_with_format(1, column, dataset.cell_name(cell), if required { &must } else { &name })?;
        sheet.set_column_width(column, width(&title))?;
        if !matches!(ty, Type::Number { .. }) {
            sheet.set_column_format(column, &text)?;
        }
        if let Type::Code(id) = ty
            && let Some((at, list)) = lists.get(id)
        {
            let letter = rust_xlsxwriter::utility::column_number_to_name(*at);
            let last = list.entries.len() + 1;
            let range = Formula::new(format!("='代码'!${letter}$2:${letter}${last}"));
            let offered = DataValidation::new()
                .allow_list_formula(range)
                .set_error_style(DataValidationErrorStyle::Warning)
                .set_error_title("不在代码表中")?
                .set_error_message("请从下拉列表中选择代码。")?
                .set_input_title(short(&list.meta.name, 32))?
                .set_input_message(short(&named(list), MESSAGE))?;
            sheet.add_data_validation(HEADER, column, HEADER + ROWS - 1, column, &offered)?;
        }
        let given = match cell {
            Cell::Field(ix) if ix == dataset.institution => institution.map(str::to_owned),
            Cell::Field(ix) if ix == dataset.period => month.map(|month| month.to_string()),
            _ => None,
        };
        if let Some(given) = given {
            sheet.write_string_with_format(HEADER, column, given, &text)?;
        }
    }
    sheet.set_row_height(1, 32)?;
    sheet.set_freeze_panes(HEADER, 0)?;
    Ok(())
}

/// The name with its unit: as wide as this the column is made.
fn titled(dataset: &Dataset, cell: Cell) -> String {
    let name = dataset.cell_name(cell);
    match cell {
        Cell::Field(ix) => match dataset.fields.get(ix.0).map(|field| field.unit.as_str()) {
            Some(unit) if !unit.is_empty() => format!("{name}（{unit}）"),
            _ => name,
        },
        Cell::Member(..) => name,
    }
}

/// Room for a name in at most two lines; a Chinese character takes two places.
fn width(title: &str) -> f64 {
    let places: usize = title.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    f64::from(u32::try_from(places.clamp(8, 24)).unwrap_or(24)) + 2.0
}

/// A list's codes with their names, as a message shows them.
fn named(list: &CodeList) -> String {
    list.entries.iter().map(|entry| format!("{} {}", entry.code, entry.name)).collect::<Vec<_>>().join("；")
}

/// At most `most` characters; where some are left out a sign says so.
fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// Codes and names side by side, one pair of columns for each list.
fn choices(lists: &BTreeMap<Arc<str>, (u16, &CodeList)>) -> Result<Worksheet, XlsxError> {
    let mut sheet = Worksheet::new();
    sheet.set_name("代码")?;
    let bold = Format::new().set_bold();
    for (id, (column, list)) in lists {
        sheet.write_string_with_format(0, *column, format!("代码表 {id}"), &bold)?;
        sheet.write_string_with_format(0, column + 1, format!("《{}》", list.meta.name), &bold)?;
        sheet.set_column_width(column + 1, 24)?;
        for (row, entry) in (1..).zip(&list.entries) {
            sheet.write_string(row, *column, &entry.code)?;
            sheet.write_string(row, column + 1, &entry.name)?;
        }
    }
    Ok(sheet)
}

/// 填表说明: how to fill every field, and what is checked. No cell is a bare code or name, so that
/// this sheet is never taken for the one with the rows.
fn explained(pack: &Pack, dataset: &Dataset) -> Result<Worksheet, XlsxError> {
    let mut sheet = Worksheet::new();
    sheet.set_name("填表说明")?;
    let bold = Format::new().set_bold();
    let head = Format::new().set_bold().set_background_color(Color::RGB(0x00D9_E1F2));
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    for (column, width) in [(0, 36.0), (1, 14.0), (2, 22.0), (3, 44.0), (4, 60.0)] {
        sheet.set_column_width(column, width)?;
    }
    let mut line = 0;
    let mut say = |sheet: &mut Worksheet, cells: &[&str], format: &Format| -> Result<(), XlsxError> {
        for (column, text) in (0..).zip(cells) {
            sheet.write_string_with_format(line, column, *text, format)?;
        }
        line += 1;
        Ok(())
    };
    say(&mut sheet, &[&format!("《{}》填表说明", dataset.meta.name)], &bold)?;
    say(&mut sheet, &[&format!("用途：{}", dataset.meta.purpose.trim())], &Format::new())?;
    say(&mut sheet, &[&format!("依据：{}", dataset.meta.legal_basis.trim())], &Format::new())?;
    let due = dataset.due.newest();
    let when = match due.voluntary {
        true => "按本地区的要求报送。".to_owned(),
        false => format!("每月结束后 {} 日内报送。", due.days),
    };
    say(
        &mut sheet,
        &[&format!("请从“填报”表第 {} 行起填写，前两行不要改动；{when}橙色的列必须填写，没有发生的填 0。", HEADER + 1)],
        &Format::new(),
    )?;
    say(&mut sheet, &[""], &Format::new())?;
    say(&mut sheet, &["项目（代码）", "必填要求", "类型和单位", "怎样填", "可填的代码"], &head)?;
    let mut section = "";
    for field in &dataset.fields {
        if field.section != section {
            section = &field.section;
            say(&mut sheet, &[&format!("【{section}】")], &bold)?;
        }
        let unit = if field.unit.is_empty() { String::new() } else { format!("，单位：{}", field.unit) };
        let codes = match &field.ty {
            Type::Code(id) => match pack.codelists.get(id) {
                Some(list) if list.entries.len() <= CHOICES => format!("见“代码”表：{}", list.meta.name),
                Some(list) => format!("《{}》（{}），共 {} 个代码", list.meta.name, list.version, list.entries.len()),
                None => format!("代码表 {id} 还没有导入"),
            },
            _ => String::new(),
        };
        say(
            &mut sheet,
            &[
                &format!("{}（{}）", field.name, field.id),
                words::required(field.required),
                &format!("{}{unit}", words::field_type(field)),
                &field.hint,
                &codes,
            ],
            &wrapped,
        )?;
    }
    for group in &dataset.groups {
        let names: Vec<&str> = group.members.iter().map(|member| member.name.as_str()).collect();
        let text = format!("{}：最多 {} 组，每组{}", group.name, group.last_slot, names.join("、"));
        say(&mut sheet, &[&text], &wrapped)?;
    }
    say(&mut sheet, &[""], &Format::new())?;
    say(&mut sheet, &["报送时的校验", "级别", "涉及项目", "改正办法", "出处"], &head)?;
    for check in dataset.checks.iter().filter(|check| check.meta.status.runs()) {
        let names: Vec<String> = check
            .elements
            .iter()
            .map(|element| dataset.cell(element).map_or_else(|| element.to_string(), |cell| dataset.cell_name(cell)))
            .collect();
        let severity = match check.severity {
            Severity::Error => "错误（该行不计入）",
            Severity::Warning => "提示",
        };
        say(
            &mut sheet,
            &[
                &format!("{}（{}）", check.meta.name, check.meta.id),
                severity,
                &format!("{}。", names.join("、")),
                &check.remedy,
                &check.source,
            ],
            &wrapped,
        )?;
    }
    Ok(sheet)
}
