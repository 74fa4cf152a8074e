//! The reference page of a definition: what the (i) shows, what the reference folder holds as
//! Markdown. Text, tables and formulas, without markup, so that every reader lays them out itself.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::DefinitionStatus;

/// Kind of a definition that has a reference page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DefinitionKind {
    /// 指标
    Indicator,
    /// 校验规则
    Check,
    /// 数据集
    Dataset,
    /// 预警规则
    Alert,
    /// 参数
    Parameter,
    /// 值域代码表
    Codelist,
    /// 工作要点
    Plan,
    /// 通报种类
    Bulletin,
    /// 登记簿
    Register,
    /// 办理事项
    Procedure,
}

/// Names one definition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct DefinitionRef {
    /// Its kind.
    pub kind: DefinitionKind,
    /// Its id; of a check too, no two datasets' checks share one.
    pub id: String,
}

/// A definition in the index.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DefinitionRow {
    /// Its kind.
    pub kind: DefinitionKind,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Domain (领域) of an indicator, dataset of a check; empty for the others.
    pub domain: String,
    /// State; null for a national indicator that is not computed under its own id and so has no page.
    pub status: Option<DefinitionStatus>,
    /// What it is for; of one without a page why it has none.
    pub purpose: String,
    /// The documents that it rests on.
    pub legal_basis: String,
    /// The definition's file in its pack.
    pub definition_file: String,
}

/// Which definitions the index shows.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DefinitionsQuery {
    /// Only this kind.
    #[param(inline)]
    pub kind: Option<DefinitionKind>,
}

/// A definition as a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DefinitionPage {
    /// Its kind.
    pub kind: DefinitionKind,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// State.
    pub status: DefinitionStatus,
    /// What is said of it first.
    pub head: Vec<DefinitionFact>,
    /// How it is decided or computed, what it reads, who uses it.
    pub sections: Vec<DefinitionSection>,
    /// Its test cases: rows in, result out.
    pub examples: Vec<DefinitionSection>,
    /// The definition's file in its pack.
    pub definition_file: String,
}

/// A part of a page under a heading.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DefinitionSection {
    /// Heading; of an example its caption.
    pub title: String,
    /// What stands under it, in order.
    pub blocks: Vec<DefinitionBlock>,
}

/// A block of a section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "block", rename_all = "snake_case")]
pub enum DefinitionBlock {
    /// A paragraph.
    Text {
        /// The paragraph.
        text: Vec<DefinitionSpan>,
    },
    /// Names with what is said of them.
    Facts {
        /// In order.
        facts: Vec<DefinitionFact>,
    },
    /// A table.
    Table {
        /// Heads.
        columns: Vec<String>,
        /// Rows, each as long as the heads.
        rows: Vec<Vec<Vec<DefinitionSpan>>>,
    },
}

/// A name with what is said of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DefinitionFact {
    /// What it is about.
    pub name: String,
    /// What is said.
    pub text: Vec<DefinitionSpan>,
    /// The same as the expression that is evaluated; empty for none.
    pub formula: String,
}

/// A stretch of text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DefinitionSpan {
    /// The text.
    pub text: String,
    /// The definition that it names; null for plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<DefinitionRef>,
    /// Whether it is an expression or a code to be printed as written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub code: bool,
}

/// A change of definitions, as a pack's changelog says it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DefinitionChange {
    /// The pack, by name.
    pub pack: String,
    /// Version that brought it; null for what stands in no version yet.
    pub version: Option<String>,
    /// Day of the version.
    pub date: Option<chrono::NaiveDate>,
    /// What changed.
    pub what: String,
    /// Ids of the definitions; one that ends in `*` stands for all that begin so.
    pub ids: Vec<String>,
    /// Whose values are others now, in words.
    pub periods: String,
    /// Whether values that were stored before must be computed anew.
    pub recompute: bool,
}
