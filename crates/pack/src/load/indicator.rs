//! Indicators: from populations and sums as written to parts of the cube.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::diagnostic::Source;
use super::raw::{MonthsTaken, RawIndicator, RawNames, RawTarget, Text};
use super::raw_layer::RawIndicatorOverride;
use super::{Loader, Meta, Place, Status, define, not_blank, read};
use crate::dataset::{Dataset, FieldIx, Over};
use crate::expr::{self, Expr, Function, Mode, Node, Quantifier};
use crate::indicator::{Formula, Indicator, Named, NotComputed, Part, Summand, Target, Term, Words};
use crate::kind::Kind;
use crate::types::{Type, Value, parse_decimal};

const KINDS: [&str; 11] = [
    "proportion", "ratio", "mean", "total", "distinct", "quantile", "share", "growth", "quotient", "composite", "reporting",
];

/// What is added up over rows.
enum Measure {
    /// Rows where all of these hold.
    Count(Vec<Expr>),
    /// A number of each row, and how an institution's months of it make up a longer period.
    Sum(Expr, Over),
}

impl Loader {
    pub(super) fn indicators(&mut self, sources: &BTreeMap<String, Source>, named: &[Source]) {
        let ids: BTreeSet<&str> = sources
            .keys()
            .filter_map(|path| match Place::of(path) {
                Some(Place::Indicator(id)) => Some(id),
                _ => None,
            })
            .collect();
        for source in sources.values() {
            if let Some(Place::Indicator(id)) = Place::of(&source.path) {
                self.indicator(source, id, &ids);
            }
        }
        // What is read from values is read from such as are measured themselves.
        for source in sources.values() {
            let Some(Place::Indicator(id)) = Place::of(&source.path) else { continue };
            let Some(indicator) = self.pack.indicators.get(id) else { continue };
            for of in indicator.formula.read_from() {
                let message = match self.pack.indicators.get(of) {
                    Some(other) if !other.formula.read_from().is_empty() => "不能取自另一个由指标值算出的指标",
                    Some(other) if !other.meta.status.runs() && indicator.meta.status.runs() => "所取的指标没有启用",
                    _ => continue,
                };
                self.report.file(source, format!("{message}：{of}"));
            }
        }
        for source in named {
            self.named(source);
        }
    }

    /// National indicators that are not computed under their own ids.
    fn named(&mut self, source: &Source) {
        let Some(raw) = read::<RawNames>(source, &mut self.report) else { return };
        for one in raw.indicator {
            let id: Arc<str> = one.id.get_ref().as_str().into();
            let ended = self.pack.retired(Kind::Indicator, &id).is_some();
            if ended || self.pack.indicators.contains_key(&id) || self.pack.named.contains_key(&id) {
                self.report.at(source, &one.id.span(), format!("“{id}”已有定义"));
                continue;
            }
            let why = match (&one.same_as, &one.waits_for) {
                (Some(of), None) if self.pack.indicators.contains_key(of.get_ref().as_str()) => {
                    NotComputed::SameAs(of.get_ref().as_str().into())
                }
                (Some(of), None) => {
                    let known: Vec<String> = self.pack.indicators.keys().map(ToString::to_string).collect();
                    self.unknown(source, &of.span(), "指标", of.get_ref(), known.iter().map(String::as_str));
                    continue;
                }
                (None, Some(what)) if !what.get_ref().trim().is_empty() => NotComputed::WaitsFor(what.get_ref().clone()),
                _ => {
                    self.report.at(source, &one.id.span(), "same_as（同哪个指标）和 waits_for（在等什么）写且只写一项");
                    continue;
                }
            };
            let named = Named { id: Arc::clone(&id), name: one.name.into_inner(), domain: one.domain.into_inner(), why };
            self.pack.named.insert(id, named);
        }
    }

    fn indicator(&mut self, source: &Source, stem: &str, ids: &BTreeSet<&str>) {
        let Some((raw, mut meta)) = define::<RawIndicator>(source, stem, &mut self.report) else { return };
        let overrides = self.overrides::<RawIndicatorOverride>(source, &mut meta);
        if raw.kind.get_ref() == "reporting" {
            self.reporting(source, raw, meta, &overrides);
            return;
        }
        let Some(text) = self.needed(source, &raw, "dataset", raw.dataset.as_ref()) else { return };
        // A dataset that is wrong itself has its own diagnostics.
        let Some(dataset) = self.dataset_named(source, text) else { return };
        let before = self.report.diagnostics.len();
        self.about(source, &raw);
        let shown = raw.shown.iter().filter_map(|text| self.field_of(source, &dataset, text)).collect();
        let targets = self.targets(source, &raw, &overrides);
        let formula = self.formula(source, &raw, &dataset, ids, meta.status);
        if self.report.diagnostics.len() > before {
            return;
        }
        let Some(formula) = formula else { return };
        self.unit_of_value(source, &raw, &formula);
        if !matches!(formula, Formula::Total(_) | Formula::Quantile { .. } | Formula::Composite { .. }) {
            self.denominator_in_words(source, &raw);
        }
        self.define_indicator(raw, meta, Some(&dataset), formula, targets, shown);
    }

    /// An indicator of reporting: of no dataset's rows, so most keys have no meaning.
    fn reporting(
        &mut self,
        source: &Source,
        raw: RawIndicator,
        meta: Meta,
        overrides: &[(Source, RawIndicatorOverride)],
    ) {
        let before = self.report.diagnostics.len();
        self.about(source, &raw);
        self.only_keys(source, &raw, &["share", "datasets", "factor"]);
        for text in raw.dataset.iter().chain(&raw.shown) {
            self.report.at(source, &text.span(), "“reporting”指标不读数据行，不写 dataset、shown");
        }
        let mut datasets = Vec::new();
        for text in raw.datasets.iter().flat_map(|list| list.get_ref()) {
            datasets.extend(self.dataset_named(source, text).map(|dataset| Arc::clone(&dataset.meta.id)));
        }
        if let Some(list) = raw.datasets.as_ref().filter(|list| list.get_ref().is_empty()) {
            self.report.at(source, &list.span(), "datasets 至少要有一个数据集；不写则为全部启用的数据集");
        }
        if raw.share.is_none() {
            self.report.help(
                source,
                &raw.kind.span(),
                "“reporting”指标缺少“share”",
                "可以写：complete(完整率)、timely(及时率)、errors(错误率)",
            );
        }
        self.denominator_in_words(source, &raw);
        let targets = self.targets(source, &raw, overrides);
        let (factor, share) = (self.factor(source, &raw), raw.share.as_ref().map(|share| *share.get_ref()));
        if self.report.diagnostics.len() > before {
            return;
        }
        let (Some(factor), Some(share)) = (factor, share) else { return };
        self.define_indicator(raw, meta, None, Formula::Reporting { share, datasets, factor }, targets, Vec::new());
    }

    /// What every indicator says of itself.
    fn about(&mut self, source: &Source, raw: &RawIndicator) {
        not_blank(&raw.domain, "domain", source, &mut self.report);
        not_blank(&raw.words.numerator, "words.numerator", source, &mut self.report);
        if *raw.digits.get_ref() > 6 {
            self.report.at(source, &raw.digits.span(), "digits 最多 6 位");
        }
    }

    fn denominator_in_words(&mut self, source: &Source, raw: &RawIndicator) {
        if raw.words.denominator.trim().is_empty() {
            self.report.at(source, &raw.words.numerator.span(), "words 中缺少 denominator(分母的文字说明)");
        }
    }

    fn targets(
        &mut self,
        source: &Source,
        raw: &RawIndicator,
        overrides: &[(Source, RawIndicatorOverride)],
    ) -> Vec<Target> {
        let own = raw.target.iter().map(|target| (source, target));
        let over = overrides.iter().flat_map(|(over, own)| own.target.iter().map(move |target| (over, target)));
        own.chain(over).filter_map(|(source, target)| self.target(source, target.get_ref(), target.span())).collect()
    }

    /// The dataset that a text names.
    fn dataset_named(&mut self, source: &Source, text: &Text) -> Option<Arc<Dataset>> {
        let id = text.get_ref().as_str();
        if !self.dataset_ids.contains(id) {
            let known: Vec<String> = self.dataset_ids.iter().cloned().collect();
            self.unknown(source, &text.span(), "数据集", id, known.iter().map(String::as_str));
        }
        self.pack.datasets.get(id).map(Arc::clone)
    }

    fn define_indicator(
        &mut self,
        raw: RawIndicator,
        meta: Meta,
        dataset: Option<&Dataset>,
        formula: Formula,
        targets: Vec<Target>,
        shown: Vec<FieldIx>,
    ) {
        let indicator = Indicator {
            domain: raw.domain.into_inner(),
            dataset: dataset.map(|dataset| Arc::clone(&dataset.meta.id)),
            unit: raw.unit,
            digits: *raw.digits.get_ref(),
            direction: raw.direction,
            formula,
            words: Words {
                numerator: raw.words.numerator.into_inner(),
                denominator: raw.words.denominator,
                exclusion: raw.words.exclusion,
            },
            targets,
            shown,
            meta,
        };
        self.pack.indicators.insert(Arc::clone(&indicator.meta.id), Arc::new(indicator));
    }

    fn formula(
        &mut self,
        source: &Source,
        raw: &RawIndicator,
        dataset: &Dataset,
        ids: &BTreeSet<&str>,
        status: Status,
    ) -> Option<Formula> {
        let kind = raw.kind.get_ref().as_str();
        let joined = raw.denominator_dataset.is_some();
        let allowed: &[&str] = match (kind, &raw.quality) {
            ("proportion", Some(_)) => &["quality", "factor", "over"],
            ("proportion", None) => &["population", "exclusion", "denominator", "numerator", "factor", "over"],
            // Which side an exclusion is of would have to be guessed.
            ("ratio", _) if joined => &[
                "population",
                "denominator",
                "numerator",
                "denominator_dataset",
                "denominator_population",
                "factor",
                "over",
            ],
            ("ratio", _) => {
                &["population", "exclusion", "denominator", "numerator", "denominator_dataset", "factor", "over"]
            }
            ("mean", _) => &["population", "exclusion", "value", "over"],
            ("total", _) => &["population", "exclusion", "value", "numerator", "over"],
            ("distinct", _) => &["population", "exclusion", "value"],
            ("quantile", _) => &["population", "exclusion", "value", "percent"],
            ("share", _) => &["population", "exclusion", "value", "numerator", "over", "classes", "levels", "factor"],
            ("growth", _) => &["of"],
            ("quotient", _) => &["of", "by", "factor"],
            ("composite", _) => &["term"],
            _ => {
                self.unknown(source, &raw.kind.span(), "指标种类", kind, KINDS.into_iter());
                return None;
            }
        };
        self.only_keys(source, raw, allowed);
        let mut formula = self.formula_of(source, raw, dataset, ids, status)?;
        if raw.over.as_ref().is_some_and(|over| *over.get_ref() == MonthsTaken::Last) {
            for part in formula.parts_mut() {
                part.over = Over::Last;
            }
        }
        if let Formula::Mean { sum, .. } = &formula
            && sum.over == Over::Mean
        {
            let message = "均值的取值（value）是各月平均的存量：同一机构每月一行，几个月会重复计算".to_owned();
            self.report.help(source, &raw.kind.span(), message, "写 over = \"last\"(只取最近一个已报月)，或改用 ratio");
            return None;
        }
        Some(formula)
    }

    /// Says of each key that a kind has no use for.
    fn only_keys(&mut self, source: &Source, raw: &RawIndicator, allowed: &[&str]) {
        let kind = raw.kind.get_ref();
        let given = [
            ("population", raw.population.as_ref().map(Text::span)),
            ("exclusion", raw.exclusion.as_ref().map(Text::span)),
            ("value", raw.value.as_ref().map(Text::span)),
            ("numerator", raw.numerator.as_ref().map(Text::span)),
            ("denominator", raw.denominator.as_ref().map(Text::span)),
            ("denominator_dataset", raw.denominator_dataset.as_ref().map(Text::span)),
            ("denominator_population", raw.denominator_population.as_ref().map(Text::span)),
            ("factor", raw.factor.as_ref().map(toml::Spanned::span)),
            ("over", raw.over.as_ref().map(toml::Spanned::span)),
            ("percent", raw.percent.as_ref().map(toml::Spanned::span)),
            ("classes", raw.classes.as_ref().map(toml::Spanned::span)),
            ("levels", raw.levels.as_ref().map(toml::Spanned::span)),
            ("of", raw.of.as_ref().map(Text::span)),
            ("by", raw.by.as_ref().map(Text::span)),
            ("term", raw.term.first().map(|term| term.of.span())),
            ("quality", raw.quality.as_ref().map(|quality| quality.without.span())),
            ("share", raw.share.as_ref().map(toml::Spanned::span)),
            ("datasets", raw.datasets.as_ref().map(toml::Spanned::span)),
        ];
        for (key, span) in given {
            if let Some(span) = span.filter(|_| !allowed.contains(&key)) {
                let help = format!("可以写：{}", allowed.join("、"));
                self.report.help(source, &span, format!("“{kind}”指标不用“{key}”"), help);
            }
        }
    }

    fn formula_of(
        &mut self,
        source: &Source,
        raw: &RawIndicator,
        dataset: &Dataset,
        ids: &BTreeSet<&str>,
        status: Status,
    ) -> Option<Formula> {
        let population = self.population(source, raw, dataset);
        match raw.kind.get_ref().as_str() {
            "proportion" => match &raw.quality {
                Some(quality) => {
                    let factor = self.factor(source, raw)?;
                    let without = self.checks(source, dataset, &quality.without, status);
                    Some(Formula::Proportion {
                        numerator: quality_part(dataset, without),
                        denominator: quality_part(dataset, Vec::new()),
                        factor,
                    })
                }
                None => {
                    let numerator = self.needed(source, raw, "numerator", raw.numerator.as_ref())?;
                    let numerator = self.condition(source, dataset, numerator);
                    let denominator = match &raw.denominator {
                        Some(text) => self.condition(source, dataset, text)?,
                        None => Vec::new(),
                    };
                    let factor = self.factor(source, raw)?;
                    let (population, numerator) = (population?, numerator?);
                    let denominator = [population, denominator].concat();
                    Some(Formula::Proportion {
                        numerator: rows(dataset, [denominator.clone(), numerator].concat(), None, false),
                        denominator: rows(dataset, denominator, None, false),
                        factor,
                    })
                }
            },
            "ratio" => {
                let numerator = self.needed(source, raw, "numerator", raw.numerator.as_ref());
                let denominator = self.needed(source, raw, "denominator", raw.denominator.as_ref());
                let other = match &raw.denominator_dataset {
                    Some(text) => Some(self.dataset_named(source, text)?),
                    None => None,
                };
                let numerator = self.measure(source, dataset, numerator?);
                let denominator = self.measure(source, other.as_deref().unwrap_or(dataset), denominator?);
                let factor = self.factor(source, raw)?;
                if let Some(other) = other {
                    let below = match &raw.denominator_population {
                        Some(text) => self.condition(source, &other, text)?,
                        None => Vec::new(),
                    };
                    return Some(Formula::Ratio {
                        numerator: sum(dataset, population?, numerator?),
                        denominator: sum(&other, below, denominator?),
                        factor,
                    });
                }
                let (population, numerator, denominator) = (population?, numerator?, denominator?);
                // Both sums are over one population: the rows that know both numbers.
                let both = [population, known(&numerator), known(&denominator)].concat();
                Some(Formula::Ratio {
                    numerator: sum(dataset, both.clone(), numerator),
                    denominator: sum(dataset, both, denominator),
                    factor,
                })
            }
            "mean" => {
                let value = self.needed(source, raw, "value", raw.value.as_ref())?;
                let number = self.read_expr(source, dataset, Mode::Indicator, None, value, expr::number);
                let (population, number) = (population?, number?);
                let over = self.over_months(source, dataset, value, &number)?;
                let counted = [population.clone(), unknown_left_out(&number)].concat();
                Some(Formula::Mean {
                    sum: rows(dataset, population.clone(), Some((number.clone(), over)), false),
                    count: rows(dataset, counted, None, false),
                    squares: rows(dataset, population, Some((number, over)), true),
                })
            }
            "total" => Some(Formula::Total(self.total(source, raw, dataset, population)?)),
            "share" => {
                let (part, factor) = (self.total(source, raw, dataset, population)?, self.factor(source, raw)?);
                let list = |list: &Option<toml::Spanned<Vec<String>>>| list.as_ref().map(|list| list.get_ref().clone());
                let (classes, levels) = (list(&raw.classes).unwrap_or_default(), list(&raw.levels).unwrap_or_default());
                Some(Formula::Share { part, classes, levels, factor })
            }
            "distinct" | "quantile" => {
                let text = self.needed(source, raw, "value", raw.value.as_ref())?;
                let value = self.read_expr(source, dataset, Mode::Indicator, None, text, expr::expression)?;
                let quantile = raw.kind.get_ref() == "quantile";
                let fits = match value.ty {
                    Type::Number { .. } => true,
                    Type::Text | Type::Code(_) | Type::Date => !quantile,
                    Type::Bool | Type::DateTime | Type::TextSet => false,
                };
                if !fits {
                    let wanted = if quantile { "数字" } else { "文本、代码、日期或数字" };
                    self.report.at(source, &text.span(), format!("此处应为{wanted}，实际是{}", value.ty.in_chinese()));
                    return None;
                }
                if quantile && self.over_months(source, dataset, text, &value)? != Over::Sum {
                    self.report.at(source, &text.span(), "存量不能取中位数：同一机构每月一行，几个月会重复计算");
                    return None;
                }
                let part = values(dataset, population?, value);
                if !part.of.links().is_empty() {
                    self.report.at(source, &raw.kind.span(), "去重计数和分位数的人群中不能用 linked");
                    return None;
                }
                if !quantile {
                    return Some(Formula::Total(part));
                }
                let percent = raw.percent.as_ref().map_or(50, |percent| *percent.get_ref());
                if !(1..=99).contains(&percent) {
                    let span = raw.percent.as_ref().map_or(raw.kind.span(), toml::Spanned::span);
                    self.report.at(source, &span, "percent 应在 1 到 99 之间：50 是中位数");
                    return None;
                }
                Some(Formula::Quantile { values: part, percent })
            }
            "quotient" => {
                let of = self.needed(source, raw, "of", raw.of.as_ref());
                let by = self.needed(source, raw, "by", raw.by.as_ref());
                let (of, by) = (self.indicator_named(source, of?, ids), self.indicator_named(source, by?, ids));
                Some(Formula::Quotient { of: of?, by: by?, factor: self.factor(source, raw)? })
            }
            "composite" => {
                if raw.term.len() < 2 {
                    self.report.at(source, &raw.kind.span(), "composite 至少要有两个 [[term]]（of 指标、weight 权重）");
                    return None;
                }
                let terms = raw.term.iter().map(|term| {
                    let (of, weight) = (self.indicator_named(source, &term.of, ids), self.bound(source, &term.weight));
                    Some(Term { of: of?, weight: weight? })
                });
                Some(Formula::Composite { terms: terms.collect::<Vec<_>>().into_iter().collect::<Option<_>>()? })
            }
            _ => {
                let of = self.needed(source, raw, "of", raw.of.as_ref())?;
                Some(Formula::Growth { of: self.indicator_named(source, of, ids)? })
            }
        }
    }

    /// What a total adds up.
    fn total(
        &mut self,
        source: &Source,
        raw: &RawIndicator,
        dataset: &Dataset,
        population: Option<Vec<Expr>>,
    ) -> Option<Part> {
        let text = match (&raw.value, &raw.numerator) {
            (Some(_), Some(text)) => {
                self.report.at(source, &text.span(), "value 与 numerator 只写一个");
                return None;
            }
            (value, numerator) => {
                self.needed(source, raw, "value(求和)或 numerator(计数)", value.as_ref().or(numerator.as_ref()))?
            }
        };
        let measure = self.measure(source, dataset, text);
        Some(sum(dataset, population?, measure?))
    }

    /// The indicator that a text names.
    fn indicator_named(&mut self, source: &Source, text: &Text, ids: &BTreeSet<&str>) -> Option<Arc<str>> {
        if !ids.contains(text.get_ref().as_str()) {
            self.unknown(source, &text.span(), "指标", text.get_ref(), ids.iter().copied());
            return None;
        }
        Some(text.get_ref().as_str().into())
    }

    fn needed<'a>(
        &mut self,
        source: &Source,
        raw: &RawIndicator,
        key: &str,
        text: Option<&'a Text>,
    ) -> Option<&'a Text> {
        if text.is_none() {
            self.report.at(source, &raw.kind.span(), format!("“{}”指标缺少“{key}”", raw.kind.get_ref()));
        }
        text
    }

    /// `%` means a factor of 100, `‰` of 1000, any other unit 1 unless `factor` says otherwise.
    fn factor(&mut self, source: &Source, raw: &RawIndicator) -> Option<i64> {
        let by_unit = match raw.unit.as_str() {
            "%" => Some(100),
            "‰" => Some(1000),
            _ => None,
        };
        let Some(factor) = &raw.factor else { return Some(by_unit.unwrap_or(1)) };
        let given = *factor.get_ref();
        if given < 1 || by_unit.is_some_and(|by_unit| by_unit != given) {
            let message = format!("factor = {given} 与单位“{}”不符", raw.unit);
            self.report.at(source, &factor.span(), message);
            return None;
        }
        Some(given)
    }

    /// The population's conditions, the exclusion's included: a row leaves only where the exclusion
    /// is true, not where it is not known.
    fn population(&mut self, source: &Source, raw: &RawIndicator, dataset: &Dataset) -> Option<Vec<Expr>> {
        let mut conditions = match &raw.population {
            Some(text) => self.condition(source, dataset, text)?,
            None => Vec::new(),
        };
        if let Some(text) = &raw.exclusion {
            let excluded = self.read_expr(source, dataset, Mode::Indicator, None, text, expr::condition)?;
            let no = Expr { node: Node::Literal(Value::Bool(false)), ty: Type::Bool };
            let certain = Expr { node: Node::Call(Function::Coalesce, vec![excluded, no]), ty: Type::Bool };
            conditions.push(Expr { node: Node::Not(Box::new(certain)), ty: Type::Bool });
        }
        Some(conditions)
    }

    fn condition(&mut self, source: &Source, dataset: &Dataset, text: &Text) -> Option<Vec<Expr>> {
        self.read_expr(source, dataset, Mode::Indicator, None, text, expr::condition).map(conjuncts)
    }

    fn measure(&mut self, source: &Source, dataset: &Dataset, text: &Text) -> Option<Measure> {
        let expr = self.read_expr(source, dataset, Mode::Indicator, None, text, expr::expression)?;
        match (&expr.ty, &expr.node) {
            (Type::Bool, _) => Some(Measure::Count(conjuncts(expr))),
            (Type::Number { .. }, Node::Literal(Value::Number { units: 1, scale: 0 })) => {
                Some(Measure::Count(Vec::new()))
            }
            (Type::Number { .. }, _) => {
                let over = self.over_months(source, dataset, text, &expr)?;
                Some(Measure::Sum(expr, over))
            }
            (ty, _) => {
                let message = format!("此处应为数字或条件，实际是{}", ty.in_chinese());
                self.report.at(source, &text.span(), message);
                None
            }
        }
    }

    /// How the months of a number to add up make up a longer period: as all its fields do.
    fn over_months(&mut self, source: &Source, dataset: &Dataset, text: &Text, expr: &Expr) -> Option<Over> {
        let mut fields = Vec::new();
        added_fields(expr, &mut fields);
        let fields: Vec<_> = fields.into_iter().filter_map(|ix| dataset.fields.get(ix.0)).collect();
        let Some(first) = fields.first() else { return Some(Over::Sum) };
        if let Some(other) = fields.iter().find(|field| field.over != first.over) {
            let called = |over| match over {
                Over::Sum => "流量（各月相加）",
                Over::Mean => "存量（各月平均）",
                Over::Last => "存量（取最近一个月）",
            };
            let message =
                format!("“{}”是{}，“{}”是{}，不能合在一起求和", first.id, called(first.over), other.id, called(other.over));
            self.report.at(source, &text.span(), message);
            return None;
        }
        Some(first.over)
    }

    /// The checks of a quality indicator, each known and, for an indicator that runs, running.
    fn checks(
        &mut self,
        source: &Source,
        dataset: &Dataset,
        ids: &toml::Spanned<Vec<Text>>,
        status: Status,
    ) -> Vec<Arc<str>> {
        if ids.get_ref().is_empty() {
            self.report.at(source, &ids.span(), "without 至少要有一条规则");
        }
        let mut found = BTreeSet::new();
        for id in ids.get_ref() {
            match dataset.checks.iter().find(|check| &*check.meta.id == id.get_ref().as_str()) {
                Some(check) => {
                    if status.runs() && !check.meta.status.runs() {
                        self.report.at(source, &id.span(), format!("规则 {} 没有启用", id.get_ref()));
                    }
                    found.insert(Arc::clone(&check.meta.id));
                }
                // A check whose file is wrong has its own diagnostics.
                None if self.check_ids.contains(id.get_ref()) => {}
                None => {
                    let known = dataset.checks.iter().map(|check| &*check.meta.id);
                    self.unknown(source, &id.span(), "校验规则", id.get_ref(), known);
                }
            }
        }
        found.into_iter().collect()
    }

    fn target(&mut self, source: &Source, raw: &RawTarget, span: std::ops::Range<usize>) -> Option<Target> {
        not_blank(&raw.source, "source", source, &mut self.report);
        let from = self.date(source, &raw.from);
        let to = match &raw.to {
            Some(to) => Some(self.date(source, to)?),
            None => None,
        };
        let (low, high) = match (&raw.at_most, &raw.at_least, &raw.between) {
            (Some(high), None, None) => (None, Some(high)),
            (None, Some(low), None) => (Some(low), None),
            (None, None, Some(pair)) => match pair.get_ref().as_slice() {
                [low, high] => (Some(low), Some(high)),
                _ => {
                    self.report.at(source, &pair.span(), "between 要写两个数：下限和上限，如 [\"1\", \"2\"]");
                    return None;
                }
            },
            _ => {
                self.report.at(source, &span, "目标值要写 at_most、at_least、between 之一");
                return None;
            }
        };
        let from = from?;
        if to.is_some_and(|to| to < from) {
            self.report.at(source, &span, "目标值的 to 早于 from");
        }
        let low = match low {
            Some(text) => Some(self.bound(source, text)?),
            None => None,
        };
        let high = match high {
            Some(text) => Some(self.bound(source, text)?),
            None => None,
        };
        if let (Some(low), Some(high), Some(pair)) = (&low, &high, &raw.between)
            && !is_below(low, high)
        {
            self.report.at(source, &pair.span(), "between 的下限应小于上限");
        }
        Some(Target {
            from,
            to,
            classes: raw.classes.clone(),
            levels: raw.levels.clone(),
            low,
            high,
            source: raw.source.get_ref().clone(),
            layer: source.layer,
        })
    }

    /// A target's number, with the digits it is written with.
    fn bound(&mut self, source: &Source, text: &Text) -> Option<Value> {
        let digits = text.get_ref().split_once('.').map_or("", |(_, digits)| digits);
        let scale = u8::try_from(digits.len()).ok().filter(|scale| *scale <= Type::MAX_SCALE);
        let number = scale.and_then(|scale| Some(Value::Number { units: parse_decimal(text.get_ref(), scale)?, scale }));
        if number.is_none() {
            self.report.at(source, &text.span(), format!("“{}”不是数字", text.get_ref()));
        }
        number
    }
}

fn is_below(low: &Value, high: &Value) -> bool {
    let units = |value: &Value, scale: u8| match value {
        Value::Number { units, scale: own } => {
            i128::from(*units).checked_mul(10_i128.pow(u32::from(scale.saturating_sub(*own))))
        }
        _ => None,
    };
    units(low, Type::MAX_SCALE) < units(high, Type::MAX_SCALE)
}

/// The fields whose numbers an expression adds, subtracts or multiplies; those that its conditions
/// ask for are no part of the sum.
fn added_fields(expr: &Expr, into: &mut Vec<FieldIx>) {
    if expr.ty == Type::Bool {
        return;
    }
    match &expr.node {
        Node::Field(field) if matches!(expr.ty, Type::Number { .. }) => into.push(*field),
        Node::Arithmetic(_, left, right) => {
            added_fields(left, into);
            added_fields(right, into);
        }
        Node::Case(branches, otherwise) => {
            for value in branches.iter().map(|(_, value)| value).chain(otherwise.as_deref()) {
                added_fields(value, into);
            }
        }
        Node::Call(_, arguments) => arguments.iter().for_each(|argument| added_fields(argument, into)),
        Node::Over(_, _, inner) => added_fields(inner, into),
        _ => {}
    }
}

/// The conditions joined by the outermost `and`.
fn conjuncts(expr: Expr) -> Vec<Expr> {
    match expr.node {
        Node::And(list) => list,
        Node::Literal(Value::Bool(true)) => Vec::new(),
        _ => vec![expr],
    }
}

/// The condition that a row knows the number; none where it always does.
fn known(measure: &Measure) -> Vec<Expr> {
    match measure {
        Measure::Count(_) => Vec::new(),
        Measure::Sum(expr, _) => unknown_left_out(expr),
    }
}

fn unknown_left_out(expr: &Expr) -> Vec<Expr> {
    match expr.node {
        Node::Literal(_) | Node::Over(Quantifier::Count, ..) => Vec::new(),
        _ => {
            let unknown = Expr { node: Node::IsNull(Box::new(expr.clone())), ty: Type::Bool };
            vec![Expr { node: Node::Not(Box::new(unknown)), ty: Type::Bool }]
        }
    }
}

fn sum(dataset: &Dataset, population: Vec<Expr>, measure: Measure) -> Part {
    match measure {
        Measure::Count(conditions) => rows(dataset, [population, conditions].concat(), None, false),
        Measure::Sum(expr, over) => rows(dataset, population, Some((expr, over)), false),
    }
}

/// A part over rows. Its conditions stand in the order of their texts, each once, so that the same
/// sum always has the same key.
fn rows(dataset: &Dataset, conditions: Vec<Expr>, sum: Option<(Expr, Over)>, squared: bool) -> Part {
    let conditions: BTreeMap<String, Expr> =
        conditions.into_iter().map(|expr| (expr.canonical(dataset).to_string(), expr)).collect();
    let mut key = match &sum {
        None => format!("{}: count", dataset.meta.id),
        Some((expr, _)) if squared => format!("{}: sum of squares {}", dataset.meta.id, expr.canonical(dataset)),
        Some((expr, _)) => format!("{}: sum {}", dataset.meta.id, expr.canonical(dataset)),
    };
    for (n, condition) in conditions.keys().enumerate() {
        key.push_str(if n == 0 { " where " } else { " and " });
        key.push_str(condition);
    }
    let (sum, over) = sum.map_or((None, Over::Sum), |(expr, over)| (Some(expr), over));
    Part {
        key: key.into(),
        dataset: Arc::clone(&dataset.meta.id),
        over,
        of: Summand::Rows { conditions: conditions.into_values().collect(), sum, squared },
    }
}

/// A part that counts how often each value occurs.
fn values(dataset: &Dataset, conditions: Vec<Expr>, value: Expr) -> Part {
    let counted = rows(dataset, [conditions, unknown_left_out(&value)].concat(), None, false);
    let key = counted.key.replacen(": count", &format!(": values {}", value.canonical(dataset)), 1);
    let conditions = match counted.of {
        Summand::Rows { conditions, .. } | Summand::Values { conditions, .. } => conditions,
        Summand::Quality { .. } => Vec::new(),
    };
    Part { key: key.into(), of: Summand::Values { conditions, value }, ..counted }
}

fn quality_part(dataset: &Dataset, without: Vec<Arc<str>>) -> Part {
    let key = if without.is_empty() {
        format!("{}: received", dataset.meta.id)
    } else {
        format!("{}: received without {}", dataset.meta.id, without.join(" "))
    };
    Part { key: key.into(), dataset: Arc::clone(&dataset.meta.id), over: Over::Sum, of: Summand::Quality { without } }
}
