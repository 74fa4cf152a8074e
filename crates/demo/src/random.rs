//! Chance. Every stream is named by the seed and a number, so that what one institution draws does
//! not depend on who else is being made at the same time.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The generator in use.
pub(crate) type Random = ChaCha8Rng;

/// The stream of this name.
pub(crate) fn stream(seed: u64, name: u64) -> Random {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(name);
    random
}

/// True with this probability.
pub(crate) fn chance(random: &mut Random, probability: f64) -> bool {
    random.random::<f64>() < probability
}

/// A whole number from `from` to `to`, both included.
pub(crate) fn whole(random: &mut Random, from: i64, to: i64) -> i64 {
    random.random_range(from..=to.max(from))
}

/// A factor that is log-normal with median 1 and this sigma. The normal deviate is a sum of six
/// uniform ones (variance 1/12 each), which is close enough inside three standard deviations.
pub(crate) fn log_normal(random: &mut Random, sigma: f64) -> f64 {
    let sum: f64 = (0..6).map(|_| random.random::<f32>()).map(f64::from).sum();
    ((sum - 3.0) * std::f64::consts::SQRT_2 * sigma).exp()
}

/// A number from a triangular distribution.
pub(crate) fn triangular(random: &mut Random, (low, mode, high): (f64, f64, f64)) -> f64 {
    let at: f64 = random.random();
    let split = (mode - low) / (high - low);
    if at < split {
        low + (at * (high - low) * (mode - low)).sqrt()
    } else {
        high - ((1.0 - at) * (high - low) * (high - mode)).sqrt()
    }
}

/// One of the elements, all alike.
pub(crate) fn one<'a, T>(random: &mut Random, of: &'a [T]) -> Option<&'a T> {
    of.get(random.random_range(0..of.len().max(1)))
}

/// The place in a list of cumulative weights where a number drawn from 0 to their end falls.
pub(crate) fn weighted(random: &mut Random, cumulative: &[f64]) -> usize {
    let end = cumulative.last().copied().unwrap_or_default();
    let at = random.random::<f64>() * end;
    cumulative
        .partition_point(|sum| *sum <= at)
        .min(cumulative.len().saturating_sub(1))
}

/// Running sums.
pub(crate) fn cumulative(weights: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut sum = 0.0;
    weights
        .into_iter()
        .map(|weight| {
            sum += weight;
            sum
        })
        .collect()
}
