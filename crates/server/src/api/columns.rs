//! The columns of every table of the contract.

use super::dto::*;
use super::labels::Label;
use super::table::{Column, Row};

fn c<R, C: Into<super::table::Cell>>(
    key: &str,
    title: &str,
    cell: impl Fn(&R) -> C + Send + Sync + 'static,
) -> Column<R> {
    Column::new(key, title, cell)
}

/// Code, name, level and class of an institution, of a row that always has one.
fn institution_columns<R: 'static>(of: fn(&R) -> Option<&InstitutionRef>) -> [Column<R>; 4] {
    [
        c("institution", "机构", move |r: &R| of(r).map(|i| i.name.clone())),
        c("institution_code", "登记号", move |r: &R| of(r).map(|i| i.code.clone())),
        c("level", "级别", move |r: &R| of(r).and_then(|i| i.level.clone())).facet(),
        c("class", "类别", move |r: &R| of(r).and_then(|i| i.class.clone())).facet(),
    ]
}

fn target_met(met: Option<bool>) -> Option<&'static str> {
    met.map(|met| if met { "达标" } else { "未达标" })
}

impl Row for BulletinKindRow {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("id", "编号", |r: &Self| r.id.clone()),
            c("name", "名称", |r: &Self| r.name.clone()),
            c("purpose", "用途", |r: &Self| r.purpose.clone()),
            c("limits", "局限", |r: &Self| r.limits.clone()),
        ]
    }
}

impl Row for BulletinRow {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("id", "编号", |r: &Self| r.id.clone()),
            c("period", "报告期", |r: &Self| r.period.clone()),
            c("title", "标题", |r: &Self| r.title.clone()),
            c("kind", "种类", |r: &Self| r.kind.name.clone()).facet(),
            c("state", "状态", |r: &Self| r.state.label()).facet(),
            c("number", "发文字号", |r: &Self| r.number.clone()),
            c("issued_on", "成文日期", |r: &Self| r.issued_on),
            c("known_at", "数据时间", |r: &Self| r.known_at),
            c("drafted_by", "起草", |r: &Self| r.drafted_by.clone()),
            c("drafted_at", "起草时间", |r: &Self| r.drafted_at),
            c("approved_by", "审核", |r: &Self| r.approved_by.clone()),
            c("final_by", "签发", |r: &Self| r.final_by.clone()),
            c("final_at", "定稿时间", |r: &Self| r.final_at),
            c("withdrawn_because", "撤回原因", |r: &Self| r.withdrawn_because.clone()),
        ]
    }
}

impl Row for UrgingRow {
    fn columns() -> Vec<Column<Self>> {
        let mut columns = Vec::from(institution_columns(|r: &Self| Some(&r.institution)));
        columns.extend([
            c("dataset", "数据集", |r: &Self| r.dataset.name.clone()).facet(),
            c("period", "报告期", |r: &Self| r.period.clone()),
            c("status", "状态", |r: &Self| r.status.label()).facet(),
            c("deadline", "期限", |r: &Self| r.deadline),
            c("days_overdue", "逾期天数", |r: &Self| r.days_overdue),
            c("contact", "联系人", |r: &Self| r.contact.clone()),
            c("phone", "联系电话", |r: &Self| r.phone.clone()),
            c("returned_reason", "退回原因", |r: &Self| r.returned_reason.clone()),
            c("last_period", "最近接收的报告期", |r: &Self| r.last_period.clone()),
            c("last_received_at", "最近接收时间", |r: &Self| r.last_received_at),
            c("notice", "催报通知", |r: &Self| r.notice.clone()),
        ]);
        columns
    }
}

impl Row for Figure {
    fn columns() -> Vec<Column<Self>> {
        let mut columns = vec![
            c("indicator", "指标编号", |r: &Self| r.indicator.clone()),
            c("name", "指标", |r: &Self| r.name.clone()).facet(),
            c("domain", "领域", |r: &Self| r.domain.clone()).facet(),
        ];
        columns.extend(institution_columns(|r: &Self| r.institution.as_ref()));
        columns.extend([
            c("department", "科室", |r: &Self| r.department.as_ref().map(|d| d.name.clone())),
            c("period", "报告期", |r: &Self| r.period.clone()),
            c("value", "本期值", |r: &Self| r.value),
            c("unit", "单位", |r: &Self| r.unit.clone()),
            c("numerator", "分子", |r: &Self| r.numerator),
            c("denominator", "分母", |r: &Self| r.denominator),
            c("interval_low", "区间下限", |r: &Self| r.interval.as_ref().map(|i| i.low)),
            c("interval_high", "区间上限", |r: &Self| r.interval.as_ref().map(|i| i.high)),
            c("previous", "上期值", |r: &Self| r.previous.as_ref().and_then(|p| p.value)),
            c("previous_change", "环比", |r: &Self| r.previous.as_ref().and_then(|p| p.change)),
            c("previous_change_display", "环比（文字）", |r: &Self| r.previous.as_ref().map(|p| p.change_display.clone())),
            c("year_ago", "上年同期值", |r: &Self| r.year_ago.as_ref().and_then(|p| p.value)),
            c("year_ago_change", "同比", |r: &Self| r.year_ago.as_ref().and_then(|p| p.change)),
            c("year_ago_change_display", "同比（文字）", |r: &Self| r.year_ago.as_ref().map(|p| p.change_display.clone())),
            c("target", "目标值", |r: &Self| r.target.as_ref().map(|t| t.display.clone())),
            c("target_gap", "目标差", |r: &Self| r.target_gap),
            c("target_met", "是否达标", |r: &Self| target_met(r.target_met)).facet(),
            c("rank", "同级排名", |r: &Self| r.rank.as_ref().map(|k| k.rank)),
            c("rank_of", "同级机构数", |r: &Self| r.rank.as_ref().map(|k| k.of)),
            c("peers", "同级组", |r: &Self| r.rank.as_ref().map(|k| k.peers.clone())),
            c("reported", "已报", |r: &Self| r.reported),
            c("due", "应报", |r: &Self| r.due),
            c("provisional", "暂定", |r: &Self| r.provisional).facet(),
            c("observing", "观察期未满", |r: &Self| r.observing).facet(),
            c("not_measured_reason", "未测量原因", |r: &Self| r.not_measured_reason.clone()),
        ]);
        columns
    }
}

impl Row for ValueRow {
    fn columns() -> Vec<Column<Self>> {
        let mut columns = vec![
            c("indicator", "指标编号", |r: &Self| r.indicator.clone()),
            c("name", "指标", |r: &Self| r.name.clone()).facet(),
        ];
        columns.extend(institution_columns(|r: &Self| r.institution.as_ref()));
        columns.extend([
            c("department", "科室", |r: &Self| r.department.as_ref().map(|d| d.name.clone())),
            c("period", "报告期", |r: &Self| r.period.clone()),
            c("numerator", "分子", |r: &Self| r.numerator),
            c("denominator", "分母", |r: &Self| r.denominator),
            c("value", "值", |r: &Self| r.value),
            c("unit", "单位", |r: &Self| r.unit.clone()),
            c("interval_low", "区间下限", |r: &Self| r.interval.as_ref().map(|i| i.low)),
            c("interval_high", "区间上限", |r: &Self| r.interval.as_ref().map(|i| i.high)),
            c("target", "目标值", |r: &Self| r.target.as_ref().map(|t| t.display.clone())),
            c("status", "达标情况", |r: &Self| r.status.label()).facet(),
            c("reported", "已报", |r: &Self| r.reported),
            c("due", "应报", |r: &Self| r.due),
            c("provisional", "暂定", |r: &Self| r.provisional).facet(),
            c("observing", "观察期未满", |r: &Self| r.observing).facet(),
            c("not_measured_reason", "未测量原因", |r: &Self| r.not_measured_reason.clone()),
        ]);
        columns
    }
}

impl Row for IndicatorRow {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("id", "编号", |r: &Self| r.id.clone()),
            c("name", "指标", |r: &Self| r.name.clone()),
            c("domain", "领域", |r: &Self| r.domain.clone()).facet(),
            c("status", "状态", |r: &Self| r.status.label()).facet(),
            c("unit", "单位", |r: &Self| r.unit.clone()),
            c("direction", "导向", |r: &Self| r.direction.label()).facet(),
            c("dataset", "数据集", |r: &Self| r.dataset.clone()).facet(),
            c("purpose", "用途", |r: &Self| r.purpose.clone()),
            c("legal_basis", "依据", |r: &Self| r.legal_basis.clone()),
        ]
    }
}

impl Row for DefinitionRow {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("id", "编号", |r: &Self| r.id.clone()),
            c("name", "名称", |r: &Self| r.name.clone()),
            c("kind", "种类", |r: &Self| r.kind.label()).facet(),
            c("domain", "领域或数据集", |r: &Self| r.domain.clone()).facet(),
            c("status", "状态", |r: &Self| r.status.map_or("不单独计算", |status| status.label())).facet(),
            c("purpose", "用途", |r: &Self| r.purpose.clone()),
            c("legal_basis", "依据", |r: &Self| r.legal_basis.clone()),
            c("definition_file", "定义文件", |r: &Self| r.definition_file.clone()),
        ]
    }
}

impl Row for DefinitionChange {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("pack", "定义包", |r: &Self| r.pack.clone()).facet(),
            c("version", "版本", |r: &Self| r.version.clone().unwrap_or_else(|| "尚未发布".to_owned())).facet(),
            c("date", "日期", |r: &Self| r.date),
            c("what", "变更", |r: &Self| r.what.clone()),
            c("ids", "定义编号", |r: &Self| r.ids.join("、")),
            c("periods", "影响的报告期", |r: &Self| r.periods.clone()).facet(),
            c("recompute", "须重新计算", |r: &Self| r.recompute).facet(),
        ]
    }
}

impl Row for InstitutionRow {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("name", "机构", |r: &Self| r.name.clone()),
            c("code", "登记号", |r: &Self| r.code.clone()),
            c("class", "类别", |r: &Self| r.class.name.clone()).facet(),
            c("level", "级别", |r: &Self| r.level.as_ref().map(|l| l.name.clone())).facet(),
            c("ownership", "所有制", |r: &Self| r.ownership.clone()).facet(),
            c("beds", "床位数", |r: &Self| r.beds),
            c("region", "行政区划", |r: &Self| r.region.name.clone()).facet(),
            c("alliance", "医联体", |r: &Self| r.alliance.as_ref().map(|a| a.name.clone())).facet(),
            c("last_reported", "最近报送", |r: &Self| r.last_reported.clone()),
            c("months_reported", "已报月数", |r: &Self| r.months_reported),
            c("months_due", "应报月数", |r: &Self| r.months_due),
            c("error_rate", "错误率（%）", |r: &Self| r.error_rate),
        ]
    }
}

impl Row for InstitutionVersion {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("from", "生效", |r: &Self| r.from),
            c("to", "失效", |r: &Self| r.to),
            c("name", "名称", |r: &Self| r.name.clone()),
            c("level", "级别", |r: &Self| r.level.as_ref().map(|l| l.name.clone())),
            c("class", "类别", |r: &Self| r.class.name.clone()),
            c("beds", "床位数", |r: &Self| r.beds),
            c("ownership", "所有制", |r: &Self| r.ownership.clone()),
            c("region", "行政区划", |r: &Self| r.region.name.clone()),
            c("alliance", "医联体", |r: &Self| r.alliance.as_ref().map(|a| a.name.clone())),
            c("subjects", "诊疗科目", |r: &Self| names(&r.subjects)),
        ]
    }
}

impl Row for ExplainPart {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("clause", "属于", |r: &Self| r.clause.label()),
            c("name", "项目", |r: &Self| r.name.clone()),
            c("rows", "记录数", |r: &Self| r.rows),
            c("sum", "合计", |r: &Self| r.sum),
            c("display", "合计（文字）", |r: &Self| r.display.clone()),
        ]
    }
}

impl Row for LicencePart {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("name", "组成", |r: &Self| r.name.clone()),
            c("code", "代码", |r: &Self| r.code.clone()),
            c("meaning", "含义", |r: &Self| r.meaning.clone()),
        ]
    }
}

impl Row for SourceFile {
    fn columns() -> Vec<Column<Self>> {
        let mut columns: Vec<Column<Self>> = institution_columns(|r: &Self| Some(&r.institution)).into();
        columns.extend([
            c("period", "月份", |r: &Self| r.period.clone()),
            c("file_name", "文件", |r: &Self| r.file_name.clone().unwrap_or_else(|| "零报告".to_owned())),
            c("version", "版本", |r: &Self| r.version),
            c("received_at", "收到时间", |r: &Self| r.received_at),
            c("rows", "记录数", |r: &Self| r.rows),
            c("counted_rows", "计入记录", |r: &Self| r.counted_rows),
            c("hash", "校验值（SM3）", |r: &Self| r.hash.clone()),
            c("submission", "报送编号", |r: &Self| r.submission.clone()),
        ]);
        columns
    }
}

impl Row for ReportingRow {
    fn columns() -> Vec<Column<Self>> {
        let mut columns: Vec<Column<Self>> = institution_columns(|r: &Self| Some(&r.institution)).into();
        columns.extend([
            c("dataset", "数据集", |r: &Self| r.dataset.name.clone()).facet(),
            c("period", "月份", |r: &Self| r.period.clone()),
            c("status", "报送状态", |r: &Self| r.status.label()).facet(),
            c("deadline", "截止日期", |r: &Self| r.deadline),
            c("received_at", "收到时间", |r: &Self| r.received_at),
            c("version", "版本", |r: &Self| r.version),
            c("rows", "记录数", |r: &Self| r.rows),
            c("error_rows", "有错误的记录", |r: &Self| r.error_rows),
            c("warning_rows", "有提示的记录", |r: &Self| r.warning_rows),
            c("error_rate", "错误率（%）", |r: &Self| r.error_rate),
            c("submission", "报送编号", |r: &Self| r.submission.clone()),
        ]);
        columns
    }
}

impl Row for Attention {
    fn columns() -> Vec<Column<Self>> {
        let mut columns = vec![
            c("severity", "程度", |r: &Self| r.severity.label()).facet(),
            c("kind", "事项", |r: &Self| r.kind.label()).facet(),
        ];
        columns.extend(institution_columns(|r: &Self| r.institution.as_ref()));
        columns.extend([
            c("indicator", "指标", |r: &Self| r.indicator.as_ref().map(|i| i.name.clone())),
            c("check", "校验规则", |r: &Self| r.check.as_ref().map(|i| format!("{} {}", i.code, i.name))),
            c("period", "报告期", |r: &Self| r.period.clone()),
            c("sentence", "说明", |r: &Self| r.sentence.clone()),
        ]);
        columns
    }
}

impl Row for AlertRow {
    fn columns() -> Vec<Column<Self>> {
        let mut columns = vec![
            c("id", "预警编号", |r: &Self| r.id.clone()),
            c("severity", "程度", |r: &Self| r.severity.label()).facet(),
            c("state", "状态", |r: &Self| r.state.label()).facet(),
            c("overdue", "逾期未答复", |r: &Self| r.overdue).facet(),
        ];
        columns.extend(institution_columns(|r: &Self| Some(&r.institution)));
        columns.extend([
            c("rule", "预警规则", |r: &Self| r.rule.name.clone()).facet(),
            c("kind", "预警种类", |r: &Self| r.kind.map(|kind| kind.label())).facet(),
            c("indicator", "指标", |r: &Self| r.indicator.as_ref().map(|i| i.name.clone())).facet(),
            c("dataset", "数据集", |r: &Self| r.dataset.as_ref().map(|d| d.name.clone())).facet(),
            c("sentence", "内容", |r: &Self| r.sentence.clone()),
            c("first_period", "起始月份", |r: &Self| r.first_period.clone()),
            c("last_period", "最近月份", |r: &Self| r.last_period.clone()),
            c("opened_at", "产生时间", |r: &Self| r.opened_at),
            c("due", "答复期限", |r: &Self| r.due),
            c("explanation", "情况说明", |r: &Self| r.explanation.clone()),
            c("ended_at", "办结或撤销时间", |r: &Self| r.ended_at),
            c("ended_by", "办结人", |r: &Self| r.ended_by.clone()),
            c("reason", "办结或撤销理由", |r: &Self| r.reason.clone()),
        ]);
        columns
    }
}

impl Row for AlertPoint {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("period", "月份", |r: &Self| r.period.clone()),
            c("value", "值", |r: &Self| r.value),
            c("denominator", "分母", |r: &Self| r.denominator),
            c("baseline", "基线", |r: &Self| r.baseline),
            c("met", "是否达标", |r: &Self| target_met(r.met)),
            c("broken", "判异", |r: &Self| r.broken.join("；")),
            c("alarm", "预警", |r: &Self| r.alarm),
            c("reason", "未计入的原因", |r: &Self| r.reason.clone()),
        ]
    }
}

impl Row for AlertStep {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("at", "时间", |r: &Self| r.at),
            c("kind", "办理", |r: &Self| r.kind.label()),
            c("actor", "经办", |r: &Self| r.actor.clone()),
            c("text", "内容", |r: &Self| r.text.clone()),
        ]
    }
}

impl Row for AlertRuleRow {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("id", "规则编号", |r: &Self| r.id.clone()),
            c("name", "预警规则", |r: &Self| r.name.clone()),
            c("status", "状态", |r: &Self| r.status.label()).facet(),
            c("kind", "种类", |r: &Self| r.kind.label()).facet(),
            c("severity", "程度", |r: &Self| r.severity.label()).facet(),
            c("method", "判断方法", |r: &Self| r.method.clone()),
            c("watches", "监测对象", |r: &Self| names(&r.watches)),
            c("answer_within", "答复期限（日）", |r: &Self| r.answer_within),
            c("alarms", "触发", |r: &Self| r.alarms),
            c("clear", "未触发", |r: &Self| r.clear),
            c("not_judged", "未判断", |r: &Self| r.not_judged),
            c("reasons", "未判断的原因", |r: &Self| {
                r.reasons.iter().map(|of| format!("{}（{}）", of.reason, of.count)).collect::<Vec<_>>().join("；")
            }),
            c("active", "在办预警", |r: &Self| r.active),
            c("purpose", "用途", |r: &Self| r.purpose.clone()),
            c("legal_basis", "依据", |r: &Self| r.legal_basis.clone()),
            c("limits", "局限", |r: &Self| r.limits.clone()),
        ]
    }
}

impl Row for InstitutionQuality {
    fn columns() -> Vec<Column<Self>> {
        let mut columns: Vec<Column<Self>> = institution_columns(|r: &Self| Some(&r.institution)).into();
        columns.extend([
            c("rows", "记录数", |r: &Self| r.rows),
            c("error_rows", "有错误的记录", |r: &Self| r.error_rows),
            c("warning_rows", "有提示的记录", |r: &Self| r.warning_rows),
            c("error_rate", "错误率（%）", |r: &Self| r.error_rate),
        ]);
        columns
    }
}

impl Row for TrendPoint {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("period", "月份", |r: &Self| r.period.clone()),
            c("discharges", "出院人次", |r: &Self| r.discharges),
            c("reported", "已报", |r: &Self| r.reported),
            c("due", "应报", |r: &Self| r.due),
            c("provisional", "暂定", |r: &Self| r.provisional),
        ]
    }
}

impl Row for SubmissionRow {
    fn columns() -> Vec<Column<Self>> {
        let mut columns: Vec<Column<Self>> = institution_columns(|r: &Self| Some(&r.institution)).into();
        columns.extend([
            c("dataset", "数据集", |r: &Self| r.dataset.name.clone()).facet(),
            c("period", "月份", |r: &Self| r.period.clone()).facet(),
            c("version", "版本", |r: &Self| r.version),
            c("mode", "方式", |r: &Self| if r.zero { "零报告" } else { r.mode.label() }).facet(),
            c("status", "状态", |r: &Self| r.status.label()).facet(),
            c("received_at", "收到时间", |r: &Self| r.received_at),
            c("late", "是否迟报", |r: &Self| r.late).facet(),
            c("rows", "记录数", |r: &Self| r.rows),
            c("counted_rows", "计入记录", |r: &Self| r.counted_rows),
            c("error_rows", "有错误的记录", |r: &Self| r.error_rows),
            c("warning_rows", "有提示的记录", |r: &Self| r.warning_rows),
            c("error_rate", "错误率（%）", |r: &Self| r.error_rate),
            c("file_name", "文件名", |r: &Self| r.file_name.clone()),
            c("returned_reason", "退回原因", |r: &Self| r.returned_reason.clone()),
            c("id", "报送编号", |r: &Self| r.id.clone()),
        ]);
        columns
    }
}

fn names(list: &[NamedCode]) -> String {
    list.iter().map(|e| format!("{} {}", e.code, e.name)).collect::<Vec<_>>().join("；")
}

impl Row for CheckResult {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("id", "规则编号", |r: &Self| r.id.clone()),
            c("severity", "级别", |r: &Self| r.severity.label()).facet(),
            c("name", "校验规则", |r: &Self| r.name.clone()),
            c("elements", "数据项", |r: &Self| names(&r.elements)),
            c("passed", "通过", |r: &Self| r.passed),
            c("violated", "不通过", |r: &Self| r.violated),
            c("not_applicable", "不适用", |r: &Self| r.not_applicable),
            c("not_evaluable", "无法判断", |r: &Self| r.not_evaluable),
            c("reason", "无法判断的原因", |r: &Self| r.reason.clone()),
            c("source", "出处", |r: &Self| r.source.clone()),
        ]
    }
}

impl Row for Finding {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("check", "规则编号", |r: &Self| r.check.clone()),
            c("severity", "级别", |r: &Self| r.severity.label()),
            c("sheet", "工作表", |r: &Self| r.sheet.clone()),
            c("row", "行", |r: &Self| r.row),
            c("column", "列", |r: &Self| r.column),
            c("key", "业务主键", |r: &Self| r.key.clone()),
            c("element", "数据项", |r: &Self| r.element.clone()),
            c("element_name", "数据项名称", |r: &Self| r.element_name.clone()),
            c("value", "值", |r: &Self| r.value.clone()),
            c("message", "问题", |r: &Self| r.message.clone()),
            c("help", "如何改正", |r: &Self| r.help.clone()),
            c("explanation", "情况说明", |r: &Self| r.explanation.clone()),
        ]
    }
}

impl Row for Change {
    fn columns() -> Vec<Column<Self>> {
        let joined = |r: &Self, of: fn(&ValueChange) -> String| r.values.iter().map(of).collect::<Vec<_>>().join("；");
        vec![
            c("kind", "变化", |r: &Self| r.kind.label()),
            c("key", "业务主键", |r: &Self| r.key.clone()),
            c("elements", "数据项", move |r: &Self| joined(r, |v| format!("{} {}", v.element, v.element_name))),
            c("before", "修改前", move |r: &Self| joined(r, |v| v.before.clone().unwrap_or_default())),
            c("after", "修改后", move |r: &Self| joined(r, |v| v.after.clone().unwrap_or_default())),
        ]
    }
}

impl Row for DatasetRow {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("id", "编号", |r: &Self| r.id.clone()),
            c("name", "数据集", |r: &Self| r.name.clone()),
            c("status", "状态", |r: &Self| r.status.label()).facet(),
            c("purpose", "用途", |r: &Self| r.purpose.clone()),
            c("fields", "数据项数", |r: &Self| r.fields),
            c("checks", "校验规则数", |r: &Self| r.checks),
            c("draft_checks", "未启用校验规则", |r: &Self| r.draft_checks),
        ]
    }
}

impl Row for DatasetField {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("seq", "序号", |r: &Self| r.seq),
            c("code", "代码", |r: &Self| r.code.clone()),
            c("name", "数据项", |r: &Self| r.name.clone()),
            c("section", "栏目", |r: &Self| r.section.clone()).facet(),
            c("type_name", "类型", |r: &Self| r.type_name.clone()),
            c("hint", "填报说明", |r: &Self| r.hint.clone()),
            c("required", "填报要求", |r: &Self| r.required.clone()).facet(),
            c("code_list", "值域", |r: &Self| r.code_list.clone()).facet(),
            c("personal", "个人信息", |r: &Self| r.personal).facet(),
            c("other_names", "其他版式中的名称", |r: &Self| r.other_names.join("、")),
        ]
    }
}

impl Row for CheckDefinition {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("id", "规则编号", |r: &Self| r.id.clone()),
            c("severity", "级别", |r: &Self| r.severity.label()).facet(),
            c("name", "校验规则", |r: &Self| r.name.clone()),
            c("elements", "数据项", |r: &Self| names(&r.elements)),
            c("status", "状态", |r: &Self| r.status.label()).facet(),
            c("reason", "未启用原因", |r: &Self| r.reason.clone()),
            c("expression", "表达式", |r: &Self| r.expression.clone()),
            c("source", "出处", |r: &Self| r.source.clone()),
        ]
    }
}

/// Columns of the rows behind a value: whose and where, then what the answer brings.
pub fn explain_columns(columns: &[ExplainColumn]) -> Vec<Column<ExplainRow>> {
    let mut all = vec![
        c("institution", "机构", |r: &ExplainRow| r.institution.name.clone()),
        c("institution_code", "登记号", |r: &ExplainRow| r.institution.code.clone()),
    ];
    all.extend(columns.iter().enumerate().map(|(at, column)| {
        let numeric = column.numeric;
        c(&column.code, &column.name, move |r: &ExplainRow| cell(r.cells.get(at).cloned().flatten(), numeric))
    }));
    all.extend([
        c("adds", "计入值", |r: &ExplainRow| cell(Some(r.adds.clone()), true)),
        c("submission", "报送编号", |r: &ExplainRow| r.submission.clone()),
        c("sheet", "工作表或文件", |r: &ExplainRow| r.sheet.clone()),
        c("row", "文件行", |r: &ExplainRow| r.row),
    ]);
    all
}

fn cell(text: Option<String>, numeric: bool) -> super::table::Cell {
    let number = text.as_deref().filter(|_| numeric).and_then(|text| text.parse::<f64>().ok());
    number.map_or_else(|| text.into(), Into::into)
}

fn plan_count(key: &'static str, title: &'static str, of: fn(&PlanCounts) -> u32) -> Column<PlanRow> {
    c(key, title, move |r: &PlanRow| of(&r.counts))
}

impl Row for PlanRow {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("name", "工作要点", |r: &Self| r.name.clone()),
            c("id", "编号", |r: &Self| r.id.clone()),
            c("place", "地区", |r: &Self| r.place.clone()).facet(),
            c("publisher", "发布单位", |r: &Self| r.publisher.clone()),
            c("year", "年度", |r: &Self| i64::from(r.year)).facet(),
            c("current", "本地现行", |r: &Self| r.current).facet(),
            plan_count("items", "事项", |n| n.items),
            plan_count("met", "已完成", |n| n.met),
            plan_count("on_course", "正常推进", |n| n.on_course),
            plan_count("behind", "滞后", |n| n.behind),
            plan_count("overdue", "逾期", |n| n.overdue),
            plan_count("judgement", "待人工判定", |n| n.judgement),
            plan_count("not_measured", "未测量", |n| n.not_measured),
            plan_count("excluded", "不纳入自动评价", |n| n.excluded),
        ]
    }
}

impl Row for PlanItemRow {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("number", "序号", |r: &Self| r.number.clone()),
            c("chapter", "章", |r: &Self| format!("{} {}", r.chapter, r.chapter_title)).facet(),
            c("title", "事项", |r: &Self| r.title.clone()),
            c("lead", "牵头科室", |r: &Self| r.lead.clone()).facet(),
            c("with", "配合科室", |r: &Self| r.with.join("、")),
            c("person", "责任人", |r: &Self| r.person.clone()).facet(),
            c("deadline", "完成时限", |r: &Self| r.deadline),
            c("days_left", "剩余天数", |r: &Self| r.days_left),
            c("status", "进展状态", |r: &Self| r.status.label()).facet(),
            c("reason", "说明", |r: &Self| r.reason.clone()),
            c("target", "目标", |r: &Self| r.target.clone()),
            c("value", "现值", |r: &Self| r.value.clone()),
            c("forecast", "到期预测", |r: &Self| r.forecast.clone()),
            c("handling", "办理情况", |r: &Self| r.handling.label()).facet(),
            c("last_progress", "最近进展", |r: &Self| r.last_progress),
            c("capability", "能力领域", |r: &Self| r.capability.name.clone()).facet(),
        ]
    }
}

impl Row for PlanTargetRow {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("item", "序号", |r: &Self| r.item.clone()),
            c("title", "事项", |r: &Self| r.title.clone()),
            c("measures", "衡量内容", |r: &Self| r.measures.clone()),
            c("subject", "对象", |r: &Self| r.subject.clone()),
            c("display", "目标", |r: &Self| r.display.clone()),
            c("by", "时限", |r: &Self| r.by),
            c("indicator", "指标", |r: &Self| r.indicator.as_ref().map(|i| i.name.clone())),
            c("status", "状态", |r: &Self| r.status.label()).facet(),
            c("value", "现值", |r: &Self| r.value.clone()),
            c("forecast", "到期预测", |r: &Self| r.forecast.clone()),
            c("reason", "说明", |r: &Self| r.reason.clone()),
        ]
    }
}

impl Row for PlanReminder {
    fn columns() -> Vec<Column<Self>> {
        vec![
            c("item", "序号", |r: &Self| r.item.clone()),
            c("title", "事项", |r: &Self| r.title.clone()),
            c("level", "级别", |r: &Self| r.level.clone()).facet(),
            c("to", "对象", |r: &Self| r.to.clone()).facet(),
            c("reason", "原因", |r: &Self| r.reason.clone()),
            c("deadline", "时限", |r: &Self| r.deadline),
            c("notice", "通知文本", |r: &Self| r.notice.clone()),
        ]
    }
}
