//! The schema and how it comes into being.

use yizheng_casework::store::{Desk, OpenError};

pub async fn migrates_once_however_often_and_by_however_many(url: &str) {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let url = url.to_owned();
        tasks.spawn(async move { Desk::migrate(&url).await });
    }
    for migrated in tasks.join_all().await {
        migrated.unwrap();
    }
    Desk::migrate(url).await.unwrap();
    Desk::open(url).await.unwrap().close().await.unwrap();
}

pub async fn an_unmigrated_store_is_not_opened(url: &str) {
    if url.starts_with("sqlite:") {
        // Opening never makes a file: a mistyped folder is not an empty region.
        assert!(matches!(Desk::open(url).await, Err(OpenError::Database(_))));
        std::fs::write(url.trim_start_matches("sqlite:"), "").unwrap();
    }
    assert!(matches!(Desk::open(url).await, Err(OpenError::Outdated(pending)) if pending > 0));
    let error = Desk::open("http://localhost/store").await.unwrap_err();
    assert!(matches!(error, OpenError::Address { .. }));
}
