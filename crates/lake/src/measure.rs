//! From sums to one value: how the formula reads the sums of the institution-months that count.

use yizheng_pack::dataset::Dataset;
use yizheng_pack::indicator::{Formula, Indicator, Part, Reported, Share, Summand, Term};
use yizheng_pack::link::Across;
use yizheng_pack::period::{Month, Period};
use yizheng_pack::scope::Scope;
use yizheng_stats::interval;

use crate::basis::{Amount, NO_DEPARTMENTS, State, amount, amount_of, share_of, spread_of};
use crate::cube::Cube;
use crate::exact::Exact;
use crate::links;
use crate::register::{Register, Report};
use crate::spread::{self, Spread};

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
    /// The window after the period in which a link looks is not over: what is counted so far can
    /// only be compared with another period once it is.
    pub observing: bool,
}

const NOT_REPORTED: &str = "本期没有收到报送";
const NO_CASES: &str = "分母为0，本期没有可计算的数据";
const NO_DATASET: &str = "没有本指标所用的数据集";
const NOTHING_DUE: &str = "本期没有应报的数据";
const NOT_YET_DUE: &str = "本期报送期限未到";
const TOO_LARGE: &str = "数值超出可计算的范围";
pub(crate) const OUT_OF_SCOPE: &str = "超出查看范围";
const NO_BASE: &str = "没有上年同期的数值，不能计算增长率";
const NO_QUOTIENT: &str = "作除数的指标值为0，不能计算比值";
const BY_CLASS: &str = "本指标是各类机构之间的构成，不按单个机构计算";
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
            observing: false,
        }
    }
}

/// How the institution-months of a value stand.
#[derive(Default)]
struct Tally {
    measured: u32,
    reported: u32,
    due: u32,
    gaps: u32,
    first_gap: Option<String>,
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
        match &indicator.formula {
            Formula::Growth { of } => {
                let [now, before] = [period, period.year_ago()].map(|period| self.value_of(of, unit, period, register, scope));
                let value = growth(&now, &before);
                Measured::read_from(indicator, vec![now, before], value)
            }
            Formula::Quotient { of, by, factor } => {
                let [top, below] = [of, by].map(|of| self.value_of(of, unit, period, register, scope));
                let value = quotient(&top, &below, *factor);
                Measured::read_from(indicator, vec![top, below], value)
            }
            Formula::Composite { terms } => {
                let of: Vec<Measured> =
                    terms.iter().map(|term| self.value_of(&term.of, unit, period, register, scope)).collect();
                let value = weighted(terms, &of);
                Measured { numerator: None, denominator: None, ..Measured::read_from(indicator, of, value) }
            }
            Formula::Reporting { share, factor, .. } => {
                self.reporting(indicator, (*share, *factor), unit, period, register, scope)
            }
            _ => self.over_rows(indicator, unit, period, register, scope),
        }
    }

    /// An indicator that is made of parts.
    fn over_rows(
        &self,
        indicator: &Indicator,
        unit: &Unit,
        period: Period,
        register: &Register,
        scope: &Scope,
    ) -> Measured {
        let Some(sides) = self.sides(indicator) else { return Measured::none(NO_DATASET.to_owned()) };
        if let Some(reason) = Self::refused(&sides, unit) {
            return Measured::none(reason.to_owned());
        }
        if !self.sees(&sides, unit, period, register, scope) {
            return Measured::none(OUT_OF_SCOPE.to_owned());
        }
        let single = matches!(unit, Unit::Institution(_) | Unit::Department { .. });
        if single && indicator.formula.is_by_class() {
            return Measured::none(BY_CLASS.to_owned());
        }
        if indicator.formula.is_of_region() && !self.sees(&sides, &Unit::Region, period, register, scope) {
            return Measured::none(OUT_OF_SCOPE.to_owned());
        }
        let mut tally = Tally::default();
        let basis = self.basis(&sides, unit, period, register, &mut |institution, month, is_due, state| {
            tally.due += u32::from(is_due);
            match state {
                State::Missing => {}
                State::Gap(reason) => {
                    tally.gaps += 1;
                    tally.first_gap.get_or_insert_with(|| format!("{institution} {month}：{reason}"));
                }
                State::Measured => {
                    tally.measured += 1;
                    tally.reported += u32::from(is_due);
                }
            }
        });
        let observing = self.window_open(indicator, unit, period, register);
        let base = Measured {
            reported: tally.reported,
            due: tally.due,
            gaps: tally.gaps,
            provisional: tally.reported < tally.due || tally.gaps > 0 || basis.waiting || observing,
            observing,
            ..Measured::none(tally.first_gap.unwrap_or_else(|| NOT_REPORTED.to_owned()))
        };
        if tally.measured == 0 {
            return base;
        }
        let reading = match (&indicator.formula, basis.parts.as_slice()) {
            (Formula::Quantile { percent, .. }, [taken]) => {
                Some(Reading::quantile(indicator, &spread_of(taken, unit), *percent))
            }
            (Formula::Share { part, factor, .. }, [taken]) => {
                let whole = self.whole_of(indicator, period, register);
                let top = amount(&share_of(indicator, taken, register), unit);
                let below = match &whole {
                    Some(whole) => amount(whole, &Unit::Region),
                    None => amount(taken, unit),
                };
                top.zip(below).and_then(|(top, below)| {
                    let quotient = Quotient::of(part, top, part, below, *factor)?;
                    Some(quotient.with(None).printed_with(indicator.digits))
                })
            }
            (_, parts) => {
                let sums = indicator.parts().into_iter().zip(parts).map(|(part, taken)| amount_of(part, taken, unit));
                sums.collect::<Option<Vec<Amount>>>().and_then(|sums| Reading::of(indicator, &sums))
            }
        };
        match reading {
            None => Measured { value: Err(TOO_LARGE.to_owned()), ..base },
            Some(reading) => Measured {
                value: reading.value.ok_or_else(|| NO_CASES.to_owned()),
                numerator: reading.numerator,
                denominator: reading.denominator,
                interval: reading.interval.filter(|_| !observing),
                ..base
            },
        }
    }

    /// How well institutions report: of what they owed, or of the rows that came.
    fn reporting(
        &self,
        indicator: &Indicator,
        (share, factor): (Share, i64),
        unit: &Unit,
        period: Period,
        register: &Register,
        scope: &Scope,
    ) -> Measured {
        if matches!(unit, Unit::Department { .. }) {
            return Measured::none(NO_DEPARTMENTS.to_owned());
        }
        let (mut top, mut below, mut reported, mut due, mut open, mut hidden) = (0_i128, 0_i128, 0, 0, false, false);
        self.each_report(indicator, unit, period, register, &mut |institution, _, report| {
            hidden |= !scope.allows(institution);
            due += u32::from(report.due.is_some());
            reported += u32::from(matches!(report.due, Some(Reported::Timely | Reported::Late)));
            open |= report.due == Some(Reported::Open);
            let (adds, of) = report.share(share);
            top += i128::from(adds);
            below += i128::from(of);
        });
        let wide = matches!(unit, Unit::Region | Unit::Alliance(_));
        let all_seen = || {
            let mut members = period.months().flat_map(|month| register.members(unit, month, std::iter::empty()));
            members.all(|institution| scope.allows(institution))
        };
        if hidden || (wide && scope.filter().is_some() && !all_seen()) {
            return Measured::none(OUT_OF_SCOPE.to_owned());
        }
        let nothing = if open { NOT_YET_DUE } else { NOTHING_DUE };
        let base = Measured {
            reported,
            due,
            provisional: open || register.reporting_until().is_some_and(|until| until < period.last()),
            ..Measured::none(nothing.to_owned())
        };
        if due == 0 && below == 0 {
            return base;
        }
        let number = |units: i128| Exact::decimal(units, 0);
        let value = number(top)
            .zip(number(below))
            .and_then(|(top, below)| top.over(below)?.times(number(i128::from(factor))?))
            .map(|value| value.printed_with(indicator.digits));
        Measured {
            value: value.ok_or_else(|| nothing.to_owned()),
            numerator: number(top),
            denominator: number(below),
            ..base
        }
    }

    /// Visits what is known of the reports of a unit's institutions in a period, for each of the
    /// datasets that an indicator of reporting looks at.
    pub(crate) fn each_report(
        &self,
        indicator: &Indicator,
        unit: &Unit,
        period: Period,
        register: &Register,
        visit: &mut dyn FnMut(&str, Month, &Report),
    ) {
        let Formula::Reporting { datasets, .. } = &indicator.formula else { return };
        let running = |id: &str| self.definitions().pack().datasets.get(id).is_some_and(|of| of.meta.status.runs());
        let wanted = |id: &str| if datasets.is_empty() { running(id) } else { datasets.iter().any(|of| **of == *id) };
        for of_dataset in register.reporting.iter().filter(|(id, _)| wanted(id)).map(|(_, of)| of) {
            for month in period.months() {
                for institution in register.members(unit, month, of_dataset.keys().map(String::as_str)) {
                    if let Some(report) = of_dataset.get(institution).and_then(|months| months.get(&month)) {
                        visit(institution, month, report);
                    }
                }
            }
        }
    }

    /// The value of an indicator that another one is read from. One that is read from others itself
    /// could go round in a circle.
    fn value_of(&self, id: &str, unit: &Unit, period: Period, register: &Register, scope: &Scope) -> Measured {
        match self.indicator(id) {
            None => Measured::none(format!("没有指标{id}")),
            Some(of) if !of.formula.read_from().is_empty() => {
                Measured::none(format!("指标{id}本身由其他指标的数值算出"))
            }
            Some(of) => self.measured(of, unit, period, register, scope),
        }
    }

    /// Whether later months that a link looks at are not in: the window of this period's last rows is
    /// still open.
    fn window_open(&self, indicator: &Indicator, unit: &Unit, period: Period, register: &Register) -> bool {
        let last_day = period.last().end().pred_opt().unwrap_or(period.last().start());
        indicator.parts().into_iter().any(|part| {
            let Some(plan) = self.definitions().plan(&part.dataset) else { return false };
            let links = part.of.links();
            let mut links = links.iter().filter_map(|ix| plan.dataset.links.get(ix.0)).filter(|link| link.waits().is_some());
            links.any(|link| {
                let days = links::within(link, &self.definitions().environment(period.last()));
                let until = last_day.checked_add_signed(chrono::TimeDelta::days(days)).unwrap_or(last_day);
                let whole = Unit::Region;
                let unit = if link.across == Across::Region { &whole } else { unit };
                let window = std::iter::successors(Some(Month::of(period.last().end())), |month| Some(Month::of(month.end())));
                let mut window = window.take_while(|month| month.start() <= until);
                window.any(|month| self.is_awaited(&plan.dataset, unit, (period.last(), month), register))
            })
        })
    }

    /// Whether someone who sent `last`, or owes `month`, has not sent `month`.
    fn is_awaited(&self, dataset: &Dataset, unit: &Unit, (last, month): (Month, Month), register: &Register) -> bool {
        let members = register.members(unit, month, self.institutions(&dataset.meta.id));
        members.into_iter().any(|institution| {
            let sends = |month| self.cell(&dataset.meta.id, institution, month).is_some();
            !sends(month) && (sends(last) || register.is_due(institution, month, &dataset.due))
        })
    }
}

impl Measured {
    /// A value read from other indicators' values: the first two stand as numerator and denominator.
    fn read_from(indicator: &Indicator, of: Vec<Self>, value: Result<Exact, String>) -> Self {
        let value_at = |at: usize| of.get(at).and_then(|of| of.value.clone().ok());
        let (numerator, denominator) = (value_at(0), value_at(1));
        let [provisional, observing] = [|of: &Self| of.provisional, |of: &Self| of.observing].map(|says| of.iter().any(says));
        let first = of.into_iter().next().unwrap_or_else(|| Self::none(NO_DATASET.to_owned()));
        Self {
            numerator,
            denominator,
            value: value.map(|value| value.printed_with(indicator.digits)),
            interval: None,
            provisional,
            observing,
            ..first
        }
    }
}

/// What a value has grown by since a year before, in percent.
fn growth(now: &Measured, before: &Measured) -> Result<Exact, String> {
    match (&now.value, &before.value) {
        (Err(reason), _) => Err(reason.clone()),
        (_, Err(_)) => Err(NO_BASE.to_owned()),
        (Ok(_), Ok(before)) if before.signum() <= 0 => Err(BASE_NOT_POSITIVE.to_owned()),
        (Ok(now), Ok(before)) => percent_change(*now, *before).ok_or_else(|| TOO_LARGE.to_owned()),
    }
}

fn quotient(top: &Measured, below: &Measured, factor: i64) -> Result<Exact, String> {
    let (top, below) = (top.value.clone()?, below.value.clone()?);
    if below.signum() == 0 {
        return Err(NO_QUOTIENT.to_owned());
    }
    let factor = Exact::decimal(i128::from(factor), 0);
    factor.and_then(|factor| top.over(below)?.times(factor)).ok_or_else(|| TOO_LARGE.to_owned())
}

fn weighted(terms: &[Term], of: &[Measured]) -> Result<Exact, String> {
    let mut sum = Exact::decimal(0, 0);
    for (term, of) in terms.iter().zip(of) {
        let value = of.value.clone().map_err(|reason| format!("{}：{reason}", term.of))?;
        let add = |sum: Exact| sum.plus(value.times(Exact::of(&term.weight)?)?);
        sum = sum.and_then(add);
    }
    sum.ok_or_else(|| TOO_LARGE.to_owned())
}

/// `100 × (now / before − 1)`.
pub(crate) fn percent_change(now: Exact, before: Exact) -> Option<Exact> {
    let hundred = Exact::decimal(100, 0)?;
    now.minus(before)?.over(before)?.times(hundred)
}

/// A formula read from its sums.
struct Reading {
    /// `None` for a quantile, which has none.
    numerator: Option<Exact>,
    denominator: Option<Exact>,
    /// `None` when the denominator is 0.
    value: Option<Exact>,
    interval: Option<Interval>,
}

impl Reading {
    /// `sums` stand in the order of [`Indicator::parts`]. `None` when a number is beyond use.
    fn of(indicator: &Indicator, sums: &[Amount]) -> Option<Self> {
        let reading = match (&indicator.formula, sums) {
            (Formula::Proportion { numerator, denominator, factor }, [top, below]) => {
                let quotient = Quotient::of(numerator, *top, denominator, *below, *factor)?;
                let interval = quotient.interval(Method::Wilson, *factor, || {
                    let (top, below) = (u64::try_from(top.whole()?).ok()?, u64::try_from(below.whole()?).ok()?);
                    interval::proportion(top, below, CONFIDENCE).ok()
                });
                quotient.with(interval)
            }
            (Formula::Ratio { numerator, denominator, factor }, [top, below]) => {
                let quotient = Quotient::of(numerator, *top, denominator, *below, *factor)?;
                // Only counts of events have the spread of events; sums of money do not.
                let interval = match &numerator.of {
                    Summand::Rows { sum: None, .. } => quotient.interval(Method::Byar, *factor, || {
                        let exposure = below.exact(denominator.of.scale())?.to_f64();
                        interval::rate(u64::try_from(top.whole()?).ok()?, exposure, CONFIDENCE).ok()
                    }),
                    _ => None,
                };
                quotient.with(interval)
            }
            (Formula::Mean { sum, count, .. }, [top, below, squares]) => {
                let quotient = Quotient::of(sum, *top, count, *below, 1)?;
                let interval = quotient.interval(Method::StudentT, 1, || {
                    let (top, below, squares) = (top.whole()?, below.whole()?, squares.whole()?);
                    let variance = variance(below, top, squares, sum.of.scale())?;
                    interval::mean(u64::try_from(below).ok()?, quotient.value?.to_f64(), variance, CONFIDENCE).ok()
                });
                quotient.with(interval)
            }
            (Formula::Total(part), [total]) => {
                let total = total.exact(part.of.scale())?;
                Self { numerator: Some(total), denominator: None, value: Some(total), interval: None }
            }
            _ => return None,
        };
        Some(reading.printed_with(indicator.digits))
    }

    fn quantile(indicator: &Indicator, spread: &Spread, percent: u8) -> Self {
        let reading = Self {
            numerator: None,
            denominator: Exact::decimal(i128::from(spread::count(spread)), 0),
            value: spread::quantile(spread, percent),
            interval: None,
        };
        reading.printed_with(indicator.digits)
    }

    fn printed_with(self, digits: u8) -> Self {
        Self { value: self.value.map(|value| value.printed_with(digits)), ..self }
    }
}

/// `factor × numerator / denominator`.
struct Quotient {
    numerator: Exact,
    denominator: Exact,
    value: Option<Exact>,
}

impl Quotient {
    fn of(numerator: &Part, top: Amount, denominator: &Part, below: Amount, factor: i64) -> Option<Self> {
        let numerator = top.exact(numerator.of.scale())?;
        let denominator = below.exact(denominator.of.scale())?;
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
        Reading { numerator: Some(self.numerator), denominator: Some(self.denominator), value: self.value, interval }
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
