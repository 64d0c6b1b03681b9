//! Rows of persons as they were last read, for as long as they are the present ones.
//!
//! Every person has a version that changes, in the same transaction, with every row that the frame of their pages shows (`users.page_version`).
//! A page asks for its rows only where that version is not the one it holds. What is held is what the database holds: sealed values stay
//! sealed, and the key to them wrapped.

use std::any::Any;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;

/// Sessions whose rows are held at most.
const SESSIONS: NonZeroUsize = NonZeroUsize::new(512).unwrap();
/// Bytes that all of them may take, as they came from the database.
const BYTES: usize = 8 << 20;

/// What is held for one session.
struct Held {
    rows: Arc<dyn Any + Send + Sync>,
    bytes: usize,
}

/// Rows by the keyed hash of a session's id.
pub struct RowCache(Mutex<Inner>);

struct Inner {
    sessions: LruCache<[u8; 32], Held>,
    bytes: usize,
}

impl Default for RowCache {
    fn default() -> Self {
        Self(Mutex::new(Inner { sessions: LruCache::new(SESSIONS), bytes: 0 }))
    }
}

impl std::fmt::Debug for RowCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RowCache")
    }
}

impl RowCache {
    /// What is held for a session, if it is of this kind.
    pub fn get<T: Send + Sync + 'static>(&self, session: &[u8; 32]) -> Option<Arc<T>> {
        let rows = self.0.lock().unwrap_or_else(PoisonError::into_inner).sessions.get(session).map(|held| Arc::clone(&held.rows))?;
        rows.downcast().ok()
    }

    /// Holds `rows`, which took `bytes` on their way from the database, and lets go of what was used longest ago.
    pub fn put<T: Send + Sync + 'static>(&self, session: [u8; 32], rows: Arc<T>, bytes: usize) {
        // One that is so large would push out everybody else's.
        if bytes > BYTES / 8 {
            return self.remove(&session);
        }
        let inner = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.bytes += bytes;
        if let Some((_, old)) = inner.sessions.push(session, Held { rows, bytes }) {
            inner.bytes -= old.bytes;
        }
        while inner.bytes > BYTES {
            let Some((_, old)) = inner.sessions.pop_lru() else { break };
            inner.bytes -= old.bytes;
        }
    }

    /// Lets go of the rows of sessions that have ended.
    pub fn remove_all<'s>(&self, sessions: impl IntoIterator<Item = &'s [u8; 32]>) {
        sessions.into_iter().for_each(|session| self.remove(session));
    }

    /// Lets go of a session's rows: it has ended.
    pub fn remove(&self, session: &[u8; 32]) {
        let inner = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(old) = inner.sessions.pop(session) {
            inner.bytes -= old.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_longest_ago_goes_when_there_is_too_much() {
        let cache = RowCache::default();
        for number in 0..20_u8 {
            cache.put([number; 32], Arc::new(number), BYTES / 10);
            assert!(cache.get::<u8>(&[0; 32]).is_some(), "used all the time");
        }
        assert_eq!(cache.get::<u8>(&[1; 32]), None);
        assert_eq!(cache.get::<u8>(&[19; 32]), Some(Arc::new(19)));
        assert!(cache.0.lock().unwrap().bytes <= BYTES);
    }

    #[test]
    fn a_person_with_very_many_rows_is_not_held_and_pushes_nobody_out() {
        let cache = RowCache::default();
        cache.put([2; 32], Arc::new(2_u8), 10);
        cache.put([1; 32], Arc::new(1_u8), 10);
        cache.put([1; 32], Arc::new(1_u8), BYTES + 1);
        assert_eq!((cache.get::<u8>(&[1; 32]), cache.get::<u8>(&[2; 32])), (None, Some(Arc::new(2))));
        assert_eq!(cache.0.lock().unwrap().bytes, 10);
    }

    #[test]
    fn the_same_session_is_held_once() {
        let cache = RowCache::default();
        cache.put([1; 32], Arc::new(1_u8), 10);
        cache.put([1; 32], Arc::new(2_u8), 20);
        assert_eq!((cache.get::<u8>(&[1; 32]), cache.0.lock().unwrap().bytes), (Some(Arc::new(2)), 20));
        cache.remove(&[1; 32]);
        assert_eq!((cache.get::<u8>(&[1; 32]), cache.0.lock().unwrap().bytes), (None, 0));
    }
}
