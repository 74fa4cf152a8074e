//! Numbers with a unit: which of them are demands, with what operator, and for each of what.

use crate::rules::{NOT, after, before, patterns};
use crate::target::{Found, Sentence, clause_ends, inside_number, is_ratio, subject_and_measure};
use crate::{Operator, Remark, numbers};

const ARABIC: &str = r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?[万亿千百]?";
/// 三十六, 一百零五, 九十五点五.
const HAN: &str = r"(?:零|[一二三四五六七八九十百千万两]{1,6})点[零〇一二三四五六七八九]{1,4}万?|[一二三四五六七八九十百千万两][一二三四五六七八九十百千万两零〇]{0,7}";
/// What numbers count; the longer before the shorter.
pub const UNITS: &str = "个工作日|个自然日|个百分点|个小时|个月|工作日|自然日|人次|例次|床日|小时|分钟|周岁|周年|万元|亿元|平方米|公里|学时|课时|毫升|单位|批次|轮次|家|所|个|名|人|张|种|支|台|套|幅|篇|户|对|例|次|场|期|份|辆|组|条|项|类|件|处|间|批|门|部|册|床|元|岁|天|日|月|周|年|倍|分|成|轮|届|版|号|度|位";

patterns! {
    QUANTITY = format!(r"(?P<sign>≥|≤|>=|<=|>|<)?\s*(?:(?P<full>百分之百|百分百)|(?P<base>十万|百|千|万)分之(?P<part>{HAN}|{ARABIC})|(?P<a>{ARABIC}|{HAN})%?(?:\s*[-—–~～至到]+\s*(?P<b>{ARABIC}|{HAN}))?\s*(?P<unit>%|‰|[:：]1(?:\.\d+)?|/10万|{UNITS}))(?P<after>(?:及|或)?(?:以上|以下|以内|之内|左右|上下)|内)?");
    FIRST = r"首(?P<unit>家|个|所)";
    /// A bound; a negation turns it round, so its forms are tried before the bare words.
    BOUND = format!(r"(?P<least>{NOT}(?:少于|低于|小于)|至少|最少|起码)|(?P<most>{NOT}(?:超过|超出|高于|多于|大于|长于|突破)|至多|最多)|(?P<over>大于|高于|超过|多于|突破)|(?P<under>低于|少于|小于|控制在|控制到|压缩在)");
    HAN_ONLY = r"^\p{Han}*$";
    /// 1:1.25, 0.6:1, 1:0.6, 8:30.
    RATIO = r"\d+(?:\.\d+)?(?:\s*[:：]\s*\d+(?:\.\d+)?)+";
    /// A ratio that [`QUANTITY`] reads.
    RATIO_TO_ONE = r"^\d+(?:\.\d+)?[:：]1(?:\.\d+)?$";
    /// 三期工程: the third, not three.
    ORDINAL_OF = r"^(?:工程|项目|建设|扩建|改建|改造|规划|试点)";
    ABOUT = r"(?:约|大约|大概|近)为?$";
    INCREASE = r"(?:新增|净增|增加|增长|递增|提高|上升|提升)(?:了|约|不少于|至少)?$";
    /// 新增心理咨询门诊1家: the noun stands between.
    INCREASE_OF = r"(?:新增|净增|增设)[\p{Han}]{1,12}$";
    MADE = r"成立|建成|设立|建立|建设|创建";
    DECREASE = r"(?:下降|减少|降低|压减)(?:了|约|不少于|至少)?$";
    DURATION = r"(?:限期|有效期限?为?|缩短[到至]|延长[到至]|期限为?|时限为?)$";
    /// Words that make a counted thing a demand.
    ACTION = r"建成|建设|新建|改建|扩建|改造|建立|成立|组建|设立|设置|创建|创成|打造|培育|完成|实现|开展|举办|组织|培训|轮训|招聘|招募|引进|配备|配置|选派|选送|下派|派出|进修|推进|推广|推出|推动|启动|实施|新增|增设|增加|开设|开通|遴选|确定|评选|命名|认定|发放|办理|提供|救助|覆盖|签订|签约|制定|制订|修订|出台|编制|印发|购置|购买|添置|更新|投入|采购|检查|抽查|督查|督导|巡查|通过|申报|争创|达到|达标|完善|严把|支援|帮扶|接入|安装|培养|筛查|采集|储备|建档|随访|倡导|公开|公示|能够";
    /// What is counted by these is a part of the text, not of the work.
    NO_THING = r"^(?:[\p{Han}]{0,2})?(?:方面|环节|层面|阶段|代表|率先|方针|精神|意识|自信|维护|要求|原则|规定|纪律|核心制度|步骤|确立|五年)";
    WHOLE_PLACE = r"(?:全县|全区|全市|全省|全镇|辖区内?|我县|我区|我市|本县|本区|本市|现有)的?$";
    PAST = r"已(?:有|经|建|完成|达|实现|累计)|去年|上年度?(?:完成|达到|底)|截至|截止|目前|现有";
    OTHER_YEAR = r"(20\d\d)年";
    EACH = r"每\s*(?P<n>\d+|[一二三四五六七八九十百千万两]{1,3})?(?P<unit>张|个|所|家|名|位|台|支)?";
    EACH_END = r"至少|不少于|不低于|不得|不超过|不应|不能|不可|不宜|配|需|应|须|达|能够|能|设|建|培|开|完成|组织|有|要|[\d一二三四五六七八九十两]|，|,";
    NOUN_END = r"[，,、。；;（(）)：:\t\x01]|的?(?:建设|创建|培训|活动)|以上";
    CONDITION = r"的$";
}

/// All quantities of a sentence that are demands; the others are set aside with the reason.
/// `taken` are bytes already read as something else.
pub fn find(sentence: &Sentence<'_>, taken: &[(usize, usize)], aside: &mut Vec<Remark>) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut each_end = 0;
    let mut taken = taken.to_vec();
    let text = without_labels(sentence.bare);
    for ratio in RATIO.find_iter(&text).filter(|ratio| !RATIO_TO_ONE.is_match(ratio.as_str())) {
        taken.push((ratio.start(), ratio.end()));
        if !sentence.heading {
            aside.push(sentence.remark(ratio.start(), ratio.end(), "比例或时刻，从写法不能断定，未作目标，请核对"));
        }
    }
    for captures in QUANTITY.captures_iter(&text) {
        let Some(whole) = captures.get(0) else { continue };
        let (start, end) = (whole.start(), whole.end());
        if taken.iter().any(|(from, to)| start < *to && *from < end) || start < each_end {
            continue;
        }
        let Some(read) = Read::of(&captures) else { continue };
        let (from, to) = sentence.clause(start, end);
        let place = Place {
            sentence,
            start,
            left: sentence.bare.get(from..start).unwrap_or(""),
            right: sentence.bare.get(end..to).unwrap_or(""),
            previous: found.last().filter(|last| !last.counted && last.value.is_some() && within_reach(sentence, last.end, start)),
        };
        // 每250张床位: the number belongs to what follows.
        if place.left.trim_end().ends_with('每') && each(sentence.bare, start).is_some() {
            each_end = end;
            continue;
        }
        match place.decide(&read) {
            Ok((operator, value)) => found.push(place.target(&read, operator, value, end)),
            Err(Some(reason)) if !sentence.heading => aside.push(sentence.remark(start, end, reason)),
            Err(_) => {}
        }
    }
    if !sentence.heading {
        found.extend(first(sentence));
    }
    found
}

/// The same bytes with the colon blanked out where a number ends a label: 附件1：3家医院.
fn without_labels(text: &str) -> String {
    let mut plain = text.to_owned();
    for (at, colon) in text.match_indices([':', '：']).filter(|(at, colon)| !is_ratio(text, *at, at + colon.len())) {
        plain.replace_range(at..at + colon.len(), &"\u{1}".repeat(colon.len()));
    }
    plain
}

/// 建立本市首家…: one.
fn first(sentence: &Sentence<'_>) -> Vec<Found> {
    FIRST
        .captures_iter(sentence.bare)
        .filter_map(|captures| {
            let whole = captures.get(0)?;
            let (from, to) = sentence.clause(whole.start(), whole.end());
            let clause = sentence.bare.get(from..to)?;
            if !MADE.is_match(clause) || PAST.is_match(clause) {
                return None;
            }
            let mut found = Found::wordless(whole.start(), whole.end(), Operator::Exactly, &noun(sentence.bare.get(whole.end()..to)?));
            found.value = Some("1".into());
            found.unit = captures.name("unit")?.as_str().to_owned();
            Some(found)
        })
        .collect()
}

/// Between two quantities of one enumeration stands no other verb.
fn within_reach(sentence: &Sentence<'_>, from: usize, to: usize) -> bool {
    sentence.bare.get(from..to).is_some_and(|between| !ACTION.is_match(between))
}

/// A quantity as read.
struct Read<'a> {
    low: &'a str,
    value: String,
    high: Option<String>,
    unit: String,
    sign: &'a str,
    after: &'a str,
    /// 两三家: no certain number, so the value is empty.
    vague: bool,
}

impl<'a> Read<'a> {
    fn of(captures: &regex::Captures<'a>) -> Option<Self> {
        let part = |name: &str| captures.name(name).map_or("", |m| m.as_str());
        let number = |text: &str| numbers::decimal(&text.replace(',', ""));
        let (sign, after) = (part("sign"), part("after"));
        if let Some(low) = [part("part"), part("a"), part("b")].into_iter().find(|text| numbers::approximate(text)) {
            return Some(Self { low, value: String::new(), high: None, unit: part("unit").to_owned(), sign, after, vague: true });
        }
        if !part("full").is_empty() {
            return Some(Self { low: part("full"), value: "100".into(), high: None, unit: "%".into(), sign, after, vague: false });
        }
        if !part("base").is_empty() {
            let unit = match part("base") {
                "百" => "%",
                "千" => "‰",
                "万" => "/万",
                _ => "/10万",
            };
            return Some(Self { low: part("part"), value: number(part("part"))?, high: None, unit: unit.into(), sign, after, vague: false });
        }
        let high = match part("b") {
            "" => None,
            text => Some(number(text)?),
        };
        let mut read = Self { low: part("a"), value: number(part("a"))?, high, unit: part("unit").replace('：', ":"), sign, after, vague: false };
        // 三成 is 30 %.
        if read.unit == "成" {
            read.value = numbers::decimal(&format!("{}0", read.value))?;
            read.unit = "%".into();
            return (!after.is_empty() && HAN_DIGITS.contains(read.low)).then_some(read);
        }
        Some(read)
    }

    /// A share, which is hardly ever anything but a demand.
    fn share(&self) -> bool {
        self.unit.starts_with(':') || matches!(self.unit.as_str(), "%" | "‰" | "/万" | "/10万" | "个百分点")
    }
}

const HAN_DIGITS: &str = "一二三四五六七八九两";

/// A quantity in its clause.
struct Place<'a> {
    sentence: &'a Sentence<'a>,
    start: usize,
    left: &'a str,
    right: &'a str,
    previous: Option<&'a Found>,
}

impl Place<'_> {
    /// Operator and value of a demand; otherwise why it is none. `Err(None)` is not worth a word.
    fn decide(&self, read: &Read<'_>) -> Result<(Operator, String), Option<&'static str>> {
        let unit = read.unit.as_str();
        if self.left.ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '/' | '\u{1}') ) && !read.share() {
            return Err(None);
        }
        if self.left.ends_with(['近', '前', '过']) && matches!(unit, "年" | "个月") || self.left.ends_with('几') {
            return Err(None);
        }
        match unit {
            "年" | "月" | "日" | "号" if read.low.len() == 4 && read.low.starts_with("20") || matches!(unit, "月" | "日" | "号") => return Err(None),
            // 二〇二三年, 一九九八年.
            "年" if read.low.chars().count() == 4 && read.low.chars().all(|c| HAN_DIGITS.contains(c) || "零〇".contains(c)) => return Err(None),
            "岁" | "周岁" => return Err(Some("年龄是对象的条件，不是目标")),
            "届" | "版" | "号" | "周年" | "度" => return Err(None),
            // 十四五期间, 十四五期末.
            "期" if self.right.starts_with(['间', '末', '内', '初', '中']) => return Err(None),
            _ => {}
        }
        if read.vague {
            return Err(Some("约数，没有确定的数值，未作目标，请核对"));
        }
        // 百元收入, 千人口: a base to which something is related.
        if read.low.chars().all(|c| "百千万".contains(c)) && !read.low.is_empty() && !read.share() {
            return Err(None);
        }
        let share = read.share();
        if (CONDITION.is_match(self.right.trim_end()) && self.right.trim_end().chars().count() <= 8 && !share)
            || (self.right.trim_end() == "的" && !self.left.is_empty())
        {
            return Err(Some("是适用条件，不是目标"));
        }
        let clause = format!("{}{}", self.left, self.right);
        if PAST.is_match(&clause) || self.earlier_year(&clause) {
            return Err(Some("说的是已有情况，不是目标"));
        }
        if read.high.is_some() && self.changes() {
            return Err(Some("升降幅度为区间，须人工核对"));
        }
        let compared = self.comparison(read);
        let one = matches!(read.low, "一" | "二");
        if matches!(unit, "期" | "批" | "位" | "轮") && !one && compared.is_none() && (!ACTION.is_match(&clause) || ORDINAL_OF.is_match(self.right)) {
            return Err(Some("单位多用于序号，未作目标，请核对"));
        }
        if matches!(unit, "年" | "个月" | "周" | "天" | "小时" | "个小时" | "分钟" | "个工作日" | "工作日" | "个自然日" | "自然日") {
            let duration = DURATION.is_match(self.left) || compared == Some(Operator::AtMost) || bound(self.left.trim_end()).is_some_and(|bound| bound.negated && bound.operator == Operator::AtLeast);
            return if duration {
                Ok(self.with(compared.unwrap_or(Operator::Exactly), read))
            } else {
                Err(Some("是时段，不是目标"))
            };
        }
        if share {
            return Ok(self.with(compared.unwrap_or(Operator::Exactly), read));
        }
        if unit == "分" {
            return compared.map(|operator| self.with(operator, read)).ok_or(None);
        }
        if one && compared.is_none() {
            return Err(None);
        }
        if NO_THING.is_match(self.right) || WHOLE_PLACE.is_match(self.left) {
            return Err(Some("是文中的概括或范围，不是目标"));
        }
        if let Some(operator) = compared {
            return Ok(self.with(operator, read));
        }
        let heading = self.sentence.heading;
        if self.right.starts_with('\u{1}') || heading {
            return Err(None);
        }
        let inherited = self.previous.is_some();
        let acting = ACTION.is_match(&clause);
        if unit == "次" && !inherited && !read.low.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(None);
        }
        // 每村5幅…: so many for each.
        if acting || inherited || !each_before(self.sentence.bare, self.start).is_empty() {
            return Ok(self.with(Operator::Exactly, read));
        }
        Err(Some("句中没有要求达到的词，按说明处理"))
    }

    fn earlier_year(&self, clause: &str) -> bool {
        self.sentence.year.is_some_and(|year| {
            OTHER_YEAR.captures_iter(clause).filter_map(|found| found.get(1)?.as_str().parse::<i32>().ok()).any(|other| other < year)
        })
    }

    fn with(&self, operator: Operator, read: &Read<'_>) -> (Operator, String) {
        if operator == Operator::Increase && DECREASE.is_match(self.left) {
            return (operator, format!("-{}", read.value));
        }
        (operator, read.value.clone())
    }

    /// What the words and signs around the number say.
    fn comparison(&self, read: &Read<'_>) -> Option<Operator> {
        let left = self.left.trim_end();
        if read.high.is_some() {
            return Some(Operator::Between);
        }
        if self.changes() {
            return Some(Operator::Increase);
        }
        let bound = bound(left);
        if let Some(bound) = bound.as_ref().filter(|bound| bound.negated || bound.operator == Operator::AtLeast) {
            return Some(bound.operator);
        }
        match read.sign {
            "≥" | ">=" | ">" => return Some(Operator::AtLeast),
            "≤" | "<=" | "<" => return Some(Operator::AtMost),
            _ => {}
        }
        if read.after.contains("以上") {
            return Some(Operator::AtLeast);
        }
        if read.after.ends_with("左右") || read.after.ends_with("上下") || ABOUT.is_match(left) {
            return Some(Operator::About);
        }
        if !read.after.is_empty() {
            return Some(Operator::AtMost);
        }
        bound.map(|bound| bound.operator)
    }

    /// Whether the number says by how much, not how much.
    fn changes(&self) -> bool {
        let left = self.left.trim_end();
        INCREASE.is_match(left) || DECREASE.is_match(left) || (INCREASE_OF.is_match(left) && !MADE.is_match(left))
    }

    fn target(&self, read: &Read<'_>, operator: Operator, value: String, end: usize) -> Found {
        let start = self.start;
        let per = each_before(self.sentence.bare, start);
        // In an enumeration the words begin behind the number before.
        let left = self
            .previous
            .and_then(|last| self.sentence.bare.get(last.end..start))
            .filter(|between| between.len() < self.left.len())
            .map_or(self.left, |between| between.trim_start_matches(['、', '和', '及']));
        let (subject, before_it) = subject_and_measure(left);
        let behind = noun(self.right.trim_start_matches('的'));
        let by_name = read.share() || matches!(read.unit.as_str(), "元" | "万元" | "亿元" | "分" | "分钟" | "小时" | "天" | "年" | "岁");
        let measures = if (by_name || behind.is_empty()) && !before_it.is_empty() {
            before_it
        } else if behind.is_empty() {
            self.clause_before(start)
        } else {
            behind
        };
        Found {
            start: start.saturating_sub(lead(self.left)),
            end,
            operator,
            value: Some(value),
            high: read.high.clone(),
            unit: read.unit.clone(),
            per,
            measures,
            subject,
            counted: false,
        }
    }

    /// In a table, and after a comma, the measure stands in the clause before.
    fn clause_before(&self, start: usize) -> String {
        let text = before(self.sentence.bare, start);
        let mut ends = clause_ends(text).into_iter().rev();
        let end = ends.next().map_or(0, |(at, _)| at);
        let from = ends.next().map_or(0, |(_, next)| next);
        subject_and_measure(text.get(from..end).unwrap_or("")).1
    }
}

/// A bound in words before a number.
pub struct Bound {
    pub operator: Operator,
    /// 不得低于 rather than 至少 or 高于.
    pub negated: bool,
    /// Its first byte.
    start: usize,
}

/// The bound next to the number, of which `left` is what stands before; only a few characters may
/// stand between: 不得高于省定控制指标30%.
pub fn bound(left: &str) -> Option<Bound> {
    let captures = BOUND.captures_iter(left).last()?;
    let whole = captures.get(0)?;
    let negated = whole.as_str().starts_with('不');
    let least = captures.name("least").or_else(|| captures.name("over")).is_some();
    let operator = if least { Operator::AtLeast } else { Operator::AtMost };
    let reach = if least || negated { 6 } else { 4 };
    let between = after(left, whole.end());
    let near = between.chars().count() <= reach && HAN_ONLY.is_match(between);
    near.then(|| Bound { operator, negated, start: whole.start() })
}

/// How many bytes before the number carry its comparison, for the quote.
fn lead(left: &str) -> usize {
    let words = [&INCREASE, &DECREASE].into_iter().filter_map(|pattern| pattern.find(left)).map(|found| found.len());
    words.chain(bound(left).map(|bound| left.len() - bound.start)).max().unwrap_or_else(|| {
        ["达到了", "达到", "降到", "降至", "实现", "达"].iter().find(|word| left.ends_with(**word)).map_or(0, |word| word.len())
    })
}

/// The counted thing behind a number.
fn noun(right: &str) -> String {
    let ends = NOUN_END.find_iter(right).filter(|found| !inside_number(right, found.start(), found.end()));
    let end = ends.into_iter().find(|found| found.start() > 0 || !found.as_str().starts_with('的')).map_or(right.len(), |found| found.start());
    before(right, end).trim_start_matches('的').chars().take(24).collect()
}

/// 每… right before byte `at`, where a number stands: its text up to the number and past it.
fn each(text: &str, at: usize) -> Option<&str> {
    let left = before(text, at);
    left.ends_with('每').then(|| after(text, at))
}

/// For each of what: the nearest 每 before byte `at` in the same sentence part.
fn each_before(text: &str, at: usize) -> String {
    let left = before(text, at);
    let Some(place) = left.rfind('每') else { return String::new() };
    let part = after(left, place);
    if part.contains(['，', ',']) || part.chars().count() > 20 {
        return String::new();
    }
    for fixed in ["每千人口", "每万人口", "每十万人口", "每百张床位", "每百名医师", "每千常住人口"] {
        if part.starts_with(fixed) {
            return after(fixed, '每'.len_utf8()).to_owned();
        }
    }
    let Some(found) = EACH.captures(part) else { return String::new() };
    let whole = found.get(0).map_or(0, |m| m.end());
    let rest = after(part, whole);
    let end = EACH_END.find(rest).map_or(rest.len(), |m| m.start());
    let name = before(rest, end).trim().to_owned();
    if name.chars().count() > 8 {
        return String::new();
    }
    match (found.name("n"), found.name("unit")) {
        (Some(number), unit) => {
            let number = numbers::decimal(number.as_str()).unwrap_or_else(|| number.as_str().to_owned());
            let number = if number == "1" { String::new() } else { number };
            format!("{number}{}{name}", if number.is_empty() { "" } else { unit.map_or("", |m| m.as_str()) })
        }
        _ => name,
    }
}
