//! Proves that a release holds no sandbox.

use anyhow::{Context, bail};

/// The dependency graph of a build without features must not name the sandbox nor the test helpers.
pub fn run() -> anyhow::Result<()> {
    let output = crate::database::command("cargo")
        .args([
            "tree",
            "--package",
            "kairos",
            "--no-default-features",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p} {f}",
        ])
        .output()
        .context("cargo tree")?;
    if !output.status.success() {
        bail!("cargo tree failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    let tree = String::from_utf8(output.stdout)?;
    if !tree.lines().any(|line| line.starts_with("kairos v")) {
        bail!("cargo tree did not list the server, so nothing was proved");
    }
    for line in tree.lines() {
        let package = line.split(' ').next().unwrap_or_default();
        if package == "sandbox" {
            bail!("a release would hold the sandbox");
        }
        if package == "domain" && line.contains("testing") {
            bail!("a release would hold the test helpers of domain");
        }
    }
    println!("a release holds neither the sandbox nor test helpers");
    Ok(())
}
