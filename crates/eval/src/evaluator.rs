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
use yizheng_pack::expr::{Arithmetic, Comparison, Environment, Expr, Function, Node, Quantifier};
use yizheng_pack::types::{Type, Value};

use crate::frame::{Frame, GroupFrame};
use crate::operand::{EvalError, Operand, ill_typed, pairs};
use crate::quantifier;
use crate::space::{Elements, Space, speaks_of_element};

/// Evaluates expressions over the rows of one frame. What several of them need (the distinct texts
/// of a column, the row of each element) is worked out once, so use one for all checks or sums of
/// a frame.
///
/// Every answer has one entry for each row, null where it is not known. Anything that
/// [`crate::missing`] names counts as not known.
pub struct Evaluator<'a> {
    pub(crate) frame: &'a Frame,
    pub(crate) environment: &'a Environment,
    elements: RefCell<HashMap<GroupIx, Rc<Elements>>>,
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
        Self { frame, environment, elements: RefCell::default(), distinct: RefCell::default() }
    }

    /// The value of `expr` for each row, as a column of [`crate::arrow_type`] of its type.
    ///
    /// # Errors
    /// When `expr` is not one that the loader lets through, or the columnar library refuses.
    pub fn evaluate(&self, expr: &Expr) -> Result<ArrayRef, EvalError> {
        self.eval(expr, Space::Rows)?.spread(self.frame.len)
    }

    /// A condition for each row.
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`].
    pub fn condition(&self, expr: &Expr) -> Result<BooleanArray, EvalError> {
        self.bools("condition", expr, Space::Rows)
    }

    /// A condition for each element of a group, those of all rows end to end, in the order of
    /// [`GroupFrame::slots`].
    ///
    /// # Errors
    /// As [`Evaluator::evaluate`].
    pub fn condition_each(&self, expr: &Expr, group: GroupIx) -> Result<BooleanArray, EvalError> {
        self.bools("condition", expr, Space::Elements(group))
    }

    /// The position of the row, from 0, of each element of a group; in step with
    /// [`Evaluator::condition_each`].
    ///
    /// # Errors
    /// When the dataset has no such group.
    pub fn rows_of(&self, group: GroupIx) -> Result<UInt32Array, EvalError> {
        Ok(self.elements_of(group)?.rows.clone())
    }

    /// The value of `expr` at each place of `space`.
    pub(crate) fn eval(&self, expr: &Expr, space: Space) -> Result<Operand, EvalError> {
        if let Space::Elements(group) = space
            && !speaks_of_element(expr)
        {
            return self.eval(expr, Space::Rows)?.at(&self.elements_of(group)?.rows);
        }
        match &expr.node {
            Node::Literal(value) => Operand::constant(value, &expr.ty),
            Node::Fact(fact) => Operand::constant(self.environment.fact(*fact).unwrap_or(&Value::Null), &expr.ty),
            Node::Parameter(id) => {
                Operand::constant(self.environment.parameter(id).unwrap_or(&Value::Null), &expr.ty)
            }
            Node::Field(field) => Ok(column(self.frame.column(*field), &expr.ty)),
            Node::Member(group, member) => {
                within(space, *group)?;
                Ok(column(self.frame.member(*group, *member), &expr.ty))
            }
            Node::Slot(group) => {
                within(space, *group)?;
                let slots = self.frame.group(*group).map(|group| cast(&group.slots, &DataType::Int64)).transpose()?;
                Ok(column(slots.as_ref(), &expr.ty))
            }
            Node::Linked(link) => {
                let answers = self.frame.links.get(link.0).ok_or_else(|| ill_typed("linked", "a frame without links"))?;
                Ok(Operand::array(answers.clone()))
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
            Node::In(e, values) => self.is_in(e, values, space),
            Node::IsNull(e) => {
                let operand = self.eval(e, space)?;
                Ok(operand.with(is_null(&operand.array)?))
            }
            Node::Case(branches, otherwise) => {
                let mut value = match otherwise {
                    Some(e) => self.of_type(e, &expr.ty, space)?,
                    None => Operand::null(&expr.ty),
                };
                for (condition, branch) in branches.iter().rev() {
                    let condition = self.bools("case", condition, space)?;
                    value = choose(&condition, &self.of_type(branch, &expr.ty, space)?, &value)?;
                }
                Ok(value)
            }
            Node::Call(function, arguments) => self.call(function, arguments, &expr.ty, space),
            Node::Over(quantifier, group, body) => self.over(*quantifier, *group, body, &expr.ty, space),
        }
    }

    pub(crate) fn bools(&self, what: &'static str, expr: &Expr, space: Space) -> Result<BooleanArray, EvalError> {
        self.eval(expr, space)?.spread_bool(what, self.places(space)?)
    }

    /// Conjunction (`neutral` true) or disjunction. Stops where the rest cannot change anything.
    fn fold(&self, what: &'static str, es: &[Expr], space: Space, neutral: bool) -> Result<Operand, EvalError> {
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

    fn compare(&self, by: Comparison, left: &Expr, right: &Expr, space: Space) -> Result<Operand, EvalError> {
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
        if left.ty != right.ty {
            return Err(ill_typed("comparison", format!("{} and {}", left.ty, right.ty)));
        }
        let (l, r) = (self.eval(left, space)?, self.eval(right, space)?);
        Ok(Operand { array: Arc::new(kernel(&l, &r)?), scalar: l.scalar && r.scalar })
    }

    fn arithmetic(
        &self,
        operator: Arithmetic,
        left: &Expr,
        right: &Expr,
        ty: &Type,
        space: Space,
    ) -> Result<Operand, EvalError> {
        let f = match (operator, &left.ty, &right.ty, ty) {
            (Arithmetic::Add, l, r, ty) if l == ty && r == ty => i64::checked_add,
            (Arithmetic::Subtract, l, r, ty) if l == ty && r == ty => i64::checked_sub,
            (
                Arithmetic::Multiply,
                Type::Number { scale: l, .. },
                Type::Number { scale: r, .. },
                Type::Number { scale, .. },
            ) if l + r == *scale => i64::checked_mul,
            (_, l, r, ty) => return Err(ill_typed("arithmetic", format!("{l} and {r} to give {ty}"))),
        };
        let (l, r) = (self.eval(left, space)?, self.eval(right, space)?);
        pairs::<Int64Type, Int64Type, i64, Int64Array>("arithmetic", &l, &r, f)
    }

    /// Membership in a list of constants. A list that holds null never gives false.
    fn is_in(&self, e: &Expr, values: &[Value], space: Space) -> Result<Operand, EvalError> {
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
            let value = Expr { node: Node::Literal(value.clone()), ty: e.ty.clone() };
            let equal = self.compare(Comparison::Equal, e, &value, space)?.spread_bool("in", self.places(space)?)?;
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
        space: Space,
    ) -> Result<Operand, EvalError> {
        if space != Space::Rows {
            return Err(ill_typed("quantifier", "a quantifier around it"));
        }
        let elements = self.elements_of(group)?;
        let space = Space::Elements(group);
        if quantifier == Quantifier::Repeats {
            let parts = match &body.node {
                Node::Call(Function::Pair, parts) => parts.as_slice(),
                _ => std::slice::from_ref(body),
            };
            let parts = parts.iter().map(|part| self.keyed(part, space)).collect::<Result<Vec<_>, _>>()?;
            return Ok(Operand::array(quantifier::repeats(&parts, &elements)?));
        }
        let value = self.eval(body, space)?.spread(elements.rows.len())?;
        let bools = || value.as_boolean_opt().ok_or_else(|| ill_typed("quantifier", &body.ty));
        let scaled = || if body.ty == *ty { Ok(()) } else { Err(ill_typed("quantifier", &body.ty)) };
        let len = self.frame.len;
        Ok(match quantifier {
            Quantifier::Any => Operand::array(quantifier::any(bools()?, &elements, len)),
            Quantifier::All => Operand::array(quantifier::all(bools()?, &elements, len)?),
            Quantifier::Count => Operand::array(quantifier::count(bools()?, &elements, len)),
            Quantifier::Repeats => return Err(ill_typed("quantifier", &body.ty)),
            Quantifier::Sum => {
                scaled()?;
                Operand::array(quantifier::sum(&value, &elements, len)?)
            }
            Quantifier::Max | Quantifier::Min => {
                scaled()?;
                let wanted = if quantifier == Quantifier::Max { Ordering::Greater } else { Ordering::Less };
                Operand { array: quantifier::extreme(&value, wanted, &elements, len)?, scalar: false }
            }
        })
    }

    /// The value of `expr`, which stands beside others of type `ty`.
    pub(crate) fn of_type(&self, expr: &Expr, ty: &Type, space: Space) -> Result<Operand, EvalError> {
        let fits = expr.ty == *ty || expr.ty.is_textual() && ty.is_textual();
        if fits { self.eval(expr, space) } else { Err(ill_typed("value", format!("{}, not {ty}", expr.ty))) }
    }

    /// `f` over the texts of `expr`. It is given each distinct text once where `expr` is a column.
    pub(crate) fn map_texts(
        &self,
        what: &'static str,
        expr: &Expr,
        space: Space,
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
    fn keyed(&self, expr: &Expr, space: Space) -> Result<ArrayRef, EvalError> {
        match self.distinct(expr, space)? {
            Some((_, places)) => Ok(Arc::new(places)),
            None => self.eval(expr, space)?.spread(self.places(space)?),
        }
    }

    /// The distinct texts of a field or member, and the place among them of the entry at each place
    /// of `space`; `None` when `expr` is no column of texts that the frame has.
    fn distinct(&self, expr: &Expr, space: Space) -> Result<Option<(Rc<Distinct>, Int32Array)>, EvalError> {
        let (source, column) = match &expr.node {
            Node::Field(field) => (Source::Field(*field), self.frame.column(*field)),
            Node::Member(group, member) => (Source::Member(*group, *member), self.frame.member(*group, *member)),
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
        let places = match (source, space) {
            (Source::Field(_), Space::Rows) => distinct.places.clone(),
            (Source::Field(_), Space::Elements(group)) => {
                let rows = &self.elements_of(group)?.rows;
                take(&distinct.places, rows, None)?.as_primitive::<Int32Type>().clone()
            }
            (Source::Member(group, _), space) => {
                within(space, group)?;
                distinct.places.clone()
            }
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
        // An empty text and no text are one department: two of one name would hide each other's sums.
        let unknown = names.iter().position(String::is_empty).unwrap_or(names.len());
        if unknown == names.len() && distinct.places.null_count() > 0 {
            names.push(String::new());
        }
        let places = distinct.places.iter().map(|place| place.and_then(|p| usize::try_from(p).ok()).unwrap_or(unknown));
        Ok((names, places.collect()))
    }

    pub(crate) fn elements_of(&self, ix: GroupIx) -> Result<Rc<Elements>, EvalError> {
        if let Some(elements) = self.elements.borrow().get(&ix) {
            return Ok(elements.clone());
        }
        let group = self.frame.dataset.groups.get(ix.0).ok_or_else(|| ill_typed("group", "no group of the dataset"))?;
        let elements = Rc::new(match self.frame.group(ix) {
            Some(frame) => Elements::of(frame),
            None => Elements::of(&GroupFrame::empty(group, self.frame.len)),
        });
        self.elements.borrow_mut().insert(ix, elements.clone());
        Ok(elements)
    }

    /// How many places a space has.
    pub(crate) fn places(&self, space: Space) -> Result<usize, EvalError> {
        match space {
            Space::Rows => Ok(self.frame.len),
            Space::Elements(group) => Ok(self.elements_of(group)?.rows.len()),
        }
    }
}

/// A column, or null everywhere where the frame has none.
fn column(column: Option<&ArrayRef>, ty: &Type) -> Operand {
    column.map_or_else(|| Operand::null(ty), |column| Operand { array: column.clone(), scalar: false })
}

/// That the places are elements of `group`.
pub(crate) fn within(space: Space, group: GroupIx) -> Result<(), EvalError> {
    if space == Space::Elements(group) { Ok(()) } else { Err(ill_typed("member", "an element of another group")) }
}

fn distinct_texts(column: &ArrayRef) -> Result<Distinct, EvalError> {
    let keyed = cast(column, &DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)))?;
    let keyed = keyed.as_dictionary_opt::<Int32Type>().ok_or_else(|| ill_typed("text", keyed.data_type()))?;
    let texts = keyed.values();
    let texts = texts.as_string_opt::<i32>().ok_or_else(|| ill_typed("text", texts.data_type()))?;
    Ok(Distinct { texts: texts.clone(), places: keyed.keys().clone() })
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
