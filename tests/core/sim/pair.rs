//! Two real ends, a minimal stateless proxy between them (RFC 3261 §16.11), and a wire that may delay, repeat and lose.
//!
//! ```text
//!  alice ──▶ relay ──▶ bob      a frame leaves, arrives `delay` later, in order; the socket may be cut at any moment
//! ```
//! The relay answers REGISTER itself, sends requests on by the user part of the Request-URI and responses by the Via
//! below its own. It works on text.

use patchcord::agent::{Command, Config, Input, Interest};
use patchcord::entropy::Entropy;
use patchcord::message::{FlowId, Frame};
use patchcord::time::{Duration, Instant};
use patchcord::usage::call::{AcceptOptions, DialOptions, HangupOptions};
use patchcord::usage::data::{CallHandle, RequestId};

use super::end::{End, brief};
use super::{Text, ladder};

const RELAY: &str = "relay.example.test";

/// What is on its way.
#[derive(Clone, Debug)]
struct Flying {
    arrive_at: Instant,
    to: usize,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Opened(FlowId),
    Frame(FlowId, String),
}

/// Two ends: 0 is alice, 1 is bob.
#[derive(Debug)]
pub(crate) struct Pair {
    pub(crate) ends: [End; 2],
    now: Instant,
    flying: Vec<Flying>,
    /// What the wire does, drawn from the seed.
    chance: Entropy,
    /// Bounds of the time a frame takes.
    pub(crate) delay: (Duration, Duration),
    /// Of a thousand frames, how many arrive twice.
    pub(crate) duplicates: u64,
    /// The `.invalid` host that each end puts into its Via.
    hosts: [Option<String>; 2],
}

impl Pair {
    pub(crate) fn new(config: &Config, seed: u8) -> Self {
        ladder::begin();
        let bob = Config { aor: "sip:bob@example.test".to_owned(), ..config.clone() };
        Self {
            ends: [End::new("alice", config.clone(), seed), End::new("bob", bob, seed.wrapping_add(100))],
            now: Instant(0),
            flying: Vec::new(),
            chance: Entropy::new([seed; 32]),
            delay: (Duration::from_millis(10), Duration::from_millis(30)),
            duplicates: 0,
            hosts: [None, None],
        }
    }

    /// Both connected, and listening for calls.
    pub(crate) fn connected(config: &Config, seed: u8) -> Self {
        let mut pair = Self::new(config, seed);
        for end in [0, 1] {
            pair.command(end, Command::Interest { interests: vec![Interest::Calls] });
            pair.ask_for(end, |id| Command::Connect { id });
        }
        pair.advance(2_000);
        for end in &pair.ends {
            assert_eq!(end.unsettled(), [], "{} is connected", end.name);
        }
        pair
    }

    /// Lets time pass: deadlines and arrivals in the order of their instants.
    pub(crate) fn advance(&mut self, ms: u64) {
        let until = Instant(self.now.0 + ms);
        while let Some(next) = self.next().filter(|next| *next <= until) {
            self.now = next.max(self.now);
            self.arrivals();
            for end in &mut self.ends {
                let mut now = self.now;
                end.run(&mut now, self.now, |_, _| {});
            }
            self.collect();
        }
        self.now = until;
    }

    /// Lets time pass until `what` is told by an end, at most a minute.
    pub(crate) fn until(&mut self, end: usize, what: &str) {
        let limit = self.now.0 + 60_000;
        while !self.ends[end].events.iter().any(|event| brief(event).ends_with(what)) {
            let next = self.next().expect("something to happen");
            assert!(next.0 <= limit, "{} never told `{what}`", self.ends[end].name);
            self.advance(next.0.saturating_sub(self.now.0));
        }
    }

    /// The socket of an end is lost, with all that is on its way.
    pub(crate) fn cut(&mut self, end: usize) {
        let Some(flow) = self.ends[end].flow else { return };
        ladder::note(self.now, "wire", &format!("the socket of {} is lost", self.ends[end].name));
        self.flying.retain(|flying| flying.to != end);
        self.ends[end].input(self.now, Input::Closed { flow, code: 1006 });
        self.collect();
    }

    pub(crate) fn command(&mut self, end: usize, command: Command) {
        self.ends[end].command(self.now, command).expect("no misuse");
        self.collect();
    }

    pub(crate) fn ask_for(&mut self, end: usize, command: impl FnOnce(RequestId) -> Command) -> RequestId {
        let id = self.ends[end].request_id();
        self.command(end, command(id));
        id
    }

    /// An end calls the other.
    pub(crate) fn call(&mut self, end: usize) -> CallHandle {
        let call = self.ends[end].call_handle();
        let target = ["bob", "alice"][end].to_owned();
        self.command(end, Command::Call { call, target, options: DialOptions::default() });
        call
    }

    pub(crate) fn accept(&mut self, end: usize, call: CallHandle) -> RequestId {
        self.ask_for(end, |id| Command::Accept { id, call, options: AcceptOptions::default() })
    }

    pub(crate) fn hangup(&mut self, end: usize, call: CallHandle) -> RequestId {
        self.ask_for(end, |id| Command::Hangup { id, call, options: HangupOptions::default() })
    }

    fn next(&self) -> Option<Instant> {
        let wakes = self.ends.iter().filter_map(|end| end.wake).map(|wake| wake.at);
        wakes.chain(self.flying.iter().map(|flying| flying.arrive_at)).min()
    }

    fn arrivals(&mut self) {
        while let Some(at) = self.flying.iter().position(|flying| flying.arrive_at <= self.now) {
            let Flying { to, what, .. } = self.flying.remove(at);
            let end = &mut self.ends[to];
            match what {
                What::Opened(flow) => end.input(self.now, Input::Opened { flow, protocol: Some("sip".to_owned()) }),
                What::Frame(flow, text) => end.input(self.now, Input::Received { flow, frame: Frame::Text(text) }),
            }
            self.collect();
        }
    }

    /// Takes what the ends sent to where it belongs.
    fn collect(&mut self) {
        for from in [0, 1] {
            while let Some((flow, _)) = self.ends[from].opens.pop_front() {
                self.fly(from, What::Opened(flow));
            }
            while let Some((flow, _)) = self.ends[from].closes.pop_front() {
                self.flying.retain(|flying| flying.to != from || !flying.what.is_on(flow));
            }
            while let Some((_, _, frame)) = self.ends[from].sent.pop_front() {
                let text = Text(String::from_utf8(frame.as_bytes().to_vec()).expect("UTF-8"));
                if let Some((to, text)) = self.relay(from, text) {
                    let Some(flow) = self.ends[to].flow else { continue };
                    self.fly(to, What::Frame(flow, text.0.clone()));
                    if self.chance.below(1000) < self.duplicates {
                        self.fly(to, What::Frame(flow, text.0));
                    }
                }
            }
        }
    }

    /// In order, as TCP keeps it.
    fn fly(&mut self, to: usize, what: What) {
        let earliest = self.now + self.chance.between(self.delay.0, self.delay.1);
        let last = self.flying.iter().filter(|flying| flying.to == to).map(|flying| flying.arrive_at).max();
        let arrive_at = last.map_or(earliest, |last| last.max(earliest));
        self.flying.push(Flying { arrive_at, to, what });
    }

    fn relay(&mut self, from: usize, text: Text) -> Option<(usize, Text)> {
        if text.0.trim().is_empty() {
            return None;
        }
        if text.is_response() {
            let below = text.all("Via").get(1)?.clone();
            let to = self.hosts.iter().position(|host| host.as_ref().is_some_and(|host| below.contains(host)))?;
            return Some((to, without_top(text, "Via")));
        }
        let via = text.get("Via");
        let host = via.split_once(' ').and_then(|(_, rest)| rest.split_once(';')).map(|(host, _)| host.to_owned());
        self.hosts[from] = host;
        if text.kind() == "REGISTER" {
            let contact = text.get("Contact");
            return Some((from, Text::answer(&text, "200 OK").tagged("relay").with("Contact", &contact)));
        }
        let user = text.uri();
        let user = user.strip_prefix("sip:").and_then(|rest| rest.split_once('@')).map(|(user, _)| user.to_owned())?;
        let to = ["alice", "bob"].iter().position(|name| *name == user)?;
        if self.ends[to].flow.is_none() {
            let unavailable = || Text::answer(&text, "480 Temporarily Unavailable").tagged("relay");
            return (text.kind() != "ACK").then(|| (from, unavailable()));
        }
        let branch = text.branch();
        let mut onward = without_top(text, "Route");
        let start = onward.start().to_owned();
        onward = onward.started(&format!("{start}\r\nVia: SIP/2.0/WSS {RELAY};branch=z9hG4bKrelay-{branch}"));
        if onward.kind() == "INVITE" && onward.tag("To").is_none() {
            onward = onward.with("Record-Route", &format!("<sip:{RELAY};transport=ws;lr>"));
        }
        Some((to, onward))
    }
}

impl What {
    fn is_on(&self, flow: FlowId) -> bool {
        match self {
            Self::Opened(other) | Self::Frame(other, _) => *other == flow,
        }
    }
}

/// Takes the first line of a header away.
fn without_top(text: Text, name: &str) -> Text {
    let prefix = format!("\r\n{name}: ");
    let Some(start) = text.0.find(&prefix) else { return text };
    let after = text.0[start + 2..].find("\r\n").map_or(text.0.len(), |length| start + 2 + length);
    Text(format!("{}{}", &text.0[..start], &text.0[after..]))
}
