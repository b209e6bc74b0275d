//! The hub of the house: hands values from room to room and knows no protocol rule of its own.
//!
//! ```text
//!  driver ──Input, Command──▶ UserAgent ──Output──▶ driver
//!                 inbound.rs │        ▲ outbound.rs
//!                            ▼        │
//!            transport   transactions   dialogs   registration   calls
//! ```
//!
//! The contract: no I/O, no clock, no callback. The driver hands in what happened and when, then polls outputs
//! until [`Output::Wait`], which is always last.

mod ask;
mod check;
mod command;
mod config;
mod deadlines;
mod errand;
mod event;
mod inbound;
mod outbound;
mod snapshot;

pub use crate::usage::data::Interest;
pub use command::Command;
pub use config::{Capabilities, Config, ReconnectConfig, RegistrationConfig, TimerConfig};
pub use event::{ConnectionState, Direction, Event};

use std::collections::VecDeque;

use crate::entropy::Entropy;
use crate::message::{FlowId, Frame};
use crate::time::{Deadline, Instant};
use crate::transport::Transport;
use crate::usage::auth::Auth;
use crate::usage::call::Calls;
use crate::usage::data::Misuse;
use crate::usage::registration::Registration;
use crate::usage::{Cx, Standalone};
use ask::Asks;
use errand::Errand;

/// What a driver tells the core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A socket has opened, with the subprotocol the server selected.
    Opened {
        /// Which socket.
        flow: FlowId,
        /// The subprotocol, if any.
        protocol: Option<String>,
    },
    /// A frame has arrived.
    Received {
        /// On which socket.
        flow: FlowId,
        /// The frame.
        frame: Frame,
    },
    /// A socket is closed, or could not be opened.
    Closed {
        /// Which socket.
        flow: FlowId,
        /// WebSocket close code; 1006 where there is none.
        code: u16,
    },
    /// A socket's send buffer has changed.
    Buffered {
        /// Which socket.
        flow: FlowId,
        /// Octets yet to be sent.
        bytes: u32,
    },
    /// The world has changed.
    Hint(Hint),
    /// Time has passed.
    Tick,
}

/// What the platform knows of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// The network is back.
    Online,
    /// The network is gone.
    Offline,
    /// The page is seen again, or the machine has woken.
    Resumed,
    /// The page is hidden.
    Hidden,
}

/// What the core tells its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Open a socket with the subprotocol `sip`.
    Open {
        /// Its name from now on.
        flow: FlowId,
        /// Where to.
        url: String,
    },
    /// Send a frame.
    Send {
        /// On which socket.
        flow: FlowId,
        /// The frame.
        frame: Frame,
    },
    /// Close a socket.
    Close {
        /// Which.
        flow: FlowId,
        /// WebSocket close code.
        code: u16,
    },
    /// Something to tell the application.
    Event(Event),
    /// Nothing more: sleep until then, or until something happens.
    Wait(Option<Deadline>),
}

/// A SIP user agent for one address of record.
#[derive(Debug)]
pub struct UserAgent {
    /// The rooms below usage, and what usages leave for the hub.
    cx: Cx,
    transport: Transport,
    /// None where no registration is wanted.
    registration: Option<Registration>,
    calls: Calls,
    standalone: Standalone,
    asks: Asks,
    errand: Errand,
    outputs: VecDeque<Output>,
    /// Whether the driver has polled everything since the last change: the contract, checked in debug builds.
    polled: bool,
}

impl UserAgent {
    /// A user agent that is not connected yet. All chance comes from the seed.
    ///
    /// # Errors
    /// [`Misuse`] that names the field of the configuration that cannot work.
    pub fn new(config: Config, seed: [u8; 32]) -> Result<Self, Misuse> {
        let mut entropy = Entropy::new(seed);
        let auth = Auth::new(config.credentials.clone(), config.allow_md5);
        let parts = config.into_parts(&mut entropy)?;
        let registration = parts.account.map(|account| Registration::new(account, &mut entropy));
        Ok(Self {
            cx: Cx::new(parts.profile, auth, entropy, (parts.timers, parts.limits)),
            transport: Transport::new(parts.transport),
            registration,
            calls: Calls::default(),
            standalone: Standalone::default(),
            asks: Asks::default(),
            errand: Errand::default(),
            outputs: VecDeque::new(),
            polled: true,
        })
    }

    /// Takes in what happened. Deadlines that have come are acted on first.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        self.begin(now);
        self.act_on_deadlines();
        match input {
            Input::Opened { flow, protocol } => {
                self.transport.opened(self.cx.now, flow, protocol.as_deref(), &mut self.cx.entropy);
            }
            Input::Received { flow, frame } => self.receive(flow, &frame),
            Input::Closed { flow, code } => self.transport.closed(self.cx.now, flow, code, &mut self.cx.entropy),
            Input::Buffered { flow, bytes } => self.transport.buffered(flow, bytes),
            // TR-07
            Input::Hint(Hint::Online | Hint::Resumed) => self.transport.hurry(self.cx.now, &mut self.cx.entropy),
            // An open socket tells by itself when it is lost; deadlines are absolute, hidden or not.
            Input::Hint(Hint::Offline | Hint::Hidden) | Input::Tick => {}
        }
        self.settle();
    }

    /// Does what is asked.
    ///
    /// # Errors
    /// [`Misuse`]: a wrong argument, or a handle used twice. Nothing was sent and nothing changed.
    pub fn handle_command(&mut self, now: Instant, command: Command) -> Result<(), Misuse> {
        self.begin(now);
        self.act_on_deadlines();
        let result = self.obey(command);
        self.settle();
        result
    }

    /// What the driver has to do next. After every input and command it is called until [`Output::Wait`].
    #[must_use]
    pub fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or_else(|| {
            self.polled = true;
            Output::Wait(self.next_deadline())
        })
    }
}
