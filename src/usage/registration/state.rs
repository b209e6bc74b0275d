//! What is being done about the registration, whatever the registrar holds meanwhile.

use super::then::Then;
use crate::time::{Deadline, Instant};
use crate::usage::auth::Leg;

#[derive(Debug)]
pub(super) enum State {
    Unregistered,
    /// Wanted, and no socket to ask by.
    Offline,
    Registering {
        leg: Leg,
        expires: u32,
        then: Then,
    },
    Registered {
        refresh_at: Instant,
    },
    Waiting {
        retry_at: Instant,
    },
    Rejected,
    Unregistering {
        leg: Leg,
        then: Then,
    },
}

impl State {
    pub(super) fn deadline(&self) -> Option<Deadline> {
        match self {
            Self::Registered { refresh_at } => Some(Deadline::new(*refresh_at, "refresh the registration")),
            Self::Waiting { retry_at } => Some(Deadline::new(*retry_at, "try to register again")),
            Self::Unregistered | Self::Offline | Self::Rejected => None,
            Self::Registering { .. } | Self::Unregistering { .. } => None,
        }
    }

    /// For a snapshot.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Unregistered => "unregistered",
            Self::Offline => "offline",
            Self::Registering { .. } => "registering",
            Self::Registered { .. } => "registered",
            Self::Waiting { .. } => "waiting",
            Self::Rejected => "rejected",
            Self::Unregistering { .. } => "unregistering",
        }
    }

    /// Where the REGISTER under way is.
    pub(super) fn leg(&self) -> Option<Leg> {
        match self {
            Self::Registering { leg, .. } | Self::Unregistering { leg, .. } => Some(*leg),
            Self::Unregistered | Self::Offline | Self::Registered { .. } | Self::Waiting { .. } | Self::Rejected => {
                None
            }
        }
    }

    pub(super) fn set_leg(&mut self, new: Leg) {
        match self {
            Self::Registering { leg, .. } | Self::Unregistering { leg, .. } => *leg = new,
            Self::Unregistered | Self::Offline | Self::Registered { .. } | Self::Waiting { .. } | Self::Rejected => {}
        }
    }

    /// What follows the REGISTER under way.
    pub(super) fn then(&self) -> Option<&Then> {
        match self {
            Self::Registering { then, .. } | Self::Unregistering { then, .. } => Some(then),
            Self::Unregistered | Self::Offline | Self::Registered { .. } | Self::Waiting { .. } | Self::Rejected => {
                None
            }
        }
    }

    pub(super) fn take_then(&mut self) -> Then {
        match self {
            Self::Registering { then, .. } | Self::Unregistering { then, .. } => core::mem::replace(then, Then::Rest),
            Self::Unregistered | Self::Offline | Self::Registered { .. } | Self::Waiting { .. } | Self::Rejected => {
                Then::Rest
            }
        }
    }
}
