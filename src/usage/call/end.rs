//! How calls end: what is told, and which response means which cause.

use super::event::{CallEnd, CallEvent, Cause, EndedBy, ReasonData};
use super::{HangupOptions, Phase};
use crate::message::{Headers, Name, Reason, Response, quote};
use crate::time::{Instant, MOST_SECONDS};
use crate::usage::data::CallHandle;
use crate::usage::{Cx, response_data};

/// Tells that a call is over, and leaves nothing of it.
pub(super) fn ended(cx: &mut Cx, call: CallHandle, end: CallEnd) -> Phase {
    cx.tell(call, CallEvent::Ended { end });
    Phase::Gone
}

/// An end with nothing but its author and cause.
pub(super) fn plain(by: EndedBy, cause: Cause, at: Instant) -> CallEnd {
    CallEnd { by, cause, reason: Vec::new(), retry_after: None, response: None, at }
}

/// Our own doing.
pub(super) fn local(cause: Cause, options: &HangupOptions, at: Instant) -> CallEnd {
    CallEnd { reason: options.reason.clone().into_iter().collect(), ..plain(EndedBy::Local, cause, at) }
}

/// The connection was lost before there was a dialog to keep.
pub(super) fn transport_lost(at: Instant) -> CallEnd {
    plain(EndedBy::Network, Cause::Transport, at)
}

/// Nobody answered within our own limit.
pub(super) fn unanswered(at: Instant) -> CallEnd {
    plain(EndedBy::Local, Cause::Unanswered, at)
}

/// A final response to a request within the call that says that there is no call (DG-07).
pub(super) fn lost(response: &Response, at: Instant) -> CallEnd {
    let cause = if response.status.code() == 408 { Cause::Timeout } else { Cause::Rejected };
    CallEnd { cause, ..refused(response, at) }
}

/// The peer did not answer what it had to answer.
pub(super) fn silent(at: Instant) -> CallEnd {
    plain(EndedBy::Network, Cause::Timeout, at)
}

/// There are too many calls already.
pub(super) fn closed_by_limit(at: Instant) -> CallEnd {
    plain(EndedBy::Local, Cause::Rejected, at)
}

/// A final response above 299 to our INVITE.
pub(super) fn refused(response: &Response, at: Instant) -> CallEnd {
    CallEnd {
        reason: reasons(&response.headers),
        retry_after: response.headers.retry_after().map(|seconds| seconds.min(MOST_SECONDS)),
        response: Some(response_data(response)),
        ..plain(EndedBy::Remote, cause_of(response.status.code()), at)
    }
}

/// A BYE or CANCEL of the peer.
pub(super) fn by_peer(cause: Cause, headers: &Headers, at: Instant) -> CallEnd {
    CallEnd { reason: reasons(headers), ..plain(EndedBy::Remote, cause, at) }
}

/// What a CANCEL means: with `Reason: SIP;cause=200` somebody else has answered (RFC 3326 §2).
pub(super) fn cause_of_cancel(headers: &Headers) -> Cause {
    let elsewhere = |reason: &ReasonData| reason.protocol.eq_ignore_ascii_case("SIP") && reason.cause == 200;
    if reasons(headers).iter().any(elsewhere) { Cause::AnsweredElsewhere } else { Cause::Cancelled }
}

fn cause_of(status: u16) -> Cause {
    match status {
        300..=399 => Cause::Redirected,
        401 | 407 => Cause::Authentication,
        408 | 480 => Cause::Unanswered,
        486 | 600 => Cause::Busy,
        487 => Cause::Cancelled,
        415 | 488 | 606 => Cause::Incompatible,
        _ => Cause::Rejected,
    }
}

fn reasons(headers: &Headers) -> Vec<ReasonData> {
    let mut shown = Vec::new();
    for Reason { protocol, cause, text } in headers.reasons() {
        if let Some(cause) = cause {
            shown.push(ReasonData { protocol, cause, text });
        }
    }
    shown
}

/// What says again why a call that we ended did.
pub(super) fn same_reason(end: &CallEnd) -> HangupOptions {
    let reason = end.reason.first().filter(|_| end.by == EndedBy::Local).cloned();
    HangupOptions { reason, ..HangupOptions::default() }
}

/// The Reason header field of a BYE, CANCEL or refusal, and what else the application adds.
pub(super) fn extra(options: &HangupOptions) -> Vec<(Name, String)> {
    let mut extra = Vec::new();
    if let Some(reason) = &options.reason {
        extra.push((Name::Reason, write_reason(reason)));
    }
    for (name, value) in &options.headers {
        if let Some(name) = Name::parse(name) {
            extra.push((name, value.clone()));
        }
    }
    extra
}

fn write_reason(reason: &ReasonData) -> String {
    let ReasonData { protocol, cause, text } = reason;
    match text {
        Some(text) => format!("{protocol};cause={cause};text={}", quote(text)),
        None => format!("{protocol};cause={cause}"),
    }
}
