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

/// Whole months on end: a calendar month, quarter or year, written `2024-03`, `2024-Q1`, `2024`; or
/// any other span, such as a year so far, written `2024-01..2024-10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    first: Month,
    /// How many; at least 1.
    length: i32,
}

/// A text that is no period or grain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a period: write 2024-03, 2024-Q1, 2024 or 2024-01..2024-10")]
pub struct PeriodError(String);

impl Period {
    /// The period of `grain` in which `month` lies.
    pub fn containing(month: Month, grain: Grain) -> Self {
        let into = (month.month() as i32 - 1).rem_euclid(grain.months());
        Self { first: month.plus(-into), length: grain.months() }
    }

    /// The months from the one to the other, both included; `None` when they are out of order. A
    /// span that is a month, a quarter or a year is that month, quarter or year.
    pub fn span(first: Month, last: Month) -> Option<Self> {
        (first <= last).then(|| Self { first, length: last.since(first) + 1 })
    }

    /// Its first month.
    pub fn first(self) -> Month {
        self.first
    }

    /// Its last month.
    pub fn last(self) -> Month {
        self.first.plus(self.length - 1)
    }

    /// The grain of a calendar month, quarter or year; `None` for another span.
    pub fn grain(self) -> Option<Grain> {
        let into = self.first.month() as i32 - 1;
        [Grain::Month, Grain::Quarter, Grain::Year]
            .into_iter()
            .find(|grain| grain.months() == self.length && into % grain.months() == 0)
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
        (0..self.length).map(move |n| self.first.plus(n))
    }

    /// The period just before (环比).
    #[must_use]
    pub fn previous(self) -> Self {
        Self { first: self.first.plus(-self.length), ..self }
    }

    /// The period just after.
    #[must_use]
    pub fn next(self) -> Self {
        Self { first: self.first.plus(self.length), ..self }
    }

    /// The same period a year before (同比).
    #[must_use]
    pub fn year_ago(self) -> Self {
        Self { first: self.first.plus(-12), ..self }
    }

    /// Whether a date lies in it.
    pub fn contains(self, date: NaiveDate) -> bool {
        self.start() <= date && date < self.end()
    }

    /// As a Chinese reader writes it: 2024年3月, 2024年第1季度, 2024年, 2024年1–10月,
    /// 2023年11月–2024年2月.
    pub fn in_chinese(self) -> String {
        let (first, last) = (self.first, self.last());
        let year = first.year();
        match self.grain() {
            Some(Grain::Month) => format!("{year}年{}月", first.month()),
            Some(Grain::Quarter) => format!("{year}年第{}季度", first.month() / 3 + 1),
            Some(Grain::Year) => format!("{year}年"),
            None if last.year() == year => format!("{year}年{}–{}月", first.month(), last.month()),
            None => format!("{year}年{}月–{}年{}月", first.month(), last.year(), last.month()),
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
        match self.grain() {
            Some(Grain::Month) => self.first.fmt(f),
            Some(Grain::Quarter) => write!(f, "{:04}-Q{}", self.first.year(), self.first.month() / 3 + 1),
            Some(Grain::Year) => write!(f, "{:04}", self.first.year()),
            None => write!(f, "{}..{}", self.first, self.last()),
        }
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        let bad = || PeriodError(text.to_owned());
        if let Some((first, last)) = text.split_once("..") {
            let month = |part: &str| part.parse::<Self>().ok().filter(|period| period.length == 1);
            let (first, last) = month(first).zip(month(last)).ok_or_else(bad)?;
            return Self::span(first.first, last.first).ok_or_else(bad);
        }
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
        Ok(Self { first, length: grain.months() })
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
        for text in ["2024-03", "2024-Q1", "2024-Q4", "2024", "2023-12", "2024-01..2024-10", "2023-11..2024-02", "2024-02..2024-04"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        // A span that is a month, a quarter or a year is one thing under one name.
        for (text, same) in [("2024-04..2024-06", "2024-Q2"), ("2024-01..2024-12", "2024"), ("2024-05..2024-05", "2024-05")] {
            assert_eq!(text.parse::<Period>().unwrap(), same.parse().unwrap());
        }
        for text in ["2024-10..2024-01", "2024..2025", "2024-01..", "..", "2024-01..2024-02..2024-03", "2024-13", "2024-00", "2024-Q5", "24-03", "2024-3", "2024-03-01", "", "一月"] {
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
        let so_far: Period = "2024-01..2024-10".parse().unwrap();
        assert_eq!((so_far.grain(), so_far.months().count()), (None, 10));
        assert_eq!(so_far.in_chinese(), "2024年1–10月");
        assert_eq!((so_far.year_ago().to_string(), so_far.previous().to_string()), ("2023-01..2023-10".to_owned(), "2023-03..2023-12".to_owned()));
        let winter: Period = "2023-11..2024-02".parse().unwrap();
        assert_eq!((winter.in_chinese(), winter.end().to_string()), ("2023年11月–2024年2月".to_owned(), "2024-03-01".to_owned()));
        let feb: Period = "2024-02".parse().unwrap();
        assert!(feb.contains(NaiveDate::from_ymd_opt(2024, 2, 29).unwrap()));
        assert!(!feb.contains(NaiveDate::from_ymd_opt(2024, 3, 1).unwrap()));
        let months = Period::range(Month::new(2023, 11).unwrap(), Month::new(2024, 2).unwrap(), Grain::Month);
        assert_eq!(months.len(), 4);
    }
}
