//! The indicators' SQL form on DataFusion, an engine that knows nothing of ours: the third opinion
//! in the tests, and the way to compute slices elsewhere.
//!
//! ```text
//! let files = Files { counted: vec![…], held: vec![…], linked: vec![…] };   as Lake::parquet names them
//! sums(&dataset, &parts, &files, &environment).await?                       as the slices have them, to the last digit
//! ```
//!
//! The statements come from [`yizheng_pack::expr::sql`]; this crate gives them their tables and reads
//! the answers. It holds no rule of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Decimal128Type, Field, Float64Type, Int64Type, Schema};
use datafusion::config::Dialect as ParserDialect;
use datafusion::datasource::MemTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::DataFusionError;
use datafusion::prelude::{SessionConfig, SessionContext};
use yizheng_lake::elsewhere;
use yizheng_pack::dataset::Dataset;
use yizheng_pack::expr::Environment;
use yizheng_pack::expr::sql::{self, Dialect, PLACE, SqlError, held_table, linked_table};
use yizheng_pack::indicator::{Part, Summand};

/// Parquet files of one dataset, as the lake wrote them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// Files of rows that count.
    pub counted: Vec<PathBuf>,
    /// Files of rows held apart; read only for parts that count all rows received.
    pub held: Vec<PathBuf>,
    /// Files of all counted rows of the dataset, among which links look for other rows; read only for
    /// parts that ask for links.
    pub linked: Vec<PathBuf>,
}

/// Why sums could not be computed. None of them is the fault of a row.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// A part has no SQL form.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// The engine refused.
    #[error(transparent)]
    Engine(#[from] DataFusionError),
    /// A sum of squares goes beyond the engine's decimals, which would wrap around.
    #[error("the sum of the part `{0}` is too large")]
    TooLarge(Arc<str>),
    /// An answer is not what was asked for.
    #[error("the engine's answer has no column `{0}` of the type asked for")]
    Answer(String),
}

/// Sums of squares above this are refused: the engine's decimals have 38 digits.
const LARGEST: f64 = 9e37;

/// A session that reads the statements of [`yizheng_pack::expr::sql`] and gives plain texts.
pub fn session() -> SessionContext {
    let mut config = SessionConfig::new();
    let options = config.options_mut();
    // The lambdas of the statements are written as DuckDB writes them.
    options.sql_parser.dialect = ParserDialect::DuckDB;
    options.sql_parser.map_string_types_to_utf8view = false;
    // Texts of a file as plain columns: half the memory.
    options.execution.parquet.schema_force_view_types = false;
    SessionContext::new_with_config(config)
}

/// Makes the rows of a dataset's files known to a session, as the tables of its id, of [`held_table`]
/// and of [`linked_table`].
///
/// # Errors
/// When a file cannot be named to the engine.
pub async fn register(session: &SessionContext, dataset: &Dataset, files: &Files) -> Result<(), ClusterError> {
    let schema = nullable(&elsewhere::schema(dataset));
    let id = &dataset.meta.id;
    let tables = [(id.to_string(), &files.counted), (held_table(id), &files.held), (linked_table(id), &files.linked)];
    for (table, files) in tables {
        let (rows, place) = if files.is_empty() {
            (session.read_table(Arc::new(MemTable::try_new(schema.clone(), vec![Vec::new()])?))?, "CAST(NULL AS BIGINT)")
        } else {
            let urls = files.iter().map(|file| ListingTableUrl::parse(file.to_string_lossy()));
            let options = ListingOptions::new(Arc::new(ParquetFormat::default()));
            let config = ListingTableConfig::new_with_multi_paths(urls.collect::<Result<_, _>>()?)
                .with_listing_options(options)
                .with_schema(schema.clone());
            (session.read_table(Arc::new(ListingTable::try_new(config)?))?, "file_row_index()")
        };
        // A group that a file leaves out has no elements.
        let filled = format!("{table} as stored");
        session.register_table(datafusion::common::TableReference::bare(filled.clone()), rows.into_view())?;
        let columns = schema.fields().iter().map(|field| match field.data_type() {
            DataType::List(_) => format!("coalesce(\"{0}\", []) AS \"{0}\"", field.name()),
            _ => format!("\"{}\"", field.name()),
        });
        let columns = columns.chain([format!("{place} AS {PLACE}")]);
        let select = format!("SELECT {} FROM \"{filled}\"", columns.collect::<Vec<_>>().join(", "));
        let view = session.sql(&select).await?.into_view();
        session.register_table(datafusion::common::TableReference::bare(table), view)?;
    }
    Ok(())
}

/// Groups are never null in a file that has them, but a file may lack them.
fn nullable(schema: &Schema) -> Arc<Schema> {
    let fields = schema.fields().iter().map(|field| Field::clone(field).with_nullable(true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The sums of `parts` over the rows of `files`, by department, in integer units of
/// [`Summand::scale`] digits: what the lake's slices of these files add up to. Every department
/// stands in the answer, rows without one under the empty name.
///
/// # Errors
/// When a part has no SQL form or lacks something, a file cannot be read, or a sum is too large.
pub async fn sums(
    dataset: &Dataset,
    parts: &[&Part],
    files: &Files,
    environment: &Environment,
) -> Result<BTreeMap<String, Vec<i128>>, ClusterError> {
    let session = session();
    register(&session, dataset, files).await?;
    let (of_received, of_rows): (Vec<usize>, Vec<usize>) = (0..parts.len())
        .partition(|at| parts.get(*at).is_some_and(|part| matches!(part.of, Summand::Quality { .. })));
    let mut sums: BTreeMap<String, Vec<i128>> = BTreeMap::new();
    let chosen = |places: &[usize]| places.iter().filter_map(|at| parts.get(*at).copied()).collect::<Vec<&Part>>();
    // Without parts it still says which departments there are.
    let over_rows = chosen(&of_rows);
    let statement = sql::sums(&over_rows, dataset, environment, Dialect::DataFusion)?;
    let answer = session.sql(&statement).await?.collect().await?;
    put(&answer, (&over_rows, &of_rows), true, parts.len(), &mut sums)?;
    if !of_received.is_empty() {
        let over_received = chosen(&of_received);
        let statement = sql::sums_of_received(&over_received, dataset, Dialect::DataFusion)?;
        let answer = session.sql(&statement).await?.collect().await?;
        put(&answer, (&over_received, &of_received), false, parts.len(), &mut sums)?;
    }
    Ok(sums)
}

/// Puts the sums of some parts into their places among `width`.
fn put(
    answer: &[RecordBatch],
    (parts, places): (&[&Part], &[usize]),
    counted: bool,
    width: usize,
    sums: &mut BTreeMap<String, Vec<i128>>,
) -> Result<(), ClusterError> {
    for batch in answer {
        let departments = column(batch, sql::DEPARTMENT)?;
        let departments = departments.as_string_opt::<i32>().ok_or_else(|| wrong(sql::DEPARTMENT))?;
        let rows = column(batch, sql::ROWS)?;
        // An engine may answer for no rows at all where nothing tells groups apart.
        for row in (0..batch.num_rows()).filter(|row| whole(&rows, *row) != Some(0)) {
            let mut found = Vec::with_capacity(parts.len());
            for (at, part) in parts.iter().enumerate() {
                let id = format!("p{at}");
                found.push(whole(&column(batch, &id)?, row).ok_or_else(|| wrong(&id))?);
                if let Some(about) = batch.column_by_name(&format!("a{at}")) {
                    let about = about.as_primitive_opt::<Float64Type>().ok_or_else(|| wrong(&id))?;
                    if about.value(row) > LARGEST {
                        return Err(ClusterError::TooLarge(part.key.clone()));
                    }
                }
            }
            let name = if departments.is_valid(row) { departments.value(row) } else { "" };
            // Rows held apart make no department by themselves.
            if counted || sums.contains_key(name) || found.iter().any(|sum| *sum != 0) {
                let of_department = sums.entry(name.to_owned()).or_insert_with(|| vec![0; width]);
                for (place, sum) in places.iter().zip(found) {
                    if let Some(slot) = of_department.get_mut(*place) {
                        *slot = sum;
                    }
                }
            }
        }
    }
    Ok(())
}

fn wrong(column: &str) -> ClusterError {
    ClusterError::Answer(column.to_owned())
}

fn column(batch: &RecordBatch, name: &str) -> Result<ArrayRef, ClusterError> {
    batch.column_by_name(name).cloned().ok_or_else(|| wrong(name))
}

/// A count or a sum; `None` when it is null or of another type.
fn whole(column: &ArrayRef, row: usize) -> Option<i128> {
    if column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Int64 => Some(column.as_primitive_opt::<Int64Type>()?.value(row).into()),
        DataType::Decimal128(_, 0) => Some(column.as_primitive_opt::<Decimal128Type>()?.value(row)),
        _ => None,
    }
}
