//! Every running indicator of the national pack over the lake's files: the slices' sums against the
//! engine's, to the last digit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type};
use datafusion::error::DataFusionError;
use yizheng_cluster::{Files, register, sums};
use yizheng_lake::Exact;
use yizheng_lake::measure::Unit;
use yizheng_lake::register::Register;
use yizheng_pack::Pack;
use yizheng_pack::dataset::Subject;
use yizheng_pack::expr::Environment;
use yizheng_pack::expr::sql::{self, Dialect, SqlError};
use yizheng_pack::indicator::Part;
use yizheng_pack::measure::Ground;
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::scope::Scope;

use crate::engine::runtime;
use crate::made_up::{Sample, Samples, national, parts_of};
use crate::read::{answer, kind, roles};

/// What was compared.
#[derive(Default)]
pub struct Compared {
    files: usize,
    pub sums: usize,
    /// Keys of parts with some sum other than 0.
    alive: BTreeSet<Arc<str>>,
    /// Keys of parts compared.
    parts: BTreeSet<Arc<str>>,
    lacking: BTreeSet<String>,
}

pub fn compare(files: &[Sample]) -> Compared {
    let runtime = runtime();
    let mut compared = Compared::default();
    let mut wrong = Vec::new();
    for sample in files {
        let parts: Vec<&Part> = sample.sums.parts.iter().collect();
        let found = runtime.block_on(sums(&sample.dataset, &parts, &sample.files, &sample.environment));
        let found = found.unwrap_or_else(|error| panic!("{}: {error}", sample.place));
        compared.files += 1;
        compared.lacking.extend(sample.sums.lacking.iter().map(|(part, reason)| format!("{}: {reason}", part.dataset)));
        let departments: BTreeSet<&String> = found.keys().chain(sample.sums.departments.keys()).collect();
        for department in departments {
            let (slice, engine) = (sample.sums.departments.get(department), found.get(department));
            let (Some(slice), Some(engine)) = (slice, engine) else {
                wrong.push(format!("{}: department {department:?}: slice {slice:?}, SQL {engine:?}", sample.place));
                continue;
            };
            for (part, (slice, engine)) in parts.iter().zip(slice.iter().zip(engine)) {
                compared.sums += 1;
                compared.parts.insert(part.key.clone());
                if *slice != 0 {
                    compared.alive.insert(part.key.clone());
                }
                if slice != engine {
                    wrong.push(format!("{} {department:?}: slice {slice}, SQL {engine}: {}", sample.place, part.key));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} sums differ:\n{}", wrong.len(), wrong.join("\n"));
    compared
}

#[test]
fn sums_of_random_rows_equal_the_slices() {
    let samples = Samples::random(national());
    let compared = compare(&samples.files);
    let all: usize = parts_of(&samples.pack).values().map(Vec::len).sum();
    let indicators = samples.pack.running_indicators().filter(|(_, indicator)| !indicator.parts().is_empty()).count();
    println!(
        "{indicators} indicators of {} datasets, {} of {all} parts over {} files of random rows: {} sums equal; {} parts are other than 0 somewhere",
        parts_of(&samples.pack).len(), compared.parts.len(), compared.files, compared.sums, compared.alive.len()
    );
    for reason in &compared.lacking {
        println!("  not summed by either: {reason}");
    }
    let linked: Vec<&Part> = parts_of(&samples.pack).into_values().flatten().filter(|part| !part.of.links().is_empty()).collect();
    let quiet: Vec<&str> = linked.iter().map(|part| &*part.key).filter(|key| !compared.alive.contains(*key)).collect();
    println!("  {} of the parts ask for links", linked.len());
    assert!(quiet.is_empty(), "no row is linked: {quiet:?}");
    assert!(compared.alive.len() * 10 >= compared.parts.len() * 9, "the rows are too poor: {} of {} parts", compared.alive.len(), compared.parts.len());
}

#[test]
fn sums_of_the_test_cases_equal_the_slices() {
    let (cases, samples) = Samples::cases(national());
    let compared = compare(&samples.files);
    println!("{cases} indicator cases in {} files: {} sums of {} parts equal", compared.files, compared.sums, compared.parts.len());
    assert!(compared.alive.len() * 10 >= compared.parts.len() * 9, "{} of {} parts are 0 everywhere", compared.parts.len() - compared.alive.len(), compared.parts.len());
}

/// What was compared of whole indicators.
#[derive(Default)]
pub struct Whole {
    pub figures: usize,
    pub departments: usize,
    /// By kind: the indicators, and how many values they have.
    pub kinds: BTreeMap<&'static str, (BTreeSet<Arc<str>>, usize)>,
    /// Those without a statement.
    refused: BTreeSet<String>,
}

impl Whole {
    fn told(&self) {
        println!("statements of whole indicators: {} figures and {} sums of departments equal", self.figures, self.departments);
        for (kind, (ids, values)) in &self.kinds {
            println!("  {kind}: {} indicators, {values} values", ids.len());
            assert!(*values > 0, "no {kind} has a value");
        }
        println!("  refused:");
        self.refused.iter().for_each(|one| println!("    {one}"));
    }
}

/// What the statements of whole indicators, with the parameters of the last month, say of institutions
/// in each of `months`: against the cube, and with `reference` against the rows one by one.
pub fn compare_whole(samples: &Samples, institutions: &[&str], months: &[Month], reference: bool) -> Whole {
    let (pack, runtime, session) = (&samples.pack, runtime(), yizheng_cluster::session());
    for (id, dataset) in &pack.datasets {
        let mut files = Files::default();
        for sample in samples.files.iter().filter(|sample| sample.dataset.meta.id == *id) {
            files.counted.extend(sample.files.counted.iter().cloned());
            files.held.extend(sample.files.held.iter().cloned());
        }
        runtime.block_on(register(&session, dataset, &files)).unwrap();
    }
    let (scope, register) = (Scope::whole_region("test"), Register::default());
    let (mut whole, mut wrong) = (Whole::default(), Vec::new());
    let rows = if reference { samples.sent() } else { Vec::new() };
    let sent: BTreeSet<_> = rows.iter().map(|row| (row.dataset.clone(), row.institution.clone(), row.month)).collect();
    let within: Vec<_> = institutions.iter().map(|institution| move |of: &str, _: Month| of == *institution).collect();
    let class = |_: &str, _: Month| Default::default();
    let grounds: Vec<Ground<'_>> = within
        .iter()
        .map(|within| Ground { pack, rows: rows.clone(), sent: sent.clone(), due: Vec::new(), within, class: &class })
        .collect();
    for (id, sql) in statements(pack, *months.last().unwrap(), Dialect::DataFusion) {
        let indicator = &pack.indicators[&id];
        let sql = match sql {
            Ok(sql) => sql,
            // Of reporting, and where a code list that the whole country lacks is asked.
            Err(error @ (SqlError::NotFromRows(_) | SqlError::Missing { .. })) => {
                whole.refused.insert(error.to_string());
                continue;
            }
            Err(error) => panic!("{id}: {error}"),
        };
        let batches = runtime.block_on(async { session.sql(&sql).await?.collect().await });
        let batches: Vec<RecordBatch> = batches.unwrap_or_else(|error: DataFusionError| panic!("{id}: {error}\n{sql}"));
        let kind = whole.kinds.entry(kind(indicator)).or_default();
        kind.0.insert(id.clone());
        for ((institution, ground), month) in institutions.iter().zip(&grounds).flat_map(|of| months.iter().map(move |month| (of, *month))) {
            let period = Period::containing(month, Grain::Month);
            let found = sums_of(&batches, institution, month);
            for (part, role) in indicator.parts().into_iter().zip(roles(indicator)).filter(|_| found.by_department) {
                let slice = slice_of(samples, part, institution, month);
                let of_role = found.departments.get(*role).cloned().unwrap_or_default();
                whole.departments += slice.len();
                if slice != of_role {
                    wrong.push(format!("{id} {institution} {month}: slice {slice:?}, SQL {of_role:?}: {}\n{sql}", part.key));
                }
            }
            let found = answer(indicator, pack, &found.sums);
            let printed = found.printed(indicator, pack);
            whole.figures += 1;
            let share = indicator.formula.is_by_class();
            kind.1 += usize::from(found.value.or(found.denominator.filter(|_| share)).is_some());
            let unit = Unit::Institution((*institution).to_owned());
            let figure = samples.cube.series(&id, &unit, &[period], &register, &scope).unwrap().remove(0);
            let print = |value: Option<Exact>| value.map_or_else(|| "null".to_owned(), |value| value.to_string());
            let cube = [print(figure.numerator), print(figure.denominator), print(figure.value)];
            let of_region = sql::parts(indicator, pack).iter().any(|part| pack.datasets[&part.dataset].subject == Subject::Region);
            // Neither has a value over one institution.
            if !of_region && !share && cube != printed {
                wrong.push(format!("{id} {institution} {month}: cube {cube:?} {:?}, SQL {printed:?}\n{sql}", figure.not_measured));
            }
            if reference {
                let plain = ground.measure(indicator, period).unwrap();
                if if share { plain.denominator != found.denominator } else { plain != found } {
                    wrong.push(format!("{id} {institution} {month}: reference {plain:?}, SQL {found:?}\n{sql}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    whole
}

#[test]
fn whole_indicators_equal_the_reference() {
    compare_whole(&Samples::random(national()), &["A1", "B2"], &[Month::new(2024, 3).unwrap()], true).told();
}

#[test]
fn whole_indicators_over_the_test_cases_equal_the_cube() {
    let (_, samples) = Samples::cases(national());
    compare_whole(&samples, &["T1"], &[Month::new(2024, 3).unwrap()], false).told();
}

/// What a statement says of an institution's month.
#[derive(Default)]
struct Found {
    /// By column, over all departments.
    sums: BTreeMap<String, i128>,
    by_department: bool,
    /// By column and department, without noughts.
    departments: BTreeMap<String, BTreeMap<String, i128>>,
}

fn sums_of(batches: &[RecordBatch], institution: &str, month: Month) -> Found {
    let mut found = Found::default();
    for batch in batches {
        let text = |name: &str| Some(cast(batch.column_by_name(name)?, &DataType::Utf8).unwrap());
        let (names, days, departments) = (text("institution").unwrap(), text("month").unwrap(), text("department"));
        found.by_department = departments.is_some();
        let here = |row: &usize| {
            names.as_string::<i32>().value(*row) == institution && days.as_string::<i32>().value(*row) == format!("{month}-01")
        };
        for row in (0..batch.num_rows()).filter(here) {
            let department = departments.as_ref().map_or("", |names| names.as_string::<i32>().value(row));
            for (column, values) in batch.schema().fields().iter().zip(batch.columns()) {
                if ["institution", "month", "department"].contains(&column.name().as_str()) || values.is_null(row) {
                    continue;
                }
                let values = cast(values, &DataType::Decimal128(38, 0)).unwrap();
                let sum = values.as_primitive::<Decimal128Type>().value(row);
                *found.sums.entry(column.name().clone()).or_default() += sum;
                if sum != 0 {
                    found.departments.entry(column.name().clone()).or_default().insert(department.to_owned(), sum);
                }
            }
        }
    }
    found
}

/// The sums of a part as the slice of an institution's month has them, without noughts.
fn slice_of(samples: &Samples, part: &Part, institution: &str, month: Month) -> BTreeMap<String, i128> {
    let own = |sample: &&Sample| {
        sample.dataset.meta.id == part.dataset && sample.entry.institution == institution && sample.entry.month == month
    };
    let Some(sums) = samples.files.iter().find(own).map(|sample| &sample.sums) else { return BTreeMap::new() };
    let Some(place) = sums.parts.iter().position(|known| known.key == part.key) else { return BTreeMap::new() };
    let of_department = sums.departments.iter().map(|(name, sums)| (name.clone(), sums[place]));
    of_department.filter(|(_, sum)| *sum != 0).collect()
}
/// The statement of an indicator for a reader, on the environment of a month.
pub fn statements(pack: &Pack, month: Month, dialect: Dialect) -> Vec<(Arc<str>, Result<String, SqlError>)> {
    let last = month.end().pred_opt().unwrap();
    let environment = Environment::on(pack, last);
    let running = pack.running_indicators();
    running.map(|(id, definition)| (id.clone(), sql::indicator(definition, pack, &environment, dialect))).collect()
}
