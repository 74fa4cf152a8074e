//! Makes the files of one institution, month by month, and says when each is sent.

use std::path::{Path, PathBuf};

use chrono::{NaiveDate, TimeDelta};
use csv::ByteRecord;

use crate::catalogue::Catalogue;
use crate::events::{Effect, Effects, FRONT_PAGES, Planted};
use crate::faults::{self, Fault};
use crate::file::{Sink, mixed_encoding, truncated};
use crate::layout::{Beside, Kind, Layout, Scratch};
use crate::page::Desk;
use crate::plan::Plan;
use crate::random::{Random, chance, stream, whole};
use crate::region::{Format, Institution, Twist};
use crate::row::Row;
use crate::totals::Totals;
use crate::ward::Ward;
use crate::{Delivery, GenerateError, Mode};

/// A file that is a copy of another one: somebody sent the wrong one.
pub(crate) struct Copy {
    pub of: PathBuf,
    pub to: PathBuf,
}

/// What an institution sent.
#[derive(Default)]
pub(crate) struct Sent {
    pub deliveries: Vec<Delivery>,
    pub copies: Vec<Copy>,
    /// What its front pages add up to, month by month.
    pub totals: Vec<Totals>,
}

/// What all senders share.
pub(crate) struct Region<'a> {
    pub seed: u64,
    pub folder: &'a Path,
    pub catalogue: &'a Catalogue,
    pub institutions: &'a [Institution],
    pub plan: &'a Plan,
    pub planted: &'a [Planted],
}

/// The files that make up a month.
struct MonthFiles {
    /// What is counted in the end.
    good: Vec<u8>,
    /// A file that is sent first and comes back.
    bad: Option<Vec<u8>>,
    /// Rows that are sent later and replace some.
    patch: Option<Vec<u8>>,
}

pub(crate) struct Sender<'a> {
    region: &'a Region<'a>,
    at: usize,
    institution: &'a Institution,
    layout: Layout,
    desk: Desk<'a>,
    ward: Ward<'a>,
    row: Row,
    scratch: Scratch,
    records: u32,
}

impl<'a> Sender<'a> {
    pub(crate) fn new(region: &'a Region<'a>, at: usize, institution: &'a Institution) -> Self {
        let mut layout = Layout::new(institution.layout);
        match institution.twist {
            Some(Twist::Shuffled) => {
                layout.shuffle(&mut stream(region.seed, stream_name(at, 0xffff)))
            }
            Some(Twist::Extra) => layout.add_unknown(),
            _ => {}
        }
        Self {
            region,
            at,
            institution,
            layout,
            desk: Desk::new(at, region.catalogue, region.institutions, institution),
            ward: Ward::new(at, institution, region.catalogue, region.plan),
            row: Row::new(),
            scratch: Scratch::default(),
            records: 100_000 + at as u32 * 137,
        }
    }

    /// Makes every month, and tells `made` how many rows each had.
    pub(crate) fn send(mut self, made: &(dyn Fn(usize) + Sync)) -> Result<Sent, GenerateError> {
        let mut sent = Sent::default();
        for month in 0..self.region.plan.months {
            let effects = Effects::new(self.region.planted, self.at, month);
            let mut random = stream(self.region.seed, stream_name(self.at, month));
            let mut totals = Totals::default();
            let files = self.make(month, &effects, &mut random, &mut totals)?;
            sent.totals.push(totals);
            self.deliver(month, &effects, &mut random, files, &mut sent)?;
            made(self.region.plan.count(self.at, month));
        }
        Ok(sent)
    }

    fn sink(&self, careless: bool) -> Result<Sink<Vec<u8>>, GenerateError> {
        match self.institution.format {
            Format::Xlsx => Sink::xlsx(&self.layout, careless),
            _ => Sink::csv(Vec::new(), &self.layout),
        }
    }

    fn make(
        &mut self,
        month: usize,
        effects: &Effects<'_>,
        random: &mut Random,
        totals: &mut Totals,
    ) -> Result<Option<MonthFiles>, GenerateError> {
        let visits = self.ward.month(month, random, effects);
        if visits.is_empty() {
            return Ok(None);
        }
        let mut good = self.sink(false)?;
        let mut careless = if effects.has(Effect::Excel) {
            Some(self.sink(true)?)
        } else {
            None
        };
        let mut patch = if effects.has(Effect::Patch) {
            Some(self.sink(false)?)
        } else {
            None
        };
        let mut twice: Vec<ByteRecord> = Vec::new();
        for (number, visit) in visits.iter().enumerate() {
            self.page(visit, effects, random);
            totals.add(&self.row);
            let beside = Beside {
                tcm_disease: self.disease_name(visit.diagnosis),
            };
            let mended = number < effects.rows(Effect::Patch, visits.len());
            if mended {
                if let Some(patch) = &mut patch {
                    patch.row(&self.layout, &self.row, &beside, &mut self.scratch)?;
                }
                faults::put(&mut self.row, Fault::Total, random);
            } else if chance(random, self.institution.faults) {
                faults::spoil(&mut self.row, random);
            }
            good.row(&self.layout, &self.row, &beside, &mut self.scratch)?;
            if let Some(careless) = &mut careless {
                careless.row(&self.layout, &self.row, &beside, &mut self.scratch)?;
            }
            if number < effects.rows(Effect::Duplicated, visits.len()) {
                twice.push(
                    self.layout
                        .cells(&self.row, &beside, &mut self.scratch)
                        .collect(),
                );
            }
        }
        if let Sink::Csv(writer) = &mut good {
            for record in &twice {
                writer
                    .write_byte_record(record)
                    .map_err(GenerateError::Csv)?;
            }
        }
        let format = self.institution.format;
        let bad = match careless {
            Some(sink) => Some(sink.finish(format)?),
            None => None,
        };
        let patch = match patch {
            Some(sink) => Some(sink.finish(format)?),
            None => None,
        };
        let mixed = effects.has(Effect::MixedEncoding);
        let good = good.finish(if mixed { Format::Csv } else { format })?;
        let (good, bad) = match bad {
            _ if mixed => (
                encoding_rs::GB18030
                    .encode(&String::from_utf8_lossy(&good))
                    .0
                    .into_owned(),
                Some(mixed_encoding(&good)),
            ),
            _ if effects.has(Effect::Truncated) => {
                let cut = truncated(&good);
                (good, Some(cut))
            }
            bad => (good, bad),
        };
        Ok(Some(MonthFiles { good, bad, patch }))
    }

    /// Writes the page of a visit into the row.
    fn page(&mut self, visit: &crate::ward::Visit, effects: &Effects<'_>, random: &mut Random) {
        if let Some(patient) = self.ward.patients.get_mut(visit.patient) {
            if patient.record == 0 {
                self.records += 1;
                patient.record = self.records;
            }
            patient.visits += 1;
            let patient = *patient;
            self.desk
                .write(&mut self.row, visit, &patient, effects, random);
        }
    }

    fn disease_name(&self, diagnosis: usize) -> &'a str {
        let line = self
            .region
            .catalogue
            .diagnoses
            .get(diagnosis)
            .and_then(|diagnosis| self.region.catalogue.lines.get(diagnosis.line));
        line.map_or("-", |line| line.tcm_disease.as_str())
    }

    fn path(&self, month: usize, suffix: &str) -> PathBuf {
        path_of(
            self.region.folder,
            self.institution,
            &self.region.plan.month(month).to_string(),
            suffix,
        )
    }

    /// Writes the files of a month and notes when they are sent.
    fn deliver(
        &self,
        month: usize,
        effects: &Effects<'_>,
        random: &mut Random,
        files: Option<MonthFiles>,
        sent: &mut Sent,
    ) -> Result<(), GenerateError> {
        let usual = self.region.plan.month(month).end()
            + TimeDelta::days(3 + (self.at as i64 * 5) % 7 + whole(random, 0, 2));
        let delivery =
            |file: Option<PathBuf>, mode: Mode, sent_on: NaiveDate, note: &str| Delivery {
                dataset: FRONT_PAGES.to_owned(),
                file,
                institution: self.institution.licence.clone(),
                period: self.region.plan.month(month).to_string(),
                mode,
                sent_on,
                note: note.to_owned(),
            };
        let Some(files) = files else {
            sent.deliveries
                .push(delivery(None, Mode::Full, usual, "零报告"));
            return Ok(());
        };
        if effects.has(Effect::Missing) {
            return Ok(());
        }
        let later = usual + TimeDelta::days(whole(random, 2, 5));
        // The file that is sent first and comes back.
        let first = if let Some(bad) = files.bad {
            let path = self.path(month, "-1");
            crate::write(&path, &bad)?;
            let note = if effects.has(Effect::Excel) {
                "经Excel另存，证件号码与代码受损"
            } else if effects.has(Effect::Truncated) {
                "文件被截断"
            } else {
                "前半UTF-8、后半GB18030"
            };
            Some((path, note))
        } else if effects.has(Effect::OtherInstitution) {
            self.region.institutions.get(self.at + 1).map(|other| {
                let period = self.region.plan.month(month).to_string();
                let of = path_of(self.region.folder, other, &period, "");
                (self.copy(month, of, sent), "误报他院文件")
            })
        } else if effects.has(Effect::WrongPeriod) && month > 0 {
            let of = self.path(month - 1, "");
            Some((self.copy(month, of, sent), "误报上月文件"))
        } else {
            None
        };
        let (suffix, day, note) = match first {
            Some((path, note)) => {
                sent.deliveries
                    .push(delivery(Some(path), Mode::Full, usual, note));
                ("-2", later, "更正后重报")
            }
            None if effects.has(Effect::Late) => (
                "",
                usual + TimeDelta::days(effects.count(Effect::Late) as i64),
                "迟报",
            ),
            None => ("", usual, ""),
        };
        let path = self.path(month, suffix);
        crate::write(&path, &files.good)?;
        sent.deliveries
            .push(delivery(Some(path), Mode::Full, day, note));
        if let Some(patch) = files.patch {
            let path = self.path(month, "-patch");
            crate::write(&path, &patch)?;
            sent.deliveries.push(delivery(
                Some(path),
                Mode::Patch,
                day + TimeDelta::days(9),
                "增补更正",
            ));
        }
        Ok(())
    }

    /// Notes that the first file of a month is a copy of another.
    fn copy(&self, month: usize, of: PathBuf, sent: &mut Sent) -> PathBuf {
        let extension = of.extension().map_or("csv".into(), |extension| {
            extension.to_string_lossy().into_owned()
        });
        let to = self.path(month, "-1").with_extension(extension);
        sent.copies.push(Copy { of, to: to.clone() });
        to
    }
}

/// Where a file of an institution lies.
fn path_of(folder: &Path, institution: &Institution, period: &str, suffix: &str) -> PathBuf {
    let extension = if institution.format == Format::Xlsx {
        "xlsx"
    } else {
        "csv"
    };
    folder
        .join(period)
        .join(format!("{}-{period}{suffix}.{extension}", institution.key))
}

/// The stream of an institution's month.
fn stream_name(institution: usize, month: usize) -> u64 {
    ((institution as u64) << 16) | month as u64
}

/// One file of the first institution in one month: `rows` pages in the official layout, of which
/// the share `bad` has an error. For measuring speed.
pub(crate) fn one_file<W: std::io::Write>(
    region: &Region<'_>,
    bad: f64,
    writer: W,
) -> Result<W, GenerateError> {
    let Some(institution) = region.institutions.first() else {
        return Ok(writer);
    };
    let mut sender = Sender::new(region, 0, institution);
    sender.layout = Layout::new(Kind::Hqms2020);
    let mut random = stream(region.seed, stream_name(0, 0));
    let effects = Effects::new(&[], 0, 0);
    let visits = sender.ward.month(0, &mut random, &effects);
    let mut sink = Sink::csv(writer, &sender.layout)?;
    for visit in &visits {
        sender.page(visit, &effects, &mut random);
        if chance(&mut random, bad) {
            faults::spoil(&mut sender.row, &mut random);
        }
        let beside = Beside { tcm_disease: "-" };
        sink.row(&sender.layout, &sender.row, &beside, &mut sender.scratch)?;
    }
    match sink {
        Sink::Csv(writer) => writer
            .into_inner()
            .map_err(|error| GenerateError::Csv(error.into_error().into())),
        Sink::Xlsx(_) => Err(GenerateError::Xlsx(
            rust_xlsxwriter::XlsxError::ParameterError("CSV was asked for".to_owned()),
        )),
    }
}
