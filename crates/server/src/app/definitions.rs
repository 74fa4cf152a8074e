//! The definitions of a region: the national pack inside the program, and the layers on it.
//!
//! The other packs of the repository travel with the program too, so that the demo needs no checkout.

use std::path::{Path, PathBuf};

use rust_embed::RustEmbed;
use yizheng_pack::Pack;
use yizheng_pack::load::{Diagnostic, Layer, Status, load};

/// The packs travel with the program; a release holds them, a development build reads them from the
/// checkout.
#[derive(RustEmbed)]
#[folder = "../../packs"]
struct Packs;

/// Why definitions could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// They are wrong; each with its place.
    #[error("{} faults in the definitions, the first: {}", .0.len(), .0.first().map(ToString::to_string).unwrap_or_default())]
    Definitions(Vec<Diagnostic>),
    /// A folder or file could not be read or written.
    #[error("cannot read or write {path}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A folder that is no pack.
    #[error("{0} holds no pack.toml: a pack is a folder with pack.toml and definitions below it")]
    NoPack(PathBuf),
}

/// The files of a pack that came with the program: path within the pack and content.
fn shipped(name: &str) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = Packs::iter()
        .filter_map(|path| {
            let within = path.strip_prefix(name)?.strip_prefix('/')?.to_owned();
            Some((within, Packs::get(&path)?.data.into_owned()))
        })
        .collect();
    files.sort();
    files
}

/// The national layer as it came with the program.
fn national() -> Layer {
    let files = shipped("national")
        .into_iter()
        .filter(|(path, _)| path.ends_with(".toml"))
        .map(|(path, data)| (path, String::from_utf8_lossy(&data).into_owned()))
        .collect();
    Layer { name: "national".to_owned(), files }
}

/// Writes a pack that came with the program into a folder of its own name below `dir`; gives the
/// folder.
pub fn unpack(name: &str, dir: &Path) -> Result<PathBuf, LoadError> {
    let folder = dir.join(name);
    for (path, data) in shipped(name) {
        let file = folder.join(path);
        let written = file.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&file, data));
        written.map_err(|source| LoadError::Io { path: file, source })?;
    }
    Ok(folder)
}

/// Reads a pack's folder.
fn folder(dir: &Path) -> Result<Layer, LoadError> {
    if !dir.join("pack.toml").is_file() {
        return Err(LoadError::NoPack(dir.to_path_buf()));
    }
    let mut files = Vec::new();
    walk(dir, dir, &mut files)?;
    files.sort();
    let name = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Layer { name, files })
}

fn walk(root: &Path, dir: &Path, files: &mut Vec<(String, String)>) -> Result<(), LoadError> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |source| LoadError::Io { path, source }
    };
    for entry in std::fs::read_dir(dir).map_err(failed(dir))? {
        let path = entry.map_err(failed(dir))?.path();
        if path.is_dir() {
            walk(root, &path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).map_err(failed(&path))?;
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            files.push((name, text));
        }
    }
    Ok(())
}

/// The national pack alone.
pub fn load_national() -> Result<Pack, LoadError> {
    load(&[national()]).map_err(LoadError::Definitions)
}

/// The national pack and the folders on it, lowest first.
pub fn load_layers(dirs: &[PathBuf]) -> Result<Pack, LoadError> {
    let mut layers = vec![national()];
    for dir in dirs {
        layers.push(folder(dir)?);
    }
    load(&layers).map_err(LoadError::Definitions)
}

/// Folders given on the command line, lowest first: when the first is a national pack it replaces the
/// one in the program, else they are laid on it.
pub fn layers(dirs: &[PathBuf]) -> Result<Vec<Layer>, LoadError> {
    let mut layers = dirs.iter().map(|dir| folder(dir)).collect::<Result<Vec<_>, _>>()?;
    if layers.first().is_none_or(|layer| !is_national(layer)) {
        layers.insert(0, national());
    }
    Ok(layers)
}

/// Whether a folder is some version of the national pack, whatever the folder is called.
fn is_national(layer: &Layer) -> bool {
    let head = layer.files.iter().find(|(path, _)| path == "pack.toml");
    let head = head.and_then(|(_, text)| text.parse::<toml::Table>().ok());
    head.is_some_and(|head| head.get("id").and_then(toml::Value::as_str) == Some("national"))
}

/// The pack of folders given on the command line.
pub fn load_folders(dirs: &[PathBuf]) -> Result<Pack, LoadError> {
    load(&layers(dirs)?).map_err(LoadError::Definitions)
}

/// A status as the packs write it.
pub fn status_word(status: Status) -> &'static str {
    match status {
        Status::Draft => "draft",
        Status::Trial => "trial",
        Status::Active => "active",
        Status::Retired => "retired",
    }
}
