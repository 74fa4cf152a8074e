//! A file's lines to documents: several on a page are parted, what belongs to the web page is left
//! out, and each gets its title, place, publisher and year.

use std::collections::BTreeMap;

use crate::quantity::UNITS;
use crate::rules::{after, before, patterns};
use crate::source::Line;
use crate::tree::{self, Marker};
use crate::{Change, ChangeKind, Document, Remark, numbers, target};

patterns! {
    /// 第二篇：… as collections head their documents.
    PART = r"^\s*第[一二三四五六七八九十]{1,3}篇\s*[:：]\s*(.*)$";
    /// What ends a document on a web page.
    TAIL = r"^[\s\-•·>【\[（(]*(?:上一[篇条]|下一[篇条]|相关(?:范文|文章|阅读|推荐|新闻|链接)|推荐(?:阅读|文章)|猜你喜欢|延伸阅读|热门(?:文章|推荐)|(?:点击|点)?此?处?下载.{0,40}$|将本文档?下载|文档为|(?:免责)?声明[:：]|版权(?:所有|声明)|责任编辑|编辑[:：]|返回(?:顶部|列表|首页)|扫一扫|分享到|联系我们|网站地图|主办单位[:：]|网站标识|.{0,6}ICP备)";
    /// Words of a web page that may as well begin a sentence: 关闭不合格诊所3家。
    TAIL_IF_SHORT = r"^[\s\-•·>【\[（(]*(?:相关(?:资料|内容)|打印|关闭)";
    NO_LINK = format!(r"[。，；]|\d|[一二三四五六七八九十两]+(?:{UNITS})");
    /// The end of a number that the line before has begun.
    GOES_ON = format!(r"^\s*(?:%|‰|{UNITS})");
    /// Words that begin like a unit.
    NO_UNIT = r"^\s*(?:单位|对|家[庭属长访具]|个[体人性案别]|人[民员才口均群力事大文工社身类物流]|名[医中单院科称额师]|所[有在属需长]|项目|种植|支[持撑部付出队援]|条[件例款线]|类[别似型]|处[方置理罚分室长于]|间[接隔断]|批[准复评]|门[诊急户类店前]|部[门署分位级委]|床[位旁护]|元[旦素]|周[边围期转密末]|分[级类析工管别配布步期层片阶享院中值批解支娩诊]|成[立为本员果效功绩熟人品长]|轮[训转岗换]|届[时满]|版[本权]|号[召码源]|位[于置居列]|套餐|幅度|篇幅|户[籍外口]|例[如会行]|次[均要日年]|场[所地景]|期[间刊限末]|份额|组[织建长成员团]|台[账帐阶]|日[常均间前益报]|年[内底末度初终轻均]|度)";
    /// Data of publication, navigation and praise of the web page before the text.
    HEAD = r"^\s*(?:首页|您?(?:当前|现在)?的?(?:当前)?位置|(?:信息)?来源[:：]|发布(?:日期|时间|机构|人)|发文日期|更新时间|(?:发表)?(?:时间|日期)[:：]|作者[:：]|浏览|点击(?:率|数|次数|量)|阅读(?:次数|量)?[:：]|字号|字体|【?打印|分享|导语|简介[:：]|摘要[:：]|索引号|主题分类|关键[词字]|下载)|^[^。，]{1,20}>[^。，]{1,20}>|^[^。，]{1,20}>>";
    TITLE = r"(?:要点|计划|安排|方案|思路|打算|意见|规划|纲要)(?:[（(].{1,12}[)）])?$";
    TITLE_DRESS = r"^(?:附件?\d*\s*[:：]?\s*|[《【\s]+)+|[》】\s]+$";
    YEAR = r"(20\d\d)(?:\s*年|年?度)?";
    YEAR_IN_CHINESE = r"(二[〇○零OＯ0][一二三四五六七八九〇○零]{2})年";
    ORGAN = r"([\p{Han}]{2,24}?(?:卫生健康委员会|卫生和计划生育委员会|卫生计生委员会|卫生健康委|卫健委|卫生计生委|卫计委|卫生健康局|卫健局|卫生计生局|卫生局|中医药管理局|疾病预防控制局|医疗保障局|人民政府|医共体总医院))";
    /// One name; 霸州市 and 新乡县 end with their last character, not with the first that could end one.
    PLACE = r"^(?:[\p{Han}]{2,10}?自治[区州县]|[\p{Han}]{1,6}?(?:[州乡镇](?:市|县|区)|省|市|州|盟|区|县|旗|镇|乡|街道))";
    /// Kinds of places. 城区 alone is one, 西城区 is a name.
    NO_PLACE = r"^(?:城区|郊区|地区|山区|老区|园区|辖区|城市|城镇|城乡|乡镇|街镇|县乡|县区|市县|上市|[全本][省市县区镇])$|^[各我该]|(?:社区|校区|片区|主城区|中心城区|全城区|近郊区|远郊区|(?:农村|山区|民族|贫困|偏远|边远|本|全)地区)$";
    PAGE_NUMBER = r"^(?P<kept>.*[\p{Han}、，,])(?:\s+(?P<number>\d{1,3})|\s*[-—]\s*\d{1,3}\s*[-—]|\s*第\s*\d{1,3}\s*页.*)$";
    PAGE_LINE = r"^\s*(?:[-—–]+\s*\d{1,4}\s*[-—–]+|第\s*\d{1,4}\s*页(?:[\s，,/]*共\s*\d{1,4}\s*页)?|\d{1,3}\s*/\s*\d{1,3})\s*$";
}

/// Marks that end a sentence or a heading.
const ENDS: &str = "。！？；：;:!?…）)”》】";

/// A line with fewer characters is not long enough to have been broken by its length.
const SHORTEST_BROKEN_LINE: usize = 25;

/// The longest line that can be a title.
const LONGEST_TITLE: usize = 45;

/// Characters of the longest words that are a link, such as 打印本页 关闭窗口.
const LONGEST_LINK: usize = 12;

/// Splits, frames and reads; changes and unread places go to the document they stand in.
pub fn read(mut lines: Vec<Line>, mut cleaned: Vec<Change>, unread: Vec<Remark>) -> Vec<Document> {
    tree::levels(&mut lines);
    let parts = split(without_tail(lines, &mut cleaned));
    let mut documents: Vec<(usize, Document)> = parts
        .into_iter()
        .filter_map(|lines| {
            let first = lines.first()?.number;
            document(lines, &mut cleaned).map(|document| (first, document))
        })
        .collect();
    let firsts: Vec<usize> = documents.iter().map(|(first, _)| *first).collect();
    let owner = |line: usize| firsts.iter().rposition(|first| *first <= line).unwrap_or(0);
    for change in cleaned {
        if let Some((_, document)) = documents.get_mut(owner(change.line)) {
            document.cleaned.push(change);
        }
    }
    for remark in unread {
        if let Some((_, document)) = documents.get_mut(owner(remark.line)) {
            document.unread.push(remark);
        }
    }
    for (_, document) in &mut documents {
        document.cleaned.sort_by_key(|change| (change.line, change.kind));
        document.unread.sort_by_key(|remark| remark.line);
    }
    documents.into_iter().map(|(_, document)| document).collect()
}

/// Leaves out what follows the end of a document: notices, links and teasers of other texts, up to
/// the next document of a collection. Where the first number behind is the one that the plan must
/// have next, it was no end.
fn without_tail(lines: Vec<Line>, cleaned: &mut Vec<Change>) -> Vec<Line> {
    let (mut items, mut tail, mut foreign) = (false, false, false);
    let mut last = BTreeMap::new();
    lines
        .into_iter()
        .filter(|line| {
            if PART.is_match(&line.text) {
                (items, tail) = (false, false);
                last.clear();
            }
            if let Some(marker) = tree::marker(&line.text) {
                if tail && !foreign {
                    foreign = last.get(&marker.rank).is_none_or(|value| value + 1 != marker.value);
                    tail = foreign;
                }
                if !tail {
                    items = true;
                    last.insert(marker.rank, marker.value);
                }
            }
            if !tail && items && ends(&line.text) {
                (tail, foreign) = (true, false);
            }
            if tail && !line.text.trim().is_empty() {
                left_out(ChangeKind::Tail, line, cleaned);
            }
            !tail
        })
        .collect()
}

/// Whether a line ends the document on its web page.
fn ends(text: &str) -> bool {
    let short = || text.chars().filter(|c| !c.is_ascii() && c.is_alphabetic()).count() <= LONGEST_LINK;
    TAIL.is_match(text) || TAIL_IF_SHORT.is_match(text) && short() && !NO_LINK.is_match(text)
}

fn left_out(kind: ChangeKind, line: &Line, cleaned: &mut Vec<Change>) {
    cleaned.push(Change { kind, line: line.number, before: line.text.trim().to_owned(), after: String::new() });
}

/// Parts the documents: at 第n篇, and where after numbered items a title with a year is followed by
/// a first item.
fn split(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let starts: Vec<usize> = lines.iter().enumerate().filter(|(at, line)| begins(&lines, *at, &line.text)).map(|(at, _)| at).collect();
    let mut parts = vec![Vec::new()];
    let mut rest = lines.into_iter().enumerate();
    for (at, line) in rest.by_ref() {
        if starts.contains(&at) {
            parts.push(Vec::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(line);
        }
    }
    // What stands before the first document of a collection belongs to it.
    let mut whole: Vec<Vec<Line>> = Vec::new();
    let mut pending: Vec<Line> = Vec::new();
    for part in parts {
        pending.extend(part);
        if pending.iter().any(|line| tree::marker(&line.text).is_some()) {
            whole.push(std::mem::take(&mut pending));
        }
    }
    if let (Some(last), false) = (whole.last_mut(), pending.is_empty()) {
        last.extend(pending);
    } else if whole.is_empty() {
        whole.push(pending);
    }
    whole
}

fn begins(lines: &[Line], at: usize, text: &str) -> bool {
    if PART.is_match(text) {
        return true;
    }
    let title = undressed(text);
    if !(is_title(&title) && (YEAR.is_match(&title) || YEAR_IN_CHINESE.is_match(&title))) || tree::marker(text).is_some() {
        return false;
    }
    // Numbered items since the last document began, and a first item soon after.
    let earlier = lines.iter().take(at).rev().take_while(|line| !PART.is_match(&line.text));
    let next = lines.iter().skip(at + 1).filter(|line| !line.text.trim().is_empty()).take(12);
    earlier.filter_map(|line| tree::marker(&line.text)).count() > 1
        && next.filter_map(|line| tree::marker(&line.text)).next().is_some_and(|marker| marker.value == 1)
        || (lines.iter().take(at).any(|line| tree::marker(&line.text).is_some_and(|m| !tree::inline(&line.text, &m).is_empty()))
            && lines.get(at + 1).and_then(|line| tree::marker(&line.text)).is_some_and(|marker| marker.value == 1))
}

fn undressed(text: &str) -> String {
    TITLE_DRESS.replace_all(text.trim(), "").trim().to_owned()
}

fn is_title(text: &str) -> bool {
    let length = text.chars().count();
    (4..=LONGEST_TITLE).contains(&length) && !text.contains(['。', '，', ',', '；', '：', ':']) && TITLE.is_match(text)
}

fn document(lines: Vec<Line>, cleaned: &mut Vec<Change>) -> Option<Document> {
    let first_item = lines.iter().position(|line| tree::marker(&line.text).is_some())?;
    let source = lines
        .iter()
        .take(first_item)
        .find(|line| HEAD.is_match(&line.text) && line.text.contains("来源"))
        .and_then(|line| line.text.split("来源").nth(1).map(|rest| rest.trim_start_matches(['：', ':']).to_owned()));
    let mut head: Vec<Line> = Vec::new();
    for line in lines.iter().take(first_item) {
        if HEAD.is_match(&line.text) {
            left_out(ChangeKind::Navigation, line, cleaned);
        } else if !line.text.trim().is_empty() {
            head.push(line.clone());
        }
    }
    let title = title(&head);
    let publisher = publisher(&head, &title, source.as_deref());
    let place = publisher.as_deref().and_then(place).or_else(|| place(YEAR.replace(&title, "").trim_start_matches(['年', '度'])));
    let year = year(&title).or_else(|| head.iter().rev().filter(|line| line.text.chars().count() > 20).find_map(|line| year(&line.text)));
    let body = joined(lines.into_iter().skip(first_item).collect(), cleaned);
    let mut unread = Vec::new();
    let items = tree::build(&body, &mut unread);
    let mut document = Document {
        title,
        place,
        publisher,
        year,
        opening: head.iter().map(|line| line.text.trim()).collect::<Vec<_>>().join("\n"),
        items: items.iter().map(tree::Node::item).collect(),
        targets: Vec::new(),
        set_aside: Vec::new(),
        cleaned: Vec::new(),
        unread,
    };
    target::read(&items, &mut document);
    Some(document)
}

/// The last line before the items that reads like a title; else the name a collection gives; else
/// the first line.
fn title(head: &[Line]) -> String {
    for (at, line) in head.iter().enumerate().rev() {
        let text = undressed(&line.text);
        if PART.is_match(&text) {
            continue;
        }
        // A title over two lines: its last words stand alone.
        let before = at.checked_sub(1).and_then(|at| head.get(at)).map(|line| undressed(&line.text));
        if let Some(before) = before
            && TITLE.is_match(&text)
            && text.chars().count() <= 8
            && !PART.is_match(&before)
        {
            let whole = format!("{before}{text}");
            if is_title(&whole) {
                return whole;
            }
        }
        if is_title(&text) {
            return text;
        }
    }
    let named = head.iter().find_map(|line| PART.captures(&line.text)).and_then(|found| found.get(1).map(|m| undressed(m.as_str())));
    named.or_else(|| head.first().map(|line| undressed(&line.text))).unwrap_or_default()
}

fn publisher(head: &[Line], title: &str, source: Option<&str>) -> Option<String> {
    let organ = |text: &str| -> Option<(String, bool)> {
        let found = ORGAN.captures(text.trim())?;
        let (whole, name) = (found.get(0)?, found.get(1)?);
        let rest = after(text.trim(), whole.end());
        (whole.start() == 0).then(|| (name.as_str().to_owned(), rest.is_empty() || rest == "文件"))
    };
    // A line of its own, mostly the signature; then 某局关于印发…; then the title; then the web page.
    head.iter()
        .rev()
        .filter_map(|line| organ(&line.text))
        .find_map(|(name, alone)| alone.then_some(name))
        .or_else(|| head.iter().filter(|line| line.text.contains("关于")).filter_map(|line| organ(&line.text)).map(|(name, _)| name).next())
        .or_else(|| organ(title).map(|(name, _)| name))
        .or_else(|| source.and_then(organ).map(|(name, _)| name))
}

fn place(text: &str) -> Option<String> {
    let mut end = 0;
    while let Some(name) = PLACE.find(after(text, end)).filter(|name| !NO_PLACE.is_match(name.as_str())) {
        end += name.end();
    }
    (end > 0).then(|| before(text, end).to_owned())
}

fn year(text: &str) -> Option<i32> {
    if let Some(found) = YEAR.captures(text) {
        return found.get(1)?.as_str().parse().ok();
    }
    let digits = YEAR_IN_CHINESE.captures(text)?.get(1)?.as_str().replace(['○', '零', 'O', 'Ｏ', '0'], "〇");
    numbers::chinese(&digits).and_then(|year| i32::try_from(year).ok())
}

/// Joins sentences that a page or line break has cut, without the page number between.
fn joined(lines: Vec<Line>, cleaned: &mut Vec<Change>) -> Vec<Line> {
    let lines: Vec<Line> = lines
        .into_iter()
        .filter(|line| {
            let page = PAGE_LINE.is_match(&line.text);
            if page {
                left_out(ChangeKind::PageNumber, line, cleaned);
            }
            !page && !line.text.trim().is_empty()
        })
        .collect();
    let mut joined: Vec<Line> = Vec::new();
    for line in lines {
        let open = joined.last_mut().filter(|last| (unfinished(last) || number_goes_on(last, &line)) && tree::marker(&line.text).is_none() && !line.text.contains('\t'));
        let Some(last) = open else {
            joined.push(line);
            continue;
        };
        let mut shown = tail_of(&last.text);
        if number_goes_on(last, &line) {
            // 达到 95 and %以上: no page number, and the blank before it is none of the text.
            if let Some((kept, number)) = last.text.trim_end().rsplit_once(' ').filter(|(_, number)| number.bytes().all(|b| b.is_ascii_digit())) {
                last.text = format!("{}{number}", kept.trim_end());
            }
        } else if let Some(found) = PAGE_NUMBER.captures(&last.text) {
            let kept = found.name("kept").map_or("", |m| m.as_str()).to_owned();
            cleaned.push(Change { kind: ChangeKind::PageNumber, line: last.number, before: tail_of(&last.text), after: tail_of(&kept) });
            last.text = kept;
            shown = tail_of(&last.text);
        }
        let next = line.text.trim();
        let start: String = next.chars().take(10).collect();
        let after = format!("{}{start}", tail_of(&last.text));
        cleaned.push(Change { kind: ChangeKind::LineBreak, line: line.number, before: format!("{shown}⏎{start}"), after });
        last.text.push_str(next);
    }
    joined
}

/// A number at the end of a line whose unit begins the next.
fn number_goes_on(last: &Line, next: &Line) -> bool {
    last.text.trim_end().ends_with(|c: char| c.is_ascii_digit()) && !last.text.contains('\t') && GOES_ON.is_match(&next.text) && !NO_UNIT.is_match(&next.text)
}

fn tail_of(text: &str) -> String {
    let length = text.chars().count();
    text.chars().skip(length.saturating_sub(10)).collect()
}

/// Whether a line stops inside a sentence: no closing mark, and not a heading. The line keeps its
/// own number; what is joined to it is reported with the number of the next.
fn unfinished(line: &Line) -> bool {
    let text = line.text.trim_end();
    if text.contains('\t') || text.ends_with(|c| ENDS.contains(c)) {
        return false;
    }
    let length = text.chars().count();
    let marker: Option<Marker> = tree::marker(text);
    match marker {
        // A heading has no sentence in it, or ends with one.
        Some(_) => text.contains(['。', '；']) || PAGE_NUMBER.is_match(text),
        None => length >= SHORTEST_BROKEN_LINE || PAGE_NUMBER.is_match(text) || text.contains('。'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_years() {
        assert_eq!(place("苏州市吴中区卫生健康委员会").as_deref(), Some("苏州市吴中区"));
        assert_eq!(place("社区卫生工作要点"), None);
        assert_eq!(place("全区卫生工作"), None);
        assert_eq!(year("2012年工作要点"), Some(2012));
        assert_eq!(year("二〇一一年工作要点"), Some(2011));
        assert_eq!(year("工作要点"), None);
    }

    #[test]
    fn titles() {
        assert!(is_title("2012年某区医政工作要点"));
        assert!(!is_title("现将《要点》印发给你们，请落实。"));
        assert_eq!(undressed("附：《2012年某区医政工作要点》"), "2012年某区医政工作要点");
    }
}
