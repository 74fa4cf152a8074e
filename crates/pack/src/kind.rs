//! The kinds of definition, and definitions that have ended.

use std::sync::Arc;

use chrono::{Datelike, NaiveDate};

use crate::load::Meta;

/// What a definition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 数据集, its layouts included.
    Dataset,
    /// 校验规则
    Check,
    /// 指标, those known by name only included.
    Indicator,
    /// 参数
    Parameter,
    /// 代码表
    CodeList,
    /// 预警规则
    Alert,
    /// 工作要点
    Plan,
    /// 通报
    Bulletin,
    /// 登记簿
    Register,
    /// 办理事项
    Procedure,
}

impl Kind {
    /// The word of the reader.
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::Dataset => "数据集",
            Self::Check => "校验规则",
            Self::Indicator => "指标",
            Self::Parameter => "参数",
            Self::CodeList => "代码表",
            Self::Alert => "预警规则",
            Self::Plan => "工作要点",
            Self::Bulletin => "通报",
            Self::Register => "登记簿",
            Self::Procedure => "办理事项",
        }
    }
}

/// A definition that has ended (停用). Its id stays known and is never used again.
#[derive(Debug, Clone)]
pub struct Retired {
    /// Common head of every definition.
    pub meta: Meta,
    /// What it was.
    pub kind: Kind,
    /// First day on which it was no longer in force.
    pub on: NaiveDate,
    /// Id of what is used instead, of the same kind.
    pub successor: Option<Arc<str>>,
}

impl Retired {
    /// Since when, and what to use instead: `已于2025年3月1日停用，由“EFF02”代替`.
    pub fn in_words(&self) -> String {
        let on = format!("已于{}停用", day_in_chinese(self.on));
        match &self.successor {
            Some(id) => format!("{on}，由“{id}”代替"),
            None => format!("{on}，没有代替的{}", self.kind.in_chinese()),
        }
    }
}

/// A day as official papers write it: `2025年3月1日`.
pub(crate) fn day_in_chinese(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}
