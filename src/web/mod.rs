//! Driver 1, the browser: the only room that knows JavaScript.
//!
//! ```text
//!   face (TypeScript)                                     browser
//!        │ command, hint        ▲ deliver(events)       sockets, timeout
//!        ▼                      │ in a microtask             ▲  │
//!   ┌─ engine ─┐           ┌────┴──────────── pump ──────────┴──▼───┐
//!   │  types   │──────────▶│ borrow · handle · poll until Wait ·    │──▶ agent
//!   └──────────┘           │ drop the borrow · act · arm · deliver  │
//!                          └────────────────────────────────────────┘
//! ```
//! Everything the core may not have is here: sockets, timeouts, a clock, chance. The arithmetic of the clock knows
//! no browser and is built everywhere; the rest is built for wasm32 alone.

pub mod clock;

#[cfg(target_arch = "wasm32")]
mod engine;
#[cfg(target_arch = "wasm32")]
mod entropy;
#[cfg(target_arch = "wasm32")]
mod failure;
#[cfg(target_arch = "wasm32")]
mod microtask;
#[cfg(target_arch = "wasm32")]
mod object;
#[cfg(target_arch = "wasm32")]
mod pump;
#[cfg(target_arch = "wasm32")]
mod socket;
#[cfg(target_arch = "wasm32")]
mod text;
#[cfg(target_arch = "wasm32")]
mod timer;

#[cfg(target_arch = "wasm32")]
pub use engine::Engine;
