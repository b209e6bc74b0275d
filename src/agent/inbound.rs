//! The whole upward path on one screen: frame → message → transaction → dialog → usage.

use super::UserAgent;
use crate::dialog::Failed;
use crate::message::{Fault, FlowId, Frame, Malformed, Message, Name, Request, StatusCode};
use crate::transaction::{Arrival, Happening, has_magic_cookie};
use crate::transport::Inbound;
use crate::usage::auth::{Leg, Verdict};
use crate::usage::data::{AskId, FailureCode};
use crate::usage::question::Answer;
use crate::usage::{Cx, For, Owner, Told, Usage};

impl UserAgent {
    /// A frame has arrived.
    pub(super) fn receive(&mut self, flow: FlowId, frame: &Frame) {
        match self.transport.received(self.cx.now, flow, frame, &mut self.cx.entropy) {
            Inbound::Nothing => {}
            // SL-01
            Inbound::TooLarge => self.diagnostic("too-large", "a message of more than 1 MiB closed the connection"),
            Inbound::Message => {
                self.trace_in(frame);
                match Message::read(frame.as_bytes(), &self.cx.limits.of_message()) {
                    Ok(parsed) => {
                        if parsed.trailing > 0 {
                            // MS-01
                            self.diagnostic(
                                "body-trailing",
                                format!("{} octets after the body were ignored", parsed.trailing),
                            );
                        }
                        self.receive_message(flow, parsed.message);
                    }
                    Err(malformed) => self.refuse_malformed(flow, malformed),
                }
            }
        }
    }

    fn receive_message(&mut self, flow: FlowId, message: Message) {
        match message {
            Message::Request(request) => match request.head() {
                Ok(head) if has_magic_cookie(&head) => {
                    let arrival = self.cx.transactions.handle_request(self.cx.now, flow, request, head);
                    self.on_arrival(arrival);
                }
                // TX-02
                Ok(_) => self.refuse_request(flow, Fault::bad(Name::Via, "a branch without the magic cookie"), request),
                Err(fault) => self.refuse_request(flow, fault, request),
            },
            Message::Response(response) => match response.head() {
                // RFC 3261 §8.1.3.3: what carries a second Via was meant for somebody further down.
                Ok(head)
                    if self.cx.profile.is_ours(&head.via)
                        && response.headers.list(&Name::Via).is_ok_and(|vias| vias.len() == 1) =>
                {
                    let arrival = self.cx.transactions.handle_response(self.cx.now, response, head);
                    self.on_arrival(arrival);
                }
                // TR-04
                Ok(_) => self.diagnostic("foreign-response", "a response to somebody else's request was dropped"),
                Err(fault) => self.refuse_malformed(flow, Malformed { fault, request: None, is_response: true }),
            },
        }
    }

    fn refuse_request(&mut self, flow: FlowId, fault: Fault, request: Request) {
        self.refuse_malformed(flow, Malformed { fault, request: Some(Box::new(request)), is_response: false });
    }

    /// A request that cannot be read is answered as far as it can be; a response is dropped.
    fn refuse_malformed(&mut self, flow: FlowId, malformed: Malformed) {
        let Malformed { fault, request, is_response } = malformed;
        self.diagnostic("malformed", format!("{}: {}", fault.phrase(), fault.detail));
        let answerable = |request: &Request| request.method.as_str() != "ACK";
        match request.filter(|request| answerable(request)) {
            Some(request) => {
                let tag = self.cx.entropy.tag();
                let response = request.response(fault.status, Some(&fault.phrase()), Some(&tag));
                self.cx.transactions.send(flow, Message::Response(response));
            }
            // TR-03
            None if !is_response => self.transport.garbage(self.cx.now, flow, &mut self.cx.entropy),
            None => {}
        }
    }

    fn on_arrival(&mut self, arrival: Arrival<Owner>) {
        let cx = &mut self.cx;
        match arrival {
            Arrival::Request { id, request, head } => match cx.receive(id, &request, &head) {
                For::Usage(Usage::Invite(call)) => self.calls.on_request(cx, call, id, &request, &head),
                For::Usage(Usage::Lost) => cx.on_request_of_lost(id, &request, &head),
                For::NewCall if self.errand.is_leaving() => {
                    let tag = cx.entropy.tag();
                    cx.refuse(id, &request, StatusCode::TEMPORARILY_UNAVAILABLE, &tag);
                }
                For::NewCall => self.calls.on_invite(cx, id, request, &head),
                For::Message => self.standalone.on_message(cx, id, &request, &head),
                For::Nobody => {}
            },
            Arrival::NoRoom { flow, request, head } => cx.turn_away(flow, &request, &head),
            Arrival::Merged { id, request, .. } => cx.receive_merged(id, &request),
            Arrival::Cancelled { invite, owner, request } => match owner {
                Some(Owner::Call(call)) => self.calls.on_cancel(cx, call, invite, &request),
                Some(Owner::Registration | Owner::Standalone) | None => {}
            },
            Arrival::Ack { request, head, .. } => {
                if let Some(Usage::Invite(call)) = usage_of(cx, &head) {
                    self.calls.on_ack(cx, call, &request, &head);
                }
            }
            Arrival::Response { id, owner, response, head, ended } => {
                let verdict = cx.screen(id, owner, &response, ended);
                match (owner, verdict) {
                    (_, Some(verdict)) => self.on_verdict(owner, Leg::Sent(id), verdict, &response),
                    (Owner::Call(call), None) => self.calls.on_response(cx, call, id, &response, &head),
                    (Owner::Standalone, None) => self.standalone.on_response(cx, Leg::Sent(id), &response),
                    (Owner::Registration, None) => {
                        if let Some(registration) = &mut self.registration {
                            registration.on_response(cx, id, &response);
                        }
                    }
                }
            }
            Arrival::StrayResponse { response, .. } => {
                let detail = format!("a response {} that answers nothing was dropped", response.status.code());
                self.diagnostic("stray-response", detail);
            }
            Arrival::Absorbed => {}
        }
    }

    /// A transaction has ended without a message.
    pub(super) fn on_happening(&mut self, happening: Happening<Owner>) {
        match happening {
            Happening::Timeout { id, owner, .. } => self.on_no_answer(id, owner, Failed::Timeout),
            Happening::TransportError { id, owner, .. } => self.on_no_answer(id, owner, Failed::Transport),
            Happening::ClientDone { id, .. } => self.cx.forget_branches(id),
            // TX-05: a refusal that was never acknowledged refused all the same.
            Happening::AckTimeout { .. } => self.diagnostic("ack-timeout", "our refusal was never acknowledged"),
            Happening::ServerDone { .. } => {}
        }
    }

    fn on_no_answer(&mut self, id: crate::transaction::ClientId, owner: Owner, why: Failed) {
        self.cx.auth.settled(id);
        let cx = &mut self.cx;
        match owner {
            Owner::Call(call) => self.calls.on_no_answer(cx, call, id, why),
            Owner::Standalone => {
                let code = if why == Failed::Timeout { FailureCode::Timeout } else { FailureCode::NotConnected };
                self.standalone.on_no_answer(cx, Leg::Sent(id), code);
            }
            Owner::Registration => {
                if let Some(registration) = &mut self.registration {
                    registration.on_no_answer(cx, id);
                }
            }
        }
    }

    /// An answer from outside, or the default that stands for it.
    pub(super) fn take_answer(&mut self, ask: AskId, owner: Owner, answer: Answer) {
        let cx = &mut self.cx;
        match (owner, cx.is_authentication(ask)) {
            (_, true) => {
                if let Some(resumed) = cx.answered(ask, answer) {
                    self.on_verdict(resumed.owner, Leg::Authenticating(ask), resumed.verdict, &resumed.response);
                }
            }
            (Owner::Call(call), false) => self.calls.on_answer(cx, call, ask, answer),
            (Owner::Standalone, false) => self.standalone.on_answer(cx, ask, &answer),
            (Owner::Registration, false) => {}
        }
    }

    fn on_verdict(&mut self, owner: Owner, leg: Leg, verdict: Verdict, response: &crate::message::Response) {
        let cx = &mut self.cx;
        match owner {
            Owner::Call(call) => self.calls.on_verdict(cx, call, leg, verdict, response),
            Owner::Standalone => self.standalone.on_verdict(cx, leg, verdict, response),
            Owner::Registration => {
                if let Some(registration) = &mut self.registration {
                    registration.on_verdict(cx, leg, verdict, response);
                }
            }
        }
    }

    pub(super) fn diagnostic(&mut self, code: &'static str, detail: impl Into<String>) {
        self.cx.out.push_back(Told::Diagnostic(code, detail.into()));
    }
}

fn usage_of(cx: &Cx, head: &crate::message::Head) -> Option<Usage> {
    let dialog = cx.dialogs.of_request(head)?;
    cx.dialogs.usages(dialog).next()
}
