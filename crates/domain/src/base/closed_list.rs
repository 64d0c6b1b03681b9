//! Closed lists as the database keeps them; the check constraints mirror the lists.

/// A value of a closed list, out of the column that keeps it.
pub(crate) fn from_closed_list<T: std::str::FromStr>(text: &str, column: &str) -> Result<T, sqlx::Error> {
    text.parse().map_err(|_| sqlx::Error::Decode(format!("{column} holds a value that is not in its list").into()))
}
