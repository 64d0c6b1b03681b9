//! Mails about bookings: their words, and the file that puts one into a calendar.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use providers::mail::{Attachment, Mail};
use types::{Attention, BookingId, BookingStatus, Currency, Money, UserId};

use super::SendError;
use crate::accounts;
use crate::base::{Deps, Op};
use crate::booking::{self, Client, Letter};
use crate::jobs::BookingMail;
use providers::ical::{Meeting, write_meeting};

/// Mails something about a booking; nothing when it is not so any more.
pub async fn booking(
    deps: &Deps,
    op: &Op,
    builder: UserId,
    booking: BookingId,
    mail: BookingMail,
    times_moved: i32,
) -> Result<(), SendError> {
    let Some(letter) = booking::letter(deps, op, builder, booking, mail, times_moved).await? else { return Ok(()) };
    let Some(recipient) = accounts::recipient(deps, builder).await? else { return Ok(()) };
    let seller = recipient.name.clone().unwrap_or_else(|| "Your host".to_owned());
    let message = if mail.is_for_builder() {
        let to = recipient.email.ok_or(SendError::KeyMissing)?;
        let link = format!("{}/builder/bookings/{booking}", deps.settings.public_url);
        write(
            mail,
            &letter,
            Reader { to, name: seller.clone(), zone: builder_zone(deps, op).await?, with: letter.client.name.clone(), link },
        )
    } else {
        let (to, name) = (letter.client.email.clone(), letter.client.name.clone());
        write(mail, &letter, Reader { to, name, zone: letter.client_zone, with: seller.clone(), link: letter.link.clone() })
    };
    let message = match mail {
        BookingMail::Confirmed | BookingMail::Moved | BookingMail::Cancelled => {
            let host = deps.settings.public_url.split("://").nth(1).unwrap_or("localhost").split(':').next().unwrap_or("localhost");
            let meeting = Meeting {
                uid: format!("booking-{booking}@{host}"),
                sequence: letter.times_moved + i32::from(mail == BookingMail::Cancelled),
                starts_at: letter.starts_at,
                ends_at: letter.ends_at,
                title: format!("{}, with {seller}", letter.title),
                url: letter.link.clone(),
                is_cancelled: mail == BookingMail::Cancelled,
            };
            let text = write_meeting(&meeting, deps.now());
            Mail {
                attachment: Some(Attachment {
                    name: "session.ics".to_owned(),
                    content_type: "text/calendar; charset=utf-8".to_owned(),
                    text,
                }),
                ..message
            }
        }
        _ => message,
    };
    // The same mail sent again is the same message.
    let id = format!("{booking}-{}-{}-{}", mail.as_str(), letter.times_moved, letter.back.map_or(0, |back| back.minor));
    deps.providers.mailer.send(&id, &message).await?;
    Ok(())
}

async fn builder_zone(deps: &Deps, op: &Op) -> Result<Tz, SendError> {
    let Some(user) = op.user() else { return Ok(Tz::UTC) };
    Ok(accounts::zone_of(deps, user).await?)
}

/// To whom it goes.
struct Reader {
    to: String,
    name: String,
    zone: Tz,
    /// Who is on the other side.
    with: String,
    link: String,
}

fn when(from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> String {
    let (from, to) = (from.with_timezone(&zone), to.with_timezone(&zone));
    format!("{} to {} ({})", from.format("%A %-d %B %Y, %H:%M"), to.format("%H:%M"), zone.name().replace('_', " "))
}

fn write(mail: BookingMail, letter: &Letter, reader: Reader) -> Mail {
    let Reader { to, name, zone, with, link } = reader;
    let title = &letter.title;
    let when = when(letter.starts_at, letter.ends_at, zone);
    let short = letter.starts_at.with_timezone(&zone).format("%-d %b, %H:%M").to_string();
    let paid = letter.paid.map_or_else(|| "nothing".to_owned(), |paid| paid.to_string());
    let back = |none: &str| {
        letter
            .back
            .map_or_else(|| none.to_owned(), |back: Money| format!("{back} goes back to how it was paid, usually within 5 to 10 days."))
    };
    let (subject, body) = match mail {
        BookingMail::Confirmed => (
            format!("Booked: {title}, {short}"),
            format!(
                "{title} with {with} is booked and paid.\n\nWhen: {when}\nPaid: {paid}; the receipt comes from Stripe.\nIf you cancel: {}\n\nYour page of it, where you move or cancel it:\n\n{link}\n\nWhoever has this link can do so in your name: keep it to yourself. The file that comes with this mail puts the session into your calendar.",
                letter.policy
            ),
        ),
        BookingMail::BuilderConfirmed => {
            (format!("Sold: {title}, {short}"), format!("{with} booked {title} and paid {paid}.\n\nWhen: {when}\n\nThe booking:\n\n{link}"))
        }
        BookingMail::PickTime => (
            format!("Pick a time for {title}"),
            format!(
                "you paid {paid} for {title} with {with}. One step is missing: pick its time at Calendly. The link works once:\n\n{}\n\nYour page of it, where you cancel it too:\n\n{link}",
                letter.pick_url.as_deref().unwrap_or(&link)
            ),
        ),
        BookingMail::SlotLost => (
            format!("Not booked: {title}, {short}"),
            format!(
                "the time you paid for was taken at the last moment, so {title} with {with} is not booked. Nothing of it is your mistake, and nothing is left to do: {}\n\nTime that was taken: {when}\n\nOther times, and how your refund stands:\n\n{link}",
                back("what you paid goes back.")
            ),
        ),
        BookingMail::Cancelled => (
            format!("Cancelled: {title}, {short}"),
            format!(
                "{title} with {with} is cancelled.\n\nIt was for: {when}\nYou had paid: {paid}\n{}\n\nYour page of it:\n\n{link}",
                back("By the policy you accepted, nothing comes back.")
            ),
        ),
        BookingMail::BuilderCancelled => (
            format!("Cancelled: {title}, {short}"),
            format!(
                "{title} with {with} is cancelled, and the time is open again.\n\nIt was for: {when}\nPaid: {paid}\n{}\n\nThe booking:\n\n{link}",
                back("Nothing goes back.")
            ),
        ),
        BookingMail::Moved => (
            format!("Moved: {title} is now {short}"),
            format!(
                "{title} with {with} is at another time. Your payment moved along: nothing was charged and nothing was given back.\n\nNow: {when}\n\nYour page of it:\n\n{link}\n\nThe file that comes with this mail moves the session in your calendar."
            ),
        ),
        BookingMail::BuilderMoved => (
            format!("Moved: {title} is now {short}"),
            format!("{title} with {with} is at another time.\n\nNow: {when}\n\nThe booking:\n\n{link}"),
        ),
        BookingMail::Refunded => (
            format!("Money is on its way back: {title}"),
            format!("{} It was paid for {title} with {with}.\n\nHow it stands:\n\n{link}", back("Your money goes back.")),
        ),
        BookingMail::Reminder => (
            format!("Tomorrow: {title}, {short}"),
            format!(
                "{title} with {with} is tomorrow.\n\nWhen: {when}\nIf you cancel: {}\n\nYour page of it, where you move or cancel it:\n\n{link}",
                letter.policy
            ),
        ),
        BookingMail::BuilderAttention => (
            format!("A booking needs you: {title}, {short}"),
            format!(
                "{}\n\nBooked by: {with}\nWhen: {when}\nPaid: {paid}\n\nWhat to do is on this page:\n\n{link}",
                letter.attention.map_or("something about a booking needs you.", attention)
            ),
        ),
    };
    Mail { to, subject, text: format!("Hello {name},\n\n{body}\n\nKairos"), attachment: None }
}

/// Why it needs somebody, as a sentence.
const fn attention(why: Attention) -> &'static str {
    match why {
        Attention::RefundFailed => "Stripe could not give money back to your client.",
        Attention::WrongAmount => "your client paid another amount than was asked for, so the session is not booked.",
        Attention::CalendlyRefuses => {
            "a session is paid, and Calendly does not let Kairos book it. It is tried again every ten minutes; when its time comes first, everything goes back."
        }
        Attention::Disputed => "the owner of the card disputes a payment. Answer it at Stripe; until then nothing is given back from here.",
        Attention::RefundedElsewhere => {
            "money was given back at Stripe's own page, and the session still stands. Cancel it if it is not to take place."
        }
    }
}

/// One of each, as it is written: for the documents, and for the test that none was forgotten.
pub fn booking_samples() -> Vec<Mail> {
    BookingMail::ALL.iter().filter_map(|mail| sample(*mail)).collect()
}

fn sample(mail: BookingMail) -> Option<Mail> {
    let eur = Currency::parse("EUR")?;
    let starts_at = DateTime::from_timestamp(1_796_045_400, 0)?;
    let letter = Letter {
        client: Client { name: "Tomasz Wrona".to_owned(), email: "tomasz@example.com".to_owned(), answers: Vec::new() },
        client_zone: chrono_tz::Europe::Warsaw,
        title: "Pricing review".to_owned(),
        starts_at,
        ends_at: starts_at + TimeDelta::hours(1),
        status: BookingStatus::Confirmed,
        attention: Some(Attention::RefundFailed),
        paid: Some(Money::new(14_000, eur)),
        back: Some(Money::new(7_000, eur)),
        policy: "Nothing back when you cancel.".to_owned(),
        link: "https://kairos.example/bookings/sample".to_owned(),
        pick_url: Some("https://calendly.com/d/sample".to_owned()),
        times_moved: 0,
    };
    let (to, name, with) = if mail.is_for_builder() {
        ("bruno@example.com", "Bruno Costa", "Tomasz Wrona")
    } else {
        ("tomasz@example.com", "Tomasz Wrona", "Bruno Costa")
    };
    let link = letter.link.clone();
    let reader = Reader { to: to.to_owned(), name: name.to_owned(), zone: chrono_tz::Europe::Warsaw, with: with.to_owned(), link };
    Some(write(mail, &letter, reader))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mail_of_a_booking_names_its_reader_the_session_the_other_side_and_the_page() {
        assert_eq!(booking_samples().len(), BookingMail::ALL.len());
        for mail in BookingMail::ALL {
            let sent = sample(mail).unwrap();
            let (name, with) = if mail.is_for_builder() { ("Bruno Costa", "Tomasz Wrona") } else { ("Tomasz Wrona", "Bruno Costa") };
            for text in [&format!("Hello {name},"), with, "https://kairos.example/bookings/sample"] {
                assert!(sent.text.contains(text), "{mail:?}: {text}: {}", sent.text);
            }
            assert!(sent.subject.contains("Pricing review") && sent.subject.len() < 70, "{mail:?}: {}", sent.subject);
            if mail != BookingMail::PickTime && mail != BookingMail::Refunded {
                assert!(sent.text.contains("Monday 30 November 2026, 14:30 to 15:30 (Europe/Warsaw)"), "{mail:?}: {}", sent.text);
            }
        }
    }
}
