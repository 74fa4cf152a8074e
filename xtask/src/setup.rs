//! What must be there before anything runs: the web's packages, the built web, a browser and a
//! database for the tests. Installs through the ordinary package managers where it may, and says
//! in one line what a person must install where it may not.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::sh::{self, Result};

/// The release that the statements were tried with.
const DUCKDB: &str = "duckdb==2.0.0";

/// Everything, for `cargo xtask setup`.
pub fn all(with_duckdb: bool) -> Result<()> {
    web()?;
    browser()?;
    postgres()?;
    if with_duckdb {
        duckdb()?;
    }
    eprintln!("\nEverything is there. Next: cargo xtask demo");
    Ok(())
}

/// Builds everything and runs the demo.
pub fn demo(arguments: &[String]) -> Result<()> {
    web()?;
    let mut run = sh::cargo();
    run.current_dir(sh::root()).args(["build", "--locked", "--package", "yizheng"]);
    sh::step("Build (the first time compiles every dependency: some minutes on two cores)", &mut run)?;
    let mut demo = Command::new(sh::target_dir().join("debug/yizheng"));
    demo.arg("demo").args(arguments);
    let status = demo.status().map_err(|error| format!("yizheng demo: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("yizheng demo ended with {status}")) }
}

/// The web's packages and the built web, each only when something it depends on is newer.
pub fn web() -> Result<()> {
    let web = sh::root().join("web");
    if !sh::has("node") || !sh::has("npm") {
        return Err("Node.js 20 or newer with npm is needed to build the pages: install it from your system's \
                    package manager (Debian: apt-get install nodejs npm) or nodejs.org, then run this again"
            .into());
    }
    let installed = web.join("node_modules/.package-lock.json");
    if newer(&[web.join("package-lock.json")], &installed) {
        sh::step("Install the web's packages", Command::new("npm").current_dir(&web).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))?;
    }
    let mut sources = vec![web.join("package-lock.json"), web.join("index.html"), web.join("vite.config.ts")];
    walk(&web.join("src"), &mut sources);
    if newer(&sources, &web.join("dist/index.html")) {
        sh::step("Build the pages", Command::new("npm").current_dir(&web).args(["run", "build"]))?;
    }
    Ok(())
}

/// A Chromium and Chinese fonts for the browser tests.
pub fn browser() -> Result<PathBuf> {
    let find = || {
        ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"]
            .iter()
            .map(PathBuf::from)
            .find(|path| path.exists())
    };
    if let Some(path) = std::env::var_os("CHROMIUM").map(PathBuf::from).filter(|path| path.exists()).or_else(find) {
        return Ok(path);
    }
    install(&["chromium", "fonts-noto-cjk"], "Chromium and a Chinese font, for the browser tests")?;
    find().ok_or_else(|| "Chromium was installed but is not at /usr/bin/chromium: set CHROMIUM to its path".into())
}

/// The server programs of PostgreSQL for the store's tests.
pub fn postgres() -> Result<()> {
    let there = sh::has("postgres")
        || std::fs::read_dir("/usr/lib/postgresql")
            .is_ok_and(|versions| versions.flatten().any(|version| version.path().join("bin/postgres").exists()));
    if there { Ok(()) } else { install(&["postgresql"], "PostgreSQL 15 or newer, for the store's tests") }
}

/// DuckDB as a Python module beside the crate of the third opinion, whose tests look for it there.
fn duckdb() -> Result<()> {
    let folder = sh::cluster_target_dir().join("duckdb");
    if !sh::has("python3") {
        return Err("Python 3 with venv is needed for DuckDB: install it from your system's package manager \
                    (Debian: apt-get install python3-venv), then run this again"
            .into());
    }
    sh::step("A Python environment for DuckDB", Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    sh::step("Install DuckDB", Command::new(folder.join("bin/pip")).args(["install", "--quiet", DUCKDB]))
}

fn install(packages: &[&str], why: &str) -> Result<()> {
    let list = packages.join(" ");
    let root = sh::output("id", Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !root || !sh::has("apt-get") {
        return Err(format!("please install {why}: sudo apt-get install {list} (or your system's equivalent)"));
    }
    sh::step("Package lists", Command::new("apt-get").args(["update", "-qq"]))?;
    sh::step(
        &format!("Install {list}"),
        Command::new("apt-get").env("DEBIAN_FRONTEND", "noninteractive").args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages),
    )
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|meta| meta.modified()).ok()
}

/// Whether a source is newer than what is made of it, or that is not there.
fn newer(sources: &[PathBuf], made: &Path) -> bool {
    let Some(made) = modified(made) else { return true };
    sources.iter().filter_map(|source| modified(source)).any(|source| source > made)
}

fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { walk(&path, into) } else { into.push(path) }
    }
}
