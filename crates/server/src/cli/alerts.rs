//! `alerts`, `watch`, `stats`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use yizheng_pack::alert::AlertOutcome;
use yizheng_pack::scope::Scope;
use yizheng_stats::xmr::{self, Baseline, Options, Side};

use super::submitting::{refused, word};
use super::{CliError, DataArg, Format, Outcome, print};
use crate::api::desk::Desk;
use crate::api::dto;
use crate::app::Region;

#[derive(Clone, Copy, clap::ValueEnum)]
enum State {
    Open,
    Acknowledged,
    Explained,
    Closed,
    Withdrawn,
}

#[derive(Args)]
pub struct AlertsArgs {
    #[command(flatten)]
    data: DataArg,
    /// Only in this state.
    #[arg(long, value_enum)]
    status: Option<State>,
    /// Only this institution's.
    #[arg(long)]
    institution: Option<String>,
    /// Only of this rule.
    #[arg(long)]
    rule: Option<String>,
    /// How rows are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// `yizheng alerts`: the region is watched first, so that what is printed is what holds now.
pub fn alerts(args: AlertsArgs) -> Outcome {
    let region = Region::open(&args.data.dir).map_err(CliError::failed)?;
    let query = dto::AlertsQuery {
        state: args.status.map(|state| match state {
            State::Open => dto::AlertState::Open,
            State::Acknowledged => dto::AlertState::Acknowledged,
            State::Explained => dto::AlertState::Explained,
            State::Closed => dto::AlertState::Closed,
            State::Withdrawn => dto::AlertState::Withdrawn,
        }),
        institution: args.institution,
        rule: args.rule,
        ..dto::AlertsQuery::default()
    };
    let rows = region.alerts(&Scope::whole_region("cli"), &query).map_err(refused)?;
    print::rows(
        args.format,
        &[
            "id", "rule", "severity", "status", "institution", "name", "indicator", "dataset", "first_period", "last_period",
            "opened_at", "due", "sentence", "explanation", "reason",
        ],
        rows.into_iter().map(|row| {
            vec![
                row.id,
                row.rule.code,
                word(&row.severity),
                word(&row.state),
                row.institution.code,
                row.institution.name,
                row.indicator.map(|indicator| indicator.code).unwrap_or_default(),
                row.dataset.map(|dataset| dataset.code).unwrap_or_default(),
                row.first_period,
                row.last_period,
                row.opened_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
                row.due.to_string(),
                row.sentence,
                row.explanation.unwrap_or_default(),
                row.reason.unwrap_or_default(),
            ]
        }),
    )
}

#[derive(Args)]
pub struct WatchArgs {
    #[command(flatten)]
    data: DataArg,
    /// How rows are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// `yizheng watch`: judges every series by every running rule; prints how each rule came out, and
/// why months could not be judged.
pub fn watch(args: WatchArgs) -> Outcome {
    let region = Region::open(&args.data.dir).map_err(CliError::failed)?;
    let watched = region.watch().map_err(CliError::failed)?;
    let settled = watched.settled;
    eprintln!(
        "判断 {} 个月次：触发 {}，未触发 {}，未判断 {}；新增预警 {}，更新 {}，撤销 {}",
        watched.judged.len(),
        watched.count(AlertOutcome::Alarm),
        watched.count(AlertOutcome::Clear),
        watched.count(AlertOutcome::NotJudged),
        settled.opened,
        settled.extended,
        settled.withdrawn
    );
    let mut counts: BTreeMap<(&str, String, &str), u64> = BTreeMap::new();
    for of in &watched.judged {
        let reason = if of.outcome == AlertOutcome::NotJudged { of.reason.as_str() } else { "" };
        *counts.entry((&of.key.rule, word(&of.outcome), reason)).or_default() += 1;
    }
    print::rows(
        args.format,
        &["rule", "outcome", "reason", "months"],
        counts.into_iter().map(|((rule, outcome, reason), count)| {
            vec![rule.to_owned(), outcome, reason.to_owned(), count.to_string()]
        }),
    )
}

#[derive(Subcommand)]
pub enum StatsCommand {
    /// Control chart of individual values and moving ranges: limits, and which points break which
    /// run rules. Parameters: rules = limits | western_electric | nelson | nhs; baseline = number of
    /// first points that give the limits (all when not given); screen = true leaves out moving ranges
    /// far beyond the others.
    Xmr(StatsArgs),
}

#[derive(Args)]
pub struct StatsArgs {
    /// A parameter of the method, such as rules=nelson; may be given several times.
    #[arg(long = "param", value_name = "K=V")]
    params: Vec<String>,
    /// A csv with the columns t (or date) and observed (or value).
    file: PathBuf,
    /// How rows are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// `yizheng stats`.
pub fn stats(command: StatsCommand) -> Outcome {
    let StatsCommand::Xmr(args) = command;
    let options = xmr_options(&args.params)?;
    let (labels, values) = series(&args.file)?;
    let chart = xmr::chart(&values, &options).map_err(CliError::failed)?;
    let limits = chart.limits;
    print::rows(
        args.format,
        &["t", "observed", "centre", "lower", "upper", "moving_range", "range_upper", "range_beyond", "flags"],
        labels.into_iter().zip(chart.points).map(|(label, point)| {
            let flags: Vec<String> = point
                .flags
                .iter()
                .map(|flag| match flag.side {
                    Some(Side::Upper) => format!("{}:upper", flag.rule.name()),
                    Some(Side::Lower) => format!("{}:lower", flag.rule.name()),
                    None => flag.rule.name(),
                })
                .collect();
            vec![
                label,
                point.value.to_string(),
                limits.centre.to_string(),
                limits.lower.to_string(),
                limits.upper.to_string(),
                point.range.map(|range| range.to_string()).unwrap_or_default(),
                limits.range_upper.to_string(),
                point.range_beyond.to_string(),
                flags.join(" "),
            ]
        }),
    )
}

fn xmr_options(params: &[String]) -> Result<Options, CliError> {
    let wrong = |text: String| CliError::Failed(text);
    let mut options = Options { baseline: Baseline::All, screen: false, rules: xmr::rule_set("limits").unwrap_or_default() };
    for param in params {
        let (key, value) = param.split_once('=').ok_or_else(|| wrong(format!("`{param}`: write key=value")))?;
        match key {
            "rules" => {
                options.rules = xmr::rule_set(value)
                    .ok_or_else(|| wrong(format!("no rule set `{value}`: write {}", xmr::RULE_SETS.join(", "))))?;
            }
            "baseline" => {
                let count = value.parse().map_err(|_| wrong(format!("baseline takes a number, not `{value}`")))?;
                options.baseline = Baseline::First(count);
            }
            "screen" => {
                options.screen = value.parse().map_err(|_| wrong(format!("screen takes true or false, not `{value}`")))?;
            }
            _ => return Err(wrong(format!("xmr has no parameter `{key}`: it has rules, baseline, screen"))),
        }
    }
    Ok(options)
}

/// Labels and values of a csv file.
fn series(path: &PathBuf) -> Result<(Vec<String>, Vec<f64>), CliError> {
    let told = |error: csv::Error| CliError::Failed(format!("{}: {error}", path.display()));
    let mut reader = csv::Reader::from_path(path).map_err(told)?;
    let header = reader.headers().map_err(told)?.clone();
    let find = |names: [&str; 2]| {
        header.iter().position(|column| names.contains(&column.trim())).ok_or_else(|| {
            CliError::Failed(format!("{}: no column {} (or {})", path.display(), names[0], names[1]))
        })
    };
    let (label, value) = (find(["t", "date"])?, find(["observed", "value"])?);
    let (mut labels, mut values) = (Vec::new(), Vec::new());
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(told)?;
        let text = record.get(value).unwrap_or_default().trim();
        let parsed = text.parse::<f64>().map_err(|_| {
            CliError::Failed(format!("{}: row {}: `{text}` is no number", path.display(), number + 2))
        })?;
        labels.push(record.get(label).unwrap_or_default().to_owned());
        values.push(parsed);
    }
    Ok((labels, values))
}
