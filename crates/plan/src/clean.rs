//! Changes to single lines: pinyin in brackets, Traditional script, markup, blanks around numbers.
//! Each is reported with its line and the words before and after; what is damaged stays as it is.

use std::sync::LazyLock;

use ferrous_opencc::{OpenCC, config::BuiltinConfig};

use crate::rules::{characters as slice, patterns};
use crate::source::Line;
use crate::{Change, ChangeKind, Remark};

patterns! {
    /// A syllable in brackets behind a character.
    SYLLABLE = r"(\p{Han})[(（]([a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ]{1,6})[)）]";
    TONED = r"[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ]";
    MARKUP = r"^\s*(?:#{1,6}\s+|>\s+|[-*_]{3,}\s*$)|\*\*|__";
    /// Between a Chinese character or mark and a number, either way.
    BLANK_BEFORE_NUMBER = r"([\p{Han}，。、；：（《“”》）]) +(\d)";
    BLANK_AFTER_NUMBER = r"(\d) +([\p{Han}%‰，。、；：）])";
    /// What is left where characters were lost: question marks in a row inside a sentence, or the
    /// replacement character.
    LOST = r"\?{2,}|？{2,}|\u{FFFD}+|锟斤拷|烫烫烫";
}

/// Dictionaries are part of the program; `None` cannot occur with them and would leave the text
/// in its script.
static TO_SIMPLIFIED: LazyLock<Option<OpenCC>> = LazyLock::new(|| OpenCC::from_config(BuiltinConfig::T2s).ok());

/// Full-width digits, letters and signs that belong to numbers.
fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' | '％' | '．' | '＋' | '＞' | '＜' | '＝' => {
                char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c)
            }
            '\u{3000}' | '\u{a0}' => ' ',
            '\u{FEFF}' | '\u{200B}' | '\u{200C}' | '\u{200D}' => ' ',
            other => other,
        })
        .collect()
}

/// A text of which more than one character in this many changes is in Traditional script. In
/// Simplified text the conversion touches hardly one in a thousand, such as 著 or 乾.
const TRADITIONAL_ONE_IN: usize = 100;

/// Cleans every line for itself.
pub fn characters(lines: &mut [Line], cleaned: &mut Vec<Change>, unread: &mut Vec<Remark>) {
    pinyin(lines, cleaned);
    script(lines, cleaned);
    for line in lines.iter_mut() {
        let plain = MARKUP.replace_all(&line.text, "").trim_end().to_owned();
        replace(line, plain, ChangeKind::Markup, cleaned);
        let half = half_width(&line.text).trim_end().to_owned();
        replace(line, half, ChangeKind::Width, cleaned);
        // Twice, because matches may share a character.
        let mut close = line.text.clone();
        if !close.contains('\t') {
            for _ in 0..2 {
                close = BLANK_BEFORE_NUMBER.replace_all(&close, "$1$2").into_owned();
                close = BLANK_AFTER_NUMBER.replace_all(&close, "$1$2").into_owned();
            }
            // A number alone at the end of an unfinished line is a page number: keep it apart.
            if close.ends_with(|c: char| c.is_ascii_digit()) {
                close = line.text.clone();
            }
        }
        replace(line, close, ChangeKind::Blanks, cleaned);
        for lost in LOST.find_iter(&line.text) {
            let at = crate::rules::position(&line.text, lost.start());
            unread.push(Remark {
                line: line.number,
                quote: slice(&line.text, at.saturating_sub(8), at + 10),
                reason: "原文在这里丢了字，照原样保留，没有猜补".into(),
            });
        }
    }
}

fn pinyin(lines: &mut [Line], cleaned: &mut Vec<Change>) {
    let toned = lines
        .iter()
        .flat_map(|line| SYLLABLE.captures_iter(&line.text))
        .filter(|found| found.get(2).is_some_and(|syllable| TONED.is_match(syllable.as_str())))
        .count();
    for line in lines.iter_mut() {
        // Syllables of the neutral tone have no mark: they count as pinyin only in a text full of it.
        let plain = SYLLABLE
            .replace_all(&line.text, |found: &regex::Captures<'_>| {
                let (character, syllable) = (found.get(1).map_or("", |m| m.as_str()), found.get(2).map_or("", |m| m.as_str()));
                if TONED.is_match(syllable) || toned >= 20 {
                    character.to_owned()
                } else {
                    found.get(0).map_or("", |m| m.as_str()).to_owned()
                }
            })
            .into_owned();
        replace(line, plain, ChangeKind::Pinyin, cleaned);
    }
}

fn script(lines: &mut [Line], cleaned: &mut Vec<Change>) {
    let Some(converter) = TO_SIMPLIFIED.as_ref() else { return };
    let converted: Vec<String> = lines.iter().map(|line| converter.convert(&line.text)).collect();
    let (mut all, mut changed) = (0_usize, 0_usize);
    for (line, converted) in lines.iter().zip(&converted) {
        all += line.text.chars().filter(|c| !c.is_ascii()).count();
        changed += line.text.chars().zip(converted.chars()).filter(|(before, after)| before != after).count();
    }
    if changed * TRADITIONAL_ONE_IN <= all {
        return;
    }
    for (line, text) in lines.iter_mut().zip(converted) {
        replace(line, text, ChangeKind::Script, cleaned);
    }
}

fn replace(line: &mut Line, text: String, kind: ChangeKind, cleaned: &mut Vec<Change>) {
    if line.text == text {
        return;
    }
    // Blanks at the end of a line are no content: nothing to report.
    if line.text.trim_end() != text {
        cleaned.push(Change { kind, line: line.number, before: line.text.clone(), after: text.clone() });
    }
    line.text = text;
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn cleaned(text: &str) -> (String, Vec<Change>, Vec<Remark>) {
        let mut lines = vec![Line { number: 1, text: text.into() }];
        let (mut changes, mut unread) = (Vec::new(), Vec::new());
        characters(&mut lines, &mut changes, &mut unread);
        (lines.pop().unwrap().text, changes, unread)
    }

    #[test]
    fn pinyin_and_script() {
        let (text, changes, _) = cleaned("衛(wèi)生局醫(yī)政工作");
        assert_eq!(text, "卫生局医政工作");
        assert_eq!(changes.iter().map(|c| c.kind).collect::<Vec<_>>(), [ChangeKind::Pinyin, ChangeKind::Script]);
        // A unit or an abbreviation in brackets is no pinyin.
        assert_eq!(cleaned("剂量(mg)达到标准").0, "剂量(mg)达到标准");
    }

    #[test]
    fn simplified_text_stays() {
        let text = "著名专家开展乾坤堂义诊，提高基层医疗机构的服务能力和水平，切实方便群众就近看病就医，减轻医药费用负担。";
        let many = format!("{text}{text}{text}");
        assert_eq!(cleaned(&many).0, many);
    }

    #[test]
    fn blanks_and_lost_characters() {
        assert_eq!(cleaned("每 250 张床位，达 90 %。").0, "每250张床位，达90%。");
        // The page number at the end stays apart.
        assert_eq!(cleaned("加强对 2").0, "加强对 2");
        let (text, changes, unread) = cleaned("重點??啤建設");
        assert!(text.contains("??"), "damaged text is kept: {text}");
        assert_eq!(unread.len(), 1);
        assert_eq!(changes[0].kind, ChangeKind::Script);
    }
}
