//! A column or a constant, as the steps of an evaluation hand it on.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Date32Array, Datum, Int64Array, PrimitiveArray,
    StringArray, TimestampSecondArray, UInt32Array, new_null_array,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::take;
use arrow::datatypes::Date32Type;
use arrow::error::ArrowError;
use yizheng_pack::types::{Type, Value};

use crate::frame::arrow_type;

/// Why an expression could not be evaluated. Neither is the fault of the rows.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// The tree is not what the loader lets through.
    #[error("`{what}` cannot take {found}")]
    IllTyped {
        /// The node or function.
        what: &'static str,
        /// What it was given.
        found: String,
    },
    /// The columnar library refused, for instance because a text column grew beyond 2 GiB.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

pub(crate) fn ill_typed(what: &'static str, found: impl ToString) -> EvalError {
    EvalError::IllTyped { what, found: found.to_string() }
}

/// An array with one entry for each place, or with one entry for all of them.
#[derive(Debug, Clone)]
pub(crate) struct Operand {
    pub array: ArrayRef,
    pub scalar: bool,
}

impl Datum for Operand {
    fn get(&self) -> (&dyn Array, bool) {
        (self.array.as_ref(), self.scalar)
    }
}

impl Operand {
    pub fn array(array: impl Array + 'static) -> Self {
        Self { array: Arc::new(array), scalar: false }
    }

    /// Not known, everywhere.
    pub fn null(ty: &Type) -> Self {
        Self { array: new_null_array(&arrow_type(ty), 1), scalar: true }
    }

    pub fn bool(value: bool) -> Self {
        Self { array: Arc::new(BooleanArray::from(vec![value])), scalar: true }
    }

    /// A constant of type `ty`.
    pub fn constant(value: &Value, ty: &Type) -> Result<Self, EvalError> {
        let array: ArrayRef = match (value, ty) {
            (Value::Null, _) => return Ok(Self::null(ty)),
            (Value::Bool(value), Type::Bool) => return Ok(Self::bool(*value)),
            (Value::Text(text), Type::Text | Type::Code(_)) => Arc::new(StringArray::from(vec![&**text])),
            (Value::Number { units, scale }, Type::Number { scale: wanted, .. }) if scale == wanted => {
                Arc::new(Int64Array::from(vec![*units]))
            }
            (Value::Date(date), Type::Date) => Arc::new(Date32Array::from(vec![Date32Type::from_naive_date(*date)])),
            (Value::DateTime(time), Type::DateTime) => {
                Arc::new(TimestampSecondArray::from(vec![time.and_utc().timestamp()]))
            }
            _ => return Err(ill_typed("constant", format!("{value}, not {ty}"))),
        };
        Ok(Self { array, scalar: true })
    }

    pub fn is_scalar_null(&self) -> bool {
        self.scalar && self.array.is_null(0)
    }

    /// The same constant or column with another array, entry for entry.
    pub fn with(&self, array: impl Array + 'static) -> Self {
        Self { array: Arc::new(array), scalar: self.scalar }
    }

    /// One entry for each of `len` places.
    pub fn spread(self, len: usize) -> Result<ArrayRef, EvalError> {
        if !self.scalar {
            return Ok(self.array);
        }
        if self.array.is_null(0) {
            return Ok(new_null_array(self.array.data_type(), len));
        }
        if let Some(value) = self.array.as_boolean_opt() {
            let bits = if value.value(0) { BooleanBuffer::new_set(len) } else { BooleanBuffer::new_unset(len) };
            return Ok(Arc::new(BooleanArray::new(bits, None)));
        }
        Ok(take(&self.array, &UInt32Array::from_value(0, len), None)?)
    }

    pub fn spread_bool(self, what: &'static str, len: usize) -> Result<BooleanArray, EvalError> {
        let array = self.spread(len)?;
        array.as_boolean_opt().cloned().ok_or_else(|| ill_typed(what, array.data_type()))
    }

    /// The entries at `places`; a constant is the same everywhere.
    pub fn at(self, places: &UInt32Array) -> Result<Self, EvalError> {
        if self.scalar {
            return Ok(self);
        }
        Ok(Self { array: take(&self.array, places, None)?, scalar: false })
    }

    pub fn text(&self, what: &'static str) -> Result<&StringArray, EvalError> {
        self.array.as_string_opt::<i32>().ok_or_else(|| ill_typed(what, self.array.data_type()))
    }

    pub fn primitive<T: ArrowPrimitiveType>(&self, what: &'static str) -> Result<&PrimitiveArray<T>, EvalError> {
        self.array.as_primitive_opt::<T>().ok_or_else(|| ill_typed(what, self.array.data_type()))
    }
}

/// Each entry through `f`; `None` is not known.
pub(crate) fn unary<A, O>(
    what: &'static str,
    operand: &Operand,
    f: impl Fn(A::Native) -> Option<O::Native>,
) -> Result<Operand, EvalError>
where
    A: ArrowPrimitiveType,
    O: ArrowPrimitiveType,
{
    let result: PrimitiveArray<O> = operand.primitive::<A>(what)?.unary_opt(f);
    Ok(operand.with(result))
}

/// What `f` gives for each pair of entries that are both known; elsewhere not known.
pub(crate) fn pairs<A, B, R, C>(
    what: &'static str,
    left: &Operand,
    right: &Operand,
    f: impl Fn(A::Native, B::Native) -> Option<R>,
) -> Result<Operand, EvalError>
where
    A: ArrowPrimitiveType,
    B: ArrowPrimitiveType,
    C: FromIterator<Option<R>> + Array + 'static,
{
    let (a, b) = (left.primitive::<A>(what)?, right.primitive::<B>(what)?);
    let (first_a, first_b) = (a.iter().next().flatten(), b.iter().next().flatten());
    let result: C = match (left.scalar, right.scalar) {
        (false, false) => a.iter().zip(b.iter()).map(|(a, b)| f(a?, b?)).collect(),
        (false, true) => a.iter().map(|a| f(a?, first_b?)).collect(),
        (true, _) => b.iter().map(|b| f(first_a?, b?)).collect(),
    };
    Ok(Operand { array: Arc::new(result), scalar: left.scalar && right.scalar })
}
