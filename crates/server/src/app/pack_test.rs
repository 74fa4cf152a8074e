//! Runs the test cases beside checks and indicators through the real intake and the real cube.

use std::collections::BTreeSet;
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use yizheng_intake::{Context, InstitutionFacts, frame_of, try_out};
use yizheng_lake::measure::Unit;
use yizheng_lake::register::Register;
use yizheng_lake::values::{By, Query};
use yizheng_lake::{Cube, Delivery, Keys, Lake, Manifest, Replaces};
use yizheng_pack::Pack;
use yizheng_pack::dataset::Dataset;
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::scope::Scope;
use yizheng_pack::testcase::{Cases, CheckCase, IndicatorCase, Outcome, Table, TestFile};


/// How the cases of a pack came out.
#[derive(Debug, Default)]
pub struct Report {
    /// Definitions with cases.
    pub definitions: usize,
    /// Cases.
    pub cases: usize,
    /// Single expectations in them.
    pub expectations: usize,
    /// What came out otherwise.
    pub failures: Vec<Failure>,
    /// Running checks and indicators without any case.
    pub untested: Vec<String>,
}

/// An expectation that was not met.
#[derive(Debug)]
pub struct Failure {
    /// Check or indicator.
    pub definition: String,
    /// Case, with its place.
    pub case: String,
    /// Row of the case's table, from 1.
    pub row: Option<usize>,
    /// Expected.
    pub expected: String,
    /// Found.
    pub found: String,
}

/// Why cases could not be run.
#[derive(Debug, thiserror::Error)]
pub enum PackTestError {
    /// No place for the files of a case.
    #[error("cannot make a folder for the cases: {0}")]
    Folder(#[from] std::io::Error),
    /// A case's files could not be written or measured.
    #[error("{definition}: {why}")]
    Case {
        /// Check or indicator.
        definition: String,
        /// Why.
        why: String,
    },
}

/// When the rows of a case without dates lie.
const SOME_DAY: &str = "2024-03-15 10:00:00";
/// An invented institution of the cases.
const INSTITUTION: &str = "99900001399000111A1001";

/// Runs the cases of a pack, or of the definitions whose id begins with `only`.
///
/// # Errors
/// When the cases cannot be run at all.
pub fn run(pack: &Pack, only: Option<&str>) -> Result<Report, PackTestError> {
    let mut report = Report::default();
    let wanted = |id: &str| only.is_none_or(|only| id.starts_with(only));
    let mut tested = BTreeSet::new();
    let pack = Arc::new(pack.clone());
    let folder = tempfile::tempdir()?;
    let keys = Keys::generate(&mut StdRng::seed_from_u64(1));
    // One stream for all cases: the ids of their files must differ.
    let mut rng = StdRng::seed_from_u64(2);
    let lake = Lake::open(folder.path(), &keys)
        .map_err(|error| PackTestError::Case { definition: "lake".to_owned(), why: error.to_string() })?;
    for file in pack.tests.iter().filter(|file| wanted(&file.id)) {
        let Some(dataset) = file.dataset.as_ref().and_then(|id| pack.datasets.get(id)) else { continue };
        tested.insert(file.id.to_string());
        report.definitions += 1;
        match &file.cases {
            Cases::Check(cases) => {
                for case in cases {
                    report.cases += 1;
                    check_case(&pack, dataset, file, case, &mut report);
                }
            }
            Cases::Indicator(cases) => {
                for (number, case) in cases.iter().enumerate() {
                    report.cases += 1;
                    indicator_case(&pack, dataset, &lake, &mut rng, file, (number, case), &mut report)?;
                }
            }
        }
    }
    let checks = pack.datasets.values().flat_map(|dataset| &dataset.checks).map(|check| &check.meta);
    let indicators = pack.indicators.values().map(|indicator| &indicator.meta);
    report.untested = checks
        .chain(indicators)
        .filter(|meta| meta.status.runs() && wanted(&meta.id) && !tested.contains(&*meta.id))
        .map(|meta| meta.id.to_string())
        .collect();
    Ok(report)
}

fn failed(file: &TestFile, case: &str, row: Option<usize>, expected: String, found: String) -> Failure {
    Failure { definition: file.id.to_string(), case: format!("{case} ({})", file.file), row, expected, found }
}

fn word(outcome: Outcome) -> String {
    serde_json::to_value(outcome).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn check_case(pack: &Pack, dataset: &Arc<Dataset>, file: &TestFile, case: &CheckCase, report: &mut Report) {
    let Some(check) = dataset.checks.iter().find(|check| check.meta.id == file.id) else { return };
    let facts = case.institution.as_ref().map(InstitutionFacts::from);
    let context = Context {
        institution: facts.as_ref(),
        period: case.period,
        received_at: case.received_at,
        known: Some(&case.known),
        ..Context::new(pack, dataset)
    };
    let tried = match try_out(check, &case.rows, &case.earlier, &context) {
        Ok(tried) => tried,
        Err(fault) => {
            report.failures.push(failed(file, &case.name, None, "a readable table".to_owned(), fault.message));
            return;
        }
    };
    if tried.len() != case.expect.len() {
        let expected = format!("{} rows", case.expect.len());
        report.failures.push(failed(file, &case.name, None, expected, format!("{} rows", tried.len())));
        return;
    }
    for (row, (expect, tried)) in case.expect.iter().zip(&tried).enumerate() {
        report.expectations += 1;
        let place = expect.at.is_none_or(|at| tried.at.contains(&at));
        if expect.outcome != tried.outcome || !place {
            let at = |cell: &yizheng_pack::dataset::Cell| dataset.element(*cell);
            let expected = format!("{}{}", word(expect.outcome), expect.at.map(|cell| format!("@{}", at(&cell))).unwrap_or_default());
            let cells: Vec<String> = tried.at.iter().map(at).collect();
            let found = format!("{} {} {}", word(tried.outcome), cells.join(" "), tried.reasons.join("；"));
            report.failures.push(failed(file, &case.name, Some(row + 1), expected, found.trim().to_owned()));
        }
    }
}

/// A table with the column that decides the period: a case that does not care about it leaves it out.
fn dated(dataset: &Dataset, table: &Table) -> Table {
    let Some(field) = dataset.fields.get(dataset.period.0) else { return table.clone() };
    if table.header.iter().any(|header| header.eq_ignore_ascii_case(&field.id)) {
        return table.clone();
    }
    let header = table.header.iter().cloned().chain([field.id.to_string()]).collect();
    let rows = table.rows.iter().map(|row| row.iter().cloned().chain([SOME_DAY.to_owned()]).collect()).collect();
    Table { header, rows }
}

/// The months in which a table's rows lie, by the texts of its period column.
fn span(dataset: &Dataset, table: &Table) -> Option<(Month, Month)> {
    let id = &dataset.fields.get(dataset.period.0)?.id;
    let column = table.header.iter().position(|header| header.eq_ignore_ascii_case(id))?;
    let months = table.rows.iter().filter_map(|row| {
        let text = row.get(column)?;
        Some(text.get(..7)?.parse::<Period>().ok()?.first())
    });
    months.fold(None, |span: Option<(Month, Month)>, month| {
        Some(span.map_or((month, month), |(first, last)| (first.min(month), last.max(month))))
    })
}

fn indicator_case(
    pack: &Arc<Pack>,
    dataset: &Arc<Dataset>,
    lake: &Lake,
    rng: &mut StdRng,
    file: &TestFile,
    (number, case): (usize, &IndicatorCase),
    report: &mut Report,
) -> Result<(), PackTestError> {
    let broken = |why: String| PackTestError::Case { definition: format!("{} {}", file.id, case.name), why };
    let context = Context::new(pack, dataset);
    let table = dated(dataset, &case.rows);
    let frame = match frame_of(&table, &context) {
        Ok(frame) => frame,
        Err(fault) => {
            report.failures.push(failed(file, &case.name, None, "a readable table".to_owned(), fault.message));
            return Ok(());
        }
    };
    let (first, last) = span(dataset, &table)
        .or_else(|| case.period.map(|period| (period.first(), period.last())))
        .or_else(|| Month::new(2024, 3).map(|month| (month, month)))
        .ok_or_else(|| broken("no period".to_owned()))?;
    // What quality indicators count: each of their checks tried on the rows.
    let mut checked = yizheng_lake::CheckedRows::default();
    for check in dataset.checks.iter().filter(|check| check.meta.status.runs()) {
        let tried = try_out(check, &table, &Default::default(), &context).map_err(|fault| broken(fault.message))?;
        let violated = frame.row.values().iter().zip(&tried).filter(|(_, tried)| tried.outcome == Outcome::Violated);
        let rows = violated.filter_map(|(row, _)| u32::try_from(*row).ok()).collect();
        checked.violated.insert(check.meta.id.to_string(), rows);
    }
    let mut manifest = Manifest::default();
    for year in first.year()..=last.year() {
        let Some(january) = Month::new(year, 1) else { continue };
        let period = Period::containing(january, Grain::Year);
        let within = frame_within(&frame, period).map_err(&broken)?;
        let entries = lake
            .write(
                &Delivery {
                    institution: INSTITUTION,
                    submission: &format!("{}-{number}-{year}", file.id),
                    period,
                    frame: &within,
                    held: &roaring::RoaringBitmap::new(),
                    checks: &checked,
                    replaces: Replaces::Period,
                },
                rng,
            )
            .map_err(|error| broken(error.to_string()))?;
        manifest = manifest.with(entries);
    }
    let scope = Scope::whole_region("test");
    let cube = Cube::build(lake, pack.clone(), manifest.within(&scope)).map_err(|error| broken(error.to_string()))?;
    let periods: Vec<Period> = match case.period {
        Some(period) => vec![period],
        None if first == last => vec![Period::containing(first, Grain::Month)],
        None => vec![Period::containing(last, Grain::Year)],
    };
    let figures = cube
        .values(
            &Query { indicators: &[file.id.to_string()], periods: &periods, by: By::Institution, code: Some(INSTITUTION), department: None },
            &Register::default(),
            &scope,
        )
        .map_err(|error| broken(error.to_string()))?;
    let figure = figures.iter().find(|figure| figure.unit == Unit::Institution(INSTITUTION.to_owned()));
    let print = |value: Option<yizheng_lake::Exact>| value.map_or_else(|| "null".to_owned(), |value| value.to_string());
    let found = figure.map(|figure| (print(figure.numerator), print(figure.denominator), print(figure.value)));
    let (numerator, denominator, value) = found.unwrap_or_else(|| ("none".into(), "none".into(), "none".into()));
    for (what, expected, found) in [
        ("numerator", case.numerator.as_ref(), numerator),
        ("denominator", case.denominator.as_ref(), denominator),
        ("value", Some(&case.value), value),
    ] {
        let Some(expected) = expected else { continue };
        report.expectations += 1;
        if *expected != found {
            let because = figure.and_then(|figure| figure.not_measured.clone()).unwrap_or_default();
            report.failures.push(failed(file, &case.name, None, format!("{what} {expected}"), format!("{found} {because}")));
        }
    }
    Ok(())
}

/// The rows of a year; rows without a readable date stay out, as they do in a submission.
fn frame_within(frame: &yizheng_eval::Frame, period: Period) -> Result<yizheng_eval::Frame, String> {
    use yizheng_pack::dataset::Cell;
    use yizheng_pack::types::Value;
    let inside = (0..frame.len).map(|row| {
        Some(match frame.value(row, Cell::Field(frame.dataset.period)) {
            Value::Date(date) => period.contains(date),
            Value::DateTime(time) => period.contains(time.date()),
            _ => false,
        })
    });
    frame.filter(&inside.collect()).map_err(|error| error.to_string())
}
