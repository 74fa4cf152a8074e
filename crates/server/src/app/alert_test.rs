//! Runs the test cases beside alert rules through the same judgement as the region's own series.

use yizheng_lake::Exact;
use yizheng_pack::Pack;
use yizheng_pack::alert::{AlertCase, AlertOutcome, AlertRule, Watch};
use yizheng_pack::indicator::{Direction, Indicator};

use super::judge::{self, Seen, Verdict};
use super::pack_test::{Failure, Report};

/// Adds how the cases of alert rules came out, of those whose id begins with `only`.
pub fn run(pack: &Pack, only: Option<&str>, report: &mut Report) {
    let wanted = |id: &str| only.is_none_or(|only| id.starts_with(only));
    for tests in pack.alert_tests.iter().filter(|tests| wanted(&tests.rule)) {
        let Some(rule) = pack.alerts.get(&tests.rule) else { continue };
        report.definitions += 1;
        for case in &tests.cases {
            report.cases += 1;
            for (row, verdict) in verdicts(pack, rule, case).into_iter().enumerate() {
                report.expectations += 1;
                let Some(point) = case.points.get(row).filter(|point| point.expect != verdict.outcome) else { continue };
                report.failures.push(Failure {
                    definition: rule.meta.id.to_string(),
                    case: format!("{} ({})", case.name, tests.file),
                    row: Some(row + 1),
                    expected: word(point.expect).to_owned(),
                    found: format!("{} {}", word(verdict.outcome), verdict.reason).trim().to_owned(),
                });
            }
        }
    }
    let tested = |id: &str| pack.alert_tests.iter().any(|tests| *tests.rule == *id);
    let untested = pack.running_alerts().map(|rule| &rule.meta.id).filter(|id| wanted(id) && !tested(id));
    report.untested.extend(untested.map(ToString::to_string));
}

fn word(outcome: AlertOutcome) -> &'static str {
    AlertOutcome::ALL.iter().find(|(_, of)| *of == outcome).map_or("", |(word, _)| *word)
}

fn verdicts(pack: &Pack, rule: &AlertRule, case: &AlertCase) -> Vec<Verdict> {
    if let Watch::Overdue { days, .. } = &rule.watch {
        let judged = |point: &yizheng_pack::alert::AlertCasePoint| match (point.deadline, case.today) {
            (Some(deadline), Some(today)) => judge::overdue(*days, deadline, point.accepted, today),
            _ => judge::overdue(*days, chrono::NaiveDate::MAX, point.accepted, chrono::NaiveDate::MIN),
        };
        return case.points.iter().map(judged).collect();
    }
    let indicator = case.indicator.as_ref().and_then(|id| pack.indicators.get(id));
    let series: Vec<Seen> = case.points.iter().map(|point| seen(rule, indicator.map(AsRef::as_ref), case, point)).collect();
    let direction = indicator.map_or(Direction::Watch, |indicator| indicator.direction);
    (0..series.len()).map(|at| judge::judge(rule, direction, &series, at)).collect()
}

fn seen(
    rule: &AlertRule,
    indicator: Option<&Indicator>,
    case: &AlertCase,
    point: &yizheng_pack::alert::AlertCasePoint,
) -> Seen {
    let value = point.value.as_ref().and_then(Exact::of);
    let denominator = point.denominator.as_ref().and_then(Exact::of);
    let last = point.month.end().pred_opt().unwrap_or(point.month.start());
    let target = indicator.and_then(|indicator| indicator.target(last, &case.class, &case.level));
    Seen {
        month: point.month,
        value,
        denominator,
        met: value.zip(target).and_then(|(value, target)| yizheng_lake::values::meets(value, target)),
        left_out: judge::left_out(value, denominator, point.provisional, judge::minimum_denominator(rule), None),
    }
}
