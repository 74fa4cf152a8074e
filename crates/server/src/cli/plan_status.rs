//! `plan status`: how every plan stands, or every item of one.

use chrono::NaiveDate;
use clap::Args;
use yizheng_pack::scope::Scope;

use super::submitting::refused;
use super::{CliError, DataArg, Format, Outcome, print};
use crate::api::desk::Desk;
use crate::api::dto;
use crate::api::labels::Label;
use crate::app::Region;

#[derive(Args)]
pub struct StatusArgs {
    #[command(flatten)]
    data: DataArg,
    /// Plan's id; every plan with its counts when not given.
    #[arg(long, value_name = "ID")]
    plan: Option<String>,
    /// As of this day; today when not given.
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// How rows are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// `yizheng plan status`.
pub fn status(args: StatusArgs) -> Outcome {
    let region = Region::open(&args.data.dir).map_err(CliError::failed)?;
    let scope = Scope::whole_region("cli");
    let query = dto::AsOfQuery { as_of: args.as_of };
    let Some(plan) = &args.plan else {
        let rows = region.plans(&scope, &query).map_err(refused)?;
        return print::rows(
            args.format,
            &["plan", "name", "place", "year", "current", "items", "met", "on_course", "behind", "overdue", "judgement", "not_measured", "excluded"],
            rows.into_iter().map(|row| {
                let counts = &row.counts;
                let counted =
                    [counts.items, counts.met, counts.on_course, counts.behind, counts.overdue, counts.judgement, counts.not_measured, counts.excluded];
                let head = [row.id.clone(), row.name.clone(), row.place.clone(), row.year.to_string(), row.current.to_string()];
                head.into_iter().chain(counted.iter().map(u32::to_string)).collect()
            }),
        );
    };
    let rows = region.plan_items(&scope, plan, &query).map_err(refused)?;
    print::rows(
        args.format,
        &["item", "title", "status", "reason", "target", "value", "forecast", "lead", "deadline"],
        rows.into_iter().map(|row| {
            vec![
                row.number,
                row.title,
                row.status.label().to_owned(),
                row.reason,
                row.target.unwrap_or_default(),
                row.value.unwrap_or_default(),
                row.forecast.unwrap_or_default(),
                row.lead.unwrap_or_default(),
                row.deadline.to_string(),
            ]
        }),
    )
}
