//! Keep-alive on an open flow (RFC 5626 §3.5.1, §4.4.1; TR-05).
//!
//! ```text
//!         start()           ping_at: CRLFCRLF       pong
//!  Off ─────────▶ Quiet ──────────────────▶ Asked ────────▶ Quiet
//!                   ▲  no pong is owed:     │ │ give_up_at
//!                   └───────────────────────┘ ▼
//!                                            dead
//! ```
//! Some servers swallow keep-alives, so silence is held against a server only when it owes a pong: after it has ponged
//! once, or has granted outbound (RFC 5626 §5.4).

use crate::entropy::Entropy;
use crate::time::{Deadline, Duration, Instant, MOST_SECONDS};

/// The keep-alive of the flow that is up.
#[derive(Debug)]
pub(super) struct KeepAlive {
    /// Longest time between pings where the edge names none; zero = never.
    usual: Duration,
    pong_timeout: Duration,
    /// Servers, by their place in the list, that owe a pong.
    ponging: Vec<usize>,
    state: State,
}

#[derive(Debug)]
enum State {
    Off,
    /// `longest` is the time between two pings, which is drawn from its upper fifth.
    Quiet {
        server: usize,
        longest: Duration,
        ping_at: Instant,
    },
    Asked {
        server: usize,
        longest: Duration,
        give_up_at: Instant,
    },
}

/// What the deadline meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alarm {
    /// Send a ping.
    Ping,
    /// The flow has failed.
    Dead,
}

impl KeepAlive {
    pub(super) fn new(usual: Duration, pong_timeout: Duration) -> Self {
        Self { usual, pong_timeout, ponging: Vec::new(), state: State::Off }
    }

    /// The flow to this server is up.
    pub(super) fn start(&mut self, now: Instant, server: usize, entropy: &mut Entropy) {
        self.state = State::Off;
        if !self.usual.is_zero() {
            // Proxies on the way drop a socket that is idle for a minute.
            self.rest(now, server, self.usual, entropy);
        }
    }

    pub(super) fn stop(&mut self) {
        self.state = State::Off;
    }

    /// What the edge has granted: the interval it asks for, in seconds, and whether it answers keep-alives.
    pub(super) fn granted(&mut self, now: Instant, interval: Option<u32>, outbound: bool, entropy: &mut Entropy) {
        let wanted = interval.map_or(self.usual, |seconds| Duration::from_secs(u64::from(seconds.min(MOST_SECONDS))));
        let server = match &mut self.state {
            State::Off => return,
            State::Asked { server, longest, .. } => {
                *longest = wanted;
                *server
            }
            State::Quiet { server, longest, .. } if *longest == wanted => *server,
            State::Quiet { server, .. } => {
                let server = *server;
                self.rest(now, server, wanted, entropy);
                server
            }
        };
        if outbound || interval.is_some() {
            self.owes_pong(server);
        }
    }

    /// Asks ahead of time whether the flow still lives. Whether a ping is to be sent.
    pub(super) fn probe(&mut self, now: Instant, entropy: &mut Entropy) -> bool {
        match self.state {
            State::Quiet { server, longest, .. } => {
                self.ask(now, server, longest, entropy);
                true
            }
            State::Off | State::Asked { .. } => false,
        }
    }

    pub(super) fn on_pong(&mut self, now: Instant, entropy: &mut Entropy) {
        match self.state {
            State::Off => {}
            State::Quiet { server, .. } => self.owes_pong(server),
            State::Asked { server, longest, .. } => {
                self.owes_pong(server);
                self.rest(now, server, longest, entropy);
            }
        }
    }

    pub(super) fn deadline(&self) -> Option<Deadline> {
        match self.state {
            State::Off => None,
            State::Quiet { ping_at, .. } => Some(Deadline::new(ping_at, "send a keep-alive")),
            State::Asked { give_up_at, .. } => Some(Deadline::new(give_up_at, "give up on a flow without a pong")),
        }
    }

    /// The deadline has come.
    pub(super) fn handle_timeout(&mut self, now: Instant, entropy: &mut Entropy) -> Alarm {
        match self.state {
            State::Quiet { server, longest, .. } => {
                self.ask(now, server, longest, entropy);
                Alarm::Ping
            }
            State::Off | State::Asked { .. } => Alarm::Dead,
        }
    }

    fn ask(&mut self, now: Instant, server: usize, longest: Duration, entropy: &mut Entropy) {
        if self.ponging.contains(&server) {
            self.state = State::Asked { server, longest, give_up_at: now + self.pong_timeout };
        } else {
            self.rest(now, server, longest, entropy);
        }
    }

    fn owes_pong(&mut self, server: usize) {
        if !self.ponging.contains(&server) {
            self.ponging.push(server);
        }
    }

    fn rest(&mut self, now: Instant, server: usize, longest: Duration, entropy: &mut Entropy) {
        let ping_at = now + entropy.between(longest * 4 / 5, longest);
        self.state = State::Quiet { server, longest, ping_at };
    }
}
