//! Lengths of time as laws set them (期限): so many hours, days, working days, months or years.

use chrono::{Days, Months, NaiveDate};

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Term {
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: Unit,
}

/// What a term counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// 小时
    Hour,
    /// 日（自然日）
    Day,
    /// 工作日
    WorkingDay,
    /// 个月
    Month,
    /// 年
    Year,
}

impl Unit {
    /// As a term says it: `30日`, `6个月`.
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::Hour => "小时",
            Self::Day => "日",
            Self::WorkingDay => "个工作日",
            Self::Month => "个月",
            Self::Year => "年",
        }
    }
}

impl std::fmt::Display for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.amount, self.unit.in_chinese())
    }
}

/// A day that a term leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The last day.
    pub day: NaiveDate,
    /// Whether a year that it counts has no published calendar yet: the State Council's notice of
    /// holidays (国务院办公厅关于节假日安排的通知) comes late in the year before.
    pub provisional: bool,
}

/// Which days are working days: weekends, and what the State Council's yearly notices make of them
/// (节假日和调休).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    /// Days of the week that are not worked on.
    off: std::collections::BTreeSet<NaiveDate>,
    /// Weekend days that are worked on.
    on: std::collections::BTreeSet<NaiveDate>,
    /// Years whose notice is known.
    years: std::collections::BTreeSet<i32>,
}

impl Calendar {
    /// A calendar of years whose notices are known, of their days off and their weekend days that
    /// are worked on.
    pub fn new(
        years: impl IntoIterator<Item = i32>,
        off: impl IntoIterator<Item = NaiveDate>,
        on: impl IntoIterator<Item = NaiveDate>,
    ) -> Self {
        Self { off: off.into_iter().collect(), on: on.into_iter().collect(), years: years.into_iter().collect() }
    }

    /// Whether the year's notice is known.
    pub fn knows(&self, year: i32) -> bool {
        self.years.contains(&year)
    }

    /// Whether a day is a working day; of a year without a notice, whether it is no weekend.
    pub fn works(&self, day: NaiveDate) -> bool {
        use chrono::{Datelike, Weekday};
        let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        self.on.contains(&day) || (!weekend && !self.off.contains(&day))
    }

    /// The day on or after which is a working day.
    fn next_working(&self, mut day: NaiveDate) -> Option<NaiveDate> {
        while !self.works(day) {
            day = day.succ_opt()?;
        }
        Some(day)
    }

    /// The last day of a term that begins on a day: the day itself does not count (《民法典》第二百零一条);
    /// a month that lacks the day ends on its last (第二百零二条); a term in days, months or years whose
    /// last day is a day off ends on the next working day (第二百零三条). Hours run through: the day in
    /// which they end is for the caller, who knows the time. `None` beyond what dates can hold.
    pub fn after(&self, begin: NaiveDate, term: Term) -> Option<Deadline> {
        let plain = match term.unit {
            Unit::Hour => begin.checked_add_days(Days::new(u64::from(term.amount.div_ceil(24))))?,
            Unit::Day => begin.checked_add_days(Days::new(u64::from(term.amount)))?,
            Unit::Month => begin.checked_add_months(Months::new(term.amount))?,
            Unit::Year => begin.checked_add_months(Months::new(term.amount.checked_mul(12)?))?,
            Unit::WorkingDay => {
                let mut day = begin;
                for _ in 0..term.amount {
                    day = self.next_working(day.succ_opt()?)?;
                }
                return Some(self.deadline(begin, day));
            }
        };
        let day = if term.unit == Unit::Hour { plain } else { self.next_working(plain)? };
        Some(self.deadline(begin, day))
    }

    /// The day a term before a day: what must be done so long before it. A day that is not worked on
    /// stays: rolling it on would shorten the term.
    pub fn before(&self, end: NaiveDate, term: Term) -> Option<Deadline> {
        let day = match term.unit {
            Unit::Hour => end.checked_sub_days(Days::new(u64::from(term.amount.div_ceil(24))))?,
            Unit::Day => end.checked_sub_days(Days::new(u64::from(term.amount)))?,
            Unit::Month => end.checked_sub_months(Months::new(term.amount))?,
            Unit::Year => end.checked_sub_months(Months::new(term.amount.checked_mul(12)?))?,
            Unit::WorkingDay => {
                let mut day = end;
                for _ in 0..term.amount {
                    day = day.pred_opt()?;
                    while !self.works(day) {
                        day = day.pred_opt()?;
                    }
                }
                day
            }
        };
        Some(self.deadline(end, day))
    }

    fn deadline(&self, first: NaiveDate, day: NaiveDate) -> Deadline {
        use chrono::Datelike;
        let (from, to) = if first <= day { (first, day) } else { (day, first) };
        Deadline { day, provisional: (from.year()..=to.year()).any(|year| !self.knows(year)) }
    }
}
