//! From the elements of a group to one value for each row. `len` is the number of rows.

use std::cmp::Ordering;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, Int64Array, UInt32Array, make_comparator,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::compute::{SortOptions, not, take};
use arrow::datatypes::Int64Type;

use crate::operand::{EvalError, ill_typed};
use crate::space::Elements;

/// Three-valued or: true where some element is, else not known where some is not known.
pub(crate) fn any(body: &BooleanArray, elements: &Elements, len: usize) -> BooleanArray {
    let found = mark(&trues(body), elements, len);
    let unknown = body.nulls().map(|nulls| mark(&!nulls.inner(), elements, len));
    let nulls = unknown.map(|unknown| NullBuffer::new(&found | &!&unknown));
    BooleanArray::new(found, nulls)
}

/// Three-valued and: false where some element is, else not known where some is not known.
pub(crate) fn all(body: &BooleanArray, elements: &Elements, len: usize) -> Result<BooleanArray, EvalError> {
    Ok(not(&any(&not(body)?, elements, len))?)
}

/// How many elements are true.
pub(crate) fn count(body: &BooleanArray, elements: &Elements, len: usize) -> Int64Array {
    let mut counts = vec![0_i64; len];
    let rows = elements.rows.values();
    for element in trues(body).set_indices() {
        if let Some(count) = rows.get(element).and_then(|row| counts.get_mut(*row as usize)) {
            *count += 1;
        }
    }
    counts.into()
}

/// The sum of the known values; not known where it does not fit.
pub(crate) fn sum(body: &ArrayRef, elements: &Elements, len: usize) -> Result<Int64Array, EvalError> {
    let body = body.as_primitive_opt::<Int64Type>().ok_or_else(|| ill_typed("sum", body.data_type()))?;
    let mut sums = vec![0_i128; len];
    for (row, value) in elements.rows.values().iter().zip(body) {
        if let (Some(sum), Some(value)) = (sums.get_mut(*row as usize), value) {
            *sum += i128::from(value);
        }
    }
    Ok(sums.into_iter().map(|sum| i64::try_from(sum).ok()).collect())
}

/// The largest known value (`wanted` greater) or the smallest (`wanted` less); not known without one.
pub(crate) fn extreme(body: &ArrayRef, wanted: Ordering, elements: &Elements, len: usize) -> Result<ArrayRef, EvalError> {
    let compare = make_comparator(body, body, SortOptions::default())?;
    let mut best: Vec<Option<u32>> = vec![None; len];
    for (element, row) in elements.rows.values().iter().enumerate() {
        if let Some(best) = best.get_mut(*row as usize)
            && body.is_valid(element)
            && best.is_none_or(|best| compare(element, best as usize) == wanted)
        {
            *best = Some(element as u32);
        }
    }
    Ok(take(body, &UInt32Array::from(best), None)?)
}

/// Whether some known value stands at two elements; with several columns, whether two elements are
/// known and equal in all of them.
pub(crate) fn repeats(columns: &[ArrayRef], elements: &Elements) -> Result<BooleanArray, EvalError> {
    let equal = columns.iter().map(|c| make_comparator(c, c, SortOptions::default()));
    let equal = equal.collect::<Result<Vec<_>, _>>()?;
    let known = |element: usize| columns.iter().all(|column| column.is_valid(element));
    let repeated = |(start, end): (&i32, &i32)| {
        let end = *end as usize;
        (*start as usize..end).any(|one| {
            let same = |other: usize| known(other) && equal.iter().all(|equal| equal(one, other).is_eq());
            known(one) && (one + 1..end).any(same)
        })
    };
    let bounds = elements.offsets.iter().zip(elements.offsets.iter().skip(1));
    Ok(BooleanArray::new(bounds.map(repeated).collect::<BooleanBuffer>(), None))
}

/// The bits that are true and known.
pub(crate) fn trues(mask: &BooleanArray) -> BooleanBuffer {
    match mask.nulls() {
        None => mask.values().clone(),
        Some(nulls) => mask.values() & nulls.inner(),
    }
}

/// The rows of the elements that are set.
fn mark(set: &BooleanBuffer, elements: &Elements, len: usize) -> BooleanBuffer {
    let mut marked = BooleanBufferBuilder::new(len);
    marked.append_n(len, false);
    let rows = elements.rows.values();
    for row in set.set_indices().filter_map(|element| rows.get(element)) {
        marked.set_bit(*row as usize, true);
    }
    marked.finish()
}
