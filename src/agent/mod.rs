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
mod command;
mod config;
mod errand;
mod event;
mod inbound;
mod outbound;
mod snapshot;

pub use command::{Command, Interest};
pub use config::{Config, ReconnectConfig, RegistrationConfig};
pub use event::{ConnectionState, Direction, Event};

use std::collections::VecDeque;

use crate::entropy::Entropy;
use crate::message::{FlowId, Frame};
use crate::time::{Deadline, Instant, Timed as _};
use crate::transaction::Timers;
use crate::transport::Transport;
use crate::usage::auth::Auth;
use crate::usage::call::Calls;
use crate::usage::data::Misuse;
use crate::usage::registration::Registration;
use crate::usage::{Binding, Dialogs, Flow, Profile, Told, Transactions};
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
    now: Instant,
    profile: Profile,
    entropy: Entropy,
    transport: Transport,
    transactions: Transactions,
    dialogs: Dialogs,
    auth: Auth,
    binding: Binding,
    flow: Option<Flow>,
    /// None where no registration is wanted.
    registration: Option<Registration>,
    calls: Calls,
    asks: Asks,
    asked: u32,
    interests: Vec<Interest>,
    errand: Errand,
    told: VecDeque<Told>,
    outputs: VecDeque<Output>,
    /// Whether the driver has polled everything since the last change: the contract, checked in debug builds.
    polled: bool,
}

/// Lends a usage of the user agent everything a usage may touch.
macro_rules! cx {
    ($agent:expr) => {
        $crate::usage::Cx {
            now: $agent.now,
            profile: &$agent.profile,
            binding: &$agent.binding,
            flow: $agent.flow.as_ref(),
            entropy: &mut $agent.entropy,
            dialogs: &mut $agent.dialogs,
            transactions: &mut $agent.transactions,
            auth: &mut $agent.auth,
            asked: &mut $agent.asked,
            out: &mut $agent.told,
        }
    };
}
use cx;

impl UserAgent {
    /// A user agent that is not connected yet. All chance comes from the seed.
    ///
    /// # Errors
    /// [`Misuse`] that names the field of the configuration that cannot work.
    pub fn new(config: Config, seed: [u8; 32]) -> Result<Self, Misuse> {
        let mut entropy = Entropy::new(seed);
        let auth = Auth::new(config.credentials.clone(), config.allow_md5);
        let calls = Calls::new(usize::try_from(config.max_calls).unwrap_or(usize::MAX));
        let parts = config.into_parts(&mut entropy)?;
        Ok(Self {
            now: Instant::default(),
            profile: parts.profile,
            transport: Transport::new(parts.transport),
            transactions: Transactions::new(Timers::default()),
            dialogs: Dialogs::default(),
            auth,
            binding: Binding::default(),
            flow: None,
            registration: parts.account.map(|account| Registration::new(account, &mut entropy)),
            calls,
            asks: Asks::default(),
            asked: 0,
            interests: Vec::new(),
            errand: Errand::default(),
            told: VecDeque::new(),
            outputs: VecDeque::new(),
            polled: true,
            entropy,
        })
    }

    /// Takes in what happened. Deadlines that have come are acted on first.
    pub fn handle_input(&mut self, now: Instant, input: Input) {
        self.begin(now);
        self.act_on_deadlines();
        match input {
            Input::Opened { flow, protocol } => {
                self.transport.opened(self.now, flow, protocol.as_deref(), &mut self.entropy);
            }
            Input::Received { flow, frame } => self.receive(flow, &frame),
            Input::Closed { flow, code } => self.transport.closed(self.now, flow, code, &mut self.entropy),
            Input::Buffered { flow, bytes } => self.transport.buffered(flow, bytes),
            Input::Hint(Hint::Online | Hint::Resumed) => self.transport.hurry(self.now),
            // The socket itself will tell, if it is lost; deadlines are absolute, hidden or not.
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

    fn begin(&mut self, now: Instant) {
        debug_assert!(self.polled, "the outputs of the last input were not polled until Wait");
        self.polled = false;
        if now < self.now {
            self.told
                .push_back(Told::Diagnostic("clock", "the clock went backwards: taken as standing still".to_owned()));
        }
        self.now = self.now.max(now);
    }

    fn next_deadline(&self) -> Option<Deadline> {
        let rooms = [
            self.transport.next_deadline(),
            self.transactions.next_deadline(),
            self.calls.next_deadline(),
            self.registration.as_ref().and_then(|registration| registration.deadline()),
            self.asks.next_deadline(),
            self.errand.deadline(),
        ];
        rooms.into_iter().fold(None, Deadline::earliest)
    }

    /// Overdue deadlines are acted on in their order, at the real `now` (TR-09).
    fn act_on_deadlines(&mut self) {
        while let Some(due) = self.next_deadline().filter(|deadline| deadline.at <= self.now) {
            self.act_on(due);
            self.settle();
        }
    }

    fn act_on(&mut self, due: Deadline) {
        let is_due = |deadline: Option<Deadline>| deadline == Some(due);
        if is_due(self.calls.next_deadline()) {
            self.calls.handle_timeout(&mut cx!(self));
        } else if is_due(self.transactions.next_deadline()) {
            for happening in self.transactions.handle_timeout(self.now) {
                self.on_happening(happening);
            }
        } else if is_due(self.registration.as_ref().and_then(|registration| registration.deadline())) {
            if let Some(registration) = &mut self.registration {
                registration.handle_timeout(&mut cx!(self));
            }
        } else if is_due(self.asks.next_deadline()) {
            if let Some((ask, owner, default)) = self.asks.overdue(self.now) {
                self.take_answer(ask, owner, default);
            }
        } else if is_due(self.errand.deadline()) {
            self.errand_overdue();
        } else {
            self.transport.handle_timeout(self.now, &mut self.entropy);
        }
    }
}
