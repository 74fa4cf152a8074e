//! What a series will bring: a straight line through the months that are known, and how sure that is.
//!
//! The line is that of ordinary least squares; the interval is the exact one of its model (Student's
//! t), for any weighted sum of months to come. A year's rate is such a sum: what the months in hand
//! have contributed, and the months to come with the weights that they will have.

use crate::interval::{self, Interval, IntervalError};

/// Fewest values from which a line is drawn: fewer leave the interval without meaning.
pub const FEWEST: usize = 6;

/// A value of the series at a place in time, counted in any even unit such as months.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// When.
    pub at: f64,
    /// The value.
    pub value: f64,
}

/// A time to come, and what it weighs in the sum that is wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wanted {
    /// When.
    pub at: f64,
    /// Its weight.
    pub weight: f64,
}

/// What will come.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// Expected value.
    pub value: f64,
    /// Where it will lie with the confidence asked for.
    pub interval: Interval,
}

/// Why there is no forecast.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum ForecastError {
    /// Fewer than [`FEWEST`] values.
    #[error("a line needs {FEWEST} values, there are {0}")]
    TooFew(usize),
    /// All values are of one moment.
    #[error("the values are all of one time")]
    OneTime,
    /// The confidence is none, or a number is not finite.
    #[error(transparent)]
    Interval(#[from] IntervalError),
}

/// `known` and the weighted sum of what the line through `seen` gives at the times `wanted`, with
/// its prediction interval.
///
/// With n values, mean time x̄ and S = Σ(x−x̄)², residual variance s² over n−2 degrees of freedom,
/// and weights c at times h, the error of the sum has the variance
/// s²·(Σc² + (Σc)²/n + (Σc(h−x̄))²/S).
///
/// Source: N. R. Draper, H. Smith, Applied Regression Analysis (1998) §§1.4, 3.
///
/// # Errors
/// With fewer than [`FEWEST`] values, values all of one time, numbers that are not finite, or a
/// confidence that is not between 0 and 1.
pub fn linear(seen: &[Seen], known: f64, wanted: &[Wanted], confidence: f64) -> Result<Forecast, ForecastError> {
    let tail = interval::tail(confidence)?;
    if seen.len() < FEWEST {
        return Err(ForecastError::TooFew(seen.len()));
    }
    let n = seen.len() as f64;
    let mean = |of: fn(&Seen) -> f64| seen.iter().map(of).sum::<f64>() / n;
    let (x, y) = (mean(|seen| seen.at), mean(|seen| seen.value));
    let spread = seen.iter().map(|seen| (seen.at - x).powi(2)).sum::<f64>();
    if spread == 0.0 {
        return Err(ForecastError::OneTime);
    }
    let slope = seen.iter().map(|seen| (seen.at - x) * (seen.value - y)).sum::<f64>() / spread;
    let line = |at: f64| y + slope * (at - x);
    let freedom = n - 2.0;
    let variance = seen.iter().map(|seen| (seen.value - line(seen.at)).powi(2)).sum::<f64>() / freedom;
    let (mut value, mut squares, mut weights, mut lever) = (known, 0.0, 0.0, 0.0);
    for Wanted { at, weight } in wanted {
        value += weight * line(*at);
        squares += weight * weight;
        weights += weight;
        lever += weight * (at - x);
    }
    let variance = variance * (squares + weights * weights / n + lever * lever / spread);
    if !(value.is_finite() && variance.is_finite()) {
        return Err(IntervalError::NotUsable(value, "value").into());
    }
    let half = interval::t(freedom, tail)? * variance.sqrt();
    Ok(Forecast { value, interval: Interval { low: value - half, high: value + half } })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() <= 1e-9 * right.abs().max(1e-3), "{left} is not {right}");
    }

    fn seen(values: &[f64]) -> Vec<Seen> {
        values.iter().zip(1..).map(|(value, at)| Seen { at: f64::from(at), value: *value }).collect()
    }

    /// t of 4 degrees of freedom with 0.1 above it; its distribution function is
    /// ½ + ⅜·u·(1 − u²/12) with u = t/√(1+t²/4), solved by bisection.
    const T4: f64 = 1.533_206_274_058_944;

    /// x̄ = 3.5, ȳ = 4.5, S = 17.5, Σ(x−x̄)(y−ȳ) = 6.25+2.25−0.25−0.25+2.25+6.25 = 16.5, so slope 33/35
    /// and line 6/5 + 33/35·x; residual squares 17.5 − 16.5²/17.5 = 68/35, over 4: 17/35.
    const SIX: [f64; 6] = [2.0, 3.0, 5.0, 4.0, 6.0, 7.0];

    /// At 7: 6/5 + 33/5 = 39/5; variance 17/35·(1 + 1/6 + 3.5²/17.5) = 17/35·28/15 = 68/75.
    #[test]
    fn the_next_value() {
        let next = linear(&seen(&SIX), 0.0, &[Wanted { at: 7.0, weight: 1.0 }], 0.8).unwrap();
        close(next.value, 7.8);
        let half = T4 * (68.0_f64 / 75.0).sqrt();
        close(next.interval.low, 7.8 - half);
        close(next.interval.high, 7.8 + half);
    }

    /// The mean of eight months, six of which are in: known 27/8; the months to come weigh 1/8 each.
    /// Value 27/8 + (39/5 + 306/35)/8 = 381/70; Σc² = 1/32, Σc = 1/4, Σc(h−x̄) = (3.5+4.5)/8 = 1;
    /// variance 17/35·(1/32 + 1/96 + 2/35) = 1411/29400.
    #[test]
    fn what_is_in_counts_and_two_months_are_to_come() {
        let to_come = [7.0, 8.0].map(|at| Wanted { at, weight: 0.125 });
        let year = linear(&seen(&SIX), 27.0 / 8.0, &to_come, 0.8).unwrap();
        close(year.value, 381.0 / 70.0);
        let half = T4 * (1411.0_f64 / 29400.0).sqrt();
        close(year.interval.low, 381.0 / 70.0 - half);
        close(year.interval.high, 381.0 / 70.0 + half);
    }

    /// A month that is missing in between moves nothing when the rest lies on one line.
    #[test]
    fn a_straight_line_goes_on_without_doubt() {
        let mut line = seen(&[1.0, 3.0, 5.0, 7.0, 9.0, 11.0, 13.0]);
        line.remove(2);
        let next = linear(&line, 0.0, &[Wanted { at: 10.0, weight: 1.0 }], 0.8).unwrap();
        close(next.value, 19.0);
        assert!(next.interval.high - next.interval.low < 1e-9);
    }

    #[test]
    fn nothing_to_come_is_what_is_known() {
        let done = linear(&seen(&SIX), 4.5, &[], 0.8).unwrap();
        assert_eq!((done.value, done.interval.low, done.interval.high), (4.5, 4.5, 4.5));
    }

    #[test]
    fn what_cannot_be_forecast_says_so() {
        let wanted = [Wanted { at: 7.0, weight: 1.0 }];
        assert_eq!(linear(&seen(&SIX[..5]), 0.0, &wanted, 0.8), Err(ForecastError::TooFew(5)));
        assert_eq!(linear(&[Seen { at: 1.0, value: 2.0 }; 6], 0.0, &wanted, 0.8), Err(ForecastError::OneTime));
        assert!(matches!(linear(&seen(&SIX), 0.0, &wanted, 1.0), Err(ForecastError::Interval(_))));
        let endless = linear(&seen(&SIX), f64::INFINITY, &wanted, 0.8);
        assert!(matches!(endless, Err(ForecastError::Interval(_))));
    }
}
