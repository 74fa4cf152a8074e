//! Changelogs: what the versions of a pack changed.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::diagnostic::Source;
use super::raw_layer::{RawChange, RawChangelog};
use super::{Loader, not_blank, read};
use crate::Edition;
use crate::changelog::{Change, Periods, Release};
use crate::kind::Kind;

impl Loader {
    /// Reads the changelog of a layer. Its newest version is the pack's; only what is not released
    /// may stand above it; every id that it names is known.
    pub(super) fn changelog(&mut self, source: &Source, layer: usize, known: &BTreeSet<(Kind, String)>) {
        let Some(raw) = read::<RawChangelog>(source, &mut self.report) else { return };
        let Some(Edition { id: pack, version, .. }) = self.pack.layers.get(layer).cloned() else { return };
        let mut ids: BTreeSet<String> = known.iter().map(|(_, id)| id.clone()).collect();
        ids.extend(self.pack.named.keys().map(ToString::to_string));
        ids.extend(self.pack.retired.keys().map(|(_, id)| id.to_string()));

        let released = raw.release.iter().find(|release| release.version.get_ref() != Release::UNRELEASED);
        if released.is_none_or(|release| *release.version.get_ref() != version) {
            let message = format!("没有本版本（{version}）的更新记录：发布过的版本由新到旧，第一个应是它");
            match released {
                Some(release) => self.report.at(source, &release.version.span(), message),
                None => self.report.file(source, message),
            }
        }
        let mut newer: Option<NaiveDate> = None;
        for (at, release) in raw.release.into_iter().enumerate() {
            let unreleased = release.version.get_ref() == Release::UNRELEASED;
            let span = release.version.span();
            let date = match &release.date {
                Some(date) => self.date(source, date),
                None => None,
            };
            match (&release.date, unreleased) {
                (Some(date), true) => self.report.at(source, &date.span(), "还没有发布的版本不写 date"),
                (None, false) => self.report.at(source, &span, "发布过的版本要写 date(发布日期)"),
                _ => {}
            }
            if unreleased && at > 0 {
                self.report.at(source, &span, "unreleased 应排在最前");
            }
            if let (Some(newer), Some(date)) = (newer, date)
                && date > newer
            {
                self.report.at(source, &span, "各版本应由新到旧");
            }
            newer = date.or(newer);
            let changes = release.change.into_iter().filter_map(|change| self.changed(source, change, &ids)).collect();
            self.pack.changelog.push(Release { pack: pack.clone(), version: release.version.into_inner(), date, changes });
        }
    }

    fn changed(&mut self, source: &Source, raw: RawChange, known: &BTreeSet<String>) -> Option<Change> {
        not_blank(&raw.what, "what", source, &mut self.report);
        if raw.ids.get_ref().is_empty() {
            self.report.at(source, &raw.ids.span(), "ids 至少要有一个编号");
        }
        for id in raw.ids.get_ref() {
            let found = match id.get_ref().strip_suffix('*') {
                Some(start) => known.iter().any(|known| known.starts_with(start)),
                None => known.contains(id.get_ref()),
            };
            if !found {
                self.unknown(source, &id.span(), "定义", id.get_ref(), known.iter().map(String::as_str));
            }
        }
        let date = |loader: &mut Self, date: &Option<super::raw::Date>| match date {
            Some(date) => loader.date(source, date).map(Some),
            None => Some(None),
        };
        let (from, to) = (date(self, &raw.from)?, date(self, &raw.to)?);
        let periods = match (raw.periods.as_ref().map(|text| text.get_ref().as_str()), from, to) {
            (Some("all"), None, None) => Periods::All,
            (Some("none"), None, None) => Periods::None,
            (Some("later"), None, None) => Periods::Later,
            (None, Some(from), to) if to.is_none_or(|to| from <= to) => Periods::From(from, to),
            _ => {
                self.report.help(
                    source,
                    &raw.what.span(),
                    "没有写明影响哪些报告期的值",
                    "写 periods = \"all\"(全部)、\"none\"(不影响)、\"later\"(此后报送的)之一，或者 from = 起始日期（可加 to）",
                );
                return None;
            }
        };
        if raw.recompute && periods == Periods::None {
            self.report.at(source, &raw.what.span(), "不影响任何报告期的改动不需要重新计算（recompute = false）");
        }
        Some(Change {
            ids: raw.ids.into_inner().into_iter().map(toml::Spanned::into_inner).collect(),
            what: raw.what.into_inner(),
            periods,
            recompute: raw.recompute,
        })
    }
}
