//! Indicators: from populations and sums as written to parts of the cube.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::diagnostic::Source;
use super::raw::{RawIndicator, RawTarget, Text};
use super::{Loader, Place, Status, define, not_blank};
use crate::dataset::Dataset;
use crate::expr::{self, Expr, Function, Mode, Node, Quantifier};
use crate::indicator::{Bound, Formula, Indicator, Part, Summand, Target, Words};
use crate::types::{Type, Value, parse_decimal};

const KINDS: [&str; 5] = ["proportion", "ratio", "mean", "total", "growth"];

/// What is added up over rows.
enum Measure {
    /// Rows where all of these hold.
    Count(Vec<Expr>),
    /// A number of each row.
    Sum(Expr),
}

impl Loader {
    pub(super) fn indicators(&mut self, sources: &BTreeMap<String, Source>) {
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
        // Growth is of a value that is measured itself.
        for source in sources.values() {
            let Some(Place::Indicator(id)) = Place::of(&source.path) else { continue };
            let Some(Formula::Growth { of }) = self.pack.indicators.get(id).map(|indicator| &indicator.formula) else {
                continue;
            };
            let message = match self.pack.indicators.get(of) {
                Some(other) if matches!(other.formula, Formula::Growth { .. }) => "增长率不能取自另一个增长率",
                Some(other) if !other.meta.status.runs() => "增长率所取的指标没有启用",
                _ => continue,
            };
            self.report.file(source, format!("{message}：{of}"));
        }
    }

    fn indicator(&mut self, source: &Source, stem: &str, ids: &BTreeSet<&str>) {
        let Some((raw, meta)) = define::<RawIndicator>(source, stem, &mut self.report) else { return };
        let id = raw.dataset.get_ref().as_str();
        if !self.dataset_ids.contains(id) {
            let known: Vec<String> = self.dataset_ids.iter().cloned().collect();
            self.unknown(source, &raw.dataset.span(), "数据集", id, known.iter().map(String::as_str));
        }
        // A dataset that is wrong itself has its own diagnostics.
        let Some(dataset) = self.pack.datasets.get(id).map(Arc::clone) else { return };
        let before = self.report.diagnostics.len();
        not_blank(&raw.domain, "domain", source, &mut self.report);
        not_blank(&raw.words.numerator, "words.numerator", source, &mut self.report);
        if *raw.digits.get_ref() > 6 {
            self.report.at(source, &raw.digits.span(), "digits 最多 6 位");
        }
        let shown = raw.shown.iter().filter_map(|text| self.field_of(source, &dataset, text)).collect();
        let targets =
            raw.target.iter().filter_map(|target| self.target(source, target.get_ref(), target.span())).collect();
        let formula = self.formula(source, &raw, &dataset, ids, meta.status);
        if self.report.diagnostics.len() > before {
            return;
        }
        let Some(formula) = formula else { return };
        if !matches!(formula, Formula::Total(_)) && raw.words.denominator.trim().is_empty() {
            self.report.at(source, &raw.words.numerator.span(), "words 中缺少 denominator(分母的文字说明)");
        }
        let indicator = Indicator {
            domain: raw.domain.into_inner(),
            dataset: Arc::clone(&dataset.meta.id),
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
        let allowed: &[&str] = match (kind, &raw.quality) {
            ("proportion", Some(_)) => &["quality", "factor"],
            ("proportion", None) => &["population", "exclusion", "denominator", "numerator", "factor"],
            ("ratio", _) => &["population", "exclusion", "denominator", "numerator", "factor"],
            ("mean", _) => &["population", "exclusion", "value"],
            ("total", _) => &["population", "exclusion", "value", "numerator"],
            ("growth", _) => &["of"],
            _ => {
                self.unknown(source, &raw.kind.span(), "指标种类", kind, KINDS.into_iter());
                return None;
            }
        };
        let given = [
            ("population", raw.population.as_ref().map(Text::span)),
            ("exclusion", raw.exclusion.as_ref().map(Text::span)),
            ("value", raw.value.as_ref().map(Text::span)),
            ("numerator", raw.numerator.as_ref().map(Text::span)),
            ("denominator", raw.denominator.as_ref().map(Text::span)),
            ("factor", raw.factor.as_ref().map(toml::Spanned::span)),
            ("of", raw.of.as_ref().map(Text::span)),
            ("quality", raw.quality.as_ref().map(|quality| quality.without.span())),
        ];
        for (key, span) in given {
            if let Some(span) = span.filter(|_| !allowed.contains(&key)) {
                let help = format!("可以写：{}", allowed.join("、"));
                self.report.help(source, &span, format!("“{kind}”指标不用“{key}”"), help);
            }
        }
        let population = self.population(source, raw, dataset);
        match kind {
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
                let numerator = self.measure(source, dataset, numerator?);
                let denominator = self.measure(source, dataset, denominator?);
                let factor = self.factor(source, raw)?;
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
                let value = self.read_expr(source, dataset, Mode::Indicator, None, value, expr::number);
                let (population, value) = (population?, value?);
                let counted = [population.clone(), known(&Measure::Sum(value.clone()))].concat();
                Some(Formula::Mean {
                    sum: rows(dataset, population.clone(), Some(value.clone()), false),
                    count: rows(dataset, counted, None, false),
                    squares: rows(dataset, population, Some(value), true),
                })
            }
            "total" => {
                let text = match (&raw.value, &raw.numerator) {
                    (Some(_), Some(text)) => {
                        self.report.at(source, &text.span(), "value 与 numerator 只写一个");
                        return None;
                    }
                    (value, numerator) => self.needed(
                        source,
                        raw,
                        "value(求和)或 numerator(计数)",
                        value.as_ref().or(numerator.as_ref()),
                    )?,
                };
                let measure = self.measure(source, dataset, text);
                Some(Formula::Total(sum(dataset, population?, measure?)))
            }
            _ => {
                let of = self.needed(source, raw, "of", raw.of.as_ref())?;
                if !ids.contains(of.get_ref().as_str()) {
                    self.unknown(source, &of.span(), "指标", of.get_ref(), ids.iter().copied());
                    return None;
                }
                Some(Formula::Growth { of: of.get_ref().as_str().into() })
            }
        }
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
            (Type::Number { .. }, _) => Some(Measure::Sum(expr)),
            (ty, _) => {
                let message = format!("此处应为数字或条件，实际是{}", ty.in_chinese());
                self.report.at(source, &text.span(), message);
                None
            }
        }
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
        let (bound, text) = match (&raw.at_most, &raw.at_least) {
            (Some(text), None) => (Bound::AtMost, text),
            (None, Some(text)) => (Bound::AtLeast, text),
            _ => {
                self.report.at(source, &span, "目标值要写 at_most 或 at_least 之一");
                return None;
            }
        };
        let from = from?;
        if to.is_some_and(|to| to < from) {
            self.report.at(source, &span, "目标值的 to 早于 from");
        }
        let digits = text.get_ref().split_once('.').map_or("", |(_, digits)| digits);
        let scale = u8::try_from(digits.len()).ok().filter(|scale| *scale <= Type::MAX_SCALE);
        let Some((units, scale)) = scale.and_then(|scale| Some((parse_decimal(text.get_ref(), scale)?, scale))) else {
            self.report.at(source, &text.span(), format!("“{}”不是数字", text.get_ref()));
            return None;
        };
        Some(Target {
            from,
            to,
            classes: raw.classes.clone(),
            levels: raw.levels.clone(),
            bound,
            value: Value::Number { units, scale },
            source: raw.source.get_ref().clone(),
        })
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
        Measure::Sum(expr) => match expr.node {
            Node::Literal(_) | Node::Over(Quantifier::Count, ..) => Vec::new(),
            _ => {
                let unknown = Expr { node: Node::IsNull(Box::new(expr.clone())), ty: Type::Bool };
                vec![Expr { node: Node::Not(Box::new(unknown)), ty: Type::Bool }]
            }
        },
    }
}

fn sum(dataset: &Dataset, population: Vec<Expr>, measure: Measure) -> Part {
    match measure {
        Measure::Count(conditions) => rows(dataset, [population, conditions].concat(), None, false),
        Measure::Sum(expr) => rows(dataset, population, Some(expr), false),
    }
}

/// A part over rows. Its conditions stand in the order of their texts, each once, so that the same
/// sum always has the same key.
fn rows(dataset: &Dataset, conditions: Vec<Expr>, sum: Option<Expr>, squared: bool) -> Part {
    let conditions: BTreeMap<String, Expr> =
        conditions.into_iter().map(|expr| (expr.canonical(dataset).to_string(), expr)).collect();
    let mut key = match &sum {
        None => format!("{}: count", dataset.meta.id),
        Some(expr) if squared => format!("{}: sum of squares {}", dataset.meta.id, expr.canonical(dataset)),
        Some(expr) => format!("{}: sum {}", dataset.meta.id, expr.canonical(dataset)),
    };
    for (n, condition) in conditions.keys().enumerate() {
        key.push_str(if n == 0 { " where " } else { " and " });
        key.push_str(condition);
    }
    Part { key: key.into(), of: Summand::Rows { conditions: conditions.into_values().collect(), sum, squared } }
}

fn quality_part(dataset: &Dataset, without: Vec<Arc<str>>) -> Part {
    let key = if without.is_empty() {
        format!("{}: received", dataset.meta.id)
    } else {
        format!("{}: received without {}", dataset.meta.id, without.join(" "))
    };
    Part { key: key.into(), of: Summand::Quality { without } }
}
