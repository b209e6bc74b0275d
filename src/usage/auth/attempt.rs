//! What has been tried for one request, over all the times it was sent (AU-04): it never goes on for ever.

use core::fmt;

use crate::message::{AuthenticationInfo, Challenge, Offer};

/// How often one realm is tried with one request.
const TRIES_PER_REALM: u8 = 2;
/// How many challenges one request may meet.
const CHALLENGES_PER_REQUEST: u8 = 4;

/// A protection realm. A proxy and a server may share the name and not the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Realm {
    /// Of a proxy: it is on the way to everybody.
    Proxy { name: String },
    /// Of whoever answers requests to this address. RFC 3261 §22.1: elsewhere its credentials are nobody's business.
    Server { name: String, to: String },
}

impl Realm {
    pub(super) fn new(offer: &Offer, to: &str) -> Self {
        let name = offer.realm().to_owned();
        if offer.is_proxy() { Self::Proxy { name } } else { Self::Server { name, to: to.to_owned() } }
    }

    pub(super) fn is_proxy(&self) -> bool {
        matches!(self, Self::Proxy { .. })
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Self::Proxy { name } | Self::Server { name, .. } => name,
        }
    }

    /// Whether requests to this address carry its credentials unasked (AU-06).
    pub(super) fn covers(&self, address: &str) -> bool {
        match self {
            Self::Proxy { .. } => true,
            Self::Server { to, .. } => to == address,
        }
    }
}

/// A realm that asks, and those of its offers that we can answer, topmost first.
#[derive(Clone)]
pub(super) struct Asking {
    pub(super) realm: Realm,
    pub(super) offers: Vec<Offer>,
}

/// What a realm was answered with.
#[derive(Clone)]
pub(super) enum Proof {
    Digest { nonce: String, cnonce: String },
    Bearer { token: String },
}

/// What has been tried for one request.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    challenges: u8,
    tries: Vec<(Realm, Try)>,
}

/// One realm's part: what it was answered with last, and how many answers it has rejected.
#[derive(Clone, Debug)]
struct Try {
    proof: Proof,
    rejected: u8,
}

impl fmt::Debug for Proof {
    /// Keeps secrets out of logs.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Digest { .. } => "Digest",
            Self::Bearer { .. } => "Bearer",
        })
    }
}

impl Attempt {
    /// Notes what a realm is answered with.
    pub(super) fn note(&mut self, realm: &Realm, proof: Proof) {
        match self.tries.iter_mut().find(|(other, _)| other == realm) {
            Some((_, tried)) => tried.proof = proof,
            None => self.tries.push((realm.clone(), Try { proof, rejected: 0 })),
        }
    }

    /// Notes that the request met challenges: whether it may be sent again. Offers that are no news to a realm which
    /// has seen our answer are left out.
    pub(super) fn admits(&mut self, asking: &mut [Asking]) -> bool {
        self.challenges = self.challenges.saturating_add(1);
        self.challenges <= CHALLENGES_PER_REQUEST && asking.iter_mut().all(|asking| self.admits_realm(asking))
    }

    // RFC 3261 §22.1: not the same credentials again, unless only the nonce was out of date.
    fn admits_realm(&mut self, asking: &mut Asking) -> bool {
        let Some((_, tried)) = self.tries.iter_mut().find(|(other, _)| *other == asking.realm) else { return true };
        tried.rejected = tried.rejected.saturating_add(1);
        asking.offers.retain(|offer| tried.proof.lets_hope_for(offer));
        tried.rejected < TRIES_PER_REALM && !asking.offers.is_empty()
    }

    /// The token that a realm has seen with this request.
    pub(super) fn shown_token(&self, realm: &Realm) -> Option<&str> {
        self.tries.iter().find(|(other, _)| other == realm).and_then(|(_, tried)| match &tried.proof {
            Proof::Bearer { token } => Some(token.as_str()),
            Proof::Digest { .. } => None,
        })
    }

    /// Which of the realms that were answered with a digest speaks in `info`, and the nonce it was answered with: the
    /// one whose cnonce is given back, or the only one there is.
    pub(super) fn speaker(&self, proxy: bool, info: &AuthenticationInfo) -> Option<(&Realm, &str)> {
        let mut asked =
            self.tries.iter().filter(|(realm, _)| realm.is_proxy() == proxy).filter_map(|(realm, tried)| match &tried
                .proof
            {
                Proof::Digest { nonce, cnonce } => Some((realm, nonce.as_str(), cnonce.as_str())),
                Proof::Bearer { .. } => None,
            });
        let found = match &info.cnonce {
            Some(given) => asked.find(|(_, _, cnonce)| cnonce == given),
            None => asked.next().filter(|_| asked.next().is_none()),
        };
        found.map(|(realm, nonce, _)| (realm, nonce))
    }
}

impl Proof {
    /// Whether an offer, made in reply to this proof, may be answered with better luck.
    fn lets_hope_for(&self, offer: &Offer) -> bool {
        match (self, offer) {
            (Self::Digest { nonce: used, .. }, Offer::Digest(Challenge { nonce, stale, .. })) => {
                *stale || nonce != used
            }
            // Another token may be had; that it is another one is seen when it is there.
            (Self::Digest { .. } | Self::Bearer { .. }, Offer::Bearer { .. }) => true,
            (Self::Bearer { .. }, Offer::Digest(_)) => true,
        }
    }
}
