//! Datasets (数据集): the fields, layouts, keys and checks of a submitted file.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::codelist::fits;
use crate::expr::Expr;
use crate::link::Link;
use crate::load::Meta;
use crate::period::Month;
use crate::types::Type;

/// Position of a field in [`Dataset::fields`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldIx(pub usize);
/// Position of a group in [`Dataset::groups`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GroupIx(pub usize);
/// Position of a member in [`Group::members`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MemberIx(pub usize);

/// A dataset.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// Common head of every definition.
    pub meta: Meta,
    /// Fields that stand once in a row, in official order.
    pub fields: Vec<Field>,
    /// Repeated groups: diagnoses, operations, …
    pub groups: Vec<Group>,
    /// Known headers of files; the first is the official one, made of the dataset's own codes.
    pub layouts: Vec<Layout>,
    /// Checks, by id.
    pub checks: Vec<Check>,
    /// The field that names the institution.
    pub institution: FieldIx,
    /// The date or time that decides the period of a row.
    pub period: FieldIx,
    /// Who sends it.
    pub subject: Subject,
    /// The department by which results break down; a report of the whole institution has none.
    pub department: Option<FieldIx>,
    /// The fields that together name a row within an institution; `patch` replaces by them.
    pub key: Vec<FieldIx>,
    /// How the person is known.
    pub person: Option<Person>,
    /// Links between rows that indicators may ask for.
    pub links: Vec<Link>,
    /// The fields shown when rows are listed behind a number.
    pub listed: Vec<FieldIx>,
    /// The condition on institutions that must submit, in words of the register.
    pub due: Due,
    /// Whether it may be filled in on the web: reports of one row, and short tables.
    pub form: bool,
}

/// Who sends a dataset, and so whose rows its files hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// Every institution its own.
    #[default]
    Institution,
    /// The health authority one for the whole region; the institution's field holds the region's
    /// code (行政区划代码).
    Region,
}

/// Which institutions must submit each month. All conditions must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Due {
    /// Nobody has to: what comes is taken and measured, what does not come is not missed. A region
    /// whose institutions must send it says so in its own pack.
    pub voluntary: bool,
    /// Institutions with at least this many registered beds.
    pub min_beds: i64,
    /// WS 218 categories by the beginning of their code, such as `A`; empty for all.
    pub classes: Vec<String>,
    /// Levels by the beginning of their code, such as `3`; empty for all.
    pub levels: Vec<String>,
    /// Days after the month's end until which a submission is in time.
    pub days: u32,
    /// What later layers made of it, oldest first: [`Due::of`] a month takes the last that is in
    /// force. None of them holds changes of its own.
    pub changes: Vec<DueChange>,
}

/// What holds from a day on instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueChange {
    /// First day in force: a month follows it whose last day is this day or later.
    pub from: NaiveDate,
    /// What holds.
    pub due: Due,
    /// Document, article.
    pub source: String,
    /// The layer that says so: index in [`crate::Pack::layers`].
    pub layer: usize,
}

impl Due {
    /// What holds for a month: as for targets and parameters, what is in force on its last day.
    pub fn of(&self, month: Month) -> &Self {
        self.changes.iter().rev().find(|change| change.from < month.end()).map_or(self, |change| &change.due)
    }

    /// What holds in the end.
    pub fn newest(&self) -> &Self {
        self.changes.last().map_or(self, |change| &change.due)
    }

    /// Whether an institution with these attributes must submit. One whose beds are not stated has
    /// to only where none are asked for; the level is empty where there is none.
    pub fn asks(&self, class: &str, level: &str, beds: Option<i64>) -> bool {
        !self.voluntary && beds.unwrap_or(0) >= self.min_beds && fits(&self.classes, class) && fits(&self.levels, level)
    }
}

/// Which fields identify a person, for the keyed pseudonym.
#[derive(Debug, Clone)]
pub struct Person {
    /// Kind of document.
    pub document: FieldIx,
    /// Number of the document.
    pub number: FieldIx,
    /// The institution's own record number, used where the document is unknown: such persons are
    /// never merged across institutions.
    pub record: FieldIx,
}

/// Who may read a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Privacy {
    /// Stays in the analysis file.
    Plain,
    /// Names, numbers, addresses, phones: kept apart, encrypted.
    Personal,
}

/// Whether a value must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Required {
    /// National must; `-` is refused.
    Must,
    /// National must; `-` when it cannot be known.
    Dash,
    /// Must in the extended specification.
    Extended,
    /// Must under a condition.
    Conditional,
    /// May be left out.
    Optional,
}

/// A field that stands once in a row.
#[derive(Debug, Clone)]
pub struct Field {
    /// Official code, such as `A14`; the element named in findings.
    pub id: Arc<str>,
    /// Official Chinese name.
    pub name: String,
    /// Type.
    pub ty: Type,
    /// A date that is written as a month, `2024-03`, and kept as the month's first day.
    pub month: bool,
    /// Longest text in characters; 0 for none.
    pub max_length: u32,
    /// Whether it must be there.
    pub required: Required,
    /// Whether the column itself must be in the file: without it the file is returned.
    pub column_required: bool,
    /// Who may read it.
    pub privacy: Privacy,
    /// How the months of a number make up a longer period.
    pub over: Over,
    /// Printed unit of a number, such as `张`, `人次`; empty for none.
    pub unit: String,
    /// The section of a form in which it stands; empty for none.
    pub section: String,
    /// How to fill it, for the clerk; empty where the name says it all.
    pub hint: String,
    /// The group, member and slot 0 that show the same value, for a main diagnosis or operation.
    pub main_of: Option<(GroupIx, MemberIx)>,
}

/// How the months of one institution make up a longer period. Institutions are always added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Over {
    /// A flow (流量), such as visits: months add up.
    #[default]
    Sum,
    /// A stock (存量), such as beds: the mean of the months that were reported.
    Mean,
    /// A stock of which the newest reported month holds, such as contracts in force.
    Last,
}

/// A repeated group. Its elements are kept in the order of their slots, absent ones left out, each
/// with its slot number.
#[derive(Debug, Clone)]
pub struct Group {
    /// Id in expressions, such as `operation`.
    pub id: Arc<str>,
    /// Chinese name.
    pub name: String,
    /// Members of each element.
    pub members: Vec<Member>,
    /// Highest slot; slot 0 is the main element where members have a `main` field.
    pub last_slot: u16,
}

/// A member of a group's elements.
#[derive(Debug, Clone)]
pub struct Member {
    /// Id in expressions, such as `level`.
    pub id: Arc<str>,
    /// Chinese name, without number.
    pub name: String,
    /// Type.
    pub ty: Type,
    /// Longest text in characters; 0 for none.
    pub max_length: u32,
    /// The field that is this member in slot 0.
    pub main: Option<FieldIx>,
    /// Element code of slot n: `{}` stands for the number in two digits, such as `C06x{}C`.
    pub element: String,
    /// Who may read it.
    pub privacy: Privacy,
}

impl Member {
    /// The element code of a slot other than 0, such as `C06x07C`.
    pub fn element_code(&self, slot: u16) -> String {
        self.element.replace("{}", &format!("{slot:02}"))
    }
}

/// A header by which hospitals export the dataset.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Id, such as `hqms2020`.
    pub id: String,
    /// Chinese name.
    pub name: String,
    /// What each column holds, by header text (trimmed, upper case).
    pub columns: HashMap<String, Target>,
    /// How the layout writes dates without separators, if it does (`yyyyMMdd`).
    pub compact_dates: bool,
    /// Headers that are known and deliberately not taken, with the reason.
    pub ignored: HashMap<String, String>,
    /// What the layout's own spellings of a column's values stand for, by header text.
    pub values: HashMap<String, Arc<ValueMap>>,
}

/// From how a layout writes a value to how the field's own values are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ValueMap(HashMap<String, String>);

impl ValueMap {
    /// A map of these spellings.
    pub fn new(spellings: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(spellings.into_iter().map(|(spelling, value)| (header_key(&spelling), value)).collect())
    }

    /// The value that a spelling stands for; blanks around it, the width of its letters and their
    /// case do not matter. `None` when the layout does not know the spelling: the text stands for
    /// itself.
    pub fn get(&self, spelling: &str) -> Option<&str> {
        self.0.get(&header_key(spelling)).map(String::as_str)
    }
}

impl Layout {
    /// The id of the layout every dataset has: its own fields and element codes.
    pub const OFFICIAL: &'static str = "official";
    /// The id of the other layout every dataset has: the Chinese names of its fields, as far as no
    /// two of them share one.
    pub const NAMES: &'static str = "names";
}

/// A header text as [`Layout::columns`] holds it: trimmed, half-width, upper case.
pub fn header_key(header: &str) -> String {
    header.chars().map(half_width).collect::<String>().trim().to_uppercase()
}

/// The half-width form of a full-width letter, digit or sign of ASCII.
pub fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(c as u32 - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

/// Where a column's cells go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target {
    /// Field or member.
    pub cell: Cell,
    /// Which part of the value the column holds.
    pub part: Part,
}

/// A cell of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cell {
    /// A field.
    Field(FieldIx),
    /// A member of a group's element in a slot (1 and up; slot 0 is a field).
    Member(GroupIx, MemberIx, u16),
}

impl Cell {
    /// The target of a column that holds the cell's whole value.
    pub fn whole(self) -> Target {
        Target { cell: self, part: Part::Whole }
    }
}

/// Some layouts split one value over two columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// The whole value. Of several columns for one cell the first with a value counts.
    Whole,
    /// The date of a date and time.
    Date,
    /// The hour of a date and time.
    Hour,
    /// The incision class (0, 1, 2, 3) of a code for class and healing.
    IncisionClass,
    /// The healing grade (1 甲, 2 乙, 3 丙, 9 其他) of a code for class and healing.
    Healing,
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The row is held apart and not counted.
    Error,
    /// The row counts; an explanation may be asked.
    Warning,
}

/// A check (校验规则).
#[derive(Debug, Clone)]
pub struct Check {
    /// Common head; the id is the national one, such as `FP030`. Only active ones run.
    pub meta: Meta,
    /// How grave a violation is.
    pub severity: Severity,
    /// Fields or element codes it is about, the one to point at first.
    pub elements: Vec<Arc<str>>,
    /// What a good value looks like, in plain Chinese, for the person who mends it.
    pub remedy: String,
    /// Where the rule stands.
    pub source: String,
    /// How it is decided; `None` for a draft that cannot be decided yet.
    pub kind: Option<CheckKind>,
}

/// How a check is decided.
#[derive(Debug, Clone)]
pub enum CheckKind {
    /// By the row alone: a row violates the check if any of its cases does.
    Row(Vec<RowCase>),
    /// No two live rows of the institution share any one of these keys, earlier submissions
    /// included. A row that does not know every field of a key has no such key.
    Unique(Vec<Vec<FieldIx>>),
    /// No two live stays of one person in the institution overlap.
    Overlap {
        /// Fields that name the person's record.
        by: Vec<FieldIx>,
        /// Start of the interval.
        from: FieldIx,
        /// End of the interval.
        to: FieldIx,
    },
    /// Along `order`, `value` rises within `by`.
    Sequence {
        /// Fields that name the series.
        by: Vec<FieldIx>,
        /// What orders it.
        order: FieldIx,
        /// What must rise.
        value: FieldIx,
    },
    /// Over the batch, the share of rows for which a case is true stays within a parameter.
    Rate {
        /// One condition for each field.
        of: Vec<RowCase>,
        /// Parameter with the highest share, as a decimal such as 0.05.
        at_most: Arc<str>,
    },
    /// Against the row of the month before with the same key, the period's field left out: the
    /// change is at most a share of what was reported then.
    Change {
        /// Applicability: where false the check is not applicable to the row.
        when: Option<Expr>,
        /// Numbers that are compared.
        of: Vec<FieldIx>,
        /// Parameter with the largest change, as a decimal such as 0.5.
        at_most: Arc<str>,
    },
    /// The field agrees with an indicator's value for the institution and month.
    Against {
        /// Applicability: where false the check is not applicable to the row.
        when: Option<Expr>,
        /// The number that is compared.
        at: FieldIx,
        /// Indicator's id.
        indicator: Arc<str>,
        /// Parameter with the largest difference, as a share of the indicator's value.
        within: Arc<str>,
    },
}

/// One condition of a row check.
#[derive(Debug, Clone)]
pub struct RowCase {
    /// The cell that a finding points at.
    pub at: At,
    /// Applicability: where false the check is not applicable to the row.
    pub when: Option<Expr>,
    /// What must hold.
    pub require: Expr,
}

/// The cell that a finding points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    /// A cell of the row; `when` and `require` are over the row.
    Cell(Cell),
    /// A member of each element of a group; `when` and `require` are over the element, so one row
    /// may have several such findings.
    Each(GroupIx, MemberIx),
}

impl Dataset {
    /// Whether an institution has exactly one row a month: nothing but institution and month name a
    /// row.
    pub fn is_single(&self) -> bool {
        let monthly = self.fields.get(self.period.0).is_some_and(|field| field.month);
        monthly && self.key.iter().all(|field| [self.institution, self.period].contains(field))
    }

    /// The field with this id.
    pub fn field(&self, id: &str) -> Option<(FieldIx, &Field)> {
        let at = self.fields.iter().position(|field| &*field.id == id)?;
        Some((FieldIx(at), self.fields.get(at)?))
    }

    /// The group with this id.
    pub fn group(&self, id: &str) -> Option<(GroupIx, &Group)> {
        let at = self.groups.iter().position(|group| &*group.id == id)?;
        Some((GroupIx(at), self.groups.get(at)?))
    }

    /// The cell of an element code as the official layout names it, such as `C06x07C`; letters of
    /// either case.
    pub fn cell(&self, element: &str) -> Option<Cell> {
        let official = self.layouts.iter().find(|layout| layout.id == Layout::OFFICIAL)?;
        Some(official.columns.get(&header_key(element))?.cell)
    }

    /// The element code of a cell as the official layout names it.
    pub fn element(&self, cell: Cell) -> String {
        match cell {
            Cell::Field(ix) => self.fields.get(ix.0).map(|f| f.id.to_string()).unwrap_or_default(),
            Cell::Member(group, member, slot) => self
                .groups
                .get(group.0)
                .and_then(|g| g.members.get(member.0))
                .map(|m| match (slot, m.main) {
                    (0, Some(main)) => self.element(Cell::Field(main)),
                    _ => m.element_code(slot),
                })
                .unwrap_or_default(),
        }
    }

    /// The Chinese name of a cell.
    pub fn cell_name(&self, cell: Cell) -> String {
        match cell {
            Cell::Field(ix) => self.fields.get(ix.0).map(|f| f.name.clone()).unwrap_or_default(),
            Cell::Member(group, member, slot) => self
                .groups
                .get(group.0)
                .and_then(|g| g.members.get(member.0))
                .map(|m| match (slot, m.main) {
                    (0, Some(main)) => self.cell_name(Cell::Field(main)),
                    _ => format!("{}{slot}", m.name),
                })
                .unwrap_or_default(),
        }
    }
}
