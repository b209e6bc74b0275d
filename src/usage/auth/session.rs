//! What a server said last about its realm, and the secret that answers it (RFC 7616 §3.3, §3.4, RFC 8898 §2).
//!
//! ```text
//! offer + credentials ──open──▶ Session ──answer──▶ Authorization, nonce counted     nextnonce ──adopt──▶ counted anew
//! ```

use super::attempt::Proof;
use crate::entropy::Entropy;
use crate::message::{Algorithm, Authorization, Challenge, Exchange, Offer, Qop, Request, ha1};
use crate::usage::question::Credentials;

/// A realm's session.
#[derive(Clone)]
pub(super) enum Session {
    Digest(Box<Digest>),
    Bearer { token: String },
}

/// The session of a digest: one nonce, and how often it was used.
#[derive(Clone)]
pub(super) struct Digest {
    algorithm: Algorithm,
    challenge: Challenge,
    qop: Option<Qop>,
    username: String,
    ha1: String,
    nc: u32,
    /// A session form hashes the cnonce into the key of the session, so that it stays the same for the nonce; elsewhere
    /// each request has its own.
    cnonce: Option<String>,
}

impl Session {
    /// Takes up an offer. None where the credentials do not fit: they are for another realm, hold no secret for the
    /// scheme or a hash of another algorithm, or the token was `shown` already.
    pub(super) fn open(offer: &Offer, credentials: &Credentials, shown: Option<&str>) -> Option<Self> {
        if credentials.realm.as_deref().is_some_and(|only| only != offer.realm()) {
            return None;
        }
        match offer {
            Offer::Bearer { .. } => {
                let token = credentials.token.clone().filter(|token| shown != Some(token))?;
                Some(Self::Bearer { token })
            }
            Offer::Digest(challenge) => {
                let algorithm = Algorithm::parse(challenge.algorithm.as_deref())?;
                Some(Self::Digest(Box::new(Digest {
                    algorithm,
                    ha1: secret(algorithm, &challenge.realm, credentials)?,
                    challenge: challenge.clone(),
                    qop: choose_qop(&challenge.qop),
                    username: credentials.username.clone(),
                    nc: 0,
                    cnonce: None,
                })))
            }
        }
    }

    /// Takes over the count of the session before it, where that used the same nonce: no count is used twice.
    pub(super) fn succeed(&mut self, before: &Self) {
        if let (Self::Digest(new), Self::Digest(old)) = (self, before)
            && new.challenge.nonce == old.challenge.nonce
        {
            new.nc = old.nc;
        }
    }

    /// RFC 7616 §3.5: the nonce for the next request, if the one in use is still the one that was `used`.
    pub(super) fn adopt(&mut self, used: &str, next: String) {
        if let Self::Digest(digest) = self
            && digest.challenge.nonce == used
            && next != used
        {
            digest.challenge.nonce = next;
            digest.nc = 0;
            digest.cnonce = None;
        }
    }

    /// Whether its hash is MD5.
    pub(super) fn is_md5(&self) -> bool {
        matches!(self, Self::Digest(digest) if digest.algorithm.is_md5())
    }

    /// Credentials for one request: the value of the header field, and what is to be remembered of it.
    pub(super) fn answer(&mut self, request: &Request, entropy: &mut Entropy) -> (String, Proof) {
        match self {
            Self::Bearer { token } => (format!("Bearer {token}"), Proof::Bearer { token: token.clone() }),
            Self::Digest(digest) => {
                let (authorization, cnonce) = digest.answer(request, entropy);
                (authorization.to_string(), Proof::Digest { nonce: authorization.nonce, cnonce })
            }
        }
    }
}

impl Digest {
    // RFC 7616 §3.4; each use of the nonce is counted.
    fn answer(&mut self, request: &Request, entropy: &mut Entropy) -> (Authorization, String) {
        self.nc = self.nc.saturating_add(1);
        let cnonce = self.cnonce.clone().unwrap_or_else(|| entropy.token(16));
        if self.algorithm.is_session() {
            self.cnonce = Some(cnonce.clone());
        }
        let uri = request.uri.to_string();
        let response = Exchange {
            algorithm: self.algorithm,
            ha1: &self.ha1,
            nonce: &self.challenge.nonce,
            cnonce: &cnonce,
            nc: self.nc,
            qop: self.qop,
            method: request.method.as_str(),
            uri: &uri,
            body: &request.body,
        }
        .response();
        let counted = self.qop.is_some() || self.algorithm.is_session();
        let authorization = Authorization {
            username: self.username.clone(),
            realm: self.challenge.realm.clone(),
            nonce: self.challenge.nonce.clone(),
            uri,
            response,
            algorithm: self.challenge.algorithm.clone(),
            cnonce: counted.then(|| cnonce.clone()),
            opaque: self.challenge.opaque.clone(),
            qop: self.qop.map(|qop| qop.as_str().to_owned()),
            nc: self.qop.map(|_| self.nc),
        };
        (authorization, cnonce)
    }
}

/// H(A1)'s first part, from a password or as given; none where the given hash is of another length.
fn secret(algorithm: Algorithm, realm: &str, credentials: &Credentials) -> Option<String> {
    match (&credentials.ha1, &credentials.password) {
        (Some(ha1), _) => (ha1.len() == algorithm.digits()).then(|| ha1.to_ascii_lowercase()),
        (None, Some(password)) => Some(ha1(algorithm, &credentials.username, realm, password)),
        (None, None) => None,
    }
}

/// `auth` where it is offered, else `auth-int`; none for servers of RFC 2069.
fn choose_qop(offered: &[String]) -> Option<Qop> {
    let offers = |qop: Qop| offered.iter().any(|text| Qop::parse(text) == Some(qop));
    [Qop::Auth, Qop::AuthInt].into_iter().find(|qop| offers(*qop))
}
