//! Indicators (指标): initial population, denominator, exclusion, numerator; kind, unit, direction,
//! dated targets by class of institution, legal source.
//!
//! An indicator is made of [`Part`]s, sums over rows that are kept for each institution × month ×
//! department. Institutions are added; months are added too, but those of a stock (存量) make a mean
//! or the newest holds ([`Over`]). A value is read from the parts so joined, never from other values.
//! The exceptions say so: [`Formula::Reporting`], and what is read from the values of other indicators
//! ([`Formula::read_from`]).

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::codelist::fits;
use crate::dataset::Over;
use crate::expr::{Expr, Node};
use crate::link::LinkIx;
use crate::load::Meta;
use crate::types::{Quantity, Type, Value};

/// An indicator.
#[derive(Debug, Clone)]
pub struct Indicator {
    /// Common head of every definition.
    pub meta: Meta,
    /// Domain (领域), such as 病案首页质量.
    pub domain: String,
    /// Dataset it is computed from: of a joined ratio the numerator's. `None` for
    /// [`Formula::Reporting`], which is computed from no rows.
    pub dataset: Option<Arc<str>>,
    /// Printed unit, such as `%`, `天`, `元`.
    pub unit: String,
    /// Digits after the point when printed.
    pub digits: u8,
    /// Which way is better.
    pub direction: Direction,
    /// What it is.
    pub formula: Formula,
    /// Its populations in words, for the reader.
    pub words: Words,
    /// Dated targets, by class.
    pub targets: Vec<Target>,
    /// The fields of `dataset` whose values decide it, shown beside the rows behind a number.
    pub shown: Vec<crate::dataset::FieldIx>,
}

/// A national indicator that is known here and not computed under its own id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// National id.
    pub id: Arc<str>,
    /// Its name in the document.
    pub name: String,
    /// Domain (领域).
    pub domain: String,
    /// Why it is not computed.
    pub why: NotComputed,
}

/// Why an indicator is not computed under its own id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotComputed {
    /// Its formula is that of another indicator, by id.
    SameAs(Arc<str>),
    /// What it waits for, in Chinese.
    WaitsFor(String),
}

impl Named {
    /// Why it is not computed, for the reader.
    pub fn in_words(&self) -> String {
        match &self.why {
            NotComputed::SameAs(id) => format!("与 {id} 口径相同，请看 {id}"),
            NotComputed::WaitsFor(what) => format!("尚不能计算：{what}"),
        }
    }
}

/// The populations in plain Chinese, as the source defines them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Numerator (分子).
    pub numerator: String,
    /// Denominator (分母); empty for a count.
    pub denominator: String,
    /// Exclusion (排除); empty when none.
    pub exclusion: String,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Higher is better.
    Up,
    /// Lower is better.
    Down,
    /// Within a range.
    Range,
    /// Only watched.
    Watch,
}

/// How the value is read from parts.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula {
    /// `factor × numerator / denominator`, where the numerator's rows lie within the
    /// denominator's, so that it cannot exceed it. `factor` is 100 for percent.
    Proportion {
        /// Rows that count.
        numerator: Part,
        /// Rows that could.
        denominator: Part,
        /// Printed multiplier.
        factor: i64,
    },
    /// `factor × numerator / denominator` of two sums: over one population of one dataset, or each
    /// over its own, joined by institution and month.
    Ratio {
        /// Sum above.
        numerator: Part,
        /// Sum below.
        denominator: Part,
        /// Printed multiplier.
        factor: i64,
    },
    /// Mean of a row's value; `squares` (the sum of squares) gives its interval.
    Mean {
        /// Sum of the values.
        sum: Part,
        /// Rows with a value.
        count: Part,
        /// Sum of the squared values.
        squares: Part,
    },
    /// A plain sum or count; of [`Summand::Values`] the number of different values.
    Total(Part),
    /// The value below which `percent` of a hundred rows lie, exact and at the asked grain: 50 is the
    /// median. Definition 2 of Hyndman and Fan (1996): where the share falls between two values, their
    /// mean.
    Quantile {
        /// The values.
        values: Part,
        /// 1 to 99.
        percent: u8,
    },
    /// `factor ×` the part of a total that falls to institutions of some classes or levels; where
    /// neither is named, the part of the region's total that falls to the unit.
    Share {
        /// What is added up.
        part: Part,
        /// WS 218 categories by the beginning of their code; empty for all.
        classes: Vec<String>,
        /// Levels by the beginning of their code; empty for all.
        levels: Vec<String>,
        /// Printed multiplier.
        factor: i64,
    },
    /// Growth of another indicator's value over the same period a year before, in percent.
    Growth {
        /// Id of the other indicator.
        of: Arc<str>,
    },
    /// `factor ×` one indicator's value divided by another's, such as the ratio of two rates.
    Quotient {
        /// Id of the indicator above.
        of: Arc<str>,
        /// Id of the indicator below.
        by: Arc<str>,
        /// Printed multiplier.
        factor: i64,
    },
    /// A weighted sum of other indicators' values; it has one only where all have one.
    Composite {
        /// What it is made of.
        terms: Vec<Term>,
    },
    /// How well institutions report: `factor ×` a share of what they owe or sent.
    Reporting {
        /// Which share.
        share: Share,
        /// The datasets looked at; all that run when empty.
        datasets: Vec<Arc<str>>,
        /// Printed multiplier.
        factor: i64,
    },
}

/// One term of a composite.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Id of the indicator.
    pub of: Arc<str>,
    /// What its value is multiplied with; a number.
    pub weight: Value,
}

/// A share that tells how well institutions report. Months whose deadline has not passed do not
/// count for the first two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Share {
    /// 完整率: of the institution-months due, those that are in.
    Complete,
    /// 及时率: of the institution-months due, those that came in time.
    Timely,
    /// 错误率: of the rows received, those held apart because of an error.
    Errors,
}

/// How an institution's month of one dataset stands that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reported {
    /// In, and came in time.
    Timely,
    /// In, but came after the deadline.
    Late,
    /// Not in, and the deadline has passed.
    Missing,
    /// The deadline has not passed yet, whether it is in or not.
    Open,
}

/// A sum over the rows of an institution × month × department: the unit of the cube.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Text that is the same exactly for the same sum, so that shared parts are computed once.
    pub key: Arc<str>,
    /// The dataset whose rows are summed.
    pub dataset: Arc<str>,
    /// How an institution's months make up a longer period.
    pub over: Over,
    /// What is summed.
    pub of: Summand,
}

/// What a part sums.
#[derive(Debug, Clone, PartialEq)]
pub enum Summand {
    /// Over counted rows where every condition is true: `sum`, or 1 when there is none. Rows whose
    /// `sum` is not known do not count.
    Rows {
        /// Conditions, joined by and; shared between indicators.
        conditions: Vec<Expr>,
        /// Value to add; a number. `None` counts rows.
        sum: Option<Expr>,
        /// Whether the value is squared before it is added.
        squared: bool,
    },
    /// Over counted rows where every condition is true: how often each value occurs. Rows whose value
    /// is not known do not count.
    Values {
        /// Conditions, joined by and.
        conditions: Vec<Expr>,
        /// The value.
        value: Expr,
    },
    /// Over all rows received, those held apart included: rows that violate none of these checks;
    /// all rows when the list is empty.
    Quality {
        /// Check ids.
        without: Vec<Arc<str>>,
    },
}

impl Summand {
    /// Digits after the point of the sum's integer units.
    pub fn scale(&self) -> u8 {
        match self {
            Self::Rows { sum: Some(sum), squared, .. } => match sum.ty {
                Type::Number { scale, .. } if *squared => scale * 2,
                Type::Number { scale, .. } => scale,
                _ => 0,
            },
            _ => 0,
        }
    }

    /// What the numbers added or counted are amounts of; plain where rows are counted.
    pub fn quantity(&self) -> Quantity {
        match self {
            Self::Rows { sum: Some(value), .. } | Self::Values { value, .. } => value.ty.quantity(),
            _ => Quantity::Plain,
        }
    }

    /// All expressions in it.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let (conditions, value): (&[Expr], _) = match self {
            Self::Rows { conditions, sum, .. } => (conditions, sum.as_ref()),
            Self::Values { conditions, value } => (conditions, Some(value)),
            Self::Quality { .. } => (&[], None),
        };
        conditions.iter().chain(value)
    }

    /// The links that it asks for, each once.
    pub fn links(&self) -> BTreeSet<LinkIx> {
        let mut links = BTreeSet::new();
        for expr in self.exprs() {
            expr.walk(&mut |expr| {
                if let Node::Linked(link) = expr.node {
                    links.insert(link);
                }
            });
        }
        links
    }
}

/// A dated target for a class of institutions.
#[derive(Debug, Clone)]
pub struct Target {
    /// First day in force.
    pub from: NaiveDate,
    /// Last day in force, if it ended.
    pub to: Option<NaiveDate>,
    /// WS 218 categories it holds for, by prefix; empty for all.
    pub classes: Vec<String>,
    /// Levels it holds for, by prefix (`3` = 三级); empty for all.
    pub levels: Vec<String>,
    /// The least value that meets it, in the indicator's unit; of `at_least` and `between`.
    pub low: Option<Value>,
    /// The highest value that meets it; of `at_most` and `between`.
    pub high: Option<Value>,
    /// Document, article.
    pub source: String,
    /// The layer that sets it: index in [`crate::Pack::layers`], 0 for the lowest.
    pub layer: usize,
}

impl Indicator {
    /// The target in force for an institution's class and level on a day. The one that names the
    /// class wins over the one that names none; then the one that names the level; then the one of
    /// the higher layer; then the later.
    pub fn target(&self, on: NaiveDate, class: &str, level: &str) -> Option<&Target> {
        self.targets
            .iter()
            .filter(|t| t.from <= on && t.to.is_none_or(|to| on <= to))
            .filter(|t| fits(&t.classes, class) && fits(&t.levels, level))
            .max_by_key(|t| (!t.classes.is_empty(), !t.levels.is_empty(), t.layer, t.from))
    }

    /// The parts it is made of.
    pub fn parts(&self) -> Vec<&Part> {
        match &self.formula {
            Formula::Proportion { numerator, denominator, .. } | Formula::Ratio { numerator, denominator, .. } => {
                vec![numerator, denominator]
            }
            Formula::Mean { sum, count, squares } => vec![sum, count, squares],
            Formula::Total(part) | Formula::Quantile { values: part, .. } | Formula::Share { part, .. } => vec![part],
            Formula::Growth { .. } | Formula::Quotient { .. } | Formula::Composite { .. } | Formula::Reporting { .. } => {
                Vec::new()
            }
        }
    }
}

impl Formula {
    /// Whether it compares classes of institutions with each other: of one institution it says nothing.
    pub fn is_by_class(&self) -> bool {
        matches!(self, Self::Share { classes, levels, .. } if !classes.is_empty() || !levels.is_empty())
    }

    /// Whether it compares a unit with the whole region.
    pub fn is_of_region(&self) -> bool {
        matches!(self, Self::Share { .. }) && !self.is_by_class()
    }

    /// The indicators from whose values it is read; none for one that is measured itself.
    pub fn read_from(&self) -> Vec<&Arc<str>> {
        match self {
            Self::Growth { of } => vec![of],
            Self::Quotient { of, by, .. } => vec![of, by],
            Self::Composite { terms } => terms.iter().map(|term| &term.of).collect(),
            Self::Proportion { .. }
            | Self::Ratio { .. }
            | Self::Mean { .. }
            | Self::Total(_)
            | Self::Quantile { .. }
            | Self::Share { .. }
            | Self::Reporting { .. } => Vec::new(),
        }
    }

    /// The parts it is made of, to be changed while an indicator is put together.
    pub fn parts_mut(&mut self) -> Vec<&mut Part> {
        match self {
            Self::Proportion { numerator, denominator, .. } | Self::Ratio { numerator, denominator, .. } => {
                vec![numerator, denominator]
            }
            Self::Mean { sum, count, squares } => vec![sum, count, squares],
            Self::Total(part) | Self::Quantile { values: part, .. } | Self::Share { part, .. } => vec![part],
            Self::Growth { .. } | Self::Quotient { .. } | Self::Composite { .. } | Self::Reporting { .. } => Vec::new(),
        }
    }
}
