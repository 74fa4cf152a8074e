//! One text for each typed expression: equal texts mean equal expressions, and it reads as one
//! writes it.

use std::fmt;

use super::{Arithmetic, Comparison, Expr, Function, Node, Quantifier};
use crate::dataset::Dataset;
use crate::types::Value;

/// Prints an expression with the names of its dataset.
pub struct Canonical<'a> {
    expr: &'a Expr,
    dataset: &'a Dataset,
}

impl Expr {
    /// The expression as text, with the names of its dataset.
    pub fn canonical<'a>(&'a self, dataset: &'a Dataset) -> Canonical<'a> {
        Canonical { expr: self, dataset }
    }
}

impl fmt::Display for Canonical<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let on = |expr| Canonical { expr, dataset: self.dataset };
        match &self.expr.node {
            Node::Literal(value) => constant(f, value),
            Node::Field(ix) => f.write_str(self.dataset.fields.get(ix.0).map_or("?", |field| &field.id)),
            Node::Member(group, member) => {
                let member = self.dataset.groups.get(group.0).and_then(|group| group.members.get(member.0));
                f.write_str(member.map_or("?", |member| &member.id))
            }
            Node::Slot(_) => f.write_str("slot"),
            Node::Linked(ix) => write!(f, "linked({})", Quoted(self.dataset.links.get(ix.0).map_or("?", |link| &link.id))),
            Node::Fact(fact) => f.write_str(fact.name()),
            Node::Parameter(id) => write!(f, "param({})", Quoted(id)),
            Node::Not(inner) => match &inner.node {
                Node::IsNull(x) => write!(f, "({} is not null)", on(x)),
                _ => write!(f, "not {}", on(inner)),
            },
            Node::And(list) => self.joined(f, list, " and "),
            Node::Or(list) => self.joined(f, list, " or "),
            Node::Compare(op, left, right) => write!(f, "({} {} {})", on(left), op.sign(), on(right)),
            Node::Arithmetic(op, left, right) => write!(f, "({} {} {})", on(left), op.sign(), on(right)),
            Node::In(x, values) => {
                write!(f, "({} in (", on(x))?;
                for (n, value) in values.iter().enumerate() {
                    f.write_str(if n == 0 { "" } else { ", " })?;
                    constant(f, value)?;
                }
                f.write_str("))")
            }
            Node::IsNull(x) => write!(f, "({} is null)", on(x)),
            Node::Case(branches, otherwise) => {
                f.write_str("case")?;
                for (condition, result) in branches {
                    write!(f, " when {} then {}", on(condition), on(result))?;
                }
                if let Some(otherwise) = otherwise {
                    write!(f, " else {}", on(otherwise))?;
                }
                f.write_str(" end")
            }
            Node::Call(function, args) => {
                write!(f, "{}(", function.name())?;
                for (n, arg) in args.iter().enumerate() {
                    write!(f, "{}{}", if n == 0 { "" } else { ", " }, on(arg))?;
                }
                prepared(f, function)?;
                f.write_str(")")
            }
            Node::Over(quantifier, group, body) => {
                let group = self.dataset.groups.get(group.0).map_or("?", |group| &group.id);
                write!(f, "{}({group}, {})", quantifier.name(), on(body))
            }
        }
    }
}

impl Canonical<'_> {
    fn joined(&self, f: &mut fmt::Formatter<'_>, list: &[Expr], between: &str) -> fmt::Result {
        f.write_str("(")?;
        for (n, expr) in list.iter().enumerate() {
            write!(f, "{}{}", if n == 0 { "" } else { between }, Canonical { expr, dataset: self.dataset })?;
        }
        f.write_str(")")
    }
}

/// A text constant as it is written.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0.replace('\'', "''"))
    }
}

fn constant(f: &mut fmt::Formatter<'_>, value: &Value) -> fmt::Result {
    match value {
        Value::Text(text) => write!(f, "{}", Quoted(text)),
        Value::Date(date) => write!(f, "date '{date}'"),
        Value::DateTime(_) => write!(f, "timestamp '{value}'"),
        other => write!(f, "{other}"),
    }
}

/// The constant arguments that a function holds itself.
fn prepared(f: &mut fmt::Formatter<'_>, function: &Function) -> fmt::Result {
    match function {
        Function::Icd(ranges) | Function::Operation(ranges) => {
            for range in ranges.iter() {
                if range.low == range.high {
                    write!(f, ", '{}'", range.low)?;
                } else {
                    write!(f, ", '{}-{}'", range.low, range.high)?;
                }
            }
            Ok(())
        }
        Function::Matches(pattern) => write!(f, ", {}", Quoted(pattern.text())),
        Function::StartsWith(texts) => texts.iter().try_for_each(|text| write!(f, ", {}", Quoted(text))),
        Function::Listed(list) => write!(f, ", {}", Quoted(list)),
        Function::ListedAll(list, separator) => {
            write!(f, ", {}, {}", Quoted(list), Quoted(separator.encode_utf8(&mut [0; 4])))
        }
        Function::ListAttribute(list, attribute) => write!(f, ", {}, {}", Quoted(list), Quoted(attribute)),
        Function::ContainsPrefix(n) => write!(f, ", {n}"),
        Function::Substring(from, length) => write!(f, ", {from}, {length}"),
        Function::Empty
        | Function::Dash
        | Function::Malformed
        | Function::Contains
        | Function::Length
        | Function::Date
        | Function::Days
        | Function::Hours
        | Function::Minutes
        | Function::FullYears
        | Function::Year
        | Function::Abs
        | Function::Greatest
        | Function::Least
        | Function::Coalesce
        | Function::Pair
        | Function::IdValid
        | Function::IdBirth
        | Function::IdSex => Ok(()),
    }
}

impl Comparison {
    /// As written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl Arithmetic {
    /// As written.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
        }
    }
}

impl Quantifier {
    /// As written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::All => "all",
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Max => "max",
            Self::Min => "min",
            Self::Repeats => "repeats",
        }
    }
}
