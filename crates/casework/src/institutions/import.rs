//! Institutions from a file into the register.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use yizheng_pack::codelist::{CodeList, Entry};
use yizheng_pack::identifiers::{gb32100_ok, ws218};
use yizheng_pack::scope::Scope;

use super::{Attributes, Institution, Ownership, Register, load, spelling, states};
use crate::entity::{Action, institution, institution_version as version};
use crate::events::{self, Event, json};
use crate::store::{Desk, StoreError};
use crate::table::{
    Cells, Change, ImportReport, Note, Refused, SourceRow, Timeline, VALID_FROM, VALID_TO, Validity, in_words,
};

const CODE: &[&str] = &["登记号"];
const CREDIT_CODE: &[&str] = &["统一社会信用代码"];
const NAME: &[&str] = &["机构名称"];
const ALIASES: &[&str] = &["别名"];
const CLASS: &[&str] = &["机构类别"];
const LEVEL: &[&str] = &["医院级别"];
const OWNERSHIP: &[&str] = &["所有制"];
const BEDS: &[&str] = &["床位数"];
const REGION: &[&str] = &["行政区划"];
const ALLIANCE: &[&str] = &["医联体"];
const SUBJECTS: &[&str] = &["诊疗科目"];
const CONTACT: &[&str] = &["联系人"];
const PHONE: &[&str] = &["联系电话"];
/// The columns of the register, each with the names by which files know it.
pub const COLUMNS: &[&[&str]] = &[
    CODE, CREDIT_CODE, NAME, ALIASES, CLASS, LEVEL, OWNERSHIP, BEDS, REGION, ALLIANCE, SUBJECTS, CONTACT, PHONE,
    VALID_FROM, VALID_TO,
];

/// The code lists by which rows are judged.
#[derive(Debug, Clone, Copy)]
pub struct Lists<'a> {
    /// 卫生机构(组织)类别, WS 218.
    pub classes: &'a CodeList,
    /// 医院级别.
    pub levels: &'a CodeList,
    /// 经济类型, the first two digits of GB/T 12402.
    pub economic_types: &'a CodeList,
    /// 行政区划, the two digits of provinces (GB/T 2260). Those of divisions in the desk's own register
    /// count as well.
    pub provinces: &'a CodeList,
    /// 诊疗科目.
    pub subjects: &'a CodeList,
}

/// What rows are judged by.
struct Rules<'a> {
    lists: Lists<'a>,
    /// Divisions that the desk has ever registered.
    regions: BTreeSet<String>,
}

/// An entry by its code or by its full name.
fn named<'a>(list: &'a CodeList, text: &str) -> Option<&'a Entry> {
    list.get(text).or_else(|| list.entries.iter().find(|entry| entry.name == text))
}

impl Rules<'_> {
    fn knows_region(&self, code: &str) -> bool {
        let digits = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
        digits
            && code.get(..2).is_some_and(|province| {
                self.lists.provinces.has(province) || self.regions.iter().any(|own| own.starts_with(province))
            })
    }

    fn knows_class(&self, code: &str) -> bool {
        code.len() == 4 && self.lists.classes.has(code)
    }

    /// The licence number as it is kept. Each part that is wrong is a reason.
    fn licence(&self, cells: &mut Cells<'_>) -> String {
        let Some(text) = cells.required(CODE) else { return String::new() };
        let code = spelling(text);
        match ws218(&code) {
            Err(error) => cells.refuse(format!("{error}，实为“{text}”")),
            Ok(licence) => {
                if !self.knows_region(&licence.region) {
                    cells.refuse(format!("登记号第10–15位“{}”不是已知的行政区划代码", licence.region));
                }
                if !self.lists.economic_types.has(&licence.economic_type) {
                    cells.refuse(format!("登记号第16–17位“{}”不是经济类型代码", licence.economic_type));
                }
                if !self.knows_class(&licence.class) {
                    cells.refuse(format!("登记号第18–21位“{}”不是卫生机构类别代码", licence.class));
                }
            }
        }
        code
    }

    fn credit_code(cells: &mut Cells<'_>) -> Option<String> {
        let text = cells.text(CREDIT_CODE)?;
        let code = spelling(text);
        if !gb32100_ok(&code) {
            cells.refuse(match code.chars().count() {
                18 => format!("统一社会信用代码“{text}”校验码不正确"),
                length => format!("统一社会信用代码应为18位，实为{length}位“{text}”"),
            });
        }
        Some(code)
    }

    fn class(&self, cells: &mut Cells<'_>) -> String {
        let Some(text) = cells.required(CLASS) else { return String::new() };
        match named(self.lists.classes, text) {
            Some(entry) if entry.code.len() == 4 => entry.code.clone(),
            Some(entry) => {
                cells.refuse(format!("机构类别“{text}”（{}）是大类，应填其下的四位代码，如A100", entry.name));
                String::new()
            }
            None => {
                cells.refuse(format!("机构类别“{text}”不在代码表中，应填四位代码，如A100"));
                String::new()
            }
        }
    }

    fn level(&self, cells: &mut Cells<'_>) -> Option<String> {
        let text = cells.text(LEVEL)?;
        let entry = named(self.lists.levels, text);
        if entry.is_none() {
            cells.refuse(format!("医院级别“{text}”不在代码表中，应填代码或名称，如32或三级甲等"));
        }
        entry.map(|entry| entry.code.clone())
    }

    fn ownership(cells: &mut Cells<'_>) -> Option<Ownership> {
        match cells.text(OWNERSHIP)? {
            "公立" => Some(Ownership::Public),
            "民营" => Some(Ownership::Private),
            text => {
                cells.refuse(format!("所有制应填公立或民营，实为“{text}”"));
                None
            }
        }
    }

    fn region(&self, cells: &mut Cells<'_>) -> String {
        let Some(text) = cells.required(REGION) else { return String::new() };
        if !self.knows_region(text) {
            cells.refuse(format!(
                "行政区划“{text}”不是已知的6位代码；本地区自设的代码请先导入行政区划登记簿"
            ));
        }
        text.to_owned()
    }

    fn subjects(&self, cells: &mut Cells<'_>) -> Vec<String> {
        let mut subjects: Vec<String> = Vec::new();
        for text in cells.list(SUBJECTS) {
            match named(self.lists.subjects, &text) {
                Some(entry) if !subjects.contains(&entry.code) => subjects.push(entry.code.clone()),
                Some(_) => {}
                None => cells.refuse(format!("诊疗科目“{text}”不在代码表中，应填代码（如0304）或全称")),
            }
        }
        subjects
    }

    fn read<'r>(&self, row: &'r SourceRow) -> (Cells<'r>, String, Attributes, Validity) {
        let mut cells = Cells::of(row);
        let code = self.licence(&mut cells);
        let credit_code = Self::credit_code(&mut cells);
        let name = cells.required(NAME).unwrap_or_default().to_owned();
        let mut aliases = cells.list(ALIASES);
        aliases.retain(|alias| *alias != name);
        let attributes = Attributes {
            name,
            aliases,
            credit_code,
            class: self.class(&mut cells),
            level: self.level(&mut cells),
            ownership: Self::ownership(&mut cells),
            beds: cells.count_of(BEDS),
            region: self.region(&mut cells),
            alliance: cells.text(ALLIANCE).map(str::to_owned),
            subjects: self.subjects(&mut cells),
            contact: cells.text(CONTACT).map(str::to_owned),
            phone: cells.text(PHONE).map(str::to_owned),
        };
        let validity = Validity::read(&mut cells);
        (cells, code, attributes, validity)
    }
}

impl Register {
    /// Names of `line` that another institution has at the same time, and who that is.
    fn taken_names(&self, code: &str, line: &Timeline<Attributes>) -> Vec<String> {
        let mut taken = Vec::new();
        for mine in states(code, line) {
            let names = std::iter::once(&mine.attributes.name).chain(&mine.attributes.aliases);
            for (name, spelled) in names.map(|name| (name, spelling(name))) {
                let licence = self.lines.contains_key(&spelled) && spelled != code;
                let others = self.names.get(&spelled).into_iter().flatten().filter(|other| *other != code);
                let other = others
                    .flat_map(|other| self.history(other))
                    .find(|other| overlap(&mine, other) && other.attributes.names().any(|theirs| theirs == spelled))
                    .map(|other| other.code)
                    .or(licence.then_some(spelled));
                if let Some(other) = other {
                    taken.push(format!("名称或别名“{name}”同时属于登记号{other}的机构"));
                }
            }
        }
        taken.sort();
        taken.dedup();
        taken
    }
}

fn overlap(one: &Institution, other: &Institution) -> bool {
    one.valid_to.is_none_or(|to| other.valid_from < to) && other.valid_to.is_none_or(|to| one.valid_from < to)
}

/// A register while rows are put into it.
struct Import<'a> {
    rules: Rules<'a>,
    register: Register,
    today: NaiveDate,
    report: ImportReport,
    /// Rows of this file by licence number and given first day.
    seen: BTreeMap<(String, Option<NaiveDate>), (u64, Attributes, Validity)>,
}

impl Import<'_> {
    fn take(&mut self, row: &SourceRow) {
        let (mut cells, code, attributes, validity) = self.rules.read(row);
        let name = attributes.name.clone();
        if cells.reasons.is_empty() {
            match self.place(row.number, &code, attributes, validity) {
                Ok(()) => return,
                Err(reasons) => cells.reasons = reasons,
            }
        }
        let code = if code.is_empty() { cells.text(CODE).unwrap_or_default().to_owned() } else { code };
        self.report.refused.push(Refused { row: row.number, code, name, reasons: cells.reasons });
    }

    fn place(&mut self, row: u64, code: &str, attributes: Attributes, validity: Validity) -> Result<(), Vec<String>> {
        match self.seen.get(&(code.to_owned(), validity.from)) {
            Some((_, seen, when)) if *seen == attributes && *when == validity => {
                self.report.count(Change::Unchanged);
                return Ok(());
            }
            Some((first, ..)) => {
                return Err(vec![format!("与第{first}行是同一机构、同一生效日期，内容不同；请只留一行，或填不同的生效日期")]);
            }
            None => {}
        }
        let mut line = self.register.lines.get(code).cloned().unwrap_or_default();
        let from = validity.from.unwrap_or_else(|| line.beginning_of(&attributes, self.today));
        let change = line
            .put(from, validity.to, attributes.clone())
            .map_err(|(from, to)| vec![format!("有效期与已登记的重叠（{}）", in_words(from, to))])?;
        if change != Change::Unchanged {
            let taken = self.register.taken_names(code, &line);
            if !taken.is_empty() {
                return Err(taken);
            }
            self.register.index(code, &attributes);
            self.register.lines.insert(code.to_owned(), line);
            if validity.from.is_none() {
                let message = format!("{}：未填生效日期，按{}登记；如另有日期，请填写后重新导入", attributes.name, in_words(from, None));
                self.report.notes.push(Note { row, message });
            }
        }
        self.report.count(change);
        self.seen.insert((code.to_owned(), validity.from), (row, attributes, validity));
        Ok(())
    }
}

fn stored(institution: Institution) -> Result<version::ActiveModel, StoreError> {
    let Institution { code, valid_from, valid_to, attributes } = institution;
    Ok(version::ActiveModel {
        institution: Set(code),
        valid_from: Set(valid_from),
        valid_to: Set(valid_to),
        name: Set(attributes.name),
        credit_code: Set(attributes.credit_code),
        class: Set(attributes.class),
        level: Set(attributes.level),
        ownership: Set(attributes.ownership),
        beds: Set(attributes.beds),
        region: Set(attributes.region),
        alliance: Set(attributes.alliance),
        aliases: Set(json(&attributes.aliases)?),
        subjects: Set(json(&attributes.subjects)?),
        contact: Set(attributes.contact),
        phone: Set(attributes.phone),
    })
}

impl Desk {
    /// Takes institutions into the register: all rows that are right, in one write; the others
    /// come back with every reason. The same file again changes nothing.
    ///
    /// A row is in force from its 生效日期 and closes what was in force before. Without that date
    /// it holds from the beginning when the institution is new, else from `today`; a note says so.
    /// 失效日期 is the first day on which it is no longer in force; blank means still in force.
    ///
    /// # Errors
    /// When the store fails; then nothing is taken.
    pub async fn import_institutions(
        &self,
        rows: &[SourceRow],
        lists: Lists<'_>,
        today: NaiveDate,
        now: DateTime<Utc>,
        actor: &str,
    ) -> Result<crate::table::ImportReport, StoreError> {
        let everything = Scope::whole_region(actor).with_personal_fields();
        let write = self.begin_write(now).await?;
        let before = load(&write.txn, &everything).await?;
        let regions = crate::regions::load(&write.txn).await?.into_iter().map(|region| region.code).collect();
        let mut import = Import {
            rules: Rules { lists, regions },
            register: before.clone(),
            today,
            report: ImportReport::begin(rows, COLUMNS),
            seen: BTreeMap::new(),
        };
        for row in rows {
            import.take(row);
        }

        let (mut added, mut versions, mut events) = (Vec::new(), Vec::new(), Vec::new());
        for (code, line) in &import.register.lines {
            let old = before.lines.get(code);
            if old == Some(line) {
                continue;
            }
            let action = match old {
                None => {
                    added.push(institution::ActiveModel { code: Set(code.clone()), registered_at: Set(write.at) });
                    Action::InstitutionAdded
                }
                Some(_) => {
                    version::Entity::delete_many()
                        .filter(version::Column::Institution.eq(code))
                        .exec(&write.txn)
                        .await?;
                    Action::InstitutionChanged
                }
            };
            let (old, new) = (old.map(|old| states(code, old)), states(code, line));
            events.push(Event::new(action, actor, Some(code), code, old.as_ref(), Some(&new))?);
            versions.extend(new.into_iter().map(stored).collect::<Result<Vec<_>, _>>()?);
        }
        for batch in added.chunks(500) {
            institution::Entity::insert_many(batch.to_vec()).exec_without_returning(&write.txn).await?;
        }
        for batch in versions.chunks(500) {
            version::Entity::insert_many(batch.to_vec()).exec_without_returning(&write.txn).await?;
        }
        events::append(&write, events).await?;
        write.commit().await?;
        Ok(import.report.finish())
    }
}
