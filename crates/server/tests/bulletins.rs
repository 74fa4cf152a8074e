//! A bulletin over a small region: its numbers worked out by hand, its life, and what is final stays.
//!
//! The hospital reports 20 stays of March 2024, each of four days, today: long after the deadline, 10
//! April 2024. The township health centre owes its front pages and sends nothing. So of 2 reports 1 is there (50.00 %), none in time (0.00 %); of 20 rows none is wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use std::io::Read;

use common::{HOSPITAL, SmallRegion, TOWNSHIP};
use yizheng::api::desk::{Content, Desk, PaperForm};
use yizheng::api::dto::{
    Bulletin, BulletinAction, BulletinProse, BulletinSeen, BulletinState, BulletinTable, NewBulletin, NewBulletinAction,
};
use yizheng::app::Region;
use yizheng_pack::scope::Scope;

const PACK: &str = "id = \"yunlan\"\nversion = \"1\"\nname = \"云澜市\"\npurpose = \"测试\"\n";

const KIND: &str = r#"
id = "quality-core"
name = "数据质量和核心指标通报"
status = "active"
purpose = "测试"
replaces = "测试"
legal_basis = "测试"
title = "关于{period}数据质量和核心指标情况的通报"
issuer = "云澜市卫生健康局"
mark = "云澜市卫生健康局文件"
number_head = "云卫医"
main_to = "各医疗机构"
copy_to = "市医疗保障局"
printed_by = "云澜市卫生健康局办公室"
minimum_denominator = 30
answer_within = 10
indicators = ["EFF01", "FPX-DISCHARGES"]
opening = "现将{period}情况通报如下。"
demands = ["按期报送。", "抓好整改。"]
"#;

fn small() -> SmallRegion {
    let small = SmallRegion::new();
    small.add_pack("yunlan", &[("pack.toml", PACK), ("bulletins/quality-core.toml", KIND)]);
    let file = small.front_pages("a.csv", 20, "2024-03");
    small.submit(&file, "2024-03").success();
    small
}

fn whole() -> Scope {
    Scope::whole_region("监管员")
}

fn new() -> NewBulletin {
    NewBulletin { period: Some("2024-03".to_owned()), kind: None }
}

fn step(of: &Bulletin, action: BulletinAction) -> NewBulletinAction {
    let is_final = action == BulletinAction::Finalise;
    NewBulletinAction {
        revision: of.revision,
        action,
        person: "沈明川".to_owned(),
        remark: Some("同意".to_owned()),
        number: is_final.then(|| "云卫医〔2024〕1号".to_owned()),
        issued_on: is_final.then(|| "2099-01-02".parse().unwrap()),
    }
}

fn bytes(region: &Region, id: &str, form: PaperForm) -> Vec<u8> {
    match region.bulletin_file(&whole(), id, form).unwrap().content {
        Content::Bytes(bytes) => bytes,
        _ => panic!("the file is in memory"),
    }
}

fn document(bytes: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut text = String::new();
    archive.by_name("word/document.xml").unwrap().read_to_string(&mut text).unwrap();
    text
}

/// A row's cells, as printed.
fn row(table: &BulletinTable, key: &str) -> Vec<String> {
    let row = table.rows.iter().find(|row| row.key == key).unwrap_or_else(|| panic!("{key}: {table:?}"));
    row.cells.iter().map(|cell| cell.text.clone()).collect()
}

#[test]
fn every_number_is_worked_out() {
    let small = small();
    let region = Region::open(&small.dir()).unwrap();
    let made = region.draft_bulletin(&whole(), new()).unwrap();
    let content = &made.content;
    assert_eq!((made.row.id.as_str(), made.row.state, made.row.title.as_str()), ("B0001", BulletinState::Draft, "关于2024年3月数据质量和核心指标情况的通报"));
    assert_eq!((made.opening.as_str(), made.demands.as_slice()), ("现将2024年3月情况通报如下。", ["按期报送。".to_owned(), "抓好整改。".to_owned()].as_slice()));
    let overall: Vec<String> = content.overall.iter().map(|texts| texts.iter().map(|text| text.text.as_str()).collect()).collect();
    let china = chrono::FixedOffset::east_opt(8 * 3600).unwrap();
    let day = content.known_at.with_timezone(&china).format("%Y年%-m月%-d日");
    assert_eq!(
        overall[0],
        format!("截至{day}，2024年3月应报送且期限已过的数据中，报送完整率50.00%（1/2份）；报送及时率0.00%（0/2份）；数据错误率0.00%（0/20行）。")
    );
    assert_eq!(overall[1], "本期通报核心指标2项，有目标值的0项，其中达标0项、未达标0项；无目标值、仅作比较的2项。");

    let core = content.sections[1].table.as_ref().unwrap();
    // 20 × 4 days over 20 stays; one of two institutions is in.
    assert_eq!(row(core, "EFF01"), ["平均住院日", "天", "4.00", "—", "无目标值", "—", "—", "例数不足30，仅供参考；暂定（已报1/应报2）"]);
    assert_eq!(row(core, "FPX-DISCHARGES")[2..5], ["20", "—", "无目标值"]);
    let tables: Vec<&BulletinTable> = content.annexes.iter().map(|annex| &annex.tables[0]).collect();
    let [quality, datasets, institutions, improved, duties, sources] = tables.as_slice() else { panic!() };
    assert_eq!(row(quality, HOSPITAL), ["云澜市第一人民医院", "1", "1", "100.00", "0", "0.00", "20", "0", "0.00", "0"]);
    assert_eq!(row(quality, TOWNSHIP)[..6], ["云澜市青石镇卫生院", "1", "0", "0.00", "0", "0.00"]);
    assert_eq!(
        row(datasets, "inpatient_front_page"),
        ["住院病案首页", "2", "0", "1", "0", "1", "50.0", "0.0", "云澜市青石镇卫生院（未报）、云澜市第一人民医院（迟报）"]
    );
    // The only one of its level with a value.
    assert_eq!(institutions.name, "平均住院日（天）");
    assert_eq!(row(institutions, HOSPITAL)[..4], ["云澜市第一人民医院", "三级甲等", "4.00", "1/1"]);
    assert_eq!(row(institutions, TOWNSHIP)[2..4], ["未测算", "—"]);
    assert_eq!(improved.rows.len(), 0);
    let [duty] = duties.rows.as_slice() else { panic!("{duties:?}") };
    let cells: Vec<&str> = duty.cells.iter().map(|cell| cell.text.as_str()).collect();
    assert_eq!(cells, ["1", "云澜市青石镇卫生院", "数据报送", "2024年3月《住院病案首页》未报送，报送期限为2024年4月10日。", "成文之日起10日内"]);
    assert_eq!(sources.rows.iter().map(|row| row.key.as_str()).collect::<Vec<_>>(), ["RPX-COMPLETE", "RPX-TIMELY", "RPX-ERRORS", "EFF01", "FPX-DISCHARGES"]);
    // Every printed value of an indicator says which it is.
    let value = &core.rows[0].cells[2];
    let figure = &content.figures[value.figure.unwrap() as usize];
    assert_eq!((figure.indicator.as_str(), figure.unit.code.as_str(), figure.numerator.as_str(), figure.denominator.as_str()), ("EFF01", "990001", "80", "20"));
    let text = document(&bytes(&region, "B0001", PaperForm::Docx));
    for words in ["报送完整率50.00%（1/2份）", "平均住院日", "4.00", "（草稿，未编发文字号）", "成文之日起10日内"] {
        assert!(text.contains(words), "{words}");
    }
}

#[test]
fn what_is_final_stays_and_says_what_would_differ_today() {
    let small = small();
    let region = Region::open(&small.dir()).unwrap();
    let made = region.draft_bulletin(&whole(), new()).unwrap();
    let prose = BulletinProse { revision: 1, opening: "为抓好数据质量，通报如下。".to_owned(), demands: vec!["　按期报送。".to_owned(), String::new()] };
    let edited = region.edit_bulletin(&whole(), "B0001", prose).unwrap();
    assert_eq!((edited.demands.as_slice(), edited.revision), (["按期报送。".to_owned()].as_slice(), 2));
    let early = region.handle_bulletin(&whole(), "B0001", step(&edited, BulletinAction::Finalise)).unwrap_err();
    assert!(early.problem().message.contains("草稿"), "{:?}", early.problem());
    let stale = region.handle_bulletin(&whole(), "B0001", step(&made, BulletinAction::Approve)).unwrap_err();
    assert!(stale.problem().message.contains("他人"), "{:?}", stale.problem());
    let approved = region.handle_bulletin(&whole(), "B0001", step(&edited, BulletinAction::Approve)).unwrap();
    assert_eq!((approved.row.state, approved.row.approved_by.as_deref()), (BulletinState::Approved, Some("沈明川")));
    let wrong = NewBulletinAction { number: Some("云卫医[2024]1号".to_owned()), ..step(&approved, BulletinAction::Finalise) };
    assert!(region.handle_bulletin(&whole(), "B0001", wrong).unwrap_err().problem().message.contains("发文字号"));
    let before = NewBulletinAction { issued_on: Some("2024-04-30".parse().unwrap()), ..step(&approved, BulletinAction::Finalise) };
    assert!(region.handle_bulletin(&whole(), "B0001", before).unwrap_err().problem().message.contains("成文日期"));
    let done = region.handle_bulletin(&whole(), "B0001", step(&approved, BulletinAction::Finalise)).unwrap();
    assert_eq!((done.row.number.as_deref(), done.actions.as_slice()), (Some("云卫医〔2024〕1号"), [BulletinAction::Withdraw].as_slice()));
    assert!(region.renew_bulletin(&whole(), "B0001", BulletinSeen { revision: done.revision }).is_err());
    assert!(region.draft_bulletin(&whole(), new()).unwrap_err().problem().message.contains("B0001"));

    let (paper, sheet) = (bytes(&region, "B0001", PaperForm::Docx), bytes(&region, "B0001", PaperForm::Xlsx));
    let text = document(&paper);
    assert!(text.contains("云卫医〔2024〕1号") && text.contains("2099年1月2日印发") && text.contains("为抓好数据质量，通报如下。"));
    let check = region.bulletin_check(&whole(), "B0001").unwrap();
    assert!(check.sealed && check.manifest && check.definitions && check.program);
    assert_eq!((check.then.len(), check.today.len(), check.submissions.len()), (0, 0, 0), "{check:?}");
    drop(region);

    // The hospital corrects: 21 stays. The paper stays as it is; today it would say 21.
    let file = small.front_pages("b.csv", 21, "2024-03");
    small.submit(&file, "2024-03").success();
    let region = Region::open(&small.dir()).unwrap();
    assert!(paper == bytes(&region, "B0001", PaperForm::Docx) && sheet == bytes(&region, "B0001", PaperForm::Xlsx));
    let check = region.bulletin_check(&whole(), "B0001").unwrap();
    for file in [check.docx.as_ref().unwrap(), check.xlsx.as_ref().unwrap()] {
        assert!(file.kept == file.sm3 && file.made_again == file.sm3);
    }
    assert_eq!(check.then, [], "as known then, every number is the same");
    assert_eq!(check.submissions.len(), 1);
    let differs = |table: &str, row: &str, column: &str| {
        check.today.iter().find(|one| one.table.contains(table) && one.row.contains(row) && one.column == column).map(|one| (one.was.as_str(), one.is.as_str()))
    };
    assert_eq!(differs("核心指标", "出院人次", "本期"), Some(("20", "21")), "{:?}", check.today);
    assert_eq!(differs("附件1", "第一人民医院", "收到行数"), Some(("20", "21")));
    assert_eq!(differs("核心指标", "平均住院日", "本期"), None, "still four days each");
    assert!(check.findings.iter().any(|words| words.contains("此后有1次报送或更正")), "{:?}", check.findings);
    // The number in the paper can be looked up as it was known then.
    let known = done.content.known_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
    let ask = |more: &[&str]| {
        let mut all = vec!["values", "--indicator", "FPX-DISCHARGES", "--from", "2024-03", "--to", "2024-03"];
        all.extend(more);
        small.csv(&all)[0]["value"].clone()
    };
    assert_eq!((ask(&["--known-on", &known]).as_str(), ask(&[]).as_str()), ("20", "21"));
    let behind = small.csv(&["explain", "FPX-DISCHARGES", "--period", "2024-03", "--known-on", &known]);
    assert_eq!(behind.len(), 20);

    let gone = region.handle_bulletin(&whole(), "B0001", step(&done, BulletinAction::Withdraw)).unwrap();
    assert_eq!((gone.row.state, gone.row.withdrawn_because.as_deref()), (BulletinState::Withdrawn, Some("同意")));
    assert!(paper == bytes(&region, "B0001", PaperForm::Docx), "what was sent out can still be shown");
    let next = region.draft_bulletin(&whole(), new()).unwrap();
    assert_eq!((next.row.id.as_str(), row(next.content.sections[1].table.as_ref().unwrap(), "FPX-DISCHARGES")[2].as_str()), ("B0002", "21"));
}

#[test]
fn a_region_alone_reads_and_writes_bulletins() {
    let small = small();
    let region = Region::open(&small.dir()).unwrap();
    let made = region.draft_bulletin(&whole(), new()).unwrap();
    for scope in [Scope::institutions("病案室", [HOSPITAL.to_owned()]), Scope::nothing("谁")] {
        let refused = [
            region.bulletin_kinds(&scope).map(|_| ()),
            region.bulletins(&scope).map(|_| ()),
            region.bulletin(&scope, "B0001").map(|_| ()),
            region.draft_bulletin(&scope, new()).map(|_| ()),
            region.renew_bulletin(&scope, "B0001", BulletinSeen { revision: 1 }).map(|_| ()),
            region.edit_bulletin(&scope, "B0001", BulletinProse { revision: 1, opening: "x".to_owned(), demands: vec!["x".to_owned()] }).map(|_| ()),
            region.handle_bulletin(&scope, "B0001", step(&made, BulletinAction::Approve)).map(|_| ()),
            region.bulletin_check(&scope, "B0001").map(|_| ()),
            region.bulletin_file(&scope, "B0001", PaperForm::Docx).map(|_| ()),
        ];
        assert!(refused.iter().all(|answer| answer.as_ref().is_err_and(|error| error.status() == 403)), "{refused:?}");
    }
    assert_eq!(region.bulletins(&whole()).unwrap().len(), 1);
    let empty = region.draft_bulletin(&whole(), NewBulletin { period: Some("2023-01".to_owned()), kind: None }).unwrap_err();
    assert!(empty.problem().message.contains("没有任何报送数据"));
}

#[test]
fn the_command_line_takes_one_from_draft_to_final() {
    let small = small();
    let path = |name: &str| small.dir().with_file_name(name).to_str().unwrap().to_owned();
    small.command(&["bulletin", "--period", "2024-03", "--out", &path("draft.docx")]).success();
    assert!(document(&std::fs::read(path("draft.docx")).unwrap()).contains("（草稿，未编发文字号）"));
    assert_eq!(small.csv(&["bulletin", "list"]).len(), 0, "a draft in a file is kept nowhere");
    small.command(&["bulletin", "--period", "2024-03", "--out", &path("draft.pdf")]).exits(2);
    assert_eq!(small.command(&["bulletin", "draft", "--period", "2024-03"]).success().stdout().trim(), "B0001");
    let early = small.command(&["bulletin", "final", "B0001", "--person", "许知远", "--number", "云卫医〔2024〕1号"]).exits(2);
    assert!(early.stderr().contains("草稿"), "{}", early.stderr());
    small.command(&["bulletin", "renew", "B0001"]).success();
    small.command(&["bulletin", "approve", "B0001", "--person", "沈明川"]).success();
    small.command(&["bulletin", "return", "B0001", "--person", "沈明川", "--remark", "数据待核"]).success();
    small.command(&["bulletin", "approve", "B0001", "--person", "沈明川"]).success();
    small.command(&["bulletin", "final", "B0001", "--person", "许知远", "--number", "云卫医〔2024〕1号", "--date", "2099-01-02"]).success();
    for form in ["docx", "xlsx"] {
        small.command(&["bulletin", "export", "B0001", "--out", &path(&format!("one.{form}"))]).success();
        small.command(&["bulletin", "export", "B0001", "--out", &path(&format!("other.{form}"))]).success();
        assert!(std::fs::read(path(&format!("one.{form}"))).unwrap() == std::fs::read(path(&format!("other.{form}"))).unwrap());
    }
    let verified = small.command(&["bulletin", "verify", "B0001"]).success();
    assert!(verified.stderr().contains("可以逐字节重新生成"), "{}", verified.stderr());
    small.command(&["bulletin", "withdraw", "B0001", "--person", "许知远", "--remark", "重发"]).success();
    let list = small.csv(&["bulletin", "list"]);
    assert_eq!((list[0]["state"].as_str(), list[0]["number"].as_str(), list[0]["reason"].as_str()), ("withdrawn", "云卫医〔2024〕1号", "重发"));
}
