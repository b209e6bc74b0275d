//! The core of patchcord: a SIP user agent over WebSocket, without I/O, clock or callback of its own.
//!
//! *Calls go down, values come up*: bytes → message → transaction → dialog → usage → event.
//!
//! ```text
//! web ─▶ agent ─▶ usage ─▶ dialog ─▶ transaction ─▶ message        every room ─▶ time, entropy
//!           └──▶ transport ─▶ message
//! switchboard ─▶ transaction, message
//! ```
//!
//! | room | question it answers |
//! |---|---|
//! | [`message`] | how is it spelled? |
//! | [`transaction`] | what answers what, and when is it repeated? |
//! | [`dialog`] | which tags, CSeq, routes? |
//! | [`usage`] | what did the user mean? |
//! | [`transport`] | is the socket there? |
//! | [`agent`] | who gets it next? |
//! | `web` | how does the browser do it? (wasm32 only) |

pub mod agent;
pub mod dialog;
pub mod entropy;
pub mod message;
pub mod store;
#[cfg(feature = "switchboard")]
pub mod switchboard;
pub mod time;
pub mod transaction;
pub mod transport;
pub mod usage;
pub mod web;
