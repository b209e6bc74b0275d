//! Registration (RFC 3261 §10, RFC 5626 §4.2, RFC 3608): one binding, kept fresh for as long as it is wanted.
//!
//! ```text
//!                  register()                2xx
//!  unregistered ─────────────▶ registering ───────▶ registered ──refresh_at──▶ registering
//!       ▲                       │      ▲               │
//!       │                       │      └── flow up ────┤ flow down (the binding stays wanted)
//!       │                       ├─ 403, 404, no credentials ─▶ rejected
//!       │                       └─ 5xx, timeout ─▶ waiting ──retry_at──▶ registering
//!       └── unregistering ◀── unregister()
//! ```
//! One REGISTER is under way at a time (RG-03): what is wanted meanwhile waits in `then` until it is answered.

mod answers;
mod event;
mod then;

pub use event::{RegistrationEvent, RegistrationState};

use super::auth::Leg;
use super::data::{Failure, FailureCode, Outcome, RequestId};
use super::{Cx, Owner, Told, response_data};
use crate::entropy::Entropy;
use crate::message::{CSeq, Method, Name, NameAddr, Request, Response, Uri};
use crate::time::{Backoff, Deadline, Instant, Timed};
use then::Then;

/// What is registered where.
#[derive(Clone, Debug)]
pub struct Account {
    /// The registrar: Request-URI of REGISTER.
    pub registrar: Uri,
    /// Seconds asked for.
    pub expires: u32,
    /// Our Contact with its feature parameters (`+sip.instance`, `reg-id`).
    pub contact: NameAddr,
    /// How long to wait after a failure.
    pub backoff: Backoff,
}

/// The registration of one address of record.
#[derive(Debug)]
pub struct Registration {
    account: Account,
    call_id: String,
    from_tag: String,
    cseq: u32,
    /// Whether our contact shall be bound whenever there is a socket.
    wanted: bool,
    state: State,
    /// Promises that wait for the present exchange.
    waiting: Vec<RequestId>,
    /// Failures in a row, for the back-off.
    failures: u32,
    /// Why the registrar refused, for those who ask later.
    refusal: Option<Failure>,
}

#[derive(Debug)]
enum State {
    Unregistered,
    /// Wanted, and no socket to ask by.
    Offline,
    Registering {
        leg: Leg,
        expires: u32,
        then: Then,
    },
    Registered {
        refresh_at: Instant,
        expires_at: Instant,
    },
    Waiting {
        retry_at: Instant,
    },
    Rejected,
    Unregistering {
        leg: Leg,
        then: Then,
    },
}

impl Timed for Registration {
    fn deadline(&self) -> Option<Deadline> {
        match self.state {
            State::Registered { refresh_at, .. } => Some(Deadline::new(refresh_at, "refresh the registration")),
            State::Waiting { retry_at } => Some(Deadline::new(retry_at, "try to register again")),
            State::Unregistered | State::Offline | State::Rejected => None,
            State::Registering { .. } | State::Unregistering { .. } => None,
        }
    }
}

impl Registration {
    /// A registration that nobody has asked for yet. Its Call-ID and From tag stay the same for the life of the
    /// account (RFC 3261 §10.2.4).
    pub fn new(account: Account, entropy: &mut Entropy) -> Self {
        Self {
            account,
            call_id: entropy.call_id(),
            from_tag: entropy.tag(),
            cseq: entropy.first_cseq(),
            wanted: false,
            state: State::Unregistered,
            waiting: Vec::new(),
            failures: 0,
            refusal: None,
        }
    }

    /// Whether our contact is bound.
    #[must_use]
    pub fn is_registered(&self) -> bool {
        matches!(self.state, State::Registered { .. })
    }

    /// Whether our contact shall be bound whenever there is a socket.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.wanted
    }

    /// Whether an exchange with the registrar is under way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self.state, State::Registering { .. } | State::Unregistering { .. })
    }

    /// Why the registrar refused for good, if it did.
    #[must_use]
    pub fn refusal(&self) -> Option<&Failure> {
        self.refusal.as_ref().filter(|_| matches!(self.state, State::Rejected))
    }

    /// The name of the state, for a snapshot.
    #[must_use]
    pub fn state_name(&self) -> &'static str {
        match self.state {
            State::Unregistered => "unregistered",
            State::Offline => "offline",
            State::Registering { .. } => "registering",
            State::Registered { .. } => "registered",
            State::Waiting { .. } => "waiting",
            State::Rejected => "rejected",
            State::Unregistering { .. } => "unregistering",
        }
    }

    /// Wants our contact bound from now on, as soon as there is a socket.
    pub fn want(&mut self, cx: &mut Cx) {
        if cx.flow.is_some() {
            return self.register(cx, None);
        }
        self.wanted = true;
        if matches!(self.state, State::Rejected) {
            self.state = State::Offline;
        }
    }

    /// Wants our contact bound from now on, and binds it now if there is a socket.
    pub fn register(&mut self, cx: &mut Cx, id: Option<RequestId>) {
        self.wanted = true;
        let overtaken = match &mut self.state {
            State::Registering { then, .. } => {
                self.waiting.extend(id);
                then.rest()
            }
            State::Unregistering { leg: Leg::Sent(_), then } => then.register(id),
            State::Unregistering { leg: leg @ Leg::Authenticating(_), .. } => {
                leg.abandon(cx);
                let overtaken = core::mem::take(&mut self.waiting);
                self.waiting.extend(id);
                self.start(cx, self.account.expires);
                overtaken
            }
            State::Unregistered
            | State::Offline
            | State::Registered { .. }
            | State::Waiting { .. }
            | State::Rejected => {
                self.waiting.extend(id);
                return self.start(cx, self.account.expires);
            }
        };
        fail(cx, overtaken, FailureCode::Ended, "registered in the meantime", None);
    }

    /// Wants our contact, or with `all` every contact of the address of record, bound no longer.
    pub fn unregister(&mut self, cx: &mut Cx, id: Option<RequestId>, all: bool) {
        self.wanted = false;
        let overtaken = match &mut self.state {
            State::Registering { leg: Leg::Sent(_), then, .. } => {
                let mut overtaken = then.unregister(id, all);
                overtaken.append(&mut self.waiting);
                overtaken
            }
            State::Unregistering { leg: Leg::Sent(_), then } if all || matches!(then, Then::Unregister { .. }) => {
                then.unregister(id, all)
            }
            State::Unregistering { then, .. } => {
                self.waiting.extend(id);
                then.rest()
            }
            State::Registering { leg: leg @ Leg::Authenticating(_), .. } => {
                leg.abandon(cx);
                let overtaken = core::mem::take(&mut self.waiting);
                self.leave(cx, id.into_iter().collect(), all);
                overtaken
            }
            State::Unregistered
            | State::Offline
            | State::Registered { .. }
            | State::Waiting { .. }
            | State::Rejected => return self.leave(cx, id.into_iter().collect(), all),
        };
        fail(cx, overtaken, FailureCode::Ended, "unregistered in the meantime", None);
    }

    /// A socket is open: binds our contact if that is wanted.
    pub fn flow_up(&mut self, cx: &mut Cx) {
        if self.wanted {
            self.start(cx, self.account.expires);
        }
    }

    /// The socket is gone. What is wanted stays wanted.
    pub fn flow_down(&mut self, cx: &mut Cx) {
        match self.state {
            State::Unregistered | State::Offline | State::Rejected => {}
            State::Unregistering { leg, .. } => {
                leg.abandon(cx);
                self.follow(cx);
            }
            State::Registering { leg, then: Then::Register(_) | Then::Unregister { .. }, .. } => {
                leg.abandon(cx);
                self.follow(cx);
            }
            State::Registering { .. } | State::Registered { .. } | State::Waiting { .. } => {
                if let State::Registering { leg, .. } = self.state {
                    leg.abandon(cx);
                }
                self.state = State::Offline;
                self.tell(cx, RegistrationState::Waiting, None, None);
            }
        }
    }

    /// Acts on the deadline that has come.
    pub fn handle_timeout(&mut self, cx: &mut Cx) {
        if self.deadline().is_some_and(|deadline| deadline.at <= cx.now) {
            // TR-09: what expired while the computer slept is no registration any more.
            if matches!(self.state, State::Registered { expires_at, .. } if expires_at <= cx.now) {
                self.state = State::Unregistered;
            }
            self.start(cx, self.account.expires);
        }
    }

    /// Leaves nothing behind: the user agent is closed.
    pub fn abandon(&mut self, cx: &mut Cx) {
        if let Some(leg) = self.leg() {
            leg.abandon(cx);
        }
        self.wanted = false;
        let later = self.take_then().waiting();
        self.state = State::Unregistered;
        self.fail_waiting(cx, FailureCode::Closed, "the user agent was closed", None);
        fail(cx, later, FailureCode::Closed, "the user agent was closed", None);
    }

    /// Does what was wanted while the REGISTER that is now over was under way. Whether there was anything.
    fn follow(&mut self, cx: &mut Cx) -> bool {
        let then = self.take_then();
        if matches!(self.state, State::Unregistering { .. }) {
            self.become_unregistered(cx);
        }
        match then {
            Then::Rest => return false,
            Then::Register(waiting) => {
                self.waiting.extend(waiting);
                self.start(cx, self.account.expires);
            }
            Then::Unregister { waiting, all } => self.leave(cx, waiting, all),
        }
        true
    }

    fn take_then(&mut self) -> Then {
        match &mut self.state {
            State::Registering { then, .. } | State::Unregistering { then, .. } => core::mem::replace(then, Then::Rest),
            State::Unregistered
            | State::Offline
            | State::Registered { .. }
            | State::Waiting { .. }
            | State::Rejected => Then::Rest,
        }
    }

    fn leave(&mut self, cx: &mut Cx, waiting: Vec<RequestId>, all: bool) {
        self.waiting.extend(waiting);
        let contact = if all { "*".to_owned() } else { self.contact(0) };
        let mut request = self.request(cx);
        request.headers.push(Name::Contact, contact);
        request.headers.push(Name::Expires, "0");
        match cx.send(request, Owner::Registration) {
            Ok(id) => self.state = State::Unregistering { leg: Leg::Sent(id), then: Then::Rest },
            Err(_offline) => {
                // TR-12: what was asked for while offline was not done.
                self.fail_waiting(cx, FailureCode::NotConnected, "no server is connected", None);
                self.become_unregistered(cx);
            }
        }
    }

    fn start(&mut self, cx: &mut Cx, expires: u32) {
        let mut request = self.request(cx);
        request.headers.push(Name::Contact, self.contact(expires));
        request.headers.push(Name::Expires, expires.to_string());
        let said = matches!(self.state, State::Registered { .. } | State::Registering { .. });
        match cx.send(request, Owner::Registration) {
            Ok(id) => {
                self.state = State::Registering { leg: Leg::Sent(id), expires, then: Then::Rest };
                if !said {
                    self.tell(cx, RegistrationState::Registering, None, None);
                }
            }
            Err(_offline) => {
                self.state = State::Offline;
                self.fail_waiting(cx, FailureCode::NotConnected, "no server is connected", None);
            }
        }
    }

    fn request(&mut self, cx: &mut Cx) -> Request {
        self.cseq = self.cseq.saturating_add(1);
        let aor = &cx.profile.aor;
        let mut request = Request::new(Method::Register, self.account.registrar.clone());
        request.headers.push(Name::MaxForwards, "70");
        request.headers.push(Name::From, aor.clone().with_tag(&self.from_tag).to_string());
        request.headers.push(Name::To, aor.to_string());
        request.headers.push(Name::CallId, self.call_id.as_str());
        request.headers.push(Name::CSeq, CSeq { number: self.cseq, method: Method::Register }.to_string());
        request.headers.push(Name::Supported, "outbound, path");
        request
    }

    fn contact(&self, expires: u32) -> String {
        let mut contact = self.account.contact.clone();
        contact.params.set("expires", Some(&expires.to_string()));
        contact.to_string()
    }

    fn become_unregistered(&mut self, cx: &mut Cx) {
        self.state = State::Unregistered;
        self.tell(cx, RegistrationState::Unregistered, None, None);
        for id in core::mem::take(&mut self.waiting) {
            cx.done(id);
        }
    }

    fn fail_waiting(&mut self, cx: &mut Cx, code: FailureCode, message: &str, response: Option<&Response>) {
        fail(cx, core::mem::take(&mut self.waiting), code, message, response);
    }

    fn leg(&self) -> Option<Leg> {
        match self.state {
            State::Registering { leg, .. } | State::Unregistering { leg, .. } => Some(leg),
            State::Unregistered
            | State::Offline
            | State::Registered { .. }
            | State::Waiting { .. }
            | State::Rejected => None,
        }
    }

    fn set_leg(&mut self, new: Leg) {
        match &mut self.state {
            State::Registering { leg, .. } | State::Unregistering { leg, .. } => *leg = new,
            State::Unregistered
            | State::Offline
            | State::Registered { .. }
            | State::Waiting { .. }
            | State::Rejected => {}
        }
    }

    fn tell(&self, cx: &mut Cx, state: RegistrationState, response: Option<&Response>, retry_at: Option<Instant>) {
        let response = response.map(response_data);
        cx.out.push_back(Told::Registration(RegistrationEvent::State { state, response, retry_at }));
    }
}

fn fail(cx: &mut Cx, ids: Vec<RequestId>, code: FailureCode, message: &str, response: Option<&Response>) {
    for id in ids {
        let failure = Failure { code, message: message.to_owned(), response: response.map(response_data) };
        cx.out.push_back(Told::Done(id, Outcome::Failed { failure }));
    }
}
