//! Requests that stand alone, out of every dialog: those of the application (OPTIONS, RFC 3261 §11; MESSAGE, RFC 3428;
//! methods of its own) and MESSAGEs of others.
//!
//! ```text
//!  request ─▶ Sent ──final response, none, no credentials──▶ Done
//!              │ ▲ 401, 407
//!              ▼ │
//!           Authenticating
//! ```
//! A redirection is the application's to follow: it gets the 3xx (SL-05).

use super::auth::{Leg, Verdict};
use super::data::{AskId, FailureCode, Misuse, Outcome, RequestId, RequestOptions};
use super::inquiry::Inquiries;
use super::question::Answer;
use super::request::{add_body, add_headers, method, renumber};
use super::{Cx, Owner, Told, response_data};
use crate::message::{CSeq, Head, Method, Name, Request, Response};
use crate::transaction::ServerId;

/// The requests under way.
#[derive(Debug, Default)]
pub struct Standalone {
    sent: Vec<(Leg, RequestId)>,
    inquiries: Inquiries,
}

impl Standalone {
    /// Sends a request of the application's.
    ///
    /// # Errors
    /// [`Misuse`] where the method or the target cannot be.
    pub fn request(
        &mut self,
        cx: &mut Cx,
        id: RequestId,
        target: &str,
        text: &str,
        options: &RequestOptions,
    ) -> Result<(), Misuse> {
        let method = method(text)?;
        let mut to = cx.destination(target)?;
        if !cx.transactions.has_room() {
            cx.failed_limit(id);
            return Ok(());
        }
        to.params = crate::message::Params::default();
        let mut request = cx.request(method.clone(), to.uri.clone(), &to);
        let cseq = CSeq { number: cx.entropy.first_cseq(), method: method.clone() };
        request.headers.push(Name::CSeq, cseq.to_string());
        if method == Method::Options {
            // RFC 3261 §11.1
            cx.describe_us(&mut request.headers);
            request.headers.push(Name::Accept, "application/sdp");
        }
        add_headers(&mut request.headers, &options.headers);
        request.body = add_body(&mut request.headers, options.body.as_ref());
        match cx.send(request, Owner::Standalone) {
            Ok(sent) => self.sent.push((Leg::Sent(sent), id)),
            Err(_offline) => cx.failed_offline(id),
        }
        Ok(())
    }

    /// A response to one of these, challenges excepted.
    pub fn on_response(&mut self, cx: &mut Cx, leg: Leg, response: &Response) {
        if let Some(id) = self.take(leg, response.status.is_final()) {
            cx.out.push_back(Told::Done(id, Outcome::Response { response: response_data(response) }));
        }
    }

    /// One of these was not answered in time, or its connection broke.
    pub fn on_no_answer(&mut self, cx: &mut Cx, leg: Leg, code: FailureCode) {
        if let Some(id) = self.take(leg, true) {
            cx.failed(id, code, "there was no answer");
        }
    }

    /// One of these was challenged (RFC 3261 §22.2: same Call-ID and From tag, next CSeq).
    pub fn on_verdict(&mut self, cx: &mut Cx, leg: Leg, verdict: Verdict, response: &Response) {
        let Some(id) = self.take(leg, true) else { return };
        match verdict {
            Verdict::Asked(ask) => self.sent.push((Leg::Authenticating(ask), id)),
            Verdict::Again(mut request, attempt) => {
                renumber(&mut request);
                match cx.send_again(*request, Owner::Standalone, attempt) {
                    Ok(sent) => self.sent.push((Leg::Sent(sent), id)),
                    Err(_offline) => cx.failed_offline(id),
                }
            }
            Verdict::Refused(why) => cx.refused(id, FailureCode::Authentication, why, response),
        }
    }

    /// A MESSAGE out of every dialog.
    pub fn on_message(&mut self, cx: &mut Cx, id: ServerId, request: &Request, head: &Head) {
        self.inquiries.receive(cx, None, id, request, head);
    }

    /// Somebody has answered how a request is answered.
    pub fn on_answer(&mut self, cx: &mut Cx, ask: AskId, answer: &Answer) {
        let _known = self.inquiries.on_answer(cx, ask, answer);
    }

    /// Leaves nothing behind: the user agent is closed.
    pub fn abandon(&mut self, cx: &mut Cx) {
        self.inquiries.terminate(cx);
        for (leg, id) in core::mem::take(&mut self.sent) {
            leg.abandon(cx);
            cx.failed(id, FailureCode::Closed, "the user agent was closed");
        }
    }

    /// How many requests wait for an answer, ours or somebody else's.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sent.len() + self.inquiries.len()
    }

    /// Whether none does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn take(&mut self, leg: Leg, is_final: bool) -> Option<RequestId> {
        let at = self.sent.iter().position(|(sent, _)| *sent == leg).filter(|_| is_final)?;
        Some(self.sent.swap_remove(at).1)
    }
}
