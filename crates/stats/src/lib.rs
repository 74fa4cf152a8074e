//! Statistics for surveillance. Pure: numbers in, numbers out.
//!
//! Interval estimates ([`interval`]): how far a value from few cases may lie from the one that many
//! cases would show. Control charts of individual values ([`xmr`]): which months of a series are more
//! than its usual ups and downs. Forecasts ([`forecast`]): what a series will bring by its line, and
//! how sure that is.

pub mod forecast;
pub mod interval;
pub mod xmr;

pub use interval::{Interval, IntervalError};
