//! What a driver asks of calls.

use super::change::Wish;
use super::incoming::Incoming;
use super::outgoing::{Dial, Outgoing};
use super::{
    AcceptOptions, Call, CallState, Calls, Cause, DialOptions, DtmfOptions, HangupOptions, Phase, RefusalOptions,
    RenegotiateOptions, RingOptions, end, tone,
};
use crate::dialog::DialogId;
use crate::usage::data::{CallHandle, FailureCode, Misuse, RequestId, RequestOptions};
use crate::usage::request::method;
use crate::usage::{Cx, Readiness};

impl Calls {
    /// Places a call.
    ///
    /// # Errors
    /// [`Misuse`] where the handle is odd or was used before, the target is no address, or it is a sips address
    /// and the connection is not encrypted.
    pub fn dial(&mut self, cx: &mut Cx, call: CallHandle, target: &str, options: DialOptions) -> Result<(), Misuse> {
        if !call.0.is_multiple_of(2) || call.0 <= self.last_taken {
            return Err(Misuse::new(format!("{} is not a fresh even number for a call", call.0)));
        }
        let to = cx.destination(target)?;
        self.last_taken = call.0;
        let dial = Dial::new(cx.now, to, options);
        let has_room = self.has_room(cx) && cx.transactions.has_room();
        self.admit(call, Call::new(Phase::Gone));
        self.turn(cx, call, |cx, _| {
            if !has_room {
                cx.diagnostic("limit", "as many calls as the configuration allows are up already");
                return end::ended(cx, call, end::closed_by_limit(cx.now));
            }
            // TR-10
            match cx.readiness {
                Readiness::Ready => Outgoing::start(cx, call, dial),
                Readiness::Coming => Phase::Queued(Box::new(dial)),
                Readiness::Busy => {
                    cx.diagnostic("busy", "no call was placed: the socket does not take more just now");
                    end::ended(cx, call, end::transport_lost(cx.now))
                }
                Readiness::Offline => end::ended(cx, call, end::transport_lost(cx.now)),
            }
        });
        Ok(())
    }

    /// Sends a provisional response for an incoming call.
    pub fn ring(&mut self, cx: &mut Cx, id: RequestId, call: CallHandle, options: &RingOptions) {
        self.decide(cx, id, call, "ring", |cx, incoming| incoming.ring(cx, id, options));
    }

    /// Accepts an incoming call.
    pub fn accept(&mut self, cx: &mut Cx, id: RequestId, call: CallHandle, options: AcceptOptions) {
        self.decide(cx, id, call, "be accepted", |cx, incoming| incoming.accept(cx, call, id, options));
    }

    /// Refuses an incoming call.
    pub fn reject(&mut self, cx: &mut Cx, id: RequestId, call: CallHandle, options: &RefusalOptions) {
        self.decide(cx, id, call, "be refused", |cx, incoming| incoming.reject(cx, call, id, options));
    }

    /// Sends the caller elsewhere.
    ///
    /// # Errors
    /// [`Misuse`] where a contact is no address, or there is none.
    pub fn redirect(
        &mut self,
        cx: &mut Cx,
        id: RequestId,
        call: CallHandle,
        contacts: &[String],
        permanent: bool,
    ) -> Result<(), Misuse> {
        let mut addresses = Vec::new();
        for contact in contacts {
            addresses.push(cx.profile.target(contact).map_err(Misuse::new)?);
        }
        if addresses.is_empty() {
            return Err(Misuse::new("contacts: name at least one"));
        }
        let change = |cx: &mut Cx, incoming: Box<Incoming>| incoming.redirect(cx, call, id, &addresses, permanent);
        self.decide(cx, id, call, "be redirected", change);
        Ok(())
    }

    /// Puts the peer on hold, or takes it off.
    pub fn set_hold(&mut self, cx: &mut Cx, id: RequestId, call: CallHandle, held: bool) {
        self.change(cx, call, Wish { commands: vec![id], hold: Some(held), ..Wish::default() });
    }

    /// Renegotiates the media.
    pub fn renegotiate(&mut self, cx: &mut Cx, id: RequestId, call: CallHandle, options: RenegotiateOptions) {
        let RenegotiateOptions { ice_restart, method, lasting } = options;
        self.change(cx, call, Wish { commands: vec![id], ice_restart, method, lasting, ..Wish::default() });
    }

    /// Sends tones by INFO.
    ///
    /// # Errors
    /// [`Misuse`] where a character is no tone, or a duration out of bounds.
    pub fn send_dtmf(
        &mut self,
        cx: &mut Cx,
        id: RequestId,
        call: CallHandle,
        options: &DtmfOptions,
    ) -> Result<(), Misuse> {
        tone::check(options)?;
        if let Some(dialog) = self.dialog_of(cx, id, call) {
            self.calls.update(call, |entry| entry.requests.dial(cx, (call, dialog), id, options));
        }
        Ok(())
    }

    /// Sends a request of the application's in the dialog of a call.
    ///
    /// # Errors
    /// [`Misuse`] where the method cannot be.
    pub fn request(
        &mut self,
        cx: &mut Cx,
        id: RequestId,
        call: CallHandle,
        method: &str,
        options: &RequestOptions,
    ) -> Result<(), Misuse> {
        let method = self::method(method)?;
        if let Some(dialog) = self.dialog_of(cx, id, call) {
            self.calls.update(call, |entry| entry.requests.request(cx, (call, dialog), id, method, options));
        }
        Ok(())
    }

    /// Ends a call by whatever its phase calls for (IV-11, TD-T1).
    pub fn hangup(&mut self, cx: &mut Cx, id: RequestId, call: CallHandle, options: &HangupOptions) {
        self.leave(cx, call, options, Cause::Hangup);
        cx.done(id);
    }

    /// Ends a call whose media is lost for good.
    pub fn media_lost(&mut self, cx: &mut Cx, call: CallHandle, detail: &str) {
        if self.calls.get(call).is_some() {
            cx.diagnostic("media", detail);
            self.leave(cx, call, &HangupOptions::default(), Cause::Media);
        }
    }

    /// Ends every call, as the user agent is closed.
    pub fn close(&mut self, cx: &mut Cx) {
        for call in self.calls.ids_of(|_| true) {
            self.leave(cx, call, &HangupOptions::default(), Cause::Closed);
        }
    }

    /// The time for calls is nearly up: BYEs that wait for an ACK leave.
    pub fn insist(&mut self, cx: &mut Cx) {
        self.each(cx, |cx, call, phase| {
            let Phase::Leaving(goodbye, end) = phase else { return phase };
            goodbye.insist(cx, call, *end)
        });
    }

    /// The time to close is up: whatever is left ends now, unconfirmed.
    pub fn abort(&mut self, cx: &mut Cx) {
        self.each(cx, |cx, call, phase| match phase {
            Phase::Leaving(goodbye, end) => goodbye.gone(cx, call, Some(*end)),
            Phase::Parting(goodbye) => goodbye.gone(cx, call, None),
            Phase::Outgoing(outgoing) => outgoing.abandon(cx, call),
            Phase::Queued(_) | Phase::Incoming(_) | Phase::Confirming(_) | Phase::Established(_) | Phase::Gone => {
                phase.leave(cx, call, &HangupOptions::default(), Cause::Closed)
            }
        });
    }

    /// TD-05: what the peer has asked is refused before it is told that the call is over.
    fn leave(&mut self, cx: &mut Cx, call: CallHandle, options: &HangupOptions, cause: Cause) {
        self.calls.update(call, |entry| entry.requests.terminate(cx));
        self.turn(cx, call, |cx, phase| phase.leave(cx, call, options, cause));
    }

    /// Runs a command that changes the session of a call that is up.
    fn change(&mut self, cx: &mut Cx, call: CallHandle, mut wish: Wish) {
        let Some(id) = wish.commands.first().copied() else { return };
        let Some((entry, _)) = self.up(cx, id, call) else { return };
        if wish.lasting {
            wish.not_before = entry.requests.quiet_until();
        } else if entry.requests.hold_back(cx, id) {
            return;
        }
        self.turn(cx, call, |cx, phase| {
            let Phase::Established(established) = phase else { return phase };
            established.want(cx, call, wish)
        });
    }

    /// The dialog of a call that is up, where the peer does not want to be left alone; else the command is settled.
    fn dialog_of(&self, cx: &mut Cx, id: RequestId, call: CallHandle) -> Option<DialogId> {
        let (entry, dialog) = self.up(cx, id, call)?;
        (!entry.requests.hold_back(cx, id)).then_some(dialog)
    }

    /// A call that is up, and its dialog; else the command is settled.
    fn up(&self, cx: &mut Cx, id: RequestId, call: CallHandle) -> Option<(&Call, DialogId)> {
        let Some(entry) = self.calls.get(call).filter(|entry| entry.told != CallState::Ended) else {
            cx.failed_ended(id);
            return None;
        };
        let Some(dialog) = entry.phase.dialog() else {
            let why = format!("this needs a call that is established; this one is {}", entry.phase.name());
            cx.failed(id, FailureCode::WrongState, why);
            return None;
        };
        Some((entry, dialog))
    }

    /// Runs a command about an incoming call that is not yet answered; any other call cannot do `what`.
    fn decide(
        &mut self,
        cx: &mut Cx,
        id: RequestId,
        call: CallHandle,
        what: &str,
        change: impl FnOnce(&mut Cx, Box<Incoming>) -> Phase,
    ) {
        if self.calls.get(call).is_none_or(|entry| entry.told == CallState::Ended) {
            return cx.failed_ended(id);
        }
        self.turn(cx, call, |cx, phase| {
            if let Phase::Incoming(incoming) = phase {
                return change(cx, incoming);
            }
            let why = format!("only an incoming call that is not yet answered can {what}; this one is ");
            cx.failed(id, FailureCode::WrongState, why + phase.name());
            phase
        });
    }
}
