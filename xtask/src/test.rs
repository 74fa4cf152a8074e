//! Everything that CI runs, in the order in which a failure is found soonest.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::sh::{self, Result};
use crate::{generate, setup, tidy};

/// Runs all tests.
pub fn all(browser: bool) -> Result<()> {
    let start = Instant::now();
    if std::env::var_os("YIZHENG_SHARED").is_some_and(|shared| !std::path::Path::new(&shared).is_dir()) {
        return Err("YIZHENG_SHARED is set but is no folder".into());
    }
    if std::env::var_os("YIZHENG_SHARED").is_none() {
        eprintln!("YIZHENG_SHARED is not set: tests against the reference facts are skipped and counted as such");
    }
    setup::web()?;
    setup::postgres()?;
    let chromium = if browser { Some(setup::browser()?) } else { None };
    tidy::check()?;
    let mut build = sh::cargo();
    sh::step("Build", build.current_dir(sh::root()).args(["build", "--workspace", "--exclude", "yizheng-cluster", "--locked"]))?;
    generate::all(true)?;

    let nextest = Command::new("cargo").args(["nextest", "--version"]).output().is_ok_and(|o| o.status.success());
    let mut tests = sh::cargo();
    tests.current_dir(sh::root());
    if nextest {
        tests.args(["nextest", "run", "--workspace", "--exclude", "yizheng-cluster", "--locked", "--no-fail-fast"]);
    } else {
        tests.args(["test", "--workspace", "--exclude", "yizheng-cluster", "--locked", "--no-fail-fast"]);
    }
    sh::step("Rust tests", &mut tests)?;
    let yizheng = sh::target_dir().join("debug/yizheng");
    sh::step("National pack: check", Command::new(&yizheng).current_dir(sh::root()).args(["pack", "check", "packs/national"]))?;
    sh::step("Packs on it: check", Command::new(&yizheng).current_dir(sh::root()).args(["pack", "check", "packs/national", "packs/workplans", "packs/yunlan"]))?;
    sh::step("National pack: test", Command::new(&yizheng).current_dir(sh::root()).args(["pack", "test", "packs/national"]))?;
    sh::step("National pack: every change noticed", Command::new(&yizheng).current_dir(sh::root()).args(["pack", "test", "packs/national", "--mutate"]))?;
    if let Some(chromium) = chromium {
        let region = sh::target_dir().join("e2e-region");
        let _ = std::fs::remove_dir_all(&region);
        sh::step(
            "A small demo region",
            Command::new(&yizheng).args(["demo", "--scale", "0.02", "--no-serve", "--data"]).arg(&region),
        )?;
        let server = Server::start(Command::new(&yizheng).args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&region))?;
        sh::step(
            "Browser tests",
            Command::new("npm")
                .current_dir(sh::root().join("web"))
                .args(["run", "e2e"])
                .env("YIZHENG_URL", &server.url)
                .env("CHROMIUM", chromium)
                .env("YIZHENG_DEMO_DIR", &region),
        )?;
    }
    // Last: it takes long to build the first time, and a failure of the everyday parts is found before.
    let mut third = sh::cargo();
    third
        .current_dir(sh::root())
        .env("CARGO_TARGET_DIR", sh::cluster_target_dir())
        .args(["test", "--package", "yizheng-cluster", "--locked", "--", "--nocapture"]);
    sh::step("The third opinion: indicators as SQL (some minutes the first time)", &mut third)?;
    eprintln!("\nAll tests passed in {:.0} s.", start.elapsed().as_secs_f64());
    Ok(())
}

/// A server that ends with the test.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts it and waits for the line in which it says where it listens.
    fn start(command: &mut Command) -> Result<Self> {
        let mut child =
            command.stdout(Stdio::piped()).spawn().map_err(|error| format!("yizheng serve: {error}"))?;
        let out = child.stdout.take().ok_or("no output")?;
        for line in BufReader::new(out).lines().map_while(std::io::Result::ok) {
            if let Some(url) = line.split_whitespace().find(|word| word.starts_with("http://")) {
                return Ok(Self { child, url: url.trim_end_matches('/').to_owned() });
            }
        }
        let _ = child.wait();
        Err("yizheng serve ended before it listened".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
