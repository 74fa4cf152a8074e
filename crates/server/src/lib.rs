//! yizheng (医政): the open platform of a regional health regulator, as one program.
//!
//! `api` is the HTTP contract and its pages, `app` what it and the command line ask of a region,
//! `cli` the command line.

pub mod api;
pub mod app;
pub mod cli;
