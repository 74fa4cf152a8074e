//! Expressions.

use crate::dataset::{Dataset, Field, Group, GroupIx, Member, MemberIx};
use crate::expr::{Arithmetic, Environment, Expr, Function, Node, Quantifier};
use crate::types::{Type, Value};

use super::{Dialect, SqlError, column_type, name, text};

/// The element at hand, inside a quantifier. No field can have this name: it is a word of the
/// language.
const ELEMENT: &str = "it";
/// Wide enough for the product of any two numbers.
const WIDE: &str = "DECIMAL(19, 0)";

/// An expression of `dataset` over one row. What `environment` lacks is not known, as everywhere;
/// [`crate::expr::missing`] tells.
///
/// # Errors
/// [`SqlError::CellState`] for `empty`, `dash` and `malformed`; [`SqlError::NoElement`],
/// [`SqlError::IllTyped`] for what the loader does not let through here.
pub fn expression(
    expr: &Expr,
    dataset: &Dataset,
    environment: &Environment,
    dialect: Dialect,
) -> Result<String, SqlError> {
    Printer { dataset, environment, dialect, inside: None }.expr(expr)
}

pub(super) type Printed = Result<String, SqlError>;

#[derive(Clone, Copy)]
pub(super) struct Printer<'a> {
    pub dataset: &'a Dataset,
    pub environment: &'a Environment,
    pub dialect: Dialect,
    /// The group whose quantifier encloses this place.
    pub inside: Option<GroupIx>,
}

impl Printer<'_> {
    pub fn expr(self, expr: &Expr) -> Printed {
        match &expr.node {
            Node::Literal(value) => constant(value, &expr.ty),
            Node::Field(ix) => Ok(name(&self.dataset.fields.get(ix.0).ok_or(SqlError::IllTyped("field"))?.id)),
            Node::Member(group, member) => {
                let id = &self.member(*group, *member)?.id;
                self.of_element(*group, id)
            }
            Node::Slot(group) => self.of_element(*group, "slot"),
            Node::Linked(ix) => {
                let link = self.dataset.links.get(ix.0).ok_or(SqlError::IllTyped("link"))?;
                Ok(super::link::column(link))
            }
            Node::Fact(fact) => constant(self.environment.fact(*fact).unwrap_or(&Value::Null), &expr.ty),
            Node::Parameter(id) => constant(self.environment.parameter(id).unwrap_or(&Value::Null), &expr.ty),
            Node::Not(inner) => match &inner.node {
                Node::IsNull(x) => Ok(format!("({} IS NOT NULL)", self.expr(x)?)),
                _ => Ok(format!("(NOT {})", self.expr(inner)?)),
            },
            Node::And(parts) => self.joined(parts, " AND ", "TRUE"),
            Node::Or(parts) => self.joined(parts, " OR ", "FALSE"),
            Node::Compare(by, left, right) => {
                Ok(format!("({} {} {})", self.expr(left)?, by.sign(), self.expr(right)?))
            }
            Node::Arithmetic(by, left, right) => self.arithmetic(*by, left, right),
            Node::In(x, values) => {
                let values = values.iter().map(|value| constant(value, &x.ty)).collect::<Result<Vec<_>, _>>()?;
                one_of(&self.expr(x)?, &values)
            }
            Node::IsNull(x) => Ok(format!("({} IS NULL)", self.expr(x)?)),
            Node::Case(branches, otherwise) => {
                let mut case = "CASE".to_owned();
                for (condition, result) in branches {
                    case += &format!(" WHEN {} THEN {}", self.expr(condition)?, self.expr(result)?);
                }
                if let Some(otherwise) = otherwise {
                    case += &format!(" ELSE {}", self.expr(otherwise)?);
                }
                Ok(case + " END")
            }
            Node::Call(function, arguments) => self.call(function, arguments),
            Node::Over(quantifier, group, body) => self.over(*quantifier, *group, body),
        }
    }

    fn member(&self, group: GroupIx, member: MemberIx) -> Result<&Member, SqlError> {
        self.group(group)?.members.get(member.0).ok_or(SqlError::IllTyped("member"))
    }

    fn group(&self, group: GroupIx) -> Result<&Group, SqlError> {
        self.dataset.groups.get(group.0).ok_or(SqlError::IllTyped("group"))
    }

    fn of_element(&self, group: GroupIx, id: &str) -> Printed {
        if self.inside != Some(group) {
            return Err(SqlError::NoElement(self.group(group)?.id.to_string()));
        }
        Ok(format!("{ELEMENT}[{}]", text(id)))
    }

    fn joined(self, parts: &[Expr], between: &str, neutral: &str) -> Printed {
        let parts = parts.iter().map(|part| self.expr(part)).collect::<Result<Vec<_>, _>>()?;
        Ok(if parts.is_empty() { neutral.to_owned() } else { format!("({})", parts.join(between)) })
    }

    /// Exact: in decimals wide enough for any result, which is null where it does not fit again.
    fn arithmetic(self, by: Arithmetic, left: &Expr, right: &Expr) -> Printed {
        let side = |expr: &Expr| match expr.node {
            Node::Literal(Value::Number { .. }) => self.expr(expr),
            _ => Ok(format!("CAST({} AS {WIDE})", self.expr(expr)?)),
        };
        let (left, right) = match (&left.node, &right.node) {
            // Engines give the product of two bare constants a type of their own.
            (Node::Literal(_), Node::Literal(_)) => (format!("CAST({} AS {WIDE})", self.expr(left)?), side(right)?),
            _ => (side(left)?, side(right)?),
        };
        Ok(self.dialect.fitting(&format!("{left} {} {right}", by.sign())))
    }

    fn over(self, quantifier: Quantifier, group: GroupIx, body: &Expr) -> Printed {
        if self.inside.is_some() {
            return Err(SqlError::IllTyped("quantifier"));
        }
        let list = name(&self.group(group)?.id);
        let each = Self { inside: Some(group), ..self };
        let array = self.dialect.list();
        let mapped = |of: &str, body: &str| format!("array_transform({of}, lambda {ELEMENT}: {body})");
        let filtered = |condition: &str| format!("array_filter({list}, lambda {ELEMENT}: {condition})");
        Ok(match quantifier {
            Quantifier::Any => self.any(&list, &each.expr(body)?),
            Quantifier::All => format!("(NOT {})", self.any(&list, &format!("(NOT {})", each.expr(body)?))),
            Quantifier::Count => {
                let counted = match &body.node {
                    Node::Literal(Value::Bool(true)) => list.clone(),
                    _ => filtered(&each.expr(body)?),
                };
                format!("CAST(cardinality({counted}) AS BIGINT)")
            }
            Quantifier::Sum => {
                let body = each.expr(body)?;
                match self.dialect {
                    Dialect::DuckDb => {
                        let wide = mapped(&list, &format!("CAST({body} AS DECIMAL(38, 0))"));
                        self.dialect.fitting(&format!("coalesce(list_sum({wide}), 0)"))
                    }
                    // Its sum of a list is a double, exact as long as it is below 2^53: so the upper
                    // and lower halves of the numbers each for itself.
                    Dialect::DataFusion => {
                        let half = |by: &str| {
                            let halves = mapped(&list, &format!("{body} {by} 4294967296"));
                            format!("CAST(coalesce(array_sum({halves}), 0) AS {WIDE})")
                        };
                        self.dialect.fitting(&format!("{} * 4294967296 + {}", half("/"), half("%")))
                    }
                }
            }
            Quantifier::Max => format!("{array}_max({})", mapped(&list, &each.expr(body)?)),
            Quantifier::Min => format!("{array}_min({})", mapped(&list, &each.expr(body)?)),
            Quantifier::Repeats => {
                let parts = match &body.node {
                    Node::Call(Function::Pair, parts) => parts.as_slice(),
                    _ => std::slice::from_ref(body),
                };
                let parts = parts.iter().map(|part| each.expr(part)).collect::<Result<Vec<_>, _>>()?;
                let known: Vec<String> = parts.iter().map(|part| format!("{part} IS NOT NULL")).collect();
                let known = filtered(&known.join(" AND "));
                let key = match parts.as_slice() {
                    [one] => one.clone(),
                    [one, other] => format!("{{'a': {one}, 'b': {other}}}"),
                    _ => return Err(SqlError::IllTyped("repeats")),
                };
                format!("(cardinality({known}) <> cardinality(array_distinct({})))", mapped(&known, &key))
            }
        })
    }

    /// Three-valued or over the elements.
    fn any(self, list: &str, condition: &str) -> String {
        match self.dialect {
            Dialect::DataFusion => format!("array_any_match({list}, lambda {ELEMENT}: {condition})"),
            Dialect::DuckDb => {
                let said = format!("array_transform({list}, lambda {ELEMENT}: {condition})");
                format!(
                    "CASE WHEN array_has({said}, TRUE) THEN TRUE WHEN array_position({said}, NULL) IS NULL THEN FALSE END"
                )
            }
        }
    }
}

/// Membership in a list of constants; of none, false of whatever is known.
pub(super) fn one_of(x: &str, constants: &[String]) -> Printed {
    Ok(match constants {
        [] => format!("CASE WHEN {x} IS NOT NULL THEN FALSE END"),
        _ => format!("({x} IN ({}))", constants.join(", ")),
    })
}

fn constant(value: &Value, ty: &Type) -> Printed {
    Ok(match value {
        Value::Null => format!("CAST(NULL AS {})", column_type(ty)?),
        Value::Bool(true) => "TRUE".to_owned(),
        Value::Bool(false) => "FALSE".to_owned(),
        Value::Text(value) => text(value),
        // The smallest number is no constant of SQL: its sign is an operator.
        Value::Number { units: i64::MIN, .. } => format!("CAST('{}' AS BIGINT)", i64::MIN),
        Value::Number { units, .. } if *units < 0 => format!("({units})"),
        Value::Number { units, .. } => units.to_string(),
        Value::Date(date) => format!("DATE '{date}'"),
        Value::DateTime(time) => format!("CAST('{}' AS TIMESTAMP(0))", time.format("%Y-%m-%d %H:%M:%S")),
        Value::TextSet(_) => return Err(SqlError::IllTyped("set of texts")),
    })
}

/// A plain column whose values are not personal.
pub(super) fn plain(field: &Field) -> Result<&Field, SqlError> {
    match field.privacy {
        crate::dataset::Privacy::Plain => Ok(field),
        crate::dataset::Privacy::Personal => Err(SqlError::Personal(field.id.clone())),
    }
}
