//! A small table file as texts: for registers, whose columns no dataset describes.

use std::borrow::Cow;

use crate::Limits;
use crate::finding::FileFinding;
use crate::read::book::Book;

/// A table with a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTable {
    /// Header texts, trimmed.
    pub header: Vec<String>,
    /// Rows with the number by which a person finds them (the header is 1 when nothing stands above
    /// it), each as long as the header. Blank rows are left out.
    pub rows: Vec<(u64, Vec<String>)>,
}

/// Reads the first sheet of a workbook, a comma-separated file in UTF-8 or GB18030, Parquet, or
/// objects of JSON. The first row
/// that is not blank is the header.
///
/// # Errors
/// When the bytes are no table or beyond a limit.
pub fn read_table(bytes: &[u8]) -> Result<TextTable, FileFinding> {
    let limits = Limits::default();
    let mut book = Book::open(Cow::Borrowed(bytes), &limits)?;
    let Some(which) = book.tables().into_iter().next() else {
        return Err(FileFinding::fault(&crate::catalogue::EMPTY, None, &[]));
    };
    let mut table = TextTable { header: Vec::new(), rows: Vec::new() };
    book.rows(&which, &limits, &mut |row| {
        if row.is_blank() {
            return Ok(true);
        }
        let mut scratch = String::new();
        let text = |column: usize| row.text(column, &mut scratch).trim().to_owned();
        if table.header.is_empty() {
            table.header = (0..row.record.len()).map(text).collect();
        } else {
            table.rows.push((u64::from(row.number), (0..table.header.len()).map(text).collect()));
        }
        Ok(true)
    })?;
    if table.header.is_empty() {
        return Err(FileFinding::fault(&crate::catalogue::EMPTY, None, &[]));
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn texts_under_their_header() {
        let table = read_table("\u{feff}登记号, 名称\n\nA1,云澜\nB2\n".as_bytes()).unwrap();
        assert_eq!(table.header, ["登记号", "名称"]);
        assert_eq!(table.rows, [(3, vec!["A1".to_owned(), "云澜".to_owned()]), (4, vec!["B2".to_owned(), String::new()])]);
        let (gb18030, _, _) = encoding_rs::GB18030.encode("名称\n云澜\n");
        assert_eq!(read_table(&gb18030).unwrap().rows, [(2, vec!["云澜".to_owned()])]);
        assert!(read_table(b"").is_err());
    }
}
