//! Which institution-months a value rests on: where both sides of an indicator are in, who was due,
//! and by what the months of a stock are divided.

use std::collections::{BTreeMap, BTreeSet};

use yizheng_pack::codelist::fits;
use yizheng_pack::dataset::{Dataset, Over, Subject};
use yizheng_pack::indicator::{Formula, Indicator, Part, Summand};
use yizheng_pack::period::{Month, Period};
use yizheng_pack::scope::Scope;

use crate::cube::{Cell, Cube};
use crate::exact::Exact;
use crate::measure::Unit;
use crate::register::Register;
use crate::slice::Plan;
use crate::spread::{self, Spread};

const NO_ROWS: &str = "本月报送中没有可计算的数据行";
const REGION_ONLY: &str = "本指标只按区域计算";
pub(crate) const NO_DEPARTMENTS: &str = "本指标不分科室计算";

/// How a month of an institution stands for an indicator.
#[derive(Debug, Clone, Copy)]
pub(crate) enum State<'a> {
    /// Nothing has come.
    Missing,
    /// Rows have come, but the indicator cannot be computed from them.
    Gap(&'a str),
    /// It counts.
    Measured,
}

/// Is told of every institution-month of the numerator's dataset, with whether it is due.
pub(crate) type Visit<'v> = dyn FnMut(&str, Month, bool, State<'_>) + 'v;

/// A dataset that an indicator reads; the numerator's comes first.
pub(crate) struct Side<'a> {
    plan: &'a Plan,
    /// Number of each part in [`Indicator::parts`], how its months are joined, and its place in a
    /// cell's sums.
    parts: Vec<(usize, Over, usize)>,
}

/// What an institution's month holds for one side.
enum Found<'a> {
    Missing,
    Gap(&'a str),
    Cell(&'a Cell),
}

/// What a value rests on.
pub(crate) struct Basis<'a> {
    /// What each part of the formula adds, in the order of [`Indicator::parts`].
    pub parts: Vec<Vec<Taken<'a>>>,
    /// A due month of the denominator's dataset is not in, which the numerator's months do not show.
    pub waiting: bool,
}

/// One file as far as one part adds it.
#[derive(Clone, Copy)]
pub(crate) struct Taken<'a> {
    pub cell: &'a Cell,
    /// Place of the part in the cell's sums.
    place: usize,
    /// Months that make the mean of a stock; 1 for anything else.
    pub by: i128,
}

/// A sum in units of its part's scale; a fraction where means of several months are in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Amount {
    top: i128,
    /// Above 0.
    below: i128,
}

impl Amount {
    pub const NOUGHT: Self = Self { top: 0, below: 1 };

    /// `units / by`.
    pub fn of(units: i128, by: i128) -> Self {
        Self { top: units, below: by }
    }

    /// `None` beyond 128 bits. Divisors are numbers of months, so the fraction stays small.
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.below == other.below {
            return Some(Self { top: self.top.checked_add(other.top)?, below: self.below });
        }
        let (mut a, mut b) = (self.below, other.below);
        while b != 0 {
            (a, b) = (b, a.checked_rem(b)?);
        }
        let below = self.below.checked_div(a)?.checked_mul(other.below)?;
        let left = self.top.checked_mul(below.checked_div(self.below)?)?;
        let right = other.top.checked_mul(below.checked_div(other.below)?)?;
        Some(Self { top: left.checked_add(right)?, below })
    }

    /// The sum itself where it is whole: always, but for means of a stock.
    pub fn whole(self) -> Option<i128> {
        (self.top.checked_rem(self.below)? == 0).then(|| self.top.checked_div(self.below))?
    }

    /// The number, printed with its scale's digits, and two more where it is a fraction.
    pub fn exact(self, scale: u8) -> Option<Exact> {
        let digits = if self.whole().is_some() { scale } else { scale.saturating_add(2) };
        Exact::new(self.top, self.below.checked_mul(10_i128.checked_pow(u32::from(scale))?)?, digits)
    }
}

/// What a part's files add up to within a unit; `None` beyond 128 bits.
pub(crate) fn amount(taken: &[Taken<'_>], unit: &Unit) -> Option<Amount> {
    let mut by_months: BTreeMap<i128, i128> = BTreeMap::new();
    for Taken { cell, place, by } in taken {
        let sums = match unit {
            Unit::Department { department, .. } => cell.slice.departments.get(department),
            _ => Some(&cell.total),
        };
        let sum = by_months.entry(*by).or_default();
        *sum = sum.checked_add(sums.and_then(|sums| sums.get(*place)).copied().unwrap_or_default())?;
    }
    by_months.into_iter().try_fold(Amount::NOUGHT, |all, (by, units)| all.plus(Amount::of(units, by)))
}

/// What a part comes to: its sum, or the number of different values.
pub(crate) fn amount_of(part: &Part, taken: &[Taken<'_>], unit: &Unit) -> Option<Amount> {
    match part.of {
        Summand::Values { .. } => Some(Amount::of(i128::try_from(spread_of(taken, unit).len()).ok()?, 1)),
        Summand::Rows { .. } | Summand::Quality { .. } => amount(taken, unit),
    }
}

/// How often each value of a part made of values occurs in its files within a unit.
pub(crate) fn spread_of(taken: &[Taken<'_>], unit: &Unit) -> Spread {
    let mut all = Spread::new();
    for Taken { cell, place, .. } in taken {
        let within = |name: &str| match unit {
            Unit::Department { department, .. } => department == name,
            _ => true,
        };
        for (_, by_place) in cell.slice.values.iter().filter(|(name, _)| within(name)) {
            if let Some(of) = by_place.get(place) {
                spread::add(&mut all, of);
            }
        }
    }
    all
}

/// The files that stand above in a share: those of the institutions of its classes and levels, as
/// they were in each month.
pub(crate) fn share_of<'a>(indicator: &Indicator, taken: &[Taken<'a>], register: &Register) -> Vec<Taken<'a>> {
    let Formula::Share { classes, levels, .. } = &indicator.formula else { return taken.to_vec() };
    let above = |taken: &&Taken<'a>| {
        let standing = register.standing(&taken.cell.entry.institution, taken.cell.entry.month);
        let (class, level) = standing.map_or(("", ""), |standing| (standing.class.as_str(), standing.level.as_str()));
        fits(classes, class) && fits(levels, level)
    };
    taken.iter().filter(above).copied().collect()
}

/// The files that a part takes of those that count (by month, then institution): of a stock each
/// institution's months make a mean, or its last one holds.
fn taken<'a>(cells: &[&'a Cell], over: Over, place: usize) -> Vec<Taken<'a>> {
    let all = |by: &dyn Fn(&Cell) -> i128| cells.iter().map(|cell| Taken { cell, place, by: by(cell) }).collect();
    match over {
        Over::Sum => all(&|_| 1),
        Over::Mean => {
            let mut months: BTreeMap<&str, i128> = BTreeMap::new();
            for cell in cells {
                *months.entry(&cell.entry.institution).or_default() += 1;
            }
            all(&|cell| months.get(cell.entry.institution.as_str()).copied().unwrap_or(1))
        }
        Over::Last => {
            let last: BTreeMap<&str, &'a Cell> =
                cells.iter().map(|cell| (cell.entry.institution.as_str(), *cell)).collect();
            last.into_values().map(|cell| Taken { cell, place, by: 1 }).collect()
        }
    }
}

impl Cube {
    /// The datasets that an indicator reads; `None` for one that is not made of parts.
    pub(crate) fn sides(&self, indicator: &Indicator) -> Option<Vec<Side<'_>>> {
        let mut sides: Vec<Side<'_>> = Vec::new();
        for (number, part) in indicator.parts().into_iter().enumerate() {
            let plan = self.definitions().plan(&part.dataset)?;
            let part_of = (number, part.over, plan.place(part)?);
            match sides.iter_mut().find(|side| side.plan.dataset.meta.id == part.dataset) {
                Some(side) => side.parts.push(part_of),
                None => sides.push(Side { plan, parts: vec![part_of] }),
            }
        }
        (!sides.is_empty()).then_some(sides)
    }

    /// The region's files below in a share of the region; `None` where the unit's own stand there.
    pub(crate) fn whole_of<'a>(
        &'a self,
        indicator: &Indicator,
        period: Period,
        register: &Register,
    ) -> Option<Vec<Taken<'a>>> {
        let sides = self.sides(indicator).filter(|_| indicator.formula.is_of_region())?;
        self.basis(&sides, &Unit::Region, period, register, &mut |_, _, _, _| {}).parts.into_iter().next()
    }

    /// Why an indicator has no value over such a unit at all.
    pub(crate) fn refused(sides: &[Side<'_>], unit: &Unit) -> Option<&'static str> {
        let datasets = || sides.iter().map(|side| &side.plan.dataset);
        if *unit != Unit::Region && datasets().any(|dataset| dataset.subject == Subject::Region) {
            return Some(REGION_ONLY);
        }
        let by_department = matches!(unit, Unit::Department { .. });
        (by_department && datasets().any(|dataset| dataset.department.is_none())).then_some(NO_DEPARTMENTS)
    }

    /// What a value rests on: the institution-months of which every side is in and can be measured.
    /// `visit` is told how each month of the numerator's dataset stands.
    pub(crate) fn basis<'a>(
        &'a self,
        sides: &[Side<'a>],
        unit: &Unit,
        period: Period,
        register: &Register,
        visit: &mut Visit<'_>,
    ) -> Basis<'a> {
        let mut counted: Vec<Vec<&'a Cell>> = vec![Vec::new(); sides.len()];
        let mut waiting = false;
        for month in period.months() {
            match sides {
                [above, below] if above.plan.dataset.subject != below.plan.dataset.subject => {
                    waiting |= self.region_month([above, below], unit, month, register, &mut counted, visit);
                }
                [above, rest @ ..] => {
                    for institution in self.members(unit, &above.plan.dataset, month, register) {
                        let is_due = is_due(&above.plan.dataset, institution, month, register);
                        let of = |reason: &str, visit: &mut Visit<'_>| visit(institution, month, is_due, State::Gap(reason));
                        let mut cells = match self.find(above, institution, month) {
                            Found::Missing => {
                                visit(institution, month, is_due, State::Missing);
                                continue;
                            }
                            Found::Gap(reason) => {
                                of(reason, visit);
                                continue;
                            }
                            Found::Cell(cell) => vec![cell],
                        };
                        let mut gap = None;
                        for side in rest {
                            match self.find(side, institution, month) {
                                Found::Missing => gap = Some(not_in(&side.plan.dataset)),
                                Found::Gap(reason) => gap = Some(reason.to_owned()),
                                Found::Cell(cell) => cells.push(cell),
                            }
                        }
                        match gap {
                            Some(reason) => of(&reason, visit),
                            None => {
                                visit(institution, month, is_due, State::Measured);
                                counted.iter_mut().zip(cells).for_each(|(counted, cell)| counted.push(cell));
                            }
                        }
                    }
                }
                [] => {}
            }
        }
        let mut parts: Vec<(usize, Vec<Taken<'a>>)> = Vec::new();
        for (side, cells) in sides.iter().zip(&counted) {
            parts.extend(side.parts.iter().map(|(number, over, place)| (*number, taken(cells, *over, *place))));
        }
        parts.sort_by_key(|(number, _)| *number);
        Basis { parts: parts.into_iter().map(|(_, taken)| taken).collect(), waiting }
    }

    /// One month of an indicator of which one side is the whole region's report: it counts when that
    /// is in and at least one institution's. Says whether a due institution below is not in.
    fn region_month<'a>(
        &'a self,
        [above, below]: [&Side<'a>; 2],
        unit: &Unit,
        month: Month,
        register: &Register,
        counted: &mut [Vec<&'a Cell>],
        visit: &mut Visit<'_>,
    ) -> bool {
        let (region, institutions) =
            if above.plan.dataset.subject == Subject::Region { (above, below) } else { (below, above) };
        let regions = self.find(region, &register.region, month);
        let mut cells = Vec::new();
        let mut waiting = false;
        for institution in self.members(unit, &institutions.plan.dataset, month, register) {
            let is_due = is_due(&institutions.plan.dataset, institution, month, register);
            let found = self.find(institutions, institution, month);
            waiting |= is_due && !matches!(found, Found::Cell(_));
            if let Found::Cell(cell) = found {
                cells.push(cell);
            }
            // Below, institutions are no months of the numerator.
            if std::ptr::eq(institutions, above) {
                match (&found, &regions) {
                    (Found::Missing, _) => visit(institution, month, is_due, State::Missing),
                    (Found::Gap(reason), _) | (_, Found::Gap(reason)) => {
                        visit(institution, month, is_due, State::Gap(reason));
                    }
                    (_, Found::Missing) => {
                        visit(institution, month, is_due, State::Gap(&not_in(&region.plan.dataset)));
                    }
                    (Found::Cell(_), Found::Cell(_)) => visit(institution, month, is_due, State::Measured),
                }
            }
        }
        if std::ptr::eq(region, above) {
            match &regions {
                Found::Missing => visit(&register.region, month, true, State::Missing),
                Found::Gap(reason) => visit(&register.region, month, true, State::Gap(reason)),
                Found::Cell(_) if cells.is_empty() => {
                    visit(&register.region, month, true, State::Gap(&not_in(&institutions.plan.dataset)));
                }
                Found::Cell(_) => visit(&register.region, month, true, State::Measured),
            }
        }
        if let (Found::Cell(cell), false, [of_above, of_below]) = (regions, cells.is_empty(), counted) {
            let (of_region, of_institutions) =
                if std::ptr::eq(region, above) { (of_above, of_below) } else { (of_below, of_above) };
            of_region.push(cell);
            of_institutions.extend(cells);
        }
        waiting
    }

    fn find<'a>(&'a self, side: &Side<'_>, institution: &str, month: Month) -> Found<'a> {
        match self.cell(&side.plan.dataset.meta.id, institution, month) {
            None => Found::Missing,
            Some(cell) => match side.parts.iter().find_map(|(_, _, place)| cell.slice.lacking.get(place)) {
                Some(reason) => Found::Gap(reason),
                // Nothing happened says nothing of what stands: no beds reported are not 0 beds.
                None if cell.entry.rows == 0 && side.parts.iter().any(|part| side.is_stock(part)) => Found::Gap(NO_ROWS),
                None => Found::Cell(cell),
            },
        }
    }

    /// Who sends a dataset within a unit in a month: its institutions, or the region itself.
    fn members<'a>(
        &'a self,
        unit: &'a Unit,
        dataset: &Dataset,
        month: Month,
        register: &'a Register,
    ) -> BTreeSet<&'a str> {
        match (dataset.subject, unit) {
            (Subject::Region, Unit::Region) => BTreeSet::from([register.region.as_str()]),
            (Subject::Region, _) => BTreeSet::new(),
            (Subject::Institution, _) => register.members(unit, month, self.institutions(&dataset.meta.id)),
        }
    }

    /// Whether the scope allows all that a value of the unit rests on: a part of a region's sum must
    /// not pass for the whole.
    pub(crate) fn sees(
        &self,
        sides: &[Side<'_>],
        unit: &Unit,
        period: Period,
        register: &Register,
        scope: &Scope,
    ) -> bool {
        scope.filter().is_none()
            || period.months().all(|month| {
                sides.iter().all(|side| {
                    let members = self.members(unit, &side.plan.dataset, month, register);
                    members.into_iter().all(|institution| scope.allows(institution))
                })
            })
    }
}

impl Side<'_> {
    fn is_stock(&self, (_, over, place): &(usize, Over, usize)) -> bool {
        let of = self.plan.parts.get(*place).map(|part| &part.of);
        *over != Over::Sum && matches!(of, Some(Summand::Rows { sum: Some(_), .. }))
    }
}

/// Whether a month of a dataset is due; the region owes its own report always.
fn is_due(dataset: &Dataset, institution: &str, month: Month, register: &Register) -> bool {
    dataset.subject == Subject::Region || register.is_due(institution, month, &dataset.due)
}

fn not_in(dataset: &Dataset) -> String {
    format!("同月没有收到{}", dataset.meta.name)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn fractions_of_months_add_exactly() {
        // 100/3 + 50/2 + 7 = 200/6 + 150/6 + 42/6 = 392/6 = 65.33…
        let sum = Amount::of(100, 3).plus(Amount::of(50, 2)).unwrap().plus(Amount::of(7, 1)).unwrap();
        assert_eq!(sum.exact(0), Exact::new(196, 3, 0));
        assert_eq!(sum.exact(0).unwrap().to_string(), "65.33");
        assert_eq!(sum.whole(), None);
        // 101/2 + 99/2 = 100.
        let whole = Amount::of(101, 2).plus(Amount::of(99, 2)).unwrap();
        assert_eq!((whole.whole(), whole.exact(0).unwrap().to_string()), (Some(100), "100".to_owned()));
        // 1.005 of money: half of 2.01.
        assert_eq!(Amount::of(201, 2).exact(2).unwrap().to_string(), "1.0050");
        assert!(Amount::of(i128::MAX, 1).plus(Amount::of(1, 1)).is_none());
        assert!(Amount::of(i128::MAX, 1).plus(Amount::of(1, 2)).is_none());
    }
}
