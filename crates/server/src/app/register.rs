//! Institutions and regions: importing them from files, and how others see them.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use yizheng_casework::institutions::{Attributes, Institution, Lists, Register};
use yizheng_casework::table::{ImportReport, SourceRow};
use yizheng_pack::Pack;
use yizheng_pack::codelist::CodeList;

use super::region::{AppError, Region, civil};
use crate::api::dto;

/// Ids of the code lists by which the register is judged and named.
mod lists {
    pub const CLASS: &str = "ws218_category";
    pub const LEVEL: &str = "hospital_level";
    pub const ECONOMIC_TYPE: &str = "gbt12402";
    pub const PROVINCE: &str = "gbt2260_province";
    pub const SUBJECT: &str = "RC023";
    pub const MANAGEMENT: &str = "ws218_management";
}

impl Region {
    /// Imports institutions from a csv or xlsx file.
    ///
    /// # Errors
    /// When the file cannot be read as a table or the store fails; then nothing is taken.
    pub fn import_institutions(&self, file: &Path, now: DateTime<Utc>, actor: &str) -> Result<ImportReport, AppError> {
        let rows = rows(file)?;
        let list = |id: &'static str| -> Result<&CodeList, AppError> {
            self.pack.codelists.get(id).map(AsRef::as_ref).ok_or_else(|| AppError::Refused(format!("the pack has no code list {id}")))
        };
        let lists = Lists {
            classes: list(lists::CLASS)?,
            levels: list(lists::LEVEL)?,
            economic_types: list(lists::ECONOMIC_TYPE)?,
            provinces: list(lists::PROVINCE)?,
            subjects: list(lists::SUBJECT)?,
        };
        Ok(self.wait(self.store.import_institutions(&rows, lists, civil(now).date(), now, actor))?)
    }

    /// Imports divisions (行政区划) from a csv or xlsx file.
    ///
    /// # Errors
    /// When the file cannot be read as a table or the store fails; then nothing is taken.
    pub fn import_regions(&self, file: &Path, now: DateTime<Utc>, actor: &str) -> Result<ImportReport, AppError> {
        let rows = rows(file)?;
        Ok(self.wait(self.store.import_regions(&rows, civil(now).date(), now, actor))?)
    }
}

/// A table file as rows by header, each with the number by which a person finds it.
fn rows(path: &Path) -> Result<Vec<SourceRow>, AppError> {
    let bytes = std::fs::read(path).map_err(|source| AppError::Io {
        what: "cannot read",
        path: path.to_path_buf(),
        source,
    })?;
    let table = yizheng_intake::read_table(&bytes)
        .map_err(|fault| AppError::Table { path: path.to_path_buf(), why: format!("{}{}", fault.message, fault.remedy) })?;
    Ok(table
        .rows
        .into_iter()
        .map(|(number, cells)| SourceRow {
            number,
            cells: table.header.iter().cloned().zip(cells).collect::<BTreeMap<String, String>>(),
        })
        .collect())
}

/// A code with its name in a list; the code again when there is none.
pub fn named(pack: &Pack, list: &str, code: &str) -> dto::NamedCode {
    let name = pack.codelists.get(list).and_then(|list| list.get(code)).map(|entry| entry.name.clone());
    dto::NamedCode { code: code.to_owned(), name: name.unwrap_or_else(|| code.to_owned()) }
}

/// A class (机构类别) with its name.
pub fn class(pack: &Pack, code: &str) -> dto::NamedCode {
    named(pack, lists::CLASS, code)
}

/// A level (医院级别) with its name.
pub fn level(pack: &Pack, code: &str) -> dto::NamedCode {
    named(pack, lists::LEVEL, code)
}

/// A department or registered subject (诊疗科目) with its name; sub-codes that the list does not
/// hold are named by their parent.
pub fn subject(pack: &Pack, code: &str) -> dto::NamedCode {
    let mut named_code = named(pack, lists::SUBJECT, code);
    if named_code.name == code
        && let Some(parent) = code.get(..2).filter(|parent| *parent != code)
    {
        let parent = named(pack, lists::SUBJECT, parent);
        if parent.name != parent.code {
            named_code.name = format!("{}（{code}）", parent.name);
        }
    }
    named_code
}

/// Economic type (经济类型) with its name.
pub fn economic_type(pack: &Pack, code: &str) -> dto::NamedCode {
    named(pack, lists::ECONOMIC_TYPE, code)
}

/// Management class (机构分类管理) with its name.
pub fn management(pack: &Pack, code: &str) -> dto::NamedCode {
    named(pack, lists::MANAGEMENT, code)
}

/// Ownership in words.
pub fn ownership(attributes: &Attributes) -> String {
    match attributes.ownership {
        Some(yizheng_casework::institutions::Ownership::Public) => "公立".to_owned(),
        Some(yizheng_casework::institutions::Ownership::Private) => "民营".to_owned(),
        None => "未登记".to_owned(),
    }
}

/// An institution beside a figure or a submission, as it stood on a day. One that is no longer, or
/// not yet, in force then is named by what is known of it at all.
pub fn reference(pack: &Pack, register: &Register, code: &str, day: NaiveDate) -> dto::InstitutionRef {
    if let Some(name) = register.region_name(code) {
        return dto::InstitutionRef { code: code.to_owned(), name: name.to_owned(), level: None, class: None };
    }
    let history;
    let attributes = match register.at(code, day) {
        Some(attributes) => Some(attributes),
        None => {
            history = register.history(code);
            nearest(&history, day).map(|institution| &institution.attributes)
        }
    };
    match attributes {
        Some(attributes) => dto::InstitutionRef {
            code: code.to_owned(),
            name: attributes.name.clone(),
            level: attributes.level.as_deref().map(|code| level(pack, code).name),
            class: Some(class(pack, &attributes.class).name),
        },
        None => dto::InstitutionRef { code: code.to_owned(), name: code.to_owned(), level: None, class: None },
    }
}

fn nearest(history: &[Institution], day: NaiveDate) -> Option<&Institution> {
    history.iter().rev().find(|institution| institution.valid_from <= day).or_else(|| history.first())
}
