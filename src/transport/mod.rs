//! Is the socket up, which server next, when to try again, and keep-alive (RFC 7118, RFC 5626 §3.5.1, §4.4.1).
//!
//! ```text
//!          connect()             Opened, protocol `sip`
//!  Idle ─────────────▶ Connecting ─────────────────────▶ Up
//!   ▲                   ▲      │ Closed, too slow,        │ Closed, no pong
//!   │ close()           │      ▼ another protocol         │
//!   └─────────────── Waiting ◀────────────────────────────┘
//!                     retry_at
//! ```
//! Every socket is a [`FlowId`] of its own; what an old one still says is not listened to. This room knows
//! nothing of SIP but that a frame of line ends alone is none.

mod keepalive;

use std::collections::VecDeque;

use crate::entropy::Entropy;
use crate::message::{FlowId, Frame};
use crate::time::{Backoff, Deadline, Duration, Instant};
use keepalive::KeepAlive;

/// How long a socket may take to open.
const OPENING: Duration = Duration::from_secs(10);
/// How soon after a hint the next attempt may be made, and how long until another hint counts (TR-07).
const HURRIED: Duration = Duration::from_secs(1);
const HINT_COUNTS_AGAIN: Duration = Duration::from_secs(5);
/// Close codes (RFC 6455 §7.4.1).
const NORMAL: u16 = 1000;
const PROTOCOL_ERROR: u16 = 1002;
const MESSAGE_TOO_BIG: u16 = 1009;
/// The largest frame that is borne (SL-01).
const LARGEST: usize = 1 << 20;
/// The subprotocol of SIP (RFC 7118 §4).
const SIP: &str = "sip";

/// How to connect.
#[derive(Clone, Debug)]
pub struct Settings {
    /// WebSocket URLs in order of preference.
    pub servers: Vec<String>,
    /// How long to wait after a failure.
    pub backoff: Backoff,
    /// Longest time between keep-alives where the server names none; zero = none are sent.
    pub keep_alive: Duration,
    /// How long a pong may take.
    pub pong_timeout: Duration,
    /// Close codes after which no attempt is made.
    pub no_retry_codes: Vec<u16>,
}

/// What the hub is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Open a socket.
    Open(FlowId, String),
    /// Send a frame.
    Send(FlowId, Frame),
    /// Close a socket.
    Close(FlowId, u16),
    /// A socket is being opened to this server.
    Connecting(String),
    /// The socket is open and speaks SIP.
    Up(FlowId, String),
    /// The socket that was up is gone.
    Down(FlowId),
    /// The next attempt is made then; why there has to be one.
    Waiting(Instant, String),
    /// No attempt will be made: the servers do not want us.
    Refused(String),
}

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inbound {
    /// A SIP message, as far as this room can tell.
    Message,
    /// More octets than a socket may send at once: it is closed.
    TooLarge,
    /// Keep-alive, or from a socket nobody listens to any more.
    Nothing,
}

/// The connection to one of the servers.
#[derive(Debug)]
pub struct Transport {
    settings: Settings,
    state: State,
    /// Flows made so far.
    flows: u64,
    /// Which of the servers is tried next.
    next_server: usize,
    /// Attempts and connections in a row that failed.
    failures: u32,
    /// Servers in a row that did not speak `sip`.
    strangers: usize,
    /// When a hint last shortened a wait.
    hurried_at: Option<Instant>,
    keepalive: KeepAlive,
    told: VecDeque<Told>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Connecting { flow: FlowId, server: usize, give_up_at: Instant },
    Up { flow: FlowId, server: usize, buffered: u32 },
    Waiting { retry_at: Instant },
}

impl Transport {
    /// Nothing is connected until [`Transport::connect`].
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            keepalive: KeepAlive::new(settings.keep_alive, settings.pong_timeout),
            settings,
            state: State::Idle,
            flows: 0,
            next_server: 0,
            failures: 0,
            strangers: 0,
            hurried_at: None,
            told: VecDeque::new(),
        }
    }

    /// Connects and stays connected until [`Transport::close`].
    pub fn connect(&mut self, now: Instant) {
        if self.state == State::Idle {
            self.failures = 0;
            self.strangers = 0;
            self.open(now);
        }
    }

    /// Closes the socket and tries no more.
    pub fn close(&mut self) {
        match self.state {
            State::Idle | State::Waiting { .. } => {}
            State::Connecting { flow, .. } => self.told.push_back(Told::Close(flow, NORMAL)),
            State::Up { flow, .. } => {
                self.told.push_back(Told::Close(flow, NORMAL));
                self.told.push_back(Told::Down(flow));
            }
        }
        self.keepalive.stop();
        self.state = State::Idle;
    }

    /// The world may have changed for the better: a wait is shortened, an open socket is probed (TR-07).
    pub fn hurry(&mut self, now: Instant) {
        match &mut self.state {
            State::Waiting { retry_at } => {
                let too_soon = self.hurried_at.is_some_and(|at| now < at + HINT_COUNTS_AGAIN);
                if !too_soon && *retry_at > now + HURRIED {
                    *retry_at = now + HURRIED;
                    self.hurried_at = Some(now);
                    self.told.push_back(Told::Waiting(now + HURRIED, "the network may be back".to_owned()));
                }
            }
            State::Up { .. } => self.keepalive.probe(now),
            State::Idle | State::Connecting { .. } => {}
        }
    }

    /// The connection has proved good: the next failure is the first again. `interval` is what the edge wants
    /// between keep-alives, in seconds (RFC 5626 §4.4.1).
    pub fn proved(&mut self, now: Instant, interval: Option<u32>, entropy: &mut Entropy) {
        self.failures = 0;
        if matches!(self.state, State::Up { .. }) {
            self.keepalive.set_interval(now, interval, entropy);
        }
    }

    /// A socket has opened.
    pub fn opened(&mut self, now: Instant, flow: FlowId, protocol: Option<&str>, entropy: &mut Entropy) {
        let State::Connecting { flow: ours, server, .. } = self.state else { return };
        if ours != flow {
            return;
        }
        if protocol != Some(SIP) {
            // TR-01
            self.told.push_back(Told::Close(flow, PROTOCOL_ERROR));
            self.strangers += 1;
            if self.strangers >= self.settings.servers.len() {
                return self.refuse("no server selected the subprotocol `sip` (RFC 7118)");
            }
            return self.wait(now, "the server did not select the subprotocol `sip`", entropy);
        }
        self.strangers = 0;
        self.state = State::Up { flow, server, buffered: 0 };
        self.keepalive.start(now, server, entropy);
        self.told.push_back(Told::Up(flow, self.url(server)));
    }

    /// A socket is gone, or could not be opened.
    pub fn closed(&mut self, now: Instant, flow: FlowId, code: u16, entropy: &mut Entropy) {
        match self.state {
            State::Connecting { flow: ours, .. } if ours == flow => self.strangers = 0,
            State::Up { flow: ours, .. } if ours == flow => self.lose(flow),
            State::Idle | State::Connecting { .. } | State::Up { .. } | State::Waiting { .. } => return,
        }
        if self.settings.no_retry_codes.contains(&code) {
            return self.refuse(&format!("the server closed the connection with code {code}"));
        }
        self.wait(now, &format!("the connection was closed with code {code}"), entropy);
    }

    /// A frame has arrived; keep-alives are dealt with here (RFC 7118 §6, RFC 5626 §3.5.1).
    pub fn received(&mut self, now: Instant, flow: FlowId, frame: &Frame, entropy: &mut Entropy) -> Inbound {
        let State::Up { flow: ours, .. } = self.state else { return Inbound::Nothing };
        if ours != flow {
            return Inbound::Nothing;
        }
        match frame.as_bytes() {
            // SL-01
            octets if octets.len() > LARGEST => {
                self.told.push_back(Told::Close(flow, MESSAGE_TOO_BIG));
                self.lose(flow);
                self.wait(now, "the server sent more than 1 MiB at once", entropy);
                return Inbound::TooLarge;
            }
            b"\r\n\r\n" => self.told.push_back(Told::Send(flow, Frame::Text("\r\n".to_owned()))),
            b"\r\n" => self.keepalive.on_pong(now, entropy),
            octets if octets.iter().all(u8::is_ascii_whitespace) => {}
            _ => return Inbound::Message,
        }
        Inbound::Nothing
    }

    /// How much the socket has yet to send.
    pub fn buffered(&mut self, flow: FlowId, bytes: u32) {
        if let State::Up { flow: ours, buffered, .. } = &mut self.state
            && *ours == flow
        {
            *buffered = bytes;
        }
    }

    /// The socket that is up, with its server's URL and what it has yet to send.
    #[must_use]
    pub fn flow(&self) -> Option<(FlowId, &str, u32)> {
        let State::Up { flow, server, buffered } = self.state else { return None };
        self.settings.servers.get(server).map(|url| (flow, url.as_str(), buffered))
    }

    /// The name of the state, for a snapshot.
    #[must_use]
    pub fn state_name(&self) -> &'static str {
        match self.state {
            State::Idle => "idle",
            State::Connecting { .. } => "connecting",
            State::Up { .. } => "up",
            State::Waiting { .. } => "waiting",
        }
    }

    /// When this room acts next.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Deadline> {
        match self.state {
            State::Idle => None,
            State::Connecting { give_up_at, .. } => {
                Some(Deadline::new(give_up_at, "give up on a socket that does not open"))
            }
            State::Waiting { retry_at } => Some(Deadline::new(retry_at, "try to connect again")),
            State::Up { .. } => self.keepalive.deadline(),
        }
    }

    /// Acts on the deadline, if it has come.
    pub fn handle_timeout(&mut self, now: Instant, entropy: &mut Entropy) {
        if self.next_deadline().is_none_or(|deadline| deadline.at > now) {
            return;
        }
        match self.state {
            State::Idle => {}
            State::Waiting { .. } => self.open(now),
            State::Connecting { flow, .. } => {
                self.told.push_back(Told::Close(flow, NORMAL));
                self.wait(now, "the server did not answer", entropy);
            }
            State::Up { flow, .. } => match self.keepalive.handle_timeout(now, entropy) {
                keepalive::Alarm::Ping => self.told.push_back(Told::Send(flow, Frame::Text("\r\n\r\n".to_owned()))),
                keepalive::Alarm::Dead => {
                    self.told.push_back(Told::Close(flow, NORMAL));
                    self.lose(flow);
                    self.wait(now, "the server did not answer a keep-alive", entropy);
                }
            },
        }
    }

    /// What there is to tell, in order.
    pub fn poll_told(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    fn open(&mut self, now: Instant) {
        let server = self.next_server;
        self.next_server = (server + 1) % self.settings.servers.len().max(1);
        let flow = FlowId(self.flows);
        self.flows += 1;
        self.state = State::Connecting { flow, server, give_up_at: now + OPENING };
        let url = self.url(server);
        self.told.push_back(Told::Connecting(url.clone()));
        self.told.push_back(Told::Open(flow, url));
    }

    fn wait(&mut self, now: Instant, why: &str, entropy: &mut Entropy) {
        self.failures = self.failures.saturating_add(1);
        let retry_at = now + self.settings.backoff.after(self.failures, entropy);
        self.state = State::Waiting { retry_at };
        self.told.push_back(Told::Waiting(retry_at, why.to_owned()));
    }

    fn refuse(&mut self, why: &str) {
        self.state = State::Idle;
        self.told.push_back(Told::Refused(why.to_owned()));
    }

    /// The first attempt after a loss goes to the server that was up: most losses are the network's.
    fn lose(&mut self, flow: FlowId) {
        if let State::Up { server, .. } = self.state {
            self.next_server = server;
        }
        self.keepalive.stop();
        self.told.push_back(Told::Down(flow));
    }

    fn url(&self, server: usize) -> String {
        self.settings.servers.get(server).cloned().unwrap_or_default()
    }
}
