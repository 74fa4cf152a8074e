//! Watching the region: every running alert rule over what is measured now, settled in the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;
use yizheng_casework::alerts::{About, AlertKey, Found, Judgement, SettleError, Settled};
use yizheng_casework::reporting::{Standing, deadline};
use yizheng_lake::measure::Unit;
use yizheng_lake::values::{Figure, Status};
use yizheng_pack::alert::{AlertBy, AlertOutcome, AlertRule, Watch};
use yizheng_pack::dataset::Dataset;
use yizheng_pack::indicator::{Formula, Indicator};
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::scope::Scope;

use super::judge::{self, Judged, Seen, Verdict};
use super::measuring::Measured;
use super::register;
use super::region::{AppError, PROGRAM, Region};

/// How the region came out when it was last watched.
#[derive(Debug, Default)]
pub struct Watched {
    /// Every month that was looked at, of every series.
    pub judged: Vec<Judged>,
    /// What changed in the store.
    pub settled: Settled,
    /// Writes of the store after that, by which a newer state is noticed.
    writes: i64,
    /// The day on which it was so: a deadline may have passed since.
    day: NaiveDate,
}

impl Watched {
    /// Months judged so, over all series.
    pub fn count(&self, outcome: AlertOutcome) -> usize {
        self.judged.iter().filter(|of| of.outcome == outcome).count()
    }
}

/// What one pass makes: judgements for the store, verdicts for the reader.
#[derive(Default)]
struct Pass {
    judgements: Vec<Judgement>,
    judged: Vec<Judged>,
}

/// One series of one rule.
struct Series<'a> {
    rule: &'a AlertRule,
    indicator: &'a Indicator,
    unit: Unit,
    name: String,
    key: AlertKey,
    /// The newest month that is closed, and the first with data.
    newest: Month,
    first: Month,
    /// Older months that an active alert rests on.
    kept: BTreeSet<Month>,
}

impl Region {
    /// Judges what is measured now by every running alert rule and brings the alerts into line.
    /// Twice without a change in between, the second time changes nothing.
    ///
    /// # Errors
    /// When the region cannot be measured or the store fails.
    pub fn watch(&self) -> Result<Arc<Watched>, AppError> {
        let mut last = self.watched.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (writes, today) = (self.wait(self.store.writes())?, self.today());
        if let Some(watched) = last.as_ref().filter(|watched| watched.writes == writes && watched.day == today) {
            return Ok(Arc::clone(watched));
        }
        let measured = self.measure()?;
        let scope = Scope::whole_region("预警计算");
        let kept = self.wait(self.store.alert_months(&scope))?;
        let mut pass = Pass::default();
        for rule in self.pack.running_alerts() {
            match &rule.watch {
                Watch::Overdue { datasets, days } => self.watch_reporting(&measured, rule, datasets, *days, &kept, &mut pass),
                _ => self.watch_indicators(&measured, rule, &kept, &scope, &mut pass)?,
            }
        }
        let settled = self.wait(self.store.settle_alerts(&pass.judgements, self.now(), &scope)).map_err(|error| match error {
            SettleError::Store(error) => AppError::Store(error),
            other => AppError::Refused(other.to_string()),
        })?;
        // Settling is a write of its own, and the only one that needs no further look.
        let writes = if settled == Settled::default() { writes } else { writes + 1 };
        let watched = Arc::new(Watched { judged: pass.judged, settled, writes, day: today });
        *last = Some(Arc::clone(&watched));
        Ok(watched)
    }

    fn watch_indicators(
        &self,
        measured: &Measured,
        rule: &AlertRule,
        kept: &BTreeMap<AlertKey, BTreeSet<Month>>,
        scope: &Scope,
        pass: &mut Pass,
    ) -> Result<(), AppError> {
        for indicator in rule.indicators().iter().filter_map(|id| self.pack.indicators.get(id)) {
            let Some((first, newest)) = self.closed(measured, indicator) else { continue };
            let units: Vec<(String, Unit)> = match rule.by {
                AlertBy::Region => vec![(self.place.code.clone(), Unit::Region)],
                AlertBy::Institution => {
                    let datasets = self.datasets_behind(indicator).into_iter();
                    let concerned = datasets.filter_map(|dataset| measured.reporting.get(&dataset.meta.id)).flatten();
                    let codes: BTreeSet<&String> = concerned.map(|of| &of.institution).collect();
                    // What the authority itself reports is no institution's.
                    let codes = codes.into_iter().filter(|code| **code != self.place.code);
                    codes.map(|code| (code.clone(), Unit::Institution(code.clone()))).collect()
                }
            };
            for (code, unit) in units {
                let whole_region = unit == Unit::Region;
                let name = if whole_region {
                    self.place.name.clone()
                } else {
                    register::reference(&self.pack, &measured.names, &code, newest.start()).name
                };
                let about = About::Indicator(indicator.meta.id.to_string());
                let key = AlertKey { rule: rule.meta.id.to_string(), unit: code, whole_region, about };
                let kept = kept.get(&key).cloned().unwrap_or_default();
                self.watch_series(measured, &Series { rule, indicator, unit, name, key, newest, first, kept }, scope, pass)?;
            }
        }
        Ok(())
    }

    /// The first month with data and the newest that is closed: with data, and past its deadline.
    fn closed(&self, measured: &Measured, indicator: &Indicator) -> Option<(Month, Month)> {
        let datasets = self.datasets_behind(indicator);
        let months: Vec<(Month, Month)> =
            datasets.iter().filter_map(|dataset| measured.cube.months(&dataset.meta.id)).collect();
        let first = months.iter().map(|(first, _)| *first).min()?;
        // Who is late is asked of every month that anybody has reported; a value needs all its data.
        let newest = months.iter().map(|(_, last)| *last);
        let of_reporting = matches!(indicator.formula, Formula::Reporting { .. });
        let mut newest = if of_reporting { newest.max()? } else { newest.min()? };
        let today = self.today();
        while newest >= first && datasets.iter().any(|dataset| deadline(&dataset.due, newest) >= today) {
            newest = newest.plus(-1);
        }
        (newest >= first).then_some((first, newest))
    }

    /// The datasets that an indicator is computed from; of one that is computed from the reporting
    /// itself all that run.
    fn datasets_behind(&self, indicator: &Indicator) -> Vec<&Arc<Dataset>> {
        let of = self.pack.datasets_of(indicator);
        let ids: BTreeSet<&Arc<str>> =
            of.iter().chain(&indicator.dataset).collect();
        let all = self.pack.datasets.values().filter(|dataset| dataset.meta.status.runs());
        all.filter(|dataset| ids.is_empty() || ids.contains(&dataset.meta.id)).collect()
    }

    fn watch_series(&self, measured: &Measured, of: &Series<'_>, scope: &Scope, pass: &mut Pass) -> Result<(), AppError> {
        let rule = of.rule;
        let months = i32::try_from(rule.months).unwrap_or(i32::MAX);
        let oldest = of.newest.plus(1 - months).max(of.first);
        let judged: BTreeSet<Month> = of
            .kept
            .iter()
            .copied()
            .filter(|month| *month <= of.newest)
            .chain((0..=of.newest.since(oldest)).map(|n| oldest.plus(n)))
            .collect();
        let reach = i32::try_from(judge::reach(rule)).unwrap_or(i32::MAX);
        let Some(from) = judged.first().map(|month| month.plus(1 - reach).max(of.first)) else { return Ok(()) };
        let periods = Period::range(from, of.newest, Grain::Month);
        let figures = measured
            .cube
            .series(&of.indicator.meta.id, &of.unit, &periods, &measured.register, scope)
            .map_err(|error| AppError::Refused(error.to_string()))?;
        let series: Vec<Seen> = figures.iter().map(|figure| seen(rule, figure)).collect();
        let mut judgement = self.judgement(rule, of.key.clone());
        for (at, figure) in figures.iter().enumerate().filter(|(_, figure)| judged.contains(&figure.period.first())) {
            let month = figure.period.first();
            let Verdict { outcome, reason, shows } = judge::judge(rule, of.indicator.direction, &series, at);
            match (outcome, shows) {
                (AlertOutcome::Alarm, Some(shows)) => {
                    let target = figure.target.as_ref().map(|target| self.target_in_force(target, &of.indicator.unit));
                    let told = judge::tell(of.indicator, &of.name, &series, at, &shows, target);
                    let Some(told) = told else { continue };
                    let body = serde_json::to_value(&told.series).map_err(|error| AppError::Refused(error.to_string()))?;
                    judgement.alarms.push(Found {
                        month,
                        sentence: told.sentence,
                        mark: told.mark,
                        pack: self.pack.fingerprint.clone(),
                        pack_version: Some(self.pack.version()),
                        program: Some(PROGRAM.to_owned()),
                        body,
                    });
                }
                (AlertOutcome::Clear, _) => judgement.clear.push((month, format!("重新计算后{reason}"))),
                _ => {}
            }
            pass.judged.push(Judged { key: of.key.clone(), month, outcome, reason });
        }
        pass.judgements.push(judgement);
        Ok(())
    }

    fn judgement(&self, rule: &AlertRule, key: AlertKey) -> Judgement {
        let severity = rule.severity.word().to_owned();
        Judgement { key, severity, due: judge::due(rule, self.today()), alarms: Vec::new(), clear: Vec::new() }
    }

    fn watch_reporting(
        &self,
        measured: &Measured,
        rule: &AlertRule,
        datasets: &[Arc<str>],
        days: u32,
        kept: &BTreeMap<AlertKey, BTreeSet<Month>>,
        pass: &mut Pass,
    ) {
        let today = self.today();
        for (id, reporting) in &measured.reporting {
            let Some(dataset) = self.pack.datasets.get(id).filter(|dataset| dataset.meta.status.runs()) else { continue };
            if !datasets.is_empty() && !datasets.contains(id) {
                continue;
            }
            let months: BTreeSet<Month> = reporting.iter().filter(|of| of.deadline < today).map(|of| of.month).collect();
            let newest: BTreeSet<Month> = months.into_iter().rev().take(rule.months as usize).collect();
            let mut judgements: BTreeMap<AlertKey, Judgement> = BTreeMap::new();
            for of in reporting {
                let about = About::Dataset(id.to_string());
                let whole_region = of.institution == self.place.code;
                let key = AlertKey { rule: rule.meta.id.to_string(), unit: of.institution.clone(), whole_region, about };
                if !newest.contains(&of.month) && !kept.get(&key).is_some_and(|kept| kept.contains(&of.month)) {
                    continue;
                }
                let accepted = matches!(of.standing, Standing::Reported | Standing::Late);
                let verdict = if of.due {
                    judge::overdue(days, of.deadline, accepted, today)
                } else {
                    Verdict { outcome: AlertOutcome::Clear, reason: "该月不需要报送".to_owned(), shows: None }
                };
                let judgement = judgements.entry(key.clone()).or_insert_with(|| self.judgement(rule, key.clone()));
                match verdict.outcome {
                    AlertOutcome::Alarm => {
                        let name = register::reference(&self.pack, &measured.names, &of.institution, of.month.start()).name;
                        let month = Period::containing(of.month, Grain::Month).in_chinese();
                        let last = of.deadline.format("%Y年%-m月%-d日");
                        let how = match of.standing {
                            Standing::Returned => "报送后被退回，尚未重报",
                            _ => "尚未报送",
                        };
                        judgement.alarms.push(Found {
                            month: of.month,
                            sentence: format!("{name}{month}{}{how}，期限为{last}", dataset.meta.name),
                            mark: format!("{} {:?}", of.deadline, of.standing),
                            pack: self.pack.fingerprint.clone(),
                            pack_version: Some(self.pack.version()),
                            program: Some(PROGRAM.to_owned()),
                            body: serde_json::Value::Null,
                        });
                    }
                    AlertOutcome::Clear => judgement.clear.push((of.month, verdict.reason.clone())),
                    AlertOutcome::NotJudged => {}
                }
                pass.judged.push(Judged { key, month: of.month, outcome: verdict.outcome, reason: verdict.reason });
            }
            pass.judgements.extend(judgements.into_values());
        }
    }
}

/// A figure as the rules see it.
fn seen(rule: &AlertRule, figure: &Figure) -> Seen {
    let left_out = judge::left_out(
        figure.value,
        figure.denominator,
        figure.provisional,
        judge::minimum_denominator(rule),
        figure.not_measured.as_deref(),
    );
    Seen {
        month: figure.period.first(),
        value: figure.value,
        denominator: figure.denominator,
        met: match figure.status {
            Status::Met => Some(true),
            Status::Missed => Some(false),
            Status::NoTarget | Status::NotMeasured | Status::Observing => None,
        },
        left_out,
    }
}
