//! A small pack in memory for the tests of this crate.

#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use yizheng_pack::Pack;
use yizheng_pack::load::{Layer, load};

/// The head of a definition: id, name and what must not be empty.
pub fn head(id: &str, status: &str) -> String {
    format!(
        "id = \"{id}\"\nname = \"名\"\nstatus = \"{status}\"\npurpose = \"用途\"\nlegal_basis = \"依据\"\nlimits = \"限制\"\n"
    )
}

pub const PACK: &str = "id = \"small\"\nversion = \"1\"\nname = \"小\"\npurpose = \"测试\"\n";

pub fn sexes() -> String {
    head("RC001", "active")
        + r#"version = "GB/T 2261.1"
entries = [
  { code = "1", name = "男", also = ["01"] },
  { code = "2", name = "女", also = ["02"] },
]
"#
}

pub fn grades() -> String {
    head("GRADES", "active")
        + r#"version = "2022"
entries = [ { code = "47.0100", name = "腹腔镜阑尾切除术", attributes = { level = "2" } } ]
"#
}

pub fn awaited() -> String {
    head("ICD10", "draft") + "version = \"\"\n"
}

pub fn long_stay() -> String {
    head("long_stay_days", "active")
        + r#"type = "integer"
unit = "天"
values = [
  { from = 2011-01-01, value = "30", source = "甲" },
  { from = 2024-01-01, value = "60", source = "乙" },
]
"#
}

pub fn share() -> String {
    head("dash_rate", "active")
        + "type = \"decimal(2)\"\nvalues = [ { from = 2020-01-01, value = \"0.05\", source = \"甲\" } ]\n"
}

pub fn stays() -> String {
    head("stays", "active")
        + r#"institution = "A01"
period = "B15"
department = "B16C"
key = ["A48", "A49"]
listed = ["A48"]
person = { document = "A12C", number = "A20", record = "A48" }
due = { min_beds = 1, days = 10 }
field = [
  { id = "A01", name = "机构代码", type = "text", required = "must", privacy = "plain", column_required = true },
  { id = "A48", name = "病案号", type = "text", required = "must", privacy = "plain" },
  { id = "A49", name = "住院次数", type = "integer", required = "must", privacy = "plain" },
  { id = "A12C", name = "性别", type = "code(RC001)", required = "must", privacy = "plain" },
  { id = "A13", name = "出生日期", type = "date", required = "dash", privacy = "personal" },
  { id = "A14", name = "年龄", type = "integer", required = "dash", privacy = "plain" },
  { id = "A20", name = "证件号码", type = "text", required = "dash", privacy = "personal", max_length = 18 },
  { id = "B12", name = "入院时间", type = "datetime", required = "must", privacy = "plain" },
  { id = "B15", name = "出院时间", type = "datetime", required = "must", privacy = "plain" },
  { id = "B16C", name = "出院科别", type = "text", required = "must", privacy = "plain" },
  { id = "B20", name = "住院天数", type = "integer", required = "must", privacy = "plain" },
  { id = "D01", name = "总费用", type = "money", required = "must", privacy = "plain" },
  { id = "D11", name = "一般医疗服务费", type = "money", required = "must", privacy = "plain" },
  { id = "C03C", name = "主要诊断编码", type = "text", required = "must", privacy = "plain" },
  { id = "C14x01C", name = "主要手术编码", type = "text", required = "optional", privacy = "plain" },
  { id = "C16x01", name = "主要手术日期", type = "date", required = "optional", privacy = "plain" },
]

[[group]]
id = "diagnosis"
name = "出院诊断"
last_slot = 40
members = [
  { id = "code", name = "其他诊断编码", type = "text", main = "C03C", element = "C06x{}C", privacy = "plain" },
]

[[group]]
id = "operation"
name = "手术"
last_slot = 40
members = [
  { id = "code", name = "其他手术编码", type = "text", main = "C14x01C", element = "C35x{}C", privacy = "plain" },
  { id = "date", name = "其他手术日期", type = "date", main = "C16x01", element = "C37x{}", privacy = "plain" },
  { id = "level", name = "其他手术级别", type = "integer", element = "C38x{}", privacy = "plain" },
]
"#
}

/// An indicator on trial over the small pack's stays.
pub fn indicator(id: &str, body: &str) -> String {
    head(id, "trial")
        + "domain = \"运行效率\"\ndataset = \"stays\"\ndigits = 2\ndirection = \"down\"\n"
        + body
        + "\n[words]\nnumerator = \"分子\"\ndenominator = \"分母\"\n"
}

/// A check of the small pack's stays.
pub fn check(id: &str, status: &str, body: &str) -> String {
    head(id, status) + "severity = \"error\"\nsource = \"甲\"\nremedy = \"改\"\n" + body
}

/// A layer of its own above the small pack.
pub fn region(files: &[(&str, &str)]) -> Layer {
    let head = "id = \"yunlan\"\nversion = \"3\"\nname = \"云岚\"\npurpose = \"地区\"\n";
    let files = std::iter::once(("pack.toml", head)).chain(files.iter().copied());
    Layer { name: "r".to_owned(), files: files.map(|(path, text)| (path.to_owned(), text.to_owned())).collect() }
}

/// The files of the small pack, without checks and indicators.
pub fn files() -> Vec<(String, String)> {
    [
        ("pack.toml", PACK.to_owned()),
        ("codelists/RC001.toml", sexes()),
        ("codelists/GRADES.toml", grades()),
        ("codelists/ICD10.toml", awaited()),
        ("parameters/long_stay_days.toml", long_stay()),
        ("parameters/dash_rate.toml", share()),
        ("datasets/stays/dataset.toml", stays()),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text))
    .collect()
}

/// The small pack with some files added or replaced.
pub fn with(more: &[(&str, &str)]) -> Layer {
    let mut files = files();
    for (path, text) in more {
        files.retain(|(other, _)| other != path);
        files.push(((*path).to_owned(), (*text).to_owned()));
    }
    Layer { name: "p".to_owned(), files }
}

pub fn loaded(layers: &[Layer]) -> Pack {
    load(layers).unwrap_or_else(|diagnostics| panic!("{}", shown(&diagnostics)))
}

/// The diagnostics of a load that must fail, one after another.
pub fn refused(layers: &[Layer]) -> String {
    match load(layers) {
        Ok(_) => "nothing is wrong".to_owned(),
        Err(diagnostics) => shown(&diagnostics),
    }
}

fn shown(diagnostics: &[yizheng_pack::load::Diagnostic]) -> String {
    diagnostics.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A pack folder of this repository.
pub fn folder(name: &str) -> Layer {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(name);
    let mut layer = Layer { name: format!("packs/{name}"), files: Vec::new() };
    read(&root, &root, &mut layer);
    layer
}

fn read(folder: &Path, root: &Path, layer: &mut Layer) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read(&path, root, layer);
        } else if path.extension().is_some_and(|extension| extension == "toml") {
            let within = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            layer.files.push((within, std::fs::read_to_string(&path).unwrap()));
        }
    }
}
