//! Files made by the program itself and committed, so that a change in them is seen: the OpenAPI
//! document, the client's types made of it, the reference pages made of the packs, and the lists of ids.

use std::path::Path;
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
    let mut put = |path: &Path, text: &str| -> Result<()> {
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
    put(&root.join("web/openapi.json"), &openapi)?;

    let client = std::env::temp_dir().join(format!("yizheng-openapi-{}", std::process::id()));
    std::fs::create_dir_all(&client).map_err(|error| error.to_string())?;
    let (source, types) = (client.join("openapi.json"), client.join("schema.d.ts"));
    std::fs::write(&source, &openapi).map_err(|error| error.to_string())?;
    sh::output(
        "openapi-typescript",
        Command::new("npx").current_dir(root.join("web")).args(["--no-install", "openapi-typescript"]).arg(&source).arg("--output").arg(&types),
    )?;
    put(&root.join("web/src/api/schema.d.ts"), &sh::read(&types)?)?;
    let _ = std::fs::remove_dir_all(&client);

    let reference = sh::output("yizheng pack doc", Command::new(&yizheng).current_dir(&root).args(["pack", "doc", "packs/national"]))?;
    put(&root.join("docs/reference/national.md"), &reference)?;

    for (path, text) in crate::ids::lists()? {
        put(&path, &text)?;
    }

    match (stale.is_empty(), check) {
        (true, _) => eprintln!("generated files are up to date"),
        (false, false) => eprintln!("made anew: {}", stale.join(", ")),
        (false, true) => return Err(format!("stale: {}; run cargo xtask generate and commit", stale.join(", "))),
    }
    Ok(())
}
