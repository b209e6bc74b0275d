//! The socket: requirements TR-01, TR-03 to TR-10, TR-12, TD-07.

use patchcord::agent::{Command, Config, Event, Hint, Input, ReconnectConfig};
use patchcord::message::{FlowId, Frame};
use patchcord::time::Instant;
use patchcord::usage::call::{Cause, DialOptions, EndedBy};
use patchcord::usage::data::{CallHandle, FailureCode};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::sim::{PeerDialog, Script, Text, config, registering};

fn servers(count: usize) -> Config {
    Config { servers: (1..=count).map(|number| format!("wss://edge{number}.example.test/sip")).collect(), ..config() }
}

fn keeping_alive(ms: u32) -> Config {
    Config { reconnect: ReconnectConfig { keep_alive_ms: ms, ..config().reconnect }, ..config() }
}

/// The moment the agent waits for, and what it does then.
fn waits(script: &Script) -> (u64, &'static str) {
    script.end.wake.map_or((u64::MAX, ""), |wake| (wake.at.0, wake.why))
}

/// When the agent said it would connect again, the last time it said so.
fn retry_at(script: &Script) -> Option<u64> {
    let moment = |event: &Event| {
        let Event::Connection { retry_at, .. } = event else { return None };
        *retry_at
    };
    script.end.events.iter().rev().find_map(moment).map(|at| at.0)
}

#[test]
fn tr_01_a_server_that_does_not_speak_sip_is_closed_with_1002_and_refused() {
    for protocol in [None, Some("xmpp"), Some(""), Some("SIP")] {
        let mut script = Script::new(config());
        let id = script.connect();
        script.open_as(protocol);
        assert_eq!(script.end.closes.pop_front().map(|(_, code)| code), Some(1002), "{protocol:?}");
        let failure = script.failure(id);
        assert_eq!(failure.code, FailureCode::Rejected);
        assert!(failure.message.contains("`sip`"), "{}", failure.message);
        assert!(script.was_told("connection Idle"));
        script.silence_until(3_600_000);
        assert!(script.end.opens.is_empty(), "no more attempts");
    }
}

#[test]
fn tr_01_connect_is_refused_only_when_no_server_speaks_sip() {
    let mut script = Script::new(servers(2));
    let id = script.connect();
    assert_eq!(script.open_as(None), "wss://edge1.example.test/sip");
    assert!(!script.is_settled(id));
    let (at, _) = waits(&script);
    assert!(at <= 2_000);
    script.advance_to(at);
    assert_eq!(script.open(), "wss://edge2.example.test/sip");
    script.done(id);
}

#[test]
fn tr_03_a_ping_is_answered_a_pong_and_blanks_are_not() {
    let mut script = Script::connected();
    script.say_raw("\r\n\r\n");
    assert_eq!(script.expect("").0, "\r\n");
    for blank in ["\r\n", "  \r\n", "\n", "\r\n\r\n\r\n"] {
        script.say_raw(blank);
    }
    script.expect_nothing();
    assert_eq!(script.news(), [""; 0]);
}

#[test]
fn tr_04_a_response_to_a_foreign_via_is_dropped_and_an_odd_received_is_not() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    let via = invite.get("Via");
    let ringing = Text::answer(&invite, "180 Ringing").tagged("b");
    script.say(&ringing.clone().set("Via", "SIP/2.0/WSS other.invalid;branch=z9hG4bKx"));
    assert!(script.was_told("diagnostic foreign-response"));
    script.news();
    script.say(&ringing.set("Via", &format!("{via};received=203.0.113.7;rport=9")));
    assert_eq!(script.news_of(call), ["Ringing", "progress 180 b"]);
}

#[test]
fn tr_04_a_response_goes_by_the_flow_its_request_came_on_or_not_at_all() {
    let mut script = Script::connected();
    let (call, _) = script.incoming();
    script.cut();
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Network, Cause::Transport));
    script.reopen();
    script.silence_until(100_000);
}

#[test]
fn tr_05_pings_leave_in_the_upper_fifth_of_the_interval() {
    let mut script = Script::connected_as(keeping_alive(25_000));
    let mut before = 0;
    for _ in 0..10 {
        let (at, why) = waits(&script);
        assert_eq!(why, "send a keep-alive");
        assert!((before + 20_000..=before + 25_000).contains(&at), "{at} after {before}");
        script.silence_until(at);
        assert_eq!(script.expect("").0, "\r\n\r\n");
        before = at;
    }
    assert!(script.end.flow.is_some(), "a server that never ponged may go on swallowing pings");
}

#[test]
fn tr_05_a_server_that_ponged_once_and_then_not_is_given_up_after_ten_seconds() {
    let mut script = Script::connected_as(keeping_alive(25_000));
    let (at, _) = waits(&script);
    script.silence_until(at);
    script.expect("\r\n\r\n");
    script.say_raw("\r\n");
    let (at, _) = waits(&script);
    script.silence_until(at);
    script.expect("\r\n\r\n");
    script.silence_until(at + 9_999);
    assert!(script.end.flow.is_some());
    script.silence_until(at + 10_000);
    assert!(script.end.flow.is_none());
    assert!(script.was_told("connection Waiting"));
}

#[test]
fn tr_05_a_pong_in_time_keeps_the_flow() {
    let mut script = Script::connected_as(keeping_alive(25_000));
    for _ in 0..5 {
        let (at, _) = waits(&script);
        script.silence_until(at);
        script.expect("\r\n\r\n");
        script.advance(9_999);
        script.say_raw("\r\n");
    }
    assert!(script.end.flow.is_some());
}

#[test]
fn tr_05_flow_timer_of_the_edge_sets_the_interval() {
    for (value, range) in [("120", 96_000..=120_000), ("0", 20_000..=25_000), ("soon", 20_000..=25_000)] {
        let reconnect = keeping_alive(25_000).reconnect;
        let mut script = Script::new(Config { reconnect, ..registering() });
        script.connect();
        script.open();
        let register = script.expect("REGISTER ");
        let contact = register.get("Contact");
        script.say(&Text::answer(&register, "200 OK").with("Contact", &contact).with("Flow-Timer", value));
        let (at, why) = waits(&script);
        assert_eq!(why, "send a keep-alive");
        assert!(range.contains(&at), "{at} for {value}");
    }
}

#[test]
fn tr_06_reconnects_back_off_from_2_to_960_seconds() {
    let mut script = Script::connected();
    script.cut();
    for most in [2_000_u64, 4_000, 8_000, 60_000, 120_000, 240_000, 480_000, 960_000, 1_800_000, 1_800_000] {
        let least = if most >= 60_000 { most / 2 } else { 0 };
        let at = retry_at(&script).unwrap();
        let range = script.now() + least..=script.now() + most;
        assert!(range.contains(&at), "{} for {most}", at - script.now());
        script.advance_to(at);
        script.fail_to_open();
    }
}

#[test]
fn tr_06_a_good_connection_forgets_the_failures() {
    let mut script = Script::connected();
    for _ in 0..20 {
        script.cut();
        script.reopen();
    }
}

#[test]
fn tr_06_with_registration_only_a_2xx_forgets_the_failures() {
    let mut script = Script::new(registering());
    script.connect();
    script.open();
    script.expect("REGISTER ");
    for most in [2_000, 4_000, 8_000, 60_000] {
        script.cut();
        let at = retry_at(&script).unwrap();
        assert!(at <= script.now() + most);
        assert!(most < 60_000 || at >= script.now() + 30_000);
        script.advance_to(at);
        script.open();
        script.expect("REGISTER ");
    }
}

#[test]
fn tr_06_each_attempt_goes_to_the_next_server() {
    let mut script = Script::new(servers(3));
    script.connect();
    for number in [1, 2, 3, 1] {
        assert_eq!(script.fail_to_open(), format!("wss://edge{number}.example.test/sip"));
        let at = retry_at(&script).unwrap();
        script.advance_to(at);
    }
}

#[test]
fn tr_06_after_a_loss_the_server_that_was_up_is_tried_first() {
    let mut script = Script::new(servers(3));
    script.connect();
    script.fail_to_open();
    let at = retry_at(&script).unwrap();
    script.advance_to(at);
    assert_eq!(script.open(), "wss://edge2.example.test/sip");
    script.cut();
    let at = retry_at(&script).unwrap();
    script.advance_to(at);
    assert_eq!(script.fail_to_open(), "wss://edge2.example.test/sip");
    let at = retry_at(&script).unwrap();
    script.advance_to(at);
    assert_eq!(script.open(), "wss://edge3.example.test/sip", "the next one after it failed");
}

#[test]
fn tr_06_a_socket_that_does_not_open_within_ten_seconds_is_given_up() {
    let mut script = Script::new(config());
    script.connect();
    script.silence_until(9_999);
    assert!(script.end.closes.is_empty());
    script.silence_until(10_000);
    assert_eq!(script.end.closes.pop_front(), Some((FlowId(0), 1000)));
    assert!(script.was_told("connection Waiting"));
}

#[test]
fn tr_06_a_close_code_that_means_no_stops_the_attempts() {
    let mut script = Script::connected();
    script.cut_with(1008);
    assert!(script.was_told("connection Idle"));
    script.advance(10_000_000);
    assert!(script.end.opens.is_empty());
    let id = script.connect();
    script.open();
    script.done(id);
}

#[test]
fn tr_07_three_hints_in_a_second_make_one_attempt_a_second_later() {
    let mut script = Script::connected();
    script.cut();
    for _ in 0..4 {
        let at = retry_at(&script).unwrap();
        script.advance_to(at);
        script.fail_to_open();
    }
    let now = script.now();
    assert!(retry_at(&script).unwrap() >= now + 30_000);
    script.hint(Hint::Online);
    assert_eq!(retry_at(&script), Some(now + 1_000));
    script.advance(400);
    script.hint(Hint::Resumed);
    script.command(Command::Reconnect);
    assert_eq!(waits(&script).0, now + 1_000, "not sooner");
    script.advance_to(now + 1_000);
    script.fail_to_open();
    let at = retry_at(&script).unwrap();
    script.hint(Hint::Online);
    assert_eq!(waits(&script).0, at, "not again within five seconds");
    script.advance_to(now + 4_999);
    script.hint(Hint::Online);
    assert_eq!(waits(&script).0, at);
    script.advance_to(now + 5_000);
    script.hint(Hint::Online);
    assert_eq!(waits(&script).0, now + 6_000);
}

#[test]
fn tr_07_a_wait_below_a_second_is_left_alone() {
    let mut script = Script::connected();
    script.cut();
    let at = retry_at(&script).unwrap();
    script.advance_to(at.saturating_sub(500));
    script.hint(Hint::Online);
    assert_eq!(waits(&script).0, at);
}

#[test]
fn tr_08_a_call_outlives_its_socket_and_bye_goes_by_the_next() {
    let mut script = Script::registered();
    let (call, _, mut dialog) = script.outgoing();
    script.advance_to(10_000);
    let dead = script.cut();
    assert!(script.is_up(call));
    script.reopen();
    script.bind();
    assert_ne!(script.end.flow, Some(dead));
    let options = dialog.request(&mut script, "OPTIONS");
    script.say(&options);
    script.expect_response(200, "OPTIONS");
    script.hangup(call);
    let bye = script.expect("BYE ");
    script.say(&Text::answer(&bye, "200 OK"));
    assert_eq!(script.ended(call).cause, Cause::Hangup);
}

#[test]
fn tr_08_a_call_in_the_making_ends_with_transport() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    script.say(&Text::answer(&invite, "180 Ringing").tagged("b"));
    script.cut();
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Network, Cause::Transport));
}

/// An accepted call whose socket is lost before the ACK has come.
fn unacknowledged() -> (Script, CallHandle, Text, Text) {
    let mut script = Script::connected();
    let (call, invite) = script.incoming();
    script.accept(call);
    let answer = script.expect_response(200, "INVITE");
    script.cut();
    (script, call, invite, answer)
}

#[test]
fn tr_08_a_2xx_whose_ack_was_lost_is_repeated_by_the_next_socket() {
    let (mut script, call, invite, answer) = unacknowledged();
    script.reopen();
    script.end.sent.clear();
    script.advance(4_000);
    let again = script.expect_response(200, "INVITE");
    assert_eq!((again.get("Via"), again.body()), (answer.get("Via"), answer.body()));
    script.end.sent.clear();
    let ack = PeerDialog::caller(&invite, &answer).ack(&mut script, &invite);
    script.say(&ack);
    script.silence_until(100_000);
    assert!(script.is_up(call));
}

#[test]
fn tr_08_a_call_is_kept_when_its_ack_may_have_gone_to_the_lost_socket() {
    for comes_back in [true, false] {
        let (mut script, call, _, _) = unacknowledged();
        if comes_back {
            script.reopen();
        }
        script.advance_to(31_999);
        assert!(!script.was_told("diagnostic ack-lost"));
        script.advance_to(32_000);
        assert!(script.was_told("diagnostic ack-lost"));
        script.end.sent.clear();
        script.silence_until(33_000);
        assert!(script.is_up(call));
    }
}

#[test]
fn tr_12_a_hangup_while_offline_ends_the_call_and_the_bye_leaves_first() {
    let mut script = Script::registered();
    let (call, _, _) = script.outgoing();
    script.cut();
    let id = script.hangup(call);
    script.done(id);
    let end = script.ended(call);
    assert_eq!((end.by, end.cause), (EndedBy::Local, Cause::Hangup));
    script.reopen();
    let bye = script.expect("BYE ");
    let register = script.expect("REGISTER ");
    script.say(&Text::answer(&bye, "200 OK"));
    let contact = register.get("Contact");
    script.say(&Text::answer(&register, "200 OK").with("Contact", &contact));
    script.silence_until(100_000);
    assert!(script.snapshot().iter().all(|machine| !machine.machine.starts_with("call ")));
}

#[test]
fn tr_12_a_bye_whose_socket_is_lost_leaves_again_by_the_next() {
    let mut script = Script::connected();
    let (call, _, _) = script.outgoing();
    script.hangup(call);
    let first = script.expect("BYE ");
    script.cut();
    assert_eq!(script.ended(call).cause, Cause::Hangup, "for people it is over");
    script.reopen();
    let second = script.expect("BYE ");
    assert_eq!(second.cseq(), first.cseq() + 1);
    script.cut();
    script.reopen();
    let third = script.expect("BYE ");
    script.silence_until(script.now() + 32_000);
    script.say(&Text::answer(&third, "200 OK"));
    script.cut();
    script.reopen();
    script.expect_nothing();
}

#[test]
fn tr_12_a_bye_that_found_no_socket_for_half_an_hour_is_dropped() {
    let mut script = Script::connected();
    let (call, _, _) = script.outgoing();
    script.cut();
    script.hangup(call);
    script.tick_late(1_800_001);
    script.open();
    script.expect_nothing();
    assert!(script.snapshot().iter().all(|machine| !machine.machine.starts_with("call ")));
}

#[test]
fn tr_12_a_cancel_while_offline_ends_the_call() {
    let mut script = Script::connected();
    script.end.media = false;
    let call = script.call();
    script.cut();
    script.hangup(call);
    assert_eq!(script.ended(call).cause, Cause::Cancelled);
    script.reopen();
    script.expect_nothing();
}

#[test]
fn tr_09_a_clock_that_goes_back_stands_still_and_is_told() {
    let mut script = Script::connected();
    let call = script.call();
    script.expect("INVITE ");
    script.tick_late(10_000);
    script.tick_backwards(3_000);
    assert!(script.was_told("diagnostic clock"));
    script.silence_until(31_999);
    assert!(script.is_up(call));
    script.silence_until(32_000);
    assert!(!script.is_up(call));
    let invite = script.request("INVITE").sdp();
    let flow = script.end.flow.unwrap();
    script.end.input(Instant(3_000), Input::Received { flow, frame: Frame::Text(invite.0) });
    script.silence_until(32_200);
    script.expect_response(100, "INVITE");
}

#[test]
fn tr_10_a_call_before_connected_waits_for_the_first_connection() {
    let mut script = Script::new(registering());
    let id = script.connect();
    let call = script.call();
    script.expect_nothing();
    script.open();
    let register = script.expect("REGISTER ");
    script.expect_nothing();
    let contact = register.get("Contact");
    script.say(&Text::answer(&register, "200 OK").with("Contact", &contact));
    script.done(id);
    script.expect("INVITE ");
    assert!(script.is_up(call));
}

#[test]
fn tr_10_a_call_that_waits_ends_when_the_connection_will_not_come() {
    let mut script = Script::new(registering());
    script.connect();
    let (first, second) =
        (script.call(), script.call_with(DialOptions { timeout_ms: 5_000, ..DialOptions::default() }));
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

#[test]
fn tr_10_a_full_buffer_takes_no_new_call_but_byes_and_responses() {
    let mut script = Script::connected();
    let (call, _, _) = script.outgoing();
    let flow = script.end.flow.unwrap();
    script.input(Input::Buffered { flow, bytes: (1 << 20) + 1 });
    let refused = script.call();
    assert!(!script.is_up(refused));
    script.expect_nothing();
    let (incoming, _) = script.incoming();
    script.reject(incoming, 486);
    script.expect_response(486, "INVITE");
    script.hangup(call);
    script.expect("BYE ");
    script.input(Input::Buffered { flow, bytes: 0 });
    script.call();
    script.expect("INVITE ");
}

#[test]
fn tr_08_what_a_dead_socket_still_says_is_not_heard() {
    let mut script = Script::connected();
    let dead = script.cut();
    script.reopen();
    script.news();
    let invite = script.request("INVITE").sdp();
    script.input(Input::Received { flow: dead, frame: Frame::Text(invite.0) });
    script.input(Input::Closed { flow: dead, code: 1006 });
    script.input(Input::Opened { flow: dead, protocol: Some("sip".to_owned()) });
    assert_eq!(script.news(), [""; 0]);
}

#[test]
fn td_07_close_ends_calls_then_unregisters_then_closes() {
    let mut script = Script::registered();
    let (call, _, _) = script.outgoing();
    let (ringing, _) = script.incoming();
    let id = script.close(5_000);
    script.expect_response(480, "INVITE");
    let bye = match script.end.sent.len() {
        1 => script.expect("BYE "),
        other => panic!("{other} messages left"),
    };
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
fn tr_12_disconnect_leaves_calls_to_be_ended_on_the_next_connection() {
    let mut script = Script::connected();
    let (call, invite, _) = script.outgoing();
    let id = script.ask_for(|id| Command::Disconnect { id });
    script.done(id);
    assert!(script.is_up(call));
    script.hangup(call);
    assert!(!script.is_up(call));
    script.connect();
    script.open();
    let bye = script.expect("BYE ");
    assert_eq!(bye.get("Call-ID"), invite.get("Call-ID"));
}
