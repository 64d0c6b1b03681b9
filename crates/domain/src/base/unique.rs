//! What a unique constraint said.

use sqlx::postgres::PgQueryResult;

/// `false`: somebody else has it, says a unique constraint. The transaction is over then.
pub(crate) fn unless_taken(done: Result<PgQueryResult, sqlx::Error>) -> Result<bool, sqlx::Error> {
    match done {
        Ok(_) => Ok(true),
        Err(error) if error.as_database_error().is_some_and(|error| error.is_unique_violation()) => Ok(false),
        Err(error) => Err(error),
    }
}
