//! Text that some program before us decoded wrongly. It cannot be brought back.

use encoding_rs::GB18030;

/// What GBK shows of U+FFFD and of memory that nobody wrote.
const RUINS: [&str; 3] = ["锟斤拷", "烫烫烫", "屯屯屯"];

/// Whether some of a text is lost: a replacement character, or what became of one.
pub(super) fn is_garbled(text: &str) -> bool {
    text.contains('\u{FFFD}') || RUINS.iter().any(|ruin| text.contains(ruin))
}

/// Whether a text looks as if the whole of it was read in the wrong encoding.
fn is_mojibake(text: &str) -> bool {
    if is_garbled(text) {
        return true;
    }
    let high = text.chars().filter(|c| !c.is_ascii());
    // Chinese read as Latin-1: every character is an accented letter or a control.
    if high.clone().count() >= 2 && high.clone().all(|c| ('\u{80}'..='\u{FF}').contains(&c)) {
        return true;
    }
    // UTF-8 read as GBK: encoded back, most of it is Chinese in UTF-8; a byte here and there is lost.
    let bytes = GB18030.encode(text).0;
    let back = String::from_utf8_lossy(&bytes);
    let high = back.chars().filter(|c| !c.is_ascii());
    let chinese = high.clone().filter(|c| ('\u{3000}'..='\u{9FFF}').contains(c) || ('\u{FF00}'..='\u{FFEF}').contains(c));
    chinese.count() * 2 > high.count()
}

/// How many texts are looked at; enough to tell a file from a cell.
const ENOUGH: u64 = 2000;

/// What the first texts with characters beyond ASCII look like.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Sample {
    pub texts: u64,
    pub garbled: u64,
    /// Row id of the first garbled one.
    pub first: u32,
}

impl Sample {
    pub fn take(&mut self, row: u32, text: &str) {
        if self.texts >= ENOUGH {
            return;
        }
        self.texts += 1;
        if is_mojibake(text) {
            if self.garbled == 0 {
                self.first = row;
            }
            self.garbled += 1;
        }
    }

    /// Whether it is the file that is garbled and not some of its cells.
    pub fn is_ruined(&self) -> bool {
        self.garbled >= 3 && self.garbled * 2 > self.texts
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::UTF_8;

    use super::*;

    #[test]
    fn wrong_decodings_are_seen() {
        for text in ["云澜市第一人民医院", "急性阑尾炎", "中山路三号"] {
            let (as_gbk, _) = GB18030.decode_without_bom_handling(text.as_bytes());
            let bytes = GB18030.encode(text).0;
            let as_utf8 = UTF_8.decode_without_bom_handling(&bytes).0;
            let as_latin: String = bytes.iter().map(|b| char::from(*b)).collect();
            for wrong in [&*as_gbk, &*as_utf8, &as_latin] {
                assert!(is_mojibake(wrong), "{text} as {wrong}");
            }
            assert!(!is_mojibake(text), "{text}");
        }
        assert!(is_garbled("张锟斤拷"));
        assert!(!is_mojibake("Ⅱ°烧伤"));
    }
}
