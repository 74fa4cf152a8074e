//! A pack: all definitions of a place, layered, resolved against each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::alert::{AlertRule, AlertTests};
use crate::bulletin::BulletinKind;
use crate::changelog::Release;
use crate::codelist::{CodeList, Entry};
use crate::dataset::Dataset;
use crate::indicator::{Indicator, Named};
use crate::kind::{Kind, Retired};
use crate::load::{Meta, Status};
use crate::parameter::Parameter;
use crate::plan::Plan;
use crate::procedure::Procedure;
use crate::register::Register;
use crate::term::Calendar;
use crate::testcase::TestFile;

/// A layer by its names: which pack, in which version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Id of the pack.
    pub id: String,
    /// Its version.
    pub version: String,
    /// What it is called in Chinese.
    pub name: String,
}

/// All definitions in force for a region: the national pack and what is layered on it.
#[derive(Debug, Clone, Default)]
pub struct Pack {
    /// The layers, the lowest first.
    pub layers: Vec<Edition>,
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
    /// Registers by id.
    pub registers: BTreeMap<Arc<str>, Arc<Register>>,
    /// Procedures by id.
    pub procedures: BTreeMap<Arc<str>, Arc<Procedure>>,
    /// Which days are working days.
    pub calendar: Calendar,
    /// Bulletin kinds by id.
    pub bulletins: BTreeMap<Arc<str>, Arc<BulletinKind>>,
    /// Code lists that definitions ask but no layer holds yet: drafts, with what they wait for. A
    /// check that asks one is not evaluable.
    pub awaited: BTreeMap<Arc<str>, Arc<Meta>>,
    /// Definitions that have ended, by kind and id.
    pub retired: BTreeMap<(Kind, Arc<str>), Retired>,
    /// What the versions of the layers changed, the lowest layer first, newest version first.
    pub changelog: Vec<Release>,
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

    /// The tables that rows are read into: datasets', then registers'.
    pub fn tables(&self) -> impl Iterator<Item = &Arc<Dataset>> {
        self.datasets.values().chain(self.registers.values().map(|register| &register.table))
    }

    /// The table of a dataset or a register.
    pub fn table(&self, id: &str) -> Option<&Arc<Dataset>> {
        self.datasets.get(id).or_else(|| self.registers.get(id).map(|register| &register.table))
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

    /// The definition of a kind that has ended, by its id.
    pub fn retired(&self, kind: Kind, id: &str) -> Option<&Retired> {
        self.retired.get(&(kind, Arc::from(id)))
    }

    /// The name of an indicator, whether it is computed, known by name or ended.
    pub fn indicator_name(&self, id: &str) -> Option<&str> {
        let computed = self.indicators.get(id).map(|indicator| indicator.meta.name.as_str());
        let named = || self.named.get(id).map(|named| named.name.as_str());
        computed.or_else(named).or_else(|| self.retired(Kind::Indicator, id).map(|retired| retired.meta.name.as_str()))
    }

    /// What values computed with these definitions by a version of the program come from.
    pub fn origin(&self, program: &str) -> Origin {
        Origin { pack: self.version(), fingerprint: self.fingerprint.clone(), program: program.to_owned() }
    }

    /// The bulletin kinds that are in use (active or trial), by id.
    pub fn running_bulletins(&self) -> impl Iterator<Item = &Arc<BulletinKind>> {
        self.bulletins.values().filter(|kind| kind.meta.status.runs())
    }

    /// Layers as one line, such as `national 0.1.0 + yunlan 0.1.0`.
    pub fn version(&self) -> String {
        let layers: Vec<String> = self.layers.iter().map(|layer| format!("{} {}", layer.id, layer.version)).collect();
        layers.join(" + ")
    }
}

/// What a number comes from beside the data. It stands wherever a computed number is kept or leaves
/// the program.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Origin {
    /// The layers with their versions, as [`Pack::version`] says them.
    pub pack: String,
    /// The definitions' [`Pack::fingerprint`].
    pub fingerprint: String,
    /// Version of the program.
    pub program: String,
}

impl Origin {
    /// For the reader, with the beginning of the fingerprint: `定义：national 0.2.0，摘要 4f2a90c31b77；程序：0.1.0`.
    pub fn in_words(&self) -> String {
        let start = self.fingerprint.get(..12).unwrap_or(&self.fingerprint);
        format!("定义：{}，摘要 {start}；程序：{}", self.pack, self.program)
    }

    /// Whole, as lines of name and text.
    pub fn lines(&self) -> [(&'static str, &str); 3] {
        [("定义包版本", &self.pack), ("定义摘要（SM3）", &self.fingerprint), ("程序版本", &self.program)]
    }
}
