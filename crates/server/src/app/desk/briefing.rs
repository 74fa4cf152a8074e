//! What the section chief must know in ten seconds: who is behind, who has not reported, what has
//! changed, what waits for a decision.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use yizheng_casework::reporting::Standing;
use yizheng_casework::submissions::{Status as Submitted, Submission, SubmissionFilter};
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::scope::Scope;

use super::overview::in_period;
use super::plans::{chapters, elapsed, item_rows};
use crate::api::desk::Answer;
use crate::api::dto::{self, AlertState, PlanHandling, PlanStatus};
use crate::api::error::ApiError;
use crate::api::labels::Label;
use crate::app::measuring::Measured;
use crate::app::plans::{View, counts, month_end, regulator};
use crate::app::region::{Region, civil};
use crate::app::register;

/// The days between which something counts as changed: after the first, up to the last.
pub(super) struct Since {
    pub after: NaiveDate,
    pub until: NaiveDate,
}

impl Since {
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        let day = civil(at).date();
        self.after < day && day <= self.until
    }
}

impl Region {
    /// The day on which a period is looked at: the last of the month after it, when its reports are
    /// in; today when that is still to come.
    pub(super) fn looked_at(&self, period: Period) -> NaiveDate {
        month_end(period.end()).min(self.today())
    }

    pub(super) fn briefing_of(&self, scope: &Scope, query: &dto::PeriodQuery) -> Answer<dto::Briefing> {
        regulator(scope)?;
        let measured = self.measure().map_err(ApiError::internal)?;
        let period = self.period_or_default(&measured, scope, query.period.as_deref())?;
        let as_of = self.looked_at(period);
        let view = match self.plan_in_force(last_day(period).min(as_of)) {
            Some(plan) => Some(self.view(scope, &plan.meta.id, Some(as_of))?),
            None => None,
        };
        let since = Since { after: self.looked_at(period.previous()), until: as_of };
        let alerts = self.alert_rows(scope, &dto::AlertsQuery::default())?;
        let mut changed = view.as_ref().map(|view| status_changes(view, since.after)).unwrap_or_default();
        changed.extend(alert_changes(&alerts, &since));
        changed.extend(self.corrections(&measured, scope, &since)?);
        Ok(dto::Briefing {
            period: period.to_string(),
            plan: view.as_ref().map(lights),
            behind: view.as_ref().map(behind).unwrap_or_default(),
            late: self.owing(&measured, scope, period),
            changed,
            decide: decide(view.as_ref(), &alerts, as_of),
        })
    }

    /// Institutions that owe reports of a period, the longest first.
    pub(super) fn owing(&self, measured: &Measured, scope: &Scope, period: Period) -> Vec<dto::BriefingLate> {
        let today = self.today();
        let mut owing: BTreeMap<&str, (Vec<String>, i64)> = BTreeMap::new();
        for dataset in self.pack.datasets.values().filter(|dataset| dataset.meta.status.runs()) {
            for of in in_period(measured, scope, dataset, period).filter(|of| of.due) {
                let word = match of.standing {
                    Standing::Missing => "未报",
                    Standing::Returned => "退回未重报",
                    Standing::Reported | Standing::Late | Standing::NotDue => continue,
                };
                let days = (today - of.deadline).num_days();
                // What was returned may still come in time.
                if days <= 0 {
                    continue;
                }
                let (owes, longest) = owing.entry(&of.institution).or_default();
                owes.push(format!("{}（{word}）", dataset.meta.name));
                *longest = days.max(*longest);
            }
        }
        let mut late: Vec<dto::BriefingLate> = owing
            .into_iter()
            .map(|(code, (owes, days))| dto::BriefingLate {
                institution: register::reference(&self.pack, &measured.names, code, period.start()),
                owes,
                days,
                link: format!("/institutions/{code}?period={period}"),
            })
            .collect();
        late.sort_by_key(|one| std::cmp::Reverse((one.owes.len(), one.days)));
        late
    }

    /// Submissions that took the place of others, by institution.
    fn corrections(&self, measured: &Measured, scope: &Scope, since: &Since) -> Answer<Vec<dto::BriefingLine>> {
        let all = self.wait(self.store.submissions(&SubmissionFilter::default(), scope)).map_err(ApiError::internal)?;
        let mut lines = Vec::new();
        // A version that follows returned ones alone corrects nothing that was in force.
        let replaced = |sent: &Submission| {
            all.iter().any(|other| {
                other.target == sent.target && other.version < sent.version && other.status != Submitted::Returned
            })
        };
        let new = all.iter().filter(|sent| sent.status != Submitted::Returned && since.holds(sent.decided_at));
        for sent in new.filter(|sent| replaced(sent)) {
            let target = &sent.target;
            let institution = register::reference(&self.pack, &measured.names, &target.institution, target.period.start());
            let dataset = self.pack.datasets.get(target.dataset.as_str()).map_or(target.dataset.as_str(), |dataset| dataset.meta.name.as_str());
            lines.push(dto::BriefingLine {
                label: "更正".to_owned(),
                sentence: format!("{}更正了{}{dataset}（第 {} 版）", institution.name, target.period.in_chinese(), sent.version),
                who: None,
                status: None,
                link: format!("/submissions/{}", sent.id),
            });
        }
        Ok(lines)
    }
}

/// The plan's lights.
pub(super) fn lights(view: &View<'_>) -> dto::BriefingPlan {
    let standings = view.standings();
    dto::BriefingPlan {
        id: view.plan.meta.id.to_string(),
        name: view.plan.meta.name.clone(),
        elapsed: elapsed(view),
        counts: counts(&standings),
        chapters: chapters(view, &standings),
    }
}

/// Lead office and person as one.
pub(super) fn who(row: &dto::PlanItemRow) -> Option<String> {
    let names: Vec<&str> = [row.lead.as_deref(), row.person.as_deref()].into_iter().flatten().collect();
    (!names.is_empty()).then(|| names.join(" "))
}

fn line(view: &View<'_>, row: &dto::PlanItemRow, sentence: String) -> dto::BriefingLine {
    dto::BriefingLine {
        label: row.number.clone(),
        sentence,
        who: who(row),
        status: Some(row.status),
        link: item_link(view, &row.number),
    }
}

pub(super) fn item_link(view: &View<'_>, number: &str) -> String {
    format!("/plans/{}/items/{number}", view.plan.meta.id)
}

/// Items behind or overdue, the gravest first, then by how long.
pub(super) fn behind_rows(view: &View<'_>) -> Vec<dto::PlanItemRow> {
    let mut rows: Vec<dto::PlanItemRow> = item_rows(view)
        .into_iter()
        .filter(|row| matches!(row.status, PlanStatus::Overdue | PlanStatus::Behind) && row.handling != PlanHandling::Closed)
        .collect();
    rows.sort_by_key(|row| (row.status, row.days_left));
    rows
}

fn behind(view: &View<'_>) -> Vec<dto::BriefingLine> {
    behind_rows(view).iter().map(|row| line(view, row, format!("{}：{}", row.title, row.reason))).collect()
}

/// Items whose status was another one on a day before.
fn status_changes(view: &View<'_>, before: NaiveDate) -> Vec<dto::BriefingLine> {
    let mut lines = Vec::new();
    for (at, row) in item_rows(view).iter().enumerate() {
        let Some(then) = view.standing_on(at, before).map(|then| PlanStatus::from(then.verdict.status)) else { continue };
        if then != row.status && before >= view.plan.from {
            let sentence = format!("{}由“{}”变为“{}”：{}", row.title, then.label(), row.status.label(), row.reason);
            lines.push(line(view, row, sentence));
        }
    }
    lines.sort_by_key(|line| line.status);
    lines
}

/// What happened to alerts, by rule and what happened.
fn alert_changes(alerts: &[dto::AlertRow], since: &Since) -> Vec<dto::BriefingLine> {
    let mut groups: BTreeMap<(u8, &str, &str), Vec<&dto::AlertRow>> = BTreeMap::new();
    for alert in alerts {
        let mut put = |order: u8, word: &'static str| {
            groups.entry((order, word, alert.rule.name.as_str())).or_default().push(alert);
        };
        if since.holds(alert.opened_at) {
            put(0, "新增");
        }
        match (alert.state, alert.ended_at) {
            (AlertState::Closed, Some(at)) if since.holds(at) => put(1, "办结"),
            (AlertState::Withdrawn, Some(at)) if since.holds(at) => put(2, "撤销"),
            _ => {}
        }
    }
    groups
        .into_iter()
        .map(|((_, word, rule), of)| dto::BriefingLine {
            label: "预警".to_owned(),
            sentence: match of.as_slice() {
                [one] => format!("{word}预警：{}", one.sentence),
                many => format!("{word}“{rule}”预警 {} 条：{}", many.len(), names(many)),
            },
            who: None,
            status: None,
            link: match of.as_slice() {
                [one] => format!("/alerts/{}", one.id),
                _ => "/alerts".to_owned(),
            },
        })
        .collect()
}

/// Whom alerts are about, each once.
fn names(alerts: &[&dto::AlertRow]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for alert in alerts {
        let name = alert.institution.name.as_str();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join("、")
}

/// What waits for a decision: of the plan's items, then of alerts.
pub(super) fn decide(view: Option<&View<'_>>, alerts: &[dto::AlertRow], as_of: NaiveDate) -> Vec<dto::BriefingLine> {
    let mut lines = Vec::new();
    if let Some(view) = view {
        let rows = item_rows(view);
        let open = || rows.iter().filter(|row| row.handling != PlanHandling::Closed);
        for row in open().filter(|row| row.status == PlanStatus::Judgement) {
            lines.push(line(view, row, format!("{}须人工判定：{}", row.title, row.reason)));
        }
        for row in open().filter(|row| row.status == PlanStatus::Met) {
            lines.push(line(view, row, format!("{}已完成，是否销号：{}", row.title, row.reason)));
        }
        let nobody: Vec<&dto::PlanItemRow> =
            open().filter(|row| row.handling == PlanHandling::Unassigned && row.status != PlanStatus::Excluded).collect();
        if !nobody.is_empty() {
            let numbers: Vec<&str> = nobody.iter().map(|row| row.number.as_str()).collect();
            lines.push(dto::BriefingLine {
                label: "未分解".to_owned(),
                sentence: format!("{} 项还没有明确牵头科室：第 {} 项", nobody.len(), numbers.join("、")),
                who: None,
                status: None,
                link: format!("/plans/{}", view.plan.meta.id),
            });
        }
    }
    let group = |label: &str, word: &str, of: Vec<&dto::AlertRow>, lines: &mut Vec<dto::BriefingLine>| {
        let (sentence, link) = match of.as_slice() {
            [] => return,
            [one] => (format!("{word}：{}", one.sentence), format!("/alerts/{}", one.id)),
            many => (format!("{} 条预警{word}：{}", many.len(), names(many)), "/alerts".to_owned()),
        };
        lines.push(dto::BriefingLine { label: label.to_owned(), sentence, who: None, status: None, link });
    };
    let in_state = |state: AlertState| alerts.iter().filter(move |alert| alert.state == state);
    group("预警", "机构已说明，待审核办结", in_state(AlertState::Explained).collect(), &mut lines);
    let silent = alerts
        .iter()
        .filter(|alert| matches!(alert.state, AlertState::Open | AlertState::Acknowledged) && alert.due < as_of)
        .collect();
    group("预警", "超过期限没有答复", silent, &mut lines);
    lines
}

/// The last day of a period: the plan that is looked at is the one in force then.
pub(super) fn last_day(period: Period) -> NaiveDate {
    period.end().pred_opt().unwrap_or(period.start())
}

/// The month of a period that is counted by months.
pub(super) fn last_month(period: Period) -> Period {
    Period::containing(period.last(), Grain::Month)
}

/// The last day of the month after the one of a day.
pub(super) fn end_of_next_month(day: NaiveDate) -> NaiveDate {
    month_end(Month::of(day).plus(1).start())
}

