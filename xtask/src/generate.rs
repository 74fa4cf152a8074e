//! Files made by the program itself and committed, so that a change in them is seen: the OpenAPI
//! document, the client's types made of it, the reference pages made of the packs, and the lists of ids.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::sh::{self, Result};

/// Makes them, or with `check` only compares.
pub fn all(check: bool) -> Result<()> {
    let root = sh::root();
    let yizheng = sh::target_dir().join("debug/yizheng");
    if !check || !yizheng.exists() {
        let mut build = sh::cargo();
        sh::step("Build", build.current_dir(&root).args(["build", "--locked", "--package", "yizheng"]))?;
    }
    let mut stale = Vec::new();
    let put = |stale: &mut Vec<String>, path: &Path, text: &str| -> Result<()> {
        if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
            return Ok(());
        }
        stale.push(path.strip_prefix(&root).unwrap_or(path).display().to_string());
        if check {
            return Ok(());
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        }
        std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
    };

    let openapi = sh::output("yizheng openapi", Command::new(&yizheng).arg("openapi"))?;
    put(&mut stale, &root.join("web/openapi.json"), &openapi)?;

    let client = std::env::temp_dir().join(format!("yizheng-openapi-{}", std::process::id()));
    std::fs::create_dir_all(&client).map_err(|error| error.to_string())?;
    let (source, types) = (client.join("openapi.json"), client.join("schema.d.ts"));
    std::fs::write(&source, &openapi).map_err(|error| error.to_string())?;
    sh::output(
        "openapi-typescript",
        Command::new("npx").current_dir(root.join("web")).args(["--no-install", "openapi-typescript"]).arg(&source).arg("--output").arg(&types),
    )?;
    put(&mut stale, &root.join("web/src/api/schema.d.ts"), &sh::read(&types)?)?;
    let _ = std::fs::remove_dir_all(&client);

    // The pages link the packs' files, so they are made where they stand: in a folder of the same
    // depth beside the committed one.
    let reference = root.join("docs/reference");
    let made = root.join("docs").join(format!(".reference-{}", std::process::id()));
    let written = sh::output(
        "yizheng pack doc",
        Command::new(&yizheng).current_dir(&root).args(["pack", "doc", "packs/national", "--out"]).arg(&made),
    );
    let pages = written.and_then(|_| texts(&made));
    let _ = std::fs::remove_dir_all(&made);
    let pages = pages?;
    for (path, text) in &pages {
        put(&mut stale, &reference.join(path), text)?;
    }
    let surplus = if reference.is_dir() { texts(&reference)? } else { BTreeMap::new() };
    for path in surplus.into_keys().filter(|path| !pages.contains_key(path)) {
        let path = reference.join(path);
        stale.push(format!("{} (no such definition)", path.strip_prefix(&root).unwrap_or(&path).display()));
        if !check {
            std::fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }

    for (path, text) in crate::ids::lists()? {
        put(&mut stale, &path, &text)?;
    }

    match (stale.is_empty(), check) {
        (true, _) => eprintln!("generated files are up to date"),
        (false, false) => eprintln!("made anew: {}", stale.join(", ")),
        (false, true) => return Err(format!("stale: {}; run cargo xtask generate and commit", stale.join(", "))),
    }
    Ok(())
}

/// The texts of all files below a folder, by their path in it.
fn texts(dir: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let mut texts = BTreeMap::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|error| error.to_string())?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = sh::read(&path)?;
                texts.insert(path.strip_prefix(dir).unwrap_or(&path).to_owned(), text);
            }
        }
    }
    Ok(texts)
}
