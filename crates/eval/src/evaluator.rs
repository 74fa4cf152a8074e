//! Expressions over a frame, column by column.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int32Array, Int64Array, StringArray, UInt32Array};
use arrow::compute::kernels::cmp;
use arrow::compute::kernels::zip::zip;
use arrow::compute::{and_kleene, cast, is_not_null, is_null, not, or_kleene, prep_null_mask_filter, take};
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use yizheng_pack::dataset::{FieldIx, GroupIx, MemberIx};
use yizheng_pack::expr::{Arithmetic, Comparison, Expr, Node, Quantifier};
use yizheng_pack::types::{Type, Value};

use crate::environment::Environment;
use crate::frame::{Frame, GroupFrame};
use crate::operand::{EvalError, Operand, ill_typed, pairs, to_scale, unary};
use crate::quantifier;
use crate::space::{Inner, Space, speaks_of_element};

/// Evaluates expressions over the rows of one frame. What several of them need (the distinct texts
/// of a column, the row of each element) is worked out once, so use one for all checks or sums of
/// a frame.
///
/// Every answer has one entry for each row, null where it is not known. Anything that
/// [`crate::missing`] names counts as not known.
pub struct Evaluator<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) environment: &'a Environment,
    rows: Space,
    elements: RefCell<HashMap<GroupIx, Rc<Inner>>>,
    distinct: RefCell<HashMap<Source, Rc<Distinct>>>,
}

/// A column of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    Field(FieldIx),
    Member(GroupIx, MemberIx),
}

/// A column of texts as the places of its entries among its distinct texts.
struct Distinct {
    texts: StringArray,
    places: Int32Array,
}

impl<'a> Evaluator<'a> {
    /// For the rows of `frame`.
    pub fn new(frame: &'a Frame, environment: &'a Environment) -> Self {
        Self {
            frame,
            environment,
            rows: Space::rows(frame.len),
            elements: RefCell::default(),
            distinct: RefCell::default(),
        }
    }

    /// The value of `expr` for each row, as a column of [`crate::arrow_type`] of its type.
    ///
    /// # Errors
    /// When `expr` is not one that the loader lets through, or the columnar library refuses.
    pub fn evaluate(&self, expr: &Expr) -> Result<ArrayRef, EvalError> {
        self.eval(expr, &self.rows)?.spread(self.rows.len)
    }

    /// A condition for each row.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`].
    pub fn condition(&self, expr: &Expr) -> Result<BooleanArray, EvalError> {
        self.bools("condition", expr, &self.rows)
    }

    /// A condition for each element of a group, those of all rows end to end, in the order of
    /// [`GroupFrame::slots`].
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`].
    pub fn condition_each(&self, expr: &Expr, group: GroupIx) -> Result<BooleanArray, EvalError> {
        let inner = self.elements_of(group)?;
        self.bools("condition", expr, &inner.space)
    }

    /// The position of the row, from 0, of each element of a group; in step with
    /// [`Evaluator::condition_each`].
    ///
    /// # Errors
    /// When the dataset has no such group.
    pub fn rows_of(&self, group: GroupIx) -> Result<UInt32Array, EvalError> {
        Ok(self.elements_of(group)?.parents.clone())
    }

    /// The value of `expr` at each place of `space`.
    pub(crate) fn eval(&self, expr: &Expr, space: &Space) -> Result<Operand, EvalError> {
        if let Some(rows) = &space.rows
            && !speaks_of_element(expr)
        {
            return self.eval(expr, &self.rows)?.at(rows);
        }
        match &expr.node {
            Node::Literal(value) => Operand::constant(value, &expr.ty),
            Node::Fact(fact) => Operand::constant(self.environment.fact(*fact).unwrap_or(&Value::Null), &expr.ty),
            Node::Parameter(id) => {
                Operand::constant(self.environment.parameter(id).unwrap_or(&Value::Null), &expr.ty)
            }
            Node::Field(field) => Ok(match self.frame.column(*field) {
                Some(column) => Operand { array: column.clone(), scalar: false },
                None => Operand::null(&expr.ty),
            }),
            Node::Member(group, member) => {
                let places = space.element(*group).ok_or_else(|| ill_typed("member", "no element"))?;
                let Some(column) = self.frame.member(*group, *member) else { return Ok(Operand::null(&expr.ty)) };
                let column = Operand { array: column.clone(), scalar: false };
                places.map_or(Ok(column.clone()), |places| column.at(places))
            }
            Node::Slot(group) => {
                let places = space.element(*group).ok_or_else(|| ill_typed("slot", "no element"))?;
                let Some(frame) = self.frame.group(*group) else { return Ok(Operand::null(&expr.ty)) };
                let slots = Operand { array: cast(&frame.slots, &DataType::Int64)?, scalar: false };
                places.map_or(Ok(slots.clone()), |places| slots.at(places))
            }
            Node::Not(e) => {
                let operand = self.eval(e, space)?;
                let bools = operand.array.as_boolean_opt().ok_or_else(|| ill_typed("not", operand.array.data_type()))?;
                Ok(operand.with(not(bools)?))
            }
            Node::And(es) => self.fold("and", es, space, true),
            Node::Or(es) => self.fold("or", es, space, false),
            Node::Compare(comparison, left, right) => self.compare(*comparison, left, right, space),
            Node::Arithmetic(arithmetic, left, right) => self.arithmetic(*arithmetic, left, right, &expr.ty, space),
            Node::In(e, values) => self.within(e, values, space),
            Node::IsNull(e) => {
                let operand = self.eval(e, space)?;
                Ok(operand.with(is_null(&operand.array)?))
            }
            Node::Case(branches, otherwise) => {
                let mut value = match otherwise {
                    Some(e) => self.scaled(e, &expr.ty, space)?,
                    None => Operand::null(&expr.ty),
                };
                for (condition, branch) in branches.iter().rev() {
                    let condition = self.bools("case", condition, space)?;
                    value = choose(&condition, &self.scaled(branch, &expr.ty, space)?, &value)?;
                }
                Ok(value)
            }
            Node::Call(function, arguments) => self.call(function, arguments, &expr.ty, space),
            Node::Over(quantifier, group, body) => self.over(*quantifier, *group, body, &expr.ty, space),
        }
    }

    pub(crate) fn bools(&self, what: &'static str, expr: &Expr, space: &Space) -> Result<BooleanArray, EvalError> {
        self.eval(expr, space)?.spread_bool(what, space.len)
    }

    /// Conjunction (`neutral` true) or disjunction. Stops where the rest cannot change anything.
    fn fold(&self, what: &'static str, es: &[Expr], space: &Space, neutral: bool) -> Result<Operand, EvalError> {
        let mut all: Option<BooleanArray> = None;
        for e in es {
            let next = self.bools(what, e, space)?;
            let all_now = match &all {
                None => next,
                Some(before) if neutral => and_kleene(before, &next)?,
                Some(before) => or_kleene(before, &next)?,
            };
            let settled = all_now.null_count() == 0
                && if neutral { !all_now.values().has_true() } else { !all_now.values().has_false() };
            all = Some(all_now);
            if settled {
                break;
            }
        }
        Ok(all.map_or_else(|| Operand::bool(neutral), Operand::array))
    }

    fn compare(&self, by: Comparison, left: &Expr, right: &Expr, space: &Space) -> Result<Operand, EvalError> {
        let kernel = match by {
            Comparison::Equal => cmp::eq,
            Comparison::NotEqual => cmp::neq,
            Comparison::Less => cmp::lt,
            Comparison::LessOrEqual => cmp::lt_eq,
            Comparison::Greater => cmp::gt,
            Comparison::GreaterOrEqual => cmp::gt_eq,
        };
        if left.ty.is_textual() {
            let right = self.eval(right, space)?;
            if right.scalar {
                return self.map_texts("comparison", left, space, |texts| {
                    Ok(Arc::new(kernel(texts, &right)?))
                });
            }
            let left = self.eval(left, space)?;
            return Ok(Operand { array: Arc::new(kernel(&left, &right)?), scalar: false });
        }
        let (l, r) = (self.eval(left, space)?, self.eval(right, space)?);
        if let (Type::Number { scale: ls }, Type::Number { scale: rs }) = (&left.ty, &right.ty)
            && ls != rs
        {
            let (ls, rs, scale) = (*ls, *rs, *ls.max(rs));
            return pairs::<Int64Type, Int64Type, bool, BooleanArray>("comparison", &l, &r, |a, b| {
                let order = to_scale(a.into(), ls, scale)?.cmp(&to_scale(b.into(), rs, scale)?);
                Some(match by {
                    Comparison::Equal => order.is_eq(),
                    Comparison::NotEqual => order.is_ne(),
                    Comparison::Less => order.is_lt(),
                    Comparison::LessOrEqual => order.is_le(),
                    Comparison::Greater => order.is_gt(),
                    Comparison::GreaterOrEqual => order.is_ge(),
                })
            });
        }
        Ok(Operand { array: Arc::new(kernel(&l, &r)?), scalar: l.scalar && r.scalar })
    }

    fn arithmetic(
        &self,
        operator: Arithmetic,
        left: &Expr,
        right: &Expr,
        ty: &Type,
        space: &Space,
    ) -> Result<Operand, EvalError> {
        let (Type::Number { scale: ls }, Type::Number { scale: rs }, Type::Number { scale }) =
            (&left.ty, &right.ty, ty)
        else {
            return Err(ill_typed("arithmetic", format!("{}, {}", left.ty, right.ty)));
        };
        let (ls, rs, scale) = (*ls, *rs, *scale);
        let (l, r) = (self.eval(left, space)?, self.eval(right, space)?);
        let fits = |value: i128, from: u8| to_scale(value, from, scale).and_then(|value| i64::try_from(value).ok());
        match operator {
            Arithmetic::Add if ls == rs && rs == scale => both(&l, &r, i64::checked_add),
            Arithmetic::Subtract if ls == rs && rs == scale => both(&l, &r, i64::checked_sub),
            Arithmetic::Multiply if ls + rs == scale => both(&l, &r, i64::checked_mul),
            Arithmetic::Multiply => both(&l, &r, |a, b| fits(i128::from(a) * i128::from(b), ls + rs)),
            Arithmetic::Add | Arithmetic::Subtract => both(&l, &r, |a, b| {
                let common = ls.max(rs);
                let (a, b) = (to_scale(a.into(), ls, common)?, to_scale(b.into(), rs, common)?);
                fits(if operator == Arithmetic::Add { a + b } else { a - b }, common)
            }),
        }
    }

    /// Membership in a list of constants. A list that holds null never gives false.
    fn within(&self, e: &Expr, values: &[Value], space: &Space) -> Result<Operand, EvalError> {
        if e.ty.is_textual() {
            let mut list: HashSet<&str> = HashSet::new();
            let mut unknown = false;
            if values.is_empty() {
                return Err(ill_typed("in", "an empty list"));
            }
            for value in values {
                match value {
                    Value::Text(text) => drop(list.insert(text)),
                    Value::Null => unknown = true,
                    other => return Err(ill_typed("in", other)),
                }
            }
            return self.map_texts("in", e, space, |texts| {
                let found = texts.iter().map(|text| Some(list.contains(text?)).filter(|found| *found || !unknown));
                Ok(Arc::new(found.collect::<BooleanArray>()))
            });
        }
        let mut found = None;
        for value in values {
            let ty = match value {
                Value::Number { scale, .. } => Type::Number { scale: *scale },
                _ => e.ty.clone(),
            };
            let value = Expr { node: Node::Literal(value.clone()), ty };
            let equal = self.compare(Comparison::Equal, e, &value, space)?.spread_bool("in", space.len)?;
            found = Some(match found {
                None => equal,
                Some(found) => or_kleene(&found, &equal)?,
            });
        }
        found.map(Operand::array).ok_or_else(|| ill_typed("in", "an empty list"))
    }

    fn over(
        &self,
        quantifier: Quantifier,
        group: GroupIx,
        body: &Expr,
        ty: &Type,
        space: &Space,
    ) -> Result<Operand, EvalError> {
        let inner = if space.rows.is_none() {
            self.elements_of(group)?
        } else {
            Rc::new(self.with_group(group, |frame| space.crossed_with(group, frame))?)
        };
        let value = match quantifier {
            Quantifier::Repeats => self.keyed(body, &inner.space)?,
            _ => self.eval(body, &inner.space)?.spread(inner.space.len)?,
        };
        let bools = || value.as_boolean_opt().ok_or_else(|| ill_typed("quantifier", value.data_type()));
        let len = space.len;
        Ok(match quantifier {
            Quantifier::Any => Operand::array(quantifier::any(bools()?, &inner, len)),
            Quantifier::All => Operand::array(quantifier::all(bools()?, &inner, len)?),
            Quantifier::Count => Operand::array(quantifier::count(bools()?, &inner, len)),
            Quantifier::Sum => {
                let (Type::Number { scale: from }, Type::Number { scale: to }) = (&body.ty, ty) else {
                    return Err(ill_typed("sum", &body.ty));
                };
                Operand::array(quantifier::sum(&value, *from, *to, &inner, len)?)
            }
            Quantifier::Max => rescaled(
                Operand { array: quantifier::extreme(&value, Ordering::Greater, &inner, len)?, scalar: false },
                &body.ty,
                ty,
            )?,
            Quantifier::Min => rescaled(
                Operand { array: quantifier::extreme(&value, Ordering::Less, &inner, len)?, scalar: false },
                &body.ty,
                ty,
            )?,
            Quantifier::Repeats => Operand::array(quantifier::repeats(&value, &inner)?),
        })
    }

    /// The value of `expr`, numbers in the scale of `ty`.
    pub(crate) fn scaled(&self, expr: &Expr, ty: &Type, space: &Space) -> Result<Operand, EvalError> {
        if expr.node == Node::Literal(Value::Null) {
            return Ok(Operand::null(ty));
        }
        rescaled(self.eval(expr, space)?, &expr.ty, ty)
    }

    /// `f` over the texts of `expr`. It is given each distinct text once where `expr` is a column.
    pub(crate) fn map_texts(
        &self,
        what: &'static str,
        expr: &Expr,
        space: &Space,
        f: impl Fn(&StringArray) -> Result<ArrayRef, EvalError>,
    ) -> Result<Operand, EvalError> {
        let Some((distinct, places)) = self.distinct(expr, space)? else {
            let operand = self.eval(expr, space)?;
            return Ok(Operand { array: f(operand.text(what)?)?, scalar: operand.scalar });
        };
        Ok(Operand { array: take(&f(&distinct.texts)?, &places, None)?, scalar: false })
    }

    /// The values of `expr`, or for a column of texts numbers that are equal exactly where the texts
    /// are.
    fn keyed(&self, expr: &Expr, space: &Space) -> Result<ArrayRef, EvalError> {
        match self.distinct(expr, space)? {
            Some((_, places)) => Ok(Arc::new(places)),
            None => self.eval(expr, space)?.spread(space.len),
        }
    }

    /// The distinct texts of a field or member, and the place among them of the entry at each place
    /// of `space`; `None` when `expr` is no column of texts that the frame has.
    fn distinct(&self, expr: &Expr, space: &Space) -> Result<Option<(Rc<Distinct>, Int32Array)>, EvalError> {
        let (source, column, among) = match &expr.node {
            Node::Field(field) => (Source::Field(*field), self.frame.column(*field), space.rows.as_ref()),
            Node::Member(group, member) => {
                let places = space.element(*group).ok_or_else(|| ill_typed("member", "no element"))?;
                (Source::Member(*group, *member), self.frame.member(*group, *member), places)
            }
            _ => return Ok(None),
        };
        let Some(column) = column.filter(|column| *column.data_type() == DataType::Utf8) else { return Ok(None) };
        let known = self.distinct.borrow().get(&source).cloned();
        let distinct = match known {
            Some(distinct) => distinct,
            None => {
                let distinct = Rc::new(distinct_texts(column)?);
                self.distinct.borrow_mut().insert(source, distinct.clone());
                distinct
            }
        };
        let places = match among {
            None => distinct.places.clone(),
            Some(among) => take(&distinct.places, among, None)?.as_primitive::<Int32Type>().clone(),
        };
        Ok(Some((distinct, places)))
    }

    /// The texts of a field as names, and for each row the place of its own among them. Rows without
    /// one have the empty name.
    pub(crate) fn categories(&self, field: FieldIx) -> Result<(Vec<String>, Vec<usize>), EvalError> {
        let Some(column) = self.frame.column(field) else {
            let names = if self.frame.len == 0 { Vec::new() } else { vec![String::new()] };
            return Ok((names, vec![0; self.frame.len]));
        };
        let distinct = distinct_texts(column)?;
        let mut names: Vec<String> = distinct.texts.iter().map(|text| text.unwrap_or_default().to_owned()).collect();
        let unknown = names.len();
        if distinct.places.null_count() > 0 {
            names.push(String::new());
        }
        let places = distinct.places.iter().map(|place| place.and_then(|p| usize::try_from(p).ok()).unwrap_or(unknown));
        Ok((names, places.collect()))
    }

    fn elements_of(&self, group: GroupIx) -> Result<Rc<Inner>, EvalError> {
        let known = self.elements.borrow().get(&group).cloned();
        match known {
            Some(inner) => Ok(inner),
            None => {
                let inner = Rc::new(self.with_group(group, |frame| Space::of_group(group, frame))?);
                self.elements.borrow_mut().insert(group, inner.clone());
                Ok(inner)
            }
        }
    }

    fn with_group<R>(&self, ix: GroupIx, f: impl FnOnce(&GroupFrame) -> R) -> Result<R, EvalError> {
        let group = self.frame.dataset.groups.get(ix.0).ok_or_else(|| ill_typed("group", "no group"))?;
        Ok(match self.frame.group(ix) {
            Some(frame) => f(frame),
            None => f(&GroupFrame::empty(group, self.frame.len)),
        })
    }
}

fn distinct_texts(column: &ArrayRef) -> Result<Distinct, EvalError> {
    let keyed = cast(column, &DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)))?;
    let keyed = keyed.as_dictionary_opt::<Int32Type>().ok_or_else(|| ill_typed("text", keyed.data_type()))?;
    let texts = keyed.values();
    let texts = texts.as_string_opt::<i32>().ok_or_else(|| ill_typed("text", texts.data_type()))?;
    Ok(Distinct { texts: texts.clone(), places: keyed.keys().clone() })
}

fn both(l: &Operand, r: &Operand, f: impl Fn(i64, i64) -> Option<i64>) -> Result<Operand, EvalError> {
    pairs::<Int64Type, Int64Type, i64, Int64Array>("arithmetic", l, r, f)
}

/// `yes` where `condition` is true, `no` where it is false or not known.
pub(crate) fn choose(condition: &BooleanArray, yes: &Operand, no: &Operand) -> Result<Operand, EvalError> {
    let condition = if condition.null_count() > 0 { prep_null_mask_filter(condition) } else { condition.clone() };
    Ok(Operand { array: zip(&condition, yes, no)?, scalar: false })
}

/// The first operand where it is known, else the second.
pub(crate) fn first_known(one: &Operand, other: Operand) -> Result<Operand, EvalError> {
    match one.scalar {
        true if one.is_scalar_null() => Ok(other),
        true => Ok(one.clone()),
        false => choose(&is_not_null(&one.array)?, one, &other),
    }
}

/// A number in the scale of `to`; not known where it cannot be written exactly or does not fit.
fn rescaled(operand: Operand, from: &Type, to: &Type) -> Result<Operand, EvalError> {
    match (from, to) {
        (Type::Number { scale: from }, Type::Number { scale: to }) if from != to => {
            unary::<Int64Type, Int64Type>("number", &operand, |n| {
                to_scale(n.into(), *from, *to).and_then(|n| i64::try_from(n).ok())
            })
        }
        _ => Ok(operand),
    }
}
