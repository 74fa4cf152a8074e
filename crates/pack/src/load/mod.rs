//! From the texts of a pack's files to a [`Pack`], or diagnostics with file, line and column.
//!
//! A pack is a folder; its paths say what a file is:
//!
//! ```text
//! pack.toml
//! codelists/<id>.toml
//! parameters/<id>.toml
//! datasets/<id>/dataset.toml
//! datasets/<id>/layouts/<id>.toml
//! datasets/<id>/checks/<id>.toml        <id>.test.toml beside it
//! indicators/<id>.toml                  <id>.test.toml beside it
//! alerts/<id>.toml                      <id>.test.toml beside it
//! plans/<id>.toml
//! named.toml                            national indicators known by name only
//! CHANGELOG.toml
//! bulletins/<id>.toml
//! ```
//!
//! A later layer adds files, and changes single keys of an earlier one's definition by
//! `<id>.override.toml` beside where it would stand. Only a draft's file, or one for a reason that it
//! states (`replaces`), is replaced whole (ADR 17). Files that are not TOML are no part of the pack.

mod alert;
mod bulletin;
mod changelog;
mod check;
mod dataset;
mod diagnostic;
mod indicator;
mod layer;
mod layout;
mod link;
mod plan;
mod procedure;
mod raw;
mod raw_layer;
mod raw_procedure;
mod register;
mod tests;
mod unit;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use chrono::NaiveDate;
use sm3::{Digest as _, Sm3};

use crate::{Edition, Pack};
use crate::codelist::{CodeList, Entry};
use crate::expr::did_you_mean;
use crate::kind::Kind;
use crate::parameter::{Dated, Parameter};
use crate::types::{Type, Value, parse_decimal};

pub use diagnostic::Diagnostic;
pub(crate) use layer::{Effective, effective};
use diagnostic::{Report, Source};
use layer::Stack;
use raw::Definition;

/// The head that every definition carries.
#[derive(Debug, Clone)]
pub struct Meta {
    /// Id, never reused; the file's stem.
    pub id: Arc<str>,
    /// Chinese name.
    pub name: String,
    /// Where it is in its life.
    pub status: Status,
    /// What it is for.
    pub purpose: String,
    /// The document it stands on.
    pub legal_basis: String,
    /// What it cannot show, and why a draft is a draft.
    pub limits: String,
    /// An example in words.
    pub example: String,
    /// The file it stands in, within its pack.
    pub file: String,
}

/// Life of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Present with what it waits for; never runs.
    Draft,
    /// Runs, its results marked as trial.
    Trial,
    /// Runs.
    Active,
    /// Ended; the id stays known.
    Retired,
}

impl Status {
    /// Whether it is evaluated.
    pub fn runs(self) -> bool {
        matches!(self, Self::Trial | Self::Active)
    }
}

/// The files of one pack folder.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// As diagnostics name the folder, such as `packs/national`.
    pub name: String,
    /// Path within the folder, parted by `/`, and text of each file.
    pub files: Vec<(String, String)>,
}

/// What a file is, by its path.
#[derive(Debug, PartialEq, Eq)]
enum Place<'a> {
    Pack,
    CodeList(&'a str),
    Parameter(&'a str),
    Dataset(&'a str),
    Layout { dataset: &'a str, id: &'a str },
    Check { dataset: &'a str, id: &'a str },
    CheckTests { dataset: &'a str, id: &'a str },
    Indicator(&'a str),
    Named,
    IndicatorTests(&'a str),
    Alert(&'a str),
    AlertTests(&'a str),
    Plan(&'a str),
    Changelog,
    /// What a later layer changes of the definition `<folder><stem>.toml`.
    Override { folder: &'a str, stem: &'a str },
    Bulletin(&'a str),
    Register(&'a str),
    Procedure(&'a str),
    Calendar,
}

impl<'a> Place<'a> {
    fn of(path: &'a str) -> Option<Self> {
        if let Some(base) = path.strip_suffix(".override.toml") {
            let at = base.rfind('/')?;
            let (folder, stem) = (base.get(..=at)?, base.get(at + 1..)?);
            let known = match *folder.split('/').collect::<Vec<_>>().as_slice() {
                ["parameters" | "alerts" | "indicators", ""] | ["datasets", _, "checks", ""] => !stem.contains('.'),
                ["datasets", _, ""] => stem == "dataset",
                _ => false,
            };
            return known.then_some(Self::Override { folder, stem });
        }
        let stem = |file: &'a str| file.strip_suffix(".toml").filter(|stem| !stem.contains('.'));
        let tests = |file: &'a str| file.strip_suffix(".test.toml").filter(|stem| !stem.contains('.'));
        match *path.split('/').collect::<Vec<_>>().as_slice() {
            ["pack.toml"] => Some(Self::Pack),
            ["CHANGELOG.toml"] => Some(Self::Changelog),
            ["codelists", file] => stem(file).map(Self::CodeList),
            ["parameters", file] => stem(file).map(Self::Parameter),
            ["alerts", file] => match tests(file) {
                Some(id) => Some(Self::AlertTests(id)),
                None => stem(file).map(Self::Alert),
            },
            ["named.toml"] => Some(Self::Named),
            ["plans", file] => stem(file).map(Self::Plan),
            ["bulletins", file] => stem(file).map(Self::Bulletin),
            ["calendar.toml"] => Some(Self::Calendar),
            ["procedures", file] => stem(file).map(Self::Procedure),
            ["registers", id, "register.toml"] => Some(Self::Register(id)),
            ["datasets", id, "dataset.toml"] => Some(Self::Dataset(id)),
            ["datasets" | "registers", dataset, "layouts", file] => stem(file).map(|id| Self::Layout { dataset, id }),
            ["datasets" | "registers", dataset, "checks", file] => match tests(file) {
                Some(id) => Some(Self::CheckTests { dataset, id }),
                None => stem(file).map(|id| Self::Check { dataset, id }),
            },
            ["indicators", file] => match tests(file) {
                Some(id) => Some(Self::IndicatorTests(id)),
                None => stem(file).map(Self::Indicator),
            },
            _ => None,
        }
    }

    /// Kind and id of the definition that stands in the file.
    fn definition(self) -> Option<(Kind, &'a str)> {
        match self {
            Self::CodeList(id) => Some((Kind::CodeList, id)),
            Self::Parameter(id) => Some((Kind::Parameter, id)),
            Self::Dataset(id) => Some((Kind::Dataset, id)),
            Self::Check { id, .. } => Some((Kind::Check, id)),
            Self::Indicator(id) => Some((Kind::Indicator, id)),
            Self::Alert(id) => Some((Kind::Alert, id)),
            Self::Plan(id) => Some((Kind::Plan, id)),
            Self::Bulletin(id) => Some((Kind::Bulletin, id)),
            Self::Register(id) => Some((Kind::Register, id)),
            Self::Procedure(id) => Some((Kind::Procedure, id)),
            _ => None,
        }
    }

    /// Whether the file says what is computed, and so belongs to the fingerprint. A plan says what
    /// is wished of values, an alert rule or a bulletin what is made of them, not how they come about.
    fn defines(&self) -> bool {
        !matches!(
            self,
            Self::CheckTests { .. }
                | Self::IndicatorTests(_)
                | Self::Named
                | Self::Plan(_)
                | Self::Bulletin(_)
                | Self::Procedure(_)
                | Self::Calendar
                | Self::Alert(_)
                | Self::AlertTests(_)
        )
    }
}

/// Reads, layers and resolves the files of a pack, the lowest layer first.
///
/// # Errors
/// Every diagnostic of the run, by file and place.
pub fn load(layers: &[Layer]) -> Result<Pack, Vec<Diagnostic>> {
    let mut report = Report::default();
    let mut pack = Pack::default();
    let Stack { sources, overrides, named, changelogs, ended } = Stack::of(layers, &mut pack, &mut report);
    let known = known(&sources);

    // A check is named by its id alone, in findings, explanations and links.
    let mut datasets_of_checks: BTreeMap<&str, &str> = BTreeMap::new();
    for source in sources.values() {
        if let Some(Place::Check { dataset, id }) = Place::of(&source.path)
            && let Some(other) = datasets_of_checks.insert(id, dataset)
        {
            report.file(source, &format!("编号“{id}”已用于数据集 {other} 的规则：编号不得重复"));
        }
    }

    let mut loader = Loader {
        indicator_ids: ids(&sources, |place| match place {
            Place::Indicator(id) => Some(id),
            _ => None,
        }),
        check_ids: ids(&sources, |place| match place {
            Place::Check { id, .. } => Some(id),
            _ => None,
        }),
        codelist_ids: ids(&sources, |place| match place {
            Place::CodeList(id) => Some(id),
            _ => None,
        }),
        parameter_ids: ids(&sources, |place| match place {
            Place::Parameter(id) => Some(id),
            _ => None,
        }),
        dataset_ids: ids(&sources, |place| match place {
            Place::Dataset(id) => Some(id),
            _ => None,
        }),
        register_ids: ids(&sources, |place| match place {
            Place::Register(id) => Some(id),
            _ => None,
        }),
        procedure_ids: ids(&sources, |place| match place {
            Place::Procedure(id) => Some(id),
            _ => None,
        }),
        overrides,
        pack,
        report,
    };
    loader.ended(&ended, &known);
    for source in sources.values() {
        match Place::of(&source.path) {
            Some(Place::CodeList(id)) => loader.codelist(source, id),
            Some(Place::Parameter(id)) => loader.parameter(source, id),
            _ => {}
        }
    }
    loader.calendar(&sources);
    loader.datasets(&sources);
    loader.registers(&sources);
    loader.procedures(&sources);
    loader.indicators(&sources, &named);
    loader.plans(&sources);
    loader.bulletins(&sources);
    loader.alerts(&sources);
    loader.tests(&sources);
    for (layer, source) in &changelogs {
        loader.changelog(source, *layer, &known);
    }

    let Loader { mut pack, mut report, overrides, .. } = loader;
    if !report.diagnostics.is_empty() {
        report.diagnostics.sort();
        return Err(report.diagnostics);
    }
    pack.fingerprint = fingerprint(&pack.layers, &sources, &overrides);
    Ok(pack)
}

/// Kind and id of every definition that stands in a file.
fn known(sources: &BTreeMap<String, Source>) -> BTreeSet<(Kind, String)> {
    let of = |path: &String| Place::of(path)?.definition().map(|(kind, id)| (kind, id.to_owned()));
    sources.keys().filter_map(of).collect()
}

fn ids(sources: &BTreeMap<String, Source>, of: impl for<'a> Fn(Place<'a>) -> Option<&'a str>) -> BTreeSet<String> {
    sources.keys().filter_map(|path| Place::of(path).and_then(&of)).map(str::to_owned).collect()
}

fn fingerprint(
    layers: &[Edition],
    sources: &BTreeMap<String, Source>,
    overrides: &BTreeMap<String, Vec<Source>>,
) -> String {
    let mut digest = Sm3::new();
    let mut add = |text: &str| {
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text.as_bytes());
    };
    for layer in layers {
        add(&layer.id);
        add(&layer.version);
    }
    for (path, source) in sources {
        if Place::of(path).is_some_and(|place| place.defines()) {
            add(path);
            add(&source.text);
            for source in overrides.get(path).into_iter().flatten() {
                add(&source.path);
                add(&source.text);
            }
        }
    }
    digest.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn read_pack(source: &Source, pack: &mut Pack, report: &mut Report) {
    if let Some(raw) = read::<raw::RawPack>(source, report) {
        for (key, text) in [("id", &raw.id), ("version", &raw.version), ("name", &raw.name), ("purpose", &raw.purpose)]
        {
            not_blank(text, key, source, report);
        }
        pack.layers.push(Edition { id: raw.id.into_inner(), version: raw.version.into_inner(), name: raw.name.into_inner() });
    }
}

/// Reads a file's TOML.
fn read<T: serde::de::DeserializeOwned>(source: &Source, report: &mut Report) -> Option<T> {
    toml::from_str(&source.text).map_err(|error| report.toml(source, &error)).ok()
}

fn not_blank(text: &raw::Text, key: &str, source: &Source, report: &mut Report) {
    if text.get_ref().trim().is_empty() {
        report.at(source, &text.span(), format!("“{key}”不能为空"));
    }
}

/// Reads a definition and checks its head; `stem` is the id that its path gives it.
fn define<T: Definition>(source: &Source, stem: &str, report: &mut Report) -> Option<(T, Meta)> {
    let raw: T = read(source, report)?;
    let head = raw.head();
    if head.id.get_ref() != stem {
        report.at(source, &head.id.span(), format!("编号“{}”应与文件名一致：{stem}", head.id.get_ref()));
    }
    for (key, text) in [("name", head.name), ("purpose", head.purpose), ("legal_basis", head.legal_basis)] {
        not_blank(text, key, source, report);
    }
    if head.status == Status::Draft && head.limits.trim().is_empty() {
        report.at(source, &head.id.span(), "草稿（status = \"draft\"）要在 limits 中写明在等什么");
    }
    let meta = Meta {
        id: stem.into(),
        name: head.name.get_ref().clone(),
        status: head.status,
        purpose: head.purpose.get_ref().clone(),
        legal_basis: head.legal_basis.get_ref().clone(),
        limits: head.limits.to_owned(),
        example: head.example.to_owned(),
        file: source.path.clone(),
    };
    Some((raw, meta))
}

/// What is known while a pack is put together.
struct Loader {
    pack: Pack,
    report: Report,
    /// Ids by path, those whose files are wrong included: a wrong file is one diagnostic, not one
    /// more at every place that names it.
    codelist_ids: BTreeSet<String>,
    parameter_ids: BTreeSet<String>,
    dataset_ids: BTreeSet<String>,
    register_ids: BTreeSet<String>,
    procedure_ids: BTreeSet<String>,
    check_ids: BTreeSet<String>,
    indicator_ids: BTreeSet<String>,
    /// Overrides by the path of the definition they change.
    overrides: BTreeMap<String, Vec<Source>>,
}

impl Loader {
    fn codelist(&mut self, source: &Source, stem: &str) {
        let Some((raw, meta)) = define::<raw::RawCodeList>(source, stem, &mut self.report) else { return };
        if meta.status == Status::Draft {
            if let Some(entry) = raw.entries.first() {
                self.report.at(source, &entry.span(), "草稿的代码表不能有代码：有了代码就不再是草稿");
            }
            self.pack.awaited.insert(Arc::clone(&meta.id), Arc::new(meta));
            return;
        }
        if raw.entries.is_empty() {
            self.report.file(source, "代码表没有代码（entries）：要由地区包提供的，写 status = \"draft\"");
        }
        let mut spellings: BTreeSet<String> = BTreeSet::new();
        let mut entries = Vec::with_capacity(raw.entries.len());
        for entry in raw.entries {
            let span = entry.span();
            let entry = entry.into_inner();
            if entry.name.trim().is_empty() {
                self.report.at(source, &span, format!("代码“{}”没有名称", entry.code));
            }
            for code in entry.also.iter().chain([&entry.code]) {
                if code.trim() != code || code.is_empty() {
                    self.report.at(source, &span, format!("代码“{code}”为空或首尾有空格"));
                }
                if !spellings.insert(code.clone()) {
                    self.report.at(source, &span, format!("代码“{code}”重复"));
                }
            }
            entries.push(Entry { code: entry.code, name: entry.name, attributes: entry.attributes, also: entry.also });
        }
        self.pack.codelists.insert(Arc::clone(&meta.id), Arc::new(CodeList::new(meta, raw.version, entries)));
    }

    fn parameter(&mut self, source: &Source, stem: &str) {
        let Some((raw, mut meta)) = define::<raw::RawParameter>(source, stem, &mut self.report) else { return };
        let overrides = self.overrides::<raw_layer::RawParameterOverride>(source, &mut meta);
        let Some(ty) = self.ty(source, &raw.r#type) else { return };
        if !matches!(ty, Type::Number { .. } | Type::Text | Type::Date) {
            self.report.at(source, &raw.r#type.span(), "参数的类型只能是 integer、decimal(n)、money、percent、text、date");
            return;
        }
        self.unit_fits(source, &raw.r#type, &ty, &raw.unit);
        if raw.values.is_empty() && meta.status != Status::Draft {
            self.report.file(source, "参数没有值（values）");
        }
        let mut values: Vec<Dated> = Vec::new();
        for raw in raw.values {
            let Some(dated) = self.dated(source, &ty, &raw.from, &raw.value, &raw.source) else { continue };
            if values.last().is_some_and(|before| before.from >= dated.from) {
                self.report.at(source, &raw.from.span(), "各值的起始日期（from）应由早到晚，不得重复");
            }
            values.push(dated);
        }
        for (over, own) in &overrides {
            self.values_over(over, &ty, &own.values, &mut values);
        }
        let parameter = Parameter { meta, ty, unit: raw.unit, values };
        self.pack.parameters.insert(Arc::clone(&parameter.meta.id), Arc::new(parameter));
    }

    /// The type that a text names.
    fn ty(&mut self, source: &Source, text: &raw::Text) -> Option<Type> {
        let argument = |name: &str| text.get_ref().strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')');
        let ty = match text.get_ref().as_str() {
            "text" => Some(Type::Text),
            "integer" => Some(Type::INTEGER),
            "money" => Some(Type::MONEY),
            "percent" => Some(Type::PERCENT),
            "date" => Some(Type::Date),
            "datetime" => Some(Type::DateTime),
            _ => match (argument("decimal"), argument("code")) {
                (Some(digits), _) => digits
                    .parse()
                    .ok()
                    .filter(|scale| (1..=Type::MAX_SCALE).contains(scale))
                    .map(Type::decimal),
                (_, Some(list)) => {
                    if !self.codelist_ids.contains(list) {
                        let known: Vec<String> = self.codelist_ids.iter().cloned().collect();
                        self.unknown(source, &text.span(), "代码表", list, known.iter().map(String::as_str));
                    }
                    Some(Type::Code(list.into()))
                }
                _ => None,
            },
        };
        if ty.is_none() {
            self.report.help(
                source,
                &text.span(),
                format!("不认识的类型“{}”", text.get_ref()),
                "可以写：text、code(代码表编号)、integer、decimal(1–6)、money、percent、date、datetime；数据项还可以写 month",
            );
        }
        ty
    }

    fn date(&mut self, source: &Source, text: &raw::Date) -> Option<NaiveDate> {
        let datetime = text.get_ref();
        let date = match (datetime.date, datetime.time, datetime.offset) {
            (Some(date), None, None) => {
                NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
            }
            _ => None,
        };
        if date.is_none() {
            self.report.at(source, &text.span(), "应为日期，写作 2024-01-01（不加引号）");
        }
        date
    }

    /// Says that `word` names nothing known, with the nearest right name.
    fn unknown<'a>(
        &mut self,
        source: &Source,
        span: &Range<usize>,
        what: &str,
        word: &str,
        known: impl Iterator<Item = &'a str>,
    ) {
        let place = source.place(span.start);
        let (message, help) = self
            .ended_in_words(what, word)
            .unwrap_or_else(|| (format!("没有{what}“{word}”"), did_you_mean(word, known)));
        self.report.push(source, place, message, help);
    }
}

/// A parameter's value from its text.
fn parse_value(text: &str, ty: &Type) -> Option<Value> {
    match ty {
        Type::Text => Some(Value::text(text)),
        Type::Number { scale, .. } => Some(Value::Number { units: parse_decimal(text, *scale)?, scale: *scale }),
        Type::Date => NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(Value::Date),
        _ => None,
    }
}
