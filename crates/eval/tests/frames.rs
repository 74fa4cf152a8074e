//! Frames: what goes in comes out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Int64Type};
use proptest::prelude::*;
use support::*;
use yizheng_eval::{CellStates, Frame, FrameError, schema};
use yizheng_pack::dataset::{Cell, MemberIx, Privacy};
use yizheng_pack::types::Value;

const ROWS: &str = "
    t | n  | m    | d          | s                   | name | operation
    a | 1  | 1.50 | 2024-02-29 | 2024-02-29 23:59:59 | 甲   | 0 36.06 4 2024-02-29 10.00 乙; 3 47.09
    b |    |      |            |                     | -    |
    - | ?x | 0.00 | 1969-12-31 | 1969-12-31 00:00:00 |      | 1 . 2
";

fn everything(_: Privacy) -> bool {
    true
}

#[test]
fn schema_depends_on_the_definitions_alone() {
    let names = |keep: fn(Privacy) -> bool| -> Vec<String> {
        schema(&dataset(), keep).fields().iter().map(|f| f.name().clone()).collect()
    };
    assert_eq!(
        names(|p| p == Privacy::Plain),
        ["row", "t", "u", "c", "n", "k", "m", "d", "e", "s", "z", "ward", "main", "p", "operation", "stay"]
    );
    assert_eq!(names(|p| p == Privacy::Personal), ["row", "name", "operation"]);
    let all = schema(&dataset(), everything);
    assert_eq!(all.field_with_name("m").unwrap().metadata()["scale"], "2");
    assert_eq!(all.field_with_name("n").unwrap().metadata()["scale"], "0");
    for table in [ROWS, "t\na", "stay\n1 5"] {
        assert_eq!(frame(table).to_batch(everything).unwrap().schema(), all);
    }
}

#[test]
fn values_by_cell() {
    let frame = frame(ROWS);
    let dataset = dataset();
    let at = |row, id: &str| frame.value(row, Cell::Field(dataset.field(id).unwrap().0)).to_string();
    assert_eq!(at(0, "m"), "1.50");
    assert_eq!(at(0, "d"), "2024-02-29");
    assert_eq!(at(0, "s"), "2024-02-29 23:59:59");
    assert_eq!(at(2, "d"), "1969-12-31");
    assert_eq!(at(1, "n"), "null");
    assert_eq!(at(0, "k"), "null");
    assert_eq!(at(9, "t"), "null");
    let member = |row, member, slot| frame.value(row, Cell::Member(OPERATION, MemberIx(member), slot));
    assert_eq!(member(0, 0, 3), Value::text("47.09"));
    assert_eq!(member(0, 3, 0), Value::fen(1000));
    assert_eq!(member(0, 0, 1), Value::Null);
    assert_eq!(member(1, 0, 3), Value::Null);
    assert_eq!(member(2, 1, 1), Value::text("2"));
    assert_eq!(member(7, 1, 1), Value::Null);
}

#[test]
fn plain_and_personal_columns_part_and_meet() {
    let whole = frame(ROWS);
    let part = |keep: fn(Privacy) -> bool| {
        Frame::from_batch(dataset(), &whole.to_batch(keep).unwrap()).unwrap()
    };
    let (plain, personal) = (part(|p| p == Privacy::Plain), part(|p| p == Privacy::Personal));
    assert!(!cells(&plain).concat().contains('甲') && !cells(&plain).concat().contains('乙'));
    assert!(!cells(&personal).concat().contains("36.06"));
    let stored = Frame { states: CellStates::default(), ..whole };
    assert_eq!(cells(&plain.clone().joined(&personal).unwrap()), cells(&stored));
    assert_eq!(cells(&personal.clone().joined(&plain).unwrap()), cells(&stored));
    let fewer = personal.slice(0, 2).unwrap();
    assert!(matches!(plain.joined(&fewer), Err(FrameError::Differ("rows"))));
}

#[test]
fn rows_keep_their_ids_states_and_elements() {
    let frame = frame(ROWS);
    let kept = frame.filter(&BooleanArray::from(vec![Some(false), None, Some(true)])).unwrap();
    assert_eq!(kept.row.values(), &[3]);
    assert_eq!(cells(&kept), cells(&frame)[2..]);
    assert_eq!(kept.states.dash.len(), 1, "only the cells that are still marked");
    assert_eq!(kept.states.malformed.len(), 1);
    assert!(frame.slice(0, 1).unwrap().states.is_empty());
    assert_eq!(cells(&frame.slice(1, 9).unwrap()), cells(&frame)[1..]);
    assert_eq!(frame.slice(5, 1).unwrap().len, 0);
    assert!(matches!(frame.filter(&BooleanArray::from(vec![true])), Err(FrameError::Length { .. })));
}

#[test]
fn absent_here_and_present_there() {
    let (left, right) = (frame("t\na\nb"), frame("n | stay\n1 | 2 5\n- | "));
    let both = Frame::concat(dataset(), &[left, right]).unwrap();
    assert_eq!(both.len, 4);
    let n = both.column(dataset().field("n").unwrap().0).unwrap();
    assert_eq!(n.as_primitive::<Int64Type>(), &Int64Array::from(vec![None, None, Some(1), None]));
    assert_eq!(both.group(STAY).unwrap().offsets.as_ref(), &[0, 0, 0, 1, 1]);
    assert!(both.group(OPERATION).is_none());
    let dash = both.states.dash.values().next().unwrap();
    assert_eq!(dash.iter().collect::<Vec<_>>(), [false, false, false, true]);
    assert_eq!(Frame::concat(dataset(), &[]).unwrap().len, 0);
}

#[test]
fn what_does_not_fit_is_refused() {
    let text: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
    let row = || Int64Array::from(vec![1]);
    let with = |ix: usize, column: ArrayRef| {
        let mut columns = vec![None; dataset().fields.len()];
        columns[ix] = Some(column);
        Frame::new(dataset(), row(), columns, vec![None; 2], CellStates::default())
    };
    assert!(with(0, text.clone()).is_ok());
    assert!(matches!(with(3, text.clone()), Err(FrameError::Type { column, .. }) if column == "n"));
    let two: ArrayRef = Arc::new(StringArray::from(vec!["a", "b"]));
    assert!(matches!(with(0, two), Err(FrameError::Length { column, found: 2, expected: 1 }) if column == "t"));
    assert!(Frame::new(dataset(), row(), vec![], vec![None; 2], CellStates::default()).is_err());

    let batch = |columns: Vec<(&str, ArrayRef)>| RecordBatch::try_from_iter(columns).unwrap();
    let rows: ArrayRef = Arc::new(row());
    let read = |columns| Frame::from_batch(dataset(), &batch(columns));
    assert!(matches!(read(vec![("t", text.clone())]), Err(FrameError::NoColumn(name)) if name == "row"));
    assert!(matches!(read(vec![("row", text.clone())]), Err(FrameError::Type { .. })));
    assert!(matches!(read(vec![("row", rows.clone()), ("stay", text.clone())]), Err(FrameError::Type { .. })));
    let other = read(vec![("person", text), ("row", rows)]).unwrap();
    assert_eq!((other.len, other.columns.iter().flatten().count()), (1, 0));
    let null_group = arrow::array::new_null_array(
        schema(&dataset(), everything).field_with_name("stay").unwrap().data_type(),
        1,
    );
    let rows: ArrayRef = Arc::new(row());
    assert!(matches!(read(vec![("row", rows), ("stay", null_group)]), Err(FrameError::NullGroup(_))));
}

#[test]
fn a_column_is_of_the_type_of_its_field() {
    let batch = frame(ROWS).to_batch(everything).unwrap();
    let ty = |id: &str| batch.column_by_name(id).unwrap().data_type().clone();
    assert_eq!(ty("t"), DataType::Utf8);
    assert_eq!(ty("m"), DataType::Int64);
    assert_eq!(ty("d"), DataType::Date32);
    assert_eq!(ty("s").to_string(), "Timestamp(s)");
    assert_eq!(batch.column_by_name("k").unwrap().null_count(), 3);
}

/// Rows with every type, state and shape of group; now and then without a column.
fn tables() -> impl Strategy<Value = String> {
    let text = prop_oneof!["", "-", "\\?x", "[a-c]", "[甲乙]{2}"];
    let number = prop_oneof!["", "-", "\\?x", "[0-9]{1,4}"];
    let day = prop_oneof!["", "2024-0[1-9]-1[0-9]"];
    let elements = prop::collection::btree_map(1..=5_u8, prop_oneof!["\\.", "-", "\\?y", "[0-9]"], 0..4).prop_map(|e| {
        e.into_iter().map(|(slot, cell)| format!("{slot} {cell}")).collect::<Vec<_>>().join("; ")
    });
    let row = (text, number, day, elements);
    (prop::collection::vec(row, 1..20), any::<bool>()).prop_map(|(rows, wide)| {
        let mut table = format!("ward | n | d{}\n", if wide { " | stay" } else { "" });
        for (text, number, day, elements) in rows {
            table += &format!("{text} | {number} | {day}{}\n", if wide { format!(" | {elements}") } else { String::new() });
        }
        table.replace("\n |", "\nx |")
    })
}

proptest! {
    #[test]
    fn stored_and_read_back(table in tables()) {
        let frame = frame(&table);
        let batch = frame.to_batch(everything).unwrap();
        let stored = Frame { states: CellStates::default(), ..frame };
        prop_assert_eq!(cells(&Frame::from_batch(dataset(), &batch).unwrap()), cells(&stored));
        // A slice of the batch is the slice of the frame, elements included.
        let (from, len) = (stored.len / 3, stored.len / 2);
        let part = Frame::from_batch(dataset(), &batch.slice(from, len)).unwrap();
        prop_assert_eq!(cells(&part), cells(&stored)[from..from + len].to_vec());
    }

    #[test]
    fn cut_and_put_together(table in tables(), cut in 0..20_usize) {
        let frame = frame(&table);
        let cut = cut.min(frame.len);
        let parts = [frame.slice(0, cut).unwrap(), frame.slice(cut, frame.len).unwrap()];
        prop_assert_eq!(cells(&Frame::concat(dataset(), &parts).unwrap()), cells(&frame));
    }

    #[test]
    fn filtered(table in tables(), keep in prop::collection::vec(prop::option::of(any::<bool>()), 20)) {
        let frame = frame(&table);
        let keep = &keep[..frame.len];
        let kept = frame.filter(&BooleanArray::from(keep.to_vec())).unwrap();
        let expected: Vec<String> =
            cells(&frame).into_iter().zip(keep).filter(|(_, k)| **k == Some(true)).map(|(c, _)| c).collect();
        prop_assert_eq!(cells(&kept), expected);
        // A part of a part is still in step.
        let again = frame.slice(1, frame.len).unwrap();
        let all = BooleanArray::from(vec![true; again.len]);
        prop_assert_eq!(cells(&again.filter(&all).unwrap()), cells(&frame)[1..].to_vec());
    }
}
