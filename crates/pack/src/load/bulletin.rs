//! Bulletin kinds.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::diagnostic::Source;
use super::raw::{RawBulletin, Text};
use super::{Loader, Place, define, not_blank};
use crate::bulletin::BulletinKind;

impl Loader {
    pub(super) fn bulletins(&mut self, sources: &BTreeMap<String, Source>) {
        for source in sources.values() {
            if let Some(Place::Bulletin(id)) = Place::of(&source.path) {
                self.bulletin(source, id);
            }
        }
    }

    fn bulletin(&mut self, source: &Source, stem: &str) {
        let Some((raw, meta)) = define::<RawBulletin>(source, stem, &mut self.report) else { return };
        let texts = [
            ("title", &raw.title),
            ("issuer", &raw.issuer),
            ("mark", &raw.mark),
            ("main_to", &raw.main_to),
            ("printed_by", &raw.printed_by),
            ("opening", &raw.opening),
        ];
        for (key, text) in texts.into_iter().chain(raw.demands.iter().map(|text| ("demands", text))) {
            not_blank(text, key, source, &mut self.report);
            self.placeholders(source, text);
        }
        if raw.indicators.get_ref().is_empty() {
            self.report.at(source, &raw.indicators.span(), "通报没有核心指标（indicators）");
        }
        let mut indicators: Vec<Arc<str>> = Vec::new();
        for id in raw.indicators.get_ref() {
            let name: Arc<str> = id.get_ref().as_str().into();
            if !self.indicator_ids.contains(&*name) {
                let known = self.indicator_ids.clone();
                self.unknown(source, &id.span(), "指标", &name, known.iter().map(String::as_str));
            }
            if indicators.contains(&name) {
                self.report.at(source, &id.span(), format!("指标“{name}”重复"));
            }
            indicators.push(name);
        }
        let kind = BulletinKind {
            meta,
            title: raw.title.into_inner(),
            issuer: raw.issuer.into_inner(),
            mark: raw.mark.into_inner(),
            number_head: raw.number_head,
            main_to: raw.main_to.into_inner(),
            copy_to: raw.copy_to,
            printed_by: raw.printed_by.into_inner(),
            indicators,
            minimum_denominator: raw.minimum_denominator,
            answer_within: raw.answer_within,
            opening: raw.opening.into_inner(),
            demands: raw.demands.into_iter().map(Text::into_inner).collect(),
        };
        self.pack.bulletins.insert(Arc::clone(&kind.meta.id), Arc::new(kind));
    }

    /// A placeholder that nobody fills in would be printed.
    fn placeholders(&mut self, source: &Source, text: &Text) {
        let rest = text.get_ref().replace("{region}", "").replace("{period}", "");
        if rest.contains(['{', '}']) {
            self.report.help(source, &text.span(), "有不认识的占位", "可以写 {region}（地区名称）和 {period}（报告期）");
        }
    }
}
