//! One institution through the months: who lies where and from when to when. The details of each
//! page follow later, from the visits made here.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use yizheng_pack::identifiers::Sex;

use crate::catalogue::{Catalogue, Diagnosis};
use crate::events::{Effect, Effects};
use crate::person::{Person, Registry, birth_for, full_years};
use crate::plan::{Plan, day_of};
use crate::random::{Random, chance, cumulative, log_normal, one, triangular, weighted, whole};
use crate::region::Institution;

/// How the patient leaves (RC019).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// 1 医嘱离院
    Home,
    /// 2 医嘱转院, to an institution of the region or to one outside.
    Transfer(Option<usize>),
    /// 3 医嘱转社区
    ToPrimary(usize),
    /// 4 非医嘱离院
    AgainstAdvice,
    /// 5 死亡
    Died,
    /// 9 其他
    Other,
}

/// How the patient came (RC026).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// 1 急诊
    Emergency,
    /// 2 门诊
    Outpatient,
    /// 3 其他医疗机构转入
    Referred,
}

/// A stay.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visit {
    /// Place in the list of patients.
    pub patient: usize,
    pub admission: NaiveDateTime,
    pub discharge: NaiveDateTime,
    pub diagnosis: usize,
    /// Main operation.
    pub operation: Option<usize>,
    pub day_surgery: bool,
    pub route: Route,
    pub outcome: Outcome,
    /// Is the patient expected back?
    pub planned: bool,
}

/// A patient of the institution.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patient {
    pub person: Person,
    /// Number of the record (病案号) within the institution, 0 until the first page is written.
    pub record: u32,
    /// Stays so far (住院次数).
    pub visits: u32,
    last_out: NaiveDateTime,
    diagnosis: usize,
}

/// An institution at work.
pub(crate) struct Ward<'a> {
    at: usize,
    institution: &'a Institution,
    catalogue: &'a Catalogue,
    plan: &'a Plan,
    registry: Registry,
    pub patients: Vec<Patient>,
    /// Patients who left in the month before, alive and for home.
    recent: Vec<usize>,
    /// Patients expected back, and from when.
    expected: Vec<(usize, NaiveDate)>,
}

/// Lines whose patients come back on a plan.
fn comes_back(diagnosis: &Diagnosis) -> bool {
    diagnosis.code.starts_with("Z51") || diagnosis.code.starts_with("N18")
}

impl<'a> Ward<'a> {
    pub(crate) fn new(
        at: usize,
        institution: &'a Institution,
        catalogue: &'a Catalogue,
        plan: &'a Plan,
    ) -> Self {
        let registry = Registry::new(plan.pairs(at));
        Self {
            at,
            institution,
            catalogue,
            plan,
            registry,
            patients: Vec::new(),
            recent: Vec::new(),
            expected: Vec::new(),
        }
    }

    /// The stays that end in a month, in the order in which they end.
    pub(crate) fn month(
        &mut self,
        month: usize,
        random: &mut Random,
        effects: &Effects<'_>,
    ) -> Vec<Visit> {
        let count = self.plan.count(self.at, month);
        let mut visits = Vec::with_capacity(count);
        self.referred(month, count, random, &mut visits);
        self.returning(month, count, random, effects, &mut visits);
        let mix = self.mix(month);
        while visits.len() < count {
            let diagnosis = weighted(random, &mix);
            if let Some(visit) = self.ordinary(month, diagnosis, random, effects) {
                visits.push(visit);
            }
        }
        self.overlap(effects, random, &mut visits);
        visits.sort_by_key(|visit| (visit.discharge, visit.patient));
        self.remember(&visits, random);
        visits
    }

    /// Cumulative weights of the diagnoses in this month.
    fn mix(&self, month: usize) -> Vec<f64> {
        let calendar = self.plan.month(month).month();
        let tier = self.institution.tier;
        cumulative(self.catalogue.diagnoses.iter().map(|diagnosis| {
            let line = self
                .institution
                .lines
                .get(diagnosis.line)
                .copied()
                .unwrap_or(0.0);
            let fit = match (tier, diagnosis.tier) {
                (3, 1) => 0.5,
                (3, 2) => 1.3,
                (3, _) => 1.6,
                (2, 1) => 0.9,
                (2, 3) | (1, 2) => 0.12,
                (0, 2) | (0 | 1, 3) => 0.0,
                _ => 1.0,
            };
            diagnosis.weight * line * fit * diagnosis.season.factor(calendar)
        }))
    }

    /// Patients who were sent on, on the day they leave, and patients who were received, when they
    /// leave here.
    fn referred(
        &mut self,
        month: usize,
        count: usize,
        random: &mut Random,
        visits: &mut Vec<Visit>,
    ) {
        let (from, to) = (self.plan.month(month).start(), self.plan.month(month).end());
        let within = |time: NaiveDateTime| (from..to).contains(&time.date());
        let (plan, here) = (self.plan, self.at);
        for referral in plan
            .referrals
            .iter()
            .filter(|referral| referral.from == here || referral.to == here)
        {
            if visits.len() == count {
                break;
            }
            let sends = referral.from == here;
            let (admission, discharge) = match sends {
                true if within(referral.sent_out) => {
                    (at_hour(referral.sent_in, random, 8, 20), referral.sent_out)
                }
                false if within(referral.left) => (referral.received, referral.left),
                _ => continue,
            };
            let patient = self.admit(referral.person, referral.diagnosis);
            visits.push(Visit {
                patient,
                admission,
                discharge,
                diagnosis: referral.diagnosis,
                operation: None,
                day_surgery: false,
                route: if sends {
                    Route::Outpatient
                } else {
                    Route::Referred
                },
                outcome: match (sends, referral.up) {
                    (true, true) => Outcome::Transfer(Some(referral.to)),
                    (true, false) => Outcome::ToPrimary(referral.to),
                    _ => Outcome::Home,
                },
                planned: false,
            });
        }
    }

    /// Patients who come back: those on a plan, and of the others a few percent.
    fn returning(
        &mut self,
        month: usize,
        count: usize,
        random: &mut Random,
        effects: &Effects<'_>,
        visits: &mut Vec<Visit>,
    ) {
        let (from, to) = (self.plan.month(month).start(), self.plan.month(month).end());
        for (patient, due) in std::mem::take(&mut self.expected) {
            if due >= to {
                self.expected.push((patient, due));
                continue;
            }
            let Some(known) = self.patients.get(patient).copied() else {
                continue;
            };
            let admission = at_hour(due.max(from), random, 8, 11);
            let discharge = at_hour(
                admission.date() + TimeDelta::days(whole(random, 1, 5)),
                random,
                9,
                17,
            );
            if visits.len() < count && discharge.date() < to && admission > known.last_out {
                self.again(
                    patient,
                    known.diagnosis,
                    admission,
                    discharge,
                    random,
                    effects,
                    visits,
                );
            }
        }
        let split = effects.share(Effect::Readmission);
        let share = if self.institution.tier >= 2 {
            0.028
        } else {
            0.02
        } + split;
        let wanted = ((count as f64) * share).round() as usize;
        let recent = std::mem::take(&mut self.recent);
        let mut tries = wanted * 6;
        let mut found = 0;
        while found < wanted && visits.len() < count && tries > 0 && !recent.is_empty() {
            tries -= 1;
            let Some(&patient) = one(random, &recent) else {
                break;
            };
            let Some(known) = self.patients.get(patient).copied() else {
                continue;
            };
            let soon = chance(random, split / share.max(f64::EPSILON));
            let gap = if soon {
                whole(random, 1, 7)
            } else {
                whole(random, 2, 30)
            };
            let admission = at_hour(known.last_out.date() + TimeDelta::days(gap), random, 8, 20);
            let Some(diagnosis) = self.catalogue.diagnoses.get(known.diagnosis) else {
                continue;
            };
            let days = (diagnosis.stay * 0.8 * log_normal(random, 0.3))
                .round()
                .max(1.0) as i64;
            let discharge = at_hour(admission.date() + TimeDelta::days(days), random, 9, 17);
            // Who was a newborn last month is none now.
            let comparable = diagnosis.newborns == 0 && diagnosis.age.2 > 1.0;
            if comparable && (from..to).contains(&discharge.date()) {
                self.again(
                    patient,
                    known.diagnosis,
                    admission,
                    discharge,
                    random,
                    effects,
                    visits,
                );
                found += 1;
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one caller")]
    fn again(
        &mut self,
        patient: usize,
        diagnosis: usize,
        admission: NaiveDateTime,
        discharge: NaiveDateTime,
        random: &mut Random,
        effects: &Effects<'_>,
        visits: &mut Vec<Visit>,
    ) {
        let Some(known) = self.patients.get_mut(patient) else {
            return;
        };
        if admission <= known.last_out {
            return;
        }
        known.last_out = discharge;
        let Some(disease) = self.catalogue.diagnoses.get(diagnosis) else {
            return;
        };
        let died = chance(random, self.death(disease, effects));
        let planned = comes_back(disease) && !died;
        visits.push(Visit {
            patient,
            admission,
            discharge,
            diagnosis,
            operation: None,
            day_surgery: false,
            route: Route::Outpatient,
            outcome: if died { Outcome::Died } else { Outcome::Home },
            planned,
        });
    }

    /// A new patient.
    fn ordinary(
        &mut self,
        month: usize,
        diagnosis: usize,
        random: &mut Random,
        effects: &Effects<'_>,
    ) -> Option<Visit> {
        let disease = self.catalogue.diagnoses.get(diagnosis)?;
        let operation = self.operation(disease, random);
        let day = day_of(random, self.plan.month(month));
        let level = operation
            .and_then(|at| self.catalogue.operations.get(at))
            .and_then(|operation| operation.level);
        let could = level.is_some_and(|level| level <= 3) && disease.stay <= 5.0;
        let day_surgery = could
            && chance(
                random,
                (self.institution.day_surgery * effects.factor(Effect::DaySurgery)).min(0.92),
            );
        let died = chance(random, self.death(disease, effects));
        let tier = match self.institution.tier {
            3 => 0.94,
            2 => 1.0,
            1 => 0.98,
            _ => 0.84,
        };
        let mut days =
            (disease.stay * tier * effects.factor(Effect::Stay) * log_normal(random, 0.36))
                .round()
                .max(1.0) as i64;
        if died {
            days = (days * whole(random, 2, 12) / 10).max(1);
        }
        if chance(random, effects.share(Effect::LongStays)) {
            days = whole(random, 31, 58);
        }
        if day_surgery {
            days = whole(random, 0, 1);
        }
        let (admission, discharge) = if days == 0 {
            let admission = at_hour(day, random, 7, 9);
            (
                admission,
                admission + TimeDelta::minutes(whole(random, 300, 520)),
            )
        } else if day_surgery {
            // Within a day, but for a few who stay longer.
            let admission = at_hour(day - TimeDelta::days(1), random, 8, 15);
            let hours = if chance(random, 0.06) {
                (25, 31)
            } else {
                (17, 23)
            };
            let discharge =
                admission + TimeDelta::minutes(whole(random, hours.0 * 60, hours.1 * 60));
            let late = discharge.date() - day;
            (admission - late, discharge - late)
        } else {
            let out = if died {
                at_hour(day, random, 0, 24)
            } else {
                at_hour(day, random, 9, 17)
            };
            let admission = at_hour(day - TimeDelta::days(days), random, 8, 21);
            (admission, out)
        };
        let age = triangular(random, disease.age);
        let sex = disease.sex.unwrap_or(if chance(random, 0.52) {
            Sex::Male
        } else {
            Sex::Female
        });
        let birth = birth_for(age, admission.date());
        let person = self.registry.person(random, sex, birth, admission.date());
        let emergency = disease.death > 0.02
            || disease.code.starts_with(['S', 'T'])
            || matches!(disease.code.get(..3), Some("K35" | "O80" | "O42" | "J96"));
        let outcome = if died {
            Outcome::Died
        } else {
            self.outcome(disease, full_years(birth, admission.date()), random)
        };
        let planned = outcome == Outcome::Home && comes_back(disease);
        Some(Visit {
            patient: self.admit(person, diagnosis),
            admission,
            discharge,
            diagnosis,
            operation,
            day_surgery,
            route: if !day_surgery && chance(random, if emergency { 0.7 } else { 0.22 }) {
                Route::Emergency
            } else {
                Route::Outpatient
            },
            outcome,
            planned,
        })
    }

    /// The main operation, if the institution may do it.
    fn operation(&self, disease: &Diagnosis, random: &mut Random) -> Option<usize> {
        let drawn = weighted_or_none(random, &disease.operations)?;
        let level = self.catalogue.operations.get(drawn)?.level;
        let equipped = self.institution.tier >= 2 || level.is_some();
        (equipped && level.is_none_or(|level| level <= self.institution.highest_operation))
            .then_some(drawn)
    }

    fn death(&self, disease: &Diagnosis, effects: &Effects<'_>) -> f64 {
        let tier = match self.institution.tier {
            3 => 1.15,
            2 => 0.9,
            1 => 0.5,
            _ => 0.3,
        };
        (disease.death * tier * effects.factor(Effect::Mortality)).min(0.9)
    }

    fn outcome(&self, disease: &Diagnosis, age: i64, random: &mut Random) -> Outcome {
        let at: f64 = {
            use rand::RngExt;
            random.random()
        };
        match at {
            ..0.004 if age > 1 => Outcome::Transfer(None),
            0.004..0.026 if disease.newborns == 0 => Outcome::AgainstAdvice,
            0.026..0.029 => Outcome::Other,
            _ => Outcome::Home,
        }
    }

    fn admit(&mut self, person: Person, diagnosis: usize) -> usize {
        self.patients.push(Patient {
            person,
            record: 0,
            visits: 0,
            last_out: NaiveDateTime::MIN,
            diagnosis,
        });
        self.patients.len() - 1
    }

    /// A planted overlap: the second of two neighbours in the list becomes a stay of the first
    /// one's patient, begun before the first has ended.
    fn overlap(&mut self, effects: &Effects<'_>, random: &mut Random, visits: &mut [Visit]) {
        let mut left = effects.count(Effect::Overlap);
        for pair in visits.chunks_exact_mut(2) {
            let [first, second] = pair else { continue };
            let long = (first.discharge - first.admission).num_days() >= 4;
            if left == 0
                || !long
                || first.outcome != Outcome::Home
                || second.outcome != Outcome::Home
                || first.planned
                || second.planned
            {
                continue;
            }
            let fresh = |visit: &Visit| {
                self.patients
                    .get(visit.patient)
                    .is_some_and(|patient| patient.last_out == NaiveDateTime::MIN)
            };
            let same_sex = self
                .catalogue
                .diagnoses
                .get(second.diagnosis)
                .is_some_and(|disease| disease.sex.is_none());
            if !fresh(first) || !fresh(second) || !same_sex || second.diagnosis == first.diagnosis {
                continue;
            }
            second.patient = first.patient;
            second.diagnosis = first.diagnosis;
            second.operation = None;
            second.day_surgery = false;
            second.admission = first.admission + TimeDelta::hours(whole(random, 26, 60));
            second.discharge = first.discharge + TimeDelta::hours(whole(random, 1, 6));
            left -= 1;
        }
    }

    /// Notes who left, for the months to come.
    fn remember(&mut self, visits: &[Visit], random: &mut Random) {
        self.recent.clear();
        for visit in visits {
            let Some(patient) = self.patients.get_mut(visit.patient) else {
                continue;
            };
            patient.last_out = patient.last_out.max(visit.discharge);
            if visit.outcome != Outcome::Home {
                continue;
            }
            if visit.planned {
                if chance(random, 0.62) {
                    self.expected.push((
                        visit.patient,
                        visit.discharge.date() + TimeDelta::days(whole(random, 18, 24)),
                    ));
                }
            } else if !visit.day_surgery {
                self.recent.push(visit.patient);
            }
        }
    }
}

/// One of the choices by its probability, or none.
fn weighted_or_none(random: &mut Random, choices: &[(usize, f64)]) -> Option<usize> {
    use rand::RngExt;
    let mut at: f64 = random.random();
    for (choice, probability) in choices {
        if at < *probability {
            return Some(*choice);
        }
        at -= probability;
    }
    None
}

/// A time on a day between two full hours.
fn at_hour(day: NaiveDate, random: &mut Random, from: i64, to: i64) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN) + TimeDelta::minutes(whole(random, from * 60, to * 60 - 1))
}
