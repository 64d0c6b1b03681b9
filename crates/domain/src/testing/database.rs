//! A database of the test's own, cloned from a template that was migrated once.
//!
//! `cargo xtask with-database -- …` starts one cluster for a whole run and names it in `KAIROS_TEST_CLUSTER` (the superuser's URL). Without
//! it each test process starts a cluster for itself, which is slower and otherwise the same.

use std::os::unix::fs::PermissionsExt;
use std::str::FromStr;

use private_postgres::{Cluster, Durability};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

const TEMPLATE: &str = "kairos_template";
/// How far out of reach jobs for later are, in years.
pub(super) const LATER: i32 = 100;

/// One test's database.
pub struct TestDatabase {
    superuser: PgConnectOptions,
    name: String,
    _own: Option<(Cluster, tempfile::TempDir)>,
}

impl std::fmt::Debug for TestDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TestDatabase").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Migrates the template of a cluster; harmless when it is there.
pub async fn prepare_template(superuser: PgConnectOptions) {
    schema::prepare_private(superuser.clone(), TEMPLATE).await.expect("roles and template");
    schema::migrate(superuser.username(schema::OWNER).database(TEMPLATE)).await.expect("migrations");
}

impl TestDatabase {
    /// Clones the template.
    pub async fn new() -> Self {
        let (superuser, own) = if let Ok(url) = std::env::var("KAIROS_TEST_CLUSTER") {
            (PgConnectOptions::from_str(&url).expect("KAIROS_TEST_CLUSTER is a URL"), None)
        } else {
            let folder = tempfile::Builder::new()
                .prefix("kairos-test")
                .permissions(std::fs::Permissions::from_mode(0o755))
                .tempdir_in("/tmp")
                .expect("a folder");
            let cluster = Cluster::start(&folder.path().join("pg"), Durability::Fleeting).expect("a private Postgres");
            let superuser = PgConnectOptions::from_str(&cluster.superuser_url("postgres")).expect("a URL");
            prepare_template(superuser.clone()).await;
            (superuser, Some((cluster, folder)))
        };
        let mut random = [0_u8; 8];
        crate::base::Chance::fill(&crate::base::OsChance, &mut random);
        let name = format!("t{:016x}", u64::from_le_bytes(random));
        let mut connection = PgConnection::connect_with(&superuser).await.expect("the cluster answers");
        connection
            .execute(AssertSqlSafe(format!("create database {name} template {TEMPLATE} owner {}", schema::OWNER)))
            .await
            .expect("a clone of the template");
        connection.close().await.expect("closed");
        let database = Self { superuser, name, _own: own };
        database.keep_later_jobs_out_of_reach().await;
        database
    }

    /// The queue runs on the database's own clock, and a test's stands still, anywhere. What is put in for later is out of reach until
    /// [`World::step`](super::World::step) finds it due on the test's clock; what is put in for now is due on both.
    async fn keep_later_jobs_out_of_reach(&self) {
        let sql = format!(
            "create function public.out_of_reach() returns trigger language plpgsql as $$
             begin
                 if new.run_at is distinct from now() then
                     new.run_at := new.run_at + make_interval(years => {LATER});
                 end if;
                 return new;
             end
             $$;
             create trigger out_of_reach before insert on graphile_worker._private_jobs for each row execute function public.out_of_reach()"
        );
        let mut connection = PgConnection::connect_with(&self.superuser()).await.expect("the clone answers");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("a trigger");
        connection.close().await.expect("closed");
    }

    /// Cuts every connection and lets none in, as a database that went away.
    pub async fn cut(&self) {
        self.on_cluster(format!("alter database {} with allow_connections false", self.name)).await;
        self.on_cluster(format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}'", self.name)).await;
    }

    /// Lets connections in again.
    pub async fn restore(&self) {
        self.on_cluster(format!("alter database {} with allow_connections true", self.name)).await;
    }

    async fn on_cluster(&self, sql: String) {
        let mut connection = PgConnection::connect_with(&self.superuser).await.expect("the cluster answers");
        connection.execute(AssertSqlSafe(sql)).await.expect("the cluster does it");
    }

    /// As the server's role.
    pub fn server(&self) -> PgConnectOptions {
        self.superuser.clone().username(schema::SERVER).database(&self.name)
    }

    /// As the owner.
    pub fn owner(&self) -> PgConnectOptions {
        self.superuser.clone().username(schema::OWNER).database(&self.name)
    }

    /// As the superuser, for looking behind row-level security.
    pub fn superuser(&self) -> PgConnectOptions {
        self.superuser.clone().database(&self.name)
    }
}
