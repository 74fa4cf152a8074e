//! Every running indicator of the national pack over the lake's files: the slices' sums against the
//! engine's, to the last digit.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type};
use datafusion::error::DataFusionError;
use yizheng_cluster::{Files, register, sums};
use yizheng_pack::Pack;
use yizheng_pack::expr::sql::{Dialect, SqlError, indicator};
use yizheng_pack::expr::Environment;
use yizheng_pack::indicator::{Part, Summand};
use yizheng_pack::period::Month;

use crate::engine::runtime;
use crate::made_up::{Sample, Samples, national, parts_of};

/// What was compared.
#[derive(Default)]
struct Compared {
    files: usize,
    sums: usize,
    /// Keys of parts with some sum other than 0.
    alive: BTreeSet<Arc<str>>,
    /// Keys of parts compared.
    parts: BTreeSet<Arc<str>>,
    lacking: BTreeSet<String>,
}

fn compare(files: &[Sample]) -> Compared {
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
    assert!(compared.alive.len() * 10 >= compared.parts.len() * 9, "the rows are too poor: {} of {} parts", compared.alive.len(), compared.parts.len());
}

#[test]
fn sums_of_the_test_cases_equal_the_slices() {
    let (cases, samples) = Samples::cases(national());
    let compared = compare(&samples.files);
    println!("{cases} indicator cases in {} files: {} sums of {} parts equal", compared.files, compared.sums, compared.parts.len());
    assert!(compared.alive.len() * 10 >= compared.parts.len() * 9, "{} of {} parts are 0 everywhere", compared.parts.len() - compared.alive.len(), compared.parts.len());
}

#[test]
fn statements_of_whole_indicators_equal_the_slices() {
    let samples = Samples::random(national());
    let (institution, month) = ("A1", Month::new(2024, 3).unwrap());
    let runtime = runtime();
    let session = yizheng_cluster::session();
    for (id, dataset) in &samples.pack.datasets {
        let mut files = Files::default();
        for sample in samples.files.iter().filter(|sample| sample.dataset.meta.id == *id) {
            files.counted.extend(sample.files.counted.iter().cloned());
            files.held.extend(sample.files.held.iter().cloned());
        }
        runtime.block_on(register(&session, dataset, &files)).unwrap();
    }
    let slice_of = |part: &Part| -> BTreeMap<String, i128> {
        let own = |sample: &&Sample| sample.dataset.meta.id == part.dataset && sample.institution == institution && sample.month == month;
        let sums = &samples.files.iter().find(own).unwrap().sums;
        let place = sums.parts.iter().position(|known| known.key == part.key).unwrap();
        let of_department = sums.departments.iter().map(|(name, sums)| (name.clone(), sums[place]));
        of_department.filter(|(_, sum)| *sum != 0).collect()
    };
    let (mut compared, mut without, mut wrong) = (0, BTreeSet::new(), Vec::new());
    for (id, sql) in statements(&samples.pack, month, Dialect::DataFusion) {
        let sql = match sql {
            Ok(sql) => sql,
            Err(error) => {
                without.insert(error.to_string().split('`').next().unwrap().to_owned() + &id);
                continue;
            }
        };
        let batches = runtime.block_on(async { session.sql(&sql).await?.collect().await });
        let batches: Vec<RecordBatch> = batches.unwrap_or_else(|error: DataFusionError| panic!("{id}: {error}\n{sql}"));
        let parts = samples.pack.indicators[&id].parts();
        let mut found = vec![BTreeMap::<String, i128>::new(); parts.len()];
        for batch in &batches {
            let day = cast(batch.column_by_name("month").unwrap(), &DataType::Utf8).unwrap();
            let (day, names) = (day.as_string::<i32>(), batch.column_by_name("institution").unwrap().as_string::<i32>());
            let departments = batch.column_by_name("department").unwrap().as_string::<i32>();
            let month = format!("{month}-01");
            for row in (0..batch.num_rows()).filter(|row| names.value(*row) == institution && day.value(*row) == month) {
                for (at, of_part) in found.iter_mut().enumerate() {
                    let sums = cast(batch.column(3 + at), &DataType::Decimal128(38, 0)).unwrap();
                    let sum = sums.as_primitive::<Decimal128Type>().value(row);
                    if sums.is_valid(row) && sum != 0 {
                        of_part.insert(departments.value(row).to_owned(), sum);
                    }
                }
            }
        }
        for (part, found) in parts.into_iter().zip(found) {
            let slice = slice_of(part);
            compared += slice.len();
            // Of values the statement counts each once, the slice every row.
            let values = matches!(part.of, Summand::Values { .. });
            let fewer = || slice.keys().eq(found.keys()) && found.values().zip(slice.values()).all(|(found, slice)| found <= slice);
            if if values { !fewer() } else { slice != found } {
                wrong.push(format!("{id}: slice {slice:?}, SQL {found:?}: {}\n{sql}", part.key));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    println!("statements of whole indicators: {compared} sums equal; {} have none:", without.len());
    for one in &without {
        println!("  {one}");
    }
}

/// The statement of an indicator for a reader, on the environment of a month.
pub fn statements(pack: &Pack, month: Month, dialect: Dialect) -> Vec<(Arc<str>, Result<String, SqlError>)> {
    let last = month.end().pred_opt().unwrap();
    let environment = Environment::on(pack, last);
    let running = pack.running_indicators();
    running.map(|(id, definition)| (id.clone(), indicator(definition, pack, &environment, dialect))).collect()
}
