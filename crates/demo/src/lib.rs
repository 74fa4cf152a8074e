//! An invented county-level region as files on disk. Writes files only; what it makes enters
//! through submit, as a user's would.
//!
//! The city 云澜市 (division 990001, which does not exist) has 45 institutions that report their
//! inpatient front pages every month: in the official layouts of 2020 and 2019, in older ones, in
//! UTF-8 and GB18030, as CSV and as spreadsheets, sometimes late, wrong or not at all. Beside them
//! they send the monthly reports that they owe - beds and staff, services, money, quality,
//! antibacterials, blood, family doctors -, filled in from the same stays, and the authority sends
//! its own about the whole city. People, institutions and numbers are invented; diagnoses and
//! operations are real codes with plausible ages, stays and costs. Everything follows from a seed.
//!
//! [`generate`] writes, below the folder it is given: `institutions.csv`, `regions.csv`,
//! `institutions_refused_example.csv`, the files under `files/<month>/`, `deliveries.csv` (what was
//! sent, and when) and `truth.toml` (what was planted; nothing but the demo's report reads it).
//!
//! Reading order: `region`, `catalogue`, `events`, `plan`, `ward`, `page`, `fees`, `sender`; then
//! `totals`, `form`, `reports`.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use chrono::NaiveDate;
use yizheng_pack::period::Month;

mod random;

mod catalogue;
mod events;
mod region;

mod person;
mod plan;
mod staff;
mod ward;

mod columns;
mod fees;
mod page;
mod row;

mod faults;
mod file;
mod layout;
mod sender;
mod totals;

mod form;
mod reports;

pub use events::{Compare, Direction, Effect, Event, Truth};

/// What to make.
#[derive(Debug, Clone)]
pub struct Options {
    /// The same seed makes the same bytes.
    pub seed: u64,
    /// Discharges that really happen over all months (300,000 at scale 1). Files hold fewer where a
    /// month is never sent, and more where rows are sent twice.
    pub discharges: u32,
    /// Year and month (1–12) of the first month.
    pub first_month: (i32, u32),
    /// Number of months.
    pub months: u32,
}

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Discharges written.
    pub rows: u64,
    /// Discharges in all.
    pub of: u64,
}

/// Does a file replace the period, or rows by key?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// 全量
    Full,
    /// 增补
    Patch,
}

/// Something that an institution sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The dataset's id.
    pub dataset: String,
    /// The file; `None` for 零报告.
    pub file: Option<PathBuf>,
    /// 登记号, 22 characters; the region's code for the authority's own report.
    pub institution: String,
    /// Month, such as `2024-03`.
    pub period: String,
    /// Mode.
    pub mode: Mode,
    /// The day on which it is sent.
    pub sent_on: NaiveDate,
    /// What is special about it, in Chinese; empty when nothing is.
    pub note: String,
}

/// What was made.
#[derive(Debug, Clone)]
pub struct Region {
    /// Register of institutions, to be imported first.
    pub institutions_file: PathBuf,
    /// Areas of the region.
    pub regions_file: PathBuf,
    /// What is sent, in the order of the days.
    pub deliveries: Vec<Delivery>,
    /// What was planted.
    pub truth_file: PathBuf,
}

/// Why nothing, or not everything, was made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The folder holds files of an earlier run.
    #[error("{0} 已有演示数据，请换一个目录或先删除")]
    NotEmpty(PathBuf),
    /// The first month is none.
    #[error("起始月份不正确：月份应为1–12")]
    FirstMonth,
    /// A table of this crate does not say what the program needs.
    #[error("table {name} of the demo")]
    Table {
        /// Name of the table.
        name: &'static str,
        /// What is wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A file or folder could not be written or read.
    #[error("{path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// CSV could not be written.
    #[error("CSV could not be written")]
    Csv(#[source] csv::Error),
    /// A spreadsheet could not be written.
    #[error("spreadsheet could not be written")]
    Xlsx(#[source] rust_xlsxwriter::XlsxError),
    /// The truth file could not be written or read.
    #[error("truth file: {0}")]
    Truth(String),
}

/// Makes the region in a folder, which may exist but must not hold an earlier one.
///
/// # Errors
///
/// When the folder cannot be written, or holds an earlier region.
pub fn generate(
    dir: &Path,
    options: &Options,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Region, GenerateError> {
    // The bytes do not depend on how many work on them.
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    generate_with(dir, options, threads, progress)
}

fn generate_with(
    dir: &Path,
    options: &Options,
    threads: usize,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Region, GenerateError> {
    let folder = dir.join("files");
    if folder.exists() {
        return Err(GenerateError::NotEmpty(dir.to_owned()));
    }
    let first = Month::new(options.first_month.0, options.first_month.1)
        .ok_or(GenerateError::FirstMonth)?;
    let months = options.months as usize;
    let catalogue = catalogue::Catalogue::read()?;
    let institutions = region::institutions(&catalogue)?;
    let (planted, truth) = events::events(&institutions, first, months)?;
    let plan = plan::Plan::new(
        options.seed,
        options.discharges as usize,
        first,
        months,
        &catalogue,
        &institutions,
        &planted,
    );
    for month in 0..months {
        let path = folder.join(plan.month(month).to_string()).join("reports");
        std::fs::create_dir_all(&path).map_err(|source| GenerateError::Io { path, source })?;
    }
    let region = Region {
        institutions_file: dir.join("institutions.csv"),
        regions_file: dir.join("regions.csv"),
        truth_file: dir.join("truth.toml"),
        deliveries: Vec::new(),
    };
    region::write_institutions(&region.institutions_file, &institutions, options)?;
    region::write_refused(&dir.join("institutions_refused_example.csv"), &institutions)?;
    region::write_regions(&region.regions_file)?;
    let text = toml::to_string(&truth).map_err(|error| GenerateError::Truth(error.to_string()))?;
    write(&region.truth_file, text.as_bytes())?;

    let shared = sender::Region {
        seed: options.seed,
        folder: &folder,
        catalogue: &catalogue,
        institutions: &institutions,
        plan: &plan,
        planted: &planted,
    };
    let office = reports::Office::new(&institutions)?;
    let mut deliveries = send(
        &shared,
        &office,
        threads,
        u64::from(options.discharges),
        progress,
    )?;
    let key = |delivery: &Delivery| {
        institutions
            .iter()
            .position(|institution| institution.licence == delivery.institution)
    };
    // On one day the front pages come first, and each report of all who send it together.
    let reports = |delivery: &Delivery| office.place(&delivery.dataset);
    deliveries.sort_by_cached_key(|delivery| {
        (
            delivery.sent_on,
            reports(delivery),
            key(delivery),
            delivery.file.clone(),
        )
    });
    write_deliveries(
        &dir.join("deliveries.csv"),
        &folder,
        &deliveries,
        &institutions,
    )?;
    Ok(Region {
        deliveries,
        ..region
    })
}

/// Lets every institution send, the largest first, copies what was sent by mistake, and lets the
/// authority send last.
fn send(
    region: &sender::Region<'_>,
    office: &reports::Office,
    threads: usize,
    of: u64,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<Delivery>, GenerateError> {
    let mut order: Vec<usize> = (0..region.institutions.len()).collect();
    order.sort_by_key(|at| {
        std::cmp::Reverse(
            region
                .plan
                .counts
                .get(*at)
                .map_or(0, |counts| counts.iter().sum::<usize>()),
        )
    });
    let (next, rows) = (AtomicUsize::new(0), AtomicU64::new(0));
    let made = |count: usize| {
        let rows = rows.fetch_add(count as u64, Ordering::Relaxed) + count as u64;
        progress(Progress { rows, of });
    };
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, region.institutions.len().max(1)) {
            scope.spawn(|| {
                while let Some(at) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let Some(institution) = region.institutions.get(*at) else {
                        continue;
                    };
                    let sent = sender::Sender::new(region, *at, institution)
                        .send(&made)
                        .and_then(|sent| {
                            let reported = office.send(region, *at, institution, &sent.totals)?;
                            Ok((sent, reported))
                        });
                    // Nobody panics while holding the lock; if somebody did, what is there counts.
                    results
                        .lock()
                        .unwrap_or_else(std::sync::PoisonError::into_inner)
                        .push(sent);
                }
            });
        }
    });
    let mut deliveries = Vec::new();
    let mut sums = vec![reports::Sums::default(); region.plan.months];
    for sent in results
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
    {
        let (sent, reported) = sent?;
        deliveries.extend(sent.deliveries);
        deliveries.extend(reported.deliveries);
        for (sum, own) in sums.iter_mut().zip(reported.sums) {
            sum.add(own);
        }
        for copy in sent.copies {
            std::fs::copy(&copy.of, &copy.to).map_err(|source| GenerateError::Io {
                path: copy.of,
                source,
            })?;
        }
    }
    deliveries.extend(office.send_own(region, &sums)?);
    Ok(deliveries)
}

fn write_deliveries(
    path: &Path,
    folder: &Path,
    deliveries: &[Delivery],
    institutions: &[region::Institution],
) -> Result<(), GenerateError> {
    let mut rows = vec![
        [
            "报送日期",
            "登记号",
            "机构名称",
            "数据集",
            "报告期",
            "方式",
            "文件",
            "说明",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    for delivery in deliveries {
        let name = institutions
            .iter()
            .find(|institution| institution.licence == delivery.institution)
            .map(|institution| institution.name.clone());
        let file = delivery.file.as_deref().map(|file| {
            file.strip_prefix(folder)
                .unwrap_or(file)
                .display()
                .to_string()
        });
        let mode = match (delivery.mode, &delivery.file) {
            (_, None) => "零报告",
            (Mode::Full, _) => "全量",
            (Mode::Patch, _) => "增补",
        };
        rows.push(vec![
            delivery.sent_on.to_string(),
            delivery.institution.clone(),
            name.unwrap_or_else(|| region::REGION.1.to_owned()),
            delivery.dataset.clone(),
            delivery.period.clone(),
            mode.to_owned(),
            file.unwrap_or_default(),
            delivery.note.clone(),
        ]);
    }
    region::write_rows(path, &rows)
}

/// Reads a truth file.
///
/// # Errors
///
/// When the file cannot be read or is no truth file.
pub fn read_truth(path: &Path) -> Result<Truth, GenerateError> {
    let text = std::fs::read_to_string(path).map_err(|source| GenerateError::Io {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|error| GenerateError::Truth(error.to_string()))
}

/// Writes one file of front pages, for measuring speed: `rows` discharges of one month (2024-03) of
/// the region's largest hospital in the official layout, UTF-8, of which the share `bad` (0 to 1)
/// has an error.
///
/// # Errors
///
/// When the file cannot be written.
pub fn make_file(path: &Path, seed: u64, rows: u32, bad: f64) -> Result<(), GenerateError> {
    let catalogue = catalogue::Catalogue::read()?;
    let mut institutions = region::institutions(&catalogue)?;
    institutions.truncate(1);
    let first = Month::new(2024, 3).ok_or(GenerateError::FirstMonth)?;
    let plan = plan::Plan::new(
        seed,
        rows as usize,
        first,
        1,
        &catalogue,
        &institutions,
        &[],
    );
    let shared = sender::Region {
        seed,
        folder: Path::new(""),
        catalogue: &catalogue,
        institutions: &institutions,
        plan: &plan,
        planted: &[],
    };
    let io = |source| GenerateError::Io {
        path: path.to_owned(),
        source,
    };
    let file = std::io::BufWriter::new(std::fs::File::create(path).map_err(io)?);
    let mut file = sender::one_file(&shared, bad, file)?;
    std::io::Write::flush(&mut file).map_err(io)
}

/// Writes a whole file.
fn write(path: &Path, bytes: &[u8]) -> Result<(), GenerateError> {
    std::fs::write(path, bytes).map_err(|source| GenerateError::Io {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use std::collections::BTreeMap;

    use super::*;

    /// Every file of a region, by its path.
    fn files(seed: u64, threads: usize) -> BTreeMap<PathBuf, Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            seed,
            discharges: 2_400,
            first_month: (2024, 11),
            months: 3,
        };
        generate_with(folder.path(), &options, threads, &|_| ()).unwrap();
        let mut files = BTreeMap::new();
        let mut folders = vec![folder.path().to_owned()];
        while let Some(path) = folders.pop() {
            for entry in std::fs::read_dir(path).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(
                        path.strip_prefix(folder.path()).unwrap().to_owned(),
                        std::fs::read(&path).unwrap(),
                    );
                }
            }
        }
        files
    }

    #[test]
    fn the_same_seed_makes_the_same_bytes_however_many_work() {
        let (one, three) = (files(3, 1), files(3, 3));
        assert_eq!(
            one.keys().collect::<Vec<_>>(),
            three.keys().collect::<Vec<_>>()
        );
        for (path, bytes) in &one {
            assert!(three[path] == *bytes, "{}", path.display());
        }
        assert!(files(4, 3) != one);
        // 45 institutions in three months and what lies beside them.
        let reports = |path: &&PathBuf| path.iter().any(|part| part == "reports");
        assert_eq!(one.keys().filter(|path| !reports(path)).count(), 45 * 3 + 5);
        assert!(one.keys().filter(reports).count() > 500);
    }
}
