//! Patterns are fixed texts of this crate: compiled once, when first used.

use std::sync::LazyLock;

use regex::Regex;

/// A pattern compiled on first use.
pub type Pattern = LazyLock<Regex>;

/// The negations of a comparison: 不低于, 不得低于, 不应低于.
pub const NOT: &str = "不(?:得|能|应|可|宜|准|要|许|允许)?(?:随意|擅自|再|明显|显著)?";

/// Compiles a pattern of this crate; a test compiles all of them.
#[allow(clippy::expect_used, reason = "the patterns are constants of this crate, not data; every one is compiled by a test")]
pub fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of this crate compiles")
}

/// Declares patterns and a test that compiles them.
macro_rules! patterns {
    ($($(#[$doc:meta])* $name:ident = $pattern:expr;)+) => {
        $($(#[$doc])* static $name: crate::rules::Pattern = std::sync::LazyLock::new(|| crate::rules::compile(&$pattern));)+

        #[cfg(test)]
        #[test]
        fn patterns_compile() {
            $(std::sync::LazyLock::force(&$name);)+
        }
    };
}
pub(crate) use patterns;

/// The characters of `text` from the `from`th to before the `to`th.
pub fn characters(text: &str, from: usize, to: usize) -> String {
    text.chars().skip(from).take(to.saturating_sub(from)).collect()
}

/// How many characters stand before byte `at`.
pub fn position(text: &str, at: usize) -> usize {
    text.char_indices().take_while(|(byte, _)| *byte < at).count()
}

/// The part of `text` before byte `at`; empty where `at` is no boundary.
pub fn before(text: &str, at: usize) -> &str {
    text.get(..at).unwrap_or("")
}

/// The part of `text` from byte `at` on; empty where `at` is no boundary.
pub fn after(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or("")
}
