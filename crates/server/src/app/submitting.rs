//! A file into the region: checked beside what is there, its files written, then committed in one
//! transaction. Until that moment nothing of it counts; a kill leaves files that nobody knows.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use yizheng_casework::institutions::Register;
use yizheng_casework::submissions::{
    Basis, Begun, CheckSummary, Content, Counts, Message, Mode, NewFile, NewSubmission, ReceivedFile, RecordError,
    Recorded, Submission, Target,
};
use yizheng_eval::Frame;
use yizheng_intake::{Checked, FileFinding, Verdict};
use yizheng_lake::changes::Version;
use yizheng_lake::lake::WriteError;
use yizheng_lake::{CheckedRows, Delivery, FileEntry, Replaces};
use yizheng_pack::dataset::{Severity, Subject};
use yizheng_pack::period::Period;
use yizheng_pack::scope::Scope;

use super::checking::{self, Kept, LiveRows, Question};
use super::region::Region;
use crate::api::desk::Answer;
use crate::api::dto;
use crate::api::error::ApiError;

/// What comes in.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Dataset's id.
    pub dataset: String,
    /// Whose: licence number, credit code, alias or name.
    pub institution: String,
    /// Of which period.
    pub period: String,
    /// How it meets what is there.
    pub mode: dto::Mode,
    /// The file, or word that nothing happened.
    pub source: Source,
    /// Whether it may make rows disappear.
    pub confirm_disappearing: bool,
    /// When it came.
    pub received_at: DateTime<Utc>,
}

/// What is sent.
#[derive(Debug, Clone)]
pub enum Source {
    /// A file.
    File {
        /// Where it is.
        path: PathBuf,
        /// Its name.
        name: String,
    },
    /// What was filled in on a page, written as an official file.
    Written {
        /// Its name.
        name: String,
        /// Its bytes.
        bytes: Arc<[u8]>,
    },
    /// 零报告.
    Zero,
}

/// Checked and written, to be committed.
pub struct Prepared {
    outcome: dto::Outcome,
    state: State,
    /// The register beside which it was checked.
    register: Register,
}

enum State {
    Duplicate(Box<Submission>),
    New(Box<NewSubmission>, Basis),
}

/// How often a submission that was overtaken by another is checked again before its sender is told.
const ATTEMPTS: u32 = 3;

impl Region {
    /// Takes in a submission.
    ///
    /// # Errors
    /// When the institution, dataset or period is unknown, rows would disappear without having been
    /// confirmed, or the region could not do it; then nothing has changed.
    pub fn send(&self, scope: &Scope, incoming: &Incoming) -> Answer<dto::Outcome> {
        self.send_with_room(scope, incoming).map_err(|error| {
            let inside = error.status().is_server_error();
            if inside && super::region::is_full(self.dir()) {
                return ApiError::from_io(std::io::ErrorKind::StorageFull.into());
            }
            error
        })
    }

    fn send_with_room(&self, scope: &Scope, incoming: &Incoming) -> Answer<dto::Outcome> {
        for _ in 0..ATTEMPTS {
            let prepared = self.prepare(scope, incoming.clone())?;
            if let Some(outcome) = self.try_commit(scope, prepared, incoming.received_at)? {
                return Ok(outcome);
            }
        }
        Err(overtaken())
    }

    /// Commits what was prepared.
    ///
    /// # Errors
    /// As [`Region::send`]; and when something else was accepted in between.
    pub fn commit(&self, scope: &Scope, prepared: Prepared) -> Answer<dto::Outcome> {
        let at = match &prepared.state {
            State::New(new, _) => new.received_at,
            State::Duplicate(live) => live.received_at,
        };
        self.try_commit(scope, prepared, at)?.ok_or_else(overtaken)
    }

    fn try_commit(&self, scope: &Scope, prepared: Prepared, now: DateTime<Utc>) -> Answer<Option<dto::Outcome>> {
        let mut outcome = prepared.outcome;
        let stored = match prepared.state {
            State::Duplicate(live) => {
                outcome.verdict = dto::Verdict::Duplicate;
                *live
            }
            State::New(new, basis) => match self.wait(self.store.record(*new, basis, now, scope)).map_err(record_error)? {
                Recorded::Stored(stored) => *stored,
                Recorded::AlreadyHeld(live) => {
                    outcome.verdict = dto::Verdict::Duplicate;
                    *live
                }
                Recorded::Overtaken => return Ok(None),
            },
        };
        outcome.sentence = checking::sentence(&outcome);
        outcome.next_steps = super::desk::next_steps(&stored, outcome.verdict);
        outcome.submission = Some(self.submission_row(&prepared.register, &stored));
        Ok(Some(outcome))
    }

    /// Checks a submission beside what is there and writes its files. Nothing of it counts yet.
    ///
    /// # Errors
    /// As [`Region::send`].
    pub fn prepare(&self, scope: &Scope, incoming: Incoming) -> Answer<Prepared> {
        let dataset = self.dataset(&incoming.dataset).ok_or_else(|| {
            super::dry_run::no_dataset(&self.pack, &incoming.dataset)
        })?;
        let period = super::desk::period(&incoming.period)?;
        if period.grain().is_none() {
            return Err(ApiError::bad_request(
                format!("不能按“{period}”报送。"),
                "请按月、季度或年报送：月写作 2024-03，季度写作 2024-Q1，年写作 2024。",
            ));
        }
        let register = self.register(scope).map_err(ApiError::internal)?;
        let day = super::region::civil(incoming.received_at).date();
        if day < period.start() {
            return Err(ApiError::refused(
                format!("{}还没有开始，不能报送。", period.in_chinese()),
                "请核对报告期的年月。",
            ));
        }
        let institution = self.submitter(&register, scope, dataset, &incoming.institution, day)?;
        if matches!(incoming.source, Source::Zero) && (dataset.is_single() || dataset.subject == Subject::Region) {
            return Err(ApiError::refused(
                format!("《{}》不能零报告。", dataset.meta.name),
                "这份报表每月都要填写，没有发生的项目请填 0。",
            ));
        }
        let target = Target { institution: institution.clone(), dataset: incoming.dataset.clone(), period };
        let mode = match (&incoming.source, incoming.mode) {
            (Source::Zero, _) | (_, dto::Mode::Full) => Mode::Full,
            (_, dto::Mode::Patch) => Mode::Patch,
        };
        let received = |name: &str, bytes: &[u8]| {
            Content::File(ReceivedFile {
                name: name.to_owned(),
                sm3: checking::sm3_hex(bytes),
                bytes: bytes.len() as u64,
                layout: None,
                encoding: None,
            })
        };
        let (bytes, mut content): (Arc<[u8]>, Content) = match &incoming.source {
            Source::Zero => (Arc::default(), Content::Zero),
            Source::File { path, name } => {
                let bytes = std::fs::read(path).map_err(ApiError::from_io)?;
                let content = received(name, &bytes);
                (bytes.into(), content)
            }
            Source::Written { name, bytes } => (Arc::clone(bytes), received(name, bytes)),
        };
        let begun = self.wait(self.store.begin(&target, mode, &content, scope)).map_err(record_error)?;
        let basis = match begun {
            Begun::AlreadyHeld(live) => {
                let outcome = self.said_of(&register, &live, day);
                return Ok(Prepared { outcome, state: State::Duplicate(live), register });
            }
            Begun::Open { basis, .. } => basis,
        };

        let live = LiveRows::of(self, dataset, &institution, period, scope).map_err(ApiError::internal)?;
        let checked = match &content {
            Content::Zero => nothing_happened(dataset, period),
            Content::File(file) => {
                let question = Question {
                    dataset,
                    bytes: &bytes,
                    name: &file.name,
                    institution: Some(&institution),
                    period: Some(period),
                    received_at: incoming.received_at,
                };
                match mode {
                    Mode::Full => self.check_file(&question, &register, Some(&live)),
                    Mode::Patch => {
                        // Which of the period's rows stay is known only when the patch has been read.
                        let first = self.check_file(&question, &register, None);
                        let live = LiveRows::of(self, dataset, &institution, period, scope)
                            .map_err(ApiError::internal)?
                            .patched_by(&first.frame);
                        self.check_file(&question, &register, Some(&live))
                    }
                }
            }
        };
        if let (Content::File(file), Some(facts)) = (&mut content, &checked.file) {
            file.layout = Some(facts.layout.clone());
            file.encoding = facts.encoding.map(|encoding| encoding.to_string());
        }
        let accepted = checked.verdict == Verdict::Accepted;
        let in_force = live.manifest().within(scope).of(&dataset.meta.id, &institution, period);
        if accepted && mode == Mode::Full && !incoming.confirm_disappearing && !in_force.is_empty() {
            let changes = self
                .lake
                .changes(scope, dataset, &Version::Stored(in_force.clone()), &Version::Rows(&checked.frame))
                .map_err(ApiError::internal)?;
            if !changes.removed.is_empty() {
                let keys: Vec<String> = changes.removed.iter().map(|key| key.join("/")).collect();
                return Err(ApiError::disappearing(dto::Disappearing { count: keys.len() as u64, keys }));
            }
        }

        let id = uuid::Uuid::new_v4().simple().to_string();
        let mut rng = rand::rng();
        let mut files = Vec::new();
        if accepted {
            let checks = match &content {
                // Nothing was checked, and nothing had to be: a month without rows violates no rule.
                Content::Zero => CheckedRows {
                    violated: dataset
                        .checks
                        .iter()
                        .filter(|check| check.meta.status.runs())
                        .map(|check| (check.meta.id.to_string(), Default::default()))
                        .collect(),
                    not_run: Default::default(),
                },
                Content::File(_) => checking::checked_rows(&checked.report),
            };
            let delivery = Delivery {
                institution: &institution,
                submission: &id,
                period,
                frame: &checked.frame,
                held: &checked.held,
                checks: &checks,
                replaces: match mode {
                    Mode::Full => Replaces::Period,
                    Mode::Patch => Replaces::Keys(in_force),
                },
            };
            files = self.lake.write(&delivery, &mut rng).map_err(write_error)?;
        }
        if let Content::File(file) = &content {
            let sm3 = self.lake.receive(&institution, &bytes, &mut rng).map_err(write_error)?;
            debug_assert_eq!(sm3, file.sm3);
        }
        self.lake.store_report(&institution, &id, &Kept::of(&checked)).map_err(write_error)?;

        let (name, size, sm3) = match &content {
            Content::File(file) => (file.name.as_str(), file.bytes, file.sm3.as_str()),
            Content::Zero => ("", 0, ""),
        };
        let mut outcome = checking::outcome(dataset, &checked, name, size, sm3);
        outcome.dry_run = false;
        outcome.institution = Some(super::register::reference(&self.pack, &register, &institution, day));
        outcome.period = Some(period.to_string());
        if content == Content::Zero {
            outcome.file = None;
        }
        let new = NewSubmission {
            id,
            target,
            mode,
            accepted,
            counts: counts(&checked, &content),
            messages: checked.file_findings.iter().filter(|finding| finding.returns || !accepted).map(message).collect(),
            details: serde_json::json!(checked.report.origins),
            checks: checked.report.checks.iter().map(summary).collect(),
            files: files.into_iter().map(new_file).collect(),
            received_at: incoming.received_at,
            content,
        };
        Ok(Prepared { outcome, state: State::New(Box::new(new), basis), register })
    }

    /// The answer about something that is in force already.
    fn said_of(&self, register: &Register, live: &Submission, day: chrono::NaiveDate) -> dto::Outcome {
        let row = self.submission_row(register, live);
        dto::Outcome {
            verdict: dto::Verdict::Duplicate,
            dry_run: false,
            sentence: String::new(),
            token: None,
            file: None,
            institution: Some(super::register::reference(&self.pack, register, &live.target.institution, day)),
            period: Some(live.target.period.to_string()),
            faults: Vec::new(),
            notices: Vec::new(),
            rows: row.rows,
            clean_rows: None,
            error_rows: row.error_rows,
            warning_rows: row.warning_rows,
            error_rate: row.error_rate,
            checks: Vec::new(),
            next_steps: Vec::new(),
            submission: Some(row),
        }
    }
}

fn overtaken() -> ApiError {
    ApiError::refused(
        "在校验期间，本机构有另一份报送先被接收，本次没有报送。",
        "请刷新页面查看最新版本，确认后再次报送。",
    )
}

fn nothing_happened(dataset: &std::sync::Arc<yizheng_pack::dataset::Dataset>, period: Period) -> Checked {
    Checked {
        verdict: Verdict::Accepted,
        file_findings: Vec::new(),
        repairs: Vec::new(),
        file: None,
        period: Some(period),
        rows: 0,
        report: yizheng_intake::Report {
            origins: yizheng_intake::Origins { header_row: 1, ..Default::default() },
            ..Default::default()
        },
        frame: Frame::empty(dataset.clone()),
        held: roaring::RoaringBitmap::new(),
    }
}

fn counts(checked: &Checked, content: &Content) -> Option<Counts> {
    match content {
        Content::Zero => Some(Counts { rows: 0, counted: 0, held: 0, warned: 0 }),
        Content::File(_) if checked.report.checks.is_empty() => None,
        Content::File(_) => {
            let (held, warned) = checking::error_and_warning_rows(&checked.report);
            let rows = checked.report.rows;
            Some(Counts { rows, counted: rows.saturating_sub(held), held, warned })
        }
    }
}

fn message(finding: &FileFinding) -> Message {
    Message {
        number: finding.number.clone(),
        place: finding.place.clone(),
        message: finding.message.clone(),
        remedy: finding.remedy.clone(),
    }
}

fn summary(check: &yizheng_intake::CheckResult) -> CheckSummary {
    CheckSummary {
        check: check.id.clone(),
        severity: match check.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
        .to_owned(),
        passed: check.passed,
        violated: check.violated,
        not_applicable: check.not_applicable,
        not_evaluable: check.not_evaluable,
        reason: check.reason.clone(),
    }
}

fn new_file(entry: FileEntry) -> NewFile {
    NewFile {
        id: entry.id,
        month: entry.month,
        rows: entry.rows,
        held_rows: entry.held_rows,
        bytes: entry.bytes,
        sm3: entry.sm3,
        entry: serde_json::Value::Null,
    }
}

fn record_error(error: RecordError) -> ApiError {
    match error {
        RecordError::OutsideScope { institution, .. } => ApiError::out_of_scope(format!("机构“{institution}”")),
        RecordError::UnknownInstitution(code) => ApiError::not_found(format!("机构“{code}”")),
        other => ApiError::internal(other),
    }
}

/// A full disk is told as such.
fn write_error(error: WriteError) -> ApiError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>()
            && io.kind() == std::io::ErrorKind::StorageFull
        {
            return ApiError::from_io(std::io::Error::new(std::io::ErrorKind::StorageFull, error.to_string()));
        }
        cause = inner.source();
    }
    ApiError::internal(error)
}
