#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::{Cursor, Read};

use super::*;
use crate::api::dto::{
    BulletinAnnex, BulletinLine, BulletinManifest, BulletinParagraph, BulletinSection, BulletinText, NamedCode, PackVersion,
};

fn text(words: &str, figure: Option<u32>) -> BulletinText {
    BulletinText { text: words.to_owned(), figure, link: None }
}

fn table(name: &str, rows: &[[&str; 3]]) -> BulletinTable {
    BulletinTable {
        name: name.to_owned(),
        columns: ["项目", "本期", "备注"].map(str::to_owned).to_vec(),
        rows: rows
            .iter()
            .map(|cells| BulletinLine { key: cells[0].to_owned(), cells: cells.iter().map(|cell| text(cell, None)).collect() })
            .collect(),
        note: String::new(),
    }
}

fn content() -> BulletinContent {
    let rows = [["平均住院日 <天>", "4.00", "暂定"], ["出院人次", "1,234", "—"]];
    BulletinContent {
        title: "关于2024年3月\n数据质量和核心指标情况的通报".to_owned(),
        mark: "云澜市卫生健康委员会文件".to_owned(),
        issuer: "云澜市卫生健康委员会".to_owned(),
        main_to: "各医疗卫生机构".to_owned(),
        copy_to: "市医疗保障局".to_owned(),
        printed_by: "云澜市卫生健康委员会办公室".to_owned(),
        period: "2024-03".to_owned(),
        known_at: "2024-05-01T02:03:04.000005Z".parse().unwrap(),
        manifest: BulletinManifest { files: 1, sm3: "aa".to_owned() },
        packs: vec![PackVersion { id: "national".to_owned(), name: "national".to_owned(), version: "0.2.0".to_owned() }],
        fingerprint: "bb".to_owned(),
        program_version: "0.1.0".to_owned(),
        overall: vec![vec![text("完整率", None), text("50.00%", Some(0)), text("。", None)]],
        sections: vec![BulletinSection {
            heading: "一、数据报送质量".to_owned(),
            paragraphs: vec![BulletinParagraph { lead: "（一）完整率。".to_owned(), texts: vec![text("均已报齐。", None)] }],
            table: Some(table("数据报送质量", &rows)),
        }],
        annexes: vec![
            BulletinAnnex { name: "各机构".to_owned(), tables: vec![table("平均住院日（天）", &rows), table("死亡率（%）", &rows)], note: String::new() },
            BulletinAnnex { name: "数据来源".to_owned(), tables: vec![table("数据来源", &[])], note: String::new() },
        ],
        figures: vec![BulletinFigure {
            indicator: "RPX-COMPLETE".to_owned(),
            name: "报送完整率".to_owned(),
            by: By::Institution,
            unit: NamedCode { code: "X".to_owned(), name: "甲院".to_owned() },
            period: "2024-03".to_owned(),
            display: "50.00%".to_owned(),
            numerator: "1".to_owned(),
            denominator: "2".to_owned(),
            provisional: true,
            not_measured: String::new(),
        }],
    }
}

fn paper(content: &BulletinContent, is_final: bool) -> Paper<'_> {
    Paper {
        content,
        opening: "现将情况通报如下。",
        demands: "抓好整改。\n按期报送。",
        number: is_final.then_some("云卫医〔2024〕1号"),
        issued_on: is_final.then(|| "2024-05-15".parse().unwrap()),
    }
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn the_same_paper_is_the_same_bytes() {
    let content = content();
    let (one, sheet) = (docx(&paper(&content, true)).unwrap(), xlsx(&paper(&content, true)).unwrap());
    // Another paper in between, and another thread: the library counts paragraphs over all documents.
    docx(&paper(&content, false)).unwrap();
    let again = std::thread::spawn({
        let content = content.clone();
        move || {
            docx(&paper(&content, false)).unwrap();
            (docx(&paper(&content, true)).unwrap(), xlsx(&paper(&content, true)).unwrap())
        }
    });
    let (other, other_sheet) = again.join().unwrap();
    assert!(one == other && sheet == other_sheet);
    assert!(one != docx(&paper(&content, false)).unwrap());
    // No part of the archives has a time of the clock.
    for bytes in [&one, &sheet] {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes.as_slice())).unwrap();
        for at in 0..archive.len() {
            let time = archive.by_index(at).unwrap().last_modified().unwrap();
            assert_eq!((time.year(), time.month(), time.day()), (1980, 1, 1));
        }
    }
    assert!(part(&sheet, "docProps/core.xml").contains("2024-05-01T02:03:04Z"));
}

#[test]
fn the_document_is_laid_out_as_official_papers_are() {
    let content = content();
    let bytes = docx(&paper(&content, true)).unwrap();
    let document = part(&bytes, "word/document.xml");
    // A4; 37 mm above, 28 mm to the left, 156 mm of text: 2097, 1587, 8843 twentieths of a point.
    for layout in [r#"w:w="11906" w:h="16838""#, r#"w:top="2097""#, r#"w:left="1587""#, r#"w:right="1476""#, r#"w:bottom="1984""#] {
        assert!(document.contains(layout), "{layout}");
    }
    assert_eq!(11906 - 1587 - 1476, 8843);
    // 22 lines on 225 mm: 12755 / 22 = 579.
    assert!(document.contains(r#"w:linePitch="579""#) && document.contains(r#"w:spacing w:val="-5""#));
    assert!(28 * (320 - 5) <= 8843, "28 characters of 16 points, each a quarter closer, stand on the line");
    for words in [
        "云澜市卫生健康委员会文件", "云卫医〔2024〕1号", "关于2024年3月", "数据质量和核心指标情况的通报", "各医疗卫生机构：", "现将情况通报如下。",
        "完整率50.00%。", "一、数据报送质量", "（一）完整率。", "平均住院日 &lt;天&gt;", "（二）按期报送。", "附件：1．各机构", "2．数据来源",
        "2024年5月15日", "抄送：市医疗保障局。", "2024年5月15日印发", "清单摘要（SM3）：aa",
    ] {
        assert!(document.contains(words), "{words}");
    }
    for font in ["方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312"] {
        assert!(document.contains(&format!(r#"w:eastAsia="{font}""#)), "{font}");
    }
    assert!(document.contains(r#"w:color w:val="FF0000""#), "the mark is red");
    assert_eq!(document.matches("<w:tblHeader />").count(), 3, "each table's header stands again on each page");
    // Odd pages to the right, even ones to the left.
    assert!(part(&bytes, "word/settings.xml").contains("evenAndOddHeaders"));
    assert!(part(&bytes, "word/footer1.xml").contains("PAGE") && part(&bytes, "word/footer2.xml").contains("PAGE"));
}

#[test]
fn a_draft_says_that_it_is_one() {
    let content = content();
    let document = part(&docx(&paper(&content, false)).unwrap(), "word/document.xml");
    assert!(document.contains("（草稿，未编发文字号）") && !document.contains("〔2024〕"));
}

#[test]
fn the_workbook_says_where_each_number_comes_from() {
    let content = content();
    let bytes = xlsx(&paper(&content, true)).unwrap();
    let book = part(&bytes, "xl/workbook.xml");
    for name in ["说明", "数据报送质量", "附件1 各机构", "附件2 数据来源"] {
        assert!(book.contains(&format!(r#"name="{name}""#)), "{name}");
    }
    let words = part(&bytes, "xl/sharedStrings.xml");
    for expected in [
        "yizheng explain RPX-COMPLETE --data 数据目录 --period 2024-03 --institution X --known-on 2024-05-01T02:03:04.000005Z",
        "/indicators/RPX-COMPLETE?period=2024-03&amp;explain=RPX-COMPLETE&amp;explain_period=2024-03&amp;explain_by=institution&amp;explain_institution=X&amp;explain_known=2024-05-01T02:03:04.000005Z",
        "50.00%",
        "暂定",
    ] {
        assert!(words.contains(expected), "{expected}");
    }
    assert!(words.contains("关于2024年3月数据质量和核心指标情况的通报"), "in one line");
    // Two tables of one annex stand below each other, with their names before the rows.
    assert!(words.contains("平均住院日（天）") && part(&bytes, "xl/worksheets/sheet3.xml").matches("<row ").count() == 5);
    // Numbers are numbers.
    let sheet = part(&bytes, "xl/worksheets/sheet2.xml");
    assert!(sheet.contains("<v>4</v>") && sheet.contains("<v>1234</v>"), "{sheet}");
}

#[test]
fn texts_that_are_numbers() {
    for (text, value) in [("1,234.50", Some((1234.5, 2))), ("-3", Some((-3.0, 0))), ("+3.1%", None), ("50.00%", None), ("—", None), ("3/12", None), ("2024-03", None)] {
        assert_eq!(number(text), value, "{text}");
    }
}

#[test]
fn columns_share_the_line() {
    // Needs: 15 and 5, not more than 15, so as they are; 40, so the rest.
    let long = "很".repeat(20);
    let of = table("表", &[["平均住院日 <天>", "4.00", long.as_str()], ["出院人次", "1,234", "—"]]);
    assert_eq!(widths(&of, 90), [15, 5, 70]);
    // All short: they share the whole by their needs, 8, 5 and 4 of 17.
    let of = table("表", &[["出院人次", "1,234", "—"]]);
    assert_eq!(widths(&of, 90), [8 * 90 / 17, 5 * 90 / 17, 4 * 90 / 17]);
}
