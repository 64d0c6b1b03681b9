//! What an event type asks its invitee, and what they say.

use serde::{Deserialize, Serialize};

use super::wire::CustomQuestion;

/// As many as an event type may ask at Calendly, and as are asked here.
pub const MOST_QUESTIONS: usize = 10;

/// How a question is answered. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// With a line.
    Line,
    /// With several lines.
    Text,
    /// With a telephone number.
    Phone,
    /// With one of several choices.
    One,
    /// With any of several choices.
    Several,
}

/// Something that is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// In the builder's words: a booking has to repeat them to the letter.
    pub text: String,
    /// Where it stands among the others.
    pub position: i32,
    /// How it is answered.
    pub kind: QuestionKind,
    /// Whether it has to be.
    pub is_required: bool,
    /// What can be chosen.
    pub choices: Vec<String>,
    /// Whether something else can be typed.
    pub has_other: bool,
}

/// What was said to a question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The question, to the letter.
    pub question: String,
    /// What was said; of several choices each on a line.
    pub answer: String,
    /// Where the question stands.
    pub position: i32,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answer")
    }
}

impl CustomQuestion {
    /// `None`: it is not asked any more.
    pub(super) fn into_question(self) -> Option<Result<Question, Unanswerable>> {
        if !self.enabled {
            return None;
        }
        let kind = match self.kind.as_deref() {
            Some("string") | None => QuestionKind::Line,
            Some("text") => QuestionKind::Text,
            Some("phone_number") => QuestionKind::Phone,
            Some("single_select") => QuestionKind::One,
            Some("multi_select") => QuestionKind::Several,
            // One that can be left out is.
            Some(_) => return self.required.then_some(Err(Unanswerable)),
        };
        Some(Ok(Question {
            text: self.name.unwrap_or_default(),
            position: self.position.unwrap_or_default(),
            kind,
            is_required: self.required,
            choices: self.answer_choices.unwrap_or_default(),
            has_other: self.include_other,
        }))
    }
}

/// A kind of question that this program does not know, and that has to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unanswerable;
