//! Where a value comes from: its sums, its files, its months, and the rows themselves, found by
//! running the same conditions over the same files as the slices.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray};
use arrow::datatypes::Int64Type;
use rayon::prelude::*;
use yizheng_eval::{Environment, FrameError, EvalError, Evaluator, SumError, rows_counted, value_at};
use yizheng_pack::dataset::{Cell as RowCell, Dataset, FieldIx, Privacy};
use yizheng_pack::expr::Expr;
use yizheng_pack::indicator::{Formula, Indicator, Part, Reported, Share, Summand};
use yizheng_pack::period::{Month, Period};
use yizheng_pack::types::Value;

use crate::basis::{Amount, State, Taken, share_of};
use crate::cube::Cube;
use crate::exact::Exact;
use crate::lake::{Lake, ReadError, Rows};
use crate::manifest::{FileEntry, View, Visible};
use crate::measure::Unit;
use crate::register::Register;
use crate::slice::{columns_of, department};
use crate::stored::{Columns, SUBMISSION, Stored};
use crate::values::Figure;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The value.
    pub figure: Figure,
    /// The sums that it is read from. Empty for a growth, which is read from two values.
    pub parts: Vec<PartSum>,
    /// The files whose rows it sums, of both sides.
    pub files: Vec<FileEntry>,
    /// Each month of the period: who has sent the numerator's dataset.
    pub months: Vec<MonthReported>,
    /// Of a growth: the explanations of this period's value and of the value a year before.
    pub of: Vec<Explanation>,
}

/// One sum behind a value.
#[derive(Debug, Clone, PartialEq)]
pub struct PartSum {
    /// Numerator or denominator.
    pub role: Role,
    /// Rows that entered; of an indicator of reporting, what its denominator counts.
    pub rows: u64,
    /// Their sum; of a stock the mean of the months, or the newest month's.
    pub sum: Exact,
}

/// Side of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// 分子; of a total, the total.
    Numerator,
    /// 分母
    Denominator,
}

/// Who has reported in a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthReported {
    /// The month.
    pub month: Month,
    /// Due institutions that are in and can be measured.
    pub reported: u32,
    /// Institutions that are due.
    pub due: u32,
    /// Due institutions of which nothing has come.
    pub missing: Vec<String>,
    /// Institutions whose rows cannot be used for the indicator, with the reason.
    pub gaps: Vec<(String, String)>,
}

/// Which rows are wanted.
#[derive(Debug, Clone)]
pub struct RowsQuery<'a> {
    /// Indicator's id.
    pub indicator: &'a str,
    /// Over what.
    pub unit: Unit,
    /// When.
    pub period: Period,
    /// Of which sum.
    pub role: Role,
    /// In which order; by institution, month and row of the file when not given.
    pub order: Option<Order>,
    /// Rows to leave out before the first.
    pub skip: usize,
    /// Rows to give.
    pub take: usize,
}

/// An order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// By what.
    pub by: OrderBy,
    /// Largest first. Cells that are not known come first going up, last going down.
    pub descending: bool,
}

/// By what rows are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderBy {
    /// A column of the answer.
    Field(FieldIx),
    /// What the row adds.
    Adds,
}

/// Some of the rows behind a value. Identities are never among the columns.
#[derive(Debug, Clone, PartialEq)]
pub struct RowsPage {
    /// What [`ListedRow::cells`] hold.
    pub columns: Vec<ListedColumn>,
    /// Rows altogether.
    pub total: u64,
    /// What all of them add up to: the sum in the explanation.
    pub sum: Exact,
    /// The rows asked for.
    pub rows: Vec<ListedRow>,
}

/// A column of the rows behind a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedColumn {
    /// The field.
    pub field: FieldIx,
    /// Whether the definition shows it; otherwise it helps to find the record.
    pub by_definition: bool,
}

/// One row behind a value.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedRow {
    /// Licence number.
    pub institution: String,
    /// The submission that brought it.
    pub submission: String,
    /// Number of the data row in that submission's file, from 1; a header is not counted.
    pub row: i64,
    /// What it adds to the sum: of a stock's mean its share in it.
    pub adds: Exact,
    /// The columns' values; [`Value::Null`] is not known.
    pub cells: Vec<Value>,
}

/// Why a value could not be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// No such indicator.
    #[error("there is no indicator `{0}`")]
    NoIndicator(String),
    /// The indicator has no such sum: a growth is explained by the two values it is read from, a
    /// total has no denominator, a draft has nothing.
    #[error("the indicator `{0}` has no such sum")]
    NoPart(String),
    /// The manifest and the cube are of different states of the data.
    #[error("file `{0}` of the cube is not in the manifest")]
    OtherState(String),
    /// A file could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The definitions could not be evaluated.
    #[error(transparent)]
    Sum(#[from] SumError),
    /// The definitions could not be evaluated.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// What the links say is not of the rows of the file.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Numbers beyond all use.
    #[error("a sum is too large")]
    TooLarge,
}

impl Role {
    /// Its place among the sums of a value.
    fn place(self) -> usize {
        match self {
            Self::Numerator => 0,
            Self::Denominator => 1,
        }
    }

    /// The part of a formula that plays this role.
    pub fn part(self, formula: &Formula) -> Option<&Part> {
        match (self, formula) {
            (
                Self::Numerator,
                Formula::Proportion { numerator: part, .. }
                | Formula::Ratio { numerator: part, .. }
                | Formula::Mean { sum: part, .. }
                | Formula::Total(part)
                | Formula::Share { part, .. },
            )
            | (
                Self::Denominator,
                Formula::Proportion { denominator: part, .. }
                | Formula::Ratio { denominator: part, .. }
                | Formula::Mean { count: part, .. }
                | Formula::Quantile { values: part, .. }
                | Formula::Share { part, .. },
            ) => Some(part),
            (Self::Denominator, Formula::Total(_))
            | (Self::Numerator, Formula::Quantile { .. })
            | (
                _,
                Formula::Growth { .. }
                | Formula::Quotient { .. }
                | Formula::Composite { .. }
                | Formula::Reporting { .. },
            ) => None,
        }
    }
}

/// The rows of one file that a part counts, and what each adds.
struct Found<'a> {
    file: Visible<'a>,
    stored: Stored,
    rows: Vec<(usize, i128)>,
    /// By how many months what a row adds is divided: more than one for the mean of a stock.
    by: i128,
}

impl Cube {
    /// Explains a value. `view` must be of the state of the data that the cube is of.
    ///
    /// # Errors
    /// When the indicator is unknown, `view` is of another state, or a file cannot be read.
    pub fn explain(
        &self,
        lake: &Lake,
        view: View<'_>,
        register: &Register,
        indicator: &str,
        unit: Unit,
        period: Period,
    ) -> Result<Explanation, ExplainError> {
        let no_indicator = || ExplainError::NoIndicator(indicator.to_owned());
        let indicator = self.indicator(indicator).ok_or_else(no_indicator)?;
        let mut figure = self.figure(indicator, unit.clone(), period, register, view.scope());
        figure.rank = self.ranking(indicator, &unit, period, register, view.scope()).of(&unit);
        if let Formula::Reporting { share, .. } = &indicator.formula {
            return Ok(self.explain_reporting(indicator, *share, figure, register, view));
        }
        if !indicator.formula.read_from().is_empty() {
            let explain = |of: &str, period| self.explain(lake, view, register, of, unit.clone(), period);
            let of = match &indicator.formula {
                Formula::Growth { of } => vec![explain(of, period)?, explain(of, period.year_ago())?],
                formula => formula.read_from().into_iter().map(|of| explain(of, period)).collect::<Result<_, _>>()?,
            };
            let months = of.first().map(|now| now.months.clone()).unwrap_or_default();
            return Ok(Explanation { figure, parts: Vec::new(), files: Vec::new(), months, of });
        }
        let (taken, months) = self.files(indicator, &unit, period, register, view)?;
        let mut parts = Vec::new();
        for role in [Role::Numerator, Role::Denominator] {
            let measured = figure.numerator.is_some() || figure.denominator.is_some();
            let Some(part) = role.part(&indicator.formula).filter(|_| measured) else { continue };
            let files = taken.get(role.place()).map(Vec::as_slice).unwrap_or_default();
            let found = self.find_rows(lake, files, (part, &indicator.formula), &unit, Columns::default())?;
            let (rows, sum) = added(&found, part)?;
            parts.push(PartSum { role, rows, sum });
        }
        let files: BTreeSet<&FileEntry> = taken.iter().flatten().map(|(file, _)| file.entry()).collect();
        let mut files: Vec<FileEntry> = files.into_iter().cloned().collect();
        files.sort_by(|a, b| (&a.institution, a.month, &a.dataset).cmp(&(&b.institution, b.month, &b.dataset)));
        Ok(Explanation { figure, parts, files, months, of: Vec::new() })
    }

    /// Of an indicator of reporting: who owed what and has not sent it. It reads no rows.
    fn explain_reporting(
        &self,
        indicator: &Indicator,
        share: Share,
        figure: Figure,
        register: &Register,
        view: View<'_>,
    ) -> Explanation {
        let mut months: BTreeMap<Month, MonthReported> = BTreeMap::new();
        let mut counted = 0;
        self.each_report(indicator, &figure.unit, figure.period, register, &mut |institution, month, report| {
            if !view.scope().allows(institution) {
                return;
            }
            counted += report.share(share).1;
            let of_month = months.entry(month).or_insert_with(|| MonthReported::none(month));
            of_month.due += u32::from(report.due.is_some());
            match report.due {
                Some(Reported::Timely | Reported::Late) => of_month.reported += 1,
                Some(Reported::Missing) if !of_month.missing.iter().any(|of| of == institution) => {
                    of_month.missing.push(institution.to_owned());
                }
                _ => {}
            }
        });
        let sums = [(Role::Numerator, figure.numerator), (Role::Denominator, figure.denominator)];
        let parts = sums.into_iter().filter_map(|(role, sum)| Some(PartSum { role, rows: counted, sum: sum? })).collect();
        Explanation { figure, parts, files: Vec::new(), months: months.into_values().collect(), of: Vec::new() }
    }

    /// The rows behind one sum of a value. `view` must be of the state that the cube is of.
    ///
    /// # Errors
    /// When the indicator is unknown or has no such sum, `view` is of another state, or a file cannot
    /// be read.
    pub fn rows(
        &self,
        lake: &Lake,
        view: View<'_>,
        register: &Register,
        query: &RowsQuery<'_>,
    ) -> Result<RowsPage, ExplainError> {
        let no_indicator = || ExplainError::NoIndicator(query.indicator.to_owned());
        let indicator = self.indicator(query.indicator).ok_or_else(no_indicator)?;
        let no_part = || ExplainError::NoPart(query.indicator.to_owned());
        let part = query.role.part(&indicator.formula).filter(|_| indicator.meta.status.runs()).ok_or_else(no_part)?;
        let plan = self.definitions().plan(&part.dataset).ok_or_else(no_part)?;
        let (taken, _) = self.files(indicator, &query.unit, query.period, register, view)?;
        let files = taken.get(query.role.place()).map(Vec::as_slice).unwrap_or_default();
        let columns = listed(&plan.dataset, indicator);
        let to_read = Columns::of(&plan.dataset, &columns.iter().map(|column| column.field).collect::<Vec<_>>());
        let found = self.find_rows(lake, files, (part, &indicator.formula), &query.unit, to_read.with_mark(SUBMISSION))?;
        let (total, sum) = added(&found, part)?;

        let mut hits: Vec<(&Found<'_>, usize, i128)> = Vec::new();
        for found in &found {
            hits.extend(found.rows.iter().map(|(row, adds)| (found, *row, *adds)));
        }
        if let Some(Order { by, descending }) = query.order {
            match by {
                OrderBy::Adds => hits.sort_by_key(|(found, _, adds)| Amount::of(*adds, found.by).exact(0)),
                OrderBy::Field(field) => {
                    hits.sort_by_cached_key(|(found, row, _)| found.stored.frame.value(*row, RowCell::Field(field)));
                }
            }
            if descending {
                hits.reverse();
            }
        }
        let page = hits.into_iter().skip(query.skip).take(query.take);
        let row = |(found, row, adds): (&Found<'_>, usize, i128)| {
            let frame = &found.stored.frame;
            Some(ListedRow {
                institution: found.file.entry().institution.clone(),
                submission: found.stored.submission(row).unwrap_or_default().to_owned(),
                row: frame.row.values().get(row).copied()?,
                adds: Amount::of(adds, found.by).exact(part.of.scale())?,
                cells: columns.iter().map(|column| frame.value(row, RowCell::Field(column.field))).collect(),
            })
        };
        let rows = page.map(row).collect::<Option<Vec<_>>>().ok_or(ExplainError::TooLarge)?;
        Ok(RowsPage { columns, total, sum, rows })
    }

    /// The files that each part of a value sums, in the order of institution and month, with the
    /// months by which it is divided; and how the months of the numerator's dataset stand.
    fn files<'a>(
        &self,
        indicator: &Indicator,
        unit: &Unit,
        period: Period,
        register: &Register,
        view: View<'a>,
    ) -> Result<(Vec<Vec<Divided<'a>>>, Vec<MonthReported>), ExplainError> {
        let Some(sides) = self.sides(indicator).filter(|sides| Self::refused(sides, unit).is_none()) else {
            return Ok((Vec::new(), Vec::new()));
        };
        let mut months: BTreeMap<Month, MonthReported> = BTreeMap::new();
        let allowed = |institution: &str| view.scope().allows(institution);
        let basis = self.basis(&sides, unit, period, register, &mut |institution, month, is_due, state| {
            if !allowed(institution) {
                return;
            }
            let of_month = months.entry(month).or_insert_with(|| MonthReported::none(month));
            of_month.due += u32::from(is_due);
            match state {
                State::Missing if is_due => of_month.missing.push(institution.to_owned()),
                State::Missing => {}
                State::Gap(reason) => of_month.gaps.push((institution.to_owned(), reason.to_owned())),
                State::Measured => of_month.reported += u32::from(is_due),
            }
        });
        let of_view = |entry: &FileEntry| {
            let file = view.at(&entry.dataset, &entry.institution, entry.month);
            file.filter(|file| file.entry().id == entry.id).ok_or_else(|| ExplainError::OtherState(entry.id.clone()))
        };
        let whole = self.whole_of(indicator, period, register);
        let sums: Vec<Vec<Taken<'_>>> = match (&indicator.formula, basis.parts.as_slice()) {
            (Formula::Share { .. }, [taken]) => {
                vec![share_of(indicator, taken, register), whole.unwrap_or_else(|| taken.clone())]
            }
            (Formula::Quantile { .. }, [taken]) => vec![Vec::new(), taken.clone()],
            (_, parts) => parts.to_vec(),
        };
        let mut parts = Vec::new();
        for taken in &sums {
            let mut taken: Vec<_> = taken.iter().filter(|taken| allowed(&taken.cell.entry.institution)).collect();
            taken.sort_by_key(|taken| (&taken.cell.entry.institution, taken.cell.entry.month));
            let files = taken.into_iter().map(|taken| Ok((of_view(&taken.cell.entry)?, taken.by)));
            parts.push(files.collect::<Result<_, ExplainError>>()?);
        }
        Ok((parts, months.into_values().collect()))
    }

    /// Runs a part over files again. Only files with such rows are in the answer.
    fn find_rows<'a>(
        &self,
        lake: &Lake,
        files: &[Divided<'a>],
        (part, formula): (&Part, &Formula),
        unit: &Unit,
        columns: Columns,
    ) -> Result<Vec<Found<'a>>, ExplainError> {
        let Some(plan) = self.definitions().plan(&part.dataset) else { return Ok(Vec::new()) };
        let dataset = &plan.dataset;
        let columns = dataset.department.into_iter().fold(columns, |columns, field| columns.with(dataset, field));
        let columns = columns_of(part, dataset, columns);
        let groups: &[Rows] = match part.of {
            Summand::Rows { .. } | Summand::Values { .. } => &[Rows::Counted],
            Summand::Quality { .. } => &[Rows::Counted, Rows::Held],
        };
        let of_file = |(file, by): &Divided<'a>| -> Result<Vec<Found<'a>>, ExplainError> {
            let environment = self.definitions().environment(file.entry().month);
            let mut found = Vec::new();
            for rows in groups {
                let mut stored = lake.read(*file, dataset, *rows, &columns)?;
                if !part.of.links().is_empty() {
                    let FileEntry { dataset, institution, month, .. } = file.entry();
                    let cell = self.cell(dataset, institution, *month);
                    let answers = cell.and_then(|cell| cell.linked.as_ref()).map(|(_, answers)| answers.clone());
                    stored.frame = stored.frame.with_links(answers.unwrap_or_default())?;
                }
                let rows = counted(part, &stored, unit, &environment)?;
                if !rows.is_empty() {
                    found.push(Found { file: *file, stored, rows, by: *by });
                }
            }
            Ok(found)
        };
        let found: Vec<Vec<Found<'a>>> = files.par_iter().map(of_file).collect::<Result<_, _>>()?;
        let mut found: Vec<Found<'a>> = found.into_iter().flatten().collect();
        if let (Summand::Values { value, .. }, Formula::Total(_)) = (&part.of, formula) {
            first_of_each(&mut found, value, self)?;
        }
        Ok(found)
    }
}

/// A file and by how many months what it adds is divided.
type Divided<'a> = (Visible<'a>, i128);

impl MonthReported {
    fn none(month: Month) -> Self {
        Self { month, reported: 0, due: 0, missing: Vec::new(), gaps: Vec::new() }
    }
}

/// The rows that a part counts within a unit, and what each adds.
fn counted(
    part: &Part,
    stored: &Stored,
    unit: &Unit,
    environment: &Environment,
) -> Result<Vec<(usize, i128)>, ExplainError> {
    let within = |row: &usize| match unit {
        Unit::Department { department: wanted, .. } => department(stored, *row) == wanted,
        _ => true,
    };
    match &part.of {
        Summand::Quality { without } => {
            let clean = stored.without(without).unwrap_or_else(|| BooleanArray::new_null(stored.frame.len));
            Ok(clean.values().set_indices().filter(within).map(|row| (row, 1)).collect())
        }
        Summand::Values { .. } => {
            let rows = rows_counted(part, &stored.frame, environment)?;
            Ok(rows.set_indices().filter(within).map(|row| (row, 1)).collect())
        }
        Summand::Rows { sum, squared, .. } => {
            let rows = rows_counted(part, &stored.frame, environment)?;
            let values = match sum {
                Some(sum) => Some(Evaluator::new(&stored.frame, environment).evaluate(sum)?),
                None => None,
            };
            let values = values.as_ref().and_then(|values| values.as_primitive_opt::<Int64Type>());
            let adds = |row: usize| match values {
                Some(values) if values.is_valid(row) => {
                    let value = i128::from(values.value(row));
                    if *squared { value * value } else { value }
                }
                Some(_) => 0,
                None => 1,
            };
            Ok(rows.set_indices().filter(within).map(|row| (row, adds(row))).collect())
        }
    }
}

/// Of the rows with one value only the first adds to the number of different values.
fn first_of_each(found: &mut [Found<'_>], value: &Expr, cube: &Cube) -> Result<(), EvalError> {
    let mut seen = BTreeSet::new();
    for found in found {
        let environment = cube.definitions().environment(found.file.entry().month);
        let column = Evaluator::new(&found.stored.frame, &environment).evaluate(value)?;
        for (row, adds) in &mut found.rows {
            *adds = i128::from(seen.insert(value_at(&column, &value.ty, *row)));
        }
    }
    Ok(())
}

/// How many rows, and what they add up to.
fn added(found: &[Found<'_>], part: &Part) -> Result<(u64, Exact), ExplainError> {
    let (mut rows, mut sum) = (0, Amount::NOUGHT);
    for found in found {
        rows += found.rows.len() as u64;
        let units = found.rows.iter().try_fold(0_i128, |sum, (_, adds)| sum.checked_add(*adds));
        let units = units.ok_or(ExplainError::TooLarge)?;
        sum = sum.plus(Amount::of(units, found.by)).ok_or(ExplainError::TooLarge)?;
    }
    Ok((rows, sum.exact(part.of.scale()).ok_or(ExplainError::TooLarge)?))
}

/// The dataset's listed fields, then those that the indicator shows of it; never a personal one.
fn listed(dataset: &Arc<Dataset>, indicator: &Indicator) -> Vec<ListedColumn> {
    let plain = |field: &FieldIx| dataset.fields.get(field.0).is_some_and(|field| field.privacy == Privacy::Plain);
    let own = indicator.dataset.as_ref() == Some(&dataset.meta.id);
    let indicators: &[FieldIx] = if own { &indicator.shown } else { &[] };
    let shown = indicators.iter().filter(|field| !dataset.listed.contains(field));
    let listed = dataset.listed.iter().map(|field| (*field, indicators.contains(field)));
    let all = listed.chain(shown.map(|field| (*field, true)));
    all.filter(|(field, _)| plain(field)).map(|(field, by_definition)| ListedColumn { field, by_definition }).collect()
}
