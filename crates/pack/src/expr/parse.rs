//! SQL expression text to an untyped tree of the closed subset.
