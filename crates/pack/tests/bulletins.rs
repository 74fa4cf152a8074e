//! Bulletin kinds: what is read, and what is refused with which words.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{head, loaded, refused, with};
use yizheng_pack::bulletin::BulletinKind;
use yizheng_pack::load::Layer;

const MEAN: &str = "direction = \"down\"\ndomain = \"运行效率\"\ndataset = \"stays\"\ndigits = 2\nkind = \"mean\"\nvalue = \"B20\"\n[words]\nnumerator = \"分子\"\ndenominator = \"分母\"\n";
const KIND: &str = r#"title = "{region}{period}通报"
issuer = "{region}卫生健康局"
mark = "{region}卫生健康局文件"
main_to = "各医疗机构"
printed_by = "办公室"
minimum_denominator = 30
answer_within = 10
indicators = ["EFF01"]
opening = "现通报{period}情况。"
demands = ["一", "二"]
"#;

fn layers(kind: &str) -> [Layer; 1] {
    let (indicator, kind) = (head("EFF01", "trial") + MEAN, head("core", "active") + kind);
    [with(&[("indicators/EFF01.toml", indicator.as_str()), ("bulletins/core.toml", kind.as_str())])]
}

#[test]
fn a_kind_is_read_and_changes_no_value() {
    let pack = loaded(&layers(KIND));
    let kind = pack.running_bulletins().next().unwrap();
    assert_eq!((kind.indicators.as_slice(), kind.minimum_denominator, kind.answer_within), (["EFF01".into()].as_slice(), 30, 10));
    assert_eq!((kind.number_head.as_str(), kind.copy_to.as_str(), kind.demands.len()), ("", "", 2));
    let period = "2024-Q1".parse().unwrap();
    assert_eq!(BulletinKind::fill(&kind.title, "云澜市", period), "云澜市2024年第1季度通报");
    let other = loaded(&layers(&KIND.replace("现通报", "现将")));
    assert_eq!(pack.fingerprint, other.fingerprint);
}

#[test]
fn wrong_kinds_are_refused() {
    for (from, to, says) in [
        ("[\"EFF01\"]", "[\"EFF1\"]", "没有指标“EFF1”"),
        ("[\"EFF01\"]", "[]", "没有核心指标"),
        ("[\"EFF01\"]", "[\"EFF01\", \"EFF01\"]", "重复"),
        ("现通报{period}", "现通报{month}", "不认识的占位"),
        ("\"各医疗机构\"", "\" \"", "“main_to”不能为空"),
        ("[\"一\", \"二\"]", "[\"一\", \"\"]", "“demands”不能为空"),
    ] {
        let text = refused(&layers(&KIND.replace(from, to)));
        assert!(text.contains(says) && text.contains("bulletins/core.toml"), "{says}: {text}");
    }
}
