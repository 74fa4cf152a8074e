//! The expression language: what is read, as what, and what is refused with which words.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::collections::BTreeSet;

use yizheng_pack::Pack;
use yizheng_pack::dataset::{At, Cell, GroupIx, MemberIx};
use yizheng_pack::expr::{Context, Expr, ExprError, Mode, expression};

#[derive(Debug)]
struct Small {
    pack: Pack,
    declared: BTreeSet<String>,
}

impl Small {
    fn new() -> Self {
        let percent = "type = \"percent\"\nunit = \"%\"\nvalues = [ { from = 2020-01-01, value = \"7.5\", source = \"甲\" } ]\n";
        let fee_rise = common::head("fee_rise", "active") + percent;
        let pack = common::loaded(&[common::with(&[("parameters/fee_rise.toml", &fee_rise)])]);
        let declared = pack.codelists.keys().chain(pack.awaited.keys()).map(ToString::to_string).collect();
        Self { pack, declared }
    }

    fn read(&self, text: &str, mode: Mode, it: Option<At>) -> Result<Expr, ExprError> {
        let context = Context {
            dataset: &self.pack.datasets["stays"],
            codelists: &self.pack.codelists,
            declared: &self.declared,
            parameters: &self.pack.parameters,
            mode,
            it,
        };
        expression(text, &context)
    }

    /// The expression as it is understood, with its type.
    fn understood(&self, text: &str, mode: Mode, it: Option<At>) -> String {
        match self.read(text, mode, it) {
            Ok(expr) => format!("{} : {}", expr.canonical(&self.pack.datasets["stays"]), expr.ty),
            Err(error) => match &error.help {
                Some(help) => format!("{error} | {help}"),
                None => error.to_string(),
            },
        }
    }
}

#[track_caller]
fn understood(mode: Mode, it: Option<At>, table: &[(&str, &str)]) {
    let small = Small::new();
    let wrong: Vec<String> = table
        .iter()
        .map(|(text, expected)| (text, expected, small.understood(text, mode, it)))
        .filter(|(_, expected, got)| got != *expected)
        .map(|(text, expected, got)| format!("{text}\n  expected {expected}\n  got      {got}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn forms() {
    understood(
        Mode::Check,
        None,
        &[
            ("A14 = 3", "(A14 = 3) : bool"),
            ("A14 <> 3 AND not A14 > 5", "((A14 <> 3) and not (A14 > 5)) : bool"),
            ("A14 != 3", "(A14 <> 3) : bool"),
            ("A14 = 1 or A14 = 2 or A14 = 3", "((A14 = 1) or (A14 = 2) or (A14 = 3)) : bool"),
            ("A14 = 1 or A14 = 2 and A49 = 3", "((A14 = 1) or ((A14 = 2) and (A49 = 3))) : bool"),
            ("A14 = 1 and (A14 = 2 and A49 = 3)", "((A14 = 1) and (A14 = 2) and (A49 = 3)) : bool"),
            ("A14 between 0 and 130 and A49 > 0", "(((A14 >= 0) and (A14 <= 130)) and (A49 > 0)) : bool"),
            ("A14 not between 0 and 130", "not ((A14 >= 0) and (A14 <= 130)) : bool"),
            ("A12C in ('1', '2')", "(A12C in ('1', '2')) : bool"),
            ("A14 not in (-1, 0)", "not (A14 in (-1, 0)) : bool"),
            ("A13 is null or A20 is not null", "((A13 is null) or (A20 is not null)) : bool"),
            ("date(B12) <= date '2024-02-29'", "(date(B12) <= date '2024-02-29') : bool"),
            ("A14 + A49 * 2 - 1", "((A14 + (A49 * 2)) - 1) : integer"),
            (
                "case when A14 < 1 then 'a' when A14 < 2 then null else 'b' end",
                "case when (A14 < 1) then 'a' when (A14 < 2) then null else 'b' end : text",
            ),
            ("case A12C when '1' then 1 else 2.5 end", "case when (A12C = '1') then 1.0 else 2.5 end : decimal(1)"),
            ("param('long_stay_days') < B20", "(param('long_stay_days') < B20) : bool"),
            ("submission.received_at >= B15", "(submission.received_at >= B15) : bool"),
            ("contains(institution.codes, A01)", "contains(institution.codes, A01) : bool"),
            ("contains_prefix(institution.subjects, B16C, 2)", "contains_prefix(institution.subjects, B16C, 2) : bool"),
            ("'it''s' = A01", "('it''s' = A01) : bool"),
            ("true", "true : bool"),
        ],
    );
}

#[test]
fn numbers_come_to_one_scale() {
    understood(
        Mode::Check,
        None,
        &[
            ("D01 > 0", "(D01 > 0.00) : bool"),
            ("D01 > 0.5", "(D01 > 0.50) : bool"),
            ("hours(B12, B15) > A14", "(hours(B12, B15) > (A14 * 1.00)) : bool"),
            ("A14 > 1.5", "((A14 * 1.0) > 1.5) : bool"),
            ("A14 + 0.25", "((A14 * 1.00) + 0.25) : decimal(2)"),
            ("D01 * 0.01", "(D01 * 0.01) : money(4)"),
            ("D01 + D01 * 0.1", "((D01 * 1.0) + (D01 * 0.1)) : money(3)"),
            ("coalesce(D11, 0)", "coalesce(D11, 0.00) : money"),
            ("case when A14 > 1 then D01 when A14 > 0 then null else 0 end", "case when (A14 > 1) then D01 when (A14 > 0) then null else 0.00 end : money"),
            ("param('fee_rise') + 0.5", "(param('fee_rise') + 0.50) : percent"),
            ("param('fee_rise') * 0.01", "(param('fee_rise') * 0.01) : decimal(4)"),
            ("0.010 * param('fee_rise')", "(0.010 * param('fee_rise')) : decimal(5)"),
            ("D11 * (param('fee_rise') * 0.01)", "(D11 * (param('fee_rise') * 0.01)) : money(6)"),
            ("greatest(A14, 1)", "greatest(A14, 1) : integer"),
            ("D01 in (1, 2.5)", "(D01 in (1.00, 2.50)) : bool"),
            ("A14 in (1.0)", "(A14 in (1)) : bool"),
            ("hours(B12, B15) < 24", "(hours(B12, B15) < 24.00) : bool"),
            ("A14 in (1.5)", "1:9: 整数永远不会等于 1.5"),
            ("D01 * 0.01 * 0.01 * 0.1", "1:1: 结果有 7 位小数，最多 6 位"),
            ("D01 > 99999999999999999999", "1:7: “99999999999999999999”不是整数或小数，或太大"),
            ("D01 > 999999999999999999", "1:7: 数字太大"),
        ],
    );
}

#[test]
fn groups() {
    understood(
        Mode::Check,
        None,
        &[
            ("any(operation, level = 4)", "any(operation, (level = 4)) : bool"),
            (
                "A14 > 1 and any(operation, date >= date(B12))",
                "((A14 > 1) and any(operation, (date >= date(B12)))) : bool",
            ),
            (
                "A14 = 1 and all(diagnosis, code is not null)",
                "((A14 = 1) and all(diagnosis, (code is not null))) : bool",
            ),
            (
                "max(diagnosis, slot) = count(diagnosis, slot > 0)",
                "(max(diagnosis, slot) = count(diagnosis, (slot > 0))) : bool",
            ),
            ("count(operation)", "count(operation, true) : integer"),
            ("sum(operation, level)", "sum(operation, level) : integer"),
            ("min(operation, date) < date(B15)", "(min(operation, date) < date(B15)) : bool"),
            ("repeats(diagnosis, code)", "repeats(diagnosis, code) : bool"),
            ("not repeats(operation, pair(code, date))", "not repeats(operation, pair(code, date)) : bool"),
            (
                "level > 1",
                "1:1: 没有数据项“level” | “level”是重复组 operation 的数据项，要写在 any(operation, …) 之类的括号中",
            ),
            (
                "operation is null",
                "1:1: 没有数据项“operation” | “operation”是重复组：写作 any(operation, …)、all(operation, …)、count(operation, …)",
            ),
            (
                "C06x02C is null",
                "1:1: 没有数据项“C06x02C” | 重复组中的单个数据项不能直接写：用 any(组, slot = 1 and …)",
            ),
            ("any(operations, level = 4)", "1:5: 没有重复组“operations” | 是不是“operation”？"),
            ("any(A14 > 1, level = 4)", "1:5: 此处应为重复组：diagnosis、operation"),
            ("any(operation, level)", "1:16: 此处应为条件（真或假），实际是整数"),
            ("max(operation, code)", "1:16: 此处应为数字或日期，实际是文本"),
            ("any(diagnosis, any(operation, level = 4))", "1:20: any、all、count 等不能嵌套"),
            ("pair(A01, A48) = 'x'", "1:1: pair 的参数不对 | 写作 repeats(组, pair(值, 值))"),
        ],
    );
}

#[test]
fn functions_take_what_fits() {
    understood(
        Mode::Check,
        None,
        &[
            ("icd(C03C, 'c00-c97', 'D25')", "icd(C03C, 'C00-C97', 'D25') : bool"),
            ("operation(C14x01C, '98.16-98.17')", "operation(C14x01C, '98.16-98.17') : bool"),
            ("matches(A01, '\\d{6}|H''x')", "matches(A01, '\\d{6}|H''x') : bool"),
            ("starts_with(C03C, 'S', 'T')", "starts_with(C03C, 'S', 'T') : bool"),
            ("listed(A12C)", "listed(A12C, 'RC001') : bool"),
            ("listed(C03C, 'ICD10')", "listed(C03C, 'ICD10') : bool"),
            ("listed_all(A01, 'RC001', ',')", "listed_all(A01, 'RC001', ',') : bool"),
            (
                "list_attribute(C14x01C, 'GRADES', 'level') = '2'",
                "(list_attribute(C14x01C, 'GRADES', 'level') = '2') : bool",
            ),
            ("substring(C03C, 1, 3)", "substring(C03C, 1, 3) : text"),
            ("A14 = full_years(A13, date(B12))", "(A14 = full_years(A13, date(B12))) : bool"),
            ("year(A13) > 1870", "(year(A13) > 1870) : bool"),
            ("id_sex(A20) = A12C", "(id_sex(A20) = A12C) : bool"),
            ("id_birth(A20) = A13 and id_valid(A20)", "((id_birth(A20) = A13) and id_valid(A20)) : bool"),
            ("empty(A20) or dash(A20) or malformed(A14)", "(empty(A20) or dash(A20) or malformed(A14)) : bool"),
            ("length(A20) in (15, 18)", "(length(A20) in (15, 18)) : bool"),
            ("abs(D01 - D11)", "abs((D01 - D11)) : money"),
            ("icd(C03C, 'C97-C00')", "1:11: “C97-C00”不是编码或编码范围 | 写作 'C00-C97' 或 'D25'"),
            ("icd(C03C, '12')", "1:11: “12”不是编码或编码范围 | 写作 'C00-C97' 或 'D25'"),
            ("icd(C03C)", "1:1: icd 的参数不对 | 写作 icd(编码, 'C00-C97', 'D25', …)"),
            ("icd(A14, 'C00')", "1:5: 此处应为文本，实际是整数"),
            ("days(B12, B15)", "1:6: 此处应为日期，实际是日期时间 | 日期时间先取日期：date(x)"),
            ("days('2024-01-01', A13)", "1:6: 此处应为日期，实际是文本 | 日期写作 date '2024-01-01'"),
            ("empty(A14 + 1)", "1:7: empty 的括号中应是一个数据项"),
            ("listed(C03C)", "1:8: 不是代码数据项，要写明代码表 | listed(x, '代码表编号')"),
            ("listed(C03C, 'ICD')", "1:14: 没有代码表“ICD” | 是不是“ICD10”？"),
            (
                "listed(C03C, 'OPERATION_TYPES')",
                "1:14: 没有代码表“OPERATION_TYPES” | 要由地区包提供的，在 codelists/OPERATION_TYPES.toml 中写 status = \"draft\"",
            ),
            (
                "list_attribute(C03C, 'GRADES', 'levels') = '2'",
                "1:32: 代码表 GRADES 没有属性“levels” | 是不是“level”？",
            ),
            ("substring(C03C, 0, 3)", "1:17: 此处应为 1 到 255 的整数常量"),
            ("param('long_stay')", "1:7: 没有参数“long_stay” | 是不是“long_stay_days”？"),
            ("full_year(A13, A13)", "1:1: 没有函数“full_year” | 是不是“full_years”？"),
            ("Abs(A14)", "1:1: 没有函数“Abs” | 是不是“abs”？"),
            ("drop_table(A14)", "1:1: 没有函数“drop_table”"),
            ("matches(A01, '(')", "1:14: 正则表达式有误：unclosed group"),
            ("matches(A01, 'a)|(b')", "1:14: 正则表达式有误：unopened group"),
        ],
    );
}

#[test]
fn codes_stand_in_their_list() {
    understood(
        Mode::Check,
        None,
        &[
            ("A12C = '1'", "(A12C = '1') : bool"),
            ("A12C = '01'", "1:8: 代码表 RC001 把“01”写作“1” | 写 '1'"),
            ("A12C in ('1', '3')", "1:15: 代码表 RC001 没有代码“3” | 是不是“1”？"),
            ("A12C = '女'", "1:8: 代码表 RC001 没有代码“女” | “女”的代码是 '2'"),
            ("A12C in ('1', '1')", "1:15: “1”重复"),
        ],
    );
}

#[test]
fn types_are_not_mixed() {
    understood(
        Mode::Check,
        None,
        &[
            ("A14 = '3'", "1:7: 整数不能与文本比较或并列 | 数字不加引号：3"),
            ("A12C = 1", "1:8: 代码（RC001）不能与整数比较或并列 | 文本和代码加单引号：'1'"),
            ("A13 = '2024-01-01'", "1:7: 日期不能与文本比较或并列 | 日期写作 date '2024-01-01'"),
            ("A13 <= B12", "1:8: 日期不能与日期时间比较或并列 | 日期时间先取日期：date(x)"),
            (
                "B12 >= '2024-01-01'",
                "1:8: 日期时间不能与文本比较或并列 | 先取日期再与日期常量比较：date(x) >= date '2024-01-01'",
            ),
            ("institution.codes = A01", "1:21: 文本集合不能与文本比较或并列 | 写 contains(集合, x)"),
            ("dash(A14) < dash(A13)", "1:1: 真假只能用 = 和 <> 比较"),
            (
                "A13 + 1",
                "1:1: 此处应为数字，实际是日期 | 日期不能加减：相差天数写 days(a, b)，小时写 hours(a, b)，周岁写 full_years(a, b)",
            ),
            (
                "A14 > 1 and D01 >= B20",
                "1:20: 金额不能与整数比较、加减或并列 | 金额只与金额或直接写出的数比较、加减；按比例算写作 x * 1.05",
            ),
            ("D01 - 5 * D11 * D11", "1:7: 金额不能乘以金额 | 金额可以乘以个数或比例：x * 1.05"),
            (
                "D11 > D01 * param('fee_rise')",
                "1:7: 百分数不能直接相乘，结果会大 100 倍 | 百分数 80 就是 80%，要当比例用先写作 x * 0.01",
            ),
            ("A14 and true", "1:1: 此处应为条件（真或假），实际是整数"),
            ("not A14", "1:5: 此处应为条件（真或假），实际是整数"),
            ("case when A14 = 1 then 1 else 'a' end", "1:31: 整数不能与文本比较或并列 | 文本和代码加单引号：'1'"),
            ("case when A14 = 1 then null end", "1:1: case 的结果不能都是 null"),
            ("A14 in (A49)", "1:9: in 的列表中只能是常量 | 与数据项比较写作 x = a or x = b"),
            ("A14 = null", "1:7: null 只能是 case 的一个结果 | 判断没有值写作 x is null"),
        ],
    );
}

#[test]
fn what_is_not_the_language_is_refused() {
    understood(
        Mode::Check,
        None,
        &[
            ("", "1:1: 表达式为空"),
            ("A144 = 1", "1:1: 没有数据项“A144” | 是不是“A14”？"),
            ("a14 = 1", "1:1: 没有数据项“a14” | 是不是“A14”？"),
            ("A14 =", "1:6: 表达式没有写完：此处应为表达式"),
            ("(A14 = 1", "1:9: 表达式没有写完：此处应为“)”"),
            ("A14 = 1)", "1:8: 表达式到此应已结束，却还有“)”"),
            ("A14 = 1; drop table x", "1:8: 表达式到此应已结束，却还有“;”"),
            ("A14 / 2", "1:1: 表达式语言没有运算符“/” | 没有除法：比值写成指标的分子和分母，比较写成乘法"),
            (
                "A01 || A48",
                "1:1: 表达式语言没有运算符“||” | 可以用：= <> < <= > >= + - * and or not in between is null",
            ),
            ("A01 like 'x%'", "1:1: 表达式语言没有 like | 写 starts_with(x, 'Z') 或 matches(x, '正则表达式')"),
            ("A14 = 1 -- 注", "1:9: 表达式中不能有注释（-- 也算注释：减负数请加括号）"),
            ("A14 in (select 1)", "1:1: 表达式语言没有子查询 | 对重复组用 any、all、count"),
            ("exists (select 1)", "1:9: 表达式语言没有子查询 | 对重复组用 any、all、count"),
            ("cast(A14 as text)", "1:6: 表达式语言没有类型转换 | 日期时间取日期写 date(x)"),
            ("extract(year from A13)", "1:19: 表达式语言没有 extract | 取年份写 year(x)"),
            ("count(distinct A14)", "1:1: “count(DISTINCT A14)”不属于表达式语言 | 函数只写名称和括号中的参数"),
            ("count(*)", "1:1: “*”不能作 count 的参数"),
            ("\"A14\" = 1", "1:1: 文本用单引号：'A14' | 名称不加引号，文本用单引号"),
            ("A01 = 'x", "1:7: 文本没有结束：缺少单引号 '"),
            ("-A14 = 1", "1:2: 负号只能写在数字前 | 取相反数写作 0 - x"),
            ("A13 = date '2024-02-30'", "1:12: “DATE '2024-02-30'”不是日期或日期时间 | 日期写作 date '2024-01-01'，日期时间写作 timestamp '2024-01-01 08:00:00'"),
            (
                "B12 > timestamp '2024-01-01 24:00:00'",
                "1:17: “TIMESTAMP '2024-01-01 24:00:00'”不是日期或日期时间 | 日期写作 date '2024-01-01'，日期时间写作 timestamp '2024-01-01 08:00:00'",
            ),
            ("interval '1' day", "1:10: “INTERVAL '1' DAY”不属于表达式语言"),
            ("current_date", "1:1: “current_date”不属于表达式语言"),
            ("submission.recieved_at > B15", "1:1: 没有“submission.recieved_at” | 是不是“submission.received_at”？"),
            ("A14 = 1\n  and A15 = 2", "2:7: 没有数据项“A15” | 是不是“A13”？"),
            ("slot = 1", "1:1: 没有数据项“slot”"),
            ("it = 1", "1:1: 这里没有 it | it 用在 each 或 over 的规则中"),
        ],
    );
}

#[test]
fn depth_and_length_are_bounded() {
    let small = Small::new();
    let read = |text: &str| small.read(text, Mode::Check, None);
    let deep = format!("{}A14{} = 1", "(".repeat(200), ")".repeat(200));
    assert_eq!(read(&deep).unwrap_err().message, "嵌套太深：最多 60 层");
    let sum = |n: usize| format!("{} = 1", vec!["A14"; n].join(" + "));
    assert!(read(&sum(50)).is_ok());
    assert_eq!(read(&sum(80)).unwrap_err().message, "嵌套太深：最多 60 层");
    // A chain of and is flat however long.
    assert!(read(&vec!["A14 = 1"; 300].join(" and ")).is_ok());
    assert_eq!(read(&vec!["A14 = 1"; 400].join(" and ")).unwrap_err().message, "表达式太长：最多 4000 个字符");
}

#[test]
fn it_is_the_cell_at_hand() {
    let small = Small::new();
    let (field, _) = small.pack.datasets["stays"].field("A20").unwrap();
    understood(
        Mode::Check,
        Some(At::Cell(Cell::Field(field))),
        &[("dash(it) or length(it) = 18", "(dash(A20) or (length(A20) = 18)) : bool")],
    );
    understood(
        Mode::Check,
        Some(At::Each(GroupIx(1), MemberIx(1))),
        &[
            ("it >= date(B12) and code is not null", "((date >= date(B12)) and (code is not null)) : bool"),
            ("slot > 0 and any(diagnosis, slot > 0)", "((slot > 0) and any(diagnosis, (slot > 0))) : bool"),
            ("any(operation, it is null)", "1:16: it 是外层的元素，不能用在 any、all 等之内"),
        ],
    );
}

#[test]
fn indicators_see_stored_rows_only() {
    understood(
        Mode::Indicator,
        None,
        &[
            ("B20 > param('long_stay_days')", "(B20 > param('long_stay_days')) : bool"),
            (
                "dash(A14)",
                "1:6: dash 只能用在校验规则中：指标所用的数据不再保留单元格的写法 | 判断没有值写作 x is null",
            ),
            ("submission.period_end > date(B15)", "1:1: “submission.period_end”只能用在校验规则中，指标不能使用"),
            ("A13 is null", "1:1: “A13”是个人信息，另行加密存放，指标不能使用"),
        ],
    );
}

/// What is printed is read back as the same expression, so equal texts mean equal expressions.
#[test]
fn printed_and_read_back() {
    let small = Small::new();
    let dataset = &small.pack.datasets["stays"];
    for text in [
        "A14 + A49 * 2 - -1 > 1.5 and D01 > D11 * 1.5",
        "not (A14 between 0 and 130) or A12C in ('1', '2')",
        "case A12C when '1' then 1 when '2' then null else 2.5 end > 2",
        "A14 = 1 and any(operation, level = 4 and date >= date(B12)) and repeats(operation, pair(code, date))",
        "matches(A01, 'a''b') and icd(C03C, 'C00-C97') and coalesce(D11, 0) * 2 < D01",
        "date(B12) > date '2024-01-01' and submission.received_at > B15 and listed(A12C)",
    ] {
        let first = small.read(text, Mode::Check, None).unwrap();
        let printed = first.canonical(dataset).to_string();
        let second = small.read(&printed, Mode::Check, None).unwrap();
        assert_eq!(first, second, "{printed}");
    }
}

/// Words that expressions are made of, and some that they are not.
const WORDS: [&str; 34] = [
    "A14",
    "D01",
    "B12",
    "C03C",
    "A12C",
    "operation",
    "level",
    "slot",
    "it",
    "any(",
    "count(",
    "icd(",
    "date(",
    "(",
    ")",
    ",",
    "=",
    "<=",
    "+",
    "*",
    "-",
    "and",
    "or",
    "not",
    "in",
    "between",
    "is null",
    "case when",
    "then",
    "end",
    "'1'",
    "1.50",
    "date '2024-01-01'",
    "年",
];

#[test]
fn every_small_change_of_an_expression() {
    use yizheng_pack::expr::mutate::mutants;
    let small = Small::new();
    let changes = |text: &str| -> Vec<(String, String)> {
        let expr = small.read(text, Mode::Check, None).unwrap();
        let told = |mutant: yizheng_pack::expr::mutate::Mutant| {
            (mutant.change, mutant.expr.canonical(&small.pack.datasets["stays"]).to_string())
        };
        mutants(&expr).into_iter().map(told).collect()
    };
    let words: Vec<String> = changes("B20 > 30 and C03C in ('a', 'b') or A14 is not null").into_iter().map(|(word, _)| word).collect();
    assert_eq!(
        words,
        [
            "or: clause 1 dropped", "or: clause 2 dropped", "and: clause 1 dropped", "and: clause 2 dropped", "> → >=",
            "30 → 31", "30 → 29", "in: a deleted", "in: b deleted", "not taken away", "is null → is not null",
        ]
    );
    let one = |text: &str, at: usize| changes(text).swap_remove(at).1;
    assert_eq!(one("B20 > 30 and A14 is null", 0), "(A14 is null)");
    assert_eq!(one("any(operation, level = 4)", 0), "all(operation, (level = 4))");
    assert_eq!(one("icd(C03C, 'C00-C97', 'D25')", 0), "icd(C03C, 'D25')");
    assert_eq!(one("case when B20 > 1 then 1 when B20 > 2 then 2 else 3 end", 1), "case when (B20 > 1) then 1 else 3 end");
    // The loader's own 1.00, which brings days to the digits of hours, is no part of what is said.
    let changed = changes("hours(B12, B15) > B20");
    assert!(changed.iter().all(|(word, _)| !word.starts_with("1.00")), "{changed:?}");
}

proptest::proptest! {
    /// Whatever is written, the answer is an expression or words about it; and an expression that is
    /// understood is printed so that it is understood again.
    #[test]
    fn nothing_written_is_too_much(words in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..14)) {
        let text = words.join(" ");
        let small = Small::new();
        if let Ok(expr) = small.read(&text, Mode::Check, None) {
            let printed = expr.canonical(&small.pack.datasets["stays"]).to_string();
            proptest::prop_assert_eq!(small.read(&printed, Mode::Check, None), Ok(expr), "{}", printed);
        }
    }

    /// The same for any text.
    #[test]
    fn any_text_is_answered(text in "\\PC{0,60}") {
        let _ = Small::new().read(&text, Mode::Check, None);
    }
}
