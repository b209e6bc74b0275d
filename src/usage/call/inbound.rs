//! What the wire says to calls: requests, responses, and responses that never came.

use super::event::{CallEnd, Cause, ReasonData};
use super::goodbye::Goodbye;
use super::incoming::Incoming;
use super::outgoing::{Outgoing, confirm};
use super::{Call, CallState, Calls, FORKS, HangupOptions, Phase};
use crate::dialog::{Dialog, DialogId};
use crate::message::{Contacts, Head, Method, Name, Request, Response, StatusCode};
use crate::transaction::{ClientId, ServerId};
use crate::usage::auth::{Leg, Verdict};
use crate::usage::data::CallHandle;
use crate::usage::{Cx, Owner, Usage};

impl Calls {
    /// An INVITE outside every dialog. Without anybody to ask (`anybody`) it is answered 480 at once.
    pub fn on_invite(&mut self, cx: &mut Cx, id: ServerId, request: Request, head: &Head, anybody: bool) {
        let tag = cx.entropy.tag();
        cx.transactions.set_local_tag(id, &tag);
        let dialog = match Dialog::uas(&request, head, &tag) {
            Ok(dialog) => dialog,
            Err(fault) => return cx.respond(id, request.response(fault.status, Some(&fault.phrase()), Some(&tag))),
        };
        if !is_understood(&request) {
            let mut response = request.response(StatusCode::UNSUPPORTED_MEDIA_TYPE, None, Some(&tag));
            response.headers.push(Name::Accept, "application/sdp");
            response.headers.push(Name::AcceptEncoding, "identity");
            return cx.respond(id, response);
        }
        if !anybody {
            cx.diagnostic("nobody-listens", "a call came in and nothing listens for calls: answered 480");
            return cx.refuse(id, &request, StatusCode::TEMPORARILY_UNAVAILABLE, &tag);
        }
        if !self.has_room(cx) {
            cx.diagnostic("limit", "a call came in and as many as the configuration allows are up: answered 486");
            return cx.refuse(id, &request, StatusCode::BUSY_HERE, &tag);
        }
        let call = self.next_handle();
        cx.transactions.set_owner(id, Owner::Call(call));
        let dialog = cx.dialogs.insert(dialog, Usage::Invite(call));
        let phase = Incoming::alert(cx, call, id, request, dialog, tag);
        self.admit(call, Call { phase, told: CallState::Calling });
    }

    /// A request in the dialog of a call; its CSeq has been checked.
    pub fn on_request(&mut self, cx: &mut Cx, call: CallHandle, id: ServerId, request: &Request, head: &Head) {
        let tag = head.to_tag().unwrap_or_default();
        if request.method == Method::Bye {
            self.on_bye(cx, call, id, request, tag);
        } else if request.method == Method::Invite {
            let status = self.answer_to_reinvite(call);
            cx.transactions.set_local_tag(id, tag);
            cx.refuse(id, request, status, tag);
        } else if self.is_leaving(call) {
            // RC-04
            cx.refuse(id, request, StatusCode::CALL_DOES_NOT_EXIST, tag);
        } else {
            cx.answer_by_itself(id, request, tag);
        }
    }

    /// An ACK for a 2xx in the dialog of a call.
    pub fn on_ack(&mut self, cx: &mut Cx, call: CallHandle, ack: &Request, head: &Head) {
        let cseq = head.cseq.number;
        self.turn(cx, call, |cx, phase| match phase {
            Phase::Established(established) => established.on_ack(cx, call, ack, cseq),
            Phase::Leaving(goodbye, end) => goodbye.on_ack(cx, call, cseq, *end),
            Phase::Queued(_) | Phase::Outgoing(_) | Phase::Incoming(_) | Phase::Parting(_) | Phase::Gone => phase,
        });
    }

    /// A CANCEL for an INVITE that is not answered; the CANCEL itself is (TX-09).
    pub fn on_cancel(&mut self, cx: &mut Cx, call: CallHandle, cancel: &Request) {
        self.turn(cx, call, |cx, phase| match phase {
            Phase::Incoming(incoming) => incoming.on_cancel(cx, call, cancel),
            Phase::Queued(_)
            | Phase::Outgoing(_)
            | Phase::Established(_)
            | Phase::Leaving(..)
            | Phase::Parting(_)
            | Phase::Gone => phase,
        });
    }

    /// A response to a request of a call, challenges excepted.
    pub fn on_response(&mut self, cx: &mut Cx, call: CallHandle, id: ClientId, response: &Response, head: &Head) {
        let leg = Leg::Sent(id);
        if head.cseq.method == Method::Invite && response.status.is_success() {
            return self.on_success(cx, call, id, response, head);
        }
        self.turn(cx, call, |cx, phase| match phase.sender(leg) {
            Sender::Inviting(outgoing) => match response.status.code() {
                100 => Phase::Outgoing(outgoing),
                101..=199 => match cx.transactions.client_request(id).cloned() {
                    Some(request) => outgoing.on_provisional(cx, call, &request, response, head),
                    None => Phase::Outgoing(outgoing),
                },
                _ => outgoing.on_refused(cx, call, response),
            },
            Sender::SayingBye(goodbye, end) if response.status.is_final() => goodbye.on_over(cx, call, end),
            Sender::SayingBye(goodbye, end) => goodbye.same(end),
            Sender::Nobody(phase) => phase,
        });
    }

    /// A challenge to a request of a call has been dealt with, or its question answered.
    pub fn on_verdict(&mut self, cx: &mut Cx, call: CallHandle, leg: Leg, verdict: Verdict, response: &Response) {
        self.turn(cx, call, |cx, phase| match phase.sender(leg) {
            Sender::Inviting(outgoing) => outgoing.on_verdict(cx, call, verdict, response),
            Sender::SayingBye(goodbye, end) => goodbye.on_verdict(cx, call, verdict, end),
            Sender::Nobody(phase) => {
                if let Verdict::Asked(ask) = verdict {
                    Leg::Authenticating(ask).abandon(cx);
                }
                phase
            }
        });
    }

    /// A request of a call was not answered: a timeout, or with `Cause::Transport` a lost connection.
    pub fn on_no_answer(&mut self, cx: &mut Cx, call: CallHandle, id: ClientId, why: Cause) {
        self.turn(cx, call, |cx, phase| match phase.sender(Leg::Sent(id)) {
            Sender::Inviting(outgoing) => outgoing.on_no_answer(cx, call, why),
            Sender::SayingBye(goodbye, end) if why == Cause::Transport => goodbye.flow_down(cx, call, end),
            Sender::SayingBye(goodbye, end) => goodbye.on_over(cx, call, end),
            Sender::Nobody(phase) => phase,
        });
    }

    /// The INVITE's transaction is over: its 2xx will not be repeated any more.
    pub fn invite_over(&mut self, id: ClientId) {
        self.acks.forget(id);
    }

    /// RFC 3261 §13.2.2.4: every 2xx is acknowledged, the first of a branch opens its dialog, and a call is kept
    /// only for the first branch that somebody still wants.
    fn on_success(&mut self, cx: &mut Cx, call: CallHandle, id: ClientId, response: &Response, head: &Head) {
        if let Some(ack) = self.acks.of(id, head) {
            return cx.send_ack(ack);
        }
        if self.acks.branches(id) >= FORKS {
            return cx.diagnostic("limit", "more branches of a call were answered than are followed: one is dropped");
        }
        let Some(invite) = cx.transactions.client_request(id).cloned() else { return };
        let wanted = matches!(self.calls.get(call), Some(Call { phase: Phase::Outgoing(outgoing), .. }) if outgoing.is_invite(Leg::Sent(id)));
        let owner = if wanted { call } else { self.next_handle() };
        let dialog = confirm(cx, owner, &invite, response, head);
        let farewell = if self.acks.branches(id) > 0 { elsewhere() } else { HangupOptions::default() };
        self.acknowledge(cx, id, &invite, dialog, head);
        if !wanted {
            // FK-02, RC-20: another branch has the call, or its end has been told already.
            let phase = Goodbye::unseen(cx, owner, dialog, &farewell);
            self.admit(owner, Call { phase, told: CallState::Ended });
            return;
        }
        let usable = matches!(response.headers.contacts(), Ok(Contacts::List(list)) if !list.is_empty());
        self.turn(cx, call, |cx, phase| match phase {
            Phase::Outgoing(outgoing) if usable => outgoing.on_answered(cx, call, dialog, response, head),
            // DG-10
            Phase::Outgoing(outgoing) => {
                cx.diagnostic("no-contact", "the 2xx to our INVITE names no usable Contact");
                outgoing.on_unusable(cx, call, dialog)
            }
            Phase::Queued(_)
            | Phase::Incoming(_)
            | Phase::Established(_)
            | Phase::Leaving(..)
            | Phase::Parting(_)
            | Phase::Gone => phase,
        });
    }

    fn acknowledge(&mut self, cx: &mut Cx, id: ClientId, invite: &Request, dialog: DialogId, head: &Head) {
        let Some(mut ack) = cx.dialogs.get(dialog).map(|dialog| dialog.ack(head.cseq.number)) else { return };
        // RFC 3261 §22.1: the ACK carries the credentials of the INVITE.
        for name in [Name::Authorization, Name::ProxyAuthorization] {
            for value in invite.headers.get_all(&name) {
                ack.headers.push(name.clone(), value.as_bytes());
            }
        }
        cx.finish(&mut ack);
        cx.send_ack(&ack);
        self.acks.keep(id, head, ack);
    }

    /// RFC 3261 §15.1.2: pending requests first, then the 200.
    fn on_bye(&mut self, cx: &mut Cx, call: CallHandle, id: ServerId, request: &Request, tag: &str) {
        let answer = |cx: &mut Cx| cx.respond(id, request.response(StatusCode::OK, None, Some(tag)));
        self.turn(cx, call, |cx, phase| match phase {
            Phase::Incoming(incoming) => {
                let phase = incoming.on_bye(cx, call, request);
                answer(cx);
                phase
            }
            Phase::Established(established) => {
                answer(cx);
                established.on_bye(cx, call, request)
            }
            // RC-10: the callee gives up the dialog before its 2xx.
            Phase::Outgoing(outgoing) => {
                answer(cx);
                outgoing.on_bye(cx, call, request)
            }
            // RC-03
            Phase::Leaving(goodbye, end) => {
                answer(cx);
                goodbye.gone(cx, call, Some(*end))
            }
            Phase::Parting(goodbye) => {
                answer(cx);
                goodbye.gone(cx, call, None)
            }
            Phase::Queued(_) | Phase::Gone => {
                answer(cx);
                Phase::Gone
            }
        });
    }

    /// Renegotiation is not offered: refused in a way that leaves the call as it is (RFC 3261 §14.2).
    fn answer_to_reinvite(&self, call: CallHandle) -> StatusCode {
        match self.calls.get(call).map(|call| &call.phase) {
            Some(Phase::Established(_)) => StatusCode::NOT_ACCEPTABLE_HERE,
            Some(Phase::Incoming(_) | Phase::Outgoing(_)) => StatusCode::REQUEST_PENDING,
            // RC-04
            Some(Phase::Leaving(..) | Phase::Parting(_) | Phase::Queued(_) | Phase::Gone) | None => {
                StatusCode::CALL_DOES_NOT_EXIST
            }
        }
    }

    fn is_leaving(&self, call: CallHandle) -> bool {
        matches!(self.calls.get(call).map(|call| &call.phase), Some(Phase::Leaving(..) | Phase::Parting(_)))
    }

    fn next_handle(&mut self) -> CallHandle {
        let handle = CallHandle(self.last_made);
        self.last_made = self.last_made.saturating_add(2);
        handle
    }
}

/// Which part of a call has a request there.
enum Sender {
    Inviting(Box<Outgoing>),
    /// With what people are still to be told, if anything.
    SayingBye(Box<Goodbye>, Option<CallEnd>),
    Nobody(Phase),
}

impl Phase {
    fn sender(self, leg: Leg) -> Sender {
        match self {
            Self::Outgoing(outgoing) if outgoing.is_invite(leg) => Sender::Inviting(outgoing),
            Self::Leaving(goodbye, end) if goodbye.is_bye(leg) => Sender::SayingBye(goodbye, Some(*end)),
            Self::Parting(goodbye) if goodbye.is_bye(leg) => Sender::SayingBye(goodbye, None),
            Self::Queued(_)
            | Self::Outgoing(_)
            | Self::Incoming(_)
            | Self::Established(_)
            | Self::Leaving(..)
            | Self::Parting(_)
            | Self::Gone => Sender::Nobody(self),
        }
    }
}

/// Whether the body is none, or SDP as it is (RFC 3261 §8.2.3).
fn is_understood(request: &Request) -> bool {
    let encoding = request.headers.get(&Name::ContentEncoding);
    let plain = encoding.is_none_or(|encoding| encoding.eq_ignore_ascii_case("identity"));
    request.body.is_empty() || (plain && super::incoming::sdp_of(&request.headers, &request.body).is_some())
}

/// FK-02
fn elsewhere() -> HangupOptions {
    let text = Some("Call completed elsewhere".to_owned());
    let reason = ReasonData { protocol: "SIP".to_owned(), cause: 200, text };
    HangupOptions { reason: Some(reason), ..HangupOptions::default() }
}
