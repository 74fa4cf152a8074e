//! The shapes of registers, procedures and the calendar, before anything is resolved.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::Status;
use super::raw::{Date, Definition, Head, RawDataset, RawField, Text, definition};
use crate::procedure::{About, End, Needed, Opinion, Role};
use crate::register::EntryKind;
use crate::term::Unit;

definition! {
    /// `registers/<id>/register.toml`
    struct RawRegister {
        pub entry: EntryKind,
        pub kept_by: Option<Text>,
        pub key: Spanned<Vec<Text>>,
        pub called: Text,
        pub institution: Option<Text>,
        pub state: Text,
        pub states: Spanned<Vec<Text>>,
        pub from: Text,
        pub to: Option<Text>,
        pub validity: Option<RawTerm>,
        #[serde(default)]
        pub listed: Vec<Text>,
        #[serde(default)]
        pub refers: Vec<RawReference>,
        pub field: Vec<RawField>,
    }
}

impl RawRegister {
    /// Its table as a dataset's file would have it, and what stands beside the table.
    pub fn table(self) -> (RawDataset, RawBeside) {
        let table = RawDataset::of_register(
            Head {
                id: &self.id,
                name: &self.name,
                status: self.status,
                purpose: &self.purpose,
                legal_basis: &self.legal_basis,
                limits: &self.limits,
                example: &self.example,
            },
            // What belongs to no institution is seen by nobody's scope but the whole region's.
            self.institution.clone().unwrap_or_else(|| self.key.get_ref().first().unwrap_or(&self.called).clone()),
            self.from,
            self.key,
            self.listed,
            self.field,
        );
        let beside = RawBeside {
            entry: self.entry,
            kept_by: self.kept_by,
            called: self.called,
            institution: self.institution,
            state: self.state,
            states: self.states,
            to: self.to,
            validity: self.validity,
            refers: self.refers,
        };
        (table, beside)
    }
}

/// What a register says beside its table.
pub(super) struct RawBeside {
    pub entry: EntryKind,
    pub kept_by: Option<Text>,
    pub called: Text,
    pub institution: Option<Text>,
    pub state: Text,
    pub states: Spanned<Vec<Text>>,
    pub to: Option<Text>,
    pub validity: Option<RawTerm>,
    pub refers: Vec<RawReference>,
}

/// A time that the law sets, dated.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTerm {
    pub unit: Unit,
    pub values: Spanned<Vec<RawTermValue>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTermValue {
    pub from: Date,
    pub amount: Spanned<u32>,
    pub source: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawReference {
    pub field: Text,
    pub register: Text,
}

definition! {
    /// `procedures/<id>.toml`
    struct RawProcedure {
        pub register: Option<Text>,
        pub about: Spanned<About>,
        pub opened_by: Spanned<Vec<Role>>,
        pub number: Text,
        #[serde(default)]
        pub form: Vec<RawForm>,
        #[serde(default)]
        pub material: Vec<RawMaterial>,
        #[serde(default)]
        pub clock: Vec<RawClock>,
        pub state: Spanned<Vec<RawState>>,
        pub step: Vec<RawStep>,
        #[serde(default)]
        pub letter: Vec<RawLetter>,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawForm {
    pub id: Text,
    pub name: Text,
    pub field: Vec<RawField>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMaterial {
    pub id: Text,
    pub name: Text,
    pub required: Needed,
    #[serde(default)]
    pub when: String,
    pub source: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClock {
    pub id: Text,
    pub name: Text,
    pub starts: Option<Text>,
    pub before: Option<Text>,
    #[serde(default)]
    pub stops: Vec<Text>,
    #[serde(default)]
    pub stands_in: Vec<Text>,
    pub unit: Unit,
    pub values: Spanned<Vec<RawTermValue>>,
    #[serde(default)]
    pub overdue: String,
    pub mark: Spanned<Mark>,
}

/// How sure a fact is (rules of the project: found in its source, known, uncertain).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mark {
    Found,
    Known,
    Uncertain,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawState {
    pub id: Text,
    pub name: Text,
    pub owner: Option<Role>,
    pub end: Option<End>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    pub id: Text,
    pub name: Text,
    pub from: Spanned<Vec<Text>>,
    pub to: Text,
    pub by: Spanned<Vec<Role>>,
    pub form: Option<Text>,
    pub opinion: Option<Opinion>,
    #[serde(default)]
    pub countersign: Vec<Role>,
    #[serde(default)]
    pub once: bool,
    pub extends: Option<RawExtends>,
    pub letter: Option<Text>,
    #[serde(default)]
    pub needs: Vec<Text>,
    #[serde(default)]
    pub effect: Vec<Spanned<RawEffect>>,
    #[serde(default)]
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawExtends {
    pub clock: Text,
    pub unit: Unit,
    pub amount: u32,
    pub source: Text,
}

#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "lowercase", deny_unknown_fields)]
pub(super) enum RawEffect {
    Create { fields: BTreeMap<String, String> },
    Change { fields: BTreeMap<String, String> },
    State { to: String, from: Option<String>, until: Option<String> },
    Prolong { field: String, unit: Unit, amount: u32 },
    Points { of: About, amount: String, rule: String },
    Open { procedure: String },
    Publish { unit: Unit, days: u32, source: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLetter {
    pub id: Text,
    pub name: Text,
    pub to: Text,
    pub body: Text,
}

/// `calendar.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCalendar {
    pub year: Vec<RawYear>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawYear {
    pub year: Spanned<i32>,
    pub source: Text,
    pub off: Vec<Date>,
    pub on: Vec<Date>,
}
