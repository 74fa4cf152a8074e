//! `bulletin`: drafted, approved, made final, checked, written as files.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use yizheng_pack::period::Period;
use yizheng_pack::scope::Scope;

use super::submitting::{refused, word};
use super::{CliError, DataArg, Format, Outcome, print};
use crate::api::desk::{Content, Desk, Download, PaperForm};
use crate::api::dto::{self, BulletinAction};
use crate::api::labels::Label;
use crate::app::Region;

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct BulletinArgs {
    #[command(subcommand)]
    command: Option<BulletinCommand>,
    /// Folder of the region (made by `yizheng init` or `yizheng demo`).
    #[arg(long = "data", value_name = "DIR", env = "YIZHENG_DATA", required = true)]
    dir: Option<PathBuf>,
    #[command(flatten)]
    about: About,
    /// Where to write the draft: .docx is the document, .xlsx its tables.
    #[arg(long, value_name = "FILE", required = true)]
    out: Option<PathBuf>,
}

/// What a bulletin is about.
#[derive(Args)]
pub struct About {
    /// Month, quarter or year; the newest complete month when not given.
    #[arg(long, value_parser = super::period)]
    period: Option<Period>,
    /// Kind's id; may be left out while there is only one.
    #[arg(long, value_name = "ID")]
    kind: Option<String>,
}

impl About {
    fn new_bulletin(self) -> dto::NewBulletin {
        dto::NewBulletin { period: self.period.map(|period| period.to_string()), kind: self.kind }
    }
}

#[derive(Subcommand)]
enum BulletinCommand {
    /// Draft one of what is measured now, and keep it.
    Draft(DraftArgs),
    /// Every bulletin.
    List(ListArgs),
    /// Take the numbers of a draft anew.
    Renew(OneArgs),
    /// Approve a draft (审核通过).
    Approve(StepArgs),
    /// Send an approved one back to be changed (退回修改).
    Return(StepArgs),
    /// Make an approved one final (定稿): its number and date, its files kept.
    Final(FinalArgs),
    /// Withdraw one (撤回).
    Withdraw(StepArgs),
    /// Whether it can be made again to the byte, and which numbers would be others today.
    Verify(VerifyArgs),
    /// Write it as a file; a final one as it was issued.
    Export(ExportArgs),
}

#[derive(Args)]
struct DraftArgs {
    #[command(flatten)]
    data: DataArg,
    #[command(flatten)]
    about: About,
}

#[derive(Args)]
struct ListArgs {
    #[command(flatten)]
    data: DataArg,
    /// How rows are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Args)]
struct OneArgs {
    #[command(flatten)]
    data: DataArg,
    /// Its number in the platform, such as B0001.
    id: String,
}

#[derive(Args)]
struct StepArgs {
    #[command(flatten)]
    one: OneArgs,
    /// The named person who does it.
    #[arg(long)]
    person: String,
    /// Remark; the reason of a return or withdrawal.
    #[arg(long)]
    remark: Option<String>,
}

#[derive(Args)]
struct FinalArgs {
    #[command(flatten)]
    step: StepArgs,
    /// Document number (发文字号), such as 云卫医〔2025〕12号.
    #[arg(long)]
    number: String,
    /// Date of the document (成文日期); today when not given.
    #[arg(long, value_name = "DATE")]
    date: Option<NaiveDate>,
}

#[derive(Args)]
struct VerifyArgs {
    #[command(flatten)]
    one: OneArgs,
    /// How the numbers that differ are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Args)]
struct ExportArgs {
    #[command(flatten)]
    one: OneArgs,
    /// Where to write: .docx is the document, .xlsx its tables.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// The form that a file's name asks for.
pub fn form_of(out: &Path) -> Result<PaperForm, CliError> {
    match out.extension().and_then(|extension| extension.to_str()) {
        Some("docx") => Ok(PaperForm::Docx),
        Some("xlsx") => Ok(PaperForm::Xlsx),
        _ => Err(CliError::Failed(format!("{}: write a name that ends in .docx or .xlsx", out.display()))),
    }
}

/// Writes a file and says so.
pub fn write(out: &Path, file: Download) -> Outcome {
    let Content::Bytes(bytes) = file.content else {
        return Err(CliError::Failed("the file is not in memory".to_owned()));
    };
    std::fs::write(out, bytes).map_err(|error| CliError::Failed(format!("{}: {error}", out.display())))?;
    eprintln!("{} → {}", file.file_name, out.display());
    Ok(())
}

fn scope() -> Scope {
    Scope::whole_region("cli")
}

fn open(dir: &Path) -> Result<Region, CliError> {
    Region::open(dir).map_err(CliError::failed)
}

/// `yizheng bulletin`.
pub fn bulletin(args: BulletinArgs) -> Outcome {
    match args.command {
        None => {
            let (Some(dir), Some(out)) = (args.dir, args.out) else {
                return Err(CliError::Failed("write --data and --out, or one of the commands".to_owned()));
            };
            let form = form_of(&out)?;
            let file = open(&dir)?.bulletin_draft_file(&scope(), &args.about.new_bulletin(), form).map_err(refused)?;
            write(&out, file)
        }
        Some(BulletinCommand::Draft(args)) => {
            let made = open(&args.data.dir)?.draft_bulletin(&scope(), args.about.new_bulletin()).map_err(refused)?;
            told(&made)
        }
        Some(BulletinCommand::List(args)) => list(args),
        Some(BulletinCommand::Renew(args)) => {
            let region = open(&args.data.dir)?;
            let seen = dto::BulletinSeen { revision: region.bulletin(&scope(), &args.id).map_err(refused)?.revision };
            told(&region.renew_bulletin(&scope(), &args.id, seen).map_err(refused)?)
        }
        Some(BulletinCommand::Approve(args)) => step(args, BulletinAction::Approve, None, None),
        Some(BulletinCommand::Return(args)) => step(args, BulletinAction::Return, None, None),
        Some(BulletinCommand::Withdraw(args)) => step(args, BulletinAction::Withdraw, None, None),
        Some(BulletinCommand::Final(args)) => step(args.step, BulletinAction::Finalise, Some(args.number), args.date),
        Some(BulletinCommand::Verify(args)) => verify(args),
        Some(BulletinCommand::Export(args)) => {
            let form = form_of(&args.out)?;
            let file = open(&args.one.data.dir)?.bulletin_file(&scope(), &args.one.id, form).map_err(refused)?;
            write(&args.out, file)
        }
    }
}

fn told(of: &dto::Bulletin) -> Outcome {
    eprintln!("{} {} {}", of.row.id, of.row.state.label(), of.row.title);
    println!("{}", of.row.id);
    Ok(())
}

fn step(args: StepArgs, action: BulletinAction, number: Option<String>, issued_on: Option<NaiveDate>) -> Outcome {
    let region = open(&args.one.data.dir)?;
    let revision = region.bulletin(&scope(), &args.one.id).map_err(refused)?.revision;
    let new = dto::NewBulletinAction { revision, action, person: args.person, remark: args.remark, number, issued_on };
    told(&region.handle_bulletin(&scope(), &args.one.id, new).map_err(refused)?)
}

fn list(args: ListArgs) -> Outcome {
    let rows = open(&args.data.dir)?.bulletins(&scope()).map_err(refused)?;
    let moment = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    print::rows(
        args.format,
        &["id", "kind", "period", "state", "number", "issued_on", "known_at", "approved_by", "final_by", "title", "reason"],
        rows.into_iter().map(|row| {
            vec![
                row.id,
                row.kind.code,
                row.period,
                word(&row.state),
                row.number.unwrap_or_default(),
                row.issued_on.map(|day| day.to_string()).unwrap_or_default(),
                moment(row.known_at),
                row.approved_by.unwrap_or_default(),
                row.final_by.unwrap_or_default(),
                row.title,
                row.withdrawn_because.unwrap_or_default(),
            ]
        }),
    )
}

fn verify(args: VerifyArgs) -> Outcome {
    let check = open(&args.one.data.dir)?.bulletin_check(&scope(), &args.one.id).map_err(refused)?;
    for finding in &check.findings {
        eprintln!("{finding}");
    }
    for (name, file) in [("docx", &check.docx), ("xlsx", &check.xlsx)] {
        if let Some(file) = file {
            eprintln!("{name} SM3 {}，重新生成 {}", file.sm3, file.made_again);
        }
    }
    let rows = |when: &'static str, of: Vec<dto::BulletinDifference>| {
        of.into_iter().map(move |one| vec![when.to_owned(), one.table, one.row, one.column, one.was, one.is])
    };
    let kept = [&check.docx, &check.xlsx].into_iter().flatten().all(|file| file.kept == file.sm3);
    let (sealed, manifest) = (check.sealed, check.manifest);
    print::rows(
        args.format,
        &["as_of", "table", "row", "column", "was", "is"],
        rows("then", check.then).chain(rows("today", check.today)),
    )?;
    if sealed && kept && manifest {
        return Ok(());
    }
    Err(CliError::Found("通报的封存内容、留存文件或当时的数据文件与记录不一致，见上。".to_owned()))
}
