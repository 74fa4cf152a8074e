//! Rows of a frame as the reference evaluator reads them.

use std::collections::HashMap;

use arrow::array::Array;
use arrow::buffer::BooleanBuffer;
use yizheng_pack::dataset::{Cell, FieldIx, Group, GroupIx, MemberIx};
use yizheng_pack::expr::reference::{Content, Element, Row};
use yizheng_pack::types::Value;

use crate::frame::{Frame, value_at};

impl Frame {
    /// The row at `index`, cell by cell.
    pub fn plain(&self, index: usize) -> Row {
        let fields = (0..self.dataset.fields.len()).map(|at| Cell::Field(FieldIx(at)));
        let groups = self.dataset.groups.iter().enumerate().map(|(ix, group)| self.plain_elements(GroupIx(ix), group, index));
        Row {
            fields: fields.map(|cell| self.content(index, cell, self.value(index, cell))).collect(),
            groups: groups.collect(),
            links: self.links.iter().map(|link| link.is_valid(index).then(|| link.value(index))).collect(),
        }
    }

    fn plain_elements(&self, ix: GroupIx, group: &Group, index: usize) -> Vec<Element> {
        let Some(columns) = self.group(ix) else { return Vec::new() };
        let ends = (columns.offsets.get(index), columns.offsets.get(index + 1));
        let (Some(from), Some(to)) = ends else { return Vec::new() };
        (*from as usize..*to as usize)
            .map(|at| {
                let slot = columns.slots.values().get(at).copied().unwrap_or_default();
                let members = group.members.iter().enumerate().map(|(of, member)| {
                    let of = MemberIx(of);
                    let value = self.member(ix, of).map_or(Value::Null, |column| value_at(column, &member.ty, at));
                    let cell = match (slot, member.main) {
                        (0, Some(main)) => Cell::Field(main),
                        _ => Cell::Member(ix, of, u16::try_from(slot).unwrap_or_default()),
                    };
                    self.content(index, cell, value)
                });
                Element { slot: slot.into(), members: members.collect() }
            })
            .collect()
    }

    /// What a cell holds, or why it holds nothing.
    fn content(&self, index: usize, cell: Cell, value: Value) -> Content {
        let marked = |marks: &HashMap<Cell, BooleanBuffer>| {
            marks.get(&cell).is_some_and(|bits| index < bits.len() && bits.value(index))
        };
        match value {
            Value::Null if marked(&self.states.dash) => Content::Dash,
            Value::Null if marked(&self.states.malformed) => Content::Malformed,
            Value::Null => Content::Blank,
            value => Content::Known(value),
        }
    }
}
