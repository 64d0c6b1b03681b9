//! The queue, as an admin sees it.

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// The queue.
#[derive(Debug, Clone, Deserialize)]
pub struct JobsPage {
    /// How many of each kind.
    pub kinds: Vec<KindView>,
    /// Jobs, those that failed most often first.
    pub jobs: Vec<JobView>,
}

/// Jobs of one kind.
#[derive(Debug, Clone, Deserialize)]
pub struct KindView {
    /// Which.
    pub job: String,
    /// All of them.
    pub all: i64,
    /// Those that should have begun.
    pub due: i64,
    /// Those under way.
    pub running: i64,
    /// Those that failed and are tried again.
    pub failing: i64,
    /// Those that are not tried again.
    pub given_up: i64,
}

/// One job.
#[derive(Debug, Clone, Deserialize)]
pub struct JobView {
    /// Its number in the queue.
    pub id: i64,
    /// What it is.
    pub job: String,
    /// How often it was tried.
    pub attempts: i32,
    /// How often it is tried at most.
    pub max_attempts: i32,
    /// When it is tried next.
    pub run_at: DateTime<Utc>,
    /// Since when somebody works on it.
    pub locked_at: Option<DateTime<Utc>>,
    /// What the last try said: a code and a request id.
    pub last_error: Option<String>,
}
