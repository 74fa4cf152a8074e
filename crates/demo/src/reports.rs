//! The monthly reports of the institutions and of the authority: filled in beside the front pages
//! of the same month, and sent as clerks send them - late now and then, with last month's numbers,
//! with a digit too many, or not at all.

use std::path::PathBuf;

use chrono::{NaiveDate, TimeDelta};

use crate::events::{Effect, Effects};
use crate::form::{Form, Habit, Line};
use crate::random::{Random, chance, one, whole};
use crate::region::{Institution, REGION};
use crate::sender::Region;
use crate::totals::Totals;
use crate::{Delivery, GenerateError, Mode};

mod house;
mod money;
mod regional;
mod stock;
mod use_of;
mod work;

use house::{Activity, House, stream_of};
use use_of::Drug;

/// What all reporters share.
pub(crate) struct Office {
    forms: Vec<Form>,
    drugs: Vec<Drug>,
    /// Residents that each institution serves, by its place.
    residents: Vec<u32>,
}

/// What the authority adds up over the institutions.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sums {
    pub visits: i64,
    pub insured: i64,
    /// Bills of the insured, in 分.
    pub insured_cost: i64,
}

impl Sums {
    pub(crate) fn add(&mut self, other: Self) {
        self.visits += other.visits;
        self.insured += other.insured;
        self.insured_cost += other.insured_cost;
    }
}

/// What one institution's reports were.
#[derive(Default)]
pub(crate) struct Reported {
    pub deliveries: Vec<Delivery>,
    /// By month.
    pub sums: Vec<Sums>,
}

/// One report in the making.
struct Page<'a> {
    house: &'a House<'a>,
    month: usize,
    totals: &'a Totals,
    activity: Activity,
    effects: Effects<'a>,
    random: Random,
}

impl Page<'_> {
    /// A line that says whose it is and of which month.
    fn line(&self) -> Line {
        let mut line = Line::default();
        line.set("ORG", self.house.institution.code());
        line.set("MONTH", self.house.calendar(self.month));
        line
    }
}

/// How often a clerk's report goes wrong, in a hundred.
const LATE: f64 = 0.035;
const MISSING_IN_THE_NEWEST: f64 = 0.05;
const SLIP: f64 = 0.007;
const PART_ABOVE_WHOLE: f64 = 0.006;
const COPIED: f64 = 0.004;
const WRONG_PERIOD: f64 = 0.004;

/// A part and the whole that it is of, by form.
const PARTS: [(&str, &str, &str); 5] = [
    ("resource_report", "BEDS_ICU", "BEDS_OPEN"),
    ("service_report", "OUTPATIENT", "VISITS"),
    ("finance_report", "INCOME_HERBAL", "INCOME_DRUG"),
    ("quality_report", "WARDS_QUALITY", "WARDS"),
    ("family_doctor_report", "CONTRACTS", "POPULATION"),
];

/// Numbers in which a slip of the finger happens, by form.
const SLIPS: [(&str, &[&str]); 7] = [
    ("resource_report", &["STAFF", "NURSES"]),
    ("service_report", &["VISITS", "BED_DAYS_OPEN", "DISCHARGES"]),
    ("finance_report", &["INCOME_MEDICAL", "COST_MEDICAL"]),
    ("quality_report", &["PRESCRIPTIONS", "INPATIENTS"]),
    ("antimicrobial_report", &["DDDS"]),
    ("blood_report", &["UNITS"]),
    ("family_doctor_report", &["POPULATION", "KEY_POPULATION"]),
];

impl Office {
    pub(crate) fn new(institutions: &[Institution]) -> Result<Self, GenerateError> {
        let areas = crate::region::residents()?;
        // Primary care serves its area's residents, by the size of the house.
        let beds = |institution: &Institution| institution.beds_in(0);
        let residents = institutions
            .iter()
            .map(|institution| {
                let area = areas.get(&institution.area).copied().unwrap_or(0);
                let of: u32 = institutions
                    .iter()
                    .filter(|other| other.is_primary() && other.area == institution.area)
                    .map(beds)
                    .sum();
                if institution.is_primary() && of > 0 {
                    (u64::from(area) * u64::from(beds(institution)) / u64::from(of)) as u32
                } else {
                    0
                }
            })
            .collect();
        Ok(Self {
            forms: crate::form::forms()?,
            drugs: use_of::drugs()?,
            residents,
        })
    }

    /// The place of a dataset among those of a day; front pages come first.
    pub(crate) fn place(&self, dataset: &str) -> Option<usize> {
        self.forms.iter().position(|form| form.id == dataset)
    }

    /// Makes every report of an institution. `totals` are its front pages', month by month.
    pub(crate) fn send(
        &self,
        region: &Region<'_>,
        at: usize,
        institution: &Institution,
        totals: &[Totals],
    ) -> Result<Reported, GenerateError> {
        let residents = self.residents.get(at).copied().unwrap_or(0);
        let house = House::new(region, at, institution, residents);
        let mut reported = Reported::default();
        let activities: Vec<Activity> = totals
            .iter()
            .enumerate()
            .map(|(month, totals)| house.activity(month, totals))
            .collect();
        for (activity, totals) in activities.iter().zip(totals) {
            reported.sums.push(Sums {
                visits: activity.visits(),
                insured: totals.insured,
                insured_cost: totals.insured_cost,
            });
        }
        for (number, form) in self.forms.iter().enumerate() {
            let mut reporter = Reporter {
                region,
                form,
                sender: (&institution.licence, &institution.key),
                habit: Habit::of(at, institution),
                before: None,
            };
            for (month, (totals, activity)) in totals.iter().zip(&activities).enumerate() {
                if !form.is_due(institution, month) {
                    continue;
                }
                let mut page = Page {
                    house: &house,
                    month,
                    totals,
                    activity: *activity,
                    effects: Effects::of(region.planted, &form.id, Some(at), month),
                    random: stream_of(region.seed, number + 1, at, month),
                };
                let lines = match form.id.as_str() {
                    "resource_report" => stock::resource(&mut page),
                    "service_report" => work::service(&mut page),
                    "finance_report" => money::finance(&mut page),
                    "quality_report" => work::quality(&mut page),
                    "antimicrobial_report" => use_of::antimicrobials(&mut page, &self.drugs),
                    "blood_report" => use_of::blood(&mut page),
                    _ => stock::family_doctor(&mut page),
                };
                let usual = 2 + (at as i64 * 5 + number as i64 * 3) % 6;
                let effects = page.effects;
                reporter.deliver(
                    month,
                    lines,
                    usual,
                    &effects,
                    &mut page.random,
                    &mut reported.deliveries,
                )?;
            }
        }
        Ok(reported)
    }

    /// Makes the authority's own reports from what the institutions' add up to.
    pub(crate) fn send_own(
        &self,
        region: &Region<'_>,
        sums: &[Sums],
    ) -> Result<Vec<Delivery>, GenerateError> {
        let mut deliveries = Vec::new();
        for (number, form) in self.forms.iter().enumerate() {
            if !form.is_regional() {
                continue;
            }
            let mut reporter = Reporter {
                region,
                form,
                sender: (REGION.0, "region"),
                habit: Habit::OFFICE,
                before: None,
            };
            for (month, sums) in sums.iter().enumerate() {
                let lines = regional::lines(region, (number + 1, form), month, sums)?;
                let effects = Effects::of(region.planted, &form.id, None, month);
                // The office is careful; only what is planted goes wrong.
                reporter.plain(month, lines, 11, &effects, &mut deliveries)?;
            }
        }
        Ok(deliveries)
    }
}

/// Sends one form of one institution, month by month.
struct Reporter<'a> {
    region: &'a Region<'a>,
    form: &'a Form,
    /// Licence number and key.
    sender: (&'a str, &'a str),
    habit: Habit,
    /// What was reported for the month before.
    before: Option<Vec<Line>>,
}

impl Reporter<'_> {
    /// Sends a month's report as a clerk does.
    fn deliver(
        &mut self,
        month: usize,
        lines: Vec<Line>,
        usual: i64,
        effects: &Effects<'_>,
        random: &mut Random,
        sent: &mut Vec<Delivery>,
    ) -> Result<(), GenerateError> {
        let before = self.before.replace(lines.clone());
        let day = self.day(month, usual + whole(random, 0, 1));
        // One draw for each, so that what is planted moves nothing else.
        let late = chance(random, LATE);
        let missing = chance(random, MISSING_IN_THE_NEWEST);
        let fault = self.fault(random);
        let (days, mended) = (whole(random, 3, 13), chance(random, 0.7));
        let newest = self.region.plan.months > 1 && month + 1 == self.region.plan.months;
        if effects.has(Effect::Missing) || (newest && missing) {
            return Ok(());
        }
        if lines.is_empty() {
            sent.push(self.delivery(None, month, day, "零报告"));
            return Ok(());
        }
        let planted = [
            Effect::PartAboveWhole,
            Effect::Copied,
            Effect::WrongPeriod,
            Effect::Slip,
        ]
        .into_iter()
        .find(|effect| effects.has(*effect));
        if let Some(wrong) = planted
            .or(fault)
            .and_then(|fault| self.spoiled(fault, &lines, before.as_deref(), month, random))
        {
            let (bad, note) = wrong;
            let path = self.write(month, "-1", &bad)?;
            sent.push(self.delivery(Some(path), month, day, note));
            // A planted wrong number stays; what is returned is mended, and most of the rest.
            let quiet = [Effect::Copied, Effect::Slip];
            let mended = match planted {
                Some(effect) => !quiet.contains(&effect),
                None => mended || fault == Some(Effect::WrongPeriod),
            };
            if mended {
                let path = self.write(month, "-2", &lines)?;
                let day = day + TimeDelta::days(days.min(6));
                sent.push(self.delivery(Some(path), month, day, "更正后重报"));
            }
            return Ok(());
        }
        let (day, note) = match effects.amount(Effect::Late) {
            Some(late) => (day + TimeDelta::days(late as i64), "迟报"),
            None if late => (day + TimeDelta::days(days), "迟报"),
            None => (day, ""),
        };
        let path = self.write(month, "", &lines)?;
        sent.push(self.delivery(Some(path), month, day, note));
        Ok(())
    }

    /// Sends a month's report on its day.
    fn plain(
        &mut self,
        month: usize,
        lines: Vec<Line>,
        usual: i64,
        effects: &Effects<'_>,
        sent: &mut Vec<Delivery>,
    ) -> Result<(), GenerateError> {
        if effects.has(Effect::Missing) {
            return Ok(());
        }
        let path = self.write(month, "", &lines)?;
        sent.push(self.delivery(Some(path), month, self.day(month, usual), ""));
        Ok(())
    }

    /// The carelessness of this month, if there is any.
    fn fault(&self, random: &mut Random) -> Option<Effect> {
        let at: f64 = rand::RngExt::random(random);
        let mut end = 0.0;
        [
            (Effect::Slip, SLIP),
            (Effect::PartAboveWhole, PART_ABOVE_WHOLE),
            (Effect::Copied, COPIED),
            (Effect::WrongPeriod, WRONG_PERIOD),
        ]
        .into_iter()
        .find_map(|(fault, share)| {
            end += share;
            (at < end).then_some(fault)
        })
    }

    /// The lines with a fault and what is said about it; `None` where the fault cannot be.
    fn spoiled(
        &self,
        fault: Effect,
        lines: &[Line],
        before: Option<&[Line]>,
        month: usize,
        random: &mut Random,
    ) -> Option<(Vec<Line>, &'static str)> {
        let mut lines = lines.to_vec();
        match fault {
            Effect::Copied => {
                let mut lines = before?.to_vec();
                for line in &mut lines {
                    line.set("MONTH", self.region.plan.month(month));
                }
                Some((lines, "误填上月数"))
            }
            Effect::WrongPeriod => Some((before?.to_vec(), "误报上月文件")),
            Effect::PartAboveWhole => {
                let (_, part, whole) = PARTS.iter().find(|(form, ..)| *form == self.form.id)?;
                let line = lines.first_mut()?;
                let above = line.number(whole) * 1.08 + 1.0;
                if line.get(part).is_empty() {
                    return None;
                }
                if line.get(part).contains('.') {
                    line.money(part, (above * 100.0).round() as i64);
                } else {
                    line.set(part, above.round());
                }
                Some((lines, "分项大于合计"))
            }
            Effect::Slip => {
                let (_, cells) = SLIPS.iter().find(|(form, _)| *form == self.form.id)?;
                let cell = *one(random, cells)?;
                let line = lines.first_mut()?;
                let number = line.number(cell);
                if number < 1.0 {
                    return None;
                }
                let text = match line.get(cell).split_once('.') {
                    Some((whole, rest)) => format!("{whole}0.{rest}"),
                    None => format!("{}0", line.get(cell)),
                };
                line.set(cell, text);
                Some((lines, "多录一位"))
            }
            _ => None,
        }
    }

    fn day(&self, month: usize, days: i64) -> NaiveDate {
        self.region.plan.month(month).end() + TimeDelta::days(days)
    }

    fn write(&self, month: usize, suffix: &str, lines: &[Line]) -> Result<PathBuf, GenerateError> {
        let period = self.region.plan.month(month).to_string();
        let path = self
            .region
            .folder
            .join(&period)
            .join("reports")
            .join(format!(
                "{}-{}-{period}{suffix}.{}",
                self.sender.1,
                self.form.id,
                self.habit.extension()
            ));
        crate::write(&path, &self.habit.file(self.form, lines)?)?;
        Ok(path)
    }

    fn delivery(
        &self,
        file: Option<PathBuf>,
        month: usize,
        sent_on: NaiveDate,
        note: &str,
    ) -> Delivery {
        Delivery {
            dataset: self.form.id.clone(),
            file,
            institution: self.sender.0.to_owned(),
            period: self.region.plan.month(month).to_string(),
            mode: Mode::Full,
            sent_on,
            note: note.to_owned(),
        }
    }
}
