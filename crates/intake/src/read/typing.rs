//! Raw rows to typed columns.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{ArrayBuilder as _, Int64Builder};
use roaring::RoaringBitmap;
use yizheng_eval::frame::{CellStates, Frame, FrameError};
use yizheng_pack::Pack;
use yizheng_pack::codelist::CodeList;
use yizheng_pack::dataset::{Cell, Dataset, FieldIx, GroupIx, MemberIx, Part, Target, ValueMap};
use yizheng_pack::types::Type;

use super::book::{Kind, Row};
use super::columns::{ColumnBuilder, Full, GroupBuilder, StateBuilder};
use super::compose;
use super::garbled::{Sample, is_garbled};
use super::header::Header;
use super::value::{self, Marks, MARKS, Reading, Rule};

/// Rows typed, and what there is to say about how. Sets of rows hold positions in the frame, from
/// 0, not row ids.
#[derive(Debug)]
pub(crate) struct Typed {
    pub frame: Frame,
    /// By place in [`MARKS`] and cell, the rows.
    pub marks: BTreeMap<(u32, Cell), RoaringBitmap>,
    /// Texts longer than their field allows.
    pub too_long: BTreeMap<Cell, RoaringBitmap>,
    /// Texts with a broken character.
    pub garbled: BTreeMap<Cell, RoaringBitmap>,
    /// Rows with more or fewer cells than the header.
    pub misaligned: RoaringBitmap,
    /// By column, cells that hold something, of columns that are not taken.
    pub filled: Vec<u64>,
    /// How much of the first rows' text is garbled.
    pub sample: Sample,
}

/// Where the cells of one field or member come from.
#[derive(Debug, Clone)]
enum Source {
    Column(usize),
    /// Several columns that make one value, or of which the first with a value counts.
    Columns(Vec<(usize, Part)>),
}

/// A field or member with its source and how it is read.
struct Reader<'d> {
    cell: Cell,
    source: Source,
    rule: Rule<'d>,
    max_length: u32,
}

/// A slot of a group.
struct Slot<'d> {
    slot: u16,
    /// By member; `None` where the file has no column.
    members: Vec<Option<Reader<'d>>>,
}

struct GroupReader<'d> {
    group: GroupIx,
    slots: Vec<Slot<'d>>,
    builder: GroupBuilder,
}

/// Turns the rows of one table into columns.
pub(crate) struct Typer<'d> {
    dataset: Arc<Dataset>,
    width: usize,
    values: Values,
    fields: Vec<(FieldIx, Reader<'d>)>,
    columns: Vec<ColumnBuilder>,
    groups: Vec<GroupReader<'d>>,
    unknown: Vec<usize>,
    /// What each cell of the row at hand looks like.
    looks: Vec<Look>,
    rows: Int64Builder,
    dash: StateBuilder,
    malformed: StateBuilder,
    log: Log,
    scratch: Scratch,
}

/// By column, what the layout's own spellings stand for.
type Values = Vec<Option<Arc<ValueMap>>>;

/// A cell's text, or what the layout says that it stands for.
fn text_of<'a>(row: &'a Row, column: usize, values: &'a Values, decoded: &'a mut String) -> &'a str {
    let text = row.text(column, decoded);
    values.get(column).and_then(Option::as_ref).and_then(|map| map.get(text)).unwrap_or(text)
}

/// What a cell looks like before it is read. Most cells of most files are empty or `-`, and need
/// not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Empty,
    Dash,
    Filled,
}

fn look(looks: &[Look], column: usize) -> Look {
    looks.get(column).copied().unwrap_or(Look::Empty)
}

/// Texts that a value is put together in.
#[derive(Default)]
struct Scratch {
    decoded: String,
    value: String,
    composed: String,
}

/// What is noted beside the values.
struct Log {
    marks: BTreeMap<(u32, Cell), RoaringBitmap>,
    too_long: BTreeMap<Cell, RoaringBitmap>,
    garbled: BTreeMap<Cell, RoaringBitmap>,
    misaligned: RoaringBitmap,
    filled: Vec<u64>,
    sample: Sample,
}

impl Log {
    fn marks(&mut self, cell: Cell, row: u32, marks: Marks) {
        for (at, (mark, _)) in MARKS.iter().enumerate() {
            if marks.has(*mark) {
                self.marks.entry((at as u32, cell)).or_default().insert(row);
            }
        }
    }

    fn text(&mut self, reader: &Reader<'_>, row: u32, id: u32, text: &str) {
        if *reader.rule.ty == Type::Text && reader.max_length > 0 {
            let longest = reader.max_length as usize;
            if text.len() > longest && text.chars().count() > longest {
                self.too_long.entry(reader.cell).or_default().insert(row);
            }
        }
        if !text.is_ascii() {
            if is_garbled(text) {
                self.garbled.entry(reader.cell).or_default().insert(row);
            }
            self.sample.take(id, text);
        }
    }
}

impl<'d> Typer<'d> {
    /// For the rows under `header`. `dataset` is the one that the frame will carry.
    pub fn new(dataset: &'d Arc<Dataset>, pack: &'d Pack, header: &Header) -> Self {
        let sources = header.sources();
        let codes = |ty: &Type| -> Option<&'d CodeList> {
            match ty {
                Type::Code(list) => pack.codelists.get(list).map(Arc::as_ref),
                _ => None,
            }
        };
        let rule = |ty: &'d Type, month, key| Rule {
            ty,
            month,
            codes: codes(ty),
            compact_dates: header.compact_dates,
            shared: ty.is_textual() || key,
        };
        let mut fields = Vec::new();
        for (at, field) in dataset.fields.iter().enumerate() {
            let cell = Cell::Field(FieldIx(at));
            if let Some(source) = sources.get(&cell) {
                let reader =
                    Reader { cell, source: source_of(source), rule: rule(&field.ty, field.month, dataset.key.contains(&FieldIx(at))), max_length: field.max_length };
                fields.push((FieldIx(at), reader));
            }
        }
        let mut groups = Vec::new();
        for (at, group) in dataset.groups.iter().enumerate() {
            let ix = GroupIx(at);
            let mut slots = Vec::new();
            for slot in 0..=group.last_slot {
                let reader = |(m, member): (usize, &'d yizheng_pack::dataset::Member)| {
                    let cell = match (slot, member.main) {
                        (0, Some(main)) => Cell::Field(main),
                        (0, None) => return None,
                        _ => Cell::Member(ix, MemberIx(m), slot),
                    };
                    let source = source_of(sources.get(&cell)?);
                    Some(Reader { cell, source, rule: rule(&member.ty, false, false), max_length: member.max_length })
                };
                let members: Vec<_> = group.members.iter().enumerate().map(reader).collect();
                if members.iter().any(Option::is_some) {
                    slots.push(Slot { slot, members });
                }
            }
            if !slots.is_empty() {
                groups.push(GroupReader { group: ix, slots, builder: GroupBuilder::new(group) });
            }
        }
        let unknown = header.targets.iter().enumerate().filter(|(_, t)| t.is_none()).map(|(at, _)| at).collect();
        Self {
            dataset: dataset.clone(),
            width: header.columns.len(),
            values: header.values.clone(),
            columns: fields.iter().map(|(_, reader)| ColumnBuilder::new(reader.rule.ty)).collect(),
            fields,
            groups,
            unknown,
            looks: Vec::new(),
            rows: Int64Builder::new(),
            dash: StateBuilder::new(dataset.fields.len()),
            malformed: StateBuilder::new(dataset.fields.len()),
            log: Log {
                marks: BTreeMap::new(),
                too_long: BTreeMap::new(),
                garbled: BTreeMap::new(),
                misaligned: RoaringBitmap::new(),
                filled: vec![0; header.columns.len()],
                sample: Sample::default(),
            },
            scratch: Scratch::default(),
        }
    }

    /// Rows so far.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Adds a row under its id.
    pub fn push(&mut self, row: &Row, id: u32) -> Result<(), Full> {
        let position = self.rows.len();
        let at = position as u32;
        self.rows.append_value(i64::from(id));
        self.looks.clear();
        self.looks.extend(row.record.iter().map(|raw| match raw {
            b"" => Look::Empty,
            b"-" => Look::Dash,
            _ => Look::Filled,
        }));
        // A cell within a merge is not empty: nobody knows what it holds.
        for (at, kind) in row.kinds.iter().enumerate() {
            if *kind == Kind::Covered
                && let Some(look) = self.looks.get_mut(at)
            {
                *look = Look::Filled;
            }
        }
        let cells = row.record.len();
        // Sheets leave out empty cells at the end; a text that does so has lost something. Empty
        // cells too many are harmless in both.
        let short = cells < self.width && row.kinds.is_empty();
        let long = cells > self.width && (self.width..cells).any(|at| !row.raw(at).trim_ascii().is_empty());
        if short || long {
            self.log.misaligned.insert(at);
        }
        for ((_, reader), column) in self.fields.iter().zip(&mut self.columns) {
            let (reading, marks) = reader.read(row, &self.looks, &self.values, &mut self.scratch);
            if !marks.is_empty() {
                self.log.marks(reader.cell, at, marks);
            }
            match reading {
                Reading::Blank => column.push_null(),
                Reading::Dash => {
                    self.dash.set(reader.cell, position);
                    column.push_null();
                }
                Reading::Malformed => {
                    self.malformed.set(reader.cell, position);
                    column.push_null();
                }
                Reading::Text(text) => {
                    self.log.text(reader, at, id, text);
                    column.push(reading)?;
                }
                _ => column.push(reading)?,
            }
        }
        for group in &mut self.groups {
            for slot in &group.slots {
                if !slot.is_present(row, &self.looks) {
                    continue;
                }
                for (member, column) in slot.members.iter().zip(&mut group.builder.members) {
                    let Some(reader) = member else {
                        column.push_null();
                        continue;
                    };
                    let (reading, marks) = reader.read(row, &self.looks, &self.values, &mut self.scratch);
                    // What is to be said of slot 0 is said of its fields.
                    if slot.slot > 0 {
                        if !marks.is_empty() {
                            self.log.marks(reader.cell, at, marks);
                        }
                        match reading {
                            Reading::Dash => self.dash.set(reader.cell, position),
                            Reading::Malformed => self.malformed.set(reader.cell, position),
                            Reading::Text(text) => self.log.text(reader, at, id, text),
                            _ => {}
                        }
                    }
                    column.push(reading)?;
                }
                group.builder.end_element(slot.slot);
            }
            group.builder.end_row();
        }
        for column in &self.unknown {
            if look(&self.looks, *column) == Look::Filled
                && !matches!(row.raw(*column).trim_ascii(), b"" | b"-")
                && let Some(filled) = self.log.filled.get_mut(*column)
            {
                *filled += 1;
            }
        }
        Ok(())
    }

    /// The columns.
    pub fn finish(mut self) -> Result<Typed, FrameError> {
        let len = self.rows.len();
        let mut columns = vec![None; self.dataset.fields.len()];
        for ((field, _), builder) in self.fields.iter().zip(self.columns) {
            if let Some(column) = columns.get_mut(field.0) {
                *column = builder.finish();
            }
        }
        let mut groups = vec![None; self.dataset.groups.len()];
        for reader in self.groups {
            if let Some(group) = groups.get_mut(reader.group.0) {
                *group = Some(reader.builder.finish());
            }
        }
        let states = CellStates { dash: self.dash.finish(len), malformed: self.malformed.finish(len) };
        let frame = Frame::new(self.dataset, self.rows.finish(), columns, groups, states)?;
        let Log { marks, too_long, garbled, misaligned, filled, sample } = self.log;
        Ok(Typed { frame, marks, too_long, garbled, misaligned, filled, sample })
    }
}

fn source_of(columns: &[(usize, Target)]) -> Source {
    match columns {
        [(column, Target { part: Part::Whole, .. })] => Source::Column(*column),
        _ => Source::Columns(columns.iter().map(|(column, target)| (*column, target.part)).collect()),
    }
}

/// Whether a cell is neither blank nor a dash of any kind.
fn holds_something(row: &Row, column: usize) -> bool {
    if row.kind(column) == Kind::Covered {
        return true;
    }
    match row.raw(column).trim_ascii() {
        b"" | b"-" | b"--" => false,
        // The other dashes are short.
        few if few.len() <= 6 && !few.is_ascii() => {
            let mut decoded = String::new();
            let text = row.text(column, &mut decoded).trim();
            !text.is_empty() && !value::is_dash(text)
        }
        _ => true,
    }
}

impl Slot<'_> {
    /// An element is present when one of its cells holds something other than blank or `-`.
    fn is_present(&self, row: &Row, looks: &[Look]) -> bool {
        let filled = |column: usize| {
            look(looks, column) == Look::Filled && holds_something(row, column)
        };
        self.members.iter().flatten().any(|reader| match &reader.source {
            Source::Column(column) => filled(*column),
            Source::Columns(columns) => columns.iter().any(|(column, _)| filled(*column)),
        })
    }
}

impl Reader<'_> {
    fn read<'s>(
        &self,
        row: &'s Row,
        looks: &[Look],
        values: &'s Values,
        scratch: &'s mut Scratch,
    ) -> (Reading<'s>, Marks) {
        let Scratch { decoded, value, composed } = scratch;
        match &self.source {
            Source::Column(column) => match look(looks, *column) {
                Look::Empty => (Reading::Blank, Marks::default()),
                Look::Dash => (Reading::Dash, Marks::default()),
                Look::Filled => {
                    value::read(text_of(row, *column, values, decoded), row.kind(*column), self.rule, value)
                }
            },
            Source::Columns(columns) => {
                let mut parts = Vec::with_capacity(columns.len());
                for (column, part) in columns {
                    let text = text_of(row, *column, values, decoded).to_owned();
                    parts.push((*part, text, row.kind(*column)));
                }
                compose::read(&parts, self.rule, composed, value)
            }
        }
    }
}

/// Which element codes the file has a column for.
pub(crate) fn present(header: &Header) -> HashMap<Cell, Vec<usize>> {
    header.sources().into_iter().map(|(cell, at)| (cell, at.into_iter().map(|(column, _)| column).collect())).collect()
}
