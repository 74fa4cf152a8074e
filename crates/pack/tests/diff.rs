//! What one state of the definitions changed against another, worked out by hand on small packs.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{check, head, indicator, loaded, region, with};
use yizheng_pack::diff::{diff, draft};
use yizheng_pack::load::Layer;

const TARGET: &str = "\n[[target]]\nfrom = 2020-01-01\nat_most = \"9\"\nsource = \"甲\"\n";

fn los() -> String {
    indicator("LOS", "kind = \"mean\"\nvalue = \"B20\"\nunit = \"天\"") + TARGET
}

fn long() -> String {
    indicator("LONG", "kind = \"proportion\"\nunit = \"%\"\nnumerator = \"B20 > param('long_stay_days')\"")
}

fn base(more: &[(&str, &str)]) -> Layer {
    let (los, long) = (los(), long());
    let check = check("C1", "trial", "elements = [\"A14\"]\nrequire = \"A14 >= 0\"\n");
    let mut files = vec![
        ("indicators/LOS.toml", los.as_str()),
        ("indicators/LONG.toml", long.as_str()),
        ("datasets/stays/checks/C1.toml", check.as_str()),
    ];
    for (path, text) in more {
        files.retain(|(other, _)| other != path);
        files.push((path, text));
    }
    with(&files)
}

/// Each difference on a line: what, kind, id, key, old, new, periods, whether to compute anew, by whom
/// it is used.
fn told(before: &[Layer], after: &[Layer]) -> String {
    let line = |one: &yizheng_pack::diff::Difference| {
        let anew = if one.recompute { "重算" } else { "不重算" };
        let (what, kind, periods) = (one.what.in_chinese(), one.kind.in_chinese(), one.periods.in_words());
        let used = one.used_by.join("、");
        format!("{what}|{kind}|{}|{}|{}|{}|{periods}|{anew}|{}|{used}", one.id, one.key, one.old, one.new, one.source)
    };
    diff(before, after).unwrap_or_else(|wrong| panic!("{wrong:?}")).iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_same_is_no_difference() {
    assert_eq!(told(&[base(&[])], &[base(&[])]), "");
    assert_eq!(told(&[base(&[])], &[base(&[]), region(&[])]), "");
}

#[test]
fn what_a_region_changed() {
    let files = [
        (
            "indicators/LOS.override.toml",
            "id = \"LOS\"\n[[target]]\nfrom = 2025-01-01\nto = 2025-12-31\nat_most = \"8.5\"\nsource = \"丙\"\n[[target]]\nfrom = 2025-01-01\nlevels = [\"3\"]\nat_most = \"7\"\nsource = \"丙\"\n",
        ),
        (
            "parameters/long_stay_days.override.toml",
            "id = \"long_stay_days\"\nvalues = [ { from = 2025-01-01, to = 2025-06-30, value = \"45\", source = \"丁\" } ]\n",
        ),
        ("datasets/stays/dataset.override.toml", "id = \"stays\"\n[[due]]\nfrom = 2025-01-01\ndays = 5\nsource = \"戊\"\n"),
        ("datasets/stays/checks/C1.override.toml", "id = \"C1\"\nsource = \"己\"\nseverity = \"warning\"\n"),
    ];
    let own = head("p_new", "active") + "type = \"text\"\nvalues = [ { from = 2025-01-01, value = \"x\", source = \"甲\" } ]\n";
    let mut files = files.to_vec();
    files.push(("parameters/p_new.toml", &own));
    assert_eq!(
        told(&[base(&[])], &[base(&[]), region(&files)]),
        "\
修改|数据集|stays|due_changes[2025-01-01]|days=10，min_beds=1|days=5|2025-01-01起|重算|戊|
修改|校验规则|C1|severity|error|warning|此后报送的|不重算|己|
修改|指标|LOS|target[2025-01-01]|≤9|≤8.5|2025-01-01至2025-12-31|不重算|丙|
修改|指标|LOS|target[2025-01-01]|≤9|≤7（级别3）|2025-01-01起|不重算|丙|
修改|参数|long_stay_days|values[2025-01-01]|60|45|2025-01-01至2025-06-30|重算|丁|LONG
新增|参数|p_new||||无|不重算|依据|"
    );
}

#[test]
fn what_a_version_changed() {
    let los = los()
        .replace("value = \"B20\"", "value = \"A14\"")
        .replace("at_most = \"9\"", "at_most = \"8\"")
        .replace("purpose = \"用途\"", "purpose = \"新用途\"");
    let growth = indicator("GR", "kind = \"growth\"\nof = \"LOS\"");
    let days = common::long_stay().replace("{ from = 2024-01-01, value = \"60\", source = \"乙\" },", "");
    let sexes = common::sexes().replace("name = \"男\"", "name = \"男性\"").replace("  { code = \"2\", name = \"女\", also = [\"02\"] },\n", "");
    let stays = common::stays().replace("due = { min_beds = 1, days = 10 }", "due = { min_beds = 1, days = 15 }").replace(
        "name = \"年龄\", type = \"integer\"",
        "name = \"岁数\", type = \"decimal(1)\"",
    );
    let case = "[[case]]\nname = \"均数\"\nrows = \"\"\"\nA14\n4\n7\n\"\"\"\nnumerator = \"11\"\ndenominator = \"2\"\nvalue = \"5.50\"\n";
    let old = head("LONG", "retired") + "retired_on = 2025-03-01\nsuccessor = \"LOS\"\n";
    let after = base(&[
        ("indicators/LOS.toml", &los),
        ("indicators/GR.toml", &growth),
        ("indicators/LONG.toml", &old),
        ("parameters/long_stay_days.toml", &days),
        ("codelists/RC001.toml", &sexes),
        ("datasets/stays/dataset.toml", &stays),
        ("indicators/LOS.test.toml", case),
    ]);
    let before = base(&[("indicators/GR.toml", &growth)]);
    assert_eq!(
        told(&[before.clone()], &[after.clone()]),
        "\
修改|数据集|stays|due.days|10|15|全部|重算||
修改|数据集|stays|field[A14].name|年龄|岁数|无|不重算||
修改|数据集|stays|field[A14].type|integer|decimal(1)|全部|重算||
停用|指标|LONG|||已于2025年3月1日停用，由“LOS”代替|全部|不重算||
修改|指标|LOS|purpose|用途|新用途|无|不重算||
修改|指标|LOS|target[2020-01-01]|≤9|≤8|2020-01-01起|不重算|甲|
修改|指标|LOS|value|B20|A14|全部|重算||GR
修改|指标|LOS|test||测试用例有改动|无|不重算||
修改|参数|long_stay_days|values[2024-01-01]|60|30|2024-01-01起|重算|乙|
修改|代码表|RC001|entries[1].name|男|男性|无|不重算||
修改|代码表|RC001|entries[2]|also=02，code=2，name=女||全部|重算||stays"
    );
    let without = with(&[("indicators/LOS.toml", &los)]);
    let gone = told(&[after.clone()], &[without]);
    assert!(gone.contains("\n删除|校验规则|C1||||此后报送的|不重算||\n"), "{gone}");
    assert!(gone.contains("\n删除|指标|GR||||全部|不重算||\n"), "{gone}");
}

#[test]
fn a_draft_of_the_entry_loads() {
    let los = los().replace("at_most = \"9\"", "at_most = \"8\"");
    let (before, after) = (base(&[]), base(&[("indicators/LOS.toml", &los)]));
    let text = draft(&diff(&[before], &[after.clone()]).unwrap(), "1", "2025-05-01".parse().ok());
    assert_eq!(
        text,
        "[[release]]\nversion = \"1\"\ndate = 2025-05-01\n\n[[release.change]]\nids = [\"LOS\"]\n\
         what = \"修改指标的 target：（请写明改了什么、为什么）\"\nfrom = 2020-01-01\nrecompute = false\n"
    );
    let mut logged = after;
    logged.files.push(("CHANGELOG.toml".to_owned(), text));
    assert_eq!(loaded(&[logged]).changelog[0].changes[0].ids, ["LOS"]);
}
