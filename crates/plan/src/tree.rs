//! Numbered lines to a tree. The ranks are those of Chinese official documents: 第一章, 一、, （一）,
//! 1., (1), ①; a rank that is left out does not matter. 一是…二是… are parts of a sentence.

use crate::rules::{after, before, patterns};
use crate::source::Line;
use crate::{Item, Remark, numbers};

patterns! {
    CHAPTER = r"^\s*第([一二三四五六七八九十百]{1,4})(章|部分)[\s、：:]*";
    HAN = r"^\s*([一二三四五六七八九十]{1,3})\s*[、．.]\s*";
    HAN_BRACKETED = r"^\s*[（(]\s*([一二三四五六七八九十]{1,3})\s*[)）]\s*[、．.]?\s*";
    /// What follows the first number of 一、二级医院 and 一、二季度.
    LEVEL = r"^([二三四五六])(?:、[三四五六])*(?:级|类|线|期|季度)";
    ARABIC = r"^\s*(\d{1,3})\s*(?:[、．]|\.)\s*";
    DATE_FIRST = r"^(?:20\d\d年|\d{1,2}月)";
    ARABIC_BRACKETED = r"^\s*(?:[（(]\s*(\d{1,3})\s*[)）]|(\d{1,3})[)）])\s*[、．.]?\s*";
    CIRCLED = r"^\s*([①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳])\s*[、．.]?\s*";
    /// A heading and its text on one line, parted by a blank.
    HEADING_BLANK = r"^(\S{6,45}) +(\S.{15,})$";
    /// Where a number may stand inside a line: behind the end of a sentence.
    INSIDE = r"[。；：;]\s*";
}

/// The longest first sentence that is taken for a heading.
const LONGEST_HEADING: usize = 60;

/// The number at the beginning of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// 0 for 第一章, 1 for 一、, 2 for （一）, 3 for 1., 4 for (1), 5 for ①.
    pub rank: usize,
    /// Its value.
    pub value: u64,
    /// Its own number without punctuation, brackets kept.
    pub number: String,
    /// First byte of what follows.
    pub end: usize,
}

/// The number a line begins with, if it begins with one. 一、二级医院 is no item; 一、 二级医院 with
/// a blank is.
pub fn marker(text: &str) -> Option<Marker> {
    marker_or_level(text).filter(|found| !is_level(text, found))
}

/// Whether the number only begins an enumeration of levels.
fn is_level(text: &str, marker: &Marker) -> bool {
    let next = LEVEL.captures(after(text, marker.end)).and_then(|rest| numbers::chinese(rest.get(1)?.as_str()));
    marker.rank == 1 && before(text, marker.end).ends_with('、') && next == Some(marker.value + 1)
}

/// Items that begin with a level, 二、三级医院评审, are told from enumerations by the numbers
/// around them, and get a blank behind their own.
pub fn levels(lines: &mut [Line]) {
    let all: Vec<(usize, Marker, bool)> = lines
        .iter()
        .enumerate()
        .filter_map(|(at, line)| marker_or_level(&line.text).map(|found| (at, is_level(&line.text, &found), found)))
        .filter(|(_, _, found)| found.rank == 1)
        .map(|(at, level, found)| (at, found, level))
        .collect();
    let mut last = 0;
    for (place, (at, found, level)) in all.iter().enumerate() {
        let behind = all.iter().skip(place + 1).map(|(_, other, level)| (other.value, *level));
        if *level && !is_item(found.value, last, behind) {
            continue;
        }
        last = found.value;
        if let Some(line) = lines.get_mut(*at).filter(|_| *level) {
            line.text.insert(found.end, ' ');
        }
    }
}

/// Whether what reads like a level is the item that comes next: the same number does not come
/// again, and the numbers run on. `behind` are the values that follow, and whether they are levels.
fn is_item(value: u64, last: u64, behind: impl Iterator<Item = (u64, bool)> + Clone) -> bool {
    let again = behind.clone().find(|(_, level)| !level).is_some_and(|(next, _)| next == value);
    let runs_on = last + 1 == value || (value == 1 && last != 1 && behind.clone().next().is_some_and(|(next, _)| next == 2));
    runs_on && !again
}

fn marker_or_level(text: &str) -> Option<Marker> {
    let found = |rank: usize, captures: regex::Captures<'_>| {
        let whole = captures.get(0)?;
        let inner = captures.iter().skip(1).flatten().next()?.as_str();
        let (value, number) = match rank {
            0 => (numbers::chinese(inner)?, whole.as_str().trim().trim_end_matches(['、', '：', ':']).to_owned()),
            1 => (numbers::chinese(inner)?, inner.to_owned()),
            2 => (numbers::chinese(inner)?, format!("({inner})")),
            3 => (inner.parse().ok()?, inner.to_owned()),
            4 => (inner.parse().ok()?, format!("({inner})")),
            _ => (circled(inner)?, inner.to_owned()),
        };
        let rest = after(text, whole.end());
        // 5.12 and 2.0 are numbers, 1.5万元 too; 2.6月底前 is the second item, and so is
        // 2. 100% with a blank.
        let decimal = rank == 3
            && whole.as_str().ends_with('.')
            && rest.starts_with(|c: char| c.is_ascii_digit())
            && !DATE_FIRST.is_match(rest);
        (!decimal && value > 0).then(|| Marker { rank, value, number, end: whole.end() })
    };
    CHAPTER
        .captures(text)
        .and_then(|c| found(0, c))
        .or_else(|| HAN.captures(text).and_then(|c| found(1, c)))
        .or_else(|| HAN_BRACKETED.captures(text).and_then(|c| found(2, c)))
        .or_else(|| ARABIC.captures(text).and_then(|c| found(3, c)))
        .or_else(|| ARABIC_BRACKETED.captures(text).and_then(|c| found(4, c)))
        .or_else(|| CIRCLED.captures(text).and_then(|c| found(5, c)))
}

fn circled(text: &str) -> Option<u64> {
    "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳".chars().position(|c| text.starts_with(c)).map(|at| at as u64 + 1)
}

/// Bytes at which further items begin inside a line that begins with `first`: the next number of
/// its rank, or numbers of a lower rank from 1 on when there are at least two.
pub fn inline(text: &str, first: &Marker) -> Vec<usize> {
    let all: Vec<(usize, Marker, bool)> = INSIDE
        .find_iter(text)
        .filter_map(|gap| {
            let rest = after(text, gap.end());
            marker_or_level(rest).map(|marker| (gap.end(), is_level(rest, &marker), marker))
        })
        .map(|(at, level, marker)| (at, marker, level))
        .collect();
    let mut last = first.value;
    let mut places: Vec<(usize, Marker)> = Vec::new();
    for (at, marker, level) in &all {
        let behind = all.iter().skip_while(|(other, _, _)| other <= at).filter(|(_, other, _)| other.rank == 1);
        if *level && !is_item(marker.value, last, behind.map(|(_, other, level)| (other.value, *level))) {
            continue;
        }
        if marker.rank == 1 {
            last = marker.value;
        }
        places.push((*at, marker.clone()));
    }
    let mut starts = Vec::new();
    let mut next = first.value + 1;
    for (at, place) in &places {
        if place.rank == first.rank && place.value == next {
            starts.push(*at);
            next += 1;
        }
    }
    for rank in first.rank + 1..=5 {
        let mut wanted = 1;
        let mut run = Vec::new();
        for (at, place) in places.iter().filter(|(_, place)| place.rank == rank) {
            if place.value == wanted {
                run.push(*at);
                wanted += 1;
            }
        }
        if run.len() > 1 && rank < 4 && starts.is_empty() {
            starts.extend(run);
            break;
        }
    }
    starts.sort_unstable();
    starts
}

/// A piece of text with its line.
#[derive(Debug, Clone)]
pub struct Segment {
    pub line: usize,
    pub text: String,
}

/// An item while the tree grows.
#[derive(Debug, Clone)]
pub struct Node {
    pub number: String,
    pub path: String,
    pub rank: usize,
    pub value: u64,
    pub heading: Segment,
    pub segments: Vec<Segment>,
    pub children: Vec<Node>,
}

impl Node {
    /// For the reader.
    pub fn item(&self) -> Item {
        let children: Vec<Item> = self.children.iter().map(Node::item).collect();
        let own = self.segments.last().map_or(self.heading.line, |segment| segment.line);
        let last = children.iter().map(|child| child.lines.1).max().unwrap_or(0).max(own);
        Item {
            number: self.number.clone(),
            path: self.path.clone(),
            heading: self.heading.text.trim_end_matches(['。', '；', '：', ':', ';']).to_owned(),
            text: self.segments.iter().map(|segment| segment.text.as_str()).collect::<Vec<_>>().join("\n"),
            lines: (self.heading.line, last),
            children,
        }
    }
}

/// Builds the tree; numbers that do not follow on are kept and reported.
pub fn build(lines: &[Line], unread: &mut Vec<Remark>) -> Vec<Node> {
    let mut open: Vec<Node> = Vec::new();
    let mut roots: Vec<Node> = Vec::new();
    for segment in lines.iter().flat_map(pieces) {
        let Some(found) = marker(&segment.text) else {
            if let Some(node) = open.last_mut() {
                node.segments.push(Segment { line: segment.line, text: segment.text.trim().to_owned() });
            }
            continue;
        };
        while open.last().is_some_and(|node| node.rank >= found.rank) {
            close(&mut open, &mut roots);
        }
        open.push(node(&segment, found));
    }
    while !open.is_empty() {
        close(&mut open, &mut roots);
    }
    by_paragraph(&mut roots);
    let ranks = running_on(&roots);
    name(&mut roots, "", &ranks);
    let mut last = [0_u64; 6];
    sequence(&roots, &ranks, &mut last, unread);
    roots
}

fn close(open: &mut Vec<Node>, roots: &mut Vec<Node>) {
    if let Some(node) = open.pop() {
        match open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => roots.push(node),
        }
    }
}

/// A line, cut where further items begin inside it.
fn pieces(line: &Line) -> Vec<Segment> {
    let Some(first) = marker(&line.text) else {
        return vec![Segment { line: line.number, text: line.text.clone() }];
    };
    let mut starts = vec![0];
    starts.extend(inline(&line.text, &first));
    let ends = starts.iter().skip(1).copied().chain([line.text.len()]).collect::<Vec<_>>();
    starts
        .into_iter()
        .zip(ends)
        .map(|(from, to)| Segment { line: line.number, text: before(after(&line.text, from), to - from).to_owned() })
        .collect()
}

fn node(segment: &Segment, found: Marker) -> Node {
    let rest = after(&segment.text, found.end).trim();
    let (heading, text) = heading(rest);
    let part = |text: &str| Segment { line: segment.line, text: text.trim().to_owned() };
    Node {
        number: found.number,
        path: String::new(),
        rank: found.rank,
        value: found.value,
        heading: part(heading),
        segments: if text.trim().is_empty() { Vec::new() } else { vec![part(text)] },
        children: Vec::new(),
    }
}

/// The first sentence where it is short, and the rest.
fn heading(text: &str) -> (&str, &str) {
    if let Some(found) = HEADING_BLANK.captures(text)
        && let (Some(first), Some(rest)) = (found.get(1), found.get(2))
        && !first.as_str().contains(['。', '；'])
    {
        return (first.as_str(), rest.as_str());
    }
    match text.find('。').map(|at| at + '。'.len_utf8()) {
        Some(end) if before(text, end).chars().count() <= LONGEST_HEADING && end < text.len() => (before(text, end), after(text, end)),
        _ => (text, ""),
    }
}

/// A document that numbers nothing below its headings has its paragraphs as items where a heading
/// has several.
fn by_paragraph(roots: &mut [Node]) {
    if roots.iter().any(|node| !node.children.is_empty()) {
        return;
    }
    for node in roots {
        let paragraphs = node.segments.iter().filter(|segment| !segment.text.contains('\t')).count();
        if paragraphs < 2 {
            continue;
        }
        let rank = node.rank + 1;
        for segment in std::mem::take(&mut node.segments) {
            if segment.text.contains('\t')
                && let Some(child) = node.children.last_mut()
            {
                child.segments.push(segment);
                continue;
            }
            let value = node.children.len() as u64 + 1;
            let (first, rest) = heading(&segment.text);
            node.children.push(Node {
                number: format!("¶{value}"),
                path: String::new(),
                rank,
                value,
                heading: Segment { line: segment.line, text: first.to_owned() },
                segments: if rest.is_empty() { Vec::new() } else { vec![Segment { line: segment.line, text: rest.to_owned() }] },
                children: Vec::new(),
            });
        }
    }
}

/// Ranks whose numbers run on through the document: their own number names an item.
fn running_on(roots: &[Node]) -> Vec<usize> {
    (1..=5)
        .filter(|rank| {
            let mut groups: Vec<(u64, u64)> = Vec::new();
            collect(roots, *rank, &mut groups);
            groups.len() > 1 && groups.windows(2).all(|pair| matches!(pair, [(_, last), (first, _)] if *first > 1 && first > last))
        })
        .collect()
}

fn collect(nodes: &[Node], rank: usize, groups: &mut Vec<(u64, u64)>) {
    for node in nodes {
        let of_rank: Vec<u64> = node.children.iter().filter(|child| child.rank == rank && !child.number.starts_with('¶')).map(|child| child.value).collect();
        if let (Some(first), Some(last)) = (of_rank.first(), of_rank.last()) {
            groups.push((*first, *last));
        }
        collect(&node.children, rank, groups);
    }
}

fn name(nodes: &mut [Node], parent: &str, running: &[usize]) {
    for node in nodes {
        let bare = |text: &str| text.ends_with(|c: char| c.is_alphanumeric()) && !text.ends_with(')');
        let starts_bare = node.number.starts_with(|c: char| c.is_alphanumeric());
        node.path = if running.contains(&node.rank) && !node.number.starts_with('¶') || parent.is_empty() {
            node.number.clone()
        } else if bare(parent) && starts_bare && circled(&node.number).is_none() {
            format!("{parent}-{}", node.number)
        } else {
            format!("{parent}{}", node.number)
        };
        let path = node.path.clone();
        name(&mut node.children, &path, running);
    }
}

/// Numbers that jump or repeat: kept as written, and named.
fn sequence(nodes: &[Node], running: &[usize], last: &mut [u64; 6], unread: &mut Vec<Remark>) {
    let mut previous: Option<&Node> = None;
    for node in nodes {
        let runs = running.contains(&node.rank);
        let expected = if runs { last.get(node.rank).copied().unwrap_or(0) + 1 } else { previous.map_or(1, |before| before.value + 1) };
        if node.value != expected && !node.number.starts_with('¶') {
            unread.push(Remark {
                line: node.heading.line,
                quote: format!("{}、{}", node.number, node.heading.text.chars().take(12).collect::<String>()),
                reason: format!("编号不连续：这里应是第{expected}项，原文写作“{}”，照原文保留", node.number),
            });
        }
        if let Some(slot) = last.get_mut(node.rank) {
            *slot = node.value;
        }
        previous = Some(node);
        sequence(&node.children, running, last, unread);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn tree(text: &str) -> Vec<Node> {
        let lines: Vec<Line> = text.lines().enumerate().map(|(at, text)| Line { number: at + 1, text: text.into() }).collect();
        build(&lines, &mut Vec::new())
    }

    #[test]
    fn markers() {
        let number = |text: &str| marker(text).map(|m| (m.rank, m.value, m.number));
        assert_eq!(number("一、加强"), Some((1, 1, "一".into())));
        assert_eq!(number("（十二）加强"), Some((2, 12, "(十二)".into())));
        assert_eq!(number("6.继续"), Some((3, 6, "6".into())));
        assert_eq!(number("①组织"), Some((5, 1, "①".into())));
        assert_eq!(number("第二章 监管"), Some((0, 2, "第二章".into())));
        assert_eq!(number("5.12国际护士节"), None);
        assert_eq!(number("2.6月底前完成"), Some((3, 2, "2".into())));
        assert_eq!(number("3.2023年已建成"), Some((3, 3, "3".into())));
        assert_eq!(number("2014年工作"), None);
        assert_eq!(number("一是加强"), None);
    }

    #[test]
    fn paths_and_running_numbers() {
        let paths = |text: &str| {
            let mut all = Vec::new();
            fn walk(nodes: &[Node], all: &mut Vec<String>) {
                for node in nodes {
                    all.push(node.path.clone());
                    walk(&node.children, all);
                }
            }
            walk(&tree(text), &mut all);
            all
        };
        assert_eq!(paths("一、甲\n1、子\n2、丑\n二、乙\n1、寅"), ["一", "一-1", "一-2", "二", "二-1"]);
        assert_eq!(paths("一、甲\n1.子\n2.丑\n二、乙\n3.寅"), ["一", "1", "2", "二", "3"]);
        assert_eq!(paths("一、甲\n(一)子\n1、丑\n2、寅"), ["一", "一(一)", "一(一)1", "一(一)2"]);
        assert_eq!(paths("一、甲\n第一段。\n第二段。\n二、乙\n一段。"), ["一", "一¶1", "一¶2", "二"]);
    }

    #[test]
    fn items_inside_a_line() {
        let roots = tree("一、甲。（一）子事。（二）丑事。");
        assert_eq!(roots[0].children.len(), 2);
        let roots = tree("一、甲事项。二、乙事项。三、丙事项。");
        assert_eq!(roots.len(), 3);
    }

    #[test]
    fn jumps_are_reported() {
        let mut unread = Vec::new();
        let lines: Vec<Line> = ["一、甲", "三、丙"].iter().enumerate().map(|(at, text)| Line { number: at + 1, text: (*text).into() }).collect();
        assert_eq!(build(&lines, &mut unread).len(), 2);
        assert_eq!(unread[0].line, 2);
    }
}
