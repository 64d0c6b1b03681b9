//! The database as the server's role.

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, Connection, PgConnection, PgPool, Row};
use std::time::Duration;
use types::UserId;

use super::lent::{Kept, Lent};
use super::tx::Tx;

/// The pool of the server's role.
#[derive(Debug, Clone)]
pub struct Database {
    pool: PgPool,
    kept: Kept,
}

/// Unused for so long, a connection may have died unseen.
pub(super) const RESTED: Duration = Duration::from_secs(1);

/// Prepared statements a connection keeps: more than there are, so that none is parsed and planned twice on one connection.
const STATEMENTS: usize = 256;

impl Database {
    /// A pool of at most `connections`, opened as they are needed.
    ///
    /// A connection that rested is tested before it is lent, so that a database that was away and is back is used at once; a busy
    /// one is not, because that costs a round trip per request.
    pub fn lazy(options: PgConnectOptions, connections: u32) -> Self {
        Self::over(Self::pool_options(connections).connect_lazy_with(ours(options)))
    }

    /// The same for a library that begins its transactions by sqlx, which may leave one open behind a `begin` that was dropped (ADR 17): a
    /// connection that comes back in the middle of a transaction is closed, and to know that costs a round trip each time.
    pub fn lazy_for_a_library(options: PgConnectOptions, connections: u32) -> Self {
        let pool = Self::pool_options(connections).after_release(|connection, _| Box::pin(is_outside_a_transaction(connection)));
        Self::over(pool.connect_lazy_with(ours(options)))
    }

    fn over(pool: PgPool) -> Self {
        Self { kept: Kept::of(pool.clone()), pool }
    }

    fn pool_options(connections: u32) -> PgPoolOptions {
        PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(5))
            .idle_timeout(Duration::from_mins(5))
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move { if meta.idle_for < RESTED { Ok(true) } else { connection.ping().await.map(|()| true) } })
            })
    }

    /// Begins a transaction in which `user`'s rows are visible; with `None`, nobody's are.
    pub async fn begin(&self, user: Option<UserId>) -> Result<Tx, sqlx::Error> {
        match user {
            // Begun and named in one round trip. A UUID holds nothing that SQL could mistake.
            Some(user) => self.begin_with(format!("begin; set local kairos.user_id = '{user}'")).await,
            None => self.begin_with("begin".to_owned()).await,
        }
    }

    /// The same for what is not worth a flush to disk, because what makes it count is committed later.
    pub async fn begin_lazily_flushed(&self, user: UserId) -> Result<Tx, sqlx::Error> {
        self.begin_with(format!("begin; set local kairos.user_id = '{user}'; set local synchronous_commit = off")).await
    }

    async fn begin_with(&self, statements: String) -> Result<Tx, sqlx::Error> {
        Tx::begin(self.kept.lend().await?, statements).await
    }

    /// A connection for one statement that commits by itself.
    pub async fn lend(&self) -> Result<Lent, sqlx::Error> {
        self.kept.lend().await
    }

    /// Ends every connection, when those that are in use come back.
    pub async fn close(&self) {
        // Closed before it is waited for, so that nobody keeps another one after this.
        let closing = self.pool.close();
        self.kept.give_back();
        closing.await;
    }

    /// The pool itself: for the job queue and for checks, which belong to no person.
    pub fn pool(&self) -> &PgPool {
        self.kept.make_room();
        &self.pool
    }
}

/// What goes with a commit stands in its text (`tx.rs`): a slow one is not written into the log.
fn ours(options: PgConnectOptions) -> PgConnectOptions {
    options.statement_cache_capacity(STATEMENTS).disable_statement_logging()
}

/// A transaction began before this statement, unless the statement is all of it. True of the simple protocol only: with the other, a
/// statement is later than its own transaction.
async fn is_outside_a_transaction(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::raw_sql("select transaction_timestamp() = statement_timestamp()").fetch_one(connection).await?.try_get(0)
}

/// What the role the server connects as may do.
#[derive(Debug, Clone, Copy)]
pub struct ServerRole {
    /// A superuser, or exempt from row-level security: must not be.
    pub bypasses_row_security: bool,
}

/// Asks the database what our role may do; also the check that it answers at all.
pub async fn role(database: &Database) -> Result<ServerRole, sqlx::Error> {
    let row = sqlx::query!(r#"select (rolsuper or rolbypassrls) as "bypasses!" from pg_roles where rolname = current_user"#)
        .fetch_one(database.pool())
        .await?;
    Ok(ServerRole { bypasses_row_security: row.bypasses })
}

/// From here to the end of `tx`, `user`'s rows are visible.
pub(crate) async fn act_as(tx: &mut Tx, user: UserId) -> Result<(), sqlx::Error> {
    sqlx::query!("select set_config('kairos.user_id', $1, true)", user.to_string()).fetch_one(&mut **tx).await?;
    Ok(())
}

/// From here to the end of `tx`, the row named by this keyed hash is visible too.
pub(crate) async fn present_lookup(tx: &mut Tx, hash: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("select set_config('kairos.lookup', encode($1, 'hex'), true)", hash).fetch_one(&mut **tx).await?;
    Ok(())
}
