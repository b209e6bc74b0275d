//! What comes back for a REGISTER (RFC 3261 §10.2.4, §10.2.7, §10.2.8): responses, challenges, silence.

use super::{Registration, RegistrationEvent, RegistrationState, State, Then};
use crate::message::{CSeq, Contacts, Method, Name, NameAddr, Request, Response};
use crate::time::Duration;
use crate::transaction::ClientId;
use crate::usage::auth::{Attempt, Leg, Verdict};
use crate::usage::data::{Address, Failure, FailureCode};
use crate::usage::{Binding, Cx, Owner, Told, response_data};

impl Registration {
    /// A challenged REGISTER may be sent again, or waits for the application.
    pub fn on_verdict(&mut self, cx: &mut Cx, leg: Leg, verdict: Verdict, response: &Response) {
        if self.leg() != Some(leg) {
            return;
        }
        if !matches!(self.then(), Some(Then::Rest)) {
            // Something else is wanted by now.
            if let Verdict::Asked(ask) = verdict {
                Leg::Authenticating(ask).abandon(cx);
            }
            self.follow(cx);
            return;
        }
        match verdict {
            Verdict::Asked(ask) => self.set_leg(Leg::Authenticating(ask)),
            Verdict::Again(request, attempt) => self.send_again(cx, *request, attempt),
            Verdict::Refused(why) => self.reject(cx, FailureCode::Authentication, why, response),
        }
    }

    /// A response to our REGISTER, challenges excepted.
    pub fn on_response(&mut self, cx: &mut Cx, id: ClientId, response: &Response) {
        if self.leg() != Some(Leg::Sent(id)) || response.status.is_provisional() {
            return;
        }
        if self.follow(cx) || !matches!(self.state, State::Registering { .. }) {
            return;
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
    pub fn on_no_answer(&mut self, cx: &mut Cx, id: ClientId) {
        if self.leg() != Some(Leg::Sent(id)) || self.follow(cx) {
            return;
        }
        if matches!(self.state, State::Registering { .. }) {
            self.retry_later(cx, None, "the registrar did not answer");
        }
    }

    fn send_again(&mut self, cx: &mut Cx, mut request: Request, attempt: Attempt) {
        self.cseq = self.cseq.saturating_add(1);
        request.headers.set(Name::CSeq, CSeq { number: self.cseq, method: Method::Register }.to_string());
        match cx.send_again(request, Owner::Registration, attempt) {
            Ok(id) => self.set_leg(Leg::Sent(id)),
            Err(_offline) => self.flow_down(cx),
        }
    }

    fn on_success(&mut self, cx: &mut Cx, response: &Response) {
        let contacts = match response.headers.contacts() {
            Ok(Contacts::List(contacts)) => contacts,
            Ok(Contacts::Star) | Err(_) => Vec::new(),
        };
        let State::Registering { expires: asked, .. } = self.state else { return };
        let own = contacts.iter().find(|contact| self.is_own(contact));
        let expires = own.map_or(0, |own| granted(own, response, asked));
        if expires == 0 {
            cx.diagnostic("not-bound", "the 2xx to REGISTER does not list our contact");
            return self.retry_later(cx, Some(response), "the registrar did not bind our contact");
        }
        let interval = Duration::from_secs(u64::from(expires).min(86_400));
        let expires_at = cx.now + interval;
        // RG-03: between three and nine tenths of the interval, and never in its last five seconds.
        let latest = (interval * 9 / 10).min(interval.saturating_sub(Duration::from_secs(5)));
        let refresh_at = cx.now + cx.entropy.between((interval * 3 / 4).min(latest), latest);
        self.failures = 0;
        let refresh_at = refresh_at.max(cx.now + Duration::from_secs(1));
        self.state = State::Registered { refresh_at, expires_at };
        cx.out.push_back(Told::Bound(Binding {
            service_route: response.headers.addresses(&Name::ServiceRoute).unwrap_or_default(),
            flow_timer: response.headers.seconds(&Name::FlowTimer).ok().flatten().filter(|seconds| *seconds > 0),
            outbound: requires_outbound(response),
        }));
        let contacts = contacts.iter().map(Address::from).collect();
        cx.out.push_back(Told::Registration(RegistrationEvent::Refreshed { expires_at, contacts }));
        self.tell(cx, RegistrationState::Registered, Some(response), None);
        for id in core::mem::take(&mut self.waiting) {
            cx.done(id);
        }
    }

    /// RFC 3261 §10.2.8: once, with the interval the registrar asks for.
    fn on_interval_too_brief(&mut self, cx: &mut Cx, response: &Response) {
        let wanted = response.headers.seconds(&Name::MinExpires).ok().flatten();
        let usual = self.account.expires;
        match (&self.state, wanted) {
            (State::Registering { expires, .. }, Some(least)) if *expires == usual && least > usual => {
                self.start(cx, least)
            }
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

    fn retry_later(&mut self, cx: &mut Cx, response: Option<&Response>, why: &str) {
        self.failures = self.failures.saturating_add(1);
        let asked = response.and_then(|response| response.headers.retry_after()).unwrap_or(0);
        let wait = self.account.backoff.after(self.failures, &mut cx.entropy);
        let retry_at = cx.now + wait.max(Duration::from_secs(u64::from(asked.min(86_400))));
        self.state = State::Waiting { retry_at };
        self.tell(cx, RegistrationState::Waiting, response, Some(retry_at));
        let code = match (response, &cx.flow) {
            (Some(_), _) => FailureCode::Rejected,
            (None, Some(_)) => FailureCode::Timeout,
            (None, None) => FailureCode::NotConnected,
        };
        self.fail_waiting(cx, code, why, response);
    }

    fn reject(&mut self, cx: &mut Cx, code: FailureCode, why: &str, response: &Response) {
        self.wanted = false;
        self.state = State::Rejected;
        let message = format!("{why} ({} {})", response.status.code(), response.phrase);
        self.refusal = Some(Failure { code, message: message.clone(), response: Some(response_data(response)) });
        self.tell(cx, RegistrationState::Rejected, Some(response), None);
        self.fail_waiting(cx, code, &message, Some(response));
    }

    fn then(&self) -> Option<&Then> {
        match &self.state {
            State::Registering { then, .. } | State::Unregistering { then, .. } => Some(then),
            State::Unregistered
            | State::Offline
            | State::Registered { .. }
            | State::Waiting { .. }
            | State::Rejected => None,
        }
    }
}

/// For how many seconds we are bound (RFC 3261 §10.2.4): the contact's own parameter, else the header field, else what
/// was asked for.
fn granted(own: &NameAddr, response: &Response, asked: u32) -> u32 {
    let parameter = own.params.value("expires").and_then(|text| text.parse().ok());
    parameter.or_else(|| response.headers.seconds(&Name::Expires).ok().flatten()).unwrap_or(asked)
}

/// Whether the registrar does outbound (RFC 5626 §6).
fn requires_outbound(response: &Response) -> bool {
    let tags = response.headers.list(&Name::Require).unwrap_or_default();
    tags.iter().any(|tag| tag.eq_ignore_ascii_case("outbound"))
}
