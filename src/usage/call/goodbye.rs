//! The end of a call on our side: BYE where it was established (RFC 3261 §15.1.1; RC-07, DG-09, TR-12), and CANCEL where
//! the connection was lost while it rang.
//!
//! ```text
//!                       ACK, 64·T1              any final, timeout             64·T1, BYE
//!  AwaitingAck ───────────────────▶ Saying ───────────────────────▶ Lingering ───────────▶ (gone)
//!                                    │ ▲ flow up
//!                    connection lost ▼ │
//!                                  Offline ── 1800 s ─▶ (gone)
//! ```
//! Offline and lingering the call has ended for people: the phase is then `Parting`, else `Leaving`.
//!
//! With the connection the INVITE's transaction is gone, and the call has ended; but at the other end it rings on. The
//! server still has its half of the transaction, and knows it by branch and sent-by whatever the connection (RFC 3261
//! §17.2.3), so the next connection carries the CANCEL: to the same server, for to any other it would mean nothing
//! (§9.1), and only where a provisional response had come. Should the call have been answered meanwhile, the CANCEL does
//! no harm, and RC-20 has the 2xx. A CANCEL leaves nothing to linger for.

use super::event::{CallEnd, Cause};
use super::unacknowledged::{Alarm, Unacknowledged};
use super::{Flow, HangupOptions, Phase, end};
use crate::dialog::DialogId;
use crate::message::{Method, Name, Request};
use crate::time::{Deadline, Duration, Instant};
use crate::transaction::ClientId;
use crate::usage::auth::{Leg, Verdict};
use crate::usage::data::CallHandle;
use crate::usage::{Cx, Owner, Usage};

/// How long what is to be said waits for a connection (TR-12).
const KEEP_FOR: Duration = Duration::from_secs(1800);

/// A call we are taking leave of.
#[derive(Debug)]
pub(super) struct Goodbye {
    word: Word,
    extra: Vec<(Name, String)>,
    step: Step,
}

/// What is to be said.
#[derive(Debug)]
enum Word {
    /// BYE in this dialog.
    Bye(DialogId),
    /// This CANCEL, to this server.
    Cancel { cancel: Box<Request>, server: String },
}

#[derive(Debug)]
enum Step {
    /// The peer has not acknowledged our 2xx yet.
    AwaitingAck { wait: Unacknowledged },
    /// BYE is out, or waits for credentials; its transaction bounds it.
    Saying { leg: Leg, drop_at: Instant },
    /// There is no connection. Not to be said after `drop_at`, however many connections are lost on the way.
    Offline { drop_at: Instant },
    /// Over; a BYE of the peer's that crossed ours is still answered (RC-03).
    Lingering { forget_at: Instant },
}

impl Step {
    fn lingering(cx: &mut Cx, word: &Word) -> Self {
        if let Word::Bye(dialog) = word
            && let Some(dialog) = cx.dialogs.get_mut(*dialog)
        {
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
        Self::bye(cx, dialog, options).say(cx, call).phase(cx, call, end)
    }

    /// Says BYE now in a dialog people never saw: nothing is told.
    pub(super) fn unseen(cx: &mut Cx, call: CallHandle, dialog: DialogId, options: &HangupOptions) -> Phase {
        Phase::Parting(Self::bye(cx, dialog, options).say(cx, call))
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
        let word = Word::Bye(dialog);
        let step = Step::lingering(cx, &word);
        Phase::Parting(Box::new(Self { word, extra: Vec::new(), step }))
    }

    /// Says BYE when our 2xx has been acknowledged; offline no ACK can come, and for people the call ends at once.
    pub(super) fn after_ack(
        cx: &mut Cx,
        call: CallHandle,
        (dialog, wait): (DialogId, Unacknowledged),
        options: &HangupOptions,
        end: CallEnd,
    ) -> Phase {
        let mut goodbye = Self::bye(cx, dialog, options);
        if cx.flow.is_some() {
            goodbye.step = Step::AwaitingAck { wait };
        }
        goodbye.phase(cx, call, end)
    }

    /// Says this CANCEL as soon as there is a connection like the one that was lost.
    pub(super) fn cancelling(cx: &Cx, cancel: Request, options: &HangupOptions, lost: &Flow) -> Phase {
        let word = Word::Cancel { cancel: Box::new(cancel), server: lost.server.clone() };
        let step = Step::Offline { drop_at: cx.now + KEEP_FOR };
        Phase::Parting(Box::new(Self { word, extra: end::extra(options), step }))
    }

    /// A BYE that has not been said yet.
    fn bye(cx: &Cx, dialog: DialogId, options: &HangupOptions) -> Box<Self> {
        let step = Step::Offline { drop_at: cx.now + KEEP_FOR };
        Box::new(Self { word: Word::Bye(dialog), extra: end::extra(options), step })
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        match &self.step {
            Step::AwaitingAck { wait } => Some(wait.deadline()),
            Step::Offline { drop_at } => {
                Some(Deadline::new(*drop_at, "drop the BYE or CANCEL: no connection for too long"))
            }
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
        matches!(self.step, Step::Saying { leg, .. } if leg == at)
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
        if let Word::Cancel { .. } = self.word {
            return self.gone(cx, call, None);
        }
        self.step = Step::lingering(cx, &self.word);
        Phase::Parting(self)
    }

    /// The peer has said BYE too (RC-03): ours is as good as answered.
    pub(super) fn on_bye(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, end: Option<CallEnd>) -> Phase {
        if let Step::Saying { leg, .. } = self.step {
            leg.abandon(cx);
        }
        if let Some(end) = end {
            let _gone = end::ended(cx, call, end);
        }
        if !matches!(self.step, Step::Lingering { .. }) {
            self.step = Step::lingering(cx, &self.word);
        }
        Phase::Parting(self)
    }

    /// There is no more time to wait for the ACK (TD-07).
    pub(super) fn insist(self: Box<Self>, cx: &mut Cx, call: CallHandle, end: CallEnd) -> Phase {
        match self.step {
            Step::AwaitingAck { .. } => self.say(cx, call).phase(cx, call, end),
            Step::Saying { .. } | Step::Offline { .. } | Step::Lingering { .. } => self.same(Some(end)),
        }
    }

    /// There is nothing more to wait for, or nobody waits any longer. Leaves nothing behind.
    pub(super) fn gone(self, cx: &mut Cx, call: CallHandle, end: Option<CallEnd>) -> Phase {
        if let Step::Saying { leg, .. } = self.step {
            leg.abandon(cx);
        }
        if let Word::Bye(dialog) = self.word {
            cx.dialogs.end_usage(dialog, Usage::Invite(call));
        }
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
        let (dialog, drop_at) = match (&self.word, &self.step) {
            (Word::Bye(dialog), Step::Saying { drop_at, .. }) => (*dialog, *drop_at),
            // RFC 3261 §22.1: a CANCEL is not sent again.
            (Word::Cancel { .. }, _) => {
                if let Verdict::Asked(ask) = verdict {
                    Leg::Authenticating(ask).abandon(cx);
                }
                return self.on_over(cx, call, end);
            }
            (Word::Bye(_), Step::AwaitingAck { .. } | Step::Offline { .. } | Step::Lingering { .. }) => {
                return self.same(end);
            }
        };
        match verdict {
            Verdict::Asked(ask) => self.step = Step::Saying { leg: Leg::Authenticating(ask), drop_at },
            Verdict::Again(mut bye, attempt) => {
                if let Some(dialog) = cx.dialogs.get_mut(dialog) {
                    dialog.renumber(&mut bye);
                }
                self.step = match cx.send_again(*bye, Owner::Call(call), attempt) {
                    Ok(bye) => Step::Saying { leg: Leg::Sent(bye), drop_at },
                    Err(_offline) => Step::Offline { drop_at },
                };
            }
            Verdict::Refused(why) => {
                cx.diagnostic("authentication", format!("our BYE: {why}"));
                return self.on_over(cx, call, end);
            }
        }
        self.told(cx, call, end)
    }

    /// The connection is lost: what is to be said waits for the next one, and for people the call ends now.
    pub(super) fn flow_down(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, end: Option<CallEnd>) -> Phase {
        match self.step {
            Step::Saying { leg, drop_at } => {
                leg.abandon(cx);
                self.step = Step::Offline { drop_at };
            }
            Step::AwaitingAck { .. } => self.step = Step::Offline { drop_at: cx.now + KEEP_FOR },
            Step::Offline { .. } | Step::Lingering { .. } => {}
        }
        self.told(cx, call, end)
    }

    /// There is a connection: what waited for one leaves.
    pub(super) fn flow_up(self: Box<Self>, cx: &mut Cx, call: CallHandle) -> Phase {
        let leads_there = match &self.word {
            Word::Bye(_) => true,
            Word::Cancel { server, .. } => cx.flow.as_ref().is_some_and(|flow| flow.server == *server),
        };
        match self.step {
            Step::Offline { .. } if leads_there => Phase::Parting(self.say(cx, call)),
            Step::Offline { .. } => self.gone(cx, call, None),
            Step::AwaitingAck { .. } | Step::Saying { .. } | Step::Lingering { .. } => Phase::Parting(self),
        }
    }

    fn say(mut self: Box<Self>, cx: &mut Cx, call: CallHandle) -> Box<Self> {
        let drop_at = match self.step {
            Step::Offline { drop_at } | Step::Saying { drop_at, .. } => drop_at,
            Step::AwaitingAck { .. } | Step::Lingering { .. } => cx.now + KEEP_FOR,
        };
        self.step = match self.send(cx, call) {
            Some(id) => Step::Saying { leg: Leg::Sent(id), drop_at },
            None => Step::Offline { drop_at },
        };
        self
    }

    /// None when it cannot leave.
    fn send(&self, cx: &mut Cx, call: CallHandle) -> Option<ClientId> {
        let mut request = match &self.word {
            Word::Bye(dialog) => cx.dialogs.get_mut(*dialog)?.request(Method::Bye),
            Word::Cancel { cancel, .. } => cancel.as_ref().clone(),
        };
        for (name, value) in &self.extra {
            request.headers.push(name.clone(), value.as_str());
        }
        match self.word {
            Word::Bye(_) => cx.send(request, Owner::Call(call)).ok(),
            Word::Cancel { .. } => cx.send_cancel(request, Owner::Call(call)).ok(),
        }
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
