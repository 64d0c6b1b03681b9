//! What a replica does again and again beside requests and jobs: it seals the audit log, looks for what is suspicious, and hears what was done about it.

use std::time::Duration;

use domain::Deps;

use crate::current::Current;

/// How soon an entry of the audit log gets its place.
pub(super) const SEAL_EVERY: Duration = Duration::from_millis(500);
/// How soon a replica hears of a block or an isolation that another one made.
const HEAR_EVERY: Duration = Duration::from_secs(1);
/// One in so many times it also looks for what is suspicious.
const LOOK_EACH: u32 = 5;

/// Seals what the audit log was given, for as long as the server runs.
pub(super) async fn keep_sealing(current: Current) {
    let seal = || {
        let deps = current.deps();
        async move { domain::audit::seal(&deps).await.map(|_| ()) }
    };
    keep(SEAL_EVERY, seal, |error| {
        metrics::counter!("audit_seal_failures_total").increment(1);
        tracing::warn!(error, "the audit log could not be sealed; it is tried again");
    })
    .await;
}

/// Looks for what is suspicious, and hears what was done about it, for as long as the server runs.
pub(super) async fn keep_guarding(current: Current) {
    let mut rounds = 0_u32;
    let look = || {
        rounds = rounds.wrapping_add(1);
        let (deps, looks) = (current.deps(), rounds.is_multiple_of(LOOK_EACH));
        async move { guard(&deps, looks).await }
    };
    keep(HEAR_EVERY, look, |error| {
        metrics::counter!("detection_failures_total").increment(1);
        tracing::warn!(error, "nobody could look for what is suspicious; it is tried again");
    })
    .await;
}

/// Does `work` again and again, each time in a task of its own, so that a panic is one failure and not the end of it. `failed` is told why it was none.
async fn keep<F, E>(every: Duration, mut work: impl FnMut() -> F, failed: impl Fn(String))
where
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: std::fmt::Display + Send + 'static,
{
    loop {
        tokio::time::sleep(every).await;
        match tokio::spawn(work()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => failed(error.to_string()),
            Err(error) => failed(error.to_string()),
        }
    }
}

async fn guard(deps: &Deps, looks: bool) -> Result<(), domain::incidents::IncidentError> {
    domain::incidents::refresh_containment(deps).await?;
    if looks {
        domain::incidents::detect(deps, &domain::Op::job(deps.new_request_id(), None)).await?;
        domain::incidents::freeze_evidence(deps).await?;
    }
    Ok(())
}
