//! What a bulletin says, made of the numbers of one moment: a function of kind, period and moment, so
//! that it can be made again and compared.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use yizheng_lake::measure::Unit;
use yizheng_lake::values::{By, Figure, Query};
use yizheng_pack::Edition;
use yizheng_pack::bulletin::BulletinKind;
use yizheng_pack::period::Period;
use yizheng_pack::scope::Scope;

use super::super::figures::thousands;
use crate::api::desk::Answer;
use crate::api::dto::{self, BulletinFigure, BulletinLine, BulletinTable, BulletinText};
use crate::api::error::ApiError;
use crate::app::checking::sm3_hex;
use crate::app::measuring::Measured;
use crate::app::region::{Region, civil};

/// What stands where a value could not be computed.
pub const NOT_MEASURED: &str = "未测算";
/// What stands where there is nothing to compare with or to say.
pub const NONE: &str = "—";

/// The three rates of reporting, as the definitions have them.
pub const QUALITY: [&str; 3] = ["RPX-COMPLETE", "RPX-TIMELY", "RPX-ERRORS"];

/// What one bulletin is made of.
pub struct Maker<'r> {
    pub region: &'r Region,
    pub measured: &'r Measured,
    pub kind: &'r BulletinKind,
    pub period: Period,
    pub moment: DateTime<Utc>,
    pub scope: &'r Scope,
    /// Every value that stands somewhere, and where it was put.
    figures: Vec<BulletinFigure>,
    places: BTreeMap<(String, String), u32>,
}

/// A value with what is printed beside it.
pub struct Value<'f> {
    /// As measured.
    pub of: &'f Figure,
    /// As the contract has it.
    pub shown: dto::Figure,
}

impl Value<'_> {
    /// Whose it is: code and name.
    pub fn unit(&self) -> dto::NamedCode {
        let (code, name) = self.shown.institution.as_ref().map(|unit| (unit.code.clone(), unit.name.clone())).unwrap_or_default();
        dto::NamedCode { code, name }
    }

    /// Value with its unit.
    pub fn with_unit(&self) -> String {
        if self.of.value.is_some() { self.in_unit(&self.shown.display) } else { NOT_MEASURED.to_owned() }
    }

    /// A number of the same unit.
    pub fn in_unit(&self, number: &str) -> String {
        let unit = &self.shown.unit;
        let space = if unit.is_empty() || unit.starts_with(['%', '‰']) { "" } else { " " };
        format!("{number}{space}{unit}")
    }

    /// 达标, 未达标, or why neither.
    pub fn standing(&self) -> &'static str {
        match (self.of.value.is_some(), &self.shown.target, self.shown.target_met) {
            (false, ..) => NOT_MEASURED,
            (true, None, _) => "无目标值",
            (true, Some(_), Some(true)) => "达标",
            (true, Some(_), Some(false)) => "未达标",
            (true, Some(_), None) => NONE,
        }
    }
}

/// Plain words.
pub fn text(words: impl Into<String>) -> BulletinText {
    BulletinText { text: words.into(), figure: None, link: None }
}

/// Words that lead to a page.
pub fn linked(words: impl Into<String>, link: impl Into<String>) -> BulletinText {
    BulletinText { text: words.into(), figure: None, link: Some(link.into()) }
}

/// A table without rows.
pub fn table(name: &str, columns: &[&str], note: impl Into<String>) -> BulletinTable {
    let columns = columns.iter().map(|title| (*title).to_owned()).collect();
    BulletinTable { name: name.to_owned(), columns, rows: Vec::new(), note: note.into() }
}

/// A row.
pub fn line(key: impl Into<String>, cells: Vec<BulletinText>) -> BulletinLine {
    BulletinLine { key: key.into(), cells }
}

impl Region {
    /// What a bulletin of a kind and period says of the data as known at a moment.
    pub(super) fn bulletin_content(
        &self,
        scope: &Scope,
        kind: &BulletinKind,
        period: Period,
        moment: DateTime<Utc>,
    ) -> Answer<dto::BulletinContent> {
        let measured = self.measured_as_of(moment).map_err(ApiError::internal)?;
        let months = self.months(&measured);
        if months.is_none_or(|(first, last)| period.last() < first || last < period.first()) {
            return Err(ApiError::refused(
                format!("{}没有任何报送数据，不能生成通报。", period.in_chinese()),
                "请选择已有报送的月份、季度或年度。",
            ));
        }
        let mut maker =
            Maker { region: self, measured: &measured, kind, period, moment, scope, figures: Vec::new(), places: BTreeMap::new() };
        let (overall, sections, annexes) = maker.write()?;
        let fill = |words: &str| BulletinKind::fill(words, &self.place.name, period);
        let whole = Scope::whole_region("bulletin");
        let files: Vec<&str> = measured.manifest.within(&whole).files().map(|file| file.entry().sm3.as_str()).collect();
        Ok(dto::BulletinContent {
            title: fill(&kind.title),
            mark: fill(&kind.mark),
            issuer: fill(&kind.issuer),
            main_to: fill(&kind.main_to),
            copy_to: fill(&kind.copy_to),
            printed_by: fill(&kind.printed_by),
            period: period.to_string(),
            known_at: moment,
            manifest: dto::BulletinManifest { files: files.len() as u64, sm3: sm3_hex(files.join("\n").as_bytes()) },
            packs: self.pack_versions(),
            fingerprint: self.pack.fingerprint.clone(),
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            overall,
            sections,
            annexes,
            figures: maker.figures,
        })
    }

    pub(in crate::app::desk) fn pack_versions(&self) -> Vec<dto::PackVersion> {
        let version = |layer: &Edition| dto::PackVersion {
            id: layer.id.clone(),
            name: layer.name.clone(),
            version: layer.version.clone(),
        };
        self.pack.layers.iter().map(version).collect()
    }
}

impl Maker<'_> {
    /// The day of the moment, on which deadlines are judged.
    pub fn day(&self) -> NaiveDate {
        civil(self.moment).date()
    }

    /// Values of indicators, those that the definitions do not have or do not run left out.
    pub fn ask(&self, indicators: &[&str], by: By, period: Period) -> Answer<Vec<Figure>> {
        let known: Vec<String> = indicators
            .iter()
            .filter(|id| self.region.pack.indicators.get(**id).is_some_and(|indicator| indicator.meta.status.runs()))
            .map(|id| (*id).to_owned())
            .collect();
        if known.is_empty() {
            return Ok(Vec::new());
        }
        let query = Query { indicators: &known, periods: &[period], by, code: None, department: None };
        let figures = self.measured.cube.values(&query, &self.measured.register, self.scope).map_err(ApiError::internal)?;
        // In the order in which they are asked for.
        let place = |figure: &Figure| indicators.iter().position(|id| *id == &*figure.indicator);
        let mut figures = figures;
        figures.sort_by_key(place);
        Ok(figures)
    }

    /// A value as it is printed.
    pub fn value<'f>(&self, of: &'f Figure) -> Value<'f> {
        Value { of, shown: self.region.figure(self.measured, of) }
    }

    /// Name of an indicator, its id when the definitions have none.
    pub fn name(&self, id: &str) -> String {
        self.region.pack.indicators.get(id).map_or_else(|| id.to_owned(), |indicator| indicator.meta.name.clone())
    }

    /// Whether a value rests on fewer cases than are needed to name anybody for it.
    pub fn is_small(&self, figure: &Figure) -> bool {
        !QUALITY.contains(&&*figure.indicator)
            && figure.denominator.is_some_and(|cases| cases.to_f64() < f64::from(self.kind.minimum_denominator))
    }

    /// Words that stand for a value: which figure it is goes with them.
    pub fn of_figure(&mut self, words: impl Into<String>, value: &Value<'_>) -> BulletinText {
        let unit = value.unit();
        let key = (value.shown.indicator.clone(), unit.code.clone());
        let next = u32::try_from(self.figures.len()).unwrap_or(u32::MAX);
        let at = *self.places.entry(key).or_insert(next);
        if at == next {
            let print = |part: Option<yizheng_lake::exact::Exact>| part.map(|part| thousands(&part.to_string())).unwrap_or_default();
            self.figures.push(BulletinFigure {
                indicator: value.shown.indicator.clone(),
                name: value.shown.name.clone(),
                by: if value.of.unit == Unit::Region { dto::By::Region } else { dto::By::Institution },
                unit,
                period: value.shown.period.clone(),
                display: value.with_unit(),
                numerator: print(value.of.numerator),
                denominator: print(value.of.denominator),
                provisional: value.of.provisional,
                not_measured: value.of.not_measured.clone().unwrap_or_default(),
            });
        }
        BulletinText { text: words.into(), figure: Some(at), link: None }
    }

    /// What stands in the last column of a value: 暂定, few cases, why not measured.
    pub fn remark(&self, value: &Value<'_>) -> String {
        let mut words = Vec::new();
        if value.of.value.is_none() {
            words.push(value.of.not_measured.clone().unwrap_or_else(|| NOT_MEASURED.to_owned()));
        }
        if value.of.value.is_some() && self.is_small(value.of) {
            words.push(format!("例数不足{}，仅供参考", self.kind.minimum_denominator));
        }
        if value.of.value.is_some() && value.of.provisional {
            words.push(format!("暂定（已报{}/应报{}）", value.of.reported, value.of.due));
        }
        words.join("；")
    }
}
