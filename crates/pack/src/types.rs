//! The types and values of the expression language.

use std::fmt;
use std::sync::Arc;

use chrono::{NaiveDate, NaiveDateTime};

/// The type of an expression or a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// True, false or not known.
    Bool,
    /// Free text.
    Text,
    /// A code of the code list with this id.
    Code(Arc<str>),
    /// An exact decimal.
    Number {
        /// Digits after the decimal point.
        scale: u8,
        /// What it is an amount of.
        of: Quantity,
    },
    /// A civil date.
    Date,
    /// A civil date and time, to the second.
    DateTime,
    /// A set of texts, such as an institution's registered 诊疗科目; only for membership.
    TextSet,
}

/// What a number is an amount of. Only numbers of one quantity are added, compared or stand beside
/// each other (in `case`, `coalesce`, `greatest`, `least`), and that is what comes of them; a number
/// as written (`100`) takes the quantity of what it meets. `abs`, `sum`, `max` and `min` keep it.
/// Products:
///
/// | `*` | plain | money | percent |
/// | --- | --- | --- | --- |
/// | plain | plain | money | refused |
/// | money | money | refused | refused |
/// | percent | refused | refused | refused |
/// | `0.01` as written | plain | money | plain: the proportion |
///
/// A percent is written as it is read aloud, 80 for 80 %, so a product with it would be 100 times
/// too large; `0.01 * x` makes a proportion of it, which multiplies anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// Whatever has no quantity of its own: a count, a duration, a proportion.
    Plain,
    /// Yuan.
    Money,
    /// Hundredths of a whole.
    Percent,
}

impl Quantity {
    /// That which a unit stands for.
    pub fn of_unit(unit: &str) -> Self {
        match unit {
            "元" => Self::Money,
            "%" => Self::Percent,
            _ => Self::Plain,
        }
    }

    /// As a Chinese reader calls it.
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::Plain => "一般数字",
            Self::Money => "金额",
            Self::Percent => "百分数",
        }
    }
}

impl Type {
    /// A whole number.
    pub const INTEGER: Self = Self::decimal(0);
    /// Money in yuan with 分; stored as whole 分.
    pub const MONEY: Self = Self::Number { scale: 2, of: Quantity::Money };
    /// A percent with two digits after the point.
    pub const PERCENT: Self = Self::Number { scale: 2, of: Quantity::Percent };

    /// Most digits after the point, in fields and in results of expressions.
    pub const MAX_SCALE: u8 = 6;

    /// A plain number with `scale` digits after the point.
    pub const fn decimal(scale: u8) -> Self {
        Self::Number { scale, of: Quantity::Plain }
    }

    /// As a Chinese reader calls it.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::Bool => "真假".to_owned(),
            Self::Text => "文本".to_owned(),
            Self::Code(list) => format!("代码（{list}）"),
            Self::Number { scale: 0, of: Quantity::Plain } => "整数".to_owned(),
            Self::Number { scale, of: Quantity::Plain } => format!("小数（{scale}位）"),
            Self::Number { of, .. } => of.in_chinese().to_owned(),
            Self::Date => "日期".to_owned(),
            Self::DateTime => "日期时间".to_owned(),
            Self::TextSet => "文本集合".to_owned(),
        }
    }

    /// What a number is an amount of; plain of whatever is none.
    pub fn quantity(&self) -> Quantity {
        match self {
            Self::Number { of, .. } => *of,
            _ => Quantity::Plain,
        }
    }

    /// Text or a code.
    pub fn is_textual(&self) -> bool {
        matches!(self, Self::Text | Self::Code(_))
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("bool"),
            Self::Text => f.write_str("text"),
            Self::Code(list) => write!(f, "code of {list}"),
            Self::Number { scale, of } => match (of, scale) {
                (Quantity::Plain, 0) => f.write_str("integer"),
                (Quantity::Plain, _) => write!(f, "decimal({scale})"),
                (Quantity::Money, 2) => f.write_str("money"),
                (Quantity::Money, _) => write!(f, "money({scale})"),
                (Quantity::Percent, 2) => f.write_str("percent"),
                (Quantity::Percent, _) => write!(f, "percent({scale})"),
            },
            Self::Date => f.write_str("date"),
            Self::DateTime => f.write_str("datetime"),
            Self::TextSet => f.write_str("set of texts"),
        }
    }
}

/// A value. Null is "not known"; every operation on it is not known, but for `is null`,
/// `coalesce` and the three-valued `and` / `or`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// Not known.
    Null,
    /// Truth value.
    Bool(bool),
    /// Text or code.
    Text(Arc<str>),
    /// `units / 10^scale`.
    Number {
        /// The scaled integer.
        units: i64,
        /// Digits after the decimal point.
        scale: u8,
    },
    /// Civil date.
    Date(NaiveDate),
    /// Civil date and time.
    DateTime(NaiveDateTime),
    /// Sorted set of texts.
    TextSet(Arc<std::collections::BTreeSet<String>>),
}

impl Value {
    /// Text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// A whole number.
    pub fn integer(units: i64) -> Self {
        Self::Number { units, scale: 0 }
    }

    /// Money, from whole 分.
    pub fn fen(units: i64) -> Self {
        Self::Number { units, scale: 2 }
    }
}

/// Writes `units / 10^scale` exactly, without an exponent.
pub fn format_decimal(units: i64, scale: u8) -> String {
    if scale == 0 {
        return units.to_string();
    }
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", units.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    format!("{sign}{whole}.{fraction}")
}

/// Reads an exact decimal: optional sign, digits, optional point and digits. `None` when it is
/// not a decimal, has more non-zero digits after the point than `scale`, or does not fit.
pub fn parse_decimal(text: &str, scale: u8) -> Option<i64> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut units: i64 = 0;
    let mut push = |byte: u8| -> Option<()> {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        units = units.checked_mul(10)?.checked_add(digit)?;
        Some(())
    };
    for byte in whole.bytes() {
        push(byte)?;
    }
    let mut fraction = fraction.bytes();
    for _ in 0..scale {
        push(fraction.next().unwrap_or(b'0'))?;
    }
    if fraction.any(|byte| byte != b'0') {
        return None;
    }
    Some(if negative { -units } else { units })
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Text(text) => f.write_str(text),
            Self::Number { units, scale } => f.write_str(&format_decimal(*units, *scale)),
            Self::Date(date) => write!(f, "{date}"),
            Self::DateTime(time) => write!(f, "{}", time.format("%Y-%m-%d %H:%M:%S")),
            Self::TextSet(set) => write!(f, "{}", set.iter().cloned().collect::<Vec<_>>().join(",")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        for (text, scale, units) in [
            ("0.01", 2, Some(1)),
            ("12345678901.23", 2, Some(1_234_567_890_123)),
            ("-3.5", 2, Some(-350)),
            ("3.500", 2, Some(350)),
            ("3.501", 2, None),
            (".5", 1, Some(5)),
            ("5.", 1, Some(50)),
            ("", 0, None),
            (".", 0, None),
            ("1e3", 0, None),
            ("１", 0, None),
            ("99999999999999999999", 0, None),
        ] {
            assert_eq!(parse_decimal(text, scale), units, "{text}");
        }
        assert_eq!(format_decimal(-5, 2), "-0.05");
        assert_eq!(format_decimal(1_234_567_890_123, 2), "12345678901.23");
        assert_eq!(format_decimal(7, 0), "7");
    }
}
