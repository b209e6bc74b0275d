//! Keep-alive on an open flow (RFC 5626 §3.5.1, §4.4.1; TR-05).
//!
//! ```text
//!         start()           ping_at: CRLFCRLF       pong
//!  Off ─────────▶ Quiet ──────────────────▶ Asked ────────▶ Quiet
//!                   ▲  server never ponged: │ │ give_up_at
//!                   └───────────────────────┘ ▼
//!                                            dead
//! ```
//! Some servers swallow keep-alives, so silence is held against a server only after it has ponged once.

use crate::entropy::Entropy;
use crate::time::{Deadline, Duration, Instant};

/// The keep-alive of the flow that is up.
#[derive(Debug)]
pub(super) struct KeepAlive {
    /// Longest time between pings where the edge names none; zero = never.
    usual: Duration,
    pong_timeout: Duration,
    /// Servers, by their place in the list, that have ever ponged.
    ponging: Vec<usize>,
    state: State,
}

#[derive(Debug)]
enum State {
    Off,
    Quiet { server: usize, interval: (Duration, Duration), ping_at: Instant },
    Asked { server: usize, interval: (Duration, Duration), give_up_at: Instant },
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
            self.rest(now, server, (self.usual * 4 / 5, self.usual), entropy);
        }
    }

    pub(super) fn stop(&mut self) {
        self.state = State::Off;
    }

    /// The interval the edge asks for, in seconds (RFC 5626 §4.4.1: drawn from its upper fifth).
    pub(super) fn set_interval(&mut self, now: Instant, seconds: Option<u32>, entropy: &mut Entropy) {
        let (State::Quiet { server, .. }, Some(seconds)) = (&self.state, seconds) else { return };
        let (server, most) = (*server, Duration::from_secs(u64::from(seconds.min(86_400))));
        self.rest(now, server, (most * 4 / 5, most), entropy);
    }

    /// Asks now whether the flow still lives.
    pub(super) fn probe(&mut self, now: Instant) {
        if let State::Quiet { ping_at, .. } = &mut self.state {
            *ping_at = (*ping_at).min(now);
        }
    }

    pub(super) fn on_pong(&mut self, now: Instant, entropy: &mut Entropy) {
        match self.state {
            State::Off => {}
            State::Quiet { server, .. } => self.note_pong(server),
            State::Asked { server, interval, .. } => {
                self.note_pong(server);
                self.rest(now, server, interval, entropy);
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
            State::Quiet { server, interval, .. } if self.ponging.contains(&server) => {
                self.state = State::Asked { server, interval, give_up_at: now + self.pong_timeout };
                Alarm::Ping
            }
            State::Quiet { server, interval, .. } => {
                self.rest(now, server, interval, entropy);
                Alarm::Ping
            }
            State::Off | State::Asked { .. } => Alarm::Dead,
        }
    }

    fn note_pong(&mut self, server: usize) {
        if !self.ponging.contains(&server) {
            self.ponging.push(server);
        }
    }

    fn rest(&mut self, now: Instant, server: usize, interval: (Duration, Duration), entropy: &mut Entropy) {
        let ping_at = now + entropy.between(interval.0, interval.1);
        self.state = State::Quiet { server, interval, ping_at };
    }
}
