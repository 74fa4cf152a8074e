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
    /// Import a register from a csv or xlsx file. Rows that are refused are printed with the reason.
    Import(ImportArgs),
}

#[derive(Args)]
pub struct ImportArgs {
    /// Which register.
    #[arg(value_enum)]
    register: RegisterName,
    /// The file; its header is described in docs/howto/import-institutions.md.
    file: PathBuf,
    #[command(flatten)]
    data: DataArg,
    /// How refused rows are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum RegisterName {
    /// 医疗机构
    Institution,
    /// 行政区划
    Region,
}

/// `yizheng register`: exit 1 when a row was refused.
pub fn register(command: RegisterCommand) -> Outcome {
    let RegisterCommand::Import(args) = command;
    let region = Region::open(&args.data.dir).map_err(CliError::failed)?;
    let report = match args.register {
        RegisterName::Institution => region.import_institutions(&args.file, Utc::now(), "cli"),
        RegisterName::Region => region.import_regions(&args.file, Utc::now(), "cli"),
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
