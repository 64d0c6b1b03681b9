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
use crate::privacy::own_rows::{Cursor, OwnRows};
use crate::privacy::{PrivacyError, store as requests};
use crate::vault::PersonKey;

/// After the tables: what was bought, and the manifest.
const MORE: usize = 2;

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
    for table in &tables {
        writing.table(table).await?;
        // Read once more, for what else is made of it.
        match table.name {
            "calendar_events" => writing.calendar(table).await?,
            "audit_events" => writing.proofs(table).await?,
            _ => {}
        }
        if !writing.step().await? {
            return Ok(());
        }
    }
    let mut tx = deps.begin(op).await?;
    let bought = requests::bought(&mut tx, user).await?;
    tx.rollback().await?;
    writing.packer.file("data/bought.json", &bought.to_string())?;
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
    /// Every row of a table and what it means.
    async fn table(&mut self, table: &'static TableMap) -> Result<(), PrivacyError> {
        let mut tx = self.own.deps.begin(&self.own.op).await?;
        let columns = store::columns(&mut tx, table.name).await?;
        tx.rollback().await?;
        self.packer.file(&format!("schema/{}.json", table.name), &files::schema(table, &columns).to_string())?;
        self.packer.begin(&format!("data/{}.json", table.name))?;
        self.packer.write(b"[")?;
        let (mut cursor, mut separator) = (Cursor::new(table), "\n");
        while let Some(rows) = self.own.next(&mut cursor).await? {
            for row in &rows {
                self.packer.write(separator.as_bytes())?;
                self.packer.write(json!(row).to_string().as_bytes())?;
                separator = ",\n";
            }
            self.put_away().await?;
        }
        self.packer.write(b"\n]\n")?;
        Ok(())
    }

    /// The events, a file for each part of them.
    async fn calendar(&mut self, table: &'static TableMap) -> Result<(), PrivacyError> {
        let (mut events, mut number) = (Cursor::new(table), 1);
        while let Some(rows) = self.own.next(&mut events).await? {
            if !rows.is_empty() {
                self.packer.file(&format!("calendar/{number}.ics"), &files::calendar(&rows, self.own.deps.now()))?;
                self.put_away().await?;
                number += 1;
            }
        }
        Ok(())
    }

    /// Each entry of the audit log with its proof.
    async fn proofs(&mut self, table: &'static TableMap) -> Result<(), PrivacyError> {
        let mut entries = Cursor::new(table);
        while let Some(rows) = self.own.next(&mut entries).await? {
            for entry in rows.iter().filter_map(|row| row.get("id")?.as_str()?.parse::<Uuid>().ok()) {
                let mut tx = self.own.deps.begin(&self.own.op).await?;
                let proof = audit::proof_in(&mut tx, &self.own.deps, entry).await?;
                tx.rollback().await?;
                if let Some(proof) = proof {
                    self.packer.file(&format!("audit/{entry}.tlog-proof"), &proof)?;
                    self.put_away().await?;
                }
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
            enqueue(&mut tx, Job::SendArchiveReady { user: own.user, archive })?;
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
