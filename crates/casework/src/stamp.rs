//! Moments as the store keeps them.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::DeriveValueType;
use sea_orm::prelude::DateTimeUtc;

/// A moment in UTC, to the microsecond (PostgreSQL keeps no more).
///
/// SQLite keeps moments as text and compares them as text, which is right only while all have the
/// same offset. No other type is ever bound for a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, DeriveValueType)]
pub struct Stamp(DateTimeUtc);

impl Stamp {
    /// The moment as the store can keep it.
    pub(crate) fn new(at: DateTime<Utc>) -> Self {
        Self(DateTime::from_timestamp_micros(at.timestamp_micros()).unwrap_or(at))
    }

    /// `now`, or just after `last` when `now` is not later.
    pub(crate) fn after(last: Self, now: DateTime<Utc>) -> Self {
        Self::new(now).max(Self(last.0 + TimeDelta::microseconds(1)))
    }

    /// The moment.
    pub(crate) fn at(self) -> DateTime<Utc> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
    }

    #[test]
    fn a_stamp_is_kept_to_the_microsecond() {
        assert_eq!(Stamp::new(at("2024-04-05T08:00:00.123456789+08:00")).at(), at("2024-04-05T00:00:00.123456Z"));
    }

    #[test]
    fn a_clock_that_stands_or_runs_back_still_gives_a_later_moment() {
        let last = Stamp::new(at("2024-04-05T00:00:00Z"));
        assert_eq!(Stamp::after(last, at("2024-04-05T00:00:01Z")).at(), at("2024-04-05T00:00:01Z"));
        assert_eq!(Stamp::after(last, at("2024-04-05T00:00:00Z")).at(), at("2024-04-05T00:00:00.000001Z"));
        assert_eq!(Stamp::after(last, at("2024-04-04T00:00:00Z")).at(), at("2024-04-05T00:00:00.000001Z"));
    }
}
