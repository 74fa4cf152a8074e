//! Values as people read them, and where they come from.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use yizheng_lake::exact::Exact;
use yizheng_lake::explain::{Explanation, Order, OrderBy, Role, RowsQuery};
use yizheng_lake::measure::Unit;
use yizheng_lake::values::{Change, Compared, Figure, Query, TargetInForce, ValuesError};
use yizheng_pack::Pack;
use yizheng_pack::indicator::{Direction, Formula};
use yizheng_pack::kind::Kind;
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::scope::Scope;
use yizheng_pack::types::Type;

use crate::api::desk::{Answer, Stretch, Window};
use crate::api::dto;
use crate::api::error::ApiError;
use crate::app::measuring::{Measured, breakdown, status};
use crate::app::reference;
use crate::app::region::Region;
use crate::app::register;

/// A number as text with separators between thousands.
pub fn thousands(text: &str) -> String {
    let (sign, body) = text.strip_prefix('-').map_or(("", text), |body| ("-", body));
    let (whole, fraction) = body.split_once('.').map_or((body, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match fraction {
        Some(fraction) => format!("{sign}{grouped}.{fraction}"),
        None => format!("{sign}{grouped}"),
    }
}

fn display(value: Option<Exact>) -> String {
    value.map_or_else(|| "—".to_owned(), |value| thousands(&value.to_string()))
}

fn signed(value: Exact) -> String {
    let text = thousands(&value.to_string());
    // What rounds to nothing has no sign.
    if !text.contains(|digit: char| ('1'..='9').contains(&digit)) {
        return text.trim_start_matches('-').to_owned();
    }
    if value.signum() > 0 { format!("+{text}") } else { text }
}

/// Reads a period of the contract.
pub fn period(text: &str) -> Answer<Period> {
    text.parse::<Period>().map_err(|_| {
        ApiError::bad_request(format!("“{text}”不是报告期。"), "月写作 2024-03，季度写作 2024-Q1，年写作 2024。")
    })
}

fn ids(list: Option<&String>) -> Vec<String> {
    list.map(|list| list.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect())
        .unwrap_or_default()
}

/// There is no indicator of that id; of a national one that is known, why, and of one that has ended,
/// since when and what there is instead.
pub fn no_indicator(pack: &Pack, id: &str) -> ApiError {
    if let Some(retired) = pack.retired(Kind::Indicator, id) {
        return ApiError::retired(retired);
    }
    match pack.named.get(id) {
        Some(named) => ApiError::not_found(format!("指标“{id}”（{}，{}）", named.name, named.in_words())),
        None => ApiError::not_found(format!("指标“{id}”")),
    }
}

impl Region {
    /// The period asked for, else the newest complete month, else the newest with data.
    pub(super) fn period_or_default(&self, measured: &Measured, scope: &Scope, text: Option<&str>) -> Answer<Period> {
        if let Some(text) = text {
            return period(text);
        }
        let complete = self.newest_complete(scope)?;
        let newest = || self.months(measured).map(|(_, last)| last);
        let month = complete.or_else(newest).unwrap_or_else(|| Month::of(self.today()).plus(-1));
        Ok(Period::containing(month, Grain::Month))
    }

    /// First and last month with data of any dataset.
    pub(super) fn months(&self, measured: &Measured) -> Option<(Month, Month)> {
        let spans = self.pack.datasets.keys().filter_map(|dataset| measured.cube.months(dataset));
        spans.reduce(|all, span| (all.0.min(span.0), all.1.max(span.1)))
    }

    pub(super) fn figures_of(&self, scope: &Scope, query: &dto::FiguresQuery) -> Answer<Vec<dto::Figure>> {
        let measured = self.measure().map_err(ApiError::internal)?;
        let period = self.period_or_default(&measured, scope, query.period.as_deref())?;
        let by = query.by.unwrap_or(dto::By::Region);
        let code = self.code(&measured, scope, by, query.institution.as_deref())?;
        let indicators = ids(query.indicator.as_ref());
        let figures = measured
            .cube
            .values(
                &Query { indicators: &indicators, periods: &[period], by: breakdown(by), code: code.as_deref(), department: None },
                &measured.register,
                scope,
            )
            .map_err(|ValuesError::NoIndicator(id)| no_indicator(&self.pack, &id))?;
        // What has a value comes first; of what has none the list only says why.
        let (with, without): (Vec<_>, Vec<_>) = figures.iter().partition(|figure| figure.value.is_some());
        let figures = with.into_iter().chain(without).map(|figure| self.figure(&measured, figure));
        Ok(match &query.level {
            Some(level) => figures
                .filter(|figure| figure.institution.as_ref().and_then(|i| i.level.as_ref()) == Some(level))
                .collect(),
            None => figures.collect(),
        })
    }

    pub(super) fn values_of(&self, scope: &Scope, query: &dto::ValuesQuery) -> Answer<Vec<dto::ValueRow>> {
        let measured = self.measure().map_err(ApiError::internal)?;
        let Some((first, last)) = self.months(&measured) else { return Ok(Vec::new()) };
        let from = query.from.as_deref().map(period).transpose()?.map_or(first, Period::first);
        let to = query.to.as_deref().map(period).transpose()?.map_or(last, Period::last);
        let grain = match query.grain.unwrap_or(dto::Grain::Month) {
            dto::Grain::Month => Grain::Month,
            dto::Grain::Quarter => Grain::Quarter,
            dto::Grain::Year => Grain::Year,
        };
        let periods = Period::range(from, to, grain);
        if periods.len() > 240 {
            return Err(ApiError::bad_request("要求的时期太多。", "一次最多查询 240 个时期，请缩短范围或改用季度、年。"));
        }
        let by = query.by.unwrap_or(dto::By::Region);
        let code = self.code(&measured, scope, by, query.institution.as_deref())?;
        let indicators = ids(query.indicator.as_ref());
        let figures = measured
            .cube
            .values(
                &Query { indicators: &indicators, periods: &periods, by: breakdown(by), code: code.as_deref(), department: None },
                &measured.register,
                scope,
            )
            .map_err(|ValuesError::NoIndicator(id)| no_indicator(&self.pack, &id))?;
        Ok(figures
            .iter()
            .map(|figure| {
                let row = self.figure(&measured, figure);
                dto::ValueRow {
                    indicator: row.indicator,
                    name: row.name,
                    institution: row.institution,
                    department: row.department,
                    period: row.period,
                    numerator: row.numerator,
                    denominator: row.denominator,
                    value: row.value,
                    display: row.display,
                    interval: row.interval,
                    unit: row.unit,
                    target: row.target,
                    status: status(figure.status),
                    reported: row.reported,
                    due: row.due,
                    provisional: row.provisional,
                    observing: row.observing,
                    not_measured_reason: row.not_measured_reason,
                }
            })
            .collect())
    }

    /// The code to narrow to: an institution by any of its names, an alliance as it is.
    fn code(&self, measured: &Measured, scope: &Scope, by: dto::By, text: Option<&str>) -> Answer<Option<String>> {
        match (by, text) {
            (_, None) | (dto::By::Region, _) => Ok(None),
            (dto::By::Alliance, Some(text)) => Ok(Some(text.to_owned())),
            (dto::By::Institution | dto::By::Department, Some(text)) => {
                Ok(Some(self.resolve(measured, text, scope)?))
            }
        }
    }

    /// A figure of the cube as the contract has it.
    pub(super) fn figure(&self, measured: &Measured, figure: &Figure) -> dto::Figure {
        let day = figure.period.end().pred_opt().unwrap_or(figure.period.start());
        let indicator = self.pack.indicators.get(&figure.indicator);
        let place = || dto::InstitutionRef {
            code: self.place.code.clone(),
            name: self.place.name.clone(),
            level: None,
            class: None,
        };
        let reference = |code: &str| register::reference(&self.pack, &measured.names, code, day);
        let (by, institution, department) = match &figure.unit {
            Unit::Region => (dto::By::Region, place(), None),
            Unit::Alliance(code) => {
                let alliance = dto::InstitutionRef { code: code.clone(), name: code.clone(), level: None, class: None };
                (dto::By::Alliance, alliance, None)
            }
            Unit::Institution(code) => (dto::By::Institution, reference(code), None),
            Unit::Department { institution, department } => {
                let named = if department.is_empty() {
                    dto::NamedCode { code: String::new(), name: "科室不明".to_owned() }
                } else {
                    register::subject(&self.pack, department)
                };
                (dto::By::Department, reference(institution), Some(named))
            }
        };
        let unit = indicator.map(|indicator| indicator.unit.clone()).unwrap_or_default();
        let digits = indicator.map_or(2, |indicator| indicator.digits);
        dto::Figure {
            indicator: figure.indicator.to_string(),
            name: indicator.map(|indicator| indicator.meta.name.clone()).unwrap_or_default(),
            domain: indicator.map(|indicator| indicator.domain.clone()).unwrap_or_default(),
            direction: direction(indicator.map_or(Direction::Watch, |indicator| indicator.direction)),
            by,
            institution: Some(institution),
            department,
            period: figure.period.to_string(),
            numerator: figure.numerator.map(Exact::to_f64),
            denominator: figure.denominator.map(Exact::to_f64),
            value: figure.value.map(Exact::to_f64),
            display: display(figure.value),
            interval: figure.interval.map(|interval| dto::Interval {
                low: interval.low,
                high: interval.high,
                level: yizheng_lake::measure::CONFIDENCE,
                method: interval.method.name().to_owned(),
                display: format!(
                    "{}～{}",
                    thousands(&format!("{:.*}", usize::from(digits), interval.low)),
                    thousands(&format!("{:.*}", usize::from(digits), interval.high))
                ),
            }),
            previous: Some(comparison(&figure.previous, digits, &unit)),
            year_ago: Some(comparison(&figure.year_ago, digits, &unit)),
            target: figure.target.as_ref().map(|target| self.target_in_force(target, &unit)),
            target_gap: figure.target.as_ref().and_then(|target| target.gap).map(Exact::to_f64),
            target_gap_display: figure
                .target
                .as_ref()
                .and_then(|target| target.gap)
                .map(|gap| signed(gap.printed_with(digits))),
            target_met: match figure.status {
                yizheng_lake::values::Status::Met => Some(true),
                yizheng_lake::values::Status::Missed => Some(false),
                _ => None,
            },
            rank: figure.rank.as_ref().map(|rank| dto::Rank {
                rank: rank.place,
                of: rank.of,
                peers: match rank.level {
                    '1' => "一级医院",
                    '2' => "二级医院",
                    '3' => "三级医院",
                    _ => "同级机构",
                }
                .to_owned(),
            }),
            reported: figure.reported,
            due: figure.due,
            provisional: figure.provisional,
            observing: figure.observing,
            not_measured_reason: figure.not_measured.clone(),
            unit,
        }
    }

    pub(crate) fn target_in_force(&self, target: &TargetInForce, unit: &str) -> dto::Target {
        let applies = (target.classes.as_slice(), target.levels.as_slice());
        reference::indicator::target_of(&self.pack, (target.low, target.high), unit, applies, (target.from, target.to), (&target.source, target.layer))
    }

    pub(super) fn unit(
        &self,
        measured: &Measured,
        scope: &Scope,
        by: Option<dto::By>,
        institution: Option<&str>,
        department: Option<&str>,
    ) -> Answer<Unit> {
        let by = by.unwrap_or(if institution.is_some() { dto::By::Institution } else { dto::By::Region });
        let needs = |what: &str| ApiError::bad_request(format!("没有指明{what}。"), "请从列表中打开要追溯的数值。");
        Ok(match by {
            dto::By::Region => Unit::Region,
            dto::By::Alliance => Unit::Alliance(institution.ok_or_else(|| needs("医联体"))?.to_owned()),
            dto::By::Institution => {
                Unit::Institution(self.resolve(measured, institution.ok_or_else(|| needs("机构"))?, scope)?)
            }
            dto::By::Department => Unit::Department {
                institution: self.resolve(measured, institution.ok_or_else(|| needs("机构"))?, scope)?,
                department: department.ok_or_else(|| needs("科室"))?.to_owned(),
            },
        })
    }

    pub(super) fn explanation(&self, scope: &Scope, id: &str, query: &dto::ExplainQuery) -> Answer<dto::Explanation> {
        let measured = self.measured(query.known_at)?;
        let indicator =
            self.pack.indicators.get(id).ok_or_else(|| no_indicator(&self.pack, id))?;
        let period = self.period_or_default(&measured, scope, query.period.as_deref())?;
        let unit = self.unit(&measured, scope, query.by, query.institution.as_deref(), query.department.as_deref())?;
        let explanation = measured
            .cube
            .explain(&self.lake, measured.manifest.within(scope), &measured.register, id, unit, period)
            .map_err(ApiError::internal)?;
        let day = period.end().pred_opt().unwrap_or(period.start());
        let reference = |code: &str| register::reference(&self.pack, &measured.names, code, day);
        let mut parts = Vec::new();
        self.parts(&explanation, "", &mut parts);
        let mut files = Vec::new();
        for entry in entries(&explanation) {
            let Some(submission) =
                self.wait(self.store.submission(&entry.submission, scope)).map_err(ApiError::internal)?
            else {
                continue;
            };
            let (file_name, hash) = match &submission.content {
                yizheng_casework::submissions::Content::File(file) => (Some(file.name.clone()), file.sm3.clone()),
                yizheng_casework::submissions::Content::Zero => (None, String::new()),
            };
            files.push(dto::SourceFile {
                submission: submission.id.clone(),
                institution: reference(&entry.institution),
                period: entry.month.to_string(),
                version: submission.version,
                received_at: submission.received_at,
                file_name,
                rows: entry.rows + entry.held_rows,
                counted_rows: entry.rows,
                hash,
            });
        }
        let months = explanation
            .months
            .iter()
            .map(|month| dto::MonthReported {
                period: month.month.to_string(),
                reported: month.reported,
                due: month.due,
                missing: month.missing.iter().map(|code| reference(code)).collect(),
                gaps: month
                    .gaps
                    .iter()
                    .map(|(code, reason)| dto::MonthGap { institution: reference(code), reason: reason.clone() })
                    .collect(),
            })
            .collect();
        Ok(dto::Explanation {
            figure: self.figure(&measured, &explanation.figure),
            reading: reference::indicator::reading(&self.pack, indicator),
            parts,
            files,
            months,
            legal_basis: lines(&indicator.meta.legal_basis),
            definition_file: indicator.meta.file.clone(),
        })
    }

    /// The sums; of a value read from others those of each of them.
    fn parts(&self, explanation: &Explanation, when: &str, into: &mut Vec<dto::ExplainPart>) {
        let indicator = self.pack.indicators.get(&explanation.figure.indicator);
        for part in &explanation.parts {
            let (clause, words) = match part.role {
                Role::Numerator => (dto::Clause::Numerator, indicator.map(|i| i.words.numerator.clone())),
                Role::Denominator => (dto::Clause::Denominator, indicator.map(|i| i.words.denominator.clone())),
            };
            into.push(dto::ExplainPart {
                clause,
                name: format!("{when}{}", words.unwrap_or_default()),
                rows: part.rows,
                sum: part.sum.to_f64(),
                display: thousands(&part.sum.to_string()),
            });
        }
        let growth = indicator.is_some_and(|indicator| matches!(indicator.formula, Formula::Growth { .. }));
        for of in &explanation.of {
            let when = if growth { of.figure.period.in_chinese() } else { of.figure.indicator.to_string() };
            self.parts(of, &format!("{when} "), into);
        }
    }

    pub(super) fn rows_behind(
        &self,
        scope: &Scope,
        id: &str,
        query: &dto::ExplainRowsQuery,
        window: &Window,
    ) -> Answer<(Vec<dto::ExplainColumn>, Stretch<dto::ExplainRow>)> {
        use yizheng_lake::explain::ExplainError;
        let measured = self.measured(query.known_at)?;
        let indicator =
            self.pack.indicators.get(id).ok_or_else(|| no_indicator(&self.pack, id))?;
        let role = match query.part.unwrap_or(dto::Part::Numerator) {
            dto::Part::Numerator => Role::Numerator,
            dto::Part::Denominator => Role::Denominator,
        };
        // A growth, a total or an indicator of reporting has no such rows: an empty table says so, it
        // is no failure.
        let Some(dataset) = role.part(&indicator.formula).and_then(|part| self.pack.datasets.get(&part.dataset)) else {
            return Ok((Vec::new(), Stretch { total: 0, rows: Vec::new() }));
        };
        let period = self.period_or_default(&measured, scope, query.period.as_deref())?;
        let unit = self.unit(&measured, scope, query.by, query.institution.as_deref(), query.department.as_deref())?;
        let order = match &window.sort {
            None => None,
            Some(sort) if sort.column == "adds" => Some(Order { by: OrderBy::Adds, descending: sort.descending }),
            Some(sort) => {
                let (field, _) = dataset.field(&sort.column).ok_or_else(|| ApiError::unknown_column(&sort.column))?;
                Some(Order { by: OrderBy::Field(field), descending: sort.descending })
            }
        };
        let page = measured.cube.rows(
            &self.lake,
            measured.manifest.within(scope),
            &measured.register,
            &RowsQuery {
                indicator: id,
                unit,
                period,
                role,
                order,
                skip: usize::try_from(window.offset).unwrap_or(usize::MAX),
                take: usize::try_from(window.limit).unwrap_or(usize::MAX),
            },
        );
        let page = match page {
            // So does one that does not run.
            Err(ExplainError::NoPart(_)) => return Ok((Vec::new(), Stretch { total: 0, rows: Vec::new() })),
            page => page.map_err(ApiError::internal)?,
        };
        let day = period.end().pred_opt().unwrap_or(period.start());
        let fields = &dataset.fields;
        let columns = page
            .columns
            .iter()
            .filter_map(|column| {
                let field = fields.get(column.field.0)?;
                Some(dto::ExplainColumn {
                    code: field.id.to_string(),
                    name: field.name.clone(),
                    numeric: matches!(field.ty, Type::Number { .. }),
                    by_definition: column.by_definition,
                })
            })
            .collect();
        let mut origins: HashMap<String, yizheng_intake::Origins> = HashMap::new();
        let mut rows = Vec::new();
        for row in page.rows {
            let of = match origins.entry(row.submission.clone()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.origins(&row.submission, scope)?),
            };
            let (sheet, number) = of.of(u32::try_from(row.row).unwrap_or_default());
            rows.push(dto::ExplainRow {
                institution: register::reference(&self.pack, &measured.names, &row.institution, day),
                sheet: sheet.map(str::to_owned),
                row: u64::from(number),
                adds: thousands(&row.adds.to_string()),
                cells: row
                    .cells
                    .into_iter()
                    .map(|value| match value {
                        yizheng_pack::types::Value::Null => None,
                        value => Some(value.to_string()),
                    })
                    .collect(),
                submission: row.submission,
            });
        }
        Ok((columns, Stretch { total: page.total, rows }))
    }
}

fn entries(explanation: &Explanation) -> Vec<&yizheng_lake::FileEntry> {
    explanation.files.iter().chain(explanation.of.iter().flat_map(entries)).collect()
}

fn comparison(compared: &Compared, digits: u8, unit: &str) -> dto::Comparison {
    let points = if unit == "‰" { "个千分点" } else { "个百分点" };
    dto::Comparison {
        period: compared.period.to_string(),
        value: compared.value.map(Exact::to_f64),
        display: display(compared.value),
        change: compared.change.map(|change| match change {
            Change::Points(by) | Change::Percent(by) => by.to_f64(),
        }),
        change_display: match compared.change {
            None => "—".to_owned(),
            Some(Change::Points(by)) => format!("{}{points}", signed(by.printed_with(digits))),
            Some(Change::Percent(by)) => format!("{}%", signed(by)),
        },
    }
}

/// A direction as the contract has it.
pub fn direction(direction: Direction) -> dto::Direction {
    match direction {
        Direction::Up => dto::Direction::Up,
        Direction::Down => dto::Direction::Down,
        Direction::Range => dto::Direction::Range,
        Direction::Watch => dto::Direction::Watch,
    }
}

/// Documents of a definition, one for each; they are parted by semicolons.
pub fn lines(text: &str) -> Vec<String> {
    text.split(['；', ';', '\n']).map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_parted() {
        for (text, printed) in
            [("0", "0"), ("999", "999"), ("1000", "1,000"), ("-1234567.80", "-1,234,567.80"), ("12.5", "12.5"), ("100000", "100,000")]
        {
            assert_eq!(thousands(text), printed);
        }
    }
}
