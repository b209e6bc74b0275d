//! A call of ours that was answered, until the media is set: it takes the answer of the 2xx, or makes the answer to the
//! offer in it, which the ACK then carries (RFC 3261 §13.2.1, §13.2.2.4).
//!
//! ```text
//!  2xx answers: ACK ─▶ Taking ──media has it──▶ Established
//!  2xx offers ───────▶ Making ──answer: ACK───▶ Established
//!                         └ neither: (ACK,) BYE ─▶ Leaving
//! ```

use super::change::{Next, Theirs};
use super::established::{Established, without_session};
use super::event::Cause;
use super::goodbye::Goodbye;
use super::session::{Session, Side};
use super::{HangupOptions, Phase, end};
use crate::dialog::DialogId;
use crate::message::{Head, Request, Response};
use crate::time::{Deadline, Instant};
use crate::transaction::{ClientId, ServerId};
use crate::usage::data::{AskId, CallHandle};
use crate::usage::question::{Answer, Question};
use crate::usage::{Cx, Owner};

/// The call.
#[derive(Debug)]
pub(super) struct Confirming {
    dialog: DialogId,
    session: Session,
    response: Box<Response>,
    ask: AskId,
    step: Step,
    next: Next,
}

#[derive(Debug)]
enum Step {
    /// The media takes the answer to our offer.
    Taking { offer: String, answer: String },
    /// The media makes the answer to the offer in the 2xx; the ACK waits for it.
    Making { offer: String, invite: ClientId, head: Box<Head>, give_up_at: Instant },
}

impl Confirming {
    /// The 2xx answers our offer and is acknowledged; the media has been asked to take the answer.
    pub(super) fn taking(
        dialog: DialogId,
        session: Session,
        response: &Response,
        ask: AskId,
        (offer, answer): (String, String),
    ) -> Phase {
        let (response, step) = (Box::new(response.clone()), Step::Taking { offer, answer });
        Phase::Confirming(Box::new(Self { dialog, session, response, ask, step, next: Next::default() }))
    }

    /// The 2xx offers.
    pub(super) fn making(
        cx: &mut Cx,
        call: CallHandle,
        dialog: DialogId,
        response: &Response,
        offer: String,
        (invite, head): (ClientId, &Head),
    ) -> Phase {
        let ask = cx.ask(Owner::Call(call), Question::CreateAnswer { call, offer: offer.clone(), hold: false });
        // The peer waits for the ACK no longer than 64·T1, and it has a way to go.
        let give_up_at = cx.now + cx.transactions.timers().m() * 15 / 16;
        let step = Step::Making { offer, invite, head: Box::new(head.clone()), give_up_at };
        let (session, response) = (Session::default(), Box::new(response.clone()));
        Phase::Confirming(Box::new(Self { dialog, session, response, ask, step, next: Next::default() }))
    }

    /// The media has answered.
    pub(super) fn on_answer(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, ask: AskId, answer: Answer) -> Phase {
        if ask != self.ask {
            return Phase::Confirming(self);
        }
        match (self.step, answer) {
            (Step::Taking { .. }, Answer::MediaFailed { detail, .. }) => {
                cx.diagnostic("media", detail);
                self.next.abandon(cx);
                without_session(cx, call, self.dialog, Cause::Media)
            }
            (Step::Taking { offer, answer }, _) => {
                self.session.agree(offer, answer, Side::Remote, false);
                Established::outgoing(cx, call, self.dialog, self.session, self.next, &self.response)
            }
            (Step::Making { offer, invite, head, .. }, Answer::Sdp { sdp }) => {
                let text = self.session.send(sdp);
                cx.acknowledge(invite, self.dialog, &head, Some(&text));
                self.session.agree(text, offer, Side::Local, false);
                Established::outgoing(cx, call, self.dialog, self.session, self.next, &self.response)
            }
            (Step::Making { invite, head, .. }, answer) => {
                cx.diagnostic("media", answer.complaint());
                cx.acknowledge(invite, self.dialog, &head, None);
                self.next.abandon(cx);
                without_session(cx, call, self.dialog, Cause::Media)
            }
        }
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        match self.step {
            Step::Taking { .. } => None,
            Step::Making { give_up_at, .. } => Some(Deadline::new(give_up_at, "acknowledge without an answer")),
        }
    }

    /// The media has made no answer while the peer waited.
    pub(super) fn handle_timeout(self: Box<Self>, cx: &mut Cx, call: CallHandle) -> Phase {
        if self.deadline().is_none_or(|deadline| deadline.at > cx.now) {
            return Phase::Confirming(self);
        }
        cx.diagnostic("media", "the media did not answer the offer in the 2xx in time");
        let dialog = self.drop_session(cx);
        without_session(cx, call, dialog, Cause::Media)
    }

    /// The peer changes the session before the first one stands: it waits until the media is free (IV-08).
    pub(super) fn on_offer(&mut self, cx: &mut Cx, theirs: Theirs) {
        match (&self.step, &self.next.theirs) {
            (Step::Taking { .. }, None) => self.next.theirs = Some(theirs),
            (Step::Taking { .. } | Step::Making { .. }, _) => theirs.put_off(cx),
        }
    }

    /// The peer has cancelled its re-INVITE; the CANCEL itself is answered (TX-09).
    pub(super) fn on_cancel(&mut self, cx: &mut Cx, invite: ServerId) {
        if let Some(theirs) = self.next.theirs.take_if(|theirs| theirs.is(invite)) {
            theirs.terminate(cx);
        }
    }

    /// Hung up.
    pub(super) fn leave(self, cx: &mut Cx, call: CallHandle, options: &HangupOptions, cause: Cause) -> Phase {
        let dialog = self.drop_session(cx);
        Goodbye::leaving(cx, call, dialog, options, end::local(cause, options, cx.now))
    }

    /// The peer has hung up.
    pub(super) fn on_bye(self, cx: &mut Cx, call: CallHandle, bye: &Request) -> Phase {
        let dialog = self.drop_session(cx);
        Goodbye::over(cx, call, dialog, end::by_peer(Cause::Hangup, &bye.headers, cx.now))
    }

    /// The connection is lost: what the peer asked by it cannot be answered.
    pub(super) fn flow_down(&mut self) {
        self.next.theirs = None;
    }

    /// Lets go of everything but the dialog. A 2xx is acknowledged even so.
    fn drop_session(self, cx: &mut Cx) -> DialogId {
        cx.withdraw(self.ask);
        self.next.abandon(cx);
        if let Step::Making { invite, head, .. } = self.step {
            cx.acknowledge(invite, self.dialog, &head, None);
        }
        self.dialog
    }
}
