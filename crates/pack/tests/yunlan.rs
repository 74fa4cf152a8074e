//! The demo region's own plan shows each way in which the state of an item can be known.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use yizheng_pack::Edition;
use yizheng_pack::plan::{Operator, StatusBy};

#[test]
fn the_demo_plan_shows_every_way() {
    let pack = common::loaded(&[common::folder("national"), common::folder("workplans"), common::folder("yunlan")]);
    assert_eq!(pack.plans.len(), 10);
    let plan = &pack.plans["yunlan-2025"];
    assert_eq!((plan.items.len(), plan.chapters.len()), (30, 8));
    for chapter in &plan.chapters {
        assert!(plan.items.iter().filter(|item| item.chapter == chapter.number).count() >= 2, "{}", chapter.number);
    }

    let mut by: BTreeMap<StatusBy, usize> = BTreeMap::new();
    for item in &plan.items {
        *by.entry(item.status_by).or_default() += 1;
        assert!(item.lead.is_some() && !item.with.is_empty(), "{}: no office", item.number);
    }
    // 16 + 3 + 8 + 2 + 1 = 30
    let expected = [
        (StatusBy::Target, 16),
        (StatusBy::Register, 3),
        (StatusBy::Procedure, 8),
        (StatusBy::Milestone, 2),
        (StatusBy::Task, 1),
    ];
    assert_eq!(by, expected.into());

    let targets = || plan.items.iter().flat_map(|item| &item.targets);
    let operators: BTreeSet<Operator> = targets().map(|target| target.operator).collect();
    for operator in [
        Operator::AtLeast,
        Operator::AtMost,
        Operator::Exactly,
        Operator::About,
        Operator::Increase,
        Operator::All,
    ] {
        assert!(operators.contains(&operator), "{operator:?}");
    }
    assert!(targets().any(|target| target.aspirational));
    assert!(targets().any(|target| target.classes == ["A2"]));
    assert!(targets().any(|target| !target.per.is_empty()));
    // 27 targets, 25 of them measured by an indicator that runs.
    let measured: Vec<_> = targets().filter_map(|target| target.indicator.as_ref()).collect();
    assert_eq!((targets().count(), measured.len()), (27, 25));
    for id in measured {
        assert!(pack.indicators[id].meta.status.runs(), "{id}");
    }
    // 患者满意度: nothing measures it.
    assert!(plan.item("27").unwrap().targets.iter().all(|target| target.indicator.is_none()));
}

#[test]
fn the_demo_pack_changes_two_lines_the_bulletins_head_and_adds_its_demerit_rules() {
    let (national, yunlan) = (common::folder("national"), common::folder("yunlan"));
    let found = yizheng_pack::diff::diff(std::slice::from_ref(&national), &[national.clone(), yunlan]).unwrap();
    let (bulletins, found): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| one.kind == yizheng_pack::kind::Kind::Bulletin);
    assert!(bulletins.iter().all(|one| one.id == "quality-core" && !one.recompute));
    assert!(bulletins.iter().any(|one| one.key == "issuer" && one.new == "云澜市卫生健康委员会"));
    // The invented city's rules of demerit points fill a list that waits for them; nothing else is changed.
    let of_demerit = |id: &str| id == "DEMERIT_RULES" || id.starts_with("demerit_");
    let (demerit, found): (Vec<_>, Vec<_>) = found.into_iter().partition(|one| of_demerit(&one.id));
    assert!(demerit.iter().any(|one| one.key == "entries[J601]" && one.new.contains("points=6")));
    assert!(demerit.iter().filter(|one| one.key.is_empty() || one.key.starts_with("entries")).all(|one| one.old.is_empty()));
    let told: Vec<[&str; 4]> = found.iter().map(|one| [one.id.as_str(), &one.key, &one.old, &one.new]).collect();
    assert_eq!(
        told,
        [
            ["REG06", "target[2025-01-01]", "", "≥45"],
            ["plan_answer_days", "values[2025-01-01]", "7", "5"],
            ["yunlan-2025", "", "", ""]
        ]
    );
}

#[test]
fn every_pack_has_a_changelog() {
    let pack = common::loaded(&[common::folder("national"), common::folder("workplans"), common::folder("yunlan")]);
    for Edition { id, version, .. } in &pack.layers {
        assert!(pack.changelog.iter().any(|release| release.pack == *id && release.version == *version), "{id}");
    }
}
