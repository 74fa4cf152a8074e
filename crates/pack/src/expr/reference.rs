//! The reference evaluator: one row at a time, written for reading.
//!
//! It says what the language means. The fast evaluator works column by column and knows nothing of
//! this one; tests hold the two against each other. Nothing here is clever, and nothing is fast.

use std::cmp::Ordering;

use chrono::{Datelike, NaiveDate};

use super::{Arithmetic, Comparison, Environment, Expr, Function, Node, Quantifier};
use crate::codelist::CodeList;
use crate::dataset::{FieldIx, GroupIx, MemberIx};
use crate::identifiers::{Sex, gb11643_birth, gb11643_ok, gb11643_sex};
use crate::types::{Type, Value};

/// One cell: what it holds, or why it holds nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Content {
    /// Nothing, or the file has no such column.
    #[default]
    Blank,
    /// The official missing value `-`.
    Dash,
    /// Something that cannot be read as the field's type.
    Malformed,
    /// A value.
    Known(Value),
}

/// One row.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its cells by [`FieldIx`].
    pub fields: Vec<Content>,
    /// The elements of its groups by [`GroupIx`], in the order of their slots.
    pub groups: Vec<Vec<Element>>,
    /// What its links say, by [`crate::link::LinkIx`]; `None` is not known.
    pub links: Vec<Option<bool>>,
}

/// One element of a repeated group.
#[derive(Debug, Clone, Default)]
pub struct Element {
    /// Its slot as the file's columns number it; 0 is the main one.
    pub slot: i64,
    /// Its cells by [`MemberIx`].
    pub members: Vec<Content>,
}

/// An expression that the loader never lets through: what it was and what stood there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} of {1}")]
pub struct IllTyped(&'static str, String);

type Answer = Result<Value, IllTyped>;

fn ill(what: &'static str, found: impl ToString) -> IllTyped {
    IllTyped(what, found.to_string())
}

/// The value of an expression for one row.
///
/// # Errors
/// When the expression is not one that the loader lets through.
pub fn value(expr: &Expr, row: &Row, environment: &Environment) -> Answer {
    Reader { row, element: None, environment }.value(expr)
}

/// The value of an expression for one element of a group of the row, as checks over a group ask.
///
/// # Errors
/// As [`value`].
pub fn value_of_element(expr: &Expr, row: &Row, group: GroupIx, at: usize, environment: &Environment) -> Answer {
    let element = row.groups.get(group.0).and_then(|elements| elements.get(at));
    Reader { row, element: element.map(|element| (group, element)), environment }.value(expr)
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    row: &'a Row,
    element: Option<(GroupIx, &'a Element)>,
    environment: &'a Environment,
}

impl<'a> Reader<'a> {
    fn value(self, expr: &Expr) -> Answer {
        match &expr.node {
            Node::Literal(value) => Ok(value.clone()),
            Node::Field(field) => Ok(known(self.field(*field))),
            Node::Member(group, member) => Ok(known(self.member(*group, *member)?)),
            Node::Slot(group) => Ok(Value::integer(self.inside(*group)?.slot)),
            Node::Linked(link) => Ok(truth(self.row.links.get(link.0).copied().flatten())),
            Node::Fact(fact) => Ok(self.environment.fact(*fact).cloned().unwrap_or(Value::Null)),
            Node::Parameter(id) => Ok(self.environment.parameter(id).cloned().unwrap_or(Value::Null)),
            Node::Not(inner) => Ok(truth(self.condition(inner)?.map(|holds| !holds))),
            Node::And(parts) => self.connected(parts, false),
            Node::Or(parts) => self.connected(parts, true),
            Node::Compare(by, left, right) => {
                Ok(truth(ordering(&self.value(left)?, &self.value(right)?)?.map(|order| holds(*by, order))))
            }
            Node::Arithmetic(by, left, right) => self.arithmetic(*by, left, right, &expr.ty),
            Node::In(x, list) => self.is_in(x, list),
            Node::IsNull(x) => Ok(Value::Bool(self.value(x)? == Value::Null)),
            Node::Case(branches, otherwise) => {
                for (condition, result) in branches {
                    if self.condition(condition)? == Some(true) {
                        return self.value(result);
                    }
                }
                otherwise.as_ref().map_or(Ok(Value::Null), |result| self.value(result))
            }
            Node::Call(function, arguments) => self.call(function, arguments, &expr.ty),
            Node::Over(quantifier, group, body) => self.over(*quantifier, *group, body, &expr.ty),
        }
    }

    fn field(self, field: FieldIx) -> Content {
        self.row.fields.get(field.0).cloned().unwrap_or_default()
    }

    /// The element that is looked at, which must be one of this group.
    fn inside(self, group: GroupIx) -> Result<&'a Element, IllTyped> {
        match self.element {
            Some((of, element)) if of == group => Ok(element),
            _ => Err(ill("member", "no element of its group")),
        }
    }

    fn member(self, group: GroupIx, member: MemberIx) -> Result<Content, IllTyped> {
        Ok(self.inside(group)?.members.get(member.0).cloned().unwrap_or_default())
    }

    /// A condition: `None` is not known.
    fn condition(self, expr: &Expr) -> Result<Option<bool>, IllTyped> {
        match self.value(expr)? {
            Value::Bool(holds) => Ok(Some(holds)),
            Value::Null => Ok(None),
            other => Err(ill("condition", other)),
        }
    }

    fn connected(self, parts: &[Expr], decisive: bool) -> Answer {
        let mut unknown = false;
        for part in parts {
            match self.condition(part)? {
                Some(holds) if holds == decisive => return Ok(Value::Bool(decisive)),
                Some(_) => {}
                None => unknown = true,
            }
        }
        Ok(if unknown { Value::Null } else { Value::Bool(!decisive) })
    }

    fn arithmetic(self, by: Arithmetic, left: &Expr, right: &Expr, ty: &Type) -> Answer {
        let (Some(left), Some(right)) = (self.number(left)?, self.number(right)?) else { return Ok(Value::Null) };
        let units = match by {
            Arithmetic::Add => left.checked_add(right),
            Arithmetic::Subtract => left.checked_sub(right),
            Arithmetic::Multiply => left.checked_mul(right),
        };
        number(units, ty)
    }

    /// A number in units of its type's scale; `None` is not known.
    fn number(self, expr: &Expr) -> Result<Option<i64>, IllTyped> {
        match self.value(expr)? {
            Value::Number { units, .. } => Ok(Some(units)),
            Value::Null => Ok(None),
            other => Err(ill("number", other)),
        }
    }

    fn text(self, expr: &Expr) -> Result<Option<String>, IllTyped> {
        match self.value(expr)? {
            Value::Text(text) => Ok(Some(text.to_string())),
            Value::Null => Ok(None),
            other => Err(ill("text", other)),
        }
    }

    fn day(self, expr: &Expr) -> Result<Option<NaiveDate>, IllTyped> {
        match self.value(expr)? {
            Value::Date(day) => Ok(Some(day)),
            Value::Null => Ok(None),
            other => Err(ill("date", other)),
        }
    }

    fn seconds(self, expr: &Expr) -> Result<Option<i64>, IllTyped> {
        match self.value(expr)? {
            Value::DateTime(time) => Ok(Some(time.and_utc().timestamp())),
            Value::Null => Ok(None),
            other => Err(ill("time", other)),
        }
    }

    /// True where one is equal, else not known where something is not known.
    fn is_in(self, x: &Expr, list: &[Value]) -> Answer {
        let x = self.value(x)?;
        let mut unknown = x == Value::Null;
        for value in list {
            match ordering(&x, value)? {
                Some(Ordering::Equal) => return Ok(Value::Bool(true)),
                Some(_) => {}
                None => unknown = true,
            }
        }
        Ok(if unknown { Value::Null } else { Value::Bool(false) })
    }

    fn over(self, quantifier: Quantifier, group: GroupIx, body: &Expr, ty: &Type) -> Answer {
        if self.element.is_some() {
            return Err(ill("quantifier", "a quantifier around it"));
        }
        let elements = self.row.groups.get(group.0).map(Vec::as_slice).unwrap_or_default();
        let at = |element| Reader { element: Some((group, element)), ..self };
        if quantifier == Quantifier::Repeats {
            return repeats(elements.iter().map(|element| at(element).key(body)).collect::<Result<_, _>>()?);
        }
        let values = elements.iter().map(|element| at(element).value(body)).collect::<Result<Vec<_>, _>>()?;
        let said = |holds: bool| values.contains(&Value::Bool(holds));
        let unknown = values.contains(&Value::Null);
        let known = || values.iter().filter(|value| **value != Value::Null);
        Ok(match quantifier {
            Quantifier::Any if said(true) => Value::Bool(true),
            Quantifier::All if said(false) => Value::Bool(false),
            Quantifier::Any | Quantifier::All if unknown => Value::Null,
            Quantifier::Any => Value::Bool(false),
            Quantifier::All => Value::Bool(true),
            Quantifier::Count => Value::integer(known().filter(|value| **value == Value::Bool(true)).count() as i64),
            Quantifier::Sum => {
                let mut sum = 0_i128;
                for value in known() {
                    match value {
                        Value::Number { units, .. } => sum += i128::from(*units),
                        other => return Err(ill("sum", other)),
                    }
                }
                return number(i64::try_from(sum).ok(), ty);
            }
            Quantifier::Max => extreme(known(), Ordering::Greater)?,
            Quantifier::Min => extreme(known(), Ordering::Less)?,
            Quantifier::Repeats => Value::Null,
        })
    }

    /// What two elements must share: one value or a pair; `None` where one is not known.
    fn key(self, body: &Expr) -> Result<Option<Vec<Value>>, IllTyped> {
        let parts = match &body.node {
            Node::Call(Function::Pair, parts) => parts.as_slice(),
            _ => std::slice::from_ref(body),
        };
        let key = parts.iter().map(|part| self.value(part)).collect::<Result<Vec<_>, _>>()?;
        Ok((!key.contains(&Value::Null)).then_some(key))
    }

    fn call(self, function: &Function, arguments: &[Expr], ty: &Type) -> Answer {
        let argument = |at: usize| arguments.get(at).ok_or_else(|| ill(function.name(), "too few arguments"));
        let text = |at: usize| self.text(argument(at)?);
        let test = |holds: &dyn Fn(&str) -> bool| Ok(truth(text(0)?.map(|text| holds(&text))));
        let list = |id: &str| self.environment.codelists.get(id).map(|list| -> &CodeList { list });
        match function {
            Function::Empty => Ok(Value::Bool(match self.content(argument(0)?)? {
                Content::Blank => true,
                Content::Known(value) => value == Value::Null,
                Content::Dash | Content::Malformed => false,
            })),
            Function::Dash => Ok(Value::Bool(self.content(argument(0)?)? == Content::Dash)),
            Function::Malformed => Ok(Value::Bool(self.content(argument(0)?)? == Content::Malformed)),
            Function::Icd(ranges) | Function::Operation(ranges) => {
                test(&|code| ranges.iter().any(|range| range.holds(&code.to_ascii_uppercase())))
            }
            Function::Matches(pattern) => test(&|text| pattern.matches(text)),
            Function::StartsWith(beginnings) => test(&|text| beginnings.iter().any(|one| text.starts_with(one.as_str()))),
            Function::Listed(id) => match list(id) {
                Some(list) => test(&|code| list.has(code)),
                None => Ok(Value::Null),
            },
            Function::ListedAll(id, separator) => match list(id) {
                Some(list) => test(&|codes| codes.split(*separator).all(|code| list.has(code))),
                None => Ok(Value::Null),
            },
            Function::ListAttribute(id, name) => {
                let (Some(list), Some(code)) = (list(id), text(0)?) else { return Ok(Value::Null) };
                let attribute = list.get(&code).and_then(|entry| entry.attributes.get(&**name));
                Ok(attribute.map_or(Value::Null, |attribute| Value::text(attribute)))
            }
            Function::Contains => {
                let (Value::TextSet(set), Some(x)) = (self.value(argument(0)?)?, text(1)?) else {
                    return Ok(Value::Null);
                };
                Ok(Value::Bool(set.contains(&x)))
            }
            Function::ContainsPrefix(n) => {
                let (Value::TextSet(set), Some(x)) = (self.value(argument(0)?)?, text(1)?) else {
                    return Ok(Value::Null);
                };
                let head = |text: &str| part(text, 1, *n);
                Ok(Value::Bool(head(&x).is_some() && set.iter().any(|member| head(member) == head(&x))))
            }
            Function::Length => number(text(0)?.map(|text| text.chars().count() as i64), ty),
            Function::Substring(from, length) => {
                let found = text(0)?.and_then(|text| part(&text, *from, *length));
                Ok(found.map_or(Value::Null, |found| Value::text(&found)))
            }
            Function::Date => match self.value(argument(0)?)? {
                Value::DateTime(time) => Ok(Value::Date(time.date())),
                Value::Null => Ok(Value::Null),
                other => Err(ill("date", other)),
            },
            Function::Days => {
                let (from, to) = (self.day(argument(0)?)?, self.day(argument(1)?)?);
                number(from.zip(to).map(|(from, to)| to.signed_duration_since(from).num_days()), ty)
            }
            Function::Hours => {
                // Whole hundredths of an hour, 36 seconds each, rounded down.
                let (from, to) = (self.seconds(argument(0)?)?, self.seconds(argument(1)?)?);
                number(from.zip(to).map(|(from, to)| (to - from).div_euclid(36)), ty)
            }
            Function::Minutes => {
                let (from, to) = (self.seconds(argument(0)?)?, self.seconds(argument(1)?)?);
                number(from.zip(to).map(|(from, to)| (to - from).div_euclid(60)), ty)
            }
            Function::FullYears => {
                let (birth, on) = (self.day(argument(0)?)?, self.day(argument(1)?)?);
                number(birth.zip(on).and_then(|(birth, on)| completed_years(birth, on)), ty)
            }
            Function::Year => number(self.day(argument(0)?)?.map(|day| i64::from(day.year())), ty),
            Function::Abs => number(self.number(argument(0)?)?.and_then(i64::checked_abs), ty),
            Function::Greatest | Function::Least => {
                let both = self.number(argument(0)?)?.zip(self.number(argument(1)?)?);
                let choose = if *function == Function::Greatest { i64::max } else { i64::min };
                number(both.map(|(a, b)| choose(a, b)), ty)
            }
            Function::Coalesce => match self.value(argument(0)?)? {
                Value::Null => self.value(argument(1)?),
                known => Ok(known),
            },
            Function::Pair => Err(ill("pair", "a place outside repeats")),
            Function::IdValid => {
                test(&|number| gb11643_ok(number) || number.len() == 15 && number.bytes().all(|b| b.is_ascii_digit()))
            }
            Function::IdBirth => {
                Ok(text(0)?.and_then(|number| gb11643_birth(&number)).map_or(Value::Null, Value::Date))
            }
            Function::IdSex => Ok(match text(0)?.and_then(|number| gb11643_sex(&number)) {
                Some(Sex::Male) => Value::text("1"),
                Some(Sex::Female) => Value::text("2"),
                None => Value::Null,
            }),
        }
    }

    fn content(self, expr: &Expr) -> Result<Content, IllTyped> {
        match expr.node {
            Node::Field(field) => Ok(self.field(field)),
            Node::Member(group, member) => self.member(group, member),
            _ => Err(ill("state", "no cell")),
        }
    }
}

fn known(content: Content) -> Value {
    match content {
        Content::Known(value) => value,
        Content::Blank | Content::Dash | Content::Malformed => Value::Null,
    }
}

fn truth(known: Option<bool>) -> Value {
    known.map_or(Value::Null, Value::Bool)
}

/// A number of a type; what does not fit is not known.
fn number(units: Option<i64>, ty: &Type) -> Answer {
    match ty {
        Type::Number { scale, .. } => Ok(units.map_or(Value::Null, |units| Value::Number { units, scale: *scale })),
        other => Err(ill("number", other)),
    }
}

/// How two values of one type stand to each other; `None` where one is not known.
fn ordering(left: &Value, right: &Value) -> Result<Option<Ordering>, IllTyped> {
    Ok(Some(match (left, right) {
        (Value::Null, _) | (_, Value::Null) => return Ok(None),
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::Text(left), Value::Text(right)) => left.as_bytes().cmp(right.as_bytes()),
        (Value::Number { units: left, scale: l }, Value::Number { units: right, scale: r }) if l == r => left.cmp(right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::DateTime(left), Value::DateTime(right)) => left.cmp(right),
        (left, right) => return Err(ill("comparison", format!("{left} and {right}"))),
    }))
}

fn holds(by: Comparison, order: Ordering) -> bool {
    match by {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    }
}

fn extreme<'v>(values: impl Iterator<Item = &'v Value>, wanted: Ordering) -> Answer {
    let mut best = Value::Null;
    for value in values {
        if best == Value::Null || ordering(value, &best)? == Some(wanted) {
            best = value.clone();
        }
    }
    Ok(best)
}

fn repeats(keys: Vec<Option<Vec<Value>>>) -> Answer {
    let keys: Vec<Vec<Value>> = keys.into_iter().flatten().collect();
    let again = |(at, key): (usize, &Vec<Value>)| keys.iter().skip(at + 1).any(|other| other == key);
    Ok(Value::Bool(keys.iter().enumerate().any(again)))
}

/// `length` characters from the one numbered `from`, from 1; `None` when the text is shorter.
fn part(text: &str, from: u8, length: u8) -> Option<String> {
    let found: String = text.chars().skip(usize::from(from).checked_sub(1)?).take(length.into()).collect();
    (found.chars().count() == usize::from(length)).then_some(found)
}

/// Completed years (周岁): counted on the birthday; who is born on 29 February counts on 1 March of
/// other years. `None` before the birth.
fn completed_years(birth: NaiveDate, on: NaiveDate) -> Option<i64> {
    if on < birth {
        return None;
    }
    let passed = (on.month(), on.day()) >= (birth.month(), birth.day());
    Some(i64::from(on.year() - birth.year()) - i64::from(!passed))
}
