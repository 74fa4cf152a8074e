//! Deadlines: 2017年底, 今年5月, 6月上旬, 11月底前, 年内, 上半年.

use chrono::{Datelike, NaiveDate};

use crate::rules::{after, before, patterns};

patterns! {
    DATE = r"(?:(?P<year>20\d\d)年|今年|本年)?(?:(?P<month>\d{1,2})月(?:(?P<day>\d{1,2})日|份|底|末|(?P<part>上中旬|上旬|中旬|中下旬|下旬))?|(?P<half>上半年)|第?(?P<quarter>[一二三四1-4])季度末?|(?P<end>年底|年末|年内|底))";
}

/// A date in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// First byte.
    pub start: usize,
    /// Byte behind it.
    pub end: usize,
    /// The last day it covers.
    pub day: NaiveDate,
}

/// All deadlines of a sentence. A date that begins something (自…起) or returns (每年…) is none;
/// one without a year needs the plan's.
pub fn deadlines(text: &str, plan_year: Option<i32>) -> Vec<Found> {
    DATE.captures_iter(text)
        .filter_map(|found| {
            let whole = found.get(0)?;
            let left = before(text, whole.start());
            let right = after(text, whole.end());
            let number = |name: &str| found.name(name).and_then(|m| m.as_str().parse::<u32>().ok());
            let stated = number("year").and_then(|year| i32::try_from(year).ok());
            if whole.as_str() == "底" || left.ends_with('每') || left.ends_with("每年") || right.starts_with('起') {
                return None;
            }
            if left.ends_with(|c: char| c.is_ascii_digit() || c == '个' || c == '自') {
                return None;
            }
            // 三年内 is a span, 年内 a date.
            if whole.as_str().starts_with('年') && left.ends_with(|c| "一二三四五六七八九十两几".contains(c)) {
                return None;
            }
            let year = stated.or(plan_year)?;
            let day = if let Some(month) = number("month") {
                let end_of_part = match found.name("part").map(|m| m.as_str()) {
                    Some("上旬") => Some(10),
                    Some("上中旬" | "中旬") => Some(20),
                    _ => None,
                };
                match number("day").or(end_of_part) {
                    Some(day) => NaiveDate::from_ymd_opt(year, month, day)?,
                    None => last_day(year, month)?,
                }
            } else if found.name("half").is_some() {
                last_day(year, 6)?
            } else if let Some(quarter) = found.name("quarter") {
                last_day(year, 3 * quarter_number(quarter.as_str())?)?
            } else {
                last_day(year, 12)?
            };
            Some(Found { start: whole.start(), end: whole.end(), day })
        })
        .collect()
}

fn quarter_number(text: &str) -> Option<u32> {
    match text {
        "一" | "1" => Some(1),
        "二" | "2" => Some(2),
        "三" | "3" => Some(3),
        "四" | "4" => Some(4),
        _ => None,
    }
}

fn last_day(year: i32, month: u32) -> Option<NaiveDate> {
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    let next = first.checked_add_months(chrono::Months::new(1))?;
    let last = next.pred_opt()?;
    (last.month() == month).then_some(last)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn deadlines_of_plans() {
        let day = |text: &str| deadlines(text, Some(2014)).first().map(|found| found.day.to_string());
        assert_eq!(day("到2017年底，"), Some("2017-12-31".into()));
        assert_eq!(day("今年5月，省厅要进行验收"), Some("2014-05-31".into()));
        assert_eq!(day("2月底前"), Some("2014-02-28".into()));
        assert_eq!(day("2024年2月底前"), Some("2024-02-29".into()));
        assert_eq!(day("9月15日前"), Some("2014-09-15".into()));
        for (text, last) in [("6月上旬", "2014-06-10"), ("6月上中旬", "2014-06-20"), ("6月中旬", "2014-06-20"), ("6月中下旬", "2014-06-30"), ("6月下旬", "2014-06-30")] {
            assert_eq!(day(text).as_deref(), Some(last), "{text}");
        }
        assert_eq!(day("年内完成"), Some("2014-12-31".into()));
        assert_eq!(day("上半年"), Some("2014-06-30".into()));
        assert_eq!(day("于每年11月份组织"), None);
        assert_eq!(day("自2010年12月31日起"), None);
        assert_eq!(day("6个月内"), None);
        assert_eq!(day("三年内"), None);
        assert_eq!(deadlines("年底", None), []);
    }
}
