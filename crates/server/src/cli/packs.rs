//! `pack check`, `pack test`, `pack doc`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use yizheng_pack::indicator::NotComputed;

use super::{CliError, Format, Outcome, print};
use crate::app::{definitions, pack_mutate, pack_test, reference};

#[derive(Subcommand)]
pub enum PackCommand {
    /// Load the definitions and list everything that is wrong with them.
    Check(PackArgs),
    /// Run the test cases that stand beside the definitions, through the real intake and cube.
    Test(PackTestArgs),
    /// Write the reference pages of the definitions: an index and a Markdown file for each.
    Doc(PackDocArgs),
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
            for dataset in pack.datasets.values() {
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
            println!("alert rules {}", pack.alerts.len());
            for plan in pack.plans.values() {
                let targets: usize = plan.items.iter().map(|item| item.targets.len()).sum();
                println!("plan {}: {} items, {targets} targets", plan.meta.id, plan.items.len());
            }
            Ok(())
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
    }
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

fn loaded(args: &PackArgs) -> Result<yizheng_pack::Pack, CliError> {
    definitions::load_folders(&args.dirs).map_err(|error| match error {
        definitions::LoadError::Definitions(diagnostics) => {
            for diagnostic in &diagnostics {
                eprintln!("{diagnostic}");
            }
            CliError::Found(format!("{} faults in the definitions", diagnostics.len()))
        }
        other => CliError::failed(other),
    })
}
