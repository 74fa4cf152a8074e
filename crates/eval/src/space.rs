//! The places at which an expression is evaluated: the rows, or inside a quantifier the elements of
//! a group.

use arrow::array::UInt32Array;
use arrow::buffer::OffsetBuffer;
use yizheng_pack::dataset::GroupIx;
use yizheng_pack::expr::{Expr, Node};

use crate::frame::GroupFrame;

/// The places of an evaluation. Quantifiers do not nest, so there are no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    /// One place for each row.
    Rows,
    /// One place for each element of the group, those of all rows end to end.
    Elements(GroupIx),
}

/// How the elements of a group lie in the rows.
#[derive(Debug)]
pub(crate) struct Elements {
    /// The row of each element, from 0, rising.
    pub rows: UInt32Array,
    /// Where the elements of each row begin; one entry more than rows.
    pub offsets: OffsetBuffer<i32>,
}

impl Elements {
    pub fn of(group: &GroupFrame) -> Self {
        let lengths = group.offsets.lengths().enumerate();
        let rows = lengths.flat_map(|(row, length)| std::iter::repeat_n(row as u32, length));
        Self { rows: UInt32Array::from_iter_values(rows), offsets: group.offsets.clone() }
    }
}

/// Whether the expression speaks of the element at hand. If not, it is the same for all elements of
/// a row.
pub(crate) fn speaks_of_element(expr: &Expr) -> bool {
    let mut elements = 0_usize;
    let mut bound = 0_usize;
    expr.walk(&mut |expr| match &expr.node {
        Node::Member(..) | Node::Slot(_) => elements += 1,
        // The elements of a quantifier within are its own.
        Node::Over(_, _, body) => body.walk(&mut |expr| {
            if matches!(expr.node, Node::Member(..) | Node::Slot(_)) {
                bound += 1;
            }
        }),
        _ => {}
    });
    elements > bound
}
