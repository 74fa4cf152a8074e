//! The reference page of every definition, made of the packs, so that it cannot disagree with what
//! is computed. One source of the text: the API gives the page as data, [`markdown`] prints it.
//!
//! Reading order: [`page`] (the pieces), [`reads`] (what a definition reads), [`indicator`],
//! [`check`], `others`, `examples`, [`markdown`].

pub mod check;
mod examples;
pub mod indicator;
pub mod markdown;
mod others;
mod page;
mod procedure;
pub mod reads;
pub mod words;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use yizheng_pack::Pack;
use yizheng_pack::changelog::Release;
use yizheng_pack::dataset::{Check, Dataset};
use yizheng_pack::indicator::Indicator;
use yizheng_pack::link::LinkIx;
use yizheng_pack::load::{Meta, Status};

use crate::api::dto::{
    DefinitionChange, DefinitionKind, DefinitionPage, DefinitionRef, DefinitionRow, DefinitionSection,
};
use crate::api::labels::Label;
use crate::app::desk::definitions::status;
use page::{Text, code, day, joined, link, plain, refer, table_section};
use reads::{Item, Reads};

/// The kinds in the order of the index.
pub const KINDS: [DefinitionKind; 10] = [
    DefinitionKind::Indicator,
    DefinitionKind::Check,
    DefinitionKind::Dataset,
    DefinitionKind::Alert,
    DefinitionKind::Parameter,
    DefinitionKind::Codelist,
    DefinitionKind::Register,
    DefinitionKind::Procedure,
    DefinitionKind::Plan,
    DefinitionKind::Bulletin,
];

/// The pages of a pack.
pub struct Reference<'a> {
    pack: &'a Pack,
    checks: BTreeMap<&'a str, (&'a Arc<Dataset>, &'a Check)>,
    reads: BTreeMap<DefinitionRef, Reads>,
    /// The values that indicators and checks read.
    values: BTreeMap<DefinitionRef, BTreeSet<(Arc<str>, Item)>>,
    uses: BTreeMap<DefinitionRef, BTreeSet<DefinitionRef>>,
}

/// Names the dataset or register with this id.
fn table_ref(pack: &Pack, id: &str) -> DefinitionRef {
    let kind = if pack.registers.contains_key(id) { DefinitionKind::Register } else { DefinitionKind::Dataset };
    refer(kind, id)
}

/// What the versions of the packs changed, the highest layer first, newest first.
pub fn changes(pack: &Pack) -> Vec<DefinitionChange> {
    let of = |release: &Release| {
        let layer = pack.layers.iter().find(|layer| layer.id == release.pack);
        let name = layer.map_or_else(|| release.pack.clone(), |layer| layer.name.clone());
        let version = (release.version != Release::UNRELEASED).then(|| release.version.clone());
        let date = release.date;
        release.changes.iter().map(move |change| DefinitionChange {
            pack: name.clone(),
            version: version.clone(),
            date,
            what: change.what.clone(),
            ids: change.ids.clone(),
            periods: change.periods.in_words(),
            recompute: change.recompute,
        }).collect::<Vec<_>>()
    };
    let place = |release: &&Release| pack.layers.iter().position(|layer| layer.id == release.pack);
    let mut releases: Vec<&Release> = pack.changelog.iter().collect();
    releases.sort_by_key(|release| std::cmp::Reverse(place(release)));
    releases.into_iter().flat_map(of).collect()
}

impl<'a> Reference<'a> {
    /// Reads off once who reads what.
    pub fn new(pack: &'a Pack) -> Self {
        let mut checks = BTreeMap::new();
        let mut reads = BTreeMap::new();
        for dataset in pack.tables() {
            reads.insert(table_ref(pack, &dataset.meta.id), Reads::of_dataset(dataset));
            for check in &dataset.checks {
                checks.insert(&*check.meta.id, (dataset, check));
                reads.insert(refer(DefinitionKind::Check, &check.meta.id), Reads::of_check(dataset, check));
            }
        }
        for (id, indicator) in &pack.indicators {
            reads.insert(refer(DefinitionKind::Indicator, id), Reads::of_indicator(pack, indicator));
        }
        for (id, procedure) in &pack.procedures {
            reads.insert(refer(DefinitionKind::Procedure, id), Reads::of_procedure(procedure));
        }
        for (id, rule) in &pack.alerts {
            reads.insert(refer(DefinitionKind::Alert, id), Reads::of_alert(rule));
        }
        for (id, kind) in &pack.bulletins {
            reads.insert(refer(DefinitionKind::Bulletin, id), Reads::of_bulletin(kind));
        }
        let mut uses: BTreeMap<DefinitionRef, BTreeSet<DefinitionRef>> = BTreeMap::new();
        for (user, reads) in &reads {
            for used in &reads.definitions {
                uses.entry(used.clone()).or_default().insert(user.clone());
            }
        }
        let values = reads.iter().map(|(to, reads)| (to.clone(), reads.values(pack))).collect();
        Self { pack, checks, reads, values, uses }
    }

    /// Every definition that has a page, by kind and id.
    pub fn all(&self) -> Vec<DefinitionRef> {
        let ids = |kind| -> Vec<&str> {
            match kind {
                DefinitionKind::Indicator => self.pack.indicators.keys().map(AsRef::as_ref).collect(),
                DefinitionKind::Check => self.checks.keys().copied().collect(),
                DefinitionKind::Dataset => self.pack.datasets.keys().map(AsRef::as_ref).collect(),
                DefinitionKind::Alert => self.pack.alerts.keys().map(AsRef::as_ref).collect(),
                DefinitionKind::Parameter => self.pack.parameters.keys().map(AsRef::as_ref).collect(),
                DefinitionKind::Codelist => {
                    let lists: BTreeSet<&str> = self.pack.codelists.keys().chain(self.pack.awaited.keys()).map(AsRef::as_ref).collect();
                    lists.into_iter().collect()
                }
                DefinitionKind::Register => self.pack.registers.keys().map(AsRef::as_ref).collect(),
                DefinitionKind::Procedure => self.pack.procedures.keys().map(AsRef::as_ref).collect(),
                DefinitionKind::Plan => self.pack.plans.keys().map(AsRef::as_ref).collect(),
                DefinitionKind::Bulletin => self.pack.bulletins.keys().map(AsRef::as_ref).collect(),
            }
        };
        KINDS.into_iter().flat_map(|kind| ids(kind).into_iter().map(move |id| refer(kind, id))).collect()
    }

    /// The page of a definition; `None` when there is no such one.
    pub fn page(&self, to: &DefinitionRef) -> Option<DefinitionPage> {
        let ((head, mut sections), examples) = match to.kind {
            DefinitionKind::Indicator => {
                let indicator = self.pack.indicators.get(&*to.id)?;
                (self.indicator(indicator), self.indicator_examples(indicator))
            }
            DefinitionKind::Check => {
                let (dataset, check) = self.checks.get(&*to.id)?;
                (self.check(dataset, check), self.check_examples(dataset, check))
            }
            DefinitionKind::Dataset => (self.dataset(self.pack.datasets.get(&*to.id)?), Vec::new()),
            DefinitionKind::Alert => (self.alert(self.pack.alerts.get(&*to.id)?), self.alert_examples(&to.id)),
            DefinitionKind::Parameter => (self.parameter(self.pack.parameters.get(&*to.id)?), Vec::new()),
            DefinitionKind::Codelist => match self.pack.codelists.get(&*to.id) {
                Some(list) => (self.codelist(list), Vec::new()),
                None => (self.awaited(self.pack.awaited.get(&*to.id)?), Vec::new()),
            },
            DefinitionKind::Register => (self.register(self.pack.registers.get(&*to.id)?), Vec::new()),
            DefinitionKind::Procedure => (self.procedure(self.pack.procedures.get(&*to.id)?), Vec::new()),
            DefinitionKind::Plan => (self.plan(self.pack.plans.get(&*to.id)?), Vec::new()),
            DefinitionKind::Bulletin => (self.bulletin(self.pack.bulletins.get(&*to.id)?), Vec::new()),
        };
        sections.extend(self.changed(&to.id));
        let meta = self.meta(to)?;
        Some(DefinitionPage {
            kind: to.kind,
            id: to.id.clone(),
            name: meta.name.clone(),
            status: status(meta.status),
            head,
            sections,
            examples,
            definition_file: meta.file.clone(),
        })
    }

    /// The index: every definition, and the national indicators that are not computed.
    pub fn rows(&self) -> Vec<DefinitionRow> {
        let row = |to: DefinitionRef| {
            let meta = self.meta(&to)?;
            Some(DefinitionRow {
                domain: self.domain(&to),
                name: meta.name.clone(),
                status: Some(status(meta.status)),
                purpose: meta.purpose.clone(),
                legal_basis: meta.legal_basis.clone(),
                definition_file: meta.file.clone(),
                kind: to.kind,
                id: to.id,
            })
        };
        let mut rows: Vec<DefinitionRow> = self.all().into_iter().filter_map(row).collect();
        rows.extend(self.pack.named.values().map(|named| DefinitionRow {
            kind: DefinitionKind::Indicator,
            id: named.id.to_string(),
            name: named.name.clone(),
            domain: named.domain.clone(),
            status: None,
            purpose: named.in_words(),
            legal_basis: String::new(),
            definition_file: "named.toml".to_owned(),
        }));
        rows.sort_by(|a, b| (a.kind, &a.domain, &a.id).cmp(&(b.kind, &b.domain, &b.id)));
        rows
    }

    /// The dataset whose check has this id.
    fn dataset_of_check(&self, id: &str) -> Option<&str> {
        self.checks.get(id).map(|(dataset, _)| &*dataset.meta.id)
    }

    fn meta(&self, to: &DefinitionRef) -> Option<&Meta> {
        let id = &*to.id;
        match to.kind {
            DefinitionKind::Indicator => self.pack.indicators.get(id).map(|indicator| &indicator.meta),
            DefinitionKind::Check => self.checks.get(id).map(|(_, check)| &check.meta),
            DefinitionKind::Dataset => self.pack.datasets.get(id).map(|dataset| &dataset.meta),
            DefinitionKind::Alert => self.pack.alerts.get(id).map(|rule| &rule.meta),
            DefinitionKind::Parameter => self.pack.parameters.get(id).map(|parameter| &parameter.meta),
            DefinitionKind::Codelist => {
                self.pack.codelists.get(id).map(|list| &list.meta).or_else(|| self.pack.awaited.get(id).map(AsRef::as_ref))
            }
            DefinitionKind::Register => self.pack.registers.get(id).map(|register| &register.table.meta),
            DefinitionKind::Procedure => self.pack.procedures.get(id).map(|procedure| &procedure.meta),
            DefinitionKind::Plan => self.pack.plans.get(id).map(|plan| &plan.meta),
            DefinitionKind::Bulletin => self.pack.bulletins.get(id).map(|kind| &kind.meta),
        }
    }

    fn domain(&self, to: &DefinitionRef) -> String {
        match to.kind {
            DefinitionKind::Indicator => self.pack.indicators.get(&*to.id).map(|indicator| indicator.domain.clone()),
            DefinitionKind::Check => self.checks.get(&*to.id).map(|(dataset, _)| dataset.meta.name.clone()),
            _ => None,
        }
        .unwrap_or_default()
    }

    /// Its name; the id again where nothing has it.
    fn name(&self, to: &DefinitionRef) -> String {
        self.meta(to).map_or_else(|| to.id.clone(), |meta| meta.name.clone())
    }

    /// What it reads: data items, facts about the submission, code lists.
    fn items_read(&self, to: &DefinitionRef) -> Option<DefinitionSection> {
        let reads = self.reads.get(to)?;
        let mut rows: Vec<Vec<Text>> = Vec::new();
        for (id, item) in &reads.items {
            let Some(dataset) = self.pack.table(id) else { continue };
            let (element, name, ty) = item.words(dataset);
            let from = link(table_ref(self.pack, id), &*dataset.meta.name);
            rows.push(vec![from, code(element), plain(name), plain(words::type_words(&ty))]);
        }
        rows.extend(reads.facts.iter().map(|fact| Self::fact_row(*fact)));
        let lists = reads.definitions.iter().filter(|to| to.kind == DefinitionKind::Codelist);
        rows.extend(lists.map(|list| vec![plain("值域代码表"), link(list.clone(), &*list.id), plain(self.name(list)), plain("")]));
        table_section("读取的数据项", &["来源", "代码", "名称", "类型"], rows)
    }

    /// The links between rows that it asks for.
    fn links_read(&self, to: &DefinitionRef) -> Option<DefinitionSection> {
        let row = |(id, ix): &(Arc<str>, LinkIx)| -> Option<Vec<Text>> {
            let dataset = self.pack.datasets.get(id)?;
            let asked = dataset.links.get(ix.0)?;
            Some(vec![link(refer(DefinitionKind::Dataset, id), &*dataset.meta.name), code(&*asked.id), plain(&*asked.name)])
        };
        let rows = self.reads.get(to)?.links.iter().filter_map(row).collect();
        table_section("用到的关联", &["数据集", "编号", "含义"], rows)
    }

    /// The parameters that it reads, with their dated values.
    fn parameters_read(&self, to: &DefinitionRef) -> Option<DefinitionSection> {
        let mut rows: Vec<Vec<Text>> = Vec::new();
        for read in self.reads.get(to)?.definitions.iter().filter(|read| read.kind == DefinitionKind::Parameter) {
            let Some(parameter) = self.pack.parameters.get(&*read.id) else { continue };
            rows.extend(parameter.values.iter().map(|dated| {
                vec![
                    link(read.clone(), &*read.id),
                    plain(&*parameter.meta.name),
                    day(dated.from),
                    plain(format!("{}{}", dated.value, parameter.unit)),
                    plain(&*dated.source),
                ]
            }));
        }
        table_section("用到的参数", &["编号", "参数", "自", "值", "出处"], rows)
    }

    /// The definitions and work plans that use it.
    fn used_by(&self, to: &DefinitionRef) -> Option<DefinitionSection> {
        let users = self.uses.get(to);
        let mut rows: Vec<Vec<Text>> = Vec::new();
        for kind in KINDS {
            let of_kind = users.into_iter().flatten().filter(|user| user.kind == kind);
            let links = joined(of_kind.map(|user| link(user.clone(), format!("{} {}", user.id, self.name(user)))), "、");
            if !links.is_empty() {
                rows.push(vec![plain(kind.label()), links]);
            }
        }
        if to.kind == DefinitionKind::Indicator {
            rows.extend(self.plan_items(&to.id));
        }
        table_section("使用它的定义", &["种类", "定义"], rows)
    }

    /// The items of work plans that an indicator measures.
    fn plan_items(&self, id: &str) -> Option<Vec<Text>> {
        let mut items = Vec::new();
        for plan in self.pack.plans.values() {
            for item in &plan.items {
                let mut measured = item.targets.iter().filter_map(|target| target.indicator.as_ref()).chain(&item.indicators);
                if measured.any(|one| &**one == id) {
                    let plan = refer(DefinitionKind::Plan, &plan.meta.id);
                    let words = format!("{} {}", self.name(&plan), item.number);
                    items.push(link(plan, words));
                }
            }
        }
        (!items.is_empty()).then(|| vec![plain(DefinitionKind::Plan.label()), joined(items, "、")])
    }

    /// What the versions of its pack changed of it.
    fn changed(&self, id: &str) -> Option<DefinitionSection> {
        let names = |named: &String| named.strip_suffix('*').map_or(named == id, |start| id.starts_with(start));
        let rows = changes(self.pack).into_iter().filter(|change| change.ids.iter().any(names)).map(|change| {
            vec![
                plain(change.version.unwrap_or_else(|| "尚未发布".to_owned())),
                change.date.map_or_else(|| plain(""), day),
                plain(change.what),
                plain(change.periods),
                plain(if change.recompute { "是" } else { "" }),
            ]
        });
        table_section("变更记录", &["版本", "日期", "变更", "影响的报告期", "须重新计算"], rows.collect())
    }

    /// The checks that it names.
    fn checks_named(&self, to: &DefinitionRef) -> Vec<&'a Check> {
        let named = self.reads.get(to).into_iter().flat_map(|reads| &reads.definitions);
        let checks = named.filter(|named| named.kind == DefinitionKind::Check);
        checks.filter_map(|check| self.checks.get(&*check.id)).map(|(_, check)| *check).collect()
    }

    /// The checks on the values that it reads, those that ended left out.
    fn checks_of_values(&self, to: &DefinitionRef) -> Vec<&'a Check> {
        let guards = |check: &Check| {
            check.meta.status != Status::Retired && self.same_values(to, &refer(DefinitionKind::Check, &check.meta.id))
        };
        self.checks.values().map(|(_, check)| *check).filter(|check| guards(check)).collect()
    }

    fn indicators_of_values(&self, to: &DefinitionRef) -> Vec<(DefinitionRef, &Indicator)> {
        let one = |(id, indicator): (&Arc<str>, &'a Arc<Indicator>)| {
            let other = refer(DefinitionKind::Indicator, id);
            self.same_values(to, &other).then_some((other, &**indicator))
        };
        self.pack.running_indicators().filter_map(one).collect()
    }

    /// Whether both read some value.
    fn same_values(&self, one: &DefinitionRef, other: &DefinitionRef) -> bool {
        match (self.values.get(one), self.values.get(other)) {
            (Some(one), Some(other)) => !one.is_disjoint(other),
            _ => false,
        }
    }
}
