//! A 2xx of ours that waits for its ACK (RFC 3261 §13.3.1.4; IV-04): repeated end to end, whatever the transport,
//! at 0.5, 1.5, 3.5, 7.5, 11.5 … s, and given up after 64·T1.
//!
//! When the connection is lost meanwhile the 2xx is repeated by the next one. An ACK that does not come then proves
//! nothing: it was sent to where we were (our Contact at the peer names the old connection behind many a proxy), and to
//! hang up for its sake would lose a call that can be kept. Nor does one that is missing from a peer that speaks on in
//! the dialog (RC-06): it has our 2xx. Where neither speaks, the peer is asked.

use crate::message::{FlowId, Response};
use crate::time::{Deadline, Duration, Instant};
use crate::transaction::ServerId;
use crate::usage::Cx;

/// The 2xx and its timers.
#[derive(Debug)]
pub(super) struct Unacknowledged {
    invite: ServerId,
    place: Place,
    evidence: Evidence,
    cseq: u32,
    response: Response,
    interval: Duration,
    repeat_at: Instant,
    give_up_at: Instant,
}

/// Which of our 2xx it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The one that made the call.
    First,
    /// One to a re-INVITE.
    Later,
}

/// What else shows whether the peer has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Evidence {
    /// Nothing but an ACK, which comes by this connection, will do.
    None { flow: Option<FlowId> },
    /// It has sent a later request.
    Heard,
}

/// What the deadline meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alarm {
    /// The 2xx was repeated.
    Repeated,
    /// 64·T1 have passed.
    GaveUp,
    /// 64·T1 have passed; but the connection is not the one that the ACK was to come by, or the peer has shown that it
    /// has the 2xx.
    Unknowable,
}

impl Unacknowledged {
    /// The 2xx has just left for the first time.
    pub(super) fn new(cx: &Cx, place: Place, invite: ServerId, cseq: u32, response: Response) -> Self {
        let timers = cx.transactions.timers();
        Self {
            invite,
            place,
            evidence: Evidence::None { flow: cx.flow_id() },
            cseq,
            response,
            interval: timers.t1,
            repeat_at: cx.now + timers.t1,
            give_up_at: cx.now + timers.l(),
        }
    }

    pub(super) fn deadline(&self) -> Deadline {
        if self.give_up_at <= self.repeat_at {
            Deadline::new(self.give_up_at, "give up: the 2xx was never acknowledged")
        } else {
            Deadline::new(self.repeat_at, "repeat the 2xx")
        }
    }

    /// Whether it is being given up, and nothing but silence speaks for the peer or against it.
    pub(super) fn is_doubtful(&self, cx: &Cx) -> bool {
        let here = Evidence::None { flow: cx.flow_id() };
        self.give_up_at <= cx.now && self.evidence != here && self.evidence != Evidence::Heard
    }

    pub(super) fn is_first(&self) -> bool {
        self.place == Place::First
    }

    /// The CSeq number of the INVITE.
    pub(super) const fn cseq(&self) -> u32 {
        self.cseq
    }

    /// The peer has sent another request in the dialog.
    pub(super) const fn heard(&mut self) {
        self.evidence = Evidence::Heard;
    }

    /// Whether an ACK with this CSeq number acknowledges it.
    pub(super) fn is_acknowledged_by(&self, cseq: u32) -> bool {
        self.cseq == cseq
    }

    pub(super) fn handle_timeout(&mut self, cx: &mut Cx) -> Alarm {
        if self.give_up_at <= cx.now {
            let here = Evidence::None { flow: cx.flow_id() };
            return if self.evidence == here { Alarm::GaveUp } else { Alarm::Unknowable };
        }
        cx.repeat(self.invite, &self.response);
        self.interval = (self.interval * 2).min(cx.transactions.timers().t2);
        self.repeat_at = self.repeat_at.max(cx.now) + self.interval;
        Alarm::Repeated
    }
}
