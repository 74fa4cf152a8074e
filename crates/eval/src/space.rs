//! The places at which an expression is evaluated: the rows, or inside a quantifier the elements of
//! a group.

use std::ops::Range;

use arrow::array::UInt32Array;
use arrow::buffer::OffsetBuffer;
use yizheng_pack::dataset::GroupIx;
use yizheng_pack::expr::{Expr, Node};

use crate::frame::GroupFrame;

/// Places, numbered from 0. Outside every quantifier they are the rows. Inside `any(operation, …)`
/// there is one for each operation of each row; inside a second quantifier that speaks of the
/// first one's elements, one for each pair.
#[derive(Debug)]
pub(crate) struct Space {
    pub len: usize,
    /// The row of each place; `None` when the places are the rows.
    pub rows: Option<UInt32Array>,
    /// For each enclosing quantifier, outermost first: its group, and the element at each place
    /// (`None` when the places are the group's elements).
    pub elements: Vec<(GroupIx, Option<UInt32Array>)>,
}

/// The places within a quantifier, and how they lie at the places around it.
#[derive(Debug)]
pub(crate) struct Inner {
    pub space: Space,
    /// The outer place of each inner one, rising.
    pub parents: UInt32Array,
    /// Where the inner places of each outer one begin; one entry more than outer places.
    pub offsets: OffsetBuffer<i32>,
}

impl Space {
    pub fn rows(len: usize) -> Self {
        Self { len, rows: None, elements: Vec::new() }
    }

    /// The element of the innermost quantifier over `group` at each place; the outer `None` when no
    /// quantifier over it encloses the place.
    pub fn element(&self, group: GroupIx) -> Option<Option<&UInt32Array>> {
        self.elements.iter().rev().find(|(g, _)| *g == group).map(|(_, places)| places.as_ref())
    }

    /// For each element of `group`, seen from the rows.
    pub fn of_group(group: GroupIx, frame: &GroupFrame) -> Inner {
        let parents: UInt32Array = repeated(frame.offsets.lengths()).collect();
        let space = Self { len: parents.len(), rows: Some(parents.clone()), elements: vec![(group, None)] };
        Inner { space, parents, offsets: frame.offsets.clone() }
    }

    /// For each place of this space, which lies inside a quantifier already, each element of
    /// `group` in its row.
    pub fn crossed_with(&self, group: GroupIx, frame: &GroupFrame) -> Inner {
        let bounds: Vec<Range<u32>> = frame
            .offsets
            .iter()
            .zip(frame.offsets.iter().skip(1))
            .map(|(start, end)| *start as u32..*end as u32)
            .collect();
        let of_place: Vec<Range<u32>> = match &self.rows {
            None => bounds,
            Some(rows) => rows.values().iter().map(|row| bounds.get(*row as usize).cloned().unwrap_or(0..0)).collect(),
        };
        let parents: UInt32Array = repeated(of_place.iter().map(ExactSizeIterator::len)).collect();
        let offsets = OffsetBuffer::from_lengths(of_place.iter().map(ExactSizeIterator::len));
        let elements: UInt32Array = of_place.into_iter().flatten().map(Some).collect();
        let through = |places: &Option<UInt32Array>| match places {
            None => parents.clone(),
            Some(places) => {
                parents.values().iter().map(|p| places.values().get(*p as usize).copied()).collect::<UInt32Array>()
            }
        };
        let mut all: Vec<_> = self.elements.iter().map(|(g, places)| (*g, Some(through(places)))).collect();
        all.push((group, Some(elements)));
        let space = Self { len: parents.len(), rows: Some(through(&self.rows)), elements: all };
        Inner { space, parents, offsets }
    }
}

/// 0 as often as the first length says, 1 as often as the second, …
fn repeated(lengths: impl Iterator<Item = usize>) -> impl Iterator<Item = Option<u32>> {
    lengths.enumerate().flat_map(|(at, length)| std::iter::repeat_n(Some(at as u32), length))
}

/// Whether the expression speaks of the element of a quantifier that encloses it. If not, it is the
/// same for all elements of a row.
pub(crate) fn speaks_of_element(expr: &Expr) -> bool {
    fn free(expr: &Expr, bound: &mut Vec<GroupIx>) -> bool {
        match &expr.node {
            Node::Member(group, _) | Node::Slot(group) => !bound.contains(group),
            Node::Literal(_) | Node::Field(_) | Node::Fact(_) | Node::Parameter(_) => false,
            Node::Not(e) | Node::In(e, _) | Node::IsNull(e) => free(e, bound),
            Node::And(es) | Node::Or(es) | Node::Call(_, es) => es.iter().any(|e| free(e, bound)),
            Node::Compare(_, l, r) | Node::Arithmetic(_, l, r) => free(l, bound) || free(r, bound),
            Node::Case(branches, otherwise) => {
                branches.iter().any(|(c, v)| free(c, bound) || free(v, bound))
                    || otherwise.as_ref().is_some_and(|e| free(e, bound))
            }
            Node::Over(_, group, body) => {
                bound.push(*group);
                let found = free(body, bound);
                bound.pop();
                found
            }
        }
    }
    free(expr, &mut Vec::new())
}
