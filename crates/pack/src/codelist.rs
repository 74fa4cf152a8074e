//! Code lists (值域代码表): the codes that a field may hold, with their names.

use std::collections::{BTreeMap, HashMap};

use crate::load::Meta;

/// Whether a code is one of those that a definition names: by its beginning, as codes of classes and
/// levels nest; a definition that names none means all.
pub fn fits(named: &[String], code: &str) -> bool {
    named.is_empty() || named.iter().any(|start| code.starts_with(start.as_str()))
}

/// One code list.
#[derive(Debug, Clone)]
pub struct CodeList {
    /// Common head of every definition.
    pub meta: Meta,
    /// Version or date of the list's own source.
    pub version: String,
    /// Codes with their entries, in the list's own order.
    pub entries: Vec<Entry>,
    index: HashMap<String, usize>,
}

/// One code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Code.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// Further attributes, by name.
    pub attributes: BTreeMap<String, String>,
    /// Other ways in which sources write the same code (RC035: `1` for `01`).
    pub also: Vec<String>,
}

impl CodeList {
    /// Builds the index over codes and their other spellings.
    pub fn new(meta: Meta, version: String, entries: Vec<Entry>) -> Self {
        let mut index = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            for also in &entry.also {
                index.entry(also.clone()).or_insert(at);
            }
        }
        for (at, entry) in entries.iter().enumerate() {
            index.insert(entry.code.clone(), at);
        }
        Self { meta, version, entries, index }
    }

    /// The entry of a code or of another spelling of it.
    pub fn get(&self, code: &str) -> Option<&Entry> {
        self.entries.get(*self.index.get(code)?)
    }

    /// Whether the list has the code.
    pub fn has(&self, code: &str) -> bool {
        self.index.contains_key(code)
    }
}
