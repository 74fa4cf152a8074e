//! Exact rational numbers. Values are compared and subtracted as they are and rounded only when
//! printed, half up (四舍五入).

use std::cmp::Ordering;
use std::fmt;

use yizheng_pack::types::Value;

/// An exact number and the digits after the point with which it is printed.
///
/// Equality and order are those of the number; the digits play no part in them.
#[derive(Debug, Clone, Copy)]
pub struct Exact {
    /// Lowest terms.
    numerator: i128,
    /// Above 0.
    denominator: i128,
    digits: u8,
}

/// Numerators and denominators in lowest terms stay below this, so that no step of comparing or printing can
/// overflow. A sum of squared 分 over a province's year is 10^24.
const LIMIT: i128 = 10_i128.pow(30);
/// More digits than this are never printed.
const MOST_DIGITS: u8 = 7;

impl Exact {
    /// `numerator / denominator`. `None` when the denominator is 0 or the number is beyond all use.
    pub fn new(numerator: i128, denominator: i128, digits: u8) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let divisor = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
        let divisor = i128::try_from(divisor).ok()? * denominator.signum();
        let (numerator, denominator) = (numerator.checked_div(divisor)?, denominator.checked_div(divisor)?);
        let within = numerator > -LIMIT && numerator < LIMIT && denominator < LIMIT;
        within.then_some(Self {
            numerator,
            denominator,
            digits: digits.min(MOST_DIGITS),
        })
    }

    /// `units / 10^scale`, printed with all its digits.
    pub fn decimal(units: i128, scale: u8) -> Option<Self> {
        Self::new(units, 10_i128.checked_pow(u32::from(scale))?, scale)
    }

    /// A number of the expression language; `None` for anything else.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Number { units, scale } => Self::decimal(i128::from(*units), *scale),
            _ => None,
        }
    }

    /// The same number, printed with `digits` after the point.
    #[must_use]
    pub fn printed_with(self, digits: u8) -> Self {
        Self { digits: digits.min(MOST_DIGITS), ..self }
    }

    /// Digits after the point when printed.
    pub fn digits(self) -> u8 {
        self.digits
    }

    /// The nearest floating-point number, for charts and intervals.
    pub fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// Product; `None` beyond the limits.
    pub fn times(self, other: Self) -> Option<Self> {
        let top = self.numerator.checked_mul(other.numerator)?;
        Self::new(top, self.denominator.checked_mul(other.denominator)?, self.digits)
    }

    /// Quotient; `None` when `other` is 0, or beyond the limits.
    pub fn over(self, other: Self) -> Option<Self> {
        let top = self.numerator.checked_mul(other.denominator)?;
        Self::new(top, self.denominator.checked_mul(other.numerator)?, self.digits)
    }

    /// Difference; `None` beyond the limits.
    pub fn minus(self, other: Self) -> Option<Self> {
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        let below = self.denominator.checked_mul(other.denominator)?;
        Self::new(left.checked_sub(right)?, below, self.digits)
    }

    /// The sum, printed with this number's digits; `None` beyond 128 bits.
    pub fn plus(self, other: Self) -> Option<Self> {
        let left = self.numerator.checked_mul(other.denominator)?;
        let right = other.numerator.checked_mul(self.denominator)?;
        let below = self.denominator.checked_mul(other.denominator)?;
        Self::new(left.checked_add(right)?, below, self.digits)
    }

    /// -1, 0 or 1.
    pub fn signum(self) -> i128 {
        self.numerator.signum()
    }
}

fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    let (mut a, mut b) = (a, b);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Prints with [`Exact::digits`], half up by magnitude, never `-0`.
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (top, below) = (self.numerator.unsigned_abs(), self.denominator.unsigned_abs());
        let mut scaled = top / below;
        let mut rest = top % below;
        for _ in 0..self.digits {
            rest *= 10;
            scaled = scaled * 10 + rest / below;
            rest %= below;
        }
        if rest * 2 >= below {
            scaled += 1;
        }
        let digits = usize::from(self.digits);
        let text = format!("{scaled:0width$}", width = digits + 1);
        let (whole, fraction) = text.split_at(text.len() - digits);
        let sign = if self.numerator < 0 && scaled != 0 { "-" } else { "" };
        let point = if digits == 0 { "" } else { "." };
        write!(f, "{sign}{whole}{point}{fraction}")
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        (self.numerator, self.denominator) == (other.numerator, other.denominator)
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By whole parts, then by the reciprocals of what is left: no product, so no overflow.
impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut left, mut right) = ((self.numerator, self.denominator), (other.numerator, other.denominator));
        loop {
            let order = left.0.div_euclid(left.1).cmp(&right.0.div_euclid(right.1));
            let rests = (left.0.rem_euclid(left.1), right.0.rem_euclid(right.1));
            if order.is_ne() || rests.0 == 0 || rests.1 == 0 {
                return order.then(rests.0.cmp(&rests.1));
            }
            // a/l < b/r exactly when r/b < l/a.
            (left, right) = ((right.1, rests.1), (left.1, rests.0));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn printed_half_up() {
        for (top, below, digits, text) in [
            (1, 3, 2, "0.33"),
            (2, 3, 2, "0.67"),
            (1, 8, 2, "0.13"),
            (-1, 8, 2, "-0.13"),
            (5, 2, 0, "3"),
            (-5, 2, 0, "-3"),
            (-1, 1000, 2, "0.00"),
            (999, 1000, 2, "1.00"),
            (0, 7, 1, "0.0"),
            (11, 2, 2, "5.50"),
            (10_i128.pow(29), 7, 3, "14285714285714285714285714285.714"),
            (6, -4, 1, "-1.5"),
        ] {
            assert_eq!(Exact::new(top, below, digits).unwrap().to_string(), text, "{top}/{below}");
        }
        assert_eq!(Exact::decimal(-1205, 2).unwrap().to_string(), "-12.05");
        assert_eq!(Exact::decimal(7, 0).unwrap().to_string(), "7");
    }

    #[test]
    fn no_number_where_there_is_none() {
        assert!(Exact::new(1, 0, 2).is_none());
        assert!(Exact::new(LIMIT, 1, 2).is_none());
        assert!(Exact::new(1, LIMIT, 2).is_none());
        assert!(Exact::new(i128::MIN, 1, 2).is_none());
        assert!(Exact::new(LIMIT, LIMIT, 0).is_some());
        assert!(Exact::of(&Value::text("8")).is_none());
    }

    #[test]
    fn compared_exactly() {
        let of = |top, below| Exact::new(top, below, 0).unwrap();
        assert!(of(1, 3) < of(333_334, 1_000_000));
        assert!(of(1, 3) > of(333_333, 1_000_000));
        assert!(of(-1, 3) < of(1, 4));
        assert!(of(-1, 2) < of(-1, 3));
        assert_eq!(of(8, 1).cmp(&Exact::decimal(800, 2).unwrap()), Ordering::Equal);
        let near = 10_i128.pow(29);
        assert!(of(near, near + 1) < of(near + 1, near + 2));
    }

    #[test]
    fn reckoned_exactly() {
        let of = |top, below| Exact::new(top, below, 2).unwrap();
        assert_eq!(of(1, 3).minus(of(1, 6)), Some(of(1, 6)));
        assert_eq!(of(2, 3).times(of(3, 4)), Some(of(1, 2)));
        assert_eq!(of(2, 3).over(of(4, 3)), Some(of(1, 2)));
        assert_eq!(of(2, 3).over(of(0, 3)), None);
    }

    proptest! {
        #[test]
        fn order_is_that_of_the_cross_products(
            a in -1_000_000_i128..1_000_000, b in 1_i128..1_000_000,
            c in -1_000_000_i128..1_000_000, d in 1_i128..1_000_000,
        ) {
            let order = Exact::new(a, b, 0).unwrap().cmp(&Exact::new(c, d, 0).unwrap());
            prop_assert_eq!(order, (a * d).cmp(&(c * b)));
        }

        #[test]
        fn print_is_within_half_a_unit(a in -1_000_000_000_i128..1_000_000_000, b in 1_i128..100_000, digits in 0_u8..5) {
            let printed = Exact::new(a, b, digits).unwrap().to_string();
            let units: i128 = printed.replace('.', "").parse().unwrap();
            let power = 10_i128.pow(u32::from(digits));
            prop_assert!(2 * (a * power - units * b).abs() <= b);
        }
    }
}
