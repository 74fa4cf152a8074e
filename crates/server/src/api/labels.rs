//! The Chinese words of the contract's enums, as tables print them.

use super::dto::*;

/// A value's Chinese word.
pub trait Label {
    /// The word.
    fn label(&self) -> &'static str;
}

macro_rules! labels {
    ($($type:ident { $($variant:ident => $word:literal),* $(,)? })*) => { $(
        impl Label for $type {
            fn label(&self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    )* };
}

labels! {
    Direction { Up => "越高越好", Down => "越低越好", Range => "合理区间", Watch => "监测比较" }
    Clause { Population => "初始人群", Denominator => "分母", Exclusion => "排除", Numerator => "分子" }
    DefinitionStatus { Draft => "草案", Trial => "试行", Active => "启用", Retired => "停用" }
    DefinitionKind {
        Indicator => "指标", Check => "校验规则", Dataset => "数据集", Alert => "预警规则", Parameter => "参数",
        Codelist => "值域代码表", Plan => "工作要点", Bulletin => "通报种类",
        Register => "登记簿", Procedure => "办理事项",
    }
    Severity { Error => "错误", Warning => "提示" }
    SubmissionStatus { Received => "已收", Accepted => "已接收", Returned => "已退回", Superseded => "已替换" }
    ReportingStatus { Reported => "已报", Late => "迟报", Returned => "已退回", Missing => "未报", NotDue => "未到期" }
    TargetStatus { Met => "达标", Missed => "未达标", NoTarget => "无目标值", NotMeasured => "未测量", Observing => "观察期未满" }
    Mode { Full => "全量", Patch => "增补" }
    ChangeKind { Added => "新增", Removed => "删除", Changed => "修改" }
    AttentionKind {
        Missing => "未报送", Returned => "退回待改", Quality => "数据质量",
        Target => "未达目标", Change => "变化异常", Outlier => "同级离群",
    }
    PlanStatus {
        Overdue => "逾期", Behind => "滞后", NotMeasured => "未测量", Judgement => "待人工判定",
        OnCourse => "正常推进", Met => "已完成", Excluded => "不纳入自动评价",
    }
    PlanHandling { Unassigned => "未分解", Running => "推进中", Supervised => "督办中", Closed => "已销号" }
    AlertState {
        Open => "待签收", Acknowledged => "已签收", Explained => "已说明", Closed => "已办结", Withdrawn => "已撤销",
    }
    AlertKind { Target => "未达目标", Overdue => "逾期未报", Control => "统计控制图" }
    AlertStepKind {
        Opened => "产生预警", Extended => "更新证据", Withdrawn => "撤销预警", Acknowledged => "签收",
        Explained => "情况说明", Closed => "办结", Reopened => "退回重办",
    }
    BulletinState { Draft => "草稿", Approved => "审核通过", Final => "定稿", Withdrawn => "已撤回" }
    AttentionSeverity { High => "严重", Medium => "一般", Low => "留意" }
}
