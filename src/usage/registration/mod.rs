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

mod event;

pub use event::{RegistrationEvent, RegistrationState};

use super::auth::{Attempt, Leg, Verdict};
use super::data::{Address, Failure, FailureCode, Outcome, RequestId};
use super::{Binding, Cx, Owner, Told, response_data};
use crate::entropy::Entropy;
use crate::message::{CSeq, Contacts, Method, Name, NameAddr, Request, Response, Uri};
use crate::time::{Backoff, Deadline, Duration, Instant, Timed};
use crate::transaction::ClientId;

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
    },
    Registered {
        refresh_at: Instant,
    },
    Waiting {
        retry_at: Instant,
    },
    Rejected,
    Unregistering {
        leg: Leg,
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
    pub fn want(&mut self, cx: &mut Cx<'_>) {
        self.wanted = true;
        if cx.flow.is_some() && self.leg().is_none() {
            self.start(cx, self.account.expires);
        }
    }

    /// Wants our contact bound from now on, and binds it now if there is a socket.
    pub fn register(&mut self, cx: &mut Cx<'_>, id: Option<RequestId>) {
        self.wanted = true;
        self.waiting.extend(id);
        match self.state {
            State::Registering { .. } => {}
            State::Unregistering { leg } => {
                leg.abandon(cx);
                self.start(cx, self.account.expires);
            }
            State::Unregistered
            | State::Offline
            | State::Registered { .. }
            | State::Waiting { .. }
            | State::Rejected => {
                self.start(cx, self.account.expires);
            }
        }
    }

    /// Wants our contact, or with `all` every contact of the address of record, bound no longer.
    pub fn unregister(&mut self, cx: &mut Cx<'_>, id: Option<RequestId>, all: bool) {
        self.wanted = false;
        if let State::Registering { leg, .. } | State::Unregistering { leg } = self.state {
            leg.abandon(cx);
        }
        self.fail_waiting(cx, FailureCode::Ended, "unregistered in the meantime", None);
        self.waiting.extend(id);
        let contact = if all { "*".to_owned() } else { self.contact(0) };
        let mut request = self.request(cx);
        request.headers.push(Name::Contact, contact);
        request.headers.push(Name::Expires, "0");
        match cx.send(request, Owner::Registration) {
            Ok(id) => self.state = State::Unregistering { leg: Leg::Sent(id) },
            Err(_offline) => self.become_unregistered(cx),
        }
    }

    /// A socket is open: binds our contact if that is wanted.
    pub fn flow_up(&mut self, cx: &mut Cx<'_>) {
        if self.wanted {
            self.start(cx, self.account.expires);
        }
    }

    /// The socket is gone. What is wanted stays wanted.
    pub fn flow_down(&mut self, cx: &mut Cx<'_>) {
        match self.state {
            State::Unregistered | State::Offline | State::Rejected => {}
            State::Unregistering { leg } => {
                leg.abandon(cx);
                self.become_unregistered(cx);
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
    pub fn handle_timeout(&mut self, cx: &mut Cx<'_>) {
        if self.deadline().is_some_and(|deadline| deadline.at <= cx.now) {
            self.start(cx, self.account.expires);
        }
    }

    /// A challenged REGISTER may be sent again, or waits for the application.
    pub fn on_verdict(&mut self, cx: &mut Cx<'_>, leg: Leg, verdict: Verdict, response: &Response) {
        if self.leg() != Some(leg) {
            return;
        }
        match verdict {
            Verdict::Asked(ask) => self.set_leg(Leg::Authenticating(ask)),
            Verdict::Again(request, attempt) => self.send_again(cx, *request, attempt),
            Verdict::Refused(why) => self.reject(cx, FailureCode::Authentication, why, response),
        }
    }

    /// A response to our REGISTER, challenges excepted.
    pub fn on_response(&mut self, cx: &mut Cx<'_>, id: ClientId, response: &Response) {
        if self.leg() != Some(Leg::Sent(id)) || response.status.is_provisional() {
            return;
        }
        if matches!(self.state, State::Unregistering { .. }) {
            return self.become_unregistered(cx);
        }
        match response.status.code() {
            200..=299 => self.on_success(cx, response),
            423 => self.on_interval_too_brief(cx, response),
            403 | 404 => {
                self.reject(cx, FailureCode::Rejected, "the registrar refuses this address of record", response)
            }
            _ => self.retry_later(cx, Some(response), "the registrar could not do it"),
        }
    }

    /// Our REGISTER was not answered, or the connection broke (TX-13).
    pub fn on_no_answer(&mut self, cx: &mut Cx<'_>, id: ClientId) {
        if self.leg() == Some(Leg::Sent(id)) {
            if matches!(self.state, State::Unregistering { .. }) {
                self.become_unregistered(cx);
            } else {
                self.retry_later(cx, None, "the registrar did not answer");
            }
        }
    }

    /// Leaves nothing behind: the user agent is closed.
    pub fn abandon(&mut self, cx: &mut Cx<'_>) {
        if let Some(leg) = self.leg() {
            leg.abandon(cx);
        }
        self.wanted = false;
        self.state = State::Unregistered;
        self.fail_waiting(cx, FailureCode::Closed, "the user agent was closed", None);
    }

    fn start(&mut self, cx: &mut Cx<'_>, expires: u32) {
        let mut request = self.request(cx);
        request.headers.push(Name::Contact, self.contact(expires));
        request.headers.push(Name::Expires, expires.to_string());
        let said = matches!(self.state, State::Registered { .. } | State::Registering { .. });
        match cx.send(request, Owner::Registration) {
            Ok(id) => {
                self.state = State::Registering { leg: Leg::Sent(id), expires };
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

    fn send_again(&mut self, cx: &mut Cx<'_>, mut request: Request, attempt: Attempt) {
        self.cseq = self.cseq.saturating_add(1);
        request.headers.set(Name::CSeq, CSeq { number: self.cseq, method: Method::Register }.to_string());
        match cx.send_again(request, Owner::Registration, attempt) {
            Ok(id) => self.set_leg(Leg::Sent(id)),
            Err(_offline) => self.flow_down(cx),
        }
    }

    fn request(&mut self, cx: &mut Cx<'_>) -> Request {
        self.cseq = self.cseq.saturating_add(1);
        let aor = &cx.profile.aor;
        let mut request = Request::new(Method::Register, self.account.registrar.clone());
        request.headers.push(Name::MaxForwards, "70");
        request.headers.push(Name::From, aor.clone().with_tag(&self.from_tag).to_string());
        request.headers.push(Name::To, aor.to_string());
        request.headers.push(Name::CallId, self.call_id.as_str());
        request.headers.push(Name::CSeq, CSeq { number: self.cseq, method: Method::Register }.to_string());
        request.headers.push(Name::Supported, "outbound, path, gruu");
        request
    }

    fn contact(&self, expires: u32) -> String {
        let mut contact = self.account.contact.clone();
        contact.params.set("expires", Some(&expires.to_string()));
        contact.to_string()
    }

    fn on_success(&mut self, cx: &mut Cx<'_>, response: &Response) {
        let contacts = match response.headers.contacts() {
            Ok(Contacts::List(contacts)) => contacts,
            Ok(Contacts::Star) | Err(_) => Vec::new(),
        };
        let Some(own) = contacts.iter().find(|contact| self.is_own(contact)) else {
            cx.diagnostic("not-bound", "the 2xx to REGISTER does not list our contact");
            return self.retry_later(cx, Some(response), "the registrar did not bind our contact");
        };
        let State::Registering { expires: asked, .. } = self.state else { return };
        // RFC 3261 §10.2.4: the contact's own parameter, else the header field, else what was asked for.
        let own_expires = own.params.value("expires").and_then(|text| text.parse().ok());
        let expires = own_expires.or_else(|| response.headers.seconds(&Name::Expires).ok().flatten()).unwrap_or(asked);
        let interval = Duration::from_secs(u64::from(expires).min(86_400));
        let expires_at = cx.now + interval;
        // RG-03: between three and nine tenths of the interval, and never in its last five seconds.
        let latest = interval.mul_f32(0.9).min(interval.saturating_sub(Duration::from_secs(5)));
        let refresh_at = cx.now + cx.entropy.between(interval.mul_f32(0.75).min(latest), latest);
        self.failures = 0;
        self.state = State::Registered { refresh_at: refresh_at.max(cx.now + Duration::from_secs(1)) };
        cx.out.push_back(Told::Bound(Binding {
            service_route: response.headers.addresses(&Name::ServiceRoute).unwrap_or_default(),
            flow_timer: response.headers.seconds(&Name::FlowTimer).ok().flatten().filter(|seconds| *seconds > 0),
        }));
        let contacts = contacts.iter().map(Address::from).collect();
        cx.out.push_back(Told::Registration(RegistrationEvent::Refreshed { expires_at, contacts }));
        self.tell(cx, RegistrationState::Registered, Some(response), None);
        for id in core::mem::take(&mut self.waiting) {
            cx.done(id);
        }
    }

    /// RFC 3261 §10.2.8: once, with the interval the registrar asks for.
    fn on_interval_too_brief(&mut self, cx: &mut Cx<'_>, response: &Response) {
        let wanted = response.headers.seconds(&Name::MinExpires).ok().flatten();
        match (&self.state, wanted) {
            (State::Registering { expires, .. }, Some(least)) if least > *expires => self.start(cx, least),
            _ => self.reject(cx, FailureCode::Rejected, "the registrar finds every interval too brief", response),
        }
    }

    fn is_own(&self, contact: &NameAddr) -> bool {
        let same = |name| {
            let ours = self.account.contact.params.value(name);
            ours.is_some() && ours == contact.params.value(name)
        };
        (same("+sip.instance") && same("reg-id")) || contact.uri.equivalent(&self.account.contact.uri)
    }

    fn retry_later(&mut self, cx: &mut Cx<'_>, response: Option<&Response>, why: &str) {
        self.failures = self.failures.saturating_add(1);
        let asked = response.and_then(|response| response.headers.retry_after()).unwrap_or(0);
        let wait = self.account.backoff.after(self.failures, cx.entropy);
        let retry_at = cx.now + wait.max(Duration::from_secs(u64::from(asked.min(86_400))));
        self.state = State::Waiting { retry_at };
        self.tell(cx, RegistrationState::Waiting, response, Some(retry_at));
        let code = if response.is_some() { FailureCode::Rejected } else { FailureCode::Timeout };
        self.fail_waiting(cx, code, why, response);
    }

    fn reject(&mut self, cx: &mut Cx<'_>, code: FailureCode, why: &str, response: &Response) {
        self.wanted = false;
        self.state = State::Rejected;
        let message = format!("{why} ({} {})", response.status.code(), response.phrase);
        self.refusal = Some(Failure { code, message: message.clone(), response: Some(response_data(response)) });
        self.tell(cx, RegistrationState::Rejected, Some(response), None);
        self.fail_waiting(cx, code, &message, Some(response));
    }

    fn become_unregistered(&mut self, cx: &mut Cx<'_>) {
        self.state = State::Unregistered;
        self.tell(cx, RegistrationState::Unregistered, None, None);
        for id in core::mem::take(&mut self.waiting) {
            cx.done(id);
        }
    }

    fn fail_waiting(&mut self, cx: &mut Cx<'_>, code: FailureCode, message: &str, response: Option<&Response>) {
        for id in core::mem::take(&mut self.waiting) {
            let response = response.map(response_data);
            let failure = Failure { code, message: message.to_owned(), response };
            cx.out.push_back(Told::Done(id, Outcome::Failed { failure }));
        }
    }

    fn leg(&self) -> Option<Leg> {
        match self.state {
            State::Registering { leg, .. } | State::Unregistering { leg } => Some(leg),
            State::Unregistered
            | State::Offline
            | State::Registered { .. }
            | State::Waiting { .. }
            | State::Rejected => None,
        }
    }

    fn set_leg(&mut self, new: Leg) {
        match &mut self.state {
            State::Registering { leg, .. } | State::Unregistering { leg } => *leg = new,
            State::Unregistered
            | State::Offline
            | State::Registered { .. }
            | State::Waiting { .. }
            | State::Rejected => {}
        }
    }

    fn tell(&self, cx: &mut Cx<'_>, state: RegistrationState, response: Option<&Response>, retry_at: Option<Instant>) {
        let response = response.map(response_data);
        cx.out.push_back(Told::Registration(RegistrationEvent::State { state, response, retry_at }));
    }
}
