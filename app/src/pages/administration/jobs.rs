//! The queue: what waits, what fails, and what was given up.

use chrono::{DateTime, Utc};
use chrono_tz::UTC;
use domain::administration::{self, JobView, KindView, Wanted};
use domain::calendar::{self, CalendarError, Titles};
use leptos::prelude::*;

use super::{documents, look, tabs};
use crate::components::{AppFrame, Flash, Frame, Icon};
use crate::context::{Asked, PageContext};
use crate::document::Document;
use crate::format;
use crate::pages::or_not_found;

const STATES: [(&str, &str); 4] = [("", "Failed"), ("given_up", "Given up"), ("running", "Under way"), ("waiting", "Waiting")];

/// The frame, and the jobs that the address asks for.
pub fn jobs_wants(asked: &Asked) -> calendar::Wanted {
    let state = asked.query.get("state").filter(|state| STATES.iter().any(|(known, _)| known == state && !known.is_empty()));
    look(&Wanted::Jobs(state.cloned()))
}

/// `/admin/jobs`
pub fn jobs(context: &PageContext) -> Document {
    let notice = context.notice();
    let page = context.page().and_then(|page| {
        let found = administration::jobs(page).ok_or(CalendarError::NotFound)?;
        let frame = Frame::of(page, Titles::LeftSealed);
        let now = context.asked.now;
        let chosen = context.asked.query.get("state").cloned().unwrap_or_default();
        let tabs = tabs("/admin/jobs", "state", &STATES, &chosen);
        let kinds = found.kinds.iter().map(kind).collect_view();
        let is_empty = found.jobs.is_empty();
        let rows = found.jobs.iter().map(|job| row(job, now, &chosen)).collect_view();
        let body = view! {
            <AppFrame site=context.site.clone() frame=frame here="/admin/jobs">
                <div class="page-head"><div><h1>"Jobs"</h1><p class="sub">"What is done later, at least once. A job that fails is tried again, later each time, at most 25 times. Times in UTC."</p></div></div>
                <Flash notice=notice path="/admin/jobs".to_owned() />
                <nav class="tabs" aria-label="Which jobs">{tabs}</nav>
                {if is_empty {
                    view! { <div class="empty"><p>"None is like that."</p></div> }.into_any()
                } else {
                    view! {
                        <table class="table folds">
                            <caption class="visually-hidden">"Jobs, those that failed most often first, at most 100"</caption>
                            <thead><tr><th scope="col">"Job"</th><th scope="col">"Tried"</th><th scope="col">"Next"</th><th scope="col">"What the last try said"</th><th scope="col"><span class="visually-hidden">"What to do"</span></th></tr></thead>
                            <tbody>{rows}</tbody>
                        </table>
                    }
                    .into_any()
                }}
                <section class="section" aria-labelledby="h-kinds">
                    <div class="section-head"><h2 id="h-kinds">"By kind"</h2></div>
                    <table class="table folds">
                        <caption class="visually-hidden">"How many of each kind"</caption>
                        <thead><tr><th scope="col">"Kind"</th><th scope="col">"All"</th><th scope="col">"Due"</th><th scope="col">"Under way"</th><th scope="col">"Failing"</th><th scope="col">"Given up"</th></tr></thead>
                        <tbody>{kinds}</tbody>
                    </table>
                </section>
                {documents("docs/adr/0003-the-queue-is-graphile-worker.md", "How the queue works:")}
            </AppFrame>
        };
        Ok(Document::new("Jobs", body))
    });
    or_not_found(context, page)
}

fn kind(kind: &KindView) -> impl IntoView + use<> {
    view! {
        <tr>
            <th scope="row"><code>{kind.job.clone()}</code></th>
            <td data-label="All">{format::count(kind.all)}</td>
            <td data-label="Due">{format::count(kind.due)}</td>
            <td data-label="Under way">{format::count(kind.running)}</td>
            <td data-label="Failing">{format::count(kind.failing)}</td>
            <td data-label="Given up">{format::count(kind.given_up)}</td>
        </tr>
    }
}

/// `state`: which jobs are listed, to come back to them.
fn row(job: &JobView, now: DateTime<Utc>, state: &str) -> impl IntoView + use<> {
    let state = state.to_owned();
    let tried = format!("{} of {}", job.attempts, job.max_attempts);
    let next = match (job.locked_at, job.attempts >= job.max_attempts) {
        (Some(since), _) => {
            view! { <span class="state"><Icon name="sync" /> " " {format!("under way since {}", format::ago(since, now, UTC))}</span> }
                .into_any()
        }
        (None, true) => view! { <span class="state is-bad"><Icon name="cross" /> " given up"</span> }.into_any(),
        (None, false) => {
            view! { <time datetime=format::machine(job.run_at)>{job.run_at.format("%-d %b %H:%M:%S").to_string()}</time> }.into_any()
        }
    };
    let form = |path: &'static str, label: &'static str, class: &'static str| {
        view! {
            <form method="post" action=path>
                <input type="hidden" name="job" value=job.id.to_string() />
                <input type="hidden" name="state" value=state.clone() />
                <button class=class aria-label=format!("{label}: {} {}", job.job, job.id)>{label}</button>
            </form>
        }
    };
    // What puts itself in again would not be back.
    let recurs = domain::jobs::recurs(&job.job);
    let acts = job.locked_at.is_none().then(|| {
        view! { <span class="cluster">{form("/admin/jobs/rerun", "Try now", "button small")} {(!recurs).then(|| form("/admin/jobs/remove", "Give up", "button small danger"))}</span> }
    });
    view! {
        <tr>
            <th scope="row"><code>{job.job.clone()}</code> " " <small class="quiet">{job.id}</small></th>
            <td data-label="Tried"><span>{tried}</span></td>
            <td data-label="Next">{next}</td>
            <td data-label="Said" class="all"><span>{job.last_error.clone().unwrap_or_else(|| "nothing yet".to_owned())}</span></td>
            <td class="amount">{acts}</td>
        </tr>
    }
}
