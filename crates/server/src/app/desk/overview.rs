//! The first page: what is reported, how clean, what needs attention.

use std::collections::BTreeMap;

use yizheng_casework::reporting::{Reporting, Standing, deadline};
use yizheng_lake::exact::Exact;
use yizheng_lake::measure::Unit;
use yizheng_lake::values::{By, Figure, Query};
use yizheng_pack::dataset::Dataset;
use yizheng_pack::indicator::Direction;
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::scope::Scope;
use yizheng_pack::types::Value;

use super::figures::thousands;
use crate::api::desk::Answer;
use crate::api::dto;
use crate::api::error::ApiError;
use crate::app::measuring::Measured;
use crate::app::region::Region;
use crate::app::register;

/// The headline, most important first: what a section chief is asked about.
const HEADLINE: [&str; 8] = ["FPX-DISCHARGES", "EFF01", "FIN04", "CORE32", "P3-04", "FIN01", "ABX14", "FPQ01"];
/// Months of the discharges' trend.
const TREND: i32 = 24;

impl Region {
    /// The newest month that every due institution has reported.
    pub(super) fn newest_complete(&self, scope: &Scope) -> Answer<Option<Month>> {
        let measured = self.measure().map_err(ApiError::internal)?;
        let mut months: BTreeMap<Month, bool> = BTreeMap::new();
        for reporting in measured.reporting.values().flatten().filter(|of| of.due && scope.allows(&of.institution)) {
            let in_time = matches!(reporting.standing, Standing::Reported | Standing::Late);
            let complete = months.entry(reporting.month).or_insert(true);
            *complete = *complete && in_time;
        }
        Ok(months.into_iter().rev().find(|(_, complete)| *complete).map(|(month, _)| month))
    }

    pub(super) fn overview_of(&self, scope: &Scope, query: &dto::PeriodQuery) -> Answer<dto::Overview> {
        let measured = self.measure().map_err(ApiError::internal)?;
        let period = self.period_or_default(&measured, scope, query.period.as_deref())?;
        let headline = self.headline(&measured, scope, period)?;
        let quality = self.quality(&measured, scope, period);
        Ok(dto::Overview {
            period: period.to_string(),
            headline,
            reporting: self
                .pack
                .datasets
                .values()
                .filter(|dataset| dataset.meta.status.runs())
                .map(|dataset| self.reporting_summary(&measured, scope, dataset, period))
                .filter(|summary| summary.due > 0)
                .collect(),
            attention: self.attention(&measured, scope, period, &quality)?,
            quality,
            trend: self.trend(&measured, scope, period.last())?,
        })
    }

    /// The figures that a section chief is asked about.
    pub(super) fn headline(&self, measured: &Measured, scope: &Scope, period: Period) -> Answer<Vec<dto::Figure>> {
        let mine: Vec<String> = HEADLINE
            .iter()
            .filter(|id| self.pack.indicators.get(**id).is_some_and(|indicator| indicator.meta.status.runs()))
            .map(|id| (*id).to_owned())
            .collect();
        let figures = self.ask(measured, scope, &mine, By::Region, &[period])?;
        Ok(figures.iter().map(|figure| self.figure(measured, figure)).collect())
    }

    fn ask(
        &self,
        measured: &Measured,
        scope: &Scope,
        indicators: &[String],
        by: By,
        periods: &[Period],
    ) -> Answer<Vec<Figure>> {
        if indicators.is_empty() {
            return Ok(Vec::new());
        }
        measured
            .cube
            .values(&Query { indicators, periods, by, code: None, department: None }, &measured.register, scope)
            .map_err(ApiError::internal)
    }

    fn reporting_summary(
        &self,
        measured: &Measured,
        scope: &Scope,
        dataset: &Dataset,
        period: Period,
    ) -> dto::ReportingSummary {
        let mut summary = dto::ReportingSummary {
            dataset: dto::NamedCode { code: dataset.meta.id.to_string(), name: dataset.meta.name.clone() },
            due: 0,
            reported: 0,
            late: 0,
            returned: 0,
            deadline: Some(deadline(&dataset.due, period.last())),
            missing: Vec::new(),
            returned_institutions: Vec::new(),
            late_institutions: Vec::new(),
        };
        for of in in_period(measured, scope, dataset, period).filter(|of| of.due) {
            let reference = || register::reference(&self.pack, &measured.names, &of.institution, period.start());
            summary.due += 1;
            match of.standing {
                Standing::Reported => summary.reported += 1,
                Standing::Late => {
                    summary.late += 1;
                    summary.late_institutions.push(reference());
                }
                Standing::Returned => {
                    summary.returned += 1;
                    summary.returned_institutions.push(reference());
                }
                Standing::Missing | Standing::NotDue => summary.missing.push(reference()),
            }
        }
        summary
    }

    fn quality(&self, measured: &Measured, scope: &Scope, period: Period) -> dto::QualitySummary {
        let mut by_institution: BTreeMap<String, (u64, u64, u64)> = BTreeMap::new();
        for dataset in self.pack.datasets.values() {
            for of in in_period(measured, scope, dataset, period) {
                let accepted = matches!(of.standing, Standing::Reported | Standing::Late);
                let Some(counts) = of.submission.as_ref().filter(|_| accepted).and_then(|s| s.counts) else { continue };
                let sum = by_institution.entry(of.institution.clone()).or_default();
                sum.0 += counts.rows;
                sum.1 += counts.held;
                sum.2 += counts.warned;
            }
        }
        let mut institutions: Vec<dto::InstitutionQuality> = by_institution
            .into_iter()
            .map(|(code, (rows, errors, warnings))| dto::InstitutionQuality {
                institution: register::reference(&self.pack, &measured.names, &code, period.start()),
                rows,
                error_rows: errors,
                warning_rows: warnings,
                error_rate: rate(errors, rows),
            })
            .collect();
        institutions.sort_by(|a, b| {
            b.error_rate.unwrap_or(0.0).total_cmp(&a.error_rate.unwrap_or(0.0)).then(a.institution.code.cmp(&b.institution.code))
        });
        let sum = |of: fn(&dto::InstitutionQuality) -> u64| institutions.iter().map(of).sum::<u64>();
        let (rows, error_rows, warning_rows) = (sum(|i| i.rows), sum(|i| i.error_rows), sum(|i| i.warning_rows));
        dto::QualitySummary { rows, error_rows, warning_rows, error_rate: rate(error_rows, rows), institutions }
    }

    fn trend(&self, measured: &Measured, scope: &Scope, last: Month) -> Answer<Vec<dto::TrendPoint>> {
        let first = self.months(measured).map_or(last, |(first, _)| first.max(last.plus(1 - TREND)));
        let periods = Period::range(first, last, Grain::Month);
        let figures = self.ask(measured, scope, &["FPX-DISCHARGES".to_owned()], By::Region, &periods)?;
        Ok(figures
            .iter()
            .map(|figure| dto::TrendPoint {
                period: figure.period.to_string(),
                discharges: figure.value.map(|value| value.to_f64() as u64),
                reported: figure.reported,
                due: figure.due,
                provisional: figure.provisional,
            })
            .collect())
    }

    /// A parameter's value on a period's last day, as a number.
    fn parameter(&self, id: &str, period: Period) -> Option<f64> {
        let last = period.end().pred_opt()?;
        match self.pack.parameters.get(id)?.on(last)?.value {
            Value::Number { units, scale } => Some(units as f64 / 10_f64.powi(i32::from(scale))),
            _ => None,
        }
    }

    fn attention(
        &self,
        measured: &Measured,
        scope: &Scope,
        period: Period,
        quality: &dto::QualitySummary,
    ) -> Answer<Vec<dto::Attention>> {
        let mut list = Vec::new();
        for dataset in self.pack.datasets.values().filter(|dataset| dataset.meta.status.runs()) {
            for of in in_period(measured, scope, dataset, period) {
                list.extend(self.not_reported(measured, dataset, of));
            }
        }
        if let Some(line) = self.parameter("attention_error_rate", period) {
            for one in quality.institutions.iter().filter(|one| one.error_rate.is_some_and(|rate| rate >= line * 100.0)) {
                list.push(dto::Attention {
                    kind: dto::AttentionKind::Quality,
                    severity: dto::AttentionSeverity::Medium,
                    institution: Some(one.institution.clone()),
                    indicator: None,
                    check: None,
                    period: period.to_string(),
                    sentence: format!(
                        "{}本期 {} 行中有 {} 行存在错误（{:.1}%），已暂不计入指标",
                        one.institution.name,
                        thousands(&one.rows.to_string()),
                        one.error_rows,
                        one.error_rate.unwrap_or(0.0)
                    ),
                    link: format!("/institutions/{}?period={period}", one.institution.code),
                });
            }
        }
        let watched: Vec<String> = self
            .pack
            .running_indicators()
            .filter(|(_, indicator)| matches!(indicator.direction, Direction::Up | Direction::Down) || !indicator.targets.is_empty())
            .map(|(id, _)| id.to_string())
            .collect();
        let figures = self.ask(measured, scope, &watched, By::Institution, &[period])?;
        if let Some(ratio) = self.parameter("attention_ratio", period) {
            self.outliers(measured, &figures, ratio, &mut list);
        }
        for figure in figures.iter().filter(|figure| figure.status == yizheng_lake::values::Status::Missed) {
            let one = self.figure(measured, figure);
            let (Some(target), Some(gap)) = (&one.target, &one.target_gap_display) else { continue };
            let sentence = format!(
                "{}{}为 {}{}，目标 {}，差 {gap}",
                one.institution.as_ref().map(|i| i.name.as_str()).unwrap_or_default(),
                one.name,
                one.display,
                one.unit,
                target.display
            );
            list.push(matter(dto::AttentionKind::Target, dto::AttentionSeverity::Medium, &one, sentence));
        }
        list.sort_by_key(|one| one.severity as u8);
        Ok(list)
    }

    fn not_reported(&self, measured: &Measured, dataset: &Dataset, of: &Reporting) -> Option<dto::Attention> {
        let institution = register::reference(&self.pack, &measured.names, &of.institution, of.month.start());
        let month = Period::containing(of.month, Grain::Month);
        let (kind, sentence, link) = match of.standing {
            Standing::Missing => (
                dto::AttentionKind::Missing,
                format!("{}未报送{}{}，期限为{}", institution.name, month.in_chinese(), dataset.meta.name, of.deadline.format("%Y年%-m月%-d日")),
                format!("/submissions?tab=reporting&period={month}"),
            ),
            Standing::Returned => (
                dto::AttentionKind::Returned,
                format!("{}{}{}被退回，尚未重报", institution.name, month.in_chinese(), dataset.meta.name),
                of.submission.as_ref().map_or_else(
                    || format!("/submissions?tab=reporting&period={month}"),
                    |submission| format!("/submissions/{}", submission.id),
                ),
            ),
            Standing::Reported | Standing::Late | Standing::NotDue => return None,
        };
        Some(dto::Attention {
            kind,
            severity: dto::AttentionSeverity::High,
            institution: Some(institution),
            indicator: None,
            check: None,
            period: month.to_string(),
            sentence,
            link,
        })
    }

    /// Institutions whose whole interval lies beyond `ratio` times the median of their peers (same
    /// level, same kind: a psychiatric hospital's stays say nothing about a general one's), or
    /// beyond that of their own year before, on the worse side.
    fn outliers(&self, measured: &Measured, figures: &[Figure], ratio: f64, list: &mut Vec<dto::Attention>) {
        let group = |figure: &Figure| match &figure.unit {
            Unit::Institution(code) => {
                let standing = measured.register.standing(code, figure.period.last())?;
                // Of the category the first two characters: A1 general, A2 TCM, A5 specialised …
                Some((standing.level.chars().next(), standing.class.get(..2)?.to_owned()))
            }
            _ => None,
        };
        let mut peers: BTreeMap<(&str, (Option<char>, String)), Vec<f64>> = BTreeMap::new();
        for figure in figures {
            if let (Some(value), Some(group)) = (figure.value, group(figure)) {
                peers.entry((&figure.indicator, group)).or_default().push(value.to_f64());
            }
        }
        for figure in figures {
            let Some(indicator) = self.pack.indicators.get(&figure.indicator) else { continue };
            let (Some(interval), Some(value)) = (figure.interval, figure.value) else { continue };
            let beyond = |other: f64| {
                other > 0.0
                    && match indicator.direction {
                        Direction::Down => interval.low > ratio * other,
                        Direction::Up => interval.high < other / ratio,
                        Direction::Range | Direction::Watch => false,
                    }
            };
            let median = group(figure)
                .and_then(|group| peers.get(&(figure.indicator.as_ref(), group)))
                .filter(|values| values.len() >= 4)
                .and_then(|values| median(values));
            let one = self.figure(measured, figure);
            let name = one.institution.as_ref().map(|i| i.name.clone()).unwrap_or_default();
            let digits = indicator.digits;
            if let Some(median) = median.filter(|median| beyond(*median)) {
                let sentence = format!(
                    "{name}{}为 {}{}，同级同类中位数为 {}{}",
                    one.name,
                    one.display,
                    one.unit,
                    thousands(&format!("{median:.*}", usize::from(digits))),
                    one.unit
                );
                list.push(matter(dto::AttentionKind::Outlier, dto::AttentionSeverity::Medium, &one, sentence));
            }
            if let Some(before) = figure.year_ago.value.map(Exact::to_f64).filter(|before| beyond(*before)) {
                let change = one.year_ago.as_ref().map(|c| c.change_display.clone()).unwrap_or_default();
                let sentence = format!(
                    "{name}{}为 {}{}，上年同期 {}{}（{change}）",
                    one.name,
                    one.display,
                    one.unit,
                    thousands(&format!("{before:.*}", usize::from(digits))),
                    one.unit
                );
                let grave = match indicator.direction {
                    Direction::Up => value.to_f64() < before / (ratio * ratio),
                    _ => value.to_f64() > ratio * ratio * before,
                };
                let severity = if grave { dto::AttentionSeverity::High } else { dto::AttentionSeverity::Medium };
                list.push(matter(dto::AttentionKind::Change, severity, &one, sentence));
            }
        }
    }
}

fn matter(
    kind: dto::AttentionKind,
    severity: dto::AttentionSeverity,
    figure: &dto::Figure,
    sentence: String,
) -> dto::Attention {
    let code = figure.institution.as_ref().map(|i| i.code.clone()).unwrap_or_default();
    dto::Attention {
        kind,
        severity,
        institution: figure.institution.clone(),
        indicator: Some(dto::NamedCode { code: figure.indicator.clone(), name: figure.name.clone() }),
        check: None,
        period: figure.period.clone(),
        sentence,
        link: format!("/indicators/{}?period={}&institution={code}", figure.indicator, figure.period),
    }
}

pub(super) fn in_period<'a>(
    measured: &'a Measured,
    scope: &'a Scope,
    dataset: &Dataset,
    period: Period,
) -> impl Iterator<Item = &'a Reporting> {
    let all = measured.reporting.get(&dataset.meta.id).into_iter().flatten();
    all.filter(move |of| period.first() <= of.month && of.month <= period.last() && scope.allows(&of.institution))
}

/// A share in per cent; none of nothing.
pub fn rate(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 * 100.0 / whole as f64)
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 { Some(upper) } else { Some(f64::midpoint(*sorted.get(middle.checked_sub(1)?)?, upper)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }
}
