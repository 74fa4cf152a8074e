//! What a definition reads: data items, facts about the submission, other definitions. Everything
//! that pages say of use is read off here, in both directions.

use std::collections::BTreeSet;
use std::sync::Arc;

use yizheng_pack::Pack;
use yizheng_pack::alert::{AlertRule, Watch};
use yizheng_pack::bulletin::BulletinKind;
use yizheng_pack::dataset::{Cell, Check, CheckKind, Dataset, FieldIx, GroupIx, MemberIx, RowCase};
use yizheng_pack::expr::{Expr, Fact, Function, Node};
use yizheng_pack::indicator::Indicator;
use yizheng_pack::link::LinkIx;
use yizheng_pack::procedure::{Effect, Procedure};
use yizheng_pack::types::Type;

use super::indicator;
use super::page::refer;
use crate::api::dto::{DefinitionKind, DefinitionRef};

/// A data item of a dataset: a field, or a member of a group whatever its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// A field.
    Field(FieldIx),
    /// A member of a group.
    Member(GroupIx, MemberIx),
}

impl Item {
    fn of(cell: Cell) -> Self {
        match cell {
            Cell::Field(field) => Self::Field(field),
            Cell::Member(group, member, _) => Self::Member(group, member),
        }
    }

    /// The member that shows the same value, of a main diagnosis or operation; else itself.
    fn same_value(self, dataset: &Dataset) -> Self {
        let Self::Field(field) = self else { return self };
        let main_of = dataset.fields.get(field.0).and_then(|field| field.main_of);
        main_of.map_or(self, |(group, member)| Self::Member(group, member))
    }

    /// Its element code, with `NN` for the number of a member, its name and its type.
    pub fn words(self, dataset: &Dataset) -> (String, String, Type) {
        match self {
            Self::Field(field) => dataset.fields.get(field.0).map(|field| (field.id.to_string(), field.name.clone(), field.ty.clone())),
            Self::Member(group, member) => dataset
                .groups
                .get(group.0)
                .and_then(|group| group.members.get(member.0))
                .map(|member| (member.element.replace("{}", "NN"), member.name.clone(), member.ty.clone())),
        }
        .unwrap_or((String::new(), String::new(), Type::Text))
    }
}

/// What one definition reads.
#[derive(Debug, Default)]
pub struct Reads {
    /// Data items, by dataset.
    pub items: BTreeSet<(Arc<str>, Item)>,
    /// Facts about the submission and its institution.
    pub facts: BTreeSet<Fact>,
    /// Links between rows, by dataset.
    pub links: BTreeSet<(Arc<str>, LinkIx)>,
    /// Other definitions.
    pub definitions: BTreeSet<DefinitionRef>,
}

impl Reads {
    /// Of an indicator.
    pub fn of_indicator(pack: &Pack, indicator: &Indicator) -> Self {
        let mut reads = Self::default();
        for part in indicator.parts() {
            reads.refer(DefinitionKind::Dataset, &part.dataset);
            let sum = indicator::taken_apart(part);
            if let Some(dataset) = pack.datasets.get(&part.dataset) {
                sum.conditions.iter().chain(sum.value).for_each(|expr| reads.expr(dataset, expr));
            }
            sum.without.iter().for_each(|check| reads.refer(DefinitionKind::Check, check));
        }
        reads.definitions.extend(indicator::named_in_formula(pack, indicator));
        reads
    }

    /// Of a check; its own dataset goes without saying.
    pub fn of_check(dataset: &Dataset, check: &Check) -> Self {
        let mut reads = Self::default();
        for element in &check.elements {
            reads.items.extend(element_items(dataset, element).map(|item| (Arc::clone(&dataset.meta.id), item)));
        }
        let mut fields: Vec<FieldIx> = Vec::new();
        match &check.kind {
            None => {}
            Some(CheckKind::Row(cases)) => reads.cases(dataset, cases),
            Some(CheckKind::Unique(keys)) => fields.extend(keys.iter().flatten()),
            Some(CheckKind::Overlap { by, from, to }) => fields.extend(by.iter().chain([from, to])),
            Some(CheckKind::Sequence { by, order, value }) => fields.extend(by.iter().chain([order, value])),
            Some(CheckKind::Rate { of, at_most }) => {
                reads.cases(dataset, of);
                reads.refer(DefinitionKind::Parameter, at_most);
            }
            Some(CheckKind::Change { when, of, at_most }) => {
                when.iter().for_each(|when| reads.expr(dataset, when));
                fields.extend(of);
                reads.refer(DefinitionKind::Parameter, at_most);
            }
            Some(CheckKind::Against { when, at, indicator, within }) => {
                when.iter().for_each(|when| reads.expr(dataset, when));
                fields.push(*at);
                reads.refer(DefinitionKind::Indicator, indicator);
                reads.refer(DefinitionKind::Parameter, within);
            }
        }
        reads.items.extend(fields.into_iter().map(|field| (Arc::clone(&dataset.meta.id), Item::Field(field))));
        reads
    }

    /// Of a dataset: the code lists of its items.
    pub fn of_dataset(dataset: &Dataset) -> Self {
        let mut reads = Self::default();
        let members = dataset.groups.iter().flat_map(|group| &group.members).map(|member| &member.ty);
        for ty in dataset.fields.iter().map(|field| &field.ty).chain(members) {
            if let Type::Code(list) = ty {
                reads.refer(DefinitionKind::Codelist, list);
            }
        }
        reads
    }

    /// Of a procedure: its register, the other procedures that it opens, the code lists of its forms.
    pub fn of_procedure(procedure: &Procedure) -> Self {
        let mut reads = Self::default();
        procedure.register.iter().for_each(|id| reads.refer(DefinitionKind::Register, id));
        for field in procedure.forms.iter().flat_map(|form| &form.fields) {
            if let Type::Code(list) = &field.ty {
                reads.refer(DefinitionKind::Codelist, list);
            }
        }
        for effect in procedure.steps.iter().flat_map(|step| &step.effects) {
            if let Effect::Open { procedure } = effect {
                reads.refer(DefinitionKind::Procedure, procedure);
            }
        }
        reads
    }

    /// Of a bulletin: its core indicators.
    pub fn of_bulletin(kind: &BulletinKind) -> Self {
        let mut reads = Self::default();
        kind.indicators.iter().for_each(|id| reads.refer(DefinitionKind::Indicator, id));
        reads
    }

    /// Of an alert rule.
    pub fn of_alert(rule: &AlertRule) -> Self {
        let mut reads = Self::default();
        rule.indicators().iter().for_each(|id| reads.refer(DefinitionKind::Indicator, id));
        if let Watch::Overdue { datasets, .. } = &rule.watch {
            datasets.iter().for_each(|id| reads.refer(DefinitionKind::Dataset, id));
        }
        reads
    }

    /// The values that it reads: an item that shows the same value as another counts as that one.
    pub fn values(&self, pack: &Pack) -> BTreeSet<(Arc<str>, Item)> {
        let one = |(id, item): &(Arc<str>, Item)| Some((Arc::clone(id), item.same_value(pack.table(id)?)));
        self.items.iter().filter_map(one).collect()
    }

    fn refer(&mut self, kind: DefinitionKind, id: &str) {
        self.definitions.insert(refer(kind, id));
    }

    fn cases(&mut self, dataset: &Dataset, cases: &[RowCase]) {
        for case in cases {
            case.when.iter().chain([&case.require]).for_each(|expr| self.expr(dataset, expr));
        }
    }

    /// A link is asked of both rows, so what it compares is read too.
    fn link(&mut self, dataset: &Dataset, ix: LinkIx) {
        let Some(link) = dataset.links.get(ix.0) else { return };
        if !self.links.insert((Arc::clone(&dataset.meta.id), ix)) {
            return;
        }
        link.exprs().into_iter().for_each(|expr| self.expr(dataset, expr));
    }

    fn expr(&mut self, dataset: &Dataset, expr: &Expr) {
        expr.walk(&mut |expr| {
            let item = match &expr.node {
                Node::Field(field) => Item::Field(*field),
                Node::Member(group, member) => Item::Member(*group, *member),
                Node::Fact(fact) => {
                    self.facts.insert(*fact);
                    return;
                }
                Node::Linked(ix) => return self.link(dataset, *ix),
                Node::Parameter(id) => return self.refer(DefinitionKind::Parameter, id),
                Node::Call(Function::Listed(list) | Function::ListedAll(list, _) | Function::ListAttribute(list, _), _) => {
                    return self.refer(DefinitionKind::Codelist, list);
                }
                _ => return,
            };
            self.items.insert((Arc::clone(&dataset.meta.id), item));
        });
    }
}

/// The data items that an element of a check names: a column, or a group's member of any number.
fn element_items<'a>(dataset: &'a Dataset, element: &'a str) -> impl Iterator<Item = Item> + 'a {
    let members = dataset.groups.iter().enumerate().flat_map(move |(group, of)| {
        let named = move |(at, member): (usize, &yizheng_pack::dataset::Member)| {
            (member.element == element).then_some(Item::Member(GroupIx(group), MemberIx(at)))
        };
        of.members.iter().enumerate().filter_map(named)
    });
    dataset.cell(element).map(Item::of).into_iter().chain(members)
}

/// A fact about the submission, in Chinese.
pub fn fact_words(fact: Fact) -> &'static str {
    match fact {
        Fact::ReceivedAt => "报送收到的时间",
        Fact::PeriodStart => "报告期第一天",
        Fact::PeriodEnd => "报告期后一天",
        Fact::InstitutionCodes => "报送机构的登记号、统一社会信用代码和别名",
        Fact::InstitutionNames => "报送机构的名称和曾用名",
        Fact::InstitutionClass => "报送机构的类别",
        Fact::InstitutionLevel => "报送机构的级别",
        Fact::InstitutionSubjects => "报送机构核准登记的诊疗科目",
        Fact::RegisteredBeds => "报送机构的核定床位数",
    }
}
