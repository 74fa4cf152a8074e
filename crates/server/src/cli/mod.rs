//! The command line: an interface like any other, kept stable.
//!
//! Every command that prints rows takes `--format table|csv|json`. Exit codes: 0 success, 1 the
//! command ran and found something that fails it, 2 wrong use or something it could not do.
//! Results go to standard output, progress and notices to standard error.

mod alerts;
mod audit;
mod bulletin;
mod data;
mod packs;
mod plan_report;
mod plan_status;
mod plans;
mod print;
mod reports;
mod service;
mod submitting;

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, NaiveDate, Utc};
use clap::{Args, Parser, Subcommand};
use yizheng_pack::period::{Grain, Period};

pub use print::Format;

/// What ends a command early.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The command ran; what it found fails it.
    #[error("{0}")]
    Found(String),
    /// The command could not do its work.
    #[error("{0}")]
    Failed(String),
}

impl CliError {
    /// From any error, with its whole chain of causes.
    pub fn failed(error: impl std::error::Error) -> Self {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            let line = error.to_string();
            if !text.contains(&line) {
                text = format!("{text}: {line}");
            }
            cause = error.source();
        }
        Self::Failed(text)
    }
}

/// A command's result.
pub type Outcome = Result<(), CliError>;

#[derive(Parser)]
#[command(name = "yizheng", version, about = "医政: the open platform of a regional health regulator", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// The folder of a region.
#[derive(Args, Debug, Clone)]
pub struct DataArg {
    /// Folder of the region (made by `yizheng init` or `yizheng demo`).
    #[arg(long = "data", value_name = "DIR", env = "YIZHENG_DATA")]
    pub dir: PathBuf,
}

#[derive(Subcommand)]
enum Command {
    /// A whole invented region: made as files, submitted, measured and served.
    Demo(service::DemoArgs),
    /// An empty region.
    Init(data::InitArgs),
    /// Definitions: check them, run their test cases, print their reference page.
    #[command(subcommand)]
    Pack(packs::PackCommand),
    /// Registers (登记簿): institutions and the regions they lie in.
    #[command(subcommand)]
    Register(data::RegisterCommand),
    /// Check a file without storing anything. Without --data only what the file itself decides.
    Check(submitting::CheckArgs),
    /// Submit an institution's file for a period, or report that nothing happened (零报告).
    Submit(submitting::SubmitArgs),
    /// A workbook to fill in (填报模板): codes, names, choices and how to fill every field.
    Template(reports::TemplateArgs),
    /// Who has not reported a month, whom to call and the notice to send (催报).
    Urging(reports::UrgingArgs),
    /// What has been submitted.
    Submissions(submitting::SubmissionsArgs),
    /// Values of indicators.
    Values(data::ValuesArgs),
    /// Where a value comes from: numerator, denominator, rows, files, definition, source.
    Explain(data::ExplainArgs),
    /// Work plans (工作要点).
    #[command(subcommand)]
    Plan(plans::PlanCommand),
    /// Alerts (预警): what the rules found and what became of it.
    Alerts(alerts::AlertsArgs),
    /// Judge every series by every alert rule; how each rule came out.
    Watch(alerts::WatchArgs),
    /// A statistical method on one series.
    #[command(subcommand)]
    Stats(alerts::StatsCommand),
    /// Bulletins of data quality and core indicators (数据质量和核心指标通报). With --out and no
    /// command: a draft as .docx or .xlsx, kept nowhere.
    Bulletin(bulletin::BulletinArgs),
    /// The audit chain (审计链): is it whole.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Serve the pages and the API.
    Serve(service::ServeArgs),
    /// Print the OpenAPI document of the API.
    #[command(hide = true)]
    Openapi,
    /// Write one generated file of inpatient front pages, for measuring.
    #[command(hide = true)]
    MakeFile(service::MakeFileArgs),
}

/// Runs the program with the process's arguments.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("YIZHENG_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,yizheng=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    let outcome = match arguments.command {
        Command::Demo(args) => service::demo(args),
        Command::Init(args) => data::init(args),
        Command::Pack(command) => packs::run(command),
        Command::Register(command) => data::register(command),
        Command::Check(args) => submitting::check(args),
        Command::Submit(args) => submitting::submit(args),
        Command::Template(args) => reports::template(args),
        Command::Urging(args) => reports::urging(args),
        Command::Submissions(args) => submitting::submissions(args),
        Command::Values(args) => data::values(args),
        Command::Explain(args) => data::explain(args),
        Command::Plan(command) => plans::run(command),
        Command::Alerts(args) => alerts::alerts(args),
        Command::Watch(args) => alerts::watch(args),
        Command::Stats(command) => alerts::stats(command),
        Command::Bulletin(args) => bulletin::bulletin(args),
        Command::Audit(command) => audit::run(command),
        Command::Serve(args) => service::serve(args),
        Command::Openapi => service::openapi(),
        Command::MakeFile(args) => service::make_file(args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError::Found(message)) => {
            eprintln!("{message}");
            ExitCode::from(1)
        }
        Err(CliError::Failed(message)) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

/// Reads a moment, or a day as the moment at which it ends (UTC).
fn known_on(text: &str) -> Result<DateTime<Utc>, String> {
    let day = |text: &str| text.parse::<NaiveDate>().ok()?.succ_opt()?.and_hms_opt(0, 0, 0).map(|end| end.and_utc());
    let moment = |text: &str| DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc());
    day(text).or_else(|| moment(text)).ok_or_else(|| "write a day such as 2025-11-15 or a moment such as 2025-11-15T08:00:00Z".to_owned())
}

/// Reads `2024-03`, `2024-Q1` or `2024`.
fn period(text: &str) -> Result<Period, String> {
    text.parse().map_err(|error: yizheng_pack::period::PeriodError| error.to_string())
}

/// Reads `month`, `quarter` or `year`.
fn grain(text: &str) -> Result<Grain, String> {
    text.parse().map_err(|_| "write month, quarter or year".to_owned())
}
