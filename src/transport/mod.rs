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
//! A flow that is up also fails when it carries ten frames in ten seconds that mean nothing (TR-03).
//! That the platform says it is offline changes nothing here: an open socket may lead to this very machine, or outlive
//! a short loss, and keep-alives find out when it does not; attempts go on in their rhythm because the platform may be
//! wrong. That it is online again shortens a wait, and is remembered by an attempt under way that may have begun too
//! early (TR-07).
//!
//! Every socket is a [`FlowId`] of its own; what an old one still says is not listened to. This room knows
//! nothing of SIP but that a frame of line ends alone is none.

mod garbage;
mod keepalive;
mod servers;
mod values;

pub use values::{Inbound, Line, Settings, Told};

use std::collections::VecDeque;

use crate::entropy::Entropy;
use crate::message::{FlowId, Frame};
use crate::time::{Backoff, Deadline, Duration, Instant};
use garbage::Garbage;
use keepalive::{Alarm, KeepAlive};
use servers::Servers;

/// How long a socket may take to open.
const OPENING: Duration = Duration::from_secs(10);
/// How soon after a hint the next attempt may be made, and how long until another hint counts (TR-07).
const HURRIED: Duration = Duration::from_secs(1);
const HINT_COUNTS_AGAIN: Duration = Duration::from_secs(5);
/// Octets waiting in the socket above which no new request is begun (TR-10).
const CONGESTED: u32 = 1 << 20;
/// Close codes (RFC 6455 §7.4.1).
const NORMAL: u16 = 1000;
const PROTOCOL_ERROR: u16 = 1002;
const MESSAGE_TOO_BIG: u16 = 1009;
/// The largest frame that is borne (SL-01).
const LARGEST: usize = 1 << 20;
/// The subprotocol of SIP (RFC 7118 §4).
const SIP: &str = "sip";

/// The connection to one of the servers.
#[derive(Debug)]
pub struct Transport {
    backoff: Backoff,
    no_retry_codes: Vec<u16>,
    servers: Servers,
    state: State,
    /// Flows made so far.
    flows: u64,
    /// Attempts and connections in a row that failed.
    failures: u32,
    /// When a hint last had an effect.
    hurried_at: Option<Instant>,
    keepalive: KeepAlive,
    told: VecDeque<Told>,
}

#[derive(Debug)]
enum State {
    Idle,
    Connecting { flow: FlowId, server: usize, give_up_at: Instant, patience: Patience },
    Up { flow: FlowId, server: usize, standing: Standing, buffered: u32, garbage: Garbage },
    Waiting { retry_at: Instant },
}

/// How long to wait when the attempt under way fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patience {
    /// As the back-off says.
    Usual,
    /// A hint has come since it began: not for long.
    Hurried,
}

/// What is known of a flow that is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The socket is open.
    Open,
    /// Somebody has found it good.
    Proved,
}

impl Transport {
    /// Nothing is connected until [`Transport::connect`].
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            keepalive: KeepAlive::new(settings.keep_alive, settings.pong_timeout),
            backoff: settings.backoff,
            no_retry_codes: settings.no_retry_codes,
            servers: Servers::new(settings.servers),
            state: State::Idle,
            flows: 0,
            failures: 0,
            hurried_at: None,
            told: VecDeque::new(),
        }
    }

    /// Connects and stays connected until [`Transport::close`]. Between two attempts it is a hint like any other.
    pub fn connect(&mut self, now: Instant, entropy: &mut Entropy) {
        match self.state {
            State::Idle => {
                self.failures = 0;
                self.servers.restart();
                self.open(now);
            }
            State::Waiting { .. } => self.hurry(now, entropy),
            State::Connecting { .. } | State::Up { .. } => {}
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

    /// The world may have changed for the better (TR-07): a wait is shortened, an attempt under way is not waited for
    /// long should it fail, an open socket is probed.
    pub fn hurry(&mut self, now: Instant, entropy: &mut Entropy) {
        if self.has_hurried(now) {
            return;
        }
        match &mut self.state {
            State::Idle => {}
            State::Connecting { patience, .. } => *patience = Patience::Hurried,
            State::Waiting { retry_at } if *retry_at <= now + HURRIED => {}
            State::Waiting { .. } => self.wait_until(now + HURRIED, "the network may be back", now),
            State::Up { flow, .. } => {
                if self.keepalive.probe(now, entropy) {
                    self.told.push_back(Told::Send(*flow, ping()));
                    self.hurried_at = Some(now);
                }
            }
        }
    }

    /// The flow has proved good: the next failure is the first again. `interval` is what the edge wants between
    /// keep-alives, in seconds (RFC 5626 §4.4.1); `outbound` says that it answers them (§5.4).
    pub fn proved(&mut self, now: Instant, interval: Option<u32>, outbound: bool, entropy: &mut Entropy) {
        if let State::Up { server, standing, .. } = &mut self.state {
            *standing = Standing::Proved;
            self.failures = 0;
            self.servers.proved(now, *server);
            self.keepalive.granted(now, interval, outbound, entropy);
        }
    }

    /// A socket has opened.
    pub fn opened(&mut self, now: Instant, flow: FlowId, protocol: Option<&str>, entropy: &mut Entropy) {
        let State::Connecting { flow: ours, server, .. } = self.state else { return };
        if ours != flow {
            return;
        }
        if protocol != Some(SIP) {
            return self.refuse_stranger(now, flow, protocol, entropy);
        }
        self.servers.met_one();
        self.state = State::Up { flow, server, standing: Standing::Open, buffered: 0, garbage: Garbage::default() };
        self.keepalive.start(now, server, entropy);
        self.told.push_back(Told::Up(flow, self.servers.url(server).to_owned()));
    }

    /// A socket is gone, or could not be opened.
    pub fn closed(&mut self, now: Instant, flow: FlowId, code: u16, entropy: &mut Entropy) {
        match self.state {
            State::Connecting { flow: ours, .. } if ours == flow => self.servers.met_nobody(),
            State::Up { flow: ours, .. } if ours == flow => {}
            State::Idle | State::Connecting { .. } | State::Up { .. } | State::Waiting { .. } => return,
        }
        if self.no_retry_codes.contains(&code) {
            self.lose(now, entropy);
            return self.refuse(&format!("the server closed the connection with code {code}"));
        }
        self.fail(now, &format!("the connection was closed with code {code}"), entropy);
    }

    /// Closes the socket that is up, because it is of no use, and connects anew.
    pub fn give_up(&mut self, now: Instant, flow: FlowId, code: u16, why: &str, entropy: &mut Entropy) {
        if self.is_up(flow) {
            self.told.push_back(Told::Close(flow, code));
            self.fail(now, why, entropy);
        }
    }

    /// A frame has arrived; keep-alives are dealt with here (RFC 7118 §6, RFC 5626 §3.5.1).
    pub fn received(&mut self, now: Instant, flow: FlowId, frame: &Frame, entropy: &mut Entropy) -> Inbound {
        if !self.is_up(flow) {
            return Inbound::Nothing;
        }
        match frame.as_bytes() {
            // SL-01
            octets if octets.len() > LARGEST => {
                self.give_up(now, flow, MESSAGE_TOO_BIG, "the server sent more than 1 MiB at once", entropy);
                return Inbound::TooLarge;
            }
            b"\r\n\r\n" => self.told.push_back(Told::Send(flow, Frame::Text("\r\n".to_owned()))),
            b"\r\n" => self.keepalive.on_pong(now, entropy),
            octets if octets.iter().all(u8::is_ascii_whitespace) => {}
            _ => return Inbound::Message,
        }
        Inbound::Nothing
    }

    /// The last frame was garbage: it could neither be read nor answered (TR-03).
    pub fn garbage(&mut self, now: Instant, flow: FlowId, entropy: &mut Entropy) {
        if let State::Up { flow: ours, garbage, .. } = &mut self.state
            && *ours == flow
            && garbage.is_too_much(now)
        {
            self.give_up(now, flow, PROTOCOL_ERROR, "ten frames of the server meant nothing", entropy);
        }
    }

    /// How much the socket has yet to send.
    pub fn buffered(&mut self, flow: FlowId, bytes: u32) {
        if let State::Up { flow: ours, buffered, .. } = &mut self.state
            && *ours == flow
        {
            *buffered = bytes;
        }
    }

    /// What can be said now.
    #[must_use]
    pub fn line(&self) -> Line {
        match self.state {
            State::Up { buffered, .. } if buffered > CONGESTED => Line::Congested,
            State::Up { .. } => Line::Free,
            State::Idle | State::Connecting { .. } | State::Waiting { .. } => Line::Down,
        }
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
                self.servers.met_nobody();
                self.told.push_back(Told::Close(flow, NORMAL));
                self.fail(now, "the server did not answer", entropy);
            }
            State::Up { flow, .. } => match self.keepalive.handle_timeout(now, entropy) {
                Alarm::Ping => self.told.push_back(Told::Send(flow, ping())),
                Alarm::Dead => self.give_up(now, flow, NORMAL, "the server did not answer a keep-alive", entropy),
            },
        }
    }

    /// What there is to tell, in order.
    pub fn poll_told(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    fn is_up(&self, flow: FlowId) -> bool {
        matches!(self.state, State::Up { flow: ours, .. } if ours == flow)
    }

    fn has_hurried(&self, now: Instant) -> bool {
        self.hurried_at.is_some_and(|at| now < at + HINT_COUNTS_AGAIN)
    }

    fn open(&mut self, now: Instant) {
        let server = self.servers.take_next(now);
        let flow = FlowId(self.flows);
        self.flows += 1;
        self.state = State::Connecting { flow, server, give_up_at: now + OPENING, patience: Patience::Usual };
        let url = self.servers.url(server).to_owned();
        self.told.push_back(Told::Connecting(url.clone()));
        self.told.push_back(Told::Open(flow, url));
    }

    /// TR-01: a failed attempt like any other, unless nobody at all speaks `sip`.
    fn refuse_stranger(&mut self, now: Instant, flow: FlowId, protocol: Option<&str>, entropy: &mut Entropy) {
        let selected = protocol.unwrap_or("none");
        self.told.push_back(Told::Diagnostic("subprotocol", format!("`sip` was offered, selected was {selected}")));
        self.told.push_back(Told::Close(flow, PROTOCOL_ERROR));
        if self.servers.met_stranger() {
            return self.refuse("no server selected the subprotocol `sip` (RFC 7118)");
        }
        self.fail(now, "the server did not select the subprotocol `sip`", entropy);
    }

    /// The attempt, or the connection, has failed: another one is made.
    fn fail(&mut self, now: Instant, why: &str, entropy: &mut Entropy) {
        let patience = self.lose(now, entropy);
        self.failures = self.failures.saturating_add(1);
        let retry_at = now + self.backoff.after(self.failures, entropy);
        self.state = State::Waiting { retry_at };
        if patience == Patience::Hurried && retry_at > now + HURRIED && !self.has_hurried(now) {
            return self.wait_until(now + HURRIED, why, now);
        }
        self.told.push_back(Told::Waiting(retry_at, why.to_owned()));
    }

    fn wait_until(&mut self, retry_at: Instant, why: &str, now: Instant) {
        self.state = State::Waiting { retry_at };
        self.hurried_at = Some(now);
        self.told.push_back(Told::Waiting(retry_at, why.to_owned()));
    }

    fn refuse(&mut self, why: &str) {
        self.state = State::Idle;
        self.told.push_back(Told::Refused(why.to_owned()));
    }

    /// What was under way or up is no more. How patient the one who was at it was.
    fn lose(&mut self, now: Instant, entropy: &mut Entropy) -> Patience {
        match self.state {
            State::Idle | State::Waiting { .. } => Patience::Usual,
            State::Connecting { server, patience, .. } => {
                self.servers.failed(now, server, &self.backoff, entropy);
                patience
            }
            State::Up { flow, server, standing, .. } => {
                match standing {
                    Standing::Open => self.servers.failed(now, server, &self.backoff, entropy),
                    Standing::Proved => self.servers.lost(server),
                }
                self.keepalive.stop();
                self.told.push_back(Told::Down(flow));
                Patience::Usual
            }
        }
    }
}

fn ping() -> Frame {
    Frame::Text("\r\n\r\n".to_owned())
}
