//! The one binary `yizheng` as a library: command line, HTTP service and pages.

pub mod api;
