//! The end of an established call on our side: BYE (RFC 3261 §15.1.1; RC-07, DG-09, TR-12).
//!
//! ```text
//!                       ACK, 64·T1              any final, timeout             64·T1, BYE
//!  AwaitingAck ───────────────────▶ Saying ───────────────────────▶ Lingering ───────────▶ (gone)
//!                                    │ ▲ flow up
//!                    connection lost ▼ │
//!                                  Offline ── 1800 s ─▶ (gone)
//! ```
//! Offline and lingering the call has ended for people: the phase is then `Parting`, else `Leaving`.

use super::event::{CallEnd, Cause};
use super::unacknowledged::{Alarm, Unacknowledged};
use super::{HangupOptions, Phase, end};
use crate::dialog::DialogId;
use crate::message::{Method, Name, Request};
use crate::time::{Deadline, Duration, Instant};
use crate::usage::auth::{Leg, Verdict};
use crate::usage::data::CallHandle;
use crate::usage::{Cx, Owner, Usage};

/// How long a BYE waits for a connection (TR-12).
const KEEP_FOR: Duration = Duration::from_secs(1800);

/// A call we are taking leave of.
#[derive(Debug)]
pub(super) struct Goodbye {
    dialog: DialogId,
    extra: Vec<(Name, String)>,
    step: Step,
}

#[derive(Debug)]
enum Step {
    /// The peer has not acknowledged our 2xx yet.
    AwaitingAck { wait: Unacknowledged },
    /// BYE is out, or waits for credentials; its transaction bounds it.
    Saying { leg: Leg },
    /// There is no connection.
    Offline { drop_at: Instant },
    /// Over; a BYE of the peer's that crossed ours is still answered (RC-03).
    Lingering { forget_at: Instant },
}

impl Step {
    fn lingering(cx: &mut Cx, dialog: DialogId) -> Self {
        if let Some(dialog) = cx.dialogs.get_mut(dialog) {
            dialog.end();
        }
        Self::Lingering { forget_at: cx.now + cx.transactions.timers().f() }
    }
}

impl Goodbye {
    /// Says BYE now.
    pub(super) fn leaving(
        cx: &mut Cx,
        call: CallHandle,
        dialog: DialogId,
        options: &HangupOptions,
        end: CallEnd,
    ) -> Phase {
        let offline = Step::Offline { drop_at: cx.now + KEEP_FOR };
        let goodbye = Box::new(Self { dialog, extra: end::extra(options), step: offline }).say(cx, call);
        goodbye.phase(cx, call, end)
    }

    /// Says BYE now in a dialog people never saw: nothing is told.
    pub(super) fn unseen(cx: &mut Cx, call: CallHandle, dialog: DialogId, options: &HangupOptions) -> Phase {
        let offline = Step::Offline { drop_at: cx.now + KEEP_FOR };
        Phase::Parting(Box::new(Self { dialog, extra: end::extra(options), step: offline }).say(cx, call))
    }

    /// Says BYE now; for people the call is over already (DG-07).
    pub(super) fn farewell(
        cx: &mut Cx,
        call: CallHandle,
        dialog: DialogId,
        options: &HangupOptions,
        end: CallEnd,
    ) -> Phase {
        let _gone = end::ended(cx, call, end);
        Self::unseen(cx, call, dialog, options)
    }

    /// Over without a word of ours; the dialog stays known for a while (RC-03, RC-05).
    pub(super) fn over(cx: &mut Cx, call: CallHandle, dialog: DialogId, end: CallEnd) -> Phase {
        let _gone = end::ended(cx, call, end);
        let step = Step::lingering(cx, dialog);
        Phase::Parting(Box::new(Self { dialog, extra: Vec::new(), step }))
    }

    /// Says BYE when our 2xx has been acknowledged.
    pub(super) fn after_ack(dialog: DialogId, wait: Unacknowledged, options: &HangupOptions, end: CallEnd) -> Phase {
        let goodbye = Self { dialog, extra: end::extra(options), step: Step::AwaitingAck { wait } };
        Phase::Leaving(Box::new(goodbye), Box::new(end))
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        match &self.step {
            Step::AwaitingAck { wait } => Some(wait.deadline()),
            Step::Offline { drop_at } => Some(Deadline::new(*drop_at, "drop the BYE: no connection for too long")),
            Step::Lingering { forget_at } => Some(Deadline::new(*forget_at, "forget a call that is over")),
            Step::Saying { .. } => None,
        }
    }

    /// `end` is what people are still to be told, if anything.
    pub(super) fn handle_timeout(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, end: Option<CallEnd>) -> Phase {
        match &mut self.step {
            Step::AwaitingAck { wait } => match wait.handle_timeout(cx) {
                Alarm::Repeated => self.same(end),
                Alarm::GaveUp | Alarm::Unknowable => self.say(cx, call).told(cx, call, end),
            },
            Step::Offline { drop_at: over_at } | Step::Lingering { forget_at: over_at } if *over_at <= cx.now => {
                self.gone(cx, call, end)
            }
            Step::Offline { .. } | Step::Lingering { .. } | Step::Saying { .. } => self.same(end),
        }
    }

    /// An ACK in our dialog.
    pub(super) fn on_ack(self: Box<Self>, cx: &mut Cx, call: CallHandle, cseq: u32, end: CallEnd) -> Phase {
        match &self.step {
            Step::AwaitingAck { wait } if wait.is_acknowledged_by(cseq) => self.say(cx, call).phase(cx, call, end),
            Step::AwaitingAck { .. } | Step::Saying { .. } | Step::Offline { .. } | Step::Lingering { .. } => {
                self.same(Some(end))
            }
        }
    }

    /// Whether our BYE is there.
    pub(super) fn is_bye(&self, at: Leg) -> bool {
        matches!(self.step, Step::Saying { leg } if leg == at)
    }

    /// Whether it is over on both sides.
    pub(super) fn lingers(&self) -> bool {
        matches!(self.step, Step::Lingering { .. })
    }

    /// Any final answer, or none in time, ends it (DG-09).
    pub(super) fn on_over(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, end: Option<CallEnd>) -> Phase {
        if let Some(end) = end {
            let _gone = end::ended(cx, call, end);
        }
        self.step = Step::lingering(cx, self.dialog);
        Phase::Parting(self)
    }

    /// The peer has said BYE too (RC-03): ours is as good as answered.
    pub(super) fn on_bye(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, end: Option<CallEnd>) -> Phase {
        if let Step::Saying { leg } = self.step {
            leg.abandon(cx);
        }
        if let Some(end) = end {
            let _gone = end::ended(cx, call, end);
        }
        if !matches!(self.step, Step::Lingering { .. }) {
            self.step = Step::lingering(cx, self.dialog);
        }
        Phase::Parting(self)
    }

    /// There is nothing more to wait for, or nobody waits any longer. Leaves nothing behind.
    pub(super) fn gone(self, cx: &mut Cx, call: CallHandle, end: Option<CallEnd>) -> Phase {
        if let Step::Saying { leg } = self.step {
            leg.abandon(cx);
        }
        cx.dialogs.end_usage(self.dialog, Usage::Invite(call));
        end.map_or(Phase::Gone, |end| end::ended(cx, call, end))
    }

    /// Our BYE was challenged.
    pub(super) fn on_verdict(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        verdict: Verdict,
        end: Option<CallEnd>,
    ) -> Phase {
        match verdict {
            Verdict::Asked(ask) => self.step = Step::Saying { leg: Leg::Authenticating(ask) },
            Verdict::Again(mut bye, attempt) => {
                if let Some(dialog) = cx.dialogs.get_mut(self.dialog) {
                    dialog.renumber(&mut bye);
                }
                self.step = match cx.send_again(*bye, Owner::Call(call), attempt) {
                    Ok(bye) => Step::Saying { leg: Leg::Sent(bye) },
                    Err(_offline) => Step::Offline { drop_at: cx.now + KEEP_FOR },
                };
            }
            Verdict::Refused(why) => {
                cx.diagnostic("authentication", format!("our BYE: {why}"));
                return self.on_over(cx, call, end);
            }
        }
        self.told(cx, call, end)
    }

    /// The connection is lost: the BYE waits for the next one, and for people the call ends now.
    pub(super) fn flow_down(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, end: Option<CallEnd>) -> Phase {
        if let Step::Saying { leg } = self.step {
            leg.abandon(cx);
        }
        self.step = Step::Offline { drop_at: cx.now + KEEP_FOR };
        self.told(cx, call, end)
    }

    /// There is a connection: what waited for one leaves.
    pub(super) fn flow_up(self: Box<Self>, cx: &mut Cx, call: CallHandle) -> Box<Self> {
        match self.step {
            Step::Offline { .. } => self.say(cx, call),
            Step::AwaitingAck { .. } | Step::Saying { .. } | Step::Lingering { .. } => self,
        }
    }

    fn say(mut self: Box<Self>, cx: &mut Cx, call: CallHandle) -> Box<Self> {
        let bye = cx.dialogs.get_mut(self.dialog).map(|dialog| dialog.request(Method::Bye));
        let sent = bye.map(|mut bye: Request| {
            for (name, value) in &self.extra {
                bye.headers.push(name.clone(), value.as_str());
            }
            cx.send(bye, Owner::Call(call))
        });
        self.step = match sent {
            Some(Ok(bye)) => Step::Saying { leg: Leg::Sent(bye) },
            Some(Err(_)) | None => Step::Offline { drop_at: cx.now + KEEP_FOR },
        };
        self
    }

    fn told(self: Box<Self>, cx: &mut Cx, call: CallHandle, end: Option<CallEnd>) -> Phase {
        match end {
            Some(end) => self.phase(cx, call, end),
            None => Phase::Parting(self),
        }
    }

    /// Nothing has changed.
    pub(super) fn same(self: Box<Self>, end: Option<CallEnd>) -> Phase {
        match end {
            Some(end) => Phase::Leaving(self, Box::new(end)),
            None => Phase::Parting(self),
        }
    }

    /// Offline the call ends for people at once.
    fn phase(self: Box<Self>, cx: &mut Cx, call: CallHandle, end: CallEnd) -> Phase {
        match self.step {
            Step::Offline { .. } | Step::Lingering { .. } => {
                let _gone = end::ended(cx, call, end);
                Phase::Parting(self)
            }
            Step::AwaitingAck { .. } | Step::Saying { .. } => Phase::Leaving(self, Box::new(end)),
        }
    }
}

impl Phase {
    /// Hung up, whatever the phase (TD-T1).
    pub(super) fn leave(self, cx: &mut Cx, call: CallHandle, options: &HangupOptions, cause: Cause) -> Self {
        match self {
            Self::Queued(_) => {
                let cause = if cause == Cause::Hangup { Cause::Cancelled } else { cause };
                end::ended(cx, call, end::local(cause, options, cx.now))
            }
            Self::Outgoing(outgoing) => outgoing.leave(cx, call, options, cause),
            Self::Incoming(incoming) => incoming.leave(cx, call, options, cause),
            Self::Confirming(confirming) => confirming.leave(cx, call, options, cause),
            Self::Established(established) => established.leave(cx, call, options, cause),
            // Twice is harmless.
            Self::Leaving(..) | Self::Parting(_) | Self::Gone => self,
        }
    }
}
