//! Connections for single statements and for transactions, kept between them.
//!
//! The pool tests every connection that comes back to it, with a round trip of its own: whoever had it may have left something on it. After
//! the whole answer to one statement that commits by itself, or to the end of a transaction, nothing is left, and so that connection waits
//! here for the next one. After an error, or a request that was dropped in the middle, it goes back to the pool, which tests it.
//! docs/adr/0017.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::{Connection, PgConnection, PgPool, Postgres};

use super::database::RESTED;

/// After so long the pool has it back, which decides how long a connection lives.
const LIFETIME: Duration = Duration::from_mins(10);
/// One that nobody needed for so long goes back as well.
const IDLE: Duration = Duration::from_mins(1);
/// For the answer of one that rested.
const PATIENCE: Duration = Duration::from_secs(1);

/// Those of a pool that wait.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pool: PgPool,
    waiting: Arc<Mutex<Vec<Waiting>>>,
}

#[derive(Debug)]
struct Waiting {
    connection: PoolConnection<Postgres>,
    lent_at: Instant,
    waits_since: Instant,
}

/// A connection for one statement.
#[derive(Debug)]
pub struct Lent {
    connection: PoolConnection<Postgres>,
    lent_at: Instant,
    kept: Kept,
}

impl Kept {
    pub fn of(pool: PgPool) -> Self {
        Self { pool, waiting: Arc::default() }
    }

    /// One that waited, or one of the pool's.
    pub async fn lend(&self) -> Result<Lent, sqlx::Error> {
        let lent = |connection, lent_at| Lent { connection, lent_at, kept: self.clone() };
        while let Some(mut waiting) = self.take() {
            if waiting.waits_since.elapsed() < RESTED {
                return Ok(lent(waiting.connection, waiting.lent_at));
            }
            match tokio::time::timeout(PATIENCE, waiting.connection.ping()).await {
                Ok(Ok(())) => return Ok(lent(waiting.connection, waiting.lent_at)),
                // The pool would ask it once more, and wait.
                _ => waiting.connection.close_on_drop(),
            }
        }
        Ok(lent(self.pool.acquire().await?, Instant::now()))
    }

    /// Whoever is about to ask the pool does not wait for one that nobody uses.
    pub fn make_room(&self) {
        if self.is_exhausted() {
            drop(self.take());
        }
    }

    /// The pool has all of them back.
    pub fn give_back(&self) {
        self.waiting().clear();
    }

    fn take(&self) -> Option<Waiting> {
        self.waiting().pop()
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_exhausted(&self) -> bool {
        self.pool.num_idle() == 0 && self.pool.size() >= self.pool.options().get_max_connections()
    }
}

impl Lent {
    /// The statement was answered to its end. Not kept where somebody may be waiting for a connection of the pool.
    pub fn keep(self) {
        let Self { connection, lent_at, kept } = self;
        let mut waiting = kept.waiting();
        waiting.retain(|one| one.waits_since.elapsed() < IDLE && one.lent_at.elapsed() < LIFETIME);
        let half = usize::try_from(kept.pool.options().get_max_connections() / 2).unwrap_or(usize::MAX);
        if waiting.len() < half && lent_at.elapsed() < LIFETIME && !kept.is_exhausted() && !kept.pool.is_closed() {
            waiting.push(Waiting { connection, lent_at, waits_since: Instant::now() });
        }
    }
}

impl Lent {
    /// Nobody is to have it again.
    pub fn close(mut self) {
        self.connection.close_on_drop();
    }
}

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
