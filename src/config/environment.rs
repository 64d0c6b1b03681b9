//! `APP_ENV`: which rules hold.

use super::Source;

/// Where this installation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// On somebody's own machine; the sandbox and made keys are allowed.
    Development,
    /// Like production, with its own keys.
    Staging,
    /// For real.
    Production,
}

impl Environment {
    /// For real.
    pub const fn is_production(self) -> bool {
        matches!(self, Self::Production)
    }

    /// On somebody's own machine.
    pub const fn is_development(self) -> bool {
        matches!(self, Self::Development)
    }
}

pub(super) fn read(source: &mut Source) -> Environment {
    match source.text("APP_ENV").as_deref() {
        // A release that was told nothing must not take itself for somebody's own machine.
        None if !cfg!(feature = "sandbox") => {
            source.problem("APP_ENV", "is not set: say production, staging, or development on your own machine");
            Environment::Production
        }
        None | Some("development") => Environment::Development,
        Some("staging") => Environment::Staging,
        Some("production") => Environment::Production,
        Some(_) => {
            source.problem("APP_ENV", "is none of development, staging, production");
            Environment::Production
        }
    }
}
