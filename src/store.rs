//! The two ordered maps the rooms keep their state in: values by id, and ids by text.
//!
//! Both stand on one map of one type: an ordered map of every room's own type would put its code into the package
//! again each time, ten kilobytes a piece. Ordered, so that a run can be repeated; searched by halves, so that ten
//! thousand calls cost what ten do.

use core::marker::PhantomData;
use std::collections::BTreeMap;

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

/// The one ordered map: numbers by pairs of numbers.
#[derive(Debug, Default)]
pub(crate) struct Ordered(BTreeMap<(u64, u64), u64>);

impl Ordered {
    #[inline(never)]
    pub(crate) fn insert(&mut self, key: (u64, u64), number: u64) {
        self.0.insert(key, number);
    }

    #[inline(never)]
    pub(crate) fn remove(&mut self, key: (u64, u64)) -> Option<u64> {
        self.0.remove(&key)
    }

    #[inline(never)]
    pub(crate) fn get(&self, key: (u64, u64)) -> Option<u64> {
        self.0.get(&key).copied()
    }

    pub(crate) fn first(&self) -> Option<(u64, u64)> {
        self.0.keys().next().copied()
    }

    fn iter(&self) -> impl Iterator<Item = ((u64, u64), u64)> {
        self.0.iter().map(|(key, number)| (*key, *number))
    }

    fn len(&self) -> usize {
        self.0.len()
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
        let next = self.by_number.len();
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
        self.slots.by_number.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Ids by text. The texts are kept by their hash, those that share one side by side.
#[derive(Debug)]
pub struct Index<K> {
    by_hash: Store<Hash, Vec<(String, K)>>,
    length: usize,
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self { by_hash: Store::default(), length: 0 }
    }
}

impl<K: Id> Index<K> {
    /// Notes an id under a text, in place of the one noted before.
    pub fn insert(&mut self, text: &str, id: K) {
        let hash = Hash::of(text);
        let Some(entries) = self.by_hash.get_mut(hash) else {
            self.by_hash.insert(hash, vec![(text.to_owned(), id)]);
            self.length += 1;
            return;
        };
        match entries.iter_mut().find(|(other, _)| other == text) {
            Some((_, known)) => *known = id,
            None => {
                entries.push((text.to_owned(), id));
                self.length += 1;
            }
        }
    }

    /// Forgets a text.
    pub fn remove(&mut self, text: &str) {
        let hash = Hash::of(text);
        let Some(entries) = self.by_hash.get_mut(hash) else { return };
        let Some(at) = entries.iter().position(|(other, _)| other == text) else { return };
        entries.swap_remove(at);
        self.length -= 1;
        if entries.is_empty() {
            self.by_hash.remove(hash);
        }
    }

    /// The id noted under a text.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<K> {
        let entries = self.by_hash.get(Hash::of(text))?;
        entries.iter().find(|(other, _)| other == text).map(|(_, id)| *id)
    }

    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

/// A hash of a text: FNV-1a, 64 bits. Texts made to share one cost time, no more than there may be texts.
#[derive(Clone, Copy, Debug)]
struct Hash(u64);

ids!(Hash: u64);

impl Hash {
    fn of(text: &str) -> Self {
        let mix = |hash: u64, octet: u8| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3);
        Self(text.bytes().fold(0xcbf2_9ce4_8422_2325, mix))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
