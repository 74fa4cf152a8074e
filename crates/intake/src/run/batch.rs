//! Checks across the rows of a file and the institution's earlier rows: keys that stand once,
//! stays that do not overlap, numbers that rise, shares that stay small.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Date32Type, Int64Type, TimestampSecondType};
use arrow::row::{OwnedRow, RowConverter, SortField};
use roaring::RoaringBitmap;
use yizheng_eval::{EvalError, Evaluator, Frame, arrow_type};
use yizheng_pack::dataset::{At, Cell, Check, CheckKind, FieldIx, RowCase};
use yizheng_pack::period::Grain;
use yizheng_pack::types::{Value, format_decimal};

use super::rows::known;
use super::{NULL_REASON, Run, Verdicts, beside, positions};
use crate::Earlier;
use crate::check::trimmed;
use crate::report::Share;

pub(super) fn decide(
    run: &Run<'_>,
    check: &Check,
    kind: &CheckKind,
    frame: &Frame,
    evaluator: &Evaluator<'_>,
) -> Result<Verdicts, EvalError> {
    let fields: Vec<FieldIx> = match kind {
        CheckKind::Row(_) => return super::rows::decide(run, &[], frame, evaluator, 0),
        CheckKind::Rate { of, at_most } => return rate(run, of, at_most, frame, evaluator),
        CheckKind::Change { when, of, at_most } => {
            return beside::change(run, when.as_ref(), of, at_most, frame, evaluator);
        }
        CheckKind::Against { when, at, indicator, within } => {
            return beside::against(run, when.as_ref(), *at, (indicator, within), frame, evaluator);
        }
        CheckKind::Unique(keys) => keys.iter().flatten().copied().collect(),
        CheckKind::Overlap { by, from, to } => by.iter().chain([from, to]).copied().collect(),
        CheckKind::Sequence { by, order, value } => by.iter().chain([order, value]).copied().collect(),
    };
    if let Some(field) = fields.iter().find(|field| !run.present.contains_key(&Cell::Field(**field))) {
        return Ok(Verdicts::not_evaluable(frame.len, run.absent(Cell::Field(*field))));
    }
    let (earlier, reason) = match run.context.earlier {
        None => (None, Some("没有连接已报数据，只在本文件内比对".to_owned())),
        Some(earlier) => match rows_beside(run, earlier, kind, &fields) {
            Ok(frame) => (Some(frame), None),
            Err(error) => (None, Some(format!("读不到已报数据（{error}），只在本文件内比对"))),
        },
    };
    let earlier = earlier.unwrap_or_else(|| Frame::empty(frame.dataset.clone()));
    let both = [frame, &earlier];
    let found = match kind {
        CheckKind::Unique(keys) => unique(keys, both)?,
        CheckKind::Overlap { by, from, to } => overlap(by, *from, *to, both)?,
        CheckKind::Sequence { by, order, value } => sequence(by, *order, *value, both)?,
        CheckKind::Row(_) | CheckKind::Rate { .. } | CheckKind::Change { .. } | CheckKind::Against { .. } => {
            Found::default()
        }
    };
    let pointed = check.elements.first().and_then(|element| run.dataset().cell(element));
    let pointed = pointed.or_else(|| fields.first().map(|field| Cell::Field(*field)));
    Ok(found.verdicts(frame.len, pointed, reason))
}

/// The earlier rows that can meet those of the file. A key that holds the month of a monthly report
/// meets only rows of that month.
fn rows_beside(run: &Run<'_>, earlier: &dyn Earlier, kind: &CheckKind, fields: &[FieldIx]) -> Result<Frame, String> {
    let dataset = run.dataset();
    let by_month = dataset.fields.get(dataset.period.0).is_some_and(|field| field.month);
    match (kind, run.context.period) {
        (CheckKind::Unique(keys), Some(period))
            if by_month && period.grain() == Some(Grain::Month) && keys.iter().all(|key| key.contains(&dataset.period)) =>
        {
            earlier.rows_of(fields, period.first())
        }
        _ => earlier.rows(fields),
    }
}

/// Positions in the file.
#[derive(Default)]
struct Found {
    violated: RoaringBitmap,
    /// Rows that lack a value which the check needs.
    unknown: RoaringBitmap,
    /// Rows that the check concerns.
    concerned: RoaringBitmap,
}

impl Found {
    /// `only_within` says why the rows could not be held against earlier ones: then no row has
    /// passed.
    fn verdicts(self, rows: usize, at: Option<Cell>, only_within: Option<String>) -> Verdicts {
        let bits = |set: &RoaringBitmap| {
            let mut bits = vec![false; rows];
            for position in set {
                if let Some(bit) = bits.get_mut(position as usize) {
                    *bit = true;
                }
            }
            BooleanBuffer::from(bits)
        };
        let mut unknown = &self.unknown - &self.violated;
        let mut passed = &(&self.concerned - &self.violated) - &unknown;
        let mut reasons = std::collections::BTreeSet::new();
        if !unknown.is_empty() {
            reasons.insert(NULL_REASON.to_owned());
        }
        if let Some(reason) = only_within {
            unknown |= std::mem::take(&mut passed);
            reasons.insert(reason);
        }
        Verdicts {
            passed: bits(&passed),
            violated: bits(&self.violated),
            unknown: bits(&unknown),
            at: if self.violated.is_empty() { Vec::new() } else { vec![(at, self.violated)] },
            reasons,
            ..Verdicts::nothing(rows)
        }
    }
}

/// The key of each row of both frames; `None` where a field of it is not known.
pub(super) fn keys(fields: &[FieldIx], frames: [&Frame; 2]) -> Result<[Vec<Option<OwnedRow>>; 2], EvalError> {
    let dataset = &frames[0].dataset;
    let types: Vec<DataType> =
        fields.iter().filter_map(|field| dataset.fields.get(field.0)).map(|field| arrow_type(&field.ty)).collect();
    let converter = RowConverter::new(types.into_iter().map(SortField::new).collect())?;
    let of = |frame: &Frame| -> Result<Vec<Option<OwnedRow>>, EvalError> {
        let columns: Option<Vec<ArrayRef>> = fields.iter().map(|field| frame.column(*field).cloned()).collect();
        let Some(columns) = columns else { return Ok(vec![None; frame.len]) };
        let rows = converter.convert_columns(&columns)?;
        Ok(rows
            .iter()
            .enumerate()
            .map(|(at, row)| columns.iter().all(|column| column.is_valid(at)).then(|| row.owned()))
            .collect())
    };
    Ok([of(frames[0])?, of(frames[1])?])
}

/// Numbers, dates and times as whole numbers that sort alike.
pub(super) fn ordered(frame: &Frame, field: FieldIx) -> Vec<Option<i64>> {
    let Some(column) = frame.column(field) else { return vec![None; frame.len] };
    if let Some(numbers) = column.as_primitive_opt::<Int64Type>() {
        numbers.iter().collect()
    } else if let Some(times) = column.as_primitive_opt::<TimestampSecondType>() {
        times.iter().collect()
    } else if let Some(dates) = column.as_primitive_opt::<Date32Type>() {
        dates.iter().map(|day| day.map(i64::from)).collect()
    } else {
        vec![None; frame.len]
    }
}

/// A row is concerned when it has at least one whole key.
fn unique(keys_of: &[Vec<FieldIx>], frames: [&Frame; 2]) -> Result<Found, EvalError> {
    let mut found = Found::default();
    for fields in keys_of {
        let [file, earlier] = keys(fields, frames)?;
        let mut times: HashMap<&OwnedRow, u32> = HashMap::with_capacity(file.len());
        for key in file.iter().chain(&earlier).flatten() {
            *times.entry(key).or_default() += 1;
        }
        for (at, key) in file.iter().enumerate() {
            let Some(key) = key else { continue };
            found.concerned.insert(at as u32);
            if times.get(key).is_some_and(|times| *times > 1) {
                found.violated.insert(at as u32);
            }
        }
    }
    Ok(found)
}

/// What a check along a series knows of a row.
struct Entry {
    series: u32,
    order: i64,
    value: i64,
    /// Position in the file; `None` of an earlier row.
    position: Option<u32>,
}

/// The rows of both frames by series, then by `order` and `value`. Rows of the file that lack one
/// are not known.
fn series(
    by: &[FieldIx],
    order: FieldIx,
    value: FieldIx,
    frames: [&Frame; 2],
    found: &mut Found,
) -> Result<Vec<Entry>, EvalError> {
    let both = keys(by, frames)?;
    let mut numbers: HashMap<&OwnedRow, u32> = HashMap::new();
    let mut entries = Vec::new();
    for (frame, keys) in frames.into_iter().zip(&both) {
        let in_file = std::ptr::eq(frame, frames[0]);
        let values = ordered(frame, order).into_iter().zip(ordered(frame, value));
        for (at, (key, (order, value))) in keys.iter().zip(values).enumerate() {
            let position = in_file.then_some(at as u32);
            let (Some(key), Some(order), Some(value)) = (key, order, value) else {
                found.unknown.extend(position);
                continue;
            };
            found.concerned.extend(position);
            let next = numbers.len() as u32;
            let series = *numbers.entry(key).or_insert(next);
            entries.push(Entry { series, order, value, position });
        }
    }
    entries.sort_by_key(|entry| (entry.series, entry.order, entry.value));
    Ok(entries)
}

/// Stays are half-open: one may begin at the moment another ends.
fn overlap(by: &[FieldIx], from: FieldIx, to: FieldIx, frames: [&Frame; 2]) -> Result<Found, EvalError> {
    let mut found = Found::default();
    let entries = series(by, from, to, frames, &mut found)?;
    let mut latest: Option<(u32, i64)> = None;
    for (at, entry) in entries.iter().enumerate() {
        let end = entry.value.max(entry.order);
        let before = latest.filter(|(series, _)| *series == entry.series).map(|(_, end)| end);
        let next = entries.get(at + 1).filter(|next| next.series == entry.series);
        if before.is_some_and(|end| entry.order < end) || next.is_some_and(|next| next.order < end) {
            found.violated.extend(entry.position);
        }
        latest = Some((entry.series, before.map_or(end, |before| before.max(end))));
    }
    Ok(found)
}

/// A row of the file violates when a row before it in its series has a value as high, or an
/// earlier submission's row after it one as low.
fn sequence(by: &[FieldIx], order: FieldIx, value: FieldIx, frames: [&Frame; 2]) -> Result<Found, EvalError> {
    let mut found = Found::default();
    let entries = series(by, order, value, frames, &mut found)?;
    let mut highest: Option<(u32, i64)> = None;
    for moment in entries.chunk_by(|a, b| (a.series, a.order) == (b.series, b.order)) {
        for entry in moment {
            if highest.is_some_and(|(series, value)| series == entry.series && entry.value <= value) {
                found.violated.extend(entry.position);
            }
        }
        for entry in moment {
            let before = highest.filter(|(series, _)| *series == entry.series);
            highest = Some((entry.series, before.map_or(entry.value, |(_, value)| value.max(entry.value))));
        }
    }
    let mut lowest: Option<(u32, i64)> = None;
    for moment in entries.chunk_by(|a, b| (a.series, a.order) == (b.series, b.order)).rev() {
        for entry in moment {
            if lowest.is_some_and(|(series, value)| series == entry.series && entry.value >= value) {
                found.violated.extend(entry.position);
            }
        }
        for entry in moment.iter().filter(|entry| entry.position.is_none()) {
            let after = lowest.filter(|(series, _)| *series == entry.series);
            lowest = Some((entry.series, after.map_or(entry.value, |(_, value)| value.min(entry.value))));
        }
    }
    Ok(found)
}

/// Each condition's share of the rows that it concerns, held against a parameter. Where it is
/// exceeded the rows that make it up are pointed at.
fn rate(
    run: &Run<'_>,
    of: &[RowCase],
    at_most: &str,
    frame: &Frame,
    evaluator: &Evaluator<'_>,
) -> Result<Verdicts, EvalError> {
    let Some(Value::Number { units, scale }) = run.environment.parameters.get(at_most) else {
        return Ok(Verdicts::not_evaluable(frame.len, format!("参数 {at_most} 在本期没有取值")));
    };
    let mut all = Verdicts::nothing(frame.len);
    for case in of {
        let At::Cell(cell) = case.at else { continue };
        let lacking = (!run.present.contains_key(&cell)).then(|| run.absent(cell));
        let lacking = lacking.or_else(|| case.when.iter().chain([&case.require]).find_map(|expr| run.lacks(expr)));
        if let Some(reason) = lacking {
            all.take_in(Verdicts::not_evaluable(frame.len, reason));
            continue;
        }
        let (applies, when_unknown) = match &case.when {
            None => (BooleanBuffer::new_set(frame.len), BooleanBuffer::new_unset(frame.len)),
            Some(when) => known(&evaluator.condition(when)?),
        };
        let (holds, holds_unknown) = known(&evaluator.condition(&case.require)?);
        let hits = &applies & &holds;
        let unknown = &when_unknown | &(&applies & &holds_unknown);
        let counted = &applies & &!&unknown;
        let (hit, rows) = (hits.count_set_bits() as u64, counted.count_set_bits() as u64);
        let exceeded = i128::from(hit) * 10_i128.pow(u32::from(*scale)) > i128::from(rows) * i128::from(*units);
        let violated = if exceeded { hits } else { BooleanBuffer::new_unset(frame.len) };
        let reasons = unknown.has_true().then(|| NULL_REASON.to_owned()).into_iter().collect();
        all.take_in(Verdicts {
            passed: &counted & &!&violated,
            at: if exceeded { vec![(Some(cell), positions(&violated, 0))] } else { Vec::new() },
            violated,
            unknown,
            reasons,
            shares: vec![Share {
                element: run.dataset().element(cell),
                hits: hit,
                rows,
                at_most: format!("{}%", trimmed(&format_decimal(units.saturating_mul(100), *scale))),
            }],
            ..Verdicts::nothing(frame.len)
        });
    }
    Ok(all)
}
