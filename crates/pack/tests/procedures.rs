//! Registers, procedures and deadlines: what is read, and what is refused with which words.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use chrono::NaiveDate;
use common::{head, loaded, refused, with};
use yizheng_pack::load::Layer;
use yizheng_pack::procedure::{Begins, Effect, End, Role, Turn};
use yizheng_pack::register::EntryKind;
use yizheng_pack::term::{Calendar, Term, Unit};

fn states() -> String {
    head("ENTRY_STATES", "active")
        + r#"version = "1"
entries = [
  { code = "in_force", name = "有效", attributes = { practises = "yes", final = "no" } },
  { code = "postponed", name = "暂缓校验", attributes = { practises = "no", final = "no" } },
  { code = "cancelled", name = "已注销", attributes = { practises = "no", final = "yes" } },
]
"#
}

fn register() -> String {
    head("licence", "active")
        + r#"entry = "institution"
kept_by = "电子化注册系统"
key = ["CODE"]
called = "NAME"
institution = "CODE"
state = "STATE"
states = ["in_force", "postponed", "cancelled"]
from = "SINCE"
to = "UNTIL"
validity = { unit = "year", values = [ { from = 1994-09-01, amount = 15, source = "甲" } ] }
listed = ["CODE", "NAME"]
field = [
  { id = "CODE", name = "登记号", type = "text", required = "must", privacy = "plain", column_required = true },
  { id = "NAME", name = "名称", type = "text", required = "must", privacy = "plain" },
  { id = "STATE", name = "状态", type = "code(ENTRY_STATES)", required = "must", privacy = "plain" },
  { id = "SINCE", name = "有效期起", type = "date", required = "must", privacy = "plain" },
  { id = "UNTIL", name = "有效期止", type = "date", required = "optional", privacy = "plain" },
]
"#
}

const VERIFICATION: &str = r#"register = "licence"
about = "institution"
opened_by = ["hospital"]
number = "校〔{year}〕{serial}号"

[[form]]
id = "application"
name = "申请书"
field = [ { id = "BEDS", name = "床位", type = "integer", required = "must", privacy = "plain" } ]

[[form]]
id = "outcome"
name = "结论"
field = [
  { id = "FIRST_DAY", name = "暂缓起", type = "date", required = "must", privacy = "plain" },
  { id = "LAST_DAY", name = "暂缓止", type = "date", required = "must", privacy = "plain" },
]

[[material]]
id = "summary"
name = "年度总结"
required = "must"
source = "甲"

[[clock]]
id = "review"
name = "审查期限"
starts = "accept"
stops = ["pass", "postpone"]
unit = "day"
values = [ { from = 2009-06-15, amount = 30, source = "甲" } ]
mark = "known"

[[clock]]
id = "apply"
name = "申请期限"
before = "UNTIL"
unit = "month"
values = [ { from = 2009-06-15, amount = 3, source = "甲" } ]
mark = "known"

[[state]]
id = "submitted"
name = "待受理"
owner = "clerk"

[[state]]
id = "reviewing"
name = "审查中"
owner = "reviewer"

[[state]]
id = "passed"
name = "合格"
end = "granted"

[[state]]
id = "postponed"
name = "暂缓"
end = "refused"

[[step]]
id = "accept"
name = "受理"
from = ["submitted"]
to = "reviewing"
by = ["clerk"]
needs = ["summary"]
letter = "accepted"

[[step]]
id = "pass"
name = "校验合格"
from = ["reviewing"]
to = "passed"
by = ["reviewer"]
countersign = ["leader"]
effect = [ { do = "prolong", field = "UNTIL", unit = "year", amount = 1 } ]

[[step]]
id = "postpone"
name = "暂缓校验"
from = ["reviewing"]
to = "postponed"
by = ["reviewer"]
form = "outcome"
opinion = "must"
effect = [ { do = "state", to = "postponed", from = "FIRST_DAY", until = "LAST_DAY" } ]

[[letter]]
id = "accepted"
name = "受理通知书"
to = "{applicant}"
body = "现予受理，{deadline:review}前作出决定。核定床位{field:BEDS}张。"
"#;

fn procedure() -> String {
    head("verification", "active") + VERIFICATION
}

fn layer(register: &str, procedure: &str) -> Layer {
    with(&[
        ("codelists/ENTRY_STATES.toml", &states()),
        ("registers/licence/register.toml", register),
        ("procedures/verification.toml", procedure),
    ])
}

#[test]
fn a_register_and_a_procedure_on_it() {
    let pack = loaded(&[layer(&register(), &procedure())]);
    let licence = &pack.registers["licence"];
    assert_eq!(licence.entry, EntryKind::Institution);
    assert_eq!(&*licence.table.fields[licence.called.0].id, "NAME");
    assert_eq!(licence.validity[0].term, Term { amount: 15, unit: Unit::Year });
    assert!(pack.table("licence").is_some());

    let verification = &pack.procedures["verification"];
    assert_eq!(verification.states[0].turn, Turn::Of(Role::Clerk));
    assert_eq!(verification.state("passed").unwrap().turn, Turn::Ended(End::Granted));
    let steps: Vec<&str> = verification.steps_from("reviewing").map(|step| &*step.id).collect();
    assert_eq!(steps, ["pass", "postpone"]);
    assert_eq!(verification.clocks[0].begins, Begins::Step("accept".into()));
    assert_eq!(verification.clocks[0].to_string(), "30日内");
    assert_eq!(verification.clocks[1].begins, Begins::Before("UNTIL".into()));
    assert_eq!(verification.clocks[1].to_string(), "届满前3个月");
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    assert_eq!(verification.clocks[0].on(day("2009-06-14")), None);
    assert_eq!(verification.clocks[0].on(day("2009-06-15")).unwrap().amount, 30);
    let Effect::State { to, from, until } = &verification.steps[2].effects[0] else { panic!() };
    assert_eq!((&**to, from.as_deref(), until.as_deref()), ("postponed", Some("FIRST_DAY"), Some("LAST_DAY")));
}

/// One thing made wrong, and the words that say so.
#[test]
fn what_cannot_run_is_refused() {
    let (register, procedure) = (register(), procedure());
    let of_register = [
        ("type = \"code(ENTRY_STATES)\"", "type = \"text\"", "登记状态（state）应是 code(ENTRY_STATES) 的数据项"),
        ("\"postponed\", \"cancelled\"]", "\"postponned\"]", "没有登记状态“postponned”"),
        ("to = \"UNTIL\"", "to = \"NAME\"", "有效期的最后一日（to）应是日期"),
        ("to = \"UNTIL\"\n", "", "要指明有效期最后一日的数据项（to）"),
        ("called = \"NAME\"", "called = \"NAMES\"", "没有数据项“NAMES”"),
        ("amount = 15", "amount = 0", "期限应大于0"),
        ("from = \"SINCE\"", "from = \"NAME\"", "应为日期"),
    ];
    for (right, wrong, words) in of_register {
        assert!(register.contains(right), "{right}");
        let said = refused(&[layer(&register.replacen(right, wrong, 1), &procedure)]);
        assert!(said.contains(words), "{wrong}: {said}");
    }
    let of_procedure = [
        ("register = \"licence\"", "register = \"licenses\"", "没有登记簿“licenses”"),
        ("number = \"校〔{year}〕{serial}号\"", "number = \"校\"", "编号要有一处 {serial}"),
        ("starts = \"accept\"", "starts = \"acept\"", "没有步骤“acept”"),
        ("before = \"UNTIL\"", "before = \"NAME\"", "“NAME”是文本，应是日期"),
        ("mark = \"known\"", "mark = \"uncertain\"", "没有核实的期限"),
        ("amount = 30, source = \"甲\"", "amount = 30, source = \"\"", "“source”不能为空"),
        ("name = \"审查中\"\nowner = \"reviewer\"", "name = \"审查中\"", "要么写明轮到谁（owner），要么写明怎样办结（end）"),
        ("name = \"审查中\"\nowner = \"reviewer\"", "name = \"审查中\"\nowner = \"expert\"", "轮到专家，却没有一步由其办理"),
        ("to = \"reviewing\"", "to = \"submitted\"", "没有一步能到状态“审查中”"),
        ("end = \"granted\"", "owner = \"clerk\"", "状态“合格”没有下一步，又不是办结"),
        ("from = [\"submitted\"]", "from = [\"submitted\", \"passed\"]", "状态“合格”已经办结，不能再有步骤"),
        ("needs = [\"summary\"]", "needs = [\"report\"]", "没有材料“report”"),
        ("letter = \"accepted\"", "letter = \"acceptance\"", "没有文书“acceptance”"),
        ("form = \"outcome\"", "form = \"outcomes\"", "没有表单“outcomes”"),
        ("{deadline:review}", "{deadline:reviews}", "没有期限“reviews”"),
        ("{field:BEDS}", "{field:BED}", "没有表单的数据项“BED”"),
        ("to = \"{applicant}\"", "to = \"{aplicant}\"", "没有占位“aplicant”"),
        ("from = \"FIRST_DAY\", until", "from = \"BEDS\", until", "“BEDS”是整数，应是日期"),
        ("to = \"postponed\", from", "to = \"revoked\", from", "没有登记簿用到的状态“revoked”"),
        ("field = \"UNTIL\", unit", "field = \"CODE\", unit", "“CODE”是文本，应是日期"),
        ("countersign = [\"leader\"]", "countersign = [\"system\"]", "系统不能会签"),
        ("required = \"must\"\nsource = \"甲\"", "required = \"conditional\"\nsource = \"甲\"", "要写明什么情形（when）"),
    ];
    for (right, wrong, words) in of_procedure {
        assert!(procedure.contains(right), "{right}");
        let said = refused(&[layer(&register, &procedure.replacen(right, wrong, 1))]);
        assert!(said.contains(words), "{wrong}: {said}");
    }
    // A state that leads on for ever.
    let round = procedure
        .replacen("end = \"granted\"", "owner = \"clerk\"", 1)
        + "[[step]]\nid = \"again\"\nname = \"再审\"\nfrom = [\"passed\"]\nto = \"passed\"\nby = [\"clerk\"]\n";
    assert!(refused(&[layer(&register, &round)]).contains("从状态“合格”走不到办结"));
    // A new entry without what it must have.
    let creates = procedure.replacen("do = \"prolong\", field = \"UNTIL\", unit = \"year\", amount = 1", "do = \"create\", fields = { NAME = \"BEDS\" }", 1);
    assert!(refused(&[layer(&register, &creates)]).contains("新登记的一条缺少必填的数据项：CODE 登记号、SINCE 有效期起"));
    // Another case that nobody knows.
    let opens = procedure.replacen("do = \"prolong\", field = \"UNTIL\", unit = \"year\", amount = 1", "do = \"open\", procedure = \"penalties\"", 1);
    assert!(refused(&[layer(&register, &opens)]).contains("没有办理事项“penalties”"));
}

/// Worked out with the printed calendar: in 2025 the 1st to the 8th of October are off and Saturday
/// the 11th is worked on; for 2027 there is no notice yet.
#[test]
fn terms_end_on_the_day_of_the_law() {
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let off = (1..=8).map(|at| NaiveDate::from_ymd_opt(2025, 10, at).unwrap());
    let calendar = Calendar::new([2025, 2026], off, [day("2025-10-11")]);
    let cases = [
        // Thursday 9, Friday 10, Saturday 11, Monday 13, Tuesday 14.
        ("2025-09-30", 5, Unit::WorkingDay, "2025-10-14", false),
        // The 30th day is Sunday the 5th of October, in the holidays.
        ("2025-09-05", 30, Unit::Day, "2025-10-09", false),
        // A Saturday that is worked on is not rolled over.
        ("2025-10-01", 10, Unit::Day, "2025-10-11", false),
        // January has no counterpart of the 31st; the 28th of February 2025 is a Friday.
        ("2025-01-31", 1, Unit::Month, "2025-02-28", false),
        // The 29th of February 2028 and the years between have no notice.
        ("2026-02-28", 2, Unit::Year, "2028-02-28", true),
        ("2026-12-21", 20, Unit::WorkingDay, "2027-01-18", true),
        ("2025-10-03", 12, Unit::Hour, "2025-10-04", false),
        ("2025-10-03", 48, Unit::Hour, "2025-10-05", false),
    ];
    for (begin, amount, unit, end, provisional) in cases {
        let deadline = calendar.after(day(begin), Term { amount, unit }).unwrap();
        assert_eq!((deadline.day, deadline.provisional), (day(end), provisional), "{begin} + {amount} {unit:?}");
    }
    let before = |end: &str, amount, unit| calendar.before(day(end), Term { amount, unit }).unwrap().day;
    // Three months before the end of May is the end of February; a Saturday stays.
    assert_eq!(before("2026-05-31", 3, Unit::Month), day("2026-02-28"));
    assert_eq!(before("2025-10-14", 5, Unit::WorkingDay), day("2025-09-30"));
    assert_eq!(before("2025-10-14", 30, Unit::Day), day("2025-09-14"));
}

#[test]
fn a_calendar_that_contradicts_itself_is_refused() {
    let year = |off: &str, on: &str| format!("[[year]]\nyear = 2025\nsource = \"甲\"\noff = [{off}]\non = [{on}]\n");
    let with_calendar = |text: &str| with(&[("calendar.toml", text)]);
    let pack = loaded(&[with_calendar(&year("2025-01-01", "2025-01-26"))]);
    assert!(pack.calendar.knows(2025) && !pack.calendar.knows(2026));
    assert!(!pack.calendar.works("2025-01-01".parse().unwrap()) && pack.calendar.works("2025-01-26".parse().unwrap()));
    assert!(refused(&[with_calendar(&year("2025-01-01", "2025-01-01"))]).contains("既放假又上班"));
    assert!(refused(&[with_calendar(&year("2024-12-31", ""))]).contains("这一天不在2025年"));
    assert!(refused(&[with_calendar(&year("2025-01-01, 2025-01-01", ""))]).contains("日期重复"));
}
