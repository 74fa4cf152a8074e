//! Checks of monthly reports against the month before and against what has been measured.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::array::{ArrayRef, AsArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Date32Type};
use arrow::row::{OwnedRow, RowConverter, SortField};
use chrono::NaiveDate;
use roaring::RoaringBitmap;
use yizheng_eval::{EvalError, Evaluator, Frame, arrow_type};
use yizheng_pack::dataset::{Cell, FieldIx};
use yizheng_pack::expr::Expr;
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::testcase::Outcome;
use yizheng_pack::types::{Type, Value, format_decimal};

use super::batch::ordered;
use super::rows::known;
use super::{NULL_REASON, Run, Verdicts};

/// How one number of one row came out.
struct Compared {
    outcome: Outcome,
    /// Why it cannot be compared.
    reason: Option<String>,
    /// What a finding was held against.
    beside: Option<String>,
}

impl Compared {
    fn of(outcome: Outcome) -> Self {
        Self { outcome, reason: None, beside: None }
    }

    fn cannot(reason: String) -> Self {
        Self { outcome: Outcome::NotEvaluable, reason: Some(reason), beside: None }
    }
}

/// A share as a parameter has it: `units / 10^scale`.
#[derive(Clone, Copy)]
struct Tolerance {
    units: i64,
    scale: u8,
}

impl Tolerance {
    fn of(run: &Run<'_>, parameter: &str) -> Result<Self, String> {
        match run.environment.parameters.get(parameter) {
            Some(Value::Number { units, scale }) => Ok(Self { units: *units, scale: *scale }),
            _ => Err(format!("参数 {parameter} 在本期没有取值")),
        }
    }

    /// Whether the difference of two numbers is at most this share of the second. Numbers too large
    /// to be held against each other are not known to differ by so little.
    fn holds(self, now: i128, base: i128) -> bool {
        let holds = || {
            let difference = now.checked_sub(base)?.checked_abs()?;
            let left = difference.checked_mul(10_i128.checked_pow(self.scale.into())?)?;
            Some(left <= base.checked_abs()?.checked_mul(self.units.into())?)
        };
        holds().unwrap_or(false)
    }
}

/// One number of every row, as `decide` has it; rows to which the check does not apply are left out.
fn compare(
    run: &Run<'_>,
    when: Option<&Expr>,
    field: FieldIx,
    frame: &Frame,
    evaluator: &Evaluator<'_>,
    decide: impl Fn(usize, i64) -> Compared,
) -> Result<Verdicts, EvalError> {
    let cell = Cell::Field(field);
    if !run.present.contains_key(&cell) {
        return Ok(Verdicts::not_evaluable(frame.len, run.absent(cell)));
    }
    if let Some(reason) = when.and_then(|when| run.lacks(when)) {
        return Ok(Verdicts::not_evaluable(frame.len, reason));
    }
    let (applies, when_unknown) = match when {
        None => (BooleanBuffer::new_set(frame.len), BooleanBuffer::new_unset(frame.len)),
        Some(when) => known(&evaluator.condition(when)?),
    };
    let mut verdicts = Verdicts::nothing(frame.len);
    let mut outcomes = Vec::with_capacity(frame.len);
    let mut found = RoaringBitmap::new();
    for (row, number) in ordered(frame, field).into_iter().enumerate() {
        let compared = match number {
            _ if when_unknown.value(row) => Compared::cannot(NULL_REASON.to_owned()),
            _ if !applies.value(row) => Compared::of(Outcome::NotApplicable),
            None => Compared::cannot(NULL_REASON.to_owned()),
            Some(number) => decide(row, number),
        };
        outcomes.push(compared.outcome);
        verdicts.reasons.extend(compared.reason);
        if compared.outcome == Outcome::Violated {
            let position = u32::try_from(row).unwrap_or(u32::MAX);
            found.insert(position);
            if let Some(beside) = compared.beside {
                verdicts.beside.entry(cell).or_insert_with(BTreeMap::new).insert(position, beside);
            }
        }
    }
    let are = |wanted: Outcome| BooleanBuffer::from_iter(outcomes.iter().map(|outcome| *outcome == wanted));
    verdicts.passed = are(Outcome::Passed);
    verdicts.violated = are(Outcome::Violated);
    verdicts.unknown = are(Outcome::NotEvaluable);
    if !found.is_empty() {
        verdicts.at.push((Some(cell), found));
    }
    Ok(verdicts)
}

/// The month of each row.
fn months(frame: &Frame) -> Vec<Option<Month>> {
    let column = frame.column(frame.dataset.period).and_then(|column| column.as_primitive_opt::<Date32Type>());
    let Some(column) = column else { return vec![None; frame.len] };
    let date = |days: i32| NaiveDate::from_epoch_days(days);
    column.iter().map(|days| days.and_then(date).map(Month::of)).collect()
}

/// The key of each row without institution and period. A part of it that is not known is alike in
/// both months.
fn keys(frames: [&Frame; 2]) -> Result<[Vec<OwnedRow>; 2], EvalError> {
    let dataset = &frames[0].dataset;
    let fields: Vec<FieldIx> =
        dataset.key.iter().copied().filter(|field| ![dataset.period, dataset.institution].contains(field)).collect();
    let types: Vec<DataType> =
        fields.iter().filter_map(|field| dataset.fields.get(field.0)).map(|field| arrow_type(&field.ty)).collect();
    // The period alone names the row of a report of one row.
    let converter = RowConverter::new(
        types.iter().cloned().chain([DataType::Boolean]).map(SortField::new).collect(),
    )?;
    let of = |frame: &Frame| -> Result<Vec<OwnedRow>, EvalError> {
        let one: ArrayRef = std::sync::Arc::new(arrow::array::BooleanArray::from(vec![true; frame.len]));
        let columns: Vec<ArrayRef> = fields
            .iter()
            .zip(&types)
            .map(|(field, ty)| frame.column(*field).cloned().unwrap_or_else(|| arrow::array::new_null_array(ty, frame.len)))
            .chain([one])
            .collect();
        Ok(converter.convert_columns(&columns)?.iter().map(|row| row.owned()).collect())
    };
    Ok([of(frames[0])?, of(frames[1])?])
}

/// As a month is named to the user.
fn named(month: Month) -> String {
    Period::containing(month, Grain::Month).in_chinese()
}

fn scale(frame: &Frame, field: FieldIx) -> u8 {
    match frame.dataset.fields.get(field.0).map(|field| &field.ty) {
        Some(Type::Number { scale, .. }) => *scale,
        _ => 0,
    }
}

/// Each row against the row with its key in the month before, in the file or reported earlier.
pub(super) fn change(
    run: &Run<'_>,
    when: Option<&Expr>,
    of: &[FieldIx],
    at_most: &str,
    frame: &Frame,
    evaluator: &Evaluator<'_>,
) -> Result<Verdicts, EvalError> {
    let all = |reason: String| Ok(Verdicts::not_evaluable(frame.len, reason));
    let tolerance = match Tolerance::of(run, at_most) {
        Ok(tolerance) => tolerance,
        Err(reason) => return all(reason),
    };
    let Some(source) = run.context.earlier else {
        return all("没有连接已报数据，不能与上月比较".to_owned());
    };
    let dataset = run.dataset();
    let of_rows = months(frame);
    // The rows of the period's later months are in the file themselves.
    let first = run.context.period.map(Period::first).or_else(|| of_rows.iter().flatten().min().copied());
    let Some(before_first) = first.map(|month| month.plus(-1)) else { return all(NULL_REASON.to_owned()) };
    let wanted: BTreeSet<FieldIx> = of.iter().chain(&dataset.key).chain([&dataset.period]).copied().collect();
    let wanted: Vec<FieldIx> = wanted.into_iter().collect();
    let earlier = match source.rows_of(&wanted, before_first) {
        Ok(earlier) => earlier,
        Err(error) => return all(format!("读不到上月数据（{error}）")),
    };
    let [file_keys, earlier_keys] = keys([frame, &earlier])?;
    let earlier_months = months(&earlier);
    let mut verdicts = Verdicts::nothing(frame.len);
    for field in of {
        let numbers = |frame: &Frame| ordered(frame, *field);
        let mut before: HashMap<(Month, &OwnedRow), Option<i64>> = HashMap::new();
        let rows = earlier_months.iter().zip(&earlier_keys).zip(numbers(&earlier));
        for ((month, key), number) in rows.chain(of_rows.iter().zip(&file_keys).zip(numbers(frame))) {
            if let Some(month) = month {
                before.entry((*month, key)).or_insert(number);
            }
        }
        let digits = scale(frame, *field);
        let decide = |row: usize, now: i64| {
            let (Some(Some(month)), Some(key)) = (of_rows.get(row), file_keys.get(row)) else {
                return Compared::cannot(NULL_REASON.to_owned());
            };
            let last = month.plus(-1);
            match before.get(&(last, key)) {
                None => Compared::cannot(format!("没有上月（{}）的数据，不能比较", named(last))),
                Some(None) => Compared::cannot(format!("上月（{}）没有填报这一项，不能比较", named(last))),
                Some(Some(0)) if now == 0 => Compared::of(Outcome::NotApplicable),
                Some(Some(before)) if tolerance.holds(now.into(), (*before).into()) => Compared::of(Outcome::Passed),
                Some(Some(before)) => Compared {
                    outcome: Outcome::Violated,
                    reason: None,
                    beside: Some(format!("上月（{}）填的是“{}”", named(last), format_decimal(*before, digits))),
                },
            }
        };
        verdicts.take_in(compare(run, when, *field, frame, evaluator, decide)?);
    }
    Ok(verdicts)
}

/// Each row against the value of an indicator for the institution and month.
pub(super) fn against(
    run: &Run<'_>,
    when: Option<&Expr>,
    at: FieldIx,
    (indicator, within): (&str, &str),
    frame: &Frame,
    evaluator: &Evaluator<'_>,
) -> Result<Verdicts, EvalError> {
    let all = |reason: String| Ok(Verdicts::not_evaluable(frame.len, reason));
    let tolerance = match Tolerance::of(run, within) {
        Ok(tolerance) => tolerance,
        Err(reason) => return all(reason),
    };
    let name = run.context.pack.indicators.get(indicator).map_or(indicator, |of| of.meta.name.as_str());
    let Some(source) = run.context.known else {
        return all(format!("没有连接已算出的指标“{name}”，不能比对"));
    };
    let (units, digits) = match source.value(indicator) {
        Ok(Value::Number { units, scale }) => (units, scale),
        Ok(_) => return all(format!("指标“{name}”本月没有值，不能比对")),
        Err(reason) => return all(format!("指标“{name}”本月没有值，不能比对：{reason}")),
    };
    let of_rows = months(frame);
    let field_digits = scale(frame, at);
    let decide = |row: usize, now: i64| {
        let month = of_rows.get(row).copied().flatten();
        if !month.is_some_and(|month| run.context.period.is_none_or(|period| period.contains(month.start()))) {
            return Compared::cannot("不是本报告期的数据，不能比对".to_owned());
        }
        // Both with as many digits after the point as the one that has more.
        let other = field_digits.max(digits);
        let raise = |units: i64, from: u8| {
            i128::from(units).saturating_mul(10_i128.saturating_pow(other.saturating_sub(from).into()))
        };
        if tolerance.holds(raise(now, field_digits), raise(units, digits)) {
            return Compared::of(Outcome::Passed);
        }
        Compared {
            outcome: Outcome::Violated,
            reason: None,
            beside: Some(format!("平台按已报数据算出的“{name}”是“{}”", format_decimal(units, digits))),
        }
    };
    compare(run, when, at, frame, evaluator, decide)
}
