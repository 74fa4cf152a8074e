//! Parquet: columns with names and types, as rows of texts. Values are written as people write
//! them, so that everything after reads them as it reads a text file.

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, Float16Type, Float32Type, Float64Type, Schema};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::basic::Compression;

use super::book::{Kind, Row, Visit, beyond, damaged, number};
use super::sheet::{Unpacked, write_number};
use crate::Limits;
use crate::catalogue::{COLUMN_TYPE, PARQUET_COMPRESSION, TOO_MANY_COLUMNS};
use crate::finding::FileFinding;

/// Rows decoded at once.
const BATCH: usize = 1024;

/// An opened file.
pub(crate) struct ColumnFile {
    bytes: Bytes,
    metadata: ArrowReaderMetadata,
}

impl ColumnFile {
    pub fn open(bytes: Cow<'_, [u8]>, limits: &Limits) -> Result<Self, FileFinding> {
        // The library keeps the bytes, so they must be its own.
        let bytes = Bytes::from(bytes.into_owned());
        let options = ArrowReaderOptions::new();
        let metadata = ArrowReaderMetadata::load(&bytes, options.clone()).map_err(|error| damaged(&error.to_string()))?;
        let fields = metadata.schema().fields();
        if fields.len() > limits.columns {
            let (found, limit) = (fields.len().to_string(), limits.columns.to_string());
            return Err(beyond(&TOO_MANY_COLUMNS, None, &found, &limit));
        }
        let refused: Vec<String> = (1..)
            .zip(fields)
            .filter_map(|(at, field)| Some(format!("第 {at} 列“{}”是{}", field.name(), unreadable(field.data_type())?)))
            .collect();
        if !refused.is_empty() {
            return Err(FileFinding::fault(&COLUMN_TYPE, None, &[("columns", &refused.join("；"))]));
        }
        let mut unpacked = Unpacked::new(&bytes, limits);
        for group in metadata.metadata().row_groups() {
            unpacked.add(u64::try_from(group.total_byte_size()).unwrap_or(u64::MAX))?;
            if let Some(column) = group.columns().iter().find(|column| !is_read(column.compression())) {
                let method = column.compression().to_string();
                return Err(FileFinding::fault(&PARQUET_COMPRESSION, None, &[("method", &method)]));
            }
        }
        // A text that stands in many rows is held once, however long it is.
        let schema = Schema::new_with_metadata(
            fields.iter().map(viewed).collect::<Vec<_>>(),
            metadata.schema().metadata().clone(),
        );
        let metadata = ArrowReaderMetadata::try_new(metadata.metadata().clone(), options.with_schema(Arc::new(schema)))
            .map_err(|error| damaged(&error.to_string()))?;
        Ok(Self { bytes, metadata })
    }

    pub fn rows(&self, visit: &mut Visit<'_>) -> Result<(), FileFinding> {
        let mut row = Row::default();
        for field in self.metadata.schema().fields() {
            row.push(field.name(), Kind::Text);
        }
        if !visit(&row)? {
            return Ok(());
        }
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(self.bytes.clone(), self.metadata.clone());
        let reader = reader.with_batch_size(BATCH).build().map_err(|error| damaged(&error.to_string()))?;
        let (mut at, mut text) = (0_u64, String::new());
        for batch in reader {
            let batch: RecordBatch = batch.map_err(|error| damaged(&error.to_string()))?;
            let columns: Result<Vec<Cells<'_>>, ArrowError> =
                batch.columns().iter().map(|column| Cells::of(column.as_ref())).collect();
            let columns = columns.map_err(|error| damaged(&error.to_string()))?;
            for index in 0..batch.num_rows() {
                at += 1;
                row.clear();
                row.number = number(at)?;
                for column in &columns {
                    text.clear();
                    let kind = column.write(index, &mut text).map_err(|error| damaged(&error.to_string()))?;
                    row.push(&text, kind);
                }
                if !visit(&row)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// Compressions that the reader is built with.
fn is_read(compression: Compression) -> bool {
    matches!(compression, Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::ZSTD(_))
}

/// What a type that cannot stand in a cell is called; `None` of one that can.
fn unreadable(ty: &DataType) -> Option<&'static str> {
    match ty {
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::FixedSizeList(..) => Some("列表"),
        DataType::Struct(_) | DataType::Union(..) => Some("结构"),
        DataType::Map(..) => Some("映射"),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => Some("二进制"),
        // Whose clock it shows is not said; a shift by hours would move rows to another day.
        DataType::Timestamp(_, Some(_)) => Some("带时区的时间"),
        DataType::Duration(_) | DataType::Interval(_) => Some("时长"),
        DataType::Dictionary(_, values) => unreadable(values),
        DataType::RunEndEncoded(_, values) => unreadable(values.data_type()),
        _ => None,
    }
}

fn viewed(field: &Arc<Field>) -> Arc<Field> {
    match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 => {
            Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8View))
        }
        _ => Arc::clone(field),
    }
}

/// The cells of one column of a batch.
struct Cells<'a> {
    array: &'a dyn Array,
    formatter: ArrayFormatter<'a>,
    kind: Kind,
}

/// Dates and times as they are officially written.
const OPTIONS: FormatOptions<'static> = FormatOptions::new()
    .with_display_error(false)
    .with_date_format(Some("%Y-%m-%d"))
    .with_datetime_format(Some("%Y-%m-%d"))
    .with_timestamp_format(Some("%Y-%m-%d %H:%M:%S%.f"))
    .with_time_format(Some("%H:%M:%S"));

impl<'a> Cells<'a> {
    fn of(array: &'a dyn Array) -> Result<Self, ArrowError> {
        let ty = match array.data_type() {
            DataType::Dictionary(_, values) => values,
            ty => ty,
        };
        let kind = if ty.is_numeric() { Kind::Exact } else { Kind::Text };
        Ok(Self { array, formatter: ArrayFormatter::try_new(array, &OPTIONS)?, kind })
    }

    /// Writes a cell as it would stand in a text file; nothing where it is null.
    fn write(&self, at: usize, text: &mut String) -> Result<Kind, ArrowError> {
        if self.array.is_null(at) {
            return Ok(Kind::Text);
        }
        match self.array.data_type() {
            // The shortest number that a float of this size can mean.
            DataType::Float16 => text.push_str(&self.array.as_primitive::<Float16Type>().value(at).to_string()),
            DataType::Float32 => text.push_str(&self.array.as_primitive::<Float32Type>().value(at).to_string()),
            DataType::Float64 => match self.array.as_primitive::<Float64Type>().value(at) {
                number if number.is_finite() => {
                    return Ok(match write_number(number, text) {
                        Kind::Number => Kind::Exact,
                        lost => lost,
                    });
                }
                other => text.push_str(&other.to_string()),
            },
            DataType::Boolean => text.push_str(if self.array.as_boolean().value(at) { "TRUE" } else { "FALSE" }),
            DataType::Utf8View => text.push_str(self.array.as_string_view().value(at)),
            _ => self.formatter.value(at).write(text)?,
        }
        Ok(self.kind)
    }
}
