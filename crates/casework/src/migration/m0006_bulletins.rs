//! Bulletins, and the files of those that are final.

use sea_orm::sea_query::TableCreateStatement;
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{
    binary, date_null, integer, text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use super::m0001_spine::{references, table};

/// Bulletins.
pub(crate) struct Bulletins;

impl MigrationName for Bulletins {
    fn name(&self) -> &str {
        "m0006_bulletins"
    }
}

fn tables() -> [TableCreateStatement; 2] {
    let bulletin = table(
        "bulletin",
        vec![
            text("id"),
            text("kind"),
            text("period"),
            text("state"),
            integer("revision"),
            text("title"),
            timestamp_with_time_zone("known_at"),
            text("content"),
            text("sm3"),
            text("opening"),
            text("demands"),
            text_null("number"),
            date_null("issued_on"),
            timestamp_with_time_zone("drafted_at"),
            text("drafted_by"),
            timestamp_with_time_zone_null("approved_at"),
            text_null("approved_by"),
            timestamp_with_time_zone_null("final_at"),
            text_null("final_by"),
            timestamp_with_time_zone_null("withdrawn_at"),
            text_null("withdrawn_by"),
            text_null("withdrawn_because"),
        ],
        &["id"],
    );
    let mut file = table("bulletin_file", vec![text("bulletin"), text("form"), text("sm3"), binary("bytes")], &["bulletin", "form"]);
    references(&mut file, "bulletin", "bulletin", "id");
    [bulletin, file]
}

/// Written the same in both databases. The partial indexes are promises: one bulletin of a kind and
/// period that is not withdrawn; one final bulletin of a number.
const INDEXES: &str = "
CREATE UNIQUE INDEX bulletin_in_force ON bulletin (kind, period) WHERE state <> 'withdrawn';
CREATE UNIQUE INDEX bulletin_number ON bulletin (number) WHERE number IS NOT NULL;
";

#[async_trait::async_trait]
impl MigrationTrait for Bulletins {
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
