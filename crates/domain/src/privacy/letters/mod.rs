//! What comes by mail: requests that an admin enters and answers, and legal holds. Of a letter its number is kept, and never what it says.

mod advance;
mod enter;
mod hold;
mod store;

pub use advance::{LetterAct, advance_letter};
pub use enter::{LetterForm, LetterProblem, enter_letter};
pub use hold::{HoldForm, lift_hold, set_hold};
pub(super) use store::held_until;

/// A number under which something is filed, if it is one: letters, digits and a few signs, at most forty.
fn reference(text: &str) -> Option<&str> {
    let text = text.trim();
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_#/.".contains(letter);
    (!text.is_empty() && text.len() <= 40 && text.chars().all(fits)).then_some(text)
}
