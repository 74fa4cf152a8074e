//! The language's manual, `spec/*.md`, as cases.

use std::path::Path;

use yizheng_eval::Frame;
use yizheng_pack::expr::Expr;

use super::{Language, frame};

/// A table's expressions with the rows that they are asked of.
pub struct Asked {
    /// File and line.
    pub place: String,
    pub frame: Frame,
    pub questions: Vec<Question>,
}

/// An expression with what it must give for each row, as printed.
pub struct Question {
    pub text: String,
    pub expr: Expr,
    pub expected: Vec<String>,
}

/// A table as it stands: columns in backticks are expressions with what they give, the others are
/// cells. A column `refused` holds expressions that the loader does not take.
struct Table {
    line: usize,
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(|cell| cell.trim().to_owned()).collect())
}

fn tables(text: &str) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    let mut open = false;
    for (at, line) in text.lines().enumerate() {
        match cells(line) {
            None => open = false,
            Some(header) if !open => {
                open = true;
                tables.push(Table { line: at + 1, header, rows: Vec::new() });
            }
            Some(row) if row.iter().all(|cell| cell.chars().all(|c| c == '-' || c == ':') && !cell.is_empty()) && tables.last().unwrap().rows.is_empty() => {}
            Some(row) => tables.last_mut().unwrap().rows.push(row),
        }
    }
    tables
}

fn expression(name: &str) -> Option<&str> {
    name.strip_prefix('`')?.strip_suffix('`')
}

/// All tables of the manual with their places, and in how many files.
fn all_tables() -> (usize, Vec<(String, Table)>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "md"));
    files.sort();
    let mut all = Vec::new();
    for path in &files {
        let name = path.file_name().unwrap().to_string_lossy();
        let text = std::fs::read_to_string(path).unwrap();
        all.extend(tables(&text).into_iter().map(|table| (format!("spec/{name}:{}", table.line), table)));
    }
    (files.len(), all)
}

/// All tables of the manual with expressions, and in how many files.
pub fn asked(language: &Language) -> (usize, Vec<Asked>) {
    let (files, tables) = all_tables();
    let asking = tables.into_iter().filter(|(_, table)| table.header.iter().any(|name| expression(name).is_some()));
    (files, asking.map(|(place, table)| of_table(language, place, &table)).collect())
}

/// What the manual says is refused: place, expression, message and remedy.
pub fn refused() -> Vec<(String, String, String, String)> {
    let (_, tables) = all_tables();
    let refused = tables.into_iter().filter(|(_, table)| table.header.first().is_some_and(|name| name == "refused"));
    let rows = refused.flat_map(|(place, table)| table.rows.into_iter().map(move |row| (place.clone(), row)));
    rows.map(|(place, row)| {
        let text = expression(&row[0]).unwrap_or_else(|| panic!("{place}: {}", row[0])).to_owned();
        (place, text, row[1].clone(), row[2].clone())
    })
    .collect()
}

fn of_table(language: &Language, place: String, table: &Table) -> Asked {
    let inputs: Vec<usize> = (0..table.header.len()).filter(|at| expression(&table.header[*at]).is_none()).collect();
    let pick = |row: &[String]| inputs.iter().map(|at| row[*at].clone()).collect::<Vec<_>>().join("|");
    // Without input columns a row is one of no known cells.
    let (mut head, mut body) = (pick(&table.header), table.rows.iter().map(|row| pick(row)).collect::<Vec<_>>());
    if inputs.is_empty() {
        head = "t|u".to_owned();
        body = vec!["|".to_owned(); table.rows.len()];
    } else if inputs.len() == 1 {
        // A line with one empty cell would be no line.
        head += "|ward";
        body = body.into_iter().map(|row| row + "|-").collect();
    }
    let questions = table.header.iter().enumerate().filter_map(|(at, name)| Some((at, expression(name)?)));
    let questions = questions.map(|(column, text)| Question {
        text: text.to_owned(),
        expr: language.read(text).unwrap_or_else(|error| panic!("{place}: {text}: {error}")),
        expected: table.rows.iter().map(|row| row[column].clone()).collect(),
    });
    Asked { questions: questions.collect(), frame: frame(&format!("{head}\n{}", body.join("\n"))), place }
}
