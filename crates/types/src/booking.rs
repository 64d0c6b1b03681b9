//! Closed lists of what is sold, booked and paid.

use crate::text_enum::text_enum;

text_enum! {
    /// Where a booking stands. What may follow what is in `domain::booking::machine`.
    BookingStatus {
        /// The time is kept for a client who is on the way to pay.
        Held => "held",
        /// The client is at Stripe's page, or the money is on its way.
        AwaitingPayment => "awaiting_payment",
        /// Paid, and not at Calendly yet.
        Paid => "paid",
        /// Paid and booked.
        Confirmed => "confirmed",
        /// It took place.
        Completed => "completed",
        /// The client did not come.
        NoShow => "no_show",
        /// Not paid in time.
        Expired => "expired",
        /// Called off, with nothing to give back.
        Cancelled => "cancelled",
        /// Called off, and money is on its way back.
        RefundPending => "refund_pending",
        /// Called off, and the money was given back.
        Refunded => "refunded",
        /// Something went wrong that only a person can decide.
        NeedsAttention => "needs_attention",
    }
}

impl BookingStatus {
    /// Whether its time is taken for others.
    pub const fn takes_time(self) -> bool {
        matches!(self, Self::Held | Self::AwaitingPayment | Self::Paid | Self::Confirmed | Self::Completed | Self::NoShow)
    }
}

text_enum! {
    /// Why a booking changed.
    Cause {
        /// The client did it.
        Client => "client",
        /// The builder did it.
        Builder => "builder",
        /// An admin did it.
        Admin => "admin",
        /// A provider told of it.
        Webhook => "webhook",
        /// It was time for it.
        Job => "job",
    }
}

text_enum! {
    /// Why a booking needs somebody.
    Attention {
        /// Stripe could not give the money back.
        RefundFailed => "refund_failed",
        /// What was paid is not what was asked for.
        WrongAmount => "wrong_amount",
        /// Calendly cannot be booked until the builder mends the account.
        CalendlyRefuses => "calendly_refuses",
        /// The money was paid, and its owner disputes it.
        Disputed => "disputed",
        /// Stripe gave money back that nobody here asked it to.
        RefundedElsewhere => "refunded_elsewhere",
    }
}

text_enum! {
    /// Where a payment stands.
    PaymentStatus {
        /// Not known to Stripe yet.
        Opening => "opening",
        /// The client can pay.
        Open => "open",
        /// The client has done their part, and the money is on its way.
        Pending => "pending",
        /// Paid.
        Paid => "paid",
        /// Not paid in time, or called off before.
        Expired => "expired",
        /// The money did not come.
        Failed => "failed",
    }
}

text_enum! {
    /// Where a refund stands; what Stripe calls it.
    RefundStatus {
        /// Not known to Stripe yet.
        Requested => "requested",
        /// On its way.
        Pending => "pending",
        /// Back.
        Succeeded => "succeeded",
        /// It could not be given back.
        Failed => "failed",
        /// Called off at Stripe.
        Canceled => "canceled",
    }
}

text_enum! {
    /// What differed between here, Stripe and Calendly.
    Drift {
        /// It could not be compared yet.
        Unknown => "unknown",
        /// A payment that was not heard of here.
        Payment => "payment",
        /// Paid, and not booked, or not given back.
        Booking => "booking",
        /// Moved at Calendly, and not heard of here.
        Time => "time",
        /// Cancelled at Calendly, and not heard of here.
        Cancellation => "cancellation",
        /// Money that went back, or could not, and was not heard of here.
        Refund => "refund",
    }
}

text_enum! {
    /// Who does not answer, so that something is not mended yet.
    DriftFailure {
        /// Stripe.
        Stripe => "stripe",
        /// Calendly.
        Calendly => "calendly",
    }
}

text_enum! {
    /// Why money goes back.
    RefundReason {
        /// The client cancelled, and the policy says so.
        ClientCancelled => "client_cancelled",
        /// The builder cancelled.
        BuilderCancelled => "builder_cancelled",
        /// The time was gone when it was paid.
        SlotLost => "slot_lost",
        /// The payment came after the time was given up.
        PaidTooLate => "paid_too_late",
        /// The builder gave it back of their own will.
        Goodwill => "goodwill",
        /// It was done at Stripe's own page.
        AtStripe => "at_stripe",
    }
}

text_enum! {
    /// How tax stands to a price.
    Tax {
        /// Nothing is worked out: the price is what is paid.
        None => "none",
        /// Stripe works out how much of the price is tax.
        Inclusive => "inclusive",
        /// Stripe works out the tax, and it is added to the price.
        Exclusive => "exclusive",
    }
}
