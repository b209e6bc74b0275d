//! What an application asks of a peer by requests of its own, and how it answers the peer's.

use patchcord::agent::{Command, Interest};
use patchcord::usage::call::DtmfOptions;
use patchcord::usage::data::{Body, CallHandle, Content, HeaderList, Outcome, RequestId, RequestOptions, ResponseData};
use patchcord::usage::question::Answer;

use super::{PeerDialog, Script, Text};

/// How long a tone of [`Script::dtmf`] lasts, and the silence behind it.
pub(crate) const TONE_MS: u64 = 100;
pub(crate) const GAP_MS: u64 = 70;

impl Script {
    /// Listens for calls and for these too.
    pub(crate) fn interested(&mut self, others: &[Interest]) {
        let interests = [&[Interest::Calls], others].concat();
        self.command(Command::Interest { interests });
    }

    /// A request in the dialog of a call.
    pub(crate) fn call_request(&mut self, call: CallHandle, method: &str, options: RequestOptions) -> RequestId {
        self.ask_for(|id| Command::CallRequest { id, call, method: method.to_owned(), options })
    }

    /// A request out of any dialog.
    pub(crate) fn send_request(&mut self, target: &str, method: &str, options: RequestOptions) -> RequestId {
        let (target, method) = (target.to_owned(), method.to_owned());
        self.ask_for(|id| Command::Request { id, target, method, options })
    }

    /// Tones of [`TONE_MS`] with [`GAP_MS`] between them.
    pub(crate) fn dtmf(&mut self, call: CallHandle, tones: &str) -> RequestId {
        let (duration_ms, gap_ms) = (TONE_MS as u32, GAP_MS as u32);
        let options = DtmfOptions { tones: tones.to_owned(), duration_ms, gap_ms };
        self.ask_for(|id| Command::SendDtmf { id, call, options })
    }

    /// Takes an INFO with this tone.
    pub(crate) fn expect_tone(&mut self, tone: char) -> Text {
        let info = self.expect("INFO ");
        assert_eq!(info.body(), format!("Signal={tone}\r\nDuration={TONE_MS}\r\n"));
        info
    }

    /// The peer answers a request of ours with this status line.
    pub(crate) fn answer_request(&mut self, request: &Text, status: &str) {
        self.say(&Text::answer(request, status));
    }

    /// Takes a 100 where one was sent.
    pub(crate) fn skip_100(&mut self) {
        self.end.sent.pop_front_if(|(_, _, frame)| frame.as_bytes().starts_with(b"SIP/2.0 100 "));
    }

    /// The response a request was answered with.
    pub(crate) fn response(&self, id: RequestId) -> ResponseData {
        match self.end.settled.get(&id) {
            Some(Outcome::Response { response }) => response.clone(),
            other => panic!("a response expected, not {other:?}"),
        }
    }

    /// The peer says something in its dialog.
    pub(crate) fn say_in(&mut self, dialog: &mut PeerDialog, method: &str) -> Text {
        let request = dialog.request(self, method);
        self.say(&request);
        request
    }
}

/// How an application answers a request of the peer's.
pub(crate) fn respond(status: u16) -> Answer {
    Answer::Response { status, headers: Vec::new(), body: None }
}

/// A body of text.
pub(crate) fn body(content_type: &str, text: &str) -> Body {
    Body { content_type: content_type.to_owned(), content: Content::Text(text.to_owned()), disposition: None }
}

/// One header field of an application's.
pub(crate) fn header(name: &str, value: &str) -> HeaderList {
    vec![(name.to_owned(), value.to_owned())]
}
