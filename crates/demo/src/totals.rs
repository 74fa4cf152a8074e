//! What the stays of a month add up to: the monthly reports say the same numbers as the front pages
//! of the same stays, as far as both speak of them.

use crate::columns::{self as c, OTHER_OPERATIONS, OperationPart, operation};
use crate::fees::ITEMS;
use crate::row::Row;

/// The sums over the front pages of one institution and month, as they were written before anybody
/// made a mistake.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Totals {
    /// 出院人次
    pub discharges: i64,
    /// 出院者占用总床日数
    pub bed_days: i64,
    pub deaths: i64,
    /// Discharged who had an operation of level 1 to 4.
    pub operated: i64,
    /// Operations of level 1 to 4.
    pub operations: i64,
    pub day_surgeries: i64,
    /// Admitted through the emergency department.
    pub emergencies: i64,
    /// Referred here, on to another hospital, and down to primary care.
    pub referred_in: i64,
    pub referred_on: i64,
    pub referred_down: i64,
    /// Paid by the basic medical insurance of the city, and their bills in 分.
    pub insured: i64,
    pub insured_cost: i64,
    /// Patients who got an antibacterial.
    pub antibacterial: i64,
    /// Class-I incisions.
    pub clean_incisions: i64,
    /// Patients who got red cells, and the units.
    pub transfused: i64,
    pub red_cells: i64,
    /// 总费用, in 分.
    pub cost: i64,
    items: [i64; ITEMS],
}

impl Totals {
    /// Adds a page.
    pub(crate) fn add(&mut self, row: &Row) {
        let whole = |at: usize| {
            row.text(at)
                .parse::<f64>()
                .map_or(0, |number| number as i64)
        };
        let fen = |at: usize| {
            row.text(at)
                .replace('.', "")
                .parse::<i64>()
                .unwrap_or_default()
        };
        let graded = |slot: usize| {
            matches!(
                row.text(operation(slot, OperationPart::Level)),
                "1" | "2" | "3" | "4"
            )
        };
        let count = |holds: bool| i64::from(holds);
        self.discharges += 1;
        self.bed_days += whole(c::B20);
        let operations = (0..=OTHER_OPERATIONS.slots)
            .take_while(|slot| !row.is_missing(operation(*slot, OperationPart::Code)))
            .filter(|slot| graded(*slot))
            .count() as i64;
        self.operations += operations;
        self.operated += count(operations > 0);
        self.day_surgeries += count(row.text(c::B38) == "1");
        self.emergencies += count(row.text(c::B11C) == "1");
        self.referred_in += count(row.text(c::B11C) == "3");
        self.referred_on += count(row.text(c::B34C) == "2");
        self.referred_down += count(row.text(c::B34C) == "3");
        self.deaths += count(row.text(c::B34C) == "5");
        let insured = matches!(row.text(c::A46C), "1.1" | "2.1");
        self.insured += count(insured);
        self.insured_cost += count(insured) * fen(c::D01);
        self.antibacterial += count(fen(c::D23x01) > 0);
        self.clean_incisions += count(matches!(
            row.text(operation(0, OperationPart::Incision)),
            "1" | "2" | "3" | "10"
        ));
        self.transfused += count(whole(c::F22) > 0);
        self.red_cells += whole(c::F22);
        self.cost += fen(c::D01);
        for (place, item) in self.items.iter_mut().enumerate() {
            *item += fen(c::D11 + place);
        }
    }

    /// An item of the bills (D11 to D34), in 分.
    pub(crate) fn item(&self, column: usize) -> i64 {
        column
            .checked_sub(c::D11)
            .and_then(|place| self.items.get(place))
            .copied()
            .unwrap_or(0)
    }
}
