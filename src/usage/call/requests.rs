//! What is asked in the dialog of a call beside its session: requests of the application, tones by INFO, word of where
//! we are; and the peer's requests that the application may answer. They end with the call.
//!
//! ```text
//!                     2xx             silence over, tones left
//!  Tones: Idle ──▶ Sounding ──▶ Pausing ──────────────────────▶ Sounding
//!          ▲          └ refused: the next sequence  │ none left
//!          └────────────────────────────────────────┘
//! ```

use std::collections::VecDeque;

use super::options::DtmfOptions;
use crate::dialog::{DialogId, Effect, Failed, Kind, effect};
use crate::message::{Method, Name, Request, Response};
use crate::time::{Deadline, Duration, Instant, millis};
use crate::usage::auth::{Leg, Verdict};
use crate::usage::data::{CallHandle, FailureCode, Outcome, RequestId, RequestOptions};
use crate::usage::inquiry::Inquiries;
use crate::usage::request::{add_body, add_headers};
use crate::usage::{Cx, Owner, Told, response_data};

/// How many requests of the application's may be under way in one call.
const AT_ONCE: usize = 16;
/// How many sequences of tones may wait.
const SEQUENCES: usize = 16;
/// What a comma in a sequence of tones stands for.
const COMMA: Duration = Duration::from_secs(2);
/// How long the peer may ask to be left alone (DG-11).
const LONGEST_QUIET: u32 = 3600;

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Requests {
    sent: Vec<Sent>,
    tones: Tones,
    sequences: VecDeque<Sequence>,
    pub(super) inquiries: Inquiries,
    /// Until when the peer wants to be left alone (DG-11); the past where it does not.
    quiet_until: Instant,
}

#[derive(Debug)]
struct Sent {
    leg: Leg,
    method: Method,
    purpose: Purpose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// The application waits for the response.
    Application(RequestId),
    /// The next tone of a sequence.
    Tone,
    /// The peer learns where we are now.
    Target,
    /// Whether the peer is there at all.
    Probe,
}

/// Where the first sequence stands.
#[derive(Debug, Default)]
enum Tones {
    #[default]
    Idle,
    /// A tone waits for its answer.
    Sounding,
    /// Silence before the next.
    Pausing { next_at: Instant },
}

/// Tones to send, the last first.
#[derive(Debug)]
struct Sequence {
    command: RequestId,
    left: Vec<char>,
    duration: Duration,
    gap: Duration,
}

/// What a response means for the call.
#[derive(Debug)]
pub(super) enum Fate {
    /// It goes on.
    Up,
    /// It goes on, and the peer takes no UPDATE.
    NoUpdate,
    /// It goes on, and this 2xx to a request of ours may move the peer's target.
    Moved,
    /// It has ended (DG-07).
    Over(Effect),
}

impl Requests {
    pub(super) fn deadline(&self) -> Option<Deadline> {
        match self.tones {
            Tones::Pausing { next_at } => Some(Deadline::new(next_at, "send the next tone")),
            Tones::Idle | Tones::Sounding => None,
        }
    }

    /// Whether a request of this usage is there.
    pub(super) fn has(&self, leg: Leg) -> bool {
        self.sent.iter().any(|sent| sent.leg == leg)
    }

    /// Until when the peer wants to be left alone (DG-11); the past where it does not.
    pub(super) const fn quiet_until(&self) -> Instant {
        self.quiet_until
    }

    /// Settles a command that comes while the peer wants to be left alone (DG-11). Whether it does.
    pub(super) fn hold_back(&self, cx: &mut Cx, id: RequestId) -> bool {
        let left = self.quiet_until.since(cx.now);
        if left.is_zero() {
            return false;
        }
        let seconds = left.saturating_add(Duration::from_millis(999)).as_secs();
        cx.failed(id, FailureCode::Busy, format!("the peer asked to be left alone for {seconds} s more"));
        true
    }

    /// DG-11: a refusal, of a request or of a change, may ask us to leave the peer alone.
    pub(super) fn heed(&mut self, now: Instant, response: &Response) {
        if let Some(seconds) = response.headers.retry_after().filter(|_| response.status.code() >= 300) {
            let until = now + Duration::from_secs(u64::from(seconds.min(LONGEST_QUIET)));
            self.quiet_until = self.quiet_until.max(until);
        }
    }

    /// Sends a request of the application's.
    pub(super) fn request(
        &mut self,
        cx: &mut Cx,
        (call, dialog): (CallHandle, DialogId),
        id: RequestId,
        method: Method,
        options: &RequestOptions,
    ) {
        if self.sent.len() >= AT_ONCE {
            return cx.failed(id, FailureCode::Limit, format!("{AT_ONCE} requests of this call are under way already"));
        }
        if !cx.transactions.has_room() {
            return cx.failed_limit(id);
        }
        let Some(mut request) = self.in_dialog(cx, dialog, method) else { return cx.failed_ended(id) };
        add_headers(&mut request.headers, &options.headers);
        request.body = add_body(&mut request.headers, options.body.as_ref());
        if !self.send(cx, call, request, Purpose::Application(id)) {
            cx.failed_offline(id);
        }
    }

    /// Tells the peer where we are (RFC 3311 §5.1): an UPDATE that changes nothing else.
    pub(super) fn tell_target(&mut self, cx: &mut Cx, (call, dialog): (CallHandle, DialogId)) {
        let Some(mut request) = self.in_dialog(cx, dialog, Method::Update) else { return };
        cx.describe_us(&mut request.headers);
        // Offline the next connection brings the next occasion.
        let _sent = self.send(cx, call, request, Purpose::Target);
    }

    /// Asks whether the peer is there: it says so by any answer, and by none, or 481, that it is not (DG-07).
    pub(super) fn probe(&mut self, cx: &mut Cx, (call, dialog): (CallHandle, DialogId)) {
        let Some(mut request) = self.in_dialog(cx, dialog, Method::Options) else { return };
        cx.describe_us(&mut request.headers);
        let _sent = self.send(cx, call, request, Purpose::Probe);
    }

    /// Sends tones, after those that are being sent.
    pub(super) fn dial(
        &mut self,
        cx: &mut Cx,
        call: (CallHandle, DialogId),
        command: RequestId,
        options: &DtmfOptions,
    ) {
        if self.sequences.len() >= SEQUENCES {
            return cx.failed(
                command,
                FailureCode::Limit,
                format!("{SEQUENCES} sequences of tones are waiting already"),
            );
        }
        let millis = |ms: u32| Duration::from_millis(u64::from(ms));
        let left = options.tones.chars().rev().map(|tone| tone.to_ascii_uppercase()).collect();
        let (duration, gap) = (millis(options.duration_ms), millis(options.gap_ms));
        self.sequences.push_back(Sequence { command, left, duration, gap });
        if matches!(self.tones, Tones::Idle) {
            self.next_tone(cx, call);
        }
    }

    /// Silence is over.
    pub(super) fn handle_timeout(&mut self, cx: &mut Cx, call: (CallHandle, DialogId)) {
        if self.deadline().is_some_and(|deadline| deadline.at <= cx.now) {
            self.next_tone(cx, call);
        }
    }

    fn next_tone(&mut self, cx: &mut Cx, (call, dialog): (CallHandle, DialogId)) {
        self.tones = Tones::Idle;
        if self.quiet_until > cx.now && !self.sequences.is_empty() {
            // DG-11
            self.tones = Tones::Pausing { next_at: self.quiet_until };
            return;
        }
        while let Some(sequence) = self.sequences.front_mut() {
            let (duration, command) = (sequence.duration, sequence.command);
            match sequence.left.pop() {
                Some(',') => {
                    self.tones = Tones::Pausing { next_at: cx.now + COMMA };
                    return;
                }
                Some(tone) => {
                    let Some(mut request) = self.in_dialog(cx, dialog, Method::Info) else { return };
                    request.headers.push(Name::ContentType, "application/dtmf-relay");
                    request.body = format!("Signal={tone}\r\nDuration={}\r\n", millis(duration)).into_bytes();
                    if self.send(cx, call, request, Purpose::Tone) {
                        self.tones = Tones::Sounding;
                        return;
                    }
                    self.sequences.pop_front();
                    cx.failed_offline(command);
                }
                None => {
                    self.sequences.pop_front();
                    cx.done(command);
                }
            }
        }
    }

    /// A tone was answered, or not.
    fn on_tone(&mut self, cx: &mut Cx, call: (CallHandle, DialogId), answer: Result<&Response, FailureCode>) {
        let refusal = match answer {
            Ok(response) if response.status.is_success() => None,
            Ok(response) => {
                Some((FailureCode::Rejected, format!("the peer refused a tone: {}", response.status.code())))
            }
            Err(code) => Some((code, "the peer did not take a tone".to_owned())),
        };
        let Some(sequence) = self.sequences.front() else { return };
        match refusal {
            // The silence belongs to the tone, whichever sequence comes next.
            None => {
                self.tones = Tones::Pausing { next_at: cx.now + sequence.duration + sequence.gap };
                if sequence.left.is_empty() {
                    cx.done(sequence.command);
                    self.sequences.pop_front();
                }
            }
            Some((code, why)) => {
                cx.failed(sequence.command, code, why);
                self.sequences.pop_front();
                self.next_tone(cx, call);
            }
        }
    }

    /// A response to one of these, challenges excepted.
    pub(super) fn on_response(
        &mut self,
        cx: &mut Cx,
        call: (CallHandle, DialogId),
        leg: Leg,
        response: &Response,
    ) -> Fate {
        let Some(Sent { method, purpose, .. }) = self.take(leg, response.status.is_final()) else { return Fate::Up };
        match purpose {
            Purpose::Application(id) => {
                cx.out.push_back(Told::Done(id, Outcome::Response { response: response_data(response) }));
            }
            Purpose::Tone => self.on_tone(cx, call, Ok(response)),
            Purpose::Target if response.status.is_success() => return Fate::Moved,
            Purpose::Target | Purpose::Probe => {}
        }
        if response.status.is_success() {
            return Fate::Up;
        }
        match effect(Failed::Status(response.status), &method, Kind::Call) {
            Effect::Unsupported if method == Method::Update => Fate::NoUpdate,
            Effect::Transaction | Effect::Challenge | Effect::Unsupported => Fate::Up,
            over @ (Effect::Usage { .. } | Effect::Dialog) => Fate::Over(over),
        }
    }

    /// One of these was not answered.
    pub(super) fn on_no_answer(&mut self, cx: &mut Cx, call: (CallHandle, DialogId), leg: Leg, why: Failed) -> Fate {
        let Some(Sent { method, purpose, .. }) = self.take(leg, true) else { return Fate::Up };
        let code = if why == Failed::Timeout { FailureCode::Timeout } else { FailureCode::NotConnected };
        match purpose {
            Purpose::Application(id) => cx.failed(id, code, "the peer did not answer"),
            Purpose::Tone => self.on_tone(cx, call, Err(code)),
            // A peer whose silence we brought about by moving is not given up for it: its session may still stand.
            Purpose::Target => return Fate::Up,
            Purpose::Probe => {}
        }
        match effect(why, &method, Kind::Call) {
            over @ (Effect::Usage { .. } | Effect::Dialog) => Fate::Over(over),
            Effect::Transaction | Effect::Challenge | Effect::Unsupported => Fate::Up,
        }
    }

    /// One of these was challenged (RFC 3261 §22.2).
    pub(super) fn on_verdict(
        &mut self,
        cx: &mut Cx,
        (call, dialog): (CallHandle, DialogId),
        leg: Leg,
        verdict: Verdict,
        response: &Response,
    ) {
        let Some(Sent { method, purpose, .. }) = self.take(leg, true) else { return };
        let leg = match verdict {
            Verdict::Asked(ask) => Some(Leg::Authenticating(ask)),
            Verdict::Again(mut request, attempt) => {
                if let Some(dialog) = cx.dialogs.get_mut(dialog) {
                    dialog.renumber(&mut request);
                }
                cx.send_again(*request, Owner::Call(call), attempt).ok().map(Leg::Sent)
            }
            Verdict::Refused(why) => {
                return match purpose {
                    Purpose::Application(id) => cx.refused(id, FailureCode::Authentication, why, response),
                    Purpose::Tone => self.on_tone(cx, (call, dialog), Err(FailureCode::Authentication)),
                    Purpose::Target | Purpose::Probe => cx.diagnostic("authentication", why),
                };
            }
        };
        match (leg, purpose) {
            (Some(leg), _) => self.sent.push(Sent { leg, method, purpose }),
            (None, Purpose::Application(id)) => cx.failed_offline(id),
            (None, Purpose::Tone) => self.on_tone(cx, (call, dialog), Err(FailureCode::NotConnected)),
            (None, Purpose::Target | Purpose::Probe) => {}
        }
    }

    /// The peer's requests are refused before anything else is said, because the call ends (IV-12, TD-05).
    pub(super) fn terminate(&mut self, cx: &mut Cx) {
        self.inquiries.terminate(cx);
    }

    /// The call is over: nobody waits any longer, and no tone is sent (RC-04).
    pub(super) fn end(&mut self, cx: &mut Cx) {
        self.inquiries.terminate(cx);
        for Sent { leg, purpose, .. } in core::mem::take(&mut self.sent) {
            leg.abandon(cx);
            if let Purpose::Application(id) = purpose {
                cx.failed_ended(id);
            }
        }
        self.tones = Tones::Idle;
        for sequence in core::mem::take(&mut self.sequences) {
            cx.failed_ended(sequence.command);
        }
    }

    fn in_dialog(&self, cx: &mut Cx, dialog: DialogId, method: Method) -> Option<Request> {
        cx.dialogs.get_mut(dialog).map(|dialog| dialog.request(method))
    }

    fn send(&mut self, cx: &mut Cx, call: CallHandle, request: Request, purpose: Purpose) -> bool {
        let method = request.method.clone();
        let sent = cx.send(request, Owner::Call(call));
        if let Ok(id) = sent {
            self.sent.push(Sent { leg: Leg::Sent(id), method, purpose });
        }
        sent.is_ok()
    }

    fn take(&mut self, leg: Leg, is_final: bool) -> Option<Sent> {
        let at = self.sent.iter().position(|sent| sent.leg == leg).filter(|_| is_final)?;
        Some(self.sent.swap_remove(at))
    }
}
