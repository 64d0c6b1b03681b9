//! A tree that grows at its right edge: of all its nodes only those that are not yet under another are kept.

use crate::hash::{Hash, LENGTH};

/// A tree of `size` leaves, by the roots of the complete subtrees it is made of, the largest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    size: u64,
    edge: Vec<Hash>,
}

impl Tree {
    /// Again, from its size and [`Tree::edge_bytes`]. `None`: the two do not belong together.
    pub fn restore(size: u64, edge: &[u8]) -> Option<Self> {
        let edge_length = usize::try_from(size.count_ones()).ok()?;
        (edge.len() == edge_length * LENGTH).then(|| Self { size, edge: Hash::list(edge).collect() })
    }

    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The roots of its complete subtrees, the largest first, one after the other.
    pub fn edge_bytes(&self) -> Vec<u8> {
        self.edge.iter().flat_map(|hash| hash.0).collect()
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        // As many ones at the end of the size, as many complete subtrees become one.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.edge.pop() {
                node = Hash::of_node(left, node);
            }
        }
        self.edge.push(node);
        self.size += 1;
    }

    /// The root.
    pub fn root(&self) -> Hash {
        let mut smallest_first = self.edge.iter().rev().copied();
        let Some(first) = smallest_first.next() else { return Hash::of_nothing() };
        smallest_first.fold(first, |right, left| Hash::of_node(left, right))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// As RFC 6962, section 2.1, defines it.
    pub(crate) fn defined(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Hash::of_nothing(),
            [only] => *only,
            _ => {
                let left = leaves.len().next_power_of_two() / 2;
                Hash::of_node(defined(&leaves[..left]), defined(&leaves[left..]))
            }
        }
    }

    /// The leaves with which Certificate Transparency tests its trees, and their roots:
    /// <https://github.com/google/certificate-transparency/blob/master/python/ct/crypto/merkle_test.py>
    #[test]
    fn the_roots_are_those_that_certificate_transparency_publishes() {
        let leaves: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut tree = Tree::default();
        assert_eq!(hex::encode(tree.root().0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        for (leaf, root) in leaves.iter().zip(roots) {
            tree.push(Hash::of_leaf(leaf));
            assert_eq!(hex::encode(tree.root().0), root);
        }
    }

    proptest! {
        #[test]
        fn a_tree_that_grew_and_was_restored_in_between_is_the_one_that_is_defined(sizes in proptest::collection::vec(0..70_usize, 1..6)) {
            let (mut tree, mut leaves) = (Tree::default(), Vec::new());
            for more in sizes {
                for _ in 0..more {
                    let leaf = Hash::of_leaf(&leaves.len().to_be_bytes());
                    leaves.push(leaf);
                    tree.push(leaf);
                }
                prop_assert_eq!(tree.root(), defined(&leaves));
                tree = Tree::restore(tree.size(), &tree.edge_bytes()).unwrap();
            }
            prop_assert_eq!(Tree::restore(tree.size() + 1, &[]), None);
        }
    }
}
