//! Datasets: fields, groups, layouts and checks put together.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::diagnostic::Source;
use super::raw::{Nature, RawDataset, RawDue, RawField, RawGroup, RawMember, StockOver, Text};
use super::raw_layer::RawDatasetOverride;
use super::{Loader, Meta, Place, define};
use crate::dataset::{
    Cell, Dataset, Due, Field, FieldIx, Group, GroupIx, Layout, Member, MemberIx, Over, Person, header_key,
};
use crate::types::Type;

/// The type of a field that is written as a month.
const MONTH: &str = "month";

/// Member ids that mean something else in an expression.
const RESERVED: [&str; 2] = ["slot", "it"];

impl Loader {
    pub(super) fn datasets(&mut self, sources: &BTreeMap<String, Source>) {
        for source in sources.values() {
            if let Some(Place::Dataset(id)) = Place::of(&source.path) {
                if let Some((raw, meta)) = define::<RawDataset>(source, id, &mut self.report)
                    && let Some(dataset) = self.assembled(source, &raw, meta, sources)
                {
                    self.pack.datasets.insert(Arc::clone(&dataset.meta.id), Arc::new(dataset));
                }
            }
        }
        for source in sources.values() {
            if let Some(Place::Layout { dataset, .. } | Place::Check { dataset, .. }) = Place::of(&source.path)
                && !self.dataset_ids.contains(dataset)
                && !self.register_ids.contains(dataset)
            {
                self.report.file(source, format!("“{dataset}”没有 dataset.toml 或 register.toml"));
            }
        }
    }

    /// Fields, groups, layouts and checks put together: of a dataset, or of a register.
    pub(super) fn assembled(
        &mut self,
        source: &Source,
        raw: &RawDataset,
        mut meta: Meta,
        sources: &BTreeMap<String, Source>,
    ) -> Option<Dataset> {
        let id = Arc::clone(&meta.id);
        let id = &*id;
        let before = self.report.diagnostics.len();
        let overrides = self.overrides::<RawDatasetOverride>(source, &mut meta);
        let mut fields = self.fields(source, &raw.field);
        let names: HashMap<&str, FieldIx> =
            raw.field.iter().enumerate().map(|(at, field)| (field.id.get_ref().as_str(), FieldIx(at))).collect();
        let mut groups: Vec<Group> = Vec::new();
        for (at, raw_group) in raw.group.iter().enumerate() {
            let group = self.group(source, raw_group, GroupIx(at), &names, &mut fields);
            if groups.iter().any(|other| other.id == group.id) {
                self.report.at(source, &raw_group.id.span(), format!("重复组“{}”重复", group.id));
            }
            groups.push(group);
        }
        let institution = self.field(source, &names, &raw.institution);
        let period = self.field(source, &names, &raw.period);
        let department = raw.department.as_ref().and_then(|text| self.field(source, &names, text));
        if let Some(field) = period.and_then(|ix| fields.get(ix.0))
            && !matches!(field.ty, Type::Date | Type::DateTime)
        {
            self.report.at(source, &raw.period.span(), "决定报告期的数据项（period）应为日期或日期时间");
        }
        for (key, text, ix) in
            [("institution", Some(&raw.institution), institution), ("department", raw.department.as_ref(), department)]
        {
            if let Some(text) = text
                && ix.and_then(|ix| fields.get(ix.0)).is_some_and(|field| !field.ty.is_textual())
            {
                self.report.at(source, &text.span(), format!("数据项（{key}）应为文本或代码"));
            }
        }
        if raw.key.get_ref().is_empty() {
            self.report.at(source, &raw.key.span(), "key 至少要有一个数据项");
        }
        let key = self.field_list(source, &names, raw.key.get_ref());
        let listed = self.field_list(source, &names, &raw.listed);
        let person = raw.person.as_ref().and_then(|person| {
            let document = self.field(source, &names, &person.document);
            let number = self.field(source, &names, &person.number);
            let record = self.field(source, &names, &person.record);
            Some(Person { document: document?, number: number?, record: record? })
        });
        let official = self.official(source, raw, &fields, &groups);
        let mut due = self.due(source, &raw.due);
        for (over, own) in &overrides {
            self.due_over(over, &own.due, &mut due);
        }
        if raw.form && !groups.is_empty() {
            self.report.at(source, &raw.key.span(), "有重复组的数据集不能网上填报（form）");
        }
        // What follows would only repeat what is wrong already.
        if self.report.diagnostics.len() > before {
            return None;
        }
        let (institution, period) = (institution?, period?);
        let mut dataset = Dataset {
            meta,
            fields,
            groups,
            layouts: vec![official],
            checks: Vec::new(),
            institution,
            period,
            subject: raw.subject,
            department,
            key,
            person,
            links: Vec::new(),
            listed,
            due,
            form: raw.form,
        };
        dataset.links = self.links(source, &raw.link, &dataset);
        for source in sources.values() {
            if let Some(Place::Layout { dataset: of, id: stem }) = Place::of(&source.path)
                && of == id
            {
                let layout = self.layout(source, stem, &dataset);
                dataset.layouts.extend(layout);
            }
        }
        let names = by_name(&dataset);
        dataset.layouts.push(names);
        for source in sources.values() {
            if let Some(Place::Check { dataset: of, id: stem }) = Place::of(&source.path)
                && of == id
            {
                let check = self.check(source, stem, &dataset);
                dataset.checks.extend(check);
            }
        }
        Some(dataset)
    }

    pub(super) fn fields(&mut self, source: &Source, raw: &[RawField]) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        for field in raw {
            let id = field.id.get_ref().as_str();
            if !is_name(id) {
                self.report.at(
                    source,
                    &field.id.span(),
                    format!("数据项编号“{id}”只能用字母、数字和下划线，以字母开头"),
                );
            }
            let month = field.r#type.get_ref() == MONTH;
            let ty = if month { Type::Date } else { self.ty(source, &field.r#type).unwrap_or(Type::Text) };
            self.unit_fits(source, &field.r#type, &ty, &field.unit);
            fields.push(Field {
                id: id.into(),
                name: field.name.clone(),
                month,
                over: self.over(source, field, &ty),
                unit: field.unit.clone(),
                section: field.section.clone(),
                hint: field.hint.clone(),
                ty,
                max_length: field.max_length,
                required: field.required,
                column_required: field.column_required,
                privacy: field.privacy,
                main_of: None,
            });
        }
        fields
    }

    /// How a field's months make up a longer period: `nature`, and of a stock `over`.
    fn over(&mut self, source: &Source, field: &RawField, ty: &Type) -> Over {
        let id = field.id.get_ref();
        let stock = field.nature == Nature::Stock;
        if stock && !matches!(ty, Type::Number { .. }) {
            self.report.at(source, &field.id.span(), format!("“{id}”不是数字，不能是存量（nature = \"stock\"）"));
        }
        match &field.over {
            Some(over) if stock => match over.get_ref() {
                StockOver::Mean => Over::Mean,
                StockOver::Last => Over::Last,
            },
            Some(over) => {
                self.report.at(source, &over.span(), "over 只用于存量（nature = \"stock\"）：流量各月相加");
                Over::Sum
            }
            None => {
                if stock {
                    self.report.help(
                        source,
                        &field.id.span(),
                        format!("存量“{id}”没有写明多个月怎样合并（over）"),
                        "可以写：mean(已报各月的平均)、last(最近一个已报月)",
                    );
                }
                Over::Sum
            }
        }
    }

    fn group(
        &mut self,
        source: &Source,
        raw: &RawGroup,
        group: GroupIx,
        names: &HashMap<&str, FieldIx>,
        fields: &mut [Field],
    ) -> Group {
        let id = raw.id.get_ref().as_str();
        if !is_name(id) || RESERVED.contains(&id) {
            self.report.at(source, &raw.id.span(), format!("重复组的编号“{id}”只能用字母、数字和下划线，以字母开头"));
        }
        if raw.last_slot == 0 || raw.last_slot > 99 {
            self.report.at(source, &raw.id.span(), format!("重复组“{id}”的 last_slot 应在 1 到 99 之间"));
        }
        if raw.members.is_empty() {
            self.report.at(source, &raw.id.span(), format!("重复组“{id}”没有数据项（members）"));
        }
        let mut members: Vec<Member> = Vec::new();
        for raw_member in &raw.members {
            let member = self.member(source, raw_member, names, fields, (group, MemberIx(members.len())));
            if members.iter().any(|other| other.id == member.id) {
                self.report.at(source, &raw_member.id.span(), format!("组内数据项“{}”重复", member.id));
            }
            members.push(member);
        }
        Group { id: id.into(), name: raw.name.clone(), members, last_slot: raw.last_slot }
    }

    fn member(
        &mut self,
        source: &Source,
        raw: &RawMember,
        names: &HashMap<&str, FieldIx>,
        fields: &mut [Field],
        place: (GroupIx, MemberIx),
    ) -> Member {
        let id = raw.id.get_ref().as_str();
        if !is_name(id) || RESERVED.contains(&id) || names.contains_key(id) {
            self.report.at(
                source,
                &raw.id.span(),
                format!(
                    "组内数据项编号“{id}”只能用字母、数字和下划线，以字母开头，且不得与数据项同名，不得是 slot、it"
                ),
            );
        }
        if raw.element.get_ref().matches("{}").count() != 1 {
            self.report.at(source, &raw.element.span(), "element 中应有一处 {}，代表两位序号，如 C06x{}C");
        }
        let ty = self.ty(source, &raw.r#type).unwrap_or(Type::Text);
        let main = raw.main.as_ref().and_then(|main| self.field(source, names, main));
        if let (Some(ix), Some(text)) = (main, &raw.main)
            && let Some(field) = fields.get_mut(ix.0)
        {
            if field.ty != ty {
                self.report.at(
                    source,
                    &text.span(),
                    format!("“{}”是{}，与组内数据项的类型（{}）不同", field.id, field.ty.in_chinese(), ty.in_chinese()),
                );
            }
            if field.main_of.replace(place).is_some() {
                self.report.at(source, &text.span(), format!("“{}”已是另一个组内数据项的主项", field.id));
            }
        }
        Member {
            id: id.into(),
            name: raw.name.clone(),
            ty,
            max_length: raw.max_length,
            main,
            element: raw.element.get_ref().clone(),
            privacy: raw.privacy,
        }
    }

    /// The layout every dataset has: its fields' ids and its groups' element codes.
    fn official(&mut self, source: &Source, raw: &RawDataset, fields: &[Field], groups: &[Group]) -> Layout {
        let mut columns = HashMap::new();
        for (at, (field, raw_field)) in fields.iter().zip(&raw.field).enumerate() {
            if columns.insert(header_key(&field.id), Cell::Field(FieldIx(at)).whole()).is_some() {
                self.report.at(source, &raw_field.id.span(), format!("数据项“{}”重复", field.id));
            }
        }
        for (g, (group, raw_group)) in groups.iter().zip(&raw.group).enumerate() {
            for (m, (member, raw_member)) in group.members.iter().zip(&raw_group.members).enumerate() {
                for slot in 1..=group.last_slot {
                    let element = member.element_code(slot);
                    let target = Cell::Member(GroupIx(g), MemberIx(m), slot).whole();
                    if columns.insert(header_key(&element), target).is_some() {
                        self.report.at(
                            source,
                            &raw_member.element.span(),
                            format!("代码“{element}”与其他数据项或组内数据项重复"),
                        );
                        break;
                    }
                }
            }
        }
        Layout {
            id: Layout::OFFICIAL.to_owned(),
            name: "官方数据项编码".to_owned(),
            columns,
            compact_dates: false,
            ignored: HashMap::new(),
            values: HashMap::new(),
        }
    }

    pub(super) fn due(&mut self, source: &Source, raw: &RawDue) -> Due {
        let mut prefixes = |list: &[Text]| -> Vec<String> {
            for text in list.iter().filter(|text| text.get_ref().trim().is_empty()) {
                self.report.at(source, &text.span(), "代码的开头不能为空；不限时不写这一项");
            }
            list.iter().map(|text| text.get_ref().clone()).collect()
        };
        let (classes, levels) = (prefixes(&raw.classes), prefixes(&raw.levels));
        Due { voluntary: raw.voluntary, min_beds: raw.min_beds, classes, levels, days: raw.days, changes: Vec::new() }
    }

    pub(super) fn field(&mut self, source: &Source, names: &HashMap<&str, FieldIx>, text: &Text) -> Option<FieldIx> {
        let found = names.get(text.get_ref().as_str()).copied();
        if found.is_none() {
            self.unknown(source, &text.span(), "数据项", text.get_ref(), names.keys().copied());
        }
        found
    }

    fn field_list(&mut self, source: &Source, names: &HashMap<&str, FieldIx>, list: &[Text]) -> Vec<FieldIx> {
        list.iter().filter_map(|text| self.field(source, names, text)).collect()
    }

    /// The field of a finished dataset that a text names.
    pub(super) fn field_of(&mut self, source: &Source, dataset: &Dataset, text: &Text) -> Option<FieldIx> {
        let found = dataset.field(text.get_ref()).map(|(ix, _)| ix);
        if found.is_none() {
            let known = dataset.fields.iter().map(|field| &*field.id);
            self.unknown(source, &text.span(), "数据项", text.get_ref(), known);
        }
        found
    }
}

/// The layout of the Chinese names: exports of small systems and tables typed by hand have no codes.
/// A name that two columns share says nothing.
fn by_name(dataset: &Dataset) -> Layout {
    let fields = (0..dataset.fields.len()).map(|at| Cell::Field(FieldIx(at)));
    let members = dataset.groups.iter().enumerate().flat_map(|(g, group)| {
        let members = 0..group.members.len();
        members.flat_map(move |m| (1..=group.last_slot).map(move |slot| Cell::Member(GroupIx(g), MemberIx(m), slot)))
    });
    let mut columns = HashMap::new();
    let mut shared = HashSet::new();
    for cell in fields.chain(members) {
        let key = header_key(&dataset.cell_name(cell));
        if columns.insert(key.clone(), cell.whole()).is_some() {
            shared.insert(key);
        }
    }
    columns.retain(|key, _| !key.is_empty() && !shared.contains(key));
    Layout {
        id: Layout::NAMES.to_owned(),
        name: "数据项名称".to_owned(),
        columns,
        compact_dates: false,
        ignored: HashMap::new(),
        values: HashMap::new(),
    }
}

/// Whether a text can be a name in an expression.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
