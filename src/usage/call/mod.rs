//! Calls: INVITE and what follows it (RFC 3261 §13–15, RFC 6026, RFC 5407).
//!
//! A call is one phase after another, each a value of its own with its deadline inside; the arrows are the
//! functions that take one and give the next:
//!
//! ```text
//!  dial ─▶ Queued ─▶ Outgoing ──2xx──▶ Established ──BYE──▶ (gone)
//!                        │  └ refused ─▶ (gone) ▲   │ hangup
//!                        └ hangup ─┐            │   ▼
//!  INVITE ─▶ Incoming ──accept─────┼────────────┘ Leaving ──final──▶ (gone)
//!                 └ refused, CANCEL┼▶ (gone)        │ offline
//!                                  └───────────────▶ Parting: ended for people, not yet on the wire
//! ```

mod acks;
mod early_media;
mod end;
mod established;
mod event;
mod goodbye;
mod inbound;
mod incoming;
mod options;
mod outgoing;
mod room;
mod unacknowledged;

pub use event::{CallEnd, CallEvent, CallState, Cause, DialogData, EndedBy, ReasonData};
pub use options::{AcceptOptions, DialOptions, HangupOptions, RefusalOptions, RingOptions};

use super::Cx;
use super::data::{AskId, CallHandle, FailureCode, Misuse, RequestId};
use super::door::needs_tls;
use super::question::Answer;
use crate::message::Transport;
use crate::time::{Deadline, Table, Timed};
use acks::Acks;
use established::Established;
use goodbye::Goodbye;
use incoming::Incoming;
use outgoing::{Dial, Outgoing};

/// Methods we act on, as Allow says it (RFC 3261 §20.5).
pub const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS";

/// How many branches of one INVITE are followed (SL-02).
const FORKS: usize = 64;

/// Whether an INVITE can leave now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// Yes.
    Ready,
    /// Not yet: the first connection is being made.
    Coming,
    /// No.
    Offline,
}

/// All calls of a user agent.
#[derive(Debug)]
pub struct Calls {
    calls: Table<CallHandle, Call>,
    acks: Acks,
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
}

#[derive(Debug)]
enum Phase {
    /// Dialled before the first connection was there.
    Queued(Box<Dial>),
    Outgoing(Box<Outgoing>),
    Incoming(Box<Incoming>),
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
            Self::Established(established) => established.state(),
            Self::Leaving(..) => CallState::Ending,
            Self::Parting(_) | Self::Gone => CallState::Ended,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Queued(_) => "queued",
            Self::Outgoing(_) => "outgoing",
            Self::Incoming(_) => "incoming",
            Self::Established(_) => "established",
            Self::Leaving(..) => "leaving",
            Self::Parting(_) => "parting",
            Self::Gone => "gone",
        }
    }
}

impl Timed for Call {
    fn deadline(&self) -> Option<Deadline> {
        match &self.phase {
            Phase::Queued(dial) => dial.deadline(),
            Phase::Outgoing(outgoing) => outgoing.deadline(),
            Phase::Incoming(incoming) => incoming.deadline(),
            Phase::Established(established) => established.deadline(),
            Phase::Leaving(goodbye, _) | Phase::Parting(goodbye) => goodbye.deadline(),
            Phase::Gone => None,
        }
    }
}

impl Default for Calls {
    /// No call yet.
    fn default() -> Self {
        Self { calls: Table::default(), acks: Acks::default(), last_made: 1, last_taken: 0, in_use: 0 }
    }
}

impl Calls {
    /// Places a call.
    ///
    /// # Errors
    /// [`Misuse`] where the handle is odd or was used before, the target is no address, or it is a sips address
    /// and the connection is not encrypted.
    pub fn dial(
        &mut self,
        cx: &mut Cx,
        call: CallHandle,
        target: &str,
        options: DialOptions,
        readiness: Readiness,
    ) -> Result<(), Misuse> {
        if !call.0.is_multiple_of(2) || call.0 <= self.last_taken {
            return Err(Misuse::new(format!("{} is not a fresh even number for a call", call.0)));
        }
        let to = cx.profile.target(target).map_err(Misuse::new)?;
        if needs_tls(&to.uri) && cx.flow.as_ref().is_some_and(|flow| flow.transport == Transport::Ws) {
            return Err(Misuse::new(format!("`{target}` asks for sips and the connection is ws:, not wss:")));
        }
        self.last_taken = call.0;
        let dial = Dial::new(cx.now, to, options);
        let has_room = self.has_room(cx) && cx.transactions.has_room();
        self.admit(call, Call { phase: Phase::Gone, told: CallState::Calling });
        self.turn(cx, call, |cx, _| {
            if !has_room {
                cx.diagnostic("limit", "as many calls as the configuration allows are up already");
                return end::ended(cx, call, end::closed_by_limit(cx.now));
            }
            match readiness {
                Readiness::Ready => Outgoing::start(cx, call, dial),
                Readiness::Coming => Phase::Queued(Box::new(dial)),
                Readiness::Offline => end::ended(cx, call, end::transport_lost(cx.now)),
            }
        });
        Ok(())
    }

    /// Sends a provisional response for an incoming call.
    pub fn ring(&mut self, cx: &mut Cx, id: RequestId, call: CallHandle, options: &RingOptions) {
        self.decide(cx, id, call, "ring", |cx, incoming| incoming.ring(cx, id, options));
    }

    /// Accepts an incoming call.
    pub fn accept(&mut self, cx: &mut Cx, id: RequestId, call: CallHandle, options: AcceptOptions) {
        self.decide(cx, id, call, "be accepted", |cx, incoming| incoming.accept(cx, call, id, options));
    }

    /// Refuses an incoming call.
    pub fn reject(&mut self, cx: &mut Cx, id: RequestId, call: CallHandle, options: &RefusalOptions) {
        self.decide(cx, id, call, "be refused", |cx, incoming| incoming.reject(cx, call, id, options));
    }

    /// Ends a call by whatever its phase calls for (IV-11, TD-T1).
    pub fn hangup(&mut self, cx: &mut Cx, id: RequestId, call: CallHandle, options: &HangupOptions) {
        self.turn(cx, call, |cx, phase| phase.leave(cx, call, options, Cause::Hangup));
        cx.done(id);
    }

    /// Ends a call whose media is lost for good.
    pub fn media_lost(&mut self, cx: &mut Cx, call: CallHandle, detail: &str) {
        self.turn(cx, call, |cx, phase| {
            cx.diagnostic("media", detail);
            phase.leave(cx, call, &HangupOptions::default(), Cause::Media)
        });
    }

    /// Ends every call, as the user agent is closed.
    pub fn close(&mut self, cx: &mut Cx) {
        self.each(cx, |cx, call, phase| phase.leave(cx, call, &HangupOptions::default(), Cause::Closed));
    }

    /// The time to close is up: whatever is left ends now, unconfirmed.
    pub fn abort(&mut self, cx: &mut Cx) {
        self.each(cx, |cx, call, phase| match phase {
            Phase::Leaving(goodbye, end) => goodbye.gone(cx, call, Some(*end)),
            Phase::Parting(goodbye) => goodbye.gone(cx, call, None),
            Phase::Outgoing(outgoing) => outgoing.abandon(cx, call),
            Phase::Queued(_) | Phase::Incoming(_) | Phase::Established(_) | Phase::Gone => {
                phase.leave(cx, call, &HangupOptions::default(), Cause::Closed)
            }
        });
    }

    /// INVITEs can leave now: the queued ones do.
    pub fn ready(&mut self, cx: &mut Cx) {
        self.each(cx, |cx, call, phase| match phase {
            Phase::Queued(dial) => Outgoing::start(cx, call, *dial),
            Phase::Outgoing(_)
            | Phase::Incoming(_)
            | Phase::Established(_)
            | Phase::Leaving(..)
            | Phase::Parting(_)
            | Phase::Gone => phase,
        });
    }

    /// A socket is open: the BYEs that waited for one leave (TR-12).
    pub fn flow_up(&mut self, cx: &mut Cx) {
        self.each(cx, |cx, call, phase| match phase {
            Phase::Parting(goodbye) => Phase::Parting(goodbye.flow_up(cx, call)),
            Phase::Queued(_)
            | Phase::Outgoing(_)
            | Phase::Incoming(_)
            | Phase::Established(_)
            | Phase::Leaving(..)
            | Phase::Gone => phase,
        });
    }

    /// The socket is gone. Established calls stay; the unanswered ones that came in over it cannot be answered
    /// any more (TR-08).
    pub fn flow_down(&mut self, cx: &mut Cx) {
        self.each(cx, |cx, call, phase| match phase {
            Phase::Incoming(incoming) => incoming.flow_down(cx, call),
            Phase::Leaving(goodbye, end) => goodbye.flow_down(cx, call, Some(*end)),
            Phase::Queued(_) | Phase::Outgoing(_) | Phase::Established(_) | Phase::Parting(_) | Phase::Gone => phase,
        });
    }

    /// The first connection will not come: queued calls end.
    pub fn unreachable(&mut self, cx: &mut Cx) {
        self.each(cx, |cx, call, phase| match phase {
            Phase::Queued(_) => end::ended(cx, call, end::transport_lost(cx.now)),
            Phase::Outgoing(_)
            | Phase::Incoming(_)
            | Phase::Established(_)
            | Phase::Leaving(..)
            | Phase::Parting(_)
            | Phase::Gone => phase,
        });
    }

    /// An answer from the media, or the default that stands for it.
    pub fn on_answer(&mut self, cx: &mut Cx, call: CallHandle, ask: AskId, answer: Answer) {
        self.turn(cx, call, |cx, phase| match phase {
            Phase::Outgoing(outgoing) => outgoing.on_answer(cx, call, ask, answer),
            Phase::Incoming(incoming) => incoming.on_answer(cx, call, ask, answer),
            Phase::Established(established) => established.on_answer(cx, call, ask, answer),
            Phase::Queued(_) | Phase::Leaving(..) | Phase::Parting(_) | Phase::Gone => phase,
        });
    }

    /// Acts on the deadline of the call that must act first.
    pub fn handle_timeout(&mut self, cx: &mut Cx) {
        let Some(call) = self.calls.due(cx.now) else { return };
        self.turn(cx, call, |cx, phase| match phase {
            Phase::Queued(_) => end::ended(cx, call, end::unanswered(cx.now)),
            Phase::Outgoing(outgoing) => outgoing.handle_timeout(cx, call),
            Phase::Incoming(incoming) => incoming.handle_timeout(cx, call),
            Phase::Established(established) => established.handle_timeout(cx, call),
            Phase::Leaving(goodbye, end) => goodbye.handle_timeout(cx, call, Some(*end)),
            Phase::Parting(goodbye) => goodbye.handle_timeout(cx, call, None),
            Phase::Gone => Phase::Gone,
        });
    }

    /// When a call acts next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Deadline> {
        self.calls.next_deadline()
    }

    /// How many INVITEs of ours have ACKs that may be wanted again.
    #[must_use]
    pub fn acks(&self) -> usize {
        self.acks.len()
    }

    /// Every call with its phase and what it waits for.
    pub fn snapshot(&self) -> impl Iterator<Item = (CallHandle, &'static str, Option<Deadline>)> {
        self.calls.iter().map(|(handle, call)| (handle, call.phase.name(), call.deadline()))
    }

    /// Runs a command about an incoming call that is not yet answered; any other call cannot do `what`.
    fn decide(
        &mut self,
        cx: &mut Cx,
        id: RequestId,
        call: CallHandle,
        what: &str,
        change: impl FnOnce(&mut Cx, Box<Incoming>) -> Phase,
    ) {
        if self.calls.get(call).is_none() {
            return cx.failed(id, FailureCode::Ended, "the call has ended");
        }
        self.turn(cx, call, |cx, phase| match phase {
            Phase::Incoming(incoming) => change(cx, incoming),
            Phase::Queued(_)
            | Phase::Outgoing(_)
            | Phase::Established(_)
            | Phase::Leaving(..)
            | Phase::Parting(_)
            | Phase::Gone => {
                let why = format!("only an incoming call that is not yet answered can {what}; this one is ");
                cx.failed(id, FailureCode::WrongState, why + phase.name());
                phase
            }
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

    /// Tells the new state, and drops the call when it is gone.
    fn turned(&mut self, cx: &mut Cx, call: CallHandle, phase: Phase, told_before: usize) {
        let state = phase.state();
        let is_gone = matches!(phase, Phase::Gone);
        let told = self.calls.update(call, |call| {
            call.phase = phase;
            core::mem::replace(&mut call.told, state)
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
