//! A pack: all definitions of a place, layered, resolved against each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::alert::{AlertRule, AlertTests};
use crate::bulletin::BulletinKind;
use crate::codelist::CodeList;
use crate::dataset::Dataset;
use crate::indicator::{Indicator, Named};
use crate::load::Meta;
use crate::parameter::Parameter;
use crate::plan::Plan;
use crate::testcase::TestFile;

/// All definitions in force for a region: the national pack and what is layered on it.
#[derive(Debug, Clone, Default)]
pub struct Pack {
    /// Id and version of each layer, the lowest first.
    pub layers: Vec<(String, String)>,
    /// SM3 over the texts of all definitions in force, test cases, alert rules, work plans and bulletins left out; names the
    /// definitions a value came from.
    pub fingerprint: String,
    /// Datasets by id.
    pub datasets: BTreeMap<Arc<str>, Arc<Dataset>>,
    /// Indicators by id.
    pub indicators: BTreeMap<Arc<str>, Arc<Indicator>>,
    /// National indicators that are not computed under their own ids, by id.
    pub named: BTreeMap<Arc<str>, Named>,
    /// Parameters by id.
    pub parameters: BTreeMap<Arc<str>, Arc<Parameter>>,
    /// Code lists by id.
    pub codelists: BTreeMap<Arc<str>, Arc<CodeList>>,
    /// Alert rules by id.
    pub alerts: BTreeMap<Arc<str>, Arc<AlertRule>>,
    /// Work plans by id.
    pub plans: BTreeMap<Arc<str>, Arc<Plan>>,
    /// Bulletin kinds by id.
    pub bulletins: BTreeMap<Arc<str>, Arc<BulletinKind>>,
    /// Code lists that definitions ask but no layer holds yet: drafts, with what they wait for. A
    /// check that asks one is not evaluable.
    pub awaited: BTreeMap<Arc<str>, Arc<Meta>>,
    /// The test cases beside checks and indicators, by file.
    pub tests: Vec<TestFile>,
    /// The test cases beside alert rules, by file.
    pub alert_tests: Vec<AlertTests>,
}

impl Pack {
    /// The indicators that run (active or trial), by id.
    pub fn running_indicators(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<Indicator>)> {
        self.indicators.iter().filter(|(_, indicator)| indicator.meta.status.runs())
    }

    /// The alert rules that run (active or trial), by id.
    pub fn running_alerts(&self) -> impl Iterator<Item = &Arc<AlertRule>> {
        self.alerts.values().filter(|rule| rule.meta.status.runs())
    }

    /// The bulletin kinds that are in use (active or trial), by id.
    pub fn running_bulletins(&self) -> impl Iterator<Item = &Arc<BulletinKind>> {
        self.bulletins.values().filter(|kind| kind.meta.status.runs())
    }

    /// Layers as one line, such as `national 0.1.0 + yunlan 0.1.0`.
    pub fn version(&self) -> String {
        let layers: Vec<String> = self.layers.iter().map(|(id, version)| format!("{id} {version}")).collect();
        layers.join(" + ")
    }
}
