//! A file against the definitions: what is known beside the file, and how the answer is told.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::io::{Cursor, Write as _};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sm3::{Digest as _, Sm3};
use yizheng_casework::institutions::Register;
use yizheng_eval::Frame;
use yizheng_intake::write::{self, Findings};
use yizheng_intake::{
    Checked, Context, Earlier, FileFacts, FileFinding, InstitutionFacts, Known, Limits, Repair, Report, Submitted, Verdict,
};
use yizheng_lake::register::Register as MeasuredRegister;
use yizheng_lake::values::{By, Query};
use yizheng_lake::{CheckedRows, Columns, Cube, Manifest, Rows};
use yizheng_pack::dataset::{Cell, Dataset, FieldIx, Severity};
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::scope::Scope;
use yizheng_pack::types::{Value, parse_decimal};

use super::desk::definitions::{named_elements, severity};
use super::region::{AppError, Region, civil};
use crate::api::desk::{Answer, Content, Download, FindingsForm};
use crate::api::dto;
use crate::api::error::ApiError;

/// What the checks said of a submission, as the lake keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept {
    /// How the checks came out.
    pub report: Report,
    /// About the file as a whole.
    pub file_findings: Vec<FileFinding>,
    /// How values were read.
    pub repairs: Vec<Repair>,
    /// How the file was read.
    pub file: Option<FileFacts>,
}

impl Kept {
    /// Of a checked file.
    pub fn of(checked: &Checked) -> Self {
        Self {
            report: checked.report.clone(),
            file_findings: checked.file_findings.clone(),
            repairs: checked.repairs.clone(),
            file: checked.file.clone(),
        }
    }
}

/// SM3 of bytes, hexadecimal.
pub fn sm3_hex(bytes: &[u8]) -> String {
    Sm3::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Facts about an institution as they stand on a period's last day, or when it is not registered
/// then, as they are known at all.
pub fn facts(register: &Register, code: &str, period: Period) -> InstitutionFacts {
    let history = register.history(code);
    let day = period.end().pred_opt().unwrap_or(period.start());
    let now = register.at(code, day).cloned().or_else(|| history.last().map(|last| last.attributes.clone()));
    let mut codes = BTreeSet::from([code.to_owned()]);
    let mut names = BTreeSet::new();
    for version in &history {
        codes.extend(version.attributes.credit_code.clone());
        for alias in &version.attributes.aliases {
            // An alias of letters and digits is a code, such as one of 医保; the rest are names.
            if alias.is_ascii() { codes.insert(alias.clone()) } else { names.insert(alias.clone()) };
        }
        names.insert(version.attributes.name.clone());
    }
    names.extend(register.region_name(code).map(str::to_owned));
    let subjects = now.as_ref().map(|now| now.subjects.iter().map(|subject| subject.replace('.', "")).collect());
    InstitutionFacts {
        codes,
        names: Some(names),
        class: now.as_ref().map(|now| now.class.clone()),
        registered_beds: now.as_ref().and_then(|now| now.beds),
        level: now.and_then(|now| now.level),
        subjects,
    }
}

/// The institution's live rows beside a submission.
pub struct LiveRows<'a> {
    region: &'a Region,
    dataset: &'a Arc<Dataset>,
    scope: Scope,
    manifest: Manifest,
    /// The period being replaced.
    period: Period,
    /// Of a patch, the keys that it replaces: other rows of the period stay.
    patched: Option<BTreeSet<Vec<String>>>,
}

impl<'a> LiveRows<'a> {
    /// Of an institution, seen with the scope of the submission.
    ///
    /// # Errors
    /// When the manifest cannot be read.
    pub fn of(
        region: &'a Region,
        dataset: &'a Arc<Dataset>,
        institution: &str,
        period: Period,
        scope: &Scope,
    ) -> Result<Self, AppError> {
        let scope = scope.narrowed_to(institution);
        let rows = region.wait(region.store.live_files(Some(&dataset.meta.id), None, &scope))?;
        let manifest = Manifest::new(rows.into_iter().map(super::measuring::entry))?;
        Ok(Self { region, dataset, scope, manifest, period, patched: None })
    }

    /// Beside a patch with these rows.
    #[must_use]
    pub fn patched_by(mut self, frame: &Frame) -> Self {
        self.patched = Some((0..frame.len).map(|row| key(frame, row)).collect());
        self
    }

    /// The live files.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }
}

/// A row's business key as its fields' values.
fn key(frame: &Frame, row: usize) -> Vec<String> {
    frame.dataset.key.iter().map(|field| frame.value(row, Cell::Field(*field)).to_string()).collect()
}

impl Earlier for LiveRows<'_> {
    fn rows(&self, fields: &[FieldIx]) -> Result<Frame, String> {
        self.read(fields, |_| true)
    }

    fn rows_of(&self, fields: &[FieldIx], month: Month) -> Result<Frame, String> {
        self.read(fields, |of| of == month)
    }
}

impl LiveRows<'_> {
    fn read(&self, fields: &[FieldIx], wanted_month: impl Fn(Month) -> bool) -> Result<Frame, String> {
        let failed = |error: &dyn std::fmt::Display| format!("以前报送的数据读不出来（{error}），请联系平台管理员");
        let wanted: Vec<FieldIx> = fields.iter().chain(&self.dataset.key).copied().collect();
        let columns = Columns::of(self.dataset, &wanted);
        let mut frames = Vec::new();
        for file in self.manifest.within(&self.scope).files() {
            let entry = file.entry();
            if *entry.dataset != *self.dataset.meta.id || !wanted_month(entry.month) {
                continue;
            }
            let replaced = self.period.first() <= entry.month && entry.month <= self.period.last();
            if replaced && self.patched.is_none() {
                continue;
            }
            let stored =
                self.region.lake.read(file, self.dataset, Rows::Counted, &columns).map_err(|error| failed(&error))?;
            match &self.patched {
                Some(keys) if replaced => {
                    let stays = (0..stored.frame.len).map(|row| Some(!keys.contains(&key(&stored.frame, row))));
                    frames.push(stored.frame.filter(&stays.collect()).map_err(|error| failed(&error))?);
                }
                _ => frames.push(stored.frame),
            }
        }
        Frame::concat(self.dataset.clone(), &frames).map_err(|error| failed(&error))
    }
}

/// Values of the institution's month, measured from what is in force now.
struct LiveValues<'a> {
    region: &'a Region,
    institution: &'a str,
    period: Period,
    /// Several checks ask; their month is measured once.
    measured: OnceCell<Result<(Manifest, Cube), String>>,
}

impl LiveValues<'_> {
    fn measure(&self, scope: &Scope) -> Result<(Manifest, Cube), String> {
        let failed = |error: &dyn std::fmt::Display| format!("指标算不出来（{error}），请联系平台管理员");
        let files = self.region.store.live_files(None, Some(self.period.first()), scope);
        let rows = self.region.wait(files).map_err(|error| failed(&error))?;
        let manifest = Manifest::new(rows.into_iter().map(super::measuring::entry)).map_err(|error| failed(&error))?;
        let mut cube = self.region.blank_cube();
        cube.refresh(&self.region.lake, manifest.within(scope), &|_, _| {}).map_err(|error| failed(&error))?;
        Ok((manifest, cube))
    }
}

impl Known for LiveValues<'_> {
    fn value(&self, indicator: &str) -> Result<Value, String> {
        let none = || "所依据的数据还没有报送".to_owned();
        if self.period.grain() != Some(Grain::Month) {
            return Err("只按月比对".to_owned());
        }
        let definition = self.region.pack.indicators.get(indicator).ok_or_else(none)?;
        let scope = Scope::institutions("checking", [self.institution.to_owned()]);
        let (manifest, cube) = self.measured.get_or_init(|| self.measure(&scope)).as_ref().map_err(Clone::clone)?;
        let dataset = definition.dataset.as_deref().ok_or_else(none)?;
        if manifest.within(&scope).at(dataset, self.institution, self.period.first()).is_none() {
            return Err(none());
        }
        let query = Query {
            indicators: &[indicator.to_owned()],
            periods: &[self.period],
            by: By::Institution,
            code: Some(self.institution),
            department: None,
        };
        // What is due does not matter here: the register is not asked.
        let figures = cube.values(&query, &MeasuredRegister::default(), &scope).map_err(|_| none())?;
        let figure = figures.into_iter().next().ok_or_else(none)?;
        let value = figure.value.ok_or_else(|| figure.not_measured.unwrap_or_else(none))?;
        let scale = value.digits();
        let units = parse_decimal(&value.to_string(), scale).ok_or_else(none)?;
        Ok(Value::Number { units, scale })
    }
}

/// A file with whose it is and of when, as far as that is known.
pub struct Question<'a> {
    /// The dataset.
    pub dataset: &'a Arc<Dataset>,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Its name.
    pub name: &'a str,
    /// Whose, by licence number.
    pub institution: Option<&'a str>,
    /// Of when.
    pub period: Option<Period>,
    /// When it came.
    pub received_at: chrono::DateTime<chrono::Utc>,
}

impl Region {
    /// Checks a file beside what the region knows.
    pub(crate) fn check_file(&self, question: &Question<'_>, register: &Register, earlier: Option<&dyn Earlier>) -> Checked {
        let day = civil(question.received_at).date();
        let period = question.period.unwrap_or_else(|| {
            Period::containing(yizheng_pack::period::Month::of(day), yizheng_pack::period::Grain::Month)
        });
        let facts = question.institution.map(|code| facts(register, code, period));
        let known = question.institution.zip(question.period);
        let known = known.map(|(institution, period)| LiveValues {
            region: self,
            institution,
            period,
            measured: OnceCell::new(),
        });
        let resolve = |text: &str| {
            let code = register.resolve(text, day)?;
            let name = register.at(&code, day).map(|attributes| attributes.name.clone()).unwrap_or_default();
            Some(format!("{name}（{code}）"))
        };
        yizheng_intake::check(
            Submitted { bytes: question.bytes, name: question.name },
            &Context {
                institution: facts.as_ref(),
                period: question.period,
                received_at: Some(civil(question.received_at)),
                earlier,
                known: known.as_ref().map(|known| known as &dyn Known),
                resolve: Some(&resolve),
                ..Context::new(&self.pack, question.dataset)
            },
        )
    }
}

/// What measuring needs of a report.
pub fn checked_rows(report: &Report) -> CheckedRows {
    let mut rows = CheckedRows::default();
    for check in &report.checks {
        if report.rows > 0 && check.not_evaluable == report.rows {
            rows.not_run.insert(check.id.clone(), check.reason.clone().unwrap_or_default());
        } else {
            rows.violated.insert(check.id.clone(), check.rows());
        }
    }
    rows
}

/// Rows with an error, and rows with a warning only.
pub fn error_and_warning_rows(report: &Report) -> (u64, u64) {
    let errors = report.rows_with(Severity::Error);
    let warnings = report.rows_with(Severity::Warning) - &errors;
    (errors.len(), warnings.len())
}

/// A file as it was read.
pub fn file_facts(dataset: &Dataset, file: Option<&FileFacts>, name: &str, bytes: u64, sm3: &str) -> dto::FileFacts {
    let renamed = |file: &FileFacts| {
        let known = file.columns.iter().filter_map(|column| Some((column.header.clone(), column.element.clone()?)));
        known
            .filter(|(header, element)| !header.trim().eq_ignore_ascii_case(element))
            .map(|(header, element)| dto::RenamedColumn { header, element })
            .collect()
    };
    dto::FileFacts {
        name: name.to_owned(),
        bytes,
        form: file.map_or_else(|| "未识别".to_owned(), |file| file.form.to_string()),
        encoding: file.and_then(|file| file.encoding).map(|encoding| encoding.to_string()),
        layout: file.map(|file| file.layout_name.clone()),
        hash: sm3.to_owned(),
        known_columns: file.map_or(0, |file| u32::try_from(file.known_columns()).unwrap_or(u32::MAX)),
        unknown_columns: file
            .map(|file| file.unknown_columns().map(|column| column.header.clone()).collect())
            .unwrap_or_default(),
        renamed_columns: file.map(renamed).unwrap_or_default(),
        absent_elements: file.map(|file| named_elements(dataset, &file.absent)).unwrap_or_default(),
    }
}

/// Faults for which a file was returned.
pub fn faults(findings: &[FileFinding]) -> Vec<dto::Fault> {
    findings.iter().filter(|finding| finding.returns).map(fault).collect()
}

fn fault(finding: &FileFinding) -> dto::Fault {
    dto::Fault {
        code: finding.number.clone(),
        place: finding.place.clone(),
        message: finding.message.clone(),
        help: finding.remedy.clone(),
    }
}

/// What is worth knowing about a file that was not returned for it: notices, and values read in
/// another form than the official one.
pub fn notices(findings: &[FileFinding], repairs: &[Repair]) -> Vec<dto::Fault> {
    let notices = findings.iter().filter(|finding| !finding.returns).map(fault);
    let repairs = repairs.iter().map(|repair| {
        let at: Vec<String> = repair.at.iter().map(|(element, rows)| format!("{element} {} 处", rows.len())).collect();
        dto::Fault {
            code: repair.number.clone(),
            place: Some(at.join("、")),
            message: format!("{}共 {} 个单元格。", repair.message, repair.cells),
            help: repair.remedy.clone(),
        }
    });
    notices.chain(repairs).collect()
}

/// How the checks came out, for people.
pub fn check_results(dataset: &Dataset, report: &Report) -> Vec<dto::CheckResult> {
    report
        .checks
        .iter()
        .map(|check| dto::CheckResult {
            id: check.id.clone(),
            severity: severity(check.severity),
            name: check.name.clone(),
            elements: named_elements(dataset, &check.elements),
            passed: check.passed,
            violated: check.violated,
            not_applicable: check.not_applicable,
            not_evaluable: check.not_evaluable,
            reason: check.reason.clone(),
            source: check.source.clone(),
        })
        .collect()
}

/// The findings as a file to send back.
///
/// # Errors
/// When the bytes are not those that were checked.
pub fn findings_file(findings: &Findings<'_>, name: &str, form: FindingsForm) -> Answer<Download> {
    let mut out = Vec::new();
    let (ending, media_type) = match form {
        FindingsForm::Xlsx => {
            let mut cursor = Cursor::new(Vec::new());
            write::findings_xlsx(&mut cursor, findings).map_err(ApiError::internal)?;
            out = cursor.into_inner();
            ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        }
        FindingsForm::Csv => {
            // Excel reads Chinese only with a byte order mark.
            out.write_all("\u{feff}".as_bytes()).map_err(ApiError::from_io)?;
            write::findings_csv(&mut out, findings).map_err(ApiError::internal)?;
            ("csv", "text/csv; charset=utf-8")
        }
        FindingsForm::Json => {
            write::findings_json(&mut out, findings).map_err(ApiError::internal)?;
            ("json", "application/json")
        }
    };
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    Ok(Download { file_name: format!("{stem}-问题清单.{ending}"), media_type, content: Content::Bytes(out) })
}

/// What is written out of a kept report.
pub fn findings<'a>(dataset: &'a Dataset, kept: &'a Kept, bytes: &'a [u8], name: &'a str, personal: bool) -> Findings<'a> {
    Findings {
        file: Submitted { bytes, name },
        dataset,
        report: &kept.report,
        file_findings: &kept.file_findings,
        repairs: &kept.repairs,
        personal,
        limits: Limits::default(),
    }
}

/// A checked file as the contract tells it. What concerns the region is for the caller to fill in.
pub fn outcome(dataset: &Dataset, checked: &Checked, name: &str, bytes: u64, sm3: &str) -> dto::Outcome {
    let readable = checked.file.is_some() && (checked.rows > 0 || checked.verdict == Verdict::Accepted);
    let (errors, warnings) = error_and_warning_rows(&checked.report);
    let rows = checked.report.rows;
    let checked_rows = readable.then_some(checked.rows);
    let ran = !checked.report.checks.is_empty();
    dto::Outcome {
        verdict: match checked.verdict {
            Verdict::Accepted => dto::Verdict::Accepted,
            Verdict::Returned => dto::Verdict::Returned,
        },
        dry_run: true,
        sentence: String::new(),
        submission: None,
        token: None,
        file: Some(file_facts(dataset, checked.file.as_ref(), name, bytes, sm3)),
        institution: None,
        period: checked.period.map(|period| period.to_string()),
        faults: faults(&checked.file_findings),
        notices: notices(&checked.file_findings, &checked.repairs),
        rows: checked_rows,
        clean_rows: ran.then(|| rows.saturating_sub(errors + warnings)),
        error_rows: ran.then_some(errors),
        warning_rows: ran.then_some(warnings),
        error_rate: super::desk::rate(errors, rows).filter(|_| ran),
        checks: check_results(dataset, &checked.report),
        next_steps: Vec::new(),
    }
}

/// One sentence about how a file came out.
pub fn sentence(outcome: &dto::Outcome) -> String {
    let when = if outcome.dry_run { "预检：" } else { "" };
    let rows = outcome.rows.unwrap_or(0);
    let (errors, warnings) = (outcome.error_rows.unwrap_or(0), outcome.warning_rows.unwrap_or(0));
    let accepted = if outcome.dry_run { "可以接收" } else { "已接收" };
    match (outcome.verdict, outcome.faults.first()) {
        (dto::Verdict::Returned, Some(fault)) => format!("{when}退回。{} {}", fault.code, fault.message),
        (dto::Verdict::Returned, None) => format!("{when}退回。"),
        (dto::Verdict::Duplicate, _) => "与已接收的文件完全相同，不重复处理。".to_owned(),
        (dto::Verdict::Accepted, _) if outcome.file.is_none() => format!("{when}零报告{accepted}。"),
        (dto::Verdict::Accepted, _) => {
            let unjudged = unjudged(&outcome.checks);
            if errors + warnings > 0 {
                let held = if errors > 0 { format!("{errors} 行有错误，暂不计入") } else { "没有错误".to_owned() };
                format!("{when}{accepted}，共 {rows} 行：{held}；{warnings} 行有提示。{unjudged}")
            } else if unjudged.is_empty() {
                format!("{when}{accepted}，{rows} 行全部通过。")
            } else {
                format!("{when}{accepted}，{rows} 行没有发现问题。{unjudged}")
            }
        }
    }
}

/// How many rules could not be judged, of all rows or of some: none of them is a pass. Empty when
/// every rule was judged wherever it applies.
fn unjudged(checks: &[dto::CheckResult]) -> String {
    let open: Vec<_> = checks.iter().filter(|check| check.not_evaluable > 0).collect();
    let nowhere = open.iter().filter(|check| check.passed + check.violated == 0).count();
    match (open.len(), nowhere) {
        (0, _) => String::new(),
        (all, 0) => format!("{all} 条规则对部分行无法判断（缺少所需数据），不算通过。"),
        (all, nowhere) if all == nowhere => format!("{all} 条规则无法判断（缺少所需数据），不算通过。"),
        (all, nowhere) => {
            format!("{all} 条规则无法判断（缺少所需数据，其中 {} 条只是部分行），不算通过。", all - nowhere)
        }
    }
}
