//! Authorization and Proxy-Authorization of scheme Digest (RFC 7616 §3.4, RFC 3261 §20.7, §20.28).

use core::fmt;

use super::{find, nonce_count, parse_params};
use crate::message::lex::quote;

/// What a client gives.
#[derive(Clone, PartialEq, Eq)]
pub struct Authorization {
    /// The user's name, unquoted.
    pub username: String,
    /// The realm of the challenge, unquoted.
    pub realm: String,
    /// The nonce of the challenge, unquoted.
    pub nonce: String,
    /// The digest-uri: the Request-URI as sent.
    pub uri: String,
    /// The proof, in hexadecimal.
    pub response: String,
    /// As in the challenge; `None` means MD5.
    pub algorithm: Option<String>,
    /// The client's nonce, unquoted.
    pub cnonce: Option<String>,
    /// As in the challenge.
    pub opaque: Option<String>,
    /// The quality of protection that was chosen.
    pub qop: Option<String>,
    /// How many requests have used this nonce.
    pub nc: Option<u32>,
}

impl Authorization {
    /// Reads the value of one line; `None` when it is not of scheme Digest, is malformed, or lacks one of username,
    /// realm, nonce, uri and response.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let params = parse_params(text)?;
        let find = |name| find(&params, name);
        let nc = match find("nc") {
            Some(digits) if digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Some(u32::from_str_radix(&digits, 16).ok()?)
            }
            Some(_) => return None,
            None => None,
        };
        Some(Self {
            username: find("username")?,
            realm: find("realm")?,
            nonce: find("nonce")?,
            uri: find("uri")?,
            response: find("response")?,
            algorithm: find("algorithm"),
            cnonce: find("cnonce"),
            opaque: find("opaque"),
            qop: find("qop"),
            nc,
        })
    }
}

impl fmt::Debug for Authorization {
    /// Without what proves anything (SL-07).
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Authorization")
            .field("username", &self.username)
            .field("realm", &self.realm)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Authorization {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Digest username={}, realm={}", quote(&self.username), quote(&self.realm))?;
        write!(out, ", nonce={}, uri={}", quote(&self.nonce), quote(&self.uri))?;
        write!(out, ", response={}", quote(&self.response))?;
        // RFC 7616 §3.4: algorithm, qop and nc stand without quotes.
        if let Some(algorithm) = &self.algorithm {
            write!(out, ", algorithm={algorithm}")?;
        }
        if let Some(cnonce) = &self.cnonce {
            write!(out, ", cnonce={}", quote(cnonce))?;
        }
        if let Some(opaque) = &self.opaque {
            write!(out, ", opaque={}", quote(opaque))?;
        }
        if let Some(qop) = &self.qop {
            write!(out, ", qop={qop}")?;
        }
        if let Some(nc) = self.nc {
            write!(out, ", nc={}", nonce_count(nc))?;
        }
        Ok(())
    }
}
