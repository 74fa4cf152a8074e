//! How datasets, alert rules, parameters, code lists, work plans and bulletin kinds read.

use yizheng_pack::alert::{AlertBy, AlertRule, Watch};
use yizheng_pack::bulletin::BulletinKind;
use yizheng_pack::codelist::CodeList;
use yizheng_pack::dataset::{Cell, Dataset, Field, Privacy, Subject};
use yizheng_pack::load::Meta;
use yizheng_pack::parameter::Parameter;
use yizheng_pack::plan::{Plan, PlanItem, capability_name};
use yizheng_pack::types::Type;

use super::Reference;
use super::indicator::applies_to;
use super::page::{Text, code, day, fact, facts, head, joined, link, plain, refer, section, table, table_section, text};
use super::words::{number_words, required, type_words};
use crate::api::dto::{DefinitionBlock, DefinitionFact, DefinitionKind, DefinitionSection};
use crate::api::labels::Label;
use crate::app::desk::{alert_severity, definitions};
use crate::app::judge;

/// Codes that a page of a code list prints; a longer list says how many it has and where they stand.
const CODES_PRINTED: usize = 50;

impl Reference<'_> {
    pub(super) fn dataset(&self, dataset: &Dataset) -> (Vec<DefinitionFact>, Vec<DefinitionSection>) {
        let to = refer(DefinitionKind::Dataset, &dataset.meta.id);
        let field = |field| format!("{} {}", dataset.element(Cell::Field(field)), dataset.cell_name(Cell::Field(field)));
        let key: Vec<String> = dataset.key.iter().map(|ix| field(*ix)).collect();
        let layouts: Vec<&str> = dataset.layouts.iter().map(|layout| layout.name.as_str()).collect();
        let own = vec![
            fact("由谁报送", plain(self.who_sends(dataset))),
            fact("所属月份看", plain(field(dataset.period))),
            fact("业务主键", plain(key.join("＋"))),
            fact("认识的版式", plain(layouts.join("、"))),
        ];
        let mut items = vec![Self::fields(&dataset.fields)];
        for group in &dataset.groups {
            items.push(text(plain(format!("重复组“{}”，每行最多 {} 个，代码中的 NN 是两位序号：", group.name, group.last_slot))));
            let rows = group.members.iter().map(|member| {
                vec![
                    code(member.element.replace("{}", "NN")),
                    plain(&*member.name),
                    typed(&member.ty, type_words(&member.ty)),
                    code(format!("{}.{}", group.id, member.id)),
                    Self::personal(member.privacy),
                ]
            });
            items.push(table(&["代码", "名称", "类型", "表达式中的名字", "个人信息"], rows.collect()));
        }
        let mut sections = vec![section("数据项", items)];
        sections.extend(self.checks_of(dataset));
        sections.extend(self.used_by(&to));
        (head(&dataset.meta, own), sections)
    }

    /// Fields as a table: of a dataset, a register or a form.
    pub(super) fn fields(fields: &[Field]) -> DefinitionBlock {
        let rows = fields.iter().map(|field| {
            vec![
                code(&*field.id),
                plain(&*field.name),
                typed(&field.ty, number_words(field)),
                plain(required(field.required)),
                Self::personal(field.privacy),
                plain(&*field.hint),
            ]
        });
        let columns = ["代码", "名称", "类型", "填报要求", "个人信息", "填报说明"];
        table(&columns, rows.collect())
    }

    fn personal(privacy: Privacy) -> Text {
        plain(if privacy == Privacy::Personal { "是" } else { "" })
    }

    pub(super) fn checks_of(&self, dataset: &Dataset) -> Option<DefinitionSection> {
        let checks = dataset.checks.iter().map(|check| {
            vec![
                link(refer(DefinitionKind::Check, &check.meta.id), &*check.meta.id),
                plain(definitions::severity(check.severity).label()),
                plain(definitions::status(check.meta.status).label()),
                plain(&*check.meta.name),
            ]
        });
        table_section("校验规则", &["编号", "级别", "状态", "规则"], checks.collect())
    }

    fn who_sends(&self, dataset: &Dataset) -> String {
        let due = &dataset.due;
        let days = format!("每月结束后 {} 天（自然日）内", due.days);
        if due.voluntary {
            return "自愿报送：本级定义不要求报送，报送的照常检查和计算".to_owned();
        }
        if dataset.subject == Subject::Region {
            return format!("卫生健康行政部门为全区域报送一份，{days}");
        }
        let mut which = applies_to(self.pack, &due.classes, &due.levels).join("、");
        if which.is_empty() {
            which.push_str("全部医疗机构");
        }
        let beds = if due.min_beds > 0 { format!("，核定床位不少于 {} 张", due.min_beds) } else { String::new() };
        format!("{which}{beds}，{days}")
    }

    pub(super) fn alert(&self, rule: &AlertRule) -> (Vec<DefinitionFact>, Vec<DefinitionSection>) {
        let by = match rule.by {
            AlertBy::Region => "全区域",
            AlertBy::Institution => "每个机构",
        };
        let own = vec![
            fact("严重程度", plain(alert_severity(rule.severity).label())),
            fact("判断对象", plain(by)),
            fact("答复期限", plain(format!("{} 天（自然日）", rule.answer_within))),
            fact("每次判断", plain(format!("最近 {} 个已过报送期限的月份", rule.months))),
        ];
        let watched = match &rule.watch {
            Watch::Target { .. } | Watch::Control { .. } => self.links(DefinitionKind::Indicator, rule.indicators()),
            Watch::Overdue { datasets, .. } if datasets.is_empty() => plain("全部启用且必须报送的数据集"),
            Watch::Overdue { datasets, .. } => self.links(DefinitionKind::Dataset, datasets),
        };
        let how = vec![fact("判断方法", plain(judge::method(rule))), fact("监测的对象", watched)];
        (head(&rule.meta, own), vec![section("规则", vec![facts(how)])])
    }

    fn links(&self, kind: DefinitionKind, ids: &[std::sync::Arc<str>]) -> Text {
        let one = |id: &std::sync::Arc<str>| {
            let to = refer(kind, id);
            let name = self.name(&to);
            link(to, format!("{id} {name}"))
        };
        joined(ids.iter().map(one), "、")
    }

    pub(super) fn parameter(&self, parameter: &Parameter) -> (Vec<DefinitionFact>, Vec<DefinitionSection>) {
        let to = refer(DefinitionKind::Parameter, &parameter.meta.id);
        let unit = if parameter.unit.is_empty() { "无" } else { &parameter.unit };
        let own = vec![fact("类型", plain(type_words(&parameter.ty))), fact("单位", plain(unit))];
        let rows = parameter.values.iter().map(|dated| vec![day(dated.from), plain(dated.value.to_string()), plain(&*dated.source)]);
        let mut sections = vec![section("取值", vec![table(&["自", "值", "出处"], rows.collect())])];
        sections.push(self.used_by(&to).unwrap_or_else(|| {
            section("使用它的定义", vec![text(plain("没有别的定义引用它；由程序直接读取，见用途。"))])
        }));
        (head(&parameter.meta, own), sections)
    }

    pub(super) fn codelist(&self, list: &CodeList) -> (Vec<DefinitionFact>, Vec<DefinitionSection>) {
        let to = refer(DefinitionKind::Codelist, &list.meta.id);
        let count = list.entries.len();
        let own = vec![fact("版本", plain(&*list.version)), fact("代码数", plain(count.to_string()))];
        // All of a short list; of a long one the first, with the number and the place of the rest.
        let printed = if count <= CODES_PRINTED * 2 { count } else { CODES_PRINTED };
        let mut attributes: Vec<&str> = Vec::new();
        for name in list.entries.iter().flat_map(|entry| entry.attributes.keys()) {
            if !attributes.contains(&name.as_str()) {
                attributes.push(name);
            }
        }
        let columns: Vec<&str> = ["代码", "名称", "其他写法"].into_iter().chain(attributes.iter().copied()).collect();
        let rows = list.entries.iter().take(printed).map(|entry| {
            let mut row = vec![code(&*entry.code), plain(&*entry.name), plain(entry.also.join("、"))];
            row.extend(attributes.iter().map(|name| plain(entry.attributes.get(*name).cloned().unwrap_or_default())));
            row
        });
        let mut blocks = Vec::new();
        if printed < count {
            let said = format!("共 {count} 个代码，下面列出前 {printed} 个；全部代码见定义文件 ");
            blocks.push(text([plain(said), code(&*list.meta.file), plain("。")].concat()));
        }
        blocks.push(table(&columns, rows.collect()));
        let mut sections = vec![section("代码", blocks)];
        sections.extend(self.used_by(&to));
        (head(&list.meta, own), sections)
    }

    /// A code list that definitions ask and no layer holds yet.
    pub(super) fn awaited(&self, meta: &Meta) -> (Vec<DefinitionFact>, Vec<DefinitionSection>) {
        let to = refer(DefinitionKind::Codelist, &meta.id);
        let mut sections = vec![section("代码", vec![text(plain("代码表尚未导入；用到它的校验规则判为“不能判断”，不算通过。"))])];
        sections.extend(self.used_by(&to));
        (head(meta, Vec::new()), sections)
    }

    /// A work plan: its items by chapter, each with its targets and how its state is known.
    pub(super) fn plan(&self, plan: &Plan) -> (Vec<DefinitionFact>, Vec<DefinitionSection>) {
        let targets: usize = plan.items.iter().map(|item| item.targets.len()).sum();
        let own = vec![
            fact("地区", plain(&*plan.place)),
            fact("发布单位", plain(&*plan.publisher)),
            fact("时限", joined([day(plan.from), day(plan.to)], "至")),
            fact("规模", plain(format!("{} 个事项，{targets} 个数字目标", plan.items.len()))),
        ];
        let chapter = |number: &str, title: &str| {
            let rows = plan.items.iter().filter(|item| &*item.chapter == number).map(|item| self.plan_item(item));
            let columns = ["编号", "事项", "要求", "牵头", "完成时限", "所属能力", "进展怎样得知", "目标", "看的指标"];
            table_section(&format!("{number} {title}"), &columns, rows.collect())
        };
        (head(&plan.meta, own), plan.chapters.iter().filter_map(|of| chapter(&of.number, &of.title)).collect())
    }

    fn plan_item(&self, item: &PlanItem) -> Vec<Text> {
        let measured = item.targets.iter().filter_map(|target| target.indicator.as_ref()).chain(&item.indicators);
        let mut indicators: Vec<_> = measured.cloned().collect();
        indicators.sort();
        indicators.dedup();
        let targets = item.targets.iter().map(|target| {
            let subject = if target.subject.is_empty() { String::new() } else { format!("（{}）", target.subject) };
            plain(format!("{}{subject} {target}", target.measures))
        });
        let known = match &item.excluded {
            Some(reason) => format!("{}：{reason}", item.status_by.in_chinese()),
            None => item.status_by.in_chinese().to_owned(),
        };
        vec![
            plain(&*item.number),
            plain(&*item.title),
            plain(&*item.demand),
            plain(item.lead.clone().unwrap_or_else(|| "未写明".to_owned())),
            day(item.deadline),
            plain(capability_name(&item.capability).unwrap_or(&item.capability)),
            plain(known),
            joined(targets, "；"),
            self.links(DefinitionKind::Indicator, &indicators),
        ]
    }

    /// A bulletin kind: to whom it goes, what stands in it, how it is worded.
    pub(super) fn bulletin(&self, kind: &BulletinKind) -> (Vec<DefinitionFact>, Vec<DefinitionSection>) {
        let or_none = |text: &str| plain(if text.is_empty() { "未规定" } else { text });
        let own = vec![
            fact("标题", plain(&*kind.title)),
            fact("发文机关标志", plain(&*kind.mark)),
            fact("发文机关署名", plain(&*kind.issuer)),
            fact("发文字号", or_none(&kind.number_head)),
            fact("主送机关", plain(&*kind.main_to)),
            fact("抄送机关", or_none(&kind.copy_to)),
            fact("印发机关", plain(&*kind.printed_by)),
            fact("补报期限", plain(format!("成文之日起 {} 天（自然日）内", kind.answer_within))),
            fact("病例数下限", plain(format!("分母不足 {} 的，注明病例数少，不点名", kind.minimum_denominator))),
        ];
        let rows = kind.indicators.iter().map(|id| {
            let to = refer(DefinitionKind::Indicator, id);
            let name = self.name(&to);
            let unit = self.pack.indicators.get(id).map(|of| of.unit.clone()).unwrap_or_default();
            vec![link(to, &**id), plain(name), plain(unit)]
        });
        let words = [&kind.opening].into_iter().chain(&kind.demands).map(|words| text(plain(&**words))).collect();
        let sections = [table_section("核心指标", &["编号", "指标", "单位"], rows.collect()), Some(section("文字（起草时可以修改）", words))];
        (head(&kind.meta, own), sections.into_iter().flatten().collect())
    }
}

/// A type in words; of a code with a link to its list.
fn typed(ty: &Type, words: String) -> Text {
    match ty {
        Type::Code(list) => joined([plain("代码"), link(refer(DefinitionKind::Codelist, list), &**list)], " "),
        _ => plain(words),
    }
}
