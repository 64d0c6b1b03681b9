//! SQL of `calendly_accounts`: the tokens of a consent, and who renews them.

use chrono::{DateTime, Utc};
use types::UserId;

use crate::base::Tx;
use crate::scheduling::token::SealedTokens;

/// Takes the lease for renewing the tokens. `false`: somebody has it, or the token that was seen was used meanwhile.
pub(in crate::scheduling) async fn lease_refresh(
    tx: &mut Tx,
    user: UserId,
    seen: &[u8],
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update calendly_accounts set refresh_lease_until = $4
         where user_id = $1 and refresh_token_sealed = $2 and (refresh_lease_until is null or refresh_lease_until <= $3)",
        user.0,
        seen,
        now,
        until
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}

pub(in crate::scheduling) async fn end_lease(tx: &mut Tx, user: UserId, seen: &[u8]) -> Result<(), sqlx::Error> {
    sqlx::query!("update calendly_accounts set refresh_lease_until = null where user_id = $1 and refresh_token_sealed = $2", user.0, seen)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Puts new tokens in the place of those that were used, and ends the lease. `false`: others are there.
pub(in crate::scheduling) async fn put_tokens(tx: &mut Tx, user: UserId, seen: &[u8], tokens: &SealedTokens) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "update calendly_accounts set token_sealed = $3, refresh_token_sealed = $4, token_expires_at = $5, refresh_lease_until = null
         where user_id = $1 and refresh_token_sealed = $2",
        user.0,
        seen,
        tokens.token,
        tokens.refresh_token.as_deref(),
        tokens.expires_at
    );
    Ok(done.execute(&mut **tx).await?.rows_affected() == 1)
}

/// The token of a consent is good no more. A personal one has nothing that it could be renewed with.
pub(in crate::scheduling) async fn expire_token(
    tx: &mut Tx,
    user: UserId,
    token_sealed: &[u8],
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update calendly_accounts set token_expires_at = $3
         where user_id = $1 and token_sealed = $2 and refresh_token_sealed is not null",
        user.0,
        token_sealed,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
