//! Alert rules applied to a series: which of its months break the rule, and what is shown for it.
//! Pure: figures and dates in, verdicts out.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use yizheng_casework::alerts::AlertKey;
use yizheng_lake::Exact;
use yizheng_pack::alert::{AlertOutcome, AlertRule, RuleSet, Side, Watch};
use yizheng_pack::indicator::{Direction, Indicator};
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_stats::xmr::{self, Baseline, Flag, Limits, Options, Rule};

use super::desk::thousands;
use crate::api::dto;

/// A month of one series, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Of what.
    pub key: AlertKey,
    /// The month.
    pub month: Month,
    /// What it is judged to be.
    pub outcome: AlertOutcome,
    /// Why it could not be judged, or why it is clear; empty for an alarm.
    pub reason: String,
}

/// A month of a series before it is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The month.
    pub month: Month,
    /// Its value.
    pub value: Option<Exact>,
    /// The denominator behind it; `None` where there is none.
    pub denominator: Option<Exact>,
    /// Against the target in force; `None` without one.
    pub met: Option<bool>,
    /// Why the value does not count; `None` where it does.
    pub left_out: Option<String>,
}

/// What a month is judged to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Alarm, clear, or not judged.
    pub outcome: AlertOutcome,
    /// Why it is not judged, or clear; empty for an alarm.
    pub reason: String,
    /// What an alarm rests on.
    pub shows: Option<Shows>,
}

/// What an alarm rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Shows {
    /// Index of the first month that is shown.
    first: usize,
    /// Months from there on that give centre and limits.
    baseline: usize,
    /// Centre and limits of a control chart.
    limits: Option<Limits>,
    /// What each month breaks, by index in the series.
    flags: BTreeMap<usize, BTreeSet<Flag>>,
    /// Months that missed the target, and of how many.
    missed: Option<(u32, u32)>,
}

/// Months shown with a missed target.
const SHOWN: usize = 12;

impl Verdict {
    fn clear(reason: impl Into<String>) -> Self {
        Self { outcome: AlertOutcome::Clear, reason: reason.into(), shows: None }
    }

    fn not_judged(reason: impl Into<String>) -> Self {
        Self { outcome: AlertOutcome::NotJudged, reason: reason.into(), shows: None }
    }

    fn alarm(shows: Option<Shows>) -> Self {
        Self { outcome: AlertOutcome::Alarm, reason: String::new(), shows }
    }
}

/// Why a value does not count, if it does not.
pub fn left_out(
    value: Option<Exact>,
    denominator: Option<Exact>,
    provisional: bool,
    minimum_denominator: u32,
    not_measured: Option<&str>,
) -> Option<String> {
    if value.is_none() {
        return Some(not_measured.unwrap_or("没有测量值").to_owned());
    }
    if provisional {
        return Some("暂定值：有应报未报或不能使用的数据".to_owned());
    }
    let small = denominator.is_some_and(|denominator| {
        Exact::new(minimum_denominator.into(), 1, 0).is_some_and(|least| denominator < least)
    });
    small.then(|| format!("分母小于 {minimum_denominator}"))
}

/// The smallest denominator with which a rule counts a month.
pub fn minimum_denominator(rule: &AlertRule) -> u32 {
    match rule.watch {
        Watch::Target { minimum_denominator, .. } | Watch::Control { minimum_denominator, .. } => minimum_denominator,
        Watch::Overdue { .. } => 0,
    }
}

/// How many months up to the judged one a rule looks at.
pub fn reach(rule: &AlertRule) -> u32 {
    match rule.watch {
        Watch::Target { of, .. } => of.max(SHOWN as u32),
        Watch::Control { window, .. } => window,
        Watch::Overdue { .. } => 1,
    }
}

/// Judges the month `at` of a series of consecutive months, from nothing later than that month.
pub fn judge(rule: &AlertRule, direction: Direction, series: &[Seen], at: usize) -> Verdict {
    let Some(here) = series.get(at) else { return Verdict::not_judged("没有测量值") };
    if let Some(reason) = &here.left_out {
        return Verdict::not_judged(reason);
    }
    match &rule.watch {
        Watch::Target { missed, of, .. } => target(*missed, *of, series, at),
        Watch::Control { .. } => control(rule, direction, series, at),
        Watch::Overdue { .. } => Verdict::not_judged("这条规则不看指标"),
    }
}

/// Judges whether a submission is overdue: `days` after its last day nothing is accepted.
pub fn overdue(days: u32, deadline: NaiveDate, accepted: bool, today: NaiveDate) -> Verdict {
    if accepted {
        return Verdict::clear("该月报送已被接收");
    }
    match deadline.checked_add_days(Days::new(days.into())) {
        Some(last) if last < today => Verdict::alarm(None),
        _ => Verdict::not_judged("未过期限"),
    }
}

fn target(missed: u32, of: u32, series: &[Seen], at: usize) -> Verdict {
    let counts = |seen: &Seen| if seen.left_out.is_none() { seen.met } else { None };
    match series.get(at).and_then(counts) {
        None => return Verdict::not_judged("没有适用的目标值"),
        Some(true) => return Verdict::clear("该月达到目标值"),
        Some(false) => {}
    }
    let first = (at + 1).saturating_sub(of as usize);
    let window = series.get(first..=at).unwrap_or_default();
    let misses = window.iter().filter(|seen| counts(seen) == Some(false)).count() as u32;
    // A month before the series began could not have been a miss that we know of.
    let unknown = of.saturating_sub(window.iter().filter(|seen| counts(seen).is_some()).count() as u32);
    if misses >= missed {
        let shows = Shows {
            first: (at + 1).saturating_sub(SHOWN.max(of as usize)),
            baseline: 0,
            limits: None,
            flags: BTreeMap::new(),
            missed: Some((misses, of)),
        };
        return Verdict::alarm(Some(shows));
    }
    if misses + unknown >= missed {
        return Verdict::not_judged(format!("最近 {of} 个月中可判断的月份不足"));
    }
    Verdict::clear(format!("最近 {of} 个月中未达目标不足 {missed} 个月"))
}

fn control(rule: &AlertRule, direction: Direction, series: &[Seen], at: usize) -> Verdict {
    let Watch::Control { rules, window, baseline, minimum_points, side, .. } = &rule.watch else {
        return Verdict::not_judged("这条规则不用控制图");
    };
    let from = (at + 1).saturating_sub(*window as usize);
    let counts = |seen: &Seen| seen.value.filter(|_| seen.left_out.is_none());
    // The chart begins with the first month that counts: a series that began within the window has
    // its baseline there.
    let Some(first) = (from..=at).find(|month| series.get(*month).and_then(counts).is_some()) else {
        return Verdict::not_judged("没有测量值");
    };
    let baseline_months = *baseline as usize;
    if at < first + baseline_months {
        return Verdict::not_judged(format!("控制图的基线需要 {baseline} 个月，月份不足"));
    }
    let points: Vec<(usize, f64)> =
        (first..=at).filter_map(|month| Some((month, counts(series.get(month)?)?.to_f64()))).collect();
    let in_baseline = points.iter().filter(|(month, _)| *month < first + baseline_months).count();
    if in_baseline < *minimum_points as usize {
        return Verdict::not_judged(format!("基线 {baseline} 个月中有值的不足 {minimum_points} 个月"));
    }
    let options = Options {
        baseline: Baseline::First(in_baseline),
        // That method screens outlying ranges; the others do not.
        screen: *rules == RuleSet::Nhs,
        rules: run_rules(*rules),
    };
    let values: Vec<f64> = points.iter().map(|(_, value)| *value).collect();
    let Ok(chart) = xmr::chart(&values, &options) else { return Verdict::not_judged("无法计算控制限") };
    if chart.limits.mean_range <= 0.0 {
        return Verdict::not_judged("基线各月的值完全相同，没有可用的控制限");
    }
    let flags: BTreeMap<usize, BTreeSet<Flag>> =
        points.iter().zip(&chart.points).map(|((month, _), point)| (*month, point.flags.clone())).collect();
    let counted = |flag: &Flag| match (side, worse(direction)) {
        (Side::Both, _) => true,
        (Side::Worse, Some(worse)) => flag.side == Some(worse),
        (Side::Worse, None) => false,
    };
    if flags.get(&at).is_some_and(|flags| flags.iter().any(counted)) {
        let limits = Some(chart.limits);
        return Verdict::alarm(Some(Shows { first, baseline: baseline_months, limits, flags, missed: None }));
    }
    Verdict::clear("该月没有异常变化")
}

/// The side on which a value gets worse.
fn worse(direction: Direction) -> Option<xmr::Side> {
    match direction {
        Direction::Up => Some(xmr::Side::Lower),
        Direction::Down => Some(xmr::Side::Upper),
        Direction::Range | Direction::Watch => None,
    }
}

fn run_rules(rules: RuleSet) -> BTreeSet<Rule> {
    let word = RuleSet::ALL.iter().find(|(_, set)| *set == rules).map(|(word, _)| *word);
    word.and_then(xmr::rule_set).unwrap_or_default()
}

/// What an alarm is told by: the sentence, a mark that is the same as long as the evidence is, and
/// the series to be drawn.
pub struct Told {
    /// One Chinese sentence with the numbers.
    pub sentence: String,
    /// The same exactly for the same evidence.
    pub mark: String,
    /// What is drawn.
    pub series: dto::AlertSeries,
}

/// Tells an alarm of month `at`, about `name`.
pub fn tell(
    indicator: &Indicator,
    name: &str,
    series: &[Seen],
    at: usize,
    shows: &Shows,
    target: Option<dto::Target>,
) -> Option<Told> {
    let here = series.get(at)?;
    let unit = indicator.unit.as_str();
    let value = here.value?;
    let digits = usize::from(indicator.digits);
    let print = |number: f64| thousands(&format!("{number:.digits$}"));
    let month = Period::containing(here.month, Grain::Month).in_chinese();
    let head = format!("{name}{}{month}为 {}{unit}", indicator.meta.name, thousands(&value.to_string()));
    let broken: Vec<String> = shows.flags.get(&at).into_iter().flatten().map(|flag| words(*flag)).collect();
    let shown = |index: usize| index.saturating_sub(shows.first) < shows.baseline;
    let points: Vec<dto::AlertPoint> = series
        .iter()
        .enumerate()
        .skip(shows.first)
        .take(at + 1 - shows.first.min(at))
        .map(|(index, seen)| {
            let counted = seen.value.filter(|_| seen.left_out.is_none());
            dto::AlertPoint {
                period: seen.month.to_string(),
                value: counted.map(Exact::to_f64),
                display: seen.value.map_or_else(|| "—".to_owned(), |value| thousands(&value.to_string())),
                denominator: seen.denominator.map(Exact::to_f64),
                baseline: counted.is_some() && shown(index),
                met: counted.and(seen.met),
                broken: shows.flags.get(&index).into_iter().flatten().map(|flag| words(*flag)).collect(),
                alarm: index == at,
                reason: seen.left_out.clone(),
            }
        })
        .collect();
    // Below 0 there is nothing to be seen of what cannot be negative.
    let negative = points.iter().any(|point| point.value.is_some_and(|value| value < 0.0));
    let lower = shows.limits.map(|limits| if negative { limits.lower } else { limits.lower.max(0.0) });
    let (sentence, mark) = match (&shows.limits, shows.missed) {
        (Some(limits), _) => (
            format!(
                "{head}，{}（中心线 {}{unit}，控制限 {}–{}{unit}）",
                broken.join("、"),
                print(limits.centre),
                print(lower.unwrap_or(limits.lower)),
                print(limits.upper)
            ),
            format!("{value} {:.9} {:.9} {}", limits.centre, limits.mean_range, broken.join(" ")),
        ),
        (None, missed) => {
            let (misses, of) = missed.unwrap_or((1, 1));
            let bound = target.as_ref().map(|target| target.display.clone()).unwrap_or_default();
            let often = if of > 1 { format!("，最近 {of} 个月中有 {misses} 个月未达目标") } else { "，未达目标".to_owned() };
            (format!("{head}，目标 {bound}{often}"), format!("{value} {bound} {misses}/{of}"))
        }
    };
    let series = dto::AlertSeries {
        unit: unit.to_owned(),
        digits: indicator.digits,
        centre: shows.limits.map(|limits| limits.centre),
        lower,
        upper: shows.limits.map(|limits| limits.upper),
        worse: worse(indicator.direction).map(|side| match side {
            xmr::Side::Upper => dto::AlertSide::High,
            xmr::Side::Lower => dto::AlertSide::Low,
        }),
        target,
        points,
    };
    Some(Told { sentence, mark, series })
}

/// A broken run rule in plain Chinese.
pub fn words(flag: Flag) -> String {
    let upper = flag.side == Some(xmr::Side::Upper);
    let (beyond, above, rising) = if upper { ("高于控制上限", "高于", "上升") } else { ("低于控制下限", "低于", "下降") };
    match flag.rule {
        Rule::Beyond => beyond.to_owned(),
        Rule::TwoOfThree | Rule::TwoOfThreeSeries | Rule::TwoOfThreeWithin => format!("3 个点中有 2 个{above}中心线 2σ 以外"),
        Rule::FourOfFive => format!("5 个点中有 4 个{above}中心线 1σ 以外"),
        Rule::Shift(n) => format!("连续 {n} 个点{above}中心线"),
        Rule::Trend(n) => format!("连续 {n} 个点{rising}"),
        Rule::Alternating(n) => format!("连续 {n} 个点上下交替"),
        Rule::Hugging(n) => format!("连续 {n} 个点在中心线 1σ 以内"),
        Rule::Avoiding(n) => format!("连续 {n} 个点在中心线 1σ 以外"),
    }
}

/// The last day to answer an alert that is opened on a day.
pub fn due(rule: &AlertRule, day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(rule.answer_within.into())).unwrap_or(NaiveDate::MAX)
}

/// How a rule finds, in plain Chinese.
pub fn method(rule: &AlertRule) -> String {
    match &rule.watch {
        Watch::Target { missed, of, minimum_denominator, .. } => {
            let small = small(*minimum_denominator);
            format!("已过报送期限的最近 {of} 个月中有 {missed} 个月未达目标值（含最近一个月）时预警{small}。暂定值和未测量的月份不判断。")
        }
        Watch::Overdue { days: 0, .. } => "过了报送期限仍没有被接收的报送时预警；报送被接收后自动撤销。".to_owned(),
        Watch::Overdue { days, .. } => {
            format!("过了报送期限 {days} 天（自然日）仍没有被接收的报送时预警；报送被接收后自动撤销。")
        }
        Watch::Control { rules, window, baseline, minimum_points, minimum_denominator, side, .. } => {
            let side = match side {
                Side::Worse => "只对变差的一侧预警",
                Side::Both => "两侧都预警",
            };
            let small = small(*minimum_denominator);
            format!(
                "单值—移动极差控制图（XmR）：取截至当月的 {window} 个月，以其中前 {baseline} 个月（至少 {minimum_points} 个月有值）的均值为中心线，\
                 均值±2.66×平均移动极差为控制限；按{}判异，{side}{small}。暂定值和未测量的月份不判断。",
                rule_set(*rules)
            )
        }
    }
}

fn small(minimum_denominator: u32) -> String {
    match minimum_denominator {
        0 | 1 => String::new(),
        least => format!("；分母小于 {least} 的月份不判断"),
    }
}

fn rule_set(rules: RuleSet) -> &'static str {
    match rules {
        RuleSet::Limits => "超出控制限（一条准则）",
        RuleSet::WesternElectric => "西部电气四条准则",
        RuleSet::Nelson => "Nelson 八条准则",
        RuleSet::Nhs => "NHS“让数据说话”四条准则",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use yizheng_pack::alert::{AlertBy, AlertSeverity};
    use yizheng_pack::indicator::Formula;
    use yizheng_pack::load::{Meta, Status};

    use super::*;

    fn meta(id: &str, name: &str) -> Meta {
        Meta {
            id: id.into(),
            name: name.to_owned(),
            status: Status::Active,
            purpose: String::new(),
            legal_basis: String::new(),
            limits: String::new(),
            example: String::new(),
            file: String::new(),
        }
    }

    fn rule(watch: Watch) -> AlertRule {
        let (severity, by) = (AlertSeverity::Medium, AlertBy::Institution);
        AlertRule { meta: meta("AL1", "规则"), severity, by, answer_within: 10, months: 3, watch }
    }

    fn control(window: u32, baseline: u32, side: Side) -> AlertRule {
        let indicators = vec!["EFF01".into()];
        let (rules, minimum_points, minimum_denominator) = (RuleSet::Limits, 6, 30);
        rule(Watch::Control { indicators, rules, window, baseline, minimum_points, minimum_denominator, side })
    }

    fn stay() -> Indicator {
        Indicator {
            meta: meta("EFF01", "平均住院日"),
            domain: String::new(),
            dataset: Some("stays".into()),
            unit: "天".to_owned(),
            digits: 2,
            direction: Direction::Down,
            formula: Formula::Growth { of: "X".into() },
            words: Default::default(),
            targets: Vec::new(),
            shown: Vec::new(),
        }
    }

    /// Months from 2024-01 on, in hundredths; `None` is provisional.
    fn series(values: &[Option<i128>]) -> Vec<Seen> {
        let first = Month::new(2024, 1).unwrap();
        let seen = |(n, value): (usize, &Option<i128>)| {
            let exact = Exact::decimal(value.unwrap_or(500), 2);
            Seen {
                month: first.plus(n as i32),
                value: exact,
                denominator: Exact::decimal(100, 0),
                met: exact.map(|value| value <= Exact::decimal(800, 2).unwrap()),
                left_out: left_out(exact, Exact::decimal(100, 0), value.is_none(), 30, None),
            }
        };
        values.iter().enumerate().map(seen).collect()
    }

    /// Six months 8, 9, 8, 9, 8, 9: centre 8.5, ranges 1, upper 8.5 + 2.66 = 11.16, lower 5.84.
    fn six() -> Vec<Option<i128>> {
        [800, 900, 800, 900, 800, 900].map(Some).to_vec()
    }

    #[test]
    fn an_alarm_is_told_with_its_numbers() {
        let seen = series(&[six(), vec![None, Some(1117)]].concat());
        let verdict = judge(&control(24, 6, Side::Worse), Direction::Down, &seen, 7);
        assert_eq!((verdict.outcome, verdict.reason.as_str()), (AlertOutcome::Alarm, ""));
        let told = tell(&stay(), "甲医院", &seen, 7, &verdict.shows.unwrap(), None).unwrap();
        assert_eq!(
            told.sentence,
            "甲医院平均住院日2024年8月为 11.17天，高于控制上限（中心线 8.50天，控制限 5.84–11.16天）"
        );
        let points = &told.series.points;
        assert_eq!(points.len(), 8);
        assert_eq!(points.iter().filter(|point| point.baseline).count(), 6);
        assert_eq!((points[6].value, points[6].reason.as_deref()), (None, Some("暂定值：有应报未报或不能使用的数据")));
        assert_eq!((points[7].alarm, points[7].broken.as_slice()), (true, &["高于控制上限".to_owned()][..]));
        assert_eq!(told.series.worse, Some(dto::AlertSide::High));
    }

    #[test]
    fn a_month_is_judged_from_nothing_later() {
        let rule = control(24, 6, Side::Worse);
        let short = series(&[six(), vec![Some(1117)]].concat());
        let long = series(&[six(), vec![Some(1117), Some(5000), Some(100)]].concat());
        assert_eq!(judge(&rule, Direction::Down, &short, 6), judge(&rule, Direction::Down, &long, 6));
    }

    #[test]
    fn the_better_side_does_not_alarm() {
        let seen = series(&[six(), vec![Some(100)]].concat());
        assert_eq!(judge(&control(24, 6, Side::Worse), Direction::Down, &seen, 6).outcome, AlertOutcome::Clear);
        assert_eq!(judge(&control(24, 6, Side::Worse), Direction::Up, &seen, 6).outcome, AlertOutcome::Alarm);
        assert_eq!(judge(&control(24, 6, Side::Worse), Direction::Watch, &seen, 6).outcome, AlertOutcome::Clear);
        assert_eq!(judge(&control(24, 6, Side::Both), Direction::Watch, &seen, 6).outcome, AlertOutcome::Alarm);
    }

    #[test]
    fn the_window_moves_on() {
        // With a window of seven the baseline of the eighth month is the second to the seventh:
        // 9, 8, 9, 8, 9, 13: centre 56/6 = 9.333, ranges 1, 1, 1, 1, 4: mean 1.6, upper 13.589.
        let seen = series(&[six(), vec![Some(1300), Some(1350)]].concat());
        let verdict = |window| judge(&control(window, 6, Side::Worse), Direction::Down, &seen, 7).outcome;
        assert_eq!(verdict(7), AlertOutcome::Clear);
        assert_eq!(verdict(8), AlertOutcome::Alarm);
    }

    #[test]
    fn without_enough_there_is_no_verdict() {
        let rule = control(24, 8, Side::Worse);
        let reason = |seen: &[Seen], at| {
            let verdict = judge(&rule, Direction::Down, seen, at);
            assert_eq!(verdict.outcome, AlertOutcome::NotJudged);
            verdict.reason
        };
        assert_eq!(reason(&series(&six()), 5), "控制图的基线需要 8 个月，月份不足");
        let gaps = [vec![Some(800), None, Some(900), None, None, Some(800), Some(900), Some(800)], vec![Some(1000)]].concat();
        assert_eq!(reason(&series(&gaps), 8), "基线 8 个月中有值的不足 6 个月");
        assert_eq!(reason(&series(&[Some(800); 9]), 8), "基线各月的值完全相同，没有可用的控制限");
        assert_eq!(reason(&series(&[None]), 0), "暂定值：有应报未报或不能使用的数据");
        let few = Exact::decimal(29, 0);
        assert_eq!(left_out(Exact::decimal(1, 0), few, false, 30, None).as_deref(), Some("分母小于 30"));
        assert_eq!(left_out(Exact::decimal(1, 0), Exact::decimal(30, 0), false, 30, None), None);
        assert_eq!(left_out(None, None, true, 30, Some("尚未报送")).as_deref(), Some("尚未报送"));
    }

    /// Bound: at most 8.00.
    #[test]
    fn a_missed_target_is_told() {
        let indicators = vec!["EFF01".into()];
        let rule = rule(Watch::Target { indicators, missed: 2, of: 3, minimum_denominator: 30 });
        let seen = series(&[Some(810), Some(790), Some(1234)]);
        let verdict = judge(&rule, Direction::Down, &seen, 2);
        assert_eq!(verdict.outcome, AlertOutcome::Alarm);
        let told = tell(&stay(), "甲医院", &seen, 2, &verdict.shows.unwrap(), None).unwrap();
        assert_eq!(told.sentence, "甲医院平均住院日2024年3月为 12.34天，目标 ，最近 3 个月中有 2 个月未达目标");
        let met: Vec<Option<bool>> = told.series.points.iter().map(|point| point.met).collect();
        assert_eq!(met, [Some(false), Some(true), Some(false)]);
        assert_eq!(told.series.centre, None);
    }
}
