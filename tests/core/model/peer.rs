//! What the peer of the model says, and the servers between.

use patchcord::agent::Input;
use patchcord::message::Frame;

use super::Model;
use crate::sim::{PeerDialog, SDP, Text};

/// What a request of ours in a dialog may be refused with.
const REFUSALS: [&str; 14] = [
    "302 Moved Temporarily",
    "400 Bad Request",
    "403 Forbidden",
    "404 Not Found",
    "405 Method Not Allowed",
    "408 Request Timeout",
    "422 Session Interval Too Small",
    "480 Temporarily Unavailable",
    "481 Call/Transaction Does Not Exist",
    "488 Not Acceptable Here",
    "491 Request Pending",
    "500 Server Internal Error",
    "501 Not Implemented",
    "603 Decline",
];

impl Model {
    pub(super) fn say(&mut self, text: &Text) {
        if self.script.end.flow.is_none() {
            return;
        }
        match self.chance.below(40) {
            // Said twice, cut short, or with one octet changed.
            0 => self.script.say(text),
            1 => {
                let end = self.below(text.0.len());
                let piece = text.0.get(..end).unwrap_or_default().to_owned();
                return self.script.say_raw(&piece);
            }
            2 => {
                let mut octets = text.0.clone().into_bytes();
                let at = self.below(octets.len());
                octets[at] = u8::try_from(self.chance.below(256)).unwrap_or(0);
                let flow = self.script.end.flow.unwrap();
                return self.script.input(Input::Received { flow, frame: Frame::Binary(octets) });
            }
            _ => {}
        }
        // Saying it once may have closed the socket.
        if self.script.end.flow.is_some() {
            self.script.say(text);
        }
    }

    pub(super) fn some_response(&mut self) {
        let recent = self.asked.len().saturating_sub(if self.maybe(3) { 6 } else { 2 });
        if self.asked.is_empty() {
            return;
        }
        let at = recent + self.below(self.asked.len() - recent);
        let request = self.asked[at].clone();
        let tag = ["bobtag", "carol", "dave"][self.below(8).min(2)];
        // Most requests are answered once.
        if !self.maybe(4) {
            self.asked.remove(at);
        }
        let is_first = request.kind() == "INVITE" && request.tag("To").is_none();
        let response = match request.kind() {
            "INVITE" if is_first => self.some_answer_to_invite(&request, tag),
            "REGISTER" => self.some_answer_to_register(&request),
            _ => self.some_answer_in_dialog(&request, tag),
        };
        if response.kind().starts_with('1') {
            self.asked.push(request.clone());
        }
        if is_first && response.has("Contact") && ["180", "200"].contains(&response.kind()) {
            self.dialogs.push(PeerDialog::callee(&request, tag));
        }
        self.say(&response);
    }

    fn some_answer_to_invite(&mut self, invite: &Text, tag: &str) -> Text {
        let contact = "<sip:bob@192.0.2.9;transport=ws>";
        let answer = |status: &str| Text::answer(invite, status).tagged(tag);
        match self.chance.below(17) {
            0 | 1 => Text::answer(invite, "100 Trying"),
            2 | 3 => answer("180 Ringing").with("Contact", contact),
            4 => answer("183 Session Progress").sdp(),
            5 => answer("486 Busy Here"),
            6 => answer("487 Request Terminated"),
            7 => challenge(invite, 401, self.chance.below(3)),
            8 => answer("200 OK").with("Contact", contact),
            9 => answer("200 OK").sdp(),
            10 | 11 => {
                let mut moved = answer("302 Moved Temporarily");
                for _ in 0..=self.below(3) {
                    let number = self.below(6);
                    moved = moved.with("Contact", &format!("<sip:other{number}@example.test>;q=0.{number}"));
                }
                moved
            }
            _ => answer("200 OK").with("Contact", contact).with("Allow", "INVITE, ACK, BYE, UPDATE").sdp(),
        }
    }

    fn some_answer_in_dialog(&mut self, request: &Text, tag: &str) -> Text {
        let answer = |status: &str| Text::answer(request, status).tagged(tag);
        let is_change = request.body().contains("m=audio") || request.kind() == "INVITE";
        match self.chance.below(16) {
            0 => challenge(request, 407, self.chance.below(3)),
            1 => answer("100 Trying"),
            2 => answer("503 Service Unavailable").with("Retry-After", "2"),
            3 => answer("491 Request Pending"),
            4 => answer(REFUSALS[self.below(REFUSALS.len())]),
            5 if is_change => answer("200 OK").with("Contact", "<sip:bob@192.0.2.10>"),
            _ if is_change => {
                let sdp = self.some_offer();
                answer("200 OK").with("Contact", "<sip:bob@192.0.2.10>").body_of("application/sdp", &sdp)
            }
            _ => answer("200 OK").with("Allow", "INVITE, ACK, BYE, UPDATE"),
        }
    }

    fn some_answer_to_register(&mut self, register: &Text) -> Text {
        match self.chance.below(14) {
            0 => challenge(register, 401, self.chance.below(3)),
            1 => Text::answer(register, "503 Service Unavailable").with("Retry-After", "5"),
            2 => Text::answer(register, "423 Interval Too Brief").with("Min-Expires", "1200"),
            3 if self.maybe(3) => Text::answer(register, "403 Forbidden"),
            4 => Text::answer(register, "200 OK"),
            _ => Text::answer(register, "200 OK").with("Contact", &register.get("Contact")).with("Flow-Timer", "100"),
        }
    }

    pub(super) fn some_request(&mut self) {
        let times = if self.maybe(60) { 40 } else { 1 };
        for _ in 0..times {
            let kind = if self.is_idle() && self.maybe(2) { 0 } else { self.chance.below(12) };
            let text = match kind {
                0 | 1 => {
                    let invite = self.script.request("INVITE");
                    let invite = if self.maybe(5) { invite } else { invite.sdp() };
                    self.invites.insert(invite.get("Call-ID"), invite.clone());
                    invite
                }
                2 => {
                    let method = ["OPTIONS", "INFO", "BYE", "NOTIFY", "MESSAGE", "MESSAGE"][self.below(6)];
                    self.script.request(method)
                }
                3 if !self.said.is_empty() => self.said[self.chance.below(self.said.len() as u64) as usize].clone(),
                4 if !self.said.is_empty() => {
                    let at = self.below(self.said.len());
                    Text::cancel(&self.said[at])
                }
                _ if !self.dialogs.is_empty() => self.some_request_in_dialog(),
                _ => return,
            };
            self.said.push(text.clone());
            self.say(&text);
        }
    }

    fn some_request_in_dialog(&mut self) -> Text {
        // The youngest, mostly: the others are over.
        let first = if self.maybe(4) { 0 } else { self.dialogs.len().saturating_sub(3) };
        let at = first + self.below(self.dialogs.len() - first);
        let methods = [
            "BYE", "INVITE", "INVITE", "INVITE", "UPDATE", "UPDATE", "INFO", "INFO", "MESSAGE", "NOTIFY", "OPTIONS",
            "PRACK", "FLURP", "ACK", "ACK",
        ];
        let method = methods[self.below(methods.len())];
        let method = if method == "BYE" && !self.maybe(3) { "UPDATE" } else { method };
        let request = self.dialogs[at].request(&mut self.script, method).with("Contact", "<sip:bob@192.0.2.9>");
        let sdp = self.some_offer();
        match method {
            "INVITE" | "UPDATE" | "ACK" if !self.maybe(3) => request.body_of("application/sdp", &sdp),
            "INFO" if self.maybe(2) => request.body_of("application/dtmf-relay", "Signal=1\r\nDuration=100\r\n"),
            "INFO" if self.maybe(2) => request.with("Info-Package", "x"),
            "INFO" | "MESSAGE" if self.maybe(2) => request.body_of("image/png", "x"),
            _ => request,
        }
    }

    /// A description of the peer's: it holds us or not, changes or not, and may have lost its streams.
    fn some_offer(&mut self) -> String {
        let direction = ["sendrecv", "sendonly", "inactive", "recvonly"][self.below(8).min(3)];
        let sdp = SDP.replace("sendrecv", direction);
        if self.maybe(12) { sdp.replace("m=audio", "x=audio") } else { sdp }
    }
}

fn challenge(request: &Text, status: u16, nonce: u64) -> Text {
    let challenge = format!("Digest realm=\"r\", nonce=\"n{nonce}\", qop=\"auth\", algorithm=SHA-256");
    Text::challenge(request, status, &[&challenge])
}
