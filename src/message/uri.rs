//! URIs (RFC 3261 §19.1, RFC 3986): sip and sips in their parts, every other scheme as text.
//!
//! ```text
//! sip:user:password@host:port;param=value?header=value
//! ```
//! Parts are kept as written, escapes included, so that a URI goes out as it came in.

use core::fmt;
use std::borrow::Cow;
use std::collections::BinaryHeap;

use super::params::Params;
use super::{escape, host, lex, limits};

/// Any URI. `==` compares the spelling; [`Uri::equivalent`] what it means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uri {
    /// `sip:` or `sips:`.
    Sip(SipUri),
    /// Any other scheme, `tel:` among them.
    Other {
        /// What stands before the first colon, as written.
        scheme: String,
        /// What stands after it.
        rest: String,
    },
}

/// A sip or sips URI.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SipUri {
    /// `sips`.
    pub secure: bool,
    /// The user part as written, with its escapes.
    pub user: Option<String>,
    /// The password as written.
    pub password: Option<String>,
    /// The host as written; an IPv6 address has its brackets.
    pub host: String,
    /// The port, when one is written.
    pub port: Option<u16>,
    /// The URI parameters, escaped as they are written: a value set here must be escaped by who sets it.
    pub params: Params,
    /// The header components, name and value as written.
    pub headers: Vec<(String, String)>,
}

/// Text that is no URI, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadUri(pub &'static str);

impl Uri {
    /// Reads a URI that stands alone, without brackets.
    ///
    /// # Errors
    /// No scheme, blanks, or for sip and sips a part that breaks the grammar of RFC 3261 §25.1. A `#` in the user
    /// part is let through, because telephone users dial it. Also more than 2 KiB, or more than 64 parameters.
    pub fn parse(text: &str) -> Result<Self, BadUri> {
        if text.len() > limits::URI {
            return Err(BadUri("a URI that is too long"));
        }
        let (scheme, rest) = text.split_once(':').ok_or(BadUri("a URI without a scheme"))?;
        if scheme.eq_ignore_ascii_case("sip") {
            return parse_sip(false, rest).map(Self::Sip);
        }
        if scheme.eq_ignore_ascii_case("sips") {
            return parse_sip(true, rest).map(Self::Sip);
        }
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        if !scheme.starts_with(|letter: char| letter.is_ascii_alphabetic()) || !scheme.bytes().all(inner) {
            return Err(BadUri("a URI with a malformed scheme"));
        }
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"');
        if rest.is_empty() || !rest.bytes().all(plain) {
            return Err(BadUri("a URI with blanks or brackets in it"));
        }
        Ok(Self::Other { scheme: scheme.to_owned(), rest: rest.to_owned() })
    }

    /// `sip:user@host`. `user` is plain text and is escaped where it must be; `host` may carry a port.
    #[must_use]
    pub fn sip(user: Option<&str>, host: &str) -> Self {
        let (host, port) = host::split_port(host).unwrap_or((host, None));
        let user = user.map(|user| escape::encode(user, is_user));
        Self::Sip(SipUri { user, host: host.to_owned(), port, ..SipUri::default() })
    }

    /// The parts of a sip or sips URI.
    #[must_use]
    pub const fn as_sip(&self) -> Option<&SipUri> {
        match self {
            Self::Sip(uri) => Some(uri),
            Self::Other { .. } => None,
        }
    }

    /// `sip`, `sips`, or another scheme as written.
    #[must_use]
    pub fn scheme(&self) -> &str {
        match self {
            Self::Sip(uri) if uri.secure => "sips",
            Self::Sip(_) => "sip",
            Self::Other { scheme, .. } => scheme,
        }
    }

    /// Whether both mean the same (RFC 3261 §19.1.4). Schemes other than sip and sips compare by their bytes.
    #[must_use]
    pub fn equivalent(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Sip(one), Self::Sip(two)) => one.equivalent(two),
            (one, two) => one == two,
        }
    }
}

impl SipUri {
    /// The user part without its escapes.
    #[must_use]
    pub fn user_unescaped(&self) -> Option<String> {
        self.user.as_deref().map(escape::percent_decode)
    }

    /// The address of record: scheme, user, host and port; the host in lower case.
    #[must_use]
    pub fn aor(&self) -> Self {
        let host = self.host.to_ascii_lowercase();
        Self { secure: self.secure, user: self.user.clone(), host, port: self.port, ..Self::default() }
    }

    /// Gives the URI parameter this value, plain text that is escaped where it must be. A name that is no token is not
    /// written.
    pub fn set_param(&mut self, name: &str, value: Option<&str>) {
        let escaped = value.map(|value| escape::encode(value, is_param));
        self.params.set(name, escaped.as_deref());
    }

    /// Whether the element it names routes loosely (RFC 3261 §19.1.1).
    #[must_use]
    pub fn is_lr(&self) -> bool {
        self.params.has("lr")
    }

    /// The first header component of this name, its escapes undone once.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let is_it = |known: &str| escape::decode(known).eq_ignore_ascii_case(name.as_bytes());
        self.headers.iter().find(|(known, _)| is_it(known)).map(|(_, value)| escape::percent_decode(value))
    }

    /// Whether it names this host: names whatever their case, IPv6 addresses whatever their spelling.
    #[must_use]
    pub fn is_at(&self, host: &str) -> bool {
        host::same(&self.host, host)
    }

    /// Whether both mean the same (RFC 3261 §19.1.4).
    #[must_use]
    pub fn equivalent(&self, other: &Self) -> bool {
        self.secure == other.secure
            && same_escaped(self.user.as_deref(), other.user.as_deref())
            && same_escaped(self.password.as_deref(), other.password.as_deref())
            && host::same(&self.host, &other.host)
            && self.port == other.port
            && (self.params == other.params || same_params(&self.params, &other.params))
            && same_headers(&self.headers, &other.headers)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sip(uri) => uri.fmt(out),
            Self::Other { scheme, rest } if scheme.is_empty() => out.write_str(rest),
            Self::Other { scheme, rest } => write!(out, "{scheme}:{rest}"),
        }
    }
}

impl fmt::Display for SipUri {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.secure { "sips:" } else { "sip:" })?;
        if let Some(user) = &self.user {
            out.write_str(user)?;
            if let Some(password) = &self.password {
                write!(out, ":{password}")?;
            }
            out.write_str("@")?;
        }
        out.write_str(&self.host)?;
        if let Some(port) = self.port {
            write!(out, ":{port}")?;
        }
        out.write_str(self.params.as_str())?;
        for (at, (name, value)) in self.headers.iter().enumerate() {
            write!(out, "{}{name}={value}", if at == 0 { '?' } else { '&' })?;
        }
        Ok(())
    }
}

fn parse_sip(secure: bool, text: &str) -> Result<SipUri, BadUri> {
    let mut uri = SipUri { secure, ..SipUri::default() };
    // `@` stands unescaped nowhere else, so the first one ends the user part, whatever separators that holds.
    let rest = match text.split_once('@') {
        Some((userinfo, rest)) => {
            let (user, password) = userinfo.split_once(':').map_or((userinfo, None), |(user, word)| (user, Some(word)));
            let is_good = !user.is_empty() && is_made_of(user, is_user);
            if !is_good || password.is_some_and(|password| !is_made_of(password, is_password)) {
                return Err(BadUri("a URI with a malformed user"));
            }
            uri.user = Some(user.to_owned());
            uri.password = password.map(str::to_owned);
            rest
        }
        None => text,
    };
    let (rest, headers) = rest.split_once('?').map_or((rest, None), |(rest, headers)| (rest, Some(headers)));
    let (authority, params) = lex::split_params(rest);
    let (host, port) = host::split_port(authority).ok_or(BadUri("a URI with a malformed host or port"))?;
    uri.host = host.to_owned();
    uri.port = port;
    uri.params = parse_params(params)?;
    uri.headers = headers.map_or(Ok(Vec::new()), parse_headers)?;
    Ok(uri)
}

fn parse_params(text: &str) -> Result<Params, BadUri> {
    let Some(list) = text.strip_prefix(';') else { return Ok(Params::default()) };
    let is_good = |param: &str| {
        let (name, value) = param.split_once('=').unwrap_or((param, ""));
        // `=` within a value is in no grammar, but proxies put base 64 into the routes they record.
        !name.is_empty() && is_made_of(name, is_param) && is_made_of(value, |byte| is_param(byte) || byte == b'=')
    };
    if !list.split(';').all(is_good) {
        return Err(BadUri("a URI with a malformed parameter"));
    }
    if list.split(';').nth(limits::PARAMS).is_some() {
        return Err(BadUri("a URI with too many parameters"));
    }
    Ok(Params::from_checked(text))
}

fn parse_headers(text: &str) -> Result<Vec<(String, String)>, BadUri> {
    // More than the grammar lets through: some peers escape only what they must.
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'"');
    let mut headers = Vec::new();
    for header in text.split('&') {
        let (name, value) = header.split_once('=').unwrap_or_default();
        if name.is_empty() || !is_made_of(name, is_param) || !is_made_of(value, plain) {
            return Err(BadUri("a URI with a malformed header component"));
        }
        headers.push((name.to_owned(), value.to_owned()));
    }
    Ok(headers)
}

/// Whether `text` holds `plain` bytes and whole escapes only.
fn is_made_of(text: &str, plain: fn(u8) -> bool) -> bool {
    text.bytes().all(|byte| plain(byte) || byte == b'%') && escape::is_well_formed(text)
}

const fn is_user(byte: u8) -> bool {
    is_password(byte) || matches!(byte, b';' | b'?' | b'/' | b'#')
}

const fn is_password(byte: u8) -> bool {
    escape::is_unreserved(byte) || matches!(byte, b'&' | b'=' | b'+' | b'$' | b',')
}

const fn is_param(byte: u8) -> bool {
    escape::is_unreserved(byte) || matches!(byte, b'[' | b']' | b'/' | b':' | b'&' | b'+' | b'$')
}

fn same_escaped(one: Option<&str>, two: Option<&str>) -> bool {
    one.map(escape::decode) == two.map(escape::decode)
}

type Pair<'a> = (Vec<u8>, Option<Cow<'a, [u8]>>);

/// Name in lower case and value, in the order of the names: two lists are compared in one walk, so that no list is
/// searched once for each entry of the other. (A heap sorts, in a tenth of the code that `sort` brings.)
fn sorted<'a>(pairs: &mut dyn Iterator<Item = (&'a str, Option<&'a str>)>) -> Vec<Pair<'a>> {
    let mut all = BinaryHeap::new();
    for (name, value) in pairs {
        all.push((escape::decode(name).to_ascii_lowercase(), value.map(escape::decode)));
    }
    all.into_sorted_vec()
}

fn same_params(one: &Params, two: &Params) -> bool {
    let (one, two) = (sorted(&mut one.iter()), sorted(&mut two.iter()));
    let (mut one, mut two) = (one.iter().peekable(), two.iter().peekable());
    // RFC 3261 §19.1.4: these count although they stand on one side only; all others then do not.
    let counts_alone = |name: &[u8]| [&b"user"[..], b"ttl", b"method", b"maddr", b"transport"].contains(&name);
    loop {
        let order = match (one.peek(), two.peek()) {
            (Some((left, _)), Some((right, _))) => left.cmp(right),
            (Some(_), None) => core::cmp::Ordering::Less,
            (None, Some(_)) => core::cmp::Ordering::Greater,
            (None, None) => return true,
        };
        let (left, right) = (one.next_if(|_| order.is_le()), two.next_if(|_| order.is_ge()));
        let is_same = match (left, right) {
            (Some((_, left)), Some((_, right))) => same_value(left.as_deref(), right.as_deref()),
            (Some((name, _)), None) | (None, Some((name, _))) => !counts_alone(name),
            (None, None) => true,
        };
        if !is_same {
            return false;
        }
    }
}

fn same_value(one: Option<&[u8]>, two: Option<&[u8]>) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => one.eq_ignore_ascii_case(two),
        (one, two) => one == two,
    }
}

fn same_headers(one: &[(String, String)], two: &[(String, String)]) -> bool {
    fn text((name, value): &(String, String)) -> (&str, Option<&str>) {
        (name, Some(value))
    }
    one == two || sorted(&mut one.iter().map(text)) == sorted(&mut two.iter().map(text))
}
