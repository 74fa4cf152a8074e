//! The same statements on DuckDB, where it is installed: `cargo xtask setup --duckdb`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use yizheng_pack::expr::sql::{Dialect, duckdb_view, held_table, linked_table, sums, sums_of_received};
use yizheng_pack::expr::Expr;
use yizheng_pack::indicator::{Part, Summand};
use yizheng_pack::period::Month;

use crate::engine::{runtime, select, write_parquet};
use crate::made_up::{Sample, Samples, national};
use crate::national::statements;
use crate::support::manual::asked;
use crate::support::Language;

/// Runs the statements of standard input, one JSON text a line, and prints the rows of each as a line
/// of JSON: every cell as text or null.
const RUN: &str = r#"
import duckdb, json, sys
connection = duckdb.connect()
for line in sys.stdin:
    try:
        rows = connection.execute(json.loads(line)).fetchall()
        told = [[None if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell) for cell in row] for row in rows]
        print(json.dumps(told))
    except Exception as error:
        print(json.dumps({"error": str(error)}))
"#;

/// A Python that has DuckDB.
fn python() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("duckdb").join("bin/python");
    let has = |python: &PathBuf| {
        let asked = Command::new(python).args(["-c", "import duckdb"]).stderr(Stdio::null()).status();
        asked.is_ok_and(|status| status.success())
    };
    [own, PathBuf::from("python3")].into_iter().find(has)
}

type Rows = Vec<Vec<Option<String>>>;

/// The rows that each statement gives.
fn run(python: &Path, statements: &[String]) -> Vec<Result<Rows, String>> {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("statements");
    let lines: Vec<String> = statements.iter().map(|text| serde_json::to_string(text).unwrap()).collect();
    std::fs::write(&input, lines.join("\n")).unwrap();
    let output = Command::new(python).args(["-c", RUN]).stdin(std::fs::File::open(input).unwrap()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<_> = answers
        .lines()
        .map(|line| serde_json::from_str::<Rows>(line).map_err(|_| line.to_owned()))
        .collect();
    assert_eq!(answers.len(), statements.len());
    answers
}

fn skipped(what: &str) {
    println!("skipped: {what} on DuckDB, which is not installed (cargo xtask setup --duckdb)");
}

#[test]
fn duckdb_does_what_the_manual_says() {
    let Some(python) = python() else { return skipped("the manual's cases") };
    let (language, runtime) = (Language::new(), runtime());
    let folder = tempfile::tempdir().unwrap();
    let (_, tables) = asked(&language);
    let (mut todo, mut expected) = (Vec::new(), Vec::new());
    for (number, table) in tables.iter().enumerate() {
        let file = folder.path().join(format!("{number}.parquet"));
        write_parquet(&runtime, &table.frame, &file);
        let seconds = "CAST(make_timestamp(s * 1000000) AS TIMESTAMP(0)) AS s, CAST(make_timestamp(z * 1000000) AS TIMESTAMP(0)) AS z";
        let from = format!("(SELECT * REPLACE ({seconds}) FROM '{}')", file.display());
        for question in &table.questions {
            let exprs: [&Expr; 1] = [&question.expr];
            let Ok(sql) = select(&exprs, &table.frame, &language.environment, Dialect::DuckDb, &from) else { continue };
            todo.push(sql);
            expected.push((table, question));
        }
    }
    let (mut cases, mut wrong) = (0, Vec::new());
    for ((answer, sql), (table, question)) in run(&python, &todo).into_iter().zip(&todo).zip(expected) {
        let place = format!("{}: {}", table.place, question.text);
        let rows = answer.unwrap_or_else(|error| panic!("{place}: {error}\n{sql}"));
        for (row, expected) in question.expected.iter().enumerate() {
            cases += 1;
            let found = rows[row][0].clone().unwrap_or_else(|| "null".to_owned());
            // Numbers stand in units of their last digit.
            let units = |text: &str| match question.expr.ty {
                yizheng_pack::types::Type::Number { scale, .. } => {
                    yizheng_pack::types::parse_decimal(text, scale).map_or(text.to_owned(), |units| units.to_string())
                }
                _ => text.to_owned(),
            };
            if found != units(expected) {
                wrong.push(format!("{place}, row {}: expected {expected}, DuckDB {found}\n  {sql}", row + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("manual: {cases} cases on DuckDB");
}

/// The statements that make the tables of a file.
fn views(sample: &Sample, parts: &[&Part]) -> Vec<String> {
    let names = |files: &[PathBuf]| files.iter().map(|file| file.to_string_lossy().into_owned()).collect::<Vec<_>>();
    let id = &sample.dataset.meta.id;
    [(id.to_string(), &sample.files.counted), (held_table(id), &sample.files.held), (linked_table(id), &sample.files.linked)]
        .map(|(table, files)| duckdb_view(parts, &sample.dataset, &table, &names(files)).unwrap())
        .to_vec()
}

#[test]
fn sums_on_duckdb_equal_the_slices() {
    let Some(python) = python() else { return skipped("the indicators' sums") };
    let samples = Samples::random(national());
    let month = Month::new(2024, 3).unwrap();
    let (mut todo, mut expected) = (Vec::new(), Vec::new());
    for sample in &samples.files {
        let parts: Vec<&Part> = sample.sums.parts.iter().collect();
        todo.extend(views(sample, &parts));
        let (received, rows): (Vec<_>, Vec<_>) = (0..parts.len()).partition(|at| matches!(parts[*at].of, Summand::Quality { .. }));
        for places in [rows, received] {
            let chosen: Vec<&Part> = places.iter().map(|at| parts[*at]).collect();
            let Some(first) = chosen.first() else { continue };
            let sql = match first.of {
                Summand::Quality { .. } => sums_of_received(&chosen, &sample.dataset, Dialect::DuckDb),
                _ => sums(&chosen, &sample.dataset, &sample.environment, Dialect::DuckDb),
            };
            expected.push((todo.len(), sample, places, chosen));
            todo.push(sql.unwrap());
        }
    }
    // The whole indicators too, on the last files of each dataset: that they run.
    let runnable: Vec<_> = statements(&samples.pack, month, Dialect::DuckDb);
    let whole: Vec<usize> = runnable.iter().filter_map(|(_, sql)| sql.clone().ok()).map(|sql| { todo.push(sql); todo.len() - 1 }).collect();
    let answers = run(&python, &todo);
    let (mut compared, mut wrong) = (0, Vec::new());
    for (at, sample, places, parts) in expected {
        let rows = answers[at].as_ref().unwrap_or_else(|error| panic!("{}: {error}\n{}", sample.place, todo[at]));
        for row in rows {
            let department = row[0].clone().unwrap_or_default();
            let slice = sample.sums.departments.get(&department);
            let mut cells = row.iter().skip(2);
            for (place, part) in places.iter().zip(&parts) {
                let found: i128 = cells.next().unwrap().as_ref().unwrap().parse().unwrap();
                if matches!(part.of, Summand::Rows { squared: true, .. }) {
                    // Its approximate value.
                    cells.next();
                }
                compared += 1;
                let slice = slice.map_or(0, |sums| sums[*place]);
                if found != slice {
                    wrong.push(format!("{} {department:?}: slice {slice}, DuckDB {found}: {}", sample.place, part.key));
                }
            }
        }
    }
    let broken: Vec<_> = whole.iter().filter_map(|at| answers[*at].as_ref().err().map(|error| format!("{error}\n{}", todo[*at]))).collect();
    assert!(broken.is_empty(), "{} statements fail: {}", broken.len(), broken.join("\n"));
    assert!(wrong.is_empty(), "{} sums differ:\n{}", wrong.len(), wrong.join("\n"));
    println!("{compared} sums equal on DuckDB; {} whole indicators run", whole.len());
}
