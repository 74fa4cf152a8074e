//! Indicators and datasets as definitions.

use std::sync::Arc;

use yizheng_pack::dataset::{At, Cell, Check, CheckKind, Dataset, Layout, RowCase, Severity};
use yizheng_pack::indicator::{Formula, Indicator, Summand};
use yizheng_pack::kind::Kind;
use yizheng_pack::load::Status;
use yizheng_pack::types::Type;

use super::figures::{direction, lines};
use crate::api::desk::{Answer, Content, Download};
use crate::api::dto;
use crate::api::error::ApiError;
use crate::app::pack_doc;
use crate::app::region::Region;

/// A status as the contract has it.
pub fn status(status: Status) -> dto::DefinitionStatus {
    match status {
        Status::Draft => dto::DefinitionStatus::Draft,
        Status::Trial => dto::DefinitionStatus::Trial,
        Status::Active => dto::DefinitionStatus::Active,
        Status::Retired => dto::DefinitionStatus::Retired,
    }
}

/// A severity as the contract has it.
pub fn severity(severity: Severity) -> dto::Severity {
    match severity {
        Severity::Error => dto::Severity::Error,
        Severity::Warning => dto::Severity::Warning,
    }
}

impl Region {
    pub(super) fn indicator_rows(&self) -> Vec<dto::IndicatorRow> {
        let mut rows: Vec<dto::IndicatorRow> = self
            .pack
            .indicators
            .values()
            .map(|indicator| dto::IndicatorRow {
                id: indicator.meta.id.to_string(),
                name: indicator.meta.name.clone(),
                domain: indicator.domain.clone(),
                status: status(indicator.meta.status),
                unit: indicator.unit.clone(),
                direction: direction(indicator.direction),
                dataset: self.datasets_of(indicator),
                purpose: indicator.meta.purpose.clone(),
                legal_basis: lines(&indicator.meta.legal_basis).into_iter().next().unwrap_or_default(),
            })
            .collect();
        rows.sort_by(|a, b| (&a.domain, &a.id).cmp(&(&b.domain, &b.id)));
        rows
    }

    /// The names of the datasets that an indicator is computed from.
    fn datasets_of(&self, indicator: &Indicator) -> String {
        match &indicator.formula {
            Formula::Reporting { datasets, .. } if datasets.is_empty() => "全部启用的数据集".to_owned(),
            Formula::Reporting { datasets, .. } => self.datasets_in_words(datasets.iter()),
            _ => {
                let of = self.pack.datasets_of(indicator);
                self.datasets_in_words(indicator.dataset.iter().chain(&of))
            }
        }
    }

    /// Names of datasets, each once.
    pub(super) fn datasets_in_words<'a>(&self, ids: impl Iterator<Item = &'a Arc<str>>) -> String {
        let mut names: Vec<String> = Vec::new();
        for name in ids.map(|id| self.dataset_name(id)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.join("、")
    }

    pub(super) fn dataset_name(&self, id: &str) -> String {
        self.pack.datasets.get(id).map_or_else(|| id.to_owned(), |dataset| dataset.meta.name.clone())
    }

    pub(super) fn indicator_of(&self, id: &str) -> Answer<dto::Indicator> {
        let indicator = self.pack.indicators.get(id).ok_or_else(|| super::figures::no_indicator(&self.pack, id))?;
        Ok(dto::Indicator {
            id: indicator.meta.id.to_string(),
            name: indicator.meta.name.clone(),
            domain: indicator.domain.clone(),
            status: status(indicator.meta.status),
            kind: kind(indicator).to_owned(),
            unit: indicator.unit.clone(),
            direction: direction(indicator.direction),
            dataset: self.datasets_of(indicator),
            purpose: indicator.meta.purpose.clone(),
            rationale: None,
            legal_basis: lines(&indicator.meta.legal_basis),
            limits: indicator.meta.limits.clone(),
            example: indicator.meta.example.clone(),
            reading: self.reading(indicator),
            targets: self.targets(indicator),
            definition_file: indicator.meta.file.clone(),
        })
    }

    /// There is no dataset of that id, or it has ended.
    fn no_dataset(&self, id: &str) -> ApiError {
        let retired = self.pack.retired(Kind::Dataset, id).map(ApiError::retired);
        retired.unwrap_or_else(|| ApiError::not_found(format!("数据集“{id}”")))
    }

    pub(super) fn dataset_rows(&self) -> Vec<dto::DatasetRow> {
        // What must be sent comes first.
        let (asked, voluntary): (Vec<_>, Vec<_>) = self.pack.datasets.values().partition(|dataset| !dataset.due.newest().voluntary);
        asked
            .into_iter()
            .chain(voluntary)
            .map(|dataset| {
                let runs = dataset.checks.iter().filter(|check| check.meta.status.runs()).count();
                dto::DatasetRow {
                    id: dataset.meta.id.to_string(),
                    name: dataset.meta.name.clone(),
                    status: status(dataset.meta.status),
                    purpose: dataset.meta.purpose.clone(),
                    fields: count(elements(dataset).len()),
                    checks: count(runs),
                    draft_checks: count(dataset.checks.len() - runs),
                }
            })
            .collect()
    }

    pub(super) fn dataset_of(&self, id: &str) -> Answer<dto::Dataset> {
        let dataset = self.dataset(id).ok_or_else(|| self.no_dataset(id))?;
        let mut other_names: std::collections::HashMap<Cell, Vec<String>> = std::collections::HashMap::new();
        // Every column is known by its code and name: that need not be said of each.
        let own = [Layout::OFFICIAL, Layout::NAMES];
        for layout in dataset.layouts.iter().filter(|layout| !own.contains(&layout.id.as_str())) {
            for (header, target) in &layout.columns {
                other_names.entry(target.cell).or_default().push(format!("{header}（{}）", layout.name));
            }
        }
        let fields = (1..)
            .zip(elements(dataset))
            .map(|(seq, (cell, ty, required, personal))| {
                let mut names = other_names.remove(&cell).unwrap_or_default();
                names.sort();
                let field = match cell {
                    Cell::Field(ix) => dataset.fields.get(ix.0),
                    Cell::Member(..) => None,
                };
                dto::DatasetField {
                    seq,
                    section: field.map(|field| field.section.clone()).unwrap_or_default(),
                    hint: field.map(|field| field.hint.clone()).unwrap_or_default(),
                    code: dataset.element(cell),
                    name: dataset.cell_name(cell),
                    type_name: match cell {
                        Cell::Field(ix) => dataset.fields.get(ix.0).map(pack_doc::number_words).unwrap_or_default(),
                        Cell::Member(..) => pack_doc::type_words(&ty),
                    },
                    required,
                    code_list: match &ty {
                        Type::Code(list) => Some(list.to_string()),
                        _ => None,
                    },
                    personal,
                    other_names: names,
                }
            })
            .collect();
        Ok(dto::Dataset {
            id: dataset.meta.id.to_string(),
            name: dataset.meta.name.clone(),
            status: status(dataset.meta.status),
            purpose: dataset.meta.purpose.clone(),
            legal_basis: lines(&dataset.meta.legal_basis),
            limits: dataset.meta.limits.clone(),
            key: dataset
                .key
                .iter()
                .map(|field| dto::NamedCode { code: dataset.element(Cell::Field(*field)), name: dataset.cell_name(Cell::Field(*field)) })
                .collect(),
            layouts: dataset.layouts.iter().map(|layout| layout.name.clone()).collect(),
            fields,
            checks: dataset.checks.iter().map(|check| check_of(dataset, check)).collect(),
            definition_file: dataset.meta.file.clone(),
        })
    }

    pub(super) fn template(&self, id: &str) -> Answer<Download> {
        let dataset = self.dataset(id).ok_or_else(|| self.no_dataset(id))?;
        let mut out = csv::Writer::from_writer("\u{feff}".as_bytes().to_vec());
        let header: Vec<String> = elements(dataset).into_iter().map(|(cell, ..)| dataset.element(cell)).collect();
        out.write_record(&header).map_err(ApiError::internal)?;
        let bytes = out.into_inner().map_err(|error| ApiError::internal(error.error()))?;
        Ok(Download {
            file_name: format!("{}模板.csv", dataset.meta.name),
            media_type: "text/csv; charset=utf-8",
            content: Content::Bytes(bytes),
        })
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

fn kind(indicator: &Indicator) -> &'static str {
    match &indicator.formula {
        Formula::Proportion { .. } => "构成比",
        Formula::Ratio { .. } => "比值",
        Formula::Mean { .. } => "均值",
        Formula::Total(part) if matches!(part.of, Summand::Values { .. }) => "去重计数",
        Formula::Total(_) => "合计",
        Formula::Quantile { percent: 50, .. } => "中位数",
        Formula::Quantile { .. } => "分位数",
        Formula::Share { .. } => "份额",
        Formula::Growth { .. } => "同比增长",
        Formula::Quotient { .. } => "指标之比",
        Formula::Composite { .. } => "综合指数",
        Formula::Reporting { .. } => "报送情况",
    }
}

/// Every column of the official layout: fields in order, with the slots of the groups after the
/// group's main field, or at the end for groups without one.
fn elements(dataset: &Dataset) -> Vec<(Cell, Type, String, bool)> {
    use yizheng_pack::dataset::{FieldIx, GroupIx, MemberIx, Privacy};
    let mut all = Vec::new();
    for (at, field) in dataset.fields.iter().enumerate() {
        let personal = field.privacy == Privacy::Personal;
        all.push((Cell::Field(FieldIx(at)), field.ty.clone(), pack_doc::required(field.required).to_owned(), personal));
    }
    for (group_at, group) in dataset.groups.iter().enumerate() {
        for slot in 1..=group.last_slot {
            for (member_at, member) in group.members.iter().enumerate() {
                let cell = Cell::Member(GroupIx(group_at), MemberIx(member_at), slot);
                all.push((cell, member.ty.clone(), "选填".to_owned(), member.privacy == Privacy::Personal));
            }
        }
    }
    all
}

/// Names of the elements that a check is about.
pub fn named_elements(dataset: &Dataset, codes: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<dto::NamedCode> {
    codes
        .into_iter()
        .map(|code| {
            let code = code.as_ref();
            let name = dataset.cell(code).map(|cell| dataset.cell_name(cell)).unwrap_or_else(|| code.to_owned());
            dto::NamedCode { code: code.to_owned(), name }
        })
        .collect()
}

fn check_of(dataset: &Dataset, check: &Check) -> dto::CheckDefinition {
    dto::CheckDefinition {
        id: check.meta.id.to_string(),
        severity: severity(check.severity),
        name: check.meta.name.clone(),
        elements: named_elements(dataset, &check.elements),
        expression: check.kind.as_ref().map(|kind| expression(dataset, kind)),
        status: status(check.meta.status),
        reason: (!check.meta.status.runs()).then(|| check.meta.limits.clone()),
        source: check.source.clone(),
    }
}

fn expression(dataset: &Dataset, kind: &CheckKind) -> String {
    let fields = |list: &[yizheng_pack::dataset::FieldIx]| {
        list.iter().map(|field| dataset.element(Cell::Field(*field))).collect::<Vec<_>>().join(", ")
    };
    let applies = |when: Option<&yizheng_pack::expr::Expr>| {
        when.map(|when| format!("当 {} 时，", when.canonical(dataset))).unwrap_or_default()
    };
    let case = |case: &RowCase| {
        let place = match case.at {
            At::Cell(_) => String::new(),
            At::Each(group, _) => {
                dataset.groups.get(group.0).map(|group| format!("每个{}：", group.name)).unwrap_or_default()
            }
        };
        let when = applies(case.when.as_ref());
        format!("{place}{when}{}", case.require.canonical(dataset))
    };
    match kind {
        CheckKind::Row(cases) => cases.iter().map(case).collect::<Vec<_>>().join("\n"),
        CheckKind::Unique(keys) => keys.iter().map(|key| format!("unique({})", fields(key))).collect::<Vec<_>>().join("\n"),
        CheckKind::Overlap { by, from, to } => {
            format!("overlap(by: {}; {} – {})", fields(by), fields(&[*from]), fields(&[*to]))
        }
        CheckKind::Sequence { by, order, value } => {
            format!("sequence(by: {}; order: {}; rises: {})", fields(by), fields(&[*order]), fields(&[*value]))
        }
        CheckKind::Rate { of, at_most } => {
            format!("rate ≤ param('{at_most}')：\n{}", of.iter().map(case).collect::<Vec<_>>().join("\n"))
        }
        CheckKind::Change { when, of, at_most } => {
            format!("{}change({}) ≤ param('{at_most}')", applies(when.as_ref()), fields(of))
        }
        CheckKind::Against { when, at, indicator, within } => {
            format!("{}{} = {indicator} ± param('{within}')", applies(when.as_ref()), fields(&[*at]))
        }
    }
}
