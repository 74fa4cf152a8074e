//! What is there on the last day of a month: 床位与人员月报 and 家庭医生签约月报.

use super::Page;
use super::house::{around, part};
use crate::events::Effect;
use crate::form::Line;

/// 每150–200张实际使用床位配备1名, and at least so many.
fn infection_staff(beds: i64) -> i64 {
    match beds {
        ..100 => 2,
        100..=500 => 4,
        _ => 4 + (beds - 500 + 199) / 200,
    }
}

pub(super) fn resource(page: &mut Page<'_>) -> Vec<Line> {
    let house = page.house;
    let institution = house.institution;
    let registered = i64::from(institution.beds_in(page.month));
    let open = page.activity.beds;
    let staff = house.staff(page.month);
    let has = |subject: &str| institution.subjects.iter().any(|code| code == subject);
    let count = |holds: bool| i64::from(holds);
    let nursing = institution.profile == "nursing";
    let general = institution.class.starts_with("A100") && institution.tier >= 2;
    let mut line = page.line();
    line.set("BEDS_AUTHORIZED", registered);
    line.set("BEDS_OPEN", open);
    line.set("BEDS_ICU", if has("28") { part(open, 0.025) } else { 0 });
    line.set("BEDS_NEGATIVE", if general { part(open, 0.01) } else { 0 });
    let elder = match (nursing, institution.is_primary()) {
        (true, _) => 0.8,
        (_, true) => house.grown(page.month, 0.04, 0.12),
        _ if has("0310") || institution.profile == "rehabilitation" => 0.05,
        _ => 0.0,
    };
    line.set("BEDS_ELDER", part(open, elder));
    line.set(
        "BEDS_HOSPICE",
        match institution.profile.as_str() {
            "nursing" => 10,
            "general3" => 8,
            "community" if house.ahead > 0.5 => 2,
            _ => 0,
        },
    );
    let observing = count(institution.tier >= 2 && has("20"));
    line.set("BEDS_OBSERVATION", observing * part(open, 0.012).max(4));
    let fever = count(general && !institution.private || institution.profile == "mch");
    line.set("FEVER_CLINICS", fever);
    line.set(
        "FEVER_CLINICS_STANDARD",
        fever * count(institution.tier == 3 || page.month >= 9),
    );
    let posts = if institution.private {
        0
    } else {
        part(staff.all, 0.74)
    };
    line.set("POSTS", posts);
    line.set("STAFF", staff.all);
    line.set("HEALTH_STAFF", staff.health);
    line.set("PHYSICIANS", staff.physicians);
    line.set("ASSISTANTS", staff.assistants);
    line.set("GENERAL_PRACTITIONERS", staff.general);
    line.set("NURSES", staff.nurses);
    line.set("PHARMACISTS", staff.pharmacists);
    let clinical = if institution.tier >= 2 {
        part(staff.pharmacists, 0.15).max(1)
    } else {
        0
    };
    line.set("CLINICAL_PHARMACISTS", clinical);
    line.set("TECHNICIANS", staff.technicians);
    let blood = count(institution.tier >= 2 && has("30") && page.totals.red_cells > 0);
    line.set("TRANSFUSION_STAFF", blood * part(open, 0.006).max(2));
    let wanted = if institution.is_primary() {
        1 + count(house.ahead > 0.5)
    } else {
        infection_staff(open)
    };
    let left = page.effects.amount(Effect::InfectionControl).unwrap_or(1.0);
    line.set("INFECTION_STAFF", part(wanted, left));
    line.set(
        "PREHOSPITAL_STAFF",
        match institution.profile.as_str() {
            "general3" => 26,
            "general2" => 12,
            "township_centre" => 4,
            _ => 0,
        },
    );
    // The last join in the second year.
    let connected = !institution.private && (house.ahead * 24.0) as usize + page.month >= 6;
    line.set("INFO_SYSTEM", count(connected));
    line.set(
        "TELEMEDICINE",
        count(!institution.private && house.ahead + page.month as f64 / 24.0 > 0.3),
    );
    vec![line]
}

pub(super) fn family_doctor(page: &mut Page<'_>) -> Vec<Line> {
    let house = page.house;
    let month = page.month;
    let residents = house.residents(month);
    let kept = page.effects.amount(Effect::Contracts).unwrap_or(1.0);
    let key = part(residents, 0.31);
    let elderly = part(residents, 0.158);
    let hypertension = part(residents, 0.088);
    let diabetes = part(residents, 0.031);
    let mut line = page.line();
    line.set("POPULATION", residents);
    line.set("TEAMS", (residents / 4_200).max(2));
    let contracts = part(residents, house.grown(month, 0.36, 0.54) * kept);
    line.set("CONTRACTS", contracts);
    line.set("KEY_POPULATION", key);
    line.set(
        "KEY_CONTRACTS",
        part(key, house.grown(month, 0.62, 0.84) * kept),
    );
    line.set("ELDERLY", elderly);
    line.set(
        "ELDERLY_CONTRACTS",
        part(elderly, house.grown(month, 0.66, 0.86) * kept),
    );
    line.set("HYPERTENSION", hypertension);
    line.set(
        "HYPERTENSION_CONTRACTS",
        part(hypertension, house.grown(month, 0.7, 0.9) * kept),
    );
    line.set("DIABETES", diabetes);
    line.set(
        "DIABETES_CONTRACTS",
        part(diabetes, house.grown(month, 0.7, 0.9) * kept),
    );
    let served = around(&mut page.random, contracts, 0.062, 0.06);
    line.set("SERVED", served);
    line.set("CONTRACT_VISITS", served + part(served, 0.28));
    vec![line]
}
