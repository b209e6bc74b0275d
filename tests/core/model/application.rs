//! What the application of the model does.

use patchcord::agent::{Command, Interest};
use patchcord::usage::call::{DialOptions, DtmfOptions, HangupOptions, ReasonData, RefreshMethod, RenegotiateOptions};
use patchcord::usage::data::{CallHandle, RequestOptions};
use patchcord::usage::question::{Answer, CredentialSource, Question};

use super::Model;
use crate::sim::{ANSWER, OFFER, alice, body, header};

impl Model {
    pub(super) fn some_command(&mut self) {
        let call = self.some_call();
        if self.is_idle() && self.maybe(2) {
            return self.dial();
        }
        match self.chance.below(34) {
            0 | 1 => drop(self.script.connect()),
            2 => drop(self.script.ask_for(|id| Command::Register { id })),
            3 => {
                let all = self.maybe(2);
                self.script.ask_for(|id| Command::Unregister { id, all });
            }
            4 if self.maybe(8) => drop(self.script.ask_for(|id| Command::Disconnect { id })),
            5 => self.script.command(Command::Reconnect),
            6 | 7 | 15..=18 => self.dial(),
            8 => drop(self.script.ring(call)),
            9 | 10 | 19..=21 => drop(self.script.accept(call)),
            11 => {
                let status = [486, 603, 200, 480][self.below(4)];
                self.script.reject(call, status);
            }
            12 | 13 if self.maybe(3) => {
                let reason = ReasonData { protocol: "SIP".to_owned(), cause: 16, text: None };
                let options = HangupOptions { reason: self.maybe(2).then_some(reason), ..HangupOptions::default() };
                self.script.ask_for(|id| Command::Hangup { id, call, options });
            }
            14 if self.maybe(4) => self.script.command(Command::MediaLost { call, detail: "lost".to_owned() }),
            22 => self.redirect(call),
            12 | 13 | 23..=29 => self.change(call),
            30..=32 => self.request(call),
            _ => self.interests(),
        }
    }

    /// Whether no call is there.
    pub(super) fn is_idle(&self) -> bool {
        self.begun.iter().all(|call| self.script.end.ended.contains_key(call))
    }

    fn dial(&mut self) {
        let timeout_ms = if self.maybe(2) { 0 } else { 20_000 };
        let late_offer = self.maybe(4);
        let follow_redirects = if self.maybe(2) { 0 } else { self.chance.below(8) as u32 };
        let options = DialOptions { timeout_ms, late_offer, follow_redirects, ..DialOptions::default() };
        let call = self.script.call_with(options);
        self.begun.insert(call);
    }

    fn redirect(&mut self, call: CallHandle) {
        let permanent = self.maybe(2);
        let contacts = vec!["carol".to_owned(), "<sip:dave@example.test>;q=0.5".to_owned()];
        self.script.ask_for(|id| Command::Redirect { id, call, contacts, permanent });
    }

    /// Changes of the session and tones: what a call that is up takes.
    fn change(&mut self, call: CallHandle) {
        match self.chance.below(8) {
            0..=4 => {
                let held = self.maybe(2);
                self.script.ask_for(|id| Command::SetHold { id, call, held });
            }
            5 | 6 => {
                let method = [RefreshMethod::Auto, RefreshMethod::Update, RefreshMethod::Invite][self.below(3)];
                let options = RenegotiateOptions { ice_restart: self.maybe(3), method, lasting: self.maybe(3) };
                self.script.ask_for(|id| Command::Renegotiate { id, call, options });
            }
            _ => {
                let tones = ["1", "12#", ",3", "*,,0"][self.below(4)].to_owned();
                let options = DtmfOptions { tones, duration_ms: 100, gap_ms: 70 };
                self.script.ask_for(|id| Command::SendDtmf { id, call, options });
            }
        }
    }

    fn request(&mut self, call: CallHandle) {
        let method = ["INFO", "MESSAGE", "OPTIONS", "FLURP"][self.below(4)].to_owned();
        let body = self.maybe(2).then(|| body("text/plain", "hello"));
        let options = RequestOptions { headers: header("X-Model", "1"), body };
        let times = if self.maybe(12) { 20 } else { 1 };
        for _ in 0..times {
            let (method, options) = (method.clone(), options.clone());
            if self.maybe(3) {
                self.script.send_request("bob", &method, options);
            } else {
                self.script.call_request(call, &method, options);
            }
        }
    }

    fn interests(&mut self) {
        let all = [Interest::Calls, Interest::Trace, Interest::Messages, Interest::Requests];
        let mut interests: Vec<Interest> = all.into_iter().filter(|_| self.maybe(2)).collect();
        if !self.maybe(8) && !interests.contains(&Interest::Calls) {
            interests.push(Interest::Calls);
        }
        self.script.command(Command::Interest { interests });
        if self.maybe(4) {
            let credentials = match self.below(3) {
                0 => CredentialSource::None,
                1 => CredentialSource::Ask,
                _ => CredentialSource::Fixed { credentials: alice() },
            };
            self.script.command(Command::SetCredentials { credentials });
        }
    }

    fn some_call(&mut self) -> CallHandle {
        let known: Vec<CallHandle> = self.begun.iter().copied().collect();
        // Of those that are up, mostly.
        let alive: Vec<CallHandle> =
            known.iter().copied().filter(|call| !self.script.end.ended.contains_key(call)).collect();
        let from = if alive.is_empty() || self.maybe(6) { &known } else { &alive };
        let recent = &from[from.len().saturating_sub(4)..];
        match recent.len() {
            0 => CallHandle(1),
            some => recent[self.below(some)],
        }
    }

    /// Answers a question: the oldest, or any; it may be one that nobody asks any more.
    pub(super) fn some_answer(&mut self) {
        let at = if self.maybe(3) { self.below(self.script.end.asks.len().max(1)) } else { 0 };
        let Some((ask, question)) = self.script.end.asks.remove(at) else { return };
        let failed = Answer::MediaFailed { detail: "no".to_owned(), incompatible: self.maybe(2) };
        let answer = match question {
            Question::Credentials { .. } => Answer::Credentials { credentials: self.maybe(2).then(alice) },
            Question::Request { .. } => {
                let status = [200, 202, 403, 486, 500][self.below(5)];
                if self.maybe(2) { Answer::Usual } else { Answer::Response { status, headers: Vec::new(), body: None } }
            }
            _ if self.maybe(6) => failed,
            Question::CreateOffer { hold, .. } => Answer::Sdp { sdp: self.some_sdp(OFFER, hold) },
            Question::CreateAnswer { hold, .. } => Answer::Sdp { sdp: self.some_sdp(ANSWER, hold) },
            Question::SetAnswer { .. } | Question::Rollback { .. } => Answer::Applied,
        };
        self.script.command(Command::Answer { ask, answer });
    }

    /// A description of the media's: held or not, of the right number of streams or not.
    fn some_sdp(&mut self, sdp: &str, hold: bool) -> String {
        let direction = if hold { "a=sendonly\r\n" } else { "a=sendrecv\r\n" };
        let more = if self.maybe(10) { "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" } else { "" };
        format!("{sdp}{direction}{more}")
    }
}
