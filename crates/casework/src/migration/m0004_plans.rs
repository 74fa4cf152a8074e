//! What people do about the items of a work plan.

use sea_orm::sea_query::TableCreateStatement;
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::schema::{
    big_pk_auto, date, date_null, integer_null, json_binary, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

use super::m0001_spine::table;

/// Assignments and progress.
pub(crate) struct Plans;

impl MigrationName for Plans {
    fn name(&self) -> &str {
        "m0004_plans"
    }
}

fn tables() -> [TableCreateStatement; 2] {
    let assignment = table(
        "plan_assignment",
        vec![
            big_pk_auto("id"),
            text("plan"),
            text("item"),
            text("lead"),
            json_binary("offices"),
            text("person"),
            date_null("deadline"),
            text("note"),
            text("actor"),
            timestamp_with_time_zone("entered_at"),
        ],
        &[],
    );
    let progress = table(
        "plan_progress",
        vec![
            big_pk_auto("id"),
            text("plan"),
            text("item"),
            date("day"),
            text("kind"),
            integer_null("milestone"),
            text("person"),
            text("text"),
            text("evidence"),
            text("actor"),
            timestamp_with_time_zone("entered_at"),
            timestamp_with_time_zone_null("withdrawn_at"),
            text_null("withdrawn_by"),
            text_null("withdrawn_because"),
        ],
        &[],
    );
    [assignment, progress]
}

const INDEXES: &str = "
CREATE INDEX plan_assignment_item ON plan_assignment (plan, item);
CREATE INDEX plan_progress_item ON plan_progress (plan, item);
";

#[async_trait::async_trait]
impl MigrationTrait for Plans {
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
