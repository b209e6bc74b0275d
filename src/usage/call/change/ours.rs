//! Changes of ours: the media makes an offer, a re-INVITE or UPDATE carries it, the media takes the answer. Whatever
//! goes wrong, the media goes back and the call stays as it was (IV-07), unless the answer says that there is no call.

use super::{Change, MEDIA, Patience, ROUNDS, Then, Wish, after_glare, failure};
use crate::dialog::{Effect, Failed, Kind, effect};
use crate::message::{Head, Method, Request, Response, sdp};
use crate::time::{Duration, Instant};
use crate::usage::auth::{Attempt, Leg, Verdict};
use crate::usage::call::early_media::description;
use crate::usage::call::established::Established;
use crate::usage::call::peer::Update;
use crate::usage::call::session::Side;
use crate::usage::call::{Phase, RefreshMethod, end};
use crate::usage::data::{AskId, CallHandle, Failure, FailureCode};
use crate::usage::question::{Answer, Question};
use crate::usage::{Cx, Owner, add_sdp};

impl Established {
    /// Somebody wants the session changed. While another change is under way it waits, alone (IV-07).
    pub(in crate::usage::call) fn want(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, wish: Wish) -> Phase {
        let Some(wish) = self.join(cx, wish) else { return Phase::Established(self) };
        if wish.lasting {
            self.next.put(wish);
        } else if cx.flow.is_none() {
            // TR-10
            wish.fail(cx, &failure(FailureCode::NotConnected, "no server is connected", None));
        } else if self.next.wish.is_some() {
            let why = "two changes of this call are under way already; wait for one of them";
            wish.fail(cx, &failure(FailureCode::WrongState, why, None));
        } else {
            self.next.wish = Some(wish);
        }
        self.go_on(cx, call)
    }

    /// A hold that is so already, or will be, takes no change of its own.
    fn join(&mut self, cx: &mut Cx, wish: Wish) -> Option<Wish> {
        let Some(held) = wish.hold else { return Some(wish) };
        if let Some(last) = self.last_wish() {
            if last.hold == Some(held) {
                last.commands.extend(wish.commands);
                return None;
            }
        } else if self.session.held().local == held {
            for id in wish.commands {
                cx.done(id);
            }
            return None;
        }
        Some(wish)
    }

    /// The wish that will have the last word.
    fn last_wish(&mut self) -> Option<&mut Wish> {
        if self.next.wish.is_some() {
            return self.next.wish.as_mut();
        }
        match &mut self.change {
            Change::Preparing { wish, .. }
            | Change::Offered { wish, .. }
            | Change::Applying { wish, .. }
            | Change::GoingBack { then: Then::Retry(wish, _), .. }
            | Change::Waiting { wish, .. } => Some(wish),
            Change::GoingBack { then: Then::Rest | Then::Fail(..) | Then::Answer(_), .. }
            | Change::Rest
            | Change::Answering { .. }
            | Change::OfferingBack { .. }
            | Change::AwaitingAnswer { .. }
            | Change::Taking { .. } => None,
        }
    }

    /// Begins what comes next, if anything does and can.
    pub(in crate::usage::call) fn go_on(mut self: Box<Self>, cx: &mut Cx, call: CallHandle) -> Phase {
        if matches!(self.change, Change::Rest | Change::Waiting { .. })
            && let Some(theirs) = self.next.theirs.take()
        {
            return self.on_offer(cx, call, theirs);
        }
        // RFC 3261 §14.1: not before the ACK of our own 2xx.
        if matches!(self.change, Change::Rest)
            && self.unacknowledged.is_empty()
            && let Some(wish) = self.next.take(cx.flow.is_some())
        {
            match wish.not_before {
                retry_at if retry_at > cx.now => self.change = Change::Waiting { retry_at, wish },
                _ => self.prepare(cx, call, wish),
            }
        }
        Phase::Established(self)
    }

    fn prepare(&mut self, cx: &mut Cx, call: CallHandle, wish: Wish) {
        let hold = wish.hold.unwrap_or(self.session.held().local);
        let question = Question::CreateOffer { call, hold, ice_restart: wish.ice_restart };
        let ask = cx.ask(Owner::Call(call), question);
        self.change = Change::Preparing { ask, wish, give_up_at: cx.now + MEDIA };
    }

    /// The media has made our offer: it leaves.
    pub(super) fn offer(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, made: String, wish: Wish) -> Phase {
        let may_update = self.peer.update != Update::Refused && cx.is_allowed(&Method::Update);
        let by_update = wish.method == RefreshMethod::Update && may_update;
        let method = if by_update { Method::Update } else { Method::Invite };
        let offer = self.session.send(made);
        self.send_offer(cx, call, method, offer, wish);
        Phase::Established(self)
    }

    fn send_offer(&mut self, cx: &mut Cx, call: CallHandle, method: Method, offer: String, wish: Wish) {
        let Some(mut request) = cx.dialogs.get_mut(self.dialog).map(|dialog| dialog.request(method.clone())) else {
            return;
        };
        cx.describe_us(&mut request.headers);
        request.body = add_sdp(&mut request.headers, &offer);
        self.transmit(cx, call, request, Attempt::default(), (method, offer, wish));
    }

    fn transmit(
        &mut self,
        cx: &mut Cx,
        call: CallHandle,
        request: Request,
        attempt: Attempt,
        (method, offer, wish): (Method, String, Wish),
    ) {
        match cx.send_again(request, Owner::Call(call), attempt) {
            Ok(id) => {
                // UPDATE has Timer F; a re-INVITE would wait for ever.
                let until = Patience::Until(cx.now + cx.transactions.timers().b());
                let patience = if method == Method::Invite { until } else { Patience::Spent };
                self.change = Change::Offered { leg: Leg::Sent(id), method, offer, wish, patience };
            }
            Err(_offline) => self.fail_change(cx, call, wish, disconnected()),
        }
    }

    /// Nobody has answered our re-INVITE in time: it is cancelled, and the call stays (RFC 3261 §9.1).
    pub(super) fn lose_patience(&mut self, cx: &mut Cx) {
        if let Change::Offered { leg, patience, .. } = &mut self.change {
            *patience = Patience::Spent;
            if let Leg::Sent(id) = *leg {
                cx.transactions.cancel(cx.now, id, Vec::new());
            }
        }
    }

    /// A final response to our offer, challenges excepted; the ACK is out.
    pub(in crate::usage::call) fn on_response(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        response: &Response,
        head: &Head,
    ) -> Phase {
        let Change::Offered { method, offer, wish, .. } = core::mem::replace(&mut self.change, Change::Rest) else {
            return Phase::Established(self);
        };
        if response.status.is_success() {
            // DG-05
            self.refresh_target(cx, &response.headers);
            self.note_reached(cx);
            self.on_agreed(cx, call, (response, head), offer, wish);
            return Phase::Established(self);
        }
        let failed = Failed::Status(response.status);
        match effect(failed, &method, Kind::Call) {
            Effect::Unsupported => {
                self.peer.refuses_update();
                self.send_offer(cx, call, Method::Invite, offer, wish);
            }
            gone @ (Effect::Usage { .. } | Effect::Dialog) => {
                wish.fail(cx, &failure(FailureCode::Ended, "the peer says that there is no such call", Some(response)));
                return self.perish(cx, call, gone, end::lost(response, cx.now));
            }
            Effect::Transaction | Effect::Challenge if response.status.code() == 491 && wish.rounds < ROUNDS => {
                let retry_at = after_glare(cx, self.caller);
                self.go_back(cx, call, Then::Retry(Wish { rounds: wish.rounds + 1, ..wish }, retry_at));
            }
            Effect::Transaction | Effect::Challenge if let Some(retry_at) = later(cx.now, response, &wish) => {
                self.go_back(cx, call, Then::Retry(Wish { rounds: wish.rounds + 1, ..wish }, retry_at));
            }
            Effect::Transaction | Effect::Challenge => {
                let why = format!("the peer refused the change: {} {}", response.status.code(), response.phrase);
                self.fail_change(cx, call, wish, failure(FailureCode::Rejected, why, Some(response)));
            }
        }
        Phase::Established(self)
    }

    fn on_agreed(
        &mut self,
        cx: &mut Cx,
        call: CallHandle,
        (response, head): (&Response, &Head),
        offer: String,
        wish: Wish,
    ) {
        match description(response) {
            Some(answer) if sdp::is_answer_to(&answer, &offer) => {
                let branch = head.to_tag().unwrap_or_default().to_owned();
                let question = Question::SetAnswer { call, answer: answer.clone(), branch, provisional: false };
                let ask = cx.ask(Owner::Call(call), question);
                self.change = Change::Applying { ask, offer, answer, wish };
            }
            // IV-10: the call stands on what was agreed before.
            useless => {
                let why = match useless {
                    Some(_) => "the peer's answer has not as many streams as our offer",
                    None => "the peer's answer carries no session description",
                };
                cx.diagnostic("no-answer", why);
                self.fail_change(cx, call, wish, failure(FailureCode::Rejected, why, Some(response)));
            }
        }
    }

    /// Both sides have agreed on a change of ours.
    fn changed(&mut self, cx: &mut Cx, call: CallHandle, (offer, answer): (String, String), wish: Wish) {
        let held = wish.hold.unwrap_or(self.session.held().local);
        self.agree(cx, call, offer, answer, Side::Remote, held);
        for id in wish.commands {
            cx.done(id);
        }
    }

    /// Our offer was not answered, or the connection broke.
    pub(in crate::usage::call) fn on_no_answer(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        why: Failed,
    ) -> Phase {
        let Change::Offered { method, wish, .. } = core::mem::replace(&mut self.change, Change::Rest) else {
            return Phase::Established(self);
        };
        match effect(why, &method, Kind::Call) {
            gone @ (Effect::Usage { .. } | Effect::Dialog) => {
                wish.fail(cx, &failure(FailureCode::Timeout, "the peer did not answer", None));
                self.perish(cx, call, gone, end::silent(cx.now))
            }
            Effect::Transaction | Effect::Challenge | Effect::Unsupported => {
                self.fail_change(cx, call, wish, disconnected());
                Phase::Established(self)
            }
        }
    }

    /// Our offer was challenged (RFC 3261 §22.2).
    pub(in crate::usage::call) fn on_verdict(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        verdict: Verdict,
        response: &Response,
    ) -> Phase {
        let Change::Offered { method, offer, wish, patience, .. } = core::mem::replace(&mut self.change, Change::Rest)
        else {
            return Phase::Established(self);
        };
        match verdict {
            Verdict::Asked(ask) => {
                self.change = Change::Offered { leg: Leg::Authenticating(ask), method, offer, wish, patience };
            }
            Verdict::Again(mut request, attempt) => {
                if let Some(dialog) = cx.dialogs.get_mut(self.dialog) {
                    dialog.renumber(&mut request);
                }
                self.transmit(cx, call, *request, attempt, (method, offer, wish));
            }
            Verdict::Refused(why) => {
                self.fail_change(cx, call, wish, failure(FailureCode::Authentication, why, Some(response)));
            }
        }
        Phase::Established(self)
    }

    /// The media has taken the answer to our offer, or could not.
    pub(super) fn applied(
        &mut self,
        cx: &mut Cx,
        call: CallHandle,
        texts: (String, String),
        wish: Wish,
        answer: Answer,
    ) {
        match answer {
            Answer::MediaFailed { detail, .. } => {
                let refusal = failure(FailureCode::Media, detail, None);
                self.fail_change(cx, call, wish, refusal);
            }
            Answer::Applied
            | Answer::Sdp { .. }
            | Answer::Credentials { .. }
            | Answer::Response { .. }
            | Answer::Usual => self.changed(cx, call, texts, wish),
        }
    }

    /// A change of ours has failed: the media goes back first, then whoever wanted it is told; or it waits.
    pub(super) fn fail_change(&mut self, cx: &mut Cx, call: CallHandle, wish: Wish, why: Failure) {
        if wish.lasting && why.code == FailureCode::NotConnected {
            self.next.put(wish);
            return self.go_back(cx, call, Then::Rest);
        }
        self.go_back(cx, call, Then::Fail(wish, why));
    }

    pub(super) fn go_back(&mut self, cx: &mut Cx, call: CallHandle, then: Then) {
        let ask = cx.ask(Owner::Call(call), Question::Rollback { call });
        self.change = Change::GoingBack { ask, then };
    }

    /// The media has gone back, as far as it could.
    pub(super) fn gone_back(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, then: Then, answer: &Answer) -> Phase {
        if let Answer::MediaFailed { detail, .. } = answer {
            cx.diagnostic("media", detail.as_str());
        }
        self.change = Change::Rest;
        match then {
            Then::Rest => {}
            Then::Fail(wish, why) => wish.fail(cx, &why),
            Then::Retry(wish, retry_at) => self.change = Change::Waiting { retry_at, wish },
            Then::Answer(theirs) => return self.receive_offer(cx, call, theirs),
        }
        self.go_on(cx, call)
    }

    /// What met the peer's offer is offered again.
    pub(super) fn retry(&mut self, cx: &mut Cx, call: CallHandle, wish: Wish) {
        if cx.flow.is_some() {
            return self.prepare(cx, call, wish);
        }
        match wish.lasting {
            true => self.next.put(wish),
            false => wish.fail(cx, &disconnected()),
        }
    }

    /// The media has made no offer in time.
    pub(super) fn no_offer(&mut self, cx: &mut Cx, call: CallHandle, (ask, wish): (AskId, Wish), why: &str) {
        cx.withdraw(ask);
        self.fail_change(cx, call, wish, failure(FailureCode::Media, why, None));
    }
}

/// When a peer that is busy with a change of its own (IV-08) wants to hear of one again that can wait.
fn later(now: Instant, response: &Response, wish: &Wish) -> Option<Instant> {
    let seconds = response.headers.retry_after().filter(|_| wish.lasting && wish.rounds < ROUNDS)?;
    (response.status.code() == 500).then(|| now + Duration::from_secs(u64::from(seconds)))
}

fn disconnected() -> Failure {
    failure(FailureCode::NotConnected, "the connection was lost", None)
}
