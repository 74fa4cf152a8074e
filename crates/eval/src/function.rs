//! The functions of the expression language.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, BooleanBufferBuilder, Date32Array, Int64Array, StringArray,
};
use arrow::buffer::BooleanBuffer;
use arrow::compute::kernels::cmp;
use arrow::compute::{is_null, nullif};
use arrow::datatypes::{Date32Type, Int64Type, TimestampSecondType};
use chrono::{Datelike, NaiveDate};
use yizheng_pack::codelist::CodeList;
use yizheng_pack::dataset::{Cell, GroupIx, MemberIx};
use yizheng_pack::expr::functions::CodeRange;
use yizheng_pack::expr::{Expr, Function, Node};
use yizheng_pack::identifiers::{Sex, gb11643_birth, gb11643_ok, gb11643_sex};
use yizheng_pack::types::{Type, Value};

use crate::evaluator::{Evaluator, choose, first_known, within};
use crate::operand::{EvalError, Operand, ill_typed, pairs, unary};
use crate::space::Space;

const SECONDS_A_DAY: i64 = 86_400;
/// A hundredth of an hour.
const SECONDS_A_STEP: i64 = 36;

impl Evaluator<'_> {
    pub(crate) fn call(
        &self,
        function: &Function,
        arguments: &[Expr],
        ty: &Type,
        space: Space,
    ) -> Result<Operand, EvalError> {
        let what = function.name();
        let argument = |at: usize| arguments.get(at).ok_or_else(|| ill_typed(what, "too few arguments"));
        let test_of = |at: usize, holds: &dyn Fn(&str) -> bool| {
            self.map_texts(what, argument(at)?, space, |texts| {
                Ok(Arc::new(texts.iter().map(|text| text.map(holds)).collect::<BooleanArray>()))
            })
        };
        let test = |holds: &dyn Fn(&str) -> bool| test_of(0, holds);
        let first = || self.eval(argument(0)?, space);
        let two = || Ok::<_, EvalError>((self.eval(argument(0)?, space)?, self.eval(argument(1)?, space)?));
        match function {
            Function::Empty | Function::Dash | Function::Malformed => self.state(function, argument(0)?, space),
            Function::Icd(ranges) | Function::Operation(ranges) => test(&|code| in_ranges(ranges, code)),
            Function::Matches(pattern) => test(&|text| pattern.matches(text)),
            Function::StartsWith(heads) => test(&|text| heads.iter().any(|head| text.starts_with(&**head))),
            Function::Listed(id) => match self.environment.codelists.get(id) {
                Some(list) => test(&|code| list.has(code)),
                None => Ok(Operand::null(ty)),
            },
            Function::ListedAll(id, separator) => match self.environment.codelists.get(id) {
                Some(list) => test(&|codes| codes.split(*separator).all(|code| list.has(code))),
                None => Ok(Operand::null(ty)),
            },
            Function::ListAttribute(id, name) => match self.environment.codelists.get(id) {
                Some(list) => self.map_texts(what, argument(0)?, space, |codes| Ok(attributes(list, name, codes))),
                None => Ok(Operand::null(ty)),
            },
            Function::Contains => match self.constant(argument(0)?) {
                Value::TextSet(set) => test_of(1, &|x| set.contains(x)),
                Value::Null => Ok(Operand::null(ty)),
                other => Err(ill_typed(what, other)),
            },
            Function::ContainsPrefix(n) => match self.constant(argument(0)?) {
                Value::TextSet(set) => test_of(1, &|x| {
                    let head = |text| prefix(text, usize::from(*n));
                    head(x).is_some_and(|x| set.iter().any(|member| head(member) == Some(x)))
                }),
                Value::Null => Ok(Operand::null(ty)),
                other => Err(ill_typed(what, other)),
            },
            Function::Length => self.map_texts(what, argument(0)?, space, |texts| {
                let lengths = texts.iter().map(|text| Some(text?.chars().count() as i64));
                Ok(Arc::new(lengths.collect::<Int64Array>()))
            }),
            Function::Substring(from, length) => self.map_texts(what, argument(0)?, space, |texts| {
                let parts = texts.iter().map(|text| substring(text?, usize::from(*from), usize::from(*length)));
                Ok(Arc::new(parts.collect::<StringArray>()))
            }),
            Function::Date => unary::<TimestampSecondType, Date32Type>(what, &first()?, |time| {
                i32::try_from(time.div_euclid(SECONDS_A_DAY)).ok()
            }),
            Function::Days => {
                let (a, b) = two()?;
                pairs::<Date32Type, Date32Type, i64, Int64Array>(what, &a, &b, |a, b| {
                    Some(i64::from(b) - i64::from(a))
                })
            }
            Function::Hours => {
                let (a, b) = two()?;
                pairs::<TimestampSecondType, TimestampSecondType, i64, Int64Array>(what, &a, &b, |a, b| {
                    Some(b.checked_sub(a)?.div_euclid(SECONDS_A_STEP))
                })
            }
            Function::Minutes => {
                let (a, b) = two()?;
                pairs::<TimestampSecondType, TimestampSecondType, i64, Int64Array>(what, &a, &b, |a, b| {
                    Some(b.checked_sub(a)?.div_euclid(60))
                })
            }
            Function::FullYears => {
                let (birth, on) = two()?;
                pairs::<Date32Type, Date32Type, i64, Int64Array>(what, &birth, &on, |birth, on| {
                    let years = NaiveDate::from_epoch_days(on)?.years_since(NaiveDate::from_epoch_days(birth)?)?;
                    Some(i64::from(years))
                })
            }
            Function::Year => unary::<Date32Type, Int64Type>(what, &first()?, |date| {
                Some(i64::from(NaiveDate::from_epoch_days(date)?.year()))
            }),
            Function::Abs => {
                unary::<Int64Type, Int64Type>(what, &self.of_type(argument(0)?, ty, space)?, i64::checked_abs)
            }
            Function::Greatest | Function::Least => {
                let kernel = if matches!(function, Function::Greatest) { cmp::gt_eq } else { cmp::lt_eq };
                let (a, b) = (self.of_type(argument(0)?, ty, space)?, self.of_type(argument(1)?, ty, space)?);
                let first = kernel(&a, &b)?;
                let both = Operand { array: Arc::new(first), scalar: a.scalar && b.scalar };
                let first = both.spread_bool(what, self.places(space)?)?;
                let chosen = choose(&first, &a, &b)?;
                Ok(Operand { array: nullif(&chosen.array, &is_null(&first)?)?, scalar: false })
            }
            Function::Coalesce => {
                let mut value = Operand::null(ty);
                for argument in arguments.iter().rev() {
                    value = first_known(&self.of_type(argument, ty, space)?, value)?;
                }
                Ok(value)
            }
            // Only a quantifier knows what to do with two values.
            Function::Pair => Err(ill_typed(what, "a place outside repeats")),
            Function::IdValid => test(&|number| {
                gb11643_ok(number) || number.len() == 15 && number.bytes().all(|byte| byte.is_ascii_digit())
            }),
            Function::IdBirth => self.map_texts(what, argument(0)?, space, |numbers| {
                let births = numbers.iter().map(|number| Some(Date32Type::from_naive_date(gb11643_birth(number?)?)));
                Ok(Arc::new(births.collect::<Date32Array>()))
            }),
            Function::IdSex => self.map_texts(what, argument(0)?, space, |numbers| {
                let sexes = numbers.iter().map(|number| {
                    Some(match gb11643_sex(number?)? {
                        Sex::Male => "1",
                        Sex::Female => "2",
                    })
                });
                Ok(Arc::new(sexes.collect::<StringArray>()))
            }),
        }
    }

    /// The value of a node that is the same for all rows; null for any other.
    fn constant(&self, expr: &Expr) -> Value {
        match &expr.node {
            Node::Literal(value) => value.clone(),
            Node::Fact(fact) => self.environment.fact(*fact).cloned().unwrap_or(Value::Null),
            _ => Value::Null,
        }
    }

    /// `empty`, `dash` or `malformed` of a field or member.
    fn state(&self, function: &Function, expr: &Expr, space: Space) -> Result<Operand, EvalError> {
        let states = &self.frame.states;
        match function {
            Function::Dash => self.marked(&states.dash, expr, space),
            Function::Malformed => self.marked(&states.malformed, expr, space),
            _ => {
                let value = self.eval(expr, space)?;
                let null = value.with(is_null(&value.array)?).spread_bool("empty", self.places(space)?)?;
                let dash = self.marked(&states.dash, expr, space)?.spread_bool("empty", self.places(space)?)?;
                let malformed = self.marked(&states.malformed, expr, space)?.spread_bool("empty", self.places(space)?)?;
                let blank = &(null.values() & &!dash.values()) & &!malformed.values();
                Ok(Operand::array(BooleanArray::new(blank, None)))
            }
        }
    }

    fn marked(
        &self,
        marks: &HashMap<Cell, BooleanBuffer>,
        expr: &Expr,
        space: Space,
    ) -> Result<Operand, EvalError> {
        match &expr.node {
            Node::Field(field) => Ok(match marks.get(&Cell::Field(*field)) {
                Some(bits) => Operand::array(BooleanArray::new(bits.clone(), None)),
                None => Operand::bool(false),
            }),
            Node::Member(group, member) => {
                within(space, *group)?;
                self.marked_elements(marks, *group, *member)
            }
            _ => Err(ill_typed("state", &expr.ty)),
        }
    }

    /// Whether the cell of each element's slot is marked in its row.
    fn marked_elements(
        &self,
        marks: &HashMap<Cell, BooleanBuffer>,
        group: GroupIx,
        member: MemberIx,
    ) -> Result<Operand, EvalError> {
        let main = self.frame.dataset.groups.get(group.0).and_then(|g| g.members.get(member.0)).and_then(|m| m.main);
        let last = self.frame.dataset.groups.get(group.0).map_or(0, |g| g.last_slot);
        let by_slot: Vec<Option<&BooleanBuffer>> = (0..=last)
            .map(|slot| match (slot, main) {
                (0, Some(main)) => marks.get(&Cell::Field(main)),
                _ => marks.get(&Cell::Member(group, member, slot)),
            })
            .collect();
        let Some(frame) = self.frame.group(group).filter(|_| by_slot.iter().any(Option::is_some)) else {
            return Ok(Operand::bool(false));
        };
        let rows = &self.elements_of(group)?.rows;
        let mut bits = BooleanBufferBuilder::new(frame.elements());
        for (slot, row) in frame.slots.values().iter().zip(rows.values()) {
            let marks = usize::try_from(*slot).ok().and_then(|slot| by_slot.get(slot).copied().flatten());
            bits.append(marks.is_some_and(|bits| (*row as usize) < bits.len() && bits.value(*row as usize)));
        }
        Ok(Operand::array(BooleanArray::new(bits.finish(), None)))
    }
}

/// Whether an ICD code lies in one of the ranges; small letters count as capital ones.
fn in_ranges(ranges: &[CodeRange], code: &str) -> bool {
    let code = match code.bytes().any(|byte| byte.is_ascii_lowercase()) {
        true => Cow::Owned(code.to_ascii_uppercase()),
        false => Cow::Borrowed(code),
    };
    ranges.iter().any(|range| range.holds(&code))
}

fn attributes(list: &CodeList, name: &str, codes: &StringArray) -> ArrayRef {
    let of = |code| list.get(code)?.attributes.get(name).map(String::as_str);
    Arc::new(codes.iter().map(|code| of(code?)).collect::<StringArray>())
}

/// The first `n` characters; `None` when there are fewer.
fn prefix(text: &str, n: usize) -> Option<&str> {
    substring(text, 1, n)
}

/// `length` characters from the one numbered `from` (from 1) on; `None` when the text is shorter.
fn substring(text: &str, from: usize, length: usize) -> Option<&str> {
    let mut bounds = text.char_indices().map(|(at, _)| at).chain([text.len()]).skip(from.checked_sub(1)?);
    let start = bounds.next()?;
    let end = match length {
        0 => start,
        _ => bounds.nth(length - 1)?,
    };
    text.get(start..end)
}
