//! Procedures (办理事项): the states that a case goes through, who may take which step, what is filled
//! in and handed in, by when the law wants what, and what a step does to a register.

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::dataset::Field;
use crate::load::Meta;
use crate::register::DatedTerm;
use crate::term::{Term, Unit};

/// A procedure.
#[derive(Debug, Clone)]
pub struct Procedure {
    /// Common head of every definition.
    pub meta: Meta,
    /// Id of the register whose entry a case is about.
    pub register: Option<Arc<str>>,
    /// What a case is about.
    pub about: About,
    /// Who may open a case.
    pub opened_by: Vec<Role>,
    /// How a case is numbered, with `{year}` and `{serial}`, such as `校〔{year}〕{serial}号`.
    pub number: String,
    /// Forms; the first is filled in when a case is opened.
    pub forms: Vec<Form>,
    /// What must be handed in.
    pub materials: Vec<Material>,
    /// Deadlines.
    pub clocks: Vec<Clock>,
    /// States; a case begins in the first.
    pub states: Vec<State>,
    /// Steps from state to state.
    pub steps: Vec<Step>,
    /// Letters that steps write.
    pub letters: Vec<Letter>,
}

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    /// An institution.
    Institution,
    /// A person.
    Person,
    /// A technology, a piece of equipment, a catalogue.
    Thing,
    /// A complaint, a campaign, an event: no entry of a register.
    Matter,
}

macro_rules! roles {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $side:ident;)*) => {
        /// Who acts in a case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Role { $($(#[$doc])* $variant,)* }

        impl Role {
            /// Every role.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word of the reader.
            pub fn in_chinese(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// On which side of the desk it stands.
            pub fn side(self) -> Side {
                match self { $(Self::$variant => Side::$side,)* }
            }
        }
    };
}

/// The two sides of the desk, and those beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Who applies or is supervised.
    Outside,
    /// The authority.
    Authority,
    /// Asked by the authority.
    Beside,
    /// The program itself.
    Program,
}

roles! {
    /// Who handles an institution's papers.
    Hospital = "医疗机构经办人", Outside;
    /// Who answers for an institution.
    HospitalLeader = "医疗机构负责人", Outside;
    /// The practitioner concerned.
    Physician = "医务人员本人", Outside;
    /// Anyone.
    Public = "群众", Outside;
    /// Who handles a case.
    Clerk = "经办人", Authority;
    /// Head of the office.
    Reviewer = "审核人", Authority;
    /// Who decides for the authority.
    Leader = "审批人", Authority;
    /// Health inspector.
    Inspector = "执法人员", Authority;
    /// Fund office, accounts.
    Finance = "财务或基金经办机构", Authority;
    /// Expert asked for an opinion.
    Expert = "专家", Beside;
    /// Mediator of a dispute.
    Mediator = "调解员", Beside;
    /// Quality-control centre.
    QcCentre = "质控中心", Beside;
    /// The program, when something is due.
    System = "系统", Program;
}

/// What is filled in at the opening or at a step.
#[derive(Debug, Clone)]
pub struct Form {
    /// Id within the procedure.
    pub id: Arc<str>,
    /// Name.
    pub name: String,
    /// Its fields.
    pub fields: Vec<Field>,
}

/// What must be handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Material {
    /// Id within the procedure.
    pub id: Arc<str>,
    /// Name.
    pub name: String,
    /// Whether it must be there.
    pub required: Needed,
    /// For a conditional one, when, in words.
    pub when: String,
    /// Document, article.
    pub source: String,
}

/// Whether a material must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Needed {
    /// 必须
    Must,
    /// 视情形
    Conditional,
    /// 可以
    Optional,
}

/// A deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// Id within the procedure.
    pub id: Arc<str>,
    /// Name.
    pub name: String,
    /// From when it counts.
    pub begins: Begins,
    /// The steps that stop it; none for one that tells others until when they may do something, such as
    /// ask for a review (复议): nobody in the case is late for it.
    pub stops: Vec<Arc<str>>,
    /// States in which it stands still.
    pub stands_in: Vec<Arc<str>>,
    /// How long, dated, the oldest first.
    pub values: Vec<DatedTerm>,
    /// What follows when it runs out, in words; empty for none.
    pub overdue: String,
}

/// From when a deadline counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begins {
    /// From the opening of the case.
    Open,
    /// From a step.
    Step(Arc<str>),
    /// Back from a date that the register's entry has.
    Before(Arc<str>),
}

impl Clock {
    /// The term in force on a day.
    pub fn on(&self, day: NaiveDate) -> Option<Term> {
        DatedTerm::on(&self.values, day).map(|dated| dated.term)
    }
}

/// A state of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Id within the procedure.
    pub id: Arc<str>,
    /// Name.
    pub name: String,
    /// Whose turn it is, or how the case has ended.
    pub turn: Turn,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// This role's.
    Of(Role),
    /// Nobody's: the case has ended.
    Ended(End),
}

/// How a case ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// 准予、合格、成立
    Granted,
    /// 不予、不合格、不成立
    Refused,
    /// 撤回
    Withdrawn,
    /// 办结
    Closed,
}

/// A step from some states to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Id within the procedure.
    pub id: Arc<str>,
    /// Name.
    pub name: String,
    /// States in which it may be taken.
    pub from: Vec<Arc<str>>,
    /// State after it.
    pub to: Arc<str>,
    /// Roles that may take it.
    pub by: Vec<Role>,
    /// Id of the form that is filled in.
    pub form: Option<Arc<str>>,
    /// Whether an opinion is written.
    pub opinion: Option<Opinion>,
    /// Roles that must sign too before it takes effect.
    pub countersign: Vec<Role>,
    /// Whether it may be taken only once in a case, as 一次性补正.
    pub once: bool,
    /// A clock that it lengthens, by how much, and the article that allows it.
    pub extends: Option<Extends>,
    /// Id of the letter that it writes.
    pub letter: Option<Arc<str>>,
    /// Materials that must be there.
    pub needs: Vec<Arc<str>>,
    /// What it does.
    pub effects: Vec<Effect>,
    /// Document, article.
    pub source: String,
}

/// Whether an opinion is written with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Opinion {
    /// It must.
    Must,
    /// It may.
    Optional,
}

/// A lengthening of a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extends {
    /// Id of the clock.
    pub clock: Arc<str>,
    /// By how much.
    pub by: Term,
    /// Document, article.
    pub source: String,
}

/// What a step does beside moving its case. The list is closed: whatever a procedure may do to a
/// register, to the points ledger or to other cases is one of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Makes a new entry of the register; its fields from fields of the case's forms.
    Create {
        /// Register fields and the form fields they come from.
        fields: Vec<(Arc<str>, Arc<str>)>,
    },
    /// Changes fields of the entry.
    Change {
        /// Register fields and the form fields they come from.
        fields: Vec<(Arc<str>, Arc<str>)>,
    },
    /// Sets the entry's state: from the day of the step or a date of a form, for good or until a date
    /// of a form.
    State {
        /// Code of [`crate::register::STATES`].
        to: Arc<str>,
        /// Form field with the first day; the day of the step where there is none.
        from: Option<Arc<str>>,
        /// Form field with the last day; for good where there is none.
        until: Option<Arc<str>>,
    },
    /// Moves a date of the entry on.
    Prolong {
        /// The register's date field.
        field: Arc<str>,
        /// By how much.
        by: Term,
    },
    /// Adds an entry to the points ledger, as a proposal that the step's taker answers for.
    Points {
        /// Whom it is about.
        of: About,
        /// Form field with the points.
        amount: Arc<str>,
        /// Form field with the code of the rule.
        rule: Arc<str>,
    },
    /// Opens a case of another procedure.
    Open {
        /// Its id.
        procedure: Arc<str>,
    },
    /// The outcome must be published within a time.
    Publish {
        /// The time.
        within: Term,
        /// Document, article.
        source: String,
    },
}

/// A letter that a step writes (文书).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Id within the procedure.
    pub id: Arc<str>,
    /// Its title.
    pub name: String,
    /// To whom.
    pub to: String,
    /// Its text.
    pub body: String,
}

/// The words between braces that a letter may hold, beside `{deadline:CLOCK}` and `{field:ID}`.
pub const PLACEHOLDERS: [&str; 9] = [
    "applicant", "institution", "entry", "procedure", "number", "region", "authority", "date", "opinion",
];

impl Procedure {
    /// A state by its id.
    pub fn state(&self, id: &str) -> Option<&State> {
        self.states.iter().find(|state| &*state.id == id)
    }

    /// The steps that may be taken in a state.
    pub fn steps_from<'a>(&'a self, state: &'a str) -> impl Iterator<Item = &'a Step> {
        self.steps.iter().filter(move |step| step.from.iter().any(|from| &**from == state))
    }

    /// A form's field, whichever form it stands in.
    pub fn form_field(&self, id: &str) -> Option<&Field> {
        self.forms.iter().flat_map(|form| &form.fields).find(|field| &*field.id == id)
    }
}

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let newest = self.values.last().map_or(Term { amount: 0, unit: Unit::Day }, |dated| dated.term);
        match &self.begins {
            Begins::Before(_) => write!(f, "届满前{newest}"),
            _ => write!(f, "{newest}内"),
        }
    }
}
