//! The functions of the closed list.

use std::collections::BTreeSet;

use crate::codelist::CodeList;
use crate::expr::functions::CodeRange;
use crate::expr::{Expr, Function, Node};
use crate::types::Value;

use super::expression::{Printed, Printer, one_of};
use super::{SqlError, text};

const UNKNOWN: &str = "CAST(NULL AS BOOLEAN)";
/// GB 11643: the weights of the first 17 digits, and the check characters by the sum's remainder.
const WEIGHTS: [u8; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: &str = "10X98765432";

impl Printer<'_> {
    pub fn call(self, function: &Function, arguments: &[Expr]) -> Printed {
        let argument = |at: usize| arguments.get(at).ok_or(SqlError::IllTyped("call"));
        let x = || self.expr(argument(0)?);
        let two = || Ok::<_, SqlError>((self.expr(argument(0)?)?, self.expr(argument(1)?)?));
        Ok(match function {
            Function::Empty | Function::Dash | Function::Malformed => return Err(SqlError::CellState(function.name())),
            Function::Icd(ranges) | Function::Operation(ranges) => in_ranges(&x()?, ranges),
            Function::Matches(pattern) => self.matches(&x()?, &format!("^(?:{})$", pattern.text())),
            Function::StartsWith(beginnings) => {
                let x = x()?;
                either(beginnings.iter().map(|beginning| format!("starts_with({x}, {})", text(beginning))))
            }
            Function::Listed(id) => match self.environment.codelists.get(id) {
                Some(list) => one_of(&x()?, &spellings(list).into_iter().map(text).collect::<Vec<_>>())?,
                None => UNKNOWN.to_owned(),
            },
            Function::ListedAll(id, separator) => match self.environment.codelists.get(id) {
                Some(list) => self.listed_all(&x()?, list, *separator)?,
                None => UNKNOWN.to_owned(),
            },
            Function::ListAttribute(id, attribute) => {
                let list = self.environment.codelists.get(id);
                let of = |code: &str| list?.get(code)?.attributes.get(&**attribute).cloned();
                let known = list.map(|list| spellings(list)).unwrap_or_default();
                let whens = known.into_iter().filter_map(|code| Some((code, of(code)?)));
                let whens: String = whens.map(|(code, of)| format!(" WHEN {} THEN {}", text(code), text(&of))).collect();
                if whens.is_empty() { "CAST(NULL AS VARCHAR)".to_owned() } else { format!("CASE {}{whens} END", x()?) }
            }
            Function::Contains => match self.set(argument(0)?)? {
                Some(set) => one_of(&self.expr(argument(1)?)?, &set.iter().map(|x| text(x)).collect::<Vec<_>>())?,
                None => UNKNOWN.to_owned(),
            },
            Function::ContainsPrefix(n) => match self.set(argument(0)?)? {
                Some(set) => {
                    let head = |x: &String| -> Option<String> {
                        let head: String = x.chars().take((*n).into()).collect();
                        (head.chars().count() == usize::from(*n)).then(|| text(&head))
                    };
                    let heads: BTreeSet<String> = set.iter().filter_map(head).collect();
                    // A shorter text is as long as none of them.
                    let beginning = format!("substr({}, 1, {n})", self.expr(argument(1)?)?);
                    one_of(&beginning, &heads.into_iter().collect::<Vec<_>>())?
                }
                None => UNKNOWN.to_owned(),
            },
            Function::Length => format!("length({})", x()?),
            Function::Substring(from, length) => {
                let (x, end) = (x()?, u16::from(*from) + u16::from(*length) - 1);
                format!("CASE WHEN length({x}) >= {end} THEN substr({x}, {from}, {length}) END")
            }
            Function::Date => format!("CAST({} AS DATE)", x()?),
            Function::Days => {
                let (from, to) = two()?;
                format!("({to} - {from})")
            }
            Function::Hours => {
                // Whole hundredths of an hour, 36 seconds each, rounded down; seconds are exact in a double.
                let (from, to) = two()?;
                format!("CAST(floor((date_part('epoch', {to}) - date_part('epoch', {from})) / 36) AS BIGINT)")
            }
            Function::Minutes => {
                let (from, to) = two()?;
                format!("CAST(floor((date_part('epoch', {to}) - date_part('epoch', {from})) / 60) AS BIGINT)")
            }
            Function::FullYears => {
                // As digits, 20000229 and 20180228: their difference falls short of 18 0000 by a day.
                let (birth, on) = two()?;
                let digits = |d: &str| {
                    format!("(date_part('year', {d}) * 10000 + date_part('month', {d}) * 100 + date_part('day', {d}))")
                };
                let apart = format!("floor(({} - {}) / 10000.0)", digits(&on), digits(&birth));
                format!("CASE WHEN {on} >= {birth} THEN CAST({apart} AS BIGINT) END")
            }
            Function::Year => format!("date_part('year', {})", x()?),
            Function::Abs => self.dialect.fitting(&format!("abs(CAST({} AS DECIMAL(19, 0)))", x()?)),
            Function::Greatest | Function::Least => {
                let (a, b) = two()?;
                let name = function.name();
                format!("CASE WHEN {a} IS NOT NULL AND {b} IS NOT NULL THEN {name}({a}, {b}) END")
            }
            Function::Coalesce => {
                let (a, b) = two()?;
                format!("coalesce({a}, {b})")
            }
            Function::Pair => return Err(SqlError::IllTyped("pair")),
            Function::IdValid => self.id_valid(&x()?),
            Function::IdBirth => {
                let x = x()?;
                let day = |year: String, month: u8| {
                    format!("TRY_CAST({year} || '-' || substr({x}, {month}, 2) || '-' || substr({x}, {}, 2) AS DATE)", month + 2)
                };
                format!(
                    "CASE WHEN {} THEN {} WHEN {} THEN {} END",
                    self.matches(&x, "^[[:ascii:]]{6}[0-9]{8}[[:ascii:]]{4}$"),
                    day(format!("substr({x}, 7, 4)"), 11),
                    self.matches(&x, "^[[:ascii:]]{6}[0-9]{6}[[:ascii:]]{3}$"),
                    day(format!("'19' || substr({x}, 7, 2)"), 9),
                )
            }
            Function::IdSex => {
                let x = x()?;
                let of = |digit: &str| {
                    self.matches(&x, &format!("^(?:[[:ascii:]]{{16}}[{digit}][[:ascii:]]|[[:ascii:]]{{14}}[{digit}])$"))
                };
                format!("CASE WHEN {} THEN '1' WHEN {} THEN '2' END", of("13579"), of("02468"))
            }
        })
    }

    fn matches(self, x: &str, pattern: &str) -> String {
        format!("{}({x}, {})", self.dialect.matches(), text(pattern))
    }

    /// A set of texts, which is no value of SQL.
    fn set<'e>(&'e self, expr: &'e Expr) -> Result<Option<&'e BTreeSet<String>>, SqlError> {
        let value = match &expr.node {
            Node::Literal(value) => Some(value),
            Node::Fact(fact) => self.environment.fact(*fact),
            _ => return Err(SqlError::IllTyped("contains")),
        };
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::TextSet(set)) => Ok(Some(set)),
            Some(_) => Err(SqlError::IllTyped("contains")),
        }
    }

    /// Codes with separators between them. A code that has the separator in it is never a part.
    fn listed_all(self, x: &str, list: &CodeList, separator: char) -> Printed {
        let codes = spellings(list).into_iter().filter(|code| !code.contains(separator));
        let codes: Vec<String> = codes.map(regex::escape).collect();
        if codes.is_empty() {
            return one_of(x, &[]);
        }
        let (one, separator) = (codes.join("|"), regex::escape(separator.encode_utf8(&mut [0; 4])));
        Ok(self.matches(x, &format!("^(?:{one})(?:{separator}(?:{one}))*$")))
    }

    fn id_valid(self, x: &str) -> String {
        let digits = (1..).zip(WEIGHTS).map(|(at, weight)| format!("{weight} * TRY_CAST(substr({x}, {at}, 1) AS BIGINT)"));
        let sum = digits.collect::<Vec<_>>().join(" + ");
        format!(
            "CASE WHEN {} THEN substr('{CHECKS}', ({sum}) % 11 + 1, 1) = upper(substr({x}, 18, 1)) \
             ELSE {} END",
            self.matches(x, "^[0-9]{17}[0-9Xx]$"),
            self.matches(x, "^[0-9]{15}$"),
        )
    }
}

/// Every way in which the list's codes may be written, in order.
fn spellings(list: &CodeList) -> BTreeSet<&str> {
    list.entries.iter().flat_map(|entry| std::iter::once(&entry.code).chain(&entry.also)).map(String::as_str).collect()
}

/// A code's capital letters: of ASCII alone, as the ranges' ends.
fn capital(x: &str) -> String {
    format!("translate({x}, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')")
}

fn in_ranges(x: &str, ranges: &[CodeRange]) -> String {
    let x = capital(x);
    either(ranges.iter().map(|CodeRange { low, high }| {
        if low == high {
            return format!("starts_with({x}, {})", text(low));
        }
        format!("({x} >= {} AND substr({x}, 1, {}) <= {})", text(low), high.len(), text(high))
    }))
}

fn either(conditions: impl Iterator<Item = String>) -> String {
    format!("({})", conditions.collect::<Vec<_>>().join(" OR "))
}
