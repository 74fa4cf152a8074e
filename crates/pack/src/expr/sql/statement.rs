//! Statements: the sums of parts by department, and whole indicators.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::Pack;
use crate::dataset::{Dataset, FieldIx, Privacy};
use crate::expr::{Environment, Expr, Node, missing};
use crate::indicator::{Formula, Indicator, Part, Summand};

use super::expression::{Printed, plain};
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
/// which an engine whose decimals wrap around is caught.
///
/// # Errors
/// [`SqlError::Missing`] for a part that asks for what `environment` lacks, [`SqlError::Personal`]
/// for one that reads a personal column, [`SqlError::NoForm`] for one that is no sum over rows.
pub fn sums(parts: &[&Part], dataset: &Dataset, environment: &Environment, dialect: Dialect) -> Printed {
    let context = Statement { dataset, environment, dialect };
    let mut columns = vec![format!("{} AS {DEPARTMENT}", context.department()?), format!("count(*) AS {ROWS}")];
    for (at, part) in parts.iter().enumerate() {
        if let Summand::Quality { .. } = part.of {
            return Err(SqlError::NoForm(part.key.clone()));
        }
        columns.push(format!("{} AS p{at}", context.sum(part)?));
        if let Summand::Rows { sum: Some(sum), squared: true, conditions } = &part.of {
            let about = format!("sum(power(CAST({} AS DOUBLE), 2))", context.expr(sum)?);
            columns.push(format!("coalesce({}, 0) AS a{at}", context.filtered(&about, conditions)?));
        }
    }
    let table = name(&dataset.meta.id);
    Ok(format!("SELECT\n  {}\nFROM {table}\nGROUP BY {}", columns.join(",\n  "), context.department()?))
}

/// The same for parts that count all rows received ([`Summand::Quality`]), those held apart included.
///
/// # Errors
/// As [`sums`]; [`SqlError::NoForm`] for a part over counted rows.
pub fn sums_of_received(parts: &[&Part], dataset: &Dataset, dialect: Dialect) -> Printed {
    let environment = Environment::default();
    let context = Statement { dataset, environment: &environment, dialect };
    let mut columns = vec![format!("{} AS {DEPARTMENT}", context.department()?), format!("count(*) AS {ROWS}")];
    for (at, part) in parts.iter().enumerate() {
        let Summand::Quality { .. } = part.of else { return Err(SqlError::NoForm(part.key.clone())) };
        columns.push(format!("{} AS p{at}", context.sum(part)?));
    }
    let received = context.received(dataset.department.as_slice())?;
    Ok(format!("SELECT\n  {}\nFROM {received}\nGROUP BY {}", columns.join(",\n  "), context.department()?))
}

/// What an indicator is made of, by institution, month and department, as one statement to be read
/// and run by whoever wants to see for himself. The institution stands as its rows name it.
///
/// # Errors
/// As [`sums`]; [`SqlError::NotFromRows`] for an indicator that is read from other figures.
pub fn indicator(indicator: &Indicator, pack: &Pack, environment: &Environment, dialect: Dialect) -> Printed {
    let sides = sides(indicator)?;
    let mut sources: Vec<Source<'_>> = Vec::new();
    for (_, part) in &sides {
        let source = (&part.dataset, matches!(part.of, Summand::Quality { .. }));
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    let mut selects = Vec::new();
    for source in &sources {
        let dataset = pack.datasets.get(source.0).ok_or_else(|| SqlError::NoDataset(source.0.clone()))?;
        selects.push(Statement { dataset, environment, dialect }.monthly(&sides, *source)?);
    }
    let body = match selects.as_slice() {
        [only] => only.clone(),
        several => {
            let sums: String = sides.iter().map(|(role, _)| format!(",\n  sum({role}) AS {role}")).collect();
            let union = several.join("\nUNION ALL\n");
            format!("SELECT institution, month, {DEPARTMENT}{sums}\nFROM (\n{union}\n) AS both_sides\nGROUP BY 1, 2, 3")
        }
    };
    let mut head = format!("-- {} {}（{}）\n", indicator.meta.id, one_line(&indicator.meta.name), one_line(&indicator.unit));
    for (role, part) in &sides {
        let words = match *role {
            "numerator" | "sum" | "total" => &indicator.words.numerator,
            "denominator" | "count" => &indicator.words.denominator,
            _ => "",
        };
        let unit = match part.of.scale() {
            0 => String::new(),
            digits => format!("，以{}为单位", crate::types::format_decimal(1, digits)),
        };
        head += &format!("-- {role}：{}{unit}\n", one_line(words));
    }
    if sources.len() > 1 {
        head += "-- 两方数据来自不同数据集：只有两方都已报送的机构月份才计入\n";
    }
    Ok(format!("{head}{body}\nORDER BY 1, 2, 3"))
}

/// A view by which DuckDB reads the lake's files of a dataset as the statements expect: columns that
/// no file has are there, absent groups are empty, seconds are times. `table` is the dataset's id or
/// [`held_table`]; `files` may hold wildcards. Only the columns that `parts` read are sure to be there.
///
/// # Errors
/// [`SqlError::Personal`] when the dataset's own columns are.
pub fn duckdb_view(parts: &[&Part], dataset: &Dataset, table: &str, files: &[String]) -> Printed {
    let (mut fields, mut groups) = (BTreeSet::new(), BTreeSet::new());
    fields.extend([dataset.institution, dataset.period]);
    fields.extend(dataset.department);
    for expr in parts.iter().flat_map(|part| part.of.exprs()) {
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
        // Parquet has no times in whole seconds: they come as numbers.
        if field.ty == crate::types::Type::DateTime {
            typed.push(format!("CAST(NULL AS BIGINT) AS {column}"));
            read.push(format!("CAST(make_timestamp({column} * 1000000) AS TIMESTAMP(0)) AS {column}"));
        } else {
            typed.push(format!("CAST(NULL AS {}) AS {column}", column_type(&field.ty)?));
            read.push(column);
        }
    }
    let mut list = |column: &str, ty: &str| {
        let column = name(column);
        typed.push(format!("CAST([] AS {ty}[]) AS {column}"));
        read.push(format!("coalesce({column}, []) AS {column}"));
    };
    for group in groups {
        let group = dataset.groups.get(group.0).ok_or(SqlError::IllTyped("group"))?;
        let mut members = vec!["\"slot\" INTEGER".to_owned()];
        for member in group.members.iter().filter(|member| member.privacy == Privacy::Plain) {
            members.push(format!("{} {}", name(&member.id), column_type(&member.ty)?));
        }
        list(&group.id, &format!("STRUCT({})", members.join(", ")));
    }
    list(VIOLATES, "VARCHAR");
    let typed = format!("SELECT {} WHERE FALSE", typed.join(", "));
    let files: Vec<String> = files.iter().map(|file| text(file)).collect();
    let rows = match files.as_slice() {
        [] => String::new(),
        files => format!("\n  UNION ALL BY NAME\n  SELECT * FROM read_parquet([{}], union_by_name = TRUE)", files.join(", ")),
    };
    Ok(format!(
        "CREATE OR REPLACE VIEW {} AS\nSELECT {}\nFROM (\n  {typed}{rows}\n)",
        name(table),
        read.join(", ")
    ))
}

/// The sums that an indicator is read from, by role. What is added to [`Formula`] is added here.
fn sides(indicator: &Indicator) -> Result<Vec<(&'static str, &Part)>, SqlError> {
    match &indicator.formula {
        Formula::Proportion { numerator, denominator, .. } | Formula::Ratio { numerator, denominator, .. } => {
            Ok(vec![("numerator", numerator), ("denominator", denominator)])
        }
        Formula::Mean { sum, count, squares } => Ok(vec![("sum", sum), ("count", count), ("squares", squares)]),
        Formula::Total(part) | Formula::Share { part, .. } => Ok(vec![("total", part)]),
        Formula::Quantile { values: part, .. } => Err(SqlError::NoForm(part.key.clone())),
        Formula::Growth { .. } | Formula::Quotient { .. } | Formula::Composite { .. } | Formula::Reporting { .. } => {
            Err(SqlError::NotFromRows(indicator.meta.id.clone()))
        }
    }
}

/// What is read: a dataset's counted rows, or all rows received.
type Source<'a> = (&'a Arc<str>, bool);

struct Statement<'a> {
    dataset: &'a Dataset,
    environment: &'a Environment,
    dialect: Dialect,
}

impl Statement<'_> {
    fn field(&self, field: FieldIx) -> Printed {
        Ok(name(&plain(self.dataset.fields.get(field.0).ok_or(SqlError::IllTyped("field"))?)?.id))
    }

    fn department(&self) -> Printed {
        match self.dataset.department {
            Some(field) => Ok(format!("coalesce({}, '')", self.field(field)?)),
            None => Ok("''".to_owned()),
        }
    }

    fn expr(&self, expr: &Expr) -> Printed {
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
    fn filtered(&self, aggregate: &str, conditions: &[Expr]) -> Printed {
        if conditions.is_empty() {
            return Ok(aggregate.to_owned());
        }
        let conditions = conditions.iter().map(|condition| self.expr(condition)).collect::<Result<Vec<_>, _>>()?;
        Ok(format!("{aggregate} FILTER (WHERE {})", conditions.join(" AND ")))
    }

    /// What a part sums. What is added to [`Summand`] is added here.
    fn sum(&self, part: &Part) -> Printed {
        if part.dataset != self.dataset.meta.id {
            return Err(SqlError::OtherDataset(part.key.clone()));
        }
        // What a link says of a row stands in no file.
        if !part.of.links().is_empty() {
            return Err(SqlError::NoForm(part.key.clone()));
        }
        let missing: BTreeSet<_> = part.of.exprs().flat_map(|expr| missing(expr, self.environment)).collect();
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
    fn received(&self, fields: &[FieldIx]) -> Printed {
        let mut columns = fields.iter().map(|field| self.field(*field)).collect::<Result<BTreeSet<_>, _>>()?;
        columns.insert(VIOLATES.to_owned());
        let columns = columns.into_iter().collect::<Vec<_>>().join(", ");
        let id = &self.dataset.meta.id;
        let (counted, held) = (name(id), name(&held_table(id)));
        Ok(format!("(SELECT {columns} FROM {counted} UNION ALL SELECT {columns} FROM {held}) AS received"))
    }

    /// What a part comes to in one month of an institution's department: of values how many different.
    fn monthly_sum(&self, part: &Part) -> Printed {
        match &part.of {
            Summand::Values { conditions, value } => {
                self.filtered(&format!("count(DISTINCT {})", self.expr(value)?), conditions)
            }
            _ => self.sum(part),
        }
    }

    /// The sums of one source by institution, month and department, null in the columns of others.
    fn monthly(&self, sides: &[(&'static str, &Part)], source: Source<'_>) -> Printed {
        let (institution, period) = (self.dataset.institution, self.dataset.period);
        let mut columns = vec![
            format!("{} AS institution", self.field(institution)?),
            format!("CAST(date_trunc('month', {}) AS DATE) AS month", self.field(period)?),
            format!("{} AS {DEPARTMENT}", self.department()?),
        ];
        for (role, part) in sides {
            let own = (&part.dataset, matches!(part.of, Summand::Quality { .. })) == source;
            let sum = if own { self.monthly_sum(part)? } else { "CAST(NULL AS DECIMAL(38, 0))".to_owned() };
            columns.push(format!("{sum} AS {role}"));
        }
        let from = match source.1 {
            false => name(&self.dataset.meta.id),
            true => {
                let mut fields = vec![institution, period];
                fields.extend(self.dataset.department);
                self.received(&fields)?
            }
        };
        Ok(format!("SELECT\n  {}\nFROM {from}\nGROUP BY 1, 2, 3", columns.join(",\n  ")))
    }
}

/// A comment may not begin a new line.
fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
