//! What stands around a page: menu, spine and sandbox ribbon for people who are signed in; a head and a foot for others.

use std::sync::Arc;

use domain::accounts::Person;
use domain::calendar::{ConnectionView, Day, Page, Titles};
use leptos::prelude::*;
use types::{ConnectionStatus, Provider, Role};

use super::{Brand, FogPattern, Icon, Spine};
use crate::context::Site;

/// What the frame shows.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Who is signed in.
    pub person: Person,
    /// Today, for the spine.
    pub today: Day,
    /// How many connections need the person.
    pub attention: usize,
    /// The connections behind that count.
    pub connections: Vec<ConnectionView>,
    /// What the person may do.
    pub roles: Vec<Role>,
}

impl Frame {
    /// Out of what was read for the page. `titles`: whether today is shown with its titles.
    pub fn of(page: &Page, titles: Titles) -> Self {
        let connections = page.connections();
        let attention = connections
            .iter()
            .filter(|connection| connection.status != ConnectionStatus::Active || connection.missing_key.is_some())
            .count();
        Self { person: page.person(), today: page.day(titles), attention, connections, roles: page.roles().to_vec() }
    }
}

/// The frame for people who are signed in.
#[component]
pub fn AppFrame(
    /// The installation.
    site: Arc<Site>,
    /// What it shows.
    frame: Frame,
    /// The address of the menu entry that is this page.
    here: &'static str,
    /// The page.
    children: Children,
) -> impl IntoView {
    let isolated = Isolated::of(&site, &frame);
    let Frame { attention, today, person, roles, .. } = frame;
    let name = person.name.unwrap_or_else(|| "Name not readable".to_owned());
    let email = person.email.unwrap_or_else(|| "Address not readable".to_owned());
    let entry = move |href: &'static str, icon: &'static str, text: &'static str, count: usize| {
        let count =
            (count > 0).then(|| view! { " " <span class="count">{count}<span class="visually-hidden">" need attention"</span></span> });
        view! { <li><a href=href aria-current=(here == href).then_some("page")><Icon name=icon /> " " {text} {count}</a></li> }
    };
    view! {
        <FogPattern />
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="shell">
            <SandboxRibbon url=site.sandbox_url.clone() outbox=site.has_outbox />
            <header class="rail">
                <Brand href="/app" />
                <button class="button small rail-menu" type="button" popovertarget="menu">"Menu"</button>
                <nav class="rail-nav" id="menu" popover="auto" aria-label="Main">
                    {roles.contains(&Role::User).then(|| view! {
                        <p class="rail-group" id="g-time">"My time"</p>
                        <ul aria-labelledby="g-time">
                            {entry("/app", "today", "Today", 0)}
                            {entry("/app/calendar", "calendar", "Calendar", 0)}
                            {entry("/app/bookings", "ticket", "Bookings", 0)}
                            {entry("/app/settings", "link", "Connections", attention)}
                            {entry("/app/settings/profile", "sliders", "Profile", 0)}
                            {entry("/app/settings/security", "shield", "Security", 0)}
                            {entry("/app/settings/privacy", "lock", "Privacy", 0)}
                        </ul>
                    })}
                    {roles.contains(&Role::Builder).then(|| view! {
                        <p class="rail-group" id="g-selling">"Selling"</p>
                        <ul aria-labelledby="g-selling">
                            {entry("/builder", "chart", "Selling", 0)}
                            {entry("/builder/bookings", "ticket", "Sold", 0)}
                            {entry("/builder/sessions", "sliders", "Sessions", 0)}
                            {entry("/builder/profile", "globe", "Public page", 0)}
                            {entry("/builder/connect", "link", "Calendly", 0)}
                        </ul>
                    })}
                    {roles.contains(&Role::Admin).then(|| view! {
                        <p class="rail-group" id="g-administration">"Administration"</p>
                        <ul aria-labelledby="g-administration">
                            {entry("/admin", "pulse", "Overview", 0)}
                            {entry("/admin/incidents", "flag", "Incidents", 0)}
                            {entry("/admin/audit", "log", "Audit log", 0)}
                            {entry("/admin/users", "people", "People", 0)}
                            {entry("/admin/jobs", "clock", "Jobs", 0)}
                            {entry("/admin/webhooks", "inbox", "Webhooks", 0)}
                            {entry("/admin/keys", "key", "Keys", 0)}
                            {entry("/admin/privacy", "lock", "Privacy", 0)}
                        </ul>
                    })}
                    <div class="rail-who">
                        <p><strong>{name}</strong><br />{email}</p>
                        <form method="post" action="/sign-out"><button class="linkish">"Sign out"</button></form>
                    </div>
                </nav>
            </header>
            <Spine day=today />
            <main class="main" id="main">{isolated.map(Isolated::banner)} {children()}</main>
        </div>
    }
    .into_any()
}

/// A provider of the person's that an admin had isolated.
struct Isolated {
    provider: Provider,
    since: String,
}

impl Isolated {
    fn of(site: &Site, frame: &Frame) -> Option<Self> {
        let zone = frame.person.zoned.zone;
        frame.connections.iter().find_map(|connection| {
            let since = site.containment.isolated_since(connection.provider)?;
            Some(Self { provider: connection.provider, since: since.with_timezone(&zone).format("%-d %B, %H:%M").to_string() })
        })
    }

    fn banner(self) -> impl IntoView {
        let name = self.provider.label();
        view! {
            <div class="banner is-unknown" role="status">
                <Icon name="unknown" />
                <h2>{format!("{name} is set apart for now")}</h2>
                <p>{format!("Whoever runs this installation stopped asking {name} anything on {}. What was read before stays, and gets older; nothing new comes until they lift it.", self.since)}</p>
            </div>
        }
    }
}

/// The frame for everybody else.
#[component]
pub fn PublicFrame(
    /// The installation.
    site: Arc<Site>,
    /// Whether somebody is signed in.
    signed_in: bool,
    /// The page.
    children: Children,
) -> impl IntoView {
    let links = if signed_in {
        view! { <a href="/app">"Your day"</a> }.into_any()
    } else {
        view! { <a href="/sign-in">"Sign in"</a> <a href="/sign-up">"Sign up"</a> }.into_any()
    };
    view! {
        <FogPattern />
        <a class="skip" href="#main">"Skip to content"</a>
        <SandboxRibbon url=site.sandbox_url.clone() outbox=site.has_outbox />
        <div class="public">
            <header class="public-head">
                <Brand href="/" />
                <nav aria-label="Main">{links}</nav>
            </header>
            <main class="public-main" id="main">{children()}</main>
            <footer class="public-foot"><p>"Kairos, on this server. " <a href="/privacy">"Privacy"</a> " · " <a href="/terms">"Terms"</a></p></footer>
        </div>
    }
    .into_any()
}

/// On every page while stand-ins run; never in production.
#[component]
fn SandboxRibbon(url: Option<String>, outbox: bool) -> impl IntoView {
    url.map(|url| {
        view! {
            <aside class="sandbox" aria-label="Sandbox notice">
                <strong>"Sandbox."</strong>
                " Google, Outlook, Calendly and Stripe on this server are local stand-ins. No real calendar is read, and no money moves. "
                <a href=url>"Make it fail"</a>
                {outbox.then(|| view! { " · " <a href="/dev/mail">"Mail that was sent"</a> })}
            </aside>
        }
    })
}
