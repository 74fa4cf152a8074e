//! `plan report`: the monthly report on the plan as a file.

use std::path::PathBuf;

use clap::Args;
use yizheng_pack::period::Period;
use yizheng_pack::scope::Scope;

use super::bulletin::{form_of, write};
use super::submitting::refused;
use super::{CliError, DataArg, Outcome};
use crate::api::desk::Desk;
use crate::api::dto;
use crate::app::Region;

#[derive(Args)]
pub struct ReportArgs {
    #[command(flatten)]
    data: DataArg,
    /// Month; the newest complete month when not given.
    #[arg(long, value_parser = super::period)]
    period: Option<Period>,
    /// Plan's id; the region's plan in force when not given.
    #[arg(long, value_name = "ID")]
    plan: Option<String>,
    /// Where to write: .docx is the report, .xlsx its tables.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// `yizheng plan report`.
pub fn report(args: ReportArgs) -> Outcome {
    let form = form_of(&args.out)?;
    let region = Region::open(&args.data.dir).map_err(CliError::failed)?;
    let query = dto::MeetingQuery { period: args.period.map(|period| period.to_string()), plan: args.plan };
    let file = region.meeting_file(&Scope::whole_region("cli"), &query, form).map_err(refused)?;
    write(&args.out, file)
}
