//! `template`, `urging`.

use std::path::PathBuf;

use clap::Args;
use yizheng_pack::period::Period;
use yizheng_pack::scope::Scope;

use super::submitting::{refused, store, word};
use super::{CliError, DataArg, Format, Outcome, print};
use crate::api::desk::Desk;
use crate::api::dto;
use crate::app::{Region, definitions, dry_run};

#[derive(Args)]
pub struct TemplateArgs {
    /// Dataset, such as resource_report.
    #[arg(long)]
    dataset: String,
    /// The file to write, .xlsx.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The institution to fill in already: licence number, credit code, alias or name.
    #[arg(long, requires = "dir")]
    institution: Option<String>,
    /// The month to fill in already: 2024-03.
    #[arg(long, value_parser = super::period)]
    period: Option<Period>,
    /// Region whose definitions and register are used; the national pack without it.
    #[arg(long = "data", value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// `yizheng template`.
pub fn template(args: TemplateArgs) -> Outcome {
    let query =
        dto::TemplateQuery { institution: args.institution, period: args.period.map(|period| period.to_string()) };
    let download = match &args.dir {
        Some(dir) => {
            let region = Region::open(dir).map_err(CliError::failed)?;
            region.dataset_workbook(&Scope::whole_region("cli"), &args.dataset, &query).map_err(refused)?
        }
        None => {
            let pack = definitions::load_national().map_err(CliError::failed)?;
            dry_run::workbook(&pack, &args.dataset, &query).map_err(refused)?
        }
    };
    store(&args.out, download)?;
    eprintln!("填报模板已写入 {}", args.out.display());
    Ok(())
}

#[derive(Args)]
pub struct UrgingArgs {
    #[command(flatten)]
    data: DataArg,
    /// 2024-03, 2024-Q1 or 2024; the newest month of data when not given.
    #[arg(long, value_parser = super::period)]
    period: Option<Period>,
    /// How rows are printed; the notices stand in csv and json.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// `yizheng urging`.
pub fn urging(args: UrgingArgs) -> Outcome {
    let region = Region::open(&args.data.dir).map_err(CliError::failed)?;
    let query = dto::UrgingQuery { period: args.period.map(|period| period.to_string()) };
    let rows = region.urging(&Scope::whole_region("cli"), &query).map_err(refused)?;
    let mut columns = vec![
        "institution", "name", "contact", "phone", "dataset", "dataset_name", "period", "status", "deadline",
        "days_overdue", "last_period", "reason",
    ];
    let with_notice = args.format != Format::Table;
    if with_notice {
        columns.push("notice");
    }
    print::rows(
        args.format,
        &columns,
        rows.into_iter().map(|row| {
            let mut cells = vec![
                row.institution.code,
                row.institution.name,
                row.contact.unwrap_or_default(),
                row.phone.unwrap_or_default(),
                row.dataset.code,
                row.dataset.name,
                row.period,
                word(&row.status),
                row.deadline.to_string(),
                row.days_overdue.to_string(),
                row.last_period.unwrap_or_default(),
                row.returned_reason.unwrap_or_default(),
            ];
            if with_notice {
                cells.push(row.notice);
            }
            cells
        }),
    )
}
