//! Immutable columnar files, their manifest, the cube of partial sums, indicator values and
//! drill-down.
//!
//! A submission's rows become files ([`Lake::write`]); a [`Manifest`] says which files are the data
//! now; each file gives one slice of sums, and the [`Cube`] holds them all and answers values
//! ([`Cube::values`]) and explanations ([`Cube::explain`], [`Cube::rows`]).
//!
//! Three promises: a file appears whole or not at all; names, ID numbers, addresses and phones
//! stand in sealed files only; nothing is read but through a [`Manifest`] and a
//! [`Scope`](yizheng_pack::scope::Scope).
//!
//! The crate reads no clock, no environment and no randomness: keys and random sources are handed
//! in.
//!
//! Reading order: [`manifest`], [`lake`], [`write`], [`stored`], [`changes`]; [`exact`],
//! [`register`], [`cube`], [`values`], [`explain`], [`elsewhere`]; [`keys`], [`seal`].

pub mod changes;
pub mod cube;
pub mod elsewhere;
pub mod exact;
pub mod explain;
pub mod keys;
pub mod lake;
pub mod manifest;
pub mod measure;
pub mod register;
pub mod seal;
pub mod stored;
pub mod values;
pub mod write;

mod basis;
mod disk;
mod hex;
mod links;
mod slice;
mod spread;

pub use cube::Cube;
pub use disk::DiskError;
pub use exact::Exact;
pub use keys::Keys;
pub use lake::{Lake, Rows};
pub use manifest::{FileEntry, Manifest, View, Visible};
pub use stored::{CheckedRows, Columns, Stored};
pub use write::{Delivery, Replaces};
