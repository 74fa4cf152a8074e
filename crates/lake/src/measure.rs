//! From sums to one value: which institution-months it adds, and how the formula reads the sums.

use std::collections::BTreeSet;

use yizheng_pack::dataset::Dataset;
use yizheng_pack::indicator::{Formula, Indicator, Part, Summand};
use yizheng_pack::period::{Month, Period};
use yizheng_pack::scope::Scope;
use yizheng_stats::interval;

use crate::cube::{Cell, Cube};
use crate::exact::Exact;
use crate::register::Register;

/// What a value is summed over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// The whole region.
    Region,
    /// The institutions of an alliance (医联体), each month those that were in it.
    Alliance(String),
    /// One institution, by licence number.
    Institution(String),
    /// One department (科室) of an institution; the empty code is "not known".
    Department {
        /// Licence number.
        institution: String,
        /// Department's code.
        department: String,
    },
}

/// How a month of an institution stands for an indicator.
#[derive(Debug, Clone, Copy)]
pub(crate) enum State<'a> {
    /// Nothing has come.
    Missing,
    /// Rows have come, but the indicator cannot be computed from them.
    Gap(&'a str),
    /// It counts.
    Measured(&'a Cell),
}

/// An interval around a value, in the value's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// How it is computed.
    pub method: Method,
}

/// Confidence of all intervals: the customary 95 %.
pub const CONFIDENCE: f64 = 0.95;

/// How an interval is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Of a proportion.
    Wilson,
    /// Of a rate; exact for fewer than 10 events.
    Byar,
    /// Of a mean.
    StudentT,
}

impl Method {
    /// Its name as printed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wilson => "Wilson",
            Self::Byar => "Byar",
            Self::StudentT => "t",
        }
    }
}

/// An indicator measured over a unit and a period.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measured {
    pub numerator: Option<Exact>,
    pub denominator: Option<Exact>,
    /// The value, or why there is none.
    pub value: Result<Exact, String>,
    pub interval: Option<Interval>,
    pub reported: u32,
    pub due: u32,
    /// Institution-months whose rows cannot be used for the indicator.
    pub gaps: u32,
    /// The value needs a month that is not in.
    pub provisional: bool,
}

const NOT_REPORTED: &str = "本期没有收到报送";
const NO_CASES: &str = "分母为0，本期没有可计算的病例";
const TOO_LARGE: &str = "数值超出可计算的范围";
pub(crate) const OUT_OF_SCOPE: &str = "超出查看范围";
const NO_BASE: &str = "没有上年同期的数值，不能计算增长率";
const BASE_NOT_POSITIVE: &str = "上年同期的数值不大于0，不能计算增长率";

impl Measured {
    fn none(reason: String) -> Self {
        Self {
            numerator: None,
            denominator: None,
            value: Err(reason),
            interval: None,
            reported: 0,
            due: 0,
            gaps: 0,
            provisional: false,
        }
    }
}

/// Sums over the institution-months that count.
struct Summed {
    parts: Vec<i128>,
    measured: u32,
    reported: u32,
    due: u32,
    gaps: u32,
    first_gap: Option<String>,
    overflow: bool,
}

impl Cube {
    /// Measures an indicator over a unit and a period. Months of which nothing is there, or from
    /// which the indicator cannot be computed, leave numerator and denominator alike.
    pub(crate) fn measured(
        &self,
        indicator: &Indicator,
        unit: &Unit,
        period: Period,
        register: &Register,
        scope: &Scope,
    ) -> Measured {
        if !indicator.meta.status.runs() {
            return Measured::none(format!("指标尚未启用：{}", indicator.meta.limits));
        }
        if !self.sees(unit, indicator.dataset.as_deref().unwrap_or_default(), period, register, scope) {
            return Measured::none(OUT_OF_SCOPE.to_owned());
        }
        if let Formula::Growth { of } = &indicator.formula {
            return match self.indicator(of) {
                Some(of) => self.growth(indicator, of, unit, period, register, scope),
                None => Measured::none(format!("没有指标{of}")),
            };
        }
        let Some(places) = self.places(indicator) else {
            return Measured::none(format!("没有数据集{}", indicator.dataset.as_deref().unwrap_or_default()));
        };
        let summed = self.sum(indicator, &places, unit, period, register);
        let base = Measured {
            reported: summed.reported,
            due: summed.due,
            gaps: summed.gaps,
            provisional: summed.reported < summed.due || summed.gaps > 0,
            ..Measured::none(summed.first_gap.unwrap_or_else(|| NOT_REPORTED.to_owned()))
        };
        if summed.measured == 0 {
            return base;
        }
        match Reading::of(indicator, &summed.parts).filter(|_| !summed.overflow) {
            None => Measured { value: Err(TOO_LARGE.to_owned()), ..base },
            Some(reading) => Measured {
                value: reading.value.ok_or_else(|| NO_CASES.to_owned()),
                numerator: Some(reading.numerator),
                denominator: reading.denominator,
                interval: reading.interval,
                ..base
            },
        }
    }

    fn growth(
        &self,
        indicator: &Indicator,
        of: &Indicator,
        unit: &Unit,
        period: Period,
        register: &Register,
        scope: &Scope,
    ) -> Measured {
        // A growth of a growth would be no growth, and could go round in a circle.
        if matches!(of.formula, Formula::Growth { .. }) {
            return Measured::none(format!("指标{}本身是增长率", of.meta.id));
        }
        let now = self.measured(of, unit, period, register, scope);
        let before = self.measured(of, unit, period.year_ago(), register, scope);
        let value = match (&now.value, &before.value) {
            (Err(reason), _) => Err(reason.clone()),
            (_, Err(_)) => Err(NO_BASE.to_owned()),
            (Ok(_), Ok(before)) if before.signum() <= 0 => Err(BASE_NOT_POSITIVE.to_owned()),
            (Ok(now), Ok(before)) => percent_change(*now, *before)
                .map(|growth| growth.printed_with(indicator.digits))
                .ok_or_else(|| TOO_LARGE.to_owned()),
        };
        Measured {
            numerator: now.value.clone().ok(),
            denominator: before.value.clone().ok(),
            value,
            interval: None,
            provisional: now.provisional || before.provisional,
            ..now
        }
    }

    /// The places of an indicator's parts in a cell's sums.
    pub(crate) fn places(&self, indicator: &Indicator) -> Option<Vec<usize>> {
        let plan = self.definitions().plan(indicator.dataset.as_deref().unwrap_or_default())?;
        indicator.parts().into_iter().map(|part| plan.place(part)).collect()
    }

    fn sum(
        &self,
        indicator: &Indicator,
        places: &[usize],
        unit: &Unit,
        period: Period,
        register: &Register,
    ) -> Summed {
        let mut summed = Summed {
            parts: vec![0; places.len()],
            measured: 0,
            reported: 0,
            due: 0,
            gaps: 0,
            first_gap: None,
            overflow: false,
        };
        self.each_month(indicator, places, unit, period, register, &mut |institution, month, is_due, state| {
            summed.due += u32::from(is_due);
            match state {
                State::Missing => {}
                State::Gap(reason) => {
                    summed.gaps += 1;
                    summed.first_gap.get_or_insert_with(|| format!("{institution} {month}：{reason}"));
                }
                State::Measured(cell) => {
                    summed.measured += 1;
                    summed.reported += u32::from(is_due);
                    let sums = match unit {
                        Unit::Department { department, .. } => cell.slice.departments.get(department),
                        _ => Some(&cell.total),
                    };
                    for (sum, place) in summed.parts.iter_mut().zip(places) {
                        let of_cell = sums.and_then(|sums| sums.get(*place)).copied().unwrap_or_default();
                        match sum.checked_add(of_cell) {
                            Some(more) => *sum = more,
                            None => summed.overflow = true,
                        }
                    }
                }
            }
        });
        summed
    }

    /// Visits every month of every institution that belongs to a unit in a period, with whether it
    /// is due and how it stands for the parts at `places`.
    pub(crate) fn each_month<'a>(
        &'a self,
        indicator: &Indicator,
        places: &[usize],
        unit: &Unit,
        period: Period,
        register: &Register,
        visit: &mut dyn FnMut(&str, Month, bool, State<'a>),
    ) {
        let Some(plan) = self.definitions().plan(indicator.dataset.as_deref().unwrap_or_default()) else { return };
        for month in period.months() {
            for institution in self.members(unit, &plan.dataset, month, register) {
                let is_due = register.is_due(institution, month, &plan.dataset.due);
                let state = match self.cell(indicator.dataset.as_deref().unwrap_or_default(), institution, month) {
                    None => State::Missing,
                    Some(cell) => match places.iter().find_map(|place| cell.slice.lacking.get(place)) {
                        Some(reason) => State::Gap(reason),
                        None => State::Measured(cell),
                    },
                };
                visit(institution, month, is_due, state);
            }
        }
    }

    /// The institutions that a unit consists of in a month.
    pub(crate) fn members<'a>(
        &'a self,
        unit: &'a Unit,
        dataset: &Dataset,
        month: Month,
        register: &'a Register,
    ) -> BTreeSet<&'a str> {
        let registered = register.institutions.keys().map(String::as_str);
        match unit {
            Unit::Region => registered.chain(self.institutions(&dataset.meta.id)).collect(),
            Unit::Alliance(alliance) => {
                let of = |institution: &&str| {
                    let standing = register.standing(institution, month);
                    standing.is_some_and(|standing| standing.alliance.as_deref() == Some(alliance))
                };
                registered.filter(of).collect()
            }
            Unit::Institution(institution) | Unit::Department { institution, .. } => {
                BTreeSet::from([institution.as_str()])
            }
        }
    }

    /// Whether the scope allows every institution of the unit: a part of a region's sum must not
    /// pass for the whole.
    fn sees(&self, unit: &Unit, dataset: &str, period: Period, register: &Register, scope: &Scope) -> bool {
        let Some(plan) = self.definitions().plan(dataset) else { return true };
        let mut months = period.months();
        scope.filter().is_none()
            || months.all(|month| {
                let members = self.members(unit, &plan.dataset, month, register);
                members.into_iter().all(|institution| scope.allows(institution))
            })
    }
}

/// `100 × (now / before − 1)`.
pub(crate) fn percent_change(now: Exact, before: Exact) -> Option<Exact> {
    let hundred = Exact::decimal(100, 0)?;
    now.minus(before)?.over(before)?.times(hundred)
}

/// A formula read from its sums.
struct Reading {
    numerator: Exact,
    denominator: Option<Exact>,
    /// `None` when the denominator is 0.
    value: Option<Exact>,
    interval: Option<Interval>,
}

impl Reading {
    /// `sums` stand in the order of [`Indicator::parts`]. `None` when a number is beyond use.
    fn of(indicator: &Indicator, sums: &[i128]) -> Option<Self> {
        let reading = match (&indicator.formula, sums) {
            (Formula::Proportion { numerator, denominator, factor }, [top, below]) => {
                let quotient = Quotient::of(numerator, *top, denominator, *below, *factor)?;
                let interval = quotient.interval(Method::Wilson, *factor, || {
                    interval::proportion(u64::try_from(*top).ok()?, u64::try_from(*below).ok()?, CONFIDENCE).ok()
                });
                quotient.with(interval)
            }
            (Formula::Ratio { numerator, denominator, factor }, [top, below]) => {
                let quotient = Quotient::of(numerator, *top, denominator, *below, *factor)?;
                // Only counts of events have the spread of events; sums of money do not.
                let interval = match &numerator.of {
                    Summand::Rows { sum: None, .. } => quotient.interval(Method::Byar, *factor, || {
                        let exposure = Exact::decimal(*below, denominator.of.scale())?.to_f64();
                        interval::rate(u64::try_from(*top).ok()?, exposure, CONFIDENCE).ok()
                    }),
                    _ => None,
                };
                quotient.with(interval)
            }
            (Formula::Mean { sum, count, .. }, [top, below, squares]) => {
                let quotient = Quotient::of(sum, *top, count, *below, 1)?;
                let interval = quotient.interval(Method::StudentT, 1, || {
                    let count = u64::try_from(*below).ok()?;
                    let variance = variance(*below, *top, *squares, sum.of.scale())?;
                    interval::mean(count, quotient.value?.to_f64(), variance, CONFIDENCE).ok()
                });
                quotient.with(interval)
            }
            (Formula::Total(part), [total]) => {
                let total = Exact::decimal(*total, part.of.scale())?;
                Self { numerator: total, denominator: None, value: Some(total), interval: None }
            }
            _ => return None,
        };
        Some(Self { value: reading.value.map(|value| value.printed_with(indicator.digits)), ..reading })
    }
}

/// `factor × numerator / denominator`.
struct Quotient {
    numerator: Exact,
    denominator: Exact,
    value: Option<Exact>,
}

impl Quotient {
    fn of(numerator: &Part, top: i128, denominator: &Part, below: i128, factor: i64) -> Option<Self> {
        let numerator = Exact::decimal(top, numerator.of.scale())?;
        let denominator = Exact::decimal(below, denominator.of.scale())?;
        let value = match denominator.signum() {
            0 => None,
            _ => Some(numerator.over(denominator)?.times(Exact::decimal(i128::from(factor), 0)?)?),
        };
        Some(Self { numerator, denominator, value })
    }

    fn interval(
        &self,
        method: Method,
        factor: i64,
        compute: impl FnOnce() -> Option<interval::Interval>,
    ) -> Option<Interval> {
        self.value?;
        let interval::Interval { low, high } = compute()?.times(factor as f64);
        Some(Interval { low, high, method })
    }

    fn with(self, interval: Option<Interval>) -> Reading {
        Reading { numerator: self.numerator, denominator: Some(self.denominator), value: self.value, interval }
    }
}

/// Sample variance from exact sums in units of `10^-scale`; `None` for fewer than two values.
fn variance(count: i128, sum: i128, squares: i128, scale: u8) -> Option<f64> {
    if count < 2 {
        return None;
    }
    let top = count.checked_mul(squares)?.checked_sub(sum.checked_mul(sum)?)?;
    let below = count.checked_mul(count - 1)?;
    let units = 10_f64.powi(2 * i32::from(scale));
    Some(top as f64 / below as f64 / units)
}
