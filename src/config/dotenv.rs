//! An optional `.env` in the working folder: NAME=value lines, # comments, optional quotes. Development only.

use std::collections::BTreeMap;

/// The file's settings; none when there is no file or `APP_ENV` in the environment is not development.
pub(super) fn read() -> BTreeMap<String, String> {
    let development = std::env::var("APP_ENV").map_or(true, |text| text.is_empty() || text == "development");
    if !development {
        return BTreeMap::new();
    }
    std::fs::read_to_string(".env").map(|text| parse(&text)).unwrap_or_default()
}

fn parse(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim().trim_start_matches("export ").to_owned(), value.trim().trim_matches(['"', '\'']).to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_quotes_and_export_are_understood() {
        let settings = parse("# a comment\nexport A=1\nB = \"two words\"\n\nC='x=y'\nnothing");
        assert_eq!(
            settings.into_iter().collect::<Vec<_>>(),
            [("A", "1"), ("B", "two words"), ("C", "x=y")].map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
    }
}
