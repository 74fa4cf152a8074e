//! Control chart of individual values and their moving ranges (XmR, 单值—移动极差控制图): centre,
//! limits, and run rules that say at which points, and on which side, something special shows.
//!
//! Source: W. A. Shewhart; D. J. Wheeler, Understanding Variation (1993); the constants 2.66 and
//! 3.268 are 3/d2 and D4 for ranges of two values.

use std::collections::BTreeSet;

/// Limits lie this many mean moving ranges from the centre (3/d2 for n = 2).
const NATURAL: f64 = 2.66;
/// Upper limit of moving ranges, in mean moving ranges (D4 for n = 2).
const RANGE_UPPER: f64 = 3.268;
/// A moving range of this many mean moving ranges or more is an outlier and screened out when that
/// is asked for. NHSRplotthedots cuts here, a little below [`RANGE_UPPER`].
const SCREENED: f64 = 3.267;

/// From which points centre and limits come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// All.
    All,
    /// The first so many.
    First(usize),
}

/// How a chart is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// From which points centre and limits come.
    pub baseline: Baseline,
    /// Whether moving ranges far beyond the others are left out of their mean.
    pub screen: bool,
    /// Which run rules are looked at.
    pub rules: BTreeSet<Rule>,
}

/// Centre and limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Mean of the baseline.
    pub centre: f64,
    /// `centre - 2.66 × mean moving range`; may lie below what the value can be.
    pub lower: f64,
    /// `centre + 2.66 × mean moving range`.
    pub upper: f64,
    /// Mean moving range of the baseline.
    pub mean_range: f64,
    /// Upper limit of a moving range.
    pub range_upper: f64,
}

/// A side of the centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Above, or rising.
    Upper,
    /// Below, or falling.
    Lower,
}

/// A run rule. A third of the distance from centre to limit is one sigma.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A point beyond a limit.
    Beyond,
    /// Two of three neighbouring points beyond two sigma on one side, the limits included. Marked
    /// are the points beyond two sigma.
    TwoOfThree,
    /// The same with all three points marked.
    TwoOfThreeSeries,
    /// Of three neighbouring points, all on one side, two between two sigma and the limit. Marked
    /// are those. (NHS Making Data Count: what lies beyond the limit has its own rule.)
    TwoOfThreeWithin,
    /// Four of five neighbouring points beyond one sigma on one side. Marked are those.
    FourOfFive,
    /// So many neighbouring points on one side of the centre; a point on it ends the run.
    Shift(u8),
    /// So many neighbouring points that rise, or fall, each beyond the one before.
    Trend(u8),
    /// So many neighbouring points that go up and down by turns.
    Alternating(u8),
    /// So many neighbouring points within one sigma.
    Hugging(u8),
    /// So many neighbouring points beyond one sigma, on whichever side, on both in the run.
    Avoiding(u8),
}

impl Rule {
    /// A short name, such as `shift_8`.
    pub fn name(self) -> String {
        match self {
            Self::Beyond => "beyond".to_owned(),
            Self::TwoOfThree => "two_of_three".to_owned(),
            Self::TwoOfThreeSeries => "two_of_three_series".to_owned(),
            Self::TwoOfThreeWithin => "two_of_three_within".to_owned(),
            Self::FourOfFive => "four_of_five".to_owned(),
            Self::Shift(n) => format!("shift_{n}"),
            Self::Trend(n) => format!("trend_{n}"),
            Self::Alternating(n) => format!("alternating_{n}"),
            Self::Hugging(n) => format!("hugging_{n}"),
            Self::Avoiding(n) => format!("avoiding_{n}"),
        }
    }
}

/// The names of the rule sets.
pub const RULE_SETS: [&str; 4] = ["limits", "western_electric", "nelson", "nhs"];

/// A named set of run rules; `None` when there is none of that name.
///
/// Sources: Western Electric, Statistical Quality Control Handbook (1956); L. S. Nelson, Journal of
/// Quality Technology 16 (1984) 237–239; NHS England, Making Data Count.
pub fn rule_set(name: &str) -> Option<BTreeSet<Rule>> {
    let rules: &[Rule] = match name {
        "limits" => &[Rule::Beyond],
        "western_electric" => &[Rule::Beyond, Rule::TwoOfThree, Rule::FourOfFive, Rule::Shift(8)],
        "nelson" => &[
            Rule::Beyond,
            Rule::Shift(9),
            Rule::Trend(6),
            Rule::Alternating(14),
            Rule::TwoOfThree,
            Rule::FourOfFive,
            Rule::Hugging(15),
            Rule::Avoiding(8),
        ],
        "nhs" => &[Rule::Beyond, Rule::Shift(7), Rule::Trend(7), Rule::TwoOfThreeWithin],
        _ => return None,
    };
    Some(rules.iter().copied().collect())
}

/// A rule that a point helps to break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flag {
    /// Which.
    pub rule: Rule,
    /// On which side; `None` where a rule has none.
    pub side: Option<Side>,
}

/// A point of a chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    /// The value.
    pub value: f64,
    /// Distance from the value before; `None` for the first.
    pub range: Option<f64>,
    /// Whether that distance lies above its limit.
    pub range_beyond: bool,
    /// What it helps to break, each pair of rule and side once.
    pub flags: BTreeSet<Flag>,
}

/// A chart.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Centre and limits.
    pub limits: Limits,
    /// Points, in order.
    pub points: Vec<Point>,
}

/// Why there is no chart.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum XmrError {
    /// A moving range needs two values.
    #[error("limits need at least two values in the baseline, there are {0}")]
    TooFew(usize),
    /// A value that is none.
    #[error("`{0}` is no value")]
    NotANumber(f64),
}

/// Centre and limits from values in order.
///
/// # Errors
/// When there are fewer than two values or one is not finite.
pub fn limits(values: &[f64], screen: bool) -> Result<Limits, XmrError> {
    if let Some(bad) = values.iter().find(|value| !value.is_finite()) {
        return Err(XmrError::NotANumber(*bad));
    }
    if values.len() < 2 {
        return Err(XmrError::TooFew(values.len()));
    }
    let mut ranges: Vec<f64> = values.iter().zip(values.iter().skip(1)).map(|(a, b)| (b - a).abs()).collect();
    let mut mean_range = mean(&ranges);
    if screen && mean_range > 0.0 {
        ranges.retain(|range| *range < SCREENED * mean_range);
        mean_range = mean(&ranges);
    }
    let centre = mean(values);
    Ok(Limits {
        centre,
        lower: centre - NATURAL * mean_range,
        upper: centre + NATURAL * mean_range,
        mean_range,
        range_upper: RANGE_UPPER * mean_range,
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// A chart of values in order.
///
/// # Errors
/// When the baseline has fewer than two values or a value is not finite.
pub fn chart(values: &[f64], options: &Options) -> Result<Chart, XmrError> {
    let baseline = match options.baseline {
        Baseline::All => values,
        Baseline::First(count) => values.get(..count.min(values.len())).unwrap_or(values),
    };
    if let Some(bad) = values.iter().find(|value| !value.is_finite()) {
        return Err(XmrError::NotANumber(*bad));
    }
    let limits = limits(baseline, options.screen)?;
    let mut points: Vec<Point> = Vec::with_capacity(values.len());
    for &value in values {
        let range = points.last().map(|before| (value - before.value).abs());
        let range_beyond = range.is_some_and(|range| range > limits.range_upper);
        points.push(Point { value, range, range_beyond, flags: BTreeSet::new() });
    }
    for &rule in &options.rules {
        for (at, side) in broken(values, &limits, rule) {
            if let Some(point) = points.get_mut(at) {
                point.flags.insert(Flag { rule, side });
            }
        }
    }
    Ok(Chart { limits, points })
}

/// -1 below the lower, 1 above the upper of two bounds that lie `sigmas` from the centre, else 0.
fn zone(value: f64, limits: &Limits, sigmas: f64) -> i32 {
    let share = sigmas / 3.0;
    i32::from(value > limits.centre + (limits.upper - limits.centre) * share)
        - i32::from(value < limits.centre - (limits.centre - limits.lower) * share)
}

fn side(sum: i32) -> Side {
    if sum > 0 { Side::Upper } else { Side::Lower }
}

/// The points that help to break a rule.
fn broken(values: &[f64], limits: &Limits, rule: Rule) -> Vec<(usize, Option<Side>)> {
    let zones = |sigmas: f64| -> Vec<i32> { values.iter().map(|value| zone(*value, limits, sigmas)).collect() };
    let steps = || -> Vec<i32> {
        let step = |(a, b): (&f64, &f64)| i32::from(b > a) - i32::from(b < a);
        values.iter().zip(values.iter().skip(1)).map(step).collect()
    };
    match rule {
        Rule::Beyond => {
            let signs = zones(3.0).into_iter().enumerate().filter(|(_, sign)| *sign != 0);
            signs.map(|(at, sign)| (at, Some(side(sign)))).collect()
        }
        Rule::TwoOfThree => some_of(&zones(2.0), 2, 3, false),
        Rule::TwoOfThreeSeries => some_of(&zones(2.0), 2, 3, true),
        Rule::TwoOfThreeWithin => {
            let centre = zones(0.0);
            let warned = zones(2.0).into_iter().zip(zones(3.0)).map(|(warned, out)| if out == 0 { warned } else { 0 });
            let warned: Vec<i32> = warned.collect();
            let mut found = Vec::new();
            for (first, (window, signs)) in warned.windows(3).zip(centre.windows(3)).enumerate() {
                if signs.iter().sum::<i32>().abs() == 3 && window.iter().filter(|sign| **sign != 0).count() >= 2 {
                    let marked = window.iter().enumerate().filter(|(_, sign)| **sign != 0);
                    found.extend(marked.map(|(at, sign)| (first + at, Some(side(*sign)))));
                }
            }
            found
        }
        Rule::FourOfFive => some_of(&zones(1.0), 4, 5, false),
        Rule::Shift(n) => run_of(&zones(0.0), n.into(), 0),
        Rule::Trend(n) => run_of(&steps(), usize::from(n).saturating_sub(1), 1),
        Rule::Alternating(n) => {
            // A turn every time is a run of one sign once every second step is turned round.
            let turned = steps().into_iter().enumerate().map(|(at, step)| if at % 2 == 0 { step } else { -step });
            without_side(run_of(&turned.collect::<Vec<_>>(), usize::from(n).saturating_sub(1), 1))
        }
        Rule::Hugging(n) => {
            let near: Vec<i32> = zones(1.0).into_iter().map(|sign| i32::from(sign == 0)).collect();
            without_side(run_of(&near, n.into(), 0))
        }
        Rule::Avoiding(n) => {
            let signs = zones(1.0);
            let mut found = Vec::new();
            for (first, window) in signs.windows(usize::from(n).max(1)).enumerate() {
                if window.iter().all(|sign| *sign != 0) && window.contains(&1) && window.contains(&-1) {
                    found.extend((first..first + window.len()).map(|at| (at, None)));
                }
            }
            found
        }
    }
}

fn without_side(found: Vec<(usize, Option<Side>)>) -> Vec<(usize, Option<Side>)> {
    found.into_iter().map(|(at, _)| (at, None)).collect()
}

/// Windows of `of` signs of which at least `some` are the same sign; those signs, or all of the
/// window, are found. Signs of the other side take away from the count, so that a window never
/// speaks for both.
fn some_of(signs: &[i32], some: i32, of: usize, all: bool) -> Vec<(usize, Option<Side>)> {
    let mut found = Vec::new();
    // A window may be cut off by the beginning, as long as enough of it is there.
    for last in 0..signs.len() {
        let first = (last + 1).saturating_sub(of);
        let Some(window) = signs.get(first..=last) else { continue };
        let sum: i32 = window.iter().sum();
        if sum.abs() >= some {
            let marked = window.iter().enumerate().filter(|(_, sign)| all || **sign == sum.signum());
            found.extend(marked.map(|(at, _)| (first + at, Some(side(sum)))));
        }
    }
    found
}

/// Runs of `n` signs that are all the same and not 0; the points that take part: of signs that
/// stand between points, one more (`between` = 1).
fn run_of(signs: &[i32], n: usize, between: usize) -> Vec<(usize, Option<Side>)> {
    let mut found = Vec::new();
    for (first, window) in signs.windows(n.max(1)).enumerate() {
        let sum: i32 = window.iter().sum();
        if sum.unsigned_abs() as usize == window.len() {
            found.extend((first..first + window.len() + between).map(|at| (at, Some(side(sum)))));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() <= 1e-12 * right.abs().max(1.0), "{left} is not {right}");
    }

    /// Where a rule is broken: `5U 6U` with points counted from 1.
    fn at(values: &[f64], rule: Rule, limits: &Limits) -> String {
        let found: BTreeSet<(usize, Option<Side>)> = broken(values, limits, rule).into_iter().collect();
        let word = |(at, side): (usize, Option<Side>)| match side {
            Some(Side::Upper) => format!("{}U", at + 1),
            Some(Side::Lower) => format!("{}L", at + 1),
            None => format!("{}", at + 1),
        };
        found.into_iter().map(word).collect::<Vec<_>>().join(" ")
    }

    /// Centre 0, limits at ±3, so that one sigma is 1.
    const UNIT: Limits = Limits { centre: 0.0, lower: -3.0, upper: 3.0, mean_range: 3.0 / 2.66, range_upper: 3.69 };

    /// 10, 12, 11, 15: ranges 2, 1, 4; their mean 7/3, the centre 48/4 = 12;
    /// 2.66 × 7/3 = 6.20666…, 3.268 × 7/3 = 7.62533….
    #[test]
    fn limits_by_hand() {
        let limits = limits(&[10.0, 12.0, 11.0, 15.0], false).unwrap();
        close(limits.centre, 12.0);
        close(limits.mean_range, 7.0 / 3.0);
        close(limits.lower, 12.0 - 18.62 / 3.0);
        close(limits.upper, 12.0 + 18.62 / 3.0);
        close(limits.range_upper, 22.876 / 3.0);
    }

    /// Ranges 1, 1, 1, 1, 1, 1, 26, 1: mean 33/8 = 4.125, and 26 is more than 3.267 × 4.125 = 13.476:
    /// without it the mean is 1.
    #[test]
    fn an_outlying_range_is_screened_out_when_asked() {
        let values = [10.0, 11.0, 10.0, 11.0, 10.0, 11.0, 10.0, 36.0, 35.0];
        close(limits(&values, false).unwrap().mean_range, 33.0 / 8.0);
        close(limits(&values, true).unwrap().mean_range, 1.0);
        // Values that never move have no ranges to screen, and no width.
        let flat = limits(&[5.0, 5.0, 5.0], true).unwrap();
        assert_eq!((flat.centre, flat.lower, flat.upper), (5.0, 5.0, 5.0));
    }

    /// Baseline 10, 12, 11, 13 (ranges 2, 1, 2; mean 5/3; centre 11.5; limits 11.5 ± 4.4333…); the
    /// fifth, 16, is beyond 15.9333…, and its range 3 below 3.268 × 5/3 = 5.4466….
    #[test]
    fn limits_from_the_first_points() {
        let options =
            Options { baseline: Baseline::First(4), screen: false, rules: rule_set("limits").unwrap() };
        let chart = chart(&[10.0, 12.0, 11.0, 13.0, 16.0, 22.0], &options).unwrap();
        close(chart.limits.upper, 11.5 + 2.66 * 5.0 / 3.0);
        let flag = Flag { rule: Rule::Beyond, side: Some(Side::Upper) };
        let flagged: Vec<bool> = chart.points.iter().map(|point| point.flags.contains(&flag)).collect();
        assert_eq!(flagged, [false, false, false, false, true, true]);
        let ranges: Vec<(Option<f64>, bool)> = chart.points.iter().map(|p| (p.range, p.range_beyond)).collect();
        assert_eq!(ranges[0], (None, false));
        assert_eq!(ranges[4], (Some(3.0), false));
        assert_eq!(ranges[5], (Some(6.0), true));
    }

    #[test]
    fn beyond_means_beyond() {
        assert_eq!(at(&[3.0, 3.01, -3.0, -3.01], Rule::Beyond, &UNIT), "2U 4L");
    }

    #[test]
    fn two_of_three() {
        // 2.5, 0, 2.5: two beyond two sigma; the one between is marked only as part of the series.
        let values = [0.0, 2.5, 0.0, 2.5, 0.0];
        assert_eq!(at(&values, Rule::TwoOfThree, &UNIT), "2U 4U");
        // Windows 2–4 (centre of it the third) and no other hold two.
        assert_eq!(at(&values, Rule::TwoOfThreeSeries, &UNIT), "2U 3U 4U");
        // All three on one side is asked: 0 is on none.
        assert_eq!(at(&values, Rule::TwoOfThreeWithin, &UNIT), "");
        assert_eq!(at(&[2.5, 0.5, 2.5], Rule::TwoOfThreeWithin, &UNIT), "1U 3U");
        assert_eq!(at(&[2.5, -0.5, 2.5], Rule::TwoOfThreeWithin, &UNIT), "");
        // Beyond the limit counts for the one and not for the other.
        assert_eq!(at(&[2.5, 0.5, 3.5], Rule::TwoOfThree, &UNIT), "1U 3U");
        assert_eq!(at(&[2.5, 0.5, 3.5], Rule::TwoOfThreeWithin, &UNIT), "");
        // Two sides are not one; exactly two sigma is not beyond.
        assert_eq!(at(&[2.5, 0.0, -2.5], Rule::TwoOfThree, &UNIT), "");
        assert_eq!(at(&[-2.5, -2.0, -2.0], Rule::TwoOfThree, &UNIT), "");
        assert_eq!(at(&[-2.5, -2.0, -2.1], Rule::TwoOfThree, &UNIT), "1L 3L");
    }

    #[test]
    fn four_of_five() {
        assert_eq!(at(&[1.5, 1.5, 0.5, 1.5, 1.5], Rule::FourOfFive, &UNIT), "1U 2U 4U 5U");
        assert_eq!(at(&[1.5, 1.0, 0.5, 1.5, 1.5], Rule::FourOfFive, &UNIT), "");
        assert_eq!(at(&[-1.5, -1.5, -1.5, -1.5], Rule::FourOfFive, &UNIT), "1L 2L 3L 4L");
    }

    #[test]
    fn shifts_end_on_the_centre() {
        assert_eq!(at(&[0.1, 0.2, 0.1], Rule::Shift(3), &UNIT), "1U 2U 3U");
        assert_eq!(at(&[0.1, 0.2, 0.0, 0.1, 0.3], Rule::Shift(3), &UNIT), "");
        assert_eq!(at(&[0.1, -0.2, -0.3, -0.1, -0.3, 0.2], Rule::Shift(3), &UNIT), "2L 3L 4L 5L");
    }

    #[test]
    fn trends_are_of_points_not_of_steps() {
        // Five points that rise are four steps.
        assert_eq!(at(&[0.0, 0.1, 0.2, 0.3, 0.4], Rule::Trend(5), &UNIT), "1U 2U 3U 4U 5U");
        assert_eq!(at(&[0.0, 0.1, 0.2, 0.2, 0.4], Rule::Trend(5), &UNIT), "");
        assert_eq!(at(&[0.0, 0.4, 0.3, 0.2, 0.1], Rule::Trend(4), &UNIT), "2L 3L 4L 5L");
        // A peak belongs to the rise and to the fall.
        assert_eq!(at(&[0.0, 0.1, 0.2, 0.1, 0.0], Rule::Trend(3), &UNIT), "1U 2U 3U 3L 4L 5L");
    }

    #[test]
    fn alternating_hugging_avoiding() {
        assert_eq!(at(&[0.0, 1.0, 0.5, 2.0, 1.0], Rule::Alternating(5), &UNIT), "1 2 3 4 5");
        assert_eq!(at(&[0.0, 1.0, 0.5, 0.4, 1.0], Rule::Alternating(5), &UNIT), "");
        assert_eq!(at(&[2.0, 0.9, -0.9, 1.0, 2.0], Rule::Hugging(3), &UNIT), "2 3 4");
        assert_eq!(at(&[1.5, -1.5, 1.5, -2.0], Rule::Avoiding(4), &UNIT), "1 2 3 4");
        // All on one side is a shift, not an avoidance of the centre.
        assert_eq!(at(&[1.5, 1.5, 1.5, 2.0], Rule::Avoiding(4), &UNIT), "");
        assert_eq!(at(&[1.5, -1.0, 1.5, -2.0], Rule::Avoiding(4), &UNIT), "");
    }

    #[test]
    fn sets_have_names() {
        for name in RULE_SETS {
            assert!(rule_set(name).unwrap().contains(&Rule::Beyond), "{name}");
        }
        assert_eq!(rule_set("nelson").unwrap().len(), 8);
        assert_eq!(rule_set("nhs").unwrap().iter().map(|rule| rule.name()).collect::<Vec<_>>(), [
            "beyond",
            "two_of_three_within",
            "shift_7",
            "trend_7"
        ]);
        assert_eq!(rule_set("NHS"), None);
    }

    #[test]
    fn no_chart_of_too_little() {
        assert_eq!(limits(&[1.0], false), Err(XmrError::TooFew(1)));
        assert_eq!(limits(&[], false), Err(XmrError::TooFew(0)));
        let options = Options { baseline: Baseline::First(1), screen: false, rules: BTreeSet::new() };
        assert_eq!(chart(&[1.0, 2.0], &options), Err(XmrError::TooFew(1)));
        let options = Options { baseline: Baseline::First(2), screen: false, rules: BTreeSet::new() };
        assert!(matches!(chart(&[1.0, 2.0, f64::NAN], &options), Err(XmrError::NotANumber(_))));
        assert!(chart(&[1.0, 2.0], &Options { baseline: Baseline::First(9), ..options }).is_ok());
    }
}
