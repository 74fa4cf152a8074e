//! Statistics for surveillance. Pure: numbers in, numbers out.
//!
//! This version holds interval estimates ([`interval`]): how far a value from few cases may lie
//! from the one that many cases would show; and control charts of individual values ([`xmr`]): which
//! months of a series are more than its usual ups and downs.

pub mod interval;
pub mod xmr;

pub use interval::{Interval, IntervalError};
