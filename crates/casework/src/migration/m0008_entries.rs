//! Entries of registers, dated in law and in knowledge.

use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{
    big_pk_auto, binary_null, date, date_null, json_binary, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use super::m0001_spine::table;

/// Entries.
pub(crate) struct Entries;

impl MigrationName for Entries {
    fn name(&self) -> &str {
        "m0008_entries"
    }
}

/// Written the same in both databases. The partial index is a promise: of what is known of an entry
/// now, one thing begins on a day.
const INDEXES: &str = "
CREATE UNIQUE INDEX entry_version_known ON entry_version (register, key, valid_from) WHERE known_to IS NULL;
CREATE INDEX entry_version_key ON entry_version (register, key);
CREATE INDEX entry_version_institution ON entry_version (register, institution);
";

#[async_trait::async_trait]
impl MigrationTrait for Entries {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let version = table(
            "entry_version",
            vec![
                big_pk_auto("id"),
                text("register"),
                text("key"),
                text_null("institution"),
                text("called"),
                text("state"),
                date("valid_from"),
                date_null("valid_to"),
                json_binary("fields"),
                binary_null("sealed"),
                timestamp_with_time_zone("known_from"),
                timestamp_with_time_zone_null("known_to"),
                text("origin"),
                text("source"),
                text("actor"),
            ],
            &[],
        );
        manager.create_table(version).await?;
        manager.get_connection().execute_unprepared(INDEXES).await?;
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
