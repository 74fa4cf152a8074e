//! SQL expression text to an untyped tree of the closed subset.
//!
//! The SQL grammar is a library's; everything in its tree that is not in this subset is refused
//! with the place where it stands.

use chrono::{NaiveDate, NaiveDateTime};
use sqlparser::ast::{self as sql, BinaryOperator, Expr as Sql, Spanned, UnaryOperator};
use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Tokenizer, TokenizerError, Whitespace};

use super::{Arithmetic, Comparison, ExprError, Span};
use crate::types::parse_decimal;

/// Longest expression, in characters.
pub const MAX_LENGTH: usize = 4_000;
/// Deepest nesting.
pub const MAX_DEPTH: usize = 60;

/// An untyped expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Tree {
    /// What it is.
    pub form: Form,
    /// Where it begins within the expression's text.
    pub at: Span,
}

/// The forms of the closed subset.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)]
pub enum Form {
    Name(String),
    /// `submission.received_at`
    Dotted(String),
    Text(String),
    Number {
        units: i64,
        scale: u8,
    },
    Date(NaiveDate),
    DateTime(NaiveDateTime),
    Bool(bool),
    Null,
    Not(Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Compare(Comparison, Box<Tree>, Box<Tree>),
    Arithmetic(Arithmetic, Box<Tree>, Box<Tree>),
    In(Box<Tree>, Vec<Tree>),
    Between(Box<Tree>, Box<Tree>, Box<Tree>),
    IsNull(Box<Tree>),
    /// Operand of a simple case, branches, else.
    Case(Option<Box<Tree>>, Vec<(Tree, Tree)>, Option<Box<Tree>>),
    Call(String, Vec<Tree>),
}

/// Names of ASCII letters, digits and `_`; nothing else of any dialect.
#[derive(Debug)]
struct Closed;

impl Dialect for Closed {
    fn is_identifier_start(&self, c: char) -> bool {
        c.is_ascii_alphabetic() || c == '_'
    }

    fn is_identifier_part(&self, c: char) -> bool {
        c.is_ascii_alphanumeric() || c == '_'
    }

    /// The library reads `and any(…)` as SQL's quantified comparison; here `any` and `all` are
    /// functions, so the operators of the language are read plainly.
    fn parse_infix(&self, parser: &mut Parser<'_>, left: &Sql, precedence: u8) -> Option<Result<Sql, ParserError>> {
        let op = match &parser.peek_token_ref().token {
            Token::Eq => BinaryOperator::Eq,
            Token::Neq => BinaryOperator::NotEq,
            Token::Lt => BinaryOperator::Lt,
            Token::LtEq => BinaryOperator::LtEq,
            Token::Gt => BinaryOperator::Gt,
            Token::GtEq => BinaryOperator::GtEq,
            Token::Plus => BinaryOperator::Plus,
            Token::Minus => BinaryOperator::Minus,
            Token::Mul => BinaryOperator::Multiply,
            Token::Word(word) if word.keyword == Keyword::AND => BinaryOperator::And,
            Token::Word(word) if word.keyword == Keyword::OR => BinaryOperator::Or,
            _ => return None,
        };
        parser.advance_token();
        let right = parser.parse_subexpr(precedence);
        Some(right.map(|right| Sql::BinaryOp { left: Box::new(left.clone()), op, right: Box::new(right) }))
    }
}

/// Reads an expression.
///
/// # Errors
/// The first thing that is no SQL expression or not part of the language.
pub fn parse(text: &str) -> Result<Tree, ExprError> {
    let start = Span { line: 1, column: 1 };
    if text.trim().is_empty() {
        return Err(ExprError::new(start, "表达式为空"));
    }
    if text.chars().count() > MAX_LENGTH {
        return Err(ExprError::new(start, format!("表达式太长：最多 {MAX_LENGTH} 个字符")));
    }
    let tokens = Tokenizer::new(&Closed, text).tokenize_with_location().map_err(|error| bad_token(text, &error))?;
    for token in &tokens {
        if let Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) = token.token {
            return Err(ExprError::new(span(token.span), "表达式中不能有注释（-- 也算注释：减负数请加括号）"));
        }
    }
    let mut parser = Parser::new(&Closed).with_recursion_limit(MAX_DEPTH).with_tokens_with_locations(tokens);
    let parsed = parser.parse_expr().map_err(|error| bad_grammar(text, &error))?;
    let rest = parser.peek_token();
    if rest.token != Token::EOF {
        return Err(ExprError::new(span(rest.span), format!("表达式到此应已结束，却还有“{}”", rest.token)));
    }
    Reader { depth: 0 }.tree(&parsed, start)
}

fn span(span: sqlparser::tokenizer::Span) -> Span {
    let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX).max(1);
    Span { line: number(span.start.line), column: number(span.start.column) }
}

fn end(text: &str) -> Span {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let last = text.rsplit('\n').next().unwrap_or("");
    Span { line: number(text.matches('\n').count() + 1), column: number(last.chars().count() + 1) }
}

fn bad_token(text: &str, error: &TokenizerError) -> ExprError {
    let at = if error.location.line == 0 {
        end(text)
    } else {
        span(sqlparser::tokenizer::Span::new(error.location, error.location))
    };
    let message = if error.message.contains("Unterminated string") {
        "文本没有结束：缺少单引号 '".to_owned()
    } else {
        format!("写法有误：{}", error.message)
    };
    ExprError::new(at, message)
}

/// The library gives its error as one text, the place at its end.
fn bad_grammar(text: &str, error: &ParserError) -> ExprError {
    let full = match error {
        ParserError::RecursionLimitExceeded => return too_deep(Span { line: 1, column: 1 }),
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => message,
    };
    let (message, at) = match full.rsplit_once(" at Line: ") {
        Some((message, place)) => {
            let mut numbers = place.split(", Column: ").map(|n| n.trim().parse::<u32>().ok());
            match (numbers.next().flatten(), numbers.next().flatten()) {
                (Some(line), Some(column)) => (message, Span { line, column }),
                _ => (full.as_str(), end(text)),
            }
        }
        None => (full.as_str(), end(text)),
    };
    let parts = message.strip_prefix("Expected: ").and_then(|rest| rest.split_once(", found: "));
    let message = match parts {
        Some((expected, found)) => {
            let expected = match expected {
                "an expression" => "表达式".to_owned(),
                other => format!("“{other}”"),
            };
            match found {
                "EOF" => format!("表达式没有写完：此处应为{expected}"),
                found => format!("此处应为{expected}，实际是“{found}”"),
            }
        }
        None => format!("写法有误：{message}"),
    };
    ExprError::new(at, message)
}

fn too_deep(at: Span) -> ExprError {
    ExprError::new(at, format!("嵌套太深：最多 {MAX_DEPTH} 层"))
}

struct Reader {
    depth: usize,
}

impl Reader {
    /// `near` is the place of the parent, for the few nodes whose own place the library does not
    /// keep.
    fn tree(&mut self, expr: &Sql, near: Span) -> Result<Tree, ExprError> {
        let own = expr.span();
        let at = if own.start.line == 0 { near } else { span(own) };
        if self.depth >= MAX_DEPTH {
            return Err(too_deep(at));
        }
        self.depth += 1;
        let form = self.form(expr, at);
        self.depth -= 1;
        Ok(Tree { form: form?, at })
    }

    fn boxed(&mut self, expr: &Sql, near: Span) -> Result<Box<Tree>, ExprError> {
        Ok(Box::new(self.tree(expr, near)?))
    }

    fn list(&mut self, list: &[Sql], near: Span) -> Result<Vec<Tree>, ExprError> {
        list.iter().map(|expr| self.tree(expr, near)).collect()
    }

    fn form(&mut self, expr: &Sql, at: Span) -> Result<Form, ExprError> {
        let negate = |negated: bool, form: Form| {
            if negated { Form::Not(Box::new(Tree { form, at })) } else { form }
        };
        Ok(match expr {
            Sql::Nested(inner) => self.tree(inner, at)?.form,
            Sql::Identifier(ident) => Form::Name(name(ident)?),
            Sql::CompoundIdentifier(idents) => {
                Form::Dotted(idents.iter().map(name).collect::<Result<Vec<_>, _>>()?.join("."))
            }
            Sql::Value(value) => constant(&value.value, at)?,
            Sql::TypedString(typed) => date(typed, at)?,
            Sql::UnaryOp { op: UnaryOperator::Not, expr } => Form::Not(self.boxed(expr, at)?),
            Sql::UnaryOp { op: UnaryOperator::Minus, expr } => match self.tree(expr, at)?.form {
                Form::Number { units, scale } => Form::Number { units: -units, scale },
                _ => return Err(ExprError::new(at, "负号只能写在数字前").help("取相反数写作 0 - x")),
            },
            Sql::BinaryOp { op: op @ (BinaryOperator::And | BinaryOperator::Or), .. } => self.chain(expr, op, at)?,
            Sql::BinaryOp { left, op, right } => {
                if let Some(comparison) = comparison(op) {
                    Form::Compare(comparison, self.boxed(left, at)?, self.boxed(right, at)?)
                } else if let Some(arithmetic) = arithmetic(op) {
                    Form::Arithmetic(arithmetic, self.boxed(left, at)?, self.boxed(right, at)?)
                } else {
                    let error = ExprError::new(at, format!("表达式语言没有运算符“{op}”"));
                    return Err(match op {
                        BinaryOperator::Divide => error.help("没有除法：比值写成指标的分子和分母，比较写成乘法"),
                        _ => error.help("可以用：= <> < <= > >= + - * and or not in between is null"),
                    });
                }
            }
            Sql::IsNull(inner) => Form::IsNull(self.boxed(inner, at)?),
            Sql::IsNotNull(inner) => negate(true, Form::IsNull(self.boxed(inner, at)?)),
            Sql::InList { expr, list, negated } => {
                negate(*negated, Form::In(self.boxed(expr, at)?, self.list(list, at)?))
            }
            Sql::Between { expr, negated, low, high } => {
                let form = Form::Between(self.boxed(expr, at)?, self.boxed(low, at)?, self.boxed(high, at)?);
                negate(*negated, form)
            }
            Sql::Case { operand, conditions, else_result, .. } => {
                let operand = operand.as_deref().map(|operand| self.boxed(operand, at)).transpose()?;
                let branches = conditions
                    .iter()
                    .map(|case| Ok((self.tree(&case.condition, at)?, self.tree(&case.result, at)?)))
                    .collect::<Result<Vec<_>, ExprError>>()?;
                let otherwise = else_result.as_deref().map(|otherwise| self.boxed(otherwise, at)).transpose()?;
                Form::Case(operand, branches, otherwise)
            }
            Sql::Function(function) => self.call(function, at)?,
            // The library knows this one function by its own grammar.
            Sql::Substring { expr, substring_from: Some(from), substring_for: Some(length), .. } => Form::Call(
                "substring".to_owned(),
                vec![self.tree(expr, at)?, self.tree(from, at)?, self.tree(length, at)?],
            ),
            Sql::Substring { .. } => {
                return Err(ExprError::new(at, "substring 要写起始位置和长度").help("substring(x, 1, 2)"));
            }
            Sql::Like { .. } | Sql::ILike { .. } | Sql::SimilarTo { .. } | Sql::RLike { .. } => {
                return Err(ExprError::new(at, "表达式语言没有 like")
                    .help("写 starts_with(x, 'Z') 或 matches(x, '正则表达式')"));
            }
            Sql::Exists { .. } | Sql::Subquery(_) | Sql::InSubquery { .. } => {
                return Err(ExprError::new(at, "表达式语言没有子查询").help("对重复组用 any、all、count"));
            }
            Sql::Cast { .. } | Sql::Convert { .. } => {
                return Err(ExprError::new(at, "表达式语言没有类型转换").help("日期时间取日期写 date(x)"));
            }
            Sql::Extract { .. } => return Err(ExprError::new(at, "表达式语言没有 extract").help("取年份写 year(x)")),
            other => return Err(ExprError::new(at, format!("“{other}”不属于表达式语言"))),
        })
    }

    /// `a and b and c` as one node. Walked down the left side in a loop, so that a long chain is
    /// not a deep one.
    fn chain(&mut self, expr: &Sql, op: &BinaryOperator, at: Span) -> Result<Form, ExprError> {
        let mut operands = Vec::new();
        let mut rest = expr;
        loop {
            match rest {
                Sql::BinaryOp { left, op: same, right } if same == op => {
                    operands.push(&**right);
                    rest = left;
                }
                _ => {
                    operands.push(rest);
                    break;
                }
            }
        }
        let mut trees = Vec::with_capacity(operands.len());
        for operand in operands.into_iter().rev() {
            let tree = self.tree(operand, at)?;
            match (tree.form, op) {
                (Form::And(inner), BinaryOperator::And) | (Form::Or(inner), BinaryOperator::Or) => trees.extend(inner),
                (form, _) => trees.push(Tree { form, at: tree.at }),
            }
        }
        Ok(if *op == BinaryOperator::And { Form::And(trees) } else { Form::Or(trees) })
    }

    fn call(&mut self, function: &sql::Function, at: Span) -> Result<Form, ExprError> {
        let called = function.name.to_string();
        let plain = !function.uses_odbc_syntax
            && matches!(function.parameters, sql::FunctionArguments::None)
            && function.within_group.is_empty()
            && function.filter.is_none()
            && function.null_treatment.is_none()
            && function.over.is_none();
        let sql::FunctionArguments::List(list) = &function.args else {
            return Err(ExprError::new(at, format!("“{function}”不属于表达式语言")));
        };
        if !plain || list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
            return Err(ExprError::new(at, format!("“{function}”不属于表达式语言")).help("函数只写名称和括号中的参数"));
        }
        let mut args = Vec::with_capacity(list.args.len());
        for arg in &list.args {
            match arg {
                sql::FunctionArg::Unnamed(sql::FunctionArgExpr::Expr(expr)) => args.push(self.tree(expr, at)?),
                other => return Err(ExprError::new(at, format!("“{other}”不能作 {called} 的参数"))),
            }
        }
        Ok(Form::Call(called, args))
    }
}

fn name(ident: &sql::Ident) -> Result<String, ExprError> {
    match ident.quote_style {
        None => Ok(ident.value.clone()),
        Some(_) => Err(ExprError::new(span(ident.span), format!("文本用单引号：'{}'", ident.value))
            .help("名称不加引号，文本用单引号")),
    }
}

fn comparison(op: &BinaryOperator) -> Option<Comparison> {
    Some(match op {
        BinaryOperator::Eq => Comparison::Equal,
        BinaryOperator::NotEq => Comparison::NotEqual,
        BinaryOperator::Lt => Comparison::Less,
        BinaryOperator::LtEq => Comparison::LessOrEqual,
        BinaryOperator::Gt => Comparison::Greater,
        BinaryOperator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn arithmetic(op: &BinaryOperator) -> Option<Arithmetic> {
    Some(match op {
        BinaryOperator::Plus => Arithmetic::Add,
        BinaryOperator::Minus => Arithmetic::Subtract,
        BinaryOperator::Multiply => Arithmetic::Multiply,
        _ => return None,
    })
}

fn constant(value: &sql::Value, at: Span) -> Result<Form, ExprError> {
    Ok(match value {
        sql::Value::SingleQuotedString(text) => Form::Text(text.clone()),
        sql::Value::Boolean(value) => Form::Bool(*value),
        sql::Value::Null => Form::Null,
        sql::Value::Number(text, false) => {
            let digits = text.split_once('.').map_or("", |(_, digits)| digits);
            let scale = u8::try_from(digits.len()).unwrap_or(u8::MAX);
            match parse_decimal(text, scale) {
                Some(units) => Form::Number { units, scale },
                None => return Err(ExprError::new(at, format!("“{text}”不是整数或小数，或太大"))),
            }
        }
        other => return Err(ExprError::new(at, format!("“{other}”不属于表达式语言"))),
    })
}

fn date(typed: &sql::TypedString, at: Span) -> Result<Form, ExprError> {
    let bad = || {
        ExprError::new(at, format!("“{typed}”不是日期或日期时间"))
            .help("日期写作 date '2024-01-01'，日期时间写作 timestamp '2024-01-01 08:00:00'")
    };
    match (&typed.data_type, &typed.value.value) {
        (sql::DataType::Date, sql::Value::SingleQuotedString(text)) if text.len() == 10 => {
            NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Form::Date).map_err(|_| bad())
        }
        (sql::DataType::Timestamp(None, sql::TimezoneInfo::None), sql::Value::SingleQuotedString(text)) if text.len() == 19 => {
            NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").map(Form::DateTime).map_err(|_| bad())
        }
        _ => Err(bad()),
    }
}
