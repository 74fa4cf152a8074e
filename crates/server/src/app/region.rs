//! A region's folder: its place, definitions, secrets, store and lake.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};
use serde::{Deserialize, Serialize};
use yizheng_casework::institutions::Register;
use yizheng_casework::reporting::Reporting;
use yizheng_casework::submissions::{Content, SubmissionFilter};
use yizheng_casework::table::SourceRow;
use yizheng_casework::{Desk as Store, OpenError, StoreError};
use yizheng_lake::cube::Definitions;
use yizheng_lake::lake::Keep;
use yizheng_lake::{Cube, Keys, Lake};
use yizheng_pack::Pack;
use yizheng_pack::dataset::{Dataset, Subject};
use yizheng_pack::pack::Origin;
use yizheng_pack::period::Month;
use yizheng_pack::scope::Scope;

use super::definitions::{self, LoadError};
use super::dry_run::DryRuns;
use super::measuring::Measured;
use super::plans::FactsKept;
use super::watch::Watched;
use crate::api::desk::Answer;
use crate::api::error::ApiError;

/// Version of the program.
pub const PROGRAM: &str = env!("CARGO_PKG_VERSION");

/// What a region's folder says of itself (`region.toml`).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Division code (行政区划代码).
    pub code: String,
    /// Name.
    pub name: String,
    /// True when all of it is invented.
    #[serde(default)]
    pub demo: bool,
    /// Whom institutions may ask about reporting: office, person, phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The day on which a demo stands still, so that it shows the same whenever it is opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub today: Option<NaiveDate>,
    /// A PostgreSQL elsewhere; SQLite in the folder when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
}

/// Why a region could not be made, opened or asked.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The folder holds something already.
    #[error("{0} is not empty: choose a new folder, or remove it first")]
    NotEmpty(PathBuf),
    /// No room for another byte.
    #[error("磁盘空间不足，本次操作没有生效：请清理或扩充 {0} 所在的磁盘后重试")]
    DiskFull(PathBuf),
    /// The folder is no region.
    #[error("{0} is no region: make one with `yizheng init --data {0}` or `yizheng demo --data {0}`")]
    NoRegion(PathBuf),
    /// A file of the region could not be read or written.
    #[error("{what}: {path}")]
    Io {
        /// What was wanted.
        what: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// `region.toml` or the key file is not what it should be.
    #[error("{path} cannot be understood: {why}")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The definitions are wrong.
    #[error(transparent)]
    Definitions(#[from] LoadError),
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Personal fields could not be sealed.
    #[error(transparent)]
    Seal(#[from] yizheng_lake::seal::SealError),
    /// The lake failed.
    #[error(transparent)]
    Lake(#[from] yizheng_lake::lake::OpenError),
    /// The manifest in the store is no state of the data.
    #[error(transparent)]
    Manifest(#[from] yizheng_lake::manifest::ManifestError),
    /// The lake's disk refused.
    #[error(transparent)]
    Disk(#[from] yizheng_lake::DiskError),
    /// A file could not be measured.
    #[error(transparent)]
    Measure(#[from] yizheng_lake::cube::MeasureError),
    /// A file for a register cannot be read as a table.
    #[error("{path}: {why}")]
    Table {
        /// Which file.
        path: PathBuf,
        /// Why not, in Chinese.
        why: String,
    },
    /// The demo's files could not be made.
    #[error(transparent)]
    Generate(#[from] yizheng_demo::GenerateError),
    /// A step of the demo was refused.
    #[error("{0}")]
    Refused(String),
}

/// An open region.
pub struct Region {
    pub(crate) place: Place,
    pub(crate) pack: Arc<Pack>,
    pub(crate) lake: Lake,
    pub(crate) store: Store,
    pub(crate) measured: RwLock<Option<Arc<Measured>>>,
    pub(crate) measuring: Mutex<()>,
    /// The past state that was asked for last.
    pub(crate) past: Mutex<Option<(DateTime<Utc>, i64, Arc<Measured>)>>,
    /// A cube without files: making one anew reads every definition.
    blank: OnceLock<Cube>,
    pub(crate) watched: Mutex<Option<Arc<Watched>>>,
    pub(crate) dry_runs: DryRuns,
    /// What is measured for plans, as long as the data are the same.
    pub(crate) plan_facts: Mutex<FactsKept>,
    dir: PathBuf,
    runtime: Arc<tokio::runtime::Runtime>,
}

pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> AppError {
    let path = path.to_path_buf();
    move |source| AppError::Io { what, path, source }
}

/// The clocks of the country: civil dates of submissions are taken there.
pub fn civil(moment: DateTime<Utc>) -> NaiveDateTime {
    FixedOffset::east_opt(8 * 3600).map_or(moment.naive_utc(), |zone| moment.with_timezone(&zone).naive_local())
}

impl Region {
    /// Makes an empty region. Nothing of it is there when it fails half-way: `region.toml`, by which
    /// a folder is known as a region, is written last.
    ///
    /// # Errors
    /// When the folder holds something already, a pack is wrong, or a file cannot be written.
    pub fn init(dir: &Path, place: &Place, packs: &[PathBuf], now: DateTime<Utc>) -> Result<(), AppError> {
        std::fs::create_dir_all(dir).map_err(io("cannot make the folder", dir))?;
        if dir.join("region.toml").exists() {
            return Err(AppError::NotEmpty(dir.to_path_buf()));
        }
        definitions::load_layers(packs)?;
        for (number, pack) in packs.iter().enumerate() {
            let name = pack.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            copy(pack, &dir.join("packs").join(format!("{:02}-{name}", number + 1)))?;
        }
        let keys = dir.join("keys");
        std::fs::create_dir_all(&keys).map_err(io("cannot make the folder", &keys))?;
        write_secret(&keys.join("region.json"), || Keys::generate(&mut rand::rng()).to_text())?;
        let url = database(dir, place);
        runtime()?.block_on(async {
            Store::migrate(&url).await?;
            let store = Store::open(&url).await?;
            // The region's own division is the first in its register.
            let cells = [("代码", &place.code), ("名称", &place.name)];
            let cells = cells.map(|(column, text)| (column.to_owned(), text.clone())).into();
            store.import_regions(&[SourceRow { number: 1, cells }], civil(now).date(), now, "init").await?;
            Ok::<_, AppError>(())
        })?;
        let text = toml::to_string(place).unwrap_or_default();
        let file = dir.join("region.toml");
        std::fs::write(&file, text).map_err(io("cannot write", &file))
    }

    /// Opens a region and brings its schema up to date.
    ///
    /// # Errors
    /// When the folder is no region or something of it cannot be opened.
    pub fn open(dir: &Path) -> Result<Self, AppError> {
        Self::open_with_room(dir).map_err(|error| match error {
            // A database that cannot write says so in many words, but not in these.
            AppError::Open(_) | AppError::Store(_) | AppError::Io { .. } if is_full(dir) => {
                AppError::DiskFull(dir.to_path_buf())
            }
            error => error,
        })
    }

    fn open_with_room(dir: &Path) -> Result<Self, AppError> {
        let file = dir.join("region.toml");
        let text = match std::fs::read_to_string(&file) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(AppError::NoRegion(dir.to_path_buf()));
            }
            text => text.map_err(io("cannot read", &file))?,
        };
        let unreadable = |why: String| AppError::Unreadable { path: file.clone(), why };
        let place: Place = toml::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
        let pack = Arc::new(definitions::load_layers(&layers(dir)?)?);
        let key_file = dir.join("keys/region.json");
        let keys = std::fs::read_to_string(&key_file).map_err(io("cannot read the region's keys", &key_file))?;
        let keys = Keys::from_text(&keys)
            .map_err(|error| AppError::Unreadable { path: key_file, why: error.to_string() })?;
        let runtime = Arc::new(runtime()?);
        let url = database(dir, &place);
        let store = runtime.block_on(async {
            Store::migrate(&url).await?;
            Store::open(&url).await
        })?;
        let lake = Lake::open(dir.join("lake"), &keys)?;
        Ok(Self {
            place,
            pack,
            lake,
            store,
            measured: RwLock::new(None),
            measuring: Mutex::new(()),
            past: Mutex::default(),
            blank: OnceLock::new(),
            watched: Mutex::new(None),
            dry_runs: DryRuns::default(),
            plan_facts: Mutex::default(),
            dir: dir.to_path_buf(),
            runtime,
        })
    }

    /// Clears away the files that interrupted submissions left more than a day ago; younger ones may
    /// belong to a submission that is being written. Gives the number of files removed.
    ///
    /// # Errors
    /// When the store or the disk refuses.
    pub fn clear_away(&self) -> Result<u64, AppError> {
        let whole = Scope::whole_region("housekeeping");
        let files = self.wait(self.store.files_ever(&whole))?;
        let submissions = self.wait(self.store.submissions(&SubmissionFilter::default(), &whole))?;
        let keep = Keep {
            files: files.into_iter().map(|file| file.id).collect(),
            received: submissions
                .iter()
                .filter_map(|submission| match &submission.content {
                    Content::File(file) => Some(file.sm3.clone()),
                    Content::Zero => None,
                })
                .collect(),
            submissions: submissions.into_iter().map(|submission| submission.id).collect(),
            definitions: [Definitions::of(self.pack.clone()).folder()].into(),
        };
        let day = std::time::Duration::from_secs(24 * 3600);
        let Some(before) = std::time::SystemTime::now().checked_sub(day) else { return Ok(0) };
        Ok(self.lake.collect_garbage(&keep, before)?.files)
    }

    /// What this region's values are computed with.
    pub fn origin(&self) -> Origin {
        self.pack.origin(PROGRAM)
    }

    /// The region's folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The runtime on which the store works.
    pub fn runtime(&self) -> Arc<tokio::runtime::Runtime> {
        Arc::clone(&self.runtime)
    }

    /// Waits for the store. Never called from an async task: the API calls the application on the
    /// blocking pool.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// The register as a scope may see it.
    pub(crate) fn register(&self, scope: &Scope) -> Result<Register, StoreError> {
        let register = self.wait(self.store.register(scope))?;
        // What is of the region itself is for those who may see all of it.
        Ok(if scope.is_whole_region() { register.with_region(&self.place.code, &self.place.name) } else { register })
    }

    /// Who sends a dataset, by what it is called: for a dataset of institutions one of them, for a
    /// dataset of the region the region itself.
    ///
    /// # Errors
    /// When nobody whom the scope allows is called so, or it is not for them to send.
    pub(crate) fn submitter(
        &self,
        register: &Register,
        scope: &Scope,
        dataset: &Dataset,
        text: &str,
        day: NaiveDate,
    ) -> Answer<String> {
        let code = register
            .resolve(text, day)
            .filter(|code| scope.allows(code))
            .ok_or_else(|| ApiError::not_found(format!("机构“{}”", text.trim())))?;
        let is_region = register.region_name(&code).is_some();
        match (dataset.subject, is_region) {
            (Subject::Institution, false) | (Subject::Region, true) => Ok(code),
            (Subject::Institution, true) => Err(ApiError::refused(
                format!("《{}》由医疗机构各自报送，不由{}报送。", dataset.meta.name, self.place.name),
                "请选择报送的医疗机构。",
            )),
            (Subject::Region, false) => Err(ApiError::refused(
                format!("《{}》由{}统一报送，不由医疗机构报送。", dataset.meta.name, self.place.name),
                format!("报送单位请填{}（{}）。", self.place.name, self.place.code),
            )),
        }
    }

    /// How the months of a dataset stand now, whether anything of it has come or not.
    pub(crate) fn standings(
        &self,
        dataset: &Dataset,
        first: Month,
        last: Month,
        scope: &Scope,
    ) -> Result<Vec<Reporting>, StoreError> {
        let region = (dataset.subject == Subject::Region).then_some(self.place.code.as_str());
        self.wait(self.store.reporting(&dataset.meta.id, &dataset.due, region, first, last, self.now(), scope))
    }

    /// How they stood at a past moment.
    pub(crate) fn standings_as_of(
        &self,
        dataset: &Dataset,
        first: Month,
        last: Month,
        moment: DateTime<Utc>,
        scope: &Scope,
    ) -> Result<Vec<Reporting>, StoreError> {
        let region = (dataset.subject == Subject::Region).then_some(self.place.code.as_str());
        self.wait(self.store.reporting_as_of(&dataset.meta.id, &dataset.due, region, first, last, moment, scope))
    }

    /// A cube without files.
    pub(crate) fn blank_cube(&self) -> Cube {
        self.blank.get_or_init(|| Cube::new(self.pack.clone())).clone()
    }

    /// A dataset by its id.
    pub(crate) fn dataset(&self, id: &str) -> Option<&Arc<Dataset>> {
        self.pack.datasets.get(id)
    }

    /// Now; the one place where the application reads the clock.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        let now = Utc::now();
        match self.place.today {
            // The day of the demo at the time of day that it is.
            Some(day) => now + (day - civil(now).date()),
            None => now,
        }
    }

    /// Today, as the clocks of the country have it.
    pub fn today(&self) -> NaiveDate {
        civil(self.now()).date()
    }
}

/// Whether the disk of a folder refuses a few more bytes for want of room.
pub(crate) fn is_full(dir: &Path) -> bool {
    let written = tempfile::tempfile_in(dir).and_then(|mut file| file.write_all(&[1; 64 << 10]));
    written.is_err_and(|error| error.kind() == std::io::ErrorKind::StorageFull)
}

fn runtime() -> Result<tokio::runtime::Runtime, AppError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(io("cannot start the runtime", Path::new("tokio")))
}

fn database(dir: &Path, place: &Place) -> String {
    place.database.clone().unwrap_or_else(|| yizheng_casework::store::sqlite_url(&dir.join("yizheng.db")))
}

/// The layers that a region keeps, lowest first.
fn layers(dir: &Path) -> Result<Vec<PathBuf>, AppError> {
    let folder = dir.join("packs");
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut layers = std::fs::read_dir(&folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>())
        .map_err(io("cannot read", &folder))?;
    layers.retain(|path| path.is_dir());
    layers.sort();
    Ok(layers)
}

fn copy(from: &Path, to: &Path) -> Result<(), AppError> {
    std::fs::create_dir_all(to).map_err(io("cannot make the folder", to))?;
    for entry in std::fs::read_dir(from).map_err(io("cannot read", from))? {
        let path = entry.map_err(io("cannot read", from))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &target)?;
        } else {
            std::fs::copy(&path, &target).map_err(io("cannot copy", &path))?;
        }
    }
    Ok(())
}

/// Makes a secret in a file that only its owner can read, unless it is there already.
pub(super) fn write_secret(path: &Path, secret: impl FnOnce() -> String) -> Result<(), AppError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
        file => file.map_err(io("cannot write the region's keys", path))?,
    };
    file.write_all(secret().as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(io("cannot write the region's keys", path))
}
