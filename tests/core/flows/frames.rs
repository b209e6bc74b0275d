//! What comes over the socket: requirements TR-03, TR-04.

use patchcord::agent::Input;
use patchcord::message::Frame;
use patchcord::usage::call::{Cause, EndedBy};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::sim::{Script, Text};

#[test]
fn tr_03_a_ping_is_answered_a_pong_and_blanks_are_not() {
    let mut script = Script::connected();
    let flow = script.end.flow.unwrap();
    for binary in [false, true] {
        let say = |script: &mut Script, text: &str| {
            let frame = if binary { Frame::Binary(text.as_bytes().to_vec()) } else { Frame::Text(text.to_owned()) };
            script.input(Input::Received { flow, frame });
        };
        say(&mut script, "\r\n\r\n");
        assert_eq!(script.expect("").0, "\r\n");
        for blank in ["\r\n", "  \r\n", "\n", "\r\n\r\n\r\n", "\t", ""] {
            for _ in 0..20 {
                say(&mut script, blank);
            }
        }
        script.expect_nothing();
        assert_eq!(script.news(), [""; 0]);
    }
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

/// Garbage that cannot be answered: no SIP at all, an ACK that cannot be read.
fn garbage(script: &mut Script, number: usize) -> String {
    let ack = script.request("ACK").without("From");
    ["hello".to_owned(), "{\"json\":true}\r\n\r\n".to_owned(), ack.0][number % 3].clone()
}

#[test]
fn tr_03_a_response_that_cannot_be_read_is_of_some_peers_making_and_costs_no_connection() {
    let mut script = Script::connected();
    let call = script.call();
    let invite = script.expect("INVITE ");
    for _ in 0..50 {
        script.say(&Text::answer(&invite, "183 Session Progress").tagged("b").set("CSeq", "x INVITE"));
        assert!(script.was_told("diagnostic malformed"));
        script.news();
    }
    assert!(script.end.flow.is_some() && script.is_up(call));
}

#[test]
fn tr_03_ten_garbage_frames_in_ten_seconds_close_the_socket_with_1002() {
    let mut script = Script::connected();
    for number in 0..9 {
        let frame = garbage(&mut script, number);
        script.say_raw(&frame);
        assert!(script.was_told("diagnostic malformed"), "{frame}");
        script.news();
        script.advance(1_000);
    }
    assert!(script.end.closes.is_empty());
    script.advance_to(9_999);
    script.say_raw("hello");
    assert_eq!(script.end.closes.pop_front().map(|(_, code)| code), Some(1002));
    assert!(script.was_told("connection Waiting"), "another attempt follows");
    script.expect_nothing();
    script.reopen();
    script.say_raw("hello");
    assert!(script.end.flow.is_some(), "the next socket starts anew");
}

#[test]
fn tr_03_ten_garbage_frames_in_more_than_ten_seconds_are_tolerated() {
    let mut script = Script::connected();
    script.say_raw("hello");
    script.advance_to(10_000);
    for _ in 0..9 {
        script.say_raw("hello");
    }
    assert!(script.end.flow.is_some());
    script.say_raw("hello");
    assert!(script.end.flow.is_none());
}

#[test]
fn tr_03_what_can_be_answered_is_no_garbage() {
    let mut script = Script::connected();
    for _ in 0..20 {
        let request = script.request("INVITE").without("From");
        script.say(&request);
        script.expect("SIP/2.0 400 ");
        script.say_raw("\r\n\r\n");
        script.expect("\r\n");
    }
    assert!(script.end.flow.is_some());
}

#[test]
fn tr_03_garbage_of_a_dead_socket_counts_for_nobody() {
    let mut script = Script::connected();
    let dead = script.cut();
    script.reopen();
    for _ in 0..20 {
        script.input(Input::Received { flow: dead, frame: Frame::Text("hello".to_owned()) });
    }
    assert!(script.end.flow.is_some());
}
