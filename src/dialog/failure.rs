//! What a request that failed within a dialog leaves of it (RFC 5057 §5.1, RFC 6665 §4.1.2.2): a table, and nothing
//! but a table.

use crate::message::{Method, StatusCode};

/// How a request failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// By a final response of 300 or above.
    Status(StatusCode),
    /// Nobody answered in time (TX-13).
    Timeout,
    /// The connection broke: the dialog outlives it (TR-08).
    Transport,
}

/// What a dialog is used for, as far as the table cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A call: INVITE and all that is sent for its sake.
    Call,
    /// A subscription: SUBSCRIBE and NOTIFY.
    Subscription,
}

/// What becomes of one usage of the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Only the request has failed; the usage stays.
    Transaction,
    /// The request is sent again with credentials; the usage stays.
    Challenge,
    /// The peer does not know the method; the usage stays and does without it.
    Unsupported,
    /// The usage has ended.
    Usage {
        /// Whether a BYE tells the peer so, in case it believes otherwise.
        farewell: bool,
    },
    /// The dialog has ended with all its usages, and nothing more is sent in it.
    Dialog,
}

/// What becomes of a usage of this kind when a request of this method has failed so in its dialog (DG-07).
#[must_use]
pub fn effect(failed: Failed, method: &Method, usage: Kind) -> Effect {
    let status = match failed {
        Failed::Status(status) => status.code(),
        Failed::Timeout => 408,
        Failed::Transport => return Effect::Transaction,
    };
    let (is_call, is_its_own) = (usage == Kind::Call, usage == kind_of(method));
    match status {
        401 | 407 if is_its_own => Effect::Challenge,
        // The answer may be about the Refer-To target.
        404 | 410 | 416 | 484 | 485 | 604 if *method == Method::Refer => Effect::Transaction,
        // RFC 5057 §5.1: the remote target is wrong, or the way to it.
        404 | 410 | 416 | 482..=485 | 502 | 604 => Effect::Dialog,
        // Whatever else happens is the affair of the usage that asked.
        _ if !is_its_own => Effect::Transaction,
        405 | 501 if *method == Method::Invite => Effect::Usage { farewell: true },
        405 | 501 if is_call => Effect::Unsupported,
        405 | 480 | 481 | 489 | 501 if !is_call => Effect::Usage { farewell: false },
        // RFC 6665 §4.1.2.2: a subscription lives until it expires; §4.2.2: whoever cannot be notified is gone.
        408 if *method == Method::Subscribe => Effect::Transaction,
        408 | 480 => Effect::Usage { farewell: is_call },
        481 => Effect::Usage { farewell: matches!(method, Method::Invite | Method::Update) },
        _ => Effect::Transaction,
    }
}

const fn kind_of(method: &Method) -> Kind {
    match method {
        Method::Subscribe | Method::Notify => Kind::Subscription,
        Method::Invite
        | Method::Ack
        | Method::Bye
        | Method::Cancel
        | Method::Register
        | Method::Options
        | Method::Info
        | Method::Update
        | Method::Prack
        | Method::Refer
        | Method::Message
        | Method::Publish
        | Method::Other(_) => Kind::Call,
    }
}
