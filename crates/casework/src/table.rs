//! Rows of a table that a person made, and what came of importing them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

/// In force from here when nobody knows since when: before any period of report.
pub const BEGINNING: NaiveDate = match NaiveDate::from_ymd_opt(1900, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// One row of a file: header → cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Row as a spreadsheet counts it; the header is 1.
    pub number: u64,
    /// Cells by their header.
    pub cells: BTreeMap<String, String>,
}

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows by which something was registered for the first time.
    pub new: u64,
    /// Rows by which something registered changed.
    pub changed: u64,
    /// Rows that say what is registered already.
    pub unchanged: u64,
    /// Rows that were not taken, with all their reasons.
    pub refused: Vec<Refused>,
    /// Rows that were taken with something to know about them.
    pub notes: Vec<Note>,
    /// Columns of the file that the register does not have; not taken.
    pub unknown_columns: Vec<String>,
    /// Columns that the register has and the file has not.
    pub missing_columns: Vec<String>,
}

/// A row that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Row as a spreadsheet counts it.
    pub row: u64,
    /// Its code as written.
    pub code: String,
    /// Its name as written.
    pub name: String,
    /// Every reason, in Chinese, naming the column.
    pub reasons: Vec<String>,
}

/// Something to know about a row that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Row as a spreadsheet counts it.
    pub row: u64,
    /// In Chinese.
    pub message: String,
}

/// What came of one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    New,
    Changed,
    Unchanged,
}

impl ImportReport {
    /// Compares the headers of `rows` with the register's `columns`; each column may have several
    /// names.
    pub(crate) fn begin(rows: &[SourceRow], columns: &[&[&str]]) -> Self {
        let headers: BTreeSet<&str> = rows.iter().flat_map(|row| row.cells.keys()).map(String::as_str).collect();
        let known = |header: &str| columns.iter().any(|names| names.contains(&header));
        Self {
            unknown_columns: headers.iter().filter(|header| !known(header)).map(|&h| h.to_owned()).collect(),
            missing_columns: columns
                .iter()
                .filter(|names| !names.iter().any(|name| headers.contains(name)))
                .filter_map(|names| names.first().map(|&name| name.to_owned()))
                .collect(),
            ..Self::default()
        }
    }

    pub(crate) fn count(&mut self, change: Change) {
        match change {
            Change::New => self.new += 1,
            Change::Changed => self.changed += 1,
            Change::Unchanged => self.unchanged += 1,
        }
    }

    /// Rows by number, as the file has them.
    pub(crate) fn finish(mut self) -> Self {
        self.refused.sort_by_key(|refused| refused.row);
        self.notes.sort_by_key(|note| note.row);
        self
    }
}

/// Reads the cells of one row and gathers all that is wrong with them.
pub(crate) struct Cells<'a> {
    row: &'a SourceRow,
    pub(crate) reasons: Vec<String>,
}

impl<'a> Cells<'a> {
    pub(crate) fn of(row: &'a SourceRow) -> Self {
        Self { row, reasons: Vec::new() }
    }

    pub(crate) fn refuse(&mut self, reason: impl Into<String>) {
        self.reasons.push(reason.into());
    }

    /// The cell without the space around it; `None` when blank, or when the file has no such
    /// column. `-` is how the field writes that there is nothing.
    pub(crate) fn text(&self, names: &[&str]) -> Option<&'a str> {
        let cell = names.iter().find_map(|&name| self.row.cells.get(name))?.trim();
        (!cell.is_empty() && cell != "-").then_some(cell)
    }

    pub(crate) fn required(&mut self, names: &[&str]) -> Option<&'a str> {
        let text = self.text(names);
        if text.is_none() {
            self.refuse(format!("{}未填", names.first().unwrap_or(&"")));
        }
        text
    }

    pub(crate) fn count_of(&mut self, names: &[&str]) -> Option<i64> {
        let text = self.text(names)?;
        match text.parse::<i64>() {
            Ok(count) if count >= 0 => Some(count),
            _ => {
                self.refuse(format!("{}应为不小于0的整数，实为“{text}”", names.first().unwrap_or(&"")));
                None
            }
        }
    }

    /// A civil date: 2024-03-01, 2024/3/1, 20240301 or 2024年3月1日, a time of midnight behind it
    /// (as spreadsheets add) left out.
    pub(crate) fn date(&mut self, names: &[&str]) -> Option<NaiveDate> {
        let text = self.text(names)?;
        let day = text.strip_suffix("00:00:00").map_or(text, |day| day.trim_end_matches([' ', 'T']));
        let date = match day.bytes().all(|byte| byte.is_ascii_digit()) {
            true if day.len() == 8 => NaiveDate::parse_from_str(day, "%Y%m%d").ok(),
            true => None,
            false => ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日"]
                .iter()
                .find_map(|form| NaiveDate::parse_from_str(day, form).ok()),
        };
        let date = date.filter(|date| *date >= BEGINNING);
        if date.is_none() {
            self.refuse(format!("{}应为日期（如2024-03-01），实为“{text}”", names.first().unwrap_or(&"")));
        }
        date
    }

    /// Texts between `;` or `；`, each once, in order.
    pub(crate) fn list(&self, names: &[&str]) -> Vec<String> {
        let mut list: Vec<String> = Vec::new();
        for text in self.text(names).unwrap_or_default().split([';', '；']).map(str::trim) {
            if !text.is_empty() && !list.iter().any(|listed| listed == text) {
                list.push(text.to_owned());
            }
        }
        list
    }
}

/// A validity as given: the half-open time from a day to a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Validity {
    /// `None` when not given.
    pub(crate) from: Option<NaiveDate>,
    /// Exclusive; open when `None`.
    pub(crate) to: Option<NaiveDate>,
}

/// Columns of validity, in every register.
pub(crate) const VALID_FROM: &[&str] = &["生效日期", "valid_from"];
/// The day from which it is no longer in force.
pub(crate) const VALID_TO: &[&str] = &["失效日期", "valid_to"];

impl Validity {
    pub(crate) fn read(cells: &mut Cells<'_>) -> Self {
        let validity = Self { from: cells.date(VALID_FROM), to: cells.date(VALID_TO) };
        if let (Some(from), Some(to)) = (validity.from, validity.to)
            && to <= from
        {
            cells.refuse(format!("失效日期{to}应晚于生效日期{from}"));
        }
        validity
    }
}

/// Values that follow each other in time: each from a day to a day, half-open, never two at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Timeline<T>(pub(crate) BTreeMap<NaiveDate, (Option<NaiveDate>, T)>);

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Clone + PartialEq> Timeline<T> {
    /// The value in force on a day.
    pub(crate) fn on(&self, day: NaiveDate) -> Option<&T> {
        let (_, (to, value)) = self.0.range(..=day).next_back()?;
        to.is_none_or(|to| day < to).then_some(value)
    }

    /// Where a value begins for which no day is given: the one in force on `today` when it says
    /// the same; the beginning when there is none at all; else `today`.
    pub(crate) fn beginning_of(&self, value: &T, today: NaiveDate) -> NaiveDate {
        if self.0.is_empty() {
            return BEGINNING;
        }
        match self.0.range(..=today).next_back() {
            Some((from, (to, current))) if to.is_none_or(|to| today < to) && current == value => *from,
            _ => today,
        }
    }

    /// Puts a value in force from a day on. It ends where the next one begins and closes the one
    /// before; an end that is given by name is never run over.
    ///
    /// # Errors
    /// The time of the value with which it would overlap.
    pub(crate) fn put(
        &mut self,
        from: NaiveDate,
        to: Option<NaiveDate>,
        value: T,
    ) -> Result<Change, (NaiveDate, Option<NaiveDate>)> {
        let next = self.0.range(from..).find(|(start, _)| **start != from).map(|(start, (end, _))| (*start, *end));
        if let (Some((start, end)), Some(to)) = (next, to)
            && to > start
        {
            return Err((start, end));
        }
        let to = to.or(next.map(|(start, _)| start));
        if let Some((_, (before, _))) = self.0.range_mut(..from).next_back() {
            match *before {
                // Closed by its successor only, or open: this one is its successor now.
                end if end == next.map(|(start, _)| start) => *before = Some(from),
                Some(end) if end > from => {
                    let start = self.0.range(..from).next_back().map_or(from, |(start, _)| *start);
                    return Err((start, Some(end)));
                }
                _ => {}
            }
        }
        let first = self.0.is_empty();
        let entry = (to, value);
        match self.0.insert(from, entry.clone()) {
            Some(old) if old == entry => Ok(Change::Unchanged),
            _ if first => Ok(Change::New),
            _ => Ok(Change::Changed),
        }
    }
}

/// A time of validity in words: 2020-01-01起至2023-01-01（不含）有效.
pub(crate) fn in_words(from: NaiveDate, to: Option<NaiveDate>) -> String {
    let from = if from == BEGINNING { "一直".to_owned() } else { format!("{from}起") };
    to.map_or_else(|| format!("{from}有效"), |to| format!("{from}至{to}（不含）有效"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn row(cells: &[(&str, &str)]) -> SourceRow {
        let cells = cells.iter().map(|(header, cell)| ((*header).to_owned(), (*cell).to_owned())).collect();
        SourceRow { number: 2, cells }
    }

    fn written(timeline: &Timeline<char>) -> String {
        let part = |(from, (to, value)): (&NaiveDate, &(Option<NaiveDate>, char))| {
            format!("{value} {from}..{}", to.map(|to| to.to_string()).unwrap_or_default())
        };
        timeline.0.iter().map(part).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn dates_as_people_write_them() {
        for text in ["2024-03-01", "2024-3-1", "2024/3/1", "20240301", "2024年3月1日", "2024-03-01 00:00:00"] {
            let row = row(&[("生效日期", text)]);
            let mut cells = Cells::of(&row);
            assert_eq!(cells.date(VALID_FROM), Some(day("2024-03-01")), "{text}");
            assert!(cells.reasons.is_empty());
        }
        for text in ["2024-02-30", "45352", "24-03-01", "03/01/2024", "明天", "2024-03-01 08:30:00"] {
            let row = row(&[("生效日期", text)]);
            let mut cells = Cells::of(&row);
            assert_eq!(cells.date(VALID_FROM), None, "{text}");
            assert_eq!(cells.reasons, [format!("生效日期应为日期（如2024-03-01），实为“{text}”")]);
        }
    }

    #[test]
    fn lists_numbers_and_blanks() {
        let row = row(&[("别名", " 一院;二院；一院; "), ("床位数", "-3"), ("医院级别", " - ")]);
        let mut cells = Cells::of(&row);
        assert_eq!(cells.list(&["别名"]), ["一院", "二院"]);
        assert_eq!(cells.count_of(&["床位数"]), None);
        assert_eq!(cells.text(&["医院级别"]), None);
        assert_eq!(cells.required(&["机构名称"]), None);
        assert_eq!(cells.reasons, ["床位数应为不小于0的整数，实为“-3”", "机构名称未填"]);
    }

    #[test]
    fn a_later_value_closes_the_earlier() {
        let mut line = Timeline::default();
        assert_eq!(line.put(day("2020-01-01"), None, 'a'), Ok(Change::New));
        assert_eq!(line.put(day("2023-01-01"), None, 'b'), Ok(Change::Changed));
        assert_eq!(written(&line), "a 2020-01-01..2023-01-01; b 2023-01-01..");
        // The same again, in any order, changes nothing.
        assert_eq!(line.put(day("2023-01-01"), None, 'b'), Ok(Change::Unchanged));
        assert_eq!(line.put(day("2020-01-01"), None, 'a'), Ok(Change::Unchanged));
        // Half-open: the day of the change belongs to the later value.
        assert_eq!(line.on(day("2022-12-31")), Some(&'a'));
        assert_eq!(line.on(day("2023-01-01")), Some(&'b'));
        assert_eq!(line.on(day("2019-12-31")), None);
    }

    #[test]
    fn an_earlier_value_ends_where_the_later_begins() {
        let mut line = Timeline::default();
        line.put(day("2022-01-01"), None, 'b').unwrap();
        assert_eq!(line.put(day("2020-01-01"), None, 'a'), Ok(Change::Changed));
        assert_eq!(line.put(day("2021-01-01"), None, 'x'), Ok(Change::Changed));
        assert_eq!(written(&line), "a 2020-01-01..2021-01-01; x 2021-01-01..2022-01-01; b 2022-01-01..");
    }

    #[test]
    fn an_end_that_was_given_holds() {
        let mut line = Timeline::default();
        line.put(day("2020-01-01"), Some(day("2022-01-01")), 'a').unwrap();
        assert_eq!(line.put(day("2021-06-01"), None, 'b'), Err((day("2020-01-01"), Some(day("2022-01-01")))));
        assert_eq!(line.put(day("2022-01-01"), None, 'b'), Ok(Change::Changed));
        assert_eq!(
            line.put(day("2018-01-01"), Some(day("2020-01-02")), 'z'),
            Err((day("2020-01-01"), Some(day("2022-01-01"))))
        );
        assert_eq!(written(&line), "a 2020-01-01..2022-01-01; b 2022-01-01..");
        // A gap stays a gap.
        assert_eq!(line.put(day("2022-01-01"), Some(day("2022-07-01")), 'b'), Ok(Change::Changed));
        assert_eq!(line.put(day("2023-01-01"), None, 'c'), Ok(Change::Changed));
        assert_eq!(line.on(day("2022-10-01")), None);
    }

    #[test]
    fn without_a_day() {
        let mut line = Timeline::default();
        let today = day("2024-05-01");
        assert_eq!(line.beginning_of(&'a', today), BEGINNING);
        line.put(BEGINNING, None, 'a').unwrap();
        assert_eq!(line.beginning_of(&'a', today), BEGINNING);
        assert_eq!(line.beginning_of(&'b', today), today);
        line.put(today, None, 'b').unwrap();
        assert_eq!(line.beginning_of(&'b', today), today);
    }
}
