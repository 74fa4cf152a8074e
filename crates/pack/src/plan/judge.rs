//! How far a plan has really got: the status of targets, milestones and items, each with its reason
//! in one Chinese sentence. The rules stand in `docs/adr/0011-plan-status.md`.
//!
//! Everything here is a function of plain values; whoever calls measures and forecasts.

use chrono::NaiveDate;

use super::{Milestone, Operator, PlanTarget};
use crate::indicator::Direction;
use crate::types::Value;

/// How an item or a target stands; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// 逾期: the deadline is past and it is not met.
    Overdue,
    /// 滞后: not met, and by its course it will not be in time.
    Behind,
    /// 未测量: nothing says how it stands.
    NotMeasured,
    /// 待人工判定: a person has to judge.
    Judgement,
    /// 正常推进: not met yet, in time by its course.
    OnCourse,
    /// 已完成
    Met,
    /// 不纳入自动评价
    Excluded,
}

/// A status and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How it stands.
    pub status: Status,
    /// Why, in one Chinese sentence without its full stop.
    pub reason: String,
}

impl Verdict {
    /// A status for a reason.
    pub fn new(status: Status, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into() }
    }
}

/// Between which values a target is met, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The least value that meets it.
    pub low: Option<f64>,
    /// The highest.
    pub high: Option<f64>,
}

impl Bounds {
    /// The bounds of a target, each number as the target writes it times `factor` (10 where it
    /// writes per cent and the value is per mille). `None` where the text gives none: 左右, and
    /// what is named without a value.
    ///
    /// A number to be reached (达到6‰, 创建10家) is reached from the side from which the indicator
    /// comes: at least so much where more is better, at most where less is. Only where neither is
    /// better must it be equal. 全部 is 100 of a share in per cent.
    pub fn of(target: &PlanTarget, direction: Direction, unit: &str, factor: f64) -> Option<Self> {
        let number = |value: &Option<Value>| value.as_ref().and_then(number).map(|number| number * factor);
        let value = number(&target.value);
        let (low, high) = match target.operator {
            // 减少 is written as a negative increase: so much less, or still less.
            Operator::Increase if value.is_some_and(|value| value < 0.0) => (None, value),
            Operator::AtLeast | Operator::Increase => (value, None),
            Operator::AtMost => (None, value),
            Operator::Between => (value, number(&target.high)),
            Operator::Exactly => match direction {
                Direction::Up => (value, None),
                Direction::Down => (None, value),
                Direction::Range | Direction::Watch => (value, value),
            },
            Operator::All if unit == "%" => (Some(100.0), None),
            Operator::All | Operator::About | Operator::Unstated => (None, None),
        };
        (low.is_some() || high.is_some()).then_some(Self { low, high })
    }

    /// Whether a value meets it.
    pub fn hold(self, value: f64) -> bool {
        // Printed decimals, carried as binary fractions: 6‰ is 0.6 %, not a little more.
        let slack = |bound: f64| 1e-9 * bound.abs().max(1.0);
        self.low.is_none_or(|low| value >= low - slack(low)) && self.high.is_none_or(|high| value <= high + slack(high))
    }

    /// Whether all that lies between two values misses it.
    pub fn miss_all(self, low: f64, high: f64) -> bool {
        self.low.is_some_and(|bound| high < bound) || self.high.is_some_and(|bound| low > bound)
    }
}

/// A number of the definitions.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number { units, scale } => Some(*units as f64 / 10_f64.powi(i32::from(*scale))),
        _ => None,
    }
}

/// A value as it stands now.
#[derive(Debug, Clone, PartialEq)]
pub struct Now {
    /// The value, in the indicator's unit.
    pub value: f64,
    /// For print, with unit.
    pub display: String,
    /// What it is of, in Chinese, such as 2026年1–10月.
    pub period: String,
}

/// What the deadline will bring.
#[derive(Debug, Clone, PartialEq)]
pub struct Ahead {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// For print, with unit.
    pub display: String,
}

/// All that decides a target that is measured.
#[derive(Debug, Clone)]
pub struct Course<'a> {
    /// Between which values it is met.
    pub bounds: Bounds,
    /// The target as people write it, such as `≥90%`.
    pub display: &'a str,
    /// A count that grows in time: too few of them now is no miss yet, few enough is no success yet.
    pub adds_up: bool,
    /// First day of its time.
    pub from: NaiveDate,
    /// Day by which it must be met.
    pub by: NaiveDate,
    /// The day on which it is judged.
    pub as_of: NaiveDate,
    /// Whether the data up to the deadline are in.
    pub complete: bool,
    /// The value, or why there is none.
    pub now: Result<Now, String>,
    /// What the deadline will bring, or why that is not known.
    pub ahead: Result<Ahead, String>,
}

/// Judges a target.
pub fn target(course: &Course<'_>) -> Verdict {
    let Course { bounds, display, by, as_of, .. } = course;
    let now = match &course.now {
        Err(reason) => return Verdict::new(Status::NotMeasured, reason.clone()),
        Ok(now) => now,
    };
    let value = format!("{} {}", now.period, now.display);
    let holds = bounds.hold(now.value);
    let past = as_of > by;
    // A count that must not grow beyond a bound is only met when its time is over.
    let may_still_miss = course.adds_up && bounds.high.is_some() && !(past && course.complete);
    if holds && !may_still_miss {
        return Verdict::new(Status::Met, format!("{value}，达到目标 {display}"));
    }
    if past && course.complete {
        return Verdict::new(
            Status::Overdue,
            format!("{value}，未达到目标 {display}，时限 {} 已过 {} 天", date(*by), (*as_of - *by).num_days()),
        );
    }
    let where_it_is = match (holds, past) {
        (true, _) => format!("{value}，未超出目标 {display}，期满才能判定"),
        (false, false) => format!("{value}，尚未达到目标 {display}"),
        (false, true) => format!("{value}，未达到目标 {display}，时限 {} 已过，最后时段的数据尚未收齐", date(*by)),
    };
    let beyond = course.adds_up && bounds.high.is_some_and(|high| now.value > high);
    if beyond {
        return Verdict::new(Status::Behind, format!("{value}，已超出目标 {display}，不可能再达到"));
    }
    match &course.ahead {
        Ok(ahead) if bounds.miss_all(ahead.low, ahead.high) => {
            Verdict::new(Status::Behind, format!("{where_it_is}；按趋势到期为 {}，达不到", ahead.display))
        }
        Ok(ahead) => {
            let sure = bounds.hold(ahead.low) && bounds.hold(ahead.high);
            let word = if sure { "能够达到" } else { "有可能达到" };
            Verdict::new(Status::OnCourse, format!("{where_it_is}；按趋势到期为 {}，{word}", ahead.display))
        }
        Err(_) if holds => Verdict::new(Status::OnCourse, where_it_is),
        Err(reason) => {
            let elapsed = elapsed(course.from, *by, *as_of);
            let (behind, rule) = match bounds.low.filter(|_| course.adds_up) {
                Some(low) => (
                    now.value < low * elapsed,
                    format!("按时间进度应完成 {:.0}%，实际完成 {:.0}%", elapsed * 100.0, share(now.value, low)),
                ),
                None => (elapsed > 0.5, format!("时间已过 {:.0}%", elapsed * 100.0)),
            };
            let status = if behind { Status::Behind } else { Status::OnCourse };
            Verdict::new(status, format!("{where_it_is}；{reason}，不能预测，{rule}"))
        }
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { 100.0 * part / whole } else { 100.0 }
}

/// The share of the time from one day to another, both included, that is over at the end of a day;
/// between 0 and 1.
pub fn elapsed(from: NaiveDate, to: NaiveDate, as_of: NaiveDate) -> f64 {
    let days = |last: NaiveDate| ((last - from).num_days() + 1).max(0) as f64;
    let whole = days(to);
    if whole == 0.0 { 1.0 } else { (days(as_of) / whole).clamp(0.0, 1.0) }
}

/// A day as notices write it.
pub fn date(day: NaiveDate) -> String {
    day.format("%Y年%-m月%-d日").to_string()
}

/// One institution among those for each of which a target holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct One {
    /// Its name.
    pub name: String,
    /// Its value for print.
    pub display: String,
    /// How it stands.
    pub verdict: Verdict,
}

/// Judges a target that holds for each institution of a kind: it is met when every one meets it,
/// and stands as the worst of them.
pub fn each(display: &str, period: &str, all: &[One]) -> Verdict {
    let met = all.iter().filter(|one| one.verdict.status == Status::Met).count();
    let Some(worst) = all.iter().map(|one| one.verdict.status).min() else {
        return Verdict::new(Status::NotMeasured, "没有该目标所指的机构");
    };
    let head = format!("{period}，所指的 {} 家机构中 {met} 家达到目标 {display}", all.len());
    if worst == Status::Met {
        return Verdict::new(worst, head);
    }
    let named = |status: Status, word: &str| {
        let of: Vec<String> = all
            .iter()
            .filter(|one| one.verdict.status == status)
            .map(|one| if one.display.is_empty() { one.name.clone() } else { format!("{}（{}）", one.name, one.display) })
            .collect();
        (!of.is_empty()).then(|| format!("{word}{} 家：{}", of.len(), of.join("、")))
    };
    let parts = [
        named(Status::Overdue, "逾期未达到 "),
        named(Status::Behind, "滞后 "),
        named(Status::OnCourse, "尚未达到但有可能达到 "),
        named(Status::NotMeasured, "未测量 "),
    ];
    Verdict::new(worst, std::iter::once(head).chain(parts.into_iter().flatten()).collect::<Vec<_>>().join("；"))
}

/// What a named person has judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Done or not.
    pub met: bool,
    /// Who answers for it.
    pub person: String,
    /// When.
    pub on: NaiveDate,
}

/// Judges what only people can judge: the newest standing judgement decides; without one it waits.
pub fn person(why: &str, judged: Option<&Judged>, by: NaiveDate, as_of: NaiveDate) -> Verdict {
    match judged {
        Some(Judged { met: true, person, on }) => {
            Verdict::new(Status::Met, format!("人工判定：完成，{person}，{}", date(*on)))
        }
        Some(Judged { met: false, person, on }) => {
            let status = if as_of > by { Status::Overdue } else { Status::Behind };
            Verdict::new(status, format!("人工判定：未完成，{person}，{}", date(*on)))
        }
        None if as_of > by => Verdict::new(
            Status::Judgement,
            format!("{why}；时限 {} 已过 {} 天，尚无人工判定", date(by), (as_of - by).num_days()),
        ),
        None => Verdict::new(Status::Judgement, format!("{why}，须人工判定")),
    }
}

/// Judges an item by its milestones. `done` holds the day on which each was reported done, in the
/// order of `milestones`; one that is late by more than `grace` days makes it overdue.
pub fn milestones(
    milestones: &[Milestone],
    done: &[Option<NaiveDate>],
    grace: i64,
    deadline: NaiveDate,
    as_of: NaiveDate,
) -> Verdict {
    let is_done = |at: usize| done.get(at).copied().flatten().is_some_and(|day| day <= as_of);
    let count = (0..milestones.len()).filter(|at| is_done(*at)).count();
    let of = milestones.len();
    let open = || milestones.iter().enumerate().filter(|(at, _)| !is_done(*at)).map(|(_, milestone)| milestone);
    let Some(next) = open().min_by_key(|milestone| milestone.by) else {
        return Verdict::new(Status::Met, format!("{of} 个节点全部完成"));
    };
    let late = open().filter(|milestone| milestone.by < as_of).count();
    if late == 0 && as_of <= deadline {
        let so_far = match count {
            0 => format!("{of} 个节点均未到期"),
            _ => format!("{of} 个节点完成 {count} 个，到期的均已完成"),
        };
        return Verdict::new(Status::OnCourse, format!("{so_far}；下一个是“{}”（{}前）", next.title, date(next.by)));
    }
    if late == 0 {
        let days = (as_of - deadline).num_days();
        let reason = format!("{of} 个节点完成 {count} 个；时限 {} 已过 {days} 天", date(deadline));
        return Verdict::new(Status::Overdue, reason);
    }
    let days = (as_of - next.by).num_days();
    let status = if as_of > deadline || days > grace { Status::Overdue } else { Status::Behind };
    Verdict::new(status, format!("{of} 个节点完成 {count} 个；“{}”应于 {} 前完成，已超 {days} 天", next.title, date(next.by)))
}

/// An item stands as the worst of its targets; the reason is that of the worst, and says how many
/// there are.
pub fn worst(verdicts: &[Verdict]) -> Option<Verdict> {
    // What is only told is no target; where nothing else is there, the item is only told too.
    let aims: Vec<&Verdict> = verdicts.iter().filter(|verdict| verdict.status != Status::Excluded).collect();
    let Some(worst) = aims.iter().min_by_key(|verdict| verdict.status) else { return verdicts.first().cloned() };
    let met = aims.iter().filter(|verdict| verdict.status == Status::Met).count();
    Some(match aims.len() {
        1 => (*worst).clone(),
        all => Verdict::new(worst.status, format!("{}（{all} 个目标值中 {met} 个达到）", worst.reason)),
    })
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
