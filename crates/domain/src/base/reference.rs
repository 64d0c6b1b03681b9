//! Numbers under which something is filed elsewhere: a ticket, a letter, a case.

/// A number, if it is one: letters, digits and a few signs, at most forty. Names of people do not fit.
pub(crate) fn reference(text: &str) -> Option<&str> {
    let text = text.trim();
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_#/.".contains(letter);
    (!text.is_empty() && text.len() <= 40 && text.chars().all(fits)).then_some(text)
}
