//! What one state of the definitions changed against another (`yizheng pack diff`): definition by
//! definition and key by key, with the periods whose values are others for it.
//!
//! Compared are the definitions in force, layers and overrides laid over each other. A definition is
//! read as it is written: two spellings of one expression are two expressions here.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use toml::{Table, Value};

use crate::Pack;
use crate::changelog::Periods;
use crate::dataset::Due;
use crate::indicator::Target;
use crate::kind::Kind;
use crate::load::{Diagnostic, Effective, Layer, effective, load};

/// What happened to a definition, or to one key of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// It is new.
    Added,
    /// It is gone: an id may not go, it is retired.
    Removed,
    /// It has ended and stays known.
    Retired,
    /// One of its keys says something else.
    Changed,
}

impl What {
    /// The word of the reader.
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::Added => "新增",
            Self::Removed => "删除",
            Self::Retired => "停用",
            Self::Changed => "修改",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What happened.
    pub what: What,
    /// To a definition of which kind.
    pub kind: Kind,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Which key of it; empty when it is the definition as a whole.
    pub key: String,
    /// What the key said, or what was in force in place of a new dated row; empty for nothing.
    pub old: String,
    /// What it says; empty for nothing.
    pub new: String,
    /// The document that the change names; empty where it names none.
    pub source: String,
    /// The periods whose values, or whose judgement, are others now.
    pub periods: Periods,
    /// Whether values that were stored before are to be computed anew.
    pub recompute: bool,
    /// Ids of other definitions that use what was changed.
    pub used_by: Vec<String>,
}

/// The states that are compared.
struct Sides {
    before: Pack,
    after: Pack,
}

/// Compares two stacks of layers, by kind and id.
///
/// # Errors
/// What is wrong with either.
pub fn diff(before: &[Layer], after: &[Layer]) -> Result<Vec<Difference>, Vec<Diagnostic>> {
    let sides = Sides { before: load(before)?, after: load(after)? };
    let (old, new) = (effective(before), effective(after));
    let mut all = Vec::new();
    for (kind, id) in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let key = (*kind, id.clone());
        sides.definition(*kind, id, old.get(&key), new.get(&key), &mut all);
    }
    for one in &mut all {
        one.used_by = used_by(one, &new);
    }
    Ok(all)
}

/// Keys that only the reader reads.
const WORDS: [&str; 12] = [
    "name", "purpose", "legal_basis", "limits", "example", "words", "shown", "domain", "source", "remedy", "replaces",
    "version",
];

impl Sides {
    fn definition(&self, kind: Kind, id: &str, old: Option<&Effective>, new: Option<&Effective>, all: &mut Vec<Difference>) {
        let text = |of: Option<&Effective>, key: &str| {
            of.and_then(|of| of.table.get(key)?.as_str()).unwrap_or_default().to_owned()
        };
        let blank = Difference {
            what: What::Changed,
            kind,
            id: id.to_owned(),
            name: if new.is_some() { text(new, "name") } else { text(old, "name") },
            key: String::new(),
            old: String::new(),
            new: String::new(),
            source: String::new(),
            periods: Periods::None,
            recompute: false,
            used_by: Vec::new(),
        };
        let values = |periods| match kind {
            Kind::Indicator => periods,
            Kind::Check => Periods::Later,
            _ => Periods::None,
        };
        let running = |of: &Effective| !of.ended && !of.by_name;
        match (old, new) {
            (None, None) => {}
            (None | Some(_), Some(new)) if new.ended && old.is_none_or(|old| !old.ended) => {
                let said = self.after.retired(kind, id).map(|retired| retired.in_words()).unwrap_or_default();
                all.push(Difference { what: What::Retired, new: said, periods: values(Periods::All), ..blank });
            }
            (None, Some(new)) => {
                let periods = if running(new) { values(Periods::All) } else { Periods::None };
                all.push(Difference { what: What::Added, source: text(Some(new), "legal_basis"), periods, ..blank });
            }
            (Some(old), Some(new)) if old.by_name && !new.by_name => {
                let source = text(Some(new), "legal_basis");
                all.push(Difference { what: What::Added, old: "只有名称".to_owned(), source, periods: values(Periods::All), ..blank });
            }
            (Some(_), None) => all.push(Difference { what: What::Removed, periods: values(Periods::All), ..blank }),
            (Some(old), Some(new)) => {
                self.keys(&blank, old, new, all);
                if old.tests != new.tests {
                    let said = "测试用例有改动".to_owned();
                    all.push(Difference { key: "test".to_owned(), new: said, ..blank });
                }
            }
        }
    }

    /// The keys of a definition that is there on both sides.
    fn keys(&self, blank: &Difference, old: &Effective, new: &Effective, all: &mut Vec<Difference>) {
        let start = all.len();
        let mut found = Vec::new();
        let keys: BTreeSet<&String> = old.table.keys().chain(new.table.keys()).collect();
        for key in keys {
            match (blank.kind, key.as_str()) {
                (Kind::Indicator, "target") | (Kind::Parameter, "values") | (Kind::Dataset, "due_changes") => {
                    self.rows(blank, key, &rows(&old.table, key), &rows(&new.table, key), all);
                }
                _ => compare(key, old.table.get(key), new.table.get(key), &mut found),
            }
        }
        for (key, was, is) in found {
            let root = key.split(['.', '[']).next().unwrap_or(&key).to_owned();
            let (periods, recompute) = impact(blank.kind, &root, &key);
            let source = new.documents.get(&root).cloned().unwrap_or_default();
            all.push(Difference { key, old: was, new: is, source, periods, recompute, ..blank.clone() });
        }
        if let Some(own) = all.get_mut(start..) {
            own.sort_by(|a, b| a.key.cmp(&b.key));
        }
    }

    /// Dated rows: targets, values of a parameter, who must submit until when.
    fn rows(&self, blank: &Difference, key: &str, old: &[Table], new: &[Table], all: &mut Vec<Difference>) {
        let identity = |row: &Table| ["from", "classes", "levels", "layer"].map(|key| row.get(key).map(inline));
        let gone: Vec<&Table> = old.iter().filter(|row| !new.contains(row)).collect();
        let come: Vec<&Table> = new.iter().filter(|row| !old.contains(row)).collect();
        let mut paired: Vec<&Table> = Vec::new();
        let mut put = |row: &Table, old: String, new: String| {
            let Some(from) = date(row, "from") else { return };
            let periods = Periods::From(from, date(row, "to").or_else(|| self.ends(blank, from)));
            let recompute = blank.kind != Kind::Indicator;
            let source = row.get("source").and_then(Value::as_str).unwrap_or_default().to_owned();
            all.push(Difference { key: format!("{key}[{from}]"), old, new, source, periods, recompute, ..blank.clone() });
        };
        for row in come {
            match gone.iter().find(|other| identity(other) == identity(row)) {
                Some(other) => {
                    paired.push(other);
                    put(row, self.row(blank, other), self.row(blank, row));
                }
                None => put(row, held(&self.before, blank, row), self.row(blank, row)),
            }
        }
        for row in gone.iter().filter(|row| !paired.contains(row)) {
            put(row, self.row(blank, row), held(&self.after, blank, row));
        }
    }

    /// A dated row for the reader.
    fn row(&self, blank: &Difference, row: &Table) -> String {
        let own: Table = row.iter().filter(|(key, _)| !["from", "to", "source", "layer"].contains(&key.as_str())).map(|(key, value)| (key.clone(), value.clone())).collect();
        match blank.kind {
            Kind::Indicator => {
                let text = |key: &str| row.get(key).map(inline);
                let bound = match (text("at_least"), text("at_most"), text("between")) {
                    (Some(low), ..) => format!("≥{low}"),
                    (_, Some(high), _) => format!("≤{high}"),
                    (.., Some(pair)) => pair.replacen('、', "～", 1),
                    _ => String::new(),
                };
                bound + &of_whom(&text("classes").unwrap_or_default(), &text("levels").unwrap_or_default())
            }
            Kind::Parameter => row.get("value").map(inline).unwrap_or_default(),
            _ => inline(&Value::Table(own)),
        }
    }

    /// The last day of a parameter's value that holds from a day on.
    fn ends(&self, blank: &Difference, from: NaiveDate) -> Option<NaiveDate> {
        let parameter = self.after.parameters.get(blank.id.as_str()).filter(|_| blank.kind == Kind::Parameter)?;
        parameter.values.iter().find(|dated| dated.from > from)?.from.pred_opt()
    }
}

/// What held on the day of a dated row without it.
fn held(pack: &Pack, blank: &Difference, row: &Table) -> String {
    let Some(from) = date(row, "from") else { return String::new() };
    let first = |key: &str| {
        let list = row.get(key).and_then(Value::as_array);
        list.and_then(|list| list.first()?.as_str().map(str::to_owned)).unwrap_or_default()
    };
    let said = match blank.kind {
        Kind::Indicator => pack
            .indicators
            .get(blank.id.as_str())
            .and_then(|indicator| indicator.target(from, &first("classes"), &first("levels")))
            .map(target),
        Kind::Parameter => pack.parameters.get(blank.id.as_str()).and_then(|p| p.on(from)).map(|dated| dated.value.to_string()),
        _ => pack.datasets.get(blank.id.as_str()).map(|dataset| {
            let changes = dataset.due.changes.iter().rev();
            due(changes.clone().find(|change| change.from <= from).map_or(&dataset.due, |change| &change.due))
        }),
    };
    said.unwrap_or_default()
}

fn target(of: &Target) -> String {
    let bound = match (&of.low, &of.high) {
        (Some(low), Some(high)) => format!("{low}～{high}"),
        (Some(low), None) => format!("≥{low}"),
        (None, Some(high)) => format!("≤{high}"),
        (None, None) => String::new(),
    };
    bound + &of_whom(&of.classes.join("、"), &of.levels.join("、"))
}

fn of_whom(classes: &str, levels: &str) -> String {
    match (classes, levels) {
        ("", "") => String::new(),
        (classes, "") => format!("（类别{classes}）"),
        ("", levels) => format!("（级别{levels}）"),
        (classes, levels) => format!("（类别{classes}，级别{levels}）"),
    }
}

fn due(of: &Due) -> String {
    let mut said = vec![format!("days={}", of.days)];
    if of.voluntary {
        said.push("voluntary=true".to_owned());
    }
    if of.min_beds > 0 {
        said.push(format!("min_beds={}", of.min_beds));
    }
    for (key, list) in [("classes", &of.classes), ("levels", &of.levels)] {
        if !list.is_empty() {
            said.push(format!("{key}={}", list.join("、")));
        }
    }
    said.join("，")
}

/// Which periods' values a changed key touches, and whether they are to be computed anew.
fn impact(kind: Kind, root: &str, key: &str) -> (Periods, bool) {
    // Of a field, too, names and hints are words.
    let last = key.rsplit('.').next().unwrap_or(key);
    if WORDS.contains(&root) || ["name", "hint", "section"].contains(&last) {
        return (Periods::None, false);
    }
    match (kind, root) {
        (Kind::Plan | Kind::Bulletin | Kind::Alert | Kind::Procedure, _) => (Periods::None, false),
        (Kind::Check, _) | (Kind::Dataset, "layouts" | "listed" | "form") => (Periods::Later, false),
        // How a value is printed and judged, not what it is.
        (Kind::Indicator, "digits" | "direction" | "unit" | "status") => (Periods::All, false),
        (Kind::Indicator, "same_as" | "waits_for") => (Periods::None, false),
        _ => (Periods::All, true),
    }
}

/// The rows of a list of tables.
fn rows(table: &Table, key: &str) -> Vec<Table> {
    let list = table.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|row| row.as_table().cloned()).collect()
}

fn date(row: &Table, key: &str) -> Option<NaiveDate> {
    let date = row.get(key)?.as_datetime()?.date?;
    NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))
}

/// Goes down two values side by side and notes where they part: the key, what it said, what it says.
fn compare(key: &str, old: Option<&Value>, new: Option<&Value>, found: &mut Vec<(String, String, String)>) {
    match (old, new) {
        (Some(old), Some(new)) if old == new => {}
        (Some(Value::Table(old)), Some(Value::Table(new))) => {
            for under in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
                compare(&format!("{key}.{under}"), old.get(under), new.get(under), found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) if old.iter().chain(new).all(Value::is_table) => {
            let (old, new) = (named(old), named(new));
            for under in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
                compare(&format!("{key}[{under}]"), old.get(under).copied(), new.get(under).copied(), found);
            }
        }
        _ => found.push((key.to_owned(), old.map(inline).unwrap_or_default(), new.map(inline).unwrap_or_default())),
    }
}

/// The tables of a list by what names them; by their number where nothing does.
fn named(list: &[Value]) -> BTreeMap<String, &Value> {
    let mut all = BTreeMap::new();
    for (at, row) in list.iter().enumerate() {
        let name = ["id", "number", "code", "by"].iter().find_map(|key| row.get(*key)).map(inline);
        let name = name.filter(|name| !all.contains_key(name)).unwrap_or_else(|| format!("{}", at + 1));
        all.insert(name, row);
    }
    all
}

/// A value on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(inline).collect::<Vec<_>>().join("、"),
        Value::Table(table) => {
            table.iter().map(|(key, value)| format!("{key}={}", inline(value))).collect::<Vec<_>>().join("，")
        }
        other => other.to_string(),
    }
}

/// The definitions that name what was changed: of a parameter, a code list or an indicator whose
/// value is another one.
fn used_by(one: &Difference, all: &BTreeMap<(Kind, String), Effective>) -> Vec<String> {
    let matters = one.recompute || matches!(one.what, What::Removed | What::Retired);
    if !matters || !matches!(one.kind, Kind::Parameter | Kind::CodeList | Kind::Indicator) {
        return Vec::new();
    }
    let id = &one.id;
    let marks = [format!("\"{id}\""), format!("'{id}'"), format!("({id})")];
    let uses = |((kind, other), of): (&(Kind, String), &Effective)| {
        let other_one = (*kind, other) != (one.kind, id);
        let names = !of.ended && !matches!(kind, Kind::Plan | Kind::Bulletin | Kind::Procedure) && marks.iter().any(|mark| of.text.contains(mark));
        (other_one && names).then(|| other.clone())
    };
    all.iter().filter_map(uses).collect()
}

/// A draft of the changelog's entry for differences: ids together that were changed alike. The author
/// says in words what each change is.
pub fn draft(differences: &[Difference], version: &str, date: Option<NaiveDate>) -> String {
    let mut groups: BTreeMap<(What, Kind, String, Periods, bool), BTreeSet<&str>> = BTreeMap::new();
    for one in differences {
        let root = one.key.split(['.', '[']).next().unwrap_or_default().to_owned();
        groups.entry((one.what, one.kind, root, one.periods, one.recompute)).or_default().insert(&one.id);
    }
    let quoted = |text: &str| Value::String(text.to_owned()).to_string();
    let mut text = format!("[[release]]\nversion = {}\n", quoted(version));
    if let Some(date) = date {
        text.push_str(&format!("date = {date}\n"));
    }
    for ((what, kind, root, periods, recompute), ids) in groups {
        let ids: Vec<String> = ids.into_iter().map(quoted).collect();
        let of = if root.is_empty() { String::new() } else { format!("的 {root}") };
        let what = format!("{}{}{of}：（请写明改了什么、为什么）", what.in_chinese(), kind.in_chinese());
        let periods = match periods {
            Periods::None => "periods = \"none\"".to_owned(),
            Periods::Later => "periods = \"later\"".to_owned(),
            Periods::All => "periods = \"all\"".to_owned(),
            Periods::From(from, None) => format!("from = {from}"),
            Periods::From(from, Some(to)) => format!("from = {from}\nto = {to}"),
        };
        text.push_str(&format!(
            "\n[[release.change]]\nids = [{}]\nwhat = {}\n{periods}\nrecompute = {recompute}\n",
            ids.join(", "),
            quoted(&what)
        ));
    }
    text
}
