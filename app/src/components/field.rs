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
    let value = if kind == "password" { String::new() } else { form.value(name).unwrap_or(value) };
    let (invalid, described_by) = (form.invalid(name), form.described_by(name, !hint.is_empty()));
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
                autofocus=autofocus || invalid.is_some()
                required=true
                aria-invalid=invalid
                aria-describedby=described_by
            />
            <FieldError form=form name=name />
            {(!hint.is_empty()).then(|| view! { <p class="hint" id=format!("hint-{name}")>{hint}</p> })}
        </div>
    }
    .into_any()
}

/// What is wrong with a field, if anything.
#[component]
pub fn FieldError(
    /// The form it belongs to.
    form: Form,
    /// Its name.
    #[prop(into)]
    name: String,
) -> impl IntoView {
    form.error(&name).map(|text| view! { <p class="error" id=format!("error-{name}")><Icon name="cross" /> <span>{text}</span></p> })
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
