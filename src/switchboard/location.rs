//! The location service (RFC 3261 §10.3): which contacts a user has, and which flow leads to each. A contact dies
//! with its flow (RFC 5626 §6) or when its time is over.

use std::collections::BTreeMap;

use crate::message::{FlowId, NameAddr, Params, Uri};
use crate::store::ids;
use crate::time::{Deadline, Instant, Table, Timed};

/// A binding's number, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct BindingId(u64);

ids!(BindingId: u64);

/// What makes two registrations mean the same contact.
#[derive(Clone, Debug)]
pub(super) enum BindingKey {
    /// RFC 5626 §6: the device and its flow number, whatever the URI.
    Instance {
        /// `+sip.instance`, with its angle brackets.
        instance: String,
        /// `reg-id`.
        reg_id: u32,
    },
    /// RFC 3261 §10.3: the URI, by the rules of §19.1.4.
    Contact(Uri),
}

impl BindingKey {
    /// The key of a Contact in a REGISTER.
    pub(super) fn of(contact: &NameAddr) -> Self {
        let reg_id = contact.params.value("reg-id").and_then(|text| text.parse().ok());
        match (contact.params.value("+sip.instance"), reg_id) {
            (Some(instance), Some(reg_id)) => Self::Instance { instance: instance.to_owned(), reg_id },
            (_, _) => Self::Contact(contact.uri.clone()),
        }
    }
}

impl PartialEq for BindingKey {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Instance { instance: a, reg_id: m }, Self::Instance { instance: b, reg_id: n }) => a == b && m == n,
            (Self::Contact(a), Self::Contact(b)) => a.equivalent(b),
            (Self::Instance { .. }, Self::Contact(_)) | (Self::Contact(_), Self::Instance { .. }) => false,
        }
    }
}

impl Eq for BindingKey {}

/// One contact of one user.
#[derive(Clone, Debug)]
pub(super) struct Binding {
    /// What a later registration must match to replace this one.
    pub(super) key: BindingKey,
    /// Where requests are addressed.
    pub(super) uri: Uri,
    /// The Contact's parameters as registered, without `expires`.
    pub(super) params: Params,
    /// The socket that leads there.
    pub(super) flow: FlowId,
    /// Call-ID of the registration that made it.
    pub(super) call_id: String,
    /// CSeq number of that registration.
    pub(super) cseq: u32,
    /// When it ends.
    pub(super) expires_at: Instant,
}

/// A binding with its user, as kept in the table.
#[derive(Debug)]
struct Entry {
    user: String,
    binding: Binding,
}

impl Timed for Entry {
    fn deadline(&self) -> Option<Deadline> {
        Some(Deadline::new(self.binding.expires_at, "a registration expires"))
    }
}

/// All contacts of all users.
#[derive(Debug, Default)]
pub(super) struct Location {
    entries: Table<BindingId, Entry>,
    by_user: BTreeMap<String, Vec<BindingId>>,
    made: u64,
}

impl Location {
    /// The user's contacts, the oldest first.
    pub(super) fn of_user(&self, user: &str) -> impl Iterator<Item = &Binding> {
        let ids = self.by_user.get(user).map_or(&[][..], Vec::as_slice);
        ids.iter().filter_map(|id| self.entries.get(*id)).map(|entry| &entry.binding)
    }

    /// The user's contact with this key.
    pub(super) fn find(&self, user: &str, key: &BindingKey) -> Option<&Binding> {
        self.of_user(user).find(|binding| binding.key == *key)
    }

    /// The user's contact on this flow: the one with this URI, else the first.
    pub(super) fn on_flow(&self, user: &str, flow: FlowId, contact: Option<&Uri>) -> Option<&Binding> {
        let here = || self.of_user(user).filter(|binding| binding.flow == flow);
        here().find(|binding| contact.is_some_and(|uri| uri.equivalent(&binding.uri))).or_else(|| here().next())
    }

    /// Whoever registered this very URI, with the user's name.
    pub(super) fn by_contact(&self, uri: &Uri) -> Option<(&str, &Binding)> {
        let mut entries = self.entries.iter().map(|(_, entry)| entry);
        let entry = entries.find(|entry| entry.binding.uri.equivalent(uri))?;
        Some((&entry.user, &entry.binding))
    }

    /// Puts a contact in, in the place of the one with the same key.
    pub(super) fn put(&mut self, user: &str, binding: Binding) {
        let ids = self.by_user.entry(user.to_owned()).or_default();
        let same = |id: &BindingId| self.entries.get(*id).is_some_and(|entry| entry.binding.key == binding.key);
        let id = ids.iter().copied().find(same).unwrap_or_else(|| {
            self.made += 1;
            ids.push(BindingId(self.made));
            BindingId(self.made)
        });
        self.entries.insert(id, Entry { user: user.to_owned(), binding });
    }

    /// Takes a contact out.
    pub(super) fn remove(&mut self, user: &str, key: &BindingKey) {
        self.drop_where(|entry| entry.user == user && entry.binding.key == *key);
    }

    /// Takes all contacts of a user out.
    pub(super) fn remove_all(&mut self, user: &str) {
        self.drop_where(|entry| entry.user == user);
    }

    /// Takes all contacts out that a socket led to.
    pub(super) fn flow_closed(&mut self, flow: FlowId) {
        self.drop_where(|entry| entry.binding.flow == flow);
    }

    /// Takes out what has expired.
    pub(super) fn expire(&mut self, now: Instant) {
        while let Some(id) = self.entries.due(now) {
            self.drop_entry(id);
        }
    }

    /// When the next contact expires.
    pub(super) fn next_deadline(&self) -> Option<Deadline> {
        self.entries.next_deadline()
    }

    fn drop_where(&mut self, gone: impl Fn(&Entry) -> bool) {
        let ids: Vec<_> = self.entries.iter().filter(|(_, entry)| gone(entry)).map(|(id, _)| id).collect();
        for id in ids {
            self.drop_entry(id);
        }
    }

    fn drop_entry(&mut self, id: BindingId) {
        let Some(entry) = self.entries.remove(id) else {
            return;
        };
        if let Some(ids) = self.by_user.get_mut(&entry.user) {
            ids.retain(|kept| *kept != id);
            if ids.is_empty() {
                self.by_user.remove(&entry.user);
            }
        }
    }
}
