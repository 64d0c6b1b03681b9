//! Whose requests are being counted at this replica, so that those of one client that come meanwhile are counted together by the next statement.
//!
//! All requests of a client are counted in one row. Each for itself they would wait there for one another, with a connection each in their hands.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use tokio::sync::oneshot;

/// What is left of a span for the one that is told this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Left {
    /// How many are left, or -1: there was none to take.
    pub remaining: i32,
    /// When the span ends.
    pub resets_at: DateTime<Utc>,
}

/// By whose they are: those that wait. Whoever is there is being counted.
#[derive(Debug, Clone, Default)]
pub struct Counting(Arc<Mutex<HashMap<Vec<u8>, Vec<Waiting>>>>);

type Waiting = oneshot::Sender<Told>;

#[derive(Debug)]
enum Told {
    /// Counted by somebody else's statement.
    Left(Left),
    /// Yours is the next statement.
    Next(Group),
    /// The statement failed.
    Failed,
}

/// Whose turn it is.
#[derive(Debug)]
pub enum Turn {
    /// To be counted now, with those that waited.
    Counts(Group),
    /// Counted already.
    Counted(Left),
}

/// One request whose statement counts for others too. Once it is dropped the next group has its turn, whatever became of this one.
#[derive(Debug)]
pub struct Group {
    counting: Counting,
    who: Vec<u8>,
    others: Vec<Waiting>,
}

impl Counting {
    /// Waits for the turn of one request of `who`: at once, where none of theirs is being counted. `None`: the statement that was to count it failed.
    pub async fn turn(&self, who: &[u8]) -> Option<Turn> {
        loop {
            let told = {
                let mut present = self.present();
                let Some(waiting) = present.get_mut(who) else {
                    present.insert(who.to_vec(), Vec::new());
                    return Some(Turn::Counts(Group { counting: self.clone(), who: who.to_vec(), others: Vec::new() }));
                };
                let (told, is_told) = oneshot::channel();
                waiting.push(told);
                is_told
            };
            match told.await {
                Ok(Told::Left(left)) => return Some(Turn::Counted(left)),
                Ok(Told::Next(group)) => return Some(Turn::Counts(group)),
                Ok(Told::Failed) => return None,
                // Whoever counted for it went away: nobody knows whether it was counted.
                Err(_) => {}
            }
        }
    }

    fn present(&self) -> MutexGuard<'_, HashMap<Vec<u8>, Vec<Waiting>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Group {
    /// How many its statement counts for.
    pub fn number(&self) -> i32 {
        i32::try_from(self.others.len() + 1).unwrap_or(i32::MAX)
    }

    /// The statement failed: so do those that it was for, and those that came meanwhile. Each for itself they would wait for the same, one after another.
    pub fn fail(mut self) {
        let meanwhile = self.counting.present().get_mut(&self.who).map(std::mem::take).unwrap_or_default();
        for one in std::mem::take(&mut self.others).into_iter().chain(meanwhile) {
            let _ = one.send(Told::Failed);
        }
    }

    /// Shares out what the statement took: `granted` of [`Self::number`], after which `last` is left. What is told is for the one that asked.
    pub fn share(mut self, granted: i32, last: Left) -> Left {
        let nth = |number: i32| if number < granted { last.remaining + granted - 1 - number } else { -1 };
        for (number, other) in (1..).zip(std::mem::take(&mut self.others)) {
            // Whoever went away is counted all the same: they asked.
            let _ = other.send(Told::Left(Left { remaining: nth(number), ..last }));
        }
        Left { remaining: nth(0), ..last }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.others.clear();
        let mut waiting = {
            let mut present = self.counting.present();
            let mut waiting = present.get_mut(&self.who).map(std::mem::take).unwrap_or_default();
            waiting.retain(|told| !told.is_closed());
            if waiting.is_empty() {
                present.remove(&self.who);
                return;
            }
            waiting.into_iter()
        };
        if let Some(first) = waiting.next() {
            let next = Self { counting: self.counting.clone(), who: std::mem::take(&mut self.who), others: waiting.collect() };
            // Sent to nobody, it is dropped, and the one after it has its turn.
            let _ = first.send(Told::Next(next));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(remaining: i32) -> Left {
        Left { remaining, resets_at: DateTime::UNIX_EPOCH }
    }

    fn group(turn: Option<Turn>) -> Group {
        let Some(Turn::Counts(group)) = turn else { panic!("counted already") };
        group
    }

    /// As many as wait, each in a task of its own that has come to its waiting.
    async fn waiting(counting: &Counting, number: usize) -> Vec<tokio::task::JoinHandle<Option<Turn>>> {
        let mut tasks = Vec::new();
        for _ in 0..number {
            let counting = counting.clone();
            tasks.push(tokio::spawn(async move { counting.turn(b"noor").await }));
            tokio::task::yield_now().await;
        }
        tasks
    }

    #[tokio::test]
    async fn those_that_come_while_one_is_counted_are_counted_together_each_with_a_number_of_its_own() {
        let counting = Counting::default();
        let first = group(counting.turn(b"noor").await);
        let mut tasks = waiting(&counting, 4).await.into_iter();
        assert_eq!((first.number(), first.share(1, left(3))), (1, left(3)));
        let second = group(tasks.next().unwrap().await.unwrap());
        assert_eq!(second.number(), 4);
        assert_eq!(second.share(3, left(0)), left(2));
        for expected in [left(1), left(0), left(-1)] {
            let Some(Turn::Counted(told)) = tasks.next().unwrap().await.unwrap() else { panic!("counted by the second") };
            assert_eq!(told, expected);
        }
        assert!(counting.present().is_empty());
    }

    #[tokio::test]
    async fn nobody_waits_for_somebody_elses() {
        let counting = Counting::default();
        let _noor = group(counting.turn(b"noor").await);
        assert_eq!(group(counting.turn(b"ada").await).number(), 1);
    }

    #[tokio::test]
    async fn where_the_statement_fails_nobody_waits_to_fail_after_it() {
        let counting = Counting::default();
        let first = group(counting.turn(b"noor").await);
        let mut tasks = waiting(&counting, 2).await;
        drop(first);
        let second = group(tasks.remove(0).await.unwrap());
        tasks.extend(waiting(&counting, 3).await);
        second.fail();
        for one in tasks {
            assert!(one.await.unwrap().is_none());
        }
        assert!(counting.present().is_empty());
    }

    #[tokio::test]
    async fn whoever_waits_for_one_that_goes_away_has_a_turn_of_its_own() {
        let counting = Counting::default();
        let first = group(counting.turn(b"noor").await);
        let mut tasks = waiting(&counting, 3).await;
        // The next goes away before its turn, and the one after it in the middle of it.
        tasks.remove(0).abort();
        tokio::task::yield_now().await;
        drop(first);
        let last = tasks.pop().unwrap();
        drop(tasks.pop().unwrap().await.unwrap());
        assert_eq!(group(last.await.unwrap()).number(), 1);
        assert!(counting.present().is_empty());
    }
}
