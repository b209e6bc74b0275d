//! Authentication-Info and Proxy-Authentication-Info (RFC 7616 §3.5, RFC 7615, RFC 3261 §20.6): what a server adds to
//! the answer to a request whose credentials it took.

use super::{find, parse_list};

/// What a client can use of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthenticationInfo {
    /// The nonce to be used from now on.
    pub next_nonce: Option<String>,
    /// The client's nonce of the request that is answered.
    pub cnonce: Option<String>,
}

impl AuthenticationInfo {
    /// Reads the value of one line; `None` when it is malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let params = parse_list(text)?;
        Some(Self { next_nonce: find(&params, "nextnonce"), cnonce: find(&params, "cnonce") })
    }
}
