//! Progress of a sync that moves by itself. Without scripts the same lines stand still beside a Refresh link.

use leptos::prelude::*;
use types::SyncProgress;

/// Asks every second until the sync has ended, then loads the page anew to show what it brought.
#[island]
pub fn SyncProgressIsland(
    /// The connection's id.
    connection: String,
    /// What the server knew when it made the page.
    initial: SyncProgress,
) -> impl IntoView {
    let (progress, set_progress) = signal(initial);
    #[cfg(feature = "hydrate")]
    {
        let running = progress.get_untracked().running;
        if running {
            watch_until_done(connection.clone(), set_progress);
        }
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (&connection, set_progress);
    view! {
        <div class="sync-progress" aria-live="polite">
            <p class="label">{move || counted(&progress.get())}</p>
            <Show when=move || { progress.get().calendars_total > 0 }>
                <progress
                    class="mt-2"
                    aria-label="Calendars read"
                    max=move || progress.get().calendars_total.to_string()
                    value=move || progress.get().calendars_done.to_string()
                ></progress>
            </Show>
            <p class="hint mt-2">{move || progress.get().sentence}</p>
        </div>
    }
}

fn counted(progress: &SyncProgress) -> String {
    match (progress.running, progress.calendars_total) {
        (true, 0) => "First read is starting".to_owned(),
        (true, total) => format!("{} of {total} calendars, {} events", progress.calendars_done, progress.events_read),
        (false, _) => format!("{} events read", progress.events_read),
    }
}

#[cfg(feature = "hydrate")]
fn watch_until_done(connection: String, set_progress: WriteSignal<SyncProgress>) {
    use leptos::task::spawn_local;
    use std::time::Duration;

    set_timeout(
        move || {
            spawn_local(async move {
                match crate::server::calendar::read_progress(connection.clone()).await {
                    Ok(progress) => {
                        let running = progress.running;
                        set_progress.set(progress);
                        if running {
                            watch_until_done(connection, set_progress);
                        } else {
                            let _ = window().location().reload();
                        }
                    }
                    // Signed out, or the connection is gone: the next page says which.
                    Err(_) => {
                        set_progress.update(|progress| "No answer from Kairos. Refresh to look again.".clone_into(&mut progress.sentence))
                    }
                }
            });
        },
        Duration::from_secs(1),
    );
}
