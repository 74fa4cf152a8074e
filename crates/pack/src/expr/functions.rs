//! The closed list of functions.

use std::sync::Arc;

/// A function. Arguments that must be constants (ranges, patterns, list names) are held here,
/// checked and prepared when the definition is loaded; the rest are expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum Function {
    /// `empty(f)`: the cell of field or member `f` is blank, or its column is absent.
    Empty,
    /// `dash(f)`: the cell holds the official missing value `-`.
    Dash,
    /// `malformed(f)`: the cell is neither blank nor `-`, and cannot be read as the field's type.
    Malformed,
    /// `icd(x, 'C00-C97', 'D25', 'F52.5', 'N99.2-N99.3')`: the ICD-10 code lies in a range. A
    /// range's ends are prefixes; an end takes in all codes that begin with it.
    Icd(Arc<[CodeRange]>),
    /// `operation(x, '60-64', '87.9', '98.16-98.17')`: the same for ICD-9-CM-3 codes.
    Operation(Arc<[CodeRange]>),
    /// `matches(x, 'regex')`: the whole text matches.
    Matches(Pattern),
    /// `starts_with(x, 'Z')`: the text begins with one of the given texts.
    StartsWith(Arc<[String]>),
    /// `listed(x, 'RC023')`: x is a code of the code list; not evaluable when no pack holds it.
    Listed(Arc<str>),
    /// `listed_all(x, 'RC023', ',')`: every part of x, split at the separator, is in the list.
    ListedAll(Arc<str>, char),
    /// `list_attribute(x, 'surgery_grades', 'level')`: an attribute of the list's entry, as text.
    ListAttribute(Arc<str>, Arc<str>),
    /// `contains(set, x)`: x is in the set of texts.
    Contains,
    /// `contains_prefix(set, x, 2)`: some member of the set shares x's first n characters.
    ContainsPrefix(u8),
    /// `length(x)`: characters.
    Length,
    /// `substring(x, from, length)`: from 1, in characters; null when x is shorter.
    Substring(u8, u8),
    /// `date(t)`: the civil date of a date and time.
    Date,
    /// `days(a, b)`: whole days from date a to date b; may be negative.
    Days,
    /// `hours(a, b)`: hours from time a to time b, to two digits, rounded down.
    Hours,
    /// `minutes(a, b)`: whole minutes from time a to time b, rounded down.
    Minutes,
    /// `full_years(birth, on)`: completed years (周岁); null when `on` is earlier.
    FullYears,
    /// `year(d)`: the year of a date.
    Year,
    /// `abs(n)`.
    Abs,
    /// `greatest(a, b)`; null when either is.
    Greatest,
    /// `least(a, b)`; null when either is.
    Least,
    /// `coalesce(a, b)`: a, or b where a is not known.
    Coalesce,
    /// `pair(a, b)`: two values as one, for `repeats(group, pair(a, b))` alone; null when either is.
    Pair,
    /// `id_valid(x)`: a citizen number of 18 characters whose check character is right
    /// (GB 11643), or of 15 digits.
    IdValid,
    /// `id_birth(x)`: the birth date in a citizen number; null when there is none.
    IdBirth,
    /// `id_sex(x)`: `1` male, `2` female by the 17th digit; null when there is none.
    IdSex,
}

impl Function {
    /// The name as written.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Dash => "dash",
            Self::Malformed => "malformed",
            Self::Icd(_) => "icd",
            Self::Operation(_) => "operation",
            Self::Matches(_) => "matches",
            Self::StartsWith(_) => "starts_with",
            Self::Listed(_) => "listed",
            Self::ListedAll(..) => "listed_all",
            Self::ListAttribute(..) => "list_attribute",
            Self::Contains => "contains",
            Self::ContainsPrefix(_) => "contains_prefix",
            Self::Length => "length",
            Self::Substring(..) => "substring",
            Self::Date => "date",
            Self::Days => "days",
            Self::Hours => "hours",
            Self::Minutes => "minutes",
            Self::FullYears => "full_years",
            Self::Year => "year",
            Self::Abs => "abs",
            Self::Greatest => "greatest",
            Self::Least => "least",
            Self::Coalesce => "coalesce",
            Self::Pair => "pair",
            Self::IdValid => "id_valid",
            Self::IdBirth => "id_birth",
            Self::IdSex => "id_sex",
        }
    }
}

/// A range of codes by prefix, both ends taken in. `C00-C97` holds `C97.9x001`; `F52.5` is the
/// range from itself to itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CodeRange {
    /// Lower end, such as `C00`.
    pub low: String,
    /// Upper end, such as `C97`.
    pub high: String,
}

impl CodeRange {
    /// Whether a code lies in the range: not below the lower end, and its beginning, as long as
    /// the upper end, not above it. Codes and ends are compared as upper-case ASCII.
    pub fn holds(&self, code: &str) -> bool {
        let code = code.as_bytes();
        let high = self.high.as_bytes();
        let head = code.get(..high.len()).unwrap_or(code);
        code >= self.low.as_bytes() && head <= high
    }
}

/// A regular expression that must match the whole text.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: Arc<str>,
    regex: regex::Regex,
}

impl Pattern {
    /// Compiles `text`, anchored at both ends.
    ///
    /// # Errors
    /// When it is no regular expression; the message is the library's.
    pub fn new(text: &str) -> Result<Self, regex::Error> {
        // Alone first, so that its parentheses cannot close those around it.
        regex::Regex::new(text)?;
        Ok(Self { text: text.into(), regex: regex::Regex::new(&format!("^(?:{text})$"))? })
    }

    /// As written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `x` matches.
    pub fn matches(&self, x: &str) -> bool {
        self.regex.is_match(x)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_take_in_what_begins_with_their_ends() {
        let range = |low: &str, high: &str| CodeRange { low: low.into(), high: high.into() };
        for (low, high, code, inside) in [
            ("C00", "C97", "C97.9x001", true),
            ("C00", "C97", "D00.0", false),
            ("C00", "C97", "B99", false),
            ("F52.5", "F52.5", "F52.5x01", true),
            ("F52.5", "F52.5", "F52.6", false),
            ("N99.2", "N99.3", "N99.301", true),
            ("60", "64", "64.9800", true),
            ("60", "64", "65.0100", false),
            ("C00", "C97", "C", false),
        ] {
            assert_eq!(range(low, high).holds(code), inside, "{low}-{high} {code}");
        }
    }
}
