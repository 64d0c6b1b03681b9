//! From a job to the verb that does it: the only match over all jobs.

use domain::base::Op;
use domain::jobs::{AlertChannel, Dispatch, Job, JobFailed};
use domain::scheduling::{self, SchedulingError};
use domain::{Deps, accounts, administration, audit, booking, calendar, incidents, notifications, privacy, upkeep, webhooks};
use providers::outbound::TRACES;
use tracing::Instrument;
use tracing::field::Empty;

/// Knows what each job means.
pub struct Dispatcher {
    deps: Box<dyn Fn() -> Deps + Send + Sync>,
}

impl Dispatcher {
    /// With what verbs need.
    pub fn new(deps: Deps) -> Self {
        Self::following(move || deps.clone())
    }

    /// With what verbs need when each job begins.
    pub fn following(deps: impl Fn() -> Deps + Send + Sync + 'static) -> Self {
        Self { deps: Box::new(deps) }
    }
}

#[async_trait::async_trait]
impl Dispatch for Dispatcher {
    async fn dispatch(&self, job: Job) -> Result<(), JobFailed> {
        let deps = &(self.deps)();
        let op = Op::job(deps.new_request_id(), job.user());
        let name = job.name();
        // Every line that is written while the job is done carries its request id, however little is logged.
        let span = tracing::error_span!("job", job = name, request_id = %op.request_id);
        let trace = tracing::trace_span!(
            target: TRACES, "job", otel.kind = "consumer", otel.name = name, otel.status_code = Empty, request_id = %op.request_id
        );
        let result = perform(deps, &op, job).instrument(trace.clone()).instrument(span).await;
        if result.is_err() {
            trace.record("otel.status_code", "ERROR");
        }
        result.map_err(|error| {
            tracing::error!(job = name, request_id = %op.request_id, %error, "a job failed and will be tried again");
            // The queue's table keeps this text, so it holds no cause: the log has that under the same request id.
            JobFailed(format!("failed; request {}", op.request_id))
        })
    }
}

async fn perform(deps: &Deps, op: &Op, job: Job) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    match job {
        Job::SyncConnection { connection, .. } => calendar::sync(deps, op, connection).await.map_err(Into::into),
        // One whose account was given up has nothing to read.
        Job::ReadCalendly { user } => match scheduling::read_calendly(deps, op, user).await {
            // What failed is written down, and tried again by the job that was put in with it.
            Ok(()) | Err(SchedulingError::NotConnected | SchedulingError::Calendly(_)) => Ok(()),
            Err(error) => Err(error.into()),
        },
        Job::ReleaseHold { user, booking } => booking::release(deps, op, user, booking).await.map_err(Into::into),
        Job::BookAtCalendly { user, booking } => booking::book_at_calendly(deps, op, user, booking).await.map_err(Into::into),
        Job::TellNoShow { user, booking } => booking::tell_no_show(deps, op, user, booking).await.map_err(Into::into),
        Job::CancelAtCalendly { user, booking } => booking::cancel_at_calendly(deps, op, user, booking).await.map_err(Into::into),
        Job::SendRefund { user, booking, refund } => booking::send_refund(deps, op, user, booking, refund).await.map_err(Into::into),
        Job::FinishBooking { user, booking } => booking::finish(deps, op, user, booking).await.map_err(Into::into),
        Job::RepairBooking { user, booking } => booking::repair(deps, op, user, booking).await.map_err(Into::into),
        Job::ReconcileBookings => booking::reconcile(deps, op).await.map_err(Into::into),
        Job::CompareWithCalendly { .. } => booking::compare(deps, op).await.map_err(Into::into),
        Job::CatchUpWithStripe => webhooks::catch_up(deps).await.map_err(Into::into),
        Job::OpenDelivery { delivery } => webhooks::open_delivery(deps, op, delivery).await.map_err(Into::into),
        Job::SendBookingMail { user, booking, mail, times_moved } => {
            notifications::booking(deps, op, user, booking, mail, times_moved).await.map_err(Into::into)
        }
        Job::MaintainChannels { connection, .. } => calendar::maintain_channels(deps, op, connection).await.map_err(Into::into),
        Job::RevokeToken { user, revocation } => calendar::revoke_token(deps, op, user, revocation).await.map_err(Into::into),
        Job::MakeLink { user, purpose } => accounts::make_link(deps, op, user, purpose).await.map_err(Into::into),
        Job::SendLink { user, token, purpose } => notifications::link(deps, op, user, token, purpose).await.map_err(Into::into),
        Job::SendAlreadySignedUp { .. } => notifications::already_signed_up(deps, op).await.map_err(Into::into),
        Job::SendPasswordChanged { .. } => notifications::password_changed(deps, op).await.map_err(Into::into),
        Job::SendSignInChanged { change, .. } => notifications::sign_in_changed(deps, op, change).await.map_err(Into::into),
        Job::MailBrokenCalendly { .. } => notifications::broken_calendly(deps, op).await.map_err(Into::into),
        Job::WriteArchive { archive, .. } => privacy::write_archive(deps, op, archive).await.map_err(Into::into),
        Job::SendArchiveReady { archive, .. } => notifications::archive_ready(deps, op, archive).await.map_err(Into::into),
        Job::LookAfter => upkeep::look_after(deps, op).await.map_err(Into::into),
        Job::ScanSealed => upkeep::scan(deps, op).await.map_err(Into::into),
        Job::RewrapKeys => administration::rewrap_keys(deps, op).await.map_err(Into::into),
        Job::EraseUser { request, .. } => privacy::erase(deps, op, request).await.map_err(Into::into),
        Job::SendPrivacyMail { request, .. } => notifications::privacy_request(deps, op, request).await.map_err(Into::into),
        Job::SendApiKeyMade { key, .. } => notifications::api_key_made(deps, op, key).await.map_err(Into::into),
        Job::SendNewBrowser { label, .. } => notifications::new_browser(deps, op, label).await.map_err(Into::into),
        Job::MailBrokenConnection { connection, since, day, .. } => {
            notifications::broken_connection(deps, op, connection, since, day).await.map_err(Into::into)
        }
        Job::SendAlert { incident } => incidents::send_alerts(deps, op, incident).await.map_err(Into::into),
        Job::SendAlertBy { incident, channel: AlertChannel::Mail } => {
            notifications::incident_alert(deps, op, incident).await.map_err(Into::into)
        }
        Job::SendAlertBy { incident, channel } => incidents::post_alert(deps, op, incident, channel).await.map_err(Into::into),
        Job::CopyCheckpoint => audit::copy_checkpoint(deps).await.map_err(Into::into),
        Job::MailCheckpoint => notifications::checkpoint(deps, op).await.map_err(Into::into),
        Job::VerifyAudit { verification } => audit::verify(deps, op, verification).await.map_err(Into::into),
        Job::PurgeExpired => upkeep::purge_expired(deps, op).await.map_err(Into::into),
    }
}
