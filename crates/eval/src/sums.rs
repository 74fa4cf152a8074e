//! Sums over rows by department: the parts of which indicators are made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, Int64Array};
use arrow::buffer::BooleanBuffer;
use yizheng_pack::dataset::FieldIx;
use yizheng_pack::expr::Expr;
use yizheng_pack::indicator::{Part, Summand};
use yizheng_pack::types::Value;

use yizheng_pack::expr::{Environment, Missing, missing};
use crate::evaluator::Evaluator;
use crate::frame::{Frame, value_at};
use crate::operand::{EvalError, Operand};
use crate::quantifier::trues;

/// Why parts could not be summed.
#[derive(Debug, thiserror::Error)]
pub enum SumError {
    /// The part is summed from the reports of checks, not from rows.
    #[error("the part `{0}` is not a sum over rows")]
    NotOverRows(Arc<str>),
    /// The part asks for something that is not to be had; a sum without it would be wrong.
    #[error("the part `{part}` lacks {}", .missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Missing {
        /// Key of the part.
        part: Arc<str>,
        /// What is lacking.
        missing: BTreeSet<Missing>,
    },
    /// The sum does not fit into 128 bits.
    #[error("the sum of the part `{0}` is too large")]
    TooLarge(Arc<str>),
    /// An expression could not be evaluated.
    #[error(transparent)]
    Eval(#[from] EvalError),
}

/// What a part's conditions and value ask for and `environment` does not have.
pub fn missing_for(part: &Part, environment: &Environment) -> BTreeSet<Missing> {
    part.of.exprs().flat_map(|expr| missing(expr, environment)).collect()
}

/// The sums of `parts` over the rows of each department, in integer units of
/// [`Summand::scale`] digits. Every department of the frame stands in the answer, rows without one
/// under the empty name; so do all rows where the dataset has no departments. Conditions and values that several parts share are evaluated once.
///
/// # Errors
/// [`SumError::Missing`] for a part of which [`missing_for`] names something,
/// [`SumError::NotOverRows`] for a quality part; no sum is given then.
pub fn sum_parts(
    parts: &[&Part],
    frame: &Frame,
    environment: &Environment,
    department: Option<FieldIx>,
) -> Result<BTreeMap<String, Vec<i128>>, SumError> {
    let evaluator = Evaluator::new(frame, environment);
    let (names, places) = match department {
        Some(department) => evaluator.categories(department)?,
        None if frame.len == 0 => (Vec::new(), Vec::new()),
        None => (vec![String::new()], vec![0; frame.len]),
    };
    let mut sums = vec![vec![0_i128; parts.len()]; names.len()];
    let mut shared = Shared::new(&evaluator);
    for (at, part) in parts.iter().enumerate() {
        let counted = shared.counted(part)?;
        let mut by_place = vec![0_i128; names.len()];
        for row in counted.rows.set_indices() {
            let Some(sum) = places.get(row).and_then(|place| by_place.get_mut(*place)) else { continue };
            *sum = counted.add(*sum, row).ok_or_else(|| SumError::TooLarge(part.key.clone()))?;
        }
        for (sums, sum) in sums.iter_mut().zip(by_place) {
            if let Some(slot) = sums.get_mut(at) {
                *slot = sum;
            }
        }
    }
    Ok(names.into_iter().zip(sums).collect())
}

/// How often each value of a part occurs in each department, of a part made of values. Departments
/// without a value do not stand in the answer.
///
/// # Errors
/// As [`sum_parts`], and [`SumError::NotOverRows`] for a part that is not made of values.
pub fn value_counts(
    part: &Part,
    frame: &Frame,
    environment: &Environment,
    department: Option<FieldIx>,
) -> Result<BTreeMap<String, BTreeMap<Value, u64>>, SumError> {
    let Summand::Values { value, .. } = &part.of else { return Err(SumError::NotOverRows(part.key.clone())) };
    let evaluator = Evaluator::new(frame, environment);
    let (names, places) = match department {
        Some(department) => evaluator.categories(department)?,
        None => (vec![String::new()], vec![0; frame.len]),
    };
    let rows = rows_counted(part, frame, environment)?;
    let column = evaluator.evaluate(value)?;
    let mut counts: BTreeMap<String, BTreeMap<Value, u64>> = BTreeMap::new();
    for row in rows.set_indices() {
        let Some(name) = places.get(row).and_then(|place| names.get(*place)) else { continue };
        *counts.entry(name.clone()).or_default().entry(value_at(&column, &value.ty, row)).or_default() += 1;
    }
    Ok(counts)
}

/// The rows that a part counts: those whose sum [`sum_parts`] gives.
///
/// # Errors
/// As [`sum_parts`].
pub fn rows_counted(part: &Part, frame: &Frame, environment: &Environment) -> Result<BooleanBuffer, SumError> {
    let evaluator = Evaluator::new(frame, environment);
    Ok(Shared::new(&evaluator).counted(part)?.rows)
}

/// What has been evaluated for one part or another.
struct Shared<'e, 'p> {
    evaluator: &'e Evaluator<'e>,
    conditions: Vec<(&'p Expr, BooleanBuffer)>,
    values: Vec<(&'p Expr, Int64Array)>,
}

/// The rows of one part, and what each adds.
struct Counted {
    rows: BooleanBuffer,
    value: Option<Int64Array>,
    squared: bool,
}

impl Counted {
    fn add(&self, sum: i128, row: usize) -> Option<i128> {
        let value = match &self.value {
            None => 1,
            Some(values) => i128::from(values.values().get(row).copied()?),
        };
        sum.checked_add(if self.squared { value.checked_mul(value)? } else { value })
    }
}

impl<'e, 'p> Shared<'e, 'p> {
    fn new(evaluator: &'e Evaluator<'e>) -> Self {
        Self { evaluator, conditions: Vec::new(), values: Vec::new() }
    }

    fn counted(&mut self, part: &'p Part) -> Result<Counted, SumError> {
        let (conditions, sum, squared) = match &part.of {
            Summand::Rows { conditions, sum, squared } => (conditions, sum.as_ref(), *squared),
            // Its conditions hold only where the value is known.
            Summand::Values { conditions, .. } => (conditions, None, false),
            Summand::Quality { .. } => return Err(SumError::NotOverRows(part.key.clone())),
        };
        let missing = missing_for(part, self.evaluator.environment);
        if !missing.is_empty() {
            return Err(SumError::Missing { part: part.key.clone(), missing });
        }
        let mut rows = BooleanBuffer::new_set(self.evaluator.frame.len);
        for condition in conditions {
            rows = &rows & &self.condition(condition)?;
        }
        let value = sum.map(|sum| self.value(sum)).transpose()?;
        if let Some(known) = value.as_ref().and_then(|value| value.nulls()) {
            rows = &rows & known.inner();
        }
        Ok(Counted { rows, value, squared })
    }

    fn condition(&mut self, expr: &'p Expr) -> Result<BooleanBuffer, EvalError> {
        if let Some((_, rows)) = self.conditions.iter().find(|(known, _)| *known == expr) {
            return Ok(rows.clone());
        }
        let rows = trues(&self.evaluator.condition(expr)?);
        self.conditions.push((expr, rows.clone()));
        Ok(rows)
    }

    fn value(&mut self, expr: &'p Expr) -> Result<Int64Array, EvalError> {
        if let Some((_, values)) = self.values.iter().find(|(known, _)| *known == expr) {
            return Ok(values.clone());
        }
        let column = Operand { array: self.evaluator.evaluate(expr)?, scalar: false };
        let values = column.primitive::<arrow::datatypes::Int64Type>("sum")?.clone();
        self.values.push((expr, values.clone()));
        Ok(values)
    }
}
