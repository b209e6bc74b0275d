//! Values to octets (RFC 3261 §7): start line, headers in the order they are held, a computed Content-Length, body.

use super::headers::Headers;
use super::text;
use super::{Method, StatusCode, Uri};

pub(super) fn request_line(method: &Method, uri: &Uri) -> String {
    format!("{method} {uri} SIP/2.0")
}

pub(super) fn status_line(status: StatusCode, phrase: &str) -> String {
    format!("SIP/2.0 {} {phrase}", status.code())
}

pub(super) fn print(start_line: &str, headers: &Headers, body: &[u8]) -> Vec<u8> {
    let mut out = head(Some(start_line), headers, body);
    out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    out.extend_from_slice(body);
    out
}

/// A piece of a message (RFC 3420): no empty line without a body behind it.
pub(super) fn print_fragment(start_line: Option<&str>, headers: &Headers, body: &[u8]) -> Vec<u8> {
    let mut out = head(start_line, headers, body);
    if !body.is_empty() {
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(body);
    }
    out
}

fn head(start_line: Option<&str>, headers: &Headers, body: &[u8]) -> Vec<u8> {
    let line = start_line.unwrap_or_default();
    let mut out = Vec::with_capacity(line.len() + headers.written_length() + body.len() + 32);
    if start_line.is_some() {
        out.extend_from_slice(line.as_bytes());
        // Methods, URIs and phrases may be made by hand; no part of them ends the line.
        text::make_safe(&mut out);
        out.extend_from_slice(b"\r\n");
    }
    headers.write(&mut out);
    out
}
