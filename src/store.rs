//! The two ordered maps the rooms keep their state in: values by id, and ids by text.
//!
//! Both hide a map of the same type for everybody: `BTreeMap` would put ten kilobytes of code into the package, and
//! again for each room's own type. Ordered, so that a run can be repeated; searched by halves, so that ten thousand
//! calls cost what ten do.

use core::marker::PhantomData;

use sha2::{Digest, Sha256};

/// A handle: a number in a type of its own.
pub trait Id: Copy {
    /// The number.
    fn number(self) -> u64;
    /// The handle with this number.
    fn from_number(number: u64) -> Self;
}

/// Makes newtypes around `u64` or `u32` handles.
macro_rules! ids {
    ($($id:ty: $number:ty),* $(,)?) => {
        $(impl $crate::store::Id for $id {
            fn number(self) -> u64 {
                u64::from(self.0)
            }

            fn from_number(number: u64) -> Self {
                Self(<$number>::try_from(number).unwrap_or_default())
            }
        })*
    };
}
pub(crate) use ids;

/// The longest a piece of [`Ordered`] gets.
const LONGEST: usize = 128;

/// The one ordered map: numbers by pairs of numbers. A sorted list, cut into pieces so that room for a new entry is
/// made in one short piece and not in the whole list. No piece is empty.
#[derive(Debug, Default)]
pub(crate) struct Ordered {
    pieces: Vec<Vec<((u64, u64), u64)>>,
    length: usize,
}

impl Ordered {
    #[inline(never)]
    pub(crate) fn insert(&mut self, key: (u64, u64), number: u64) {
        let (nth, place) = self.place(key);
        let Some(piece) = self.pieces.get_mut(nth) else {
            self.length = 1;
            return self.pieces.push(vec![(key, number)]);
        };
        match place {
            Ok(at) => {
                if let Some((_, old)) = piece.get_mut(at) {
                    *old = number;
                }
            }
            Err(_) if piece.len() == LONGEST => {
                let rest = piece.split_off(LONGEST / 2);
                self.pieces.insert(nth + 1, rest);
                self.insert(key, number);
            }
            Err(at) => {
                piece.insert(at, (key, number));
                self.length += 1;
            }
        }
    }

    #[inline(never)]
    pub(crate) fn remove(&mut self, key: (u64, u64)) -> Option<u64> {
        let (nth, place) = self.place(key);
        let piece = self.pieces.get_mut(nth)?;
        let (_, number) = piece.remove(place.ok()?);
        if piece.is_empty() {
            self.pieces.remove(nth);
        }
        self.length -= 1;
        Some(number)
    }

    #[inline(never)]
    pub(crate) fn get(&self, key: (u64, u64)) -> Option<u64> {
        let (nth, place) = self.place(key);
        self.pieces.get(nth)?.get(place.ok()?).map(|(_, number)| *number)
    }

    pub(crate) fn first(&self) -> Option<(u64, u64)> {
        self.pieces.first()?.first().map(|(key, _)| *key)
    }

    fn iter(&self) -> impl Iterator<Item = ((u64, u64), u64)> {
        let (mut nth, mut at) = (0, 0);
        core::iter::from_fn(move || {
            loop {
                let piece = self.pieces.get(nth)?;
                if let Some(entry) = piece.get(at) {
                    at += 1;
                    return Some(*entry);
                }
                (nth, at) = (nth + 1, 0);
            }
        })
    }

    /// The piece in which a key is or belongs, and its place there, as `binary_search` tells it.
    fn place(&self, key: (u64, u64)) -> (usize, Result<usize, usize>) {
        let begins_before = |piece: &Vec<((u64, u64), u64)>| piece.first().is_some_and(|(first, _)| *first <= key);
        let nth = self.pieces.partition_point(begins_before).saturating_sub(1);
        let piece = self.pieces.get(nth).map_or(&[][..], Vec::as_slice);
        (nth, piece.binary_search_by_key(&key, |(key, _)| *key))
    }
}

/// Where each number's value is.
#[derive(Debug, Default)]
struct Slots {
    by_number: Ordered,
    free: Vec<usize>,
}

impl Slots {
    fn find(&self, number: u64) -> Option<usize> {
        self.by_number.get((number, 0)).map(|slot| slot as usize)
    }

    #[inline(never)]
    fn take(&mut self, number: u64) -> Option<usize> {
        let slot = self.by_number.remove((number, 0))? as usize;
        self.free.push(slot);
        Some(slot)
    }

    /// The slot of a number: its own, a free one, or the next new one.
    #[inline(never)]
    fn give(&mut self, number: u64) -> usize {
        if let Some(slot) = self.find(number) {
            return slot;
        }
        let next = self.by_number.length;
        let slot = self.free.pop().unwrap_or(next);
        self.by_number.insert((number, 0), slot as u64);
        slot
    }

    fn iter(&self) -> impl Iterator<Item = (u64, usize)> {
        self.by_number.iter().map(|((number, _), slot)| (number, slot as usize))
    }
}

/// Values by id, in the order of the ids.
#[derive(Debug)]
pub struct Store<K, V> {
    slots: Slots,
    values: Vec<Option<V>>,
    key: PhantomData<K>,
}

impl<K, V> Default for Store<K, V> {
    fn default() -> Self {
        Self { slots: Slots::default(), values: Vec::new(), key: PhantomData }
    }
}

impl<K: Id, V> Store<K, V> {
    /// Puts a value in; the one that had the id before, if any, comes out.
    pub fn insert(&mut self, id: K, value: V) -> Option<V> {
        let slot = self.slots.give(id.number());
        match self.values.get_mut(slot) {
            Some(place) => place.replace(value),
            None => {
                self.values.push(Some(value));
                None
            }
        }
    }

    /// Takes a value out.
    pub fn remove(&mut self, id: K) -> Option<V> {
        let slot = self.slots.take(id.number())?;
        self.values.get_mut(slot)?.take()
    }

    /// Looks at a value.
    #[must_use]
    pub fn get(&self, id: K) -> Option<&V> {
        self.values.get(self.slots.find(id.number())?)?.as_ref()
    }

    /// A value to change.
    pub fn get_mut(&mut self, id: K) -> Option<&mut V> {
        self.values.get_mut(self.slots.find(id.number())?)?.as_mut()
    }

    /// All values, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.slots.iter().filter_map(|(number, slot)| Some((K::from_number(number), self.values.get(slot)?.as_ref()?)))
    }

    /// All ids in order.
    pub fn keys(&self) -> impl Iterator<Item = K> {
        self.slots.iter().map(|(number, _)| K::from_number(number))
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.by_number.length
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Ids by text. Held is a digest of the text: half of SHA-256, of which nobody can make two texts meet.
#[derive(Debug)]
pub struct Index<K> {
    by_digest: Ordered,
    key: PhantomData<K>,
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self { by_digest: Ordered::default(), key: PhantomData }
    }
}

impl<K: Id> Index<K> {
    /// Notes an id under a text, in place of the one noted before.
    pub fn insert(&mut self, text: &str, id: K) {
        self.by_digest.insert(digest(text), id.number());
    }

    /// Forgets a text.
    pub fn remove(&mut self, text: &str) {
        self.by_digest.remove(digest(text));
    }

    /// The id noted under a text.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<K> {
        self.by_digest.get(digest(text)).map(K::from_number)
    }

    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_digest.length
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[inline(never)]
fn digest(text: &str) -> (u64, u64) {
    let octets = Sha256::digest(text);
    let number = |octets: &[u8]| octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet));
    let (one, rest) = octets.split_at(8);
    (number(one), number(rest.split_at(8).0))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::entropy::Entropy;

    #[test]
    fn the_ordered_list_holds_what_a_tree_would_hold() {
        let (mut list, mut tree, mut entropy) = (Ordered::default(), BTreeMap::new(), Entropy::new([3; 32]));
        for step in 0..40_000 {
            // It grows to several pieces and shrinks to nothing, twice.
            let grows = step / 10_000 % 2 == 0;
            let key = (entropy.below(40), entropy.below(50));
            if entropy.below(10) < if grows { 8 } else { 1 } {
                list.insert(key, step);
                tree.insert(key, step);
            } else {
                assert_eq!(list.remove(key), tree.remove(&key));
            }
            assert_eq!((list.get(key), list.length), (tree.get(&key).copied(), tree.len()));
            assert_eq!(list.first(), tree.keys().next().copied());
            assert!(list.pieces.iter().all(|piece| matches!(piece.len(), 1..=LONGEST)));
        }
        assert!(list.iter().eq(tree.iter().map(|(key, number)| (*key, *number))));
    }

    impl Id for u64 {
        fn number(self) -> u64 {
            self
        }

        fn from_number(number: u64) -> Self {
            number
        }
    }

    #[test]
    fn values_come_in_the_order_of_their_ids_and_slots_are_used_again() {
        let mut store = Store::<u64, &str>::default();
        for (id, value) in [(30, "c"), (10, "a"), (20, "b")] {
            assert_eq!(store.insert(id, value), None);
        }
        assert_eq!(store.remove(10), Some("a"));
        assert_eq!(store.insert(40, "d"), None);
        assert_eq!(store.insert(20, "e"), Some("b"));
        assert_eq!(store.iter().map(|(id, value)| (id, *value)).collect::<Vec<_>>(), [(20, "e"), (30, "c"), (40, "d")]);
        assert_eq!((store.len(), store.values.len()), (3, 3));
        assert_eq!(store.get(10), None);
        assert_eq!(store.get_mut(30), Some(&mut "c"));
    }

    #[test]
    fn an_index_knows_each_text_by_itself() {
        let mut index = Index::<u64>::default();
        index.insert("one", 1);
        index.insert("two", 2);
        index.insert("one", 3);
        assert_eq!(
            [index.get("one"), index.get("two"), index.get("on"), index.get("")],
            [Some(3), Some(2), None, None]
        );
        index.remove("one");
        assert_eq!((index.get("one"), index.len()), (None, 1));
    }
}
