//! Every running indicator of the national pack over the lake's files: the slices' sums against the
//! engine's, to the last digit.

use std::collections::BTreeSet;
use std::sync::Arc;

use yizheng_cluster::sums;
use yizheng_pack::Pack;
use yizheng_pack::expr::sql::{Dialect, SqlError, indicator};
use yizheng_pack::expr::Environment;
use yizheng_pack::indicator::Part;
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

/// The statement of an indicator for a reader, on the environment of a month.
pub fn statements(pack: &Pack, month: Month, dialect: Dialect) -> Vec<(Arc<str>, Result<String, SqlError>)> {
    let last = month.end().pred_opt().unwrap();
    let environment = Environment::on(pack, last);
    let running = pack.running_indicators();
    running.map(|(id, definition)| (id.clone(), indicator(definition, pack, &environment, dialect))).collect()
}
