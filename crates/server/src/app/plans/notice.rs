//! 提醒、督办、通报: what is due to be sent about a plan's items on a day, each with a text ready to
//! copy. How many days lie between them are dated parameters.

use chrono::{Days as Calendar, NaiveDate};
use yizheng_pack::plan::judge::{self, Status};

use super::View;
use crate::api::dto::{PlanHandling, PlanReminder};

/// How far a reminder has escalated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// 提醒
    Reminder,
    /// 督办
    Supervision,
    /// 通报
    Circular,
}

impl Notice {
    fn word(self) -> &'static str {
        match self {
            Self::Reminder => "提醒",
            Self::Supervision => "督办",
            Self::Circular => "通报",
        }
    }

    /// Of an item that is behind and of which nothing was heard for so many days.
    fn of(quiet: i64, days: super::Days) -> Self {
        match quiet {
            quiet if quiet > days.circulate => Self::Circular,
            quiet if quiet > days.supervise => Self::Supervision,
            _ => Self::Reminder,
        }
    }
}

impl View<'_> {
    /// What is due, the gravest first. Nothing about another place's plan, nor about items that are
    /// met, closed or excluded.
    pub fn reminders(&self) -> Vec<PlanReminder> {
        if !self.own || self.as_of < self.plan.from {
            return Vec::new();
        }
        let mut due: Vec<(Notice, PlanReminder)> = (0..self.plan.items.len()).filter_map(|at| self.reminder(at)).collect();
        due.sort_by_key(|(notice, _)| std::cmp::Reverse(*notice));
        due.into_iter().map(|(_, reminder)| reminder).collect()
    }

    fn reminder(&self, at: usize) -> Option<(Notice, PlanReminder)> {
        let item = self.plan.items.get(at)?;
        let standing = self.standing(at)?;
        let worked = self.worked(item);
        if worked.handling == PlanHandling::Closed || matches!(standing.verdict.status, Status::Met | Status::Excluded) {
            return None;
        }
        // The next day by which something must be there.
        let done = self.done(item, self.as_of);
        let open = item.milestones.iter().zip(done).filter(|(_, done)| done.is_none()).map(|(milestone, _)| milestone);
        let next = open.min_by_key(|milestone| milestone.by).filter(|milestone| milestone.by < worked.deadline);
        let (deadline, what) = match next {
            Some(milestone) => (milestone.by, format!("节点“{}”", milestone.title)),
            None => (worked.deadline, "全部工作".to_owned()),
        };
        let left = (deadline - self.as_of).num_days();
        let late = matches!(standing.verdict.status, Status::Behind | Status::Overdue);
        let (notice, reason) = if late {
            let since = self.since(at).unwrap_or(self.as_of);
            let heard = worked.last.map_or(since, |last| last.max(since));
            let quiet = (self.as_of - heard).num_days();
            let silence = match worked.last.filter(|last| *last >= since) {
                Some(last) => format!("最近一次填报为 {}，已过 {quiet} 天", judge::date(last)),
                None => format!("自 {} 以来 {quiet} 天没有填报", judge::date(since)),
            };
            (Notice::of(quiet, self.days), format!("{}；{silence}", standing.verdict.reason))
        } else if left <= self.days.remind {
            let when = if left < 0 { format!("时限已过 {} 天", -left) } else { format!("还有 {left} 天") };
            (Notice::Reminder, format!("{what}应于 {} 前完成，{when}；{}", judge::date(deadline), standing.verdict.reason))
        } else {
            return None;
        };
        let office = worked.lead.clone().unwrap_or_else(|| "（未分解）".to_owned());
        let to = worked.person.as_ref().map_or_else(|| office.clone(), |person| format!("{office} {person}"));
        let text = self.text(notice, &to, &item.number, &item.title, &reason, late);
        let reminder = PlanReminder {
            item: item.number.to_string(),
            title: item.title.clone(),
            level: notice.word().to_owned(),
            to,
            reason,
            deadline,
            notice: text,
        };
        Some((notice, reminder))
    }

    /// The notice in the tone of an office.
    fn text(&self, notice: Notice, to: &str, number: &str, title: &str, reason: &str, late: bool) -> String {
        let plan = &self.plan.meta.name;
        let answer = self.after(self.days.answer);
        let (heading, demand) = match (notice, late) {
            (Notice::Reminder, false) => (
                format!("关于按期完成“{title}”的提醒"),
                "请抓紧推进，按期完成，并在平台填报进展情况。".to_owned(),
            ),
            (Notice::Reminder, true) => (
                format!("关于加快推进“{title}”的提醒"),
                format!("请查找原因、加快推进，并于 {answer} 前在平台填报进展情况和下一步安排。"),
            ),
            (Notice::Supervision, _) => (
                format!("关于“{title}”的督办通知"),
                format!("请认真分析原因，明确整改措施、责任人和完成时限，于 {answer} 前书面报告，并在平台填报进展情况。"),
            ),
            (Notice::Circular, _) => (
                format!("关于“{title}”进展滞后情况的通报"),
                format!("该事项长期未见进展，现予通报。请主要负责同志牵头研究，于 {answer} 前书面说明情况、提出整改方案，整改结果将纳入考核。"),
            ),
        };
        format!(
            "{heading}\n\n{to}：\n\n《{plan}》第 {number} 项“{title}”由你单位牵头。截至 {}，{reason}。{demand}\n\n{}\n{}",
            judge::date(self.as_of),
            self.plan.publisher,
            judge::date(self.as_of)
        )
    }

    fn after(&self, days: i64) -> String {
        let day = self.as_of.checked_add_days(Calendar::new(days.unsigned_abs())).unwrap_or(NaiveDate::MAX);
        judge::date(day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_escalates() {
        let days = super::super::Days { remind: 14, supervise: 15, circulate: 30, grace: 30, answer: 7 };
        for (quiet, notice) in [
            (0, Notice::Reminder),
            (15, Notice::Reminder),
            (16, Notice::Supervision),
            (30, Notice::Supervision),
            (31, Notice::Circular),
        ] {
            assert_eq!(Notice::of(quiet, days), notice, "{quiet}");
        }
    }
}
