//! The register of institutions: what is known of each, dated.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use yizheng_pack::scope::Scope;

pub use crate::entity::Ownership;
use crate::entity::institution_version as version;
use crate::store::{Desk, StoreError, within};
use crate::table::Timeline;

mod import;

pub use import::{COLUMNS, Lists};

/// An institution during some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Institution {
    /// Licence number (登记号), 22 characters: who it is.
    pub code: String,
    /// In force from this day; [`crate::table::BEGINNING`] when nobody knows since when.
    pub valid_from: NaiveDate,
    /// To this day (exclusive); open when `None`.
    pub valid_to: Option<NaiveDate>,
    /// What is known of it.
    #[serde(flatten)]
    pub attributes: Attributes,
}

/// What is known of an institution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// Name.
    pub name: String,
    /// Other names and codes that files may use for it.
    pub aliases: Vec<String>,
    /// Unified social credit code (统一社会信用代码). Institutions of one owner may share it.
    pub credit_code: Option<String>,
    /// Class (机构类别, WS 218), 4 characters.
    pub class: String,
    /// Level (医院级别), when it has one.
    pub level: Option<String>,
    /// Ownership, when stated.
    pub ownership: Option<Ownership>,
    /// Registered beds, when stated.
    pub beds: Option<i64>,
    /// Division (行政区划, GB/T 2260).
    pub region: String,
    /// Alliance (医联体), when it is in one.
    pub alliance: Option<String>,
    /// Registered subjects (诊疗科目), codes.
    pub subjects: Vec<String>,
    /// Who to call; `None` where the scope does not show it.
    pub contact: Option<String>,
    /// Their phone; `None` where the scope does not show it.
    pub phone: Option<String>,
}

impl Institution {
    /// Whether it is in force on a day.
    pub fn in_force(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|to| day < to)
    }
}

/// The whole register that a scope may see, in memory, for callers that ask often.
#[derive(Debug, Clone, Default)]
pub struct Register {
    lines: BTreeMap<String, Timeline<Attributes>>,
    /// Names, aliases and credit codes as [`spelling`] has them, and who ever used them.
    names: HashMap<String, BTreeSet<String>>,
    /// Code and name of the region itself, for who may see all of it.
    region: Option<(String, String)>,
}

/// One spelling for the ways in which people write a name or a code: no spaces, capitals, brackets
/// of one width, and a licence number without its hyphen.
fn spelling(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .map(|letter| match letter {
            '（' => '(',
            '）' => ')',
            letter => letter.to_ascii_uppercase(),
        })
        .collect();
    match plain.split_once('-') {
        Some((body, rest)) if body.len() == 8 && plain.len() == 23 => format!("{body}{rest}"),
        _ => plain,
    }
}

impl Attributes {
    fn names(&self) -> impl Iterator<Item = String> {
        std::iter::once(&self.name).chain(&self.aliases).map(|name| spelling(name))
    }
}

impl Register {
    /// All versions of all institutions, by code and time.
    pub fn versions(&self) -> impl Iterator<Item = Institution> {
        self.lines.iter().flat_map(|(code, line)| states(code, line))
    }

    /// The same register with the region itself, which sends reports of its own.
    #[must_use]
    pub fn with_region(mut self, code: &str, name: &str) -> Self {
        self.region = Some((code.to_owned(), name.to_owned()));
        self
    }

    /// The region's name, when this is its code and the register has it.
    pub fn region_name(&self, code: &str) -> Option<&str> {
        self.region.as_ref().filter(|(own, _)| own == code).map(|(_, name)| name.as_str())
    }

    /// Everything known of an institution, oldest first.
    pub fn history(&self, code: &str) -> Vec<Institution> {
        self.lines.get(code).map(|line| states(code, line)).unwrap_or_default()
    }

    /// What is in force on a day.
    pub fn at(&self, code: &str, day: NaiveDate) -> Option<&Attributes> {
        self.lines.get(code)?.on(day)
    }

    /// The licence number of the institution that is called so: by licence number (a hyphen in it
    /// does not matter), name, alias or credit code. A name counts for who has it on `day`, and
    /// for who has ever had it only when nobody has it then. `None` when nobody or several are
    /// called so. The region itself is called by its code or name.
    pub fn resolve(&self, text: &str, day: NaiveDate) -> Option<String> {
        let text = spelling(text);
        if self.lines.contains_key(&text) {
            return Some(text);
        }
        if let Some((code, name)) = &self.region
            && (*code == text || spelling(name) == text)
        {
            return Some(code.clone());
        }
        let ever = self.names.get(&text)?;
        let called_so = |attributes: &Attributes| {
            attributes.names().any(|name| name == text) || attributes.credit_code.as_deref() == Some(text.as_str())
        };
        let now: Vec<&String> =
            ever.iter().filter(|code| self.at(code, day).is_some_and(called_so)).collect();
        match (now.as_slice(), ever.len()) {
            ([one], _) => Some((*one).clone()),
            ([], 1) => ever.first().cloned(),
            _ => None,
        }
    }

    fn insert(&mut self, code: &str, from: NaiveDate, to: Option<NaiveDate>, attributes: Attributes) {
        self.index(code, &attributes);
        self.lines.entry(code.to_owned()).or_default().0.insert(from, (to, attributes));
    }

    fn index(&mut self, code: &str, attributes: &Attributes) {
        for name in attributes.names().chain(attributes.credit_code.clone()) {
            self.names.entry(name).or_default().insert(code.to_owned());
        }
    }
}

fn states(code: &str, line: &Timeline<Attributes>) -> Vec<Institution> {
    let state = |(from, (to, attributes)): (&NaiveDate, &(Option<NaiveDate>, Attributes))| Institution {
        code: code.to_owned(),
        valid_from: *from,
        valid_to: *to,
        attributes: attributes.clone(),
    };
    line.0.iter().map(state).collect()
}

fn list(what: &'static str, value: serde_json::Value) -> Result<Vec<String>, StoreError> {
    let text = value.to_string();
    serde_json::from_value(value).map_err(|_| StoreError::Unreadable { what, value: text })
}

impl TryFrom<version::Model> for Institution {
    type Error = StoreError;

    fn try_from(row: version::Model) -> Result<Self, StoreError> {
        Ok(Self {
            code: row.institution,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            attributes: Attributes {
                name: row.name,
                aliases: list("aliases", row.aliases)?,
                credit_code: row.credit_code,
                class: row.class,
                level: row.level,
                ownership: row.ownership,
                beds: row.beds,
                region: row.region,
                alliance: row.alliance,
                subjects: list("subjects", row.subjects)?,
                contact: row.contact,
                phone: row.phone,
            },
        })
    }
}

/// The versions that a condition leaves of those the scope may see.
async fn read(connection: &impl ConnectionTrait, which: Condition, scope: &Scope) -> Result<Vec<Institution>, StoreError> {
    let rows = version::Entity::find()
        .filter(within(scope, version::Column::Institution))
        .filter(which)
        .order_by_asc(version::Column::Institution)
        .order_by_asc(version::Column::ValidFrom)
        .all(connection)
        .await?;
    let mut institutions = rows.into_iter().map(Institution::try_from).collect::<Result<Vec<_>, _>>()?;
    if !scope.sees_personal_fields() {
        for institution in &mut institutions {
            institution.attributes.contact = None;
            institution.attributes.phone = None;
        }
    }
    Ok(institutions)
}

/// In force on at least one day from `from` to `to` (exclusive).
fn between(from: NaiveDate, to: NaiveDate) -> Condition {
    Condition::all()
        .add(version::Column::ValidFrom.lt(to))
        .add(version::Column::ValidTo.is_null().or(version::Column::ValidTo.gt(from)))
}

impl Desk {
    /// An institution as it stands on a day.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn institution_at(
        &self,
        code: &str,
        day: NaiveDate,
        scope: &Scope,
    ) -> Result<Option<Institution>, StoreError> {
        let which = between(day, day.succ_opt().unwrap_or(day)).add(version::Column::Institution.eq(code));
        Ok(read(&self.pool, which, scope).await?.pop())
    }

    /// The institutions in force on a day, by code.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn institutions_at(&self, day: NaiveDate, scope: &Scope) -> Result<Vec<Institution>, StoreError> {
        read(&self.pool, between(day, day.succ_opt().unwrap_or(day)), scope).await
    }

    /// The versions in force on at least one day from `from` to `to` (exclusive), by code and time.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn institutions_between(
        &self,
        from: NaiveDate,
        to: NaiveDate,
        scope: &Scope,
    ) -> Result<Vec<Institution>, StoreError> {
        read(&self.pool, between(from, to), scope).await
    }

    /// Everything known of an institution, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn history(&self, code: &str, scope: &Scope) -> Result<Vec<Institution>, StoreError> {
        read(&self.pool, Condition::all().add(version::Column::Institution.eq(code)), scope).await
    }

    /// The whole register that the scope may see, in memory.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn register(&self, scope: &Scope) -> Result<Register, StoreError> {
        load(&self.pool, scope).await
    }

    /// The licence number of the institution that is called so; see [`Register::resolve`].
    ///
    /// # Errors
    /// When the store fails.
    pub async fn resolve(&self, text: &str, day: NaiveDate, scope: &Scope) -> Result<Option<String>, StoreError> {
        Ok(self.register(scope).await?.resolve(text, day))
    }
}

async fn load(connection: &impl ConnectionTrait, scope: &Scope) -> Result<Register, StoreError> {
    let mut register = Register::default();
    for institution in read(connection, Condition::all(), scope).await? {
        let Institution { code, valid_from, valid_to, attributes } = institution;
        register.insert(&code, valid_from, valid_to, attributes);
    }
    Ok(register)
}

/// Whether a code is that of a division in the register of regions, whatever the day.
pub(crate) async fn is_region(connection: &impl ConnectionTrait, code: &str) -> Result<bool, DbErr> {
    use crate::entity::region;
    Ok(region::Entity::find().filter(region::Column::Code.eq(code)).one(connection).await?.is_some())
}

/// Whether a code is known as one that submits: a licence number whatever the day, or a region that
/// has sent a report of its own.
pub(crate) async fn is_registered(connection: &impl ConnectionTrait, code: &str) -> Result<bool, DbErr> {
    Ok(crate::entity::institution::Entity::find_by_id(code).one(connection).await?.is_some())
}
