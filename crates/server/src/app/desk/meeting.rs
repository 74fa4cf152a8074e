//! The monthly report on the plan (月度进展报告): words and tables, the same for page, document and
//! workbook.

use yizheng_casework::reporting::Standing;
use yizheng_pack::plan::judge;
use yizheng_pack::scope::Scope;

use super::briefing::{Since, behind_rows, decide, end_of_next_month, item_link, last_day, last_month, lights, who};
use super::overview::in_period;
use super::plans::item_rows;
use crate::api::desk::{Answer, Content, Download, PaperForm};
use crate::api::dto::{self, AlertState, PlanCounts, PlanStatus};
use crate::api::error::ApiError;
use crate::api::labels::Label;
use crate::app::meeting_file;
use crate::app::measuring::Measured;
use crate::app::plans::{View, regulator};
use crate::app::region::Region;
use crate::app::register;
use yizheng_pack::period::Period;

pub(super) const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A table that is being written.
struct Rows(dto::MeetingTable);

impl Rows {
    fn new(columns: &[&str]) -> Self {
        let columns = columns.iter().map(|title| (*title).to_owned()).collect();
        Self(dto::MeetingTable { columns, rows: Vec::new(), lights: Vec::new(), links: Vec::new() })
    }

    fn add(&mut self, cells: Vec<String>, light: Option<PlanStatus>, link: Option<String>) {
        self.0.rows.push(cells);
        self.0.lights.push(light);
        self.0.links.push(link);
    }

    /// The table; none when nothing stands in it.
    fn done(self) -> Option<dto::MeetingTable> {
        (!self.0.rows.is_empty()).then_some(self.0)
    }
}

impl Region {
    pub(super) fn meeting_of(&self, scope: &Scope, query: &dto::MeetingQuery) -> Answer<dto::Meeting> {
        regulator(scope)?;
        let measured = self.measure().map_err(ApiError::internal)?;
        let period = self.period_or_default(&measured, scope, query.period.as_deref())?;
        let as_of = self.looked_at(period);
        let plan = match &query.plan {
            Some(id) => self.pack.plans.get(id.as_str()).ok_or_else(|| ApiError::not_found(format!("工作要点“{id}”")))?,
            None => self.plan_in_force(last_day(period).min(as_of)).ok_or_else(|| ApiError::not_found("本地区当期的工作要点"))?,
        };
        let view = self.view(scope, &plan.meta.id, Some(as_of))?;
        let plan = lights(&view);
        let alerts = self.alert_rows(scope, &dto::AlertsQuery::default())?;
        let since = Since { after: self.looked_at(period.previous()), until: as_of };
        let month = last_month(period);
        Ok(dto::Meeting {
            title: format!("{}进展情况报告（{}）", plan.name, period.in_chinese()),
            issuer: view.plan.publisher.clone(),
            period: period.to_string(),
            made_on: self.today(),
            summary: summary(&view, &plan, period),
            headline: self.headline(&measured, scope, period)?,
            sections: vec![
                overall(&view, &plan),
                behind(&view),
                targets(&view),
                self.reporting_section(&measured, scope, month),
                alert_section(&alerts, &since),
                decisions(&view, &alerts),
                next_month(&view),
            ],
            sources: self.sources(&measured, scope, period, &view),
            plan,
        })
    }

    pub(super) fn meeting_file_of(&self, scope: &Scope, query: &dto::MeetingQuery, form: PaperForm) -> Answer<Download> {
        let meeting = self.meeting_of(scope, query)?;
        let (bytes, extension, media_type) = match form {
            PaperForm::Docx => (meeting_file::docx(&meeting).map_err(ApiError::internal)?, "docx", DOCX),
            PaperForm::Xlsx => (meeting_file::xlsx(&meeting).map_err(ApiError::internal)?, "xlsx", XLSX),
        };
        Ok(Download { file_name: format!("{}.{extension}", meeting.title), media_type, content: Content::Bytes(bytes) })
    }

    fn reporting_section(&self, measured: &Measured, scope: &Scope, period: Period) -> dto::MeetingSection {
        // Before the deadline nobody is in time or late.
        let today = self.today();
        let mut table = Rows::new(&["数据集", "应报", "按期", "迟报", "退回未重报", "未报", "未按要求报送的机构"]);
        let (mut due, mut in_time, mut reported) = (0_u32, 0_u32, 0_u32);
        for dataset in self.pack.datasets.values().filter(|dataset| dataset.meta.status.runs()) {
            let mut counts = [0_u32; 4];
            let mut owing = Vec::new();
            for of in in_period(measured, scope, dataset, period).filter(|of| of.due && of.deadline < today) {
                let name = || register::reference(&self.pack, &measured.names, &of.institution, period.start()).name;
                let at = match of.standing {
                    Standing::Reported => 0,
                    Standing::Late => 1,
                    Standing::Returned => 2,
                    Standing::Missing => 3,
                    Standing::NotDue => continue,
                };
                if let Some(count) = counts.get_mut(at) {
                    *count += 1;
                }
                match of.standing {
                    Standing::Returned => owing.push(format!("{}（退回）", name())),
                    Standing::Missing => owing.push(format!("{}（未报）", name())),
                    Standing::Late => owing.push(format!("{}（迟报）", name())),
                    Standing::Reported | Standing::NotDue => {}
                }
            }
            let all: u32 = counts.iter().sum();
            if all == 0 {
                continue;
            }
            let [timely, late, ..] = counts;
            due += all;
            in_time += timely;
            reported += timely + late;
            let mut cells = vec![dataset.meta.name.clone(), all.to_string()];
            cells.extend(counts.iter().map(u32::to_string));
            cells.push(owing.join("、"));
            table.add(cells, None, Some(format!("/submissions?tab=reporting&period={period}")));
        }
        let share = |part: u32| if due == 0 { "—".to_owned() } else { format!("{:.1}%", 100.0 * f64::from(part) / f64::from(due)) };
        let paragraph = if due == 0 {
            format!("{}没有到期的报送。", period.in_chinese())
        } else {
            format!(
                "{}应报 {due} 份，已报 {reported} 份，完整率 {}；按期报送 {in_time} 份，及时率 {}。",
                period.in_chinese(),
                share(reported),
                share(in_time)
            )
        };
        dto::MeetingSection { heading: "四、数据报送".to_owned(), paragraphs: vec![paragraph], table: table.done() }
    }

    fn sources(&self, measured: &Measured, scope: &Scope, period: Period, view: &View<'_>) -> Vec<String> {
        let datasets = self.pack.datasets.values().filter(|dataset| dataset.meta.status.runs());
        let today = self.today();
        let (mut due, mut reported) = (0, 0);
        for of in datasets.flat_map(|dataset| in_period(measured, scope, dataset, period)).filter(|of| of.due && of.deadline < today) {
            due += 1;
            reported += u32::from(matches!(of.standing, Standing::Reported | Standing::Late));
        }
        vec![
            format!("工作要点：{}", view.plan.meta.legal_basis),
            format!("数据：各机构报送的数据，{}应报 {due} 份，已报 {reported} 份；进展截至 {}。", period.in_chinese(), judge::date(view.as_of)),
            format!("{}。", self.origin().in_words()),
            "状态由平台按数据、节点和人工判定自动得出；“未测量”表示没有可用的数据，不等于完成或未完成。".to_owned(),
        ]
    }
}

fn summary(view: &View<'_>, plan: &dto::BriefingPlan, period: Period) -> String {
    let PlanCounts { items, met, on_course, behind, overdue, judgement, not_measured, excluded } = plan.counts;
    let mut parts = vec![format!("已完成 {met} 项"), format!("正常推进 {on_course} 项")];
    for (count, word) in [
        (behind, "滞后"),
        (overdue, "逾期"),
        (judgement, "待人工判定"),
        (not_measured, "未测量"),
        (excluded, "不纳入自动评价"),
    ] {
        if count > 0 {
            parts.push(format!("{word} {count} 项"));
        }
    }
    format!(
        "根据{}的数据，截至 {}，全年时间已过 {:.0}%，《{}》{items} 项任务中{}。",
        period.in_chinese(),
        judge::date(view.as_of),
        plan.elapsed,
        plan.name,
        parts.join("，")
    )
}

fn overall(view: &View<'_>, plan: &dto::BriefingPlan) -> dto::MeetingSection {
    let mut table = Rows::new(&["章", "状态", "事项", "已完成", "正常推进", "滞后", "逾期", "待人工判定", "未测量"]);
    for chapter in &plan.chapters {
        let counts = &chapter.counts;
        let mut cells = vec![format!("{}、{}", chapter.number, chapter.title), chapter.light.label().to_owned()];
        let of = [counts.items, counts.met, counts.on_course, counts.behind, counts.overdue, counts.judgement, counts.not_measured];
        cells.extend(of.iter().map(u32::to_string));
        table.add(cells, Some(chapter.light), Some(format!("/plans/{}", plan.id)));
    }
    let closed = item_rows(view).iter().filter(|row| row.handling == dto::PlanHandling::Closed).count();
    let paragraph = format!("{} 项任务分 {} 章，已销号 {closed} 项。各章进展如下表。", plan.counts.items, plan.chapters.len());
    dto::MeetingSection { heading: "一、总体进展".to_owned(), paragraphs: vec![paragraph], table: table.done() }
}

fn behind(view: &View<'_>) -> dto::MeetingSection {
    let mut table = Rows::new(&["序号", "事项", "状态", "原因", "责任", "时限", "最近填报"]);
    let rows = behind_rows(view);
    for row in &rows {
        table.add(
            vec![
                row.number.clone(),
                row.title.clone(),
                row.status.label().to_owned(),
                row.reason.clone(),
                who(row).unwrap_or_else(|| "未分解".to_owned()),
                judge::date(row.deadline),
                row.last_progress.map_or_else(|| "无".to_owned(), judge::date),
            ],
            Some(row.status),
            Some(item_link(view, &row.number)),
        );
    }
    let of = |status: PlanStatus| rows.iter().filter(|row| row.status == status).count();
    let paragraph = match rows.len() {
        0 => "没有滞后或逾期的事项。".to_owned(),
        _ => format!("逾期 {} 项，滞后 {} 项。", of(PlanStatus::Overdue), of(PlanStatus::Behind)),
    };
    dto::MeetingSection { heading: "二、滞后与逾期事项".to_owned(), paragraphs: vec![paragraph], table: table.done() }
}

fn targets(view: &View<'_>) -> dto::MeetingSection {
    let mut table = Rows::new(&["序号", "衡量内容", "目标", "现值", "到期预测", "状态"]);
    let (mut all, mut met) = (0, 0);
    for (item, standing) in view.plan.items.iter().zip(view.standings()) {
        for (target, standing) in item.targets.iter().zip(standing.targets) {
            let status = PlanStatus::from(standing.verdict.status);
            if status == PlanStatus::Excluded {
                continue;
            }
            all += 1;
            met += u32::from(status == PlanStatus::Met);
            table.add(
                vec![
                    item.number.to_string(),
                    target.measures.clone(),
                    target.to_string(),
                    standing.display.unwrap_or_else(|| "—".to_owned()),
                    standing.outlook.map_or_else(|_| "—".to_owned(), |outlook| outlook.display),
                    status.label().to_owned(),
                ],
                Some(status),
                Some(item_link(view, &item.number)),
            );
        }
    }
    let paragraph = match all {
        0 => "工作要点没有写明目标值。".to_owned(),
        _ => format!("{all} 个目标值中 {met} 个已达到。括号内为到期值的 80% 预测区间。"),
    };
    dto::MeetingSection { heading: "三、主要指标".to_owned(), paragraphs: vec![paragraph], table: table.done() }
}

fn alert_section(alerts: &[dto::AlertRow], since: &Since) -> dto::MeetingSection {
    let mut rules: Vec<&str> = alerts.iter().map(|alert| alert.rule.name.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    let active = |alert: &dto::AlertRow| {
        matches!(alert.state, AlertState::Open | AlertState::Acknowledged | AlertState::Explained)
    };
    let mut table = Rows::new(&["规则", "未办结", "其中逾期未答复", "本期新增", "本期办结", "本期撤销"]);
    let mut sums = [0_usize; 5];
    for rule in rules {
        let mine = || alerts.iter().filter(move |alert| alert.rule.name == rule);
        let ended = |state: AlertState| {
            mine().filter(move |alert| alert.state == state && alert.ended_at.is_some_and(|at| since.holds(at))).count()
        };
        let counts = [
            mine().filter(|alert| active(alert)).count(),
            mine().filter(|alert| alert.overdue).count(),
            mine().filter(|alert| since.holds(alert.opened_at)).count(),
            ended(AlertState::Closed),
            ended(AlertState::Withdrawn),
        ];
        if counts.iter().all(|count| *count == 0) {
            continue;
        }
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum += count;
        }
        let mut cells = vec![rule.to_owned()];
        cells.extend(counts.iter().map(usize::to_string));
        table.add(cells, None, Some("/alerts".to_owned()));
    }
    let [open, silent, opened, closed, withdrawn] = sums;
    let paragraph = format!("未办结预警 {open} 条，其中逾期未答复 {silent} 条；本期新增 {opened} 条，办结 {closed} 条，撤销 {withdrawn} 条。");
    dto::MeetingSection { heading: "五、预警".to_owned(), paragraphs: vec![paragraph], table: table.done() }
}

fn decisions(view: &View<'_>, alerts: &[dto::AlertRow]) -> dto::MeetingSection {
    let mut table = Rows::new(&["事项", "内容", "责任"]);
    let lines = decide(Some(view), alerts, view.as_of);
    for line in &lines {
        let who = line.who.clone().unwrap_or_default();
        table.add(vec![line.label.clone(), line.sentence.clone(), who], line.status, Some(line.link.clone()));
    }
    let paragraph = match lines.len() {
        0 => "没有需要研究的事项。".to_owned(),
        count => format!("以下 {count} 项提请研究。"),
    };
    dto::MeetingSection { heading: "六、需要研究的事项".to_owned(), paragraphs: vec![paragraph], table: table.done() }
}

/// Milestones and deadlines from the day after to the end of the next month.
fn next_month(view: &View<'_>) -> dto::MeetingSection {
    let last = end_of_next_month(view.as_of);
    let mut due = Vec::new();
    for (at, item) in view.plan.items.iter().enumerate() {
        let worked = view.worked(item);
        let Some(standing) = view.standing(at) else { continue };
        let status = PlanStatus::from(standing.verdict.status);
        if worked.handling == dto::PlanHandling::Closed || matches!(status, PlanStatus::Met | PlanStatus::Excluded) {
            continue;
        }
        let office = worked.lead.clone().unwrap_or_else(|| "未分解".to_owned());
        let mut put = |day, what: String| {
            if view.as_of < day && day <= last {
                due.push((day, item.number.to_string(), item.title.clone(), what, office.clone(), status));
            }
        };
        for (milestone, _) in item.milestones.iter().zip(view.done(item, view.as_of)).filter(|(_, done)| done.is_none()) {
            put(milestone.by, milestone.title.clone());
        }
        if item.milestones.iter().all(|milestone| milestone.by != worked.deadline) {
            put(worked.deadline, "完成时限".to_owned());
        }
    }
    due.sort_by_key(|(day, ..)| *day);
    let paragraph = match due.len() {
        0 => format!("{} 前没有到期的节点和事项。", judge::date(last)),
        count => format!("{} 前到期的节点和时限共 {count} 个。", judge::date(last)),
    };
    let mut table = Rows::new(&["日期", "序号", "事项", "到期内容", "牵头科室"]);
    for (day, number, title, what, office, status) in due {
        let link = item_link(view, &number);
        table.add(vec![judge::date(day), number, title, what, office], Some(status), Some(link));
    }
    dto::MeetingSection { heading: "七、下月工作".to_owned(), paragraphs: vec![paragraph], table: table.done() }
}
