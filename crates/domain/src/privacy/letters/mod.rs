//! What comes by mail: requests that an admin enters and answers, and legal holds. Of a letter its number is kept, and never what it says.

mod advance;
mod enter;
mod hold;
mod store;

pub use advance::{LetterAct, advance_letter};
pub use enter::{LetterForm, LetterProblem, enter_letter};
pub use hold::{HoldForm, lift_hold, set_hold};
pub(super) use store::held_until;
