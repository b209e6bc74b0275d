//! A call that comes in, until it is answered (RFC 3261 §13.3, §9.2; TX-09, IV-11).
//!
//! ```text
//!             accept()              answer made: 2xx
//!  Alerting ──────────▶ Answering ──────────────────▶ Established
//!     │ refused, give_up_at: 480    │ media refused: 480 or 488
//!     │ CANCEL: 487                 │ CANCEL: 487
//!     ▼                             ▼
//!    gone                          gone
//! ```

use super::established::Established;
use super::event::{CallEnd, CallEvent, CallState, Cause, EndedBy};
use super::session::{Session, Side};
use super::unacknowledged::{Place, Unacknowledged};
use super::{AcceptOptions, HangupOptions, Phase, RefusalOptions, RingOptions, end};
use crate::dialog::DialogId;
use crate::message::{Name, NameAddr, Request, Response, StatusCode, sdp};
use crate::time::{Deadline, Duration, Instant};
use crate::transaction::ServerId;
use crate::usage::data::{AskId, CallHandle, FailureCode, RequestId};
use crate::usage::question::{Answer, Question};
use crate::usage::request::{add_body, add_headers};
use crate::usage::{Cx, Owner, Usage, add_sdp, message_data, sdp_of};

/// How long people have to decide, before 480 is answered for them.
pub(super) const DECISION: Duration = Duration::from_secs(180);

/// A call that has come in.
#[derive(Debug)]
pub(super) struct Incoming {
    invite: ServerId,
    request: Box<Request>,
    dialog: DialogId,
    local_tag: String,
    step: Step,
}

#[derive(Debug)]
enum Step {
    /// Somebody decides.
    Alerting { rung: CallState, give_up_at: Instant },
    /// Accepted; the media makes our part of the session description.
    Answering { ask: AskId, command: RequestId, options: AcceptOptions },
}

/// Our half of the first exchange of descriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Exchange {
    /// The INVITE offered; our 2xx answers.
    Answered,
    /// The INVITE offered nothing; our 2xx offers, and the ACK has to answer (RFC 3261 §13.2.1).
    Offered { offer: String },
}

impl Incoming {
    /// Tells of a new call. The dialog is early until a 2xx leaves.
    pub(super) fn alert(
        cx: &mut Cx,
        call: CallHandle,
        invite: ServerId,
        request: Request,
        dialog: DialogId,
        local_tag: String,
    ) -> Phase {
        if let Some(remote) = cx.dialogs.get(dialog).map(|dialog| dialog.remote().into()) {
            cx.tell(call, CallEvent::Incoming { remote, invite: message_data(&request.headers, &request.body) });
        }
        let step = Step::Alerting { rung: CallState::Calling, give_up_at: cx.now + DECISION };
        Phase::Incoming(Box::new(Self { invite, request: Box::new(request), dialog, local_tag, step }))
    }

    pub(super) fn state(&self) -> CallState {
        match self.step {
            Step::Alerting { rung, .. } => rung,
            Step::Answering { .. } => CallState::Answering,
        }
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        match self.step {
            Step::Alerting { give_up_at, .. } => Some(Deadline::new(give_up_at, "answer 480: nobody decided")),
            Step::Answering { .. } => None,
        }
    }

    pub(super) fn handle_timeout(self, cx: &mut Cx, call: CallHandle) -> Phase {
        self.refuse(
            cx,
            call,
            &with_status(StatusCode::TEMPORARILY_UNAVAILABLE),
            end::unanswered(cx.now),
            "nobody decided in time",
        )
    }

    /// Sends 180 or 183.
    pub(super) fn ring(mut self: Box<Self>, cx: &mut Cx, id: RequestId, options: &RingOptions) -> Phase {
        let status = StatusCode::new(options.status).filter(|status| matches!(status.code(), 180 | 183));
        match (&mut self.step, status) {
            (Step::Alerting { rung, .. }, Some(status)) => {
                *rung = (*rung).max(CallState::Ringing);
                let mut response = self.response(cx, status, None);
                add_headers(&mut response.headers, &options.headers);
                cx.respond(self.invite, response);
                cx.done(id);
            }
            (Step::Answering { .. }, _) => cx.failed(id, FailureCode::WrongState, "the call is being accepted already"),
            (Step::Alerting { .. }, None) => {
                cx.failed(id, FailureCode::WrongState, "a call rings with 180 or 183 only")
            }
        }
        Phase::Incoming(self)
    }

    /// Asks the media for our description; the 2xx leaves when it is there.
    pub(super) fn accept(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        id: RequestId,
        options: AcceptOptions,
    ) -> Phase {
        match self.step {
            Step::Alerting { .. } => {
                let question = match sdp_of(&self.request.headers, &self.request.body) {
                    Some(offer) => Question::CreateAnswer { call, offer, hold: false },
                    None => Question::CreateOffer { call, hold: false, ice_restart: false },
                };
                let ask = cx.ask(Owner::Call(call), question);
                self.step = Step::Answering { ask, command: id, options };
            }
            Step::Answering { .. } => cx.failed(id, FailureCode::WrongState, "the call is being accepted already"),
        }
        Phase::Incoming(self)
    }

    /// Refuses with a final response.
    pub(super) fn reject(
        self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        id: RequestId,
        options: &RefusalOptions,
    ) -> Phase {
        if StatusCode::new(options.status).is_none_or(|status| status.class() < 3) {
            cx.failed(id, FailureCode::WrongState, "a call is refused with a status of 300 to 699");
            return Phase::Incoming(self);
        }
        let end = end::plain(EndedBy::Local, Cause::Rejected, cx.now);
        let phase = self.refuse(cx, call, options, end, "the call was refused");
        cx.done(id);
        phase
    }

    /// Sends the caller elsewhere (RFC 3261 §8.1.3.4).
    pub(super) fn redirect(
        self,
        cx: &mut Cx,
        call: CallHandle,
        id: RequestId,
        contacts: &[NameAddr],
        permanent: bool,
    ) -> Phase {
        let status = if permanent { StatusCode::MOVED_PERMANENTLY } else { StatusCode::MOVED_TEMPORARILY };
        let mut refusal = with_status(status);
        for contact in contacts {
            refusal.headers.push((Name::Contact.to_string(), contact.to_string()));
        }
        let end = end::plain(EndedBy::Local, Cause::Redirected, cx.now);
        let phase = self.refuse(cx, call, &refusal, end, "the call was sent elsewhere");
        cx.done(id);
        phase
    }

    /// Hung up without a word of its own: 480, or what was asked for (IV-11).
    pub(super) fn leave(self, cx: &mut Cx, call: CallHandle, options: &HangupOptions, cause: Cause) -> Phase {
        let status = options.status.and_then(StatusCode::new).filter(|status| status.class() >= 3);
        let mut refusal = with_status(status.unwrap_or(StatusCode::TEMPORARILY_UNAVAILABLE));
        refusal.headers = end::extra(options).into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        let cause = if cause == Cause::Hangup { Cause::Rejected } else { cause };
        self.refuse(cx, call, &refusal, end::local(cause, options, cx.now), "the call was hung up")
    }

    /// The peer has cancelled; the transaction has answered the CANCEL itself (TX-09).
    pub(super) fn on_cancel(self, cx: &mut Cx, call: CallHandle, cancel: &Request) -> Phase {
        let end = end::by_peer(end::cause_of_cancel(&cancel.headers), &cancel.headers, cx.now);
        self.refuse(cx, call, &with_status(StatusCode::REQUEST_TERMINATED), end, "the caller hung up")
    }

    /// The peer has sent BYE in the early dialog: 487 first (IV-12).
    pub(super) fn on_bye(self, cx: &mut Cx, call: CallHandle, bye: &Request) -> Phase {
        let end = end::by_peer(Cause::Cancelled, &bye.headers, cx.now);
        self.refuse(cx, call, &with_status(StatusCode::REQUEST_TERMINATED), end, "the caller hung up")
    }

    /// The socket is gone and the INVITE's transaction with it: it cannot be answered any more.
    pub(super) fn flow_down(self, cx: &mut Cx, call: CallHandle) -> Phase {
        self.end(cx, call, end::transport_lost(cx.now), "the connection was lost")
    }

    /// The media has answered.
    pub(super) fn on_answer(self: Box<Self>, cx: &mut Cx, call: CallHandle, ask: AskId, answer: Answer) -> Phase {
        match (&self.step, answer) {
            (Step::Answering { ask: asked, .. }, Answer::Sdp { sdp }) if *asked == ask => self.answer(cx, call, sdp),
            (Step::Answering { ask: asked, .. }, Answer::MediaFailed { detail, incompatible }) if *asked == ask => {
                let (status, cause) = if incompatible {
                    (StatusCode::NOT_ACCEPTABLE_HERE, Cause::Incompatible)
                } else {
                    (StatusCode::TEMPORARILY_UNAVAILABLE, Cause::Media)
                };
                let end = end::plain(EndedBy::Local, cause, cx.now);
                self.refuse(cx, call, &with_status(status), end, &detail)
            }
            (Step::Alerting { .. } | Step::Answering { .. }, _) => Phase::Incoming(self),
        }
    }

    /// RFC 3261 §13.3.1.4: the 2xx.
    fn answer(self: Box<Self>, cx: &mut Cx, call: CallHandle, made: String) -> Phase {
        let Step::Answering { command, options, .. } = &self.step else {
            return Phase::Incoming(self);
        };
        let offer = sdp_of(&self.request.headers, &self.request.body);
        if offer.as_ref().is_some_and(|offer| !sdp::is_answer_to(&made, offer)) {
            // IV-10
            let end = end::plain(EndedBy::Local, Cause::Incompatible, cx.now);
            let why = "the media's answer has not as many streams as the caller's offer";
            return self.refuse(cx, call, &with_status(StatusCode::NOT_ACCEPTABLE_HERE), end, why);
        }
        let mut session = Session::default();
        let text = session.send(made);
        let mut response = self.request.response(StatusCode::OK, None, Some(&self.local_tag));
        cx.describe_us(&mut response.headers);
        add_headers(&mut response.headers, &options.headers);
        response.body = add_sdp(&mut response.headers, &text);
        if let Some(dialog) = cx.dialogs.get_mut(self.dialog) {
            dialog.confirm();
        }
        cx.respond(self.invite, response.clone());
        cx.done(*command);
        let exchange = match offer {
            Some(offer) => {
                session.agree(text, offer, Side::Local, false);
                Exchange::Answered
            }
            None => Exchange::Offered { offer: text },
        };
        let cseq = self.request.head().map_or(0, |head| head.cseq.number);
        let wait = Unacknowledged::new(cx, Place::First, self.invite, cseq, response);
        Established::incoming(cx, call, self.dialog, (session, exchange), &self.request, wait)
    }

    fn refuse(self, cx: &mut Cx, call: CallHandle, options: &RefusalOptions, end: CallEnd, why: &str) -> Phase {
        let status = StatusCode::new(options.status).unwrap_or(StatusCode::TEMPORARILY_UNAVAILABLE);
        let mut response = self.response(cx, status, options.phrase.as_deref());
        if let Some(seconds) = options.retry_after {
            response.headers.push(Name::RetryAfter, seconds.to_string());
        }
        add_headers(&mut response.headers, &options.headers);
        response.body = add_body(&mut response.headers, options.body.as_ref());
        cx.respond(self.invite, response);
        self.end(cx, call, end, why)
    }

    /// Leaves nothing behind: the question withdrawn, the command settled, the early dialog gone.
    fn end(self, cx: &mut Cx, call: CallHandle, end: CallEnd, why: &str) -> Phase {
        if let Step::Answering { ask, command, .. } = self.step {
            cx.withdraw(ask);
            let media = matches!(end.cause, Cause::Media | Cause::Incompatible);
            cx.failed(command, if media { FailureCode::Media } else { FailureCode::Ended }, why);
        }
        cx.dialogs.end_usage(self.dialog, Usage::Invite(call));
        end::ended(cx, call, end)
    }

    fn response(&self, cx: &Cx, status: StatusCode, phrase: Option<&str>) -> Response {
        let mut response = self.request.response(status, phrase, Some(&self.local_tag));
        if status.class() < 3 {
            response.headers.push(Name::Contact, cx.contact().to_string());
        }
        response
    }
}

fn with_status(status: StatusCode) -> RefusalOptions {
    RefusalOptions { status: status.code(), phrase: None, retry_after: None, headers: Vec::new(), body: None }
}
