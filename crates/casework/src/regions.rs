//! The register of divisions (行政区划, GB/T 2260): names, parents and population, dated.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};

use crate::entity::{Action, region};
use crate::events::{self, Event};
use crate::store::{Desk, StoreError};
use crate::table::{Cells, Change, ImportReport, Note, Refused, SourceRow, Timeline, VALID_FROM, VALID_TO, Validity, in_words};

const CODE: &[&str] = &["行政区划代码", "代码", "code"];
const NAME: &[&str] = &["行政区划名称", "名称", "name"];
const PARENT: &[&str] = &["上级行政区划", "上级代码", "上级", "parent"];
const POPULATION: &[&str] = &["常住人口", "人口", "population"];
/// The columns of the register, each with the names by which files know it.
pub const COLUMNS: &[&[&str]] = &[CODE, NAME, PARENT, POPULATION, VALID_FROM, VALID_TO];

/// A division during some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// Code by GB/T 2260, 6 digits; 9 with the township, 12 with the village.
    pub code: String,
    /// In force from this day.
    pub valid_from: NaiveDate,
    /// To this day (exclusive); open when `None`.
    pub valid_to: Option<NaiveDate>,
    /// Name.
    pub name: String,
    /// Code of the division it belongs to.
    pub parent: Option<String>,
    /// Resident population (常住人口), persons.
    pub population: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Attributes {
    name: String,
    parent: Option<String>,
    population: Option<i64>,
}

type Divisions = BTreeMap<String, Timeline<Attributes>>;

impl From<region::Model> for Region {
    fn from(row: region::Model) -> Self {
        Self {
            code: row.code,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            name: row.name,
            parent: row.parent,
            population: row.population,
        }
    }
}

fn divisions(rows: Vec<region::Model>) -> Divisions {
    let mut divisions = Divisions::new();
    for row in rows {
        let attributes = Attributes { name: row.name, parent: row.parent, population: row.population };
        divisions.entry(row.code).or_default().0.insert(row.valid_from, (row.valid_to, attributes));
    }
    divisions
}

fn regions(code: &str, line: &Timeline<Attributes>) -> Vec<Region> {
    let region = |(from, (to, attributes)): (&NaiveDate, &(Option<NaiveDate>, Attributes))| Region {
        code: code.to_owned(),
        valid_from: *from,
        valid_to: *to,
        name: attributes.name.clone(),
        parent: attributes.parent.clone(),
        population: attributes.population,
    };
    line.0.iter().map(region).collect()
}

/// All divisions ever registered.
pub(crate) async fn load(connection: &impl ConnectionTrait) -> Result<Vec<region::Model>, DbErr> {
    region::Entity::find()
        .order_by_asc(region::Column::Code)
        .order_by_asc(region::Column::ValidFrom)
        .all(connection)
        .await
}

fn read(row: &SourceRow) -> (Cells<'_>, String, Attributes, Validity) {
    let mut cells = Cells::of(row);
    let code = cells.required(CODE).unwrap_or_default().to_owned();
    if !code.is_empty() && !is_code(&code) {
        cells.refuse(format!("行政区划代码应为6位数字（乡镇9位、村12位），实为“{code}”"));
    }
    let parent = cells.text(PARENT).map(str::to_owned);
    if let Some(parent) = &parent
        && (!is_code(parent) || *parent == code)
    {
        cells.refuse(format!("上级行政区划应为另一个行政区划的代码，实为“{parent}”"));
    }
    let attributes = Attributes {
        name: cells.required(NAME).unwrap_or_default().to_owned(),
        parent,
        population: cells.count_of(POPULATION),
    };
    let validity = Validity::read(&mut cells);
    (cells, code, attributes, validity)
}

fn is_code(text: &str) -> bool {
    matches!(text.len(), 6 | 9 | 12) && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl Desk {
    /// Takes divisions into the register, all rows that are right in one write. A row without
    /// 生效日期 holds from the beginning when the division is new, else from `today`; a note says
    /// so.
    ///
    /// # Errors
    /// When the store fails; then nothing is taken.
    pub async fn import_regions(
        &self,
        rows: &[SourceRow],
        today: NaiveDate,
        now: DateTime<Utc>,
        actor: &str,
    ) -> Result<ImportReport, StoreError> {
        let mut report = ImportReport::begin(rows, COLUMNS);
        let write = self.begin_write(now).await?;
        let before = divisions(load(&write.txn).await?);
        let mut after = before.clone();
        for row in rows {
            let (mut cells, code, attributes, validity) = read(row);
            let name = attributes.name.clone();
            if cells.reasons.is_empty() {
                let line = after.entry(code.clone()).or_default();
                let from = validity.from.unwrap_or_else(|| line.beginning_of(&attributes, today));
                match line.put(from, validity.to, attributes) {
                    Ok(change) => {
                        report.count(change);
                        if validity.from.is_none() && change != Change::Unchanged {
                            report.notes.push(Note {
                                row: row.number,
                                message: format!("{code} {name}：未填生效日期，按{}登记", in_words(from, None)),
                            });
                        }
                    }
                    Err((from, to)) => cells.refuse(format!("有效期与已登记的重叠（{}）", in_words(from, to))),
                }
            }
            if !cells.reasons.is_empty() {
                report.refused.push(Refused { row: row.number, code, name, reasons: cells.reasons });
            }
        }
        let mut written = Vec::new();
        let mut events = Vec::new();
        for (code, line) in &after {
            let old = before.get(code);
            if old == Some(line) {
                continue;
            }
            if old.is_some() {
                region::Entity::delete_many().filter(region::Column::Code.eq(code)).exec(&write.txn).await?;
            }
            let (old, new) = (old.map(|old| regions(code, old)), regions(code, line));
            events.push(Event::new(Action::RegionChanged, actor, None, code, old.as_ref(), Some(&new))?);
            written.extend(new.into_iter().map(|region| region::ActiveModel {
                code: Set(region.code),
                valid_from: Set(region.valid_from),
                valid_to: Set(region.valid_to),
                name: Set(region.name),
                parent: Set(region.parent),
                population: Set(region.population),
            }));
        }
        for batch in written.chunks(500) {
            region::Entity::insert_many(batch.to_vec()).exec_without_returning(&write.txn).await?;
        }
        events::append(&write, events).await?;
        write.commit().await?;
        Ok(report.finish())
    }

    /// The divisions in force on a day, by code.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn regions_at(&self, day: NaiveDate) -> Result<Vec<Region>, StoreError> {
        let rows = region::Entity::find()
            .filter(region::Column::ValidFrom.lte(day))
            .filter(region::Column::ValidTo.is_null().or(region::Column::ValidTo.gt(day)))
            .order_by_asc(region::Column::Code)
            .all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(Region::from).collect())
    }

    /// Everything known of a division, oldest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn region_history(&self, code: &str) -> Result<Vec<Region>, StoreError> {
        let rows = region::Entity::find()
            .filter(region::Column::Code.eq(code))
            .order_by_asc(region::Column::ValidFrom)
            .all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(Region::from).collect())
    }
}
