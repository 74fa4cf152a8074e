//! Whether the test cases of a definition would notice if it said something slightly else: every
//! mutant of every active definition must fail a case. Conditions that ask a code list which a
//! region has still to lay on decide nothing without it and are left out.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use yizheng_pack::Pack;
use yizheng_pack::dataset::{At, Check, CheckKind, Dataset, RowCase};
use yizheng_pack::expr::{Expr, Function, Node};
use yizheng_pack::expr::mutate::mutants;
use yizheng_pack::indicator::{Formula, Indicator, Part, Summand};
use yizheng_pack::link::{Across, Link, Other, Reach};
use yizheng_pack::load::Status;
use yizheng_pack::testcase::{Cases, TestFile};
use yizheng_pack::types::{Type, Value};

use super::pack_test::{Bench, PackTestError, Report};

/// What came of it.
#[derive(Debug, Default)]
pub struct Mutated {
    /// Active definitions that have something to change.
    pub definitions: usize,
    /// Changes tried.
    pub mutants: usize,
    /// Changes that no case noticed.
    pub survivors: Vec<Survivor>,
}

/// A change that no case noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// Check or indicator.
    pub definition: String,
    /// The expression in which it was made.
    pub place: String,
    /// What was changed.
    pub change: String,
}

/// A definition with one change.
struct Changed {
    place: String,
    change: String,
    pack: Pack,
}

/// Tries every small change of the active definitions whose id begins with `only`.
///
/// # Errors
/// When the cases cannot be run at all.
pub fn run(pack: &Pack, only: Option<&str>) -> Result<Mutated, PackTestError> {
    let wanted = |id: &str| only.is_none_or(|only| id.starts_with(only));
    let files: Vec<&TestFile> = pack.tests.iter().filter(|file| wanted(&file.id)).collect();
    let tried: Vec<Result<(usize, Vec<Survivor>), PackTestError>> = files.par_iter().map(|file| one(pack, file)).collect();
    let mut all = Mutated::default();
    for tried in tried {
        let (mutants, survivors) = tried?;
        all.definitions += usize::from(mutants > 0);
        all.mutants += mutants;
        all.survivors.extend(survivors);
    }
    Ok(all)
}

fn one(pack: &Pack, file: &TestFile) -> Result<(usize, Vec<Survivor>), PackTestError> {
    let changed = match &file.cases {
        Cases::Indicator(_) => match pack.indicators.get(&file.id) {
            Some(indicator) if indicator.meta.status == Status::Active => of_indicator(pack, indicator),
            _ => return Ok((0, Vec::new())),
        },
        Cases::Check(cases) => {
            // Codes that the cases lay on decide what without them nothing decides.
            let lists = cases.iter().flat_map(|case| case.codelists.clone()).collect();
            let pack = &pack.with_codes(&lists);
            let dataset = file.dataset.as_ref().and_then(|id| pack.table(id));
            let check = dataset.and_then(|dataset| Some((dataset, dataset.checks.iter().find(|check| check.meta.id == file.id)?)));
            match check {
                Some((dataset, check)) if check.meta.status == Status::Active => of_check(pack, dataset, check),
                _ => return Ok((0, Vec::new())),
            }
        }
    };
    let mut bench = Bench::new()?;
    let mut survivors = Vec::new();
    let mutants = changed.len();
    for changed in changed {
        let mut report = Report::default();
        bench.run(&Arc::new(changed.pack), file, &mut report)?;
        if report.failures.is_empty() {
            survivors.push(Survivor { definition: file.id.to_string(), place: changed.place, change: changed.change });
        }
    }
    Ok((mutants, survivors))
}

/// The pack with this indicator alone, and those it is read from.
fn alone(pack: &Pack, indicator: &Indicator) -> Pack {
    let of = indicator.formula.read_from().into_iter().filter_map(|of| pack.indicators.get_key_value(of));
    let kept = of.map(|(id, of)| (id.clone(), of.clone()));
    let own = (indicator.meta.id.clone(), Arc::new(indicator.clone()));
    Pack { indicators: kept.chain([own]).collect(), tests: Vec::new(), plans: BTreeMap::new(), ..pack.clone() }
}

fn of_indicator(pack: &Pack, indicator: &Indicator) -> Vec<Changed> {
    // A condition that stands in several parts, as the denominator's does in the numerator, is one.
    let mut places: Vec<Expr> = Vec::new();
    for part in indicator.parts() {
        for expr in part.of.exprs() {
            if !places.contains(expr) {
                places.push(expr.clone());
            }
        }
    }
    // That a summed value is known is a condition of its own: it changes with the value.
    let of_value = |expr: &Expr| known(expr).is_some_and(|value| places.contains(value));
    let mut all = Vec::new();
    for place in places.iter().filter(|place| !of_value(place)) {
        let dataset = indicator.dataset.as_ref().and_then(|id| pack.datasets.get(id));
        let text = dataset.map(|dataset| place.canonical(dataset).to_string()).unwrap_or_default();
        for mutant in mutants(place) {
            let replaced = |expr: &Expr| match known(expr) {
                _ if expr == place => mutant.expr.clone(),
                Some(value) if value == place => {
                    let null = Expr { node: Node::IsNull(Box::new(mutant.expr.clone())), ty: Type::Bool };
                    Expr { node: Node::Not(Box::new(null)), ty: Type::Bool }
                }
                _ => expr.clone(),
            };
            let part = |part: &Part| Part {
                key: format!("{}#{}", part.key, mutant.change).into(),
                of: match &part.of {
                    Summand::Rows { conditions, sum, squared } => Summand::Rows {
                        conditions: conditions.iter().map(replaced).collect(),
                        sum: sum.as_ref().map(replaced),
                        squared: *squared,
                    },
                    Summand::Values { conditions, value } => Summand::Values {
                        conditions: conditions.iter().map(replaced).collect(),
                        value: replaced(value),
                    },
                    Summand::Quality { without } => Summand::Quality { without: without.clone() },
                },
                ..part.clone()
            };
            let mut new = indicator.clone();
            for of in new.formula.parts_mut() {
                *of = part(of);
            }
            all.push(Changed { place: text.clone(), change: mutant.change, pack: alone(pack, &new) });
        }
    }
    all.extend(of_formula(indicator).into_iter().map(|(change, new)| Changed {
        place: "kind".to_owned(),
        change,
        pack: alone(pack, &new),
    }));
    all.extend(of_links(pack, indicator));
    all
}

/// Small changes of what a formula says beside its expressions.
fn of_formula(indicator: &Indicator) -> Vec<(String, Indicator)> {
    let with = |change: &str, formula: Formula| (change.to_owned(), Indicator { formula, ..indicator.clone() });
    match &indicator.formula {
        Formula::Quantile { values, percent } => [percent.saturating_sub(10).max(1), percent.saturating_add(10).min(99)]
            .into_iter()
            .map(|other| with(&format!("percent: {other}"), Formula::Quantile { values: values.clone(), percent: other }))
            .collect(),
        Formula::Share { part, classes, levels, factor } if indicator.formula.is_by_class() => {
            let of = |classes: Vec<String>, levels: Vec<String>| {
                Formula::Share { part: part.clone(), classes, levels, factor: *factor }
            };
            let fewer = |list: &[String], at: usize| {
                list.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, one)| one.clone()).collect::<Vec<_>>()
            };
            let by_class = classes
                .iter()
                .enumerate()
                .map(|(at, class)| with(&format!("classes: {class} deleted"), of(fewer(classes, at), levels.clone())));
            let by_level = levels
                .iter()
                .enumerate()
                .map(|(at, level)| with(&format!("levels: {level} deleted"), of(classes.clone(), fewer(levels, at))));
            by_class.chain(by_level).collect()
        }
        Formula::Quotient { of, by, factor } => {
            vec![with("of and by swapped", Formula::Quotient { of: by.clone(), by: of.clone(), factor: *factor })]
        }
        Formula::Composite { terms } => (0..terms.len())
            .map(|at| {
                let fewer = terms.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, term)| term.clone());
                with(&format!("term {} deleted", at + 1), Formula::Composite { terms: fewer.collect() })
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Small changes of the links that an indicator asks for.
fn of_links(pack: &Pack, indicator: &Indicator) -> Vec<Changed> {
    let mut all = Vec::new();
    for part in indicator.parts() {
        let Some(dataset) = pack.datasets.get(&part.dataset) else { continue };
        for ix in part.of.links() {
            let Some(link) = dataset.links.get(ix.0) else { continue };
            for (change, changed) in changed_links(pack, link) {
                let place = format!("link {}", link.id);
                if all.iter().any(|other: &Changed| other.place == place && other.change == change) {
                    continue;
                }
                let mut of_dataset = Dataset::clone(dataset);
                if let Some(link) = of_dataset.links.get_mut(ix.0) {
                    *link = changed;
                }
                let mut pack = alone(pack, indicator);
                pack.datasets.insert(dataset.meta.id.clone(), Arc::new(of_dataset));
                all.push(Changed { place, change, pack });
            }
        }
    }
    all
}

fn changed_links(pack: &Pack, link: &Link) -> Vec<(String, Link)> {
    let mut all = Vec::new();
    let filters = link.filter.iter().flat_map(mutants);
    all.extend(filters.map(|mutant| (mutant.change, Link { filter: Some(mutant.expr), ..link.clone() })));
    for at in 0..link.same.len() {
        let same = link.same.iter().enumerate().filter(|(place, _)| *place != at).map(|(_, expr)| expr.clone()).collect();
        all.push((format!("same: {} deleted", at + 1), Link { same, ..link.clone() }));
    }
    let across = match link.across {
        Across::Institution => Across::Region,
        Across::Region => Across::Institution,
    };
    all.push(("across".to_owned(), Link { across, ..link.clone() }));
    if let Other::Later(reach) | Other::Earlier(reach) = &link.other {
        let days = match &reach.within.node {
            Node::Literal(Value::Number { units, .. }) => Some(*units),
            Node::Parameter(id) => pack.parameters.get(id).and_then(|of| match of.values.last()?.value {
                Value::Number { units, .. } => Some(units),
                _ => None,
            }),
            _ => None,
        };
        for days in days.into_iter().flat_map(|days| [days - 1, days + 1]) {
            let within = Expr { node: Node::Literal(Value::integer(days)), ty: Type::INTEGER };
            let reach = Reach { within, ..reach.clone() };
            let other = match link.other {
                Other::Earlier(_) => Other::Earlier(reach),
                _ => Other::Later(reach),
            };
            all.push((format!("within: {days}"), Link { other, ..link.clone() }));
        }
    }
    all
}

/// The value that a condition `x is not null` asks about.
fn known(expr: &Expr) -> Option<&Expr> {
    match &expr.node {
        Node::Not(inner) => match &inner.node {
            Node::IsNull(value) => Some(value),
            _ => None,
        },
        _ => None,
    }
}

/// Whether an expression asks a code list that a region has still to lay on.
fn waits(pack: &Pack, expr: &Expr) -> bool {
    let mut waits = false;
    expr.walk(&mut |expr| {
        if let Node::Call(Function::Listed(id) | Function::ListedAll(id, _) | Function::ListAttribute(id, _), _) = &expr.node {
            waits |= pack.codelists.get(id).is_none_or(|list| list.entries.is_empty() || !list.meta.status.runs());
        }
    });
    waits
}

/// Cases that say the same of different columns, as `each` makes them, are changed together.
fn of_check(pack: &Pack, dataset: &Arc<Dataset>, check: &Check) -> Vec<Changed> {
    let Some(CheckKind::Row(cases)) = &check.kind else { return Vec::new() };
    let name = |case: &RowCase| match case.at {
        At::Cell(cell) => dataset.element(cell),
        At::Each(..) => String::new(),
    };
    let template = |case: &RowCase| {
        let text = |expr: &Expr| expr.canonical(dataset).to_string();
        let whole = format!("{} ⇒ {}", case.when.as_ref().map(text).unwrap_or_default(), text(&case.require));
        let own = name(case);
        if own.is_empty() { whole } else { whole.replace(&own, "it") }
    };
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, case) in cases.iter().enumerate() {
        groups.entry(template(case)).or_default().push(at);
    }
    let mut all = Vec::new();
    for (text, members) in groups {
        let Some(first) = members.first().and_then(|at| cases.get(*at)) else { continue };
        // Without the list nothing is decided, whatever the expression says.
        if first.when.iter().chain([&first.require]).any(|expr| waits(pack, expr)) {
            continue;
        }
        let in_when = first.when.as_ref().map(mutants).unwrap_or_default();
        let in_require = mutants(&first.require);
        let changes = in_when.iter().map(|mutant| (true, mutant)).chain(in_require.iter().map(|mutant| (false, mutant)));
        for (number, (in_condition, mutant)) in changes.enumerate() {
            let place = if in_condition { number } else { number - in_when.len() };
            let mut new = cases.clone();
            for case in members.iter().filter_map(|at| cases.get(*at).map(|case| (*at, case))) {
                let (at, case) = case;
                let other = if in_condition { case.when.as_ref().map(mutants) } else { Some(mutants(&case.require)) };
                let other = other.and_then(|all| all.into_iter().nth(place));
                if let (Some(other), Some(case)) = (other, new.get_mut(at)) {
                    if in_condition { case.when = Some(other.expr) } else { case.require = other.expr }
                }
            }
            let changed = Check { kind: Some(CheckKind::Row(new)), ..check.clone() };
            let mut of_dataset = Dataset::clone(dataset);
            of_dataset.checks = vec![changed];
            let mut pack = Pack { tests: Vec::new(), plans: BTreeMap::new(), ..pack.clone() };
            pack.datasets.insert(dataset.meta.id.clone(), Arc::new(of_dataset));
            all.push(Changed { place: text.clone(), change: mutant.change.clone(), pack });
        }
    }
    all
}
