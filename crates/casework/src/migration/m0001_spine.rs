//! Institutions, divisions, submissions, the manifest, explanations and events.

use sea_orm::sea_query::{Alias, ColumnDef, ForeignKey, ForeignKeyAction, Index, Table, TableCreateStatement};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, boolean, date, date_null, integer, json_binary, json_binary_null,
    text, text_null, timestamp_with_time_zone, timestamp_with_time_zone_null,
};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager, async_trait};

/// The first schema.
pub(crate) struct Spine;

impl MigrationName for Spine {
    fn name(&self) -> &str {
        "m0001_spine"
    }
}

pub(super) fn table(name: &str, columns: Vec<ColumnDef>, key: &[&str]) -> TableCreateStatement {
    let mut table = Table::create();
    table.table(Alias::new(name));
    for column in columns {
        table.col(column);
    }
    if !key.is_empty() {
        let mut primary = Index::create();
        for column in key {
            primary.col(Alias::new(*column));
        }
        table.primary_key(&mut primary);
    }
    table
}

pub(super) fn references(table: &mut TableCreateStatement, column: &str, target: &str, target_column: &str) {
    table.foreign_key(
        ForeignKey::create()
            .from_col(Alias::new(column))
            .to(Alias::new(target), Alias::new(target_column))
            .on_delete(ForeignKeyAction::Restrict),
    );
}

fn tables() -> Vec<TableCreateStatement> {
    let turn = table(
        "turn",
        vec![integer("id"), big_integer("count"), timestamp_with_time_zone("at")],
        &["id"],
    );
    let region = table(
        "region",
        vec![
            text("code"),
            date("valid_from"),
            date_null("valid_to"),
            text("name"),
            text_null("parent"),
            big_integer_null("population"),
        ],
        &["code", "valid_from"],
    );
    let institution = table("institution", vec![text("code"), timestamp_with_time_zone("registered_at")], &["code"]);
    let mut version = table(
        "institution_version",
        vec![
            text("institution"),
            date("valid_from"),
            date_null("valid_to"),
            text("name"),
            text_null("credit_code"),
            text("class"),
            text_null("level"),
            text_null("ownership"),
            big_integer_null("beds"),
            text("region"),
            text_null("alliance"),
            json_binary("aliases"),
            json_binary("subjects"),
            text_null("contact"),
            text_null("phone"),
        ],
        &["institution", "valid_from"],
    );
    references(&mut version, "institution", "institution", "code");
    let mut submission = table(
        "submission",
        vec![
            text("id"),
            text("institution"),
            text("dataset"),
            text("period"),
            text("first_month"),
            text("last_month"),
            integer("version"),
            text("mode"),
            boolean("zero"),
            text("status"),
            timestamp_with_time_zone("received_at"),
            timestamp_with_time_zone("decided_at"),
            timestamp_with_time_zone_null("superseded_at"),
            text_null("superseded_by"),
            text("actor"),
            text_null("file_name"),
            text_null("sm3"),
            big_integer_null("bytes"),
            text_null("layout"),
            text_null("encoding"),
            big_integer_null("rows"),
            big_integer_null("counted_rows"),
            big_integer_null("held_rows"),
            big_integer_null("warned_rows"),
            json_binary("messages"),
            json_binary("details"),
        ],
        &["id"],
    );
    references(&mut submission, "institution", "institution", "code");
    let mut file = table(
        "file",
        vec![
            text("id"),
            text("submission"),
            text("institution"),
            text("dataset"),
            text("month"),
            big_integer("rows"),
            big_integer("held_rows"),
            big_integer("bytes"),
            text("sm3"),
            json_binary("entry"),
            timestamp_with_time_zone("committed_at"),
            timestamp_with_time_zone_null("superseded_at"),
            text_null("superseded_by"),
        ],
        &["id"],
    );
    references(&mut file, "submission", "submission", "id");
    references(&mut file, "institution", "institution", "code");
    let mut check_result = table(
        "check_result",
        vec![
            text("submission"),
            text("check"),
            text("severity"),
            big_integer("passed"),
            big_integer("violated"),
            big_integer("not_applicable"),
            big_integer("not_evaluable"),
            text_null("reason"),
        ],
        &["submission", "check"],
    );
    references(&mut check_result, "submission", "submission", "id");
    let mut explanation = table(
        "explanation",
        vec![
            big_pk_auto("id"),
            text("submission"),
            text("institution"),
            text("dataset"),
            text("period"),
            text("check"),
            text("key"),
            text("text"),
            timestamp_with_time_zone("given_at"),
            text("actor"),
        ],
        &[],
    );
    references(&mut explanation, "submission", "submission", "id");
    let event = table(
        "event",
        vec![
            big_pk_auto("id"),
            timestamp_with_time_zone("at"),
            text("actor"),
            text("action"),
            text_null("institution"),
            text("subject"),
            json_binary_null("before"),
            json_binary_null("after"),
        ],
        &[],
    );
    vec![turn, region, institution, version, submission, file, check_result, explanation, event]
}

/// Written the same in both databases. The partial indexes are promises: one submission in force
/// for each target, one live file for each institution, dataset and month (ADR 5).
const INDEXES: &str = r#"
CREATE UNIQUE INDEX submission_version ON submission (institution, dataset, period, version);
CREATE UNIQUE INDEX submission_in_force ON submission (institution, dataset, period) WHERE status = 'accepted';
CREATE INDEX submission_decided ON submission (institution, dataset, decided_at);
CREATE UNIQUE INDEX file_live ON file (institution, dataset, month) WHERE superseded_at IS NULL;
CREATE INDEX file_submission ON file (submission);
CREATE INDEX explanation_target ON explanation (institution, dataset, period, "check", "key");
CREATE INDEX event_institution ON event (institution);
INSERT INTO turn (id, count, at) VALUES (1, 0, '1970-01-01T00:00:00+00:00');
"#;

const APPEND_ONLY_SQLITE: &str = "
CREATE TRIGGER event_keeps_rows BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are never removed'); END;
CREATE TRIGGER event_keeps_values BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
";

const APPEND_ONLY_POSTGRES: &str = "
CREATE FUNCTION event_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'events are never changed or removed'; END $$;
CREATE TRIGGER event_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON event
FOR EACH STATEMENT EXECUTE FUNCTION event_refuse();
";

#[async_trait::async_trait]
impl MigrationTrait for Spine {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in tables() {
            manager.create_table(table).await?;
        }
        let connection = manager.get_connection();
        connection.execute_unprepared(INDEXES).await?;
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
