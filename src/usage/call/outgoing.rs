//! A call we place, until it is answered (RFC 3261 §9.1, §13.2; TX-08, TX-12).
//!
//! ```text
//!            offer made,            2xx
//!            or not wanted
//!  Preparing ──────────▶ Inviting ─────────▶ Confirming, Established
//!      │ hangup, media     │  │ └ refused, no answer ─▶ gone, or Inviting at the next contact of a 3xx
//!      ▼ refused           │  └ hangup, give_up_at ─▶ Cancelling ─ 487, any final, 32 s ─▶ gone
//!    gone                  └ 401/407 without credentials at hand: the INVITE waits, Leg::Authenticating
//! ```

use super::early_media::{EarlyMedia, description};
use super::event::{CallEnd, CallEvent, CallState, Cause, EndedBy};
use super::goodbye::Goodbye;
use super::redirect::Redirects;
use super::session::Session;
use super::{DialOptions, Flow, HangupOptions, Phase, end};
use crate::dialog::{Dialog, DialogId};
use crate::message::{CSeq, Head, Method, Name, NameAddr, Request, Response};
use crate::time::{Deadline, Duration, Instant};
use crate::transaction::ClientId;
use crate::usage::auth::{Attempt, Leg, Verdict};
use crate::usage::data::{AskId, CallHandle};
use crate::usage::question::{Answer, Question};
use crate::usage::request::{add_headers, renumber};
use crate::usage::{Cx, Offline, Owner, Usage, add_sdp, message_data, response_data};

/// Whom to call and how.
#[derive(Debug)]
pub(super) struct Dial {
    to: NameAddr,
    options: DialOptions,
    give_up_at: Option<Instant>,
}

/// A call that is being placed.
#[derive(Debug)]
pub(super) struct Outgoing {
    dial: Dial,
    redirects: Redirects,
    /// Our offer; none where the peer is to make one.
    pub(super) offer: Option<String>,
    pub(super) session: Session,
    pub(super) step: Step,
}

#[derive(Debug)]
pub(super) enum Step {
    /// The media makes an offer.
    Preparing { ask: AskId },
    /// The INVITE is out.
    Inviting { leg: Leg, progress: CallState, early: EarlyDialogs, media: EarlyMedia },
    /// CANCEL is out, or waits for a provisional response to cancel; the transaction bounds it.
    Cancelling { invite: ClientId, end: Box<CallEnd> },
}

/// The early dialogs of a forked INVITE, by To tag.
pub(super) type EarlyDialogs = Vec<(String, DialogId)>;

impl Dial {
    pub(super) fn new(now: Instant, to: NameAddr, options: DialOptions) -> Self {
        let timeout = Duration::from_millis(u64::from(options.timeout_ms));
        let give_up_at = (!timeout.is_zero()).then(|| now + timeout);
        Self { to, options, give_up_at }
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        self.give_up_at.map(|at| Deadline::new(at, "give up: nobody answered"))
    }
}

impl Outgoing {
    /// Asks for an offer: the first step of a call we place, unless the peer is to make it.
    pub(super) fn start(cx: &mut Cx, call: CallHandle, dial: Dial) -> Phase {
        if dial.options.late_offer {
            // Nothing waits for this: the INVITE leaves at once.
            return Box::new(Self::new(dial, AskId(0))).invite(cx, call, None);
        }
        let question = Question::CreateOffer { call, hold: false, ice_restart: false };
        let ask = cx.ask(Owner::Call(call), question);
        Phase::Outgoing(Box::new(Self::new(dial, ask)))
    }

    fn new(dial: Dial, ask: AskId) -> Self {
        let redirects = Redirects::new(dial.options.follow_redirects);
        Self { dial, redirects, offer: None, session: Session::default(), step: Step::Preparing { ask } }
    }

    pub(super) fn state(&self) -> CallState {
        match &self.step {
            Step::Preparing { .. } => CallState::Calling,
            Step::Inviting { progress, .. } => *progress,
            Step::Cancelling { .. } => CallState::Ending,
        }
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        match self.step {
            Step::Preparing { .. } | Step::Inviting { .. } => self.dial.deadline(),
            Step::Cancelling { .. } => None,
        }
    }

    /// TX-12: nobody answered in time.
    pub(super) fn handle_timeout(self: Box<Self>, cx: &mut Cx, call: CallHandle) -> Phase {
        let end = end::unanswered(cx.now);
        self.stop(cx, call, &HangupOptions::default(), end)
    }

    /// Hung up before an answer (IV-11, TD-T1).
    pub(super) fn leave(
        self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        options: &HangupOptions,
        cause: Cause,
    ) -> Phase {
        let cause = if cause == Cause::Hangup { Cause::Cancelled } else { cause };
        let end = end::local(cause, options, cx.now);
        self.stop(cx, call, options, end)
    }

    /// The user agent closes and will not wait for the answer to a CANCEL.
    pub(super) fn abandon(self, cx: &mut Cx, call: CallHandle) -> Phase {
        let closed = end::local(Cause::Closed, &HangupOptions::default(), cx.now);
        self.end(cx, call, closed)
    }

    fn stop(self: Box<Self>, cx: &mut Cx, call: CallHandle, options: &HangupOptions, end: CallEnd) -> Phase {
        match self.step {
            Step::Preparing { .. } | Step::Inviting { leg: Leg::Authenticating(_), .. } => self.end(cx, call, end),
            Step::Inviting { leg: Leg::Sent(invite), early, media, .. } => {
                media.withdraw(cx);
                drop_early(cx, call, early);
                cx.transactions.cancel(cx.now, invite, end::extra(options));
                let step = Step::Cancelling { invite, end: Box::new(end) };
                Phase::Outgoing(Box::new(Self { step, ..*self }))
            }
            Step::Cancelling { .. } => Phase::Outgoing(self),
        }
    }

    /// The media has answered.
    pub(super) fn on_answer(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, ask: AskId, answer: Answer) -> Phase {
        match (&mut self.step, answer) {
            (Step::Preparing { ask: asked }, Answer::Sdp { sdp }) if *asked == ask => self.invite(cx, call, Some(sdp)),
            (Step::Preparing { ask: asked }, Answer::MediaFailed { detail, .. }) if *asked == ask => {
                cx.diagnostic("media", detail);
                end::ended(cx, call, end::plain(EndedBy::Local, Cause::Media, cx.now))
            }
            (Step::Inviting { media, .. }, answer) => {
                media.on_answer(cx, ask, answer);
                Phase::Outgoing(self)
            }
            (Step::Preparing { .. } | Step::Cancelling { .. }, _) => Phase::Outgoing(self),
        }
    }

    /// RFC 3261 §13.2.1: the INVITE, with our offer unless the peer is to make one.
    fn invite(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, made: Option<String>) -> Phase {
        let to = NameAddr { params: Default::default(), ..self.dial.to.clone() };
        let mut request = cx.request(Method::Invite, to.uri.clone(), &to);
        let cseq = CSeq { number: cx.entropy.first_cseq(), method: Method::Invite };
        request.headers.push(Name::CSeq, cseq.to_string());
        cx.describe_us(&mut request.headers);
        request.headers.push(Name::Accept, "application/sdp");
        add_headers(&mut request.headers, &self.dial.options.headers);
        self.offer = made.map(|made| self.session.send(made));
        if let Some(offer) = &self.offer {
            request.body = add_sdp(&mut request.headers, offer);
        }
        let early = (CallState::Calling, EarlyDialogs::new(), EarlyMedia::None);
        self.send(cx, call, request, Attempt::default(), early)
    }

    fn send(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        request: Request,
        attempt: Attempt,
        (progress, early, media): (CallState, EarlyDialogs, EarlyMedia),
    ) -> Phase {
        self.redirects.note(&request);
        // SL-09: the connection may be another one than when the call was asked for.
        let exposed = cx.exposes(&request.uri);
        if exposed {
            cx.diagnostic("sips-over-ws", "no INVITE was sent: a sips address asks for encryption, which ws: has not");
        }
        let sent = if exposed { Err(Offline) } else { cx.send_again(request, Owner::Call(call), attempt) };
        let Ok(id) = sent else {
            media.withdraw(cx);
            drop_early(cx, call, early);
            return end::ended(cx, call, end::transport_lost(cx.now));
        };
        if let Some(sent) = cx.transactions.client_request(id) {
            let invite = message_data(&sent.headers, &sent.body);
            cx.tell(call, CallEvent::Invited { remote: (&self.dial.to).into(), invite });
        }
        self.step = Step::Inviting { leg: Leg::Sent(id), progress, early, media };
        Phase::Outgoing(self)
    }

    /// The INVITE was challenged (RFC 3261 §22.2: same Call-ID and From tag, next CSeq, no To tag).
    pub(super) fn on_verdict(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        verdict: Verdict,
        response: &Response,
    ) -> Phase {
        let Step::Inviting { leg, progress, early, media } = self.step else {
            return self.after_cancel(cx, call, verdict);
        };
        match verdict {
            Verdict::Asked(ask) => {
                self.step = Step::Inviting { leg: Leg::Authenticating(ask), progress, early, media };
                Phase::Outgoing(self)
            }
            Verdict::Again(mut request, attempt) => {
                renumber(&mut request);
                self.step = Step::Inviting { leg, progress, early: EarlyDialogs::new(), media: EarlyMedia::None };
                // FK-03: a challenge is a final response too.
                drop_early(cx, call, early);
                self.send(cx, call, *request, attempt, (progress, EarlyDialogs::new(), media))
            }
            Verdict::Refused(why) => {
                cx.diagnostic("authentication", why);
                self.step = Step::Inviting { leg, progress, early, media };
                let end = CallEnd { cause: Cause::Authentication, ..end::refused(response, cx.now) };
                self.elsewhere(cx, call, end)
            }
        }
    }

    /// A challenge that crossed our CANCEL is as good as a 487.
    fn after_cancel(self: Box<Self>, cx: &mut Cx, call: CallHandle, verdict: Verdict) -> Phase {
        if let Verdict::Asked(ask) = verdict {
            Leg::Authenticating(ask).abandon(cx);
        }
        match self.step {
            Step::Cancelling { end, .. } => end::ended(cx, call, *end),
            Step::Preparing { .. } | Step::Inviting { .. } => Phase::Outgoing(self),
        }
    }

    /// A provisional response above 100 (RFC 3261 §13.2.2.1).
    pub(super) fn on_provisional(
        mut self: Box<Self>,
        cx: &mut Cx,
        call: CallHandle,
        request: &Request,
        response: &Response,
        head: &Head,
    ) -> Phase {
        let Step::Inviting { progress, early, media, .. } = &mut self.step else {
            return Phase::Outgoing(self);
        };
        let branch = head.to_tag().unwrap_or_default().to_owned();
        // DG-01: without a tag it opens no dialog.
        let is_new = !branch.is_empty() && !early.iter().any(|(tag, _)| *tag == branch);
        if is_new && early.len() < super::inbound::FORKS && cx.has_room_for_dialog() {
            let dialog = Dialog::uac(request, response, head);
            early.push((branch.clone(), cx.dialogs.insert(dialog, Usage::Invite(call))));
        }
        if response.status.code() == 180 {
            *progress = (*progress).max(CallState::Ringing);
        }
        let preview = description(response).filter(|_| self.offer.is_some());
        if let (EarlyMedia::None, Some(answer)) = (&*media, preview) {
            let question =
                Question::SetAnswer { call, answer: answer.clone(), branch: branch.clone(), provisional: true };
            let ask = cx.ask(Owner::Call(call), question);
            *media = EarlyMedia::Applying { ask, branch: branch.clone(), answer };
            *progress = CallState::Early;
        }
        cx.tell(call, CallEvent::Progress { response: response_data(response), branch });
        Phase::Outgoing(self)
    }

    /// BYE in an early dialog (RC-10): that branch is gone, and with the last of them the call. Should it be answered all
    /// the same, the 2xx gets its ACK and a BYE.
    pub(super) fn on_bye(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, bye: &Request, from: DialogId) -> Phase {
        let Step::Inviting { leg, early, media, .. } = &mut self.step else {
            return Phase::Outgoing(self);
        };
        if early.len() > 1 {
            early.retain(|(_, dialog)| *dialog != from);
            cx.dialogs.end_usage(from, Usage::Invite(call));
            return Phase::Outgoing(self);
        }
        if let Leg::Sent(invite) = leg {
            cx.transactions.cancel(cx.now, *invite, Vec::new());
        }
        leg.abandon(cx);
        media.withdraw(cx);
        drop_early(cx, call, core::mem::take(early));
        end::ended(cx, call, end::by_peer(Cause::Hangup, &bye.headers, cx.now))
    }

    /// A final response above 299.
    pub(super) fn on_refused(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, response: &Response) -> Phase {
        self.redirects.learn(cx, response);
        let refused = end::refused(response, cx.now);
        // RFC 3261 §21.6: what is refused everywhere is not tried elsewhere.
        if response.status.class() == 6 { self.end(cx, call, refused) } else { self.elsewhere(cx, call, refused) }
    }

    /// No answer at all: a timeout, or the connection broke.
    pub(super) fn on_no_answer(self: Box<Self>, cx: &mut Cx, call: CallHandle, why: Cause) -> Phase {
        let end = end::plain(EndedBy::Network, why, cx.now);
        self.elsewhere(cx, call, end)
    }

    /// Tries the next contact of a 3xx; without one the call ends (RFC 3261 §8.1.3.4).
    fn elsewhere(mut self: Box<Self>, cx: &mut Cx, call: CallHandle, end: CallEnd) -> Phase {
        let next = match &self.step {
            Step::Inviting { .. } => self.redirects.take(),
            Step::Preparing { .. } | Step::Cancelling { .. } => None,
        };
        let (Some(mut request), Step::Inviting { progress, early, media, leg }) = (next, &mut self.step) else {
            return self.end(cx, call, end);
        };
        leg.abandon(cx);
        media.withdraw(cx);
        let (progress, early) = (*progress, core::mem::take(early));
        drop_early(cx, call, early);
        renumber(&mut request);
        self.send(cx, call, request, Attempt::default(), (progress, EarlyDialogs::new(), EarlyMedia::None))
    }

    /// The connection is lost, and with it the INVITE's transaction: the call is over (TR-08). What rings at the other
    /// end is cancelled by the next connection (TR-12).
    pub(super) fn flow_down(self: Box<Self>, cx: &mut Cx, call: CallHandle, lost: &Flow) -> Phase {
        let (invite, options) = match &self.step {
            Step::Preparing { .. } | Step::Inviting { leg: Leg::Authenticating(_), .. } => {
                return Phase::Outgoing(self);
            }
            Step::Inviting { leg: Leg::Sent(invite), .. } => (*invite, HangupOptions::default()),
            Step::Cancelling { invite, end } => (*invite, end::same_reason(end)),
        };
        let cancel = cx.transactions.cancellation(invite);
        let gone = self.end(cx, call, end::transport_lost(cx.now));
        cancel.map_or(gone, |cancel| Goodbye::cancelling(cx, cancel, &options, lost))
    }

    /// Leaves nothing behind: questions withdrawn, early dialogs gone.
    fn end(self, cx: &mut Cx, call: CallHandle, end: CallEnd) -> Phase {
        match self.step {
            Step::Preparing { ask } => {
                cx.withdraw(ask);
                end::ended(cx, call, end)
            }
            Step::Inviting { leg, early, media, .. } => {
                leg.abandon(cx);
                media.withdraw(cx);
                drop_early(cx, call, early);
                end::ended(cx, call, end)
            }
            Step::Cancelling { end: ours, .. } => end::ended(cx, call, *ours),
        }
    }

    /// Whether our present INVITE is there.
    pub(super) fn is_invite(&self, at: Leg) -> bool {
        match &self.step {
            Step::Inviting { leg, .. } => *leg == at,
            Step::Cancelling { invite, .. } => at == Leg::Sent(*invite),
            Step::Preparing { .. } => false,
        }
    }
}

fn drop_early(cx: &mut Cx, call: CallHandle, early: EarlyDialogs) {
    for (_, dialog) in early {
        cx.dialogs.end_usage(dialog, Usage::Invite(call));
    }
}
