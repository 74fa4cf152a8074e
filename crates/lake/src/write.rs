//! Writing a submission's rows.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray};
use rand::CryptoRng;
use rayon::prelude::*;
use roaring::RoaringBitmap;
use yizheng_eval::frame::{Frame, value_at};
use yizheng_pack::dataset::{Dataset, FieldIx, Person};
use yizheng_pack::period::{Month, Period};
use yizheng_pack::types::Value;

use crate::hex;
use crate::keys::Who;
use crate::lake::{Lake, Rows, WriteError, safe};
use crate::manifest::{FileEntry, Visible};
use crate::stored::{CheckedRows, ChecksRun, Columns, Stored, marks};

/// An accepted submission, ready to be stored.
pub struct Delivery<'a> {
    /// Licence number.
    pub institution: &'a str,
    /// The submission's id.
    pub submission: &'a str,
    /// What it reports on.
    pub period: Period,
    /// All rows, typed, all columns.
    pub frame: &'a Frame,
    /// Ids of the rows that are held apart.
    pub held: &'a RoaringBitmap,
    /// What the checks said.
    pub checks: &'a CheckedRows,
    /// What becomes of what was there before.
    pub replaces: Replaces<'a>,
}

/// What a submission puts itself in place of.
#[derive(Clone)]
pub enum Replaces<'a> {
    /// All rows of the period (全量): a month without rows is then a month in which nothing happened.
    Period,
    /// The rows with the same business key (增补), in the period's live files; other rows stay.
    Keys(Vec<Visible<'a>>),
}

impl Lake {
    /// Writes the files of a submission, one entry for each month: counted rows, rows held apart,
    /// identities. Nothing of it counts until a manifest names the entries.
    ///
    /// Rows are sorted into months by the dataset's period field. A row without a readable one, or
    /// with one outside the period, is held apart in the period's first month.
    ///
    /// A patch gives entries for the months that it changes only.
    ///
    /// # Errors
    /// When a file that a patch changes cannot be read, or the disk refuses; files already written
    /// are then garbage.
    pub fn write(&self, delivery: &Delivery<'_>, rng: &mut dyn CryptoRng) -> Result<Vec<FileEntry>, WriteError> {
        let frame = delivery.frame;
        let dataset = &frame.dataset;
        for name in [delivery.institution, delivery.submission] {
            safe(name).map_err(WriteError::Name)?;
        }
        let persons = self.persons(delivery)?;
        let all = Stored {
            frame: frame.clone(),
            marks: marks(frame, persons, delivery.submission, delivery.checks)?,
        };
        let months = months(frame);
        let held: Vec<bool> = frame.row.values().iter().map(|row| is_in(delivery.held, *row)).collect();
        let mut entries = Vec::new();
        for month in delivery.period.months() {
            let places = |counted: bool| -> BooleanArray {
                let rows = months.iter().zip(&held);
                rows.map(|(of, held)| {
                    let inside = of.filter(|of| delivery.period.first() <= *of && *of <= delivery.period.last());
                    let here = inside.unwrap_or(delivery.period.first()) == month;
                    Some(here && counted == (inside.is_some() && !held))
                })
                .collect()
            };
            let (counted, held) = (all.filter(&places(true))?, all.filter(&places(false))?);
            let base = match &delivery.replaces {
                Replaces::Period => None,
                Replaces::Keys(files) => files.iter().find(|file| file.entry().month == month),
            };
            let kept = base.map(|base| self.kept(base.entry(), dataset, frame)).transpose()?;
            let untouched = kept.as_ref().is_none_or(|kept| !kept.changed);
            let nothing_new = counted.frame.len + held.frame.len == 0;
            if matches!(delivery.replaces, Replaces::Keys(_)) && untouched && nothing_new {
                continue;
            }
            let (counted, held, checks) = match kept.filter(|kept| kept.counted.frame.len + kept.held.frame.len > 0) {
                None => (counted, held, ChecksRun::of(delivery.checks)),
                Some(kept) if nothing_new => (kept.counted, kept.held, kept.checks),
                Some(kept) => (
                    Stored::concat(dataset, &[kept.counted, counted])?,
                    Stored::concat(dataset, &[kept.held, held])?,
                    kept.checks.and(&ChecksRun::of(delivery.checks)),
                ),
            };
            let entry = FileEntry {
                id: new_id(rng),
                dataset: dataset.meta.id.to_string(),
                institution: delivery.institution.to_owned(),
                month,
                submission: delivery.submission.to_owned(),
                rows: 0,
                held_rows: 0,
                bytes: 0,
                sm3: String::new(),
            };
            entries.push(self.write_files(entry, &counted, &held, &checks, rng)?);
        }
        Ok(entries)
    }

    /// The rows of a file that a patch leaves.
    fn kept(&self, entry: &FileEntry, dataset: &Arc<Dataset>, patch: &Frame) -> Result<Kept, WriteError> {
        let (_, checks) = self.read_with_checks(entry, dataset, Rows::Counted, &Columns::default())?;
        let whole = self.whole(entry, dataset)?;
        let replaced = whole.shares_key(patch)?;
        let part = |counted: bool| {
            let rows = replaced.values().iter().enumerate();
            let keep = rows.map(|(at, replaced)| Some(!replaced && ((at as u64) < entry.rows) == counted));
            whole.filter(&keep.collect())
        };
        Ok(Kept { counted: part(true)?, held: part(false)?, checks, changed: replaced.true_count() > 0 })
    }

    /// The pseudonyms of a submission's persons; `None` when the dataset is not about persons.
    fn persons(&self, delivery: &Delivery<'_>) -> Result<Option<ArrayRef>, WriteError> {
        let frame = delivery.frame;
        let Some(Person { document, number, record }) = frame.dataset.person else { return Ok(None) };
        let [document, number, record] = [document, number, record].map(|field| Texts::of(frame, field));
        let of_row = |index: usize| {
            self.pseudonyms.of(Who {
                document: document.at(index).as_deref(),
                number: number.at(index).as_deref(),
                record: record.at(index).as_deref(),
                institution: delivery.institution,
                submission: delivery.submission,
                row: frame.row.values().get(index).copied().unwrap_or_default(),
            })
        };
        let persons: Vec<String> = (0..frame.len).into_par_iter().map(of_row).collect();
        Ok(Some(Arc::new(StringArray::from(persons))))
    }
}

struct Kept {
    counted: Stored,
    held: Stored,
    checks: ChecksRun,
    changed: bool,
}

/// A field's values as text, whatever its type.
struct Texts<'a> {
    frame: &'a Frame,
    field: FieldIx,
}

impl<'a> Texts<'a> {
    fn of(frame: &'a Frame, field: FieldIx) -> Self {
        Self { frame, field }
    }

    fn at(&self, index: usize) -> Option<std::borrow::Cow<'a, str>> {
        let column = self.frame.column(self.field)?;
        if column.is_null(index) {
            return None;
        }
        match column.as_string_opt::<i32>() {
            Some(texts) => Some(texts.value(index).into()),
            None => {
                let ty = &self.frame.dataset.fields.get(self.field.0)?.ty;
                Some(value_at(column, ty, index).to_string().into())
            }
        }
    }
}

/// The month of each row; `None` where the period field has no value.
pub(crate) fn months(frame: &Frame) -> Vec<Option<Month>> {
    let period = frame.dataset.period;
    let (Some(column), Some(field)) = (frame.column(period), frame.dataset.fields.get(period.0)) else {
        return vec![None; frame.len];
    };
    let month = |index| match value_at(column, &field.ty, index) {
        Value::Date(date) => Some(Month::of(date)),
        Value::DateTime(time) => Some(Month::of(time.date())),
        _ => None,
    };
    (0..frame.len).map(month).collect()
}

fn is_in(rows: &RoaringBitmap, row: i64) -> bool {
    u32::try_from(row).is_ok_and(|row| rows.contains(row))
}

fn new_id(rng: &mut dyn CryptoRng) -> String {
    let mut id = [0; 16];
    rng.fill_bytes(&mut id);
    hex::encode(&id)
}
