//! The planted events: what goes wrong, where, when and in which dataset, and where the region's
//! figures should show it. They stand in `data/events.csv`; the truth file repeats those that fit into the months made.

use serde::{Deserialize, Serialize};
use yizheng_pack::period::Month;

use crate::GenerateError;
use crate::catalogue::table;
use crate::region::{Institution, REGION};

/// The dataset of the front pages.
pub(crate) const FRONT_PAGES: &str = "inpatient_front_page";

/// What an event does to an institution's months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Stays are longer by the factor.
    Stay,
    /// Deaths are more frequent by the factor.
    Mortality,
    /// Disposable material costs the factor more.
    Materials,
    /// Antibacterials cost the factor more.
    Antibacterial,
    /// This share of level-3 operations is written as level 4.
    LevelFour,
    /// This share of stays lasts more than 30 days.
    LongStays,
    /// This share of class-I incisions suppurates.
    Incision,
    /// Patients pay the factor more themselves.
    SelfPay,
    /// Day surgery is more frequent by the factor.
    DaySurgery,
    /// This share of discharges comes back soon, unplanned.
    Readmission,
    /// This share of pages leaves the cells of contact and address empty.
    Incomplete,
    /// This share of pages states an age that is not that of the birth date.
    WrongAge,
    /// This share of patients lies in a department that is not registered.
    Department,
    /// This share of the rows stands in the file twice.
    Duplicated,
    /// This many persons lie twice at the same time.
    Overlap,
    /// This share of the rows states a total below the sum of its parts; a patch mends them.
    Patch,
    /// Nothing is ever sent.
    Missing,
    /// It is sent this many days late.
    Late,
    /// Nothing happened, and that is what is sent.
    ZeroReport,
    /// The first file is cut off inside a quoted field.
    Truncated,
    /// The first file is half UTF-8, half GB18030.
    MixedEncoding,
    /// The first file is that of the institution that follows in the list.
    OtherInstitution,
    /// The first file is that of the month before.
    WrongPeriod,
    /// The first file was saved by a spreadsheet that took codes for numbers.
    Excel,
    /// The outpatient department sells the factor more drugs.
    OutpatientDrugs,
    /// This share of the full-time infection-control staff is left.
    InfectionControl,
    /// This share of the red cells comes from elsewhere than the blood station.
    BloodSource,
    /// This share of the family doctor's contracts goes on.
    Contracts,
    /// This share of the outpatients sent down to primary care still goes there.
    ReferredDown,
    /// This share of the wards offers 优质护理.
    NursingWards,
    /// Antibacterials are used the factor more.
    Antibacterials,
    /// This share of the admissions of insured residents happens outside the city.
    Outside,
    /// This share of the outpatients is registered by real name.
    RealName,
    /// A part is larger than its whole.
    PartAboveWhole,
    /// The numbers of the month before stand in the report again.
    Copied,
    /// A number has one digit too many.
    Slip,
}

#[derive(Deserialize)]
struct EventRow {
    id: String,
    dataset: String,
    /// Key of the institution; empty for the authority itself.
    institution: String,
    from: usize,
    to: Option<usize>,
    effect: Effect,
    amount: Option<f64>,
    shows: String,
    compare: Compare,
    direction: Direction,
    sentence: String,
}

/// With what a value is compared, so that the event shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// The institution's own months before.
    Before,
    /// Institutions of the same level.
    Peers,
    /// The check finds rows in these months, and few before.
    Finding,
    /// The target of the indicator.
    Target,
    /// The state of the submission.
    Submission,
}

/// Where the value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Higher, or more.
    Up,
    /// Lower, or less.
    Down,
    /// The first file is returned.
    Returned,
}

/// A planted event as the truth file tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Number, such as `E01`.
    pub id: String,
    /// Dataset in which it was planted.
    pub dataset: String,
    /// What was planted.
    pub kind: Effect,
    /// 登记号 of the institution; the region's code for the authority itself.
    pub institution: String,
    /// Its name.
    pub institution_name: String,
    /// First month, `2024-03`.
    pub from: String,
    /// Last month, included.
    pub to: String,
    /// How strong: a factor, a share or a count, by kind; absent where the kind needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<f64>,
    /// What should show it, by `compare`: ids of indicators (`before`, `peers`, `target`), of checks
    /// (`finding`), or a state of the submission, `reported` or `returned` (`submission`).
    pub shows: Vec<String>,
    /// With what to compare.
    pub compare: Compare,
    /// Expected direction.
    pub direction: Direction,
    /// What happened, in one Chinese sentence.
    pub sentence: String,
}

/// The truth file: every planted event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Events in the order of their ids.
    pub event: Vec<Event>,
}

/// An event that the generator carries out.
#[derive(Debug, Clone)]
pub(crate) struct Planted {
    dataset: String,
    /// `None`: the authority itself.
    institution: Option<usize>,
    from: usize,
    to: usize,
    pub effect: Effect,
    pub amount: f64,
}

/// The events that fit into the months, as the generator and as the truth file see them.
pub(crate) fn events(
    institutions: &[Institution],
    first: Month,
    months: usize,
) -> Result<(Vec<Planted>, Truth), GenerateError> {
    let (mut planted, mut truth) = (Vec::new(), Vec::new());
    for row in table::<EventRow>("events", include_str!("../data/events.csv"))? {
        let at = institutions
            .iter()
            .position(|institution| institution.key == row.institution);
        let (code, name) = match at.and_then(|at| institutions.get(at)) {
            Some(institution) => (institution.licence.clone(), institution.name.clone()),
            None if row.institution.is_empty() => (REGION.0.to_owned(), REGION.1.to_owned()),
            None => {
                return Err(GenerateError::Table {
                    name: "events",
                    source: format!("no institution `{}`", row.institution).into(),
                });
            }
        };
        if row.from >= months {
            continue;
        }
        let to = row.to.unwrap_or(months - 1).min(months - 1);
        planted.push(Planted {
            dataset: row.dataset.clone(),
            institution: at,
            from: row.from,
            to,
            effect: row.effect,
            amount: row.amount.unwrap_or(0.0),
        });
        truth.push(Event {
            id: row.id,
            dataset: row.dataset,
            kind: row.effect,
            institution: code,
            institution_name: name,
            from: first.plus(row.from as i32).to_string(),
            to: first.plus(to as i32).to_string(),
            amount: row.amount,
            shows: row.shows.split(';').map(str::to_owned).collect(),
            compare: row.compare,
            direction: row.direction,
            sentence: row.sentence,
        });
    }
    Ok((planted, Truth { event: truth }))
}

/// The effects on one month of one institution in one dataset.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effects<'a> {
    planted: &'a [Planted],
    dataset: &'a str,
    institution: Option<usize>,
    month: usize,
}

impl<'a> Effects<'a> {
    /// Those on the front pages.
    pub(crate) fn new(planted: &'a [Planted], institution: usize, month: usize) -> Self {
        Self::of(planted, FRONT_PAGES, Some(institution), month)
    }

    /// Those on a dataset; of the authority itself without an institution.
    pub(crate) fn of(
        planted: &'a [Planted],
        dataset: &'a str,
        institution: Option<usize>,
        month: usize,
    ) -> Self {
        Self {
            planted,
            dataset,
            institution,
            month,
        }
    }

    /// The amount of an effect, if it is at work.
    pub(crate) fn amount(&self, effect: Effect) -> Option<f64> {
        let here = |event: &&Planted| {
            event.effect == effect
                && event.dataset == self.dataset
                && event.institution == self.institution
                && (event.from..=event.to).contains(&self.month)
        };
        self.planted.iter().find(here).map(|event| event.amount)
    }

    pub(crate) fn has(&self, effect: Effect) -> bool {
        self.amount(effect).is_some()
    }

    /// The amount as a factor: 1 where the effect is not at work.
    pub(crate) fn factor(&self, effect: Effect) -> f64 {
        self.amount(effect).unwrap_or(1.0)
    }

    /// The amount as a share: 0 where the effect is not at work.
    pub(crate) fn share(&self, effect: Effect) -> f64 {
        self.amount(effect).unwrap_or(0.0)
    }

    /// The amount as a count: 0 where the effect is not at work.
    pub(crate) fn count(&self, effect: Effect) -> usize {
        self.share(effect) as usize
    }

    /// The amount as a share of so many rows, rounded up.
    pub(crate) fn rows(&self, effect: Effect, of: usize) -> usize {
        (self.share(effect) * of as f64).ceil() as usize
    }
}
