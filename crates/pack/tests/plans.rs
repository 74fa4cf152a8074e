//! Work plans: what is read, as what, and what is refused with which words.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use chrono::NaiveDate;
use common::{head, loaded, refused, with};
use yizheng_pack::plan::{Operator, StatusBy, TargetKind};
use yizheng_pack::types::Value;

const INDICATOR: &str = "domain = \"运行效率\"\ndataset = \"stays\"\ndigits = 2\ndirection = \"down\"\nkind = \"mean\"\nvalue = \"B20\"\n[words]\nnumerator = \"分子\"\ndenominator = \"分母\"\n";

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// A plan of 2024 with two chapters and these items.
fn plan(items: &str) -> String {
    head("p-2024", "active")
        + "place = \"某县\"\npublisher = \"某县卫生局\"\nyear = 2024\nfrom = 2024-01-01\nto = 2024-12-31\n"
        + "[[chapter]]\nnumber = \"一\"\ntitle = \"质量\"\n[[chapter]]\nnumber = \"二\"\ntitle = \"服务\"\n"
        + items
}

/// The plan with one indicator, EFF01, beside it.
fn layers(plan: &str) -> [yizheng_pack::load::Layer; 1] {
    let indicator = head("EFF01", "trial") + INDICATOR;
    [with(&[("indicators/EFF01.toml", &indicator), ("plans/p-2024.toml", plan)])]
}

#[test]
fn a_plan_is_read() {
    let text = plan(
        r#"
[[item]]
number = "一(一)"
chapter = "一"
title = "平均住院日"
demand = "缩短住院日。"
actors = ["二级医院"]
capability = "C13"
also = ["C06"]
lead = "医政科"
with = ["统计室"]
deadline = 2024-11-30
status_by = "target"
indicators = ["EFF01"]

[[item.target]]
measures = "平均住院日"
operator = "at_most"
value = "8.50"
unit = "天"
aspirational = true
quote = "8.5天以下"
indicator = "EFF01"
levels = ["2"]

[[item.target]]
measures = "院感专职人员"
operator = "at_least"
value = "1"
unit = "名"
per = "250张床"
by = 2024-06-30

[[item.target]]
measures = "路径病种"
operator = "between"
value = "1"
high = "2"
unit = "种"
from = 2010-12-31

[[item.target]]
measures = "临床路径"
operator = "all"

[[item.target]]
measures = "控制指标"
operator = "unstated"

[[item.milestone]]
by = 2024-03-31
title = "方案印发"
[[item.milestone]]
by = 2024-11-30
title = "总结"

[[item]]
number = "二(一)"
chapter = "二"
title = "已废止的事"
demand = "只作记录。"
capability = "XL-a"
status_by = "excluded"
excluded = "依据已废止"

[[item.target]]
measures = "某率"
operator = "at_least"
value = "94"
unit = "%"
"#,
    );
    let pack = loaded(&layers(&text));
    let plan = &pack.plans["p-2024"];
    assert_eq!((plan.year, plan.from, plan.to), (2024, day(2024, 1, 1), day(2024, 12, 31)));
    assert_eq!(plan.chapter("二").unwrap().title, "服务");
    assert!(plan.covers(day(2024, 12, 31)) && !plan.covers(day(2025, 1, 1)));
    let item = plan.item("一(一)").unwrap();
    assert_eq!(item.deadline, day(2024, 11, 30));
    assert_eq!((item.lead.as_deref(), item.status_by), (Some("医政科"), StatusBy::Target));
    assert_eq!(item.milestones.iter().map(|m| m.by).collect::<Vec<_>>(), [day(2024, 3, 31), day(2024, 11, 30)]);

    let target = &item.targets[0];
    // The digits stay as written.
    assert_eq!(target.value, Some(Value::Number { units: 850, scale: 2 }));
    assert_eq!((target.operator, target.kind), (Operator::AtMost, TargetKind::Target));
    // From the plan's first day until the item's deadline.
    assert_eq!((target.from, target.by), (day(2024, 1, 1), day(2024, 11, 30)));
    assert_eq!(item.targets[1].by, day(2024, 6, 30));
    assert_eq!(item.targets[2].from, day(2010, 12, 31));
    let shown: Vec<String> = item.targets.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["力争≤8.50天", "每250张床≥1名", "1–2种", "全部", "未写明数值"]);
    let kinds: Vec<TargetKind> = item.targets.iter().map(|target| target.kind).collect();
    assert_eq!(kinds[2..], [TargetKind::Target, TargetKind::Universal, TargetKind::Unvalued]);

    let excluded = plan.item("二(一)").unwrap();
    assert_eq!(excluded.excluded.as_deref(), Some("依据已废止"));
    // The item names no day: the plan's last.
    assert_eq!(excluded.deadline, day(2024, 12, 31));
    assert_eq!(excluded.targets[0].kind, TargetKind::Excluded);
}

#[test]
fn a_plan_is_no_part_of_what_is_computed() {
    let item = "[[item]]\nnumber = \"1\"\nchapter = \"一\"\ntitle = \"甲\"\ndemand = \"乙\"\ncapability = \"TK\"\nstatus_by = \"task\"\n";
    let one = loaded(&layers(&plan(item)));
    let other = loaded(&layers(&plan(&item.replace("乙", "丙"))));
    assert_eq!(one.fingerprint, other.fingerprint);
}

#[test]
fn wrong_plans_are_refused() {
    let text = plan(
        r#"
[[item]]
number = "1"
chapter = "三"
title = "甲"
demand = " "
capability = "C15"
deadline = 2025-01-01
status_by = "target"
indicators = ["EFF1"]

[[item]]
number = "1"
chapter = "一"
title = "乙"
demand = "做。"
capability = "C01"
status_by = "procedure"
excluded = "理由"

[[item.target]]
measures = "某率"
operator = "at_least"
unit = "%"

[[item.target]]
measures = "某率"
operator = "all"
value = "90"

[[item.target]]
measures = "某率"
operator = "between"
value = "2"
high = "2.0"

[[item.target]]
measures = "某率"
operator = "exactly"
value = "九成"
high = "3"

[[item.target]]
measures = "某率"
operator = "exactly"
value = "1"
from = 2024-07-01
by = 2024-06-30
kind = "excluded"

[[item.milestone]]
by = 2024-06-30
title = "后"
[[item.milestone]]
by = 2024-03-31
title = "前"

[[item]]
number = "3"
chapter = "一"
title = "丙"
demand = "做。"
capability = "XL-a"
status_by = "excluded"
register = "institution"

[[item.target]]
measures = "某率"
operator = "exactly"
value = "1"
indicator = "EFF01"
kind = "target"

[[item]]
number = "4"
chapter = "一"
title = "丁"
demand = "做。"
capability = "C01"
status_by = "register"
"#,
    );
    assert_eq!(
        refused(&layers(&text)),
        "\
p/plans/p-2024.toml:21:11: 没有章“三”
    提示：可以写：一、二
p/plans/p-2024.toml:23:10: “demand”不能为空
p/plans/p-2024.toml:24:14: 没有能力代码“C15”
    提示：是不是“C05”？
p/plans/p-2024.toml:25:12: deadline 应在 2024-01-01 到 2024-12-31 之间
p/plans/p-2024.toml:26:13: 看目标值（target）的事项要有 [[item.target]]
p/plans/p-2024.toml:27:15: 没有指标“EFF1”
    提示：是不是“EFF01”？
p/plans/p-2024.toml:30:10: 事项“1”重复
p/plans/p-2024.toml:35:13: 看办理（procedure）的事项要写 procedure
p/plans/p-2024.toml:36:12: 写了不纳入的理由
    提示：status_by 应为 \"excluded\"
p/plans/p-2024.toml:40:12: 这种目标值要写 value
p/plans/p-2024.toml:46:9: 全部（all）和未写明（unstated）不写 value
p/plans/p-2024.toml:52:8: high 应大于 value
p/plans/p-2024.toml:57:9: “九成”不是数字
p/plans/p-2024.toml:58:8: 只有区间（between）写 high
p/plans/p-2024.toml:64:8: 目标值的 from 晚于它的期限
p/plans/p-2024.toml:66:8: kind = \"excluded\" 只用于、也必须用于不纳入的事项
p/plans/p-2024.toml:72:6: 各节点应由早到晚
p/plans/p-2024.toml:81:13: 不纳入（excluded）的事项要在 excluded 中写明理由
p/plans/p-2024.toml:82:12: 不纳入的事项不能有“register”
p/plans/p-2024.toml:88:13: 不纳入的事项不能有“indicator”
p/plans/p-2024.toml:89:8: kind = \"excluded\" 只用于、也必须用于不纳入的事项
p/plans/p-2024.toml:97:13: 看登记（register）的事项要写 register"
    );
}

#[test]
fn misspelt_words_are_told_with_the_nearest() {
    let item = "[[item]]\nnumber = \"1\"\nchapter = \"一\"\ntitle = \"甲\"\ndemand = \"乙\"\ncapability = \"C01\"\nstatus_by = \"target\"\n[[item.target]]\nmeasures = \"率\"\noperator = \"atleast\"\n";
    assert_eq!(
        refused(&layers(&plan(item))),
        "p/plans/p-2024.toml:27:12: 不认识的值“atleast”\n    提示：是不是“at_least”？"
    );
    let late = plan("").replace("to = 2024-12-31", "to = 2023-12-31");
    assert_eq!(refused(&layers(&late)), "p/plans/p-2024.toml:11:6: 工作要点的 to 早于 from");
    let year = plan("").replace("year = 2024", "year = 2023");
    assert_eq!(
        refused(&layers(&year)),
        "p/plans/p-2024.toml:1:1: 工作要点没有事项（[[item]]）\np/plans/p-2024.toml:9:8: 年度 2023 不在 from 到 to 之间"
    );
}
