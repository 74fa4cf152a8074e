//! The person index: what the links (关联) of a dataset say of its rows, across months and
//! institutions.
//!
//! Each file leaves [`Traces`]: for each link the key that linked rows share, and the times by which
//! they are compared. [`answer`] brings the traces of all files together by key and looks each row's
//! partner up; a changed file concerns only the rows that share a key with one of its own, old or
//! new. The reference, which compares every row with every other, is
//! [`yizheng_pack::link::linked`].

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, BooleanBuilder};
use arrow::datatypes::{Date32Type, TimestampSecondType};
use yizheng_eval::{Evaluator, Environment, value_at};
use yizheng_pack::dataset::Dataset;
use yizheng_pack::expr::{Expr, Node};
use yizheng_pack::link::{Across, Link, LinkIx, Other};
use yizheng_pack::types::Value;

use crate::hex;
use crate::lake::{Lake, Rows};
use crate::manifest::FileEntry;
use crate::slice::MeasureError;
use crate::stored::{Columns, PERSON, Stored};

const DAY: i64 = 86_400;

/// What two linked rows share, hashed together with the link.
pub(crate) type Key = u128;

/// What the links ask of the rows of one file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Traces {
    /// Rows of the file that count.
    rows: usize,
    /// By [`LinkIx`].
    links: BTreeMap<LinkIx, LinkTraces>,
}

#[derive(Debug, PartialEq, Eq)]
struct LinkTraces {
    /// Calendar days that the link reaches for rows of this month.
    within: i64,
    rows: Vec<Trace>,
}

/// A row as one link sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Trace {
    /// Place in the file.
    row: u32,
    key: Key,
    /// This row's time, or when it begins, in seconds.
    from: Option<i64>,
    /// Its time as the other row, or when it ends.
    to: Option<i64>,
    /// Whether it can be the other row.
    partner: bool,
}

impl Trace {
    /// Whether the link says anything of the row.
    fn asks(&self, link: &Link) -> bool {
        self.from.is_some() && (self.to.is_some() || !matches!(link.other, Other::Overlapping { .. }))
    }
}

impl Traces {
    /// The keys of its rows.
    pub fn keys(&self) -> impl Iterator<Item = Key> {
        self.links.values().flat_map(|link| link.rows.iter().map(|trace| trace.key))
    }
}

/// What must be read to trace the rows of a dataset.
pub(crate) fn columns(dataset: &Dataset, links: impl Iterator<Item = LinkIx>) -> Columns {
    let exprs = links.filter_map(|ix| dataset.links.get(ix.0)).flat_map(Link::exprs);
    exprs.fold(Columns::default().with_mark(PERSON), |columns, expr| columns.with_expr(dataset, expr))
}

impl Lake {
    /// Reads what the links of a dataset ask of a file's counted rows.
    pub(crate) fn traces(
        &self,
        entry: &FileEntry,
        dataset: &Arc<Dataset>,
        links: &[LinkIx],
        environment: &Environment,
    ) -> Result<Traces, MeasureError> {
        let columns = columns(dataset, links.iter().copied());
        let (stored, _) = self.read_with_checks(entry, dataset, Rows::Counted, &columns)?;
        let mut traces = Traces { rows: stored.frame.len, links: BTreeMap::new() };
        for ix in links {
            let Some(link) = dataset.links.get(ix.0) else { continue };
            let rows = trace(link, *ix, entry, &stored, environment)
                .map_err(|error| MeasureError::Sum { file: entry.id.clone(), source: error.into() })?;
            traces.links.insert(*ix, LinkTraces { within: within(link, environment), rows });
        }
        Ok(traces)
    }
}

/// Days that a link reaches in a month; of a parameter without a value none, and then its parts are
/// not computed at all.
pub(crate) fn within(link: &Link, environment: &Environment) -> i64 {
    let days = |value: &Value| match value {
        Value::Number { units, .. } => *units,
        _ => -1,
    };
    match &link.other {
        Other::Later(reach) | Other::Earlier(reach) => match &reach.within.node {
            Node::Literal(value) => days(value),
            Node::Parameter(id) => environment.parameter(id).map_or(-1, days),
            _ => -1,
        },
        Other::Overlapping { .. } => 0,
    }
}

fn trace(
    link: &Link,
    ix: LinkIx,
    entry: &FileEntry,
    stored: &Stored,
    environment: &Environment,
) -> Result<Vec<Trace>, yizheng_eval::EvalError> {
    let evaluator = Evaluator::new(&stored.frame, environment);
    let mut same: Vec<(ArrayRef, &Expr)> = Vec::new();
    for expr in &link.same {
        same.push((evaluator.evaluate(expr)?, expr));
    }
    let (from, to) = (evaluator.evaluate(link.begin())?, evaluator.evaluate(link.end())?);
    let filter = link.filter.as_ref().map(|filter| evaluator.condition(filter)).transpose()?;
    let mut traces = Vec::new();
    for row in 0..stored.frame.len {
        let mut parts = vec![ix.0.to_string()];
        let mut known = true;
        if link.person {
            known &= stored.person(row).map(|person| parts.push(person.to_owned())).is_some();
        }
        if link.across == Across::Institution {
            parts.push(entry.institution.clone());
        }
        for (column, expr) in &same {
            match value_at(column, &expr.ty, row) {
                Value::Null => known = false,
                value => parts.push(value.to_string()),
            }
        }
        let Ok(place) = u32::try_from(row) else { continue };
        if known {
            traces.push(Trace {
                row: place,
                key: key(&parts),
                from: seconds(&from, row),
                to: seconds(&to, row),
                partner: filter.as_ref().is_none_or(|filter| filter.is_valid(row) && filter.value(row)),
            });
        }
    }
    Ok(traces)
}

/// The beginning of the SM3 of what two rows share, each part with its length before it.
fn key(parts: &[String]) -> Key {
    let mut text = String::new();
    for part in parts {
        text.push_str(&format!("{}:{part};", part.len()));
    }
    let digest = hex::sm3(&[text.as_bytes()]);
    digest.get(..32).and_then(|half| u128::from_str_radix(half, 16).ok()).unwrap_or_default()
}

fn seconds(column: &ArrayRef, row: usize) -> Option<i64> {
    if column.is_null(row) {
        return None;
    }
    match column.as_primitive_opt::<TimestampSecondType>() {
        Some(times) => Some(times.value(row)),
        None => Some(i64::from(column.as_primitive_opt::<Date32Type>()?.value(row)) * DAY),
    }
}

/// What every link says of every row of a file, by [`LinkIx`]; a link that no indicator asks for is
/// nowhere known.
pub(crate) type Answers = Vec<BooleanArray>;

/// A file among all those of its dataset, in the order of institution and month.
pub(crate) struct Member<'a> {
    pub traces: &'a Traces,
    /// What was answered before, if anything was.
    pub before: Option<&'a Answers>,
}

/// What the links say of each file's rows. With `changed`, only rows that share one of these keys are
/// looked up again. A file for which nothing changed has no answer of its own.
pub(crate) fn answer(dataset: &Dataset, files: &[Member<'_>], changed: Option<&HashSet<Key>>) -> Vec<Option<Answers>> {
    let mut said: Vec<BTreeMap<LinkIx, HashMap<u32, bool>>> = vec![BTreeMap::new(); files.len()];
    for (ix, link) in dataset.links.iter().enumerate().map(|(ix, link)| (LinkIx(ix), link)) {
        let mut groups: HashMap<Key, Vec<(usize, i64, Trace)>> = HashMap::new();
        for (at, file) in files.iter().enumerate() {
            let Some(of_link) = file.traces.links.get(&ix) else { continue };
            for trace in of_link.rows.iter().filter(|trace| changed.is_none_or(|keys| keys.contains(&trace.key))) {
                groups.entry(trace.key).or_default().push((at, of_link.within, *trace));
            }
        }
        for group in groups.values() {
            let asking = group.iter().filter(|(.., trace)| trace.asks(link));
            let sorted = Sorted::of(link, group);
            for (file, within, trace) in asking {
                let holds = sorted.has(link, *file, *within, trace);
                if let Some(said) = said.get_mut(*file) {
                    said.entry(ix).or_default().insert(trace.row, holds);
                }
            }
        }
    }
    files.iter().zip(said).map(|(file, said)| arrays(dataset, file, &said)).collect()
}

/// The answers of a file with the new ones in place; `None` when all stay as they were.
fn arrays(dataset: &Dataset, file: &Member<'_>, said: &BTreeMap<LinkIx, HashMap<u32, bool>>) -> Option<Answers> {
    let one = |ix: usize| {
        let mut builder = BooleanBuilder::with_capacity(file.traces.rows);
        let before = file.before.and_then(|before| before.get(ix));
        let said = said.get(&LinkIx(ix));
        for row in 0..file.traces.rows {
            let new = said.and_then(|said| said.get(&u32::try_from(row).ok()?).copied());
            let old = before.filter(|old| old.is_valid(row)).map(|old| old.value(row));
            builder.append_option(new.or(old));
        }
        builder.finish()
    };
    let answers: Answers = (0..dataset.links.len()).map(one).collect();
    (file.before != Some(&answers)).then_some(answers)
}

/// The rows of one key that can be the other one, sorted so that a partner is found by halving.
struct Sorted {
    /// Time, file, row; of an overlap by beginning.
    partners: Vec<(i64, usize, u32)>,
    /// Of an overlap: among the partners up to each, the latest end with its owner, and the latest
    /// end of any other.
    ends: Vec<((i64, usize, u32), i64)>,
}

impl Sorted {
    fn of(link: &Link, group: &[(usize, i64, Trace)]) -> Self {
        let partners = group.iter().filter(|(.., trace)| trace.partner);
        if !matches!(link.other, Other::Overlapping { .. }) {
            let mut partners: Vec<_> =
                partners.filter_map(|(file, _, trace)| Some((trace.to?, *file, trace.row))).collect();
            partners.sort_unstable();
            return Self { partners, ends: Vec::new() };
        }
        let mut spans: Vec<(i64, usize, u32, i64)> = partners
            .filter_map(|(file, _, trace)| Some((trace.from?, *file, trace.row, trace.to?)))
            .filter(|(begin, .., end)| begin < end)
            .collect();
        spans.sort_unstable();
        let mut ends = Vec::new();
        let mut latest = ((i64::MIN, usize::MAX, u32::MAX), i64::MIN);
        for (_, file, row, end) in &spans {
            let ((most, ..), other) = latest;
            latest = if *end > most { ((*end, *file, *row), most) } else { (latest.0, other.max(*end)) };
            ends.push(latest);
        }
        Self { partners: spans.into_iter().map(|(begin, file, row, _)| (begin, file, row)).collect(), ends }
    }

    fn has(&self, link: &Link, file: usize, within: i64, trace: &Trace) -> bool {
        let Some(from) = trace.from else { return false };
        let own = |partner: &&(i64, usize, u32)| (partner.1, partner.2) == (file, trace.row);
        match &link.other {
            Other::Later(reach) => {
                let first = match reach.one_time() {
                    true => self.partners.partition_point(|partner| *partner <= (from, file, trace.row)),
                    false => self.partners.partition_point(|(to, ..)| *to < from),
                };
                let next = self.partners.iter().skip(first).find(|partner| !own(partner));
                next.is_some_and(|(to, ..)| to.div_euclid(DAY) - from.div_euclid(DAY) <= within)
            }
            Other::Earlier(reach) => {
                let end = match reach.one_time() {
                    true => self.partners.partition_point(|partner| *partner < (from, file, trace.row)),
                    false => self.partners.partition_point(|(to, ..)| *to <= from),
                };
                let before = self.partners.iter().take(end).rev().find(|partner| !own(partner));
                before.is_some_and(|(to, ..)| from.div_euclid(DAY) - to.div_euclid(DAY) <= within)
            }
            Other::Overlapping { .. } => {
                let Some(to) = trace.to.filter(|to| from < *to) else { return false };
                let begun = self.partners.partition_point(|(begin, ..)| *begin < to);
                let latest = begun.checked_sub(1).and_then(|last| self.ends.get(last));
                latest.is_some_and(|((end, owner, row), other)| {
                    from < if (*owner, *row) == (file, trace.row) { *other } else { *end }
                })
            }
        }
    }
}

/// Tells one file's answers from others, for the name of what is computed from them.
pub(crate) fn digest(answers: &Answers) -> String {
    let mut text = Vec::new();
    for array in answers {
        text.extend(array.iter().map(|said| match said {
            None => b'-',
            Some(false) => b'0',
            Some(true) => b'1',
        }));
        text.push(b'\n');
    }
    hex::sm3(&[&text])
}
