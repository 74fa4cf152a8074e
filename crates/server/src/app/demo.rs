//! The demo: an invented region, made as files and brought in through `submit`, as a user would.
//!
//! Nothing here knows what is in the files. They are submitted in the order in which they were
//! sent; afterwards the list of planted events is read, which stands outside the data, and the
//! region's own numbers are asked whether they show each of them.

mod bulletins;
mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use indicatif::{ProgressBar, ProgressStyle};
use yizheng_casework::reporting::deadline;
use yizheng_demo::{Compare, Delivery, Direction, Effect, Event, Truth};
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::scope::Scope;

use super::definitions;
use super::measuring::{ExactValue, ValuesRequest};
use super::region::{AppError, Place, Region};
use super::submitting::{Incoming, Prepared, Source};
use crate::api::desk::Answer;
use crate::api::dto;

/// Discharges at scale 1.
const DISCHARGES: f64 = 300_000.0;
/// First month and number of months. The region's work plan is of the last months' year.
const FIRST: (i32, u32) = (2023, 11);
const MONTHS: u32 = 24;
/// The day on which the demo stands still: the last month's reports are in but for the latest, and
/// the plan's year is not over.
const TODAY: (i32, u32, u32) = (2025, 11, 20);
/// Packs laid on the national one, lowest first.
const PACKS: [&str; 2] = ["workplans", "yunlan"];
/// Dataset whose rows are discharges.
const FRONT_PAGES: &str = "inpatient_front_page";

/// Makes the region in an empty folder.
///
/// # Errors
/// When the folder is not empty, or a step fails.
pub fn build(dir: &Path, seed: u64, scale: f64) -> Result<Region, AppError> {
    if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(AppError::NotEmpty(dir.to_path_buf()));
    }
    let start = Instant::now();
    let options = yizheng_demo::Options {
        seed,
        discharges: (DISCHARGES * scale) as u32,
        first_month: FIRST,
        months: MONTHS,
    };
    std::fs::create_dir_all(dir)
        .map_err(|source| AppError::Io { what: "cannot make the folder", path: dir.to_path_buf(), source })?;
    let bar = progress("生成各机构的导出文件");
    let made = yizheng_demo::generate(&dir.join("exports"), &options, &|step| {
        bar.set_length(step.of as u64);
        bar.set_position(step.rows as u64);
    })?;
    bar.finish();

    // What is sent later has not been sent yet.
    let today = NaiveDate::from_ymd_opt(TODAY.0, TODAY.1, TODAY.2).unwrap_or_default();
    let deliveries: Vec<Delivery> = made.deliveries.into_iter().filter(|delivery| delivery.sent_on <= today).collect();

    // The register was there before the first file came: every write has its own time.
    let opened = moment(first_month().start(), 0);
    let place = Place { code: "990001".into(), name: "云澜市".into(), demo: true, contact: Some("医政科 0990-2200000".into()), today: Some(today), database: None };
    let unpacked = tempfile::tempdir()
        .map_err(|source| AppError::Io { what: "cannot make a folder", path: std::env::temp_dir(), source })?;
    let packs = PACKS.map(|name| definitions::unpack(name, unpacked.path()));
    Region::init(dir, &place, &packs.into_iter().collect::<Result<Vec<_>, _>>()?, opened)?;
    let region = Region::open(dir)?;
    for report in
        [region.import_regions(&made.regions_file, opened, "demo")?, region.import_institutions(&made.institutions_file, opened, "demo")?]
    {
        if let Some(refused) = report.refused.first() {
            return Err(AppError::Refused(format!("row {}: {}", refused.row, refused.reasons.join("；"))));
        }
    }

    let bar = progress("逐个报送");
    bar.set_length(deliveries.len() as u64);
    // Between what came before and after it, the bulletin of the month before last was issued.
    let newest = first_month().plus(MONTHS as i32 - 1);
    let issued = bulletins::issued_on(newest.plus(-1));
    let (before, after) = deliveries.split_at(deliveries.partition_point(|delivery| delivery.sent_on <= issued));
    let mut told = send_all(&region, before, &bar)?;
    bulletins::issue(&region, newest.plus(-1))?;
    told.add(&send_all(&region, after, &bar)?);
    bar.finish();
    region.measure_with(&|done, of| tracing::debug!(done, of, "slices"))?;
    let entered = plan::work(&region)?;

    eprintln!(
        "\n{}：{} 家机构，{} 个月；报送 {} 次（其中月报 {} 次），接收 {}，退回 {}；出院 {} 例，计入 {} 例，暂不计入 {} 例；用时 {:.1} 秒",
        place.name,
        region.register(&whole())?.versions().map(|institution| institution.code).collect::<BTreeSet<_>>().len(),
        MONTHS,
        deliveries.len(),
        deliveries.iter().filter(|delivery| delivery.dataset != FRONT_PAGES).count(),
        told.accepted,
        told.returned,
        told.rows,
        told.rows - told.held,
        told.held,
        start.elapsed().as_secs_f64()
    );
    eprintln!("工作要点：分解、进展、督办、判定和销号共 {entered} 条");
    show_truth(&region, &made.truth_file)?;
    show_alerts(&region)?;
    bulletins::draft(&region, newest)?;
    Ok(region)
}

fn whole() -> Scope {
    Scope::whole_region("demo")
}

fn progress(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} [{bar:32}] {pos}/{len} {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(0).with_style(style).with_message(what);
    if !console_is_there() {
        eprintln!("{what} …");
    }
    bar
}

fn console_is_there() -> bool {
    use std::io::IsTerminal;
    std::io::stderr().is_terminal()
}

#[derive(Default)]
struct Told {
    accepted: u64,
    returned: u64,
    rows: u64,
    held: u64,
}

impl Told {
    fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.returned += other.returned;
        self.rows += other.rows;
        self.held += other.held;
    }
}

/// Files checked side by side. More than there are cores: much of a submission's time is waiting for
/// the disk to say that a file lasts.
const SIDE_BY_SIDE: usize = 8;

/// Files checked ahead of the one to be committed next; what is ready waits in memory.
const AHEAD: usize = 64;

/// What the workers and the one who commits tell each other.
struct Queue {
    /// The next delivery that nobody has taken.
    next: usize,
    /// How many are committed: those before this one.
    committed: usize,
    /// Checked and not yet committed.
    ready: BTreeMap<usize, Answer<Prepared>>,
    /// Something failed: nobody begins anything more.
    stopped: bool,
}

/// Of each delivery the earlier one that must be committed before it is checked: the same
/// institution's last of the same dataset, or its last front pages, beside which reports are checked.
fn awaited(deliveries: &[Delivery]) -> Vec<Option<usize>> {
    let mut last = BTreeMap::new();
    let mut awaited = Vec::with_capacity(deliveries.len());
    for (at, delivery) in deliveries.iter().enumerate() {
        let of = delivery.institution.as_str();
        let own = last.insert((of, delivery.dataset.as_str()), at);
        awaited.push(own.max(last.get(&(of, FRONT_PAGES)).copied().filter(|front| *front < at)));
    }
    awaited
}

/// Submits in the order of sending: many files are checked side by side, commits keep the order.
fn send_all(region: &Region, deliveries: &[Delivery], bar: &ProgressBar) -> Result<Told, AppError> {
    let scope = whole();
    let awaited = awaited(deliveries);
    let queue = Mutex::new(Queue { next: 0, committed: 0, ready: BTreeMap::new(), stopped: false });
    let (turn, moved) = (|| queue.lock().unwrap_or_else(PoisonError::into_inner), Condvar::new());
    let wait = |queue| moved.wait(queue).unwrap_or_else(PoisonError::into_inner);
    let work = || loop {
        let mut queue = turn();
        let at = queue.next;
        let Some(delivery) = deliveries.get(at) else { return };
        queue.next += 1;
        let before = awaited.get(at).copied().flatten().map_or(0, |earlier| earlier + 1);
        let enough = before.max((at + 1).saturating_sub(AHEAD));
        while queue.committed < enough && !queue.stopped {
            queue = wait(queue);
        }
        if queue.stopped {
            return;
        }
        drop(queue);
        let prepared = region.prepare(&scope, incoming(delivery, at));
        turn().ready.insert(at, prepared);
        moved.notify_all();
    };
    let commit = |at: usize, delivery: &Delivery, told: &mut Told| -> Result<(), AppError> {
        let mut queue = turn();
        let prepared = loop {
            if let Some(prepared) = queue.ready.remove(&at) {
                break prepared;
            }
            queue = wait(queue);
        };
        drop(queue);
        let outcome = prepared.and_then(|prepared| region.commit(&scope, prepared)).map_err(|error| {
            AppError::Refused(format!("{} {}: {}", delivery.institution, delivery.period, error.problem().message))
        })?;
        turn().committed = at + 1;
        moved.notify_all();
        match outcome.verdict {
            dto::Verdict::Accepted => told.accepted += 1,
            dto::Verdict::Returned => told.returned += 1,
            dto::Verdict::Duplicate => {}
        }
        if outcome.verdict == dto::Verdict::Accepted && delivery.dataset == FRONT_PAGES {
            told.rows += outcome.rows.unwrap_or(0);
            told.held += outcome.error_rows.unwrap_or(0);
        }
        bar.inc(1);
        Ok(())
    };
    std::thread::scope(|threads| {
        for _ in 0..SIDE_BY_SIDE {
            threads.spawn(work);
        }
        let mut told = Told::default();
        let done = deliveries.iter().enumerate().try_for_each(|(at, delivery)| commit(at, delivery, &mut told));
        turn().stopped = true;
        moved.notify_all();
        done.map(|()| told)
    })
}

fn incoming(delivery: &Delivery, number: usize) -> Incoming {
    Incoming {
        dataset: delivery.dataset.clone(),
        institution: delivery.institution.clone(),
        period: delivery.period.clone(),
        mode: match delivery.mode {
            yizheng_demo::Mode::Full => dto::Mode::Full,
            yizheng_demo::Mode::Patch => dto::Mode::Patch,
        },
        source: match &delivery.file {
            Some(path) => Source::File {
                path: path.clone(),
                name: path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            },
            None => Source::Zero,
        },
        confirm_disappearing: true,
        received_at: moment(delivery.sent_on, number),
    }
}

/// In the morning of the day of sending; the order of the day by seconds.
fn moment(day: NaiveDate, number: usize) -> DateTime<Utc> {
    let morning = NaiveTime::from_hms_opt(1, 0, 0).unwrap_or_default();
    (day.and_time(morning) + TimeDelta::seconds((number % 36_000) as i64)).and_utc()
}

/// Watches the region once and says what came of it.
fn show_alerts(region: &Region) -> Result<(), AppError> {
    use yizheng_pack::alert::AlertOutcome;
    let start = Instant::now();
    let watched = region.watch()?;
    eprintln!(
        "\n预警：{} 条规则判断了 {} 个月次，触发 {}，未触发 {}，未判断 {}；新增预警 {} 条；用时 {:.1} 秒",
        region.pack.running_alerts().count(),
        watched.judged.len(),
        watched.count(AlertOutcome::Alarm),
        watched.count(AlertOutcome::Clear),
        watched.count(AlertOutcome::NotJudged),
        watched.settled.opened,
        start.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Asks the region's own numbers about each planted event.
fn show_truth(region: &Region, file: &Path) -> Result<(), AppError> {
    let text = std::fs::read_to_string(file)
        .map_err(|source| AppError::Io { what: "cannot read", path: file.to_path_buf(), source })?;
    let truth: Truth = toml::from_str(&text)
        .map_err(|error| AppError::Unreadable { path: file.to_path_buf(), why: error.to_string() })?;
    eprintln!("\n埋设的事件与数字是否显示（✓ 显示，✗ 未显示）：");
    let mut shown = 0;
    for event in &truth.event {
        let mut evidence = Vec::new();
        for id in &event.shows {
            evidence.push(look(region, event, id)?);
        }
        let seen = evidence.iter().any(|(seen, _)| *seen);
        shown += u32::from(seen);
        let words: Vec<String> = evidence.into_iter().map(|(_, words)| words).collect();
        eprintln!("  {} {} {}\n      {}", if seen { "✓" } else { "✗" }, event.id, event.sentence, words.join("；"));
    }
    eprintln!("{} 个事件，数字显示了 {} 个", truth.event.len(), shown);
    Ok(())
}

fn months(event: &Event) -> Option<(Month, Month)> {
    let month = |text: &str| text.parse::<Period>().ok().map(Period::first);
    Some((month(&event.from)?, month(&event.to)?))
}

/// Whether one indicator, check or state shows an event, and the words that say so.
fn look(region: &Region, event: &Event, id: &str) -> Result<(bool, String), AppError> {
    let Some((from, to)) = months(event) else { return Ok((false, format!("{id}：期间不明"))) };
    let is_check = region.pack.tables().any(|dataset| dataset.checks.iter().any(|check| *check.meta.id == *id));
    let compare = if is_check && event.compare != Compare::Submission { Compare::Finding } else { event.compare };
    if !is_check && compare != Compare::Submission && !region.pack.indicators.contains_key(id) {
        return Ok((false, format!("{id}：定义包中没有这个指标")));
    }
    match compare {
        Compare::Before => {
            let before = (from.plus(-12).max(first_month()), from.plus(-1));
            let old = mean_of(region, id, &event.institution, before)?;
            let new = mean_of(region, id, &event.institution, (from, to))?;
            Ok(compared(event, id, "此前", old, new))
        }
        Compare::Peers => {
            let new = mean_of(region, id, &event.institution, (from, to))?;
            let old = pooled(region, id, None, (from, to))?;
            Ok(compared(event, id, "全市", old, new))
        }
        Compare::Target => target(region, event, id, (from, to)),
        Compare::Finding => {
            let (violated, rows) = findings(region, event, id, (from, to))?;
            let (before, rows_before) = findings(region, event, id, (from.plus(-12).max(first_month()), from.plus(-1)))?;
            let share = |n: u64, of: u64| if of == 0 { 0.0 } else { n as f64 * 100.0 / of as f64 };
            let seen = violated > 0 && share(violated, rows) > 2.0 * share(before, rows_before);
            Ok((seen, format!("{id} 不通过 {violated} 行（{:.1}%），此前 {:.1}%", share(violated, rows), share(before, rows_before))))
        }
        Compare::Submission => submission(region, event, id, (from, to)),
    }
}

fn first_month() -> Month {
    Month::new(FIRST.0, FIRST.1).unwrap_or_else(|| Month::of(NaiveDate::default()))
}

/// One unit's values, month by month: an institution's, or the region's own without one.
fn monthly(
    region: &Region,
    id: &str,
    institution: Option<&str>,
    (from, to): (Month, Month),
) -> Result<Vec<ExactValue>, AppError> {
    if from > to {
        return Ok(Vec::new());
    }
    let request = ValuesRequest {
        indicators: vec![id.to_owned()],
        from,
        to,
        grain: Grain::Month,
        by: if institution.is_some() { dto::By::Institution } else { dto::By::Region },
        institution: institution.map(str::to_owned),
        as_of: None,
    };
    region.exact_values(&whole(), &request).map_err(|error| AppError::Refused(error.problem().message.clone()))
}

/// An institution's, or the authority's own, value over the months.
fn mean_of(region: &Region, id: &str, institution: &str, months: (Month, Month)) -> Result<Option<f64>, AppError> {
    let own = (institution != region.place.code).then_some(institution);
    pooled(region, id, own, months)
}

fn number(text: &str) -> f64 {
    text.parse::<f64>().unwrap_or(0.0)
}

/// Numerator over denominator of all the months together, in the indicator's unit; of a plain sum,
/// what it is in a month.
fn pooled(
    region: &Region,
    id: &str,
    institution: Option<&str>,
    months: (Month, Month),
) -> Result<Option<f64>, AppError> {
    let rows = monthly(region, id, institution, months)?;
    if rows.iter().all(|row| row.denominator.is_empty()) {
        let values: Vec<f64> = rows.iter().filter(|row| !row.value.is_empty()).map(|row| number(&row.value)).collect();
        return Ok((!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64));
    }
    let (numerator, denominator) = rows
        .iter()
        .filter(|row| !row.denominator.is_empty())
        .fold((0.0, 0.0), |(n, d), row| (n + number(&row.numerator), d + number(&row.denominator)));
    let factor = rows
        .iter()
        .find(|row| number(&row.numerator) > 0.0 && !row.value.is_empty())
        .map_or(1.0, |row| (number(&row.value) * number(&row.denominator) / number(&row.numerator)).round().max(1.0));
    Ok((denominator > 0.0).then(|| factor * numerator / denominator))
}

/// Whether the target is missed in every month of the event, and was not in most before.
fn target(region: &Region, event: &Event, id: &str, (from, to): (Month, Month)) -> Result<(bool, String), AppError> {
    let missed = |months: (Month, Month)| -> Result<(usize, usize, String), AppError> {
        let rows = monthly(region, id, Some(&event.institution), months)?;
        let judged = |row: &&ExactValue| matches!(row.status, dto::TargetStatus::Met | dto::TargetStatus::Missed);
        let of = rows.iter().filter(judged).count();
        let missed = rows.iter().filter(|row| row.status == dto::TargetStatus::Missed).count();
        Ok((missed, of, rows.last().map(|row| row.target.clone()).unwrap_or_default()))
    };
    let (now, of, bound) = missed((from, to))?;
    let (before, of_before, _) = missed((first_month(), from.plus(-1)))?;
    let seen = of > 0 && now == of && before * 2 < of_before;
    Ok((seen, format!("{id} 目标 {bound}：{of} 个月中 {now} 个月未达标，此前 {of_before} 个月中 {before} 个月")))
}

fn compared(event: &Event, id: &str, what: &str, old: Option<f64>, new: Option<f64>) -> (bool, String) {
    let print = |value: Option<f64>| value.map_or_else(|| "—".to_owned(), |value| format!("{value:.2}"));
    let words = format!("{id} {}，{what} {}", print(new), print(old));
    let (Some(old), Some(new)) = (old, new) else { return (false, words) };
    let seen = match event.direction {
        Direction::Up => new > 1.15 * old,
        Direction::Down => new < 0.95 * old,
        Direction::Returned => false,
    };
    (seen, words)
}

/// Rows that violate a check, and all rows, over every submission of the months.
fn findings(region: &Region, event: &Event, id: &str, (from, to): (Month, Month)) -> Result<(u64, u64), AppError> {
    let (mut violated, mut rows) = (0, 0);
    let submissions = sent(region, event, (from, to))?;
    for submission in submissions {
        rows += submission.counts.map_or(0, |counts| counts.rows);
        let summaries = region.wait(region.store.check_summaries(&submission.id, &whole()))?;
        violated += summaries.iter().filter(|summary| summary.check == id).map(|summary| summary.violated).sum::<u64>();
    }
    Ok((violated, rows))
}

fn sent(
    region: &Region,
    event: &Event,
    (from, to): (Month, Month),
) -> Result<Vec<yizheng_casework::submissions::Submission>, AppError> {
    if from > to {
        return Ok(Vec::new());
    }
    let filter = yizheng_casework::submissions::SubmissionFilter {
        institution: Some(event.institution.clone()),
        dataset: Some(event.dataset.clone()),
        from: Some(from),
        to: Some(to),
        ..Default::default()
    };
    Ok(region.wait(region.store.submissions(&filter, &whole()))?)
}

fn submission(region: &Region, event: &Event, id: &str, months: (Month, Month)) -> Result<(bool, String), AppError> {
    use yizheng_casework::submissions::{Content, Status};
    let all = sent(region, event, months)?;
    let returned = all.iter().filter(|submission| submission.status == Status::Returned).count();
    let accepted = all.iter().filter(|submission| submission.status == Status::Accepted).count();
    let zero = all.iter().any(|submission| submission.content == Content::Zero);
    let due = region.dataset(&event.dataset).map(|dataset| deadline(&dataset.due, months.1));
    let deadline = due.unwrap_or(NaiveDate::MAX);
    let late = all.iter().any(|submission| super::region::civil(submission.received_at).date() > deadline);
    let messages: Vec<&str> = all.iter().flat_map(|s| &s.messages).map(|message| message.number.as_str()).collect();
    let seen = match event.kind {
        Effect::Missing => accepted == 0,
        Effect::Late => late,
        Effect::ZeroReport => zero,
        _ => returned > 0,
    };
    Ok((seen, format!("{id}：接收 {accepted} 次，退回 {returned} 次 {}{}", messages.join(" "), if late { "，迟报" } else { "" })))
}
