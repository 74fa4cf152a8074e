//! From the text of a cell to a typed value: exactly what it says, or unreadable. What is read in
//! another form than the official one, and what a program has destroyed, is marked.

use chrono::{Datelike, NaiveDate, NaiveDateTime};
use yizheng_pack::codelist::CodeList;
use yizheng_pack::dataset::half_width;
use yizheng_pack::period::Month;
use yizheng_pack::types::{Type, parse_decimal};

use super::book::Kind;
use super::sheet::civil;
use crate::catalogue::{self, Message};

/// What a cell holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading<'a> {
    Blank,
    /// The official missing value.
    Dash,
    Text(&'a str),
    /// Units of the field's scale.
    Number(i64),
    /// Days since 1970-01-01.
    Date(i32),
    /// Seconds since 1970-01-01 00:00:00, civil time.
    DateTime(i64),
    Malformed,
}

/// What is to be said about how a cell was read; a set of [`MARKS`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks(u32);

macro_rules! marks {
    ($($name:ident = $bit:literal),* $(,)?) => {
        impl Marks {
            $(pub const $name: Self = Self(1 << $bit);)*
        }
        /// Every mark with its message.
        pub(crate) const MARKS: &[(Marks, &Message)] = &[$((Marks::$name, &catalogue::$name)),*];
    };
}

marks! {
    SPACES = 0, FULL_WIDTH = 1, THOUSANDS = 2, DECIMAL_POINT = 3, DATE_FORM = 4, NO_TIME = 5,
    TIME_DROPPED = 6, SERIAL_DATE = 7, LEADING_ZERO = 8, CODE_FORM = 9, DASH_FORM = 10,
    NUMBER_FOR_TEXT = 11, SCIENTIFIC = 12, LOST_DIGITS = 13, DATE_FOR_TEXT = 14, SHEET_ERROR = 15,
    MONTH_FORM = 16, MERGED = 17, MERGED_UNSURE = 18,
}

impl Marks {
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn has(self, mark: Self) -> bool {
        self.0 & mark.0 != 0
    }

    pub fn and(self, mark: Self) -> Self {
        Self(self.0 | mark.0)
    }

    fn add(&mut self, mark: Self) {
        *self = self.and(mark);
    }
}

/// How the cells of a column are to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule<'d> {
    pub ty: &'d Type,
    /// A date that is written as a month.
    pub month: bool,
    /// The code list of a code, when a pack holds it.
    pub codes: Option<&'d CodeList>,
    /// `yyyyMMdd` is the layout's own way to write dates.
    pub compact_dates: bool,
    /// A value that stands once for several rows stands for each of them: texts, codes and keys do,
    /// a number may be the sum of the rows.
    pub shared: bool,
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{FEFF}' | '\u{200B}'..='\u{200F}' | '\u{2060}')
}

/// The text without what stands around it; `None` when nothing is left.
fn bare<'a>(text: &'a str, marks: &mut Marks) -> Option<&'a str> {
    // Nearly every cell has nothing to take away.
    let plain = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_graphic() && !matches!(b, b'\'' | b'='));
    let bytes = text.as_bytes();
    if plain(bytes.first()) && plain(bytes.last()) {
        return Some(text);
    }
    let mut inner = text.trim_matches(is_space);
    // How exports keep digits from a sheet: '0304 and ="0304".
    if let Some(kept) = inner.strip_prefix('\'') {
        inner = kept.trim_matches(is_space);
    } else if let Some(kept) = inner.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        inner = kept.trim_matches(is_space);
    }
    if inner.is_empty() {
        return None;
    }
    if inner.len() != text.len() {
        marks.add(Marks::SPACES);
    }
    Some(inner)
}

/// Whether a text is a dash that stands for the official one.
pub(super) fn is_dash(text: &str) -> bool {
    matches!(text, "－" | "—" | "——" | "–" | "―" | "‐" | "−" | "--" | "─")
}

/// `1.1E+17`: what a sheet shows of a long number.
pub(crate) fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else { return false };
    let Some(digits) = exponent.strip_prefix('+') else { return false };
    let mut mantissa = mantissa.split('.');
    let whole = mantissa.next().unwrap_or_default();
    let fraction = mantissa.next();
    let all_digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    whole.len() == 1
        && all_digits(whole)
        && fraction.is_none_or(all_digits)
        && mantissa.next().is_none()
        && digits.len() <= 3
        && all_digits(digits)
}

/// Full-width letters and digits to half-width ones; nothing when there are none.
fn narrowed<'a>(text: &'a str, scratch: &'a mut String, marks: &mut Marks) -> &'a str {
    if text.is_ascii() || !text.chars().any(|c| half_width(c) != c) {
        return text;
    }
    marks.add(Marks::FULL_WIDTH);
    scratch.clear();
    scratch.extend(text.chars().map(half_width));
    scratch.as_str()
}

/// Reads a cell. `scratch` holds the value when it is not the text itself.
pub(crate) fn read<'a>(text: &'a str, kind: Kind, rule: Rule<'_>, scratch: &'a mut String) -> (Reading<'a>, Marks) {
    let mut marks = Marks::default();
    if kind == Kind::Covered || (kind == Kind::Merged && !rule.shared) {
        return (Reading::Malformed, Marks::MERGED_UNSURE);
    }
    if kind == Kind::Merged {
        marks.add(Marks::MERGED);
    }
    let Some(text) = bare(text, &mut marks) else { return (Reading::Blank, Marks::default()) };
    if text == "-" {
        return (Reading::Dash, marks);
    }
    if is_dash(text) {
        marks.add(Marks::DASH_FORM);
        return (Reading::Dash, marks);
    }
    if kind == Kind::Error {
        marks.add(Marks::SHEET_ERROR);
        return (Reading::Malformed, marks);
    }
    let reading = match rule.ty {
        Type::Text => read_text(text, kind, scratch, &mut marks),
        Type::Code(_) => read_code(text, kind, rule.codes, scratch, &mut marks),
        Type::Number { scale, .. } => read_number(narrowed(text, scratch, &mut marks), *scale, &mut marks),
        Type::Date if rule.month => read_month(narrowed(text, scratch, &mut marks), kind, &mut marks),
        Type::Date | Type::DateTime => {
            let wants_time = *rule.ty == Type::DateTime;
            read_time(narrowed(text, scratch, &mut marks), kind, wants_time, rule.compact_dates, &mut marks)
        }
        Type::Bool | Type::TextSet => Reading::Malformed,
    };
    (reading, marks)
}

fn damage(text: &str, kind: Kind, marks: &mut Marks) -> bool {
    let mark = match kind {
        Kind::LostDigits => Marks::LOST_DIGITS,
        Kind::Date => Marks::DATE_FOR_TEXT,
        _ if is_scientific(text) => Marks::SCIENTIFIC,
        _ => return false,
    };
    marks.add(mark);
    true
}

fn read_text<'a>(text: &'a str, kind: Kind, scratch: &'a mut String, marks: &mut Marks) -> Reading<'a> {
    if damage(text, kind, marks) {
        return Reading::Malformed;
    }
    if matches!(kind, Kind::Number | Kind::Exact) {
        marks.add(Marks::NUMBER_FOR_TEXT);
    }
    // A number or code typed with a Chinese keyboard; in running text full-width is right.
    let foreign = |c: char| c.is_ascii_graphic() || (half_width(c) != c && half_width(c).is_ascii_alphanumeric());
    if !text.is_ascii() && text.chars().all(foreign) {
        return Reading::Text(narrowed(text, scratch, marks));
    }
    Reading::Text(text)
}

fn read_code<'a>(
    text: &'a str,
    kind: Kind,
    codes: Option<&CodeList>,
    scratch: &'a mut String,
    marks: &mut Marks,
) -> Reading<'a> {
    if damage(text, kind, marks) {
        return Reading::Malformed;
    }
    let mut narrow = String::new();
    let plain = narrowed(text, &mut narrow, marks);
    let code = match codes.and_then(|codes| known_code(plain, codes)) {
        Some((code, mark)) => {
            marks.add(mark.unwrap_or_default());
            code
        }
        None => plain,
    };
    if code == text {
        return Reading::Text(text);
    }
    scratch.clear();
    scratch.push_str(code);
    Reading::Text(scratch)
}

/// The code of the list that a text stands for, and what had to be done to find it.
fn known_code<'c>(text: &str, codes: &'c CodeList) -> Option<(&'c str, Option<Marks>)> {
    if let Some(entry) = codes.get(text) {
        return Some((&entry.code, (entry.code != text).then_some(Marks::CODE_FORM)));
    }
    let whole = text.strip_suffix(".0").or_else(|| text.strip_suffix(".00")).unwrap_or(text);
    if whole.len() != text.len()
        && let Some(entry) = codes.get(whole)
    {
        return Some((&entry.code, Some(Marks::DECIMAL_POINT)));
    }
    if whole.is_empty() || whole.len() > 8 || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let padded = [format!("0{whole}"), format!("00{whole}")];
    let entry = padded.iter().find_map(|code| codes.get(code))?;
    Some((&entry.code, Some(Marks::LEADING_ZERO)))
}

fn read_number<'a>(text: &str, scale: u8, marks: &mut Marks) -> Reading<'a> {
    let units = if text.contains(',') {
        let Some(plain) = without_thousands(text) else { return Reading::Malformed };
        marks.add(Marks::THOUSANDS);
        parse_decimal(&plain, scale)
    } else {
        parse_decimal(text, scale)
    };
    let Some(units) = units else {
        if is_scientific(text) {
            marks.add(Marks::SCIENTIFIC);
        }
        return Reading::Malformed;
    };
    if scale == 0 && text.contains('.') {
        marks.add(Marks::DECIMAL_POINT);
    }
    Reading::Number(units)
}

/// `1,234.50` without its commas; `None` when they do not part thousands.
fn without_thousands(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.trim_start_matches(['-', '+']).split(',');
    let first = parts.next()?;
    let grouped = (1..=3).contains(&first.len()) && parts.all(|part| part.len() == 3) && !fraction.contains(',');
    grouped.then(|| text.replace(',', ""))
}

/// How a date was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `2024-03-01`, `2024-03-01 09:30:00`
    Official,
    /// `20240301`, `20240301093000`
    Compact,
    Other,
}

/// A month as its first day. A whole date says its month too.
fn read_month<'a>(text: &str, kind: Kind, marks: &mut Marks) -> Reading<'a> {
    if let Some((month, official)) = parse_month(text) {
        if !official {
            marks.add(Marks::MONTH_FORM);
        }
        return Reading::Date(days(month.start()));
    }
    // What is to be said of a date's own form says nothing about a month.
    let mut of_date = Marks::default();
    let Reading::Date(day) = read_time(text, kind, false, true, &mut of_date) else { return Reading::Malformed };
    let Some(date) = NaiveDate::from_num_days_from_ce_opt(day + EPOCH_FROM_CE) else { return Reading::Malformed };
    // A sheet keeps a month as the date of its first day.
    if kind != Kind::Date || date.day() != 1 {
        marks.add(if of_date.has(Marks::SERIAL_DATE) { Marks::SERIAL_DATE } else { Marks::MONTH_FORM });
    }
    Reading::Date(days(Month::of(date).start()))
}

/// `2024-03`, `2024/3`, `2024.03`, `202403`, `2024年3月`; also whether it is the official form.
fn parse_month(text: &str) -> Option<(Month, bool)> {
    if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some((Month::new(text.get(..4)?.parse().ok()?, text.get(4..)?.parse().ok()?)?, false));
    }
    let mut numbers = Numbers { rest: text, count: 0 };
    let (year, separator) = numbers.next(4)?;
    if year < 1000 {
        return None;
    }
    let separator = separator?;
    let before = numbers.rest.len();
    let (month, end) = numbers.next(2)?;
    let digits = before - numbers.rest.len() - end.map_or(0, char::len_utf8);
    let whole = match (separator, end) {
        ('年', Some('月')) => matches!(numbers.rest, "" | "份"),
        // A sheet shows October, 2024.10, as 2024.1.
        ('.', None) => digits == 2 || month > 1,
        ('-' | '/', None) => true,
        _ => false,
    };
    let month = Month::new(i32::try_from(year).ok()?, month).filter(|_| whole)?;
    Some((month, separator == '-' && digits == 2))
}

fn read_time<'a>(text: &str, kind: Kind, wants_time: bool, compact_dates: bool, marks: &mut Marks) -> Reading<'a> {
    let mut serial_text = String::new();
    let text = match kind {
        // Eight digits are a written date, fewer count days.
        Kind::Number if text.len() != 8 => {
            let Some(serial) = text.parse::<f64>().ok().filter(|serial| (1.0..2_958_466.0).contains(serial)) else {
                return Reading::Malformed;
            };
            marks.add(Marks::SERIAL_DATE);
            serial_text.push_str(&civil(calamine::ExcelDateTime::new(
                serial,
                calamine::ExcelDateTimeType::DateTime,
                false,
            )));
            serial_text.as_str()
        }
        _ => text,
    };
    let Some((time, form, has_time)) = parse_time(text) else { return Reading::Malformed };
    let expected = form == Form::Official || (form == Form::Compact && compact_dates);
    if !expected && kind != Kind::Date {
        marks.add(Marks::DATE_FORM);
    }
    if wants_time {
        // A sheet's date is a time too: it only does not show midnight.
        if !has_time && kind != Kind::Date {
            marks.add(Marks::NO_TIME);
        }
        Reading::DateTime(time.and_utc().timestamp())
    } else {
        if has_time {
            marks.add(Marks::TIME_DROPPED);
        }
        Reading::Date(days(time.date()))
    }
}

/// Days since 1970-01-01.
pub(crate) fn days(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - EPOCH_FROM_CE
}

/// Days from the beginning of the common era to 1970-01-01.
const EPOCH_FROM_CE: i32 = 719_163;

/// Reads a date, with a time or without: year first, so that day and month cannot be mistaken for
/// each other. Also whether a time was written.
fn parse_time(text: &str) -> Option<(NaiveDateTime, Form, bool)> {
    let bytes = text.as_bytes();
    if bytes.iter().all(u8::is_ascii_digit) {
        let part = |range: std::ops::Range<usize>| -> Option<u32> {
            if range.start >= text.len() { Some(0) } else { text.get(range)?.parse().ok() }
        };
        if !matches!(text.len(), 8 | 10 | 12 | 14) {
            return None;
        }
        let date = NaiveDate::from_ymd_opt(i32::try_from(part(0..4)?).ok()?, part(4..6)?, part(6..8)?)?;
        let time = date.and_hms_opt(part(8..10)?, part(10..12)?, part(12..14)?)?;
        return Some((time, Form::Compact, text.len() > 8));
    }
    let mut numbers = Numbers { rest: text, count: 0 };
    let (year, separator) = numbers.next(4)?;
    if text.len() - numbers.rest.len() - separator.map_or(0, char::len_utf8) != 4 {
        return None;
    }
    let second = match separator? {
        c @ ('-' | '/' | '.') => c,
        '年' => '月',
        _ => return None,
    };
    let (month, separator) = numbers.next(2)?;
    if separator != Some(second) {
        return None;
    }
    let (day, mut separator) = numbers.next(2)?;
    if second == '月' && separator == Some('日') {
        separator = numbers.skip();
    }
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    let dashed = text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-');
    let Some(separator) = separator else {
        let form = if dashed && text.len() == 10 { Form::Official } else { Form::Other };
        return numbers.rest.is_empty().then_some((date.and_hms_opt(0, 0, 0)?, form, false));
    };
    if !matches!(separator, ' ' | 'T' | '\u{A0}') {
        return None;
    }
    numbers.rest = numbers.rest.trim_start_matches(' ');
    let (hour, separator) = numbers.next(2)?;
    let (mut minute, mut seconds) = (0, 0);
    match separator {
        None => {}
        Some(':' | '：') => {
            let separator;
            (minute, separator) = numbers.next(2)?;
            match separator {
                None => {}
                Some(':' | '：') => {
                    let separator;
                    (seconds, separator) = numbers.next(2)?;
                    // A fraction of a second says nothing here. An offset would: it is refused.
                    if separator == Some('.') {
                        let (_, end) = numbers.next(9)?;
                        if end.is_some() {
                            return None;
                        }
                    } else if separator.is_some() {
                        return None;
                    }
                }
                Some(_) => return None,
            }
        }
        Some('时' | '点') if numbers.rest.is_empty() => {}
        Some(_) => return None,
    }
    if !numbers.rest.is_empty() {
        return None;
    }
    let official = dashed && text.len() == 19 && text.as_bytes().get(10) == Some(&b' ') && text.is_ascii();
    Some((date.and_hms_opt(hour, minute, seconds)?, if official { Form::Official } else { Form::Other }, true))
}

/// Takes numbers and the signs after them from a text.
struct Numbers<'a> {
    rest: &'a str,
    count: usize,
}

impl Numbers<'_> {
    /// A number of one to `digits` digits, and the sign after it.
    fn next(&mut self, digits: usize) -> Option<(u32, Option<char>)> {
        let end = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        if end == 0 || end > digits {
            return None;
        }
        let number = self.rest.get(..end)?.parse().ok()?;
        self.rest = self.rest.get(end..)?;
        self.count += 1;
        Some((number, self.skip()))
    }

    fn skip(&mut self) -> Option<char> {
        let sign = self.rest.chars().next()?;
        self.rest = self.rest.get(sign.len_utf8()..)?;
        Some(sign)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use yizheng_pack::codelist::Entry;
    use yizheng_pack::load::{Meta, Status};

    use super::*;

    fn marks(of: &[Marks]) -> Marks {
        Marks(of.iter().fold(0, |all, mark| all | mark.0))
    }

    fn list(codes: &[(&str, &[&str])]) -> CodeList {
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
        let entries = codes
            .iter()
            .map(|(code, also)| Entry {
                code: (*code).to_owned(),
                name: text(),
                attributes: BTreeMap::new(),
                also: also.iter().map(|s| (*s).to_owned()).collect(),
            })
            .collect();
        CodeList::new(meta, text(), entries)
    }

    #[track_caller]
    fn check(ty: &Type, codes: Option<&CodeList>, kind: Kind, text: &str, expected: Reading<'_>, said: &[Marks]) {
        let mut scratch = String::new();
        let rule = Rule { ty, month: false, codes, compact_dates: false, shared: false };
        assert_eq!(read(text, kind, rule, &mut scratch), (expected, marks(said)), "{text:?}");
    }

    /// Seconds of a civil time, by the calendar library.
    fn at(text: &str) -> i64 {
        NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S").unwrap().and_utc().timestamp()
    }

    #[test]
    fn texts() {
        use Reading::{Blank, Dash, Malformed, Text};
        for (text, kind, expected, said) in [
            ("", Kind::Text, Blank, &[][..]),
            (" \t ", Kind::Text, Blank, &[]),
            ("-", Kind::Text, Dash, &[]),
            (" - ", Kind::Text, Dash, &[Marks::SPACES]),
            ("－", Kind::Text, Dash, &[Marks::DASH_FORM]),
            ("张三", Kind::Text, Text("张三"), &[]),
            ("张三\u{3000}", Kind::Text, Text("张三"), &[Marks::SPACES]),
            ("'0304", Kind::Text, Text("0304"), &[Marks::SPACES]),
            ("=\"0304\"", Kind::Text, Text("0304"), &[Marks::SPACES]),
            ("９９０００１X", Kind::Text, Text("990001X"), &[Marks::FULL_WIDTH]),
            ("中山路３号（北）", Kind::Text, Text("中山路３号（北）"), &[]),
            ("9.9E+17", Kind::Text, Malformed, &[Marks::SCIENTIFIC]),
            ("1E+17", Kind::Text, Malformed, &[Marks::SCIENTIFIC]),
            ("4.40E+17", Kind::Text, Malformed, &[Marks::SCIENTIFIC]),
            ("E+17", Kind::Text, Text("E+17"), &[]),
            ("990001199003070000", Kind::LostDigits, Malformed, &[Marks::LOST_DIGITS]),
            ("1234", Kind::Number, Text("1234"), &[Marks::NUMBER_FOR_TEXT]),
            ("2024-03-01", Kind::Date, Malformed, &[Marks::DATE_FOR_TEXT]),
            ("#N/A", Kind::Error, Malformed, &[Marks::SHEET_ERROR]),
        ] {
            check(&Type::Text, None, kind, text, expected, said);
        }
    }

    #[test]
    fn codes() {
        let ty = Type::Code("L".into());
        let list = list(&[("0304", &[]), ("03", &[]), ("1.1", &[]), ("1", &[]), ("01", &["9"])]);
        for (text, expected, said) in [
            ("0304", "0304", &[][..]),
            ("304", "0304", &[Marks::LEADING_ZERO]),
            ("3", "03", &[Marks::LEADING_ZERO]),
            ("1", "1", &[]),
            ("1.0", "1", &[Marks::DECIMAL_POINT]),
            ("1.1", "1.1", &[]),
            ("9", "01", &[Marks::CODE_FORM]),
            ("１", "1", &[Marks::FULL_WIDTH]),
            ("77", "77", &[]),
        ] {
            check(&ty, Some(&list), Kind::Text, text, Reading::Text(expected), said);
        }
        check(&ty, None, Kind::Text, "304", Reading::Text("304"), &[]);
    }

    #[test]
    fn numbers() {
        use Reading::{Malformed, Number};
        for (scale, text, expected, said) in [
            (0, "33", Number(33), &[][..]),
            (0, "33.0", Number(33), &[Marks::DECIMAL_POINT]),
            (0, "33.00", Number(33), &[Marks::DECIMAL_POINT]),
            (0, "33.5", Malformed, &[]),
            (0, "３３", Number(33), &[Marks::FULL_WIDTH]),
            (2, "1,234.50", Number(123_450), &[Marks::THOUSANDS]),
            (2, "1，234.50", Number(123_450), &[Marks::THOUSANDS, Marks::FULL_WIDTH]),
            (2, "-1,234", Number(-123_400), &[Marks::THOUSANDS]),
            (2, "12,34", Malformed, &[]),
            (2, "1,234,5", Malformed, &[]),
            (2, "0.001", Malformed, &[]),
            (2, "1.2E+05", Malformed, &[Marks::SCIENTIFIC]),
            (2, "12元", Malformed, &[]),
            (2, "1 234", Malformed, &[]),
        ] {
            check(&Type::decimal(scale), None, Kind::Text, text, expected, said);
        }
    }

    #[test]
    fn times() {
        let full = at("2024-03-01 09:05:00");
        let midnight = at("2024-03-01 00:00:00");
        for (text, kind, expected, said) in [
            ("2024-03-01 09:05:00", Kind::Text, Some(full), &[][..]),
            ("2024-3-1 9:05", Kind::Text, Some(full), &[Marks::DATE_FORM]),
            ("2024/3/1 9:05:00", Kind::Text, Some(full), &[Marks::DATE_FORM]),
            ("2024-03-01T09:05:00", Kind::Text, Some(full), &[Marks::DATE_FORM]),
            ("2024-03-01T09:05:00.000", Kind::Text, Some(full), &[Marks::DATE_FORM]),
            ("2024-03-01T09:05:00Z", Kind::Text, None, &[]),
            ("2024-03-01T09:05:00+08:00", Kind::Text, None, &[]),
            ("20240301090500", Kind::Text, Some(full), &[Marks::DATE_FORM]),
            ("202403010905", Kind::Text, Some(full), &[Marks::DATE_FORM]),
            ("2024年3月1日 9:05", Kind::Text, Some(full), &[Marks::DATE_FORM]),
            ("2024-03-01", Kind::Text, Some(midnight), &[Marks::NO_TIME]),
            ("2024-03-01", Kind::Date, Some(midnight), &[]),
            ("20240301", Kind::Text, Some(midnight), &[Marks::DATE_FORM, Marks::NO_TIME]),
            ("20240301", Kind::Number, Some(midnight), &[Marks::DATE_FORM, Marks::NO_TIME]),
            // 45352 is 1 March 2024.
            ("45352", Kind::Number, Some(midnight), &[Marks::SERIAL_DATE, Marks::NO_TIME]),
            ("45352", Kind::Text, None, &[]),
            ("2024-02-30 00:00:00", Kind::Text, None, &[]),
            ("2024-03-01 24:00:00", Kind::Text, None, &[]),
            ("2024-03-01 9时", Kind::Text, Some(at("2024-03-01 09:00:00")), &[Marks::DATE_FORM]),
            ("2024-03/01", Kind::Text, None, &[]),
            ("3/1/2024", Kind::Text, None, &[]),
            ("1/3/24", Kind::Text, None, &[]),
            ("24-03-01", Kind::Text, None, &[]),
            ("2024-03", Kind::Text, None, &[]),
            ("2024", Kind::Text, None, &[]),
            ("上午 9:05", Kind::Text, None, &[]),
        ] {
            let expected = expected.map_or(Reading::Malformed, Reading::DateTime);
            check(&Type::DateTime, None, kind, text, expected, said);
        }
        // 1990-03-07 is day 7370: 20 years of 365 days, 5 leap days, 31 + 28 + 6 days.
        let day = Reading::Date(20 * 365 + 5 + 31 + 28 + 6);
        check(&Type::Date, None, Kind::Text, "1990-03-07", day, &[]);
        check(&Type::Date, None, Kind::Text, "1990-03-07 00:00:00", day, &[Marks::TIME_DROPPED]);
        check(&Type::Date, None, Kind::Text, "1990/3/7", day, &[Marks::DATE_FORM]);
        check(&Type::Date, None, Kind::Date, "1990-03-07", day, &[]);
        let rule = Rule { ty: &Type::Date, month: false, codes: None, compact_dates: true, shared: false };
        assert_eq!(read("19900307", Kind::Text, rule, &mut String::new()), (day, Marks::default()));
    }
}
