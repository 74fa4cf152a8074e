//! 收支月报. Inpatient income is the bills of the month's stays.

use super::Page;
use super::house::{around, part};
use crate::columns as c;
use crate::events::Effect;
use crate::form::Line;

pub(super) fn finance(page: &mut Page<'_>) -> Vec<Line> {
    let (house, activity, totals) = (page.house, page.activity, page.totals);
    let (private, primary) = (house.institution.private, house.is_primary());
    let mut line = page.line();
    let random = &mut page.random;
    let bills =
        |columns: &[usize]| -> i64 { columns.iter().map(|column| totals.item(*column)).sum() };
    let visits = activity.outpatients + activity.emergencies;
    let usual = house.outpatient_income(random, page.month, visits);
    let (drugs, herbal) = house.outpatient_drugs();
    let usual_drugs = around(random, usual, drugs, 0.015);
    // What is sold beyond the usual comes on top of the bill.
    let factor = page.effects.factor(Effect::OutpatientDrugs);
    let drugs = (usual_drugs as f64 * factor).round() as i64;
    let outpatient = usual + drugs - usual_drugs;
    let rest = usual - usual_drugs;
    let medical = outpatient + totals.cost;
    let drug = drugs + bills(&[c::D23, c::D24, c::D25]);
    let exam = around(random, rest, 0.27, 0.02) + bills(&[c::D15, c::D17, c::D18]);
    let lab = around(random, rest, 0.24, 0.02) + bills(&[c::D16]);
    let material = around(random, rest, 0.05, 0.03) + bills(&[c::D31, c::D32, c::D33]);
    let service = around(random, rest, 0.4, 0.015)
        + bills(&[
            c::D11,
            c::D12,
            c::D13,
            c::D14,
            c::D19,
            c::D20,
            c::D21,
            c::D22,
        ]);
    line.money("INCOME_MEDICAL", medical);
    line.money("INCOME_OUTPATIENT", outpatient);
    line.money("INCOME_INPATIENT", totals.cost);
    line.money("INCOME_DRUG", drug);
    line.money(
        "INCOME_HERBAL",
        around(random, usual, herbal, 0.02) + bills(&[c::D25]),
    );
    line.money("INCOME_DRUG_OUTPATIENT", drugs);
    // Small places cannot tell.
    if primary {
        line.set("INCOME_KEY_DRUG", "-");
        line.set("INCOME_KEY_MATERIAL", "-");
    } else {
        let monitored = house.grown(page.month, 0.06, 0.04);
        line.money("INCOME_KEY_DRUG", around(random, drug, monitored, 0.05));
        line.money("INCOME_KEY_MATERIAL", around(random, material, 0.3, 0.04));
    }
    line.money("INCOME_EXAM", exam);
    line.money("INCOME_LAB", lab);
    line.money("INCOME_MATERIAL", material);
    line.money("INCOME_SERVICE", service);
    let premium = if house.institution.tier >= 2 && !private {
        part(medical, 0.008)
    } else {
        0
    };
    line.money("INCOME_PREMIUM", premium);
    line.money("INCOME_INSURANCE", around(random, medical, 0.56, 0.02));
    let fiscal = match (private, primary) {
        (true, _) => 0.0,
        (_, true) => 0.52,
        _ => 0.09,
    };
    let fiscal = part(
        house.outpatient_income(random, 0, visits) + totals.cost,
        fiscal,
    );
    line.money("INCOME_FISCAL", fiscal);
    let cost = if private {
        around(random, medical, 0.96, 0.015)
    } else {
        around(random, medical + fiscal, 0.985, 0.015)
    };
    // No margin on drugs; not every material is charged.
    let drug_cost = part(drug, 0.995);
    let material_cost = material + part(material, 0.16);
    let staff = around(random, cost, if primary { 0.44 } else { 0.37 }, 0.015);
    line.money("COST_MEDICAL", cost.max(drug_cost + material_cost + staff));
    line.money("COST_STAFF", staff);
    line.money("COST_DRUG", drug_cost);
    line.money("COST_MATERIAL", material_cost);
    // Small places close their books by the quarter.
    if primary && !house.calendar(page.month).month().is_multiple_of(3) {
        line.set("ASSETS", "-");
        line.set("LIABILITIES", "-");
    } else {
        let assets = activity.beds * 42_000_000;
        line.money("ASSETS", assets);
        line.money("LIABILITIES", part(assets, 0.38 - 0.1 * house.ahead));
    }
    let purchased = drug_cost + around(random, drug_cost, 0.04, 0.5) - part(drug_cost, 0.03);
    let essential = if primary {
        house.grown(page.month, 0.8, 0.9)
    } else {
        house.grown(page.month, 0.42, 0.56)
    };
    let essential = around(random, purchased, essential, 0.01);
    line.money("PURCHASE_DRUG", purchased);
    line.money("PURCHASE_ESSENTIAL", essential);
    line.money(
        "PURCHASE_ESSENTIAL_ONLINE",
        part(essential, house.grown(page.month, 0.965, 1.0)),
    );
    vec![line]
}
