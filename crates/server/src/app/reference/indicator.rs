//! How an indicator reads. The only place that takes a formula and its sums apart for the reader.

use std::sync::Arc;

use yizheng_lake::exact::Exact;
use yizheng_pack::Pack;
use yizheng_pack::dataset::{Check, Dataset, Over};
use yizheng_pack::expr::Expr;
use yizheng_pack::indicator::{Formula, Indicator, Part, Share, Summand, Target};

use super::Reference;
use super::page::{Text, code, day, fact, facts, head, joined, link, plain, refer, section, table_section};
use crate::api::dto::{self, Clause, DefinitionFact, DefinitionKind, DefinitionRef, DefinitionSection, ReadingLine};
use crate::api::labels::Label;
use crate::app::desk::{definitions, thousands};
use crate::app::register;

/// What a part sums or lists, taken apart.
pub struct Sum<'a> {
    /// Conditions on the counted rows, all of which must hold.
    pub conditions: &'a [Expr],
    /// What is added or listed; rows are counted when `None`.
    pub value: Option<&'a Expr>,
    /// What is done with the value.
    with: With,
    /// The rows are all those received, held apart ones included, that violate none of these checks.
    pub without: &'a [Arc<str>],
    received: bool,
}

/// What is done with a row's value.
enum With {
    Added,
    SquaredAndAdded,
    Listed,
}

/// Takes a part apart.
pub fn taken_apart(part: &Part) -> Sum<'_> {
    match &part.of {
        Summand::Rows { conditions, sum, squared } => {
            let with = if *squared { With::SquaredAndAdded } else { With::Added };
            Sum { conditions, value: sum.as_ref(), with, without: &[], received: false }
        }
        Summand::Values { conditions, value } => {
            Sum { conditions, value: Some(value), with: With::Listed, without: &[], received: false }
        }
        Summand::Quality { without } => Sum { conditions: &[], value: None, with: With::Added, without, received: true },
    }
}

impl Sum<'_> {
    /// As the expression that is evaluated, the conditions left out that are said elsewhere.
    fn expression(&self, dataset: &Dataset, said: &[&Expr]) -> String {
        if self.received {
            return match self.without {
                [] => "count(收到的全部行)".to_owned(),
                without => format!("count(收到的行中未违反 {} 的)", without.join("、")),
            };
        }
        let what = match (self.value.map(|value| value.canonical(dataset).to_string()), &self.with) {
            (Some(value), With::Added) => format!("sum({value})"),
            (Some(value), With::SquaredAndAdded) => format!("sum(({value}) * ({value}))"),
            (Some(value), With::Listed) => format!("values({value})"),
            (None, _) => "count(*)".to_owned(),
        };
        match all(self.conditions.iter().filter(|condition| !said.contains(condition)), dataset) {
            rest if rest.is_empty() => what,
            rest => format!("{what} where {rest}"),
        }
    }
}

fn all<'a>(conditions: impl Iterator<Item = &'a Expr>, dataset: &Dataset) -> String {
    conditions.map(|condition| condition.canonical(dataset).to_string()).collect::<Vec<_>>().join(" and ")
}

/// A formula for the reader.
struct Wording<'a> {
    /// Kind in one word.
    kind: &'static str,
    /// How the value comes about from numerator and denominator.
    how: String,
    /// Where it is read from rows: the numerator's part, and the denominator's where there is one.
    parts: Option<(&'a Part, Option<&'a Part>)>,
    /// Else numerator and denominator as expressions.
    expressions: [String; 2],
    /// Definitions that the formula names itself.
    names: Vec<DefinitionRef>,
}

fn wording<'a>(pack: &Pack, formula: &'a Formula) -> Wording<'a> {
    let applies = |classes: &[String], levels: &[String]| applies_to(pack, classes, levels);
    let times = |factor: i64| if factor == 1 { String::new() } else { format!(" × {factor}") };
    let of_rows = |kind, how: String, numerator, denominator| Wording {
        kind,
        how,
        parts: Some((numerator, denominator)),
        expressions: Default::default(),
        names: Vec::new(),
    };
    let of_values = |kind, how: String, expressions| Wording {
        kind,
        how,
        parts: None,
        expressions,
        names: formula.read_from().into_iter().map(|of| refer(DefinitionKind::Indicator, of)).collect(),
    };
    match formula {
        Formula::Proportion { numerator, denominator, factor } => {
            of_rows("构成比", format!("分子 ÷ 分母{}，分子在分母之中", times(*factor)), numerator, Some(denominator))
        }
        Formula::Ratio { numerator, denominator, factor } => {
            of_rows("比值", format!("分子 ÷ 分母{}", times(*factor)), numerator, Some(denominator))
        }
        Formula::Mean { sum, count, .. } => of_rows("均值", "分子 ÷ 分母".to_owned(), sum, Some(count)),
        Formula::Total(part) if matches!(part.of, Summand::Values { .. }) => {
            of_rows("去重计数", "不同的值有多少个；合并机构和月份时重新去重，不相加".to_owned(), part, None)
        }
        Formula::Total(part) => of_rows("合计", "就是分子".to_owned(), part, None),
        Formula::Quantile { values, percent: 50 } => {
            of_rows("中位数", "各行的值由小到大排列，取居中的值".to_owned(), values, None)
        }
        Formula::Quantile { values, percent } => {
            of_rows("分位数", format!("各行的值由小到大排列，取第 {percent} 百分位的值"), values, None)
        }
        Formula::Share { part, classes, levels, factor } => {
            let of = match applies(classes, levels) {
                of if of.is_empty() => "本机构（范围）的合计 ÷ 全区域的合计".to_owned(),
                of => format!("{}的合计 ÷ 全部机构的合计", of.join("、")),
            };
            of_rows("份额", format!("{of}{}", times(*factor)), part, None)
        }
        Formula::Growth { of } => of_values(
            "同比增长",
            "分子 ÷ 分母 × 100".to_owned(),
            [format!("本期 {of} − 上年同期 {of}"), format!("上年同期 {of}")],
        ),
        Formula::Quotient { of, by, factor } => of_values(
            "指标之比",
            format!("分子 ÷ 分母{}", times(*factor)),
            [format!("{of} 的数值"), format!("{by} 的数值")],
        ),
        Formula::Composite { terms } => {
            let terms: Vec<String> = terms.iter().map(|term| format!("{} × {}", term.weight, term.of)).collect();
            let how = "各指标的数值乘以权重后相加；有一个没有值就没有值".to_owned();
            of_values("综合指数", how, [terms.join(" ＋ "), String::new()])
        }
        Formula::Reporting { share, datasets, factor } => {
            let (numerator, denominator) = match share {
                Share::Complete => ("已报的机构月数", "应报且期限已过的机构月数"),
                Share::Timely => ("按时报送的机构月数", "应报且期限已过的机构月数"),
                Share::Errors => ("因错误暂不计入的行数", "收到的行数"),
            };
            let names: Vec<String> = datasets.iter().map(|id| dataset_name(pack, id)).collect();
            let of = if names.is_empty() { "全部启用的数据集".to_owned() } else { names.join("、") };
            Wording {
                kind: "报送情况",
                how: format!("分子 ÷ 分母{}", times(*factor)),
                parts: None,
                expressions: [format!("{numerator}（{of}）"), format!("{denominator}（{of}）")],
                names: datasets.iter().map(|id| refer(DefinitionKind::Dataset, id)).collect(),
            }
        }
    }
}

/// The definitions that the formula names, beside those of its parts.
pub fn named_in_formula(pack: &Pack, indicator: &Indicator) -> Vec<DefinitionRef> {
    wording(pack, &indicator.formula).names
}

fn dataset_name(pack: &Pack, id: &str) -> String {
    pack.datasets.get(id).map_or_else(|| id.to_owned(), |dataset| dataset.meta.name.clone())
}

/// What it is computed from, each once, the numerator's dataset first.
fn sources(pack: &Pack, indicator: &Indicator) -> Vec<DefinitionRef> {
    let of = pack.datasets_of(indicator);
    let datasets = indicator.dataset.iter().chain(&of);
    let mut sources: Vec<DefinitionRef> = Vec::new();
    for source in datasets.map(|id| refer(DefinitionKind::Dataset, id)).chain(named_in_formula(pack, indicator)) {
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources
}

/// The names of the datasets that it is computed from.
pub fn datasets_in_words(pack: &Pack, indicator: &Indicator) -> String {
    let datasets = sources(pack, indicator).into_iter().filter(|source| source.kind == DefinitionKind::Dataset);
    let names: Vec<String> = datasets.map(|source| dataset_name(pack, &source.id)).collect();
    if names.is_empty() { "全部启用的数据集".to_owned() } else { names.join("、") }
}

/// Its clauses in Chinese and as expressions, population first.
pub fn reading(pack: &Pack, indicator: &Indicator) -> Vec<ReadingLine> {
    let line = |clause, text: &str, expression: String| ReadingLine { clause, text: text.to_owned(), expression };
    let words = &indicator.words;
    let wording = wording(pack, &indicator.formula);
    let [mut numerator, mut denominator] = wording.expressions;
    let mut lines = Vec::new();
    if let Some((above, below)) = wording.parts {
        let (sum, other) = (taken_apart(above), below.filter(|below| below.dataset == above.dataset).map(taken_apart));
        // What both sums ask of a row is the population; each then says only what it adds.
        let both = other.as_ref().map_or(&[][..], |other| other.conditions);
        let shared: Vec<&Expr> = sum.conditions.iter().filter(|condition| both.contains(condition)).collect();
        let expression = |part: &Part, said: &[&Expr]| {
            let dataset = pack.datasets.get(&part.dataset);
            let text = dataset.map(|dataset| taken_apart(part).expression(dataset, said)).unwrap_or_default();
            let of = if part.dataset == above.dataset { String::new() } else { format!("（{}）", dataset_name(pack, &part.dataset)) };
            format!("{text}{of}{}", months(part.over))
        };
        numerator = expression(above, &shared);
        denominator = below.map(|below| expression(below, &shared)).unwrap_or_default();
        let population = match pack.datasets.get(&above.dataset) {
            Some(dataset) => all(shared.iter().copied(), dataset),
            None => String::new(),
        };
        let name = dataset_name(pack, &above.dataset);
        let text = match below {
            None => None,
            Some(below) if below.dataset != above.dataset => {
                let other = dataset_name(pack, &below.dataset);
                Some(format!("分子取自“{name}”，分母取自“{other}”，按机构和月份对应；两者都已报的机构月才计入。"))
            }
            _ if sum.received => Some(format!("“{name}”收到的全部行，因错误暂不计入的也在内。")),
            _ if population.is_empty() => Some(format!("“{name}”计入的全部行。")),
            _ => Some(format!("“{name}”计入的行中，满足下列条件的。")),
        };
        lines.extend(text.map(|text| line(Clause::Population, &text, population)));
    }
    if !denominator.is_empty() {
        lines.push(line(Clause::Denominator, &words.denominator, denominator));
    }
    if !words.exclusion.is_empty() {
        lines.push(line(Clause::Exclusion, &words.exclusion, "已并入上述条件".to_owned()));
    }
    lines.push(line(Clause::Numerator, &words.numerator, numerator));
    lines
}

fn months(over: Over) -> &'static str {
    match over {
        Over::Sum => "",
        Over::Mean => "；多个月时取各机构已报各月的平均数再相加",
        Over::Last => "；多个月时取各机构最近一个已报月再相加",
    }
}

/// Its targets, all dates and classes.
pub fn targets(pack: &Pack, indicator: &Indicator) -> Vec<dto::Target> {
    let bound = |bound: &Option<_>| bound.as_ref().and_then(Exact::of);
    let one = |target: &Target| {
        let applies = (target.classes.as_slice(), target.levels.as_slice());
        let bounds = (bound(&target.low), bound(&target.high));
        target_of(pack, bounds, &indicator.unit, applies, (target.from, target.to), (&target.source, target.layer))
    };
    indicator.targets.iter().map(one).collect()
}

/// A target in words.
pub fn target_of(
    pack: &Pack,
    (low, high): (Option<Exact>, Option<Exact>),
    unit: &str,
    (classes, levels): (&[String], &[String]),
    (from, to): (chrono::NaiveDate, Option<chrono::NaiveDate>),
    (source, layer): (&str, usize),
) -> dto::Target {
    let print = |bound: Exact| thousands(&bound.to_string());
    let (operator, display) = match (low, high) {
        (Some(low), Some(high)) => (dto::TargetOperator::Between, format!("{}～{}", print(low), print(high))),
        (Some(low), None) => (dto::TargetOperator::AtLeast, format!("≥ {}", print(low))),
        (None, high) => (dto::TargetOperator::AtMost, format!("≤ {}", high.map(print).unwrap_or_default())),
    };
    let space = if unit == "%" || unit == "‰" { "" } else { " " };
    let names = applies_to(pack, classes, levels);
    dto::Target {
        operator,
        value: low.or(high).map(Exact::to_f64).unwrap_or_default(),
        high: low.and(high).map(Exact::to_f64),
        display: format!("{display}{space}{unit}"),
        applies_to: (!names.is_empty()).then(|| names.join("、")),
        from,
        to,
        source: source.to_owned(),
        layer: pack.layers.get(layer).map(|layer| layer.name.clone()).unwrap_or_default(),
    }
}

/// Classes and levels by the beginning of their codes, in words.
pub fn applies_to(pack: &Pack, classes: &[String], levels: &[String]) -> Vec<String> {
    let level = |code: &String| match code.as_str() {
        "1" => "一级".to_owned(),
        "2" => "二级".to_owned(),
        "3" => "三级".to_owned(),
        code => register::level(pack, code).name,
    };
    classes.iter().map(|code| register::class(pack, code).name).chain(levels.iter().map(level)).collect()
}

impl Reference<'_> {
    pub(super) fn indicator(&self, indicator: &Indicator) -> (Vec<DefinitionFact>, Vec<DefinitionSection>) {
        let meta = &indicator.meta;
        let to = refer(DefinitionKind::Indicator, &meta.id);
        let wording = wording(self.pack, &indicator.formula);
        let from = |source: DefinitionRef| {
            let name = self.name(&source);
            link(source, name)
        };
        let mut sources = joined(sources(self.pack, indicator).into_iter().map(from), "、");
        if sources.is_empty() {
            sources = plain("全部启用的数据集的报送情况");
        }
        let unit = if indicator.unit.is_empty() { "无" } else { &indicator.unit };
        let own = vec![
            fact("领域", plain(&*indicator.domain)),
            fact("类型", plain(format!("{}，单位：{unit}，保留 {} 位小数", wording.kind, indicator.digits))),
            fact("导向", plain(definitions::direction_word(indicator))),
            fact("数据来源", sources),
        ];
        let mut clauses = vec![fact("算法", plain(wording.how))];
        clauses.extend(reading(self.pack, indicator).into_iter().map(|line| DefinitionFact {
            name: line.clause.label().to_owned(),
            text: plain(line.text),
            formula: line.expression,
        }));
        let targets = targets(self.pack, indicator).into_iter().map(|target| {
            vec![
                plain(target.applies_to.unwrap_or_else(|| "全部机构".to_owned())),
                plain(target.display),
                day(target.from),
                target.to.map_or_else(|| plain("现行"), day),
                plain(target.source),
                plain(target.layer),
            ]
        });
        let mut sections = vec![section("口径", vec![facts(clauses)])];
        let columns = ["适用对象", "目标值", "起始", "截止", "出处", "定义包"];
        sections.push(table_section("目标值", &columns, targets.collect()).unwrap_or_else(|| {
            section("目标值", vec![super::page::text(plain("没有规定目标值，只作监测比较。"))])
        }));
        sections.extend(self.items_read(&to));
        sections.extend(self.links_read(&to));
        sections.extend(self.parameters_read(&to));
        sections.extend(self.guards(&to));
        sections.extend(self.used_by(&to));
        (head(meta, own), sections)
    }

    /// The checks on the values that an indicator reads, those that ended left out; and those that
    /// the rows of its numerator must not violate.
    fn guards(&self, to: &DefinitionRef) -> Vec<DefinitionSection> {
        let row = |check: &Check| -> Vec<Text> {
            vec![
                link(refer(DefinitionKind::Check, &check.meta.id), &*check.meta.id),
                plain(definitions::severity(check.severity).label()),
                plain(definitions::status(check.meta.status).label()),
                plain(&*check.meta.name),
            ]
        };
        [("分子不得违反的校验规则", self.checks_named(to)), ("把关的校验规则", self.checks_of_values(to))]
            .into_iter()
            .filter_map(|(title, checks)| {
                table_section(title, &["编号", "级别", "状态", "规则"], checks.into_iter().map(row).collect())
            })
            .collect()
    }

    /// Facts about the submission, as they are written in expressions.
    pub(super) fn fact_row(fact: yizheng_pack::expr::Fact) -> Vec<Text> {
        vec![plain("报送和机构登记簿"), code(fact.name()), plain(super::reads::fact_words(fact)), plain("")]
    }
}
