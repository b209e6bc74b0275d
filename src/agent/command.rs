//! Everything a driver can ask of the core, as plain data.

use super::UserAgent;
use super::check::{check_body, check_credentials, check_headers, check_request, check_source, check_text};
use crate::message::Name;
use crate::time::Duration;
use crate::transport::Line;
use crate::usage::call::{
    AcceptOptions, DialOptions, DtmfOptions, HangupOptions, RefusalOptions, RenegotiateOptions, RingOptions,
};
use crate::usage::data::{AskId, CallHandle, FailureCode, Interest, Misuse, Outcome, RequestId, RequestOptions};
use crate::usage::question::{Answer, CredentialSource};
use crate::usage::{Readiness, Told};

/// A command. One that carries a [`RequestId`] is answered by exactly one `Done`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase"))]
pub enum Command {
    /// Connects and, unless switched off, registers. Done when both are so.
    Connect {
        /// Answered with `Done`.
        id: RequestId,
    },
    /// Tries now instead of at the end of the wait.
    Reconnect,
    /// Unregisters and closes the socket; `Connect` may follow.
    Disconnect {
        /// Answered with `Done`.
        id: RequestId,
    },
    /// Ends calls, unregisters, closes the socket. Nothing works afterwards.
    Close {
        /// Answered with `Done`.
        id: RequestId,
        /// The longest it may take, in milliseconds.
        timeout_ms: u32,
    },
    /// Registers, or registers anew.
    Register {
        /// Answered with `Done`.
        id: RequestId,
    },
    /// Removes our contact, or with `all` every contact of the address of record.
    Unregister {
        /// Answered with `Done`.
        id: RequestId,
        /// `Contact: *`.
        all: bool,
    },
    /// Other credentials from now on.
    SetCredentials {
        /// The credentials, or where to ask for them.
        credentials: CredentialSource,
    },
    /// What the driver wants to be told and asked, in place of what it wanted before.
    Interest {
        /// The whole list.
        interests: Vec<Interest>,
    },
    /// Places a call. Its events tell how it goes.
    Call {
        /// An even number not used before.
        call: CallHandle,
        /// A URI, or a user of our own domain.
        target: String,
        /// How.
        options: DialOptions,
    },
    /// Sends 180 or 183 for an incoming call.
    Ring {
        /// Answered with `Done`.
        id: RequestId,
        /// Which call.
        call: CallHandle,
        /// How.
        options: RingOptions,
    },
    /// Accepts an incoming call. Done when the 2xx is sent.
    Accept {
        /// Answered with `Done`.
        id: RequestId,
        /// Which call.
        call: CallHandle,
        /// How.
        options: AcceptOptions,
    },
    /// Refuses an incoming call. Done when the refusal is sent.
    Reject {
        /// Answered with `Done`.
        id: RequestId,
        /// Which call.
        call: CallHandle,
        /// How.
        options: RefusalOptions,
    },
    /// Ends a call, by whatever its state calls for. Done when it is over for the user. Harmless when repeated.
    Hangup {
        /// Answered with `Done`.
        id: RequestId,
        /// Which call.
        call: CallHandle,
        /// How.
        options: HangupOptions,
    },
    /// Refuses an incoming call with 302, or 301 where that holds for good. Done when the refusal is sent.
    Redirect {
        /// Answered with `Done`.
        id: RequestId,
        /// Which call.
        call: CallHandle,
        /// Whom to try instead, in order of preference: URIs, or users of our own domain.
        contacts: Vec<String>,
        /// 301 in place of 302.
        permanent: bool,
    },
    /// Puts the peer on hold, or takes it off (RFC 3264 §8.4). Done when the peer has agreed.
    SetHold {
        /// Answered with `Done`.
        id: RequestId,
        /// Which call.
        call: CallHandle,
        /// Whether it shall be on hold.
        held: bool,
    },
    /// Renegotiates the media. Done when the peer has agreed.
    Renegotiate {
        /// Answered with `Done`.
        id: RequestId,
        /// Which call.
        call: CallHandle,
        /// How.
        options: RenegotiateOptions,
    },
    /// Sends tones by INFO. Done when the last was answered.
    SendDtmf {
        /// Answered with `Done`.
        id: RequestId,
        /// Which call.
        call: CallHandle,
        /// Which and how.
        options: DtmfOptions,
    },
    /// A request in the dialog of a call. Done with the final response.
    CallRequest {
        /// Answered with `Done`.
        id: RequestId,
        /// Which call.
        call: CallHandle,
        /// Any method that has no command of its own.
        method: String,
        /// What it carries.
        options: RequestOptions,
    },
    /// A request out of any dialog. Done with the final response.
    Request {
        /// Answered with `Done`.
        id: RequestId,
        /// A URI, or a user of our own domain.
        target: String,
        /// `MESSAGE`, `OPTIONS`, or any method that has no command of its own and opens no dialog.
        method: String,
        /// What it carries.
        options: RequestOptions,
    },
    /// Media is lost for good: the call ends with cause `media`.
    MediaLost {
        /// Which call.
        call: CallHandle,
        /// Why, for people.
        detail: String,
    },
    /// Answers a question. One whose time is over is ignored; an answer of another kind than was asked for is misuse.
    Answer {
        /// The question's id.
        ask: AskId,
        /// The answer.
        answer: Answer,
    },
    /// Every state machine with its next deadline.
    Snapshot {
        /// Answered with `Done`.
        id: RequestId,
    },
}

impl UserAgent {
    pub(super) fn obey(&mut self, command: Command) -> Result<(), Misuse> {
        command.check()?;
        if self.is_closed() {
            return self.obey_closed(command);
        }
        if let (Readiness::Busy, Some(id)) = (self.cx.readiness, command.new_request()) {
            self.cx.failed_busy(id);
            return Ok(());
        }
        match command {
            Command::Connect { id } => self.connect(id),
            Command::Reconnect => self.transport.hurry(self.cx.now, &mut self.cx.entropy),
            Command::Disconnect { id } => self.disconnect(id),
            Command::Close { id, timeout_ms } => self.close(id, Duration::from_millis(u64::from(timeout_ms))),
            Command::Register { id } => self.register(id),
            Command::Unregister { id, all } => match &mut self.registration {
                Some(registration) => registration.unregister(&mut self.cx, Some(id), all),
                None => self.cx.done(id),
            },
            Command::SetCredentials { credentials } => self.cx.auth.set_credentials(credentials),
            Command::Interest { interests } => self.cx.interests = interests,
            Command::Call { call, target, options } => {
                return self.calls.dial(&mut self.cx, call, &target, options);
            }
            Command::Ring { id, call, options } => self.calls.ring(&mut self.cx, id, call, &options),
            Command::Accept { id, call, options } => self.calls.accept(&mut self.cx, id, call, options),
            Command::Reject { id, call, options } => self.calls.reject(&mut self.cx, id, call, &options),
            Command::Hangup { id, call, options } => self.calls.hangup(&mut self.cx, id, call, &options),
            Command::Redirect { id, call, contacts, permanent } => {
                return self.calls.redirect(&mut self.cx, id, call, &contacts, permanent);
            }
            Command::SetHold { id, call, held } => self.calls.set_hold(&mut self.cx, id, call, held),
            Command::Renegotiate { id, call, options } => self.calls.renegotiate(&mut self.cx, id, call, options),
            Command::SendDtmf { id, call, options } => {
                return self.calls.send_dtmf(&mut self.cx, id, call, &options);
            }
            Command::CallRequest { id, call, method, options } => {
                return self.calls.request(&mut self.cx, id, call, &method, &options);
            }
            Command::Request { id, target, method, options } => {
                return self.standalone.request(&mut self.cx, id, &target, &method, &options);
            }
            Command::MediaLost { call, detail } => self.calls.media_lost(&mut self.cx, call, &detail),
            Command::Answer { ask, answer } => {
                if let Some(owner) = self.asks.answer(ask, &answer)? {
                    self.take_answer(ask, owner, answer);
                }
            }
            Command::Snapshot { id } => self.snapshot(id),
        }
        Ok(())
    }

    /// Nothing works any more, and every promise is told so. What is left may still be looked at.
    fn obey_closed(&mut self, command: Command) -> Result<(), Misuse> {
        match command {
            Command::Close { id, timeout_ms } => self.close(id, Duration::from_millis(u64::from(timeout_ms))),
            Command::Connect { id }
            | Command::Disconnect { id }
            | Command::Register { id }
            | Command::Unregister { id, .. }
            | Command::Ring { id, .. }
            | Command::Accept { id, .. }
            | Command::Reject { id, .. }
            | Command::Hangup { id, .. }
            | Command::Redirect { id, .. }
            | Command::SetHold { id, .. }
            | Command::Renegotiate { id, .. }
            | Command::SendDtmf { id, .. }
            | Command::CallRequest { id, .. }
            | Command::Request { id, .. } => self.fail_closed(id),
            Command::Snapshot { id } => self.snapshot(id),
            Command::Call { .. } => return Err(Misuse::new("the user agent is closed; create a new one")),
            Command::Answer { ask, answer } => {
                if let Some(owner) = self.asks.answer(ask, &answer)? {
                    self.take_answer(ask, owner, answer);
                }
            }
            Command::Interest { interests } => self.cx.interests = interests,
            Command::Reconnect | Command::SetCredentials { .. } | Command::MediaLost { .. } => {}
        }
        Ok(())
    }

    fn register(&mut self, id: RequestId) {
        match &mut self.registration {
            Some(registration) => registration.register(&mut self.cx, Some(id)),
            None => self.cx.failed(id, FailureCode::WrongState, "this user agent was made with `registration: false`"),
        }
    }

    fn snapshot(&mut self, id: RequestId) {
        let outcome = Outcome::Snapshot { machines: self.machines() };
        self.cx.out.push_back(Told::Done(id, outcome));
    }

    /// What becomes of a new request now (TR-10).
    pub(super) fn readiness(&self) -> Readiness {
        match (self.errand.is_connecting(), self.transport.line()) {
            (true, _) => Readiness::Coming,
            (false, _) if self.errand.is_leaving() => Readiness::Offline,
            (false, Line::Free) => Readiness::Ready,
            (false, Line::Congested) => Readiness::Busy,
            (false, Line::Down) => Readiness::Offline,
        }
    }
}

impl Command {
    /// Who waits, where this asks for a request that could as well be made later (TR-10). A call tells its end by itself, and
    /// what is to last waits by itself.
    fn new_request(&self) -> Option<RequestId> {
        match self {
            Self::Renegotiate { options, .. } if options.lasting => None,
            Self::Register { id }
            | Self::Unregister { id, .. }
            | Self::SetHold { id, .. }
            | Self::Renegotiate { id, .. }
            | Self::SendDtmf { id, .. }
            | Self::CallRequest { id, .. }
            | Self::Request { id, .. } => Some(*id),
            Self::Connect { .. }
            | Self::Reconnect
            | Self::Disconnect { .. }
            | Self::Close { .. }
            | Self::SetCredentials { .. }
            | Self::Interest { .. }
            | Self::Call { .. }
            | Self::Ring { .. }
            | Self::Accept { .. }
            | Self::Reject { .. }
            | Self::Hangup { .. }
            | Self::Redirect { .. }
            | Self::MediaLost { .. }
            | Self::Answer { .. }
            | Self::Snapshot { .. } => None,
        }
    }

    /// Refuses text that could not stand in a message (MS-15, MS-16).
    fn check(&self) -> Result<(), Misuse> {
        match self {
            Self::Call { target, options, .. } => {
                check_text("target", Some(target.as_str()))?;
                check_headers(&options.headers)
            }
            Self::Ring { options, .. } => check_headers(&options.headers),
            Self::Accept { options, .. } => check_headers(&options.headers),
            Self::Reject { options, .. } => {
                check_text("phrase", options.phrase.as_deref())?;
                check_body(options.body.as_ref())?;
                check_headers(&options.headers)
            }
            Self::Hangup { options, .. } => {
                if options.reason.as_ref().is_some_and(|reason| Name::parse(&reason.protocol).is_none()) {
                    return Err(Misuse::new("reason.protocol: must be a token such as SIP or Q.850"));
                }
                check_text("reason.text", options.reason.as_ref().and_then(|reason| reason.text.as_deref()))?;
                check_headers(&options.headers)
            }
            Self::Redirect { contacts, .. } => {
                contacts.iter().try_for_each(|contact| check_text("contacts", Some(contact)))
            }
            Self::CallRequest { options, .. } => check_request(options),
            Self::Request { target, options, .. } => {
                check_text("target", Some(target.as_str()))?;
                check_request(options)
            }
            Self::Answer { answer: Answer::Response { status, headers, body }, .. } => {
                // TX-07
                if !(200..=699).contains(status) || *status == 408 {
                    return Err(Misuse::new("status: must be from 200 to 699, and not 408"));
                }
                check_body(body.as_ref())?;
                check_headers(headers)
            }
            Self::SetCredentials { credentials } => check_source(credentials),
            Self::Answer { answer: Answer::Credentials { credentials: Some(credentials) }, .. } => {
                check_credentials(credentials)
            }
            Self::Connect { .. }
            | Self::Reconnect
            | Self::Disconnect { .. }
            | Self::Close { .. }
            | Self::Register { .. }
            | Self::Unregister { .. }
            | Self::Interest { .. }
            | Self::SetHold { .. }
            | Self::Renegotiate { .. }
            | Self::SendDtmf { .. }
            | Self::MediaLost { .. }
            | Self::Answer { .. }
            | Self::Snapshot { .. } => Ok(()),
        }
    }
}
