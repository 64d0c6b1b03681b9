//! Every path a document names exists.

use std::path::Path;

use anyhow::bail;

/// Folders whose files documents name by their path from the top.
const TOP: &[&str] = &[
    "app/",
    "crates/",
    "deploy/",
    "docs/",
    "end2end/",
    "migrations/",
    "public/",
    "scripts/",
    "src/",
    "style/",
    "tests/",
    "xtask/",
    ".github/",
    ".cargo/",
];

/// Fails with every path that is named, between backquotes, and is not there.
pub fn run() -> anyhow::Result<()> {
    let mut documents: Vec<_> = std::fs::read_dir(".")?.flatten().map(|entry| entry.path()).filter(|path| is_document(path)).collect();
    for folder in ["docs", "docs/adr", "docs/security"] {
        documents.extend(std::fs::read_dir(folder)?.flatten().map(|entry| entry.path()).filter(|path| is_document(path)));
    }
    let mut missing = Vec::new();
    for document in &documents {
        let text = std::fs::read_to_string(document)?;
        for path in named(&text).filter(|path| !Path::new(path).exists()) {
            missing.push(format!("{}: {path}", document.display()));
        }
    }
    if !missing.is_empty() {
        bail!("named in a document and not there:\n{}", missing.join("\n"));
    }
    println!("every path in {} documents is there", documents.len());
    Ok(())
}

fn is_document(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "md")
}

/// The paths of ours between backquotes; what has a placeholder or a space in it is no path.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let quoted = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    quoted.filter(|word| TOP.iter().any(|top| word.starts_with(top)) && !word.contains([' ', '{', '*', '…', '<']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_routes_commands_and_patterns() {
        let text = "`src/main.rs` and `/app/settings`, `cargo xtask`,\n`crates/*/src`, `app/src/`, `tests/it/{name}.rs`";
        assert_eq!(named(text).collect::<Vec<_>>(), ["src/main.rs", "app/src/"]);
    }
}
