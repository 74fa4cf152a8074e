//! The third opinion.
