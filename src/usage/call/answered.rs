//! The first 2xx to an INVITE of ours (RFC 3261 §13.2.2.4): what it means for the session, and for the branches that did
//! not answer.
//!
//! | we offered | the 2xx carries | |
//! |---|---|---|
//! | yes | an answer, or none beside that of a provisional response | Confirming: the media takes it |
//! | yes | none at all, or one to another offer | BYE, `Reason: SIP;cause=488` |
//! | no | an offer | Confirming: the media makes the answer, the ACK carries it |
//! | no | none | BYE, `Reason: SIP;cause=488` |

use super::confirming::Confirming;
use super::early_media::description;
use super::established::without_session;
use super::event::{Cause, EndedBy};
use super::goodbye::Goodbye;
use super::outgoing::{EarlyDialogs, Outgoing, Step};
use super::{HangupOptions, Phase, end};
use crate::dialog::{Dialog, DialogId, DialogKey};
use crate::message::{Head, Request, Response, sdp};
use crate::transaction::ClientId;
use crate::usage::data::CallHandle;
use crate::usage::question::Question;
use crate::usage::{Cx, Owner, Usage};

impl Outgoing {
    /// Whether the first 2xx is to be answered by the ACK: the peer was to offer, and is still wanted.
    pub(super) fn awaits_offer(&self) -> bool {
        self.offer.is_none() && matches!(self.step, Step::Inviting { .. })
    }

    /// The first 2xx; the ACK is out, unless it has to carry our answer (RFC 3261 §13.2.2.4).
    pub(super) fn on_answered(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        (invite, dialog): (ClientId, DialogId),
        response: &Response,
        head: &Head,
    ) -> Phase {
        let (early, media) = match self.step {
            Step::Inviting { early, media, .. } => (early, media),
            // RC-01: the 2xx crossed our CANCEL.
            Step::Cancelling { end, .. } => {
                return Goodbye::leaving(cx, call, dialog, &HangupOptions::default(), *end);
            }
            Step::Preparing { .. } => return Phase::Outgoing(self),
        };
        keep_others(cx, call, invite, early, dialog);
        let winner = head.to_tag().unwrap_or_default();
        // What was a preview becomes the answer, whether it is said again or not (RFC 3261 §13.2.1).
        let answer = description(response).or_else(|| media.answer_of(winner));
        media.withdraw(cx);
        match (self.offer.take(), answer) {
            (None, Some(offer)) => Confirming::making(cx, call, dialog, response, offer, (invite, head)),
            (Some(offer), Some(answer)) if sdp::is_answer_to(&answer, &offer) => {
                let branch = winner.to_owned();
                let question = Question::SetAnswer { call, answer: answer.clone(), branch, provisional: false };
                let ask = cx.ask(Owner::Call(call), question);
                Confirming::taking(dialog, self.session, response, ask, (offer, answer))
            }
            (offer, answer) => {
                let why = match (offer, answer) {
                    (Some(_), Some(_)) => "the 2xx to our INVITE answers another number of streams than we offered",
                    (Some(_), None) => "the 2xx to our INVITE carries no answer to our offer",
                    (None, _) => "the 2xx to our INVITE carries no offer",
                };
                cx.diagnostic("no-answer", why);
                without_session(cx, call, dialog, Cause::Protocol)
            }
        }
    }

    /// A first 2xx that names no place to send requests to: what can be said is BYE (DG-10).
    pub(super) fn on_unusable(
        self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        (invite, dialog): (ClientId, DialogId),
    ) -> Phase {
        let broken = end::plain(EndedBy::Local, Cause::Protocol, cx.now);
        match self.step {
            Step::Inviting { early, media, .. } => {
                media.withdraw(cx);
                keep_others(cx, call, invite, early, dialog);
                Goodbye::leaving(cx, call, dialog, &HangupOptions::default(), broken)
            }
            Step::Cancelling { end, .. } => Goodbye::leaving(cx, call, dialog, &HangupOptions::default(), *end),
            Step::Preparing { .. } => Phase::Outgoing(self),
        }
    }
}

/// The branches that did not win may still answer (FK-03).
fn keep_others(cx: &mut Cx, call: CallHandle, invite: ClientId, early: EarlyDialogs, winner: DialogId) {
    let others = early.into_iter().map(|(_, dialog)| dialog).filter(|dialog| *dialog != winner).collect();
    cx.keep_siblings(invite, call, others);
}

/// The dialog of a 2xx, which `owner` uses: an early one confirmed, even one that had lost, or a new one.
pub(super) fn confirm(cx: &mut Cx, owner: CallHandle, request: &Request, response: &Response, head: &Head) -> DialogId {
    let known = cx.dialogs.find(&DialogKey::of_response(head));
    if let Some((id, dialog)) = known.and_then(|id| Some((id, cx.dialogs.get_mut(id)?))) {
        dialog.confirm_by(response);
        cx.dialogs.hand_over(id, Usage::Lost, Usage::Invite(owner));
        return id;
    }
    cx.dialogs.insert(Dialog::uac(request, response, head), Usage::Invite(owner))
}
