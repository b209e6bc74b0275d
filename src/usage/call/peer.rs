//! What the peer of a call can do, as far as it has said so or shown it.

use crate::message::{Headers, Method, Name};

/// The peer's abilities.
#[derive(Debug, Default)]
pub(super) struct Peer {
    pub(super) update: Update,
}

/// Whether the peer takes UPDATE (RFC 3311 §4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Update {
    /// It has not said.
    #[default]
    Unknown,
    /// Its Allow names it.
    Allowed,
    /// Its Allow does not, or it has refused one.
    Refused,
}

impl Peer {
    /// It has refused an UPDATE because it does not know the method.
    pub(super) fn refuses_update(&mut self) {
        self.update = Update::Refused;
    }

    /// Takes note of the Allow of a request or response of the peer's, if it has one.
    pub(super) fn learn(&mut self, headers: &Headers) {
        if headers.has(&Name::Allow) {
            self.update = if headers.allows(&Method::Update) { Update::Allowed } else { Update::Refused };
        }
    }
}
