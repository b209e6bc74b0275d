//! The two ordered maps the rooms keep their state in: values by id, and ids by text.
//!
//! Both hide one map each, of the same type for everybody: an ordered map of every room's own type would put its
//! code into the package again each time, ten kilobytes a piece. Ordered, so that a run can be repeated; logarithmic,
//! so that ten thousand calls cost what ten do.

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

/// Where each number's value is.
#[derive(Debug, Default)]
struct Slots {
    by_number: BTreeMap<u64, usize>,
    free: Vec<usize>,
}

impl Slots {
    #[inline(never)]
    fn find(&self, number: u64) -> Option<usize> {
        self.by_number.get(&number).copied()
    }

    #[inline(never)]
    fn take(&mut self, number: u64) -> Option<usize> {
        let slot = self.by_number.remove(&number)?;
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
        self.by_number.insert(number, slot);
        slot
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
        let numbers = self.slots.by_number.iter();
        numbers.filter_map(|(number, slot)| Some((K::from_number(*number), self.values.get(*slot)?.as_ref()?)))
    }

    /// All ids in order.
    pub fn keys(&self) -> impl Iterator<Item = K> {
        self.slots.by_number.keys().map(|number| K::from_number(*number))
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.by_number.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.by_number.is_empty()
    }
}

/// Ids by text.
#[derive(Debug)]
pub struct Index<K> {
    by_text: BTreeMap<String, u64>,
    key: PhantomData<K>,
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self { by_text: BTreeMap::new(), key: PhantomData }
    }
}

impl<K: Id> Index<K> {
    /// Notes an id under a text, in place of the one noted before.
    pub fn insert(&mut self, text: String, id: K) {
        insert(&mut self.by_text, text, id.number());
    }

    /// Forgets a text.
    pub fn remove(&mut self, text: &str) {
        remove(&mut self.by_text, text);
    }

    /// The id noted under a text.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<K> {
        self.by_text.get(text).copied().map(K::from_number)
    }

    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_text.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_text.is_empty()
    }
}

#[inline(never)]
fn insert(map: &mut BTreeMap<String, u64>, text: String, number: u64) {
    map.insert(text, number);
}

#[inline(never)]
fn remove(map: &mut BTreeMap<String, u64>, text: &str) {
    map.remove(text);
}
