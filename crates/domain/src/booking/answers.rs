//! What a client says to what the event type asks.

use providers::calendly::{Answer, Question, QuestionKind};

/// As much as is read of one answer, in letters.
const LONGEST: usize = 1_000;

/// What is wrong with an answer. Closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerProblem {
    /// It has to be answered.
    Missing,
    /// It is longer than is read.
    TooLong,
    /// It is none of the choices.
    NotAChoice,
    /// It is no telephone number.
    NotAPhone,
}

/// Reads what was typed to each question, in their order; `Err` names the questions by their place in it.
pub(super) fn read(questions: &[Question], typed: &[Vec<String>]) -> Result<Vec<Answer>, Vec<(usize, AnswerProblem)>> {
    let (mut answers, mut problems) = (Vec::new(), Vec::new());
    for (place, question) in questions.iter().enumerate() {
        let said = typed.get(place).map(Vec::as_slice).unwrap_or_default();
        match read_one(question, said) {
            Ok(Some(answer)) => answers.push(Answer { question: question.text.clone(), answer, position: question.position }),
            Ok(None) => {}
            Err(problem) => problems.push((place, problem)),
        }
    }
    if problems.is_empty() { Ok(answers) } else { Err(problems) }
}

fn read_one(question: &Question, said: &[String]) -> Result<Option<String>, AnswerProblem> {
    let said: Vec<String> = said.iter().map(|text| text.replace("\r\n", "\n").trim().to_owned()).filter(|text| !text.is_empty()).collect();
    if said.is_empty() {
        return if question.is_required { Err(AnswerProblem::Missing) } else { Ok(None) };
    }
    let allows_lines = question.kind == QuestionKind::Text;
    let is_plain = |text: &String| text.chars().all(|letter| !letter.is_control() || (allows_lines && letter == '\n'));
    if said.iter().map(|text| text.chars().count()).sum::<usize>() > LONGEST || !said.iter().all(is_plain) {
        return Err(AnswerProblem::TooLong);
    }
    match question.kind {
        QuestionKind::Line | QuestionKind::Text => Ok(said.into_iter().next()),
        QuestionKind::Phone => {
            let is_number = |text: &String| {
                text.chars().all(|letter| letter.is_ascii_digit() || " +-().".contains(letter))
                    && text.chars().filter(char::is_ascii_digit).count() >= 5
            };
            said.into_iter().next().filter(is_number).map(Some).ok_or(AnswerProblem::NotAPhone)
        }
        QuestionKind::One if said.len() > 1 => Err(AnswerProblem::NotAChoice),
        QuestionKind::One | QuestionKind::Several => {
            let is_offered = said.iter().all(|text| question.has_other || question.choices.contains(text));
            if is_offered { Ok(Some(said.join("\n"))) } else { Err(AnswerProblem::NotAChoice) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(kind: QuestionKind, is_required: bool) -> Question {
        let choices = vec!["Price".to_owned(), "Scope".to_owned()];
        Question { text: "What about?".to_owned(), position: 0, kind, is_required, choices, has_other: false }
    }

    fn said(question: &Question, typed: &[&str]) -> Result<Vec<String>, AnswerProblem> {
        let typed = vec![typed.iter().map(|text| (*text).to_owned()).collect()];
        match read(std::slice::from_ref(question), &typed) {
            Ok(answers) => Ok(answers.into_iter().map(|answer| answer.answer).collect()),
            Err(problems) => Err(problems[0].1),
        }
    }

    #[test]
    fn what_has_to_be_answered_is_and_what_need_not_may_be_left_out() {
        assert_eq!(said(&question(QuestionKind::Line, true), &["  "]), Err(AnswerProblem::Missing));
        assert_eq!(said(&question(QuestionKind::Line, true), &[]), Err(AnswerProblem::Missing));
        assert_eq!(said(&question(QuestionKind::Line, false), &[""]), Ok(vec![]));
        assert_eq!(said(&question(QuestionKind::Line, true), &[" My prices "]), Ok(vec!["My prices".to_owned()]));
    }

    #[test]
    fn only_a_choice_is_a_choice_unless_others_are_let_in() {
        let one = question(QuestionKind::One, true);
        assert_eq!(said(&one, &["Price"]), Ok(vec!["Price".to_owned()]));
        assert_eq!(said(&one, &["Weather"]), Err(AnswerProblem::NotAChoice));
        assert_eq!(said(&one, &["Price", "Scope"]), Err(AnswerProblem::NotAChoice));
        assert_eq!(said(&question(QuestionKind::Several, true), &["Price", "Scope"]), Ok(vec!["Price\nScope".to_owned()]));
        assert_eq!(said(&Question { has_other: true, ..one }, &["Weather"]), Ok(vec!["Weather".to_owned()]));
    }

    #[test]
    fn lines_are_kept_where_there_may_be_several_and_a_number_is_one() {
        assert_eq!(said(&question(QuestionKind::Text, true), &["one\r\ntwo"]), Ok(vec!["one\ntwo".to_owned()]));
        assert_eq!(said(&question(QuestionKind::Line, true), &["one\ntwo"]), Err(AnswerProblem::TooLong));
        assert_eq!(said(&question(QuestionKind::Line, true), &[&"x".repeat(1_001)]), Err(AnswerProblem::TooLong));
        assert_eq!(said(&question(QuestionKind::Phone, true), &["+351 912 345 678"]), Ok(vec!["+351 912 345 678".to_owned()]));
        assert_eq!(said(&question(QuestionKind::Phone, true), &["call me"]), Err(AnswerProblem::NotAPhone));
    }
}
