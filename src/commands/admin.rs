//! `kairos admin`: who may administer, by the word of whoever has a shell on the server.

use clap::Subcommand;
use domain::Op;
use domain::accounts::AccountError;
use domain::accounts::administration::{self, Appointed};
use domain::base::Actor;
use secrecy::ExposeSecret;

use super::start::open;
use crate::config::Config;

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Makes somebody an admin: an account that is there, unlocked if it was locked, or a new one.
    Create {
        /// Their email address.
        email: String,
    },
}

/// Does it.
pub async fn admin(command: AdminCommand) -> Result<(), Vec<String>> {
    let AdminCommand::Create { email } = command;
    let config = Config::load().await?;
    let public_origin = config.network.public_origin();
    let (_memory, state) = open(config).await?;
    let op = Op::new(Actor::Operator, state.deps.new_request_id());
    let appointed = administration::appoint(&state.deps, &op, &email).await;
    // Its entries get their seal here, if no server runs.
    let _ = domain::audit::seal(&state.deps).await;
    match appointed {
        Ok(Appointed { link: Some(link), .. }) => {
            println!("The account is made. Set its password within 30 minutes, then set up a second factor:");
            println!("{public_origin}/reset?token={}", link.expose_secret());
            Ok(())
        }
        Ok(Appointed { link: None, .. }) => {
            println!("The account is an admin's from its next request on, and not locked.");
            Ok(())
        }
        Err(AccountError::Refused) => Err(vec![format!("{email} is not an email address")]),
        Err(error) => Err(vec![error.to_string()]),
    }
}
