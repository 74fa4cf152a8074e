//! Submissions, their checks and findings, and what changed between two versions.

use yizheng_casework::explanations::{Explanation, ExplanationError};
use yizheng_casework::institutions::Register;
use yizheng_casework::reporting::deadline;
use yizheng_casework::submissions::{Content, Mode, Status, Submission, SubmissionFilter};
use yizheng_lake::Manifest;
use yizheng_lake::changes::{Changes, Version};
use yizheng_pack::dataset::Dataset;
use yizheng_pack::scope::Scope;

use super::overview::rate;
use crate::api::desk::{Answer, Download, FindingsForm, Stretch, Window};
use crate::api::dto;
use crate::api::error::ApiError;
use crate::app::checking::{self, Kept};
use crate::app::region::{Region, civil};
use crate::app::{dry_run, register};

/// A status as the contract has it.
fn status(status: Status) -> dto::SubmissionStatus {
    match status {
        Status::Accepted => dto::SubmissionStatus::Accepted,
        Status::Returned => dto::SubmissionStatus::Returned,
        Status::Superseded => dto::SubmissionStatus::Superseded,
    }
}

impl Region {
    pub(super) fn submission_rows(
        &self,
        scope: &Scope,
        query: &dto::SubmissionsQuery,
    ) -> Answer<Vec<dto::SubmissionRow>> {
        let register = self.register(scope).map_err(ApiError::internal)?;
        let institution = match &query.institution {
            None => None,
            Some(text) => Some(
                register
                    .resolve(text, self.today())
                    .filter(|code| scope.allows(code))
                    .ok_or_else(|| ApiError::not_found(format!("机构“{text}”")))?,
            ),
        };
        let filter = SubmissionFilter {
            institution,
            dataset: query.dataset.clone(),
            period: query.period.as_deref().map(super::period).transpose()?,
            from: None,
            to: None,
            status: match query.status {
                None => None,
                Some(dto::SubmissionStatus::Accepted) => Some(Status::Accepted),
                Some(dto::SubmissionStatus::Returned) => Some(Status::Returned),
                Some(dto::SubmissionStatus::Superseded) => Some(Status::Superseded),
                // A submission enters the store with its verdict: none is only received.
                Some(dto::SubmissionStatus::Received) => return Ok(Vec::new()),
            },
        };
        let submissions = self.wait(self.store.submissions(&filter, scope)).map_err(ApiError::internal)?;
        Ok(submissions.iter().map(|submission| self.submission_row(&register, submission)).collect())
    }

    /// A stored submission as a row of the list.
    pub(crate) fn submission_row(&self, register: &Register, submission: &Submission) -> dto::SubmissionRow {
        let target = &submission.target;
        let day = target.period.start();
        let late = self.dataset(&target.dataset).is_some_and(|dataset| {
            civil(submission.received_at).date() > deadline(&dataset.due, target.period.last())
        });
        let counts = submission.counts;
        dto::SubmissionRow {
            id: submission.id.clone(),
            institution: register::reference(&self.pack, register, &target.institution, day),
            dataset: dto::NamedCode { code: target.dataset.clone(), name: self.dataset_name(&target.dataset) },
            period: target.period.to_string(),
            version: submission.version,
            mode: match submission.mode {
                Mode::Full => dto::Mode::Full,
                Mode::Patch => dto::Mode::Patch,
            },
            status: status(submission.status),
            zero: submission.content == Content::Zero,
            received_at: submission.received_at,
            late,
            file_name: match &submission.content {
                Content::File(file) => Some(file.name.clone()),
                Content::Zero => None,
            },
            rows: counts.map(|counts| counts.rows),
            counted_rows: counts.map(|counts| if submission.status == Status::Returned { 0 } else { counts.counted }),
            error_rows: counts.map(|counts| counts.held),
            warning_rows: counts.map(|counts| counts.warned),
            error_rate: counts.and_then(|counts| rate(counts.held, counts.rows)),
            returned_reason: (submission.status == Status::Returned)
                .then(|| submission.messages.first().map(|message| format!("{} {}", message.number, message.message)))
                .flatten(),
        }
    }

    fn stored(&self, scope: &Scope, id: &str) -> Answer<Submission> {
        self.wait(self.store.submission(id, scope))
            .map_err(ApiError::internal)?
            .ok_or_else(|| ApiError::not_found(format!("报送“{id}”")))
    }

    fn kept_of(&self, scope: &Scope, submission: &Submission) -> Answer<Option<Kept>> {
        self.lake.report(scope, &submission.target.institution, &submission.id).map_err(ApiError::internal)
    }

    /// Where the rows of a submission's file stand.
    pub(super) fn origins(&self, id: &str, scope: &Scope) -> Answer<yizheng_intake::Origins> {
        let details = self.stored(scope, id)?.details;
        // A report of nothing has no file; the rows of a form stand below the header of its own.
        let form = || yizheng_intake::Origins { header_row: 1, ..Default::default() };
        Ok(serde_json::from_value(details).unwrap_or_else(|_| form()))
    }

    pub(super) fn submission_of(&self, scope: &Scope, id: &str) -> Answer<dto::Submission> {
        let submission = self.stored(scope, id)?;
        let register = self.register(scope).map_err(ApiError::internal)?;
        let kept = self.kept_of(scope, &submission)?;
        let history = self.wait(self.store.versions(&submission.target, scope)).map_err(ApiError::internal)?;
        let explanations = self.wait(self.store.explanations(id, scope)).map_err(ApiError::internal)?;
        let dataset = self.dataset(&submission.target.dataset);
        let file = match (&submission.content, dataset) {
            (Content::File(file), Some(dataset)) => Some(checking::file_facts(
                dataset,
                kept.as_ref().and_then(|kept| kept.file.as_ref()),
                &file.name,
                file.bytes,
                &file.sm3,
            )),
            _ => None,
        };
        let verdict = match submission.status {
            Status::Returned => dto::Verdict::Returned,
            Status::Accepted | Status::Superseded => dto::Verdict::Accepted,
        };
        let faults = submission.messages.iter().map(|message| dto::Fault {
            code: message.number.clone(),
            place: message.place.clone(),
            message: message.message.clone(),
            help: message.remedy.clone(),
        });
        Ok(dto::Submission {
            submission: self.submission_row(&register, &submission),
            file,
            faults: if submission.status == Status::Returned { faults.collect() } else { Vec::new() },
            notices: kept
                .map(|kept| checking::notices(&kept.file_findings, &kept.repairs))
                .unwrap_or_default(),
            history: history.iter().map(|version| self.submission_row(&register, version)).collect(),
            explanations: explanations.into_iter().map(given).collect(),
            next_steps: next_steps(&submission, verdict),
        })
    }

    pub(super) fn checks_of(&self, scope: &Scope, id: &str) -> Answer<Vec<dto::CheckResult>> {
        let submission = self.stored(scope, id)?;
        let kept = self.kept_of(scope, &submission)?;
        Ok(match (kept, self.dataset(&submission.target.dataset)) {
            (Some(kept), Some(dataset)) => checking::check_results(dataset, &kept.report),
            _ => Vec::new(),
        })
    }

    /// A submission's report with the bytes that it is about.
    fn report_and_bytes(&self, scope: &Scope, submission: &Submission) -> Answer<Option<(Kept, Vec<u8>, String)>> {
        let Content::File(file) = &submission.content else { return Ok(None) };
        let Some(kept) = self.kept_of(scope, submission)? else { return Ok(None) };
        let bytes = self
            .lake
            .received(scope, &submission.target.institution, &file.sm3)
            .map_err(ApiError::internal)?;
        if scope.sees_personal_fields() {
            self.wait(self.store.note_personal_read(
                Some(&submission.target.institution),
                &format!("submission/{}", submission.id),
                self.now(),
                scope,
            ))
            .map_err(ApiError::internal)?;
        }
        Ok(Some((kept, bytes, file.name.clone())))
    }

    pub(super) fn findings_of(
        &self,
        scope: &Scope,
        id: &str,
        query: &dto::FindingsQuery,
        window: &Window,
    ) -> Answer<Stretch<dto::Finding>> {
        let submission = self.stored(scope, id)?;
        let none = Stretch { total: 0, rows: Vec::new() };
        let Some(dataset) = self.dataset(&submission.target.dataset) else { return Ok(none) };
        let Some((kept, bytes, name)) = self.report_and_bytes(scope, &submission)? else { return Ok(none) };
        let mut stretch = dry_run::list(dataset, &kept, &bytes, &name, scope.sees_personal_fields(), query, window)?;
        let explanations = self.wait(self.store.explanations(id, scope)).map_err(ApiError::internal)?;
        for finding in &mut stretch.rows {
            finding.explanation = explanations
                .iter()
                .find(|given| given.check == finding.check && given.key == finding.key)
                .map(|given| given.text.clone());
        }
        Ok(stretch)
    }

    pub(super) fn findings_file_of(&self, scope: &Scope, id: &str, form: FindingsForm) -> Answer<Download> {
        let submission = self.stored(scope, id)?;
        let nothing = || ApiError::refused("这次报送没有可导出的问题清单。", "零报告没有文件，也就没有问题清单。");
        let dataset = self.dataset(&submission.target.dataset).ok_or_else(nothing)?;
        let (kept, bytes, name) = self.report_and_bytes(scope, &submission)?.ok_or_else(nothing)?;
        let findings = checking::findings(dataset, &kept, &bytes, &name, scope.sees_personal_fields());
        checking::findings_file(&findings, &name, form)
    }

    /// The version that was in force before a submission, and the files that each of them wrote.
    fn two_versions(&self, scope: &Scope, id: &str) -> Answer<(Option<Submission>, Submission, Changes)> {
        let submission = self.stored(scope, id)?;
        let versions = self.wait(self.store.versions(&submission.target, scope)).map_err(ApiError::internal)?;
        let before = versions
            .into_iter()
            .filter(|version| version.status != Status::Returned && version.version < submission.version)
            .max_by_key(|version| version.version);
        let (Some(before), Some(dataset)) = (before, self.dataset(&submission.target.dataset)) else {
            return Ok((None, submission, Changes::default()));
        };
        if submission.status == Status::Returned {
            return Ok((None, submission, Changes::default()));
        }
        let changes = {
            let files = |id: &str| -> Answer<Manifest> { self.files_of(id, scope).map_err(ApiError::internal) };
            let (old, new) = (files(&before.id)?, files(&submission.id)?);
            let (old, new) = (old.within(scope), new.within(scope));
            self.lake
                .changes(
                    scope,
                    dataset,
                    &Version::Stored(old.files().collect()),
                    &Version::Stored(new.files().collect()),
                )
                .map_err(ApiError::internal)?
        };
        Ok((Some(before), submission, changes))
    }

    pub(super) fn change_summary_of(&self, scope: &Scope, id: &str) -> Answer<dto::ChangeSummary> {
        let (before, _, changes) = self.two_versions(scope, id)?;
        Ok(dto::ChangeSummary {
            before_version: before.as_ref().map(|before| before.version),
            before: before.map(|before| before.id),
            added: changes.added.len() as u64,
            removed: changes.removed.len() as u64,
            changed: changes.changed.len() as u64,
            unchanged: changes.unchanged,
        })
    }

    pub(super) fn changes_of(&self, scope: &Scope, id: &str, window: &Window) -> Answer<Stretch<dto::Change>> {
        let (_, submission, changes) = self.two_versions(scope, id)?;
        let dataset = self.dataset(&submission.target.dataset);
        let whole = |kind| {
            move |key: Vec<String>| dto::Change { kind, key: key.join("/"), values: Vec::new() }
        };
        let changed = changes.changed.into_iter().map(|changed| dto::Change {
            kind: dto::ChangeKind::Changed,
            key: changed.key.join("/"),
            values: changed
                .elements
                .into_iter()
                .map(|element| dto::ValueChange {
                    element_name: dataset.map_or_else(|| element.id.clone(), |dataset| element_name(dataset, &element.id)),
                    element: element.id,
                    before: element.before,
                    after: element.after,
                })
                .collect(),
        });
        let mut all: Vec<dto::Change> = changes
            .removed
            .into_iter()
            .map(whole(dto::ChangeKind::Removed))
            .chain(changed)
            .chain(changes.added.into_iter().map(whole(dto::ChangeKind::Added)))
            .collect();
        if let Some(sort) = &window.sort {
            match sort.column.as_str() {
                "key" => all.sort_by(|a, b| a.key.cmp(&b.key)),
                "kind" => all.sort_by_key(|change| change.kind as u8),
                "values" => all.sort_by_key(|change| change.values.len()),
                other => return Err(ApiError::unknown_column(other)),
            }
            if sort.descending {
                all.reverse();
            }
        }
        let total = all.len() as u64;
        let skip = usize::try_from(window.offset).unwrap_or(usize::MAX);
        let take = usize::try_from(window.limit).unwrap_or(usize::MAX);
        Ok(Stretch { total, rows: all.into_iter().skip(skip).take(take).collect() })
    }

    pub(super) fn give_explanation(
        &self,
        scope: &Scope,
        id: &str,
        new: &dto::NewExplanation,
    ) -> Answer<dto::GivenExplanation> {
        let explained =
            self.wait(self.store.give_explanation(id, &new.check, &new.key, &new.text, self.now(), scope));
        match explained {
            Ok(explanation) => Ok(given(explanation)),
            Err(ExplanationError::Empty) => {
                Err(ApiError::bad_request("情况说明是空的。", "请写明原因，例如“患者家属要求，已核对病历”。"))
            }
            Err(ExplanationError::UnknownSubmission(id)) => Err(ApiError::not_found(format!("报送“{id}”"))),
            Err(other) => Err(ApiError::internal(other)),
        }
    }
}

/// The name of a field or of a repeated group.
fn element_name(dataset: &Dataset, id: &str) -> String {
    let group = dataset.group(id).map(|(_, group)| group.name.clone());
    group.or_else(|| dataset.field(id).map(|(_, field)| field.name.clone())).unwrap_or_else(|| id.to_owned())
}

fn given(explanation: Explanation) -> dto::GivenExplanation {
    dto::GivenExplanation {
        check: explanation.check,
        key: explanation.key,
        text: explanation.text,
        given_at: explanation.given_at,
    }
}

fn step(sentence: &str, link: Option<String>) -> dto::NextStep {
    dto::NextStep { sentence: sentence.to_owned(), link }
}

/// What the sender of a stored submission can do next.
pub fn next_steps(submission: &Submission, verdict: dto::Verdict) -> Vec<dto::NextStep> {
    let target = &submission.target;
    let again = format!("/submit?dataset={}&institution={}&period={}", target.dataset, target.institution, target.period);
    let page = format!("/submissions/{}", submission.id);
    let held = submission.counts.map_or(0, |counts| counts.held);
    let warned = submission.counts.map_or(0, |counts| counts.warned);
    let mut steps = Vec::new();
    match verdict {
        dto::Verdict::Returned => {
            if submission.counts.is_some() {
                steps.push(step("查看问题，或下载标注好的原表逐行改正", Some(format!("{page}?tab=findings"))));
            }
            steps.push(step("改正后重新报送；退回的文件不计入，也不影响已接收的版本", Some(again)));
        }
        dto::Verdict::Accepted | dto::Verdict::Duplicate => {
            if held > 0 {
                steps.push(step(
                    &format!("有 {held} 行因错误暂不计入：改正后用“增补”方式只报这些行即可"),
                    Some(format!("{page}?tab=findings&severity=error")),
                ));
            }
            if warned > 0 {
                steps.push(step(
                    &format!("有 {warned} 行有提示：核对无误的，可以填写情况说明"),
                    Some(format!("{page}?tab=findings&severity=warning")),
                ));
            }
            steps.push(step("查看本机构本期的指标", Some(format!("/institutions/{}?period={}", target.institution, target.period))));
        }
    }
    steps
}

/// What to do after a dry run.
pub fn after_dry_run(outcome: &dto::Outcome) -> Vec<dto::NextStep> {
    match outcome.verdict {
        dto::Verdict::Returned => vec![step("按上面的提示改正后，再次预检", None)],
        _ if outcome.error_rows.unwrap_or(0) > 0 => vec![
            step("下载标注好的原表，改正有错误的行后再次预检", None),
            step("也可以先报送：有错误的行暂不计入，改正后再补充", None),
        ],
        _ => vec![step("可以报送", None)],
    }
}
