//! Writing it: a table after another, so that memory stays flat. Killed on the way, it begins again and leaves nothing behind.

use serde_json::json;
use uuid::Uuid;

use super::files::{self, README};
use super::zip::Packer;
use super::{KEPT, place, store};
use crate::audit;
use crate::base::{Deps, Op};
use crate::jobs::{Job, enqueue};
use crate::privacy::map::TableMap;
use crate::privacy::own_rows::OwnRows;
use crate::privacy::{PrivacyError, store as requests};
use crate::vault::PersonKey;

/// After the tables: events for calendars, proofs, what was bought, and the manifest.
const MORE: usize = 4;

/// Does it, and mails that it is ready. One that is ready or gone is left alone.
pub async fn write_archive(deps: &Deps, op: &Op, archive: Uuid) -> Result<(), PrivacyError> {
    let user = op.user().ok_or(PrivacyError::NotFound)?;
    let tables = OwnRows::tables();
    let mut tx = deps.begin(op).await?;
    if !store::begin(&mut tx, archive, i32::try_from(tables.len() + MORE).unwrap_or(i32::MAX)).await? {
        return Ok(());
    }
    let key = PersonKey::load_in(&mut tx, deps, user).await?;
    tx.commit().await?;
    let own = OwnRows { deps: deps.clone(), op: op.clone(), user, key };
    let mut writing = Writing { own: &own, archive, packer: Packer::new(deps.now()), parts: 0, steps: 0 };
    writing.packer.file("README.txt", README)?;
    let (mut entries, mut has_events) = (Vec::new(), None);
    for table in tables {
        let found = writing.table(table).await?;
        match table.name {
            "audit_events" => entries = found,
            "calendar_events" => has_events = Some(table),
            _ => {}
        }
        if !writing.step().await? {
            return Ok(());
        }
    }
    if let Some(table) = has_events {
        writing.calendar(table).await?;
    }
    writing.step().await?;
    writing.proofs(&entries).await?;
    writing.step().await?;
    let mut tx = deps.begin(op).await?;
    let bought = requests::bought(&mut tx, user, deps.now()).await?;
    tx.rollback().await?;
    writing.packer.file("data/bought.json", &json!(bought["bookings"].as_array().cloned().unwrap_or_default()).to_string())?;
    writing.step().await?;
    Box::pin(writing.finish()).await
}

struct Writing<'a> {
    own: &'a OwnRows,
    archive: Uuid,
    packer: Packer,
    parts: i32,
    steps: i32,
}

impl Writing<'_> {
    /// Every row of a table and what it means. The ids of its rows, where they are few.
    async fn table(&mut self, table: &'static TableMap) -> Result<Vec<Uuid>, PrivacyError> {
        let mut tx = self.own.deps.begin(&self.own.op).await?;
        let columns = store::columns(&mut tx, table.name).await?;
        tx.rollback().await?;
        self.packer.file(&format!("schema/{}.json", table.name), &files::schema(table, &columns).to_string())?;
        self.packer.begin(&format!("data/{}.json", table.name))?;
        self.packer.write(b"[")?;
        let (mut after, mut is_first, mut ids) = (None::<String>, true, Vec::new());
        loop {
            let part = self.own.part(table, after.as_deref()).await?;
            for row in &part.rows {
                self.packer.write(if is_first { b"\n" } else { b",\n" })?;
                self.packer.write(json!(row).to_string().as_bytes())?;
                is_first = false;
                if table.name == "audit_events" && row.get("place").is_some_and(|place| !place.is_null()) {
                    ids.extend(row.get("id").and_then(|id| id.as_str()?.parse::<Uuid>().ok()));
                }
            }
            self.put_away().await?;
            after = part.next;
            if after.is_none() {
                break;
            }
        }
        self.packer.write(b"\n]\n")?;
        Ok(ids)
    }

    /// The events, a thousand a file.
    async fn calendar(&mut self, table: &'static TableMap) -> Result<(), PrivacyError> {
        let (mut after, mut number) = (None::<String>, 1);
        loop {
            let part = self.own.part(table, after.as_deref()).await?;
            if !part.rows.is_empty() {
                self.packer.file(&format!("calendar/{number}.ics"), &files::calendar(&part.rows, self.own.deps.now()))?;
                self.put_away().await?;
            }
            (after, number) = (part.next, number + 1);
            if after.is_none() {
                return Ok(());
            }
        }
    }

    /// Each entry of the audit log with its proof.
    async fn proofs(&mut self, entries: &[Uuid]) -> Result<(), PrivacyError> {
        for entry in entries {
            let mut tx = self.own.deps.begin(&self.own.op).await?;
            let proof = audit::proof_in(&mut tx, &self.own.deps, *entry).await?;
            tx.rollback().await?;
            if let Some(proof) = proof {
                self.packer.file(&format!("audit/{entry}.tlog-proof"), &proof)?;
                self.put_away().await?;
            }
        }
        Ok(())
    }

    /// `false`: it was given up meanwhile.
    async fn step(&mut self) -> Result<bool, PrivacyError> {
        self.steps += 1;
        let mut tx = self.own.deps.begin(&self.own.op).await?;
        let goes_on = store::reached(&mut tx, self.archive, self.steps).await?;
        tx.commit().await?;
        Ok(goes_on)
    }

    async fn put_away(&mut self) -> Result<(), PrivacyError> {
        match self.packer.part() {
            Some(part) => {
                keep(self.own, self.archive, self.parts, &part).await?;
                self.parts += 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    async fn finish(mut self) -> Result<(), PrivacyError> {
        let made_at = self.own.deps.now();
        let files = self.packer.files().to_vec();
        let manifest = json!({ "format": "kairos-archive", "version": 1, "made_at": made_at, "files": files });
        self.packer.file("manifest.json", &serde_json::to_string_pretty(&manifest)?)?;
        self.put_away().await?;
        let Self { own, archive, packer, parts, .. } = self;
        if let Some(rest) = packer.finish()? {
            keep(own, archive, parts, &rest).await?;
        }
        let mut tx = own.deps.begin(&own.op).await?;
        if store::set_ready(&mut tx, archive, made_at, made_at + KEPT).await? {
            enqueue(&mut tx, Job::SendArchiveReady { user: own.user, archive }).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Seals a part and puts it away.
async fn keep(own: &OwnRows, archive: Uuid, number: i32, part: &[u8]) -> Result<(), PrivacyError> {
    let (deps, id) = (&own.deps, own.deps.new_id());
    let sealed = own.key.seal(place(id), part, &*deps.chance);
    let mut tx = deps.begin(&own.op).await?;
    store::insert_part(&mut tx, own.user, archive, (id, number), &sealed, i64::try_from(part.len()).unwrap_or(i64::MAX)).await?;
    tx.commit().await?;
    Ok(())
}
