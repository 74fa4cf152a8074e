//! Single sentences, tables and lines that were once read wrongly, each with the targets and the
//! remarks worked out by hand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::Write;

use yizheng_plan::{Document, Target};

/// The document of a plan of 2024 whose first item is followed by `body`.
fn plan(body: &str) -> Document {
    let text = format!("云溪县2024年医政工作要点\n一、工作任务\n{body}\n");
    yizheng_plan::read(text.as_bytes(), "plan.txt").unwrap().remove(0)
}

fn docx(body: &str) -> Document {
    let head: String = ["云溪县2024年医政工作要点", "一、工作任务"].iter().map(|text| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")).collect();
    let xml = format!(r#"<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{head}{body}</w:body></w:document>"#);
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("word/document.xml", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(xml.as_bytes()).unwrap();
    yizheng_plan::read(&archive.finish().unwrap().into_inner(), "plan.docx").unwrap().remove(0)
}

/// `at_least 90%`, `between 2-3家`, `exactly 2次/月`.
fn number(target: &Target) -> Option<String> {
    let value = target.value.as_ref()?;
    let high = target.high.as_ref().map(|high| format!("-{high}")).unwrap_or_default();
    let per = if target.per.is_empty() { String::new() } else { format!("/{}", target.per) };
    Some(format!("{} {value}{high}{}{per}", target.operator.word(), target.unit))
}

fn numbers(document: &Document) -> Vec<String> {
    document.targets.iter().filter_map(number).collect()
}

/// A sentence, its numbers, and what was set aside.
type Row<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, &'a str)]);

/// Reads each sentence and compares its numbers, then what was set aside (words and the beginning
/// of the reason).
fn check(rows: &[Row<'_>]) {
    let mut wrong = Vec::new();
    for (text, wanted, aside) in rows {
        let document = plan(text);
        let found = numbers(&document);
        let remarks: Vec<(&str, &str)> = document.set_aside.iter().map(|remark| (remark.quote.as_str(), remark.reason.as_str())).collect();
        let named = aside.len() == remarks.len() && aside.iter().zip(&remarks).all(|(wanted, found)| wanted.0 == found.0 && found.1.starts_with(wanted.1));
        if found != *wanted || !named {
            wrong.push(format!("{text}: {found:?} instead of {wanted:?}; aside {remarks:?} instead of {aside:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_negated_bound_is_the_other_bound() {
    let least = ["不低于", "不得低于", "不应低于", "不能低于", "不可低于", "不宜低于", "不准低于", "不要低于", "不得少于", "不能少于", "不少于", "不小于", "不得小于", "至少", "超过", "高于", "突破"];
    let most = ["不超过", "不得超过", "不得随意超过", "不可超过", "不宜超过", "不应超过", "不能高于", "不得高于", "不多于", "不大于", "不突破", "不得突破", "至多", "最多", "低于", "少于", "小于", "控制在"];
    for (words, operator) in [(least.as_slice(), "at_least"), (most.as_slice(), "at_most")] {
        for word in words {
            let document = plan(&format!("病历甲级率{word}90%。"));
            assert_eq!(numbers(&document), [format!("{operator} 90%")], "{word}");
            assert_eq!(document.targets[0].measures, "病历甲级率", "{word}");
        }
    }
    check(&[
        ("药占比不得高于省定控制指标30%。", &["at_most 30%"], &[]),
        ("每个乡镇不应少于2名全科医生。", &["at_least 2名/乡镇"], &[]),
        ("岗前培训不得少于3天。", &["at_least 3天"], &[]),
        ("平均住院日不得超过8天。", &["at_most 8天"], &[]),
        // The bound next to the number counts.
        ("不低于上年且不得超过20%。", &["at_most 20%"], &[]),
    ]);
}

#[test]
fn how_often_at_most_and_at_least() {
    check(&[
        ("督查每年不超过1次。", &["at_most 1次/年"], &[]),
        ("每年督查不得超过2次。", &["at_most 2次/年"], &[]),
        ("每季度检查至多1次。", &["at_most 1次/季度"], &[]),
        ("每年最多4次。", &["at_most 4次/年"], &[]),
        ("每月不得少于2次。", &["at_least 2次/月"], &[]),
        ("每月开展督查不应少于2次。", &["at_least 2次/月"], &[]),
        ("每季度督查不少于一次。", &["at_least 1次/季度"], &[]),
        ("每月检查2次以上。", &["at_least 2次/月"], &[]),
        ("每月检查2次。", &["exactly 2次/月"], &[]),
        // The whole numeral counts, and one that names no number is not guessed.
        ("每年检查十二次。", &["exactly 12次/年"], &[]),
        ("每年检查两三次。", &[], &[("两三次", "约数")]),
        ("每年开展检查一至两次。", &["between 1-2次/年"], &[]),
    ]);
}

#[test]
fn deadlines() {
    for (text, day) in [
        ("第三季度前建成胸痛中心3家。", Some("2024-09-30")),
        ("第1季度建成胸痛中心3家。", Some("2024-03-31")),
        ("二季度末建成胸痛中心3家。", Some("2024-06-30")),
        ("6月上旬建成胸痛中心3家。", Some("2024-06-10")),
        ("6月中旬建成胸痛中心3家。", Some("2024-06-20")),
        ("2月下旬建成胸痛中心3家。", Some("2024-02-29")),
        ("6月15日前建成胸痛中心3家。", Some("2024-06-15")),
        // A name in quotes is no deadline.
        ("围绕“5月12日护士节”建成胸痛中心3家。", None),
    ] {
        let document = plan(text);
        assert_eq!(numbers(&document), ["exactly 3家"], "{text}");
        assert!(!document.targets[0].measures.contains("季度"), "{text}");
        assert_eq!(document.targets[0].deadline.map(|day| day.to_string()).as_deref(), day, "{text}");
    }
}

#[test]
fn ratios_and_thousands() {
    check(&[
        ("医护比达到1:1.25。", &["exactly 1:1.25"], &[]),
        ("医护比不低于1：1.25。", &["at_least 1:1.25"], &[]),
        ("床护比达到0.6:1。", &["exactly 0.6:1"], &[]),
        ("床护比达到1:0.6。", &[], &[("1:0.6", "比例")]),
        ("医护比达到1:2，床护比达到1:15名。", &[], &[("1:2", "比例"), ("1:15", "比例")]),
        ("医护比达到1:1.25，床护比达到0.5:1。", &["exactly 1:1.25", "exactly 0.5:1"], &[]),
        ("完成1,200名医师培训。", &["exactly 1200名"], &[]),
        ("上午8:30前到岗。", &[], &[("8:30", "比例或时刻")]),
        // The number before the colon ends a label.
        ("附件1：3家医院完成改造。", &["exactly 3家"], &[]),
        ("附件1：12家医院完成改造。", &["exactly 12家"], &[]),
        ("培训1,200名医师和1,300名护士。", &["exactly 1200名", "exactly 1300名"], &[]),
        
    ]);
    // Nothing stands before the second sum; it is not 投入1.
    let sums = plan("投入1,200万元、2,500万元。");
    assert_eq!(sums.targets.iter().map(|target| target.measures.as_str()).collect::<Vec<_>>(), ["投入", ""]);
    assert_eq!(plan("完成1,200名医师培训。").targets[0].measures, "医师");
    let both = plan("培训1,200名医师和1,300名护士。");
    assert_eq!(both.targets.iter().map(|target| target.measures.as_str()).collect::<Vec<_>>(), ["医师和1,300名护士", "护士"]);
}

#[test]
fn a_span_of_change_is_left_to_a_person() {
    check(&[
        ("药占比下降5%—10%。", &[], &[("5%—10%", "升降幅度为区间")]),
        ("门诊人次增长了5至10个百分点。", &[], &[("5至10个百分点", "升降幅度为区间")]),
        ("药占比下降到25%—30%。", &["between 25-30%"], &[]),
        ("药占比下降5%。", &["increase -5%"], &[]),
        ("建成胸痛中心2—3家。", &["between 2-3家"], &[]),
    ]);
}

#[test]
fn numerals() {
    check(&[
        ("建成胸痛中心两三家。", &[], &[("两三家", "约数")]),
        ("建成胸痛中心三五家。", &[], &[("三五家", "约数")]),
        ("建成胸痛中心十七八家。", &[], &[("十七八家", "约数")]),
        ("满意度达到八九成以上。", &[], &[("八九成以上", "约数")]),
        ("满意度达到百分之八九十。", &[], &[("百分之八九十", "约数")]),
        ("满意度达到九成以上。", &["at_least 90%"], &[]),
        ("治愈率达到百分之九十五点五。", &["exactly 95.5%"], &[]),
        ("治愈率达到百分之九十五。", &["exactly 95%"], &[]),
        ("感染率低于百分之零点五。", &["at_most 0.5%"], &[]),
        ("投入一点五万元。", &["exactly 15000元"], &[]),
        ("建成卫生室三十六家。", &["exactly 36家"], &[]),
        ("建成卫生室一百零五家。", &["exactly 105家"], &[]),
        ("二〇二三年建成胸痛中心3家。", &["exactly 3家"], &[]),
    ]);
}

#[test]
fn units_that_mostly_number_things() {
    check(&[
        ("举办培训班3期。", &["exactly 3期"], &[]),
        ("选派3批医师下乡。", &["exactly 3批"], &[]),
        ("开展巡查不少于2轮。", &["at_least 2轮"], &[]),
        ("邀请专家5位。", &[], &[("5位", "单位多用于序号")]),
        ("推进市中医院三期工程建设。", &[], &[("三期", "单位多用于序号")]),
        ("抽查药品120批次。", &["exactly 120批次"], &[]),
        ("推进一期工程建设。", &[], &[]),
        ("十四五期间推进3家医院建设。", &["exactly 3家"], &[]),
        ("承办第3届年会。", &[], &[]),
    ]);
}

#[test]
fn what_is_taken_for_a_repetition_is_named() {
    check(&[
        ("建成10家中心卫生院，改造10家卫生院。", &["exactly 10家"], &[("10家", "与前文同一数目")]),
        ("建成中心卫生院10家，改造卫生院10家。", &["exactly 10家", "exactly 10家"], &[]),
    ]);
}

#[test]
fn words_of_a_web_page_that_begin_a_sentence() {
    let read = |text: &str| yizheng_plan::read(text.as_bytes(), "plan.txt").unwrap().remove(0);
    let items = |text: &str| read(text).leaves().iter().map(|item| item.path.clone()).collect::<Vec<_>>();
    let head = "云溪县2024年医政工作要点\n一、加强监管\n";
    for (body, paths, wanted) in [
        // Sentences of the plan.
        ("关闭不合格诊所3家。\n二、改善服务\n建成胸痛中心2家。", vec!["一", "二"], vec!["exactly 2家"]),
        ("打印检验报告的自助机新增10台。\n二、改善服务\n建成胸痛中心2家。", vec!["一", "二"], vec!["increase 10台", "exactly 2家"]),
        ("相关资料由各医院在会后及时送医政科存档备查\n二、改善服务\n建成胸痛中心2家。", vec!["一", "二"], vec!["exactly 2家"]),
        ("关闭三家诊所\n二、改善服务\n建成胸痛中心2家。", vec!["一", "二"], vec!["exactly 2家"]),
        // Left out, but what follows in order is not.
        ("打印本页 关闭窗口\n二、改善服务\n建成胸痛中心2家。", vec!["一", "二"], vec!["exactly 2家"]),
        // The end of the page, with a list of its own.
        ("建成胸痛中心2家。\n【打印】【关闭】\n建成卒中中心5家。", vec!["一"], vec!["exactly 2家"]),
        ("建成胸痛中心2家。\n相关文章：\n1、建成卒中中心5家\n二、建成卒中中心6家", vec!["一"], vec!["exactly 2家"]),
    ] {
        let text = format!("{head}{body}\n");
        assert_eq!(items(&text), paths, "{body}");
        assert_eq!(numbers(&read(&text)), wanted, "{body}");
    }
    assert!(read(&format!("{head}关闭不合格诊所3家。\n")).leaves()[0].text.contains("关闭不合格诊所3家"));
}

#[test]
fn a_number_at_the_end_of_a_line() {
    for (text, wanted) in [
        ("抗菌药物使用强度达标，住院患者治愈率达到 95\n%以上。", vec!["at_least 95%"]),
        ("住院患者压疮发生率控制在 3\n‰以内。", vec!["at_most 3‰"]),
        ("建成胸痛中心 12\n家，卒中中心2家。", vec!["exactly 12家", "exactly 2家"]),
        ("治愈率达到95\n%以上。", vec!["at_least 95%"]),
        // Page numbers: what follows begins a word of its own.
        ("进一步加强对辖区内 2\n人民医院和中医医院的管理。", vec![]),
        ("进一步加强对全县 12\n家庭医生签约服务的管理。", vec![]),
        ("进一步加强对辖区内 2\n社会办医疗机构的管理。", vec![]),
    ] {
        let document = plan(text);
        assert_eq!(numbers(&document), wanted, "{text}");
    }
    let pages = |text: &str| plan(text).cleaned.iter().filter(|change| change.kind == yizheng_plan::ChangeKind::PageNumber).count();
    assert_eq!(pages("进一步加强对辖区内 2\n人民医院和中医医院的管理。"), 1);
    assert_eq!(pages("住院患者治愈率达到 95\n%以上。"), 0);
}

#[test]
fn levels_of_hospitals_are_no_items() {
    let paths = |text: &str| {
        let text = format!("云溪县2024年医政工作要点\n{text}\n");
        yizheng_plan::read(text.as_bytes(), "plan.txt").unwrap().remove(0).leaves().iter().map(|item| item.path.clone()).collect::<Vec<_>>()
    };
    for (text, wanted) in [
        ("一、规范诊疗\n一、二级医院应开展评审。\n二、改善服务", vec!["一", "二"]),
        ("一、规范诊疗\n二、三级医院应开展评审。\n二、改善服务", vec!["一", "二"]),
        ("一、规范诊疗。二、三级医院应开展评审。二、改善服务。", vec!["一", "二"]),
        ("一、规范诊疗\n一、二、三级医院应开展评审。\n二、改善服务", vec!["一", "二"]),
        // An item that begins with a level: the numbers around it show it.
        ("一、规范诊疗\n二、三级医院评审\n三、改善服务", vec!["一", "二", "三"]),
        ("一、二级医院评审\n二、改善服务\n三、其他", vec!["一", "二", "三"]),
        ("一、规范诊疗\n二、一级医院评审\n三、其他", vec!["一", "二", "三"]),
        ("一、规范诊疗\n1. 100%完成评审\n2. 加强培训", vec!["一-1", "一-2"]),
        ("一、规范诊疗\n1.5万名居民受益\n2.加强培训", vec!["一-2"]),
    ] {
        assert_eq!(paths(text), wanted, "{text}");
    }
}

#[test]
fn line_breaks_and_paragraphs_of_word() {
    let paragraph = |text: &str| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>");
    let broken = docx(r#"<w:p><w:r><w:t>1、建成胸痛中心3家</w:t><w:br/><w:t>2、建成卒中中心2家</w:t></w:r></w:p>"#);
    assert_eq!(numbers(&broken), ["exactly 3家", "exactly 2家"]);
    assert_eq!(broken.leaves().iter().map(|item| item.path.as_str()).collect::<Vec<_>>(), ["一-1", "一-2"]);
    // Both lines stand in the third paragraph of the file.
    assert_eq!(broken.targets.iter().map(|target| target.line).collect::<Vec<_>>(), [3, 3]);
    // A page break parts no sentence.
    let page = docx(r#"<w:p><w:r><w:t>1、建成胸痛中心</w:t><w:br w:type="page"/><w:t>3家</w:t></w:r></w:p>"#);
    assert_eq!(numbers(&page), ["exactly 3家"]);
    let row = |cells: &[String]| format!("<w:tbl><w:tr>{}</w:tr></w:tbl>", cells.iter().map(|cell| format!("<w:tc>{cell}</w:tc>")).collect::<String>());
    let cells = docx(&row(&[paragraph("建成胸痛中心数"), format!("{}{}", paragraph("3"), paragraph("5家"))]));
    // The row's words stand in another paragraph, so 5家 is set aside; it is not 35家.
    assert_eq!(numbers(&cells), [] as [&str; 0]);
    assert_eq!(cells.set_aside.iter().map(|remark| remark.quote.as_str()).collect::<Vec<_>>(), ["5家"]);
    // The date of the row holds for every paragraph of a cell.
    let dated = docx(&row(&[paragraph("重点任务"), format!("{}{}", paragraph("建成胸痛中心3家"), paragraph("建成卒中中心5家")), paragraph("6月底")]));
    assert_eq!(numbers(&dated), ["exactly 3家", "exactly 5家"]);
    assert_eq!(dated.targets.iter().map(|target| target.deadline.map(|day| day.to_string())).collect::<Vec<_>>(), [Some("2024-06-30".into()), Some("2024-06-30".into())]);
    let soft = docx(&row(&[paragraph("任务"), "<w:p><w:r><w:t>建成胸痛中心3</w:t><w:br/><w:t>5家诊所</w:t></w:r></w:p>".into()]));
    assert_eq!(numbers(&soft), [] as [&str; 0], "{:?}", soft.targets);
}

#[test]
fn places() {
    for (publisher, place) in [
        ("霸州市卫生健康局", "霸州市"),
        ("新乡县卫生健康委员会", "新乡县"),
        ("北京市通州区卫生健康委员会", "北京市通州区"),
        ("北京市西城区卫生健康委员会", "北京市西城区"),
        ("柯城区卫生健康局", "柯城区"),
        ("景德镇市卫生健康委员会", "景德镇市"),
        ("苏州市吴中区卫生健康委员会", "苏州市吴中区"),
        ("恩施土家族苗族自治州卫生健康委员会", "恩施土家族苗族自治州"),
        ("阿克苏地区卫生健康委员会", "阿克苏地区"),
        ("盐城市卫生健康委员会", "盐城市"),
    ] {
        let text = format!("{publisher}2024年医政工作要点\n一、工作任务\n");
        let document = yizheng_plan::read(text.as_bytes(), "plan.txt").unwrap().remove(0);
        assert_eq!(document.place.as_deref(), Some(place), "{publisher}");
    }
    for title in ["2024年城区医政工作要点", "2024年郊区医政工作要点", "2024年农村地区医政工作要点", "2024年社区卫生工作要点", "2024年乡镇卫生院工作要点", "2024年城市医院工作要点", "2024年全县医政工作要点"] {
        let text = format!("{title}\n一、工作任务\n");
        assert_eq!(yizheng_plan::read(text.as_bytes(), "plan.txt").unwrap().remove(0).place, None, "{title}");
    }
}
