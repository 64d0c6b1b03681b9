//! What can be done about an incident, as forms.

use chrono::{DateTime, Utc};
use chrono_tz::UTC;
use domain::incidents::IncidentPage;
use leptos::prelude::*;
use types::Provider;

use super::place;
use crate::components::{FieldError, Icon};
use crate::context::Form;
use crate::format;

/// What can be done: to the address, to the person, to a provider, and back.
#[component]
pub(super) fn Measures(found: IncidentPage, here: String, form: Form, is_own: bool, is_closed: bool, now: DateTime<Utc>) -> impl IntoView {
    let action = format!("{here}/measure");
    let hours = |chosen: &str| {
        [("1", "an hour"), ("24", "a day"), ("168", "a week"), ("720", "30 days")]
            .into_iter()
            .map(|(value, label)| view! { <option value=value selected=value == chosen>{label}</option> })
            .collect_view()
    };
    let simple = {
        let action = action.clone();
        move |name: &'static str, value: String, label: String, what: &'static str, class: &'static str| {
            view! {
                <li>
                    <form method="post" action=action.clone()>
                        <input type="hidden" name="measure" value=name />
                        <input type="hidden" name="which" value=value />
                        <p class="cluster"><button class=class>{label}</button> <small class="soft">{what}</small></p>
                    </form>
                </li>
            }
        }
    };
    let is_blocked = found.blocks.iter().any(|block| block.address.is_some() && block.holds(now));
    let address = found.incident.address.as_ref().filter(|_| !is_blocked && !is_closed).map(|address| {
        view! {
            <li>
                <form class="cluster" method="post" action=action.clone()>
                    <input type="hidden" name="measure" value="block_address" />
                    <button class="button small danger">{format!("Block the address {}", place(address))}</button>
                    <label class="visually-hidden" for="hours-address">"For how long"</label>
                    <select class="select small zone" id="hours-address" name="hours">{hours("24")}</select>
                    <small class="soft">"Nothing is answered there."</small>
                </form>
            </li>
        }
    });
    let blocks = found
        .blocks
        .iter()
        .map(|block| {
            let what = block.network.map_or_else(|| format!("Address {}", block.address.as_deref().map(place).unwrap_or_default()), |network| format!("Network {network}"));
            let ended = block.lifted_at.map(|at| format!("lifted {}", format::ago(at, now, UTC))).or_else(|| (block.expires_at <= now).then(|| "ended by itself".to_owned()));
            match ended {
                Some(ended) => view! { <li><span class="state"><Icon name="check" /> " " {what}</span> " " <small class="soft">{ended}</small></li> }.into_any(),
                None => {
                    let until = format!("until {}; {} turned away", block.expires_at.format("%-d %B %H:%M"), format::counted(block.turned_away, "request was", "requests were"));
                    view! {
                        <li>
                            <form class="cluster" method="post" action=action.clone()>
                                <input type="hidden" name="measure" value="lift_block" />
                                <input type="hidden" name="which" value=block.id.to_string() />
                                <span class="state is-good wraps"><Icon name="lock" /> " " {format!("{what} is blocked")}</span> <small class="soft">{until}</small>
                                <button class="button small" aria-label=format!("Lift the block: {what}")>"Lift the block"</button>
                            </form>
                        </li>
                    }
                    .into_any()
                }
            }
        })
        .collect_view();
    let person = found.subject.as_ref().filter(|_| !is_closed).map(|subject| {
        let lock = if subject.locked_at.is_some() {
            simple("unlock", String::new(), "Unlock the account".to_owned(), "It is locked now.", "button small").into_any()
        } else {
            simple("lock", String::new(), "Lock the account".to_owned(), "Signs it out, and in nowhere until it is unlocked.", "button small danger").into_any()
        };
        let others = (!is_own).then(|| {
            view! {
                {lock}
                {(subject.sessions > 0).then(|| simple("end_sessions", String::new(), format!("End {}", format::counted(subject.sessions, "session", "sessions")), "They sign in again.", "button small danger"))}
                {simple("force_reset", String::new(), "Force a new password".to_owned(), "The present one stops, a link for another is mailed.", "button small danger")}
            }
        });
        view! {
            {others}
            {(subject.api_keys > 0).then(|| simple("end_api_keys", String::new(), format!("End {}", format::counted(subject.api_keys, "API key", "API keys")), "Their tokens end with them. This cannot be undone.", "button small danger"))}
            {subject.providers.iter().map(|provider| simple("disconnect", provider.to_string(), format!("Give {}’s tokens back", provider.label()), "Their connections there are removed.", "button small danger")).collect_view()}
        }
    });
    let isolated: Vec<Provider> = found.isolated.iter().map(|one| one.provider).collect();
    let providers = Provider::ALL
        .iter()
        .map(|provider| {
            if isolated.contains(provider) {
                simple(
                    "rejoin",
                    provider.to_string(),
                    format!("Ask {} again", provider.label()),
                    "It is isolated now: nothing is asked of it, for anybody.",
                    "button small",
                )
                .into_any()
            } else {
                simple(
                    "isolate",
                    provider.to_string(),
                    format!("Isolate {}", provider.label()),
                    "Nothing is asked of it, for anybody; pages say so.",
                    "button small danger",
                )
                .into_any()
            }
        })
        .collect_view();
    let network = form.value("network").unwrap_or_default();
    let network_form = (!is_closed).then(|| {
        view! {
            <li>
                <form class="stack tight" method="post" action=action.clone()>
                    <input type="hidden" name="measure" value="block_network" />
                    <div class="cluster">
                        <label for="network" class="small">"Network"</label>
                        <input class="input small zone" id="network" name="network" value=network placeholder="192.0.2.0/24" autocomplete="off" aria-invalid=form.invalid("network") aria-describedby=form.described_by("network", false) />
                        <label class="visually-hidden" for="hours-network">"For how long"</label>
                        <select class="select small zone" id="hours-network" name="hours">{hours("24")}</select>
                        <button class="button small danger">"Block the network"</button>
                    </div>
                    <FieldError form=form.clone() name="network" />
                </form>
            </li>
        }
    });
    view! {
        <ul class="stack tight">
            {address}
            {blocks}
            {person}
            {network_form}
            <li>
                <details class="receipt">
                    <summary><Icon name="chevron" /> " Isolate a provider"</summary>
                    <ul class="stack tight">{providers}</ul>
                </details>
            </li>
        </ul>
    }
}
