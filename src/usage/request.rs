//! What requests and responses take from an application: a method of its own, header fields, a body.

use super::data::{Body, Content, HeaderList, Misuse};
use crate::message::{CSeq, Headers, Method, Name, Request};

/// The methods whose requests have machines, and so commands, of their own.
const NOT_ALONE: [Method; 10] = [
    Method::Invite,
    Method::Ack,
    Method::Bye,
    Method::Cancel,
    Method::Register,
    Method::Update,
    Method::Prack,
    Method::Subscribe,
    Method::Notify,
    Method::Refer,
];

/// The method an application names for a request of its own (JS-05).
///
/// # Errors
/// [`Misuse`] where it is no token, or a method that has a command of its own.
pub(super) fn method(text: &str) -> Result<Method, Misuse> {
    match Method::parse(text) {
        Some(method) if NOT_ALONE.contains(&method) => Err(Misuse::new(format!(
            "method: {text} cannot be sent by itself; the user agent sends it where it is due"
        ))),
        Some(method) => Ok(method),
        None => Err(Misuse::new(format!("method: `{text}` is no SIP method"))),
    }
}

/// Adds an application's header fields to a message.
pub(super) fn add_headers(headers: &mut Headers, list: &HeaderList) {
    for (name, value) in list {
        if let Some(name) = Name::parse(name) {
            headers.push(name, value.as_str());
        }
    }
}

/// Announces a body, and gives its octets.
pub(super) fn add_body(headers: &mut Headers, body: Option<&Body>) -> Vec<u8> {
    let Some(body) = body else { return Vec::new() };
    headers.push(Name::ContentType, body.content_type.as_str());
    if let Some(disposition) = &body.disposition {
        headers.push(Name::ContentDisposition, disposition.as_str());
    }
    match &body.content {
        Content::Text(text) => text.as_bytes().to_vec(),
        Content::Binary(octets) => octets.clone(),
    }
}

/// Gives a request the next CSeq number.
pub(super) fn renumber(request: &mut Request) {
    let number =
        request.headers.get(&Name::CSeq).and_then(|text| CSeq::parse(&text).ok()).map_or(1, |cseq| cseq.number);
    let next = CSeq { number: number.saturating_add(1), method: request.method.clone() };
    request.headers.set(Name::CSeq, next.to_string());
}
