//! What an event type asks whoever books it.

use domain::booking::{Question, QuestionKind};
use leptos::prelude::*;

use crate::components::FieldError;
use crate::context::Form;

/// The names of their fields, in order; there are no more at Calendly.
pub const ANSWERS: [&str; 10] =
    ["answer-0", "answer-1", "answer-2", "answer-3", "answer-4", "answer-5", "answer-6", "answer-7", "answer-8", "answer-9"];

/// A field for each, with what was typed.
#[component]
pub fn Questions(questions: Vec<Question>, form: Form) -> impl IntoView {
    questions.into_iter().zip(ANSWERS).map(|(question, name)| field(question, name, &form)).collect_view()
}

fn field(question: Question, name: &'static str, form: &Form) -> AnyView {
    let typed = form.values.get(name).cloned().unwrap_or_default();
    let first = typed.first().cloned().unwrap_or_default();
    let label = if question.is_required { question.text.clone() } else { format!("{} (if you like)", question.text) };
    let (invalid, described_by) = (form.invalid(name), form.described_by(name, false));
    let error = view! { <FieldError form=form.clone() name=name /> };
    match question.kind {
        QuestionKind::Line | QuestionKind::Phone => {
            let is_phone = question.kind == QuestionKind::Phone;
            let (kind, autocomplete) = if is_phone { ("tel", "tel") } else { ("text", "off") };
            view! {
                <div class="field">
                    <label for=name>{label}</label>
                    <input class="input" id=name name=name type=kind value=first maxlength="1000" autocomplete=autocomplete required=question.is_required aria-invalid=invalid aria-describedby=described_by />
                    {error}
                </div>
            }
            .into_any()
        }
        QuestionKind::Text => view! {
            <div class="field">
                <label for=name>{label}</label>
                <textarea class="input" id=name name=name rows="4" maxlength="1000" required=question.is_required aria-invalid=invalid aria-describedby=described_by>{first}</textarea>
                {error}
            </div>
        }
        .into_any(),
        QuestionKind::One | QuestionKind::Several => {
            let kind = if question.kind == QuestionKind::One { "radio" } else { "checkbox" };
            // A group of boxes has no way to say in HTML that one of them is needed; the server does.
            let is_required = question.is_required && kind == "radio" && !question.has_other;
            let choices = question
                .choices
                .iter()
                .map(|choice| {
                    let is_chosen = typed.contains(choice);
                    view! {
                        <label class="choice">
                            <input type=kind name=name value=choice.clone() checked=is_chosen required=is_required />
                            " "
                            <span>{choice.clone()}</span>
                        </label>
                    }
                })
                .collect_view();
            let other = typed.iter().find(|text| !question.choices.contains(text)).cloned().unwrap_or_default();
            let other = question.has_other.then(|| {
                view! { <label>"Something else " <input class="input" name=name value=other maxlength="1000" autocomplete="off" /></label> }
            });
            view! {
                <fieldset class="field" id=name aria-describedby=described_by><legend>{label}</legend>{choices} {other} {error}</fieldset>
            }
            .into_any()
        }
    }
}
