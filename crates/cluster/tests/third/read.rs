//! From the columns of a whole indicator's statement to its value, by the definitions of the manual
//! alone.

use std::collections::BTreeMap;

use yizheng_pack::Pack;
use yizheng_pack::indicator::{Formula, Indicator, Part, Summand};
use yizheng_pack::measure::{Answer, Fraction};
use yizheng_pack::types::{Type, Value};

/// Above and below.
type Ratio = (i128, i128);

/// The columns of an indicator over rows, in the order of its parts.
pub fn roles(indicator: &Indicator) -> &'static [&'static str] {
    match indicator.formula {
        Formula::Proportion { .. } | Formula::Ratio { .. } => &["numerator", "denominator"],
        Formula::Mean { .. } => &["sum", "count", "squares"],
        Formula::Total(_) | Formula::Share { .. } => &["total"],
        _ => &[],
    }
}

/// The answer that the columns give; those of an indicator that another is read from have a prefix.
pub fn answer(indicator: &Indicator, pack: &Pack, columns: &BTreeMap<String, i128>) -> Answer {
    let of = |id: &str, prefix: &str| over_rows(&pack.indicators[id], columns, prefix);
    let value = |id: &str, prefix: &str| of(id, prefix).2;
    let (top, below, value) = match &indicator.formula {
        Formula::Growth { of } => {
            let (now, before) = (value(of, "this_year_"), value(of, "last_year_"));
            let grown = now.zip(before.filter(|(top, _)| *top > 0));
            let grown = grown.map(|((a, b), (c, d))| (100 * (a * d - c * b), b * c));
            (now, before, grown)
        }
        Formula::Quotient { of, by, factor } => {
            let (above, below) = (value(of, "above_"), value(by, "below_"));
            let parts = above.zip(below).filter(|(_, (top, _))| *top != 0);
            (above, below, parts.map(|((a, b), (c, d))| (i128::from(*factor) * a * d, b * c)))
        }
        Formula::Composite { terms } => {
            let sum = (1..).zip(terms).try_fold((0, 1), |(top, below), (at, term)| {
                let (a, b) = value(&term.of, &format!("term{at}_"))?;
                let Value::Number { units, scale, .. } = term.weight else { panic!("no weight") };
                let (a, b) = (a * i128::from(units), b * 10_i128.pow(scale.into()));
                Some((top * b + a * below, below * b))
            });
            (None, None, sum)
        }
        _ => over_rows(indicator, columns, ""),
    };
    let fraction = |ratio: Option<Ratio>| ratio.and_then(|(top, below)| Fraction::of(top, below));
    Answer { numerator: fraction(top), denominator: fraction(below), value: fraction(value) }
}

/// Numerator, denominator and value.
fn over_rows(indicator: &Indicator, columns: &BTreeMap<String, i128>, prefix: &str) -> (Option<Ratio>, Option<Ratio>, Option<Ratio>) {
    let sum = |role: &str, part: &Part| Some((*columns.get(&format!("{prefix}{role}"))?, 10_i128.pow(part.of.scale().into())));
    let quotient = |top: Option<Ratio>, below: Option<Ratio>, factor: i64| {
        let both = top.zip(below);
        let value = both.filter(|(_, (below, _))| *below != 0).map(|((a, b), (c, d))| (i128::from(factor) * a * d, b * c));
        (both.map(|(top, _)| top), both.map(|(_, below)| below), value)
    };
    match &indicator.formula {
        Formula::Proportion { numerator, denominator, factor } | Formula::Ratio { numerator, denominator, factor } => {
            quotient(sum("numerator", numerator), sum("denominator", denominator), *factor)
        }
        Formula::Mean { sum: total, count, .. } => quotient(sum("sum", total), sum("count", count), 1),
        Formula::Total(part) => (sum("total", part), None, sum("total", part)),
        // Which institutions stand above is in no row.
        Formula::Share { part, .. } => (None, sum("total", part), None),
        Formula::Quantile { values, .. } => {
            let Summand::Values { value, .. } = &values.of else { panic!("no values") };
            let Type::Number { scale, .. } = value.ty else { panic!("no numbers") };
            let of = |role: &str| columns.get(&format!("{prefix}{role}")).copied();
            let middle = of("low").zip(of("high")).map(|(low, high)| (low + high, 2 * 10_i128.pow(scale.into())));
            // Of no values no row tells.
            (None, Some((of("count").unwrap_or(0), 1)), middle)
        }
        _ => panic!("{} is not over rows", indicator.meta.id),
    }
}

/// What kind of indicator it is, as its definition names it.
pub fn kind(indicator: &Indicator) -> &'static str {
    let parts = indicator.parts();
    match &indicator.formula {
        _ if parts.iter().any(|part| !part.of.links().is_empty()) => "with links",
        Formula::Proportion { .. } => "proportion",
        Formula::Ratio { .. } => "ratio",
        Formula::Mean { .. } => "mean",
        Formula::Total(Part { of: Summand::Values { .. }, .. }) => "distinct",
        Formula::Total(_) => "total",
        Formula::Quantile { .. } => "quantile",
        Formula::Share { .. } => "share",
        Formula::Growth { .. } => "growth",
        Formula::Quotient { .. } => "quotient",
        Formula::Composite { .. } => "composite",
        Formula::Reporting { .. } => "reporting",
    }
}
