//! Registration (RFC 3261 §10, RFC 5626 §4.2, RFC 3608, RFC 5627): one binding, kept fresh for as long as it is wanted.
//!
//! ```text
//!                  register()                2xx
//!  unregistered ─────────────▶ registering ───────▶ registered ──refresh_at──▶ registering
//!       ▲                       │      ▲               │
//!       │                       │      └── flow up ────┤ flow down, 430 (the binding stays wanted)
//!       │                       ├─ 403, 404, no credentials ─▶ rejected
//!       │                       └─ 5xx, timeout ─▶ waiting ──retry_at──▶ registering
//!       └── unregistering ◀── unregister()
//! ```
//! One REGISTER is under way at a time (RG-03): what is wanted meanwhile waits in `then` until it is answered. What the
//! registrar holds is another matter than what we are doing about it: a refresh that fails leaves the binding where it
//! is until `bound_until`, the world is told that it hangs by a thread, and the last attempt before the end is not
//! missed, whatever the back-off says.

mod answers;
mod event;
mod request;
mod state;
mod then;

pub use event::{GruuData, RegistrationEvent, RegistrationState};
pub use request::Account;

use super::auth::Leg;
use super::data::{Failure, FailureCode, Outcome, RequestId};
use super::{Cx, Owner, Told, response_data};
use crate::entropy::Entropy;
use crate::message::{Name, Response};
use crate::time::{Deadline, Instant, Timed};
use crate::transaction::ClientId;
use request::{Outbound, Series};
use state::State;
use then::Then;

/// The registration of one address of record.
#[derive(Debug)]
pub struct Registration {
    account: Account,
    series: Series,
    outbound: Outbound,
    /// Whether our contact shall be bound whenever there is a socket.
    wanted: bool,
    state: State,
    /// What the world was told last.
    told: RegistrationState,
    /// Until when the registrar holds our contact, if it does.
    bound_until: Option<Instant>,
    /// Promises that wait for the present exchange.
    waiting: Vec<RequestId>,
    /// Failures in a row, for the back-off.
    failures: u32,
    /// Why the registrar refused, for those who ask later.
    refusal: Option<Failure>,
}

impl Timed for Registration {
    fn deadline(&self) -> Option<Deadline> {
        let end = self.bound_until.map(|at| Deadline::new(at, "the binding ends"));
        Deadline::earliest(self.state.deadline(), end)
    }
}

impl Registration {
    /// A registration that nobody has asked for yet.
    pub fn new(account: Account, entropy: &mut Entropy) -> Self {
        Self {
            account,
            series: Series::new(entropy),
            outbound: Outbound::Offered,
            wanted: false,
            state: State::Unregistered,
            told: RegistrationState::Unregistered,
            bound_until: None,
            waiting: Vec::new(),
            failures: 0,
            refusal: None,
        }
    }

    /// Whether our contact is bound, and freshly so.
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
        self.state.name()
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
        // Another flow may have another first hop.
        self.outbound = Outbound::Offered;
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
                self.fail_waiting(cx, FailureCode::NotConnected, "the connection was lost", None);
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
                self.go_offline(cx, None);
            }
        }
    }

    /// Acts on the deadline that has come; the end of the binding first (TR-09).
    pub fn handle_timeout(&mut self, cx: &mut Cx) {
        if self.bound_until.is_some_and(|at| at <= cx.now) {
            self.unbind(cx);
            cx.out.push_back(Told::Registration(RegistrationEvent::Expired));
            if matches!(self.state, State::Registering { .. }) {
                self.tell(cx, RegistrationState::Registering, None, None);
            }
        }
        match self.state {
            State::Registered { refresh_at: at } | State::Waiting { retry_at: at } if at <= cx.now => {
                self.start(cx, self.account.expires);
            }
            State::Registered { .. } | State::Waiting { .. } => {}
            State::Unregistered | State::Offline | State::Rejected => {}
            State::Registering { .. } | State::Unregistering { .. } => {}
        }
    }

    /// Leaves nothing behind: the user agent is closed.
    pub fn abandon(&mut self, cx: &mut Cx) {
        if let Some(leg) = self.state.leg() {
            leg.abandon(cx);
        }
        self.wanted = false;
        let later = self.state.take_then().waiting();
        self.state = State::Unregistered;
        self.unbind(cx);
        self.tell(cx, RegistrationState::Unregistered, None, None);
        self.fail_waiting(cx, FailureCode::Closed, "the user agent was closed", None);
        fail(cx, later, FailureCode::Closed, "the user agent was closed", None);
    }

    /// Does what was wanted while the REGISTER that is now over was under way. Whether there was anything.
    fn follow(&mut self, cx: &mut Cx) -> bool {
        let then = self.state.take_then();
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

    fn leave(&mut self, cx: &mut Cx, waiting: Vec<RequestId>, all: bool) {
        self.waiting.extend(waiting);
        let contact = if all { "*".to_owned() } else { self.account.contact(0, self.outbound) };
        match self.send(cx, contact, 0) {
            Some(id) => self.state = State::Unregistering { leg: Leg::Sent(id), then: Then::Rest },
            None => {
                // TR-12: what was asked for while offline was not done.
                self.fail_waiting(cx, FailureCode::NotConnected, "no server is connected", None);
                self.become_unregistered(cx);
            }
        }
    }

    fn start(&mut self, cx: &mut Cx, expires: u32) {
        match self.send(cx, self.account.contact(expires, self.outbound), expires) {
            Some(id) => {
                self.state = State::Registering { leg: Leg::Sent(id), expires, then: Then::Rest };
                // A refresh in time is nothing to tell of: we are registered all the while.
                if self.told != RegistrationState::Registered || self.bound_until.is_none() {
                    self.tell(cx, RegistrationState::Registering, None, None);
                }
            }
            None => {
                self.state = State::Offline;
                self.fail_waiting(cx, FailureCode::NotConnected, "no server is connected", None);
            }
        }
    }

    /// Sends a REGISTER; None when no socket is open.
    fn send(&mut self, cx: &mut Cx, contact: String, expires: u32) -> Option<ClientId> {
        let mut request = self.series.next(cx, &self.account, self.outbound);
        request.headers.push(Name::Contact, contact);
        request.headers.push(Name::Expires, expires.to_string());
        cx.send(request, Owner::Registration).ok()
    }

    fn go_offline(&mut self, cx: &mut Cx, response: Option<&Response>) {
        self.state = State::Offline;
        self.tell(cx, RegistrationState::Waiting, response, None);
    }

    /// The registrar holds our contact no longer: what it gave with it is void.
    fn unbind(&mut self, cx: &mut Cx) {
        if self.bound_until.take().is_some() {
            cx.out.push_back(Told::Unbound);
        }
    }

    fn become_unregistered(&mut self, cx: &mut Cx) {
        self.state = State::Unregistered;
        self.unbind(cx);
        self.tell(cx, RegistrationState::Unregistered, None, None);
        for id in core::mem::take(&mut self.waiting) {
            cx.done(id);
        }
    }

    fn fail_waiting(&mut self, cx: &mut Cx, code: FailureCode, message: &str, response: Option<&Response>) {
        fail(cx, core::mem::take(&mut self.waiting), code, message, response);
    }

    /// Tells the state, where it is news; each new moment to wait for is.
    fn tell(&mut self, cx: &mut Cx, state: RegistrationState, response: Option<&Response>, retry_at: Option<Instant>) {
        if core::mem::replace(&mut self.told, state) != state || state == RegistrationState::Waiting {
            let response = response.map(response_data);
            cx.out.push_back(Told::Registration(RegistrationEvent::State { state, response, retry_at }));
        }
    }
}

fn fail(cx: &mut Cx, ids: Vec<RequestId>, code: FailureCode, message: &str, response: Option<&Response>) {
    for id in ids {
        let failure = Failure { code, message: message.to_owned(), response: response.map(response_data) };
        cx.out.push_back(Told::Done(id, Outcome::Failed { failure }));
    }
}
