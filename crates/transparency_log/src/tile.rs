//! The nodes of a tree in tiles of 256 (<https://c2sp.org/tlog-tiles>): a tile of level 0 holds leaves, one of level n the roots of complete
//! tiles of the level below. From them any node is made with at most 255 hashes of one tile.

use std::collections::BTreeMap;

use crate::hash::{Hash, LENGTH};

/// Hashes of a complete tile.
pub const WIDTH: u64 = 256;
/// Levels of the tree that one level of tiles spans.
const HEIGHT: u32 = 8;

/// Where a tile is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// 0: its hashes are leaves.
    pub level: u32,
    /// Its number among those of its level.
    pub index: u64,
}

/// Tiles that are read or were changed.
#[derive(Debug, Clone, Default)]
pub struct Tiles(BTreeMap<Place, Vec<u8>>);

impl Tiles {
    /// With one that was read.
    pub fn insert(&mut self, place: Place, hashes: Vec<u8>) {
        self.0.insert(place, hashes);
    }

    /// The tiles at the right edge of a tree of `size` leaves, which are what more leaves go into; without those that are still empty.
    pub fn edge(size: u64) -> Vec<Place> {
        let levels = (0_u32..8).map(|level| (level, size >> (HEIGHT * level)));
        levels.filter(|(_, hashes)| hashes % WIDTH > 0).map(|(level, hashes)| Place { level, index: hashes / WIDTH }).collect()
    }

    /// Whether a tile at the edge of a tree of `size` leaves is here, with as many hashes as it must have.
    pub fn has_edge_of(&self, place: Place, size: u64) -> bool {
        let hashes = (size >> (HEIGHT * place.level)) % WIDTH;
        self.0.get(&place).is_some_and(|tile| u64::try_from(tile.len() / LENGTH).ok() == Some(hashes))
    }

    /// Puts a leaf at the end of a tree of `size`, into the tiles at its edge, which must be here.
    pub fn push(&mut self, size: u64, leaf: Hash) {
        let (mut place, mut hash) = (Place { level: 0, index: size / WIDTH }, leaf);
        loop {
            let tile = self.0.entry(place).or_default();
            tile.extend_from_slice(&hash.0);
            if tile.len() < LENGTH * usize::try_from(WIDTH).unwrap_or(usize::MAX) {
                return;
            }
            hash = subtree(tile);
            place = Place { level: place.level + 1, index: place.index / WIDTH };
        }
    }

    /// The root of the complete subtree of 2^`height` leaves that begins at leaf `height`-aligned `start`. `None`: its tile is not here.
    pub fn node(&self, height: u32, start: u64) -> Option<Hash> {
        let (place, first, count) = within(height, start);
        let (first, last) = (usize::try_from(first).ok()? * LENGTH, usize::try_from(first + count).ok()? * LENGTH);
        self.0.get(&place)?.get(first..last).map(subtree)
    }
}

impl IntoIterator for Tiles {
    type Item = (Place, Vec<u8>);
    type IntoIter = std::collections::btree_map::IntoIter<Place, Vec<u8>>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Which tile a node is made from, from which of its hashes on, and from how many.
fn within(height: u32, start: u64) -> (Place, u64, u64) {
    let (level, rest) = (height / HEIGHT, height % HEIGHT);
    let index = start >> (HEIGHT * level);
    (Place { level, index: index / WIDTH }, index % WIDTH, 1 << rest)
}

/// The tile that a node is made from.
pub fn place_of(height: u32, start: u64) -> Place {
    within(height, start).0
}

/// The root over a power of two of hashes.
fn subtree(hashes: &[u8]) -> Hash {
    let mut row: Vec<Hash> = Hash::list(hashes).collect();
    while row.len() > 1 {
        row = row.as_chunks::<2>().0.iter().map(|[left, right]| Hash::of_node(*left, *right)).collect();
    }
    row.first().copied().unwrap_or_else(Hash::of_nothing)
}
