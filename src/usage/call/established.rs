//! A call both sides have agreed to (RFC 3261 §13.2.2.4, §13.3.1.4, §15).
//!
//! ```text
//!  2xx in, ACKed ─▶ Applying ──media has it──▶ Up ◀──ACK── Unacknowledged ◀─ 2xx out
//!                                                  └─ the ACK answers our offer ─▶ Applying
//! ```
//! Whatever the stage: BYE ends it from outside, hang-up turns it into a [`Goodbye`].

use super::early_media::{EarlyMedia, description};
use super::event::{CallEvent, CallState, Cause, DialogData, EndedBy, ReasonData};
use super::goodbye::Goodbye;
use super::incoming::Exchange;
use super::unacknowledged::{Alarm, Unacknowledged};
use super::{HangupOptions, Phase, end};
use crate::dialog::DialogId;
use crate::message::{Request, Response};
use crate::time::Deadline;
use crate::transaction::ServerId;
use crate::usage::data::{AskId, CallHandle};
use crate::usage::question::{Answer, Question};
use crate::usage::{Cx, Owner, Usage, response_data};

/// A call with a confirmed dialog.
#[derive(Debug)]
pub(super) struct Established {
    dialog: DialogId,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The media takes the peer's answer; with it the call is up.
    Applying {
        ask: AskId,
        accepted: Option<Box<Response>>,
    },
    /// Our 2xx waits for its ACK.
    Unacknowledged {
        wait: Unacknowledged,
        exchange: Exchange,
    },
    Up,
}

impl Established {
    /// Our INVITE got its first 2xx: the media takes the answer, unless it has it from a provisional response.
    pub(super) fn outgoing(
        cx: &mut Cx,
        call: CallHandle,
        dialog: DialogId,
        response: &Response,
        (winner, early): (&str, EarlyMedia),
    ) -> Phase {
        let answer = description(response);
        let accepted = Some(Box::new(response.clone()));
        let has_it = early.covers(winner, answer.as_deref());
        let stage = match (early, answer) {
            (EarlyMedia::Applied { .. }, _) if has_it => {
                let up = Self { dialog, stage: Stage::Up };
                up.tell_established(cx, call, Some(response));
                return Phase::Established(Box::new(up));
            }
            (EarlyMedia::Applying { ask, .. }, _) if has_it => Stage::Applying { ask, accepted },
            (early, Some(answer)) => {
                early.withdraw(cx);
                let branch = winner.to_owned();
                let question = Question::SetAnswer { call, answer, branch, provisional: false };
                Stage::Applying { ask: cx.ask(Owner::Call(call), question), accepted }
            }
            (early, None) => {
                early.withdraw(cx);
                cx.diagnostic("no-answer", "the 2xx to our INVITE carries no answer to our offer");
                let broken = end::plain(EndedBy::Local, Cause::Protocol, cx.now);
                return Goodbye::leaving(cx, call, dialog, &not_acceptable(), broken);
            }
        };
        Phase::Established(Box::new(Self { dialog, stage }))
    }

    /// Our 2xx has left.
    pub(super) fn incoming(
        cx: &mut Cx,
        call: CallHandle,
        (invite, request): (ServerId, &Request),
        dialog: DialogId,
        response: Response,
        exchange: Exchange,
    ) -> Phase {
        let cseq = request.head().map_or(0, |head| head.cseq.number);
        let wait = Unacknowledged::new(cx, invite, cseq, response);
        let up = Self { dialog, stage: Stage::Unacknowledged { wait, exchange } };
        up.tell_established(cx, call, None);
        Phase::Established(Box::new(up))
    }

    pub(super) fn state(&self) -> CallState {
        match &self.stage {
            // The answer to a late offer is applied while the call is up already.
            Stage::Applying { accepted: Some(_), .. } => CallState::Answering,
            Stage::Applying { accepted: None, .. } | Stage::Unacknowledged { .. } | Stage::Up => CallState::Established,
        }
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        match &self.stage {
            Stage::Unacknowledged { wait, .. } => Some(wait.deadline()),
            Stage::Applying { .. } | Stage::Up => None,
        }
    }

    pub(super) fn handle_timeout(mut self: Box<Self>, cx: &mut Cx, call: CallHandle) -> Phase {
        let Stage::Unacknowledged { wait, .. } = &mut self.stage else {
            return Phase::Established(self);
        };
        match wait.handle_timeout(cx) {
            Alarm::Repeated => Phase::Established(self),
            Alarm::Unknowable => {
                cx.diagnostic("ack-lost", "the connection was lost before the ACK came; the call is kept");
                self.stage = Stage::Up;
                Phase::Established(self)
            }
            Alarm::GaveUp => {
                cx.diagnostic("ack-timeout", "the peer never acknowledged our 2xx");
                let unheard = end::plain(EndedBy::Network, Cause::Timeout, cx.now);
                Goodbye::leaving(cx, call, self.dialog, &HangupOptions::default(), unheard)
            }
        }
    }

    /// An ACK in our dialog.
    pub(super) fn on_ack(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, ack: &Request, cseq: u32) -> Phase {
        let Stage::Unacknowledged { wait, exchange } = &self.stage else {
            return Phase::Established(self);
        };
        if !wait.is_acknowledged_by(cseq) {
            return Phase::Established(self);
        }
        match (exchange, super::incoming::sdp_of(&ack.headers, &ack.body)) {
            (Exchange::Answered, _) => self.stage = Stage::Up,
            (Exchange::Offered, Some(answer)) => {
                let branch =
                    cx.dialogs.get(self.dialog).map(|dialog| dialog.key.remote_tag.clone()).unwrap_or_default();
                let question = Question::SetAnswer { call, answer, branch, provisional: false };
                self.stage = Stage::Applying { ask: cx.ask(Owner::Call(call), question), accepted: None };
            }
            // IV-02: the ACK had to answer our offer.
            (Exchange::Offered, None) => {
                cx.diagnostic("no-answer", "the ACK carries no answer to the offer in our 2xx");
                let broken = end::plain(EndedBy::Local, Cause::Protocol, cx.now);
                return Goodbye::leaving(cx, call, self.dialog, &not_acceptable(), broken);
            }
        }
        Phase::Established(self)
    }

    /// The media has taken the answer, or could not.
    pub(super) fn on_answer(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, ask: AskId, answer: Answer) -> Phase {
        match (&self.stage, answer) {
            (Stage::Applying { ask: asked, accepted }, Answer::Applied) if *asked == ask => {
                if let Some(response) = accepted {
                    self.tell_established(cx, call, Some(response));
                }
                self.stage = Stage::Up;
            }
            (Stage::Applying { ask: asked, .. }, Answer::MediaFailed { detail, .. }) if *asked == ask => {
                cx.diagnostic("media", detail);
                let failed = end::plain(EndedBy::Local, Cause::Media, cx.now);
                return Goodbye::leaving(cx, call, self.dialog, &not_acceptable(), failed);
            }
            (Stage::Applying { .. } | Stage::Unacknowledged { .. } | Stage::Up, _) => {}
        }
        Phase::Established(self)
    }

    /// Hung up. Before the ACK a BYE would overtake our 2xx, so it waits (RFC 3261 §15, RC-07).
    pub(super) fn leave(self, cx: &mut Cx, call: CallHandle, options: &HangupOptions, cause: Cause) -> Phase {
        let end = end::local(cause, options, cx.now);
        match self.stage {
            Stage::Unacknowledged { wait, .. } => Goodbye::after_ack(self.dialog, wait, options, end),
            Stage::Applying { ask, .. } => {
                cx.withdraw(ask);
                Goodbye::leaving(cx, call, self.dialog, options, end)
            }
            Stage::Up => Goodbye::leaving(cx, call, self.dialog, options, end),
        }
    }

    /// The peer has hung up; its BYE is answered.
    pub(super) fn on_bye(self, cx: &mut Cx, call: CallHandle, bye: &Request) -> Phase {
        if let Stage::Applying { ask, .. } = self.stage {
            cx.withdraw(ask);
        }
        cx.dialogs.end_usage(self.dialog, Usage::Invite(call));
        end::ended(cx, call, end::by_peer(Cause::Hangup, &bye.headers, cx.now))
    }

    fn tell_established(&self, cx: &mut Cx, call: CallHandle, response: Option<&Response>) {
        let Some(key) = cx.dialogs.get(self.dialog).map(|dialog| dialog.key.clone()) else { return };
        let dialog = DialogData { call_id: key.call_id, local_tag: key.local_tag, remote_tag: key.remote_tag };
        cx.tell(call, CallEvent::Established { dialog, response: response.map(response_data) });
    }
}

/// RFC 3326: why a call with no usable session description is ended.
fn not_acceptable() -> HangupOptions {
    let reason = ReasonData { protocol: "SIP".to_owned(), cause: 488, text: Some("Not Acceptable Here".to_owned()) };
    HangupOptions { reason: Some(reason), ..HangupOptions::default() }
}
