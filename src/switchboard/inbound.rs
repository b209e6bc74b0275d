//! The upward path: from a frame to the role that answers it (RFC 3261 §16.3 for the order of the checks).
//!
//! ```text
//! frame ─▶ keep-alive │ garbage │ message ─▶ transactions ─▶ request ─▶ checks ─▶ dialog? ─▶ proxy
//!                                                │                        └─▶ who? ─▶ registrar │ here │ proxy
//!                                                └─▶ response, CANCEL, ACK ─▶ proxy
//! ```

use super::Switchboard;
use super::cx::Cx;
use super::place::Place;
use super::proxy::{Arrived, ContextId, Proxy};
use super::registrar;
use super::routing::{self, Route, Target};
use super::verifier::{Role, Verdict, Verifier};
use crate::message::{
    Contacts, Fault, FlowId, Frame, Head, Malformed, Message, Method, Name, NameAddr, Request, Response, StatusCode,
};
use crate::transaction::{Arrival, ServerId};

/// A request with all that is known of it.
struct Incoming {
    id: ServerId,
    flow: FlowId,
    request: Request,
    head: Head,
}

impl Switchboard {
    /// One WebSocket message.
    pub(super) fn on_frame(&mut self, flow: FlowId, frame: &Frame) {
        let octets = frame.as_bytes();
        if octets.iter().all(u8::is_ascii_whitespace) {
            // RFC 5626 §3.5.1, RFC 7118 §6.
            if octets == b"\r\n\r\n" {
                self.cx.pong(flow);
            }
            return;
        }
        match Message::parse(octets) {
            Ok(Message::Request(request)) => match request.head() {
                Ok(head) => self.on_request(flow, request, head),
                Err(fault) => self.cx.reject(flow, &request, &fault),
            },
            Ok(Message::Response(response)) => match response.head() {
                Ok(head) => self.on_response(flow, response, head),
                Err(fault) => self.cx.note(flow, format!("response dropped: {}, {}", fault.phrase(), fault.detail)),
            },
            Err(Malformed { fault, request: Some(request), .. }) => self.cx.reject(flow, &request, &fault),
            Err(Malformed { fault, request: None, .. }) => self.cx.garbage(flow, fault.detail),
        }
    }

    fn on_request(&mut self, flow: FlowId, request: Request, head: Head) {
        let now = self.cx.now;
        let arrival = self.cx.transactions.handle_request(now, flow, request, head);
        self.on_arrival(flow, arrival);
    }

    fn on_response(&mut self, flow: FlowId, response: Response, head: Head) {
        let now = self.cx.now;
        let arrival = self.cx.transactions.handle_response(now, response, head);
        self.on_arrival(flow, arrival);
    }

    fn on_arrival(&mut self, flow: FlowId, arrival: Arrival<ContextId>) {
        match arrival {
            // Two copies of one request that took different ways (RFC 3261 §8.2.2.2) are for the callee to tell apart.
            Arrival::Request { id, request, head } | Arrival::Merged { id, request, head } => {
                self.on_new_request(Incoming { id, flow, request, head });
            }
            Arrival::NoRoom { flow, request, .. } => {
                let tag = self.cx.entropy.tag();
                let response = request.response(StatusCode::SERVICE_UNAVAILABLE, None, Some(&tag));
                self.cx.send(flow, Message::Response(response));
            }
            Arrival::Cancelled { invite, owner, request } => match owner {
                Some(context) => self.proxy.on_cancel(&mut self.cx, context, &request),
                // Not forwarded yet: nothing does that between arrival and forwarding, but nothing may hang either.
                None => self.cx.answer(invite, StatusCode::REQUEST_TERMINATED),
            },
            Arrival::Ack { request, head, .. } => self.on_ack(flow, request, &head),
            Arrival::Response { id, owner, response, .. } => self.proxy.on_response(&mut self.cx, owner, id, response),
            // RFC 6026 §8.5: a proxy drops what matches no transaction.
            Arrival::StrayResponse { response, .. } => {
                self.cx.note(flow, format!("response dropped: {} matches no request", response.status.code()));
            }
            Arrival::Absorbed => {}
        }
    }

    fn on_new_request(&mut self, incoming: Incoming) {
        if let Err(refusal) = check(&incoming.request) {
            return self.cx.turn_down(&incoming, refusal);
        }
        let Incoming { id, flow, mut request, head } = incoming;
        let method = request.method.clone();
        let route = routing::route(&self.cx, &mut request);
        let hops = request.headers.max_forwards().ok().flatten();
        let incoming = Incoming { id, flow, request, head };
        match route {
            Route::Here if method == Method::Options => self.cx.on_options(&incoming),
            Route::Here if method == Method::Register => self.on_register(&incoming),
            Route::Here => self.cx.turn_down(&incoming, StatusCode::NOT_FOUND.into()),
            Route::Refused(status, phrase) => {
                self.cx.turn_down(&incoming, Refusal { status, phrase: phrase.map(str::to_owned), header: None });
            }
            // RFC 3261 §16.3 step 3: it would have to go one hop further.
            Route::Dialog { .. } | Route::User(_) | Route::Contact(_) | Route::Nobody if hops == Some(0) => {
                self.cx.turn_down(&incoming, StatusCode::TOO_MANY_HOPS.into());
            }
            // The token proves that the sender is in the dialog: both sides got it from us.
            Route::Dialog { receiver, sender } if incoming.head.to_tag().is_some() => {
                self.on_dialog_request(incoming, receiver, sender);
            }
            Route::Dialog { receiver: place, .. } | Route::Contact(place) => {
                let targets = target(&self.cx, place).into_iter().collect();
                self.on_call(incoming, targets, StatusCode::FLOW_FAILED);
            }
            Route::User(callee) => {
                let targets = routing::contacts(&self.cx, &callee);
                self.on_call(incoming, targets, StatusCode::TEMPORARILY_UNAVAILABLE);
            }
            Route::Nobody => self.on_call(incoming, Vec::new(), StatusCode::NOT_FOUND),
        }
    }

    fn on_register(&mut self, incoming: &Incoming) {
        let Incoming { id, flow, request, head } = incoming;
        if let Some(refusal) = unknown_options(&request.headers, &Name::Require) {
            return self.cx.turn_down(incoming, refusal);
        }
        let Some(user) = self.authenticate(incoming, Role::Registrar, &head.to) else {
            return;
        };
        let tag = self.cx.entropy.tag();
        let Cx { now, config, location, .. } = &mut self.cx;
        let response = registrar::register(*now, config, location, (*flow, &user), (request, head), &tag);
        self.cx.respond(*id, response);
    }

    /// A request outside the dialogs we recorded: the sender must be one of our users. `lost` is the status that stands
    /// for targets that are not there, or no longer.
    fn on_call(&mut self, incoming: Incoming, targets: Vec<Target>, lost: StatusCode) {
        let Some(user) = self.authenticate(&incoming, Role::Proxy, &incoming.head.from) else { return };
        if targets.is_empty() {
            return self.cx.turn_down(&incoming, lost.into());
        }
        let sender = sender(&self.cx, &incoming, &user);
        let Incoming { id, flow, request, .. } = incoming;
        self.proxy.forward(&mut self.cx, &Arrived { id, request, flow, sender }, &targets, lost);
    }

    fn on_dialog_request(&mut self, incoming: Incoming, receiver: Place, sender: Option<Place>) {
        // RFC 5626 §5.3: the sender learns that the way is broken, not that the dialog is gone.
        let Some(target) = target(&self.cx, receiver) else {
            return self.cx.turn_down(&incoming, StatusCode::FLOW_FAILED.into());
        };
        let Incoming { id, flow, request, .. } = incoming;
        let sender = sender.unwrap_or(Place { flow, binding: None });
        self.proxy.forward(&mut self.cx, &Arrived { id, request, flow, sender }, &[target], StatusCode::FLOW_FAILED);
    }

    fn on_ack(&mut self, flow: FlowId, mut request: Request, head: &Head) {
        let place = match routing::route(&self.cx, &mut request) {
            Route::Dialog { receiver, .. } => Some(receiver),
            Route::Contact(place) => Some(place),
            Route::Here | Route::User(_) | Route::Nobody | Route::Refused(..) => None,
        };
        let has_hops = request.headers.max_forwards() != Ok(Some(0));
        match place.and_then(|place| target(&self.cx, place)).filter(|_| has_hops) {
            Some(target) => Proxy::forward_ack(&mut self.cx, &request, &Place { flow, binding: None }, &target),
            None => self.cx.note(flow, format!("ACK dropped: its dialog {} leads nowhere", head.call_id)),
        }
    }

    /// The user who sent this, who must own `address`; `None` when the answer to that is already on its way.
    fn authenticate(&mut self, incoming: &Incoming, role: Role, address: &NameAddr) -> Option<String> {
        let Cx { now, config, secret, entropy, .. } = &mut self.cx;
        let request = &incoming.request;
        match self.verifier.verify(*now, config, secret, role, request) {
            Verdict::User(user) if owns(config, &user, address) => Some(user),
            Verdict::User(_) => {
                self.cx.turn_down(incoming, StatusCode::FORBIDDEN.into());
                None
            }
            Verdict::Challenge { stale } => {
                let response = Verifier::challenge(*now, config, secret, entropy, (role, stale), request);
                self.cx.respond(incoming.id, response);
                None
            }
            Verdict::Malformed(fault) => {
                self.cx.turn_down(incoming, fault.into());
                None
            }
        }
    }
}

impl Cx {
    fn pong(&mut self, flow: FlowId) {
        self.outputs.push_back(super::Output::Send { flow, frame: Frame::Text("\r\n".to_owned()) });
    }

    /// A request that never became one is answered outside every transaction; nobody waits for an answer to ACK.
    fn reject(&mut self, flow: FlowId, request: &Request, fault: &Fault) {
        self.note(flow, format!("{} {}: {}", request.method, fault.phrase(), fault.detail));
        if request.method != Method::Ack {
            let tag = self.entropy.tag();
            let response = request.response(fault.status, Some(&fault.phrase()), Some(&tag));
            self.send(flow, Message::Response(response));
        }
    }

    fn turn_down(&mut self, incoming: &Incoming, refusal: Refusal) {
        let tag = self.entropy.tag();
        let mut response = incoming.request.response(refusal.status, refusal.phrase.as_deref(), Some(&tag));
        if let Some((name, value)) = refusal.header {
            response.headers.push(name, value);
        }
        self.respond(incoming.id, response);
    }

    /// RFC 3261 §11.2: what this edge itself can do.
    fn on_options(&mut self, incoming: &Incoming) {
        let tag = self.entropy.tag();
        let mut response = incoming.request.response(StatusCode::OK, None, Some(&tag));
        response.headers.push(Name::Allow, "OPTIONS, REGISTER");
        self.respond(incoming.id, response);
    }
}

/// Why a request is answered at once.
struct Refusal {
    status: StatusCode,
    phrase: Option<String>,
    header: Option<(Name, String)>,
}

impl From<StatusCode> for Refusal {
    fn from(status: StatusCode) -> Self {
        Self { status, phrase: None, header: None }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Self { status: fault.status, phrase: Some(fault.phrase()), header: None }
    }
}

/// RFC 3261 §16.3: what does not depend on where the request goes.
fn check(request: &Request) -> Result<(), Refusal> {
    if request.uri.as_sip().is_none() {
        return Err(StatusCode::UNSUPPORTED_URI_SCHEME.into());
    }
    unknown_options(&request.headers, &Name::ProxyRequire).map_or(Ok(()), Err)
}

/// 420 with the option tags this edge is required to know and does not: it knows none.
fn unknown_options(headers: &crate::message::Headers, name: &Name) -> Option<Refusal> {
    let options = match headers.list(name) {
        Ok(options) => options,
        Err(fault) => return Some(fault.into()),
    };
    let header = Some((Name::Unsupported, options.join(", ")));
    (!options.is_empty()).then_some(Refusal { status: StatusCode::BAD_EXTENSION, phrase: None, header })
}

fn owns(config: &super::Config, user: &str, address: &NameAddr) -> bool {
    address.uri.as_sip().is_some_and(|uri| {
        uri.host.eq_ignore_ascii_case(&config.domain) && uri.user_unescaped().is_some_and(|name| name == user)
    })
}

fn sender(cx: &Cx, incoming: &Incoming, user: &str) -> Place {
    let contact = match incoming.request.headers.contacts() {
        Ok(Contacts::List(contacts)) => contacts.into_iter().next(),
        Ok(Contacts::Star) | Err(_) => None,
    };
    Place::of_sender(&cx.location, incoming.flow, user, contact.as_ref().map(|contact| &contact.uri))
}

fn target(cx: &Cx, place: Place) -> Option<Target> {
    cx.flow_to(&place).map(|flow| Target { place, flow, uri: None })
}
