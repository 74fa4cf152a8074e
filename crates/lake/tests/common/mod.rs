//! A small pack, and frames written as text tables.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int32Array, Int64Array, StringArray, TimestampSecondArray};
use arrow::buffer::OffsetBuffer;
use chrono::{NaiveDate, NaiveDateTime};
use rand::SeedableRng;
use rand::rngs::StdRng;
use roaring::RoaringBitmap;
use yizheng_eval::frame::{CellStates, Frame, GroupFrame};
use yizheng_lake::keys::Keys;
use yizheng_lake::register::{Register, Standing};
use yizheng_lake::{CheckedRows, Delivery, FileEntry, Lake, Replaces};
use yizheng_pack::Pack;
use yizheng_pack::dataset::Dataset;
use yizheng_pack::load::{Layer, load};
use yizheng_pack::period::{Month, Period};
use yizheng_pack::types::{Type, parse_decimal};

pub fn head(id: &str) -> String {
    format!(
        "id = \"{id}\"\nname = \"名{id}\"\nstatus = \"trial\"\npurpose = \"用途\"\nlegal_basis = \"依据\"\nlimits = \"限制\"\nexample = \"\"\n"
    )
}

const STAYS: &str = r#"
institution = "HOSP"
period = "LEFT"
department = "DEPT"
key = ["RECORD", "TIMES"]
listed = ["RECORD", "LEFT", "NAME"]
person = { document = "KIND", number = "NUMBER", record = "RECORD" }
due = { min_beds = 1, days = 10 }
field = [
  { id = "HOSP", name = "机构", type = "text", required = "must", privacy = "plain" },
  { id = "RECORD", name = "病案号", type = "text", required = "must", privacy = "plain" },
  { id = "TIMES", name = "住院次数", type = "integer", required = "must", privacy = "plain" },
  { id = "LEFT", name = "出院时间", type = "datetime", required = "must", privacy = "plain" },
  { id = "DEPT", name = "科别", type = "text", required = "must", privacy = "plain" },
  { id = "KIND", name = "证件类别", type = "text", required = "dash", privacy = "plain" },
  { id = "NUMBER", name = "证件号码", type = "text", required = "dash", privacy = "personal" },
  { id = "NAME", name = "姓名", type = "text", required = "must", privacy = "personal" },
  { id = "BORN", name = "出生日期", type = "date", required = "dash", privacy = "personal" },
  { id = "STAY", name = "住院天数", type = "integer", required = "must", privacy = "plain" },
  { id = "COST", name = "总费用", type = "money", required = "must", privacy = "plain" },
  { id = "DRUGS", name = "药费", type = "money", required = "must", privacy = "plain" },
  { id = "EXIT", name = "离院方式", type = "text", required = "must", privacy = "plain" },
]

[[group]]
id = "operation"
name = "手术"
last_slot = 5
members = [
  { id = "code", name = "手术编码", type = "text", element = "OP{}", privacy = "plain" },
  { id = "level", name = "手术级别", type = "integer", element = "LV{}", privacy = "plain" },
  { id = "surgeon", name = "术者", type = "text", element = "SU{}", privacy = "personal" },
]
"#;

/// Id and what differs between indicators.
const INDICATORS: [(&str, &str); 10] = [
    ("STAY", "unit = \"天\"\ndigits = 2\ndirection = \"down\"\nkind = \"mean\"\nvalue = \"STAY\"\nshown = [\"STAY\", \"NAME\"]"),
    ("DEATHS", "unit = \"%\"\ndigits = 2\ndirection = \"down\"\nkind = \"proportion\"\nnumerator = \"EXIT = '5'\""),
    (
        "LONG",
        "unit = \"%\"\ndigits = 1\ndirection = \"down\"\nkind = \"proportion\"\nnumerator = \"STAY > param('long_days')\"\nexclusion = \"EXIT = '5'\"",
    ),
    ("DRUGSHARE", "unit = \"%\"\ndigits = 2\ndirection = \"down\"\nkind = \"ratio\"\nnumerator = \"DRUGS\"\ndenominator = \"COST\""),
    (
        "DEATHRATE",
        "unit = \"每千床日\"\ndigits = 2\ndirection = \"down\"\nkind = \"ratio\"\nfactor = 1000\nnumerator = \"EXIT = '5'\"\ndenominator = \"STAY\"",
    ),
    ("COSTS", "unit = \"元\"\ndigits = 2\ndirection = \"watch\"\nkind = \"total\"\nvalue = \"COST\""),
    ("CASES", "unit = \"人次\"\ndigits = 0\ndirection = \"watch\"\nkind = \"total\"\nvalue = \"1\""),
    ("SURGERY", "unit = \"%\"\ndigits = 2\ndirection = \"up\"\nkind = \"proportion\"\nnumerator = \"any(operation, level >= 3)\""),
    ("CLEAN", "unit = \"%\"\ndigits = 2\ndirection = \"up\"\nkind = \"proportion\"\nquality = { without = [\"C1\", \"C2\"] }"),
    ("GROWTH", "unit = \"%\"\ndigits = 2\ndirection = \"watch\"\nkind = \"growth\"\nof = \"COSTS\""),
];

const TARGETS: &str = r#"
[[target]]
from = 2020-01-01
at_most = "9.5"
source = "全部机构"

[[target]]
from = 2020-01-01
levels = ["3"]
at_most = "8"
source = "三级"

[[target]]
from = 2024-03-01
levels = ["3"]
at_most = "6.00"
source = "三级新"
"#;

/// Stays, ten indicators, two checks, one parameter that changes on 2024-03-01.
pub fn pack() -> Arc<Pack> {
    let mut files = vec![
        ("pack.toml".to_owned(), "id = \"small\"\nversion = \"1\"\nname = \"小\"\npurpose = \"测试\"\n".to_owned()),
        ("datasets/stays/dataset.toml".to_owned(), head("stays") + STAYS),
        (
            "parameters/long_days.toml".to_owned(),
            head("long_days")
                + "type = \"integer\"\nunit = \"天\"\nvalues = [ { from = 2023-07-01, value = \"30\", source = \"甲\" }, { from = 2024-03-01, value = \"60\", source = \"乙\" } ]\n",
        ),
    ];
    for check in ["C1", "C2"] {
        let rest = "severity = \"warning\"\nelements = [\"STAY\"]\nsource = \"甲\"\nremedy = \"改\"\nrequire = \"STAY > 0\"\n";
        files.push((format!("datasets/stays/checks/{check}.toml"), head(check) + rest));
    }
    for (id, rest) in INDICATORS {
        let words = "\n[words]\nnumerator = \"分子\"\ndenominator = \"分母\"\n";
        let targets = if id == "STAY" { TARGETS } else { "" };
        let head = head(id) + "domain = \"领域\"\ndataset = \"stays\"\n";
        files.push((format!("indicators/{id}.toml"), head + rest + words + targets));
    }
    let layer = Layer { name: "packs/small".to_owned(), files };
    Arc::new(load(&[layer]).unwrap_or_else(|diagnostics| panic!("{diagnostics:#?}")))
}

pub fn stays(pack: &Pack) -> Arc<Dataset> {
    pack.datasets["stays"].clone()
}

/// Rows as a text table: the header names fields, and members as `operation.2.level`; a blank cell
/// is null. Row ids count from 1.
pub fn frame(dataset: &Arc<Dataset>, table: &str) -> Frame {
    let cells = |line: &str| -> Vec<String> { line.split('|').map(|cell| cell.trim().to_owned()).collect() };
    let mut lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
    let header = cells(lines.next().unwrap());
    let rows: Vec<Vec<String>> = lines.map(cells).collect();
    for row in &rows {
        assert_eq!(row.len(), header.len(), "{row:?}");
    }
    let at = |name: &str| header.iter().position(|h| h == name);
    let column = |name: &str, ty: &Type| {
        let at = at(name)?;
        Some(array(ty, rows.iter().map(|row| row[at].as_str())))
    };
    let columns = dataset.fields.iter().map(|field| column(&field.id, &field.ty)).collect();
    let mut groups = Vec::new();
    for group in &dataset.groups {
        if !header.iter().any(|h| h.starts_with(&format!("{}.", group.id))) {
            groups.push(None);
            continue;
        }
        let (mut lengths, mut slots) = (Vec::new(), Vec::new());
        let mut members: Vec<Vec<String>> = vec![Vec::new(); group.members.len()];
        for row in &rows {
            let before = slots.len();
            for slot in 1..=group.last_slot {
                let cell = |member: &str| {
                    at(&format!("{}.{slot}.{member}", group.id)).map(|at| row[at].clone()).unwrap_or_default()
                };
                let of_slot: Vec<String> = group.members.iter().map(|member| cell(&member.id)).collect();
                if of_slot.iter().any(|cell| !cell.is_empty()) {
                    slots.push(i32::from(slot));
                    for (member, cell) in members.iter_mut().zip(of_slot) {
                        member.push(cell);
                    }
                }
            }
            lengths.push(slots.len() - before);
        }
        let members = group.members.iter().zip(&members);
        groups.push(Some(GroupFrame {
            offsets: OffsetBuffer::from_lengths(lengths),
            slots: Int32Array::from(slots),
            members: members.map(|(m, cells)| Some(array(&m.ty, cells.iter().map(String::as_str)))).collect(),
        }));
    }
    let ids: Int64Array = (1..=rows.len() as i64).collect::<Vec<_>>().into();
    Frame::new(dataset.clone(), ids, columns, groups, CellStates::default()).unwrap()
}

fn array<'a>(ty: &Type, cells: impl Iterator<Item = &'a str>) -> ArrayRef {
    let known = cells.map(|cell| (!cell.is_empty()).then_some(cell));
    match ty {
        Type::Text | Type::Code(_) => Arc::new(known.collect::<StringArray>()),
        Type::Number { scale, .. } => {
            Arc::new(known.map(|cell| cell.map(|cell| parse_decimal(cell, *scale).unwrap())).collect::<Int64Array>())
        }
        Type::Date => {
            let days = |cell: &str| {
                let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
                (cell.parse::<NaiveDate>().unwrap() - epoch).num_days() as i32
            };
            Arc::new(known.map(|cell| cell.map(days)).collect::<Date32Array>())
        }
        Type::DateTime => {
            let seconds = |cell: &str| {
                let whole = if cell.len() == 10 { format!("{cell} 12:00:00") } else { cell.to_owned() };
                NaiveDateTime::parse_from_str(&whole, "%Y-%m-%d %H:%M:%S").unwrap().and_utc().timestamp()
            };
            Arc::new(known.map(|cell| cell.map(seconds)).collect::<TimestampSecondArray>())
        }
        Type::Bool | Type::TextSet => panic!("no field has this type"),
    }
}

pub fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

pub fn keys() -> Keys {
    Keys::generate(&mut rng(1))
}

pub fn month(text: &str) -> Month {
    period(text).first()
}

pub fn period(text: &str) -> Period {
    text.parse().unwrap()
}

pub fn bits(rows: &[u32]) -> RoaringBitmap {
    rows.iter().copied().collect()
}

/// Both checks ran; the rows that violate them.
pub fn checked(c1: &[u32], c2: &[u32]) -> CheckedRows {
    let violated = [("C1".to_owned(), bits(c1)), ("C2".to_owned(), bits(c2))];
    CheckedRows { violated: violated.into_iter().collect(), not_run: BTreeMap::new() }
}

/// Writes one submission of whole rows with nothing held apart.
pub fn submit(
    lake: &Lake,
    institution: &str,
    submission: &str,
    period_text: &str,
    frame: &Frame,
    replaces: Replaces<'_>,
) -> Vec<FileEntry> {
    let mut seed = rng(submission.bytes().fold(7, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))));
    let delivery = Delivery {
        institution,
        submission,
        period: period(period_text),
        frame,
        held: &bits(&[]),
        checks: &checked(&[], &[]),
        replaces,
    };
    lake.write(&delivery, &mut seed).unwrap()
}

/// Institutions with (code, level, alliance, beds), open since 2020.
pub fn register(institutions: &[(&str, &str, Option<&str>, i64)]) -> Register {
    let standing = |level: &str, alliance: Option<&str>, beds| Standing {
        from: NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
        to: None,
        class: "A100".to_owned(),
        level: level.to_owned(),
        alliance: alliance.map(str::to_owned),
        beds,
    };
    let of = |(code, level, alliance, beds): &(&str, &str, Option<&str>, i64)| {
        ((*code).to_owned(), vec![standing(level, *alliance, *beds)])
    };
    Register {
        region: "990001".to_owned(),
        institutions: institutions.iter().map(of).collect(),
        ..Register::default()
    }
}

/// Stays with links: a later, an earlier and an overlapping row.
pub const LINKED: &str = r#"
institution = "ORG"
period = "LEFT"
department = "WARD"
key = ["RECORD", "LEFT"]
person = { document = "KIND", number = "ID", record = "RECORD" }
due = { voluntary = true, days = 10 }
field = [
  { id = "ORG", name = "机构", type = "text", required = "must", privacy = "plain" },
  { id = "ENTERED", name = "入院时间", type = "datetime", required = "must", privacy = "plain" },
  { id = "LEFT", name = "出院时间", type = "datetime", required = "must", privacy = "plain" },
  { id = "WARD", name = "科别", type = "text", required = "must", privacy = "plain" },
  { id = "KIND", name = "证件类别", type = "text", required = "dash", privacy = "plain" },
  { id = "ID", name = "证件号码", type = "text", required = "dash", privacy = "personal" },
  { id = "RECORD", name = "病案号", type = "text", required = "must", privacy = "plain" },
  { id = "ILLNESS", name = "疾病", type = "text", required = "must", privacy = "plain" },
  { id = "DAYS", name = "住院天数", type = "integer", required = "must", privacy = "plain" },
  { id = "COST", name = "费用", type = "money", required = "must", privacy = "plain" },
  { id = "DIED", name = "死亡", type = "text", required = "must", privacy = "plain" },
  { id = "DOCTOR", name = "医师", type = "text", required = "must", privacy = "plain" },
]

[[link]]
id = "back"
name = "31日内回到本院"
other = "later"
from = "LEFT"
to = "ENTERED"
within = "31"

[[link]]
id = "back_anywhere"
name = "31日内因同一疾病回到任何一家医院"
other = "later"
across = "region"
from = "LEFT"
to = "ENTERED"
within = "31"
same = ["ILLNESS"]

[[link]]
id = "seen_before"
name = "365日内已经因同一疾病出院"
other = "earlier"
across = "region"
from = "LEFT"
to = "LEFT"
within = "365"
same = ["ILLNESS"]
where = "DIED = '0'"

[[link]]
id = "doctor_elsewhere"
name = "医师同时有别的患者"
other = "overlapping"
person = false
from = "ENTERED"
to = "LEFT"
same = ["DOCTOR"]
"#;
