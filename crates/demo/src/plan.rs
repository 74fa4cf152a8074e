//! What is settled before any file is written: how many leave each institution in each month, and
//! who is referred from one institution to another. Both ends of a referral read it from here, so
//! that institutions can be made side by side.

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, Weekday};
use yizheng_pack::period::Month;

use crate::catalogue::Catalogue;
use crate::events::{Effect, Effects, Planted};
use crate::person::{Person, Registry, SEQUENCE_PAIRS, birth_for};
use crate::random::{Random, chance, cumulative, log_normal, stream, triangular, weighted, whole};
use crate::region::Institution;
use yizheng_pack::identifiers::Sex;

/// Names of the streams that belong to no institution.
const COUNTS: u64 = u64::MAX;
const REFERRALS: u64 = u64::MAX - 1;

/// Sequence pairs of citizen numbers kept for people who are referred.
const REFERRED: u16 = 40;

/// A patient who leaves one institution for another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Referral {
    pub person: Person,
    pub from: usize,
    pub to: usize,
    pub diagnosis: usize,
    /// The stay at the sender.
    pub sent_in: NaiveDate,
    pub sent_out: NaiveDateTime,
    /// The stay at the receiver.
    pub received: NaiveDateTime,
    pub left: NaiveDateTime,
    /// Up to a hospital, or down to primary care?
    pub up: bool,
}

/// What is settled beforehand.
pub(crate) struct Plan {
    pub first: Month,
    pub months: usize,
    /// Discharges by institution and month.
    pub counts: Vec<Vec<usize>>,
    pub referrals: Vec<Referral>,
}

impl Plan {
    pub(crate) fn new(
        seed: u64,
        discharges: usize,
        first: Month,
        months: usize,
        catalogue: &Catalogue,
        institutions: &[Institution],
        planted: &[Planted],
    ) -> Self {
        let counts = counts(seed, discharges, first, months, institutions, planted);
        let mut plan = Self {
            first,
            months,
            counts,
            referrals: Vec::new(),
        };
        plan.referrals = plan.refer(seed, catalogue, institutions);
        plan
    }

    /// The month at this place.
    pub(crate) fn month(&self, at: usize) -> Month {
        self.first.plus(at as i32)
    }

    /// Discharges of an institution in a month.
    pub(crate) fn count(&self, institution: usize, month: usize) -> usize {
        self.counts
            .get(institution)
            .and_then(|counts| counts.get(month))
            .copied()
            .unwrap_or(0)
    }

    /// The range of sequence pairs that an institution's people have, by its share of discharges.
    pub(crate) fn pairs(&self, institution: usize) -> std::ops::Range<u16> {
        let total: usize = self.counts.iter().flatten().sum();
        let before: usize = self.counts.iter().take(institution).flatten().sum();
        let own: usize = self
            .counts
            .get(institution)
            .map_or(0, |counts| counts.iter().sum());
        // Two pairs for everyone, the rest by size.
        let rest = usize::from(SEQUENCE_PAIRS - REFERRED) - 2 * self.counts.len();
        let at = |sum: usize, others: usize| {
            usize::from(REFERRED) + 2 * others + sum * rest / total.max(1)
        };
        at(before, institution) as u16..at(before + own, institution + 1) as u16
    }

    /// Who is referred: from primary care and smaller hospitals up, and from hospitals down to
    /// primary care.
    fn refer(
        &self,
        seed: u64,
        catalogue: &Catalogue,
        institutions: &[Institution],
    ) -> Vec<Referral> {
        let mut random = stream(seed, REFERRALS);
        let mut registry = Registry::new(0..REFERRED);
        let mut referrals = Vec::new();
        let hospitals: Vec<usize> = (0..institutions.len())
            .filter(|at| {
                institutions
                    .get(*at)
                    .is_some_and(|i| i.tier >= 2 && i.volume >= 500.0 && !i.tcm)
            })
            .collect();
        let primary: Vec<usize> = (0..institutions.len())
            .filter(|at| institutions.get(*at).is_some_and(Institution::is_primary))
            .collect();
        for (from, sender) in institutions.iter().enumerate() {
            let (receivers, share, up) = match sender.tier {
                0 => (&hospitals, 0.03, true),
                1 => (&hospitals, 0.015, true),
                _ if sender.volume >= 300.0 => (&primary, 0.018, false),
                _ => continue,
            };
            let weights = cumulative(
                receivers
                    .iter()
                    .map(|at| institutions.get(*at).map_or(0.0, |i| i.volume)),
            );
            let mixes: Vec<Vec<f64>> = receivers
                .iter()
                .map(|at| mix(catalogue, institutions.get(*at), sender))
                .collect();
            for month in 0..self.months {
                let expected = self.count(from, month) as f64 * share;
                let number = expected as usize + usize::from(chance(&mut random, expected.fract()));
                for _ in 0..number {
                    let place = weighted(&mut random, &weights);
                    let (Some(to), Some(mix)) = (receivers.get(place), mixes.get(place)) else {
                        continue;
                    };
                    if *to == from || mix.last().is_none_or(|end| *end <= 0.0) {
                        continue;
                    }
                    let diagnosis = weighted(&mut random, mix);
                    referrals.extend(self.referral(
                        &mut random,
                        &mut registry,
                        catalogue,
                        (from, *to),
                        month,
                        diagnosis,
                        up,
                    ));
                }
            }
        }
        referrals
    }

    #[allow(clippy::too_many_arguments, reason = "one caller")]
    fn referral(
        &self,
        random: &mut Random,
        registry: &mut Registry,
        catalogue: &Catalogue,
        (from, to): (usize, usize),
        month: usize,
        diagnosis: usize,
        up: bool,
    ) -> Option<Referral> {
        let known = catalogue.diagnoses.get(diagnosis)?;
        let out = day_of(random, self.month(month));
        let days = if up {
            whole(random, 1, 4)
        } else {
            (known.stay * log_normal(random, 0.3)).round().max(2.0) as i64
        };
        let sent_in = out - TimeDelta::days(days);
        let age = triangular(random, known.age);
        let sex = known.sex.unwrap_or(if chance(random, 0.5) {
            Sex::Male
        } else {
            Sex::Female
        });
        let person = registry.person(random, sex, birth_for(age, sent_in), sent_in);
        let received = out.and_hms_opt(13, 0, 0)? + TimeDelta::minutes(whole(random, 0, 280));
        let stay = (known.stay * log_normal(random, 0.3))
            .round()
            .clamp(2.0, 60.0) as i64;
        let left = (out + TimeDelta::days(stay)).and_hms_opt(9, 0, 0)?
            + TimeDelta::minutes(whole(random, 0, 360));
        let sent_out = out.and_hms_opt(9, 0, 0)? + TimeDelta::minutes(whole(random, 0, 170));
        Some(Referral {
            person,
            from,
            to,
            diagnosis,
            sent_in,
            sent_out,
            received,
            left,
            up,
        })
    }
}

/// Weights of the diagnoses with which somebody goes from `sender` to `receiver`: both see them.
fn mix(catalogue: &Catalogue, receiver: Option<&Institution>, sender: &Institution) -> Vec<f64> {
    cumulative(catalogue.diagnoses.iter().map(|diagnosis| {
        let line = |institution: &Institution| {
            institution
                .lines
                .get(diagnosis.line)
                .copied()
                .unwrap_or(0.0)
        };
        let shared = receiver.map_or(0.0, line).min(line(sender)).min(1.0);
        let fit = diagnosis.tier == 1
            && diagnosis.newborns == 0
            && diagnosis.age.0 >= 1.0
            && diagnosis.stay >= 5.0;
        if fit { diagnosis.weight * shared } else { 0.0 }
    }))
}

/// A day of a month on which a patient may leave: fewer leave on Sundays.
pub(crate) fn day_of(random: &mut Random, month: Month) -> NaiveDate {
    let days = (month.end() - month.start()).num_days();
    loop {
        let day = month.start() + TimeDelta::days(whole(random, 0, days - 1));
        let kept = match day.weekday() {
            Weekday::Sun => 0.55,
            Weekday::Sat => 0.85,
            _ => 1.0,
        };
        if chance(random, kept) {
            return day;
        }
    }
}

/// Divides the discharges over institutions and months by volume, season, growth and chance, to the
/// last one. Everyone has at least one in every month, but for a planted month of nothing.
fn counts(
    seed: u64,
    discharges: usize,
    first: Month,
    months: usize,
    institutions: &[Institution],
    planted: &[Planted],
) -> Vec<Vec<usize>> {
    let mut random = stream(seed, COUNTS);
    let mut weights = Vec::new();
    for (at, institution) in institutions.iter().enumerate() {
        for month in 0..months {
            let season = match first.plus(month as i32).month() {
                1 => 1.06,
                2 => 0.88,
                3 | 12 => 1.05,
                7 | 8 => 1.03,
                9 | 10 => 0.96,
                _ => 1.0,
            };
            let growth = 1.0 + 0.0025 * month as f64;
            let nothing = Effects::new(planted, at, month).has(Effect::ZeroReport);
            weights.push(if nothing {
                0.0
            } else {
                institution.volume * season * growth * log_normal(&mut random, 0.045)
            });
        }
    }
    let working = weights.iter().filter(|weight| **weight > 0.0).count();
    let least = usize::from(discharges >= 2 * working);
    let shared = discharges - least * working;
    let total: f64 = weights.iter().sum();
    let exact: Vec<f64> = weights
        .iter()
        .map(|weight| weight / total * shared as f64)
        .collect();
    let mut counts: Vec<usize> = exact
        .iter()
        .zip(&weights)
        .map(|(exact, weight)| *exact as usize + if *weight > 0.0 { least } else { 0 })
        .collect();
    let mut order: Vec<usize> = (0..counts.len())
        .filter(|at| weights.get(*at).is_some_and(|weight| *weight > 0.0))
        .collect();
    let fraction = |at: &usize| exact.get(*at).map_or(0.0, |exact| exact.fract());
    order.sort_by(|a, b| fraction(b).total_cmp(&fraction(a)).then(a.cmp(b)));
    let missing = discharges - counts.iter().sum::<usize>();
    for at in order.into_iter().cycle().take(missing) {
        if let Some(count) = counts.get_mut(at) {
            *count += 1;
        }
    }
    counts
        .chunks(months.max(1))
        .map(<[usize]>::to_vec)
        .collect()
}
