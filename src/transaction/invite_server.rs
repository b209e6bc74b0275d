//! The INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §7.1).
//!
//! ```text
//!        INVITE goes up
//!              │
//!        ┌─────▼─────┐  200 ms of silence: 100, or 1xx from the user   ┌────────────┐──┐ 1xx from the user: send
//!        │  Waiting  ├────────────────────────────────────────────────▶│ Proceeding │  │ INVITE again: send the
//!        │  200 ms   │                                                 └──┬─────┬───┘◀─┘ last 1xx again
//!        └──┬─────┬──┘                                                    │     │
//!       2xx │     └──────────────────────┐ 300–699                        │     │
//!           │◀───────────────────────────┼────────────────────────────────┘ 2xx │ 300–699
//!     ┌─────▼─────┐ INVITE again: absorb └────────────┬─────────────────────────┘
//!     │ Accepted  │ 2xx from the user: send     ┌─────▼─────┐
//!     │     L     │ ACK: goes up                │ Completed │ INVITE again: send the final response again
//!     └──┬──┬─────┘                             │     H     │
//!        │  │ flow lost   ┌──────────┐          └──┬─────┬──┘
//!        │  └────────────▶│ Orphaned │ absorbs     │     │
//!        │ L passes:      │     L    │ as before   │ ACK │ H passes:
//!        │ ServerDone     └────┬─────┘             │     │ AckTimeout
//!     ┌──▼─────────────────────▼───────────────────▼─────▼──┐
//!     │                     Terminated                      │
//!     └─────────────────────────────────────────────────────┘
//! ```
//! Confirmed is not drawn: Timer I is zero.

use core::mem;

use super::timers::{TRYING_AFTER, Timers};
use crate::message::{Request, Response, StatusCode};
use crate::time::{Deadline, Instant, Timed};

/// The machine.
#[derive(Debug)]
pub(super) enum InviteServer {
    /// The user has said nothing.
    Waiting { trying_at: Instant },
    /// A provisional response has been sent; this was the last one.
    Proceeding { last: Response },
    /// This refusal waits for its ACK.
    Completed { refusal: Response, give_up_at: Instant },
    /// A 2xx has been sent.
    Accepted { absorb_until: Instant },
    /// A 2xx has been sent over a flow that is no more. Repeats of the INVITE are still not new calls.
    Orphaned { absorb_until: Instant },
    /// Over.
    Terminated,
}

/// What the passing of a deadline leads to.
#[derive(Debug)]
pub(super) enum Expired {
    /// This is sent.
    Trying(Response),
    /// The refusal was never acknowledged.
    AckTimeout,
    /// The INVITE will not be repeated any more.
    Done,
    /// Nothing.
    Nothing,
}

/// Whose an ACK is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acknowledged {
    /// The user's: it acknowledges a 2xx.
    Success,
    /// Nobody's any more: it ended the transaction, or came before anything it could acknowledge.
    Nothing,
}

impl InviteServer {
    pub(super) fn new(now: Instant) -> Self {
        Self::Waiting { trying_at: now + TRYING_AFTER }
    }

    /// A response of the user: whether it is to be sent.
    pub(super) fn on_answer(&mut self, now: Instant, timers: &Timers, response: &Response) -> bool {
        match self {
            Self::Waiting { .. } | Self::Proceeding { .. } => {
                *self = Self::after(now, timers, response);
                true
            }
            // RFC 6026 §7.1: repeats of the 2xx, and the 2xx of other branches that a proxy sends on.
            Self::Accepted { .. } => response.status.is_success(),
            Self::Completed { .. } | Self::Orphaned { .. } | Self::Terminated => false,
        }
    }

    /// The INVITE came again: what is sent again.
    pub(super) const fn on_repeat(&self) -> Option<&Response> {
        match self {
            Self::Proceeding { last: response } | Self::Completed { refusal: response, .. } => Some(response),
            Self::Waiting { .. } | Self::Accepted { .. } | Self::Orphaned { .. } | Self::Terminated => None,
        }
    }

    pub(super) fn on_ack(&mut self) -> Acknowledged {
        match self {
            Self::Accepted { .. } | Self::Orphaned { .. } => Acknowledged::Success,
            Self::Completed { .. } => {
                *self = Self::Terminated;
                Acknowledged::Nothing
            }
            Self::Waiting { .. } | Self::Proceeding { .. } | Self::Terminated => Acknowledged::Nothing,
        }
    }

    /// Whether a CANCEL still means something (RFC 3261 §9.2).
    pub(super) const fn is_unanswered(&self) -> bool {
        match self {
            Self::Waiting { .. } | Self::Proceeding { .. } => true,
            Self::Completed { .. } | Self::Accepted { .. } | Self::Orphaned { .. } | Self::Terminated => false,
        }
    }

    pub(super) fn on_deadline(&mut self, request: &Request) -> Expired {
        match mem::replace(self, Self::Terminated) {
            // RFC 3261 §17.2.1, §8.2.6.1: Timestamp is copied, no To tag is made.
            Self::Waiting { .. } => {
                let trying = request.response(StatusCode::TRYING, None, None);
                *self = Self::Proceeding { last: trying.clone() };
                Expired::Trying(trying)
            }
            proceeding @ Self::Proceeding { .. } => {
                *self = proceeding;
                Expired::Nothing
            }
            Self::Completed { .. } => Expired::AckTimeout,
            Self::Accepted { .. } | Self::Orphaned { .. } => Expired::Done,
            Self::Terminated => Expired::Nothing,
        }
    }

    /// TR-08: without its flow a transaction is over, but what absorbs repeats goes on doing so (RC-22): after a
    /// reconnect servers may send again what they are not sure we got.
    pub(super) fn on_flow_closed(&mut self) {
        *self = match *self {
            Self::Accepted { absorb_until } | Self::Orphaned { absorb_until } => Self::Orphaned { absorb_until },
            Self::Waiting { .. } | Self::Proceeding { .. } | Self::Completed { .. } | Self::Terminated => {
                Self::Terminated
            }
        };
    }

    pub(super) const fn state(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::Proceeding { .. } => "proceeding",
            Self::Completed { .. } => "completed",
            Self::Accepted { .. } => "accepted",
            Self::Orphaned { .. } => "accepted, flow lost",
            Self::Terminated => "terminated",
        }
    }

    fn after(now: Instant, timers: &Timers, response: &Response) -> Self {
        if response.status.is_provisional() {
            Self::Proceeding { last: response.clone() }
        } else if response.status.is_success() {
            Self::Accepted { absorb_until: now + timers.l() }
        } else {
            Self::Completed { refusal: response.clone(), give_up_at: now + timers.h() }
        }
    }
}

impl Timed for InviteServer {
    fn deadline(&self) -> Option<Deadline> {
        match self {
            Self::Waiting { trying_at } => Some(Deadline::new(*trying_at, "say 100 to the INVITE")),
            Self::Completed { give_up_at, .. } => Some(Deadline::new(*give_up_at, "Timer H: the refusal got no ACK")),
            Self::Accepted { absorb_until } | Self::Orphaned { absorb_until } => {
                Some(Deadline::new(*absorb_until, "Timer L: the INVITE will not be repeated"))
            }
            Self::Proceeding { .. } | Self::Terminated => None,
        }
    }
}
