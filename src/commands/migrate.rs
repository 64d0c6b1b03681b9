//! `kairos migrate`: brings the database up to date, as its owner.

use crate::config::{Config, DatabaseConfig};

/// Runs every migration that is missing. Needs `DATABASE_OWNER_URL`; the private database is migrated by `serve`.
pub async fn migrate() -> Result<(), Vec<String>> {
    let config = Config::load().await?;
    let DatabaseConfig::Given { owner: Some(owner), .. } = config.database else {
        return Err(vec!["DATABASE_OWNER_URL is not set: migrations run as the owner of the schema, not as the server's role".to_owned()]);
    };
    schema::migrate(*owner).await.map_err(|error| vec![error.to_string()])?;
    println!("the schema is up to date");
    Ok(())
}
