//! The agenda: a table of machines that knows, without scanning, which of them must act next.
//!
//! A machine carries its deadline in the state that waits for it and is changed only through
//! [`Table::update`], which notes the new deadline. Nothing can be armed and forgotten.

use super::{Deadline, Instant};
use crate::store::{Id, Ordered, Store};

/// A machine that may wait for a moment.
pub trait Timed {
    /// The moment its present state waits for.
    fn deadline(&self) -> Option<Deadline>;
}

/// Machines by id, with the agenda of their deadlines.
#[derive(Debug)]
pub struct Table<K, M> {
    machines: Store<K, M>,
    agenda: Agenda,
}

impl<K: Id, M: Timed> Default for Table<K, M> {
    fn default() -> Self {
        Self { machines: Store::default(), agenda: Agenda::default() }
    }
}

impl<K: Id, M: Timed> Table<K, M> {
    /// Puts a machine in; the one that had the id before, if any, comes out.
    pub fn insert(&mut self, id: K, machine: M) -> Option<M> {
        let after = moment(&machine);
        let before = self.machines.insert(id, machine);
        self.agenda.change(id.number(), before.as_ref().and_then(moment), after);
        before
    }

    /// Takes a machine out.
    pub fn remove(&mut self, id: K) -> Option<M> {
        let machine = self.machines.remove(id)?;
        self.agenda.change(id.number(), moment(&machine), None);
        Some(machine)
    }

    /// Looks at a machine.
    #[must_use]
    pub fn get(&self, id: K) -> Option<&M> {
        self.machines.get(id)
    }

    /// Changes a machine and notes what it waits for afterwards. The only way to change one.
    pub fn update<R>(&mut self, id: K, change: impl FnOnce(&mut M) -> R) -> Option<R> {
        let machine = self.machines.get_mut(id)?;
        let before = moment(machine);
        let result = change(machine);
        self.agenda.change(id.number(), before, moment(machine));
        Some(result)
    }

    /// The machine that must act first among those whose moment has come.
    #[must_use]
    pub fn due(&self, now: Instant) -> Option<K> {
        self.agenda.first().filter(|(at, _)| *at <= now).map(|(_, number)| K::from_number(number))
    }

    /// What the machine that must act first waits for.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Deadline> {
        let next = self.agenda.first().and_then(|(_, number)| self.machines.get(K::from_number(number))?.deadline());
        debug_assert_eq!(
            next.map(|deadline| deadline.at),
            self.iter().filter_map(|(_, machine)| machine.deadline()).map(|deadline| deadline.at).min(),
            "the agenda differs from a full scan"
        );
        next
    }

    /// All machines in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (K, &M)> {
        self.machines.iter()
    }

    /// All ids in order.
    pub fn keys(&self) -> impl Iterator<Item = K> {
        self.machines.keys()
    }

    /// The ids, in order, of the machines that are so.
    pub fn ids_of(&self, is_so: impl Fn(&M) -> bool) -> Vec<K> {
        let mut ids = Vec::new();
        for (id, machine) in self.iter() {
            if is_so(machine) {
                ids.push(id);
            }
        }
        ids
    }

    /// How many machines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.machines.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.machines.is_empty()
    }
}

/// When a machine must act.
#[inline(never)]
fn moment(machine: &impl Timed) -> Option<Instant> {
    machine.deadline().map(|deadline| deadline.at)
}

/// Which machine waits for which moment, the earliest first.
#[derive(Debug, Default)]
struct Agenda(Ordered);

impl Agenda {
    #[inline(never)]
    fn change(&mut self, number: u64, before: Option<Instant>, after: Option<Instant>) {
        if before == after {
            return;
        }
        if let Some(at) = before {
            self.0.remove((at.0, number));
        }
        if let Some(at) = after {
            self.0.insert((at.0, number), 0);
        }
    }

    fn first(&self) -> Option<(Instant, u64)> {
        self.0.first().map(|(at, number)| (Instant(at), number))
    }
}
