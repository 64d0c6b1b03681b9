//! `POST /sign-up`

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use domain::accounts::{self, AccountError, PasswordProblem, SignUp, SignUpProblem};

use super::form::{Fields, go};
use super::render::{Extra, render};
use super::reset::mails_too_often;
use crate::middleware::Caller;
use crate::state::AppState;

/// What is wrong with a field, beside the field.
pub(super) fn explain(problems: &[SignUpProblem]) -> Vec<(&'static str, String)> {
    let sentence = |problem: &SignUpProblem| match problem {
        SignUpProblem::Name => ("name", "A name has 1 to 100 characters."),
        SignUpProblem::Email => ("email", "This is not an address mail can be sent to. It looks like name@example.com."),
        SignUpProblem::Password(PasswordProblem::TooShort) => ("password", "Too short. At least 8 characters."),
        SignUpProblem::Password(PasswordProblem::TooLong) => ("password", "Too long. At most 100 characters."),
        SignUpProblem::Password(PasswordProblem::Breached) => {
            ("password", "This one was published after a breach somewhere, and is tried on everybody. Choose another.")
        }
        SignUpProblem::Password(PasswordProblem::PutOutOfUse) => {
            ("password", "This one was taken out of use, because somebody else may know it. Choose another.")
        }
        SignUpProblem::Password(PasswordProblem::TooCommon) => {
            ("password", "This one is among those that are guessed first. Add some words that belong to nobody.")
        }
    };
    problems.iter().map(sentence).map(|(field, text)| (field, text.to_owned())).collect()
}

/// Makes an account. The answer is the same for an address that has one.
pub async fn post(State(state): State<AppState>, Extension(caller): Extension<Caller>, uri: Uri, fields: Fields) -> Response {
    let zone = Some(fields.text("zone")).filter(|zone| !zone.is_empty());
    let form = SignUp { name: fields.text("name"), email: fields.text("email"), password: fields.secret("password"), zone };
    let (status, errors) = match accounts::sign_up(&state.deps, &caller.op, &state.hasher, form).await {
        Ok(()) => return go("/sign-up?sent=1"),
        Err(AccountError::Invalid(problems)) => (StatusCode::UNPROCESSABLE_ENTITY, explain(&problems)),
        Err(AccountError::TooOften(too_often)) => return render(&state, &caller, &uri, mails_too_often(&fields, too_often)).await,
        Err(AccountError::Busy) => {
            (StatusCode::TOO_MANY_REQUESTS, vec![("", "Too many people are signing up right now. Try again in a few seconds.".to_owned())])
        }
        Err(error) => {
            tracing::error!(%error, "sign-up failed");
            return super::render::broken();
        }
    };
    render(&state, &caller, &uri, Extra { form: fields.back(errors), status: Some(status), ..Extra::default() }).await
}
