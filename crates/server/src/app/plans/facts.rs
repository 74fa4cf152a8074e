//! What the data say of a plan's targets: month by month, once for each state of the data. How a
//! target stands on a day follows from these numbers alone.

use std::sync::Arc;

use chrono::NaiveDate;
use yizheng_casework::reporting::deadline;
use yizheng_lake::exact::Exact;
use yizheng_lake::measure::Unit;
use yizheng_lake::values::{By, Figure, Query};
use yizheng_pack::dataset::Over;
use yizheng_pack::indicator::{Formula, Indicator, Summand};
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::plan::judge::Bounds;
use yizheng_pack::plan::{Operator, Plan, PlanTarget};
use yizheng_pack::scope::Scope;

use crate::api::desk::Answer;
use crate::api::error::ApiError;
use crate::app::desk::thousands;
use crate::app::measuring::Measured;
use crate::app::region::Region;

/// Months before a plan that a forecast may rest on.
const BEFORE: i32 = 24;

/// What is measured for a plan: by item, by target.
#[derive(Debug, Default)]
pub struct Facts {
    items: Vec<Vec<TargetFacts>>,
}

/// What is measured for a target, or why nothing is.
#[derive(Debug)]
pub enum TargetFacts {
    /// Nothing; the reason.
    None(String),
    /// An indicator's numbers.
    Measured(Box<Measure>),
}

/// How an indicator's months make up a longer time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A rate or mean: months count by their denominators.
    Rate,
    /// A number that adds up over months.
    Count,
    /// A number or rate of a moment: the newest holds.
    Stock,
    /// None of these: the longer time is measured, but not forecast.
    Other,
}

/// An indicator's numbers for a target.
#[derive(Debug)]
pub struct Measure {
    /// The indicator.
    pub indicator: Arc<Indicator>,
    /// Between which values the target is met; `None` when people must judge.
    pub bounds: Option<Bounds>,
    /// How months make up a longer time.
    pub kind: Kind,
    /// The increase over the time before is meant, not the value.
    pub increase: bool,
    /// The region as a whole.
    pub whole: Series,
    /// Each institution that the target holds for; empty when it holds for the place as a whole.
    pub each: Vec<(String, Series)>,
    /// Whether it holds for each institution of a kind.
    pub for_each: bool,
}

/// Months in order, from before the plan to its end.
#[derive(Debug, Default)]
pub struct Series {
    /// The months.
    pub months: Vec<MonthFacts>,
}

/// A month of a series.
#[derive(Debug, Clone)]
pub struct MonthFacts {
    /// Which.
    pub month: Month,
    /// The last day on which its data may still come in time; it counts from the day after.
    pub closes: NaiveDate,
    /// The month's own value.
    pub value: Option<f64>,
    /// What the month weighs in a longer time.
    pub weight: f64,
    /// The value of the plan's time up to this month's end; `None` before the plan.
    pub so_far: Option<Value>,
    /// Whether the value so far may still change.
    pub provisional: bool,
    /// Why there is no value so far.
    pub reason: Option<String>,
}

/// A value with its print.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// In the indicator's unit.
    pub number: f64,
    /// With unit.
    pub display: String,
    /// What it is of.
    pub period: Period,
}

impl Facts {
    /// What is measured for a target of an item, by their places.
    pub fn of(&self, item: usize, target: usize) -> Option<&TargetFacts> {
        self.items.get(item)?.get(target)
    }

    /// Measures every target of a plan.
    pub(super) fn measure(region: &Region, measured: &Measured, plan: &Plan) -> Answer<Self> {
        let target = |target: &PlanTarget| TargetFacts::measure(region, measured, plan, target);
        let items = plan.items.iter().map(|item| item.targets.iter().map(target).collect::<Answer<Vec<_>>>());
        Ok(Self { items: items.collect::<Answer<_>>()? })
    }
}

/// The unit of a number that counts things: which word stands there does not matter.
const COUNTED: [&str; 19] =
    ["个", "家", "种", "名", "人", "人次", "例", "例次", "件", "次", "张", "所", "项", "支", "条", "台", "份", "户", "对"];

/// By what a target's number is multiplied to be in the indicator's unit; `None` when the two cannot
/// be compared.
fn factor(target: &PlanTarget, unit: &str) -> Option<f64> {
    if !target.per.is_empty() {
        // 每250张床1名 is 名/250张.
        let written = format!("{}/{}", target.unit, target.per);
        return (unit.contains('/') && (written.starts_with(unit) || unit.starts_with(&written))).then_some(1.0);
    }
    match (target.unit.as_str(), unit) {
        (one, other) if one == other => Some(1.0),
        ("", _) => Some(1.0),
        ("%", "‰") => Some(10.0),
        ("‰", "%") => Some(0.1),
        ("天", "日") | ("日", "天") => Some(1.0),
        (one, other) if COUNTED.contains(&one) && COUNTED.contains(&other) => Some(1.0),
        _ => None,
    }
}

impl TargetFacts {
    fn measure(region: &Region, measured: &Measured, plan: &Plan, target: &PlanTarget) -> Answer<Self> {
        let Some(id) = &target.indicator else {
            return Ok(Self::None(format!("平台目前没有能够衡量“{}”的指标", target.measures)));
        };
        let Some(indicator) = region.pack.indicators.get(id) else {
            return Ok(Self::None(format!("定义包中没有指标“{id}”")));
        };
        if !indicator.meta.status.runs() {
            return Ok(Self::None(format!("指标“{}”尚未启用：{}", indicator.meta.name, indicator.meta.limits)));
        }
        let Some(factor) = factor(target, &indicator.unit) else {
            let of = if target.per.is_empty() { target.unit.clone() } else { format!("每{}{}", target.per, target.unit) };
            return Ok(Self::None(format!(
                "目标值的单位（{of}）与指标“{}”的单位（{}）不能比较",
                indicator.meta.name, indicator.unit
            )));
        };
        let bounds = Bounds::of(target, indicator.direction, &indicator.unit, factor);
        if bounds.is_none() && target.operator == Operator::All {
            return Ok(Self::None(format!("“全部”不能与指标“{}”的单位（{}）比较", indicator.meta.name, indicator.unit)));
        }
        if !target.institutions.is_empty() {
            return Ok(Self::None("目标值只对指定的机构有效，平台还不能逐家对应".to_owned()));
        }
        let for_each = !target.classes.is_empty() || !target.levels.is_empty();
        let ask = Ask { region, measured, indicator, kind: kind(indicator), plan };
        let each = if for_each { ask.each(target)? } else { Vec::new() };
        Ok(Self::Measured(Box::new(Measure {
            indicator: indicator.clone(),
            bounds,
            kind: ask.kind,
            increase: target.operator == Operator::Increase,
            whole: ask.whole()?,
            each,
            for_each,
        })))
    }
}

fn kind(indicator: &Indicator) -> Kind {
    let parts = indicator.parts();
    let flows = parts.iter().filter(|part| part.over == Over::Sum).count();
    match &indicator.formula {
        Formula::Growth { .. } | Formula::Quotient { .. } | Formula::Composite { .. } => Kind::Other,
        // What is read from all values at once is no mean of its months.
        Formula::Quantile { .. } => Kind::Other,
        Formula::Total(part) if matches!(part.of, Summand::Values { .. }) => Kind::Other,
        Formula::Reporting { .. } | Formula::Share { .. } => Kind::Rate,
        _ if flows == 0 => Kind::Stock,
        Formula::Total(_) => Kind::Count,
        _ if flows == parts.len() => Kind::Rate,
        // A flow over a stock, such as visits per bed: no mean of its months.
        _ => Kind::Other,
    }
}

/// The datasets that an indicator needs.
fn datasets(region: &Region, indicator: &Indicator) -> Vec<Arc<str>> {
    match &indicator.formula {
        Formula::Reporting { datasets, .. } if datasets.is_empty() => {
            region.pack.datasets.iter().filter(|(_, dataset)| dataset.meta.status.runs()).map(|(id, _)| id.clone()).collect()
        }
        Formula::Reporting { datasets, .. } => datasets.clone(),
        _ => region.pack.datasets_of(indicator),
    }
}

/// The last day on which an indicator's data of a month may still come in time.
fn closes(region: &Region, indicator: &Indicator, month: Month) -> NaiveDate {
    let datasets = datasets(region, indicator);
    let dues = datasets.iter().filter_map(|id| region.pack.datasets.get(id)).map(|dataset| deadline(&dataset.due, month));
    dues.max().unwrap_or_else(|| month.end())
}

impl Region {
    /// The last day on which an indicator's data of a month may still come in time.
    pub(crate) fn closes(&self, indicator: &str, month: Month) -> Option<NaiveDate> {
        Some(closes(self, self.pack.indicators.get(indicator)?, month))
    }
}

struct Ask<'a> {
    region: &'a Region,
    measured: &'a Measured,
    indicator: &'a Arc<Indicator>,
    kind: Kind,
    plan: &'a Plan,
}

impl Ask<'_> {
    fn first(&self) -> Month {
        Month::of(self.plan.from)
    }

    fn last(&self) -> Month {
        Month::of(self.plan.to)
    }

    fn figures(&self, by: By, periods: &[Period]) -> Answer<Vec<Figure>> {
        let query = Query { indicators: &[self.indicator.meta.id.to_string()], periods, by, code: None, department: None };
        let whole = Scope::whole_region("plans");
        self.measured.cube.values(&query, &self.measured.register, &whole).map_err(ApiError::internal)
    }

    /// Each month's own figure, and the figure of the plan's time up to each of its months.
    fn periods(&self) -> (Vec<Period>, Vec<Period>) {
        let months = Period::range(self.first().plus(-BEFORE), self.last(), Grain::Month);
        let so_far = months.iter().filter_map(|month| Period::span(self.first(), month.first())).collect();
        (months, so_far)
    }

    fn whole(&self) -> Answer<Series> {
        let (months, so_far) = self.periods();
        let (months, so_far) = (self.figures(By::Region, &months)?, self.figures(By::Region, &so_far)?);
        Ok(self.series(&months.iter().collect::<Vec<_>>(), &so_far.iter().collect::<Vec<_>>()))
    }

    /// The institutions of the kinds and levels that the target names, as the register has them in
    /// the newest month of the plan that there are data of.
    fn each(&self, target: &PlanTarget) -> Answer<Vec<(String, Series)>> {
        let of = datasets(self.region, self.indicator);
        let newest = of.iter().filter_map(|dataset| self.measured.cube.months(dataset)).map(|(_, last)| last).min();
        let day = newest.map_or(self.last(), |newest| newest.min(self.last()));
        let fits = |list: &[String], code: &str| list.is_empty() || list.iter().any(|prefix| code.starts_with(prefix.as_str()));
        let meant = |code: &str| {
            let standing = self.measured.register.standing(code, day);
            standing.is_some_and(|of| fits(&target.classes, &of.class) && fits(&target.levels, &of.level))
        };
        let (months, so_far) = self.periods();
        let (months, so_far) = (self.figures(By::Institution, &months)?, self.figures(By::Institution, &so_far)?);
        let codes: std::collections::BTreeSet<&String> = months.iter().chain(&so_far).filter_map(institution).collect();
        Ok(codes
            .into_iter()
            .filter(|code| meant(code))
            .map(|code| {
                let mine = |figures: &'_ [Figure]| -> Vec<Figure> {
                    figures.iter().filter(|figure| institution(figure) == Some(code)).cloned().collect()
                };
                let (months, so_far) = (mine(&months), mine(&so_far));
                (code.clone(), self.series(&months.iter().collect::<Vec<_>>(), &so_far.iter().collect::<Vec<_>>()))
            })
            .collect())
    }

    fn series(&self, months: &[&Figure], so_far: &[&Figure]) -> Series {
        let all = Period::range(self.first().plus(-BEFORE), self.last(), Grain::Month);
        let of = |month: Month| months.iter().find(|figure| figure.period.first() == month);
        let rows = all.into_iter().map(Period::first).map(|month| {
            let figure = of(month);
            let own = figure.and_then(|figure| figure.value);
            let inside = month >= self.first();
            // Of a stock the newest holds; anything else is measured over the whole time.
            let long = match self.kind {
                Kind::Stock => figure,
                _ => so_far.iter().find(|figure| figure.period.last() == month),
            };
            let value = long.filter(|_| inside).and_then(|figure| Some(self.value(figure.value?, figure.period)));
            MonthFacts {
                month,
                closes: closes(self.region, self.indicator, month),
                value: own.map(Exact::to_f64),
                weight: figure.and_then(|figure| figure.denominator).map_or(0.0, Exact::to_f64),
                provisional: long.is_some_and(|figure| figure.provisional),
                reason: long.and_then(|figure| figure.not_measured.clone()),
                so_far: value,
            }
        });
        Series { months: rows.collect() }
    }

    fn value(&self, value: Exact, period: Period) -> Value {
        Value {
            number: value.to_f64(),
            display: format!("{}{}", thousands(&value.to_string()), self.indicator.unit),
            period,
        }
    }
}

fn institution(figure: &Figure) -> Option<&String> {
    match &figure.unit {
        Unit::Institution(code) => Some(code),
        _ => None,
    }
}

impl Measure {
    /// A number as the indicator prints it, without unit.
    pub fn plain(&self, number: f64) -> String {
        thousands(&format!("{number:.*}", usize::from(self.indicator.digits)))
    }

    /// A number as the indicator prints it.
    pub fn print(&self, number: f64) -> String {
        format!("{}{}", self.plain(number), self.indicator.unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yizheng_pack::plan::TargetKind;

    fn target(unit: &str, per: &str) -> PlanTarget {
        PlanTarget {
            measures: String::new(),
            subject: String::new(),
            operator: Operator::AtLeast,
            value: None,
            high: None,
            unit: unit.to_owned(),
            per: per.to_owned(),
            from: NaiveDate::default(),
            by: NaiveDate::default(),
            aspirational: false,
            quote: String::new(),
            indicator: None,
            classes: Vec::new(),
            levels: Vec::new(),
            institutions: Vec::new(),
            kind: TargetKind::Target,
        }
    }

    #[test]
    fn units_that_can_be_compared() {
        for (unit, per, indicator, expected) in [
            ("%", "", "%", Some(1.0)),
            ("%", "", "‰", Some(10.0)),
            ("‰", "", "%", Some(0.1)),
            ("种", "", "个", Some(1.0)),
            ("名", "250张床", "名/250张", Some(1.0)),
            ("名", "250张床", "名/250张床", Some(1.0)),
            ("名", "200张床", "名/250张", None),
            ("名", "250张床", "", None),
            ("%", "", "元", None),
            ("元", "", "万元", None),
        ] {
            assert_eq!(factor(&target(unit, per), indicator), expected, "{unit} {per} {indicator}");
        }
    }
}
