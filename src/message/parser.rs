//! Octets to values (RFC 3261 §7, RFC 7118 §5): framing, start line, header lines, body length. One pass, each octet
//! looked at a bounded number of times.
//!
//! * Empty lines before the start line are skipped (§7.5).
//! * The first line decides how lines end. CRLF by the grammar; a message that ends its first line with a bare LF must
//!   then do without CR altogether. A message that mixes them is malformed: two parsers could see different headers
//!   in it. So is a head without an empty line at its end.
//! * What is malformed does not stop the reading: the rest is salvaged, so that a request can be answered. What is
//!   beyond a limit is not read at all (SL-01), so a message costs a small multiple of its own length (SL-08).

use std::borrow::Cow;

use super::fault::{Fault, Malformed};
use super::headers::Headers;
use super::lex::{self, BLANK};
use super::limits::{self, Limits};
use super::sipfrag::{Sipfrag, StartLine};
use super::{Message, Method, Name, Request, Response, StatusCode, Uri};

/// A message, and what came with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The message.
    pub message: Message,
    /// How many octets followed the body that Content-Length announced. They are ignored.
    pub trailing: usize,
}

pub(super) fn read(octets: &[u8], limits: &Limits) -> Result<Parsed, Malformed> {
    let mut reader = Reader::new(octets, limits);
    let line = reader.line();
    if is_status_line(line) {
        let start = status_line(line);
        let (headers, body, trailing) = reader.headers_and_body();
        return match (start, reader.fault) {
            (Ok((status, phrase)), None) => {
                let message = Message::Response(Response { status, phrase, headers, body });
                Ok(Parsed { message, trailing })
            }
            (Err(fault), _) | (Ok(_), Some(fault)) => Err(Malformed { fault, request: None, is_response: true }),
        };
    }
    let (method, uri, fault) = request_line(line);
    let too_large = reader.fault.take_if(|fault| fault.status == StatusCode::MESSAGE_TOO_LARGE);
    let (headers, body, trailing) = reader.headers_and_body();
    match (method, too_large.or(fault).or(reader.fault)) {
        (Some(method), None) => {
            let message = Message::Request(Request { method, uri, headers, body });
            Ok(Parsed { message, trailing })
        }
        (method, fault) => {
            let fault = fault.unwrap_or_else(|| bad("no method"));
            // Without a Via no answer finds its way.
            let method = method.filter(|_| headers.has(&Name::Via));
            let request = method.map(|method| Box::new(Request { method, uri, headers, body: Vec::new() }));
            Err(Malformed { fault, request, is_response: false })
        }
    }
}

/// A piece of a message (RFC 3420 §2) whose head ends in an empty line. What it starts with is a start line unless it
/// is a header line.
pub(super) fn read_fragment(octets: &[u8]) -> Result<Sipfrag, Fault> {
    let mut reader = Reader::new(octets, &Limits::default());
    let before = reader.rest;
    let line = reader.line();
    let start = if header_line(line).is_some() {
        reader.rest = before;
        None
    } else if is_status_line(line) {
        status_line(line).map(|(status, phrase)| Some(StartLine::Status(status, phrase)))?
    } else {
        match request_line(line) {
            (Some(method), uri, None) => Some(StartLine::Request(method, uri)),
            (_, _, fault) => return Err(fault.unwrap_or_else(|| bad("no method"))),
        }
    };
    let headers = reader.headers();
    let length = content_length(&headers)?.unwrap_or(reader.rest.len());
    let body = reader.rest.get(..length).unwrap_or(reader.rest).to_vec();
    reader.fault.map_or(Ok(Sipfrag { start, headers, body }), Err)
}

fn is_status_line(line: &[u8]) -> bool {
    line.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"SIP/"))
}

fn bad(detail: &'static str) -> Fault {
    Fault::framing(StatusCode::BAD_REQUEST, detail)
}

/// RFC 3261 §7.1: `Method SP Request-URI SP SIP/2.0`. What is readable, and what is wrong.
fn request_line(line: &[u8]) -> (Option<Method>, Uri, Option<Fault>) {
    let text = readable(line);
    let (method, rest) = text.split_once(BLANK).unwrap_or((text, ""));
    let (uri, version) = rest.trim_end_matches(BLANK).rsplit_once(BLANK).unwrap_or((rest, ""));
    let salvaged = |uri: &str| Uri::Other { scheme: String::new(), rest: lex::trim(uri).to_owned() };
    let Some(method) = Method::parse(method) else {
        return (None, salvaged(uri), Some(bad("no method at the start")));
    };
    let parsed = Uri::parse(uri);
    let is_version = version.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("SIP/"));
    let fault = if text.len() < line.len() {
        Some(bad("a start line that is too long or not UTF-8"))
    } else if !is_version {
        Some(bad("no SIP version in the start line"))
    } else if !version.eq_ignore_ascii_case("SIP/2.0") {
        Some(Fault::framing(StatusCode::VERSION_NOT_SUPPORTED, "a version other than SIP/2.0"))
    } else if text.matches(BLANK).count() != 2 || text.contains('\t') {
        Some(bad("extra blanks in the start line"))
    } else {
        match &parsed {
            Ok(Uri::Sip(uri)) if !uri.headers.is_empty() => Some(bad("header components in the Request-URI")),
            Ok(_) => None,
            Err(uri) => Some(bad(uri.0)),
        }
    };
    (Some(method), parsed.unwrap_or_else(|_| salvaged(uri)), fault)
}

/// RFC 3261 §7.2: `SIP/2.0 SP code SP phrase`. The blank before an empty phrase may be missing.
fn status_line(line: &[u8]) -> Result<(StatusCode, String), Fault> {
    let text = readable(line);
    if text.len() < line.len() {
        return Err(bad("a start line that is too long or not UTF-8"));
    }
    let (version, rest) = text.split_once(' ').unwrap_or((text, ""));
    if !version.eq_ignore_ascii_case("SIP/2.0") {
        return Err(Fault::framing(StatusCode::VERSION_NOT_SUPPORTED, "a version other than SIP/2.0"));
    }
    let (code, phrase) = rest.split_once(' ').unwrap_or((rest, ""));
    let code = if code.len() == 3 { lex::number(code) } else { None };
    let status = code.and_then(|code| u16::try_from(code).ok()).and_then(StatusCode::new);
    Ok((status.ok_or_else(|| bad("no status code from 100 to 699"))?, phrase.to_owned()))
}

/// As much of a start line as is text and within the limit.
fn readable(line: &[u8]) -> &str {
    let line = line.get(..limits::LINE).unwrap_or(line);
    match core::str::from_utf8(line) {
        Ok(text) => text,
        Err(bad) => line.get(..bad.valid_up_to()).and_then(|text| core::str::from_utf8(text).ok()).unwrap_or_default(),
    }
}

/// How the lines of a message end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum LineEnd {
    CrLf,
    Lf,
    /// Never well.
    Cr,
}

/// What has not been read yet, and the first thing found wrong.
struct Reader<'a> {
    rest: &'a [u8],
    /// How many header lines may yet be kept.
    lines_left: usize,
    line_end: Option<LineEnd>,
    fault: Option<Fault>,
}

impl<'a> Reader<'a> {
    fn new(octets: &'a [u8], limits: &Limits) -> Self {
        let too_large = || Fault::framing(StatusCode::MESSAGE_TOO_LARGE, "more octets than the limit");
        let fault = (octets.len() > limits.message).then(too_large);
        let octets = octets.get(..limits.message).unwrap_or(octets);
        let start = octets.iter().position(|octet| !matches!(octet, b'\r' | b'\n')).unwrap_or(octets.len());
        let rest = octets.get(start..).unwrap_or_default();
        Self { rest, lines_left: limits.headers, line_end: None, fault }
    }

    fn note(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// The next line without its end. The end of the octets ends a line too, but not well.
    fn line(&mut self) -> &'a [u8] {
        let Some(at) = self.rest.iter().position(|octet| matches!(octet, b'\r' | b'\n')) else {
            self.note(bad("the head does not end in an empty line"));
            return core::mem::take(&mut self.rest);
        };
        let (line, rest) = self.rest.split_at(at);
        let (found, length) = match rest {
            [b'\r', b'\n', ..] => (LineEnd::CrLf, 2),
            [b'\n', ..] => (LineEnd::Lf, 1),
            _ => (LineEnd::Cr, 1),
        };
        self.rest = rest.get(length..).unwrap_or_default();
        if *self.line_end.get_or_insert(found) != found || found == LineEnd::Cr {
            self.note(bad("a CR or LF by itself"));
        }
        line
    }

    fn headers_and_body(&mut self) -> (Headers, Vec<u8>, usize) {
        let headers = self.headers();
        let length = match content_length(&headers) {
            Ok(length) => length.unwrap_or(self.rest.len()),
            Err(fault) => {
                self.note(fault);
                self.rest.len()
            }
        };
        let Some((body, trailing)) = self.rest.split_at_checked(length) else {
            self.note(Fault::bad(Name::ContentLength, "more than the octets received"));
            return (headers, Vec::new(), 0);
        };
        (headers, body.to_vec(), trailing.len())
    }

    /// RFC 3261 §7.3.1: header lines up to the empty one; a line that starts with a blank continues the one before.
    fn headers(&mut self) -> Headers {
        let mut headers = Headers::default();
        let mut line = self.line();
        while !line.is_empty() {
            let (mut open, mut length) = (header_line(line), line.len());
            if open.is_none() {
                self.note(bad("a header line without a proper name"));
            }
            line = self.line();
            while let [b' ' | b'\t', ..] = line {
                length = length.saturating_add(line.len());
                if let Some((_, value)) = open.as_mut().filter(|_| length <= limits::LINE) {
                    unfold(value, lex::trim_octets(line));
                }
                line = self.line();
            }
            // SL-01
            if length > limits::LINE {
                self.note(bad("a header line that is too long"));
            } else if self.lines_left == 0 {
                self.note(bad("too many header lines"));
            } else if let Some((name, value)) = open {
                headers.push_received(name, lex::trim_octets(&value));
                self.lines_left -= 1;
            }
        }
        headers
    }
}

/// RFC 3261 §7.3.1: a fold is one blank.
fn unfold(value: &mut Cow<'_, [u8]>, more: &[u8]) {
    if !more.is_empty() {
        let value = value.to_mut();
        if !value.is_empty() {
            value.push(b' ');
        }
        value.extend_from_slice(more);
    }
}

/// `name: value`; blanks may stand before the colon. `None` without a colon or a proper name.
fn header_line(line: &[u8]) -> Option<(Name, Cow<'_, [u8]>)> {
    let (name, value) = line.split_at_checked(line.iter().position(|octet| *octet == b':')?)?;
    let name = core::str::from_utf8(name).ok()?.trim_end_matches(BLANK);
    Some((Name::parse(name)?, Cow::Borrowed(lex::trim_octets(value.get(1..)?))))
}

/// RFC 3261 §20.14, RFC 7118 §5: optional; may be repeated when it says the same.
fn content_length(headers: &Headers) -> Result<Option<usize>, Fault> {
    let mut length = None;
    for value in headers.get_all(&Name::ContentLength) {
        let number = lex::number(&value).and_then(|number| usize::try_from(number).ok());
        let number = number.ok_or_else(|| Fault::bad(Name::ContentLength, "no number of octets"))?;
        if length.replace(number).is_some_and(|other| other != number) {
            return Err(Fault::bad(Name::ContentLength, "two lengths that differ"));
        }
    }
    Ok(length)
}
