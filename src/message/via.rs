//! Via (RFC 3261 §20.42, RFC 7118 §5.2, RFC 3581): the way back for responses.

use core::fmt;

use super::fault::BadValue;
use super::host;
use super::lex::{self, BLANK};
use super::params::Params;

/// One Via value: `SIP/2.0/WSS host:port;branch=…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// The transport the message was sent over.
    pub transport: Transport,
    /// The host of sent-by as written; an IPv6 address has its brackets.
    pub host: String,
    /// The port of sent-by, when one is written.
    pub port: Option<u16>,
    /// The parameters, `branch` among them.
    pub params: Params,
}

/// The transport token of a Via. Known ones are read in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// `WS`, RFC 7118.
    Ws,
    /// `WSS`, RFC 7118.
    Wss,
    /// `UDP`.
    Udp,
    /// `TCP`.
    Tcp,
    /// `TLS`.
    Tls,
    /// Any other token, as written.
    Other(Box<str>),
}

impl Via {
    /// A Via of our own. `sent_by` is `host` or `host:port`.
    #[must_use]
    pub fn new(transport: Transport, sent_by: &str, branch: &str) -> Self {
        let (host, port) = host::split_port(sent_by).unwrap_or((sent_by, None));
        let mut params = Params::default();
        params.set("branch", Some(branch));
        Self { transport, host: host.to_owned(), port, params }
    }

    /// Reads one Via value; blanks may stand around `/`, `:`, `;` and `=`.
    ///
    /// # Errors
    /// A protocol other than SIP/2.0, a malformed transport, host, port or parameter.
    pub fn parse(text: &str) -> Result<Self, BadValue> {
        let (main, params) = lex::split_params(text);
        let mut parts = main.splitn(3, '/');
        let mut next = || parts.next().map(lex::trim).unwrap_or_default();
        let (protocol, version, rest) = (next(), next(), next());
        if !protocol.eq_ignore_ascii_case("SIP") || version != "2.0" {
            return Err(BadValue("a protocol other than SIP/2.0"));
        }
        let (transport, sent_by) = lex::split_blank(rest).ok_or(BadValue("no transport or no sent-by"))?;
        let transport = Transport::parse(transport).ok_or(BadValue("a malformed transport"))?;
        let (host, port) = parse_sent_by(sent_by).ok_or(BadValue("a malformed sent-by"))?;
        Ok(Self { transport, host: host.to_owned(), port, params: Params::parse(params)? })
    }

    /// The `branch` parameter.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.params.value("branch")
    }

    /// Host in lower case and, when one is written, port: what transactions are matched by (RFC 3261 §17.2.3).
    #[must_use]
    pub fn sent_by(&self) -> String {
        let mut sent_by = self.host.to_ascii_lowercase();
        if let Some(port) = self.port {
            sent_by.push(':');
            sent_by.push_str(&port.to_string());
        }
        sent_by
    }
}

impl fmt::Display for Via {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SIP/2.0/{} {}", self.transport.as_str(), self.host)?;
        if let Some(port) = self.port {
            write!(out, ":{port}")?;
        }
        out.write_str(self.params.as_str())
    }
}

impl Transport {
    /// The transport a token names; `None` when `text` is no token.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let known = [Self::Ws, Self::Wss, Self::Udp, Self::Tcp, Self::Tls];
        let found = known.into_iter().find(|transport| transport.as_str().eq_ignore_ascii_case(text));
        found.or_else(|| lex::is_token(text).then(|| Self::Other(text.into())))
    }

    /// As it stands in a Via.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Ws => "WS",
            Self::Wss => "WSS",
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Other(text) => text,
        }
    }
}

fn parse_sent_by(text: &str) -> Option<(&str, Option<u16>)> {
    if !text.contains(BLANK) {
        return host::split_port(text);
    }
    let (name, port) = text.rsplit_once(':')?;
    let name = lex::trim(name);
    host::is_host(name).then_some((name, Some(host::port(lex::trim(port))?)))
}
