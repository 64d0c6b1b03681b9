//! Who may do what: one policy table for every route and server function.

use crate::text_enum::text_enum;

text_enum! {
    /// What a person is to this installation. A person may hold several.
    Role {
        /// Has calendars; also a client who books.
        User => "user",
        /// Offers sessions.
        Builder => "builder",
        /// Answers for the installation.
        Admin => "admin",
    }
}

text_enum! {
    /// What a route asks for. Each route names exactly one.
    Permission {
        /// Anyone, signed in or not.
        Public => "public",
        /// Any signed-in person whose email is verified.
        SignedIn => "signed_in",
        /// Reading and changing one's own calendars.
        OwnCalendars => "own_calendars",
        /// The pages of a builder.
        Sell => "sell",
        /// The pages of an admin.
        Administer => "administer",
    }
}

impl Permission {
    /// The policy table. `roles` is empty for a visitor who is not signed in.
    pub fn allows(self, roles: &[Role]) -> bool {
        match self {
            Self::Public => true,
            Self::SignedIn => !roles.is_empty(),
            Self::OwnCalendars => roles.contains(&Role::User),
            Self::Sell => roles.contains(&Role::Builder),
            Self::Administer => roles.contains(&Role::Admin),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_may_only_do_what_is_public() {
        for permission in Permission::ALL {
            assert_eq!(permission.allows(&[]), *permission == Permission::Public, "{permission}");
        }
    }

    #[test]
    fn no_role_opens_another_roles_pages() {
        assert!(!Permission::Administer.allows(&[Role::User, Role::Builder]));
        assert!(!Permission::Sell.allows(&[Role::User, Role::Admin]));
    }
}
