//! Demands without a number in the text: for all of a kind, so often in a period, names listed one
//! by one, measures named without a value, and values that were lost.

use crate::rules::{NOT, after, before, patterns};
use crate::target::{Found, Sentence, clause_ends, subject_and_measure};
use crate::{Operator, numbers, quantity};

const KINDS: &str = "医院|机构|卫生院|卫生室|中心|服务站|医师|医生|护士|药师|人员|患者|单位|科室|病房|社区|街道|乡镇";

patterns! {
    /// 每月一督查, 每季度不少于一次, 一年两试.
    TIMES = format!(r"(?:每个?(?P<each>半年|季度|季|年|月|周|旬|日|天)|(?P<one>一年|一季度|一月))(?P<gap>[\p{{Han}}\x01]{{0,12}}?)(?:{NOT}(?:少于|低于|小于|超过|高于|多于|大于)|至少|最少|至多|最多)?[\p{{Han}}]{{0,6}}?(?P<times>[一二两三四五六七八九十]{{1,3}}|\d{{1,2}})\s*(?P<unit>次|试|轮|回|遍)(?P<more>以上)?");
    /// The first number of 一至两次.
    FROM_TO = r"[一二两三四五六七八九十][至到]$";
    EVERY_ONE = r"每个?(?P<each>半年|季度|季|月|周|旬)一(?:督查|检查|抽查|调度|通报|报告|上报|评|查|会|例会|分析|总结|小结)";
    EVERY = r"(?:每个?(?P<each>半年|季度|季|月|周|旬)|逐(?P<by>月|季|周))(?P<gap>[\p{Han}、\x01]{0,14}?)(?:通报|督查|检查|抽查|上报|报送|调度|分析|公示|例会|点评|随访|评估|汇总)";
    WHOLE = r"全覆盖|基本覆盖|全员(?:培训|参与|考核|轮训|覆盖|接种)|(?:应.尽.)|全程(?:跟踪|追踪|追溯|留痕)|全部(?:接入|纳入|完成|达到|达标|建成|建立|实现|来自|落实|覆盖|实行|开展|取得|配备|设置|安装|签订|上线|联网)|全面(?:推行|铺开|接入)";
    EVERYONE = format!(r"(?:所有|每一[家个名所]|各级各类|各(?:[\p{{Han}}]{{0,6}}))(?P<whom>[\p{{Han}}]{{0,12}}?(?:{KINDS}|对象|居民|职工|儿童|老人|贫困|人群|事项|项目)[\p{{Han}}]{{0,10}}?)(?P<must>必须|均|都|全部|一律)");
    ALL_OF = r"所有(?P<what>[\p{Han}]{2,16})";
    FULLY = r"全面(?P<verb>覆盖|实施|落实|完成|纳入|推广|建立|执行|达到|达标|普及|推进|开展|实行|启用|应用)";
    KIND_BEFORE = KINDS;
    KIND_AFTER = format!(r"^[\p{{Han}}]{{0,10}}(?:{KINDS})");
    PLACE_AFTER = r"^(?:全市|全县|全区|全省|本市|本县|本区|辖区|区属|县属|市属)";
    CERTIFIED = r"(?:确保|保证|实现|做到|必须)(?P<whom>[\p{Han}]{2,14}?)(?:均|都|全部)?持证上岗";
    MUST = r"(?P<whom>[\p{Han}、]{2,24})必须(?:符合|经过?|取得|通过|达到|完善)";
    COMPLETE = r"完成(?:对)?(?P<what>(?:全县|全市|全区|全省|辖区|所有|[一二三](?:、[一二三])?级(?:公立|综合)?(?:医院|医疗机构))[\p{Han}、]{0,20}?(?:对接|注册|登记|换证|校验|体检|培训|接入|改造|升级|建档|备案|考核|签约))";
    NONE = r"绝不允许(?:出现)?|坚决杜绝|零(?:发生|事故|投诉|差错|感染|容忍)";
    RATE = r"[\p{Han}A-Za-z（）()]{1,14}?(?:率|占比|的?比例|比重|构成比)";
    NO_RATE = r"(?:效率|频率|概率|速率|税率|费率|汇率|功率|利率|表率|草率|统率)$|^(?:率|比例|占比|一定比例)$";
    WATCHED = r"提高|提升|降低|下降|控制|严控|监测|考核|评价|评估|缩短|减少|稳步|公示|达标";
    INDICATORS = r"(?:各项|有关|相关|规定的?)?[\p{Han}]{0,8}(?:控制|考核|监测|质量|绩效|核心)指标";
    BOUNDS = r"(?:控制|保持|稳定|维持)在(?P<bound>[^，,。\d一二三四五六七八九十百]{2,14}?(?:以内|之内|范围|水平|标准))";
    CERTAIN = r"一定(?:的)?(?:分值|比例|数量|次数|额度|规模)";
    SHORTEN = r"缩短(?P<what>[\p{Han}]{0,8}(?:住院日|时间|天数))";
    LOST = r"(?P<lead>达到|达|不低于|不少于|不超过|为|至|到|[\p{Han}])\s*(?P<sign>%|‰)(?:以上|以下|左右|以内)?";
    MADE_NAMES = r"(?:新增|新)?(?:成立|设立|建立|增设|新增)(?:了)?[\p{Han}]{0,4}?(?P<names>[\p{Han}]{1,6}(?:、[\p{Han}]{1,6})+(?:和[\p{Han}]{1,6})?)(?P<kind>质控中心|诊疗中心|救治中心|专业组|专家组|工作组|门诊|分站)";
    NAMED_BODIES = r"^(?P<names>[\p{Han}]{2,16}?(?:医院|中心|卫生院|保健院|门诊部|服务站)(?:、[\p{Han}]{2,16}?(?:医院|中心|卫生院|保健院|门诊部|服务站)){2,})(?:等)?(?:要|应)?(?:完善|完成|建成|建设|建立|新建|配备|设置|达到|通过|创建|启用|开设)";
    NUMBERED = r"\d|[一二两三四五六七八九十]+(?:家|所|个|项)";
}

/// How often in a period.
pub fn frequencies(sentence: &Sentence<'_>) -> Vec<Found> {
    let text = sentence.without_titles;
    let mut found: Vec<Found> = Vec::new();
    let mut push = |start: usize, end: usize, operator: Operator, times: Option<String>, per: &str| {
        let Some(times) = times else { return };
        if found.iter().any(|other| other.start < end && start < other.end) {
            return;
        }
        let (from, to) = sentence.clause(start, end);
        let clause = sentence.text.get(from..to).unwrap_or("").trim();
        let mut one = Found::wordless(start, end, operator, clause);
        one.value = Some(times);
        one.unit = "次".into();
        one.per = per.replace("季度", "季").replace('季', "季度").replace('天', "日");
        found.push(one);
    };
    for captures in TIMES.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        let once = captures.name("one").map(|m| m.as_str().trim_start_matches('一'));
        // 一年 takes its number at once; anything between makes it a span of time.
        if once.is_some() && captures.name("gap").is_some_and(|gap| !gap.is_empty()) {
            continue;
        }
        let per = captures.name("each").map(|m| m.as_str()).or(once).unwrap_or("");
        let Some(times) = captures.name("times") else { continue };
        let left = before(whole.as_str(), times.start() - whole.start());
        // 每年一至两次 is read as a span.
        if FROM_TO.is_match(left) {
            continue;
        }
        let operator = match quantity::bound(left) {
            _ if captures.name("more").is_some() => Operator::AtLeast,
            Some(bound) => bound.operator,
            None => Operator::Exactly,
        };
        push(whole.start(), whole.end(), operator, numbers::decimal(times.as_str()), per);
    }
    for captures in EVERY_ONE.captures_iter(text).chain(EVERY.captures_iter(text)) {
        let Some(whole) = captures.get(0) else { continue };
        let per = captures.name("each").or_else(|| captures.name("by")).map_or("", |m| m.as_str());
        push(whole.start(), whole.end(), Operator::Exactly, Some("1".into()), per);
    }
    found
}

/// Signs of a share without the number before them.
pub fn lost(sentence: &Sentence<'_>) -> Vec<Found> {
    LOST.captures_iter(sentence.bare)
        .filter_map(|captures| {
            let (whole, sign) = (captures.get(0)?, captures.name("sign")?);
            let lead = captures.name("lead")?.as_str();
            // 百分之五十% and the like have their number in characters.
            if lead.chars().count() == 1 && lead.chars().all(|c| "一二三四五六七八九十百千万零".contains(c)) {
                return None;
            }
            let (from, _) = sentence.clause(whole.start(), whole.end());
            let (subject, measures) = subject_and_measure(sentence.bare.get(from..whole.start())?);
            let mut found = Found::wordless(whole.start(), whole.end(), Operator::Unstated, &measures);
            found.subject = subject;
            found.unit = sign.as_str().to_owned();
            Some(found)
        })
        .collect()
}

/// Names listed one by one that are to be set up or equipped: their number is counted.
pub fn counted(sentence: &Sentence<'_>, others: &[Found]) -> Vec<Found> {
    let mut found = Vec::new();
    for (from, clause) in clauses(sentence.without_titles) {
        let captures = MADE_NAMES.captures(clause).or_else(|| NAMED_BODIES.captures(clause));
        let Some(names) = captures.as_ref().and_then(|captures| captures.name("names")) else { continue };
        let whole = (from + names.start(), from + names.end());
        if others.iter().any(|other| other.value.is_some() && other.start < from + clause.len() && from < other.end) || NUMBERED.is_match(clause) {
            continue;
        }
        let count = names.as_str().split(['、', '和']).count();
        let kind = captures.as_ref().and_then(|captures| captures.name("kind")).map_or(after(clause, names.end()), |kind| kind.as_str());
        let mut one = Found::wordless(whole.0, whole.1, Operator::Exactly, kind.trim());
        one.value = Some(count.to_string());
        one.unit = "个".into();
        one.subject = names.as_str().to_owned();
        one.counted = true;
        found.push(one);
    }
    found
}

/// Demands on all of a kind, and on none.
pub fn all(sentence: &Sentence<'_>) -> Vec<Found> {
    let text = sentence.without_titles;
    let mut found: Vec<Found> = Vec::new();
    for (from, clause) in clauses(text) {
        if earlier(clause, sentence.year) {
            continue;
        }
        let hit = WHOLE
            .find(clause)
            .map(|m| (m.start(), m.end()))
            .or_else(|| fully(clause))
            .or_else(|| CERTIFIED.find(clause).map(|m| (m.start(), m.end())))
            .or_else(|| EVERYONE.find(clause).map(|m| (m.start(), m.end())))
            .or_else(|| ALL_OF.captures(clause).and_then(|c| c.get(0)).filter(|m| !m.as_str().starts_with("所有权")).map(|m| (m.start(), m.end())))
            .or_else(|| MUST.find(clause).map(|m| (m.start(), m.end())))
            .or_else(|| COMPLETE.find(clause).map(|m| (m.start(), m.end())))
            .or_else(|| wholly(clause));
        if let Some((start, end)) = hit {
            let (subject, _) = subject_and_measure(before(clause, start));
            let mut one = Found::wordless(from + start, from + end, Operator::All, clause.replace('\u{1}', "").trim());
            one.subject = subject;
            found.push(one);
        }
        if let Some(none) = NONE.find(clause) {
            let mut one = Found::wordless(from + none.start(), from + none.end(), Operator::Exactly, after(clause, none.end()));
            one.value = Some("0".into());
            found.push(one);
        }
    }
    found
}

/// 全面 with an action is a demand on all only where the clause says of whom.
fn fully(clause: &str) -> Option<(usize, usize)> {
    FULLY.find_iter(clause).map(|m| (m.start(), m.end())).find(|(start, end)| {
        let right = after(clause, *end);
        KIND_BEFORE.is_match(before(clause, *start)) || KIND_AFTER.is_match(right) || PLACE_AFTER.is_match(right)
    })
}

/// 临床用血全部来自…: whatever follows 全部, where it is no adjective.
fn wholly(clause: &str) -> Option<(usize, usize)> {
    clause.find("全部").filter(|at| {
        let right = after(clause, at + "全部".len());
        *at > 0 && !right.starts_with(['的', '工', '任', '内']) && !right.is_empty()
    }).map(|at| (at, at + "全部".len()))
}

/// A clause that tells what began before the plan's year.
fn earlier(clause: &str, year: Option<i32>) -> bool {
    let Some(year) = year else { return false };
    clause.match_indices('年').any(|(at, _)| {
        let left = before(clause, at);
        let digits: String = left.chars().rev().take_while(char::is_ascii_digit).collect::<Vec<_>>().into_iter().rev().collect();
        digits.len() == 4 && digits.parse::<i32>().is_ok_and(|other| (1990..year).contains(&other))
    })
}

/// Measures that are to be raised, lowered or watched, without a value in their clause.
pub fn unstated(sentence: &Sentence<'_>, others: &[Found]) -> Vec<Found> {
    let text = sentence.without_titles;
    let mut found: Vec<Found> = Vec::new();
    let watched = WATCHED.is_match(text);
    for (from, clause) in clauses(text) {
        let valued = others.iter().any(|other| {
            (other.value.is_some() || other.operator == Operator::Unstated) && other.start < from + clause.len() && from < other.end
        });
        if valued || earlier(clause, sentence.year) {
            continue;
        }
        let count = found.len();
        if watched || BOUNDS.is_match(clause) {
            for rate in RATE.find_iter(clause) {
                let name = rate.as_str().trim_start_matches(['和', '及', '与', '、', '的']);
                if !NO_RATE.is_match(name) && !after(clause, rate.end()).starts_with(['先', '领']) {
                    let (subject, measures) = subject_and_measure(name);
                    let mut one = Found::wordless(from + rate.start(), from + rate.end(), Operator::Unstated, &measures);
                    one.subject = subject;
                    found.push(one);
                }
            }
        }
        if found.len() > count {
            continue;
        }
        for m in INDICATORS.find_iter(clause) {
            let right = after(clause, m.end());
            if !right.starts_with("体系") && (right.is_empty() || !right.starts_with("定期")) {
                found.push(Found::wordless(from + m.start(), from + m.end(), Operator::Unstated, m.as_str()));
            }
        }
        for pattern in [&BOUNDS, &CERTAIN, &SHORTEN] {
            for m in pattern.find_iter(clause) {
                if found.iter().all(|other| m.end() + from <= other.start || other.end <= m.start() + from) {
                    found.push(Found::wordless(from + m.start(), from + m.end(), Operator::Unstated, clause.trim()));
                }
            }
        }
    }
    found
}

/// Clauses with the byte at which they begin.
fn clauses(text: &str) -> Vec<(usize, &str)> {
    let mut from = 0;
    let mut all = Vec::new();
    for (end, next) in clause_ends(text) {
        all.push((from, text.get(from..end).unwrap_or("")));
        from = next;
    }
    all.push((from, after(text, from)));
    all
}
