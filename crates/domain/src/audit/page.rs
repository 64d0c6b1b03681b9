//! What the pages of the log read: a part of the page's one statement, which also writes that somebody looked.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use transparency_log::proof::Path;
use transparency_log::tile::{Place, Tiles};
use transparency_log::{Hash, Proof};
use uuid::Uuid;

use super::store::{self, EventRow};
use super::{Action, AuditError, Event, open_head, signing_key};
use crate::base::{Deps, Tx, bytea, from_json, list};

/// Entries of a page.
pub const PAGE: usize = ENTRIES.unsigned_abs() as usize;
pub(crate) const ENTRIES: i32 = 50;

/// How far back the chart reaches, whatever is searched.
const CHART: TimeDelta = TimeDelta::days(90);

/// Which entries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Not before.
    pub since: Option<DateTime<Utc>>,
    /// Before this place.
    pub before: Option<u64>,
    /// `user`, `job`, `visitor`, `operator`.
    pub actor_kind: Option<String>,
    /// The kind of thing.
    pub resource_kind: Option<String>,
    /// `succeeded`, `failed`, `refused`.
    pub outcome: Option<String>,
    /// The beginning of an action, or an id.
    pub text: Option<String>,
}

impl Filter {
    /// What `kairos_audit_page` takes.
    pub(crate) fn to_json(&self, now: DateTime<Utc>) -> Value {
        let is_short = self.since.is_some_and(|since| now - since <= TimeDelta::days(3));
        let mut filter = json!({ "bucket": if is_short { "1 hour" } else { "1 day" }, "chart_since": now - CHART });
        let given = [
            ("since", self.since.map(|since| json!(since))),
            ("before", self.before.map(|before| json!(before))),
            ("actor_kind", self.actor_kind.as_ref().map(|kind| json!(kind))),
            ("resource_kind", self.resource_kind.as_ref().map(|kind| json!(kind))),
            ("outcome", self.outcome.as_ref().map(|outcome| json!(outcome))),
            ("text", self.text.as_ref().map(|text| json!(text))),
        ];
        for (name, value) in given {
            if let Some(value) = value {
                filter[name] = value;
            }
        }
        filter
    }
}

/// What a page shows of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A list.
    Entries(Filter),
    /// One entry with its proof.
    Entry(u64),
}

impl Wanted {
    /// The entry that is written because somebody looked.
    pub(crate) fn event(&self) -> Event {
        match self {
            Self::Entries(filter) => Event::of_installation(Action::AuditSearched)
                .with(json!({ "has_text": filter.text.is_some(), "outcome": filter.outcome, "resource_kind": filter.resource_kind })),
            Self::Entry(place) => Event::of_installation(Action::AuditEntryRead).with(json!({ "place": place })),
        }
    }
}

/// The log, and the entries that were asked for.
#[derive(Debug, Clone, Deserialize)]
pub struct AuditPage {
    /// What is sealed; `None`: nothing yet.
    pub tree: Option<SealedTree>,
    /// When the first entry was written.
    pub first_at: Option<DateTime<Utc>>,
    /// How many entries wait for their seal.
    pub waiting: i64,
    /// The last time all of it was checked, or is being checked.
    pub verification: Option<Verification>,
    /// Where checkpoints are kept elsewhere.
    #[serde(deserialize_with = "list")]
    pub copies: Vec<Copied>,
    /// How many entries were found in each stretch, oldest first; stretches without any are left out.
    #[serde(deserialize_with = "list")]
    pub chart: Vec<Bar>,
    /// Newest first.
    #[serde(deserialize_with = "list")]
    pub entries: Vec<Listed>,
    /// The public key, as text.
    #[serde(skip)]
    pub key: String,
}

/// How much is sealed.
#[derive(Debug, Clone, Deserialize)]
pub struct SealedTree {
    /// The name of the log.
    pub origin: String,
    /// Entries.
    pub size: i64,
    /// When the last one was.
    pub sealed_at: DateTime<Utc>,
}

/// One check of the whole log.
#[derive(Debug, Clone, Deserialize)]
pub struct Verification {
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// When it began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Entries there were.
    pub size: i64,
    /// Entries that were checked so far.
    pub checked: i64,
    /// Those of whom it is not said any more who they are about.
    pub erased: i64,
    /// What was wrong first.
    pub finding: Option<String>,
    /// With which key.
    pub key_fingerprint: Option<String>,
}

/// The last checkpoint that was kept at one destination.
#[derive(Debug, Clone, Deserialize)]
pub struct Copied {
    /// `folder`, `mail` or `address`.
    pub destination: String,
    /// Of how many entries.
    pub size: Option<i64>,
    /// When.
    pub copied_at: Option<DateTime<Utc>>,
    /// When it last failed.
    pub failed_at: Option<DateTime<Utc>>,
    /// Why, as a code.
    pub failure: Option<String>,
}

/// One stretch of the chart.
#[derive(Debug, Clone, Deserialize)]
pub struct Bar {
    /// When it begins.
    pub begins_at: DateTime<Utc>,
    /// Entries in it.
    pub entries: i64,
    /// Those that say that something was refused.
    pub refused: i64,
}

/// An entry in a list.
#[derive(Debug, Clone, Deserialize)]
pub struct Listed {
    /// Its id.
    pub id: Uuid,
    /// Its place; `None`: it waits for its seal.
    pub place: Option<i64>,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// Who, as a kind.
    pub actor_kind: String,
    /// Who, if it was a person.
    pub actor_id: Option<Uuid>,
    /// What.
    pub action: String,
    /// On what.
    pub resource_id: Option<Uuid>,
    /// How it ended.
    pub outcome: String,
    /// From where: a keyed hash, in hexadecimal.
    pub address_pseudonym: Option<String>,
}

/// What `kairos_audit_entry` returns.
#[derive(Debug, Deserialize)]
struct EntryRows {
    entry: EventRow,
    size: i64,
    checkpoint: String,
    #[serde(deserialize_with = "list")]
    tiles: Vec<TileRow>,
}

#[derive(Debug, Deserialize)]
struct TileRow {
    level: u32,
    index: u64,
    #[serde(deserialize_with = "bytea")]
    hashes: Vec<u8>,
}

/// One entry, and its proof as it was computed for this page.
#[derive(Debug, Clone)]
pub struct EntryPage {
    /// Its place.
    pub place: u64,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// What it says, by name.
    pub facts: Vec<(&'static str, String)>,
    /// Codes and counts.
    pub detail: BTreeMap<String, Value>,
    /// The hash of its leaf.
    pub leaf_hash: Hash,
    /// Entries under the head.
    pub size: u64,
    /// The root that the hashes lead to.
    pub root: Option<Hash>,
    /// The hashes.
    pub proof: Proof,
    /// Whether the root they lead to is the one that is signed.
    pub is_proved: bool,
}

impl EntryPage {
    /// From what the statement returned. `None`: it is not whole.
    fn of(deps: &Deps, rows: EntryRows) -> Option<Self> {
        let (entry, opened) = rows.entry.sealed()?;
        let (place, size) = (u64::try_from(rows.entry.place?).ok()?, u64::try_from(rows.size).ok()?);
        let mut tiles = Tiles::default();
        for tile in rows.tiles {
            tiles.insert(Place { level: tile.level, index: tile.index }, tile.hashes);
        }
        // Tiles that are not there prove nothing.
        let hashes = Path::of_leaf(place, size)?.hashes(&tiles).unwrap_or_default();
        let leaf = entry.leaf();
        let leaf_hash = Hash::of_leaf(leaf.as_bytes());
        let root = transparency_log::proof::root_of_leaf(leaf_hash, place, size, &hashes);
        let signed_root = open_head(deps, &rows.checkpoint).map(|head| head.root);
        let is_about_whom_it_says = opened.as_ref().is_none_or(|(salt, personal)| personal.commitment(salt) == entry.commitment);
        let person = |id: Option<Uuid>| id.map(|id| id.to_string());
        let is_erased = opened.is_none();
        let facts = [
            ("Action", Some(entry.action.clone())),
            ("Outcome", Some(entry.outcome.clone())),
            ("Actor", Some(entry.actor_kind.clone())),
            ("Person who acted", person(rows.entry.actor_id)),
            ("About", if is_erased { Some("not said any more".to_owned()) } else { person(rows.entry.subject_user_id) }),
            ("On", person(rows.entry.resource_id)),
            ("Address", rows.entry.address_pseudonym.as_ref().map(hex::encode)),
            ("Request", (!is_erased).then(|| rows.entry.request_id.to_string())),
            ("Entry id", Some(entry.id.to_string())),
        ];
        let detail = match entry.detail {
            Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
            _ => BTreeMap::new(),
        };
        Some(Self {
            place,
            occurred_at: entry.occurred_at,
            facts: facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            detail,
            leaf_hash,
            size,
            root,
            is_proved: is_about_whom_it_says && root.is_some() && root == signed_root,
            proof: Proof { leaf: Some(leaf), index: place, hashes, checkpoint: rows.checkpoint },
        })
    }
}

/// What was read of the log.
#[derive(Debug, Clone)]
pub(crate) enum Read {
    /// A list.
    Entries(Box<AuditPage>),
    /// One entry.
    Entry(Box<EntryPage>),
}

/// From what the statement returned. `None`: there is no such entry, or whoever asked is no admin.
pub(crate) fn read(deps: &Deps, wanted: &Wanted, text: Option<&str>) -> Result<Option<Read>, serde_json::Error> {
    let Some(text) = text else { return Ok(None) };
    match wanted {
        Wanted::Entries(_) => {
            let mut page: Box<AuditPage> = serde_json::from_str(text)?;
            let origin = page.tree.as_ref().map_or(&deps.settings.audit.origin, |tree| &tree.origin);
            page.key = signing_key(deps, origin).map(|key| key.verifier().to_string()).unwrap_or_default();
            Ok(Some(Read::Entries(page)))
        }
        Wanted::Entry(_) => Ok(EntryPage::of(deps, serde_json::from_str(text)?).map(|page| Read::Entry(Box::new(page)))),
    }
}

/// What proves an entry, in the form of https://c2sp.org/tlog-proof. `None`: it is not sealed, or what is there proves nothing. `tx` must
/// be allowed to read everybody's entries.
pub(crate) async fn proof_in(tx: &mut Tx, deps: &Deps, entry: Uuid) -> Result<Option<String>, AuditError> {
    let Some(text) = store::proof_rows(tx, entry).await? else { return Ok(None) };
    Ok(EntryPage::of(deps, from_json(&text)?).filter(|page| page.is_proved).map(|page| page.proof.to_text()))
}
