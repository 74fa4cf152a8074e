//! Runs the test cases beside checks and indicators through the real intake and the real cube.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use yizheng_intake::{Context, InstitutionFacts, frame_of, try_out};
use chrono::NaiveDate;
use yizheng_lake::register::{self, Register, Standing};
use yizheng_lake::values::{By, Query};
use yizheng_lake::{Cube, Delivery, FileEntry, Keys, Lake, Manifest, Replaces};
use yizheng_pack::Pack;
use yizheng_pack::dataset::{Cell, Dataset, FieldIx, Subject};
use yizheng_pack::indicator::{Formula, Indicator, Summand};
use yizheng_pack::measure::{Due, Ground, Sent};
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::scope::Scope;
use yizheng_pack::testcase::{Cases, CheckCase, DueRow, IndicatorCase, Outcome, Table, TestFile};
use yizheng_pack::types::Value;


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
/// Said of a case whose rows have no dates and which names no period.
const NO_PERIOD: &str = "no period";
/// Code of an invented region, which sends the reports of the whole region.
const REGION: &str = "999000";
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
    let mut bench = Bench::new()?;
    for file in pack.tests.iter().filter(|file| wanted(&file.id)) {
        tested.insert(file.id.to_string());
        bench.run(&pack, file, &mut report)?;
    }
    let checks = pack.tables().flat_map(|dataset| &dataset.checks).map(|check| &check.meta);
    let indicators = pack.indicators.values().map(|indicator| &indicator.meta);
    report.untested = checks
        .chain(indicators)
        .filter(|meta| meta.status.runs() && wanted(&meta.id) && !tested.contains(&*meta.id))
        .map(|meta| meta.id.to_string())
        .collect();
    super::alert_test::run(&pack, only, &mut report);
    Ok(report)
}

/// Where cases are run: a lake of their own.
pub(super) struct Bench {
    lake: Lake,
    /// One stream for all cases: the ids of their files must differ.
    rng: StdRng,
    _folder: tempfile::TempDir,
}

impl Bench {
    pub(super) fn new() -> Result<Self, PackTestError> {
        let folder = tempfile::tempdir()?;
        let keys = Keys::generate(&mut StdRng::seed_from_u64(1));
        let lake = Lake::open(folder.path(), &keys)
            .map_err(|error| PackTestError::Case { definition: "lake".to_owned(), why: error.to_string() })?;
        Ok(Self { lake, rng: StdRng::seed_from_u64(2), _folder: folder })
    }

    /// Runs the cases of one definition as a pack has it.
    pub(super) fn run(&mut self, pack: &Arc<Pack>, file: &TestFile, report: &mut Report) -> Result<(), PackTestError> {
        report.definitions += 1;
        match &file.cases {
            Cases::Check(cases) => {
                let Some(dataset) = file.dataset.as_ref().and_then(|id| pack.table(id)) else { return Ok(()) };
                for case in cases {
                    report.cases += 1;
                    let laid = (!case.codelists.is_empty()).then(|| pack.with_codes(&case.codelists));
                    check_case(laid.as_ref().map_or(&**pack, |laid| laid), dataset, file, case, report);
                }
            }
            Cases::Indicator(cases) => {
                for (number, case) in cases.iter().enumerate() {
                    report.cases += 1;
                    let laid = (!case.codelists.is_empty()).then(|| Arc::new(pack.with_codes(&case.codelists)));
                    indicator_case(laid.as_ref().unwrap_or(pack), &self.lake, &mut self.rng, file, (number, case), report)?;
                }
            }
        }
        Ok(())
    }
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
    let day = if field.month { SOME_DAY.get(..7).unwrap_or_default() } else { SOME_DAY };
    let rows = table.rows.iter().map(|row| row.iter().cloned().chain([day.to_owned()]).collect()).collect();
    Table { header, rows }
}

/// The months in which a table's rows lie, by the texts of its period column.
fn months(dataset: &Dataset, table: &Table) -> BTreeSet<Month> {
    let Some(texts) = column(table, dataset, dataset.period) else { return BTreeSet::new() };
    texts.filter_map(|text| Some(text.get(..7)?.parse::<Period>().ok()?.first())).collect()
}

/// The texts of a field's column.
fn column<'t>(table: &'t Table, dataset: &Dataset, field: FieldIx) -> Option<impl Iterator<Item = &'t str>> {
    let id = &dataset.fields.get(field.0)?.id;
    let at = table.header.iter().position(|header| header.eq_ignore_ascii_case(id))?;
    Some(table.rows.iter().map(move |row| row.get(at).map_or("", String::as_str)))
}

fn indicator_case(
    pack: &Arc<Pack>,
    lake: &Lake,
    rng: &mut StdRng,
    file: &TestFile,
    (number, case): (usize, &IndicatorCase),
    report: &mut Report,
) -> Result<(), PackTestError> {
    let broken = |why: String| PackTestError::Case { definition: format!("{} {}", file.id, case.name), why };
    let Some(indicator) = pack.indicators.get(&file.id) else { return Ok(()) };
    let datasets = pack.datasets_of(indicator);
    let below = datasets.into_iter().find(|id| Some(id) != indicator.dataset.as_ref());
    let tables = [(indicator.dataset.as_ref(), Some(&case.rows)), (below.as_ref(), case.denominator_rows.as_ref())];
    let mut manifest = Manifest::default();
    let mut sent: Vec<Sent> = Vec::new();
    let mut all: BTreeSet<Month> = case.due.iter().map(|due| due.month).collect();
    for (id, table) in tables {
        let (Some(dataset), Some(table)) = (id.and_then(|id| pack.datasets.get(id)), table) else { continue };
        let name = format!("{}-{number}-{}", file.id, dataset.meta.id);
        let table = dated(dataset, table);
        let otherwise = case.period.map(Period::first).or(Month::new(2024, 3)).ok_or_else(|| broken(NO_PERIOD.to_owned()))?;
        match deliver((pack, lake, rng), dataset, indicator, &name, &table, otherwise).map_err(&broken)? {
            Ok((entries, rows)) => {
                manifest = manifest.with(entries);
                sent.extend(rows);
            }
            Err(fault) => {
                report.failures.push(failed(file, &case.name, None, "a readable table".to_owned(), fault));
                return Ok(());
            }
        }
        all.extend(months(dataset, &table));
    }
    let scope = Scope::whole_region("test");
    let cube = Cube::build(lake, pack.clone(), manifest.within(&scope)).map_err(|error| broken(error.to_string()))?;
    let within = Scope::whole_region("test");
    let files = manifest.within(&within).files();
    let files = files.map(|file| (file.entry().dataset.as_str().into(), file.entry().institution.clone(), file.entry().month));
    sent.sort_by(|a, b| (&a.institution, a.month).cmp(&(&b.institution, b.month)));
    let ground = Ground {
        pack,
        sent: files.collect(),
        rows: sent,
        due: due(pack, indicator, case),
        within: &|_, _| true,
        class: &|institution, _| case.institutions.get(institution).cloned().unwrap_or_default(),
    };
    let standing = |(institution, (class, level)): (&String, &(String, String))| {
        let (class, level) = (class.clone(), level.clone());
        (institution.clone(), vec![Standing { from: NaiveDate::MIN, to: None, class, level, alliance: None, beds: 0 }])
    };
    let register = Register {
        region: REGION.to_owned(),
        institutions: case.institutions.iter().map(standing).collect(),
        reporting: reporting(pack, indicator, case),
    };
    let period = match (case.period, all.first(), all.last()) {
        (Some(period), ..) => period,
        (None, Some(first), Some(last)) if first == last => Period::containing(*first, Grain::Month),
        (None, _, Some(last)) => Period::containing(*last, Grain::Year),
        (None, ..) => return Err(broken(NO_PERIOD.to_owned())),
    };
    let query =
        Query { indicators: &[file.id.to_string()], periods: &[period], by: By::Region, code: None, department: None };
    let figures = cube.values(&query, &register, &scope).map_err(|error| broken(error.to_string()))?;
    let figure = figures.first();
    let print = |value: Option<yizheng_lake::Exact>| value.map_or_else(|| "null".to_owned(), |value| value.to_string());
    let found = figure.map(|figure| (print(figure.numerator), print(figure.denominator), print(figure.value)));
    let (numerator, denominator, value) = found.unwrap_or_else(|| ("none".into(), "none".into(), "none".into()));
    let answer = ground.measure(indicator, period).map_err(|error| broken(error.to_string()))?;
    let [plain_numerator, plain_denominator, plain_value] = answer.printed(indicator, pack);
    for (what, expected, found, plain) in [
        ("numerator", case.numerator.as_ref(), numerator, plain_numerator),
        ("denominator", case.denominator.as_ref(), denominator, plain_denominator),
        ("value", Some(&case.value), value, plain_value),
    ] {
        let Some(expected) = expected else { continue };
        report.expectations += 1;
        if *expected != found || *expected != plain {
            let because = figure.and_then(|figure| figure.not_measured.clone()).unwrap_or_default();
            let found = if found == plain { found } else { format!("{found}（逐行重算 {plain}）") };
            report.failures.push(failed(file, &case.name, None, format!("{what} {expected}"), format!("{found} {because}")));
        }
    }
    Ok(())
}

/// Writes a table's rows as files: of one invented institution, or of those that its institution's
/// column names. Of a monthly report a month without rows has not been reported; of any other dataset
/// nothing happened in it. `Err` within is what the reader of the table is told.
fn deliver(
    (pack, lake, rng): (&Pack, &Lake, &mut StdRng),
    dataset: &Arc<Dataset>,
    indicator: &Indicator,
    name: &str,
    table: &Table,
    otherwise: Month,
) -> Result<Result<(Vec<FileEntry>, Vec<Sent>), String>, String> {
    let context = Context::new(pack, dataset);
    let frame = match frame_of(table, &context) {
        Ok(frame) => frame,
        Err(fault) => return Ok(Err(fault.message)),
    };
    // What quality indicators count: each of their checks tried on the rows.
    let mut checked = yizheng_lake::CheckedRows::default();
    let quality = indicator.parts().iter().any(|part| matches!(part.of, Summand::Quality { .. }));
    for check in dataset.checks.iter().filter(|check| quality && check.meta.status.runs()) {
        let tried = try_out(check, table, &Default::default(), &context).map_err(|fault| fault.message)?;
        let violated = frame.row.values().iter().zip(&tried).filter(|(_, tried)| tried.outcome == Outcome::Violated);
        let rows = violated.filter_map(|(row, _)| u32::try_from(*row).ok()).collect();
        checked.violated.insert(check.meta.id.to_string(), rows);
    }
    let senders: Vec<&str> = match dataset.subject {
        Subject::Region => vec![REGION; frame.len],
        Subject::Institution => match column(table, dataset, dataset.institution) {
            Some(texts) => texts.collect(),
            None => vec![INSTITUTION; frame.len],
        },
    };
    let monthly = dataset.fields.get(dataset.period.0).is_some_and(|field| field.month);
    let grain = if monthly { Grain::Month } else { Grain::Year };
    let mut deliveries: BTreeSet<(&str, Period)> = BTreeSet::new();
    for (row, sender) in senders.iter().enumerate() {
        deliveries.extend(month_of(&frame, row).map(|month| (*sender, Period::containing(month, grain))));
    }
    if deliveries.is_empty() && !monthly {
        deliveries.insert((INSTITUTION, Period::containing(otherwise, grain)));
    }
    let (mut entries, mut rows) = (Vec::new(), Vec::new());
    for (institution, period) in deliveries {
        let own = senders.iter().enumerate().map(|(row, sender)| {
            Some(*sender == institution && month_of(&frame, row).is_some_and(|month| period.contains(month.start())))
        });
        let frame = frame.filter(&own.collect()).map_err(|error| error.to_string())?;
        rows.extend((0..frame.len).filter_map(|row| plain(&frame, row, institution, &checked)));
        let delivery = Delivery {
            institution,
            submission: &format!("{name}-{institution}-{period}"),
            period,
            frame: &frame,
            held: &roaring::RoaringBitmap::new(),
            checks: &checked,
            replaces: Replaces::Period,
        };
        entries.extend(lake.write(&delivery, rng).map_err(|error| error.to_string())?);
    }
    Ok(Ok((entries, rows)))
}

/// A row for the reference. A person is known by the document, else by the institution's record.
fn plain(frame: &yizheng_eval::Frame, row: usize, institution: &str, checked: &yizheng_lake::CheckedRows) -> Option<Sent> {
    let number = frame.row.values().get(row).copied()?;
    let text = |field: FieldIx| match frame.value(row, Cell::Field(field)) {
        Value::Text(text) if !text.trim().is_empty() => Some(text.trim().to_uppercase()),
        Value::Number { units, .. } => Some(units.to_string()),
        _ => None,
    };
    let person = frame.dataset.person.as_ref().map(|person| match (text(person.number), text(person.record)) {
        (Some(number), _) => format!("document {number}"),
        (None, Some(record)) => format!("record {institution} {record}"),
        (None, None) => format!("row {institution} {number}"),
    });
    let violates = |(_, rows): &(&String, &roaring::RoaringBitmap)| u32::try_from(number).is_ok_and(|row| rows.contains(row));
    Some(Sent {
        dataset: frame.dataset.meta.id.clone(),
        institution: institution.to_owned(),
        month: month_of(frame, row)?,
        person,
        row: frame.plain(row),
        held: false,
        violates: checked.violated.iter().filter(violates).map(|(check, _)| check.clone()).collect(),
    })
}

/// The month of a row; none without a readable date, which keeps it out of a submission too.
fn month_of(frame: &yizheng_eval::Frame, row: usize) -> Option<Month> {
    match frame.value(row, Cell::Field(frame.dataset.period)) {
        Value::Date(date) => Some(Month::of(date)),
        Value::DateTime(time) => Some(Month::of(time.date())),
        _ => None,
    }
}

/// What institutions owed, each row with its dataset.
fn due(pack: &Pack, indicator: &Indicator, case: &IndicatorCase) -> Vec<Due> {
    let first = match &indicator.formula {
        Formula::Reporting { datasets, .. } => datasets.first(),
        _ => None,
    };
    let running = pack.datasets.values().find(|dataset| dataset.meta.status.runs()).map(|dataset| &dataset.meta.id);
    let dataset = |due: &DueRow| due.dataset.clone().or(first.or(running).map(ToString::to_string)).unwrap_or_default();
    let of = |due: &DueRow| Due { dataset: dataset(due), standing: due.standing, rows: due.rows, held: due.held };
    case.due.iter().map(of).collect()
}

/// What institutions owed and sent, as the register has it.
fn reporting(
    pack: &Pack,
    indicator: &Indicator,
    case: &IndicatorCase,
) -> BTreeMap<String, BTreeMap<String, BTreeMap<Month, register::Report>>> {
    let mut reporting: BTreeMap<String, BTreeMap<String, BTreeMap<Month, register::Report>>> = BTreeMap::new();
    for (due, row) in due(pack, indicator, case).into_iter().zip(&case.due) {
        let months = reporting.entry(due.dataset).or_default().entry(row.institution.clone()).or_default();
        months.insert(row.month, register::Report { due: Some(due.standing), rows: due.rows, held: due.held });
    }
    reporting
}
