//! The third opinion: expressions, parts and indicators as SQL on DataFusion, and on DuckDB where it
//! is there, against the other evaluators.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod duckdb;
mod engine;
mod expressions;
mod linked;
mod made_up;
mod national;
mod read;

#[path = "../../../lake/tests/common/mod.rs"]
mod common;
#[path = "../../../eval/tests/support/mod.rs"]
mod support;
