//! Procedures: what they name is known, every state is reached and left, every clock can run.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::diagnostic::Source;
use super::raw::Text;
use super::raw_procedure::{Mark, RawClock, RawEffect, RawProcedure, RawStep};
use super::{Loader, Meta, Place, Status, define, not_blank};
use crate::dataset::Required;
use crate::procedure::{
    Begins, Clock, Effect, Extends, Form, Letter, Material, Needed, PLACEHOLDERS, Procedure, Role, Side, State, Step, Turn,
};
use crate::register::Register;
use crate::term::Term;
use crate::types::Type;

/// The word of a clock that starts with the opening of a case.
const OPEN: &str = "open";

/// The ids that a procedure makes known, those of wrong parts included.
struct Names {
    states: BTreeSet<String>,
    steps: BTreeSet<String>,
    forms: BTreeSet<String>,
    materials: BTreeSet<String>,
    clocks: BTreeSet<String>,
    letters: BTreeSet<String>,
    fields: BTreeSet<String>,
}

impl Loader {
    pub(super) fn procedures(&mut self, sources: &BTreeMap<String, Source>) {
        for source in sources.values() {
            if let Some(Place::Procedure(id)) = Place::of(&source.path)
                && let Some((raw, meta)) = define::<RawProcedure>(source, id, &mut self.report)
            {
                self.procedure(source, &raw, meta);
            }
        }
    }

    fn procedure(&mut self, source: &Source, raw: &RawProcedure, meta: Meta) {
        let before = self.report.diagnostics.len();
        if let Some(register) = &raw.register {
            self.known_register(source, register);
        }
        if raw.opened_by.get_ref().is_empty() {
            self.report.at(source, &raw.opened_by.span(), "没有写明由谁提出（opened_by）");
        }
        let rest = raw.number.get_ref().replacen("{year}", "", 1).replacen("{serial}", "", 1);
        if rest.contains(['{', '}']) || !raw.number.get_ref().contains("{serial}") {
            self.report.at(source, &raw.number.span(), "编号要有一处 {serial}（序号），可以有一处 {year}（年份）");
        }
        let names = self.names(source, raw);
        let register = raw.register.as_ref().and_then(|id| self.pack.registers.get(id.get_ref().as_str())).cloned();
        let forms = raw.form.iter().map(|form| Form {
            id: form.id.get_ref().as_str().into(),
            name: form.name.get_ref().clone(),
            fields: self.fields(source, &form.field),
        });
        let forms: Vec<Form> = forms.collect();
        let materials = raw.material.iter().map(|material| {
            not_blank(&material.name, "name", source, &mut self.report);
            not_blank(&material.source, "source", source, &mut self.report);
            if (material.required == Needed::Conditional) == material.when.trim().is_empty() {
                self.report.at(source, &material.id.span(), "视情形提交（conditional）的材料要写明什么情形（when），其他的不写");
            }
            Material {
                id: material.id.get_ref().as_str().into(),
                name: material.name.get_ref().clone(),
                required: material.required,
                when: material.when.clone(),
                source: material.source.get_ref().clone(),
            }
        });
        let materials = materials.collect();
        let clocks = raw.clock.iter().filter_map(|clock| self.clock(source, clock, &names, register.as_deref(), &meta)).collect();
        let states = self.states(source, raw);
        let steps = raw.step.iter().filter_map(|step| self.step(source, step, &names, &forms, register.as_deref())).collect();
        let letters = raw.letter.iter().map(|letter| {
            for text in [&letter.name, &letter.to, &letter.body] {
                not_blank(text, "letter", source, &mut self.report);
                self.letter_words(source, text, &names);
            }
            Letter {
                id: letter.id.get_ref().as_str().into(),
                name: letter.name.get_ref().clone(),
                to: letter.to.get_ref().clone(),
                body: letter.body.get_ref().clone(),
            }
        });
        let letters = letters.collect();
        let procedure = Procedure {
            meta,
            register: raw.register.as_ref().map(|id| id.get_ref().as_str().into()),
            about: *raw.about.get_ref(),
            opened_by: raw.opened_by.get_ref().clone(),
            number: raw.number.get_ref().clone(),
            forms,
            materials,
            clocks,
            states,
            steps,
            letters,
        };
        // What follows would only repeat what is wrong already.
        if self.report.diagnostics.len() == before {
            self.ways(source, raw, &procedure);
        }
        self.pack.procedures.insert(Arc::clone(&procedure.meta.id), Arc::new(procedure));
    }

    /// The ids of a procedure's parts; each stands once.
    fn names(&mut self, source: &Source, raw: &RawProcedure) -> Names {
        let mut all = |what: &str, ids: Vec<&Text>| -> BTreeSet<String> {
            let mut seen = BTreeSet::new();
            for id in ids {
                not_blank(id, "id", source, &mut self.report);
                if !seen.insert(id.get_ref().clone()) {
                    self.report.at(source, &id.span(), format!("{what}“{}”重复", id.get_ref()));
                }
            }
            seen
        };
        Names {
            states: all("状态", raw.state.get_ref().iter().map(|state| &state.id).collect()),
            steps: all("步骤", raw.step.iter().map(|step| &step.id).collect()),
            forms: all("表单", raw.form.iter().map(|form| &form.id).collect()),
            materials: all("材料", raw.material.iter().map(|material| &material.id).collect()),
            clocks: all("期限", raw.clock.iter().map(|clock| &clock.id).collect()),
            letters: all("文书", raw.letter.iter().map(|letter| &letter.id).collect()),
            // A field keeps its meaning through all forms, so it may stand in several.
            fields: raw.form.iter().flat_map(|form| &form.field).map(|field| field.id.get_ref().clone()).collect(),
        }
    }

    fn states(&mut self, source: &Source, raw: &RawProcedure) -> Vec<State> {
        let mut states = Vec::new();
        for state in raw.state.get_ref() {
            not_blank(&state.name, "name", source, &mut self.report);
            let turn = match (state.owner, state.end) {
                (Some(owner), None) => Turn::Of(owner),
                (None, Some(end)) => Turn::Ended(end),
                _ => {
                    let message = format!("状态“{}”要么写明轮到谁（owner），要么写明怎样办结（end）", state.name.get_ref());
                    self.report.at(source, &state.id.span(), message);
                    continue;
                }
            };
            states.push(State { id: state.id.get_ref().as_str().into(), name: state.name.get_ref().clone(), turn });
        }
        if raw.state.get_ref().is_empty() {
            self.report.at(source, &raw.state.span(), "没有状态（state）");
        }
        states
    }

    fn clock(
        &mut self,
        source: &Source,
        raw: &RawClock,
        names: &Names,
        register: Option<&Register>,
        meta: &Meta,
    ) -> Option<Clock> {
        not_blank(&raw.name, "name", source, &mut self.report);
        if *raw.mark.get_ref() == Mark::Uncertain && meta.status != Status::Draft {
            let message = "没有核实的期限（mark = \"uncertain\"）只能留在草稿里";
            self.report.at(source, &raw.mark.span(), message);
        }
        let begins = match (&raw.starts, &raw.before) {
            (Some(starts), None) if starts.get_ref() == OPEN => Begins::Open,
            (Some(starts), None) => {
                self.is_known(source, starts, "步骤", &names.steps);
                Begins::Step(starts.get_ref().as_str().into())
            }
            (None, Some(before)) => {
                self.register_date(source, &before.span(), before.get_ref(), register);
                Begins::Before(before.get_ref().as_str().into())
            }
            _ => {
                let message = "期限要么从一个步骤起算（starts），要么从登记簿的一个日期往前算（before）";
                self.report.at(source, &raw.id.span(), message);
                return None;
            }
        };
        for step in &raw.stops {
            self.is_known(source, step, "步骤", &names.steps);
        }
        for state in &raw.stands_in {
            self.is_known(source, state, "状态", &names.states);
        }
        Some(Clock {
            id: raw.id.get_ref().as_str().into(),
            name: raw.name.get_ref().clone(),
            begins,
            stops: ids(&raw.stops),
            stands_in: ids(&raw.stands_in),
            values: self.terms(source, raw.unit, &raw.values),
            overdue: raw.overdue.clone(),
        })
    }

    fn step(
        &mut self,
        source: &Source,
        raw: &RawStep,
        names: &Names,
        forms: &[Form],
        register: Option<&Register>,
    ) -> Option<Step> {
        not_blank(&raw.name, "name", source, &mut self.report);
        for state in raw.from.get_ref().iter().chain([&raw.to]) {
            self.is_known(source, state, "状态", &names.states);
        }
        if raw.from.get_ref().is_empty() {
            self.report.at(source, &raw.from.span(), "步骤没有起始状态（from）");
        }
        if raw.by.get_ref().is_empty() {
            self.report.at(source, &raw.by.span(), "没有人可以办理这一步（by）");
        }
        if let Some(role) = raw.countersign.iter().find(|role| role.side() == Side::Program) {
            self.report.at(source, &raw.id.span(), format!("{}不能会签", role.in_chinese()));
        }
        for (text, what, known) in [(&raw.form, "表单", &names.forms), (&raw.letter, "文书", &names.letters)] {
            if let Some(text) = text {
                self.is_known(source, text, what, known);
            }
        }
        for material in &raw.needs {
            self.is_known(source, material, "材料", &names.materials);
        }
        let extends = raw.extends.as_ref().map(|extends| {
            self.is_known(source, &extends.clock, "期限", &names.clocks);
            not_blank(&extends.source, "source", source, &mut self.report);
            Extends {
                clock: extends.clock.get_ref().as_str().into(),
                by: Term { amount: extends.amount, unit: extends.unit },
                source: extends.source.get_ref().clone(),
            }
        });
        let effects = raw.effect.iter().filter_map(|effect| self.effect(source, effect, names, forms, register)).collect();
        Some(Step {
            id: raw.id.get_ref().as_str().into(),
            name: raw.name.get_ref().clone(),
            from: ids(raw.from.get_ref()),
            to: raw.to.get_ref().as_str().into(),
            by: raw.by.get_ref().clone(),
            form: raw.form.as_ref().map(|form| form.get_ref().as_str().into()),
            opinion: raw.opinion,
            countersign: raw.countersign.clone(),
            once: raw.once,
            extends,
            letter: raw.letter.as_ref().map(|letter| letter.get_ref().as_str().into()),
            needs: ids(&raw.needs),
            effects,
            source: raw.source.clone(),
        })
    }

    fn effect(
        &mut self,
        source: &Source,
        raw: &toml::Spanned<RawEffect>,
        names: &Names,
        forms: &[Form],
        register: Option<&Register>,
    ) -> Option<Effect> {
        let span = raw.span();
        let of_register = matches!(
            raw.get_ref(),
            RawEffect::Create { .. } | RawEffect::Change { .. } | RawEffect::State { .. } | RawEffect::Prolong { .. }
        );
        if of_register && register.is_none() {
            self.report.at(source, &span, "这一步要改登记簿，而办理事项没有写明登记簿（register），或登记簿有误");
            return None;
        }
        Some(match raw.get_ref() {
            RawEffect::Create { fields } => {
                // A new entry is in force; what else must be filled comes from the case.
                if let Some(register) = register {
                    let state = register.state.0;
                    let missing = register.table.fields.iter().enumerate().filter(|(at, field)| {
                        *at != state && field.required == Required::Must && !fields.contains_key(&*field.id)
                    });
                    let missing: Vec<String> = missing.map(|(_, field)| format!("{} {}", field.id, field.name)).collect();
                    if !missing.is_empty() {
                        self.report.at(source, &span, format!("新登记的一条缺少必填的数据项：{}", missing.join("、")));
                    }
                }
                Effect::Create { fields: self.copied(source, &span, fields, names, register) }
            }
            RawEffect::Change { fields } => Effect::Change { fields: self.copied(source, &span, fields, names, register) },
            RawEffect::State { to, from, until } => {
                let used = register.map(|register| register.states.as_slice()).unwrap_or_default();
                if !used.iter().any(|state| **state == **to) {
                    self.unknown(source, &span, "登记簿用到的状态", to, used.iter().map(AsRef::as_ref));
                }
                for field in [from, until].into_iter().flatten() {
                    self.form_field(source, &span, field, names, forms, &|ty| *ty == Type::Date, "日期");
                }
                let id = |field: &Option<String>| field.as_deref().map(Into::into);
                Effect::State { to: to.as_str().into(), from: id(from), until: id(until) }
            }
            RawEffect::Prolong { field, unit, amount } => {
                self.register_date(source, &span, field, register);
                Effect::Prolong { field: field.as_str().into(), by: Term { amount: *amount, unit: *unit } }
            }
            RawEffect::Points { of, amount, rule } => {
                self.form_field(source, &span, amount, names, forms, &|ty| *ty == Type::INTEGER, "整数");
                self.form_field(source, &span, rule, names, forms, &Type::is_textual, "代码");
                Effect::Points { of: *of, amount: amount.as_str().into(), rule: rule.as_str().into() }
            }
            RawEffect::Open { procedure } => {
                if !self.procedure_ids.contains(procedure) {
                    let known = self.procedure_ids.clone();
                    self.unknown(source, &span, "办理事项", procedure, known.iter().map(String::as_str));
                }
                Effect::Open { procedure: procedure.as_str().into() }
            }
            RawEffect::Publish { unit, days, source: article } => {
                if article.trim().is_empty() {
                    self.report.at(source, &span, "“source”不能为空");
                }
                Effect::Publish { within: Term { amount: *days, unit: *unit }, source: article.clone() }
            }
        })
    }

    /// Register fields with the form fields they come from.
    fn copied(
        &mut self,
        source: &Source,
        span: &Range<usize>,
        fields: &BTreeMap<String, String>,
        names: &Names,
        register: Option<&Register>,
    ) -> Vec<(Arc<str>, Arc<str>)> {
        if fields.is_empty() {
            self.report.at(source, span, "没有写明改哪些数据项（fields）");
        }
        for (to, from) in fields {
            if let Some(register) = register
                && register.table.field(to).is_none()
            {
                let known: Vec<Arc<str>> = register.table.fields.iter().map(|field| Arc::clone(&field.id)).collect();
                self.unknown(source, span, "登记簿的数据项", to, known.iter().map(AsRef::as_ref));
            }
            if !names.fields.contains(from) {
                self.unknown(source, span, "表单的数据项", from, names.fields.iter().map(String::as_str));
            }
        }
        fields.iter().map(|(to, from)| (to.as_str().into(), from.as_str().into())).collect()
    }

    #[expect(clippy::too_many_arguments, reason = "what is looked up, where, and what it must be")]
    fn form_field(
        &mut self,
        source: &Source,
        span: &Range<usize>,
        id: &str,
        names: &Names,
        forms: &[Form],
        is: &dyn Fn(&Type) -> bool,
        what: &str,
    ) {
        let field = forms.iter().flat_map(|form| &form.fields).find(|field| &*field.id == id);
        match field {
            Some(field) if !is(&field.ty) => {
                self.report.at(source, span, format!("“{id}”是{}，应是{what}", field.ty.in_chinese()));
            }
            Some(_) => {}
            None => self.unknown(source, span, "表单的数据项", id, names.fields.iter().map(String::as_str)),
        }
    }

    fn register_date(&mut self, source: &Source, span: &Range<usize>, id: &str, register: Option<&Register>) {
        let Some(register) = register else {
            self.report.at(source, span, format!("“{id}”应是登记簿的日期，而办理事项没有写明登记簿（register），或登记簿有误"));
            return;
        };
        match register.table.field(id) {
            Some((_, field)) if field.ty == Type::Date => {}
            Some((_, field)) => {
                self.report.at(source, span, format!("“{id}”是{}，应是日期", field.ty.in_chinese()));
            }
            None => {
                let known: Vec<Arc<str>> = register.table.fields.iter().map(|field| Arc::clone(&field.id)).collect();
                self.unknown(source, span, "登记簿的数据项", id, known.iter().map(AsRef::as_ref));
            }
        }
    }

    /// What stands between braces in a letter is filled in by somebody.
    fn letter_words(&mut self, source: &Source, text: &Text, names: &Names) {
        for piece in text.get_ref().split('{').skip(1) {
            let Some((word, _)) = piece.split_once('}') else {
                self.report.at(source, &text.span(), "花括号没有配对");
                return;
            };
            match word.split_once(':') {
                Some(("deadline", id)) if names.clocks.contains(id) => {}
                Some(("field", id)) if names.fields.contains(id) => {}
                Some(("deadline", id)) => self.unknown(source, &text.span(), "期限", id, names.clocks.iter().map(String::as_str)),
                Some(("field", id)) => {
                    self.unknown(source, &text.span(), "表单的数据项", id, names.fields.iter().map(String::as_str));
                }
                None if PLACEHOLDERS.contains(&word) || word == "material_list" => {}
                _ => self.unknown(source, &text.span(), "占位", word, PLACEHOLDERS.into_iter()),
            }
        }
    }

    fn is_known(&mut self, source: &Source, text: &Text, what: &str, known: &BTreeSet<String>) {
        if !known.contains(text.get_ref()) {
            self.unknown(source, &text.span(), what, text.get_ref(), known.iter().map(String::as_str));
        }
    }

    /// Every state is reached from the first; one that is no end can be left, by whose turn it is, and
    /// leads to an end; an end cannot be left. A clock is stopped in some state that it runs in.
    fn ways(&mut self, source: &Source, raw: &RawProcedure, procedure: &Procedure) {
        let Some(first) = procedure.states.first() else { return };
        let place = |id: &str| {
            let state = raw.state.get_ref().iter().find(|state| state.id.get_ref() == id);
            state.map_or(0..0, |state| state.id.span())
        };
        let mut reached = BTreeSet::from([&*first.id]);
        let mut open = vec![&*first.id];
        while let Some(at) = open.pop() {
            for step in procedure.steps_from(at) {
                if reached.insert(&step.to) {
                    open.push(&step.to);
                }
            }
        }
        for state in &procedure.states {
            let name = &state.name;
            if !reached.contains(&*state.id) {
                self.report.at(source, &place(&state.id), format!("没有一步能到状态“{name}”"));
            }
            let mut steps = procedure.steps_from(&state.id).peekable();
            match state.turn {
                Turn::Ended(_) if steps.peek().is_some() => {
                    self.report.at(source, &place(&state.id), format!("状态“{name}”已经办结，不能再有步骤"));
                }
                Turn::Of(_) if steps.peek().is_none() => {
                    self.report.at(source, &place(&state.id), format!("状态“{name}”没有下一步，又不是办结"));
                }
                Turn::Of(owner) if !steps.any(|step| step.by.contains(&owner)) => {
                    let owner: Role = owner;
                    let message = format!("状态“{name}”轮到{}，却没有一步由其办理", owner.in_chinese());
                    self.report.at(source, &place(&state.id), message);
                }
                _ => {}
            }
        }
        // Backwards from the ends: what cannot reach one would stay open for ever.
        let ended = |state: &State| matches!(state.turn, Turn::Ended(_));
        let mut closing: BTreeSet<&str> = procedure.states.iter().filter(|state| ended(state)).map(|state| &*state.id).collect();
        loop {
            let more = procedure.steps.iter().filter(|step| closing.contains(&*step.to)).flat_map(|step| &step.from);
            let before = closing.len();
            let more: Vec<&str> = more.map(AsRef::as_ref).collect();
            closing.extend(more);
            if closing.len() == before {
                break;
            }
        }
        for state in procedure.states.iter().filter(|state| reached.contains(&*state.id) && !closing.contains(&*state.id)) {
            self.report.at(source, &place(&state.id), format!("从状态“{}”走不到办结", state.name));
        }
    }
}

fn ids(texts: &[Text]) -> Vec<Arc<str>> {
    texts.iter().map(|text| text.get_ref().as_str().into()).collect()
}
