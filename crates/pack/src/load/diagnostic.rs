//! What is wrong with a definition, and where.

use std::fmt;
use std::ops::Range;

use crate::expr::{ExprError, Span};

/// Something wrong in a definition file, for the person who writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// The layer's name and the path within it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What is wrong, in Chinese.
    pub message: String,
    /// What to write instead, where that is known.
    pub help: Option<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        if let Some(help) = &self.help {
            write!(f, "\n    提示：{help}")?;
        }
        Ok(())
    }
}

/// A file of a layer.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// As diagnostics name it.
    pub file: String,
    /// Path within its layer.
    pub path: String,
    pub text: String,
    /// Index of its layer, 0 for the lowest.
    pub layer: usize,
}

impl Source {
    /// Line and column of a byte offset.
    pub fn place(&self, offset: usize) -> Span {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Span {
            line: count(before.matches('\n').count() + 1),
            column: count(before.get(line_start..).unwrap_or("").chars().count() + 1),
        }
    }

    /// Byte offset of the first character of a string value that stands at `span`. A value with
    /// escapes is not found again in the text: then the place is that of the value's own start.
    fn content(&self, span: &Range<usize>, value: &str) -> Option<usize> {
        let raw = self.text.get(span.clone())?;
        Some(span.start + raw.find(value)?)
    }

    /// Place of a byte of a string value that stands at `span`.
    pub fn within(&self, span: &Range<usize>, value: &str, offset: usize) -> Span {
        self.place(self.content(span, value).map_or(span.start, |start| start + offset))
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Byte offset of a place in a text.
fn offset(text: &str, place: Span) -> usize {
    let mut start = 0;
    for _ in 1..place.line {
        match text.get(start..).and_then(|rest| rest.find('\n')) {
            Some(at) => start += at + 1,
            None => return text.len(),
        }
    }
    let rest = text.get(start..).unwrap_or("");
    let column = place.column.saturating_sub(1) as usize;
    start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

/// All diagnostics of a run.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub diagnostics: Vec<Diagnostic>,
}

impl Report {
    pub fn push(&mut self, source: &Source, place: Span, message: impl Into<String>, help: Option<String>) {
        self.diagnostics.push(Diagnostic {
            file: source.file.clone(),
            line: place.line,
            column: place.column,
            message: message.into(),
            help,
        });
    }

    /// About the value at `span`.
    pub fn at(&mut self, source: &Source, span: &Range<usize>, message: impl Into<String>) {
        self.push(source, source.place(span.start), message, None);
    }

    /// About the value at `span`, with what to do.
    pub fn help(&mut self, source: &Source, span: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.push(source, source.place(span.start), message, Some(help.into()));
    }

    /// About the file as a whole.
    pub fn file(&mut self, source: &Source, message: impl Into<String>) {
        self.push(source, Span { line: 1, column: 1 }, message, None);
    }

    /// About an expression that stands in the string value at `span`.
    pub fn expression(&mut self, source: &Source, span: &Range<usize>, text: &str, error: ExprError) {
        let place = source.within(span, text, offset(text, error.at));
        self.push(source, place, error.message, error.help);
    }

    /// About the file's TOML.
    pub fn toml(&mut self, source: &Source, error: &toml::de::Error) {
        let place = source.place(error.span().map_or(0, |span| span.start));
        let (message, help) = in_chinese(error.message());
        self.push(source, place, message, help);
    }
}

impl Report {
    /// About the TOML of an override, which may change only these keys.
    pub fn overriding(&mut self, source: &Source, error: &toml::de::Error, keys: &[&str]) {
        let unknown = error.message().trim().strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
        // A key within a row is no key of the override itself.
        let of_row = error.message().contains("`from`") && !keys.contains(&"from");
        match unknown.filter(|_| !of_row) {
            Some(key) => {
                let place = source.place(error.span().map_or(0, |span| span.start));
                let keys = keys.join("、");
                let help = format!("可以覆盖：{keys}。算法、口径、单位不同就是另一个定义：用新编号另写");
                self.push(source, place, format!("“{key}”不能覆盖"), Some(help));
            }
            None => self.toml(source, error),
        }
    }
}

/// The library's message in the reader's language, where it is one of the usual ones.
fn in_chinese(message: &str) -> (String, Option<String>) {
    let message = message.trim();
    let quoted = |rest: &str| rest.split('`').next().unwrap_or(rest).to_owned();
    let words = |rest: &str| rest.split('`').skip(2).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    for (prefix, what) in [("unknown field `", "不认识的键"), ("unknown variant `", "不认识的值")] {
        if let Some(rest) = message.strip_prefix(prefix) {
            let word = quoted(rest);
            let known = words(rest);
            let help = crate::expr::did_you_mean(&word, known.iter().map(String::as_str))
                .unwrap_or_else(|| format!("可以写：{}", known.join("、")));
            return (format!("{what}“{word}”"), Some(help));
        }
    }
    if let Some(rest) = message.strip_prefix("missing field `") {
        return (format!("缺少“{}”", quoted(rest)), None);
    }
    (format!("TOML 写法有误：{message}"), None)
}
