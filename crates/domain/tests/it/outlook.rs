//! Outlook against the stand-in: consent, stubs, rotation, delta rounds, the way out.

use chrono::TimeDelta;
use domain::calendar::{self, ConnectProblem, Day, Piece, Titles, Wanted, Which};
use domain::testing::World;
use sandbox::{Fault, FaultKind, OutlookDraft, Route};
use types::{ConnectionStatus, HealthReason, Notice, UserId};

use crate::support::{advance, event_list, job, options, sync, try_connect_outlook, view, world};

const WORK: &str = "mira.okafor@contoso.example";
const PERSONAL: &str = "mira@outlook.example";

async fn days(world: &World, user: UserId, count: u64) -> Vec<Day> {
    let page = world.page(user, &Wanted { days: count, ..Wanted::FRAME }).await;
    page.days(page.today(), count, Titles::Opened)
}

fn entries(days: &[Day]) -> Vec<calendar::Entry> {
    let pieces = days.iter().flat_map(|day| day.agenda.clone());
    pieces.filter_map(|piece| if let Piece::Entry(entry) = piece { Some(entry) } else { None }).collect()
}

#[tokio::test]
async fn occurrences_that_come_as_stubs_have_the_title_and_the_meaning_of_their_series() {
    let (world, _sandbox) = world().await;
    let mira = world.person("mira@example.com").await;
    let connection = try_connect_outlook(&world, mira, WORK, "allow").await.unwrap();
    sync(&world, mira, connection).await;
    let shown = view(&world, mira).await;
    assert_eq!((shown.status, shown.account.as_deref()), (ConnectionStatus::Active, Some(WORK)));
    assert_eq!(shown.calendars.iter().filter(|calendar| calendar.selected).count(), 2);
    let entries = entries(&days(&world, mira, 28).await);
    let standups: Vec<_> = entries.iter().filter(|entry| entry.title.as_deref() == Some("Delivery stand-up")).collect();
    assert!(standups.len() >= 18, "{} stand-ups in four weeks", standups.len());
    assert!(standups.iter().all(|entry| entry.busy && entry.interval.unwrap().minutes() == 15));
    assert!(
        standups.iter().any(|entry| entry.starts_at.format("%H:%M").to_string() != standups[0].starts_at.format("%H:%M").to_string()),
        "the moved one"
    );
    assert!(entries.iter().any(|entry| entry.title.as_deref() == Some("Retrospective") && entry.tentative && entry.busy));
    assert!(entries.iter().any(|entry| entry.title.as_deref() == Some("Working from the library") && !entry.busy));
    assert!(entries.iter().any(|entry| entry.title.as_deref() == Some("Out of office") && entry.all_day));
    assert!(entries.iter().any(|entry| entry.title.is_none() && entry.busy), "the private one takes time and shows no title");
    assert!(entries.iter().all(|entry| entry.title.as_deref() != Some("Doctor")));
}

#[tokio::test]
async fn every_refresh_keeps_the_new_token_and_two_at_once_are_one() {
    let (world, sandbox) = world().await;
    let mira = world.person("mira@example.com").await;
    let connection = try_connect_outlook(&world, mira, WORK, "allow").await.unwrap();
    sync(&world, mira, connection).await;
    for _ in 0..3 {
        advance(&world, &sandbox, TimeDelta::hours(2));
        let replica = World::on(world.database.clone(), options(&sandbox)).await;
        replica.clock.advance(world.deps.now() - replica.deps.now());
        let before = sandbox.calls(Route::MicrosoftToken);
        let (op, other) = (job(&world, mira), job(&replica, mira));
        let (one, two) = tokio::join!(calendar::sync(&world.deps, &op, connection), calendar::sync(&replica.deps, &other, connection));
        one.unwrap();
        two.unwrap();
        assert_eq!(sandbox.calls(Route::MicrosoftToken) - before, 1, "one refresh for both");
        assert_eq!(view(&world, mira).await.status, ConnectionStatus::Active);
        assert_eq!(sandbox.microsoft(|microsoft| microsoft.live_refresh_tokens(WORK)), 1, "the old one is not used again");
    }
}

#[tokio::test]
async fn a_delta_round_brings_what_changed_and_a_stale_one_everything() {
    let (world, sandbox) = world().await;
    let mira = world.person("mira@example.com").await;
    let connection = try_connect_outlook(&world, mira, WORK, "allow").await.unwrap();
    sync(&world, mira, connection).await;
    let before = event_list(&world).await;
    let now = world.deps.now();
    let inside = OutlookDraft::timed("Surprise", now + TimeDelta::hours(1), now + TimeDelta::hours(2));
    let outside = OutlookDraft::timed("In ten years", now + TimeDelta::days(3650), now + TimeDelta::days(3651));
    let id = sandbox.microsoft(|microsoft| {
        microsoft.page_size = Some(3);
        microsoft.add_event(WORK, outside);
        microsoft.add_event(WORK, inside).unwrap()
    });
    sync(&world, mira, connection).await;
    assert_eq!(event_list(&world).await.len(), before.len() + 1, "what is outside the window arrives as removed and removes nothing");
    sandbox.microsoft(|microsoft| microsoft.delete_event(WORK, &id));
    sync(&world, mira, connection).await;
    assert_eq!(event_list(&world).await, before);
    sandbox.microsoft(sandbox::MicrosoftState::expire_delta_tokens);
    sync(&world, mira, connection).await;
    assert_eq!(event_list(&world).await, before, "in pages of three, the same");
    assert_eq!(view(&world, mira).await.status, ConnectionStatus::Active);
}

#[tokio::test]
async fn an_occurrence_that_was_deleted_without_a_word_is_gone_after_the_next_read() {
    let (world, sandbox) = world().await;
    let mira = world.person("mira@example.com").await;
    let connection = try_connect_outlook(&world, mira, WORK, "allow").await.unwrap();
    sync(&world, mira, connection).await;
    let before = event_list(&world).await;
    sandbox.microsoft(|microsoft| {
        microsoft.page_size = Some(3);
        let gone = microsoft.occurrences(WORK, "standup=").remove(5);
        microsoft.delete_event(WORK, &gone);
    });
    sync(&world, mira, connection).await;
    assert_eq!(event_list(&world).await.len(), before.len() - 1);
    assert_eq!(view(&world, mira).await.status, ConnectionStatus::Active);
}

#[tokio::test]
async fn a_series_that_cannot_be_asked_for_fails_the_read_and_not_the_meaning() {
    let (world, sandbox) = world().await;
    let mira = world.person("mira@example.com").await;
    let connection = try_connect_outlook(&world, mira, WORK, "allow").await.unwrap();
    // The window's pages come, the series behind them does not.
    sandbox.microsoft(|microsoft| microsoft.page_size = Some(3));
    sandbox.inject(Fault {
        skip: 1,
        ..Fault::next(Route::GraphEvents, 50, FaultKind::Status { status: 503, reason: String::new(), retry_after: None })
    });
    sync(&world, mira, connection).await;
    assert_eq!(view(&world, mira).await.reason, Some(HealthReason::ProviderDown));
    assert_eq!(event_list(&world).await.len(), 0, "half a read counts for nothing");
}

#[tokio::test]
async fn each_way_not_to_connect_has_its_own_notice_and_leaves_nothing() {
    let (world, sandbox) = world().await;
    let mira = world.person("mira@example.com").await;
    let notice = |problem: Result<_, ConnectProblem>| match problem {
        Err(ConnectProblem::Notice(notice)) => notice,
        other => panic!("{other:?}"),
    };
    assert_eq!(notice(try_connect_outlook(&world, mira, WORK, "deny").await), Notice::ConsentDenied);
    assert_eq!(notice(try_connect_outlook(&world, mira, WORK, "admin").await), Notice::AdminPolicy);
    sandbox.microsoft(|microsoft| microsoft.remove_mailbox(PERSONAL));
    assert_eq!(notice(try_connect_outlook(&world, mira, PERSONAL, "allow").await), Notice::NoMailbox);
    sandbox.microsoft(|microsoft| microsoft.secret_expired = true);
    assert_eq!(notice(try_connect_outlook(&world, mira, WORK, "allow").await), Notice::ClientRefused);
    let rows: i64 = sqlx::query_scalar("select count(*) from calendar_connections").fetch_one(&world.behind().await).await.unwrap();
    assert_eq!(rows, 0);
}

#[tokio::test]
async fn work_and_personal_accounts_live_side_by_side_and_reconnecting_is_no_second_connection() {
    let (world, _sandbox) = world().await;
    let mira = world.person("mira@example.com").await;
    let work = try_connect_outlook(&world, mira, WORK, "allow").await.unwrap();
    let personal = try_connect_outlook(&world, mira, PERSONAL, "allow").await.unwrap();
    assert_ne!(work, personal);
    assert_eq!(try_connect_outlook(&world, mira, WORK, "allow").await.unwrap(), work);
    let done = calendar::disconnect(&world.deps, &world.as_user(mira), Which::All).await.unwrap();
    assert_eq!((done.removed, done.not_revoked, done.by_person_only), (2, 0, 2));
}
