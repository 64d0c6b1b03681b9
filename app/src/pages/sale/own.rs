//! What somebody with an account has booked, under the address they confirmed.

use domain::booking::{BookingView, OwnBookingLine, OwnBookingsView};
use domain::calendar::{CalendarError, Titles, Wanted};
use leptos::prelude::*;

use super::booking::ClientBooking;
use super::timeline::status_badge;
use crate::components::{AppFrame, Flash, Frame};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;

const HERE: &str = "/app/bookings";

/// The frame and the list.
pub fn own_bookings_wants(_asked: &Asked) -> Wanted {
    Wanted { part: Some(OwnBookingsView::part()), ..Wanted::FRAME }
}

/// The frame and one booking.
pub fn own_booking_wants(asked: &Asked) -> Wanted {
    Wanted { part: Some(BookingView::own_part(asked.booking())), ..Wanted::FRAME }
}

/// `/app/bookings`
pub fn own_bookings(context: &PageContext) -> Document {
    let (notice, now) = (context.notice(), context.asked.now);
    let page = context.page().and_then(|page| {
        let view = OwnBookingsView::of(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let zone = frame.person.zoned.zone;
        let is_empty = view.bookings.is_empty();
        let rows = view.bookings.iter().map(|line| row(line, zone)).collect_view();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=HERE>
                <div class="page-head"><div>
                    <h1>"Bookings"</h1>
                    <p class="sub">{format!("What was booked with your address, whoever sells it. Times in {}.", format::zone_name(zone, now))}</p>
                </div></div>
                <Flash notice=notice path=HERE.to_owned() />
                {if is_empty {
                    view! { <p class="empty">"Nothing yet. A booking you make with this account's address stands here, also when you were not signed in."</p> }.into_any()
                } else {
                    view! {
                        <table class="table folds">
                            <caption class="visually-hidden">"Your bookings, the latest first"</caption>
                            <thead><tr><th scope="col">"When"</th><th scope="col">"What"</th><th scope="col">"State"</th><th scope="col">"Price"</th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    }
                    .into_any()
                }}
            </AppFrame>
        };
        Ok(Document::new("Bookings", body))
    });
    or_not_found(context, page)
}

fn row(line: &OwnBookingLine, zone: chrono_tz::Tz) -> impl IntoView + use<> {
    let when =
        format!("{}, {}", line.starts_at.with_timezone(&zone).format("%a %-d %b %Y"), format::span(line.starts_at, line.ends_at, zone));
    let with = line.builder.clone().map(|builder| format!("with {builder}")).unwrap_or_default();
    let back = line.refunded.map(|back| view! { <small>{format!(" −{back}")}</small> });
    view! {
        <tr>
            <th scope="row"><a href=format!("{HERE}/{}", line.id)>{when}</a></th>
            <td data-label="What">{line.title.clone()} " " <small>{with}</small></td>
            <td data-label="State">{status_badge(line.status)}</td>
            <td data-label="Price">{line.price.to_string()} {back}</td>
        </tr>
    }
}

/// `/app/bookings/{id}`
pub fn own_booking(context: &PageContext) -> Document {
    let page = context.page().and_then(|page| {
        let view = BookingView::of(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let link = view.own_link(page);
        let (title, now) = (view.title.clone(), context.asked.now);
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here=HERE>
                <nav class="crumbs" aria-label="Breadcrumb">
                    <ol>
                        <li><a href=HERE>"Bookings"</a></li>
                        <li aria-current="page">{view.title.clone()}</li>
                    </ol>
                </nav>
                <ClientBooking view=view here=link now=now />
            </AppFrame>
        };
        Ok(Document::new(title, body))
    });
    or_not_found(context, page)
}
