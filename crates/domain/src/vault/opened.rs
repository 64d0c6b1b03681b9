//! What came of trying everything that is sealed.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a sealed value is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// In which table.
    pub table: String,
    /// In which column.
    pub column: String,
    /// In which row: what the value is bound to.
    pub row: Uuid,
}

/// Values that were tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// How many there were.
    pub values: i64,
    /// Those that do not open.
    pub unreadable: Vec<Sealed>,
}

impl Opened {
    /// Counts one more.
    pub fn count(&mut self, table: &str, column: &str, row: Uuid, opens: bool) {
        self.values += 1;
        if !opens {
            self.unreadable.push(Sealed { table: table.to_owned(), column: column.to_owned(), row });
        }
    }
}
