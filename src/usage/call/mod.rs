//! Calls: INVITE and what follows it (RFC 3261 §13–15, RFC 6026, RFC 5407).
//!
//! A call is one phase after another, each a value of its own with its deadline inside; the arrows are the
//! functions that take one and give the next:
//!
//! ```text
//!  dial ─▶ Queued ─▶ Outgoing ──2xx──▶ Confirming ──media set──▶ Established ──BYE──▶ Parting
//!                        │  └ refused ─▶ (gone)                   ▲   │ hangup
//!                        └ hangup ─┐                              │   ▼
//!  INVITE ─▶ Incoming ──accept─────┼──────────────────────────────┘ Leaving ──final──▶ Parting
//!                 └ refused, CANCEL┼▶ (gone)                          │ offline
//!                                  └─────────────────────────────────▶ Parting: ended for people, and for 64·T1, or
//!                                                                      until it has left, on the wire
//! ```
//! Beside its phase a call has [`requests::Requests`] in its dialog, which end with it.

mod answered;
mod branches;
mod change;
mod command;
mod confirming;
mod early_media;
mod end;
mod established;
mod event;
mod goodbye;
mod in_dialog;
mod inbound;
mod incoming;
mod options;
mod outgoing;
mod peer;
mod redirect;
mod requests;
mod room;
mod session;
mod tone;
mod unacknowledged;

pub use branches::Branches;
pub use event::{CallEnd, CallEvent, CallState, Cause, DialogData, EndedBy, ReasonData};
pub use options::{
    AcceptOptions, DialOptions, DtmfOptions, HangupOptions, RefreshMethod, RefusalOptions, RenegotiateOptions,
    RingOptions,
};

use super::data::{AskId, CallHandle};
use super::question::Answer;
use super::{Cx, Flow};
use crate::dialog::DialogId;
use crate::message::Headers;
use crate::time::{Deadline, Table, Timed};
use confirming::Confirming;
use established::Established;
use goodbye::Goodbye;
use incoming::Incoming;
use outgoing::{Dial, Outgoing};
use requests::{Fate, Requests};

/// All calls of a user agent.
#[derive(Debug)]
pub struct Calls {
    calls: Table<CallHandle, Call>,
    /// The last odd number given to a call that came in.
    last_made: u32,
    /// The last even number a driver used.
    last_taken: u32,
    /// How many have not ended for people.
    in_use: usize,
}

#[derive(Debug)]
struct Call {
    phase: Phase,
    told: CallState,
    requests: Requests,
}

impl Call {
    fn new(phase: Phase) -> Self {
        Self { phase, told: CallState::Calling, requests: Requests::default() }
    }
}

#[derive(Debug)]
enum Phase {
    /// Dialled before the first connection was there.
    Queued(Box<Dial>),
    Outgoing(Box<Outgoing>),
    Incoming(Box<Incoming>),
    /// Answered, and the media is not set yet.
    Confirming(Box<Confirming>),
    Established(Box<Established>),
    /// Hung up; the peer has not confirmed.
    Leaving(Box<Goodbye>, Box<CallEnd>),
    /// Ended for people; the peer is still to be told.
    Parting(Box<Goodbye>),
    /// Nothing is left. The table drops it.
    Gone,
}

impl Phase {
    fn state(&self) -> CallState {
        match self {
            Self::Queued(_) => CallState::Calling,
            Self::Outgoing(outgoing) => outgoing.state(),
            Self::Incoming(incoming) => incoming.state(),
            Self::Confirming(_) => CallState::Answering,
            Self::Established(_) => CallState::Established,
            Self::Leaving(..) => CallState::Ending,
            Self::Parting(_) | Self::Gone => CallState::Ended,
        }
    }

    /// The dialog of a call that is up.
    fn dialog(&self) -> Option<DialogId> {
        match self {
            Self::Established(established) => Some(established.dialog),
            Self::Queued(_)
            | Self::Outgoing(_)
            | Self::Incoming(_)
            | Self::Confirming(_)
            | Self::Leaving(..)
            | Self::Parting(_)
            | Self::Gone => None,
        }
    }

    /// Whether nobody knows if the peer is there.
    fn doubts(&self, cx: &Cx) -> bool {
        matches!(self, Self::Established(established) if established.unacknowledged.iter().any(|wait| wait.is_doubtful(cx)))
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Queued(_) => "queued",
            Self::Outgoing(_) => "outgoing",
            Self::Incoming(_) => "incoming",
            Self::Confirming(_) => "confirming",
            Self::Established(_) => "established",
            Self::Leaving(..) => "leaving",
            Self::Parting(_) => "parting",
            Self::Gone => "gone",
        }
    }
}

impl Timed for Call {
    fn deadline(&self) -> Option<Deadline> {
        Deadline::earliest(self.phase.deadline(), self.requests.deadline())
    }
}

impl Phase {
    fn deadline(&self) -> Option<Deadline> {
        match self {
            Self::Queued(dial) => dial.deadline(),
            Self::Outgoing(outgoing) => outgoing.deadline(),
            Self::Incoming(incoming) => incoming.deadline(),
            Self::Established(established) => established.deadline(),
            Self::Leaving(goodbye, _) | Self::Parting(goodbye) => goodbye.deadline(),
            Self::Confirming(confirming) => confirming.deadline(),
            Self::Gone => None,
        }
    }
}

impl Default for Calls {
    /// No call yet.
    fn default() -> Self {
        Self { calls: Table::default(), last_made: 1, last_taken: 0, in_use: 0 }
    }
}

impl Calls {
    /// INVITEs can leave now: the queued ones do.
    pub fn ready(&mut self, cx: &mut Cx) {
        self.each(cx, |cx, call, phase| {
            let Phase::Queued(dial) = phase else { return phase };
            Outgoing::start(cx, call, *dial)
        });
    }

    /// A socket is open: the BYEs and CANCELs that waited for one leave (TR-12).
    pub fn flow_up(&mut self, cx: &mut Cx) {
        self.each(cx, |cx, call, phase| {
            let Phase::Parting(goodbye) = phase else { return phase };
            goodbye.flow_up(cx, call)
        });
    }

    /// We can be reached by a new connection. Peers whose proxies only know the old one are told (RFC 3311 §5.1): what
    /// they say from now on would be lost, and with it the call. What has waited for a connection goes out, and tells as much.
    pub fn reachable(&mut self, cx: &mut Cx) {
        for call in self.calls.ids_of(|call| call.is_astray(cx)) {
            self.calls.update(call, |entry| {
                if let Phase::Established(established) = &mut entry.phase {
                    established.note_reached(cx);
                    entry.requests.tell_target(cx, (call, established.dialog));
                }
            });
        }
        self.each(cx, |cx, call, phase| {
            let Phase::Established(established) = phase else { return phase };
            established.go_on(cx, call)
        });
    }

    /// The socket is gone, and its transactions are still there to be looked at: the calls we have placed by it will have
    /// no answer (TR-08).
    pub fn lose_unanswered(&mut self, cx: &mut Cx, lost: &Flow) {
        self.each(cx, |cx, call, phase| {
            let Phase::Outgoing(outgoing) = phase else { return phase };
            outgoing.flow_down(cx, call, lost)
        });
    }

    /// The connection is about to be given up: what cannot outlive it ends, and the peer is told. Established calls stay.
    pub fn leave_unanswered(&mut self, cx: &mut Cx) {
        self.each(cx, |cx, call, phase| match phase {
            Phase::Queued(_) => end::ended(cx, call, end::transport_lost(cx.now)),
            Phase::Outgoing(_) | Phase::Incoming(_) => phase.leave(cx, call, &HangupOptions::default(), Cause::Closed),
            Phase::Confirming(_) | Phase::Established(_) | Phase::Leaving(..) | Phase::Parting(_) | Phase::Gone => {
                phase
            }
        });
    }

    /// The socket is gone. Established calls stay; the unanswered ones that came in over it cannot be answered
    /// any more (TR-08).
    pub fn flow_down(&mut self, cx: &mut Cx) {
        self.each(cx, |cx, call, phase| match phase {
            Phase::Incoming(incoming) => incoming.flow_down(cx, call),
            Phase::Confirming(mut confirming) => {
                confirming.flow_down();
                Phase::Confirming(confirming)
            }
            Phase::Established(established) => established.flow_down(cx, call),
            Phase::Leaving(goodbye, end) => goodbye.flow_down(cx, call, Some(*end)),
            Phase::Queued(_) | Phase::Outgoing(_) | Phase::Parting(_) | Phase::Gone => phase,
        });
    }

    /// The first connection will not come: queued calls end.
    pub fn unreachable(&mut self, cx: &mut Cx) {
        self.each(cx, |cx, call, phase| {
            let Phase::Queued(_) = phase else { return phase };
            end::ended(cx, call, end::transport_lost(cx.now))
        });
    }

    /// An answer from the media or the application, or the default that stands for it.
    pub fn on_answer(&mut self, cx: &mut Cx, call: CallHandle, ask: AskId, answer: Answer) {
        let is_about_request = |entry: &mut Call| entry.requests.inquiries.on_answer(cx, ask, &answer);
        if self.calls.update(call, is_about_request) != Some(false) {
            return;
        }
        self.turn(cx, call, |cx, phase| match phase {
            Phase::Outgoing(outgoing) => outgoing.on_answer(cx, call, ask, answer),
            Phase::Incoming(incoming) => incoming.on_answer(cx, call, ask, answer),
            Phase::Confirming(confirming) => confirming.on_answer(cx, call, ask, answer),
            Phase::Established(established) => established.on_answer(cx, call, ask, answer),
            Phase::Queued(_) | Phase::Leaving(..) | Phase::Parting(_) | Phase::Gone => phase,
        });
    }

    /// Acts on the deadline of the call that must act first.
    pub fn handle_timeout(&mut self, cx: &mut Cx) {
        let Some(call) = self.calls.due(cx.now) else { return };
        self.calls.update(call, |entry| {
            if let Some(dialog) = entry.phase.dialog() {
                entry.requests.handle_timeout(cx, (call, dialog));
            }
        });
        if self.calls.get(call).and_then(|entry| entry.phase.deadline()).is_none_or(|deadline| deadline.at > cx.now) {
            return;
        }
        let doubts = self.calls.get(call).is_some_and(|entry| entry.phase.doubts(cx));
        self.turn(cx, call, |cx, phase| match phase {
            Phase::Queued(_) => end::ended(cx, call, end::unanswered(cx.now)),
            Phase::Outgoing(outgoing) => outgoing.handle_timeout(cx, call),
            Phase::Incoming(incoming) => incoming.handle_timeout(cx, call),
            Phase::Established(established) => established.handle_timeout(cx, call),
            Phase::Leaving(goodbye, end) => goodbye.handle_timeout(cx, call, Some(*end)),
            Phase::Parting(goodbye) => goodbye.handle_timeout(cx, call, None),
            Phase::Confirming(confirming) => confirming.handle_timeout(cx, call),
            Phase::Gone => phase,
        });
        if doubts {
            self.calls.update(call, |entry| {
                if let Some(dialog) = entry.phase.dialog() {
                    entry.requests.probe(cx, (call, dialog));
                }
            });
        }
    }

    /// When a call acts next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Deadline> {
        self.calls.next_deadline()
    }

    /// Every call with its phase and what it waits for.
    pub fn snapshot(&self) -> impl Iterator<Item = (CallHandle, &'static str, Option<Deadline>)> {
        self.calls.iter().map(|(handle, call)| (handle, call.phase.name(), call.deadline()))
    }

    /// What the answer to a request in the dialog of a call, or its want, means for the call (DG-07).
    fn suffer(&mut self, cx: &mut Cx, call: CallHandle, fate: Fate, end: CallEnd, headers: Option<&Headers>) {
        if let Fate::Over(_) = fate {
            // TD-05
            self.calls.update(call, |entry| entry.requests.terminate(cx));
        }
        self.turn(cx, call, |cx, phase| {
            let Phase::Established(mut established) = phase else { return phase };
            match fate {
                Fate::Over(effect) => return established.perish(cx, call, effect, end),
                Fate::NoUpdate => established.peer.refuses_update(),
                Fate::Moved => headers.into_iter().for_each(|headers| established.refresh_target(cx, headers)),
                Fate::Up => {}
            }
            Phase::Established(established)
        });
    }

    /// Every call has its turn.
    fn each(&mut self, cx: &mut Cx, change: impl Fn(&mut Cx, CallHandle, Phase) -> Phase) {
        for call in self.calls.ids_of(|_| true) {
            self.turn(cx, call, |cx, phase| change(cx, call, phase));
        }
    }

    /// The only place where a call changes its phase.
    fn turn(&mut self, cx: &mut Cx, call: CallHandle, change: impl FnOnce(&mut Cx, Phase) -> Phase) {
        let told_before = cx.out.len();
        if let Some(phase) = self.calls.update(call, |call| core::mem::replace(&mut call.phase, Phase::Gone)) {
            let phase = change(cx, phase);
            self.turned(cx, call, phase, told_before);
        }
    }

    /// Tells the new state; ends what was asked in the dialog of a call that is over, and drops it when it is gone.
    fn turned(&mut self, cx: &mut Cx, call: CallHandle, phase: Phase, told_before: usize) {
        let state = phase.state();
        let is_gone = matches!(phase, Phase::Gone);
        let told = self.calls.update(call, |entry| {
            entry.phase = phase;
            if state >= CallState::Ending {
                entry.requests.end(cx);
            }
            core::mem::replace(&mut entry.told, state)
        });
        if told.is_some_and(|told| told != state) {
            // Ended is the last state, and never taken back.
            self.in_use -= usize::from(state == CallState::Ended);
            // Ahead of what the change told, so that whoever hears of the change finds the state changed.
            cx.tell_ahead(told_before, call, CallEvent::State { state });
        }
        if is_gone {
            self.calls.remove(call);
        }
    }
}

impl Call {
    /// Whether the peer is to be told where we are, and can be.
    fn is_astray(&self, cx: &Cx) -> bool {
        matches!(&self.phase, Phase::Established(established) if established.is_astray(cx))
    }
}
