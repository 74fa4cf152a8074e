//! Alerts as the contract has them.

use std::collections::BTreeMap;

use yizheng_casework::alerts::{About, Alert, AlertFilter, AlertState, Evidence, HandleError, Handling};
use yizheng_casework::events::{Action, Event, EventFilter};
use yizheng_casework::institutions::Register as Names;
use yizheng_pack::alert::{AlertBy, AlertOutcome, AlertRule, AlertSeverity, Watch};
use yizheng_pack::kind::Kind;
use yizheng_pack::load::Meta;
use yizheng_pack::period::{Grain, Period};
use yizheng_pack::scope::Scope;

use super::definitions::status;
use super::figures::lines;
use crate::api::desk::Answer;
use crate::api::dto;
use crate::api::error::ApiError;
use crate::app::judge;
use crate::app::register;
use crate::app::region::Region;

/// How grave a rule's breach is, as the contract has it.
pub fn severity(severity: AlertSeverity) -> dto::AttentionSeverity {
    match severity {
        AlertSeverity::High => dto::AttentionSeverity::High,
        AlertSeverity::Medium => dto::AttentionSeverity::Medium,
        AlertSeverity::Low => dto::AttentionSeverity::Low,
    }
}

impl Region {
    pub(super) fn alert_rows(&self, scope: &Scope, query: &dto::AlertsQuery) -> Answer<Vec<dto::AlertRow>> {
        self.watch().map_err(ApiError::internal)?;
        let names = self.register(scope).map_err(ApiError::internal)?;
        let institution = match &query.institution {
            None => None,
            Some(text) => Some(
                names
                    .resolve(text.trim(), self.today())
                    .filter(|code| scope.allows(code))
                    .ok_or_else(|| ApiError::not_found(format!("机构“{}”", text.trim())))?,
            ),
        };
        let wanted = |state: AlertState| {
            query.state.is_none_or(|only| only == state_of(state)) && query.active.is_none_or(|only| only == is_active(state))
        };
        let states: Vec<AlertState> = STATES.into_iter().filter(|state| wanted(*state)).collect();
        if states.is_empty() {
            return Ok(Vec::new());
        }
        let filter = AlertFilter {
            states,
            institution,
            rule: query.rule.clone(),
            about: query.indicator.clone().or_else(|| query.dataset.clone()),
        };
        let alerts = self.wait(self.store.alerts(&filter, scope)).map_err(ApiError::internal)?;
        let fits = |alert: &Alert| match &alert.key.about {
            About::Indicator(id) => query.dataset.is_none() && query.indicator.as_ref().is_none_or(|only| only == id),
            About::Dataset(id) => query.indicator.is_none() && query.dataset.as_ref().is_none_or(|only| only == id),
        };
        Ok(alerts.iter().filter(|alert| fits(alert)).map(|alert| self.alert_row(&names, alert)).collect())
    }

    fn alert_row(&self, names: &Names, alert: &Alert) -> dto::AlertRow {
        let rule = self.pack.alerts.get(alert.key.rule.as_str());
        let month = Period::containing(alert.last_month, Grain::Month);
        let unit = &alert.key.unit;
        let (by, institution) = if alert.key.whole_region {
            let (code, name) = (self.place.code.clone(), self.place.name.clone());
            (dto::By::Region, dto::InstitutionRef { code, name, level: None, class: None })
        } else {
            let day = month.end().pred_opt().unwrap_or(month.start());
            (dto::By::Institution, register::reference(&self.pack, names, unit, day))
        };
        let named = |id: &str, name: Option<String>| dto::NamedCode {
            code: id.to_owned(),
            name: name.unwrap_or_else(|| id.to_owned()),
        };
        let (indicator, dataset, link) = match &alert.key.about {
            About::Indicator(id) => {
                let name = self.pack.indicator_name(id).map(str::to_owned);
                let whose = if alert.key.whole_region { String::new() } else { format!("&institution={unit}") };
                (Some(named(id, name)), None, format!("/indicators/{id}?period={month}{whose}"))
            }
            About::Dataset(id) => {
                let meta = self.pack.datasets.get(id.as_str()).map(|dataset| &dataset.meta);
                let name = meta.or_else(|| self.ended(Kind::Dataset, id)).map(|meta| meta.name.clone());
                (None, Some(named(id, name)), format!("/submissions?tab=reporting&period={month}"))
            }
        };
        dto::AlertRow {
            id: alert.id.clone(),
            rule: named(
                &alert.key.rule,
                rule.map(|rule| &rule.meta).or_else(|| self.ended(Kind::Alert, &alert.key.rule)).map(|meta| meta.name.clone()),
            ),
            kind: rule.map(|rule| kind(&rule.watch)),
            severity: match alert.severity.as_str() {
                "high" => dto::AttentionSeverity::High,
                "low" => dto::AttentionSeverity::Low,
                _ => dto::AttentionSeverity::Medium,
            },
            state: state_of(alert.state),
            by,
            institution,
            indicator,
            dataset,
            sentence: alert.sentence.clone(),
            first_period: alert.first_month.to_string(),
            last_period: alert.last_month.to_string(),
            opened_at: alert.opened_at,
            due: alert.due,
            overdue: matches!(alert.state, AlertState::Open | AlertState::Acknowledged) && alert.due < self.today(),
            explanation: alert.explanation.as_ref().map(|said| said.text.clone()),
            ended_at: alert.ending.as_ref().map(|said| said.at),
            ended_by: alert.ending.as_ref().map(|said| said.actor.clone()),
            reason: alert.ending.as_ref().map(|said| said.text.clone()),
            link,
        }
    }

    /// The head of a definition that has ended.
    fn ended(&self, kind: Kind, id: &str) -> Option<&Meta> {
        self.pack.retired(kind, id).map(|retired| &retired.meta)
    }

    pub(super) fn alert_of(&self, scope: &Scope, id: &str) -> Answer<dto::Alert> {
        let alert = self
            .wait(self.store.alert(id, scope))
            .map_err(ApiError::internal)?
            .ok_or_else(|| ApiError::not_found(format!("预警“{id}”")))?;
        let names = self.register(scope).map_err(ApiError::internal)?;
        let evidence = self.wait(self.store.alert_evidence(id, scope)).map_err(ApiError::internal)?;
        let about_this = EventFilter { subject: Some(id.to_owned()), ..EventFilter::default() };
        let events = self.wait(self.store.events(&about_this, scope)).map_err(ApiError::internal)?;
        let rule = self.pack.alerts.get(alert.key.rule.as_str());
        let whole_region = scope.filter().is_none();
        Ok(dto::Alert {
            method: rule.map(|rule| judge::method(rule)),
            purpose: rule.map(|rule| rule.meta.purpose.clone()),
            limits: rule.map(|rule| rule.meta.limits.clone()),
            legal_basis: rule.map(|rule| lines(&rule.meta.legal_basis)).unwrap_or_default(),
            series: newest(&evidence).map(series).transpose()?.flatten(),
            evidence: evidence.into_iter().map(evidence_row).collect(),
            history: events.into_iter().filter_map(step).collect(),
            actions: Handling::ALL
                .into_iter()
                .filter(|handling| handling.fits(alert.state) && (whole_region || !handling.is_for_the_regulator()))
                .map(action_of)
                .collect(),
            alert: self.alert_row(&names, &alert),
        })
    }

    pub(super) fn handle(&self, scope: &Scope, id: &str, new: &dto::NewAlertAction) -> Answer<dto::Alert> {
        let handling = match new.action {
            dto::AlertAction::Acknowledge => Handling::Acknowledge,
            dto::AlertAction::Explain => Handling::Explain,
            dto::AlertAction::Close => Handling::Close,
            dto::AlertAction::Reopen => Handling::Reopen,
        };
        let alert = self.wait(self.store.alert(id, scope)).map_err(ApiError::internal)?;
        let alert = alert.ok_or_else(|| ApiError::not_found(format!("预警“{id}”")))?;
        let due = match self.pack.alerts.get(alert.key.rule.as_str()) {
            Some(rule) => judge::due(rule, self.today()),
            None => alert.due,
        };
        let text = new.text.as_deref().unwrap_or_default();
        match self.wait(self.store.handle_alert(id, handling, text, due, self.now(), scope)) {
            Ok(_) => self.alert_of(scope, id),
            Err(HandleError::Unknown(id)) => Err(ApiError::not_found(format!("预警“{id}”"))),
            Err(HandleError::NotAllowed) => Err(ApiError::refused(
                "办结和退回重办由卫生健康行政部门办理。",
                "请先提交情况说明，由监管部门核实后办结。",
            )),
            Err(HandleError::Empty) => Err(ApiError::refused(
                match handling {
                    Handling::Explain => "情况说明不能为空。",
                    Handling::Close => "办结理由不能为空。",
                    Handling::Reopen | Handling::Acknowledge => "退回理由不能为空。",
                },
                "请写明原因、核实情况和处理措施后再提交。",
            )),
            Err(HandleError::NotNow(state)) => Err(ApiError::refused(
                format!("这条预警现在的状态是“{}”，不能这样办理。", crate::api::labels::Label::label(&state_of(state))),
                "请刷新页面查看最新状态。",
            )),
            Err(HandleError::Newer(newer)) => Err(ApiError::refused(
                format!("同一事项已有新的预警 {newer}，这条不能再退回重办。"),
                format!("请在预警 {newer} 中继续办理。"),
            )),
            Err(HandleError::Store(error)) => Err(ApiError::internal(error)),
        }
    }

    pub(super) fn alert_rule_rows(&self, scope: &Scope) -> Answer<Vec<dto::AlertRuleRow>> {
        let watched = self.watch().map_err(ApiError::internal)?;
        let states = vec![AlertState::Open, AlertState::Acknowledged, AlertState::Explained];
        let active = self
            .wait(self.store.alerts(&AlertFilter { states, ..AlertFilter::default() }, scope))
            .map_err(ApiError::internal)?;
        let row = |rule: &AlertRule| {
            let seen = |of: &&judge::Judged| match (scope.filter(), of.key.whole_region) {
                (None, _) => true,
                (Some(_), true) => false,
                (Some(_), false) => scope.allows(&of.key.unit),
            };
            let mut counts = (0, 0, 0);
            let mut reasons: BTreeMap<&str, u64> = BTreeMap::new();
            for of in watched.judged.iter().filter(|of| *of.key.rule == *rule.meta.id).filter(seen) {
                match of.outcome {
                    AlertOutcome::Alarm => counts.0 += 1,
                    AlertOutcome::Clear => counts.1 += 1,
                    AlertOutcome::NotJudged => {
                        counts.2 += 1;
                        *reasons.entry(&of.reason).or_default() += 1;
                    }
                }
            }
            let mut reasons: Vec<dto::AlertReason> =
                reasons.into_iter().map(|(reason, count)| dto::AlertReason { reason: reason.to_owned(), count }).collect();
            reasons.sort_by_key(|reason| std::cmp::Reverse(reason.count));
            dto::AlertRuleRow {
                id: rule.meta.id.to_string(),
                name: rule.meta.name.clone(),
                status: status(rule.meta.status),
                kind: kind(&rule.watch),
                by: match rule.by {
                    AlertBy::Region => dto::By::Region,
                    AlertBy::Institution => dto::By::Institution,
                },
                severity: severity(rule.severity),
                method: judge::method(rule),
                watches: self.watches(rule),
                answer_within: rule.answer_within,
                purpose: rule.meta.purpose.clone(),
                legal_basis: rule.meta.legal_basis.clone(),
                limits: rule.meta.limits.clone(),
                alarms: counts.0,
                clear: counts.1,
                not_judged: counts.2,
                reasons,
                active: active.iter().filter(|alert| *alert.key.rule == *rule.meta.id).count() as u64,
            }
        };
        Ok(self.pack.alerts.values().map(|rule| row(rule)).collect())
    }

    fn watches(&self, rule: &AlertRule) -> Vec<dto::NamedCode> {
        let named = |id: &str, name: String| dto::NamedCode { code: id.to_owned(), name };
        match &rule.watch {
            Watch::Overdue { datasets, .. } => {
                let all = self.pack.datasets.values().filter(|dataset| dataset.meta.status.runs());
                let wanted = all.filter(|dataset| datasets.is_empty() || datasets.contains(&dataset.meta.id));
                wanted.map(|dataset| named(&dataset.meta.id, dataset.meta.name.clone())).collect()
            }
            _ => {
                let found = rule.indicators().iter().filter_map(|id| self.pack.indicators.get(id));
                found.map(|indicator| named(&indicator.meta.id, indicator.meta.name.clone())).collect()
            }
        }
    }
}

const STATES: [AlertState; 5] =
    [AlertState::Open, AlertState::Acknowledged, AlertState::Explained, AlertState::Closed, AlertState::Withdrawn];

fn is_active(state: AlertState) -> bool {
    matches!(state, AlertState::Open | AlertState::Acknowledged | AlertState::Explained)
}

fn state_of(state: AlertState) -> dto::AlertState {
    match state {
        AlertState::Open => dto::AlertState::Open,
        AlertState::Acknowledged => dto::AlertState::Acknowledged,
        AlertState::Explained => dto::AlertState::Explained,
        AlertState::Closed => dto::AlertState::Closed,
        AlertState::Withdrawn => dto::AlertState::Withdrawn,
    }
}

fn kind(watch: &Watch) -> dto::AlertKind {
    match watch {
        Watch::Target { .. } => dto::AlertKind::Target,
        Watch::Overdue { .. } => dto::AlertKind::Overdue,
        Watch::Control { .. } => dto::AlertKind::Control,
    }
}

fn action_of(handling: Handling) -> dto::AlertAction {
    match handling {
        Handling::Acknowledge => dto::AlertAction::Acknowledge,
        Handling::Explain => dto::AlertAction::Explain,
        Handling::Close => dto::AlertAction::Close,
        Handling::Reopen => dto::AlertAction::Reopen,
    }
}

/// The newest month's evidence in force; of a withdrawn alert, which has none, the newest of all.
fn newest(evidence: &[Evidence]) -> Option<&Evidence> {
    let by_month = |of: &&Evidence| (of.withdrawn.is_none(), of.found.month, of.found_at);
    evidence.iter().max_by_key(by_month)
}

/// What was kept of a series; none for an overdue submission.
fn series(evidence: &Evidence) -> Answer<Option<dto::AlertSeries>> {
    serde_json::from_value(evidence.found.body.clone()).map_err(ApiError::internal)
}

fn evidence_row(evidence: Evidence) -> dto::AlertEvidence {
    let (withdrawn_at, withdrawn_because) = evidence.withdrawn.unzip();
    dto::AlertEvidence {
        period: evidence.found.month.to_string(),
        sentence: evidence.found.sentence,
        found_at: evidence.found_at,
        pack: evidence.found.pack,
        pack_version: evidence.found.pack_version,
        program: evidence.found.program,
        withdrawn_at,
        withdrawn_because,
    }
}

fn step(event: Event) -> Option<dto::AlertStep> {
    let kind = match event.action {
        Action::AlertOpened => dto::AlertStepKind::Opened,
        Action::AlertExtended => dto::AlertStepKind::Extended,
        Action::AlertWithdrawn => dto::AlertStepKind::Withdrawn,
        Action::AlertAcknowledged => dto::AlertStepKind::Acknowledged,
        Action::AlertExplained => dto::AlertStepKind::Explained,
        Action::AlertClosed => dto::AlertStepKind::Closed,
        Action::AlertReopened => dto::AlertStepKind::Reopened,
        _ => return None,
    };
    let after = event.after.unwrap_or_default();
    let texts = |list: &str, key: &str| -> Vec<String> {
        let rows = after.get(list).and_then(|rows| rows.as_array()).into_iter().flatten();
        rows.filter_map(|row| row.get(key)?.as_str().map(str::to_owned)).collect()
    };
    let mut said = texts("added", "sentence");
    let months = texts("withdrawn", "month").into_iter().zip(texts("withdrawn", "reason"));
    said.extend(months.map(|(month, reason)| format!("{month}：{reason}")));
    said.extend(after.get("text").and_then(|text| text.as_str()).map(str::to_owned));
    Some(dto::AlertStep { at: event.at, actor: event.actor, kind, text: (!said.is_empty()).then(|| said.join("；")) })
}
