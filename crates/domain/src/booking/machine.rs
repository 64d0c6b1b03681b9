//! What may happen to a booking, and what it is afterwards. Pure: nothing is asked and nothing is written here.

use types::BookingStatus::{
    self, AwaitingPayment, Cancelled, Completed, Confirmed, Expired, Held, NeedsAttention, NoShow, Paid, RefundPending, Refunded,
};

/// Something that happens to a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// Stripe's page was opened for it.
    CheckoutOpened,
    /// It was paid.
    Paid,
    /// It was paid, but not what was asked for.
    PaidWrong,
    /// The money that was on its way did not come.
    PaymentFailed,
    /// The time for paying is over.
    TimeOver,
    /// It was booked at Calendly.
    Booked,
    /// The time was gone when it was to be booked.
    SlotLost,
    /// Somebody cancelled it.
    Cancelled {
        /// Whether money goes back.
        gives_back: bool,
    },
    /// Somebody asks again for money to be given back that could not be.
    RefundAsked,
    /// The money is back.
    RefundSucceeded,
    /// The money could not be given back.
    RefundFailed,
    /// Its time is over.
    Ended,
    /// The client did not come.
    DidNotCome,
    /// They did come after all.
    CameAfterAll,
}

impl Happening {
    /// Every one.
    pub const ALL: [Self; 15] = [
        Self::CheckoutOpened,
        Self::Paid,
        Self::PaidWrong,
        Self::PaymentFailed,
        Self::TimeOver,
        Self::Booked,
        Self::SlotLost,
        Self::Cancelled { gives_back: true },
        Self::Cancelled { gives_back: false },
        Self::RefundAsked,
        Self::RefundSucceeded,
        Self::RefundFailed,
        Self::Ended,
        Self::DidNotCome,
        Self::CameAfterAll,
    ];
}

/// It does not happen to a booking in this state: it has happened before, or came too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("that does not happen to a booking that is {}", .0.as_str())]
pub struct NotNow(pub BookingStatus);

/// What a booking is after something happened to it.
///
/// # Errors
/// [`NotNow`]: nothing changes. Happening twice is nothing.
#[expect(clippy::match_same_arms, reason = "a line each for what happens, in its order")]
pub const fn after(status: BookingStatus, happening: Happening) -> Result<BookingStatus, NotNow> {
    use Happening as H;
    Ok(match (status, happening) {
        (Held, H::CheckoutOpened) => AwaitingPayment,
        (Held | AwaitingPayment, H::Paid) => Paid,
        (Held | AwaitingPayment, H::TimeOver | H::PaymentFailed) => Expired,
        (Held | AwaitingPayment, H::Cancelled { .. }) => Cancelled,
        // The money came after the time was given up: it goes back, whoever has the time now.
        (Expired | Cancelled, H::Paid) => RefundPending,
        (Held | AwaitingPayment | Expired | Cancelled, H::PaidWrong) => NeedsAttention,
        (Paid, H::Booked) => Confirmed,
        (Paid, H::SlotLost) => RefundPending,
        (Paid | Confirmed, H::Cancelled { gives_back: true }) => RefundPending,
        (Paid | Confirmed, H::Cancelled { gives_back: false }) => Cancelled,
        (Confirmed, H::Ended) => Completed,
        (Confirmed | Completed, H::DidNotCome) => NoShow,
        (NoShow, H::CameAfterAll) => Completed,
        (RefundPending | NeedsAttention, H::RefundSucceeded) => Refunded,
        // A refund can fail after it succeeded.
        (RefundPending | Refunded, H::RefundFailed) => NeedsAttention,
        (NeedsAttention, H::RefundAsked) => RefundPending,
        (status, _) => return Err(NotNow(status)),
    })
}

/// Every change there is: what is drawn in the documents.
pub fn changes() -> Vec<(BookingStatus, Happening, BookingStatus)> {
    let of =
        |from: BookingStatus| Happening::ALL.into_iter().filter_map(move |happening| Some((from, happening, after(from, happening).ok()?)));
    BookingStatus::ALL.iter().copied().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How the money stands, as whatever happens says it.
    #[derive(Debug, Default)]
    struct Purse {
        paid: bool,
        back: bool,
    }

    proptest! {
        #[test]
        fn whatever_happens_in_whatever_order_no_booking_is_confirmed_unpaid_and_no_money_stays_without_one(
            happenings in proptest::collection::vec(0..Happening::ALL.len(), 0..24)
        ) {
            let (mut status, mut purse) = (Held, Purse::default());
            for happening in happenings.into_iter().map(|place| Happening::ALL[place]) {
                // Stripe pays each session once.
                if matches!(happening, Happening::Paid | Happening::PaidWrong) && purse.paid {
                    continue;
                }
                // What comes back was asked for, and a payment that failed is none.
                if happening == Happening::RefundSucceeded && !matches!(status, RefundPending | NeedsAttention) {
                    continue;
                }
                let Ok(next) = after(status, happening) else { continue };
                match happening {
                    Happening::Paid | Happening::PaidWrong => purse.paid = true,
                    Happening::RefundSucceeded => purse.back = true,
                    Happening::RefundFailed => purse.back = false,
                    _ => {}
                }
                status = next;
                if matches!(status, Paid | Confirmed | Completed | NoShow) {
                    prop_assert!(purse.paid && !purse.back, "{:?} {:?}", status, purse);
                }
                if matches!(status, Held | AwaitingPayment | Expired) {
                    prop_assert!(!purse.paid, "{:?} {:?}", status, purse);
                }
                if status == Refunded {
                    prop_assert!(purse.paid && purse.back, "{:?}", purse);
                }
            }
        }
    }

    #[test]
    fn nothing_happens_twice() {
        for (from, happening, to) in changes() {
            // To be paid after it expired is a refund, and then another payment is none of this one.
            assert!(after(to, happening).is_err() || from == to, "{from} {happening:?} {to}");
        }
    }

    #[test]
    fn every_state_is_reached_and_no_time_is_taken_by_what_is_over() {
        for status in BookingStatus::ALL {
            assert!(*status == Held || changes().iter().any(|(_, _, to)| to == status), "{status}");
        }
        for over in [Expired, Cancelled, RefundPending, Refunded, NeedsAttention] {
            assert!(!over.takes_time());
        }
    }
}
