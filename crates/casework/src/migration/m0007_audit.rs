//! The audit chain: a link for each event.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::schema::{big_integer, text};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use super::m0001_spine::table;

/// The chain. What happened before it is linked when a store is brought up to date.
pub(crate) struct AuditChain;

impl MigrationName for AuditChain {
    fn name(&self) -> &str {
        "m0007_audit"
    }
}

const APPEND_ONLY_SQLITE: &str = "
CREATE TRIGGER event_link_keeps_rows BEFORE DELETE ON event_link
BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;
CREATE TRIGGER event_link_keeps_values BEFORE UPDATE ON event_link
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
";

const APPEND_ONLY_POSTGRES: &str = "
CREATE TRIGGER event_link_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON event_link
FOR EACH STATEMENT EXECUTE FUNCTION event_refuse();
";

#[async_trait::async_trait]
impl MigrationTrait for AuditChain {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(table("event_link", vec![big_integer("event"), text("sm3")], &["event"])).await?;
        let connection = manager.get_connection();
        let append_only = match connection.get_database_backend() {
            DbBackend::Postgres => APPEND_ONLY_POSTGRES,
            _ => APPEND_ONLY_SQLITE,
        };
        connection.execute_unprepared(append_only).await?;
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
