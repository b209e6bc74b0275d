//! What follows when the REGISTER under way is answered (RG-03).

use crate::usage::data::RequestId;

/// What follows, and the promises that wait for it.
#[derive(Debug)]
pub(super) enum Then {
    /// Nothing.
    Rest,
    /// Our contact is to be bound.
    Register(Vec<RequestId>),
    /// Our contact is to go, or all of them.
    Unregister { waiting: Vec<RequestId>, all: bool },
}

impl Then {
    /// Those who wait.
    pub(super) fn waiting(self) -> Vec<RequestId> {
        match self {
            Self::Rest => Vec::new(),
            Self::Register(waiting) | Self::Unregister { waiting, .. } => waiting,
        }
    }

    /// Our contact is to be bound; who had waited for the contrary comes back.
    pub(super) fn register(&mut self, id: Option<RequestId>) -> Vec<RequestId> {
        if let Self::Register(waiting) = self {
            waiting.extend(id);
            return Vec::new();
        }
        core::mem::replace(self, Self::Register(id.into_iter().collect())).waiting()
    }

    /// Our contact is to go, or all; who had waited for the contrary comes back.
    pub(super) fn unregister(&mut self, id: Option<RequestId>, all: bool) -> Vec<RequestId> {
        if let Self::Unregister { waiting, all: every } = self {
            waiting.extend(id);
            *every |= all;
            return Vec::new();
        }
        core::mem::replace(self, Self::Unregister { waiting: id.into_iter().collect(), all }).waiting()
    }

    /// Nothing is to follow; who had waited comes back.
    pub(super) fn rest(&mut self) -> Vec<RequestId> {
        core::mem::replace(self, Self::Rest).waiting()
    }
}
