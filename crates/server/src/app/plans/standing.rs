//! How a plan's items stand on a day: the numbers ([`super::facts`]), what people entered, and the
//! rules of [`yizheng_pack::plan::judge`] on both.
//!
//! The day moves which months are closed and which entries count; the data are those known now, so
//! that a corrected month is corrected in the past too.

use chrono::{Datelike, Days as Calendar, NaiveDate};
use yizheng_casework::plans::{Progress, ProgressKind};
use yizheng_pack::indicator::Formula;
use yizheng_pack::period::{Month, Period};
use yizheng_pack::plan::judge::{self, Ahead, Course, Judged, Now, One, Status, Verdict};
use yizheng_pack::plan::{Operator, PlanItem, PlanTarget, StatusBy, TargetKind};
use yizheng_stats::forecast::{self, FEWEST, ForecastError, Seen, Wanted};

use super::facts::{Kind, Measure, MonthFacts, Series, TargetFacts, Value};
use super::View;
use crate::api::dto::{PlanCounts, PlanHandling, PlanStatus};
use crate::app::register;

/// Confidence of forecasts, as a section chief decides by them: four times of five.
pub const CONFIDENCE: f64 = 0.8;
/// Newest months that a forecast rests on, at most.
const HISTORY: usize = 24;

/// How a target stands.
#[derive(Debug, Clone)]
pub struct TargetStanding {
    /// Status and why.
    pub verdict: Verdict,
    /// The value now, where it is one for the whole place.
    pub now: Option<Value>,
    /// The value for print; of a target for each institution, how many meet it.
    pub display: Option<String>,
    /// Whether it may still change.
    pub provisional: bool,
    /// What the deadline will bring, or why that is not known.
    pub outlook: Result<Outlook, String>,
    /// Licence numbers of the institutions that do not meet it, with their values for print.
    pub missed_by: Vec<(String, String)>,
}

impl TargetStanding {
    fn without(verdict: Verdict) -> Self {
        let outlook = Err(verdict.reason.clone());
        Self { verdict, now: None, display: None, provisional: false, outlook, missed_by: Vec::new() }
    }
}

/// What a deadline will bring by the trend.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// Expected value.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// For print, with unit.
    pub display: String,
    /// How it is computed, in Chinese.
    pub method: String,
    /// Months that it rests on.
    pub months: u32,
}

/// How an item stands by computation.
#[derive(Debug, Clone)]
pub struct ItemStanding {
    /// Status and why.
    pub verdict: Verdict,
    /// Each target in its place.
    pub targets: Vec<TargetStanding>,
}

/// How an item is handled by people.
#[derive(Debug, Clone)]
pub struct Worked {
    /// Lead office.
    pub lead: Option<String>,
    /// Co-offices.
    pub with: Vec<String>,
    /// Who answers for it.
    pub person: Option<String>,
    /// Deadline.
    pub deadline: NaiveDate,
    /// Day on which the office was last heard from: progress, a milestone, a judgement.
    pub last: Option<NaiveDate>,
    /// Where it stands.
    pub handling: PlanHandling,
}

impl View<'_> {
    /// An item by its number: its place in the plan.
    pub fn place(&self, number: &str) -> Option<usize> {
        self.plan.items.iter().position(|item| &*item.number == number)
    }

    /// Entries about an item that stand on a day, oldest first.
    pub fn entries(&self, number: &str, day: NaiveDate) -> Vec<&Progress> {
        let mut entries: Vec<&Progress> = self
            .progress
            .iter()
            .filter(|entry| entry.item == number && entry.withdrawn.is_none() && entry.says.on <= day)
            .collect();
        entries.sort_by_key(|entry| (entry.says.on, entry.id));
        entries
    }

    /// How an item is handled.
    pub fn worked(&self, item: &PlanItem) -> Worked {
        let assigned = self.assignments.iter().rev().find(|one| *one.item == *item.number).map(|one| &one.says);
        let entries = self.entries(&item.number, self.as_of);
        let newest = |kinds: &[ProgressKind]| entries.iter().rposition(|entry| kinds.contains(&entry.says.kind));
        let closed = newest(&[ProgressKind::Closed]) > newest(&[ProgressKind::Reopened]);
        // What the regulator asks is no answer of the office.
        let answers = [ProgressKind::Progress, ProgressKind::MilestoneDone, ProgressKind::JudgedMet, ProgressKind::JudgedNotMet];
        let heard = newest(&answers);
        let answered = [ProgressKind::Progress, ProgressKind::MilestoneDone, ProgressKind::JudgedMet];
        let supervised = newest(&[ProgressKind::Supervision]) > newest(&answered);
        let lead = assigned.map(|says| says.lead.clone()).or_else(|| item.lead.clone());
        let handling = match (&lead, closed, supervised) {
            (_, true, _) => PlanHandling::Closed,
            (None, ..) => PlanHandling::Unassigned,
            (_, _, true) => PlanHandling::Supervised,
            _ => PlanHandling::Running,
        };
        Worked {
            lead,
            with: assigned.map_or_else(|| item.with.clone(), |says| says.with.clone()),
            person: assigned.map(|says| says.person.clone()),
            deadline: assigned.and_then(|says| says.deadline).unwrap_or(item.deadline),
            last: heard.and_then(|at| entries.get(at)).map(|entry| entry.says.on),
            handling,
        }
    }

    /// The day on which each milestone of an item was reported done, and by whom, as of a day.
    pub fn done(&self, item: &PlanItem, day: NaiveDate) -> Vec<Option<(NaiveDate, String)>> {
        let entries = self.entries(&item.number, day);
        let of = |number: u32| {
            let done = entries.iter().find(|entry| {
                entry.says.kind == ProgressKind::MilestoneDone && entry.says.milestone == Some(number)
            });
            done.map(|entry| (entry.says.on, entry.says.person.clone()))
        };
        (1..=item.milestones.len() as u32).map(of).collect()
    }

    /// How an item stands on the view's day.
    pub fn standing(&self, at: usize) -> Option<ItemStanding> {
        self.standing_on(at, self.as_of)
    }

    /// How an item stands on another day.
    pub fn standing_on(&self, at: usize, day: NaiveDate) -> Option<ItemStanding> {
        let item = self.plan.items.get(at)?;
        let worked = self.worked(item);
        let entries = self.entries(&item.number, day);
        let judged = entries.iter().rev().find_map(|entry| {
            let met = match entry.says.kind {
                ProgressKind::JudgedMet => true,
                ProgressKind::JudgedNotMet => false,
                _ => return None,
            };
            Some(Judged { met, person: entry.says.person.clone(), on: entry.says.on })
        });
        let outside = self.outside(item, day);
        let targets: Vec<TargetStanding> = item
            .targets
            .iter()
            .enumerate()
            .map(|(place, target)| match &outside {
                Some(verdict) => TargetStanding::without(verdict.clone()),
                None => self.target(target, self.facts.of(at, place), judged.as_ref(), day),
            })
            .collect();
        let verdict = outside.unwrap_or_else(|| {
            let verdict = self.item(item, &targets, worked.deadline, day, judged.as_ref());
            match &judged {
                // What nothing measures, people may judge.
                Some(judged) if verdict.status == Status::NotMeasured => {
                    let by_person = judge::person("", Some(judged), worked.deadline, day);
                    Verdict::new(by_person.status, format!("{}（不能自动判断：{}）", by_person.reason, verdict.reason))
                }
                _ => verdict,
            }
        });
        Some(ItemStanding { verdict, targets })
    }

    /// What holds for an item whatever is measured.
    fn outside(&self, item: &PlanItem, day: NaiveDate) -> Option<Verdict> {
        if let Some(reason) = &item.excluded {
            return Some(Verdict::new(Status::Excluded, reason.clone()));
        }
        let plan = &self.plan;
        if !self.own {
            let reason = format!("这是{}{}年的工作要点，只对该地区该年度有效，不与本地数据比较", plan.place, plan.year);
            return Some(Verdict::new(Status::NotMeasured, reason));
        }
        (day < plan.from).then(|| {
            Verdict::new(Status::NotMeasured, format!("{} 起执行，尚未开始", judge::date(plan.from)))
        })
    }

    fn item(
        &self,
        item: &PlanItem,
        targets: &[TargetStanding],
        deadline: NaiveDate,
        day: NaiveDate,
        judged: Option<&Judged>,
    ) -> Verdict {
        let by_milestones = || {
            let done: Vec<Option<NaiveDate>> = self.done(item, day).into_iter().map(|done| Some(done?.0)).collect();
            judge::milestones(&item.milestones, &done, self.days.grace, deadline, day)
        };
        match item.status_by {
            StatusBy::Excluded => Verdict::new(Status::Excluded, item.excluded.clone().unwrap_or_default()),
            StatusBy::Target => {
                let verdicts: Vec<Verdict> = targets.iter().map(|target| target.verdict.clone()).collect();
                judge::worst(&verdicts).unwrap_or_else(|| Verdict::new(Status::NotMeasured, "没有写明目标值"))
            }
            StatusBy::Milestone if item.milestones.is_empty() => {
                judge::person("没有写明节点，进展由牵头科室填报", judged, deadline, day)
            }
            StatusBy::Milestone => by_milestones(),
            StatusBy::Task => judge::person("进展由牵头科室填报", judged, deadline, day),
            StatusBy::Register | StatusBy::Procedure => {
                // The register of institutions is there, but nothing yet says how an item stands by it.
                let (word, list, id, lacks) = match item.status_by {
                    StatusBy::Register => ("登记簿", "register", &item.register, "还没有与工作要点对接"),
                    _ => ("办理事项", "procedure", &item.procedure, "尚未上线"),
                };
                let id = id.as_deref().unwrap_or_default();
                let name = register::named(&self.region.pack, list, id).name;
                if item.milestones.is_empty() {
                    return Verdict::new(Status::NotMeasured, format!("{word}“{name}”{lacks}，不能自动反映进展"));
                }
                let verdict = by_milestones();
                Verdict::new(verdict.status, format!("{}（{word}“{name}”{lacks}，按节点判断）", verdict.reason))
            }
        }
    }

    fn target(
        &self,
        target: &PlanTarget,
        facts: Option<&TargetFacts>,
        judged: Option<&Judged>,
        day: NaiveDate,
    ) -> TargetStanding {
        // A number of scope, structure or dates that nothing measures is no aim.
        let only_told = target.kind == TargetKind::Quantity && !matches!(facts, Some(TargetFacts::Measured(_)));
        if target.kind == TargetKind::Excluded || only_told {
            return TargetStanding::without(Verdict::new(Status::Excluded, "只作记录，不纳入自动评价"));
        }
        let by_people = match target.operator {
            Operator::About => Some("“左右”没有写明容许范围"),
            Operator::Unstated => Some("文件没有写明数值"),
            _ => None,
        };
        let measure = match facts {
            Some(TargetFacts::Measured(measure)) => measure,
            Some(TargetFacts::None(reason)) => {
                return TargetStanding::without(match by_people {
                    Some(why) => judge::person(why, judged, target.by, day),
                    None => Verdict::new(Status::NotMeasured, reason.clone()),
                });
            }
            None => return TargetStanding::without(Verdict::new(Status::NotMeasured, "没有测量")),
        };
        let first = Month::of(self.plan.from);
        let at = At { measure, first, by: target.by, from: target.from.max(self.plan.from), day };
        let display = target.to_string();
        if measure.for_each && by_people.is_none() {
            return self.each(&at, &display);
        }
        let now = at.now(&measure.whole);
        let outlook = at.outlook(&measure.whole);
        let verdict = match (by_people, measure.bounds) {
            (None, Some(bounds)) => judge::target(&at.course(bounds, &display, &measure.whole, &now, &outlook)),
            (why, _) => {
                let why = why.unwrap_or("没有可比较的数值");
                let value = now.as_ref().map(|(value, _)| format!("，{} {}", value.period.in_chinese(), value.display));
                judge::person(&format!("{why}（{display}）{}", value.unwrap_or_default()), judged, target.by, day)
            }
        };
        let (now, provisional) = match now {
            Ok((value, provisional)) => (Some(value), provisional),
            Err(_) => (None, false),
        };
        let display = now.as_ref().map(|value| value.display.clone());
        TargetStanding { verdict, now, display, provisional, outlook, missed_by: Vec::new() }
    }

    /// A target that holds for each institution of a kind.
    fn each(&self, at: &At<'_>, display: &str) -> TargetStanding {
        let Some(bounds) = at.measure.bounds else {
            return TargetStanding::without(Verdict::new(Status::NotMeasured, "没有可比较的数值"));
        };
        let mut all = Vec::new();
        let mut missed_by = Vec::new();
        let mut provisional = false;
        let mut period = None;
        for (code, series) in &at.measure.each {
            let now = at.now(series);
            let course = at.course(bounds, display, series, &now, &at.outlook(series));
            let verdict = judge::target(&course);
            let shown = now.as_ref().map(|(value, _)| value.display.clone()).unwrap_or_default();
            if let Ok((value, may_change)) = &now {
                provisional |= may_change;
                let newest = period.is_none_or(|newest: Period| newest.last() < value.period.last());
                period = if newest { Some(value.period) } else { period };
            }
            if verdict.status != Status::Met {
                let shown = if shown.is_empty() { "未测量".to_owned() } else { shown.clone() };
                missed_by.push((code.clone(), shown));
            }
            let name = register::reference(&self.region.pack, &self.measured.names, code, at.day).name;
            all.push(One { name, display: shown, verdict });
        }
        let met = all.iter().filter(|one| one.verdict.status == Status::Met).count();
        TargetStanding {
            verdict: judge::each(display, &period.map_or_else(|| format!("截至{}", judge::date(at.day)), Period::in_chinese), &all),
            now: None,
            display: (!all.is_empty()).then(|| format!("{} 家中 {met} 家达到", all.len())),
            provisional,
            outlook: Err("按机构逐家判断，不作合计预测".to_owned()),
            missed_by,
        }
    }

    /// How the items of the plan stand, in order.
    pub fn standings(&self) -> Vec<ItemStanding> {
        (0..self.plan.items.len()).filter_map(|at| self.standing(at)).collect()
    }

    /// The day since which an item is behind or overdue; `None` when it is neither. Of milestones
    /// and deadlines it is their own day; of a trend, the end of the month from which on it points
    /// beside the target.
    pub fn since(&self, at: usize) -> Option<NaiveDate> {
        let bad = |day: NaiveDate| {
            let status = self.standing_on(at, day)?.verdict.status;
            matches!(status, Status::Behind | Status::Overdue).then_some(status)
        };
        let item = self.plan.items.get(at)?;
        let status = bad(self.as_of)?;
        if item.status_by != StatusBy::Target && !item.milestones.is_empty() {
            let done = self.done(item, self.as_of);
            let late = item.milestones.iter().zip(done).filter(|(_, done)| done.is_none()).map(|(milestone, _)| milestone.by);
            return late.min();
        }
        let deadline = self.worked(item).deadline;
        if status == Status::Overdue && item.status_by != StatusBy::Target {
            return Some(deadline);
        }
        let mut since = self.as_of;
        let mut day = self.as_of.with_day(1)?.pred_opt()?;
        while day >= self.plan.from && bad(day).is_some() {
            since = day;
            day = day.with_day(1)?.pred_opt()?;
        }
        // Within the month in which it turned, day by day.
        while let Some(before) = since.pred_opt().filter(|before| *before > day && *before >= self.plan.from) {
            if bad(before).is_none() {
                break;
            }
            since = before;
        }
        Some(since)
    }
}

/// How items stand, counted.
pub fn counts<'a>(standings: impl IntoIterator<Item = &'a ItemStanding>) -> PlanCounts {
    let mut counts = PlanCounts::default();
    for standing in standings {
        counts.items += 1;
        let of = match PlanStatus::from(standing.verdict.status) {
            PlanStatus::Met => &mut counts.met,
            PlanStatus::OnCourse => &mut counts.on_course,
            PlanStatus::Behind => &mut counts.behind,
            PlanStatus::Overdue => &mut counts.overdue,
            PlanStatus::Judgement => &mut counts.judgement,
            PlanStatus::NotMeasured => &mut counts.not_measured,
            PlanStatus::Excluded => &mut counts.excluded,
        };
        *of += 1;
    }
    counts
}

/// The worst status that says something; of items none of which says anything, what they are.
pub fn light<'a>(standings: impl IntoIterator<Item = &'a ItemStanding>) -> PlanStatus {
    let mut all: Vec<Status> = standings.into_iter().map(|standing| standing.verdict.status).collect();
    all.sort_unstable();
    let silent = |status: &&Status| matches!(status, Status::NotMeasured | Status::Excluded);
    let says = all.iter().find(|status| !silent(status));
    says.or(all.first()).copied().map_or(PlanStatus::NotMeasured, PlanStatus::from)
}

/// A measured target on a day.
struct At<'a> {
    measure: &'a Measure,
    /// First month of the plan.
    first: Month,
    /// First day of the target's time.
    from: NaiveDate,
    by: NaiveDate,
    day: NaiveDate,
}

type Found = Result<(Value, bool), String>;

impl At<'_> {
    fn closed<'s>(&self, series: &'s Series) -> impl DoubleEndedIterator<Item = &'s MonthFacts> {
        let day = self.day;
        series.months.iter().filter(move |month| month.closes < day)
    }

    /// The value of the plan's time so far, and whether it may still change.
    fn now(&self, series: &Series) -> Found {
        // Of a count that must stay small, what comes after the deadline does not count.
        let capped = self.measure.kind == Kind::Count && self.measure.bounds.is_some_and(|bounds| bounds.high.is_some());
        let ends = Month::of(self.by);
        let inside = || {
            let of_plan = self.closed(series).filter(|month| month.month >= self.first);
            of_plan.filter(move |month| !capped || month.month <= ends)
        };
        let newest = inside().rev().find_map(|month| Some((month, month.so_far.clone()?)));
        let Some((month, value)) = newest else {
            let reason = inside().next_back().map(|month| {
                let why = month.reason.clone().unwrap_or_else(|| "本期没有收到报送".to_owned());
                format!("计划期内还没有可用的数据（截至{}：{why}）", yizheng_pack::period::Period::containing(month.month, yizheng_pack::period::Grain::Month).in_chinese())
            });
            return Err(reason.unwrap_or_else(|| "计划期内还没有已结账的月份".to_owned()));
        };
        if !self.measure.increase {
            return Ok((value, month.provisional));
        }
        let base = self.base(series, month.month)?;
        let number = value.number - base;
        let sign = if number > 0.0 { "+" } else { "" };
        let display = format!("{sign}{}", self.measure.print(number));
        Ok((Value { number, display, ..value }, month.provisional))
    }

    /// From where an increase counts: of a stock the newest value before the plan; of anything else
    /// the same months of the year before, up to `last`.
    fn base(&self, series: &Series, last: Month) -> Result<f64, String> {
        let of = |month: Month| series.months.iter().find(|facts| facts.month == month);
        if self.measure.kind == Kind::Stock {
            let before = series.months.iter().rev().filter(|facts| facts.month < self.first).find_map(|facts| facts.value);
            return before.ok_or_else(|| "没有计划开始前的数值，不能计算新增".to_owned());
        }
        let before = (0..=last.since(self.first)).map(|n| self.first.plus(n - 12));
        let before: Option<Vec<(f64, f64)>> = before.map(|month| of(month).and_then(|facts| Some((facts.value?, facts.weight)))).collect();
        let before = before.ok_or_else(|| "上年同期的数据不全，不能计算新增".to_owned())?;
        let weight: f64 = before.iter().map(|(_, weight)| weight).sum();
        match self.measure.kind {
            Kind::Count => Ok(before.iter().map(|(value, _)| value).sum()),
            Kind::Rate if weight > 0.0 => Ok(before.iter().map(|(value, weight)| value * weight).sum::<f64>() / weight),
            _ => Err("上年同期的数据不能合成，不能计算新增".to_owned()),
        }
    }

    /// What the deadline will bring by the trend of the closed months.
    fn outlook(&self, series: &Series) -> Result<Outlook, String> {
        let last = Month::of(self.by);
        let known: Vec<(&MonthFacts, f64)> = self.closed(series).filter_map(|month| Some((month, month.value?))).collect();
        let newest = known.last().map(|(month, _)| month.month);
        if self.closed(series).any(|month| month.month == last) || newest.is_some_and(|newest| newest >= last) {
            return Err("期限内的数据已经收齐".to_owned());
        }
        let at = |month: Month| f64::from(month.since(self.first));
        let seen: Vec<Seen> = known
            .iter()
            .skip(known.len().saturating_sub(HISTORY))
            .map(|(month, value)| Seen { at: at(month.month), value: *value })
            .collect();
        if seen.len() < FEWEST {
            return Err(format!("已结账的月份只有 {} 个，少于 {FEWEST} 个", seen.len()));
        }
        let months: Vec<Month> = (0..=last.since(self.first)).map(|n| self.first.plus(n)).collect();
        let inside: Vec<&(&MonthFacts, f64)> = known.iter().filter(|(month, _)| month.month >= self.first && month.month <= last).collect();
        let open = || months.iter().filter(|month| !inside.iter().any(|(known, _)| known.month == **month));
        let (in_hand, wanted): (f64, Vec<Wanted>) = match self.measure.kind {
            Kind::Other => return Err("该指标不能由各月合成，不作预测".to_owned()),
            Kind::Stock => (0.0, vec![Wanted { at: at(last), weight: 1.0 }]),
            Kind::Count => (
                inside.iter().map(|(_, value)| value).sum(),
                open().map(|month| Wanted { at: at(*month), weight: 1.0 }).collect(),
            ),
            Kind::Rate => {
                // Months to come weigh as those in hand do; before the first is in, as those of the
                // year before.
                let of: Vec<f64> = if inside.is_empty() {
                    known.iter().rev().take(12).map(|(month, _)| month.weight).collect()
                } else {
                    inside.iter().map(|(month, _)| month.weight).collect()
                };
                let mean = of.iter().sum::<f64>() / of.len() as f64;
                let whole = inside.iter().map(|(month, _)| month.weight).sum::<f64>() + mean * open().count() as f64;
                if whole <= 0.0 {
                    return Err("各月的分母为0，不能预测".to_owned());
                }
                (
                    inside.iter().map(|(month, value)| value * month.weight).sum::<f64>() / whole,
                    open().map(|month| Wanted { at: at(*month), weight: mean / whole }).collect(),
                )
            }
        };
        let base = if self.measure.increase { self.base(series, last)? } else { 0.0 };
        let found = forecast::linear(&seen, in_hand, &wanted, CONFIDENCE).map_err(|error| match error {
            ForecastError::TooFew(count) => format!("已结账的月份只有 {count} 个，少于 {FEWEST} 个"),
            ForecastError::OneTime | ForecastError::Interval(_) => "各月的数值不能连成趋势".to_owned(),
        })?;
        // No share leaves its ends, and what was never negative will not be.
        let most = match &self.measure.indicator.formula {
            Formula::Proportion { factor, .. } | Formula::Share { factor, .. } | Formula::Reporting { factor, .. } => {
                *factor as f64
            }
            // A ratio of two reports in per cent is a share where it has never been more than all.
            Formula::Ratio { factor, .. }
                if ["%", "‰"].contains(&self.measure.indicator.unit.as_str())
                    && seen.iter().all(|seen| seen.value <= *factor as f64) =>
            {
                *factor as f64
            }
            _ => f64::INFINITY,
        };
        let least = if seen.iter().all(|seen| seen.value >= 0.0) { 0.0 } else { f64::NEG_INFINITY };
        let within = |value: f64| value.clamp(least, most) - base;
        let (value, low, high) = (within(found.value), within(found.interval.low), within(found.interval.high));
        let plain = |number: f64| self.measure.plain(number);
        let how = match self.measure.kind {
            Kind::Stock => "取期末值",
            Kind::Count => "已有月份按实际计入，其余月份按趋势相加",
            _ => "已有月份按实际计入，其余月份按趋势、以已有月份的平均分母加权",
        };
        Ok(Outlook {
            value,
            low,
            high,
            display: format!("{}（{}–{}）{}", plain(value), plain(low), plain(high), self.measure.indicator.unit),
            method: format!(
                "最近 {} 个已结账月份的线性趋势（最小二乘法）外推到{}年{}月，{how}；括号内为 {:.0}% 预测区间",
                seen.len(),
                last.year(),
                last.month(),
                CONFIDENCE * 100.0
            ),
            months: seen.len() as u32,
        })
    }

    fn course<'d>(
        &self,
        bounds: judge::Bounds,
        display: &'d str,
        series: &Series,
        now: &Found,
        outlook: &Result<Outlook, String>,
    ) -> Course<'d> {
        let last = Month::of(self.by);
        Course {
            bounds,
            display,
            // A fall against the year before may come and go; a count and a rise only grow.
            adds_up: self.measure.kind == Kind::Count && !self.measure.increase || self.measure.increase && bounds.low.is_some(),
            from: self.from,
            by: self.by,
            as_of: self.day,
            complete: self.closed(series).any(|month| month.month >= last),
            now: now.clone().map(|(value, _)| Now {
                value: value.number,
                display: value.display,
                period: value.period.in_chinese(),
            }),
            ahead: outlook
                .clone()
                .map(|outlook| Ahead { low: outlook.low, high: outlook.high, display: outlook.display }),
        }
    }
}

/// The last day of the month of a day.
pub fn month_end(day: NaiveDate) -> NaiveDate {
    let first = NaiveDate::from_ymd_opt(day.year(), day.month(), 1).unwrap_or(day);
    let next = first.checked_add_months(chrono::Months::new(1)).unwrap_or(first);
    next.checked_sub_days(Calendar::new(1)).unwrap_or(next)
}
