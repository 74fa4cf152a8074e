//! What kind of file the bytes are, and in which encoding a text file is written. Decided by the
//! bytes alone, never by the file's name: hospitals rename freely.

use encoding_rs::GB18030;
use memchr::{memchr, memchr_iter, memmem};

use crate::catalogue::{EMPTY, ENCODING, NOT_A_TABLE, PASSWORD, UTF16};
use crate::finding::FileFinding;

/// A form that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Form {
    /// Delimited text.
    #[serde(rename = "CSV")]
    Csv,
    /// Office Open XML workbook.
    #[serde(rename = "XLSX")]
    Xlsx,
    /// Excel 97–2003 workbook.
    #[serde(rename = "XLS")]
    Xls,
    /// Apache Parquet.
    #[serde(rename = "Parquet")]
    Parquet,
    /// Objects of JSON, one a line or in an array.
    #[serde(rename = "JSON")]
    Json,
    /// An archive of files in the other forms.
    #[serde(rename = "ZIP")]
    Zip,
}

/// Encoding of a text file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Encoding {
    /// UTF-8, with or without byte order mark.
    #[default]
    #[serde(rename = "UTF-8")]
    Utf8,
    /// GB18030, which holds GBK and GB 2312.
    #[serde(rename = "GB18030")]
    Gb18030,
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Csv => "CSV",
            Self::Xlsx => "XLSX",
            Self::Xls => "XLS",
            Self::Parquet => "Parquet",
            Self::Json => "JSON",
            Self::Zip => "ZIP",
        })
    }
}

impl std::fmt::Display for Encoding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Gb18030 => "GB18030",
        })
    }
}

/// First bytes of forms that are no tables.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"%PDF", "PDF 文档"),
    (b"\x89PNG", "PNG 图片"),
    (b"\xFF\xD8\xFF", "JPEG 图片"),
    (b"GIF8", "GIF 图片"),
    (b"BM", "BMP 图片"),
    (b"II*\0", "TIFF 图片"),
    (b"MM\0*", "TIFF 图片"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xBC\xAF", "7z 压缩包"),
    (b"\x1F\x8B", "gzip 压缩包"),
    (b"{\\rtf", "RTF 文档"),
    (b"SQLite format 3\0", "SQLite 数据库"),
    (b"\0\x01\0\0Standard Jet DB", "Access 数据库"),
    (b"\0\x01\0\0Standard ACE DB", "Access 数据库"),
    (b"MZ", "可执行程序"),
];

/// Beginnings of mark-up, in lower case, after blanks.
const MARKUP: &[(&[u8], &str)] = &[
    (b"<!doctype html", "网页（HTML）"),
    (b"<html", "网页（HTML）"),
    (b"<table", "网页（HTML）"),
    (b"<?xml", "XML 文件"),
];

pub(super) fn not_a_table(kind: &str) -> FileFinding {
    FileFinding::fault(&NOT_A_TABLE, None, &[("kind", kind)])
}

/// The form of the bytes.
pub(super) fn form(bytes: &[u8]) -> Result<Form, FileFinding> {
    let text = strip_bom(bytes);
    if text.iter().all(u8::is_ascii_whitespace) {
        return Err(FileFinding::fault(&EMPTY, None, &[]));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return zip_form(bytes);
    }
    // Four letters are no proof in a text: a header may begin with PAR1.
    if bytes.starts_with(b"PAR1") && (bytes.ends_with(b"PAR1") || memchr(0, bytes).is_some()) {
        return Ok(Form::Parquet);
    }
    if bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return compound_form(bytes);
    }
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(FileFinding::fault(&UTF16, None, &[]));
    }
    // Two letters are no proof in a text: a header may begin with BM.
    let binary = memchr(0, bytes).is_some();
    if let Some((_, kind)) = SIGNATURES.iter().find(|(start, _)| bytes.starts_with(start) && (start.len() > 2 || binary)) {
        return Err(not_a_table(kind));
    }
    let beginning: Vec<u8> =
        text.trim_ascii_start().iter().take(16).map(u8::to_ascii_lowercase).collect();
    if let Some((_, kind)) = MARKUP.iter().find(|(start, _)| beginning.starts_with(start)) {
        return Err(not_a_table(kind));
    }
    if binary {
        return Err(if is_utf16(bytes) {
            FileFinding::fault(&UTF16, None, &[])
        } else if is_dbf(bytes) {
            not_a_table("DBF 数据库文件")
        } else {
            not_a_table("二进制文件")
        });
    }
    // No header begins with a bracket that anybody knows.
    Ok(if matches!(text.trim_ascii_start().first(), Some(b'{' | b'[')) { Form::Json } else { Form::Csv })
}

/// A zip archive is a workbook when its directory says so, a document of another program, or an
/// archive of files. Of a cut off archive, whose directory is gone, the names are looked for in the
/// raw bytes: it is a damaged workbook and not another kind of file.
fn zip_form(bytes: &[u8]) -> Result<Form, FileFinding> {
    let names: Option<Vec<String>> = zip::ZipArchive::new(std::io::Cursor::new(bytes))
        .ok()
        .map(|archive| archive.file_names().flatten().map(std::borrow::Cow::into_owned).collect());
    let holds = |name: &str| match &names {
        Some(names) => names.iter().any(|of| of.starts_with(name)),
        None => memmem::find(bytes, name.as_bytes()).is_some(),
    };
    if holds("xl/workbook.xml") || (holds("xl/") && !holds("xl/workbook.bin")) {
        return Ok(Form::Xlsx);
    }
    Err(not_a_table(if holds("xl/workbook.bin") {
        "xlsb 工作簿"
    } else if holds("word/") {
        "Word 文档（docx）"
    } else if holds("ppt/") {
        "PowerPoint 文稿（pptx）"
    } else if memmem::find(bytes, b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet").is_some() {
        "OpenDocument 表格（ods）"
    } else {
        return Ok(Form::Zip);
    }))
}

/// An OLE compound file is a workbook when it holds one.
fn compound_form(bytes: &[u8]) -> Result<Form, FileFinding> {
    let holds = |name: &str| {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memmem::find(bytes, &name).is_some()
    };
    if holds("EncryptedPackage") {
        Err(FileFinding::fault(&PASSWORD, None, &[]))
    } else if holds("WordDocument") {
        Err(not_a_table("Word 文档（doc）"))
    } else if holds("PowerPoint Document") {
        Err(not_a_table("PowerPoint 文稿（ppt）"))
    } else {
        Ok(Form::Xls)
    }
}

/// UTF-16 without a byte order mark: of ASCII, every second byte is 0.
fn is_utf16(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or(bytes);
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    even.max(odd) * 3 > head.len() / 2 && even.min(odd) * 20 < even.max(odd)
}

/// dBase and FoxPro: a version byte and a date of change.
fn is_dbf(bytes: &[u8]) -> bool {
    matches!(bytes, [0x03 | 0x30 | 0x31 | 0x83 | 0x8B | 0xF5 | 0xFB, _, 1..=12, 1..=31, ..])
}

/// The bytes after a UTF-8 byte order mark.
pub(super) fn strip_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// Bytes that an encoding cannot read.
struct Unreadable {
    count: u64,
    first: usize,
}

/// The encoding of a text: the one that can read all of it. When neither can, the better one, as
/// long as what it cannot read is a trifle: hospital systems cut names after so many bytes, which
/// leaves halves of characters; those are findings of their rows.
pub(super) fn encoding(bytes: &[u8]) -> Result<Encoding, FileFinding> {
    let Some(utf8) = unreadable_utf8(bytes) else { return Ok(Encoding::Utf8) };
    let Some(gb) = unreadable_gb18030(bytes) else { return Ok(Encoding::Gb18030) };
    let (utf8_first, gb_first) = (utf8.first, gb.first);
    let (encoding, worst) = if utf8.count <= gb.count { (Encoding::Utf8, utf8) } else { (Encoding::Gb18030, gb) };
    let high = bytes.iter().filter(|b| !b.is_ascii()).count() as u64;
    if worst.count * 50 <= high {
        return Ok(encoding);
    }
    // Of two encodings one after the other, the place where the second begins.
    let first = utf8_first.max(gb_first);
    let line = memchr_iter(b'\n', bytes.get(..first).unwrap_or(bytes)).count() + 1;
    Err(FileFinding::fault(
        &ENCODING,
        Some(format!("第 {line} 行")),
        &[("count", &worst.count.to_string()), ("line", &line.to_string())],
    ))
}

fn unreadable_utf8(bytes: &[u8]) -> Option<Unreadable> {
    if std::str::from_utf8(bytes).is_ok() {
        return None;
    }
    let mut found: Option<Unreadable> = None;
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        at += chunk.valid().len();
        if !chunk.invalid().is_empty() {
            found.get_or_insert(Unreadable { count: 0, first: at }).count += 1;
            at += chunk.invalid().len();
        }
    }
    found
}

fn unreadable_gb18030(bytes: &[u8]) -> Option<Unreadable> {
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let mut sink = [0_u8; 16 * 1024];
    let mut found: Option<Unreadable> = None;
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let (result, read, _) = decoder.decode_to_utf8_without_replacement(rest, &mut sink, true);
        at += read;
        match result {
            encoding_rs::DecoderResult::InputEmpty => return found,
            encoding_rs::DecoderResult::OutputFull => {}
            encoding_rs::DecoderResult::Malformed(..) => {
                found.get_or_insert(Unreadable { count: 0, first: at.saturating_sub(1) }).count += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn gb(text: &str) -> Vec<u8> {
        GB18030.encode(text).0.into_owned()
    }

    #[test]
    fn forms_are_known_by_their_bytes() {
        for (bytes, expected) in [
            (&b""[..], Err("F0101")),
            (b"\xEF\xBB\xBF \r\n", Err("F0101")),
            (b"A01,A48\n", Ok(Form::Csv)),
            (b"BM,A48\n", Ok(Form::Csv)),
            (b"%PDF-1.7 ...", Err("F0102")),
            (b"\x89PNG\r\n\x1A\n\0", Err("F0102")),
            (b"\n <HTML><body>", Err("F0102")),
            (b"PK\x03\x04....word/document.xml", Err("F0102")),
            (b"PK\x03\x04....xl/workbook.xml", Ok(Form::Xlsx)),
            (b"PK\x03\x04....photo.jpg", Ok(Form::Zip)),
            (b"PAR1....PAR1", Ok(Form::Parquet)),
            (b"PAR1,A48\n", Ok(Form::Csv)),
            (b"\xEF\xBB\xBF\n {\"A48\": 1}\n", Ok(Form::Json)),
            (b"[{\"A48\": 1}]", Ok(Form::Json)),
            (b"\xFF\xFEA\x000\x00", Err("F0103")),
            (b"A\x000\x001\x00,\x00A\x004\x008\x00\n\x00", Err("F0103")),
            (b"\x03\x7A\x03\x0F\x01\0\0\0", Err("F0102")),
            (b"A01\0\x01\x02", Err("F0102")),
        ] {
            let found = form(bytes).map_err(|f| f.number);
            assert_eq!(found, expected.map_err(str::to_owned), "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn encodings_are_known_by_the_whole_text() {
        assert_eq!(encoding(b"A01\n1\n").unwrap(), Encoding::Utf8);
        assert_eq!(encoding("姓名\n张三\n".as_bytes()).unwrap(), Encoding::Utf8);
        assert_eq!(encoding(&gb("姓名\n张三\n")).unwrap(), Encoding::Gb18030);
        // A four-byte character, and one that stands far behind 64 KiB of ASCII.
        assert_eq!(encoding(&gb("㐀\n")).unwrap(), Encoding::Gb18030);
        let late = [vec![b'a'; 70_000], gb("张")].concat();
        assert_eq!(encoding(&late).unwrap(), Encoding::Gb18030);
        // Half a character among many whole ones is left to its row.
        let mut cut = gb(&"中华人民共和国".repeat(20));
        cut.extend([0xD6, b',', b'1']);
        assert_eq!(encoding(&cut).unwrap(), Encoding::Gb18030);
        // Two encodings one after the other.
        let mixed = ["第一行，第一家医院\n".as_bytes(), &gb("第二行，第二家医院\n")].concat();
        let fault = encoding(&mixed).unwrap_err();
        assert_eq!((fault.number.as_str(), fault.place.as_deref()), ("F0104", Some("第 2 行")));
    }
}
