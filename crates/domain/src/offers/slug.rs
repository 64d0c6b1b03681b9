//! The part of an address that names something, made out of its title.

/// `Pricing review, 60 min` becomes `pricing-review-60-min`; letters that are no ASCII are left out.
pub(super) fn slug(title: &str, most: usize) -> String {
    let mut slug = String::new();
    for letter in title.chars().map(|letter| letter.to_ascii_lowercase()) {
        match letter {
            'a'..='z' | '0'..='9' => slug.push(letter),
            _ if slug.ends_with('-') || slug.is_empty() => {}
            _ => slug.push('-'),
        }
    }
    slug.truncate(most);
    slug.trim_matches('-').to_owned()
}

/// Whether it can be part of an address: small letters, digits, and single hyphens between them.
pub(super) fn is_slug(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len()) && slug(text, most) == text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_an_address_and_an_address_stays_one() {
        assert_eq!(slug("Pricing review, 60 min!", 60), "pricing-review-60-min");
        assert_eq!(slug("Çağrı", 60), "a-r");
        assert_eq!(slug("a very long title", 7), "a-very");
        assert!(is_slug("bruno-costa", 3, 40) && !is_slug("Bruno", 3, 40) && !is_slug("-x-", 3, 40) && !is_slug("a--b", 3, 40));
        assert!(!is_slug("ab", 3, 40));
    }
}
