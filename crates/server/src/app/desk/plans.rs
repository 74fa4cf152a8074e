//! Plans as the contract has them: lists, one plan, one item; and what people enter about items.

use chrono::{DateTime, NaiveDate, Utc};
use yizheng_casework::plans::{NewAssignment, NewProgress, PlanError, Progress, ProgressKind};
use yizheng_lake::values::{By, Query};
use yizheng_pack::period::{Grain, Month, Period};
use yizheng_pack::plan::judge::{self, Status};
use yizheng_pack::plan::{PlanItem, PlanTarget, capability_name};
use yizheng_pack::scope::Scope;

use crate::api::desk::Answer;
use crate::api::dto;
use crate::api::error::ApiError;
use crate::app::plans::{ItemStanding, Measure, TargetFacts, TargetStanding, View, counts, light, regulator};
use crate::app::region::{Region, civil};
use crate::app::register;

impl Region {
    pub(super) fn plan_rows(&self, scope: &Scope, query: &dto::AsOfQuery) -> Answer<Vec<dto::PlanRow>> {
        let views = self.views(scope, query.as_of)?;
        let mut rows: Vec<dto::PlanRow> = views.iter().map(|view| row(view, &view.standings())).collect();
        rows.sort_by_key(|row| (!row.current, std::cmp::Reverse(row.from), row.id.clone()));
        Ok(rows)
    }

    pub(super) fn plan_of(&self, scope: &Scope, id: &str, query: &dto::AsOfQuery) -> Answer<dto::Plan> {
        let view = self.view(scope, id, query.as_of)?;
        let standings = view.standings();
        let meta = &view.plan.meta;
        Ok(dto::Plan {
            head: row(&view, &standings),
            purpose: meta.purpose.clone(),
            legal_basis: meta.legal_basis.clone(),
            limits: meta.limits.clone(),
            as_of: view.as_of,
            elapsed: elapsed(&view),
            chapters: chapters(&view, &standings),
            definition_file: meta.file.clone(),
        })
    }

    pub(super) fn plan_item_rows(&self, scope: &Scope, id: &str, query: &dto::AsOfQuery) -> Answer<Vec<dto::PlanItemRow>> {
        let view = self.view(scope, id, query.as_of)?;
        Ok(item_rows(&view))
    }

    pub(super) fn plan_target_rows(&self, scope: &Scope, id: &str, query: &dto::AsOfQuery) -> Answer<Vec<dto::PlanTargetRow>> {
        let view = self.view(scope, id, query.as_of)?;
        let mut rows = Vec::new();
        for (item, standing) in view.plan.items.iter().zip(view.standings()) {
            for (target, standing) in item.targets.iter().zip(standing.targets) {
                rows.push(dto::PlanTargetRow {
                    item: item.number.to_string(),
                    title: item.title.clone(),
                    measures: target.measures.clone(),
                    subject: target.subject.clone(),
                    display: target.to_string(),
                    by: target.by,
                    indicator: self.named_indicator(target.indicator.as_deref()),
                    status: standing.verdict.status.into(),
                    value: standing.display.clone(),
                    forecast: standing.outlook.ok().map(|outlook| outlook.display),
                    reason: standing.verdict.reason,
                });
            }
        }
        Ok(rows)
    }

    pub(super) fn plan_reminders_of(&self, scope: &Scope, id: &str, query: &dto::AsOfQuery) -> Answer<Vec<dto::PlanReminder>> {
        Ok(self.view(scope, id, query.as_of)?.reminders())
    }

    pub(super) fn plan_item_of(&self, scope: &Scope, id: &str, number: &str, query: &dto::AsOfQuery) -> Answer<dto::PlanItem> {
        let view = self.view(scope, id, query.as_of)?;
        self.item_page(&view, number)
    }

    fn item_page(&self, view: &View<'_>, number: &str) -> Answer<dto::PlanItem> {
        let plan = &view.plan;
        let at = view.place(number).ok_or_else(|| no_item(number))?;
        let (item, standing) = plan.items.get(at).zip(view.standing(at)).ok_or_else(|| no_item(number))?;
        let neighbour = |at: Option<usize>| at.and_then(|at| plan.items.get(at)).map(|item| item.number.to_string());
        let done = view.done(item, view.as_of);
        let facts = |place: usize| match view.facts.of(at, place) {
            Some(TargetFacts::Measured(measure)) => Some(measure.as_ref()),
            _ => None,
        };
        let mut progress: Vec<&Progress> = view.progress.iter().filter(|entry| entry.item == number).collect();
        progress.sort_by_key(|entry| std::cmp::Reverse((entry.says.on, entry.id)));
        let assignments = view.assignments.iter().rev().filter(|one| one.item == number);
        Ok(dto::PlanItem {
            plan: dto::NamedCode { code: plan.meta.id.to_string(), name: plan.meta.name.clone() },
            row: item_row(view, item, &standing),
            demand: item.demand.clone(),
            actors: item.actors.clone(),
            also: item.also.iter().map(|code| capability(code)).collect(),
            status_by: item.status_by.in_chinese().to_owned(),
            bindings: self.bindings(view, item)?,
            targets: item
                .targets
                .iter()
                .zip(&standing.targets)
                .enumerate()
                .map(|(place, (target, standing))| self.target_card(view, target, standing, facts(place)))
                .collect(),
            milestones: item
                .milestones
                .iter()
                .zip(done)
                .zip(1..)
                .map(|((milestone, done), number)| dto::PlanMilestone {
                    number,
                    by: milestone.by,
                    title: milestone.title.clone(),
                    overdue: done.is_none() && milestone.by < view.as_of,
                    done_on: done.as_ref().map(|(day, _)| *day),
                    done_by: done.map(|(_, person)| person),
                })
                .collect(),
            excluded: item.excluded.clone(),
            progress: progress.into_iter().map(entry).collect(),
            assignments: assignments
                .map(|one| dto::PlanAssignment {
                    lead: one.says.lead.clone(),
                    with: one.says.with.clone(),
                    person: one.says.person.clone(),
                    deadline: one.says.deadline,
                    note: one.says.note.clone(),
                    actor: one.actor.clone(),
                    entered_at: one.entered_at,
                })
                .collect(),
            previous: neighbour(at.checked_sub(1)),
            next: neighbour(at.checked_add(1)),
        })
    }

    fn named_indicator(&self, id: Option<&str>) -> Option<dto::NamedCode> {
        let indicator = self.pack.indicators.get(id?)?;
        Some(dto::NamedCode { code: indicator.meta.id.to_string(), name: indicator.meta.name.clone() })
    }

    fn target_card(
        &self,
        view: &View<'_>,
        target: &PlanTarget,
        standing: &TargetStanding,
        measure: Option<&Measure>,
    ) -> dto::PlanTarget {
        let now = standing.now.as_ref();
        let bounds = measure.and_then(|measure| measure.bounds);
        let (low, high) = bounds.map_or((None, None), |bounds| (bounds.low, bounds.high));
        let day = view.as_of;
        let period = now.map(|value| value.period.to_string());
        dto::PlanTarget {
            measures: target.measures.clone(),
            subject: target.subject.clone(),
            display: target.to_string(),
            quote: target.quote.clone(),
            by: target.by,
            indicator: self.named_indicator(target.indicator.as_deref()),
            status: standing.verdict.status.into(),
            reason: standing.verdict.reason.clone(),
            value: now.map(|value| value.number),
            value_display: standing.display.clone(),
            period: period.clone(),
            provisional: standing.provisional,
            series: measure.map(|measure| series(view, measure)).unwrap_or_default(),
            line: low.or(high),
            line_high: low.and(high).filter(|high| Some(*high) != low),
            forecast: standing.outlook.as_ref().ok().map(|outlook| dto::PlanForecast {
                value: outlook.value,
                low: outlook.low,
                high: outlook.high,
                level: crate::app::plans::CONFIDENCE,
                display: outlook.display.clone(),
                method: outlook.method.clone(),
                months: outlook.months,
            }),
            no_forecast: standing.outlook.as_ref().err().cloned(),
            missed_by: standing
                .missed_by
                .iter()
                .map(|(code, display)| dto::PlanMissed {
                    institution: register::reference(&self.pack, &view.measured.names, code, day),
                    display: display.clone(),
                })
                .collect(),
            link: measure.map(|measure| {
                let query = period.map(|period| format!("?period={period}")).unwrap_or_default();
                format!("/indicators/{}{query}", measure.indicator.meta.id)
            }),
        }
    }

    fn bindings(&self, view: &View<'_>, item: &PlanItem) -> Answer<Vec<dto::PlanBinding>> {
        let mut bindings = Vec::new();
        for (kind, list, id) in [("登记簿", "register", &item.register), ("办理事项", "procedure", &item.procedure)] {
            let Some(id) = id else { continue };
            // The register of institutions is the one that there is.
            let available = list == "register" && &**id == "institution";
            bindings.push(dto::PlanBinding {
                kind: kind.to_owned(),
                id: id.to_string(),
                name: register::named(&self.pack, list, id).name,
                available,
                link: available.then(|| "/institutions".to_owned()),
                figure: None,
            });
        }
        for id in &item.indicators {
            let Some(indicator) = self.pack.indicators.get(id) else { continue };
            let period = self.newest_closed(view, indicator.meta.id.as_ref());
            let mut figures = Vec::new();
            if let (true, Some(period)) = (view.own, period) {
                let ids = [id.to_string()];
                let query = Query { indicators: &ids, periods: &[period], by: By::Region, code: None, department: None };
                let whole = Scope::whole_region("plans");
                figures = view.measured.cube.values(&query, &view.measured.register, &whole).map_err(ApiError::internal)?;
            }
            let figure = figures.first().map(|figure| self.figure(&view.measured, figure));
            bindings.push(dto::PlanBinding {
                kind: "指标".to_owned(),
                id: id.to_string(),
                name: indicator.meta.name.clone(),
                available: indicator.meta.status.runs(),
                link: Some(match period {
                    Some(period) => format!("/indicators/{id}?period={period}"),
                    None => format!("/indicators/{id}"),
                }),
                figure,
            });
        }
        Ok(bindings)
    }

    /// The newest month of the plan's time that all datasets of an indicator have closed.
    fn newest_closed(&self, view: &View<'_>, indicator: &str) -> Option<Period> {
        let months = Period::range(Month::of(view.plan.from), Month::of(view.plan.to), Grain::Month);
        let closed = |month: &Period| self.closes(indicator, month.first()).is_some_and(|day| day < view.as_of);
        let data = self.months(&view.measured).map(|(_, last)| last);
        months.into_iter().rev().find(|month| closed(month) && data.is_some_and(|last| month.first() <= last))
    }

    /// Says who answers for an item.
    pub(crate) fn assign(
        &self,
        scope: &Scope,
        plan: &str,
        item: &str,
        new: &dto::NewPlanAssignment,
        now: DateTime<Utc>,
    ) -> Answer<dto::PlanItem> {
        let view = self.to_write(scope, plan, item)?;
        if let Some(deadline) = new.deadline
            && !(view.plan.from <= deadline && deadline <= view.plan.to)
        {
            return Err(ApiError::refused(
                format!("完成时限 {} 不在本工作要点的执行期内。", judge::date(deadline)),
                format!("请填写 {} 至 {} 之间的日期；按工作要点原定时限的，可不填。", judge::date(view.plan.from), judge::date(view.plan.to)),
            ));
        }
        let offices: Vec<String> = new.with.iter().map(|office| office.trim().to_owned()).filter(|office| !office.is_empty()).collect();
        let new = NewAssignment {
            lead: required(&new.lead, "牵头科室")?,
            with: offices,
            person: required(&new.person, "责任人")?,
            deadline: new.deadline,
            note: new.note.trim().to_owned(),
        };
        self.wait(self.store.assign_plan_item(plan, item, new, now, scope)).map_err(not_kept)?;
        self.item_page(&self.view(scope, plan, None)?, item)
    }

    /// Enters something about an item.
    pub(crate) fn add_progress(
        &self,
        scope: &Scope,
        plan: &str,
        item: &str,
        new: &dto::NewPlanProgress,
        now: DateTime<Utc>,
    ) -> Answer<dto::PlanItem> {
        let view = self.to_write(scope, plan, item)?;
        let today = civil(now).date();
        let view = View { as_of: today, ..view };
        let says = says(&view, item, new, today)?;
        self.wait(self.store.add_plan_progress(plan, item, says, now, scope)).map_err(not_kept)?;
        self.item_page(&self.view(scope, plan, None)?, item)
    }

    pub(super) fn withdraw_progress(
        &self,
        scope: &Scope,
        plan: &str,
        item: &str,
        id: &str,
        withdrawal: &dto::Withdrawal,
    ) -> Answer<dto::PlanItem> {
        self.withdraw_at(scope, plan, item, id, withdrawal, self.now())
    }

    /// Withdraws an entry, at a moment.
    pub(crate) fn withdraw_at(
        &self,
        scope: &Scope,
        plan: &str,
        item: &str,
        id: &str,
        withdrawal: &dto::Withdrawal,
        now: DateTime<Utc>,
    ) -> Answer<dto::PlanItem> {
        self.to_write(scope, plan, item)?;
        let reason = required(&withdrawal.reason, "撤回原因")?;
        let number: i64 = id.parse().map_err(|_| ApiError::not_found(format!("进展记录“{id}”")))?;
        self.wait(self.store.withdraw_plan_progress(plan, item, number, &reason, now, scope)).map_err(not_kept)?;
        self.item_page(&self.view(scope, plan, None)?, item)
    }

    /// The plan that is to be written to, when the item is there and the plan is the region's own.
    fn to_write(&self, scope: &Scope, plan: &str, item: &str) -> Answer<View<'_>> {
        regulator(scope)?;
        let view = self.view(scope, plan, None)?;
        view.place(item).ok_or_else(|| no_item(item))?;
        if !view.own {
            return Err(ApiError::refused(
                format!("这是{}的工作要点，不能在本地分解和填报。", view.plan.place),
                "请在本地区自己的工作要点中操作；需要以它为样本的，请先编入本地定义包。",
            ));
        }
        Ok(view)
    }
}

fn no_item(number: &str) -> ApiError {
    ApiError::not_found(format!("事项“{number}”"))
}

fn required(text: &str, what: &str) -> Answer<String> {
    match text.trim() {
        "" => Err(ApiError::refused(format!("没有填写{what}。"), format!("请填写{what}。"))),
        text => Ok(text.to_owned()),
    }
}

fn not_kept(error: PlanError) -> ApiError {
    match error {
        PlanError::PartOfTheRegion(_) => ApiError::out_of_scope("工作要点"),
        PlanError::Unknown(id) => ApiError::not_found(format!("进展记录“{id}”")),
        PlanError::Withdrawn(_) => ApiError::refused("这条记录已经撤回。", "请刷新页面查看撤回的原因。"),
        PlanError::Empty(what) => ApiError::refused(format!("没有填写 {what}。"), "请补充后再次提交。"),
        PlanError::Store(error) => ApiError::internal(error),
    }
}

/// What is to be kept of a new entry, when it can be.
fn says(view: &View<'_>, number: &str, new: &dto::NewPlanProgress, today: NaiveDate) -> Answer<NewProgress> {
    use dto::ProgressKind as K;
    let at = view.place(number).ok_or_else(|| no_item(number))?;
    let (item, standing) = view.plan.items.get(at).zip(view.standing(at)).ok_or_else(|| no_item(number))?;
    if new.on > today {
        return Err(ApiError::refused(
            format!("日期 {} 在今天之后。", judge::date(new.on)),
            "进展按实际发生的日期填写，不能晚于今天。",
        ));
    }
    if new.on < view.plan.from {
        return Err(ApiError::refused(
            format!("日期 {} 早于本工作要点的开始日期 {}。", judge::date(new.on), judge::date(view.plan.from)),
            "请填写执行期内的日期。",
        ));
    }
    if item.excluded.is_some() {
        return Err(ApiError::refused("该事项只作记录，不纳入自动评价，不能填报。", "原因见事项页面的说明。"));
    }
    let person = required(&new.person, "责任人姓名")?;
    let what = match new.kind {
        K::Progress | K::MilestoneDone => "进展情况",
        K::Supervision => "督办意见",
        K::JudgedMet | K::JudgedNotMet => "判定理由",
        K::Closed => "销号说明",
        K::Reopened => "恢复原因",
    };
    let text = required(&new.text, what)?;
    let evidence = new.evidence.trim().to_owned();
    let needs_evidence = matches!(new.kind, K::Closed | K::JudgedMet | K::JudgedNotMet);
    if needs_evidence && evidence.is_empty() {
        return Err(ApiError::refused("没有填写依据。", "销号和人工判定须注明依据，如文号、会议纪要、验收材料名称。"));
    }
    let done = view.done(item, today);
    let milestone = match (new.kind, new.milestone) {
        (K::MilestoneDone, None) => {
            return Err(ApiError::refused("没有指明是哪个节点。", "请选择完成的节点。"));
        }
        (K::MilestoneDone, Some(number)) => {
            let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
            match place.and_then(|place| done.get(place)) {
                None => {
                    return Err(ApiError::refused(
                        format!("本事项没有第 {number} 个节点。"),
                        format!("本事项共有 {} 个节点，请重新选择。", item.milestones.len()),
                    ));
                }
                Some(Some((day, person))) => {
                    return Err(ApiError::refused(
                        format!("第 {number} 个节点已于 {} 由{person}报告完成。", judge::date(*day)),
                        "如填报有误，请先撤回原来的记录。",
                    ));
                }
                Some(None) => Some(number),
            }
        }
        _ => None,
    };
    let handling = view.worked(item).handling;
    match (new.kind, handling) {
        (K::Closed, dto::PlanHandling::Closed) => {
            return Err(ApiError::refused("该事项已经销号。", "如需重新办理，请先恢复。"));
        }
        (K::Reopened, handling) if handling != dto::PlanHandling::Closed => {
            return Err(ApiError::refused("该事项没有销号，不需要恢复。", "请直接填报进展。"));
        }
        _ => {}
    }
    let by_people = matches!(standing.verdict.status, Status::Judgement | Status::NotMeasured)
        || view.entries(number, today).iter().any(|entry| {
            matches!(entry.says.kind, ProgressKind::JudgedMet | ProgressKind::JudgedNotMet)
        });
    if matches!(new.kind, K::JudgedMet | K::JudgedNotMet) && !by_people {
        return Err(ApiError::refused(
            format!("该事项由平台自动判断，不作人工判定：{}。", standing.verdict.reason),
            "对结果有异议的，请核对数据或节点；情况可填报为进展。",
        ));
    }
    // Closing against the numbers is a decision: it must say why.
    let met = standing.verdict.status == Status::Met;
    if new.kind == K::Closed && !met && text.chars().count() < 10 {
        return Err(ApiError::refused(
            format!("该事项尚未完成：{}。", standing.verdict.reason),
            "仍要销号的，请在销号说明中写明理由（不少于10个字）。",
        ));
    }
    let kind = match new.kind {
        K::Progress => ProgressKind::Progress,
        K::MilestoneDone => ProgressKind::MilestoneDone,
        K::Supervision => ProgressKind::Supervision,
        K::JudgedMet => ProgressKind::JudgedMet,
        K::JudgedNotMet => ProgressKind::JudgedNotMet,
        K::Closed => ProgressKind::Closed,
        K::Reopened => ProgressKind::Reopened,
    };
    Ok(NewProgress { on: new.on, kind, milestone, person, text, evidence })
}

fn entry(entry: &Progress) -> dto::PlanProgress {
    let kind = match entry.says.kind {
        ProgressKind::Progress => dto::ProgressKind::Progress,
        ProgressKind::MilestoneDone => dto::ProgressKind::MilestoneDone,
        ProgressKind::Supervision => dto::ProgressKind::Supervision,
        ProgressKind::JudgedMet => dto::ProgressKind::JudgedMet,
        ProgressKind::JudgedNotMet => dto::ProgressKind::JudgedNotMet,
        ProgressKind::Closed => dto::ProgressKind::Closed,
        ProgressKind::Reopened => dto::ProgressKind::Reopened,
    };
    dto::PlanProgress {
        id: entry.id.to_string(),
        on: entry.says.on,
        entered_at: entry.entered_at,
        kind,
        milestone: entry.says.milestone,
        person: entry.says.person.clone(),
        text: entry.says.text.clone(),
        evidence: entry.says.evidence.clone(),
        actor: entry.actor.clone(),
        withdrawn: entry.withdrawn.as_ref().map(|withdrawn| withdrawn.reason.clone()),
    }
}

fn capability(code: &str) -> dto::NamedCode {
    dto::NamedCode { code: code.to_owned(), name: capability_name(code).unwrap_or(code).to_owned() }
}

fn row(view: &View<'_>, standings: &[ItemStanding]) -> dto::PlanRow {
    let plan = &view.plan;
    dto::PlanRow {
        id: plan.meta.id.to_string(),
        name: plan.meta.name.clone(),
        place: plan.place.clone(),
        publisher: plan.publisher.clone(),
        year: plan.year,
        from: plan.from,
        to: plan.to,
        current: view.own && plan.covers(view.as_of),
        counts: counts(standings),
    }
}

/// The share of a plan's time that is over, in per cent.
pub(super) fn elapsed(view: &View<'_>) -> f64 {
    100.0 * judge::elapsed(view.plan.from, view.plan.to, view.as_of)
}

/// The plan's chapters with their lights.
pub(super) fn chapters(view: &View<'_>, standings: &[ItemStanding]) -> Vec<dto::PlanChapter> {
    let of = |number: &str| -> Vec<&ItemStanding> {
        let items = view.plan.items.iter().zip(standings);
        items.filter(|(item, _)| &*item.chapter == number).map(|(_, standing)| standing).collect()
    };
    view.plan
        .chapters
        .iter()
        .map(|chapter| {
            let mine = of(&chapter.number);
            dto::PlanChapter {
                number: chapter.number.to_string(),
                title: chapter.title.clone(),
                light: light(mine.iter().copied()),
                counts: counts(mine.iter().copied()),
            }
        })
        .collect()
}

/// Every item as a line.
pub(super) fn item_rows(view: &View<'_>) -> Vec<dto::PlanItemRow> {
    view.plan.items.iter().zip(view.standings()).map(|(item, standing)| item_row(view, item, &standing)).collect()
}

fn item_row(view: &View<'_>, item: &PlanItem, standing: &ItemStanding) -> dto::PlanItemRow {
    let worked = view.worked(item);
    // Of several targets the one that decides the item's status stands in its line.
    let shown = item
        .targets
        .iter()
        .zip(&standing.targets)
        .min_by_key(|(_, target)| (target.verdict.status != standing.verdict.status, target.verdict.status));
    dto::PlanItemRow {
        number: item.number.to_string(),
        chapter: item.chapter.to_string(),
        chapter_title: view.plan.chapter(&item.chapter).map(|chapter| chapter.title.clone()).unwrap_or_default(),
        title: item.title.clone(),
        lead: worked.lead,
        with: worked.with,
        person: worked.person,
        deadline: worked.deadline,
        days_left: (worked.deadline - view.as_of).num_days(),
        status: standing.verdict.status.into(),
        reason: standing.verdict.reason.clone(),
        target: shown.map(|(target, _)| format!("{}{target}", target.measures)),
        value: shown.and_then(|(_, standing)| standing.display.clone()),
        forecast: shown.and_then(|(_, standing)| Some(standing.outlook.as_ref().ok()?.display.clone())),
        last_progress: worked.last,
        handling: worked.handling,
        capability: capability(&item.capability),
    }
}

fn series(view: &View<'_>, measure: &Measure) -> Vec<dto::PlanPoint> {
    let first = Month::of(view.plan.from);
    measure
        .whole
        .months
        .iter()
        .filter(|month| month.month >= first && month.closes < view.as_of)
        .map(|month| dto::PlanPoint {
            period: month.month.to_string(),
            value: month.value,
            cumulative: month.so_far.as_ref().map(|value| value.number),
            provisional: month.provisional,
        })
        .collect()
}
