//! The cube: institution × department × month sums of every part, in memory.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;
use yizheng_pack::Pack;
use yizheng_pack::indicator::Indicator;
use yizheng_pack::period::Month;

use crate::lake::Lake;
use crate::links::{self, Answers, Key, Member, Traces};
use crate::manifest::{FileEntry, View};
use crate::slice::{Plan, Slice};

pub use crate::slice::{Definitions, MeasureError};

/// By dataset, institution and month.
type Cells = HashMap<String, BTreeMap<String, BTreeMap<Month, Arc<Cell>>>>;

/// All slices of a manifest. A clone shares them, so a reader keeps a state while another is made.
#[derive(Debug, Clone)]
pub struct Cube {
    definitions: Arc<Definitions>,
    cells: Cells,
}

/// One institution's month.
#[derive(Debug, PartialEq)]
pub(crate) struct Cell {
    pub entry: FileEntry,
    pub slice: Slice,
    /// Sums over all departments.
    pub total: Vec<i128>,
    /// Of a dataset of which links are asked: what its rows leave for the links of others, and what
    /// the links say of them.
    pub linked: Option<(Arc<Traces>, Answers)>,
}

impl Cell {
    fn of(entry: FileEntry, slice: Slice, plan: &Plan, linked: Option<(Arc<Traces>, Answers)>) -> Result<Self, MeasureError> {
        let too_large = || MeasureError::TooLarge(entry.id.clone());
        let total = slice.total(plan.parts.len()).ok_or_else(too_large)?;
        Ok(Self { entry, slice, total, linked })
    }
}

/// What [`Cube::refresh`] did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// Slices computed from rows.
    pub computed: u64,
    /// Slices taken from the cache on disk.
    pub cached: u64,
    /// Slices that were in memory already.
    pub kept: u64,
    /// Slices whose file is no longer part of the data.
    pub dropped: u64,
}

impl Cube {
    /// An empty cube for a pack's running indicators.
    pub fn new(pack: Arc<Pack>) -> Self {
        Self { definitions: Arc::new(Definitions::of(pack)), cells: HashMap::new() }
    }

    /// The cube of a manifest, from scratch.
    ///
    /// # Errors
    /// As [`Cube::refresh`].
    pub fn build(lake: &Lake, pack: Arc<Pack>, view: View<'_>) -> Result<Self, MeasureError> {
        let mut cube = Self::new(pack);
        cube.refresh(lake, view, &|_, _| {})?;
        Ok(cube)
    }

    /// Brings the cube to the state of a manifest, measuring only files that it does not have yet,
    /// on all cores. `progress` is told how many of how many files are done.
    ///
    /// # Errors
    /// When a file cannot be read or measured; the cube is then what it was.
    pub fn refresh(
        &mut self,
        lake: &Lake,
        view: View<'_>,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Refreshed, MeasureError> {
        let measured = |file: &&FileEntry| self.definitions.plan(&file.dataset).is_some();
        let wanted: Vec<&FileEntry> = view.files().map(|file| file.entry()).filter(measured).collect();
        let mut cells = HashMap::new();
        let mut new = Vec::new();
        let mut done = Refreshed::default();
        for file in wanted {
            match self.cell(&file.dataset, &file.institution, file.month).filter(|cell| cell.entry.id == file.id) {
                Some(cell) => {
                    insert(&mut cells, cell.clone());
                    done.kept += 1;
                }
                None => new.push(file),
            }
        }
        done.dropped = self.len() as u64 - done.kept;
        let (finished, all) = (AtomicU64::new(0), new.len() as u64);
        let measure = |file: &FileEntry| {
            let cell = self.measure(lake, file)?;
            progress(finished.fetch_add(1, Ordering::Relaxed) + 1, all);
            Ok(cell)
        };
        let new = new.into_par_iter().map(measure).collect::<Result<Vec<_>, MeasureError>>()?;
        for (cell, computed) in new.into_iter().flatten() {
            insert(&mut cells, Arc::new(cell));
            done.computed += u64::from(computed);
            done.cached += u64::from(!computed);
        }
        for plan in self.definitions.plans().filter(|plan| !plan.links.is_empty()) {
            self.link(lake, plan, &mut cells)?;
        }
        self.cells = cells;
        Ok(done)
    }

    /// Asks the links of a dataset anew for the rows that a changed file concerns, and sums the parts
    /// that rest on them again where an answer is another one.
    fn link(&self, lake: &Lake, plan: &Plan, cells: &mut Cells) -> Result<(), MeasureError> {
        let Some(of_dataset) = cells.get_mut(&*plan.dataset.meta.id) else { return Ok(()) };
        let all: Vec<Arc<Cell>> = of_dataset.values().flat_map(BTreeMap::values).cloned().collect();
        let before = |cell: &Cell| {
            let old = self.cell(&cell.entry.dataset, &cell.entry.institution, cell.entry.month);
            old.filter(|old| old.entry.id == cell.entry.id)
        };
        let old = self.cells.get(&*plan.dataset.meta.id).into_iter().flat_map(BTreeMap::values).flat_map(BTreeMap::values);
        let old: HashMap<&str, &Arc<Cell>> = old.map(|cell| (cell.entry.id.as_str(), cell)).collect();
        let now: HashSet<&str> = all.iter().map(|cell| cell.entry.id.as_str()).collect();
        // From nothing all are asked; else those who share a key with a file that came or went.
        let changed: Option<HashSet<Key>> = (!old.is_empty()).then(|| {
            let gone = old.iter().filter(|(id, _)| !now.contains(**id)).map(|(_, cell)| *cell);
            let came = all.iter().filter(|cell| !old.contains_key(cell.entry.id.as_str()));
            gone.chain(came).filter_map(|cell| cell.linked.as_ref()).flat_map(|(traces, _)| traces.keys()).collect()
        });
        if changed.as_ref().is_some_and(HashSet::is_empty) && all.iter().all(|cell| before(cell).is_some()) {
            return Ok(());
        }
        let members: Vec<Member<'_>> = all
            .iter()
            .filter_map(|cell| {
                let (traces, answers) = cell.linked.as_ref()?;
                Some(Member { traces, before: before(cell).is_some().then_some(answers) })
            })
            .collect();
        let answers = links::answer(&plan.dataset, &members, changed.as_ref());
        let anew = |(cell, answers): (&Arc<Cell>, Option<Answers>)| -> Option<Result<Cell, MeasureError>> {
            let (answers, (traces, _)) = (answers?, cell.linked.as_ref()?);
            let slice = lake.linked_slice(&self.definitions, plan, (&cell.entry, &cell.slice), &answers);
            let entry = cell.entry.clone();
            Some(slice.and_then(|slice| Cell::of(entry, slice, plan, Some((traces.clone(), answers)))))
        };
        let anew: Vec<Result<Cell, MeasureError>> =
            all.par_iter().zip(answers.into_par_iter()).filter_map(anew).collect();
        for cell in anew {
            let cell = cell?;
            if let Some(months) = of_dataset.get_mut(&cell.entry.institution) {
                months.insert(cell.entry.month, Arc::new(cell));
            }
        }
        Ok(())
    }

    fn measure(&self, lake: &Lake, file: &FileEntry) -> Result<Option<(Cell, bool)>, MeasureError> {
        let Some(plan) = self.definitions.plan(&file.dataset) else { return Ok(None) };
        let (slice, computed) = lake.slice(&self.definitions, plan, file)?;
        let linked = match plan.links.as_slice() {
            [] => None,
            asked => {
                let traces = lake.traces(file, &plan.dataset, asked, &self.definitions.environment(file.month))?;
                Some((Arc::new(traces), Answers::new()))
            }
        };
        Ok(Some((Cell::of(file.clone(), slice, plan, linked)?, computed)))
    }

    /// The definitions that it was made by.
    pub fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// The first and the last month of which a dataset has files.
    pub fn months(&self, dataset: &str) -> Option<(Month, Month)> {
        let institutions = self.cells.get(dataset)?.values();
        let months = institutions.filter_map(|months| Some((*months.keys().next()?, *months.keys().next_back()?)));
        months.reduce(|all, of| (all.0.min(of.0), all.1.max(of.1)))
    }

    /// How many slices it holds.
    pub fn len(&self) -> usize {
        self.cells.values().flat_map(BTreeMap::values).map(BTreeMap::len).sum()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// An indicator of the pack, whether it runs or not.
    pub(crate) fn indicator(&self, id: &str) -> Option<&Arc<Indicator>> {
        self.definitions.pack().indicators.get(id)
    }

    pub(crate) fn cell(&self, dataset: &str, institution: &str, month: Month) -> Option<&Arc<Cell>> {
        self.cells.get(dataset)?.get(institution)?.get(&month)
    }

    /// The institutions that have a file of a dataset.
    pub(crate) fn institutions(&self, dataset: &str) -> impl Iterator<Item = &str> {
        self.cells.get(dataset).into_iter().flat_map(|institutions| institutions.keys().map(String::as_str))
    }
}

/// Whether two cubes hold the same sums of the same files.
impl PartialEq for Cube {
    fn eq(&self, other: &Self) -> bool {
        self.definitions.folder() == other.definitions.folder() && self.cells == other.cells
    }
}

fn insert(cells: &mut Cells, cell: Arc<Cell>) {
    let FileEntry { dataset, institution, month, .. } = &cell.entry;
    let of_dataset = cells.entry(dataset.clone()).or_default();
    of_dataset.entry(institution.clone()).or_default().insert(*month, cell.clone());
}
