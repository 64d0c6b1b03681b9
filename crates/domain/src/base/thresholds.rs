//! How much is too much, where an installation has its own idea of it (`DETECTION`).

use types::Rule;

/// How much is too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// More than so many.
    pub more_than: u32,
    /// Within so many minutes.
    pub minutes: u32,
}

/// The thresholds that were set.
#[derive(Debug, Clone, Default)]
pub struct Thresholds(Vec<(Rule, Threshold)>);

impl Thresholds {
    /// Of `rule=more_than/minutes`, with commas between.
    ///
    /// # Errors
    /// The part that is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let part = |part: &str| {
            let (rule, rest) = part.split_once('=')?;
            let (more_than, minutes) = rest.split_once('/')?;
            let threshold = Threshold { more_than: more_than.trim().parse().ok()?, minutes: minutes.trim().parse().ok()? };
            // What is older than an hour is no reason to wake anybody.
            (1..=60).contains(&threshold.minutes).then_some((rule.trim().parse::<Rule>().ok()?, threshold))
        };
        let parts = text.split(',').map(str::trim).filter(|text| !text.is_empty());
        parts.map(|text| part(text).ok_or_else(|| text.to_owned())).collect::<Result<_, _>>().map(Self)
    }

    /// Of one rule, if it was set; of several times the last counts.
    pub fn set(&self, rule: Rule) -> Option<Threshold> {
        self.0.iter().rev().find(|(other, _)| *other == rule).map(|(_, threshold)| *threshold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_those_that_are_set_and_rubbish_is_named() {
        let set = Thresholds::parse("refused_sign_ins_of_account=25/10, forged_webhooks=0/1").unwrap();
        assert_eq!(set.set(Rule::RefusedSignInsOfAccount), Some(Threshold { more_than: 25, minutes: 10 }));
        assert_eq!(set.set(Rule::RefusedSignInsFromAddress), None);
        for bad in
            ["nothing=1/1", "forged_webhooks", "forged_webhooks=1", "forged_webhooks=x/1", "forged_webhooks=1/0", "forged_webhooks=1/61"]
        {
            assert_eq!(Thresholds::parse(&format!("probing=1/1,{bad}")).unwrap_err(), bad);
        }
    }
}
