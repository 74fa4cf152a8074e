//! Bytes of a submitted file to typed columns and findings.
//!
//! ```text
//! check(file, &context) -> Checked     the whole way; bad input is part of the answer, never an error
//! write::findings_csv / _json / _xlsx  the findings of a checked file, with its own rows
//! try_out(...)                         one check over a small table: what a pack's test cases ask
//! ```
//!
//! A file is *returned* for a fault of the file as a whole ([`FileFinding::returns`]) or when too
//! many of its rows have an error; else it is *accepted*, and rows with an error are held apart.
//! Nothing is repaired silently: what is read in another form than the official one stands in
//! [`Checked::repairs`] with its rows. The cost does not grow with the number of findings: they are
//! sets of rows until somebody writes them out.
//!
//! The crate reads no file, clock or register: bytes, facts and earlier rows are passed in.
//!
//! Reading order: [`catalogue`] (every numbered message), `read`, `run`, [`report`], [`write`].

pub mod catalogue;
pub mod finding;
pub mod report;
pub mod rows;
pub mod write;

mod check;
mod read;
mod run;
mod table;
mod try_out;

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDateTime;
use yizheng_eval::Frame;
use yizheng_pack::Pack;
use yizheng_pack::dataset::{Dataset, FieldIx};
use yizheng_pack::period::{Month, Period};
use yizheng_pack::testcase::Institution;
use yizheng_pack::types::Value;

pub use check::{Checked, FileFacts, Verdict, check};
pub use finding::{FileFinding, Repair};
pub use read::{Column, Encoding, Form};
pub use report::{CheckResult, FurtherTable, Origins, Report, Share};
pub use rows::Rows;
pub use table::{TextTable, read_table};
pub use try_out::{Tried, frame_of, try_out};

/// A file as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Submitted<'a> {
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Its name; shown, never relied on.
    pub name: &'a str,
}

/// What is known beside the file.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The definitions in force.
    pub pack: &'a Pack,
    /// The dataset, as it stands in the pack.
    pub dataset: &'a Arc<Dataset>,
    /// The submitting institution, when it is known.
    pub institution: Option<&'a InstitutionFacts>,
    /// The period of the submission, when it is known.
    pub period: Option<Period>,
    /// When the file came in, civil time.
    pub received_at: Option<NaiveDateTime>,
    /// The institution's live rows outside the period being replaced. Without them no row passes a
    /// check against earlier rows: it is not evaluable.
    pub earlier: Option<&'a dyn Earlier>,
    /// Values of indicators. Without them no row passes a check against one.
    pub known: Option<&'a dyn Known>,
    /// Who goes by an institution code or name, as a message may call them (licence number, name);
    /// `None` when nobody does.
    pub resolve: Option<&'a Resolve<'a>>,
    /// What is too large.
    pub limits: Limits,
    /// Told now and then how many rows have been read.
    pub progress: &'a dyn Fn(u64),
}

impl<'a> Context<'a> {
    /// Only the definitions: what the file decides by itself.
    pub fn new(pack: &'a Pack, dataset: &'a Arc<Dataset>) -> Self {
        Self {
            pack,
            dataset,
            institution: None,
            period: None,
            received_at: None,
            earlier: None,
            known: None,
            resolve: None,
            limits: Limits::default(),
            progress: &|_| {},
        }
    }
}

/// From an institution's code or name to what a message calls the institution.
pub type Resolve<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Facts about the submitting institution, those in force in the period. What is `None` is not
/// known, and checks that need it are not evaluable.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstitutionFacts {
    /// Licence number, credit code and registered aliases.
    pub codes: BTreeSet<String>,
    /// Licensed name and former names.
    pub names: Option<BTreeSet<String>>,
    /// WS 218 category, such as `A100`.
    pub class: Option<String>,
    /// Level code, such as `32`.
    pub level: Option<String>,
    /// Registered 诊疗科目, without dots.
    pub subjects: Option<BTreeSet<String>>,
    /// Beds by the licence.
    pub registered_beds: Option<i64>,
}

impl From<&Institution> for InstitutionFacts {
    fn from(of: &Institution) -> Self {
        let set = |list: &Vec<String>| list.iter().cloned().collect::<BTreeSet<String>>();
        Self {
            codes: of.codes.as_ref().map(set).unwrap_or_default(),
            names: of.names.as_ref().map(set),
            class: of.class.clone(),
            level: of.level.clone(),
            subjects: of.subjects.as_ref().map(set),
            registered_beds: of.registered_beds,
        }
    }
}

/// The institution's live rows outside the period being replaced.
pub trait Earlier {
    /// A frame of the dataset with at least these fields.
    ///
    /// # Errors
    /// Why they cannot be had, in words for the user; the checks that need them are then not
    /// evaluable with this reason.
    fn rows(&self, fields: &[FieldIx]) -> Result<Frame, String>;

    /// Those of one month; others among them do no harm.
    ///
    /// # Errors
    /// As [`Earlier::rows`].
    fn rows_of(&self, fields: &[FieldIx], month: Month) -> Result<Frame, String> {
        let _ = month;
        self.rows(fields)
    }
}

/// What the platform has measured already.
pub trait Known {
    /// An indicator's value for the institution and month of the submission.
    ///
    /// # Errors
    /// Why there is none, in words for the user; the checks that need it are then not evaluable
    /// with this reason.
    fn value(&self, indicator: &str) -> Result<Value, String>;
}

/// One value for whichever indicator is asked: what a test case gives.
impl Known for Option<Value> {
    fn value(&self, _: &str) -> Result<Value, String> {
        self.clone().ok_or_else(|| "没有给出".to_owned())
    }
}

impl Earlier for Frame {
    fn rows(&self, _: &[FieldIx]) -> Result<Frame, String> {
        Ok(self.clone())
    }
}

/// What is too large. A file beyond a limit is returned with a message that names the limit, what
/// the file has and what to do. JSON has no limit here: an object holds values and nothing deeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: u64,
    /// Data rows.
    pub rows: u64,
    /// Cells of the data rows.
    pub cells: u64,
    /// Columns.
    pub columns: usize,
    /// Bytes of a cell.
    pub cell_bytes: usize,
    /// Bytes of a row of a text file; an open quote swallows rows until this.
    pub row_bytes: usize,
    /// Sheets of a workbook, hidden ones included.
    pub sheets: usize,
    /// Files of an archive.
    pub files: usize,
    /// Bytes to which a workbook, an archive or a column file may unpack.
    pub unpacked_bytes: u64,
    /// How many times its packed size it may unpack to, from 32 MiB on.
    pub unpack_ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 8 << 30,
            rows: 5_000_000,
            // All rows of the widest official layout.
            cells: 5_000_000_000,
            columns: 16_000,
            cell_bytes: 64 << 10,
            row_bytes: 16 << 20,
            sheets: 256,
            files: 1000,
            unpacked_bytes: 4 << 30,
            unpack_ratio: 200,
        }
    }
}
