//! The tests of the core: one binary, run natively and on wasm32 in Node.
#![allow(missing_docs, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod message;
mod transaction;
#[cfg(feature = "switchboard")]
mod switchboard;
mod sim;
mod auth;
mod calls;
mod registration;
