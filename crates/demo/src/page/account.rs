//! Blood and the bill on the page.

use super::Page;
use crate::columns::{self as c, OperationPart, operation};
use crate::events::Effect;
use crate::fees::{Stay, bill};
use crate::random::{Random, chance, log_normal, whole};
use crate::row::Row;

impl Page<'_> {
    /// Units of red cells, and yuan for blood, albumin and globulin.
    fn transfusion(&self, random: &mut Random) -> (i64, [f64; 3]) {
        let code = self.disease.code.as_str();
        let level = self
            .operation
            .and_then(|operation| operation.level)
            .unwrap_or(0);
        let share: f64 = match code.get(..3) {
            Some("D50" | "D64" | "D46" | "C92" | "C90") => 0.4,
            Some("K92" | "K25" | "K26" | "I60" | "S36") => 0.2,
            Some("S72") => 0.14,
            Some("O44" | "O72") => 0.1,
            _ if level == 4 => 0.09,
            _ if self.disease.death > 0.06 => 0.06,
            _ => 0.002,
        };
        let units = if self.institution().tier >= 2 && chance(random, share) {
            whole(random, 1, 6)
        } else {
            0
        };
        let albumin = if self.institution().tier >= 2 && chance(random, self.disease.death.min(0.1))
        {
            whole(random, 1, 5) as f64 * 378.0
        } else {
            0.0
        };
        let globulin = if code.starts_with("M30.3") {
            5_200.0
        } else {
            0.0
        };
        (units, [units as f64 * 236.0, albumin, globulin])
    }

    pub(super) fn fees(&self, row: &mut Row, random: &mut Random) {
        let institution = self.institution();
        let (units, blood) = self.transfusion(random);
        if units > 0 {
            row.set(c::C26C, self.patient.person.blood_group());
            row.set(c::C27C, self.patient.person.rhesus());
            row.set(c::F21, "2");
            row.put(c::F22, format_args!("{units}.0"));
            for column in [c::F23, c::F24, c::F25, c::F26] {
                row.set(column, "0");
            }
        } else {
            let known = institution.tier >= 2 && (self.operation.is_some() || chance(random, 0.3));
            row.set(
                c::C26C,
                if known {
                    self.patient.person.blood_group()
                } else {
                    "6"
                },
            );
            row.set(
                c::C27C,
                if known {
                    self.patient.person.rhesus()
                } else {
                    "4"
                },
            );
            row.set(c::F21, "0");
        }
        let price = match institution.tier {
            3 => 1.3,
            2 => 0.88,
            1 => 0.62,
            _ => 0.42,
        };
        let years = (self.visit.discharge.date()
            - chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default())
        .num_days() as f64
            / 365.25;
        let length = (self.days as f64 / self.disease.stay.max(1.0)).powf(0.7);
        let private = if institution.private { 1.08 } else { 1.0 };
        let base = self.disease.cost
            * price
            * private
            * length
            * (1.0 + 0.028 * years)
            * log_normal(random, 0.26);
        let fees = self
            .desk
            .catalogue
            .lines
            .get(self.disease.line)
            .map_or(0, |line| line.fees);
        let division = if institution.tcm {
            self.desk.catalogue.tcm_division
        } else {
            fees
        };
        let Some(division) = self.desk.catalogue.divisions.get(division) else {
            return;
        };
        let companion = self
            .operation
            .filter(|_| !row.is_missing(operation(1, OperationPart::Code)))
            .and_then(|o| o.companion);
        let companion = companion.and_then(|at| self.desk.catalogue.operations.get(at));
        let sum = self.operation.map(|o| {
            (
                o.fee + companion.map_or(0.0, |o| o.fee),
                o.material + companion.map_or(0.0, |o| o.material),
            )
        });
        let own_share = self.own_share();
        let bill = bill(
            random,
            &Stay {
                base,
                division,
                tier: institution.tier,
                operation: sum,
                anaesthesia: self.operation.and_then(|o| o.anaesthesia.as_deref()),
                antibacterial: self.disease.antibacterial,
                prophylaxis: self.operation.is_some_and(|o| o.level.is_some()),
                blood,
                material_factor: self.effects.factor(Effect::Materials),
                antibacterial_factor: self.effects.factor(Effect::Antibacterial),
                own_share,
            },
        );
        row.money(c::D01, bill.total());
        row.money(c::D09, bill.own);
        for (column, fen) in bill.items() {
            row.money(column, fen);
        }
    }

    fn own_share(&self) -> f64 {
        let share: f64 = match self.payment() {
            "1.1" => 0.24,
            "1.2" => 0.34,
            "2.1" => 0.36,
            "2.2" => 0.48,
            "4" | "8" => 0.1,
            "7" => return 1.0,
            _ => 0.3,
        };
        let tier = match self.institution().tier {
            3 => 1.12,
            2 => 1.0,
            _ => 0.68,
        };
        (share * tier * self.effects.factor(Effect::SelfPay)).min(0.95)
    }
}
