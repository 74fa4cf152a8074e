//! What is wrong with an expression, and the nearest right name.

use super::Span;

/// Something wrong in an expression, for the person who writes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{}: {message}", at.line, at.column)]
pub struct ExprError {
    /// Place within the expression's text.
    pub at: Span,
    /// What is wrong, in Chinese.
    pub message: String,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

impl ExprError {
    pub(crate) fn new(at: Span, message: impl Into<String>) -> Self {
        Self { at, message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}

/// A question naming the known word that is nearest to `word`, if one is near.
pub fn did_you_mean<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    // A third of the letters may be wrong, one at least; letters of the other case count half. A
    // word that was broken off is near too.
    let allowed = (word.chars().count() * 2 / 3).max(2);
    let lower = word.to_lowercase();
    let distance = |candidate: &str| {
        let strict = strsim::damerau_levenshtein(word, candidate);
        let loose = strsim::damerau_levenshtein(&lower, &candidate.to_lowercase());
        strict + loose
    };
    known
        .map(|candidate| (distance(candidate), !candidate.to_lowercase().starts_with(&lower), candidate))
        .filter(|(distance, other, _)| *distance <= allowed || (!other && lower.chars().count() >= 3))
        .min()
        .map(|(_, _, candidate)| format!("是不是“{candidate}”？"))
}
