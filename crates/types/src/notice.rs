//! What a page may say after a redirect. A code in the URL, never a text: a URL is under anybody's control.

use crate::text_enum::text_enum;

text_enum! {
    /// One message on top of the next page. Words for each are in `app`.
    Notice {
        /// A calendar account was connected.
        Connected => "success",
        /// The person declined on the provider's page.
        ConsentDenied => "consent_denied",
        /// The person unticked something that is needed.
        ConsentPartial => "consent_partial",
        /// The link back from the provider had been used before.
        StateUsed => "state_used",
        /// The link back from the provider came too late.
        StateExpired => "state_expired",
        /// The link back belongs to another session, or to none.
        StateForeign => "state_foreign",
        /// The provider refused the code.
        CodeRefused => "code_refused",
        /// The provider could not be reached.
        ProviderDown => "provider_down",
        /// Nothing was asked of the provider, because it failed for several people a moment ago.
        NotTried => "not_tried",
        /// An administrator at the provider forbids it.
        AdminPolicy => "admin_policy",
        /// This installation's own client id or secret is refused.
        ClientRefused => "client_refused",
        /// This provider is not set up on this installation.
        NotConfigured => "not_configured",
        /// The provider takes long; the connection is completed in the background.
        StillConnecting => "still_connecting",
        /// The person has as many connections as anybody may have.
        TooManyConnections => "too_many_connections",
        /// The person was sent to providers too often in a short time.
        TooManyConsents => "too_many_consents",
        /// A connection was removed.
        Disconnected => "disconnected",
        /// A connection was removed here, but the provider could not be told.
        DisconnectedNotRevoked => "disconnected_not_revoked",
        /// A connection was removed here, and only the person can take the permission back at the provider.
        DisconnectedByPersonOnly => "disconnected_by_person_only",
        /// The account at the provider has no mailbox, and so no calendar.
        NoMailbox => "no_mailbox",
        /// A builder's public page was saved.
        BuilderPageSaved => "builder_page_saved",
        /// A kind of session was saved.
        SessionSaved => "session_saved",
        /// It is open for booking.
        SessionOpened => "session_opened",
        /// It is not.
        SessionClosed => "session_closed",
        /// A booking was cancelled.
        BookingCancelled => "booking_cancelled",
        /// Money is on its way back.
        RefundAsked => "refund_asked",
        /// It cannot be done to it any more, or not yet.
        NotNow => "not_now",
        /// Everything is being compared with its providers.
        Comparing => "comparing",
        /// A booking was compared with its providers.
        Compared => "compared",
        /// It could not be.
        CompareFailed => "compare_failed",
        /// It was written down.
        Noted => "noted",
        /// Stripe could not be reached.
        PaymentsDown => "payments_down",
        /// A sync was asked for.
        SyncQueued => "sync_queued",
        /// A sync was asked for too soon after the last.
        SyncTooSoon => "sync_too_soon",
        /// Suspicious activity on a connection was reported.
        Reported => "reported",
        /// Too many syncs were asked for in a short time.
        SyncTooMany => "sync_too_many",
        /// The choice of calendars was saved.
        ChoiceSaved => "choice_saved",
        /// The address was confirmed.
        EmailVerified => "email_verified",
        /// A new password was set.
        PasswordChanged => "password_changed",
        /// The person changed their password.
        OwnPasswordChanged => "own_password_changed",
        /// The second factor was removed.
        SecondFactorRemoved => "second_factor_removed",
        /// The person turned back at Google.
        GoogleDeclined => "google_declined",
        /// Google could not be asked, or did not answer as it should.
        GoogleDown => "google_down",
        /// What came back from Google was not for this sign-in.
        GoogleRefused => "google_refused",
        /// Google never confirmed the address.
        GoogleNotVerified => "google_not_verified",
        /// There is an account of that address, and Google does not give the address out.
        GoogleSignInFirst => "google_sign_in_first",
        /// The account at Google opens another account here.
        GoogleTaken => "google_taken",
        /// The account at Google is the only way in.
        GoogleLastWay => "google_last_way",
        /// An account was made out of one at Google.
        AccountMade => "account_made",
        /// An account at Google was linked.
        GoogleLinked => "google_linked",
        /// It was unlinked.
        GoogleUnlinked => "google_unlinked",
        /// What was allowed is taken back.
        ConsentTakenBack => "consent_taken_back",
        /// An archive is being written.
        ArchiveAsked => "archive_asked",
        /// It is fetched already, or past its time.
        ArchiveGone => "archive_gone",
        /// The person asked to be forgotten.
        ErasureAsked => "erasure_asked",
        /// They took it back.
        ErasureCancelled => "erasure_cancelled",
        /// It has begun, or there is none to take back.
        ErasureBegun => "erasure_begun",
        /// The builder declined on Calendly's page.
        CalendlyDeclined => "calendly_declined",
        /// The account at Calendly serves another builder here.
        CalendlyTaken => "calendly_taken",
        /// Not everything that is needed was allowed at Calendly.
        CalendlyScopes => "calendly_scopes",
        /// Calendly refuses this installation's own client id or secret.
        CalendlyClientRefused => "calendly_client_refused",
        /// Calendly did not answer, or not as promised.
        CalendlyDown => "calendly_down",
        /// An account at Calendly was connected.
        CalendlyConnected => "calendly_connected",
        /// It was read.
        CalendlyRead => "calendly_read",
        /// It was tried, and could not be read.
        CalendlyReadFailed => "calendly_read_failed",
        /// It was given up.
        CalendlyDisconnected => "calendly_disconnected",
        /// A passkey was added.
        PasskeyAdded => "passkey_added",
        /// A passkey was removed.
        PasskeyRemoved => "passkey_removed",
        /// The person's role obliges to a second factor, and they have none.
        SecondFactorNeeded => "second_factor_needed",
        /// The code came too long after the password.
        SignInAgain => "sign_in_again",
        /// Other sessions are over.
        SessionsEnded => "sessions_ended",
        /// The session is over.
        SignedOut => "signed_out",
        /// Sign-in is needed first.
        SignInFirst => "sign_in_first",
        /// The calendar has a new address for other programs.
        FeedMade => "feed_made",
        /// The address for other programs was ended.
        FeedEnded => "feed_ended",
        /// A key for programs was ended.
        ApiKeyEnded => "api_key_ended",
        /// What an admin asked for was done.
        AdministrationDone => "administration_done",
        /// A key or a secret was taken back.
        SecretRevoked => "secret_revoked",
        /// A job was gone before it could be changed.
        JobGone => "job_gone",
        /// The profile was saved.
        ProfileSaved => "profile_saved",
    }
}
