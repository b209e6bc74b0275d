//! Disconnecting and closing: requirements TD-07, RG-05.

use patchcord::agent::Command;
use patchcord::usage::call::{Cause, DialOptions};
use patchcord::usage::data::{CallHandle, FailureCode};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sent;
use crate::sim::{Script, Text, registering};

#[test]
fn td_07_close_ends_calls_then_unregisters_then_closes() {
    let mut script = Script::registered();
    let (call, _, _) = script.outgoing();
    let (ringing, _) = script.incoming();
    let id = script.close(5_000);
    script.expect_response(480, "INVITE");
    let bye = script.expect("BYE ");
    script.expect_nothing();
    assert_eq!(script.ended(ringing).cause, Cause::Closed);
    script.advance(100);
    script.expect_nothing();
    script.say(&Text::answer(&bye, "200 OK"));
    assert_eq!(script.ended(call).cause, Cause::Closed);
    let unregister = script.expect("REGISTER ");
    assert_eq!(unregister.get("Expires"), "0");
    assert!(script.end.closes.is_empty() && !script.is_settled(id));
    script.say(&Text::answer(&unregister, "200 OK"));
    script.done(id);
    assert_eq!(script.end.closes.pop_front().map(|(_, code)| code), Some(1000));
    assert!(script.was_told("connection Closed"));
}

#[test]
fn td_07_with_a_silent_server_close_takes_exactly_its_timeout() {
    let mut script = Script::registered();
    let (call, _, _) = script.outgoing();
    let waiting = script.ask_for(|id| Command::Register { id });
    script.expect("REGISTER ");
    let id = script.close(5_000);
    script.expect("BYE ");
    script.silence_until(4_999);
    assert!(script.is_up(call) && !script.is_settled(id) && script.end.closes.is_empty());
    script.advance_to(5_000);
    script.done(id);
    assert_eq!(script.ended(call).cause, Cause::Closed);
    assert_eq!(script.failure(waiting).code, FailureCode::Ended);
    assert_eq!(script.end.closes.len(), 1);
    assert_eq!(script.end.unsettled(), []);
}

#[test]
fn td_07_a_peer_that_does_not_answer_bye_leaves_time_to_unregister() {
    let mut script = Script::registered();
    script.outgoing();
    let id = script.close(5_000);
    script.expect("BYE ");
    script.silence_until(2_999);
    script.advance_to(3_000);
    let unregister = script.expect("REGISTER ");
    assert_eq!(unregister.get("Expires"), "0");
    script.say(&Text::answer(&unregister, "200 OK"));
    script.done(id);
    assert_eq!(script.now(), 3_000);
}

#[test]
fn td_07_close_leaves_nothing_behind() {
    let mut script = Script::registered();
    script.end.media = false;
    let mut ids = Vec::new();
    let outgoing = script.call();
    let (ringing, _) = script.incoming();
    let (answering, _) = script.incoming();
    ids.push(script.accept(answering));
    ids.push(script.ask_for(|id| Command::Register { id }));
    ids.push(script.ask_for(|id| Command::Unregister { id, all: false }));
    ids.push(script.close(1_000));
    ids.push(script.close(9_000));
    script.advance_to(1_000);
    for call in [outgoing, ringing, answering] {
        assert!(!script.is_up(call));
    }
    assert!(ids.iter().all(|id| script.is_settled(*id)));
    script.advance_to(100_000);
    assert_eq!(script.end.wake, None);
    let left: Vec<String> = script.snapshot().into_iter().map(|machine| machine.machine).collect();
    assert_eq!(left, ["transport", "errand", "registration", "memory"]);
}

#[test]
fn td_07_after_close_every_promise_is_told_and_nothing_is_sent() {
    let mut script = Script::connected();
    let id = script.close(5_000);
    script.done(id);
    for id in [
        script.connect(),
        script.ask_for(|id| Command::Register { id }),
        script.ask_for(|id| Command::Disconnect { id }),
        script.accept(CallHandle(1)),
        script.hangup(CallHandle(1)),
    ] {
        assert_eq!(script.failure(id).code, FailureCode::Closed);
    }
    let again = script.close(5_000);
    script.done(again);
    let call = script.end.call_handle();
    let target = "sip:bob@example.test".to_owned();
    script.misuse(Command::Call { call, target, options: DialOptions::default() });
    script.advance(1_000_000);
    assert!(script.end.sent.is_empty() && script.end.opens.is_empty());
}

#[test]
fn td_07_connect_is_told_when_it_is_overtaken() {
    let mut script = Script::new(registering());
    let first = script.connect();
    let second = script.connect();
    let leave = script.ask_for(|id| Command::Disconnect { id });
    assert_eq!(script.failure(first).code, FailureCode::Ended);
    assert_eq!(script.failure(second).code, FailureCode::Ended);
    script.done(leave);
    assert_eq!(script.end.closes.len(), 1, "the socket that was to open");
    let third = script.connect();
    let close = script.close(5_000);
    assert_eq!(script.failure(third).code, FailureCode::Closed);
    script.done(close);
}

#[test]
fn rg_05_with_a_silent_registrar_close_without_calls_takes_two_seconds() {
    let mut script = Script::registered();
    let id = script.close(5_000);
    assert_eq!(script.expect("REGISTER ").get("Expires"), "0");
    script.silence_until(1_999);
    assert!(!script.is_settled(id) && script.end.closes.is_empty());
    script.advance_to(2_000);
    script.done(id);
    assert!(script.was_told("registration Unregistered"));
    assert_eq!(script.end.closes.len(), 1);
    assert_eq!(script.end.wake, None);
}

/// A call in some state; what leaves when the user agent is closed, and when that is done, the peer being silent; and
/// whether the call outlives `disconnect()`.
type Case = (fn(&mut Script) -> CallHandle, &'static [&'static str], u64, bool);

fn cases() -> [Case; 9] {
    let ringing_in: fn(&mut Script) -> CallHandle = |script| script.incoming().0;
    let answering = |script: &mut Script| {
        let (call, _) = script.incoming();
        script.end.media = false;
        script.accept(call);
        call
    };
    let preparing = |script: &mut Script| {
        script.end.media = false;
        script.call()
    };
    let calling = |script: &mut Script| {
        let call = script.call();
        script.expect("INVITE ");
        call
    };
    let ringing_out = |script: &mut Script| {
        let call = script.call();
        let invite = script.expect("INVITE ");
        script.say(&Text::answer(&invite, "180 Ringing").tagged("b"));
        call
    };
    let confirming = |script: &mut Script| {
        let call = script.call();
        let invite = script.expect("INVITE ");
        script.end.media = false;
        script.say(&Text::ok_to(&invite));
        script.expect("ACK ");
        call
    };
    let unacknowledged = |script: &mut Script| {
        let (call, _) = script.incoming();
        script.accept(call);
        script.expect_response(200, "INVITE");
        call
    };
    let established = |script: &mut Script| script.outgoing().0;
    let leaving = |script: &mut Script| {
        let (call, _, _) = script.outgoing();
        script.hangup(call);
        script.expect("BYE ");
        call
    };
    [
        (ringing_in, &["480", "REGISTER"], 2_000, false),
        (answering, &["480", "REGISTER"], 2_000, false),
        (preparing, &["REGISTER"], 2_000, false),
        (calling, &["REGISTER"], 5_000, false),
        (ringing_out, &["CANCEL", "REGISTER"], 5_000, false),
        (confirming, &["BYE", "REGISTER"], 5_000, true),
        (unacknowledged, &["200", "200", "BYE", "REGISTER"], 5_000, true),
        (established, &["BYE", "REGISTER"], 5_000, true),
        (leaving, &["REGISTER"], 5_000, false),
    ]
}

#[test]
fn td_07_with_a_silent_peer_every_state_of_a_call_is_left_in_time() {
    for (number, (make, leaves, over_at, _)) in cases().into_iter().enumerate() {
        let mut script = Script::registered();
        let call = make(&mut script);
        let id = script.close(5_000);
        script.advance_to(over_at - 1);
        assert!(!script.is_settled(id) && script.end.closes.is_empty(), "case {number}: too early");
        script.advance_to(over_at);
        script.done(id);
        assert!(!script.is_up(call), "case {number}");
        assert_eq!(sent(&mut script), leaves, "case {number}");
        assert_eq!(script.end.closes.len(), 1, "case {number}");
        assert_eq!(script.end.unsettled(), [], "case {number}");
        assert!(script.was_told("connection Closed"), "case {number}");
        script.advance(100_000);
        assert_eq!(script.end.wake, None, "case {number}: nothing is left to do");
    }
}

#[test]
fn td_07_disconnect_takes_two_seconds_at_most_in_every_state_of_a_call() {
    for (number, (make, leaves, _, stays)) in cases().into_iter().enumerate() {
        let mut script = Script::registered();
        let call = make(&mut script);
        let id = script.ask_for(|id| Command::Disconnect { id });
        let told = if stays { &["REGISTER"] } else { leaves };
        assert_eq!(sent(&mut script), told, "case {number}");
        script.advance_to(1_999);
        assert!(!script.is_settled(id), "case {number}");
        script.advance_to(2_000);
        script.done(id);
        assert_eq!(script.end.closes.len(), 1, "case {number}");
        assert!(script.end.opens.is_empty(), "case {number}");
        assert_eq!(script.is_up(call), stays, "case {number}");
    }
}

#[test]
fn td_07_nothing_new_begins_while_disconnecting() {
    let mut script = Script::registered();
    script.ask_for(|id| Command::Disconnect { id });
    script.expect("REGISTER ");
    let call = script.call();
    assert_eq!(script.ended(call).cause, Cause::Transport);
    let invite = script.request("INVITE").sdp();
    script.say(&invite);
    script.expect_response(480, "INVITE");
    script.expect_nothing();
}

#[test]
fn td_07_closing_without_a_connection_is_done_at_once() {
    type Prepare = fn() -> Script;
    let idle: Prepare = || Script::new(registering());
    let connecting = || {
        let mut script = Script::new(registering());
        script.connect();
        script
    };
    let waiting = || {
        let mut script = Script::registered();
        script.outgoing();
        script.cut();
        script
    };
    for prepare in [idle, connecting, waiting] {
        for close in [true, false] {
            let mut script = prepare();
            let id = match close {
                true => script.close(5_000),
                false => script.ask_for(|id| Command::Disconnect { id }),
            };
            script.done(id);
            assert_eq!(script.end.unsettled(), []);
            script.advance(100_000);
            assert!(script.end.opens.is_empty() && script.end.sent.is_empty());
        }
    }
}

#[test]
fn td_07_a_socket_lost_while_closing_ends_the_wait() {
    let mut script = Script::registered();
    let (call, _, _) = script.outgoing();
    let id = script.close(5_000);
    script.expect("BYE ");
    script.cut();
    script.done(id);
    assert_eq!(script.ended(call).cause, Cause::Closed);
    script.advance(100_000);
    assert!(script.end.opens.is_empty());
}

#[test]
fn td_07_a_call_that_comes_in_while_closing_is_answered_480() {
    let mut script = Script::registered();
    script.outgoing();
    script.close(5_000);
    script.expect("BYE ");
    let invite = script.request("INVITE").sdp();
    script.say(&invite);
    script.expect_response(480, "INVITE");
    assert!(!script.news().iter().any(|line| line.ends_with(" incoming")));
}

#[test]
fn td_07_the_timeout_holds_however_short_it_is() {
    for timeout in [0, 1, 500, 2_000] {
        let mut script = Script::registered();
        let (call, _, _) = script.outgoing();
        let id = script.close(timeout);
        script.advance_to(u64::from(timeout));
        script.done(id);
        assert!(!script.is_up(call));
        script.expect("BYE ");
        assert_eq!(script.expect("REGISTER ").get("Expires"), "0");
        script.expect_nothing();
    }
}
