//! Files that appear whole or not at all: written under a temporary name, synced, renamed.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// First characters of a file that is being written; nothing ever reads one.
const UNFINISHED: &str = ".unfinished-";

/// Something the disk refused, with the place.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct DiskError {
    /// Where.
    pub path: PathBuf,
    /// What the operating system said.
    pub source: io::Error,
}

impl DiskError {
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self { path: path.to_owned(), source }
    }
}

/// Whether a file must survive a power cut, or is a cache that can be made again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lasting {
    Yes,
    No,
}

/// Writes a file whole. When this returns, the name and the content last; when the process ends
/// before, the name does not exist or holds what it held.
pub(crate) fn write(path: &Path, content: &[u8], lasting: Lasting) -> Result<(), DiskError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folder(folder, lasting)?;
    let at = || DiskError::at(path);
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder).map_err(at())?;
    file.write_all(content).map_err(at())?;
    if lasting == Lasting::Yes {
        file.as_file().sync_all().map_err(at())?;
    }
    file.persist(path).map_err(|e| at()(e.error))?;
    if lasting == Lasting::Yes {
        sync_folder(folder)?;
    }
    Ok(())
}

fn make_folder(folder: &Path, lasting: Lasting) -> Result<(), DiskError> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    if let Some(parent) = parent {
        make_folder(parent, lasting)?;
    }
    match fs::create_dir(folder) {
        Ok(()) => {}
        // Another writer was quicker.
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
        Err(e) => return Err(DiskError::at(folder)(e)),
    }
    match parent {
        Some(parent) if lasting == Lasting::Yes => sync_folder(parent),
        _ => Ok(()),
    }
}

/// A rename lasts once its folder is synced. Windows has no such call and needs none.
fn sync_folder(folder: &Path) -> Result<(), DiskError> {
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(DiskError::at(folder))?;
    }
    Ok(())
}

/// The content of a file; `None` when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, DiskError> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(DiskError::at(path)(e)),
    }
}

/// Removes the files below `folder` that were last written before `before` and that `keep` does not
/// want; it is asked with the path below `folder`. Unfinished files are never kept. Gives how many
/// went and their bytes.
pub(crate) fn sweep(
    folder: &Path,
    before: SystemTime,
    keep: &dyn Fn(&Path) -> bool,
) -> Result<(u64, u64), DiskError> {
    let mut removed = (0, 0);
    let mut folders = vec![PathBuf::new()];
    while let Some(below) = folders.pop() {
        let place = folder.join(&below);
        let entries = match fs::read_dir(&place) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err(DiskError::at(&place)(e)),
        };
        for entry in entries {
            let entry = entry.map_err(DiskError::at(&place))?;
            let path = entry.path();
            let info = entry.metadata().map_err(DiskError::at(&path))?;
            let name = below.join(entry.file_name());
            if info.is_dir() {
                folders.push(name);
                continue;
            }
            let unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
            let old = info.modified().map_err(DiskError::at(&path))? < before;
            if old && (unfinished || !keep(&name)) {
                fs::remove_file(&path).map_err(DiskError::at(&path))?;
                removed = (removed.0 + 1, removed.1 + info.len());
            }
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/c.bin");
        for lasting in [Lasting::Yes, Lasting::No] {
            write(&path, b"one", lasting).unwrap();
            write(&path, b"two", lasting).unwrap();
            assert_eq!(read(&path).unwrap().unwrap(), b"two");
            assert_eq!(fs::read_dir(dir.path().join("a/b")).unwrap().count(), 1);
        }
        assert_eq!(read(&dir.path().join("a/none")).unwrap(), None);
    }

    #[test]
    fn what_cannot_be_written_leaves_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("taken");
        fs::create_dir(&path).unwrap();
        let error = write(&path, b"x", Lasting::Yes).unwrap_err();
        assert_eq!(error.path, path);
        assert!(path.is_dir());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_sweep_removes_what_nobody_keeps_and_what_was_never_finished() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["x/kept", "x/gone", "x/.unfinished-1"] {
            write(&dir.path().join(name), b"1234", Lasting::No).unwrap();
        }
        let keep = |path: &Path| path == Path::new("x/kept");
        let long_ago = SystemTime::UNIX_EPOCH;
        assert_eq!(sweep(dir.path(), long_ago, &keep).unwrap(), (0, 0));
        let later = SystemTime::now() + std::time::Duration::from_secs(60);
        assert_eq!(sweep(dir.path(), later, &keep).unwrap(), (2, 8));
        assert!(dir.path().join("x/kept").exists());
        assert_eq!(sweep(&dir.path().join("none"), later, &keep).unwrap(), (0, 0));
    }
}
