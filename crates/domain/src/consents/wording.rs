//! The words that somebody agrees to. One that was shown stays as it is: a change is a version of its own.

use types::ConsentPurpose;

/// What is said before somebody allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wording {
    /// What for.
    pub purpose: ConsentPurpose,
    /// Its version.
    pub version: i32,
    /// The words.
    pub text: &'static str,
}

/// Every one that was ever shown, the newest version of each last.
const WORDINGS: [Wording; 3] = [
    Wording {
        purpose: ConsentPurpose::Calendars,
        version: 1,
        text: "Kairos reads the calendars that you choose: when events begin and end, whether you are busy, and their titles. It keeps them encrypted under a key of your own, changes nothing in them, and shows them to nobody but you; whoever books a session with you sees only which times are free. You can take this back at any time; what was read goes at once, and the provider is told.",
    },
    Wording {
        purpose: ConsentPurpose::Calendly,
        version: 1,
        text: "Kairos uses your account at Calendly: it reads what can be booked and when, books, moves and cancels in your name what somebody paid for here, and says there whether they came. Who books is told to Calendly with name, address and answers. You can take this back at any time; what is booked stands there.",
    },
    Wording {
        purpose: ConsentPurpose::GoogleSignIn,
        version: 1,
        text: "Kairos keeps which account at Google signs you in, and its address. Google learns when you sign in here, and nothing else. You can take this back at any time, and sign in by password or passkey.",
    },
];

impl Wording {
    /// The one that is shown today.
    pub fn newest(purpose: ConsentPurpose) -> Option<&'static Self> {
        WORDINGS.iter().rev().find(|wording| wording.purpose == purpose)
    }

    /// The one of a version.
    pub fn find(purpose: ConsentPurpose, version: i32) -> Option<&'static Self> {
        WORDINGS.iter().find(|wording| wording.purpose == purpose && wording.version == version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_can_be_allowed_has_words_and_no_version_twice() {
        for purpose in ConsentPurpose::ALL {
            let newest = Wording::newest(*purpose).unwrap();
            assert!(newest.text.contains("take this back"), "{purpose}");
            for version in 1..=newest.version {
                assert_eq!(WORDINGS.iter().filter(|wording| wording.purpose == *purpose && wording.version == version).count(), 1);
            }
        }
    }
}
