//! Counts what programs ask of `/api/*`, in the statement that answers it.

use serde::Deserialize;

use super::TooOften;
use super::take::{Limit, Rule};
use crate::base::{Deps, Left, Op, Turn, from_json};

/// One request that is counted.
pub(crate) struct Counted<'a> {
    deps: &'a Deps,
    op: &'a Op,
    rule: Rule,
    who: Vec<u8>,
    turn: Turn,
}

/// What the statement counts by.
pub(crate) struct CountsBy<'a> {
    /// Where whoever is nobody is counted; a person is by a bucket of that statement's own (`kairos_enter`).
    pub bucket: &'a [u8],
    /// For how many requests: this one, and those that came while an earlier one was counted.
    pub number: i32,
    /// The rule.
    pub rule: &'a Rule,
}

/// What `kairos_count` said.
#[derive(Deserialize)]
struct Taken {
    granted: i32,
    #[serde(flatten)]
    left: Left,
}

impl<'a> Counted<'a> {
    /// Begins one of whoever is remembered as `who`; `None`: such requests are not counted. A span that is used up stays so until it ends: who is known
    /// here to have nothing left is refused, and nobody asked.
    ///
    /// The outer error is the database's, for another one of theirs.
    pub async fn begin(deps: &'a Deps, op: &'a Op, who: Vec<u8>) -> Result<Result<Option<Self>, TooOften>, sqlx::Error> {
        if !op.is_counted {
            return Ok(Ok(None));
        }
        let address = op.address_pseudonym.as_deref().unwrap_or_default();
        let rule = Rule::new(deps, Limit::RequestsOfClient, address);
        if let Some(resets_at) = deps.used_up.until(&who).filter(|until| *until > deps.now()) {
            return Ok(rule.told(op, Left { remaining: -1, resets_at }, deps.now()).map(|()| None));
        }
        // A session may turn out to be nobody's, who is counted where they are.
        let Some(turn) = deps.counting.turn(&[&who, address].concat()).await else {
            return Err(sqlx::Error::Io(std::io::Error::other("the statement that was to count this request failed")));
        };
        let counted = Self { deps, op, rule, who, turn };
        if let Turn::Counted(left) = &counted.turn
            && left.remaining < 0
        {
            return Ok(counted.told_of(*left).map(|()| None));
        }
        Ok(Ok(Some(counted)))
    }

    /// What the statement answered; where it failed, so do those that it was to count.
    pub fn or_fail<T>(counted: Option<Self>, answer: Result<T, sqlx::Error>) -> Result<(Option<Self>, T), sqlx::Error> {
        match answer {
            Ok(answer) => Ok((counted, answer)),
            Err(error) => {
                if let Some(Self { turn: Turn::Counts(group), .. }) = counted {
                    group.fail();
                }
                Err(error)
            }
        }
    }

    /// `None`: it was counted already, with others.
    pub fn by(&self) -> Option<CountsBy<'_>> {
        match &self.turn {
            Turn::Counts(group) => Some(CountsBy { bucket: &self.rule.bucket, number: group.number(), rule: &self.rule }),
            Turn::Counted(_) => None,
        }
    }

    /// Notes for the reply what is left, and remembers where nothing is. `said`: what the statement counted, as JSON.
    pub fn told(mut self, said: Option<&str>) -> Result<Result<(), TooOften>, sqlx::Error> {
        let left = match (self.turn, said) {
            (Turn::Counts(group), Some(text)) => {
                let Taken { granted, left } = from_json(text)?;
                group.share(granted, left)
            }
            (Turn::Counted(left), _) => left,
            (Turn::Counts(_), None) => return Ok(Ok(())),
        };
        self.turn = Turn::Counted(left);
        Ok(self.told_of(left))
    }

    fn told_of(&self, left: Left) -> Result<(), TooOften> {
        if left.remaining < 0 {
            self.deps.used_up.remember(self.who.clone(), left.resets_at);
        }
        self.rule.told(self.op, left, self.deps.now())
    }
}

/// Counts one of somebody who is nobody, where they are. Without an address there is nobody to count.
pub async fn take_request(deps: &Deps, op: &Op) -> Result<Result<(), TooOften>, sqlx::Error> {
    let Some(client) = op.address_pseudonym.clone() else { return Ok(Ok(())) };
    let counted = match Counted::begin(deps, op, client).await? {
        Ok(counted) => counted,
        Err(too_often) => return Ok(Err(too_often)),
    };
    let answer = match counted.as_ref().and_then(Counted::by) {
        Some(by) => count(deps, by).await.map(Some),
        None => Ok(None),
    };
    let (counted, said) = Counted::or_fail(counted, answer)?;
    counted.map_or(Ok(Ok(())), |counted| counted.told(said.as_deref()))
}

async fn count(deps: &Deps, CountsBy { bucket, number, rule }: CountsBy<'_>) -> Result<String, sqlx::Error> {
    let mut lent = deps.database.lend().await?;
    let said = sqlx::query_scalar!(
        r#"select row_to_json(c)::text as "said!" from kairos_count($1, $2, $3, $4, $5) c"#,
        bucket,
        deps.now(),
        rule.most,
        rule.span,
        number
    )
    .fetch_one(&mut *lent)
    .await?;
    lent.keep();
    Ok(said)
}
