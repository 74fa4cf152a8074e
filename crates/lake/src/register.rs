//! What the cube needs of the register of institutions, as plain dated values.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use yizheng_pack::dataset::Due;
use yizheng_pack::indicator::{Reported, Share};
use yizheng_pack::period::Month;

use crate::measure::Unit;

/// An institution's attributes during some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// First day in force.
    pub from: NaiveDate,
    /// The day after the last; `None` while open.
    pub to: Option<NaiveDate>,
    /// WS 218 category, such as `A100`.
    pub class: String,
    /// Level code, such as `32`; empty without one.
    pub level: String,
    /// Alliance (医联体), if it is in one.
    pub alliance: Option<String>,
    /// Registered beds.
    pub beds: i64,
}

/// The institutions of a region with their dated attributes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Register {
    /// Code of the whole region (行政区划).
    pub region: String,
    /// Versions by licence number, in any order.
    pub institutions: BTreeMap<String, Vec<Standing>>,
    /// What is known of each dataset's reports, by dataset, sender and month: what indicators of
    /// reporting count.
    pub reporting: BTreeMap<String, BTreeMap<String, BTreeMap<Month, Report>>>,
}

/// One sender's month of one dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// How it stands; `None` when it is not due.
    pub due: Option<Reported>,
    /// Rows in force, those held apart included.
    pub rows: u64,
    /// Rows held apart because of an error.
    pub held: u64,
}

impl Report {
    /// What it adds to a share's numerator and denominator. While a deadline has not passed, a month
    /// counts as neither in nor missing.
    pub fn share(&self, share: Share) -> (u64, u64) {
        let closed = self.due.filter(|due| *due != Reported::Open);
        let of_due = |met: bool| (u64::from(met), u64::from(closed.is_some()));
        match share {
            Share::Complete => of_due(matches!(closed, Some(Reported::Timely | Reported::Late))),
            Share::Timely => of_due(closed == Some(Reported::Timely)),
            Share::Errors => (self.held, self.rows),
        }
    }
}

impl Register {
    /// The attributes that hold for an institution's month: those of its last day in force within
    /// the month; `None` when the register does not have it then.
    pub fn standing(&self, institution: &str, month: Month) -> Option<&Standing> {
        let versions = self.institutions.get(institution)?;
        let within = |s: &&Standing| s.from < month.end() && s.to.is_none_or(|to| to > month.start());
        versions.iter().filter(within).max_by_key(|s| s.from)
    }

    /// The institutions that a unit consists of in a month; `others` are such as the register does
    /// not have, which belong to the region all the same.
    pub(crate) fn members<'a>(
        &'a self,
        unit: &'a Unit,
        month: Month,
        others: impl Iterator<Item = &'a str>,
    ) -> BTreeSet<&'a str> {
        let registered = self.institutions.keys().map(String::as_str);
        match unit {
            Unit::Region => registered.chain(others).collect(),
            Unit::Alliance(alliance) => {
                let of = |institution: &&str| {
                    let standing = self.standing(institution, month);
                    standing.is_some_and(|standing| standing.alliance.as_deref() == Some(alliance))
                };
                registered.filter(of).collect()
            }
            Unit::Institution(institution) | Unit::Department { institution, .. } => {
                BTreeSet::from([institution.as_str()])
            }
        }
    }

    /// The last month of which any report is known of.
    pub(crate) fn reporting_until(&self) -> Option<Month> {
        let months = self.reporting.values().flat_map(BTreeMap::values);
        months.filter_map(|months| months.keys().next_back().copied()).max()
    }

    /// Whether the institution must report the month.
    pub fn is_due(&self, institution: &str, month: Month, due: &Due) -> bool {
        let standing = self.standing(institution, month);
        standing.is_some_and(|standing| due.of(month).asks(&standing.class, &standing.level, Some(standing.beds)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_last_version_of_a_month_holds_for_it() {
        let version = |from: &str, to: Option<&str>, level: &str, beds| Standing {
            from: day(from),
            to: to.map(day),
            class: "A100".to_owned(),
            level: level.to_owned(),
            alliance: None,
            beds,
        };
        let versions =
            vec![version("2024-03-15", Some("2024-06-01"), "30", 200), version("2020-01-01", Some("2024-03-15"), "20", 0)];
        let register =
            Register { institutions: [("A".to_owned(), versions)].into_iter().collect(), ..Register::default() };
        let level = |month: u32| {
            let standing = register.standing("A", Month::new(2024, month).unwrap());
            standing.map(|s| s.level.as_str())
        };
        assert_eq!(level(2), Some("20"));
        assert_eq!(level(3), Some("30"));
        assert_eq!(level(5), Some("30"));
        assert_eq!(level(6), None);
        let due = Due { min_beds: 1, days: 10, ..Due::default() };
        let is_due = |month| register.is_due("A", Month::new(2024, month).unwrap(), &due);
        assert_eq!([2, 3, 5, 6].map(is_due), [false, true, true, false]);
        // From the middle of March it is of level 3; the class has to fit as well.
        let of_level = |level: &str, class: &str, month| {
            let due = Due { levels: vec![level.to_owned()], classes: vec![class.to_owned()], ..Due::default() };
            register.is_due("A", Month::new(2024, month).unwrap(), &due)
        };
        assert_eq!([2, 3].map(|month| of_level("3", "A", month)), [false, true]);
        assert_eq!([2, 3].map(|month| of_level("2", "A1", month)), [true, false]);
        assert_eq!([2, 3].map(|month| of_level("3", "B", month)), [false, false]);
        assert!(register.standing("B", Month::new(2024, 3).unwrap()).is_none());
    }
}
