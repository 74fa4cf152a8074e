//! The front door: everything a person or CI does with this checkout starts with `cargo xtask`.

mod bench;
mod generate;
mod ids;
mod setup;
mod sh;
mod test;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "yizheng: set up, show, test, tidy, generate, measure")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Look for what is needed and install what may be installed; says in one line what is missing.
    Setup {
        /// DuckDB too, for one more reading of the indicators' SQL in the tests.
        #[arg(long)]
        duckdb: bool,
    },
    /// Build everything and show an invented region in the browser.
    Demo {
        /// Passed on to `yizheng demo`, such as --no-serve or --listen 127.0.0.1:9000.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Everything that CI runs: house rules, generated files, all tests, browser tests.
    Test {
        /// Leave out the browser tests (CI never does).
        #[arg(long)]
        no_browser: bool,
    },
    /// The house rules: crate edges, headers, glossary words, stale files.
    Tidy,
    /// Make the generated files anew: OpenAPI document, client types, reference pages.
    Generate {
        /// Change nothing; fail if a generated file is stale.
        #[arg(long)]
        check: bool,
    },
    /// Speed and memory on generated data, release build, in one run.
    Bench {
        /// Rows in each generated file.
        #[arg(long, default_value_t = 100_000)]
        rows: u32,
        /// Keep the printed run as docs/benchmarks/<name>.md.
        #[arg(long)]
        keep: Option<String>,
    },
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Setup { duckdb } => setup::all(duckdb),
        Command::Demo { arguments } => setup::demo(&arguments),
        Command::Test { no_browser } => test::all(!no_browser),
        Command::Tidy => tidy::check(),
        Command::Generate { check } => generate::all(check),
        Command::Bench { rows, keep } => bench::run(rows, keep.as_deref()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nerror: {message}");
            ExitCode::FAILURE
        }
    }
}
