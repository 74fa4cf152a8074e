//! Definitions of indicators.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Direction;

/// State of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DefinitionStatus {
    /// 草案: not computed, the reason stands in `limits`.
    Draft,
    /// 试行
    Trial,
    /// 启用
    Active,
    /// 停用
    Retired,
}

/// An indicator in the list.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct IndicatorRow {
    /// Id, e.g. `EFF01`.
    pub id: String,
    /// Name.
    pub name: String,
    /// Domain (领域).
    pub domain: String,
    /// State.
    pub status: DefinitionStatus,
    /// Unit; empty for a plain number.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// Dataset that it is computed from.
    pub dataset: String,
    /// What it is for, one sentence.
    pub purpose: String,
    /// First of the documents that it rests on.
    pub legal_basis: String,
}

/// An indicator, for its page; the whole of its definition stands on its reference page.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Indicator {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Domain (领域).
    pub domain: String,
    /// State.
    pub status: DefinitionStatus,
    /// Unit.
    pub unit: String,
    /// Which way is better.
    pub direction: Direction,
    /// What it is for.
    pub purpose: String,
    /// What it cannot say; of a draft what it waits for.
    pub limits: String,
}
