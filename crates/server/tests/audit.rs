//! The audit chain on the command line.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::SmallRegion;

#[test]
fn a_chain_is_verified_and_its_heads_are_kept_outside() {
    let region = SmallRegion::new();
    let verify = |code| region.command(&["audit", "verify"]).exits(code);

    let first = verify(0).stdout();
    assert!(first.contains("审计链完整") && first.contains("已存链头 0 个"), "{first}");

    // One head a day, and the chain passes through it.
    let head = region.command(&["audit", "head"]).success().stdout();
    let again = region.command(&["audit", "head"]).success().stdout();
    assert!(again.contains("今天的链头已经保存"), "{again}");
    let kept = verify(0).stdout();
    assert!(kept.contains("已存链头 1 个") && kept.contains(head.trim()), "{head}{kept}");

    // A line that somebody has changed is not believed.
    let heads = region.dir().join("audit/heads.jsonl");
    let text = std::fs::read_to_string(&heads).unwrap();
    std::fs::write(&heads, text.replacen("\"event\":", "\"event\":1", 1)).unwrap();
    let forged = verify(1);
    assert!(forged.stdout().contains("链头文件第 1 行的签名不符"), "{}", forged.stdout());
    assert!(forged.stderr().contains("1 处问题"), "{}", forged.stderr());
}
