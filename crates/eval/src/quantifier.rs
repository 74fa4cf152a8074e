//! From the elements of a group to one value for each place around them.

use std::cmp::Ordering;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, Int64Array, UInt32Array, make_comparator,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::{SortOptions, not, take};
use arrow::datatypes::Int64Type;

use crate::operand::{EvalError, ill_typed, to_scale};
use crate::space::Inner;

/// Three-valued or: true where some element is, else not known where some is not known.
pub(crate) fn any(body: &BooleanArray, inner: &Inner, len: usize) -> BooleanArray {
    let found = mark(&trues(body), inner, len);
    let unknown = body.nulls().map(|nulls| mark(&!nulls.inner(), inner, len));
    let nulls = unknown.map(|unknown| NullBuffer::new(&found | &!&unknown));
    BooleanArray::new(found, nulls)
}

/// Three-valued and: false where some element is, else not known where some is not known.
pub(crate) fn all(body: &BooleanArray, inner: &Inner, len: usize) -> Result<BooleanArray, EvalError> {
    Ok(not(&any(&not(body)?, inner, len))?)
}

/// How many elements are true.
pub(crate) fn count(body: &BooleanArray, inner: &Inner, len: usize) -> Int64Array {
    let mut counts = vec![0_i64; len];
    let parents = inner.parents.values();
    for element in trues(body).set_indices() {
        if let Some(count) = parents.get(element).and_then(|place| counts.get_mut(*place as usize)) {
            *count += 1;
        }
    }
    counts.into()
}

/// The sum of the known values in units of `10^-to`; not known where it does not fit.
pub(crate) fn sum(body: &ArrayRef, from: u8, to: u8, inner: &Inner, len: usize) -> Result<Int64Array, EvalError> {
    let body = body.as_primitive_opt::<Int64Type>().ok_or_else(|| ill_typed("sum", body.data_type()))?;
    let mut sums = vec![0_i128; len];
    for (place, value) in inner.parents.values().iter().zip(body) {
        if let (Some(sum), Some(value)) = (sums.get_mut(*place as usize), value) {
            *sum += i128::from(value);
        }
    }
    Ok(sums.into_iter().map(|sum| to_scale(sum, from, to).and_then(|sum| i64::try_from(sum).ok())).collect())
}

/// The known value that is `wanted` than all others; not known without one.
pub(crate) fn extreme(
    body: &ArrayRef,
    wanted: Ordering,
    inner: &Inner,
    len: usize,
) -> Result<ArrayRef, EvalError> {
    let compare = make_comparator(body, body, SortOptions::default())?;
    let mut best: Vec<Option<u32>> = vec![None; len];
    for (element, place) in inner.parents.values().iter().enumerate() {
        if let Some(best) = best.get_mut(*place as usize)
            && body.is_valid(element)
            && best.is_none_or(|best| compare(element, best as usize) == wanted)
        {
            *best = Some(element as u32);
        }
    }
    Ok(take(body, &UInt32Array::from(best), None)?)
}

/// Whether some known value stands at two elements.
pub(crate) fn repeats(body: &ArrayRef, inner: &Inner) -> Result<BooleanArray, EvalError> {
    let equal = make_comparator(body, body, SortOptions::default())?;
    let repeated = |(start, end): (&i32, &i32)| {
        let elements = *start as usize..*end as usize;
        elements.clone().any(|one| {
            body.is_valid(one) && (one + 1..elements.end).any(|other| body.is_valid(other) && equal(one, other).is_eq())
        })
    };
    let bounds = inner.offsets.iter().zip(inner.offsets.iter().skip(1));
    Ok(BooleanArray::new(bounds.map(repeated).collect::<BooleanBuffer>(), None))
}

/// The bits that are true and known.
pub(crate) fn trues(mask: &BooleanArray) -> BooleanBuffer {
    match mask.nulls() {
        None => mask.values().clone(),
        Some(nulls) => mask.values() & nulls.inner(),
    }
}

/// The outer places of the inner ones that are set.
fn mark(elements: &BooleanBuffer, inner: &Inner, len: usize) -> BooleanBuffer {
    let mut marked = BooleanBufferBuilder::new(len);
    marked.append_n(len, false);
    let parents = inner.parents.values();
    for place in elements.set_indices().filter_map(|element| parents.get(element)) {
        marked.set_bit(*place as usize, true);
    }
    marked.finish()
}
