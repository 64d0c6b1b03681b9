//! The data map: every table and column there is, what it is, why it is kept, for how long, and what becomes of it when somebody leaves. The public
//! page and the record of processing are made from it, and a test holds it against the database.

mod calendars;
mod installation;
mod person;
mod selling;

/// Why it may be kept (GDPR, article 6, 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Somebody asked for it.
    Consent,
    /// What was promised cannot be done without it.
    Contract,
    /// A law wants it.
    LegalObligation,
    /// Keeping others out.
    LegitimateInterest,
    /// It is about nobody.
    NotPersonal,
}

/// For how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// As long as the account.
    Account,
    /// So many days after it is over.
    Days(u16),
    /// As long as the record that it is part of.
    Log,
}

/// Whether its person is given it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exported {
    /// They are.
    Yes,
    /// They are not, because of this.
    No(&'static str),
}

/// What becomes of it when its person leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erased {
    /// The rows go.
    Rows,
    /// What says who it was is noise from then on; as a client elsewhere the row stays.
    KeyDestroyed,
    /// It says nothing any more of whose it was.
    Unlinked,
    /// It stays, because of this.
    Kept(&'static str),
}

/// Something of a person in a column: its name, and what it is.
pub type Kept = (&'static str, &'static str);

/// One table.
#[derive(Debug, Clone, Copy)]
pub struct TableMap {
    /// Its name.
    pub name: &'static str,
    /// What is in it, as people say it.
    pub what: &'static str,
    /// What for.
    pub purpose: &'static str,
    /// Why it may be.
    pub basis: Basis,
    /// For how long.
    pub retention: Retention,
    /// Whether its person is given it.
    pub exported: Exported,
    /// What becomes of it when they leave.
    pub erased: Erased,
    /// Columns that say something of a person.
    pub personal: &'static [Kept],
    /// Those that do not: ids, times, states and counts.
    pub other: &'static [&'static str],
}

impl Basis {
    /// As the public page says it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Consent => "you asked for it",
            Self::Contract => "what you use cannot be done without it",
            Self::LegalObligation => "the law wants it",
            Self::LegitimateInterest => "to keep others out",
            Self::NotPersonal => "about nobody",
        }
    }
}

impl Retention {
    /// As the public page says it.
    pub fn words(self) -> String {
        match self {
            Self::Account => "as long as your account".to_owned(),
            Self::Days(1) => "a day after it is over".to_owned(),
            Self::Days(days) if days >= 2_555 => "seven years".to_owned(),
            Self::Days(days) if days >= 1_095 => "three years".to_owned(),
            Self::Days(365) => "a year".to_owned(),
            Self::Days(days) => format!("{days} days"),
            Self::Log => "as long as the record it is part of".to_owned(),
        }
    }
}

impl Erased {
    /// As the public page says it.
    pub fn words(self) -> String {
        match self {
            Self::Rows => "it goes".to_owned(),
            Self::KeyDestroyed => "who it was cannot be read any more".to_owned(),
            Self::Unlinked => "it says no more whose it was".to_owned(),
            Self::Kept(why) => format!("it stays: {why}"),
        }
    }
}

impl TableMap {
    /// The column that says whose a row is; `None`: it is nobody's by itself.
    pub fn owner(&self) -> Option<&'static str> {
        if self.name == "users" {
            return Some("id");
        }
        ["user_id", "builder_id", "subject_user_id"].into_iter().find(|column| self.has(column))
    }

    /// The column by which rows follow each other; `None`: there are few.
    pub fn key(&self) -> Option<&'static str> {
        self.has("id").then_some("id")
    }

    /// What a row's sealed columns are bound to.
    pub(super) fn place(&self, row: &serde_json::Value) -> Option<uuid::Uuid> {
        let column = if self.has("id") { "id" } else { "user_id" };
        row.get(column)?.as_str()?.parse().ok()
    }

    fn has(&self, column: &str) -> bool {
        self.other.contains(&column) || self.personal.iter().any(|(name, _)| *name == column)
    }
}

/// Every table there is, by what it belongs to.
const PARTS: [&[TableMap]; 4] = [person::TABLES, calendars::TABLES, selling::TABLES, installation::TABLES];

/// Every table there is.
pub fn every_table() -> impl Iterator<Item = &'static TableMap> {
    PARTS.into_iter().flatten()
}
