//! Rows of a dataset as Arrow columns.
//!
//! | type | column |
//! | --- | --- |
//! | `Text`, `Code` | `Utf8` |
//! | `Number { scale }` | `Int64` in units of `10^-scale`; the scale stands in the field's metadata |
//! | `Date` | `Date32` |
//! | `DateTime` | `Timestamp(Second)`, civil time without a zone |
//! | `Bool` | `Boolean` |
//!
//! A repeated group is one set of columns with the elements of all rows end to end, and the
//! offsets at which each row's elements begin.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, BooleanBufferBuilder, Int32Array, Int64Array, ListArray, RecordBatch, StructArray,
    new_empty_array, new_null_array,
};
use arrow::buffer::{BooleanBuffer, OffsetBuffer};
use arrow::compute::{concat, filter};
use arrow::datatypes::{
    DataType, Date32Type, Field as ArrowField, FieldRef, Fields, Int32Type, Int64Type, Schema, SchemaRef, TimeUnit,
    TimestampSecondType,
};
use arrow::error::ArrowError;
use yizheng_pack::dataset::{Cell, Dataset, FieldIx, Group, GroupIx, MemberIx, Privacy};
use yizheng_pack::types::{Type, Value};

/// Name of the column with the row ids in a record batch.
pub const ROW: &str = "row";
/// Name of the member with the slot numbers in a group's elements.
pub const SLOT: &str = "slot";
/// Key of the metadata entry that holds a number's digits after the point.
pub const SCALE: &str = "scale";

/// Rows of one dataset, typed, column by column.
#[derive(Debug, Clone)]
pub struct Frame {
    /// What the columns are.
    pub dataset: Arc<Dataset>,
    /// Number of rows.
    pub len: usize,
    /// Row ids: the number of the data row in its file, from 1. Kept through filtering.
    pub row: Int64Array,
    /// Columns by [`FieldIx`]; `None` is a column that the file does not have: all null.
    pub columns: Vec<Option<ArrayRef>>,
    /// Groups by [`GroupIx`]; `None` is a group of which the file has no column: no elements.
    pub groups: Vec<Option<GroupFrame>>,
    /// Why a cell of a submitted file is null; empty for stored rows.
    pub states: CellStates,
    /// What the links of each row say, by [`yizheng_pack::link::LinkIx`]; empty unless given by
    /// [`Frame::with_links`]. They are of these very rows: a frame cut or put together has none.
    pub links: Vec<BooleanArray>,
}

/// The elements of a repeated group, those of all rows end to end, in the order of their slots
/// within a row. An element is present when one of its cells holds something other than blank or
/// `-`; the main one (slot 0) likewise by its main fields.
#[derive(Debug, Clone)]
pub struct GroupFrame {
    /// One entry more than rows: row `i` has the elements from `offsets[i]` to `offsets[i + 1]`.
    pub offsets: OffsetBuffer<i32>,
    /// Slot number of each element, as the file's columns number it.
    pub slots: Int32Array,
    /// Members by [`MemberIx`]; `None` is all null.
    pub members: Vec<Option<ArrayRef>>,
}

/// Why a cell is null. A cell that is null and in neither map is blank, or its column is absent.
/// Bits are over the frame's rows; a cell without an entry is in that state in no row. The cells
/// of slot 0 stand under their main fields.
#[derive(Debug, Clone, Default)]
pub struct CellStates {
    /// The official missing value `-`.
    pub dash: HashMap<Cell, BooleanBuffer>,
    /// Neither blank nor `-`, and not readable as the field's type.
    pub malformed: HashMap<Cell, BooleanBuffer>,
}

/// Why rows could not be put together, taken apart or read back.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// A column has another type than its definition.
    #[error("column `{column}` is {found}, not {expected}")]
    Type {
        /// Field id, or group and member.
        column: String,
        /// What it is.
        found: DataType,
        /// What it should be.
        expected: DataType,
    },
    /// A column has more or fewer entries than the frame needs.
    #[error("column `{column}` has {found} entries, not {expected}")]
    Length {
        /// Field id, or group and member.
        column: String,
        /// What it has.
        found: usize,
        /// What it should have.
        expected: usize,
    },
    /// A record batch lacks a column without which it cannot be read back.
    #[error("the record batch has no column `{0}`")]
    NoColumn(String),
    /// A list that must be there is null.
    #[error("group `{0}` is null in some row")]
    NullGroup(String),
    /// Two frames are not of the same dataset, or not of the same rows.
    #[error("the frames differ in {0}")]
    Differ(&'static str),
    /// The columnar library refused, for instance because a text column grew beyond 2 GiB.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

/// The column type that holds values of `ty`. Sets of texts are no columns; they give `Null`.
pub fn arrow_type(ty: &Type) -> DataType {
    match ty {
        Type::Bool => DataType::Boolean,
        Type::Text | Type::Code(_) => DataType::Utf8,
        Type::Number { .. } => DataType::Int64,
        Type::Date => DataType::Date32,
        Type::DateTime => DataType::Timestamp(TimeUnit::Second, None),
        Type::TextSet => DataType::Null,
    }
}

/// The value at `index` of a column of type `ty`; null when it is null, beyond the end or of
/// another type.
pub fn value_at(column: &dyn Array, ty: &Type, index: usize) -> Value {
    if index >= column.len() || column.is_null(index) {
        return Value::Null;
    }
    let value = match ty {
        Type::Bool => column.as_boolean_opt().map(|a| Value::Bool(a.value(index))),
        Type::Text | Type::Code(_) => column.as_string_opt::<i32>().map(|a| Value::text(a.value(index))),
        Type::Number { scale, .. } => column
            .as_primitive_opt::<Int64Type>()
            .map(|a| Value::Number { units: a.value(index), scale: *scale }),
        Type::Date => column.as_primitive_opt::<Date32Type>().and_then(|a| a.value_as_date(index)).map(Value::Date),
        Type::DateTime => column
            .as_primitive_opt::<TimestampSecondType>()
            .and_then(|a| a.value_as_datetime(index))
            .map(Value::DateTime),
        Type::TextSet => None,
    };
    value.unwrap_or(Value::Null)
}

/// The schema of [`Frame::to_batch`]: `row`, the kept fields by id, and each group that has a kept
/// member as a list of its elements. It depends on the definitions alone, never on the rows.
pub fn schema(dataset: &Dataset, keep: impl Fn(Privacy) -> bool) -> SchemaRef {
    let mut fields = vec![Arc::new(ArrowField::new(ROW, DataType::Int64, false))];
    for field in dataset.fields.iter().filter(|f| keep(f.privacy)) {
        fields.push(arrow_field(&field.id, &field.ty));
    }
    for group in &dataset.groups {
        if let Some(elements) = element_fields(group, &keep) {
            let item = Arc::new(ArrowField::new_list_field(DataType::Struct(elements), false));
            fields.push(Arc::new(ArrowField::new(&*group.id, DataType::List(item), false)));
        }
    }
    Arc::new(Schema::new(fields))
}

fn arrow_field(name: &str, ty: &Type) -> FieldRef {
    let field = ArrowField::new(name, arrow_type(ty), true);
    Arc::new(match ty {
        Type::Number { scale, .. } => field.with_metadata(HashMap::from([(SCALE.to_owned(), scale.to_string())])),
        _ => field,
    })
}

/// Slot and kept members of a group's elements; `None` when no member is kept.
fn element_fields(group: &Group, keep: &impl Fn(Privacy) -> bool) -> Option<Fields> {
    let mut fields = vec![Arc::new(ArrowField::new(SLOT, DataType::Int32, false))];
    fields.extend(group.members.iter().filter(|m| keep(m.privacy)).map(|m| arrow_field(&m.id, &m.ty)));
    (fields.len() > 1).then(|| fields.into())
}

impl GroupFrame {
    /// No elements in any of `rows` rows.
    pub fn empty(group: &Group, rows: usize) -> Self {
        Self {
            offsets: OffsetBuffer::new_zeroed(rows),
            slots: new_empty_array(&DataType::Int32).as_primitive::<Int32Type>().clone(),
            members: vec![None; group.members.len()],
        }
    }

    /// Number of elements of all rows together.
    pub fn elements(&self) -> usize {
        self.slots.len()
    }

    fn filter(&self, keep: &BooleanArray) -> Result<Self, FrameError> {
        let kept = keep.values() & &valid(keep);
        let elements: BooleanArray = self
            .offsets
            .lengths()
            .zip(kept.iter())
            .flat_map(|(length, keep)| std::iter::repeat_n(Some(keep), length))
            .collect();
        let lengths = self.offsets.lengths().zip(kept.iter()).filter(|(_, keep)| *keep).map(|(length, _)| length);
        Ok(Self {
            offsets: OffsetBuffer::from_lengths(lengths),
            slots: filter(&self.slots, &elements)?.as_primitive::<Int32Type>().clone(),
            members: filter_columns(&self.members, &elements)?,
        })
    }

    fn slice(&self, offset: usize, len: usize) -> Self {
        let offsets = self.offsets.slice(offset, len);
        let first = offsets.first().copied().unwrap_or_default();
        let last = offsets.last().copied().unwrap_or_default();
        let (start, length) = (first as usize, (last - first) as usize);
        Self {
            offsets: OffsetBuffer::from_lengths(offsets.lengths()),
            slots: self.slots.slice(start, length),
            members: self.members.iter().map(|m| m.as_ref().map(|a| a.slice(start, length))).collect(),
        }
    }
}

impl CellStates {
    /// Whether no cell of the rows is marked.
    pub fn is_empty(&self) -> bool {
        self.dash.is_empty() && self.malformed.is_empty()
    }

    fn map(&self, f: impl Fn(&BooleanBuffer) -> Result<BooleanBuffer, FrameError>) -> Result<Self, FrameError> {
        let each = |states: &HashMap<Cell, BooleanBuffer>| {
            states
                .iter()
                .map(|(cell, bits)| Ok((*cell, f(bits)?)))
                .filter(|entry| entry.as_ref().map_or(true, |(_, bits)| bits.has_true()))
                .collect::<Result<HashMap<_, _>, FrameError>>()
        };
        Ok(Self { dash: each(&self.dash)?, malformed: each(&self.malformed)? })
    }
}

impl Frame {
    /// Puts columns together and verifies that their types and lengths are what the dataset and
    /// each other say. `columns` by field, `groups` by group.
    ///
    /// # Errors
    /// [`FrameError::Type`], [`FrameError::Length`] with the column that does not fit.
    pub fn new(
        dataset: Arc<Dataset>,
        row: Int64Array,
        columns: Vec<Option<ArrayRef>>,
        groups: Vec<Option<GroupFrame>>,
        states: CellStates,
    ) -> Result<Self, FrameError> {
        let len = row.len();
        expect_length("columns", columns.len(), dataset.fields.len())?;
        expect_length("groups", groups.len(), dataset.groups.len())?;
        for (field, column) in dataset.fields.iter().zip(&columns) {
            expect_column(&field.id, column.as_ref(), &field.ty, len)?;
        }
        for (group, frame) in dataset.groups.iter().zip(&groups) {
            let Some(frame) = frame else { continue };
            expect_length(&group.id, frame.offsets.lengths().len(), len)?;
            let end = frame.offsets.last().copied().unwrap_or_default() as usize;
            expect_length(&format!("{}.{SLOT}", group.id), frame.slots.len(), end)?;
            expect_length(&group.id, frame.members.len(), group.members.len())?;
            for (member, column) in group.members.iter().zip(&frame.members) {
                expect_column(&format!("{}.{}", group.id, member.id), column.as_ref(), &member.ty, end)?;
            }
        }
        for (cell, bits) in states.dash.iter().chain(&states.malformed) {
            expect_length(&dataset.element(*cell), bits.len(), len)?;
        }
        Ok(Self { dataset, len, row, columns, groups, states, links: Vec::new() })
    }

    /// No rows.
    pub fn empty(dataset: Arc<Dataset>) -> Self {
        Self {
            len: 0,
            row: new_empty_array(&DataType::Int64).as_primitive::<Int64Type>().clone(),
            columns: vec![None; dataset.fields.len()],
            groups: vec![None; dataset.groups.len()],
            states: CellStates::default(),
            links: Vec::new(),
            dataset,
        }
    }

    /// The column of a field, if the frame has it.
    pub fn column(&self, field: FieldIx) -> Option<&ArrayRef> {
        self.columns.get(field.0)?.as_ref()
    }

    /// The elements of a group, if the frame has any.
    pub fn group(&self, group: GroupIx) -> Option<&GroupFrame> {
        self.groups.get(group.0)?.as_ref()
    }

    /// The column of a group's member, if the frame has it; over elements, not rows.
    pub fn member(&self, group: GroupIx, member: MemberIx) -> Option<&ArrayRef> {
        self.group(group)?.members.get(member.0)?.as_ref()
    }

    /// The value of a cell; `index` is the position in the frame, from 0, not the row id. Null when
    /// it is not known or not there.
    pub fn value(&self, index: usize, cell: Cell) -> Value {
        match cell {
            Cell::Field(ix) => match (self.column(ix), self.dataset.fields.get(ix.0)) {
                (Some(column), Some(field)) => value_at(column, &field.ty, index),
                _ => Value::Null,
            },
            Cell::Member(group, member, slot) => {
                let found = || {
                    let frame = self.group(group)?;
                    let (start, end) = (*frame.offsets.get(index)?, *frame.offsets.get(index + 1)?);
                    let slots = frame.slots.values().get(start as usize..end as usize)?;
                    let at = start as usize + slots.iter().position(|s| *s == i32::from(slot))?;
                    let ty = &self.dataset.groups.get(group.0)?.members.get(member.0)?.ty;
                    Some(value_at(self.member(group, member)?, ty, at))
                };
                found().unwrap_or(Value::Null)
            }
        }
    }

    /// The fields and members whose privacy is kept, as a record batch of [`schema`]. Columns that
    /// the file did not have are written as null; cell states are not written.
    ///
    /// # Errors
    /// [`FrameError::Arrow`] when a column does not fit its definition.
    pub fn to_batch(&self, keep: impl Fn(Privacy) -> bool) -> Result<RecordBatch, FrameError> {
        let or_null = |column: &Option<ArrayRef>, ty: &Type, len: usize| {
            column.clone().unwrap_or_else(|| new_null_array(&arrow_type(ty), len))
        };
        let mut columns: Vec<ArrayRef> = vec![Arc::new(self.row.clone())];
        for (field, column) in self.dataset.fields.iter().zip(&self.columns) {
            if keep(field.privacy) {
                columns.push(or_null(column, &field.ty, self.len));
            }
        }
        for (group, frame) in self.dataset.groups.iter().zip(&self.groups) {
            let Some(fields) = element_fields(group, &keep) else { continue };
            let none;
            let frame = match frame {
                Some(frame) => frame,
                None => {
                    none = GroupFrame::empty(group, self.len);
                    &none
                }
            };
            let mut members: Vec<ArrayRef> = vec![Arc::new(frame.slots.clone())];
            for (member, column) in group.members.iter().zip(&frame.members) {
                if keep(member.privacy) {
                    members.push(or_null(column, &member.ty, frame.elements()));
                }
            }
            let elements = StructArray::try_new(fields.clone(), members, None)?;
            let item = Arc::new(ArrowField::new_list_field(DataType::Struct(fields), false));
            columns.push(Arc::new(ListArray::try_new(item, frame.offsets.clone(), Arc::new(elements), None)?));
        }
        Ok(RecordBatch::try_new(schema(&self.dataset, keep), columns)?)
    }

    /// Reads back a record batch of [`Frame::to_batch`]. Columns may stand in any order, be left
    /// out (they are then absent) and stand beside others that are not of the dataset.
    ///
    /// # Errors
    /// [`FrameError::NoColumn`] without `row`, [`FrameError::Type`] for a column that is not of its
    /// field's type, [`FrameError::NullGroup`] for a group that is null in some row.
    pub fn from_batch(dataset: Arc<Dataset>, batch: &RecordBatch) -> Result<Self, FrameError> {
        let row = batch.column_by_name(ROW).ok_or_else(|| FrameError::NoColumn(ROW.to_owned()))?;
        let row = row.as_primitive_opt::<Int64Type>().ok_or_else(|| wrong_type(ROW, row, &DataType::Int64))?.clone();
        let columns = dataset.fields.iter().map(|field| batch.column_by_name(&field.id).cloned()).collect();
        let mut groups = Vec::new();
        for group in &dataset.groups {
            groups.push(match batch.column_by_name(&group.id) {
                Some(column) => Some(read_group(group, column)?),
                None => None,
            });
        }
        Self::new(dataset, row, columns, groups, CellStates::default())
    }

    /// This frame with what the links of its rows say.
    ///
    /// # Errors
    /// [`FrameError::Length`] when a link does not speak of every row.
    pub fn with_links(mut self, links: Vec<BooleanArray>) -> Result<Self, FrameError> {
        for link in &links {
            expect_length("links", link.len(), self.len)?;
        }
        self.links = links;
        Ok(self)
    }

    /// The rows for which `keep` is true; null is not true.
    ///
    /// # Errors
    /// [`FrameError::Length`] when `keep` is not one bit for each row.
    pub fn filter(&self, keep: &BooleanArray) -> Result<Self, FrameError> {
        expect_length("keep", keep.len(), self.len)?;
        let row = filter(&self.row, keep)?.as_primitive::<Int64Type>().clone();
        let mut groups = Vec::new();
        for group in &self.groups {
            groups.push(group.as_ref().map(|g| g.filter(keep)).transpose()?);
        }
        Ok(Self {
            dataset: self.dataset.clone(),
            len: row.len(),
            row,
            columns: filter_columns(&self.columns, keep)?,
            groups,
            states: self.states.map(|bits| {
                let kept = filter(&BooleanArray::new(bits.clone(), None), keep)?;
                Ok(kept.as_boolean().values().clone())
            })?,
            links: Vec::new(),
        })
    }

    /// `len` rows from position `offset` on, without copying them; fewer at the end.
    ///
    /// # Errors
    /// None that a frame made by [`Frame::new`] can give.
    pub fn slice(&self, offset: usize, len: usize) -> Result<Self, FrameError> {
        let offset = offset.min(self.len);
        let len = len.min(self.len - offset);
        Ok(Self {
            dataset: self.dataset.clone(),
            len,
            row: self.row.slice(offset, len),
            columns: self.columns.iter().map(|c| c.as_ref().map(|a| a.slice(offset, len))).collect(),
            groups: self.groups.iter().map(|g| g.as_ref().map(|g| g.slice(offset, len))).collect(),
            states: self.states.map(|bits| Ok(bits.slice(offset, len)))?,
            links: Vec::new(),
        })
    }

    /// The rows of all frames, in order. A column that only some frames have is null in the others.
    ///
    /// # Errors
    /// [`FrameError::Differ`] when the frames are not of `dataset`, [`FrameError::Arrow`] when the
    /// text of a column outgrows 2 GiB.
    pub fn concat(dataset: Arc<Dataset>, frames: &[Self]) -> Result<Self, FrameError> {
        let same = |f: &Self| {
            f.dataset.meta.id == dataset.meta.id
                && f.columns.len() == dataset.fields.len()
                && f.groups.len() == dataset.groups.len()
        };
        if !frames.iter().all(same) {
            return Err(FrameError::Differ("dataset"));
        }
        if frames.is_empty() {
            return Ok(Self::empty(dataset));
        }
        let rows: Vec<&dyn Array> = frames.iter().map(|f| &f.row as &dyn Array).collect();
        let row = concat(&rows)?.as_primitive::<Int64Type>().clone();
        let mut columns = Vec::new();
        for (ix, field) in dataset.fields.iter().enumerate() {
            let parts = frames.iter().map(|f| (f.column(FieldIx(ix)), f.len));
            columns.push(concat_column(&arrow_type(&field.ty), parts)?);
        }
        let mut groups = Vec::new();
        for (ix, group) in dataset.groups.iter().enumerate() {
            groups.push(concat_group(group, GroupIx(ix), frames)?);
        }
        let states = CellStates {
            dash: concat_states(frames, |s| &s.dash),
            malformed: concat_states(frames, |s| &s.malformed),
        };
        Ok(Self { dataset, len: row.len(), row, columns, groups, states, links: Vec::new() })
    }

    /// This frame with the columns and members of `other` where it has none: how plain and
    /// personal columns of the same rows come together again.
    ///
    /// # Errors
    /// [`FrameError::Differ`] when the two are not the same rows with the same elements.
    pub fn joined(mut self, other: &Self) -> Result<Self, FrameError> {
        if self.dataset.meta.id != other.dataset.meta.id {
            return Err(FrameError::Differ("dataset"));
        }
        if self.row != other.row {
            return Err(FrameError::Differ("rows"));
        }
        for (mine, theirs) in self.columns.iter_mut().zip(&other.columns) {
            if mine.is_none() {
                mine.clone_from(theirs);
            }
        }
        for (mine, theirs) in self.groups.iter_mut().zip(&other.groups) {
            let (Some(mine), Some(theirs)) = (mine.as_mut(), theirs) else {
                if mine.is_none() {
                    mine.clone_from(theirs);
                }
                continue;
            };
            if mine.offsets != theirs.offsets || mine.slots != theirs.slots {
                return Err(FrameError::Differ("elements of groups"));
            }
            for (mine, theirs) in mine.members.iter_mut().zip(&theirs.members) {
                if mine.is_none() {
                    mine.clone_from(theirs);
                }
            }
        }
        Ok(self)
    }
}

fn valid(mask: &BooleanArray) -> BooleanBuffer {
    mask.nulls().map_or_else(|| BooleanBuffer::new_set(mask.len()), |n| n.inner().clone())
}

fn filter_columns(columns: &[Option<ArrayRef>], keep: &BooleanArray) -> Result<Vec<Option<ArrayRef>>, FrameError> {
    columns.iter().map(|column| Ok(column.as_ref().map(|c| filter(c, keep)).transpose()?)).collect()
}

fn concat_column<'a>(
    ty: &DataType,
    parts: impl Iterator<Item = (Option<&'a ArrayRef>, usize)> + Clone,
) -> Result<Option<ArrayRef>, FrameError> {
    if parts.clone().all(|(column, _)| column.is_none()) {
        return Ok(None);
    }
    let parts: Vec<ArrayRef> =
        parts.map(|(column, len)| column.cloned().unwrap_or_else(|| new_null_array(ty, len))).collect();
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    Ok(Some(concat(&parts)?))
}

fn concat_group(group: &Group, ix: GroupIx, frames: &[Frame]) -> Result<Option<GroupFrame>, FrameError> {
    if frames.iter().all(|f| f.group(ix).is_none()) {
        return Ok(None);
    }
    let parts: Vec<GroupFrame> =
        frames.iter().map(|f| f.group(ix).cloned().unwrap_or_else(|| GroupFrame::empty(group, f.len))).collect();
    let slots: Vec<&dyn Array> = parts.iter().map(|p| &p.slots as &dyn Array).collect();
    let mut members = Vec::new();
    for (at, member) in group.members.iter().enumerate() {
        let columns = parts.iter().map(|p| (p.members.get(at).and_then(Option::as_ref), p.elements()));
        members.push(concat_column(&arrow_type(&member.ty), columns)?);
    }
    Ok(Some(GroupFrame {
        offsets: OffsetBuffer::from_lengths(parts.iter().flat_map(|p| p.offsets.lengths())),
        slots: concat(&slots)?.as_primitive::<Int32Type>().clone(),
        members,
    }))
}

fn concat_states(
    frames: &[Frame],
    of: impl Fn(&CellStates) -> &HashMap<Cell, BooleanBuffer>,
) -> HashMap<Cell, BooleanBuffer> {
    let cells: HashSet<Cell> = frames.iter().flat_map(|f| of(&f.states).keys().copied()).collect();
    let len = frames.iter().map(|f| f.len).sum();
    let bits = |cell: &Cell| {
        let mut bits = BooleanBufferBuilder::new(len);
        for frame in frames {
            match of(&frame.states).get(cell) {
                Some(part) => bits.append_buffer(part),
                None => bits.append_n(frame.len, false),
            }
        }
        bits.finish()
    };
    cells.into_iter().map(|cell| (cell, bits(&cell))).collect()
}

fn read_group(group: &Group, column: &ArrayRef) -> Result<GroupFrame, FrameError> {
    let not_a_list = || wrong_type(&group.id, column, &DataType::new_list(DataType::Struct(Fields::empty()), false));
    let list = column.as_list_opt::<i32>().ok_or_else(not_a_list)?;
    if list.null_count() > 0 {
        return Err(FrameError::NullGroup(group.id.to_string()));
    }
    // A sliced list keeps the elements of the whole; only its own are taken.
    let first = list.offsets().first().copied().unwrap_or_default();
    let last = list.offsets().last().copied().unwrap_or_default();
    let elements = list.values().slice(first as usize, (last - first) as usize);
    let elements = elements.as_struct_opt().ok_or_else(not_a_list)?;
    let slot_name = || format!("{}.{SLOT}", group.id);
    let slots = elements.column_by_name(SLOT).ok_or_else(|| FrameError::NoColumn(slot_name()))?;
    let slots = slots
        .as_primitive_opt::<Int32Type>()
        .ok_or_else(|| wrong_type(&slot_name(), slots, &DataType::Int32))?
        .clone();
    Ok(GroupFrame {
        offsets: OffsetBuffer::from_lengths(list.offsets().lengths()),
        slots,
        members: group.members.iter().map(|m| elements.column_by_name(&m.id).cloned()).collect(),
    })
}

fn expect_length(column: &str, found: usize, expected: usize) -> Result<(), FrameError> {
    if found == expected { Ok(()) } else { Err(FrameError::Length { column: column.to_owned(), found, expected }) }
}

fn expect_column(name: &str, column: Option<&ArrayRef>, ty: &Type, len: usize) -> Result<(), FrameError> {
    let Some(column) = column else { return Ok(()) };
    let expected = arrow_type(ty);
    if *column.data_type() != expected {
        return Err(wrong_type(name, column, &expected));
    }
    expect_length(name, column.len(), len)
}

fn wrong_type(column: &str, found: &ArrayRef, expected: &DataType) -> FrameError {
    FrameError::Type { column: column.to_owned(), found: found.data_type().clone(), expected: expected.clone() }
}
