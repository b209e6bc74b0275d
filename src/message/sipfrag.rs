//! message/sipfrag (RFC 3420): a piece of a SIP message, as NOTIFYs of the `refer` package carry it (RFC 3515 §2.4.5).
//!
//! ```text
//! [start line] [header lines] [empty line body]     each part may be missing, and the last line end too
//! ```

use super::fault::BadValue;
use super::headers::Headers;
use super::{Method, StatusCode, Uri, parser, printer};

/// A piece of a SIP message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sipfrag {
    /// The start line.
    pub start: Option<StartLine>,
    /// The header lines.
    pub headers: Headers,
    /// The body; of one that was cut off as much as is there.
    pub body: Vec<u8>,
}

/// The first line of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartLine {
    /// Of a request.
    Request(Method, Uri),
    /// Of a response, with its phrase.
    Status(StatusCode, String),
}

impl Sipfrag {
    /// A status line and nothing else: the progress of a referred request. Without a `phrase` the registered one.
    #[must_use]
    pub fn status_line(status: StatusCode, phrase: Option<&str>) -> Self {
        let start = StartLine::Status(status, phrase.unwrap_or(status.phrase()).to_owned());
        Self { start: Some(start), headers: Headers::default(), body: Vec::new() }
    }

    /// Reads a body of type message/sipfrag. Content-Length shortens the body and never makes it wrong: what it counts
    /// may have been left out.
    ///
    /// ```
    /// use patchcord::message::Sipfrag;
    /// let ringing = Sipfrag::parse(b"SIP/2.0 180 Ringing").expect("well-formed");
    /// assert_eq!(ringing.status().map(|(status, phrase)| (status.code(), phrase)), Some((180, "Ringing")));
    /// ```
    ///
    /// # Errors
    /// Nothing in it, or a start line, header line or line end that could not stand in a message.
    pub fn parse(octets: &[u8]) -> Result<Self, BadValue> {
        let end = octets.iter().rposition(|octet| !octet.is_ascii_whitespace()).ok_or(BadValue("nothing in it"))?;
        // The same reader that takes whole messages: the head gets the end that it may lack here.
        let has_end = [&b"\r\n\r\n"[..], b"\n\n"].iter().any(|end| octets.windows(end.len()).any(|at| at == *end));
        let (crlf, lf) = (octets.contains(&b'\r'), octets.contains(&b'\n'));
        let ended = match octets.get(..=end) {
            Some(head) if !has_end => [head, if lf && !crlf { b"\n\n" } else { b"\r\n\r\n" }].concat(),
            Some(_) | None => octets.to_vec(),
        };
        parser::read_fragment(&ended).map_err(|fault| BadValue(fault.detail))
    }

    /// Status and phrase when the first line is a status line, as it must be where the progress of a REFER is told.
    #[must_use]
    pub fn status(&self) -> Option<(StatusCode, &str)> {
        match &self.start {
            Some(StartLine::Status(status, phrase)) => Some((*status, phrase)),
            Some(StartLine::Request(..)) | None => None,
        }
    }

    /// On the wire: the parts that are there, each line with its end.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let start = match &self.start {
            Some(StartLine::Request(method, uri)) => Some(printer::request_line(method, uri)),
            Some(StartLine::Status(status, phrase)) => Some(printer::status_line(*status, phrase)),
            None => None,
        };
        printer::print_fragment(start.as_deref(), &self.headers, &self.body)
    }
}
