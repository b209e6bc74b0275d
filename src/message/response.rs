//! Responses (RFC 3261 §7.2).

use super::fault::Fault;
use super::head::{self, Head};
use super::headers::Headers;
use super::{StatusCode, printer};

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: StatusCode,
    /// The reason phrase.
    pub phrase: String,
    /// The header lines.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// Everything every layer needs, checked.
    ///
    /// # Errors
    /// As [`Request::head`](super::Request::head); such a response is dropped.
    pub fn head(&self) -> Result<Head, Fault> {
        head::read(&self.headers, None)
    }

    /// On the wire: long header names, Content-Length computed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        printer::print(&printer::status_line(self.status, &self.phrase), &self.headers, &self.body)
    }
}
