//! Rows as they are stored: the columns of a frame beside what the lake adds to each row.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, ListBuilder, RecordBatch, RecordBatchReader, StringArray, StringBuilder};
use arrow::compute::{concat_batches, filter_record_batch};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::row::{RowConverter, SortField};
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::ChunkReader;
use parquet::schema::types::SchemaDescriptor;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use yizheng_eval::frame::{self, Frame, FrameError, ROW, SLOT};
use yizheng_pack::dataset::{Dataset, FieldIx, GroupIx, MemberIx, Privacy};
use yizheng_pack::expr::{Expr, Node};

/// Column with the pseudonym of the row's person.
pub const PERSON: &str = "person";
/// Column with the submission that brought the row; with `row` it names the line of a file.
pub const SUBMISSION: &str = "submission";
/// Column with the checks that the row violates.
pub const VIOLATES: &str = "violates";

/// Metadata entry of a file with counted rows: which checks its rows went through.
const CHECKS: &str = "yizheng.checks";

/// What the checks said of the rows of a submission, as far as measuring needs it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CheckedRows {
    /// The rows that violate it, for each check that ran; empty when all pass.
    pub violated: BTreeMap<String, RoaringBitmap>,
    /// The reason, for each check that did not run on this file.
    pub not_run: BTreeMap<String, String>,
}

/// Which checks the rows of a file went through.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChecksRun {
    pub ran: BTreeSet<String>,
    pub not_run: BTreeMap<String, String>,
}

/// Said of a check that only one of two submissions that make up a file went through.
const NOT_RUN_ON_ALL: &str = "本月部分数据报送时没有这项校验";

impl ChecksRun {
    /// Of a submission's own rows.
    pub fn of(checked: &CheckedRows) -> Self {
        Self { ran: checked.violated.keys().cloned().collect(), not_run: checked.not_run.clone() }
    }

    /// Of a file made of rows of two.
    pub fn and(&self, other: &Self) -> Self {
        let ran: BTreeSet<String> = self.ran.intersection(&other.ran).cloned().collect();
        let one_only = self.ran.symmetric_difference(&other.ran).map(|id| (id.clone(), NOT_RUN_ON_ALL.to_owned()));
        let mut not_run: BTreeMap<String, String> = one_only.collect();
        not_run.extend(self.not_run.clone());
        not_run.extend(other.not_run.clone());
        Self { ran, not_run }
    }

    /// Why rows that violate none of these checks cannot be counted: the first that did not run.
    pub fn gap(&self, checks: &[Arc<str>]) -> Option<String> {
        let id = checks.iter().find(|id| !self.ran.contains(id.as_ref()))?;
        Some(match self.not_run.get(id.as_ref()) {
            Some(reason) => format!("校验{id}未能执行：{reason}"),
            None => format!("校验{id}在报送时尚未启用"),
        })
    }
}

/// Which columns to read. Row ids always come with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    names: BTreeSet<String>,
    members: BTreeSet<(String, String)>,
    everything: bool,
}

impl Columns {
    /// All that is there.
    pub fn everything() -> Self {
        Self { everything: true, ..Self::default() }
    }

    /// Only these fields.
    pub fn of(dataset: &Dataset, fields: &[FieldIx]) -> Self {
        fields.iter().fold(Self::default(), |columns, field| columns.with(dataset, *field))
    }

    /// A field more.
    #[must_use]
    pub fn with(mut self, dataset: &Dataset, field: FieldIx) -> Self {
        self.names.extend(dataset.fields.get(field.0).map(|f| f.id.to_string()));
        self
    }

    /// What the lake adds: [`PERSON`], [`SUBMISSION`] or [`VIOLATES`].
    #[must_use]
    pub fn with_mark(mut self, mark: &'static str) -> Self {
        self.names.insert(mark.to_owned());
        self
    }

    /// Everything that an expression reads.
    #[must_use]
    pub fn with_expr(mut self, dataset: &Dataset, expr: &Expr) -> Self {
        let mut fields = Vec::new();
        let mut members = Vec::new();
        expr.walk(&mut |expr| match &expr.node {
            Node::Field(field) => fields.push(*field),
            Node::Member(group, member) => members.push((*group, Some(*member))),
            Node::Slot(group) | Node::Over(_, group, _) => members.push((*group, None)),
            _ => {}
        });
        for (group, member) in members {
            self.members.extend(member_name(dataset, group, member));
        }
        fields.into_iter().fold(self, |columns, field| columns.with(dataset, field))
    }

    fn mask(&self, schema: &SchemaDescriptor) -> ProjectionMask {
        if self.everything {
            return ProjectionMask::all();
        }
        let wanted = |path: &[String]| match path {
            [name] => name == ROW || self.names.contains(name),
            // A list of texts: its name, the list, the item.
            [name, _, _] => self.names.contains(name),
            [group, .., member] => {
                let of_group = || self.members.iter().any(|(g, _)| g == group);
                self.members.contains(&(group.clone(), member.clone())) || (member == SLOT && of_group())
            }
            [] => false,
        };
        let leaves = schema.columns().iter().enumerate().filter(|(_, column)| wanted(column.path().parts()));
        ProjectionMask::leaves(schema, leaves.map(|(leaf, _)| leaf))
    }
}

fn member_name(dataset: &Dataset, group: GroupIx, member: Option<MemberIx>) -> Option<(String, String)> {
    let group = dataset.groups.get(group.0)?;
    let member = match member {
        Some(member) => group.members.get(member.0)?.id.to_string(),
        None => SLOT.to_owned(),
    };
    Some((group.id.to_string(), member))
}

/// Rows with what the lake adds to them.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The columns that were asked for; those of personal fields only where identities were read.
    pub frame: Frame,
    /// [`PERSON`], [`SUBMISSION`], [`VIOLATES`], as far as asked for.
    pub(crate) marks: RecordBatch,
}

impl Stored {
    /// The submission that brought each row; null when it was not read.
    pub fn submission(&self, index: usize) -> Option<&str> {
        self.text(SUBMISSION, index)
    }

    /// The pseudonym of each row's person; null when it was not read or the dataset has no persons.
    pub fn person(&self, index: usize) -> Option<&str> {
        self.text(PERSON, index)
    }

    fn text(&self, mark: &str, index: usize) -> Option<&str> {
        let column = self.marks.column_by_name(mark)?.as_string_opt::<i32>()?;
        column.is_valid(index).then(|| column.value(index))
    }

    /// For each row, whether it violates none of `checks`; `None` when that was not read.
    pub(crate) fn without(&self, checks: &[Arc<str>]) -> Option<BooleanArray> {
        let violates = self.marks.column_by_name(VIOLATES)?.as_list_opt::<i32>()?;
        let ids = violates.values().as_string_opt::<i32>()?;
        let asked: HashSet<&str> = checks.iter().map(AsRef::as_ref).collect();
        let hits: Vec<bool> = ids.iter().map(|id| id.is_some_and(|id| asked.contains(id))).collect();
        let rows = violates.offsets().windows(2).map(|ends| match ends {
            [from, to] => !hits.get(*from as usize..*to as usize).is_some_and(|of_row| of_row.contains(&true)),
            _ => false,
        });
        Some(rows.map(Some).collect())
    }

    pub(crate) fn filter(&self, keep: &BooleanArray) -> Result<Self, FrameError> {
        Ok(Self { frame: self.frame.filter(keep)?, marks: filter_record_batch(&self.marks, keep)? })
    }

    pub(crate) fn concat(dataset: &Arc<Dataset>, parts: &[Self]) -> Result<Self, FrameError> {
        let frames: Vec<Frame> = parts.iter().map(|part| part.frame.clone()).collect();
        let schema = parts.first().map_or_else(|| Arc::new(Schema::empty()), |part| part.marks.schema());
        Ok(Self {
            frame: Frame::concat(dataset.clone(), &frames)?,
            marks: concat_batches(&schema, parts.iter().map(|part| &part.marks))?,
        })
    }

    /// Rows whose business key is also that of a row of `others`; a key with an unknown part is
    /// nobody's.
    pub(crate) fn shares_key(&self, others: &Frame) -> Result<BooleanArray, FrameError> {
        let theirs: HashSet<Vec<u8>> = keys(others)?.into_iter().flatten().collect();
        let mine = keys(&self.frame)?.into_iter();
        Ok(mine.map(|key| Some(key.is_some_and(|key| theirs.contains(&key)))).collect())
    }

    fn batch(&self, keep: impl Fn(Privacy) -> bool) -> Result<RecordBatch, FrameError> {
        let batch = self.frame.to_batch(keep)?;
        let marks = self.marks.schema();
        let fields: Vec<Arc<Field>> = batch.schema().fields().iter().chain(marks.fields()).cloned().collect();
        let columns: Vec<ArrayRef> = batch.columns().iter().chain(self.marks.columns()).cloned().collect();
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
    }
}

/// The business keys of rows, comparable between frames of one dataset; `None` where a part of the
/// key is unknown or its column absent.
pub(crate) fn keys(frame: &Frame) -> Result<Vec<Option<Vec<u8>>>, FrameError> {
    let key = &frame.dataset.key;
    let columns: Option<Vec<ArrayRef>> = key.iter().map(|field| frame.column(*field).cloned()).collect();
    let Some(columns) = columns.filter(|columns| !columns.is_empty()) else {
        return Ok(vec![None; frame.len]);
    };
    let types = columns.iter().map(|column| SortField::new(column.data_type().clone())).collect();
    let rows = RowConverter::new(types)?.convert_columns(&columns)?;
    let known = |index: usize| columns.iter().all(|column| column.is_valid(index));
    Ok(rows.iter().enumerate().map(|(index, row)| known(index).then(|| row.as_ref().to_vec())).collect())
}

/// For each row of the frame, the checks that it violates, as a list column.
pub(crate) fn violates(frame: &Frame, checked: &CheckedRows) -> ArrayRef {
    let mut failed: HashMap<u32, Vec<&str>> = HashMap::new();
    for (check, rows) in &checked.violated {
        for row in rows {
            failed.entry(row).or_default().push(check);
        }
    }
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in frame.row.values() {
        for check in u32::try_from(*row).ok().and_then(|row| failed.get(&row)).into_iter().flatten() {
            lists.values().append_value(check);
        }
        lists.append(true);
    }
    Arc::new(lists.finish())
}

fn properties(checks: Option<&ChecksRun>) -> Result<WriterProperties, StoreError> {
    let checks = checks.map(serde_json::to_string).transpose()?;
    // Not Zstandard: its state is made anew for each of some two hundred columns, which took more
    // time than all the rest of a small hospital's month.
    Ok(WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_created_by(concat!("yizheng ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(checks.map(|text| vec![KeyValue::new(CHECKS.to_owned(), text)]))
        .build())
}

/// Why stored bytes could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file format's library refused.
    #[error(transparent)]
    Parquet(#[from] parquet::errors::ParquetError),
    /// The columns are not those of the definitions.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The list of checks in a file is not readable.
    #[error(transparent)]
    Checks(#[from] serde_json::Error),
}

impl From<arrow::error::ArrowError> for StoreError {
    fn from(error: arrow::error::ArrowError) -> Self {
        Self::Frame(error.into())
    }
}

/// The bytes of a Parquet file with the plain columns and the marks.
pub(crate) fn analysis_bytes(rows: &Stored, checks: &ChecksRun) -> Result<Vec<u8>, StoreError> {
    parquet_bytes(&rows.batch(|privacy| privacy == Privacy::Plain)?, Some(checks))
}

/// The bytes of a Parquet file with the personal columns; `None` when the dataset has none.
pub(crate) fn identity_bytes(rows: &Frame) -> Result<Option<Vec<u8>>, StoreError> {
    if !has_identities(&rows.dataset) {
        return Ok(None);
    }
    Ok(Some(parquet_bytes(&rows.to_batch(personal)?, None)?))
}

/// Whether a dataset has personal columns.
pub(crate) fn has_identities(dataset: &Dataset) -> bool {
    frame::schema(dataset, personal).fields().len() > 1
}

fn personal(privacy: Privacy) -> bool {
    privacy == Privacy::Personal
}

fn parquet_bytes(batch: &RecordBatch, checks: Option<&ChecksRun>) -> Result<Vec<u8>, StoreError> {
    let batch = &without_empty_columns(batch)?;
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties(checks)?))?;
    writer.write(batch)?;
    Ok(writer.into_inner()?)
}

/// A column that is absent reads as null in every row, and so does a group without elements: those
/// that hold nothing else need not be written. Most of the official columns are such in most files.
fn without_empty_columns(batch: &RecordBatch) -> Result<RecordBatch, StoreError> {
    let schema = batch.schema();
    let holds = |(name, column): (&str, &ArrayRef)| match column.as_list_opt::<i32>() {
        _ if [ROW, PERSON, SUBMISSION, VIOLATES].contains(&name) => true,
        Some(list) => !list.values().is_empty(),
        None => column.null_count() < column.len(),
    };
    let names = schema.fields().iter().map(|field| field.name().as_str());
    let columns = names.zip(batch.columns()).enumerate().filter(|(_, column)| holds(*column)).map(|(at, _)| at);
    Ok(batch.project(&columns.collect::<Vec<usize>>())?)
}

/// Reads a file of [`analysis_bytes`] or [`identity_bytes`].
pub(crate) fn read(
    source: impl ChunkReader + 'static,
    dataset: &Arc<Dataset>,
    columns: &Columns,
) -> Result<(Stored, ChecksRun), StoreError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(source)?;
    let metadata = builder.metadata().file_metadata();
    let entries = metadata.key_value_metadata().into_iter().flatten();
    let checks = match entries.filter(|entry| entry.key == CHECKS).find_map(|entry| entry.value.as_ref()) {
        Some(text) => serde_json::from_str(text)?,
        None => ChecksRun::default(),
    };
    let rows = usize::try_from(metadata.num_rows()).unwrap_or_default();
    let mask = columns.mask(metadata.schema_descr());
    let reader = builder.with_projection(mask).with_batch_size(rows.max(1)).build()?;
    let schema = reader.schema();
    let batches = reader.collect::<Result<Vec<_>, _>>()?;
    let batch = concat_batches(&schema, &batches)?;
    let is_mark = |name: &str| [PERSON, SUBMISSION, VIOLATES].contains(&name);
    let marks = (0..).zip(schema.fields()).filter(|(_, field)| is_mark(field.name())).map(|(at, _)| at);
    let marks = batch.project(&marks.collect::<Vec<usize>>())?;
    Ok((Stored { frame: Frame::from_batch(dataset.clone(), &batch)?, marks }, checks))
}

/// The marks of a submission's own rows.
pub(crate) fn marks(
    frame: &Frame,
    persons: Option<ArrayRef>,
    submission: &str,
    checked: &CheckedRows,
) -> Result<RecordBatch, FrameError> {
    let texts = |text: Option<&str>| -> ArrayRef {
        let texts: StringArray = std::iter::repeat_n(text, frame.len).collect();
        Arc::new(texts)
    };
    let violates = violates(frame, checked);
    let schema = Schema::new(vec![
        Field::new(PERSON, DataType::Utf8, true),
        Field::new(SUBMISSION, DataType::Utf8, true),
        Field::new(VIOLATES, violates.data_type().clone(), true),
    ]);
    let columns = vec![persons.unwrap_or_else(|| texts(None)), texts(Some(submission)), violates];
    Ok(RecordBatch::try_new(Arc::new(schema), columns)?)
}
