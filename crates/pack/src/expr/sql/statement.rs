//! Statements: the sums of parts by department, and the tables that they read.

use std::collections::BTreeSet;

use crate::dataset::{Dataset, FieldIx, Privacy};
use crate::expr::{Environment, Expr, Node, missing};
use crate::indicator::{Part, Summand};
use crate::types::Type;

use super::expression::{Printed, plain};
use super::link::{PERSON, PLACE, ROW, SUBMISSION, linked_table};
use super::{Dialect, SqlError, column_type, expression, name, text};

/// Column of a statement of [`sums`] with the department, empty where it is not known.
pub const DEPARTMENT: &str = "department";
/// Column of a statement of [`sums`] with the number of the department's rows.
pub const ROWS: &str = "rows";
/// The checks that a row violates, as the lake names the column.
const VIOLATES: &str = "violates";

/// The table with the rows of a dataset that are held apart; those that count stand in the table
/// of its id.
pub fn held_table(dataset: &str) -> String {
    format!("{dataset}_held")
}

/// The sums of parts by department over the counted rows of their dataset, in one scan: columns
/// [`DEPARTMENT`], [`ROWS`], then one for each part, `p0`, `p1`, …, in units of
/// [`Summand::scale`] digits. A sum of squares `pN` has its approximate value beside it as `aN`, from
/// which an engine whose decimals wrap around is caught. Links look among the rows of
/// [`linked_table`].
///
/// # Errors
/// [`SqlError::Missing`] for a part that asks for what `environment` lacks, [`SqlError::Personal`]
/// for one that reads a personal column, [`SqlError::OtherRows`] for one that is no sum over them.
pub fn sums(parts: &[&Part], dataset: &Dataset, environment: &Environment, dialect: Dialect) -> Printed {
    let context = Statement { dataset, environment, dialect, among: linked_table(&dataset.meta.id) };
    let mut columns = vec![format!("{} AS {DEPARTMENT}", context.department()?), format!("count(*) AS {ROWS}")];
    for (at, part) in parts.iter().enumerate() {
        if let Summand::Quality { .. } = part.of {
            return Err(SqlError::OtherRows(part.key.clone()));
        }
        columns.push(format!("{} AS p{at}", context.sum(part)?));
        if let Summand::Rows { sum: Some(sum), squared: true, conditions } = &part.of {
            let about = format!("sum(power(CAST({} AS DOUBLE), 2))", context.expr(sum)?);
            columns.push(format!("coalesce({}, 0) AS a{at}", context.filtered(&about, conditions)?));
        }
    }
    let table = context.rows(parts.iter().copied())?;
    Ok(format!("SELECT\n  {}\nFROM {table}\nGROUP BY {}", columns.join(",\n  "), context.department()?))
}

/// The same for parts that count all rows received ([`Summand::Quality`]), those held apart included.
///
/// # Errors
/// As [`sums`]; [`SqlError::OtherRows`] for a part over counted rows.
pub fn sums_of_received(parts: &[&Part], dataset: &Dataset, dialect: Dialect) -> Printed {
    let environment = Environment::default();
    let context = Statement { dataset, environment: &environment, dialect, among: String::new() };
    let mut columns = vec![format!("{} AS {DEPARTMENT}", context.department()?), format!("count(*) AS {ROWS}")];
    for (at, part) in parts.iter().enumerate() {
        let Summand::Quality { .. } = part.of else { return Err(SqlError::OtherRows(part.key.clone())) };
        columns.push(format!("{} AS p{at}", context.sum(part)?));
    }
    let received = context.received(dataset.department.as_slice())?;
    Ok(format!("SELECT\n  {}\nFROM {received}\nGROUP BY {}", columns.join(",\n  "), context.department()?))
}

/// A view by which DuckDB reads the lake's files of a dataset as the statements expect: columns that
/// no file has are there, absent groups are empty, seconds are times. `table` is the dataset's id,
/// [`held_table`] or [`linked_table`]; `files` may hold wildcards. Only the columns that `parts` read
/// are sure to be there.
///
/// # Errors
/// [`SqlError::Personal`] when the dataset's own columns are.
pub fn duckdb_view(parts: &[&Part], dataset: &Dataset, table: &str, files: &[String]) -> Printed {
    let (mut fields, mut groups) = (BTreeSet::new(), BTreeSet::new());
    fields.extend([dataset.institution, dataset.period]);
    fields.extend(dataset.department);
    for expr in parts.iter().flat_map(|part| exprs(part, dataset)) {
        expr.walk(&mut |expr| match &expr.node {
            Node::Field(field) => drop(fields.insert(*field)),
            Node::Over(_, group, _) => drop(groups.insert(*group)),
            _ => {}
        });
    }
    let mut typed = Vec::new();
    let mut read = Vec::new();
    for field in fields {
        let field = plain(dataset.fields.get(field.0).ok_or(SqlError::IllTyped("field"))?)?;
        let column = name(&field.id);
        typed.push(format!("CAST(NULL AS {}) AS {column}", stored_type(&field.ty)?));
        read.push(match field.ty {
            Type::DateTime => format!("{} AS {column}", time(&column)),
            _ => column,
        });
    }
    for group in groups {
        let group = dataset.groups.get(group.0).ok_or(SqlError::IllTyped("group"))?;
        let (column, mut as_stored, mut as_read) = (name(&group.id), vec!["\"slot\" INTEGER".to_owned()], vec!["'slot': it['slot']".to_owned()]);
        for member in group.members.iter().filter(|member| member.privacy == Privacy::Plain) {
            as_stored.push(format!("{} {}", name(&member.id), stored_type(&member.ty)?));
            let (id, of_element) = (text(&member.id), format!("it[{}]", text(&member.id)));
            as_read.push(format!("{id}: {}", if member.ty == Type::DateTime { time(&of_element) } else { of_element }));
        }
        typed.push(format!("CAST([] AS STRUCT({})[]) AS {column}", as_stored.join(", ")));
        let elements = format!("coalesce({column}, [])");
        read.push(match group.members.iter().any(|member| member.ty == Type::DateTime) {
            true => format!("array_transform({elements}, lambda it: {{{}}}) AS {column}", as_read.join(", ")),
            false => format!("{elements} AS {column}"),
        });
    }
    let mut options = "union_by_name = TRUE".to_owned();
    if parts.iter().any(|part| !part.of.links().is_empty()) {
        options += ", file_row_number = TRUE";
        for (column, ty, of_files) in
            [(SUBMISSION, "VARCHAR", SUBMISSION), (ROW, "BIGINT", ROW), (PERSON, "VARCHAR", PERSON), (PLACE, "BIGINT", "file_row_number")]
        {
            typed.push(format!("CAST(NULL AS {ty}) AS {of_files}"));
            read.push(if column == of_files { column.to_owned() } else { format!("{of_files} AS {column}") });
        }
    }
    typed.push(format!("CAST([] AS VARCHAR[]) AS {VIOLATES}"));
    read.push(format!("coalesce({VIOLATES}, []) AS {VIOLATES}"));
    let typed = format!("SELECT {} WHERE FALSE", typed.join(", "));
    let files: Vec<String> = files.iter().map(|file| text(file)).collect();
    let rows = match files.as_slice() {
        [] => String::new(),
        files => format!("\n  UNION ALL BY NAME\n  SELECT * FROM read_parquet([{}], {options})", files.join(", ")),
    };
    Ok(format!(
        "CREATE OR REPLACE VIEW {} AS\nSELECT {}\nFROM (\n  {typed}{rows}\n)",
        name(table),
        read.join(", ")
    ))
}

/// The type in which DuckDB finds values in the files: Parquet has no times in whole seconds, so they
/// come as numbers.
fn stored_type(ty: &Type) -> Result<&'static str, SqlError> {
    if *ty == Type::DateTime { Ok("BIGINT") } else { column_type(ty) }
}

/// Seconds as a time.
fn time(seconds: &str) -> String {
    format!("CAST(make_timestamp({seconds} * 1000000) AS TIMESTAMP(0))")
}

pub(super) struct Statement<'a> {
    pub dataset: &'a Dataset,
    pub environment: &'a Environment,
    pub dialect: Dialect,
    /// The table in which links look for other rows.
    pub among: String,
}

impl Statement<'_> {
    pub fn field(&self, field: FieldIx) -> Printed {
        Ok(name(&plain(self.dataset.fields.get(field.0).ok_or(SqlError::IllTyped("field"))?)?.id))
    }

    /// Who sent the row, empty where it does not say.
    pub fn institution(&self) -> Printed {
        Ok(format!("coalesce({}, '')", self.field(self.dataset.institution)?))
    }

    /// The first day of the row's month.
    pub fn month(&self) -> Printed {
        Ok(format!("CAST(date_trunc('month', {}) AS DATE)", self.field(self.dataset.period)?))
    }

    pub fn department(&self) -> Printed {
        match self.dataset.department {
            Some(field) => Ok(format!("coalesce({}, '')", self.field(field)?)),
            None => Ok("''".to_owned()),
        }
    }

    pub fn expr(&self, expr: &Expr) -> Printed {
        let mut personal = None;
        expr.walk(&mut |expr| {
            let found = match &expr.node {
                Node::Field(field) => self.dataset.fields.get(field.0).map(|field| (&field.id, field.privacy)),
                Node::Member(group, member) => {
                    let member = self.dataset.groups.get(group.0).and_then(|group| group.members.get(member.0));
                    member.map(|member| (&member.id, member.privacy))
                }
                _ => None,
            };
            if let Some((id, Privacy::Personal)) = found {
                personal = Some(id.clone());
            }
        });
        match personal {
            Some(id) => Err(SqlError::Personal(id)),
            None => expression(expr, self.dataset, self.environment, self.dialect),
        }
    }

    /// An aggregate over the rows where all conditions are true.
    pub fn filtered(&self, aggregate: &str, conditions: &[Expr]) -> Printed {
        Ok(match self.all(conditions)?.as_str() {
            "" => aggregate.to_owned(),
            all => format!("{aggregate} FILTER (WHERE {all})"),
        })
    }

    /// Conditions joined by and; empty for none.
    pub fn all(&self, conditions: &[Expr]) -> Printed {
        let conditions = conditions.iter().map(|condition| self.expr(condition)).collect::<Result<Vec<_>, _>>()?;
        Ok(conditions.join(" AND "))
    }

    /// What a part sums. What is added to [`Summand`] is added here.
    pub fn sum(&self, part: &Part) -> Printed {
        if part.dataset != self.dataset.meta.id {
            return Err(SqlError::OtherRows(part.key.clone()));
        }
        let missing: BTreeSet<_> =
            exprs(part, self.dataset).into_iter().flat_map(|expr| missing(expr, self.environment)).collect();
        if !missing.is_empty() {
            return Err(SqlError::Missing { part: part.key.clone(), missing });
        }
        match &part.of {
            // Of values the slice keeps how many rows know one.
            Summand::Rows { conditions, sum: None, .. } | Summand::Values { conditions, .. } => {
                self.filtered("count(*)", conditions)
            }
            Summand::Rows { conditions, sum: Some(sum), squared } => {
                let value = self.expr(sum)?;
                let aggregate = match squared {
                    false => format!("sum(CAST({value} AS DECIMAL(38, 0)))"),
                    true => format!("sum(CAST({value} AS DECIMAL(19, 0)) * CAST({value} AS DECIMAL(19, 0)))"),
                };
                Ok(format!("coalesce({}, 0)", self.filtered(&aggregate, conditions)?))
            }
            Summand::Quality { without } if without.is_empty() => Ok("count(*)".to_owned()),
            Summand::Quality { without } => {
                let checks: Vec<String> = without.iter().map(|id| text(id)).collect();
                Ok(format!("count(*) FILTER (WHERE NOT array_has_any({VIOLATES}, [{}]))", checks.join(", ")))
            }
        }
    }

    /// All rows received, as a table with some fields and [`VIOLATES`].
    pub fn received(&self, fields: &[FieldIx]) -> Printed {
        let mut columns = fields.iter().map(|field| self.field(*field)).collect::<Result<BTreeSet<_>, _>>()?;
        columns.insert(VIOLATES.to_owned());
        let columns = columns.into_iter().collect::<Vec<_>>().join(", ");
        let id = &self.dataset.meta.id;
        let (counted, held) = (name(id), name(&held_table(id)));
        Ok(format!("(SELECT {columns} FROM {counted} UNION ALL SELECT {columns} FROM {held}) AS received"))
    }
}

/// The expressions that decide a part, those of the links it asks for included.
fn exprs<'a>(part: &'a Part, dataset: &'a Dataset) -> Vec<&'a Expr> {
    let links = part.of.links().into_iter().filter_map(|ix| dataset.links.get(ix.0)).collect::<Vec<_>>();
    part.of.exprs().chain(links.into_iter().flat_map(crate::link::Link::exprs)).collect()
}
