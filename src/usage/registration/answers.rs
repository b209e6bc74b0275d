//! What comes back for a REGISTER (RFC 3261 §10.2.4, §10.2.7, §10.2.8, RFC 5626 §11): responses, challenges, silence.

use super::{GruuData, Outbound, Registration, RegistrationEvent, RegistrationState, State, Then};
use crate::message::{Name, NameAddr, Request, Response, Uri};
use crate::time::{Duration, MOST_SECONDS};
use crate::transaction::ClientId;
use crate::usage::auth::{Attempt, Leg, Verdict};
use crate::usage::data::{Address, Failure, FailureCode};
use crate::usage::{Binding, Cx, Gruu, Owner, Told, response_data};

/// How long before the end of a binding it is refreshed at the latest.
const MARGIN: Duration = Duration::from_secs(5);

impl Registration {
    /// A challenged REGISTER may be sent again, or waits for the application.
    pub fn on_verdict(&mut self, cx: &mut Cx, leg: Leg, verdict: Verdict, response: &Response) {
        if self.state.leg() != Some(leg) {
            return;
        }
        if !matches!(self.state.then(), Some(Then::Rest)) {
            // Something else is wanted by now.
            if let Verdict::Asked(ask) = verdict {
                Leg::Authenticating(ask).abandon(cx);
            }
            self.follow(cx);
            return;
        }
        match verdict {
            Verdict::Asked(ask) => self.state.set_leg(Leg::Authenticating(ask)),
            Verdict::Again(request, attempt) => self.send_again(cx, *request, attempt),
            Verdict::Refused(why) => self.reject(cx, FailureCode::Authentication, why, response),
        }
    }

    /// A response to our REGISTER, challenges excepted.
    pub fn on_response(&mut self, cx: &mut Cx, id: ClientId, response: &Response) {
        if self.state.leg() != Some(Leg::Sent(id)) || response.status.is_provisional() {
            return;
        }
        if matches!(self.state, State::Unregistering { .. }) && response.status.class() != 2 {
            self.fail_waiting(cx, FailureCode::Rejected, "the registrar did not remove our contact", Some(response));
        }
        if self.follow(cx) || !matches!(self.state, State::Registering { .. }) {
            return;
        }
        match response.status.code() {
            200..=299 => self.on_success(cx, response),
            423 => self.on_interval_too_brief(cx, response),
            430 => self.on_flow_failed(cx, response),
            439 if self.outbound == Outbound::Offered => self.on_first_hop_lacks_outbound(cx, response),
            403 | 404 => {
                self.reject(cx, FailureCode::Rejected, "the registrar refuses this address of record", response)
            }
            _ => self.retry_later(cx, Some(response), "the registrar could not do it"),
        }
    }

    /// Our REGISTER was not answered, or the connection broke (TX-13).
    pub fn on_no_answer(&mut self, cx: &mut Cx, id: ClientId) {
        if self.state.leg() != Some(Leg::Sent(id)) {
            return;
        }
        if matches!(self.state, State::Unregistering { .. }) {
            let code = if cx.flow.is_some() { FailureCode::Timeout } else { FailureCode::NotConnected };
            self.fail_waiting(cx, code, "the registrar did not answer", None);
        }
        if !self.follow(cx) && matches!(self.state, State::Registering { .. }) {
            self.retry_later(cx, None, "the registrar did not answer");
        }
    }

    fn send_again(&mut self, cx: &mut Cx, mut request: Request, attempt: Attempt) {
        self.series.renumber(&mut request);
        match cx.send_again(request, Owner::Registration, attempt) {
            Ok(id) => self.state.set_leg(Leg::Sent(id)),
            Err(_offline) => self.flow_down(cx),
        }
    }

    fn on_success(&mut self, cx: &mut Cx, response: &Response) {
        // RG-02: a contact of somebody else's that cannot be read is no concern of ours.
        let contacts = response.headers.readable_addresses(&Name::Contact);
        let State::Registering { expires: asked, .. } = self.state else { return };
        let own = self.account.own(&contacts);
        let expires = own.map_or(0, |own| granted(own, response, asked)).min(MOST_SECONDS);
        let Some(own) = own.filter(|_| expires > 0) else {
            cx.diagnostic("not-bound", "the 2xx to REGISTER does not list our contact");
            return self.retry_later(cx, Some(response), "the registrar did not bind our contact");
        };
        let interval = Duration::from_secs(u64::from(expires));
        // RG-03: between three quarters and nine tenths of the interval, and never in its last five seconds.
        let latest = (interval * 9 / 10).min(interval.saturating_sub(MARGIN));
        let refresh_at = cx.now + cx.entropy.between((interval * 3 / 4).min(latest), latest);
        self.failures = 0;
        // What a 423 made us ask for is asked for at once from now on.
        self.account.expires = asked;
        let expires_at = cx.now + interval;
        self.bound_until = Some(expires_at);
        self.state = State::Registered { refresh_at: refresh_at.max(cx.now + Duration::from_secs(1)) };
        let gruu = gruu(cx, own);
        let shown = |uri: &Option<Uri>| uri.as_ref().map(Uri::to_string);
        let gruu_data = GruuData { public: shown(&gruu.public), temporary: shown(&gruu.temporary) };
        cx.out.push_back(Told::Bound(Binding {
            // RFC 3608 §6.1: one that cannot be read is none.
            service_route: response.headers.addresses(&Name::ServiceRoute).unwrap_or_default(),
            flow_timer: response.headers.seconds(&Name::FlowTimer).ok().flatten().filter(|seconds| *seconds > 0),
            outbound: response.headers.has_token(&Name::Require, "outbound"),
            gruu,
        }));
        let contacts = contacts.iter().map(Address::from).collect();
        cx.out.push_back(Told::Registration(RegistrationEvent::Refreshed { expires_at, contacts, gruu: gruu_data }));
        self.tell(cx, RegistrationState::Registered, Some(response), None);
        for id in core::mem::take(&mut self.waiting) {
            cx.done(id);
        }
    }

    /// RFC 3261 §10.2.8: once, with the interval the registrar asks for.
    fn on_interval_too_brief(&mut self, cx: &mut Cx, response: &Response) {
        let wanted = response.headers.seconds(&Name::MinExpires).ok().flatten();
        let usual = self.account.expires;
        match (&self.state, wanted.map(|least| least.min(MOST_SECONDS))) {
            (State::Registering { expires, .. }, Some(least)) if *expires == usual && least > usual => {
                self.start(cx, least)
            }
            _ => self.reject(cx, FailureCode::Rejected, "the registrar finds every interval too brief", response),
        }
    }

    /// RFC 5626 §11.5: the edge does not know this flow any more; another one may do.
    fn on_flow_failed(&mut self, cx: &mut Cx, response: &Response) {
        self.fail_waiting(cx, FailureCode::NotConnected, "the edge has lost our connection", Some(response));
        self.go_offline(cx, Some(response));
        cx.out.push_back(Told::FlowFailed("the edge says that the flow has failed (430)"));
    }

    /// RFC 5626 §11.6: registered without outbound, unless that is no good.
    fn on_first_hop_lacks_outbound(&mut self, cx: &mut Cx, response: &Response) {
        if self.account.require_outbound {
            return self.reject(cx, FailureCode::Rejected, "the first hop lacks outbound", response);
        }
        self.outbound = Outbound::Lacking;
        if let State::Registering { expires, .. } = self.state {
            self.start(cx, expires);
        }
    }

    fn retry_later(&mut self, cx: &mut Cx, response: Option<&Response>, why: &str) {
        self.failures = self.failures.saturating_add(1);
        let floor = response.and_then(|response| response.headers.retry_after()).unwrap_or(0).min(MOST_SECONDS);
        let mut wait = self.account.backoff.after(self.failures, &mut cx.entropy);
        // While the registrar still holds our contact, there is an attempt before it lets go.
        let left = self.bound_until.map(|until| until.since(cx.now).saturating_sub(MARGIN));
        if let Some(left) = left.filter(|left| !left.is_zero()) {
            wait = wait.min(left);
        }
        let retry_at = cx.now + wait.max(Duration::from_secs(u64::from(floor)));
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
        self.unbind(cx);
        let message = format!("{why} ({} {})", response.status.code(), response.phrase);
        self.refusal = Some(Failure { code, message: message.clone(), response: Some(response_data(response)) });
        self.tell(cx, RegistrationState::Rejected, Some(response), None);
        self.fail_waiting(cx, code, &message, Some(response));
    }
}

/// For how many seconds we are bound (RFC 3261 §10.2.4): the contact's own parameter, else the header field, else what
/// was asked for.
fn granted(own: &NameAddr, response: &Response, asked: u32) -> u32 {
    let parameter = own.params.value("expires").and_then(|text| text.parse().ok());
    parameter.or_else(|| response.headers.seconds(&Name::Expires).ok().flatten()).unwrap_or(asked)
}

/// What addresses the registrar has given to this device (RFC 5627 §4.2). One that is no SIP URI is none.
fn gruu(cx: &mut Cx, own: &NameAddr) -> Gruu {
    let mut read = |name: &str| {
        let text = own.params.text(name)?;
        let uri = Uri::parse(&text).ok().filter(|uri| uri.as_sip().is_some());
        if uri.is_none() {
            cx.diagnostic("gruu", format!("the registrar's {name} is no SIP URI"));
        }
        uri
    };
    Gruu { public: read("pub-gruu"), temporary: read("temp-gruu") }
}
