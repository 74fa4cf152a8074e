//! `pack check`, `pack test`, `pack diff`, `pack doc`, `pack sql`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use yizheng_pack::changelog::Release;
use yizheng_pack::diff::{self, What};
use yizheng_pack::expr::Environment;
use yizheng_pack::expr::sql::{self, Dialect};
use yizheng_pack::indicator::{NotComputed, Summand};

use super::{CliError, Format, Outcome, print};
use crate::app::{definitions, pack_mutate, pack_test, reference};

#[derive(Subcommand)]
pub enum PackCommand {
    /// Load the definitions and list everything that is wrong with them.
    Check(PackArgs),
    /// Run the test cases that stand beside the definitions, through the real intake and cube.
    Test(PackTestArgs),
    /// What upper layers changed of the lowest one, or a version of another: by definition and key, with
    /// the periods whose values are others for it.
    Diff(PackDiffArgs),
    /// Write the reference pages of the definitions: an index and a Markdown file for each.
    Doc(PackDocArgs),
    /// Print an indicator as one SQL statement, to be read and run by oneself.
    Sql(PackSqlArgs),
}

#[derive(Args)]
pub struct PackSqlArgs {
    /// The indicator's id.
    indicator: String,
    #[command(flatten)]
    pack: PackArgs,
    /// The day whose parameters are written into the statement: a month's last day for that month's sums.
    #[arg(long, value_name = "YYYY-MM-DD")]
    on: NaiveDate,
    /// For DuckDB, with views over the files in this folder (a region's `lake`); otherwise for DataFusion.
    #[arg(long, value_name = "LAKE")]
    duckdb: Option<PathBuf>,
}

#[derive(Args)]
pub struct PackArgs {
    /// The pack's folder. A region's pack is checked on top of the national one.
    #[arg(required = true, value_name = "DIR")]
    dirs: Vec<PathBuf>,
}

#[derive(Args)]
pub struct PackTestArgs {
    #[command(flatten)]
    pack: PackArgs,
    /// Only definitions whose id begins with this.
    #[arg(long)]
    only: Option<String>,
    /// Change every active definition a little, one change at a time: each change must fail a case.
    #[arg(long)]
    mutate: bool,
    /// How failures are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Args)]
pub struct PackDiffArgs {
    #[command(flatten)]
    pack: PackArgs,
    /// The folders to compare with, lowest first. Without them the upper folders are compared with the
    /// lowest.
    #[arg(long, value_name = "DIR", num_args = 1..)]
    against: Vec<PathBuf>,
    /// Print a draft of the changelog's entry instead, to be put into words.
    #[arg(long)]
    changelog: bool,
    /// How differences are printed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Args)]
pub struct PackDocArgs {
    #[command(flatten)]
    pack: PackArgs,
    /// The folder to write the pages into. Pages of definitions that are no longer there are named,
    /// not removed.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// `yizheng pack`.
pub fn run(command: PackCommand) -> Outcome {
    match command {
        PackCommand::Check(args) => {
            let pack = loaded(&args)?;
            let mut checks = std::collections::BTreeMap::<&str, usize>::new();
            for dataset in pack.tables() {
                for check in &dataset.checks {
                    *checks.entry(definitions::status_word(check.meta.status)).or_default() += 1;
                }
            }
            let mut indicators = std::collections::BTreeMap::<&str, usize>::new();
            for indicator in pack.indicators.values() {
                *indicators.entry(definitions::status_word(indicator.meta.status)).or_default() += 1;
            }
            println!("{}", pack.version());
            println!("datasets {}, code lists {}, parameters {}", pack.datasets.len(), pack.codelists.len(), pack.parameters.len());
            println!("checks {checks:?}");
            println!("indicators {indicators:?}");
            let same = pack.named.values().filter(|named| matches!(named.why, NotComputed::SameAs(_))).count();
            println!("known by name: {same} the same as another, {} waiting for data", pack.named.len() - same);
            println!("registers {}, procedures {}", pack.registers.len(), pack.procedures.len());
            println!("alert rules {}", pack.alerts.len());
            println!("retired {}", pack.retired.len());
            for plan in pack.plans.values() {
                let targets: usize = plan.items.iter().map(|item| item.targets.len()).sum();
                println!("plan {}: {} items, {targets} targets", plan.meta.id, plan.items.len());
            }
            let logged = |id: &String| pack.changelog.iter().any(|release| release.pack == *id);
            let silent: Vec<&str> = pack.layers.iter().map(|layer| &layer.id).filter(|id| !logged(id)).map(String::as_str).collect();
            if silent.is_empty() {
                return Ok(());
            }
            Err(CliError::Found(format!(
                "{} 没有 CHANGELOG.toml：写明本版本改了哪些定义、影响哪些报告期；可用 yizheng pack diff … --changelog 起草",
                silent.join("、")
            )))
        }
        PackCommand::Test(args) => {
            let pack = loaded(&args.pack)?;
            if args.mutate {
                return mutate(&pack, &args);
            }
            let report = pack_test::run(&pack, args.only.as_deref()).map_err(CliError::failed)?;
            if !report.failures.is_empty() {
                print::rows(
                    args.format,
                    &["definition", "case", "row", "expected", "found"],
                    report.failures.iter().map(|failure| {
                        vec![
                            failure.definition.clone(),
                            failure.case.clone(),
                            failure.row.map(|row| row.to_string()).unwrap_or_default(),
                            failure.expected.clone(),
                            failure.found.clone(),
                        ]
                    }),
                )?;
            }
            eprintln!(
                "{} definitions, {} cases, {} expectations, {} failed; {} running definitions without a case",
                report.definitions, report.cases, report.expectations, report.failures.len(), report.untested.len()
            );
            if report.failures.is_empty() && report.untested.is_empty() {
                return Ok(());
            }
            Err(CliError::Found(if report.untested.is_empty() {
                "test cases failed".to_owned()
            } else {
                format!("test cases failed or are missing: {}", report.untested.join(", "))
            }))
        }
        PackCommand::Diff(args) => compare(&args),
        PackCommand::Doc(args) => {
            let pack = loaded(&args.pack)?;
            std::fs::create_dir_all(&args.out).map_err(CliError::failed)?;
            let files = reference::markdown::files(&pack, &|file| source(&args, file));
            for (path, text) in &files {
                let path = args.out.join(path);
                path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(CliError::failed)?;
                std::fs::write(&path, text).map_err(CliError::failed)?;
            }
            let mut surplus = Vec::new();
            others(&args.out, &args.out, &files, &mut surplus).map_err(CliError::failed)?;
            surplus.sort();
            for path in &surplus {
                eprintln!("not a page of these definitions: {path}");
            }
            eprintln!("{} pages", files.len());
            Ok(())
        }
        PackCommand::Sql(args) => {
            println!("{};", statements(&args)?.join(";\n\n"));
            Ok(())
        }
    }
}

/// An indicator's statement, after those that make its tables.
fn statements(args: &PackSqlArgs) -> Result<Vec<String>, CliError> {
    let pack = loaded(&args.pack)?;
    let Some(indicator) = pack.indicators.get(args.indicator.as_str()) else {
        return Err(CliError::Found(format!("there is no indicator {}", args.indicator)));
    };
    let environment = Environment::on(&pack, args.on);
    let dialect = if args.duckdb.is_some() { Dialect::DuckDb } else { Dialect::DataFusion };
    let statement = sql::indicator(indicator, &pack, &environment, dialect).map_err(CliError::failed)?;
    let mut statements = Vec::new();
    for (id, dataset) in &pack.datasets {
        let parts: Vec<_> = indicator.parts().into_iter().filter(|part| part.dataset == *id).collect();
        let Some(lake) = args.duckdb.as_ref().filter(|_| !parts.is_empty()) else { continue };
        let quality = parts.iter().any(|part| matches!(part.of, Summand::Quality { .. }));
        for (folder, table) in [("data", id.to_string()), ("held", sql::held_table(id))] {
            if folder == "data" || quality {
                let files = lake.join(folder).join(&**id).join("*/*.parquet").to_string_lossy().into_owned();
                statements.push(sql::duckdb_view(&parts, dataset, &table, &[files]).map_err(CliError::failed)?);
            }
        }
    }
    if let Some(first) = statements.first_mut() {
        *first = format!("-- 文件夹中可能还有已被更正取代的旧文件，以清单为准\n{first}");
    }
    statements.push(format!("-- 参数和代码表取{}的值\n{statement}", args.on.format("%Y年%-m月%-d日")));
    Ok(statements)
}

/// The place of a definition's file as seen from the folder of the pages: in the highest of the
/// packs given that has it.
fn source(args: &PackDocArgs, file: &str) -> Option<String> {
    let dir = args.pack.dirs.iter().rev().find(|dir| dir.join(file).is_file())?;
    let (from, to) = (args.out.canonicalize().ok()?, dir.join(file).canonicalize().ok()?);
    let shared = from.components().zip(to.components()).take_while(|(from, to)| from == to).count();
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down = to.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    Some(up.chain(down).collect::<Vec<_>>().join("/"))
}

/// Markdown files below a folder that are none of the pages.
fn others(root: &Path, dir: &Path, files: &BTreeMap<String, String>, into: &mut Vec<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if path.is_dir() {
            others(root, &path, files, into)?;
        } else if name.ends_with(".md") && !files.contains_key(&name) {
            into.push(name);
        }
    }
    Ok(())
}

fn mutate(pack: &yizheng_pack::Pack, args: &PackTestArgs) -> Outcome {
    let mutated = pack_mutate::run(pack, args.only.as_deref()).map_err(CliError::failed)?;
    let survivors = &mutated.survivors;
    if !survivors.is_empty() {
        let rows = survivors.iter().map(|one| vec![one.definition.clone(), one.change.clone(), one.place.clone()]);
        print::rows(args.format, &["definition", "change", "expression"], rows)?;
    }
    eprintln!("{} active definitions, {} mutants, {} survived", mutated.definitions, mutated.mutants, survivors.len());
    if survivors.is_empty() {
        return Ok(());
    }
    Err(CliError::Found("some changes of definitions would go unnoticed: add cases that tell them apart".to_owned()))
}

/// `yizheng pack diff`: exit 0 whether anything differs or not.
fn compare(args: &PackDiffArgs) -> Outcome {
    let after = definitions::layers(&args.pack.dirs).map_err(refused)?;
    let before = match args.against.as_slice() {
        [] if after.len() < 2 => {
            return Err(CliError::Failed(
                "没有可比较的：写出上层的包（yizheng pack diff packs/national 本地包），或用 --against 指明另一个版本".to_owned(),
            ));
        }
        [] => after.iter().take(1).cloned().collect(),
        dirs => definitions::layers(dirs).map_err(refused)?,
    };
    let differences = diff::diff(&before, &after).map_err(|faults| refused(definitions::LoadError::Definitions(faults)))?;
    if args.changelog {
        print!("{}", diff::draft(&differences, Release::UNRELEASED, None));
        return Ok(());
    }
    let count = |what: What| differences.iter().filter(|one| one.what == what).count();
    eprintln!(
        "{} 处不同：新增 {}，修改 {}，停用 {}，删除 {}；其中 {} 处要重新计算已存的值",
        differences.len(),
        count(What::Added),
        count(What::Changed),
        count(What::Retired),
        count(What::Removed),
        differences.iter().filter(|one| one.recompute).count()
    );
    print::rows(
        args.format,
        &["change", "kind", "id", "name", "key", "old", "new", "source", "periods", "recompute", "used_by"],
        differences.into_iter().map(|one| {
            vec![
                one.what.in_chinese().to_owned(),
                one.kind.in_chinese().to_owned(),
                one.id,
                one.name,
                one.key,
                one.old,
                one.new,
                one.source,
                one.periods.in_words(),
                if one.recompute { "是" } else { "否" }.to_owned(),
                one.used_by.join("、"),
            ]
        }),
    )
}

fn loaded(args: &PackArgs) -> Result<yizheng_pack::Pack, CliError> {
    definitions::load_folders(&args.dirs).map_err(refused)
}

/// Prints what is wrong with definitions.
fn refused(error: definitions::LoadError) -> CliError {
    match error {
        definitions::LoadError::Definitions(diagnostics) => {
            for diagnostic in &diagnostics {
                eprintln!("{diagnostic}");
            }
            CliError::Found(format!("{} faults in the definitions", diagnostics.len()))
        }
        other => CliError::failed(other),
    }
}
