//! Alert rules applied to a series: which of its months break the rule, and what is shown for it.
//! Pure: figures and dates in, verdicts out.

use chrono::{Days, NaiveDate};
use yizheng_casework::alerts::AlertKey;
use yizheng_pack::alert::{AlertOutcome, AlertRule, RuleSet, Side, Watch};
use yizheng_pack::period::Month;

/// A month of one series, judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Of what.
    pub key: AlertKey,
    /// The month.
    pub month: Month,
    /// What it is judged to be.
    pub outcome: AlertOutcome,
    /// Why it could not be judged, or why it is clear; empty for an alarm.
    pub reason: String,
}

/// The last day to answer an alert that is opened on a day.
pub fn due(rule: &AlertRule, day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(rule.answer_within.into())).unwrap_or(NaiveDate::MAX)
}

/// How a rule finds, in plain Chinese.
pub fn method(rule: &AlertRule) -> String {
    match &rule.watch {
        Watch::Target { missed, of, minimum_denominator, .. } => {
            let small = small(*minimum_denominator);
            format!("已过报送期限的最近 {of} 个月中有 {missed} 个月未达目标值（含最近一个月）时预警{small}。暂定值和未测量的月份不判断。")
        }
        Watch::Overdue { days: 0, .. } => "过了报送期限仍没有被接收的报送时预警；报送被接收后自动撤销。".to_owned(),
        Watch::Overdue { days, .. } => {
            format!("过了报送期限 {days} 天（自然日）仍没有被接收的报送时预警；报送被接收后自动撤销。")
        }
        Watch::Control { rules, window, baseline, minimum_points, minimum_denominator, side, .. } => {
            let side = match side {
                Side::Worse => "只对变差的一侧预警",
                Side::Both => "两侧都预警",
            };
            let small = small(*minimum_denominator);
            format!(
                "单值—移动极差控制图（XmR）：取截至当月的 {window} 个月，以其中前 {baseline} 个月（至少 {minimum_points} 个月有值）的均值为中心线，\
                 均值±2.66×平均移动极差为控制限；按{}判异，{side}{small}。暂定值和未测量的月份不判断。",
                rule_set(*rules)
            )
        }
    }
}

fn small(minimum_denominator: u32) -> String {
    match minimum_denominator {
        0 | 1 => String::new(),
        least => format!("；分母小于 {least} 的月份不判断"),
    }
}

fn rule_set(rules: RuleSet) -> &'static str {
    match rules {
        RuleSet::Limits => "超出控制限（一条准则）",
        RuleSet::WesternElectric => "西部电气四条准则",
        RuleSet::Nelson => "Nelson 八条准则",
        RuleSet::Nhs => "NHS“让数据说话”四条准则",
    }
}
