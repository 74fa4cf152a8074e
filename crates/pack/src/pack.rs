//! A pack: all definitions of a place, layered, resolved against each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::alert::{AlertRule, AlertTests};
use crate::codelist::{CodeList, Entry};
use crate::dataset::Dataset;
use crate::indicator::{Indicator, Named};
use crate::load::{Meta, Status};
use crate::parameter::Parameter;
use crate::plan::Plan;
use crate::testcase::TestFile;

/// All definitions in force for a region: the national pack and what is layered on it.
#[derive(Debug, Clone, Default)]
pub struct Pack {
    /// Id and version of each layer, the lowest first.
    pub layers: Vec<(String, String)>,
    /// SM3 over the texts of all definitions in force, test cases, alert rules and work plans left out; names the
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

    /// The pack with codes laid on, as a region's pack would lay them: lists that wait for their codes
    /// run then.
    #[must_use]
    pub fn with_codes(&self, lists: &BTreeMap<String, Vec<Entry>>) -> Self {
        let mut pack = self.clone();
        for (id, entries) in lists {
            let known = self.codelists.get(id.as_str()).map(|list| &list.meta);
            let Some(meta) = known.or(self.awaited.get(id.as_str()).map(AsRef::as_ref)) else { continue };
            let meta = Meta { status: Status::Active, ..meta.clone() };
            let list = CodeList::new(meta, String::new(), entries.clone());
            pack.codelists.insert(list.meta.id.clone(), Arc::new(list));
        }
        pack
    }

    /// The indicators whose parts an indicator's value rests on: itself, or those from whose values it
    /// is read.
    pub fn measured_for<'a>(&'a self, indicator: &'a Indicator) -> Vec<&'a Indicator> {
        match indicator.formula.read_from() {
            none if none.is_empty() => vec![indicator],
            from => from.into_iter().filter_map(|id| self.indicators.get(id)).map(AsRef::as_ref).collect(),
        }
    }

    /// The datasets whose rows an indicator's value rests on, each once, the numerator's first.
    pub fn datasets_of(&self, indicator: &Indicator) -> Vec<Arc<str>> {
        let mut datasets = Vec::new();
        for part in self.measured_for(indicator).into_iter().flat_map(Indicator::parts) {
            if !datasets.contains(&part.dataset) {
                datasets.push(part.dataset.clone());
            }
        }
        datasets
    }

    /// The alert rules that run (active or trial), by id.
    pub fn running_alerts(&self) -> impl Iterator<Item = &Arc<AlertRule>> {
        self.alerts.values().filter(|rule| rule.meta.status.runs())
    }

    /// Layers as one line, such as `national 0.1.0 + yunlan 0.1.0`.
    pub fn version(&self) -> String {
        let layers: Vec<String> = self.layers.iter().map(|(id, version)| format!("{id} {version}")).collect();
        layers.join(" + ")
    }
}
