//! Layers: what a region may change of a lower pack, what is refused with which words, and ids that
//! have ended.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use chrono::NaiveDate;
use common::{check, head, indicator, loaded, refused, region, with};
use yizheng_pack::Pack;
use yizheng_pack::alert::{AlertSeverity, Watch};
use yizheng_pack::changelog::Periods;
use yizheng_pack::dataset::Severity;
use yizheng_pack::kind::Kind;
use yizheng_pack::load::{Layer, Status};
use yizheng_pack::period::Month;
use yizheng_pack::types::Value;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The small pack with an indicator that has targets, a check and an alert rule.
fn base() -> Layer {
    with(&[
        ("indicators/LOS.toml", &los()),
        ("datasets/stays/checks/C1.toml", &check("C1", "trial", "elements = [\"A14\"]\nrequire = \"A14 >= 0\"\n")),
        ("alerts/AL1.toml", &alert()),
    ])
}

fn los() -> String {
    indicator("LOS", "kind = \"mean\"\nvalue = \"B20\"\nunit = \"天\"")
        + r#"
[[target]]
from = 2020-01-01
at_most = "9"
source = "甲"

[[target]]
from = 2020-01-01
levels = ["3"]
at_most = "8"
source = "甲"

[[target]]
from = 2024-01-01
at_most = "8.8"
source = "乙"
"#
}

fn alert() -> String {
    head("AL1", "trial")
        + "kind = \"target\"\nby = \"institution\"\nseverity = \"medium\"\nanswer_within = 10\nmonths = 6\nindicators = [\"LOS\"]\nmissed = 2\nof = 3\nminimum_denominator = 30\n"
}

fn target(pack: &Pack, on: &str, level: &str) -> String {
    let target = pack.indicators["LOS"].target(day(on), "A100", level).unwrap();
    format!("{} {} {}", target.high.as_ref().unwrap(), target.source, target.layer)
}

#[test]
fn a_regions_target_wins_for_its_dates_and_its_class() {
    let over = r#"id = "LOS"
[[target]]
from = 2023-01-01
to = 2024-12-31
at_most = "8.5"
source = "丙"
"#;
    let pack = loaded(&[base(), region(&[("indicators/LOS.override.toml", over)])]);
    assert_eq!(target(&pack, "2022-12-31", "2"), "9 甲 0");
    assert_eq!(target(&pack, "2023-01-01", "2"), "8.5 丙 1");
    // Although the lower one of 2024 is the later.
    assert_eq!(target(&pack, "2024-12-31", "2"), "8.5 丙 1");
    assert_eq!(target(&pack, "2025-01-01", "2"), "8.8 乙 0");
    // Who is named wins over who is not.
    assert_eq!(target(&pack, "2023-06-30", "3"), "8 甲 0");
    // All of them stay to be seen.
    assert_eq!(pack.indicators["LOS"].targets.len(), 4);
    assert_eq!(pack.indicators["LOS"].meta.status, Status::Trial);
    assert_ne!(pack.fingerprint, loaded(&[base(), region(&[])]).fingerprint);
    assert_eq!(pack.version(), "small 1 + yunlan 3");
}

fn days(pack: &Pack, on: &str) -> Option<Value> {
    pack.parameters["long_stay_days"].on(day(on)).map(|dated| dated.value.clone())
}

#[test]
fn a_regions_value_holds_until_its_last_day() {
    // The small pack: 30 from 2011, 60 from 2024.
    let over = |values: &str| format!("id = \"long_stay_days\"\n{values}");
    let some = over(
        "values = [\n  { from = 2020-01-01, to = 2024-06-30, value = \"45\", source = \"丙\" },\n  { from = 2026-01-01, value = \"50\", source = \"丁\" },\n]\n",
    );
    let pack = loaded(&[base(), region(&[("parameters/long_stay_days.override.toml", &some)])]);
    let on = ["2010-12-31", "2019-12-31", "2020-01-01", "2024-06-30", "2024-07-01", "2025-12-31", "2026-01-01"];
    let expected = [None, Some(30), Some(45), Some(45), Some(60), Some(60), Some(50)];
    assert_eq!(on.map(|on| days(&pack, on)), expected.map(|n| n.map(Value::integer)));
    // Without a last day it outlives the lower layer's next value.
    let open = over("[[values]]\nfrom = 2020-01-01\nvalue = \"45\"\nsource = \"丙\"\n");
    let pack = loaded(&[base(), region(&[("parameters/long_stay_days.override.toml", &open)])]);
    assert_eq!(on.map(|on| days(&pack, on)), [None, Some(30), Some(45), Some(45), Some(45), Some(45), Some(45)].map(|n| n.map(Value::integer)));
}

#[test]
fn who_must_submit_changes_from_a_day_on() {
    // The small pack: institutions with a bed, 10 days.
    let over = r#"id = "stays"
[[due]]
from = 2025-01-15
days = 5
source = "丙"
[[due]]
from = 2025-07-01
min_beds = 20
source = "丁"
"#;
    let pack = loaded(&[base(), region(&[("datasets/stays/dataset.override.toml", over)])]);
    let due = |year, month| {
        let due = pack.datasets["stays"].due.of(Month::new(year, month).unwrap());
        (due.days, due.min_beds)
    };
    // A month follows what is in force on its last day; what is not named stays.
    assert_eq!([due(2024, 12), due(2025, 1), due(2025, 6), due(2025, 7)], [(10, 1), (5, 1), (5, 1), (5, 20)]);
    assert_eq!(pack.datasets["stays"].due.newest().min_beds, 20);
}

#[test]
fn lines_of_checks_and_alert_rules_may_be_drawn_anew() {
    let pack = loaded(&[
        base(),
        region(&[
            ("datasets/stays/checks/C1.override.toml", "id = \"C1\"\nsource = \"丙\"\nseverity = \"warning\"\n"),
            (
                "alerts/AL1.override.toml",
                "id = \"AL1\"\nsource = \"丙\"\nlimits = \"本地从严\"\nseverity = \"high\"\nanswer_within = 5\nmissed = 1\n",
            ),
        ]),
    ]);
    assert_eq!(pack.datasets["stays"].checks[0].severity, Severity::Warning);
    let rule = &pack.alerts["AL1"];
    assert_eq!((rule.severity, rule.answer_within, rule.months), (AlertSeverity::High, 5, 6));
    assert_eq!(rule.meta.limits, "本地从严");
    assert!(matches!(&rule.watch, Watch::Target { missed: 1, of: 3, minimum_denominator: 30, .. }));
    // Who turns an indicator off says what the rule watches instead.
    let off = ("indicators/LOS.override.toml", "id = \"LOS\"\nsource = \"丙\"\nstatus = \"draft\"\nlimits = \"本地不用\"\n");
    assert_eq!(
        refused(&[base(), region(&[off])]),
        "p/alerts/AL1.toml:12:15: 指标 LOS 没有启用\n    \
         提示：本地不用这个指标时，在这条规则的覆盖文件（.override.toml）中重写 indicators"
    );
    let other = los().replace("\"LOS\"", "\"LOS2\"");
    let instead = ("alerts/AL1.override.toml", "id = \"AL1\"\nsource = \"丙\"\nindicators = [\"LOS2\"]\n");
    let pack = loaded(&[base(), region(&[off, instead, ("indicators/LOS2.toml", &other)])]);
    assert_eq!(pack.alerts["AL1"].indicators().iter().map(AsRef::as_ref).collect::<Vec<_>>(), ["LOS2"]);
    assert_eq!((pack.indicators["LOS"].meta.status, pack.indicators["LOS"].meta.limits.as_str()), (Status::Draft, "本地不用"));
}

#[test]
fn an_override_changes_what_it_may_and_says_why() {
    let pack = |files: &[(&str, &str)]| refused(&[base(), region(files)]);
    assert_eq!(
        pack(&[("indicators/LOS.override.toml", "id = \"LOS\"\nvalue = \"A14\"\n")]),
        "r/indicators/LOS.override.toml:2:1: “value”不能覆盖\n    \
         提示：可以覆盖：target、status、limits。算法、口径、单位不同就是另一个定义：用新编号另写"
    );
    assert_eq!(
        pack(&[("indicators/LOS.override.toml", "id = \"LOS2\"\nstatus = \"active\"\n")]),
        "p/indicators/LOS.toml:1:1: 启用（active）的定义旁边要有测试文件（.test.toml）\n\
         r/indicators/LOS.override.toml:1:6: 编号“LOS2”应与被覆盖的定义一致：LOS\n\
         r/indicators/LOS.override.toml:1:6: 缺少“source”\n    \
         提示：写明改动所依据的文件，如 source = \"《……》（……〔2025〕1号）\""
    );
    assert_eq!(
        pack(&[("indicators/LOS.override.toml", "id = \"LOS\"\nsource = \"丙\"\nstatus = \"retired\"\n")]),
        "r/indicators/LOS.override.toml:3:10: 编号只能由定义它的包停用\n    \
         提示：本地不用时写 status = \"draft\"，并在 limits 中说明原因"
    );
    assert_eq!(
        pack(&[("indicators/LOS.override.toml", "id = \"LOS\"\nsource = \"丙\"\nstatus = \"draft\"\n")]),
        "r/indicators/LOS.override.toml:3:10: 改为草稿（draft）要在 limits 中写明原因"
    );
    assert_eq!(
        pack(&[("indicators/LOSS.override.toml", "id = \"LOSS\"\n")]),
        "r/indicators/LOSS.override.toml:1:1: 下层的包中没有 indicators/LOSS.toml，没有可覆盖的定义\n    提示：是不是“LOS”？"
    );
    assert_eq!(
        pack(&[("codelists/RC001.override.toml", "id = \"RC001\"\n")]),
        "r/codelists/RC001.override.toml:1:1: 这里没有可以逐项覆盖的定义：可以覆盖指标、参数、预警规则、校验规则和数据集（datasets/<编号>/dataset.override.toml）"
    );
    // A number of the rule that does not fit the others any more.
    assert_eq!(
        pack(&[("alerts/AL1.override.toml", "id = \"AL1\"\nsource = \"丙\"\nmissed = 4\n")]),
        "p/alerts/AL1.toml:7:8: missed（4）应在 1 到 of（3）之间\n    提示：定义被 r/alerts/AL1.override.toml 改过，请一并核对"
    );
    assert_eq!(
        pack(&[(
            "datasets/stays/dataset.override.toml",
            "id = \"stays\"\n[[due]]\nfrom = 2025-01-01\ndays = 10\nsource = \"\"\n"
        )]),
        "r/datasets/stays/dataset.override.toml:2:1: 没有改动应报范围和期限\n    \
         提示：写明要改的：voluntary、min_beds、classes、levels、days\n\
         r/datasets/stays/dataset.override.toml:5:10: “source”不能为空"
    );
    assert_eq!(
        pack(&[(
            "parameters/long_stay_days.override.toml",
            "id = \"long_stay_days\"\nvalues = [\n{ from = 2025-01-01, to = 2024-01-01, value = \"x\", source = \"丙\" },\n]\n"
        )]),
        "r/parameters/long_stay_days.override.toml:3:47: “x”不是整数"
    );
    assert_eq!(
        refused(&[with(&[("parameters/dash_rate.override.toml", "id = \"dash_rate\"\n")])]),
        "p/parameters/dash_rate.override.toml:1:1: 覆盖文件只改下层包的定义；parameters/dash_rate.toml 就在本包内，请直接修改"
    );
}

#[test]
fn a_file_is_replaced_whole_only_for_a_reason() {
    let own = los().replace("B20", "A14");
    assert_eq!(
        refused(&[base(), region(&[("indicators/LOS.toml", &own)])]),
        "r/indicators/LOS.toml:1:1: 这个文件整份替换了 p/indicators/LOS.toml\n    \
         提示：只改目标值、期限、参数值、级别或状态的，改写成 indicators/LOS.override.toml；算法不同的用新编号；确要整份替换，写 replaces = \"原因\""
    );
    let said = format!("replaces = \"本地数据没有住院天数\"\n{own}");
    assert_eq!(loaded(&[base(), region(&[("indicators/LOS.toml", &said)])]).indicators["LOS"].targets[0].layer, 1);
    assert_eq!(
        refused(&[base(), region(&[("indicators/LOS.toml", &said.replace("本地数据没有住院天数", " "))])]),
        "r/indicators/LOS.toml:1:12: “replaces”不能为空"
    );
    assert_eq!(
        refused(&[base(), region(&[("indicators/LOS2.toml", &said.replace("\"LOS\"", "\"LOS2\""))])]),
        "r/indicators/LOS2.toml:1:12: 下层的包中没有同一路径的定义，没有可替换的\n    提示：删去 replaces"
    );
    // A draft waits for just that.
    let codes = head("ICD10", "active") + "version = \"1\"\nentries = [ { code = \"A00\", name = \"霍乱\" } ]\n";
    assert!(loaded(&[base(), region(&[("codelists/ICD10.toml", &codes)])]).codelists.contains_key("ICD10"));
    // What changed the replaced file changes nothing any more; each layer lists its own names.
    let over = "id = \"LOS\"\n[[target]]\nfrom = 2023-01-01\nat_most = \"1\"\nsource = \"丙\"\n";
    let names = "[[indicator]]\nid = \"N1\"\nname = \"名\"\ndomain = \"域\"\nwaits_for = \"数据\"\n";
    let mut below = base();
    below.files.push(("named.toml".to_owned(), names.replace("N1", "N0")));
    let mut top = region(&[("indicators/LOS.toml", &said)]);
    top.files[0].1 = top.files[0].1.replace("yunlan", "top");
    let pack = loaded(&[below, region(&[("indicators/LOS.override.toml", over), ("named.toml", names)]), top]);
    assert_eq!(pack.indicators["LOS"].targets.len(), 3);
    assert_eq!(pack.named.keys().map(AsRef::as_ref).collect::<Vec<_>>(), ["N0", "N1"]);
}

fn ended(id: &str, more: &str) -> String {
    head(id, "retired") + "retired_on = 2025-03-01\n" + more
}

#[test]
fn what_has_ended_stays_known() {
    let files = [("indicators/LOS.toml", los()), ("indicators/OLD.toml", ended("OLD", "successor = \"LOS\"\n"))];
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let pack = loaded(&[with(&files)]);
    assert!(!pack.indicators.contains_key("OLD"));
    let old = pack.retired(Kind::Indicator, "OLD").unwrap();
    assert_eq!((old.on, old.in_words().as_str()), (day("2025-03-01"), "已于2025年3月1日停用，由“LOS”代替"));
    assert_eq!(pack.indicator_name("OLD"), Some("名"));
    assert!(pack.retired(Kind::Parameter, "OLD").is_none());
    let alone = loaded(&[with(&[("parameters/p1.toml", &ended("p1", ""))])]);
    assert_eq!(alone.retired(Kind::Parameter, "p1").unwrap().in_words(), "已于2025年3月1日停用，没有代替的参数");
}

#[test]
fn nothing_that_runs_names_what_has_ended() {
    let uses = indicator("GR", "kind = \"growth\"\nof = \"OLD\"");
    let asks = indicator("ASK", "kind = \"total\"\nnumerator = \"B20 > param('p1')\"");
    let base = with(&[
        ("indicators/LOS.toml", &los()),
        ("indicators/OLD.toml", &ended("OLD", "successor = \"LOS\"\n")),
        ("indicators/GR.toml", &uses),
        ("indicators/ASK.toml", &asks),
        ("indicators/O2.toml", &ended("O2", "successor = \"OLD\"\n")),
        ("indicators/O3.toml", &ended("O3", "successor = \"O3\"\nvalue = \"1\"\n")),
        ("indicators/O4.toml", &ended("O4", "successor = \"O4\"\n")),
        ("indicators/O5.toml", &head("O5", "retired")),
        ("parameters/p1.toml", &ended("p1", "")),
    ]);
    assert_eq!(
        refused(&[base]),
        "p/indicators/ASK.toml:12:26: 参数“p1”已于2025年3月1日停用，没有代替的参数\n\
         p/indicators/GR.toml:12:6: 指标“OLD”已于2025年3月1日停用，由“LOS”代替\n    提示：改用“LOS”\n\
         p/indicators/O2.toml:8:13: 指标“OLD”已于2025年3月1日停用，由“LOS”代替\n    提示：改用“LOS”\n\
         p/indicators/O3.toml:9:1: 不认识的键“value”\n    提示：可以写：id、name、status、purpose、legal_basis、limits、example、replaces、retired_on、successor\n\
         p/indicators/O4.toml:8:13: 代替的定义（successor）不能是自己\n\
         p/indicators/O5.toml:1:1: 缺少“retired_on”"
    );
}

#[test]
fn an_id_is_ended_by_its_own_pack_and_never_used_again() {
    assert_eq!(
        refused(&[base(), region(&[("indicators/LOS.toml", &ended("LOS", ""))])]),
        "r/indicators/LOS.toml:3:10: p/indicators/LOS.toml 的编号只能由它自己的包停用\n    \
         提示：不用它时写覆盖文件：status = \"draft\"，并在 limits 中说明原因"
    );
    let below = with(&[("indicators/LOS.toml", &ended("LOS", ""))]);
    assert_eq!(
        refused(&[below.clone(), region(&[("indicators/LOS.toml", &los())])]),
        "r/indicators/LOS.toml:1:1: 编号已由 p/indicators/LOS.toml 停用，不得再用：请用新的编号"
    );
    let over = "id = \"LOS\"\n[[target]]\nfrom = 2023-01-01\nat_most = \"1\"\nsource = \"丙\"\n";
    assert_eq!(
        refused(&[below, region(&[("indicators/LOS.override.toml", over)])]),
        "r/indicators/LOS.override.toml:1:1: p/indicators/LOS.toml 已停用，没有可覆盖的"
    );
    let elsewhere = with(&[
        ("datasets/stays/checks/C1.toml", &ended("C1", "")),
        ("datasets/other/checks/C1.toml", &check("C1", "draft", "elements = [\"A14\"]\n")),
        ("datasets/other/dataset.toml", &common::stays().replace("\"stays\"", "\"other\"")),
    ]);
    assert_eq!(
        refused(&[elsewhere]),
        "p/datasets/stays/checks/C1.toml:1:1: 停用的编号又用在另一个文件里：请给那里一个新的编号"
    );
    let codes = head("RC001", "active") + "version = \"1\"\nentries = [ { code = \"1\", name = \"男\" } ]\n";
    assert_eq!(
        refused(&[base(), region(&[("codelists/RC001.toml", &codes)])]),
        "r/codelists/RC001.toml:1:1: 这个文件整份替换了 p/codelists/RC001.toml\n    提示：确要整份替换，写 replaces = \"原因\""
    );
}

#[test]
fn a_changelog_names_what_is_known() {
    let log = |text: &str| with(&[("indicators/LOS.toml", &los()), ("CHANGELOG.toml", text)]);
    let good = r#"[[release]]
version = "unreleased"

[[release.change]]
ids = ["LOS", "long_*"]
what = "改了目标值"
from = 2024-01-01
recompute = false

[[release]]
version = "1"
date = 2024-02-01

[[release.change]]
ids = ["LOS"]
what = "首个版本"
periods = "all"
recompute = true
"#;
    let pack = loaded(&[log(good)]);
    let told: Vec<_> = pack.changelog.iter().map(|r| (r.pack.as_str(), r.version.as_str(), r.date, r.changes[0].periods)).collect();
    assert_eq!(
        told,
        [
            ("small", "unreleased", None, Periods::From(day("2024-01-01"), None)),
            ("small", "1", Some(day("2024-02-01")), Periods::All)
        ]
    );
    // It says nothing of what is computed.
    assert_eq!(pack.fingerprint, loaded(&[with(&[("indicators/LOS.toml", &los())])]).fingerprint);
    let bad = r#"[[release]]
version = "2"

[[release.change]]
ids = ["LOSS", "x*"]
what = " "
recompute = true

[[release.change]]
ids = []
what = "无"
periods = "none"
recompute = true
"#;
    assert_eq!(
        refused(&[log(bad)]),
        "p/CHANGELOG.toml:2:11: 发布过的版本要写 date(发布日期)\n\
         p/CHANGELOG.toml:2:11: 没有本版本（1）的更新记录：发布过的版本由新到旧，第一个应是它\n\
         p/CHANGELOG.toml:5:8: 没有定义“LOSS”\n    提示：是不是“LOS”？\n\
         p/CHANGELOG.toml:5:16: 没有定义“x*”\n\
         p/CHANGELOG.toml:6:8: “what”不能为空\n\
         p/CHANGELOG.toml:6:8: 没有写明影响哪些报告期的值\n    \
         提示：写 periods = \"all\"(全部)、\"none\"(不影响)、\"later\"(此后报送的)之一，或者 from = 起始日期（可加 to）\n\
         p/CHANGELOG.toml:10:7: ids 至少要有一个编号\n\
         p/CHANGELOG.toml:11:8: 不影响任何报告期的改动不需要重新计算（recompute = false）"
    );
}
