//! Plans in use: what is measured for each target ([`facts`]), what people entered, and how every
//! item stands on a day ([`standing`]). Notices that follow from it ([`notice`]).

mod facts;
mod notice;
mod standing;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use yizheng_casework::plans::{Assignment, Progress};
use yizheng_pack::plan::Plan;
use yizheng_pack::plan::judge;
use yizheng_pack::scope::Scope;

pub use facts::{Facts, Kind, Measure, Series, TargetFacts};
pub use notice::Notice;
pub use standing::{CONFIDENCE, ItemStanding, Outlook, TargetStanding, Worked, counts, light, month_end};

use super::measuring::Measured;
use super::region::Region;
use crate::api::desk::Answer;
use crate::api::dto::PlanStatus;
use crate::api::error::ApiError;

/// Facts of plans, kept as long as the data are the same.
pub(crate) type FactsKept = Option<(Arc<Measured>, BTreeMap<Arc<str>, Arc<Facts>>)>;

/// Days that the rules of plans count, from dated parameters.
#[derive(Debug, Clone, Copy)]
pub struct Days {
    /// A reminder comes so many days before a deadline.
    pub remind: i64,
    /// Behind or overdue for so many days without an entry: 督办.
    pub supervise: i64,
    /// The same: 通报.
    pub circulate: i64,
    /// A milestone may be so late before its item is overdue.
    pub grace: i64,
    /// Days to answer a notice.
    pub answer: i64,
}

/// A plan, read on a day.
pub struct View<'a> {
    pub(crate) region: &'a Region,
    /// The definition.
    pub plan: Arc<Plan>,
    /// The data it is read from.
    pub measured: Arc<Measured>,
    /// What is measured for its targets.
    pub facts: Arc<Facts>,
    /// Whether it is the region's own: targets hold for the plan's place only.
    pub own: bool,
    /// Who answers for its items, in the order of entering.
    pub assignments: Vec<Assignment>,
    /// What was entered about its items, in the order of entering.
    pub progress: Vec<Progress>,
    /// The day on which it is read.
    pub as_of: NaiveDate,
    /// Days that the rules count, on that day.
    pub days: Days,
}

/// Plans are the region's: who sees only some institutions sees nothing of them.
pub(crate) fn regulator(scope: &Scope) -> Answer<()> {
    match scope.filter() {
        None => Ok(()),
        Some(_) => Err(ApiError::out_of_scope("工作要点")),
    }
}

/// Whether a plan is of this place: 海淀区 and 北京市海淀区 are one.
fn is_own(place: &str, of_plan: &str) -> bool {
    let (place, of_plan) = (place.trim(), of_plan.trim());
    !place.is_empty() && !of_plan.is_empty() && (place.ends_with(of_plan) || of_plan.ends_with(place))
}

impl Region {
    /// Whether a plan is the region's own.
    pub(crate) fn owns(&self, plan: &Plan) -> bool {
        is_own(&self.place.name, &plan.place)
    }

    /// The region's own plan that is in force on a day; the later when two are.
    pub(crate) fn plan_in_force(&self, day: NaiveDate) -> Option<&Arc<Plan>> {
        self.pack.plans.values().filter(|plan| self.owns(plan) && plan.covers(day)).max_by_key(|plan| plan.from)
    }

    fn days(&self, day: NaiveDate) -> Answer<Days> {
        let days = |id: &str| {
            let value = self.pack.parameters.get(id).and_then(|parameter| judge::number(&parameter.on(day)?.value));
            value.map(|days| days as i64).ok_or_else(|| ApiError::internal(format!("no parameter {id} on {day}")))
        };
        Ok(Days {
            remind: days("plan_remind_days")?,
            supervise: days("plan_supervise_days")?,
            circulate: days("plan_circulate_days")?,
            grace: days("plan_grace_days")?,
            answer: days("plan_answer_days")?,
        })
    }

    /// A plan as it stands on a day; today when none is given.
    pub(crate) fn view(&self, scope: &Scope, id: &str, as_of: Option<NaiveDate>) -> Answer<View<'_>> {
        regulator(scope)?;
        let plan = self.pack.plans.get(id).ok_or_else(|| ApiError::not_found(format!("工作要点“{id}”")))?;
        let mut views = self.views_of(scope, vec![plan.clone()], Some(id), as_of)?;
        views.pop().ok_or_else(|| ApiError::internal("a plan without a view"))
    }

    /// Every plan as it stands on a day.
    pub(crate) fn views(&self, scope: &Scope, as_of: Option<NaiveDate>) -> Answer<Vec<View<'_>>> {
        regulator(scope)?;
        self.views_of(scope, self.pack.plans.values().cloned().collect(), None, as_of)
    }

    fn views_of(
        &self,
        scope: &Scope,
        plans: Vec<Arc<Plan>>,
        only: Option<&str>,
        as_of: Option<NaiveDate>,
    ) -> Answer<Vec<View<'_>>> {
        let as_of = as_of.unwrap_or_else(|| self.today());
        let days = self.days(as_of)?;
        let measured = self.measure().map_err(ApiError::internal)?;
        let assignments = self.wait(self.store.plan_assignments(only, scope)).map_err(ApiError::internal)?;
        let progress = self.wait(self.store.plan_progress(only, scope)).map_err(ApiError::internal)?;
        plans
            .into_iter()
            .map(|plan| {
                let own = self.owns(&plan);
                let id = &plan.meta.id;
                Ok(View {
                    region: self,
                    facts: self.facts(&measured, &plan, own)?,
                    measured: measured.clone(),
                    own,
                    assignments: assignments.iter().filter(|one| *one.plan == **id).cloned().collect(),
                    progress: progress.iter().filter(|one| *one.plan == **id).cloned().collect(),
                    plan,
                    as_of,
                    days,
                })
            })
            .collect()
    }

    /// What is measured for a plan; measured once for each state of the data. Of another place's
    /// plan nothing is.
    fn facts(&self, measured: &Arc<Measured>, plan: &Arc<Plan>, own: bool) -> Answer<Arc<Facts>> {
        if !own {
            return Ok(Arc::default());
        }
        let mut kept = self.plan_facts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = kept.as_ref().filter(|(of, _)| Arc::ptr_eq(of, measured)).and_then(|(_, facts)| facts.get(&plan.meta.id));
        if let Some(known) = known {
            return Ok(known.clone());
        }
        let facts = Arc::new(Facts::measure(self, measured, plan)?);
        match kept.as_mut().filter(|(of, _)| Arc::ptr_eq(of, measured)) {
            Some((_, all)) => {
                all.insert(plan.meta.id.clone(), facts.clone());
            }
            None => *kept = Some((measured.clone(), [(plan.meta.id.clone(), facts.clone())].into())),
        }
        Ok(facts)
    }
}

impl From<judge::Status> for PlanStatus {
    fn from(status: judge::Status) -> Self {
        match status {
            judge::Status::Overdue => Self::Overdue,
            judge::Status::Behind => Self::Behind,
            judge::Status::NotMeasured => Self::NotMeasured,
            judge::Status::Judgement => Self::Judgement,
            judge::Status::OnCourse => Self::OnCourse,
            judge::Status::Met => Self::Met,
            judge::Status::Excluded => Self::Excluded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn a_plan_belongs_to_its_place() {
        assert!(is_own("云澜市", "云澜市"));
        assert!(is_own("海淀区", "北京市海淀区") && is_own("北京市海淀区", "海淀区"));
        assert!(!is_own("云澜市", "北京市海淀区") && !is_own("本地区", "未写明") && !is_own("", "云澜市"));
    }
}
