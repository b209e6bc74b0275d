//! Dialogs (RFC 3261 §12): who talks to whom, in which order, along which route, and what the dialog is used for.
//!
//! ```text
//!            1xx with tag            2xx              BYE
//!   (none) ───────────────▶ early ─────────▶ confirmed ───▶ over ──▶ gone with its last usage (RFC 5057 §4)
//!      └────────────────────────────────────────▲
//!                          2xx
//! ```
//!
//! A dialog knows tags, CSeq numbers, routes and the remote target. What it is used *for*, a call or a
//! subscription, is a usage: a token of the rooms above that this room stores and never looks into.

mod failure;
mod state;

pub use failure::{Effect, Failed, Kind, effect};
pub use state::{Dialog, DialogKey, Stage, Stale};

use crate::message::Head;
use crate::store::{Index, Store, ids};

/// Names a dialog. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DialogId(u64);

ids!(DialogId: u64);

/// All dialogs, found by id or by what the wire says. `U` names a usage.
#[derive(Debug)]
pub struct Dialogs<U> {
    dialogs: Store<DialogId, Entry<U>>,
    by_key: Index<DialogId>,
    made: u64,
}

#[derive(Debug)]
struct Entry<U> {
    dialog: Dialog,
    usages: Vec<U>,
}

impl<U> Default for Dialogs<U> {
    fn default() -> Self {
        Self { dialogs: Store::default(), by_key: Index::default(), made: 0 }
    }
}

impl<U: Copy + PartialEq> Dialogs<U> {
    /// Takes a dialog in, with its first usage.
    pub fn insert(&mut self, dialog: Dialog, usage: U) -> DialogId {
        let id = DialogId(self.made);
        self.made += 1;
        self.by_key.insert(&dialog.key.text(), id);
        self.dialogs.insert(id, Entry { dialog, usages: vec![usage] });
        id
    }

    /// The dialog a request or response belongs to: Call-ID and both tags, seen from our side.
    #[must_use]
    pub fn find(&self, key: &DialogKey) -> Option<DialogId> {
        self.by_key.get(&key.text())
    }

    /// The dialog a request that has arrived belongs to.
    #[must_use]
    pub fn of_request(&self, head: &Head) -> Option<DialogId> {
        self.find(&DialogKey::of_incoming(head)?)
    }

    /// Looks at a dialog.
    #[must_use]
    pub fn get(&self, id: DialogId) -> Option<&Dialog> {
        self.dialogs.get(id).map(|entry| &entry.dialog)
    }

    /// A dialog to change. Its key stays as it is.
    pub fn get_mut(&mut self, id: DialogId) -> Option<&mut Dialog> {
        self.dialogs.get_mut(id).map(|entry| &mut entry.dialog)
    }

    /// What a dialog is used for.
    pub fn usages(&self, id: DialogId) -> impl Iterator<Item = U> {
        self.dialogs.get(id).into_iter().flat_map(|entry| entry.usages.iter().copied())
    }

    /// What one usage used the dialog for it is used for by another from now on.
    pub fn hand_over(&mut self, id: DialogId, from: U, to: U) {
        for usage in self.dialogs.get_mut(id).into_iter().flat_map(|entry| &mut entry.usages) {
            if *usage == from {
                *usage = to;
            }
        }
    }

    /// Ends one usage; the dialog goes with the last (RFC 5057 §4).
    pub fn end_usage(&mut self, id: DialogId, usage: U) {
        let Some(entry) = self.dialogs.get_mut(id) else { return };
        entry.usages.retain(|other| *other != usage);
        if entry.usages.is_empty() {
            self.by_key.remove(&entry.dialog.key.text());
            self.dialogs.remove(id);
        }
    }

    /// How many dialogs there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dialogs.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.dialogs.is_empty()
    }
}
