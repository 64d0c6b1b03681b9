//! Texts of others in files that a spreadsheet opens.

/// What somebody typed is text, also where a program takes the first letter for the beginning of a formula (OWASP, CSV injection).
pub fn no_formula(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_typed_is_no_formula() {
        assert_eq!(no_formula("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")");
        assert_eq!((no_formula("@sum"), no_formula("Tomasz")), ("'@sum".to_owned(), "Tomasz".to_owned()));
    }
}
