//! Digest verification, RFC 7616 with RFC 8760: SHA-256 is offered before MD5.
//!
//! A nonce carries the moment it was made and our mark, so that none has to be remembered until it is used; once used,
//! its highest count is kept for as long as it is valid, and a request that repeats one is told the nonce is stale.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::config::Config;
use super::secret::{Secret, TAG};
use crate::entropy::Entropy;
use crate::message::{
    Algorithm, Authorization, Challenge, Exchange, Fault, Headers, Name, Qop, Request, StatusCode, Uri, ha1,
};
use crate::time::{Duration, Instant};

/// Keeps the marks of nonces and tokens apart.
const PURPOSE: &str = "nonce";
/// How long a nonce is good for.
const VALIDITY: Duration = Duration::from_secs(300);
/// Algorithms offered, the preferred one first (RFC 8760 §2.4).
const OFFERED: [Algorithm; 2] = [Algorithm::Sha256, Algorithm::Md5];

/// Who asks for credentials: it decides the status and the header names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// 401, WWW-Authenticate, Authorization.
    Registrar,
    /// 407, Proxy-Authenticate, Proxy-Authorization.
    Proxy,
}

impl Role {
    fn status(self) -> StatusCode {
        match self {
            Self::Registrar => StatusCode::UNAUTHORIZED,
            Self::Proxy => StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        }
    }

    fn challenge(self) -> Name {
        match self {
            Self::Registrar => Name::WwwAuthenticate,
            Self::Proxy => Name::ProxyAuthenticate,
        }
    }

    fn credentials(self) -> Name {
        match self {
            Self::Registrar => Name::Authorization,
            Self::Proxy => Name::ProxyAuthorization,
        }
    }
}

/// What credentials prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// This user sent it.
    User(String),
    /// Ask for credentials. `stale`: the password was right, the nonce is too old or its count was used.
    Challenge { stale: bool },
    /// 400: the header cannot be read.
    Malformed(Fault),
}

/// A nonce as its maker reads it; the key of what is remembered of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Nonce {
    made_at: Instant,
    salt: u64,
}

/// The verifier with its memory of used nonces.
#[derive(Debug, Default)]
pub(super) struct Verifier {
    used: BTreeMap<Nonce, u32>,
}

impl Verifier {
    /// Checks the credentials of a request.
    pub(super) fn verify(
        &mut self,
        now: Instant,
        config: &Config,
        secret: &Secret,
        role: Role,
        request: &Request,
    ) -> Verdict {
        self.forget(now);
        let name = role.credentials();
        let given = match read(&request.headers, &name, &config.domain) {
            Ok(Some(given)) => given,
            Ok(None) => return Verdict::Challenge { stale: false },
            Err(fault) => return Verdict::Malformed(fault),
        };
        let Some(claim) = Claim::of(&given) else {
            return Verdict::Malformed(fault(&name, "qop=auth, cnonce and nc are required"));
        };
        // RFC 7616 §3.4.6: credentials made for another resource.
        if !Uri::parse(&given.uri).is_ok_and(|uri| uri.equivalent(&request.uri)) {
            return Verdict::Malformed(fault(&name, "the digest is for another Request-URI"));
        }
        let Some(nonce) = Nonce::open(secret, &given.nonce) else {
            return Verdict::Challenge { stale: false };
        };
        if !claim.proves(config, secret, &given, request) {
            return Verdict::Challenge { stale: false };
        }
        let is_fresh = now.since(nonce.made_at) < VALIDITY;
        if !is_fresh || self.used.get(&nonce).is_some_and(|highest| claim.nc <= *highest) {
            return Verdict::Challenge { stale: true };
        }
        self.used.insert(nonce, claim.nc);
        Verdict::User(given.username)
    }

    /// The response that asks for credentials, one challenge line per algorithm.
    pub(super) fn challenge(
        now: Instant,
        config: &Config,
        secret: &Secret,
        entropy: &mut Entropy,
        (role, stale): (Role, bool),
        request: &Request,
    ) -> crate::message::Response {
        let nonce = Nonce { made_at: now, salt: entropy.below(u64::MAX) }.seal(secret);
        let mut response = request.response(role.status(), None, Some(&entropy.tag()));
        for algorithm in OFFERED {
            let challenge = Challenge {
                proxy: role == Role::Proxy,
                realm: config.domain.clone(),
                nonce: nonce.clone(),
                opaque: None,
                algorithm: Some(algorithm.as_str().to_owned()),
                qop: vec!["auth".to_owned()],
                stale,
                domain: None,
            };
            response.headers.push(role.challenge(), challenge.to_string());
        }
        response
    }

    /// Takes our credentials out of a request that goes on to someone else (RFC 3261 §22.3: they are for us).
    pub(super) fn strip(headers: &mut Headers, realm: &str) {
        let name = Name::ProxyAuthorization;
        let is_foreign = |line: &String| Authorization::parse(line).is_none_or(|given| given.realm != realm);
        let kept: Vec<_> = headers.get_all(&name).map(|line| line.into_owned()).filter(is_foreign).collect();
        headers.remove(&name);
        for line in kept {
            headers.push(name.clone(), line);
        }
    }

    // Nonces are ordered by age, so what is too old stands in front.
    fn forget(&mut self, now: Instant) {
        while let Some(oldest) = self.used.first_entry() {
            if now.since(oldest.key().made_at) < VALIDITY {
                return;
            }
            oldest.remove();
        }
    }
}

impl Nonce {
    fn seal(self, secret: &Secret) -> String {
        let mut octets = [self.made_at.0.to_be_bytes(), self.salt.to_be_bytes()].concat();
        let tag = secret.tag(PURPOSE, &octets);
        octets.extend_from_slice(&tag);
        URL_SAFE_NO_PAD.encode(octets)
    }

    fn open(secret: &Secret, text: &str) -> Option<Self> {
        let octets = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (values, tag) = octets.split_at_checked(octets.len().checked_sub(TAG)?)?;
        if !secret.verify(PURPOSE, values, tag) {
            return None;
        }
        let (made_at, salt) = values.split_at_checked(8)?;
        let number = |octets: &[u8]| octets.try_into().ok().map(u64::from_be_bytes);
        Some(Self { made_at: Instant(number(made_at)?), salt: number(salt)? })
    }
}

/// What must be there for the digest we ask for.
struct Claim<'a> {
    cnonce: &'a str,
    nc: u32,
}

impl<'a> Claim<'a> {
    // Without qop there is no count, and so no protection against replay: we do not take that form.
    fn of(given: &'a Authorization) -> Option<Self> {
        given.qop.as_deref().filter(|qop| qop.eq_ignore_ascii_case("auth"))?;
        Some(Self { cnonce: given.cnonce.as_deref()?, nc: given.nc? })
    }

    fn proves(&self, config: &Config, secret: &Secret, given: &Authorization, request: &Request) -> bool {
        let offered = Algorithm::parse(given.algorithm.as_deref()).filter(|algorithm| OFFERED.contains(algorithm));
        let Some(algorithm) = offered else {
            return false;
        };
        let password = config.users.get(&given.username);
        // An unknown name costs as much as a wrong password, and gets the same answer.
        let ha1 = ha1(algorithm, &given.username, &config.domain, password.map_or("", String::as_str));
        let expected = Exchange {
            algorithm,
            ha1: &ha1,
            nonce: &given.nonce,
            cnonce: self.cnonce,
            nc: self.nc,
            qop: Some(Qop::Auth),
            method: request.method.as_str(),
            uri: &given.uri,
            body: &request.body,
        };
        let given = given.response.to_ascii_lowercase();
        secret.same(expected.response().as_bytes(), given.as_bytes()) && password.is_some()
    }
}

/// The credentials for our realm. Those of other realms and other schemes are not ours to judge.
fn read(headers: &Headers, name: &Name, realm: &str) -> Result<Option<Authorization>, Fault> {
    for line in headers.get_all(name) {
        let scheme = line.split_ascii_whitespace().next().unwrap_or_default();
        let given = Authorization::parse(&line);
        match given {
            Some(given) if given.realm == realm => return Ok(Some(given)),
            Some(_) => {}
            None if scheme.is_empty() || scheme.eq_ignore_ascii_case("digest") => {
                return Err(fault(name, "unreadable digest credentials"));
            }
            None => {}
        }
    }
    Ok(None)
}

fn fault(name: &Name, detail: &'static str) -> Fault {
    Fault { status: StatusCode::BAD_REQUEST, header: Some(name.clone()), detail }
}
