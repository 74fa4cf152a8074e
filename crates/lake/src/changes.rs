//! What differs between two versions of an institution's rows, by business key.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use arrow::array::make_comparator;
use arrow::compute::SortOptions;
use yizheng_eval::frame::{Frame, FrameError};
use yizheng_pack::dataset::{Cell, Dataset, FieldIx, Privacy};
use yizheng_pack::scope::Scope;
use yizheng_pack::types::Value;

use crate::lake::{Lake, ReadError};
use crate::manifest::Visible;
use crate::stored::keys;

/// What differs between two versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Keys that only the later version has.
    pub added: Vec<Key>,
    /// Keys that only the earlier version has: these rows disappear.
    pub removed: Vec<Key>,
    /// Keys of both whose rows differ.
    pub changed: Vec<Changed>,
    /// Rows that are the same.
    pub unchanged: u64,
    /// Rows of the earlier and the later version whose key is not complete: they cannot be compared.
    pub without_key: (u64, u64),
}

/// A business key as its fields' values in order, as printed; a personal one is masked unless the
/// scope sees personal fields.
pub type Key = Vec<String>;

/// A row that both versions have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its key.
    pub key: Key,
    /// What differs.
    pub elements: Vec<ChangedElement>,
}

/// A field or a repeated group that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedElement {
    /// The field's id, or the group's.
    pub id: String,
    /// Its value before, as printed. `None` for no value, for a group, and for a personal field,
    /// whose values are not told.
    pub before: Option<String>,
    /// Its value after, likewise.
    pub after: Option<String>,
}

/// Why two versions could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum ChangesError {
    /// A stored version could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The rows do not fit together.
    #[error(transparent)]
    Frame(#[from] FrameError),
}

/// One side of a comparison.
pub enum Version<'a> {
    /// Stored files: all their rows, those held apart included.
    Stored(Vec<Visible<'a>>),
    /// Rows that are not stored yet.
    Rows(&'a Frame),
}

const MASKED: &str = "***";

impl Lake {
    /// Compares two versions of an institution's rows of a dataset, those held apart included. Rows
    /// with the same key are paired in order. What a personal field holds is not told, only that it
    /// differs.
    ///
    /// # Errors
    /// When a stored version cannot be read.
    pub fn changes(
        &self,
        scope: &Scope,
        dataset: &Arc<Dataset>,
        before: &Version<'_>,
        after: &Version<'_>,
    ) -> Result<Changes, ChangesError> {
        let (before, after) = (self.version(dataset, before)?, self.version(dataset, after)?);
        let mut changes = Changes::default();
        let mut earlier: HashMap<Vec<u8>, VecDeque<usize>> = HashMap::new();
        let earlier_keys = keys(&before)?;
        for (row, key) in earlier_keys.iter().enumerate() {
            match key {
                Some(key) => earlier.entry(key.clone()).or_default().push_back(row),
                None => changes.without_key.0 += 1,
            }
        }
        let compare = Comparison::of(&before, &after)?;
        for (row, key) in keys(&after)?.into_iter().enumerate() {
            let Some(key) = key else {
                changes.without_key.1 += 1;
                continue;
            };
            let Some(pair) = earlier.get_mut(&key).and_then(VecDeque::pop_front) else {
                changes.added.push(printed(&after, row, scope));
                continue;
            };
            let elements = compare.differing(pair, row);
            let told = |frame: &Frame, row: usize, id: &str| {
                let (field, of) = dataset.field(id)?;
                match frame.value(row, Cell::Field(field)) {
                    _ if of.privacy == Privacy::Personal => None,
                    Value::Null => None,
                    value => Some(value.to_string()),
                }
            };
            let elements: Vec<ChangedElement> = elements
                .into_iter()
                .map(|id| ChangedElement { before: told(&before, pair, &id), after: told(&after, row, &id), id })
                .collect();
            if elements.is_empty() {
                changes.unchanged += 1;
            } else {
                changes.changed.push(Changed { key: printed(&after, row, scope), elements });
            }
        }
        let mut gone: Vec<usize> = earlier.into_values().flatten().collect();
        gone.sort_unstable();
        changes.removed = gone.into_iter().map(|row| printed(&before, row, scope)).collect();
        Ok(changes)
    }

    fn version(&self, dataset: &Arc<Dataset>, version: &Version<'_>) -> Result<Frame, ChangesError> {
        match version {
            Version::Rows(frame) => Ok((*frame).clone()),
            Version::Stored(files) => {
                let frames: Result<Vec<Frame>, ReadError> =
                    files.iter().map(|file| Ok(self.whole(file.entry(), dataset)?.frame)).collect();
                Ok(Frame::concat(dataset.clone(), &frames?)?)
            }
        }
    }
}

fn printed(frame: &Frame, row: usize, scope: &Scope) -> Key {
    let field = |ix: &FieldIx| {
        let personal = frame.dataset.fields.get(ix.0).is_some_and(|field| field.privacy == Privacy::Personal);
        if personal && !scope.sees_personal_fields() {
            return MASKED.to_owned();
        }
        frame.value(row, Cell::Field(*ix)).to_string()
    };
    frame.dataset.key.iter().map(field).collect()
}

type Differs = Box<dyn Fn(usize, usize) -> bool>;

/// Compares rows of two frames column by column.
struct Comparison(Vec<(String, Differs)>);

impl Comparison {
    fn of(before: &Frame, after: &Frame) -> Result<Self, FrameError> {
        // As stored: a column that a file lacks is null in every row there.
        let (before, after) = (before.to_batch(|_| true)?, after.to_batch(|_| true)?);
        let mut columns = Vec::new();
        for (at, field) in before.schema().fields().iter().enumerate().skip(1) {
            let (left, right) = (before.column(at), after.column(at));
            let order = make_comparator(left, right, SortOptions::default())?;
            let differs: Differs = Box::new(move |left, right| order(left, right).is_ne());
            columns.push((field.name().clone(), differs));
        }
        Ok(Self(columns))
    }

    fn differing(&self, before: usize, after: usize) -> Vec<String> {
        self.0.iter().filter(|(_, differs)| differs(before, after)).map(|(name, _)| name.clone()).collect()
    }
}
