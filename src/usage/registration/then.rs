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

    /// Those who wait for us to leave, and whether every contact is to go.
    pub(super) fn leaving(self) -> (Vec<RequestId>, bool) {
        match self {
            Self::Rest | Self::Register(_) => (Vec::new(), false),
            Self::Unregister { waiting, all } => (waiting, all),
        }
    }
}
