//! The test cases beside a definition, as examples: small tables in, the result out.

use std::collections::BTreeMap;

use yizheng_pack::alert::{AlertCase, AlertOutcome};
use yizheng_pack::codelist::Entry;
use yizheng_pack::dataset::{Check, CheckKind, Dataset};
use yizheng_pack::indicator::{Indicator, Reported};
use yizheng_pack::testcase::{Cases, CheckCase, IndicatorCase, Institution, Outcome, Table};

use super::Reference;
use super::page::{Text, code, day, fact, facts, plain, section, table, text};
use crate::api::dto::{DefinitionBlock, DefinitionFact, DefinitionSection};

impl Reference<'_> {
    /// Of an indicator.
    pub(super) fn indicator_examples(&self, indicator: &Indicator) -> Vec<DefinitionSection> {
        let mut all = Vec::new();
        for file in self.pack.tests.iter().filter(|file| file.id == indicator.meta.id) {
            let Cases::Indicator(cases) = &file.cases else { continue };
            let dataset = file.dataset.as_ref().and_then(|id| self.pack.table(id));
            all.extend(cases.iter().map(|case| self.indicator_example(indicator, dataset.map(AsRef::as_ref), case)));
        }
        all
    }

    fn indicator_example(&self, indicator: &Indicator, dataset: Option<&Dataset>, case: &IndicatorCase) -> DefinitionSection {
        let mut blocks = Vec::new();
        if let Some(dataset) = dataset {
            blocks.extend(rows_of(dataset, &case.rows, "数据行", &[]));
        }
        if let Some(rows) = &case.denominator_rows {
            let parts = indicator.parts();
            let below = parts.iter().find(|part| Some(&part.dataset) != indicator.dataset.as_ref());
            if let Some(dataset) = below.and_then(|part| self.pack.datasets.get(&part.dataset)) {
                blocks.extend(rows_of(dataset, rows, "分母的数据行", &[]));
            }
        }
        if !case.due.is_empty() {
            let standing = |standing| match standing {
                Reported::Timely => "按时报送",
                Reported::Late => "逾期报送",
                Reported::Missing => "逾期未报",
                Reported::Open => "期限未到",
            };
            let rows = case.due.iter().map(|due| {
                vec![
                    plain(due.dataset.clone().unwrap_or_default()),
                    plain(&*due.institution),
                    plain(due.month.to_string()),
                    plain(standing(due.standing)),
                    plain(due.rows.to_string()),
                    plain(due.held.to_string()),
                ]
            });
            let columns = ["数据集", "机构", "月份", "报送情况", "收到的行数", "暂不计入的行数"];
            blocks.push(table(&columns, rows.collect()));
        }
        let classes = case.institutions.iter().map(|(name, (class, level))| vec![plain(&**name), code(&**class), code(&**level)]);
        let classes: Vec<_> = classes.collect();
        if !classes.is_empty() {
            blocks.push(table(&["机构", "机构类别", "级别"], classes));
        }
        blocks.extend(codes(&case.codelists));
        let mut result: Vec<DefinitionFact> = Vec::new();
        result.extend(case.period.map(|period| fact("报告期", plain(period.in_chinese()))));
        result.extend(case.numerator.as_ref().map(|numerator| fact("分子", plain(&**numerator))));
        result.extend(case.denominator.as_ref().map(|denominator| fact("分母", plain(&**denominator))));
        let value = match case.value.as_str() {
            "null" => "没有值".to_owned(),
            value => format!("{value}{}", indicator.unit),
        };
        result.push(fact("结果", plain(value)));
        blocks.push(facts(result));
        section(&case.name, blocks)
    }

    /// Of a check.
    pub(super) fn check_examples(&self, dataset: &Dataset, check: &Check) -> Vec<DefinitionSection> {
        let of_check = |file: &&yizheng_pack::testcase::TestFile| {
            file.id == check.meta.id && file.dataset.as_ref() == Some(&dataset.meta.id)
        };
        let mut all = Vec::new();
        for file in self.pack.tests.iter().filter(of_check) {
            let Cases::Check(cases) = &file.cases else { continue };
            all.extend(cases.iter().map(|case| check_example(dataset, check, case)));
        }
        all
    }

    /// Of an alert rule.
    pub(super) fn alert_examples(&self, id: &str) -> Vec<DefinitionSection> {
        let cases = self.pack.alert_tests.iter().filter(|tests| &*tests.rule == id).flat_map(|tests| &tests.cases);
        cases.map(|case| self.alert_example(case)).collect()
    }

    fn alert_example(&self, case: &AlertCase) -> DefinitionSection {
        let expected = |outcome| match outcome {
            AlertOutcome::Alarm => "预警",
            AlertOutcome::Clear => "正常",
            AlertOutcome::NotJudged => "不判断",
        };
        let mut given: Vec<DefinitionFact> = Vec::new();
        if let Some(indicator) = &case.indicator {
            let name = self.pack.indicators.get(indicator).map(|indicator| indicator.meta.name.as_str()).unwrap_or_default();
            given.push(fact("指标", plain(format!("{indicator} {name}"))));
        }
        for (name, value) in [("机构类别", &case.class), ("机构级别", &case.level)] {
            if !value.is_empty() {
                given.push(fact(name, code(&**value)));
            }
        }
        given.extend(case.today.map(|today| fact("判断日", day(today))));
        let number = |value: &Option<yizheng_pack::types::Value>| plain(value.as_ref().map(ToString::to_string).unwrap_or_default());
        let of_values = case.indicator.is_some();
        let rows = case.points.iter().map(|point| -> Vec<Text> {
            let month = plain(yizheng_pack::period::Period::containing(point.month, yizheng_pack::period::Grain::Month).in_chinese());
            let outcome = plain(expected(point.expect));
            let yes = |yes: bool| plain(if yes { "是" } else { "否" });
            if of_values {
                vec![month, number(&point.value), number(&point.denominator), yes(point.provisional), outcome]
            } else {
                vec![month, point.deadline.map_or_else(|| plain(""), day), yes(point.accepted), outcome]
            }
        });
        let columns: &[&str] =
            if of_values { &["月份", "值", "分母", "暂定", "结果"] } else { &["月份", "报送期限", "已接收", "结果"] };
        let mut blocks = Vec::new();
        if !given.is_empty() {
            blocks.push(facts(given));
        }
        blocks.push(table(columns, rows.collect()));
        section(&case.name, blocks)
    }
}

fn check_example(dataset: &Dataset, check: &Check, case: &CheckCase) -> DefinitionSection {
    let mut given: Vec<DefinitionFact> = Vec::new();
    given.extend(case.institution.iter().flat_map(institution));
    given.extend(case.received_at.map(|at| fact("收到时间", plain(at.format("%Y年%-m月%-d日 %H:%M").to_string()))));
    given.extend(case.period.map(|period| fact("报告期", plain(period.in_chinese()))));
    if let Some(CheckKind::Against { indicator, .. }) = &check.kind {
        let known = case.known.as_ref().map_or_else(|| "没有值".to_owned(), ToString::to_string);
        given.push(fact(&format!("指标 {indicator} 的值"), plain(known)));
    }
    let mut blocks = Vec::new();
    if !given.is_empty() {
        blocks.push(facts(given));
    }
    blocks.extend(codes(&case.codelists));
    blocks.extend(rows_of(dataset, &case.earlier, "已接收的数据行", &[]));
    let results: Vec<String> = case
        .expect
        .iter()
        .map(|expect| match (expect.outcome, expect.at) {
            (Outcome::Violated, Some(cell)) => {
                format!("不通过，指向 {} {}", dataset.element(cell), dataset.cell_name(cell))
            }
            (Outcome::Violated, None) => "不通过".to_owned(),
            (Outcome::Passed, _) => "通过".to_owned(),
            (Outcome::NotApplicable, _) => "不适用".to_owned(),
            (Outcome::NotEvaluable, _) => "不能判断".to_owned(),
        })
        .collect();
    blocks.extend(rows_of(dataset, &case.rows, "报送的数据行", &results));
    section(&case.name, blocks)
}

/// The codes that a region's pack lays on in a case.
fn codes(lists: &BTreeMap<String, Vec<Entry>>) -> Option<DefinitionBlock> {
    let row = |list: &String, entry: &Entry| {
        let attributes: Vec<String> = entry.attributes.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        vec![code(&**list), code(&*entry.code), plain(&*entry.name), plain(attributes.join("，"))]
    };
    let rows: Vec<_> = lists.iter().flat_map(|(list, entries)| entries.iter().map(move |entry| row(list, entry))).collect();
    (!rows.is_empty()).then(|| table(&["地区补充的代码表", "代码", "名称", "属性"], rows))
}

fn institution(facts: &Institution) -> Vec<DefinitionFact> {
    let list = |name: &str, list: &Option<Vec<String>>| list.as_ref().map(|list| fact(name, plain(list.join("、"))));
    let one = |name: &str, one: &Option<String>| one.as_ref().map(|one| fact(name, plain(&**one)));
    [
        list("报送机构的代码", &facts.codes),
        list("报送机构的名称", &facts.names),
        one("报送机构的类别", &facts.class),
        one("报送机构的级别", &facts.level),
        list("报送机构的诊疗科目", &facts.subjects),
        facts.registered_beds.map(|beds| fact("报送机构的核定床位数", plain(beds.to_string()))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A table of raw cells with the names of its columns, and what came of each row where that is said.
fn rows_of(dataset: &Dataset, rows: &Table, what: &str, results: &[String]) -> Vec<DefinitionBlock> {
    if rows.header.is_empty() {
        return Vec::new();
    }
    let name = |element: &String| match dataset.cell(element) {
        Some(cell) => format!("{element} {}", dataset.cell_name(cell)),
        None => element.clone(),
    };
    let mut columns: Vec<String> = rows.header.iter().map(name).collect();
    if !results.is_empty() {
        columns.push("结果".to_owned());
    }
    let line = |(at, row): (usize, &Vec<String>)| -> Vec<Text> {
        row.iter().chain(results.get(at)).map(|value| plain(&**value)).collect()
    };
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let name: &str = &dataset.meta.name;
    vec![
        text(plain(format!("“{name}”{what}（空格表示没有填）："))),
        table(&columns, rows.rows.iter().enumerate().map(line).collect()),
    ]
}
