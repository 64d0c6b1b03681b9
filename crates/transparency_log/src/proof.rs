//! That a leaf is in a tree, and that a tree is the beginning of another (RFC 9162, sections 2.1.3 and 2.1.4).

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::hash::Hash;
use crate::note::NoteError;
use crate::succession::Keys;
use crate::tile::{self, Place, Tiles};

/// The first line of a proof as text.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// A stretch of leaves that is one side of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stretch {
    start: u64,
    length: u64,
}

/// The hashes that lead from a leaf, or from the root of a smaller tree, to the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(Vec<Stretch>);

impl Path {
    /// From leaf `index` of a tree of `size` leaves, the nearest first. `None`: there is no such leaf.
    pub fn of_leaf(index: u64, size: u64) -> Option<Self> {
        if index >= size {
            return None;
        }
        let (mut path, mut start, mut length) = (Vec::new(), 0, size);
        while length > 1 {
            let left = left_of(length);
            let (other, descends_left) = if index < start + left {
                (Stretch { start: start + left, length: length - left }, true)
            } else {
                (Stretch { start, length: left }, false)
            };
            path.push(other);
            (start, length) = if descends_left { (start, left) } else { (start + left, length - left) };
        }
        path.reverse();
        Some(Self(path))
    }

    /// From a tree of `old` leaves to one of `new`. `None`: the second is not larger, or the first is empty.
    pub fn between(old: u64, new: u64) -> Option<Self> {
        if old == 0 || old >= new {
            return None;
        }
        let (mut path, mut start, mut length, mut is_whole) = (Vec::new(), 0, new, true);
        // `old` always ends within the stretch.
        while start + length != old {
            let left = left_of(length);
            if old <= start + left {
                path.push(Stretch { start: start + left, length: length - left });
                length = left;
            } else {
                path.push(Stretch { start, length: left });
                (start, length, is_whole) = (start + left, length - left, false);
            }
        }
        if !is_whole {
            path.push(Stretch { start, length });
        }
        path.reverse();
        Some(Self(path))
    }

    /// The tiles that it is made from, each once.
    pub fn tiles(&self) -> Vec<Place> {
        let mut places: Vec<_> =
            self.0.iter().flat_map(|stretch| parts(*stretch)).map(|(height, start)| tile::place_of(height, start)).collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Its hashes. `None`: a tile is missing.
    pub fn hashes(&self, tiles: &Tiles) -> Option<Vec<Hash>> {
        let root = |stretch: &Stretch| {
            let mut roots = parts(*stretch).into_iter().rev().map(|(height, start)| tiles.node(height, start));
            let smallest = roots.next()??;
            roots.try_fold(smallest, |right, left| Some(Hash::of_node(left?, right)))
        };
        self.0.iter().map(root).collect()
    }
}

/// The leaves of the left side of a node over `length` leaves: the largest power of two that is smaller.
const fn left_of(length: u64) -> u64 {
    1 << (u64::BITS - 1 - (length - 1).leading_zeros())
}

/// The complete subtrees of a stretch, by height and first leaf, the largest first.
fn parts(stretch: Stretch) -> Vec<(u32, u64)> {
    let (mut parts, mut start, end) = (Vec::new(), stretch.start, stretch.start + stretch.length);
    while start < end {
        let height = u64::BITS - 1 - (end - start).leading_zeros();
        parts.push((height, start));
        start += 1 << height;
    }
    parts
}

/// The root that `path` leads to from `leaf` at `index` of a tree of `size` leaves. `None`: the path is too short or too long.
pub fn root_of_leaf(leaf: Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut position, mut last, mut root) = (index, size - 1, leaf);
    for hash in path {
        if last == 0 {
            return None;
        }
        if position & 1 == 1 || position == last {
            root = Hash::of_node(*hash, root);
            while position & 1 == 0 && position != 0 {
                (position, last) = (position >> 1, last >> 1);
            }
        } else {
            root = Hash::of_node(root, *hash);
        }
        (position, last) = (position >> 1, last >> 1);
    }
    (last == 0).then_some(root)
}

/// Whether the tree of `old` leaves with `old_root` is the beginning of the one of `new` leaves with `new_root`.
pub fn is_beginning(old: u64, old_root: Hash, new: u64, new_root: Hash, path: &[Hash]) -> bool {
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    if old == 0 || old > new {
        return false;
    }
    let mut path = path.iter().copied();
    let (mut position, mut last) = (old - 1, new - 1);
    while position & 1 == 1 {
        (position, last) = (position >> 1, last >> 1);
    }
    let Some(first) = (if old.is_power_of_two() { Some(old_root) } else { path.next() }) else { return false };
    let (mut of_old, mut of_new) = (first, first);
    for hash in path {
        if last == 0 {
            return false;
        }
        if position & 1 == 1 || position == last {
            (of_old, of_new) = (Hash::of_node(hash, of_old), Hash::of_node(hash, of_new));
            while position & 1 == 0 && position != 0 {
                (position, last) = (position >> 1, last >> 1);
            }
        } else {
            of_new = Hash::of_node(of_new, hash);
        }
        (position, last) = (position >> 1, last >> 1);
    }
    last == 0 && of_old == old_root && of_new == new_root
}

/// That an entry is in the log, for somebody who has the entry and the public key. As text: <https://c2sp.org/tlog-proof>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The bytes of the leaf itself, so that the file alone is enough.
    pub leaf: Option<String>,
    /// The entry's place.
    pub index: u64,
    /// From it to the root.
    pub hashes: Vec<Hash>,
    /// The signed head, whole.
    pub checkpoint: String,
}

impl Proof {
    /// As text.
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEADER}\n");
        if let Some(leaf) = &self.leaf {
            let _ = writeln!(text, "extra {}", STANDARD.encode(leaf));
        }
        let _ = writeln!(text, "index {}", self.index);
        for hash in &self.hashes {
            let _ = writeln!(text, "{hash}");
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// From text. `None`: it is no proof.
    pub fn parse(text: &str) -> Option<Self> {
        let (head, checkpoint) = text.split_once("\n\n")?;
        let mut lines = head.lines();
        if lines.next() != Some(HEADER) {
            return None;
        }
        let mut line = lines.next()?;
        let mut leaf = None;
        if let Some(extra) = line.strip_prefix("extra ") {
            leaf = Some(String::from_utf8(STANDARD.decode(extra).ok()?).ok()?);
            line = lines.next()?;
        }
        let index = line.strip_prefix("index ")?.parse().ok()?;
        let hashes = lines.map(|line| line.parse().ok()).collect::<Option<_>>()?;
        Some(Self { leaf, index, hashes, checkpoint: checkpoint.to_owned() })
    }
}

impl Proof {
    /// The entry's leaf, if it is in the log that these keys sign.
    pub fn check(&self, keys: &Keys) -> Result<&str, ProofError> {
        let leaf = self.leaf.as_deref().ok_or(ProofError::NoLeaf)?;
        let head = keys.open(&self.checkpoint)?;
        let root = root_of_leaf(Hash::of_leaf(leaf.as_bytes()), self.index, head.size, &self.hashes);
        if root == Some(head.root) { Ok(leaf) } else { Err(ProofError::NotInLog) }
    }
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The entry does not come with it.
    #[error("the proof comes without its entry")]
    NoLeaf,
    /// The head is not signed by the key.
    #[error("its checkpoint is not accepted: {0}")]
    Checkpoint(#[from] NoteError),
    /// The hashes do not lead to the signed root.
    #[error("the entry is not in the log")]
    NotInLog,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tree::Tree;

    /// Tiles as a store has them, and the roots at every size.
    fn grown(size: u64) -> (Tiles, Vec<Hash>, Vec<Hash>) {
        let (mut tiles, mut tree, mut leaves, mut roots) = (Tiles::default(), Tree::default(), Vec::new(), vec![Hash::of_nothing()]);
        for index in 0..size {
            let leaf = Hash::of_leaf(&index.to_be_bytes());
            tiles.push(index, leaf);
            tree.push(leaf);
            leaves.push(leaf);
            roots.push(tree.root());
        }
        (tiles, leaves, roots)
    }

    #[test]
    fn every_leaf_of_every_tree_over_several_tiles_is_proved_and_no_other() {
        let (tiles, leaves, roots) = grown(600);
        for size in [1_u64, 2, 3, 7, 8, 255, 256, 257, 511, 512, 513, 600] {
            let root = roots[usize::try_from(size).unwrap()];
            for index in 0..size {
                let path = Path::of_leaf(index, size).unwrap().hashes(&tiles).unwrap();
                let leaf = leaves[usize::try_from(index).unwrap()];
                assert_eq!(root_of_leaf(leaf, index, size, &path), Some(root), "{index} of {size}");
                assert_ne!(root_of_leaf(Hash::of_leaf(b"another"), index, size, &path), Some(root));
            }
        }
        assert_eq!(Path::of_leaf(600, 600), None);
    }

    #[test]
    fn only_the_tiles_that_are_named_are_needed() {
        let (tiles, leaves, roots) = grown(70_000);
        let path = Path::of_leaf(1_234, 70_000).unwrap();
        let (mut few, wanted) = (Tiles::default(), path.tiles());
        for (place, hashes) in tiles.into_iter().filter(|(place, _)| wanted.contains(place)) {
            few.insert(place, hashes);
        }
        assert!(wanted.len() <= 4, "{wanted:?}");
        assert_eq!(root_of_leaf(leaves[1_234], 1_234, 70_000, &path.hashes(&few).unwrap()), Some(roots[70_000]));
    }

    #[test]
    fn a_proof_needs_only_the_tiles_above_its_leaf_and_those_at_the_edge() {
        for size in [1_u64, 5, 256, 257, 65_536, 65_537, 70_000, 16_777_217] {
            for index in [0, 1, size / 3, size / 2, size - 1].into_iter().filter(|index| *index < size) {
                let of = |leaf: u64| (0..8).map(move |level| Place { level, index: leaf.checked_shr(8 * (level + 1)).unwrap_or(0) });
                let named: Vec<Place> = of(index).chain(of(size)).collect();
                let wanted = Path::of_leaf(index, size).unwrap().tiles();
                assert!(wanted.iter().all(|place| named.contains(place)), "{index} of {size}: {wanted:?}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn a_beginning_is_proved_and_a_fork_is_not(old in 1..600_u64, more in 1..600_u64, changed in 0..12_usize) {
            let new = old + more;
            let (tiles, _, roots) = grown(new);
            let root = |size: u64| roots[usize::try_from(size).unwrap()];
            let mut path = Path::between(old, new).unwrap().hashes(&tiles).unwrap();
            prop_assert!(is_beginning(old, root(old), new, root(new), &path));
            prop_assert!(!is_beginning(old, root(old - 1), new, root(new), &path));
            prop_assert!(!is_beginning(old, root(old), new, root(new - 1), &path));
            let changed = changed % path.len();
            path[changed] = Hash::of_leaf(b"another");
            prop_assert!(!is_beginning(old, root(old), new, root(new), &path));
            path.pop();
            prop_assert!(!is_beginning(old, root(old), new, root(new), &path));
        }

        #[test]
        fn what_goes_into_the_edge_again_is_what_was_never_taken_out(before in 0..700_u64, after in 0..700_u64) {
            let (whole, _, _) = grown(before + after);
            let (stored, _, _) = grown(before);
            let (mut edge, wanted) = (Tiles::default(), Tiles::edge(before));
            for (place, hashes) in stored.into_iter().filter(|(place, _)| wanted.contains(place)) {
                edge.insert(place, hashes);
            }
            for index in before..before + after {
                edge.push(index, Hash::of_leaf(&index.to_be_bytes()));
            }
            let whole: std::collections::BTreeMap<_, _> = whole.into_iter().collect();
            for (place, hashes) in edge {
                prop_assert_eq!(&whole[&place], &hashes);
            }
        }
    }

    #[test]
    fn a_proof_is_read_as_it_was_written() {
        let proof = Proof {
            leaf: Some("{}".to_owned()),
            index: 7,
            hashes: vec![Hash::of_leaf(b"a"), Hash::of_leaf(b"b")],
            checkpoint: "x\n1\n\n— y z\n".to_owned(),
        };
        assert_eq!(Proof::parse(&proof.to_text()).as_ref(), Some(&proof));
        let bare = Proof { leaf: None, ..proof };
        assert_eq!(Proof::parse(&bare.to_text()), Some(bare));
        assert_eq!(Proof::parse("c2sp.org/tlog-proof@v1\nindex x\n\nx"), None);
    }
}
