//! 区域人口与医保就诊月报: the authority's own, over all institutions.

use super::house::{around, part, residents, stream_of};
use crate::GenerateError;
use crate::events::{Effect, Effects};
use crate::form::{Form, Line};
use crate::region::{self, REGION};
use crate::reports::Sums;
use crate::sender::Region;

/// The lines of a month.
pub(super) fn lines(
    region: &Region<'_>,
    form: (usize, &Form),
    month: usize,
    sums: &Sums,
) -> Result<Vec<Line>, GenerateError> {
    let (number, form) = form;
    let effects = Effects::of(region.planted, &form.id, None, month);
    let mut random = stream_of(region.seed, number, 0xffff, month);
    let first: u32 = region::residents()?.values().sum();
    let population = residents(f64::from(first), month);
    let time = month as f64 / 24.0;
    let mut line = Line::default();
    line.set("REGION", REGION.0);
    line.set("MONTH", region.plan.month(month));
    line.set("POPULATION", population);
    line.set("POPULATION_60", part(population, 0.213 + 0.008 * time));
    line.set("INSURED", part(population, 0.957));
    let visits = around(&mut random, sums.visits, 0.87, 0.01);
    line.set("VISITS_INSIDE", visits);
    line.set("VISITS_OUTSIDE", around(&mut random, visits, 0.085, 0.04));
    // Of so many admissions, this share is outside the city.
    let outside = effects
        .amount(Effect::Outside)
        .unwrap_or(0.115 - 0.012 * time);
    let elsewhere = around(&mut random, sums.insured, outside / (1.0 - outside), 0.02);
    line.set("DISCHARGES_INSIDE", sums.insured);
    line.set("DISCHARGES_OUTSIDE", elsewhere);
    let mean = sums.insured_cost / sums.insured.max(1);
    line.money("FUND_INSIDE", part(sums.insured_cost, 0.63));
    line.money("FUND_OUTSIDE", part(elsewhere * mean, 0.97));
    line.set("VILLAGE_CLINICS", 412);
    line.set(
        "VILLAGE_CLINICS_SYSTEM",
        348 + (month as i64 * 5 / 2).min(60),
    );
    Ok(vec![line])
}
