//! The national pack of this repository loads without a diagnostic.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use yizheng_pack::load::{Layer, load};

fn read(folder: &Path, root: &Path, layer: &mut Layer) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read(&path, root, layer);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let within = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            layer.files.push((within, std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn it_loads() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/national");
    let mut layer = Layer { name: "packs/national".to_owned(), files: Vec::new() };
    read(&root, &root, &mut layer);
    match load(&[layer]) {
        Ok(pack) => assert!(pack.datasets.contains_key("inpatient_front_page"), "{:?}", pack.datasets.keys()),
        Err(diagnostics) => {
            let lines: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
            panic!("{} diagnostics\n{}", lines.len(), lines.join("\n"));
        }
    }
}
