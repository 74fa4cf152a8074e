//! The Chinese words of a definition's parts, for the reference pages, the forms and the templates.

use yizheng_pack::dataset::{Field, Over, Required};
use yizheng_pack::types::{Quantity, Type};

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
        Type::Number { scale, of: Quantity::Money } => format!("金额（{scale}位小数）"),
        Type::Number { scale, of: Quantity::Percent } => format!("百分数（{scale}位小数）"),
        Type::Number { scale: 0, .. } => "整数".to_owned(),
        Type::Number { scale, .. } => format!("数值（{scale}位小数）"),
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
