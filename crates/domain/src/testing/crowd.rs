//! Many people at once, each with a data key of their own: for what has to hold among many.

use uuid::Uuid;

use super::World;
use crate::vault::{PersonKey, Place};

impl World {
    /// Puts in as many. They have a key and a place, and nothing that anybody could sign in with.
    pub async fn crowd(&self, count: usize) {
        let (mut users, mut keys, mut wrapped) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..count {
            let (user, id): (Uuid, Uuid) = (self.deps.new_id(), self.deps.new_id());
            let (_, row) = PersonKey::make_wrapped(&self.deps, id, Place::new("data_keys", "wrapped", user));
            users.push(user);
            keys.push(id);
            wrapped.push(row.wrapped);
        }
        let behind = self.behind().await;
        sqlx::query(
            "insert into users (id, email_hash, email_sealed, name_sealed, password_hash, created_at)
             select id, decode(replace(id::text, '-', ''), 'hex'), '', '', '', $2 from unnest($1::uuid[]) as x (id)",
        )
        .bind(&users)
        .bind(self.deps.now())
        .execute(&behind)
        .await
        .expect("people");
        sqlx::query(
            "insert into data_keys (id, user_id, master_key_id, wrapped, created_at)
             select x.id, x.user_id, $4, x.wrapped, $5 from unnest($1::uuid[], $2::uuid[], $3::bytea[]) as x (id, user_id, wrapped)",
        )
        .bind(&keys)
        .bind(&users)
        .bind(&wrapped)
        .bind(self.deps.vault.keyring().current().id())
        .bind(self.deps.now())
        .execute(&behind)
        .await
        .expect("keys");
        // As a database that has lived for a while knows it.
        sqlx::raw_sql("analyze users, data_keys").execute(&behind).await.expect("analyzed");
    }
}
