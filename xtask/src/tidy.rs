//! House rules as code. Each rule says what to do when it fails.

use std::collections::{BTreeMap, BTreeSet};

use crate::sh::{self, Result};

/// Which of our crates each crate may use. An edge that is not here is a change of the design:
/// argue it in an ADR, then add it here and in ARCHITECTURE.md.
const EDGES: [(&str, &[&str]); 12] = [
    ("yizheng-pack", &[]),
    ("yizheng-stats", &[]),
    ("yizheng-plan", &[]),
    ("yizheng-eval", &["yizheng-pack"]),
    ("yizheng-intake", &["yizheng-pack", "yizheng-eval"]),
    ("yizheng-lake", &["yizheng-pack", "yizheng-eval", "yizheng-stats"]),
    ("yizheng-cluster", &["yizheng-pack", "yizheng-lake"]),
    ("yizheng-casework", &["yizheng-pack"]),
    // The demo only writes files: no edge to anything that could put them into a region.
    ("yizheng-demo", &["yizheng-pack"]),
    (
        "yizheng",
        &["yizheng-pack", "yizheng-eval", "yizheng-intake", "yizheng-lake", "yizheng-stats", "yizheng-casework", "yizheng-demo", "yizheng-plan"],
    ),
    ("xtask", &[]),
    ("", &[]),
];

/// Outside crates that only one of ours may know.
const ONLY_IN: [(&str, &str); 5] = [
    ("datafusion", "yizheng-cluster"),
    ("sea-orm", "yizheng-casework"),
    ("sea-orm-migration", "yizheng-casework"),
    ("parquet", "yizheng-lake yizheng-intake"),
    ("calamine", "yizheng-intake yizheng"),
];

/// Source files may not grow beyond this many lines: two rooms in one.
const LONGEST: usize = 800;

/// Checks every rule and lists all that fail.
pub fn check() -> Result<()> {
    let mut faults = Vec::new();
    edges(&mut faults)?;
    sources(&mut faults)?;
    glossary(&mut faults)?;
    adrs(&mut faults)?;
    crate::ids::check(&mut faults)?;
    if faults.is_empty() {
        eprintln!("tidy: every house rule holds");
        return Ok(());
    }
    for fault in &faults {
        eprintln!("tidy: {fault}");
    }
    Err(format!("{} house rules broken", faults.len()))
}

fn edges(faults: &mut Vec<String>) -> Result<()> {
    let allowed: BTreeMap<&str, &[&str]> = EDGES.into_iter().collect();
    for file in sh::tracked_files()? {
        if !file.ends_with("Cargo.toml") || file == "Cargo.toml" {
            continue;
        }
        let text = sh::read(&sh::root().join(&file))?;
        let manifest: toml::Table = text.parse().map_err(|error| format!("{file}: {error}"))?;
        let name = manifest.get("package").and_then(|p| p.get("name")).and_then(|n| n.as_str()).unwrap_or("");
        let Some(may) = allowed.get(name) else {
            faults.push(format!("{file}: crate `{name}` is not in the list of edges in xtask/src/tidy.rs"));
            continue;
        };
        let dependencies = manifest.get("dependencies").and_then(|d| d.as_table()).cloned().unwrap_or_default();
        for dependency in dependencies.keys() {
            if dependency.starts_with("yizheng") && !may.contains(&dependency.as_str()) {
                faults.push(format!("{file}: `{name}` must not depend on `{dependency}`"));
            }
            for (outside, only) in ONLY_IN {
                if dependency == outside && !only.split(' ').any(|o| o == name) {
                    faults.push(format!("{file}: only {only} may know `{outside}`"));
                }
            }
        }
    }
    Ok(())
}

fn sources(faults: &mut Vec<String>) -> Result<()> {
    // Assembled so that this file does not find itself.
    let unfinished = [["todo", "!("].concat(), ["unimplemented", "!("].concat(), ["#[ig", "nore"].concat(), ["FIX", "ME"].concat()];
    let registries = [["registry.npm", "mirror"].concat(), ["mirrors", "."].concat()];
    for file in sh::tracked_files()? {
        let code = file.ends_with(".rs") || file.ends_with(".ts") || file.ends_with(".tsx");
        let text_file = code || [".md", ".toml", ".json", ".yml", ".css", ".html", ".mjs", "/run"].iter().any(|end| file.ends_with(end));
        if !text_file {
            continue;
        }
        let text = sh::read(&sh::root().join(&file))?;
        for word in &registries {
            if text.contains(word.as_str()) {
                faults.push(format!("{file}: names a package mirror (`{word}`); use the default registry"));
            }
        }
        if !code {
            continue;
        }
        let generated = file.ends_with("schema.d.ts");
        let lines = text.lines().count();
        if lines > LONGEST && !generated {
            faults.push(format!("{file}: {lines} lines; split it (at most {LONGEST})"));
        }
        for word in &unfinished {
            if text.contains(word.as_str()) {
                faults.push(format!("{file}: contains `{word}`: finish it"));
            }
        }
        if file.ends_with(".rs") {
            let tests = file.contains("/tests/") || file.ends_with("tests.rs");
            if !tests && !text.trim_start().starts_with("//!") {
                faults.push(format!("{file}: begin with a //! line that says what the file is for"));
            }
            for (number, line) in text.lines().enumerate() {
                let line = line.trim();
                let allow = line.starts_with("#[allow(") || line.starts_with("#![allow(");
                let in_tests = tests || line.starts_with("#![allow(clippy::unwrap_used");
                if allow && !in_tests && !line.contains("missing_docs") && !line.contains("reason =") {
                    faults.push(format!("{file}:{}: an allow needs `reason = \"…\"`", number + 1));
                }
            }
        }
    }
    Ok(())
}

/// The noun in the docs, the type and the TOML key are one word: every key of a pack file stands
/// in docs/glossary.md.
fn glossary(faults: &mut Vec<String>) -> Result<()> {
    let glossary = sh::read(&sh::root().join("docs/glossary.md"))?;
    let known: BTreeSet<&str> = glossary.split('`').skip(1).step_by(2).collect();
    let mut unknown: BTreeMap<String, String> = BTreeMap::new();
    for file in sh::tracked_files()? {
        if !file.starts_with("packs/") || !file.ends_with(".toml") || file.ends_with(".test.toml") {
            continue;
        }
        let text = sh::read(&sh::root().join(&file))?;
        let table: toml::Table = text.parse().map_err(|error| format!("{file}: {error}"))?;
        for key in table.keys() {
            if !known.contains(key.as_str()) {
                unknown.entry(key.clone()).or_insert_with(|| file.clone());
            }
        }
    }
    for (key, file) in unknown {
        faults.push(format!("{file}: the key `{key}` is not in docs/glossary.md"));
    }
    Ok(())
}

/// ADRs have unique numbers and a status.
fn adrs(faults: &mut Vec<String>) -> Result<()> {
    let mut numbers = BTreeSet::new();
    for file in sh::tracked_files()? {
        let Some(name) = file.strip_prefix("docs/adr/") else { continue };
        let number = name.get(..4).unwrap_or("");
        if !number.chars().all(|c| c.is_ascii_digit()) || number.len() != 4 {
            faults.push(format!("{file}: an ADR is named NNNN-what-was-decided.md"));
        }
        if !numbers.insert(number.to_owned()) {
            faults.push(format!("{file}: number {number} is taken"));
        }
        let text = sh::read(&sh::root().join(&file))?;
        if !text.lines().any(|line| line.starts_with("Status: ")) {
            faults.push(format!("{file}: needs a line `Status: accepted` (or proposed, superseded by NNNN)"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn house_rules_hold() {
        if let Err(message) = super::check() {
            panic!("{message}: run cargo xtask tidy");
        }
    }
}
