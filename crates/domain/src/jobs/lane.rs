//! Which jobs share workers. A slow calendar server must not keep a password mail waiting.

/// A set of workers with places of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Mail, which people wait for.
    Mail,
    /// Reads of accounts that failed the last time: servers that hang take these places, and none of those below.
    Retries,
    /// Everything else.
    General,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 3] = [Self::Mail, Self::Retries, Self::General];

    /// The name in logs, metrics and the queue's flags.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Retries => "retries",
            Self::General => "general",
        }
    }

    /// How many jobs are done at once on one replica.
    pub(super) const fn concurrency(self) -> usize {
        match self {
            Self::Mail | Self::Retries => 2,
            Self::General => 4,
        }
    }

    /// What marks its jobs in the queue. Jobs without a mark are everybody else's.
    pub(super) const fn flag(self) -> Option<&'static str> {
        match self {
            Self::Mail | Self::Retries => Some(self.as_str()),
            Self::General => None,
        }
    }
}
