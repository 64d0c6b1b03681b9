//! Which jobs share workers. A slow calendar server must not keep a password mail waiting.

/// A set of workers with places of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Mail, which people wait for.
    Mail,
    /// Everything else.
    General,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 2] = [Self::Mail, Self::General];

    /// The name in logs, metrics and the queue's flags.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::General => "general",
        }
    }

    /// How many jobs are done at once on one replica.
    pub(super) const fn concurrency(self) -> usize {
        match self {
            Self::Mail => 2,
            Self::General => 4,
        }
    }
}
