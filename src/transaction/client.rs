//! The client transaction of every request but INVITE and ACK (RFC 3261 §17.1.2).
//!
//! ```text
//!      request sent
//!           │
//!     ┌─────▼─────┐  1xx   ┌────────────┐──┐
//!     │  Trying   ├───────▶│ Proceeding │  │ 1xx
//!     │     F     │        │     F      │◀─┘
//!     └─────┬─────┘        └─────┬──────┘
//!           │ 200–699, or        │ 200–699, or
//!           │ F passes: Timeout  │ F passes: Timeout
//!     ┌─────▼────────────────────▼──────┐
//!     │           Terminated            │
//!     └─────────────────────────────────┘
//! ```
//! Completed is not drawn: Timer K is zero. F runs from the request and no provisional response extends it (TX-06).

use super::timers::Timers;
use crate::message::StatusCode;
use crate::time::{Deadline, Instant, Timed};

/// The machine.
#[derive(Debug)]
pub(super) enum Client {
    /// Nothing has been heard.
    Trying { give_up_at: Instant },
    /// A 1xx has come.
    Proceeding { give_up_at: Instant },
    /// Over.
    Terminated,
}

impl Client {
    pub(super) fn new(now: Instant, timers: &Timers) -> Self {
        Self::Trying { give_up_at: now + timers.f() }
    }

    /// Every response goes up: there is one final one, and nothing is matched after it.
    pub(super) const fn on_response(&mut self, status: StatusCode) {
        match *self {
            Self::Trying { give_up_at } | Self::Proceeding { give_up_at } if status.is_provisional() => {
                *self = Self::Proceeding { give_up_at };
            }
            Self::Trying { .. } | Self::Proceeding { .. } | Self::Terminated => *self = Self::Terminated,
        }
    }

    /// F has passed: a timeout.
    pub(super) fn on_deadline(&mut self) {
        *self = Self::Terminated;
    }

    pub(super) const fn state(&self) -> &'static str {
        match self {
            Self::Trying { .. } => "trying",
            Self::Proceeding { .. } => "proceeding",
            Self::Terminated => "terminated",
        }
    }
}

impl Timed for Client {
    fn deadline(&self) -> Option<Deadline> {
        match self {
            Self::Trying { give_up_at } | Self::Proceeding { give_up_at } => {
                Some(Deadline::new(*give_up_at, "Timer F: no final response"))
            }
            Self::Terminated => None,
        }
    }
}
