//! Slices: the parts of all indicators over one file, by department. A slice is a function of the
//! file and the definitions, so it is kept as a cache that may be thrown away at any time.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Cursor;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Decimal128Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Decimal128Type, Field, Schema};
use arrow::ipc::reader::FileReader;
use arrow::ipc::writer::FileWriter;
use yizheng_eval::frame::FrameError;
use yizheng_eval::{Environment, SumError, missing_for, sum_parts, value_counts};
use yizheng_pack::Pack;
use yizheng_pack::dataset::{Dataset, Privacy};
use yizheng_pack::expr::{Expr, Node};
use yizheng_pack::indicator::{Part, Summand};
use yizheng_pack::link::LinkIx;
use yizheng_pack::period::Month;
use yizheng_pack::types::Type;

use crate::disk::{self, Lasting};
use crate::hex;
use crate::links::{self, Answers};
use crate::lake::{Lake, ReadError, Rows};
use crate::manifest::FileEntry;
use crate::spread::{self, Spreads};
use crate::stored::{ChecksRun, Columns, Stored, VIOLATES};

/// Digits of a part's name in the cache: the beginning of its key's SM3.
const NAME: usize = 16;

/// Goes up when evaluation changes what a slice holds, so that older ones are not taken.
const FORMAT: u32 = 2;

/// Why a file could not be measured. Neither is the fault of its rows.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// The file could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The definitions could not be evaluated.
    #[error("file `{file}`: {source}")]
    Sum {
        /// Its id.
        file: String,
        /// Why.
        source: SumError,
    },
    /// The rows of a file do not fit together.
    #[error("file `{file}`: {source}")]
    Frame {
        /// Its id.
        file: String,
        /// Why.
        source: FrameError,
    },
    /// A sum does not fit into 128 bits.
    #[error("file `{0}`: a sum is too large")]
    TooLarge(String),
}

/// The definitions that slices are made by: a pack's running indicators, taken apart.
#[derive(Debug, Clone)]
pub struct Definitions {
    pack: Arc<Pack>,
    plans: BTreeMap<Arc<str>, Plan>,
}

/// What is summed over the files of one dataset.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub dataset: Arc<Dataset>,
    pub parts: Vec<Part>,
    places: HashMap<Arc<str>, usize>,
    /// Names of the parts in the cache.
    names: Vec<String>,
    /// What is read to sum them all.
    columns: Columns,
    /// Parts that cannot be summed whatever the month, with the reason.
    never: BTreeMap<usize, String>,
    /// The links that its parts ask for.
    pub links: Vec<LinkIx>,
    /// The places of the parts that ask for links, with what is read to sum them.
    linked: (Vec<usize>, Columns),
    /// The places of the parts that are made of values.
    valued: Vec<usize>,
}

impl Definitions {
    /// Takes apart the running indicators of a pack.
    pub fn of(pack: Arc<Pack>) -> Self {
        let mut by_dataset: BTreeMap<Arc<str>, Vec<&Part>> = BTreeMap::new();
        for part in pack.running_indicators().flat_map(|(_, indicator)| indicator.parts()) {
            by_dataset.entry(part.dataset.clone()).or_default().push(part);
        }
        let plan = |(id, parts): (Arc<str>, Vec<&Part>)| {
            let dataset = pack.datasets.get(&id)?;
            Some((id, Plan::of(dataset, &parts)))
        };
        let plans = by_dataset.into_iter().filter_map(plan).collect();
        Self { pack, plans }
    }

    /// The pack.
    pub fn pack(&self) -> &Arc<Pack> {
        &self.pack
    }

    /// The folder in which slices made by these definitions are kept.
    pub fn folder(&self) -> String {
        format!("{}-{FORMAT}", self.pack.fingerprint)
    }

    pub(crate) fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.plans.values()
    }

    pub(crate) fn plan(&self, dataset: &str) -> Option<&Plan> {
        self.plans.get(dataset)
    }

    /// What expressions may ask for in a month: the parameters of its last day, as for targets.
    pub(crate) fn environment(&self, month: Month) -> Environment {
        let last = month.end().pred_opt().unwrap_or(month.start());
        Environment::on(&self.pack, last)
    }
}

impl Plan {
    fn of(dataset: &Arc<Dataset>, parts: &[&Part]) -> Self {
        let mut plan = Self {
            dataset: dataset.clone(),
            parts: Vec::new(),
            places: HashMap::new(),
            names: Vec::new(),
            columns: Columns::of(dataset, dataset.department.as_slice()),
            never: BTreeMap::new(),
            links: Vec::new(),
            linked: (Vec::new(), Columns::of(dataset, dataset.department.as_slice())),
            valued: Vec::new(),
        };
        let mut links = BTreeSet::new();
        for part in parts {
            if plan.places.contains_key(&part.key) {
                continue;
            }
            let place = plan.parts.len();
            plan.places.insert(part.key.clone(), place);
            plan.names.push(hex::sm3(&[part.key.as_bytes()]).chars().take(NAME).collect());
            if let Some(reason) = personal(part, dataset) {
                plan.never.insert(place, reason);
            }
            let of_part = part.of.links();
            if of_part.is_empty() {
                plan.columns = columns_of(part, dataset, plan.columns);
            } else {
                let (places, columns) = plan.linked;
                plan.linked = ([places, vec![place]].concat(), columns_of(part, dataset, columns));
                links.extend(of_part);
            }
            if matches!(part.of, Summand::Values { .. }) {
                plan.valued.push(place);
            }
            plan.parts.push((*part).clone());
        }
        plan.links = links.into_iter().collect();
        plan
    }

    /// The place of a part in a slice's sums.
    pub fn place(&self, part: &Part) -> Option<usize> {
        self.places.get(&part.key).copied()
    }

    /// Why a part cannot be summed over a file, if it cannot.
    fn lacking(
        &self,
        place: usize,
        entry: &FileEntry,
        environment: &Environment,
        checks: &ChecksRun,
    ) -> Option<String> {
        if let Some(reason) = self.never.get(&place) {
            return Some(reason.clone());
        }
        let part = self.parts.get(place)?;
        match &part.of {
            // Of no rows no check could have found anything.
            Summand::Quality { .. } if entry.rows + entry.held_rows == 0 => None,
            Summand::Quality { without } => checks.gap(without),
            Summand::Rows { .. } | Summand::Values { .. } => {
                let mut missing = missing_for(part, environment);
                for link in part.of.links().into_iter().filter_map(|ix| self.dataset.links.get(ix.0)) {
                    missing.extend(link.exprs().into_iter().flat_map(|expr| yizheng_eval::missing(expr, environment)));
                }
                let reasons: Vec<String> = missing.iter().map(ToString::to_string).collect();
                (!reasons.is_empty()).then(|| reasons.join("；"))
            }
        }
    }

    /// The type of the values of a part made of values.
    fn values_of(&self, place: usize) -> Option<&Type> {
        match &self.parts.get(place)?.of {
            Summand::Values { value, .. } => Some(&value.ty),
            _ => None,
        }
    }

    fn is_quality(&self, place: usize) -> bool {
        matches!(self.parts.get(place).map(|part| &part.of), Some(Summand::Quality { .. }))
    }
}

/// What must be read to sum a part, added to `columns`.
pub(crate) fn columns_of(part: &Part, dataset: &Dataset, columns: Columns) -> Columns {
    match &part.of {
        Summand::Quality { .. } => columns.with_mark(VIOLATES),
        of => of.exprs().fold(columns, |columns, expr| columns.with_expr(dataset, expr)),
    }
}

/// Personal columns are not in the files that are measured; a part that reads one would silently
/// find nothing.
fn personal(part: &Part, dataset: &Dataset) -> Option<String> {
    let mut found = None;
    let mut look = |expr: &Expr| {
        let (id, privacy) = match &expr.node {
            Node::Field(field) => match dataset.fields.get(field.0) {
                Some(field) => (&field.id, field.privacy),
                None => return,
            },
            Node::Member(group, member) => match dataset.groups.get(group.0).and_then(|g| g.members.get(member.0)) {
                Some(member) => (&member.id, member.privacy),
                None => return,
            },
            _ => return,
        };
        if privacy == Privacy::Personal {
            found = Some(format!("指标用到了身份信息{id}，身份信息不参与测算"));
        }
    };
    for expr in part.of.exprs() {
        expr.walk(&mut look);
    }
    found
}

/// The sums over one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Slice {
    /// By department, empty where unknown; one sum for each part of the plan.
    pub departments: BTreeMap<String, Vec<i128>>,
    /// Parts that could not be summed, with the reason; their sums stand at 0.
    pub lacking: BTreeMap<usize, String>,
    /// How often each value of a part made of values occurs, by department and place.
    pub values: Spreads,
}

impl Slice {
    /// Sums over all departments; `None` when one does not fit.
    pub fn total(&self, parts: usize) -> Option<Vec<i128>> {
        let mut total = vec![0_i128; parts];
        for sums in self.departments.values() {
            for (total, sum) in total.iter_mut().zip(sums) {
                *total = total.checked_add(*sum)?;
            }
        }
        Some(total)
    }
}

/// The department of a row, empty where unknown or where the dataset has none.
pub(crate) fn department(rows: &Stored, index: usize) -> &str {
    let column = rows.frame.dataset.department.and_then(|field| rows.frame.column(field)?.as_string_opt::<i32>());
    column.filter(|texts| texts.is_valid(index)).map_or("", |texts| texts.value(index))
}

impl Lake {
    /// The slice of a file, from the cache or computed; and whether it was computed.
    pub(crate) fn slice(
        &self,
        definitions: &Definitions,
        plan: &Plan,
        entry: &FileEntry,
    ) -> Result<(Slice, bool), MeasureError> {
        let path = self.slice_path(&definitions.folder(), &entry.id);
        self.cached(&path, plan, || self.compute(definitions, plan, entry))
    }

    /// A slice with the sums of the parts that ask for links, of which `answers` are to be heard.
    pub(crate) fn linked_slice(
        &self,
        definitions: &Definitions,
        plan: &Plan,
        (entry, base): (&FileEntry, &Slice),
        answers: &Answers,
    ) -> Result<Slice, MeasureError> {
        let name = format!("{}.{}", entry.id, links::digest(answers).chars().take(NAME).collect::<String>());
        let path = self.slice_path(&definitions.folder(), &name);
        let (sums, _) = self.cached(&path, plan, || {
            let environment = definitions.environment(entry.month);
            let (places, columns) = &plan.linked;
            let (mut counted, _) = self.read_with_checks(entry, &plan.dataset, Rows::Counted, columns)?;
            let frame = counted.frame.with_links(answers.clone());
            counted.frame = frame.map_err(|source| MeasureError::Frame { file: entry.id.clone(), source })?;
            let places: Vec<usize> =
                places.iter().filter(|place| !base.lacking.contains_key(place)).copied().collect();
            let mut slice = Slice::default();
            add_sums(&mut slice, plan, &places, &counted, &environment, entry)?;
            Ok(slice)
        })?;
        let mut slice = base.clone();
        for (department, sums) in sums.departments {
            let slots = slice.departments.entry(department).or_insert_with(|| vec![0; plan.parts.len()]);
            for place in &plan.linked.0 {
                if let (Some(slot), Some(sum)) = (slots.get_mut(*place), sums.get(*place)) {
                    *slot = *sum;
                }
            }
        }
        Ok(slice)
    }

    fn cached(
        &self,
        path: &std::path::Path,
        plan: &Plan,
        compute: impl FnOnce() -> Result<Slice, MeasureError>,
    ) -> Result<(Slice, bool), MeasureError> {
        let cached = disk::read(path).ok().flatten();
        if let Some(slice) = cached.and_then(|bytes| decode(&bytes, plan)) {
            return Ok((slice, false));
        }
        let slice = compute()?;
        // A cache that cannot be written costs time, nothing else.
        if let Some(bytes) = encode(&slice, plan) {
            let _ = disk::write(path, &bytes, Lasting::No);
        }
        Ok((slice, true))
    }

    fn compute(&self, definitions: &Definitions, plan: &Plan, entry: &FileEntry) -> Result<Slice, MeasureError> {
        let environment = definitions.environment(entry.month);
        let (counted, checks) = self.read_with_checks(entry, &plan.dataset, Rows::Counted, &plan.columns)?;
        let places = 0..plan.parts.len();
        let lacking: BTreeMap<usize, String> =
            places.clone().filter_map(|place| Some((place, plan.lacking(place, entry, &environment, &checks)?))).collect();
        let (quality, over_rows): (Vec<usize>, Vec<usize>) = places
            .filter(|place| !lacking.contains_key(place) && !plan.linked.0.contains(place))
            .partition(|place| plan.is_quality(*place));
        let mut slice = Slice { lacking, ..Slice::default() };
        add_sums(&mut slice, plan, &over_rows, &counted, &environment, entry)?;
        for place in plan.valued.iter().filter(|place| over_rows.contains(place)) {
            let Some(part) = plan.parts.get(*place) else { continue };
            let counts = value_counts(part, &counted.frame, &environment, plan.dataset.department)
                .map_err(|source| MeasureError::Sum { file: entry.id.clone(), source })?;
            for (department, spread) in counts {
                slice.values.entry(department).or_default().insert(*place, spread);
            }
        }
        if !quality.is_empty() {
            let held = self.read_with_checks(entry, &plan.dataset, Rows::Held, &plan.columns)?.0;
            for rows in [&counted, &held] {
                add_quality(&mut slice, plan, &quality, rows);
            }
        }
        match slice.total(plan.parts.len()) {
            Some(_) => Ok(slice),
            None => Err(MeasureError::TooLarge(entry.id.clone())),
        }
    }
}

/// Adds the sums of parts over rows.
fn add_sums(
    slice: &mut Slice,
    plan: &Plan,
    places: &[usize],
    rows: &Stored,
    environment: &Environment,
    entry: &FileEntry,
) -> Result<(), MeasureError> {
    let parts: Vec<&Part> = places.iter().filter_map(|place| plan.parts.get(*place)).collect();
    let sums = sum_parts(&parts, &rows.frame, environment, plan.dataset.department)
        .map_err(|source| MeasureError::Sum { file: entry.id.clone(), source })?;
    for (department, sums) in sums {
        let slots = slice.departments.entry(department).or_insert_with(|| vec![0; plan.parts.len()]);
        for (place, sum) in places.iter().zip(sums) {
            if let Some(slot) = slots.get_mut(*place) {
                *slot = sum;
            }
        }
    }
    Ok(())
}

/// Adds rows that violate none of the checks of each quality part.
fn add_quality(slice: &mut Slice, plan: &Plan, quality: &[usize], rows: &Stored) {
    for place in quality {
        let Some(Summand::Quality { without }) = plan.parts.get(*place).map(|part| &part.of) else { continue };
        let Some(clean) = rows.without(without) else { continue };
        for row in clean.values().set_indices() {
            let name = department(rows, row);
            if !slice.departments.contains_key(name) {
                slice.departments.insert(name.to_owned(), vec![0; plan.parts.len()]);
            }
            if let Some(sum) = slice.departments.get_mut(name).and_then(|sums| sums.get_mut(*place)) {
                *sum += 1;
            }
        }
    }
}

const DECIMAL: DataType = DataType::Decimal128(38, 0);

/// A slice as an Arrow file: a row for each part with its name, why it is lacking if it is, and its
/// sum in each department. Its length stands before it, the spreads after it if there are any, and
/// the SM3 of it all at the end.
fn encode(slice: &Slice, plan: &Plan) -> Option<Vec<u8>> {
    let places = 0..plan.names.len();
    let mut fields = vec![Field::new("part", DataType::Utf8, false), Field::new("lacking", DataType::Utf8, true)];
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(plan.names.iter().map(Some).collect::<StringArray>()),
        Arc::new(places.map(|place| slice.lacking.get(&place)).collect::<StringArray>()),
    ];
    for (department, sums) in &slice.departments {
        fields.push(Field::new(department, DECIMAL, false));
        columns.push(Arc::new(Decimal128Array::from(sums.clone()).with_data_type(DECIMAL)));
    }
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).ok()?;
    let mut writer = FileWriter::try_new(Vec::new(), &batch.schema()).ok()?;
    writer.write(&batch).ok()?;
    let sums = writer.into_inner().ok()?;
    let mut bytes = sums.len().to_le_bytes().to_vec();
    bytes.extend_from_slice(&sums);
    if !slice.values.is_empty() {
        bytes.extend_from_slice(&spread::encode(&slice.values)?);
    }
    let digest = hex::sm3(&[&bytes]);
    bytes.extend_from_slice(digest.as_bytes());
    Some(bytes)
}

/// Length of an SM3 in hexadecimal.
const DIGEST: usize = 64;

/// Reads what [`encode`] wrote; `None` when it is anything else, a torn file for instance.
fn decode(bytes: &[u8], plan: &Plan) -> Option<Slice> {
    let (body, digest) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
    if hex::sm3(&[body]).as_bytes() != digest {
        return None;
    }
    let (length, rest) = body.split_at_checked(size_of::<usize>())?;
    let (sums, spreads) = rest.split_at_checked(usize::from_le_bytes(length.try_into().ok()?))?;
    let batch = FileReader::try_new(Cursor::new(sums), None).ok()?.next()?.ok()?;
    let (names, rest) = batch.columns().split_first()?;
    let (lacking, sums) = rest.split_first()?;
    if !names.as_string_opt::<i32>()?.iter().eq(plan.names.iter().map(|name| Some(name.as_str()))) {
        return None;
    }
    let lacking = lacking.as_string_opt::<i32>()?.iter().enumerate();
    let mut slice = Slice {
        departments: BTreeMap::new(),
        lacking: lacking.filter_map(|(place, reason)| Some((place, reason?.to_owned()))).collect(),
        values: if spreads.is_empty() { Spreads::new() } else { spread::decode(spreads, |place| plan.values_of(place))? },
    };
    for (field, sums) in batch.schema().fields().iter().skip(2).zip(sums) {
        let sums = sums.as_primitive_opt::<Decimal128Type>()?.values().to_vec();
        slice.departments.insert(field.name().clone(), sums);
    }
    Some(slice)
}
