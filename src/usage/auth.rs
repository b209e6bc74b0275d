//! Digest authentication, shared by all usages (RFC 3261 §22, RFC 7616, RFC 8760).
//!
//! A session per realm holds what the server said last; requests carry the credentials of every session
//! unasked (AU-06). A request that is challenged all the same is sent again, a bounded number of times:
//!
//! ```text
//!            401/407                    credentials known            usage renumbers it
//!  request ───────────▶ Cx::screen ───────────────────────▶ Again ─────────────────────▶ send_again
//!                            │  └── unknown ─▶ Asked ─▶ Cx::answered ─▶ Again or Refused
//!                            └── tried enough, or no algorithm of ours ─▶ Refused
//! ```

use super::data::AskId;
use super::question::{Answer, ChallengeData, CredentialSource, Credentials, Question};
use super::{Cx, Owner};
use crate::entropy::Entropy;
use crate::message::{Algorithm, Authorization, Challenge, Exchange, Name, Qop, Request, Response, ha1};
use crate::store::Store;
use crate::transaction::ClientId;

/// How often one realm is tried with one request (AU-04).
const TRIES_PER_REALM: u8 = 2;
/// How many challenges one request may meet (AU-04).
const CHALLENGES_PER_REQUEST: u8 = 4;

/// A protection realm, and who asks: a proxy and a server may share the name and not the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Realm {
    proxy: bool,
    name: String,
}

/// What a server said last about its realm, and the secret that answers it.
#[derive(Clone)]
struct Session {
    algorithm: Algorithm,
    challenge: Challenge,
    qop: Option<Qop>,
    username: String,
    ha1: String,
    nc: u32,
}

/// What has been tried for one request, over all the times it was sent.
#[derive(Clone, Debug, Default)]
pub struct Attempt {
    challenges: u8,
    tries: Vec<(Realm, Try)>,
}

/// One realm's part: the nonce answered last, and how many answers it has rejected.
#[derive(Clone, Debug)]
struct Try {
    nonce: String,
    rejected: u8,
}

/// A challenged request that waits for credentials from outside.
#[derive(Debug)]
struct Waiting {
    owner: Owner,
    request: Request,
    attempt: Attempt,
    response: Response,
    /// Those of the challenges that are answered next; the first is the one asked about.
    open: Vec<(Realm, Algorithm, Challenge)>,
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

    /// Puts the credentials of every session into a request, in place of those it carries (AU-05, AU-06).
    pub fn authorize(&mut self, request: &mut Request, attempt: &mut Attempt, entropy: &mut Entropy) {
        request.headers.remove(&Name::Authorization);
        request.headers.remove(&Name::ProxyAuthorization);
        let uri = request.uri.to_string();
        for (realm, session) in &mut self.sessions {
            attempt.answer(realm, &session.challenge.nonce);
            let value = session.credentials(request, &uri, entropy).to_string();
            let name = if realm.proxy { Name::ProxyAuthorization } else { Name::Authorization };
            request.headers.push(name, value);
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

    /// The challenges of a response that can be answered: of each realm the topmost with an algorithm of ours
    /// (AU-01, RFC 8760 §2.4).
    fn choose(&self, response: &Response) -> Vec<(Realm, Algorithm, Challenge)> {
        let mut chosen: Vec<(Realm, Algorithm, Challenge)> = Vec::new();
        for challenge in response.headers.challenges() {
            let realm = Realm { proxy: challenge.proxy, name: challenge.realm.clone() };
            if chosen.iter().any(|(other, _, _)| *other == realm) {
                continue;
            }
            if let Some(algorithm) = Algorithm::parse(challenge.algorithm.as_deref()).filter(|a| self.allows(*a)) {
                chosen.push((realm, algorithm, challenge));
            }
        }
        chosen
    }

    fn allows(&self, algorithm: Algorithm) -> bool {
        self.allow_md5 || !algorithm.is_md5()
    }

    fn open_session(
        &mut self,
        realm: Realm,
        algorithm: Algorithm,
        challenge: Challenge,
        credentials: &Credentials,
    ) -> bool {
        let Some(ha1) = secret(algorithm, &challenge.realm, credentials) else { return false };
        let qop = choose_qop(&challenge.qop);
        let username = credentials.username.clone();
        self.sessions.retain(|(other, _)| *other != realm);
        self.sessions.push((realm, Session { algorithm, challenge, qop, username, ha1, nc: 0 }));
        true
    }
}

impl Session {
    /// Credentials for one request (RFC 7616 §3.4); each use of the nonce is counted.
    fn credentials(&mut self, request: &Request, uri: &str, entropy: &mut Entropy) -> Authorization {
        self.nc = self.nc.saturating_add(1);
        let cnonce = entropy.token(16);
        let response = Exchange {
            algorithm: self.algorithm,
            ha1: &self.ha1,
            nonce: &self.challenge.nonce,
            cnonce: &cnonce,
            nc: self.nc,
            qop: self.qop,
            method: request.method.as_str(),
            uri,
            body: &request.body,
        }
        .response();
        let counted = self.qop.is_some() || is_session(self.algorithm);
        Authorization {
            username: self.username.clone(),
            realm: self.challenge.realm.clone(),
            nonce: self.challenge.nonce.clone(),
            uri: uri.to_owned(),
            response,
            algorithm: self.challenge.algorithm.clone(),
            cnonce: counted.then_some(cnonce),
            opaque: self.challenge.opaque.clone(),
            qop: self.qop.map(|qop| qop.as_str().to_owned()),
            nc: self.qop.map(|_| self.nc),
        }
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
                    self.auth.settled(id);
                }
                None
            }
        }
    }

    /// What becomes of `request`, which was sent as `id` and met the challenge `response`.
    fn challenged(&mut self, id: ClientId, owner: Owner, mut request: Request, response: &Response) -> Verdict {
        let mut attempt = self.auth.attempts.remove(id).unwrap_or_default();
        attempt.challenges = attempt.challenges.saturating_add(1);
        request.headers.remove(&Name::Via);
        let open = self.auth.choose(response);
        if open.is_empty() {
            return Verdict::Refused("the server offers no authentication that this user agent can do");
        }
        if open.iter().any(|(_, algorithm, _)| algorithm.is_md5()) {
            self.warn_if_unencrypted("md5-over-ws", "who reads an MD5 digest can guess its password: use wss:");
        }
        let over = open.iter().any(|(realm, _, challenge)| attempt.rejected(realm, challenge));
        if over || attempt.challenges > CHALLENGES_PER_REQUEST {
            return Verdict::Refused("the credentials were not accepted");
        }
        let waiting = Waiting { owner, request, attempt, response: response.clone(), open };
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
        let (realm, algorithm, challenge) = waiting.open.remove(0);
        let verdict = if self.auth.open_session(realm, algorithm, challenge, &credentials) {
            self.answer_from_source(waiting)
        } else {
            Verdict::Refused("the credentials do not fit the realm or the algorithm of the challenge")
        };
        Some(Resumed { owner, verdict, response })
    }

    /// Drops the question a challenged request waits for: whoever sent it no longer wants it.
    fn abandon(&mut self, ask: AskId) {
        if self.auth.waiting.remove(ask).is_some() {
            self.withdraw(ask);
        }
    }

    fn answer_from_source(&mut self, mut waiting: Waiting) -> Verdict {
        while let Some((realm, algorithm, challenge)) = waiting.open.first().cloned() {
            match self.auth.source.clone() {
                CredentialSource::None => {
                    return Verdict::Refused("the server asks for credentials and there are none");
                }
                CredentialSource::Fixed { credentials } => {
                    waiting.open.remove(0);
                    if !self.auth.open_session(realm, algorithm, challenge, &credentials) {
                        return Verdict::Refused(
                            "the credentials do not fit the realm or the algorithm of the challenge",
                        );
                    }
                }
                CredentialSource::Ask => {
                    let question = Question::Credentials { challenge: describe(&challenge, &waiting.response) };
                    let ask = self.ask(waiting.owner, question);
                    self.auth.waiting.insert(ask, waiting);
                    return Verdict::Asked(ask);
                }
            }
        }
        Verdict::Again(Box::new(waiting.request), waiting.attempt)
    }
}

impl Attempt {
    /// Notes the nonce that a realm is answered with.
    fn answer(&mut self, realm: &Realm, nonce: &str) {
        match self.tries.iter_mut().find(|(other, _)| other == realm) {
            Some((_, tried)) => nonce.clone_into(&mut tried.nonce),
            None => self.tries.push((realm.clone(), Try { nonce: nonce.to_owned(), rejected: 0 })),
        }
    }

    /// Notes a challenge: whether it rejects credentials for good. A realm is tried twice at most, and again only
    /// after news (AU-04).
    fn rejected(&mut self, realm: &Realm, challenge: &Challenge) -> bool {
        let Some((_, tried)) = self.tries.iter_mut().find(|(other, _)| other == realm) else { return false };
        tried.rejected = tried.rejected.saturating_add(1);
        let news = challenge.stale || challenge.nonce != tried.nonce;
        tried.rejected >= TRIES_PER_REALM || !news
    }
}

/// H(A1)'s first part, from a password or as given. None where the credentials are for another realm, or a given
/// hash is of another algorithm.
fn secret(algorithm: Algorithm, realm: &str, credentials: &Credentials) -> Option<String> {
    if credentials.realm.as_deref().is_some_and(|only| only != realm) {
        return None;
    }
    match (&credentials.ha1, &credentials.password) {
        (Some(ha1), _) => (ha1.len() == hex_digits(algorithm)).then(|| ha1.to_ascii_lowercase()),
        (None, Some(password)) => Some(ha1(algorithm, &credentials.username, realm, password)),
        (None, None) => None,
    }
}

fn hex_digits(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Md5 | Algorithm::Md5Sess => 32,
        Algorithm::Sha256 | Algorithm::Sha256Sess => 64,
    }
}

fn is_session(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::Md5Sess | Algorithm::Sha256Sess)
}

/// `auth` where it is offered, else `auth-int`; none for servers of RFC 2069.
fn choose_qop(offered: &[String]) -> Option<Qop> {
    let offers = |qop: Qop| offered.iter().any(|text| Qop::parse(text) == Some(qop));
    [Qop::Auth, Qop::AuthInt].into_iter().find(|qop| offers(*qop))
}

fn describe(challenge: &Challenge, response: &Response) -> ChallengeData {
    let same_realm = response.headers.challenges().into_iter().filter(|other| other.realm == challenge.realm);
    ChallengeData {
        realm: challenge.realm.clone(),
        algorithms: same_realm.map(|other| other.algorithm.unwrap_or_else(|| "MD5".to_owned())).collect(),
        proxy: challenge.proxy,
        stale: challenge.stale,
    }
}
