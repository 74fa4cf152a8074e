//! The store: opening it, its schema, and the one door through which everything is written.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ColumnTrait, Condition, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction,
    DbBackend, DbErr, EntityTrait, RuntimeErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use tokio::sync::{Mutex, OwnedMutexGuard};
use yizheng_pack::scope::Scope;

use crate::entity::turn;
use crate::migration;
use crate::stamp::Stamp;

/// Connections kept open. Reads go beside each other; writes take turns anyway.
const CONNECTIONS: u32 = 8;
/// How long a write waits for another program's write to the same SQLite file.
const BUSY: Duration = Duration::from_secs(60);
/// Names the lock under which PostgreSQL's schema is changed; any fixed number would do.
const MIGRATION_LOCK: &str = "SELECT pg_advisory_xact_lock(217041)";

/// Why the store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither `sqlite:` nor `postgres://`.
    #[error("`{url}` names no store: write sqlite:/path/yizheng.db or postgres://user@host/database")]
    Address {
        /// As given, without what stands behind the scheme.
        url: String,
    },
    /// The schema is older than this program.
    #[error("the store lacks {0} change(s) of its schema: migrate it first")]
    Outdated(usize),
    /// The database did not do what was asked.
    #[error("the store cannot be opened: {0}")]
    Database(#[from] DbErr),
}

/// Why the store could not read or write.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database did not do what was asked.
    #[error("the store failed: {0}")]
    Database(#[from] DbErr),
    /// A stored value that this program cannot have written.
    #[error("the store holds `{value}` as {what}, which cannot be read")]
    Unreadable {
        /// What it should be.
        what: &'static str,
        /// What stands there.
        value: String,
    },
}

/// The relational store of a region. Cheap to clone; all clones share connections and turns.
#[derive(Debug, Clone)]
pub struct Desk {
    pub(crate) pool: DatabaseConnection,
    queue: Arc<Mutex<()>>,
}

/// An open write. Dropped without [`Write::commit`] it leaves nothing.
pub(crate) struct Write {
    pub(crate) txn: DatabaseTransaction,
    /// The moment of this write: not before the clock given, and later than any write before.
    pub(crate) at: Stamp,
    _turn: OwnedMutexGuard<()>,
}

impl Write {
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        self.txn.commit().await
    }
}

/// The address of a SQLite file.
pub fn sqlite_url(path: &Path) -> String {
    // sqlx reads the path percent-decoded and takes `?` for the beginning of its options.
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    format!("sqlite:{path}")
}

fn options(url: &str, connections: u32, create: bool) -> Result<ConnectOptions, OpenError> {
    if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
        let scheme = url.split_once(':').map_or(url, |(scheme, _)| scheme);
        return Err(OpenError::Address { url: scheme.to_owned() });
    }
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .create_if_missing(create)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An accepted submission stays accepted when the power fails.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY)
    });
    Ok(options)
}

fn immediate() -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    }
}

/// One connection. Of several programs that turn a new SQLite file to its write-ahead log at the
/// same moment, SQLite lets one through and tells the others at once that it is locked, without
/// the waiting that it does everywhere else.
async fn connect_alone(url: &str) -> Result<DatabaseConnection, OpenError> {
    const PAUSE: Duration = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    loop {
        match Database::connect(options(url, 1, true)?).await {
            Err(error) if is_locked(&error) && waited < BUSY => {
                // A pause that fails to happen only asks again sooner.
                let _ = tokio::task::spawn_blocking(|| std::thread::sleep(PAUSE)).await;
                waited += PAUSE;
            }
            connected => return Ok(connected?),
        }
    }
}

fn is_locked(error: &DbErr) -> bool {
    const SQLITE_BUSY: &str = "5";
    let (DbErr::Conn(RuntimeErr::SqlxError(error)) | DbErr::Exec(RuntimeErr::SqlxError(error))) = error else {
        return false;
    };
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == SQLITE_BUSY)
}

struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        migration::all()
    }
}

impl Desk {
    /// Opens a store whose schema is up to date. `url` is `sqlite:/path/yizheng.db` (see
    /// [`sqlite_url`]) or `postgres://…`.
    ///
    /// # Errors
    /// When there is no such store, or [`Desk::migrate`] has not been run for this program's
    /// schema.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let pool = Database::connect(options(url, CONNECTIONS, false)?).await?;
        match Migrator::get_pending_migrations_read_only(&pool).await?.len() {
            0 => Ok(Self { pool, queue: Arc::default() }),
            pending => Err(OpenError::Outdated(pending)),
        }
    }

    /// Brings the schema of a store up to date; makes the SQLite file when there is none. All
    /// changes or none, on a connection of its own; programs that do it at once wait for each
    /// other.
    ///
    /// # Errors
    /// When the database cannot be reached or refuses.
    pub async fn migrate(url: &str) -> Result<(), OpenError> {
        let connection = connect_alone(url).await?;
        let done = Self::migrate_on(&connection).await;
        connection.close().await?;
        Ok(done?)
    }

    async fn migrate_on(connection: &DatabaseConnection) -> Result<(), DbErr> {
        let txn = connection.begin_with_options(immediate()).await?;
        if txn.get_database_backend() == DbBackend::Postgres {
            txn.execute_unprepared(MIGRATION_LOCK).await?;
        }
        Migrator::up(&txn, None).await?;
        crate::audit::begin(&txn).await?;
        txn.commit().await
    }

    /// Closes the connections; a SQLite file is then complete without its journal.
    ///
    /// # Errors
    /// When the database does not let go.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.pool.close().await?)
    }

    /// How many writes the store has seen: a number that changes whenever anything may have that
    /// values, reporting or alerts rest on. What people enter about plans is not counted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn writes(&self) -> Result<i64, StoreError> {
        let row = turn::Entity::find().one(&self.pool).await?;
        Ok(row.ok_or_else(|| DbErr::RecordNotFound("turn".to_owned()))?.count)
    }

    /// The moment of the last write, counted or not: nothing that is in the store has a later one,
    /// and every further write has.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn last_write_at(&self) -> Result<DateTime<Utc>, StoreError> {
        let row = turn::Entity::find().one(&self.pool).await?;
        Ok(row.ok_or_else(|| DbErr::RecordNotFound("turn".to_owned()))?.at.at())
    }

    /// The one way to write what others may rest on.
    pub(crate) async fn begin_write(&self, now: DateTime<Utc>) -> Result<Write, DbErr> {
        self.begin_counted(now, 1).await
    }

    /// The one way to write what nothing else rests on: [`Desk::writes`] does not count it.
    pub(crate) async fn begin_note(&self, now: DateTime<Utc>) -> Result<Write, DbErr> {
        self.begin_counted(now, 0).await
    }

    async fn begin_counted(&self, now: DateTime<Utc>, counted: i64) -> Result<Write, DbErr> {
        // Tasks of this program queue here, in order; SQLite's own waiting is by chance.
        let turn = Arc::clone(&self.queue).lock_owned().await;
        let txn = self.pool.begin_with_options(immediate()).await?;
        // The first statement changes the row, which locks it on PostgreSQL: from here on this
        // write sees all that was written before and nobody else writes.
        turn::Entity::update_many()
            .col_expr(turn::Column::Count, Expr::col(turn::Column::Count).add(counted))
            .exec(&txn)
            .await?;
        let last = turn::Entity::find()
            .one(&txn)
            .await?
            .ok_or_else(|| DbErr::RecordNotFound("turn".to_owned()))?;
        let at = Stamp::after(last.at, now);
        turn::Entity::update_many().col_expr(turn::Column::At, Expr::value(at)).exec(&txn).await?;
        Ok(Write { txn, at, _turn: turn })
    }
}

/// The condition that `scope` puts on a column that holds licence numbers.
pub(crate) fn within(scope: &Scope, column: impl ColumnTrait) -> Condition {
    match scope.filter() {
        None => Condition::all(),
        Some(codes) => Condition::all().add(column.is_in(codes.iter().cloned())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use sea_orm::{ActiveValue::Set, Statement};

    #[tokio::test]
    async fn every_connection_keeps_foreign_keys() {
        let folder = tempfile::tempdir().unwrap();
        let url = sqlite_url(&folder.path().join("yizheng.db"));
        Desk::migrate(&url).await.unwrap();
        let desk = Desk::open(&url).await.unwrap();
        let mut held = Vec::new();
        for _ in 0..CONNECTIONS {
            let connection = desk.pool.begin().await.unwrap();
            for (pragma, expected) in [("foreign_keys", "1"), ("journal_mode", "wal"), ("synchronous", "2")] {
                let ask = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {pragma}"));
                let answer = connection.query_one_raw(ask).await.unwrap().unwrap();
                let answer = answer
                    .try_get_by_index::<String>(0)
                    .or_else(|_| answer.try_get_by_index::<i64>(0).map(|number| number.to_string()))
                    .unwrap();
                assert_eq!(answer, expected, "{pragma}");
            }
            held.push(connection);
        }
        drop(held);
        // And they are held to: a version of an institution that is not there is refused.
        use crate::entity::institution_version as version;
        let orphan = version::ActiveModel {
            institution: Set("nobody".to_owned()),
            valid_from: Set(chrono::NaiveDate::MIN),
            name: Set(String::new()),
            class: Set(String::new()),
            region: Set(String::new()),
            aliases: Set(serde_json::Value::Null),
            subjects: Set(serde_json::Value::Null),
            ..Default::default()
        };
        let write = desk.begin_write(DateTime::UNIX_EPOCH).await.unwrap();
        let error = version::Entity::insert(orphan).exec_without_returning(&write.txn).await.unwrap_err();
        assert!(error.to_string().contains("FOREIGN KEY"), "{error}");
    }

    #[test]
    fn a_path_is_an_address_whatever_stands_in_it() {
        assert_eq!(sqlite_url(Path::new("/数据/a b?#100%.db")), "sqlite:/数据/a b%3F%23100%25.db");
    }

    #[test]
    fn an_unknown_store_is_named_without_its_password() {
        let error = options("mysql://u:secret@h/d", 1, false).unwrap_err();
        assert!(error.to_string().contains("`mysql`") && !error.to_string().contains("secret"));
    }
}
