//! Requests (RFC 3261 §7.1), and the responses made from them (§8.2.6).

use super::fault::Fault;
use super::head::{self, Head};
use super::headers::Headers;
use super::{Method, Name, NameAddr, Response, StatusCode, Uri, printer};

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The method of the start line.
    pub method: Method,
    /// The Request-URI.
    pub uri: Uri,
    /// The header lines.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, headers: Headers::default(), body: Vec::new() }
    }

    /// Everything every layer needs, checked.
    ///
    /// # Errors
    /// 400 when Via, From, To, Call-ID or CSeq is missing, malformed or, but for Via, repeated; when CSeq names another
    /// method than the start line; when Max-Forwards or Expires is out of range. A missing Max-Forwards and a missing
    /// From tag are tolerated.
    pub fn head(&self) -> Result<Head, Fault> {
        head::read(&self.headers, Some(&self.method))
    }

    /// A response to this request (RFC 3261 §8.2.6, §12.1.1): every Via, From, To, Call-ID, CSeq and Timestamp as they
    /// came; To gets `to_tag` when it has no tag, but not in a 100; Record-Route when the two may create a dialog.
    /// Without a `phrase` it has the registered one.
    #[must_use]
    pub fn response(&self, status: StatusCode, phrase: Option<&str>, to_tag: Option<&str>) -> Response {
        let mut headers = Headers::default();
        headers.copy(&self.headers, &Name::Via);
        if self.may_create_dialog() && matches!(status.code(), 101..=299) {
            headers.copy(&self.headers, &Name::RecordRoute);
        }
        headers.copy(&self.headers, &Name::From);
        match to_tag.filter(|_| status != StatusCode::TRYING).and_then(|tag| self.to_with_tag(tag)) {
            Some(to) => headers.push(Name::To, to),
            None => headers.copy(&self.headers, &Name::To),
        }
        for name in [Name::CallId, Name::CSeq, Name::Timestamp] {
            headers.copy(&self.headers, &name);
        }
        Response { status, phrase: phrase.unwrap_or(status.phrase()).to_owned(), headers, body: Vec::new() }
    }

    /// On the wire: long header names, Content-Length computed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        printer::print(&printer::request_line(&self.method, &self.uri), &self.headers, &self.body)
    }

    const fn may_create_dialog(&self) -> bool {
        matches!(self.method, Method::Invite | Method::Subscribe | Method::Refer | Method::Notify)
    }

    /// To as it came, with a tag behind it. `None` when it has one, or when it is malformed and a tag behind it would
    /// not be one.
    fn to_with_tag(&self, tag: &str) -> Option<Vec<u8>> {
        let to = self.headers.lines(&Name::To).next()?;
        let is_tagless = NameAddr::parse(&to.value()).is_ok_and(|to| !to.params.has("tag"));
        is_tagless.then(|| [to.as_bytes(), b";tag=", tag.as_bytes()].concat())
    }
}
