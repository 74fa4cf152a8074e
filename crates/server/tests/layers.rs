//! Layers, ended ids and versions as a user meets them: on the command line and through the API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::path::Path;

use common::{HOSPITAL, SmallRegion, run};
use yizheng::api::desk::Desk;
use yizheng::api::dto;
use yizheng::app::Region;
use yizheng_pack::scope::Scope;

const HEAD: &str = "id = \"local\"\nversion = \"7\"\nname = \"本地\"\npurpose = \"测试\"\n";

fn ended(id: &str, name: &str, successor: &str) -> String {
    format!(
        "id = \"{id}\"\nname = \"{name}\"\nstatus = \"retired\"\npurpose = \"测试\"\nlegal_basis = \"测试\"\nretired_on = 2025-03-01\n{successor}"
    )
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

#[test]
fn what_has_ended_says_since_when_and_values_say_what_they_come_from() {
    let region = SmallRegion::new();
    let own = "id = \"LOC2\"\nname = \"出院人次（本地）\"\nstatus = \"trial\"\npurpose = \"测试\"\nlegal_basis = \"测试\"\ndomain = \"运行效率\"\ndataset = \"inpatient_front_page\"\nunit = \"人次\"\ndigits = 0\ndirection = \"watch\"\nkind = \"total\"\nnumerator = \"1\"\n[words]\nnumerator = \"出院人次\"\n";
    region.add_pack(
        "local",
        &[
            ("pack.toml", HEAD),
            ("indicators/LOC1.toml", &ended("LOC1", "旧的出院人次", "successor = \"LOC2\"\n")),
            ("indicators/LOC2.toml", own),
            ("datasets/old_report/dataset.toml", &ended("old_report", "旧月报", "")),
        ],
    );
    region
        .command(&["submit", "--zero", "--dataset", "inpatient_front_page", "--institution", HOSPITAL, "--period", "2024-01"])
        .success();

    let said = "指标“LOC1”（旧的出院人次）已于2025年3月1日停用，由“LOC2”代替。";
    let months = ["--from", "2024-01", "--to", "2024-01"];
    let asked = region.command(&[&["values", "--indicator", "LOC1"], months.as_slice()].concat());
    assert_ne!(asked.code(), 0);
    assert!(asked.stderr().contains(said), "{}", asked.stderr());
    let asked = region.command(&["explain", "LOC1", "--period", "2024-01"]);
    assert!(asked.code() != 0 && asked.stderr().contains(said), "{}", asked.stderr());
    let old = region.command(&["submit", "--zero", "--dataset", "old_report", "--institution", HOSPITAL, "--period", "2024-01"]);
    assert!(old.stderr().contains("数据集“old_report”（旧月报）已于2025年3月1日停用，没有代替的数据集。"), "{}", old.stderr());

    let open = Region::open(&region.dir()).unwrap();
    let scope = Scope::whole_region("测试");
    let refusal = open.indicator(&scope, "LOC1").unwrap_err();
    assert_eq!((refusal.status().as_u16(), refusal.problem().message.as_str()), (404, said));
    let query = dto::FiguresQuery {
        indicator: Some("LOC1".to_owned()),
        period: None,
        by: None,
        institution: None,
        level: None,
    };
    assert_eq!(open.figures(&scope, &query).unwrap_err().problem().message, said);

    // The header is fixed; the versions stand in json, and beside a csv.
    let asked = |format: &str| {
        region.command(&[&["values", "--indicator", "LOC2", "--format", format], months.as_slice()].concat()).success()
    };
    let origin = open.origin();
    assert!(origin.pack.starts_with("national ") && origin.pack.ends_with(" + local 7"), "{}", origin.pack);
    let rows: serde_json::Value = serde_json::from_str(&asked("json").stdout()).unwrap();
    assert_eq!(rows[0]["pack"], origin.pack);
    assert_eq!(rows[0]["fingerprint"], origin.fingerprint);
    assert_eq!(rows[0]["program"], origin.program);
    let csv = asked("csv");
    assert_eq!(
        csv.stdout().lines().next().unwrap(),
        "indicator,institution,department,period,numerator,denominator,value,unit,target,status,reported,due,provisional"
    );
    assert!(csv.stderr().contains(&origin.in_words()), "{}", csv.stderr());
}

#[test]
fn an_alert_says_which_versions_found_it() {
    let region = SmallRegion::new();
    let submit = |month: &str| {
        region
            .command(&["submit", "--zero", "--dataset", "inpatient_front_page", "--institution", HOSPITAL, "--period", month])
            .success()
    };
    submit("2024-01");
    submit("2024-03");
    let id = region.csv(&["alerts", "--institution", HOSPITAL])[0]["id"].clone();
    let open = Region::open(&region.dir()).unwrap();
    let alert = open.alert(&Scope::whole_region("测试"), &id).unwrap();
    let found = &alert.evidence[0];
    let origin = open.origin();
    assert_eq!(
        (found.pack.as_str(), found.pack_version.as_deref(), found.program.as_deref()),
        (origin.fingerprint.as_str(), Some(origin.pack.as_str()), Some(origin.program.as_str()))
    );
}

#[test]
fn differences_are_told_by_key_with_the_periods_they_touch() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let log = "[[release]]\nversion = \"7\"\ndate = 2025-01-01\n[[release.change]]\nids = [\"EFF01\"]\nwhat = \"本地目标\"\nfrom = 2025-01-01\nrecompute = false\n";
    let target = |days: &str| format!("id = \"EFF01\"\n[[target]]\nfrom = 2025-01-01\nat_most = \"{days}\"\nsource = \"本地文件\"\n");
    write(&old, &[("pack.toml", HEAD), ("CHANGELOG.toml", log), ("indicators/EFF01.override.toml", &target("8.5"))]);
    write(&new, &[("pack.toml", HEAD), ("indicators/EFF01.override.toml", &target("8"))]);
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());

    let rows = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_str(&run(&[&["pack", "diff", "--format", "json"], arguments].concat()).success().stdout()).unwrap()
    };
    let layer = rows(&[old]);
    assert_eq!(layer.as_array().unwrap().len(), 1);
    let told = ["change", "kind", "id", "key", "old", "new", "source", "periods", "recompute", "used_by"].map(|key| layer[0][key].clone());
    let expected = serde_json::json!(["修改", "指标", "EFF01", "target[2025-01-01]", null, "≤8.5", "本地文件", "2025-01-01起", "否", null]);
    assert_eq!(serde_json::json!(told), expected);
    let version = rows(&[new, "--against", old]);
    assert_eq!((version[0]["old"].as_str(), version[0]["new"].as_str()), (Some("≤8.5"), Some("≤8")));
    assert_eq!(rows(&[old, "--against", old]), serde_json::json!([]));
    let draft = run(&["pack", "diff", new, "--against", old, "--changelog"]).success().stdout();
    assert!(draft.contains("version = \"unreleased\"") && draft.contains("ids = [\"EFF01\"]"), "{draft}");

    // Nothing to compare with is wrong use; wrong definitions fail.
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/national");
    assert_eq!(run(&["pack", "diff", root]).code(), 2);
    run(&["pack", "check", old]).success();
    let silent = run(&["pack", "check", new]).exits(1);
    assert!(silent.stderr().contains("local 没有 CHANGELOG.toml"), "{}", silent.stderr());
    write(Path::new(new), &[("indicators/EFF01.override.toml", "id = \"EFF01\"\nvalue = \"A14\"\n")]);
    let wrong = run(&["pack", "diff", new]).exits(1);
    assert!(wrong.stderr().contains("new/indicators/EFF01.override.toml:2:1: “value”不能覆盖"), "{}", wrong.stderr());
}
