//! Where Postgres' programs are.

use std::path::{Path, PathBuf};

/// The folder that holds both `postgres` and `initdb`: `$PG_BIN_DIR` if set, else `PATH`, else the places where Debian
/// (which keeps them off `PATH`) and Homebrew put them, newest version first. `None` when there is none.
pub fn find_binaries() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("PG_BIN_DIR") {
        let folder = PathBuf::from(folder);
        return holds_postgres(&folder).then_some(folder);
    }
    let path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    path.into_iter().chain(packaged()).find(|folder| holds_postgres(folder))
}

fn holds_postgres(folder: &Path) -> bool {
    folder.join("postgres").is_file() && folder.join("initdb").is_file()
}

fn packaged() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for parent in ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"] {
        let Ok(entries) = std::fs::read_dir(parent) else { continue };
        let mut versions: Vec<(u32, PathBuf)> =
            entries.flatten().filter_map(|entry| Some((major_version(&entry.file_name().to_string_lossy())?, entry.path()))).collect();
        versions.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
        found.extend(versions.into_iter().map(|(_, folder)| folder.join("bin")));
    }
    found
}

/// `15` and `postgresql@16` name a version; anything else is another program's folder.
fn major_version(name: &str) -> Option<u32> {
    name.strip_prefix("postgresql@").unwrap_or(name).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_that_name_a_version_are_looked_into() {
        assert_eq!(major_version("15"), Some(15));
        assert_eq!(major_version("postgresql@16"), Some(16));
        assert_eq!(major_version("openssl@3x"), None);
    }
}
