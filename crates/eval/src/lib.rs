//! The fast evaluator: typed expressions over Arrow columns give masks and sums.
//!
//! This crate is pure: rows come in as a [`Frame`], definitions as [`yizheng_pack`] holds them,
//! everything else that an expression may ask for as an [`Environment`].
//!
//! Reading order: [`frame`].

pub mod frame;

pub use frame::{CellStates, Frame, FrameError, GroupFrame};
