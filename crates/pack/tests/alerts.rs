//! Alert rules: what is read, as what, and what is refused with which words.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{head, loaded, refused, with};
use yizheng_pack::alert::{AlertBy, AlertOutcome, AlertSeverity, RuleSet, Side, Watch};
use yizheng_pack::load::Layer;

const MEAN: &str = "domain = \"运行效率\"\ndataset = \"stays\"\ndigits = 2\nkind = \"mean\"\nvalue = \"B20\"\n[words]\nnumerator = \"分子\"\ndenominator = \"分母\"\n";
const TARGET: &str = "[[target]]\nfrom = 2024-01-01\nat_most = \"8\"\nsource = \"文件\"\n";

const COMMON: &str = "by = \"institution\"\nseverity = \"medium\"\nanswer_within = 10\nmonths = 3\n";
const CONTROL: &str = "kind = \"control\"\nrules = \"nelson\"\nwindow = 24\nbaseline = 12\nminimum_points = 10\nminimum_denominator = 30\n";

/// A pack with EFF01 (down, with a target), EFF02 (watch) and EFF03 (a draft), and one rule.
fn layers(rule: &str, tests: Option<&str>) -> [Layer; 1] {
    let down = head("EFF01", "trial") + "direction = \"down\"\n" + MEAN + TARGET;
    let watch = head("EFF02", "trial") + "direction = \"watch\"\n" + MEAN;
    let draft = head("EFF03", "draft") + "direction = \"down\"\n" + MEAN;
    let rule = head("AL1", "trial") + COMMON + rule;
    let mut files = vec![
        ("indicators/EFF01.toml", down.as_str()),
        ("indicators/EFF02.toml", watch.as_str()),
        ("indicators/EFF03.toml", draft.as_str()),
        ("alerts/AL1.toml", rule.as_str()),
    ];
    files.extend(tests.map(|tests| ("alerts/AL1.test.toml", tests)));
    [with(&files)]
}

/// The diagnostics, without the lines that help.
fn faults(layers: &[Layer]) -> Vec<String> {
    refused(layers).lines().filter(|line| !line.starts_with(' ')).map(str::to_owned).collect()
}

#[test]
fn rules_are_read() {
    let pack = loaded(&layers(&format!("{CONTROL}indicators = [\"EFF01\", \"EFF02\"]\nside = \"both\"\n"), None));
    let rule = &pack.alerts["AL1"];
    assert_eq!((rule.by, rule.severity, rule.answer_within, rule.months), (AlertBy::Institution, AlertSeverity::Medium, 10, 3));
    let expected = Watch::Control {
        indicators: vec!["EFF01".into(), "EFF02".into()],
        rules: RuleSet::Nelson,
        window: 24,
        baseline: 12,
        minimum_points: 10,
        minimum_denominator: 30,
        side: Side::Both,
    };
    assert_eq!(rule.watch, expected);

    // Of a domain those that run and have a worse side.
    let pack = loaded(&layers(&format!("{CONTROL}domains = [\"运行效率\"]\n"), None));
    assert_eq!(pack.alerts["AL1"].indicators(), ["EFF01".into()]);
    let pack = loaded(&layers("kind = \"target\"\ndomains = [\"运行效率\"]\nmissed = 2\nof = 3\nminimum_denominator = 30\n", None));
    let expected = Watch::Target { indicators: vec!["EFF01".into()], missed: 2, of: 3, minimum_denominator: 30 };
    assert_eq!(pack.alerts["AL1"].watch, expected);
    let pack = loaded(&layers("kind = \"overdue\"\ndays = 5\n", None));
    assert_eq!(pack.alerts["AL1"].watch, Watch::Overdue { datasets: vec![], days: 5 });
    assert_eq!(pack.running_alerts().count(), 1);
}

#[test]
fn what_a_rule_means_for_values_is_nothing() {
    let before = loaded(&layers("kind = \"overdue\"\ndays = 5\n", None)).fingerprint;
    assert_eq!(loaded(&layers("kind = \"overdue\"\ndays = 6\n", None)).fingerprint, before);
}

#[test]
fn wrong_rules_are_refused() {
    let one = |rule: &str, part: &str| {
        let all = faults(&layers(rule, None));
        assert!(all.len() == 1 && all[0].contains(part), "{part}: {all:?}");
    };
    one("kind = \"controll\"\n", "没有预警种类“controll”");
    one("kind = \"overdue\"\ndays = 5\nmissed = 2\n", "“overdue”预警不用“missed”");
    one("kind = \"overdue\"\n", "缺少“days”");
    one("kind = \"overdue\"\ndays = 5\ndatasets = [\"stay\"]\n", "没有数据集“stay”");
    one(&CONTROL.replace("minimum_denominator = 30\n", "indicators = [\"EFF01\"]\n"), "缺少“minimum_denominator”");
    one(&format!("{CONTROL}indicators = [\"EFF02\"]\n"), "要写 side = \"both\"");
    one(&format!("{CONTROL}indicators = [\"EFF03\"]\n"), "没有启用");
    one(&format!("{CONTROL}indicators = [\"EFF09\"]\n"), "没有指标“EFF09”");
    one(&format!("{CONTROL}indicators = [\"EFF01\"]\nside = \"worse\"\n"), "没有取值“worse”");
    one(&format!("{}indicators = [\"EFF01\"]\n", CONTROL.replace("nelson", "nelsen")), "没有判异准则“nelsen”");
    one(&format!("{}indicators = [\"EFF01\"]\n", CONTROL.replace("window = 24", "window = 12")), "window（12）应大于 baseline（12）");
    one(&format!("{}indicators = [\"EFF01\"]\n", CONTROL.replace("points = 10", "points = 5")), "minimum_points（5）");
    one(CONTROL, "indicators 与 domains 要写、也只写一个");
    one("kind = \"target\"\nindicators = [\"EFF02\"]\nmissed = 2\nof = 3\nminimum_denominator = 30\n", "没有目标值");
    one("kind = \"target\"\nindicators = [\"EFF01\"]\nmissed = 4\nof = 3\nminimum_denominator = 30\n", "missed（4）应在 1 到 of（3）之间");
}

#[test]
fn cases_are_read() {
    let rule = "kind = \"target\"\nindicators = [\"EFF01\"]\nmissed = 1\nof = 1\nminimum_denominator = 30\n";
    let tests = "[[case]]\nname = \"例\"\nindicator = \"EFF01\"\ninstitution = { class = \"A100\", level = \"32\" }\nseries = \"\"\"\nmonth | value | denominator | provisional | expect\n2024-01 | 8.25 | 40 | no | alarm\n2024-02 | - | - | yes | not_judged\n\"\"\"\n";
    let pack = loaded(&layers(rule, Some(tests)));
    let case = &pack.alert_tests[0].cases[0];
    assert_eq!((case.class.as_str(), case.level.as_str(), case.points.len()), ("A100", "32", 2));
    let (first, second) = (&case.points[0], &case.points[1]);
    assert_eq!(first.value.as_ref().unwrap().to_string(), "8.25");
    assert_eq!((first.provisional, first.expect), (false, AlertOutcome::Alarm));
    assert_eq!((second.value.clone(), second.provisional, second.expect), (None, true, AlertOutcome::NotJudged));

    for (from, to, part) in [
        ("2024-02 |", "2024-03 |", "各月应连续"),
        ("| alarm", "| alert", "expect 写 alarm、clear 或 not_judged"),
        ("8.25", "8,25", "“8,25”不是数字"),
        ("| value |", "| valeu |", "没有列“valeu”"),
        ("indicator = \"EFF01\"\n", "today = 2024-01-01\n", "这条规则的测试要写 indicator"),
        ("indicator = \"EFF01\"", "indicator = \"EFF02\"", "没有这条规则监测的指标“EFF02”"),
    ] {
        let all = faults(&layers(rule, Some(&tests.replacen(from, to, 1))));
        assert!(all.len() == 1 && all[0].contains(part), "{part}: {all:?}");
    }
}
