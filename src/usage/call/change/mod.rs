//! The session of an established call is changed: offers and answers after the first (RFC 3264 §8, RFC 3261 §14,
//! RFC 3311). One at a time, and the media is asked one thing at a time.
//!
//! ```text
//!            ours (ours.rs)                                    theirs (theirs.rs)
//!  ┌──▶ Preparing ─▶ Offered ─2xx─▶ Applying ─▶ Rest      Rest ─offer─▶ Answering ─2xx─▶ Rest
//!  │        │ theirs    │ refused      │ no                    no offer ▼       │ no, CANCEL, too late
//!  │        │ comes     ▼              ▼                      OfferingBack      ▼
//!  │        └──────▶ GoingBack ◀───────┘                           │ 2xx     GoingBack ─▶ Rest
//!  │                 │  │  └─ theirs ─▶ Answering                  ▼
//!  └── Waiting ◀─491─┘  └─▶ Rest                             AwaitingAnswer ─ACK─▶ Taking ─▶ Rest
//! ```
//!
//! | the peer offers while | it gets |
//! |---|---|
//! | nothing of ours is on the wire | its turn: `Preparing` and `Waiting` give way and come again (RFC 3264 §4) |
//! | our offer is on the wire, or in our 2xx | 491 (IV-08) |
//! | its own last offer is not answered | 500 with Retry-After (IV-08) |
//! | the media is busy with what is agreed | an answer as soon as it is free |
//!
//! A change that the media itself needs, because its path is broken, outlasts the connection: it goes out as soon as there
//! is one again. Any other fails without one (TR-10).

mod next;
mod ours;
mod theirs;

pub(super) use next::Next;
pub(super) use theirs::Theirs;

use super::established::Established;
use super::session::Side;
use super::{CallEvent, EndedBy, Phase, RefreshMethod};
use crate::message::{Method, Response};
use crate::time::{Deadline, Duration, Instant};
use crate::usage::Cx;
use crate::usage::auth::Leg;
use crate::usage::data::{AskId, CallHandle, Failure, FailureCode, RequestId};
use crate::usage::question::Answer;

/// How long the media may take over an offer or answer within a call: the peer waits.
const MEDIA: Duration = Duration::from_secs(30);
/// How often a change that met one of the peer's is tried (IV-09).
const ROUNDS: u8 = 5;

/// What is being changed.
#[derive(Debug)]
pub(super) enum Change {
    /// Nothing.
    Rest,
    /// Ours: the media makes an offer.
    Preparing { ask: AskId, wish: Wish, give_up_at: Instant },
    /// Ours: the offer is on the wire, or its request waits for credentials.
    Offered { leg: Leg, method: Method, offer: String, wish: Wish, patience: Patience },
    /// Ours: the peer has answered, the media takes the answer.
    Applying { ask: AskId, offer: String, answer: String, wish: Wish },
    /// The media goes back to what stands.
    GoingBack { ask: AskId, then: Then },
    /// Ours: it met the peer's and is tried again then.
    Waiting { retry_at: Instant, wish: Wish },
    /// Theirs: the media makes the answer.
    Answering { ask: AskId, theirs: Theirs, offer: String, give_up_at: Instant },
    /// Theirs: a re-INVITE that wants our offer; the media makes it.
    OfferingBack { ask: AskId, theirs: Theirs, give_up_at: Instant },
    /// Our 2xx offered; the ACK has to answer (RFC 3261 §13.2.1).
    AwaitingAnswer { cseq: u32, offer: String, stake: Stake },
    /// The media takes the answer of the ACK.
    Taking { ask: AskId, offer: String, answer: String, stake: Stake },
}

/// What somebody wants changed.
#[derive(Debug, Default)]
pub(super) struct Wish {
    /// Who waits for it.
    pub(super) commands: Vec<RequestId>,
    /// Whether the peer shall be on hold; `None`: as it is.
    pub(super) hold: Option<bool>,
    pub(super) ice_restart: bool,
    pub(super) method: RefreshMethod,
    /// How often it has met one of the peer's.
    pub(super) rounds: u8,
    /// Not to be offered before (IV-09).
    pub(super) not_before: Instant,
    /// Whether it waits for the connection rather than fail: the media cannot do without it.
    pub(super) lasting: bool,
}

/// How long our offer is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    /// Until then; after that a re-INVITE is cancelled.
    Until(Instant),
    /// Its transaction bounds it.
    Spent,
}

/// What follows when the media has gone back.
#[derive(Debug)]
pub(super) enum Then {
    /// Nothing.
    Rest,
    /// Who wanted the change is told that it failed.
    Fail(Wish, Failure),
    /// It is tried again then.
    Retry(Wish, Instant),
    /// The peer's turn.
    Answer(Theirs),
}

/// What is lost with an answer that does not come or is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stake {
    /// The call: it is the first answer.
    Call,
    /// The change.
    Change,
}

/// What an offer of the peer's meets (IV-08).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encounter {
    /// Nothing in its way.
    Free,
    /// Ours, not yet on the wire, which gives way.
    Yields,
    /// Ours, on the wire: 491.
    Glare,
    /// Its own last one: 500 with Retry-After.
    Unanswered,
    /// Media at work on what is agreed: it waits.
    Busy,
}

impl Change {
    pub(super) fn deadline(&self) -> Option<Deadline> {
        match self {
            Self::Preparing { give_up_at, .. } => {
                Some(Deadline::new(*give_up_at, "give up on an offer of the media's"))
            }
            Self::Offered { patience: Patience::Until(at), .. } => {
                Some(Deadline::new(*at, "cancel a re-INVITE that nobody answers"))
            }
            Self::Waiting { retry_at, .. } => Some(Deadline::new(*retry_at, "offer again what met the peer's offer")),
            Self::Answering { give_up_at, .. } | Self::OfferingBack { give_up_at, .. } => {
                Some(Deadline::new(*give_up_at, "refuse an offer that the media does not answer"))
            }
            Self::Rest
            | Self::Offered { patience: Patience::Spent, .. }
            | Self::Applying { .. }
            | Self::GoingBack { .. }
            | Self::AwaitingAnswer { .. }
            | Self::Taking { .. } => None,
        }
    }

    /// What the media is being asked.
    pub(super) const fn ask(&self) -> Option<AskId> {
        match self {
            Self::Preparing { ask, .. }
            | Self::Applying { ask, .. }
            | Self::GoingBack { ask, .. }
            | Self::Answering { ask, .. }
            | Self::OfferingBack { ask, .. }
            | Self::Taking { ask, .. } => Some(*ask),
            Self::Rest | Self::Offered { .. } | Self::Waiting { .. } | Self::AwaitingAnswer { .. } => None,
        }
    }

    /// Whether our re-INVITE or UPDATE is there.
    pub(super) fn is_at(&self, at: Leg) -> bool {
        matches!(self, Self::Offered { leg, .. } if *leg == at)
    }

    pub(super) fn encounter(&self) -> Encounter {
        match self {
            Self::Rest => Encounter::Free,
            Self::Preparing { .. } | Self::Waiting { .. } => Encounter::Yields,
            // RC-21: between a challenge and its answer nothing of ours is on the wire.
            Self::Offered { leg: Leg::Authenticating(_), .. } => Encounter::Yields,
            Self::Offered { leg: Leg::Sent(_), .. } | Self::AwaitingAnswer { .. } => Encounter::Glare,
            Self::Answering { .. } | Self::OfferingBack { .. } | Self::GoingBack { then: Then::Answer(_), .. } => {
                Encounter::Unanswered
            }
            Self::Applying { .. }
            | Self::GoingBack { then: Then::Rest | Then::Fail(..) | Then::Retry(..), .. }
            | Self::Taking { .. } => Encounter::Busy,
        }
    }

    /// Lets go of everything, because the call ends: questions are withdrawn, the peer's offer is refused with 487
    /// (TD-05), who waits is told.
    pub(super) fn abandon(self, cx: &mut Cx) {
        match self {
            Self::Rest | Self::AwaitingAnswer { .. } => {}
            Self::Preparing { ask, wish, .. } | Self::Applying { ask, wish, .. } => {
                cx.withdraw(ask);
                wish.ended(cx);
            }
            Self::Offered { leg, wish, .. } => {
                match leg {
                    // It is left on the wire: its final response is acknowledged, its 2xx too.
                    Leg::Sent(id) => cx.transactions.release(cx.now, id),
                    Leg::Authenticating(_) => leg.abandon(cx),
                }
                wish.ended(cx);
            }
            Self::GoingBack { ask, then } => {
                cx.withdraw(ask);
                then.ended(cx);
            }
            Self::Waiting { wish, .. } => wish.ended(cx),
            Self::Answering { ask, theirs, .. } | Self::OfferingBack { ask, theirs, .. } => {
                cx.withdraw(ask);
                theirs.terminate(cx);
            }
            Self::Taking { ask, .. } => cx.withdraw(ask),
        }
    }
}

impl Established {
    /// The deadline of the change has come.
    pub(super) fn change_overdue(&mut self, cx: &mut Cx, call: CallHandle) {
        match core::mem::replace(&mut self.change, Change::Rest) {
            Change::Preparing { ask, wish, .. } => {
                self.no_offer(cx, call, (ask, wish), "the media made no session description in time");
            }
            offered @ Change::Offered { patience: Patience::Until(_), .. } => {
                self.change = offered;
                self.lose_patience(cx);
            }
            Change::Waiting { wish, .. } => self.retry(cx, call, wish),
            Change::Answering { ask, theirs, .. } | Change::OfferingBack { ask, theirs, .. } => {
                self.too_late(cx, call, ask, &theirs);
            }
            other @ (Change::Rest
            | Change::Offered { patience: Patience::Spent, .. }
            | Change::Applying { .. }
            | Change::GoingBack { .. }
            | Change::AwaitingAnswer { .. }
            | Change::Taking { .. }) => self.change = other,
        }
    }

    /// The media has answered.
    pub(super) fn on_answer(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, ask: AskId, answer: Answer) -> Phase {
        if self.change.ask() != Some(ask) {
            return Phase::Established(self);
        }
        match (core::mem::replace(&mut self.change, Change::Rest), answer) {
            // IV-10
            (Change::Preparing { wish, .. }, Answer::Sdp { sdp }) if self.session.admits(&sdp) => {
                self.offer(cx, call, sdp, wish)
            }
            (Change::Preparing { wish, .. }, answer) => {
                self.no_offer(cx, call, (ask, wish), &answer.complaint());
                Phase::Established(self)
            }
            (Change::Applying { offer, answer: theirs, wish, .. }, answer) => {
                self.applied(cx, call, (offer, theirs), wish, answer);
                self.go_on(cx, call)
            }
            (Change::GoingBack { then, .. }, answer) => self.gone_back(cx, call, then, &answer),
            (Change::Answering { theirs, offer, .. }, answer) => self.answered(cx, call, (theirs, offer), answer),
            (Change::OfferingBack { theirs, .. }, answer) => self.offered_back(cx, call, &theirs, answer),
            (Change::Taking { offer, answer: theirs, stake, .. }, answer) => {
                self.taken(cx, call, (offer, theirs, stake), answer)
            }
            (
                other
                @ (Change::Rest | Change::Offered { .. } | Change::Waiting { .. } | Change::AwaitingAnswer { .. }),
                _,
            ) => {
                self.change = other;
                Phase::Established(self)
            }
        }
    }

    /// Both sides have agreed: what is in force now, and who holds whom.
    fn agree(&mut self, cx: &mut Cx, call: CallHandle, local: String, remote: String, answered_by: Side, held: bool) {
        let before = self.session.held();
        self.session.agree(local, remote, answered_by, held);
        let after = self.session.held();
        for (was, is, by) in
            [(before.local, after.local, EndedBy::Local), (before.remote, after.remote, EndedBy::Remote)]
        {
            if was != is {
                cx.tell(call, CallEvent::Hold { by, held: is });
            }
        }
    }
}

impl Wish {
    /// Two wishes that come one after the other as one: what was wanted last counts.
    pub(super) fn merged(mut self, later: Self) -> Self {
        self.commands.extend(later.commands);
        Self {
            commands: self.commands,
            hold: later.hold.or(self.hold),
            ice_restart: self.ice_restart || later.ice_restart,
            method: later.method,
            rounds: self.rounds,
            not_before: self.not_before.max(later.not_before),
            lasting: self.lasting,
        }
    }

    pub(super) fn fail(self, cx: &mut Cx, failure: &Failure) {
        for id in self.commands {
            cx.fail(id, failure.clone());
        }
    }

    fn ended(self, cx: &mut Cx) {
        for id in self.commands {
            cx.failed_ended(id);
        }
    }
}

impl Then {
    fn ended(self, cx: &mut Cx) {
        match self {
            Self::Rest => {}
            Self::Fail(wish, failure) => wish.fail(cx, &failure),
            Self::Retry(wish, _) => wish.ended(cx),
            Self::Answer(theirs) => theirs.terminate(cx),
        }
    }
}

/// IV-09: how long whoever met a 491 waits, in steps of 10 ms. The owner of the Call-ID waits longer, so that both do
/// not meet again.
fn after_glare(cx: &mut Cx, caller: Side) -> Instant {
    let step = |steps| Duration::from_millis(10 * steps);
    let wait = match caller {
        Side::Local => step(210 + cx.entropy.below(191)),
        Side::Remote => step(cx.entropy.below(201)),
    };
    cx.now + wait
}

fn failure(code: FailureCode, message: impl Into<String>, response: Option<&Response>) -> Failure {
    Failure { code, message: message.into(), response: response.map(crate::usage::response_data) }
}
