//! Layers: the files of several packs laid over each other, overrides of single keys, and
//! definitions that have ended. ADR 17 says why it is so.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::Deserialize;
use toml::Spanned;

use super::diagnostic::{Report, Source};
use super::raw::{Date, RawDue, RawRetired, Text};
use super::raw_layer::{RawDatedOverride, RawDueOverride};
use super::{Layer, Loader, Meta, Place, Status, define, not_blank, parse_value, read_pack};
use crate::Pack;
use crate::dataset::{Due, DueChange};
use crate::expr::did_you_mean;
use crate::kind::{Kind, Retired};
use crate::parameter::Dated;
use crate::types::Type;

/// The files in force, by what is to be made of them.
#[derive(Default)]
pub(super) struct Stack {
    /// Definitions and test cases by path.
    pub sources: BTreeMap<String, Source>,
    /// Overrides by the path of the definition they change, the lowest layer first.
    pub overrides: BTreeMap<String, Vec<Source>>,
    /// `named.toml` of every layer.
    pub named: Vec<Source>,
    /// `CHANGELOG.toml` by index of the layer.
    pub changelogs: BTreeMap<usize, Source>,
    /// Definitions that have ended, by path.
    pub ended: BTreeMap<String, Source>,
}

/// What a file says of its place among the layers.
#[derive(Deserialize)]
struct Peek {
    status: Option<Spanned<Status>>,
    replaces: Option<Text>,
}

impl Peek {
    /// Of a file that is no TOML nothing: its own reading says so.
    fn of(source: &Source) -> Self {
        toml::from_str(&source.text).unwrap_or(Self { status: None, replaces: None })
    }

    /// The place of `status`, where it says that the definition has ended.
    fn ended(&self) -> Option<Range<usize>> {
        self.status.as_ref().filter(|status| *status.get_ref() == Status::Retired).map(Spanned::span)
    }
}

impl Stack {
    /// Lays the layers over each other, the lowest first.
    pub fn of(layers: &[Layer], pack: &mut Pack, report: &mut Report) -> Self {
        let mut stack = Self::default();
        for (number, layer) in layers.iter().enumerate() {
            let mut overrides = Vec::new();
            let mut head = false;
            for (path, text) in layer.files.iter().filter(|(path, _)| path.ends_with(".toml")) {
                let file = format!("{}/{path}", layer.name);
                let source = Source { file, path: path.clone(), text: text.clone(), layer: number };
                match Place::of(path) {
                    Some(Place::Pack) => {
                        head = true;
                        read_pack(&source, pack, report);
                    }
                    Some(Place::Changelog) => {
                        stack.changelogs.insert(number, source);
                    }
                    Some(Place::Named) => stack.named.push(source),
                    Some(Place::Override { .. }) => overrides.push(source),
                    Some(_) => stack.lay(source, report),
                    None if path.ends_with(".override.toml") => report.file(
                        &source,
                        "这里没有可以逐项覆盖的定义：可以覆盖指标、参数、预警规则、校验规则和数据集（datasets/<编号>/dataset.override.toml）",
                    ),
                    None => report.file(
                        &source,
                        "这个位置不放定义文件：应在 codelists/、parameters/、indicators/、alerts/、plans/、bulletins/ 或 datasets/<编号>/ 下",
                    ),
                }
            }
            if !head {
                let file = format!("{}/pack.toml", layer.name);
                let source = Source { file, path: String::new(), text: String::new(), layer: number };
                report.file(&source, "缺少 pack.toml(写明 id、version、name、purpose)");
            }
            for source in overrides {
                stack.lay_over(source, report);
            }
        }
        let ended = stack.sources.iter().filter(|(_, source)| source.text.contains("retired") && Peek::of(source).ended().is_some());
        let ended: Vec<String> = ended.map(|(path, _)| path.clone()).collect();
        for path in ended {
            if let Some(source) = stack.sources.remove(&path) {
                stack.ended.insert(path, source);
            }
        }
        stack
    }

    /// A file of a layer: what a lower layer has at the same path is replaced whole.
    fn lay(&mut self, source: Source, report: &mut Report) {
        let below = self.sources.get(&source.path);
        let tests = matches!(
            Place::of(&source.path),
            Some(Place::CheckTests { .. } | Place::IndicatorTests(_) | Place::AlertTests(_))
        );
        if !tests {
            let own = if below.is_some() || source.text.contains("replaces") { Some(Peek::of(&source)) } else { None };
            match (below, own) {
                (Some(below), Some(own)) => {
                    if !may_replace(&source, below, &own, report) {
                        return;
                    }
                }
                (None, Some(Peek { replaces: Some(text), .. })) => {
                    report.help(&source, &text.span(), "下层的包中没有同一路径的定义，没有可替换的", "删去 replaces");
                }
                _ => {}
            }
        }
        // What changed the replaced file has nothing to change any more.
        self.overrides.remove(&source.path);
        self.sources.insert(source.path.clone(), source);
    }

    /// An override of a layer.
    fn lay_over(&mut self, source: Source, report: &mut Report) {
        let Some(Place::Override { folder, stem }) = Place::of(&source.path) else { return };
        let path = format!("{folder}{stem}.toml");
        match self.sources.get(&path) {
            None => {
                let known = self.sources.keys().filter_map(|path| path.strip_prefix(folder)?.strip_suffix(".toml"));
                let known = known.filter(|stem| !stem.contains(['/', '.']));
                let help = did_you_mean(stem, known);
                let place = source.place(0);
                report.push(&source, place, format!("下层的包中没有 {path}，没有可覆盖的定义"), help);
            }
            Some(below) if Peek::of(below).ended().is_some() => {
                report.file(&source, format!("{} 已停用，没有可覆盖的", below.file));
            }
            Some(below) if below.layer == source.layer => {
                report.file(&source, format!("覆盖文件只改下层包的定义；{path} 就在本包内，请直接修改"));
            }
            Some(_) => self.overrides.entry(path).or_default().push(source),
        }
    }
}

/// Whether a file may take the place of a lower layer's; what is wrong with it is said.
fn may_replace(source: &Source, below: &Source, own: &Peek, report: &mut Report) -> bool {
    let of_below = Peek::of(below);
    if of_below.ended().is_some() {
        report.file(source, format!("编号已由 {} 停用，不得再用：请用新的编号", below.file));
        return false;
    }
    if let Some(span) = own.ended() {
        let help = "不用它时写覆盖文件：status = \"draft\"，并在 limits 中说明原因";
        report.help(source, &span, format!("{} 的编号只能由它自己的包停用", below.file), help);
        return false;
    }
    // A draft waits for what a region has to supply.
    if of_below.status.is_some_and(|status| *status.get_ref() == Status::Draft) {
        return true;
    }
    match &own.replaces {
        None => {
            let path = source.path.replace(".toml", ".override.toml");
            let instead = match Place::of(&path) {
                Some(Place::Override { .. }) => {
                    format!("只改目标值、期限、参数值、级别或状态的，改写成 {path}；算法不同的用新编号；")
                }
                _ => String::new(),
            };
            let help = format!("{instead}确要整份替换，写 replaces = \"原因\"");
            report.push(source, source.place(0), format!("这个文件整份替换了 {}", below.file), Some(help));
        }
        Some(why) => not_blank(why, "replaces", source, report),
    }
    true
}

/// The head that every override carries.
pub(super) struct OverrideHead<'a> {
    pub id: &'a Text,
    /// The document behind the keys that carry no document themselves.
    pub source: Option<&'a Text>,
    pub limits: Option<&'a Text>,
    pub status: Option<&'a Spanned<Status>>,
    /// Whether it changes other keys that carry no document themselves.
    pub undated: bool,
}

/// An override file (`<id>.override.toml`): only the keys that it changes.
pub(super) trait Override: serde::de::DeserializeOwned {
    /// The keys that may be changed.
    const KEYS: &'static [&'static str];
    fn head(&self) -> OverrideHead<'_>;
}

impl Loader {
    /// The overrides of a definition, the lowest layer first. What they say of its life and its
    /// limits is put into `meta`.
    pub(super) fn overrides<T: Override>(&mut self, source: &Source, meta: &mut Meta) -> Vec<(Source, T)> {
        let mut overrides = Vec::new();
        for over in self.overrides.get(&source.path).cloned().unwrap_or_default() {
            let own = match toml::from_str::<T>(&over.text) {
                Ok(own) => own,
                Err(error) => {
                    self.report.overriding(&over, &error, T::KEYS);
                    continue;
                }
            };
            let head = own.head();
            if **head.id.get_ref() != *meta.id {
                let message = format!("编号“{}”应与被覆盖的定义一致：{}", head.id.get_ref(), meta.id);
                self.report.at(&over, &head.id.span(), message);
            }
            match head.source {
                Some(text) => not_blank(text, "source", &over, &mut self.report),
                None if head.undated || head.status.is_some() => self.report.help(
                    &over,
                    &head.id.span(),
                    "缺少“source”",
                    "写明改动所依据的文件，如 source = \"《……》（……〔2025〕1号）\"",
                ),
                None => {}
            }
            if let Some(text) = head.limits {
                not_blank(text, "limits", &over, &mut self.report);
                meta.limits = text.get_ref().clone();
            }
            if let Some(status) = head.status {
                match status.get_ref() {
                    Status::Retired => self.report.help(
                        &over,
                        &status.span(),
                        "编号只能由定义它的包停用",
                        "本地不用时写 status = \"draft\"，并在 limits 中说明原因",
                    ),
                    Status::Draft if head.limits.is_none() => {
                        self.report.at(&over, &status.span(), "改为草稿（draft）要在 limits 中写明原因");
                    }
                    status => meta.status = *status,
                }
            }
            overrides.push((over, own));
        }
        overrides
    }

    /// Names the overrides at what has been found wrong since `before` in a definition that has some.
    pub(super) fn blame<T>(&mut self, before: usize, overrides: &[(Source, T)]) {
        let Some((over, _)) = overrides.last() else { return };
        for diagnostic in self.report.diagnostics.iter_mut().skip(before).filter(|one| one.file != over.file) {
            let also = format!("定义被 {} 改过，请一并核对", over.file);
            diagnostic.help = Some(diagnostic.help.take().map_or(also.clone(), |help| format!("{help}；{also}")));
        }
    }

    /// A parameter's values with what a later layer sets: it holds from its day to its last, or
    /// until that layer's next, and what held before comes back after it.
    pub(super) fn values_over(&mut self, source: &Source, ty: &Type, changes: &[RawDatedOverride], values: &mut Vec<Dated>) {
        let mut last: Option<NaiveDate> = None;
        for change in changes {
            let dated = self.dated(source, ty, &change.from, &change.value, &change.source);
            let to = match &change.to {
                Some(to) => self.date(source, to).map(Some),
                None => Some(None),
            };
            let (Some(dated), Some(to)) = (dated, to) else { continue };
            if last.is_some_and(|last| last >= dated.from) {
                self.report.at(source, &change.from.span(), "各值的起始日期（from）应由早到晚，不得重复");
            }
            if let (Some(day), Some(text)) = (to, &change.to)
                && day < dated.from
            {
                self.report.at(source, &text.span(), "to 早于 from");
            }
            last = Some(dated.from);
            let after = to.and_then(|to| to.succ_opt());
            let back = after.and_then(|day| {
                let held = values.iter().rev().find(|held| held.from <= day)?;
                Some(Dated { from: day, ..held.clone() })
            });
            values.retain(|held| held.from < dated.from || after.is_some_and(|after| held.from > after));
            values.push(dated);
            values.extend(back);
            values.sort_by_key(|held| held.from);
        }
    }

    /// What later layers make of who must submit, and until when.
    pub(super) fn due_over(&mut self, source: &Source, changes: &[Spanned<RawDueOverride>], due: &mut Due) {
        for change in changes {
            let span = change.span();
            let change = change.get_ref();
            not_blank(&change.source, "source", source, &mut self.report);
            let Some(from) = self.date(source, &change.from) else { continue };
            if due.changes.last().is_some_and(|last| last.layer == source.layer && last.from >= from) {
                self.report.at(source, &change.from.span(), "各项的起始日期（from）应由早到晚，不得重复");
            }
            // A higher layer's word holds from its day on.
            due.changes.retain(|held| held.from < from);
            let held = due.newest().clone();
            let raw = RawDue {
                voluntary: change.voluntary.unwrap_or(held.voluntary),
                min_beds: change.min_beds.unwrap_or(held.min_beds),
                classes: change.classes.clone().unwrap_or_default(),
                levels: change.levels.clone().unwrap_or_default(),
                days: change.days.unwrap_or(held.days),
            };
            let mut own = self.due(source, &raw);
            if change.classes.is_none() {
                own.classes = held.classes;
            }
            if change.levels.is_none() {
                own.levels = held.levels;
            }
            let own = Due { changes: Vec::new(), ..own };
            if own == (Due { changes: Vec::new(), ..due.newest().clone() }) {
                self.report.help(source, &span, "没有改动应报范围和期限", "写明要改的：voluntary、min_beds、classes、levels、days");
            }
            due.changes.push(DueChange { from, due: own, source: change.source.get_ref().clone(), layer: source.layer });
        }
    }

    /// A value from a day on.
    pub(super) fn dated(&mut self, source: &Source, ty: &Type, from: &Date, value: &Text, document: &Text) -> Option<Dated> {
        not_blank(document, "source", source, &mut self.report);
        let from = self.date(source, from);
        let parsed = parse_value(value.get_ref(), ty);
        if parsed.is_none() {
            self.report.at(source, &value.span(), format!("“{}”不是{}", value.get_ref(), ty.in_chinese()));
        }
        Some(Dated { from: from?, value: parsed?, source: document.get_ref().clone() })
    }

    /// Definitions that have ended.
    pub(super) fn ended(&mut self, ended: &BTreeMap<String, Source>, known: &BTreeSet<(Kind, String)>) {
        let mut successors = Vec::new();
        for source in ended.values() {
            let Some((kind, stem)) = Place::of(&source.path).and_then(|place| place.definition()) else { continue };
            let Some((raw, meta)) = define::<RawRetired>(source, stem, &mut self.report) else { continue };
            let Some(on) = self.date(source, &raw.retired_on) else { continue };
            if known.contains(&(kind, stem.to_owned())) {
                self.report.file(source, "停用的编号又用在另一个文件里：请给那里一个新的编号");
            }
            let successor = raw.successor.as_ref().map(|text| text.get_ref().as_str().into());
            successors.extend(raw.successor.map(|text| (source, kind, Arc::clone(&meta.id), text)));
            self.pack.retired.insert((kind, Arc::clone(&meta.id)), Retired { kind, on, successor, meta });
        }
        for (source, kind, own, text) in successors {
            let id = text.get_ref().as_str();
            if *own == *id {
                self.report.at(source, &text.span(), "代替的定义（successor）不能是自己");
            } else if !known.contains(&(kind, id.to_owned())) {
                let known = known.iter().filter(|(of, _)| *of == kind).map(|(_, id)| id.as_str());
                self.unknown(source, &text.span(), kind.in_chinese(), id, known);
            }
        }
    }

    /// That a word names a definition that has ended: the diagnostic's message and what to write.
    pub(super) fn ended_in_words(&self, what: &str, word: &str) -> Option<(String, Option<String>)> {
        let retired = self.pack.retired.values().find(|of| of.kind.in_chinese() == what && *of.meta.id == *word)?;
        let help = retired.successor.as_ref().map(|id| format!("改用“{id}”"));
        Some((format!("{what}“{word}”{}", retired.in_words()), help))
    }
}

/// A definition in force as it is written, overrides laid over it.
pub(crate) struct Effective {
    /// Its keys. Rows that a later layer adds carry its number as `layer`; those of `due` stand under
    /// `due_changes`; a dataset's layouts under `layouts`.
    pub table: toml::Table,
    /// The documents of keys that an override set, by key.
    pub documents: BTreeMap<String, String>,
    /// The text of the test cases beside it.
    pub tests: Option<String>,
    /// Its text.
    pub text: String,
    /// Whether it has ended.
    pub ended: bool,
    /// Whether it is an indicator known by name only.
    pub by_name: bool,
}

/// The definitions of layers that load, by kind and id.
pub(crate) fn effective(layers: &[Layer]) -> BTreeMap<(Kind, String), Effective> {
    let stack = Stack::of(layers, &mut Pack::default(), &mut Report::default());
    let mut all = BTreeMap::new();
    let mut layouts: BTreeMap<String, toml::Table> = BTreeMap::new();
    let files = stack.sources.iter().map(|file| (file, false)).chain(stack.ended.iter().map(|file| (file, true)));
    for ((path, source), ended) in files {
        let Ok(table) = toml::from_str::<toml::Table>(&source.text) else { continue };
        match Place::of(path) {
            Some(Place::Layout { dataset, id }) => {
                layouts.entry(dataset.to_owned()).or_default().insert(id.to_owned(), toml::Value::Table(table));
            }
            Some(place) => {
                let Some((kind, id)) = place.definition() else { continue };
                let tests = path.strip_suffix(".toml").and_then(|stem| stack.sources.get(&format!("{stem}.test.toml")));
                let mut of = Effective {
                    table,
                    documents: BTreeMap::new(),
                    tests: tests.map(|tests| tests.text.clone()),
                    text: source.text.clone(),
                    ended,
                    by_name: false,
                };
                for over in stack.overrides.get(path).into_iter().flatten() {
                    of.lay_over(over);
                }
                all.insert((kind, id.to_owned()), of);
            }
            None => {}
        }
    }
    for (dataset, layouts) in layouts {
        if let Some(of) = all.get_mut(&(Kind::Dataset, dataset)) {
            of.table.insert("layouts".to_owned(), toml::Value::Table(layouts));
        }
    }
    for source in &stack.named {
        let Ok(table) = toml::from_str::<toml::Table>(&source.text) else { continue };
        let rows = table.get("indicator").and_then(toml::Value::as_array).into_iter().flatten();
        for table in rows.filter_map(toml::Value::as_table) {
            let Some(id) = table.get("id").and_then(toml::Value::as_str) else { continue };
            let of = Effective {
                table: table.clone(),
                documents: BTreeMap::new(),
                tests: None,
                text: String::new(),
                ended: false,
                by_name: true,
            };
            all.insert((Kind::Indicator, id.to_owned()), of);
        }
    }
    all
}

impl Effective {
    fn lay_over(&mut self, over: &Source) {
        let Ok(mut own) = toml::from_str::<toml::Table>(&over.text) else { return };
        let document = own.remove("source").and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default();
        own.remove("id");
        let layer = toml::Value::Integer(i64::try_from(over.layer).unwrap_or(i64::MAX));
        for (key, value) in own {
            match (key.as_str(), value) {
                ("target" | "values" | "due", toml::Value::Array(mut rows)) => {
                    for row in rows.iter_mut().filter_map(toml::Value::as_table_mut) {
                        row.insert("layer".to_owned(), layer.clone());
                    }
                    // What the lowest layer says of `due` is one table: the rows stand beside it.
                    let key = if key == "due" { "due_changes".to_owned() } else { key };
                    let held = self.table.entry(key).or_insert_with(|| toml::Value::Array(Vec::new()));
                    if let Some(held) = held.as_array_mut() {
                        held.extend(rows);
                    }
                }
                (_, value) => {
                    self.documents.insert(key.clone(), document.clone());
                    self.table.insert(key, value);
                }
            }
        }
    }
}
