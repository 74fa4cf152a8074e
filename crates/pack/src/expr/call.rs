//! Calls: the functions and quantifiers with their arguments.

use super::check::{Context, Mode, Scope, is_number, wrong_type};
use super::functions::{CodeRange, Pattern};
use super::parse::{Form, Tree};
use super::{Expr, ExprError, Function, Node, Quantifier, Span, did_you_mean};
use crate::dataset::GroupIx;
use crate::link::LinkIx;
use crate::types::Type;

/// All functions and quantifiers with the way they are written, for messages and documentation.
pub const FUNCTIONS: [(&str, &str); 37] = [
    ("any", "any(组, 条件)"),
    ("all", "all(组, 条件)"),
    ("count", "count(组) 或 count(组, 条件)"),
    ("sum", "sum(组, 数字)"),
    ("max", "max(组, 数字或日期)"),
    ("min", "min(组, 数字或日期)"),
    ("repeats", "repeats(组, 值) 或 repeats(组, pair(值, 值))"),
    ("pair", "repeats(组, pair(值, 值))"),
    ("param", "param('参数编号')"),
    ("linked", "linked('关联编号')"),
    ("empty", "empty(数据项)"),
    ("dash", "dash(数据项)"),
    ("malformed", "malformed(数据项)"),
    ("icd", "icd(编码, 'C00-C97', 'D25', …)"),
    ("operation", "operation(编码, '60-64', '87.9', …)"),
    ("matches", "matches(文本, '正则表达式')"),
    ("starts_with", "starts_with(文本, 'Z', …)"),
    ("listed", "listed(代码) 或 listed(文本, '代码表编号')"),
    ("listed_all", "listed_all(文本, '代码表编号', ',')"),
    ("list_attribute", "list_attribute(文本, '代码表编号', '属性')"),
    ("contains", "contains(集合, 文本)"),
    ("contains_prefix", "contains_prefix(集合, 文本, 位数)"),
    ("length", "length(文本)"),
    ("substring", "substring(文本, 起始位置, 长度)"),
    ("date", "date(日期时间)"),
    ("days", "days(起始日期, 结束日期)"),
    ("hours", "hours(起始时间, 结束时间)"),
    ("minutes", "minutes(起始时间, 结束时间)"),
    ("full_years", "full_years(出生日期, 某日)"),
    ("year", "year(日期)"),
    ("abs", "abs(数字)"),
    ("greatest", "greatest(数字, 数字)"),
    ("least", "least(数字, 数字)"),
    ("coalesce", "coalesce(值, 没有值时的值)"),
    ("id_valid", "id_valid(证件号码)"),
    ("id_birth", "id_birth(证件号码)"),
    ("id_sex", "id_sex(证件号码)"),
];

impl Context<'_> {
    pub(super) fn call(&self, name: &str, args: &[Tree], at: Span, scope: Scope) -> Result<Expr, ExprError> {
        let Some((_, usage)) = FUNCTIONS.iter().find(|(function, _)| *function == name) else {
            let known = FUNCTIONS.iter().map(|(function, _)| *function);
            return Err(ExprError::new(at, format!("没有函数“{name}”")).maybe_help(did_you_mean(name, known)));
        };
        let arity = || ExprError::new(at, format!("{name} 的参数不对")).help(format!("写作 {usage}"));
        let text = |tree: &Tree| self.of_type(tree, scope, "文本", Type::is_textual);
        let date = |tree: &Tree| self.of_type(tree, scope, "日期", |ty| *ty == Type::Date);
        let datetime = |tree: &Tree| self.of_type(tree, scope, "日期时间", |ty| *ty == Type::DateTime);
        let set = |tree: &Tree| self.of_type(tree, scope, "文本集合", |ty| *ty == Type::TextSet);
        let number = |tree: &Tree| is_number(self.infer(tree, scope)?, tree.at);
        let call = |function: Function, args: Vec<Expr>, ty: Type| Expr { node: Node::Call(function, args), ty };

        Ok(match (name, args) {
            ("any", [group, body]) => self.over(Quantifier::Any, group, body, scope)?,
            ("all", [group, body]) => self.over(Quantifier::All, group, body, scope)?,
            ("count", [group, body]) => self.over(Quantifier::Count, group, body, scope)?,
            ("count", [group]) => {
                let always = Tree { form: Form::Bool(true), at: group.at };
                self.over(Quantifier::Count, group, &always, scope)?
            }
            ("sum", [group, body]) => self.over(Quantifier::Sum, group, body, scope)?,
            ("max", [group, body]) => self.over(Quantifier::Max, group, body, scope)?,
            ("min", [group, body]) => self.over(Quantifier::Min, group, body, scope)?,
            ("repeats", [group, body]) => self.over(Quantifier::Repeats, group, body, scope)?,
            ("param", [id]) => self.parameter(constant(id)?, id.at)?,
            ("linked", [id]) => self.linked(constant(id)?, id.at)?,

            ("empty", [x]) => call(Function::Empty, vec![self.cell(name, x, scope)?], Type::Bool),
            ("dash", [x]) => call(Function::Dash, vec![self.cell(name, x, scope)?], Type::Bool),
            ("malformed", [x]) => call(Function::Malformed, vec![self.cell(name, x, scope)?], Type::Bool),

            ("icd", [x, ranges @ ..]) if !ranges.is_empty() => {
                call(Function::Icd(code_ranges(ranges, is_icd)?.into()), vec![text(x)?], Type::Bool)
            }
            ("operation", [x, ranges @ ..]) if !ranges.is_empty() => {
                call(Function::Operation(code_ranges(ranges, is_operation)?.into()), vec![text(x)?], Type::Bool)
            }
            ("matches", [x, pattern]) => {
                let compiled = Pattern::new(constant(pattern)?).map_err(|error| {
                    // The library draws the place over several lines; its last line says what.
                    let message = error.to_string();
                    let what = message.lines().last().map_or("", |line| line.trim_start_matches("error: "));
                    ExprError::new(pattern.at, format!("正则表达式有误：{what}"))
                })?;
                call(Function::Matches(compiled), vec![text(x)?], Type::Bool)
            }
            ("starts_with", [x, beginnings @ ..]) if !beginnings.is_empty() => {
                let texts = beginnings.iter().map(|b| constant(b).map(str::to_owned)).collect::<Result<Vec<_>, _>>()?;
                call(Function::StartsWith(texts.into()), vec![text(x)?], Type::Bool)
            }
            ("listed", [x]) => {
                let expr = text(x)?;
                let Type::Code(list) = expr.ty.clone() else {
                    return Err(ExprError::new(x.at, "不是代码数据项，要写明代码表").help("listed(x, '代码表编号')"));
                };
                call(Function::Listed(list), vec![expr], Type::Bool)
            }
            ("listed", [x, list]) => call(Function::Listed(self.list(list)?.into()), vec![text(x)?], Type::Bool),
            ("listed_all", [x, list, separator]) => {
                let mut chars = constant(separator)?.chars();
                let (Some(one), None) = (chars.next(), chars.next()) else {
                    return Err(ExprError::new(separator.at, "分隔符应为一个字符"));
                };
                call(Function::ListedAll(self.list(list)?.into(), one), vec![text(x)?], Type::Bool)
            }
            ("list_attribute", [x, list, attribute]) => {
                let id = self.list(list)?;
                self.attribute(id, attribute)?;
                let function = Function::ListAttribute(id.into(), constant(attribute)?.into());
                call(function, vec![text(x)?], Type::Text)
            }
            ("contains", [members, x]) => call(Function::Contains, vec![set(members)?, text(x)?], Type::Bool),
            ("contains_prefix", [members, x, n]) => {
                call(Function::ContainsPrefix(small(n)?), vec![set(members)?, text(x)?], Type::Bool)
            }
            ("length", [x]) => call(Function::Length, vec![text(x)?], Type::INTEGER),
            ("substring", [x, from, length]) => {
                call(Function::Substring(small(from)?, small(length)?), vec![text(x)?], Type::Text)
            }
            ("date", [t]) => call(Function::Date, vec![datetime(t)?], Type::Date),
            ("days", [a, b]) => call(Function::Days, vec![date(a)?, date(b)?], Type::INTEGER),
            ("hours", [a, b]) => call(Function::Hours, vec![datetime(a)?, datetime(b)?], Type::decimal(2)),
            ("minutes", [a, b]) => call(Function::Minutes, vec![datetime(a)?, datetime(b)?], Type::INTEGER),
            ("full_years", [a, b]) => call(Function::FullYears, vec![date(a)?, date(b)?], Type::INTEGER),
            ("year", [d]) => call(Function::Year, vec![date(d)?], Type::INTEGER),
            ("abs", [x]) => {
                let x = number(x)?;
                let ty = x.ty.clone();
                call(Function::Abs, vec![x], ty)
            }
            ("greatest" | "least", [a, b]) => {
                let (args, ty) = self.unify(vec![(number(a)?, a.at), (number(b)?, b.at)])?;
                call(if name == "greatest" { Function::Greatest } else { Function::Least }, args, ty)
            }
            ("coalesce", [a, b]) => {
                let (args, ty) = self.unify(vec![(self.infer(a, scope)?, a.at), (self.infer(b, scope)?, b.at)])?;
                call(Function::Coalesce, args, ty)
            }
            ("id_valid", [x]) => call(Function::IdValid, vec![text(x)?], Type::Bool),
            ("id_birth", [x]) => call(Function::IdBirth, vec![text(x)?], Type::Date),
            ("id_sex", [x]) => call(Function::IdSex, vec![text(x)?], Type::Text),
            _ => return Err(arity()),
        })
    }

    fn of_type(
        &self,
        tree: &Tree,
        scope: Scope,
        expected: &str,
        fits: impl Fn(&Type) -> bool,
    ) -> Result<Expr, ExprError> {
        let expr = self.infer(tree, scope)?;
        if fits(&expr.ty) { Ok(expr) } else { Err(wrong_type(expected, &expr, tree.at)) }
    }

    /// A field or member itself, whose cell has a state.
    fn cell(&self, name: &str, tree: &Tree, scope: Scope) -> Result<Expr, ExprError> {
        if self.mode == Mode::Indicator {
            return Err(ExprError::new(
                tree.at,
                format!("{name} 只能用在校验规则中：指标所用的数据不再保留单元格的写法"),
            )
            .help("判断没有值写作 x is null"));
        }
        let expr = self.infer(tree, scope)?;
        match expr.node {
            Node::Field(_) | Node::Member(..) => Ok(expr),
            _ => Err(ExprError::new(tree.at, format!("{name} 的括号中应是一个数据项"))),
        }
    }

    fn over(&self, quantifier: Quantifier, group: &Tree, body: &Tree, scope: Scope) -> Result<Expr, ExprError> {
        let ids = || self.dataset.groups.iter().map(|group| &*group.id);
        let (name, ix) = match &group.form {
            Form::Name(name) => (name, self.dataset.group(name).map(|(ix, _)| ix)),
            _ => {
                return Err(ExprError::new(
                    group.at,
                    format!("此处应为重复组：{}", ids().collect::<Vec<_>>().join("、")),
                ));
            }
        };
        let Some(ix): Option<GroupIx> = ix else {
            let help = did_you_mean(name, ids())
                .unwrap_or_else(|| format!("可以写：{}", ids().collect::<Vec<_>>().join("、")));
            return Err(ExprError::new(group.at, format!("没有重复组“{name}”")).help(help));
        };
        if scope.quantified {
            return Err(ExprError::new(group.at, "any、all、count 等不能嵌套"));
        }
        let body_at = body.at;
        let inner = Scope { group: Some(ix), quantified: true };
        let body = match (&body.form, quantifier) {
            (Form::Call(name, args), Quantifier::Repeats) if name == "pair" => self.pair(args, body_at, inner)?,
            _ => self.infer(body, inner)?,
        };
        let ty = match quantifier {
            Quantifier::Any | Quantifier::All | Quantifier::Count if body.ty != Type::Bool => {
                return Err(wrong_type("条件（真或假）", &body, body_at));
            }
            Quantifier::Any | Quantifier::All => Type::Bool,
            Quantifier::Count => Type::INTEGER,
            Quantifier::Sum => is_number(body.clone(), body_at)?.ty,
            Quantifier::Max | Quantifier::Min => match body.ty {
                Type::Number { .. } | Type::Date | Type::DateTime => body.ty.clone(),
                _ => return Err(wrong_type("数字或日期", &body, body_at)),
            },
            Quantifier::Repeats => match body.ty {
                Type::Bool | Type::TextSet => return Err(wrong_type("文本、数字或日期", &body, body_at)),
                _ => Type::Bool,
            },
        };
        Ok(Expr { node: Node::Over(quantifier, ix, Box::new(body)), ty })
    }

    fn pair(&self, args: &[Tree], at: Span, scope: Scope) -> Result<Expr, ExprError> {
        let [a, b] = args else {
            return Err(ExprError::new(at, "pair 的参数不对").help("写作 repeats(组, pair(值, 值))"));
        };
        let value = |tree: &Tree| {
            let plain = |ty: &Type| !matches!(ty, Type::Bool | Type::TextSet);
            self.of_type(tree, scope, "文本、数字或日期", plain)
        };
        Ok(Expr { node: Node::Call(Function::Pair, vec![value(a)?, value(b)?]), ty: Type::Text })
    }

    fn parameter(&self, id: &str, at: Span) -> Result<Expr, ExprError> {
        match self.parameters.get_key_value(id) {
            Some((id, parameter)) => {
                Ok(Expr { node: Node::Parameter(std::sync::Arc::clone(id)), ty: parameter.ty.clone() })
            }
            None => {
                let known = self.parameters.keys().map(|id| &**id);
                Err(ExprError::new(at, format!("没有参数“{id}”")).maybe_help(did_you_mean(id, known)))
            }
        }
    }

    fn linked(&self, id: &str, at: Span) -> Result<Expr, ExprError> {
        if self.mode == Mode::Check {
            return Err(ExprError::new(at, "linked 只能用在指标中：校验规则不看其他月份、其他机构的数据行"));
        }
        match self.dataset.links.iter().position(|link| &*link.id == id) {
            Some(ix) => Ok(Expr { node: Node::Linked(LinkIx(ix)), ty: Type::Bool }),
            None => {
                let known = || self.dataset.links.iter().map(|link| &*link.id);
                let help = did_you_mean(id, known()).unwrap_or_else(|| match known().collect::<Vec<_>>() {
                    none if none.is_empty() => "在 dataset.toml 中用 [[link]] 声明".to_owned(),
                    known => format!("可以写：{}", known.join("、")),
                });
                Err(ExprError::new(at, format!("数据集没有关联“{id}”")).help(help))
            }
        }
    }

    /// The id of a declared code list.
    fn list<'t>(&self, tree: &'t Tree) -> Result<&'t str, ExprError> {
        let id = constant(tree)?;
        if self.declared.contains(id) {
            return Ok(id);
        }
        let help = did_you_mean(id, self.declared.iter().map(String::as_str))
            .unwrap_or_else(|| format!("要由地区包提供的，在 codelists/{id}.toml 中写 status = \"draft\""));
        Err(ExprError::new(tree.at, format!("没有代码表“{id}”")).help(help))
    }

    fn attribute(&self, list: &str, tree: &Tree) -> Result<(), ExprError> {
        let attribute = constant(tree)?;
        let Some(codelist) = self.codelists.get(list) else { return Ok(()) };
        if codelist.entries.iter().any(|entry| entry.attributes.contains_key(attribute)) {
            return Ok(());
        }
        let known: std::collections::BTreeSet<&str> =
            codelist.entries.iter().flat_map(|entry| entry.attributes.keys().map(String::as_str)).collect();
        Err(ExprError::new(tree.at, format!("代码表 {list} 没有属性“{attribute}”"))
            .maybe_help(did_you_mean(attribute, known.into_iter())))
    }
}

/// A text constant that is not empty.
fn constant(tree: &Tree) -> Result<&str, ExprError> {
    match &tree.form {
        Form::Text(text) if !text.is_empty() => Ok(text),
        _ => Err(ExprError::new(tree.at, "此处应为文本常量，加单引号")),
    }
}

/// A whole-number constant from 1 to 255.
fn small(tree: &Tree) -> Result<u8, ExprError> {
    match tree.form {
        Form::Number { units, scale: 0 } if units > 0 => u8::try_from(units).ok(),
        _ => None,
    }
    .ok_or_else(|| ExprError::new(tree.at, "此处应为 1 到 255 的整数常量"))
}

fn code_ranges(trees: &[Tree], is_end: fn(&str) -> bool) -> Result<Vec<CodeRange>, ExprError> {
    trees
        .iter()
        .map(|tree| {
            let text = constant(tree)?.to_ascii_uppercase();
            let (low, high) = text.split_once('-').unwrap_or((&text, &text));
            let range = CodeRange { low: low.to_owned(), high: high.to_owned() };
            if is_end(low) && is_end(high) && range.holds(low) {
                Ok(range)
            } else {
                Err(ExprError::new(tree.at, format!("“{text}”不是编码或编码范围")).help("写作 'C00-C97' 或 'D25'"))
            }
        })
        .collect()
}

/// A letter, then digits with at most one point and the extension's `X`.
fn is_icd(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_uppercase()) && is_digits(chars.as_str())
}

fn is_operation(text: &str) -> bool {
    is_digits(text)
}

fn is_digits(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c == '.' || c == 'X')
        && text.matches('.').count() <= 1
}
