//! The application: what the command line and the API ask of a region.
//!
//! Reading order: [`region`] (what stands in the folder), [`register`] (institutions as others see
//! them), [`checking`] (a file against the definitions), [`submitting`] (a file into the region),
//! [`measuring`] (values), [`judge`]
//! and [`watch`] (alerts), [`plans`] (how far work plans have got),
//! [`meeting_file`] and [`bulletin_file`] (the monthly report and bulletins as files), [`reference`] (a page for every definition), `desk` (the answers of the API, which the command line uses too).

mod alert_test;
pub mod audit;
pub mod definitions;
pub mod pack_mutate;
pub mod pack_test;
pub mod reference;
pub mod region;

pub mod register;
pub mod registers;

pub mod checking;
pub mod dry_run;
pub mod submitting;
pub mod template;

pub mod measuring;

pub mod judge;
pub mod watch;

pub mod plans;

pub mod bulletin_file;
pub mod meeting_file;

mod desk;

pub mod demo;

pub use measuring::{ExactValue, ValuesRequest};
pub use region::{AppError, Place, Region};
