//! Interval estimates: Wilson for a proportion, Byar (exact below 10 events) for a rate, Student's
//! t for a mean.

use statrs::distribution::{ChiSquared, Continuous, ContinuousCDF, Normal, StudentsT};

/// A two-sided interval, both ends in the unit of the value that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Both ends multiplied, such as by 100 for per cent. `factor` must not be negative.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self { low: self.low * factor, high: self.high * factor }
    }
}

/// Why there is no interval.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum IntervalError {
    /// Nothing was observed.
    #[error("there is nothing to estimate from: the denominator is 0")]
    Empty,
    /// A proportion of more than all.
    #[error("{events} of {of} is no proportion")]
    NotAProportion {
        /// Numerator.
        events: u64,
        /// Denominator.
        of: u64,
    },
    /// A mean of one value has no spread.
    #[error("an interval of a mean needs two values")]
    OneValue,
    /// A confidence, exposure or variance that is none.
    #[error("`{0}` is not a usable {1}")]
    NotUsable(f64, &'static str),
}

/// The share of each tail; `confidence` such as 0.95.
pub(crate) fn tail(confidence: f64) -> Result<f64, IntervalError> {
    if confidence > 0.0 && confidence < 1.0 {
        Ok((1.0 - confidence) / 2.0)
    } else {
        Err(IntervalError::NotUsable(confidence, "confidence"))
    }
}

/// The standard normal's upper quantile for a tail.
fn z(tail: f64) -> f64 {
    -Normal::standard().inverse_cdf(tail)
}

/// Wilson's score interval of a proportion, within 0 and 1.
///
/// Source: E. B. Wilson, JASA 22 (1927) 209–212; the form that public health statistics use.
///
/// # Errors
/// When `of` is 0, `events` exceeds it, or the confidence is not between 0 and 1.
pub fn proportion(events: u64, of: u64, confidence: f64) -> Result<Interval, IntervalError> {
    let z = z(tail(confidence)?);
    if of == 0 {
        return Err(IntervalError::Empty);
    }
    if events > of {
        return Err(IntervalError::NotAProportion { events, of });
    }
    let (x, n) = (events as f64, of as f64);
    let z2 = z * z;
    let half = z * (z2 + 4.0 * x * ((n - x) / n)).sqrt();
    let below = 2.0 * (n + z2);
    Ok(Interval {
        // At the ends the formula gives 0 and 1 but for rounding.
        low: if events == 0 { 0.0 } else { (2.0 * x + z2 - half) / below },
        high: if events == of { 1.0 } else { (2.0 * x + z2 + half) / below },
    })
}

/// Below this many events Byar's approximation gives way to the exact limits.
const FEW_EVENTS: u64 = 10;

/// Interval of a rate `events / exposure`: Byar's approximation from 10 events on, the exact
/// Poisson limits (Garwood) below.
///
/// Source: N. E. Breslow, N. E. Day, Statistical Methods in Cancer Research II (1987) 69; the
/// switch at 10 is that of Public Health England's technical guide.
///
/// # Errors
/// When the exposure is not above 0 or the confidence is not between 0 and 1.
pub fn rate(events: u64, exposure: f64, confidence: f64) -> Result<Interval, IntervalError> {
    let tail = tail(confidence)?;
    if exposure == 0.0 {
        return Err(IntervalError::Empty);
    }
    if !(exposure > 0.0 && exposure.is_finite()) {
        return Err(IntervalError::NotUsable(exposure, "exposure"));
    }
    let (low, high) = if events < FEW_EVENTS { exact(events, tail)? } else { byar(events, z(tail)) };
    Ok(Interval { low: low / exposure, high: high / exposure })
}

fn byar(events: u64, z: f64) -> (f64, f64) {
    let limit = |x: f64, z: f64| {
        let root = 1.0 - 1.0 / (9.0 * x) + z / (3.0 * x.sqrt());
        x * root * root * root
    };
    let x = events as f64;
    (limit(x, -z), limit(x + 1.0, z))
}

fn exact(events: u64, tail: f64) -> Result<(f64, f64), IntervalError> {
    let half_quantile = |freedom: u64, p: f64| {
        ChiSquared::new(freedom as f64)
            .map(|d| d.inverse_cdf(p) / 2.0)
            .map_err(|_| IntervalError::NotUsable(freedom as f64, "number of degrees of freedom"))
    };
    let low = if events == 0 { 0.0 } else { half_quantile(2 * events, tail)? };
    Ok((low, half_quantile(2 * events + 2, 1.0 - tail)?))
}

/// Student's t's upper quantile for a tail. The library's inverse loses digits when the degrees of
/// freedom are many, so Newton's steps on its distribution function follow.
pub(crate) fn t(freedom: f64, tail: f64) -> Result<f64, IntervalError> {
    let t = StudentsT::new(0.0, 1.0, freedom)
        .map_err(|_| IntervalError::NotUsable(freedom, "number of degrees of freedom"))?;
    let step = |x: f64| x + (t.sf(x) - tail) / t.pdf(x);
    Ok(step(step(t.inverse_cdf(1.0 - tail))))
}

/// Student's t interval of a mean, from the number of values, their mean and their sample variance
/// (divided by `count - 1`).
///
/// # Errors
/// When there are fewer than two values, the variance is negative or not finite, or the confidence
/// is not between 0 and 1.
pub fn mean(count: u64, mean: f64, variance: f64, confidence: f64) -> Result<Interval, IntervalError> {
    let tail = tail(confidence)?;
    match count {
        0 => return Err(IntervalError::Empty),
        1 => return Err(IntervalError::OneValue),
        _ => {}
    }
    if !(variance >= 0.0 && variance.is_finite()) {
        return Err(IntervalError::NotUsable(variance, "variance"));
    }
    let n = count as f64;
    let t = t(n - 1.0, tail)?;
    let half = t * (variance / n).sqrt();
    Ok(Interval { low: mean - half, high: mean + half })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() <= 1e-9 * right.abs().max(1e-3), "{left} is not {right}");
    }

    /// With no event Wilson's upper end is z²/(n+z²), with all of them its lower end n/(n+z²);
    /// z = 1.959963984540054, z² = 3.841458820694124.
    #[test]
    fn wilson_at_the_ends() {
        let none = proportion(0, 10, 0.95).unwrap();
        close(none.low, 0.0);
        close(none.high, 3.841_458_820_694_124 / 13.841_458_820_694_124);
        let all = proportion(10, 10, 0.95).unwrap();
        close(all.low, 10.0 / 13.841_458_820_694_124);
        close(all.high, 1.0);
    }

    /// Half of n: ½ ∓ z / (2√(n+z²)), symmetric.
    #[test]
    fn wilson_at_one_half() {
        let half = proportion(50, 100, 0.95).unwrap();
        let d = 1.959_963_984_540_054 / (2.0 * 103.841_458_820_694_13_f64.sqrt());
        close(half.low, 0.5 - d);
        close(half.high, 0.5 + d);
        close(half.times(100.0).high, 50.0 + 100.0 * d);
    }

    /// With no event the exact upper limit of a Poisson mean is -ln(tail).
    #[test]
    fn exact_without_events() {
        let none = rate(0, 1000.0, 0.95).unwrap();
        close(none.low, 0.0);
        close(none.high, -(0.025_f64.ln()) / 1000.0);
    }

    /// One event: the lower limit m solves 1 - e^-m = 0.025.
    #[test]
    fn exact_with_one_event() {
        close(rate(1, 1.0, 0.95).unwrap().low, -(0.975_f64.ln()));
    }

    /// t of one degree of freedom is tan(π(p-½)), of two (2p-1)·√(2/(4p(1-p))).
    #[test]
    fn mean_of_two_and_three_values() {
        let two = mean(2, 5.0, 2.0, 0.95).unwrap();
        close(two.high, 5.0 + (std::f64::consts::PI * 0.475).tan());
        let three = mean(3, 0.0, 3.0, 0.95).unwrap();
        close(three.high, 0.95 * (2.0_f64 / (4.0 * 0.975 * 0.025)).sqrt());
        close(three.low, -three.high);
    }

    /// Cornish–Fisher: t ≈ z + (z³+z)/(4ν), and next to it nothing at a million values.
    #[test]
    fn mean_of_many_values() {
        let z = 1.959_963_984_540_054_f64;
        let many = mean(1_000_001, 0.0, 1_000_001.0, 0.95).unwrap();
        close(many.high, z + (z * z * z + z) / 4e6);
    }

    #[test]
    fn values_without_spread_have_an_interval_of_no_width() {
        assert_eq!(mean(4, 7.0, 0.0, 0.95), Ok(Interval { low: 7.0, high: 7.0 }));
    }

    #[test]
    fn what_cannot_be_estimated_says_so() {
        assert_eq!(proportion(0, 0, 0.95), Err(IntervalError::Empty));
        assert_eq!(proportion(3, 2, 0.95), Err(IntervalError::NotAProportion { events: 3, of: 2 }));
        assert_eq!(rate(3, 0.0, 0.95), Err(IntervalError::Empty));
        assert_eq!(rate(3, -1.0, 0.95), Err(IntervalError::NotUsable(-1.0, "exposure")));
        assert_eq!(mean(1, 3.0, 0.0, 0.95), Err(IntervalError::OneValue));
        assert_eq!(mean(0, 3.0, 0.0, 0.95), Err(IntervalError::Empty));
        assert_eq!(mean(3, 3.0, -1.0, 0.95), Err(IntervalError::NotUsable(-1.0, "variance")));
        for confidence in [0.0, 1.0, -0.5, 95.0] {
            assert_eq!(proportion(1, 2, confidence), Err(IntervalError::NotUsable(confidence, "confidence")));
        }
    }
}
