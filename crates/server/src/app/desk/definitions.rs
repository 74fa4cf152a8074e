//! Indicators and datasets as definitions.

use yizheng_pack::dataset::{Cell, Check, Dataset, Layout, Severity};
use yizheng_pack::indicator::Indicator;
use yizheng_pack::kind::Kind;
use yizheng_pack::load::Status;
use yizheng_pack::types::Type;

use super::figures::{direction, lines};
use crate::api::desk::{Answer, Content, Download};
use crate::api::dto;
use crate::api::error::ApiError;
use crate::api::labels::Label;
use crate::app::reference::{self, Reference, words};
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

/// Which way an indicator is better, in words.
pub fn direction_word(indicator: &Indicator) -> &'static str {
    direction(indicator.direction).label()
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
                dataset: reference::indicator::datasets_in_words(&self.pack, indicator),
                purpose: indicator.meta.purpose.clone(),
                legal_basis: lines(&indicator.meta.legal_basis).into_iter().next().unwrap_or_default(),
            })
            .collect();
        rows.sort_by(|a, b| (&a.domain, &a.id).cmp(&(&b.domain, &b.id)));
        rows
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
            unit: indicator.unit.clone(),
            direction: direction(indicator.direction),
            purpose: indicator.meta.purpose.clone(),
            limits: indicator.meta.limits.clone(),
        })
    }

    pub(super) fn definition_rows(&self, query: &dto::DefinitionsQuery) -> Vec<dto::DefinitionRow> {
        let mut rows = Reference::new(&self.pack).rows();
        rows.retain(|row| query.kind.is_none_or(|kind| row.kind == kind));
        rows
    }

    pub(super) fn definition_of(&self, to: &dto::DefinitionRef) -> Answer<dto::DefinitionPage> {
        Reference::new(&self.pack).page(to).ok_or_else(|| match to.kind {
            dto::DefinitionKind::Indicator => super::figures::no_indicator(&self.pack, &to.id),
            kind => ApiError::not_found(format!("{}“{}”", kind.label(), to.id)),
        })
    }

    pub(super) fn definition_change_rows(&self) -> Vec<dto::DefinitionChange> {
        reference::changes(&self.pack)
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
                        Cell::Field(ix) => dataset.fields.get(ix.0).map(words::number_words).unwrap_or_default(),
                        Cell::Member(..) => words::type_words(&ty),
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
            fields,
            checks: dataset.checks.iter().map(|check| check_of(dataset, check)).collect(),
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

/// Every column of the official layout: fields in order, with the slots of the groups after the
/// group's main field, or at the end for groups without one.
fn elements(dataset: &Dataset) -> Vec<(Cell, Type, String, bool)> {
    use yizheng_pack::dataset::{FieldIx, GroupIx, MemberIx, Privacy};
    let mut all = Vec::new();
    for (at, field) in dataset.fields.iter().enumerate() {
        let personal = field.privacy == Privacy::Personal;
        all.push((Cell::Field(FieldIx(at)), field.ty.clone(), words::required(field.required).to_owned(), personal));
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
        expression: check.kind.as_ref().map(|kind| reference::check::expression(dataset, kind)),
        status: status(check.meta.status),
        reason: (!check.meta.status.runs()).then(|| check.meta.limits.clone()),
        source: check.source.clone(),
    }
}
