//! When a request may leave: requirements TR-10, SL-09.

use patchcord::agent::{Command, Config, Input};
use patchcord::usage::call::{Cause, DialOptions, EndedBy, RefreshMethod};
use patchcord::usage::data::{CallHandle, FailureCode, RequestId, RequestOptions};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::sim::{Script, Text, config, registering};

#[test]
fn tr_10_a_call_before_connected_waits_for_the_first_connection() {
    let mut script = Script::new(registering());
    let id = script.connect();
    let call = script.call();
    script.expect_nothing();
    script.open();
    let register = script.expect("REGISTER ");
    script.expect_nothing();
    script.say(&Text::bound(&register));
    script.done(id);
    script.expect("INVITE ");
    assert!(script.is_up(call));
}

#[test]
fn tr_10_a_call_that_waits_ends_when_the_connection_will_not_come() {
    let mut script = Script::new(registering());
    script.connect();
    let first = script.call();
    let second = script.call_with(DialOptions { timeout_ms: 5_000, ..DialOptions::default() });
    script.hangup(first);
    assert_eq!(script.ended(first).cause, Cause::Cancelled);
    script.open();
    let register = script.expect("REGISTER ");
    script.silence_until(5_000);
    assert_eq!(script.ended(second).cause, Cause::Unanswered);
    let third = script.call();
    script.say(&Text::answer(&register, "403 Forbidden"));
    assert_eq!(script.ended(third).cause, Cause::Transport);
}

#[test]
fn tr_10_a_call_without_a_connection_fails_at_once() {
    let mut script = Script::connected();
    script.cut();
    let call = script.call();
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Network, Cause::Transport));
    let mut script = Script::new(config());
    let call = script.call();
    assert_eq!(script.ended(call).cause, Cause::Transport);
}

/// So much waits in the socket.
fn stuff(script: &mut Script, bytes: u32) {
    let flow = script.end.flow.unwrap();
    script.input(Input::Buffered { flow, bytes });
}

#[test]
fn tr_10_a_call_placed_into_a_full_buffer_ends_at_once_and_says_why() {
    let mut script = Script::connected();
    stuff(&mut script, (1 << 20) + 1);
    let call = script.call();
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Network, Cause::Transport), "the callee is not busy: we are");
    assert!(script.was_told("diagnostic busy"));
    script.expect_nothing();
    stuff(&mut script, 1 << 20);
    script.call();
    script.expect("INVITE ");
}

/// Everything a user may ask for that needs a connection, but to place or end a call.
fn ask_for_everything(script: &mut Script, call: CallHandle) -> [RequestId; 8] {
    [
        script.ask_for(|id| Command::Register { id }),
        script.ask_for(|id| Command::Unregister { id, all: false }),
        script.ask_for(|id| Command::Unregister { id, all: true }),
        script.set_hold(call, true),
        script.renegotiate(call, RefreshMethod::default()),
        script.dtmf(call, "1"),
        script.request_in(call, "INFO"),
        script.send_request("bob", "INFO", RequestOptions::default()),
    ]
}

#[test]
fn tr_10_a_full_buffer_fails_what_is_asked_for_with_busy() {
    let mut script = Script::registered();
    let (call, _, _) = script.outgoing();
    stuff(&mut script, (1 << 20) + 1);
    for id in ask_for_everything(&mut script, call) {
        assert_eq!(script.failure(id).code, FailureCode::Busy);
    }
    assert!(script.is_up(call));
    script.expect_nothing();
    let machines = script.snapshot();
    let refresh_at = machines.iter().find(|machine| machine.machine == "registration").and_then(|machine| machine.at);
    script.silence_until(refresh_at.unwrap());
    script.bind();
    stuff(&mut script, 0);
    let id = script.ask_for(|id| Command::Register { id });
    script.bind();
    script.done(id);
}

#[test]
fn tr_10_byes_acks_cancels_and_responses_leave_by_a_full_buffer() {
    let mut script = Script::connected();
    let (answered, ringing) = (script.call(), script.call());
    let (first, second) = (script.expect("INVITE "), script.expect("INVITE "));
    script.say(&Text::answer(&second, "180 Ringing").tagged("b"));
    stuff(&mut script, u32::MAX);
    script.say(&Text::ok_to(&first));
    script.expect("ACK ");
    script.hangup(ringing);
    let cancel = script.expect("CANCEL ");
    script.say(&Text::answer(&cancel, "200 OK").tagged("b"));
    script.say(&Text::answer(&second, "487 Request Terminated").tagged("b"));
    script.expect("ACK ");
    let (incoming, _) = script.incoming();
    script.accept(incoming);
    script.expect_response(200, "INVITE");
    let (incoming, _) = script.incoming();
    script.reject(incoming, 486);
    script.expect_response(486, "INVITE");
    script.hangup(answered);
    script.expect("BYE ");
}

#[test]
fn tr_10_the_buffer_of_a_lost_socket_is_forgotten() {
    let mut script = Script::connected();
    stuff(&mut script, u32::MAX);
    let dead = script.cut();
    script.reopen();
    script.input(Input::Buffered { flow: dead, bytes: u32::MAX });
    script.call();
    script.expect("INVITE ");
}

#[test]
fn tr_10_what_is_asked_for_while_offline_fails_with_not_connected() {
    let mut script = Script::registered();
    let (call, _, _) = script.outgoing();
    script.cut();
    for id in ask_for_everything(&mut script, call) {
        assert_eq!(script.failure(id).code, FailureCode::NotConnected);
    }
    assert!(script.is_up(call));
}

#[test]
fn sl_09_a_call_to_a_sips_address_that_waited_for_a_connection_does_not_leave_by_ws() {
    let plain = Config { servers: vec!["ws://localhost".to_owned()], ..config() };
    let mut script = Script::new(plain);
    script.connect();
    let call = script.end.call_handle();
    let target = "sips:bob@example.test".to_owned();
    script.command(Command::Call { call, target, options: DialOptions::default() });
    script.open();
    script.expect_nothing();
    assert!(script.was_told("diagnostic sips-over-ws"));
    assert!(!script.is_up(call));
}
