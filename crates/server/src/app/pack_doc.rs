//! The reference page of the definitions, in Markdown: made of the packs, so it cannot disagree.

use std::fmt::Write as _;

use yizheng_pack::Pack;
use yizheng_pack::alert::AlertRule;
use yizheng_pack::dataset::{Dataset, Field, Over, Privacy, Required, Severity, Subject};
use yizheng_pack::indicator::{Direction, Formula, Indicator, Part};
use yizheng_pack::load::{Meta, Status};
use yizheng_pack::types::Type;

/// The whole page.
pub fn reference(pack: &Pack) -> String {
    let mut page = String::new();
    let _ = writeln!(page, "# 定义参考：{}\n", pack.version());
    let _ = writeln!(page, "本页由 `yizheng pack doc` 从定义包生成，请勿手改。\n");
    for dataset in pack.datasets.values() {
        dataset_page(&mut page, dataset);
    }
    let _ = writeln!(page, "## 指标\n");
    let mut indicators: Vec<_> = pack.indicators.values().collect();
    indicators.sort_by(|a, b| (&a.domain, &a.meta.id).cmp(&(&b.domain, &b.meta.id)));
    let _ = writeln!(page, "| 编号 | 名称 | 领域 | 状态 | 单位 | 导向 |\n| --- | --- | --- | --- | --- | --- |");
    for indicator in &indicators {
        let _ = writeln!(
            page,
            "| [{}](#{}) | {} | {} | {} | {} | {} |",
            indicator.meta.id,
            anchor(&indicator.meta.id),
            cell(&indicator.meta.name),
            cell(&indicator.domain),
            status(indicator.meta.status),
            cell(&indicator.unit),
            direction(indicator.direction)
        );
    }
    page.push('\n');
    for indicator in &indicators {
        indicator_page(&mut page, indicator);
    }
    if !pack.named.is_empty() {
        let _ = writeln!(page, "## 不单独计算的国家指标\n\n| 编号 | 名称 | 领域 | 说明 |\n| --- | --- | --- | --- |");
        for named in pack.named.values() {
            let _ = writeln!(page, "| {} | {} | {} | {} |", named.id, cell(&named.name), cell(&named.domain), cell(&named.in_words()));
        }
        page.push('\n');
    }
    let _ = writeln!(page, "## 预警规则\n");
    for rule in pack.alerts.values() {
        alert_page(&mut page, rule);
    }
    if !pack.bulletins.is_empty() {
        let _ = writeln!(page, "## 通报种类\n\n| 编号 | 名称 | 状态 | 核心指标 | 例数下限 | 用途 |\n| --- | --- | --- | --- | --- | --- |");
        for kind in pack.bulletins.values() {
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} | {} | {} |",
                kind.meta.id,
                cell(&kind.meta.name),
                status(kind.meta.status),
                kind.indicators.join("、"),
                kind.minimum_denominator,
                cell(&kind.meta.purpose)
            );
        }
        page.push('\n');
    }
    let _ = writeln!(page, "## 参数\n\n| 编号 | 名称 | 单位 | 自 | 值 | 出处 |\n| --- | --- | --- | --- | --- | --- |");
    for parameter in pack.parameters.values() {
        for dated in &parameter.values {
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} | {} | {} |",
                parameter.meta.id,
                cell(&parameter.meta.name),
                cell(&parameter.unit),
                dated.from,
                dated.value,
                cell(&dated.source)
            );
        }
    }
    let _ = writeln!(page, "\n## 值域代码表\n\n| 编号 | 名称 | 版本 | 代码数 | 依据 |\n| --- | --- | --- | ---: | --- |");
    for list in pack.codelists.values() {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            list.meta.id,
            cell(&list.meta.name),
            cell(&list.version),
            list.entries.len(),
            cell(&list.meta.legal_basis)
        );
    }
    page
}

fn dataset_page(page: &mut String, dataset: &Dataset) {
    let _ = writeln!(page, "## 数据集 {}（{}）\n", dataset.meta.name, dataset.meta.id);
    head(page, &dataset.meta);
    if dataset.subject == Subject::Region {
        let _ = writeln!(page, "由卫生健康行政部门为全区域报送一份。\n");
    }
    let _ = writeln!(page, "### 数据项\n\n| 代码 | 名称 | 类型 | 必填 | 个人信息 |\n| --- | --- | --- | --- | --- |");
    for field in &dataset.fields {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} |",
            field.id,
            cell(&field.name),
            number_words(field),
            required(field.required),
            personal(field.privacy)
        );
    }
    page.push('\n');
    for group in &dataset.groups {
        let _ = writeln!(page, "重复组 `{}` {}，序号至 {}：\n", group.id, group.name, group.last_slot);
        let _ = writeln!(page, "| 成员 | 名称 | 元素 | 类型 | 个人信息 |\n| --- | --- | --- | --- | --- |");
        for member in &group.members {
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} | {} |",
                member.id,
                cell(&member.name),
                member.element.replace("{}", "NN"),
                type_words(&member.ty),
                personal(member.privacy)
            );
        }
        page.push('\n');
    }
    let layouts: Vec<&str> = dataset.layouts.iter().map(|layout| layout.name.as_str()).collect();
    let _ = writeln!(page, "认识的版式：{}。\n", layouts.join("、"));
    let _ = writeln!(page, "### 校验规则\n\n| 编号 | 级别 | 状态 | 规则 | 数据项 | 改正办法或等待的条件 | 出处 |\n| --- | --- | --- | --- | --- | --- | --- |");
    for check in &dataset.checks {
        let advice = if check.meta.status == Status::Draft { &check.meta.limits } else { &check.remedy };
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} |",
            check.meta.id,
            match check.severity {
                Severity::Error => "错误",
                Severity::Warning => "提示",
            },
            status(check.meta.status),
            cell(&check.meta.name),
            check.elements.join(" "),
            cell(advice),
            cell(&check.source)
        );
    }
    page.push('\n');
}

fn indicator_page(page: &mut String, indicator: &Indicator) {
    let _ = writeln!(page, "### {}\n\n**{}**\n", indicator.meta.id, indicator.meta.name);
    head(page, &indicator.meta);
    let _ = writeln!(page, "- 分子：{}", indicator.words.numerator);
    if !indicator.words.denominator.is_empty() {
        let _ = writeln!(page, "- 分母：{}", indicator.words.denominator);
    }
    if !indicator.words.exclusion.is_empty() {
        let _ = writeln!(page, "- 排除：{}", indicator.words.exclusion);
    }
    if let Formula::Ratio { numerator, denominator, .. } = &indicator.formula
        && numerator.dataset != denominator.dataset
    {
        let _ = writeln!(page, "- 数据集：分子 `{}`，分母 `{}`，按机构和月份对应", numerator.dataset, denominator.dataset);
    }
    if indicator.parts().iter().any(|part| part.over != Over::Sum) {
        let months = |part: &&Part| match part.over {
            Over::Sum => "各月相加",
            Over::Mean => "已报各月的平均",
            Over::Last => "最近一个已报月",
        };
        let all: Vec<&str> = indicator.parts().iter().map(months).collect();
        let _ = writeln!(page, "- 多个月合并：{}", all.join("；"));
    }
    for target in &indicator.targets {
        let _ = writeln!(
            page,
            "- 目标：自 {} {}{}{}（{}）",
            target.from,
            match (&target.low, &target.high) {
                (Some(low), Some(high)) => format!("{low}～{high}"),
                (Some(low), None) => format!("≥ {low}"),
                (None, high) => high.iter().map(|high| format!("≤ {high}")).collect(),
            },
            indicator.unit,
            [("机构类别", &target.classes), ("级别", &target.levels)]
                .iter()
                .filter(|(_, codes)| !codes.is_empty())
                .map(|(what, codes)| format!("，{what} {}", codes.join("、")))
                .collect::<String>(),
            target.source
        );
    }
    page.push('\n');
}

fn alert_page(page: &mut String, rule: &AlertRule) {
    let _ = writeln!(page, "### {}\n", rule.meta.id);
    head(page, &rule.meta);
    let _ = writeln!(page, "- 判断方法：{}", super::judge::method(rule));
    let _ = writeln!(page, "- 答复期限：{} 天（自然日）", rule.answer_within);
    if !rule.indicators().is_empty() {
        let indicators: Vec<String> = rule.indicators().iter().map(|id| format!("[{id}](#{})", anchor(id))).collect();
        let _ = writeln!(page, "- 监测指标：{}", indicators.join("、"));
    }
    page.push('\n');
}

fn head(page: &mut String, meta: &Meta) {
    for (what, text) in [
        ("用途", &meta.purpose),
        ("依据", &meta.legal_basis),
        ("局限", &meta.limits),
        ("举例", &meta.example),
    ] {
        if !text.is_empty() {
            let _ = writeln!(page, "- {what}：{}", text.trim().replace('\n', " "));
        }
    }
    let _ = writeln!(page, "- 状态：{}；文件：`{}`\n", status(meta.status), meta.file);
}

fn anchor(id: &str) -> String {
    id.to_lowercase()
}

fn cell(text: &str) -> String {
    text.trim().replace('|', "\\|").replace('\n', " ")
}

/// A status in Chinese.
pub fn status(status: Status) -> &'static str {
    match status {
        Status::Draft => "草案",
        Status::Trial => "试行",
        Status::Active => "启用",
        Status::Retired => "停用",
    }
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "逐步提高",
        Direction::Down => "逐步降低",
        Direction::Range => "合理区间",
        Direction::Watch => "监测",
    }
}

/// A field's type in Chinese.
pub fn field_type(field: &Field) -> String {
    if field.month { "月份，写作 2024-03".to_owned() } else { type_words(&field.ty) }
}

/// A type in Chinese.
pub fn type_words(ty: &Type) -> String {
    match ty {
        Type::Bool => "是否".to_owned(),
        Type::Text => "字符".to_owned(),
        Type::Code(list) => format!("代码 {list}"),
        Type::Number { scale: 0 } => "整数".to_owned(),
        Type::Number { scale } => format!("数值（{scale}位小数）"),
        Type::Date => "日期".to_owned(),
        Type::DateTime => "日期时间".to_owned(),
        Type::TextSet => "集合".to_owned(),
    }
}

/// A field's type, with its unit and how a stock's months are joined.
pub fn number_words(field: &Field) -> String {
    let unit = (!field.unit.is_empty()).then(|| field.unit.clone());
    let stock = match field.over {
        Over::Sum => None,
        Over::Mean => Some("存量（各月平均）".to_owned()),
        Over::Last => Some("存量（最近一个月）".to_owned()),
    };
    [Some(field_type(field)), unit, stock].into_iter().flatten().collect::<Vec<_>>().join("，")
}

/// Whether a field must be filled, in Chinese.
pub fn required(required: Required) -> &'static str {
    match required {
        Required::Must => "必填",
        Required::Dash => "必填，无法取得填“-”",
        Required::Extended => "扩展版必填",
        Required::Conditional => "有条件必填",
        Required::Optional => "选填",
    }
}

fn personal(privacy: Privacy) -> &'static str {
    match privacy {
        Privacy::Plain => "",
        Privacy::Personal => "是",
    }
}
