//! Work plans.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Datelike as _, NaiveDate};

use super::diagnostic::Source;
use super::raw::{Date, RawItem, RawMilestone, RawPlan, RawPlanTarget, Text};
use super::{Loader, Place, define, not_blank};
use crate::plan::{CAPABILITIES, Chapter, Milestone, Operator, Plan, PlanItem, PlanTarget, StatusBy, TargetKind};
use crate::types::{Type, Value, parse_decimal};

/// What the items of one plan are resolved against.
struct Frame<'a> {
    source: &'a Source,
    indicators: &'a BTreeSet<&'a str>,
    chapters: Vec<Chapter>,
    from: NaiveDate,
    to: NaiveDate,
}

impl Loader {
    pub(super) fn plans(&mut self, sources: &BTreeMap<String, Source>) {
        let indicators: BTreeSet<&str> = sources
            .keys()
            .filter_map(|path| match Place::of(path) {
                Some(Place::Indicator(id)) => Some(id),
                _ => None,
            })
            .collect();
        for source in sources.values() {
            if let Some(Place::Plan(id)) = Place::of(&source.path) {
                self.plan(source, id, &indicators);
            }
        }
    }

    fn plan(&mut self, source: &Source, stem: &str, indicators: &BTreeSet<&str>) {
        let Some((raw, meta)) = define::<RawPlan>(source, stem, &mut self.report) else { return };
        for (key, text) in [("place", &raw.place), ("publisher", &raw.publisher)] {
            not_blank(text, key, source, &mut self.report);
        }
        let (from, to) = (self.date(source, &raw.from), self.date(source, &raw.to));
        let (Some(from), Some(to)) = (from, to) else { return };
        if to < from {
            self.report.at(source, &raw.to.span(), "工作要点的 to 早于 from");
            return;
        }
        let year = *raw.year.get_ref();
        if !(from.year()..=to.year()).contains(&year) {
            self.report.at(source, &raw.year.span(), format!("年度 {year} 不在 from 到 to 之间"));
        }
        let mut chapters: Vec<Chapter> = Vec::with_capacity(raw.chapter.len());
        for chapter in raw.chapter {
            not_blank(&chapter.title, "title", source, &mut self.report);
            let number: Arc<str> = chapter.number.get_ref().as_str().into();
            if chapters.iter().any(|before| before.number == number) {
                self.report.at(source, &chapter.number.span(), format!("章“{number}”重复"));
            }
            chapters.push(Chapter { number, title: chapter.title.into_inner() });
        }
        if raw.item.is_empty() {
            self.report.file(source, "工作要点没有事项（[[item]]）");
        }
        let frame = Frame { source, indicators, chapters, from, to };
        let mut numbers: BTreeSet<Arc<str>> = BTreeSet::new();
        let mut items = Vec::with_capacity(raw.item.len());
        for item in raw.item {
            let number = &item.get_ref().number;
            if !numbers.insert(number.get_ref().as_str().into()) {
                self.report.at(source, &number.span(), format!("事项“{}”重复", number.get_ref()));
            }
            items.extend(self.item(&frame, item.into_inner()));
        }
        let plan = Plan {
            meta,
            place: raw.place.into_inner(),
            publisher: raw.publisher.into_inner(),
            year,
            from,
            to,
            chapters: frame.chapters,
            items,
        };
        self.pack.plans.insert(Arc::clone(&plan.meta.id), Arc::new(plan));
    }

    fn item(&mut self, frame: &Frame<'_>, raw: RawItem) -> Option<PlanItem> {
        let source = frame.source;
        let texts = [("number", &raw.number), ("title", &raw.title), ("demand", &raw.demand)];
        for (key, text) in texts.into_iter().chain(raw.lead.as_ref().map(|lead| ("lead", lead))) {
            not_blank(text, key, source, &mut self.report);
        }
        let chapter = raw.chapter.get_ref().as_str();
        if !frame.chapters.iter().any(|known| &*known.number == chapter) {
            let known: Vec<&str> = frame.chapters.iter().map(|known| &*known.number).collect();
            let help = format!("可以写：{}", known.join("、"));
            self.report.help(source, &raw.chapter.span(), format!("没有章“{chapter}”"), help);
        }
        for code in raw.also.iter().chain([&raw.capability]) {
            let known = || CAPABILITIES.iter().map(|(known, _)| *known);
            if !known().any(|known| known == code.get_ref()) {
                self.unknown(source, &code.span(), "能力代码", code.get_ref(), known());
            }
        }
        for id in &raw.indicators {
            self.known_indicator(frame, id);
        }
        let deadline = match &raw.deadline {
            Some(date) => self.day(frame, date, "deadline", frame.from)?,
            None => frame.to,
        };
        self.status(source, &raw);
        let excluded = *raw.status_by.get_ref() == StatusBy::Excluded;
        let targets =
            raw.target.iter().filter_map(|target| self.plan_target(frame, target, excluded, deadline)).collect();
        let milestones = self.milestones(frame, &raw.milestone, deadline);
        let id = |text: Option<Text>| text.map(|text| Arc::from(text.into_inner()));
        let ids = |list: Vec<Text>| list.into_iter().map(|text| Arc::from(text.into_inner())).collect();
        Some(PlanItem {
            number: raw.number.into_inner().into(),
            chapter: raw.chapter.into_inner().into(),
            title: raw.title.into_inner(),
            demand: raw.demand.into_inner(),
            actors: raw.actors,
            capability: raw.capability.into_inner().into(),
            also: ids(raw.also),
            lead: raw.lead.map(Text::into_inner),
            with: raw.with,
            deadline,
            status_by: raw.status_by.into_inner(),
            procedure: id(raw.procedure),
            register: id(raw.register),
            indicators: ids(raw.indicators),
            excluded: raw.excluded.map(Text::into_inner),
            targets,
            milestones,
        })
    }

    /// `status_by` and what it needs.
    fn status(&mut self, source: &Source, raw: &RawItem) {
        let span = raw.status_by.span();
        let by = *raw.status_by.get_ref();
        let missing = match by {
            StatusBy::Target if raw.target.is_empty() => Some("看目标值（target）的事项要有 [[item.target]]"),
            StatusBy::Register if raw.register.is_none() => Some("看登记（register）的事项要写 register"),
            StatusBy::Procedure if raw.procedure.is_none() => Some("看办理（procedure）的事项要写 procedure"),
            StatusBy::Excluded if raw.excluded.as_ref().is_none_or(|text| text.get_ref().trim().is_empty()) => {
                Some("不纳入（excluded）的事项要在 excluded 中写明理由")
            }
            _ => None,
        };
        if let Some(message) = missing {
            self.report.at(source, &span, message);
        }
        if by == StatusBy::Excluded {
            // Recorded, and nothing more: nothing of the platform may work towards it.
            let given = [
                ("procedure", raw.procedure.as_ref().map(Text::span)),
                ("register", raw.register.as_ref().map(Text::span)),
                ("indicators", raw.indicators.first().map(Text::span)),
                ("milestone", raw.milestone.first().map(|milestone| milestone.title.span())),
            ];
            for (key, span) in given {
                if let Some(span) = span {
                    self.report.at(source, &span, format!("不纳入的事项不能有“{key}”"));
                }
            }
        } else if let Some(text) = &raw.excluded {
            self.report.help(source, &text.span(), "写了不纳入的理由", "status_by 应为 \"excluded\"");
        }
    }

    fn plan_target(
        &mut self,
        frame: &Frame<'_>,
        raw: &toml::Spanned<RawPlanTarget>,
        excluded: bool,
        deadline: NaiveDate,
    ) -> Option<PlanTarget> {
        let source = frame.source;
        let before = self.report.diagnostics.len();
        let (span, raw) = (raw.span(), raw.get_ref());
        not_blank(&raw.measures, "measures", source, &mut self.report);
        let operator = *raw.operator.get_ref();
        let value = match (&raw.value, operator.has_value()) {
            (None, true) => {
                self.report.at(source, &raw.operator.span(), "这种目标值要写 value");
                None
            }
            (Some(text), false) => {
                self.report.at(source, &text.span(), "全部（all）和未写明（unstated）不写 value");
                None
            }
            (text, _) => text.as_ref().and_then(|text| self.decimal(source, text)),
        };
        let high = match (&raw.high, operator == Operator::Between) {
            (None, true) => {
                self.report.at(source, &raw.operator.span(), "区间（between）要写 value 和 high");
                None
            }
            (Some(text), false) => {
                self.report.at(source, &text.span(), "只有区间（between）写 high");
                None
            }
            (text, _) => text.as_ref().and_then(|text| self.decimal(source, text)),
        };
        if let (Some(low), Some(top), Some(text)) = (&value, &high, &raw.high)
            && !ascending(low, top)
        {
            self.report.at(source, &text.span(), "high 应大于 value");
        }
        let kind = raw.kind.as_ref().map(|kind| *kind.get_ref());
        let kind = match (kind, operator) {
            (Some(kind), _) => kind,
            (None, _) if excluded => TargetKind::Excluded,
            (None, Operator::All) => TargetKind::Universal,
            (None, Operator::Unstated) => TargetKind::Unvalued,
            (None, _) => TargetKind::Target,
        };
        if excluded != (kind == TargetKind::Excluded) {
            let at = raw.kind.as_ref().map_or(span, toml::Spanned::span);
            self.report.at(source, &at, "kind = \"excluded\" 只用于、也必须用于不纳入的事项");
        }
        if let Some(id) = &raw.indicator {
            if excluded {
                self.report.at(source, &id.span(), "不纳入的事项不能有“indicator”");
            } else {
                self.known_indicator(frame, id);
            }
        }
        // A rule may have been in force before the plan that recalls it.
        let from = match &raw.from {
            Some(date) => self.date(source, date)?,
            None => frame.from,
        };
        let by = match &raw.by {
            Some(date) => self.day(frame, date, "by", frame.from)?,
            None => deadline,
        };
        if let Some(date) = raw.from.as_ref().filter(|_| by < from) {
            self.report.at(source, &date.span(), "目标值的 from 晚于它的期限");
        }
        if self.report.diagnostics.len() > before {
            return None;
        }
        Some(PlanTarget {
            measures: raw.measures.get_ref().clone(),
            subject: raw.subject.clone(),
            operator,
            value,
            high,
            unit: raw.unit.clone(),
            per: raw.per.clone(),
            from,
            by,
            aspirational: raw.aspirational,
            quote: raw.quote.clone(),
            indicator: raw.indicator.as_ref().map(|id| id.get_ref().as_str().into()),
            classes: raw.classes.clone(),
            levels: raw.levels.clone(),
            institutions: raw.institutions.clone(),
            kind,
        })
    }

    fn milestones(&mut self, frame: &Frame<'_>, raw: &[RawMilestone], deadline: NaiveDate) -> Vec<Milestone> {
        let mut milestones: Vec<Milestone> = Vec::with_capacity(raw.len());
        for milestone in raw {
            not_blank(&milestone.title, "title", frame.source, &mut self.report);
            let Some(by) = self.day(frame, &milestone.by, "by", frame.from) else { continue };
            if by > deadline {
                self.report.at(frame.source, &milestone.by.span(), format!("节点晚于事项的期限 {deadline}"));
            }
            if milestones.last().is_some_and(|before| before.by > by) {
                self.report.at(frame.source, &milestone.by.span(), "各节点应由早到晚");
            }
            milestones.push(Milestone { by, title: milestone.title.get_ref().clone() });
        }
        milestones
    }

    /// A day between `first` and the plan's last.
    fn day(&mut self, frame: &Frame<'_>, date: &Date, key: &str, first: NaiveDate) -> Option<NaiveDate> {
        let day = self.date(frame.source, date)?;
        if day < first || frame.to < day {
            let message = format!("{key} 应在 {first} 到 {} 之间", frame.to);
            self.report.at(frame.source, &date.span(), message);
        }
        Some(day)
    }

    fn known_indicator(&mut self, frame: &Frame<'_>, id: &Text) {
        if !frame.indicators.contains(id.get_ref().as_str()) {
            self.unknown(frame.source, &id.span(), "指标", id.get_ref(), frame.indicators.iter().copied());
        }
    }

    /// An exact decimal with the digits as written.
    fn decimal(&mut self, source: &Source, text: &Text) -> Option<Value> {
        let digits = text.get_ref().split_once('.').map_or("", |(_, digits)| digits);
        let scale = u8::try_from(digits.len()).ok().filter(|scale| *scale <= Type::MAX_SCALE);
        let value = scale.and_then(|scale| Some(Value::Number { units: parse_decimal(text.get_ref(), scale)?, scale }));
        if value.is_none() {
            self.report.at(source, &text.span(), format!("“{}”不是数字", text.get_ref()));
        }
        value
    }
}

/// Whether the second number is greater.
fn ascending(low: &Value, high: &Value) -> bool {
    let wide = |value: &Value| match value {
        Value::Number { units, scale } => {
            i128::from(*units) * 10_i128.pow(u32::from(Type::MAX_SCALE.saturating_sub(*scale)))
        }
        _ => 0,
    };
    wide(low) < wide(high)
}
