//! What is said about settings; never a secret's value.

/// How a setting was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    /// Set, and may be shown.
    Shown(String),
    /// Set, and may not.
    Secret,
    /// Not set: the default holds.
    Default,
}

/// One thing that is wrong: the variable and a sentence about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The variable.
    pub name: &'static str,
    /// Continues the sentence that begins with the name.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.what)
    }
}
