//! What a call tells the world: plain data, one enum.

use crate::time::Instant;
use crate::usage::data::{Address, MessageData, ResponseData};

/// Where a call stands, as people see it.
///
/// ```text
/// calling ─▶ ringing ─▶ early ─▶ answering ─▶ established ─▶ ending ─▶ ended
/// ```
/// States may be skipped, never revisited; every one may be followed by `ending` or `ended`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "kebab-case"))]
pub enum CallState {
    /// INVITE made or received, nothing answered.
    Calling,
    /// 180 sent or received.
    Ringing,
    /// Early media, or a reliable provisional response.
    Early,
    /// Accepted here and the 2xx not yet out, or the 2xx in and its media not yet set.
    Answering,
    /// 2xx sent, or received and acknowledged.
    Established,
    /// BYE, CANCEL or refusal on its way.
    Ending,
    /// Over.
    Ended,
}

/// An event of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase"))]
pub enum CallEvent {
    /// A call has come in and may be answered.
    Incoming {
        /// Who calls: From.
        remote: Address,
        /// The INVITE as it arrived.
        invite: MessageData,
    },
    /// Our INVITE has left; it leaves again after a challenge, with another event.
    Invited {
        /// Whom we call: To.
        remote: Address,
        /// The INVITE as it left.
        invite: MessageData,
    },
    /// The state has changed.
    State {
        /// The new one.
        state: CallState,
    },
    /// A provisional response above 100 has come.
    Progress {
        /// The response.
        response: ResponseData,
        /// Its To tag, which names the branch of a forked call; empty where the peer sent none.
        branch: String,
    },
    /// The dialog is confirmed and, outgoing, its 2xx acknowledged.
    Established {
        /// The dialog's identity.
        dialog: DialogData,
        /// The 2xx, for outgoing calls.
        #[cfg_attr(target_arch = "wasm32", tsify(optional))]
        response: Option<ResponseData>,
    },
    /// A side has put the other on hold, or taken it off (RFC 3264 §8.4).
    Hold {
        /// Whose doing: `Local` or `Remote`.
        by: EndedBy,
        /// Whether the other is on hold now.
        held: bool,
    },
    /// A tone has come by INFO.
    Dtmf {
        /// `0` to `9`, `*`, `#`, `A` to `D`, or `!` for a flash.
        tone: String,
        /// How long the key was down.
        duration_ms: u32,
    },
    /// The call is over. Exactly one per call, always its last event.
    Ended {
        /// How and why.
        end: CallEnd,
    },
}

/// A dialog's identity (RFC 3261 §12).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct DialogData {
    /// Call-ID.
    pub call_id: String,
    /// Our tag.
    pub local_tag: String,
    /// The peer's tag.
    pub remote_tag: String,
}

/// How and why a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "camelCase"))]
pub struct CallEnd {
    /// Who ended it.
    pub by: EndedBy,
    /// Why.
    pub cause: Cause,
    /// Reason header fields of the BYE, CANCEL or response (RFC 3326).
    pub reason: Vec<ReasonData>,
    /// Seconds after which the peer may be tried again.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub retry_after: Option<u32>,
    /// The response that ended it.
    #[cfg_attr(target_arch = "wasm32", tsify(optional))]
    pub response: Option<ResponseData>,
    /// When it was decided; the peer may take a while to confirm.
    pub at: Instant,
}

/// A Reason header field (RFC 3326).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
pub struct ReasonData {
    /// `SIP`, `Q.850` …
    pub protocol: String,
    /// The status or cause value.
    pub cause: u16,
    /// For people.
    #[cfg_attr(target_arch = "wasm32", tsify(optional), serde(default))]
    pub text: Option<String>,
}

/// Who ended a call, or changed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "kebab-case"))]
pub enum EndedBy {
    /// We did.
    Local,
    /// The peer or a server did.
    Remote,
    /// The connection did.
    Network,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(target_arch = "wasm32", derive(tsify::Tsify))]
#[cfg_attr(target_arch = "wasm32", serde(rename_all = "kebab-case"))]
pub enum Cause {
    /// BYE.
    Hangup,
    /// CANCEL, or 487.
    Cancelled,
    /// A final response of 400 or above that no other cause names.
    Rejected,
    /// 486 or 600.
    Busy,
    /// Nobody answered in time: 408, 480, or our own limit.
    Unanswered,
    /// A 3xx that was not followed.
    Redirected,
    /// Cancelled because the call was answered at another contact (RFC 3326 `SIP;cause=200`).
    AnsweredElsewhere,
    /// No credentials, or none that were accepted.
    Authentication,
    /// 415, 488 or 606: no common media.
    Incompatible,
    /// A transaction in the dialog was not answered, or an ACK never came.
    Timeout,
    /// The connection was lost before there was a dialog to keep.
    Transport,
    /// The peer broke the protocol so that the call could not be kept.
    Protocol,
    /// Media could not be had or was lost for good.
    Media,
    /// The user agent was closed.
    Closed,
}
