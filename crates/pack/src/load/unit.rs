//! Units: of fields and parameters by their types, of indicators by what they measure.

use super::Loader;
use super::diagnostic::Source;
use super::raw::{RawIndicator, Text};
use crate::indicator::Formula;
use crate::types::{Quantity, Type};

impl Loader {
    /// That a number's type and its unit name one quantity; an unnamed unit is that of the type.
    pub(super) fn unit_fits(&mut self, source: &Source, text: &Text, ty: &Type, unit: &str) {
        if let Type::Number { of, .. } = ty
            && !unit.is_empty()
            && *of != Quantity::of_unit(unit)
        {
            self.report.help(
                source,
                &text.span(),
                format!("类型 {} 与单位“{unit}”不符", text.get_ref()),
                "单位“元”写 type = \"money\"，“%”写 type = \"percent\"，其他单位写 integer 或 decimal(1–6)",
            );
        }
    }

    /// That the unit is one of what comes of the formula: yuan of money, `%` of percents or of two
    /// numbers of one quantity. Without a unit nothing is said that could be wrong.
    pub(super) fn unit_of_value(&mut self, source: &Source, raw: &RawIndicator, formula: &Formula) {
        let unit = raw.unit.as_str();
        // 元/人次 and the like are yuan too.
        let of_unit = if unit.starts_with('元') { Quantity::Money } else { Quantity::of_unit(unit) };
        let (fits, what) = match formula {
            // How many different values there are, whatever they are of.
            Formula::Total(_) if raw.kind.get_ref() == "distinct" => {
                (of_unit == Quantity::Plain, "去重计数得出的是个数".to_owned())
            }
            Formula::Total(part) | Formula::Mean { sum: part, .. } | Formula::Quantile { values: part, .. } => {
                let of = part.of.quantity();
                (of == of_unit, format!("取值是{}", of.in_chinese()))
            }
            Formula::Ratio { numerator, denominator, .. } => {
                let (above, below) = (numerator.of.quantity(), denominator.of.quantity());
                let fits = match of_unit {
                    Quantity::Money => above == Quantity::Money,
                    Quantity::Percent => above == below,
                    Quantity::Plain => above != Quantity::Money || below == Quantity::Money,
                };
                (fits, format!("分子是{}、分母是{}", above.in_chinese(), below.in_chinese()))
            }
            _ => return,
        };
        if !fits && !unit.is_empty() {
            self.report.help(
                source,
                &raw.kind.span(),
                format!("{what}，与单位“{unit}”不符"),
                "金额的单位写“元”，百分数的写“%”；两个同类的数相比才用“%”",
            );
        }
    }
}
