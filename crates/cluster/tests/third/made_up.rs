//! Rows of any dataset by its fields, code lists and by what its indicators ask for, as files that
//! the lake has written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, Int32Array, Int64Array, StringArray, TimestampSecondArray};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::Date32Type;
use chrono::{Days, NaiveDate};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use roaring::RoaringBitmap;
use yizheng_cluster::Files;
use yizheng_eval::{CellStates, Frame, GroupFrame};
use yizheng_intake::{Context, frame_of};
use yizheng_lake::elsewhere::Sums;
use yizheng_lake::{CheckedRows, Columns, Cube, Delivery, Rows, FileEntry, Keys, Lake, Manifest, Replaces};
use yizheng_pack::Pack;
use yizheng_pack::dataset::{Dataset, Privacy};
use yizheng_pack::expr::{Environment, Expr, Function, Node};
use yizheng_pack::expr::sql;
use yizheng_pack::indicator::{Part, Summand};
use yizheng_pack::measure::Sent;
use yizheng_pack::load::{Layer, load};
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::scope::Scope;
use yizheng_pack::testcase::{Cases, Table};
use yizheng_pack::types::{Type, Value};

/// The national pack.
pub fn national() -> Arc<Pack> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/national");
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "toml") {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                files.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    let layer = Layer { name: "packs/national".to_owned(), files };
    Arc::new(load(&[layer]).unwrap_or_else(|diagnostics| panic!("{diagnostics:#?}")))
}

/// One file of the lake with the sums that it must give.
pub struct Sample {
    pub dataset: Arc<Dataset>,
    pub place: String,
    pub entry: FileEntry,
    pub files: Files,
    pub environment: Environment,
    pub sums: Sums,
}

/// What is written, and the lake that holds it.
pub struct Samples {
    pub pack: Arc<Pack>,
    pub files: Vec<Sample>,
    pub cube: Cube,
    pub lake: Lake,
    pub manifest: Manifest,
    /// What the checks said of the rows of each submission.
    pub checks: BTreeMap<String, CheckedRows>,
    _folder: tempfile::TempDir,
}

/// Running parts of each dataset, each once.
pub fn parts_of(pack: &Pack) -> BTreeMap<Arc<str>, Vec<&Part>> {
    let mut parts: BTreeMap<Arc<str>, Vec<&Part>> = BTreeMap::new();
    for part in pack.running_indicators().flat_map(|(_, indicator)| indicator.parts()) {
        let of_dataset = parts.entry(part.dataset.clone()).or_default();
        if !of_dataset.iter().any(|known| known.key == part.key) {
            of_dataset.push(part);
        }
    }
    parts
}

impl Samples {
    pub fn of(pack: Arc<Pack>, write: impl FnOnce(&Lake, &mut StdRng) -> Vec<FileEntry>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::open(folder.path(), &Keys::generate(&mut StdRng::seed_from_u64(1))).unwrap();
        let manifest = Manifest::new(write(&lake, &mut StdRng::seed_from_u64(2))).unwrap();
        let scope = Scope::whole_region("test");
        let view = manifest.within(&scope);
        let cube = Cube::build(&lake, pack.clone(), view).unwrap();
        let mut linked: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
        for file in view.files() {
            linked.entry(&file.entry().dataset).or_default().push(lake.parquet(file).unwrap().counted);
        }
        let sample = |file: yizheng_lake::Visible<'_>| {
            let parquet = lake.parquet(file).unwrap();
            let entry = file.entry();
            Some(Sample {
                dataset: pack.datasets[&*entry.dataset].clone(),
                place: format!("{} {} {}", entry.dataset, entry.institution, entry.month),
                files: Files {
                    counted: vec![parquet.counted],
                    held: parquet.held.into_iter().collect(),
                    linked: linked[&*entry.dataset].clone(),
                },
                environment: cube.definitions().environment_of(entry.month),
                sums: cube.sums(file)?,
                entry: entry.clone(),
            })
        };
        let files = view.files().filter_map(sample).collect();
        Self { pack, files, cube, lake, manifest, checks: BTreeMap::new(), _folder: folder }
    }

    /// Random rows of every dataset that an indicator reads: two institutions, two months, and one a
    /// year before.
    pub fn random(pack: Arc<Pack>) -> Self {
        let mut checks = BTreeMap::new();
        let samples = Self::of(pack.clone(), |lake, rng| {
            let mut entries = Vec::new();
            for (id, parts) in parts_of(&pack) {
                let dataset = &pack.datasets[&id];
                for (institution, year, month) in [("A1", 2023, 3), ("A1", 2024, 2), ("A1", 2024, 3), ("B2", 2024, 3)] {
                    let month = Month::new(year, month).unwrap();
                    let mut maker = Maker::new(&pack, dataset, &parts, institution, month, rng.random());
                    let frame = maker.frame();
                    let (held, checked) = (maker.some_rows(8), maker.checked());
                    let submission = format!("{id}-{institution}-{month}");
                    let delivery = Delivery {
                        institution,
                        submission: &submission,
                        period: Period::containing(month, Grain::Month),
                        frame: &frame,
                        held: &held,
                        checks: &checked,
                        replaces: Replaces::Period,
                    };
                    entries.extend(lake.write(&delivery, rng).unwrap());
                    checks.insert(submission, checked);
                }
            }
            entries
        });
        Self { checks, ..samples }
    }

    /// The same rows for the reference, by institution, month and place in the file.
    pub fn sent(&self) -> Vec<Sent> {
        let mut all = Vec::new();
        let scope = Scope::whole_region("test");
        for file in self.manifest.within(&scope).files() {
            let entry = file.entry();
            let dataset = &self.pack.datasets[&*entry.dataset];
            for rows in [Rows::Counted, Rows::Held] {
                let stored = self.lake.read(file, dataset, rows, &Columns::everything()).unwrap();
                for at in 0..stored.frame.len {
                    let row = u32::try_from(stored.frame.row.value(at)).unwrap();
                    let checked = self.checks.get(&entry.submission).into_iter().flat_map(|checked| &checked.violated);
                    all.push(Sent {
                        dataset: dataset.meta.id.clone(),
                        institution: entry.institution.clone(),
                        month: entry.month,
                        person: stored.person(at).map(str::to_owned),
                        row: stored.frame.plain(at),
                        held: rows == Rows::Held,
                        violates: checked.filter(|(_, rows)| rows.contains(row)).map(|(id, _)| id.clone()).collect(),
                    });
                }
            }
        }
        all
    }

    /// The rows of the test cases beside the indicators, those of a dataset together.
    pub fn cases(pack: Arc<Pack>) -> (usize, Self) {
        let mut frames: BTreeMap<(Arc<str>, String), Vec<Frame>> = BTreeMap::new();
        let mut cases = 0;
        for file in &pack.tests {
            let (Cases::Indicator(of_file), Some(indicator)) = (&file.cases, pack.indicators.get(&file.id)) else { continue };
            // The rows of one that is read from others are of their dataset.
            let parts = sql::parts(indicator, &pack);
            let (above, below) = (parts.first().map(|part| part.dataset.clone()), parts.last().map(|part| part.dataset.clone()));
            for case in of_file {
                cases += 1;
                let tables = [(above.clone(), Some(&case.rows)), (below.clone(), case.denominator_rows.as_ref())];
                for (id, table) in tables {
                    let (Some(id), Some(table)) = (id, table) else { continue };
                    let dataset = &pack.datasets[&id];
                    let [period, institution] = [dataset.period, dataset.institution].map(|field| &dataset.fields[field.0]);
                    let mut table = table.clone();
                    // Rows that do not care when and whose they are.
                    let day = if period.month { "2024-03" } else { "2024-03-15 10:00:00" };
                    for (id, value) in [(&period.id, day), (&institution.id, "T1")] {
                        if !table.header.iter().any(|header| header.eq_ignore_ascii_case(id)) {
                            table.header.push(id.to_string());
                            table.rows.iter_mut().for_each(|row| row.push(value.to_owned()));
                        }
                    }
                    let at = table.header.iter().position(|header| header.eq_ignore_ascii_case(&institution.id)).unwrap();
                    let mut by_institution: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
                    for row in table.rows.drain(..) {
                        by_institution.entry(row[at].clone()).or_default().push(row);
                    }
                    for (institution, rows) in by_institution {
                        let table = Table { header: table.header.clone(), rows };
                        let frame = frame_of(&table, &Context::new(&pack, dataset));
                        let frame = frame.unwrap_or_else(|fault| panic!("{} {}: {}", file.id, case.name, fault.message));
                        frames.entry((id.clone(), institution)).or_default().push(frame);
                    }
                }
            }
        }
        // No row violates a check.
        let asked = parts_of(&pack).into_values().flatten().filter_map(|part| match &part.of {
            Summand::Quality { without } => Some(without.iter().map(|id| (id.to_string(), RoaringBitmap::new()))),
            _ => None,
        });
        let checks = CheckedRows { violated: asked.flatten().collect(), not_run: BTreeMap::new() };
        let samples = Self::of(pack.clone(), |lake, rng| {
            let mut entries = Vec::new();
            for ((id, institution), frames) in &frames {
                let mut frame = Frame::concat(pack.datasets[id].clone(), frames).unwrap();
                frame.row = (1..).take(frame.len).collect::<Vec<i64>>().into();
                for year in 2015..=2027 {
                    let delivery = Delivery {
                        institution,
                        submission: &format!("{id}-{institution}-{year}"),
                        period: Period::containing(Month::new(year, 1).unwrap(), Grain::Year),
                        frame: &frame,
                        held: &RoaringBitmap::new(),
                        checks: &checks,
                        replaces: Replaces::Period,
                    };
                    entries.extend(lake.write(&delivery, rng).unwrap().into_iter().filter(|entry| entry.rows > 0));
                }
            }
            entries
        });
        (cases, samples)
    }
}

const ROWS: usize = 60;

/// Makes rows of one dataset.
struct Maker<'a> {
    dataset: &'a Arc<Dataset>,
    institution: &'a str,
    month: Month,
    /// Checks that quality parts ask about.
    checks: Vec<Arc<str>>,
    /// Constants that a column meets in some expression, by its id.
    constants: BTreeMap<String, Vec<Value>>,
    pack: &'a Pack,
    rng: StdRng,
}

impl<'a> Maker<'a> {
    fn new(pack: &'a Pack, dataset: &'a Arc<Dataset>, parts: &[&Part], institution: &'a str, month: Month, seed: u64) -> Self {
        let mut maker = Self {
            dataset,
            institution,
            month,
            checks: Vec::new(),
            constants: BTreeMap::new(),
            pack,
            rng: StdRng::seed_from_u64(seed),
        };
        let environment = Environment::on(pack, month.start());
        for part in parts {
            part.of.exprs().for_each(|expr| expr.walk(&mut |node| maker.learn(node, &environment)));
            if let Summand::Quality { without } = &part.of {
                maker.checks.extend(without.iter().cloned());
            }
        }
        maker
    }

    fn column(&self, expr: &Expr) -> Option<String> {
        match &expr.node {
            Node::Field(field) => Some(self.dataset.fields[field.0].id.to_string()),
            Node::Member(group, member) => {
                let group = &self.dataset.groups[group.0];
                Some(format!("{}.{}", group.id, group.members[member.0].id))
            }
            // A part of a text is met by what the whole begins with.
            Node::Call(Function::Substring(1, _), arguments) => self.column(&arguments[0]),
            _ => None,
        }
    }

    /// Takes note of the constants that a column meets here.
    fn learn(&mut self, expr: &Expr, environment: &Environment) {
        let mut met = Vec::new();
        let column = match &expr.node {
            Node::Compare(_, left, right) => {
                for side in [left, right] {
                    match &side.node {
                        Node::Literal(value) => met.push(value.clone()),
                        Node::Parameter(id) => met.extend(environment.parameter(id).cloned()),
                        _ => {}
                    }
                }
                self.column(left).or_else(|| self.column(right))
            }
            Node::In(x, values) => {
                met.extend(values.iter().cloned());
                self.column(x)
            }
            Node::Call(function, arguments) => {
                match function {
                    Function::Icd(ranges) | Function::Operation(ranges) => {
                        for range in ranges.iter() {
                            met.push(Value::text(&range.low));
                            met.push(Value::text(&format!("{}x01", range.high.to_lowercase())));
                        }
                    }
                    Function::StartsWith(texts) => met.extend(texts.iter().map(|text| Value::text(&format!("{text}01")))),
                    Function::Listed(id) | Function::ListAttribute(id, _) | Function::ListedAll(id, _) => {
                        let entries = environment.codelists.get(id).map(|list| list.entries.as_slice()).unwrap_or_default();
                        met.extend(entries.iter().take(40).map(|entry| Value::text(&entry.code)));
                    }
                    Function::Matches(pattern) => {
                        // What most of the patterns mean by their plain signs.
                        let text = pattern.text().replace(".*", "a").replace("[0-9]", "1").replace("[A-Z]", "J").replace(['(', ')', '?'], "");
                        met.push(Value::text(&text));
                    }
                    _ => {}
                }
                arguments.first().and_then(|argument| self.column(argument))
            }
            _ => None,
        };
        if let Some(column) = column {
            self.constants.entry(column).or_default().extend(met);
        }
    }

    fn chance(&mut self, of: u32) -> bool {
        self.rng.random_range(0..of) == 0
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.rng.random_range(0..of.len())].clone()
    }

    /// A value of a type, often one that an expression asks for; null now and then.
    fn value(&mut self, column: &str, ty: &Type) -> Value {
        if self.chance(7) {
            return Value::Null;
        }
        let constants = self.constants.get(column).cloned().unwrap_or_default();
        let met = (!constants.is_empty() && self.rng.random_range(0..4) > 0).then(|| self.one(&constants));
        match (ty, met) {
            (Type::Number { scale, .. }, Some(Value::Number { units, .. })) => {
                Value::Number { units: units + self.rng.random_range(-1..=1), scale: *scale }
            }
            (Type::Number { scale, .. }, _) => {
                let most = if self.chance(10) { 1 << 40 } else { 300 * 10_i64.pow(u32::from(*scale)) };
                Value::Number { units: self.rng.random_range(0..most), scale: *scale }
            }
            (Type::Text | Type::Code(_), Some(value @ Value::Text(_))) => value,
            (Type::Code(id), _) if self.pack.codelists.get(id).is_some_and(|list| !list.entries.is_empty()) => {
                let list = &self.pack.codelists[id];
                let at = self.rng.random_range(0..list.entries.len());
                Value::text(&list.entries[at].code)
            }
            (Type::Text | Type::Code(_), _) => {
                let text = self.one(&["", "1", "2", "甲", "I10.x00", "c50.900", "36.0600", "O80.x00x001", "a'b", "A01,1"]);
                Value::text(text)
            }
            (Type::Bool, _) => Value::Bool(self.chance(2)),
            (Type::Date, _) => Value::Date(self.day()),
            (Type::DateTime, _) => {
                let day = self.day();
                let seconds = self.rng.random_range(0..86_400);
                Value::DateTime(day.and_hms_opt(0, 0, 0).unwrap() + chrono::Duration::seconds(seconds))
            }
            (Type::TextSet, _) => panic!("no such column"),
        }
    }

    /// A day, mostly near the month, sometimes a lifetime before.
    fn day(&mut self) -> NaiveDate {
        let start = self.month.start() - Days::new(if self.chance(5) { 365 * self.rng.random_range(0..95) } else { 40 });
        start + Days::new(self.rng.random_range(0..75))
    }

    fn frame(&mut self) -> Frame {
        let dataset = self.dataset.clone();
        let departments = ["01", "0301", "内一", "", "null"];
        let columns = dataset.fields.iter().enumerate().map(|(at, field)| {
            let person = dataset.person.as_ref();
            let names_person = person.is_some_and(|person| person.number.0 == at);
            if field.privacy == Privacy::Personal && !names_person {
                return None;
            }
            let of_row = |maker: &mut Self| {
                // Few, so that they come again.
                if names_person {
                    return if maker.chance(4) { Value::Null } else { Value::text(maker.one(&["P1", "P2", "P3", "P4", "P5"])) };
                }
                if person.is_some_and(|person| person.record.0 == at) {
                    return if maker.chance(4) { Value::Null } else { Value::text(maker.one(&["R1", "R2", "R3"])) };
                }
                if person.is_some_and(|person| person.document.0 == at) {
                    return Value::text("1");
                }
                if at == dataset.institution.0 && dataset.period.0 != at {
                    return Value::text(maker.institution);
                }
                if Some(at) == dataset.department.map(|field| field.0) {
                    return match maker.one(&departments) {
                        "null" => Value::Null,
                        name => Value::text(name),
                    };
                }
                if at != dataset.period.0 {
                    return maker.value(&field.id, &field.ty);
                }
                let day = maker.month.start() + Days::new(if field.month { 0 } else { maker.rng.random_range(0..28) });
                match field.ty {
                    Type::Date => Value::Date(day),
                    _ => Value::DateTime(day.and_hms_opt(maker.rng.random_range(0..24), 59, 59).unwrap()),
                }
            };
            // A column that the file does not have.
            let needed = [dataset.institution.0, dataset.period.0].contains(&at);
            if !needed && self.chance(25) {
                return None;
            }
            let values: Vec<Value> = (0..ROWS).map(|_| of_row(self)).collect();
            Some(array(&field.ty, &values))
        });
        let columns: Vec<Option<ArrayRef>> = columns.collect();
        let mut groups = Vec::new();
        for group in &dataset.groups {
            let first = i32::from(!group.members.iter().any(|member| member.main.is_some()));
            let (mut lengths, mut slots) = (Vec::new(), Vec::new());
            for _ in 0..ROWS {
                let before = slots.len();
                let mut slot = first;
                while slot <= i32::from(group.last_slot) && slots.len() < before + 5 && !self.chance(3) {
                    slots.push(slot);
                    slot += self.rng.random_range(1..3);
                }
                lengths.push(slots.len() - before);
            }
            let members = group.members.iter().map(|member| {
                let id = format!("{}.{}", group.id, member.id);
                let values: Vec<Value> = (0..slots.len()).map(|_| self.value(&id, &member.ty)).collect();
                Some(array(&member.ty, &values))
            });
            let members = members.collect();
            groups.push(Some(GroupFrame { offsets: OffsetBuffer::from_lengths(lengths), slots: Int32Array::from(slots), members }));
        }
        let rows = Int64Array::from_iter_values(1..=ROWS as i64);
        Frame::new(dataset, rows, columns, groups, CellStates::default()).unwrap()
    }

    /// One row in `of`.
    fn some_rows(&mut self, of: u32) -> RoaringBitmap {
        (1..=ROWS as u32).filter(|_| self.chance(of)).collect()
    }

    fn checked(&mut self) -> CheckedRows {
        let checks = self.checks.clone();
        let violated = checks.iter().map(|id| (id.to_string(), self.some_rows(6))).collect();
        CheckedRows { violated, not_run: BTreeMap::new() }
    }
}

fn array(ty: &Type, values: &[Value]) -> ArrayRef {
    fn each<'v, T>(values: &'v [Value], of: impl Fn(&'v Value) -> Option<T> + 'v) -> impl Iterator<Item = Option<T>> + 'v {
        values.iter().map(of)
    }
    match ty {
        Type::Bool => Arc::new(each(values, |v| if let Value::Bool(v) = v { Some(*v) } else { None }).collect::<BooleanArray>()),
        Type::Text | Type::Code(_) => {
            Arc::new(each(values, |v| if let Value::Text(v) = v { Some(v.to_string()) } else { None }).collect::<StringArray>())
        }
        Type::Number { .. } => {
            Arc::new(each(values, |v| if let Value::Number { units, .. } = v { Some(*units) } else { None }).collect::<Int64Array>())
        }
        Type::Date => {
            let days = |v: &Value| if let Value::Date(v) = v { Some(Date32Type::from_naive_date(*v)) } else { None };
            Arc::new(values.iter().map(days).collect::<Date32Array>())
        }
        Type::DateTime => {
            let seconds = |v: &Value| if let Value::DateTime(v) = v { Some(v.and_utc().timestamp()) } else { None };
            Arc::new(values.iter().map(seconds).collect::<TimestampSecondArray>())
        }
        Type::TextSet => panic!("no such column"),
    }
}
