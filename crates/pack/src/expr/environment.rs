//! What an expression may ask for beside the row: code lists, parameters, facts; and what of it is
//! not to be had.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use chrono::NaiveDate;

use super::{Expr, Fact, Function, Node};
use crate::Pack;
use crate::codelist::CodeList;
use crate::types::Value;

/// Everything that is the same for all rows of an evaluation.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Code lists by id.
    pub codelists: BTreeMap<Arc<str>, Arc<CodeList>>,
    /// The values in force of the parameters, by id.
    pub parameters: BTreeMap<Arc<str>, Value>,
    /// What is known of the submission and its institution.
    pub facts: BTreeMap<Fact, Value>,
}

impl Environment {
    /// The code lists of a pack that run and have codes, and its running parameters with their
    /// values on `day`. Without facts. A list without codes is left out: it would refuse every code,
    /// where the truth is that nobody has imported it yet.
    pub fn on(pack: &Pack, day: NaiveDate) -> Self {
        let codelists = pack.codelists.iter().filter(|(_, list)| list.meta.status.runs() && !list.entries.is_empty());
        let parameters = pack.parameters.iter().filter(|(_, parameter)| parameter.meta.status.runs());
        Self {
            codelists: codelists.map(|(id, list)| (id.clone(), list.clone())).collect(),
            parameters: parameters
                .filter_map(|(id, parameter)| Some((id.clone(), parameter.on(day)?.value.clone())))
                .collect(),
            facts: BTreeMap::new(),
        }
    }

    /// The same with a fact more; null takes it away.
    #[must_use]
    pub fn with(mut self, fact: Fact, value: Value) -> Self {
        self.facts.insert(fact, value);
        self
    }

    /// A fact; `None` when it is not known.
    pub fn fact(&self, fact: Fact) -> Option<&Value> {
        self.facts.get(&fact).filter(|value| **value != Value::Null)
    }

    /// A parameter's value in force, by id; `None` when it has none.
    pub fn parameter(&self, id: &str) -> Option<&Value> {
        self.parameters.get(id).filter(|value| **value != Value::Null)
    }
}

/// Something that an expression asks for and that is not to be had. Its text is the reason for
/// which a check is not evaluable, as the user reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missing {
    /// A fact about the submission or the institution.
    Fact(Fact),
    /// A parameter, by id, that has no value for the period.
    Parameter(Arc<str>),
    /// A code list, by id.
    CodeList(Arc<str>),
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact(fact) => f.write_str(match fact {
                Fact::ReceivedAt => "没有报送时间",
                Fact::PeriodStart | Fact::PeriodEnd => "没有报告期",
                Fact::InstitutionCodes => "没有填报机构的登记号和别名",
                Fact::InstitutionNames => "没有填报机构的名称",
                Fact::InstitutionClass => "没有填报机构的机构类别",
                Fact::InstitutionLevel => "没有填报机构的医院级别",
                Fact::InstitutionSubjects => "没有填报机构登记的诊疗科目",
                Fact::RegisteredBeds => "没有填报机构登记的床位数",
            }),
            Self::Parameter(id) => write!(f, "参数 {id} 在本期没有取值"),
            Self::CodeList(id) => write!(f, "没有值域代码表 {id}"),
        }
    }
}

/// What `expr` asks for and `environment` does not have. Where anything is missing the expression
/// must not be evaluated: its answer would be about less than it says.
pub fn missing(expr: &Expr, environment: &Environment) -> BTreeSet<Missing> {
    let mut missing = BTreeSet::new();
    expr.walk(&mut |expr| match &expr.node {
        Node::Fact(fact) if environment.fact(*fact).is_none() => {
            missing.insert(Missing::Fact(*fact));
        }
        Node::Parameter(id) if environment.parameter(id).is_none() => {
            missing.insert(Missing::Parameter(id.clone()));
        }
        Node::Call(Function::Listed(id) | Function::ListedAll(id, _) | Function::ListAttribute(id, _), _)
            if !environment.codelists.contains_key(id) =>
        {
            missing.insert(Missing::CodeList(id.clone()));
        }
        _ => {}
    });
    missing
}
