//! Links of a dataset and the kinds of indicator that do not add up: what is read, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{head, loaded, refused, stays, with};
use yizheng_pack::indicator::Formula;

fn indicator(id: &str, body: &str) -> String {
    head(id, "trial")
        + "domain = \"运行效率\"\ndataset = \"stays\"\ndigits = 2\ndirection = \"down\"\n"
        + body
        + "\n[words]\nnumerator = \"分子\"\ndenominator = \"分母\"\n"
}

fn linked(link: &str) -> String {
    format!("{}\n[[link]]\nid = \"again\"\nname = \"再来\"\n{link}\n", stays())
}

/// The diagnostics without their place.
fn faults(dataset: &str) -> String {
    let all = refused(&[with(&[("datasets/stays/dataset.toml", dataset)])]);
    all.lines().map(|line| line.split_once(": ").map_or(line, |(_, rest)| rest).trim()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_link_is_read_and_asked() {
    let dataset = linked("other = \"later\"\nfrom = \"B15\"\nto = \"B15\"\nwithin = \"31\"\nsame = [\"B16C\"]");
    let proportion = indicator("M1", "kind = \"proportion\"\nunit = \"%\"\nnumerator = \"linked('again') and B20 > 1\"");
    let pack = loaded(&[with(&[("datasets/stays/dataset.toml", &dataset), ("indicators/M1.toml", &proportion)])]);
    let link = &pack.datasets["stays"].links[0];
    assert_eq!((&*link.id, link.person, link.same.len()), ("again", true, 1));
    let parts = pack.indicators["M1"].parts();
    assert_eq!(&*parts[0].key, "stays: count where (B20 > 1) and linked('again')");
    assert_eq!((parts[0].of.links().len(), parts[1].of.links().len()), (1, 0));
}

#[test]
fn wrong_links_are_refused() {
    let times = "from = \"B15\"\nto = \"B15\"\n";
    for (link, expected) in [
        (format!("other = \"later\"\n{times}"), "缺少“within”：前后最多相隔多少日\n如 within = \"31\" 或 \"param('参数编号')\"，最长 400 日"),
        (format!("other = \"later\"\n{times}within = \"401\""), "within 应为 0 到 400 的整数日数，或取值如此的参数"),
        (format!("other = \"later\"\n{times}within = \"A14\""), "within 应为 0 到 400 的整数日数，或取值如此的参数"),
        (format!("other = \"overlapping\"\n{times}within = \"1\""), "时间重叠（overlapping）不写 within"),
        (
            format!("other = \"overlapping\"\nperson = false\n{times}"),
            "既不按人、又没有 same，任何两行都会关联\n写 person = true，或在 same 中写相同的数据项",
        ),
        (
            "other = \"later\"\nfrom = \"B15\"\nto = \"date(B15)\"\nwithin = \"1\"".to_owned(),
            "from 和 to 应同为日期或同为日期时间，实际是日期时间和日期",
        ),
        (
            format!("other = \"later\"\n{times}within = \"1\"\nsame = [\"A20\"]"),
            "“A20”是个人信息，另行加密存放，指标不能使用",
        ),
    ] {
        assert_eq!(faults(&linked(&link)).replace("提示：", ""), expected, "{link}");
    }
}

#[test]
fn a_check_cannot_ask_for_other_rows() {
    let dataset = linked("other = \"later\"\nfrom = \"B15\"\nto = \"B15\"\nwithin = \"31\"");
    let check = head("T1", "trial")
        + "severity = \"warning\"\nelements = [\"B15\"]\nsource = \"甲\"\nremedy = \"改\"\nrequire = \"linked('again')\"\n";
    let got = refused(&[with(&[("datasets/stays/dataset.toml", &dataset), ("datasets/stays/checks/T1.toml", &check)])]);
    assert!(got.contains("linked 只能用在指标中：校验规则不看其他月份、其他机构的数据行"), "{got}");
    let wrong = indicator("M1", "kind = \"total\"\nnumerator = \"linked('agian')\"");
    let got = refused(&[with(&[("datasets/stays/dataset.toml", &dataset), ("indicators/M1.toml", &wrong)])]);
    assert!(got.contains("数据集没有关联“agian”") && got.contains("是不是“again”？"), "{got}");
}

#[test]
fn what_does_not_add_up_is_read() {
    let pack = loaded(&[with(&[
        ("indicators/M1.toml", &indicator("M1", "kind = \"quantile\"\nvalue = \"B20\"\npopulation = \"A14 >= 18\"")),
        ("indicators/M2.toml", &indicator("M2", "kind = \"distinct\"\nvalue = \"B16C\"")),
        ("indicators/M3.toml", &indicator("M3", "kind = \"share\"\nunit = \"%\"\nvalue = \"B20\"\nclasses = [\"B\"]")),
        ("indicators/M4.toml", &indicator("M4", "kind = \"quotient\"\nof = \"M1\"\nby = \"M3\"")),
    ])]);
    let key = |id: &str| pack.indicators[id].parts()[0].key.to_string();
    assert_eq!(key("M1"), "stays: values B20 where (A14 >= 18) and (B20 is not null)");
    assert_eq!(key("M2"), "stays: values B16C where (B16C is not null)");
    assert_eq!(key("M3"), "stays: sum B20");
    assert!(matches!(pack.indicators["M1"].formula, Formula::Quantile { percent: 50, .. }));
    assert!(matches!(pack.indicators["M3"].formula, Formula::Share { factor: 100, .. }));
    assert_eq!(pack.indicators["M4"].formula.read_from().len(), 2);
}

#[test]
fn what_is_written_wrongly_is_refused() {
    for (body, expected) in [
        ("kind = \"quantile\"\nvalue = \"B16C\"", "此处应为数字，实际是文本"),
        ("kind = \"quantile\"\nvalue = \"B20\"\npercent = 100", "percent 应在 1 到 99 之间：50 是中位数"),
        ("kind = \"distinct\"\nvalue = \"B20 > 1\"", "此处应为文本、代码、日期或数字，实际是真假"),
        ("kind = \"quotient\"\nof = \"M1\"", "“quotient”指标缺少“by”"),
        ("kind = \"composite\"\n", "composite 至少要有两个 [[term]]（of 指标、weight 权重）"),
        ("kind = \"mean\"\nvalue = \"B20\"\npercent = 50", "“mean”指标不用“percent”"),
    ] {
        let got = refused(&[with(&[("indicators/M1.toml", &indicator("M1", body))])]);
        assert!(got.contains(expected), "{body}: {got}");
    }
    let both = [
        ("indicators/M1.toml", &indicator("M1", "kind = \"mean\"\nvalue = \"B20\"")),
        ("indicators/M2.toml", &indicator("M2", "kind = \"quotient\"\nof = \"M1\"\nby = \"M1\"")),
        ("indicators/M3.toml", &indicator("M3", "kind = \"growth\"\nof = \"M2\"")),
    ];
    let got = refused(&[with(&both.map(|(path, text)| (path, text.as_str())))]);
    assert!(got.contains("不能取自另一个由指标值算出的指标：M2"), "{got}");
}
