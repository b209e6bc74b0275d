//! The first look at a request that has arrived in a new server transaction (RFC 3261 §8.2, §12.2.2): whose is
//! it, and is there a reason to refuse it before anybody looks at what it wants?
//!
//! ```text
//! out of a dialog:  method ─▶ scheme ─▶ user ─▶ merged ─▶ Require ─▶ body ─▶ what the method wants     (TX-11)
//!                   405, 481   416      404      482       420        415
//! ```

use super::inquiry::{INFO_BODIES, MESSAGE_BODIES};
use super::{Cx, Usage, is_understood};
use crate::message::{FlowId, Head, Message, Method, Name, Request, StatusCode, Uri};
use crate::transaction::{ServerId, stateless_tag};

/// Option tags we support, as Supported says it (RFC 3261 §8.2.2.3, RFC 5627 §4.4).
pub(super) const SUPPORTED: &str = "gruu";

/// Seconds after which somebody whom there was no room for may ask again (SL-02).
const ROOM_AGAIN: &str = "10";

/// Whose a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// A usage of the dialog it was sent in.
    Usage(Usage),
    /// A new call.
    NewCall,
    /// A MESSAGE out of every dialog.
    Message,
    /// Nobody's: it has been answered.
    Nobody,
}

impl Cx {
    /// Finds out whose a request is; answers it when it is nobody's.
    pub fn receive(&mut self, id: ServerId, request: &Request, head: &Head) -> For {
        match head.to_tag() {
            Some(tag) => self.receive_in_dialog(id, request, head, tag),
            None => self.receive_out_of_dialog(id, request),
        }
    }

    /// SL-02: there is no room for the transaction of a request, so it is answered without one (RFC 3261 §8.2.7).
    pub fn turn_away(&mut self, flow: FlowId, request: &Request, head: &Head) {
        let is_new_call = request.method == Method::Invite && head.to_tag().is_none();
        let status = if is_new_call { StatusCode::BUSY_HERE } else { StatusCode::SERVER_INTERNAL_ERROR };
        self.diagnostic(
            "limit",
            format!("a request {} came in and there is no room for it: answered {}", request.method, status.code()),
        );
        let mut response = request.response(status, None, stateless_tag(head));
        if !is_new_call {
            response.headers.push(Name::RetryAfter, ROOM_AGAIN);
        }
        self.sign(&mut response);
        self.transactions.send(flow, Message::Response(response));
    }

    fn receive_in_dialog(&mut self, id: ServerId, request: &Request, head: &Head, tag: &str) -> For {
        let Some(dialog) = self.dialogs.of_request(head) else {
            // DG-08
            self.refuse(id, request, StatusCode::CALL_DOES_NOT_EXIST, tag);
            return For::Nobody;
        };
        if self.dialogs.get_mut(dialog).is_some_and(|dialog| dialog.accept_cseq(head).is_err()) {
            // RFC 3261 §12.2.2
            self.refuse(id, request, StatusCode::SERVER_INTERNAL_ERROR, tag);
            return For::Nobody;
        }
        if self.refuse_extensions(id, request, tag) {
            return For::Nobody;
        }
        let usage = self.dialogs.usages(dialog).next();
        usage.map_or(For::Nobody, For::Usage)
    }

    /// RFC 3261 §8.2, TX-11: method, Request-URI, extensions, body; then what the method wants.
    fn receive_out_of_dialog(&mut self, id: ServerId, request: &Request) -> For {
        let tag = self.entropy.tag();
        if self.refuse_at_sight(id, request, &tag) || self.refuse_extensions(id, request, &tag) {
            return For::Nobody;
        }
        if request.method == Method::Message {
            return For::Message;
        }
        // RFC 3261 §8.2.3. 413 is never needed: a message has at most as many octets as may be read (SL-01).
        if !is_understood(request) {
            self.refuse_body(id, request, &tag);
            return For::Nobody;
        }
        if request.method == Method::Invite {
            return For::NewCall;
        }
        self.answer_by_itself(id, request, &tag);
        For::Nobody
    }

    /// TX-10: a request that came by another way before. TX-11: its method and its Request-URI are looked at first.
    pub fn receive_merged(&mut self, id: ServerId, request: &Request) {
        let tag = self.entropy.tag();
        if !self.refuse_at_sight(id, request, &tag) {
            self.refuse(id, request, StatusCode::LOOP_DETECTED, &tag);
        }
    }

    /// Methods that stand in dialogs only or nowhere, and Request-URIs that are not ours (RFC 3261 §8.2.1, §8.2.2.1).
    fn refuse_at_sight(&mut self, id: ServerId, request: &Request, tag: &str) -> bool {
        let method = &request.method;
        let stands_alone = matches!(method, Method::Invite | Method::Options | Method::Message);
        match &request.uri {
            // Sent in dialogs only, and without a To tag there is none (RFC 3261 §15.1.2; DG-08).
            _ if matches!(method, Method::Bye | Method::Notify) => {
                self.refuse(id, request, StatusCode::CALL_DOES_NOT_EXIST, tag);
            }
            _ if !stands_alone || !self.is_allowed(method) => self.answer_by_itself(id, request, tag),
            Uri::Other { .. } => self.refuse(id, request, StatusCode::UNSUPPORTED_URI_SCHEME, tag),
            Uri::Sip(uri) if !self.profile.is_us(uri) && !self.binding.gruu.names_us(uri) => {
                self.refuse(id, request, StatusCode::NOT_FOUND, tag)
            }
            Uri::Sip(_) => return false,
        }
        true
    }

    /// Whether we take requests of this method; those nobody knows are for the application to judge.
    pub(super) fn is_allowed(&self, method: &Method) -> bool {
        matches!(method, Method::Other(_) | Method::Notify)
            || self.profile.allow.split(',').any(|known| known.trim_ascii() == method.as_str())
    }

    /// What bodies we take, by what is offered (IV-15).
    fn accepted(&self) -> String {
        let mut accepted = "application/sdp".to_owned();
        for (method, bodies) in [(Method::Info, INFO_BODIES), (Method::Message, MESSAGE_BODIES)] {
            if self.is_allowed(&method) {
                accepted.push_str(", ");
                accepted.push_str(bodies);
            }
        }
        accepted
    }

    /// Answers a request that no usage cares for: OPTIONS says what we can (RFC 3261 §11.2), anything else is
    /// not allowed (§8.2.1).
    pub(super) fn answer_by_itself(&mut self, id: ServerId, request: &Request, tag: &str) {
        let options = request.method == Method::Options;
        let status = if options { StatusCode::OK } else { StatusCode::METHOD_NOT_ALLOWED };
        let mut response = request.response(status, None, Some(tag));
        response.headers.push(Name::Allow, self.profile.allow.as_str());
        if options {
            response.headers.push(Name::Accept, self.accepted());
            response.headers.push(Name::AcceptEncoding, "identity");
            response.headers.push(Name::Supported, SUPPORTED);
        }
        self.respond(id, response);
    }

    /// RFC 3261 §8.2.2.3: 420 for what is required and not supported.
    fn refuse_extensions(&mut self, id: ServerId, request: &Request, tag: &str) -> bool {
        let required = request.headers.list(&Name::Require).unwrap_or_default();
        let mut unsupported = String::new();
        for option in required {
            if !SUPPORTED.split(',').any(|known| known.trim_ascii().eq_ignore_ascii_case(&option)) {
                unsupported.push_str(if unsupported.is_empty() { "" } else { ", " });
                unsupported.push_str(&option);
            }
        }
        if unsupported.is_empty() {
            return false;
        }
        let mut response = request.response(StatusCode::BAD_EXTENSION, None, Some(tag));
        response.headers.push(Name::Unsupported, unsupported);
        self.respond(id, response);
        true
    }
}
