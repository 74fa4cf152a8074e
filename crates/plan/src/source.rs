//! Bytes to numbered lines: encodings of text, paragraphs and tables of a .docx.

use std::io::Read;

use quick_xml::events::Event;

use crate::{ReadError, Remark};

/// A line of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Counted from 1; paragraphs and table rows in a .docx, where the lines of one paragraph share
    /// its number.
    pub number: usize,
    /// A table row has its cells parted by tabs.
    pub text: String,
}

/// The lines of a file and what could not be read of it.
pub struct Source {
    pub lines: Vec<Line>,
    pub unread: Vec<Remark>,
}

/// Finds the format and reads the lines.
pub fn lines(bytes: &[u8], file: &str) -> Result<Source, ReadError> {
    let format = |format| Err(ReadError::Format { file: file.to_owned(), format });
    if bytes.starts_with(b"PK\x03\x04") {
        return docx(bytes, file);
    }
    if bytes.starts_with(b"%PDF") {
        return format("PDF ");
    }
    if bytes.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return format("旧版 Word（.doc）或 WPS 文件");
    }
    if bytes.starts_with(b"{\\rtf") {
        return format("RTF 文件");
    }
    let text = decode(bytes).ok_or_else(|| ReadError::Encoding { file: file.to_owned() })?;
    let head: String = text.chars().take(500).collect::<String>().to_lowercase();
    if head.contains("<html") || head.contains("<!doctype") {
        return format("网页源文件（HTML）");
    }
    let lines: Vec<Line> =
        text.lines().enumerate().map(|(at, text)| Line { number: at + 1, text: text.to_owned() }).collect();
    if lines.iter().all(|line| line.text.trim().is_empty()) {
        return Err(ReadError::Empty { file: file.to_owned() });
    }
    Ok(Source { lines, unread: Vec::new() })
}

/// A byte order mark decides; otherwise the first encoding in which every byte makes sense.
/// GB18030 comes before Big5: nearly all Big5 text is also valid GB18030, so Big5 wins only where
/// the GB18030 reading holds characters that no Chinese text uses.
fn decode(bytes: &[u8]) -> Option<String> {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, broken) = encoding.decode_without_bom_handling(bytes.get(mark..)?);
        return (!broken).then(|| text.into_owned());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return (!text.contains('\0')).then(|| text.to_owned());
    }
    [encoding_rs::GB18030, encoding_rs::BIG5]
        .into_iter()
        .filter_map(|encoding| {
            let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?.into_owned();
            let (all, common) = text.chars().filter(|c| !c.is_ascii()).fold((0_usize, 0_usize), |(all, common), c| {
                (all + 1, common + usize::from(COMMON.contains(c)))
            });
            // Function words and punctuation make up more than a twentieth of any Chinese text.
            (!text.contains('\0') && common * 20 >= all).then_some(text)
        })
        .next()
}

const COMMON: &str = "，。、；：（）《》“”的一是在不和了有大工作年生等及对對会會医醫";

fn docx(bytes: &[u8], file: &str) -> Result<Source, ReadError> {
    let broken = |reason: String| ReadError::Docx { file: file.to_owned(), reason };
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).map_err(|error| broken(error.to_string()))?;
    let mut xml = String::new();
    match archive.by_name("word/document.xml") {
        Ok(mut part) => part.read_to_string(&mut xml).map_err(|error| broken(error.to_string()))?,
        Err(_) => {
            return Err(ReadError::Format { file: file.to_owned(), format: "压缩包（里面没有 Word 正文）" });
        }
    };
    let source = paragraphs(&xml).map_err(|error| broken(error.to_string()))?;
    if source.lines.iter().all(|line| line.text.trim().is_empty()) {
        return Err(ReadError::Empty { file: file.to_owned() });
    }
    Ok(source)
}

/// Paragraphs and table rows in order. A number that Word makes by itself is not part of the text:
/// the paragraph is named among the unread.
fn paragraphs(xml: &str) -> Result<Source, quick_xml::Error> {
    let mut reader = quick_xml::Reader::from_str(xml);
    let mut source = Source { lines: Vec::new(), unread: Vec::new() };
    let (mut text, mut row) = (String::new(), Vec::<String>::new());
    let (mut tables, mut in_text, mut numbered) = (0_usize, false, false);
    // Paragraphs and rows so far: the lines of a paragraph share its number.
    let mut number = 0;
    loop {
        match reader.read_event()? {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "tbl" => tables += 1,
                "tr" if tables == 1 => row.clear(),
                "tc" if tables == 1 => row.push(String::new()),
                "t" => in_text = true,
                "br" | "cr" => text.push(line_end(&tag)),
                "numPr" => numbered = true,
                _ => {}
            },
            Event::Empty(tag) => match tag.local_name().as_ref() {
                "tab" => text.push(' '),
                "br" | "cr" => text.push(line_end(&tag)),
                "numPr" => numbered = true,
                _ => {}
            },
            Event::Text(part) if in_text => text.push_str(&part.xml10_content()),
            Event::GeneralRef(part) if in_text => match part.resolve_char_ref() {
                Ok(Some(character)) => text.push(character),
                _ => text.push_str(quick_xml::escape::resolve_xml_entity(&part).unwrap_or("")),
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "t" => in_text = false,
                "p" => {
                    let paragraph = std::mem::take(&mut text);
                    if tables > 0 {
                        if let Some(cell) = row.last_mut() {
                            paragraph.lines().for_each(|line| into_cell(cell, line.trim()));
                        }
                    } else {
                        number += 1;
                        if std::mem::take(&mut numbered) && !paragraph.trim().is_empty() {
                            source.unread.push(Remark {
                                line: number,
                                quote: paragraph.chars().take(20).collect(),
                                reason: "这一段的编号由 Word 自动生成，不在文字里；请改成手工编号后再导入".into(),
                            });
                        }
                        let lines = paragraph.split('\n').map(|text| Line { number, text: text.to_owned() });
                        source.lines.extend(lines);
                    }
                    numbered = false;
                }
                "tr" if tables == 1 => {
                    number += 1;
                    source.lines.push(Line { number, text: row.join("\t") });
                    row.clear();
                }
                "tbl" => tables = tables.saturating_sub(1),
                _ => {}
            },
            Event::Eof => return Ok(source),
            _ => {}
        }
    }
}

/// A break inside a paragraph begins a new line; one of the page or the column parts no sentence.
fn line_end(tag: &quick_xml::events::BytesStart<'_>) -> char {
    let layout = tag
        .attributes()
        .filter_map(Result::ok)
        .any(|attribute| attribute.key.local_name().as_ref() == "type" && matches!(&*attribute.value, "page" | "column"));
    if layout { ' ' } else { '\n' }
}

/// Paragraphs of a cell stay apart: 3 and 5家 are not 35家.
fn into_cell(cell: &mut String, paragraph: &str) {
    if !cell.is_empty() && !paragraph.is_empty() && !cell.ends_with(|c| "。；;！？!?，,、：:".contains(c)) {
        cell.push('；');
    }
    cell.push_str(paragraph);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let simplified = "一、加强医疗质量管理，提高服务水平。";
        let (bytes, _, _) = encoding_rs::GB18030.encode(simplified);
        assert_eq!(decode(&bytes).unwrap(), simplified);
        let traditional = "一、加強醫療質量管理，提高服務水平。對所有機構進行檢查，不得有誤。";
        let (bytes, _, _) = encoding_rs::BIG5.encode(traditional);
        assert_eq!(decode(&bytes).unwrap(), traditional);
        assert_eq!(decode(&[0x00, 0x01, 0xFF, 0xFE, 0x80]), None);
    }

    #[test]
    fn other_formats_are_named() {
        assert!(matches!(lines(b"%PDF-1.7", "a.pdf"), Err(ReadError::Format { .. })));
        assert!(matches!(lines(b"  \n ", "a.txt"), Err(ReadError::Empty { .. })));
        assert!(matches!(lines(b"PK\x03\x04broken", "a.docx"), Err(ReadError::Docx { .. })));
    }
}
