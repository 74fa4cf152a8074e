//! The shapes of definition files, before anything is resolved.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use toml::value::Datetime;

use super::Status;
use crate::alert::{AlertBy, AlertSeverity};
use crate::dataset::{Privacy, Required, Severity, Subject};
use crate::indicator::{Direction, Share};
use crate::link::Across;
use crate::plan::{Operator, StatusBy, TargetKind};
use crate::testcase::Institution;

/// A text with its place.
pub(super) type Text = Spanned<String>;
/// A date with its place.
pub(super) type Date = Spanned<Datetime>;

/// The head that every definition carries.
pub(super) struct Head<'a> {
    pub id: &'a Text,
    pub name: &'a Text,
    pub status: Status,
    pub purpose: &'a Text,
    pub legal_basis: &'a Text,
    pub limits: &'a str,
    pub example: &'a str,
}

/// A definition file: what it says of itself beside its own keys.
pub(super) trait Definition: serde::de::DeserializeOwned {
    fn head(&self) -> Head<'_>;
}

// serde cannot refuse unknown keys in a struct with a flattened head, so the head's keys are
// written into every definition.
macro_rules! definition {
    ($(#[$doc:meta])* struct $name:ident { $($body:tt)* }) => {
        $(#[$doc])*
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name {
            id: Text,
            name: Text,
            status: Status,
            purpose: Text,
            legal_basis: Text,
            #[serde(default)]
            limits: String,
            #[serde(default)]
            example: String,
            // Why it replaces a lower layer's file; read where the layers are laid over each other.
            #[serde(default, rename = "replaces")]
            _replaces: Option<Text>,
            $($body)*
        }

        impl Definition for $name {
            fn head(&self) -> Head<'_> {
                Head {
                    id: &self.id,
                    name: &self.name,
                    status: self.status,
                    purpose: &self.purpose,
                    legal_basis: &self.legal_basis,
                    limits: &self.limits,
                    example: &self.example,
                }
            }
        }
    };
}

pub(super) use definition;

definition! {
    /// A definition that has ended.
    struct RawRetired {
        pub retired_on: Date,
        pub successor: Option<Text>,
    }
}

/// `pack.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPack {
    pub id: Text,
    pub version: Text,
    pub name: Text,
    pub purpose: Text,
}

definition! {
    /// `codelists/<id>.toml`
    struct RawCodeList {
        pub version: String,
        #[serde(default)]
        pub entries: Vec<Spanned<RawEntry>>,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEntry {
    pub code: String,
    pub name: String,
    #[serde(default)]
    pub also: Vec<String>,
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

definition! {
    /// `parameters/<id>.toml`
    struct RawParameter {
        pub r#type: Text,
        #[serde(default)]
        pub unit: String,
        pub values: Vec<RawDated>,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDated {
    pub from: Date,
    pub value: Text,
    pub source: Text,
}

definition! {
    /// `datasets/<id>/dataset.toml`
    struct RawDataset {
        pub institution: Text,
        pub period: Text,
        #[serde(default)]
        pub subject: Subject,
        pub department: Option<Text>,
        pub key: Spanned<Vec<Text>>,
        #[serde(default)]
        pub listed: Vec<Text>,
        pub person: Option<RawPerson>,
        #[serde(default)]
        pub link: Vec<RawLink>,
        pub due: RawDue,
        #[serde(default)]
        pub form: bool,
        #[serde(default)]
        pub field: Vec<RawField>,
        #[serde(default)]
        pub group: Vec<RawGroup>,
    }
}

impl RawDataset {
    /// The table of a register: nobody owes it, and `from` dates its rows.
    pub(super) fn of_register(
        head: Head<'_>,
        institution: Text,
        from: Text,
        key: Spanned<Vec<Text>>,
        listed: Vec<Text>,
        field: Vec<RawField>,
    ) -> Self {
        Self {
            id: head.id.clone(),
            name: head.name.clone(),
            status: head.status,
            purpose: head.purpose.clone(),
            legal_basis: head.legal_basis.clone(),
            limits: head.limits.to_owned(),
            example: head.example.to_owned(),
            _replaces: None,
            institution,
            period: from,
            subject: Subject::Region,
            department: None,
            key,
            listed,
            person: None,
            link: Vec::new(),
            due: RawDue { voluntary: true, min_beds: 0, classes: Vec::new(), levels: Vec::new(), days: 0 },
            form: false,
            field,
            group: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPerson {
    pub document: Text,
    pub number: Text,
    pub record: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLink {
    pub id: Text,
    pub name: Text,
    pub other: Spanned<RawOther>,
    #[serde(default)]
    pub person: Option<Spanned<bool>>,
    #[serde(default)]
    pub across: Across,
    pub from: Text,
    pub to: Text,
    pub within: Option<Text>,
    #[serde(default)]
    pub same: Vec<Text>,
    pub r#where: Option<Text>,
}

/// Where in time the other row of a link stands.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawOther {
    Later,
    Earlier,
    Overlapping,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawDue {
    #[serde(default)]
    pub voluntary: bool,
    #[serde(default)]
    pub min_beds: i64,
    #[serde(default)]
    pub classes: Vec<Text>,
    #[serde(default)]
    pub levels: Vec<Text>,
    pub days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawField {
    pub id: Text,
    pub name: String,
    pub r#type: Text,
    #[serde(default)]
    pub max_length: u32,
    pub required: Required,
    #[serde(default)]
    pub column_required: bool,
    pub privacy: Privacy,
    #[serde(default)]
    pub nature: Nature,
    pub over: Option<Spanned<StockOver>>,
    #[serde(default)]
    pub unit: String,
    #[serde(default)]
    pub section: String,
    #[serde(default)]
    pub hint: String,
}

/// Whether a number happens during a month or stands at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Nature {
    #[default]
    Flow,
    Stock,
}

/// How the months of a stock make up a longer period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum StockOver {
    Mean,
    Last,
}

/// Which months of an institution an indicator takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum MonthsTaken {
    #[default]
    All,
    Last,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGroup {
    pub id: Text,
    pub name: String,
    pub last_slot: u16,
    pub members: Vec<RawMember>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMember {
    pub id: Text,
    pub name: String,
    pub r#type: Text,
    #[serde(default)]
    pub max_length: u32,
    pub main: Option<Text>,
    pub element: Text,
    pub privacy: Privacy,
}

/// `datasets/<id>/layouts/<id>.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLayout {
    pub id: Text,
    pub name: String,
    #[serde(default)]
    pub compact_dates: bool,
    #[serde(default, rename = "replaces")]
    _replaces: Option<Text>,
    pub columns: BTreeMap<String, Text>,
    #[serde(default)]
    pub ignored: BTreeMap<String, Text>,
    #[serde(default)]
    pub values: BTreeMap<String, Spanned<BTreeMap<String, Text>>>,
}

definition! {
    /// `datasets/<id>/checks/<id>.toml`
    struct RawCheck {
        pub severity: Severity,
        pub elements: Spanned<Vec<Text>>,
        pub source: Text,
        pub remedy: Text,
        pub kind: Option<Text>,
        pub at: Option<Text>,
        pub each: Option<Vec<Text>>,
        pub over: Option<Text>,
        pub when: Option<Text>,
        pub require: Option<Text>,
        #[serde(default)]
        pub case: Vec<Spanned<RawCase>>,
        pub keys: Option<Vec<Vec<Text>>>,
        pub by: Option<Vec<Text>>,
        pub from: Option<Text>,
        pub to: Option<Text>,
        pub order: Option<Text>,
        pub value: Option<Text>,
        pub of: Option<Text>,
        pub at_most: Option<Text>,
        pub indicator: Option<Text>,
        pub within: Option<Text>,
    }
}

/// One condition of a row check, where it has several of different shape.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCase {
    pub at: Option<Text>,
    pub each: Option<Vec<Text>>,
    pub over: Option<Text>,
    pub when: Option<Text>,
    pub require: Text,
}

definition! {
    /// `indicators/<id>.toml`
    struct RawIndicator {
        pub domain: Text,
        pub dataset: Option<Text>,
        #[serde(default)]
        pub unit: String,
        pub digits: Spanned<u8>,
        pub direction: Direction,
        pub kind: Text,
        pub population: Option<Text>,
        pub exclusion: Option<Text>,
        pub value: Option<Text>,
        pub numerator: Option<Text>,
        pub denominator: Option<Text>,
        pub denominator_dataset: Option<Text>,
        pub denominator_population: Option<Text>,
        pub factor: Option<Spanned<i64>>,
        pub over: Option<Spanned<MonthsTaken>>,
        pub percent: Option<Spanned<u8>>,
        pub classes: Option<Spanned<Vec<String>>>,
        pub levels: Option<Spanned<Vec<String>>>,
        pub of: Option<Text>,
        pub by: Option<Text>,
        #[serde(default)]
        pub term: Vec<RawTerm>,
        pub share: Option<Spanned<Share>>,
        pub datasets: Option<Spanned<Vec<Text>>>,
        pub quality: Option<RawQuality>,
        #[serde(default)]
        pub shown: Vec<Text>,
        pub words: RawWords,
        #[serde(default)]
        pub target: Vec<Spanned<RawTarget>>,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTerm {
    pub of: Text,
    pub weight: Text,
}

/// `named.toml`: national indicators that are not computed under their own ids.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNames {
    pub indicator: Vec<RawNamed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNamed {
    pub id: Text,
    pub name: Text,
    pub domain: Text,
    pub same_as: Option<Text>,
    pub waits_for: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawQuality {
    pub without: Spanned<Vec<Text>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWords {
    pub numerator: Text,
    #[serde(default)]
    pub denominator: String,
    #[serde(default)]
    pub exclusion: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTarget {
    pub from: Date,
    pub to: Option<Date>,
    #[serde(default)]
    pub classes: Vec<String>,
    #[serde(default)]
    pub levels: Vec<String>,
    pub at_most: Option<Text>,
    pub at_least: Option<Text>,
    pub between: Option<Spanned<Vec<Text>>>,
    pub source: Text,
}

/// `<id>.test.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTests {
    #[serde(default)]
    pub case: Vec<RawTestCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTestCase {
    pub name: Text,
    pub institution: Option<Institution>,
    pub received_at: Option<Text>,
    pub period: Option<Text>,
    pub earlier: Option<Text>,
    pub known: Option<Text>,
    pub rows: Option<Text>,
    pub denominator_rows: Option<Text>,
    pub due: Option<Text>,
    pub institutions: Option<Text>,
    pub codelists: Option<Text>,
    pub numerator: Option<Text>,
    pub denominator: Option<Text>,
    pub value: Option<Text>,
}

definition! {
    /// `bulletins/<id>.toml`
    struct RawBulletin {
        pub title: Text,
        pub issuer: Text,
        pub mark: Text,
        #[serde(default)]
        pub number_head: String,
        pub main_to: Text,
        #[serde(default)]
        pub copy_to: String,
        pub printed_by: Text,
        pub indicators: Spanned<Vec<Text>>,
        pub minimum_denominator: u32,
        pub answer_within: u32,
        pub opening: Text,
        pub demands: Vec<Text>,
    }
}

definition! {
    /// `plans/<id>.toml`
    struct RawPlan {
        pub place: Text,
        pub publisher: Text,
        pub year: Spanned<i32>,
        pub from: Date,
        pub to: Date,
        #[serde(default)]
        pub chapter: Vec<RawChapter>,
        #[serde(default)]
        pub item: Vec<Spanned<RawItem>>,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawChapter {
    pub number: Text,
    pub title: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawItem {
    pub number: Text,
    pub chapter: Text,
    pub title: Text,
    pub demand: Text,
    #[serde(default)]
    pub actors: Vec<String>,
    pub capability: Text,
    #[serde(default)]
    pub also: Vec<Text>,
    pub lead: Option<Text>,
    #[serde(default)]
    pub with: Vec<String>,
    pub deadline: Option<Date>,
    pub status_by: Spanned<StatusBy>,
    pub procedure: Option<Text>,
    pub register: Option<Text>,
    #[serde(default)]
    pub indicators: Vec<Text>,
    pub excluded: Option<Text>,
    #[serde(default)]
    pub target: Vec<Spanned<RawPlanTarget>>,
    #[serde(default)]
    pub milestone: Vec<RawMilestone>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPlanTarget {
    pub measures: Text,
    #[serde(default)]
    pub subject: String,
    pub operator: Spanned<Operator>,
    pub value: Option<Text>,
    pub high: Option<Text>,
    #[serde(default)]
    pub unit: String,
    #[serde(default)]
    pub per: String,
    pub by: Option<Date>,
    pub from: Option<Date>,
    #[serde(default)]
    pub aspirational: bool,
    #[serde(default)]
    pub quote: String,
    pub indicator: Option<Text>,
    #[serde(default)]
    pub classes: Vec<String>,
    #[serde(default)]
    pub levels: Vec<String>,
    #[serde(default)]
    pub institutions: Vec<String>,
    pub kind: Option<Spanned<TargetKind>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMilestone {
    pub by: Date,
    pub title: Text,
}

definition! {
    /// `alerts/<id>.toml`
    struct RawAlert {
        pub kind: Text,
        pub by: AlertBy,
        pub severity: AlertSeverity,
        pub answer_within: Spanned<u32>,
        pub months: Spanned<u32>,
        pub indicators: Option<Spanned<Vec<Text>>>,
        pub domains: Option<Spanned<Vec<Text>>>,
        pub datasets: Option<Spanned<Vec<Text>>>,
        pub missed: Option<Spanned<u32>>,
        pub of: Option<Spanned<u32>>,
        pub days: Option<Spanned<u32>>,
        pub rules: Option<Text>,
        pub window: Option<Spanned<u32>>,
        pub baseline: Option<Spanned<u32>>,
        pub minimum_points: Option<Spanned<u32>>,
        pub minimum_denominator: Option<Spanned<u32>>,
        pub side: Option<Text>,
    }
}
