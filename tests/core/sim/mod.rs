//! Driver 2: the core run natively in virtual time, deterministic from one seed.
//!
//! ```text
//!  Script   one real user agent ("end") and a raw-text SIP peer: the test writes what the peer says
//!  Pair     two real user agents, a minimal stateless proxy between them, and a wire that may fail
//!     both: End   one user agent with its clock, its queues and the invariants that hold in every scenario
//!           Media like a browser's, that follows holds and counts versions
//!           Text  a SIP message as text, read and edited without the parser under test
//!           ladder  what went over the wire and when, printed when a scenario fails
//! ```
//! Nothing sleeps: a scenario that takes three hours takes a millisecond.

mod asking;
mod end;
mod ladder;
mod media;
mod pair;
mod peer;
mod script;
mod text;
mod told;

pub(crate) use asking::{GAP_MS, TONE_MS, body, header, respond};
pub(crate) use end::{ALLOW, ANSWER, OFFER, alice, config, registering};
pub(crate) use media::{Media, Signaling, description, direction, peers, version};
pub(crate) use pair::Pair;
pub(crate) use peer::PeerDialog;
pub(crate) use script::Script;
pub(crate) use text::{SDP, Text};
