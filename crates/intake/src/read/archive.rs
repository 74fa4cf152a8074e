//! ZIP archives: the files in them, unpacked within limits.

use std::io::{Cursor, Read as _};

use encoding_rs::GB18030;
use zip::CompressionMethod;

use super::book::{beyond, damaged};
use super::sheet::Unpacked;
use crate::Limits;
use crate::catalogue::{ARCHIVE_METHOD, ARCHIVE_PASSWORD, TOO_MANY_FILES};
use crate::finding::FileFinding;

/// A file of an archive.
pub(super) struct Entry {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The files of an archive in its own order. What their sizes are said to be counts for nothing:
/// they are unpacked until there is no more or it is too much.
pub(super) fn entries(bytes: &[u8], limits: &Limits) -> Result<Vec<Entry>, FileFinding> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error.to_string()))?;
    let mut plain = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|error| damaged(&error.to_string()))?;
        let name = name(entry.name_raw());
        if entry.is_dir() {
            continue;
        }
        if entry.encrypted() {
            return Err(FileFinding::fault(&ARCHIVE_PASSWORD, Some(name.clone()), &[("file", &name)]));
        }
        let method = entry.compression();
        if !matches!(method, CompressionMethod::Stored | CompressionMethod::Deflated) {
            let method = method.to_string();
            return Err(FileFinding::fault(&ARCHIVE_METHOD, Some(name.clone()), &[("file", &name), ("method", &method)]));
        }
        plain.push((index, name));
    }
    if plain.len() > limits.files {
        let (found, limit) = (plain.len().to_string(), limits.files.to_string());
        return Err(beyond(&TOO_MANY_FILES, None, &found, &limit));
    }
    let mut unpacked = Unpacked::new(bytes, limits);
    let mut entries = Vec::new();
    for (index, name) in plain {
        let fault = |error: &dyn std::fmt::Display| FileFinding {
            place: Some(name.clone()),
            ..damaged(&format!("{name}：{error}"))
        };
        let entry = archive.by_index(index).map_err(|error| fault(&error))?;
        let mut bytes = Vec::new();
        let read = entry.take(unpacked.room()).read_to_end(&mut bytes);
        unpacked.add(bytes.len() as u64)?;
        read.map_err(|error| fault(&error))?;
        entries.push(Entry { name, bytes });
    }
    Ok(entries)
}

/// A name as it was written: in UTF-8, or by Chinese Windows in GBK.
fn name(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(name) => name.to_owned(),
        Err(_) => GB18030.decode_without_bom_handling(raw).0.into_owned(),
    }
}
