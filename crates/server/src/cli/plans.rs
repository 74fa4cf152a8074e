//! `plan`: `plan import` says what a work plan's raw text holds, as items and targets to check by eye.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use yizheng_plan::{ChangeKind, Document, Item};

use super::{CliError, Format, Outcome, print};

#[derive(Subcommand)]
pub enum PlanCommand {
    /// Read a work plan (text in any usual encoding, or .docx) into its items and targets; say what
    /// was cleaned and what could not be read. Nothing is stored.
    Import(ImportArgs),
    /// How every plan stands, or with --plan every item of one: status, reason, value, forecast.
    Status(super::plan_status::StatusArgs),
    /// Write the monthly report on the plan (月度进展报告) as .docx, or its tables as .xlsx.
    Report(super::plan_report::ReportArgs),
}

#[derive(Args)]
pub struct ImportArgs {
    /// The plan as it was published: .txt or .docx.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// table shows everything for reading; json has every change with the words before and after;
    /// csv has the targets only.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// `yizheng plan`.
pub fn run(command: PlanCommand) -> Outcome {
    match command {
        PlanCommand::Import(args) => import(&args),
        PlanCommand::Status(args) => super::plan_status::status(args),
        PlanCommand::Report(args) => super::plan_report::report(args),
    }
}

fn import(args: &ImportArgs) -> Outcome {
    let bytes = std::fs::read(&args.file).map_err(|error| CliError::Failed(format!("{}: {error}", args.file.display())))?;
    let name = args.file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let documents = yizheng_plan::read(&bytes, &name).map_err(CliError::failed)?;
    match args.format {
        Format::Json => print::json(&documents)?,
        Format::Csv => print::rows(Format::Csv, &TARGET_COLUMNS, documents.iter().flat_map(targets))?,
        Format::Table => {
            for document in &documents {
                tables(document)?;
            }
        }
    }
    let count = |of: fn(&Document) -> usize| documents.iter().map(of).sum::<usize>();
    eprintln!(
        "{} documents, {} items, {} targets, {} changes, {} places not read",
        documents.len(),
        count(|d| d.leaves().len()),
        count(|d| d.targets.len()),
        count(|d| d.cleaned.len()),
        count(|d| d.unread.len()),
    );
    Ok(())
}

fn tables(document: &Document) -> Outcome {
    let stated = |text: &Option<String>| text.clone().unwrap_or_else(|| "未写明".to_owned());
    println!("《{}》", document.title);
    println!(
        "地区 {}　发文单位 {}　年度 {}　条目 {}　目标 {}",
        stated(&document.place),
        stated(&document.publisher),
        document.year.map_or_else(|| "未写明".to_owned(), |year| year.to_string()),
        document.leaves().len(),
        document.targets.len()
    );
    let mut items = Vec::new();
    item_rows(&document.items, 0, &mut items);
    print::rows(Format::Table, &["item", "heading", "lines"], items)?;
    println!("目标");
    print::rows(Format::Table, &TARGET_COLUMNS[1..], targets(document).into_iter().map(|row| row.into_iter().skip(1).collect()))?;
    if !document.set_aside.is_empty() {
        println!("看过但不作为目标的数字");
        print::rows(Format::Table, &["line", "quote", "reason"], document.set_aside.iter().map(|r| vec![r.line.to_string(), r.quote.clone(), r.reason.clone()]))?;
    }
    println!("整理文字（每处的前后文字见 --format json）");
    print::rows(Format::Table, &["change", "places", "lines"], changes(document))?;
    println!("没有读懂的地方");
    print::rows(Format::Table, &["line", "quote", "reason"], document.unread.iter().map(|r| vec![r.line.to_string(), r.quote.clone(), r.reason.clone()]))?;
    println!();
    Ok(())
}

fn item_rows(items: &[Item], depth: usize, rows: &mut Vec<Vec<String>>) {
    for item in items {
        let lines = if item.lines.0 == item.lines.1 { item.lines.0.to_string() } else { format!("{}–{}", item.lines.0, item.lines.1) };
        rows.push(vec![format!("{}{}", "　".repeat(depth), item.path), item.heading.clone(), lines]);
        item_rows(&item.children, depth + 1, rows);
    }
}

const TARGET_COLUMNS: [&str; 13] =
    ["document", "item", "subject", "measures", "operator", "value", "high", "unit", "per", "deadline", "aspirational", "line", "quote"];

fn targets(document: &Document) -> Vec<Vec<String>> {
    document
        .targets
        .iter()
        .map(|target| {
            vec![
                document.title.clone(),
                target.item.clone(),
                target.subject.clone(),
                target.measures.clone(),
                target.operator.sign().to_owned(),
                target.value.clone().unwrap_or_default(),
                target.high.clone().unwrap_or_default(),
                target.unit.clone(),
                target.per.clone(),
                target.deadline.map(|day| day.to_string()).unwrap_or_default(),
                if target.aspirational { "力争".to_owned() } else { String::new() },
                target.line.to_string(),
                target.quote.clone(),
            ]
        })
        .collect()
}

fn changes(document: &Document) -> Vec<Vec<String>> {
    let mut kinds: std::collections::BTreeMap<ChangeKind, Vec<String>> = std::collections::BTreeMap::new();
    for change in &document.cleaned {
        kinds.entry(change.kind).or_default().push(change.line.to_string());
    }
    kinds.into_iter().map(|(kind, lines)| vec![kind.name().to_owned(), lines.len().to_string(), lines.join(" ")]).collect()
}
