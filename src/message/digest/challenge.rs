//! WWW-Authenticate and Proxy-Authenticate of scheme Digest (RFC 7616 §3.3, RFC 3261 §20.27, §20.44).

use core::fmt;

use super::{find, parse_params};
use crate::message::lex::{self, quote};

/// What a server asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// Came in Proxy-Authenticate, so the answer goes into Proxy-Authorization.
    pub proxy: bool,
    /// The realm, unquoted.
    pub realm: String,
    /// The nonce, unquoted.
    pub nonce: String,
    /// To be given back as it is.
    pub opaque: Option<String>,
    /// As written; `None` means MD5.
    pub algorithm: Option<String>,
    /// What may be chosen from; empty means the form of RFC 2069.
    pub qop: Vec<String>,
    /// The credentials were right, the nonce was too old.
    pub stale: bool,
    /// The URIs the credentials are good for, as written.
    pub domain: Option<String>,
}

impl Challenge {
    /// Reads the value of one line; `None` when it is not of scheme Digest, is malformed, or lacks realm or nonce.
    #[must_use]
    pub fn parse(proxy: bool, text: &str) -> Option<Self> {
        let params = parse_params(text)?;
        let find = |name| find(&params, name);
        let mut qop = Vec::new();
        for word in find("qop").unwrap_or_default().split(',').map(lex::trim).filter(|word| !word.is_empty()) {
            qop.push(word.to_owned());
        }
        Some(Self {
            proxy,
            realm: find("realm")?,
            nonce: find("nonce")?,
            opaque: find("opaque"),
            algorithm: find("algorithm"),
            qop,
            stale: find("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
            domain: find("domain"),
        })
    }
}

impl fmt::Display for Challenge {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Digest realm={}, nonce={}", quote(&self.realm), quote(&self.nonce))?;
        if let Some(opaque) = &self.opaque {
            write!(out, ", opaque={}", quote(opaque))?;
        }
        if let Some(domain) = &self.domain {
            write!(out, ", domain={}", quote(domain))?;
        }
        if let Some(algorithm) = &self.algorithm {
            write!(out, ", algorithm={algorithm}")?;
        }
        if !self.qop.is_empty() {
            write!(out, ", qop={}", quote(&self.qop.join(",")))?;
        }
        if self.stale {
            out.write_str(", stale=true")?;
        }
        Ok(())
    }
}
