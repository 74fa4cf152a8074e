//! Runs the checks of a dataset over typed rows.
//!
//! `rows` decides checks by the row alone, `batch` those across rows, `own` the program's own.
//! Sets of rows hold positions in the frame until the report is made, which holds row ids.

mod batch;
mod beside;
mod own;
mod rows;

pub(crate) use own::{delivery_faults, field_name, main_month};

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::array::Int64Array;
use arrow::buffer::BooleanBuffer;
use roaring::RoaringBitmap;
use yizheng_eval::{Environment, Evaluator, Frame, missing};
use yizheng_pack::Pack;
use yizheng_pack::dataset::{Cell, Check, CheckKind, Dataset, Severity};
use yizheng_pack::expr::Expr;
use yizheng_pack::testcase::Outcome;

use crate::Context;
use crate::catalogue::OwnCheck;
use crate::read::Typed;
use crate::report::{CheckResult, Origins, Report, Share};
use crate::rows::Rows;

/// Rows of one evaluation: large enough to keep the overhead small, small enough to stay in cache.
const SLICE: usize = 16 * 1024;

/// Said where a value that the rule needs is not there.
const NULL_REASON: &str = "规则用到的数据项为空、填“-”或不能读取";

/// The cells for which the file has a column, with those columns.
pub(crate) type Present = HashMap<Cell, Vec<usize>>;

/// How one check came out over some rows. A row that is in none of the sets is not concerned.
#[derive(Debug, Clone)]
pub(crate) struct Verdicts {
    pub passed: BooleanBuffer,
    pub violated: BooleanBuffer,
    pub unknown: BooleanBuffer,
    /// Findings by the cell pointed at, `None` for the row as a whole.
    pub at: Vec<(Option<Cell>, RoaringBitmap)>,
    pub reasons: BTreeSet<String>,
    pub shares: Vec<Share>,
    /// What findings were held against, by cell and position.
    pub beside: BTreeMap<Cell, BTreeMap<u32, String>>,
}

impl Verdicts {
    /// All rows in one state.
    fn nothing(rows: usize) -> Self {
        let none = BooleanBuffer::new_unset(rows);
        Self {
            passed: none.clone(),
            violated: none.clone(),
            unknown: none,
            at: Vec::new(),
            reasons: BTreeSet::new(),
            shares: Vec::new(),
            beside: BTreeMap::new(),
        }
    }

    fn not_evaluable(rows: usize, reason: String) -> Self {
        Self { unknown: BooleanBuffer::new_set(rows), reasons: BTreeSet::from([reason]), ..Self::nothing(rows) }
    }

    /// Takes in another condition of the same check over the same rows. A row violates a check if
    /// it violates any of its conditions, and passes only if all are decided.
    fn take_in(&mut self, other: Self) {
        self.violated = &self.violated | &other.violated;
        self.unknown = &(&self.unknown | &other.unknown) & &!&self.violated;
        self.passed = &(&(&self.passed | &other.passed) & &!&self.violated) & &!&self.unknown;
        self.at.extend(other.at);
        self.reasons.extend(other.reasons);
        self.shares.extend(other.shares);
        self.beside.extend(other.beside);
    }

    pub fn outcome(&self, row: usize) -> Outcome {
        let is = |bits: &BooleanBuffer| row < bits.len() && bits.value(row);
        if is(&self.violated) {
            Outcome::Violated
        } else if is(&self.unknown) {
            Outcome::NotEvaluable
        } else if is(&self.passed) {
            Outcome::Passed
        } else {
            Outcome::NotApplicable
        }
    }
}

/// Counts of one check over the whole file.
#[derive(Debug, Default)]
struct Tally {
    passed: u64,
    violated: u64,
    not_evaluable: u64,
    at: BTreeMap<Option<Cell>, RoaringBitmap>,
    reasons: BTreeSet<String>,
    shares: Vec<Share>,
    beside: BTreeMap<Cell, BTreeMap<u32, String>>,
}

impl Tally {
    fn take_in(&mut self, verdicts: Verdicts) {
        self.passed += verdicts.passed.count_set_bits() as u64;
        self.violated += verdicts.violated.count_set_bits() as u64;
        self.not_evaluable += verdicts.unknown.count_set_bits() as u64;
        for (cell, rows) in verdicts.at {
            *self.at.entry(cell).or_default() |= rows;
        }
        self.reasons.extend(verdicts.reasons);
        self.shares.extend(verdicts.shares);
        self.beside.extend(verdicts.beside);
    }
}

/// What stays the same while the checks of a file run.
pub(crate) struct Run<'a> {
    pub context: &'a Context<'a>,
    pub environment: &'a Environment,
    pub present: &'a Present,
}

impl Run<'_> {
    fn dataset(&self) -> &Dataset {
        self.context.dataset
    }

    /// Why an expression cannot be evaluated, in words; `None` when it can.
    fn lacks(&self, expr: &Expr) -> Option<String> {
        let missing = missing(expr, self.environment);
        if missing.is_empty() {
            return None;
        }
        let reasons: Vec<String> = missing.iter().map(|missing| named(missing, self.context.pack)).collect();
        Some(reasons.join("；"))
    }

    /// Said of a column that the file does not have.
    fn absent(&self, cell: Cell) -> String {
        format!("文件中没有 {} {} 列", self.dataset().element(cell), self.dataset().cell_name(cell))
    }

    /// How one check comes out over the rows of a frame; of a check across rows these are all rows.
    pub fn verdicts(&self, check: &Check, frame: &Frame, evaluator: &Evaluator<'_>, start: usize) -> Verdicts {
        let verdicts = match &check.kind {
            None => Ok(Verdicts::not_evaluable(frame.len, "规则还没有写成可计算的条件".to_owned())),
            Some(CheckKind::Row(cases)) => rows::decide(self, cases, frame, evaluator, start),
            Some(kind) => batch::decide(self, check, kind, frame, evaluator),
        };
        verdicts.unwrap_or_else(|error| Verdicts::not_evaluable(frame.len, cannot(&error)))
    }
}

/// Said of a fault of the program.
fn cannot(error: &dyn std::error::Error) -> String {
    format!("程序不能计算这条规则（{error}），请联系管理员")
}

/// What is missing, with the name of a code list that is only awaited.
fn named(missing: &yizheng_eval::Missing, pack: &Pack) -> String {
    match missing {
        yizheng_eval::Missing::CodeList(id) => match pack.awaited.get(id) {
            Some(meta) => format!("还没有导入值域代码表 {id}（{}）", meta.name),
            None => missing.to_string(),
        },
        _ => missing.to_string(),
    }
}

/// The checks of the dataset that run.
pub(crate) fn running(dataset: &Dataset) -> impl Iterator<Item = &Check> {
    dataset.checks.iter().filter(|check| check.meta.status.runs())
}

/// Runs all checks over a file.
pub(crate) fn all(run: &Run<'_>, typed: &Typed, origins: Origins) -> Report {
    let frame = &typed.frame;
    let checks: Vec<&Check> = running(run.dataset()).collect();
    let mut tallies: Vec<Tally> = checks.iter().map(|_| Tally::default()).collect();
    let by_row = |check: &Check| matches!(check.kind, Some(CheckKind::Row(_)) | None);
    let mut start = 0;
    while start < frame.len {
        let rest = frame.len - start;
        let slice = match frame.slice(start, SLICE.min(rest)) {
            Ok(slice) => slice,
            Err(error) => {
                for (_, tally) in checks.iter().zip(&mut tallies).filter(|(check, _)| by_row(check)) {
                    tally.take_in(Verdicts::not_evaluable(rest, cannot(&error)));
                }
                break;
            }
        };
        let evaluator = Evaluator::new(&slice, run.environment);
        for (check, tally) in checks.iter().zip(&mut tallies).filter(|(check, _)| by_row(check)) {
            tally.take_in(run.verdicts(check, &slice, &evaluator, start));
        }
        start += slice.len;
    }
    let evaluator = Evaluator::new(frame, run.environment);
    for (check, tally) in checks.iter().zip(&mut tallies).filter(|(check, _)| !by_row(check)) {
        tally.take_in(run.verdicts(check, frame, &evaluator, 0));
    }
    // What a check of the dataset has found at a cell need not be said again.
    let mut said: HashMap<Cell, RoaringBitmap> = HashMap::new();
    for (cell, rows) in tallies.iter().flat_map(|tally| &tally.at) {
        if let Some(cell) = cell {
            *said.entry(*cell).or_default() |= rows;
        }
    }
    let mut results = Vec::new();
    for (own, verdicts) in own::all(run, typed, &said) {
        let mut tally = Tally::default();
        tally.take_in(verdicts);
        results.push(result(own_head(own), tally, run.dataset(), frame));
    }
    for (check, tally) in checks.into_iter().zip(tallies) {
        results.push(result(head(check), tally, run.dataset(), frame));
    }
    Report { rows: frame.len as u64, origins, checks: results }
}

/// The part of a result that does not depend on the rows.
fn head(check: &Check) -> CheckResult {
    CheckResult {
        id: check.meta.id.to_string(),
        name: check.meta.name.clone(),
        severity: check.severity,
        trial: check.meta.status == yizheng_pack::load::Status::Trial,
        elements: check.elements.iter().map(ToString::to_string).collect(),
        remedy: check.remedy.clone(),
        source: check.source.clone(),
        ..own_head(&crate::catalogue::OUTSIDE_PERIOD)
    }
}

fn own_head(own: &OwnCheck) -> CheckResult {
    CheckResult {
        id: own.id.to_owned(),
        name: own.name.to_owned(),
        severity: own.severity,
        trial: false,
        elements: Vec::new(),
        remedy: own.remedy.to_owned(),
        source: "平台读取文件时的检查".to_owned(),
        passed: 0,
        violated: 0,
        not_applicable: 0,
        not_evaluable: 0,
        reason: None,
        at: BTreeMap::new(),
        shares: Vec::new(),
        beside: BTreeMap::new(),
    }
}

fn result(head: CheckResult, tally: Tally, dataset: &Dataset, frame: &Frame) -> CheckResult {
    let rows = frame.len as u64;
    let element = |cell: Option<Cell>| cell.map(|cell| dataset.element(cell)).unwrap_or_default();
    let reasons: Vec<String> = tally.reasons.into_iter().collect();
    CheckResult {
        passed: tally.passed,
        violated: tally.violated,
        not_evaluable: tally.not_evaluable,
        not_applicable: rows.saturating_sub(tally.passed + tally.violated + tally.not_evaluable),
        reason: (tally.not_evaluable > 0 && !reasons.is_empty()).then(|| reasons.join("；")),
        at: tally.at.into_iter().map(|(cell, at)| (element(cell), ids(&at, &frame.row))).collect(),
        shares: tally.shares,
        beside: tally
            .beside
            .into_iter()
            .map(|(cell, texts)| {
                let texts = texts.into_iter().filter_map(|(position, text)| Some((id(position, &frame.row)?, text)));
                (dataset.element(cell), texts.collect())
            })
            .collect(),
        ..head
    }
}

fn id(position: u32, row: &Int64Array) -> Option<u32> {
    row.values().get(position as usize).and_then(|id| u32::try_from(*id).ok())
}

/// Row ids of positions in a frame. Runs of rows are taken as such.
pub(crate) fn ids(positions: &RoaringBitmap, row: &Int64Array) -> Rows {
    let mut rows = RoaringBitmap::new();
    let mut runs = positions.iter();
    while let Some(run) = runs.next_range() {
        match (id(*run.start(), row), id(*run.end(), row)) {
            (Some(first), Some(last)) if last.wrapping_sub(first) == run.end() - run.start() => {
                rows.insert_range(first..=last);
            }
            _ => rows.extend(run.filter_map(|position| id(position, row))),
        }
    }
    Rows(rows)
}

/// The positions of bits that are set, counted from `start`.
fn positions(bits: &BooleanBuffer, start: usize) -> RoaringBitmap {
    let mut set = RoaringBitmap::new();
    for (from, to) in bits.set_slices() {
        set.insert_range((start + from) as u32..(start + to) as u32);
    }
    set
}

/// The rows with a finding of an error.
pub(crate) fn held(report: &Report) -> RoaringBitmap {
    report.rows_with(Severity::Error)
}
