//! What the wire says to calls: new INVITEs, CANCELs and ACKs, responses, and responses that never came. What the peer
//! asks within a dialog stands in `in_dialog`.

use super::answered::confirm;
use super::event::{Cause, ReasonData};
use super::goodbye::Goodbye;
use super::incoming::Incoming;
use super::outgoing::Outgoing;
use super::{Call, CallEnd, CallState, Calls, Established, HangupOptions, Phase, end};
use crate::dialog::{Dialog, DialogKey, Failed, Stage};
use crate::message::{Contacts, Head, Method, Name, NameAddr, Request, Response, StatusCode};
use crate::transaction::{ClientId, ServerId};
use crate::usage::auth::{Leg, Verdict};
use crate::usage::data::{CallHandle, Interest};
use crate::usage::{Cx, Owner, Usage};

/// How many branches of one INVITE are followed (SL-02).
pub(super) const FORKS: usize = 64;

impl Calls {
    /// An INVITE outside every dialog. Without anybody to ask it is answered 480 at once.
    pub fn on_invite(&mut self, cx: &mut Cx, id: ServerId, request: Request, head: &Head) {
        let tag = cx.entropy.tag();
        cx.transactions.set_local_tag(id, &tag);
        let dialog = match Dialog::uas(&request, head, &tag) {
            Ok(dialog) => dialog,
            Err(fault) => return cx.refuse_fault(id, &request, &fault, &tag),
        };
        if !cx.interests.contains(&Interest::Calls) {
            cx.diagnostic("nobody-listens", "a call came in and nothing listens for calls: answered 480");
            return cx.refuse(id, &request, StatusCode::TEMPORARILY_UNAVAILABLE, &tag);
        }
        if !self.has_room(cx) {
            cx.diagnostic("limit", "a call came in and as many as the configuration allows are up: answered 486");
            return cx.refuse(id, &request, StatusCode::BUSY_HERE, &tag);
        }
        let call = self.next_handle();
        cx.transactions.set_owner(id, Owner::Call(call));
        let dialog = cx.dialogs.insert(dialog, Usage::Invite(call));
        let phase = Incoming::alert(cx, call, id, request, dialog, tag);
        self.admit(call, Call::new(phase));
    }

    /// An ACK for a 2xx in the dialog of a call.
    pub fn on_ack(&mut self, cx: &mut Cx, call: CallHandle, ack: &Request, head: &Head) {
        let cseq = head.cseq.number;
        self.turn(cx, call, |cx, phase| match phase {
            Phase::Established(established) => established.on_ack(cx, call, ack, cseq),
            Phase::Leaving(goodbye, end) => goodbye.on_ack(cx, call, cseq, *end),
            Phase::Queued(_)
            | Phase::Outgoing(_)
            | Phase::Incoming(_)
            | Phase::Confirming(_)
            | Phase::Parting(_)
            | Phase::Gone => phase,
        });
    }

    /// A CANCEL for an INVITE that is not answered; the CANCEL itself is (TX-09).
    pub fn on_cancel(&mut self, cx: &mut Cx, call: CallHandle, invite: ServerId, cancel: &Request) {
        self.turn(cx, call, |cx, phase| match phase {
            Phase::Incoming(incoming) => incoming.on_cancel(cx, call, cancel),
            Phase::Established(established) => established.on_cancel(cx, call, invite),
            Phase::Confirming(mut confirming) => {
                confirming.on_cancel(cx, invite);
                Phase::Confirming(confirming)
            }
            Phase::Queued(_) | Phase::Outgoing(_) | Phase::Leaving(..) | Phase::Parting(_) | Phase::Gone => phase,
        });
    }

    /// A response to a request of a call, challenges excepted.
    pub fn on_response(&mut self, cx: &mut Cx, call: CallHandle, id: ClientId, response: &Response, head: &Head) {
        let leg = Leg::Sent(id);
        if head.cseq.method == Method::Invite && response.status.is_success() {
            return self.on_success(cx, call, id, response, head);
        }
        self.calls.update(call, |entry| {
            if entry.phase.dialog().is_some() {
                entry.requests.heed(cx.now, response);
            }
        });
        if self.is_request(call, leg) {
            return self.on_request_response(cx, call, leg, response);
        }
        self.turn(cx, call, |cx, phase| match phase.sender(leg) {
            Sender::Inviting(outgoing) => match response.status.code() {
                100 => Phase::Outgoing(outgoing),
                101..=199 => match cx.transactions.client_request(id).cloned() {
                    Some(request) if !cx.is_lost_on_the_way(response) => {
                        outgoing.on_provisional(cx, call, &request, response, head)
                    }
                    Some(_) | None => Phase::Outgoing(outgoing),
                },
                _ => outgoing.on_refused(cx, call, response),
            },
            Sender::Changing(established) if response.status.is_provisional() => Phase::Established(established),
            Sender::Changing(established) => established.on_response(cx, call, response, head),
            Sender::SayingBye(goodbye, end) if response.status.is_final() => goodbye.on_over(cx, call, end),
            Sender::SayingBye(goodbye, end) => goodbye.same(end),
            Sender::Nobody(phase) => phase,
        });
    }

    /// A challenge to a request of a call has been dealt with, or its question answered.
    pub fn on_verdict(&mut self, cx: &mut Cx, call: CallHandle, leg: Leg, verdict: Verdict, response: &Response) {
        if self.is_request(call, leg) {
            self.calls.update(call, |entry| match entry.phase.dialog() {
                Some(dialog) => entry.requests.on_verdict(cx, (call, dialog), leg, verdict, response),
                None => entry.requests.end(cx),
            });
            return;
        }
        self.turn(cx, call, |cx, phase| match phase.sender(leg) {
            Sender::Inviting(outgoing) => outgoing.on_verdict(cx, call, verdict, response),
            Sender::Changing(established) => established.on_verdict(cx, call, verdict, response),
            Sender::SayingBye(goodbye, end) => goodbye.on_verdict(cx, call, verdict, end),
            Sender::Nobody(phase) => {
                if let Verdict::Asked(ask) = verdict {
                    Leg::Authenticating(ask).abandon(cx);
                }
                phase
            }
        });
    }

    /// A request of a call was not answered in time, or its connection broke.
    pub fn on_no_answer(&mut self, cx: &mut Cx, call: CallHandle, id: ClientId, why: Failed) {
        let leg = Leg::Sent(id);
        if self.is_request(call, leg) {
            let fate = self.calls.update(call, |entry| {
                let dialog = entry.phase.dialog()?;
                Some(entry.requests.on_no_answer(cx, (call, dialog), leg, why))
            });
            if let Some(fate) = fate.flatten() {
                let silent = end::silent(cx.now);
                self.suffer(cx, call, fate, silent, None);
            }
            return;
        }
        let is_lost = why == Failed::Transport;
        let cause = if is_lost { Cause::Transport } else { Cause::Timeout };
        self.turn(cx, call, |cx, phase| match phase.sender(leg) {
            Sender::Inviting(outgoing) => outgoing.on_no_answer(cx, call, cause),
            Sender::Changing(established) => established.on_no_answer(cx, call, why),
            Sender::SayingBye(goodbye, end) if is_lost => goodbye.flow_down(cx, call, end),
            Sender::SayingBye(goodbye, end) => goodbye.on_over(cx, call, end),
            Sender::Nobody(phase) => phase,
        });
    }

    fn is_request(&self, call: CallHandle, leg: Leg) -> bool {
        self.calls.get(call).is_some_and(|entry| entry.requests.has(leg))
    }

    fn on_request_response(&mut self, cx: &mut Cx, call: CallHandle, leg: Leg, response: &Response) {
        let fate = self.calls.update(call, |entry| {
            let dialog = entry.phase.dialog()?;
            Some(entry.requests.on_response(cx, (call, dialog), leg, response))
        });
        if let Some(fate) = fate.flatten() {
            let end = end::lost(response, cx.now);
            self.suffer(cx, call, fate, end, Some(&response.headers));
        }
    }

    /// RFC 3261 §13.2.2.4: every 2xx is acknowledged, the first of a branch opens its dialog, and a call is kept
    /// only for the first branch that somebody still wants.
    fn on_success(&mut self, cx: &mut Cx, call: CallHandle, id: ClientId, response: &Response, head: &Head) {
        if cx.acknowledge_again(id, head) {
            return;
        }
        let Some(invite) = cx.transactions.client_request(id).cloned() else { return };
        if invite.head().is_ok_and(|sent| sent.to_tag().is_some()) {
            return self.on_change_agreed(cx, call, id, response, head);
        }
        if cx.is_confirmed(head) {
            // A repeat: the ACK waits for our answer.
            return;
        }
        if cx.is_lost_on_the_way(response) {
            return;
        }
        if cx.branches.acknowledged(id) >= FORKS {
            return cx.diagnostic("limit", "more branches of a call were answered than are followed: one is dropped");
        }
        let waiting = match self.calls.get(call).map(|entry| &entry.phase) {
            Some(Phase::Outgoing(outgoing)) if outgoing.is_invite(Leg::Sent(id)) => Some(outgoing.awaits_offer()),
            _ => None,
        };
        let Some(awaits_offer) = waiting else {
            return self.on_second_success(cx, (id, &invite), response, head);
        };
        let dialog = confirm(cx, call, &invite, response, head);
        let is_sip = |contact: &NameAddr| contact.uri.as_sip().is_some();
        let usable =
            matches!(response.headers.contacts(), Ok(Contacts::List(list)) if list.first().is_some_and(is_sip));
        let offers = super::early_media::description(response).is_some();
        if !(usable && awaits_offer && offers) {
            cx.acknowledge(id, dialog, head, None);
        }
        self.turn(cx, call, |cx, phase| {
            let Phase::Outgoing(outgoing) = phase else { return phase };
            if usable {
                return outgoing.on_answered(cx, call, (id, dialog), response, head);
            }
            // DG-10
            cx.diagnostic("no-contact", "the 2xx to our INVITE names no usable Contact");
            outgoing.on_unusable(cx, call, (id, dialog))
        });
    }

    /// FK-02: a branch nobody waits for is acknowledged and ended.
    fn on_second_success(&mut self, cx: &mut Cx, (id, invite): (ClientId, &Request), response: &Response, head: &Head) {
        let owner = self.next_handle();
        let dialog = confirm(cx, owner, invite, response, head);
        // FK-02, RC-20: another branch has the call, or its end has been told already.
        let farewell = if cx.branches.acknowledged(id) > 0 { elsewhere() } else { HangupOptions::default() };
        cx.acknowledge(id, dialog, head, None);
        let phase = Goodbye::unseen(cx, owner, dialog, &farewell);
        self.admit(owner, Call { told: CallState::Ended, ..Call::new(phase) });
    }

    /// A 2xx to a re-INVITE of ours (RFC 3261 §14.1): acknowledged whatever has become of the call (RC-04).
    fn on_change_agreed(&mut self, cx: &mut Cx, call: CallHandle, id: ClientId, response: &Response, head: &Head) {
        let Some(dialog) = cx.dialogs.find(&DialogKey::of_response(head)) else {
            return cx.diagnostic("stray-response", "a 2xx to a re-INVITE of a dialog that is gone was dropped");
        };
        if let Some(dialog) = cx.dialogs.get_mut(dialog) {
            dialog.refresh_target(&response.headers);
        }
        cx.acknowledge(id, dialog, head, None);
        self.turn(cx, call, |cx, phase| {
            let Phase::Established(established) = phase else { return phase };
            if !established.change.is_at(Leg::Sent(id)) {
                return Phase::Established(established);
            }
            established.on_response(cx, call, response, head)
        });
    }

    pub(super) fn next_handle(&mut self) -> CallHandle {
        let handle = CallHandle(self.last_made);
        self.last_made = self.last_made.saturating_add(2);
        handle
    }
}

/// Which part of a call has a request there.
enum Sender {
    Inviting(Box<Outgoing>),
    Changing(Box<Established>),
    /// With what people are still to be told, if anything.
    SayingBye(Box<Goodbye>, Option<CallEnd>),
    Nobody(Phase),
}

impl Phase {
    fn sender(self, leg: Leg) -> Sender {
        match self {
            Self::Outgoing(outgoing) if outgoing.is_invite(leg) => Sender::Inviting(outgoing),
            Self::Established(established) if established.change.is_at(leg) => Sender::Changing(established),
            Self::Leaving(goodbye, end) if goodbye.is_bye(leg) => Sender::SayingBye(goodbye, Some(*end)),
            Self::Parting(goodbye) if goodbye.is_bye(leg) => Sender::SayingBye(goodbye, None),
            Self::Queued(_)
            | Self::Outgoing(_)
            | Self::Incoming(_)
            | Self::Confirming(_)
            | Self::Established(_)
            | Self::Leaving(..)
            | Self::Parting(_)
            | Self::Gone => Sender::Nobody(self),
        }
    }
}

impl Cx {
    /// Whether a response names a way that cannot be read, so that its dialog would have none: it is dropped (DG-02).
    fn is_lost_on_the_way(&mut self, response: &Response) -> bool {
        let fault = response.headers.addresses(&Name::RecordRoute).err();
        if let Some(fault) = &fault {
            self.diagnostic("malformed", format!("{}: {}", fault.phrase(), fault.detail));
        }
        fault.is_some()
    }

    /// Whether the dialog of a response is confirmed already.
    fn is_confirmed(&self, head: &Head) -> bool {
        let dialog = self.dialogs.find(&DialogKey::of_response(head)).and_then(|id| self.dialogs.get(id));
        dialog.is_some_and(|dialog| dialog.stage == Stage::Confirmed)
    }
}

/// FK-02
fn elsewhere() -> HangupOptions {
    let text = Some("Call completed elsewhere".to_owned());
    let reason = ReasonData { protocol: "SIP".to_owned(), cause: 200, text };
    HangupOptions { reason: Some(reason), ..HangupOptions::default() }
}
