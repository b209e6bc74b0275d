//! Authentication, shared by all usages: digest (RFC 3261 §22, RFC 7616, RFC 8760) and bearer tokens (RFC 8898).
//!
//! A session per realm holds what the server said last; requests carry the credentials of those sessions unasked that
//! are for them: of every proxy, and of the server only that requests to this address have met before (AU-06). A request
//! that is challenged all the same is sent again, a bounded number of times:
//!
//! ```text
//!            401/407                    credentials known            usage renumbers it
//!  request ───────────▶ Cx::screen ───────────────────────▶ Again ─────────────────────▶ send_again
//!                            │  └── unknown ─▶ Asked ─▶ Cx::answered ─▶ Again or Refused
//!                            └── tried enough, or nothing offered that we can do ─▶ Refused
//! ```

mod attempt;
mod session;

pub use attempt::Attempt;

use super::data::AskId;
use super::question::{Answer, ChallengeData, CredentialSource, Credentials, Question};
use super::{Cx, Owner};
use crate::entropy::Entropy;
use crate::message::{Algorithm, AuthenticationInfo, Method, Name, Offer, Request, Response};
use crate::store::Store;
use crate::transaction::ClientId;
use attempt::{Asking, Realm};
use session::Session;

/// How many realms are remembered, those challenged last: no server fills our memory, or every request (SL-08).
const REALMS: usize = 8;

/// A challenged request that waits for credentials from outside.
struct Waiting {
    owner: Owner,
    request: Request,
    attempt: Attempt,
    response: Response,
    /// The realms that are answered next; the first is the one asked about.
    asking: Vec<Asking>,
    /// How many realms have been answered.
    answered: usize,
}

/// Where a request of ours is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leg {
    /// On the wire.
    Sent(ClientId),
    /// Challenged, and waiting for credentials from outside.
    Authenticating(AskId),
}

/// What becomes of a challenged request.
#[derive(Debug)]
pub enum Verdict {
    /// Send it again, renumbered, with [`Cx::send_again`].
    Again(Box<Request>, Attempt),
    /// Wait: the application is asked.
    Asked(AskId),
    /// Give up; why.
    Refused(&'static str),
}

/// A challenged request whose question was answered.
#[derive(Debug)]
pub struct Resumed {
    /// Whose request it is.
    pub owner: Owner,
    /// What becomes of it.
    pub verdict: Verdict,
    /// The challenge it met.
    pub response: Response,
}

/// Sessions by realm, and the requests under way.
pub struct Auth {
    source: CredentialSource,
    allow_md5: bool,
    sessions: Vec<(Realm, Session)>,
    attempts: Store<ClientId, Attempt>,
    waiting: Store<AskId, Waiting>,
}

impl core::fmt::Debug for Auth {
    /// Keeps secrets out of logs.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Auth")
            .field("realms", &self.sessions.iter().map(|(realm, _)| realm).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl Auth {
    /// No session yet.
    #[must_use]
    pub fn new(source: CredentialSource, allow_md5: bool) -> Self {
        Self { source, allow_md5, sessions: Vec::new(), attempts: Store::default(), waiting: Store::default() }
    }

    /// Other credentials from now on; what was negotiated with the old ones is forgotten.
    pub fn set_credentials(&mut self, source: CredentialSource) {
        self.source = source;
        self.sessions.clear();
    }

    /// Puts the credentials of every session that is for it into a request, in place of those it carries (AU-05, AU-06).
    pub fn authorize(&mut self, request: &mut Request, attempt: &mut Attempt, entropy: &mut Entropy) {
        request.headers.remove(&Name::Authorization);
        request.headers.remove(&Name::ProxyAuthorization);
        let to = address_of(request);
        for (realm, session) in self.sessions.iter_mut().filter(|(realm, _)| realm.covers(&to)) {
            let (value, proof) = session.answer(request, entropy);
            let name = if realm.is_proxy() { Name::ProxyAuthorization } else { Name::Authorization };
            request.headers.push(name, value);
            attempt.note(realm, proof);
        }
    }

    /// Remembers what was tried for a request that has just been sent.
    pub(super) fn sent(&mut self, id: ClientId, attempt: Attempt) {
        self.attempts.insert(id, attempt);
    }

    /// Forgets a request that has its final answer, or will never have one.
    pub fn settled(&mut self, id: ClientId) {
        self.attempts.remove(id);
    }

    /// How many requests it follows, those that wait for credentials included.
    pub fn followed(&self) -> usize {
        self.attempts.len() + self.waiting.len()
    }

    /// A request has its final answer: a nonce that came with it is used from now on (RFC 7616 §3.5).
    fn learn(&mut self, id: ClientId, response: &Response) {
        let Some(attempt) = self.attempts.remove(id) else { return };
        for (proxy, name) in [(false, Name::AuthenticationInfo), (true, Name::ProxyAuthenticationInfo)] {
            let info = response.headers.get(&name).and_then(|value| AuthenticationInfo::parse(&value));
            let Some(info) = info else { continue };
            if let (Some((realm, used)), Some(next)) = (attempt.speaker(proxy, &info), info.next_nonce)
                && let Some((_, session)) = self.sessions.iter_mut().find(|(other, _)| other == realm)
            {
                session.adopt(used, next);
            }
        }
    }

    /// The realms that ask, and what of their offers we can do, topmost first (AU-01, RFC 8760 §2.4).
    fn asking(&self, request: &Request, response: &Response) -> Vec<Asking> {
        let to = address_of(request);
        let mut all: Vec<Asking> = Vec::new();
        for offer in response.headers.offers().into_iter().filter(|offer| self.can_do(offer)) {
            let realm = Realm::new(&offer, &to);
            match all.iter_mut().find(|asking| asking.realm == realm) {
                Some(asking) => asking.offers.push(offer),
                None => all.push(Asking { realm, offers: vec![offer] }),
            }
        }
        all
    }

    fn can_do(&self, offer: &Offer) -> bool {
        match offer {
            Offer::Digest(challenge) => Algorithm::parse(challenge.algorithm.as_deref())
                .is_some_and(|algorithm| self.allow_md5 || !algorithm.is_md5()),
            Offer::Bearer { .. } => true,
        }
    }

    /// Takes up the topmost offer that the credentials fit. None where they fit no offer.
    fn open_session(&mut self, asking: Asking, credentials: &Credentials, attempt: &Attempt) -> Option<&Session> {
        let Asking { realm, offers } = asking;
        let shown = attempt.shown_token(&realm);
        let mut session = offers.iter().find_map(|offer| Session::open(offer, credentials, shown))?;
        if let Some(at) = self.sessions.iter().position(|(other, _)| *other == realm) {
            session.succeed(&self.sessions.remove(at).1);
        } else if self.sessions.len() >= REALMS {
            self.sessions.remove(0);
        }
        self.sessions.push((realm, session));
        self.sessions.last().map(|(_, session)| session)
    }
}

impl Leg {
    /// Lets go of a request whose answer no longer matters.
    pub fn abandon(self, cx: &mut Cx) {
        match self {
            Self::Sent(id) => cx.auth.settled(id),
            Self::Authenticating(ask) => cx.abandon(ask),
        }
    }
}

impl Cx {
    /// Looks at a response before its owner does: a challenge to a request whose transaction it `ended` is
    /// dealt with here, everything else passes.
    pub fn screen(
        &mut self,
        id: ClientId,
        owner: Owner,
        response: &Response,
        ended: Option<Request>,
    ) -> Option<Verdict> {
        match ended {
            Some(request) if matches!(response.status.code(), 401 | 407) => {
                Some(self.challenged(id, owner, request, response))
            }
            _ => {
                if response.status.is_final() {
                    self.auth.learn(id, response);
                }
                None
            }
        }
    }

    /// What becomes of `request`, which was sent as `id` and met the challenge `response`.
    fn challenged(&mut self, id: ClientId, owner: Owner, mut request: Request, response: &Response) -> Verdict {
        let mut attempt = self.auth.attempts.remove(id).unwrap_or_default();
        request.headers.remove(&Name::Via);
        let mut asking = self.auth.asking(&request, response);
        if asking.is_empty() {
            return Verdict::Refused("the server offers no authentication that this user agent can do");
        }
        if !attempt.admits(&mut asking) {
            return Verdict::Refused("the credentials were not accepted");
        }
        let waiting = Waiting { owner, request, attempt, response: response.clone(), asking, answered: 0 };
        self.answer_from_source(waiting)
    }

    /// Whether this question is about credentials.
    #[must_use]
    pub fn is_authentication(&self, ask: AskId) -> bool {
        self.auth.waiting.get(ask).is_some()
    }

    /// Takes the application's answer to a question about credentials.
    pub fn answered(&mut self, ask: AskId, answer: Answer) -> Option<Resumed> {
        let mut waiting = self.auth.waiting.remove(ask)?;
        let (owner, response) = (waiting.owner, waiting.response.clone());
        let Answer::Credentials { credentials: Some(credentials) } = answer else {
            let verdict = Verdict::Refused("the application has no credentials for this challenge");
            return Some(Resumed { owner, verdict, response });
        };
        self.take_up(&mut waiting, &credentials);
        Some(Resumed { owner, verdict: self.answer_from_source(waiting), response })
    }

    /// Drops the question a challenged request waits for: whoever sent it no longer wants it.
    fn abandon(&mut self, ask: AskId) {
        if self.auth.waiting.remove(ask).is_some() {
            self.withdraw(ask);
        }
    }

    /// Answers the realms that are left. RFC 3261 §22.3: those we have no credentials for may stay unanswered, if there
    /// are others.
    fn answer_from_source(&mut self, mut waiting: Waiting) -> Verdict {
        while let Some(asking) = waiting.asking.first() {
            match self.auth.source.clone() {
                CredentialSource::None => {
                    return Verdict::Refused("the server asks for credentials and there are none");
                }
                CredentialSource::Fixed { credentials } => {
                    let known = waiting.request.method == Method::Register || asking.realm.is_proxy();
                    // RFC 8898 §7: whoever is called can ask for a token, and must not get it by just asking. Where it
                    // is not said which realm it is for, it is for our registrar and the proxies.
                    let token = credentials.token.clone().filter(|_| known || credentials.realm.is_some());
                    self.take_up(&mut waiting, &Credentials { token, ..credentials });
                }
                CredentialSource::Ask => {
                    let question = Question::Credentials { challenge: describe(asking, &waiting.response) };
                    let ask = self.ask(waiting.owner, question);
                    self.auth.waiting.insert(ask, waiting);
                    return Verdict::Asked(ask);
                }
            }
        }
        if waiting.answered == 0 {
            return Verdict::Refused("the credentials do not fit the realm or the algorithm of the challenge");
        }
        Verdict::Again(Box::new(waiting.request), waiting.attempt)
    }

    /// Answers the first of the realms that are left, if these credentials fit it.
    fn take_up(&mut self, waiting: &mut Waiting, credentials: &Credentials) {
        let asking = waiting.asking.remove(0);
        let Some(session) = self.auth.open_session(asking, credentials, &waiting.attempt) else { return };
        waiting.answered += 1;
        if session.is_md5() {
            self.warn_if_unencrypted("md5-over-ws", "whoever reads it can guess the password: use wss:");
        }
    }
}

/// What the application is told of a realm that asks.
fn describe(asking: &Asking, response: &Response) -> ChallengeData {
    let proxy = asking.realm.is_proxy();
    let name = asking.realm.name();
    let mut algorithms = Vec::new();
    for offer in response.headers.offers() {
        if offer.is_proxy() == proxy && offer.realm() == name {
            algorithms.push(offer.label().to_owned());
        }
    }
    let stale = asking.offers.iter().any(|offer| matches!(offer, Offer::Digest(challenge) if challenge.stale));
    ChallengeData { realm: name.to_owned(), algorithms, proxy, stale }
}

/// Whom a request is for, as To names it.
fn address_of(request: &Request) -> String {
    let to = request.headers.address(&Name::To).ok().flatten();
    to.map(|to| to.uri.to_string()).unwrap_or_default()
}
