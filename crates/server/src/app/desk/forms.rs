//! Web forms: what is to be filled in, and a filled form made an official file that goes the way of
//! every file.

use std::collections::BTreeMap;
use std::sync::Arc;

use yizheng_casework::reporting::deadline;
use yizheng_lake::{Columns, Rows};
use yizheng_pack::dataset::{Cell, Dataset, Field, FieldIx, Required};
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::scope::Scope;
use yizheng_pack::types::{Type, Value};

use crate::api::desk::{Answer, Content, Download};
use crate::api::dto;
use crate::api::error::ApiError;
use crate::app::checking::LiveRows;
use crate::app::region::Region;
use crate::app::submitting::{Incoming, Source};
use crate::app::reference::words;
use crate::app::{dry_run, register, template};

/// A code list with more codes than this is searched, not chosen from.
const CHOICES: usize = 500;

/// A filled form as the file it stands for.
struct Written {
    name: String,
    bytes: Vec<u8>,
}

impl Region {
    fn form_dataset(&self, id: &str) -> Answer<&Arc<Dataset>> {
        let dataset = self
            .dataset(id)
            .ok_or_else(|| dry_run::no_dataset(&self.pack, id))?;
        if !dataset.form {
            return Err(ApiError::refused(
                format!("《{}》不能网上填报。", dataset.meta.name),
                "请在“数据报送”页面上传文件，模板可在数据集页面下载。",
            ));
        }
        Ok(dataset)
    }

    pub(super) fn form_of(&self, scope: &Scope, id: &str, query: &dto::FormQuery) -> Answer<dto::DatasetForm> {
        let dataset = self.form_dataset(id)?;
        let month = month(&query.period)?;
        let register = self.register(scope).map_err(ApiError::internal)?;
        let institution = self.submitter(&register, scope, dataset, &query.institution, self.today())?;
        let standing = self
            .standings(dataset, month, month, &scope.narrowed_to(&institution))
            .map_err(ApiError::internal)?
            .into_iter()
            .find(|of| of.institution == institution);
        let live = LiveRows::of(self, dataset, &institution, of_month(month), scope).map_err(ApiError::internal)?;
        let rows = |month: Month| self.rows_of(dataset, &live, scope, &institution, month);
        let (last_month, year_ago) = (month.plus(-1), month.plus(-12));
        Ok(dto::DatasetForm {
            dataset: dto::NamedCode { code: dataset.meta.id.to_string(), name: dataset.meta.name.clone() },
            purpose: dataset.meta.purpose.clone(),
            institution: register::reference(&self.pack, &register, &institution, month.start()),
            period: month.to_string(),
            due: standing.as_ref().is_some_and(|of| of.due),
            deadline: deadline(&dataset.due, month),
            status: standing.as_ref().map(|of| super::institutions::status(of.standing)),
            submission: standing.and_then(|of| of.submission).map(|submission| submission.id),
            single: dataset.is_single(),
            sections: self.sections(dataset),
            rows: rows(month)?,
            last_month: rows(last_month)?,
            last_month_period: last_month.to_string(),
            year_ago: rows(year_ago)?,
            year_ago_period: year_ago.to_string(),
        })
    }

    fn sections(&self, dataset: &Dataset) -> Vec<dto::FormSection> {
        let mut sections: Vec<dto::FormSection> = Vec::new();
        for (ix, field) in filled(dataset) {
            let one = self.form_field(dataset, ix, field);
            match sections.iter_mut().find(|section| section.name == field.section) {
                Some(section) => section.fields.push(one),
                None => sections.push(dto::FormSection { name: field.section.clone(), fields: vec![one] }),
            }
        }
        sections
    }

    fn form_field(&self, dataset: &Dataset, ix: FieldIx, field: &Field) -> dto::FormField {
        let list = match &field.ty {
            Type::Code(list) => self.pack.codelists.get(list),
            _ => None,
        };
        let code_list = match &field.ty {
            Type::Code(id) => Some(dto::NamedCode {
                code: id.to_string(),
                name: list.map_or_else(|| id.to_string(), |list| list.meta.name.clone()),
            }),
            _ => None,
        };
        let options = list.filter(|list| list.entries.len() <= CHOICES).map(|list| {
            list.entries.iter().map(|entry| dto::NamedCode { code: entry.code.clone(), name: entry.name.clone() }).collect()
        });
        let (input, digits) = match &field.ty {
            Type::Number { scale, .. } => (dto::FormInput::Number, Some(*scale)),
            Type::Code(_) => (dto::FormInput::Code, None),
            Type::Date if field.month => (dto::FormInput::Month, None),
            Type::Date => (dto::FormInput::Date, None),
            Type::DateTime => (dto::FormInput::DateTime, None),
            Type::Text | Type::Bool | Type::TextSet => (dto::FormInput::Text, None),
        };
        dto::FormField {
            id: field.id.to_string(),
            name: field.name.clone(),
            unit: field.unit.clone(),
            hint: field.hint.clone(),
            input,
            digits,
            max_length: (field.max_length > 0).then_some(field.max_length),
            required: matches!(field.required, Required::Must | Required::Dash),
            required_words: words::required(field.required).to_owned(),
            key: dataset.key.contains(&ix),
            options,
            code_list,
        }
    }

    /// The live rows of a month, held ones included, as the official file writes them.
    fn rows_of(
        &self,
        dataset: &Arc<Dataset>,
        live: &LiveRows<'_>,
        scope: &Scope,
        institution: &str,
        month: Month,
    ) -> Answer<Vec<BTreeMap<String, String>>> {
        let Some(file) = live.manifest().within(scope).at(&dataset.meta.id, institution, month) else {
            return Ok(Vec::new());
        };
        let mut rows = Vec::new();
        for which in [Rows::Counted, Rows::Held] {
            let frame =
                self.lake.read(file, dataset, which, &Columns::everything()).map_err(ApiError::internal)?.frame;
            for row in 0..frame.len {
                let number = frame.row.values().get(row).copied().unwrap_or_default();
                let cells = filled(dataset)
                    .filter_map(|(ix, field)| Some((field.id.to_string(), printed(field, frame.value(row, Cell::Field(ix)))?)))
                    .collect();
                rows.push((number, cells));
            }
        }
        // In the order in which they were sent.
        rows.sort_by_key(|(number, _)| *number);
        Ok(rows.into_iter().map(|(_, cells)| cells).collect())
    }

    /// A filled form as an official file.
    fn written(&self, dataset: &Dataset, institution: &str, month: Month, rows: &[BTreeMap<String, String>]) -> Answer<Written> {
        if rows.is_empty() {
            return Err(ApiError::refused(
                "没有填写内容。",
                "请填写后再报送；本月没有发生的，请用“零报告”。",
            ));
        }
        if dataset.is_single() && rows.len() > 1 {
            return Err(ApiError::refused(
                format!("《{}》每月只有一行，收到 {} 行。", dataset.meta.name, rows.len()),
                "请只保留一行。",
            ));
        }
        if let Some(unknown) = rows.iter().flat_map(BTreeMap::keys).find(|id| !filled(dataset).any(|(_, field)| *field.id == **id)) {
            return Err(ApiError::bad_request(format!("《{}》没有数据项“{unknown}”。", dataset.meta.name), "请刷新页面后重新填写。"));
        }
        let mut out = csv::Writer::from_writer(Vec::new());
        out.write_record(dataset.fields.iter().map(|field| &*field.id)).map_err(ApiError::internal)?;
        for row in rows {
            let cells = dataset.fields.iter().enumerate().map(|(at, field)| {
                if FieldIx(at) == dataset.institution {
                    institution.to_owned()
                } else if FieldIx(at) == dataset.period {
                    printed(field, Value::Date(month.start())).unwrap_or_default()
                } else {
                    row.get(&*field.id).map(|text| text.trim().to_owned()).unwrap_or_default()
                }
            });
            out.write_record(cells).map_err(ApiError::internal)?;
        }
        let bytes = out.into_inner().map_err(|error| ApiError::internal(error.error()))?;
        Ok(Written { name: format!("{}-{month}-网上填报.csv", dataset.meta.name), bytes })
    }

    pub(super) fn send_form(&self, scope: &Scope, id: &str, form: &dto::FilledForm) -> Answer<dto::Outcome> {
        let dataset = self.form_dataset(id)?;
        let month = month(&form.period)?;
        let now = self.now();
        let register = self.register(scope).map_err(ApiError::internal)?;
        let institution = self.submitter(&register, scope, dataset, &form.institution, self.today())?;
        let Written { name, bytes } = self.written(dataset, &institution, month, &form.rows)?;
        self.send(
            scope,
            &Incoming {
                dataset: id.to_owned(),
                institution,
                period: month.to_string(),
                mode: dto::Mode::Full,
                source: Source::Written { name, bytes: bytes.into() },
                confirm_disappearing: form.confirm_disappearing,
                received_at: now,
            },
        )
    }

    pub(super) fn try_form(&self, scope: &Scope, id: &str, form: &dto::FilledForm) -> Answer<dto::Outcome> {
        let dataset = self.form_dataset(id)?;
        let month = month(&form.period)?;
        let register = self.register(scope).map_err(ApiError::internal)?;
        let institution = self.submitter(&register, scope, dataset, &form.institution, self.today())?;
        let Written { name, bytes } = self.written(dataset, &institution, month, &form.rows)?;
        self.try_file(scope, &register, dataset, Some(institution), Some(of_month(month)), (bytes, name))
    }

    pub(super) fn workbook(&self, scope: &Scope, id: &str, query: &dto::TemplateQuery) -> Answer<Download> {
        let dataset = self
            .dataset(id)
            .ok_or_else(|| dry_run::no_dataset(&self.pack, id))?;
        let given = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let institution = match given(&query.institution) {
            None => None,
            Some(text) => {
                let register = self.register(scope).map_err(ApiError::internal)?;
                Some(self.submitter(&register, scope, dataset, &text, self.today())?)
            }
        };
        let period = given(&query.period).map(|text| month(&text)).transpose()?;
        workbook(&self.pack, dataset, institution.as_deref(), period)
    }
}

/// The template of a dataset as a file.
///
/// # Errors
/// When the workbook cannot be made.
pub fn workbook(pack: &yizheng_pack::Pack, dataset: &Dataset, institution: Option<&str>, month: Option<Month>) -> Answer<Download> {
    let bytes = template::workbook(pack, dataset, institution, month).map_err(ApiError::internal)?;
    let of = month.map(|month| format!("-{month}")).unwrap_or_default();
    Ok(Download {
        file_name: format!("{}{of}-填报模板.xlsx", dataset.meta.name),
        media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        content: Content::Bytes(bytes),
    })
}

/// The fields that people fill in: whose the report is and of when is known.
fn filled(dataset: &Dataset) -> impl Iterator<Item = (FieldIx, &Field)> {
    let fields = dataset.fields.iter().enumerate().map(|(at, field)| (FieldIx(at), field));
    fields.filter(move |(ix, _)| ![dataset.institution, dataset.period].contains(ix))
}

/// A value as the official file writes it; `None` without one.
pub(super) fn printed(field: &Field, value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Date(date) if field.month => Some(Month::of(date).to_string()),
        value => Some(value.to_string()),
    }
}

fn of_month(month: Month) -> Period {
    Period::containing(month, Grain::Month)
}

/// Reads a month of the contract.
pub fn month(text: &str) -> Answer<Month> {
    let period = super::period(text.trim())?;
    if period.grain() == Some(Grain::Month) {
        return Ok(period.first());
    }
    Err(ApiError::bad_request(format!("“{text}”不是月份。"), "请填月份，写作 2024-03。"))
}
