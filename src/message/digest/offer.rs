//! What one line of WWW-Authenticate or Proxy-Authenticate offers: digest (RFC 7616) or a bearer token (RFC 8898).

use super::{Challenge, find, parse_list};
use crate::message::lex;

/// A way to prove who we are that a server would take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offer {
    /// An answer to this challenge.
    Digest(Challenge),
    /// A token got elsewhere.
    Bearer {
        /// Came in Proxy-Authenticate, so the token goes into Proxy-Authorization.
        proxy: bool,
        /// The realm, unquoted; empty where none is named.
        realm: String,
    },
}

impl Offer {
    /// Reads the value of one line; `None` when it is of another scheme or malformed.
    #[must_use]
    pub fn parse(proxy: bool, text: &str) -> Option<Self> {
        let text = lex::trim(text);
        let (scheme, list) = lex::split_blank(text).unwrap_or((text, ""));
        if scheme.eq_ignore_ascii_case("Bearer") {
            let realm = find(&parse_list(list)?, "realm").unwrap_or_default();
            return Some(Self::Bearer { proxy, realm });
        }
        Challenge::parse(proxy, text).map(Self::Digest)
    }

    /// Whether a proxy asks (407) rather than the server itself (401).
    #[must_use]
    pub const fn is_proxy(&self) -> bool {
        match self {
            Self::Digest(challenge) => challenge.proxy,
            Self::Bearer { proxy, .. } => *proxy,
        }
    }

    /// The protection realm.
    #[must_use]
    pub fn realm(&self) -> &str {
        match self {
            Self::Digest(challenge) => &challenge.realm,
            Self::Bearer { realm, .. } => realm,
        }
    }

    /// What people call it: the algorithm as written, `MD5` where none is named, or `Bearer`.
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Self::Digest(challenge) => challenge.algorithm.as_deref().unwrap_or("MD5"),
            Self::Bearer { .. } => "Bearer",
        }
    }
}

/// Whether `text` can stand behind `Bearer` (RFC 6750 §2.1 `b64token`).
#[must_use]
pub fn is_bearer_token(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    let octets = text.as_bytes();
    let length = octets.iter().position(|byte| !plain(*byte)).unwrap_or(octets.len());
    length > 0 && octets.iter().skip(length).all(|byte| *byte == b'=')
}
