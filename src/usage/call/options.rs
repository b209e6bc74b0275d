//! What a driver may say when it places, answers or ends a call: plain data.

use super::event::ReasonData;
use crate::usage::data::Body;

/// How to place a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct DialOptions {
    /// Added to the INVITE.
    pub headers: Vec<(String, String)>,
    /// Milliseconds until an unanswered call is cancelled; 0 = never.
    pub timeout_ms: u32,
    /// Whether the INVITE goes without an offer, so that the peer offers (RFC 3261 §13.2.1).
    pub late_offer: bool,
    /// How many contacts of a 3xx are tried in turn, at most 5; 0 = the call ends `redirected` (RFC 3261 §8.1.3.4).
    pub follow_redirects: u32,
}

/// How to renegotiate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct RenegotiateOptions {
    /// Whether new ICE credentials are wanted.
    pub ice_restart: bool,
    /// By which request.
    pub method: RefreshMethod,
    /// Whether it waits where it cannot be done at once, for the connection or for a peer that asks for time, and comes
    /// before any change that does not.
    pub lasting: bool,
}

/// Which request carries a new offer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "kebab-case"))]
pub enum RefreshMethod {
    /// Re-INVITE, which gives the peer time to ask its user (RFC 3311 §5.1).
    #[default]
    Auto,
    /// UPDATE, which must be answered at once; re-INVITE where the peer turns out not to know it.
    Update,
    /// Re-INVITE.
    Invite,
}

/// Tones to send by INFO, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct DtmfOptions {
    /// `0` to `9`, `*`, `#`, `A` to `D`, `!` for a flash, and `,` for two seconds of silence.
    pub tones: String,
    /// How long each is said to last, 40 to 6000 ms.
    pub duration_ms: u32,
    /// Silence between two, from 30 ms.
    pub gap_ms: u32,
}

/// How to send a provisional response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct RingOptions {
    /// 180 or 183.
    pub status: u16,
    /// Added to the response.
    pub headers: Vec<(String, String)>,
}

/// How to accept a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct AcceptOptions {
    /// Added to the 2xx.
    pub headers: Vec<(String, String)>,
}

/// How to refuse a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct RefusalOptions {
    /// 300 to 699.
    pub status: u16,
    /// Reason phrase; by default the registered one.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub phrase: Option<String>,
    /// Seconds, for Retry-After.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub retry_after: Option<u32>,
    /// Added to the response.
    pub headers: Vec<(String, String)>,
    /// The response's body.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub body: Option<Body>,
}

/// How to end a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct HangupOptions {
    /// Reason header field of the BYE, CANCEL or refusal (RFC 3326).
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub reason: Option<ReasonData>,
    /// Final response where the call is incoming and unanswered; by default 480.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub status: Option<u16>,
    /// Added to the message that ends the call.
    pub headers: Vec<(String, String)>,
}
