//! Keeps the rooms of `domain` apart: what a room's code touches must be what its card says.
//!
//! A card is the module doc of `crates/domain/src/<room>/mod.rs`: `Owns:` names its tables, `May touch:` the rooms it may call.
//! A room may hold rooms of its own (`calendar/sync`); what has no card belongs to the room around it. A room and those inside it
//! may touch each other, rooms beside each other only as their cards say.
//! Checked: every `crate::<room>` in a room's code, and every table of `migrations/` named in its SQL.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

const ROOMS: &str = "crates/domain/src";
const PAGE: &str = "docs/rooms.md";

/// What SQL may read across rooms: a table, and the words of the statement that may. A person's own zone; and a notification's connection,
/// which must come with its channel in one statement.
const ACROSS: [(&str, &str); 2] =
    [("users", "select u.time_zone from users u"), ("calendar_connections", "from kairos_enter_channel($1) e")];

#[derive(Debug, Default, PartialEq, Eq)]
struct Card {
    summary: String,
    owns: BTreeSet<String>,
    may_touch: BTreeSet<String>,
    never: String,
    start_at: String,
}

/// Checks every room and writes (or compares) the page.
pub fn run(check: bool) -> anyhow::Result<()> {
    let mut cards = BTreeMap::new();
    let mut files = Vec::new();
    collect(Path::new(ROOMS), None, &mut cards, &mut files)?;
    let tables = tables()?;
    let mut complaints = ownership(&cards, &tables);
    for (room, file) in &files {
        let text = fs::read_to_string(file)?;
        complaints
            .extend(touches(room, &cards[room], &cards, &tables, &text).into_iter().map(|what| format!("{}: {what}", file.display())));
    }
    if !complaints.is_empty() {
        bail!("{}", complaints.join("\n"));
    }
    let page = page(&cards);
    if check {
        if fs::read_to_string(PAGE).ok().as_deref() != Some(&page) {
            bail!("{PAGE} is not up to date: run `cargo xtask rooms` and commit it");
        }
    } else {
        fs::write(PAGE, &page)?;
    }
    println!("{} rooms keep to their cards", cards.len());
    Ok(())
}

/// Finds the cards, and of every file the room it belongs to.
fn collect(
    folder: &Path,
    room: Option<&str>,
    cards: &mut BTreeMap<String, Card>,
    owned: &mut Vec<(String, PathBuf)>,
) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if !path.is_dir() {
            owned.extend(room.map(|room| (room.to_owned(), path)));
            continue;
        }
        let name = path.strip_prefix(ROOMS)?.to_string_lossy().into_owned();
        let text = fs::read_to_string(path.join("mod.rs")).with_context(|| format!("{name} has no mod.rs"))?;
        if room.is_none() || text.lines().any(|line| line.starts_with("//! Owns:")) {
            cards.insert(name.clone(), card(&text).with_context(|| format!("the card of {name}"))?);
            collect(&path, Some(&name), cards, owned)?;
        } else {
            collect(&path, room, cards, owned)?;
        }
    }
    Ok(())
}

/// Whether one of the two is inside the other.
fn holds(one: &str, other: &str) -> bool {
    let inside = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'));
    inside(one, other) || inside(other, one)
}

/// The innermost room that a path after `crate::` goes into.
fn target(path: &str, cards: &BTreeMap<String, Card>) -> Option<String> {
    let mut found = None;
    let mut room = String::new();
    for segment in path.split("::") {
        let name: String = segment.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        room = if room.is_empty() { name.clone() } else { format!("{room}/{name}") };
        if !cards.contains_key(&room) {
            break;
        }
        found = Some(room.clone());
        if name.len() != segment.len() {
            break;
        }
    }
    found
}

fn card(text: &str) -> anyhow::Result<Card> {
    let doc: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
    let field =
        |name: &str| doc.iter().find_map(|line| line.strip_prefix(name)).map(str::trim).with_context(|| format!("no `{name}` line"));
    let list =
        |text: &str| text.split(',').map(str::trim).filter(|word| !word.is_empty() && !word.starts_with('(')).map(str::to_owned).collect();
    Ok(Card {
        summary: doc.first().copied().unwrap_or_default().to_owned(),
        owns: list(field("Owns:")?),
        may_touch: list(field("May touch:")?),
        never: field("Never:")?.to_owned(),
        start_at: field("Start at:")?.to_owned(),
    })
}

/// Every table must have exactly one owner, and every room touched must exist and not touch back.
fn ownership(cards: &BTreeMap<String, Card>, tables: &BTreeSet<String>) -> Vec<String> {
    let mut complaints = Vec::new();
    for table in tables {
        let owners: Vec<&String> = cards.iter().filter(|(_, card)| card.owns.contains(table)).map(|(name, _)| name).collect();
        if owners.len() != 1 {
            complaints.push(format!("table {table} has {} owners: {owners:?}", owners.len()));
        }
    }
    for (name, card) in cards {
        complaints.extend(
            card.owns.iter().filter(|table| !tables.contains(*table)).map(|table| format!("{name} owns {table}, which no migration makes")),
        );
        for other in &card.may_touch {
            match cards.get(other) {
                None => complaints.push(format!("{name} may touch {other}, which does not exist")),
                // Base and vault hand each other their types: Deps holds the vault, the vault works in a Tx.
                Some(back)
                    if back.may_touch.contains(name)
                        && !matches!((name.as_str(), other.as_str()), ("base", "vault") | ("vault", "base")) =>
                {
                    complaints.push(format!("{name} and {other} touch each other"));
                }
                Some(_) => {}
            }
        }
    }
    complaints
}

fn touches(room: &str, card: &Card, cards: &BTreeMap<String, Card>, tables: &BTreeSet<String>, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        let path = text[at + 7..].split(|c: char| c != ':' && c != '_' && !c.is_ascii_alphanumeric()).next().unwrap_or_default();
        let group = text[at + 7 + path.len()..].strip_prefix('{').and_then(|rest| rest.split('}').next()).unwrap_or_default();
        for item in group.split(',') {
            let Some(name) = target(&format!("{path}{}", item.trim()), cards) else { continue };
            if name != room && !holds(&name, room) && !card.may_touch.contains(&name) {
                complaints.push(format!("touches {name}, which its card does not allow"));
            }
        }
    }
    // The test helpers look into every table, as nobody else may.
    let helper = card.summary.starts_with("Testing:");
    for table in tables.iter().filter(|table| !card.owns.contains(*table) && !helper) {
        for keyword in ["from ", "into ", "update ", "join "] {
            let needle = format!("{keyword}{table}");
            let named = text
                .match_indices(&needle)
                .any(|(at, _)| !text[at + needle.len()..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
            let excused = ACROSS.iter().any(|(known, statement)| table == known && text.contains(statement));
            if named && !excused {
                complaints.push(format!("names the table {table}, which another room owns"));
            }
        }
    }
    complaints
}

fn tables() -> anyhow::Result<BTreeSet<String>> {
    let mut tables = BTreeSet::new();
    for file in files(Path::new("migrations"))? {
        for line in fs::read_to_string(file)?.lines() {
            if let Some(rest) = line.strip_prefix("create table ") {
                tables.insert(rest.split([' ', '(']).next().unwrap_or_default().to_owned());
            }
        }
    }
    Ok(tables)
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

fn page(cards: &BTreeMap<String, Card>) -> String {
    let mut page = "# Rooms\n\nMade by `cargo xtask rooms` from the card in each room's `mod.rs`; the same command checks the code against them.\n\n| room | what it is | owns | may touch | never | start at |\n| --- | --- | --- | --- | --- | --- |\n".to_owned();
    let join =
        |names: &BTreeSet<String>| if names.is_empty() { "–".to_owned() } else { names.iter().cloned().collect::<Vec<_>>().join(", ") };
    for (name, card) in cards {
        let summary = card.summary.split_once(": ").map_or(card.summary.as_str(), |(_, rest)| rest);
        let _ = writeln!(
            page,
            "| `{name}` | {summary} | {} | {} | {} | {} |",
            join(&card.owns),
            join(&card.may_touch),
            card.never,
            card.start_at
        );
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cards() -> BTreeMap<String, Card> {
        let audit = card("//! Audit: what happened\n//! Owns: audit_events\n//! May touch: base\n//! Never: x\n//! Start at: y").unwrap();
        let base = card("//! Base: all\n//! Owns: (no table)\n//! May touch: \n//! Never: x\n//! Start at: y").unwrap();
        let calendar = card("//! Calendar: time\n//! Owns: calendars\n//! May touch: base\n//! Never: x\n//! Start at: y").unwrap();
        BTreeMap::from([("audit".to_owned(), audit), ("base".to_owned(), base), ("calendar".to_owned(), calendar)])
    }

    fn complaints(text: &str) -> usize {
        let cards = cards();
        let tables = BTreeSet::from(["audit_events".to_owned(), "calendars".to_owned()]);
        touches("calendar", &cards["calendar"], &cards, &tables, text).len()
    }

    #[test]
    fn a_room_that_calls_what_its_card_does_not_name_is_caught() {
        assert_eq!(complaints("use crate::base::Tx;"), 0);
        assert_eq!(complaints("crate::audit::append(&mut tx)"), 1);
    }

    #[test]
    fn a_room_inside_a_room_needs_the_word_of_its_card_for_its_neighbours_only() {
        let mut cards = cards();
        for name in ["sync", "push"] {
            let text = format!("//! {name}: x\n//! Owns: (no table)\n//! May touch: base\n//! Never: x\n//! Start at: y");
            cards.insert(format!("calendar/{name}"), card(&text).unwrap());
        }
        let complaints = |text: &str| touches("calendar/sync", &cards["calendar/sync"], &cards, &BTreeSet::new(), text);
        assert!(complaints("use crate::calendar::CalendarError; pub(in crate::calendar) fn f(); use crate::base::Tx;").is_empty());
        assert_eq!(complaints("crate::calendar::push::receive()"), ["touches calendar/push, which its card does not allow"]);
        assert_eq!(complaints("use crate::calendar::{CalendarError, push};"), ["touches calendar/push, which its card does not allow"]);
        assert_eq!(complaints("crate::audit::append()"), ["touches audit, which its card does not allow"]);
    }

    #[test]
    fn a_room_that_reads_another_rooms_table_is_caught() {
        assert_eq!(complaints("select id from calendars where"), 0);
        assert_eq!(complaints("select id from audit_events where"), 1);
    }

    #[test]
    fn a_table_without_an_owner_is_caught() {
        let tables = BTreeSet::from(["audit_events".to_owned(), "calendars".to_owned(), "orphans".to_owned()]);
        assert_eq!(ownership(&cards(), &tables), ["table orphans has 0 owners: []"]);
    }
}
