//! One entry of the audit log with its proof.

use domain::audit;
use domain::calendar::{CalendarError, Titles, Wanted};
use leptos::prelude::*;

use super::or_not_found;
use crate::components::{AppFrame, Frame, Icon};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;

/// The frame, and the entry at the place that the address names.
pub fn audit_entry_wants(asked: &Asked) -> Wanted {
    let place = asked.path.get("place").and_then(|place| place.parse().ok());
    Wanted { audit: place.map(audit::Wanted::Entry), ..Wanted::FRAME }
}

/// `/admin/audit/{place}`
pub fn audit_entry(context: &PageContext) -> Document {
    let page = context.page().and_then(|page| {
        let entry = page.audit_entry().ok_or(CalendarError::NotFound)?.clone();
        let frame = Frame::of(page, Titles::LeftSealed);
        let place = i64::try_from(entry.place).unwrap_or(i64::MAX);
        let title = format!("Entry {}", format::count(place));
        let facts = entry.facts.iter().map(|(name, value)| view! { <dt>{*name}</dt><dd class="all">{value.clone()}</dd> }).collect_view();
        let detail = entry.detail.iter().map(|(name, value)| view! { <dt>{name.clone()}</dt><dd class="all"><code>{value.to_string()}</code></dd> }).collect_view();
        let (class, icon, head) = if entry.is_proved {
            ("banner is-good", "check", "This entry is in the signed log")
        } else {
            ("banner is-bad", "cross", "This entry is not the one that was sealed here")
        };
        let count = entry.proof.hashes.len();
        let lead = match count {
            0 => "The leaf is the signed head".to_owned(),
            1 => "One hash leads from this leaf to the signed head".to_owned(),
            count => format!("{count} hashes lead from this leaf to the signed head"),
        };
        let hashes = entry.proof.hashes.iter().zip(1..).map(|(hash, number)| view! { <tr><th scope="row">{number}</th><td class="hash"><code>{hash.to_string()}</code></td></tr> }).collect_view();
        let head_at = format!("Head at {}", format::count(i64::try_from(entry.size).unwrap_or(i64::MAX)));
        let root = entry.root.map(|root| root.to_string()).unwrap_or_default();
        let at = entry.occurred_at.format("%A %-d %B %Y, %H:%M:%S%.6f UTC").to_string();
        let heading = title.clone();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/admin/audit">
                <div class="page-head">
                    <div><p class="small"><a href="/admin/audit">"Audit log"</a></p><h1>{heading}</h1><p class="sub">{at}</p></div>
                    <a class="button" href=format!("/admin/audit/{place}/proof") rel="external" download="">"Download proof"</a>
                </div>
                <div class=class>
                    <Icon name=icon />
                    <h3>{head}</h3>
                    <p>"Computed again for this page from the entry as it is now, not read from a column."</p>
                </div>
                <section class="ledger" aria-labelledby="h-what">
                    <header><h2 id="h-what">"What it says"</h2><p>"Who it is about is sealed as a commitment: erasing a person leaves this proof valid."</p></header>
                    <dl class="facts">{facts}{detail}</dl>
                </section>
                <section class="ledger" aria-labelledby="h-proof">
                    <header><h2 id="h-proof">"Its proof"</h2><p>"To be checked anywhere with the public key alone."</p></header>
                    <div class="stack">
                        <div>
                            <p class="label">"Hash of the leaf"</p>
                            <code class="fingerprint">{entry.leaf_hash.to_string()}</code>
                        </div>
                        <details class="receipt" open=true>
                            <summary><Icon name="chevron" /> " " {lead}</summary>
                            <div class="slip">
                                <table>
                                    <caption class="visually-hidden">"The hashes, from the leaf up"</caption>
                                    <tbody>{hashes}<tr class="sum"><th scope="row">{head_at}</th><td class="hash"><code>{root}</code></td></tr></tbody>
                                </table>
                                <p class="slip-foot">"Check it yourself: " <code>{format!("kairos audit verify {place}.tlog-proof --key KEY")}</code></p>
                            </div>
                        </details>
                    </div>
                </section>
            </AppFrame>
        };
        Ok(Document::new(title, body))
    });
    or_not_found(context, page)
}
