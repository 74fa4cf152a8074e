//! What is used up in a month, line by line: 抗菌药物使用月报 and 临床用血月报.

use super::Page;
use super::house::{around, part};
use crate::GenerateError;
use crate::catalogue::table;
use crate::events::Effect;
use crate::form::Line;
use crate::random::log_normal;

/// An antibacterial that the region's hospitals use.
#[derive(Debug, Clone, serde::Deserialize)]
pub(crate) struct Drug {
    /// ATC code and route.
    pub drug: String,
    /// 分级
    grade: String,
    /// 限定日剂量
    pub ddd: f64,
    /// DDDs beside the others'.
    weight: f64,
    /// Yuan for one DDD.
    price: f64,
    /// Level of hospital that has it.
    tier: u8,
}

pub(super) fn drugs() -> Result<Vec<Drug>, GenerateError> {
    table(
        "antimicrobials",
        include_str!("../../data/antimicrobials.csv"),
    )
}

pub(super) fn antimicrobials(page: &mut Page<'_>, drugs: &[Drug]) -> Vec<Line> {
    let house = page.house;
    let tier = house.institution.tier;
    // A house for one organ keeps a short list.
    let listed = if house.intensity() < 35.0 { 10 } else { 40 };
    let drugs: Vec<&Drug> = drugs
        .iter()
        .filter(|drug| drug.tier <= tier)
        .take(listed)
        .collect();
    let weights: f64 = drugs.iter().map(|drug| drug.weight).sum();
    let all = house.intensity() / 100.0
        * page.totals.bed_days as f64
        * page.effects.factor(Effect::Antibacterials)
        * log_normal(&mut page.random, 0.025);
    let mut lines = Vec::new();
    for drug in drugs {
        let share = drug.weight / weights * log_normal(&mut page.random, 0.06);
        // 消耗量 and DDD值 in thousandths; 累计DDD数 in hundredths, rounded half up.
        let amount = (all * share * drug.ddd * 1000.0).round() as i64;
        let daily = (drug.ddd * 1000.0).round() as i64;
        let ddds = (amount * 100 + daily / 2) / daily.max(1);
        if ddds == 0 {
            continue;
        }
        let mut line = page.line();
        line.set("DRUG", &drug.drug);
        line.set("GRADE", &drug.grade);
        line.set(
            "AMOUNT",
            format_args!("{}.{:03}", amount / 1000, amount % 1000),
        );
        line.set("DDD", drug.ddd);
        line.set("DDDS", format_args!("{}.{:02}", ddds / 100, ddds % 100));
        line.money("AMOUNT_MONEY", (ddds as f64 * drug.price).round() as i64);
        lines.push(line);
    }
    lines
}

/// The blood station of the city, and that of its neighbour.
const STATION: &str = "云澜市中心血站";
const NEIGHBOUR: &str = "邻川市中心血站";

pub(super) fn blood(page: &mut Page<'_>) -> Vec<Line> {
    let red = page.totals.red_cells;
    let random = &mut page.random;
    // In tenths of a unit, the red cells as on the front pages.
    let components = [
        ("2", red * 10),
        ("3", around(random, red * 10, 0.07, 0.15) / 10 * 10),
        ("4", around(random, red * 10, 0.6, 0.08)),
        ("5", around(random, red * 10, 0.08, 0.2) / 10 * 10),
    ];
    let elsewhere = page.effects.share(Effect::BloodSource);
    let neighbour = if page.house.institution.tier == 3 {
        0.03
    } else {
        0.0
    };
    let mut lines = Vec::new();
    for (component, units) in components {
        let own = if component == "2" {
            part(units, elsewhere) / 10 * 10
        } else {
            0
        };
        let neighbour = part(units - own, neighbour) / 10 * 10;
        for (source, supplier, units) in [
            ("1", STATION, units - own - neighbour),
            ("2", NEIGHBOUR, neighbour),
            ("3", page.house.institution.name.as_str(), own),
        ] {
            if units == 0 {
                continue;
            }
            let mut line = page.line();
            line.set("SOURCE", source);
            line.set("SUPPLIER", supplier);
            line.set("COMPONENT", component);
            line.set("UNITS", format_args!("{}.{}", units / 10, units % 10));
            lines.push(line);
        }
    }
    lines
}
