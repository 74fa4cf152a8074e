//! Spreads (分布): how often each value occurs. They add up like sums, so the number of different
//! values and every quantile are exact at whatever grain is asked for.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{Array, AsArray, Int64Array, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, UInt64Type};
use arrow::ipc::reader::FileReader;
use arrow::ipc::writer::FileWriter;
use chrono::{Datelike, NaiveDate};
use yizheng_pack::types::{Type, Value};

use crate::exact::Exact;

/// How often each value occurs.
pub(crate) type Spread = BTreeMap<Value, u64>;

/// The spreads of a slice, by department and place of the part.
pub(crate) type Spreads = BTreeMap<String, BTreeMap<usize, Spread>>;

/// Adds one spread to another.
pub(crate) fn add(to: &mut Spread, from: &Spread) {
    for (value, times) in from {
        *to.entry(value.clone()).or_default() += times;
    }
}

/// How many values there are altogether.
pub(crate) fn count(spread: &Spread) -> u64 {
    spread.values().sum()
}

/// The value below which `percent` of a hundred lie; where the share falls between two values, their
/// mean. Definition 2 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American
/// Statistician 50 (1996). `None` of nothing, and of anything but numbers.
pub(crate) fn quantile(spread: &Spread, percent: u8) -> Option<Exact> {
    let share = u128::from(count(spread)) * u128::from(percent);
    let (rank, between) = (share.div_ceil(100).max(1), share > 0 && share.is_multiple_of(100));
    let at = |rank: u128| {
        let mut seen = 0_u128;
        let (value, _) = spread.iter().find(|(_, times)| {
            seen += u128::from(**times);
            seen >= rank
        })?;
        match value {
            Value::Number { units, scale } => Some((i128::from(*units), *scale)),
            _ => None,
        }
    };
    let (low, scale) = at(rank)?;
    let (high, _) = if between { at(rank + 1).unwrap_or((low, scale)) } else { (low, scale) };
    Exact::new(low + high, 2 * 10_i128.checked_pow(scale.into())?, scale)
}

/// The spreads as an Arrow file; `type_of` gives the type of a place's values.
pub(crate) fn encode(spreads: &Spreads) -> Option<Vec<u8>> {
    let mut rows: Vec<(u64, &str, Option<i64>, Option<&str>, u64)> = Vec::new();
    for (department, by_place) in spreads {
        for (place, spread) in by_place {
            for (value, times) in spread {
                let (number, text) = match value {
                    Value::Number { units, .. } => (Some(*units), None),
                    Value::Date(day) => (Some(i64::from(day.num_days_from_ce())), None),
                    Value::Text(text) => (None, Some(&**text)),
                    _ => return None,
                };
                rows.push((*place as u64, department, number, text, *times));
            }
        }
    }
    let schema = Schema::new(vec![
        Field::new("place", DataType::UInt64, false),
        Field::new("department", DataType::Utf8, false),
        Field::new("number", DataType::Int64, true),
        Field::new("text", DataType::Utf8, true),
        Field::new("times", DataType::UInt64, false),
    ]);
    let batch = RecordBatch::try_new(
        Arc::new(schema),
        vec![
            Arc::new(rows.iter().map(|row| row.0).collect::<UInt64Array>()),
            Arc::new(rows.iter().map(|row| Some(row.1)).collect::<StringArray>()),
            Arc::new(rows.iter().map(|row| row.2).collect::<Int64Array>()),
            Arc::new(rows.iter().map(|row| row.3).collect::<StringArray>()),
            Arc::new(rows.iter().map(|row| row.4).collect::<UInt64Array>()),
        ],
    )
    .ok()?;
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).ok()?;
    writer.write(&batch).ok()?;
    writer.into_inner().ok()
}

/// Reads what [`encode`] wrote; `type_of` gives the type of a place's values.
pub(crate) fn decode<'t>(bytes: &[u8], type_of: impl Fn(usize) -> Option<&'t Type>) -> Option<Spreads> {
    let batch = FileReader::try_new(Cursor::new(bytes), None).ok()?.next()?.ok()?;
    let [places, departments, numbers, texts, times] = batch.columns() else { return None };
    let (places, times) = (places.as_primitive_opt::<UInt64Type>()?, times.as_primitive_opt::<UInt64Type>()?);
    let (departments, texts) = (departments.as_string_opt::<i32>()?, texts.as_string_opt::<i32>()?);
    let numbers = numbers.as_primitive_opt::<Int64Type>()?;
    let mut spreads = Spreads::new();
    for row in 0..batch.num_rows() {
        let place = usize::try_from(places.value(row)).ok()?;
        let value = match type_of(place)? {
            Type::Number { scale, .. } if numbers.is_valid(row) => Value::Number { units: numbers.value(row), scale: *scale },
            Type::Date if numbers.is_valid(row) => {
                Value::Date(NaiveDate::from_num_days_from_ce_opt(i32::try_from(numbers.value(row)).ok()?)?)
            }
            Type::Text | Type::Code(_) if texts.is_valid(row) => Value::text(texts.value(row)),
            _ => return None,
        };
        let of_department = spreads.entry(departments.value(row).to_owned()).or_default();
        of_department.entry(place).or_default().insert(value, times.value(row));
    }
    Some(spreads)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn spread(values: &[i64], scale: u8) -> Spread {
        let mut spread = Spread::new();
        for units in values {
            *spread.entry(Value::Number { units: *units, scale }).or_default() += 1;
        }
        spread
    }

    #[test]
    fn quantiles_by_hand() {
        // R: quantile(c(…), p, type = 2)
        let of = |values: &[i64], percent| quantile(&spread(values, 0), percent).map(|q| q.printed_with(2).to_string());
        assert_eq!(of(&[], 50), None);
        assert_eq!(of(&[7], 50).as_deref(), Some("7.00"));
        assert_eq!(of(&[1, 2], 50).as_deref(), Some("1.50"));
        assert_eq!(of(&[3, 1, 2], 50).as_deref(), Some("2.00"));
        assert_eq!(of(&[1, 2, 3, 10], 50).as_deref(), Some("2.50"));
        assert_eq!(of(&[1, 1, 1, 10], 50).as_deref(), Some("1.00"));
        // Ten values, 90 %: between the ninth and the tenth.
        assert_eq!(of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 20], 90).as_deref(), Some("14.50"));
        // Eleven values, 90 %: 9.9 rounded up, the tenth.
        assert_eq!(of(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 20, 30], 90).as_deref(), Some("20.00"));
        assert_eq!(of(&[-5, 5], 1).as_deref(), Some("-5.00"));
        assert_eq!(quantile(&spread(&[125, 250], 2), 50).unwrap().printed_with(3).to_string(), "1.875");
        assert_eq!(quantile(&Spread::from([(Value::text("A"), 3)]), 50), None);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let day = NaiveDate::from_ymd_opt(2025, 10, 1).unwrap();
        let spreads: Spreads = BTreeMap::from([(
            "内科".to_owned(),
            BTreeMap::from([
                (0, spread(&[5, 5, -7], 2)),
                (1, Spread::from([(Value::text("I21.0"), 3), (Value::text(""), 1)])),
                (2, Spread::from([(Value::Date(day), 2)])),
            ]),
        )]);
        let types = [Type::MONEY, Type::Text, Type::Date];
        assert_eq!(decode(&encode(&spreads).unwrap(), |place| types.get(place)), Some(spreads));
        assert_eq!(decode(b"torn", |place| types.get(place)), None);
    }
}
