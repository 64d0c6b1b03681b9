//! Where the database is: a private one in development, or `DATABASE_URL`.

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::{Environment, Source};

/// The database settings.
#[derive(Debug)]
pub enum DatabaseConfig {
    /// Started and stopped by Kairos, in the data folder.
    Private,
    /// Anywhere else.
    Given {
        /// `DATABASE_URL`, as the server's role.
        server: Box<PgConnectOptions>,
        /// `DATABASE_OWNER_URL`, for migrations; without it they are run by `kairos migrate` elsewhere.
        owner: Option<Box<PgConnectOptions>>,
    },
}

pub(super) fn read(source: &mut Source, environment: Environment) -> DatabaseConfig {
    let server = url(source, "DATABASE_URL");
    let owner = url(source, "DATABASE_OWNER_URL");
    if environment.is_production() {
        for (name, options) in [("DATABASE_URL", &server), ("DATABASE_OWNER_URL", &owner)] {
            if options.as_ref().is_some_and(|options| may_be_read_on_the_way(options)) {
                source.problem(
                    name,
                    "does not ask for TLS: add ?sslmode=verify-full, or say ?sslmode=disable if nobody else is on the network between",
                );
            }
        }
    }
    if let Some(server) = server {
        DatabaseConfig::Given { server, owner }
    } else {
        if !environment.is_development() {
            source.problem("DATABASE_URL", "is not set: the private database is for development only");
        }
        DatabaseConfig::Private
    }
}

/// `prefer` and `allow` go on without TLS when the other side, or somebody in between, says so.
fn may_be_read_on_the_way(options: &PgConnectOptions) -> bool {
    let is_here = options.get_socket().is_some() || matches!(options.get_host(), "localhost" | "127.0.0.1" | "::1");
    !is_here && matches!(options.get_ssl_mode(), PgSslMode::Prefer | PgSslMode::Allow)
}

fn url(source: &mut Source, name: &'static str) -> Option<Box<PgConnectOptions>> {
    let text = source.secret(name)?;
    if let Ok(options) = text.parse() {
        Some(Box::new(options))
    } else {
        source.problem(name, "is not a Postgres URL, such as postgres://kairos_server:password@host/kairos");
        None
    }
}
