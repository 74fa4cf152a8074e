//! `check`, `submit`, `submissions`.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use yizheng_pack::period::Period;
use yizheng_pack::scope::Scope;

use super::{CliError, DataArg, Format, Outcome, print};
use crate::api::desk::{CheckRequest, Content, Desk, Download, FindingsForm, SubmitRequest, Upload};
use crate::api::dto;
use crate::app::{Region, dry_run};

#[derive(Args)]
pub struct CheckArgs {
    /// Dataset, such as inpatient_front_page.
    #[arg(long)]
    dataset: String,
    /// The institution whose file it is: licence number, credit code, alias or name.
    #[arg(long, requires = "dir")]
    institution: Option<String>,
    /// The period it is for: 2024-03, 2024-Q1 or 2024.
    #[arg(long, value_parser = super::period)]
    period: Option<Period>,
    /// Write every finding to this file: .xlsx (the original rows, cells marked), .csv or .json.
    #[arg(long, value_name = "OUT")]
    findings: Option<PathBuf>,
    /// Region whose register and earlier submissions are used; without it only what the file decides.
    #[arg(long = "data", value_name = "DIR")]
    dir: Option<PathBuf>,
    /// How the checks' counts are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The file: csv, xlsx, xls, parquet, json (one object a line, or an array), or a zip of these.
    file: PathBuf,
}

/// `yizheng check`: exit 1 when the file would be returned or a row has an error.
pub fn check(args: CheckArgs) -> Outcome {
    let form = args.findings.as_deref().map(form_of).transpose()?;
    let upload = upload(&args.file)?;
    let request = CheckRequest {
        dataset: args.dataset,
        institution: args.institution,
        period: args.period.map(|period| period.to_string()),
        upload,
    };
    let outcome = match &args.dir {
        Some(dir) => {
            let region = Region::open(dir).map_err(CliError::failed)?;
            let scope = Scope::whole_region("cli");
            let outcome = region.check(&scope, request).map_err(refused)?;
            if let (Some(out), Some(form), Some(token)) = (&args.findings, form, &outcome.token) {
                store(out, region.check_findings_file(&scope, token, form).map_err(refused)?)?;
            }
            outcome
        }
        None => {
            let dry_run = dry_run::alone(request).map_err(refused)?;
            if let (Some(out), Some(form)) = (&args.findings, form) {
                store(out, dry_run.findings_file(form).map_err(refused)?)?;
            }
            dry_run.outcome
        }
    };
    told(&outcome, args.format)?;
    written(args.findings.as_deref());
    if outcome.verdict == dto::Verdict::Returned || outcome.error_rows.unwrap_or(0) > 0 {
        return Err(CliError::Found(outcome.sentence));
    }
    eprintln!("{}", outcome.sentence);
    Ok(())
}

#[derive(Args)]
pub struct SubmitArgs {
    #[command(flatten)]
    data: DataArg,
    /// Dataset, such as inpatient_front_page.
    #[arg(long)]
    dataset: String,
    /// The institution: licence number, credit code, alias or name.
    #[arg(long)]
    institution: String,
    /// 2024-03, 2024-Q1 or 2024.
    #[arg(long, value_parser = super::period)]
    period: Period,
    /// full replaces the period; patch replaces and adds by key.
    #[arg(long, default_value = "full")]
    mode: SubmitMode,
    /// Nothing happened in the period (零报告); no file.
    #[arg(long, conflicts_with_all = ["file", "findings", "mode"])]
    zero: bool,
    /// Go on although rows of the version in force disappear. On a terminal you are asked; where
    /// there is none, such a submission is refused without this.
    #[arg(long)]
    confirm: bool,
    /// Write every finding to this file: .xlsx (the original rows, cells marked), .csv or .json.
    #[arg(long, value_name = "OUT")]
    findings: Option<PathBuf>,
    /// How the checks' counts are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The file: csv, xlsx, xls, parquet, json (one object a line, or an array), or a zip of these.
    #[arg(required_unless_present = "zero")]
    file: Option<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum SubmitMode {
    Full,
    Patch,
}

/// `yizheng submit`: exit 1 when the file is returned.
pub fn submit(args: SubmitArgs) -> Outcome {
    let form = args.findings.as_deref().map(form_of).transpose()?;
    let region = Region::open(&args.data.dir).map_err(CliError::failed)?;
    let scope = Scope::whole_region("cli");
    let send = |confirmed: bool| match &args.file {
        Some(file) if !args.zero => Ok(region.submit(
            &scope,
            SubmitRequest {
                dataset: args.dataset.clone(),
                institution: args.institution.clone(),
                period: args.period.to_string(),
                mode: match args.mode {
                    SubmitMode::Full => dto::Mode::Full,
                    SubmitMode::Patch => dto::Mode::Patch,
                },
                confirm_disappearing: confirmed,
                upload: upload(file)?,
            },
        )),
        _ => Ok::<_, CliError>(region.submit_zero(
            &scope,
            dto::ZeroReport {
                dataset: args.dataset.clone(),
                institution: args.institution.clone(),
                period: args.period.to_string(),
                confirm_disappearing: confirmed,
            },
        )),
    };
    let outcome = match send(args.confirm)? {
        Err(error) if error.problem().disappearing.is_some() => {
            if !agreed(error.problem())? {
                return Err(CliError::Found("没有报送；现行版本不变。".into()));
            }
            send(true)?
        }
        other => other,
    }
    .map_err(refused)?;
    told(&outcome, args.format)?;
    if let (Some(out), Some(form), Some(row)) = (&args.findings, form, &outcome.submission) {
        store(out, region.findings_file(&scope, &row.id, form).map_err(refused)?)?;
        written(Some(out));
    }
    match outcome.verdict {
        dto::Verdict::Returned => Err(CliError::Found(outcome.sentence)),
        dto::Verdict::Accepted | dto::Verdict::Duplicate => {
            eprintln!("{}", outcome.sentence);
            Ok(())
        }
    }
}

/// Shows which rows would disappear and asks, where there is someone to ask.
fn agreed(problem: &dto::Problem) -> Result<bool, CliError> {
    eprintln!("{}", problem.message);
    for key in problem.disappearing.iter().flat_map(|rows| &rows.keys) {
        eprintln!("  {key}");
    }
    if !std::io::stdin().is_terminal() {
        eprintln!("确认应当删除的，加 --confirm 再次报送；只补充或修改部分记录的，用 --mode patch。");
        return Ok(false);
    }
    eprint!("确认替换？输入 y 继续：");
    std::io::stderr().flush().map_err(CliError::failed)?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(CliError::failed)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "是"))
}

#[derive(Args)]
pub struct SubmissionsArgs {
    #[command(flatten)]
    data: DataArg,
    /// Only this institution's.
    #[arg(long)]
    institution: Option<String>,
    /// Only of this dataset.
    #[arg(long)]
    dataset: Option<String>,
    /// Only of this period.
    #[arg(long, value_parser = super::period)]
    period: Option<Period>,
    /// Only in this state.
    #[arg(long)]
    status: Option<StatusFilter>,
    /// How rows are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum StatusFilter {
    Received,
    Accepted,
    Returned,
    Superseded,
}

/// `yizheng submissions`.
pub fn submissions(args: SubmissionsArgs) -> Outcome {
    let region = Region::open(&args.data.dir).map_err(CliError::failed)?;
    let list = region
        .submissions(
            &Scope::whole_region("cli"),
            &dto::SubmissionsQuery {
                institution: args.institution,
                dataset: args.dataset,
                period: args.period.map(|period| period.to_string()),
                status: args.status.map(|status| match status {
                    StatusFilter::Received => dto::SubmissionStatus::Received,
                    StatusFilter::Accepted => dto::SubmissionStatus::Accepted,
                    StatusFilter::Returned => dto::SubmissionStatus::Returned,
                    StatusFilter::Superseded => dto::SubmissionStatus::Superseded,
                }),
            },
        )
        .map_err(refused)?;
    let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
    print::rows(
        args.format,
        &["id", "institution", "name", "dataset", "period", "version", "mode", "status", "zero", "late", "received_at", "file", "rows", "counted", "held", "reason"],
        list.into_iter().map(|row| {
            vec![
                row.id,
                row.institution.code,
                row.institution.name,
                row.dataset.code,
                row.period,
                row.version.to_string(),
                word(&row.mode),
                word(&row.status),
                row.zero.to_string(),
                row.late.to_string(),
                row.received_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
                row.file_name.unwrap_or_default(),
                number(row.rows),
                number(row.counted_rows),
                number(row.error_rows),
                row.returned_reason.unwrap_or_default(),
            ]
        }),
    )
}

/// A serialised enum's own word.
pub fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The checks' counts to standard output, faults and figures of the file to standard error.
fn told(outcome: &dto::Outcome, format: Format) -> Outcome {
    for fault in &outcome.faults {
        let place = fault.place.as_deref().map(|place| format!("（{place}）")).unwrap_or_default();
        eprintln!("{} {}{place}\n      {}", fault.code, fault.message, fault.help);
    }
    if let Some(file) = &outcome.file {
        let encoding = file.encoding.as_deref().map(|name| format!("，编码 {name}")).unwrap_or_default();
        let layout = file.layout.as_deref().unwrap_or("未识别");
        eprintln!("文件 {}：{}{encoding}，版式 {layout}", file.name, file.form);
    }
    for notice in &outcome.notices {
        let place = notice.place.as_deref().map(|place| format!("（{place}）")).unwrap_or_default();
        eprintln!("{} {}{place}", notice.code, notice.message);
    }
    if let (Some(rows), Some(errors), Some(warnings)) = (outcome.rows, outcome.error_rows, outcome.warning_rows) {
        eprintln!("共 {rows} 行，有错误 {errors} 行，仅有提示 {warnings} 行");
    }
    print::rows(
        format,
        &["check", "severity", "name", "passed", "violated", "not_applicable", "not_evaluable", "reason"],
        outcome.checks.iter().map(|check| {
            vec![
                check.id.clone(),
                word(&check.severity),
                check.name.clone(),
                check.passed.to_string(),
                check.violated.to_string(),
                check.not_applicable.to_string(),
                check.not_evaluable.to_string(),
                check.reason.clone().unwrap_or_default(),
            ]
        }),
    )
}

fn written(findings: Option<&Path>) {
    if let Some(path) = findings {
        eprintln!("问题清单已写入 {}", path.display());
    }
}

/// A refusal of the application, as the command line tells it.
pub fn refused(error: crate::api::error::ApiError) -> CliError {
    let problem = error.problem();
    CliError::Failed(format!("{} {} {}", problem.code, problem.message, problem.help))
}

fn upload(file: &Path) -> Result<Upload, CliError> {
    let facts = std::fs::metadata(file)
        .map_err(|error| CliError::Failed(format!("打不开文件 {}：{error}", file.display())))?;
    if !facts.is_file() {
        return Err(CliError::Failed(format!("{} 不是文件", file.display())));
    }
    Ok(Upload {
        file_name: file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        path: file.to_path_buf(),
        bytes: facts.len(),
    })
}

fn form_of(out: &Path) -> Result<FindingsForm, CliError> {
    match out.extension().and_then(|extension| extension.to_str()) {
        Some("xlsx") => Ok(FindingsForm::Xlsx),
        Some("csv") => Ok(FindingsForm::Csv),
        Some("json") => Ok(FindingsForm::Json),
        _ => Err(CliError::Failed(format!("{}: findings are written as .xlsx, .csv or .json", out.display()))),
    }
}

/// Writes beside the target first, so that a full disk leaves no half a file.
pub fn store(out: &Path, download: Download) -> Outcome {
    let folder = match out.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let told = |error: std::io::Error| CliError::Failed(format!("写不了 {}：{error}", out.display()));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(told)?;
    match download.content {
        Content::Bytes(bytes) => {
            // The mark is for spreadsheets opened by a double click; programs that read a csv from the
            // command line take it for part of the first column's name.
            let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
            file.write_all(bytes).map_err(told)?;
        }
        Content::Kept(path) => {
            std::io::copy(&mut std::fs::File::open(path).map_err(told)?, &mut file).map_err(told)?;
        }
        Content::Temporary(path) => {
            std::io::copy(&mut std::fs::File::open(&path).map_err(told)?, &mut file).map_err(told)?;
        }
    }
    file.persist(out).map_err(|error| told(error.error))?;
    Ok(())
}
