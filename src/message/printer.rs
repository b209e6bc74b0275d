//! Values to octets (RFC 3261 §7): start line, headers in the order they are held, a computed Content-Length, body.

use super::headers::Headers;
use super::text;

pub(super) fn print(start_line: &str, headers: &Headers, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(start_line.len() + headers.written_length() + body.len() + 32);
    out.extend_from_slice(start_line.as_bytes());
    // Methods, URIs and phrases may be made by hand; no part of them ends the line.
    text::make_safe(&mut out);
    out.extend_from_slice(b"\r\n");
    headers.write(&mut out);
    out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    out.extend_from_slice(body);
    out
}
