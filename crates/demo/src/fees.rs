//! The bill of a stay, in 分. Items stand in the official order from D11 to D34; the total is the
//! exact sum of those that do not lie inside another.

use crate::catalogue::Division;
use crate::columns::{self as c, SINGLES};
use crate::random::{Random, chance, log_normal};

/// Items from D11 to D34, the ones inside others included.
pub(crate) const ITEMS: usize = c::D34 - c::D11 + 1;

/// D19x01, D20x01, D20x02 and D23x01 lie inside D19, D20 and D23.
const INSIDE: [usize; 4] = [
    c::D19x01 - c::D11,
    c::D20x01 - c::D11,
    c::D20x02 - c::D11,
    c::D23x01 - c::D11,
];

/// The place of an item by its official code.
pub(crate) fn place(code: &str) -> Option<usize> {
    SINGLES
        .iter()
        .find(|single| single.code == code)?
        .at
        .checked_sub(c::D11)
}

/// What the stay's course decides about its bill.
pub(crate) struct Stay<'a> {
    /// Basic cost in yuan, without operations and blood.
    pub base: f64,
    pub division: &'a Division,
    pub tier: u8,
    /// Fee and material of the operations in yuan.
    pub operation: Option<(f64, f64)>,
    /// Anaesthesia of the main operation (RC013).
    pub anaesthesia: Option<&'a str>,
    /// 0 none … 3 most.
    pub antibacterial: u8,
    /// Is the operation's prophylaxis an antibacterial?
    pub prophylaxis: bool,
    /// Blood, albumin and globulin in yuan.
    pub blood: [f64; 3],
    /// Factors of planted events.
    pub material_factor: f64,
    pub antibacterial_factor: f64,
    /// Share that the patient pays.
    pub own_share: f64,
}

/// A bill.
#[derive(Debug, Clone)]
pub(crate) struct Bill {
    items: [i64; ITEMS],
    /// D09 自付金额
    pub own: i64,
}

impl Bill {
    /// D01: what was charged.
    pub(crate) fn total(&self) -> i64 {
        self.items
            .iter()
            .enumerate()
            .filter(|(place, _)| !INSIDE.contains(place))
            .map(|(_, fen)| fen)
            .sum()
    }

    /// The items with their official columns.
    pub(crate) fn items(&self) -> impl Iterator<Item = (usize, i64)> {
        self.items
            .iter()
            .enumerate()
            .map(|(place, fen)| (c::D11 + place, *fen))
    }

    fn at(&mut self, column: usize) -> Option<&mut i64> {
        self.items.get_mut(column.checked_sub(c::D11)?)
    }

    fn get(&self, column: usize) -> i64 {
        column
            .checked_sub(c::D11)
            .and_then(|place| self.items.get(place))
            .copied()
            .unwrap_or(0)
    }

    fn add(&mut self, column: usize, yuan: f64) {
        if let Some(item) = self.at(column) {
            *item += (yuan * 100.0).round() as i64;
        }
    }
}

/// Makes out the bill.
pub(crate) fn bill(random: &mut Random, stay: &Stay<'_>) -> Bill {
    let mut bill = Bill {
        items: [0; ITEMS],
        own: 0,
    };
    for (place, share) in stay.division {
        if *share > 0.0 {
            bill.add(c::D11 + place, stay.base * share * log_normal(random, 0.22));
        }
    }
    let price = match stay.tier {
        3 => 1.12,
        2 => 1.0,
        _ => 0.82,
    };
    if let Some((fee, material)) = stay.operation {
        let fee = fee * price * log_normal(random, 0.12);
        bill.add(c::D20x02, fee);
        bill.add(c::D20, fee * 0.08);
        bill.add(c::D33, material * log_normal(random, 0.2));
    }
    if let Some(anaesthesia) = stay.anaesthesia {
        let fee = match (anaesthesia.get(..2), anaesthesia.get(..4)) {
            (Some("01"), _) => 880.0,
            (_, Some("0201")) => 540.0,
            (_, Some("0202")) => 400.0,
            _ => 60.0,
        };
        bill.add(c::D20x01, fee * price * log_normal(random, 0.1));
    }
    let inside_surgery = bill.get(c::D20x01) + bill.get(c::D20x02);
    if let Some(surgery) = bill.at(c::D20) {
        *surgery += inside_surgery;
    }
    for (column, yuan) in [c::D26, c::D27, c::D28].into_iter().zip(stay.blood) {
        bill.add(column, yuan);
    }
    for column in [c::D31, c::D32, c::D33] {
        if let Some(material) = bill.at(column) {
            *material = (*material as f64 * stay.material_factor).round() as i64;
        }
    }
    antibacterials(random, stay, &mut bill);
    if let Some(physical) = bill.get(c::D19).checked_mul(45).map(|fen| fen / 100)
        && let Some(item) = bill.at(c::D19x01)
    {
        *item = physical;
    }
    let total = bill.total();
    let own = (total as f64 * stay.own_share * log_normal(random, 0.12)).round() as i64;
    bill.own = if stay.own_share >= 1.0 {
        total
    } else {
        own.min(total * 95 / 100)
    };
    bill
}

/// Antibacterials are part of the western medicine; an event that raises them raises both.
fn antibacterials(random: &mut Random, stay: &Stay<'_>, bill: &mut Bill) {
    let (given, share) = match (stay.antibacterial, stay.prophylaxis) {
        (0, false) => (0.05, 0.04),
        (0, true) => (0.6, 0.05),
        (1, _) => (0.35, 0.07),
        (2, _) => (0.82, 0.17),
        _ => (0.97, 0.3),
    };
    if !chance(random, given) {
        return;
    }
    let medicine = bill.get(c::D23);
    let usual = (medicine as f64 * (share * log_normal(random, 0.3)).min(0.7)).round();
    let given = (usual * stay.antibacterial_factor).round();
    // What is given beyond the usual displaces half of its worth in other medicine.
    let beyond = ((given - usual) * 0.5).round();
    if let Some(item) = bill.at(c::D23x01) {
        *item = given as i64;
    }
    if let Some(item) = bill.at(c::D23) {
        *item = (medicine + beyond as i64).max(given as i64);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;
    use crate::random::stream;

    #[test]
    fn places_are_the_official_columns() {
        assert_eq!(
            (
                place("D11"),
                place("D19x01"),
                place("D23"),
                place("D34"),
                place("D01")
            ),
            (Some(0), Some(9), Some(15), Some(27), None)
        );
        assert_eq!(ITEMS, 28);
    }

    #[test]
    fn parts_lie_inside_and_add_up() {
        let division: Division = vec![(0, 0.3), (8, 0.2), (15, 0.4), (25, 0.1)];
        let mut random = stream(1, 1);
        for case in 0..400_u32 {
            let stay = Stay {
                base: 800.0 + f64::from(case) * 40.0,
                division: &division,
                tier: 3,
                operation: (case % 2 == 0).then_some((1900.0, 1700.0)),
                anaesthesia: (case % 2 == 0).then_some("0103"),
                antibacterial: (case % 4) as u8,
                prophylaxis: case % 8 == 0,
                blood: [f64::from(case % 3) * 240.0, 0.0, 0.0],
                material_factor: 2.0,
                antibacterial_factor: if case % 5 == 0 { 2.2 } else { 1.0 },
                own_share: if case % 7 == 0 { 1.0 } else { 0.4 },
            };
            let bill = bill(&mut random, &stay);
            let items: std::collections::HashMap<usize, i64> = bill.items().collect();
            let parts: i64 = [c::D11, c::D19, c::D20, c::D23, c::D26, c::D32, c::D33]
                .iter()
                .map(|column| items[column])
                .sum();
            assert_eq!(bill.total(), parts);
            assert!(items[&c::D20] >= items[&c::D20x01] + items[&c::D20x02]);
            assert!(items[&c::D23] >= items[&c::D23x01] && items[&c::D19] >= items[&c::D19x01]);
            assert_eq!(items[&c::D20x02] > 0, case % 2 == 0);
            assert_eq!(bill.own == bill.total(), case % 7 == 0);
            assert!(bill.own <= bill.total() && items.values().all(|fen| *fen >= 0));
        }
    }
}
