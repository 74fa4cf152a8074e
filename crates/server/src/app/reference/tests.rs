#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

//! The pages of a small pack as written out by hand, and what holds for all pages of the packs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use yizheng_pack::Pack;
use yizheng_pack::load::{Layer, load};

use super::Reference;
use super::markdown::files;
use super::page::refer;
use crate::api::dto::DefinitionKind;
use crate::app::definitions;

const HEAD: &str = "status = \"active\"\npurpose = \"用途\"\nlegal_basis = \"依据\"\nlimits = \"限制\"\n";

/// One dataset, one of each other kind, and a list that is not there yet.
fn small() -> Pack {
    let texts = [
        ("pack.toml", "id = \"small\"\nversion = \"1\"\nname = \"小\"\npurpose = \"测试\"\n".to_owned()),
        ("codelists/RC001.toml", format!("id = \"RC001\"\nname = \"性别\"\n{HEAD}version = \"1\"\nentries = [\n  {{ code = \"1\", name = \"男\" }},\n  {{ code = \"2\", name = \"女\" }},\n]\n")),
        ("codelists/ICD10.toml", format!("id = \"ICD10\"\nname = \"诊断编码\"\n{}version = \"\"\n", HEAD.replace("active", "draft"))),
        (
            "parameters/long_stay_days.toml",
            format!("id = \"long_stay_days\"\nname = \"长期住院天数\"\n{HEAD}type = \"integer\"\nunit = \"天\"\nvalues = [\n  {{ from = 2011-01-01, value = \"30\", source = \"甲|乙\" }},\n]\n"),
        ),
        (
            "datasets/stays/dataset.toml",
            format!(
                r#"id = "stays"
name = "住院"
{HEAD}institution = "A01"
period = "B15"
key = ["A48"]
listed = ["A48"]
due = {{ min_beds = 1, days = 10 }}
field = [
  {{ id = "A01", name = "机构代码", type = "text", required = "must", privacy = "plain", column_required = true }},
  {{ id = "A48", name = "病案号", type = "text", required = "must", privacy = "plain" }},
  {{ id = "A12C", name = "性别", type = "code(RC001)", required = "must", privacy = "plain" }},
  {{ id = "B15", name = "出院时间", type = "datetime", required = "must", privacy = "plain" }},
  {{ id = "B20", name = "住院天数", type = "integer", required = "must", privacy = "plain" }},
]
"#
            ),
        ),
        (
            "datasets/stays/checks/T1.toml",
            format!(
                r#"id = "T1"
name = "住院天数不得为负"
{HEAD}severity = "error"
elements = ["B20"]
source = "规范"
remedy = "按实际填写。"
at = "B20"
when = "A12C = '1'"
require = "B20 >= 0"
"#
            ),
        ),
        (
            "datasets/stays/checks/T1.test.toml",
            "[[case]]\nname = \"零和负数\"\nrows = \"\"\"\nA12C | B20 | expect\n1    | 0   | passed\n1    | -1  | violated@B20\n2    | -1  | not_applicable\n\"\"\"\n".to_owned(),
        ),
        (
            "indicators/I1.toml",
            format!(
                r#"id = "I1"
name = "男患者长期住院占比"
{HEAD}domain = "运行效率"
dataset = "stays"
unit = "%"
digits = 2
direction = "down"
kind = "proportion"
population = "A12C = '1'"
denominator = "B20 is not null"
numerator = "B20 > param('long_stay_days')"

[words]
numerator = "住院超过30天的男患者数"
denominator = "同期出院的男患者数"

[[target]]
from = 2015-08-27
levels = ["3"]
at_most = "5"
source = "文件"
"#
            ),
        ),
        (
            "indicators/I1.test.toml",
            "[[case]]\nname = \"两人中一人\"\nrows = \"\"\"\nB15                 | A12C | B20\n2024-03-05 09:00:00 | 1    | 31\n2024-03-06 09:00:00 | 1    | 30\n\"\"\"\nnumerator = \"1\"\ndenominator = \"2\"\nvalue = \"50.00\"\n".to_owned(),
        ),
        ("named.toml", "[[indicator]]\nid = \"N1\"\nname = \"平均住院日\"\ndomain = \"运行效率\"\nwaits_for = \"数据\"\n".to_owned()),
    ];
    let files = texts.into_iter().map(|(path, text)| (path.to_owned(), text)).collect();
    let layer = Layer { name: "small".to_owned(), files };
    load(&[layer]).unwrap_or_else(|faults| panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

fn of_small() -> BTreeMap<String, String> {
    files(&small(), &|file| Some(format!("../../packs/small/{file}")))
}

#[test]
fn an_indicators_page_says_what_is_counted() {
    let expected = "\
# I1 男患者长期住院占比

[目录](../README.md) · 指标

- **编号**：`I1`
- **状态**：启用
- **领域**：运行效率
- **类型**：构成比，单位：%，保留 2 位小数
- **导向**：越低越好
- **数据来源**：[住院](../datasets/stays.md)
- **用途**：用途
- **依据**：依据
- **局限**：限制
- **定义文件**：[indicators/I1.toml](../../../packs/small/indicators/I1.toml)

## 口径

- **算法**：分子 ÷ 分母 × 100，分子在分母之中
- **初始人群**：“住院”计入的行中，满足下列条件的。
  ```
  (A12C = '1') and (B20 is not null)
  ```
- **分母**：同期出院的男患者数
  ```
  count(*)
  ```
- **分子**：住院超过30天的男患者数
  ```
  count(*) where (B20 > param('long_stay_days'))
  ```

## 目标值

| 适用对象 | 目标值 | 起始 | 截止 | 出处 | 定义包 |
| --- | --- | --- | --- | --- | --- |
| 三级 | ≤ 5% | 2015年8月27日 | 现行 | 文件 | 小 |

## 读取的数据项

| 来源 | 代码 | 名称 | 类型 |
| --- | --- | --- | --- |
| [住院](../datasets/stays.md) | `A12C` | 性别 | 代码 RC001 |
| [住院](../datasets/stays.md) | `B20` | 住院天数 | 整数 |

## 用到的参数

| 编号 | 参数 | 自 | 值 | 出处 |
| --- | --- | --- | --- | --- |
| [long_stay_days](../parameters/long_stay_days.md) | 长期住院天数 | 2011年1月1日 | 30天 | 甲\\|乙 |

## 把关的校验规则

| 编号 | 级别 | 状态 | 规则 |
| --- | --- | --- | --- |
| [T1](../checks/stays/T1.md) | 错误 | 启用 | 住院天数不得为负 |

## 算例

取自定义旁的测试用例，由程序逐个验证。

### 两人中一人

“住院”数据行（空格表示没有填）：

| B15 出院时间 | A12C 性别 | B20 住院天数 |
| --- | --- | --- |
| 2024-03-05 09:00:00 | 1 | 31 |
| 2024-03-06 09:00:00 | 1 | 30 |

- **分子**：1
- **分母**：2
- **结果**：50.00%
";
    assert_eq!(of_small()["indicators/I1.md"], expected);
}

#[test]
fn a_checks_page_says_what_must_hold() {
    let expected = "\
# T1 住院天数不得为负

[目录](../../README.md) · 校验规则

- **编号**：`T1`
- **状态**：启用
- **数据集**：[住院](../../datasets/stays.md)
- **级别**：错误：不符合的行暂不计入，改正后重报
- **改正办法**：按实际填写。
- **出处**：规范
- **用途**：用途
- **依据**：依据
- **局限**：限制
- **定义文件**：[datasets/stays/checks/T1.toml](../../../../packs/small/datasets/stays/checks/T1.toml)

## 规则

- **涉及数据项**：`B20` 住院天数

逐行判断，有一条要求不成立就不通过；因值未知而无法判断的另计，不算通过。

| 指向的数据项 | 适用条件 | 要求 |
| --- | --- | --- |
| `B20` 住院天数 | `(A12C = '1')` | `(B20 >= 0)` |

## 读取的数据项

| 来源 | 代码 | 名称 | 类型 |
| --- | --- | --- | --- |
| [住院](../../datasets/stays.md) | `A12C` | 性别 | 代码 RC001 |
| [住院](../../datasets/stays.md) | `B20` | 住院天数 | 整数 |

## 读取这些数据项的指标

| 编号 | 指标 | 领域 |
| --- | --- | --- |
| [I1](../../indicators/I1.md) | 男患者长期住院占比 | 运行效率 |

## 算例

取自定义旁的测试用例，由程序逐个验证。

### 零和负数

“住院”报送的数据行（空格表示没有填）：

| A12C 性别 | B20 住院天数 | 结果 |
| --- | --- | --- |
| 1 | 0 | 通过 |
| 1 | -1 | 不通过，指向 B20 住院天数 |
| 2 | -1 | 不适用 |
";
    assert_eq!(of_small()["checks/stays/T1.md"], expected);
}

#[test]
fn a_parameter_and_a_list_say_who_uses_them() {
    let files = of_small();
    assert!(files["parameters/long_stay_days.md"].ends_with(
        "\
## 取值

| 自 | 值 | 出处 |
| --- | --- | --- |
| 2011年1月1日 | 30 | 甲\\|乙 |

## 使用它的定义

| 种类 | 定义 |
| --- | --- |
| 指标 | [I1 男患者长期住院占比](../indicators/I1.md) |
"
    ));
    assert!(files["codelists/RC001.md"].contains("| 数据集 | [stays 住院](../datasets/stays.md) |"));
    let awaited = &files["codelists/ICD10.md"];
    assert!(awaited.contains("- **状态**：草案\n") && awaited.contains("- **等待的条件和局限**：限制\n"), "{awaited}");
    let index = &files["README.md"];
    assert!(index.contains("| N1 | 平均住院日 | 运行效率 | 尚不能计算：数据 |\n"), "{index}");
    assert!(index.contains("| [校验规则](#校验规则) | 1 | 0 | 0 | 0 |\n"), "{index}");
    assert!(index.contains("| [值域代码表](#值域代码表) | 1 | 0 | 1 | 0 |\n"), "{index}");
}

#[test]
fn a_long_list_says_what_it_leaves_out() {
    let mut pack = small();
    let list = pack.codelists["RC001"].as_ref().clone();
    let entry = |n: usize| yizheng_pack::codelist::Entry {
        code: format!("{n:03}"),
        name: format!("第{n}"),
        attributes: BTreeMap::new(),
        also: Vec::new(),
    };
    for (count, printed) in [(100, 100), (101, 50)] {
        let entries = (1..=count).map(entry).collect();
        let long = yizheng_pack::codelist::CodeList::new(list.meta.clone(), "1".to_owned(), entries);
        pack.codelists.insert("RC001".into(), long.into());
        let page = &files(&pack, &|_| None)["codelists/RC001.md"];
        assert_eq!(page.matches("| `").count(), printed);
        let said = "共 101 个代码，下面列出前 50 个；全部代码见定义文件 `codelists/RC001.toml`。";
        assert_eq!(page.contains(said), count == 101, "{page}");
    }
}

/// The packs of the repository, each on the national one.
fn packs() -> Vec<Pack> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let mut packs = vec![definitions::load_national().unwrap()];
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "national") {
            packs.push(definitions::load_folders(&[path]).unwrap());
        }
    }
    packs
}

#[test]
fn every_definition_has_a_page_and_every_page_a_definition() {
    for pack in packs() {
        let mut expected: BTreeSet<String> = BTreeSet::from(["README.md".to_owned()]);
        expected.extend(pack.indicators.keys().map(|id| format!("indicators/{id}.md")));
        expected.extend(pack.alerts.keys().map(|id| format!("alerts/{id}.md")));
        expected.extend(pack.parameters.keys().map(|id| format!("parameters/{id}.md")));
        expected.extend(pack.codelists.keys().chain(pack.awaited.keys()).map(|id| format!("codelists/{id}.md")));
        for (id, dataset) in &pack.datasets {
            expected.insert(format!("datasets/{id}.md"));
            expected.extend(dataset.checks.iter().map(|check| format!("checks/{id}/{}.md", check.meta.id)));
        }
        for (id, register) in &pack.registers {
            expected.insert(format!("registers/{id}.md"));
            expected.extend(register.table.checks.iter().map(|check| format!("checks/{id}/{}.md", check.meta.id)));
        }
        expected.extend(pack.procedures.keys().map(|id| format!("procedures/{id}.md")));
        expected.extend(pack.plans.keys().map(|id| format!("plans/{id}.md")));
        expected.extend(pack.bulletins.keys().map(|id| format!("bulletins/{id}.md")));
        let pages: BTreeSet<String> = files(&pack, &|_| None).into_keys().collect();
        assert_eq!(pages, expected);
        // A file system that takes large and small letters for the same keeps them all.
        assert_eq!(pages.iter().map(|path| path.to_lowercase()).collect::<BTreeSet<_>>().len(), pages.len());
    }
}

#[test]
fn every_link_leads_to_a_page() {
    for pack in packs() {
        let files = files(&pack, &|_| None);
        let mut links = 0;
        for (path, text) in &files {
            let folder = Path::new(path).parent().unwrap();
            // Brackets in code are no links.
            let text: String = text.split('`').step_by(2).collect();
            for (at, _) in text.match_indices("](") {
                let target = text[at + 2..].split_once(')').unwrap().0;
                let Some((file, heading)) = target.split_once('#').or(Some((target, ""))) else { continue };
                if !heading.is_empty() {
                    assert!(file.is_empty() && text.contains(&format!("# {heading}\n")), "{path}: {target}");
                    continue;
                }
                let mut way: Vec<&str> = folder.iter().map(|part| part.to_str().unwrap()).collect();
                for part in file.split('/') {
                    match part {
                        ".." => assert!(way.pop().is_some(), "{path}: {target}"),
                        part => way.push(part),
                    }
                }
                assert!(files.contains_key(&way.join("/")), "{path}: {target}");
                links += 1;
            }
        }
        assert!(links > 1000, "{links} links");
    }
}

#[test]
fn every_test_case_is_an_example() {
    let pack = definitions::load_national().unwrap();
    let reference = Reference::new(&pack);
    let examples: usize = reference.all().iter().map(|to| reference.page(to).unwrap().examples.len()).sum();
    let cases = |cases: &yizheng_pack::testcase::Cases| match cases {
        yizheng_pack::testcase::Cases::Check(cases) => cases.len(),
        yizheng_pack::testcase::Cases::Indicator(cases) => cases.len(),
    };
    let of_alerts: usize = pack.alert_tests.iter().map(|tests| tests.cases.len()).sum();
    assert_eq!(examples, pack.tests.iter().map(|file| cases(&file.cases)).sum::<usize>() + of_alerts);
    assert!(reference.page(&refer(DefinitionKind::Check, "EFF01")).is_none());
}
