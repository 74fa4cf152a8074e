//! The targets of a document: each sentence of each item is searched for numbers that are demands,
//! for demands on all of a kind, and for measures named without a value. What looks like a number
//! and is none of these is set aside with the reason.

use chrono::NaiveDate;

use crate::dates;
use crate::quantity::UNITS;
use crate::rules::{NOT, after, before, patterns};
use crate::tree::{Node, Segment};
use crate::{Document, Operator, Remark, Target, quantity, universal};

patterns! {
    SENTENCE_END = r"[。；;！!？?\n]";
    CLAUSE_END = r"[，,：:\t]";
    BOOK = r"《[^《》]*(?:《[^《》]*》[^《》]*)*》?";
    PAPER_NUMBER = r"[〔\[【(（]\s*(?:20|19)\d\d\s*[〕\]】)）]\s*第?\d+号?";
    NAME = r"“[^“”]{1,8}”|「[^「」]{1,8}」";
    /// A number with what it counts.
    COUNTED = format!(r"^\s*\d+(?:\.\d+)?\s*(?:%|‰|{UNITS})");
    ORDINAL = r"第\s*(?:\d+|[一二三四五六七八九十百]+)";
    HOPE = r"力争|争取|力求";
    TRAILING = format!(r"(?:限期|要|应|须|需|均|都|已|力争|争取|力求|确保|努力|达到了?|达|实现|保持在|稳定在|控制[在到]|压缩在|(?:提高|提升|上升|增加|降低|下降|缩短|压缩|扩大|降|升|增)[到至]|{NOT}(?:低于|少于|小于|超过|超出|高于|多于|大于|长于|突破)|不足|至少|最少|起码|至多|最多|为|到|至|在|约|大约|近|超过|突破|高于|低于|大于|多于|小于|少于|增长|新增|增加|提高|下降|降低|减少|(?:比|较)(?:上年|去年|上一年|20\d\d年)|同比|的|\s)+$");
    LEADING = r"^(?:到|至)?(?:20\d\d年|今年|本年|全年|年内|年底|\d+月|[一二三四1-4]?季度(?:前|末|底))?(?:底|末|初|前|份)*(?:并且?|且|其中|即|确保|保证|使|推动|促进|力争|争取|将|进一步|继续|不断|逐步|严格|加强|提高|提升|降低|控制|严控|落实|完成|实现|对|在|为)*";
    /// The end of a name that the subject's pattern has cut.
    BODY = r"^(?:卫生院|卫生室|医院|机构|中心|人员)$";
    SUBJECT = r"^(?P<subject>[^，]*?(?:医院|卫生院|卫生室|机构|中心|服务站|人员|医师|护士|患者|人群|居民|对象|单位|街镇|乡镇))(?P<measures>.{2,})$";
}

/// A sentence with everything the searches need to know.
pub struct Sentence<'a> {
    /// The words.
    pub text: &'a str,
    /// The same bytes with titles of papers blanked out.
    pub without_titles: &'a str,
    /// The same bytes with titles, numbers of papers and short quoted names blanked out: 第三季度
    /// is still a date.
    pub dated: &'a str,
    /// The same bytes with titles, numbers of papers, ordinals and short quoted names blanked out.
    pub bare: &'a str,
    /// Line of the source.
    pub line: usize,
    /// A heading that is a name more than a demand.
    pub heading: bool,
    /// The plan's year.
    pub year: Option<i32>,
}

impl Sentence<'_> {
    /// The clause around the bytes of a number, as bytes from and to.
    pub fn clause(&self, start: usize, end: usize) -> (usize, usize) {
        let ends = clause_ends(self.bare);
        let from = ends.iter().map(|(_, next)| *next).rfind(|next| *next <= start).unwrap_or(0);
        let to = ends.iter().map(|(at, _)| *at).find(|at| *at >= end).unwrap_or(self.bare.len());
        (from, to)
    }

    /// Why the words from byte `start` to `end` are no target.
    pub fn remark(&self, start: usize, end: usize, reason: &str) -> Remark {
        Remark { line: self.line, quote: self.text.get(start..end).unwrap_or("").trim().to_owned(), reason: reason.to_owned() }
    }
}

/// The marks that end clauses, as bytes from and to.
pub fn clause_ends(text: &str) -> Vec<(usize, usize)> {
    CLAUSE_END.find_iter(text).map(|mark| (mark.start(), mark.end())).filter(|(start, end)| !inside_number(text, *start, *end)).collect()
}

/// Whether a mark is a part of a number: 1,200 and 1:1.25.
pub fn inside_number(text: &str, start: usize, end: usize) -> bool {
    let digits = after(text, end).bytes().take_while(u8::is_ascii_digit).count();
    before(text, start).ends_with(|c: char| c.is_ascii_digit())
        && match text.get(start..end) {
            Some(",") => digits == 3,
            Some(":" | "：") => digits > 0 && is_ratio(text, start, end),
            _ => false,
        }
}

/// Whether the colon from byte `start` to `end` parts the halves of a ratio. In 附件1：3家医院 it
/// ends a label: a unit follows, and no word of a ratio stands before.
pub fn is_ratio(text: &str, start: usize, end: usize) -> bool {
    let left: Vec<char> = before(text, start).chars().rev().take(RATIO_REACH).collect();
    left.contains(&'比') || !COUNTED.is_match(after(text, end))
}

/// Within how many characters before a ratio its name stands.
const RATIO_REACH: usize = 12;

/// A target before it has its item, and the bytes of its sentence that carry it.
pub struct Found {
    pub start: usize,
    pub end: usize,
    pub operator: Operator,
    pub value: Option<String>,
    pub high: Option<String>,
    pub unit: String,
    pub per: String,
    pub measures: String,
    pub subject: String,
    pub counted: bool,
}

impl Found {
    /// A target without a number.
    pub fn wordless(start: usize, end: usize, operator: Operator, measures: &str) -> Self {
        Self {
            start,
            end,
            operator,
            value: None,
            high: None,
            unit: String::new(),
            per: String::new(),
            measures: measures.to_owned(),
            subject: String::new(),
            counted: false,
        }
    }
}

/// Finds the targets of all items.
pub fn read(nodes: &[Node], document: &mut Document) {
    for node in nodes {
        // A short heading over a text names its subject; a first sentence of several clauses demands.
        let name = !node.heading.text.contains(['，', ',']);
        let heading = !node.children.is_empty() || (name && !node.segments.is_empty());
        let mut targets = Vec::new();
        segment(&node.heading, heading, document, &mut targets);
        for part in &node.segments {
            segment(part, false, document, &mut targets);
        }
        for mut target in targets {
            target.item = node.path.clone();
            if repeated(&target, &document.targets) {
                document.set_aside.push(Remark { line: target.line, quote: target.quote, reason: "与前文同一数目，未重复计，请核对".into() });
            } else {
                document.targets.push(target);
            }
        }
        read(&node.children, document);
    }
}

/// 制定两个园区的规划 after 推进两个国际医学园区建设 names the same two again. What is said of
/// somebody else is not: 乡镇卫生院达100%，村卫生室…达100%.
fn repeated(target: &Target, earlier: &[Target]) -> bool {
    let noun = target.measures.split('的').next().unwrap_or("");
    earlier.iter().rev().take_while(|other| other.item == target.item).any(|other| {
        other.operator == target.operator
            && other.value == target.value
            && other.unit == target.unit
            && target.value.is_some()
            && other.line == target.line
            && noun.chars().count() >= 2
            && (target.subject == other.subject || other.measures.contains(&target.subject))
            && other.measures != target.measures
            && other.measures.contains(noun)
    })
}

fn segment(part: &Segment, heading: bool, document: &mut Document, targets: &mut Vec<Target>) {
    let without_titles = blanked(&part.text, &[&BOOK]);
    let dated = blanked(&without_titles, &[&PAPER_NUMBER, &NAME]);
    let bare = blanked(&dated, &[&ORDINAL]);
    let row = row_day(&dated, document.year);
    let mut from = 0;
    let ends: Vec<(usize, usize)> = SENTENCE_END.find_iter(&bare).map(|end| (end.start(), end.end())).chain([(bare.len(), bare.len())]).collect();
    for (to, next) in ends {
        let cut = |text: &'_ str| -> String { text.get(from..to).unwrap_or("").to_owned() };
        let (text, titles, named, plain) = (cut(&part.text), cut(&without_titles), cut(&dated), cut(&bare));
        from = next;
        if text.trim().is_empty() {
            continue;
        }
        let sentence = Sentence { text: &text, without_titles: &titles, dated: &named, bare: &plain, line: part.line, heading, year: document.year };
        search(&sentence, row, document, targets);
    }
}

/// The date that a row of a table has in a cell of its own: it holds for all sentences of the row.
fn row_day(row: &str, year: Option<i32>) -> Option<NaiveDate> {
    let alone = |cell: &str| {
        let found = dates::deadlines(cell, year).into_iter().next()?;
        let rest = format!("{}{}", before(cell, found.start), after(cell, found.end));
        matches!(rest.trim(), "" | "前" | "之前" | "以前" | "完成" | "前完成").then_some(found.day)
    };
    row.contains('\t').then(|| row.split('\t').find_map(alone))?
}

fn search(sentence: &Sentence<'_>, row_day: Option<NaiveDate>, document: &mut Document, targets: &mut Vec<Target>) {
    let mut found = universal::frequencies(sentence);
    let taken: Vec<(usize, usize)> = found.iter().map(|f| (f.start, f.end)).collect();
    found.extend(quantity::find(sentence, &taken, &mut document.set_aside));
    for lost in universal::lost(sentence) {
        document.unread.push(Remark {
            line: sentence.line,
            quote: sentence.text.get(lost.start..lost.end).unwrap_or("").to_owned(),
            reason: format!("“{}”的数值在原文里丢失，没有猜补", lost.measures),
        });
        found.push(lost);
    }
    if !sentence.heading {
        found.extend(universal::counted(sentence, &found));
        found.extend(universal::all(sentence));
        found.extend(universal::unstated(sentence, &found));
    }
    found.sort_by_key(|f| f.start);
    let dates = dates::deadlines(sentence.dated, sentence.year);
    let row = sentence.text.contains('\t');
    let mut last_number = 0;
    for one in found {
        let deadline = dates
            .iter()
            .rfind(|date| date.end <= one.start)
            .or_else(|| dates.iter().find(|date| row && date.start >= one.end))
            .map(|date| date.day)
            .or(row_day)
            .filter(|day| sentence.year.is_none_or(|year| chrono::Datelike::year(day) >= year));
        // A hope holds up to the first number behind it.
        let aspirational = HOPE.is_match(sentence.bare.get(last_number..one.end).unwrap_or(""));
        if one.value.is_some() {
            last_number = one.end;
        }
        targets.push(Target {
            item: String::new(),
            measures: one.measures,
            subject: one.subject,
            operator: one.operator,
            value: one.value,
            high: one.high,
            unit: one.unit,
            per: one.per,
            deadline,
            aspirational,
            counted: one.counted,
            quote: sentence.text.get(one.start..one.end).unwrap_or("").trim().to_owned(),
            line: sentence.line,
        });
    }
}

/// The text with the matches replaced by as many control characters as they have bytes, so that
/// places stay the same.
fn blanked(text: &str, patterns: &[&crate::rules::Pattern]) -> String {
    let mut text = text.to_owned();
    for pattern in patterns {
        text = pattern
            .replace_all(&text, |found: &regex::Captures<'_>| "\u{1}".repeat(found.get(0).map_or(0, |m| m.len())))
            .into_owned();
    }
    text
}

/// What stands before a number, without the words that only lead to it: subject and measure.
pub fn subject_and_measure(left: &str) -> (String, String) {
    // 第三季度 is a date whose ordinal is blanked out already.
    let words = left.replace("\u{1}季度", "").replace('\u{1}', "");
    // A sentence quoted from a rule: its own words count.
    let words = words.rsplit_once('“').filter(|(_, quoted)| !quoted.contains('”')).map_or(words.as_str(), |(_, quoted)| quoted);
    let words = TRAILING.replace(words, "").into_owned();
    let words = LEADING.replace(&words, "").into_owned();
    match SUBJECT.captures(&words) {
        Some(found) if !BODY.is_match(found.name("measures").map_or("", |m| m.as_str())) => {
            let part = |name: &str| found.name(name).map_or("", |m| m.as_str()).to_owned();
            (part("subject"), part("measures"))
        }
        _ => (String::new(), words),
    }
}
