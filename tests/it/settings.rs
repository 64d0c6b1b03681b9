//! Two files, one truth.

/// The values below a table's header, line by line.
fn table(text: &str, header: &str) -> Vec<(String, String)> {
    text.lines()
        .skip_while(|line| line.trim() != header)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(" = "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn leptos_toml_and_the_manifest_agree() {
    let root = env!("CARGO_MANIFEST_DIR");
    let manifest = std::fs::read_to_string(format!("{root}/Cargo.toml")).unwrap();
    let leptos = std::fs::read_to_string(format!("{root}/Leptos.toml")).unwrap();
    let (in_manifest, in_leptos) = (table(&manifest, "[package.metadata.leptos]"), table(&leptos, "[package.metadata.leptos]"));
    assert!(in_leptos.len() >= 4);
    for pair in in_leptos {
        assert!(in_manifest.contains(&pair), "{pair:?}");
    }
}
