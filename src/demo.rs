//! Demo people of a development server with the sandbox: one of each role, with the same password.

use domain::accounts::{self, AccountError, SignUp};
use domain::base::{Actor, Op};
use types::Role;

use crate::state::AppState;

/// The password of all three. Not a secret: the stand-ins hold nothing.
const PASSWORD: &str = "daylight-falls-through";

const PEOPLE: &[(&str, &str, &[Role])] = &[
    ("Noor Haddad", "noor@kairos.example", &[Role::User]),
    ("Bruno Costa", "bruno@kairos.example", &[Role::User, Role::Builder]),
    ("Ada Lindqvist", "ada@kairos.example", &[Role::User, Role::Admin]),
];

/// Makes the people who are not there yet.
pub async fn seed(state: &AppState) -> Result<(), AccountError> {
    for (name, email, roles) in PEOPLE {
        if accounts::demo::confirm(&state.deps, email, roles).await?.is_some() {
            continue;
        }
        let op = Op::new(Actor::Operator, state.deps.new_request_id());
        let form = SignUp {
            name: (*name).to_owned(),
            email: (*email).to_owned(),
            password: PASSWORD.to_owned().into(),
            zone: Some("Europe/Lisbon".to_owned()),
        };
        accounts::sign_up(&state.deps, &op, &state.hasher, form).await?;
        accounts::demo::confirm(&state.deps, email, roles).await?;
    }
    Ok(())
}

/// Says who they are.
pub fn introduce(sandbox_url: &str) {
    println!("  Sign in as one of these, or make an account of your own; the password is  {PASSWORD}");
    for (name, email, roles) in PEOPLE {
        let roles = roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
        println!("    {email:<24} {name} ({roles})");
    }
    println!(
        "  A CalDAV account of the sandbox: {sandbox_url}, user name {}, app password {}",
        sandbox::CALDAV_USERNAME,
        sandbox::APP_PASSWORD
    );
}
