//! Alerts and what they rest on.

use sea_orm::sea_query::TableCreateStatement;
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{
    big_pk_auto, date, json_binary, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use super::m0001_spine::{references, table};

/// Alerts.
pub(crate) struct Alerts;

impl MigrationName for Alerts {
    fn name(&self) -> &str {
        "m0003_alerts"
    }
}

fn tables() -> [TableCreateStatement; 2] {
    let mut alert = table(
        "alert",
        vec![
            text("id"),
            text("rule"),
            text("unit"),
            text_null("institution"),
            text("kind"),
            text("about"),
            text("severity"),
            text("state"),
            timestamp_with_time_zone("opened_at"),
            date("due"),
            text("first_month"),
            text("last_month"),
            text("sentence"),
            text_null("explanation"),
            timestamp_with_time_zone_null("explained_at"),
            text_null("explained_by"),
            timestamp_with_time_zone_null("ended_at"),
            text_null("ended_by"),
            text_null("reason"),
        ],
        &["id"],
    );
    references(&mut alert, "institution", "institution", "code");
    let mut evidence = table(
        "alert_evidence",
        vec![
            big_pk_auto("id"),
            text("alert"),
            text("month"),
            timestamp_with_time_zone("found_at"),
            text("pack"),
            text("mark"),
            text("sentence"),
            json_binary("body"),
            timestamp_with_time_zone_null("withdrawn_at"),
            text_null("withdrawn_because"),
        ],
        &[],
    );
    references(&mut evidence, "alert", "alert", "id");
    [alert, evidence]
}

/// Written the same in both databases. The partial indexes are promises: one active alert for each
/// rule, unit and indicator or dataset; one evidence in force for each of its months.
const INDEXES: &str = "
CREATE UNIQUE INDEX alert_active ON alert (rule, unit, kind, about) WHERE state IN ('open', 'acknowledged', 'explained');
CREATE INDEX alert_institution ON alert (institution);
CREATE UNIQUE INDEX alert_evidence_in_force ON alert_evidence (alert, month) WHERE withdrawn_at IS NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Alerts {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        manager.get_connection().execute_unprepared(INDEXES).await?;
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
