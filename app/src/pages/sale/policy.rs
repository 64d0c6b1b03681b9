//! What comes back, drawn: the height is the share, the end is the beginning of the session.

use domain::offers::Policy;
use leptos::prelude::*;

/// The ribbon of a policy, and the sentence beneath it.
#[component]
pub fn PolicyRibbon(
    /// Which.
    policy: &'static Policy,
) -> impl IntoView {
    // Each step has its stretch; how long it is in days is in the words.
    let count = policy.steps.len() + 1;
    let width = 100 / count;
    let steps = policy
        .steps
        .iter()
        .enumerate()
        .map(|(place, step)| {
            let height = 26 * u32::from(step.percent) / 100;
            let (x, text_x) = (format!("{}%", place * width), format!("{}%", place * width + 1));
            let share = format!("{} %", step.percent);
            let text_class = if step.percent == 100 { "t-text on-open" } else { "t-text strong" };
            let text_y = if step.percent == 100 { 17 } else { 11 };
            let until = if step.hours == 0 {
                "start".to_owned()
            } else if step.hours % 24 == 0 && step.hours > 24 {
                format!("{} days before", step.hours / 24)
            } else {
                format!("{} h before", step.hours)
            };
            view! {
                <rect class="t-off" x=x.clone() width=format!("{width}%") height="26"></rect>
                <rect class="t-open" x=x width=format!("{width}%") y=26 - height height=height></rect>
                <text class=text_class x=text_x y=text_y>{share}</text>
                <text class="t-text" x=format!("{}%", (place + 1) * width) y="42" text-anchor="end">{until}</text>
            }
        })
        .collect_view();
    let rest = format!("{}%", policy.steps.len() * width);
    view! {
        <div class="strip mt-2">
            <svg height="48" role="img" aria-label=format!("If you cancel: {}", policy.words())>
                <rect class="t-busy" x=rest.clone() width=format!("{}%", 100 - policy.steps.len() * width) height="26"></rect>
                {steps}
                <text class="t-text on-busy" x=format!("{}%", policy.steps.len() * width + 1) y="17">"nothing"</text>
            </svg>
        </div>
        <p class="small soft">{policy.words()} " If the host cancels, all of it comes back. The machine does this; nobody has to be asked."</p>
    }
}

/// Every policy that is offered, drawn.
pub fn policies() -> impl IntoView {
    Policy::offered()
        .map(|policy| view! { <section class="mt-4"><h3>{format!("{}, version {}", policy.label, policy.version)}</h3> <PolicyRibbon policy=policy /></section> })
        .collect_view()
}
