//! SQL of accounts, a file a table or two that belong together.

mod openid_identities;
mod passkeys;
mod second_factor;
mod sessions;
mod tokens;
mod users;

pub(in crate::accounts) use openid_identities::*;
pub(in crate::accounts) use passkeys::*;
pub(in crate::accounts) use second_factor::*;
pub(in crate::accounts) use sessions::*;
pub(crate) use tokens::find_token_in;
pub(in crate::accounts) use tokens::{end_tokens, insert_token, use_token};
pub(in crate::accounts) use users::*;
pub(crate) use users::{has_no_password_in, is_locked_in, lock_in};
