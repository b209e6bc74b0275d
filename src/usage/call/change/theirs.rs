//! Changes of the peer's: a re-INVITE or an UPDATE with an offer, or a re-INVITE that wants ours (RFC 3261 §14.2,
//! RFC 3311 §5.2). What cannot be agreed on is refused with 488, and the call stays as it was.

use super::{Change, Encounter, MEDIA, Stake, Then, Wish};
use crate::message::{Head, Method, Name, Request, StatusCode, sdp};
use crate::transaction::ServerId;
use crate::usage::call::Phase;
use crate::usage::call::established::Established;
use crate::usage::call::session::Side;
use crate::usage::call::unacknowledged::{Place, Unacknowledged};
use crate::usage::data::{AskId, CallHandle};
use crate::usage::question::{Answer, Question};
use crate::usage::{Cx, Owner, add_sdp, sdp_of};

impl Change {
    /// The peer's offer that is being answered.
    fn theirs(&self) -> Option<&Theirs> {
        if let Self::Answering { theirs, .. } | Self::OfferingBack { theirs, .. } = self { Some(theirs) } else { None }
    }

    /// Answers the peer's offer no longer: the question the media was asked, and the offer.
    fn take_theirs(&mut self) -> Option<(AskId, Theirs)> {
        self.theirs()?;
        let (Self::Answering { ask, theirs, .. } | Self::OfferingBack { ask, theirs, .. }) =
            core::mem::replace(self, Self::Rest)
        else {
            return None;
        };
        Some((ask, theirs))
    }

    /// The offer that the ACK with this CSeq number has to answer.
    fn take_offer(&mut self, ack: u32) -> Option<(String, Stake)> {
        let Self::AwaitingAnswer { cseq, offer, stake } = self else { return None };
        let asked = (*cseq == ack).then(|| (core::mem::take(offer), *stake))?;
        *self = Self::Rest;
        Some(asked)
    }
}

/// How many re-INVITEs may be answered before the peer acknowledges one (RFC 3261 §14.2).
const UNACKNOWLEDGED: usize = 2;

/// A request that changes the session, until it is answered.
#[derive(Debug)]
pub(in crate::usage::call) struct Theirs {
    id: ServerId,
    cseq: u32,
    request: Box<Request>,
}

impl Theirs {
    pub(in crate::usage::call) fn new(id: ServerId, request: &Request, head: &Head) -> Self {
        Self { id, cseq: head.cseq.number, request: Box::new(request.clone()) }
    }

    /// Whether it is this request.
    pub(in crate::usage::call) fn is(&self, id: ServerId) -> bool {
        self.id == id
    }

    fn is_invite(&self) -> bool {
        self.request.method == Method::Invite
    }

    fn offer(&self) -> Option<String> {
        sdp_of(&self.request.headers, &self.request.body)
    }

    fn refuse(&self, cx: &mut Cx, status: StatusCode) {
        cx.refuse(self.id, &self.request, status, "");
    }

    /// IV-08: asks the peer to come again within ten seconds.
    pub(in crate::usage::call) fn put_off(&self, cx: &mut Cx) {
        let mut response = self.request.response(StatusCode::SERVER_INTERNAL_ERROR, None, None);
        response.headers.push(Name::RetryAfter, cx.entropy.below(11).to_string());
        cx.respond(self.id, response);
    }

    /// The call, or the request, has ended before it could be answered (IV-12, TD-05).
    pub(in crate::usage::call) fn terminate(&self, cx: &mut Cx) {
        self.refuse(cx, StatusCode::REQUEST_TERMINATED);
    }
}

impl Established {
    /// A re-INVITE, or an UPDATE with an offer; its Contact and its body have been looked at.
    pub(in crate::usage::call) fn on_offer(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        theirs: Theirs,
    ) -> Phase {
        match self.change.encounter() {
            Encounter::Glare => theirs.refuse(cx, StatusCode::REQUEST_PENDING),
            Encounter::Unanswered => theirs.put_off(cx),
            Encounter::Busy if self.next.theirs.is_some() => theirs.put_off(cx),
            Encounter::Busy => self.next.theirs = Some(theirs),
            Encounter::Free | Encounter::Yields
                if theirs.is_invite() && self.unacknowledged.len() >= UNACKNOWLEDGED =>
            {
                theirs.put_off(cx);
            }
            Encounter::Free => return self.receive_offer(cx, call, theirs),
            Encounter::Yields => return self.give_way(cx, call, theirs),
        }
        Phase::Established(self)
    }

    /// Ours is not on the wire: theirs goes first, ours comes after it (RFC 3264 §4).
    fn give_way(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, theirs: Theirs) -> Phase {
        let (wish, made) = match core::mem::replace(&mut self.change, Change::Rest) {
            Change::Preparing { ask, wish, .. } => {
                cx.withdraw(ask);
                (wish, true)
            }
            Change::Offered { leg, wish, .. } => {
                leg.abandon(cx);
                (wish, true)
            }
            Change::Waiting { wish, retry_at } => (Wish { not_before: retry_at, ..wish }, false),
            other @ (Change::Rest
            | Change::Applying { .. }
            | Change::GoingBack { .. }
            | Change::Answering { .. }
            | Change::OfferingBack { .. }
            | Change::AwaitingAnswer { .. }
            | Change::Taking { .. }) => {
                self.change = other;
                return Phase::Established(self);
            }
        };
        self.next.put(wish);
        if made {
            self.go_back(cx, call, Then::Answer(theirs));
            return Phase::Established(self);
        }
        self.receive_offer(cx, call, theirs)
    }

    /// Nothing is in the way of the peer's offer.
    pub(super) fn receive_offer(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, theirs: Theirs) -> Phase {
        let hold = self.session.held().local;
        let owner = Owner::Call(call);
        match theirs.offer() {
            Some(offer) if !self.session.admits(&offer) => {
                // RFC 3264 §8
                cx.diagnostic("offer", "the peer offered fewer streams than there are: refused with 488");
                theirs.refuse(cx, StatusCode::NOT_ACCEPTABLE_HERE);
                return self.go_on(cx, call);
            }
            Some(offer) => {
                if let Some(standing) = self.session.standing_answer(&offer).map(str::to_owned) {
                    return self.accept_offer(cx, call, &theirs, offer, standing);
                }
                let ask = cx.ask(owner, Question::CreateAnswer { call, offer: offer.clone(), hold });
                self.change = Change::Answering { ask, theirs, offer, give_up_at: cx.now + MEDIA };
            }
            None => {
                let ask = cx.ask(owner, Question::CreateOffer { call, hold, ice_restart: false });
                self.change = Change::OfferingBack { ask, theirs, give_up_at: cx.now + MEDIA };
            }
        }
        Phase::Established(self)
    }

    /// The media has made the answer: the 2xx leaves.
    pub(super) fn answered(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        (theirs, offer): (Theirs, String),
        answer: Answer,
    ) -> Phase {
        match answer {
            Answer::Sdp { sdp: made } if sdp::is_answer_to(&made, &offer) => {
                let text = self.session.send(made);
                return self.accept_offer(cx, call, &theirs, offer, text);
            }
            Answer::MediaFailed { detail, .. } => cx.diagnostic("media", detail),
            Answer::Sdp { .. }
            | Answer::Applied
            | Answer::Credentials { .. }
            | Answer::Response { .. }
            | Answer::Usual => cx.diagnostic("media", "the media's answer has not as many streams as the peer's offer"),
        }
        self.refuse_offer(cx, call, &theirs, StatusCode::NOT_ACCEPTABLE_HERE);
        Phase::Established(self)
    }

    fn accept_offer(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        theirs: &Theirs,
        offer: String,
        answer: String,
    ) -> Phase {
        self.accept(cx, theirs, &answer);
        let held = self.session.held().local;
        self.agree(cx, call, answer, offer, Side::Local, held);
        self.go_on(cx, call)
    }

    /// The media has made the offer the peer asked for: our 2xx carries it, the ACK has to answer.
    pub(super) fn offered_back(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        theirs: &Theirs,
        made: Answer,
    ) -> Phase {
        let complaint = made.complaint();
        let made = if let Answer::Sdp { sdp } = made { Some(sdp) } else { None };
        let Some(made) = made.filter(|sdp| self.session.admits(sdp)) else {
            cx.diagnostic("media", complaint);
            self.refuse_offer(cx, call, theirs, StatusCode::NOT_ACCEPTABLE_HERE);
            return Phase::Established(self);
        };
        let offer = self.session.send(made);
        self.accept(cx, theirs, &offer);
        self.change = Change::AwaitingAnswer { cseq: theirs.cseq, offer, stake: Stake::Change };
        Phase::Established(self)
    }

    /// The 2xx to a change of the peer's, which also moves its target (RFC 3261 §12.2.2).
    fn accept(&mut self, cx: &mut Cx, theirs: &Theirs, description: &str) {
        let mut response = theirs.request.response(StatusCode::OK, None, None);
        cx.describe_us(&mut response.headers);
        response.body = add_sdp(&mut response.headers, description);
        self.refresh_target(cx, &theirs.request.headers);
        self.note_reached(cx);
        cx.respond(theirs.id, response.clone());
        if theirs.is_invite() {
            self.unacknowledged.push(Unacknowledged::new(cx, Place::Later, theirs.id, theirs.cseq, response));
        }
    }

    pub(super) fn refuse_offer(&mut self, cx: &mut Cx, call: CallHandle, theirs: &Theirs, status: StatusCode) {
        theirs.refuse(cx, status);
        self.go_back(cx, call, Then::Rest);
    }

    /// The media took too long. An UPDATE cannot wait for somebody's consent (RFC 3311 §5.2).
    pub(super) fn too_late(&mut self, cx: &mut Cx, call: CallHandle, ask: AskId, theirs: &Theirs) {
        cx.withdraw(ask);
        cx.diagnostic("media", "the media did not answer the peer's offer in time");
        let status = if theirs.is_invite() { StatusCode::NOT_ACCEPTABLE_HERE } else { StatusCode::SERVER_TIMEOUT };
        self.refuse_offer(cx, call, theirs, status);
    }

    /// The peer has cancelled its re-INVITE; the CANCEL itself is answered (TX-09).
    pub(in crate::usage::call) fn on_cancel(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        invite: ServerId,
    ) -> Phase {
        if let Some(theirs) = self.next.theirs.take_if(|theirs| theirs.is(invite)) {
            theirs.terminate(cx);
        }
        if let Change::GoingBack { then, .. } = &mut self.change
            && let Then::Answer(theirs) = then
            && theirs.is(invite)
        {
            theirs.terminate(cx);
            *then = Then::Rest;
        } else if self.change.theirs().is_some_and(|theirs| theirs.is(invite))
            && let Some((ask, theirs)) = self.change.take_theirs()
        {
            cx.withdraw(ask);
            self.refuse_offer(cx, call, &theirs, StatusCode::REQUEST_TERMINATED);
        }
        Phase::Established(self)
    }

    /// The connection is lost, and with it what the peer waits for (TR-08).
    pub(in crate::usage::call) fn flow_down(mut self: Box<Self>, cx: &mut Cx, call: CallHandle) -> Phase {
        self.next.theirs = None;
        if let Change::GoingBack { then: then @ Then::Answer(_), .. } = &mut self.change {
            *then = Then::Rest;
        } else if let Some((ask, _theirs)) = self.change.take_theirs() {
            cx.withdraw(ask);
            self.go_back(cx, call, Then::Rest);
        }
        Phase::Established(self)
    }

    /// An ACK for a 2xx of ours. Where that carried an offer, the ACK has to answer it (IV-02).
    pub(in crate::usage::call) fn on_ack(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        ack: &Request,
        cseq: u32,
    ) -> Phase {
        let waiting = self.unacknowledged.len();
        self.unacknowledged.retain(|wait| !wait.is_acknowledged_by(cseq));
        if self.unacknowledged.len() == waiting {
            return Phase::Established(self);
        }
        match self.change.take_offer(cseq) {
            Some((offer, stake)) => self.take_answer(cx, call, ack, offer, stake),
            None => self.go_on(cx, call),
        }
    }

    fn take_answer(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        ack: &Request,
        offer: String,
        stake: Stake,
    ) -> Phase {
        match sdp_of(&ack.headers, &ack.body) {
            Some(answer) if sdp::is_answer_to(&answer, &offer) => {
                let branch =
                    cx.dialogs.get(self.dialog).map(|dialog| dialog.key.remote_tag.clone()).unwrap_or_default();
                let question = Question::SetAnswer { call, answer: answer.clone(), branch, provisional: false };
                let ask = cx.ask(Owner::Call(call), question);
                self.change = Change::Taking { ask, offer, answer, stake };
                Phase::Established(self)
            }
            useless => {
                let why = match useless {
                    Some(_) => "the ACK answers the offer in our 2xx with another number of streams",
                    None => "the ACK carries no answer to the offer in our 2xx",
                };
                cx.diagnostic("no-answer", why);
                self.broken(cx, call)
            }
        }
    }

    /// The ACK with this number will not come, though the peer is there. If it had to answer our offer, the media goes
    /// back to what stands; what the call has to lose is said.
    pub(in crate::usage::call) fn give_up_answer(&mut self, cx: &mut Cx, call: CallHandle, cseq: u32) -> Option<Stake> {
        let Change::AwaitingAnswer { cseq: asked, stake, .. } = self.change else { return None };
        if asked == cseq && stake == Stake::Change {
            self.go_back(cx, call, Then::Rest);
        }
        (asked == cseq).then_some(stake)
    }

    /// The media has taken the answer of an ACK, or could not.
    pub(super) fn taken(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        (offer, answer, stake): (String, String, Stake),
        outcome: Answer,
    ) -> Phase {
        match (outcome, stake) {
            (Answer::MediaFailed { detail, .. }, Stake::Call) => {
                cx.diagnostic("media", detail);
                self.no_media(cx, call)
            }
            (Answer::MediaFailed { detail, .. }, Stake::Change) => {
                cx.diagnostic("media", detail);
                self.go_back(cx, call, Then::Rest);
                Phase::Established(self)
            }
            (
                Answer::Applied
                | Answer::Sdp { .. }
                | Answer::Credentials { .. }
                | Answer::Response { .. }
                | Answer::Usual,
                Stake::Call | Stake::Change,
            ) => {
                let held = self.session.held().local;
                self.agree(cx, call, offer, answer, Side::Remote, held);
                self.go_on(cx, call)
            }
        }
    }
}
