//! `init`, `register`, `values`, `explain`.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use yizheng_pack::period::{Grain, Period};
use yizheng_pack::scope::Scope;

use super::submitting::{refused, word};
use super::{CliError, DataArg, Format, Outcome, print};
use crate::api::desk::{Desk, Window};
use crate::api::dto;
use crate::app::{Place, Region};

#[derive(Args)]
pub struct InitArgs {
    #[command(flatten)]
    data: DataArg,
    /// Further layers of definitions on the national pack, lowest first; they are copied in.
    #[arg(long = "pack", value_name = "DIR")]
    packs: Vec<PathBuf>,
    /// Division code of the region (行政区划代码), six digits.
    #[arg(long, default_value = "000000")]
    code: String,
    /// Name of the region.
    #[arg(long, default_value = "本地区")]
    name: String,
    /// Whom institutions may ask about reporting: office, person, phone. Stands in notices.
    #[arg(long)]
    contact: Option<String>,
    /// Database: a PostgreSQL address, or SQLite in the folder when not given.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

/// `yizheng init`.
pub fn init(args: InitArgs) -> Outcome {
    let place =
        Place { code: args.code, name: args.name, demo: false, contact: args.contact, today: None, database: args.database };
    Region::init(&args.data.dir, &place, &args.packs, Utc::now()).map_err(CliError::failed)?;
    eprintln!(
        "已建立 {}\n下一步：yizheng register import institution 机构.csv --data {}",
        args.data.dir.display(),
        args.data.dir.display()
    );
    Ok(())
}

#[derive(Subcommand)]
pub enum RegisterCommand {
    /// Import a register from a whole file, as the national system exports it. Rows that are refused
    /// are printed with the reason. Of all but institutions and regions what changes is shown first,
    /// and taken with --confirm.
    Import(ImportArgs),
    /// The entries of a register that are in force on a day.
    List(ListArgs),
}

#[derive(Args)]
pub struct ListArgs {
    /// Which register, such as nurse.
    register: String,
    /// The day; today when not given.
    #[arg(long, value_name = "DAY")]
    on: Option<chrono::NaiveDate>,
    /// As it was known at the end of this day, or at this moment.
    #[arg(long, value_parser = super::known_on)]
    known_on: Option<DateTime<Utc>>,
    #[command(flatten)]
    data: DataArg,
    /// How rows are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Args)]
pub struct ImportArgs {
    /// Which register: institution, region, or one that the definitions have, such as nurse.
    register: String,
    /// The file; the header of institutions and regions is described in
    /// docs/howto/import-institutions.md, that of others by their reference page.
    file: PathBuf,
    /// Take what the file changes. Without it only what would change is shown.
    #[arg(long)]
    confirm: bool,
    /// The day from which changes hold; today when not given.
    #[arg(long, value_name = "DAY")]
    on: Option<chrono::NaiveDate>,
    #[command(flatten)]
    data: DataArg,
    /// How refused rows are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// `yizheng register`: exit 1 when a row was refused.
pub fn register(command: RegisterCommand) -> Outcome {
    match command {
        RegisterCommand::Import(args) => import(args),
        RegisterCommand::List(args) => {
            let region = Region::open(&args.data.dir).map_err(CliError::failed)?;
            let on = args.on.unwrap_or_else(|| region.today());
            let scope = yizheng_pack::scope::Scope::whole_region("cli");
            let entries = region.entries_of(&args.register, on, args.known_on, &scope).map_err(CliError::failed)?;
            let date = |day: Option<chrono::NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
            let rows = entries.into_iter().map(|entry| {
                let institution = entry.held.institution.unwrap_or_default();
                vec![entry.key, entry.held.called, institution, entry.held.state, entry.from.to_string(), date(entry.until)]
            });
            print::rows(args.format, &["key", "called", "institution", "state", "from", "until"], rows)
        }
    }
}

/// A register that the definitions have: what a whole file changes, then the change itself.
fn import_entries(region: &Region, args: &ImportArgs) -> Outcome {
    let on = args.on.unwrap_or_else(|| region.today());
    let import = region
        .import_register(&args.register, &args.file, on, args.confirm, Utc::now(), "cli")
        .map_err(CliError::failed)?;
    if !import.faults.is_empty() {
        return Err(CliError::Found(format!("退回，没有导入：{}", import.faults.join("；"))));
    }
    let called = |key: &str| import.called.get(key).cloned().unwrap_or_default();
    let one = |change: &str, key: &str, fields: String| vec![change.to_owned(), key.to_owned(), called(key), fields];
    let comparison = &import.comparison;
    let new = comparison.new.iter().map(|key| one("new", key, String::new()));
    let changed = comparison.changed.iter().map(|(key, fields)| one("changed", key, fields.join(" ")));
    let gone = comparison.gone.iter().map(|key| one("gone", key, String::new()));
    print::rows(args.format, &["change", "key", "called", "fields"], new.chain(changed).chain(gone))?;
    eprintln!(
        "共 {} 行：新增 {}，变更 {}，不再有 {}，未变 {}，有错误未采用 {}",
        import.rows,
        comparison.new.len(),
        comparison.changed.len(),
        comparison.gone.len(),
        comparison.unchanged,
        import.refused
    );
    match import.taken {
        Some(taken) => eprintln!("已导入，{taken} 条自登记之日或 {on} 起生效"),
        None => eprintln!("这是预览，没有导入；确认无误后加 --confirm 再执行一次"),
    }
    if import.refused == 0 {
        return Ok(());
    }
    Err(CliError::Found(format!(
        "{} 行有错误，没有采用，原登记保持不变；用 yizheng check --dataset {} 查看每一行的问题",
        import.refused, args.register
    )))
}

fn import(args: ImportArgs) -> Outcome {
    let region = Region::open(&args.data.dir).map_err(CliError::failed)?;
    let report = match args.register.as_str() {
        "institution" => region.import_institutions(&args.file, Utc::now(), "cli"),
        "region" => region.import_regions(&args.file, Utc::now(), "cli"),
        _ => return import_entries(&region, &args),
    }
    .map_err(CliError::failed)?;
    eprintln!("新增 {}，变更 {}，未变 {}，拒绝 {}", report.new, report.changed, report.unchanged, report.refused.len());
    if report.refused.is_empty() {
        return Ok(());
    }
    let refused = report.refused.len();
    print::rows(
        args.format,
        &["row", "reason"],
        report.refused.into_iter().map(|row| vec![row.row.to_string(), row.reasons.join("；")]),
    )?;
    Err(CliError::Found(format!("{refused} 行没有导入，请按上面的原因改正后再次导入；重复导入不会产生重复记录。")))
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum By {
    Region,
    Alliance,
    Institution,
    Department,
}

impl From<By> for dto::By {
    fn from(by: By) -> Self {
        match by {
            By::Region => Self::Region,
            By::Alliance => Self::Alliance,
            By::Institution => Self::Institution,
            By::Department => Self::Department,
        }
    }
}

#[derive(Args)]
pub struct ValuesArgs {
    #[command(flatten)]
    data: DataArg,
    /// Indicator's id; may be given several times; every measured one when not given.
    #[arg(long = "indicator", value_name = "ID")]
    indicators: Vec<String>,
    /// First period.
    #[arg(long, value_parser = super::period)]
    from: Period,
    /// Last period, included.
    #[arg(long, value_parser = super::period)]
    to: Period,
    /// month, quarter or year.
    #[arg(long, value_parser = super::grain, default_value = "month")]
    grain: Grain,
    /// What is summed over.
    #[arg(long, value_enum, default_value = "region")]
    by: By,
    /// Only this institution's.
    #[arg(long)]
    institution: Option<String>,
    /// As the data were known at the end of this day (UTC), or at this moment.
    #[arg(long, value_name = "DATE", value_parser = super::known_on)]
    known_on: Option<DateTime<Utc>>,
    /// How rows are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What a value's row holds, in every format.
const COLUMNS: [&str; 13] = [
    "indicator", "institution", "department", "period", "numerator", "denominator", "value", "unit", "target", "status",
    "reported", "due", "provisional",
];

/// `yizheng values`.
pub fn values(args: ValuesArgs) -> Outcome {
    let region = Region::open(&args.data.dir).map_err(CliError::failed)?;
    let rows = region
        .exact_values(
            &Scope::whole_region("cli"),
            &crate::app::ValuesRequest {
                indicators: args.indicators,
                from: args.from.first(),
                to: args.to.last(),
                grain: args.grain,
                by: args.by.into(),
                institution: args.institution,
                as_of: args.known_on,
            },
        )
        .map_err(refused)?;
    // The header is fixed: in a table or csv there is no column for it.
    let origin = region.origin();
    let mut columns = COLUMNS.to_vec();
    let mut of_origin = Vec::new();
    if args.format == Format::Json {
        columns.extend(["pack", "fingerprint", "program"]);
        of_origin.extend([origin.pack, origin.fingerprint, origin.program]);
    } else {
        eprintln!("{}", origin.in_words());
    }
    print::rows(
        args.format,
        &columns,
        rows.into_iter().map(|row| {
            let mut cells = vec![
                row.indicator,
                row.institution,
                row.department,
                row.period.to_string(),
                row.numerator,
                row.denominator,
                row.value,
                row.unit,
                row.target,
                word(&row.status),
                row.reported.to_string(),
                row.due.to_string(),
                row.provisional.to_string(),
            ];
            cells.extend(of_origin.iter().cloned());
            cells
        }),
    )
}

#[derive(Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    data: DataArg,
    /// Indicator's id, such as EFF01.
    indicator: String,
    /// The institution; the whole region when not given.
    #[arg(long)]
    institution: Option<String>,
    /// The department's code.
    #[arg(long, requires = "institution")]
    department: Option<String>,
    /// 2024-03, 2024-Q1 or 2024.
    #[arg(long, value_parser = super::period)]
    period: Period,
    /// As the data were known at the end of this day (UTC), or at this moment.
    #[arg(long, value_name = "DATE", value_parser = super::known_on)]
    known_on: Option<DateTime<Utc>>,
    /// Which rows are listed.
    #[arg(long, value_enum, default_value = "numerator")]
    part: PartName,
    /// How the rows are printed; json prints the whole explanation with them.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum PartName {
    Numerator,
    Denominator,
}

/// `yizheng explain`.
pub fn explain(args: ExplainArgs) -> Outcome {
    let region = Region::open(&args.data.dir).map_err(CliError::failed)?;
    let scope = Scope::whole_region("cli");
    let by = match (&args.institution, &args.department) {
        (_, Some(_)) => dto::By::Department,
        (Some(_), None) => dto::By::Institution,
        (None, None) => dto::By::Region,
    };
    let period = Some(args.period.to_string());
    let explanation = region
        .explain(
            &scope,
            &args.indicator,
            &dto::ExplainQuery {
                period: period.clone(),
                by: Some(by),
                institution: args.institution.clone(),
                department: args.department.clone(),
                known_at: args.known_on,
            },
        )
        .map_err(refused)?;
    let (columns, stretch) = region
        .explain_rows(
            &scope,
            &args.indicator,
            &dto::ExplainRowsQuery {
                period,
                by: Some(by),
                institution: args.institution,
                department: args.department,
                known_at: args.known_on,
                part: Some(match args.part {
                    PartName::Numerator => dto::Part::Numerator,
                    PartName::Denominator => dto::Part::Denominator,
                }),
            },
            &Window { offset: 0, limit: u64::MAX, sort: None },
        )
        .map_err(refused)?;
    if args.format == Format::Json {
        let whole = serde_json::json!({
            "origin": region.origin(), "explanation": explanation, "columns": columns, "rows": stretch.rows,
        });
        println!("{}", serde_json::to_string_pretty(&whole).map_err(CliError::failed)?);
        return Ok(());
    }
    story(&explanation);
    eprintln!("{}", region.origin().in_words());
    eprintln!("{}的记录（共 {} 条）：", if matches!(args.part, PartName::Numerator) { "分子" } else { "分母" }, stretch.total);
    let mut header = vec!["institution", "submission", "row", "adds"];
    header.extend(columns.iter().map(|column| column.code.as_str()));
    print::rows(
        args.format,
        &header,
        stretch.rows.into_iter().map(|row| {
            let mut cells = vec![row.institution.code, row.submission, row.row.to_string(), row.adds];
            cells.extend(row.cells.into_iter().map(Option::unwrap_or_default));
            cells
        }),
    )
}

/// Everything but the rows, to standard error: standard output stays one table.
fn story(explanation: &dto::Explanation) {
    let figure = &explanation.figure;
    let exact = |n: Option<f64>| n.map_or_else(|| "—".to_owned(), |n| n.to_string());
    eprintln!("{} {}，{}", figure.indicator, figure.name, figure.period);
    eprintln!("值 {} {}，分子 {}，分母 {}", figure.display, figure.unit, exact(figure.numerator), exact(figure.denominator));
    if let Some(reason) = &figure.not_measured_reason {
        eprintln!("没有值：{reason}");
    }
    if let Some(target) = &figure.target {
        eprintln!("目标 {}（{}）", target.display, target.source);
    }
    eprintln!("已报 {} / 应报 {}{}", figure.reported, figure.due, if figure.provisional { "，暂定" } else { "" });
    for line in &explanation.reading {
        eprintln!("{}：{}  [{}]", word(&line.clause), line.text, line.expression);
    }
    for part in &explanation.parts {
        eprintln!("{}：{} 行，合计 {}", part.name, part.rows, part.display);
    }
    for month in &explanation.months {
        if !month.missing.is_empty() {
            let names: Vec<&str> = month.missing.iter().map(|institution| institution.name.as_str()).collect();
            eprintln!("{} 未报：{}", month.period, names.join("、"));
        }
    }
    for file in &explanation.files {
        eprintln!(
            "文件 {}：{} {} 第{}版，收到 {}，{} 行计入 {} 行，SM3 {}",
            file.submission,
            file.institution.name,
            file.period,
            file.version,
            file.received_at.with_timezone(&Utc).format("%Y-%m-%d %H:%M"),
            file.rows,
            file.counted_rows,
            file.hash
        );
    }
    for basis in &explanation.legal_basis {
        eprintln!("依据 {basis}");
    }
    eprintln!("定义 {}", explanation.definition_file);
}
