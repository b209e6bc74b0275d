//! What is wrong with a message or a value, as a value.

use super::lex::Unbalanced;
use super::{Name, Request, StatusCode};

/// Why a message cannot be acted on, as the status that says so and the header it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// 400 in most cases, 505 for another version of the protocol.
    pub status: StatusCode,
    /// The header at fault; `None` when it is the start line or the framing.
    pub header: Option<Name>,
    /// What is wrong, for a diagnostic. Never text of the message.
    pub detail: &'static str,
}

const MISSING: &str = "missing";

impl Fault {
    /// 400: this header is wrong in this way.
    #[must_use]
    pub fn bad(header: Name, detail: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, header: Some(header), detail }
    }

    /// 400: this header is not there.
    #[must_use]
    pub fn missing(header: Name) -> Self {
        Self::bad(header, MISSING)
    }

    /// The start line or the framing is wrong.
    pub(super) fn framing(status: StatusCode, detail: &'static str) -> Self {
        Self { status, header: None, detail }
    }

    /// The reason phrase of the answer; it names the header: `Missing Via`, `Bad CSeq`.
    #[must_use]
    pub fn phrase(&self) -> String {
        match &self.header {
            Some(name) if self.detail == MISSING => format!("Missing {name}"),
            Some(name) => format!("Bad {name}"),
            None if self.status == StatusCode::BAD_REQUEST => {
                format!("Bad Request ({})", self.detail)
            }
            None => self.status.phrase().to_owned(),
        }
    }
}

/// A message that could not be parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong with it.
    pub fault: Fault,
    /// What was readable of a request, enough to answer it: it names a method and has a Via. An unreadable
    /// Request-URI is a [`Uri::Other`](super::Uri::Other) without a scheme. `None` for responses and for garbage.
    pub request: Option<Box<Request>>,
    /// Whether it was meant to be a response. Those pass servers unread, and speak of whoever wrote them.
    pub is_response: bool,
}

/// A header value that does not follow its grammar, and in what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadValue(pub &'static str);

impl BadValue {
    /// The fault of a message that carries this value in `header`.
    pub(super) fn of(self, header: &Name) -> Fault {
        Fault::bad(header.clone(), self.0)
    }
}

impl From<Unbalanced> for BadValue {
    fn from(_: Unbalanced) -> Self {
        Self("a quote or angle bracket without its end")
    }
}
