//! Session descriptions as messages carry them (RFC 3261 §13.2.1, §20.11): which bodies are one, and what is said of
//! those that nobody understands.

use super::Cx;
use crate::message::{Headers, Name, Request, StatusCode};
use crate::transaction::ServerId;

/// The SDP a message carries, if its type says so and it is UTF-8.
pub(super) fn sdp_of(headers: &Headers, body: &[u8]) -> Option<String> {
    let is_sdp = headers.content_type().is_some_and(|media_type| media_type.is("application/sdp"));
    let text = core::str::from_utf8(body).ok()?;
    (is_sdp && !text.is_empty()).then(|| text.to_owned())
}

/// Announces a session description as the body, and gives its octets.
pub(super) fn add_sdp(headers: &mut Headers, description: &str) -> Vec<u8> {
    headers.push(Name::ContentType, "application/sdp");
    description.as_bytes().to_vec()
}

/// Whether the body is none, SDP as it is, or one that may be ignored (RFC 3261 §8.2.3).
pub(super) fn is_understood(request: &Request) -> bool {
    let is_sdp = || is_plain(request) && sdp_of(&request.headers, &request.body).is_some();
    request.body.is_empty() || is_sdp() || request.headers.is_body_optional()
}

/// Whether the body stands there as it is, not compressed or otherwise encoded (RFC 3261 §20.12).
pub(super) fn is_plain(request: &Request) -> bool {
    let encoding = request.headers.get(&Name::ContentEncoding);
    encoding.is_none_or(|encoding| encoding.eq_ignore_ascii_case("identity"))
}

impl Cx {
    /// Refuses a body that nobody understands where SDP may stand (RFC 3261 §8.2.3).
    pub(super) fn refuse_body(&mut self, id: ServerId, request: &Request, tag: &str) {
        let mut response = request.response(StatusCode::UNSUPPORTED_MEDIA_TYPE, None, Some(tag));
        response.headers.push(Name::Accept, "application/sdp");
        response.headers.push(Name::AcceptEncoding, "identity");
        self.respond(id, response);
    }
}
