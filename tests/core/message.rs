//! Text ⇄ values: requirements MS-01 to MS-16, SL-01, the arithmetic and grammar of AU-01, AU-02, AU-06 and AU-07, and what
//! IV-10 needs to read of session descriptions.

mod addresses;
mod digest;
mod events;
mod framing;
mod head;
mod headers;
mod hostile;
mod limits;
mod round_trip;
mod sdp;
mod sipfrag;
mod uris;
mod values;
mod writing;

use patchcord::message::{Malformed, Message, Request, Response};

/// A message written with bare line feeds, as it stands on the wire.
fn wire(text: &str) -> Vec<u8> {
    text.replace('\n', "\r\n").into_bytes()
}

fn parse(text: &str) -> Result<Message, Malformed> {
    Message::parse(&wire(text))
}

fn request(text: &str) -> Request {
    match parse(text).unwrap() {
        Message::Request(request) => request,
        Message::Response(_) => panic!("a response: {text}"),
    }
}

fn response(text: &str) -> Response {
    match parse(text).unwrap() {
        Message::Request(_) => panic!("a request: {text}"),
        Message::Response(response) => response,
    }
}

/// The status, the reason phrase, and whether there is something to answer.
fn refusal(octets: &[u8]) -> (u16, String, bool) {
    let malformed = Message::parse(octets).unwrap_err();
    (malformed.fault.status.code(), malformed.fault.phrase(), malformed.request.is_some())
}

/// A well-formed INVITE with `lines` among its headers and no body.
fn invite_with(lines: &str) -> String {
    format!("INVITE sip:bob@b.example SIP/2.0\n{HEAD}{lines}\n")
}

const HEAD: &str = "Via: SIP/2.0/WSS a1b2c3.invalid;branch=z9hG4bK1\n\
    Max-Forwards: 70\n\
    From: \"Alice\" <sip:alice@a.example>;tag=a\n\
    To: <sip:bob@b.example>\n\
    Call-ID: 1@a\n\
    CSeq: 1 INVITE\n";
