//! Whole indicators as one statement each.

use std::sync::Arc;

use crate::Pack;
use crate::expr::Environment;
use crate::indicator::{Formula, Indicator, Part, Summand};
use crate::types::{Type, format_decimal};

use super::expression::Printed;
use super::statement::{DEPARTMENT, Statement};
use super::{Dialect, SqlError, name};

/// What an indicator is made of, by institution and month, as one statement to be read and run by
/// whoever wants to see for himself. The institution stands as its rows name it.
///
/// Sums stand by department too, where rows know one. What does not add up stands without: the number
/// of different values, the two values of a quantile (`low` and `high`, which are mostly one), and
/// the sums of the indicators from whose values another is read.
///
/// # Errors
/// As [`super::sums`]; [`SqlError::NotFromRows`] for an indicator of reporting.
pub fn indicator(indicator: &Indicator, pack: &Pack, environment: &Environment, dialect: Dialect) -> Printed {
    let whole = Whole { pack, environment, dialect };
    let read_from = read_from(&indicator.formula);
    if !read_from.is_empty() {
        return whole.read_from(indicator, &read_from);
    }
    let by_department = indicator.parts().iter().all(|part| !matches!(part.of, Summand::Values { .. }));
    let body = whole.figures(indicator, by_department)?;
    let order = if by_department { "1, 2, 3" } else { "1, 2" };
    Ok(format!("{}{body}\nORDER BY {order}", head(indicator, "")))
}

/// The parts that the statement of an indicator reads: its own, or those of the indicators from whose
/// values it is read.
pub fn parts<'a>(indicator: &'a Indicator, pack: &'a Pack) -> Vec<&'a Part> {
    let others = read_from(&indicator.formula).into_iter().filter_map(|(_, id)| pack.indicators.get(id));
    let mut parts = indicator.parts();
    parts.extend(others.flat_map(|other| other.parts()));
    parts
}

/// The indicators from whose values one is read, each with the table alias under which it stands.
fn read_from(formula: &Formula) -> Vec<(String, &Arc<str>)> {
    match formula {
        Formula::Growth { of } => vec![("this_year".to_owned(), of), ("last_year".to_owned(), of)],
        Formula::Quotient { of, by, .. } => vec![("above".to_owned(), of), ("below".to_owned(), by)],
        Formula::Composite { terms } => (1..).zip(terms).map(|(at, term)| (format!("term{at}"), &term.of)).collect(),
        Formula::Proportion { .. }
        | Formula::Ratio { .. }
        | Formula::Mean { .. }
        | Formula::Total(_)
        | Formula::Quantile { .. }
        | Formula::Share { .. }
        | Formula::Reporting { .. } => Vec::new(),
    }
}

/// The sums that an indicator is read from, by role. What is added to [`Formula`] is added here.
fn sides(indicator: &Indicator) -> Result<Vec<(&'static str, &Part)>, SqlError> {
    match &indicator.formula {
        Formula::Proportion { numerator, denominator, .. } | Formula::Ratio { numerator, denominator, .. } => {
            Ok(vec![("numerator", numerator), ("denominator", denominator)])
        }
        Formula::Mean { sum, count, squares } => Ok(vec![("sum", sum), ("count", count), ("squares", squares)]),
        Formula::Total(part) | Formula::Share { part, .. } => Ok(vec![("total", part)]),
        Formula::Quantile { values, .. } => Ok(vec![("count", values), ("low", values), ("high", values)]),
        Formula::Growth { .. } | Formula::Quotient { .. } | Formula::Composite { .. } | Formula::Reporting { .. } => {
            Err(SqlError::NotFromRows(indicator.meta.id.clone()))
        }
    }
}

/// What is read: a dataset's counted rows, or all rows received.
type Source<'a> = (&'a Arc<str>, bool);

fn source(part: &Part) -> Source<'_> {
    (&part.dataset, matches!(part.of, Summand::Quality { .. }))
}

struct Whole<'a> {
    pack: &'a Pack,
    environment: &'a Environment,
    dialect: Dialect,
}

impl Whole<'_> {
    fn of(&self, dataset: &Arc<str>) -> Result<Statement<'_>, SqlError> {
        let of = self.pack.datasets.get(dataset).ok_or_else(|| SqlError::NoDataset(dataset.clone()))?;
        let (environment, dialect) = (self.environment, self.dialect);
        Ok(Statement { dataset: of, environment, dialect, among: of.meta.id.to_string() })
    }

    /// The sums of an indicator over rows by institution and month, and by department.
    fn figures(&self, indicator: &Indicator, by_department: bool) -> Printed {
        let sides = sides(indicator)?;
        if let Formula::Quantile { values, percent } = &indicator.formula {
            return self.quantile(values, *percent);
        }
        let mut sources: Vec<Source<'_>> = Vec::new();
        for (_, part) in &sides {
            if !sources.contains(&source(part)) {
                sources.push(source(part));
            }
        }
        let selects = sources.iter().map(|source| self.monthly(&sides, *source, by_department)).collect::<Result<Vec<_>, _>>()?;
        Ok(match selects.as_slice() {
            [only] => only.clone(),
            several => {
                let sums: String = sides.iter().map(|(role, _)| format!(",\n  sum({role}) AS {role}")).collect();
                let (department, group) = if by_department { (", department", "1, 2, 3") } else { ("", "1, 2") };
                let union = several.join("\nUNION ALL\n");
                format!("SELECT institution, month{department}{sums}\nFROM (\n{union}\n) AS both_sides\nGROUP BY {group}")
            }
        })
    }

    /// The sums of one source, null in the columns of others.
    fn monthly(&self, sides: &[(&'static str, &Part)], of: Source<'_>, by_department: bool) -> Printed {
        let statement = self.of(of.0)?;
        let mut columns = vec![
            format!("{} AS institution", statement.field(statement.dataset.institution)?),
            format!("{} AS month", statement.month()?),
        ];
        if by_department {
            columns.push(format!("{} AS {DEPARTMENT}", statement.department()?));
        }
        for (role, part) in sides {
            let sum = match &part.of {
                _ if source(part) != of => "CAST(NULL AS DECIMAL(38, 0))".to_owned(),
                Summand::Values { conditions, value } => {
                    // What it cannot be summed for it cannot be counted for.
                    statement.sum(part)?;
                    statement.filtered(&format!("count(DISTINCT {})", statement.expr(value)?), conditions)?
                }
                _ => statement.sum(part)?,
            };
            columns.push(format!("{sum} AS {role}"));
        }
        let from = match of.1 {
            false => statement.rows(sides.iter().map(|(_, part)| *part))?,
            true => {
                let mut fields = vec![statement.dataset.institution, statement.dataset.period];
                fields.extend(statement.dataset.department);
                statement.received(&fields)?
            }
        };
        let group = if by_department { "1, 2, 3" } else { "1, 2" };
        Ok(format!("SELECT\n  {}\nFROM {from}\nGROUP BY {group}", columns.join(",\n  ")))
    }

    /// The two values between which a quantile stands; the same one twice where it falls on one. Of `n`
    /// values in order they have the places from `n × percent / 100` to one more.
    fn quantile(&self, part: &Part, percent: u8) -> Printed {
        let statement = self.of(&part.dataset)?;
        // What it cannot be summed for it cannot be put in order for.
        statement.sum(part)?;
        let Summand::Values { conditions, value } = &part.of else { return Err(SqlError::IllTyped("quantile")) };
        let conditions = match statement.all(conditions)?.as_str() {
            "" => String::new(),
            all => format!("\n    WHERE {all}"),
        };
        let (institution, month) = (statement.field(statement.dataset.institution)?, statement.month()?);
        let (value, rows) = (statement.expr(value)?, statement.rows([part])?);
        Ok(format!(
            "SELECT institution, month, n AS count, min(value) AS low, max(value) AS high
FROM (
  SELECT institution, month, value,
    count(*) OVER (PARTITION BY institution, month) AS n,
    CAST(row_number() OVER (PARTITION BY institution, month ORDER BY value) AS BIGINT) AS place
  FROM (
    SELECT {institution} AS institution, {month} AS month, {value} AS value
    FROM {rows}{conditions}
  ) AS counted
) AS in_order
WHERE 100 * place BETWEEN {percent} * n AND {percent} * n + 100
GROUP BY 1, 2, 3"
        ))
    }

    /// The sums of the indicators from whose values another is read, side by side.
    fn read_from(&self, indicator: &Indicator, read_from: &[(String, &Arc<str>)]) -> Printed {
        let (mut tables, mut columns, mut joins) = (Vec::new(), Vec::new(), String::new());
        let mut heads = head(indicator, "");
        let mut first: Option<&str> = None;
        for (alias, id) in read_from {
            let of = self.pack.indicators.get(*id).ok_or_else(|| SqlError::NoIndicator((*id).clone()))?;
            heads += &head(of, &format!("{alias}_"));
            let table = format!("{} AS (\n{}\n)", name(id), self.figures(of, false)?);
            if !tables.contains(&table) {
                tables.push(table);
            }
            columns.extend(sides(of)?.into_iter().map(|(role, _)| format!("{alias}.{role} AS {alias}_{role}")));
            let table = name(id);
            match first {
                None => (first, joins) = (Some(alias.as_str()), format!("FROM {table} AS {alias}")),
                Some(first) => {
                    let year = |of: &str| format!("date_part('year', {of}.month)");
                    let month = |of: &str| format!("date_part('month', {of}.month)");
                    let when = match indicator.formula {
                        Formula::Growth { .. } => {
                            format!("{} + 1 = {} AND {} = {}", year(alias), year(first), month(alias), month(first))
                        }
                        _ => format!("{alias}.month = {first}.month"),
                    };
                    joins += &format!("\nLEFT JOIN {table} AS {alias}\n  ON {alias}.institution = {first}.institution AND {when}");
                }
            }
        }
        let first = first.unwrap_or_default();
        Ok(format!(
            "{heads}WITH {}\nSELECT {first}.institution, {first}.month,\n  {}\n{joins}\nORDER BY 1, 2",
            tables.join(",\n"),
            columns.join(",\n  ")
        ))
    }
}

/// What an indicator is and what its columns hold, as comments.
fn head(indicator: &Indicator, prefix: &str) -> String {
    let mut head = format!("-- {} {}（{}）\n", indicator.meta.id, one_line(&indicator.meta.name), one_line(&indicator.unit));
    let sides = sides(indicator).unwrap_or_default();
    for (role, part) in &sides {
        let words = match (&indicator.formula, *role) {
            (Formula::Quantile { .. }, "count") => "数据行数",
            (Formula::Quantile { .. }, _) => "由小到大排列，所求分位两侧的值",
            (_, "numerator" | "sum" | "total") => &indicator.words.numerator,
            (_, "denominator" | "count") => &indicator.words.denominator,
            _ => "",
        };
        let scale = match &part.of {
            Summand::Values { value, .. } if matches!(*role, "low" | "high") => match value.ty {
                Type::Number { scale, .. } => scale,
                _ => 0,
            },
            of => of.scale(),
        };
        let unit = if scale == 0 { String::new() } else { format!("，以{}为单位", format_decimal(1, scale)) };
        head += &format!("-- {prefix}{role}：{}{unit}\n", one_line(words));
    }
    if let Some(formula) = formula(indicator) {
        head += &format!("-- 数值：{formula}\n");
    }
    if sides.iter().any(|(_, part)| sides.iter().any(|(_, other)| source(part) != source(other))) {
        head += "-- 两方数据来自不同数据集：只有两方都已报送的机构月份才计入\n";
    }
    head
}

/// How the value comes of the columns, where it is not one of them.
fn formula(indicator: &Indicator) -> Option<String> {
    match &indicator.formula {
        Formula::Proportion { factor, .. } | Formula::Ratio { factor, .. } => {
            Some(format!("numerator ÷ denominator × {factor}"))
        }
        Formula::Mean { .. } => Some("sum ÷ count".to_owned()),
        Formula::Quantile { .. } => Some("（low + high）÷ 2".to_owned()),
        Formula::Growth { .. } => Some("this_year 的数值比 last_year 增长的百分数；last_year 不大于0时没有".to_owned()),
        Formula::Quotient { factor, .. } => Some(format!("above 的数值 ÷ below 的数值 × {factor}")),
        Formula::Composite { terms } => {
            let terms = (1..).zip(terms).map(|(at, term)| format!("term{at} 的数值 × {}", term.weight));
            Some(terms.collect::<Vec<_>>().join(" + "))
        }
        Formula::Total(_) | Formula::Share { .. } | Formula::Reporting { .. } => None,
    }
}

/// A comment may not begin a new line.
fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
