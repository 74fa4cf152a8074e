//! Dry runs (预检): a file is checked and nothing is stored. Its findings can be asked for a while.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use yizheng_intake::write::Filter;
use yizheng_intake::{Context, Submitted};
use yizheng_pack::Pack;
use yizheng_pack::dataset::{Dataset, Severity};
use yizheng_pack::kind::Kind;
use yizheng_pack::period::Period;

use super::checking::{self, Kept};
use super::definitions;
use crate::api::desk::{Answer, CheckRequest, Download, FindingsForm, Stretch, Window};
use crate::api::dto;
use crate::api::error::ApiError;

/// Dry runs kept at once, and how many bytes of files they may hold together.
const KEPT: usize = 32;
const KEPT_BYTES: usize = 1 << 30;

/// A dry run whose findings can still be asked.
pub struct DryRun {
    /// What came of it.
    pub outcome: dto::Outcome,
    /// Who made it: nobody else may ask.
    pub(super) actor: String,
    pub(super) dataset: Arc<Dataset>,
    pub(super) kept: Kept,
    pub(super) bytes: Vec<u8>,
    pub(super) name: String,
}

impl DryRun {
    /// Its findings as a file. They are shown as the file has them: whoever sent it has it.
    ///
    /// # Errors
    /// When the findings cannot be written.
    pub fn findings_file(&self, form: FindingsForm) -> Answer<Download> {
        let findings = checking::findings(&self.dataset, &self.kept, &self.bytes, &self.name, true);
        checking::findings_file(&findings, &self.name, form)
    }

    pub(super) fn findings(&self, query: &dto::FindingsQuery, window: &Window) -> Answer<Stretch<dto::Finding>> {
        list(&self.dataset, &self.kept, &self.bytes, &self.name, true, query, window)
    }
}

/// The dry runs of this process, the newest last.
#[derive(Default)]
pub struct DryRuns(Mutex<VecDeque<(String, Arc<DryRun>)>>);

impl DryRuns {
    /// Keeps one under a new token.
    pub(super) fn keep(&self, run: DryRun) -> String {
        let token = uuid::Uuid::new_v4().simple().to_string();
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.push_back((token.clone(), Arc::new(run)));
        let bytes = |runs: &VecDeque<(String, Arc<DryRun>)>| runs.iter().map(|(_, run)| run.bytes.len()).sum::<usize>();
        while runs.len() > KEPT || (runs.len() > 1 && bytes(&runs) > KEPT_BYTES) {
            runs.pop_front();
        }
        token
    }

    pub(super) fn find(&self, token: &str, actor: &str) -> Answer<Arc<DryRun>> {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let run = runs.iter().find(|(of, run)| of == token && run.actor == actor).map(|(_, run)| run.clone());
        run.ok_or_else(ApiError::expired)
    }
}

/// Checks a file with the national pack alone: only what the file itself decides.
///
/// # Errors
/// When the dataset is unknown, the pack is wrong or the file cannot be opened.
pub fn alone(request: CheckRequest) -> Answer<DryRun> {
    let pack = definitions::load_national().map_err(ApiError::internal)?;
    let dataset = pack.table(&request.dataset).ok_or_else(|| no_dataset(&pack, &request.dataset))?;
    let period = request.period.as_deref().map(super::desk::period).transpose()?;
    let bytes = read(&request)?;
    let name = request.upload.file_name.clone();
    let checked = yizheng_intake::check(
        Submitted { bytes: &bytes, name: &name },
        &Context { period, ..Context::new(&pack, dataset) },
    );
    Ok(made(dataset, &checked, bytes, name, "cli", period))
}

/// The template of a dataset of a pack, without any register.
///
/// # Errors
/// When the dataset is unknown, the period is no month, or the workbook cannot be made.
pub fn workbook(pack: &Pack, dataset: &str, query: &dto::TemplateQuery) -> Answer<Download> {
    let dataset = pack.datasets.get(dataset).ok_or_else(|| no_dataset(pack, dataset))?;
    let month = query.period.as_deref().map(super::desk::month).transpose()?;
    super::desk::workbook(pack, dataset, None, month)
}

/// A dataset that nobody knows, or that has ended.
pub(super) fn no_dataset(pack: &Pack, id: &str) -> ApiError {
    if let Some(retired) = pack.retired(Kind::Dataset, id) {
        return ApiError::retired(retired);
    }
    let known: Vec<&str> = pack.datasets.keys().map(AsRef::as_ref).collect();
    ApiError::bad_request(format!("没有数据集“{id}”。"), format!("可用的数据集：{}。", known.join("、")))
}

/// Reads the uploaded file.
pub(super) fn read(request: &CheckRequest) -> Answer<Vec<u8>> {
    std::fs::read(&request.upload.path).map_err(ApiError::from_io)
}

/// A dry run of a checked file.
pub(super) fn made(
    dataset: &Arc<Dataset>,
    checked: &yizheng_intake::Checked,
    bytes: Vec<u8>,
    name: String,
    actor: &str,
    period: Option<Period>,
) -> DryRun {
    let mut outcome =
        checking::outcome(dataset, checked, &name, bytes.len() as u64, &checking::sm3_hex(&bytes));
    if let Some(period) = period {
        outcome.period = Some(period.to_string());
    }
    outcome.sentence = checking::sentence(&outcome);
    DryRun { outcome, actor: actor.to_owned(), dataset: dataset.clone(), kept: Kept::of(checked), bytes, name }
}

/// A window of findings, read from the file again.
pub(super) fn list(
    dataset: &Dataset,
    kept: &Kept,
    bytes: &[u8],
    name: &str,
    personal: bool,
    query: &dto::FindingsQuery,
    window: &Window,
) -> Answer<Stretch<dto::Finding>> {
    let findings = checking::findings(dataset, kept, bytes, name, personal);
    let filter = Filter {
        check: query.check.as_deref(),
        element: query.element.as_deref(),
        severity: query.severity.map(|severity| match severity {
            dto::Severity::Error => Severity::Error,
            dto::Severity::Warning => Severity::Warning,
        }),
        key: query.key.as_deref(),
    };
    let sorted = window.sort.as_ref();
    let end = window.offset.saturating_add(window.limit);
    let (mut total, mut rows) = (0_u64, Vec::new());
    // In the file's own order and without a search for keys the rest of the file need not be read.
    let counted = filter.key.is_none().then(|| findings.count(&filter));
    findings
        .each(&filter, |finding| {
            if sorted.is_some() || (window.offset <= total && total < end) {
                rows.push(finding);
            }
            total += 1;
            let enough = sorted.is_none() && counted.is_some() && total >= end;
            Ok(if enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })
        .map_err(ApiError::internal)?;
    let total = counted.unwrap_or(total);
    let mut rows: Vec<dto::Finding> = rows.into_iter().map(finding).collect();
    if let Some(sort) = sorted {
        let by: fn(&dto::Finding) -> String = match sort.column.as_str() {
            "row" => |finding| format!("{:012}", finding.row.unwrap_or(0)),
            "check" => |finding| finding.check.clone(),
            "key" => |finding| finding.key.clone(),
            "element" => |finding| finding.element.clone().unwrap_or_default(),
            "element_name" => |finding| finding.element_name.clone().unwrap_or_default(),
            "value" => |finding| finding.value.clone().unwrap_or_default(),
            "message" => |finding| finding.message.clone(),
            "severity" => |finding| format!("{:?}", finding.severity),
            "column" => |finding| format!("{:06}", finding.column.unwrap_or(0)),
            other => return Err(ApiError::unknown_column(other)),
        };
        rows.sort_by_cached_key(by);
        if sort.descending {
            rows.reverse();
        }
        let skip = usize::try_from(window.offset).unwrap_or(usize::MAX);
        let take = usize::try_from(window.limit).unwrap_or(usize::MAX);
        rows = rows.into_iter().skip(skip).take(take).collect();
    }
    Ok(Stretch { total, rows })
}

fn finding(finding: yizheng_intake::write::Finding) -> dto::Finding {
    dto::Finding {
        check: finding.check,
        severity: super::desk::definitions::severity(finding.severity),
        sheet: finding.sheet,
        row: Some(u64::from(finding.row)),
        column: finding.column,
        key: finding.key,
        element: finding.element,
        element_name: finding.element_name,
        value: (!finding.value.is_empty()).then_some(finding.value),
        masked: finding.masked,
        message: finding.message,
        help: (!finding.remedy.is_empty()).then_some(finding.remedy),
        explanation: None,
    }
}
