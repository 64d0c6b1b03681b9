//! A form field: label, control, what is wrong, a hint. What was typed is kept, except a password.

use leptos::prelude::*;

use super::Icon;
use crate::context::Form;

/// One line of text.
#[component]
pub fn Field(
    /// The form it belongs to, with what was typed and what was wrong.
    form: Form,
    /// Its name.
    name: &'static str,
    /// Its label.
    label: &'static str,
    /// `text`, `email`, `password`, `url`, `time`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What browsers may fill in.
    #[prop(default = "off")]
    autocomplete: &'static str,
    /// What stands in it at first.
    #[prop(default = String::new())]
    value: String,
    /// How it is to be filled in.
    #[prop(default = "")]
    hint: &'static str,
    /// Whether it is the first to be typed into.
    #[prop(default = false)]
    autofocus: bool,
) -> impl IntoView {
    let error = form.error(name);
    let value = if kind == "password" { String::new() } else { form.value(name).unwrap_or(value) };
    let (error_id, hint_id) = (format!("error-{name}"), format!("hint-{name}"));
    let described = match (error.is_some(), hint.is_empty()) {
        (true, true) => Some(error_id.clone()),
        (true, false) => Some(format!("{error_id} {hint_id}")),
        (false, false) => Some(hint_id.clone()),
        (false, true) => None,
    };
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                class="input"
                id=name
                name=name
                type=kind
                value=value
                autocomplete=autocomplete
                autofocus=autofocus || error.is_some()
                required=true
                aria-invalid=error.is_some().then_some("true")
                aria-describedby=described
            />
            {error.map(|text| view! { <p class="error" id=error_id><Icon name="cross" /> <span>{text}</span></p> })}
            {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
        </div>
    }
    .into_any()
}

/// What is wrong with a form as a whole.
#[component]
pub fn FormError(
    /// The form.
    form: Form,
) -> impl IntoView {
    let several = form.errors.iter().filter(|(name, _)| !name.is_empty()).cloned().collect::<Vec<_>>();
    let links = (several.len() > 1).then(|| {
        view! {
            <div class="banner is-bad" role="alert">
                <Icon name="cross" />
                <div>
                    <p>"These need another look:"</p>
                    <ul>{several.into_iter().map(|(name, text)| view! { <li><a href=format!("#{name}")>{text}</a></li> }).collect_view()}</ul>
                </div>
            </div>
        }
    });
    let whole = form.error("").map(|text| {
        view! {
            <div class="banner is-bad" role="alert">
                <Icon name="cross" />
                <p>{text}</p>
            </div>
        }
    });
    (links, whole)
}
