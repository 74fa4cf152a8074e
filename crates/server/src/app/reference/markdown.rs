//! The reference pages as Markdown files: one for each definition and an index, with relative links.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use yizheng_pack::Pack;

use super::{KINDS, Reference};
use crate::api::dto::{
    DefinitionBlock, DefinitionFact, DefinitionKind, DefinitionPage, DefinitionRef, DefinitionRow, DefinitionSection,
    DefinitionSpan, DefinitionStatus,
};
use crate::api::labels::Label;

/// The states in the order of the index's counts.
const STATUSES: [DefinitionStatus; 4] =
    [DefinitionStatus::Active, DefinitionStatus::Trial, DefinitionStatus::Draft, DefinitionStatus::Retired];

/// Every file, by its path below the folder of the pages. `source` gives the place of a definition's
/// own file as seen from that folder, where it stands somewhere.
pub fn files(pack: &Pack, source: &dyn Fn(&str) -> Option<String>) -> BTreeMap<String, String> {
    let reference = Reference::new(pack);
    let mut files = BTreeMap::from([("README.md".to_owned(), index(&reference))]);
    for to in reference.all() {
        if let Some(page) = reference.page(&to) {
            let path = path(&reference, &to);
            let printer = Printer { reference: &reference, up: "../".repeat(path.matches('/').count()) };
            files.insert(path, printer.page(&page, source));
        }
    }
    files
}

/// Where a definition's page stands.
fn path(reference: &Reference<'_>, to: &DefinitionRef) -> String {
    let folder = match to.kind {
        DefinitionKind::Indicator => "indicators",
        DefinitionKind::Check => match reference.dataset_of_check(&to.id) {
            Some(dataset) => return format!("checks/{dataset}/{}.md", to.id),
            None => "checks",
        },
        DefinitionKind::Dataset => "datasets",
        DefinitionKind::Alert => "alerts",
        DefinitionKind::Parameter => "parameters",
        DefinitionKind::Codelist => "codelists",
        DefinitionKind::Plan => "plans",
        DefinitionKind::Bulletin => "bulletins",
        DefinitionKind::Register => "registers",
        DefinitionKind::Procedure => "procedures",
    };
    format!("{folder}/{}.md", to.id)
}

/// Prints one page.
struct Printer<'a> {
    reference: &'a Reference<'a>,
    /// The way from the page to the folder of all pages.
    up: String,
}

impl Printer<'_> {
    fn page(&self, page: &DefinitionPage, source: &dyn Fn(&str) -> Option<String>) -> String {
        let mut out = format!("# {} {}\n\n", page.id, escaped(&page.name));
        let _ = writeln!(out, "[目录]({}README.md) · {}\n", self.up, page.kind.label());
        self.facts(&mut out, &page.head);
        let file = match source(&page.definition_file) {
            Some(place) => format!("[{}]({}{place})", page.definition_file, self.up),
            None => format!("`{}`", page.definition_file),
        };
        let _ = writeln!(out, "- **定义文件**：{file}\n");
        for section in &page.sections {
            self.section(&mut out, section, "##");
        }
        if !page.examples.is_empty() {
            out.push_str("## 算例\n\n取自定义旁的测试用例，由程序逐个验证。\n\n");
            for example in &page.examples {
                self.section(&mut out, example, "###");
            }
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        out
    }

    fn section(&self, out: &mut String, section: &DefinitionSection, level: &str) {
        let _ = writeln!(out, "{level} {}\n", escaped(&section.title));
        for block in &section.blocks {
            match block {
                DefinitionBlock::Text { text } => {
                    let _ = writeln!(out, "{}\n", self.text(text));
                }
                DefinitionBlock::Facts { facts } => {
                    self.facts(out, facts);
                    out.push('\n');
                }
                DefinitionBlock::Table { columns, rows } => {
                    let rows = rows.iter().map(|row| row.iter().map(|cell| self.text(cell)).collect());
                    table(out, columns.iter().map(|column| escaped(column)).collect(), rows);
                }
            }
        }
    }

    fn facts(&self, out: &mut String, facts: &[DefinitionFact]) {
        for fact in facts {
            let _ = writeln!(out, "- **{}**：{}", escaped(&fact.name), self.text(&fact.text));
            if !fact.formula.is_empty() {
                let _ = writeln!(out, "  ```\n  {}\n  ```", fact.formula.replace('\n', "\n  "));
            }
        }
    }

    fn text(&self, text: &[DefinitionSpan]) -> String {
        let mut out = String::new();
        for span in text {
            let printed = if span.code { verbatim(&span.text) } else { escaped(&span.text) };
            match &span.to {
                Some(to) => {
                    let _ = write!(out, "[{printed}]({}{})", self.up, path(self.reference, to));
                }
                None => out.push_str(&printed),
            }
        }
        out.trim().to_owned()
    }
}

/// A text that Markdown takes for nothing else, on one line.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '|' | '`' | '*' | '<' | '>' | '[' | ']' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("<br>"),
            c => out.push(c),
        }
    }
    out
}

/// A text as it is written; within a table a bar must be escaped there too.
fn verbatim(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text = text.replace('\n', " ").replace('|', "\\|");
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}

fn table(out: &mut String, columns: Vec<String>, rows: impl Iterator<Item = Vec<String>>) {
    let _ = writeln!(out, "| {} |\n|{}", columns.join(" | "), " --- |".repeat(columns.len()));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    out.push('\n');
}

/// The index: counts, then every definition by kind and domain.
fn index(reference: &Reference<'_>) -> String {
    let mut out = String::from("# 口径库\n\n");
    let _ = writeln!(
        out,
        "{} 的全部定义，每个一页：口径、依据、局限、读取的数据项、把关的校验规则、用在哪里、算例。由 `yizheng pack doc` 从定义包生成，请勿手改；按编号查找请用浏览器或编辑器的“查找”。\n",
        escaped(&reference.pack.version())
    );
    let rows = reference.rows();
    let count = |kind, status| rows.iter().filter(|row| row.kind == kind && row.status == status).count();
    let columns = ["种类".to_owned()].into_iter().chain(STATUSES.iter().map(|status| status.label().to_owned()));
    let counts = KINDS.into_iter().map(|kind| {
        let cell = format!("[{0}](#{0})", kind.label());
        [cell].into_iter().chain(STATUSES.iter().map(|status| count(kind, Some(*status)).to_string())).collect()
    });
    table(&mut out, columns.collect(), counts);
    let not_computed = count(DefinitionKind::Indicator, None);
    if not_computed > 0 {
        let _ = writeln!(out, "另有 {not_computed} 个国家指标[不单独计算](#不单独计算的国家指标)，各有原因。\n");
    }
    for kind in KINDS {
        let _ = writeln!(out, "## {}\n", kind.label());
        let of_kind: Vec<&DefinitionRow> = rows.iter().filter(|row| row.kind == kind && row.status.is_some()).collect();
        for domain in of_kind.chunk_by(|a, b| a.domain == b.domain) {
            if let Some(first) = domain.first().filter(|first| !first.domain.is_empty()) {
                let _ = writeln!(out, "### {}\n", escaped(&first.domain));
            }
            let cells = domain.iter().map(|row| {
                let to = DefinitionRef { kind, id: row.id.clone() };
                vec![
                    format!("[{}]({})", row.id, path(reference, &to)),
                    escaped(&row.name),
                    row.status.map(|status| status.label()).unwrap_or_default().to_owned(),
                ]
            });
            table(&mut out, ["编号", "名称", "状态"].map(str::to_owned).to_vec(), cells);
        }
        if kind == DefinitionKind::Indicator && not_computed > 0 {
            out.push_str("### 不单独计算的国家指标\n\n");
            let named = rows.iter().filter(|row| row.kind == kind && row.status.is_none());
            let cells = named.map(|row| vec![row.id.clone(), escaped(&row.name), escaped(&row.domain), escaped(&row.purpose)]);
            table(&mut out, ["编号", "名称", "领域", "说明"].map(str::to_owned).to_vec(), cells);
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}
