//! How much work a file may cause. A few bytes of a rule can name a billion instances.

use std::cell::Cell;

/// Instances looked at for one resource: a century of every day, twice.
const RESOURCE: u32 = 80_000;
/// The same for one page of resources.
const PAGE: u32 = 1_500_000;
/// Occurrences kept of one page: four hundred of each resource.
const OCCURRENCES: u32 = 20_000;
/// What a rule costs that was given up because it names no day.
pub(super) const FRUITLESS: u32 = 20_000;

/// What is left, of a page and of the resource that is being read.
#[derive(Debug)]
pub struct Steps {
    page: Cell<u32>,
    resource: Cell<u32>,
    occurrences: Cell<u32>,
}

impl Steps {
    /// For one page.
    pub const fn of_page() -> Self {
        Self { page: Cell::new(PAGE), resource: Cell::new(0), occurrences: Cell::new(OCCURRENCES) }
    }

    /// Begins another resource.
    pub(super) fn begin(&self) {
        self.resource.set(RESOURCE.min(self.page.get()));
    }

    /// Takes `count`; `false` when there are not so many left, and then none are.
    pub(super) fn take(&self, count: u32) -> bool {
        let left = self.resource.get();
        self.page.set(self.page.get().saturating_sub(count));
        self.resource.set(left.saturating_sub(count));
        left >= count
    }

    /// Takes the room of one occurrence; `false` when the page has no more.
    pub(super) fn keep(&self) -> bool {
        let left = self.occurrences.get();
        self.occurrences.set(left.saturating_sub(1));
        left > 0
    }

    #[cfg(test)]
    pub(super) fn left(&self) -> u32 {
        self.page.get()
    }
}
