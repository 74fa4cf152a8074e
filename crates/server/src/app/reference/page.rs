//! The small pieces that pages are put together from.

use yizheng_pack::load::{Meta, Status};

use crate::api::dto::{
    DefinitionBlock, DefinitionFact, DefinitionKind, DefinitionRef, DefinitionSection, DefinitionSpan,
};
use crate::api::labels::Label;
use crate::app::desk::definitions::status;

/// A stretch of text with links in it.
pub type Text = Vec<DefinitionSpan>;

/// Names a definition.
pub fn refer(kind: DefinitionKind, id: &str) -> DefinitionRef {
    DefinitionRef { kind, id: id.to_owned() }
}

/// Plain text.
pub fn plain(text: impl Into<String>) -> Text {
    vec![DefinitionSpan { text: text.into(), to: None, code: false }]
}

/// Something to be printed as it is written.
pub fn code(text: impl Into<String>) -> Text {
    vec![DefinitionSpan { text: text.into(), to: None, code: true }]
}

/// A link to a definition.
pub fn link(to: DefinitionRef, text: impl Into<String>) -> Text {
    vec![DefinitionSpan { text: text.into(), to: Some(to), code: false }]
}

/// Texts with a sign between them.
pub fn joined(texts: impl IntoIterator<Item = Text>, between: &str) -> Text {
    let mut all = Text::new();
    for text in texts {
        if !all.is_empty() {
            all.extend(plain(between));
        }
        all.extend(text);
    }
    all
}

/// A name with what is said of it.
pub fn fact(name: &str, text: impl Into<Text>) -> DefinitionFact {
    DefinitionFact { name: name.to_owned(), text: text.into(), formula: String::new() }
}

/// Several of them.
pub fn facts(facts: Vec<DefinitionFact>) -> DefinitionBlock {
    DefinitionBlock::Facts { facts }
}

/// A paragraph.
pub fn text(text: Text) -> DefinitionBlock {
    DefinitionBlock::Text { text }
}

/// A table.
pub fn table(columns: &[&str], rows: Vec<Vec<Text>>) -> DefinitionBlock {
    DefinitionBlock::Table { columns: columns.iter().map(|&column| column.to_owned()).collect(), rows }
}

/// A part of a page.
pub fn section(title: &str, blocks: Vec<DefinitionBlock>) -> DefinitionSection {
    DefinitionSection { title: title.to_owned(), blocks }
}

/// A section with one table; none where there is no row.
pub fn table_section(title: &str, columns: &[&str], rows: Vec<Vec<Text>>) -> Option<DefinitionSection> {
    (!rows.is_empty()).then(|| section(title, vec![table(columns, rows)]))
}

/// What every definition says of itself, `own` between its id and its documents.
pub fn head(meta: &Meta, own: Vec<DefinitionFact>) -> Vec<DefinitionFact> {
    let mut head = vec![fact("编号", code(&*meta.id)), fact("状态", plain(status(meta.status).label()))];
    head.extend(own);
    // Of a draft the limits say what it waits for.
    let limits = if meta.status == Status::Draft { "等待的条件和局限" } else { "局限" };
    let said = [("用途", &meta.purpose), ("依据", &meta.legal_basis), (limits, &meta.limits), ("举例", &meta.example)];
    head.extend(said.into_iter().filter(|(_, said)| !said.trim().is_empty()).map(|(name, said)| fact(name, plain(said.trim()))));
    head
}

/// A day as Chinese readers write it.
pub fn day(day: chrono::NaiveDate) -> Text {
    plain(day.format("%Y年%-m月%-d日").to_string())
}
