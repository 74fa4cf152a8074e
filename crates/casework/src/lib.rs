//! Registers, submissions and the manifest in a relational store; the only crate that knows SQL drivers.
