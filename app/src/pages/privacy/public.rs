//! What is kept of whom and why, for everybody: made from the data map.

use domain::privacy::{Basis, Exported, TableMap, every_table};
use leptos::prelude::*;

use super::OWN;
use crate::components::PublicFrame;
use crate::context::PageContext;
use crate::document::Document;

/// `/privacy`
pub fn privacy(context: &PageContext) -> Document {
    let rows = every_table().filter(|table| table.basis != Basis::NotPersonal).map(row).collect_view();
    let body = view! {
        <PublicFrame site=context.site.clone() signed_in=context.user.is_some()>
            <h1>"Privacy"</h1>
            <p class="soft mt-2">"What this installation of Kairos keeps of you, why, for how long, and what becomes of it when you leave. This page is made from the same list that the program erases by."</p>
            <section class="section" aria-labelledby="h-rights">
                <div class="section-head"><h2 id="h-rights">"What you can do"</h2></div>
                <ul class="stack">
                    <li>"Take a copy, or leave, under " <a href=OWN>"Privacy in your settings"</a> ". Leaving is done after 14 days, in which one click takes it back."</li>
                    <li>"Correct your name, zone and hours under Profile; take back what you allowed under Privacy, all at once, or connection by connection under Connections. Both take effect at once."</li>
                    <li>"Without an account, as the client of somebody who sells here: your link to the booking shows what is kept of it; whoever sold it to you answers for it."</li>
                    <li>"Ask whoever runs this installation, or complain to the authority of your country."</li>
                </ul>
            </section>
            <section class="section" aria-labelledby="h-others">
                <div class="section-head"><h2 id="h-others">"Who else sees something"</h2></div>
                <ul class="stack">
                    <li>"Google, Microsoft or the server of your calendar: that Kairos reads it, if you connected it."</li>
                    <li>"Calendly: name, address and answers of whoever books a session."</li>
                    <li>"Stripe: name, address and card of whoever pays; no card number passes through this server."</li>
                    <li>"The mail server of this installation: what is mailed to you."</li>
                </ul>
                <p class="soft mt-4">"Google, Microsoft, Calendly and Stripe work in the United States too; by what contract, whoever runs this installation can say. Nothing is sold, and nothing is measured for advertising."</p>
            </section>
            <section class="section" aria-labelledby="h-map">
                <div class="section-head"><h2 id="h-map">"What is kept"</h2></div>
                <table class="table folds">
                    <caption class="visually-hidden">"What is kept, why, for how long, and what becomes of it"</caption>
                    <thead><tr><th scope="col">"What"</th><th scope="col">"What for"</th><th scope="col">"How long"</th><th scope="col">"When you leave"</th><th scope="col">"In your copy"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </section>
        </PublicFrame>
    };
    Document::new("Privacy", body)
}

fn row(table: &TableMap) -> impl IntoView + use<> {
    let copy = match table.exported {
        Exported::Yes => "yes".to_owned(),
        Exported::No(why) => format!("no: {why}"),
    };
    let columns = table.personal.iter().map(|(_, what)| *what).collect::<Vec<_>>().join("; ");
    view! {
        <tr>
            <th scope="row"><strong>{table.what}</strong> {(!columns.is_empty()).then(|| view! { <br /> <span class="quiet">{columns}</span> })}</th>
            <td data-label="What for">{table.purpose} " " <span class="quiet">{format!("({})", table.basis.words())}</span></td>
            <td data-label="How long">{table.retention.words()}</td>
            <td data-label="When you leave">{table.erased.words()}</td>
            <td data-label="In your copy">{copy}</td>
        </tr>
    }
}
