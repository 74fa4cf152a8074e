//! Expressions over a frame on DataFusion.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::datasource::MemTable;
use tokio::runtime::Runtime;
use yizheng_eval::{Frame, value_at};
use yizheng_pack::expr::sql::{Dialect, SqlError, column_type, expression};
use yizheng_pack::expr::{Environment, Expr};
use yizheng_pack::types::Value;

pub fn runtime() -> Runtime {
    // Deep expressions are planned by recursion.
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_stack_size(16 << 20).enable_all().build().unwrap()
}

/// The statement that gives expressions for each row of a table.
pub fn select(exprs: &[&Expr], frame: &Frame, environment: &Environment, dialect: Dialect, table: &str) -> Result<String, SqlError> {
    let column = |(at, expr): (usize, &&Expr)| {
        let sql = expression(expr, &frame.dataset, environment, dialect)?;
        Ok(format!("CAST({sql} AS {}) AS c{at}", column_type(&expr.ty)?))
    };
    let columns = exprs.iter().enumerate().map(column).collect::<Result<Vec<_>, SqlError>>()?;
    Ok(format!("SELECT {} FROM {table} ORDER BY \"row\"", columns.join(", ")))
}

/// What DataFusion answers: for each expression its value for each row.
pub fn answers(runtime: &Runtime, exprs: &[&Expr], frame: &Frame, environment: &Environment) -> Result<Vec<Vec<Value>>, String> {
    let sql = select(exprs, frame, environment, Dialect::DataFusion, "rows_asked").map_err(|error| error.to_string())?;
    let batch = with_links(frame);
    let run = async move {
        let session = yizheng_cluster::session();
        let table = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
        session.register_table("rows_asked", Arc::new(table))?;
        session.sql(&sql).await?.collect().await
    };
    let batches = runtime.block_on(runtime.spawn(run)).unwrap().map_err(|error| error.to_string())?;
    let mut answers = vec![Vec::new(); exprs.len()];
    for batch in &batches {
        for (at, expr) in exprs.iter().enumerate() {
            let column = batch.column(at);
            assert_eq!(*column.data_type(), yizheng_eval::arrow_type(&expr.ty));
            answers[at].extend((0..batch.num_rows()).map(|row| value_at(column, &expr.ty, row)));
        }
    }
    Ok(answers)
}

/// The columns of a frame, and what its links say as columns of their own.
fn with_links(frame: &Frame) -> RecordBatch {
    let batch = frame.to_batch(|_| true).unwrap();
    let (mut fields, mut columns) = (batch.schema().fields().to_vec(), batch.columns().to_vec());
    for (link, answers) in frame.dataset.links.iter().zip(&frame.links) {
        fields.push(Arc::new(Field::new(format!("linked {}", link.id), DataType::Boolean, true)));
        columns.push(Arc::new(answers.clone()));
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

/// Writes a frame as a Parquet file.
pub fn write_parquet(runtime: &Runtime, frame: &Frame, path: &std::path::Path) {
    let batch = with_links(frame);
    let path = path.to_string_lossy().into_owned();
    runtime.block_on(async {
        let rows = yizheng_cluster::session().read_batch(batch).unwrap();
        rows.write_parquet(&path, datafusion::dataframe::DataFrameWriteOptions::new(), None).await.unwrap();
    });
}
