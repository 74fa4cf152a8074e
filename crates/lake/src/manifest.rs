//! The manifest: which files make up a state of the data, and who may see which of them.
//!
//! The lake only writes files; a file counts once a manifest names it. The manifest is committed
//! elsewhere, in one transaction, so a reader sees a whole submission or none of it.

use std::collections::BTreeMap;

use yizheng_pack::period::{Month, Period};
use yizheng_pack::scope::Scope;

/// One month of one institution's dataset, as one submission left it. Its rows are in up to three
/// files of the lake that share its id: counted rows, rows held apart, and identities.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileEntry {
    /// Names the files; never used twice.
    pub id: String,
    /// Dataset's id.
    pub dataset: String,
    /// Licence number.
    pub institution: String,
    /// Month of the rows.
    pub month: Month,
    /// The submission that wrote it.
    pub submission: String,
    /// Rows that count.
    pub rows: u64,
    /// Rows held apart.
    pub held_rows: u64,
    /// Bytes of its files together.
    pub bytes: u64,
    /// SM3 of its files, one after the other, in hexadecimal.
    pub sm3: String,
}

/// A list of files that is no state of the data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// A month of an institution would count twice.
    #[error("files `{0}` and `{1}` hold the same month of the same institution")]
    SameMonth(String, String),
}

/// The files of one state of the data: at most one for each dataset, institution and month.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    files: BTreeMap<(String, String, Month), FileEntry>,
}

impl Manifest {
    /// A manifest of these files, in any order.
    ///
    /// # Errors
    /// When two files hold the same month of the same institution's dataset.
    pub fn new(files: impl IntoIterator<Item = FileEntry>) -> Result<Self, ManifestError> {
        let mut manifest = Self::default();
        for file in files {
            let place = (file.dataset.clone(), file.institution.clone(), file.month);
            if let Some(other) = manifest.files.get(&place) {
                return Err(ManifestError::SameMonth(other.id.clone(), file.id));
            }
            manifest.files.insert(place, file);
        }
        Ok(manifest)
    }

    /// The same with these files in place of those of the same dataset, institution and month: what
    /// committing a submission does.
    #[must_use]
    pub fn with(mut self, files: impl IntoIterator<Item = FileEntry>) -> Self {
        for file in files {
            self.files.insert((file.dataset.clone(), file.institution.clone(), file.month), file);
        }
        self
    }

    /// What a caller may see of it. The only way to files and their rows.
    pub fn within<'a>(&'a self, scope: &'a Scope) -> View<'a> {
        View { manifest: self, scope }
    }
}

/// A manifest as far as a scope reaches.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    manifest: &'a Manifest,
    scope: &'a Scope,
}

/// A file that the caller's scope allows. Cannot be made but through a [`View`].
#[derive(Debug, Clone, Copy)]
pub struct Visible<'a> {
    entry: &'a FileEntry,
    scope: &'a Scope,
}

impl<'a> Visible<'a> {
    /// The file.
    pub fn entry(self) -> &'a FileEntry {
        self.entry
    }

    /// Whose it is seen by.
    pub fn scope(self) -> &'a Scope {
        self.scope
    }
}

impl<'a> View<'a> {
    /// The scope.
    pub fn scope(self) -> &'a Scope {
        self.scope
    }

    /// All files, by dataset, institution, month.
    pub fn files(self) -> impl Iterator<Item = Visible<'a>> {
        let scope = self.scope;
        let all = self.manifest.files.values().filter(|file| scope.allows(&file.institution));
        all.map(move |entry| Visible { entry, scope })
    }

    /// The files of an institution's dataset in a period, by month.
    pub fn of(self, dataset: &str, institution: &str, period: Period) -> Vec<Visible<'a>> {
        period.months().filter_map(|month| self.at(dataset, institution, month)).collect()
    }

    /// The file of an institution's dataset for a month.
    pub fn at(self, dataset: &str, institution: &str, month: Month) -> Option<Visible<'a>> {
        if !self.scope.allows(institution) {
            return None;
        }
        let entry = self.manifest.files.get(&(dataset.to_owned(), institution.to_owned(), month))?;
        Some(Visible { entry, scope: self.scope })
    }

    /// The file with this id, among those of the dataset.
    pub fn file(self, dataset: &str, id: &str) -> Option<Visible<'a>> {
        self.files().find(|file| file.entry.dataset == dataset && file.entry.id == id)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn entry(id: &str, institution: &str, month: u32) -> FileEntry {
        FileEntry {
            id: id.to_owned(),
            dataset: "d".to_owned(),
            institution: institution.to_owned(),
            month: Month::new(2024, month).unwrap(),
            submission: format!("s-{id}"),
            rows: 1,
            held_rows: 0,
            bytes: 1,
            sm3: String::new(),
        }
    }

    fn ids(view: View<'_>) -> Vec<String> {
        view.files().map(|f| f.entry().id.clone()).collect()
    }

    #[test]
    fn a_month_counts_once() {
        let twice = Manifest::new([entry("1", "A", 1), entry("2", "A", 2), entry("3", "A", 1)]);
        assert_eq!(twice, Err(ManifestError::SameMonth("1".to_owned(), "3".to_owned())));
        let corrected = Manifest::new([entry("1", "A", 1), entry("2", "A", 2)]).unwrap().with([entry("3", "A", 1)]);
        assert_eq!(ids(corrected.within(&Scope::whole_region("t"))), ["3", "2"]);
    }

    #[test]
    fn nobody_sees_more_than_the_scope_allows() {
        let manifest = Manifest::new([entry("1", "A", 1), entry("2", "B", 1)]).unwrap();
        assert_eq!(ids(manifest.within(&Scope::nothing("t"))), Vec::<String>::new());
        let only_b = Scope::institutions("t", ["B".to_owned()]);
        let view = manifest.within(&only_b);
        assert_eq!(ids(view), ["2"]);
        let january = Period::containing(Month::new(2024, 1).unwrap(), yizheng_pack::period::Grain::Month);
        assert!(view.of("d", "A", january).is_empty());
        assert_eq!(view.of("d", "B", january).len(), 1);
        assert!(view.file("d", "1").is_none());
        assert!(view.file("e", "2").is_none());
    }
}
