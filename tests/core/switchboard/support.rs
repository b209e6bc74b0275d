//! An edge in virtual time with raw-text clients.

use patchcord::message::{Algorithm, Authorization, Challenge, Exchange, FlowId, Frame, Message, Name, Qop, ha1};
use patchcord::switchboard::{Config, Input, Output, Switchboard};
use patchcord::time::{Deadline, Duration, Instant};

pub(super) const REALM: &str = "switchboard.test";

/// The edge, its clock, and what it has sent.
pub(super) struct Bed {
    board: Switchboard,
    pub(super) now: Instant,
    wait: Option<Deadline>,
    sent: Vec<(FlowId, String)>,
    pub(super) notes: Vec<String>,
    pub(super) closed: Vec<(FlowId, u16)>,
    serial: u32,
}

impl Bed {
    pub(super) fn new() -> Self {
        Self::seeded(7)
    }

    pub(super) fn seeded(seed: u8) -> Self {
        let config = ["alice", "bob", "carol"]
            .iter()
            .fold(Config::new(REALM), |config, name| config.with_user(name, &format!("{name}-secret")));
        let board = Switchboard::new(config, [seed; 32]);
        let (sent, notes, closed) = (Vec::new(), Vec::new(), Vec::new());
        Self { board, now: Instant(1000), wait: None, sent, notes, closed, serial: 0 }
    }

    pub(super) fn feed(&mut self, input: Input) {
        self.board.handle_input(self.now, input);
        loop {
            match self.board.poll_output() {
                Output::Send { flow, frame } => {
                    self.sent.push((flow, String::from_utf8(frame.as_bytes().to_vec()).expect("text")));
                }
                Output::Close { flow, code } => self.closed.push((flow, code)),
                Output::Note { text, .. } => self.notes.push(text),
                Output::Wait(deadline) => {
                    self.wait = deadline;
                    return;
                }
            }
        }
    }

    pub(super) fn open(&mut self, flow: u64) -> FlowId {
        self.feed(Input::Opened { flow: FlowId(flow) });
        FlowId(flow)
    }

    pub(super) fn close(&mut self, flow: FlowId) {
        self.feed(Input::Closed { flow });
    }

    /// Sends text with bare line feeds; the blank line at the end is added where there is none.
    pub(super) fn send(&mut self, flow: FlowId, text: &str) {
        let end = if text.contains("\n\n") { "" } else { "\n" };
        let text = format!("{text}{end}").replace('\n', "\r\n");
        self.raw(flow, &text);
    }

    pub(super) fn raw(&mut self, flow: FlowId, text: &str) {
        self.feed(Input::Received { flow, frame: Frame::Text(text.to_owned()) });
    }

    /// Lets time pass, stopping at every moment the edge asks for.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(at) = self.wait.map(|wait| wait.at).filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.feed(Input::Tick);
        }
        self.now = end;
        self.feed(Input::Tick);
    }

    /// Everything sent to a client since the last look.
    pub(super) fn taken(&mut self, flow: FlowId) -> Vec<String> {
        let (mine, others) = self.sent.drain(..).partition(|(to, _)| *to == flow);
        self.sent = others;
        let texts: Vec<(FlowId, String)> = mine;
        texts.into_iter().map(|(_, text)| text).collect()
    }

    /// The one message sent to a client since the last look.
    pub(super) fn one(&mut self, flow: FlowId) -> String {
        let mut texts = self.taken(flow);
        assert_eq!(texts.len(), 1, "one message to {flow:?}, not {texts:#?}");
        texts.remove(0)
    }

    pub(super) fn is_silent(&mut self, flow: FlowId) -> bool {
        self.taken(flow).is_empty()
    }

    /// Text of its own for every call of it.
    pub(super) fn unique(&mut self) -> String {
        self.serial += 1;
        format!("u{}", self.serial)
    }

    /// Sends a request, and once more with credentials when it is challenged. `text` holds `{cseq}`, `{branch}` and
    /// `{auth}` where these belong. Leaves the answers of the second try to be taken.
    pub(super) fn ask(&mut self, flow: FlowId, user: &str, text: &str) {
        self.ask_with(flow, (user, &format!("{user}-secret"), Algorithm::Sha256), text);
    }

    pub(super) fn ask_with(&mut self, flow: FlowId, login: (&str, &str, Algorithm), text: &str) -> String {
        let branch = self.unique();
        self.send(flow, &fill(text, 1, &branch, ""));
        let challenge = self.one(flow);
        assert!(challenge.starts_with("SIP/2.0 401 ") || challenge.starts_with("SIP/2.0 407 "), "{challenge}");
        if text.starts_with("INVITE") {
            let ack = fill(text, 1, &branch, "").replace("INVITE", "ACK");
            self.send(flow, ack.split("\n\n").next().expect("head"));
        }
        let authorization = credentials(&challenge, login, text, 1);
        let branch = self.unique();
        let again = fill(text, 2, &branch, &authorization);
        self.send(flow, &again);
        again
    }

    /// Registers `user` with a device named after the host, reg-id 1.
    pub(super) fn register(&mut self, flow: FlowId, user: &str, host: &str) -> String {
        let call_id = self.unique();
        self.ask(flow, user, &register(user, &contact(user, host), &call_id));
        let answer = self.one(flow);
        assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
        answer
    }
}

pub(super) fn contact(user: &str, host: &str) -> String {
    format!("<sip:{user}@{host}.invalid;transport=ws>;+sip.instance=\"<urn:uuid:{host}>\";reg-id=1;expires=600")
}

pub(super) fn register(user: &str, contact: &str, call_id: &str) -> String {
    format!(
        "REGISTER sip:{REALM} SIP/2.0\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK{{branch}}\nMax-Forwards: 70\n\
         From: <sip:{user}@{REALM}>;tag=r\nTo: <sip:{user}@{REALM}>\nCall-ID: {call_id}\nCSeq: {{cseq}} REGISTER\n\
         Contact: {contact}\n{{auth}}"
    )
}

/// A request of `from` (at `host`) to `to`, outside a dialog.
pub(super) fn request(method: &str, (from, host): (&str, &str), to: &str, call_id: &str) -> String {
    format!(
        "{method} sip:{to} SIP/2.0\nVia: SIP/2.0/WS {host}.invalid;branch=z9hG4bK{{branch}}\nMax-Forwards: 70\n\
         From: <sip:{from}@{REALM}>;tag={from}\nTo: <sip:{to}>\nCall-ID: {call_id}\nCSeq: {{cseq}} {method}\n\
         Contact: <sip:{from}@{host}.invalid;transport=ws>\n{{auth}}"
    )
}

pub(super) fn invite(from: (&str, &str), to: &str, call_id: &str) -> String {
    request("INVITE", from, &format!("{to}@{REALM}"), call_id)
}

fn fill(text: &str, cseq: u32, branch: &str, auth: &str) -> String {
    text.replace("{cseq}", &cseq.to_string()).replace("{branch}", branch).replace("{auth}", auth)
}

/// The line that answers a challenge.
pub(super) fn credentials(
    challenge: &str,
    (user, password, algorithm): (&str, &str, Algorithm),
    text: &str,
    nc: u32,
) -> String {
    let offered = challenges(challenge);
    let proxy = challenge.contains("Proxy-Authenticate");
    let wanted = offered.iter().find(|offer| Algorithm::parse(offer.algorithm.as_deref()) == Some(algorithm));
    let wanted = wanted.expect("the algorithm is offered");
    let (method, rest) = text.split_once(' ').expect("a request");
    let uri = rest.split(' ').next().expect("a Request-URI");
    let ha1 = ha1(algorithm, user, &wanted.realm, password);
    let qop = Some(Qop::Auth);
    let exchange =
        Exchange { algorithm, ha1: &ha1, nonce: &wanted.nonce, cnonce: "c", nc, qop, method, uri, body: b"" };
    let authorization = Authorization {
        username: user.to_owned(),
        realm: wanted.realm.clone(),
        nonce: wanted.nonce.clone(),
        uri: uri.to_owned(),
        response: exchange.response(),
        algorithm: wanted.algorithm.clone(),
        cnonce: Some("c".to_owned()),
        opaque: None,
        qop: Some("auth".to_owned()),
        nc: Some(nc),
    };
    format!("{}: {authorization}\n", if proxy { "Proxy-Authorization" } else { "Authorization" })
}

pub(super) fn challenges(response: &str) -> Vec<Challenge> {
    parse(response).headers().challenges()
}

pub(super) fn parse(text: &str) -> Message {
    Message::parse(text.as_bytes()).expect("a SIP message")
}

/// All values of a header, line by line.
pub(super) fn values(text: &str, name: &str) -> Vec<String> {
    let name = Name::parse(name).expect("a header name");
    parse(text).headers().get_all(&name).map(|value| value.into_owned()).collect()
}

pub(super) fn value(text: &str, name: &str) -> String {
    let values = values(text, name);
    assert_eq!(values.len(), 1, "one {name} in {text}");
    values.concat()
}

pub(super) fn first_line(text: &str) -> &str {
    text.split("\r\n").next().expect("a line")
}

pub(super) fn status(text: &str) -> u16 {
    first_line(text).split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status line")
}

/// A response to a request as a device writes it: what must be copied is copied, line by line.
pub(super) fn reply(request: &str, status: &str, tag: &str, more: &str) -> String {
    let mut lines = vec![format!("SIP/2.0 {status}")];
    for line in request.split("\r\n") {
        let name = line.split(':').next().unwrap_or_default();
        match name {
            "Via" | "From" | "Call-ID" | "CSeq" | "Record-Route" => lines.push(line.to_owned()),
            "To" if line.contains(";tag=") => lines.push(line.to_owned()),
            "To" => lines.push(format!("{line};tag={tag}")),
            _ => {}
        }
    }
    format!("{}\n{more}", lines.join("\n"))
}

/// A request within the dialog of `invite` (as the callee got it) and `ok` (as the callee sent it).
pub(super) fn within(method: &str, by_caller: bool, ok: &str, (uri, branch, cseq): (&str, &str, u32)) -> String {
    let mut routes = values(ok, "Record-Route");
    if by_caller {
        routes.reverse();
    }
    let routes: String = routes.iter().map(|route| format!("Route: {route}\n")).collect();
    let (caller, callee) = (value(ok, "From"), value(ok, "To"));
    let (from, to) = if by_caller { (caller, callee) } else { (callee, caller) };
    format!(
        "{method} {uri} SIP/2.0\nVia: SIP/2.0/WS y.invalid;branch=z9hG4bK{branch}\nMax-Forwards: 70\n{routes}\
         From: {from}\nTo: {to}\nCall-ID: {}\nCSeq: {cseq} {method}\n",
        value(ok, "Call-ID")
    )
}
