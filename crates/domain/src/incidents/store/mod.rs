//! SQL of incidents, a file a table or two that belong together.

mod breaches;
mod containment;
mod evidence;
mod findings;
mod incidents;

pub(in crate::incidents) use breaches::*;
pub(in crate::incidents) use containment::*;
pub(in crate::incidents) use evidence::*;
pub(in crate::incidents) use findings::*;
pub(in crate::incidents) use incidents::*;

use crate::base::Tx;

/// From here to the end of `tx`, incidents can be read and written, and everybody's entries read.
pub(in crate::incidents) async fn open(tx: &mut Tx) -> Result<(), sqlx::Error> {
    sqlx::query!("select set_config('kairos.guards', 'on', true)").fetch_one(&mut **tx).await?;
    Ok(())
}

/// The same for one replica at a time. `false`: another one is at it.
pub(in crate::incidents) async fn guard(tx: &mut Tx) -> Result<bool, sqlx::Error> {
    open(tx).await?;
    sqlx::query_scalar!(r#"select pg_try_advisory_xact_lock(hashtext('kairos guards')) as "is_alone!""#).fetch_one(&mut **tx).await
}
