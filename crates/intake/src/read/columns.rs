//! Columns being filled, row by row.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanBufferBuilder, Date32Builder, Int32Builder, Int64Builder, StringBuilder, TimestampSecondBuilder,
};
use arrow::buffer::{BooleanBuffer, OffsetBuffer};
use yizheng_eval::frame::GroupFrame;
use yizheng_pack::dataset::{Cell, FieldIx, Group};
use yizheng_pack::types::Type;

use super::value::Reading;

/// Text columns hold at most this many bytes; the column format counts them in 31 bits.
const TEXT_BYTES: usize = i32::MAX as usize;

/// A column that holds more text than the format can.
pub(crate) struct Full;

/// A column being filled. Nulls before the first value cost nothing, so neither does a column
/// without any.
#[derive(Debug)]
pub(super) struct ColumnBuilder {
    values: Values,
    /// Nulls not written yet.
    pending: usize,
    any: bool,
}

#[derive(Debug)]
enum Values {
    Text(StringBuilder),
    Number(Int64Builder),
    Date(Date32Builder),
    DateTime(TimestampSecondBuilder),
}

impl ColumnBuilder {
    pub fn new(ty: &Type) -> Self {
        let values = match ty {
            Type::Number { .. } => Values::Number(Int64Builder::with_capacity(0)),
            Type::Date => Values::Date(Date32Builder::with_capacity(0)),
            Type::DateTime => Values::DateTime(TimestampSecondBuilder::with_capacity(0)),
            // No field is a truth value or a set; `read` makes their cells unreadable.
            Type::Text | Type::Code(_) | Type::Bool | Type::TextSet => Values::Text(StringBuilder::with_capacity(0, 0)),
        };
        Self { values, pending: 0, any: false }
    }

    pub fn push_null(&mut self) {
        self.pending += 1;
    }

    /// Adds a value; null when the reading is none, or not of the column's type.
    pub fn push(&mut self, reading: Reading<'_>) -> Result<(), Full> {
        match (&mut self.values, reading) {
            (Values::Text(builder), Reading::Text(text)) => {
                if builder.values_slice().len() + text.len() > TEXT_BYTES {
                    return Err(Full);
                }
                for _ in 0..std::mem::take(&mut self.pending) {
                    builder.append_null();
                }
                builder.append_value(text);
            }
            (Values::Number(builder), Reading::Number(units)) => {
                builder.append_nulls(std::mem::take(&mut self.pending));
                builder.append_value(units);
            }
            (Values::Date(builder), Reading::Date(days)) => {
                builder.append_nulls(std::mem::take(&mut self.pending));
                builder.append_value(days);
            }
            (Values::DateTime(builder), Reading::DateTime(seconds)) => {
                builder.append_nulls(std::mem::take(&mut self.pending));
                builder.append_value(seconds);
            }
            _ => {
                self.pending += 1;
                return Ok(());
            }
        }
        self.any = true;
        Ok(())
    }

    /// The column; `None` when it holds no value.
    pub fn finish(mut self) -> Option<ArrayRef> {
        if !self.any {
            return None;
        }
        Some(match &mut self.values {
            Values::Text(builder) => {
                for _ in 0..self.pending {
                    builder.append_null();
                }
                Arc::new(builder.finish())
            }
            Values::Number(builder) => {
                builder.append_nulls(self.pending);
                Arc::new(builder.finish())
            }
            Values::Date(builder) => {
                builder.append_nulls(self.pending);
                Arc::new(builder.finish())
            }
            Values::DateTime(builder) => {
                builder.append_nulls(self.pending);
                Arc::new(builder.finish())
            }
        })
    }
}

/// The elements of a group being filled.
#[derive(Debug)]
pub(super) struct GroupBuilder {
    pub members: Vec<ColumnBuilder>,
    slots: Int32Builder,
    lengths: Vec<usize>,
    in_row: usize,
}

impl GroupBuilder {
    pub fn new(group: &Group) -> Self {
        Self {
            members: group.members.iter().map(|member| ColumnBuilder::new(&member.ty)).collect(),
            slots: Int32Builder::with_capacity(0),
            lengths: Vec::new(),
            in_row: 0,
        }
    }

    /// Closes an element whose members have each been pushed once.
    pub fn end_element(&mut self, slot: u16) {
        self.slots.append_value(i32::from(slot));
        self.in_row += 1;
    }

    pub fn end_row(&mut self) {
        self.lengths.push(std::mem::take(&mut self.in_row));
    }

    pub fn finish(mut self) -> GroupFrame {
        GroupFrame {
            offsets: OffsetBuffer::from_lengths(self.lengths),
            slots: self.slots.finish(),
            members: self.members.into_iter().map(ColumnBuilder::finish).collect(),
        }
    }
}

/// Bits over rows, for the cells that have any. Fields are found by position: most rows have
/// dozens of dashes.
#[derive(Debug)]
pub(super) struct StateBuilder {
    fields: Vec<Option<BooleanBufferBuilder>>,
    members: HashMap<Cell, BooleanBufferBuilder>,
}

impl StateBuilder {
    pub fn new(fields: usize) -> Self {
        Self { fields: (0..fields).map(|_| None).collect(), members: HashMap::new() }
    }

    pub fn set(&mut self, cell: Cell, row: usize) {
        let new = || BooleanBufferBuilder::new(0);
        let bits = match cell {
            Cell::Field(field) => match self.fields.get_mut(field.0) {
                Some(bits) => bits.get_or_insert_with(new),
                None => return,
            },
            Cell::Member(..) => self.members.entry(cell).or_insert_with(new),
        };
        if bits.len() <= row {
            bits.append_n(row - bits.len(), false);
            bits.append(true);
        }
    }

    pub fn finish(self, rows: usize) -> HashMap<Cell, BooleanBuffer> {
        let fields = self.fields.into_iter().enumerate();
        let fields = fields.filter_map(|(at, bits)| Some((Cell::Field(FieldIx(at)), bits?)));
        fields
            .chain(self.members)
            .map(|(cell, mut bits)| {
                bits.append_n(rows.saturating_sub(bits.len()), false);
                (cell, bits.finish())
            })
            .collect()
    }
}
