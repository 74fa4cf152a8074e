//! Typed expressions, parts and indicators as SQL: the third opinion, and the form in which another
//! engine computes slices.
//!
//! The text means exactly what [`super::reference`] says, for rows as the lake keeps them:
//!
//! | here | column |
//! | --- | --- |
//! | text, code | `VARCHAR` |
//! | number | `BIGINT` in units of its last digit: money in 分 |
//! | date | `DATE` |
//! | date and time | `TIMESTAMP(0)`, civil |
//! | repeated group | a list of structs: `slot` and the members; never null |
//! | violated checks of a row | `violates`, a list of `VARCHAR`; never null |
//! | pseudonym of a row's person | `person`, `VARCHAR` |
//! | what names a row | `submission`, `VARCHAR`, and `row`, `BIGINT` |
//! | place of a row in its file | `place`, `BIGINT`, from 0; no file holds it |
//!
//! Whatever is the same for all rows (parameters, facts, code lists) is written out as constants, so
//! a statement needs nothing but its table. An expression that SQL cannot say is an error that names
//! it. The language's manual, `spec/README.md`, has the forms side by side.

mod expression;
mod function;
mod link;
mod statement;
mod whole;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use expression::expression;
pub use link::{PLACE, linked_table};
pub use statement::{DEPARTMENT, ROWS, duckdb_view, held_table, sums, sums_of_received};
pub use whole::{indicator, parts};

use super::Missing;
use crate::types::Type;

/// Whose SQL. The two differ in the names of a few functions; `DataFusion` reads lambdas with its
/// parser set to DuckDB's dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Apache DataFusion.
    #[default]
    DataFusion,
    /// DuckDB.
    DuckDb,
}

/// Why something has no SQL form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SqlError {
    /// How a cell was written is known at intake only.
    #[error("`{0}` asks how a cell was written, which stored rows do not keep")]
    CellState(&'static str),
    /// A member or slot that no quantifier encloses: a check over each element, not over rows.
    #[error("a member of `{0}` stands outside any, all, count and the like")]
    NoElement(String),
    /// The tree is not one that the loader lets through.
    #[error("ill-typed {0}")]
    IllTyped(&'static str),
    /// A personal column, which is not in the files that are measured.
    #[error("`{0}` is personal and not in the files that are measured")]
    Personal(Arc<str>),
    /// The part asks for something that is not to be had; a sum without it would be wrong.
    #[error("the part `{part}` lacks {}", .missing.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Missing {
        /// Key of the part.
        part: Arc<str>,
        /// What is lacking.
        missing: BTreeSet<Missing>,
    },
    /// A statement reads the counted rows of one dataset, or all that were received.
    #[error("the part `{0}` is over other rows than the statement")]
    OtherRows(Arc<str>),
    /// The pack has no such dataset.
    #[error("there is no dataset `{0}`")]
    NoDataset(Arc<str>),
    /// The pack has no such indicator.
    #[error("there is no indicator `{0}`")]
    NoIndicator(Arc<str>),
    /// What was due, when it came and what was held apart, the register of submissions knows: rows held
    /// apart often do not know their own institution or month.
    #[error("the indicator `{0}` is about submissions (what was due, when it came, what was held apart), not about rows")]
    NotFromRows(Arc<str>),
}

/// The SQL type of values of `ty`.
///
/// # Errors
/// For sets of texts, which are no columns.
pub fn column_type(ty: &Type) -> Result<&'static str, SqlError> {
    match ty {
        Type::Bool => Ok("BOOLEAN"),
        Type::Text | Type::Code(_) => Ok("VARCHAR"),
        Type::Number { .. } => Ok("BIGINT"),
        Type::Date => Ok("DATE"),
        Type::DateTime => Ok("TIMESTAMP(0)"),
        Type::TextSet => Err(SqlError::IllTyped("column")),
    }
}

/// A column or table as it is named.
pub(crate) fn name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// A text constant.
pub(crate) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl Dialect {
    /// The prefix of the functions over lists that do not share one.
    fn list(self) -> &'static str {
        match self {
            Self::DataFusion => "array",
            Self::DuckDb => "list",
        }
    }

    /// A wide number as a number of 64 bits; null where it does not fit. DataFusion takes a cast that
    /// is compared with a constant for one that cannot fail, and would compare the wide number: what
    /// stands around the cast keeps it from looking into it.
    fn fitting(self, wide: &str) -> String {
        match self {
            Self::DataFusion => format!("nullif(TRY_CAST({wide} AS BIGINT), NULL)"),
            Self::DuckDb => format!("TRY_CAST({wide} AS BIGINT)"),
        }
    }

    /// Whether a text matches a regular expression somewhere.
    fn matches(self) -> &'static str {
        match self {
            Self::DataFusion => "regexp_like",
            Self::DuckDb => "regexp_matches",
        }
    }
}
