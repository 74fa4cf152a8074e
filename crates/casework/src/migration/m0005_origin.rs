//! What the evidence of an alert was computed with: versions of the definitions and of the program.

use sea_orm::DbErr;
use sea_orm_migration::schema::text_null;
use sea_orm_migration::sea_query::{Alias, Table};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

/// Versions beside the fingerprint that was kept from the beginning.
pub(crate) struct EvidenceOrigin;

impl MigrationName for EvidenceOrigin {
    fn name(&self) -> &str {
        "m0005_origin"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for EvidenceOrigin {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column at a time. What was kept before does not know them.
        for column in ["pack_version", "program"] {
            let change = Table::alter().table(Alias::new("alert_evidence")).add_column(text_null(column)).to_owned();
            manager.alter_table(change).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
