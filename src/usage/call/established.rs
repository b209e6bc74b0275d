//! A call both sides have agreed to (RFC 3261 §13.2.2.4, §13.3.1.4, §14, §15): what was agreed, what of ours still
//! waits for an ACK, what is being changed. Whatever is under way: BYE ends it from outside, hang-up turns it into a
//! [`Goodbye`].
//!
//! ```text
//!  2xx in, media has it ─▶ ┌─────────────┐ BYE, or an answer that says so ─▶ gone, lingering
//!  2xx out ──────────────▶ │ Established │
//!                          └─────────────┘ hang-up ─▶ Goodbye (after the ACK of our first 2xx)
//! ```

use super::change::{Change, Next, Stake};
use super::event::{CallEnd, CallEvent, Cause, DialogData, EndedBy, ReasonData};
use super::goodbye::Goodbye;
use super::incoming::Exchange;
use super::peer::{Peer, Update};
use super::session::{Session, Side};
use super::unacknowledged::{Alarm, Unacknowledged};
use super::{HangupOptions, Phase, end};
use crate::dialog::{DialogId, Effect};
use crate::message::{FlowId, Headers, Method, Request, Response};
use crate::time::Deadline;
use crate::usage::data::CallHandle;
use crate::usage::{Cx, response_data};

/// A call with a confirmed dialog.
#[derive(Debug)]
pub(super) struct Established {
    pub(super) dialog: DialogId,
    /// Who placed the call, and so owns the Call-ID.
    pub(super) caller: Side,
    pub(super) session: Session,
    pub(super) peer: Peer,
    /// Our 2xx that wait for their ACKs: that of the INVITE, those of re-INVITEs.
    pub(super) unacknowledged: Vec<Unacknowledged>,
    pub(super) change: Change,
    pub(super) next: Next,
    /// The connection by which the peer was last told where we are.
    reached_by: Option<FlowId>,
}

impl Established {
    /// Our INVITE was answered, acknowledged, and the media has the answer.
    pub(super) fn outgoing(
        cx: &mut Cx,
        call: CallHandle,
        dialog: DialogId,
        session: Session,
        next: Next,
        response: &Response,
    ) -> Phase {
        let mut peer = Peer::default();
        peer.learn(&response.headers);
        let up = Self {
            dialog,
            caller: Side::Local,
            session,
            peer,
            unacknowledged: Vec::new(),
            change: Change::Rest,
            next,
            reached_by: cx.flow_id(),
        };
        up.tell_established(cx, call, Some(response));
        Box::new(up).go_on(cx, call)
    }

    /// Our 2xx has left.
    pub(super) fn incoming(
        cx: &mut Cx,
        call: CallHandle,
        dialog: DialogId,
        (session, exchange): (Session, Exchange),
        invite: &Request,
        wait: Unacknowledged,
    ) -> Phase {
        let mut peer = Peer::default();
        peer.learn(&invite.headers);
        let change = match exchange {
            Exchange::Answered => Change::Rest,
            Exchange::Offered { offer } => Change::AwaitingAnswer { cseq: wait.cseq(), offer, stake: Stake::Call },
        };
        let up = Self {
            dialog,
            caller: Side::Remote,
            session,
            peer,
            unacknowledged: vec![wait],
            change,
            next: Next::default(),
            reached_by: cx.flow_id(),
        };
        up.tell_established(cx, call, None);
        Phase::Established(Box::new(up))
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        let waits = self.unacknowledged.iter().map(|wait| Some(wait.deadline()));
        waits.fold(self.change.deadline(), Deadline::earliest)
    }

    pub(super) fn handle_timeout(mut self: Box<Self>, cx: &mut Cx, call: CallHandle) -> Phase {
        if self.change.deadline().is_some_and(|deadline| deadline.at <= cx.now) {
            self.change_overdue(cx, call);
            return self.go_on(cx, call);
        }
        let due = self.unacknowledged.iter_mut().position(|wait| wait.deadline().at <= cx.now);
        match due.and_then(|at| Some((at, self.unacknowledged.get_mut(at)?.handle_timeout(cx)))) {
            None | Some((_, Alarm::Repeated)) => Phase::Established(self),
            Some((at, Alarm::Unknowable)) => {
                let cseq = self.unacknowledged.remove(at).cseq();
                if self.give_up_answer(cx, call, cseq) == Some(Stake::Call) {
                    cx.diagnostic("ack-timeout", "the peer never answered the offer in our 2xx: there is no session");
                    return self.unheard(cx, call);
                }
                cx.diagnostic(
                    "ack-lost",
                    "the ACK for our 2xx never came, and yet the peer is there: the call is kept",
                );
                self.go_on(cx, call)
            }
            Some((_, Alarm::GaveUp)) => {
                cx.diagnostic("ack-timeout", "the peer never acknowledged our 2xx");
                self.unheard(cx, call)
            }
        }
    }

    /// Hung up. Before the ACK of our first 2xx a BYE would overtake that, so it waits (RFC 3261 §15, RC-07).
    pub(super) fn leave(mut self, cx: &mut Cx, call: CallHandle, options: &HangupOptions, cause: Cause) -> Phase {
        let end = end::local(cause, options, cx.now);
        let first = self.unacknowledged.iter().position(Unacknowledged::is_first);
        let wait = first.map(|at| self.unacknowledged.remove(at));
        let dialog = self.drop_session(cx);
        match wait {
            Some(wait) => Goodbye::after_ack(cx, call, (dialog, wait), options, end),
            None => Goodbye::leaving(cx, call, dialog, options, end),
        }
    }

    /// The peer has hung up.
    pub(super) fn on_bye(self, cx: &mut Cx, call: CallHandle, bye: &Request) -> Phase {
        let dialog = self.drop_session(cx);
        Goodbye::over(cx, call, dialog, end::by_peer(Cause::Hangup, &bye.headers, cx.now))
    }

    /// A request of ours was answered by what ends the call, or was not answered at all (DG-07).
    pub(super) fn perish(self, cx: &mut Cx, call: CallHandle, effect: Effect, end: CallEnd) -> Phase {
        let farewell = effect == Effect::Usage { farewell: true };
        let dialog = self.drop_session(cx);
        match farewell {
            true => Goodbye::farewell(cx, call, dialog, &HangupOptions::default(), end),
            false => Goodbye::over(cx, call, dialog, end),
        }
    }

    /// The peer has broken the exchange of descriptions so that there is no session (IV-02).
    pub(super) fn broken(self, cx: &mut Cx, call: CallHandle) -> Phase {
        let dialog = self.drop_session(cx);
        without_session(cx, call, dialog, Cause::Protocol)
    }

    /// The media cannot take what both sides have agreed on.
    pub(super) fn no_media(self, cx: &mut Cx, call: CallHandle) -> Phase {
        let dialog = self.drop_session(cx);
        without_session(cx, call, dialog, Cause::Media)
    }

    /// The peer has not acknowledged our first 2xx, or not as it must.
    fn unheard(self, cx: &mut Cx, call: CallHandle) -> Phase {
        let dialog = self.drop_session(cx);
        Goodbye::leaving(cx, call, dialog, &HangupOptions::default(), end::silent(cx.now))
    }

    /// Lets go of everything but the dialog.
    fn drop_session(self, cx: &mut Cx) -> DialogId {
        self.change.abandon(cx);
        self.next.abandon(cx);
        self.dialog
    }

    /// The peer has said something in the dialog: it must have our 2xx (RC-06).
    pub(super) fn heard(&mut self) {
        for wait in &mut self.unacknowledged {
            wait.heard();
        }
    }

    /// A request that refreshes the peer's target, or its 2xx, has succeeded (RFC 3261 §12.2.2, RFC 3311 §5.2).
    pub(super) fn refresh_target(&mut self, cx: &mut Cx, headers: &Headers) {
        self.peer.learn(headers);
        if let Some(dialog) = cx.dialogs.get_mut(self.dialog) {
            dialog.refresh_target(headers);
        }
    }

    /// The peer has just been told where we are.
    pub(super) fn note_reached(&mut self, cx: &Cx) {
        self.reached_by = cx.flow_id();
    }

    /// Whether the peer, or its proxy, still looks for us where we were before the connection was lost.
    pub(super) fn is_astray(&self, cx: &Cx) -> bool {
        let will_hear = self.next.is_renewal();
        self.reached_by != cx.flow_id()
            && !will_hear
            && self.peer.update == Update::Allowed
            && cx.is_allowed(&Method::Update)
    }

    fn tell_established(&self, cx: &mut Cx, call: CallHandle, response: Option<&Response>) {
        let Some(key) = cx.dialogs.get(self.dialog).map(|dialog| dialog.key.clone()) else { return };
        let dialog = DialogData { call_id: key.call_id, local_tag: key.local_tag, remote_tag: key.remote_tag };
        cx.tell(call, CallEvent::Established { dialog, response: response.map(response_data) });
        if self.session.held().remote {
            cx.tell(call, CallEvent::Hold { by: EndedBy::Remote, held: true });
        }
    }
}

/// Ends a call that has no usable session description, and tells the peer why (RFC 3326): `Media` where ours is missing,
/// `Protocol` where the peer's is.
pub(super) fn without_session(cx: &mut Cx, call: CallHandle, dialog: DialogId, cause: Cause) -> Phase {
    let reason = ReasonData { protocol: "SIP".to_owned(), cause: 488, text: Some("Not Acceptable Here".to_owned()) };
    let options = HangupOptions { reason: Some(reason), ..HangupOptions::default() };
    Goodbye::leaving(cx, call, dialog, &options, end::plain(EndedBy::Local, cause, cx.now))
}
