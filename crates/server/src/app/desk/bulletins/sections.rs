//! The sections and annexes of a bulletin.

use std::collections::{BTreeMap, BTreeSet};

use yizheng_casework::alerts::{About, AlertFilter};
use yizheng_casework::reporting::Standing;
use yizheng_casework::submissions::{Status, SubmissionFilter};
use yizheng_lake::exact::Exact;
use yizheng_lake::values::{By, Change, Figure};
use yizheng_pack::indicator::Direction;
use yizheng_pack::period::{Grain, Period};

use super::super::overview::{in_period, rate};
use super::content::{Maker, NONE, QUALITY, Value, line, linked, table, text};
use crate::api::desk::Answer;
use crate::api::dto::{BulletinAnnex, BulletinLine, BulletinParagraph, BulletinSection, BulletinTable, BulletinText};
use crate::api::error::ApiError;
use crate::app::register;

/// Paragraphs of 总体情况, sections, annexes.
type Parts = (Vec<Vec<BulletinText>>, Vec<BulletinSection>, Vec<BulletinAnnex>);

fn paragraph(lead: &str, texts: Vec<BulletinText>) -> BulletinParagraph {
    BulletinParagraph { lead: lead.to_owned(), texts }
}

fn section(heading: &str, paragraphs: Vec<BulletinParagraph>, table: Option<BulletinTable>) -> BulletinSection {
    BulletinSection { heading: heading.to_owned(), paragraphs, table: table.filter(|table| !table.rows.is_empty()) }
}

/// An annex of one table.
fn annex(mut table: BulletinTable) -> BulletinAnnex {
    BulletinAnnex { name: table.name.clone(), note: std::mem::take(&mut table.note), tables: vec![table] }
}

/// A share in per cent with one digit.
fn share(part: u64, whole: u64) -> String {
    rate(part, whole).map_or_else(|| NONE.to_owned(), |rate| format!("{rate:.1}"))
}

/// How the months of one dataset stand.
#[derive(Default)]
struct Counts {
    due: u64,
    timely: u64,
    late: u64,
    returned: u64,
    missing: u64,
}

/// Something that somebody must answer for.
struct Duty {
    code: String,
    name: String,
    what: String,
    content: String,
    until: String,
    link: String,
    key: String,
}

impl Maker<'_> {
    /// Everything that is computed.
    pub fn write(&mut self) -> Answer<Parts> {
        let core: Vec<String> = self.kind.indicators.iter().map(|id| id.to_string()).collect();
        let core: Vec<&str> = core.iter().map(String::as_str).collect();
        let region = self.ask(&core, By::Region, self.period)?;
        let institutions = self.ask(&core, By::Institution, self.period)?;
        let quality = self.ask(&QUALITY, By::Region, self.period)?;
        let by_institution = self.ask(&QUALITY, By::Institution, self.period)?;

        let returned = self.returned()?;
        let (datasets, worst) = self.datasets();
        let duties = self.duties()?;
        let overall = vec![self.overall_quality(&quality), self.overall_core(&region, &core)];
        let of_quality = self.quality_section(&quality, &by_institution, worst, &returned);
        let of_core = self.core_section(&region, &core);
        let (improved, better) = self.improved(&institutions, &by_institution)?;
        let who = self.duty_section(&duties);
        let annexes = vec![
            annex(self.quality_annex(&by_institution, &returned)),
            annex(datasets),
            self.core_annex(&institutions, &core),
            annex(better),
            annex(duty_annex(duties)),
            annex(self.sources(&core)),
        ];
        Ok((overall, vec![of_quality, of_core, improved, who], annexes))
    }

    fn overall_quality(&mut self, quality: &[Figure]) -> Vec<BulletinText> {
        let mut words = vec![text(format!(
            "截至{}，{}应报送且期限已过的数据中，",
            self.day().format("%Y年%-m月%-d日"),
            self.period.in_chinese()
        ))];
        for (at, figure) in quality.iter().enumerate() {
            let value = self.value(figure);
            if at > 0 {
                words.push(text("；"));
            }
            words.push(text(value.shown.name.clone()));
            words.push(self.of_figure(value.with_unit(), &value));
            if let (Some(part), Some(all)) = (figure.numerator, figure.denominator) {
                let unit = if at == 2 { "行" } else { "份" };
                words.push(text(format!("（{}/{}{unit}）", thousands(part), thousands(all))));
            }
        }
        words.push(text("。"));
        words
    }

    fn overall_core(&mut self, region: &[Figure], core: &[&str]) -> Vec<BulletinText> {
        let mut counts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for figure in region {
            let value = self.value(figure);
            counts.entry(value.standing()).or_default().push(value.shown.name.clone());
        }
        let measured = |name: &str| counts.get(name).map_or(0, Vec::len);
        let without = core.len() - region.len() + measured(super::content::NOT_MEASURED);
        let mut words = format!(
            "本期通报核心指标{}项，有目标值的{}项，其中达标{}项、未达标{}项；无目标值、仅作比较的{}项",
            core.len(),
            measured("达标") + measured("未达标"),
            measured("达标"),
            measured("未达标"),
            measured("无目标值")
        );
        if without > 0 {
            words += &format!("；因数据不足未测算{without}项");
        }
        words += "。";
        if let Some(missed) = counts.get("未达标") {
            words += &format!("未达标的是：{}。", missed.join("、"));
        }
        vec![text(words)]
    }

    /// How often files were returned, by institution.
    fn returned(&self) -> Answer<BTreeMap<String, u64>> {
        let filter = SubmissionFilter {
            from: Some(self.period.first()),
            to: Some(self.period.last()),
            status: Some(Status::Returned),
            ..SubmissionFilter::default()
        };
        let returned = self.region.wait(self.region.store.submissions(&filter, self.scope)).map_err(ApiError::internal)?;
        let mut counts = BTreeMap::new();
        for submission in returned.into_iter().filter(|submission| submission.decided_at <= self.moment) {
            *counts.entry(submission.target.institution).or_default() += 1;
        }
        Ok(counts)
    }

    /// Each dataset's months that were due, and the words about the worst.
    fn datasets(&self) -> (BulletinTable, String) {
        let mut table = table(
            "各数据集报送情况",
            &["数据集", "应报", "按期", "迟报", "退回未重报", "未报", "完整率（%）", "及时率（%）", "未按要求报送的机构"],
            "单位为“份”，即一家机构一个月的一个数据集；只计期限已过的。被退回而没有重报的算没有报。按完整率由低到高排列。",
        );
        let mut rows: Vec<(f64, f64, String, u64, BulletinLine)> = Vec::new();
        for dataset in self.region.pack.datasets.values().filter(|dataset| dataset.meta.status.runs()) {
            let mut counts = Counts::default();
            let mut owing = Vec::new();
            for of in in_period(self.measured, self.scope, dataset, self.period) {
                if !of.due || of.deadline >= self.day() {
                    continue;
                }
                counts.due += 1;
                let (count, word) = match of.standing {
                    Standing::Reported => (&mut counts.timely, None),
                    Standing::Late => (&mut counts.late, Some("迟报")),
                    Standing::Returned => (&mut counts.returned, Some("退回")),
                    Standing::Missing | Standing::NotDue => (&mut counts.missing, Some("未报")),
                };
                *count += 1;
                if let Some(word) = word {
                    let month = if self.period.grain() == Some(Grain::Month) {
                        String::new()
                    } else {
                        format!("{}月", of.month.month())
                    };
                    owing.push(format!("{}（{month}{word}）", self.institution(&of.institution)));
                }
            }
            if counts.due == 0 {
                continue;
            }
            let reported = counts.timely + counts.late;
            let numbers = [counts.due, counts.timely, counts.late, counts.returned, counts.missing];
            let mut cells =
                vec![linked(dataset.meta.name.clone(), format!("/submissions?tab=reporting&period={}", self.last_month()))];
            cells.extend(numbers.iter().map(|number| text(number.to_string())));
            cells.extend([text(share(reported, counts.due)), text(share(counts.timely, counts.due))]);
            cells.push(text(if owing.is_empty() { NONE.to_owned() } else { owing.join("、") }));
            let complete = rate(reported, counts.due).unwrap_or(0.0);
            let timely = rate(counts.timely, counts.due).unwrap_or(0.0);
            let words = format!("《{}》（{}%）", dataset.meta.name, share(reported, counts.due));
            rows.push((complete, timely, words, counts.due - reported, line(dataset.meta.id.to_string(), cells)));
        }
        rows.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.4.key.cmp(&b.4.key)));
        let worst: Vec<&str> = rows.iter().filter(|row| row.3 > 0).take(3).map(|row| row.2.as_str()).collect();
        let words = match worst.as_slice() {
            [] => "各数据集均已报齐。".to_owned(),
            worst => format!(
                "共有{}个数据集应报，{}个未报齐，完整率最低的是{}。",
                rows.len(),
                rows.iter().filter(|row| row.3 > 0).count(),
                worst.join("、")
            ),
        };
        table.rows = rows.into_iter().map(|row| row.4).collect();
        (table, words)
    }

    fn institution(&self, code: &str) -> String {
        register::reference(&self.region.pack, &self.measured.names, code, self.period.start()).name
    }

    fn last_month(&self) -> Period {
        Period::containing(self.period.last(), Grain::Month)
    }

    fn quality_section(
        &mut self,
        quality: &[Figure],
        by_institution: &[Figure],
        worst: String,
        returned: &BTreeMap<String, u64>,
    ) -> BulletinSection {
        let mut of_region = self.value_table("数据报送质量", quality);
        of_region.note = String::new();
        let full = Exact::decimal(100, 0);
        let mut behind: Vec<BulletinText> = Vec::new();
        let mut wrong: Vec<(f64, BulletinText)> = Vec::new();
        for figure in by_institution {
            let value = self.value(figure);
            let words = format!("{}（{}）", value.unit().name, value.with_unit());
            match &*figure.indicator {
                "RPX-COMPLETE" if figure.value.is_some() && figure.value < full => behind.push(self.of_figure(words, &value)),
                "RPX-ERRORS" if figure.value.is_some_and(|value| value.signum() > 0) => {
                    let rate = figure.value.map_or(0.0, Exact::to_f64);
                    wrong.push((rate, self.of_figure(words, &value)));
                }
                _ => {}
            }
        }
        wrong.sort_by(|a, b| b.0.total_cmp(&a.0));
        let complete = match behind.len() {
            0 => vec![text("各机构均已报齐。")],
            count => {
                let mut words = vec![text(format!("没有报齐的机构{count}家："))];
                join(&mut words, behind);
                words.push(text("。"));
                words
            }
        };
        let errors = match wrong.len() {
            0 => vec![text("各机构报送的数据均未发现错误。")],
            count => {
                let mut words = vec![text(format!("有{count}家机构的数据存在错误，有错误的行暂不计入指标，错误率较高的是"))];
                join(&mut words, wrong.into_iter().take(3).map(|(_, words)| words).collect());
                words.push(text("。"));
                words
            }
        };
        let times: u64 = returned.values().sum();
        let mut most: Vec<(&String, &u64)> = returned.iter().collect();
        most.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let most: Vec<String> = most.iter().take(3).map(|(code, times)| format!("{}（{times}次）", self.institution(code))).collect();
        let back = match most.as_slice() {
            [] => "本期没有退回的报送。".to_owned(),
            most => format!("本期共退回{times}次，涉及{}家机构，较多的是{}。", returned.len(), most.join("、")),
        };
        let paragraphs = vec![
            paragraph("（一）完整率。", complete),
            paragraph("（二）错误率。", errors),
            paragraph("（三）数据集。", vec![text(worst)]),
            paragraph("（四）退回。", vec![text(back), text("各机构和各数据集的情况见附件1、附件2。")]),
        ];
        section("一、数据报送质量", paragraphs, Some(of_region))
    }

    /// Values of the region with what they are compared with.
    fn value_table(&mut self, name: &str, figures: &[Figure]) -> BulletinTable {
        let mut table =
            table(name, &["指标", "单位", "本期", "目标", "达标情况", "环比", "同比", "备注"], "环比与上一期相比，同比与上年同期相比。");
        for figure in figures {
            let value = self.value(figure);
            let cells = vec![
                text(value.shown.name.clone()),
                text(value.shown.unit.clone()),
                self.printed(&value),
                text(target(&value)),
                text(value.standing()),
                text(change(value.shown.previous.as_ref())),
                text(change(value.shown.year_ago.as_ref())),
                text(self.remark(&value)),
            ];
            table.rows.push(line(figure.indicator.to_string(), cells));
        }
        table
    }

    /// The number alone, for a column with a unit.
    fn printed(&mut self, value: &Value<'_>) -> BulletinText {
        let words = if value.of.value.is_some() { value.shown.display.clone() } else { value.with_unit() };
        self.of_figure(words, value)
    }

    fn core_section(&mut self, region: &[Figure], core: &[&str]) -> BulletinSection {
        let mut table = self.value_table("核心指标", region);
        let running: BTreeSet<&str> = region.iter().map(|figure| &*figure.indicator).collect();
        for id in core.iter().filter(|id| !running.contains(**id)) {
            let mut cells = vec![text(self.name(id)), text(""), text(super::content::NOT_MEASURED)];
            cells.extend([NONE, super::content::NOT_MEASURED, NONE, NONE, "该指标没有启用"].map(text));
            table.rows.push(line(*id, cells));
        }
        let mut paragraphs = Vec::new();
        let provisional = region.iter().filter(|figure| figure.value.is_some() && figure.provisional).count();
        let mut words = format!("{}核心指标如下表，各机构的数值、目标和同级名次见附件3。", self.region.place.name);
        if provisional > 0 {
            words += &format!("其中{provisional}项因数据没有报齐为暂定值，报齐后可能变化。");
        }
        paragraphs.push(paragraph("", vec![text(words)]));
        section("二、核心指标", paragraphs, Some(table))
    }

    fn quality_annex(&mut self, figures: &[Figure], returned: &BTreeMap<String, u64>) -> BulletinTable {
        let mut by: BTreeMap<String, [Option<&Figure>; 3]> = BTreeMap::new();
        for figure in figures {
            let code = self.value(figure).unit().code;
            let at = QUALITY.iter().position(|id| *id == &*figure.indicator);
            if let Some(place) = at.and_then(|at| by.entry(code).or_default().get_mut(at)) {
                *place = Some(figure);
            }
        }
        for code in returned.keys() {
            by.entry(code.clone()).or_default();
        }
        let mut rows: Vec<(String, [Option<&Figure>; 3])> = by.into_iter().collect();
        let of = |figure: Option<&Figure>| figure.and_then(|figure| figure.value).map(Exact::to_f64);
        rows.sort_by(|(a_code, [a, b, c]), (b_code, [x, y, z])| {
            let best_first = |one: Option<f64>, other: Option<f64>| other.unwrap_or(-1.0).total_cmp(&one.unwrap_or(-1.0));
            best_first(of(*a), of(*x))
                .then(best_first(of(*b), of(*y)))
                .then(of(*c).unwrap_or(0.0).total_cmp(&of(*z).unwrap_or(0.0)))
                .then(a_code.cmp(b_code))
        });
        let mut table = table(
            "各机构数据报送质量",
            &["机构", "应报", "已报", "完整率（%）", "按期", "及时率（%）", "收到行数", "错误行数", "错误率（%）", "退回次数"],
            "应报、已报、按期的单位为“份”；只计期限已过的。按完整率、及时率由高到低，错误率由低到高排列。",
        );
        for (code, [complete, timely, errors]) in rows {
            let mut cells = vec![linked(self.institution(&code), format!("/institutions/{code}?period={}", self.last_month()))];
            let count = |part: Option<Exact>| text(part.map_or_else(|| NONE.to_owned(), thousands));
            let parts = |figure: Option<&Figure>| figure.map_or((None, None), |figure| (figure.numerator, figure.denominator));
            let (reported, due) = parts(complete);
            let (wrong, rows) = parts(errors);
            let mut rate = |figure: Option<&Figure>| match figure {
                Some(figure) => {
                    let value = self.value(figure);
                    self.printed(&value)
                }
                None => text(NONE),
            };
            cells.extend([count(due), count(reported), rate(complete), count(parts(timely).0), rate(timely)]);
            cells.extend([count(rows), count(wrong), rate(errors)]);
            cells.push(linked(returned.get(&code).copied().unwrap_or(0).to_string(), format!("/submissions?institution={code}")));
            table.rows.push(line(code, cells));
        }
        table
    }

    /// One table for each indicator.
    fn core_annex(&mut self, figures: &[Figure], core: &[&str]) -> BulletinAnnex {
        let mut annex = BulletinAnnex {
            name: "各机构核心指标和同级名次".to_owned(),
            tables: Vec::new(),
            note: format!(
                "名次在同级机构之间排列，越好越靠前；不分优劣的指标由高到低排列。分母不足{}的，数值起伏大，名次仅供参考。不承担该项报送任务的机构不列。",
                self.kind.minimum_denominator
            ),
        };
        let mut silent = Vec::new();
        for id in core {
            let values: Vec<Value<'_>> = figures.iter().filter(|figure| &*figure.indicator == *id).map(|figure| self.value(figure)).collect();
            let Some(first) = values.first() else {
                silent.push(self.name(id));
                continue;
            };
            let with_target = values.iter().any(|value| value.shown.target.is_some());
            let name = if first.shown.unit.is_empty() { first.shown.name.clone() } else { format!("{}（{}）", first.shown.name, first.shown.unit) };
            let mut columns = vec!["机构", "级别", "本期"];
            if with_target {
                columns.extend(["目标", "达标情况"]);
            }
            // All changes of one indicator are of one kind: points are named above the column.
            let points = values.iter().find_map(|value| points(value.shown.previous.as_ref()).or(points(value.shown.year_ago.as_ref())));
            columns.extend(match points {
                Some("个千分点") => ["同级名次", "环比（千分点）", "同比（千分点）", "备注"],
                Some(_) => ["同级名次", "环比（百分点）", "同比（百分点）", "备注"],
                None => ["同级名次", "环比", "同比", "备注"],
            });
            let without = |words: String| text(words.trim_end_matches(points.unwrap_or_default()).to_owned());
            let mut of = table(&name, &columns, "");
            for value in &values {
                let rank = value.shown.rank.as_ref();
                let who = value.unit();
                let mut cells = vec![
                    linked(who.name.clone(), format!("/institutions/{}?period={}", who.code, self.last_month())),
                    text(value.shown.institution.as_ref().and_then(|unit| unit.level.clone()).unwrap_or_else(|| NONE.to_owned())),
                    self.printed(value),
                ];
                if with_target {
                    cells.extend([text(target(value)), text(value.standing())]);
                }
                cells.extend([
                    text(rank.map_or_else(|| NONE.to_owned(), |rank| format!("{}/{}", rank.rank, rank.of))),
                    without(change(value.shown.previous.as_ref())),
                    without(change(value.shown.year_ago.as_ref())),
                    text(self.remark(value)),
                ]);
                of.rows.push(line(who.code, cells));
            }
            annex.tables.push(of);
        }
        if !silent.is_empty() {
            annex.note += &format!("只有区域数值、不按机构计算的指标：{}。", silent.join("、"));
        }
        annex
    }

    /// Who has become better: words, and the whole list.
    fn improved(&mut self, core: &[Figure], quality: &[Figure]) -> Answer<(BulletinSection, BulletinTable)> {
        let ids: BTreeSet<&str> = core.iter().map(|figure| &*figure.indicator).collect();
        let before = self.ask(&ids.into_iter().collect::<Vec<_>>(), By::Institution, self.period.previous())?;
        let mut table = table(
            "改进情况",
            &["指标", "机构", "上期", "本期", "变化"],
            format!(
                "与上一期相比向好的方向变化。核心指标只列两期分母都不少于{}、且上期数值在本期数值的95%区间之外的，即变化超出偶然波动的；有升降而不在表内的，不能据此判断变好或变差。",
                self.kind.minimum_denominator
            ),
        );
        let mut named: Vec<(String, Vec<BulletinText>)> = Vec::new();
        let mut found: Vec<(usize, f64, &Figure)> = Vec::new();
        for figure in quality.iter().chain(core) {
            let earlier = before.iter().find(|other| other.indicator == figure.indicator && other.unit == figure.unit);
            let of_reporting = QUALITY.contains(&&*figure.indicator);
            if let Some(by) = self.improvement(figure).filter(|_| of_reporting || self.is_certain(figure, earlier)) {
                let ids = QUALITY.iter().copied().chain(self.kind.indicators.iter().map(AsRef::as_ref));
                let place = ids.into_iter().position(|id| id == &*figure.indicator).unwrap_or(usize::MAX);
                found.push((place, by, figure));
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        for (_, _, figure) in found {
            let value = self.value(figure);
            let who = value.unit();
            let (was, by) = value.shown.previous.as_ref().map(|c| (c.display.clone(), c.change_display.clone())).unwrap_or_default();
            let words = format!("{}由{}变为{}（{by}）", who.name, value.in_unit(&was), value.with_unit());
            let words = self.of_figure(words, &value);
            match named.iter_mut().find(|(name, _)| *name == value.shown.name) {
                Some((_, others)) => others.push(words),
                None => named.push((value.shown.name.clone(), vec![words])),
            }
            let unit = if value.shown.unit.is_empty() { String::new() } else { format!("（{}）", value.shown.unit) };
            let cells =
                vec![text(format!("{}{unit}", value.shown.name)), text(who.name), text(was), self.printed(&value), text(by)];
            table.rows.push(line(format!("{} {}", figure.indicator, who.code), cells));
        }
        let mut paragraphs = Vec::new();
        if named.is_empty() {
            paragraphs.push(paragraph("", vec![text("与上一期相比，没有变化超出偶然波动的改进。")]));
        } else {
            let mut words = vec![text("与上一期相比改进最多的机构：")];
            for (at, (name, mut all)) in named.into_iter().enumerate() {
                let count = all.len();
                words.push(text(format!("{}{name}，", if at > 0 { "；" } else { "" })));
                words.push(all.swap_remove(0));
                if count > 1 {
                    words.push(text(format!("，共{count}家有改进")));
                }
            }
            words.push(text("。名单见附件4。"));
            paragraphs.push(paragraph("", words));
        }
        Ok((section("三、改进情况", paragraphs, None), table))
    }

    /// How far a value has moved to the better side since the period before, as a share of what it
    /// was; none when it has not.
    fn improvement(&self, figure: &Figure) -> Option<f64> {
        let direction = self.region.pack.indicators.get(&figure.indicator)?.direction;
        let by = match figure.previous.change? {
            Change::Points(by) | Change::Percent(by) => by.signum(),
        };
        let better = match direction {
            Direction::Up => by > 0,
            Direction::Down => by < 0,
            Direction::Range | Direction::Watch => false,
        };
        let (was, is) = (figure.previous.value?.to_f64(), figure.value?.to_f64());
        let scale = if was == 0.0 { 1.0 } else { was.abs() };
        better.then(|| (is - was).abs() / scale)
    }

    /// Whether a change is more than chance: enough cases in both periods, and the value before
    /// outside the interval of the value now. What has no interval cannot say so.
    fn is_certain(&self, figure: &Figure, before: Option<&Figure>) -> bool {
        let enough = |figure: &Figure| figure.denominator.is_some() && !self.is_small(figure);
        let Some(was) = figure.previous.value.map(Exact::to_f64) else { return false };
        let outside = figure.interval.is_some_and(|interval| was < interval.low || interval.high < was);
        outside && enough(figure) && before.is_some_and(enough)
    }

    /// Who must answer: alerts that wait for an answer at the moment, and reports that have not come.
    fn duties(&self) -> Answer<Vec<Duty>> {
        let mut duties = Vec::new();
        let whole_region = &self.region.place.name;
        for alert in self.region.wait(self.region.store.alerts(&AlertFilter::default(), self.scope)).map_err(ApiError::internal)? {
            let later = |at| at > self.moment;
            let ended = alert.ending.as_ref().is_some_and(|said| !later(said.at));
            let answered = alert.explanation.as_ref().is_some_and(|said| !later(said.at));
            if later(alert.opened_at) || ended || answered {
                continue;
            }
            let evidence =
                self.region.wait(self.region.store.alert_evidence(&alert.id, self.scope)).map_err(ApiError::internal)?;
            let held = evidence.iter().filter(|one| !later(one.found_at) && one.withdrawn.as_ref().is_none_or(|(at, _)| later(*at)));
            let held: Vec<_> = held.filter(|one| one.found.month <= self.period.last()).collect();
            let Some(newest) = held.iter().max_by_key(|one| one.found.month).filter(|one| one.found.month >= self.period.first())
            else {
                continue;
            };
            // What is owed of the period is said below, once.
            if matches!(alert.key.about, About::Dataset(_)) {
                continue;
            }
            let name = if alert.key.whole_region { whole_region.clone() } else { self.institution(&alert.key.unit) };
            duties.push(Duty {
                code: alert.key.unit.clone(),
                name,
                what: format!("预警{}", alert.id),
                content: newest.found.sentence.clone(),
                until: alert.due.format("%Y年%-m月%-d日").to_string(),
                link: format!("/alerts/{}", alert.id),
                key: alert.id.clone(),
            });
        }
        for dataset in self.region.pack.datasets.values().filter(|dataset| dataset.meta.status.runs()) {
            for of in in_period(self.measured, self.scope, dataset, self.period) {
                let word = match of.standing {
                    Standing::Returned => "报送被退回，尚未重报",
                    Standing::Missing => "未报送",
                    Standing::Reported | Standing::Late | Standing::NotDue => continue,
                };
                if !of.due || of.deadline >= self.day() {
                    continue;
                }
                let month = Period::containing(of.month, Grain::Month);
                duties.push(Duty {
                    code: of.institution.clone(),
                    name: self.institution(&of.institution),
                    what: "数据报送".to_owned(),
                    content: format!(
                        "{}《{}》{word}，报送期限为{}。",
                        month.in_chinese(),
                        dataset.meta.name,
                        of.deadline.format("%Y年%-m月%-d日")
                    ),
                    until: format!("成文之日起{}日内", self.kind.answer_within),
                    link: format!("/submissions?tab=reporting&period={month}"),
                    key: format!("{} {} {month}", of.institution, dataset.meta.id),
                });
            }
        }
        duties.sort_by(|a, b| a.code.cmp(&b.code).then(b.what.cmp(&a.what)).then(a.key.cmp(&b.key)));
        Ok(duties)
    }

    fn duty_section(&self, duties: &[Duty]) -> BulletinSection {
        if duties.is_empty() {
            let words = vec![text("没有待说明的预警，期限已过的数据均已报送。")];
            return section("四、需要说明和整改的单位", vec![paragraph("", words)], None);
        }
        let alerts = duties.iter().filter(|duty| duty.link.starts_with("/alerts")).count();
        let mut names: Vec<(&str, &str, usize)> = Vec::new();
        for duty in duties {
            match names.last_mut().filter(|(code, ..)| *code == duty.code) {
                Some((_, _, count)) => *count += 1,
                None => names.push((&duty.code, &duty.name, 1)),
            }
        }
        let list: Vec<String> = names.iter().map(|(_, name, count)| format!("{name}（{count}项）")).collect();
        let words = format!(
            "下列{}个单位共{}项须书面说明原因、提出整改措施，其中预警{alerts}项、数据未报送或退回未重报{}项：{}。具体事项和时限见附件5。",
            names.len(),
            duties.len(),
            duties.len() - alerts,
            list.join("、")
        );
        section("四、需要说明和整改的单位", vec![paragraph("", vec![text(words)])], None)
    }

    /// By what every number can be looked up.
    fn sources(&self, core: &[&str]) -> BulletinTable {
        let mut table = table("数据来源和指标口径", &["指标编号", "指标", "分子", "分母", "定义文件"], String::new());
        for id in QUALITY.iter().chain(core) {
            let Some(indicator) = self.region.pack.indicators.get(*id) else { continue };
            let or_none = |words: &str| text(if words.is_empty() { NONE } else { words });
            let cells = vec![
                linked(*id, format!("/indicators/{id}?period={}", self.period)),
                text(indicator.meta.name.clone()),
                or_none(&indicator.words.numerator),
                or_none(&indicator.words.denominator),
                text(indicator.meta.file.clone()),
            ];
            table.rows.push(line(*id, cells));
        }
        table
    }
}

fn duty_annex(duties: Vec<Duty>) -> BulletinTable {
    let mut table = table("须说明和整改的单位、事项和时限", &["序号", "单位", "事项", "内容", "时限"], String::new());
    for (number, duty) in (1..).zip(duties) {
        let cells =
            vec![text(number.to_string()), text(duty.name), linked(duty.what, duty.link), text(duty.content), text(duty.until)];
        table.rows.push(line(duty.key, cells));
    }
    table
}

fn thousands(part: Exact) -> String {
    super::super::figures::thousands(&part.to_string())
}

fn target(value: &Value<'_>) -> String {
    value.shown.target.as_ref().map_or_else(|| NONE.to_owned(), |target| target.display.clone())
}

fn change(of: Option<&crate::api::dto::Comparison>) -> String {
    of.map_or_else(|| NONE.to_owned(), |of| of.change_display.clone())
}

/// What a change is counted in, when in points.
fn points(of: Option<&crate::api::dto::Comparison>) -> Option<&'static str> {
    ["个百分点", "个千分点"].into_iter().find(|points| of.is_some_and(|of| of.change_display.ends_with(points)))
}

/// Puts a list into a sentence.
fn join(into: &mut Vec<BulletinText>, list: Vec<BulletinText>) {
    for (at, one) in list.into_iter().enumerate() {
        if at > 0 {
            into.push(text("、"));
        }
        into.push(one);
    }
}
