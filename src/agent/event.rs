//! Everything the core tells its driver, as plain data.

use crate::time::Instant;
use crate::usage::call::CallEvent;
use crate::usage::data::{AskId, CallHandle, Outcome, RequestId};
use crate::usage::question::Question;
use crate::usage::registration::RegistrationEvent;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase"))]
pub enum Event {
    /// The command with this id is settled. Exactly one for each.
    Done {
        /// The id the command came with.
        id: RequestId,
        /// How it ended.
        outcome: Outcome,
    },
    /// Something is asked; answer with `Command::Answer`, or a default is taken.
    Ask {
        /// To be given back with the answer.
        id: AskId,
        /// What is asked.
        question: Question,
    },
    /// The connection's state has changed.
    Connection {
        /// The new state.
        state: ConnectionState,
        /// The server it is about.
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        server: Option<String>,
        /// Why, where it was not asked for.
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        reason: Option<String>,
        /// When the next attempt is made, in state `waiting`.
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        retry_at: Option<Instant>,
    },
    /// About the registration.
    Registration {
        /// What.
        event: RegistrationEvent,
    },
    /// About one call.
    Call {
        /// Which.
        call: CallHandle,
        /// What.
        event: CallEvent,
    },
    /// A message on the wire, secrets masked. Only with [`Interest::Trace`](super::Interest::Trace).
    Trace {
        /// Which way it went.
        direction: Direction,
        /// The message.
        message: String,
        /// When.
        at: Instant,
    },
    /// Something that was tolerated or could not be acted on. Nothing is dropped without one.
    Diagnostic {
        /// Stable word for programs.
        code: String,
        /// For people.
        detail: String,
    },
}

/// Where the connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "kebab-case"))]
pub enum ConnectionState {
    /// Not asked for yet.
    Idle,
    /// A socket is being opened.
    Connecting,
    /// A socket is open and speaks SIP.
    Connected,
    /// Between two attempts.
    Waiting,
    /// Closed for good.
    Closed,
}

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "kebab-case"))]
pub enum Direction {
    /// Received.
    In,
    /// Sent.
    Out,
}
