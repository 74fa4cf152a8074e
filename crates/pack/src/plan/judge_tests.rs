//! Every status, by tables. Days of 2026: it has 365, so that 2 July is its 183rd and 50.1 % of it
//! are over then; 31 October its 304th (83.3 %).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::*;
use crate::plan::TargetKind;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn written(operator: Operator, value: Option<(i64, u8)>, high: Option<i64>) -> PlanTarget {
    PlanTarget {
        measures: String::new(),
        subject: String::new(),
        operator,
        value: value.map(|(units, scale)| Value::Number { units, scale }),
        high: high.map(|units| Value::Number { units, scale: 0 }),
        unit: "%".to_owned(),
        per: String::new(),
        from: day("2026-01-01"),
        by: day("2026-12-31"),
        aspirational: false,
        quote: String::new(),
        indicator: None,
        classes: Vec::new(),
        levels: Vec::new(),
        institutions: Vec::new(),
        kind: TargetKind::Target,
    }
}

#[test]
fn bounds_follow_the_words() {
    let (up, down, watch) = (Direction::Up, Direction::Down, Direction::Watch);
    for (operator, value, high, direction, low_bound, high_bound) in [
        (Operator::AtLeast, Some((905, 1)), None, down, Some(90.5), None),
        (Operator::AtMost, Some((28, 0)), None, up, None, Some(28.0)),
        (Operator::Between, Some((1, 0)), Some(2), up, Some(1.0), Some(2.0)),
        (Operator::Increase, Some((3, 0)), None, watch, Some(3.0), None),
        // 下降5: so much less, or still less.
        (Operator::Increase, Some((-5, 0)), None, watch, None, Some(-5.0)),
        (Operator::Exactly, Some((6, 0)), None, up, Some(6.0), None),
        (Operator::Exactly, Some((6, 0)), None, down, None, Some(6.0)),
        (Operator::Exactly, Some((6, 0)), None, watch, Some(6.0), Some(6.0)),
        (Operator::All, None, None, up, Some(100.0), None),
    ] {
        let bounds = Bounds::of(&written(operator, value, high), direction, "%", 1.0).unwrap();
        assert_eq!(bounds, Bounds { low: low_bound, high: high_bound }, "{operator:?}");
    }
    assert_eq!(Bounds::of(&written(Operator::About, Some((90, 0)), None), up, "%", 1.0), None);
    assert_eq!(Bounds::of(&written(Operator::Unstated, None, None), up, "%", 1.0), None);
    // All of something that is no share cannot be compared with a number.
    assert_eq!(Bounds::of(&written(Operator::All, None, None), up, "家", 1.0), None);
    // 0.6 % against an indicator in ‰.
    let bounds = Bounds::of(&written(Operator::AtLeast, Some((6, 1)), None), up, "‰", 10.0).unwrap();
    assert_eq!(bounds.low, Some(6.0));
}

#[test]
fn the_boundary_belongs_to_the_target() {
    let range = Bounds { low: Some(1.0), high: Some(2.0) };
    for (value, holds) in [(0.99, false), (1.0, true), (2.0, true), (2.01, false)] {
        assert_eq!(range.hold(value), holds, "{value}");
    }
    // 6‰ of an indicator in %: 6 × 0.1 is a little more than 0.6 in binary, and is 0.6 all the same.
    assert!(Bounds { low: Some(6.0 * 0.1), high: None }.hold(0.6));
    assert!(Bounds { low: None, high: Some(0.3 - 0.1) }.hold(0.2));
    for (low, high, all) in [(0.0, 0.9, true), (0.0, 1.0, false), (2.0, 3.0, false), (2.1, 3.0, true), (0.0, 3.0, false)] {
        assert_eq!(range.miss_all(low, high), all, "{low} {high}");
    }
}

const AT_LEAST_90: Bounds = Bounds { low: Some(90.0), high: None };

fn course(bounds: Bounds, as_of: &str, value: f64, ahead: Option<(f64, f64)>) -> Course<'static> {
    Course {
        bounds,
        display: "≥90%",
        adds_up: false,
        from: day("2026-01-01"),
        by: day("2026-12-31"),
        as_of: day(as_of),
        complete: false,
        now: Ok(Now { value, display: format!("{value}%"), period: "2026年1–10月".to_owned() }),
        ahead: ahead
            .map(|(low, high)| Ahead { low, high, display: format!("{low}–{high}%") })
            .ok_or_else(|| "只有 3 个月的数值".to_owned()),
    }
}

#[test]
fn a_value_against_its_bound() {
    let half = "2026-07-02";
    let before = "2026-07-01";
    let late = "2026-11-22";
    for (as_of, value, ahead, status, reason) in [
        (late, 90.0, None, Status::Met, "2026年1–10月 90%，达到目标 ≥90%"),
        (late, 88.0, Some((86.0, 89.9)), Status::Behind, "2026年1–10月 88%，尚未达到目标 ≥90%；按趋势到期为 86–89.9%，达不到"),
        (late, 88.0, Some((86.0, 90.0)), Status::OnCourse, "2026年1–10月 88%，尚未达到目标 ≥90%；按趋势到期为 86–90%，有可能达到"),
        (late, 88.0, Some((90.0, 91.0)), Status::OnCourse, "2026年1–10月 88%，尚未达到目标 ≥90%；按趋势到期为 90–91%，能够达到"),
        // Exactly half of the time (182.5 of 365 days) lies between 1 and 2 July.
        (before, 88.0, None, Status::OnCourse, "2026年1–10月 88%，尚未达到目标 ≥90%；只有 3 个月的数值，不能预测，时间已过 50%"),
        (half, 88.0, None, Status::Behind, "2026年1–10月 88%，尚未达到目标 ≥90%；只有 3 个月的数值，不能预测，时间已过 50%"),
    ] {
        let verdict = target(&course(AT_LEAST_90, as_of, value, ahead));
        assert_eq!(verdict, Verdict::new(status, reason), "{as_of} {value}");
    }
}

#[test]
fn after_the_deadline() {
    // December is in: overdue since 10 January, ten days.
    let over = Course { complete: true, ..course(AT_LEAST_90, "2027-01-10", 88.0, None) };
    let reason = "2026年1–10月 88%，未达到目标 ≥90%，时限 2026年12月31日 已过 10 天";
    assert_eq!(target(&over), Verdict::new(Status::Overdue, reason));
    // December is not in yet: nobody is called overdue for a month that is not counted.
    let open = course(AT_LEAST_90, "2027-01-10", 88.0, Some((89.0, 91.0)));
    let reason = "2026年1–10月 88%，未达到目标 ≥90%，时限 2026年12月31日 已过，最后时段的数据尚未收齐；按趋势到期为 89–91%，有可能达到";
    assert_eq!(target(&open), Verdict::new(Status::OnCourse, reason));
    // Met late is met.
    let met = Course { complete: true, ..course(AT_LEAST_90, "2027-01-10", 90.1, None) };
    assert_eq!(target(&met).status, Status::Met);
}

#[test]
fn what_is_not_measured_is_never_passed() {
    let unknown = Course { now: Err("本期没有收到报送".to_owned()), ..course(AT_LEAST_90, "2026-11-22", 0.0, None) };
    assert_eq!(target(&unknown), Verdict::new(Status::NotMeasured, "本期没有收到报送"));
}

/// A count to be reached grows in time: by 31 October 304/365 = 83.3 % of the time are over, so that
/// of 12 at least 9.995 should be there.
#[test]
fn a_count_goes_by_its_share_of_the_time() {
    let twelve = Bounds { low: Some(12.0), high: None };
    let count = |value, ahead| Course { adds_up: true, display: "≥12", ..course(twelve, "2026-10-31", value, ahead) };
    let verdict = target(&count(9.0, None));
    let reason = "2026年1–10月 9%，尚未达到目标 ≥12；只有 3 个月的数值，不能预测，按时间进度应完成 83%，实际完成 75%";
    assert_eq!(verdict, Verdict::new(Status::Behind, reason));
    assert_eq!(target(&count(10.0, None)).status, Status::OnCourse);
    assert_eq!(target(&count(12.0, None)).status, Status::Met);
    assert_eq!(target(&count(9.0, Some((11.0, 13.0)))).status, Status::OnCourse);
}

/// A count that must stay below a bound is not met before its time is over, and lost once beyond.
#[test]
fn a_count_to_be_kept_small() {
    let five = Bounds { low: None, high: Some(5.0) };
    let count = |as_of, value, ahead| Course { adds_up: true, display: "≤5", ..course(five, as_of, value, ahead) };
    for (as_of, complete, value, ahead, status) in [
        ("2026-10-31", false, 3.0, None, Status::OnCourse),
        ("2026-10-31", false, 3.0, Some((3.5, 4.0)), Status::OnCourse),
        ("2026-10-31", false, 3.0, Some((5.5, 7.0)), Status::Behind),
        ("2026-10-31", false, 6.0, Some((6.5, 7.0)), Status::Behind),
        ("2027-01-20", true, 5.0, None, Status::Met),
        ("2027-01-20", true, 6.0, None, Status::Overdue),
        ("2027-01-05", false, 5.0, None, Status::OnCourse),
    ] {
        let verdict = target(&Course { complete, ..count(as_of, value, ahead) });
        assert_eq!(verdict.status, status, "{as_of} {value}: {}", verdict.reason);
    }
    let reason = "2026年1–10月 6%，已超出目标 ≤5，不可能再达到";
    assert_eq!(target(&count("2026-10-31", 6.0, None)).reason, reason);
}

#[test]
fn a_target_for_each_is_met_by_every_one() {
    let one = |name: &str, display: &str, status| One {
        name: name.to_owned(),
        display: display.to_owned(),
        verdict: Verdict::new(status, ""),
    };
    let met = [one("甲院", "91%", Status::Met), one("乙院", "95%", Status::Met)];
    assert_eq!(each("≥90%", "2026年1–10月", &met), Verdict::new(Status::Met, "2026年1–10月，所指的 2 家机构中 2 家达到目标 ≥90%"));
    let mixed = [
        one("甲院", "91%", Status::Met),
        one("乙院", "80%", Status::Behind),
        one("丙院", "", Status::NotMeasured),
        one("丁院", "89%", Status::OnCourse),
    ];
    let reason = "2026年1–10月，所指的 4 家机构中 1 家达到目标 ≥90%；滞后 1 家：乙院（80%）；尚未达到但有可能达到 1 家：丁院（89%）；未测量 1 家：丙院";
    assert_eq!(each("≥90%", "2026年1–10月", &mixed), Verdict::new(Status::Behind, reason));
    assert_eq!(each("≥90%", "2026年1–10月", &[]).status, Status::NotMeasured);
}

#[test]
fn a_person_decides_what_only_people_can() {
    let judged = |met| Judged { met, person: "张三".to_owned(), on: day("2026-10-08") };
    let (by, before, after) = (day("2026-10-31"), day("2026-10-20"), day("2026-11-10"));
    let why = "“左右”没有写明容许范围";
    for (entry, as_of, status, reason) in [
        (None, before, Status::Judgement, "“左右”没有写明容许范围，须人工判定"),
        (None, after, Status::Judgement, "“左右”没有写明容许范围；时限 2026年10月31日 已过 10 天，尚无人工判定"),
        (Some(judged(true)), after, Status::Met, "人工判定：完成，张三，2026年10月8日"),
        (Some(judged(false)), before, Status::Behind, "人工判定：未完成，张三，2026年10月8日"),
        (Some(judged(false)), after, Status::Overdue, "人工判定：未完成，张三，2026年10月8日"),
    ] {
        assert_eq!(person(why, entry.as_ref(), by, as_of), Verdict::new(status, reason));
    }
}

#[test]
fn milestones_say_how_far_it_is() {
    let three: Vec<Milestone> = [("2026-03-31", "印发方案"), ("2026-06-30", "完成自查"), ("2026-11-30", "总结验收")]
        .map(|(by, title)| Milestone { by: day(by), title: title.to_owned() })
        .into();
    let judge = |done: [Option<&str>; 3], as_of: &str| {
        milestones(&three, &done.map(|done| done.map(day)), 30, day("2026-11-30"), day(as_of))
    };
    for (done, as_of, status, reason) in [
        ([None, None, None], "2026-03-31", Status::OnCourse, "3 个节点均未到期；下一个是“印发方案”（2026年3月31日前）"),
        ([None, None, None], "2026-04-30", Status::Behind, "3 个节点完成 0 个；“印发方案”应于 2026年3月31日 前完成，已超 30 天"),
        ([None, None, None], "2026-05-01", Status::Overdue, "3 个节点完成 0 个；“印发方案”应于 2026年3月31日 前完成，已超 31 天"),
        ([Some("2026-04-10"), Some("2026-06-30"), None], "2026-10-31", Status::OnCourse, "3 个节点完成 2 个，到期的均已完成；下一个是“总结验收”（2026年11月30日前）"),
        // Done later than the day that is asked about: not done then.
        ([Some("2026-04-10"), Some("2026-07-15"), None], "2026-07-10", Status::Behind, "3 个节点完成 1 个；“完成自查”应于 2026年6月30日 前完成，已超 10 天"),
        ([Some("2026-04-10"), Some("2026-06-30"), None], "2026-12-01", Status::Overdue, "3 个节点完成 2 个；“总结验收”应于 2026年11月30日 前完成，已超 1 天"),
        ([Some("2026-04-10"), Some("2026-06-30"), Some("2026-11-20")], "2026-12-01", Status::Met, "3 个节点全部完成"),
    ] {
        assert_eq!(judge(done, as_of), Verdict::new(status, reason), "{as_of}");
    }
    // The office was given until the end of September: nothing is on course after it.
    let done = [Some(day("2026-04-10")), Some(day("2026-06-30")), None];
    let judge = |as_of: &str| milestones(&three, &done, 30, day("2026-09-30"), day(as_of));
    assert_eq!(judge("2026-09-30").status, Status::OnCourse);
    assert_eq!(judge("2026-10-10"), Verdict::new(Status::Overdue, "3 个节点完成 2 个；时限 2026年9月30日 已过 10 天"));
}

#[test]
fn a_fall_is_written_as_one() {
    let target = written(Operator::Increase, Some((-5, 0)), None);
    assert_eq!(target.to_string(), "减少5%");
    assert_eq!(written(Operator::Increase, Some((5, 0)), None).to_string(), "新增5%");
}

#[test]
fn the_worst_stands_for_all() {
    use Status::{Behind, Excluded, Judgement, Met, NotMeasured, OnCourse, Overdue};
    let order = [Overdue, Behind, NotMeasured, Judgement, OnCourse, Met, Excluded];
    assert!(order.is_sorted());
    let verdicts = [Verdict::new(Met, "甲"), Verdict::new(NotMeasured, "乙"), Verdict::new(OnCourse, "丙")];
    assert_eq!(worst(&verdicts), Some(Verdict::new(NotMeasured, "乙（3 个目标值中 1 个达到）")));
    assert_eq!(worst(&verdicts[..1]), Some(Verdict::new(Met, "甲")));
    assert_eq!(worst(&[]), None);
    // What is only told stands for nothing, unless nothing else is there.
    let told = [Verdict::new(Excluded, "丁"), Verdict::new(Met, "甲"), Verdict::new(OnCourse, "丙")];
    assert_eq!(worst(&told), Some(Verdict::new(OnCourse, "丙（2 个目标值中 1 个达到）")));
    assert_eq!(worst(&told[..2]), Some(Verdict::new(Met, "甲")));
    assert_eq!(worst(&told[..1]), Some(Verdict::new(Excluded, "丁")));
}

#[test]
fn time_that_is_over() {
    let (from, to) = (day("2026-01-01"), day("2026-12-31"));
    for (as_of, days) in [("2025-12-31", 0.0), ("2026-01-01", 1.0), ("2026-10-31", 304.0), ("2026-12-31", 365.0), ("2027-05-01", 365.0)] {
        assert_eq!(elapsed(from, to, day(as_of)), days / 365.0, "{as_of}");
    }
    assert_eq!(elapsed(to, from, from), 1.0);
}
