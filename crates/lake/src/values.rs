//! Indicator values with everything a reader compares them with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use yizheng_pack::dataset::{Dataset, Subject};
use yizheng_pack::indicator::{Direction, Formula, Indicator, Target};
use yizheng_pack::period::Period;
use yizheng_pack::scope::Scope;

use crate::cube::Cube;
use crate::exact::Exact;
use crate::measure::{Interval, Measured, Unit, percent_change};
use crate::register::{Register, Standing};

/// By what values are broken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// One value for the region.
    Region,
    /// One for each alliance (医联体).
    Alliance,
    /// One for each institution.
    Institution,
    /// One for each department of each institution.
    Department,
}

/// Which values are wanted.
#[derive(Debug, Clone)]
pub struct Query<'a> {
    /// Indicator ids; all running ones when empty.
    pub indicators: &'a [String],
    /// Periods, in the order of the answer.
    pub periods: &'a [Period],
    /// Breakdown.
    pub by: By,
    /// Only this institution's, or with [`By::Alliance`] only this alliance's.
    pub code: Option<&'a str>,
    /// With [`By::Department`], only this department.
    pub department: Option<&'a str>,
}

/// A query that cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValuesError {
    /// No such indicator in the pack.
    #[error("there is no indicator `{0}`")]
    NoIndicator(String),
}

/// One indicator's value over a unit and a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Indicator's id.
    pub indicator: Arc<str>,
    /// What it is summed over.
    pub unit: Unit,
    /// The period.
    pub period: Period,
    /// Numerator; of a growth, this period's value. `None` when nothing was measured.
    pub numerator: Option<Exact>,
    /// Denominator; of a growth, the value of a year before. `None` too for a plain total.
    pub denominator: Option<Exact>,
    /// The value, in the indicator's unit; `None` is "not measured", never 0.
    pub value: Option<Exact>,
    /// How sure the value is, where the kind of indicator has an interval.
    pub interval: Option<Interval>,
    /// The target in force on the period's last day.
    pub target: Option<TargetInForce>,
    /// The value against the target.
    pub status: Status,
    /// The period before (环比).
    pub previous: Compared,
    /// The same period a year before (同比).
    pub year_ago: Compared,
    /// Place among institutions of the same level; only for institutions.
    pub rank: Option<Rank>,
    /// Due institution-months that are in and from which the indicator can be computed.
    pub reported: u32,
    /// Institution-months that are due.
    pub due: u32,
    /// Institution-months whose rows cannot be used for this indicator; the explanation says why.
    pub gaps: u32,
    /// The value may still change: a month that it needs is not in.
    pub provisional: bool,
    /// The window after the period in which a link looks is not over (观察期未满): the value is what
    /// was counted so far, and is neither judged nor compared nor ranked.
    pub observing: bool,
    /// Why there is no value, in plain Chinese.
    pub not_measured: Option<String>,
}

/// A value against its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// 达标
    Met,
    /// 未达标
    Missed,
    /// 无目标值
    NoTarget,
    /// 未测量
    NotMeasured,
    /// 观察期未满
    Observing,
}

impl Status {
    /// As the command line prints it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "missed",
            Self::NoTarget => "no_target",
            Self::NotMeasured => "not_measured",
            Self::Observing => "observing",
        }
    }
}

/// A target that holds for a value.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetInForce {
    /// The least value that meets it, in the indicator's unit; `None` when it only bounds above.
    pub low: Option<Exact>,
    /// The highest value that meets it; `None` when it only bounds below.
    pub high: Option<Exact>,
    /// Value less bound (目标差); of a range less the bound that it is beyond, 0 within. `None`
    /// without a value.
    pub gap: Option<Exact>,
    /// First day in force.
    pub from: NaiveDate,
    /// Last day in force, if it ends.
    pub to: Option<NaiveDate>,
    /// Categories it holds for, by prefix; empty for all.
    pub classes: Vec<String>,
    /// Levels it holds for, by prefix; empty for all.
    pub levels: Vec<String>,
    /// Document, article.
    pub source: String,
    /// The layer that sets it: index in [`yizheng_pack::Pack::layers`].
    pub layer: usize,
}

/// Another period's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// The other period.
    pub period: Period,
    /// Its value; `None` when not measured.
    pub value: Option<Exact>,
    /// From there to this period's value; `None` when either is missing or still observed, or the
    /// other is not above 0 where a relative change is asked.
    pub change: Option<Change>,
}

/// A change between two periods.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// Of a share: percentage points (个百分点).
    Points(Exact),
    /// Of anything else: relative, in per cent.
    Percent(Exact),
}

/// Place among institutions of the same level that have a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rank {
    /// Place from 1, best first; highest first where no side is better. Equal values share a place.
    pub place: u32,
    /// Of how many.
    pub of: u32,
    /// First digit of the level code: 1 一级, 2 二级, 3 三级.
    pub level: char,
}

/// A relative change prints with one digit: `3.4%`.
const CHANGE_DIGITS: u8 = 1;

impl Cube {
    /// The values of indicators, ordered by indicator, unit, period.
    ///
    /// Institutions outside the scope are left out; a region or an alliance of which the scope does
    /// not allow every institution is not measured, so that a part never passes for the whole.
    ///
    /// # Errors
    /// When an indicator is unknown.
    pub fn values(&self, query: &Query<'_>, register: &Register, scope: &Scope) -> Result<Vec<Figure>, ValuesError> {
        let mut figures = Vec::new();
        for indicator in self.asked(query.indicators)? {
            let mut ranked: BTreeMap<Period, Ranking> = BTreeMap::new();
            let mut of_indicator = Vec::new();
            for period in query.periods {
                for unit in self.units(indicator, *period, query, register, scope) {
                    let ranking = || self.ranking(indicator, &unit, *period, register, scope);
                    let ranking = ranked.entry(*period).or_insert_with(ranking);
                    let rank = ranking.of(&unit);
                    let mut figure = self.figure(indicator, unit, *period, register, scope);
                    figure.rank = rank;
                    of_indicator.push(figure);
                }
            }
            of_indicator.sort_by(|a, b| a.unit.cmp(&b.unit));
            figures.extend(of_indicator);
        }
        Ok(figures)
    }

    /// One indicator's values over one unit, in the order of `periods`, without ranks.
    ///
    /// # Errors
    /// When the indicator is unknown.
    pub fn series(
        &self,
        indicator: &str,
        unit: &Unit,
        periods: &[Period],
        register: &Register,
        scope: &Scope,
    ) -> Result<Vec<Figure>, ValuesError> {
        let found = self.indicator(indicator).ok_or_else(|| ValuesError::NoIndicator(indicator.to_owned()))?;
        Ok(periods.iter().map(|period| self.figure(found, unit.clone(), *period, register, scope)).collect())
    }

    fn asked(&self, ids: &[String]) -> Result<Vec<&Indicator>, ValuesError> {
        if ids.is_empty() {
            let running = self.definitions().pack().running_indicators();
            return Ok(running.map(|(_, indicator)| indicator.as_ref()).collect());
        }
        let find = |id: &String| {
            self.indicator(id).map(AsRef::as_ref).ok_or_else(|| ValuesError::NoIndicator(id.clone()))
        };
        ids.iter().map(find).collect()
    }

    /// One value with all that it is compared with, but for the rank.
    pub(crate) fn figure(
        &self,
        indicator: &Indicator,
        unit: Unit,
        period: Period,
        register: &Register,
        scope: &Scope,
    ) -> Figure {
        let of = |period: Period| self.measured(indicator, &unit, period, register, scope);
        let Measured { numerator, denominator, value, interval, reported, due, gaps, provisional, observing } =
            of(period);
        let (value, not_measured) = match value {
            Ok(value) => (Some(value), None),
            Err(reason) => (None, Some(reason)),
        };
        let target = in_force(indicator, &unit, period, register, value.filter(|_| !observing));
        let status = match (value, &target) {
            (None, _) => Status::NotMeasured,
            (_, None) => Status::NoTarget,
            _ if observing => Status::Observing,
            (Some(value), Some(target)) => {
                let met = within(value, target.low, target.high);
                if met { Status::Met } else { Status::Missed }
            }
        };
        let compared = |period: Period| {
            let other = of(period);
            let comparable = !observing && !other.observing;
            let other = other.value.ok();
            Compared { period, value: other, change: change(indicator, value, other).filter(|_| comparable) }
        };
        Figure {
            previous: compared(period.previous()),
            year_ago: compared(period.year_ago()),
            indicator: indicator.meta.id.clone(),
            unit,
            period,
            numerator,
            denominator,
            value,
            interval,
            target,
            status,
            rank: None,
            reported,
            due,
            gaps,
            provisional,
            observing,
            not_measured,
        }
    }

    /// The units that a query asks for in a period.
    fn units(
        &self,
        indicator: &Indicator,
        period: Period,
        query: &Query<'_>,
        register: &Register,
        scope: &Scope,
    ) -> Vec<Unit> {
        let wanted = |code: &str| query.code.is_none_or(|only| only == code);
        match query.by {
            By::Region => vec![Unit::Region],
            By::Alliance => {
                let versions = period.months().flat_map(|month| {
                    register.institutions.keys().filter_map(move |code| register.standing(code, month))
                });
                let alliances: BTreeSet<&String> = versions.filter_map(|standing| standing.alliance.as_ref()).collect();
                let alliances = alliances.into_iter().filter(|code| wanted(code));
                alliances.map(|code| Unit::Alliance(code.clone())).collect()
            }
            By::Institution => {
                let institutions = self.concerned(indicator, period, query.code, register, scope);
                institutions.into_iter().map(Unit::Institution).collect()
            }
            By::Department => {
                let institutions = self.concerned(indicator, period, query.code, register, scope).into_iter();
                let departments = institutions.flat_map(|institution| {
                    let of_period = self.departments(indicator, &institution, period);
                    let of_period = of_period.into_iter().filter(|code| query.department.is_none_or(|only| only == code));
                    of_period
                        .map(|department| Unit::Department { institution: institution.clone(), department })
                        .collect::<Vec<_>>()
                });
                departments.collect()
            }
        }
    }

    /// The institutions that are due or have reported in a period, or the one that is asked for.
    fn concerned(
        &self,
        indicator: &Indicator,
        period: Period,
        only: Option<&str>,
        register: &Register,
        scope: &Scope,
    ) -> Vec<String> {
        let mut all: BTreeSet<String> = BTreeSet::new();
        if let Some(only) = only {
            all.insert(only.to_owned());
        } else if let Formula::Reporting { .. } = indicator.formula {
            self.each_report(indicator, &Unit::Region, period, register, &mut |institution, _, _| {
                // The region's own reports are nobody's among its institutions.
                if institution != register.region {
                    all.insert(institution.to_owned());
                }
            });
        } else if let Some(dataset) = self.listed_by(indicator) {
            let concerned = |institution: &&str| {
                period.months().any(|month| {
                    self.cell(&dataset.meta.id, institution, month).is_some()
                        || register.is_due(institution, month, &dataset.due)
                })
            };
            let known = register.institutions.keys().map(String::as_str).chain(self.institutions(&dataset.meta.id));
            all.extend(known.filter(concerned).map(str::to_owned));
        }
        all.into_iter().filter(|institution| scope.allows(institution)).collect()
    }

    /// The dataset by whose senders an indicator's values are listed: none where they exist for the
    /// region only.
    fn listed_by(&self, indicator: &Indicator) -> Option<&Dataset> {
        let indicator = match indicator.formula.read_from().first() {
            Some(of) => self.indicator(of)?,
            None => indicator,
        };
        if indicator.formula.is_by_class() {
            return None;
        }
        let mut datasets = indicator.parts().into_iter().map(|part| self.definitions().pack().datasets.get(&part.dataset));
        if datasets.clone().flatten().any(|dataset| dataset.subject == Subject::Region) {
            return None;
        }
        datasets.next()?.map(AsRef::as_ref)
    }

    fn departments(&self, indicator: &Indicator, institution: &str, period: Period) -> BTreeSet<String> {
        let Some(dataset) = self.listed_by(indicator).filter(|dataset| dataset.department.is_some()) else {
            return BTreeSet::new();
        };
        let cells = period.months().filter_map(|month| self.cell(&dataset.meta.id, institution, month));
        cells.flat_map(|cell| cell.slice.departments.keys().cloned()).collect()
    }

    /// The places of all institutions, level by level; none when the unit is no institution, and none for levels of which the scope does not
    /// allow every institution, as a place among some would be misread.
    pub(crate) fn ranking(
        &self,
        indicator: &Indicator,
        unit: &Unit,
        period: Period,
        register: &Register,
        scope: &Scope,
    ) -> Ranking {
        if !matches!(unit, Unit::Institution(_)) {
            return Ranking(BTreeMap::new());
        }
        let mut values: BTreeMap<char, Vec<(String, Exact)>> = BTreeMap::new();
        let mut hidden: BTreeSet<char> = BTreeSet::new();
        for institution in register.institutions.keys() {
            let Some(level) = level(register.standing(institution, period.last())) else { continue };
            if !scope.allows(institution) {
                hidden.insert(level);
                continue;
            }
            let unit = Unit::Institution(institution.clone());
            let measured = self.measured(indicator, &unit, period, register, scope);
            if let Ok(value) = measured.value
                && !measured.observing
            {
                values.entry(level).or_default().push((institution.clone(), value));
            }
        }
        let mut ranks = BTreeMap::new();
        for (level, values) in values.iter().filter(|(level, _)| !hidden.contains(level)) {
            for (institution, value) in values {
                let better = |other: &Exact| match indicator.direction {
                    Direction::Down => other < value,
                    Direction::Up | Direction::Range | Direction::Watch => other > value,
                };
                let place = values.iter().filter(|(_, other)| better(other)).count() as u32 + 1;
                ranks.insert(institution.clone(), Rank { place, of: values.len() as u32, level: *level });
            }
        }
        Ranking(ranks)
    }
}

/// The places of institutions, by licence number.
pub(crate) struct Ranking(BTreeMap<String, Rank>);

impl Ranking {
    pub fn of(&self, unit: &Unit) -> Option<Rank> {
        match unit {
            Unit::Institution(institution) => self.0.get(institution).cloned(),
            _ => None,
        }
    }
}

fn level(standing: Option<&Standing>) -> Option<char> {
    standing?.level.chars().next()
}

fn within(value: Exact, low: Option<Exact>, high: Option<Exact>) -> bool {
    low.is_none_or(|low| value >= low) && high.is_none_or(|high| value <= high)
}

/// Whether a value meets a target as it is defined; `None` when a bound is no number.
pub fn meets(value: Exact, target: &Target) -> Option<bool> {
    let bound = |bound: &Option<yizheng_pack::types::Value>| bound.as_ref().map(|value| Exact::of(value).ok_or(())).transpose();
    Some(within(value, bound(&target.low).ok()?, bound(&target.high).ok()?))
}

/// The target for a unit. Of institutions and their departments the class and level in the period's
/// last month decide; wider units have only targets that name neither.
fn in_force(
    indicator: &Indicator,
    unit: &Unit,
    period: Period,
    register: &Register,
    value: Option<Exact>,
) -> Option<TargetInForce> {
    let standing = match unit {
        Unit::Institution(institution) | Unit::Department { institution, .. } => {
            register.standing(institution, period.last())
        }
        Unit::Region | Unit::Alliance(_) => None,
    };
    let (class, level) = standing.map_or(("", ""), |standing| (standing.class.as_str(), standing.level.as_str()));
    let last = period.end().pred_opt()?;
    let Target { from, to, classes, levels, low, high, source, layer } = indicator.target(last, class, level)?;
    let bound = |bound: &Option<_>| bound.as_ref().and_then(Exact::of);
    let (low, high) = (bound(low), bound(high));
    let gap = |value: Exact| match (low, high) {
        (Some(low), Some(high)) if low <= value && value <= high => value.minus(value),
        (Some(low), Some(high)) => value.minus(if value < low { low } else { high }),
        (low, high) => value.minus(low.or(high)?),
    };
    Some(TargetInForce {
        low,
        high,
        gap: value.and_then(gap),
        from: *from,
        to: *to,
        classes: classes.clone(),
        levels: levels.clone(),
        source: source.clone(),
        layer: *layer,
    })
}

fn change(indicator: &Indicator, value: Option<Exact>, other: Option<Exact>) -> Option<Change> {
    let (value, other) = (value?, other?);
    let share = matches!(indicator.formula, Formula::Proportion { .. } | Formula::Growth { .. } | Formula::Share { .. } | Formula::Reporting { .. })
        || ["%", "‰"].contains(&indicator.unit.as_str());
    if share {
        return Some(Change::Points(value.minus(other)?));
    }
    if other.signum() <= 0 {
        return None;
    }
    Some(Change::Percent(percent_change(value, other)?.printed_with(CHANGE_DIGITS)))
}
