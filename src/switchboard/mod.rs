//! A small SIP edge for development and tests: registrar, digest verifier and proxy for WebSocket clients
//! (RFC 3261 §10, §16, §22; RFC 7118), on the same message and transaction rooms as the user agent, and like it
//! without I/O and without a clock.
//!
//! ```text
//! Input ─▶ inbound ─▶ registrar ─▶ location        cx: what all of them share
//!             │  └──▶ verifier                     place, secret: flow tokens
//!             └─────▶ routing ─▶ proxy ─▶ response_context ─▶ Output
//! ```
//!
//! Only with the cargo feature `switchboard`: nothing of it is in the browser's package.

mod config;
mod cx;
mod inbound;
mod location;
mod place;
mod proxy;
mod registrar;
mod response_context;
mod routing;
mod secret;
mod verifier;

pub use config::Config;

use std::collections::{BTreeMap, VecDeque};

use crate::entropy::Entropy;
use crate::message::{FlowId, Frame};
use crate::time::{Deadline, Duration, Instant};
use crate::transaction::{Happening, Transactions};
use cx::Cx;
use location::Location;
use proxy::{ContextId, Proxy};
use secret::Secret;
use verifier::Verifier;

/// What the driver tells the edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A client has connected, with subprotocol `sip`.
    Opened {
        /// Its socket.
        flow: FlowId,
    },
    /// A client has sent one WebSocket message.
    Received {
        /// Its socket.
        flow: FlowId,
        /// The message.
        frame: Frame,
    },
    /// A socket is gone.
    Closed {
        /// Which.
        flow: FlowId,
    },
    /// It is later. Not needed with another input; never harmful.
    Tick,
}

/// What the edge tells its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Send one WebSocket message.
    Send {
        /// To this client.
        flow: FlowId,
        /// The message.
        frame: Frame,
    },
    /// Close a socket; [`Input::Closed`] shall follow.
    Close {
        /// Which.
        flow: FlowId,
        /// The WebSocket close code.
        code: u16,
    },
    /// A line for the operator.
    Note {
        /// The client it is about.
        flow: FlowId,
        /// What was wrong, and what was done.
        text: String,
    },
    /// Nothing more: sleep until then, or until there is an input. Always the last.
    Wait(Option<Deadline>),
}

/// Ten pieces of garbage within this time close a socket.
const GARBAGE_WINDOW: Duration = Duration::from_secs(10);
const GARBAGE_LIMIT: u32 = 10;
/// RFC 6455 §7.4.1: protocol error.
const PROTOCOL_ERROR: u16 = 1002;

/// How much garbage a socket has brought lately.
#[derive(Clone, Copy, Debug)]
struct Garbage {
    since: Instant,
    count: u32,
}

/// The edge. Every input must be followed by [`poll_output`](Self::poll_output) until [`Output::Wait`].
#[derive(Debug)]
pub struct Switchboard {
    cx: Cx,
    verifier: Verifier,
    proxy: Proxy,
    is_drained: bool,
}

impl Switchboard {
    /// An edge nobody is connected to. All its chance, secrets included, comes from `seed`.
    #[must_use]
    pub fn new(config: Config, seed: [u8; 32]) -> Self {
        let mut entropy = Entropy::new(seed);
        let secret = Secret::draw(&mut entropy);
        let transactions = Transactions::new(config.timers, usize::MAX);
        let (location, flows, outputs) = (Location::default(), BTreeMap::new(), VecDeque::new());
        let cx = Cx { now: Instant::default(), config, secret, entropy, transactions, location, flows, outputs };
        Self { cx, verifier: Verifier::default(), proxy: Proxy::default(), is_drained: true }
    }

    /// Something happened. What is overdue at `now` happens first. A clock that goes backwards stands still instead.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        debug_assert!(self.is_drained, "poll_output until Wait, then the next input");
        self.is_drained = false;
        self.cx.now = self.cx.now.max(now);
        self.handle_timeouts();
        match input {
            Input::Opened { flow } => {
                self.cx.flows.insert(flow, Garbage { since: self.cx.now, count: 0 });
            }
            Input::Received { flow, frame } if self.cx.flows.contains_key(&flow) => self.on_frame(flow, &frame),
            // What a dead socket still says.
            Input::Received { .. } | Input::Tick => {}
            Input::Closed { flow } => self.on_closed(flow),
        }
    }

    /// What is to be done, in order, until [`Output::Wait`].
    #[must_use]
    pub fn poll_output(&mut self) -> Output {
        if let Some(output) = self.cx.outputs.pop_front() {
            return output;
        }
        // What is meant for a socket that is gone is gone with it.
        while let Some(transmit) = self.cx.transactions.poll_transmit() {
            if self.cx.flows.contains_key(&transmit.flow) {
                return Output::Send { flow: transmit.flow, frame: Frame::from(transmit.message.to_bytes()) };
            }
        }
        self.is_drained = true;
        let deadline = Deadline::earliest(self.cx.transactions.next_deadline(), self.proxy.next_deadline());
        Output::Wait(Deadline::earliest(deadline, self.cx.location.next_deadline()))
    }

    fn handle_timeouts(&mut self) {
        let now = self.cx.now;
        self.cx.location.expire(now);
        self.proxy.handle_timeout(&mut self.cx);
        loop {
            let happenings = self.cx.transactions.handle_timeout(now);
            if happenings.is_empty() {
                return;
            }
            self.on_happenings(happenings);
        }
    }

    fn on_closed(&mut self, flow: FlowId) {
        if self.cx.flows.remove(&flow).is_none() {
            return;
        }
        self.cx.location.flow_closed(flow);
        let happenings = self.cx.transactions.flow_closed(self.cx.now, flow);
        self.proxy.flow_closed(&mut self.cx, flow);
        self.on_happenings(happenings);
    }

    fn on_happenings(&mut self, happenings: Vec<Happening<ContextId>>) {
        for happening in happenings {
            match happening {
                Happening::Timeout { id, owner, .. } => self.proxy.on_timeout(&mut self.cx, owner, id),
                Happening::TransportError { id, owner, .. } => self.proxy.on_lost(&mut self.cx, owner, id),
                Happening::ClientDone { id, owner } => self.proxy.on_client_done(&mut self.cx, owner, id),
                // A caller that does not acknowledge a refusal, and the end of a time in which 2xx were repeated.
                Happening::AckTimeout { .. } | Happening::ServerDone { .. } => {}
            }
        }
    }
}

impl Cx {
    /// Something that is not SIP. Who sends a lot of it is not a SIP client.
    fn garbage(&mut self, flow: FlowId, detail: &str) {
        let now = self.now;
        self.note(flow, format!("garbage dropped: {detail}"));
        let Some(garbage) = self.flows.get_mut(&flow) else {
            return;
        };
        if now.since(garbage.since) >= GARBAGE_WINDOW {
            *garbage = Garbage { since: now, count: 0 };
        }
        garbage.count += 1;
        if garbage.count == GARBAGE_LIMIT {
            self.note(flow, "closed: nothing but garbage");
            self.outputs.push_back(Output::Close { flow, code: PROTOCOL_ERROR });
        }
    }
}
