//! Demo people of a development server with the sandbox: one of each role, with the same password.

use domain::accounts::{self, AccountError, SignUp};
use domain::base::{Actor, Op};
use domain::offers::{self, PageForm, SessionForm};
use domain::scheduling;
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
        let person = accounts::demo::confirm(&state.deps, email, roles).await?;
        if let Some(user) = person.filter(|_| roles.contains(&Role::Builder))
            && let Err(error) = open_shop(state, &op.as_user(user)).await
        {
            tracing::warn!(error, "the demo builder has nothing to sell yet");
        }
    }
    Ok(())
}

/// What the builder among them sells, so that there is something to buy.
async fn open_shop(state: &AppState, op: &Op) -> Result<(), String> {
    let said = |error: &dyn std::error::Error| error.to_string();
    let deps = &state.deps;
    scheduling::connect_calendly(deps, op, sandbox::CALENDLY_TOKEN.to_owned().into()).await.map_err(|error| said(&error))?;
    let page = PageForm {
        slug: "bruno-costa".to_owned(),
        name: "Bruno Costa".to_owned(),
        about: "I have set prices for forty small software companies. You leave with one page: what to charge, what to stop selling, what to test first.".to_owned(),
    };
    offers::save_page(deps, op, page).await.map_err(|error| said(&error))?;
    for (name, title, description, price, policy) in [
        (
            "Consultation",
            "Pricing review",
            "We go through what you sell and what it costs you. Afterwards you get one page with what to charge.",
            "140",
            "flexible",
        ),
        ("Quick question", "Quick question", "One question, one answer, twenty minutes.", "35", "moderate"),
    ] {
        let Some(event_type) = scheduling::find_by_name(deps, op, name).await.map_err(|error| said(&error))? else { continue };
        let form = SessionForm {
            id: None,
            event_type: Some(event_type),
            title: title.to_owned(),
            slug: String::new(),
            description: description.to_owned(),
            price: price.to_owned(),
            currency: "EUR".to_owned(),
            tax: "none".to_owned(),
            policy: policy.to_owned(),
            makes_invoice: false,
        };
        let session = offers::save_session(deps, op, form).await.map_err(|error| said(&error))?;
        offers::set_open(deps, op, session, true).await.map_err(|error| said(&error))?;
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
    println!("  Bruno sells sessions at  /b/bruno-costa ; the test card is 4242 4242 4242 4242");
    println!(
        "  A CalDAV account of the sandbox: {sandbox_url}, user name {}, app password {}",
        sandbox::CALDAV_USERNAME,
        sandbox::APP_PASSWORD
    );
}
