//! Work plans (工作要点): what a health authority says it will do in a year, item by item, with the
//! targets that the document sets.
//!
//! A plan holds for its own place and its own time. Nothing here says how far an item has come: that
//! is read from indicators, registers, procedures and what people report.

use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::load::Meta;
use crate::types::{Value, format_decimal};

pub mod judge;

/// What an item belongs to: code and Chinese name. Fourteen capabilities of the platform, then what
/// stands in such plans beside them.
pub const CAPABILITIES: [(&str, &str); 19] = [
    ("C01", "机构规划、准入与退出"),
    ("C02", "执业人员注册、考核与培训"),
    ("C03", "校验、不良执业行为记分与信用"),
    ("C04", "技术、手术、设备、器械与耗材"),
    ("C05", "合理用药与药品供应"),
    ("C06", "医疗质量安全与质控"),
    ("C07", "院感与医疗废物"),
    ("C08", "血液安全"),
    ("C09", "分级诊疗、预约与连续服务"),
    ("C10", "监测预警、急救应急与救助"),
    ("C11", "监督执法与投诉举报"),
    ("C12", "纠纷、行风与平安医院"),
    ("C13", "综合监管指标、绩效评价与信息公开"),
    ("C14", "数据汇聚与互联互通"),
    ("TK", "只作任务督办"),
    ("PH", "公共卫生项目"),
    ("XL-a", "不纳入：已废止或强制性的生育管理"),
    ("XL-b", "不纳入：已被取代的生育政策事务"),
    ("XL-c", "不纳入：不属医政的计生服务与宣传"),
];

/// The Chinese name of a capability's code.
pub fn capability_name(code: &str) -> Option<&'static str> {
    CAPABILITIES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

/// A work plan.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Common head of every definition; its `legal_basis` is the document itself.
    pub meta: Meta,
    /// Place as the text gives it; 未写明 where it does not.
    pub place: String,
    /// Who issued it; 未写明 where the text does not say.
    pub publisher: String,
    /// Year it is for; where the text names none, the year inferred, which `limits` then says.
    pub year: i32,
    /// First day it is for.
    pub from: NaiveDate,
    /// Last day it is for.
    pub to: NaiveDate,
    /// Chapters in their order.
    pub chapters: Vec<Chapter>,
    /// Items in their order.
    pub items: Vec<PlanItem>,
}

/// A chapter of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chapter {
    /// Number as the document writes it, such as 一.
    pub number: Arc<str>,
    /// Short heading.
    pub title: String,
}

/// The smallest numbered unit of a plan.
#[derive(Debug, Clone)]
pub struct PlanItem {
    /// Number within the plan, such as 一-1 or 十一¶3.
    pub number: Arc<str>,
    /// Number of its chapter.
    pub chapter: Arc<str>,
    /// Short heading.
    pub title: String,
    /// What must be done, in plain words.
    pub demand: String,
    /// Who must do it.
    pub actors: Vec<String>,
    /// Code of the capability it mainly belongs to, one of [`CAPABILITIES`].
    pub capability: Arc<str>,
    /// Codes of the others that it touches.
    pub also: Vec<Arc<str>>,
    /// Lead office (牵头科室); `None` where the document names none.
    pub lead: Option<String>,
    /// Offices that work with it (协办科室).
    pub with: Vec<String>,
    /// Last day; the plan's last where the item names none.
    pub deadline: NaiveDate,
    /// How its state is known.
    pub status_by: StatusBy,
    /// Id of the procedure that carries it.
    pub procedure: Option<Arc<str>>,
    /// Id of the register that shows it.
    pub register: Option<Arc<str>>,
    /// Ids of indicators watched for it without a target of the plan.
    pub indicators: Vec<Arc<str>>,
    /// Why it is not automated; given exactly with [`StatusBy::Excluded`].
    pub excluded: Option<String>,
    /// Its targets.
    pub targets: Vec<PlanTarget>,
    /// What must be there by when, in order of time.
    pub milestones: Vec<Milestone>,
}

/// How the state of an item is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusBy {
    /// By its targets.
    Target,
    /// By what a register holds.
    Register,
    /// By the cases of a procedure.
    Procedure,
    /// By its milestones; by its deadline where it has none.
    Milestone,
    /// By what the lead office reports.
    Task,
    /// Not at all: recorded only, with the reason.
    Excluded,
}

impl StatusBy {
    /// As a Chinese reader calls it.
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::Target => "看目标值",
            Self::Register => "看登记",
            Self::Procedure => "看办理",
            Self::Milestone => "看节点",
            Self::Task => "看进度填报",
            Self::Excluded => "不纳入",
        }
    }
}

/// A target that the document sets. It holds for the plan's place and time only.
#[derive(Debug, Clone)]
pub struct PlanTarget {
    /// What is measured.
    pub measures: String,
    /// Of whom or what; empty for the whole place.
    pub subject: String,
    /// How the value binds.
    pub operator: Operator,
    /// The value, with the digits as written; `None` for [`Operator::All`] and [`Operator::Unstated`].
    pub value: Option<Value>,
    /// The upper end of [`Operator::Between`].
    pub high: Option<Value>,
    /// Unit in Chinese, such as `%` or 名.
    pub unit: String,
    /// What the value is per, such as 250张床; empty for none.
    pub per: String,
    /// First day in force.
    pub from: NaiveDate,
    /// Day by which it must be met.
    pub by: NaiveDate,
    /// Striven for (力争) rather than demanded.
    pub aspirational: bool,
    /// The few words of the document that carry it.
    pub quote: String,
    /// Id of the indicator that measures it, where one can.
    pub indicator: Option<Arc<str>>,
    /// WS 218 categories it holds for, by prefix; empty for all.
    pub classes: Vec<String>,
    /// Levels it holds for, by prefix (`3` = 三级); empty for all.
    pub levels: Vec<String>,
    /// The place's own institutions it holds for, in free words; empty for all.
    pub institutions: Vec<String>,
    /// What kind of number it is.
    pub kind: TargetKind,
}

/// How the value of a target binds. Chinese drafting includes the boundary: 以上 is ≥, 以下 is ≤.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operator {
    /// ≥ (以上、不少于、至少)
    AtLeast,
    /// ≤ (以下、不超过)
    AtMost,
    /// =
    Exactly,
    /// About (左右): no tolerance is stated, so that people must judge.
    About,
    /// From the value to `high`, both included.
    Between,
    /// So many more than before (新增).
    Increase,
    /// All of them (全部、全覆盖), written without a number.
    All,
    /// Named without a value; none may be guessed.
    Unstated,
}

impl Operator {
    /// Whether a value belongs to it.
    pub fn has_value(self) -> bool {
        !matches!(self, Self::All | Self::Unstated)
    }
}

/// What kind of number a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// A number or threshold to be met.
    Target,
    /// Another number of the document: scope, structure, dates, spans of cited plans.
    Quantity,
    /// All of them, without a number.
    Universal,
    /// An indicator named without a value.
    Unvalued,
    /// A number of an item that is not automated; recorded only.
    Excluded,
}

/// What must be there by a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    /// Last day.
    pub by: NaiveDate,
    /// What must be there.
    pub title: String,
}

impl Plan {
    /// An item by its number.
    pub fn item(&self, number: &str) -> Option<&PlanItem> {
        self.items.iter().find(|item| &*item.number == number)
    }

    /// A chapter by its number.
    pub fn chapter(&self, number: &str) -> Option<&Chapter> {
        self.chapters.iter().find(|chapter| &*chapter.number == number)
    }

    /// Whether a day lies in the plan's time.
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.from <= day && day <= self.to
    }
}

/// The bound as people write it, such as `≥80%`, `1–2种`, `每250张床≥1名` or 全部.
impl fmt::Display for PlanTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |value: &Option<Value>| match value {
            Some(Value::Number { units, scale }) => format_decimal(*units, *scale),
            _ => String::new(),
        };
        if self.aspirational {
            f.write_str("力争")?;
        }
        if !self.per.is_empty() {
            write!(f, "每{}", self.per)?;
        }
        let sign = match self.operator {
            Operator::AtLeast => "≥",
            Operator::AtMost => "≤",
            Operator::Exactly => "=",
            Operator::About => "约",
            Operator::Increase if self.value.as_ref().and_then(judge::number).is_some_and(|value| value < 0.0) => "减少",
            Operator::Increase => "新增",
            Operator::Between => "",
            Operator::All => return f.write_str("全部"),
            Operator::Unstated => return f.write_str("未写明数值"),
        };
        let value = number(&self.value);
        // The word says already that it is less.
        write!(f, "{sign}{}", if sign == "减少" { value.trim_start_matches('-') } else { &value })?;
        if self.operator == Operator::Between {
            write!(f, "–{}", number(&self.high))?;
        }
        f.write_str(&self.unit)
    }
}
