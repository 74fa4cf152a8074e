//! One value out of several columns: a date and its hour, an incision class and its healing grade,
//! or whichever of several columns holds something.

use yizheng_pack::codelist::CodeList;
use yizheng_pack::dataset::Part;
use yizheng_pack::types::Type;

use super::book::Kind;
use super::value::{self, Marks, Reading, Rule};

/// Reads the value that `parts` make together.
pub(super) fn read<'a>(
    parts: &[(Part, String, Kind)],
    rule: Rule<'_>,
    composed: &'a mut String,
    scratch: &'a mut String,
) -> (Reading<'a>, Marks) {
    composed.clear();
    if parts.iter().any(|(_, _, kind)| *kind == Kind::Covered) {
        return (Reading::Malformed, Marks::MERGED_UNSURE);
    }
    let of = |wanted: Part| {
        parts
            .iter()
            .filter(|(part, text, _)| *part == wanted && !text.trim().is_empty())
            // A dash does not hide a value in a later column.
            .min_by_key(|(_, text, _)| text.trim() == "-")
    };
    if let Some((_, text, kind)) = of(Part::Whole) {
        composed.push_str(text);
        return value::read(composed, *kind, rule, scratch);
    }
    if let Some((_, date, kind)) = of(Part::Date) {
        return time(date, *kind, of(Part::Hour).map(|(_, hour, _)| hour.trim()), rule, composed, scratch);
    }
    match (of(Part::IncisionClass), of(Part::Healing)) {
        (None, None) => match of(Part::Hour) {
            // An hour of no day.
            Some((_, hour, _)) if hour.trim() != "-" => (Reading::Malformed, Marks::default()),
            Some(_) => (Reading::Dash, Marks::default()),
            None => (Reading::Blank, Marks::default()),
        },
        (incision, healing) => {
            let text = |part: Option<&(Part, String, Kind)>| part.map(|(_, text, _)| text.trim().to_owned());
            let (incision, healing) = (text(incision), text(healing));
            let blank = |part: &Option<String>| part.as_deref().is_none_or(|text| text == "-");
            if blank(&incision) && blank(&healing) {
                return (Reading::Dash, Marks::default());
            }
            match rule.codes.and_then(|list| incision_code(list, incision.as_deref(), healing.as_deref())) {
                Some(code) => {
                    composed.push_str(&code);
                    (Reading::Text(composed), Marks::default())
                }
                None => (Reading::Malformed, Marks::default()),
            }
        }
    }
}

/// A date column and an hour column: `20240301` and `9` are 9 o'clock of that day. A date column
/// that holds a time already needs no hour.
fn time<'a>(
    date: &str,
    kind: Kind,
    hour: Option<&str>,
    rule: Rule<'_>,
    composed: &'a mut String,
    scratch: &'a mut String,
) -> (Reading<'a>, Marks) {
    let wants_time = *rule.ty == Type::DateTime;
    let (day, said) = value::read(date, kind, Rule { ty: &Type::Date, ..rule }, scratch);
    let Reading::Date(day) = day else {
        composed.push_str(date);
        return value::read(composed, kind, rule, scratch);
    };
    if !wants_time {
        return (Reading::Date(day), said);
    }
    let midnight = i64::from(day) * 86_400;
    match hour {
        _ if said.has(Marks::TIME_DROPPED) => {
            composed.push_str(date);
            value::read(composed, kind, rule, scratch)
        }
        None | Some("-") => (Reading::DateTime(midnight), said.and(Marks::NO_TIME)),
        Some(hour) => match hour_of_day(hour) {
            Some(seconds) => (Reading::DateTime(midnight + seconds), said),
            None => (Reading::Malformed, said),
        },
    }
}

/// `9`, `09`, `9:30`, `9:30:00`, `9时` in seconds; 24 is not an hour of the day.
fn hour_of_day(text: &str) -> Option<i64> {
    let text = text.strip_suffix(['时', '点']).unwrap_or(text);
    let mut parts = text.split([':', '：']).map(|part| {
        ((1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<i64>().ok())?
    });
    let hour = parts.next()??;
    let minute = parts.next().unwrap_or(Some(0))?;
    let second = parts.next().unwrap_or(Some(0))?;
    (parts.next().is_none() && hour < 24 && minute < 60 && second < 60).then_some(hour * 3600 + minute * 60 + second)
}

/// The code of an incision class and a healing grade, by the attributes of the code list.
fn incision_code(list: &CodeList, incision: Option<&str>, healing: Option<&str>) -> Option<String> {
    let incision = match incision?.trim_end_matches(['类', '级']) {
        "0" => "0",
        "1" | "Ⅰ" | "I" => "1",
        "2" | "Ⅱ" | "II" => "2",
        "3" | "Ⅲ" | "III" => "3",
        _ => return None,
    };
    let healing = match healing.unwrap_or("-").trim_end_matches(['级', '等']) {
        "1" | "甲" => Some("1"),
        "2" | "乙" => Some("2"),
        "3" | "丙" => Some("3"),
        "9" | "其他" => Some("9"),
        "-" => None,
        _ => return None,
    };
    let entry = list.entries.iter().find(|entry| {
        let of = |name: &str| entry.attributes.get(name).map(String::as_str);
        // A class that knows no healing grade (0) takes any.
        of("incision") == Some(incision) && (of("healing").is_none() || of("healing") == healing)
    })?;
    Some(entry.code.clone())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use yizheng_pack::codelist::Entry;
    use yizheng_pack::load::{Meta, Status};

    use super::*;

    fn parts(of: &[(Part, &str)]) -> Vec<(Part, String, Kind)> {
        of.iter().map(|(part, text)| (*part, (*text).to_owned(), Kind::Text)).collect()
    }

    #[test]
    fn a_date_and_its_hour() {
        // 1970-01-02 is day 1.
        let nine = Reading::DateTime(86_400 + 9 * 3600);
        let rule = Rule { ty: &Type::DateTime, month: false, codes: None, compact_dates: true, shared: false };
        for (date, hour, expected, said) in [
            ("19700102", "9", nine, Marks::default()),
            ("19700102", "09:00", nine, Marks::default()),
            ("1970-01-02", "9时", nine, Marks::default()),
            ("1970/1/2", "9", nine, Marks::DATE_FORM),
            ("1970-01-02 09:00:00", "8", nine, Marks::default()),
            ("19700102", "", Reading::DateTime(86_400), Marks::NO_TIME),
            ("19700102", "-", Reading::DateTime(86_400), Marks::NO_TIME),
            ("19700102", "24", Reading::Malformed, Marks::default()),
            ("-", "", Reading::Dash, Marks::default()),
            ("-", "9", Reading::Dash, Marks::default()),
            ("", "9", Reading::Malformed, Marks::default()),
            ("", "", Reading::Blank, Marks::default()),
            ("yesterday", "9", Reading::Malformed, Marks::default()),
        ] {
            let (mut a, mut b) = (String::new(), String::new());
            let found = read(&parts(&[(Part::Date, date), (Part::Hour, hour)]), rule, &mut a, &mut b);
            assert_eq!(found, (expected, said), "{date} {hour}");
        }
    }

    #[test]
    fn the_first_column_with_a_value_counts() {
        let rule = Rule { ty: &Type::Text, month: false, codes: None, compact_dates: false, shared: false };
        for (first, second, expected) in [
            ("a", "b", Reading::Text("a")),
            ("", "b", Reading::Text("b")),
            ("-", "b", Reading::Text("b")),
            ("-", "", Reading::Dash),
            ("", "", Reading::Blank),
        ] {
            let (mut a, mut b) = (String::new(), String::new());
            let found = read(&parts(&[(Part::Whole, first), (Part::Whole, second)]), rule, &mut a, &mut b);
            assert_eq!(found.0, expected, "{first} {second}");
        }
    }

    #[test]
    fn an_incision_class_and_its_healing() {
        let text = String::new;
        let meta = Meta {
            id: "L".into(),
            name: text(),
            status: Status::Active,
            purpose: text(),
            legal_basis: text(),
            limits: text(),
            example: text(),
            file: text(),
        };
        let entry = |code: &str, of: &[(&str, &str)]| Entry {
            code: code.to_owned(),
            name: text(),
            attributes: of.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<BTreeMap<_, _>>(),
            also: Vec::new(),
        };
        let list = CodeList::new(
            meta,
            text(),
            vec![
                entry("0", &[("incision", "0")]),
                entry("1", &[("incision", "1"), ("healing", "1")]),
                entry("10", &[("incision", "1"), ("healing", "9")]),
            ],
        );
        let ty = Type::Code("L".into());
        let rule = Rule { ty: &ty, month: false, codes: Some(&list), compact_dates: false, shared: false };
        for (incision, healing, expected) in [
            ("1", "1", Reading::Text("1")),
            ("Ⅰ", "甲", Reading::Text("1")),
            ("1", "9", Reading::Text("10")),
            ("0", "-", Reading::Text("0")),
            ("0", "", Reading::Text("0")),
            ("1", "-", Reading::Malformed),
            ("1", "5", Reading::Malformed),
            ("-", "1", Reading::Malformed),
            ("-", "-", Reading::Dash),
            ("", "", Reading::Blank),
        ] {
            let (mut a, mut b) = (String::new(), String::new());
            let both = parts(&[(Part::IncisionClass, incision), (Part::Healing, healing)]);
            assert_eq!(read(&both, rule, &mut a, &mut b).0, expected, "{incision} {healing}");
        }
    }
}
