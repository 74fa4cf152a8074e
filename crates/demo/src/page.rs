//! One front page: everything that a visit leaves open is drawn here and written into the row.

use chrono::{NaiveDateTime, TimeDelta};

use crate::catalogue::{Catalogue, Diagnosis, Group, Operation};
use crate::columns::{self as c, OTHER_DIAGNOSES};
use crate::events::{Effect, Effects};
use crate::person::{Document, full_years};
use crate::random::{Random, chance, cumulative, log_normal, one, weighted, whole};
use crate::region::Institution;
use crate::row::Row;
use crate::staff::{Staff, Team};
use crate::ward::{Outcome, Patient, Route, Visit};

mod account;
mod theatre;

/// Hospitals outside the region to which patients are sent.
const OUTSIDE: [&str; 3] = ["云岭医科大学附属医院", "云岭省立肿瘤医院", "邻川市中心医院"];

/// What the pages of an institution share.
pub(crate) struct Desk<'a> {
    pub catalogue: &'a Catalogue,
    pub institutions: &'a [Institution],
    pub institution: &'a Institution,
    staff: Staff,
    /// Cumulative weights of the further diagnoses, by group.
    others: [(Group, Vec<f64>); 5],
}

/// A page in the making.
struct Page<'a> {
    desk: &'a Desk<'a>,
    effects: &'a Effects<'a>,
    visit: &'a Visit,
    patient: &'a Patient,
    disease: &'a Diagnosis,
    operation: Option<&'a Operation>,
    team: &'a Team,
    department: &'a str,
    age: i64,
    days: i64,
    /// Age in days.
    age_days: i64,
    operated: Option<NaiveDateTime>,
    infected: bool,
    intensive: bool,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(
        at: usize,
        catalogue: &'a Catalogue,
        institutions: &'a [Institution],
        institution: &'a Institution,
    ) -> Self {
        let weights = |group: Group| {
            (
                group,
                cumulative(catalogue.others.iter().map(|other| {
                    if other.group == group {
                        other.weight
                    } else {
                        0.0
                    }
                })),
            )
        };
        Self {
            catalogue,
            institutions,
            institution,
            staff: Staff::new(at, institution, catalogue),
            others: [
                Group::Standing,
                Group::Obstetric,
                Group::Delivery,
                Group::Newborn,
                Group::Hospital,
            ]
            .map(weights),
        }
    }

    /// Fills the row with the page of a visit.
    pub(crate) fn write(
        &self,
        row: &mut Row,
        visit: &Visit,
        patient: &Patient,
        effects: &Effects<'_>,
        random: &mut Random,
    ) {
        row.clear();
        let Some(disease) = self.catalogue.diagnoses.get(visit.diagnosis) else {
            return;
        };
        let (admitted, left) = (visit.admission.date(), visit.discharge.date());
        let age = full_years(patient.person.birth, admitted);
        let unregistered = age >= 40 && chance(random, effects.share(Effect::Department));
        let (team, own) = self.staff.team(disease.line);
        let mut page = Page {
            desk: self,
            effects,
            visit,
            patient,
            disease,
            operation: visit
                .operation
                .and_then(|at| self.catalogue.operations.get(at)),
            team,
            department: if unregistered { "21" } else { own },
            age,
            days: (left - admitted).num_days().max(1),
            age_days: (admitted - patient.person.birth).num_days(),
            operated: None,
            infected: false,
            intensive: false,
        };
        page.head(row);
        page.person(row);
        page.operations(row, random);
        page.intensive_care(row, random);
        page.stay(row, random);
        page.diagnoses(row, random);
        page.quality(row, random);
        page.newborn(row, random);
        page.care(row, random);
        page.leaving(row, random);
        page.fees(row, random);
        page.planted(row, random);
    }
}

impl Page<'_> {
    fn institution(&self) -> &Institution {
        self.desk.institution
    }

    fn head(&self, row: &mut Row) {
        row.set(c::A01, self.institution().code());
        row.set(c::A02, &self.institution().name);
        row.put(c::A48, format_args!("{:08}", self.patient.record));
        row.int(c::A49, i64::from(self.patient.visits));
        row.time(c::B12, self.visit.admission);
        row.time(c::B15, self.visit.discharge);
    }

    fn person(&self, row: &mut Row) {
        let person = &self.patient.person;
        let occupation = person.occupation(self.age);
        let address = person.address();
        let postcode = if person.outside() { "990200" } else { "990100" };
        row.set(c::A46C, self.payment());
        row.set(c::A11, &person.name());
        row.int(c::A12C, i64::from(person.sex.code()));
        row.date(c::A13, person.birth);
        row.int(c::A14, self.age);
        row.set(
            c::A15C,
            if matches!(person.document, Document::Passport(_)) {
                "840"
            } else {
                "156"
            },
        );
        row.set(c::A21C, person.marriage(self.age));
        row.set(c::A38C, occupation);
        row.set(
            c::A19C,
            if matches!(person.document, Document::Passport(_)) {
                "99"
            } else {
                person.nation()
            },
        );
        row.set(c::A20N, person.document_kind());
        row.set(c::A20, &person.number());
        row.set(
            c::A22,
            if person.outside() {
                "邻川县"
            } else {
                "云澜市"
            },
        );
        row.set(
            c::A23C,
            &if matches!(person.document, Document::Passport(_)) {
                "35".to_owned()
            } else {
                person.province()
            },
        );
        row.set(c::A24, &address);
        row.set(c::A25C, postcode);
        row.set(c::A26, &address);
        row.set(c::A27, &person.phone(0));
        row.set(c::A28C, postcode);
        if let Some(employer) = person.employer(occupation) {
            row.set(c::A29, employer);
            row.set(c::A30, &person.phone(1));
            row.set(c::A31C, "990100");
        }
        if person.document != Document::Unknown {
            row.set(c::A32, &person.relative());
            row.set(c::A34, &address);
            row.set(c::A35, &person.phone(2));
        }
        row.set(
            c::A33C,
            if person.document == Document::Unknown {
                "9"
            } else {
                person.contact(self.age)
            },
        );
    }

    fn payment(&self) -> &'static str {
        self.patient.person.payment()
    }

    fn stay(&self, row: &mut Row, random: &mut Random) {
        let institution = self.institution();
        row.set(c::B38, if self.visit.day_surgery { "1" } else { "0" });
        row.set(
            c::B11C,
            match self.visit.route {
                Route::Emergency => "1",
                Route::Outpatient => "2",
                Route::Referred => "3",
            },
        );
        let line = self.desk.catalogue.lines.get(self.disease.line);
        let ward = line.map_or("综合", |line| line.ward.as_str());
        let number = one(random, &["一", "二", "三"]).copied().unwrap_or("一");
        let number = if institution.tier >= 2 { number } else { "" };
        row.put(c::B14, format_args!("{ward}{number}病区"));
        row.put(c::B17, format_args!("{ward}{number}病区"));
        row.set(c::B16C, self.department);
        let intensive = self.intensive
            && institution.subjects.iter().any(|code| code == "28")
            && self.department != "28";
        let elsewhere = (institution.tier >= 2 && chance(random, 0.025))
            .then(|| self.desk.staff.other_department(random))
            .flatten();
        match elsewhere {
            _ if intensive => {
                row.set(c::B13C, self.department);
                row.put(c::B21C, format_args!("28,{}", self.department));
            }
            Some(first) if first != self.department => {
                row.set(c::B13C, first);
                row.set(c::B21C, self.department);
            }
            _ => row.set(c::B13C, self.department),
        }
        row.int(c::B20, self.days);
    }

    fn diagnoses(&self, row: &mut Row, random: &mut Random) {
        let disease = self.disease;
        for (code, name) in [(c::C01C, c::C02N), (c::F02C, c::F03N), (c::C03C, c::C04N)] {
            row.set(code, &disease.code);
            row.set(name, &disease.name);
        }
        row.set(
            c::F01,
            if disease.death > 0.05 {
                "1"
            } else if self.visit.route == Route::Emergency {
                "2"
            } else {
                "3"
            },
        );
        let confirmed = whole(random, 0, self.days.min(3) - 1);
        row.date(
            c::F04,
            self.visit.admission.date() + TimeDelta::days(confirmed),
        );
        row.set(c::C05C, if chance(random, 0.03) { "2" } else { "1" });
        let died = self.visit.outcome == Outcome::Died;
        row.set(
            c::F05,
            if died {
                "4"
            } else if self.operation.is_some_and(|o| o.level.is_some()) && chance(random, 0.6) {
                "1"
            } else {
                "2"
            },
        );
        if let Some((code, name)) = &disease.morphology {
            row.set(c::C09C, code);
            row.set(c::C10N, name);
            row.put(
                c::C11,
                format_args!("B{:07}", self.patient.record * 3 + self.patient.visits),
            );
        }
        let fits: Vec<f64> = cumulative(disease.causes.iter().map(|at| {
            let cause = self.desk.catalogue.causes.get(*at);
            cause.map_or(0.0, |cause| {
                if (cause.age.0..=cause.age.1).contains(&(self.age as f64)) {
                    cause.weight
                } else {
                    0.0
                }
            })
        }));
        let cause = disease
            .causes
            .get(weighted(random, &fits))
            .and_then(|at| self.desk.catalogue.causes.get(*at));
        if let Some(cause) = cause {
            row.set(c::C12C, &cause.code);
            row.set(c::C13N, &cause.name);
        }
        self.others(row, random);
    }

    fn others(&self, row: &mut Row, random: &mut Random) {
        let mut slot = 0;
        let mut write = |row: &mut Row, code: &str, name: &str, condition: &str| {
            slot += 1;
            for (column, value) in [code, name, condition, "2"].into_iter().enumerate() {
                row.set(OTHER_DIAGNOSES.column(slot, column), value);
            }
        };
        match self.disease.newborns {
            0 => {}
            1 => write(row, "Z37.000", "单胎活产", "4"),
            _ => write(row, "Z37.200", "双胎，均为活产", "4"),
        }
        if self.infected {
            write(row, "T81.406", "手术后切口感染", "4");
        }
        let born = self.disease.newborns > 0;
        let group = match (self.age_days, born) {
            (..=28, _) => Group::Newborn,
            (_, true) => Group::Obstetric,
            _ => Group::Standing,
        };
        let mean = match (self.age, group) {
            (_, Group::Obstetric) => 1.4,
            (..=13, _) => 0.7,
            (14..=39, _) => 1.0,
            (40..=59, _) => 2.3,
            _ => 3.6,
        };
        let tier = match self.institution().tier {
            3 => 1.2,
            2 => 1.0,
            _ => 0.55,
        };
        let wanted = (mean * tier * log_normal(random, 0.55)) as usize;
        let mut used = Vec::new();
        self.choose(group, wanted, &mut used, random, |code, name| {
            write(row, code, name, "1")
        });
        let caesarean = self
            .operation
            .is_some_and(|operation| operation.code.starts_with("74."));
        if born && !caesarean && chance(random, 0.45) {
            self.choose(Group::Delivery, 1, &mut used, random, |code, name| {
                write(row, code, name, "4")
            });
        }
        if self.days >= 7 && chance(random, 0.012) {
            self.choose(Group::Hospital, 1, &mut used, random, |code, name| {
                write(row, code, name, "4")
            });
        }
    }

    /// Chooses further diagnoses that fit the patient and are not said yet.
    fn choose(
        &self,
        group: Group,
        wanted: usize,
        used: &mut Vec<usize>,
        random: &mut Random,
        mut take: impl FnMut(&str, &str),
    ) {
        let Some((_, weights)) = self.desk.others.iter().find(|(known, _)| *known == group) else {
            return;
        };
        let mut tries = wanted * 5;
        let mut found = 0;
        while found < wanted && tries > 0 {
            tries -= 1;
            let at = weighted(random, weights);
            let Some(other) = self.desk.catalogue.others.get(at) else {
                return;
            };
            let fits = (other.age.0..=other.age.1).contains(&(self.age as f64))
                && other.sex.is_none_or(|sex| sex == self.patient.person.sex);
            let same = other.code.get(..3) == self.disease.code.get(..3);
            let surgical = !other.code.starts_with("T81")
                || (self
                    .operation
                    .is_some_and(|operation| operation.level.is_some())
                    && !self.infected);
            if !fits || same || !surgical || used.contains(&at) {
                continue;
            }
            used.push(at);
            take(&other.code, &other.name);
            found += 1;
        }
    }

    fn quality(&self, row: &mut Row, random: &mut Random) {
        let person = &self.patient.person;
        match person.allergy() {
            Some(drug) => {
                row.set(c::C24C, "2");
                row.set(c::C25, drug);
            }
            None => row.set(c::C24C, "1"),
        }
        let tested = self.institution().tier >= 2 && !self.visit.day_surgery;
        for column in [c::F10, c::F11, c::F12] {
            row.set(
                column,
                if !tested {
                    "0"
                } else if column == c::F10 && chance(random, 0.05) {
                    "2"
                } else {
                    "1"
                },
            );
        }
        self.team.sign(row, random);
        row.set(c::B29, self.desk.staff.coder(random));
        row.set(c::B30C, if chance(random, 0.96) { "1" } else { "2" });
        row.date(
            c::B33,
            self.visit.discharge.date() + TimeDelta::days(whole(random, 0, 3)),
        );
        if self.visit.outcome == Outcome::Died {
            row.set(c::C34C, if chance(random, 0.01) { "1" } else { "2" });
        }
        if self.disease.is_head_injury() {
            let deep = self.disease.death > 0.03 && chance(random, 0.5);
            for (column, most) in [
                (c::C28, 0),
                (c::C29, 1),
                (c::C30, 59),
                (c::C31, 2),
                (c::C32, 23),
                (c::C33, 59),
            ] {
                row.int(column, if deep { whole(random, 0, most) } else { 0 });
            }
        }
    }

    fn newborn(&self, row: &mut Row, random: &mut Random) {
        if self.age == 0 {
            row.int(c::A16, self.age_days);
        }
        let early = self.disease.code.starts_with("P07") || self.disease.code.starts_with("P22");
        let mut weight = |low: bool| {
            (if low { 1950.0 } else { 3280.0 } * log_normal(random, 0.12) / 10.0)
                .round()
                .clamp(70.0, 480.0) as i64
                * 10
        };
        if self.age == 0 && self.age_days <= 28 {
            let born = weight(early);
            row.int(c::A18x01, born);
            row.int(c::A17, (born + (self.age_days - 4).max(-3) * 20).max(500));
        }
        for column in [c::A18x01, c::A18x02]
            .into_iter()
            .take(usize::from(self.disease.newborns))
        {
            row.int(column, weight(self.disease.newborns > 1));
        }
    }

    fn care(&self, row: &mut Row, random: &mut Random) {
        let special = if self.intensive {
            (self.days / 3).max(1)
        } else {
            0
        };
        let first = whole(random, 0, (self.days - special).min(3));
        row.int(c::F17, special);
        row.int(c::F18, first);
        row.int(c::F19, self.days - special - first);
        row.int(c::F20, 0);
    }

    fn leaving(&self, row: &mut Row, random: &mut Random) {
        let name = |at: Option<usize>| {
            at.and_then(|at| self.desk.institutions.get(at))
                .map(|institution| institution.name.as_str())
        };
        let (code, receiver) = match self.visit.outcome {
            Outcome::Home => ("1", None),
            Outcome::Transfer(to) => (
                "2",
                Some(
                    name(to).unwrap_or_else(|| one(random, &OUTSIDE).copied().unwrap_or_default()),
                ),
            ),
            Outcome::ToPrimary(to) => ("3", name(Some(to))),
            Outcome::AgainstAdvice => ("4", None),
            Outcome::Died => ("5", None),
            Outcome::Other => ("9", None),
        };
        row.set(c::B34C, code);
        if let Some(receiver) = receiver {
            row.set(c::B35, receiver);
        }
        row.set(c::B36C, if self.visit.planned { "2" } else { "1" });
        if self.visit.planned {
            row.set(
                c::B37,
                if self.disease.code.starts_with("N18") {
                    "定期血液透析"
                } else {
                    "定期化疗"
                },
            );
        }
    }

    /// Planted mistakes of writing that leave the rest of the page as it is.
    fn planted(&self, row: &mut Row, random: &mut Random) {
        if self.age >= 1 && chance(random, self.effects.share(Effect::WrongAge)) {
            row.int(c::A14, self.age + if chance(random, 0.7) { 1 } else { 2 });
        }
        if chance(random, self.effects.share(Effect::Incomplete)) {
            for column in [c::A26, c::A32, c::A35] {
                row.set(column, "");
            }
        }
    }
}
