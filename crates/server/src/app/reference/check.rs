//! How a check reads.

use yizheng_pack::dataset::{At, Cell, Check, CheckKind, Dataset, FieldIx, RowCase, Severity};
use yizheng_pack::expr::Expr;

use super::{Reference, table_ref};
use super::page::{Text, code, fact, facts, head, joined, link, plain, refer, section, table, table_section, text};
use crate::api::dto::{DefinitionBlock, DefinitionFact, DefinitionKind, DefinitionSection};
use crate::api::labels::Label;
use crate::app::desk::definitions::named_elements;

/// A check's rule as one text, a condition on each line.
pub fn expression(dataset: &Dataset, kind: &CheckKind) -> String {
    let applies = |when: Option<&Expr>| when.map(|when| format!("当 {} 时，", when.canonical(dataset))).unwrap_or_default();
    let case = |case: &RowCase| {
        let place = match case.at {
            At::Cell(_) => String::new(),
            At::Each(group, _) => {
                dataset.groups.get(group.0).map(|group| format!("每个{}：", group.name)).unwrap_or_default()
            }
        };
        format!("{place}{}{}", applies(case.when.as_ref()), case.require.canonical(dataset))
    };
    let lines = |cases: &[RowCase]| cases.iter().map(case).collect::<Vec<_>>().join("\n");
    let fields = |list: &[FieldIx]| {
        list.iter().map(|field| dataset.element(Cell::Field(*field))).collect::<Vec<_>>().join(", ")
    };
    match kind {
        CheckKind::Row(cases) => lines(cases),
        CheckKind::Unique(keys) => keys.iter().map(|key| format!("unique({})", fields(key))).collect::<Vec<_>>().join("\n"),
        CheckKind::Overlap { by, from, to } => {
            format!("overlap(by: {}; {} – {})", fields(by), fields(&[*from]), fields(&[*to]))
        }
        CheckKind::Sequence { by, order, value } => {
            format!("sequence(by: {}; order: {}; rises: {})", fields(by), fields(&[*order]), fields(&[*value]))
        }
        CheckKind::Rate { of, at_most } => format!("rate ≤ param('{at_most}')：\n{}", lines(of)),
        CheckKind::Change { when, of, at_most } => {
            format!("{}change({}) ≤ param('{at_most}')", applies(when.as_ref()), fields(of))
        }
        CheckKind::Against { when, at, indicator, within } => {
            format!("{}{} = {indicator} ± param('{within}')", applies(when.as_ref()), fields(&[*at]))
        }
    }
}

impl Reference<'_> {
    pub(super) fn check(&self, dataset: &Dataset, check: &Check) -> (Vec<DefinitionFact>, Vec<DefinitionSection>) {
        let to = refer(DefinitionKind::Check, &check.meta.id);
        let severity = match check.severity {
            Severity::Error => "错误：不符合的行暂不计入，改正后重报",
            Severity::Warning => "提示：不符合的行照常计入，可以填写情况说明",
        };
        let mut own = vec![
            {
                let of = table_ref(self.pack, &dataset.meta.id);
                fact(of.kind.label(), link(of, &*dataset.meta.name))
            },
            fact("级别", plain(severity)),
        ];
        if !check.remedy.is_empty() {
            own.push(fact("改正办法", plain(&*check.remedy)));
        }
        own.push(fact("出处", plain(&*check.source)));
        let elements = named_elements(dataset, &check.elements).into_iter().map(|one| match one.name == one.code {
            true => code(one.code),
            false => joined([code(one.code), plain(one.name)], " "),
        });
        let mut rule = vec![facts(vec![fact("涉及数据项", joined(elements, "、"))])];
        match &check.kind {
            Some(kind) => rule.extend(self.rule(dataset, kind)),
            None => rule.push(text(plain("尚未写成可以执行的规则，等待的条件见上。"))),
        }
        let mut sections = vec![section("规则", rule)];
        sections.extend(self.items_read(&to));
        sections.extend(self.parameters_read(&to));
        sections.extend(self.guarded(check));
        sections.extend(self.used_by(&to));
        (head(&check.meta, own), sections)
    }

    /// In words, and row by row for what is decided by conditions.
    fn rule(&self, dataset: &Dataset, kind: &CheckKind) -> Vec<DefinitionBlock> {
        let names = |fields: &[FieldIx]| {
            let name = |field: &FieldIx| format!("“{}”", dataset.cell_name(Cell::Field(*field)));
            fields.iter().map(name).collect::<Vec<_>>().join("、")
        };
        let named = |kind, id: &str| {
            let to = refer(kind, id);
            let name = self.name(&to);
            link(to, name)
        };
        let parameter = |id: &str| named(DefinitionKind::Parameter, id);
        let sentence = |parts: Vec<Text>| text(parts.concat());
        let applies = |when: &Option<Expr>| {
            let fact_of = |when: &Expr| DefinitionFact { formula: when.canonical(dataset).to_string(), ..fact("适用条件", plain("只检查满足下列条件的行。")) };
            when.as_ref().map(|when| facts(vec![fact_of(when)]))
        };
        match kind {
            CheckKind::Row(cases) => vec![
                sentence(vec![plain("逐行判断，有一条要求不成立就不通过；因值未知而无法判断的另计，不算通过。")]),
                cases_table(dataset, cases, "要求"),
            ],
            CheckKind::Unique(keys) => keys
                .iter()
                .map(|key| {
                    sentence(vec![plain(format!("同一机构的各行（已接收的报送也在内），{} 合起来不得重复；其中有未知值的行不比较。", names(key)))])
                })
                .collect(),
            CheckKind::Overlap { by, from, to } => vec![sentence(vec![plain(format!(
                "同一机构内 {} 相同的各行（已接收的报送也在内），从{}到{}的时间不得重叠。",
                names(by),
                names(&[*from]),
                names(&[*to])
            ))])],
            CheckKind::Sequence { by, order, value } => vec![sentence(vec![plain(format!(
                "同一机构内 {} 相同的各行（已接收的报送也在内），按{}先后排列，{}应递增。",
                names(by),
                names(&[*order]),
                names(&[*value])
            ))])],
            CheckKind::Rate { of, at_most } => vec![
                sentence(vec![plain("按整批数据判断：下列情形的行所占比例不得超过参数“"), parameter(at_most), plain("”。")]),
                cases_table(dataset, of, "情形"),
            ],
            CheckKind::Change { when, of, at_most } => [sentence(vec![
                plain(format!("与上一个月的同一行相比，{}变化的比例不得超过参数“", names(of))),
                parameter(at_most),
                plain("”；上一个月没有这一行时不比较。"),
            ])]
            .into_iter()
            .chain(applies(when))
            .collect(),
            CheckKind::Against { when, at, indicator, within } => [sentence(vec![
                plain(format!("{}应与平台按其他数据集算出的指标“", names(&[*at]))),
                named(DefinitionKind::Indicator, indicator),
                plain("”当月的数值相符，相差占指标值的比例不得超过参数“"),
                parameter(within),
                plain("”。"),
            ])]
            .into_iter()
            .chain(applies(when))
            .collect(),
        }
    }

    /// The indicators that read the values it is about.
    fn guarded(&self, check: &Check) -> Option<DefinitionSection> {
        let to = refer(DefinitionKind::Check, &check.meta.id);
        let rows = self.indicators_of_values(&to).into_iter().map(|(to, indicator)| {
            vec![link(to, &*indicator.meta.id), plain(&*indicator.meta.name), plain(&*indicator.domain)]
        });
        table_section("读取这些数据项的指标", &["编号", "指标", "领域"], rows.collect())
    }
}

/// The conditions of a rule, one for each cell that a finding can point at.
fn cases_table(dataset: &Dataset, cases: &[RowCase], condition: &str) -> DefinitionBlock {
    let row = |case: &RowCase| {
        let at = match case.at {
            At::Cell(cell) => joined([code(dataset.element(cell)), plain(dataset.cell_name(cell))], " "),
            At::Each(group, member) => {
                let group = dataset.groups.get(group.0);
                let member = group.and_then(|group| group.members.get(member.0));
                plain(format!(
                    "每个{}的{}",
                    group.map(|group| group.name.as_str()).unwrap_or_default(),
                    member.map(|member| member.name.as_str()).unwrap_or_default()
                ))
            }
        };
        let when = case.when.as_ref().map_or_else(|| plain("全部"), |when| code(when.canonical(dataset).to_string()));
        vec![at, when, code(case.require.canonical(dataset).to_string())]
    };
    table(&["指向的数据项", "适用条件", condition], cases.iter().map(row).collect())
}
