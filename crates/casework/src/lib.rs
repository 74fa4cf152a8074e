//! Registers, submissions and the manifest in a relational store; the only crate that knows SQL.
//!
//! One [`Desk`] on SQLite or PostgreSQL. What upholds the promises of the design:
//!
//! - Everything is written through one door, `Desk::begin_write`: writes take turns, on SQLite by
//!   an IMMEDIATE transaction and on both databases by one row that each write updates first. A
//!   write that is cut off leaves nothing.
//! - Each write has a moment of its own, later than any before it, so a past state of the
//!   [manifest](Desk::manifest) can be read again.
//! - Every read of institutions, submissions, files, explanations and events takes a
//!   [`Scope`](yizheng_pack::scope::Scope) and filters by it in SQL. Divisions (行政区划) are public
//!   and take none.
//! - Moments are bound as UTC only (`Stamp`), numbers as 64-bit integers, and what is filtered by
//!   is a column.
//!
//! The crate reads no clock: whoever calls says what time it is and which ids are new.
//!
//! Reading order: [`store`], [`table`], [`regions`], [`institutions`], [`submissions`],
//! [`reporting`], [`explanations`], [`alerts`], [`plans`], [`bulletins`],
//! [`entries`], [`events`], [`audit`].

mod entity;
mod migration;
mod stamp;

pub mod store;

pub mod table;

pub mod regions;

pub mod institutions;

pub mod submissions;

pub mod reporting;

pub mod explanations;

pub mod alerts;

pub mod plans;

pub mod bulletins;

pub mod entries;

pub mod events;

pub mod audit;

pub use store::{Desk, OpenError, StoreError};
