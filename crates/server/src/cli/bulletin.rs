//! `bulletin`: the monthly report on the plan as a file.

use std::path::PathBuf;

use clap::Args;
use yizheng_pack::period::Period;
use yizheng_pack::scope::Scope;

use super::submitting::refused;
use super::{CliError, DataArg, Outcome};
use crate::api::desk::{Content, Desk, MeetingForm};
use crate::api::dto;
use crate::app::Region;

#[derive(Args)]
pub struct BulletinArgs {
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

/// `yizheng bulletin`.
pub fn bulletin(args: BulletinArgs) -> Outcome {
    let form = match args.out.extension().and_then(|extension| extension.to_str()) {
        Some("docx") => MeetingForm::Docx,
        Some("xlsx") => MeetingForm::Xlsx,
        _ => return Err(CliError::Failed(format!("{}: write a name that ends in .docx or .xlsx", args.out.display()))),
    };
    let region = Region::open(&args.data.dir).map_err(CliError::failed)?;
    let query = dto::MeetingQuery { period: args.period.map(|period| period.to_string()), plan: args.plan };
    let file = region.meeting_file(&Scope::whole_region("cli"), &query, form).map_err(refused)?;
    let Content::Bytes(bytes) = file.content else {
        return Err(CliError::Failed("the report is not in memory".to_owned()));
    };
    std::fs::write(&args.out, bytes).map_err(|error| CliError::Failed(format!("{}: {error}", args.out.display())))?;
    eprintln!("{} → {}", file.file_name, args.out.display());
    Ok(())
}
