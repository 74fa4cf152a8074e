//! Registers: a table, read as a dataset's, and what stands beside it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::diagnostic::Source;
use super::raw::Text;
use super::raw_procedure::{RawBeside, RawCalendar, RawRegister, RawTermValue};
use super::{Loader, Place, define, not_blank, read};
use crate::dataset::{Dataset, FieldIx};
use crate::register::{DatedTerm, Reference, Register, STATES};
use crate::term::{Calendar, Term, Unit};
use crate::types::Type;

impl Loader {
    pub(super) fn registers(&mut self, sources: &BTreeMap<String, Source>) {
        for source in sources.values() {
            if let Some(Place::Register(id)) = Place::of(&source.path)
                && let Some((raw, meta)) = define::<RawRegister>(source, id, &mut self.report)
            {
                let (raw, beside) = raw.table();
                if let Some(table) = self.assembled(source, &raw, meta, sources) {
                    self.beside(source, &beside, Arc::new(table));
                }
            }
        }
    }

    fn beside(&mut self, source: &Source, raw: &RawBeside, table: Arc<Dataset>) {
        let names: HashMap<&str, FieldIx> =
            table.fields.iter().enumerate().map(|(at, field)| (&*field.id, FieldIx(at))).collect();
        let called = self.field(source, &names, &raw.called);
        let institution = raw.institution.as_ref().and_then(|of| self.field(source, &names, of));
        let state = self.field(source, &names, &raw.state);
        let to = raw.to.as_ref().and_then(|to| self.field(source, &names, to));
        let is = |ix: Option<FieldIx>, test: &dyn Fn(&Type) -> bool| {
            ix.and_then(|ix| table.fields.get(ix.0)).is_none_or(|field| test(&field.ty))
        };
        if !is(state, &|ty| matches!(ty, Type::Code(list) if &**list == STATES)) {
            self.report.at(source, &raw.state.span(), format!("登记状态（state）应是 code({STATES}) 的数据项"));
        }
        if let Some(text) = &raw.to
            && !is(to, &|ty| *ty == Type::Date)
        {
            self.report.at(source, &text.span(), "有效期的最后一日（to）应是日期");
        }
        if raw.states.get_ref().is_empty() {
            self.report.at(source, &raw.states.span(), "没有写明用到哪些状态（states）");
        }
        let known: Option<BTreeSet<String>> = self
            .pack
            .codelists
            .get(STATES)
            .map(|list| list.entries.iter().map(|entry| entry.code.clone()).collect());
        let mut states: Vec<Arc<str>> = Vec::new();
        for text in raw.states.get_ref() {
            let word = text.get_ref().as_str();
            if let Some(known) = known.as_ref().filter(|known| !known.contains(word)) {
                self.unknown(source, &text.span(), "登记状态", word, known.iter().map(String::as_str));
            }
            states.push(word.into());
        }
        if let Some(kept_by) = &raw.kept_by {
            not_blank(kept_by, "kept_by", source, &mut self.report);
        }
        let validity = match &raw.validity {
            Some(term) => self.terms(source, term.unit, &term.values),
            None => Vec::new(),
        };
        if raw.validity.is_some() && raw.to.is_none() {
            self.report.at(source, &raw.state.span(), "写明了有效期（validity），要指明有效期最后一日的数据项（to）");
        }
        let mut refers = Vec::new();
        for raw in &raw.refers {
            let field = self.field(source, &names, &raw.field);
            self.known_register(source, &raw.register);
            refers.extend(field.map(|field| Reference { field, register: raw.register.get_ref().as_str().into() }));
        }
        let (Some(called), Some(state)) = (called, state) else { return };
        let id = Arc::clone(&table.meta.id);
        let kept_by = raw.kept_by.as_ref().map(|text| text.get_ref().clone());
        let register = Register { table, entry: raw.entry, kept_by, called, institution, state, states, to, validity, refers };
        self.pack.registers.insert(id, Arc::new(register));
    }

    /// Says so when no register has the id.
    pub(super) fn known_register(&mut self, source: &Source, id: &Text) {
        if !self.register_ids.contains(id.get_ref()) {
            let known = self.register_ids.clone();
            self.unknown(source, &id.span(), "登记簿", id.get_ref(), known.iter().map(String::as_str));
        }
    }

    /// Dated times, the oldest first.
    pub(super) fn terms(&mut self, source: &Source, unit: Unit, raw: &toml::Spanned<Vec<RawTermValue>>) -> Vec<DatedTerm> {
        if raw.get_ref().is_empty() {
            self.report.at(source, &raw.span(), "没有期限（values）");
        }
        let mut terms: Vec<DatedTerm> = Vec::new();
        for value in raw.get_ref() {
            not_blank(&value.source, "source", source, &mut self.report);
            if *value.amount.get_ref() == 0 {
                self.report.at(source, &value.amount.span(), "期限应大于0");
            }
            let Some(from) = self.date(source, &value.from) else { continue };
            if terms.last().is_some_and(|before| before.from >= from) {
                self.report.at(source, &value.from.span(), "各值的起始日期（from）应由早到晚，不得重复");
            }
            let term = Term { amount: *value.amount.get_ref(), unit };
            terms.push(DatedTerm { from, term, source: value.source.get_ref().clone() });
        }
        terms
    }

    /// The calendar: the days off and the weekend days worked on, year by year.
    pub(super) fn calendar(&mut self, sources: &BTreeMap<String, Source>) {
        let Some(source) = sources.values().find(|source| Place::of(&source.path) == Some(Place::Calendar)) else { return };
        let Some(raw) = read::<RawCalendar>(source, &mut self.report) else { return };
        let (mut years, mut off, mut on) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for year in raw.year {
            not_blank(&year.source, "source", source, &mut self.report);
            if !years.insert(*year.year.get_ref()) {
                self.report.at(source, &year.year.span(), format!("{}年重复", year.year.get_ref()));
            }
            for (days, all) in [(&year.off, &mut off), (&year.on, &mut on)] {
                for text in days {
                    use chrono::Datelike;
                    let Some(day) = self.date(source, text) else { continue };
                    if day.year() != *year.year.get_ref() {
                        self.report.at(source, &text.span(), format!("这一天不在{}年", year.year.get_ref()));
                    }
                    if !all.insert(day) {
                        self.report.at(source, &text.span(), "日期重复");
                    }
                }
            }
        }
        for day in off.intersection(&on) {
            self.report.file(source, format!("{day} 既放假又上班"));
        }
        self.pack.calendar = Calendar::new(years, off, on);
    }
}
