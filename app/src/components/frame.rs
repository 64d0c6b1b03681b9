//! What stands around a page: menu, spine and sandbox ribbon for people who are signed in; a head and a foot for others.

use chrono::NaiveDate;
use domain::accounts::Person;
use domain::base::Reading;
use domain::calendar::{self, CalendarError, Day, Overview, Wanted};
use leptos::prelude::*;
use leptos_meta::Title;
use types::ConnectionStatus;

use super::{Brand, FogPattern, Icon, Spine};
use crate::context::PageContext;

/// What the frame shows, read once per page.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Who is signed in.
    pub person: Person,
    /// Today, for the spine.
    pub today: Day,
    /// The days the page asked for, today first.
    pub days: Vec<Day>,
    /// How many connections need the person.
    pub attention: usize,
    /// The connections behind that count.
    pub connections: Vec<calendar::ConnectionView>,
}

/// The frame, and other days than today's, read with it.
pub async fn load_days(context: &PageContext, choose: impl FnOnce(&Day) -> (NaiveDate, u64)) -> Result<(Frame, Vec<Day>), CalendarError> {
    let mut reading = begin(context).await?;
    let frame = read_frame(&mut reading, Wanted::TODAY).await?;
    let (first, days) = choose(&frame.today);
    let wanted = Wanted { first: Some(first), days, runs: 1 };
    let overview = calendar::overview(&mut reading, frame.person.zoned(), wanted).await?;
    Ok((frame, overview.days))
}

/// Begins to read for a page: one transaction for all of it.
pub async fn begin(context: &PageContext) -> Result<Reading, CalendarError> {
    context.deps.read(&context.op).await?.ok_or(CalendarError::NotFound)
}

/// The frame, for a page that shows nothing else.
pub async fn load_frame(context: &PageContext, wanted: Wanted) -> Result<Frame, CalendarError> {
    read_frame(&mut begin(context).await?, wanted).await
}

/// Reads what the frame shows: the days from today on that the page needs, and as many runs of each connection.
pub async fn read_frame(reading: &mut Reading, wanted: Wanted) -> Result<Frame, CalendarError> {
    let person = domain::accounts::load(reading).await?.ok_or(CalendarError::NotFound)?;
    let Overview { days, connections } = calendar::overview(reading, person.zoned(), wanted).await?;
    let today = days.first().cloned().ok_or(CalendarError::NotFound)?;
    let attention =
        connections.iter().filter(|connection| connection.status != ConnectionStatus::Active || connection.missing_key.is_some()).count();
    Ok(Frame { person, today, days, attention, connections })
}

/// The frame for people who are signed in.
#[component]
pub fn AppFrame(
    /// What it shows.
    frame: Frame,
    /// The page's title.
    title: String,
    /// The address of the menu entry that is this page.
    here: &'static str,
    /// The page.
    children: Children,
) -> impl IntoView {
    let context = expect_context::<PageContext>();
    let name = frame.person.name.clone().unwrap_or_else(|| "Name not readable".to_owned());
    let email = frame.person.email.clone().unwrap_or_else(|| "Address not readable".to_owned());
    let entry = move |href: &'static str, icon: &'static str, text: &'static str, count: usize| {
        let count =
            (count > 0).then(|| view! { " " <span class="count">{count}<span class="visually-hidden">" need attention"</span></span> });
        view! { <li><a href=href aria-current=(here == href).then_some("page")><Icon name=icon /> " " {text} {count}</a></li> }
    };
    view! {
        <Title text=format!("{title} · Kairos") />
        <FogPattern />
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="shell">
            <SandboxRibbon url=context.site.sandbox_url.clone() outbox=context.site.has_outbox />
            <header class="rail">
                <Brand href="/app" />
                <button class="button small rail-menu" type="button" popovertarget="menu">"Menu"</button>
                <nav class="rail-nav" id="menu" popover="auto" aria-label="Main">
                    <p class="rail-group" id="g-time">"My time"</p>
                    <ul aria-labelledby="g-time">
                        {entry("/app", "today", "Today", 0)}
                        {entry("/app/calendar", "calendar", "Calendar", 0)}
                        {entry("/app/settings", "link", "Connections", frame.attention)}
                        {entry("/app/settings/profile", "sliders", "Profile", 0)}
                    </ul>
                    <form class="rail-out" method="post" action="/sign-out">
                        <button class="linkish">"Sign out"</button>
                    </form>
                </nav>
                <div class="rail-who">
                    <p><strong>{name}</strong><br />{email}</p>
                    <form method="post" action="/sign-out"><button class="linkish">"Sign out"</button></form>
                </div>
            </header>
            <Spine day=frame.today.clone() />
            <main class="main" id="main">{children()}</main>
        </div>
    }
    .into_any()
}

/// The frame for everybody else.
#[component]
pub fn PublicFrame(
    /// The page's title.
    title: &'static str,
    /// The page.
    children: Children,
) -> impl IntoView {
    let context = use_context::<PageContext>();
    let signed_in = context.as_ref().is_some_and(|context| context.user.is_some());
    let site = context.map(|context| context.site);
    let sandbox = site.as_ref().and_then(|site| site.sandbox_url.clone());
    let outbox = site.is_some_and(|site| site.has_outbox);
    let links = if signed_in {
        view! { <a href="/app">"Your day"</a> }.into_any()
    } else {
        view! { <a href="/sign-in">"Sign in"</a> <a href="/sign-up">"Sign up"</a> }.into_any()
    };
    view! {
        <Title text=format!("{title} · Kairos") />
        <FogPattern />
        <a class="skip" href="#main">"Skip to content"</a>
        <SandboxRibbon url=sandbox outbox=outbox />
        <div class="public">
            <header class="public-head">
                <Brand href="/" />
                <nav aria-label="Main">{links}</nav>
            </header>
            <main class="public-main" id="main">{children()}</main>
            <footer class="public-foot"><p>"Kairos, on this server. It reads calendars and writes nothing to them."</p></footer>
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
                " Google and Outlook on this server are local stand-ins. No real calendar is read. "
                <a href=url>"Make it fail"</a>
                {outbox.then(|| view! { " · " <a href="/dev/mail">"Mail that was sent"</a> })}
            </aside>
        }
    })
}
