//! Conversions between the messages of the crate `rsip` 0.4 and ours, for those who use it already (feature `rsip`).
//!
//! ```text
//! Request, Response, Message   ──TryFrom<&…>──▶   rsip::Request, rsip::Response, rsip::SipMessage      and back
//! ```
//! What cannot be said on the other side is [`NotConvertible`]. What is lost without an error:
//!
//! * to rsip: the phrase of a response whose code rsip knows; the case of a `transport` parameter in the Request-URI.
//! * from rsip: the phrase likewise, in whose place the registered one stands; header components of the Request-URI, which
//!   rsip does not keep.
//! * both ways: how a Content-Length was written; it is computed.
//!
//! Header values are taken over as text, byte for byte: none of them is parsed.

use core::fmt;

use ::rsip::headers::{UntypedHeader as _, untyped};
use ::rsip::{Auth, Domain, Header, Host, HostWithPort, Param, Scheme, SipMessage, Version};

use super::headers::{Field, Headers};
use super::text::is_safe;
use super::uri::{BadUri, SipUri, Uri};
use super::{Message, Method, Name, Request, Response, StatusCode};

/// Why a message has no counterpart on the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotConvertible {
    /// A method that rsip does not know.
    Method(Method),
    /// A Request-URI of another scheme than sip and sips: rsip's has a host always.
    Scheme(String),
    /// A Request-URI of rsip's that is no URI.
    Uri(BadUri),
    /// A header name of rsip's that is no token.
    Name(String),
    /// A value that is not UTF-8, or one of rsip's that would end a line.
    Value(Name),
    /// A version other than SIP/2.0.
    Version,
    /// A status code outside 100 to 699.
    Status(u16),
    /// A phrase of rsip's that would end a line.
    Phrase,
}

impl fmt::Display for NotConvertible {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method(method) => write!(out, "rsip does not know the method {method}"),
            Self::Scheme(scheme) => {
                write!(out, "a Request-URI of scheme `{scheme}`: only sip and sips can be converted")
            }
            Self::Uri(bad) => write!(out, "the Request-URI is {}", bad.0),
            Self::Name(name) => write!(out, "`{name}` is no header name"),
            Self::Value(name) => write!(out, "the value of {name} is not UTF-8 or would end its line"),
            Self::Version => out.write_str("a version other than SIP/2.0"),
            Self::Status(code) => write!(out, "{code} is no status code from 100 to 699"),
            Self::Phrase => out.write_str("the reason phrase would end its line"),
        }
    }
}

impl core::error::Error for NotConvertible {}

impl TryFrom<&Request> for ::rsip::Request {
    type Error = NotConvertible;

    fn try_from(request: &Request) -> Result<Self, NotConvertible> {
        let method = request.method.as_str().parse().ok();
        // rsip reads methods in any case; they are not equal in any case.
        let method = method.filter(|method: &::rsip::Method| method.to_string() == request.method.as_str());
        Ok(Self {
            method: method.ok_or_else(|| NotConvertible::Method(request.method.clone()))?,
            uri: uri_to_rsip(&request.uri)?,
            version: Version::V2,
            headers: headers_to_rsip(&request.headers, &request.body)?,
            body: request.body.clone(),
        })
    }
}

impl TryFrom<&::rsip::Request> for Request {
    type Error = NotConvertible;

    fn try_from(request: &::rsip::Request) -> Result<Self, NotConvertible> {
        check_version(&request.version)?;
        let method = request.method.to_string();
        let method = Method::parse(&method).ok_or(NotConvertible::Name(method))?;
        let uri = uri_from_rsip(&request.uri)?;
        Ok(Self { method, uri, headers: headers_from_rsip(&request.headers)?, body: request.body.clone() })
    }
}

impl TryFrom<&Response> for ::rsip::Response {
    type Error = NotConvertible;

    fn try_from(response: &Response) -> Result<Self, NotConvertible> {
        let mut status_code = ::rsip::StatusCode::from(response.status.code());
        if let ::rsip::StatusCode::Other(_, phrase) = &mut status_code {
            phrase.clone_from(&response.phrase);
        }
        let headers = headers_to_rsip(&response.headers, &response.body)?;
        Ok(Self { status_code, version: Version::V2, headers, body: response.body.clone() })
    }
}

impl TryFrom<&::rsip::Response> for Response {
    type Error = NotConvertible;

    fn try_from(response: &::rsip::Response) -> Result<Self, NotConvertible> {
        check_version(&response.version)?;
        let code = response.status_code.code();
        let status = StatusCode::new(code).ok_or(NotConvertible::Status(code))?;
        let phrase =
            if let ::rsip::StatusCode::Other(_, phrase) = &response.status_code { phrase } else { status.phrase() };
        if !is_safe(phrase) {
            return Err(NotConvertible::Phrase);
        }
        let headers = headers_from_rsip(&response.headers)?;
        Ok(Self { status, phrase: phrase.to_owned(), headers, body: response.body.clone() })
    }
}

impl TryFrom<&Message> for SipMessage {
    type Error = NotConvertible;

    fn try_from(message: &Message) -> Result<Self, NotConvertible> {
        Ok(match message {
            Message::Request(request) => Self::Request(request.try_into()?),
            Message::Response(response) => Self::Response(response.try_into()?),
        })
    }
}

impl TryFrom<&SipMessage> for Message {
    type Error = NotConvertible;

    fn try_from(message: &SipMessage) -> Result<Self, NotConvertible> {
        Ok(match message {
            SipMessage::Request(request) => Self::Request(request.try_into()?),
            SipMessage::Response(response) => Self::Response(response.try_into()?),
        })
    }
}

fn check_version(version: &Version) -> Result<(), NotConvertible> {
    match version {
        Version::V2 => Ok(()),
        Version::V1 => Err(NotConvertible::Version),
    }
}

fn uri_to_rsip(uri: &Uri) -> Result<::rsip::Uri, NotConvertible> {
    let uri = match uri {
        Uri::Sip(uri) => uri,
        Uri::Other { scheme, .. } => return Err(NotConvertible::Scheme(scheme.clone())),
    };
    let SipUri { secure, user, password, host, port, params, headers: _ } = uri;
    let scheme = if *secure { Scheme::Sips } else { Scheme::Sip };
    let auth = user.as_ref().map(|user| Auth { user: user.clone(), password: password.clone() });
    let param = |(name, value): (&str, Option<&str>)| {
        Param::try_from((name, value)).unwrap_or_else(|_| Param::Other(name.into(), value.map(Into::into)))
    };
    // An IPv6 address with its brackets is a domain to rsip, which would print an address of its own without them.
    let host = host.parse().unwrap_or_else(|_| Host::Domain(Domain::from(host.as_str())));
    Ok(::rsip::Uri {
        scheme: Some(scheme),
        auth,
        host_with_port: HostWithPort { host, port: port.map(Into::into) },
        params: params.iter().map(param).collect(),
        headers: Vec::new(),
    })
}

/// By way of text, because rsip's own reader takes a user without a password to be part of the host.
fn uri_from_rsip(uri: &::rsip::Uri) -> Result<Uri, NotConvertible> {
    let mut text = match &uri.scheme {
        Some(Scheme::Sip) => "sip:".to_owned(),
        Some(Scheme::Sips) => "sips:".to_owned(),
        Some(Scheme::Other(scheme)) => return Err(NotConvertible::Scheme(scheme.clone())),
        None => return Err(NotConvertible::Scheme(String::new())),
    };
    if let Some(auth) = &uri.auth {
        text.push_str(&format!("{auth}@"));
    }
    text.push_str(&match &uri.host_with_port.host {
        Host::IpAddr(address) if address.is_ipv6() => format!("[{address}]"),
        Host::IpAddr(address) => address.to_string(),
        Host::Domain(domain) => domain.to_string(),
    });
    if let Some(port) = &uri.host_with_port.port {
        text.push_str(&format!(":{port}"));
    }
    for param in &uri.params {
        text.push_str(&param.to_string());
    }
    Uri::parse(&text).map_err(NotConvertible::Uri)
}

fn headers_to_rsip(headers: &Headers, body: &[u8]) -> Result<::rsip::Headers, NotConvertible> {
    let mut all = ::rsip::Headers::default();
    for field in headers.iter().filter(|field| field.name != Name::ContentLength) {
        all.push(field_to_rsip(field)?);
    }
    // Ours is computed when it is written, rsip writes the one it holds.
    all.push(Header::ContentLength(untyped::ContentLength::new(body.len().to_string())));
    Ok(all)
}

fn headers_from_rsip(headers: &::rsip::Headers) -> Result<Headers, NotConvertible> {
    let mut all = Headers::default();
    for header in headers.iter() {
        let (name, value) = field_from_rsip(header)?;
        if !is_safe(value) {
            return Err(NotConvertible::Value(name));
        }
        if name != Name::ContentLength {
            all.push(name, value);
        }
    }
    Ok(all)
}

/// The headers that have a variant of the same name on both sides.
macro_rules! headers {
    ($($name:ident)*) => {
        fn field_to_rsip(field: &Field) -> Result<Header, NotConvertible> {
            let value = core::str::from_utf8(field.as_bytes()).map_err(|_| NotConvertible::Value(field.name.clone()))?;
            $(if field.name == Name::$name {
                return Ok(Header::$name(untyped::$name::new(value)));
            })*
            Ok(Header::Other(field.name.as_str().to_owned(), value.to_owned()))
        }

        fn field_from_rsip(header: &Header) -> Result<(Name, &str), NotConvertible> {
            Ok(match header {
                $(Header::$name(value) => (Name::$name, value.value()),)*
                Header::Other(name, value) => {
                    (Name::parse(name).ok_or_else(|| NotConvertible::Name(name.clone()))?, value.as_str())
                }
            })
        }
    };
}

headers! {
    Accept AcceptEncoding AcceptLanguage AlertInfo Allow AuthenticationInfo Authorization CSeq CallId CallInfo Contact
    ContentDisposition ContentEncoding ContentLanguage ContentLength ContentType Date ErrorInfo Event Expires From InReplyTo
    MaxForwards MimeVersion MinExpires Organization Priority ProxyAuthenticate ProxyAuthorization ProxyRequire RecordRoute
    ReplyTo Require RetryAfter Route Server Subject SubscriptionState Supported Timestamp To Unsupported UserAgent Via
    Warning WwwAuthenticate
}
