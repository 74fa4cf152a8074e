//! The invented city: its areas and institutions, and the register files a regulator would import
//! before the first submission.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::NaiveDate;
use yizheng_pack::identifiers::{gb11714_check, gb32100_check};
use yizheng_pack::period::Month;

use crate::catalogue::{Catalogue, table};
use crate::layout::Kind;
use crate::person::given;
use crate::{GenerateError, Options};
use yizheng_pack::identifiers::Sex;

/// Division code and name of the city.
pub(crate) const REGION: (&str, &str) = ("990001", "云澜市");

/// How an institution's files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// CSV in UTF-8.
    Csv,
    /// CSV in UTF-8 that begins with a byte order mark.
    CsvBom,
    /// CSV in GB18030.
    Gb18030,
    /// A spreadsheet.
    Xlsx,
}

/// What is peculiar about an institution's files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Twist {
    /// Columns in an order of its own.
    Shuffled,
    /// Columns that no standard knows.
    Extra,
    /// A medical-insurance code in A01.
    InsuranceCode,
}

#[derive(Debug, Clone, serde::Deserialize)]
struct InstitutionRow {
    key: String,
    name: String,
    former: String,
    class: String,
    level: String,
    ownership: String,
    economic: String,
    management: String,
    beds: u32,
    region: String,
    alliance: String,
    profile: String,
    volume: f64,
    layout: Kind,
    file: Format,
    twist: Option<Twist>,
    faults: f64,
    day_surgery: f64,
}

#[derive(serde::Deserialize)]
struct ProfileRow {
    profile: String,
    subjects: String,
    lines: String,
}

#[derive(serde::Deserialize, serde::Serialize)]
struct RegionRow {
    code: String,
    name: String,
    parent: String,
    population: u32,
}

/// An institution.
#[derive(Debug, Clone)]
pub(crate) struct Institution {
    /// Short name in file names and events.
    pub key: String,
    pub name: String,
    former: String,
    /// 登记号, 22 characters.
    pub licence: String,
    credit_code: String,
    /// 定点医药机构编码
    pub insurance_code: String,
    /// WS 218.
    pub class: String,
    level: String,
    ownership: String,
    beds: u32,
    /// Division code of its area.
    pub area: String,
    alliance: String,
    /// Registered 诊疗科目, RC023 form.
    pub subjects: Vec<String>,
    /// Factor on each service line.
    pub lines: Vec<f64>,
    /// Discharges beside the others'.
    pub volume: f64,
    pub layout: Kind,
    pub format: Format,
    pub twist: Option<Twist>,
    /// Share of rows with a fault of everyday carelessness.
    pub faults: f64,
    /// Share of the operations that could be done within a day and are.
    pub day_surgery: f64,
    /// 3, 2, 1: level of the hospital; 0: township and community.
    pub tier: u8,
    /// What kind of house it is: a name in `data/profiles.csv`.
    pub profile: String,
    /// Does it write TCM pages and bills?
    pub tcm: bool,
    /// Is it private?
    pub private: bool,
    /// Highest operation level.
    pub highest_operation: u8,
    contact: String,
    phone: String,
}

impl Institution {
    /// What it writes in A01.
    pub(crate) fn code(&self) -> &str {
        if self.twist == Some(Twist::InsuranceCode) {
            &self.insurance_code
        } else {
            &self.licence
        }
    }

    /// The first registered department of these, or the first it has.
    pub(crate) fn department<'a>(&'a self, wanted: &'a [String]) -> &'a str {
        let own = |code: &&String| self.subjects.contains(code);
        let found = if self.tcm {
            wanted
                .iter()
                .filter(|code| code.starts_with("50"))
                .find(own)
                .or_else(|| wanted.iter().find(own))
        } else {
            wanted.iter().find(own)
        };
        found.or(self.subjects.first()).map_or("02", String::as_str)
    }

    /// Registered beds in a month of the region's, counted from 0.
    pub(crate) fn beds_in(&self, month: usize) -> u32 {
        if self.key == GREW.0 && month >= CHANGED {
            GREW.1
        } else {
            self.beds
        }
    }

    /// Level in a month of the region's, counted from 0.
    pub(crate) fn level_in(&self, month: usize) -> &str {
        if self.key == ROSE.0 && month >= CHANGED {
            ROSE.1
        } else {
            &self.level
        }
    }

    /// Is the register row's class that of a township health centre or a community centre?
    pub(crate) fn is_primary(&self) -> bool {
        self.tier == 0
    }
}

/// The institutions of the region.
pub(crate) fn institutions(catalogue: &Catalogue) -> Result<Vec<Institution>, GenerateError> {
    let profiles: Vec<ProfileRow> = table("profiles", include_str!("../data/profiles.csv"))?;
    let rows: Vec<InstitutionRow> =
        table("institutions", include_str!("../data/institutions.csv"))?;
    rows.into_iter()
        .enumerate()
        .map(|(at, row)| institution(at, row, &profiles, catalogue))
        .collect()
}

fn institution(
    at: usize,
    row: InstitutionRow,
    profiles: &[ProfileRow],
    catalogue: &Catalogue,
) -> Result<Institution, GenerateError> {
    let wrong = |what: String| GenerateError::Table {
        name: "institutions",
        source: what.into(),
    };
    let profile = profiles
        .iter()
        .find(|profile| profile.profile == row.profile)
        .ok_or_else(|| wrong(format!("no profile `{}`", row.profile)))?;
    let mut lines = vec![0.0; catalogue.lines.len()];
    for part in profile.lines.split(' ') {
        let (name, factor) = part
            .split_once(':')
            .ok_or_else(|| wrong(format!("`{part}`")))?;
        let factor: f64 = factor.parse().map_err(|_| wrong(format!("`{part}`")))?;
        match name {
            "*" => lines
                .iter_mut()
                .filter(|line| **line == 0.0)
                .for_each(|line| *line = factor),
            name => {
                let place = catalogue
                    .lines
                    .iter()
                    .position(|line| line.name == name)
                    .ok_or_else(|| wrong(format!("no line `{name}`")))?;
                // 0 is said on purpose: it keeps `*` away.
                if let Some(line) = lines.get_mut(place) {
                    *line = if factor == 0.0 {
                        f64::MIN_POSITIVE
                    } else {
                        factor
                    };
                }
            }
        }
    }
    let body = format!("9900{:04}", 1000 + at * 37);
    let organisation = checked(&body, gb11714_check);
    let licence = format!(
        "{organisation}{}{}{}{}",
        row.region, row.economic, row.class, row.management
    );
    let kind = match (row.ownership.as_str(), row.management.as_str()) {
        ("公立", _) => "12",
        (_, "1") => "52",
        _ => "91",
    };
    let credit_code = checked(&format!("{kind}990001{organisation}"), gb32100_check);
    let tier = match (row.class.as_bytes().first(), row.level.as_bytes().first()) {
        (Some(b'B' | b'C'), _) => 0,
        (_, Some(b'3')) => 3,
        (_, Some(b'2')) => 2,
        _ => 1,
    };
    Ok(Institution {
        licence,
        credit_code,
        insurance_code: format!("H990001{:05}", 101 + at),
        subjects: profile.subjects.split(' ').map(str::to_owned).collect(),
        lines,
        tier,
        tcm: row.class.starts_with("A2") && row.profile.starts_with("tcm"),
        private: row.ownership == "民营",
        highest_operation: match (tier, row.profile.as_str()) {
            (0, "township_centre") | (1, _) => 2,
            (0, _) => 1,
            _ => 4,
        },
        contact: given(
            at * 7 + 3,
            at * 11 + 5,
            if at.is_multiple_of(2) {
                Sex::Male
            } else {
                Sex::Female
            },
        ),
        phone: format!("120{:08}", 10_000 + at * 131),
        profile: row.profile,
        key: row.key,
        name: row.name,
        former: row.former,
        class: row.class,
        level: row.level,
        ownership: row.ownership,
        beds: row.beds,
        area: row.region,
        alliance: row.alliance,
        volume: row.volume,
        layout: row.layout,
        format: row.file,
        twist: row.twist,
        faults: row.faults / 100.0,
        day_surgery: row.day_surgery,
    })
}

fn checked(body: &str, check: impl Fn(&str) -> Option<char>) -> String {
    let mut code = body.to_owned();
    code.extend(check(body));
    code
}

const HEADER: [&str; 15] = [
    "登记号",
    "统一社会信用代码",
    "机构名称",
    "别名",
    "机构类别",
    "医院级别",
    "所有制",
    "床位数",
    "行政区划",
    "医联体",
    "诊疗科目",
    "联系人",
    "联系电话",
    "生效日期",
    "失效日期",
];

/// The second hospital grew, and the hospital of both medicines rose a grade, in the second year.
const GREW: (&str, u32) = ("h02", 540);
const ROSE: (&str, &str) = ("h06", "22");
const CHANGED: usize = 12;

/// Writes the register of institutions: one row for each, two where beds or level changed.
pub(crate) fn write_institutions(
    path: &Path,
    institutions: &[Institution],
    options: &Options,
) -> Result<(), GenerateError> {
    let first = Month::new(options.first_month.0, options.first_month.1)
        .ok_or(GenerateError::FirstMonth)?;
    let changed = first.plus(CHANGED as i32).start();
    let begin = NaiveDate::from_ymd_opt(2015, 1, 1).unwrap_or_default();
    let mut rows = vec![HEADER.map(str::to_owned).to_vec()];
    for institution in institutions {
        let row = |beds: u32, level: &str, from: NaiveDate, to: Option<NaiveDate>| {
            register_row(institution, beds, level, from, to)
        };
        match institution.key.as_str() {
            key if key == GREW.0 => {
                rows.push(row(
                    institution.beds,
                    &institution.level,
                    begin,
                    Some(changed),
                ));
                rows.push(row(GREW.1, &institution.level, changed, None));
            }
            key if key == ROSE.0 => {
                rows.push(row(
                    institution.beds,
                    &institution.level,
                    begin,
                    Some(changed),
                ));
                rows.push(row(institution.beds, ROSE.1, changed, None));
            }
            _ => rows.push(row(institution.beds, &institution.level, begin, None)),
        }
    }
    write_rows(path, &rows)
}

/// Writes two rows that the register must refuse: a wrong check character in the 登记号, and a
/// credit code and class that do not exist.
pub(crate) fn write_refused(
    path: &Path,
    institutions: &[Institution],
) -> Result<(), GenerateError> {
    let mut rows = vec![HEADER.map(str::to_owned).to_vec()];
    let begin = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default();
    for (at, institution) in institutions.iter().rev().take(2).enumerate() {
        let mut row = register_row(
            institution,
            institution.beds,
            &institution.level,
            begin,
            None,
        );
        let mut spoil = |column: usize, value: String| {
            if let Some(cell) = row.get_mut(column) {
                *cell = value;
            }
        };
        if at == 0 {
            // The check character of 99009999 is 3.
            spoil(
                0,
                format!(
                    "990099990{}",
                    institution.licence.get(9..).unwrap_or_default()
                ),
            );
            spoil(2, "云澜市东山社区卫生服务中心".to_owned());
        } else {
            spoil(1, "12990001999000013L".to_owned());
            spoil(2, "云澜市西山社区卫生服务中心".to_owned());
            spoil(4, "Z999".to_owned());
        }
        rows.push(row);
    }
    write_rows(path, &rows)
}

fn register_row(
    institution: &Institution,
    beds: u32,
    level: &str,
    from: NaiveDate,
    to: Option<NaiveDate>,
) -> Vec<String> {
    let mut aliases = vec![institution.insurance_code.clone()];
    if !institution.former.is_empty() {
        aliases.push(institution.former.clone());
    }
    vec![
        institution.licence.clone(),
        institution.credit_code.clone(),
        institution.name.clone(),
        aliases.join(";"),
        institution.class.clone(),
        level.to_owned(),
        institution.ownership.clone(),
        beds.to_string(),
        institution.area.clone(),
        institution.alliance.clone(),
        institution.subjects.join(";"),
        institution.contact.clone(),
        institution.phone.clone(),
        from.to_string(),
        to.map(|date| date.to_string()).unwrap_or_default(),
    ]
}

fn areas() -> Result<Vec<RegionRow>, GenerateError> {
    table("regions", include_str!("../data/regions.csv"))
}

/// Residents of each area, by division code.
pub(crate) fn residents() -> Result<BTreeMap<String, u32>, GenerateError> {
    let areas = areas()?.into_iter().filter(|area| !area.parent.is_empty());
    Ok(areas.map(|area| (area.code, area.population)).collect())
}

/// Writes the areas of the region.
pub(crate) fn write_regions(path: &Path) -> Result<(), GenerateError> {
    let regions = areas()?;
    let mut rows = vec![
        ["code", "name", "parent", "population"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(regions.into_iter().map(|region| {
        vec![
            region.code,
            region.name,
            region.parent,
            region.population.to_string(),
        ]
    }));
    write_rows(path, &rows)
}

/// Writes a small table as CSV in UTF-8.
pub(crate) fn write_rows(path: &Path, rows: &[Vec<String>]) -> Result<(), GenerateError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(GenerateError::Csv)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| GenerateError::Csv(error.into_error().into()))?;
    crate::write(path, &bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use yizheng_pack::identifiers::{gb32100_ok, insurance_code_ok, ws218};

    use super::*;

    #[test]
    fn register_rows_are_valid_but_for_the_refused() {
        let catalogue = Catalogue::read().unwrap();
        let institutions = institutions(&catalogue).unwrap();
        assert_eq!(institutions.len(), 45);
        let mut keys = std::collections::HashSet::new();
        for institution in &institutions {
            let licence = ws218(&institution.licence).unwrap();
            assert_eq!(
                (licence.class, licence.region),
                (institution.class.clone(), institution.area.clone())
            );
            assert!(
                gb32100_ok(&institution.credit_code)
                    && insurance_code_ok(&institution.insurance_code),
                "{}",
                institution.key
            );
            assert!(keys.insert(institution.licence.clone()));
            // Every line it has patients of must have a registered department to lie in.
            for (line, factor) in catalogue.lines.iter().zip(&institution.lines) {
                let registered = line
                    .departments
                    .iter()
                    .any(|code| institution.subjects.contains(code));
                assert!(
                    registered || *factor < 0.01,
                    "{} {}",
                    institution.key,
                    line.name
                );
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("refused.csv");
        write_refused(&path, &institutions).unwrap();
        let mut reader = csv::Reader::from_path(&path).unwrap();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 2);
        assert!(ws218(&rows[0][0]).is_err() && !gb32100_ok(&rows[1][1]));
    }
}
