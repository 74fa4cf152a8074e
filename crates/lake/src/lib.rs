//! Immutable columnar files, their manifest, the cube of partial sums, indicator values and drill-down.
