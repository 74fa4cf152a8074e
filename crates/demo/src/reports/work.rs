//! What was done in a month: 医疗服务月报 and 质量与护理月报.

use super::Page;
use super::house::{around, few, part};
use crate::events::Effect;
use crate::form::Line;

pub(super) fn service(page: &mut Page<'_>) -> Vec<Line> {
    let (house, activity, totals) = (page.house, page.activity, page.totals);
    let (primary, tier) = (house.is_primary(), house.institution.tier);
    let mut line = page.line();
    let random = &mut page.random;
    line.set("VISITS", activity.visits());
    line.set("OUTPATIENT", activity.outpatients);
    line.set("EMERGENCY", activity.emergencies);
    line.set("HOME_VISITS", activity.home_visits);
    line.set("CHECKUPS", activity.checkups);
    let booked = if primary {
        house.grown(page.month, 0.04, 0.16)
    } else {
        house.grown(page.month, 0.3, 0.62)
    };
    line.set(
        "BOOKED",
        around(random, activity.outpatients, booked, 0.015),
    );
    let real = page
        .effects
        .amount(Effect::RealName)
        .unwrap_or(house.grown(page.month, 0.93, 0.99));
    line.set(
        "REAL_NAME",
        part(activity.outpatients + activity.emergencies, real),
    );
    let rescued = around(random, activity.emergencies, 0.022, 0.12);
    line.set("RESCUED", rescued);
    let rescue_deaths = few(random, rescued as f64 * 0.02).min(rescued);
    line.set("RESCUE_DEATHS", rescue_deaths);
    let observed = if tier >= 2 {
        around(random, activity.emergencies, 0.05, 0.1)
    } else {
        0
    };
    line.set("OBSERVED", observed);
    let longer = few(random, observed as f64 * 0.015).min(observed);
    line.set("OBSERVED_OVER_72H", longer);
    let admissions = totals.discharges + few(random, totals.discharges as f64 * 0.01)
        - few(random, totals.discharges as f64 * 0.01);
    line.set("ADMISSIONS", admissions.max(0));
    line.set("DISCHARGES", totals.discharges);
    line.set("DEATHS", totals.deaths);
    line.set("SURGERIES", totals.operated);
    let open = activity.beds * activity.days;
    line.set("BED_DAYS_OPEN", open);
    let used = around(random, totals.bed_days * 2, 0.5, 0.015).min(open + part(open, 0.02));
    line.set("BED_DAYS_USED", used);
    line.set("BED_DAYS_DISCHARGED", totals.bed_days);
    line.set(
        "BEDS_AVERAGE",
        format_args!("{:.1}", open as f64 / activity.days as f64),
    );
    // The stays that go on elsewhere, and the outpatients.
    let (up, down) = match tier {
        0 => (0.006, 0.0),
        1 => (0.004, 0.0004),
        2 => (0.0014, 0.0021),
        _ => (0.0007, 0.0032),
    };
    let up = totals.referred_on + around(random, activity.outpatients, up, 0.06);
    line.set("REFERRED_UP", up);
    let still = page.effects.amount(Effect::ReferredDown).unwrap_or(1.0);
    let down = down * house.grown(page.month, 0.85, 1.2) * still;
    let down = totals.referred_down + around(random, activity.outpatients, down, 0.06);
    line.set("REFERRED_DOWN", down);
    if primary && house.ahead < 0.6 {
        line.set("RESULTS_HELD", "-");
        line.set("RESULTS_RECOGNIZED", "-");
    } else {
        let held = around(random, activity.outpatients, 0.045, 0.08);
        let recognized = house.grown(page.month, 0.52, 0.8);
        line.set("RESULTS_HELD", held);
        line.set(
            "RESULTS_RECOGNIZED",
            around(random, held, recognized, 0.02).min(held),
        );
    }
    vec![line]
}

pub(super) fn quality(page: &mut Page<'_>) -> Vec<Line> {
    let (house, activity, totals) = (page.house, page.activity, page.totals);
    let (tier, private) = (house.institution.tier, house.institution.private);
    let mut line = page.line();
    let random = &mut page.random;
    let wards = (activity.beds / 42).max(1);
    let nursing = match (page.effects.amount(Effect::NursingWards), tier, private) {
        (Some(share), ..) => share,
        (None, 3, _) => 1.0,
        (None, _, false) => house.grown(page.month, 0.84, 1.0),
        _ => house.grown(page.month, 0.5, 0.8),
    };
    line.set("WARDS", wards);
    line.set("WARDS_QUALITY", part(wards, nursing));
    line.set("FALLS", few(random, totals.bed_days as f64 * 0.000_06));
    line.set(
        "PRESSURE_INJURIES",
        few(random, totals.bed_days as f64 * 0.000_04),
    );
    let (first, last) = match (tier, private) {
        (3, _) => (118.0, 168.0),
        (_, false) => (48.0, 92.0),
        _ => (6.0, 18.0),
    };
    line.set(
        "PATHWAY_DISEASES",
        house.grown(page.month, first, last) as i64,
    );
    let eligible = around(random, totals.discharges, 0.6, 0.02);
    let entered = part(eligible, house.grown(page.month, 0.66, 0.9));
    let completed = around(random, entered, 0.91, 0.015);
    line.set("PATHWAY_ELIGIBLE", eligible);
    line.set("PATHWAY_ENTERED", entered);
    line.set("PATHWAY_COMPLETED", completed);
    line.set("PATHWAY_VARIED", around(random, entered, 0.14, 0.08));
    let prescriptions =
        activity.outpatients + activity.emergencies + part(activity.outpatients, 0.16);
    // 门急诊处方不少于总数的1‰且每月不少于100张；出院病历不少于1%且每月不少于30份
    let reviewed = part(prescriptions, 0.002).max(120).min(prescriptions);
    let irregular = few(random, reviewed as f64 * 0.018);
    let unsuitable = few(random, reviewed as f64 * 0.022);
    let abnormal = few(random, reviewed as f64 * 0.002);
    let wrong = (irregular + unsuitable + abnormal).min(reviewed);
    line.set("PRESCRIPTIONS", prescriptions);
    line.set("REVIEWED", reviewed);
    line.set("RATIONAL", reviewed - wrong);
    line.set("IRREGULAR", irregular.min(wrong));
    line.set("UNSUITABLE", unsuitable.min(wrong - irregular.min(wrong)));
    line.set(
        "ABNORMAL",
        (wrong - irregular - unsuitable).clamp(0, abnormal),
    );
    line.set(
        "ORDERS_REVIEWED",
        part(totals.discharges, 0.015)
            .max(32)
            .min(totals.discharges),
    );
    let given = house.intensity() / 100.0;
    line.set(
        "ABX_OUTPATIENT",
        around(random, activity.outpatients, given * 0.28, 0.05),
    );
    line.set(
        "ABX_EMERGENCY",
        around(random, activity.emergencies, given * 0.72, 0.05),
    );
    line.set("ABX_INPATIENT", totals.antibacterial);
    line.set("CLEAN_SURGERIES", totals.clean_incisions);
    line.set(
        "CLEAN_PROPHYLAXIS",
        around(random, totals.clean_incisions, 0.22, 0.06),
    );
    let treated = around(random, totals.antibacterial, 0.78, 0.02);
    let specimen = house.grown(page.month, 0.46, 0.66);
    line.set("ABX_TREATED", treated);
    line.set("ABX_SPECIMEN", around(random, treated, specimen, 0.03));
    line.set(
        "INPATIENTS",
        totals.discharges + totals.bed_days / activity.days.max(1),
    );
    line.set(
        "HAI_CASES",
        few(
            random,
            totals.discharges as f64 * if tier == 3 { 0.012 } else { 0.006 },
        ),
    );
    let moments = 20 * wards;
    line.set("HYGIENE_DUE", moments);
    line.set(
        "HYGIENE_DONE",
        around(random, moments, house.grown(page.month, 0.74, 0.9), 0.02),
    );
    line.set("EVENTS", few(random, totals.bed_days as f64 * 0.001));
    line.set("TRANSFUSED", totals.transfused);
    line.set(
        "TRANSFUSED_TESTED",
        totals.transfused - few(random, totals.transfused as f64 * 0.006).min(totals.transfused),
    );
    vec![line]
}
