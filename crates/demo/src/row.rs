//! One front page as cells by official column: a buffer that is used again for every row.

use std::fmt;
use std::io::Write as _;

use chrono::{NaiveDate, NaiveDateTime};

use crate::columns::COLUMNS;

/// The official missing value.
pub(crate) const MISSING: &[u8] = b"-";

const UNSET: (u32, u32) = (u32::MAX, 0);

/// The cells of a row. A cell that was not set is missing.
pub(crate) struct Row {
    text: Vec<u8>,
    spans: Vec<(u32, u32)>,
}

impl Row {
    pub(crate) fn new() -> Self {
        Self {
            text: Vec::with_capacity(4096),
            spans: vec![UNSET; COLUMNS],
        }
    }

    /// Forgets every cell.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.spans.fill(UNSET);
    }

    /// The bytes of a cell.
    pub(crate) fn get(&self, at: usize) -> &[u8] {
        match self.spans.get(at) {
            Some(&(from, to)) if from != u32::MAX => {
                self.text.get(from as usize..to as usize).unwrap_or(MISSING)
            }
            _ => MISSING,
        }
    }

    /// The text of a cell.
    pub(crate) fn text(&self, at: usize) -> &str {
        std::str::from_utf8(self.get(at)).unwrap_or("-")
    }

    /// Is there nothing but the missing value?
    pub(crate) fn is_missing(&self, at: usize) -> bool {
        self.get(at) == MISSING
    }

    pub(crate) fn set(&mut self, at: usize, value: &str) {
        let from = self.text.len();
        self.text.extend_from_slice(value.as_bytes());
        self.close(at, from);
    }

    /// Makes a cell missing again.
    pub(crate) fn unset(&mut self, at: usize) {
        if let Some(span) = self.spans.get_mut(at) {
            *span = UNSET;
        }
    }

    pub(crate) fn put(&mut self, at: usize, value: fmt::Arguments<'_>) {
        let from = self.text.len();
        // Writing into a vector cannot fail.
        let _ = self.text.write_fmt(value);
        self.close(at, from);
    }

    pub(crate) fn int(&mut self, at: usize, value: i64) {
        self.put(at, format_args!("{value}"));
    }

    /// Money in 分, printed in 元 with two decimals.
    pub(crate) fn money(&mut self, at: usize, fen: i64) {
        self.put(at, format_args!("{}.{:02}", fen / 100, fen % 100));
    }

    /// `yyyy-MM-dd`
    pub(crate) fn date(&mut self, at: usize, date: NaiveDate) {
        self.put(at, format_args!("{date}"));
    }

    /// `yyyy-MM-dd HH:mm:ss`
    pub(crate) fn time(&mut self, at: usize, time: NaiveDateTime) {
        self.put(at, format_args!("{time}"));
    }

    fn close(&mut self, at: usize, from: usize) {
        if let Some(span) = self.spans.get_mut(at) {
            *span = (from as u32, self.text.len() as u32);
        }
    }
}
