//! What the region measures now: the cube with the manifest and the register it belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use yizheng_casework::institutions::Register as Names;
use yizheng_casework::reporting::{self, Reporting};
use yizheng_casework::submissions::FileRow;
use yizheng_lake::measure::Unit;
use yizheng_lake::register::{Register, Report, Standing};
use yizheng_lake::values::{By, Figure, Query, ValuesError};
use yizheng_lake::{Cube, FileEntry, Manifest};
use yizheng_pack::indicator::Reported;
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::scope::Scope;

use super::region::{AppError, Region, civil};
use crate::api::desk::Answer;
use crate::api::dto;
use crate::api::error::ApiError;

/// One state of the data, measured.
pub struct Measured {
    /// Sums of every part.
    pub cube: Cube,
    /// The files they are of.
    pub manifest: Manifest,
    /// Institutions as the cube needs them.
    pub register: Register,
    /// Institutions as people call them.
    pub names: Names,
    /// How every month with data stands, by dataset.
    pub reporting: BTreeMap<Arc<str>, Vec<Reporting>>,
    /// The day on which that was so: a deadline may have passed since.
    day: NaiveDate,
    /// Writes of the store until then, by which a newer state is noticed; `None` for a past state.
    writes: Option<i64>,
}

/// Which values are asked for, exactly.
#[derive(Debug, Clone)]
pub struct ValuesRequest {
    /// Indicator ids; all running ones when empty.
    pub indicators: Vec<String>,
    /// First month.
    pub from: Month,
    /// Last month, included.
    pub to: Month,
    /// Length of the periods.
    pub grain: Grain,
    /// What is summed over.
    pub by: dto::By,
    /// Only this institution's: licence number, credit code, alias or name.
    pub institution: Option<String>,
    /// As it was known at this moment; now when `None`.
    pub as_of: Option<DateTime<Utc>>,
}

/// One row of `yizheng values`, every number in exact print.
#[derive(Debug, Clone)]
pub struct ExactValue {
    /// Indicator's id.
    pub indicator: String,
    /// Institution, alliance or region; empty when not grouped by one.
    pub institution: String,
    /// Department's code; empty when not grouped by it.
    pub department: String,
    /// Period.
    pub period: Period,
    /// Numerator.
    pub numerator: String,
    /// Denominator.
    pub denominator: String,
    /// Value, rounded half up to the indicator's digits; empty when not measured.
    pub value: String,
    /// Unit.
    pub unit: String,
    /// Target such as `<=8` or `>=1 <=2`; empty without one.
    pub target: String,
    /// Against the target.
    pub status: dto::TargetStatus,
    /// Institution-months reported.
    pub reported: u32,
    /// Institution-months due.
    pub due: u32,
    /// Whether it may still change.
    pub provisional: bool,
}

/// A stored row of the manifest as the lake knows it.
pub(super) fn entry(row: FileRow) -> FileEntry {
    FileEntry {
        id: row.id,
        dataset: row.dataset,
        institution: row.institution,
        month: row.month,
        submission: row.submission,
        rows: row.rows,
        held_rows: row.held_rows,
        bytes: row.bytes,
        sm3: row.sm3,
    }
}

impl Region {
    /// The files of a state of the data: now, or as of a past moment.
    pub(crate) fn manifest(&self, as_of: Option<DateTime<Utc>>) -> Result<Manifest, AppError> {
        let whole = Scope::whole_region("measuring");
        let rows = self.wait(self.store.manifest(as_of, &whole))?;
        Ok(Manifest::new(rows.into_iter().map(entry))?)
    }

    /// The files that came with a submission, whether they still count or not.
    pub(crate) fn files_of(&self, submission: &str, scope: &Scope) -> Result<Manifest, AppError> {
        let rows = self.wait(self.store.files_of(submission, scope))?;
        Ok(Manifest::new(rows.into_iter().map(entry))?)
    }

    /// Measures what has not been measured yet.
    ///
    /// # Errors
    /// When a file cannot be read or measured.
    pub fn measure(&self) -> Result<Arc<Measured>, AppError> {
        self.measure_with(&|_, _| {})
    }

    /// The same, telling how many of how many files are done.
    ///
    /// # Errors
    /// When a file cannot be read or measured.
    pub fn measure_with(&self, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Arc<Measured>, AppError> {
        let writes = self.wait(self.store.writes())?;
        if let Some(measured) = self.kept(writes) {
            return Ok(measured);
        }
        // One measures, the others wait for it and take what it made.
        let _turn = self.measuring.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let writes = self.wait(self.store.writes())?;
        if let Some(measured) = self.kept(writes) {
            return Ok(measured);
        }
        let last = self.measured.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let cube = last.map_or_else(|| self.blank_cube(), |last| last.cube.clone());
        let measured = Arc::new(self.state(cube, None, Some(writes), progress)?);
        *self.measured.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(measured.clone());
        Ok(measured)
    }

    fn kept(&self, writes: i64) -> Option<Arc<Measured>> {
        let kept = self.measured.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let today = self.today();
        kept.filter(|measured| measured.writes == Some(writes) && measured.day == today)
    }

    /// A past state of the data: the files of then, and how reporting stood then. Institutions are as
    /// the register has them today. The last one that was asked for is kept.
    pub(crate) fn measured_as_of(&self, moment: DateTime<Utc>) -> Result<Arc<Measured>, AppError> {
        let writes = self.wait(self.store.writes())?;
        let keep = || self.past.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((_, _, past)) = keep().as_ref().filter(|(at, then, _)| (*at, *then) == (moment, writes)) {
            return Ok(Arc::clone(past));
        }
        let cube = self.measure()?.cube.clone();
        let past = Arc::new(self.state(cube, Some(moment), None, &|_, _| {})?);
        *keep() = Some((moment, writes, Arc::clone(&past)));
        Ok(past)
    }

    /// What is measured now, or was as known at a past moment.
    pub(crate) fn measured(&self, known_at: Option<DateTime<Utc>>) -> Answer<Arc<Measured>> {
        match known_at {
            Some(moment) => self.measured_as_of(moment),
            None => self.measure(),
        }
        .map_err(ApiError::internal)
    }

    fn state(
        &self,
        mut cube: Cube,
        as_of: Option<DateTime<Utc>>,
        writes: Option<i64>,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Measured, AppError> {
        let day = as_of.map_or_else(|| self.today(), |moment| civil(moment).date());
        let whole = Scope::whole_region("measuring");
        let manifest = self.manifest(as_of)?;
        cube.refresh(&self.lake, manifest.within(&whole), progress)?;
        let names = self.register(&whole)?;
        let mut institutions: BTreeMap<String, Vec<Standing>> = BTreeMap::new();
        for version in names.versions() {
            institutions.entry(version.code).or_default().push(Standing {
                from: version.valid_from,
                to: version.valid_to,
                class: version.attributes.class,
                level: version.attributes.level.unwrap_or_default(),
                alliance: version.attributes.alliance,
                beds: version.attributes.beds.unwrap_or(0),
            });
        }
        let mut reporting = BTreeMap::new();
        // A dataset is in use from the month that was first reported, until now as the others are.
        let months = |dataset: Option<&str>| {
            let files = manifest.within(&whole).files().map(|file| file.entry());
            files.filter(|file| dataset.is_none_or(|id| file.dataset == id)).map(|file| file.month).collect::<BTreeSet<_>>()
        };
        let last = months(None).last().copied();
        for (id, dataset) in self.pack.datasets.iter().filter(|(_, dataset)| dataset.meta.status.runs()) {
            if let Some((first, last)) = months(Some(id)).first().copied().zip(last) {
                let standings = match as_of {
                    Some(moment) => self.standings_as_of(dataset, first, last, moment, &whole)?,
                    None => self.standings(dataset, first, last, &whole)?,
                };
                reporting.insert(id.clone(), standings);
            }
        }
        let register = Register {
            region: self.place.code.clone(),
            institutions,
            reporting: reports(&manifest, &reporting, day),
        };
        Ok(Measured { cube, manifest, register, names, reporting, day, writes })
    }

    /// Values with exact numbers, as the command line prints them.
    ///
    /// # Errors
    /// When an indicator or the institution is unknown, or a file cannot be read.
    pub fn exact_values(&self, scope: &Scope, request: &ValuesRequest) -> Answer<Vec<ExactValue>> {
        let measured = self.measured(request.as_of)?;
        let periods = Period::range(request.from, request.to, request.grain);
        let code = match &request.institution {
            Some(text) if request.by != dto::By::Alliance => Some(self.resolve(&measured, text, scope)?),
            other => other.clone(),
        };
        let figures = measured
            .cube
            .values(
                &Query {
                    indicators: &request.indicators,
                    periods: &periods,
                    by: breakdown(request.by),
                    code: code.as_deref(),
                    department: None,
                },
                &measured.register,
                scope,
            )
            .map_err(|ValuesError::NoIndicator(id)| super::desk::no_indicator(&self.pack, &id))?;
        Ok(figures.into_iter().map(|figure| self.exact(figure)).collect())
    }

    fn exact(&self, figure: Figure) -> ExactValue {
        let (institution, department) = match figure.unit {
            Unit::Region => (self.place.code.clone(), String::new()),
            Unit::Alliance(code) | Unit::Institution(code) => (code, String::new()),
            Unit::Department { institution, department } => (institution, department),
        };
        let unit = self.pack.indicators.get(&figure.indicator).map(|i| i.unit.clone()).unwrap_or_default();
        ExactValue {
            indicator: figure.indicator.to_string(),
            institution,
            department,
            period: figure.period,
            numerator: figure.numerator.map(|n| n.to_string()).unwrap_or_default(),
            denominator: figure.denominator.map(|n| n.to_string()).unwrap_or_default(),
            value: figure.value.map(|n| n.to_string()).unwrap_or_default(),
            unit,
            target: figure
                .target
                .map(|target| {
                    let bounds = [(">=", target.low), ("<=", target.high)];
                    let bounds = bounds.iter().filter_map(|(sign, bound)| Some(format!("{sign}{}", (*bound)?)));
                    bounds.collect::<Vec<_>>().join(" ")
                })
                .unwrap_or_default(),
            status: status(figure.status),
            reported: figure.reported,
            due: figure.due,
            provisional: figure.provisional,
        }
    }

    /// The licence number of the institution that is called so, if the scope allows it. Of one
    /// outside the scope nothing is told, not even that it is there.
    pub(crate) fn resolve(&self, measured: &Measured, text: &str, scope: &Scope) -> Answer<String> {
        measured
            .names
            .resolve(text.trim(), self.today())
            .filter(|code| scope.allows(code))
            .ok_or_else(|| ApiError::not_found(format!("机构“{}”", text.trim())))
    }
}

/// What indicators of reporting count: how each month that is due stands on a day, and how many rows
/// are in force. A month counts once its deadline has passed, whenever it came.
fn reports(
    manifest: &Manifest,
    reporting: &BTreeMap<Arc<str>, Vec<Reporting>>,
    today: NaiveDate,
) -> BTreeMap<String, BTreeMap<String, BTreeMap<Month, Report>>> {
    let mut reports: BTreeMap<String, BTreeMap<String, BTreeMap<Month, Report>>> = BTreeMap::new();
    let mut put = |dataset: &str, institution: &str, month: Month, change: &dyn Fn(&mut Report)| {
        let of_dataset = reports.entry(dataset.to_owned()).or_default();
        let months = of_dataset.entry(institution.to_owned()).or_default();
        change(months.entry(month).or_insert(Report { due: None, rows: 0, held: 0 }));
    };
    let whole = Scope::whole_region("measuring");
    for file in manifest.within(&whole).files().map(|file| file.entry()) {
        put(&file.dataset, &file.institution, file.month, &|report| {
            report.rows = file.rows + file.held_rows;
            report.held = file.held_rows;
        });
    }
    for (dataset, months) in reporting {
        for of in months.iter().filter(|of| of.due) {
            let standing = match of.standing {
                _ if today <= of.deadline => Reported::Open,
                reporting::Standing::Reported => Reported::Timely,
                reporting::Standing::Late => Reported::Late,
                reporting::Standing::Returned | reporting::Standing::Missing | reporting::Standing::NotDue => {
                    Reported::Missing
                }
            };
            put(dataset, &of.institution, of.month, &|report| report.due = Some(standing));
        }
    }
    reports
}

/// The contract's breakdown as the cube's.
pub fn breakdown(by: dto::By) -> By {
    match by {
        dto::By::Region => By::Region,
        dto::By::Alliance => By::Alliance,
        dto::By::Institution => By::Institution,
        dto::By::Department => By::Department,
    }
}

/// The cube's status as the contract's.
pub fn status(status: yizheng_lake::values::Status) -> dto::TargetStatus {
    use yizheng_lake::values::Status;
    match status {
        Status::Met => dto::TargetStatus::Met,
        Status::Missed => dto::TargetStatus::Missed,
        Status::NoTarget => dto::TargetStatus::NoTarget,
        Status::NotMeasured => dto::TargetStatus::NotMeasured,
        Status::Observing => dto::TargetStatus::Observing,
    }
}
