//! Digest authentication: the arithmetic (RFC 7616 §3.4, RFC 8760, RFC 3261 §22.4). No policy. The headers' grammar
//! is in [`Challenge`] and [`Authorization`].
//!
//! ```text
//! HA1      = H(user:realm:password)         -sess: H(that:nonce:cnonce)
//! HA2      = H(method:uri)                  auth-int: H(method:uri:H(body))
//! response = H(HA1:nonce:nc:cnonce:qop:HA2) without qop: H(HA1:nonce:HA2)
//! ```

mod authorization;
mod challenge;

pub use authorization::Authorization;
pub use challenge::Challenge;

use md5::Md5;
use sha2::Sha256;
use sha2::digest::Digest;

use super::lex::{self, BLANK, Split};

/// The hash, and whether its session form is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// `MD5`
    Md5,
    /// `MD5-sess`
    Md5Sess,
    /// `SHA-256`
    Sha256,
    /// `SHA-256-sess`
    Sha256Sess,
}

/// The quality of protection in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Qop {
    /// `auth`
    Auth,
    /// `auth-int`: the body is protected too.
    AuthInt,
}

/// Everything that goes into one response.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    /// The algorithm of the challenge.
    pub algorithm: Algorithm,
    /// What [`ha1`] made, also for the session forms: what they add is added here.
    pub ha1: &'a str,
    /// The nonce of the challenge, unquoted.
    pub nonce: &'a str,
    /// The client's nonce, unquoted.
    pub cnonce: &'a str,
    /// How many requests have used this nonce, this one included.
    pub nc: u32,
    /// `None` for the form of RFC 2069, without qop.
    pub qop: Option<Qop>,
    /// The method of the request.
    pub method: &'a str,
    /// The digest-uri: the Request-URI as sent.
    pub uri: &'a str,
    /// The body of the request; used with `auth-int` only.
    pub body: &'a [u8],
}

impl Algorithm {
    /// Whether it is one of the MD5 forms, which are no longer safe (RFC 8760 §1).
    #[must_use]
    pub const fn is_md5(self) -> bool {
        matches!(self, Self::Md5 | Self::Md5Sess)
    }

    /// The algorithm that the parameter names, in any case; MD5 without the parameter; `None` when it is not
    /// supported.
    #[must_use]
    pub fn parse(text: Option<&str>) -> Option<Self> {
        let Some(text) = text else {
            return Some(Self::Md5);
        };
        let all = [Self::Md5, Self::Md5Sess, Self::Sha256, Self::Sha256Sess];
        all.into_iter().find(|algorithm| algorithm.as_str().eq_ignore_ascii_case(text))
    }

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Md5Sess => "MD5-sess",
            Self::Sha256 => "SHA-256",
            Self::Sha256Sess => "SHA-256-sess",
        }
    }

    fn hash(self, parts: &[&[u8]]) -> String {
        match self {
            Self::Md5 | Self::Md5Sess => hash::<Md5>(parts),
            Self::Sha256 | Self::Sha256Sess => hash::<Sha256>(parts),
        }
    }
}

impl Qop {
    /// `auth` or `auth-int`, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Auth, Self::AuthInt].into_iter().find(|qop| qop.as_str().eq_ignore_ascii_case(text))
    }

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }
}

/// H(user:realm:password) in hexadecimal: what may be stored in the place of a password. Text is hashed as UTF-8,
/// without the escapes it has between quotes.
#[must_use]
pub fn ha1(algorithm: Algorithm, username: &str, realm: &str, password: &str) -> String {
    algorithm.hash(&[username.as_bytes(), realm.as_bytes(), password.as_bytes()])
}

impl Exchange<'_> {
    /// The `response` parameter, in hexadecimal.
    #[must_use]
    pub fn response(&self) -> String {
        let hash = |parts: &[&[u8]]| self.algorithm.hash(parts);
        let (nonce, cnonce) = (self.nonce.as_bytes(), self.cnonce.as_bytes());
        let session;
        let ha1 = match self.algorithm {
            Algorithm::Md5 | Algorithm::Sha256 => self.ha1,
            Algorithm::Md5Sess | Algorithm::Sha256Sess => {
                session = hash(&[self.ha1.as_bytes(), nonce, cnonce]);
                &session
            }
        };
        let (method, uri) = (self.method.as_bytes(), self.uri.as_bytes());
        let ha2 = match self.qop {
            Some(Qop::AuthInt) => hash(&[method, uri, hash(&[self.body]).as_bytes()]),
            Some(Qop::Auth) | None => hash(&[method, uri]),
        };
        match self.qop {
            Some(qop) => {
                let (nc, qop) = (nonce_count(self.nc), qop.as_str().as_bytes());
                hash(&[ha1.as_bytes(), nonce, nc.as_bytes(), cnonce, qop, ha2.as_bytes()])
            }
            None => hash(&[ha1.as_bytes(), nonce, ha2.as_bytes()]),
        }
    }
}

/// Eight hexadecimal digits in lower case.
fn nonce_count(count: u32) -> String {
    format!("{count:08x}")
}

/// The hash of the parts joined by colons, in hexadecimal.
fn hash<D: Digest>(parts: &[&[u8]]) -> String {
    let mut state = D::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            state.update(b":");
        }
        state.update(part);
    }
    hex(&state.finalize())
}

fn hex(octets: &[u8]) -> String {
    let mut text = String::new();
    for byte in octets {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text
}

/// The parameters of a header of scheme Digest, values unquoted; `None` for another scheme or a malformed list.
fn parse_params(text: &str) -> Option<Vec<(&str, String)>> {
    let (scheme, list) = lex::split_blank(lex::trim(text))?;
    if !scheme.eq_ignore_ascii_case("Digest") {
        return None;
    }
    let mut params = Vec::new();
    for piece in Split::new(list, b',') {
        let piece = piece.ok()?;
        if piece.is_empty() {
            continue;
        }
        let (name, value) = piece.split_once('=')?;
        let (name, value) = (name.trim_end_matches(BLANK), value.trim_start_matches(BLANK));
        let is_quoted = lex::quoted_prefix(value).is_some_and(|(_, after)| after.is_empty());
        if !lex::is_token(name) || (!is_quoted && value.contains(['"', ' ', '\t'])) {
            return None;
        }
        params.push((name, lex::unquote(value).into_owned()));
    }
    Some(params)
}

fn find(params: &[(&str, String)], name: &str) -> Option<String> {
    params.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
}
