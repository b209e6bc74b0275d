//! The ACKs we sent for 2xx responses, kept for as long as the 2xx may be repeated (RFC 3261 §13.2.2.4,
//! RFC 6026: Timer M). A repeat is answered by the same octets, whatever has become of the call.

use crate::message::{Head, Request};
use crate::store::Store;
use crate::transaction::ClientId;

/// ACKs by INVITE transaction; of a forked INVITE, one for each To tag that answered.
#[derive(Debug, Default)]
pub(super) struct Acks(Store<ClientId, Vec<(String, Request)>>);

impl Acks {
    /// Remembers the ACK of one branch.
    pub(super) fn keep(&mut self, invite: ClientId, head: &Head, ack: Request) {
        let entry = (tag(head).to_owned(), ack);
        match self.0.get_mut(invite) {
            Some(branches) => branches.push(entry),
            None => {
                self.0.insert(invite, vec![entry]);
            }
        }
    }

    /// The ACK this 2xx has been answered with before.
    pub(super) fn of(&self, invite: ClientId, head: &Head) -> Option<&Request> {
        self.0.get(invite)?.iter().find(|(branch, _)| branch == tag(head)).map(|(_, ack)| ack)
    }

    /// How many branches of an INVITE have been acknowledged.
    pub(super) fn branches(&self, invite: ClientId) -> usize {
        self.0.get(invite).map_or(0, Vec::len)
    }

    /// How many INVITEs have some.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The INVITE transaction is over: no 2xx will come.
    pub(super) fn forget(&mut self, invite: ClientId) {
        self.0.remove(invite);
    }
}

fn tag(head: &Head) -> &str {
    head.to_tag().unwrap_or_default()
}
