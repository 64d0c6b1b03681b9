//! SQL of the room, a file for what belongs together.

mod accounts;
mod event_types;
mod tokens;

pub(crate) use accounts::note_compared_in;
pub(in crate::scheduling) use accounts::{
    AccountRow, SealedAccount, delete_account, find_account, lock_account, note_failure, note_read, put_account,
};
pub(in crate::scheduling) use event_types::*;
pub(in crate::scheduling) use tokens::*;
