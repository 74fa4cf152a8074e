//! What the region's hospitals see: diagnoses with their ages, stays and costs, operations,
//! further diagnoses, external causes, service lines and how a bill divides. All of it is data in
//! `data/*.csv`; diagnoses and operations carry real ICD-10 and ICD-9-CM-3 codes and names.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use yizheng_pack::identifiers::Sex;

use crate::GenerateError;

/// A service line: where its patients lie and how their bill divides.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub name: String,
    /// 诊疗科目 that may take its patients, best first.
    pub departments: Vec<String>,
    pub ward: String,
    pub tcm_disease: String,
    /// Index of the division of the bill.
    pub fees: usize,
}

/// How much more often a diagnosis is seen in some months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Season {
    /// All year.
    None,
    Winter,
    Summer,
    /// Spring and autumn.
    Turn,
}

impl Season {
    /// Factor on the weight in a month (1–12).
    pub(crate) fn factor(self, month: u32) -> f64 {
        let (high, low) = match self {
            Self::None => return 1.0,
            Self::Winter => (matches!(month, 11 | 12 | 1 | 2), matches!(month, 6..=9)),
            Self::Summer => (matches!(month, 6..=9), matches!(month, 11 | 12 | 1 | 2)),
            Self::Turn => (matches!(month, 3 | 4 | 9 | 10), false),
        };
        match (high, low) {
            (true, _) => 1.35,
            (_, true) => 0.72,
            _ => 1.0,
        }
    }
}

/// A principal diagnosis.
#[derive(Debug, Clone)]
pub(crate) struct Diagnosis {
    pub code: String,
    pub name: String,
    pub line: usize,
    pub sex: Option<Sex>,
    /// Youngest, most frequent and oldest age in years.
    pub age: (f64, f64, f64),
    /// How often, beside the others.
    pub weight: f64,
    /// 1: every institution treats it; 2: hospitals of the second level; 3: of the third.
    pub tier: u8,
    /// Median stay in days.
    pub stay: f64,
    /// Median cost without operation in yuan, in a second-level hospital.
    pub cost: f64,
    /// Probability of death.
    pub death: f64,
    pub season: Season,
    /// How much antibacterials matter: 0 not, 3 most.
    pub antibacterial: u8,
    /// Main operations with their probability.
    pub operations: Vec<(usize, f64)>,
    /// Children born during the stay.
    pub newborns: u8,
    /// Morphology code and name of a tumour.
    pub morphology: Option<(String, String)>,
    /// External causes that fit, empty unless it is an injury or poisoning.
    pub causes: Vec<usize>,
}

impl Diagnosis {
    /// Is it an injury to the brain, whose page says how long the patient was unconscious?
    pub(crate) fn is_head_injury(&self) -> bool {
        self.code.starts_with("S06")
    }
}

/// A main operation.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub code: String,
    pub name: String,
    /// 1–4; `None` for a diagnostic or therapeutic procedure.
    pub level: Option<u8>,
    /// Incision class 0–3.
    pub incision: Option<u8>,
    /// Code of the anaesthesia (RC013).
    pub anaesthesia: Option<String>,
    /// Median duration in hours.
    pub hours: f64,
    /// Fee for the operation and material for it, in yuan.
    pub fee: f64,
    pub material: f64,
    /// The operation that often goes with it, of no higher level.
    pub companion: Option<usize>,
}

/// Which further diagnoses a stay may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// Of long standing.
    Standing,
    Obstetric,
    /// Arisen at a birth that was no caesarean.
    Delivery,
    Newborn,
    /// Arisen in hospital.
    Hospital,
}

/// A further diagnosis.
#[derive(Debug, Clone)]
pub(crate) struct OtherDiagnosis {
    pub code: String,
    pub name: String,
    pub sex: Option<Sex>,
    pub age: (f64, f64),
    pub weight: f64,
    pub group: Group,
}

/// An external cause of injury or poisoning.
#[derive(Debug, Clone)]
pub(crate) struct Cause {
    pub code: String,
    pub name: String,
    pub age: (f64, f64),
    pub weight: f64,
}

/// The items of a bill that a division knows, as places after D11 in the official order.
pub(crate) type Division = Vec<(usize, f64)>;

/// Everything there is.
#[derive(Debug, Clone)]
pub(crate) struct Catalogue {
    pub lines: Vec<Line>,
    pub diagnoses: Vec<Diagnosis>,
    pub operations: Vec<Operation>,
    pub others: Vec<OtherDiagnosis>,
    pub causes: Vec<Cause>,
    /// Shares of a stay's basic cost, by division.
    pub divisions: Vec<Division>,
    /// The division of a TCM stay.
    pub tcm_division: usize,
}

/// The rows of a table of this crate.
pub(crate) fn table<T: DeserializeOwned>(
    name: &'static str,
    text: &str,
) -> Result<Vec<T>, GenerateError> {
    csv::Reader::from_reader(text.as_bytes())
        .into_deserialize()
        .collect::<Result<_, _>>()
        .map_err(|source| GenerateError::Table {
            name,
            source: source.into(),
        })
}

fn wrong(name: &'static str, what: impl Into<String>) -> GenerateError {
    GenerateError::Table {
        name,
        source: what.into().into(),
    }
}

fn sex(text: &str) -> Option<Sex> {
    match text {
        "M" => Some(Sex::Male),
        "F" => Some(Sex::Female),
        _ => None,
    }
}

fn numbers(name: &'static str, text: &str) -> Result<Vec<f64>, GenerateError> {
    text.split('-')
        .map(|part| {
            part.parse()
                .map_err(|_| wrong(name, format!("`{text}` is no range")))
        })
        .collect()
}

fn range(name: &'static str, text: &str) -> Result<(f64, f64), GenerateError> {
    if text.is_empty() {
        return Ok((0.0, 200.0));
    }
    match numbers(name, text)?.as_slice() {
        [from, to] => Ok((*from, *to)),
        _ => Err(wrong(name, format!("`{text}` is no range"))),
    }
}

#[derive(serde::Deserialize)]
struct LineRow {
    line: String,
    departments: String,
    ward: String,
    tcm_disease: String,
    fee_profile: String,
}

#[derive(serde::Deserialize)]
struct DiagnosisRow {
    code: String,
    name: String,
    line: String,
    sex: String,
    age: String,
    weight: f64,
    tier: u8,
    stay: f64,
    cost: f64,
    death: f64,
    season: String,
    antibacterial: u8,
    operations: String,
    newborns: Option<u8>,
    morphology: String,
    morphology_name: String,
}

#[derive(serde::Deserialize)]
struct OperationRow {
    key: String,
    code: String,
    name: String,
    level: Option<u8>,
    incision: Option<u8>,
    anaesthesia: Option<String>,
    hours: f64,
    fee: f64,
    material: f64,
    companion: String,
}

#[derive(serde::Deserialize)]
struct OtherRow {
    code: String,
    name: String,
    sex: String,
    age: String,
    weight: f64,
    group: String,
}

#[derive(serde::Deserialize)]
struct CauseRow {
    code: String,
    name: String,
    #[serde(rename = "for")]
    fits: String,
    age: String,
    weight: f64,
}

impl Catalogue {
    /// Reads the tables of this crate.
    pub(crate) fn read() -> Result<Self, GenerateError> {
        let (division_names, divisions) = divisions()?;
        let place = |profile: &str| division_names.iter().position(|name| name == profile);
        let mut lines = Vec::new();
        for row in table::<LineRow>("lines", include_str!("../data/lines.csv"))? {
            let fees =
                place(&row.fee_profile).ok_or_else(|| wrong("lines", row.fee_profile.clone()))?;
            lines.push(Line {
                name: row.line,
                departments: row.departments.split(' ').map(str::to_owned).collect(),
                ward: row.ward,
                tcm_disease: row.tcm_disease,
                fees,
            });
        }
        let (operations, keys) = operations()?;
        let (causes, fits) = causes()?;
        let others = others()?;
        let mut diagnoses = Vec::new();
        for row in table::<DiagnosisRow>("diagnoses", include_str!("../data/diagnoses.csv"))? {
            let bad = |what: &str| wrong("diagnoses", format!("{}: {what}", row.code));
            let age = match numbers("diagnoses", &row.age)?.as_slice() {
                [low, mode, high] => (*low, *mode, *high),
                _ => return Err(bad("age")),
            };
            let mut main_operations = Vec::new();
            for part in row.operations.split_whitespace() {
                let (key, probability) = part.split_once(':').ok_or_else(|| bad(part))?;
                let at = keys.get(key).ok_or_else(|| bad(key))?;
                main_operations.push((*at, probability.parse().map_err(|_| bad(part))?));
            }
            let injury = row.code.starts_with(['S', 'T']);
            diagnoses.push(Diagnosis {
                line: lines
                    .iter()
                    .position(|line| line.name == row.line)
                    .ok_or_else(|| bad(&row.line))?,
                sex: sex(&row.sex),
                age,
                weight: row.weight,
                tier: row.tier,
                stay: row.stay,
                cost: row.cost,
                death: row.death / 1000.0,
                season: match row.season.as_str() {
                    "w" => Season::Winter,
                    "s" => Season::Summer,
                    "p" => Season::Turn,
                    _ => Season::None,
                },
                antibacterial: row.antibacterial,
                operations: main_operations,
                newborns: row.newborns.unwrap_or(0),
                morphology: (!row.morphology.is_empty())
                    .then_some((row.morphology, row.morphology_name)),
                causes: if injury {
                    fitting(&fits, &row.code)
                } else {
                    Vec::new()
                },
                code: row.code,
                name: row.name,
            });
        }
        let tcm_division = place("tcm").ok_or_else(|| wrong("fees", "no division `tcm`"))?;
        Ok(Self {
            lines,
            diagnoses,
            operations,
            others,
            causes,
            divisions,
            tcm_division,
        })
    }
}

/// Causes whose prefixes fit the code; where a longer prefix fits, the shorter ones give way.
fn fitting(fits: &[Vec<String>], code: &str) -> Vec<usize> {
    let longest = |prefixes: &Vec<String>| {
        prefixes
            .iter()
            .filter(|prefix| code.starts_with(prefix.as_str()))
            .map(String::len)
            .max()
    };
    let best = fits.iter().filter_map(longest).max().unwrap_or(0);
    // Knives and presses beside falls and traffic: both count for the hand and the head.
    let beside_general = best == 3 && code.starts_with('S');
    (0..fits.len())
        .filter(|at| {
            fits.get(*at)
                .and_then(longest)
                .is_some_and(|length| length == best || beside_general)
        })
        .collect()
}

type Operations = (Vec<Operation>, HashMap<String, usize>);

fn operations() -> Result<Operations, GenerateError> {
    let rows: Vec<OperationRow> = table("operations", include_str!("../data/operations.csv"))?;
    let keys: HashMap<String, usize> = rows
        .iter()
        .enumerate()
        .map(|(at, row)| (row.key.clone(), at))
        .collect();
    let mut operations = Vec::new();
    for row in rows {
        operations.push(Operation {
            companion: keys.get(&row.companion).copied(),
            code: row.code,
            name: row.name,
            level: row.level,
            incision: row.incision,
            anaesthesia: row.anaesthesia,
            hours: row.hours,
            fee: row.fee,
            material: row.material,
        });
    }
    Ok((operations, keys))
}

type Causes = (Vec<Cause>, Vec<Vec<String>>);

fn causes() -> Result<Causes, GenerateError> {
    let mut causes = Vec::new();
    let mut fits = Vec::new();
    for row in table::<CauseRow>(
        "external_causes",
        include_str!("../data/external_causes.csv"),
    )? {
        fits.push(row.fits.split(' ').map(str::to_owned).collect());
        causes.push(Cause {
            code: row.code,
            name: row.name,
            age: range("external_causes", &row.age)?,
            weight: row.weight,
        });
    }
    Ok((causes, fits))
}

fn others() -> Result<Vec<OtherDiagnosis>, GenerateError> {
    let mut others = Vec::new();
    for row in table::<OtherRow>(
        "other_diagnoses",
        include_str!("../data/other_diagnoses.csv"),
    )? {
        let group = match row.group.as_str() {
            "" => Group::Standing,
            "obstetric" => Group::Obstetric,
            "delivery" => Group::Delivery,
            "newborn" => Group::Newborn,
            "hospital" => Group::Hospital,
            other => return Err(wrong("other_diagnoses", format!("no group `{other}`"))),
        };
        others.push(OtherDiagnosis {
            code: row.code,
            name: row.name,
            sex: sex(&row.sex),
            age: range("other_diagnoses", &row.age)?,
            weight: row.weight,
            group,
        });
    }
    Ok(others)
}

/// Names of the divisions and their shares, which sum to 1.
fn divisions() -> Result<(Vec<String>, Vec<Division>), GenerateError> {
    let mut reader = csv::Reader::from_reader(include_str!("../data/fees.csv").as_bytes());
    let error = |source: csv::Error| GenerateError::Table {
        name: "fees",
        source: source.into(),
    };
    let mut places = Vec::new();
    for header in reader.headers().map_err(error)?.iter().skip(1) {
        places.push(
            crate::fees::place(header)
                .ok_or_else(|| wrong("fees", format!("no item `{header}`")))?,
        );
    }
    let (mut names, mut divisions) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.map_err(error)?;
        names.push(record.get(0).unwrap_or_default().to_owned());
        let mut division = Vec::new();
        for (place, cell) in places.iter().zip(record.iter().skip(1)) {
            let thousandths: f64 = cell.parse().map_err(|_| wrong("fees", cell))?;
            division.push((*place, thousandths / 1000.0));
        }
        divisions.push(division);
    }
    Ok((names, divisions))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn tables_fit_together() {
        let catalogue = Catalogue::read().unwrap();
        assert!(
            catalogue.diagnoses.len() >= 300,
            "{}",
            catalogue.diagnoses.len()
        );
        assert!(catalogue.operations.len() >= 140);
        for diagnosis in &catalogue.diagnoses {
            let code = &diagnosis.code;
            let tumour = code.starts_with('C') || (code.starts_with('D') && code.as_str() < "D49");
            assert_eq!(diagnosis.morphology.is_some(), tumour, "{code}");
            assert_eq!(
                !diagnosis.causes.is_empty(),
                code.starts_with(['S', 'T']),
                "{code}"
            );
            assert!(
                !code.contains(['*', '+']) && !code.starts_with(['V', 'W', 'X', 'Y']),
                "{code}"
            );
            let (low, mode, high) = diagnosis.age;
            assert!(low <= mode && mode <= high && low < high, "{code}");
            assert!(
                diagnosis.operations.iter().map(|(_, p)| p).sum::<f64>() <= 1.0,
                "{code}"
            );
            if code.starts_with('O') {
                assert!(
                    diagnosis.sex == Some(Sex::Female) && low >= 12.0 && high <= 55.0,
                    "{code}"
                );
            }
            if code.starts_with('P') {
                assert!(high * 365.25 < 28.0, "{code}");
            }
        }
        for division in &catalogue.divisions {
            assert!((division.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-9);
        }
        let causes = |code: &str| -> Vec<&str> {
            let diagnosis = catalogue
                .diagnoses
                .iter()
                .find(|diagnosis| diagnosis.code.starts_with(code))
                .unwrap();
            diagnosis
                .causes
                .iter()
                .map(|at| catalogue.causes[*at].code.as_str())
                .collect()
        };
        assert_eq!(causes("T63.001"), ["X20.x00"]);
        assert_eq!(causes("T60.001"), ["X48.x00", "X68.x00"]);
        assert!(causes("S61").contains(&"W26.x00") && causes("S61").contains(&"W01.x00"));
        assert!(!causes("S72").contains(&"W26.x00"));
    }
}
