//! What crosses the boundary, a row for each type.

use wasm_bindgen::{JsCast, JsValue};

use super::name::{camel, kebab};
use super::{Object, Target, Wrong, member, object, set, word};
use crate::agent::{
    Capabilities, Command, Config, ConnectionState, Direction, Event, Hint, Interest, ReconnectConfig,
    RegistrationConfig, TimerConfig,
};
use crate::usage::call::{
    AcceptOptions, CallEnd, CallEvent, CallState, Cause, DialOptions, DialogData, DtmfOptions, EndedBy, HangupOptions,
    ReasonData, RefreshMethod, RefusalOptions, RenegotiateOptions, RingOptions,
};
use crate::usage::data::{
    Address, AskId, Body, CallHandle, Failure, FailureCode, Limits, Machine, MessageData, Outcome, RequestId,
    RequestOptions, ResponseData,
};
use crate::usage::question::{Answer, ChallengeData, CredentialSource, Credentials, Question};
use crate::usage::registration::{GruuData, RegistrationEvent, RegistrationState};

/// A number with a meaning.
macro_rules! handles {
    ($($type:ident)*) => {$(
        impl Object for $type {
            fn read(value: &JsValue, wrong: &mut Wrong) -> Self {
                Self(u32::read(value, wrong))
            }

            fn write(&self) -> JsValue {
                self.0.write()
            }
        }
    )*};
}

/// One of some words.
macro_rules! words {
    ($($type:ident { $first:ident $(, $variant:ident)* })*) => {$(
        impl Object for $type {
            fn read(value: &JsValue, wrong: &mut Wrong) -> Self {
                let text = String::read(value, wrong);
                $(if text == kebab!($variant) {
                    return Self::$variant;
                })*
                if text != kebab!($first) {
                    wrong.unknown(&text);
                }
                Self::$first
            }

            fn write(&self) -> JsValue {
                word(match self {
                    Self::$first => kebab!($first),
                    $(Self::$variant => kebab!($variant),)*
                })
            }
        }
    )*};
}

/// An object with these members.
macro_rules! objects {
    ($($type:ident { $($field:ident),* })*) => {$(
        impl Object for $type {
            fn read(value: &JsValue, wrong: &mut Wrong) -> Self {
                let object = object(value, wrong);
                Self { $($field: member(&object, camel!($field), wrong)),* }
            }

            fn write(&self) -> JsValue {
                let Self { $($field),* } = self;
                let object = Target::new();
                $($field.put(&object, camel!($field));)*
                object.unchecked_into()
            }
        }
    )*};
}

/// An object whose member `type` says which members it has beside.
macro_rules! tagged {
    ($($type:ident {
        $first:ident { $($member:ident),* }
        $($variant:ident { $($field:ident),* })*
    })*) => {$(
        impl Object for $type {
            fn read(value: &JsValue, wrong: &mut Wrong) -> Self {
                let object = object(value, wrong);
                let text: String = member(&object, "type", wrong);
                $(if text == kebab!($variant) {
                    return Self::$variant { $($field: member(&object, camel!($field), wrong)),* };
                })*
                if text != kebab!($first) {
                    wrong.unknown(&text);
                }
                Self::$first { $($member: member(&object, camel!($member), wrong)),* }
            }

            fn write(&self) -> JsValue {
                let object = Target::new();
                match self {
                    Self::$first { $($member),* } => {
                        set(&object, "type", &word(kebab!($first)));
                        $($member.put(&object, camel!($member));)*
                    }
                    $(Self::$variant { $($field),* } => {
                        set(&object, "type", &word(kebab!($variant)));
                        $($field.put(&object, camel!($field));)*
                    })*
                }
                object.unchecked_into()
            }
        }
    )*};
}

handles! { AskId CallHandle RequestId }

words! {
    CallState { Calling, Ringing, Early, Answering, Established, Ending, Ended }
    Cause {
        Hangup, Cancelled, Rejected, Busy, Unanswered, Redirected, AnsweredElsewhere, Authentication, Incompatible,
        Timeout, Transport, Protocol, Media, Closed
    }
    ConnectionState { Idle, Connecting, Connected, Waiting, Closed }
    Direction { In, Out }
    EndedBy { Local, Remote, Network }
    FailureCode { WrongState, NotConnected, Timeout, Rejected, Ended, Limit, Busy, Media, Authentication, Closed }
    Hint { Online, Offline, Resumed, Hidden }
    Interest { Trace, Calls, Messages, Requests }
    RefreshMethod { Auto, Update, Invite }
    RegistrationState { Unregistered, Registering, Registered, Waiting, Rejected }
}

objects! {
    Address { uri, display_name, params }
    AcceptOptions { headers }
    Capabilities { update, info, message }
    Body { content_type, content, disposition }
    CallEnd { by, cause, reason, retry_after, response, at }
    ChallengeData { realm, algorithms, proxy, stale }
    Config {
        aor, servers, display_name, credentials, registration, reconnect, instance_id, user_agent, headers, allow_md5,
        allow_insecure, limits, timers, capabilities
    }
    Credentials { username, password, ha1, realm, token }
    DialOptions { headers, timeout_ms, late_offer, follow_redirects }
    DtmfOptions { tones, duration_ms, gap_ms }
    DialogData { call_id, local_tag, remote_tag }
    Failure { code, message, response }
    GruuData { public, temporary }
    HangupOptions { reason, status, headers }
    Limits { calls, dialogs, transactions, message_bytes, headers }
    Machine { machine, state, at, why }
    MessageData { headers, body }
    ReasonData { protocol, cause, text }
    ReconnectConfig { min_delay_ms, max_delay_ms, keep_alive_ms, pong_timeout_ms, no_retry_codes }
    RefusalOptions { status, phrase, retry_after, headers, body }
    RegistrationConfig { expires, registrar, contact_params, require_outbound }
    RenegotiateOptions { ice_restart, method, lasting }
    RequestOptions { headers, body }
    ResponseData { status, phrase, message }
    RingOptions { status, headers }
    TimerConfig { t1_ms, t2_ms, t4_ms, non_invite_100 }
}

tagged! {
    Answer {
        Credentials { credentials }
        Sdp { sdp }
        Applied {}
        Response { status, headers, body }
        Usual {}
        MediaFailed { detail, incompatible }
    }
    CallEvent {
        Incoming { remote, invite }
        Invited { remote, invite }
        State { state }
        Progress { response, branch }
        Established { dialog, response }
        Hold { by, held }
        Dtmf { tone, duration_ms }
        Ended { end }
    }
    Command {
        Connect { id }
        Reconnect {}
        Disconnect { id }
        Close { id, timeout_ms }
        Register { id }
        Unregister { id, all }
        SetCredentials { credentials }
        Interest { interests }
        Call { call, target, options }
        Ring { id, call, options }
        Accept { id, call, options }
        Reject { id, call, options }
        Hangup { id, call, options }
        Redirect { id, call, contacts, permanent }
        SetHold { id, call, held }
        Renegotiate { id, call, options }
        SendDtmf { id, call, options }
        CallRequest { id, call, method, options }
        Request { id, target, method, options }
        MediaLost { call, detail }
        Answer { ask, answer }
        Snapshot { id }
    }
    CredentialSource {
        None {}
        Fixed { credentials }
        Ask {}
    }
    Event {
        Done { id, outcome }
        Ask { id, question }
        Connection { state, server, reason, retry_at }
        Registration { event }
        Call { call, event }
        Trace { direction, message, at }
        Diagnostic { code, detail }
    }
    Outcome {
        Done {}
        Failed { failure }
        Response { response }
        Snapshot { machines }
    }
    Question {
        Credentials { challenge }
        CreateOffer { call, hold, ice_restart }
        CreateAnswer { call, offer, hold }
        SetAnswer { call, answer, branch, provisional }
        Rollback { call }
        Request { call, method, from, message }
    }
    RegistrationEvent {
        State { state, response, retry_at }
        Refreshed { expires_at, contacts, gruu }
        Expired {}
    }
}
