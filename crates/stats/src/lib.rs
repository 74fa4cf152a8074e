//! Statistics for surveillance: interval estimates. Pure.
