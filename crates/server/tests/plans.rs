//! A plan over a small region: what the numbers say, what people enter, and what neither may do.
//!
//! The hospital reports 20 stays of March 2024, each of four days (entered on day d − 4, left on day
//! d); the township health centre reports nothing. The plan is read on 1 May 2024: March is closed
//! since 10 April, April is not until 10 May. 122 of the year's 366 days are over: 33.3 %.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod common;

use common::{SmallRegion, run};
use yizheng::api::desk::Desk;
use yizheng::api::dto::{
    AsOfQuery, NewPlanAssignment, NewPlanProgress, PlanHandling, PlanItem, PlanStatus, ProgressKind, Withdrawal,
};
use yizheng::app::Region;
use yizheng_pack::scope::Scope;

const PLAN: &str = "yunlan-2024";

const PACK: &str = "id = \"yunlan\"\nversion = \"1\"\nname = \"云澜市\"\npurpose = \"测试\"\n";

/// Items of one kind each.
const ITEMS: &str = r#"
id = "yunlan-2024"
name = "云澜市2024年医政工作要点"
status = "active"
purpose = "测试"
legal_basis = "云澜市2024年医政工作要点"
limits = "自拟"
place = "云澜市"
publisher = "云澜市卫生健康委员会"
year = 2024
from = 2024-01-01
to = 2024-12-31

[[chapter]]
number = "一"
title = "质量"

[[chapter]]
number = "二"
title = "其他"

[[item]]
number = "1"
chapter = "一"
title = "平均住院日"
demand = "控制平均住院日。"
capability = "C13"
lead = "医政科"
status_by = "target"
[[item.target]]
measures = "平均住院日"
operator = "at_most"
value = "4.0"
unit = "天"
indicator = "EFF01"

[[item]]
number = "2"
chapter = "一"
title = "出院人次"
demand = "出院人次达到100。"
capability = "C13"
status_by = "target"
[[item.target]]
measures = "出院人次"
operator = "at_least"
value = "100"
unit = "人次"
indicator = "FPX-DISCHARGES"

[[item]]
number = "3"
chapter = "一"
title = "三级医院平均住院日"
demand = "三级医院平均住院日约5天。"
capability = "C13"
status_by = "target"
[[item.target]]
measures = "三级医院平均住院日"
operator = "at_most"
value = "3.9"
unit = "天"
indicator = "EFF01"
levels = ["3"]

[[item]]
number = "4"
chapter = "二"
title = "应急预案"
demand = "修订预案。"
capability = "C10"
lead = "应急办"
status_by = "milestone"
[[item.milestone]]
by = 2024-03-31
title = "预案印发"
[[item.milestone]]
by = 2024-06-30
title = "完成演练"

[[item]]
number = "5"
chapter = "二"
title = "行风建设"
demand = "加强行风建设。"
capability = "C12"
lead = "医政科"
status_by = "task"

[[item]]
number = "6"
chapter = "二"
title = "次均费用"
demand = "住院次均费用3000元左右。"
capability = "C13"
lead = "医政科"
status_by = "target"
[[item.target]]
measures = "住院次均费用"
operator = "about"
value = "3000"
unit = "元"
indicator = "FIN04"

[[item]]
number = "7"
chapter = "二"
title = "机构校验"
demand = "按期校验。"
capability = "C03"
lead = "医政科"
status_by = "procedure"
procedure = "institution-verification"

[[item]]
number = "8"
chapter = "二"
title = "已废止的事"
demand = "只作记录。"
capability = "XL-a"
status_by = "excluded"
excluded = "依据已废止"
"#;

struct World {
    region: Region,
    small: SmallRegion,
}

fn world() -> World {
    let small = SmallRegion::new();
    small.add_pack("yunlan", &[("pack.toml", PACK), ("plans/yunlan-2024.toml", ITEMS)]);
    let file = small.front_pages("march.csv", 20, "2024-03");
    small.submit(&file, "2024-03").success();
    World { region: Region::open(&small.dir()).unwrap(), small }
}

fn whole() -> Scope {
    Scope::whole_region("监管员")
}

fn may() -> AsOfQuery {
    AsOfQuery { as_of: Some("2024-05-01".parse().unwrap()) }
}

impl World {
    fn item(&self, number: &str) -> PlanItem {
        self.region.plan_item(&whole(), PLAN, number, &may()).unwrap()
    }

    fn add(&self, number: &str, entry: NewPlanProgress) -> Result<PlanItem, String> {
        let added = self.region.add_plan_progress(&whole(), PLAN, number, entry);
        added.map_err(|error| error.problem().message.clone())
    }
}

fn entry(kind: ProgressKind, on: &str) -> NewPlanProgress {
    NewPlanProgress {
        on: on.parse().unwrap(),
        kind,
        milestone: None,
        person: "张三".to_owned(),
        text: "已按要求完成有关工作".to_owned(),
        evidence: "云卫医〔2024〕3号".to_owned(),
    }
}

#[test]
fn every_item_says_why() {
    let world = world();
    let rows = world.region.plan_items(&whole(), PLAN, &may()).unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.number.as_str(), row.status, row.reason.as_str())).collect();
    assert_eq!(told, [
        // 20 × 4 days over 20 stays.
        ("1", PlanStatus::Met, "2024年第1季度 4.00天，达到目标 ≤4.0天"),
        // 20 of 100 in 33.3 % of the time; one closed month is too few for a line.
        ("2", PlanStatus::Behind, "2024年第1季度 20人次，尚未达到目标 ≥100人次；已结账的月份只有 1 个，少于 6 个，不能预测，按时间进度应完成 33%，实际完成 20%"),
        ("3", PlanStatus::OnCourse, "2024年第1季度，所指的 1 家机构中 0 家达到目标 ≤3.9天；尚未达到但有可能达到 1 家：云澜市第一人民医院（4.00天）"),
        // 31 March to 1 May: 31 days, one more than the 30 of grace.
        ("4", PlanStatus::Overdue, "2 个节点完成 0 个；“预案印发”应于 2024年3月31日 前完成，已超 31 天"),
        ("5", PlanStatus::Judgement, "进展由牵头科室填报，须人工判定"),
        ("6", PlanStatus::Judgement, "“左右”没有写明容许范围（约3000元），2024年第1季度 3,000.00元，须人工判定"),
        ("7", PlanStatus::NotMeasured, "办理事项“医疗机构校验”尚未上线，不能自动反映进展"),
        ("8", PlanStatus::Excluded, "依据已废止"),
    ]);
    let plan = world.region.plan(&whole(), PLAN, &may()).unwrap();
    let counts = plan.head.counts;
    assert_eq!((counts.items, counts.met, counts.behind, counts.overdue, counts.on_course), (8, 1, 1, 1, 1));
    assert_eq!((counts.judgement, counts.not_measured, counts.excluded), (2, 1, 1));
    assert_eq!(plan.chapters.iter().map(|chapter| chapter.light).collect::<Vec<_>>(), [PlanStatus::Behind, PlanStatus::Overdue]);
    assert!((plan.elapsed - 100.0 * 122.0 / 366.0).abs() < 1e-9);
    assert!(plan.head.current);

    let first = world.item("1");
    let target = &first.targets[0];
    assert_eq!((target.value, target.value_display.as_deref(), target.period.as_deref()), (Some(4.0), Some("4.00天"), Some("2024-Q1")));
    // The township owes its three months: the value may still change.
    assert!(target.provisional);
    assert_eq!(target.series.iter().map(|point| (point.period.as_str(), point.value)).collect::<Vec<_>>(), [("2024-01", None), ("2024-02", None), ("2024-03", Some(4.0))]);
    assert_eq!((target.line, target.link.as_deref()), (Some(4.0), Some("/indicators/EFF01?period=2024-Q1")));
    let missed: Vec<_> = world.item("3").targets[0].missed_by.iter().map(|one| (one.institution.name.clone(), one.display.clone())).collect();
    assert_eq!(missed, [("云澜市第一人民医院".to_owned(), "4.00天".to_owned())]);
    assert_eq!((first.previous, first.next.as_deref()), (None, Some("2")));
}

#[test]
fn people_enter_and_withdraw() {
    let world = world();
    let done = NewPlanProgress { milestone: Some(1), ..entry(ProgressKind::MilestoneDone, "2024-04-02") };
    world.add("4", done.clone()).unwrap();
    let item = world.item("4");
    assert_eq!(item.row.status, PlanStatus::OnCourse);
    assert_eq!(item.row.reason, "2 个节点完成 1 个，到期的均已完成；下一个是“完成演练”（2024年6月30日前）");
    assert_eq!(item.milestones[0].done_on, Some("2024-04-02".parse().unwrap()));
    assert_eq!(world.add("4", done).unwrap_err(), "第 1 个节点已于 2024年4月2日 由张三报告完成。");
    let id = item.progress[0].id.clone();
    let reason = |text: &str| Withdrawal { reason: text.to_owned() };
    assert!(world.region.withdraw_plan_progress(&whole(), PLAN, "5", &id, reason("错")).is_err());
    world.region.withdraw_plan_progress(&whole(), PLAN, "4", &id, reason("文号有误")).unwrap();
    let item = world.item("4");
    assert_eq!((item.row.status, item.progress[0].withdrawn.as_deref()), (PlanStatus::Overdue, Some("文号有误")));

    // A judgement decides what only people can judge.
    world.add("5", entry(ProgressKind::JudgedMet, "2024-04-20")).unwrap();
    assert_eq!((world.item("5").row.status, world.item("5").row.reason.as_str()), (PlanStatus::Met, "人工判定：完成，张三，2024年4月20日"));
    // The day counts: on 1 April it was not judged yet.
    let april = AsOfQuery { as_of: Some("2024-04-01".parse().unwrap()) };
    assert_eq!(world.region.plan_item(&whole(), PLAN, "5", &april).unwrap().row.status, PlanStatus::Judgement);

    // Handling stands beside the status and never changes it.
    world.add("2", entry(ProgressKind::Supervision, "2024-04-25")).unwrap();
    assert_eq!(world.item("2").row.handling, PlanHandling::Unassigned);
    let new = NewPlanAssignment { lead: "医政科".to_owned(), with: vec![" ".to_owned()], person: "李四".to_owned(), deadline: None, note: String::new() };
    world.region.assign_plan_item(&whole(), PLAN, "2", new).unwrap();
    let item = world.item("2");
    assert_eq!((item.row.handling, item.row.person.as_deref(), item.row.with.len()), (PlanHandling::Supervised, Some("李四"), 0));
    world.add("2", entry(ProgressKind::Closed, "2024-04-28")).unwrap();
    assert_eq!((world.item("2").row.handling, world.item("2").row.status), (PlanHandling::Closed, PlanStatus::Behind));
    world.add("2", entry(ProgressKind::Reopened, "2024-04-29")).unwrap();
    assert_eq!(world.item("2").row.handling, PlanHandling::Supervised);
}

#[test]
fn what_is_wrong_is_refused_with_the_reason() {
    let world = world();
    let told = |number: &str, entry: NewPlanProgress| world.add(number, entry).unwrap_err();
    let progress = || entry(ProgressKind::Progress, "2024-04-20");
    assert!(told("1", entry(ProgressKind::Progress, "2999-01-01")).contains("在今天之后"));
    assert!(told("1", entry(ProgressKind::Progress, "2023-12-31")).contains("早于本工作要点的开始日期"));
    assert_eq!(told("1", NewPlanProgress { person: " ".to_owned(), ..progress() }), "没有填写责任人姓名。");
    assert_eq!(told("1", NewPlanProgress { text: String::new(), ..progress() }), "没有填写进展情况。");
    assert_eq!(told("5", NewPlanProgress { evidence: String::new(), ..entry(ProgressKind::JudgedMet, "2024-04-20") }), "没有填写依据。");
    assert_eq!(told("4", entry(ProgressKind::MilestoneDone, "2024-04-20")), "没有指明是哪个节点。");
    assert_eq!(told("4", NewPlanProgress { milestone: Some(3), ..entry(ProgressKind::MilestoneDone, "2024-04-20") }), "本事项没有第 3 个节点。");
    let short = NewPlanProgress { text: "完成".to_owned(), ..entry(ProgressKind::Closed, "2024-04-20") };
    assert!(told("2", short).starts_with("该事项尚未完成："));
    assert!(told("1", entry(ProgressKind::Reopened, "2024-04-20")).contains("没有销号"));
    assert!(told("4", entry(ProgressKind::JudgedMet, "2024-04-20")).starts_with("该事项由平台自动判断"));
    assert!(told("8", progress()).contains("只作记录"));
    assert!(told("99", progress()).contains("没有找到"));
    let other = Scope::institutions("other", [common::HOSPITAL.to_owned()]);
    assert_eq!(world.region.plans(&other, &may()).unwrap_err().status().as_u16(), 403);
    assert_eq!(world.region.add_plan_progress(&other, PLAN, "1", progress()).unwrap_err().status().as_u16(), 403);
    let late = NewPlanAssignment { lead: "医政科".to_owned(), with: Vec::new(), person: "李四".to_owned(), deadline: Some("2025-01-01".parse().unwrap()), note: String::new() };
    assert!(world.region.assign_plan_item(&whole(), PLAN, "1", late).unwrap_err().problem().message.contains("不在本工作要点的执行期内"));
}

#[test]
fn the_command_line_prints_the_same() {
    let world = world();
    let rows = world.small.csv(&["plan", "status", "--plan", PLAN, "--as-of", "2024-05-01"]);
    assert_eq!(rows.len(), 8);
    assert_eq!((rows[0]["status"].as_str(), rows[0]["value"].as_str(), rows[0]["target"].as_str()), ("已完成", "4.00天", "平均住院日≤4.0天"));
    let plans = world.small.csv(&["plan", "status", "--as-of", "2024-05-01"]);
    let mine = plans.iter().find(|row| row["plan"] == PLAN).unwrap();
    assert_eq!((mine["current"].as_str(), mine["behind"].as_str()), ("true", "1"));
    run(&["plan", "status", "--data", "/nowhere"]).exits(2);
}
