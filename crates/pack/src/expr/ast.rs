//! The typed tree that every evaluator walks.

use std::sync::Arc;

use crate::dataset::{FieldIx, GroupIx, MemberIx};
use crate::expr::Function;
use crate::link::LinkIx;
use crate::types::{Type, Value};

/// Place in a text: line and column, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A typed expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub node: Node,
    /// Its type, known when loaded.
    pub ty: Type,
}

/// The forms of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A constant; typed null included.
    Literal(Value),
    /// A field of the row.
    Field(FieldIx),
    /// A member of the group whose quantifier encloses this node.
    Member(GroupIx, MemberIx),
    /// The slot number of the group's element (0 the main one), as the file's columns number it.
    Slot(GroupIx),
    /// Whether the row is linked to another one; never in a check.
    Linked(LinkIx),
    /// A fact about the submission or its institution.
    Fact(Fact),
    /// A dated parameter, by id; its value for the row's period is supplied by the caller.
    Parameter(Arc<str>),
    /// Three-valued negation.
    Not(Box<Expr>),
    /// Three-valued conjunction.
    And(Vec<Expr>),
    /// Three-valued disjunction.
    Or(Vec<Expr>),
    /// Comparison of two values of one comparable type; numbers have been brought to one scale.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// Exact arithmetic; overflow gives null. The result's scale stands in the node's type: for
    /// sums that of both sides, for products the sum of the two.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// Membership in a list of constants of the same type.
    In(Box<Expr>, Vec<Value>),
    /// True exactly where the value is not known.
    IsNull(Box<Expr>),
    /// First branch whose condition is true; else the last; null without one.
    Case(Vec<(Expr, Expr)>, Option<Box<Expr>>),
    /// A function of the closed list.
    Call(Function, Vec<Expr>),
    /// A quantifier over the elements of a repeated group that are present.
    Over(Quantifier, GroupIx, Box<Expr>),
}

/// `=`, `<>`, `<`, `<=`, `>`, `>=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// `+`, `-`, `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
}

/// What is asked of a group's elements. A group without elements gives false for `Any`, true for
/// `All`, 0 for `Count` and `Sum`, null for `Max` and `Min`, false for `Repeats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// Some element's condition is true (three-valued or).
    Any,
    /// Every element's condition is true (three-valued and).
    All,
    /// How many elements' condition is true; not-known ones do not count.
    Count,
    /// Sum of the known values.
    Sum,
    /// Largest known value.
    Max,
    /// Smallest known value.
    Min,
    /// Some known value stands at two elements.
    Repeats,
}

/// Facts about the submission and its institution that a check may use. A fact that the caller
/// cannot supply makes every check that needs it not evaluable, with that as its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    /// `submission.received_at`: when the file came in.
    ReceivedAt,
    /// `submission.period_start`: first day of its period.
    PeriodStart,
    /// `submission.period_end`: the day after its period.
    PeriodEnd,
    /// `institution.codes`: licence number, credit code and registered aliases of the submitter.
    InstitutionCodes,
    /// `institution.names`: its licensed name and former names.
    InstitutionNames,
    /// `institution.class`: WS 218 category, such as `A100`.
    InstitutionClass,
    /// `institution.level`: level code, such as `32`.
    InstitutionLevel,
    /// `institution.subjects`: registered 诊疗科目, without dots.
    InstitutionSubjects,
    /// `institution.registered_beds`: beds by the licence.
    RegisteredBeds,
}

impl Fact {
    /// All facts, for documentation and for the parser.
    pub const ALL: [Self; 9] = [
        Self::ReceivedAt,
        Self::PeriodStart,
        Self::PeriodEnd,
        Self::InstitutionCodes,
        Self::InstitutionNames,
        Self::InstitutionClass,
        Self::InstitutionLevel,
        Self::InstitutionSubjects,
        Self::RegisteredBeds,
    ];

    /// As it is written in an expression.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReceivedAt => "submission.received_at",
            Self::PeriodStart => "submission.period_start",
            Self::PeriodEnd => "submission.period_end",
            Self::InstitutionCodes => "institution.codes",
            Self::InstitutionNames => "institution.names",
            Self::InstitutionClass => "institution.class",
            Self::InstitutionLevel => "institution.level",
            Self::InstitutionSubjects => "institution.subjects",
            Self::RegisteredBeds => "institution.registered_beds",
        }
    }

    /// Its type.
    pub fn ty(self) -> Type {
        match self {
            Self::ReceivedAt => Type::DateTime,
            Self::PeriodStart | Self::PeriodEnd => Type::Date,
            Self::InstitutionCodes | Self::InstitutionNames | Self::InstitutionSubjects => Type::TextSet,
            Self::InstitutionClass | Self::InstitutionLevel => Type::Text,
            Self::RegisteredBeds => Type::INTEGER,
        }
    }
}

impl Expr {
    /// Visits this node and all below it, parents first.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Expr)) {
        visit(self);
        match &self.node {
            Node::Literal(_)
            | Node::Field(_)
            | Node::Member(..)
            | Node::Slot(_)
            | Node::Linked(_)
            | Node::Fact(_)
            | Node::Parameter(_) => {}
            Node::Not(e) | Node::In(e, _) | Node::IsNull(e) | Node::Over(_, _, e) => e.walk(visit),
            Node::And(es) | Node::Or(es) | Node::Call(_, es) => {
                for e in es {
                    e.walk(visit);
                }
            }
            Node::Compare(_, l, r) | Node::Arithmetic(_, l, r) => {
                l.walk(visit);
                r.walk(visit);
            }
            Node::Case(branches, otherwise) => {
                for (condition, value) in branches {
                    condition.walk(visit);
                    value.walk(visit);
                }
                if let Some(e) = otherwise {
                    e.walk(visit);
                }
            }
        }
    }
}
