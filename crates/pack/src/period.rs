//! Periods of report: months, quarters and years, as half-open intervals of civil dates.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};

/// A calendar month, counted from year 0; ordered and cheap to step through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// `None` unless `month` is 1–12 and the year is 1–9999.
    pub fn new(year: i32, month: u32) -> Option<Self> {
        ((1..=12).contains(&month) && (1..=9999).contains(&year))
            .then(|| Self(year * 12 + month as i32 - 1))
    }

    /// The month a date lies in.
    pub fn of(date: NaiveDate) -> Self {
        Self(date.year() * 12 + date.month0() as i32)
    }

    /// Year.
    pub fn year(self) -> i32 {
        self.0.div_euclid(12)
    }

    /// Month of the year, 1–12.
    pub fn month(self) -> u32 {
        self.0.rem_euclid(12) as u32 + 1
    }

    /// The month `n` months later (earlier when negative).
    #[must_use]
    pub fn plus(self, n: i32) -> Self {
        Self(self.0 + n)
    }

    /// First day.
    pub fn start(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year(), self.month(), 1).unwrap_or_default()
    }

    /// First day of the next month: the exclusive end.
    pub fn end(self) -> NaiveDate {
        self.plus(1).start()
    }

    /// Whole months from `other` to `self`.
    pub fn since(self, other: Self) -> i32 {
        self.0 - other.0
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.month())
    }
}

/// The length of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grain {
    /// 月
    Month,
    /// 季度
    Quarter,
    /// 年
    Year,
}

impl Grain {
    /// How many months a period of this grain has.
    pub fn months(self) -> i32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }
}

impl FromStr for Grain {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        match text {
            "month" => Ok(Self::Month),
            "quarter" => Ok(Self::Quarter),
            "year" => Ok(Self::Year),
            _ => Err(PeriodError(text.to_owned())),
        }
    }
}

/// A calendar month, quarter or year. Written `2024-03`, `2024-Q1`, `2024`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    first: Month,
    grain: Grain,
}

/// A text that is no period or grain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a period: write 2024-03, 2024-Q1 or 2024")]
pub struct PeriodError(String);

impl Period {
    /// The period of `grain` in which `month` lies.
    pub fn containing(month: Month, grain: Grain) -> Self {
        let into = (month.month() as i32 - 1).rem_euclid(grain.months());
        Self { first: month.plus(-into), grain }
    }

    /// Its first month.
    pub fn first(self) -> Month {
        self.first
    }

    /// Its last month.
    pub fn last(self) -> Month {
        self.first.plus(self.grain.months() - 1)
    }

    /// Its grain.
    pub fn grain(self) -> Grain {
        self.grain
    }

    /// First day.
    pub fn start(self) -> NaiveDate {
        self.first.start()
    }

    /// The day after the last: the exclusive end.
    pub fn end(self) -> NaiveDate {
        self.last().end()
    }

    /// Its months in order.
    pub fn months(self) -> impl Iterator<Item = Month> {
        (0..self.grain.months()).map(move |n| self.first.plus(n))
    }

    /// The period just before (环比).
    #[must_use]
    pub fn previous(self) -> Self {
        Self { first: self.first.plus(-self.grain.months()), grain: self.grain }
    }

    /// The period just after.
    #[must_use]
    pub fn next(self) -> Self {
        Self { first: self.first.plus(self.grain.months()), grain: self.grain }
    }

    /// The same period a year before (同比).
    #[must_use]
    pub fn year_ago(self) -> Self {
        Self { first: self.first.plus(-12), grain: self.grain }
    }

    /// Whether a date lies in it.
    pub fn contains(self, date: NaiveDate) -> bool {
        self.start() <= date && date < self.end()
    }

    /// As a Chinese reader writes it: 2024年3月, 2024年第1季度, 2024年.
    pub fn in_chinese(self) -> String {
        let year = self.first.year();
        match self.grain {
            Grain::Month => format!("{year}年{}月", self.first.month()),
            Grain::Quarter => format!("{year}年第{}季度", self.first.month() / 3 + 1),
            Grain::Year => format!("{year}年"),
        }
    }

    /// The periods of `grain` from the one with `from` to the one with `to`, both included.
    pub fn range(from: Month, to: Month, grain: Grain) -> Vec<Self> {
        let mut periods = Vec::new();
        let mut period = Self::containing(from, grain);
        while period.first <= to {
            periods.push(period);
            period = period.next();
        }
        periods
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.grain {
            Grain::Month => self.first.fmt(f),
            Grain::Quarter => write!(f, "{:04}-Q{}", self.first.year(), self.first.month() / 3 + 1),
            Grain::Year => write!(f, "{:04}", self.first.year()),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let bad = || PeriodError(text.to_owned());
        let digits = |part: &str, length: usize| -> Option<i32> {
            (part.len() == length && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
        };
        let (year, rest) = match text.split_once('-') {
            Some((year, rest)) => (year, Some(rest)),
            None => (text, None),
        };
        let year = digits(year, 4).ok_or_else(bad)?;
        let (month, grain) = match rest {
            None => (1, Grain::Year),
            Some(rest) => match rest.strip_prefix('Q') {
                Some(quarter) => {
                    let quarter = digits(quarter, 1).filter(|q| (1..=4).contains(q)).ok_or_else(bad)?;
                    (quarter * 3 - 2, Grain::Quarter)
                }
                None => (digits(rest, 2).ok_or_else(bad)?, Grain::Month),
            },
        };
        let first = Month::new(year, month as u32).ok_or_else(bad)?;
        Ok(Self { first, grain })
    }
}

impl serde::Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn written_and_read_back() {
        for text in ["2024-03", "2024-Q1", "2024-Q4", "2024", "2023-12"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        for text in ["2024-13", "2024-00", "2024-Q5", "24-03", "2024-3", "2024-03-01", "", "一月"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn neighbours() {
        let q: Period = "2024-Q1".parse().unwrap();
        assert_eq!(q.previous().to_string(), "2023-Q4");
        assert_eq!(q.year_ago().to_string(), "2023-Q1");
        assert_eq!(q.in_chinese(), "2024年第1季度");
        assert_eq!(q.end().to_string(), "2024-04-01");
        let feb: Period = "2024-02".parse().unwrap();
        assert!(feb.contains(NaiveDate::from_ymd_opt(2024, 2, 29).unwrap()));
        assert!(!feb.contains(NaiveDate::from_ymd_opt(2024, 3, 1).unwrap()));
        let months = Period::range(Month::new(2023, 11).unwrap(), Month::new(2024, 2).unwrap(), Grain::Month);
        assert_eq!(months.len(), 4);
    }
}
