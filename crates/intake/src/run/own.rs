//! The program's own checks: whose rows they are and of when, and what could not be read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{Date32Type, TimestampSecondType};
use chrono::{DateTime, NaiveDate};
use roaring::RoaringBitmap;
use yizheng_eval::Frame;
use yizheng_pack::dataset::{Cell, Dataset, Required};
use yizheng_pack::period::{Grain, Month, Period};

use super::{NULL_REASON, Run, Verdicts, positions};
use crate::catalogue::{
    COLUMN_COUNT, GARBLED, OTHER_INSTITUTION, OTHER_PERIOD, OTHERS_ROW, OUTSIDE_PERIOD, OwnCheck, TOO_LONG, UNREADABLE,
    UNREADABLE_OTHER,
};
use crate::finding::FileFinding;
use crate::read::{Typed, days};
use crate::{Context, InstitutionFacts};

/// Whether so many rows belong elsewhere that it is the file that does, and not some of its rows.
fn is_the_file(others: usize, rows: usize) -> bool {
    others * 2 > rows
}

/// The program's own checks over a file, in the order of the catalogue. `said` is what the checks
/// of the dataset have found at each cell.
pub(super) fn all(
    run: &Run<'_>,
    typed: &Typed,
    said: &HashMap<Cell, RoaringBitmap>,
) -> Vec<(&'static OwnCheck, Verdicts)> {
    let frame = &typed.frame;
    let (mut unreadable, mut unreadable_other) = (Vec::new(), Vec::new());
    for (cell, bits) in &typed.frame.states.malformed {
        let mut rows = positions(bits, 0);
        if let Some(said) = said.get(cell) {
            rows -= said;
        }
        let must = must_be_there(run.dataset(), *cell);
        if must { &mut unreadable } else { &mut unreadable_other }.push((Some(*cell), rows));
    }
    let cells = |of: &BTreeMap<Cell, RoaringBitmap>| of.iter().map(|(cell, rows)| (Some(*cell), rows.clone())).collect();
    vec![
        (&OUTSIDE_PERIOD, outside_period(run, frame)),
        (&OTHERS_ROW, others_row(run, frame)),
        (&UNREADABLE, found_at(frame.len, unreadable)),
        (&UNREADABLE_OTHER, found_at(frame.len, unreadable_other)),
        (&TOO_LONG, found_at(frame.len, cells(&typed.too_long))),
        (&COLUMN_COUNT, found_at(frame.len, vec![(None, typed.misaligned.clone())])),
        (&GARBLED, found_at(frame.len, cells(&typed.garbled))),
    ]
}

fn must_be_there(dataset: &Dataset, cell: Cell) -> bool {
    match cell {
        Cell::Field(field) => dataset.fields.get(field.0).is_some_and(|field| {
            field.column_required || matches!(field.required, Required::Must | Required::Dash)
        }),
        Cell::Member(..) => false,
    }
}

/// Every row passes but those in which something was found.
fn found_at(rows: usize, mut at: Vec<(Option<Cell>, RoaringBitmap)>) -> Verdicts {
    at.retain(|(_, rows)| !rows.is_empty());
    let mut violated = vec![false; rows];
    for position in at.iter().flat_map(|(_, rows)| rows) {
        if let Some(bit) = violated.get_mut(position as usize) {
            *bit = true;
        }
    }
    let violated = BooleanBuffer::from(violated);
    Verdicts { passed: !&violated, violated, at, ..Verdicts::nothing(rows) }
}

/// The day of each row that decides its period.
fn period_days(column: &ArrayRef) -> Vec<Option<i32>> {
    if let Some(times) = column.as_primitive_opt::<TimestampSecondType>() {
        times.iter().map(|time| time.and_then(|t| i32::try_from(t.div_euclid(86_400)).ok())).collect()
    } else if let Some(dates) = column.as_primitive_opt::<Date32Type>() {
        dates.iter().collect()
    } else {
        vec![None; column.len()]
    }
}

fn outside_period(run: &Run<'_>, frame: &Frame) -> Verdicts {
    let field = run.dataset().period;
    let cell = Cell::Field(field);
    let Some(period) = run.context.period else {
        return Verdicts::not_evaluable(frame.len, "没有指明报告期".to_owned());
    };
    let Some(column) = frame.column(field) else {
        return Verdicts::not_evaluable(frame.len, if run.present.contains_key(&cell) { NULL_REASON.to_owned() } else { run.absent(cell) });
    };
    let (start, end) = (days(period.start()), days(period.end()));
    by_value(cell, period_days(column).into_iter().map(|day| day.map(|day| (start..end).contains(&day))))
}

/// From whether each row is right.
fn by_value(cell: Cell, right: impl Iterator<Item = Option<bool>>) -> Verdicts {
    let right: Vec<Option<bool>> = right.collect();
    let bits = |wanted: Option<bool>| BooleanBuffer::from_iter(right.iter().map(|right| *right == wanted));
    let violated = bits(Some(false));
    let unknown = bits(None);
    let found = positions(&violated, 0);
    Verdicts {
        passed: bits(Some(true)),
        at: if found.is_empty() { Vec::new() } else { vec![(Some(cell), found)] },
        reasons: unknown.has_true().then(|| NULL_REASON.to_owned()).into_iter().collect(),
        violated,
        unknown,
        ..Verdicts::nothing(right.len())
    }
}

/// A code as it is compared: without hyphens and blanks, upper case.
fn plain(code: &str) -> String {
    code.chars().filter(|c| *c != '-' && !c.is_whitespace()).flat_map(char::to_uppercase).collect()
}

fn own_codes(institution: &InstitutionFacts) -> BTreeSet<String> {
    institution.codes.iter().map(|code| plain(code)).collect()
}

/// Whether each row's institution is the submitting one.
fn is_own<'f>(frame: &'f Frame, dataset: &Dataset, codes: &'f BTreeSet<String>) -> Option<Vec<(Option<bool>, &'f str)>> {
    let texts = frame.column(dataset.institution)?.as_string_opt::<i32>()?;
    // The same code stands in nearly all rows.
    let mut last: Option<(&str, bool)> = None;
    let is_own = |text: Option<&'f str>| {
        let Some(text) = text else { return (None, "") };
        let own = match last {
            Some((before, own)) if before == text => own,
            _ => codes.contains(&plain(text)),
        };
        last = Some((text, own));
        (Some(own), text)
    };
    Some(texts.iter().map(is_own).collect())
}

fn others_row(run: &Run<'_>, frame: &Frame) -> Verdicts {
    let cell = Cell::Field(run.dataset().institution);
    let Some(institution) = &run.context.institution else {
        return Verdicts::not_evaluable(frame.len, "没有指明报送机构".to_owned());
    };
    if !run.present.contains_key(&cell) {
        return Verdicts::not_evaluable(frame.len, run.absent(cell));
    }
    let codes = own_codes(institution);
    match is_own(frame, run.dataset(), &codes) {
        Some(own) => by_value(cell, own.into_iter().map(|(own, _)| own)),
        None => Verdicts::not_evaluable(frame.len, NULL_REASON.to_owned()),
    }
}

/// Why the file as a whole is not the one that was asked for.
pub(crate) fn delivery_faults(context: &Context<'_>, frame: &Frame) -> Vec<FileFinding> {
    let mut faults = Vec::new();
    faults.extend(other_institution(context, frame));
    faults.extend(other_period(context, frame));
    faults
}

fn other_institution(context: &Context<'_>, frame: &Frame) -> Option<FileFinding> {
    let dataset = context.dataset;
    let codes = own_codes(context.institution.as_ref()?);
    let mut others: BTreeMap<&str, usize> = BTreeMap::new();
    for (own, code) in is_own(frame, dataset, &codes)? {
        if own == Some(false) {
            *others.entry(code).or_default() += 1;
        }
    }
    let count: usize = others.values().sum();
    if !is_the_file(count, frame.len) {
        return None;
    }
    let (code, _) = others.into_iter().max_by_key(|(_, rows)| *rows)?;
    let whose = context.resolve.and_then(|resolve| resolve(code));
    let whose = match whose {
        Some(whose) => format!("，属于另一家机构 {whose}"),
        None => "，不在机构登记中".to_owned(),
    };
    let field = field_name(dataset, dataset.institution);
    Some(FileFinding::fault(
        &OTHER_INSTITUTION,
        None,
        &[
            ("rows", &frame.len.to_string()),
            ("others", &count.to_string()),
            ("field", &field),
            ("code", code),
            ("whose", &whose),
        ],
    ))
}

pub(crate) fn field_name(dataset: &Dataset, field: yizheng_pack::dataset::FieldIx) -> String {
    dataset.fields.get(field.0).map(|field| format!("{} {}", field.id, field.name)).unwrap_or_default()
}

/// The months of the rows with their numbers.
fn months(dataset: &Dataset, frame: &Frame) -> BTreeMap<Month, usize> {
    let mut months = BTreeMap::new();
    let column = frame.column(dataset.period);
    // Days of one month follow each other: ask the calendar once for each day.
    let mut by_day: BTreeMap<i32, usize> = BTreeMap::new();
    for day in column.map(period_days).unwrap_or_default().into_iter().flatten() {
        *by_day.entry(day).or_default() += 1;
    }
    for (day, rows) in by_day {
        let date = DateTime::from_timestamp(i64::from(day) * 86_400, 0).map(|time| time.date_naive());
        *months.entry(Month::of(date.unwrap_or(NaiveDate::MIN))).or_default() += rows;
    }
    months
}

/// The month in which most rows of a file lie.
pub(crate) fn main_month(dataset: &Dataset, frame: &Frame) -> Option<Period> {
    let months = months(dataset, frame);
    let (month, _) = months.into_iter().rev().max_by_key(|(_, rows)| *rows)?;
    Some(Period::containing(month, Grain::Month))
}

fn other_period(context: &Context<'_>, frame: &Frame) -> Option<FileFinding> {
    let period = context.period?;
    let dataset = context.dataset;
    let mut months = months(dataset, frame);
    let known: usize = months.values().sum();
    months.retain(|month, _| !period.contains(month.start()));
    let others: usize = months.values().sum();
    if !is_the_file(others, known) {
        return None;
    }
    let (month, most) = months.into_iter().max_by_key(|(_, rows)| *rows)?;
    Some(FileFinding::fault(
        &OTHER_PERIOD,
        None,
        &[
            ("expected", &period.in_chinese()),
            ("rows", &frame.len.to_string()),
            ("others", &others.to_string()),
            ("field", &field_name(dataset, dataset.period)),
            ("found", &Period::containing(month, Grain::Month).in_chinese()),
            ("most", &most.to_string()),
        ],
    ))
}
