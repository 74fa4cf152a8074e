//! Names and types: from the untyped tree to the typed one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::parse::{Form, Tree, parse};
use super::{Arithmetic, Comparison, Expr, ExprError, Fact, Node, Span, did_you_mean};
use crate::codelist::CodeList;
use crate::dataset::{At, Cell, Dataset, FieldIx, Group, GroupIx, MemberIx, Privacy};
use crate::parameter::Parameter;
use crate::types::{Quantity, Type, Value};

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A check at intake: the states of cells and the facts of the submission are at hand.
    Check,
    /// An indicator over stored rows: they keep neither, and no personal field.
    Indicator,
}

/// What an expression may name.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The dataset whose rows it is about.
    pub dataset: &'a Dataset,
    /// Code lists with codes, by id.
    pub codelists: &'a BTreeMap<Arc<str>, Arc<CodeList>>,
    /// Ids of all code lists that are declared, those without codes yet included.
    pub declared: &'a BTreeSet<String>,
    /// Parameters, by id.
    pub parameters: &'a BTreeMap<Arc<str>, Arc<Parameter>>,
    /// What it is for.
    pub mode: Mode,
    /// What `it` stands for. With a member of a group the expression is about the group's element.
    pub it: Option<At>,
}

/// What the names of a part of an expression may stand for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    /// The group whose members are named plainly.
    pub group: Option<GroupIx>,
    /// Whether a quantifier encloses it.
    pub quantified: bool,
}

/// Reads an expression of any type.
///
/// # Errors
/// The first thing that is wrong with it.
pub fn expression(text: &str, context: &Context<'_>) -> Result<Expr, ExprError> {
    let group = match context.it {
        Some(At::Each(group, _)) => Some(group),
        _ => None,
    };
    context.infer(&parse(text)?, Scope { group, quantified: false })
}

/// Reads a condition.
///
/// # Errors
/// The first thing that is wrong with it, or that it is no condition.
pub fn condition(text: &str, context: &Context<'_>) -> Result<Expr, ExprError> {
    let expr = expression(text, context)?;
    is_bool(expr, Span { line: 1, column: 1 })
}

/// Reads a number.
///
/// # Errors
/// The first thing that is wrong with it, or that it is no number.
pub fn number(text: &str, context: &Context<'_>) -> Result<Expr, ExprError> {
    let expr = expression(text, context)?;
    is_number(expr, Span { line: 1, column: 1 })
}

pub(super) fn is_bool(expr: Expr, at: Span) -> Result<Expr, ExprError> {
    match expr.ty {
        Type::Bool => Ok(expr),
        _ => Err(wrong_type("条件（真或假）", &expr, at)),
    }
}

pub(super) fn is_number(expr: Expr, at: Span) -> Result<Expr, ExprError> {
    match expr.ty {
        Type::Number { .. } => Ok(expr),
        _ => Err(wrong_type("数字", &expr, at)),
    }
}

/// That something else was expected here.
pub(super) fn wrong_type(expected: &str, expr: &Expr, at: Span) -> ExprError {
    let error = ExprError::new(at, format!("此处应为{expected}，实际是{}", expr.ty.in_chinese()));
    match (expected, &expr.ty, &expr.node) {
        ("日期", Type::DateTime, _) => error.help("日期时间先取日期：date(x)"),
        ("日期", _, Node::Literal(Value::Text(text))) => error.help(format!("日期写作 date '{text}'")),
        ("数字", _, Node::Literal(Value::Text(text))) => error.help(format!("数字不加引号：{text}")),
        ("文本", _, Node::Literal(value)) => error.help(format!("文本加单引号：'{value}'")),
        _ => error,
    }
}

pub(super) fn bool_of(node: Node) -> Expr {
    Expr { node, ty: Type::Bool }
}

pub(super) fn literal(value: Value, ty: Type) -> Expr {
    Expr { node: Node::Literal(value), ty }
}

impl Context<'_> {
    pub(super) fn infer(&self, tree: &Tree, scope: Scope) -> Result<Expr, ExprError> {
        let at = tree.at;
        Ok(match &tree.form {
            Form::Name(name) => self.name(name, at, scope)?,
            Form::Dotted(name) => self.fact(name, at)?,
            Form::Text(text) => literal(Value::text(text), Type::Text),
            Form::Number { units, scale } => {
                if *scale > Type::MAX_SCALE {
                    return Err(ExprError::new(at, format!("小数最多 {} 位", Type::MAX_SCALE)));
                }
                literal(Value::Number { units: *units, scale: *scale }, Type::decimal(*scale))
            }
            Form::Date(date) => literal(Value::Date(*date), Type::Date),
            Form::DateTime(time) => literal(Value::DateTime(*time), Type::DateTime),
            Form::Bool(value) => literal(Value::Bool(*value), Type::Bool),
            Form::Null => {
                return Err(ExprError::new(at, "null 只能是 case 的一个结果").help("判断没有值写作 x is null"));
            }
            Form::Not(inner) => bool_of(Node::Not(Box::new(self.condition(inner, scope)?))),
            Form::And(list) => bool_of(Node::And(self.conditions(list, scope)?)),
            Form::Or(list) => bool_of(Node::Or(self.conditions(list, scope)?)),
            Form::Compare(comparison, left, right) => self.compare(*comparison, left, right, scope)?,
            Form::Between(x, low, high) => bool_of(Node::And(vec![
                self.compare(Comparison::GreaterOrEqual, x, low, scope)?,
                self.compare(Comparison::LessOrEqual, x, high, scope)?,
            ])),
            Form::Arithmetic(op, left, right) => self.arithmetic(*op, left, right, at, scope)?,
            Form::In(x, list) => self.membership(x, list, scope)?,
            Form::IsNull(inner) => bool_of(Node::IsNull(Box::new(self.infer(inner, scope)?))),
            Form::Case(operand, branches, otherwise) => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), at, scope)?
            }
            Form::Call(name, args) => self.call(name, args, at, scope)?,
        })
    }

    pub(super) fn condition(&self, tree: &Tree, scope: Scope) -> Result<Expr, ExprError> {
        is_bool(self.infer(tree, scope)?, tree.at)
    }

    fn conditions(&self, list: &[Tree], scope: Scope) -> Result<Vec<Expr>, ExprError> {
        list.iter().map(|tree| self.condition(tree, scope)).collect()
    }

    pub(super) fn group(&self, ix: GroupIx) -> Option<&Group> {
        self.dataset.groups.get(ix.0)
    }

    fn name(&self, name: &str, at: Span, scope: Scope) -> Result<Expr, ExprError> {
        if name == "it" {
            return match self.it {
                Some(At::Cell(Cell::Field(ix))) => self.field(ix, at),
                Some(At::Each(group, member)) if !scope.quantified => self.member(group, member, at),
                Some(At::Each(..)) => Err(ExprError::new(at, "it 是外层的元素，不能用在 any、all 等之内")),
                Some(At::Cell(Cell::Member(..))) | None => {
                    Err(ExprError::new(at, "这里没有 it").help("it 用在 each 或 over 的规则中"))
                }
            };
        }
        if let Some(group_ix) = scope.group {
            if name == "slot" {
                return Ok(Expr { node: Node::Slot(group_ix), ty: Type::INTEGER });
            }
            let members = self.group(group_ix).map_or(&[][..], |group| &group.members);
            if let Some(member) = members.iter().position(|member| &*member.id == name) {
                return self.member(group_ix, MemberIx(member), at);
            }
        }
        if let Some((ix, _)) = self.dataset.field(name) {
            return self.field(ix, at);
        }
        Err(self.unknown_name(name, at, scope))
    }

    fn unknown_name(&self, name: &str, at: Span, scope: Scope) -> ExprError {
        let error = ExprError::new(at, format!("没有数据项“{name}”"));
        let owner = self.dataset.groups.iter().find(|group| group.members.iter().any(|member| &*member.id == name));
        if let Some(group) = owner.filter(|_| scope.group.is_none()) {
            return error.help(format!("“{name}”是重复组 {0} 的数据项，要写在 any({0}, …) 之类的括号中", group.id));
        }
        if let Some(group) = self.dataset.groups.iter().find(|group| &*group.id == name) {
            return error.help(format!("“{name}”是重复组：写作 any({0}, …)、all({0}, …)、count({0}, …)", group.id));
        }
        if let Some(Cell::Member(..)) = self.dataset.cell(name) {
            return error.help("重复组中的单个数据项不能直接写：用 any(组, slot = 1 and …)");
        }
        if let Some((_, usage)) = super::call::FUNCTIONS.iter().find(|(function, _)| *function == name) {
            return error.help(format!("函数写作 {usage}"));
        }
        let members = scope.group.and_then(|ix| self.group(ix)).map_or(&[][..], |group| &group.members);
        let known = members.iter().map(|m| &*m.id).chain(self.dataset.fields.iter().map(|field| &*field.id));
        error.maybe_help(did_you_mean(name, known))
    }

    fn field(&self, ix: FieldIx, at: Span) -> Result<Expr, ExprError> {
        match self.dataset.fields.get(ix.0) {
            Some(field) => {
                self.readable(field.privacy, &field.id, at)?;
                Ok(Expr { node: Node::Field(ix), ty: field.ty.clone() })
            }
            None => Err(ExprError::new(at, "没有这个数据项")),
        }
    }

    fn member(&self, group: GroupIx, member: MemberIx, at: Span) -> Result<Expr, ExprError> {
        match self.group(group).and_then(|group| group.members.get(member.0)) {
            Some(found) => {
                self.readable(found.privacy, &found.id, at)?;
                Ok(Expr { node: Node::Member(group, member), ty: found.ty.clone() })
            }
            None => Err(ExprError::new(at, "没有这个组内数据项")),
        }
    }

    fn readable(&self, privacy: Privacy, id: &str, at: Span) -> Result<(), ExprError> {
        match (self.mode, privacy) {
            (Mode::Indicator, Privacy::Personal) => {
                Err(ExprError::new(at, format!("“{id}”是个人信息，另行加密存放，指标不能使用")))
            }
            _ => Ok(()),
        }
    }

    fn fact(&self, name: &str, at: Span) -> Result<Expr, ExprError> {
        let Some(fact) = Fact::ALL.into_iter().find(|fact| fact.name() == name) else {
            let known = Fact::ALL.iter().map(|fact| fact.name());
            return Err(ExprError::new(at, format!("没有“{name}”")).maybe_help(did_you_mean(name, known)));
        };
        match self.mode {
            Mode::Check => Ok(Expr { node: Node::Fact(fact), ty: fact.ty() }),
            Mode::Indicator => Err(ExprError::new(at, format!("“{name}”只能用在校验规则中，指标不能使用"))),
        }
    }

    fn compare(&self, op: Comparison, left: &Tree, right: &Tree, scope: Scope) -> Result<Expr, ExprError> {
        let sides = vec![(self.infer(left, scope)?, left.at), (self.infer(right, scope)?, right.at)];
        let (sides, ty) = self.unify(sides)?;
        let ordered = !matches!(op, Comparison::Equal | Comparison::NotEqual);
        match ty {
            Type::TextSet => return Err(ExprError::new(left.at, "文本集合不能比较").help("写 contains(集合, x)")),
            Type::Bool if ordered => return Err(ExprError::new(left.at, "真假只能用 = 和 <> 比较")),
            _ => {}
        }
        let mut sides = sides.into_iter();
        match (sides.next(), sides.next()) {
            (Some(left), Some(right)) => Ok(bool_of(Node::Compare(op, Box::new(left), Box::new(right)))),
            _ => Err(ExprError::new(left.at, "比较要有两边")),
        }
    }

    fn arithmetic(&self, op: Arithmetic, left: &Tree, right: &Tree, at: Span, scope: Scope) -> Result<Expr, ExprError> {
        let side = |tree: &Tree| {
            let expr = self.infer(tree, scope)?;
            match expr.ty {
                Type::Date | Type::DateTime => Err(wrong_type("数字", &expr, tree.at)
                    .help("日期不能加减：相差天数写 days(a, b)，小时写 hours(a, b)，周岁写 full_years(a, b)")),
                _ => is_number(expr, tree.at),
            }
        };
        let sides = [(side(left)?, left.at), (side(right)?, right.at)];
        let (scale, of) = match (op, &sides) {
            (Arithmetic::Add | Arithmetic::Subtract, sides) => beside(sides)?,
            (Arithmetic::Multiply, [(left, _), (right, _)]) => (scale(left) + scale(right), product(left, right, at)?),
        };
        if scale > Type::MAX_SCALE {
            return Err(ExprError::new(at, format!("结果有 {scale} 位小数，最多 {} 位", Type::MAX_SCALE)));
        }
        let [(left, _), (right, _)] = sides;
        let (left, right) = match op {
            Arithmetic::Multiply => (left, right),
            _ => (widen(left, scale, of, at)?, widen(right, scale, of, at)?),
        };
        Ok(Expr { node: Node::Arithmetic(op, Box::new(left), Box::new(right)), ty: Type::Number { scale, of } })
    }

    fn membership(&self, x: &Tree, list: &[Tree], scope: Scope) -> Result<Expr, ExprError> {
        let expr = self.infer(x, scope)?;
        let mut values = Vec::with_capacity(list.len());
        for item in list {
            let constant = self.infer(item, scope)?;
            let Node::Literal(value) = &constant.node else {
                return Err(ExprError::new(item.at, "in 的列表中只能是常量").help("与数据项比较写作 x = a or x = b"));
            };
            let value = match (value, &expr.ty) {
                (Value::Number { units, scale }, Type::Number { scale: wanted, .. }) => rescale(*units, *scale, *wanted)
                    .map(|units| Value::Number { units, scale: *wanted })
                    .ok_or_else(|| {
                        let message = format!("{}永远不会等于 {value}", expr.ty.in_chinese());
                        ExprError::new(item.at, message)
                    })?,
                _ => {
                    self.unify(vec![(expr.clone(), x.at), (constant.clone(), item.at)])?;
                    value.clone()
                }
            };
            if values.contains(&value) {
                return Err(ExprError::new(item.at, format!("“{value}”重复")));
            }
            values.push(value);
        }
        match expr.ty {
            Type::Bool | Type::TextSet => Err(wrong_type("文本、数字或日期", &expr, x.at)),
            _ => Ok(bool_of(Node::In(Box::new(expr), values))),
        }
    }

    fn case(
        &self,
        operand: Option<&Tree>,
        branches: &[(Tree, Tree)],
        otherwise: Option<&Tree>,
        at: Span,
        scope: Scope,
    ) -> Result<Expr, ExprError> {
        let mut conditions = Vec::with_capacity(branches.len());
        let mut results: Vec<Option<(Expr, Span)>> = Vec::with_capacity(branches.len() + 1);
        let result = |tree: &Tree| match tree.form {
            Form::Null => Ok(None),
            _ => self.infer(tree, scope).map(|expr| Some((expr, tree.at))),
        };
        for (when, then) in branches {
            conditions.push(match operand {
                Some(operand) => self.compare(Comparison::Equal, operand, when, scope)?,
                None => self.condition(when, scope)?,
            });
            results.push(result(then)?);
        }
        if let Some(otherwise) = otherwise {
            results.push(result(otherwise)?);
        }
        let known: Vec<(Expr, Span)> = results.iter().flatten().cloned().collect();
        if known.is_empty() {
            return Err(ExprError::new(at, "case 的结果不能都是 null"));
        }
        let (known, ty) = self.unify(known)?;
        let mut known = known.into_iter();
        let mut results = results.into_iter().map(|result| match result {
            Some(_) => known.next(),
            None => Some(literal(Value::Null, ty.clone())),
        });
        let branches = conditions
            .into_iter()
            .map(|condition| results.next().flatten().map(|result| (condition, result)))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| ExprError::new(at, "case 不完整"))?;
        let otherwise = results.next().flatten().map(Box::new);
        Ok(Expr { node: Node::Case(branches, otherwise), ty })
    }

    /// Brings expressions to one type: numbers of one quantity to one scale, texts and codes beside each other,
    /// with text constants checked against the code list they meet.
    pub(super) fn unify(&self, exprs: Vec<(Expr, Span)>) -> Result<(Vec<Expr>, Type), ExprError> {
        let Some(first) = exprs.first().map(|(expr, _)| expr.clone()) else {
            return Ok((Vec::new(), Type::Bool));
        };
        if exprs.iter().all(|(expr, _)| matches!(expr.ty, Type::Number { .. })) {
            let (scale, of) = beside(&exprs)?;
            let widened = exprs.into_iter().map(|(expr, at)| widen(expr, scale, of, at)).collect::<Result<_, _>>()?;
            return Ok((widened, Type::Number { scale, of }));
        }
        if exprs.iter().all(|(expr, _)| expr.ty.is_textual()) {
            let codes: BTreeSet<Arc<str>> = exprs
                .iter()
                .filter_map(|(expr, _)| match &expr.ty {
                    Type::Code(list) => Some(Arc::clone(list)),
                    _ => None,
                })
                .collect();
            for (expr, at) in &exprs {
                if let Node::Literal(Value::Text(text)) = &expr.node {
                    for list in &codes {
                        self.is_code(list, text, *at)?;
                    }
                }
            }
            let plain = exprs.iter().any(|(e, _)| e.ty == Type::Text && !matches!(e.node, Node::Literal(_)));
            let mut codes = codes.into_iter();
            let ty = match (codes.next(), codes.next()) {
                (Some(list), None) if !plain => Type::Code(list),
                _ => Type::Text,
            };
            return Ok((exprs.into_iter().map(|(expr, _)| expr).collect(), ty));
        }
        if let Some((other, at)) = exprs.iter().find(|(expr, _)| expr.ty != first.ty) {
            return Err(mismatch(&first, other, *at));
        }
        let ty = first.ty;
        Ok((exprs.into_iter().map(|(expr, _)| expr).collect(), ty))
    }

    /// That a constant is a code of a list as the list writes it.
    fn is_code(&self, list: &str, code: &str, at: Span) -> Result<(), ExprError> {
        let Some(codelist) = self.codelists.get(list) else { return Ok(()) };
        match codelist.get(code) {
            Some(entry) if entry.code == code => Ok(()),
            Some(entry) => Err(ExprError::new(at, format!("代码表 {list} 把“{code}”写作“{}”", entry.code))
                .help(format!("写 '{}'", entry.code))),
            None => {
                let named = codelist.entries.iter().find(|entry| entry.name == code);
                let help = match named {
                    Some(entry) => Some(format!("“{code}”的代码是 '{}'", entry.code)),
                    None => did_you_mean(code, codelist.entries.iter().map(|entry| entry.code.as_str())),
                };
                Err(ExprError::new(at, format!("代码表 {list} 没有代码“{code}”")).maybe_help(help))
            }
        }
    }
}

fn mismatch(left: &Expr, right: &Expr, at: Span) -> ExprError {
    let error = ExprError::new(at, format!("{}不能与{}比较或并列", left.ty.in_chinese(), right.ty.in_chinese()));
    let constant = [left, right].into_iter().find_map(|expr| match &expr.node {
        Node::Literal(value) => Some(value),
        _ => None,
    });
    let either = |ty: &Type| left.ty == *ty || right.ty == *ty;
    let number = matches!(left.ty, Type::Number { .. }) || matches!(right.ty, Type::Number { .. });
    match constant {
        _ if either(&Type::Date) && either(&Type::DateTime) => error.help("日期时间先取日期：date(x)"),
        Some(Value::Text(text)) if either(&Type::Date) => error.help(format!("日期写作 date '{text}'")),
        Some(Value::Text(_)) if either(&Type::DateTime) => {
            error.help("先取日期再与日期常量比较：date(x) >= date '2024-01-01'")
        }
        Some(Value::Text(text)) if number => error.help(format!("数字不加引号：{text}")),
        Some(value @ Value::Number { .. }) if left.ty.is_textual() || right.ty.is_textual() => {
            error.help(format!("文本和代码加单引号：'{value}'"))
        }
        _ if either(&Type::TextSet) => error.help("写 contains(集合, x)"),
        _ => error,
    }
}

fn scale(expr: &Expr) -> u8 {
    match expr.ty {
        Type::Number { scale, .. } => scale,
        _ => 0,
    }
}

/// The digits and the quantity of numbers that stand beside each other, as [`Quantity`] says.
fn beside(numbers: &[(Expr, Span)]) -> Result<(u8, Quantity), ExprError> {
    let scale = numbers.iter().map(|(expr, _)| scale(expr)).max().unwrap_or(0);
    let mut measured = numbers.iter().filter(|(expr, _)| !matches!(expr.node, Node::Literal(_)));
    let Some((first, _)) = measured.next() else { return Ok((scale, Quantity::Plain)) };
    match measured.find(|(other, _)| other.ty.quantity() != first.ty.quantity()) {
        None => Ok((scale, first.ty.quantity())),
        Some((other, at)) => {
            let message = format!("{}不能与{}比较、加减或并列", first.ty.in_chinese(), other.ty.in_chinese());
            let percent = [first, other].iter().any(|expr| expr.ty.quantity() == Quantity::Percent);
            let help = if percent { TO_PROPORTION } else { "金额只与金额或直接写出的数比较、加减；按比例算写作 x * 1.05" };
            Err(ExprError::new(*at, message).help(help))
        }
    }
}

/// How a percent becomes a proportion.
const TO_PROPORTION: &str = "百分数 80 就是 80%，要当比例用先写作 x * 0.01";

/// What a product is an amount of, as [`Quantity`] says.
fn product(left: &Expr, right: &Expr, at: Span) -> Result<Quantity, ExprError> {
    let hundredth = |expr: &Expr| match expr.node {
        Node::Literal(Value::Number { units, scale }) => rescale(units, scale, 2) == Some(1),
        _ => false,
    };
    match (left.ty.quantity(), right.ty.quantity()) {
        (Quantity::Plain, Quantity::Plain) => Ok(Quantity::Plain),
        (Quantity::Money, Quantity::Plain) | (Quantity::Plain, Quantity::Money) => Ok(Quantity::Money),
        (Quantity::Percent, _) if hundredth(right) => Ok(Quantity::Plain),
        (_, Quantity::Percent) if hundredth(left) => Ok(Quantity::Plain),
        (Quantity::Money, Quantity::Money) => {
            Err(ExprError::new(at, "金额不能乘以金额").help("金额可以乘以个数或比例：x * 1.05"))
        }
        _ => Err(ExprError::new(at, "百分数不能直接相乘，结果会大 100 倍").help(TO_PROPORTION)),
    }
}

/// A constant with another number of digits; `None` where it would lose digits or not fit.
fn rescale(units: i64, from: u8, to: u8) -> Option<i64> {
    if from <= to {
        return units.checked_mul(10_i64.checked_pow(u32::from(to - from))?);
    }
    let by = 10_i64.checked_pow(u32::from(from - to))?;
    (units % by == 0).then_some(units / by)
}

/// The same number with `to` digits after the point: a constant rewritten as what it meets,
/// anything else multiplied by a one that has the missing digits. No evaluator meets two scales or
/// two quantities side by side.
fn widen(expr: Expr, to: u8, of: Quantity, at: Span) -> Result<Expr, ExprError> {
    let from = scale(&expr);
    let ty = Type::Number { scale: to, of };
    if expr.ty == ty {
        return Ok(expr);
    }
    if let Node::Literal(Value::Number { units, .. }) = expr.node {
        return match rescale(units, from, to) {
            Some(units) => Ok(literal(Value::Number { units, scale: to }, ty)),
            None => Err(ExprError::new(at, "数字太大")),
        };
    }
    let digits = to - from;
    let one = 10_i64.checked_pow(u32::from(digits)).ok_or_else(|| ExprError::new(at, "小数位数太多"))?;
    let one = literal(Value::Number { units: one, scale: digits }, Type::decimal(digits));
    Ok(Expr { node: Node::Arithmetic(Arithmetic::Multiply, Box::new(expr), Box::new(one)), ty })
}
