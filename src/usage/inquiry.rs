//! Requests of the peer's that an application may answer: MESSAGE (RFC 3428), INFO (RFC 6086), methods of its own. Where
//! nobody asked to be asked they get the usual answer at once.
//!
//! | request | nobody is asked | somebody is, and says nothing |
//! |---|---|---|
//! | MESSAGE, INFO | 200 | 200 |
//! | MESSAGE with a body of a type that is not declared | 415 with Accept | – |
//! | either with a body that is encoded | 415 with Accept-Encoding | – |
//! | INFO with a body of a type that is not declared | 415 with Accept | 415 with Accept |
//! | INFO of a package (Info-Package) | 469 with Recv-Info | 469 with Recv-Info |
//! | a method nobody knows | 405 with Allow | 405 with Allow |
//! | any, and 64 wait already | – | 500 with Retry-After |

use super::data::{AskId, CallHandle, Interest};
use super::question::{Answer, Question};
use super::request::{add_body, add_headers};
use super::{Cx, Owner, is_plain, message_data};
use crate::dialog::{Effect, Failed, Kind, effect};
use crate::message::{Head, MediaType, Method, Name, Request, Response, StatusCode};
use crate::transaction::ServerId;

/// How many may be open at once for one owner.
const OPEN: usize = 64;
/// When one that found no room may come again, in seconds (SL-02).
const COME_AGAIN: &str = "10";
/// What a MESSAGE may carry.
pub(super) const MESSAGE_BODIES: &str = "text/*, message/cpim, application/im-iscomposing+xml, application/json";
/// What an INFO may carry.
pub(super) const INFO_BODIES: &str = "application/dtmf-relay, application/dtmf";

/// Requests that wait for somebody to answer them.
#[derive(Debug, Default)]
pub(super) struct Inquiries(Vec<Inquiry>);

#[derive(Debug)]
struct Inquiry {
    ask: AskId,
    id: ServerId,
    request: Request,
}

impl Inquiries {
    /// A request has come: somebody is asked, or it is answered.
    pub(super) fn receive(
        &mut self,
        cx: &mut Cx,
        call: Option<CallHandle>,
        id: ServerId,
        request: &Request,
        head: &Head,
    ) {
        let interest = if call.is_some() { Interest::Requests } else { Interest::Messages };
        let tag = head.to_tag().map_or_else(|| cx.entropy.tag(), str::to_owned);
        if !cx.interests.contains(&interest) {
            if request.method == Method::Message {
                cx.diagnostic(
                    "nobody-listens",
                    "a MESSAGE came in and nothing listens for messages: taken and not shown",
                );
            }
            return usual(cx, id, request, &tag);
        }
        if let Some(refusal) = unacceptable(request, true, &tag) {
            return cx.respond(id, refusal);
        }
        if self.0.len() >= OPEN {
            // Never 200: its sender would take for delivered what nobody has seen.
            cx.diagnostic("limit", "more requests came than may wait for an answer: one was put off");
            let mut response = request.response(StatusCode::SERVER_INTERNAL_ERROR, None, Some(&tag));
            response.headers.push(Name::RetryAfter, COME_AGAIN);
            return cx.respond(id, response);
        }
        let (method, from) = (request.method.as_str().to_owned(), (&head.from).into());
        let message = message_data(&request.headers, &request.body);
        let owner = call.map_or(Owner::Standalone, Owner::Call);
        let ask = cx.ask(owner, Question::Request { call, method, from, message });
        self.0.push(Inquiry { ask, id, request: request.clone() });
    }

    /// Somebody has answered, or the time to do so is over. Whether the question was one of these.
    pub(super) fn on_answer(&mut self, cx: &mut Cx, ask: AskId, answer: &Answer) -> bool {
        let Some(at) = self.0.iter().position(|inquiry| inquiry.ask == ask) else { return false };
        let Inquiry { id, request, .. } = self.0.remove(at);
        let tag = cx.entropy.tag();
        let given = match answer {
            Answer::Response { status, headers, body } => {
                StatusCode::new(*status).map(|status| (status, headers, body))
            }
            Answer::Usual
            | Answer::Credentials { .. }
            | Answer::Sdp { .. }
            | Answer::Applied
            | Answer::MediaFailed { .. } => None,
        };
        let Some((status, headers, body)) = given.filter(|(status, ..)| leaves_the_call(*status, &request)) else {
            usual(cx, id, &request, &tag);
            return true;
        };
        let mut response = request.response(status, None, Some(&tag));
        add_headers(&mut response.headers, headers);
        response.body = add_body(&mut response.headers, body.as_ref());
        cx.respond(id, response);
        true
    }

    /// Nobody is asked any more: what is open is refused.
    pub(super) fn terminate(&mut self, cx: &mut Cx) {
        for Inquiry { ask, id, request } in core::mem::take(&mut self.0) {
            cx.withdraw(ask);
            cx.refuse(id, &request, StatusCode::REQUEST_TERMINATED, "");
        }
    }

    /// How many are open.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Whether the peer keeps the dialog over this answer. One that ends it there is not the application's to give: we would
/// be alone in a call (RFC 5057 §5.1).
fn leaves_the_call(status: StatusCode, request: &Request) -> bool {
    let is_in_call = request.headers.address(&Name::To).is_ok_and(|to| to.is_some_and(|to| to.tag().is_some()));
    let meant = effect(Failed::Status(status), &request.method, Kind::Call);
    !is_in_call || status.is_success() || !matches!(meant, Effect::Usage { .. } | Effect::Dialog)
}

/// The answer where nobody is asked, or has anything to say.
fn usual(cx: &mut Cx, id: ServerId, request: &Request, tag: &str) {
    if let Some(refusal) = unacceptable(request, false, tag) {
        return cx.respond(id, refusal);
    }
    if matches!(request.method, Method::Info | Method::Message) {
        return cx.respond(id, request.response(StatusCode::OK, None, Some(tag)));
    }
    cx.answer_by_itself(id, request, tag);
}

/// The refusal of a body, or of an INFO package, that nobody understands (RFC 3261 §21.4.13, RFC 6086 §4.2.2).
fn unacceptable(request: &Request, is_asked: bool, tag: &str) -> Option<Response> {
    let refusal = |status, name, value: &str| {
        let mut response = request.response(status, None, Some(tag));
        response.headers.push(name, value);
        Some(response)
    };
    let is_info = request.method == Method::Info;
    if is_info && !is_asked && request.headers.has(&Name::InfoPackage) {
        return refusal(StatusCode::BAD_INFO_PACKAGE, Name::RecvInfo, "");
    }
    if request.body.is_empty() || !(is_info || request.method == Method::Message) {
        return None;
    }
    if !is_plain(request) {
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, Name::AcceptEncoding, "identity");
    }
    let accepted = if is_info { INFO_BODIES } else { MESSAGE_BODIES };
    let is_known = (is_info && is_asked)
        || request
            .headers
            .content_type()
            .is_some_and(|kind| accepted.split(',').any(|range| is_in(&kind, range.trim_ascii())));
    if is_known { None } else { refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, Name::Accept, accepted) }
}

/// Whether a media range (RFC 3261 §20.1), `type/subtype` or `type/*`, has room for this type.
fn is_in(kind: &MediaType, range: &str) -> bool {
    range.strip_suffix("/*").map_or_else(|| kind.is(range), |all| kind.kind == all)
}
