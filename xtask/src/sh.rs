//! Running other programs, with what they are for in front.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// What can go wrong here is told to a person in one sentence.
pub type Result<T> = std::result::Result<T, String>;

/// The root of the checkout: the one that cargo runs this for, as several may share a target folder.
pub fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let here = PathBuf::from(here);
    here.parent().unwrap_or(&here).to_path_buf()
}

/// Where cargo puts what it builds.
pub fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Where the crate of the third opinion is built: a folder of its own, because its engine asks more
/// of the libraries that the everyday crates use too, and each would have them compiled anew.
pub fn cluster_target_dir() -> PathBuf {
    let mut name = target_dir().into_os_string();
    name.push("-cluster");
    name.into()
}

/// The cargo that runs this. What cargo tells xtask of itself is not passed on: some build scripts
/// look at it, and would have everything above them compiled anew at each change between a plain
/// cargo and one called from here.
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let of_package = name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
        if of_package {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Whether a program is there.
pub fn has(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a step, showing what it prints and how long it took.
pub fn step(what: &str, command: &mut Command) -> Result<()> {
    eprintln!("\n== {what}");
    let start = Instant::now();
    let status = command.status().map_err(|error| format!("{what}: {error}"))?;
    eprintln!("== {what}: {:.1} s", start.elapsed().as_secs_f64());
    if status.success() { Ok(()) } else { Err(format!("{what} failed ({status})")) }
}

/// Runs a program and takes what it prints.
pub fn output(what: &str, command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("{what}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{what} failed ({})", output.status));
    }
    String::from_utf8(output.stdout).map_err(|_| format!("{what} printed no UTF-8"))
}

/// Reads a text file of the checkout.
pub fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Files that git tracks or would track, relative to the root.
pub fn tracked_files() -> Result<Vec<String>> {
    let list = output(
        "git ls-files",
        Command::new("git").current_dir(root()).args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]),
    )?;
    Ok(list.split('\0').filter(|file| !file.is_empty() && root().join(file).exists()).map(str::to_owned).collect())
}
