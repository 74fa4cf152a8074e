//! The folder of files: what a submission writes, and what is read back through a manifest.
//!
//! ```text
//! data/<dataset>/<month>/<id>.parquet        counted rows: plain columns, pseudonym, marks
//! held/<dataset>/<month>/<id>.parquet        rows held apart, likewise
//! identity/<dataset>/<month>/<id>.sealed     personal columns of both, sealed
//! received/<institution>/<sm3>.sealed        the bytes as they came, sealed
//! report/<institution>/<submission>.json.zst what the checks said
//! slices/<definitions>/<id>.arrow            a cache
//! keys.check                                 tells the right keys from others
//! ```
//!
//! Nothing is ever changed: a correction is a new file under a new id.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use parquet::errors::ParquetError;
use rand::CryptoRng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use yizheng_eval::frame::{Frame, FrameError};
use yizheng_pack::dataset::Dataset;
use yizheng_pack::scope::Scope;

use crate::disk::{self, DiskError, Lasting};
use crate::hex;
use crate::keys::{Keys, Pseudonyms};
use crate::manifest::{FileEntry, Visible};
use crate::seal::{AesGcmSeal, NONCE_LENGTH, Seal, SealError};
use crate::stored::{self, ChecksRun, Columns, StoreError, Stored};

/// A folder of immutable files.
pub struct Lake {
    root: PathBuf,
    seal: Arc<dyn Seal>,
    pub(crate) pseudonyms: Pseudonyms,
}

/// Why a lake could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The keys are not those by which the folder was written: with them identities could not be
    /// read, and the same person would get another pseudonym.
    #[error("the keys are not those of the lake in {0}")]
    OtherKeys(PathBuf),
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// Why something could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// An id that cannot be part of a path.
    #[error("`{0}` cannot name a file")]
    Name(String),
    /// The rows could not be put into a file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The personal columns could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The file that a patch changes could not be read.
    #[error(transparent)]
    Base(#[from] ReadError),
    /// A report could not be written as JSON.
    #[error("the report cannot be written as JSON: {0}")]
    Report(serde_json::Error),
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

impl From<FrameError> for WriteError {
    fn from(error: FrameError) -> Self {
        Self::Store(error.into())
    }
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A file that the manifest names is not there.
    #[error("{0} is missing")]
    Missing(PathBuf),
    /// The scope does not reach so far.
    #[error("the scope of `{0}` does not allow this")]
    NotAllowed(String),
    /// An id that cannot be part of a path.
    #[error("`{0}` cannot name a file")]
    Name(String),
    /// A file is not what was written.
    #[error("{0} was changed or damaged since it was written")]
    Damaged(PathBuf),
    /// A sealed file cannot be opened.
    #[error("{path}: {source}")]
    Seal {
        /// Which.
        path: PathBuf,
        /// Why.
        source: SealError,
    },
    /// A file's content is not readable under the present definitions.
    #[error("{path}: {source}")]
    Store {
        /// Which.
        path: PathBuf,
        /// Why.
        source: StoreError,
    },
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// Which rows of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Those that count.
    Counted,
    /// Those held apart because of an error.
    Held,
}

/// What a clean-up must leave.
#[derive(Debug, Clone, Default)]
pub struct Keep {
    /// Ids of all files of every state of the data that anyone may want to read again.
    pub files: HashSet<String>,
    /// Ids of submissions whose reports stay.
    pub submissions: HashSet<String>,
    /// SM3 of received files that stay.
    pub received: HashSet<String>,
    /// [`crate::cube::Definitions::folder`] of the slices that stay.
    pub definitions: HashSet<String>,
}

/// What a clean-up removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Removed {
    /// Files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Up to this size a file is read at once, which is quicker than column by column.
const SMALL: u64 = 4 << 20;
const KEYS_CHECK: &str = "keys.check";
/// For bytes and reports that are written once and seldom read.
const ZSTD_LEVEL: i32 = 3;

impl Lake {
    /// Opens the folder, making it if there is none.
    ///
    /// # Errors
    /// When the folder was written with other keys, or the disk refuses.
    pub fn open(root: impl Into<PathBuf>, keys: &Keys) -> Result<Self, OpenError> {
        let root = root.into();
        let check = root.join(KEYS_CHECK);
        let fingerprint = keys.fingerprint();
        match disk::read(&check)? {
            Some(written) if written != fingerprint.as_bytes() => return Err(OpenError::OtherKeys(root)),
            Some(_) => {}
            None => disk::write(&check, fingerprint.as_bytes(), Lasting::Yes)?,
        }
        Ok(Self { root, seal: Arc::new(AesGcmSeal::new(keys)), pseudonyms: keys.pseudonyms() })
    }

    /// The same with another way of sealing, such as a certified module's.
    #[must_use]
    pub fn sealed_by(mut self, seal: Arc<dyn Seal>) -> Self {
        self.seal = seal;
        self
    }

    /// Seals something small that is kept elsewhere. The same of the same context gives the same bytes,
    /// so that what did not change is seen not to have: the nonce is made from what is sealed with the
    /// key of the pseudonyms, and so stands for one content only.
    ///
    /// # Errors
    /// When it is too long.
    pub fn seal_text(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let digest = self.pseudonyms.digest(&["sealed", context, &hex::encode(plain)]);
        let nonce = digest.get(..2 * NONCE_LENGTH).and_then(hex::decode).ok_or(SealError::Format)?;
        self.seal.seal(nonce, context, plain)
    }

    /// Opens what [`Lake::seal_text`] made.
    ///
    /// # Errors
    /// When it was changed, is of another context, or sealed with another key.
    pub fn open_text(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        self.seal.open(context, sealed)
    }

    // ---- received files and reports

    /// Stores the bytes of a file as they came, sealed; the same bytes twice are one file. Gives
    /// their SM3 in hexadecimal.
    ///
    /// # Errors
    /// When the institution cannot name a folder or the disk refuses.
    pub fn receive(&self, institution: &str, bytes: &[u8], rng: &mut dyn CryptoRng) -> Result<String, WriteError> {
        let sm3 = hex::sm3(&[bytes]);
        let (path, context) = self.place("received", institution, &sm3, "sealed").map_err(WriteError::Name)?;
        if !path.is_file() {
            let packed = zstd::bulk::compress(bytes, ZSTD_LEVEL).map_err(DiskError::at(&path))?;
            disk::write(&path, &self.seal.seal(nonce(rng), &context, &packed)?, Lasting::Yes)?;
        }
        Ok(sm3)
    }

    /// The bytes of a file as they came. They hold identities: what is shown of them is for the
    /// caller to mask unless the scope sees personal fields.
    ///
    /// # Errors
    /// When the scope does not allow the institution, there is no such file, or it was changed.
    pub fn received(&self, scope: &Scope, institution: &str, sm3: &str) -> Result<Vec<u8>, ReadError> {
        let (path, context) = self.allowed_place(scope, "received", institution, sm3, "sealed")?;
        let packed = self.unseal(&path, &context)?;
        let bytes = zstd::decode_all(packed.as_slice()).map_err(|_| ReadError::Damaged(path.clone()))?;
        if hex::sm3(&[&bytes]) == sm3 { Ok(bytes) } else { Err(ReadError::Damaged(path)) }
    }

    /// Stores what the checks said of a submission. A report holds row numbers and counts, never
    /// the values of personal fields.
    ///
    /// # Errors
    /// When an id cannot name a file, the report is no JSON, or the disk refuses.
    pub fn store_report(&self, institution: &str, submission: &str, report: &impl Serialize) -> Result<(), WriteError> {
        let (path, _) = self.place("report", institution, submission, "json.zst").map_err(WriteError::Name)?;
        let text = serde_json::to_vec(report).map_err(WriteError::Report)?;
        let packed = zstd::bulk::compress(&text, ZSTD_LEVEL).map_err(DiskError::at(&path))?;
        Ok(disk::write(&path, &packed, Lasting::Yes)?)
    }

    /// What the checks said of a submission; `None` when there is no report.
    ///
    /// # Errors
    /// When the scope does not allow the institution, or the report is damaged.
    pub fn report<T: DeserializeOwned>(
        &self,
        scope: &Scope,
        institution: &str,
        submission: &str,
    ) -> Result<Option<T>, ReadError> {
        let (path, _) = self.allowed_place(scope, "report", institution, submission, "json.zst")?;
        let Some(packed) = disk::read(&path)? else { return Ok(None) };
        let text = zstd::decode_all(packed.as_slice()).map_err(|_| ReadError::Damaged(path.clone()))?;
        serde_json::from_slice(&text).map(Some).map_err(|_| ReadError::Damaged(path))
    }

    // ---- rows

    /// The rows of a file, as far as the columns are asked for; personal fields are never there.
    ///
    /// # Errors
    /// When the file is missing or does not fit the definitions.
    pub fn read(
        &self,
        file: Visible<'_>,
        dataset: &Arc<Dataset>,
        rows: Rows,
        columns: &Columns,
    ) -> Result<Stored, ReadError> {
        Ok(self.read_with_checks(file.entry(), dataset, rows, columns)?.0)
    }

    /// The rows of a file with all their columns, personal ones included: counted rows first, then
    /// those held apart.
    ///
    /// # Errors
    /// When the scope does not see personal fields, or the file is missing or changed.
    pub fn read_with_identities(&self, file: Visible<'_>, dataset: &Arc<Dataset>) -> Result<Stored, ReadError> {
        if !file.scope().sees_personal_fields() {
            return Err(ReadError::NotAllowed(file.scope().actor().to_owned()));
        }
        self.whole(file.entry(), dataset)
    }

    /// Reads all files of an entry and compares them with the digest in the manifest.
    ///
    /// # Errors
    /// [`ReadError::Missing`] or [`ReadError::Damaged`] with the first file that is not right.
    pub fn verify(&self, file: Visible<'_>) -> Result<(), ReadError> {
        let entry = file.entry();
        let mut contents = Vec::new();
        for path in self.paths(entry)? {
            let optional = !path.starts_with(self.root.join("data"));
            match disk::read(&path)? {
                Some(content) => contents.push(content),
                None if optional => {}
                None => return Err(ReadError::Missing(path)),
            }
        }
        let contents: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
        let [data, ..] = self.paths(entry)?;
        if hex::sm3(&contents) == entry.sm3 { Ok(()) } else { Err(ReadError::Damaged(data)) }
    }

    /// Removes what no state of the data needs and what was never finished, as far as it was
    /// written before `before`: a submission that is being written now must not lose its files.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn collect_garbage(&self, keep: &Keep, before: SystemTime) -> Result<Removed, DiskError> {
        let stem = |path: &Path| path.file_name().and_then(|n| n.to_str()?.split('.').next()).unwrap_or("").to_owned();
        let folder = |path: &Path| path.iter().next().and_then(|n| n.to_str()).unwrap_or("").to_owned();
        let of_files = |path: &Path| keep.files.contains(&stem(path));
        let of_received = |path: &Path| keep.received.contains(&stem(path));
        let of_submissions = |path: &Path| keep.submissions.contains(&stem(path));
        let of_slices = |path: &Path| keep.definitions.contains(&folder(path)) && keep.files.contains(&stem(path));
        let mut removed = Removed::default();
        let mut sweep = |folder: &str, keep: &dyn Fn(&Path) -> bool| -> Result<(), DiskError> {
            let (files, bytes) = disk::sweep(&self.root.join(folder), before, keep)?;
            removed = Removed { files: removed.files + files, bytes: removed.bytes + bytes };
            Ok(())
        };
        for folder in ["data", "held", "identity"] {
            sweep(folder, &of_files)?;
        }
        sweep("received", &of_received)?;
        sweep("report", &of_submissions)?;
        sweep("slices", &of_slices)?;
        Ok(removed)
    }

    // ---- within the crate: no path, no scope

    pub(crate) fn read_with_checks(
        &self,
        entry: &FileEntry,
        dataset: &Arc<Dataset>,
        rows: Rows,
        columns: &Columns,
    ) -> Result<(Stored, ChecksRun), ReadError> {
        let [data, held, _] = self.paths(entry)?;
        let path = match rows {
            Rows::Counted => data,
            // Without such rows the file is left out; the data file has the same columns.
            Rows::Held if entry.held_rows == 0 => {
                let (stored, checks) = self.read_with_checks(entry, dataset, Rows::Counted, columns)?;
                let none = vec![false; stored.frame.len].into();
                let stored = stored.filter(&none).map_err(|e| store_error(&data, e.into()))?;
                return Ok((stored, checks));
            }
            Rows::Held => held,
        };
        let read = || -> io::Result<Result<(Stored, ChecksRun), StoreError>> {
            let mut file = File::open(&path)?;
            let size = file.metadata()?.len();
            if size > SMALL {
                return Ok(stored::read(file, dataset, columns));
            }
            let mut content = Vec::new();
            file.read_to_end(&mut content)?;
            Ok(stored::read(Bytes::from(content), dataset, columns))
        };
        match read() {
            Ok(read) => read.map_err(|e| store_error(&path, e)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(ReadError::Missing(path)),
            Err(e) => Err(DiskError::at(&path)(e).into()),
        }
    }

    /// All rows with all columns: counted first, then held apart.
    pub(crate) fn whole(&self, entry: &FileEntry, dataset: &Arc<Dataset>) -> Result<Stored, ReadError> {
        let everything = Columns::everything();
        let counted = self.read_with_checks(entry, dataset, Rows::Counted, &everything)?.0;
        let held = self.read_with_checks(entry, dataset, Rows::Held, &everything)?.0;
        let [data, _, identity] = self.paths(entry)?;
        let mut all = Stored::concat(dataset, &[counted, held]).map_err(|e| store_error(&data, e.into()))?;
        if all.frame.len > 0 && stored::has_identities(dataset) {
            let bytes = self.unseal(&identity, &context(entry))?;
            let (personal, _) = stored::read(Bytes::from(bytes), dataset, &everything)
                .map_err(|e| store_error(&identity, e))?;
            all.frame = all.frame.joined(&personal.frame).map_err(|e| store_error(&identity, e.into()))?;
        }
        Ok(all)
    }

    /// Writes the files of an entry, of which everything but size and digest is known.
    pub(crate) fn write_files(
        &self,
        mut entry: FileEntry,
        counted: &Stored,
        held: &Stored,
        checks: &ChecksRun,
        rng: &mut dyn CryptoRng,
    ) -> Result<FileEntry, WriteError> {
        let paths = self.paths(&entry).map_err(|_| WriteError::Name(entry.id.clone()))?;
        let both = [counted.frame.clone(), held.frame.clone()];
        let both = Frame::concat(counted.frame.dataset.clone(), &both)?;
        let identity = match stored::identity_bytes(&both)? {
            Some(plain) if both.len > 0 => Some(self.seal.seal(nonce(rng), &context(&entry), &plain)?),
            _ => None,
        };
        entry.rows = counted.frame.len as u64;
        entry.held_rows = held.frame.len as u64;
        let data = Some(stored::analysis_bytes(counted, checks)?);
        let held = if entry.held_rows > 0 { Some(stored::analysis_bytes(held, checks)?) } else { None };
        let contents = [data, held, identity];
        for (path, content) in paths.iter().zip(&contents) {
            if let Some(content) = content {
                disk::write(path, content, Lasting::Yes)?;
            }
        }
        let contents: Vec<&[u8]> = contents.iter().flatten().map(Vec::as_slice).collect();
        entry.bytes = contents.iter().map(|content| content.len() as u64).sum();
        entry.sm3 = hex::sm3(&contents);
        Ok(entry)
    }

    pub(crate) fn slice_path(&self, definitions: &str, name: &str) -> PathBuf {
        self.root.join("slices").join(definitions).join(format!("{name}.arrow"))
    }

    /// Data, held, identity.
    pub(crate) fn paths(&self, entry: &FileEntry) -> Result<[PathBuf; 3], ReadError> {
        for name in [&entry.dataset, &entry.id] {
            safe(name).map_err(ReadError::Name)?;
        }
        let path = |folder: &str, ending: &str| {
            let month = self.root.join(folder).join(&entry.dataset).join(entry.month.to_string());
            month.join(format!("{}.{ending}", entry.id))
        };
        Ok([path("data", "parquet"), path("held", "parquet"), path("identity", "sealed")])
    }

    fn place(&self, folder: &str, institution: &str, name: &str, ending: &str) -> Result<(PathBuf, String), String> {
        safe(institution)?;
        safe(name)?;
        let context = format!("{folder}/{institution}/{name}");
        Ok((self.root.join(folder).join(institution).join(format!("{name}.{ending}")), context))
    }

    fn allowed_place(
        &self,
        scope: &Scope,
        folder: &str,
        institution: &str,
        name: &str,
        ending: &str,
    ) -> Result<(PathBuf, String), ReadError> {
        if !scope.allows(institution) {
            return Err(ReadError::NotAllowed(scope.actor().to_owned()));
        }
        self.place(folder, institution, name, ending).map_err(ReadError::Name)
    }

    fn unseal(&self, path: &Path, context: &str) -> Result<Vec<u8>, ReadError> {
        let sealed = disk::read(path)?.ok_or_else(|| ReadError::Missing(path.to_owned()))?;
        self.seal.open(context, &sealed).map_err(|source| ReadError::Seal { path: path.to_owned(), source })
    }
}

/// What an identity file is sealed as: it opens nowhere else.
fn context(entry: &FileEntry) -> String {
    format!("identity/{}/{}/{}/{}", entry.dataset, entry.institution, entry.month, entry.id)
}

pub(crate) fn nonce(rng: &mut dyn CryptoRng) -> [u8; NONCE_LENGTH] {
    let mut nonce = [0; NONCE_LENGTH];
    rng.fill_bytes(&mut nonce);
    nonce
}

/// A name that stays within its folder, on every file system.
pub(crate) fn safe(name: &str) -> Result<(), String> {
    let fits = (1..=100).contains(&name.len());
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if fits && plain { Ok(()) } else { Err(name.to_owned()) }
}

fn store_error(path: &Path, source: StoreError) -> ReadError {
    match source {
        StoreError::Parquet(ParquetError::EOF(_)) => ReadError::Damaged(path.to_owned()),
        source => ReadError::Store { path: path.to_owned(), source },
    }
}
