//! What the peer asks in the dialog of a call; its CSeq and its Require have been looked at.
//!
//! | request | while the call is not answered | up | being left |
//! |---|---|---|---|
//! | BYE | 487 to the INVITE, 200 | 487 to what is open, 200 | 200 |
//! | INVITE | 500 (theirs is open), 491 (ours is) | `change` | 481 |
//! | UPDATE with an offer | 500, 491 | `change` | 481 |
//! | UPDATE without | 200 | 200 | 481 |
//! | INFO, MESSAGE, others | `inquiry` | `inquiry` | 481 |

use super::change::Theirs;
use super::{Call, CallEvent, Calls, Phase, tone};
use crate::dialog::Dialog;
use crate::message::{Head, Method, Name, Request, StatusCode};
use crate::transaction::ServerId;
use crate::usage::data::CallHandle;
use crate::usage::{Cx, Owner, is_understood, sdp_of};

impl Calls {
    /// A request in the dialog of a call.
    pub fn on_request(&mut self, cx: &mut Cx, call: CallHandle, id: ServerId, request: &Request, head: &Head) {
        let tag = head.to_tag().unwrap_or_default();
        if request.method == Method::Bye {
            return self.on_bye(cx, call, id, request, head);
        }
        let is_over = |phase: &Phase| matches!(phase, Phase::Leaving(..) | Phase::Parting(_) | Phase::Gone);
        if self.calls.get(call).is_none_or(|entry| is_over(&entry.phase)) {
            // RC-04
            return cx.refuse(id, request, StatusCode::CALL_DOES_NOT_EXIST, tag);
        }
        if !cx.is_allowed(&request.method) {
            return cx.answer_by_itself(id, request, tag);
        }
        self.calls.update(call, Call::heard);
        match &request.method {
            Method::Invite | Method::Update => self.on_change(cx, call, id, request, head),
            Method::Info | Method::Message | Method::Other(_) => self.on_inquiry(cx, call, id, request, head),
            // DG-08: there is no subscription in this dialog.
            Method::Notify => cx.refuse(id, request, StatusCode::CALL_DOES_NOT_EXIST, tag),
            Method::Options
            | Method::Register
            | Method::Prack
            | Method::Subscribe
            | Method::Refer
            | Method::Publish
            | Method::Ack
            | Method::Bye
            | Method::Cancel => cx.answer_by_itself(id, request, tag),
        }
    }

    /// A re-INVITE or an UPDATE (RFC 3261 §14.2, RFC 3311 §5.2).
    fn on_change(&mut self, cx: &mut Cx, call: CallHandle, id: ServerId, request: &Request, head: &Head) {
        let tag = head.to_tag().unwrap_or_default();
        let is_invite = request.method == Method::Invite;
        if is_invite {
            cx.transactions.set_local_tag(id, tag);
            cx.transactions.set_owner(id, Owner::Call(call));
        }
        if let Err(fault) = Dialog::check_target(request) {
            // DG-05
            return cx.refuse_fault(id, request, &fault, tag);
        }
        if !is_understood(request) {
            return cx.refuse_body(id, request, tag);
        }
        let theirs = Theirs::new(id, request, head);
        if !is_invite && sdp_of(&request.headers, &request.body).is_none() {
            return self.on_refresh(cx, call, id, request, head);
        }
        self.turn(cx, call, |cx, phase| match phase {
            Phase::Established(established) => established.on_offer(cx, call, theirs),
            Phase::Confirming(mut confirming) => {
                confirming.on_offer(cx, theirs);
                Phase::Confirming(confirming)
            }
            Phase::Outgoing(outgoing) => {
                // IV-08: our INVITE is not answered.
                cx.refuse(id, request, StatusCode::REQUEST_PENDING, tag);
                Phase::Outgoing(outgoing)
            }
            Phase::Incoming(_) | Phase::Queued(_) | Phase::Leaving(..) | Phase::Parting(_) | Phase::Gone => {
                // IV-08: theirs is not.
                theirs.put_off(cx);
                phase
            }
        });
    }

    /// An UPDATE that offers nothing: the peer has moved, or shows that it is there (RFC 3311 §5.2).
    fn on_refresh(&mut self, cx: &mut Cx, call: CallHandle, id: ServerId, request: &Request, head: &Head) {
        let dialog = cx.dialogs.of_request(head);
        self.calls.update(call, |entry| match &mut entry.phase {
            Phase::Established(established) => {
                established.refresh_target(cx, &request.headers);
                established.note_reached(cx);
            }
            Phase::Queued(_)
            | Phase::Outgoing(_)
            | Phase::Incoming(_)
            | Phase::Confirming(_)
            | Phase::Leaving(..)
            | Phase::Parting(_)
            | Phase::Gone => {
                if let Some(dialog) = dialog.and_then(|dialog| cx.dialogs.get_mut(dialog)) {
                    dialog.refresh_target(&request.headers);
                }
            }
        });
        let mut response = request.response(StatusCode::OK, None, None);
        cx.describe_us(&mut response.headers);
        cx.respond(id, response);
    }

    /// A tone, or something the application may answer.
    fn on_inquiry(&mut self, cx: &mut Cx, call: CallHandle, id: ServerId, request: &Request, head: &Head) {
        let is_info = request.method == Method::Info && !request.headers.has(&Name::InfoPackage);
        if let Some((tone, duration_ms)) = tone::read(request).filter(|_| is_info) {
            cx.tell(call, CallEvent::Dtmf { tone: tone.to_string(), duration_ms });
            return cx.respond(id, request.response(StatusCode::OK, None, None));
        }
        self.calls.update(call, |entry| entry.requests.inquiries.receive(cx, Some(call), id, request, head));
    }

    /// RFC 3261 §15.1.2: pending requests first, then the 200.
    fn on_bye(&mut self, cx: &mut Cx, call: CallHandle, id: ServerId, bye: &Request, head: &Head) {
        let from = cx.dialogs.of_request(head);
        let answer = |cx: &mut Cx| cx.respond(id, bye.response(StatusCode::OK, None, head.to_tag()));
        if matches!(self.calls.get(call), Some(Call { phase: Phase::Outgoing(_), .. })) {
            answer(cx);
        }
        self.calls.update(call, |entry| entry.requests.terminate(cx));
        self.turn(cx, call, |cx, phase| match phase {
            Phase::Incoming(incoming) => incoming.on_bye(cx, call, bye),
            Phase::Confirming(confirming) => confirming.on_bye(cx, call, bye),
            Phase::Established(established) => established.on_bye(cx, call, bye),
            // RC-10: the callee gives up the dialog before its 2xx.
            Phase::Outgoing(outgoing) => match from {
                Some(from) => outgoing.on_bye(cx, call, bye, from),
                None => Phase::Outgoing(outgoing),
            },
            // RC-03
            Phase::Leaving(goodbye, end) => goodbye.on_bye(cx, call, Some(*end)),
            Phase::Parting(goodbye) => goodbye.on_bye(cx, call, None),
            Phase::Queued(_) | Phase::Gone => phase,
        });
        // The second time it is too late, and harmless.
        answer(cx);
    }
}

impl Call {
    /// The peer has said something in the dialog.
    fn heard(&mut self) {
        if let Phase::Established(established) = &mut self.phase {
            established.heard();
        }
    }
}
