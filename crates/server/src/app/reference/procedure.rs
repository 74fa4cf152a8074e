//! How registers and procedures read.

use yizheng_pack::procedure::{About, Begins, Effect, End, Needed, Opinion, Procedure, Role, Step, Turn};
use yizheng_pack::register::{DatedTerm, EntryKind, Register, STATES};

use super::page::{Text, code, day, fact, head, joined, link, plain, refer, section, table, table_section, text};
use super::Reference;
use crate::api::dto::{DefinitionBlock, DefinitionFact, DefinitionKind, DefinitionSection};

impl Reference<'_> {
    /// A register: what an entry is, its fields, states, validity and checks.
    pub(super) fn register(&self, register: &Register) -> (Vec<DefinitionFact>, Vec<DefinitionSection>) {
        let to = refer(DefinitionKind::Register, &register.table.meta.id);
        let field = |ix: yizheng_pack::dataset::FieldIx| {
            let field = register.table.fields.get(ix.0);
            field.map(|field| format!("{} {}", field.id, field.name)).unwrap_or_default()
        };
        let kind = match register.entry {
            EntryKind::Institution => "机构",
            EntryKind::Person => "人员",
            EntryKind::Thing => "设备、技术、目录或证件",
        };
        let kept = match &register.kept_by {
            Some(system) => format!("{system}；本平台只作镜像导入，不重复录入"),
            None => "本平台".to_owned(),
        };
        let key: Vec<String> = register.table.key.iter().map(|ix| field(*ix)).collect();
        let mut own = vec![
            fact("登记对象", plain(kind)),
            fact("由何处登记", plain(kept)),
            fact("业务主键", plain(key.join("＋"))),
            fact("所属机构看", plain(register.institution.map_or_else(|| "不属于机构".to_owned(), field))),
            fact("生效看", plain(field(register.table.period))),
        ];
        own.push(fact("到期看", plain(register.to.map_or_else(|| "不设有效期".to_owned(), field))));
        let state = |id: &std::sync::Arc<str>| {
            let list = self.pack.codelists.get(STATES);
            let entry = list.and_then(|list| list.entries.iter().find(|entry| entry.code == **id));
            let says = |name: &str| entry.and_then(|entry| entry.attributes.get(name)).is_some_and(|value| value == "yes");
            let yes = |is: bool| plain(if is { "是" } else { "" });
            let name = entry.map_or_else(|| id.to_string(), |entry| entry.name.clone());
            vec![code(&**id), plain(name), yes(says("practises")), yes(says("final"))]
        };
        let states = register.states.iter().map(state).collect();
        let refers = register.refers.iter().map(|refers| {
            let other = refer(DefinitionKind::Register, &refers.register);
            let name = self.name(&other);
            vec![plain(field(refers.field)), link(other, name)]
        });
        let refers = refers.collect();
        let sections = [
            Some(section("数据项", vec![Self::fields(&register.table.fields)])),
            table_section("登记状态", &["代码", "状态", "可以执业（使用）", "终结"], states),
            table_section("有效期", &["自", "期限", "出处"], terms(&register.validity)),
            table_section("指向的其他登记簿", &["数据项", "登记簿"], refers),
            self.checks_of(&register.table),
            self.used_by(&to),
        ];
        (head(&register.table.meta, own), sections.into_iter().flatten().collect())
    }

    /// A procedure: its states and steps, what is handed in, by when, what comes of it.
    pub(super) fn procedure(&self, procedure: &Procedure) -> (Vec<DefinitionFact>, Vec<DefinitionSection>) {
        let to = refer(DefinitionKind::Procedure, &procedure.meta.id);
        let about = match procedure.about {
            About::Institution => "机构",
            About::Person => "人员",
            About::Thing => "设备、技术、目录或证件",
            About::Matter => "事件",
        };
        let register = procedure.register.as_ref().map(|id| {
            let register = refer(DefinitionKind::Register, id);
            let name = self.name(&register);
            fact("登记簿", link(register, name))
        });
        let mut own = vec![
            fact("对象", plain(about)),
            fact("由谁提出", plain(roles(&procedure.opened_by))),
            fact("编号样式", plain(&*procedure.number)),
        ];
        own.extend(register);
        let states = procedure.states.iter().map(|state| {
            let turn = match state.turn {
                Turn::Of(role) => format!("由{}办理", role.in_chinese()),
                Turn::Ended(End::Granted) => "办结：准予（合格、成立）".to_owned(),
                Turn::Ended(End::Refused) => "办结：不予（不合格、不成立）".to_owned(),
                Turn::Ended(End::Withdrawn) => "办结：撤回".to_owned(),
                Turn::Ended(End::Closed) => "办结".to_owned(),
            };
            let next: Vec<&str> = procedure.steps_from(&state.id).map(|step| step.name.as_str()).collect();
            vec![plain(&*state.name), plain(turn), plain(next.join("、"))]
        });
        let steps = procedure.steps.iter().map(|step| self.step(procedure, step));
        let materials = procedure.materials.iter().map(|material| {
            let required = match material.required {
                Needed::Must => "必须".to_owned(),
                Needed::Conditional => format!("视情形：{}", material.when),
                Needed::Optional => "可以".to_owned(),
            };
            vec![plain(&*material.name), plain(required), plain(&*material.source)]
        });
        let step_name = |id: &str| {
            procedure.steps.iter().find(|step| &*step.id == id).map_or_else(|| id.to_owned(), |step| step.name.clone())
        };
        let clocks = procedure.clocks.iter().flat_map(|clock| {
            let begins = match &clock.begins {
                Begins::Open => "提出之日起".to_owned(),
                Begins::Step(step) => format!("“{}”之日起", step_name(step)),
                Begins::Before(field) => format!("登记簿的 {field} 之前"),
            };
            clock.values.iter().map(move |value| {
                vec![
                    plain(&*clock.name),
                    plain(begins.clone()),
                    plain(value.term.to_string()),
                    day(value.from),
                    plain(&*clock.overdue),
                    plain(&*value.source),
                ]
            })
        });
        let letters = procedure.letters.iter().map(|letter| {
            let body: Vec<DefinitionBlock> = letter.body.trim().lines().map(|line| text(plain(line))).collect();
            let to = fact("送", plain(&*letter.to));
            section(&format!("文书：{}", letter.name), [vec![super::page::facts(vec![to])], body].concat())
        });
        let forms = procedure.forms.iter().map(|form| section(&format!("表单：{}", form.name), vec![Self::fields(&form.fields)]));
        let mut sections = vec![
            section("状态", vec![table(&["状态", "轮到谁", "下一步"], states.collect())]),
            section("步骤", vec![table(&["步骤", "从", "到", "由谁", "要求", "作用", "依据"], steps.collect())]),
        ];
        sections.extend(table_section("期限", &["期限", "起算", "时长", "自", "逾期", "出处"], clocks.collect()));
        sections.extend(table_section("材料", &["材料", "是否必须", "出处"], materials.collect()));
        sections.extend(forms);
        sections.extend(letters);
        sections.extend(self.used_by(&to));
        (head(&procedure.meta, own), sections)
    }

    fn step(&self, procedure: &Procedure, step: &Step) -> Vec<Text> {
        let state = |id: &str| procedure.state(id).map_or_else(|| id.to_owned(), |state| state.name.clone());
        let from: Vec<String> = step.from.iter().map(|id| state(id)).collect();
        let mut asks = Vec::new();
        if let Some(form) = step.form.as_ref().and_then(|id| procedure.forms.iter().find(|form| form.id == *id)) {
            asks.push(format!("填写{}", form.name));
        }
        match step.opinion {
            Some(Opinion::Must) => asks.push("写明意见".to_owned()),
            Some(Opinion::Optional) => asks.push("可以写意见".to_owned()),
            None => {}
        }
        if !step.countersign.is_empty() {
            asks.push(format!("{}会签", roles(&step.countersign)));
        }
        if step.once {
            asks.push("一案只能一次".to_owned());
        }
        let mut does: Vec<Text> = step.effects.iter().map(|effect| self.effect(effect)).collect();
        if let Some(extends) = &step.extends {
            let clock = procedure.clocks.iter().find(|clock| clock.id == extends.clock);
            let name = clock.map_or(&*extends.clock, |clock| &clock.name);
            does.push(plain(format!("{name}延长{}", extends.by)));
        }
        if let Some(letter) = step.letter.as_ref().and_then(|id| procedure.letters.iter().find(|letter| letter.id == *id)) {
            does.push(plain(format!("出具{}", letter.name)));
        }
        vec![
            plain(&*step.name),
            plain(from.join("、")),
            plain(state(&step.to)),
            plain(roles(&step.by)),
            plain(asks.join("；")),
            joined(does, "；"),
            plain(&*step.source),
        ]
    }

    fn effect(&self, effect: &Effect) -> Text {
        let fields = |fields: &[(std::sync::Arc<str>, std::sync::Arc<str>)]| {
            fields.iter().map(|(to, _)| to.to_string()).collect::<Vec<_>>().join("、")
        };
        match effect {
            Effect::Create { fields: of } => plain(format!("登记新的一条：{}", fields(of))),
            Effect::Change { fields: of } => plain(format!("变更登记：{}", fields(of))),
            Effect::State { to, from, until } => {
                let list = self.pack.codelists.get(STATES);
                let entry = list.and_then(|list| list.entries.iter().find(|entry| entry.code == **to));
                let name = entry.map_or(&**to, |entry| &entry.name);
                let from = from.as_ref().map(|field| format!("自 {field} ")).unwrap_or_default();
                let until = until.as_ref().map(|field| format!("至 {field} ")).unwrap_or_default();
                plain(format!("{from}{until}登记状态为“{name}”"))
            }
            Effect::Prolong { field, by } => plain(format!("{field} 延长{by}")),
            Effect::Points { .. } => plain("记分（提出，由办理人负责）"),
            Effect::Open { procedure } => {
                let other = refer(DefinitionKind::Procedure, procedure);
                let name = self.name(&other);
                joined([plain("另立"), link(other, name)], "")
            }
            Effect::Publish { within, .. } => plain(format!("{within}内公开")),
        }
    }
}

fn roles(roles: &[Role]) -> String {
    roles.iter().map(|role| role.in_chinese()).collect::<Vec<_>>().join("、")
}

fn terms(terms: &[DatedTerm]) -> Vec<Vec<Text>> {
    terms.iter().map(|dated| vec![day(dated.from), plain(dated.term.to_string()), plain(&*dated.source)]).collect()
}
