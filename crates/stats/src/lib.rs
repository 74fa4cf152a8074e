//! Statistics for surveillance. Pure: numbers in, numbers out.
//!
//! This version holds interval estimates ([`interval`]): how far a value from few cases may lie
//! from the one that many cases would show.

pub mod interval;

pub use interval::{Interval, IntervalError};
