//! Checks.

use std::ops::Range;
use std::sync::Arc;

use super::diagnostic::Source;
use super::raw::{RawCheck, Text};
use super::raw_layer::RawCheckOverride;
use super::{Loader, Status, define, not_blank};
use crate::dataset::{At, Cell, Check, CheckKind, Dataset, FieldIx, Member, MemberIx, RowCase};
use crate::expr::{self, Context, Expr, ExprError, Mode};
use crate::types::{Quantity, Type};

/// One condition as it is written: of the check itself or of one of its cases.
struct Written<'a> {
    at: Option<&'a Text>,
    each: Option<&'a [Text]>,
    over: Option<&'a Text>,
    when: Option<&'a Text>,
    require: &'a Text,
}

impl Loader {
    pub(super) fn check(&mut self, source: &Source, stem: &str, dataset: &Dataset) -> Option<Check> {
        let (raw, mut meta) = define::<RawCheck>(source, stem, &mut self.report)?;
        let before = self.report.diagnostics.len();
        let overrides = self.overrides::<RawCheckOverride>(source, &mut meta);
        let severity = overrides.iter().rev().find_map(|(_, own)| own.severity).unwrap_or(raw.severity);
        not_blank(&raw.source, "source", source, &mut self.report);
        if meta.status.runs() {
            not_blank(&raw.remedy, "remedy", source, &mut self.report);
        }
        if raw.elements.get_ref().is_empty() {
            self.report.at(source, &raw.elements.span(), "elements 至少要有一个数据项");
        }
        for element in raw.elements.get_ref() {
            self.element(source, dataset, element);
        }
        let kind = match raw.kind.as_ref().map(|kind| (kind.get_ref().as_str(), kind.span())) {
            None | Some(("row", _)) => self.row(source, &raw, dataset, meta.status),
            Some(("unique", span)) => self.unique(source, &raw, dataset, &span),
            Some(("overlap", span)) => self.overlap(source, &raw, dataset, &span),
            Some(("sequence", span)) => self.sequence(source, &raw, dataset, &span),
            Some(("rate", span)) => self.rate(source, &raw, dataset, &span),
            Some(("change", span)) => self.change(source, &raw, dataset, &span),
            Some(("against", span)) => self.against(source, &raw, dataset, &span),
            Some((other, span)) => {
                self.unknown(
                    source,
                    &span,
                    "规则种类",
                    other,
                    ["row", "unique", "overlap", "sequence", "rate", "change", "against"].into_iter(),
                );
                None
            }
        };
        self.blame(before, &overrides);
        if self.report.diagnostics.len() > before {
            return None;
        }
        Some(Check {
            meta,
            severity,
            elements: raw.elements.into_inner().into_iter().map(|element| element.into_inner().into()).collect(),
            remedy: raw.remedy.into_inner(),
            source: raw.source.into_inner(),
            kind,
        })
    }

    /// An element is a field, a numbered item of a group, or a group's item of any number
    /// (`C06x{}C`).
    fn element(&mut self, source: &Source, dataset: &Dataset, text: &Text) {
        let element = text.get_ref().as_str();
        let mut members = dataset.groups.iter().flat_map(|group| &group.members);
        if dataset.cell(element).is_none() && !members.any(|member| member.element == element) {
            let known =
                dataset.fields.iter().map(|field| &*field.id).chain(
                    dataset.groups.iter().flat_map(|group| &group.members).map(|member| member.element.as_str()),
                );
            self.unknown(source, &text.span(), "数据项", element, known);
        }
    }

    fn context<'a>(&'a self, dataset: &'a Dataset, mode: Mode, it: Option<At>) -> Context<'a> {
        Context {
            dataset,
            codelists: &self.pack.codelists,
            declared: &self.codelist_ids,
            parameters: &self.pack.parameters,
            mode,
            it,
        }
    }

    /// Reads an expression that stands in a value of a file.
    pub(super) fn read_expr(
        &mut self,
        source: &Source,
        dataset: &Dataset,
        mode: Mode,
        it: Option<At>,
        text: &Text,
        read: fn(&str, &Context<'_>) -> Result<Expr, ExprError>,
    ) -> Option<Expr> {
        match read(text.get_ref(), &self.context(dataset, mode, it)) {
            Ok(expr) => Some(expr),
            Err(mut error) => {
                let ended = ["参数", "代码表"].into_iter().find_map(|what| {
                    let word = error.message.strip_prefix("没有")?.strip_prefix(what)?.strip_prefix('“')?.strip_suffix('”')?;
                    self.ended_in_words(what, word)
                });
                if let Some((message, help)) = ended {
                    (error.message, error.help) = (message, help);
                }
                self.report.expression(source, &text.span(), text.get_ref(), error);
                None
            }
        }
    }

    /// Keys that say nothing for the kind of check at hand.
    fn only(&mut self, source: &Source, raw: &RawCheck, kind: &str, allowed: &[&str]) {
        let first = |list: &Option<Vec<Text>>| list.as_ref().map(|list| list.first().map_or(0..0, Text::span));
        let one = |text: &Option<Text>| text.as_ref().map(Text::span);
        let keys = raw.keys.as_ref().map(|keys| keys.iter().flatten().next().map_or(0..0, Text::span));
        let given: [(&str, Option<Range<usize>>); 16] = [
            ("at", one(&raw.at)),
            ("each", first(&raw.each)),
            ("over", one(&raw.over)),
            ("when", one(&raw.when)),
            ("require", one(&raw.require)),
            ("case", raw.case.first().map(toml::Spanned::span)),
            ("keys", keys),
            ("by", first(&raw.by)),
            ("from", one(&raw.from)),
            ("to", one(&raw.to)),
            ("order", one(&raw.order)),
            ("value", one(&raw.value)),
            ("of", one(&raw.of)),
            ("at_most", one(&raw.at_most)),
            ("indicator", one(&raw.indicator)),
            ("within", one(&raw.within)),
        ];
        for (key, span) in given {
            if let Some(span) = span.filter(|_| !allowed.contains(&key)) {
                self.report.help(
                    source,
                    &span,
                    format!("“{kind}”规则不用“{key}”"),
                    format!("可以写：{}", allowed.join("、")),
                );
            }
        }
    }

    fn row(&mut self, source: &Source, raw: &RawCheck, dataset: &Dataset, status: Status) -> Option<CheckKind> {
        self.only(source, raw, "row", &["at", "each", "over", "when", "require", "case"]);
        let mut written: Vec<Written<'_>> = raw
            .case
            .iter()
            .map(toml::Spanned::get_ref)
            .map(|case| Written {
                at: case.at.as_ref(),
                each: case.each.as_deref(),
                over: case.over.as_ref(),
                when: case.when.as_ref(),
                require: &case.require,
            })
            .collect();
        match &raw.require {
            Some(require) => written.insert(
                0,
                Written {
                    at: raw.at.as_ref(),
                    each: raw.each.as_deref(),
                    over: raw.over.as_ref(),
                    when: raw.when.as_ref(),
                    require,
                },
            ),
            None => {
                for (key, text) in [("at", &raw.at), ("over", &raw.over), ("when", &raw.when)] {
                    if let Some(text) = text {
                        self.report.at(source, &text.span(), format!("只有“{key}”而没有 require"));
                    }
                }
            }
        }
        if written.is_empty() {
            if status.runs() {
                self.report.file(source, "缺少 require：要运行的规则必须写明条件；不能判定的写 status = \"draft\"");
            }
            return None;
        }
        let mut cases = Vec::new();
        for case in &written {
            for at in self.points(source, dataset, raw, case) {
                let when =
                    case.when.map(|text| self.read_expr(source, dataset, Mode::Check, Some(at), text, expr::condition));
                let require = self.read_expr(source, dataset, Mode::Check, Some(at), case.require, expr::condition);
                match (when, require) {
                    (None, Some(require)) => cases.push(RowCase { at, when: None, require }),
                    (Some(Some(when)), Some(require)) => cases.push(RowCase { at, when: Some(when), require }),
                    // The same expression would fail for the next field too.
                    _ => break,
                }
            }
        }
        Some(CheckKind::Row(cases))
    }

    /// The cells that a case points at.
    fn points(&mut self, source: &Source, dataset: &Dataset, raw: &RawCheck, case: &Written<'_>) -> Vec<At> {
        match (case.each, case.over, case.at) {
            (Some(each), None, None) => self.each(source, dataset, each),
            (None, Some(over), Some(at)) => {
                let Some((group_ix, group)) = dataset.group(over.get_ref()) else {
                    let known = dataset.groups.iter().map(|group| &*group.id);
                    self.unknown(source, &over.span(), "重复组", over.get_ref(), known);
                    return Vec::new();
                };
                match member(&group.members, at.get_ref()) {
                    Some(ix) => vec![At::Each(group_ix, ix)],
                    None => {
                        let known = group.members.iter().map(|member| &*member.id);
                        self.unknown(source, &at.span(), &format!("重复组 {} 的数据项", group.id), at.get_ref(), known);
                        Vec::new()
                    }
                }
            }
            (None, None, at) => {
                let Some(element) = at.or_else(|| raw.elements.get_ref().first()) else { return Vec::new() };
                match dataset.cell(element.get_ref()) {
                    Some(cell) => vec![At::Cell(cell)],
                    None if !dataset
                        .groups
                        .iter()
                        .flat_map(|group| &group.members)
                        .any(|m| m.element == *element.get_ref()) =>
                    {
                        // An unknown one of `elements` has been reported there.
                        if case.at.is_some() {
                            self.element(source, dataset, element);
                        }
                        Vec::new()
                    }
                    None => {
                        self.report.help(
                            source,
                            &element.span(),
                            format!("“{}”不是一个数据项，规则不知道指向哪一格", element.get_ref()),
                            "对重复组逐项检查写 over = \"组\" 和 at = \"组内数据项\"；否则写 at = \"数据项\"",
                        );
                        Vec::new()
                    }
                }
            }
            _ => {
                self.report.help(
                    source,
                    &case.require.span(),
                    "each、over、at 的组合不对",
                    "逐个数据项：each；逐个元素：over 和 at；一个数据项：at 或 elements 的第一个",
                );
                Vec::new()
            }
        }
    }

    fn each(&mut self, source: &Source, dataset: &Dataset, each: &[Text]) -> Vec<At> {
        each.iter()
            .filter_map(|text| self.field_of(source, dataset, text))
            .map(|ix| At::Cell(Cell::Field(ix)))
            .collect()
    }

    /// A list of fields that must be there.
    fn fields_at(
        &mut self,
        source: &Source,
        dataset: &Dataset,
        kind: &Range<usize>,
        key: &str,
        list: Option<&Vec<Text>>,
    ) -> Vec<FieldIx> {
        match list {
            Some(list) if !list.is_empty() => {
                list.iter().filter_map(|text| self.field_of(source, dataset, text)).collect()
            }
            _ => {
                self.report.at(source, kind, format!("缺少“{key}”"));
                Vec::new()
            }
        }
    }

    /// A field that must be there and of a fitting type.
    fn field_at(
        &mut self,
        source: &Source,
        dataset: &Dataset,
        kind: &Range<usize>,
        (key, text): (&str, Option<&Text>),
        (expected, fits): (&str, fn(&Type) -> bool),
    ) -> Option<FieldIx> {
        let Some(text) = text else {
            self.report.at(source, kind, format!("缺少“{key}”"));
            return None;
        };
        let ix = self.field_of(source, dataset, text)?;
        let field = dataset.fields.get(ix.0)?;
        if !fits(&field.ty) {
            self.report.at(
                source,
                &text.span(),
                format!("“{key}”应为{expected}，“{}”是{}", field.id, field.ty.in_chinese()),
            );
            return None;
        }
        Some(ix)
    }

    fn unique(&mut self, source: &Source, raw: &RawCheck, dataset: &Dataset, kind: &Range<usize>) -> Option<CheckKind> {
        self.only(source, raw, "unique", &["keys"]);
        let Some(keys) = raw.keys.as_ref().filter(|keys| !keys.is_empty()) else {
            self.report.at(source, kind, "缺少“keys”");
            return None;
        };
        let keys = keys.iter().map(|key| self.fields_at(source, dataset, kind, "keys", Some(key))).collect();
        Some(CheckKind::Unique(keys))
    }

    fn overlap(
        &mut self,
        source: &Source,
        raw: &RawCheck,
        dataset: &Dataset,
        kind: &Range<usize>,
    ) -> Option<CheckKind> {
        self.only(source, raw, "overlap", &["by", "from", "to"]);
        let moment: (&str, fn(&Type) -> bool) =
            ("日期或日期时间", |ty| matches!(ty, Type::Date | Type::DateTime));
        let by = self.fields_at(source, dataset, kind, "by", raw.by.as_ref());
        let from = self.field_at(source, dataset, kind, ("from", raw.from.as_ref()), moment);
        let to = self.field_at(source, dataset, kind, ("to", raw.to.as_ref()), moment);
        let (from, to) = (from?, to?);
        let ty = |ix: FieldIx| dataset.fields.get(ix.0).map(|field| &field.ty);
        if ty(from) != ty(to) {
            self.report.at(source, kind, "from 与 to 的类型应相同");
        }
        Some(CheckKind::Overlap { by, from, to })
    }

    fn sequence(
        &mut self,
        source: &Source,
        raw: &RawCheck,
        dataset: &Dataset,
        kind: &Range<usize>,
    ) -> Option<CheckKind> {
        self.only(source, raw, "sequence", &["by", "order", "value"]);
        let by = self.fields_at(source, dataset, kind, "by", raw.by.as_ref());
        let order = self.field_at(
            source,
            dataset,
            kind,
            ("order", raw.order.as_ref()),
            ("日期、日期时间或数字", |ty| matches!(ty, Type::Date | Type::DateTime | Type::Number { .. })),
        );
        let value = self.field_at(
            source,
            dataset,
            kind,
            ("value", raw.value.as_ref()),
            ("数字", |ty| matches!(ty, Type::Number { .. })),
        );
        Some(CheckKind::Sequence { by, order: order?, value: value? })
    }

    fn rate(&mut self, source: &Source, raw: &RawCheck, dataset: &Dataset, kind: &Range<usize>) -> Option<CheckKind> {
        self.only(source, raw, "rate", &["each", "of", "when", "at_most"]);
        let (Some(each), Some(of), Some(at_most)) = (&raw.each, &raw.of, &raw.at_most) else {
            self.report.at(source, kind, "“rate”规则要写 each、of、at_most");
            return None;
        };
        let id = self.share(source, "at_most", at_most)?;
        let mut cases = Vec::new();
        for at in self.each(source, dataset, each) {
            let when = match &raw.when {
                Some(text) => Some(self.read_expr(source, dataset, Mode::Check, Some(at), text, expr::condition)?),
                None => None,
            };
            let require = self.read_expr(source, dataset, Mode::Check, Some(at), of, expr::condition)?;
            cases.push(RowCase { at, when, require });
        }
        Some(CheckKind::Rate { of: cases, at_most: id })
    }

    /// A parameter that is a proportion.
    fn share(&mut self, source: &Source, key: &str, text: &Text) -> Option<Arc<str>> {
        match self.pack.parameters.get_key_value(text.get_ref().as_str()) {
            Some((id, parameter)) if matches!(parameter.ty, Type::Number { of: Quantity::Plain, .. }) => Some(Arc::clone(id)),
            Some(_) => {
                self.report.at(source, &text.span(), format!("{key} 的参数应为比例，如 0.05"));
                None
            }
            None => {
                if !self.parameter_ids.contains(text.get_ref()) {
                    let known: Vec<String> = self.parameter_ids.iter().cloned().collect();
                    self.unknown(source, &text.span(), "参数", text.get_ref(), known.iter().map(String::as_str));
                }
                None
            }
        }
    }

    /// That the rows of a dataset are of a month each: only then is there a month before, and a
    /// value of the month.
    fn monthly(&mut self, source: &Source, dataset: &Dataset, kind: &Range<usize>, name: &str) -> bool {
        let monthly = dataset.fields.get(dataset.period.0).is_some_and(|field| field.month);
        if !monthly {
            let message = format!("“{name}”规则只用于月报：数据集的报告期（period）应是类型为 month 的数据项");
            self.report.at(source, kind, message);
        }
        monthly
    }

    fn applicability(&mut self, source: &Source, raw: &RawCheck, dataset: &Dataset) -> Option<Option<Expr>> {
        match &raw.when {
            Some(text) => self.read_expr(source, dataset, Mode::Check, None, text, expr::condition).map(Some),
            None => Some(None),
        }
    }

    fn change(
        &mut self,
        source: &Source,
        raw: &RawCheck,
        dataset: &Dataset,
        kind: &Range<usize>,
    ) -> Option<CheckKind> {
        self.only(source, raw, "change", &["each", "when", "at_most"]);
        let monthly = self.monthly(source, dataset, kind, "change");
        let (Some(each), Some(at_most)) = (&raw.each, &raw.at_most) else {
            self.report.at(source, kind, "“change”规则要写 each（比较的数据项）和 at_most（参数）");
            return None;
        };
        let of = each
            .iter()
            .map(|text| {
                self.field_at(source, dataset, kind, ("each", Some(text)), ("数字", |ty| matches!(ty, Type::Number { .. })))
            })
            .collect::<Option<Vec<_>>>();
        let at_most = self.share(source, "at_most", at_most);
        let when = self.applicability(source, raw, dataset);
        monthly.then_some(CheckKind::Change { when: when?, of: of?, at_most: at_most? })
    }

    fn against(
        &mut self,
        source: &Source,
        raw: &RawCheck,
        dataset: &Dataset,
        kind: &Range<usize>,
    ) -> Option<CheckKind> {
        self.only(source, raw, "against", &["at", "when", "indicator", "within"]);
        let monthly = self.monthly(source, dataset, kind, "against");
        let (Some(indicator), Some(within)) = (&raw.indicator, &raw.within) else {
            self.report.at(source, kind, "“against”规则要写 at（数据项）、indicator（指标）和 within（参数）");
            return None;
        };
        let at = self.field_at(
            source,
            dataset,
            kind,
            ("at", raw.at.as_ref()),
            ("数字", |ty| matches!(ty, Type::Number { .. })),
        );
        let known = self.indicator_ids.contains(indicator.get_ref());
        if !known {
            let known: Vec<String> = self.indicator_ids.iter().cloned().collect();
            self.unknown(source, &indicator.span(), "指标", indicator.get_ref(), known.iter().map(String::as_str));
        }
        let within = self.share(source, "within", within);
        let when = self.applicability(source, raw, dataset);
        let indicator = known.then(|| indicator.get_ref().as_str().into());
        monthly.then_some(CheckKind::Against { when: when?, at: at?, indicator: indicator?, within: within? })
    }
}

fn member(members: &[Member], id: &str) -> Option<MemberIx> {
    members.iter().position(|member| &*member.id == id).map(MemberIx)
}
