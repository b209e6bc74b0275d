//! Text ⇄ values: SIP messages and the values of their headers (RFC 3261 §7, §19, §20, §25; RFC 7118 §5).
//!
//! ```text
//! octets ──parser──▶ Message { start line, Headers (raw lines), body } ──printer──▶ octets
//!                              │ head(), contacts(), vias(), … on demand
//!                              ▼
//!                    Uri  NameAddr  Via  CSeq  SessionExpires  Replaces  Challenge  …
//! ```
//! The room knows spelling and nothing else: no transaction, no dialog, no clock, no chance. Errors are values.

mod cseq;
mod digest;
mod escape;
mod event;
mod fault;
mod frame;
mod head;
mod headers;
mod host;
mod lex;
mod limits;
mod media_type;
mod method;
mod name;
mod name_addr;
mod params;
mod parser;
mod printer;
mod rack;
mod reason;
mod replaces;
mod request;
mod response;
#[cfg(feature = "rsip")]
mod rsip;
pub mod sdp;
mod secrecy;
mod session_expires;
mod sipfrag;
mod status;
mod subscription_state;
mod text;
mod uri;
mod via;

pub use cseq::CSeq;
pub use digest::{Algorithm, AuthenticationInfo, Authorization, Challenge, Exchange, Offer, Qop, ha1, is_bearer_token};
pub use escape::{percent_decode, percent_encode_header};
pub use event::Event;
pub use fault::{BadValue, Fault, Malformed};
pub use frame::{FlowId, Frame};
pub use head::Head;
pub use headers::{Contacts, Field, Headers};
pub(crate) use lex::quote;
pub use limits::Limits;
pub use media_type::MediaType;
pub use method::Method;
pub use name::Name;
pub use name_addr::NameAddr;
pub use params::Params;
pub use parser::Parsed;
pub use rack::RAck;
pub use reason::Reason;
pub use replaces::Replaces;
pub use request::Request;
pub use response::Response;
#[cfg(feature = "rsip")]
pub use rsip::NotConvertible;
pub use sdp::same_description;
pub use secrecy::mask;
pub use session_expires::{Refresher, SessionExpires};
pub use sipfrag::{Sipfrag, StartLine};
pub use status::StatusCode;
pub use subscription_state::{SubscriptionState, Substate, Termination};
pub use text::is_safe;
pub(crate) use text::lossy;
pub use uri::{BadUri, SipUri, Uri};
pub use via::{Transport, Via};

/// One SIP message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

impl Message {
    /// Reads one SIP message out of one WebSocket message (RFC 7118 §5): framing, start line, header lines, body
    /// length, the default [`Limits`]. What the headers say is read on demand; see [`Request::head`].
    ///
    /// ```
    /// use patchcord::message::{Message, Name};
    /// let octets = b"SIP/2.0 180 Ringing\r\ni: 1@a.invalid\r\n\r\n";
    /// let message = Message::parse(octets).expect("well-formed");
    /// assert_eq!(message.headers().get(&Name::CallId).as_deref(), Some("1@a.invalid"));
    /// ```
    ///
    /// # Errors
    /// [`Malformed`], with what was readable of a request.
    pub fn parse(octets: &[u8]) -> Result<Self, Malformed> {
        Self::read(octets, &Limits::default()).map(|parsed| parsed.message)
    }

    /// As [`Message::parse`], within these limits, and how many octets followed the body that Content-Length announced.
    ///
    /// # Errors
    /// [`Malformed`], with what was readable of a request; 513 when it is larger than the limit.
    pub fn read(octets: &[u8], limits: &Limits) -> Result<Parsed, Malformed> {
        parser::read(octets, limits)
    }

    /// On the wire: long header names, Content-Length computed.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Request(request) => request.to_bytes(),
            Self::Response(response) => response.to_bytes(),
        }
    }

    /// Its header lines.
    #[must_use]
    pub const fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }

    /// Its body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        match self {
            Self::Request(request) => &request.body,
            Self::Response(response) => &response.body,
        }
    }
}
