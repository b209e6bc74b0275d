//! The tests of the core: one binary, run natively and on wasm32 in Node.
#![allow(missing_docs, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

mod ask;
mod auth;
mod badinput;
mod calls;
#[cfg(not(target_arch = "wasm32"))]
mod differential;
mod flood;
mod flows;
mod halves;
#[cfg(not(target_arch = "wasm32"))]
mod ids;
mod limits;
#[cfg(not(target_arch = "wasm32"))]
mod map;
mod message;
mod misuse;
#[cfg(not(target_arch = "wasm32"))]
mod model;
mod races;
mod registration;
#[cfg(feature = "rsip")]
mod rsip;
mod sim;
mod sizes;
mod standalone;
#[cfg(feature = "switchboard")]
mod switchboard;
mod torture;
mod transaction;
