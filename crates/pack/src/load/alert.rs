//! Alert rules and their test cases.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::Deserialize;
use toml::Spanned;

use super::diagnostic::Source;
use super::raw::{Date, RawAlert, Text};
use super::raw_layer::RawAlertOverride;
use super::tests::{cells, lines};
use super::{Loader, Meta, Place, Status, define, not_blank, read};
use crate::alert::{AlertBy, AlertCase, AlertCasePoint, AlertOutcome, AlertRule, AlertTests, RuleSet, Side, Watch};
use crate::expr::did_you_mean;
use crate::indicator::{Direction, Indicator};
use crate::period::{Grain, Period};
use crate::testcase::Institution;
use crate::types::{Type, Value, parse_decimal};

const KINDS: [&str; 3] = ["target", "overdue", "control"];

/// `alerts/<id>.test.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAlertTests {
    #[serde(default)]
    case: Vec<RawAlertCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAlertCase {
    name: Text,
    indicator: Option<Text>,
    institution: Option<Institution>,
    today: Option<Date>,
    series: Text,
}

impl Loader {
    pub(super) fn alerts(&mut self, sources: &BTreeMap<String, Source>) {
        for source in sources.values() {
            if let Some(Place::Alert(id)) = Place::of(&source.path) {
                self.alert(source, id, sources);
            }
        }
        for source in sources.values() {
            match Place::of(&source.path) {
                Some(Place::AlertTests(id)) => self.alert_tests(source, id, sources),
                Some(Place::Alert(id)) => {
                    let active = self.pack.alerts.get(id).is_some_and(|rule| rule.meta.status == Status::Active);
                    if active && !sources.contains_key(&format!("alerts/{id}.test.toml")) {
                        self.report.file(source, "启用（active）的定义旁边要有测试文件（.test.toml）");
                    }
                }
                _ => {}
            }
        }
    }

    fn alert(&mut self, source: &Source, stem: &str, sources: &BTreeMap<String, Source>) {
        let Some((mut raw, mut meta)) = define::<RawAlert>(source, stem, &mut self.report) else { return };
        let before = self.report.diagnostics.len();
        let overrides = self.overrides::<RawAlertOverride>(source, &mut meta);
        for (_, own) in &overrides {
            lay_over(&mut raw, own);
        }
        for (key, number) in [("months", &raw.months), ("answer_within", &raw.answer_within)] {
            if *number.get_ref() == 0 {
                self.report.at(source, &number.span(), format!("“{key}”至少为 1"));
            }
        }
        let watch = self.watch(source, &raw, &meta, sources);
        self.blame(before, &overrides);
        let Some(watch) = watch else { return };
        if self.report.diagnostics.len() > before {
            return;
        }
        let rule = AlertRule {
            severity: raw.severity,
            by: raw.by,
            answer_within: raw.answer_within.into_inner(),
            months: raw.months.into_inner(),
            watch,
            meta,
        };
        self.pack.alerts.insert(Arc::clone(&rule.meta.id), Arc::new(rule));
    }

    fn watch(
        &mut self,
        source: &Source,
        raw: &RawAlert,
        meta: &Meta,
        sources: &BTreeMap<String, Source>,
    ) -> Option<Watch> {
        let kind = raw.kind.get_ref().as_str();
        let allowed: &[&str] = match kind {
            "target" => &["indicators", "domains", "missed", "of", "minimum_denominator"],
            "overdue" => &["datasets", "days"],
            "control" => &[
                "indicators", "domains", "rules", "window", "baseline", "minimum_points", "minimum_denominator", "side",
            ],
            _ => {
                self.unknown(source, &raw.kind.span(), "预警种类", kind, KINDS.into_iter());
                return None;
            }
        };
        let given = [
            ("indicators", raw.indicators.as_ref().map(Spanned::span)),
            ("domains", raw.domains.as_ref().map(Spanned::span)),
            ("datasets", raw.datasets.as_ref().map(Spanned::span)),
            ("missed", raw.missed.as_ref().map(Spanned::span)),
            ("of", raw.of.as_ref().map(Spanned::span)),
            ("days", raw.days.as_ref().map(Spanned::span)),
            ("rules", raw.rules.as_ref().map(Spanned::span)),
            ("window", raw.window.as_ref().map(Spanned::span)),
            ("baseline", raw.baseline.as_ref().map(Spanned::span)),
            ("minimum_points", raw.minimum_points.as_ref().map(Spanned::span)),
            ("minimum_denominator", raw.minimum_denominator.as_ref().map(Spanned::span)),
            ("side", raw.side.as_ref().map(Spanned::span)),
        ];
        for (key, span) in given {
            if let Some(span) = span.filter(|_| !allowed.contains(&key)) {
                let help = format!("可以写：{}", allowed.join("、"));
                self.report.help(source, &span, format!("“{kind}”预警不用“{key}”"), help);
            }
        }
        match kind {
            "target" => {
                let missed = self.number(source, raw, "missed", raw.missed.as_ref())?;
                let of = self.number(source, raw, "of", raw.of.as_ref())?;
                if missed == 0 || missed > of {
                    self.report.at(source, &raw.kind.span(), format!("missed（{missed}）应在 1 到 of（{of}）之间"));
                }
                let minimum_denominator =
                    self.number(source, raw, "minimum_denominator", raw.minimum_denominator.as_ref())?;
                let watched = |indicator: &Indicator| !indicator.targets.is_empty();
                let indicators = self.watched(source, raw, meta, sources, "没有目标值", &watched)?;
                Some(Watch::Target { indicators, missed, of, minimum_denominator })
            }
            "overdue" => {
                if raw.by != AlertBy::Institution {
                    self.report.at(source, &raw.kind.span(), "“overdue”预警逐个机构判断：by = \"institution\"");
                }
                let days = self.number(source, raw, "days", raw.days.as_ref())?;
                let mut datasets = Vec::new();
                for id in raw.datasets.iter().flat_map(|list| list.get_ref()) {
                    let known: Vec<String> = self.dataset_ids.iter().cloned().collect();
                    if !known.contains(id.get_ref()) {
                        self.unknown(source, &id.span(), "数据集", id.get_ref(), known.iter().map(String::as_str));
                    }
                    datasets.push(Arc::from(id.get_ref().as_str()));
                }
                if raw.datasets.as_ref().is_some_and(|list| list.get_ref().is_empty()) {
                    self.report.at(source, &raw.kind.span(), "datasets 不能是空表：不写这个键就是全部应报的数据集");
                }
                Some(Watch::Overdue { datasets, days })
            }
            _ => {
                let rules = self.rule_set(source, raw)?;
                let window = self.number(source, raw, "window", raw.window.as_ref())?;
                let baseline = self.number(source, raw, "baseline", raw.baseline.as_ref())?;
                let minimum_points = self.number(source, raw, "minimum_points", raw.minimum_points.as_ref())?;
                let minimum_denominator =
                    self.number(source, raw, "minimum_denominator", raw.minimum_denominator.as_ref())?;
                if baseline >= window {
                    self.report.at(source, &raw.kind.span(), format!("window（{window}）应大于 baseline（{baseline}）"));
                }
                // A moving range needs two values; limits from fewer than six would alarm at random.
                if minimum_points < 6 || minimum_points > baseline {
                    let message = format!("minimum_points（{minimum_points}）应在 6 到 baseline（{baseline}）之间");
                    self.report.at(source, &raw.kind.span(), message);
                }
                let side = match &raw.side {
                    None => Side::Worse,
                    Some(word) if word.get_ref() == "both" => Side::Both,
                    Some(word) => {
                        self.unknown(source, &word.span(), "取值", word.get_ref(), ["both"].into_iter());
                        return None;
                    }
                };
                let watched = |indicator: &Indicator| {
                    side == Side::Both || matches!(indicator.direction, Direction::Up | Direction::Down)
                };
                let why = "没有好坏之分的导向（range、watch），要写 side = \"both\"";
                let indicators = self.watched(source, raw, meta, sources, why, &watched)?;
                let (window, side) = (window, side);
                Some(Watch::Control { indicators, rules, window, baseline, minimum_points, minimum_denominator, side })
            }
        }
    }

    fn number(&mut self, source: &Source, raw: &RawAlert, key: &str, number: Option<&Spanned<u32>>) -> Option<u32> {
        if number.is_none() {
            self.report.at(source, &raw.kind.span(), format!("“{}”预警缺少“{key}”", raw.kind.get_ref()));
        }
        number.map(|number| *number.get_ref())
    }

    fn rule_set(&mut self, source: &Source, raw: &RawAlert) -> Option<RuleSet> {
        let Some(text) = &raw.rules else {
            self.report.at(source, &raw.kind.span(), "“control”预警缺少“rules”");
            return None;
        };
        let found = RuleSet::ALL.iter().find(|(word, _)| word == text.get_ref()).map(|(_, set)| *set);
        if found.is_none() {
            let known = RuleSet::ALL.iter().map(|(word, _)| *word);
            self.unknown(source, &text.span(), "判异准则", text.get_ref(), known);
        }
        found
    }

    /// The indicators that a rule watches: those it names, each of which must be one it can watch;
    /// or of the domains it names those it can.
    fn watched(
        &mut self,
        source: &Source,
        raw: &RawAlert,
        meta: &Meta,
        sources: &BTreeMap<String, Source>,
        why_not: &str,
        can: &dyn Fn(&Indicator) -> bool,
    ) -> Option<Vec<Arc<str>>> {
        let mut ids = Vec::new();
        match (&raw.indicators, &raw.domains) {
            (Some(list), None) => {
                for id in list.get_ref() {
                    let name = id.get_ref().as_str();
                    let Some(indicator) = self.pack.indicators.get(name).map(Arc::clone) else {
                        // One whose file is wrong has its own diagnostics.
                        if !sources.contains_key(&format!("indicators/{name}.toml")) {
                            let known: Vec<Arc<str>> = self.pack.indicators.keys().cloned().collect();
                            self.unknown(source, &id.span(), "指标", name, known.iter().map(AsRef::as_ref));
                        }
                        continue;
                    };
                    if meta.status.runs() && !indicator.meta.status.runs() {
                        let help = "本地不用这个指标时，在这条规则的覆盖文件（.override.toml）中重写 indicators".to_owned();
                        let help = (self.pack.layers.len() > 1).then_some(help);
                        let place = source.place(id.span().start);
                        self.report.push(source, place, format!("指标 {name} 没有启用"), help);
                    }
                    if !can(&indicator) {
                        self.report.at(source, &id.span(), format!("指标 {name} {why_not}"));
                    }
                    if ids.contains(&indicator.meta.id) {
                        self.report.at(source, &id.span(), format!("指标 {name} 重复"));
                    }
                    ids.push(Arc::clone(&indicator.meta.id));
                }
            }
            (None, Some(domains)) => {
                for domain in domains.get_ref() {
                    let of_domain = |indicator: &&Arc<Indicator>| indicator.domain == *domain.get_ref();
                    if !self.pack.indicators.values().any(|indicator| of_domain(&indicator)) {
                        let known: Vec<String> = self.pack.indicators.values().map(|i| i.domain.clone()).collect();
                        self.unknown(source, &domain.span(), "领域", domain.get_ref(), known.iter().map(String::as_str));
                    }
                    let running = self.pack.running_indicators().map(|(_, indicator)| indicator).filter(of_domain);
                    ids.extend(running.filter(|indicator| can(indicator)).map(|indicator| Arc::clone(&indicator.meta.id)));
                }
            }
            _ => {
                self.report.at(source, &raw.kind.span(), "indicators 与 domains 要写、也只写一个");
                return None;
            }
        }
        // A list of names that are unknown has its own diagnostics.
        if ids.is_empty() && raw.indicators.as_ref().is_none_or(|list| list.get_ref().is_empty()) {
            self.report.at(source, &raw.kind.span(), "没有可以监测的指标");
        }
        Some(ids)
    }

    fn alert_tests(&mut self, source: &Source, id: &str, sources: &BTreeMap<String, Source>) {
        if !sources.contains_key(&format!("alerts/{id}.toml")) {
            self.report.file(source, format!("没有预警规则 {id}，测试无所依附"));
            return;
        }
        let Some(rule) = self.pack.alerts.get(id).map(Arc::clone) else { return };
        let Some(raw) = read::<RawAlertTests>(source, &mut self.report) else { return };
        let before = self.report.diagnostics.len();
        let mut cases = Vec::new();
        for case in raw.case {
            not_blank(&case.name, "name", source, &mut self.report);
            let today = case.today.as_ref().and_then(|today| self.date(source, today));
            let overdue = matches!(rule.watch, Watch::Overdue { .. });
            if overdue != case.today.is_some() || overdue == case.indicator.is_some() {
                let needed = if overdue { "today（不写 indicator）" } else { "indicator（不写 today）" };
                self.report.at(source, &case.name.span(), format!("这条规则的测试要写 {needed}"));
            }
            if let Some(indicator) = &case.indicator
                && !rule.indicators().iter().any(|known| **known == **indicator.get_ref())
            {
                let known: Vec<Arc<str>> = rule.indicators().to_vec();
                let known = known.iter().map(AsRef::as_ref);
                self.unknown(source, &indicator.span(), "这条规则监测的指标", indicator.get_ref(), known);
            }
            let points = self.series(source, &case.series);
            let institution = case.institution.unwrap_or_default();
            cases.push(AlertCase {
                name: case.name.into_inner(),
                indicator: case.indicator.map(|id| id.into_inner().into()),
                class: institution.class.unwrap_or_default(),
                level: institution.level.unwrap_or_default(),
                today,
                points,
            });
        }
        if self.report.diagnostics.len() > before {
            return;
        }
        if rule.meta.status == Status::Active {
            for (word, outcome) in AlertOutcome::ALL {
                if !cases.iter().flat_map(|case| &case.points).any(|point| point.expect == outcome) {
                    self.report.file(source, format!("启用（active）的预警规则至少要有一个月 {word}"));
                }
            }
        }
        self.pack.alert_tests.push(AlertTests { file: source.file.clone(), rule: Arc::clone(&rule.meta.id), cases });
    }

    /// A series written as text: cells parted by `|`, the header first, `month` its first column and
    /// `expect` its last.
    fn series(&mut self, source: &Source, text: &Text) -> Vec<AlertCasePoint> {
        const COLUMNS: [&str; 7] =
            ["month", "value", "denominator", "provisional", "deadline", "accepted", "expect"];
        let span = text.span();
        let mut lines = lines(text.get_ref());
        let Some((offset, first)) = lines.next() else {
            self.report.at(source, &span, "表格为空");
            return Vec::new();
        };
        let header = cells(first);
        let place = source.within(&span, text.get_ref(), offset);
        for name in &header {
            if !COLUMNS.contains(&name.as_str()) {
                let help = did_you_mean(name, COLUMNS.into_iter());
                self.report.push(source, place, format!("没有列“{name}”"), help);
                return Vec::new();
            }
        }
        if header.first().is_none_or(|name| name != "month") || header.last().is_none_or(|name| name != "expect") {
            self.report.push(source, place, "第一列应为 month，最后一列应为 expect", None);
            return Vec::new();
        }
        let mut points: Vec<AlertCasePoint> = Vec::new();
        for (offset, line) in lines {
            let place = source.within(&span, text.get_ref(), offset);
            let row = cells(line);
            if row.len() != header.len() {
                let message = format!("这一行有 {} 格，表头有 {} 格", row.len(), header.len());
                self.report.push(source, place, message, None);
                continue;
            }
            let cell = |name: &str| {
                let at = header.iter().position(|column| column == name)?;
                row.get(at).map(String::as_str).filter(|text| !text.is_empty() && *text != "-")
            };
            let mut wrong: Vec<String> = Vec::new();
            let mut number = |name: &str| {
                let text = cell(name)?;
                let value = decimal(text);
                if value.is_none() {
                    wrong.push(format!("“{text}”不是数字"));
                }
                value
            };
            let (value, denominator) = (number("value"), number("denominator"));
            let mut yes = |name: &str| match cell(name) {
                None | Some("no") => false,
                Some("yes") => true,
                Some(text) => {
                    wrong.push(format!("{name} 写 yes 或 no，不是“{text}”"));
                    false
                }
            };
            let (provisional, accepted) = (yes("provisional"), yes("accepted"));
            let deadline = cell("deadline").map(|text| (text, NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()));
            if let Some((text, None)) = deadline {
                wrong.push(format!("“{text}”不是日期"));
            }
            let month = cell("month").and_then(|text| text.parse::<Period>().ok()).filter(|p| p.grain() == Some(Grain::Month));
            let expect = cell("expect").and_then(|text| AlertOutcome::ALL.iter().find(|(word, _)| *word == text));
            if expect.is_none() {
                wrong.push("expect 写 alarm、clear 或 not_judged".to_owned());
            }
            let Some(month) = month.map(Period::first) else {
                self.report.push(source, place, "month 写作 2024-03", None);
                continue;
            };
            if points.last().is_some_and(|before| month.since(before.month) != 1) {
                wrong.push("各月应连续、由早到晚；没有值的月份写 -".to_owned());
            }
            for message in wrong {
                self.report.push(source, place, message, None);
            }
            let Some((_, expect)) = expect else { continue };
            points.push(AlertCasePoint {
                month,
                value,
                denominator,
                provisional,
                deadline: deadline.and_then(|(_, date)| date),
                accepted,
                expect: *expect,
            });
        }
        points
    }
}

/// What a later layer changes of a rule. What it says takes the place of the rule's `kind`: its own is
/// in another file.
fn lay_over(raw: &mut RawAlert, own: &RawAlertOverride) {
    let place = raw.kind.span();
    raw.severity = own.severity.unwrap_or(raw.severity);
    for (number, change) in [(&mut raw.answer_within, own.answer_within), (&mut raw.months, own.months)] {
        if let Some(change) = change {
            *number = Spanned::new(place.clone(), change);
        }
    }
    if let Some(ids) = &own.indicators {
        let ids = ids.iter().map(|id| Spanned::new(place.clone(), id.clone())).collect();
        raw.indicators = Some(Spanned::new(place.clone(), ids));
        raw.domains = None;
    }
    for (number, change) in [
        (&mut raw.missed, own.missed),
        (&mut raw.of, own.of),
        (&mut raw.days, own.days),
        (&mut raw.window, own.window),
        (&mut raw.baseline, own.baseline),
        (&mut raw.minimum_points, own.minimum_points),
        (&mut raw.minimum_denominator, own.minimum_denominator),
    ] {
        if let Some(change) = change {
            *number = Some(Spanned::new(place.clone(), change));
        }
    }
}

fn decimal(text: &str) -> Option<Value> {
    let digits = text.split_once('.').map_or(0, |(_, digits)| digits.len());
    let scale = u8::try_from(digits).ok().filter(|scale| *scale <= Type::MAX_SCALE)?;
    Some(Value::Number { units: parse_decimal(text, scale)?, scale })
}
