//! Alert rules (预警规则): which indicator or dataset is watched, by which method, how grave a breach
//! is and within how many days it must be answered. And the test cases beside them: a series in,
//! what each of its months must be judged to be out.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::load::Meta;
use crate::period::Month;
use crate::types::Value;

/// An alert rule.
#[derive(Debug, Clone)]
pub struct AlertRule {
    /// Common head of every definition.
    pub meta: Meta,
    /// How grave a breach is.
    pub severity: AlertSeverity,
    /// Over what a series is taken.
    pub by: AlertBy,
    /// Calendar days from the opening of an alert within which it must be answered.
    pub answer_within: u32,
    /// How many of the newest closed months are judged. Older ones are judged again only while an
    /// active alert rests on them.
    pub months: u32,
    /// What is watched, and how.
    pub watch: Watch,
}

/// How grave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertSeverity {
    /// 严重
    High,
    /// 一般
    Medium,
    /// 留意
    Low,
}

impl AlertSeverity {
    /// The word of the definitions.
    pub fn word(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// Over what a series is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertBy {
    /// The region as a whole.
    Region,
    /// Each institution.
    Institution,
}

/// What is watched, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watch {
    /// The target in force was missed in `missed` of the last `of` closed months, the newest among
    /// them.
    Target {
        /// Indicators with targets.
        indicators: Vec<Arc<str>>,
        /// How many misses make a breach.
        missed: u32,
        /// Of how many months.
        of: u32,
        /// A month with a smaller denominator is not judged.
        minimum_denominator: u32,
    },
    /// A submission that is due has not been accepted `days` calendar days after its last day.
    Overdue {
        /// Datasets; every running one that somebody must submit when empty.
        datasets: Vec<Arc<str>>,
        /// Days after the last day to submit in time.
        days: u32,
    },
    /// Control chart of individual values and moving ranges (XmR).
    Control {
        /// Indicators.
        indicators: Vec<Arc<str>>,
        /// Which run rules.
        rules: RuleSet,
        /// Months of the chart that ends with the judged one.
        window: u32,
        /// Of them, the first so many give centre and limits.
        baseline: u32,
        /// Measured months that the baseline must have.
        minimum_points: u32,
        /// A month with a smaller denominator is not on the chart.
        minimum_denominator: u32,
        /// Which breaches count.
        side: Side,
    },
}

/// Which breaches of a control chart count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Those on the side that the indicator's direction calls worse.
    Worse,
    /// Those on both.
    Both,
}

/// A named set of run rules of a control chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleSet {
    /// Only a value beyond the limits.
    Limits,
    /// The four of the Western Electric handbook (1956).
    WesternElectric,
    /// The eight of L. S. Nelson (1984).
    Nelson,
    /// Those of the NHS's Making Data Count.
    Nhs,
}

impl RuleSet {
    /// All of them, with the words of the definitions.
    pub const ALL: [(&'static str, Self); 4] = [
        ("limits", Self::Limits),
        ("western_electric", Self::WesternElectric),
        ("nelson", Self::Nelson),
        ("nhs", Self::Nhs),
    ];
}

impl AlertRule {
    /// The indicators it watches; none when it watches datasets.
    pub fn indicators(&self) -> &[Arc<str>] {
        match &self.watch {
            Watch::Target { indicators, .. } | Watch::Control { indicators, .. } => indicators,
            Watch::Overdue { .. } => &[],
        }
    }
}

/// The test cases of an alert rule.
#[derive(Debug, Clone)]
pub struct AlertTests {
    /// The file they stand in, as diagnostics name it.
    pub file: String,
    /// The rule.
    pub rule: Arc<str>,
    /// The cases.
    pub cases: Vec<AlertCase>,
}

/// A series, and what each month of it must be judged to be.
#[derive(Debug, Clone)]
pub struct AlertCase {
    /// What it shows.
    pub name: String,
    /// The indicator whose series it is; `None` with a rule that watches datasets.
    pub indicator: Option<Arc<str>>,
    /// The institution's class, for its target.
    pub class: String,
    /// The institution's level, for its target.
    pub level: String,
    /// The day on which it is judged; only with a rule that watches datasets.
    pub today: Option<NaiveDate>,
    /// The months, in order.
    pub points: Vec<AlertCasePoint>,
}

/// A month of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertCasePoint {
    /// The month.
    pub month: Month,
    /// Its value in the indicator's unit; `None` when not measured.
    pub value: Option<Value>,
    /// The denominator behind it; `None` where there is none.
    pub denominator: Option<Value>,
    /// Whether the value may still change.
    pub provisional: bool,
    /// Last day to submit in time, with a rule that watches datasets.
    pub deadline: Option<NaiveDate>,
    /// Whether something is accepted, with a rule that watches datasets.
    pub accepted: bool,
    /// What it must be judged to be, as it was known when the month was the newest.
    pub expect: AlertOutcome,
}

/// What a month is judged to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertOutcome {
    /// It breaks the rule.
    Alarm,
    /// It does not.
    Clear,
    /// It cannot be judged, for a reason.
    NotJudged,
}

impl AlertOutcome {
    /// All of them, with the words of the test files.
    pub const ALL: [(&'static str, Self); 3] =
        [("alarm", Self::Alarm), ("clear", Self::Clear), ("not_judged", Self::NotJudged)];
}
