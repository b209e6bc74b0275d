//! Transactions in virtual time: requirements TX-01 to TX-10, TX-13, TR-04, TR-08, TR-09, and the parts of RC-20, RC-22 and
//! SL-02 that lie in this room.

mod client;
mod flow;
mod invite_client;
mod invite_server;
mod matching;
mod server;
mod server_cancel;
mod timers;

use patchcord::message::{FlowId, Message, Name, Request, Response, StatusCode};
use patchcord::time::{Deadline, Instant};
use patchcord::transaction::{Arrival, ClientId, Happening, ServerId, Timers, Transactions};

/// The flow everything happens on unless a test says otherwise.
const FLOW: FlowId = FlowId(1);
/// The flow after a reconnect.
const NEW_FLOW: FlowId = FlowId(2);
/// Who asks.
const OWNER: &str = "alice's call";

type Told = Vec<(u64, Happening<&'static str>)>;

/// A transaction user with a clock of its own, and the wire it writes on.
struct Desk {
    transactions: Transactions<&'static str>,
    now: Instant,
    wire: Vec<(u64, FlowId, Message)>,
}

impl Desk {
    fn new() -> Self {
        Self::with(Timers::default())
    }

    fn with(timers: Timers) -> Self {
        Self::limited(timers, 256)
    }

    fn limited(timers: Timers, limit: usize) -> Self {
        Self { transactions: Transactions::new(timers, limit), now: Instant(0), wire: Vec::new() }
    }

    /// Sleeps from deadline to deadline up to and including `millis`; what was told on the way, and when.
    fn run_to(&mut self, millis: u64) -> Told {
        let mut told = Vec::new();
        while let Some(next) = self.transactions.next_deadline().filter(|next| next.at.0 <= millis) {
            self.now = self.now.max(next.at);
            let happenings = self.transactions.handle_timeout(self.now);
            told.extend(happenings.into_iter().map(|happening| (self.now.0, happening)));
            self.collect();
        }
        self.now = Instant(millis);
        told
    }

    fn send(&mut self, request: &str) -> ClientId {
        let id = self.transactions.request(self.now, FLOW, as_request(request), OWNER);
        self.collect();
        id
    }

    fn cancel(&mut self, id: ClientId, extra: &[(Name, &str)]) {
        let extra = extra.iter().map(|(name, value)| (name.clone(), (*value).to_owned()));
        self.transactions.cancel(self.now, id, extra.collect());
        self.collect();
    }

    fn receive(&mut self, message: &str) -> Arrival<&'static str> {
        self.receive_on(FLOW, message)
    }

    fn receive_on(&mut self, flow: FlowId, message: &str) -> Arrival<&'static str> {
        let arrival = match parse(message) {
            Message::Request(request) => {
                let head = request.head().unwrap();
                self.transactions.handle_request(self.now, flow, request, head)
            }
            Message::Response(response) => {
                let head = response.head().unwrap();
                self.transactions.handle_response(self.now, response, head)
            }
        };
        self.collect();
        arrival
    }

    /// A request that must be new.
    fn accept(&mut self, message: &str) -> ServerId {
        let arrival = self.receive(message);
        let Arrival::Request { id, .. } = arrival else { panic!("not a new request: {arrival:?}") };
        id
    }

    /// Answers; whether that was allowed.
    fn answer(&mut self, id: ServerId, code: u16) -> bool {
        let Some((request, _)) = self.transactions.server_request(id) else { return false };
        let response = request.response(StatusCode::new(code).unwrap(), None, Some("local"));
        let result = self.transactions.respond(self.now, id, response.clone());
        self.collect();
        assert!(result.is_ok() || result == Err(response), "what is refused comes back whole");
        result.is_ok()
    }

    fn close(&mut self, flow: FlowId) -> Vec<Happening<&'static str>> {
        self.transactions.flow_closed(self.now, flow)
    }

    fn deadline(&self) -> Option<u64> {
        self.transactions.next_deadline().map(|Deadline { at, .. }| at.0)
    }

    /// What has left since the last call: when, and its start line.
    fn sent(&mut self) -> Vec<(u64, String)> {
        let sent = self.wire.drain(..);
        sent.map(|(at, _, message)| (at, text(&message).lines().next().unwrap_or_default().to_owned())).collect()
    }

    /// The one message that has left since the last call, whole.
    fn sent_text(&mut self) -> String {
        let mut texts: Vec<_> = self.wire.drain(..).map(|(_, _, message)| text(&message)).collect();
        assert_eq!(texts.len(), 1, "{texts:?}");
        texts.remove(0)
    }

    /// By which flow the messages since the last call have left.
    fn flows(&mut self) -> Vec<FlowId> {
        self.wire.drain(..).map(|(_, flow, _)| flow).collect()
    }

    fn collect(&mut self) {
        while let Some(transmit) = self.transactions.poll_transmit() {
            self.wire.push((self.now.0, transmit.flow, transmit.message));
        }
    }
}

/// Owner and status of a response that was handed up.
fn heard(arrival: &Arrival<&'static str>) -> Option<(&'static str, u16)> {
    match arrival {
        Arrival::Response { owner, response, .. } => Some((*owner, response.status.code())),
        Arrival::Request { .. }
        | Arrival::NoRoom { .. }
        | Arrival::Merged { .. }
        | Arrival::Cancelled { .. }
        | Arrival::Ack { .. }
        | Arrival::StrayResponse { .. }
        | Arrival::Absorbed => None,
    }
}

fn is_stray(arrival: &Arrival<&'static str>) -> bool {
    matches!(arrival, Arrival::StrayResponse { .. })
}

fn at(millis: u64, start_line: &str) -> (u64, String) {
    (millis, start_line.to_owned())
}

fn text(message: &Message) -> String {
    String::from_utf8(message.to_bytes()).unwrap().replace("\r\n", "\n")
}

fn parse(message: &str) -> Message {
    Message::parse(message.replace('\n', "\r\n").as_bytes()).unwrap()
}

fn as_request(message: &str) -> Request {
    match parse(message) {
        Message::Request(request) => request,
        Message::Response(response) => panic!("a response: {response:?}"),
    }
}

fn as_response(message: &str) -> Response {
    match parse(message) {
        Message::Response(response) => response,
        Message::Request(request) => panic!("a request: {request:?}"),
    }
}

/// A request of ours.
fn ours(method: &str, branch: &str) -> String {
    format!(
        "{method} sip:bob@example.com SIP/2.0\n\
         Via: SIP/2.0/WSS uu5r8k2n1q0x.invalid;branch={branch}\n\
         Max-Forwards: 70\n\
         Route: <sip:edge.example.com;lr>\n\
         Route: <sip:core.example.com;lr>\n\
         From: \"Alice\" <sip:alice@example.com>;tag=a1\n\
         To: <sip:bob@example.com>\n\
         Call-ID: c1\n\
         CSeq: 7 {method}\n\
         Contact: <sip:alice@uu5r8k2n1q0x.invalid;transport=ws>\n\n"
    )
}

/// A response to a request of ours.
fn reply(code: u16, method: &str, branch: &str, to_tag: &str) -> String {
    format!(
        "SIP/2.0 {code} Whatever\n\
         Via: SIP/2.0/WSS uu5r8k2n1q0x.invalid;branch={branch};received=192.0.2.77;rport=40123\n\
         From: \"Alice\" <sip:alice@example.com>;tag=a1\n\
         To: <sip:bob@example.com>;tag={to_tag}\n\
         Call-ID: c1\n\
         CSeq: 7 {method}\n\n"
    )
}

/// A request of a peer.
fn theirs(method: &str, branch: &str) -> String {
    theirs_with(method, &format!("SIP/2.0/WSS peer.example.net;branch={branch}"), "")
}

/// A request of a peer with this topmost Via, and this To tag if any.
fn theirs_with(method: &str, via: &str, to_tag: &str) -> String {
    let to_tag = if to_tag.is_empty() { String::new() } else { format!(";tag={to_tag}") };
    format!(
        "{method} sip:alice@uu5r8k2n1q0x.invalid SIP/2.0\n\
         Via: {via}\n\
         Via: SIP/2.0/WSS first.example.net;branch=z9hG4bKfirst\n\
         Max-Forwards: 69\n\
         From: <sip:carol@example.net>;tag=p1\n\
         To: <sip:alice@example.com>{to_tag}\n\
         Call-ID: p-call\n\
         CSeq: 31 {method}\n\
         Timestamp: 54\n\n"
    )
}
