//! Definitions and what they are made of: datasets with their checks, indicators, parameters,
//! code lists, work plans, bulletins, the expression language, periods, identifiers and scope.
//!
//! This crate is pure. It reads no file, no clock and no environment: [`load::load`] takes the
//! texts of a pack's files and gives a [`Pack`] or diagnostics with file, line and column.
//!
//! Reading order: [`period`], [`scope`], [`types`], [`expr`], [`codelist`], [`parameter`],
//! [`dataset`], [`indicator`], [`alert`], [`plan`], [`testcase`], [`kind`], [`changelog`],
//! [`pack`], [`load`], [`diff`].

pub mod period;
pub mod scope;
pub mod types;

pub mod expr;

pub mod alert;
pub mod bulletin;
pub mod codelist;
pub mod dataset;
pub mod indicator;
pub mod link;
pub mod measure;
pub mod parameter;
pub mod plan;
pub mod procedure;
pub mod register;
pub mod term;

pub mod testcase;

pub mod changelog;
pub mod kind;

pub mod load;
pub mod pack;

pub mod diff;

pub mod identifiers;

pub use pack::{Edition, Pack};
