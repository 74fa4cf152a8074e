//! The fast evaluator: typed expressions over Arrow columns give masks and sums.
//!
//! This crate is pure: rows come in as a [`Frame`], definitions as [`yizheng_pack`] holds them,
//! everything else that an expression may ask for as an [`Environment`].
//!
//! ```text
//! let evaluator = Evaluator::new(&frame, &environment);
//! missing(&require, &environment)              what it asks for and cannot have: do not evaluate
//! evaluator.condition(&require)?               one answer for each row: true, false, not known
//! evaluator.condition_each(&require, group)?   one for each element of a repeated group
//! sum_parts(&parts, &frame, &environment, department)?
//! ```
//!
//! Reading order: [`frame`], [`Environment`], [`evaluator`] (with `operand`, `space`, `quantifier`,
//! `function`), [`sums`].

pub mod evaluator;
pub mod frame;
pub mod sums;

mod plain;

mod function;
mod operand;
mod quantifier;
mod space;

pub use yizheng_pack::expr::{Environment, Missing, missing};
pub use evaluator::Evaluator;
pub use frame::{CellStates, Frame, FrameError, GroupFrame, arrow_type, schema, value_at};
pub use operand::EvalError;
pub use sums::{value_counts, SumError, missing_for, rows_counted, sum_parts};
