//! The INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §7.2) and the CANCEL of its INVITE (§9.1).
//!
//! ```text
//!      INVITE sent
//!           │
//!    ┌──────▼──────┐    cancel    ┌─────────────────┐
//!    │   Calling   ├─────────────▶│ CallingToCancel │
//!    │      B      │              │        B        │
//!    └──────┬──────┘              └────────┬────────┘
//!           │ 1xx                          │ 1xx: send CANCEL
//!    ┌──────▼──────┐    cancel:   ┌────────▼────────┐
//!    │ Proceeding  ├─────────────▶│   Cancelling    │
//!    │             │ send CANCEL  │      64·T1      │
//!    └──────┬──────┘              └────────┬────────┘
//!           └── and from each of these ────┘
//!                         │
//!                         ├── 2xx ──────────────────────▶ ┌──────────┐ 2xx: goes up
//!                         │                               │ Accepted │
//!                         │                               │    M     │
//!                         │                               └────┬─────┘
//!                         │                                    │ M passes: ClientDone
//!                         ├── 300–699: send ACK ─────────▶ ┌───▼────────┐
//!                         ├── deadline passes: Timeout ──▶ │ Terminated │
//!                         │                                └───▲────────┘
//!                         │                                    │ 64·T1 pass: ClientDone
//!                         │                                ┌───┴──────┐
//!                         └── flow lost: TransportError ─▶ │ Orphaned │ 2xx: goes up, as above
//!                                                          └──────────┘
//! ```
//! `release` leads to Cancelling too, from Calling and Proceeding, and sends nothing. Completed is not drawn: Timer D is
//! zero. Proceeding waits for ever (TX-01); how long it may ring is the user's say. For the user the loss of the flow is
//! the end (TR-08); but the peer may have answered, and its 2xx, repeated end to end, finds us by the next flow: somebody
//! has to acknowledge it and take leave (RC-20).

use core::mem;

use super::key::top_via;
use super::timers::Timers;
use crate::message::{Method, Name, Request, Response, StatusCode};
use crate::time::{Deadline, Instant, Timed};

/// Headers the user adds to a CANCEL.
pub(super) type Extra = Vec<(Name, String)>;

/// The machine.
#[derive(Debug)]
pub(super) enum InviteClient {
    /// Nothing has been heard.
    Calling { give_up_at: Instant },
    /// Nothing has been heard, and the first thing to be heard is answered by a CANCEL.
    CallingToCancel { give_up_at: Instant, extra: Extra },
    /// A 1xx has come.
    Proceeding,
    /// The CANCEL has been sent, or nobody waits for the answer any longer.
    Cancelling { give_up_at: Instant },
    /// A 2xx has come, and others may.
    Accepted { absorb_until: Instant },
    /// The flow is lost, and a 2xx may come by the next one.
    Orphaned { absorb_until: Instant },
    /// Over.
    Terminated,
}

/// What a response leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It goes up.
    Pass,
    /// It goes up, after an ACK for it has gone out.
    PassAndAck,
    /// It goes up, after the CANCEL that waited for it has gone out.
    PassAndCancel(Extra),
    /// It came after a 2xx, or after the loss of its flow, and means nothing.
    Absorb,
}

/// What the passing of a deadline leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expired {
    /// No answer came.
    Timeout,
    /// No more 2xx will come.
    Done,
}

impl InviteClient {
    pub(super) fn new(now: Instant, timers: &Timers) -> Self {
        Self::Calling { give_up_at: now + timers.b() }
    }

    pub(super) fn on_response(&mut self, now: Instant, timers: &Timers, status: StatusCode) -> Heard {
        if let Self::Accepted { .. } | Self::Orphaned { .. } | Self::Terminated = self {
            // RFC 6026 §7.2, RC-20: 2xx only.
            return if status.is_success() { Heard::Pass } else { Heard::Absorb };
        }
        if status.is_success() {
            *self = Self::Accepted { absorb_until: now + timers.m() };
            return Heard::Pass;
        }
        if status.is_final() {
            *self = Self::Terminated;
            return Heard::PassAndAck;
        }
        self.on_provisional(now, timers)
    }

    /// The CANCEL's extra headers when it must leave now.
    pub(super) fn on_cancel(&mut self, now: Instant, timers: &Timers, extra: Extra) -> Option<Extra> {
        match *self {
            // RFC 3261 §9.1: not before a provisional response.
            Self::Calling { give_up_at } => {
                *self = Self::CallingToCancel { give_up_at, extra };
                None
            }
            Self::Proceeding => {
                *self = Self::Cancelling { give_up_at: now + timers.b() };
                Some(extra)
            }
            Self::CallingToCancel { .. }
            | Self::Cancelling { .. }
            | Self::Accepted { .. }
            | Self::Orphaned { .. }
            | Self::Terminated => None,
        }
    }

    /// Nobody waits for the answer any longer: it need not come.
    pub(super) fn on_release(&mut self, now: Instant, timers: &Timers) {
        match self {
            Self::Calling { .. } | Self::Proceeding => *self = Self::Cancelling { give_up_at: now + timers.b() },
            Self::CallingToCancel { .. }
            | Self::Cancelling { .. }
            | Self::Accepted { .. }
            | Self::Orphaned { .. }
            | Self::Terminated => {}
        }
    }

    pub(super) fn on_deadline(&mut self) -> Option<Expired> {
        match mem::replace(self, Self::Terminated) {
            Self::Calling { .. } | Self::CallingToCancel { .. } | Self::Cancelling { .. } => Some(Expired::Timeout),
            Self::Accepted { .. } | Self::Orphaned { .. } => Some(Expired::Done),
            Self::Proceeding | Self::Terminated => None,
        }
    }

    /// The flow is lost: whether the answer is lost with it, as far as the user is told. Once a 2xx is here more of them
    /// may come on any flow.
    pub(super) fn on_flow_closed(&mut self, now: Instant, timers: &Timers) -> bool {
        match self {
            Self::Calling { .. } | Self::CallingToCancel { .. } | Self::Proceeding | Self::Cancelling { .. } => {
                *self = Self::Orphaned { absorb_until: now + timers.m() };
                true
            }
            Self::Accepted { .. } | Self::Orphaned { .. } | Self::Terminated => false,
        }
    }

    pub(super) const fn state(&self) -> &'static str {
        match self {
            Self::Calling { .. } => "calling",
            Self::CallingToCancel { .. } => "calling, to be cancelled",
            Self::Proceeding => "proceeding",
            Self::Cancelling { .. } => "cancelling",
            Self::Accepted { .. } => "accepted",
            Self::Orphaned { .. } => "flow lost",
            Self::Terminated => "terminated",
        }
    }

    fn on_provisional(&mut self, now: Instant, timers: &Timers) -> Heard {
        match mem::replace(self, Self::Proceeding) {
            Self::CallingToCancel { extra, .. } => {
                *self = Self::Cancelling { give_up_at: now + timers.b() };
                Heard::PassAndCancel(extra)
            }
            cancelling @ Self::Cancelling { .. } => {
                *self = cancelling;
                Heard::Pass
            }
            Self::Calling { .. } | Self::Proceeding => Heard::Pass,
            over @ (Self::Accepted { .. } | Self::Orphaned { .. } | Self::Terminated) => {
                *self = over;
                Heard::Absorb
            }
        }
    }
}

impl Timed for InviteClient {
    fn deadline(&self) -> Option<Deadline> {
        match self {
            Self::Calling { give_up_at } | Self::CallingToCancel { give_up_at, .. } => {
                Some(Deadline::new(*give_up_at, "Timer B: the INVITE was not answered at all"))
            }
            Self::Cancelling { give_up_at } => {
                Some(Deadline::new(*give_up_at, "the INVITE that nobody wants any longer got no final response"))
            }
            Self::Accepted { absorb_until } => Some(Deadline::new(*absorb_until, "Timer M: no more 2xx will come")),
            Self::Orphaned { absorb_until } => {
                Some(Deadline::new(*absorb_until, "no 2xx will come by another flow than the lost one"))
            }
            Self::Proceeding | Self::Terminated => None,
        }
    }
}

/// The ACK for a final response other than 2xx (RFC 3261 §17.1.1.3).
pub(super) fn ack_for(invite: &Request, response: &Response) -> Request {
    let mut ack = skeleton(invite, Method::Ack);
    copy(&mut ack, &response.headers, &Name::To);
    finish(ack, invite)
}

/// The CANCEL of an INVITE that has been sent (RFC 3261 §9.1): the INVITE's Request-URI, topmost Via, Route, From, To,
/// Call-ID and CSeq number, its credentials, because a CANCEL is never sent again for a challenge (§22.1), and `extra`
/// headers such as Reason.
#[must_use]
pub fn cancel_for(invite: &Request, extra: Vec<(Name, String)>) -> Request {
    let mut cancel = skeleton(invite, Method::Cancel);
    copy(&mut cancel, &invite.headers, &Name::To);
    let mut cancel = finish(cancel, invite);
    copy(&mut cancel, &invite.headers, &Name::Authorization);
    copy(&mut cancel, &invite.headers, &Name::ProxyAuthorization);
    for (name, value) in extra {
        cancel.headers.push(name, value);
    }
    cancel
}

fn skeleton(invite: &Request, method: Method) -> Request {
    let mut request = Request::new(method, invite.uri.clone());
    if let Some(via) = top_via(invite) {
        request.headers.push(Name::Via, via);
    }
    request.headers.push(Name::MaxForwards, "70");
    copy(&mut request, &invite.headers, &Name::Route);
    copy(&mut request, &invite.headers, &Name::From);
    request
}

fn finish(mut request: Request, invite: &Request) -> Request {
    copy(&mut request, &invite.headers, &Name::CallId);
    if let Ok(Some(cseq)) = invite.headers.cseq() {
        let value = format!("{} {}", cseq.number, request.method);
        request.headers.push(Name::CSeq, value);
    }
    request
}

fn copy(to: &mut Request, from: &crate::message::Headers, name: &Name) {
    for field in from.iter().filter(|field| field.name == *name) {
        to.headers.push(name.clone(), field.as_bytes());
    }
}
