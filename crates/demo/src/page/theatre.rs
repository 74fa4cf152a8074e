//! Operations and intensive care on the page.

use chrono::{NaiveDateTime, TimeDelta};

use super::Page;
use crate::catalogue::Operation;
use crate::columns::{self as c, OperationPart, operation};
use crate::events::Effect;
use crate::random::{Random, chance, log_normal, whole};
use crate::row::Row;
use crate::ward::Route;

impl Page<'_> {
    pub(super) fn operations(&mut self, row: &mut Row, random: &mut Random) {
        let Some(main) = self.operation else { return };
        let wait = if self.visit.route == Route::Emergency {
            whole(random, 0, 1)
        } else {
            whole(random, 0, 3)
        };
        let wait = wait.min(self.days - 1);
        let day = self.visit.admission.date() + TimeDelta::days(wait);
        let planned = day.and_hms_opt(8, 20, 0).unwrap_or(self.visit.admission)
            + TimeDelta::minutes(whole(random, 0, 480));
        let earliest = self.visit.admission + TimeDelta::minutes(whole(random, 40, 110));
        let time = planned
            .max(earliest)
            .min(self.visit.discharge - TimeDelta::minutes(100));
        self.operated = Some(time);
        self.one_operation(row, 0, main, time, random);
        let companion = main
            .companion
            .and_then(|at| self.desk.catalogue.operations.get(at));
        if let Some(companion) = companion.filter(|_| chance(random, 0.6)) {
            self.one_operation(row, 1, companion, time, random);
        }
    }

    fn one_operation(
        &mut self,
        row: &mut Row,
        slot: usize,
        done: &Operation,
        time: NaiveDateTime,
        random: &mut Random,
    ) {
        let set =
            |row: &mut Row, part: OperationPart, value: &str| row.set(operation(slot, part), value);
        // Longer ventilation needs a longer stay.
        let (code, name) = match done.code.as_str() {
            "96.7201" if self.days < 6 => ("96.7101", "呼吸机治疗[小于96小时]"),
            code => (code, done.name.as_str()),
        };
        set(row, OperationPart::Code, code);
        set(row, OperationPart::Name, name);
        row.time(operation(slot, OperationPart::Time), time);
        set(row, OperationPart::Surgeon, self.team.surgeon(random));
        if let Some(level) = done.level {
            let inflated =
                slot == 0 && level == 3 && chance(random, self.effects.share(Effect::LevelFour));
            row.int(
                operation(slot, OperationPart::Level),
                i64::from(if inflated { 4 } else { level }),
            );
            row.put(
                operation(slot, OperationPart::Hours),
                format_args!(
                    "{:.1}",
                    (done.hours * log_normal(random, 0.25)).clamp(0.2, 14.0)
                ),
            );
            row.set(
                operation(slot, OperationPart::FirstAssistant),
                self.team.assistant(random),
            );
            if level >= 3 {
                row.set(
                    operation(slot, OperationPart::SecondAssistant),
                    self.team.second_assistant(random),
                );
            }
        }
        if let Some(class) = done.incision {
            let bad =
                class == 1 && slot == 0 && chance(random, self.effects.share(Effect::Incision));
            self.infected |= bad;
            let healing = if bad {
                1.0
            } else {
                f64::from(whole(random, 0, 9999) as i32) / 10_000.0
            };
            row.set(
                operation(slot, OperationPart::Incision),
                incision(class, healing),
            );
        }
        if let Some(anaesthesia) = &done.anaesthesia {
            row.set(operation(slot, OperationPart::Anaesthesia), anaesthesia);
            if !anaesthesia.starts_with("03") {
                row.set(
                    operation(slot, OperationPart::Anaesthetist),
                    self.desk.staff.anaesthetist(random),
                );
                let asa = if self.age >= 70 {
                    whole(random, 2, 3)
                } else {
                    whole(random, 1, 2)
                };
                row.int(operation(slot, OperationPart::Asa), asa);
            }
        }
    }

    pub(super) fn intensive_care(&mut self, row: &mut Row, random: &mut Random) {
        let level = self
            .operation
            .and_then(|operation| operation.level)
            .unwrap_or(0);
        let ventilated = self
            .operation
            .is_some_and(|operation| operation.code.starts_with("96.7"));
        let severe = self.disease.death >= 0.06;
        let share = if ventilated {
            1.0
        } else if severe {
            0.4
        } else if level == 4 {
            0.16
        } else {
            0.0
        };
        if self.institution().tier < 2 || self.days < 3 || !chance(random, share) {
            if ventilated {
                row.int(c::C47, whole(random, 6, 20));
            }
            return;
        }
        self.intensive = true;
        let line = self
            .desk
            .catalogue
            .lines
            .get(self.disease.line)
            .map_or("", |line| line.name.as_str());
        let ward = match line {
            "neo" => "04",
            "cardio" => "01",
            "gs" | "thor" | "nsurg" | "ortho" => "03",
            _ => "07",
        };
        let begin = self.operated.unwrap_or(self.visit.admission)
            + TimeDelta::minutes(whole(random, 60, 200));
        let most = (self.visit.discharge - begin).num_hours() - 8;
        let hours = whole(random, 14, 130).min(most).max(2);
        let begin = begin.min(self.visit.discharge - TimeDelta::hours(3));
        row.set(c::C48x01C, ward);
        row.time(c::C49x01, begin);
        row.time(
            c::C50x01,
            (begin + TimeDelta::hours(hours)).min(self.visit.discharge),
        );
        if ventilated {
            // 96.72 says 96 hours and more, 96.71 fewer.
            let long = row.get(c::C14x01C) == b"96.7201";
            row.int(
                c::C47,
                if long {
                    whole(random, 96, (self.days * 24 - 12).max(96))
                } else {
                    whole(random, 6, 70)
                },
            );
        }
    }
}

/// RC014: the code of an incision class and how it heals; `at` runs from 0, well, to 1, festering.
fn incision(class: u8, at: f64) -> &'static str {
    let [well, fair, unknown, bad] = match class {
        0 => return "0",
        1 => ["1", "2", "10", "3"],
        2 => ["4", "5", "20", "6"],
        _ => ["7", "8", "30", "9"],
    };
    let bad_from = match class {
        1 => 0.9978,
        2 => 0.995,
        _ => 0.988,
    };
    match at {
        _ if at >= bad_from => bad,
        ..0.955 => well,
        ..0.985 => fair,
        _ => unknown,
    }
}
