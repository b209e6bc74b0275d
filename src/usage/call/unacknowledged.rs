//! A 2xx of ours that waits for its ACK (RFC 3261 §13.3.1.4; IV-04): repeated end to end, whatever the transport,
//! at 0.5, 1.5, 3.5, 7.5, 11.5 … s, and given up after 64·T1.
//!
//! When the connection is lost meanwhile the 2xx is repeated by the next one. An ACK that does not come then proves
//! nothing: it was sent to where we were (our Contact at the peer names the old connection behind many a proxy), and to
//! hang up for its sake would lose a call that can be kept.

use crate::message::{FlowId, Response};
use crate::time::{Deadline, Duration, Instant};
use crate::transaction::ServerId;
use crate::usage::Cx;

/// The 2xx and its timers.
#[derive(Debug)]
pub(super) struct Unacknowledged {
    invite: ServerId,
    /// The connection the INVITE came by.
    flow: Option<FlowId>,
    cseq: u32,
    response: Response,
    interval: Duration,
    repeat_at: Instant,
    give_up_at: Instant,
}

/// What the deadline meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alarm {
    /// The 2xx was repeated.
    Repeated,
    /// 64·T1 have passed.
    GaveUp,
    /// 64·T1 have passed, and the connection is not the one that the ACK was to come by.
    Unknowable,
}

impl Unacknowledged {
    /// The 2xx has just left for the first time.
    pub(super) fn new(cx: &Cx, invite: ServerId, cseq: u32, response: Response) -> Self {
        let timers = cx.transactions.timers();
        Self {
            invite,
            flow: flow_id(cx),
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

    /// Whether an ACK with this CSeq number acknowledges it.
    pub(super) fn is_acknowledged_by(&self, cseq: u32) -> bool {
        self.cseq == cseq
    }

    pub(super) fn handle_timeout(&mut self, cx: &mut Cx) -> Alarm {
        if self.give_up_at <= cx.now {
            return if flow_id(cx) == self.flow { Alarm::GaveUp } else { Alarm::Unknowable };
        }
        cx.repeat(self.invite, &self.response);
        self.interval = (self.interval * 2).min(cx.transactions.timers().t2);
        self.repeat_at = self.repeat_at.max(cx.now) + self.interval;
        Alarm::Repeated
    }
}

fn flow_id(cx: &Cx) -> Option<FlowId> {
    cx.flow.as_ref().map(|flow| flow.id)
}
