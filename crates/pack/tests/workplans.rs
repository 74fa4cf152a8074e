//! The nine work plans of this repository are complete: every item, every exclusion with its reason,
//! every number. The expected counts come from an independent inventory of the documents.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::collections::BTreeMap;

use yizheng_pack::Pack;
use yizheng_pack::plan::{CAPABILITIES, Plan, PlanItem, StatusBy, TargetKind};

fn pack() -> Pack {
    common::loaded(&[common::folder("national"), common::folder("workplans")])
}

fn items(pack: &Pack) -> impl Iterator<Item = (&Plan, &PlanItem)> {
    pack.plans.values().flat_map(|plan| plan.items.iter().map(move |item| (&**plan, item)))
}

#[test]
fn every_item_is_there() {
    let pack = pack();
    let counts: Vec<(&str, usize)> = pack.plans.iter().map(|(id, plan)| (&**id, plan.items.len())).collect();
    // 24 + 21 + 26 + 36 + 40 + 28 + 16 + 16 + 36 = 243
    assert_eq!(
        counts,
        [
            ("county-2014", 24),
            ("district-13th-five-year", 21),
            ("haidian-2012", 26),
            ("haidian-2017", 36),
            ("shanghai-2014", 40),
            ("shanghai-supervision-2011", 28),
            ("tanggu-2012", 16),
            ("town-2011", 16),
            ("wuzhong-2021", 36),
        ]
    );
    for (plan, item) in items(&pack) {
        assert!(!item.actors.is_empty(), "{} {}: nobody acts", plan.meta.id, item.number);
    }
}

#[test]
fn items_belong_to_their_capabilities() {
    let pack = pack();
    let mut mainly: BTreeMap<&str, usize> = BTreeMap::new();
    let mut also: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, item) in items(&pack) {
        *mainly.entry(&item.capability).or_default() += 1;
        for code in &item.also {
            *also.entry(code).or_default() += 1;
        }
    }
    let main = [18, 9, 7, 6, 8, 15, 4, 8, 24, 14, 21, 13, 12, 5, 33, 10, 17, 9, 10];
    let second = [5, 14, 5, 5, 4, 7, 3, 2, 3, 5, 16, 3, 14, 8];
    // 164 items in the fourteen capabilities, 79 outside: 33 + 10 + 17 + 9 + 10.
    assert_eq!((main[..14].iter().sum::<usize>(), main[14..].iter().sum::<usize>()), (164, 79));
    let expected: BTreeMap<&str, usize> = CAPABILITIES.iter().map(|(code, _)| *code).zip(main).collect();
    assert_eq!(mainly, expected);
    let expected: BTreeMap<&str, usize> = CAPABILITIES.iter().map(|(code, _)| *code).zip(second).collect();
    assert_eq!(also, expected);
}

#[test]
fn family_planning_is_recorded_and_left_out() {
    let pack = pack();
    let mut left_out: BTreeMap<&str, usize> = BTreeMap::new();
    for (plan, item) in items(&pack) {
        let family_planning = item.capability.starts_with("XL-");
        assert_eq!(item.status_by == StatusBy::Excluded, family_planning, "{} {}", plan.meta.id, item.number);
        if family_planning {
            assert!(item.excluded.as_ref().is_some_and(|reason| reason.chars().count() >= 10));
            *left_out.entry(&plan.meta.id).or_default() += 1;
        }
    }
    // 1 + 3 + 16 + 16 = 36
    let expected = [("haidian-2017", 1), ("shanghai-2014", 3), ("tanggu-2012", 16), ("town-2011", 16)];
    assert_eq!(left_out, expected.into());
}

#[test]
fn every_number_is_there() {
    let pack = pack();
    let mut counts: BTreeMap<(TargetKind, &str), usize> = BTreeMap::new();
    for (plan, item) in items(&pack) {
        for target in &item.targets {
            *counts.entry((target.kind, &plan.meta.id)).or_default() += 1;
            assert!(!target.quote.is_empty(), "{} {}: {}", plan.meta.id, item.number, target.measures);
        }
    }
    let of = |kind| -> Vec<(&str, usize)> {
        counts.iter().filter(|((k, _), _)| *k == kind).map(|((_, plan), n)| (*plan, *n)).collect()
    };
    // The inventory's 33 numeric targets, one each: 12 + 2 + 10 + 3 + 6.
    assert_eq!(
        of(TargetKind::Target),
        [
            ("county-2014", 12),
            ("district-13th-five-year", 2),
            ("haidian-2017", 10),
            ("shanghai-2014", 3),
            ("wuzhong-2021", 6),
        ]
    );
    // 36 rows of other quantities give 51. Rows that hold several numbers: the age of 60 stands in two
    // items (+1); one platform, one body and one team (+2); two starting days of essential medicines
    // (+1); two days of contests (+1); the row of cited plans' spans holds eleven (+10).
    // 9 + 4 + 8 + 23 + 5 + 2 = 51 = 36 + 15
    assert_eq!(
        of(TargetKind::Quantity),
        [
            ("county-2014", 9),
            ("haidian-2012", 4),
            ("haidian-2017", 8),
            ("shanghai-2014", 23),
            ("shanghai-supervision-2011", 5),
            ("wuzhong-2021", 2),
        ]
    );
    // The inventory's 22 universal targets, one each: 4 + 3 + 4 + 5 + 6.
    assert_eq!(
        of(TargetKind::Universal),
        [("county-2014", 4), ("haidian-2012", 3), ("haidian-2017", 4), ("shanghai-2014", 5), ("wuzhong-2021", 6)]
    );
    // 10 rows of indicators without a value give 20: three of patient flow (+2), antimicrobial indices in
    // two plans (+1), three rates of family doctors (+2), appraisals in three items (+2), two of
    // tuberculosis (+1), two of mortality (+1), stay and cost (+1). 4 + 4 + 5 + 3 + 1 + 3 = 20
    assert_eq!(
        of(TargetKind::Unvalued),
        [
            ("county-2014", 4),
            ("district-13th-five-year", 4),
            ("haidian-2017", 5),
            ("shanghai-2014", 3),
            ("shanghai-supervision-2011", 1),
            ("wuzhong-2021", 3),
        ]
    );
    // 18 rows of family planning give 26: the lost rate of town and suburb (+1), certificates issued and
    // checked (+1), contraception in two items (+1), the rate and number of checks (+1), slogans per
    // village and per group (+1), four rhythms of checking (+3). 2 + 4 + 20 = 26
    assert_eq!(of(TargetKind::Excluded), [("haidian-2017", 2), ("tanggu-2012", 4), ("town-2011", 20)]);
}

#[test]
fn the_numbers_are_those_of_the_texts() {
    let pack = pack();
    let shown = |plan: &str, item: &str| -> Vec<String> {
        let item = pack.plans[plan].item(item).unwrap_or_else(|| panic!("{plan} {item}"));
        item.targets.iter().filter(|target| target.kind == TargetKind::Target).map(ToString::to_string).collect()
    };
    for (plan, item, expected) in [
        ("district-13th-five-year", "一(四)", &["约90%"][..]),
        ("district-13th-five-year", "二(六)", &["=100%"]),
        ("haidian-2017", "三¶1", &["力争约30%", "≤20元"]),
        ("haidian-2017", "三¶2", &["2–3家"]),
        ("haidian-2017", "四¶3", &["=10家"]),
        ("haidian-2017", "五¶1", &["=5所", "=8所", "=6所", "=300支"]),
        ("haidian-2017", "五¶2", &["≥35%"]),
        ("haidian-2017", "十一¶3", &["≥2个"]),
        ("shanghai-2014", "18", &["力争=6‰", "新增1000张"]),
        ("shanghai-2014", "19", &["2–3个"]),
        ("county-2014", "一(二)", &["≥80%"]),
        ("county-2014", "一(三)", &["≥12种", "≥5种", "1–2种", "1–2种"]),
        ("county-2014", "二", &["=1年"]),
        ("county-2014", "七", &["每月=1次", "=0次"]),
        ("county-2014", "八", &["=100%", "=100%"]),
        ("county-2014", "十(二)", &["=5项"]),
        ("county-2014", "十(四)", &["=5年"]),
        ("wuzhong-2021", "(一)", &["=1家", "=3家"]),
        ("wuzhong-2021", "(二)", &["=5个"]),
        ("wuzhong-2021", "(五)", &["每250张床≥1名"]),
        ("wuzhong-2021", "(二十)", &["每年=2次"]),
        ("wuzhong-2021", "(二十五)", &["=3个"]),
    ] {
        assert_eq!(shown(plan, item), expected, "{plan} {item}");
    }
}
