//! The reference for indicators: what a value is, computed from rows one by one.
//!
//! It knows nothing of files, slices, sums kept apart or columns. The cube computes the same from
//! partial sums; tests hold the two against each other, and `yizheng pack test` runs every case on
//! both.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::Pack;
use crate::dataset::{Over, Subject};
use crate::expr::Environment;
use crate::expr::reference::{IllTyped, Row, value};
use crate::indicator::{Formula, Indicator, Part, Reported, Share, Summand};
use crate::link::{Placed, linked};
use crate::period::{Month, Period};
use crate::types::Value;

/// An exact number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fraction {
    top: i128,
    /// Above 0.
    below: i128,
}

/// A row as it was sent, with what a value asks of it beside its cells.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Dataset's id.
    pub dataset: Arc<str>,
    /// Who sent it.
    pub institution: String,
    /// The month it counts in.
    pub month: Month,
    /// Pseudonym of its person.
    pub person: Option<String>,
    /// Its cells.
    pub row: Row,
    /// Whether it is held apart because of an error: counted only by indicators of quality.
    pub held: bool,
    /// The checks that it violates.
    pub violates: BTreeSet<String>,
}

/// How a month of a dataset that is due stands, for indicators of reporting.
#[derive(Debug, Clone)]
pub struct Due {
    /// Dataset's id.
    pub dataset: String,
    /// How it stands.
    pub standing: Reported,
    /// Rows received, those held apart included.
    pub rows: u64,
    /// Rows held apart.
    pub held: u64,
}

/// Everything that values are measured from.
pub struct Ground<'a> {
    /// The definitions.
    pub pack: &'a Pack,
    /// All rows, by institution, month and place in the file.
    pub rows: Vec<Sent>,
    /// What was sent, rows or not: dataset, institution, month.
    pub sent: BTreeSet<(Arc<str>, String, Month)>,
    /// What institutions owed.
    pub due: Vec<Due>,
    /// Whether an institution belongs to the unit in a month.
    pub within: &'a dyn Fn(&str, Month) -> bool,
    /// WS 218 category and level of an institution in a month.
    pub class: &'a dyn Fn(&str, Month) -> (String, String),
}

/// A value with what it is read from; `None` where there is none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// Above, in its own unit.
    pub numerator: Option<Fraction>,
    /// Below.
    pub denominator: Option<Fraction>,
    /// The value, not rounded.
    pub value: Option<Fraction>,
}

impl Fraction {
    /// `top / below`; `None` when `below` is 0 or a number does not fit.
    pub fn of(top: i128, below: i128) -> Option<Self> {
        if below == 0 {
            return None;
        }
        let (mut a, mut b) = (top.checked_abs()?, below.checked_abs()?);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let sign = below.signum();
        Some(Self { top: sign * top / a, below: below.checked_abs()? / a })
    }

    fn whole(number: i128) -> Self {
        Self { top: number, below: 1 }
    }

    fn units(units: i64, scale: u8) -> Option<Self> {
        Self::of(units.into(), 10_i128.checked_pow(scale.into())?)
    }

    fn plus(self, other: Self) -> Option<Self> {
        let left = self.top.checked_mul(other.below)?;
        Self::of(left.checked_add(other.top.checked_mul(self.below)?)?, self.below.checked_mul(other.below)?)
    }

    fn times(self, other: Self) -> Option<Self> {
        Self::of(self.top.checked_mul(other.top)?, self.below.checked_mul(other.below)?)
    }

    fn over(self, other: Self) -> Option<Self> {
        Self::of(self.top.checked_mul(other.below)?, self.below.checked_mul(other.top)?)
    }

    /// Printed with so many digits after the point, a half rounded away from 0.
    pub fn printed(self, digits: u8) -> Option<String> {
        let unit = 10_i128.checked_pow(digits.into())?;
        let doubled = self.top.checked_abs()?.checked_mul(unit)?.checked_mul(2)?;
        let rounded = doubled.checked_add(self.below)? / self.below.checked_mul(2)?;
        let sign = if self.top < 0 && rounded > 0 { "-" } else { "" };
        let (whole, rest) = (rounded / unit, rounded % unit);
        Some(match digits {
            0 => format!("{sign}{whole}"),
            _ => format!("{sign}{whole}.{rest:0width$}", width = usize::from(digits)),
        })
    }
}

/// What a part counts: the institution-month, and what each of its rows adds.
struct Counted {
    month: Month,
    institution: String,
    value: Value,
}

impl Ground<'_> {
    /// Measures an indicator over a period.
    ///
    /// # Errors
    /// When an expression is not one that the loader lets through.
    pub fn measure(&self, indicator: &Indicator, period: Period) -> Result<Answer, IllTyped> {
        let hundred = Fraction::whole(100);
        let value_of = |id: &Arc<str>, period| match self.pack.indicators.get(id) {
            Some(of) => self.measure(of, period).map(|answer| answer.value),
            None => Ok(None),
        };
        let quotient = |numerator: Option<Fraction>, denominator: Option<Fraction>, factor: i64| {
            let value = numerator.zip(denominator).and_then(|(top, below)| top.over(below));
            let value = value.and_then(|value| value.times(Fraction::whole(factor.into())));
            Answer { numerator, denominator, value }
        };
        Ok(match &indicator.formula {
            Formula::Proportion { numerator, denominator, factor } | Formula::Ratio { numerator, denominator, factor } => {
                let months = self.months(&[numerator, denominator], period)?;
                quotient(self.sum(numerator, &months)?, self.sum(denominator, &months)?, *factor)
            }
            Formula::Mean { sum, count, squares } => {
                let months = self.months(&[sum, count, squares], period)?;
                quotient(self.sum(sum, &months)?, self.sum(count, &months)?, 1)
            }
            Formula::Total(part) => {
                let total = self.sum(part, &self.months(&[part], period)?)?;
                Answer { numerator: total, denominator: None, value: total }
            }
            Formula::Quantile { values, percent } => {
                let months = self.months(&[values], period)?;
                if months.is_empty() {
                    return Ok(Answer::default());
                }
                let mut values: Vec<Value> = self.counted(values, &months)?.into_iter().map(|one| one.value).collect();
                values.sort();
                let count = Fraction::whole(values.len() as i128);
                Answer { numerator: None, denominator: Some(count), value: quantile(&values, *percent) }
            }
            Formula::Share { part, classes, levels, factor } => {
                let months = self.months(&[part], period)?;
                let fits = |list: &[String], code: &str| list.is_empty() || list.iter().any(|p| code.starts_with(p.as_str()));
                if indicator.formula.is_of_region() {
                    let region = Ground { within: &|_, _| true, rows: self.rows.clone(), sent: self.sent.clone(), due: Vec::new(), ..*self };
                    let all = region.months(&[part], period)?;
                    return Ok(quotient(self.sum(part, &months)?, region.sum(part, &all)?, *factor));
                }
                let above = months.iter().filter(|(institution, month)| {
                    let (class, level) = (self.class)(institution, *month);
                    fits(classes, &class) && fits(levels, &level)
                });
                let above: BTreeSet<(String, Month)> = above.cloned().collect();
                let top = if months.is_empty() { None } else { self.sum(part, &above)?.or(Some(Fraction::whole(0))) };
                quotient(top, self.sum(part, &months)?, *factor)
            }
            Formula::Growth { of } => {
                let (now, before) = (value_of(of, period)?, value_of(of, period.year_ago())?);
                let positive = before.filter(|before| before.top > 0);
                let grown = now.zip(positive).and_then(|(now, before)| {
                    now.over(before)?.plus(Fraction::whole(-1))?.times(hundred)
                });
                Answer { numerator: now, denominator: before, value: grown }
            }
            Formula::Quotient { of, by, factor } => quotient(value_of(of, period)?, value_of(by, period)?, *factor),
            Formula::Composite { terms } => {
                let mut sum = Some(Fraction::whole(0));
                for term in terms {
                    let weight = match term.weight {
                        Value::Number { units, scale } => Fraction::units(units, scale),
                        _ => None,
                    };
                    let value = value_of(&term.of, period)?;
                    sum = sum.zip(value).zip(weight).and_then(|((sum, value), weight)| sum.plus(value.times(weight)?));
                }
                Answer { numerator: None, denominator: None, value: sum }
            }
            Formula::Reporting { share, datasets, factor } => {
                let of = |due: &&Due| datasets.is_empty() || datasets.iter().any(|id| **id == *due.dataset);
                let (mut top, mut below) = (0, 0);
                for due in self.due.iter().filter(of) {
                    let closed = due.standing != Reported::Open;
                    let (adds, to) = match share {
                        Share::Complete => (u64::from(closed && due.standing != Reported::Missing), u64::from(closed)),
                        Share::Timely => (u64::from(due.standing == Reported::Timely), u64::from(closed)),
                        Share::Errors => (due.held, due.rows),
                    };
                    top += i128::from(adds);
                    below += i128::from(to);
                }
                quotient(Some(Fraction::whole(top)), Some(Fraction::whole(below)), *factor)
            }
        })
    }

    /// The institution-months from which all of these parts can be computed.
    fn months(&self, parts: &[&Part], period: Period) -> Result<BTreeSet<(String, Month)>, IllTyped> {
        let mut all: Option<BTreeSet<(String, Month)>> = None;
        let of_region = |part: &&Part| {
            self.pack.datasets.get(&part.dataset).is_some_and(|dataset| dataset.subject == Subject::Region)
        };
        // A region's report counts with whatever institutions sent in its month.
        let both = parts.iter().any(of_region) && !parts.iter().all(of_region);
        for part in parts {
            let mut of_part = BTreeSet::new();
            for (dataset, institution, month) in &self.sent {
                let here = *dataset == part.dataset && period.contains(month.start()) && (self.within)(institution, *month);
                if here && !(self.is_stock(part) && self.empty(dataset, institution, *month)) {
                    of_part.insert((institution.clone(), *month));
                }
            }
            all = Some(match all {
                None => of_part,
                Some(all) if both => {
                    let of = |set: &BTreeSet<(String, Month)>| set.iter().map(|(_, month)| *month).collect::<BTreeSet<_>>();
                    let months: BTreeSet<Month> = of(&all).intersection(&of(&of_part)).copied().collect();
                    all.union(&of_part).filter(|(_, month)| months.contains(month)).cloned().collect()
                }
                Some(all) => all.intersection(&of_part).cloned().collect(),
            });
        }
        Ok(all.unwrap_or_default())
    }

    fn is_stock(&self, part: &Part) -> bool {
        part.over != Over::Sum && matches!(part.of, Summand::Rows { sum: Some(_), .. })
    }

    fn empty(&self, dataset: &str, institution: &str, month: Month) -> bool {
        !self.rows.iter().any(|row| &*row.dataset == dataset && row.institution == institution && row.month == month && !row.held)
    }

    /// What a part adds up to; `None` when nothing was sent.
    fn sum(&self, part: &Part, months: &BTreeSet<(String, Month)>) -> Result<Option<Fraction>, IllTyped> {
        if months.is_empty() {
            return Ok(None);
        }
        let counted = self.counted(part, months)?;
        if let Summand::Values { .. } = part.of {
            let different: BTreeSet<Value> = counted.into_iter().map(|one| one.value).collect();
            return Ok(Some(Fraction::whole(different.len() as i128)));
        }
        let squared = matches!(part.of, Summand::Rows { squared: true, .. });
        let mut by_month: BTreeMap<(String, Month), Fraction> =
            months.iter().map(|place| (place.clone(), Fraction::whole(0))).collect();
        for one in counted {
            let number = match one.value {
                Value::Number { units, scale } => Fraction::units(units, scale),
                _ => Some(Fraction::whole(1)),
            };
            let number = number.and_then(|number| if squared { number.times(number) } else { Some(number) });
            let Some(sum) = by_month.get_mut(&(one.institution, one.month)) else { continue };
            match number.and_then(|number| sum.plus(number)) {
                Some(more) => *sum = more,
                None => return Ok(None),
            }
        }
        let mut of_institutions: BTreeMap<String, Vec<Fraction>> = BTreeMap::new();
        for ((institution, _), sum) in by_month {
            of_institutions.entry(institution).or_default().push(sum);
        }
        let mut total = Some(Fraction::whole(0));
        for months in of_institutions.into_values() {
            let last = months.last().copied();
            let number = months.len() as i128;
            let sum = months.into_iter().try_fold(Fraction::whole(0), Fraction::plus);
            let of_institution = match part.over {
                Over::Sum => sum,
                Over::Mean => sum.and_then(|sum| sum.over(Fraction::whole(number))),
                Over::Last => last,
            };
            total = total.zip(of_institution).and_then(|(total, more)| total.plus(more));
        }
        Ok(total)
    }

    /// The rows that a part counts.
    fn counted(&self, part: &Part, months: &BTreeSet<(String, Month)>) -> Result<Vec<Counted>, IllTyped> {
        let mut counted = Vec::new();
        let of_dataset: Vec<&Sent> =
            self.rows.iter().filter(|row| row.dataset == part.dataset && !row.held).collect();
        for sent in self.rows.iter().filter(|row| row.dataset == part.dataset) {
            if !months.contains(&(sent.institution.clone(), sent.month)) {
                continue;
            }
            let add = |counted: &mut Vec<Counted>, value: Value| {
                counted.push(Counted { month: sent.month, institution: sent.institution.clone(), value });
            };
            let environment = self.environment(sent.month);
            match &part.of {
                Summand::Quality { without } => {
                    if !without.iter().any(|check| sent.violates.contains(&**check)) {
                        add(&mut counted, Value::Bool(true));
                    }
                }
                _ if sent.held => {}
                of => {
                    let row = self.with_links(sent, &of_dataset, part)?;
                    let (conditions, number) = match of {
                        Summand::Rows { conditions, sum, .. } => (conditions, sum.as_ref()),
                        Summand::Values { conditions, value } => (conditions, Some(value)),
                        Summand::Quality { .. } => continue,
                    };
                    let mut holds = true;
                    for condition in conditions {
                        holds &= value(condition, &row, &environment)? == Value::Bool(true);
                    }
                    let number = number.map_or(Ok(Value::Bool(true)), |number| value(number, &row, &environment))?;
                    if holds && number != Value::Null {
                        add(&mut counted, number);
                    }
                }
            }
        }
        Ok(counted)
    }

    /// The parameters of a month's last day.
    fn environment(&self, month: Month) -> Environment {
        Environment::on(self.pack, month.end().pred_opt().unwrap_or(month.start()))
    }

    /// The row with what its links say, among all rows of its dataset.
    fn with_links(&self, sent: &Sent, all: &[&Sent], part: &Part) -> Result<Row, IllTyped> {
        let mut row = sent.row.clone();
        let asked = part.of.links();
        let Some(dataset) = self.pack.datasets.get(&sent.dataset).filter(|_| !asked.is_empty()) else { return Ok(row) };
        let environments: BTreeMap<Month, Environment> =
            all.iter().map(|other| (other.month, self.environment(other.month))).collect();
        let placed: Vec<Placed<'_>> = all
            .iter()
            .filter_map(|other| {
                Some(Placed {
                    row: &other.row,
                    person: other.person.as_deref(),
                    institution: &other.institution,
                    environment: environments.get(&other.month)?,
                })
            })
            .collect();
        let at = all.iter().position(|other| std::ptr::eq(*other, sent)).unwrap_or(usize::MAX);
        for link in &dataset.links {
            row.links.push(linked(link, &placed, at)?);
        }
        Ok(row)
    }
}

/// The value of the row at the share of `percent`; the mean of two where it falls between them.
fn quantile(sorted: &[Value], percent: u8) -> Option<Fraction> {
    let number = |value: &Value| match value {
        Value::Number { units, scale } => Fraction::units(*units, *scale),
        _ => None,
    };
    let share = sorted.len() * usize::from(percent);
    let up = sorted.get(share.div_ceil(100).max(1) - 1).and_then(number)?;
    if share > 0 && share.is_multiple_of(100)
        && let Some(next) = sorted.get(share / 100).and_then(number)
    {
        return up.plus(next)?.over(Fraction::whole(2));
    }
    Some(up)
}

impl Answer {
    /// Numerator, denominator and value as they are printed; a fraction among sums has two digits more
    /// than its part. `null` is none.
    pub fn printed(&self, indicator: &Indicator, pack: &Pack) -> [String; 3] {
        let none = || "null".to_owned();
        let scales = match &indicator.formula {
            Formula::Growth { of } => vec![pack.indicators.get(of).map(|of| of.digits); 2],
            formula if !formula.read_from().is_empty() => {
                formula.read_from().into_iter().map(|of| pack.indicators.get(of).map(|of| of.digits)).collect()
            }
            Formula::Quantile { .. } | Formula::Reporting { .. } => vec![Some(0); 2],
            Formula::Share { part, .. } => vec![Some(part.of.scale()); 2],
            _ => indicator.parts().iter().map(|part| Some(part.of.scale())).collect(),
        };
        let derived = !indicator.formula.read_from().is_empty();
        let print = |number: Option<Fraction>, at: usize| {
            let scale = scales.get(at).copied().flatten().unwrap_or(0);
            number.and_then(|number| {
                let whole = 10_i128.checked_pow(scale.into())?.checked_mul(number.top)? % number.below == 0;
                number.printed(if whole || derived { scale } else { scale + 2 })
            })
        };
        [
            print(self.numerator, 0).unwrap_or_else(none),
            print(self.denominator, 1).unwrap_or_else(none),
            self.value.and_then(|value| value.printed(indicator.digits)).unwrap_or_else(none),
        ]
    }
}
