//! What whole indicators mean, `spec/*.md`: every example is measured by the cube and, row by row, by
//! the reference in `pack`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use common::{frame, head, keys, month, period, submit};
use yizheng_lake::measure::Unit;
use yizheng_lake::register::{Register, Standing};
use yizheng_lake::values::Figure;
use yizheng_lake::{Cube, Exact, Lake, Manifest, Replaces};
use yizheng_pack::Pack;
use yizheng_pack::load::{Layer, load};
use yizheng_pack::measure::{Ground, Sent};
use yizheng_pack::scope::Scope;

const MONTHLY: &str = r#"
institution = "ORG"
period = "MONTH"
key = ["ORG", "MONTH"]
due = { voluntary = true, days = 10 }
field = [
  { id = "ORG", name = "机构", type = "text", required = "must", privacy = "plain" },
  { id = "MONTH", name = "报告期", type = "month", required = "must", privacy = "plain" },
  { id = "VISITS", name = "诊疗人次", type = "integer", required = "must", privacy = "plain" },
  { id = "BEDS", name = "床位", type = "integer", nature = "stock", over = "mean", required = "must", privacy = "plain" },
  { id = "DOCTORS", name = "医师", type = "integer", nature = "stock", over = "last", required = "must", privacy = "plain" },
]
"#;

/// A section of a page: its indicators, what was sent, and what is expected.
#[derive(Default)]
struct Section {
    place: String,
    indicators: Vec<(String, String)>,
    /// By dataset: header and rows; the first column names the institution.
    sent: BTreeMap<String, (Vec<String>, Vec<Vec<String>>)>,
    institutions: Vec<Vec<String>>,
    expected: Vec<(usize, Vec<String>)>,
}

const DATASETS: [&str; 3] = ["stays", "monthly", "region"];

fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(|cell| cell.trim().to_owned()).collect())
}

fn sections(name: &str, text: &str) -> Vec<Section> {
    let mut all: Vec<Section> = Vec::new();
    let mut block: Option<(String, String)> = None;
    let mut header: Option<Vec<String>> = None;
    for (at, line) in text.lines().enumerate() {
        if let Some((_, body)) = &mut block {
            if line == "```" {
                let done = block.take().unwrap();
                all.last_mut().unwrap().indicators.push(done);
            } else {
                body.push_str(line);
                body.push('\n');
            }
            continue;
        }
        if line.starts_with('#') {
            all.push(Section { place: format!("spec/{name}:{}", at + 1), ..Section::default() });
        } else if let Some(id) = line.strip_prefix("```toml ") {
            block = Some((id.to_owned(), String::new()));
        }
        let Some(row) = cells(line) else {
            header = None;
            continue;
        };
        if row.iter().all(|cell| !cell.is_empty() && cell.chars().all(|c| c == '-' || c == ':')) {
            continue;
        }
        let section = all.last_mut().unwrap();
        match &header {
            None => header = Some(row),
            Some(header) if header[0] == "indicator" => section.expected.push((at + 1, row)),
            Some(header) if header[0] == "institution" => section.institutions.push(row),
            Some(header) if DATASETS.contains(&header[0].as_str()) => {
                section.sent.entry(header[0].clone()).or_insert_with(|| (header.clone(), Vec::new())).1.push(row);
            }
            Some(_) => {}
        }
    }
    all.retain(|section| !section.expected.is_empty());
    all
}

fn pack(section: &Section) -> Arc<Pack> {
    let region = MONTHLY
        .replace("institution = \"ORG\"", "subject = \"region\"\ninstitution = \"ORG\"")
        .replace("id = \"BEDS\", name = \"床位\"", "id = \"PEOPLE\", name = \"人口\"");
    let mut files = vec![
        ("pack.toml".to_owned(), "id = \"spec\"\nversion = \"1\"\nname = \"例\"\npurpose = \"测试\"\n".to_owned()),
        ("datasets/stays/dataset.toml".to_owned(), head("stays") + common::LINKED),
        ("datasets/monthly/dataset.toml".to_owned(), head("monthly") + MONTHLY),
        ("datasets/region/dataset.toml".to_owned(), head("region") + &region),
    ];
    for (id, body) in &section.indicators {
        // Tables come last in TOML.
        let (body, tables) = body.split_once("[[").map_or((body.as_str(), String::new()), |(body, rest)| (body, format!("[[{rest}")));
        let unit = if body.contains("unit =") { "" } else { "unit = \"\"\n" };
        let digits = if body.contains("digits =") { "" } else { "digits = 2\n" };
        let text = format!(
            "domain = \"例\"\ndirection = \"watch\"\n{unit}{digits}{body}\n[words]\nnumerator = \"上\"\ndenominator = \"下\"\n\n{tables}"
        );
        files.push((format!("indicators/{id}.toml"), head(id) + &text));
    }
    Arc::new(load(&[Layer { name: section.place.clone(), files }]).unwrap_or_else(|faults| panic!("{faults:#?}")))
}

/// What a section's tables put into a lake, and the same rows for the reference.
struct Data {
    _dir: tempfile::TempDir,
    lake: Lake,
    manifest: Manifest,
    rows: Vec<Sent>,
    sent: BTreeSet<(Arc<str>, String, yizheng_pack::period::Month)>,
}

fn data(section: &Section, pack: &Pack) -> Data {
    let dir = tempfile::tempdir().unwrap();
    let lake = Lake::open(dir.path(), &keys()).unwrap();
    let (mut manifest, mut rows, mut sent) = (Manifest::default(), Vec::new(), BTreeSet::new());
    for (id, (header, table)) in &section.sent {
        let dataset = &pack.datasets[id.as_str()];
        let when = header.iter().position(|name| name == "LEFT" || name == "MONTH").unwrap();
        let mut by_month: BTreeMap<(String, String), Vec<&Vec<String>>> = BTreeMap::new();
        for row in table {
            by_month.entry((row[0].clone(), row[when][..7].to_owned())).or_default().push(row);
        }
        for ((institution, of), rows_of) in by_month {
            let told: Vec<String> = rows_of
                .iter()
                .filter(|row| !row.iter().any(|cell| cell == "nothing"))
                .map(|row| {
                    let cells = row.iter().enumerate().map(|(at, cell)| match cell.as_str() {
                        "?" => String::new(),
                        month if at == when && month.len() == 7 => format!("{month}-01"),
                        _ => cell.clone(),
                    });
                    cells.collect::<Vec<_>>().join("|")
                })
                .collect();
            let names = std::iter::once("ORG".to_owned()).chain(header.iter().skip(1).cloned()).collect::<Vec<_>>();
            let frame = frame(dataset, &format!("{}\n{}", names.join("|"), told.join("\n")));
            let submission = format!("{id}-{institution}-{of}");
            manifest = manifest.with(submit(&lake, &institution, &submission, &of, &frame, Replaces::Period));
            sent.insert((dataset.meta.id.clone(), institution.clone(), month(&of)));
            for at in 0..frame.len {
                let text = |name: &str| {
                    let (ix, _) = dataset.field(name)?;
                    let value = frame.value(at, yizheng_pack::dataset::Cell::Field(ix)).to_string();
                    (value != "null").then_some(value)
                };
                let person = dataset.person.as_ref().map(|_| match (text("ID"), text("RECORD")) {
                    (Some(id), _) => id,
                    (None, Some(record)) => format!("{institution} {record}"),
                    (None, None) => format!("{submission} {at}"),
                });
                rows.push(Sent {
                    dataset: dataset.meta.id.clone(),
                    institution: institution.clone(),
                    month: month(&of),
                    person,
                    row: frame.plain(at),
                    held: false,
                    violates: BTreeSet::new(),
                });
            }
        }
    }
    rows.sort_by(|a, b| (&a.institution, a.month).cmp(&(&b.institution, b.month)));
    Data { _dir: dir, lake, manifest, rows, sent }
}

fn register(section: &Section) -> Register {
    let of = |row: &Vec<String>| {
        let standing = Standing {
            from: NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
            to: None,
            class: row[1].clone(),
            level: row[2].clone(),
            alliance: None,
            beds: 0,
        };
        (row[0].clone(), vec![standing])
    };
    Register { region: "R".to_owned(), institutions: section.institutions.iter().map(of).collect(), ..Register::default() }
}

fn unit(text: &str) -> Unit {
    match text.split_once('/') {
        _ if text == "region" => Unit::Region,
        Some((institution, department)) => {
            Unit::Department { institution: institution.to_owned(), department: department.to_owned() }
        }
        None => Unit::Institution(text.to_owned()),
    }
}

fn printed(figure: &Figure) -> [String; 3] {
    let print = |value: Option<Exact>| value.map_or_else(|| "null".to_owned(), |value| value.to_string());
    [print(figure.numerator), print(figure.denominator), print(figure.value)]
}

#[test]
fn cube_and_reference_do_what_the_manual_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "md"));
    files.sort();
    let (mut cases, mut wrong, mut kinds) = (0, Vec::new(), BTreeSet::new());
    let scope = Scope::whole_region("spec");
    for path in &files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for section in sections(&name, &std::fs::read_to_string(path).unwrap()) {
            let pack = pack(&section);
            let data = data(&section, &pack);
            let register = register(&section);
            let cube = Cube::build(&data.lake, pack.clone(), data.manifest.within(&scope)).unwrap();
            for (line, row) in &section.expected {
                let [id, unit_text, period_text, expected @ ..] = row.as_slice() else { panic!("{row:?}") };
                let (indicator, unit) = (&pack.indicators[id.as_str()], unit(unit_text));
                kinds.extend(section.indicators.iter().find(|(of, _)| of == id).map(|(_, body)| kind(body)));
                let figures = cube.series(id, &unit, &[period(period_text)], &register, &scope).unwrap();
                let fast = printed(&figures[0]);
                let within = |institution: &str, _| match &unit {
                    Unit::Institution(of) | Unit::Department { institution: of, .. } => of == institution,
                    _ => true,
                };
                let ward = |sent: &&Sent| match &unit {
                    Unit::Department { department, .. } => {
                        let (ix, _) = pack.datasets["stays"].field("WARD").unwrap();
                        sent.row.fields[ix.0] == yizheng_pack::expr::reference::Content::Known(yizheng_pack::types::Value::text(department))
                    }
                    _ => true,
                };
                let class = |institution: &str, _| {
                    let known = section.institutions.iter().find(|row| row[0] == institution);
                    known.map_or_else(Default::default, |row| (row[1].clone(), row[2].clone()))
                };
                let ground = Ground {
                    pack: &pack,
                    rows: data.rows.iter().filter(ward).cloned().collect(),
                    sent: data.sent.clone(),
                    due: Vec::new(),
                    within: &within,
                    class: &class,
                };
                let plain = ground.measure(indicator, period(period_text)).unwrap().printed(indicator, &pack);
                cases += 1;
                if fast.as_slice() != expected || plain.as_slice() != expected {
                    wrong.push(format!(
                        "spec/{name}:{line}: {id} {unit_text} {period_text}: expected {expected:?}, cube {fast:?} {}, reference {plain:?}",
                        figures[0].not_measured.clone().unwrap_or_default()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all = ["proportion", "ratio", "mean", "total", "distinct", "quantile", "share", "growth", "quotient", "composite"];
    let lacking: Vec<&str> = all.into_iter().filter(|kind| !kinds.contains(*kind)).collect();
    assert!(lacking.is_empty(), "the manual shows no {lacking:?}");
    println!("spec: {cases} cases of whole indicators on the cube and on the reference");
}

fn kind(body: &str) -> String {
    let line = body.lines().find_map(|line| line.strip_prefix("kind = "));
    line.unwrap().trim_matches('"').to_owned()
}
