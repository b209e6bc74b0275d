//! The server transaction of every request but INVITE, ACK and CANCEL (RFC 3261 §17.2.2, RFC 4320 §4).
//!
//! ```text
//!       request goes up
//!     ┌───────┴──────────┐ automatic 100 switched off
//! ┌───▼──────┐      ┌────▼────┐
//! │  Trying  │      │  Quiet  │
//! │  3.5 s   │      │  64·T1  │
//! └─┬─────┬──┘      └─┬─────┬─┘
//!   │     │ 3.5 s: 100│     │
//!   │     │ user: 100 │100  │
//!   │   ┌─▼───────────▼─┐   │
//!   │   │  Proceeding   │   │   request again: send the 100 again
//!   │   │     64·T1     │   │
//!   │   └───────┬───────┘   │
//!   │ 200–699 from the user, or 64·T1 after the request
//! ┌─▼───────────▼───────────▼─┐
//! │        Terminated         │
//! └───────────────────────────┘
//! ```
//! Completed is not drawn: Timer J is zero. 64·T1 after the request its sender has given up, and a final response
//! would only confuse him: the transaction ends without one (RFC 4320 §4.2).

use core::mem;

use super::timers::Timers;
use crate::message::{Request, Response, StatusCode};
use crate::time::{Deadline, Instant, Timed};

/// The machine.
#[derive(Debug)]
pub(super) enum Server {
    /// The user has said nothing; 100 will be said for him.
    Trying { trying_at: Instant, too_late_at: Instant },
    /// The user has said nothing, and nothing will be said for him.
    Quiet { too_late_at: Instant },
    /// This 100 has been sent.
    Proceeding { trying: Response, too_late_at: Instant },
    /// Over.
    Terminated,
}

impl Server {
    pub(super) fn new(now: Instant, timers: &Timers) -> Self {
        let too_late_at = now + timers.f();
        if timers.sends_non_invite_100 {
            Self::Trying { trying_at: now + timers.non_invite_100(), too_late_at }
        } else {
            Self::Quiet { too_late_at }
        }
    }

    /// A response of the user: whether it is to be sent.
    pub(super) fn on_answer(&mut self, now: Instant, response: &Response) -> bool {
        match *self {
            Self::Trying { too_late_at, .. } | Self::Quiet { too_late_at } | Self::Proceeding { too_late_at, .. } => {
                if now >= too_late_at || !is_allowed(response.status) {
                    return false;
                }
                *self = match response.status.is_final() {
                    true => Self::Terminated,
                    false => Self::Proceeding { trying: response.clone(), too_late_at },
                };
                true
            }
            Self::Terminated => false,
        }
    }

    /// The request came again: what is sent again.
    pub(super) const fn on_repeat(&self) -> Option<&Response> {
        match self {
            Self::Proceeding { trying, .. } => Some(trying),
            Self::Trying { .. } | Self::Quiet { .. } | Self::Terminated => None,
        }
    }

    /// A deadline has passed: the 100 to send, if it is the time for it.
    pub(super) fn on_deadline(&mut self, now: Instant, request: &Request) -> Option<Response> {
        match mem::replace(self, Self::Terminated) {
            // RFC 4320 §4.1.
            Self::Trying { too_late_at, .. } if now < too_late_at => {
                let trying = request.response(StatusCode::TRYING, None, None);
                *self = Self::Proceeding { trying: trying.clone(), too_late_at };
                Some(trying)
            }
            Self::Trying { .. } | Self::Quiet { .. } | Self::Proceeding { .. } | Self::Terminated => None,
        }
    }

    pub(super) fn on_flow_closed(&mut self) {
        *self = Self::Terminated;
    }

    pub(super) const fn state(&self) -> &'static str {
        match self {
            Self::Trying { .. } => "trying",
            Self::Quiet { .. } => "quiet",
            Self::Proceeding { .. } => "proceeding",
            Self::Terminated => "terminated",
        }
    }
}

/// RFC 4320 §4.1: no provisional response but 100. §4.2: never 408.
fn is_allowed(status: StatusCode) -> bool {
    status == StatusCode::TRYING || status.is_final() && status != StatusCode::REQUEST_TIMEOUT
}

impl Timed for Server {
    fn deadline(&self) -> Option<Deadline> {
        match self {
            Self::Trying { trying_at, too_late_at } => {
                Some(Deadline::new(*trying_at.min(too_late_at), "say 100 to a request that is not INVITE"))
            }
            Self::Quiet { too_late_at } | Self::Proceeding { too_late_at, .. } => {
                Some(Deadline::new(*too_late_at, "nobody waits for the final response any more"))
            }
            Self::Terminated => None,
        }
    }
}
