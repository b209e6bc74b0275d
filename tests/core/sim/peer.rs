//! What the peer says: its usual responses, and a dialog as it sees it.

use super::{Script, Text, peers};

/// Where Bob is reached.
pub(super) const BOB: &str = "<sip:bob@192.0.2.9:5062;transport=ws>";

impl Text {
    /// Bob's 200 that agrees to a change of ours with this description.
    pub(crate) fn agree(request: &Self, version: u64, direction: &str) -> Self {
        let ok = Self::answer(request, "200 OK").with("Contact", BOB);
        ok.body_of("application/sdp", &peers(version, direction))
    }

    /// Bob's CANCEL of this request of his.
    pub(crate) fn cancel(invite: &Self) -> Self {
        let cancel = invite.clone().started(&format!("CANCEL {} SIP/2.0", invite.uri()));
        let cancel =
            cancel.without("Contact").without("Content-Type").set("CSeq", &format!("{} CANCEL", invite.cseq()));
        Self::new(cancel.0.split("\r\n\r\n").next().unwrap_or_default())
    }

    /// Bob's 200 with a description and a Contact.
    pub(crate) fn ok_to(invite: &Self) -> Self {
        Self::answer(invite, "200 OK").tagged("bobtag").with("Contact", BOB).sdp()
    }

    /// The registrar's 200 that binds the Contact of this REGISTER as it stands there.
    pub(crate) fn bound(register: &Self) -> Self {
        Self::answer(register, "200 OK").tagged("reg").with("Contact", &register.get("Contact"))
    }

    /// A 401 or 407 with these challenges.
    pub(crate) fn challenge(request: &Self, status: u16, challenges: &[&str]) -> Self {
        let (phrase, name) = match status {
            401 => ("Unauthorized", "WWW-Authenticate"),
            _ => ("Proxy Authentication Required", "Proxy-Authenticate"),
        };
        let refusal = Self::answer(request, &format!("{status} {phrase}")).tagged("auth");
        challenges.iter().fold(refusal, |refusal, challenge| refusal.with(name, challenge))
    }
}

/// A dialog as the peer sees it.
#[derive(Clone, Debug)]
pub(crate) struct PeerDialog {
    call_id: String,
    from: String,
    to: String,
    target: String,
    cseq: u32,
}

impl PeerDialog {
    /// The peer answered `invite` with this To tag.
    pub(crate) fn callee(invite: &Text, tag: &str) -> Self {
        Self {
            call_id: invite.get("Call-ID"),
            from: format!("{};tag={tag}", invite.get("To")),
            to: invite.get("From"),
            target: invite.uri_in("Contact"),
            cseq: 500,
        }
    }

    /// The peer sent `invite` and this response came.
    pub(crate) fn caller(invite: &Text, response: &Text) -> Self {
        Self {
            call_id: invite.get("Call-ID"),
            from: invite.get("From"),
            to: response.get("To"),
            target: if response.has("Contact") { response.uri_in("Contact") } else { invite.uri() },
            cseq: invite.cseq(),
        }
    }

    /// The next request of the peer's.
    pub(crate) fn request(&mut self, script: &mut Script, method: &str) -> Text {
        self.cseq += 1;
        self.build(script, method, self.cseq)
    }

    /// The next request of the peer's, with its Contact and this description of its own.
    pub(crate) fn change(&mut self, script: &mut Script, method: &str, version: u64, direction: &str) -> Text {
        let request = self.request(script, method).with("Contact", BOB);
        request.body_of("application/sdp", &peers(version, direction))
    }

    /// The ACK for a 2xx to `invite`.
    pub(crate) fn ack(&self, script: &mut Script, invite: &Text) -> Text {
        self.build(script, "ACK", invite.cseq())
    }

    /// Whether a response to a request of the peer's was sent in it.
    pub(crate) fn has(&self, response: &Text) -> bool {
        self.call_id == response.get("Call-ID") && self.from == response.get("From")
    }

    fn build(&self, script: &mut Script, method: &str, cseq: u32) -> Text {
        let Self { call_id, from, to, target, .. } = self;
        let branch = script.branch();
        Text::new(&format!(
            "{method} {target} SIP/2.0\n\
             Via: SIP/2.0/WSS edge.example.test;branch={branch}\n\
             Max-Forwards: 69\n\
             From: {from}\n\
             To: {to}\n\
             Call-ID: {call_id}\n\
             CSeq: {cseq} {method}"
        ))
    }
}
